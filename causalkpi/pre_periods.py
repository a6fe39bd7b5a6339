"""What can be found out about an event study: how units moved before they changed, and what that could have missed.

No test shows that trends would have gone on in parallel. A test of the periods before shows that they did so far, as
well as it can see; so it is told how steep a drift it would have seen (Roth 2022, American Economic Review: Insights
4:305-322), and how steep a drift would undo the answer (in the spirit of Rambachan and Roth 2023,
Review of Economic Studies 90:2555-2591).
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import optimize, stats

from .estimators.changeover import NEVER, Changeover
from .estimators.staggered import Average, GroupTime
from .finding import BY_P, Finding, p_text, result_of
from .language import NOTHING, Name, Text

SMALL = 10  # a cohort under this size is told
POWER = 0.8
_NO_LEADS = Text(
    "No cohort has been seen earlier than just before its change.",
    "Geen enkele groep is eerder waargenomen dan vlak voor de verandering.",
)
_NO_PROOF = Text(
    "That they moved alike before does not prove that they would have gone on doing so.",
    "Dat ze ervoor gelijk opgingen, bewijst niet dat het zo zou zijn gebleven.",
)
_pre_periods = partial(
    Finding,
    "pre_periods",
    Text("Did those who changed move as the others did before?", "Bewogen veranderaars ervoor net als de anderen?"),
    Text(
        "Before adopting, adopters moved as the others did.",
        "Vóór de verandering bewogen de veranderaars zoals de anderen.",
    ),
    BY_P,
    reference="Callaway and Sant'Anna (2021), J. Econometrics 225:200-230; Roth (2022), AER: Insights 4:305-322",
)
_anticipation = partial(
    Finding,
    "anticipation",
    Text("Did units respond before they changed?", "Reageerden eenheden al voordat ze veranderden?"),
    Text(
        "The last period before the change was like those before it.",
        "De laatste periode voor de verandering was als die daarvoor.",
    ),
    BY_P,
    reference="Callaway and Sant'Anna (2021), J. Econometrics 225:200-230, assumption 3",
)
_drift = partial(
    Finding,
    "drift",
    Text(
        "Could a drift that the test of earlier periods would have missed explain the answer?",
        "Kan een verloop dat de toets op eerdere perioden zou missen, het antwoord verklaren?",
    ),
    Text("It could not.", "Dat kan niet."),
    Text(
        "Holds where the drift that would undo the answer is one that the test finds with {power:.0%} probability; "
        "doubtful otherwise.",
        "Houdt stand als de toets het verloop dat het antwoord opheft met {power:.0%} kans opmerkt; anders "
        "twijfelachtig.",
        power=POWER,
    ),
    reference="Roth (2022), AER: Insights 4:305-322; Rambachan and Roth (2023), Rev. Econ. Studies 90:2555-2591",
)
_cohorts = partial(
    Finding,
    "cohort_sizes",
    Text("Are there enough units in every cohort?", "Zijn er genoeg eenheden in elke groep?"),
    Text("Every cohort has {n} units or more.", "Elke groep heeft {n} of meer eenheden.", n=SMALL),
    Text(
        "Doubtful where a cohort, or those it is held against, has fewer than {n}.",
        "Twijfelachtig als een groep, of wie ermee wordt vergeleken, er minder dan {n} heeft.",
        n=SMALL,
    ),
    reference="MacKinnon and Webb (2018), Econometrics Journal 21:114-135",
)


def examine_changeover(
    found: Changeover, cells: GroupTime, leads: int, horizon: int, overall: Average, level: float, outcome: str
) -> tuple[Finding, ...]:
    """All findings on an event study.

    Parameters
    ----------
    found : Changeover
    cells : GroupTime
    leads : int
        How many periods before the reference are tested.
    horizon : int
        Over how many periods since the change `overall` averages, besides that of the change.
    overall : Average
    level : float
    outcome : str
        The KPI, for words.
    """
    before = leads_of(found, cells, leads)
    return (
        pre_periods(found, cells, before),
        anticipation(found, cells, level),
        drift(found, cells, before, horizon, overall, outcome),
        cohort_sizes(found),
    )


def leads_of(found: Changeover, cells: GroupTime, leads: int) -> np.ndarray:
    """The periods before the reference that are tested, nearest first; fewer where units are few."""
    there = np.unique(cells.since[cells.since < found.reference])[::-1]
    return there[: min(leads, max(1, len(found.units) // 10))]


def joint_test(cells: GroupTime, before: np.ndarray) -> tuple[float, float, np.ndarray, float]:
    """Hotelling's test that the averages of some periods since are all zero.

    Returns
    -------
    tuple
        F, its p-value, the covariance (k, k), and the second degrees of freedom; the first are k.
    """
    weights = np.column_stack([cells.weights(cells.since == since) for since in before])
    values, covariance = cells.values @ weights, cells.covariance(weights)
    units = min(len(cells.left_out), *(cells.effective(w) for w in weights.T))
    q = len(before)
    df = max(1.0, units - q)
    f = float(values @ np.linalg.lstsq(covariance, values, rcond=None)[0]) * df / (q * max(units - 1, 1.0))
    return f, float(stats.f.sf(f, q, df)), covariance, df


def pre_periods(found: Changeover, cells: GroupTime, before: np.ndarray) -> Finding:
    """The joint test of the periods before."""
    if not len(before):
        return _pre_periods(result="not_applicable", seen=_NO_LEADS, consequence=_NO_PROOF)
    f, p, _, df = joint_test(cells, before)
    result = result_of(p)
    return _pre_periods(
        result=result,
        seen=Text(
            "Over {q} earlier periods taken together: F = {f:.2f}, {p}.",
            "Over {q} eerdere perioden samen: F = {f:.2f}, {p}.",
            q=len(before), f=f, p=p_text(p),
        ),
        consequence=_NO_PROOF if result == "holds" else Text(
            "Those who changed were already on another course: what is shown as effect may be that course going on.",
            "De veranderaars zaten al op een andere koers: wat effect lijkt, kan het vervolg daarvan zijn.",
        ),
        remedy=NOTHING if result == "holds" else Text(
            "Find out what drew them apart, or compare with units that were on the same course.",
            "Zoek uit wat hen uiteendreef, of vergelijk met eenheden op dezelfde koers.",
        ),
        statistic=f,
        p_value=p,
        numbers={"df1": float(len(before)), "df2": df},
    )  # fmt: skip


def anticipation(found: Changeover, cells: GroupTime, level: float) -> Finding:
    """Whether the reference period differs from all that came before it."""
    earlier = cells.since < found.reference
    if not earlier.any():
        return _anticipation(result="not_applicable", seen=_NO_LEADS)
    step = cells.average(-cells.weights(earlier), level)
    result = result_of(step.p_value)
    return _anticipation(
        result=result,
        seen=Text(
            "Beside the others it differs by {value:+.3g} from the average of earlier periods ({p}).",
            "Vergeleken met de anderen wijkt die {value:+.3g} af van het gemiddelde van eerdere perioden ({p}).",
            value=step.value, p=p_text(step.p_value),
        ),
        consequence=NOTHING if result == "holds" else Text(
            "Effects are counted from a period that itself may have responded, or from a chance peak or dip that led "
            "to the change.",
            "Effecten worden geteld vanaf een periode die zelf al kan hebben gereageerd, of vanaf een toevallige piek "
            "of dip die tot de verandering leidde.",
        ),
        remedy=NOTHING if result == "holds" else Text(
            "Ask again with one more period of anticipation.", "Stel de vraag met één periode anticipatie meer.",
        ),
        statistic=step.value / step.std_error if step.std_error > 0 else 0.0,
        p_value=step.p_value,
    )  # fmt: skip


def drift(
    found: Changeover, cells: GroupTime, before: np.ndarray, horizon: int, overall: Average, outcome: str
) -> Finding:
    """The steady drift that would undo the answer, beside the one that the test of earlier periods finds."""
    if not len(before):
        return _drift(result="not_applicable", seen=_NO_LEADS)
    nearest_zero = min(overall.interval, key=abs)
    if overall.interval[0] <= 0 <= overall.interval[1]:
        clear = Text("The answer is not clear of zero by itself.", "Het antwoord is op zichzelf al niet los van nul.")
        return _drift(result="not_applicable", seen=clear)
    weights = cells.weights((cells.since >= 0) & (cells.since <= horizon))
    reach = float(weights @ (cells.since - found.reference))
    visible, undone = visible_drift(cells, before - found.reference, before), abs(nearest_zero) / reach
    result = "holds" if undone >= visible else "doubtful"
    return _drift(
        result=result,
        seen=Text(
            "A drift of {undone:.3g} a period in {kpi} would bring the interval to zero; the test finds one of "
            "{visible:.3g} with {power:.0%} probability.",
            "Een verloop van {undone:.3g} per periode in {kpi} brengt het interval tot nul; de toets merkt er een van "
            "{visible:.3g} op met {power:.0%} kans.",
            undone=undone, visible=visible, power=POWER, kpi=Name(outcome),
        ),
        consequence=NOTHING if result == "holds" else Text(
            "A passed test of earlier periods lends this answer little support.",
            "Een doorstane toets op eerdere perioden steunt dit antwoord weinig.",
        ),
        remedy=NOTHING if result == "holds" else Text(
            "More periods before the change, or more units, make the test see more.",
            "Meer perioden voor de verandering, of meer eenheden, maken de toets scherper.",
        ),
        numbers={"undoing_drift": undone, "visible_drift": visible},
    )  # fmt: skip


def visible_drift(cells: GroupTime, distance: np.ndarray, before: np.ndarray) -> float:
    """The steady drift per period that the joint test at 5% finds with 80% probability."""
    _, _, covariance, df = joint_test(cells, before)
    q = len(before)
    critical = stats.f.ppf(0.95, q, df)
    needed = optimize.brentq(lambda size: stats.ncf.sf(critical, q, df, size) - POWER, 1e-6, 1e4)
    return float(np.sqrt(needed / (distance @ np.linalg.lstsq(covariance, distance.astype(float), rcond=None)[0])))


def cohort_sizes(found: Changeover) -> Finding:
    """Which cohorts are small."""
    dates = np.unique(found.adopts)
    sizes = {date: found.count(found.adopts == date) for date in dates}
    small = [n for date, n in sizes.items() if date < NEVER and n < SMALL]
    few = sizes[NEVER] < SMALL
    result = "doubtful" if small or few else "holds"
    return _cohorts(
        result=result,
        seen=Text(
            "{small} of {all} cohorts have fewer than {n} units; they are held against {against}.",
            "{small} van {all} groepen hebben minder dan {n} eenheden; ze worden vergeleken met {against}.",
            small=len(small), all=len(dates) - 1, n=SMALL, against=sizes[NEVER],
        ),
        consequence=NOTHING if result == "holds" else Text(
            "Effects of single small cohorts are hints; read the averages over cohorts.",
            "Effecten van afzonderlijke kleine groepen zijn aanwijzingen; lees de gemiddelden over groepen.",
        ),
        numbers={
            "smallest": float(min(n for date, n in sizes.items() if date < NEVER)),
            "against": float(sizes[NEVER]),
        },
    )  # fmt: skip
