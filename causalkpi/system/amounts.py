"""Numbers worked out from many links at once, with joint intervals.

An effect along a path is a product of coefficients, and with few units or short panels a product is skewed. So its
interval is not plus or minus a standard error but what joint draws of the coefficients make of it (MacKinnon, Lockwood
and Williams 2004, Multivariate Behavioral Research 39:99-128, who show how much that matters for products). The draws
come from the covariance of the coefficients with each unit left out, all equations together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from ..estimators.clusters import jackknife_covariance
from ..estimators.draws import normal_draws


@dataclass(frozen=True)
class Amount:
    """A number with its standard error and interval, in the outcome's unit for the whole change.

    Parameters
    ----------
    value, std_error : float
    interval : tuple of float
        For this number alone.
    p_value : float
        Two-sided, of the null that it is zero; as small as a t statistic says where no draw passes zero.
    """

    value: float
    std_error: float
    interval: tuple[float, float]
    p_value: float


@dataclass(frozen=True, eq=False)
class Outputs:
    """Several numbers that are worked out from the same coefficients.

    Parameters
    ----------
    values : ndarray, shape (k,)
    moved : ndarray, shape (units, k)
        With each unit left out, to first order.
    drawn : ndarray, shape (draws, k)
        From joint draws of the coefficients.
    df : float
    """

    values: np.ndarray
    moved: np.ndarray = field(repr=False)
    drawn: np.ndarray = field(repr=False)
    df: float

    def amount(self, weights: np.ndarray, level: float) -> Amount:
        """A weighted sum of them.

        Parameters
        ----------
        weights : ndarray, shape (k,)
        level : float
        """
        value = float(weights @ self.values)
        error = float(np.sqrt(jackknife_covariance((self.moved @ weights)[:, None])[0, 0]))
        spread = self.drawn @ weights
        low, high = np.quantile(spread, [0.5 - level / 2, 0.5 + level / 2])
        return Amount(value, error, (float(low), float(high)), _p(value, error, spread, self.df))

    def together(self, level: float) -> np.ndarray:
        """The ends of intervals that hold all of them at once, shape (2, k).

        Each is widened alike in its own ranks, until the given share of the draws lies within all of them (sup-t in
        ranks: Montiel Olea and Plagborg-Moller 2019, Journal of Applied Econometrics 34:1-17). What does not vary does
        not count.
        """
        count = len(self.drawn)
        ranks = np.argsort(np.argsort(self.drawn, axis=0), axis=0)
        varying = np.ptp(self.drawn, axis=0) > 0
        if not varying.any():
            return np.stack([self.values, self.values])
        tail = np.minimum(ranks, count - 1 - ranks)[:, varying].min(axis=1)  # how far out the draw's furthest part is
        cut = min(float(np.quantile(tail, 1 - level)) / (count - 1), (1 - level) / 2)
        return np.quantile(self.drawn, [cut, 1 - cut], axis=0)


def _p(value: float, error: float, spread: np.ndarray, df: float) -> float:
    if not error > 0:
        return float(value == 0)
    beyond = 2 * min(float((spread <= 0).mean()), float((spread >= 0).mean()))
    return min(1.0, beyond) if beyond > 0 else min(1 / len(spread), float(2 * stats.t.sf(abs(value) / error, df)))


def coefficient_draws(
    slopes: np.ndarray, left_out: np.ndarray, df: float, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Joint draws of coefficients from their multivariate t distribution, in pairs around the estimate.

    Parameters
    ----------
    slopes : ndarray, shape (k,)
    left_out : ndarray, shape (units, k)
    df : float
    count : int
        Even.
    rng : numpy.random.Generator

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> drawn = coefficient_draws(np.array([1.0]), 1 + rng.normal(size=(50, 1)) / 49, 49.0, 4000, rng)
    >>> bool(np.isclose(drawn.mean(), 1.0)), round(float(drawn.std()), 1)
    (True, 0.1)
    """
    normal = normal_draws(jackknife_covariance(left_out), count // 2, rng)
    normal *= np.sqrt(df / rng.chisquare(df, count // 2))[:, None]
    return slopes + np.concatenate([normal, -normal])
