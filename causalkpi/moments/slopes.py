"""Slopes of many regressions from one set of sums, point by point or over a thousand replicates."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .one_pass import Rows, in_order
from .products import NOTHING_LEFT, Moments, eliminate

ENOUGH_DIGITS, TOO_FEW_DIGITS = 1e6, 1e10
"""Condition numbers of scaled sums of products: up to the first they keep ten digits or more, so they will do; up to
the second the rows are read once more for a QR factorisation; beyond it the regressors say the same thing."""


@dataclass(frozen=True)
class Slope:
    """A slope to be had: of an outcome on a treatment, controls held fixed (and whatever the sums hold fixed).

    Parameters
    ----------
    outcome, treatment : hashable
        Names of columns.
    controls : tuple
    """

    outcome: Hashable
    treatment: Hashable
    controls: tuple[Hashable, ...] = ()

    @property
    def columns(self) -> tuple[Hashable, ...]:
        """Controls, treatment, outcome."""
        return (*self.controls, self.treatment, self.outcome)


@dataclass(frozen=True)
class Solved:
    """Slopes with what ordinary least squares says of them; arrays of shape (slopes,).

    Parameters
    ----------
    slopes : ndarray
        Per unit of the treatment; not a number where the treatment is a function of the rest.
    std_errors : ndarray
        Ordinary ones, for errors that are independent and equally spread.
    df : ndarray
        Residual degrees of freedom.
    left : ndarray
        Sum of squares that the controls leave of the treatment.
    partial_r2 : ndarray
        Share of what the controls leave of the outcome that the treatment explains.
    condition : ndarray
        Condition number of the scaled sums of products of the regressors.
    ways : tuple of {"products", "qr", "collinear"}
        Where each number comes from.
    """

    slopes: np.ndarray
    std_errors: np.ndarray
    df: np.ndarray
    left: np.ndarray
    partial_r2: np.ndarray
    condition: np.ndarray
    ways: tuple[str, ...]


def solve(moments: Moments, wanted: Sequence[Slope], rows: Rows | None = None) -> Solved:
    """The slopes, guarded: from the sums where they keep enough digits, else by QR on the rows, else refused.

    Parameters
    ----------
    moments : Moments
    wanted : sequence of Slope
    rows : Rows, optional
        The rows that the sums are of; without them whatever needs a QR factorisation is refused.

    Returns
    -------
    Solved

    Raises
    ------
    KeyError
        If no sums were taken of a column.

    References
    ----------
    Golub and Van Loan (2013), Matrix Computations, section 5.3.8: sums of products square the condition number.

    Examples
    --------
    >>> from causalkpi.moments import gather, rows_of
    >>> rng = np.random.default_rng(1)
    >>> loyalty = rng.normal(size=4000)
    >>> table = np.column_stack([loyalty, 2 * loyalty + rng.normal(size=4000)])
    >>> moments = gather(rows_of(table, np.arange(4000), ("loyalty", "spend")))
    >>> solve(moments, [Slope("spend", "loyalty")]).slopes.round(1)
    array([2.])
    """
    swept = eliminate(moments.total[None], moments.base)[0]
    found, ways = [], []
    for slope in wanted:
        at = [moments.place(name) - moments.base for name in slope.columns]
        part = swept[np.ix_(at, at)]
        condition = condition_of(part[:-1, :-1], np.diag(moments.total)[[a + moments.base for a in at[:-1]]])
        how = "products" if condition <= ENOUGH_DIGITS else "qr" if condition <= TOO_FEW_DIGITS else "collinear"
        if how == "qr" and rows is None:
            how = "collinear"
        left = by_qr(rows, slope) if how == "qr" and rows is not None else eliminate(part[None], len(at) - 2)[0]
        found.append(_numbers(left, moments.free - len(at) + 1, condition, how))
        ways.append(how)
    value, error, df, left, share, condition = np.array(found).reshape(len(wanted), 6).T
    return Solved(value, error, df, left, share, condition, tuple(ways))


def _numbers(left: np.ndarray, df: int, condition: float, how: str) -> tuple[float, ...]:
    """Slope, ordinary error, degrees of freedom, what is left of the treatment, partial R2, condition."""
    (xx, xy), (_, yy) = left
    if how == "collinear" or not xx > 0 or df <= 0:
        return np.nan, np.nan, float(df), float(max(xx, 0.0)), np.nan, condition
    residual = max(yy - xy**2 / xx, 0.0)
    share = xy**2 / (xx * yy) if yy > 0 else np.nan
    return xy / xx, float(np.sqrt(residual / df / xx)), float(df), float(xx), share, condition


def condition_of(products: np.ndarray, before: np.ndarray) -> float:
    """The condition number of scaled sums of products, infinite where nothing is left of a column.

    Parameters
    ----------
    products : ndarray, shape (k, k)
        What is left once the constant and the dummies are projected out.
    before : ndarray, shape (k,)
        The sums of squares before that, beside which nothing may be left.
    """
    size = np.diag(products)
    if (size <= NOTHING_LEFT**2 * before).any() or (size <= 0).any():
        return float("inf")
    scaled = products / np.sqrt(np.outer(size, size))
    values = np.linalg.eigvalsh(scaled)
    return float(values[-1] / values[0]) if values[0] > 0 else float("inf")


def by_qr(rows: Rows, slope: Slope) -> np.ndarray:
    """The same two-by-two sums as elimination gives, from QR factorisations of the rows, block by block.

    The residuals are regressed once more: what rounding left of the coefficients is in them.

    References
    ----------
    Demmel, Grigori, Hoemmen and Langou (2012), SIAM Journal on Scientific Computing 34:A206-A239; Golub and Van Loan
    (2013), section 5.3.8 (one step of refinement).
    """
    fixed = rows.width - len(rows.names)
    columns = [*range(fixed), *(fixed + rows.names.index(name) for name in slope.columns)]
    first = _triangle(rows, columns, np.eye(len(columns)))
    coefficients = np.linalg.lstsq(first[:-1, :-1], first[:-1, -1], rcond=None)[0]
    residual = np.eye(len(columns))
    residual[:-1, -1] = -coefficients
    second = _triangle(rows, columns, residual)
    more = np.linalg.lstsq(second[:-1, :-1], second[:-1, -1], rcond=None)[0][-1]
    value, size = coefficients[-1] + more, second[-2, -2] ** 2
    return np.array([[size, value * size], [value * size, value**2 * size + second[-1, -1] ** 2]])


def _triangle(rows: Rows, columns: list[int], turn: np.ndarray) -> np.ndarray:
    """The triangular factor of the chosen columns, each block turned by a matrix first."""
    triangle: np.ndarray = np.zeros((0, len(columns)))
    for found in in_order(lambda piece: np.linalg.qr(rows(piece)[:, columns] @ turn, mode="r"), rows.plan.pieces()):
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, found]), mode="r"))
    return triangle


def replicated(moments: Moments, weights: np.ndarray, wanted: Sequence[Slope]) -> np.ndarray:
    """Every slope when groups count as often as `weights` say; the replicates are shared by all slopes.

    Parameters
    ----------
    moments : Moments
    weights : ndarray, shape (replicates, groups)
    wanted : sequence of Slope

    Returns
    -------
    ndarray, shape (replicates, slopes)
        Not a number where the treatment does not vary in a replicate.
    """
    return slopes_in(eliminate(moments.weighted(weights), moments.base), moments, wanted)


def slopes_in(swept: np.ndarray, moments: Moments, wanted: Iterable[Slope]) -> np.ndarray:
    """Slopes, shape (replicates, slopes), from sums with the constant and the dummies projected out already."""
    whole = np.diag(moments.total)[moments.base :]
    found = []
    for slope in wanted:
        at = np.array([moments.place(name) - moments.base for name in slope.columns])
        left = eliminate(swept[:, at[:, None], at], len(at) - 2)
        size = left[:, 0, 0]
        alive = size > NOTHING_LEFT * whole[at[-2]]
        found.append(np.divide(left[:, 0, 1], size, out=np.full(len(size), np.nan), where=alive))
    return np.column_stack([np.empty((len(swept), 0)), *found])
