"""Worlds for effects over time and along paths: that their truths are true, and that each is what it is for."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_worlds import path_products

from causalkpi.errors import QuestionError
from causalkpi.graph import Node
from causalkpi.question import Question
from causalkpi.worlds import World, load_world, make_persistent, pulse, true_parts

HOTELS, INSURERS, STORES, COURIERS = map(
    load_world, ("mediators", "confounded_mediator", "against_the_book", "wrong_direction")
)
TOO_FAST, TOO_FEW = map(load_world, ("wrong_lag", "missing_link"))
LINEAR = (HOTELS, INSURERS, STORES, COURIERS, TOO_FAST)


def link_weights(world: World) -> dict[tuple[str, str, int], float]:
    """What a unit of each cause adds, equations and sums alike."""
    weights = dict(world.sampler.coefficients)
    for kpi in world.graph.kpis:
        for term, factors in kpi.formula.terms if kpi.formula else ():
            assert len(factors) == 1, f"{kpi.id} multiplies"
            weights[factors[0][0], kpi.id, factors[0][1]] = term
    return weights


def parts_by_enumeration(world: World, question: Question, mediators: tuple[str, ...]) -> dict[tuple[str, ...], float]:
    """Every directed path of the unrolled graph, its coefficients multiplied, under the mediators that it visits."""
    weights, parts = link_weights(world), defaultdict(float)
    unrolled = world.graph.unroll(question.horizon + 1)
    for path in nx.all_simple_paths(unrolled, question.source, question.target):
        visited = {node.kpi for node in path}
        steps = itertools.pairwise(path)
        product = math.prod(weights[a.kpi, b.kpi, b.period - a.period] for a, b in steps)
        parts[tuple(kpi for kpi in mediators if kpi in visited)] += product * question.contrast
    return parts


@st.composite
def path_questions(draw):
    world = draw(st.sampled_from(LINEAR))
    treatment = draw(st.sampled_from([kpi.id for kpi in world.graph.kpis if kpi.formula is None]))
    outcome = draw(st.sampled_from([kpi for kpi in world.graph.ids if kpi != treatment]))
    others = [kpi for kpi in world.graph.ids if kpi not in (treatment, outcome)]
    mediators = draw(st.lists(st.sampled_from(others), max_size=4, unique=True)) if others else []
    contrast = draw(st.sampled_from([1.0, -3.0]))
    return world, Question(treatment, outcome, draw(st.integers(0, 4)), contrast), tuple(mediators)


# The truth along paths


@settings(max_examples=60, deadline=None)
@given(path_questions())
def test_parts_by_intervention_are_the_sums_of_their_path_products(case):
    world, question, mediators = case
    expected = parts_by_enumeration(world, question, mediators)
    parts = true_parts(world, question, mediators, units=2)
    assert len(parts) == 2 ** len(mediators) and set(expected) <= set(parts)
    size = max(map(abs, expected.values()), default=0.0)
    # differences of numbers as large as the outcome's level, each rounded at 2e-16 of that, per run
    rounding = len(parts) * 1e-14 * abs(world.sampler.levels[question.outcome])
    for visited, part in parts.items():
        assert part.value == pytest.approx(expected.get(visited, 0.0), rel=1e-9, abs=1e-9 * size + rounding)
    total = world.true_effect(question, units=2).value
    assert sum(part.value for part in parts.values()) == pytest.approx(total, rel=1e-9, abs=1e-9 * size + rounding)


def test_where_an_identity_multiplies_the_parts_are_its_factors_and_what_they_do_together():
    """(customers + a)(spend + b) - customers spend: a spend, customers b, and a b."""
    bank, asked = make_persistent(0.5), Question("customer_loyalty", "revenue", 1, contrast=2.0)
    parts = true_parts(bank, asked, ("churn", "spend"), units=300, seed=4)
    history = bank.sampler(300, 2, np.random.default_rng(4))
    natural, raised = history({}), history({"customer_loyalty": pulse(0, 2.0)})
    stayed, spent = (raised[kpi][:, 1] - natural[kpi][:, 1] for kpi in ("customers", "spend"))
    assert parts[()].value == pytest.approx(0, abs=1e-6)
    assert parts["churn",].value == pytest.approx((stayed * natural["spend"][:, 1]).mean(), rel=1e-6)
    assert parts["spend",].value == pytest.approx((natural["customers"][:, 1] * spent).mean(), rel=1e-6)
    assert parts["churn", "spend"].value == pytest.approx((stayed * spent).mean(), rel=1e-4)
    assert sum(p.value for p in parts.values()) == pytest.approx(bank.true_effect(asked, units=300, seed=4).value)
    assert parts["churn",].std_error > 0 and "by way of churn alone" in parts["churn",].description


def test_a_profile_is_the_effect_at_every_horizon():
    profile = HOTELS.changes(Question("employee_loyalty", "operating_result", 6), units=3, at=2)
    assert profile.shape == (3, 7)
    for horizon in range(7):
        truth = HOTELS.true_effect(Question("employee_loyalty", "operating_result", horizon), units=3)
        np.testing.assert_allclose(profile[:, horizon], truth.value, atol=1e-8)


def test_what_is_held_stays_what_it_would_have_been_and_is_said():
    asked = Question("service_behaviour", "churn", 2)
    direct = INSURERS.true_effect(asked, units=2, held=("customer_satisfaction", "customer_loyalty"))
    assert direct.value == pytest.approx(-0.0002 * 0.5, rel=1e-9)  # its own past, then its own link
    assert "with customer_satisfaction, customer_loyalty as it would have been" in direct.description


def test_what_cannot_mediate_is_refused_with_every_reason():
    asked = Question("service_behaviour", "churn", 2)
    with pytest.raises(QuestionError) as caught:
        INSURERS.true_effect(asked, held=("churn", "loyalty"))
    assert [fault.where for fault in caught.value.faults] == ["held", "held"]
    assert "a KPI of Terp Insurers" in str(caught.value)
    with pytest.raises(QuestionError, match="2 mediators, 1 of them different"):
        true_parts(INSURERS, asked, ["customer_loyalty"] * 2)
    with pytest.raises(QuestionError, match="at most 10"):
        true_parts(load_world("waterland"), asked, load_world("waterland").graph.ids[:11])


# What each world is for


def test_in_the_hotels_much_happens_that_sums_to_nothing():
    def parts(horizon: int, *mediators: str) -> dict[tuple[str, ...], float]:
        asked = Question("employee_loyalty", "operating_result", horizon)
        return {visited: part.value for visited, part in true_parts(HOTELS, asked, mediators, units=2).items()}

    side_by_side = parts(2, "revenue", "employee_turnover")
    assert side_by_side[()] < 0 < side_by_side["employee_turnover",] < side_by_side["revenue",]
    assert abs(sum(side_by_side.values())) < 0.05 * min(abs(v) for v in side_by_side.values() if v)
    profile = HOTELS.changes(Question("employee_loyalty", "operating_result", 8), units=1)[0]
    assert (profile[:3] < 0).all() and (profile[3:] > 0).all()
    assert profile[:5].sum() < 0 < profile.sum()

    chain = ("service_behaviour", "customer_satisfaction", "customer_loyalty", "revenue")
    in_series = parts(3, *chain)
    working = {visited for visited, value in in_series.items() if abs(value) > 1e-6}
    assert working == {(), chain[:1], chain, (chain[0], *chain[2:])}
    assert in_series[chain[:1]] < 0 < in_series[chain]


def test_at_the_insurers_the_treatment_moves_what_confounds_the_mediator():
    asked, (witness, mediator) = (
        Question("service_behaviour", "churn", 2),
        ("customer_satisfaction", "customer_loyalty"),
    )
    graph = INSURERS.graph.unroll(3)
    unmediated = graph.subgraph(n for n in graph if n.kpi != mediator)
    recanting = Node(witness, 0)
    assert recanting in nx.descendants(graph, asked.source)
    assert Node(mediator, 1) in nx.descendants(graph, recanting)
    assert asked.target in nx.descendants(unmediated, recanting)
    parts = true_parts(INSURERS, asked, (witness, mediator), units=2)
    assert all(part.value < 0 for part in parts.values())
    # a mediator's effect "with satisfaction held fixed" would lose most of what passes through loyalty
    through = parts[mediator,].value + parts[witness, mediator].value
    assert abs(parts[mediator,].value) < 0.6 * abs(through)
    assert INSURERS.believed == INSURERS.graph


def test_at_the_garages_one_link_is_too_fast_or_missing_and_the_data_are_the_same():
    def links(graph):
        return {(link.source, link.target, link.lag) for link in graph.links}

    assert links(TOO_FAST.graph) ^ links(TOO_FAST.believed) == {
        ("customer_loyalty", "revenue", 1),
        ("customer_loyalty", "revenue", 2),
    }
    assert links(TOO_FEW.graph) - links(TOO_FEW.believed) == {("service_behaviour", "customer_loyalty", 1)}
    assert links(TOO_FEW.believed) < links(TOO_FEW.graph)
    assert TOO_FAST.sample(5, 6, 1).equals(TOO_FEW.sample(5, 6, 1))
    profile = TOO_FAST.changes(Question("customer_loyalty", "revenue", 3), units=1)[0]
    # two quarters later the link; a quarter after that its own past (0.5) and revenue's (0.3)
    np.testing.assert_allclose(profile, [0, 0, 2_500, 2_500 * 0.8], atol=1e-8)
    asked = Question("service_behaviour", "customer_loyalty", 1)
    undrawn = TOO_FEW.true_effect(asked, units=1, held=("customer_satisfaction",)).value
    assert undrawn == pytest.approx(0.25) and undrawn > 0.5 * TOO_FEW.true_effect(asked, units=1).value
    believed = TOO_FEW.believed.unroll(2)
    way = believed.subgraph(n for n in believed if n.kpi != "customer_satisfaction")
    assert asked.target not in nx.descendants(way, asked.source)


def test_at_the_couriers_loyalty_follows_and_seems_to_lead():
    forward = COURIERS.changes(Question("employee_loyalty", "operating_result", 6), units=3)
    np.testing.assert_array_equal(forward, 0)
    assert COURIERS.true_effect(Question("operating_result", "employee_loyalty", 1), units=2).value > 0
    believed, true = COURIERS.believed.unroll(2), COURIERS.graph.unroll(2)
    drawn = Node("employee_loyalty", 0), Node("operating_result", 1)
    assert believed.has_edge(*drawn) and not true.has_edge(*drawn)
    frame = COURIERS.sample(400, 24, 1).set_index(["unit", "period"])
    within = frame - frame.groupby("unit").transform("mean")
    within -= within.groupby("period").transform("mean")
    before = within.groupby("unit").shift(1)
    # 4 / sqrt(400 x 23) is 0.04
    assert within["operating_result"].corr(before["employee_loyalty"]) > 0.1


# Canal Bank


@pytest.mark.parametrize(("own_past", "unit_spread"), [(0.0, 0.0), (0.2, 0.5), (0.5, 0.0), (0.9, 2.0)])
def test_at_every_persistence_the_truth_is_the_sum_of_path_products(own_past, unit_spread):
    bank, compared = make_persistent(own_past, unit_spread), 0
    history = bank.sampler(2, 5, np.random.default_rng(1))
    natural = history({})
    for treatment, equation in bank.sampler.equations.items():
        raised = history({treatment: pulse(0, equation.noise)})
        for node, effect in path_products(bank, treatment, 5).items():
            if not math.isnan(effect):
                change = (raised[node.kpi] - natural[node.kpi])[:, node.period] / equation.noise
                level = abs(bank.sampler.levels[node.kpi])
                np.testing.assert_allclose(change, effect, rtol=1e-8, atol=1e-12 * level / equation.noise)
                compared += effect != 0
    assert compared > 20
    assert bool(bank.graph.unit_effects) == bool(unit_spread)


@pytest.mark.parametrize("own_past", [0.2, 0.5, 0.9])
def test_canal_bank_has_settled_and_is_as_persistent_and_unequal_as_asked(own_past):
    units, spread = 3000, 0.8
    bank = make_persistent(own_past, spread)
    x = bank.sampler(units, 48, np.random.default_rng(2))({})
    for kpi in bank.graph.ids:
        # common shocks move churn and spend, and what follows from them, in all units at once
        first, last = x[kpi][:, 0], x[kpi][:, -1]
        assert first.std() / last.std() == pytest.approx(1, abs=0.12), kpi
        if kpi in ("customer_steering", "new_customers"):
            assert abs((first - last).mean()) < 4 * math.hypot(first.std(), last.std()) / math.sqrt(units), kpi
        assert x[kpi].min() > 0 or kpi == "operating_result", kpi
        assert x[kpi].max() < bank.graph[kpi].maximum
    steering = x["customer_steering"]
    kept = np.corrcoef(steering[:, :-1].ravel(), steering[:, 1:].ravel())[0, 1]
    assert kept == pytest.approx(own_past, abs=0.02)  # 4 standard errors where own_past is 0: 4 / sqrt(3000 x 47)
    assert steering.std() == pytest.approx(0.05, rel=0.03)
    # what does not move by anything else is as unequal as asked: between over within
    unequal = x["new_customers"]
    noise = unequal.std(axis=1, ddof=1).mean()
    assert math.sqrt(unequal.mean(axis=1).var() - noise**2 / 48) / noise == pytest.approx(spread, rel=0.06)


def test_a_lasting_change_does_the_same_in_the_end_at_every_persistence():
    """A pulse in loyalty lasts 1 / (1 - own past) quarters in all, so its effects sum to that many times 0.5.

    Feedback through the result adds a little.
    """
    for own_past, periods in ((0.2, 30), (0.5, 40), (0.9, 240)):
        profile = make_persistent(own_past).changes(Question("customer_loyalty", "spend", periods), units=50)
        lasting = profile.sum(axis=1).mean() * (1 - own_past)
        assert lasting == pytest.approx(0.5, rel=0.05)
        assert lasting > 0.5


@pytest.mark.parametrize("wrong", [{"own_past": 1.0}, {"own_past": -0.1}, {"unit_spread": -1}, {"own_past": math.nan}])
def test_an_organisation_that_would_not_settle_is_refused(wrong):
    with pytest.raises(QuestionError, match=next(iter(wrong))):
        make_persistent(**wrong)
