"""Two routes to one effect: along the links, and by the adjusted regression.

The link system trusts every arrow of the graph; the adjusted regression trusts those around treatment and outcome. If
the graph holds they estimate the same, and a difference that chance does not explain says that an arrow or a lag is
wrong somewhere on the way. Both come with replicates that leave out the same units, so the error of their difference is
known without assuming anything about how they go together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..estimators import Answer, Estimate
from ..estimators.clusters import jackknife_covariance
from ..finding import BY_P, Finding, p_text, result_of
from ..language import NOTHING, Text
from .links import largest

REFERENCE = "Hausman 1978, Econometrica 46:1251-1271; Plagborg-Moller and Wolf 2021, Econometrica 89:955-980"
_SAME = 1e-6  # of a standard error


@dataclass(frozen=True)
class Gap:
    """How far two routes lie apart.

    Parameters
    ----------
    value, std_error : float
        Along the links less by adjustment.
    """

    value: float
    std_error: float


def replicates_of(answer: Answer, units: Sequence[str]) -> np.ndarray | None:
    """An adjusted estimate with each unit left out, shape (units,), to first order; None without regressions."""
    if not isinstance(answer, Estimate) or not answer.regressions:
        return None
    place = {unit: i for i, unit in enumerate(units)}
    moved = np.full(len(units), answer.value)
    for part in answer.regressions:
        at = [(place[unit], i) for i, unit in enumerate(part.best.sample.units) if unit in place]
        to, of = (np.array(found) for found in zip(*at, strict=True))
        moved[to] += part.weight * (part.best.left_out[of, 0] - part.best.slopes[0])
    return moved


def two_routes(
    by_links: np.ndarray,
    moved: np.ndarray,
    answers: Sequence[Answer],
    units: Sequence[str],
    df: float,
    rng: np.random.Generator,
) -> tuple[Finding, dict[int, Gap]]:
    """Whether both routes give the same, over all horizons that both can answer.

    Parameters
    ----------
    by_links : ndarray, shape (horizons,)
    moved : ndarray, shape (units, horizons)
        With each unit left out.
    answers : sequence of Estimate or Unanswered
        By adjustment, horizon by horizon.
    units : sequence of str
    df : float
    rng : numpy.random.Generator

    Returns
    -------
    tuple
        The finding, and the gap at every horizon at which both have an answer that is not the very same regression.
    """
    others = {h: replicates_of(answer, units) for h, answer in enumerate(answers[: len(by_links)])}
    known = {h: other for h, other in others.items() if other is not None}
    adjusted = {h: answer.value for h, answer in enumerate(answers) if h in known and isinstance(answer, Estimate)}
    links = {h: float(by_links[h]) for h in known}
    return compare(links, {h: moved[:, h] for h in known}, adjusted, known, df, rng)


def compare(
    links: Mapping[int, float],
    links_moved: Mapping[int, np.ndarray],
    adjusted: Mapping[int, float],
    adjusted_moved: Mapping[int, np.ndarray],
    df: float,
    rng: np.random.Generator,
) -> tuple[Finding, dict[int, Gap]]:
    """The same from plain numbers: by horizon, each route's value and its replicates, shape (units,)."""
    differences: dict[int, np.ndarray] = {}
    gaps: dict[int, Gap] = {}
    for h in links:
        difference = links_moved[h] - adjusted_moved[h]
        error = float(np.sqrt(jackknife_covariance(difference[:, None])[0, 0]))
        if error > _SAME * float(np.sqrt(jackknife_covariance(adjusted_moved[h][:, None])[0, 0])):
            differences[h], gaps[h] = difference, Gap(links[h] - adjusted[h], error)
    if not gaps:
        why = Text(
            "There is no horizon at which the two routes are different regressions with an answer each.",
            "Er is geen horizon waarop de twee routes verschillende regressies zijn die elk een antwoord geven.",
        )
        return incomparable(why), gaps
    statistics = {h: gap.value / gap.std_error for h, gap in gaps.items()}
    worst = max(statistics, key=lambda h: abs(statistics[h]))
    reached = largest(jackknife_covariance(np.column_stack(list(differences.values()))), df, rng) >= abs(
        statistics[worst]
    )
    exact = float(2 * stats.t.sf(abs(statistics[worst]), df))
    p = exact if len(gaps) == 1 else max(exact, float(reached.mean()))
    seen = Text(
        f"They lie furthest apart {{h}} period{'s' * (worst != 1)} later: {{links:.4g}} along the links, "
        f"{{adjusted:.4g}} by the adjusted regression ({{p}}{', over {count} horizons' * (len(gaps) > 1)}).",
        f"Ze liggen het verst uiteen na {{h}} periode{'n' * (worst != 1)}: {{links:.4g}} langs de verbanden, "
        f"{{adjusted:.4g}} met de gecorrigeerde regressie ({{p}}{', over {count} horizonnen' * (len(gaps) > 1)}).",
        h=worst, links=links[worst], adjusted=adjusted[worst], p=p_text(p), count=len(gaps),
    )  # fmt: skip
    return _finding(result_of(p), seen, statistics[worst], p), gaps


def incomparable(why: Text) -> Finding:
    """That the two routes cannot be compared, and why."""
    return _finding("not_applicable", why)


def _finding(result: str, seen: Text, statistic: float = float("nan"), p: float = float("nan")) -> Finding:
    troubled = result in ("doubtful", "fails")
    trouble = Text(
        "An arrow, a lag or a common cause is wrong or missing somewhere on the way: neither number is sure.",
        "Ergens onderweg is een pijl, een vertraging of een gemeenschappelijke oorzaak onjuist of vergeten: geen van "
        "beide getallen staat vast.",
    )
    calm = Text(
        "What is wrong in the same way for both routes would not be seen here.",
        "Wat voor beide routes op dezelfde manier onjuist is, blijft hier onzichtbaar.",
    )
    mend = Text(
        "Compare the lags of the links with the data, and ask what else could be passed on.",
        "Vergelijk de vertragingen van de verbanden met de gegevens, en vraag wat er nog meer kan doorwerken.",
    )
    return Finding(
        id="two_routes",
        question=Text(
            "Do the links, followed one by one, give what the adjusted regression gives?",
            "Geven de verbanden, één voor één gevolgd, hetzelfde als de gecorrigeerde regressie?",
        ),
        null=Text("Both routes estimate the same effect.", "Beide routes schatten hetzelfde effect."),
        rule=BY_P,
        result=result,  # type: ignore[arg-type]
        seen=seen,
        consequence=trouble if troubled else calm if result == "holds" else NOTHING,
        remedy=mend if troubled else NOTHING,
        reference=REFERENCE,
        statistic=statistic,
        p_value=p,
    )
