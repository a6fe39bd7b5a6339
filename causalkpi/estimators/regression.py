"""One regression, fitted by statsmodels and by DoWhy, with the spread of its slopes over units.

statsmodels gives standard errors, intervals and every diagnostic; DoWhy computes the slope as it would. The two must
agree to 1e-6, relative to the slope or its standard error, or the run fails with both numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import statsmodels.api as sm
from scipy import stats

from .. import dowhy_bridge
from ..errors import DisagreementError, Fault
from ..language import Text
from .conventions import FEW_UNITS, Convention, Fitted, usual
from .sample import Sample
from .screen import Refusal

if TYPE_CHECKING:
    import pandas as pd

AGREEMENT = 1e-6
FEWEST_EFFECTIVE = 2


@dataclass(frozen=True)
class Fit:
    """A fitted regression.

    Parameters
    ----------
    slopes : ndarray, shape (treatments,)
        In native units, per unit of each treatment.
    covariance : ndarray, shape (treatments, treatments)
        By the convention named in `convention`.
    df : float
        Degrees of freedom of the t distribution, by the same convention.
    convention : Text
        How the standard errors were computed.
    left_out : ndarray, shape (units, treatments)
        The slopes with each unit left out in turn (Cook and Weisberg's identity, exact).
    left_out_df : float
        Degrees of freedom that go with them: units less one, or effective units less one where those are few.
    dowhy : ndarray, shape (treatments,)
        DoWhy's slopes for the same regression.
    results : statsmodels RegressionResults
    sample : Sample
    effective : float
        How many units the treatment's variation is spread over (the fewest of any treatment).
    """

    slopes: np.ndarray
    covariance: np.ndarray
    df: float
    convention: Text
    left_out: np.ndarray
    left_out_df: float
    dowhy: np.ndarray
    results: Any = field(repr=False)
    sample: Sample = field(repr=False)
    effective: float = float("inf")


def fit(sample: Sample, *, confirm: bool = True, errors: Convention = usual) -> Fit:
    """Fit a sample by ordinary least squares.

    Parameters
    ----------
    sample : Sample
    confirm : bool
        Whether DoWhy computes the slopes too; simulations that have shown the agreement may skip it.
    errors : callable
        How standard errors are computed; see :mod:`causalkpi.estimators.conventions`.

    Raises
    ------
    Refusal
        If the treatment varies in too few units, or too few for these errors.
    DisagreementError
        If DoWhy and statsmodels differ.
    """
    import pandas as pd

    scale = _scales(sample)
    exog = pd.DataFrame(sample.design / scale, columns=_scaled_names(sample.names, scale))
    size = _power(sample.outcome - sample.outcome.mean())
    endog = pd.Series(sample.outcome / size, name=_scaled_names([sample.outcome_name], np.array([size]))[0])
    which = slice(1, 1 + sample.treatments.shape[1])
    found = least_squares(sample, endog, exog, which, size / scale[which], errors)
    if not confirm:
        return found
    return replace(found, dowhy=confirmed_slopes(sample, found.slopes, np.sqrt(np.diag(found.covariance))))


def least_squares(
    sample: Sample, endog: pd.Series, exog: pd.DataFrame, which: slice, native: np.ndarray, errors: Convention
) -> Fit:
    """One column on others by statsmodels, with its errors; DoWhy is not asked.

    Parameters
    ----------
    sample : Sample
        The rows, with their units; its own columns are not used.
    endog, exog : Series, DataFrame
        In the scale in which they are fitted.
    which : slice
        The treatments' columns.
    native : ndarray, shape (treatments,)
        What brings each slope to native units.
    errors : callable

    Raises
    ------
    Refusal
        If the treatment varies in too few units, or too few for these errors.
    """
    model = sm.OLS(endog, exog)
    clustered = sample.repeated and len(sample.units) > 1
    group = sample.unit if clustered else np.arange(len(endog))  # of one unit, its periods
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = (
            model.fit(method="qr", cov_type="cluster", cov_kwds={"groups": group}, use_t=True)
            if clustered
            else model.fit(method="qr", cov_type="HC3", use_t=True)
        )
    design = exog.to_numpy()
    effective = effective_units(design, group, which)
    require_spread(sample.treatment_names, effective, sample.repeated, len(sample.units))
    slopes = results.params.to_numpy()[which] * native
    left_out = leave_one_out(design, endog.to_numpy(), group, which)
    spread = min(effective)
    df = len(sample.units) - 1.0 if clustered else float(results.df_resid)
    if spread < FEW_UNITS:  # a t distribution that knows how few units the answer rests on
        df = min(df, max(1.0, spread - 1))
    robust = results.cov_params().to_numpy()[which, which]
    found = errors(Fitted(sample, design, results.resid.to_numpy(), which, robust, left_out, df, spread))
    covariance = found.covariance * np.outer(native, native)
    dowhy = np.full(len(slopes), np.nan)
    return Fit(
        slopes, covariance, found.df, found.convention, left_out * native, df, dowhy, results, sample, float(spread)
    )


def effective_units(design: np.ndarray, unit: np.ndarray, which: slice) -> list[float]:
    """Over how many units the variation of each treatment is spread, once everything else is taken out.

    One over the sum of squared shares: with one treated unit of eighty it is about one, however many rows there are,
    and no standard error knows how much the slope would differ with another unit (MacKinnon and Webb 2018).
    """
    q, r = np.linalg.qr(design)
    weights = q @ np.linalg.solve(r, np.eye(r.shape[1]))[which].T
    shares = np.zeros((unit.max() + 1, weights.shape[1]))
    np.add.at(shares, unit, weights**2)
    shares /= shares.sum(axis=0)
    return [float(value) for value in 1 / (shares**2).sum(axis=0)]


def require_spread(names: Sequence[str], effective: Sequence[float], repeated: bool, units: int) -> None:
    """Refuse a treatment whose variation comes from a handful of units."""
    for name, count in zip(names, effective, strict=True):
        if count < FEWEST_EFFECTIVE:
            what = Text("units", "eenheden") if repeated else Text("rows", "rijen")
            what = Text("periods", "perioden") if repeated and units == 1 else what
            raise Refusal(
                Text(
                    "What varies in {kpi} comes from so few {what} (about {count:.1f}) that nobody can tell how much "
                    "the answer would differ with others.",
                    "De variatie in {kpi} komt van zo weinig {what} (ongeveer {count:.1f}) dat niet valt te zeggen "
                    "hoezeer het antwoord met andere {what} zou verschillen.",
                    kpi=name,
                    what=what,
                    count=count,
                ),
                Text(
                    "It takes {what} in which it differs.",
                    "Hiervoor zijn {what} nodig waarin deze KPI verschilt.",
                    what=what,
                ),
            )


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
    sizes = np.diff(starts)
    for size in np.unique(sizes):  # units of one size together: many small matrices at once
        which_units = np.flatnonzero(sizes == size)
        at = order[starts[which_units][:, None] + np.arange(size)]
        part = q[at]
        values, vectors = np.linalg.eigh(np.eye(size) - part @ part.transpose(0, 2, 1))
        safe = values > 1e-10  # a unit that fits itself exactly has nothing to say there
        turned = np.einsum("gij,gi->gj", vectors, residual[at])
        solved = np.einsum("gij,gj->gi", vectors, np.divide(turned, values, out=np.zeros_like(turned), where=safe))
        out[which_units] = beta[which] - np.einsum("gtk,gt->gk", part, solved) @ rows.T
    return out


def interval(value: float, error: float, df: float, level: float) -> tuple[float, float]:
    """A t interval."""
    half = float(stats.t.ppf(0.5 + level / 2, df)) * error
    return value - half, value + half


def p_of_draws(draws: np.ndarray) -> float:
    """Two-sided p of the null of zero from draws: twice the smaller tail beyond it, never below what they can show."""
    below = float((draws <= 0).mean())
    return max(2 * min(below, 1 - below), 1 / len(draws))


def p_value(value: float, error: float, df: float) -> float:
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
    return [str(name) if s == 1 else f"{name} / {s:g}" for name, s in zip(names, scale, strict=True)]
