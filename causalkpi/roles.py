"""Why each KPI is in the adjustment set, or is not: one role and one sentence per KPI and period.

A reader who disagrees with an answer usually disagrees with one of these lines.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from .dag import back_door_graph, causal_nodes, downstream, reachable, upstream
from .graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node
from .kpi import PERIOD, UNIT
from .language import Text


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
        ``instrument``, ``lasting differences``, ``shared shocks`` or ``not needed``.
    reason : Text
        The same in a sentence.
    """

    kpi: str
    periods: tuple[int, ...]
    adjusted: bool
    role: str
    reason: Text


_REASONS = {
    "treatment": Text("this is what is changed", "dit is wat wordt veranderd"),
    "outcome": Text("this is what is asked about", "dit is waar de vraag over gaat"),
    "instrument": Text("moves the outcome only through the treatment", "beïnvloedt de uitkomst alleen via de ingreep"),
    "common cause": Text(
        "a cause of the treatment and, by another way, of the outcome",
        "een oorzaak van de ingreep en, langs een andere weg, van de uitkomst",
    ),
    "open path": Text(
        "stands on an open path between treatment and outcome, and closes it",
        "ligt op een open pad tussen ingreep en uitkomst, en sluit dat af",
    ),
    "lasting differences": Text(
        "lasting differences between units, which could pass for an effect: taken out",
        "blijvende verschillen tussen eenheden, die voor een effect zouden kunnen doorgaan: hiervoor is gecorrigeerd",
    ),
    "shared shocks": Text(
        "common to all units in a period: taken out, the answer is sharper",
        "gemeenschappelijk voor alle eenheden in een periode: hiervoor corrigeren maakt de schatting scherper",
    ),
    "mediator": Text(
        "the effect passes through it: holding it fixed would take that part away",
        "het effect loopt hier doorheen: constant houden zou dat deel wegnemen",
    ),
    "descendant": Text("a consequence of the treatment", "een gevolg van de ingreep"),
    "hidden common cause": Text(
        "a hidden common cause: no data to adjust with",
        "een verborgen gemeenschappelijke oorzaak: er zijn geen gegevens om voor te corrigeren",
    ),
    "hidden": Text("hidden: no data to adjust with", "verborgen: er zijn geen gegevens om voor te corrigeren"),
    "collider": Text(
        "holding it fixed would open a path that is closed", "constant houden zou een gesloten pad openen"
    ),
    "not needed": Text("the set closes every path without it", "de correctieset sluit ook zonder deze elk pad af"),
}


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
    found: dict[tuple[str, bool, str, Text], list[int]] = {}
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
        """The role, and the key of its reason."""
        for asked, role in ((treatment, "treatment"), (target, "outcome"), (instrument, "instrument")):
            if node == asked:
                return role, role
        common = node in before_treatment and node in before_outcome
        if node in adjustment:
            if common:
                return "confounder", "common cause"
            special = {UNIT_NODE: "lasting differences", PERIOD_NODE: "shared shocks"}.get(node)
            return (special, special) if special else ("confounder", "open path")
        if node in on_path:
            return "mediator", "mediator"
        if node in after:
            return "descendant", "descendant"
        if node in (UNIT_NODE, PERIOD_NODE):
            return "not needed", "not needed"
        if not graph[node.kpi].observed:
            return "unobserved", "hidden common cause" if common else "hidden"
        if node in opens and not common:
            return "collider", "collider"
        return "not needed", "not needed"

    def explained(node: Node) -> tuple[str, Text]:
        role, why = word(node)
        return role, _REASONS[why]

    return explained
