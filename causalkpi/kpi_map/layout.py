"""Where everything in a KPI map stands: boxes, headings, and the ways of the links between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..graph import KPIGraph
from .columns import Item, Slots, columns_of, links_of
from .ways import CORNER, TRACK, Box, Way, ways_of

Size = tuple[float, float]
GAP, SLIM, HEAD, MARGIN = 34.0, 12.0, 26.0, 26.0
GUTTERS, ROOM = (
    (104.0, 190.0),
    1060.0,
)  # between columns; what few columns may spread over


@dataclass(frozen=True)
class Layout:
    """A map's geometry.

    Parameters
    ----------
    width, height : float
        Of everything drawn.
    boxes : mapping of str to Box
    ways : tuple of Way
        One for each link, own pasts left out.
    lanes : tuple of (str, float, float, float)
        Of each lane: its name, the middle and the base line of its heading, and its width.
    columns : tuple of (float, float)
        Left and right of each column.
    bottom : float
        Where the columns end; feedback runs below.
    """

    width: float
    height: float
    boxes: Mapping[str, Box]
    ways: tuple[Way, ...]
    lanes: tuple[tuple[str, float, float, float], ...]
    columns: tuple[tuple[float, float], ...]
    bottom: float


def place(graph: KPIGraph, sizes: Mapping[str, Size]) -> Layout:
    """Where everything stands.

    Parameters
    ----------
    graph : KPIGraph
    sizes : mapping of str to (float, float)
        Width and height of each KPI's box.
    """
    columns, links = columns_of(graph), links_of(graph)
    slots = Slots(columns, links)
    slots.arrange()
    middle = _middles(slots, sizes)
    low = min((m - (sizes[i][1] / 2 if isinstance(i, str) else 0) for c in middle for i, m in c.items()), default=0.0)
    top = MARGIN + HEAD
    middle = [{item: m - low + top for item, m in column.items()} for column in middle]
    back = [k for k in links if slots.column[k[0]] - slots.column[k[1]] > 1]
    side = MARGIN + (CORNER + 8 * len(back) if back else 0.0)
    wide = [max(sizes[kpi][0] for _, kpis in lanes for kpi in kpis) for lanes in columns]
    gutter = min(GUTTERS[1], max(GUTTERS[0], (ROOM - sum(wide)) / max(1, len(wide) - 1)))
    x, edges = side, []
    for one in wide:
        edges.append((x, x + one))
        x += one + gutter
    boxes = {
        kpi: Box(kpi, sum(edges[c]) / 2 - sizes[kpi][0] / 2, middle[c][kpi] - sizes[kpi][1] / 2, *sizes[kpi])
        for kpi, c in slots.column.items()
    }
    ends = [m for column in middle for m in column.values()] + [b.y + b.height for b in boxes.values()]
    bottom = max(ends, default=top) + 18.0
    heads = []
    for c, lanes in enumerate(columns):
        for i, (name, kpis) in enumerate(lanes):
            at = top - 14.0 if i == 0 else min(boxes[kpi].y for kpi in kpis) - 10.0
            heads.append((name, sum(edges[c]) / 2, at, edges[c][1] - edges[c][0]))
    ways = ways_of(links, slots, boxes, edges, middle, bottom, gutter)
    height = bottom + (TRACK * (len(back) + 0.5) if back else 0.0)
    right = max([x - gutter + MARGIN, *(float(way.points[:, 0].max()) + 8 for way in ways)])
    return Layout(right, height, boxes, ways, tuple(heads), tuple(edges), bottom)


def _middles(slots: Slots, sizes: Mapping[str, Size]) -> list[dict[Item, float]]:
    """The middle of every item, by a few rounds of putting each beside its neighbours."""

    def apart(one: Item, other: Item) -> float:
        heights = [sizes[i][1] if isinstance(i, str) else 0.0 for i in (one, other)]
        boxes = isinstance(one, str) + isinstance(other, str)
        heading = HEAD if isinstance(other, str) and other in first_of_lane else 0.0
        return sum(heights) / 2 + heading + (GAP if boxes == 2 else 16.0 if boxes else SLIM)

    first_of_lane = set()
    for items in slots.order:
        kpis = [item for item in items if isinstance(item, str)]
        first_of_lane |= {b for a, b in pairwise(kpis) if slots.lane[a] != slots.lane[b]}
    middle = []
    for items in slots.order:
        steps = [apart(a, b) for a, b in pairwise(items)]
        at = np.r_[0.0, np.cumsum(steps)]
        middle.append(dict(zip(items, at - at.mean(), strict=True)))
    beside: list[dict[Item, list[tuple[int, Item]]]] = [{item: [] for item in items} for items in slots.order]
    for c, pairs in enumerate(slots.gaps):
        for one, other in pairs:
            beside[c][one].append((c + 1, other))
            beside[c + 1][other].append((c, one))
    for round_ in range(12):
        for c in range(len(slots.order)) if round_ % 2 else reversed(range(len(slots.order))):
            wanted, weight = [], []
            for item in slots.order[c]:
                near = [middle[k][other] for k, other in beside[c][item]]
                pull = 1.0 if isinstance(item, str) else 0.05
                wanted.append(sum(near) / (len(near) + pull))  # the middle of the map is 0
                weight.append(len(near) + pull)
            steps = [apart(a, b) for a, b in pairwise(slots.order[c])]
            middle[c] = dict(zip(slots.order[c], _spread(wanted, weight, steps), strict=True))
    return middle


def _spread(wanted: Sequence[float], weight: Sequence[float], apart: Sequence[float]) -> np.ndarray:
    """Middles nearest to what is wanted (weighted least squares), in order and at least so far apart."""
    offset = np.r_[0.0, np.cumsum(apart)]
    blocks: list[list[float]] = []  # value, weight, how many
    for value, w in zip(np.asarray(wanted) - offset, weight, strict=True):
        blocks.append([float(value), w, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            value2, w2, n2 = blocks.pop()
            value1, w1, n1 = blocks[-1]
            blocks[-1] = [(value1 * w1 + value2 * w2) / (w1 + w2), w1 + w2, n1 + n2]
    return np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks]) + offset
