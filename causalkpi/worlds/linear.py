"""Organisations whose KPIs are linear in their causes, around a steady state.

For unit u and period t, a KPI x with level m, causes z and coefficients b is

    x(u, t) - m = sum of b (z(u, t - lag) - m_z)       what other KPIs and its own past did
                  + quality q(u) + lasting l(u)        what lasts in the unit, shared by KPIs or its
                  own + season(t) + shock s(t)             what all units share in the period +
                  noise e(u, t)

with q, l, s and e standard normal. Identities are computed by their formulas, so where one
multiplies, an effect differs between units. Nothing is clipped: clipping would make effects depend
on where a unit stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import networkx as nx
import numpy as np

from ..errors import Fault, GraphError, QuestionError, raise_all
from ..graph import KPIGraph
from ..kpi import Formula
from .interventions import History, Intervention, sustained


@dataclass(frozen=True)
class Equation:
    """How one KPI comes about.

    Parameters
    ----------
    level : float
        Its steady state, in its own unit.
    noise : float
        Standard deviation of what nothing else explains.
    causes : mapping of (str, int) to float
        The change in this KPI per unit of a cause so many periods earlier.
    quality, lasting : float
        What one standard deviation of the unit's quality adds, and of what lasts in this KPI alone.
    season : tuple of float
        What each quarter of the year adds.
    shock : float
        What one standard deviation of the period's common shock adds.
    """

    level: float
    noise: float
    causes: Mapping[tuple[str, int], float] = field(default_factory=dict)
    quality: float = 0.0
    lasting: float = 0.0
    season: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    shock: float = 0.0


@dataclass(frozen=True)
class Start:
    """Where an identity with a past of its own begins: lognormal over units.

    Parameters
    ----------
    median : float
        In the identity's own unit.
    spread : float
        Standard deviation of its logarithm.
    """

    median: float
    spread: float


@dataclass(frozen=True)
class LinearSystem:
    """A sampler for a graph and an equation per KPI.

    Parameters
    ----------
    graph : KPIGraph
        Every link has its coefficient, and every unit and period effect its size: no more and no
        less.
    equations : mapping of str to Equation
        One for each KPI that is not arithmetic.
    starts : mapping of str to Start
        One for each identity that depends on its own past.
    burn_in : int
        Periods before the panel begins; nobody intervenes in them.

    Raises
    ------
    GraphError
        Listing every place where the equations and the graph differ.

    Examples
    --------
    >>> from causalkpi.graph import KPIGraph
    >>> from causalkpi.kpi import KPI, Link
    >>> graph = KPIGraph((KPI("a"), KPI("b")), (Link("a", "b", lag=1),))
    >>> a, b = Equation(10.0, noise=1.0), Equation(5.0, noise=0.0, causes={("a", 1): 0.5})
    >>> firm = LinearSystem(graph, {"a": a, "b": b})
    >>> history = firm(units=1, periods=3, rng=np.random.default_rng(1))
    >>> shifted = history({"a": lambda values, period: values + 2.0})
    >>> (shifted["b"] - history({})["b"]).round(12)
    array([[0., 1., 1.]])
    """

    graph: KPIGraph
    equations: Mapping[str, Equation]
    starts: Mapping[str, Start] = field(default_factory=dict)
    burn_in: int = 20

    def __post_init__(self) -> None:
        raise_all(GraphError, "The equations do not fit the graph.", _misfits(self))

    def __call__(self, units: int, periods: int, rng: np.random.Generator) -> History:
        """Draw an organisation; the history returned runs it under interventions.

        Parameters
        ----------
        units, periods : int
            The size of the panel.
        rng : numpy.random.Generator
            All chance is drawn here, so a history does not depend on how often or with what it is
            run.

        Returns
        -------
        callable
            From interventions to arrays (units, periods), one per KPI.
        """
        uncaused = self._draw(units, periods, rng)
        natural = self._run(uncaused, uncaused, range(len(uncaused)), {})
        natural.flags.writeable = False  # every run without interventions hands out this one
        before = len(uncaused) - periods

        def history(do: Mapping[str, Intervention]) -> dict[str, np.ndarray]:
            window = range(before, len(uncaused))
            values = self._run(uncaused, natural, window, do) if do else natural
            return {kpi: values[before:, k].T for kpi, k in self._position.items()}

        return history

    @property
    def coefficients(self) -> dict[tuple[str, str, int], float]:
        """The coefficient of every link: (source, target, lag)."""
        return {
            (source, target, lag): value
            for target, equation in self.equations.items()
            for (source, lag), value in equation.causes.items()
        }

    @cached_property
    def levels(self) -> dict[str, float]:
        """The steady state of every KPI; where the arithmetic starts, its median."""
        levels = {kpi: equation.level for kpi, equation in self.equations.items()}
        levels |= {kpi: start.median for kpi, start in self.starts.items()}
        for kpi in self._order:
            formula = self.graph[kpi].formula
            if formula is not None and kpi not in levels:
                levels[kpi] = float(formula.evaluate(lambda argument, lag: levels[argument]))
        return levels

    @cached_property
    def _position(self) -> dict[str, int]:
        return {kpi: k for k, kpi in enumerate(self.graph.ids)}

    @cached_property
    def _order(self) -> tuple[str, ...]:
        """The KPIs such that what works at once comes before what it works on."""
        instant = nx.DiGraph()
        instant.add_nodes_from(self.graph.ids)
        for target, causes in self.graph.causes.items():
            instant.add_edges_from((source, target) for source, lag in causes if lag == 0)
        return tuple(nx.lexicographical_topological_sort(instant, key=self._position.__getitem__))

    @cached_property
    def _steps(self) -> list[tuple[str, int, Formula | None, list[tuple[int, int, float]]]]:
        """For each KPI in order: its position, and its formula or (position, lag, coefficient)s."""
        steps = []
        for kpi in self._order:
            causes = self.equations[kpi].causes if kpi in self.equations else {}
            terms = [(self._position[source], lag, b) for (source, lag), b in causes.items()]
            steps.append((kpi, self._position[kpi], self.graph[kpi].formula, terms))
        return steps

    def _draw(self, units: int, periods: int, rng: np.random.Generator) -> np.ndarray:
        """All that no KPI causes: (periods before and in the panel, KPIs, units)."""
        past = self.graph.longest_lag
        shape = (past + self.burn_in + periods, len(self.graph.kpis), units)
        quality, lasting = rng.standard_normal(units), rng.standard_normal(shape[1:])
        shock, start = rng.standard_normal(shape[0]), rng.standard_normal(shape[1:])
        uncaused = rng.standard_normal(shape)
        quarter = np.arange(-past - self.burn_in, periods) % 4
        for kpi, k in self._position.items():
            x, level = uncaused[:, k], self.levels[kpi]
            if self.graph[kpi].level == "organisation":
                x[:] = x[:, :1]
            if kpi in self.equations:
                equation = self.equations[kpi]
                at_rest = sum(b * self.levels[source] for (source, _), b in equation.causes.items())
                unit = equation.quality * quality + equation.lasting * lasting[k]
                period = np.array(equation.season)[quarter] + equation.shock * shock
                x *= equation.noise
                x += level - at_rest + unit + period[:, None]
            x[:past] = level
            if kpi in self.starts:
                x[:past] = level * np.exp(self.starts[kpi].spread * start[k])
        return uncaused

    def _run(
        self,
        uncaused: np.ndarray,
        natural: np.ndarray,
        window: range,
        do: Mapping[str, Intervention],
    ) -> np.ndarray:
        """Compute the KPIs over the periods of `window`; what came before is as in `natural`."""
        acts = {
            kpi: act.against(natural[window.start :, self._position[kpi]]) if isinstance(act, sustained) else act
            for kpi, act in do.items()
        }
        values = uncaused.copy()
        values[: window.start] = natural[: window.start]
        for t in range(max(window.start, self.graph.longest_lag), window.stop):

            def value(argument: str, lag: int, t: int = t) -> np.ndarray:
                return values[t - lag, self._position[argument]]

            for kpi, k, formula, terms in self._steps:
                if formula is not None:
                    values[t, k] = formula.evaluate(value)
                for source, lag, b in terms:
                    values[t, k] += b * values[t - lag, source]
                if kpi in acts:
                    given = acts[kpi](values[t, k].copy(), t - window.start)
                    values[t, k] = _one_per_unit(kpi, given, values.shape[2])
        return values


def _one_per_unit(kpi: str, given: object, units: int) -> np.ndarray:
    """What an intervention gives, if it can be the KPI's values; QuestionError otherwise."""
    values = np.asarray(given, dtype=float)
    if values.shape in ((), (units,)) and np.isfinite(values).all():
        return values
    found = "values that are no numbers" if values.shape in ((), (units,)) else f"{values.shape}"
    fault = Fault(f"do[{kpi!r}]", found, f"a number, or {units} of them", rule="intervention")
    raise QuestionError("An intervention does not say what the values become.", [fault])


def _misfits(system: LinearSystem) -> list[Fault]:
    """Every place where the equations say something else than the graph."""
    graph, equations = system.graph, system.equations
    stochastic = {kpi.id for kpi in graph.kpis if kpi.formula is None}
    grown = {kpi for kpi, causes in graph.causes.items() if kpi in {source for source, _ in causes}} - stochastic

    def touched(*terms: str) -> set[str]:
        return {k for k, e in equations.items() if any(np.any(getattr(e, term)) for term in terms)}

    compared: list[tuple[str, set, set]] = [
        ("equations", stochastic, set(equations)),
        ("starts", grown, set(system.starts)),
        ("unit effects", set(graph.unit_effects), touched("quality", "lasting")),
        ("period effects", set(graph.period_effects), touched("season", "shock")),
    ]
    for kpi in sorted(stochastic & set(equations)):
        causes = set(graph.causes[kpi])
        compared.append((f"causes of {kpi!r}", causes, set(equations[kpi].causes)))
        if graph[kpi].level == "organisation":
            local = {source for source, _ in causes if graph[source].level != "organisation"}
            local |= {kpi} & set(graph.unit_effects)
            compared.append((f"what differs between units in {kpi!r}", set(), local))
    return [
        Fault(what, f"{word} {', '.join(sorted(map(str, names)))}", "just what the graph has")
        for what, in_graph, given in compared
        for word, names in (("nothing for", in_graph - given), ("too much:", given - in_graph))
        if names
    ]
