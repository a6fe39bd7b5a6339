"""The routes without an adjustment set: front-door and instruments, on one unrolled DAG.

Both are stated for linear systems. Front-door: if a set of mediators intercepts every directed path, the total effect
is the sum over mediators of (treatment -> mediator) times (mediator -> outcome, the others held fixed), each of which
needs an adjustment set of its own. Instrument: a KPI that is unrelated to the outcome once the treatment's causal
links are cut, given a set, and related to the treatment given that set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

import networkx as nx

from . import dag as search
from .graph import PERIOD_NODE, UNIT_NODE, Node

_SPECIAL = frozenset({UNIT_NODE, PERIOD_NODE})


@dataclass(frozen=True)
class FrontDoor:
    """Mediators that intercept the effect, with the adjustment set of each stage."""

    mediators: tuple[Node, ...]
    first: Mapping[Node, frozenset[Node]]
    second: frozenset[Node]


def front_door(
    dag: nx.DiGraph,
    source: Node,
    target: Node,
    candidates: Set[Node],
    allowed: Set[Node],
    selected: Set[Node] = frozenset(),
) -> FrontDoor | None:
    """The first workable set of mediators: single ones, then those next to the treatment, then to the outcome.

    Parameters
    ----------
    candidates : set of Node
        What may serve as a mediator.
    allowed : set of Node
        What may be conditioned on.
    """
    on_path = search.causal_nodes(dag, {source}, {target}) - {target}
    for chosen in _mediator_sets(dag, source, target, (on_path & candidates) - selected, on_path):
        first = {m: search.BackDoor.of(dag, {source}, {m}).adjustment_set(allowed, selected) for m in chosen}
        second = search.BackDoor.of(dag, chosen, {target}).adjustment_set(allowed, selected)
        if second is not None and all(found is not None for found in first.values()):
            settled = {m: found for m, found in first.items() if found is not None}
            return FrontDoor(tuple(sorted(chosen)), settled, second)
    return None


def _mediator_sets(
    dag: nx.DiGraph, source: Node, target: Node, usable: Set[Node], on_path: Set[Node]
) -> Iterator[frozenset[Node]]:
    """Sets of observed nodes that intercept every directed path, the simplest first."""
    if dag.has_edge(source, target):
        return
    layers = [
        *(frozenset({node}) for node in sorted(usable)),
        frozenset(set(dag.successors(source)) & on_path),
        frozenset(set(dag.predecessors(target)) & on_path),
    ]
    for chosen in layers:
        rest = dag.subgraph(set(dag) - chosen)
        if chosen and chosen <= usable and target not in search.downstream(rest, {source}):
            yield chosen


def instrument(
    dag: nx.DiGraph,
    source: Node,
    target: Node,
    tools: Set[Node],
    allowed: Set[Node],
    selected: Set[Node] = frozenset(),
) -> tuple[Node, frozenset[Node]] | None:
    """An instrument and the set it is conditional on (van der Zander, Textor and Liskiewicz 2015), or None.

    Parameters
    ----------
    tools : set of Node
        Candidates for the instrument.
    allowed : set of Node
        What may be conditioned on.

    Notes
    -----
    Candidates are tried nearest first: the treatment's direct causes, then earlier ones; the set is the separator
    closest to the outcome, which leaves the instrument as related to the treatment as can be.
    """
    cut = search.back_door_graph(dag, {source}, {target})
    barred = search.forbidden(dag, {source}, {target}) | search.downstream(dag, {source})
    if barred & selected:
        return None
    candidates = sorted(
        (node for node in tools - barred - selected if node.period <= source.period),
        key=lambda node: (node not in set(dag.predecessors(source)), -node.period, node.kpi),
    )
    for node in candidates:
        given = search.separator(cut, {target}, {node} | selected, allowed - barred - selected - {node})
        if given is not None and source in search.reachable(dag, {node}, given):
            return node, given
    return None
