"""The worlds: that their truth is the truth, and that their data are what they say."""

from __future__ import annotations

import math
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from causalkpi.errors import GraphError, QuestionError
from causalkpi.graph import KPIGraph, Node
from causalkpi.kpi import KPI, Formula, Link
from causalkpi.question import Question
from causalkpi.worlds import (
    WORLDS,
    Equation,
    LinearSystem,
    World,
    list_worlds,
    load_world,
    make_no_effect,
    pulse,
    sustained,
)

BANK, SHOPS, STORES = map(load_world, ("waterland", "no_effect", "against_the_book"))
MISDRAWN = {"wrong_lag", "missing_link", "wrong_direction"}
each_world = pytest.mark.parametrize("world", WORLDS, ids=list_worlds())


def path_products(world: World, treatment: str, periods: int) -> dict[Node, float]:
    """The effect of +1 in period 0 on every node of the unrolled graph, from the coefficients.

    It is nan where a path leads through a product, so that the effect is not one number.
    """
    graph = world.graph.unroll(periods)
    effects: dict[Node, float] = {}
    for node in nx.topological_sort(graph):
        if node == Node(treatment, 0):
            effects[node] = 1.0
            continue
        if node.kpi not in world.graph:
            continue
        formula, total = world.graph[node.kpi].formula, 0.0
        for term, factors in formula.terms if formula else ():
            moved = [effects.get(Node(kpi, node.period - lag), 0.0) for kpi, lag in factors]
            if any(moved):
                total += term * moved[0] if len(factors) == 1 else math.nan
        for (source, target, lag), b in world.sampler.coefficients.items():
            moved = effects.get(Node(source, node.period - lag), 0.0)
            if target == node.kpi and moved and b:
                total += b * moved
        effects[node] = total
    return effects


def runs(world: World, units: int, periods: int, seed: int = 1):
    """A history with and without interventions, as arrays (units, periods)."""
    return world.sampler(units, periods, np.random.default_rng(seed))


# The truth


@each_world
def test_the_truth_by_intervention_is_the_sum_of_path_products(world):
    history, periods = runs(world, 3, 6), 6
    natural, compared = history({}), 0
    for treatment, equation in world.sampler.equations.items():
        step = equation.noise
        raised = history({treatment: pulse(0, step)})
        for node, effect in path_products(world, treatment, periods).items():
            if math.isnan(effect):
                continue
            level = abs(world.sampler.levels[node.kpi])
            change = raised[node.kpi][:, node.period] - natural[node.kpi][:, node.period]
            # differences of numbers as large as `level`, each rounded at 2e-16 of that
            np.testing.assert_allclose(change / step, effect, rtol=1e-9, atol=1e-13 * level / step)
            compared += effect != 0
    assert compared > 5 * len(world.graph.kpis)


def test_an_effect_through_a_product_is_that_branchs_own_arithmetic():
    natural, raised = (
        BANK.sample(20, 3, 7, do, complete=True).set_index(["unit", "period"])
        for do in (None, {"customer_loyalty": pulse(0, 1.0)})
    )
    b = BANK.sampler.coefficients
    churn = b["customer_loyalty", "churn", 1]
    churn += b["customer_loyalty", "advocacy", 0] * b["advocacy", "churn", 1]
    advocacy = b["customer_loyalty", "advocacy", 0]
    referred = advocacy * b["advocacy", "referred_customers", 1]
    now, next_one = (natural.xs(quarter, level="period") for quarter in ("2019Q1", "2019Q2"))
    customers = next_one["customers"] + now["customers"] * (referred / 1000 - churn)
    spend = next_one["spend"] + b["customer_loyalty", "spend", 1]
    revenue = raised.xs("2019Q2", level="period")["revenue"]
    np.testing.assert_allclose(revenue, customers * spend, rtol=1e-12)
    assert (revenue > next_one["revenue"]).all()


def test_an_effect_waits_for_its_lag():
    for outcome in ("churn", "spend", "revenue"):
        assert BANK.true_effect(Question("customer_loyalty", outcome, 0), units=50).value == 0
        assert BANK.true_effect(Question("customer_loyalty", outcome, 1), units=50).value != 0


def test_a_linear_effect_is_the_same_at_any_time_and_scales_with_the_contrast():
    question = Question("customer_loyalty", "churn", 1)
    first = BANK.true_effect(question, units=50)
    later = BANK.true_effect(replace(question, contrast=-2.0), units=50, at=9, seed=3)
    assert later.value == pytest.approx(-2 * first.value, rel=1e-9)
    assert first.std_error < 1e-9 * abs(first.value)
    assert "customer_loyalty -2 in 2021Q2 -> churn in 2021Q3" in later.description


def test_the_simulation_error_of_a_varying_effect_is_honest():
    question = Question("customer_loyalty", "revenue", 1)
    one, other = (BANK.true_effect(question, units=2000, seed=seed) for seed in (1, 2))
    assert one.std_error > 0
    # two independent means differ by more than 4 joint standard errors once in 16,000
    assert abs(one.value - other.value) < 4 * math.hypot(one.std_error, other.std_error)


def test_the_effect_in_a_sample_is_averaged_over_its_rows():
    question = Question("customer_loyalty", "revenue", 2, contrast=3.0)
    natural = BANK.sample(12, 6, 5, complete=True)
    changes = []
    for t in range(4):
        raised = BANK.sample(12, 6, 5, {"customer_loyalty": pulse(t, 3.0)}, complete=True)
        rows = natural["period"] == BANK.quarter(t + 2)
        changes.append((raised["revenue"] - natural["revenue"])[rows].mean())
    assert BANK.effect_in_sample(question, 12, 6, seed=5) == pytest.approx(np.mean(changes))


def test_where_nothing_has_an_effect_every_true_effect_is_exactly_zero():
    history, measured = runs(SHOPS, 4, 6), [kpi.id for kpi in SHOPS.believed.kpis]
    natural = history({})
    for treatment in measured:
        raised = history({treatment: pulse(1, 10.0)})
        for outcome in set(measured) - {treatment}:
            np.testing.assert_array_equal(raised[outcome], natural[outcome])
    assert SHOPS.true_effect(Question("customer_loyalty", "revenue", 1), units=50).value == 0


@pytest.mark.parametrize(("strength", "low", "high"), [(0.0, -0.06, 0.06), (1.0, 0.1, 0.4)])
def test_a_hidden_cause_makes_it_look_otherwise(strength, low, high):
    """Within shops and quarters, so neither unit nor period effects explain it; 0.06 is 4 / sqrt(n)."""
    frame = make_no_effect(strength).sample(200, 24, 1).set_index(["unit", "period"])
    within = frame - frame.groupby("unit").transform("mean")
    within -= within.groupby("period").transform("mean")
    before = within["customer_loyalty"].groupby("unit").shift(1)
    assert low < before.corr(within["revenue"]) < high
    assert low < within["employee_loyalty"].corr(within["customer_loyalty"]) < high


def test_against_the_book_profit_and_contented_staff_go_apart():
    stores = STORES.sample(120, 24, 3).groupby("unit").mean(numeric_only=True)
    assert stores["employee_loyalty"].corr(stores["operating_result"]) < -0.5

    def effect(treatment: str, outcome: str, horizon: int) -> float:
        return STORES.true_effect(Question(treatment, outcome, horizon), units=50).value

    assert effect("workload", "employee_loyalty", 1) < 0
    assert effect("workload", "operating_result", 0) > 0
    assert effect("employee_loyalty", "operating_result", 0) < 0
    assert effect("employee_loyalty", "service_behaviour", 0) == 0
    lasting = runs(STORES, 1, 40)
    held = {kpi: lasting({kpi: sustained(0, 1.0)}) for kpi in ("workload", "employee_loyalty")}
    result = {kpi: run["operating_result"].sum() for kpi, run in held.items()}
    assert result["workload"] > lasting({})["operating_result"].sum() > result["employee_loyalty"]


# Interventions


@each_world
def test_the_same_organisation_runs_with_and_without_an_intervention(world):
    history, at = runs(world, 5, 7), 3
    natural, unrolled = history({}), world.graph.unroll(7)
    for treatment in world.graph.ids:
        raised = history({treatment: pulse(at, 1.0)})
        reached = nx.descendants(unrolled, Node(treatment, at)) | {Node(treatment, at)}
        for kpi in world.graph.ids:
            for t in range(7):
                if Node(kpi, t) not in reached:
                    np.testing.assert_array_equal(raised[kpi][:, t], natural[kpi][:, t])
        assert (raised[treatment][:, at] != natural[treatment][:, at]).all()


def test_an_intervention_that_changes_nothing_changes_no_byte_nor_which_values_miss():
    natural = BANK.sample(30, 12, 4)
    same = BANK.sample(30, 12, 4, {kpi: lambda values, period: values for kpi in BANK.graph.ids})
    assert natural.equals(same)
    raised = BANK.sample(30, 12, 4, {"employee_loyalty": pulse(0, 5.0)})
    assert natural.isna().equals(raised.isna())


def test_a_sustained_rise_is_of_one_size_whatever_the_own_past_would_add():
    history = runs(BANK, 4, 8)
    natural, held = history({}), history({"customer_loyalty": sustained(2, 1.5)})
    rise = held["customer_loyalty"] - natural["customer_loyalty"]
    np.testing.assert_allclose(rise, [[0.0, 0.0, *[1.5] * 6]] * 4, atol=1e-12)


def test_an_identity_can_be_overruled_and_is_computed_otherwise():
    history = runs(BANK, 4, 3)
    natural = history({})
    forced = history({"revenue": lambda values, period: 1e6})
    assert (forced["revenue"] == 1e6).all()
    np.testing.assert_array_equal(forced["spend"][:, 0], natural["spend"][:, 0])
    np.testing.assert_array_equal(forced["operating_result"], forced["revenue"] - forced["cost"])
    dearer = history({"spend": pulse(1, 10.0)})
    np.testing.assert_array_equal(dearer["revenue"], dearer["customers"] * dearer["spend"])


@pytest.mark.parametrize("given", [None, math.nan, np.zeros(3)])
def test_an_intervention_must_give_a_number_per_unit(given):
    with pytest.raises(QuestionError, match=r"do\['churn'\]"):
        BANK.sample(2, 2, 1, {"churn": lambda values, period: given})


def test_everything_wrong_with_a_request_is_said_at_once():
    with pytest.raises(QuestionError) as caught:
        BANK.sample(0, 2.5, 1, {"chrun": pulse(0, 1.0)})  # type: ignore[arg-type]
    assert [fault.where for fault in caught.value.faults] == ["units", "periods", "do"]
    assert "Did you mean 'churn'?" in str(caught.value)
    with pytest.raises(QuestionError, match="'loyalty'"):
        BANK.true_effect(Question("loyalty", "churn", 1))
    with pytest.raises(QuestionError, match="8 in 8 periods"):
        BANK.effect_in_sample(Question("customer_loyalty", "churn", 8), 5, 8, seed=1)
    with pytest.raises(QuestionError, match="Did you mean 'waterland'"):
        load_world("waterlnd")


# The data


@each_world
def test_a_seed_fixes_the_sample(world):
    one = world.sample(10, 6, 3)
    assert one.equals(world.sample(10, 6, np.random.default_rng(3)))
    assert not one.equals(world.sample(10, 6, 4))
    assert one["unit"].unique().tolist()[::9] == ["B001", "B010"]
    assert one["period"].unique().tolist()[3:5] == ["2019Q4", "2020Q1"]


@each_world
def test_what_is_hidden_is_not_in_the_sample(world):
    hidden = {kpi.id for kpi in world.graph.kpis if not kpi.observed}
    observed = [kpi for kpi in world.graph.ids if kpi not in hidden]
    assert world.sample(2, 2, 1).columns.tolist() == ["unit", "period", *observed]
    assert hidden < set(world.sample(2, 2, 1, hidden=True).columns)
    assert list(world.believed.ids) == observed
    assert (world.believed == world.graph) == (not hidden and world.id not in MISDRAWN)


@each_world
def test_identities_hold_exactly(world):
    frame = world.sample(20, 8, 2, complete=True)
    for kpi in world.graph.kpis:
        if kpi.formula is not None:
            columns = {lag: frame.groupby("unit").shift(lag) if lag else frame for _, lag in kpi.formula.arguments}
            computed = kpi.formula.evaluate(lambda name, lag, at=columns: at[lag][name])
            known = computed.notna()
            assert known.sum() >= 20 * 7
            np.testing.assert_array_equal(frame[kpi.id][known], computed[known])


@each_world
def test_no_value_comes_near_the_end_of_its_scale(world):
    """By 5 standard deviations where a scale has two ends; amounts are skewed, and stay above 0."""
    frame = world.sample(1500, 24, 6)
    for kpi in world.graph.kpis:
        if kpi.observed and kpi.level == "unit":
            x = frame[kpi.id]
            assert kpi.minimum < x.min() and x.max() < kpi.maximum
            if math.isfinite(kpi.maximum):
                room = min(x.mean() - kpi.minimum, kpi.maximum - x.mean())
                assert room > 5 * x.std(), kpi.id


def test_an_organisations_kpis_are_the_same_in_all_its_units():
    frame = BANK.sample(15, 8, 1)
    for kpi in ("investor_loyalty", "cost_of_equity"):
        assert (frame.groupby("period")[kpi].nunique() == 1).all()
        assert frame[kpi].nunique() == 8


def test_about_as_many_survey_waves_miss_as_declared():
    frame, missed = BANK.sample(1000, 24, 8), BANK.missing
    gaps = frame[list(missed.kpis)].isna()
    assert (gaps.nunique(axis=1) == 1).all()  # a wave misses as a whole
    by_quarter = gaps.iloc[:, 0].groupby(frame["period"]).mean()
    skipped = by_quarter.pop(BANK.quarter(missed.period))
    # 4 standard errors of a share of 23,000 and of 1,000
    assert abs(by_quarter.mean() - missed.share) < 4 * math.sqrt(0.04 * 0.96 / 23_000)
    assert abs(skipped - (1 - 0.96 * 0.90)) < 4 * math.sqrt(0.136 * 0.864 / 1000)
    assert not frame.drop(columns=list(missed.kpis)).isna().any(axis=None)


def test_the_bank_stays_as_it_is():
    """Linearised, all that is disturbed dies out but the number of customers, who stay or not."""
    graph, levels, lags = BANK.graph, BANK.sampler.levels, BANK.graph.longest_lag
    size, position = len(graph.ids), {kpi: k for k, kpi in enumerate(graph.ids)}
    pull = np.zeros((lags + 1, size, size))
    for (source, target, lag), b in BANK.sampler.coefficients.items():
        pull[lag, position[target], position[source]] += b
    for kpi in graph.kpis:
        for term, factors in kpi.formula.terms if kpi.formula else ():
            for at, (argument, lag) in enumerate(factors):
                others = [levels[name] for name, _ in factors[:at] + factors[at + 1 :]]
                pull[lag, position[kpi.id], position[argument]] += term * math.prod(others)
    reduced = np.linalg.solve(np.eye(size) - pull[0], pull[1:])
    companion = np.eye(size * lags, k=-size)
    companion[:size] = np.hstack(list(reduced))
    speed = np.sort(np.abs(np.linalg.eigvals(companion)))[::-1]
    assert speed[0] == pytest.approx(1, abs=0.005)
    assert speed[1] < 0.7

    customers = BANK.sample(1000, 40, 2, complete=True).pivot(index="unit", columns="period", values="customers")
    mean, spread = customers.mean(), np.log(customers).std()
    start = BANK.sampler.starts["customers"]
    expected = start.median * math.exp(start.spread**2 / 2)
    assert mean.to_numpy() == pytest.approx(expected, rel=0.05)
    assert (spread < 1.2 * start.spread).all()


# Equations and graph


def test_equations_that_do_not_fit_the_graph_are_refused_with_every_reason():
    graph = KPIGraph(
        (KPI("a"), KPI("b", level="organisation"), KPI("c", formula=Formula.parse("c[-1] + a"))),
        (Link("a", "b", lag=1),),
        unit_effects=("a",),
    )
    equations = {"b": Equation(1.0, 1.0, {("a", 2): 1.0}, shock=1.0), "d": Equation(1.0, 1.0)}
    with pytest.raises(GraphError) as caught:
        LinearSystem(graph, equations)
    assert [f"{fault.where}: {fault.found}" for fault in caught.value.faults] == [
        "equations: nothing for a",
        "equations: too much: d",
        "starts: nothing for c",
        "unit effects: nothing for a",
        "period effects: too much: b",
        "causes of 'b': nothing for ('a', 1)",
        "causes of 'b': too much: ('a', 2)",
        "what differs between units in 'b': too much: a",
    ]


def test_the_signs_of_the_bank_are_those_of_the_book():
    for link in BANK.graph.links:
        b = BANK.sampler.coefficients[link.source, link.target, link.lag]
        assert link.sign == ("+" if b > 0 else "-"), link
