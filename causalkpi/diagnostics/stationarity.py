"""Do the treatment and the outcome wander, so that what drifts together passes for an effect.

What carries weight was simulated: 600 panels of 10, 20 and 100 units by 12 and 24 periods, unit effects taken out, one
unit left out at a time. Two random walks that have nothing to do with each other passed for an effect at the 5% level
in 5 to 7%, as they should (9% with 10 units and period effects); where units also share a wandering shock that was not
taken out, in 25 to 67%. So wandering alone makes an estimate lean on slow drifts, and is a doubt; wandering with shared
shocks left in is what must not be used. Holding the past of either KPI fixed leaves only what is new in it.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding, Result, p_text
from ..graph import Node
from ..language import NOTHING, Name, Text, both
from ..panel import Panel
from .unit_root import UnitRoot, unit_root

NEAR_ONE, REJECTED = 0.9, 0.01

_finding = partial(
    Finding,
    "stationarity",
    Text(
        "Do treatment and outcome return to their means, so that a drift does not pass for an effect?",
        "Keren ingreep en uitkomst terug naar hun gemiddelde, zodat wegdrijven niet voor een effect doorgaat?",
    ),
    Text(
        "Of each of the two: every shock to it stays forever (a unit root).",
        "Voor elk van beide: elke schok blijft voor altijd (een eenheidswortel).",
    ),
    Text(
        "A KPI wanders where this null is not rejected (p of {p:.0%} or more) and {near:.0%} or more of a shock is "
        "left a period later. Holds where at most one of the two wanders or the past of either is held fixed; "
        "doubtful where both wander; fails where, moreover, shocks that all units share are not taken out.",
        "Een KPI dwaalt waar deze nulhypothese niet wordt verworpen (p van {p:.0%} of meer) en van een schok een "
        "periode later {near:.0%} of meer over is. Houdt stand waar hoogstens één van beide dwaalt of het verleden van "
        "een van beide constant wordt gehouden; twijfelachtig waar beide dwalen; faalt waar bovendien gedeelde "
        "schokken niet zijn weggenomen.",
        p=REJECTED,
        near=NEAR_ONE,
    ),
    reference="Harris and Tzavalis (1999), Journal of Econometrics 91:201-226; for one series Dickey and Fuller (1979) "
    "and Kwiatkowski, Phillips, Schmidt and Shin (1992); Granger and Newbold (1974), Journal of Econometrics 2:111-120",
)


def stationarity(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether an estimate may rest on two KPIs that wander.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.

    Returns
    -------
    Finding
        Statistic and p-value are those of whichever of the two wanders more; its numbers hold the ``persistence`` and
        ``p`` of both. Identities are not tested: they accumulate by construction, and are never estimated.
    """
    if not panel.repeated:
        seen = Text(
            "Units are seen once: nothing can drift.", "Eenheden zijn één keer waargenomen: er drijft niets weg."
        )
        return _finding(result="not_applicable", seen=seen)
    kpis = {"treatment": regression.treatment.kpi, "outcome": regression.outcome.kpi}
    found = {role: kpi_unit_root(panel, kpi) for role, kpi in kpis.items()}
    tested = {role: test for role, test in found.items() if isinstance(test, UnitRoot)}
    if len(tested) < 2:
        why = [Text("{kpi}: {why}", "{kpi}: {why}", kpi=Name(kpis[r]), why=t) for r, t in found.items()
               if not isinstance(t, UnitRoot)]  # fmt: skip
        return _finding(result="not_applicable", seen=Text.join(dict.fromkeys(why)))
    adrift = [kpis[role] for role, test in tested.items() if wanders(test)]
    worst = max(tested.values(), key=lambda test: test.p_value)
    held = held_pasts(regression)
    result: Result = "holds"
    if len(adrift) == 2 and not held:
        result = "doubtful" if regression.whole.sample.period_effects else "fails"
    return _finding(
        result=result,
        seen=Text.join([_seen(kpis[role], test) for role, test in tested.items()]),
        consequence=_consequence(result, adrift, held),
        remedy=NOTHING if result == "holds" else _REMEDY[result],
        statistic=worst.statistic,
        p_value=worst.p_value,
        numbers={f"{role}_persistence": test.persistence for role, test in tested.items()}
        | {f"{role}_p": test.p_value for role, test in tested.items()},
    )


def kpi_unit_root(panel: Panel, kpi: str) -> UnitRoot | Text:
    """The unit-root test of a KPI in a panel, worked out once; see :func:`causalkpi.diagnostics.unit_root.unit_root`.

    Examples
    --------
    >>> from causalkpi import load_demo
    >>> from causalkpi.panel import as_panel
    >>> found = kpi_unit_root(as_panel(load_demo(), unit="unit", period="period"), "customer_loyalty")
    >>> wanders(found), found.units
    (False, 120)
    """
    key = "unit_root", kpi
    if key not in panel.memo:
        wide = panel.frame[kpi].unstack("period").reindex(columns=range(panel.ordinals[0], panel.ordinals[-1] + 1))
        panel.memo[key] = unit_root(wide.to_numpy())
    return panel.memo[key]


def wanders(test: UnitRoot) -> bool:
    """Whether a KPI is not to be used in levels without its past: its unit root stands, and shocks hardly fade."""
    return test.p_value >= REJECTED and test.persistence >= NEAR_ONE


def held_pasts(regression: Regression) -> list[str]:
    """Which of treatment and outcome have an earlier value of their own among the controls."""
    controls = regression.estimand.controls
    ends = (regression.treatment, regression.outcome)
    return [end.kpi for end in ends if any(_earlier(node, end) for node in controls)]


def _earlier(node: Node, end: Node) -> bool:
    return node.kpi == end.kpi and node.period < end.period


def _seen(kpi: str, test: UnitRoot) -> Text:
    return Text(
        "Of a shock to {kpi} {left:.0%} is left a period later ({p} that it stays forever).",
        "Van een schok in {kpi} is een periode later {left:.0%} over ({p} dat die voor altijd blijft).",
        kpi=Name(kpi),
        left=test.persistence,
        p=p_text(test.p_value),
    )


def _consequence(result: Result, adrift: list[str], held: list[str]) -> Text:
    names = both([Name(kpi) for kpi in adrift])
    if result == "fails":
        return Text(
            "{names} wander, and what all units share was left in: two drifts that have nothing to do with each "
            "other easily pass for an effect, and the interval does not know it.",
            "{names} dwalen, en wat alle eenheden delen is blijven staan: twee bewegingen die niets met elkaar te "
            "maken hebben, gaan dan licht voor een effect door, en het interval weet dat niet.",
            names=names,
        )
    if result == "doubtful":
        return Text(
            "{names} wander: the estimate leans on slow drifts, and whatever else drifted along is part of it.",
            "{names} dwalen: de schatting leunt op langzame bewegingen, en wat verder mee wegdreef zit erin.",
            names=names,
        )
    if adrift and held:
        return Text(
            "{names} may wander, but what {held} was before is held fixed: only what is new counts.",
            "{names} kan dwalen, maar wat {held} eerder was wordt constant gehouden: alleen wat nieuw is telt.",
            names=names,
            held=both([Name(kpi) for kpi in held]),
        )
    if adrift:
        return Text(
            "{names} may wander and the other does not: two drifts cannot be taken for each other.",
            "{names} kan dwalen en de ander niet: twee bewegingen kunnen niet voor elkaar worden aangezien.",
            names=names,
        )
    return NOTHING


_PAST = Text(
    "Draw the link from each KPI to its own next period, so that its past can be held fixed, or ask about changes "
    "instead of levels (Panel.differenced).",
    "Teken de pijl van elke KPI naar de eigen volgende periode, zodat het verleden constant kan blijven, of vraag naar "
    "veranderingen in plaats van standen (Panel.differenced).",
)
_REMEDY: dict[Result, Text] = {
    "doubtful": _PAST,
    "fails": Text(
        "{past} Declare which KPIs are touched by shocks that all units share.",
        "{past} Geef aan welke KPI's door gedeelde schokken worden geraakt.",
        past=_PAST,
    ),
}
