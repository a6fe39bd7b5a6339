"""One regression, fitted by statsmodels and by DoWhy, with the spread of its slopes over units.

statsmodels gives standard errors, intervals and every diagnostic; DoWhy computes the slope as it would. The two must
agree to 1e-6, relative to the slope or its standard error, or the run fails with both numbers.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy import stats

from .. import dowhy_bridge
from ..errors import DisagreementError, Fault
from .sample import Sample

AGREEMENT = 1e-6
FEW_UNITS = 50


@dataclass(frozen=True)
class Fit:
    """A fitted regression.

    Parameters
    ----------
    slopes : ndarray, shape (treatments,)
        In native units, per unit of each treatment.
    covariance : ndarray, shape (treatments, treatments)
        By the convention named in `convention`.
    df : int
        Degrees of freedom of the t distribution used.
    convention : str
        How the standard errors were computed.
    left_out : ndarray, shape (units, treatments)
        The slopes with each unit left out in turn (Cook and Weisberg's identity, exact).
    dowhy : ndarray, shape (treatments,)
        DoWhy's slopes for the same regression.
    results : statsmodels RegressionResults
    sample : Sample
    """

    slopes: np.ndarray
    covariance: np.ndarray
    df: int
    convention: str
    left_out: np.ndarray
    dowhy: np.ndarray
    results: Any = field(repr=False)
    sample: Sample = field(repr=False)


def fit(sample: Sample, *, confirm: bool = True) -> Fit:
    """Fit a sample by ordinary least squares.

    Parameters
    ----------
    sample : Sample
    confirm : bool
        Whether DoWhy computes the slopes too; simulations that have shown the agreement may skip it.

    Raises
    ------
    DisagreementError
        If DoWhy and statsmodels differ.
    """
    import pandas as pd

    scale = _scales(sample)
    exog = pd.DataFrame(sample.design / scale, columns=_scaled_names(sample.names, scale))
    size = _power(sample.outcome - sample.outcome.mean())
    endog = pd.Series(sample.outcome / size, name=_scaled_names([sample.outcome_name], np.array([size]))[0])
    model = sm.OLS(endog, exog)
    clustered = sample.repeated
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = (
            model.fit(method="qr", cov_type="cluster", cov_kwds={"groups": sample.unit}, use_t=True)
            if clustered
            else model.fit(method="qr", cov_type="HC3", use_t=True)
        )
    which = slice(1, 1 + sample.treatments.shape[1])
    native = size / scale[which]
    slopes = results.params.to_numpy()[which] * native
    left_out = leave_one_out(sample.design / scale, sample.outcome / size, sample.unit, which) * native
    df, convention = int(results.df_resid), "heteroskedasticity-robust (HC3)"
    covariance = results.cov_params().to_numpy()[which, which] * np.outer(native, native)
    if clustered:
        units = len(sample.units)
        df, convention = units - 1, f"clustered by unit (CR1, {units} units)"
        if units < FEW_UNITS:
            covariance = jackknife_covariance(left_out)
            convention = f"clustered by unit, leaving one unit out at a time (CV3, {units} units)"
    elif not np.isfinite(covariance).all():
        covariance = jackknife_covariance(left_out)
        convention = "leaving one row out at a time (a row of leverage 1 leaves HC3 undefined)"
    dowhy = confirmed_slopes(sample, slopes, np.sqrt(np.diag(covariance))) if confirm else np.full(len(slopes), np.nan)
    return Fit(slopes, covariance, df, convention, left_out, dowhy, results, sample)


def confirmed_slopes(sample: Sample, slopes: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """DoWhy's slope of each treatment, the others held fixed; raises where it differs from statsmodels'."""
    everything = np.column_stack([sample.treatments, sample.controls, sample.dummies])
    spread = everything.std(axis=0)
    unit = sample.outcome.std() or 1.0
    found = []
    for i, (slope, error) in enumerate(zip(slopes, errors, strict=True)):
        others = np.delete(everything / spread, i, axis=1)
        value = dowhy_bridge.slope(
            (sample.outcome - sample.outcome.mean()) / unit, everything[:, i] / spread[i], others
        ) * (unit / spread[i])
        if not abs(value - slope) <= AGREEMENT * max(abs(slope), abs(value), error, 1e-9 * unit / spread[i]):
            name = f"{sample.treatment_names[i]} -> {sample.outcome_name}"
            fault = Fault(
                name,
                f"DoWhy {float(value)!r}, statsmodels {float(slope)!r}",
                f"agreement to {AGREEMENT:g}",
            )
            raise DisagreementError("DoWhy and statsmodels disagree on the same regression.", [fault])
        found.append(value)
    return np.array(found)


def leave_one_out(design: np.ndarray, outcome: np.ndarray, unit: np.ndarray, which: slice) -> np.ndarray:
    """The coefficients with each unit left out, shape (units, chosen).

    Exact for least squares: b - b(-g) = (X'X)^-1 X_g' (I - H_gg)^-1 e_g (Cook and Weisberg 1982, section 3.8).
    Unit means need no recomputation, because they never reach beyond their own unit.
    """
    q, r = np.linalg.qr(design)
    inverse = np.linalg.solve(r, np.eye(r.shape[1]))
    beta = inverse @ (q.T @ outcome)
    residual = outcome - design @ beta
    order = np.argsort(unit, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(unit[order]) != 0, True])
    rows = inverse[which]
    if len(starts) - 1 == len(outcome):  # a row a unit: no matrices to solve
        gap = 1 - np.einsum("ij,ij->i", q, q)
        share = np.divide(residual, gap, out=np.zeros_like(gap), where=gap > 1e-10)
        return (beta[which] - (q * share[:, None]) @ rows.T)[order]
    out = np.empty((len(starts) - 1, which.stop - which.start))
    for g in range(len(starts) - 1):
        at = order[starts[g] : starts[g + 1]]
        part = q[at]
        gap = np.eye(len(at)) - part @ part.T
        change = rows @ (part.T @ np.linalg.lstsq(gap, residual[at], rcond=1e-10)[0])
        out[g] = beta[which] - change
    return out


def jackknife_covariance(left_out: np.ndarray) -> np.ndarray:
    """Covariance from leave-one-out replicates (CV3: MacKinnon, Nielsen and Webb 2023)."""
    count = len(left_out)
    centred = left_out - left_out.mean(axis=0)
    return (count - 1) / count * centred.T @ centred


def interval(value: float, error: float, df: int, level: float) -> tuple[float, float]:
    """A t interval."""
    half = float(stats.t.ppf(0.5 + level / 2, df)) * error
    return value - half, value + half


def p_value(value: float, error: float, df: int) -> float:
    """Two-sided p of the null that the slope is zero; 0 or 1 where the error is zero."""
    if error == 0:
        return float(value == 0)
    return float(2 * stats.t.sf(abs(value / error), df))


def _power(column: np.ndarray) -> float:
    """A power of ten that brings a column to ordinary size, 1 where it has that already."""
    spread = float(np.std(column))
    if spread == 0 or 1e-5 <= spread <= 1e5:
        return 1.0
    return float(10.0 ** np.floor(np.log10(spread)))


def _scales(sample: Sample) -> np.ndarray:
    return np.array([_power(column) for column in sample.design.T])


def _scaled_names(names: list[str], scale: np.ndarray) -> list[str]:
    return [name if s == 1 else f"{name} / {s:g}" for name, s in zip(names, scale, strict=True)]
