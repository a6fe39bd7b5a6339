"""The link system: every KPI's own equation, its direct causes held side by side.

For a KPI all of whose direct causes are measured, the regression on exactly those causes (its own past among them, unit
and period effects where the graph has them) gives the links' coefficients: nothing else opens a path to it. Each
equation is fitted by statsmodels, and DoWhy confirms the set and computes every slope again. It trusts the whole graph:
what an arrow that is missing does to one equation, the unrolled graph carries on to every effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..adjustment import by_period, strictness
from ..dag import is_adjustment_set
from ..dowhy_bridge import identify_adjustment
from ..errors import DataError, DisagreementError, Fault
from ..estimators.regression import Fit, fit
from ..estimators.sample import build_sample
from ..estimators.screen import Refusal
from ..graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node
from ..language import Name, Text, both
from ..panel import Panel
from ..question import label
from ..reasons import PANEL_NEEDED


@dataclass(frozen=True)
class Equation:
    """One KPI on its direct causes.

    Parameters
    ----------
    kpi : str
    causes : tuple of Node
        In relative time: period -1 is one period earlier.
    fit : Fit
        As fitted: slopes in the order of `causes`, clustered by unit, uncorrected.
    short : bool
        Whether unit effects bias it in a short panel, because regressors of other periods speak to the outcome.
    """

    kpi: str
    causes: tuple[Node, ...]
    fit: Fit = field(repr=False)
    short: bool


@dataclass(frozen=True, eq=False)
class Equations:
    """The equations of a graph that these data can carry.

    Parameters
    ----------
    graph : KPIGraph
        Absent KPIs hidden, the organisation's own as part of what all units share in a period.
    fitted : mapping of str to Equation
        By KPI; KPIs without causes need none.
    refused : mapping of str to Text
        Why the others have no equation.
    """

    graph: KPIGraph
    fitted: Mapping[str, Equation]
    refused: Mapping[str, Text]

    @property
    def links(self) -> list[tuple[str, Node]]:
        """Every coefficient: the KPI and the cause it belongs to, in the order of :attr:`slopes`."""
        return [(kpi, cause) for kpi in sorted(self.fitted) for cause in self.fitted[kpi].causes]

    @property
    def slopes(self) -> np.ndarray:
        """All coefficients as fitted, shape (links,)."""
        return np.concatenate([np.empty(0), *(self.fitted[kpi].fit.slopes for kpi in sorted(self.fitted))])

    @property
    def units(self) -> tuple[str, ...]:
        """The units that any equation uses, sorted."""
        return tuple(sorted({unit for found in self.fitted.values() for unit in found.fit.sample.units}))

    def left_out(self) -> np.ndarray:
        """All coefficients with each unit left out in turn, shape (units, links)."""
        place = {unit: i for i, unit in enumerate(self.units)}
        columns = []
        for kpi in sorted(self.fitted):
            found = self.fitted[kpi].fit
            replicates = np.tile(found.slopes, (len(place), 1))
            replicates[[place[unit] for unit in found.sample.units]] = found.left_out
            columns.append(replicates)
        return np.column_stack([np.empty((len(place), 0)), *columns])


def fit_equations(
    panel: Panel, graph: KPIGraph, kpis: Iterable[str] | None = None, *, confirm: bool = True
) -> Equations:
    """Fit the equation of every KPI, or of these.

    Parameters
    ----------
    panel : Panel
    graph : KPIGraph
        KPIs that the panel does not have are taken for hidden.
    kpis : iterable of str, optional
        All that are measured and no identities, by default.
    confirm : bool
        Whether DoWhy confirms every set and slope; only simulations should skip it.

    Raises
    ------
    DisagreementError
        If DoWhy does not confirm a set, or gives another slope than statsmodels.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkpi import KPI, Link
    >>> from causalkpi.panel import as_panel
    >>> rng = np.random.default_rng(1)
    >>> loyalty = rng.normal(size=300)
    >>> panel = as_panel(pd.DataFrame({"loyalty": loyalty, "spend": 2 * loyalty + rng.normal(size=300)}))
    >>> found = fit_equations(panel, KPIGraph((KPI("loyalty"), KPI("spend")), (Link("loyalty", "spend"),)))
    >>> found.links[0][1], round(float(found.slopes[0]))
    (Node(kpi='loyalty', period=0), 2)
    """
    several = panel.n_units > 1
    held = shape_of(panel, graph)
    wanted = sorted(held.ids if kpis is None else set(kpis) & set(held.ids))
    fitted: dict[str, Equation] = {}
    refused: dict[str, Text] = {}
    for kpi in wanted:
        if held[kpi].formula is not None or not held.causes[kpi]:
            continue
        try:
            fitted[kpi] = _equation(panel, held, kpi, several, confirm)
        except Refusal as refusal:
            refused[kpi] = Text("{why}", "{why}", why=refusal.reason)
        except DataError as error:
            refused[kpi] = Text("{why}", "{why}", why=error.text)
    return Equations(held, fitted, refused)


def shape_of(panel: Panel, graph: KPIGraph) -> KPIGraph:
    """The graph as this panel can bear it out: absent KPIs hidden, the organisation's own part of the period."""
    held = graph.hide(*(k for k in graph.ids if k not in panel.frame))
    return by_period(held) if panel.n_units > 1 else held


def _equation(panel: Panel, graph: KPIGraph, kpi: str, several: bool, confirm: bool) -> Equation:
    """One KPI's equation, or a Refusal."""
    _usable(graph, kpi, panel.repeated, several)
    causes = tuple(Node(source, -lag) for source, lag in sorted(graph.causes[kpi], key=lambda c: (c[0], c[1])))
    fixed = [UNIT_NODE] * (kpi in graph.unit_effects) + [PERIOD_NODE] * (kpi in graph.period_effects and several)
    if confirm:
        _confirm(graph, kpi, causes, fixed)
    sample = build_sample(panel, Node(kpi, 0), causes, fixed)
    window = max(1, graph.longest_lag)
    strict, _ = strictness(graph, set(causes), Node(kpi, 0), set(fixed), window)
    return Equation(kpi, causes, fit(sample, confirm=confirm), sample.unit_effects and not strict)


def _usable(graph: KPIGraph, kpi: str, repeated: bool, several: bool) -> None:
    """Refuse an equation some of whose causes are hidden, or whose rows were chosen by it."""
    if not graph[kpi].observed:
        raise Refusal(Text("{kpi} is hidden.", "{kpi} is verborgen.", kpi=Name(kpi)))
    hidden = sorted({source for source, _ in graph.causes[kpi] if not graph[source].observed})
    if hidden:
        raise Refusal(
            Text(
                "Of the direct causes of {kpi}, {hidden} is hidden.",
                "Van de directe oorzaken van {kpi} is {hidden} verborgen.",
                kpi=Name(kpi),
                hidden=both(map(Name, hidden)),
            ),
            Text("Measure {hidden}.", "Meet {hidden}.", hidden=both(map(Name, hidden))),
        )
    if several and graph[kpi].level == "organisation":
        raise Refusal(
            Text(
                "{kpi} has one value per period for the whole organisation.",
                "{kpi} heeft per periode één waarde voor de hele organisatie.",
                kpi=Name(kpi),
            ),
            PANEL_NEEDED,
        )
    if any(found.selected for found in graph.kpis):
        raise Refusal(
            Text(
                "Rows were selected by a KPI of the graph, which an equation of direct causes does not undo.",
                "De rijen zijn geselecteerd op een KPI van de graaf; een vergelijking met directe oorzaken herstelt "
                "dat niet.",
            )
        )
    if kpi in graph.unit_effects and not repeated:
        raise Refusal(
            Text(
                "Lasting hidden differences between units touch {kpi}, and units are seen once.",
                "Blijvende verborgen verschillen tussen eenheden raken {kpi}, en elke eenheid is één keer waargenomen.",
                kpi=Name(kpi),
            ),
            Text("See units repeatedly.", "Neem eenheden herhaald waar."),
        )


def _confirm(graph: KPIGraph, kpi: str, causes: tuple[Node, ...], fixed: list[Node]) -> None:
    """DoWhy must find that the fixed effects suffice for the joint effect of all direct causes."""
    dag = graph.window(range(-2 * max(1, graph.longest_lag), 1))
    target, allowed = {Node(kpi, 0)}, set(fixed) & set(dag)
    confirmed = identify_adjustment(dag, set(causes), target, allowed)
    if confirmed is None or not is_adjustment_set(dag, set(causes), target, allowed):
        names = ", ".join(map(label, causes))
        fault = Fault(f"the equation of {kpi}", names, "direct causes that DoWhy confirms")
        raise DisagreementError("DoWhy does not confirm the equation.", [fault])
