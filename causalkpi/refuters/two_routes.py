"""The links, followed one by one: whether they give what the adjusted regression gives.

The finding is :func:`causalkpi.system.agreement.two_routes`, here at the one horizon of a regression; of an answer
along the links alone, at the shorter horizons that both routes can answer.
"""

from __future__ import annotations

import numpy as np

from ..estimators import Answer, Estimate, estimate
from ..estimators.result import Regression
from ..finding import Finding
from ..graph import Node
from ..identification import identify
from ..language import Text
from ..panel import Panel
from ..question import Question
from ..system.agreement import compare, incomparable
from ..system.links import fit_system
from ..system.profile import profile

_NONE_SHORTER = Text(
    "There is no shorter horizon at which both routes have an answer.",
    "Er is geen kortere horizon waarop beide routes een antwoord geven.",
)


def two_routes(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether the link system and this regression estimate the same.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        For the simulated panels, where the link system was not fitted yet.
    """
    system = fit_system(panel, regression.estimand.graph, confirm=False)
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


def two_routes_before(answer: Estimate, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether both routes agree at the horizons before that of an answer along the links alone.

    Parameters
    ----------
    answer : Estimate
        Along the links.
    panel : Panel
        The one that it was estimated from.
    rng : numpy.random.Generator
    """
    question, graph = answer.question, answer.estimand.graph
    last = question.horizon - 1
    if last < int(question.treatment == question.outcome):
        return incomparable(_NONE_SHORTER)
    shape = {"repeated": panel.repeated, "several": panel.n_units > 1}

    def ask(shorter: Question) -> Answer:
        return estimate(panel, identify(graph, shorter, **shape), rng=rng, confirm=False)

    system = fit_system(panel, graph, confirm=False)
    named = (question.treatment, question.outcome)
    found = profile(system, *named, horizon=last, change=question.contrast, level=answer.level, ask=ask, rng=rng)
    return found.finding if found.finding is not None else incomparable(_NONE_SHORTER)
