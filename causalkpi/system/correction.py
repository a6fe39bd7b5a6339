"""Short panels: the link system corrected until panels simulated from it show what was observed.

Taking out unit means biases every equation with an own past by about 1/T. The corrected coefficients are those from
which simulated panels, of many times the units, with the rows that each equation really had and the spreads that the
residuals show, give back the fixed-effects coefficients that were observed (indirect inference: Gourieroux, Phillips
and Yu 2010, Journal of Econometrics 157:68-77; for panels also Everaert and Pozzi 2007, Journal of Economic Dynamics
and Control 31:1160-1184). The noise is drawn once, so that the search converges to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np

from ..estimators.screen import Refusal
from ..formula import Formula
from ..graph import Node
from ..language import Name, Text, both
from ..panel import Panel
from .equations import Equation, Equations

COPIES, MOST_UNITS = 12, 20_000
ROUNDS, CLOSE = 12, 0.01  # of a standard error
BURN_IN = 40
MOST_PERSISTENT = 0.9
FEWEST_PERIODS = 4
RUNS_AWAY = Text(
    "The system of links runs away: a KPI's own past, or a loop, multiplies a change instead of letting it die out.",
    "Het stelsel van verbanden loopt uit de hand: het eigen verleden van een KPI, of een lus, vergroot een "
    "verandering in plaats van haar te laten uitdoven.",
)


@dataclass(frozen=True, eq=False)
class Corrected:
    """Coefficients without the bias of short panels.

    Parameters
    ----------
    slopes : ndarray, shape (links,)
        In the order of the equations' links.
    left_out : ndarray, shape (units, links)
        With each unit left out in turn.
    noise : float
        By how much the simulation adds to every variance: one over the copies of each unit; 0 where nothing was
        corrected.
    rounds : int
        Simulations until the observed coefficients came back.
    """

    slopes: np.ndarray
    left_out: np.ndarray
    noise: float
    rounds: int


def correct(panel: Panel, equations: Equations, rng: np.random.Generator) -> Corrected:
    """Correct the equations that unit effects bias; the others stay as they were fitted.

    Parameters
    ----------
    panel : Panel
    equations : Equations
    rng : numpy.random.Generator

    Raises
    ------
    Refusal
        If a KPI that the simulation needs has no equation, units are seen too briefly, or the system runs away.
    """
    observed, left_out = equations.slopes, equations.left_out()
    short = [kpi for kpi in sorted(equations.fitted) if equations.fitted[kpi].short]
    if not short:
        return Corrected(observed, left_out, 0.0, 0)
    for kpi in short:
        _long_enough(equations.fitted[kpi])
    simulate = Simulation.of(panel, equations, short, rng)
    at = np.array([i for i, (kpi, _) in enumerate(equations.links) if kpi in short])
    errors = np.sqrt(
        np.concatenate([np.diag(equations.fitted[kpi].fit.covariance) for kpi in sorted(equations.fitted)])
    )
    slopes, rounds, gap = observed.copy(), 0, np.inf
    while gap > CLOSE and rounds < ROUNDS:
        step = observed[at] - simulate(slopes)
        gap = float(np.abs(step / errors[at]).max())
        slopes[at] += step
        rounds += 1
        if not np.isfinite(slopes).all() or persistence(equations, slopes, simulate.kpis) >= 1:
            raise Refusal(RUNS_AWAY, Text("Look at differences.", "Kijk naar veranderingen."))
    root = persistence(equations, slopes, simulate.kpis)
    if root > MOST_PERSISTENT:
        raise Refusal(
            Text(
                "Of a change {root:.0%} is left a period later: beyond {most:.0%} the correction for short panels was "
                "not simulated.",
                "Van een verandering is een periode later nog {root:.0%} over: voorbij {most:.0%} is de correctie voor "
                "korte panels niet gesimuleerd.",
                root=root,
                most=MOST_PERSISTENT,
            ),
            Text("Look at differences.", "Kijk naar veranderingen."),
        )
    moved = left_out.copy()
    moved[:, at] = slopes[at] + (left_out[:, at] - observed[at]) @ _back(equations, simulate, slopes, errors, at).T
    return Corrected(slopes, moved, 1 / simulate.copies, rounds)


def _back(
    equations: Equations, simulate: Simulation, slopes: np.ndarray, errors: np.ndarray, at: np.ndarray
) -> np.ndarray:
    """How corrected coefficients move with observed ones: the inverse of what a simulation does, equation by equation.

    Each round moves one coefficient of every equation at once, because equations hardly speak to one another here.
    """
    kpis = [equations.links[i][0] for i in at]
    place = [kpis[:i].count(kpi) for i, kpi in enumerate(kpis)]
    answer = np.zeros((len(at), len(at)))
    for number in range(max(place) + 1):
        chosen = np.array([i for i, p in enumerate(place) if p == number])
        up, down = slopes.copy(), slopes.copy()
        up[at[chosen]] += errors[at[chosen]]
        down[at[chosen]] -= errors[at[chosen]]
        change = simulate(up) - simulate(down)
        for i in chosen:
            same = np.array([kpi == kpis[i] for kpi in kpis])
            answer[same, i] = change[same] / (2 * errors[at[i]])
    return np.linalg.inv(answer)


def persistence(equations: Equations, slopes: np.ndarray, among: Collection[str]) -> float:
    """How much of a change is left one period later, at most: the largest root of the links among these KPIs.

    Loops that pass through arithmetic are left out: a stock such as the number of customers keeps what it gets.
    """
    kpis = sorted(among)
    inside = [(k, c, b) for (k, c), b in zip(equations.links, slopes, strict=True) if k in among and c.kpi in among]
    longest = max((-cause.period for _, cause, _ in inside), default=0)
    place = {kpi: i for i, kpi in enumerate(kpis)}
    width = len(kpis)
    if not longest:
        return 0.0
    lags = np.zeros((longest + 1, width, width))
    for kpi, cause, slope in inside:
        lags[-cause.period, place[kpi], place[cause.kpi]] = slope
    at_once = np.linalg.inv(np.eye(width) - lags[0])
    companion = np.zeros((width * longest, width * longest))
    companion[:width] = np.hstack([at_once @ lag for lag in lags[1:]])
    companion[width:, :-width] = np.eye(width * (longest - 1))
    return float(np.abs(np.linalg.eigvals(companion)).max())


def _long_enough(equation: Equation) -> None:
    seen = float(np.median(np.bincount(equation.fit.sample.unit)))
    if seen < FEWEST_PERIODS:
        raise Refusal(
            Text(
                "Units are seen in {seen:g} usable periods; taking out the lasting differences in {kpi} and mending "
                "what that does to a short panel takes {fewest}.",
                "Eenheden hebben {seen:g} bruikbare perioden; de blijvende verschillen in {kpi} uitschakelen en "
                "herstellen wat dat met een kort panel doet, vergt er {fewest}.",
                seen=seen,
                kpi=Name(equation.kpi),
                fewest=FEWEST_PERIODS,
            ),
            Text("Bring more periods.", "Lever meer perioden aan."),
        )


@dataclass(frozen=True, eq=False)
class Simulation:
    """Panels drawn from coefficients, in deviations from each unit's own level, and what fixed effects make of them.

    Called with coefficients (in the order of the equations' links), it gives the fixed-effects coefficients of the
    equations in question.
    """

    copies: int
    links: list[tuple[str, Node]]
    steps: list[tuple[str, list[tuple[str, int, int]], list[tuple[str, int, np.ndarray]]]]
    noise: Mapping[str, np.ndarray]
    first: int
    asked: list[Callable[[Mapping[str, np.ndarray]], np.ndarray]]

    @classmethod
    def of(cls, panel: Panel, equations: Equations, kpis: list[str], rng: np.random.Generator) -> Simulation:
        """Prepare the simulation for the equations of these KPIs."""
        graph, links = equations.graph, equations.links
        units = {unit: i for i, unit in enumerate(panel.units)}
        copies = max(2, min(COPIES, MOST_UNITS // len(units)))
        needed = _needed(equations, kpis)
        order = [kpi for kpi in _instant_order(equations) if kpi in needed]
        span = panel.ordinals[-1] - panel.ordinals[0] + 1
        first = graph.longest_lag + BURN_IN
        steps, noise = [], {}
        for kpi in order:
            formula = graph[kpi].formula
            at = [(cause.kpi, -cause.period, i) for i, (k, cause) in enumerate(links) if k == kpi]
            sums = _derivatives(panel, formula, copies) if formula is not None else []
            steps.append((kpi, at, sums))
            if formula is None:
                noise[kpi] = _spread(panel, equations, kpi) * rng.standard_normal((first + span, copies * len(units)))
        asked = [_fixed_effects(panel, equations.fitted[kpi], units, copies, first) for kpi in kpis]
        return cls(copies, links, steps, noise, first, asked)

    @property
    def kpis(self) -> tuple[str, ...]:
        """The KPIs that are drawn."""
        return tuple(kpi for kpi, _, _ in self.steps)

    def __call__(self, slopes: np.ndarray) -> np.ndarray:
        """The fixed-effects coefficients of one panel simulated from these slopes."""
        shape = next(iter(self.noise.values())).shape
        values = {kpi: self.noise[kpi].copy() if kpi in self.noise else np.zeros(shape) for kpi, _, _ in self.steps}
        with np.errstate(over="ignore", invalid="ignore"):
            for t in range(shape[0]):
                for kpi, causes, sums in self.steps:
                    now = values[kpi][t]
                    for source, lag, i in causes:
                        if t >= lag:
                            now += slopes[i] * values[source][t - lag]
                    for source, lag, weight in sums:
                        if t >= lag:
                            now += weight * values[source][t - lag]
        return np.concatenate([ask(values) for ask in self.asked])


def _needed(equations: Equations, kpis: list[str]) -> set[str]:
    """The KPIs that a simulation must draw; a Refusal where one of them has no equation."""
    summary = equations.graph.summary()
    needed = set(kpis).union(*(nx.ancestors(summary, kpi) for kpi in kpis))
    missing = sorted(k for k in needed if k in equations.refused)
    if missing:
        raise Refusal(
            Text(
                "The correction for short panels simulates all causes, and {kpis} has no equation: {why}",
                "De correctie voor korte panels bootst alle oorzaken na, en {kpis} heeft geen vergelijking: {why}",
                kpis=both(map(Name, missing)),
                why=equations.refused[missing[0]],
            )
        )
    return needed


def _instant_order(equations: Equations) -> list[str]:
    """KPIs such that what works at once comes before what it works on."""
    instant = nx.DiGraph()
    instant.add_nodes_from(equations.graph.ids)
    for target, causes in equations.graph.causes.items():
        instant.add_edges_from((source, target) for source, lag in causes if lag == 0)
    return list(nx.lexicographical_topological_sort(instant))


def _derivatives(panel: Panel, formula: Formula, copies: int) -> list[tuple[str, int, np.ndarray]]:
    """An identity as a weighted sum of its arguments, near each unit's own level; weights of shape (units drawn,)."""
    level = panel.frame.groupby(level="unit").mean()
    overall = panel.frame.mean()
    weights: dict[tuple[str, int], np.ndarray] = {}
    for coefficient, factors in formula.terms:
        for i, argument in enumerate(factors):
            product = np.full(len(level), float(coefficient))
            for j, (kpi, _) in enumerate(factors):
                if j != i:
                    product = product * level[kpi].fillna(overall[kpi]).to_numpy()
            weights[argument] = weights.get(argument, np.zeros(len(level))) + product
    return [(kpi, lag, np.tile(weight, copies)) for (kpi, lag), weight in sorted(weights.items())]


def _spread(panel: Panel, equations: Equations, kpi: str) -> float:
    """The standard deviation of what is new in a KPI each period."""
    if kpi in equations.fitted:
        found = equations.fitted[kpi].fit
        sample, slopes = found.sample, found.slopes
        left = sample.outcome - sample.outcome.mean()
        q = (
            np.linalg.qr(np.column_stack([sample.dummies, np.empty((len(left), 0))]))[0]
            if sample.dummies.size
            else None
        )
        residual = left - sample.treatments @ slopes
        residual = residual - residual.mean() - (q @ (q.T @ residual) if q is not None else 0.0)
        free = len(left) - sample.design.shape[1] - (len(sample.units) if sample.unit_effects else 0)
        return float(np.sqrt(residual @ residual / max(1, free)))
    values = panel.frame[kpi]
    if kpi in equations.graph.unit_effects and panel.repeated:
        values = values - values.groupby(level="unit").transform("mean")
    if kpi in equations.graph.period_effects and panel.n_units > 1:
        values = values - values.groupby(level="period").transform("mean")
    return float(values.std())


def _fixed_effects(
    panel: Panel, equation: Equation, units: Mapping[str, int], copies: int, first: int
) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
    """The fixed-effects regression of one equation on the rows that it really had, in every copy."""
    used = equation.fit.sample.used
    index = panel.frame.index[used]
    unit = index.get_level_values(0).map(units).to_numpy()
    time = index.get_level_values(1).to_numpy() - panel.ordinals[0] + first
    column = (np.arange(copies)[:, None] * len(units) + unit).ravel()
    time = np.tile(time, copies)
    order = np.argsort(column, kind="stable")
    column, time = column[order], time[order]
    starts = np.flatnonzero(np.r_[True, np.diff(column) != 0])
    counts = np.diff(np.r_[starts, len(column)])

    def ask(values: Mapping[str, np.ndarray]) -> np.ndarray:
        picked = [values[equation.kpi][time, column]]
        picked += [values[cause.kpi][time + cause.period, column] for cause in equation.causes]
        table = np.column_stack(picked)
        table -= np.repeat(np.add.reduceat(table, starts) / counts[:, None], counts, axis=0)
        scale = np.sqrt(np.einsum("ij,ij->j", table, table))
        table /= scale
        gram = table.T @ table
        return np.linalg.solve(gram[1:, 1:], gram[1:, 0]) * scale[0] / scale[1:]

    return ask
