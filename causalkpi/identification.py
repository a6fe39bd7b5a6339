"""Identification: from a question and a graph to what may be learned, or why not.

The KPI graph is unrolled over a window around the treatment, and the window reaches back until the adjustment set,
in relative time, no longer changes: one that began at the treatment would cut its confounders off. Routes are tried
in the order of what they assume: adjustment (back-door), front-door, instrument. Everything is sorted, so the same
graph gives the same answer in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace
from itertools import combinations
from typing import TypeVar

import networkx as nx

from . import dag as search
from . import reasons
from .adjustment import (
    MOST_WINDOWS,
    Adjustment,
    Setting,
    by_period,
    find_adjustment,
    organisation_level,
    own_arithmetic,
    selected_nodes,
    stable_set,
    strictness,
)
from .graph import UNIT_NODE, KPIGraph, Node, as_graph
from .kpi import UNIT
from .question import Estimand, Question, Unanswered
from .reasons import ADDITIVE, GRAPH_HOLDS, LINEAR
from .routes import FrontDoor, front_door, instrument

_Found = TypeVar("_Found")


def identify(
    graph: KPIGraph | nx.DiGraph,
    question: Question,
    *,
    repeated: bool = True,
    several: bool = True,
    span: int | None = None,
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
    span : int, optional
        From the first period of the data to the last; an outcome beyond it is refused before any search.

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
    refused = _beforehand(setting, question)
    if refused is None and span is not None and question.horizon >= span:
        refused = reasons.too_far(question, span)
    refused = refused or _through_the_organisation(setting, question)
    if refused is not None:
        return refused
    setting = replace(setting, graph=by_period(setting.graph)) if setting.several else setting
    return _identity(setting, question) or _stochastic(setting, question)


def _beforehand(setting: Setting, question: Question) -> Unanswered | None:
    """The questions that are answered, or refused, before any search."""
    graph = setting.graph
    future = graph.window(range(question.horizon + 1))
    if question.target not in search.downstream(future, {question.source}):
        return reasons.no_path(question)
    if not graph[question.treatment].observed:
        return reasons.unmeasured(question, (question.treatment,))
    if not graph[question.outcome].observed and graph[question.outcome].formula is None:
        return reasons.unmeasured(question, (question.outcome,))
    single = [k for k in (question.treatment, question.outcome) if graph[k].level == "organisation"]
    if single and setting.several:
        return reasons.one_for_all(question, single)
    fixed = [k for k in (question.treatment, question.outcome) if graph[k].selected]
    if fixed:
        return reasons.selected(question, fixed)
    return None


def _through_the_organisation(setting: Setting, question: Question) -> Unanswered | None:
    """Refuse effects that pass through a KPI of the whole organisation: it reaches all units at once."""
    shared = organisation_level(setting.graph)
    future = setting.graph.window(range(question.horizon + 1))
    on_path = {n.kpi for n in search.causal_nodes(future, {question.source}, {question.target})} & shared
    if not on_path or not setting.several:
        return None
    return reasons.through_organisation(question, sorted(on_path))


def _stochastic(setting: Setting, question: Question) -> Estimand | Unanswered:
    """The routes in turn, and for a question without one, what would help."""
    found = find_adjustment(setting, question.source, {question.target})
    if isinstance(found, Adjustment):
        return _by_adjustment(setting, question, found)
    if setting.graph[question.treatment].formula is not None:  # these routes need variation of the treatment's own
        return _no_route(setting, question, found)
    for special in setting.specials():
        route = _front_door(setting, question, special) or _instrument(setting, question, special)
        if route is not None:
            return route
    return _no_route(setting, question, found)


def _by_adjustment(setting: Setting, question: Question, found: Adjustment) -> Estimand:
    """The estimand of the back-door route."""
    strict, feedback = strictness(setting.graph, {question.source}, question.target, found.nodes, found.window)
    assumptions = [GRAPH_HOLDS, LINEAR]
    if UNIT_NODE in found.nodes:
        assumptions.append(ADDITIVE)
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


def _identity(setting: Setting, question: Question) -> Estimand | Unanswered | None:
    """An outcome that is arithmetic: the non-arithmetic KPIs that carry the effect into it."""
    graph = setting.graph
    formula = graph[question.outcome].formula
    if formula is None:
        return None
    future = graph.window(range(question.horizon + 1))
    after = search.downstream(future, {question.source})
    targets = frozenset(_carriers(graph, question.target, question.source, after))
    if not targets:
        return reasons.arithmetic(question, formula)
    hidden = tuple(sorted({n.kpi for n in _arguments(graph, question.target) if not graph[n.kpi].observed}))
    if hidden:
        return reasons.unmeasured(question, hidden)
    joint = find_adjustment(setting, question.source, targets)
    legs: list[tuple[Node, Estimand | Unanswered]] = []
    for node in sorted(targets):
        leg = replace(question, outcome=node.kpi, horizon=node.period)
        if isinstance(joint, Adjustment):
            answer: Estimand | Unanswered = _by_adjustment(setting, leg, joint)
        else:
            answer = _beforehand(setting, leg) or _stochastic(setting, leg)
        if isinstance(answer, Unanswered):
            return replace(answer, question=question, reason=reasons.by_way_of(node, answer.reason))
        if answer.route != "back_door":
            return reasons.not_adjusted(question, node, answer.route)
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
            reasons.holds_exactly(question, formula),
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


def _settled(
    setting: Setting, question: Question, find: Callable[[nx.DiGraph, int], _Found | None]
) -> tuple[_Found, int] | None:
    """What `find` finds when the window grows until it finds the same twice, and that window."""
    longest = setting.graph.longest_lag
    before = None
    for grown in range(1, MOST_WINDOWS + 1):
        window = longest * grown
        found = find(setting.graph.window(range(-window, question.horizon + 1)), longest)
        if found is None:
            return None
        if not longest:
            return found, window
        if found == before:
            far = 2 * setting.graph.longest_chain + longest
            if find(setting.graph.window(range(-far, question.horizon + 1)), longest) == found:
                return found, window
        before = found
    return None


def _front_door(setting: Setting, question: Question, special: Set[Node]) -> Estimand | None:
    """The front-door route: each stage is an adjustment of its own."""

    def find(dag: nx.DiGraph, _: int) -> FrontDoor | None:
        graph = setting.graph
        plain = {n for n in setting.observed(dag) if graph[n.kpi].formula is None}  # arithmetic has no variation
        allowed = setting.observed(dag, own_arithmetic(graph, question.source)) | (special & set(dag))
        return front_door(dag, question.source, question.target, plain, allowed, selected_nodes(graph, dag))

    settled = _settled(setting, question, find)
    if settled is None:
        return None
    found, window = settled

    def stage(causes: Set[Node], target: Node, chosen: Set[Node], asked: Question) -> Estimand:
        strict, feedback = strictness(setting.graph, causes, target, chosen, window)
        return Estimand(
            asked, setting.graph, "back_door", tuple(sorted(chosen)), window, strict, feedback,
            mediators=tuple(sorted(causes)), assumptions=(GRAPH_HOLDS, LINEAR), fixed=setting.fixed,
        )  # fmt: skip

    stages = [
        stage({question.source}, m, found.first[m], replace(question, outcome=m.kpi, horizon=m.period))
        for m in found.mediators
    ]
    stages.append(stage(set(found.mediators), question.target, found.second, question))
    loose = next((s for s in stages if not s.strict), None)
    return Estimand(
        question,
        setting.graph,
        "front_door",
        tuple(sorted(set().union(*(s.adjustment for s in stages)) - {question.source})),
        window,
        loose is None,
        loose.feedback if loose else "",
        mediators=found.mediators,
        stages=tuple(stages),
        fixed=setting.fixed,
        assumptions=(GRAPH_HOLDS, LINEAR, reasons.all_through(found.mediators)),
    )


def _instrument(setting: Setting, question: Question, special: Set[Node]) -> Estimand | None:
    """The instrument route, conditional on a set where that is needed."""

    def find(dag: nx.DiGraph, longest: int) -> tuple[Node, frozenset[Node]] | None:
        graph = setting.graph
        recent = {n for n in setting.observed(dag) if n.period >= -longest and graph[n.kpi].formula is None}
        allowed = setting.observed(dag, own_arithmetic(graph, question.source)) | (special & set(dag))
        return instrument(dag, question.source, question.target, recent, allowed, selected_nodes(graph, dag))

    settled = _settled(setting, question, find)
    if settled is None:
        return None
    (tool, given), window = settled
    strict, feedback = strictness(setting.graph, {question.source, tool}, question.target, given, window)
    return Estimand(
        question,
        setting.graph,
        "instrument",
        tuple(sorted(given)),
        window,
        strict,
        feedback,
        instrument=tool,
        fixed=setting.fixed,
        assumptions=(GRAPH_HOLDS, LINEAR, reasons.only_through(tool, question)),
    )


def _no_route(setting: Setting, question: Question, why: str) -> Unanswered:
    """The refusal, with the smallest sets of hidden KPIs that would help."""
    identity = setting.graph[question.treatment].formula is not None
    help_ = _smallest_help(setting, question)
    return reasons.no_route(question, unstable=why == "unstable", identity=identity, help_=help_)


def _smallest_help(setting: Setting, question: Question, most: int = 3) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of hidden KPIs (``<unit>``: units seen again) that would make the question identified."""
    graph = setting.graph
    dag = graph.window(range(-max(1, graph.longest_lag), question.horizon + 1))
    relevant = search.upstream(dag, {question.target, question.source})
    hidden = sorted({n.kpi for n in relevant if n.kpi in graph and not graph[n.kpi].observed})
    options = [
        *hidden,
        *([UNIT] if UNIT_NODE in dag and not setting.repeated and setting.several else []),
    ]

    def helps(chosen: tuple[str, ...]) -> bool:
        revealed = graph.reveal(*(k for k in chosen if k != UNIT))
        tried = replace(setting, graph=revealed, repeated=setting.repeated or UNIT in chosen)
        return any(
            isinstance(
                stable_set(tried, question.source, {question.target}, special, False, {}),
                Adjustment,
            )
            for special in tried.specials()
        )

    return _smallest(options, helps, most)


def _smallest(options: list[str], helps: Callable[[tuple[str, ...]], bool], most: int) -> tuple[tuple[str, ...], ...]:
    for size in range(1, min(most, len(options)) + 1):
        found = tuple(chosen for chosen in combinations(options, size) if helps(chosen))
        if found:
            return found
    return ()
