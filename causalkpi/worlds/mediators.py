"""Lock Hotels: loyal staff cost money at once and bring it in later, along several paths.

The chain of Heskett et al. (1994) holds: loyal staff serve better, content guests become loyal, loyal guests spend.
But loyal staff are paid more, serving better takes time, and only the staff who would have left are saved for. So
mediators stand in series (service, satisfaction, loyalty, revenue) and side by side with opposite signs (revenue,
turnover, pay): the result falls at first and rises later, and two quarters on much happens that sums to almost
nothing. A share of such a total means nothing.
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
_HOGREVE = (
    "Hogreve, J., Iseke, A., Derfuss, K. and Eller, T. (2017), The service-profit chain: a meta-analytic test of a "
    "comprehensive theoretical framework, Journal of Marketing 81(3), 41-61"
)
_REFERENCE = Text(f"{_HOGREVE}; every number is ours", f"{_HOGREVE}; alle getallen zijn van ons")

GRAPH = KPIGraph(
    kpis=(
        *(_BOOK[kpi] for kpi in (*_SOFT, "employee_turnover")),
        replace(_BOOK["revenue"], nl="omzet", formula=None, kind="hard"),
        _BOOK["cost"],
        replace(_BOOK["operating_result"], en="operating result", nl="bedrijfsresultaat"),
    ),
    links=(
        Link("employee_loyalty", "service_behaviour", "+", 0, _CHAIN),
        Link("employee_loyalty", "employee_turnover", "-", 1, _CHAIN),
        Link("employee_loyalty", "cost", "+", 0, "ours: seniority pay"),
        Link("employee_turnover", "cost", "+", 0, _CHAIN),
        Link("service_behaviour", "customer_satisfaction", "+", 0, _CHAIN),
        Link("service_behaviour", "customer_loyalty", "+", 1, _CHAIN),
        Link("service_behaviour", "cost", "+", 0, "literature: Hogreve et al. 2017"),
        Link("customer_satisfaction", "customer_loyalty", "+", 1, _CHAIN),
        Link("customer_loyalty", "revenue", "+", 1, _CHAIN),
        *(Link(kpi, kpi, "+", 1, "ours") for kpi in (*_SOFT, "revenue")),
    ),
    unit_effects=("employee_loyalty", "customer_satisfaction", "customer_loyalty", "revenue", "cost"),
    period_effects=("revenue", "cost"),
    id="mediators",
    en="Lock Hotels",
    nl="Sluishotels",
    reference=_REFERENCE,
)

EQUATIONS = {
    "employee_loyalty": Equation(68.0, noise=2.2, causes={("employee_loyalty", 1): 0.5}, quality=0.9, lasting=0.8),
    "service_behaviour": Equation(
        66.0, noise=2.4, causes={("service_behaviour", 1): 0.4, ("employee_loyalty", 0): 0.30}
    ),
    "customer_satisfaction": Equation(
        70.0,
        noise=2.2,
        causes={("customer_satisfaction", 1): 0.4, ("service_behaviour", 0): 0.30},
        quality=0.6,
        lasting=0.6,
    ),
    "customer_loyalty": Equation(
        58.0,
        noise=2.2,
        causes={
            ("customer_loyalty", 1): 0.5,
            ("customer_satisfaction", 1): 0.25,
            ("service_behaviour", 1): 0.15,
        },
        quality=0.6,
        lasting=0.7,
    ),
    "employee_turnover": Equation(0.040, noise=0.004, causes={("employee_loyalty", 1): -0.0006}),
    "revenue": Equation(
        900_000.0,
        noise=20_000.0,
        causes={("revenue", 1): 0.3, ("customer_loyalty", 1): 4_000.0},
        quality=15_000.0,
        lasting=25_000.0,
        season=(-15_000.0, 5_000.0, 20_000.0, -10_000.0),
        shock=8_000.0,
    ),
    "cost": Equation(
        780_000.0,
        noise=8_000.0,
        causes={
            ("employee_loyalty", 0): 1_500.0,
            ("employee_turnover", 0): 600_000.0,
            ("service_behaviour", 0): 450.0,
        },
        quality=-4_000.0,
        lasting=8_000.0,
        season=(-3_000.0, 1_000.0, 5_000.0, -3_000.0),
        shock=3_000.0,
    ),
}

MEDIATORS = World(
    id="mediators",
    en="Lock Hotels",
    nl="Sluishotels",
    reference=_REFERENCE,
    graph=GRAPH,
    believed=GRAPH,
    sampler=LinearSystem(GRAPH, EQUATIONS),
    description=(
        "A chain of hotels that does not exist. Employee loyalty works on the result along paths of opposite signs: "
        "pay and time cost at once, saved turnover follows a quarter later, and revenue by way of service, "
        "satisfaction and customer loyalty from two quarters on. All equations are linear; nothing is hidden but what "
        "lasts in a hotel."
    ),
)
