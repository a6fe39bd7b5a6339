"""The links, followed one by one: whether they give what the adjusted regression gives.

The finding is :func:`causalkpi.system.agreement.two_routes`, here at the one horizon of a regression.
"""

from __future__ import annotations

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding
from ..graph import Node
from ..panel import Panel
from ..system.agreement import compare, incomparable
from ..system.links import fit_system


def two_routes(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether the link system and this regression estimate the same.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        For the simulated panels, where the link system was not fitted yet.
    """
    system = fit_system(panel, regression.estimand.graph, rng=rng, confirm=False)
    source, target = regression.treatment, regression.outcome
    horizon = target.period - source.period
    ways = system.ways(source.kpi, target.kpi, horizon)
    if ways.until < horizon:
        return incomparable(ways.why)
    node = Node(target.kpi, horizon)

    def outputs(slopes: np.ndarray) -> np.ndarray:
        return ways.follow(slopes).get(node, np.zeros(len(slopes)))[:, None] * regression.weight

    found = system.outputs(ways, outputs)
    place = {unit: i for i, unit in enumerate(system.equations.units)}
    best = regression.best
    other = np.full(len(place), float(best.slopes[0]))
    at = [place[unit] for unit in best.sample.units if unit in place]
    of = [i for i, unit in enumerate(best.sample.units) if unit in place]
    other[at] = best.left_out[of, 0]
    adjusted = {horizon: float(best.slopes[0]) * regression.weight}
    moved = {horizon: other * regression.weight}
    df = min(found.df, best.df)
    return compare({horizon: float(found.values[0])}, {horizon: found.moved[:, 0]}, adjusted, moved, df, rng)[0]
