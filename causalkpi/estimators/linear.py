"""The adjusted regression: outcome at t+h on the treatment at t and the adjustment set (a local projection).

Lasting unit effects are taken out if and only if the identified set holds ``<unit>``. Where that would bias a short
panel the slope is corrected, with the uncorrected one beside it, or the question is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..graph import Node
from ..panel import Panel
from ..question import Estimand
from .binary import beside_logit
from .power import detectable
from .regression import Fit, fit, interval, p_value
from .result import Beside, Estimate, Regression, sample_words
from .sample import Sample, build_sample
from .screen import Refusal
from .split_panel import admitted, corrected


def adjusted_fit(
    panel: Panel,
    estimand: Estimand,
    outcome: Node,
    treatments: Sequence[Node],
    *,
    confirm: bool = True,
) -> tuple[Fit, Fit]:
    """The regression of one outcome on treatments and the estimand's set: corrected where needed, and as first fitted.

    Raises
    ------
    Refusal
        If the sample cannot carry it, or unit effects would bias it beyond what a correction was shown to mend.
    """
    sample = build_sample(panel, outcome, treatments, estimand.adjustment)
    biased = sample.unit_effects and not estimand.strict
    if biased:
        seen = _periods_seen(panel, sample, [outcome, *treatments, *estimand.controls])
        horizon = outcome.period - min(n.period for n in treatments)
        why = admitted(seen, horizon)
        if why:
            raise Refusal(
                f"{why}. Lasting unit effects must be taken out here, and with so few periods that biases the answer, "
                f"because {estimand.feedback} still speaks to the outcome.",
                "Ask for a shorter horizon, or bring more periods.",
            )
    whole = fit(sample, confirm=confirm)
    if not biased:
        return whole, whole
    return corrected(panel, outcome, treatments, estimand.adjustment, whole), whole


def _periods_seen(panel: Panel, sample: Sample, nodes: Sequence[Node]) -> float:
    """The periods of a typical unit; only the usable ones where a quarter or more of them cannot be used."""
    spans = panel.frame.groupby(level=0, sort=False).size()
    seen = float(np.median(spans.loc[list(sample.units)]))
    reach = max(n.period for n in nodes) - min(n.period for n in nodes)
    usable = float(np.median(np.bincount(sample.unit))) + reach
    return seen if usable >= 0.75 * seen else usable


def estimate_by_adjustment(panel: Panel, estimand: Estimand, level: float, *, confirm: bool = True) -> Estimate:
    """The back-door estimate of an estimand; see :func:`causalkpi.estimators.estimate`."""
    question = estimand.question
    best, whole = adjusted_fit(panel, estimand, question.target, [question.source], confirm=confirm)
    beside = [uncorrected(whole, question.contrast, level)] if best is not whole else []
    logit, unfit = beside_logit(whole.sample, question.contrast, level, best.df)
    name = "least squares" + (", unit effects taken out" if whole.sample.unit_effects else "")
    name += ", period effects taken out" if whole.sample.period_effects else ""
    name += ", corrected by the split-panel jackknife" if best is not whole else ""
    return report(
        panel,
        estimand,
        value=float(best.slopes[0]) * question.contrast,
        error=float(np.sqrt(best.covariance[0, 0])) * abs(question.contrast),
        main=best,
        level=level,
        estimator=name,
        beside=(*beside, *logit),
        warnings=unfit,
        dowhy=float(whole.dowhy[0]) * question.contrast,
        regressions=(Regression(estimand, question.target, question.source, whole, best),),
        confirm=confirm,
    )


def report(
    panel: Panel,
    estimand: Estimand,
    *,
    value: float,
    error: float,
    main: Fit,
    level: float,
    estimator: str,
    beside: Sequence[Beside] = (),
    dowhy: float = float("nan"),
    warnings: Sequence[str] = (),
    regressions: tuple[Regression, ...] = (),
    confirm: bool = True,
) -> Estimate:
    """Put an estimate together around its main regression."""
    sample = main.sample
    words = [*sample_words(main), *_too_large(panel, estimand), *warnings]
    return Estimate(
        question=estimand.question,
        estimand=estimand,
        status="estimated_with_warnings" if words else "estimated",
        value=value,
        std_error=error,
        interval=interval(value, error, main.df, level),
        p_value=p_value(value, error, main.df),
        level=level,
        df=main.df,
        estimator=estimator,
        convention=main.convention,
        rows=sample.rows,
        rows_used=len(sample.outcome),
        lost=sample.lost,
        units=len(sample.units),
        periods=len(np.unique(sample.period)),
        population=population(panel, sample),
        minimum_detectable=detectable(error, main.df),
        beside=(*beside, *association(panel, estimand, level, confirm=confirm)),
        warnings=tuple(words),
        dowhy=dowhy,
        results=main.results,
        sample=sample if estimand.route == "back_door" else None,
        regressions=regressions,
    )


def _too_large(panel: Panel, estimand: Estimand) -> list[str]:
    """A contrast beyond anything that was observed is an extrapolation, and is said to be one."""
    question = estimand.question
    values = panel.frame[question.treatment]
    low, high = float(values.min()), float(values.max())
    if abs(question.contrast) <= high - low:
        return []
    return [
        f"{question.treatment} was seen from {low:.4g} to {high:.4g}: a change of {question.contrast:+g} is larger "
        "than any in the data, and rests on the straight line alone."
    ]


def association(panel: Panel, estimand: Estimand, level: float, *, confirm: bool = True) -> tuple[Beside, ...]:
    """The pooled slope with nothing held fixed: what a chart of the raw figures shows."""
    question = estimand.question
    if question.outcome not in panel.frame:
        return ()
    try:
        found = fit(build_sample(panel, question.target, [question.source]), confirm=confirm)
    except Refusal:
        return ()
    why = "all units and periods pooled, nothing held fixed: what goes together, whatever causes it"
    return (_beside("association", found, question.contrast, level, why),)


def uncorrected(whole: Fit, contrast: float, level: float) -> Beside:
    """The slope before its correction."""
    why = "unit effects taken out without correcting the bias that this has in a short panel"
    return _beside("uncorrected", whole, contrast, level, why)


def _beside(name: str, found: Fit, contrast: float, level: float, why: str) -> Beside:
    value = float(found.slopes[0]) * contrast
    error = float(np.sqrt(found.covariance[0, 0])) * abs(contrast)
    return Beside(
        name,
        value,
        error,
        interval(value, error, found.df, level),
        p_value(value, error, found.df),
        why,
    )


def population(panel: Panel, sample: Sample) -> str:
    """For which units and periods an answer is."""
    count = f"{len(sample.units):,} units"
    if not panel.repeated:
        return count
    ordinals = panel.frame.index.get_level_values(1)[sample.used]
    first, last = panel.label(int(ordinals.min())), panel.label(int(ordinals.max()))
    return f"{count}, treated in {first} to {last}"
