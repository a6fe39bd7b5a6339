"""Terp Insurers: what service does by way of loyalty cannot be told apart without a model.

Service makes customers content. Contentment makes them loyal and, by itself, keeps them from leaving, so it
confounds loyalty and churn, and service is what moves it. The effect of service on churn through loyalty then has a
recanting witness: contentment must be as it would be under the better service on the path to loyalty, and as it would
be without on its own way to churn. No data tell that, however many; linear equations without interaction do.
"""

from __future__ import annotations

from ..graph import KPIGraph
from ..graphfile import load_graph
from ..kpi import Link
from ..language import Text
from .linear import Equation, LinearSystem
from .world import World

_BOOK = load_graph("customer_centred")
_SOFT = ("service_behaviour", "customer_satisfaction", "customer_loyalty")
_CHAIN = "literature: Heskett et al. 1994"
_AVIN = (
    "Avin, C., Shpitser, I. and Pearl, J. (2005), Identifiability of path-specific effects, Proceedings of IJCAI 19, "
    "357-363"
)
_REFERENCE = Text(
    f"{_AVIN}; the organisation and every number are ours", f"{_AVIN}; de organisatie en alle getallen zijn van ons"
)

GRAPH = KPIGraph(
    kpis=tuple(_BOOK[kpi] for kpi in (*_SOFT, "churn")),
    links=(
        Link("service_behaviour", "customer_satisfaction", "+", 0, _CHAIN),
        Link("service_behaviour", "customer_loyalty", "+", 1, _CHAIN),
        Link("service_behaviour", "churn", "-", 1, "ours"),
        Link("customer_satisfaction", "customer_loyalty", "+", 1, "ours: C2"),
        Link("customer_satisfaction", "churn", "-", 1, "ours: C2"),
        Link("customer_loyalty", "churn", "-", 1, "article: C3"),
        *(Link(kpi, kpi, "+", 1, "ours") for kpi in _SOFT),
    ),
    unit_effects=("customer_satisfaction", "customer_loyalty", "churn"),
    period_effects=("churn",),
    id="confounded_mediator",
    en="Terp Insurers",
    nl="Terpverzekeringen",
    reference=_REFERENCE,
)

EQUATIONS = {
    "service_behaviour": Equation(66.0, noise=2.6, causes={("service_behaviour", 1): 0.5}),
    "customer_satisfaction": Equation(
        70.0,
        noise=2.0,
        causes={("customer_satisfaction", 1): 0.4, ("service_behaviour", 0): 0.35},
        quality=0.7,
        lasting=0.6,
    ),
    "customer_loyalty": Equation(
        60.0,
        noise=2.0,
        causes={
            ("customer_loyalty", 1): 0.4,
            ("customer_satisfaction", 1): 0.35,
            ("service_behaviour", 1): 0.15,
        },
        quality=0.6,
        lasting=0.7,
    ),
    "churn": Equation(
        0.035,
        noise=0.003,
        causes={
            ("service_behaviour", 1): -0.0002,
            ("customer_satisfaction", 1): -0.0003,
            ("customer_loyalty", 1): -0.0004,
        },
        quality=-0.001,
        lasting=0.0015,
        season=(0.001, -0.0005, -0.001, 0.0005),
        shock=0.0005,
    ),
}

CONFOUNDED_MEDIATOR = World(
    id="confounded_mediator",
    en="Terp Insurers",
    nl="Terpverzekeringen",
    reference=_REFERENCE,
    graph=GRAPH,
    believed=GRAPH,
    sampler=LinearSystem(GRAPH, EQUATIONS),
    description=(
        "An insurer that does not exist. Satisfaction is moved by service and moves both customer loyalty and churn: "
        "natural effects through loyalty are not identified without a model, though every KPI is measured. The "
        "equations are linear, so the parts along paths do have a truth."
    ),
)
