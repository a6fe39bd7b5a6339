"""Waterland Bank: a Dutch retail bank with branches, in which the book's model is true.

The bank does not exist and no number in it was measured. The links, their lags and their signs are
those of the model ``customer_centred``; levels and strengths are ours, chosen so that means are
plausible for branches of a Dutch retail bank and most links can be found, though not without
effort, in 120 branches over 24 quarters.
"""

from __future__ import annotations

from ..graphfile import load_graph
from ..language import Text
from .linear import Equation, LinearSystem, Start
from .world import MissedWaves, World

BRANCHES, QUARTERS, SEED = 120, 24, 2019
SURVEYED = ("employee_loyalty", "customer_satisfaction", "customer_loyalty", "advocacy")

STEERING = {
    "revenue_steering": Equation(
        0.25,
        noise=0.028,
        causes={("revenue_steering", 1): 0.5, ("operating_result", 1): -4e-8},
    ),
    "customer_steering": Equation(0.40, noise=0.045, causes={("customer_steering", 1): 0.6}),
    "cost_cutting": Equation(
        3.0,
        noise=0.40,
        causes={("cost_cutting", 1): 0.4, ("operating_result", 1): -6e-7},
    ),
    "customer_involvement": Equation(0.30, noise=0.035, causes={("customer_involvement", 1): 0.6}),
}

BEHAVIOUR = {
    "undesirable_selling": Equation(
        9.0,
        noise=1.1,
        causes={
            ("undesirable_selling", 1): 0.35,
            ("revenue_steering", 0): 6.0,
            ("customer_steering", 0): -2.2,
        },
    ),
    "service_behaviour": Equation(
        68.0,
        noise=2.6,
        causes={
            ("service_behaviour", 1): 0.4,
            ("employee_loyalty", 0): 0.16,
            ("customer_steering", 1): 7.0,
            ("cost_cutting", 0): -1.0,
        },
    ),
}

LOYALTY = {
    "employee_loyalty": Equation(
        70.0,
        noise=2.2,
        causes={
            ("employee_loyalty", 1): 0.5,
            ("cost_cutting", 1): -0.75,
            ("operating_result", 1): 6e-6,
        },
        quality=0.9,
        lasting=0.8,
    ),
    "customer_satisfaction": Equation(
        72.0,
        noise=2.2,
        causes={
            ("customer_satisfaction", 1): 0.4,
            ("service_behaviour", 0): 0.16,
            ("undesirable_selling", 0): -0.20,
            ("competing_offer", 0): -0.06,
        },
        quality=0.8,
        lasting=0.6,
    ),
    "customer_loyalty": Equation(
        60.0,
        noise=2.2,
        causes={
            ("customer_loyalty", 1): 0.5,
            ("customer_satisfaction", 1): 0.18,
            ("service_behaviour", 1): 0.13,
            ("customer_involvement", 1): 5.5,
            ("undesirable_selling", 1): -0.25,
        },
        quality=0.9,
        lasting=0.7,
    ),
    "advocacy": Equation(
        0.30,
        noise=0.022,
        causes={("advocacy", 1): 0.4, ("customer_loyalty", 0): 0.002},
        quality=0.006,
        lasting=0.006,
    ),
    "investor_loyalty": Equation(0.60, noise=0.02, causes={("investor_loyalty", 1): 0.6}),
}

CUSTOMERS = {
    "competing_offer": Equation(
        100.0,
        noise=3.0,
        causes={("competing_offer", 1): 0.55},
        season=(1.0, -0.5, -1.0, 0.5),
        shock=1.5,
    ),
    "churn": Equation(
        0.030,
        noise=0.0035,
        causes={
            ("customer_loyalty", 1): -0.00026,
            ("customer_satisfaction", 1): -0.0001,
            ("advocacy", 1): -0.012,
            ("competing_offer", 0): 0.00017,
        },
        season=(0.0010, -0.0004, -0.0008, 0.0002),
        shock=0.0006,
    ),
    "referred_customers": Equation(8.0, noise=0.9, causes={("advocacy", 1): 6.0}),
    "new_customers": Equation(22.0, noise=2.2, season=(0.6, 0.2, -1.2, 0.4), shock=-0.8),
    "employee_turnover": Equation(0.035, noise=0.004, causes={("employee_loyalty", 1): -0.0002}),
}

MONEY = {
    "spend": Equation(
        110.0,
        noise=3.2,
        causes={
            ("spend", 1): 0.4,
            ("customer_loyalty", 1): 0.22,
            ("revenue_steering", 0): 9.0,
            ("undesirable_selling", 0): 0.30,
            ("competing_offer", 0): -0.08,
        },
        quality=1.5,
        lasting=2.0,
        season=(-1.0, 0.3, -0.8, 1.5),
        shock=-1.0,
    ),
    "cost": Equation(
        620_000.0,
        noise=14_000.0,
        causes={
            ("revenue", 0): 0.45,
            ("cost_cutting", 0): -3_500.0,
            ("customer_involvement", 1): -35_000.0,
            ("employee_turnover", 0): 250_000.0,
            ("service_behaviour", 0): 450.0,
            ("undesirable_selling", 4): 1_200.0,
        },
        quality=-6_000.0,
        lasting=10_000.0,
        season=(2_000.0, -1_000.0, -4_000.0, 3_000.0),
        shock=3_000.0,
    ),
    "cost_of_equity": Equation(
        0.090,
        noise=0.003,
        causes={("cost_of_equity", 1): 0.5, ("investor_loyalty", 1): -0.04},
    ),
}

GRAPH = load_graph("customer_centred")

WATERLAND = World(
    id="waterland",
    en="Waterland Bank",
    nl="Waterlandbank",
    reference=Text(
        "the model customer_centred, after Tony de Bree; levels and strengths are ours",
        "het model customer_centred, naar Tony de Bree; niveaus en sterkten zijn van ons",
    ),
    graph=GRAPH,
    believed=GRAPH,
    sampler=LinearSystem(
        GRAPH,
        STEERING | BEHAVIOUR | LOYALTY | CUSTOMERS | MONEY,
        starts={"customers": Start(median=8_000.0, spread=0.30)},
    ),
    description=(
        "A Dutch retail bank that does not exist, with unequal branches, in which the links of the "
        "book's model hold with the signs expected. A branch's lasting quality is unobserved and "
        "touches the soft KPIs and the money; seasons and common shocks touch all branches; some "
        "survey waves are missing. Equations are linear without moderation, identities multiply."
    ),
    missing=MissedWaves(SURVEYED, share=0.04, period=9, units=0.10),
)
