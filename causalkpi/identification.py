"""Identification: from a question and a graph to what may be learned, or why not.

The KPI graph is unrolled over a window around the treatment, and the window reaches back until the adjustment set,
in relative time, no longer changes: one that began at the treatment would cut its confounders off. Routes are tried
in the order of what they assume: adjustment (back-door), front-door, instrument. Everything is sorted, so the same
graph gives the same answer in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from itertools import combinations

import networkx as nx

from . import dag as search
from .errors import DisagreementError, Fault
from .graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node, as_graph
from .kpi import UNIT
from .question import Estimand, Question, Unanswered, label
from .routes import front_door, instrument

_MOST_WINDOWS = 5
_ASSUMED = "The graph holds: no arrow and no common cause is missing from it."
_LINEAR = "Effects are linear and the same in all units and periods."


@dataclass(frozen=True)
class Setting:
    """A graph with what the data's shape makes adjustable.

    Parameters
    ----------
    graph : KPIGraph
    repeated : bool
        Units are seen in several periods, so that lasting unit effects can be taken out.
    several : bool
        There are several units per period, so that shared shocks can be taken out.
    """

    graph: KPIGraph
    repeated: bool = True
    several: bool = True

    @property
    def fixed(self) -> tuple[Node, ...]:
        """The fixed effects that can be taken out."""
        return tuple(sorted(max(self.specials(), key=len)))

    def specials(self) -> Iterator[set[Node]]:
        """Which fixed effects to allow, the fewest first: taking out what need not be costs precision and bias."""
        unit = UNIT_NODE if self.repeated or not self.several else None
        period = PERIOD_NODE if self.several else None
        for chosen in ((), (period,), (unit,), (unit, period)):
            if None not in chosen:
                yield set(chosen)  # type: ignore[arg-type]

    def observed(self, dag: nx.DiGraph, without: Set[Node] = frozenset()) -> set[Node]:
        """The nodes that data can hold, fixed effects left out."""
        return {n for n in dag if n.kpi in self.graph and self.graph[n.kpi].observed} - without


def identify(
    graph: KPIGraph | nx.DiGraph, question: Question, *, repeated: bool = True, several: bool = True
) -> Estimand | Unanswered:
    """What may be learned about a question from this graph.

    Parameters
    ----------
    graph : KPIGraph or networkx.DiGraph
    question : Question
    repeated : bool
        Whether units are seen in several periods; a panel supplies it, a cross-section has False.
    several : bool
        Whether there are several units per period.

    Returns
    -------
    Estimand or Unanswered
        The adjustment set in relative time with a reason for every KPI, the route and its assumptions; or the status
        and the reason why there is none, with the smallest sets of hidden KPIs that would help.

    Raises
    ------
    QuestionError
        If the question names a KPI that the graph does not have.

    References
    ----------
    van der Zander, Liskiewicz and Textor (2019), Artificial Intelligence 270:1-40 (adjustment); Pearl (2009),
    Causality, section 3.3 (front-door); van der Zander, Textor and Liskiewicz (2015), IJCAI (conditional instruments).

    Examples
    --------
    >>> graph = nx.DiGraph([("market", "loyalty"), ("market", "churn"), ("loyalty", "churn")])
    >>> identify(graph, Question("loyalty", "churn")).adjustment
    (Node(kpi='market', period=0),)
    >>> graph.nodes["market"]["observed"] = False
    >>> answer = identify(graph, Question("loyalty", "churn"))
    >>> answer.status, answer.help
    ('not_identified', (('market',),))
    """
    setting = Setting(as_graph(graph), repeated, several)
    question.against(setting.graph)
    return _beforehand(setting, question) or _identity(setting, question) or _stochastic(setting, question)


def _beforehand(setting: Setting, question: Question) -> Unanswered | None:
    """The questions that are answered, or refused, before any search."""
    graph = setting.graph
    future = graph.window(range(question.horizon + 1))
    if question.target not in search.downstream(future, {question.source}):
        reason = (
            f"The graph has no directed path from {question.treatment} to {question.outcome} "
            f"within {question.horizon} period{'s' * (question.horizon != 1)}: by the graph, there is no effect."
        )
        return Unanswered(question, "structural_zero", reason)
    if not graph[question.treatment].observed:
        return _unmeasured(question, (question.treatment,))
    if not graph[question.outcome].observed and graph[question.outcome].formula is None:
        return _unmeasured(question, (question.outcome,))
    single = [k for k in (question.treatment, question.outcome) if graph[k].level == "organisation"]
    if single and setting.several:
        return Unanswered(
            question,
            "not_estimable",
            f"{' and '.join(single)} has one value per period for the whole organisation: units of one organisation "
            "cannot show its effect, because every unit sees the same value.",
            remedy="It takes a panel of organisations.",
        )
    fixed = [k for k in (question.treatment, question.outcome) if graph[k].selected]
    if fixed:
        reason = f"Rows exist only for one value of {' and '.join(fixed)}, so it does not vary in the data."
        return Unanswered(question, "not_identified", reason, remedy="Add the rows that were left out.")
    return None


def _unmeasured(question: Question, kpis: tuple[str, ...]) -> Unanswered:
    reason = f"{' and '.join(kpis)} is hidden: there are no data on it."
    return Unanswered(question, "not_identified", reason, (kpis,), f"Measure {' and '.join(kpis)}.")


def _stochastic(setting: Setting, question: Question) -> Estimand | Unanswered:
    """The routes in turn, and for a question without one, what would help."""
    found = _adjustment(setting, question.source, {question.target})
    if isinstance(found, Adjustment):
        return _by_adjustment(setting, question, found)
    window = range(-max(1, setting.graph.longest_lag), question.horizon + 1)
    dag = setting.graph.unroll(window)
    route = _front_door(setting, question, dag) or _instrument(setting, question, dag)
    return route or _no_route(setting, question, found)


@dataclass(frozen=True)
class Adjustment:
    """An adjustment set that no longer changes, and the window on which it was found."""

    nodes: frozenset[Node]
    window: int


def _adjustment(setting: Setting, cause: Node, targets: Set[Node]) -> Adjustment | str:
    """The adjustment set with the fewest fixed effects, or why there is none."""
    reason = "none"
    known: dict[int, search.BackDoor] = {}
    for special in setting.specials():
        for near_targets in (False, True):
            found = _stable(setting, cause, targets, special, near_targets, known)
            if isinstance(found, Adjustment):
                _confirm(setting, cause, targets, found)
                return found
            reason = "unstable" if found == "unstable" else reason
            if found == "none":
                break
    return reason


def _stable(
    setting: Setting,
    cause: Node,
    targets: Set[Node],
    special: Set[Node],
    near_targets: bool,
    known: dict[int, search.BackDoor],
) -> Adjustment | str:
    """Grow the window until the set stays the same twice; "none" or "unstable" where it does not.

    `known` keeps the back-door graph of each window from one attempt to the next.
    """
    graph = setting.graph
    end = max(node.period for node in targets) + 1
    step = max(1, graph.longest_lag)
    before: frozenset[Node] | None = None
    for grown in range(1, _MOST_WINDOWS + 1):
        window = step * grown if graph.longest_lag else 0
        dag = graph.window(range(-window, end))
        allowed = setting.observed(dag, _own_arithmetic(graph, cause)) | (special & set(dag))
        selected = {n for n in dag if n.kpi in graph and graph[n.kpi].selected}
        if window not in known:
            known[window] = search.BackDoor.of(dag, {cause}, targets)
        found = known[window].adjustment_set(allowed, selected, near_targets)
        if found is None:
            return "none"
        if found == before or not graph.longest_lag:
            settled = window - step if graph.longest_lag else 0
            return Adjustment(_with_shared_shocks(setting, dag, targets, found), settled)
        before = found
    return "unstable"


def _own_arithmetic(graph: KPIGraph, cause: Node) -> set[Node]:
    """The arguments of the treatment's own formula: adjusting for all of them leaves it no variation."""
    formula = graph[cause.kpi].formula
    return {Node(kpi, cause.period - lag) for kpi, lag in formula.arguments} if formula else set()


def _with_shared_shocks(
    setting: Setting, dag: nx.DiGraph, targets: Set[Node], found: frozenset[Node]
) -> frozenset[Node]:
    """Take shared shocks out wherever they touch the outcome: a root opens no path, and the answer is sharper."""
    touches = PERIOD_NODE in search.upstream(dag, targets)
    return found | {PERIOD_NODE} if touches and setting.several else found


def _confirm(setting: Setting, cause: Node, targets: Set[Node], found: Adjustment) -> None:
    """DoWhy has the last word: it must find an adjustment set within ours, on the same unrolled graph."""
    from .dowhy_bridge import identify_adjustment

    dag = setting.graph.window(range(-found.window, max(n.period for n in targets) + 1))
    confirmed = identify_adjustment(dag, {cause}, targets, found.nodes)
    if confirmed is None or not search.is_adjustment_set(dag, {cause}, targets, found.nodes):
        fault = Fault("the adjustment set", ", ".join(map(label, sorted(found.nodes))), "one that DoWhy confirms")
        raise DisagreementError("DoWhy does not confirm the adjustment set.", [fault])


def _by_adjustment(setting: Setting, question: Question, found: Adjustment) -> Estimand:
    """The estimand of the back-door route."""
    strict, feedback = _strictness(setting.graph, {question.source}, question.target, found.nodes, found.window)
    assumptions = [_ASSUMED, _LINEAR]
    if UNIT_NODE in found.nodes:
        assumptions.append("What is lasting and hidden in a unit acts additively and does not change.")
    return Estimand(
        question,
        setting.graph,
        "back_door",
        tuple(sorted(found.nodes)),
        found.window,
        strict,
        feedback,
        fixed=setting.fixed,
        assumptions=tuple(assumptions),
    )


def _strictness(
    graph: KPIGraph, causes: Set[Node], target: Node, adjustment: Set[Node], window: int
) -> tuple[bool, str]:
    """Whether regressors of other periods say nothing more about the outcome (strict exogeneity), else who does.

    Taking out unit means mixes all periods of a unit. That is harmless if, given this row's regressors and the unit,
    the regressors of all other rows are d-separated from the outcome; otherwise short panels are biased.
    """
    if UNIT_NODE not in adjustment:
        return True, ""
    row = {n for n in adjustment | causes if n not in (UNIT_NODE, PERIOD_NODE)}
    reach = max(1, graph.longest_lag) + target.period
    dag = graph.window(range(-reach - window, reach + target.period + 1))
    given = row | {UNIT_NODE} | ({PERIOD_NODE} & set(dag))
    connected = search.reachable(dag, {target}, given)
    others = sorted(
        (abs(shift), shift, Node(n.kpi, n.period + shift))
        for n in row
        for shift in range(-reach, reach + 1)
        if shift and Node(n.kpi, n.period + shift) in connected
    )
    return (False, label(others[0][2])) if others else (True, "")


def _identity(setting: Setting, question: Question) -> Estimand | Unanswered | None:
    """An outcome that is arithmetic: the non-arithmetic KPIs that carry the effect into it."""
    graph = setting.graph
    if graph[question.outcome].formula is None:
        return None
    future = graph.window(range(question.horizon + 1))
    after = search.downstream(future, {question.source})
    targets = frozenset(_carriers(graph, question.target, question.source, after))
    if not targets:
        reason = f"{question.outcome} = {graph[question.outcome].formula.text}: arithmetic, nothing to estimate."  # type: ignore[union-attr]
        return Unanswered(question, "identity", reason)
    hidden = tuple(sorted({n.kpi for n in _arguments(graph, question.target) if not graph[n.kpi].observed}))
    if hidden:
        return _unmeasured(question, hidden)
    joint = _adjustment(setting, question.source, targets)
    legs: list[tuple[Node, Estimand | Unanswered]] = []
    for node in sorted(targets):
        leg = replace(question, outcome=node.kpi, horizon=node.period)
        if isinstance(joint, Adjustment):
            answer: Estimand | Unanswered = _by_adjustment(setting, leg, joint)
        else:
            answer = _beforehand(setting, leg) or _stochastic(setting, leg)
        if isinstance(answer, Unanswered):
            return replace(answer, question=question, reason=f"By way of {label(node)}: {answer.reason}")
        legs.append((node, answer))
    estimands = [leg for _, leg in legs if isinstance(leg, Estimand)]
    loose = next((leg for leg in estimands if not leg.strict), None)
    return Estimand(
        question,
        graph,
        "identity",
        tuple(sorted(set().union(*(leg.adjustment for leg in estimands)))),
        max(leg.window for leg in estimands),
        loose is None,
        loose.feedback if loose else "",
        legs=tuple(legs),
        assumptions=(
            f"{question.outcome} = {graph[question.outcome].formula.text} holds exactly.",  # type: ignore[union-attr]
            *dict.fromkeys(text for leg in estimands for text in leg.assumptions),
        ),
    )


def _arguments(graph: KPIGraph, target: Node) -> set[Node]:
    """All non-arithmetic nodes from period 0 on that an identity is made of, back to before the treatment."""
    found: set[Node] = set()
    pending, seen = [target], set()
    while pending:
        node = pending.pop()
        if node in seen or node.period < 0:
            continue
        seen.add(node)
        formula = graph[node.kpi].formula
        if formula is None:
            found.add(node)
        else:
            pending += [Node(kpi, node.period - lag) for kpi, lag in formula.arguments]
    return found


def _carriers(graph: KPIGraph, target: Node, source: Node, after: Set[Node]) -> set[Node]:
    """The non-arithmetic nodes by which an effect reaches an identity, the treatment itself left out."""
    return (_arguments(graph, target) & after) - {source}


def _front_door(setting: Setting, question: Question, dag: nx.DiGraph) -> Estimand | None:
    """The front-door route: each stage is an adjustment of its own."""
    for special in setting.specials():
        found = front_door(dag, question.source, question.target, setting.observed(dag) | (special & set(dag)))
        if found is None:
            continue
        window = -min(n.period for n in dag)

        def stage(causes: Set[Node], target: Node, chosen: Set[Node], first: Question) -> Estimand:
            strict, feedback = _strictness(setting.graph, causes, target, chosen, window)
            return Estimand(
                first, setting.graph, "back_door", tuple(sorted(chosen)), window, strict, feedback,
                mediators=tuple(sorted(causes)), assumptions=(_ASSUMED, _LINEAR),
            )  # fmt: skip

        stages = [
            stage({question.source}, m, found.first[m], replace(question, outcome=m.kpi, horizon=m.period))
            for m in found.mediators
        ]
        stages.append(stage(set(found.mediators), question.target, found.second, question))
        loose = next((s for s in stages if not s.strict), None)
        return Estimand(
            question, setting.graph, "front_door",
            tuple(sorted(set().union(*(s.adjustment for s in stages)) - {question.source})),
            window, loose is None, loose.feedback if loose else "",
            mediators=found.mediators, stages=tuple(stages),
            assumptions=(
                _ASSUMED, _LINEAR, f"The whole effect passes through {', '.join(map(label, found.mediators))}."
            ),
        )  # fmt: skip
    return None


def _instrument(setting: Setting, question: Question, dag: nx.DiGraph) -> Estimand | None:
    """The instrument route, conditional on a set where that is needed."""
    for special in setting.specials():
        found = instrument(dag, question.source, question.target, setting.observed(dag), special & set(dag))
        if found is None:
            continue
        tool, given = found
        window = -min(n.period for n in dag)
        strict, feedback = _strictness(setting.graph, {question.source, tool}, question.target, given, window)
        return Estimand(
            question, setting.graph, "instrument", tuple(sorted(given)), window, strict, feedback, instrument=tool,
            assumptions=(
                _ASSUMED, _LINEAR, f"{label(tool)} moves {question.outcome} only through {question.treatment}."
            ),
        )  # fmt: skip
    return None


def _no_route(setting: Setting, question: Question, why: str) -> Unanswered:
    """The refusal, with the smallest sets of hidden KPIs that would help."""
    help_ = _smallest_help(setting, question)
    if why == "unstable":
        reason = (
            "A hidden KPI with a past of its own confounds this: every longer look back would need one period more, "
            "and no number of lags settles it."
        )
    else:
        reason = (
            f"Some common cause of {question.treatment} and {question.outcome} is hidden (or rows were selected on a "
            "consequence), no front door and no instrument gets around it, and the data alone cannot tell."
        )
    named = [" and ".join("the same units again" if k == UNIT else k for k in kpis) for kpis in help_]
    remedy = f"It would help to measure {'; or '.join(named)}." if named else "No hidden KPI would help if measured."
    return Unanswered(question, "not_identified", reason, help_, remedy)


def _smallest_help(setting: Setting, question: Question, most: int = 3) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of hidden KPIs (``<unit>``: units seen again) that would make the question identified."""
    graph = setting.graph
    dag = graph.window(range(-max(1, graph.longest_lag), question.horizon + 1))
    relevant = search.upstream(dag, {question.target, question.source})
    hidden = sorted({n.kpi for n in relevant if n.kpi in graph and not graph[n.kpi].observed})
    options = [*hidden, *([UNIT] if UNIT_NODE in dag and not setting.repeated and setting.several else [])]

    def helps(chosen: tuple[str, ...]) -> bool:
        revealed = graph.reveal(*(k for k in chosen if k != UNIT))
        tried = replace(setting, graph=revealed, repeated=setting.repeated or UNIT in chosen)
        return any(
            isinstance(_stable(tried, question.source, {question.target}, special, False, {}), Adjustment)
            for special in tried.specials()
        )

    return _smallest(options, helps, most)


def _smallest(options: list[str], helps: Callable[[tuple[str, ...]], bool], most: int) -> tuple[tuple[str, ...], ...]:
    for size in range(1, min(most, len(options)) + 1):
        found = tuple(chosen for chosen in combinations(options, size) if helps(chosen))
        if found:
            return found
    return ()


