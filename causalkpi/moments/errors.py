"""Standard errors for all slopes at once, with no more than one further pass over the rows.

By the Frisch-Waugh-Lovell theorem a slope is a weighted sum of the outcome's residuals, and both the weights and the
residuals are sums of columns with known coefficients. One matrix product a block gives them for all slopes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..estimators.clusters import cr2_from
from .one_pass import Rows, in_order
from .products import Moments
from .slopes import Slope


def coefficients(moments: Moments, wanted: Sequence[Slope]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What makes residuals out of columns.

    Returns
    -------
    treatment, outcome : ndarray, shape (columns, slopes)
        What the controls leave of each treatment; what the whole regression leaves of each outcome.
    left : ndarray, shape (slopes,)
        Sums of squares of the former.
    """
    total = moments.total
    size = np.sqrt(np.where(np.diag(total) > 0, np.diag(total), 1.0))
    scaled = total / np.outer(size, size)
    treatment, outcome = np.zeros((2, len(total), len(wanted)))
    for j, slope in enumerate(wanted):
        *held, x, y = [*range(moments.base), *(moments.place(name) for name in slope.columns)]
        treatment[held, j] = -_regressed(scaled, held, x)
        treatment[x, j] = 1.0
        outcome[[*held, x], j] = -_regressed(scaled, [*held, x], y)
        outcome[y, j] = 1.0
        treatment[:, j] *= size[x]
        outcome[:, j] *= size[y]
    treatment, outcome = treatment / size[:, None], outcome / size[:, None]
    return treatment, outcome, np.einsum("ij,ik,kj->j", treatment, total, treatment)


def _regressed(scaled: np.ndarray, on: list[int], of: int) -> np.ndarray:
    """Coefficients of one column on others, from scaled sums of products; directions without anything left get none."""
    values, vectors = np.linalg.eigh(scaled[np.ix_(on, on)])
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=values > 1e-13 * max(values[-1], 1e-300))
    return vectors @ (inverse * (vectors.T @ scaled[on, of]))


def influence(rows: Rows, moments: Moments, wanted: Sequence[Slope]) -> np.ndarray:
    """By how much each unit moves each slope, to first order, shape (units, slopes), in the order of the layout.

    One pass; a unit that is read in parts has its parts added.
    """
    treatment, outcome, left = coefficients(moments, wanted)
    found = np.zeros((len(rows.plan.cuts) - 1, len(wanted)))
    for first, sums in _unit_sums(rows, treatment, outcome):
        found[first : first + len(sums)] += sums
    return found / left


def clustered(rows: Rows, moments: Moments, wanted: Sequence[Slope]) -> np.ndarray:
    """Covariance of all slopes, clustered by unit (CR1), shape (slopes, slopes).

    Where every unit is a group of its own it comes from the sums; else the rows are read once more.

    References
    ----------
    Cameron and Miller (2015), Journal of Human Resources 50:317-372.
    """
    treatment, outcome, left = coefficients(moments, wanted)
    if moments.exact_units:
        scores = np.einsum("kj,gkj->gj", treatment, moments.products @ outcome)
        meat = scores.T @ scores
    else:
        meat = np.zeros((len(wanted), len(wanted)))
        pending, at = np.zeros(len(wanted)), -1
        for first, sums in _unit_sums(rows, treatment, outcome):
            if first == at:  # a unit that is read in parts
                pending = pending + sums[0]
                continue
            meat += np.outer(pending, pending) + sums[:-1].T @ sums[:-1]
            pending, at = sums[-1], first + len(sums) - 1
        meat += np.outer(pending, pending)
    units = int(moments.units.sum())
    sizes = np.array([moments.base + len(slope.controls) + 1 for slope in wanted])
    factor = np.sqrt(units / (units - 1) * (moments.rows - 1) / (moments.rows - sizes))
    return meat / np.outer(left, left) * np.outer(factor, factor)


def _unit_sums(rows: Rows, treatment: np.ndarray, outcome: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Piece by piece: the place of its first unit, and the sums of each of its units' scores, shape (units, slopes)."""
    cuts, slopes = rows.plan.cuts, treatment.shape[1]
    both = np.column_stack([treatment, outcome])
    few = rows.within and both.shape[1] < rows.width and not rows.means  # fewer columns to take unit means out of

    def work(piece: tuple[int, int]) -> tuple[int, np.ndarray]:
        left = (rows.levels(piece) if few else rows(piece)) @ both
        if few:
            rows.demean(left, piece)
        scores = left[:, :slopes] * left[:, slopes:]
        first = int(np.searchsorted(cuts, piece[0], "right")) - 1
        starts = np.maximum(cuts[first : np.searchsorted(cuts, piece[1], "left")] - piece[0], 0)
        sizes = np.diff(np.r_[starts, len(scores)])
        if len(sizes) and (sizes == sizes[0]).all():
            return first, scores.reshape(len(sizes), sizes[0], slopes).sum(axis=1)
        return first, np.add.reduceat(scores, starts, axis=0)

    return in_order(work, rows.plan.pieces())


def robust(rows: Rows, moments: Moments, wanted: Sequence[Slope], kind: int = 3) -> np.ndarray:
    """Variances of slopes that allow for unequal spread, shape (slopes,): HC0, HC1, HC2 or HC3 by `kind`.

    For a cross-section without unit effects: what a row fits by itself is known there.

    References
    ----------
    MacKinnon and White (1985), Journal of Econometrics 29:305-325.
    """
    if moments.within:
        raise ValueError("errors that are independent over rows do not go with unit effects; cluster by unit")
    treatment, outcome, left = coefficients(moments, wanted)
    both = np.column_stack([treatment, outcome])
    roots = [_orthonormal(moments, slope) for slope in wanted] if kind >= 2 else []
    count = len(wanted)

    def work(piece: tuple[int, int]) -> np.ndarray:
        block = rows(piece)
        found = block @ both
        scores = (found[:, :count] * found[:, count:]) ** 2
        for j, root in enumerate(roots):
            fitted = block @ root
            gap = np.maximum(1 - np.einsum("ij,ij->i", fitted, fitted), 1e-12)
            scores[:, j] /= gap if kind == 2 else gap**2
        return scores.sum(axis=0)

    meat = np.zeros(count)
    for found in in_order(work, rows.plan.pieces()):
        meat += found
    sizes = np.array([moments.base + len(slope.controls) + 1 for slope in wanted])
    return meat / left**2 * (moments.rows / (moments.rows - sizes) if kind == 1 else 1.0)


def _orthonormal(moments: Moments, slope: Slope) -> np.ndarray:
    """A matrix that makes all columns an orthonormal basis of a design, shape (columns, k)."""
    columns, root = _root(moments, slope)
    whole = np.zeros((len(moments.total), root.shape[1]))
    whole[columns] = root
    return whole


def _root(moments: Moments, slope: Slope) -> tuple[list[int], np.ndarray]:
    """The columns of a design and a matrix that makes them orthonormal."""
    columns = [*range(moments.base), *(moments.place(name) for name in slope.columns[:-1])]
    part = moments.total[np.ix_(columns, columns)]
    size = np.sqrt(np.diag(part))
    values, vectors = np.linalg.eigh(part / np.outer(size, size))
    alive = values > 1e-13 * values[-1]
    return columns, vectors[:, alive] / np.sqrt(values[alive]) / size[:, None]


def bias_reduced(moments: Moments, slope: Slope) -> tuple[float, float]:
    """Variance of one slope clustered by unit with few units (CR2), and Satterthwaite's degrees of freedom.

    Raises
    ------
    ValueError
        If units share groups: with so many of them CR1 is the same.
    """
    if not moments.exact_units:
        raise ValueError("CR2 needs the sums of every unit by itself")
    columns, root = _root(moments, slope)
    products = root.T @ moments.products[:, columns][:, :, columns] @ root
    place = moments.place(slope.outcome)
    beta = root @ (root.T @ moments.total[columns, place])
    scores = (moments.products[:, columns, place] - moments.products[:, columns][:, :, columns] @ beta) @ root
    covariance, df = cr2_from(products, scores, root[-1:].T)
    return float(covariance[0, 0]), float(df[0])
