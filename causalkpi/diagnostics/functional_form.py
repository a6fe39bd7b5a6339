"""Is a straight line enough: the treatment's own square, and Ramsey's RESET beside it.

With many rows every bend is significant, and few matter. What matters is whether the bend turns the slope that is asked
about: so the local slopes at a low and a high value of the treatment are worked out, and they decide between doubt and
failure.
"""

from __future__ import annotations

import numpy as np

from ..estimators.regression import Fit
from ..estimators.result import Regression
from ..finding import Finding, Result, p_text
from ..language import NOTHING, Name, Text
from ..panel import Panel
from .robust import added_columns, residuals, taken_out

REFERENCE = "Ramsey 1969, JRSS B 31:350-371; Wald's test robust to units (Wooldridge 2010, section 6.2.3)"
LOW, HIGH = 0.1, 0.9
RULE = Text(
    "Doubtful if the treatment's square adds (p below 5%) or RESET finds a bend elsewhere (p below 1%); fails if "
    "the square adds (p below 1%) and turns the sign of the slope at the {low:.0%} or {high:.0%} point of the treatment.",
    "Twijfelachtig als het kwadraat van de behandeling toevoegt (p onder 5%) of RESET elders een kromming vindt (p "
    "onder 1%); faalt als het kwadraat toevoegt (p onder 1%) en het teken van de helling omkeert bij het {low:.0%}- of het "
    "{high:.0%}-punt van de behandeling.",
    low=LOW,
    high=HIGH,
)


def functional_form(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether a bend is left that turns the slope.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.
    """
    fit = regression.whole
    x, y = Name(regression.treatment.kpi), Name(regression.outcome.kpi)
    values = panel.shift(regression.treatment.kpi, regression.treatment.period).to_numpy()[fit.sample.used]
    fitted = fit.sample.outcome - residuals(fit)
    spread = float(fitted.std())
    powers = ((fitted - fitted.mean()) / spread if spread > 0 else fitted * 0)[:, None] ** np.array([2, 3])
    f_reset, p_reset = added_columns(fit, powers)
    varied = len(np.unique(values)) > 2
    f_own, p_own = added_columns(fit, _square(values)[:, None]) if varied else (float("nan"), float("nan"))
    frame = {
        "id": "functional_form",
        "question": Text("Is a straight line enough?", "Volstaat een rechte lijn?"),
        "null": Text("The effect of {x} on {y} does not bend.", "Het effect van {x} op {y} kromt niet.", x=x, y=y),
        "rule": RULE,
        "reference": REFERENCE,
    }
    bends = p_own == p_own
    if not bends and p_reset != p_reset:
        why = Text("Nothing is left that could bend.", "Er blijft niets over dat zou kunnen krommen.")
        return Finding(**frame, result="not_applicable", seen=why)
    ends = local_slopes(fit, values) if bends else (1.0, 1.0)
    turns = bends and p_own < 0.01 and min(ends) * max(ends) < 0
    elsewhere = p_reset < 0.01
    result: Result = "fails" if turns else "doubtful" if (bends and p_own < 0.05) or elsewhere else "holds"
    return Finding(
        **frame,
        result=result,
        seen=_seen(x, p_own, p_reset, ends, regression.weight) if bends else _elsewhere(p_reset),
        consequence=NOTHING if result == "holds" else _means(turns, bends and p_own < 0.05),
        remedy=NOTHING if result == "holds" else _mend(x),
        statistic=f_own if bends else f_reset,
        p_value=p_own if bends else p_reset,
        numbers={"f_reset": f_reset, "p_reset": p_reset, "f_square": f_own, "p_square": p_own},
    )


def _square(values: np.ndarray) -> np.ndarray:
    return ((values - values.mean()) / values.std()) ** 2


def local_slopes(fit: Fit, values: np.ndarray) -> tuple[float, float]:
    """The slope at a low and at a high value of the treatment, by a parabola; in native units."""
    square = _square(values)
    left = taken_out(fit, square[:, None])[:, 0]
    bend = float(left @ residuals(fit)) / float(left @ left)
    own = fit.sample.treatments[:, 0]
    rest = np.delete(fit.sample.design, 1, axis=1)
    alone = own - rest @ np.linalg.lstsq(rest, own, rcond=None)[0]
    straight = float(fit.slopes[0]) - bend * float(alone @ square) / float(alone @ alone)
    low, high = np.quantile(values, [LOW, HIGH])
    return tuple(straight + 2 * bend * (at - values.mean()) / values.var() for at in (low, high))  # type: ignore[return-value]


def _seen(x: Name, p: float, p_reset: float, ends: tuple[float, float], weight: float) -> Text:
    return Text(
        "The square of {x} adds: {p}; with it the answer runs from {low:.3g} at a low to {high:.3g} at a high value. "
        "Powers of the fitted values (RESET): {reset}.",
        "Het kwadraat van {x} voegt toe: {p}; daarmee loopt het antwoord van {low:.3g} bij een lage tot {high:.3g} bij "
        "een hoge waarde. Machten van de voorspelde waarden (RESET): {reset}.",
        x=x,
        p=p_text(p),
        reset=p_text(p_reset),
        low=ends[0] * weight,
        high=ends[1] * weight,
    )


def _elsewhere(p_reset: float) -> Text:
    return Text(
        "Powers of the fitted values (RESET): {reset}; the treatment has two values and cannot bend itself.",
        "Machten van de voorspelde waarden (RESET): {reset}; de behandeling heeft twee waarden en kan zelf niet "
        "krommen.",
        reset=p_text(p_reset),
    )


def _means(turns: bool, own: bool) -> Text:
    if turns:
        return Text(
            "One number hides that the effect changes sign.", "Eén getal verhult dat het effect van teken wisselt."
        )
    if own:
        return Text(
            "The estimate is an average over a bend: its sign stands, its size differs at either end.",
            "De schatting is een gemiddelde over een kromming: het teken staat, de omvang verschilt aan de randen.",
        )
    return Text(
        "What is held fixed bends; that is taken up only in so far as a straight line can.",
        "Wat constant wordt gehouden kromt; een rechte lijn vangt dat maar ten dele op.",
    )


def _mend(x: Name) -> Text:
    return Text(
        "Look at the picture of the form; try a logarithm, or ask for low and high values of {x} apart.",
        "Bekijk de figuur van de vorm; probeer een logaritme, of vraag lage en hoge waarden van {x} apart.",
        x=x,
    )
