"""Joint uncertainty of several regressions on the same units.

Each regression's slopes are recomputed with every unit left out; because the units are the same, the replicates of
different regressions belong together and give their joint covariance, without assuming anything about how the
regressions depend on each other. Draws from it carry the uncertainty through products and identities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .clusters import jackknife_covariance
from .regression import Fit


@dataclass(frozen=True)
class Joint:
    """Slopes of several regressions with their joint covariance.

    Parameters
    ----------
    slopes : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
    df : float
    """

    slopes: np.ndarray
    covariance: np.ndarray
    df: float

    def draws(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draws of the slopes from their multivariate t distribution, shape (count, k)."""
        normal = normal_draws(self.covariance, count, rng)
        stretch = np.sqrt(self.df / rng.chisquare(self.df, count))
        return self.slopes + normal * stretch[:, None]


def normal_draws(covariance: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draws from a normal distribution around zero, shape (count, k), whatever the scales of its k parts.

    A slope in euro and a slope in points may have variances twenty powers of ten apart. Taking a covariance apart as it
    is would leave the smaller one nothing but the rounding of the larger; so correlations are taken apart.

    Examples
    --------
    >>> covariance = np.diag([1e10, 1e-12])
    >>> (normal_draws(covariance, 100_000, np.random.default_rng(1)).std(axis=0) / [1e5, 1e-6]).round(1)
    array([1., 1.])
    """
    errors = np.sqrt(np.diag(covariance))
    scale = np.where(errors > 0, errors, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    return rng.standard_normal((count, len(covariance))) @ root.T * errors


def joint_slopes(fits: Sequence[Fit]) -> Joint:
    """The joint distribution of the slopes of several fits, matched by unit.

    A unit that one regression cannot use leaves that regression's slopes where they are.
    """
    units = sorted({unit for found in fits for unit in found.sample.units})
    place = {unit: i for i, unit in enumerate(units)}
    columns = []
    for found in fits:
        replicates = np.tile(found.slopes, (len(units), 1))
        replicates[[place[unit] for unit in found.sample.units]] = found.left_out
        columns.append(replicates)
    return Joint(
        np.concatenate([found.slopes for found in fits]),
        jackknife_covariance(np.column_stack(columns)),
        min(found.left_out_df for found in fits),
    )
