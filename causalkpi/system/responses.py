"""What a pulse does to every KPI and period after it, along the links of the unrolled graph.

An effect over time is the sum, over all directed ways from the pulse to the outcome, of the products of the links'
coefficients (Wright 1934, Annals of Mathematical Statistics 5:161-215). Arithmetic is not estimated: an identity is
worked out on every row as it was and as it would have been, and what comes out is a weighted sum of its parts' changes,
exactly. What feeds back from an identity into an estimated link does so by its average over the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np

from ..dag import causal_nodes
from ..estimators.identity import Arithmetic
from ..estimators.screen import Refusal
from ..graph import Node
from ..language import NOTHING, Name, Text
from ..panel import Panel
from .equations import Equations

Visited = frozenset[str]


@dataclass(frozen=True, eq=False)
class Ways:
    """The ways of a pulse, ready to be followed under any coefficients.

    Parameters
    ----------
    source : Node
        The pulse, at period 0.
    into : mapping of Node to list of (Node, int, float)
        For every node after the pulse, causes before consequences: its causes, each with the place of its coefficient
        among the links, or -1 and a fixed weight.
    until : int
        The last period that could be followed.
    why : Text
        Why no further; empty where all that was asked for could.
    """

    source: Node
    into: Mapping[Node, list[tuple[Node, int, float]]]
    until: int
    why: Text

    def follow(self, slopes: np.ndarray) -> dict[Node, np.ndarray]:
        """The change of every node for a pulse of one, shape (sets,) each, from slopes, shape (sets, links)."""
        change = {self.source: np.ones(len(slopes))}
        for node, causes in self.into.items():
            total = np.zeros(len(slopes))
            for cause, place, weight in causes:
                if cause in change:
                    total = total + change[cause] * (slopes[:, place] if place >= 0 else weight)
            change[node] = total
        return change

    def follow_apart(
        self, slopes: np.ndarray, targets: Collection[Node], named: Collection[str]
    ) -> dict[Node, dict[Visited, np.ndarray]]:
        """The change of the targets, apart for every set of named KPIs that the ways visit."""
        change: dict[Node, dict[Visited, np.ndarray]] = {self.source: {frozenset(): np.ones(len(slopes))}}
        for node, causes in self.into.items():
            here = frozenset({node.kpi}) if node.kpi in named else frozenset()
            parts: dict[Visited, np.ndarray] = {}
            for cause, place, weight in causes:
                for visited, value in change.get(cause, {}).items():
                    moved = value * (slopes[:, place] if place >= 0 else weight)
                    key = visited | here
                    parts[key] = parts[key] + moved if key in parts else moved
            change[node] = parts
        return {target: change.get(target, {}) for target in targets}


def find_ways(panel: Panel, equations: Equations, slopes: np.ndarray, treatment: str, outcome: str, horizon: int,
              size: float = 1.0) -> Ways:  # fmt: skip
    """The ways from a pulse to an outcome in every period up to a horizon.

    Parameters
    ----------
    panel : Panel
        Whose rows carry the identities.
    equations : Equations
    slopes : ndarray, shape (links,)
        At which products in identities are shared out.
    treatment, outcome : str
    horizon : int
    size : float
        The pulse for which the shares are worked out.

    Notes
    -----
    It stops before the first period that needs an equation which these data cannot carry, or more periods than they
    have.
    """
    graph = equations.graph
    dag = graph.window(range(horizon + 1))
    source = Node(treatment, 0)
    places = {link: i for i, link in enumerate(equations.links)}
    order = list(_in_order(dag))
    into: dict[Node, list[tuple[Node, int, float]]] = {}
    change: dict[Node, float] = {source: size}
    until, why = -1, NOTHING
    span = panel.ordinals[-1] - panel.ordinals[0] + 1
    for h in range(horizon + 1):
        if h >= span:
            why = Text(
                "The data span {span} periods, and nothing in them is further apart.",
                "De gegevens beslaan {span} perioden; verder uiteen ligt er niets in.",
                span=span,
            )
            break
        wanted = causal_nodes(dag, {source}, {Node(outcome, h)})
        fresh = [node for node in order if node in wanted and node not in into]
        try:
            for node in fresh:
                into[node] = _causes(panel, equations, places, source, node, change)
                change[node] = sum(
                    change.get(c, 0.0) * (slopes[place] if place >= 0 else weight) for c, place, weight in into[node]
                )
        except Refusal as refusal:
            why = Text("{why}", "{why}", why=refusal.reason)
            break
        until = h
    position = {node: i for i, node in enumerate(order)}
    return Ways(source, {node: into[node] for node in sorted(into, key=position.__getitem__)}, until, why)


def _in_order(dag: nx.DiGraph) -> Iterator[Node]:
    return nx.lexicographical_topological_sort(dag, key=lambda node: (node.period, node.kpi))


def _causes(
    panel: Panel,
    equations: Equations,
    places: Mapping[tuple[str, Node], int],
    source: Node,
    node: Node,
    change: Mapping[Node, float],
) -> list[tuple[Node, int, float]]:
    """The causes of a node with the place of their coefficients, or with fixed weights for an identity."""
    graph = equations.graph
    if graph[node.kpi].formula is not None:
        moved = {n for n in change if graph[n.kpi].formula is None or n == source}
        arithmetic = Arithmetic(panel, graph, node, moved, np.ones(len(panel.frame), bool))
        weights = arithmetic.weights({n: v for n, v in change.items() if n in moved})
        return [(n, -1, weight) for n, weight in weights.items()]
    if node.kpi not in equations.fitted:
        why = equations.refused.get(node.kpi, Text("it was not fitted.", "die is niet geschat."))
        raise Refusal(
            Text(
                "The way passes through {kpi}, whose equation cannot be estimated: {why}",
                "De weg loopt via {kpi}, waarvan de vergelijking niet te schatten is: {why}",
                kpi=Name(node.kpi),
                why=why,
            )
        )
    return [
        (Node(cause.kpi, node.period + cause.period), places[node.kpi, cause], 0.0)
        for cause in equations.fitted[node.kpi].causes
        if node.period + cause.period >= 0
    ]
