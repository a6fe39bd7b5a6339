"""The lead test: whether the outcome comes before the treatment, or even drives it.

By the graph, a KPI is unrelated to everything earlier once its own causes are held fixed. So the outcome now must say
nothing about the treatment one period later, given the treatment's causes and the outcome's own past. If it does, the
outcome drives the treatment, or something hidden that lasts drives both.
"""

from __future__ import annotations

import numpy as np

from ..estimators.regression import fit, p_value
from ..estimators.result import Regression
from ..estimators.sample import build_sample
from ..estimators.screen import Refusal
from ..estimators.split_panel import admitted, corrected
from ..finding import BY_P, Finding, p_text, result_of
from ..graph import PERIOD_NODE, UNIT_NODE, Node
from ..language import NOTHING, Name, Text
from ..panel import Panel

REFERENCE = (
    "Granger 1969, Econometrica 37:424-438, and Sims 1972, American Economic Review 62:540-552, "
    "given the causes that the graph names"
)


def lead(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether the outcome now goes with the treatment one period later, where the graph says that it must not.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.
    """
    x, y = regression.treatment.kpi, regression.outcome.kpi
    found = _partial(regression, panel)
    if isinstance(found, Text):
        return _finding(x, y, "not_applicable", found)
    value, error, df = found
    p = p_value(value, error, df)
    result = result_of(p)
    seen = Text(
        "{y} now and {x} one period later, given the causes of {x}: t = {t:.2f}, {p}.",
        "{y} nu en {x} een periode later, gegeven de oorzaken van {x}: t = {t:.2f}, {p}.",
        x=Name(x),
        y=Name(y),
        t=value / error,
        p=p_text(p),
    )
    return _finding(x, y, result, seen, value / error, p)


def _partial(regression: Regression, panel: Panel) -> tuple[float, float, float] | Text:
    """The slope of the outcome now on the treatment one period later, its error and df; or why there is none."""
    graph = regression.estimand.graph
    after, now, before = (
        Node(regression.treatment.kpi, 1),
        Node(regression.outcome.kpi, 0),
        Node(regression.outcome.kpi, -1),
    )
    if not panel.repeated:
        return Text("Units are seen once.", "Elke eenheid is één keer waargenomen.")
    causes = sorted(graph.window(range(-graph.longest_lag - 1, 2)).predecessors(after))
    if now in causes:
        return Text(
            "By the graph {y} drives {x} one period later.",
            "Volgens de graaf beïnvloedt {y} een periode later {x}.",
            x=Name(after.kpi),
            y=Name(now.kpi),
        )
    plain = [node for node in causes if node not in (UNIT_NODE, PERIOD_NODE)]
    absent = sorted({n.kpi for n in plain if n.kpi not in panel.frame})
    if absent:
        return Text(
            "There are no data on {kpis}, which by the graph drives {x}.",
            "Er zijn geen gegevens over {kpis}, die volgens de graaf {x} beïnvloedt.",
            kpis=[Name(k) for k in absent],
            x=Name(after.kpi),
        )
    held = [*(n for n in causes if n != before), before]
    # what all units share can make any two KPIs go together; a root opens no path
    held = held if PERIOD_NODE in held else [*held, PERIOD_NODE]
    try:
        sample = build_sample(panel, now, [after], held)
        whole = fit(sample, confirm=False)
        if not sample.unit_effects:
            return _slope(whole)
        seen = float(np.median(np.bincount(sample.unit))) + 2
        short = admitted(seen, 1)
        if short:
            return Text("{why}.", "{why}.", why=short)
        return _slope(corrected(panel, now, [after], held, whole))
    except Refusal as refusal:
        return Text("{why}", "{why}", why=refusal.reason)


def _slope(found) -> tuple[float, float, float]:
    return float(found.slopes[0]), float(np.sqrt(found.covariance[0, 0])), float(found.df)


def _finding(
    x: str, y: str, result: str, seen: Text, statistic: float = float("nan"), p: float = float("nan")
) -> Finding:
    """The finding, with what its result means."""
    troubled = result in ("doubtful", "fails")
    return Finding(
        id="lead",
        question=Text("Does {y} come before {x}?", "Loopt {y} vooruit op {x}?", x=Name(x), y=Name(y)),
        null=Text(
            "Given its causes in the graph, {x} one period later has nothing to do with {y} now.",
            "Gegeven de oorzaken in de graaf staat {x} een periode later los van {y} nu.",
            x=Name(x),
            y=Name(y),
        ),
        rule=BY_P,
        result=result,  # type: ignore[arg-type]
        seen=seen,
        consequence=Text(
            "Either {y} drives {x}, or a hidden cause that lasts drives both; then the estimate is biased.",
            "Of {y} beïnvloedt {x}, of een blijvende verborgen oorzaak beïnvloedt beide; dan is de schatting "
            "vertekend.",
            x=Name(x),
            y=Name(y),
        )
        if troubled
        else Text(
            "A cause that does not last would not show here.", "Een oorzaak die niet aanhoudt, blijft hier onzichtbaar."
        )
        if result == "holds"
        else NOTHING,
        remedy=Text(
            "Draw the link from {y} to {x}, or measure the cause that they share, and ask again.",
            "Teken de pijl van {y} naar {x}, of meet de oorzaak die zij delen, en stel de vraag opnieuw.",
            x=Name(x),
            y=Name(y),
        )
        if troubled
        else NOTHING,
        reference=REFERENCE,
        statistic=statistic,
        p_value=p,
    )
