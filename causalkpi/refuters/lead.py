"""Whether the outcome knows tomorrow's treatment: the lead test and the reverse direction, which are one test.

By the graph a KPI depends, given its direct causes, on nothing that came before it. So y(t) has no say in x(t+1) given
the parents of x(t+1), and y(t-1) beside them. If it has, then y moves x, or something hidden that lasts moves both, or
the graph misses another parent of x: where x hangs on its own past and the graph does not say so, y(t) tells of x(t).
(The usual lead added to the main regression is wrong: it is held fixed after the treatment.) Unit effects are taken out
where they touch x, and the bias that this has in short panels is corrected as in any other answer.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..adjustment import strictness
from ..estimators.linear import adjusted_fit
from ..estimators.regression import p_value
from ..estimators.result import Regression
from ..estimators.screen import Refusal
from ..finding import Finding, Result
from ..graph import PERIOD_NODE, UNIT_NODE, Node
from ..language import NOTHING, Name, Text
from ..panel import Panel
from ..question import Estimand, Question
from .parts import residual, why_not

_finding = partial(
    Finding,
    "lead",
    Text(
        "Does the outcome tell anything about the treatment one period later?",
        "Zegt de uitkomst iets over de ingreep een periode later?",
    ),
    Text(
        "Given the direct causes of the later treatment and the outcome's own past, the two are unrelated: there is no "
        "link back, no hidden cause of both that persists, and no direct cause of the treatment that the graph misses.",
        "Gegeven de directe oorzaken van de latere ingreep en het eigen verleden van de uitkomst hangen beide niet "
        "samen: er is geen pijl terug, geen blijvende verborgen oorzaak van beide, en geen directe oorzaak van de "
        "ingreep die in de graaf ontbreekt.",
    ),
    Text(
        "Holds where p is at least 0.05, doubtful where it is at least 0.01, fails below.",
        "Houdt stand bij p van ten minste 0,05, is twijfelachtig bij ten minste 0,01, en faalt daaronder.",
    ),
    reference="Granger (1969), Econometrica 37:424-438; Angrist and Pischke (2009), section 5.2.1",
)
_BLIND = Text(
    "It cannot see hidden causes that do not persist from one period to the next.",
    "Verborgen oorzaken die niet van de ene periode op de andere voortduren, ziet deze toets niet.",
)


def lead(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Test whether y(t) is related to x(t+1) given the parents of x(t+1) and y(t-1)."""
    estimand = lead_estimand(regression, panel)
    if isinstance(estimand, Text):
        return _finding(result="not_applicable", seen=estimand)
    question = estimand.question
    try:
        best, whole = adjusted_fit(panel, estimand, question.target, [question.source], confirm=False)
    except Refusal as refusal:
        why = Text("It cannot be tested here: {why}", "Hier niet te toetsen: {why}", why=refusal.reason)
        return _finding(result="not_applicable", seen=why)
    found = Regression(estimand, question.target, question.source, whole, best)
    why = why_not(found)
    if why:
        return _finding(result="not_applicable", seen=why)
    slope, error = float(best.slopes[0]), float(np.sqrt(best.covariance[0, 0]))
    p = p_value(slope, error, best.df)
    related = slope / float(np.hypot(slope, _scale(found)))
    result: Result = "holds" if p >= 0.05 else "doubtful" if p >= 0.01 else "fails"
    parts = {"y": Name(question.treatment, 0), "x": Name(question.outcome, 1)}
    return _finding(
        result=result,
        seen=Text(
            "The partial correlation of {y} with {x} is {related:+.3f} (p = {p:.3f}).",
            "De partiële correlatie van {y} met {x} is {related:+.3f} (p = {p:.3f}).",
            related=related,
            p=p,
            **parts,
        ),
        consequence=Text.join([NOTHING if result == "holds" else _SPEAKS, _BLIND]),
        remedy=NOTHING
        if result == "holds"
        else Text(
            "Ask whether {y} moves {x}, or {x} hangs on its own past, and draw that link if it does; or look for what "
            "moves both and lasts, and measure it.",
            "Ga na of {y} doorwerkt in {x}, of {x} van het eigen verleden afhangt, en teken die pijl als dat zo is; of "
            "zoek wat beide langdurig beïnvloedt, en meet dat.",
            **parts,
        ),
        statistic=slope / error,
        p_value=p,
        numbers={"partial_correlation": related, "df": best.df},
    )


def _scale(regression: Regression) -> float:
    """What is left of the outcome, by what is left of the treatment."""
    design = regression.whole.sample.design
    rest = np.delete(design, 1, axis=1)
    own = design[:, 1] - rest @ np.linalg.lstsq(rest, design[:, 1], rcond=None)[0]
    return float(np.linalg.norm(residual(regression)) / np.linalg.norm(own))


_SPEAKS = Text(
    "The graph misses a link from the outcome back to the treatment, a hidden cause of both that persists, or another "
    "direct cause of the treatment, its own past among them; the estimate may be biased, unless what is missing moves "
    "the outcome through the treatment alone.",
    "In de graaf ontbreekt een pijl van de uitkomst terug naar de ingreep, een blijvende verborgen oorzaak van beide, "
    "of een andere directe oorzaak van de ingreep, zoals haar eigen verleden; de schatting kan vertekend zijn, tenzij "
    "wat ontbreekt alleen via de ingreep op de uitkomst werkt.",
)


def lead_estimand(regression: Regression, panel: Panel) -> Estimand | Text:
    """The regression of x(t+1) on y(t) that the test is, or why there is none."""
    graph, x, y = regression.estimand.graph, regression.treatment.kpi, regression.outcome.kpi
    if not panel.repeated:
        return Text("It takes units that are seen repeatedly.", "Dit vergt eenheden die vaker zijn waargenomen.")
    if graph[x].formula is not None:
        return Text("{x} is arithmetic.", "{x} is een rekensom.", x=Name(x))
    if not regression.whole.sample.treatment_changes:
        return Text(
            "{x} changes within no unit: what it is later is what it is now.",
            "{x} verandert binnen geen enkele eenheid: wat het later is, is het nu al.",
            x=Name(x),
        )
    later, now = Node(x, 1), Node(y, 0)
    parents = {Node(kpi, 1 - lag) for kpi, lag in graph.causes[x]}
    if now in parents:
        return Text(
            "By the graph {y} is itself a direct cause of {x}: the two are expected to be related.",
            "Volgens de graaf is {y} zelf een directe oorzaak van {x}: samenhang is dan te verwachten.",
            y=Name(y, 0),
            x=Name(x, 1),
        )
    unseen = sorted(n.kpi for n in parents if not graph[n.kpi].observed or n.kpi not in panel.frame)
    if unseen:
        return Text(
            "There are no data on {kpis}, a direct cause of {x}.",
            "Er zijn geen gegevens over {kpis}, een directe oorzaak van {x}.",
            kpis=[Name(kpi) for kpi in dict.fromkeys(unseen)],
            x=Name(x),
        )
    held = parents | {Node(y, -1)}
    held |= {
        node for node, touched in ((UNIT_NODE, graph.unit_effects), (PERIOD_NODE, graph.period_effects)) if x in touched
    }
    window = max(1 - min(n.period for n in held), graph.longest_lag)
    strict, feedback = strictness(graph, {now}, later, held, window)
    question = Question(y, x, 1)
    return Estimand(question, graph, "back_door", tuple(sorted(held)), window, strict, feedback)
