"""Lauwers Insurance: branches that adopt customer-centred KPIs in different quarters, and some that never do.

Behaviour moves in the quarter of the change and goes on moving; customer loyalty follows a quarter later, the result
two quarters after that. Branches of lasting quality change first, so that adopters beside others are no comparison;
early adopters gain more, so that plain two-way fixed effects, which hold late adopters against early ones, are biased.
Until it adopts, a branch moves as the others do, unless `drift` makes adopters-to-be improve by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..graph import KPIGraph
from ..graphfile import load_graph
from ..kpi import KPI, Formula, Link, Sign
from .interventions import History, Intervention, sustained
from .linear import Equation, LinearSystem
from .world import World

CHANGE = "customer_kpis"
_BOOK = load_graph("customer_centred")
_PASTS = ("service_behaviour", "undesirable_selling", "customer_loyalty")
_TIMING = ("quality", "readiness", CHANGE)  # what is settled by the branch itself

KPIS = (
    KPI("quality", en="lasting quality", nl="blijvende kwaliteit", kind="context", observed=False),
    KPI(
        "readiness",
        en="what a branch makes of new KPIs",
        nl="wat een kantoor van nieuwe KPI's maakt",
        kind="context",
        observed=False,
    ),
    KPI(
        CHANGE,
        en="customer-centred KPIs adopted",
        nl="klantgerichte KPI's ingevoerd",
        unit="0 before, 1 after",
        unit_nl="0 ervoor, 1 erna",
        lane="steering",
        kind="driver",
        minimum=0,
        maximum=1,
    ),
    KPI(
        "practice",
        en="new KPIs in practice",
        nl="nieuwe KPI's in de praktijk",
        observed=False,
        formula=Formula.parse(f"{CHANGE} * readiness"),
    ),
    *(_BOOK[kpi] for kpi in _PASTS),
    KPI("operating_result", en="operating result", nl="bedrijfsresultaat", unit="EUR", better="higher", lane="finance"),
)
_LATER = (
    Link("service_behaviour", "customer_loyalty", "+", 1, "ours"),
    Link("undesirable_selling", "customer_loyalty", "-", 1, "ours"),
    Link("customer_loyalty", "operating_result", "+", 2, "ours"),
    *(Link(kpi, kpi, "+", 1, "ours") for kpi in _PASTS),
)
_BEHAVIOUR: tuple[tuple[str, Sign], ...] = (("service_behaviour", "+"), ("undesirable_selling", "-"))
_SHOCKED = (*_PASTS, "operating_result")
GRAPH = KPIGraph(
    kpis=KPIS,
    links=(*(Link("practice", kpi, sign, 0, "article") for kpi, sign in _BEHAVIOUR), *_LATER),
    unit_effects=(*_TIMING, *_SHOCKED),
    period_effects=_SHOCKED,
    id="staggered",
    en="Lauwers Insurance, as it is",
    nl="Lauwers Verzekeringen, zoals het is",
    reference="ours",
)
BELIEVED = KPIGraph(
    kpis=tuple(kpi for kpi in KPIS if kpi.observed),
    links=(*(Link(CHANGE, kpi, sign, 0, "article") for kpi, sign in _BEHAVIOUR), *_LATER),
    unit_effects=(CHANGE, *_SHOCKED),
    period_effects=_SHOCKED,
    id="staggered_believed",
    en="Lauwers Insurance, as believed",
    nl="Lauwers Verzekeringen, zoals men denkt",
    reference="ours",
)
EQUATIONS = {
    "quality": Equation(0.0, noise=0.0, quality=1.0),
    "readiness": Equation(0.0, noise=0.0),
    CHANGE: Equation(0.0, noise=0.0),
    "service_behaviour": Equation(
        66.0,
        noise=1.8,
        causes={("service_behaviour", 1): 0.75, ("practice", 0): 2.0},
        quality=0.6,
        lasting=0.4,
        shock=0.4,
    ),
    "undesirable_selling": Equation(
        9.0,
        noise=0.8,
        causes={("undesirable_selling", 1): 0.6, ("practice", 0): -0.8},
        quality=-0.2,
        lasting=0.2,
        shock=-0.2,
    ),
    "customer_loyalty": Equation(
        60.0,
        noise=1.5,
        causes={("customer_loyalty", 1): 0.5, ("service_behaviour", 1): 0.15, ("undesirable_selling", 1): -0.25},
        quality=0.4,
        lasting=0.4,
        shock=0.3,
    ),
    "operating_result": Equation(
        300_000.0,
        noise=9_000.0,
        causes={("customer_loyalty", 2): 2_500.0},
        quality=12_000.0,
        lasting=15_000.0,
        season=(-4_000.0, 0.0, -6_000.0, 10_000.0),
        shock=4_000.0,
    ),
}


def never(values: np.ndarray, period: int) -> np.ndarray:
    """The intervention under which nobody adopts.

    Examples
    --------
    >>> never(np.array([0.0, 1.0]), 9)
    array([0., 0.])
    """
    return np.zeros_like(values)


@dataclass(frozen=True)
class Waves:
    """A sampler in which branches adopt in waves.

    Parameters
    ----------
    system : LinearSystem
        What happens once the waves are settled.
    waves : tuple of (int, float, float)
        Period of adoption, share of the branches, and readiness: how strongly practice follows.
    selection : float
        How much adopting early goes with lasting quality, 0 to 1.
    drift : float
        By how much more each period the service behaviour of adopters-to-be rises by itself; 0 keeps trends parallel.
    """

    system: LinearSystem
    waves: tuple[tuple[int, float, float], ...]
    selection: float = 0.8
    drift: float = 0.0

    def __call__(self, units: int, periods: int, rng: np.random.Generator) -> History:
        """Draw an organisation; the history returned runs it under interventions."""
        run = self.system(units, periods, rng)
        quality = run({})["quality"][:, 0]
        score = self.selection * quality + np.sqrt(1 - self.selection**2) * rng.standard_normal(units)
        best_first = np.argsort(-score, kind="stable")
        adopts, readiness = np.full(units, np.inf), np.zeros(units)
        ends = np.rint(units * np.cumsum([0.0, *(share for _, share, _ in self.waves)])).astype(int)
        for (period, _, ready), start, end in zip(self.waves, ends[:-1], ends[1:], strict=True):
            adopts[best_first[start:end]], readiness[best_first[start:end]] = period, ready

        def prepared(values: np.ndarray, period: int) -> np.ndarray:
            return values + readiness

        def adopted(values: np.ndarray, period: int) -> np.ndarray:
            return values + (period >= adopts)

        def drifting(values: np.ndarray, period: int) -> np.ndarray:
            return values + self.drift * period * np.isfinite(adopts)

        course: dict[str, Intervention] = {"readiness": prepared, CHANGE: adopted, "service_behaviour": drifting}
        natural = run(course)

        def history(do: Mapping[str, Intervention]) -> dict[str, np.ndarray]:
            acts = {k: act.against(natural[k].T) if isinstance(act, sustained) else act for k, act in do.items()}
            return run(course | {k: _after(course[k], act) if k in course else act for k, act in acts.items()})

        return history


def _after(first, then):
    return lambda values, period: then(first(values, period), period)


def make_staggered(
    *,
    waves: tuple[tuple[int, float, float], ...] = ((6, 0.2, 1.0), (10, 0.2, 0.7), (14, 0.2, 0.4)),
    strength: float = 1.0,
    drift: float = 0.0,
) -> World:
    """Lauwers Insurance, with its waves of adoption.

    Parameters
    ----------
    waves : tuple of (int, float, float)
        Period, share of the branches, readiness; the shares that are left never adopt.
    strength : float
        Multiplies what the new KPIs do; at 0 they do nothing.
    drift : float
        Violates parallel trends: how much faster the behaviour of adopters-to-be improves each period, before it
        accumulates (about four times that in the long run).

    Returns
    -------
    World

    Examples
    --------
    >>> insurer = make_staggered()
    >>> as_it_went = insurer.sample(100, 16, rng=1)
    >>> without = insurer.sample(100, 16, rng=1, do={"customer_kpis": never})
    >>> gained = (as_it_went["service_behaviour"] - without["service_behaviour"]).groupby(as_it_went["period"]).mean()
    >>> gained[["2020Q2", "2020Q3", "2020Q4"]].round(2).tolist()
    [0.0, 0.4, 0.7]
    """
    bare = replace(GRAPH, unit_effects=("quality", *_SHOCKED))  # who adopts when is settled by the waves
    stronger = tuple((period, share, strength * ready) for period, share, ready in waves)
    return World(
        id="staggered",
        en="Lauwers Insurance",
        nl="Lauwers Verzekeringen",
        reference="ours; on the bias of two-way fixed effects: Goodman-Bacon 2021, J. Econometrics 225:254-277",
        graph=GRAPH,
        believed=BELIEVED,
        sampler=Waves(LinearSystem(bare, EQUATIONS), stronger, drift=drift),
        description=(
            "An insurer that does not exist, whose branches took customer-centred KPIs into their scorecards in waves. "
            "Behaviour follows at once and keeps growing, loyalty and the result come later; early adopters are the "
            "better branches and gain most."
        ),
    )


STAGGERED = make_staggered()
