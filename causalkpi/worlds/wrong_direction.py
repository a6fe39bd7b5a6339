"""Ferry Couriers: results make staff loyal, and loyal staff do nothing for results.

Schneider, Hanges, Smith and Salvaggio (2003) followed companies for years and found that profit leads the attitudes
of employees more than it follows them. This world is one in which it follows them not at all; the graph that is
believed has the arrow the other way round. Results persist, so last quarter's good result shows in this quarter's
loyal staff and in next quarter's result.
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
_KPIS = ("employee_loyalty", "service_behaviour", "operating_result")
_SCHNEIDER = "literature: Schneider et al. 2003"

TRUE = Link("operating_result", "employee_loyalty", "+", 1, _SCHNEIDER)
REVERSED = Link("employee_loyalty", "operating_result", "+", 1, "literature: Heskett et al. 1994")
GRAPH = KPIGraph(
    kpis=(
        *(_BOOK[kpi] for kpi in _KPIS[:2]),
        # as reported, without the revenue and cost that it comes from
        replace(_BOOK["operating_result"], en="operating result", nl="bedrijfsresultaat", formula=None, kind="hard"),
    ),
    links=(
        TRUE,
        Link("employee_loyalty", "service_behaviour", "+", 0, "literature: Heskett et al. 1994"),
        *(Link(kpi, kpi, "+", 1, "ours") for kpi in _KPIS),
    ),
    unit_effects=("employee_loyalty", "operating_result"),
    period_effects=("operating_result",),
    id="wrong_direction",
    en="Ferry Couriers, as they are",
    nl="Veerkoeriers, zoals ze zijn",
    reference=_SCHNEIDER,
)
BELIEVED = replace(
    GRAPH,
    links=tuple(REVERSED if link == TRUE else link for link in GRAPH.links),
    id="wrong_direction_believed",
    en="Ferry Couriers, as believed",
    nl="Veerkoeriers, zoals men denkt",
    reference="literature: Heskett et al. 1994",
)

EQUATIONS = {
    "employee_loyalty": Equation(
        68.0,
        noise=2.0,
        causes={("employee_loyalty", 1): 0.4, ("operating_result", 1): 1e-4},
        quality=0.7,
        lasting=0.8,
    ),
    "service_behaviour": Equation(
        66.0, noise=2.4, causes={("service_behaviour", 1): 0.4, ("employee_loyalty", 0): 0.25}
    ),
    "operating_result": Equation(
        80_000.0,
        noise=12_000.0,
        causes={("operating_result", 1): 0.6},
        quality=4_000.0,
        lasting=5_000.0,
        season=(-3_000.0, 1_000.0, -2_000.0, 4_000.0),
        shock=3_000.0,
    ),
}

WRONG_DIRECTION = World(
    id="wrong_direction",
    en="Ferry Couriers",
    nl="Veerkoeriers",
    reference=Text(
        "{study}; that it is one way only, and every number, are ours",
        "{study}; dat het maar één kant op werkt is van ons, en alle getallen ook",
        study="Schneider, B., Hanges, P. J., Smith, D. B. and Salvaggio, A. N. (2003), Which comes first: employee "
        "attitudes or organizational financial and market performance?, Journal of Applied Psychology 88(5), 836-851",
    ),
    graph=GRAPH,
    believed=BELIEVED,
    sampler=LinearSystem(GRAPH, EQUATIONS),
    description=(
        "Couriers that do not exist. A good result makes staff want to stay a quarter later, and that does nothing "
        "for the result; the graph that is believed has it the other way round. Nothing is hidden but what lasts in a "
        "depot."
    ),
)
