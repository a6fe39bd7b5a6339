"""Outcomes that are yes or no, or a share: a logit beside the straight line, in the same unit.

A straight line through zeros and ones, or through shares, may predict outside them; a logit cannot. Its coefficient is
no effect on a share, so it is standardised: every row's probability or share as it was and with the treatment moved,
averaged. For shares the logit is the mean alone, fitted by quasi-likelihood: nothing is said about how they spread
around it, and the errors allow for that (Papke and Wooldridge 1996, J. Applied Econometrics 11:619-632).
"""

from __future__ import annotations

import warnings

import numpy as np
import statsmodels.api as sm
from scipy.special import expit

from ..language import Text
from .regression import interval, p_value
from .result import Beside
from .sample import Sample

_MOST = 25.0  # log odds: beyond this a probability is 0 or 1 to eleven digits, and the fit has run away
_WHY = Text(
    "a logit of the same regression, which keeps probabilities between 0 and 1: the average change in probability over "
    "the rows used",
    "een logit van dezelfde regressie, die kansen tussen 0 en 1 houdt: de gemiddelde verandering in kans over de "
    "gebruikte rijen",
)
_WHY_SHARE = Text(
    "a fractional logit of the same regression, which keeps shares between 0 and 1: the average change in the share "
    "over the rows used",
    "een fractionele logit van dezelfde regressie, die aandelen tussen 0 en 1 houdt: de gemiddelde verandering in het "
    "aandeel over de gebruikte rijen",
)
_SEPARATED = Text(
    "A logit beside the straight line could not be fitted: the regressors tell zeros from ones (nearly) without error.",
    "Een logit naast de rechte lijn was niet te schatten: de verklarende KPI's scheiden nullen en enen (vrijwel) "
    "zonder fout.",
)


def beside_logit(
    sample: Sample, contrast: float, level: float, df: float, *, share: bool = False
) -> tuple[tuple[Beside, ...], tuple[Text, ...]]:
    """The standardised logit of a regression whose outcome is 0 or 1 in every row, or is a share.

    Parameters
    ----------
    sample : Sample
        The main regression's. Where unit effects were taken out there is no logit: dummies of units would bias it.
    contrast : float
        The change in the treatment, in its own unit.
    level : float
    df : float
        Degrees of freedom of the interval: the main regression's.
    share : bool
        Whether the graph declares the outcome to be a share; see :attr:`causalkpi.kpi.KPI.is_share`.

    Returns
    -------
    tuple of Beside, tuple of Text
        The number, or a warning that there is none; neither where the outcome is neither binary nor a share.
    """
    whole = np.round(sample.outcome)
    binary = set(np.unique(whole)) == {0.0, 1.0} and np.abs(sample.outcome - whole).max() <= 1e-9
    inside = sample.outcome.min() >= -1e-9 and sample.outcome.max() <= 1 + 1e-9
    if sample.unit_effects or not (binary or (share and inside)):
        return (), ()
    outcome = whole if binary else sample.outcome.clip(0, 1)
    spread = sample.design.std(axis=0)
    spread[0] = 1.0
    design = sample.design / spread
    coefficients = _fitted(design, outcome)
    if coefficients is None:
        return (), (_SEPARATED,)
    covariance = clustered(design, outcome, coefficients, sample.unit if sample.repeated else np.arange(len(outcome)))
    value, gradient = standardised(design, coefficients, contrast / spread[1])
    error = float(np.sqrt(gradient @ covariance @ gradient))
    found = Beside("logit", value, error, interval(value, error, df, level), p_value(value, error, df),
                   _WHY if binary else _WHY_SHARE)  # fmt: skip
    return (found,), ()


def standardised(design: np.ndarray, coefficients: np.ndarray, step: float) -> tuple[float, np.ndarray]:
    """The average change in probability when the treatment moves, and its gradient.

    Parameters
    ----------
    design : ndarray, shape (n, k)
        A constant, the treatment, the rest.
    coefficients : ndarray, shape (k,)
    step : float
        By how much the treatment's column moves.

    Returns
    -------
    float, ndarray of shape (k,)

    Examples
    --------
    >>> value, gradient = standardised(np.array([[1.0, 0.0]]), np.array([0.0, np.log(3)]), 1.0)
    >>> value, gradient.tolist()
    (0.25, [-0.0625, 0.1875])
    """
    moved = design.copy()
    moved[:, 1] += step
    before, after = expit(design @ coefficients), expit(moved @ coefficients)
    steep_before, steep_after = before * (1 - before), after * (1 - after)
    gradient = (steep_after[:, None] * moved - steep_before[:, None] * design).mean(axis=0)
    return float((after - before).mean()), gradient


def clustered(design: np.ndarray, outcome: np.ndarray, coefficients: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """The covariance of logit coefficients, robust to dependence within units (Liang and Zeger 1986, Biometrika 73).

    Parameters
    ----------
    design : ndarray, shape (n, k)
    outcome : ndarray, shape (n,)
    coefficients : ndarray, shape (k,)
    unit : ndarray of int, shape (n,)
        From 0 up; a code of its own for every row gives the heteroskedasticity-robust covariance.

    Returns
    -------
    ndarray, shape (k, k)
        With the factor units / (units - 1).
    """
    chance = expit(design @ coefficients)
    bread = np.linalg.inv((design * (chance * (1 - chance))[:, None]).T @ design)
    units = int(unit.max()) + 1
    scores = np.zeros((units, design.shape[1]))
    np.add.at(scores, unit, design * (outcome - chance)[:, None])
    return bread @ (scores.T @ scores) @ bread * units / (units - 1)


def _fitted(design: np.ndarray, outcome: np.ndarray) -> np.ndarray | None:
    """The coefficients; None where zeros and ones are separated, or nothing converges."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = sm.Logit(outcome, design).fit(disp=False, maxiter=100, method="newton")
        except Exception as error:  # statsmodels has no common class for separation and singular matrices
            if type(error).__name__ not in ("PerfectSeparationError", "LinAlgError"):
                raise
            return None
    coefficients = np.asarray(found.params)
    runaway = not np.isfinite(coefficients).all() or np.abs(design @ coefficients).max() > _MOST
    return None if runaway or not found.mle_retvals["converged"] else coefficients
