"""Separation in the DAG over time: what may be adjusted for, by polynomial search.

Two KPIs are d-separated by a set when every path between them is blocked: at a chain or a fork that is in the
set, or at a collider of which neither it nor a descendant is. An adjustment set separates treatment and outcome
in the *proper back-door graph*, where the treatment's causal links are cut, and holds nothing that the effect
itself passes through (van der Zander, Liskiewicz and Textor 2019, Artificial Intelligence 270:1-40). Searching
for a separator takes time linear in the graph; enumerating sets does not.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Set
from dataclasses import dataclass

import networkx as nx

from .graph import Node


def upstream(dag: nx.DiGraph, nodes: Iterable[Node]) -> set[Node]:
    """The nodes and all their ancestors."""
    return _closure(dag.pred, nodes)


def downstream(dag: nx.DiGraph, nodes: Iterable[Node]) -> set[Node]:
    """The nodes and all their descendants."""
    return _closure(dag.succ, nodes)


def _closure(step: Mapping[Node, Iterable[Node]], nodes: Iterable[Node], stop: Set[Node] = frozenset()) -> set[Node]:
    found: set[Node] = set()
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if node not in found and node not in stop:
            found.add(node)
            pending += step[node]
    return found


def causal_nodes(dag: nx.DiGraph, causes: Set[Node], targets: Set[Node]) -> set[Node]:
    """The nodes on proper causal paths: those from a cause to a target that visit no second cause."""
    begin = [child for cause in causes for child in dag.succ[cause]]
    return _closure(dag.succ, begin, stop=causes) & upstream(dag, targets)


def back_door_graph(dag: nx.DiGraph, causes: Set[Node], targets: Set[Node]) -> nx.DiGraph:
    """The DAG without the first links of the proper causal paths."""
    on_path = causal_nodes(dag, causes, targets)
    cut = nx.DiGraph()
    cut.add_nodes_from(dag)
    cut.add_edges_from(dag.edges)
    cut.remove_edges_from([(c, node) for c in causes for node in dag.successors(c) if node in on_path])
    return cut


def forbidden(dag: nx.DiGraph, causes: Set[Node], targets: Set[Node]) -> set[Node]:
    """What must never be adjusted for: nodes on the causal paths, their descendants, and the causes."""
    return downstream(dag, causal_nodes(dag, causes, targets)) | causes


def separator(dag: nx.DiGraph, near: Set[Node], far: Set[Node], allowed: Set[Node]) -> frozenset[Node] | None:
    """A minimal set of allowed nodes that d-separates `near` from `far`, close to `near`; None if there is none.

    The algorithm is that of :func:`networkx.find_minimal_d_separator` (van der Zander and Liskiewicz 2020, UAI), over
    adjacency sets, because one question asks for it a dozen times; a test holds the two together.

    Examples
    --------
    >>> a, b, c = Node("a", 0), Node("b", 0), Node("c", 0)
    >>> separator(nx.DiGraph([(c, a), (c, b)]), {a}, {b}, {c})
    frozenset({Node(kpi='c', period=0)})
    >>> separator(nx.DiGraph([(c, a), (c, b)]), {a}, {b}, set()) is None
    True
    """
    kept = upstream(dag, near | far)
    usable = (allowed & kept) - near - far
    met = _ball(dag, near, usable, kept)
    if met & far:
        return None
    first = usable & met
    return frozenset(first & _ball(dag, far, first, kept))


@dataclass(frozen=True)
class BackDoor:
    """What one effect leaves to be separated: the proper back-door graph, and what must not be adjusted for."""

    cut: nx.DiGraph
    barred: frozenset[Node]
    causes: frozenset[Node]
    targets: frozenset[Node]

    @classmethod
    def of(cls, dag: nx.DiGraph, causes: Set[Node], targets: Set[Node]) -> BackDoor:
        """Prepare the search for the joint effect of `causes` on `targets`."""
        barred = frozenset(forbidden(dag, causes, targets))
        return cls(back_door_graph(dag, causes, targets), barred, frozenset(causes), frozenset(targets))

    def adjustment_set(
        self, allowed: Set[Node], selected: Set[Node] = frozenset(), near_targets: bool = False
    ) -> frozenset[Node] | None:
        """A minimal adjustment set, or None if there is none.

        With `selected` nodes (rows exist only for one of their values) the set must also make the outcomes
        independent of the selection given the causes; separating both at once from the outcomes is sufficient for
        that. Of several minimal sets the one near the causes is returned, or the one near the targets.
        """
        if self.barred & selected:
            return None
        ends = self.causes | selected, self.targets
        near, far = ends[::-1] if near_targets else ends
        return separator(self.cut, near, far, (allowed - self.barred) - selected)


def is_adjustment_set(
    dag: nx.DiGraph, causes: Set[Node], targets: Set[Node], chosen: Set[Node], selected: Set[Node] = frozenset()
) -> bool:
    """Whether a given set is a valid adjustment set, also where rows were selected."""
    on_path = causal_nodes(dag, causes, targets)
    if (chosen | selected) & (downstream(dag, on_path) | causes):
        return False
    return not _ball(dag, causes | selected, chosen, dag, causes, on_path) & targets


def reachable(dag: nx.DiGraph, start: Set[Node], given: Set[Node]) -> set[Node]:
    """All nodes d-connected to `start` given a set, the start itself left out."""
    return _ball(dag, start, given, dag) - start - given


def _ball(
    dag: nx.DiGraph,
    start: Set[Node],
    given: Set[Node],
    within: Container[Node],
    causes: Set[Node] = frozenset(),
    on_path: Set[Node] = frozenset(),
) -> set[Node]:
    """The nodes that a ball from `start` meets given a set, blocked ones included (Shachter 1998, Bayes ball).

    Links from `causes` to nodes `on_path` are taken for absent, as in the proper back-door graph.
    """
    opened = upstream(dag, given)
    seen: set[tuple[Node, bool]] = set()
    pending = [(node, True) for node in start]
    while pending:
        step = pending.pop()
        if step in seen or step[0] not in within:
            continue
        seen.add(step)
        node, from_child = step
        if node not in given:
            pending += [(child, False) for child in dag.succ[node] if node not in causes or child not in on_path]
        if (node in opened) if not from_child else (node not in given):
            pending += [(parent, True) for parent in dag.pred[node] if parent not in causes or node not in on_path]
    return {node for node, _ in seen}


def efficient_set(dag: nx.DiGraph, cause: Node, targets: Set[Node]) -> frozenset[Node]:
    """The O-set: parents of the causal nodes that are not themselves on or after the causal paths.

    Of all valid adjustment sets it gives the smallest asymptotic variance in linear models (Henckel, Perkovic
    and Maathuis 2022, Journal of the Royal Statistical Society B 84:579-599). It is valid if it is all observed.
    """
    on_path = causal_nodes(dag, {cause}, targets)
    parents = {parent for node in on_path for parent in dag.predecessors(node)}
    return frozenset(parents - forbidden(dag, {cause}, targets))
