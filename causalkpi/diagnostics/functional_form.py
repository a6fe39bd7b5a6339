"""Is a straight line enough: the treatment's own square, and Ramsey's RESET."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..estimators.result import Regression
from ..estimators.sample import Sample
from ..finding import DOUBTFUL, FAILS, Finding, Result, p_text
from ..language import NOTHING, Name, Text
from ..panel import Panel
from .robust import added, by_unit, fitted, levels, score_test, unit_means, untestable

LOW, HIGH = 0.1, 0.9
RULE = Text(
    "Doubtful at p below {doubtful:.0%}; fails if the square of the treatment has p below {fails:.0%} and turns the "
    "sign of the slope at the {low:.0%} or {high:.0%} point of the treatment: with many rows every bend is found, and "
    "few matter.",
    "Twijfelachtig bij p onder {doubtful:.0%}; faalt als het kwadraat van de behandeling p onder {fails:.0%} heeft en "
    "het teken van de helling omkeert bij het {low:.0%}- of het {high:.0%}-punt van de behandeling: bij veel rijen "
    "wordt elke kromming gevonden, en weinige doen ertoe.",
    doubtful=DOUBTFUL,
    fails=FAILS,
    low=LOW,
    high=HIGH,
)
_ABOUT: dict[str, Any] = {
    "id": "functional_form",
    "question": Text("Is a straight line enough?", "Volstaat een rechte lijn?"),
    "rule": RULE,
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
        Its numbers: ``p_square`` and ``p_reset``; ``low`` and ``high``, the slope at a low and a high value of the
        treatment by a parabola, in native units.
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
    low, high = local_slopes(sample, treatment) if "square" in found else (1.0, 1.0)
    turns = "square" in found and found["square"][1] < FAILS and low * high < 0
    worst = min(found, key=lambda name: found[name][1])
    p = min(1.0, len(found) * found[worst][1])
    result: Result = "fails" if turns else "doubtful" if p < DOUBTFUL else "holds"
    told = _TURNS if turns else _IN_TREATMENT if worst == "square" else _ELSEWHERE
    ends = {"low": low, "high": high} if "square" in found else {}
    return Finding(
        **about,
        result=result,
        seen=_seen(kpi, found, p, [end * regression.weight for end in ends.values()]),
        consequence=_NO_BEND if result == "holds" else told,
        remedy=NOTHING if result == "holds" else _REMEDY,
        statistic=found[worst][0],
        p_value=p,
        numbers={f"p_{name}": value for name, (_, value) in found.items()} | ends,
    )


def local_slopes(sample: Sample, treatment: np.ndarray) -> tuple[float, float]:
    """The slope at a low and at a high value of the treatment, by a parabola; in native units.

    Parameters
    ----------
    sample : Sample
    treatment : ndarray, shape (rows,)
        Standardised, unit means left in.
    """
    square = treatment[:, None] ** 2
    square = square - unit_means(sample, square) if sample.unit_effects else square - square.mean()
    design = np.column_stack([sample.design, square])
    size = np.linalg.norm(design, axis=0)
    slopes = np.linalg.lstsq(design / size, sample.outcome, rcond=None)[0] / size
    own = sample.treatments[:, 0]
    within = treatment - unit_means(sample, treatment[:, None])[:, 0] if sample.unit_effects else treatment
    scale = float(within @ own) / float(within @ within)  # native units per standard one
    low, high = np.quantile(treatment, [LOW, HIGH])
    return float(slopes[1] + 2 * slopes[-1] * low / scale), float(slopes[1] + 2 * slopes[-1] * high / scale)


def _seen(kpi: Name, found: dict[str, tuple[float, float]], p: float, ends: list[float]) -> Text:
    """The two tests, what they come to together, and how far the bend takes the answer."""
    square = Text("square of {kpi} {p}", "kwadraat van {kpi} {p}", kpi=kpi, p=p_text(found["square"][1])) \
        if "square" in found else ""  # fmt: skip
    reset = Text("powers of the fitted values (RESET) {p}", "machten van de voorspelde waarden (RESET) {p}",
                 p=p_text(found["reset"][1])) if "reset" in found else ""  # fmt: skip
    tests = Text.join((square, reset), "; ")
    if len(found) == 1:
        return Text("Curvature: {tests}.", "Kromming: {tests}.", tests=tests)
    return Text(
        "Curvature: {tests}; together {p}. With the square the answer runs from {low:.3g} at low to {high:.3g} at high "
        "values.",
        "Kromming: {tests}; samen {p}. Met het kwadraat loopt het antwoord van {low:.3g} bij lage tot {high:.3g} bij "
        "hoge waarden.",
        tests=tests,
        p=p_text(p),
        low=ends[0],
        high=ends[1],
    )


_STRAIGHT = Text(
    "The regressors take so few values that any form is a straight line here.",
    "De verklarende kolommen nemen zo weinig waarden aan dat elke vorm hier een rechte lijn is.",
)
_NO_BEND = Text(
    "No curvature was found, which does not prove that there is none.",
    "Er is geen kromming gevonden; dat bewijst niet dat die er niet is.",
)
_TURNS = Text(
    "One number hides that the effect changes sign between low and high values.",
    "Eén getal verhult dat het effect tussen lage en hoge waarden van teken wisselt.",
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
