"""The adjusted regression: outcome at t+h on the treatment at t and the adjustment set (a local projection).

Lasting unit effects are taken out if and only if the identified set holds ``<unit>``. Where that would bias a short
panel the slope is corrected, with the uncorrected one beside it, or the question is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..graph import Node
from ..language import NOTHING, Name, Text
from ..panel import Panel
from ..question import Estimand, Question
from .binary import beside_logit
from .conventions import USUAL_ERRORS, Convention, usual
from .power import detectable
from .regression import Fit, fit, interval, p_value
from .result import Beside, Estimate, Regression, sample_words
from .sample import Sample, build_sample
from .screen import Refusal
from .split_panel import admitted, corrected

_MOST_REMEMBERED = 50_000  # rows: the parts of identities come back from horizon to horizon, and fits are large
_UNIT_EFFECTS = Text("unit effects taken out", "gecorrigeerd voor vaste verschillen tussen eenheden")
_PERIOD_EFFECTS = Text("period effects taken out", "gecorrigeerd voor gedeelde schokken per periode")
_CORRECTED = Text("corrected by the split-panel jackknife", "bijgesteld met de split-panel-jackknife")
POOLED = Text(
    "all units and periods pooled, nothing held fixed: what goes together, whatever causes it",
    "alle eenheden en perioden samengenomen, niets constant gehouden: wat samengaat, ongeacht de oorzaak",
)
UNCORRECTED = Text(
    "unit effects taken out without correcting the bias that this has in a short panel",
    "gecorrigeerd voor vaste verschillen tussen eenheden, zonder herstel van de vertekening die dit in een kort "
    "panel geeft",
)
_TAKEN_OUT = {  # unit effects, period effects
    (False, False): NOTHING,
    (True, False): _UNIT_EFFECTS,
    (False, True): _PERIOD_EFFECTS,
    (True, True): Text(
        "unit effects taken out, period effects taken out",
        "gecorrigeerd voor vaste verschillen tussen eenheden en voor gedeelde schokken per periode",
    ),
}


def adjusted_fit(
    panel: Panel,
    estimand: Estimand,
    outcome: Node,
    treatments: Sequence[Node],
    *,
    confirm: bool = True,
    errors: Convention = usual,
) -> tuple[Fit, Fit]:
    """The regression of one outcome on treatments and the estimand's set: corrected where needed, and as first fitted.

    Raises
    ------
    Refusal
        If the sample cannot carry it, unit effects would bias it beyond what a correction was shown to mend, or other
        errors than the usual ones are asked for what is corrected.
    """
    key = (outcome, *treatments), estimand.adjustment, estimand.strict, confirm, errors
    if key not in panel.memo:
        found = _adjusted_fit(panel, estimand, outcome, treatments, confirm, errors)
        if len(panel.frame) > _MOST_REMEMBERED:
            return found
        panel.memo[key] = found
    return panel.memo[key]


def _adjusted_fit(
    panel: Panel,
    estimand: Estimand,
    outcome: Node,
    treatments: Sequence[Node],
    confirm: bool,
    errors: Convention,
) -> tuple[Fit, Fit]:
    sample = build_sample(panel, outcome, treatments, estimand.adjustment)
    biased = sample.unit_effects and not estimand.strict
    if biased and errors is not usual:
        raise Refusal(
            Text(
                "The slope is corrected for the bias of unit effects in a short panel, and only leaving one unit out "
                "at a time says how uncertain a corrected slope is.",
                "De schatting wordt bijgesteld voor de vertekening in een kort panel, en alleen het telkens weglaten "
                "van één eenheid laat zien hoe onzeker een bijgestelde schatting is.",
            ),
            USUAL_ERRORS,
        )
    if biased:
        seen = _periods_seen(panel, sample, [outcome, *treatments, *estimand.controls])
        horizon = outcome.period - min(n.period for n in treatments)
        require_admitted(seen, horizon, estimand.feedback)
    whole = fit(sample, confirm=confirm, errors=errors)
    if not biased:
        return whole, whole
    return corrected(panel, outcome, treatments, estimand.adjustment, whole), whole


def require_admitted(seen: float, horizon: int, feedback: str) -> None:
    """Refuse what the correction for short panels was not shown to mend."""
    why = admitted(seen, horizon)
    if why:
        raise Refusal(
            Text(
                "{why}. Lasting unit effects must be taken out here, and with so few periods that biases the "
                "answer, because {feedback} still speaks to the outcome.",
                "{why}. Hier moet voor blijvende verschillen tussen eenheden worden gecorrigeerd, en met zo weinig "
                "perioden vertekent dat het antwoord, omdat {feedback} nog samenhangt met de uitkomst.",
                why=why,
                feedback=feedback,
            ),
            Text(
                "Ask for a shorter horizon, or bring more periods. The links of the graph, followed one by one, "
                "may carry it: ask for the profile.",
                "Vraag naar een kortere horizon, of lever meer perioden aan. Langs de verbanden van de graaf lukt "
                "het misschien wel: vraag om het effect in de tijd.",
            ),
            short=True,
        )


def _periods_seen(panel: Panel, sample: Sample, nodes: Sequence[Node]) -> float:
    """The periods of a typical unit; only the usable ones where a quarter or more of them cannot be used."""
    spans = panel.frame.groupby(level=0, sort=False).size()
    seen = float(np.median(spans.loc[list(sample.units)]))
    reach = max(n.period for n in nodes) - min(n.period for n in nodes)
    usable = float(np.median(np.bincount(sample.unit))) + reach
    return seen if usable >= 0.75 * seen else usable


def estimate_by_adjustment(
    panel: Panel, estimand: Estimand, level: float, *, confirm: bool = True, errors: Convention = usual
) -> Estimate:
    """The back-door estimate of an estimand; see :func:`causalkpi.estimators.estimate`."""
    question = estimand.question
    best, whole = adjusted_fit(panel, estimand, question.target, [question.source], confirm=confirm, errors=errors)
    beside = [uncorrected(whole, question.contrast, level)] if best is not whole else []
    share = estimand.graph[question.outcome].is_share
    logit, unfit = beside_logit(whole.sample, question.contrast, level, best.df, share=share)
    name = estimator_name(whole.sample.unit_effects, whole.sample.period_effects, corrected=best is not whole)
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
        regressions=(Regression(estimand, question.target, question.source, whole, best, question.contrast),),
    )


def taken_out(sample: Sample) -> Text:
    """Which fixed effects were taken out, in words; nothing where none were."""
    return _TAKEN_OUT[sample.unit_effects, sample.period_effects]


def estimator_name(unit_effects: bool, period_effects: bool, *, corrected: bool) -> Text:
    """How a slope was computed, in words."""
    least = Text("least squares", "kleinste kwadraten")
    return Text.join((least, _TAKEN_OUT[unit_effects, period_effects], _CORRECTED if corrected else ""), ", ")


def report(
    panel: Panel,
    estimand: Estimand,
    *,
    value: float,
    error: float,
    main: Fit,
    level: float,
    estimator: Text,
    beside: Sequence[Beside] = (),
    dowhy: float = float("nan"),
    warnings: Sequence[str] = (),
    regressions: tuple[Regression, ...] = (),
) -> Estimate:
    """Put an estimate together around its main regression."""
    sample = main.sample
    too_large = _too_large(panel, estimand)
    words = [*sample_words(main), *too_large, *warnings]
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
        beside=(*beside, *association(panel, estimand, level)),
        warnings=tuple(words),
        dowhy=dowhy,
        results=main.results,
        sample=sample if estimand.route == "back_door" else None,
        regressions=regressions,
        extrapolated=bool(too_large),
    )


def _too_large(panel: Panel, estimand: Estimand) -> list[Text]:
    """A contrast beyond anything that was observed is an extrapolation, and is said to be one."""
    question = estimand.question
    values = panel.frame[question.treatment]
    return beyond(question, float(values.min()), float(values.max()))


def beyond(question: Question, low: float, high: float) -> list[Text]:
    """The same from the lowest and the highest value of the treatment."""
    if abs(question.contrast) <= high - low:
        return []
    return [
        Text(
            "{kpi} was seen from {low:.4g} to {high:.4g}: a change of {contrast:+g} is larger than any in the data, "
            "and rests on the straight line alone.",
            "{kpi} is waargenomen van {low:.4g} tot {high:.4g}: een verandering van {contrast:+g} is groter dan elke "
            "verandering in de gegevens en berust alleen op de rechte lijn.",
            kpi=Name(question.treatment),
            low=low,
            high=high,
            contrast=question.contrast,
        )
    ]


def association(panel: Panel, estimand: Estimand, level: float) -> tuple[Beside, ...]:
    """The pooled slope with nothing held fixed: what a chart shows. It is no effect, so DoWhy is not asked."""
    question = estimand.question
    if question.outcome not in panel.frame:
        return ()
    try:
        found = fit(build_sample(panel, question.target, [question.source]), confirm=False)
    except Refusal:
        return ()
    return (beside_of("association", found, question.contrast, level, POOLED),)


def uncorrected(whole: Fit, contrast: float, level: float) -> Beside:
    """The slope before its correction."""
    return beside_of("uncorrected", whole, contrast, level, UNCORRECTED)


def beside_of(name: str, found: Fit, contrast: float, level: float, why: Text) -> Beside:
    """The slope of a fit as a number beside the answer."""
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


def population(panel: Panel, sample: Sample) -> Text:
    """For which units and periods an answer is."""
    ordinals = panel.frame.index.get_level_values(1)[sample.used]
    ends = (panel.label(int(ordinals.min())), panel.label(int(ordinals.max()))) if panel.repeated else None
    return words_of_population(len(sample.units), ends)


def words_of_population(units: int, ends: tuple[str, str] | None) -> Text:
    """The same from the number of units, and the first and the last period where there are several."""
    count = Text("{n:,} units", "{n:,} eenheden", n=units) if units > 1 else Text("one unit", "één eenheid")
    if ends is None:
        return count
    first, last = ends
    return Text(
        "{count}, treated in {first} to {last}",
        "{count}, met de verandering in {first} tot en met {last}",
        count=count,
        first=first,
        last=last,
    )
