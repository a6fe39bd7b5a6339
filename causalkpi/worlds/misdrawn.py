"""Mill Garages, drawn wrong in two ways: by a lag that is too short, and by a link that is missing.

One organisation, two believers. The first thinks that loyal customers spend more a quarter later, where it takes two.
The second thinks that service makes customers loyal by contenting them alone, where it also does so directly. Nothing
is hidden, so both could be told by the data that they are wrong.
"""

from __future__ import annotations

from dataclasses import replace

from ..graph import KPIGraph
from ..graphfile import load_graph
from ..kpi import Link
from ..language import Text
from .linear import Equation, LinearSystem
from .world import World

_BOOK = load_graph("customer_centred")
_SOFT = ("employee_loyalty", "service_behaviour", "customer_satisfaction", "customer_loyalty")
_CHAIN = "literature: Heskett et al. 1994"

SLOW = Link("customer_loyalty", "revenue", "+", 2, _CHAIN)
UNDRAWN = Link("service_behaviour", "customer_loyalty", "+", 1, _CHAIN)
_REFERENCE = Text(
    "ours; the chain that is believed: Heskett et al. 1994", "van ons; de keten die men gelooft: Heskett e.a. 1994"
)
GRAPH = KPIGraph(
    kpis=(
        *(_BOOK[kpi] for kpi in _SOFT),
        replace(_BOOK["revenue"], nl="omzet", formula=None, kind="hard"),
    ),
    links=(
        Link("employee_loyalty", "service_behaviour", "+", 0, _CHAIN),
        Link("service_behaviour", "customer_satisfaction", "+", 0, _CHAIN),
        Link("customer_satisfaction", "customer_loyalty", "+", 1, _CHAIN),
        UNDRAWN,
        SLOW,
        *(Link(kpi, kpi, "+", 1, "ours") for kpi in (*_SOFT, "revenue")),
    ),
    unit_effects=(*_SOFT, "revenue"),
    period_effects=("revenue",),
    id="mill_garages",
    en="Mill Garages, as they are",
    nl="Molengarages, zoals ze zijn",
    reference="ours",
)
TOO_FAST = replace(
    GRAPH,
    links=tuple(replace(link, lag=1) if link == SLOW else link for link in GRAPH.links),
    id="wrong_lag_believed",
    en="Mill Garages, with a lag too short",
    nl="Molengarages, met een te korte vertraging",
)
TOO_FEW = replace(
    GRAPH,
    links=tuple(link for link in GRAPH.links if link != UNDRAWN),
    id="missing_link_believed",
    en="Mill Garages, with a link missing",
    nl="Molengarages, met een pijl te weinig",
)

SAMPLER = LinearSystem(
    GRAPH,
    {
        "employee_loyalty": Equation(68.0, noise=2.2, causes={("employee_loyalty", 1): 0.5}, quality=0.9, lasting=0.8),
        "service_behaviour": Equation(
            66.0,
            noise=2.4,
            causes={("service_behaviour", 1): 0.4, ("employee_loyalty", 0): 0.30},
            quality=0.6,
            lasting=0.6,
        ),
        "customer_satisfaction": Equation(
            70.0,
            noise=2.2,
            causes={("customer_satisfaction", 1): 0.4, ("service_behaviour", 0): 0.25},
            quality=0.6,
            lasting=0.6,
        ),
        "customer_loyalty": Equation(
            58.0,
            noise=2.0,
            causes={
                ("customer_loyalty", 1): 0.5,
                ("customer_satisfaction", 1): 0.25,
                ("service_behaviour", 1): 0.25,
            },
            quality=0.6,
            lasting=0.7,
        ),
        "revenue": Equation(
            500_000.0,
            noise=12_000.0,
            causes={("revenue", 1): 0.3, ("customer_loyalty", 2): 2_500.0},
            quality=8_000.0,
            lasting=15_000.0,
            season=(-5_000.0, 6_000.0, 4_000.0, -5_000.0),
            shock=4_000.0,
        ),
    },
)

WRONG_LAG = World(
    id="wrong_lag",
    en="Mill Garages, believed too fast",
    nl="Molengarages, te snel gedacht",
    reference=_REFERENCE,
    graph=GRAPH,
    believed=TOO_FAST,
    sampler=SAMPLER,
    description=(
        "A chain of garages that does not exist. Customer loyalty raises revenue two quarters later; the graph that "
        "is believed says one. All else in it is true, and nothing is hidden but what lasts in a garage."
    ),
)
MISSING_LINK = World(
    id="missing_link",
    en="Mill Garages, one link short",
    nl="Molengarages, een pijl te weinig",
    reference=_REFERENCE,
    graph=GRAPH,
    believed=TOO_FEW,
    sampler=SAMPLER,
    description=(
        "A chain of garages that does not exist. Service raises customer loyalty directly as well as by way of "
        "satisfaction; the graph that is believed has the second path alone. All else in it is true, and nothing is "
        "hidden but what lasts in a garage."
    ),
)
