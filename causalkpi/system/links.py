"""The link system of a graph and a panel, ready for profiles and paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import networkx as nx
import numpy as np

from ..estimators.clusters import jackknife_covariance
from ..estimators.draws import normal_draws
from ..estimators.screen import Refusal
from ..graph import KPIGraph, Node
from ..language import Name, Text
from ..panel import Panel
from .amounts import Outputs, coefficient_draws
from .correction import Corrected, correct
from .equations import Equations, fit_equations, shape_of
from .responses import Ways, find_ways

DRAWS = 4000
FEWEST_UNITS = 15  # with eight, intervals of money were too wide (98%): tests/truth/dynamics.py


@dataclass(frozen=True, eq=False)
class LinkSystem:
    """Every link's coefficient, corrected for short panels where that is needed.

    Parameters
    ----------
    panel : Panel
    equations : Equations
        As fitted; what cannot be corrected is among the refused.
    corrected : Corrected
        Coefficients in the order of ``equations.links``, and with each unit left out.
    """

    panel: Panel = field(repr=False)
    equations: Equations
    corrected: Corrected = field(repr=False)
    _found: dict[Any, Ways] = field(init=False, repr=False, default_factory=dict)

    @property
    def graph(self) -> KPIGraph:
        """The graph of the equations: absent KPIs hidden, the organisation's own as part of the period."""
        return self.equations.graph

    def ways(self, treatment: str, outcome: str, horizon: int, size: float = 1.0) -> Ways:
        """The ways of a pulse; see :func:`causalkpi.system.responses.find_ways`."""
        units = len(self.equations.units)
        if self.panel.repeated and units < FEWEST_UNITS:
            why = Text(
                "Only {units} units can be used; along the links it takes {fewest}.",
                "Slechts {units} eenheden zijn bruikbaar; langs de verbanden zijn er {fewest} nodig.",
                units=units,
                fewest=FEWEST_UNITS,
            )
            return Ways(Node(treatment, 0), {}, -1, why)
        asked = (treatment, outcome, horizon, size)
        if asked not in self._found:
            self._found[asked] = find_ways(self.panel, self.equations, self.corrected.slopes, *asked)
        return self._found[asked]

    def used(self, ways: Ways) -> list[int]:
        """The places of the coefficients that matter on these ways."""
        return sorted({place for causes in ways.into.values() for _, place, _ in causes if place >= 0})

    @property
    def as_fitted(self) -> LinkSystem:
        """The same without the correction for short panels."""
        return replace(self, corrected=Corrected(self.equations.slopes, self.equations.left_out(), 0.0, 0))

    def df(self, ways: Ways) -> float:
        """Degrees of freedom of what is worked out along these ways: the fewest of any equation's."""
        kpis = {self.equations.links[place][0] for place in self.used(ways)}
        return min(
            (self.equations.fitted[kpi].fit.left_out_df for kpi in kpis),
            default=float(max(1, len(self.equations.units) - 1)),
        )

    def outputs(
        self, ways: Ways, work: Callable[[np.ndarray], np.ndarray], rng: np.random.Generator | None = None
    ) -> Outputs:
        """Numbers that are worked out from the coefficients on these ways.

        Parameters
        ----------
        ways : Ways
        work : callable
            From slopes, shape (sets, links), to numbers, shape (sets, k).
        rng : numpy.random.Generator, optional
            The same draws each time by default.

        Returns
        -------
        Outputs
            Both replicates and draws are widened by the noise of the simulation that corrected the coefficients.
        """
        slopes, left_out, df = self.corrected.slopes, self.corrected.left_out, self.df(ways)
        places = self.used(ways)
        if not places:  # nothing on the way is estimated, perhaps because no equation could be
            values = work(slopes[None, :])[0]
            same = np.tile(values, (max(1, len(left_out)), 1))
            return Outputs(values, same, same, df)
        moved = slopes[places] + (left_out - slopes)[:, places] * np.sqrt(1 + self.corrected.noise)
        errors = np.sqrt(np.diag(jackknife_covariance(moved)))
        steps = np.zeros((len(places), len(slopes)))
        steps[np.arange(len(places)), places] = errors
        values = work(np.vstack([slopes, slopes + steps, slopes - steps]))
        count = len(places)
        change = (values[1 : count + 1] - values[count + 1 :]) / np.where(errors > 0, 2 * errors, 1.0)[:, None]
        drawn = np.tile(slopes, (DRAWS, 1))
        draws = np.random.default_rng(0) if rng is None else rng
        drawn[:, places] = coefficient_draws(slopes[places], moved, df, DRAWS, draws)
        return Outputs(values[0], values[0] + (moved - slopes[places]) @ change, work(drawn), df)


def fit_system(
    panel: Panel, graph: KPIGraph, *, rng: np.random.Generator | None = None, confirm: bool = True
) -> LinkSystem:
    """Fit every equation that the data can carry, and correct those that unit effects bias.

    Parameters
    ----------
    panel : Panel
        Identities completed (a study's panel is).
    graph : KPIGraph
    rng : numpy.random.Generator, optional
        Of the simulated panels; the same each time by default.
    confirm : bool
        Whether DoWhy confirms every set and slope; only simulations should skip it. A system that this panel has for
        this graph already is returned as it is.

    Returns
    -------
    LinkSystem
        Where an equation can be had only with a correction that these data do not admit, it is among the refused, with
        the reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from causalkpi import KPI, Link
    >>> from causalkpi.panel import as_panel
    >>> draw = np.random.default_rng(1)
    >>> data = pd.DataFrame({"loyalty": draw.normal(size=300)})
    >>> data["advocacy"] = 0.5 * data.loyalty + draw.normal(size=300)
    >>> data["spend"] = 2 * data.advocacy + draw.normal(size=300)
    >>> graph = KPIGraph(tuple(map(KPI, data)), (Link("loyalty", "advocacy"), Link("advocacy", "spend")))
    >>> system = fit_system(as_panel(data), graph)
    >>> [round(float(slope)) for slope in 2 * system.corrected.slopes]
    [1, 4]
    """
    held = shape_of(panel, graph)
    if held not in panel.memo:
        panel.memo[held] = _fit(panel, held, np.random.default_rng(0) if rng is None else rng, confirm)
    return panel.memo[held]


def _fit(panel: Panel, graph: KPIGraph, draws: np.random.Generator, confirm: bool) -> LinkSystem:
    equations = _correctable(fit_equations(panel, graph, confirm=confirm))
    try:
        return LinkSystem(panel, equations, correct(panel, equations, draws))
    except Refusal as refusal:
        short = {kpi: refusal.reason for kpi, found in equations.fitted.items() if found.short}
        kept = _without(equations, short)
        return LinkSystem(panel, kept, correct(panel, kept, draws))


def _correctable(equations: Equations) -> Equations:
    """The equations without those whose correction would have to simulate a KPI that has no equation."""
    summary = equations.graph.summary()
    while True:
        lost = {}
        for kpi, found in equations.fitted.items():
            missing = sorted(nx.ancestors(summary, kpi) & set(equations.refused)) if found.short else []
            if missing:
                lost[kpi] = Text(
                    "Lasting differences between units bias it in a panel this short, and mending that takes an "
                    "equation of {cause}, which there is not: {why}",
                    "Blijvende verschillen tussen eenheden vertekenen die in een zo kort panel, en herstel vergt een "
                    "vergelijking van {cause}, en die is er niet: {why}",
                    cause=Name(missing[0]),
                    why=equations.refused[missing[0]],
                )
        if not lost:
            return equations
        equations = _without(equations, lost)


def _without(equations: Equations, lost: dict[str, Text]) -> Equations:
    fitted = {kpi: found for kpi, found in equations.fitted.items() if kpi not in lost}
    return replace(equations, fitted=fitted, refused={**equations.refused, **lost})


def largest(joint: np.ndarray, df: float, rng: np.random.Generator, draws: int = 20_000) -> np.ndarray:
    """Draws of the largest of several t statistics in size, shape (draws,)."""
    errors = np.sqrt(np.diag(joint))
    kept = errors > 0
    if not kept.any():
        return np.zeros(draws)
    normal = normal_draws(joint[np.ix_(kept, kept)], draws, rng) / errors[kept]
    stretch = np.sqrt(df / rng.chisquare(df, draws))
    return np.abs(normal * stretch[:, None]).max(axis=1)
