"""Whether the answer would differ as much between other units as its standard error says.

Whole units are drawn with replacement, rows in a cross-section, and the answer is worked out again, its correction for
short panels included. Least squares needs no more of a unit than its sums of products, so a replicate is a weighted sum
of small matrices. Beyond 1,024 units, units are put together by chance into that many groups; unless a few of them
weigh so heavily that the spread over groups would be uncertain itself: then every unit is drawn for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import stats

from ..estimators.result import Regression
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..moments import GROUPS, redrawn, replicated
from ..moments.row_level import redrawn_units
from ..panel import Panel
from .parts import std_error, summed_parts, too_few

REPLICATES = 400
HEAVY = 3.0  # excess kurtosis of groups: the spread over groups is uncertain by 7% instead of 4%
MOST_LOST = 0.05
DIFFERENT, FEWEST_DF = 1 - np.exp(-1), 10  # the share of different units among those redrawn
DOUBTFUL, FAILS = 1.25, 1.5

_finding = partial(
    Finding,
    "cluster_bootstrap",
    Text(
        "Does the answer differ between redrawn units as much as its standard error says?",
        "Verschilt de schatting tussen opnieuw getrokken eenheden zoveel als haar standaardfout zegt?",
    ),
    Text(
        "The spread over redrawn units is the reported standard error.",
        "De spreiding over opnieuw getrokken eenheden is de vermelde standaardfout.",
    ),
    Text(
        "Holds where the spread is within a factor {doubtful} of the standard error, fails beyond {fails} times, "
        "doubtful otherwise. With {n} draws chance alone moves the ratio by 4 to 6%; few units by some 15%.",
        "Houdt stand als de spreiding binnen een factor {doubtful} van de standaardfout ligt, faalt boven {fails} "
        "maal, en is anders twijfelachtig. Bij {n} trekkingen verschuift de verhouding door toeval met 4 tot 6%, bij "
        "weinig eenheden met zo'n 15%.",
        doubtful=DOUBTFUL,
        fails=FAILS,
        n=REPLICATES,
    ),
    reference="Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90:414-427",
)


def cluster_bootstrap(
    regression: Regression, panel: Panel, rng: np.random.Generator, *, unit_by_unit: bool | None = None
) -> Finding:
    """Redraw units and hold the spread of the answer beside its standard error.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
    unit_by_unit : bool, optional
        Whether every unit is drawn for itself even where there are more units than groups, which takes longer; by
        default where tails are heavy.
    """
    why = too_few(regression) or _too_tight(regression)
    if why:
        return without_draws(why)
    many = len(regression.whole.sample.units) > GROUPS
    single = not many or (heavy(regression) if unit_by_unit is None else unit_by_unit)
    slopes = bootstrap_slopes(regression, rng) if not many or not single else unit_slopes(regression, rng)
    return redrawn_finding(slopes, regression.weight, std_error(regression), single=single)


def without_draws(why: Text) -> Finding:
    """The finding where nothing can be drawn, with the reason."""
    return _finding(result="not_applicable", seen=why)


def redrawn_finding(slopes: np.ndarray, contrast: float, std_error: float, *, single: bool) -> Finding:
    """What slopes over redrawn units, or groups of them, say of a standard error per unit of the treatment."""
    lost = float(np.isnan(slopes).mean())
    if lost > MOST_LOST:
        return _finding(
            result="not_applicable",
            seen=Text(
                "In {lost:.0%} of the draws the treatment does not vary: it differs in too few units.",
                "In {lost:.0%} van de trekkingen varieert de ingreep niet: die verschilt in te weinig eenheden.",
                lost=lost,
            ),
        )
    drawn = slopes[~np.isnan(slopes)] * contrast
    error, reported = float(drawn.std(ddof=1)), std_error * abs(contrast)
    low, high = map(float, np.quantile(drawn, [0.025, 0.975]))
    ratio = error / reported
    result: Result = "fails" if ratio > FAILS else "doubtful" if max(ratio, 1 / ratio) > DOUBTFUL else "holds"
    seen = Text(
        "Over {n} draws {of} the answer spreads by {error:.3g}, {ratio:.2f} times the standard error of "
        "{reported:.3g}; 95% of them lie between {low:.3g} and {high:.3g}.",
        "Over {n} trekkingen {of} spreidt de schatting met {error:.3g}, {ratio:.2f} maal de standaardfout van "
        "{reported:.3g}; 95% ligt tussen {low:.3g} en {high:.3g}.",
        of=_UNITS if single else Text("of {n:,} groups of units", "van {n:,} groepen eenheden", n=GROUPS),
        n=len(drawn),
        error=error,
        ratio=ratio,
        reported=reported,
        low=low,
        high=high,
    )
    return _finding(
        result=result,
        seen=seen,
        consequence=_consequence(result, ratio),
        remedy=_WIDER if result != "holds" and ratio > 1 else NOTHING,
        statistic=ratio,
        numbers={"std_error": error, "reported": reported, "low": low, "high": high, "draws": float(len(drawn))},
    )


def _too_tight(regression: Regression) -> Text | None:
    """Why redrawn units would fit too well: about 63% of them are different ones."""
    sample = regression.whole.sample
    taken = sample.design.shape[1] + (len(sample.units) - 1) * sample.unit_effects
    if DIFFERENT * (len(sample.outcome) - taken) >= FEWEST_DF:
        return None
    return Text(
        "With {rows} rows for {taken} numbers, redrawn units would hardly leave anything to chance.",
        "Met {rows} rijen voor {taken} getallen laten opnieuw getrokken eenheden haast niets aan het toeval over.",
        rows=len(sample.outcome),
        taken=taken,
    )


def bootstrap_slopes(regression: Regression, rng: np.random.Generator, replicates: int = REPLICATES) -> np.ndarray:
    """The slope over redrawn units, shape (replicates,); not a number where the treatment does not vary."""
    return weighted_slopes(regression, lambda groups: redrawn(groups, replicates, rng))


def unit_slopes(regression: Regression, rng: np.random.Generator, replicates: int = REPLICATES) -> np.ndarray:
    """The same with every unit drawn for itself, however many there are."""
    slopes, seed = np.zeros(replicates), int(rng.integers(2**63))
    for part in summed_parts(regression):
        same = np.random.default_rng(seed)  # every part of an answer is worked out on the same draws
        slopes += part.weight * redrawn_units(part.rows, part.moments, [part.slope], replicates, same)[:, 0]
    return slopes


def heavy(regression: Regression) -> bool:
    """Whether a few units weigh so much that putting them into groups would make the spread uncertain.

    A variance over G groups of m units has a relative error of about the root of (2 + k / m) / G, where k is the excess
    kurtosis of what single units do to the answer.
    """
    moves = regression.best.left_out[:, 0]
    excess = float(stats.kurtosis(moves)) if np.ptp(moves) > 0 else 0.0
    return excess / (len(moves) / GROUPS) > HEAVY


def weighted_slopes(regression: Regression, weigh: Callable[[int], np.ndarray]) -> np.ndarray:
    """The slope when groups count as often as weights say, shape (replicates,).

    Parameters
    ----------
    regression : Regression
    weigh : callable
        From a number of groups to weights, shape (replicates, groups).
    """
    parts = summed_parts(regression)
    weights = weigh(len(parts[0].moments.units))
    slopes = np.zeros(len(weights))
    for part in parts:
        slopes += part.weight * replicated(part.moments, weights, [part.slope])[:, 0]
    return slopes


_UNITS = Text("of units", "van eenheden")
_WIDER = Text(
    "Take the wider of the two intervals, and look which units the answer rests on.",
    "Houd het ruimste van beide intervallen aan, en ga na op welke eenheden de schatting rust.",
)


def _consequence(result: Result, ratio: float) -> Text:
    if result == "holds":
        return Text(
            "The standard error does not depend on the formula behind it; that says nothing about bias.",
            "De standaardfout hangt niet af van de formule erachter; over vertekening zegt dat niets.",
        )
    if ratio < 1:
        return Text(
            "The reported interval is wider than redrawing units asks for: it errs on the safe side.",
            "Het vermelde interval is ruimer dan het hertrekken van eenheden vergt: het zit aan de veilige kant.",
        )
    return Text(
        "The reported interval is too narrow for how much units differ.",
        "Het vermelde interval is te smal voor hoe sterk eenheden verschillen.",
    )
