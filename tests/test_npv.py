"""The value of a pulse: the discounted sum of its effects, with errors that go together."""

from __future__ import annotations

import math

import numpy as np
import pytest

import causalkpi as ck

WORLD = ck.load_world("waterland")


@pytest.fixture(scope="module")
def study() -> ck.Study:
    return ck.Study(ck.load_graph("customer_centred"), ck.load_demo(), unit="unit", period="period")


def value(study: ck.Study, outcome: str = "spend", **options):
    return ck.net_present_value(study.panel, study.adjusted, "customer_loyalty", outcome, **options)


def test_the_sum_is_that_of_its_flows_discounted_per_quarter(study: ck.Study) -> None:
    found = value(study, rate=0.08, horizon=3)
    by_hand = sum(
        study.answer(ck.Question("customer_loyalty", "spend", h)).value / 1.08 ** (h / 4) for h in range(1, 4)
    )  # at once there is no path, so the first flow is zero
    assert found.value == pytest.approx(by_hand)
    assert found.value == pytest.approx(sum(flow.discounted for flow in found.flows))
    assert found.flows[0].value == 0


def test_errors_are_joined_not_added_as_if_independent(study: ck.Study) -> None:
    found = value(study, rate=0.0, horizon=3)
    parts = [answer for answer in found.answers if isinstance(answer, ck.Estimate)]
    half = (found.interval[1] - found.interval[0]) / 2
    # the replicates by hand: the sum with every branch left out, in Tukey's jackknife
    left_out = sum(part.regressions[0].best.left_out[:, 0] for part in parts)
    count = len(left_out)
    error = math.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum())
    assert half == pytest.approx(1.98 * error, rel=0.06)  # two thousand draws
    independent = math.sqrt(sum(part.std_error**2 for part in parts))
    assert abs(error / independent - 1) > 0.02


def test_money_through_an_identity_holds_the_true_value(study: ck.Study) -> None:
    from causalkpi.worlds.waterland import BRANCHES, QUARTERS, SEED

    found = value(study, "operating_result", rate=0.08, horizon=4)
    truth = sum(
        WORLD.effect_in_sample(ck.Question("customer_loyalty", "operating_result", h), BRANCHES, QUARTERS, SEED)
        / 1.08 ** (h / 4)
        for h in range(5)
    )
    assert found.interval[0] < truth < found.interval[1]
    assert found.determined
    assert found.p_positive > 0.99


def test_a_later_flow_counts_less(study: ck.Study) -> None:
    cheap, dear = value(study, rate=0.0, horizon=2), value(study, rate=0.5, horizon=2)
    assert abs(dear.value) < abs(cheap.value)


def test_it_stops_before_what_is_refused_and_says_so(study: ck.Study) -> None:
    found = value(study, rate=0.08, horizon=6)
    assert len(found.flows) == 5
    assert "stops after 4 periods" in found.why
    assert "stopt na 4" in found.why.render("nl")


def test_without_an_answer_there_is_no_value_but_a_reason(study: ck.Study) -> None:
    found = ck.net_present_value(study.panel, study.adjusted, "investor_loyalty", "cost_of_equity", rate=0.08)
    assert not found.valued
    assert math.isnan(found.value)
    assert "one value per period" in found.why
    none = ck.net_present_value(study.panel, study.adjusted, "churn", "undesirable_selling", rate=0.08, horizon=0)
    assert not none.valued
    assert "no path" in none.why


def test_draws_come_from_the_generator_that_is_given(study: ck.Study) -> None:
    one, same, other = (
        value(study, rate=0.08, horizon=1, rng=np.random.default_rng(seed)).interval for seed in (1, 1, 2)
    )
    assert one == same != other


def test_along_the_links_the_interval_is_shorter_and_holds_the_truth(study: ck.Study) -> None:
    from causalkpi.worlds.waterland import BRANCHES, QUARTERS, SEED

    plain = value(study, "operating_result", rate=0.08, horizon=4)
    followed = value(study, "operating_result", rate=0.08, horizon=8, system=study.system)
    assert followed.by_links and not plain.by_links
    truth = sum(
        WORLD.effect_in_sample(ck.Question("customer_loyalty", "operating_result", h), BRANCHES, QUARTERS, SEED)
        / 1.08 ** (h / 4)
        for h in range(9)
    )
    assert followed.interval[0] < truth < followed.interval[1]
    assert followed.other == ()  # the adjusted regressions do not reach eight quarters
    near = value(study, "operating_result", rate=0.08, horizon=4, system=study.system)
    assert near.other == (plain.value, *plain.interval)
    assert near.interval[1] - near.interval[0] < 0.8 * (plain.interval[1] - plain.interval[0])
    assert near.value == pytest.approx(sum(flow.discounted for flow in near.flows))
