"""The ready-made models, held against lists typed from the design, not from the files."""

import re
from collections import Counter

import networkx as nx
import pytest

from causalkpi.graph import KPIGraph
from causalkpi.graphfile import OWN_PAST, list_graphs, load_graph

BOOK = load_graph("customer_centred")
each_model = pytest.mark.parametrize("graph", [*map(load_graph, list_graphs())], ids=list_graphs())

# id, English, Nederlands, lane, kind
KPIS = """
revenue_steering | revenue steering | sturing op omzet | steering | driver
customer_steering | customer steering | sturing op klant-KPI's | steering | driver
cost_cutting | cost cutting | kostenreductie | steering | driver
customer_involvement | involvement of the best customers | inspraak van beste klanten | steering | driver
undesirable_selling | undesirable selling | onwenselijk verkoopgedrag | behaviour | behaviour
service_behaviour | customer-centred behaviour | klantgericht gedrag | behaviour | behaviour
employee_loyalty | employee loyalty | loyaliteit van medewerkers | loyalty | soft
customer_satisfaction | customer satisfaction | klanttevredenheid | loyalty | soft
customer_loyalty | customer loyalty | klantloyaliteit | loyalty | soft
advocacy | advocacy (ambassadors) | ambassadeurschap | loyalty | soft
investor_loyalty | investor loyalty | loyaliteit van investeerders | loyalty | soft
competing_offer | competing offer | concurrerend aanbod | market | context
churn | churn | klantverloop | customer | hard
referred_customers | referred customers | aangebrachte klanten | customer | hard
new_customers | other new customers | overige nieuwe klanten | customer | hard
employee_turnover | employee turnover | personeelsverloop | customer | hard
customers | customers | klanten | customer | identity
spend | revenue per customer | omzet per klant | finance | hard
revenue | revenue | omzet (bank: baten) | finance | identity
cost | cost | kosten | finance | hard
operating_result|operating result (article: gross profit)|bedrijfsresultaat (artikel: brutowinst)|finance|identity
cost_of_equity | cost of equity | vermogenskostenvoet | finance | hard
"""

# source -> target (sign, lag, source or claim)
LINKS = """
revenue_steering -> undesirable_selling (+, 0, C1)
revenue_steering -> spend (+, 0, Lazear 2000)
customer_steering -> service_behaviour (+, 1, Banker, Potter and Srinivasan 2000)
customer_steering -> undesirable_selling (-, 0, ours)
undesirable_selling -> spend (+, 0, C1)
undesirable_selling -> customer_satisfaction (-, 0, ours)
undesirable_selling -> customer_loyalty (-, 1, C1)
undesirable_selling -> cost (+, 4, ours: redress)
cost_cutting -> cost (-, 0, C6)
cost_cutting -> service_behaviour (-, 0, C6)
cost_cutting -> employee_loyalty (-, 1, C6)
customer_involvement -> customer_loyalty (+, 1, C5)
customer_involvement -> cost (-, 1, C5)
employee_loyalty -> service_behaviour (+, 0, C7)
employee_loyalty -> employee_turnover (-, 1, C7)
employee_turnover -> cost (+, 0, C7)
service_behaviour -> customer_satisfaction (+, 0, C7)
service_behaviour -> customer_loyalty (+, 1, C7)
service_behaviour -> cost (+, 0, Hogreve et al. 2017)
customer_satisfaction -> customer_loyalty (+, 1, C2)
customer_satisfaction -> churn (-, 1, C2)
competing_offer -> churn (+, 0, C2)
competing_offer -> customer_satisfaction (-, 0, Keiningham et al. 2015)
competing_offer -> spend (-, 0, )
customer_loyalty -> churn (-, 1, C3)
customer_loyalty -> advocacy (+, 0, C4)
advocacy -> churn (-, 1, C4)
advocacy -> referred_customers (+, 1, C4)
customer_loyalty -> spend (+, 1, C9, share of wallet)
revenue -> cost (+, 0, )
investor_loyalty -> cost_of_equity (-, 1, C8)
operating_result -> revenue_steering (-, 1, )
operating_result -> cost_cutting (-, 1, )
operating_result -> employee_loyalty (+, 1, Schneider et al. 2003)
"""

OWN_PASTS = """
    revenue_steering customer_steering cost_cutting customer_involvement undesirable_selling service_behaviour
    employee_loyalty customer_satisfaction customer_loyalty advocacy competing_offer spend investor_loyalty
    cost_of_equity
"""

# claim: treatment outcome horizon sign
QUESTIONS = {
    "C1": "revenue_steering undesirable_selling 0 +, undesirable_selling customer_loyalty 1 -, "
    "revenue_steering revenue 0 ?, revenue_steering revenue 4 ?",
    "C2": "competing_offer churn 0 +",
    "C3": "customer_loyalty churn 1 -, customer_satisfaction churn 1 -",
    "C4": "advocacy referred_customers 1 +, advocacy churn 1 -, customer_loyalty advocacy 0 +",
    "C5": "customer_involvement customer_loyalty 1 +, customer_involvement cost 1 -, cost_cutting cost 1 ?",
    "C6": "cost_cutting cost 0 -, cost_cutting service_behaviour 0 -, cost_cutting employee_loyalty 1 -, "
    "cost_cutting operating_result 4 -",
    "C7": "employee_loyalty service_behaviour 0 +, employee_loyalty customer_loyalty 1 +, employee_loyalty revenue 2 +",
    "C8": "investor_loyalty cost_of_equity 1 -",
    "C9": "",
    "C10": "",
    "C11": "",
}


# The book's model is that of the design


def test_the_kpis_are_those_of_the_design():
    typed = [re.split(r" ?\| ?", line) for line in KPIS.strip().splitlines()]
    assert [[kpi.id, kpi.en, kpi.nl, kpi.lane, kpi.kind] for kpi in BOOK.kpis] == typed
    assert len(BOOK.kpis) == 22


def test_the_links_are_those_of_the_design():
    typed = {}
    for line in LINKS.strip().splitlines():
        source, target, sign, lag, origin = re.fullmatch(r"(\w+) -> (\w+) \((.), (\d), (.*)\)", line).groups()
        typed[source, target] = (sign, int(lag), origin)
    links = {(link.source, link.target): link for link in BOOK.links if link.source != link.target}
    assert len(typed) == len(links) == 34
    assert {pair: (link.sign, link.lag) for pair, link in links.items()} == {
        pair: (sign, lag) for pair, (sign, lag, _) in typed.items()
    }
    for pair, (_, _, origin) in typed.items():
        assert origin in links[pair].reference, pair


def test_own_pasts_are_those_of_the_design():
    own = [link for link in BOOK.links if link.source == link.target]
    assert Counter(link.source for link in own) == Counter(OWN_PASTS.split())
    assert {(link.sign, link.lag, link.reference) for link in own} == {("+", 1, OWN_PAST)}
    assert len(BOOK.links) == 34 + 14


def test_identities_multiply_and_carry_the_past():
    assert {kpi.id: kpi.formula.text for kpi in BOOK.kpis if kpi.formula} == {
        "customers": "customers[-1] * (1 - churn + referred_customers/1000 + new_customers/1000)",
        "revenue": "customers * spend",
        "operating_result": "revenue - cost",
    }
    before = {"customers": 8000.0, "churn": 0.03, "referred_customers": 8.0, "new_customers": 22.0}
    assert BOOK["customers"].formula.evaluate(lambda kpi, lag: before[kpi]) == pytest.approx(8000.0, rel=1e-12)


def test_shared_effects_and_levels_are_those_of_the_design():
    assert BOOK.unit_effects == (
        "employee_loyalty",
        "customer_satisfaction",
        "customer_loyalty",
        "advocacy",
        "spend",
        "cost",
    )
    assert BOOK.period_effects == ("competing_offer", "churn", "new_customers", "spend", "cost")
    levels = {kpi.id for kpi in BOOK.kpis if kpi.level == "organisation"}
    assert levels == {"investor_loyalty", "cost_of_equity"}
    assert {kpi.level for kpi in BOOK.kpis} == {"organisation", "unit"}


def test_scales_are_those_of_the_units():
    scales = {kpi.id: (kpi.minimum, kpi.maximum) for kpi in BOOK.kpis}
    endless = float("inf")
    for share in ("revenue_steering", "customer_steering", "customer_involvement", "advocacy", "churn"):
        assert scales[share] == (0, 1), share
    for index in ("service_behaviour", "employee_loyalty", "customer_satisfaction", "customer_loyalty", "cost_cutting"):
        assert scales[index] == (0, 100), index
    for per_thousand in ("undesirable_selling", "referred_customers", "new_customers"):
        assert scales[per_thousand] == (0, 1000), per_thousand
    for amount in ("spend", "cost", "customers", "revenue"):
        assert scales[amount] == (0, endless), amount
    for open_ended in ("competing_offer", "operating_result"):
        assert scales[open_ended] == (-endless, endless), open_ended


def test_feedback_closes_over_time_only():
    feedback = {(link.source, link.target) for loop in BOOK.loops() for link in loop}
    assert {("operating_result", kpi) for kpi in ("revenue_steering", "cost_cutting", "employee_loyalty")} <= feedback
    assert BOOK.longest_lag == 4


def test_the_claims_ask_what_the_design_asks():
    written = {
        claim.id: ", ".join(
            f"{treatment} {outcome} {horizon} {sign}"
            for (treatment, outcome, horizon), sign in zip(claim.questions, claim.expected, strict=True)
        )
        for claim in BOOK.claims
    }
    assert written == QUESTIONS


def test_what_the_article_says_is_told_from_what_we_add():
    kinds = {claim.id: re.match("article|literature|ours", claim.reference)[0] for claim in BOOK.claims}
    assert {claim for claim, kind in kinds.items() if kind == "literature"} == {"C4", "C7"}
    assert {claim for claim, kind in kinds.items() if kind == "ours"} == {"C8"}
    for claim in ("C9", "C10", "C11"):
        assert "decided by" in {c.id: c.reference for c in BOOK.claims}[claim]


def test_the_article_is_not_made_to_say_more():
    said = {claim.id: (claim.en, claim.nl) for claim in BOOK.claims}
    assert " can " in said["C1"][0] and " kan " in said["C1"][1]
    assert "many" in said["C11"][0] and "veel" in said["C11"][1]
    for claim in BOOK.claims:
        assert not re.search(r"\b(claim|grootboek|bewijs|bewezen)\b", claim.nl, re.IGNORECASE)


# Every model


@each_model
def test_every_name_and_statement_is_in_both_languages(graph: KPIGraph):
    assert graph.en and graph.nl and graph.en != graph.nl
    for kpi in graph.kpis:
        assert kpi.en and kpi.nl, kpi.id
    for claim in graph.claims:
        assert claim.en and claim.nl and claim.en != claim.nl, claim.id


@each_model
def test_every_kpi_has_unit_lane_owner_and_soft_ones_say_what_they_measure(graph: KPIGraph):
    lanes = ("steering", "behaviour", "loyalty", "market", "customer", "finance")
    for kpi in graph.kpis:
        assert kpi.unit and kpi.owner and kpi.lane in lanes, kpi.id
        assert bool(kpi.measures) == (kpi.kind == "soft"), kpi.id


@each_model
def test_every_link_and_claim_says_who_says_so(graph: KPIGraph):
    assert graph.reference
    for origin in [*(link.reference for link in graph.links), *(claim.reference for claim in graph.claims)]:
        assert re.match(r"article\b|literature: \w|ours\b", origin) or origin == OWN_PAST, origin


@each_model
def test_within_a_period_nothing_causes_itself(graph: KPIGraph):
    instant = nx.DiGraph((cause, kpi) for kpi, found in graph.causes.items() for cause, lag in found if lag == 0)
    assert nx.is_directed_acyclic_graph(instant)
    assert nx.is_directed_acyclic_graph(graph.unroll(6))


@each_model
def test_claims_ask_about_kpis_of_the_graph_that_a_path_connects(graph: KPIGraph):
    summary = graph.summary()
    assert len({claim.id for claim in graph.claims}) == len(graph.claims)
    for claim in graph.claims:
        assert len(claim.expected) == len(claim.questions)
        for treatment, outcome, horizon in claim.questions:
            assert treatment in graph and outcome in graph
            assert nx.has_path(summary, treatment, outcome), (claim.id, treatment, outcome)
            assert 0 <= horizon <= 8


@each_model
def test_no_link_stands_twice(graph: KPIGraph):
    assert len({(link.source, link.target) for link in graph.links}) == len(graph.links)


def test_the_boss_centred_scorecard_knows_results_and_steering_only():
    graph = load_graph("boss_centred")
    assert graph.ids == ("revenue_steering", "revenue", "cost", "operating_result")
    assert {str(link) for link in graph.links if link.source != link.target} == {
        "revenue_steering -> revenue (+, lag 0)",
        "revenue -> cost (+, lag 0)",
        "operating_result -> revenue_steering (-, lag 1)",
    }
    assert graph["operating_result"].formula.text == "revenue - cost"
    assert graph.claims == ()


def test_the_service_profit_chain_is_a_chain_of_the_literature():
    graph = load_graph("service_profit_chain")
    assert {(link.source, link.target): link.lag for link in graph.links if link.source != link.target} == {
        ("employee_attitude", "employee_behaviour"): 0,
        ("employee_behaviour", "customer_impression"): 1,
        ("customer_impression", "customer_recommendation"): 0,
        ("customer_impression", "customer_retention"): 0,
        ("customer_recommendation", "revenue_growth"): 1,
        ("customer_retention", "revenue_growth"): 1,
    }
    assert {link.sign for link in graph.links} == {"+"}
    for link in graph.links:
        assert link.reference == OWN_PAST or link.reference.startswith("literature: ")
    said = " ".join(claim.en for claim in graph.claims)
    assert "five points" in said and "1.3 points" in said and "half a percent" in said
