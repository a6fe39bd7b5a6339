"""Is a straight line enough: the treatment's own square, and Ramsey's RESET."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding
from ..language import Name, Text
from ..panel import Panel
from .robust import BY_P, added, by_p, by_unit, fitted, levels, p_words, score_test, untestable

_ABOUT: dict[str, Any] = {
    "id": "functional_form",
    "question": Text("Is a straight line enough?", "Volstaat een rechte lijn?"),
    "rule": BY_P,
    "reference": "Ramsey (1969), JRSS B 31; robust score test: Wooldridge (1991), Journal of Econometrics 47",
}


def functional_form(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether the outcome bends where the regression draws a straight line.

    Two tests in levels, fixed effects taken out of the powers themselves: the treatment's own square (the curvature
    that the slope hides), and squares and cubes of the fitted index (RESET: curvature in anything held fixed, which
    can bias the slope). The p-value is twice the smaller of the two (Bonferroni); a treatment of two values has no
    square of its own.

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
        Its numbers: ``p_square`` and ``p_reset``.
    """
    sample = regression.whole.sample
    kpi = Name(regression.treatment.kpi)
    about: dict[str, Any] = _ABOUT | {
        "null": Text(
            "The outcome rises or falls along straight lines, in {kpi} and in all that is held fixed.",
            "De uitkomst volgt rechte lijnen, zowel in {kpi} als in alles wat constant wordt gehouden.",
            kpi=kpi,
        )
    }
    slopes, residual = fitted(sample)
    why = untestable(sample, residual)
    if why is not None:
        return Finding(**about, result="not_applicable", seen=why)
    treatment, index = levels(regression, panel, slopes)
    lost = len(slopes) / len(residual)
    found: dict[str, tuple[float, float]] = {}
    for name, powers in (("square", treatment[:, None] ** 2), ("reset", index[:, None] ** np.array([2, 3]))):
        new = added(sample, powers)
        if new.shape[1]:
            found[name] = score_test(by_unit(sample, new * residual[:, None]), lost)
    if not found:
        return Finding(**about, result="not_applicable", seen=_STRAIGHT)
    worst = min(found, key=lambda name: found[name][1])
    p = min(1.0, len(found) * found[worst][1])
    return Finding(
        **about,
        result=by_p(p),
        seen=_seen(kpi, found, p),
        consequence=_NO_BEND if by_p(p) == "holds" else _IN_TREATMENT if worst == "square" else _ELSEWHERE,
        remedy=Text("", "") if by_p(p) == "holds" else _REMEDY,
        statistic=found[worst][0],
        p_value=p,
        numbers={f"p_{name}": value for name, (_, value) in found.items()},
    )


def _seen(kpi: Name, found: dict[str, tuple[float, float]], p: float) -> Text:
    """The two tests and what they come to together."""
    square = Text("square of {kpi} {p}", "kwadraat van {kpi} {p}", kpi=kpi, p=p_words(found["square"][1])) \
        if "square" in found else ""  # fmt: skip
    reset = Text("powers of the fitted values (RESET) {p}", "machten van de voorspelde waarden (RESET) {p}",
                 p=p_words(found["reset"][1])) if "reset" in found else ""  # fmt: skip
    tests = Text.join((square, reset), "; ")
    if len(found) == 1:
        return Text("Curvature: {tests}.", "Kromming: {tests}.", tests=tests)
    return Text("Curvature: {tests}; together {p}.", "Kromming: {tests}; samen {p}.", tests=tests, p=p_words(p))


_STRAIGHT = Text(
    "The regressors take so few values that any form is a straight line here.",
    "De verklarende kolommen nemen zo weinig waarden aan dat elke vorm hier een rechte lijn is.",
)
_NO_BEND = Text(
    "No curvature was found, which does not prove that there is none.",
    "Er is geen kromming gevonden; dat bewijst niet dat die er niet is.",
)
_IN_TREATMENT = Text(
    "The estimate is an average slope: the effect differs between low and high values, and a larger change than those "
    "observed cannot be read from it.",
    "De schatting is een gemiddelde helling: het effect verschilt tussen lage en hoge waarden, en een grotere "
    "verandering dan waargenomen valt er niet uit af te lezen.",
)
_ELSEWHERE = Text(
    "What is held fixed works along a curve; held fixed by a straight line, part of its influence may have ended up in "
    "the estimate.",
    "Wat constant wordt gehouden werkt langs een kromme; met een rechte lijn kan een deel van die invloed in de "
    "schatting zijn beland.",
)
_REMEDY = Text(
    "Draw the outcome against the KPIs, take a logarithm or a square where the curve shows, and compare the answers.",
    "Zet de uitkomst uit tegen de KPI's, neem een logaritme of kwadraat waar de kromming zichtbaar is, en vergelijk de "
    "antwoorden.",
)
