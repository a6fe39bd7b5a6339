"""Canal Bank: a compact model of the book, as persistent and as unequal as a study of coverage wants it.

Persistence is what makes fixed effects biased in short panels, and lasting differences between units are what makes
them needed, so both are arguments. A KPI's spread and what a lasting change does in the end are the same at every
persistence: only the pace differs.
"""

from __future__ import annotations

import math
from dataclasses import replace

from ..errors import Fault, QuestionError, raise_all
from ..graph import KPIGraph
from ..graphfile import load_graph
from ..kpi import Formula, Link
from .linear import Equation, LinearSystem, Start
from .world import World

_BOOK = load_graph("customer_centred")
_REFERENCE = "the model customer_centred, shortened; levels and strengths are ours"
CHURN, CUSTOMERS = 0.05, 8_000.0
PERSISTENT = ("customer_steering", "employee_loyalty", "service_behaviour", "customer_loyalty", "spend")
UNEQUAL = ("employee_loyalty", "service_behaviour", "customer_loyalty", "spend", "new_customers", "cost")

GRAPH = KPIGraph(
    kpis=(
        *(_BOOK[kpi] for kpi in (*PERSISTENT[:4], "churn")),
        replace(_BOOK["new_customers"], en="new customers", nl="nieuwe klanten", unit="customers", unit_nl="klanten"),
        # newcomers are a number and no share, so that the number of customers settles instead of wandering
        replace(_BOOK["customers"], formula=Formula.parse("customers[-1] * (1 - churn) + new_customers")),
        *(_BOOK[kpi] for kpi in ("spend", "revenue", "cost", "operating_result")),
    ),
    links=(
        Link("customer_steering", "service_behaviour", "+", 1, "literature: Banker, Potter and Srinivasan 2000"),
        Link("employee_loyalty", "service_behaviour", "+", 0, "literature: Heskett et al. 1994"),
        Link("service_behaviour", "customer_loyalty", "+", 1, "literature: Heskett et al. 1994"),
        Link("customer_loyalty", "churn", "-", 1, "article: C3"),
        Link("customer_loyalty", "spend", "+", 1, "ours: C9"),
        Link("revenue", "cost", "+", 0, "ours"),
        Link("operating_result", "employee_loyalty", "+", 1, "literature: Schneider et al. 2003"),
        *(Link(kpi, kpi, "+", 1, "ours") for kpi in PERSISTENT),
    ),
    unit_effects=UNEQUAL,
    period_effects=("churn", "spend"),
    id="persistent",
    en="Canal Bank",
    nl="Grachtenbank",
    reference=_REFERENCE,
)


def make_persistent(own_past: float = 0.5, unit_spread: float = 0.5) -> World:
    """Canal Bank, with a chosen persistence and chosen lasting differences between units.

    Parameters
    ----------
    own_past : float
        What steering, both loyalties, behaviour and spend keep of their own past in a quarter; 0 or more, below 1.
    unit_spread : float
        How far units differ lastingly in a KPI, as a multiple of how far it varies within a unit by itself. At 0 the
        graph has no unit effects.

    Returns
    -------
    World
        It has settled before the panel begins: in means and in spread, the first period is as any other.

    Raises
    ------
    QuestionError
        For a persistence or a spread outside these bounds.

    Examples
    --------
    >>> from causalkpi.question import Question
    >>> asked = Question("customer_loyalty", "spend", 2)
    >>> for own_past in (0.2, 0.9):
    ...     print(make_persistent(own_past).changes(asked, units=1).round(3))
    [[0.   0.4  0.16]]
    [[0.   0.05 0.09]]
    """
    faults = [
        Fault(word, repr(number), f"a number, {bounds}", rule="size")
        for word, number, most, bounds in (
            ("own_past", own_past, 1.0, "0 or more and below 1"),
            ("unit_spread", unit_spread, math.inf, "0 or more"),
        )
        if not 0 <= number < most
    ]
    raise_all(QuestionError, "There can be no such organisation.", faults)
    graph = GRAPH if unit_spread else replace(GRAPH, unit_effects=())
    settled = math.ceil(10 / (1 - max(own_past, 1 - CHURN)))  # e^-10 of where it began is left
    return World(
        id="persistent",
        en=f"Canal Bank, own past {own_past:g}, unit spread {unit_spread:g}",
        nl=f"Grachtenbank, eigen verleden {own_past:g}, spreiding tussen eenheden {unit_spread:g}",
        reference=_REFERENCE,
        graph=graph,
        believed=graph,
        sampler=LinearSystem(
            graph,
            _equations(own_past, unit_spread),
            starts={"customers": Start(CUSTOMERS, spread=0.0)},
            burn_in=settled,
        ),
        description=(
            "A bank that does not exist, with the book's chain from steering to the result and back to employee "
            "loyalty. How persistent its KPIs are and how far its branches differ is chosen."
        ),
    )


def _equations(own_past: float, unit_spread: float) -> dict[str, Equation]:
    """The equations of which each KPI by itself varies by `spread` within a unit, at every persistence."""

    def moved(
        kpi: str, level: float, spread: float, causes: dict[tuple[str, int], float], *, shock: float = 0.0
    ) -> Equation:
        past = own_past if kpi in PERSISTENT else 0.0
        causes = {cause: in_the_end * (1 - past) for cause, in_the_end in causes.items()}
        causes |= {(kpi, 1): past} if kpi in PERSISTENT else {}
        lasting = unit_spread * spread * (1 - past) / math.sqrt(2) if kpi in UNEQUAL else 0.0
        noise = spread * math.sqrt(1 - past**2)
        return Equation(level, noise, causes, quality=lasting, lasting=lasting, shock=shock * noise)

    return {
        "customer_steering": moved("customer_steering", 0.40, 0.05, {}),
        "employee_loyalty": moved("employee_loyalty", 70.0, 2.5, {("operating_result", 1): 3e-5}),
        "service_behaviour": moved(
            "service_behaviour", 68.0, 2.8, {("employee_loyalty", 0): 0.3, ("customer_steering", 1): 15.0}
        ),
        "customer_loyalty": moved("customer_loyalty", 60.0, 2.5, {("service_behaviour", 1): 0.4}),
        "churn": moved("churn", CHURN, 0.004, {("customer_loyalty", 1): -0.0004}, shock=0.2),
        "new_customers": moved("new_customers", CHURN * CUSTOMERS, 30.0, {}),
        "spend": moved("spend", 110.0, 4.0, {("customer_loyalty", 1): 0.5}, shock=0.3),
        "cost": moved("cost", 620_000.0, 14_000.0, {("revenue", 0): 0.45}),
    }
