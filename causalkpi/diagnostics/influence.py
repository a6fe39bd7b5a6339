"""Does the answer hang on a single unit: every unit left out in turn, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from ..estimators.result import Regression
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..panel import Panel
from .robust import EXACT

FAR = 1.0
_ABOUT: dict[str, Any] = {
    "id": "influence",
    "question": Text("Does the answer hang on a single unit?", "Hangt het antwoord aan één enkele eenheid?"),
    "null": Text("Leaving out any one unit leaves the answer as it is.", "Zonder een willekeurige eenheid blijft het "
                 "antwoord zoals het is."),
    "rule": Text(
        "Fails where leaving out one unit moves the answer by more than {far:.0f} standard error and turns its sign or "
        "decides whether the 95% interval holds zero; doubtful where one unit does the first or the last; holds "
        "otherwise.",
        "Faalt als het antwoord zonder één eenheid meer dan {far:.0f} standaardfout verschuift en daardoor van teken "
        "wisselt, of die eenheid bepaalt of het 95%-betrouwbaarheidsinterval nul omvat; twijfelachtig als één eenheid "
        "het eerste of het laatste doet; houdt anders stand.",
        far=FAR,
    ),
    "reference": "Belsley, Kuh and Welsch (1980), Regression Diagnostics, chapter 2; "
    "Bollen and Jackman (1985), Sociological Methods and Research 13",
}  # fmt: skip


def influence(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """How far the answer moves when its most telling unit is left out, in standard errors without that unit.

    The slope without each unit is exact, corrections included. The spread without it comes from the other slopes that
    leave one out. In data about customers no unit is named.

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
        Its statistic is the largest change in standard errors; its numbers ``change``, in native units of the slope,
        and ``crossing``, how many single units decide whether the interval holds zero.
    """
    best = regression.best
    slope, left_out = float(best.slopes[0]), best.left_out[:, 0]
    error = float(np.sqrt(best.covariance[0, 0]))
    spread = without_each(left_out)
    if not error > 1e-12 * abs(slope) or not (spread > 1e-12 * abs(slope)).all():
        return Finding(**_ABOUT, result="not_applicable", seen=EXACT)
    quantile = float(stats.t.ppf(0.975, best.df))
    clear = abs(slope) > quantile * error
    far = np.abs(left_out - slope) / spread
    crossing = (np.abs(left_out) > quantile * spread) != clear
    turned = np.sign(left_out) != np.sign(slope)
    most = int(np.argmax(far))
    result: Result = "doubtful" if crossing.any() or far[most] > FAR else "holds"
    if ((turned | crossing) & (far > FAR)).any():
        result = "fails"
    return Finding(
        **_ABOUT,
        result=result,
        seen=Text.join((_moved(regression, panel, most, far[most]), _decided(int(crossing.sum()), bool(clear)))),
        consequence=_consequence(result, bool(crossing.any())),
        remedy=NOTHING if result == "holds" else _REMEDY,
        statistic=float(far[most]),
        numbers={"change": float(left_out[most] - slope), "crossing": float(crossing.sum())},
    )


def without_each(left_out: np.ndarray) -> np.ndarray:
    """The jackknife's standard error with each unit left out, shape (units,).

    Parameters
    ----------
    left_out : ndarray, shape (units,)
        The slope with each unit left out.

    Examples
    --------
    >>> without_each(np.array([1.0, 2.0, 3.0, 9.0])).round(3)
    array([4.372, 4.807, 5.033, 1.155])
    """
    count = len(left_out) - 1
    centred = left_out - left_out.mean()
    mean = -centred / count
    squares = (centred**2).sum() - centred**2 - count * mean**2
    return np.sqrt((count - 1) / count * np.clip(squares, 0, None))


def _moved(regression: Regression, panel: Panel, most: int, far: float) -> Text:
    """The most telling unit, named only where it is no customer."""
    nodes = (regression.outcome, regression.treatment, *regression.estimand.controls)
    graph = regression.estimand.graph
    secret = not panel.unit_name or any(n.kpi in graph and graph[n.kpi].level == "customer" for n in nodes)
    unit = Text("one unit", "één eenheid") if secret else regression.best.sample.units[most]
    return Text(
        "Leaving out {unit} moves the answer most: by {far:.2f} standard errors.",
        "Zonder {unit} verschuift het antwoord het meest: {far:.2f} standaardfout.",
        unit=unit,
        far=far,
    )


def _decided(count: int, clear: bool) -> Text:
    if not count:
        return Text(
            "No single unit decides whether the interval holds zero.",
            "Geen enkele eenheid bepaalt of het interval nul omvat.",
        )
    if clear:
        return Text(
            "Single units without which the interval would hold zero: {count}.",
            "Eenheden zonder welke het interval nul zou omvatten: {count}.",
            count=count,
        )
    return Text(
        "Single units without which the interval would be clear of zero: {count}.",
        "Eenheden zonder welke het interval vrij van nul zou liggen: {count}.",
        count=count,
    )


_STEADY = Text("The answer does not rest on one unit.", "Het antwoord rust niet op één eenheid.")
_HANGS = Text(
    "The answer says as much about one unit as about all of them.",
    "Het antwoord zegt evenveel over één eenheid als over alle samen.",
)
_LEANS = Text(
    "One unit moves the answer by more than its standard error, but not what it says.",
    "Eén eenheid verschuift het antwoord met meer dan de standaardfout, maar niet wat het zegt.",
)
_BORDER = Text(
    "The interval ends so near zero that a single unit decides on which side.",
    "Het interval eindigt zo dicht bij nul dat één enkele eenheid beslist aan welke kant.",
)


def _consequence(result: Result, decides: bool) -> Text:
    if result == "doubtful":
        return _BORDER if decides else _LEANS
    return _STEADY if result == "holds" else _HANGS


_REMEDY = Text(
    "Check that unit's figures first; if they are right, report the answer with and without it.",
    "Controleer eerst de cijfers van die eenheid; kloppen ze, rapporteer het antwoord dan met en zonder.",
)
