"""Sums of products of columns, by group of whole units: all that least squares needs to know of data.

Slopes, ordinary errors, whatever happens when units are redrawn or left out, noise among the controls, what is left to
hidden causes: each is a weighted sum of small matrices and a small elimination. So the rows are read once, and a
thousand replicates of forty regressions cost about as much as one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import DataError, Fault, did_you_mean

GROUPS = 1024
NOTHING_LEFT = 1e-9  # of a column's own size: less is rounding, and the column adds nothing


@dataclass(frozen=True, eq=False)
class Moments:
    """Centred sums of products of an estimation sample.

    Parameters
    ----------
    names : tuple
        What the columns hold, without the constant.
    base : int
        The first columns of `products` that every regression holds fixed: the constant, then dummies of periods.
    products : ndarray, shape (groups, columns, columns)
        Per group of whole units: sums over its rows of products of (1, dummies, column - centre), in float64.
    centre : ndarray, shape (len(names),)
        What was subtracted from each column before multiplying.
    units : ndarray of int, shape (groups,)
        How many units a group holds.
    within : bool
        Whether unit means were taken out of every column.

    Examples
    --------
    >>> from causalkpi.moments import gather, rows_of
    >>> table = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 7.0]])
    >>> moments = gather(rows_of(table, np.arange(3), ("loyalty", "spend")))
    >>> moments.rows, moments.total.shape
    (3, (3, 3))
    """

    names: tuple[Hashable, ...]
    base: int
    products: np.ndarray
    centre: np.ndarray
    units: np.ndarray
    within: bool = False

    def __post_init__(self) -> None:
        bad = ~np.asarray(np.isfinite(np.diagonal(self.products, axis1=1, axis2=2)).all(axis=0))
        if bad.any():
            named = [name for name, wrong in zip(self.names, bad[self.base :], strict=True) if wrong]
            found = "values that are infinite, not numbers, or too large to be multiplied"
            faults = [Fault(str(name), found, "finite numbers in every row of the sample") for name in named]
            raise DataError("Sums of products cannot be taken.", faults or [Fault("the sample", found, "numbers")])

    @cached_property
    def total(self) -> np.ndarray:
        """The sums over all groups, shape (columns, columns)."""
        return self.products.sum(axis=0)

    @cached_property
    def packed(self) -> np.ndarray:
        """The lower triangles of `products`, shape (groups, columns (columns + 1) / 2)."""
        return pack(self.products)

    @property
    def rows(self) -> int:
        """How many rows were summed."""
        return round(float(self.total[0, 0]))

    @property
    def free(self) -> int:
        """Degrees of freedom once what every regression holds fixed is taken out, unit means included."""
        dummies = int((np.diag(self.total)[1 : self.base] > 0).sum())
        return self.rows - 1 - dummies - (int(self.units.sum()) - 1) * self.within

    @property
    def exact_units(self) -> bool:
        """Whether every unit is a group of its own."""
        return bool((self.units <= 1).all())

    def place(self, name: Hashable) -> int:
        """The column of `products` that holds this; a KeyError says what exists instead."""
        try:
            return self._places[name]
        except KeyError:
            hint = did_you_mean(str(name), map(str, self.names))
            raise KeyError(f"no sums were taken of {name}. {hint}") from None

    @cached_property
    def _places(self) -> dict[Hashable, int]:
        return {name: self.base + i for i, name in enumerate(self.names)}

    def weighted(self, weights: np.ndarray) -> np.ndarray:
        """Sums in which groups count as often as `weights`, shape (replicates, groups), says.

        Returns
        -------
        ndarray, shape (replicates, columns, columns)
        """
        return unpack(weights @ self.packed, self.total.shape[0])

    def __add__(self, other: Moments) -> Moments:
        """The sums over two sets of rows of the same groups and columns, taken with the same centre."""
        same = (
            self.names == other.names
            and self.base == other.base
            and self.within == other.within
            and np.array_equal(self.centre, other.centre)
            and self.products.shape == other.products.shape
        )
        if not same:
            raise ValueError("only sums of the same columns, groups and centre can be added")
        return replace(self, products=self.products + other.products, units=self.units + other.units)


def pack(products: np.ndarray) -> np.ndarray:
    """Lower triangles, shape (..., k (k + 1) / 2), of symmetric matrices, shape (..., k, k)."""
    rows, columns = np.tril_indices(products.shape[-1])
    return np.ascontiguousarray(products[..., rows, columns])


def unpack(packed: np.ndarray, size: int) -> np.ndarray:
    """Symmetric matrices, shape (..., size, size), from their lower triangles."""
    rows, columns = np.tril_indices(size)
    full = np.empty((*packed.shape[:-1], size, size))
    full[..., rows, columns] = packed
    full[..., columns, rows] = packed
    return full


def eliminate(products: np.ndarray, count: int, tolerance: float = NOTHING_LEFT) -> np.ndarray:
    """Sums of products of the last columns with the first `count` projected out.

    Parameters
    ----------
    products : ndarray, shape (replicates, k, k)
    count : int
    tolerance : float
        A column of which no larger share than this is left by those before it is passed over, in that replicate.

    Returns
    -------
    ndarray, shape (replicates, k - count, k - count)
        By Gaussian elimination, which needs no pivoting for sums of products (Golub and Van Loan 2013, section 4.2).

    Examples
    --------
    >>> rows = np.array([[1.0, 1.0, 2.0], [1.0, 2.0, 3.0], [1.0, 3.0, 1.0]])
    >>> eliminate((rows.T @ rows)[None], 1)[0].round(6)
    array([[ 2., -1.],
           [-1.,  2.]])
    """
    left = products.copy()
    for place in range(count):
        pivot = left[:, 0, 0]
        alive = pivot > tolerance * products[:, place, place]
        share = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=alive)
        left = left[:, 1:, 1:] - left[:, 1:, :1] * (left[:, :1, 1:] * share[:, None, None])
    return left


def groups_of(units: Sequence[str], groups: int = GROUPS) -> np.ndarray:
    """The group of each unit, shape (units,): its own where there are no more units than groups.

    Otherwise by the first 32 bits of the MD5 of its name, which every database can compute, so that sums taken
    elsewhere fall into the same groups. MD5 serves to mix, not to hide.

    Examples
    --------
    >>> groups_of(["B1", "B2", "B3"])
    array([0, 1, 2])
    >>> groups_of(["B1", "B2", "B3"], groups=2)
    array([1, 0, 1])
    """
    if len(units) <= groups:
        return np.arange(len(units))
    digests = (hashlib.md5(unit.encode(), usedforsecurity=False).digest()[:4] for unit in units)
    return np.fromiter((int.from_bytes(digest, "big") % groups for digest in digests), np.int64, len(units))
