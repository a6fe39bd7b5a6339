"""Are errors equally spread: Breusch and Pagan's test, studentised by Koenker, allowing for units."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..estimators.result import Regression
from ..finding import BY_P, Finding, p_text, result_of
from ..language import NOTHING, Text
from ..panel import Panel
from .robust import residuals

REFERENCE = "Breusch and Pagan 1979, Econometrica 47:1287-1294; Koenker 1981, J. Econometrics 17:107-112"


def heteroskedasticity(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether the spread of the errors goes with the regressors.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.
    """
    fit = regression.whole
    sample = fit.sample
    columns = np.column_stack([sample.treatments, sample.controls])
    frame = {
        "id": "heteroskedasticity",
        "question": Text("Are the errors equally spread?", "Is de spreiding van de fouten overal gelijk?"),
        "null": Text("The spread does not go with the regressors.", "De spreiding hangt niet samen met de verklarende "
                     "variabelen."),
        "rule": BY_P,
        "reference": REFERENCE,
    }  # fmt: skip
    statistic, p = spread_test(residuals(fit), columns, sample.unit if sample.repeated else np.arange(len(columns)))
    if p != p:
        why = Text("The sample is too small for this test.", "De steekproef is te klein voor deze toets.")
        return Finding(**frame, result="not_applicable", seen=why)
    result = result_of(p)
    seen = Text("Breusch-Pagan: {p}.", "Breusch-Pagan: {p}.", p=p_text(p))
    told = Text(
        "No harm: the standard errors in use allow for it ({how}).",
        "Geen bezwaar: de gebruikte standaardfouten houden er rekening mee ({how}).",
        how=regression.best.convention,
    )
    return Finding(**frame, result=result, seen=seen, consequence=NOTHING if result == "holds" else told,
                   statistic=statistic, p_value=p)  # fmt: skip


def spread_test(errors: np.ndarray, columns: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Wald's F that squared errors do not go with columns, by groups of rows, and its p.

    With every row its own group this is Koenker's test but for the estimate of the scores' spread.

    Parameters
    ----------
    errors : ndarray, shape (rows,)
    columns : ndarray, shape (rows, k)
    groups : ndarray of int, shape (rows,)
    """
    size = columns.std(axis=0)
    columns = columns[:, size > 0]
    count, k = int(groups.max()) + 1, columns.shape[1]
    variance = float((errors**2).mean())
    if not k or count <= k + 1 or variance <= 0:
        return float("nan"), float("nan")
    centred = np.linalg.qr((columns - columns.mean(axis=0)) / columns.std(axis=0))[0]
    squares = errors**2 / variance - 1
    scores = np.zeros((count, k))
    np.add.at(scores, groups, centred * squares[:, None])
    covariance = scores.T @ scores
    if np.linalg.cond(covariance) > 1e12:
        return float("nan"), float("nan")
    total = scores.sum(axis=0)
    chi2 = float(total @ np.linalg.solve(covariance, total))
    return chi2 / k, float(stats.chi2.sf(chi2, k))
