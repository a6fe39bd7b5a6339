"""Where the labels of links stand: on their link, off boxes and one another."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from .columns import LinkKey
from .layout import Layout, Size
from .ways import Point

_BLOCKED, _CROSSED = 100.0, 0.5  # what it costs to stand on a box or a label, and on another link


def label_places(layout: Layout, sizes: Mapping[LinkKey, Size]) -> dict[LinkKey, Point]:
    """Where the middle of each link's label stands: on the link, off boxes and other labels, off other links if it can.

    Those with least choice are placed first; two that still collide are then moved together.

    Parameters
    ----------
    layout : Layout
    sizes : mapping of (str, str, int) to (float, float)
        Width and height of each label.
    """
    taken = [(b.x, b.y, b.x + b.width, b.y + b.height) for b in layout.boxes.values()]
    taken += [(at - w / 2, y - 12, at + w / 2, y + 4) for name, at, y, w in layout.lanes if name]
    walls = np.array(taken).reshape(-1, 4)
    options = {way.link: _options(way.points) for way in layout.ways if way.link in sizes}
    own = {link: _cost(link, options[link], layout, walls, sizes[link]) for link in options}
    chosen: dict[LinkKey, int] = {}

    def beside(link: LinkKey, others: Mapping[LinkKey, int]) -> np.ndarray:
        """What each place of a label costs, given where the others are."""
        cost = own[link].copy()
        for other, at in others.items():
            if other != link:
                cost += _BLOCKED * _hits(options[link], sizes[link], options[other][at : at + 1], sizes[other])[:, 0]
        return cost

    for link in sorted(options, key=lambda k: (int((own[k] < _BLOCKED).sum()), k)):
        chosen[link] = int(np.argmin(beside(link, chosen)))
    for one, other in combinations(sorted(options), 2):
        hits = _hits(options[one], sizes[one], options[other], sizes[other])
        if hits[chosen[one], chosen[other]]:
            rest = {link: at for link, at in chosen.items() if link not in (one, other)}
            both = np.add.outer(beside(one, rest), beside(other, rest)) + _BLOCKED * hits
            chosen[one], chosen[other] = map(int, np.unravel_index(np.argmin(both), both.shape))
    return {link: (float(options[link][at, 0]), float(options[link][at, 1])) for link, at in chosen.items()}


def _options(points: np.ndarray) -> np.ndarray:
    """Places along a link, from near its start to before its arrowhead."""
    n = len(points)
    return points[np.unique(np.linspace(0.06 * n, 0.9 * n, 60).astype(int).clip(max=n - 1))]


def _cost(link: LinkKey, places: np.ndarray, layout: Layout, walls: np.ndarray, size: Size) -> np.ndarray:
    """What each place costs by itself: least in the middle of the link and where nothing else is."""
    cost = np.abs(np.linspace(0.06, 0.9, len(places)) - 0.5)
    middles, sides = (walls[:, :2] + walls[:, 2:]) / 2, walls[:, 2:] - walls[:, :2]
    cost += _BLOCKED * _hits(places, size, middles, sides).any(axis=1)
    for other in layout.ways:
        if other.link != link:
            cost += _CROSSED * _hits(places, size, other.points, (0.0, 0.0)).any(axis=1)
    return cost


def _hits(places: np.ndarray, size: Size, others: np.ndarray, other_size: Size | np.ndarray) -> np.ndarray:
    """Which pairs of places overlap, shape (places, others); a point has no size."""
    return np.asarray((np.abs(places[:, None] - others) < np.add(size, other_size) / 2 + 2).all(axis=2))
