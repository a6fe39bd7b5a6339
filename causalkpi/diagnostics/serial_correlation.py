"""Does what a unit leaves unexplained carry over to its next period."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..estimators.result import Regression
from ..estimators.sample import Sample
from ..finding import BY_P, Finding, p_text, result_of
from ..language import NOTHING, Text
from ..panel import Panel
from .robust import FEWEST, fitted, score_test, untestable

_ABOUT: dict[str, Any] = {
    "id": "serial_correlation",
    "question": Text(
        "Does what is left unexplained in a unit carry over to its next period?",
        "Werkt wat in een eenheid onverklaard blijft door in de volgende periode?",
    ),
    "null": Text(
        "A unit's residual says nothing about its residual in the next period.",
        "Het residu van een eenheid zegt niets over dat in de volgende periode.",
    ),
    "rule": BY_P,
    "reference": "Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, section 10.5; "
    "Born and Breitung (2016), Econometric Reviews 35",
}
_ONCE = Text(
    "Units are seen once: there is no next period.",
    "Elke eenheid is één keer waargenomen: er is geen volgende periode.",
)
_NO_PAIRS = Text(
    "Fewer than {fewest} units are seen in enough consecutive periods.",
    "Minder dan {fewest} eenheden zijn in genoeg opeenvolgende perioden waargenomen.",
    fewest=FEWEST,
)


def serial_correlation(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether residuals of consecutive periods go together within units.

    Taking out unit means alone makes residuals of a unit with T rows correlate by -1 / (T - 1): that is held against,
    unit by unit, not zero (Born and Breitung). That the slopes were estimated is allowed for. Where a regressor follows
    earlier outcomes, taking out unit means biases the slopes and so the residuals; the split-panel jackknife takes that
    out of the test, as it does of the answer (without it a true null is rejected in 27% of panels of 80 units x 12
    periods).

    Parameters
    ----------
    regression : Regression
    panel : Panel
        The one that it was fitted to.
    rng : numpy.random.Generator
        Not used.

    Returns
    -------
    Finding
        Its numbers: ``correlation`` and ``expected``.
    """
    sample = regression.whole.sample
    if not sample.repeated:
        return Finding(**_ABOUT, result="not_applicable", seen=_ONCE)
    ordinal = panel.frame.index.get_level_values("period").to_numpy()[sample.used]
    why = untestable(sample, fitted(sample)[1])
    whole = neighbours(sample, ordinal, np.ones(len(ordinal), bool))
    scores = whole.scores
    if sample.unit_effects and not regression.estimand.strict:
        first = _first_half(sample, ordinal)
        halves = [neighbours(sample, ordinal, rows).scores for rows in (first, ~first)]
        scores = 2 * scores - sum(halves) / 2
    scores = scores[np.abs(scores) > 0]
    if why is None and len(scores) < FEWEST:
        why = _NO_PAIRS
    if why is not None:
        return Finding(**_ABOUT, result="not_applicable", seen=why)
    statistic, p = score_test(scores[:, None])
    slope, expected = whole.slope, whole.expected
    repairs = Text(
        "The standard errors used allow for dependence within units: {convention}.",
        "De gebruikte standaardfouten houden al rekening met samenhang binnen eenheden: {convention}.",
        convention=regression.best.convention,
    )
    biases = result_of(p) != "holds" and _own_past(regression)
    return Finding(
        **_ABOUT,
        result=result_of(p),
        seen=Text(
            "Correlation with the period before {slope:.2f}, where {expected:.2f} is to be expected without any ({p}).",
            "Samenhang met de periode ervoor {slope:.2f}, waar zonder samenhang {expected:.2f} te verwachten is ({p}).",
            slope=slope,
            expected=expected,
            p=p_text(p),
        ),
        consequence=Text.join((repairs, _BIASES)) if biases else repairs,
        remedy=_REMEDY if biases else NOTHING,
        statistic=statistic,
        p_value=p,
        numbers={"correlation": slope, "expected": expected},
    )


def _own_past(regression: Regression) -> bool:
    """Whether the outcome's past is held fixed at the treatment's own moment: errors that last are then part of it.

    At later horizons errors of neighbouring periods overlap by themselves, and the past that is held fixed lies before
    them all.
    """
    outcome, at = regression.outcome, regression.treatment.period
    past = any(node.kpi == outcome.kpi and node.period < outcome.period for node in regression.estimand.controls)
    return past and outcome.period == at


_BIASES = Text(
    "But the outcome's own past is held fixed, and errors that last are part of it: a lag or a lasting cause may be "
    "missing from the graph, and the estimate may be biased.",
    "Maar het eigen verleden van de uitkomst wordt constant gehouden, en fouten die doorwerken zitten daarin: in de "
    "graaf ontbreekt mogelijk een vertraging of een blijvende oorzaak, en de schatting kan vertekend zijn.",
)
_REMEDY = Text(
    "Draw another lag of the outcome, or look for what lasts and moves it, and compare the answers.",
    "Teken nog een vertraging van de uitkomst, of zoek wat haar langdurig beïnvloedt, en vergelijk de antwoorden.",
)


class Neighbours(NamedTuple):
    """Residuals and those of the period before: products by unit less what is to be expected, per squared residual."""

    scores: np.ndarray
    slope: float
    expected: float


def neighbours(sample: Sample, ordinal: np.ndarray, rows: np.ndarray) -> Neighbours:
    """How residuals of a regression on some rows of a sample go with those of the period before.

    Parameters
    ----------
    sample : Sample
    ordinal : ndarray of int, shape (n,)
        Each row's period.
    rows : ndarray of bool, shape (n,)

    Returns
    -------
    Neighbours
        Scores of shape (units,), zero for a unit without two consecutive periods; they hold what estimating the slopes
        did to the products.
    """
    unit, columns = sample.unit[rows], np.column_stack([sample.outcome, sample.design])[rows]
    sizes = np.bincount(unit, minlength=len(sample.units))[unit]
    if sample.unit_effects:
        length = np.linalg.norm(columns, axis=0)
        columns = columns - _means(columns, unit)
        varies = np.linalg.norm(columns, axis=0) > 1e-9 * length  # a constant does not, nor a period never seen
        varies[0] = True
        columns = columns[:, varies]
    design, outcome = columns[:, 1:] / np.linalg.norm(columns[:, 1:], axis=0), columns[:, 0]
    residual = outcome - design @ np.linalg.lstsq(design, outcome, rcond=1e-9)[0]
    now, before = consecutive(unit, ordinal[rows])
    if sample.unit_effects:  # two rows less their mean mirror each other, whatever the errors do
        now, before = now[sizes[now] > 2], before[sizes[now] > 2]
    null = -1.0 / (sizes[now] - 1) if sample.unit_effects else np.zeros(len(now))
    squares = float(residual[before] @ residual[before])
    if not squares > 0:
        return Neighbours(np.zeros(len(sample.units)), math.nan, math.nan)
    products = np.zeros(len(residual))
    products[now] = residual[before] * (residual[now] - null * residual[before])
    bend = -(design[now].T @ residual[before]) - design[before].T @ (residual[now] - 2 * null * residual[before])
    products += residual * (design @ np.linalg.lstsq(design.T @ design, bend, rcond=1e-12)[0])
    scores = np.bincount(unit, products, minlength=len(sample.units)) / squares
    slope = float(residual[before] @ residual[now]) / squares
    return Neighbours(scores, slope, float(residual[before] ** 2 @ null) / squares)


def consecutive(unit: np.ndarray, ordinal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose unit has a row in the period before as well, and those rows.

    Examples
    --------
    >>> consecutive(np.array([0, 0, 0, 1, 1]), np.array([2, 1, 4, 2, 3]))
    (array([0, 4]), array([1, 3]))
    """
    order = np.lexsort((ordinal, unit))
    next_to = (np.diff(unit[order]) == 0) & (np.diff(ordinal[order]) == 1)
    return order[1:][next_to], order[:-1][next_to]


def _first_half(sample: Sample, ordinal: np.ndarray) -> np.ndarray:
    """Which rows lie in the first half of their unit's."""
    order = np.lexsort((ordinal, sample.unit))
    counts = np.bincount(sample.unit)
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank < counts[sample.unit] // 2


def _means(columns: np.ndarray, unit: np.ndarray) -> np.ndarray:
    sums = np.zeros((unit.max() + 1, columns.shape[1]))
    np.add.at(sums, unit, columns)
    return (sums / np.bincount(unit).clip(1)[:, None])[unit]
