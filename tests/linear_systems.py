"""Linear systems with exact moments: data whose sample covariance equals the model's, so estimates have no noise."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd


def random_weights(graph: nx.DiGraph, rng: np.random.Generator) -> dict[tuple[str, str], float]:
    """A weight per link, away from zero."""
    return {edge: float(rng.uniform(0.4, 1.3) * rng.choice([-1, 1])) for edge in graph.edges}


def exact_data(
    graph: nx.DiGraph,
    weights: dict[tuple[str, str], float],
    rng: np.random.Generator,
    rows: int = 200,
) -> pd.DataFrame:
    """Rows whose noise terms are exactly uncorrelated in the sample, pushed through the system."""
    order = list(nx.topological_sort(graph))
    raw = rng.normal(size=(rows, len(order)))
    raw -= raw.mean(axis=0)
    noise, _ = np.linalg.qr(raw)
    noise *= np.sqrt(rows) * rng.uniform(0.5, 2.0, len(order))
    data = pd.DataFrame(index=range(rows))
    for i, node in enumerate(order):
        data[node] = noise[:, i] + sum(weights[p, node] * data[p] for p in graph.predecessors(node))
    return data


def total_effect(graph: nx.DiGraph, weights: dict[tuple[str, str], float], source: str, target: str) -> float:
    """The sum over directed paths of the products of weights."""
    effect = dict.fromkeys(graph, 0.0) | {source: 1.0}
    for node in nx.topological_sort(graph):
        if node != source:
            effect[node] = sum(weights[p, node] * effect[p] for p in graph.predecessors(node))
    return effect[target]
