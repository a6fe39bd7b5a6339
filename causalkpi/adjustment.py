"""Adjustment sets over time: the window grows until the set, in relative time, no longer changes.

A window that began at the treatment would cut the treatment's confounders off and return an empty set. Fixed effects
are allowed one after the other, the fewest first, because taking out what need not be costs precision and, in short
panels, biases. DoWhy has the last word on every set.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

import networkx as nx

from . import dag as search
from .errors import DisagreementError, Fault
from .graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node
from .question import label

MOST_WINDOWS = 5


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


@dataclass(frozen=True)
class Adjustment:
    """An adjustment set that no longer changes, and the window on which it was found."""

    nodes: frozenset[Node]
    window: int


def find_adjustment(setting: Setting, cause: Node, targets: Set[Node]) -> Adjustment | str:
    """The adjustment set with the fewest fixed effects, or why there is none."""
    reason = "none"
    known: dict[int, search.BackDoor] = {}
    for special in setting.specials():
        for near_targets in (False, True):
            found = stable_set(setting, cause, targets, special, near_targets, known)
            if isinstance(found, Adjustment):
                _confirm(setting, cause, targets, found)
                return found
            reason = "unstable" if found == "unstable" else reason
            if found == "none":
                break
    return reason


def stable_set(
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
    for grown in range(1, MOST_WINDOWS + 1):
        window = step * grown if graph.longest_lag else 0
        dag = graph.window(range(-window, end))
        allowed = setting.observed(dag, own_arithmetic(graph, cause)) | (special & set(dag))
        selected = selected_nodes(graph, dag)
        if window not in known:
            known[window] = search.BackDoor.of(dag, {cause}, targets)
        found = known[window].adjustment_set(allowed, selected, near_targets)
        if found is None:
            return "none"
        settled = window - step if graph.longest_lag else 0
        if (found == before and _holds_far_back(graph, cause, targets, found, end)) or not graph.longest_lag:
            return Adjustment(_with_shared_shocks(setting, dag, targets, found), settled)
        before = found
    return "unstable"


def _holds_far_back(graph: KPIGraph, cause: Node, targets: Set[Node], found: frozenset[Node], end: int) -> bool:
    """Whether a set also holds in a window that the longest chains fit into, there and back.

    That a set stays the same from one window to the next says nothing about a common cause many links back.
    """
    wide = graph.window(range(-2 * graph.longest_chain - graph.longest_lag, end))
    return search.is_adjustment_set(wide, {cause}, targets, found, selected_nodes(graph, wide))


def selected_nodes(graph: KPIGraph, dag: nx.DiGraph) -> set[Node]:
    """The nodes on which rows were selected."""
    kpis = {kpi.id for kpi in graph.kpis if kpi.selected}
    return {n for n in dag if n.kpi in kpis} if kpis else set()


def own_arithmetic(graph: KPIGraph, cause: Node) -> set[Node]:
    """What the treatment's formula is made of, all the way down: adjusting for all of it leaves no variation."""
    found: set[Node] = set()
    pending = [cause]
    while pending:
        node = pending.pop()
        formula = graph[node.kpi].formula
        parts = {Node(kpi, node.period - lag) for kpi, lag in formula.arguments} if formula else set()
        pending += [part for part in parts - found if part.period > cause.period - graph.longest_lag - 1]
        found |= parts
    return found


def _with_shared_shocks(
    setting: Setting, dag: nx.DiGraph, targets: Set[Node], found: frozenset[Node]
) -> frozenset[Node]:
    """Take shared shocks out wherever they touch the outcome: a root opens no path, and the answer is sharper."""
    touches = PERIOD_NODE in search.upstream(dag, targets)
    return found | {PERIOD_NODE} if touches and setting.several else found


def _confirm(setting: Setting, cause: Node, targets: Set[Node], found: Adjustment) -> None:
    """DoWhy must find an adjustment set within ours, on the window that it was found on."""
    from .dowhy_bridge import identify_adjustment

    dag = setting.graph.window(range(-found.window, max(n.period for n in targets) + 1))
    confirmed = identify_adjustment(dag, {cause}, targets, found.nodes)
    if confirmed is None or not search.is_adjustment_set(dag, {cause}, targets, found.nodes):
        fault = Fault(
            "the adjustment set",
            ", ".join(map(label, sorted(found.nodes))),
            "one that DoWhy confirms",
        )
        raise DisagreementError("DoWhy does not confirm the adjustment set.", [fault])


def strictness(
    graph: KPIGraph, causes: Set[Node], target: Node, adjustment: Set[Node], window: int
) -> tuple[bool, str]:
    """Whether regressors of other periods say nothing more about the outcome (strict exogeneity), else who does.

    Taking out unit means mixes all periods of a unit. That is harmless if, given this row's regressors and the unit,
    the regressors of all other rows are d-separated from the outcome; otherwise short panels are biased.
    """
    if UNIT_NODE not in adjustment:
        return True, ""
    asked = "strictness", frozenset(causes), target, frozenset(adjustment), window
    if asked not in graph.known:
        graph.known[asked] = _strictness(graph, causes, target, adjustment, window)
    return graph.known[asked]


def _strictness(
    graph: KPIGraph, causes: Set[Node], target: Node, adjustment: Set[Node], window: int
) -> tuple[bool, str]:
    row = {n for n in adjustment | causes if n not in (UNIT_NODE, PERIOD_NODE)}
    reach = max(1, graph.longest_chain) + graph.longest_lag + target.period
    dag = graph.window(range(-reach - window, reach + target.period + 1))
    given = row | {UNIT_NODE} | ({PERIOD_NODE} & set(dag))
    connected = search.reachable(dag, {target}, given)
    mattering = row | {Node(kpi.id, target.period) for kpi in graph.kpis if kpi.selected}
    others = sorted(
        (abs(shift), shift, Node(n.kpi, n.period + shift))
        for n in mattering
        for shift in range(-reach, reach + 1)
        if shift and Node(n.kpi, n.period + shift) in connected
    )
    return (False, label(others[0][2])) if others else (True, "")


def organisation_level(graph: KPIGraph) -> set[str]:
    """The KPIs with one value per period for all units, those that a formula needs left out."""
    needed = {name for kpi in graph.kpis if kpi.formula is not None for name, _ in kpi.formula.arguments}
    return {kpi.id for kpi in graph.kpis if kpi.level == "organisation" and kpi.formula is None} - needed


def by_period(graph: KPIGraph) -> KPIGraph:
    """The graph with the organisation's own KPIs as part of what all units share in a period.

    Whatever has one value per period, hidden or not, is a function of the period: taking period effects out holds it
    fixed at every lag, and without them errors clustered by unit would not know that units move together.
    """
    if "by period" not in graph.known:
        graph.known["by period"] = _by_period(graph)
    return graph.known["by period"]


def _by_period(graph: KPIGraph) -> KPIGraph:
    shared = organisation_level(graph)
    touched = [link.target for link in graph.links if link.source in shared and link.target not in shared]
    if not touched:
        return graph
    return replace(
        graph,
        kpis=tuple(kpi for kpi in graph.kpis if kpi.id not in shared),
        links=tuple(li for li in graph.links if li.source not in shared and li.target not in shared),
        unit_effects=tuple(k for k in graph.unit_effects if k not in shared),
        period_effects=tuple(dict.fromkeys((*(k for k in graph.period_effects if k not in shared), *touched))),
        claims=(),
    )
