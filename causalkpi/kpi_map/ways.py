"""The ways of links between boxes, as smooth curves that leave and enter at places of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from .columns import Item, LinkKey, Slots

Point = tuple[float, float]
TRACK, CORNER, PORT = 20.0, 9.0, 11.0


@dataclass(frozen=True)
class Box:
    """Where a KPI stands: its upper left corner, width and height, in the map's units."""

    kpi: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Way:
    """The way of a link: a start, and cubic segments (two control points and an end each)."""

    link: LinkKey
    start: Point
    segments: tuple[tuple[Point, Point, Point], ...]
    points: np.ndarray = field(repr=False, compare=False)


def ways_of(
    links: list[LinkKey], slots: Slots, boxes: Mapping[str, Box], edges: Sequence[tuple[float, float]],
    middle: Sequence[Mapping[Item, float]], bottom: float, gutter: float,
) -> tuple[Way, ...]:  # fmt: skip
    """The way of every link, with the places where it leaves and enters spread along the sides of the boxes."""
    column = slots.column
    back = [link for link in links if column[link[0]] - column[link[1]] > 1]
    toward: dict[tuple[str, str], list[tuple[float, int, LinkKey]]] = {}
    for link in links:
        (a, b), (one, other) = (column[link[0]], column[link[1]]), (boxes[link[0]], boxes[link[1]])
        ya, yb = one.y + one.height / 2, other.y + other.height / 2
        if link in back:
            sides, aims = ("right", "left"), (1e6 + back.index(link), 1e6 + back.index(link))
        elif a == b:
            sides, aims = ("right", "right"), (yb, ya)
        elif b < a:
            sides, aims = ("left", "right"), (yb, ya)
        else:
            sides = ("right", "left")
            aims = (middle[a + 1].get(link, yb), middle[b - 1].get(link, ya)) if b - a > 1 else (yb, ya)
        toward.setdefault((link[0], sides[0]), []).append((aims[0], 0, link))
        toward.setdefault((link[1], sides[1]), []).append((aims[1], 1, link))
    port: dict[tuple[LinkKey, int], Point] = {}
    for (kpi, side), ends in sorted(toward.items()):
        box = boxes[kpi]
        step = min(PORT, (box.height - 16) / max(1, len(ends) - 1))
        for i, (_, end, link) in enumerate(sorted(ends)):
            y = box.y + box.height / 2 + (i - (len(ends) - 1) / 2) * step
            port[link, end] = (box.x + box.width * (side == "right"), y)
    found = []
    for link in links:
        start, end = port[link, 0], port[link, 1]
        a, b = column[link[0]], column[link[1]]
        if link in back:
            k = back.index(link)
            xs = edges[a][1] + CORNER + 8.0 * (k + 1), edges[b][0] - CORNER - 8.0 * (k + 1)
            y = bottom + TRACK * (k + 0.5)
            found.append(_way(link, _rounded([start, (xs[0], start[1]), (xs[0], y), (xs[1], y), (xs[1], end[1]), end])))
        elif a == b:
            reach = min(gutter * 0.62, 26.0 + abs(end[1] - start[1]) * 0.22)
            found.append(_way(link, (start, [((start[0] + reach, start[1]), (end[0] + reach, end[1]), end)])))
        else:
            stops = [start]
            for c in range(a + 1, b):
                stops += [(edges[c][0] - 4, middle[c][link]), (edges[c][1] + 4, middle[c][link])]
            found.append(_way(link, (start, [_ease(p, q) for p, q in pairwise([*stops, end])])))
    return tuple(found)


def _ease(p: Point, q: Point) -> tuple[Point, Point, Point]:
    half = (q[0] - p[0]) * 0.5
    return (p[0] + half, p[1]), (q[0] - half, q[1]), q


def _rounded(stops: list[Point]) -> tuple[Point, list[tuple[Point, Point, Point]]]:
    """Straight stretches with rounded corners, as cubic segments."""
    segments, at = [], stops[0]
    for before, corner, after in zip(stops, stops[1:], stops[2:], strict=False):
        cuts = []
        for other in (before, after):
            away = np.subtract(other, corner)
            length = float(np.hypot(*away)) or 1.0
            cuts.append(tuple(np.asarray(corner) + away / length * min(CORNER, length / 2)))
        segments += [(at, cuts[0], cuts[0]), (corner, corner, cuts[1])]
        at = cuts[1]
    return stops[0], [*segments, (at, stops[-1], stops[-1])]


def _way(link: LinkKey, drawn: tuple[Point, list[tuple[Point, Point, Point]]]) -> Way:
    start, segments = drawn
    pieces, at = [], start
    for c1, c2, end in segments:
        t = np.linspace(0, 1, 2 + int(np.hypot(*np.subtract(end, at)) / 4))[:, None]
        a, b, c, d = (np.asarray(p, float) for p in (at, c1, c2, end))
        pieces.append((1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d)
        at = end
    plain = [tuple((float(x), float(y)) for x, y in segment) for segment in segments]
    return Way(link, start, tuple(plain), np.concatenate(pieces))  # type: ignore[arg-type]
