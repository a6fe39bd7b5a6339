"""Why each KPI is in the adjustment set, or is not: one role and one sentence per KPI and period.

A reader who disagrees with an answer usually disagrees with one of these lines.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from .dag import back_door_graph, causal_nodes, downstream, reachable, upstream
from .graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node
from .kpi import PERIOD, UNIT


@dataclass(frozen=True)
class Role:
    """Why a KPI is in the adjustment set, or is not.

    Parameters
    ----------
    kpi : str
        Its id; ``<unit>`` and ``<period>`` for lasting unit effects and shared shocks.
    periods : tuple of int
        The periods concerned, relative to the treatment's.
    adjusted : bool
        Whether it is in the set.
    role : str
        ``treatment``, ``outcome``, ``confounder``, ``mediator``, ``descendant``, ``collider``, ``unobserved``,
        ``instrument``, ``shared shocks`` or ``not needed``.
    reason : str
        The same in a sentence.
    """

    kpi: str
    periods: tuple[int, ...]
    adjusted: bool
    role: str
    reason: str


def roles_of(
    graph: KPIGraph,
    treatment: Node,
    target: Node,
    adjustment: Set[Node],
    window: int,
    instrument: Node | None = None,
) -> tuple[Role, ...]:
    """One role per KPI and kind of reason, in the graph's reading order.

    Parameters
    ----------
    treatment, target : Node
    adjustment : set of Node
        In relative time.
    window : int
        How many periods before the treatment are looked at.
    instrument : Node, optional
    """
    dag = graph.window(range(-window, target.period + 1))
    word = _classifier(graph, dag, treatment, target, adjustment, instrument)
    found: dict[tuple[str, bool, str, str], list[int]] = {}
    special = [node for node in (UNIT_NODE, PERIOD_NODE) if node in dag]
    for node in [*sorted(n for n in dag if n not in special), *special]:
        role, reason = word(node)
        found.setdefault((node.kpi, node in adjustment, role, reason), []).append(node.period)
    order = {kpi: place for place, kpi in enumerate([*graph.ids, UNIT, PERIOD])}
    rows = [Role(kpi, tuple(sorted(when)), inside, role, why) for (kpi, inside, role, why), when in found.items()]
    return tuple(sorted(rows, key=lambda r: (not r.adjusted, order[r.kpi], r.periods)))


def _classifier(graph, dag, treatment, target, adjustment, instrument):
    """A function from a node to its role and reason."""
    on_path = causal_nodes(dag, {treatment}, {target})
    after = downstream(dag, {treatment})
    before_treatment = upstream(dag, {treatment})
    before_outcome = upstream(dag.subgraph(set(dag) - {treatment}), {target})
    back_door = back_door_graph(dag, {treatment}, {target})
    given = set(adjustment)
    opens = reachable(back_door, {treatment}, given) & reachable(back_door, {target}, given)

    def word(node: Node) -> tuple[str, str]:
        if node == treatment:
            return "treatment", "this is what is changed"
        if node == target:
            return "outcome", "this is what is asked about"
        if node == instrument:
            return "instrument", "moves the outcome only through the treatment"
        common = node in before_treatment and node in before_outcome
        if node in adjustment:
            if common:
                return "confounder", "a cause of the treatment and, by another way, of the outcome"
            if node in (PERIOD_NODE, UNIT_NODE):
                return (
                    "shared shocks",
                    "common to all units in a period: taken out, the answer is sharper",
                )
            return (
                "confounder",
                "stands on an open path between treatment and outcome, and closes it",
            )
        if node in on_path:
            return (
                "mediator",
                "the effect passes through it: holding it fixed would take that part away",
            )
        if node in after:
            return "descendant", "a consequence of the treatment"
        if node in (UNIT_NODE, PERIOD_NODE):
            return "not needed", "the set closes every path without it"
        if not graph[node.kpi].observed:
            role = "a hidden common cause" if common else "hidden"
            return "unobserved", f"{role}: no data to adjust with"
        if node in opens and not common:
            return "collider", "holding it fixed would open a path that is closed"
        return "not needed", "the set closes every path without it"

    return word
