"""Is a straight line enough: Ramsey's RESET, and the treatment's own square."""

from __future__ import annotations

import numpy as np

from ..estimators.result import Regression
from ..finding import BY_P, Finding, p_text, result_of
from ..language import NOTHING, Name, Text
from ..panel import Panel
from .robust import added_columns, residuals

REFERENCE = "Ramsey 1969, JRSS B 31:350-371; Wald's test robust to units (Wooldridge 2010, section 6.2.3)"


def functional_form(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether bends are left that a straight line misses.

    The square of the treatment decides, for it is what bends the slope that is asked about; RESET's powers of the
    fitted values stand beside it, for a bend elsewhere.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.
    """
    fit = regression.whole
    sample = fit.sample
    x, y = Name(regression.treatment.kpi), Name(regression.outcome.kpi)
    treatment = panel.shift(regression.treatment.kpi, regression.treatment.period).to_numpy()[sample.used]
    varied = len(np.unique(treatment)) > 2
    fitted = sample.outcome - residuals(fit)
    spread = float(fitted.std())
    powers = ((fitted - fitted.mean()) / spread if spread > 0 else fitted * 0)[:, None] ** np.array([2, 3])
    f_reset, p_reset = added_columns(fit, powers)
    f_own, p_own = float("nan"), float("nan")
    if varied:
        standard = (treatment - treatment.mean()) / treatment.std()
        f_own, p_own = added_columns(fit, standard[:, None] ** 2)
    statistic, p = (f_own, p_own) if varied and p_own == p_own else (f_reset, p_reset)
    frame = {
        "id": "functional_form",
        "question": Text("Is a straight line enough?", "Volstaat een rechte lijn?"),
        "null": Text("The effect of {x} on {y} does not bend.", "Het effect van {x} op {y} kromt niet.", x=x, y=y),
        "rule": BY_P,
        "reference": REFERENCE,
    }
    if p != p:
        why = Text("Nothing is left that could bend.", "Er blijft niets over dat zou kunnen krommen.")
        return Finding(**frame, result="not_applicable", seen=why)
    result = result_of(p)
    seen = Text(
        "The square of {x} adds: {p}; powers of the fitted values (RESET): {reset}.",
        "Het kwadraat van {x} voegt toe: {p}; machten van de voorspelde waarden (RESET): {reset}.",
        x=x,
        p=p_text(p),
        reset=p_text(p_reset),
    ) if varied else Text(
        "Powers of the fitted values (RESET): {reset}.",
        "Machten van de voorspelde waarden (RESET): {reset}.",
        reset=p_text(p_reset),
    )  # fmt: skip
    troubled = result in ("doubtful", "fails")
    return Finding(
        **frame,
        result=result,
        seen=seen,
        consequence=Text(
            "The estimate is an average over a bend: it may mislead for large changes, or at either end.",
            "De schatting is een gemiddelde over een kromming: bij grote veranderingen of aan de randen kan zij "
            "misleiden.",
        ) if troubled else NOTHING,
        remedy=Text(
            "Look at the picture of the form; try the logarithm, or ask for low and high values of {x} apart.",
            "Bekijk de figuur van de vorm; probeer de logaritme, of vraag lage en hoge waarden van {x} apart.",
            x=x,
        ) if troubled else NOTHING,
        statistic=statistic,
        p_value=p,
        numbers={"f_reset": f_reset, "p_reset": p_reset, "f_square": f_own, "p_square": p_own},
    )  # fmt: skip
