"""Which column each KPI stands in, and in what order, so that few links cross.

The method is Sugiyama's (Sugiyama, Tagawa and Toda 1981): a link that passes a column keeps a slot of its own there,
so it runs between the boxes and never over them. The order within columns is swept towards the mean of the
neighbours, then improved by swapping neighbours while that takes crossings away. Nothing is drawn at random.
"""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np

from ..graph import KPIGraph

LinkKey = tuple[str, str, int]  # source, target, lag  # source, target, lag
Item = str | LinkKey  # what takes a slot in a column: a KPI, or a link that passes
Lanes = list[tuple[str, list[str]]]  # the lanes of a column, each with its KPIs
_SWEEPS, _SWAPS = 16, 30


def links_of(graph: KPIGraph) -> list[LinkKey]:
    """Every link to be drawn, those of formulas among them, in reading order; own pasts left out.

    Examples
    --------
    >>> from causalkpi import load_graph
    >>> links_of(load_graph("service_profit_chain"))[0]
    ('employee_attitude', 'employee_behaviour', 0)
    """
    place = {kpi: i for i, kpi in enumerate(graph.ids)}
    links = [(source, kpi, lag) for kpi in graph.ids for source, lag in graph.causes[kpi] if source != kpi]
    return sorted(links, key=lambda link: (place[link[0]], place[link[1]], link[2]))


def columns_of(graph: KPIGraph) -> list[Lanes]:
    """The columns from left to right, each with its lanes and their KPIs.

    Lanes come in the model's order; one that holds only context shares the column of the lane after it. Without
    lanes a KPI stands one column to the right of its last cause, links that close a loop left aside.
    """
    lanes: dict[str, list[str]] = {}
    for kpi in graph.kpis:
        lanes.setdefault(kpi.lane, []).append(kpi.id)
    if len(lanes) == 1:
        return _by_longest_path(graph)
    names = list(lanes)
    outside = [all(graph[kpi].kind == "context" for kpi in lanes[name]) for name in names]
    columns: list[Lanes] = []
    waiting: Lanes = []
    for name, context in zip(names, outside, strict=True):
        if context and name != names[-1]:
            waiting.append((name, lanes[name]))
        else:
            columns.append([(name, lanes[name]), *waiting])
            waiting = []
    return columns


def _by_longest_path(graph: KPIGraph) -> list[Lanes]:
    dag = nx.DiGraph()
    dag.add_nodes_from(graph.ids)
    for source, target, _ in sorted(links_of(graph), key=lambda link: link[2]):
        if not nx.has_path(dag, target, source):
            dag.add_edge(source, target)
    depth: dict[str, int] = {}
    for kpi in nx.lexicographical_topological_sort(dag, key=graph.ids.index):
        depth[kpi] = max((depth[cause] + 1 for cause in dag.predecessors(kpi)), default=0)
    lane = graph.kpis[0].lane
    found = [[k for k in graph.ids if depth[k] == d] for d in range(max(depth.values(), default=-1) + 1)]
    return [[(lane if not d else "", column)] for d, column in enumerate(found)]


class Slots:
    """Columns of items in order, with the short segments that connect them."""

    def __init__(self, columns: list[Lanes], links: list[LinkKey]) -> None:
        self.column = {kpi: c for c, lanes in enumerate(columns) for _, kpis in lanes for kpi in kpis}
        self.lane = {kpi: i for lanes in columns for i, (_, kpis) in enumerate(lanes) for kpi in kpis}
        self.order: list[list[Item]] = [[kpi for _, kpis in lanes for kpi in kpis] for lanes in columns]
        self.gaps: list[list[tuple[Item, Item]]] = [[] for _ in columns]  # between a column and the next
        self.within: list[tuple[str, str]] = []
        for link in links:
            a, b = self.column[link[0]], self.column[link[1]]
            if a == b:
                self.within.append(link[:2])
            elif a - b == 1:
                self.gaps[b].append((link[1], link[0]))
            elif b > a:
                chain: list[Item] = [link[0], *[link] * (b - a - 1), link[1]]
                for i, pair in enumerate(pairwise(chain)):
                    self.gaps[a + i].append(pair)
                for c in range(a + 1, b):
                    self.order[c].append(link)

    def places(self) -> list[dict[Item, float]]:
        """How far down its column each item stands, 0 to 1."""
        return [{item: (i + 0.5) / len(items) for i, item in enumerate(items)} for items in self.order]

    def cost(self) -> float:
        """Crossings, with boxes that links within a column would have to pass, and a little for length."""
        places, rank = self.places(), [{item: i for i, item in enumerate(items)} for items in self.order]
        total = 0.0
        for c, pairs in enumerate(self.gaps):
            if pairs:
                a = np.array([rank[c][one] for one, _ in pairs])
                b = np.array([rank[c + 1][other] for _, other in pairs])
                total += float((np.subtract.outer(a, a) * np.subtract.outer(b, b) < 0).sum()) / 2
                total += 0.3 * sum(abs(places[c][one] - places[c + 1][other]) for one, other in pairs)
        for one, other in self.within:
            c = self.column[one]
            low, high = sorted((rank[c][one], rank[c][other]))
            total += 1.5 * sum(isinstance(item, str) for item in self.order[c][low + 1 : high])
            total += 0.4 * (high - low - 1) + 0.2 * (rank[c][other] < rank[c][one])
        return total

    def sweep(self, forward: bool) -> None:
        """Put every column in the order of its items' mean neighbours on one side."""
        for c in range(len(self.order)) if forward else reversed(range(len(self.order))):
            near = c - 1 if forward else c + 1
            if not 0 <= near < len(self.order):
                continue
            places = self.places()
            beside: dict[Item, list[float]] = {item: [] for item in self.order[c]}
            for one, other in self.gaps[min(c, near)]:
                mine, theirs = (other, one) if forward else (one, other)
                beside[mine].append(places[near][theirs])
            for one, other in self.within:
                if self.column[one] == c:
                    beside[one].append(places[c][other])
                    beside[other].append(places[c][one])
            mean = {item: float(np.mean(found)) if found else places[c][item] for item, found in beside.items()}
            self.order[c] = self._apart(sorted(self.order[c], key=lambda item: mean[item]))

    def _apart(self, items: list[Item]) -> list[Item]:
        """The same order, lanes that share a column kept apart."""
        boxes = iter(sorted((i for i in items if isinstance(i, str)), key=lambda kpi: self.lane[kpi]))
        return [next(boxes) if isinstance(item, str) else item for item in items]

    def arrange(self) -> None:
        """Sweep, keep the best order, and swap neighbours while that helps."""
        best, order = self.cost(), [list(items) for items in self.order]
        for sweep in range(_SWEEPS):
            self.sweep(forward=sweep % 2 == 0)
            if (cost := self.cost()) < best - 1e-9:
                best, order = cost, [list(items) for items in self.order]
        self.order = order
        for _ in range(_SWAPS):
            before = best
            for items in self.order:
                for i in range(len(items) - 1):
                    one, other = items[i], items[i + 1]
                    if isinstance(one, str) and isinstance(other, str) and self.lane[one] != self.lane[other]:
                        continue
                    items[i], items[i + 1] = other, one
                    if (cost := self.cost()) < best - 1e-9:
                        best = cost
                    else:
                        items[i], items[i + 1] = one, other
            if best > before - 1e-9:
                break
