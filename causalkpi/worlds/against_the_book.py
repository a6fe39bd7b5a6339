"""Dike Supermarkets: the most profitable stores have the least satisfied staff.

Silvestro (2002) found in the stores of one British supermarket chain that the satisfaction of
employees, and their length of service, went together with *lower* productivity, efficiency and
profit. This world is such a chain; what causes what in it, and every number, is ours. Busy stores
earn more and wear their staff out; a high workload saves more wages than it costs in service; staff
who mean to stay are dearer and serve no better.
"""

from __future__ import annotations

from ..graph import KPIGraph
from ..graphfile import load_graph
from ..kpi import KPI, Formula, Link
from ..language import Text
from .linear import Equation, LinearSystem
from .world import World

_BOOK = load_graph("customer_centred")
_SOFT = ("employee_loyalty", "service_behaviour", "customer_satisfaction", "customer_loyalty")
_CHAIN = "literature: Heskett et al. 1994"
_SILVESTRO = "literature: Silvestro 2002"

KPIS = (
    KPI(
        "workload",
        en="workload",
        nl="werkdruk",
        unit="items handled per staff hour, index",
        better="neither",
        lane="steering",
        kind="driver",
        minimum=0,
    ),
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
    KPI("cost", en="cost", nl="kosten", unit="EUR", better="lower", lane="finance", minimum=0),
    KPI(
        "operating_result",
        en="operating result",
        nl="bedrijfsresultaat",
        unit="EUR",
        better="higher",
        lane="finance",
        formula=Formula.parse("revenue - cost"),
    ),
)

# The signs are what the book's reader expects; this world contradicts those of employee loyalty.
LINKS = (
    Link("workload", "employee_loyalty", "-", 1, _SILVESTRO),
    Link("workload", "service_behaviour", "-", 0, "ours"),
    Link("workload", "cost", "-", 0, _SILVESTRO),
    Link("employee_loyalty", "service_behaviour", "+", 0, _CHAIN),
    Link("employee_loyalty", "cost", "-", 0, _CHAIN),
    Link("service_behaviour", "customer_satisfaction", "+", 0, _CHAIN),
    Link("customer_satisfaction", "customer_loyalty", "+", 1, _CHAIN),
    Link("customer_loyalty", "revenue", "+", 1, _CHAIN),
    Link("revenue", "cost", "+", 0, "ours"),
    *(Link(kpi, kpi, "+", 1, "ours") for kpi in ("workload", *_SOFT, "revenue")),
)
GRAPH = KPIGraph(
    kpis=KPIS,
    links=LINKS,
    unit_effects=("workload", "employee_loyalty", "revenue", "cost"),
    period_effects=("revenue", "cost"),
    id="against_the_book",
    en="Dike Supermarkets",
    nl="Dijksupermarkten",
    reference=_SILVESTRO,
)

EQUATIONS = {
    "workload": Equation(100.0, noise=3.0, causes={("workload", 1): 0.5}, quality=2.0, lasting=1.0),
    "employee_loyalty": Equation(
        62.0,
        noise=2.2,
        causes={("employee_loyalty", 1): 0.5, ("workload", 1): -0.15},
        quality=-1.0,
        lasting=0.8,
    ),
    "service_behaviour": Equation(
        66.0,
        noise=2.6,
        causes={
            ("service_behaviour", 1): 0.4,
            ("workload", 0): -0.10,
            ("employee_loyalty", 0): 0.0,  # the book expects more than nothing
        },
    ),
    "customer_satisfaction": Equation(
        70.0,
        noise=2.2,
        causes={("customer_satisfaction", 1): 0.4, ("service_behaviour", 0): 0.16},
    ),
    "customer_loyalty": Equation(
        58.0,
        noise=2.2,
        causes={("customer_loyalty", 1): 0.5, ("customer_satisfaction", 1): 0.18},
    ),
    "revenue": Equation(
        3_000_000.0,
        noise=60_000.0,
        causes={("revenue", 1): 0.3, ("customer_loyalty", 1): 3_500.0},
        quality=120_000.0,
        lasting=60_000.0,
        season=(-60_000.0, -20_000.0, -30_000.0, 110_000.0),
        shock=20_000.0,
    ),
    "cost": Equation(
        2_850_000.0,
        noise=18_000.0,
        causes={
            ("revenue", 0): 0.80,
            ("workload", 0): -1_800.0,
            ("employee_loyalty", 0): 1_500.0,  # seniority pay; the book expects less cost
        },
        quality=5_000.0,
        lasting=10_000.0,
        season=(2_000.0, -1_000.0, -3_000.0, 2_000.0),
        shock=4_000.0,
    ),
}

_SOURCE = (
    "Silvestro, R. (2002), Dispelling the modern myth: employee satisfaction and loyalty drive service profitability, "
    "International Journal of Operations & Production Management 22(1), 30-49"
)
AGAINST_THE_BOOK = World(
    id="against_the_book",
    en="Dike Supermarkets",
    nl="Dijksupermarkten",
    reference=Text(
        f"{_SOURCE}; the mechanism and every number are ours", f"{_SOURCE}; het mechanisme en elk getal zijn van ons"
    ),
    graph=GRAPH,
    believed=GRAPH,
    sampler=LinearSystem(GRAPH, EQUATIONS),
    description=(
        "A supermarket chain that does not exist, after a finding in one that does: the most "
        "profitable stores have the least satisfied staff. Workload raises the result and lowers "
        "employee loyalty; employee loyalty raises cost and leaves service as it is. Nothing is "
        "hidden but what lasts in a store."
    ),
)
