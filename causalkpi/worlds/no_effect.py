"""Polder Shops: nothing has an effect, and a hidden local economy makes it look otherwise.

A good local economy makes staff stay, customers content and tills ring. It persists from quarter to
quarter, differs between towns and is not in the data, so neither unit effects nor period effects
nor lags take it out: whoever draws the service-profit chain finds it. The true effect of one
measured KPI on another is always zero.
"""

from __future__ import annotations

from dataclasses import replace

from ..graph import KPIGraph
from ..graphfile import load_graph
from ..kpi import KPI, Link
from ..language import Text
from .linear import Equation, LinearSystem
from .world import World

_BOOK = load_graph("customer_centred")
_SOFT = ("employee_loyalty", "service_behaviour", "customer_satisfaction", "customer_loyalty")
_CHAIN = "literature: Heskett et al. 1994"

MEASURED = (
    *(_BOOK[kpi] for kpi in _SOFT),
    KPI(
        "revenue",
        en="revenue",
        nl="omzet",
        unit="EUR",
        better="higher",
        lane="finance",
        minimum=0,
    ),
)
ECONOMY = KPI(
    "local_economy",
    en="local economy",
    nl="lokale economie",
    unit="index, 100 = usual",
    better="higher",
    lane="market",
    kind="context",
    observed=False,
)
_PASTS = tuple(Link(kpi.id, kpi.id, "+", 1, "ours") for kpi in MEASURED)

BELIEVED = KPIGraph(
    kpis=MEASURED,
    links=(
        Link("employee_loyalty", "service_behaviour", "+", 0, _CHAIN),
        Link("service_behaviour", "customer_satisfaction", "+", 0, _CHAIN),
        Link("customer_satisfaction", "customer_loyalty", "+", 1, _CHAIN),
        Link("customer_loyalty", "revenue", "+", 1, _CHAIN),
        *_PASTS,
    ),
    unit_effects=tuple(kpi.id for kpi in MEASURED),
    period_effects=("revenue",),
    id="no_effect_believed",
    en="Polder Shops, as believed",
    nl="Polderwinkels, zoals men denkt",
    reference=_CHAIN,
)
GRAPH = replace(
    BELIEVED,
    kpis=(ECONOMY, *MEASURED),
    links=(
        *(Link("local_economy", kpi.id, "+", 0, "ours") for kpi in MEASURED),
        Link("local_economy", "local_economy", "+", 1, "ours"),
        *_PASTS,
    ),
    id="no_effect",
    en="Polder Shops, as they are",
    nl="Polderwinkels, zoals ze zijn",
    reference="ours",
)


def make_no_effect(strength: float = 1.0) -> World:
    """Polder Shops under a hidden cause of a given strength.

    Parameters
    ----------
    strength : float
        Multiplies what the local economy does to every KPI; at 0 nothing is hidden.

    Returns
    -------
    World

    Examples
    --------
    >>> for strength in (0.0, 1.0, 2.0):
    ...     shops = make_no_effect(strength).sample(200, 24, rng=1).set_index(["unit", "period"])
    ...     within = shops - shops.groupby("unit").mean()
    ...     print(within["employee_loyalty"].corr(within["revenue"]).round(1))
    0.0
    0.2
    0.5
    """

    def moved(kpi: str, level: float, noise: float, economy: float, **rest: object) -> Equation:
        causes = {(kpi, 1): 0.4, ("local_economy", 0): strength * economy}
        return Equation(level, noise, causes, **rest)  # type: ignore[arg-type]

    equations = {
        "local_economy": Equation(100.0, noise=2.0, causes={("local_economy", 1): 0.8}),
        "employee_loyalty": moved("employee_loyalty", 70.0, 2.2, 0.25, quality=0.9, lasting=0.8),
        "service_behaviour": moved("service_behaviour", 68.0, 2.6, 0.25, quality=0.6, lasting=0.8),
        "customer_satisfaction": moved("customer_satisfaction", 72.0, 2.2, 0.25, quality=0.8, lasting=0.6),
        "customer_loyalty": moved("customer_loyalty", 60.0, 2.2, 0.25, quality=0.9, lasting=0.7),
        "revenue": moved(
            "revenue",
            900_000.0,
            30_000.0,
            4_000.0,
            quality=25_000.0,
            lasting=40_000.0,
            season=(-10_000.0, 0.0, -15_000.0, 25_000.0),
        ),
    }
    return World(
        id="no_effect",
        en="Polder Shops",
        nl="Polderwinkels",
        reference=Text(
            "ours; the chain that is believed: Heskett et al. 1994",
            "van ons; de keten die men gelooft: Heskett e.a. 1994",
        ),
        graph=GRAPH,
        believed=BELIEVED,
        sampler=LinearSystem(GRAPH, equations),
        description=(
            "A chain of shops that does not exist. No measured KPI has an effect on another; a "
            "local economy that nobody measured, that persists and differs between towns, moves "
            "them all together."
        ),
    )


NO_EFFECT = make_no_effect()
