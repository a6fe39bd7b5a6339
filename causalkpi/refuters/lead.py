"""Whether the outcome knows tomorrow's treatment: the lead test and the reverse direction, which are one test.

By the graph a KPI depends, given its direct causes, on nothing that came before it. So y(t) has no say in x(t+1) given
the parents of x(t+1), and y(t-1) beside them. If it has, then y moves x, or something hidden that lasts moves both, or
the graph misses another parent of x: where x hangs on its own past and the graph does not say so, y(t) tells of x(t).
(The usual lead added to the main regression is wrong: it is held fixed after the treatment.) Unit effects are taken out
where they touch x, and the bias that this has in short panels is corrected as in any other answer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..adjustment import strictness
from ..estimators.linear import adjusted_fit
from ..estimators.regression import Fit, p_value
from ..estimators.result import Regression
from ..estimators.screen import Refusal
from ..finding import Finding, Result
from ..graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node
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


@dataclass(frozen=True)
class Related:
    """How one KPI goes with another, given what an estimand holds fixed.

    Parameters
    ----------
    best : Fit
        Corrected where a short panel asks for it.
    scale : float
        What is left of the target over what is left of the source: it makes a slope a partial correlation.
    p_value : float
    """

    best: Fit = field(repr=False)
    scale: float
    p_value: float

    @property
    def slope(self) -> float:
        """The slope, in units of the target."""
        return float(self.best.slopes[0])

    @property
    def std_error(self) -> float:
        """Its standard error."""
        return float(np.sqrt(self.best.covariance[0, 0]))

    def partial(self, slope: float) -> float:
        """The partial correlation that a slope comes to."""
        return slope / float(np.hypot(slope, self.scale))


def related(panel: Panel, estimand: Estimand) -> Related | Text:
    """How the source of an estimand's question goes with its target, or why that cannot be said."""
    question = estimand.question
    try:
        best, whole = adjusted_fit(panel, estimand, question.target, [question.source], confirm=False)
    except Refusal as refusal:
        return Text("It cannot be tested here: {why}", "Hier niet te toetsen: {why}", why=refusal.reason)
    found = Regression(estimand, question.target, question.source, whole, best)
    why = why_not(found)
    if why:
        return why
    error = float(np.sqrt(best.covariance[0, 0]))
    return Related(best, _scale(found), p_value(float(best.slopes[0]), error, best.df))


def lead(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Test whether y(t) is related to x(t+1) given the parents of x(t+1) and y(t-1)."""
    estimand = lead_estimand(regression, panel)
    if isinstance(estimand, Text):
        return _finding(result="not_applicable", seen=estimand)
    found = related(panel, estimand)
    if isinstance(found, Text):
        return _finding(result="not_applicable", seen=found)
    question = estimand.question
    slope, p = found.slope, found.p_value
    partial_correlation = found.partial(slope)
    result: Result = "holds" if p >= 0.05 else "doubtful" if p >= 0.01 else "fails"
    parts = {"y": Name(question.treatment, 0), "x": Name(question.outcome, 1)}
    return _finding(
        result=result,
        seen=Text(
            "The partial correlation of {y} with {x} is {related:+.3f} (p = {p:.3f}).",
            "De partiële correlatie van {y} met {x} is {related:+.3f} (p = {p:.3f}).",
            related=partial_correlation,
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
        statistic=slope / found.std_error,
        p_value=p,
        numbers={"partial_correlation": partial_correlation, "df": found.best.df},
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
    return backward(regression.estimand.graph, regression.treatment.kpi, regression.outcome.kpi, panel)


def backward(graph: KPIGraph, x: str, y: str, panel: Panel) -> Estimand | Text:
    """The regression of x(t+1) on y(t) given the parents of x(t+1) and y(t-1), or why there is none."""
    if not panel.repeated:
        return Text("It takes units that are seen repeatedly.", "Dit vergt eenheden die vaker zijn waargenomen.")
    if graph[x].formula is not None:
        return Text("{x} is arithmetic.", "{x} is een rekensom.", x=Name(x))
    if not (panel.frame[x].groupby(level=0).nunique() > 1).any():
        return Text(
            "{x} changes within no unit: what it is later is what it is now.",
            "{x} verandert binnen geen enkele eenheid: wat het later is, is het nu al.",
            x=Name(x),
        )
    now = Node(y, 0)
    if now in {Node(kpi, 1 - lag) for kpi, lag in graph.causes[x]}:
        return Text(
            "By the graph {y} is itself a direct cause of {x}: the two are expected to be related.",
            "Volgens de graaf is {y} zelf een directe oorzaak van {x}: samenhang is dan te verwachten.",
            y=Name(y, 0),
            x=Name(x, 1),
        )
    return given_parents(graph, now, Node(x, 1), panel, {Node(y, -1)})


def given_parents(
    graph: KPIGraph, source: Node, target: Node, panel: Panel, also: Collection[Node] = ()
) -> Estimand | Text:
    """The regression of a target on a source given the target's other parents in the graph, or why there is none.

    Parameters
    ----------
    graph : KPIGraph
    source, target : Node
        The source in period 0.
    panel : Panel
    also : collection of Node
        To be held fixed too.
    """
    parents = {Node(kpi, target.period - lag) for kpi, lag in graph.causes[target.kpi]} - {source}
    unseen = sorted(n.kpi for n in parents if not graph[n.kpi].observed or n.kpi not in panel.frame)
    if unseen:
        return Text(
            "There are no data on {kpis}, a direct cause of {x}.",
            "Er zijn geen gegevens over {kpis}, een directe oorzaak van {x}.",
            kpis=[Name(kpi) for kpi in dict.fromkeys(unseen)],
            x=Name(target.kpi),
        )
    held = parents | set(also)
    touched = ((UNIT_NODE, graph.unit_effects), (PERIOD_NODE, graph.period_effects))
    held |= {node for node, kpis in touched if target.kpi in kpis}
    window = max(1, target.period - min((n.period for n in held), default=0), graph.longest_lag)
    strict, feedback = strictness(graph, {source}, target, held, window)
    question = Question(source.kpi, target.kpi, target.period)
    return Estimand(question, graph, "back_door", tuple(sorted(held)), window, strict, feedback)
