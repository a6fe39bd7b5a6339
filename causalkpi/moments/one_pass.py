"""One pass over rows in memory, block by block, in float64.

Rows are taken in the order of their groups and centred on the way, so neither a copy of the data nor a large offset
costs anything. Groups hold whole units, put together by chance: by row they would make errors of a panel far too
small, and in the order of the data they would hold units that are alike.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from .products import GROUPS, Moments

CELLS = 90_000  # values at once: they stay in a core's cache
_PILOT = 1024
LARGE = 16  # a unit of more rows than this many blocks is read in parts, its means beforehand
_T = TypeVar("_T")
Take = Callable[[np.ndarray, np.ndarray], object]  # puts the values of rows, shape (m,), into an array, shape (m, k)


@dataclass(frozen=True)
class Layout:
    """Which rows are summed together, and in which order they are read.

    Parameters
    ----------
    order : ndarray of int, shape (n,)
        Row numbers, group by group and in it unit by unit.
    ends : ndarray of int, shape (groups + 1,)
        Where each group begins in `order`, and where the last one ends.
    cuts : ndarray of int, shape (units used + 1,)
        The same of units.
    units : ndarray of int, shape (groups,)
        How many units a group holds.
    block : int
        About how many rows are read at once.
    """

    order: np.ndarray
    ends: np.ndarray
    cuts: np.ndarray
    units: np.ndarray
    block: int

    def pieces(self) -> Iterator[tuple[int, int]]:
        """From where to where in `order` to read at once.

        About `block` rows: whole groups where they fit, else whole units of one group, else parts of a large unit.
        """
        at, until = 0, len(self.order)
        while at < until:
            g = int(np.searchsorted(self.ends, at, "right"))
            end = int(self.ends[g])
            fits = int(self.ends[np.searchsorted(self.ends, at + self.block, "right") - 1])
            if end - at > self.block:
                u = int(np.searchsorted(self.cuts, at, "right"))
                to = max(int(self.cuts[np.searchsorted(self.cuts, at + self.block, "right") - 1]), int(self.cuts[u]))
            else:
                to = end if at > self.ends[g - 1] else fits
            step = self.block if to - at > LARGE * self.block else to - at
            yield from ((low, min(low + step, to)) for low in range(at, to, step))
            at = to

    def large(self) -> Iterator[tuple[int, int]]:
        """From where to where in `order` the rows of every unit stand that is read in parts."""
        for u in np.flatnonzero(np.diff(self.cuts) > LARGE * self.block):
            yield int(self.cuts[u]), int(self.cuts[u + 1])


def layout(unit: np.ndarray, group: np.ndarray, rows: np.ndarray | None = None, block: int = 4096) -> Layout:
    """Put rows in the order of their groups.

    Parameters
    ----------
    unit : ndarray of int, shape (n,)
        Codes from 0.
    group : ndarray of int, shape (units,)
        The group of each unit, codes from 0.
    rows : ndarray of int, optional
        The rows to use; all by default.
    block : int
        About how many rows to read at once.
    """
    used = rows
    codes = unit if rows is None else unit[rows]
    if (codes[1:] < codes[:-1]).any():
        by_unit = np.argsort(codes, kind="stable")
        used = by_unit if used is None else used[by_unit]
        codes = codes[by_unit]
    counts = np.bincount(codes, minlength=len(group))
    groups = int(group.max(initial=-1)) + 1
    short = group.astype(np.int16) if groups < 2**15 else group  # short numbers are sorted by counting
    ordered = np.argsort(short, kind="stable")
    ordered = ordered[counts[ordered] > 0]
    sizes = counts[ordered]
    cuts = np.r_[0, np.cumsum(sizes)]
    begins = np.cumsum(counts) - counts
    order = np.arange(len(codes)) + np.repeat(begins[ordered] - cuts[:-1], sizes)
    held = np.bincount(group[ordered], minlength=groups)
    ends = cuts[np.r_[0, np.cumsum(held)]]
    return Layout(order if used is None else used[order], ends, cuts, held, block)


@dataclass(frozen=True)
class Rows:
    """The rows of an estimation sample, a piece at a time, as they are multiplied: constant, period dummies, columns.

    Parameters
    ----------
    take : callable
    names : tuple
        What the columns hold.
    plan : Layout
    centre : ndarray, shape (k,)
    period : ndarray of int, shape (n,), or None
    dummies : int
    means : mapping of int to ndarray, shape (dummies + k,)
        Of the units that are read in parts, by their place in the order.
    within : bool
    """

    take: Take
    names: tuple[Hashable, ...]
    plan: Layout
    centre: np.ndarray
    period: np.ndarray | None
    dummies: int
    means: dict[int, np.ndarray]
    within: bool
    room: threading.local = field(default_factory=threading.local, repr=False)

    @property
    def width(self) -> int:
        """How many columns a block has."""
        return 1 + self.dummies + len(self.centre)

    def __call__(self, piece: tuple[int, int]) -> np.ndarray:
        """The rows of a piece, shape (m, width), unit means taken out where that is asked."""
        block = self.levels(piece)
        if self.within:
            mean = self.means.get(int(np.searchsorted(self.plan.cuts, piece[0], "right")) - 1)
            if mean is None:
                self.demean(block, piece)
                block[:, 0] = 1.0
            else:
                block[:, 1:] -= mean
        return block

    def demean(self, block: np.ndarray, piece: tuple[int, int]) -> None:
        """Take unit means out of anything that has the rows of a piece, in place."""
        cuts = self.plan.cuts
        first, last = np.searchsorted(cuts, piece[0], "right") - 1, np.searchsorted(cuts, piece[1], "left")
        demean(block, cuts[first : last + 1] - piece[0])

    def levels(self, piece: tuple[int, int]) -> np.ndarray:
        """The same with unit means left in; good until the same thread asks for another piece."""
        rows = self.plan.order[slice(*piece)]
        raw, block = self._buffers(len(rows))
        block[:, 0] = 1.0
        if self.period is not None:
            block[:, 1 : 1 + self.dummies] = self.period[rows, None] == np.arange(1, self.dummies + 1)
        self.take(rows, raw)
        np.subtract(raw, self.centre, out=block[:, 1 + self.dummies :])
        return block

    def _buffers(self, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Room for so many rows, a thread each: taken anew for every block, it costs more than the arithmetic."""
        kept = self.room
        if getattr(kept, "rows", -1) < rows:
            kept.rows, kept.raw, kept.block = rows, np.empty((rows, len(self.centre))), np.empty((rows, self.width))
        return kept.raw[:rows], kept.block[:rows]


def rows_of(
    table: np.ndarray | Take,
    unit: np.ndarray,
    names: Sequence[Hashable],
    *,
    group: np.ndarray | None = None,
    rows: np.ndarray | None = None,
    period: np.ndarray | None = None,
    within: bool = False,
) -> Rows:
    """The rows of a sample in memory, ready for :func:`gather` and for second passes.

    Parameters
    ----------
    table : ndarray, shape (n, k), or callable
        The values, or a function that puts the values of the rows with these numbers, shape (m,), into an array of
        shape (m, k). Every value must be a finite number.
    unit : ndarray of int, shape (n,)
        The unit of each row, codes from 0. A cross-section is a row a unit.
    names : sequence, k of them
    group : ndarray of int, shape (units,), optional
        The group of each unit; by default units are spread over `GROUPS`, or are groups themselves where fewer.
    rows : ndarray of int, optional
        The rows to use; all by default.
    period : ndarray of int, shape (n,), optional
        Codes from 0; given where period effects are taken out, by a dummy for every period but the first.
    within : bool
        Whether unit means are taken out.
    """
    take: Take = table if callable(table) else _taker(np.asarray(table, float))
    count = int(unit.max(initial=-1)) + 1
    dummies = 0 if period is None else int((period if rows is None else period[rows]).max(initial=0))
    block = max(CELLS // (1 + dummies + len(names)), 1)
    plan = layout(unit, spread_over(count) if group is None else group, rows, block)
    plain = Rows(take, tuple(names), plan, pilot(take, plan.order, len(names)), period, dummies, {}, within)
    return replace(plain, means=_means_of_large(plain)) if within else plain


def _taker(table: np.ndarray) -> Take:
    """How rows are taken from a table, row by row or column by column, as it lies in memory."""
    if table.flags.c_contiguous:
        return lambda which, out: np.take(table, which, axis=0, out=out, mode="clip")

    def by_column(which: np.ndarray, out: np.ndarray) -> None:
        for j in range(table.shape[1]):
            out[:, j] = np.take(table[:, j], which)

    return by_column


def _means_of_large(rows: Rows) -> dict[int, np.ndarray]:
    means = {}
    for low, high in rows.plan.large():
        steps = range(low, high, rows.plan.block)
        parts = (rows.levels((at, min(at + rows.plan.block, high)))[:, 1:].sum(axis=0) for at in steps)
        means[int(np.searchsorted(rows.plan.cuts, low))] = sum(parts, np.zeros(rows.width - 1)) / (high - low)
    return means


def gather(rows: Rows) -> Moments:
    """The sums of products of a sample, by group of whole units: one pass.

    Parameters
    ----------
    rows : Rows
        See :func:`rows_of`.

    Raises
    ------
    DataError
        If a value is not finite, naming the column.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = rng.normal(size=(5000, 2)) + 1e8
    >>> moments = gather(rows_of(table, np.arange(5000) // 5, ("loyalty", "spend")))
    >>> moments.products.shape
    (1000, 3, 3)
    """
    plan = rows.plan
    products = np.zeros((len(plan.units), rows.width, rows.width))

    def work(piece: tuple[int, int]) -> list[tuple[int, np.ndarray]]:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is named when all is summed
            return _by_group(rows(piece), plan.ends, piece, products)

    for split in in_order(work, plan.pieces()):
        for at, sums in split:
            products[at] += sums
    return Moments(rows.names, rows.width - len(rows.names), products, rows.centre, plan.units, rows.within)


def spread_over(units: int, groups: int = GROUPS) -> np.ndarray:
    """A group for each of so many units, by chance but the same every time."""
    if units <= groups:
        return np.arange(units)
    return np.random.default_rng(0).permutation(units) % groups


def pilot(take: Take, order: np.ndarray, columns: int) -> np.ndarray:
    """About the middle of every column, shape (columns,): medians of some rows, which no outlier moves."""
    if not len(order):
        return np.zeros(columns)
    chosen = order[np.linspace(0, len(order) - 1, min(_PILOT, len(order))).astype(np.int64)]
    out = np.empty((len(chosen), columns))
    take(chosen, out)
    return np.median(out, axis=0)


def demean(block: np.ndarray, cuts: np.ndarray) -> None:
    """Take unit means out of rows, in place; units begin and end at the cuts."""
    sizes = np.diff(cuts)
    if (sizes == sizes[0]).all():  # units of one size: no index to be followed
        stack = block.reshape(len(sizes), sizes[0], -1)
        stack -= np.matmul(np.full((1, sizes[0]), 1 / sizes[0]), stack)
        return
    means = np.add.reduceat(block, cuts[:-1], axis=0) / sizes[:, None]
    block -= np.repeat(means, sizes, axis=0)


def _by_group(
    block: np.ndarray, ends: np.ndarray, piece: tuple[int, int], products: np.ndarray
) -> list[tuple[int, np.ndarray]]:
    """Put the products of whole groups in their place; those of a group that is read in parts are returned."""
    first, last = int(np.searchsorted(ends, piece[0], "right")) - 1, int(np.searchsorted(ends, piece[1], "left"))
    cuts = ends[first : last + 1] - piece[0]
    if cuts[0] < 0 or cuts[-1] > len(block):
        return [(first, block.T @ block)]
    sizes = np.diff(cuts)
    if len(sizes) > 1 and (sizes == sizes[0]).all():
        stack = block.reshape(len(sizes), sizes[0], -1)
        np.matmul(stack.transpose(0, 2, 1), stack, out=products[first:last])
        return []
    for g, (low, high) in enumerate(pairwise(cuts.tolist()), start=first):
        part = block[low:high]
        np.dot(part.T, part, out=products[g])
    return []


@cache
def _blas() -> ThreadpoolController:
    """Which linear algebra there is; looking for it takes longer than a small pass."""
    return ThreadpoolController()


def in_order(work: Callable[[tuple[int, int]], _T], pieces: Iterator[tuple[int, int]]) -> Iterator[_T]:
    """The same work on every piece, on all cores, its results in the order of the pieces."""
    workers = os.cpu_count() or 1
    with _blas().limit(limits=1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        waiting = []
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > 4 * workers:  # so that no more than a few blocks are in memory
                yield waiting.pop(0).result()
        for found in waiting:
            yield found.result()
