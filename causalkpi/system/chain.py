"""A chain of KPIs read off in native units: so much of the first, so much of the next, so much money.

As Sears told its own: five points of employee attitude, 1.3 points of customer impression, half a percent of revenue
growth (Rucci, Kirn and Quinn 1998, Harvard Business Review 76(1):82-97).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ..dag import downstream
from ..errors import Fault, QuestionError, did_you_mean
from ..graph import KPIGraph, Node
from ..language import NOTHING, Text
from .links import LinkSystem
from .profile import Amount


@dataclass(frozen=True)
class Step:
    """What reaches one KPI of a chain.

    Parameters
    ----------
    kpi : str
    horizon : int
        Periods after the first KPI's change.
    size : Amount
        In the KPI's own unit: the change of the first, or what of it has come this far *through the KPIs before it*.
    relative : float
        As a share of the KPI's average in the data; not a number where that is zero.
    """

    kpi: str
    horizon: int
    size: Amount
    relative: float


@dataclass(frozen=True, repr=False)
class Chain:
    """A chain of KPIs, each with what reaches it.

    Parameters
    ----------
    steps : tuple of Step
        The first is the change itself; fewer than were asked for where the links cannot be followed further.
    why : Text
        Why it stops; empty where it does not.
    level : float
    """

    steps: tuple[Step, ...]
    why: Text
    level: float

    def to_frame(self) -> pd.DataFrame:
        """One row per KPI."""
        rows = [(s.kpi, s.horizon, s.size.value, *s.size.interval, s.relative) for s in self.steps]
        return pd.DataFrame(rows, columns=["kpi", "horizon", "value", "low", "high", "relative"])

    def __str__(self) -> str:
        said = [
            f"{s.size.value:+.4g} {s.kpi}" + (f" ({s.relative:+.2%})" if i else "") for i, s in enumerate(self.steps)
        ]
        return " -> ".join(said) + (f"\n  {self.why}" if self.why else "")

    __repr__ = __str__


def chain(system: LinkSystem, kpis: Sequence[str], *, change: float = 1.0, level: float = 0.95) -> Chain:
    """Follow a change from KPI to KPI.

    Parameters
    ----------
    system : LinkSystem
    kpis : sequence of str
        Two or more, each reachable from the one before it. What is told of each passes through all that stand before
        it, when it first arrives and by how much.
    change : float
        Of the first, in its own unit, for one period.
    level : float

    Raises
    ------
    QuestionError
        For unknown KPIs, the same one twice, or no path from one to the next.
    """
    graph = system.graph
    moments = _moments(graph, kpis)
    means = system.panel.frame.mean()
    first = Amount(change, 0.0, (change, change), 0.0)
    steps = [Step(kpis[0], 0, first, _relative(change, means.get(kpis[0], np.nan)))]
    for i in range(1, len(kpis)):
        target = Node(kpis[i], moments[i])
        ways = system.ways(kpis[0], kpis[i], moments[i], change)
        if ways.until < moments[i]:
            return Chain(tuple(steps), ways.why, level)
        named = [kpi for kpi in kpis[1:i] if graph[kpi].formula is None]

        def outputs(slopes: np.ndarray, ways=ways, target=target, named=tuple(named)) -> np.ndarray:
            parts = ways.follow_apart(slopes, [target], named)[target]
            return change * parts.get(frozenset(named), np.zeros(len(slopes)))[:, None]

        size = system.outputs(ways, outputs).amount(np.ones(1), level)
        steps.append(Step(kpis[i], moments[i], size, _relative(size.value, means.get(kpis[i], np.nan))))
    return Chain(tuple(steps), NOTHING, level)


def _moments(graph: KPIGraph, kpis: Sequence[str]) -> list[int]:
    """When a change of the first reaches each, passing through those before it."""
    faults = [
        Fault("chain", f"unknown KPI {kpi!r}", "a KPI of the graph", did_you_mean(kpi, graph.ids))
        for kpi in kpis
        if kpi not in graph
    ]
    if len(kpis) < 2 or len(set(kpis)) < len(kpis):
        faults.append(Fault("chain", ", ".join(kpis) or "nothing", "two or more different KPIs"))
    moments = [0]
    for before, after in pairwise(kpis) if not faults else ():
        reached = downstream(graph.window(range(graph.longest_chain + 1)), {Node(before, 0)})
        later = min((n.period for n in reached if n.kpi == after), default=None)
        if later is None:
            faults.append(Fault("chain", f"no path from {before} to {after}", "a path of the graph"))
            break
        moments.append(moments[-1] + later)
    if faults:
        raise QuestionError("The chain cannot be followed.", faults)
    return moments


def _relative(value: float, level: float) -> float:
    return float(value / abs(level)) if level and np.isfinite(level) else float("nan")
