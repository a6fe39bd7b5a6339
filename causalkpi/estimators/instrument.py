"""The instrument estimate: two-stage least squares by linearmodels, with an interval that weak instruments cannot fool.

The interval inverts the Anderson-Rubin test (Anderson and Rubin 1949, Annals of Mathematical Statistics 20), which has
the right size however weak the instrument; where it is unbounded the data do not determine the answer and the question
is refused. DoWhy's instrument estimator leaves out the intercept and every covariate, so DoWhy vouches for the two
regressions whose ratio the answer is.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from ..panel import Panel
from ..question import Estimand, label
from .linear import report
from .regression import Fit, fit, p_value
from .result import Estimate
from .sample import Sample, build_sample
from .screen import Refusal


def estimate_by_instrument(panel: Panel, estimand: Estimand, level: float, *, confirm: bool = True) -> Estimate:
    """The instrument estimate of an estimand; see :func:`causalkpi.estimators.estimate`."""
    question, tool = estimand.question, estimand.instrument
    assert tool is not None
    whole = build_sample(panel, question.target, [tool, question.source], estimand.adjustment)
    if whole.unit_effects and not estimand.strict:
        raise Refusal(
            f"Lasting unit effects must be taken out here, which biases short panels, because {estimand.feedback} "
            "still speaks to the outcome; for instruments there is no correction yet.",
            "Bring an instrument that needs no unit effects.",
        )
    reduced = fit(_part(whole, whole.outcome, whole.outcome_name), confirm=confirm)
    first = fit(_part(whole, whole.treatments[:, 1], whole.treatment_names[1]), confirm=confirm)
    ratio, error, results = _two_stage(whole)
    if not abs(ratio - reduced.slopes[0] / first.slopes[0]) <= 1e-6 * max(abs(ratio), error):
        raise Refusal("The two stages and their ratio disagree numerically: the instrument hardly moves the treatment.")
    strength = float(first.slopes[0] ** 2 / first.covariance[0, 0])
    low, high = _anderson_rubin(reduced, first, level, tool_name=label(tool), strength=strength)
    ends = sorted((low * question.contrast, high * question.contrast))
    words = [] if strength >= 10 else [f"The instrument is weak (F = {strength:.1f}); the interval allows for it."]
    answer = report(
        panel,
        estimand,
        value=ratio * question.contrast,
        error=error * abs(question.contrast),
        main=first,
        level=level,
        estimator=f"two-stage least squares, instrument {label(tool)}, first-stage F {strength:.1f}",
        warnings=words,
        confirm=confirm,
    )
    return replace(
        answer,
        interval=(ends[0], ends[1]),
        p_value=p_value(float(reduced.slopes[0]), float(np.sqrt(reduced.covariance[0, 0])), reduced.df),
        convention=f"{first.convention}; interval and p by Anderson and Rubin's test",
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
    sizes = whole.outcome.std(), treatment.std(), tool.std()
    exog = np.column_stack([np.ones(len(treatment)), whole.controls, whole.dummies])
    exog = exog / np.where(exog.std(axis=0) > 0, exog.std(axis=0), 1)
    names = ["const", *whole.control_names, *whole.dummy_names]
    model = IV2SLS(
        pd.Series((whole.outcome - whole.outcome.mean()) / sizes[0], name=whole.outcome_name),
        pd.DataFrame(exog, columns=names),
        pd.Series(treatment / sizes[1], name=whole.treatment_names[1]),
        pd.Series(tool / sizes[2], name=whole.treatment_names[0]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results: Any = (
            model.fit(cov_type="clustered", clusters=whole.unit, debiased=True)
            if whole.repeated
            else model.fit(cov_type="robust", debiased=True)
        )
    name = whole.treatment_names[1]
    scale = sizes[0] / sizes[1]
    return float(results.params[name]) * scale, float(results.std_errors[name]) * scale, results


def _anderson_rubin(reduced: Fit, first: Fit, level: float, tool_name: str, strength: float) -> tuple[float, float]:
    """All ratios that the Anderson-Rubin test does not reject.

    The ratio r is kept if (a - r b)^2 <= c^2 (Vaa - 2 r Vab + r^2 Vbb), a quadratic in r, with a and b the slopes of
    outcome and treatment on the instrument and V their covariance from leaving one unit out.
    """
    a, b = float(reduced.slopes[0]), float(first.slopes[0])
    both = np.column_stack([reduced.left_out[:, 0], first.left_out[:, 0]])
    centred = both - both.mean(axis=0)
    count = len(both)
    v = (count - 1) / count * centred.T @ centred
    c2 = float(stats.t.ppf(0.5 + level / 2, first.df)) ** 2
    square, middle, constant = b * b - c2 * v[1, 1], a * b - c2 * v[0, 1], a * a - c2 * v[0, 0]
    root = middle * middle - square * constant
    if square <= 0 or root < 0:
        raise Refusal(
            f"{tool_name} is too weak an instrument (first-stage F {strength:.1f}): any effect fits these data.",
            "Bring more data, or an instrument that moves the treatment more.",
        )
    return float((middle - root**0.5) / square), float((middle + root**0.5) / square)
