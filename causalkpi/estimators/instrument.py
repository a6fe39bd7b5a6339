"""The instrument estimate: two-stage least squares by linearmodels, with the interval of Anderson and Rubin.

The interval inverts the Anderson-Rubin test (Anderson and Rubin 1949, Annals of Mathematical Statistics 20). Below a
first-stage F of 10 (Staiger and Stock 1997, Econometrica 65) the question is refused, because intervals that happen to
be bounded there are the ones that miss. DoWhy's instrument estimator leaves out the intercept and every covariate, so
DoWhy vouches for the two regressions whose ratio the answer is.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from ..language import Text
from ..panel import Panel
from ..question import Estimand, label
from .clusters import jackknife_covariance
from .conventions import leave_one_unit_out
from .linear import report
from .regression import Fit, fit, p_value
from .result import Estimate
from .sample import Sample, build_sample
from .screen import Refusal

WEAKEST = 10.0


def estimate_by_instrument(panel: Panel, estimand: Estimand, level: float, *, confirm: bool = True) -> Estimate:
    """The instrument estimate of an estimand; see :func:`causalkpi.estimators.estimate`."""
    question, tool = estimand.question, estimand.instrument
    assert tool is not None
    whole = build_sample(panel, question.target, [tool, question.source], estimand.adjustment)
    if whole.unit_effects and not estimand.strict:
        raise Refusal(
            Text(
                "Lasting unit effects must be taken out here, which biases short panels, because {feedback} "
                "still speaks to the outcome; for instruments there is no correction yet.",
                "Hier moet voor blijvende verschillen tussen eenheden worden gecorrigeerd, wat korte panels vertekent, "
                "omdat {feedback} nog samenhangt met de uitkomst; voor instrumenten bestaat nog geen correctie.",
                feedback=estimand.feedback,
            ),
            Text(
                "Bring an instrument that needs no unit effects.",
                "Gebruik een instrument waarvoor die correctie niet nodig is.",
            ),
        )
    reduced, first = (
        fit(_part(whole, outcome, name), confirm=confirm, errors=leave_one_unit_out)
        for outcome, name in (
            (whole.outcome, whole.outcome_name),
            (whole.treatments[:, 1], whole.treatment_names[1]),
        )
    )
    ratio, error, results = _two_stage(whole)
    if not abs(ratio - reduced.slopes[0] / first.slopes[0]) <= 1e-6 * max(abs(ratio), error):
        raise Refusal(
            Text(
                "The two stages and their ratio disagree numerically: the instrument hardly moves the treatment.",
                "De twee stappen en hun verhouding komen numeriek niet overeen: het instrument beïnvloedt de ingreep "
                "nauwelijks.",
            )
        )
    both = jackknife_covariance(np.column_stack([reduced.left_out[:, 0], first.left_out[:, 0]]))
    strength = float(first.slopes[0] ** 2 / both[1, 1])
    p = p_value(float(reduced.slopes[0]), float(np.sqrt(both[0, 0])), reduced.df)
    if strength < WEAKEST:
        raise Refusal(
            Text(
                "{tool} is too weak an instrument (first-stage F {strength:.1f}, {weakest:g} is asked for): "
                "the data do not bound the effect. That there is none at all has p = {p:.2g}.",
                "{tool} is een te zwak instrument (F in de eerste stap {strength:.1f}, gevraagd is {weakest:g}): "
                "de gegevens begrenzen het effect niet. Voor de hypothese dat er geen effect is, geldt p = {p:.2g}.",
                tool=label(tool),
                strength=strength,
                weakest=WEAKEST,
                p=p,
            ),
            Text(
                "Bring more data, or an instrument that moves the treatment more.",
                "Lever meer gegevens aan, of een instrument dat de ingreep sterker beïnvloedt.",
            ),
        )
    low, high = _anderson_rubin(reduced, first, both, level)
    ends = sorted((low * question.contrast, high * question.contrast))
    answer = report(
        panel,
        estimand,
        value=ratio * question.contrast,
        error=error * abs(question.contrast),
        main=first,
        level=level,
        estimator=Text(
            "two-stage least squares, instrument {tool}, first-stage F {strength:.1f}",
            "kleinste kwadraten in twee stappen, instrument {tool}, F in de eerste stap {strength:.1f}",
            tool=label(tool),
            strength=strength,
        ),
    )
    return replace(
        answer,
        interval=(ends[0], ends[1]),
        p_value=p,
        convention=Text(
            "Anderson and Rubin's test, leaving one unit out at a time ({n} units)",
            "toets van Anderson en Rubin, telkens met weglating van één eenheid ({n} eenheden)",
            n=answer.units,
        ),
        results=results,
    )


def _part(whole: Sample, outcome: np.ndarray, name: str) -> Sample:
    """The regression of a column on the instrument and the controls."""
    return replace(
        whole,
        outcome=outcome,
        outcome_name=name,
        treatments=whole.treatments[:, :1],
        treatment_names=whole.treatment_names[:1],
    )


def _two_stage(whole: Sample) -> tuple[float, float, Any]:
    """Slope, standard error and result of linearmodels' IV2SLS, on columns of ordinary size."""
    import pandas as pd
    from linearmodels.iv import IV2SLS

    tool, treatment = whole.treatments.T
    name = str(whole.treatment_names[1])
    sizes = whole.outcome.std(), treatment.std(), tool.std()
    exog = np.column_stack([np.ones(len(treatment)), whole.controls, whole.dummies])
    exog = exog / np.where(exog.std(axis=0) > 0, exog.std(axis=0), 1)
    names = ["const", *map(str, whole.control_names), *whole.dummy_names]
    model = IV2SLS(
        pd.Series((whole.outcome - whole.outcome.mean()) / sizes[0], name=str(whole.outcome_name)),
        pd.DataFrame(exog, columns=names),
        pd.Series(treatment / sizes[1], name=name),
        pd.Series(tool / sizes[2], name=str(whole.treatment_names[0])),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results: Any = (
            model.fit(cov_type="clustered", clusters=whole.unit, debiased=True)
            if whole.repeated
            else model.fit(cov_type="robust", debiased=True)
        )
    scale = sizes[0] / sizes[1]
    return float(results.params[name]) * scale, float(results.std_errors[name]) * scale, results


def _anderson_rubin(reduced: Fit, first: Fit, v: np.ndarray, level: float) -> tuple[float, float]:
    """All ratios that the Anderson-Rubin test does not reject, an interval once the instrument is not weak.

    The ratio r is kept if (a - r b)^2 <= c^2 (Vaa - 2 r Vab + r^2 Vbb), a quadratic in r, with a and b the slopes of
    outcome and treatment on the instrument and V their covariance from leaving one unit out.
    """
    a, b = float(reduced.slopes[0]), float(first.slopes[0])
    c2 = float(stats.t.ppf(0.5 + level / 2, first.df)) ** 2
    square, middle, constant = b * b - c2 * v[1, 1], a * b - c2 * v[0, 1], a * a - c2 * v[0, 0]
    root = max(0.0, middle * middle - square * constant)
    if square <= 0:
        raise Refusal(
            Text(
                "At this level of confidence the data do not bound the effect.",
                "Bij deze betrouwbaarheid begrenzen de gegevens het effect niet.",
            ),
            Text("Ask for a lower level.", "Vraag een lagere betrouwbaarheid."),
        )
    return float((middle - root**0.5) / square), float((middle + root**0.5) / square)
