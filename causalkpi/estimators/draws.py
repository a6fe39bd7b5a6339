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
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.clip(values, 0, None))
        normal = rng.standard_normal((count, len(self.slopes))) @ root.T
        stretch = np.sqrt(self.df / rng.chisquare(self.df, count))
        return self.slopes + normal * stretch[:, None]


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
