"""Does what a unit leaves unexplained carry over to its next period."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..estimators.result import Regression
from ..estimators.sample import Sample
from ..finding import BY_P, Finding, p_text, result_of
from ..language import Text
from ..panel import Panel
from .robust import FEWEST, by_unit, fitted, score_test, untestable

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
    unit by unit, not zero (Born and Breitung). That the slopes were estimated is allowed for, so that a regressor that
    follows earlier outcomes does not spoil the test.

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
    _, residual = fitted(sample)
    why = untestable(sample, residual)
    now, before = consecutive(sample, panel)
    sizes = np.bincount(sample.unit)[sample.unit]
    if sample.unit_effects:  # two rows less their mean mirror each other, whatever the errors do
        now, before = now[sizes[now] > 2], before[sizes[now] > 2]
    if why is None and len(np.unique(sample.unit[now])) < FEWEST:
        why = _NO_PAIRS
    if why is not None:
        return Finding(**_ABOUT, result="not_applicable", seen=why)
    null = -1.0 / (sizes[now] - 1) if sample.unit_effects else np.zeros(len(now))
    scores = _scores(sample, residual, now, before, null)
    statistic, p = score_test(scores[np.abs(scores) > 0][:, None])
    squares = residual[before] ** 2
    slope, expected = float(residual[before] @ residual[now] / squares.sum()), float(squares @ null / squares.sum())
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
        consequence=Text(
            "The standard errors used allow for dependence within units: {convention}.",
            "De gebruikte standaardfouten houden al rekening met samenhang binnen eenheden: {convention}.",
            convention=regression.best.convention,
        ),
        statistic=statistic,
        p_value=p,
        numbers={"correlation": slope, "expected": expected},
    )


def consecutive(sample: Sample, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a sample whose unit has a row in the period before as well, and those rows."""
    ordinal = panel.frame.index.get_level_values("period").to_numpy()[sample.used]
    order = np.lexsort((ordinal, sample.unit))
    next_to = (np.diff(sample.unit[order]) == 0) & (np.diff(ordinal[order]) == 1)
    return order[1:][next_to], order[:-1][next_to]


def _scores(sample: Sample, residual: np.ndarray, now: np.ndarray, before: np.ndarray, null: np.ndarray) -> np.ndarray:
    """By unit, the products of residuals less what is to be expected, and what estimating the slopes did to them."""
    design = sample.design
    rows = np.zeros(len(residual))
    rows[now] = residual[before] * (residual[now] - null * residual[before])
    bend = -(design[now].T @ residual[before]) - design[before].T @ (residual[now] - 2 * null * residual[before])
    q, r = np.linalg.qr(design)
    rows += residual * (q @ np.linalg.solve(r.T, bend))
    return by_unit(sample, rows[:, None])[:, 0]
