"""What the diagnostics share: residuals of a fit, and a Wald test that allows for units."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..estimators.regression import Fit


def residuals(fit: Fit) -> np.ndarray:
    """The residuals of a fit in the outcome's own unit, shape (rows,)."""
    q, r = np.linalg.qr(fit.sample.design)
    return fit.sample.outcome - fit.sample.design @ np.linalg.solve(r, q.T @ fit.sample.outcome)


def taken_out(fit: Fit, columns: np.ndarray) -> np.ndarray:
    """Columns as the fit sees its own: unit means taken out where it does so, then all its regressors."""
    sample = fit.sample
    if sample.unit_effects:
        sums = np.zeros((len(sample.units), columns.shape[1]))
        np.add.at(sums, sample.unit, columns)
        columns = columns - (sums / np.bincount(sample.unit)[:, None])[sample.unit]
    q = np.linalg.qr(sample.design)[0]
    return columns - q @ (q.T @ columns)


def added_columns(fit: Fit, columns: np.ndarray) -> tuple[float, float]:
    """Whether columns that the fit leaves out belong in it: Wald's F and its p, robust to units or to unequal spread.

    Parameters
    ----------
    fit : Fit
    columns : ndarray, shape (rows, k)

    Returns
    -------
    tuple of float
        F with (k, units - 1) degrees of freedom, rows instead of units in a cross-section; not a number where the
        columns add nothing that could be tested.
    """
    left = taken_out(fit, columns)
    size = np.linalg.norm(left, axis=0)
    before = np.linalg.norm(columns - columns.mean(axis=0), axis=0)
    left = left[:, size > 1e-9 * np.where(before > 0, before, 1)]
    if not left.shape[1]:
        return float("nan"), float("nan")
    left = np.linalg.qr(left / np.linalg.norm(left, axis=0))[0]
    slopes = left.T @ residuals(fit)
    rest = residuals(fit) - left @ slopes
    groups = fit.sample.unit if fit.sample.repeated else np.arange(len(rest))
    scores = np.zeros((groups.max() + 1, left.shape[1]))
    np.add.at(scores, groups, left * rest[:, None])
    count, k = len(scores), left.shape[1]
    covariance = scores.T @ scores * count / (count - 1)
    if count <= k + 1 or np.linalg.cond(covariance) > 1e12:
        return float("nan"), float("nan")
    f = float(slopes @ np.linalg.solve(covariance, slopes)) / k
    return f, float(stats.f.sf(f, k, count - 1))
