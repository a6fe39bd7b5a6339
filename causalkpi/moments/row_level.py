"""The same replicates row by row: real weights of every unit, real noise, real permutations.

Slower by orders of magnitude than working from group sums, and free of what those take for granted: that units were
put into groups, and that tails are light. For checking, for heavy tails, and for whoever wants to see it done.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .one_pass import Rows, in_order
from .products import Moments, eliminate, unpack
from .slopes import Slope, slopes_in

_AT_ONCE = 8  # permutations that share a pass
_MOST = 255  # how often a unit can be drawn: small numbers keep the weights of many units in memory


def redrawn_units(
    rows: Rows, moments: Moments, wanted: Sequence[Slope], replicates: int, rng: np.random.Generator
) -> np.ndarray:
    """Slopes of the cluster bootstrap in which every unit is drawn by itself, shape (replicates, slopes)."""
    units = len(rows.plan.cuts) - 1
    weights = np.empty((units, replicates), np.uint8)
    for b in range(replicates):
        drawn = np.bincount(rng.integers(0, units, units), minlength=units)
        weights[:, b] = np.minimum(drawn, _MOST)
    return _weighted(rows, moments, wanted, weights)


def left_in_units(
    rows: Rows,
    moments: Moments,
    wanted: Sequence[Slope],
    replicates: int,
    rng: np.random.Generator,
    share: float = 0.8,
) -> np.ndarray:
    """Slopes when a random share of the units stays, shape (replicates, slopes)."""
    units = len(rows.plan.cuts) - 1
    weights = np.zeros((units, replicates), np.uint8)
    for b in range(replicates):
        weights[rng.choice(units, max(1, round(share * units)), replace=False, shuffle=False), b] = 1
    return _weighted(rows, moments, wanted, weights)


def _weighted(rows: Rows, moments: Moments, wanted: Sequence[Slope], weights: np.ndarray) -> np.ndarray:
    """Slopes from sums in which units count as often as `weights`, shape (units, replicates), says."""
    cuts, width = rows.plan.cuts, rows.width

    def work(piece: tuple[int, int]) -> np.ndarray:
        first = int(np.searchsorted(cuts, piece[0], "right")) - 1
        inside = np.clip(cuts[first : np.searchsorted(cuts, piece[1], "left") + 1], *piece) - piece[0]
        products = np.add.reduceat(_packed_rows(rows(piece)), inside[:-1], axis=0)
        return weights[first : first + len(products)].T.astype(float) @ products

    total = np.zeros((weights.shape[1], width * (width + 1) // 2))
    for found in in_order(work, rows.plan.pieces()):
        total += found
    return slopes_in(eliminate(unpack(total, width), moments.base), moments, wanted)


def _packed_rows(block: np.ndarray) -> np.ndarray:
    """The lower triangle of every row's products with itself, shape (rows, k (k + 1) / 2)."""
    width = block.shape[1]
    packed = np.empty((len(block), width * (width + 1) // 2))
    at = 0
    for j in range(width):
        np.multiply(block[:, : j + 1], block[:, j : j + 1], out=packed[:, at : at + j + 1])
        at += j + 1
    return packed


def with_drawn_noise(
    rows: Rows, moments: Moments, wanted: Sequence[Slope], draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Slopes with a real column of noise among the controls, shape (draws, slopes)."""
    pieces = list(rows.plan.pieces())
    streams = dict(zip(pieces, rng.spawn(len(pieces)), strict=True))
    large = {low for low, _ in rows.plan.large()}
    if rows.within and large:
        raise ValueError("noise is drawn for whole units; a unit is too large to be held at once")

    def work(piece: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        block = rows(piece)
        noise = streams[piece].standard_normal((len(block), draws))
        if rows.within:
            first = int(np.searchsorted(rows.plan.cuts, piece[0], "right")) - 1
            cuts = rows.plan.cuts[first : np.searchsorted(rows.plan.cuts, piece[1], "left") + 1] - piece[0]
            sizes = np.diff(cuts)
            noise -= np.repeat(np.add.reduceat(noise, cuts[:-1], axis=0) / sizes[:, None], sizes, axis=0)
        return noise.T @ block, np.einsum("ij,ij->j", noise, noise)

    across, own = np.zeros((draws, rows.width)), np.zeros(draws)
    for found in in_order(work, iter(pieces)):
        across += found[0]
        own += found[1]
    stack = np.empty((draws, rows.width + 1, rows.width + 1))
    stack[:, :-1, :-1] = moments.total
    stack[:, -1, :-1] = stack[:, :-1, -1] = across
    stack[:, -1, -1] = own
    order = [*range(moments.base), rows.width, *range(moments.base, rows.width)]
    return slopes_in(eliminate(stack[:, order][:, :, order], moments.base + 1), moments, wanted)


def permuted_rows(
    rows: Rows, moments: Moments, wanted: Sequence[Slope], draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Slopes of treatments whose values are dealt out anew over the rows for real, shape (draws, slopes).

    For a cross-section without fixed effects. One permutation serves all treatments.
    """
    if moments.within or moments.base > 1:
        raise ValueError("rows can be exchanged only in a cross-section without fixed effects")
    treatments = list(dict.fromkeys(slope.treatment for slope in wanted))
    columns = [rows.names.index(name) for name in treatments]
    order, found = rows.plan.order, []
    for start in range(0, draws, _AT_ONCE):
        deals = [order[stream.permutation(len(order))] for stream in rng.spawn(min(_AT_ONCE, draws - start))]
        found.append(_cross(rows, columns, deals))
    cross = np.concatenate(found) if found else np.empty((0, len(treatments), rows.width))
    return np.column_stack([
        np.empty((draws, 0)),
        *(_placebo(moments, slope, cross[:, treatments.index(slope.treatment)]) for slope in wanted),
    ])  # fmt: skip


def _cross(rows: Rows, columns: list[int], deals: list[np.ndarray]) -> np.ndarray:
    """Products of dealt-out treatments with all columns, shape (deals, treatments, width)."""

    def work(piece: tuple[int, int]) -> np.ndarray:
        block, raw = rows(piece), np.empty((piece[1] - piece[0], len(rows.names)))
        sums = np.empty((len(deals), len(columns), rows.width))
        for b, deal in enumerate(deals):
            rows.take(deal[slice(*piece)], raw)
            sums[b] = (raw[:, columns] - rows.centre[columns]).T @ block
        return sums

    total = np.zeros((len(deals), len(columns), rows.width))
    for found in in_order(work, rows.plan.pieces()):
        total += found
    return total


def _placebo(moments: Moments, slope: Slope, cross: np.ndarray) -> np.ndarray:
    """The slope of a dealt-out treatment from its products with the columns, shape (draws, width)."""
    *held, own, outcome = [0, *(moments.place(name) for name in slope.columns)]
    controls = len(held)
    stack = np.empty((len(cross), controls + 2, controls + 2))
    rest = [*held, outcome]
    places = [*range(controls), controls + 1]
    stack[:, np.array(places)[:, None], places] = moments.total[np.ix_(rest, rest)]
    stack[:, controls, places] = stack[:, places, controls] = cross[:, rest]
    stack[:, controls, controls] = moments.total[own, own]
    left = eliminate(stack, controls)
    return left[:, 0, 1] / left[:, 0, 0]


def kurtosis(rows: Rows) -> np.ndarray:
    """The kurtosis of every column, 3 for a normal one, shape (k,); one pass."""
    fixed = rows.width - len(rows.names)

    def work(piece: tuple[int, int]) -> np.ndarray:
        block = rows(piece)[:, fixed:]
        square = block * block
        return np.stack([block.sum(axis=0), square.sum(axis=0), (square * block).sum(axis=0), (square**2).sum(axis=0)])

    total = np.zeros((4, len(rows.names)))
    for found in in_order(work, rows.plan.pieces()):
        total += found
    mean, second, third, fourth = total / len(rows.plan.order)
    spread = second - mean**2
    about = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4
    return np.divide(about, spread**2, out=np.full(len(spread), np.nan), where=spread > 0)
