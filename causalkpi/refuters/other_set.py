"""Another adjustment set: whether the answer changes where the graph says that it must not.

If the graph holds, every valid set gives the same answer. The second set adds what every other KPI was one period
before the treatment. A difference that chance does not explain speaks against the graph: most often a hidden cause of
which those KPIs show something.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..dag import is_adjustment_set
from ..estimators.draws import joint_slopes
from ..estimators.linear import adjusted_fit
from ..estimators.regression import p_value
from ..estimators.result import Regression
from ..estimators.screen import Refusal
from ..finding import BY_P, Finding, p_text, result_of
from ..graph import PERIOD_NODE, UNIT_NODE, Node
from ..language import NOTHING, Name, Text
from ..panel import Panel
from ..question import label

REFERENCE = "Hausman 1978, Econometrica 46:1251-1271; the sets from the graph"


def other_set(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether the slope stays where it is when the other KPIs of the period before are held fixed too.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.
    """
    found = _wider(regression, panel)
    if isinstance(found, Text):
        return _finding(regression, "not_applicable", found)
    slope, gap, error, df, count = found
    p = p_value(gap, error, df)
    weight = regression.weight
    seen = Text(
        "With {count} more KPIs of the period before held fixed the slope's part of the answer is {other:.4g} instead "
        "of {value:.4g} (difference: {p}).",
        "Met nog {count} KPI's van de periode ervoor constant gehouden is het deel van deze helling {other:.4g} in "
        "plaats van {value:.4g} (verschil: {p}).",
        count=count,
        other=slope * weight,
        value=float(regression.best.slopes[0]) * weight,
        p=p_text(p),
    )
    numbers = {"other": slope * weight, "difference": gap * weight, "std_error": error * abs(weight), "df": df}
    return replace(_finding(regression, result_of(p), seen), statistic=gap / error, p_value=p, numbers=numbers)


def _wider(regression: Regression, panel: Panel) -> tuple[float, float, float, float, int] | Text:
    """The slope with the wider set, its difference, that difference's error and df, and how many KPIs were added."""
    if not panel.repeated:
        return Text("Units are seen once, so there is no period before.", "Elke eenheid is één keer waargenomen; er is "
                    "geen periode ervoor.")  # fmt: skip
    estimand, graph = regression.estimand, regression.estimand.graph
    held = set(estimand.adjustment)
    usable = [k.id for k in graph.kpis if k.observed and k.formula is None and k.id in panel.frame]
    added = {Node(kpi, -1) for kpi in usable} - held
    if not added:
        return Text("There is no other KPI to hold fixed.", "Er is geen andere KPI om constant te houden.")
    window = graph.window(range(-estimand.window - graph.longest_lag - 1, regression.outcome.period + 1))
    wide = held | added
    if not is_adjustment_set(window, {regression.treatment}, {regression.outcome}, wide & set(window)):
        return Text("By the graph the wider set would open a path.", "Volgens de graaf zou de ruimere set een pad "
                    "openen.")  # fmt: skip
    try:
        loose = UNIT_NODE in held  # own pasts in the set speak to other periods' outcomes
        own = Node(regression.outcome.kpi, -1)
        feedback = estimand.feedback or label(own if own in wide else min(added))
        wider = replace(
            estimand, adjustment=tuple(sorted(wide)), strict=estimand.strict and not loose, feedback=feedback
        )
        best, _ = adjusted_fit(panel, wider, regression.outcome, [regression.treatment], confirm=False)
    except Refusal as refusal:
        return Text("{why}", "{why}", why=refusal.reason)
    joint = joint_slopes([best, regression.best])
    signs = np.array([1.0, -1.0])
    error = float(np.sqrt(max(0.0, signs @ joint.covariance @ signs)))
    if error <= 1e-9 * float(np.sqrt(joint.covariance[1, 1])):
        return Text("The wider set gives the very same answer.", "De ruimere set geeft precies hetzelfde antwoord.")
    gap = float(best.slopes[0] - regression.best.slopes[0])
    return float(best.slopes[0]), gap, error, joint.df, len(added - {PERIOD_NODE, UNIT_NODE})


def _finding(regression: Regression, result: str, seen: Text) -> Finding:
    x, y = Name(regression.treatment.kpi), Name(regression.outcome.kpi)
    troubled = result in ("doubtful", "fails")
    trouble = Text(
        "A link is missing from the graph, or a hidden cause moves these KPIs together; the estimate is then biased.",
        "Er ontbreekt een pijl in de graaf, of een verborgen oorzaak beweegt deze KPI's samen; dan is de schatting "
        "vertekend.",
    )
    calm = Text(
        "A hidden cause of which the other KPIs show nothing would not be seen here.",
        "Een verborgen oorzaak waarvan de andere KPI's niets laten zien, blijft hier onzichtbaar.",
    )
    mend = Text(
        "Ask who knows {x} and {y} what else moves both, and draw it.",
        "Vraag wie {x} en {y} kent wat beide nog meer beweegt, en teken dat.",
        x=x,
        y=y,
    )
    return Finding(
        id="other_set",
        question=Text(
            "Does another valid adjustment set give the same answer?",
            "Geeft een andere geldige correctieset hetzelfde antwoord?",
        ),
        null=Text("Both sets estimate the same effect.", "Beide sets schatten hetzelfde effect."),
        rule=BY_P,
        result=result,  # type: ignore[arg-type]
        seen=seen,
        consequence=trouble if troubled else calm if result == "holds" else NOTHING,
        remedy=mend if troubled else NOTHING,
        reference=REFERENCE,
    )
