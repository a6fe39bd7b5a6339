"""The link system: path products against interventions and textbooks, corrections against Nickell's own formula."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_systems import exact_data, random_weights, total_effect
from scipy import stats

import causalkpi as ck
from causalkpi.errors import QuestionError
from causalkpi.estimators.draws import normal_draws
from causalkpi.gate import complete
from causalkpi.graph import KPIGraph, Node, from_networkx
from causalkpi.kpi import KPI, Formula, Link
from causalkpi.panel import Panel, as_panel
from causalkpi.question import Question, Unanswered
from causalkpi.system import chain, fit_system, paths, profile
from causalkpi.system.amounts import Outputs, coefficient_draws
from causalkpi.system.correction import Corrected
from causalkpi.system.links import LinkSystem

BANK = ck.load_world("waterland")
TRUE = BANK.sampler.coefficients  # type: ignore[attr-defined]


def panel_of(world, units: int, periods: int, seed: int, **options) -> Panel:
    return complete(as_panel(world.sample(units, periods, seed, **options), unit="unit", period="period"), world.graph)


@pytest.fixture(scope="module")
def bank() -> LinkSystem:
    return fit_system(panel_of(BANK, 120, 24, 1, complete=True), BANK.graph, confirm=False)


def with_truth(system: LinkSystem) -> LinkSystem:
    """The same system with the coefficients that the world really has."""
    slopes = np.array([TRUE[cause.kpi, kpi, -cause.period] for kpi, cause in system.equations.links])
    return replace(system, corrected=Corrected(slopes, np.tile(slopes, (len(system.equations.units), 1)), 0.0, 0))


# Responses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["churn", "spend", "advocacy", "customer_loyalty"])
def test_path_products_are_what_an_intervention_does(bank: LinkSystem, outcome: str) -> None:
    found = profile(with_truth(bank), "customer_loyalty", outcome, horizon=6)
    for moment in found.moments[1:]:
        truth = BANK.true_effect(Question("customer_loyalty", outcome, moment.horizon), units=20).value
        # equal but for what comes back by way of the operating result, which differs between branches
        assert moment.by_links.value == pytest.approx(truth, rel=2e-3, abs=1e-12)


@pytest.mark.parametrize("treatment", ["customer_loyalty", "cost_cutting", "employee_loyalty"])
def test_arithmetic_is_followed_exactly(bank: LinkSystem, treatment: str) -> None:
    found = profile(with_truth(bank), treatment, "operating_result", horizon=6)
    for moment in found.moments:
        truth = BANK.effect_in_sample(Question(treatment, "operating_result", moment.horizon), 120, 24, 1)
        # what feeds back does so by its average over branches: a thousandth at most, nothing before it can feed back
        tolerance = 1e-9 if moment.horizon < 2 else 2e-3
        assert moment.by_links.value == pytest.approx(truth, rel=tolerance, abs=0.05)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_cross_section_gives_wrights_path_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"k{i}" for i in range(6)]
    graph = nx.DiGraph([(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if rng.random() < 0.6])
    graph.add_nodes_from(names)
    weights = random_weights(graph, rng)
    system = fit_system(as_panel(exact_data(graph, weights, rng)), from_networkx(graph), confirm=False)
    expected = total_effect(graph, weights, "k0", "k5")
    found = profile(system, "k0", "k5", horizon=0)
    if not found.answered:
        assert not nx.has_path(graph, "k0", "k5")
        return
    assert found.moments[0].by_links.value == pytest.approx(expected, rel=1e-8, abs=1e-8)
    apart = paths(system, Question("k0", "k5"))
    assert not isinstance(apart, Unanswered)
    parts = [p.size.value for p in apart.parts if p.kind in ("direct", "route", "other_routes")]
    assert sum(parts) == pytest.approx(expected, rel=1e-8, abs=1e-8)
    direct = weights.get(("k0", "k5"), 0.0)
    assert apart.direct.size.value == pytest.approx(direct, rel=1e-8, abs=1e-8)


# Equations and their correction --------------------------------------------------------------------------------------


def test_an_equation_is_statsmodels_own_regression(bank: LinkSystem) -> None:
    found = bank.equations.fitted["service_behaviour"]
    frame = bank.panel.columns([Node("service_behaviour", 0), *found.causes]).dropna()
    by_hand = sm.OLS(frame.iloc[:, 0].to_numpy(), sm.add_constant(frame.iloc[:, 1:].to_numpy())).fit()
    np.testing.assert_allclose(found.fit.slopes, by_hand.params[1:], rtol=1e-8)
    assert not found.short  # no unit effects, so nothing to correct


def test_dowhy_vouches_for_every_link() -> None:
    loyalty = KPIGraph(
        (KPI("a"), KPI("b"), KPI("c")),
        (Link("a", "b", lag=1), Link("a", "c"), Link("b", "c"), Link("c", "c", lag=1)),
        unit_effects=("a", "c"),
    )
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc"))
    frame["unit"], frame["period"] = np.repeat(np.arange(40), 10), np.tile(np.arange(10), 40)
    system = fit_system(as_panel(frame, unit="unit", period="period"), loyalty)
    for found in system.equations.fitted.values():
        np.testing.assert_allclose(found.fit.dowhy, found.fit.slopes, rtol=1e-6, atol=1e-8)


def nickell(rho: float, periods: int) -> float:
    """The limit of the fixed-effects slope less rho, for many units (Nickell 1981, Econometrica 49, equation 18)."""
    t = periods
    inner = 1 - (1 - rho**t) / (t * (1 - rho))
    return -(1 + rho) / (t - 1) * inner / (1 - 2 * rho / ((1 - rho) * (t - 1)) * inner)


def autoregressive(rng: np.random.Generator, units: int, periods: int, rho: float) -> Panel:
    values = np.zeros((units, periods + 60))
    noise, lasting = rng.normal(size=values.shape), rng.normal(size=units)
    for t in range(1, values.shape[1]):
        values[:, t] = rho * values[:, t - 1] + lasting + noise[:, t]
    keys = {"unit": np.repeat(np.arange(units), periods), "period": np.tile(np.arange(periods), units)}
    return as_panel(pd.DataFrame(keys | {"y": values[:, 60:].ravel()}), unit="unit", period="period")


@pytest.mark.parametrize(("rho", "periods"), [(0.3, 7), (0.6, 7), (0.6, 13), (0.8, 13)])
def test_nickells_bias_is_there_and_is_mended(rho: float, periods: int) -> None:
    graph = KPIGraph((KPI("y"),), (Link("y", "y", lag=1),), unit_effects=("y",))
    panel = autoregressive(np.random.default_rng(3), 1500, periods, rho)
    system = fit_system(panel, graph, confirm=False)
    count = len(system.equations.units)
    centred = system.corrected.left_out - system.corrected.left_out.mean(axis=0)
    error = float(np.sqrt((count - 1) / count * (centred**2).sum() * (1 + system.corrected.noise)))
    raw = system.equations.slopes[0] - rho
    assert raw == pytest.approx(nickell(rho, periods - 1), abs=3 * error)
    assert abs(nickell(rho, periods - 1)) > 8 * error
    assert system.corrected.slopes[0] == pytest.approx(rho, abs=3 * error)


def test_a_unit_root_runs_away_and_is_refused() -> None:
    graph = KPIGraph((KPI("y"), KPI("z")), (Link("y", "y", lag=1), Link("y", "z", lag=1)), unit_effects=("y",))
    panel = autoregressive(np.random.default_rng(4), 60, 8, 1.03)
    frame = panel.frame.reset_index()
    frame["z"] = np.random.default_rng(5).normal(size=len(frame))
    system = fit_system(as_panel(frame, unit="unit", period="period"), graph, confirm=False)
    found = profile(system, "y", "z", horizon=3)
    assert not found.answered or found.moments[-1].horizon == 1  # the first step needs no own past
    assert "runs away" in found.why or "left a period later" in found.why


def test_fewer_units_than_were_simulated_are_refused() -> None:
    system = fit_system(panel_of(BANK, 7, 16, 3), BANK.graph, confirm=False)
    found = profile(system, "customer_loyalty", "churn", horizon=2)
    assert not found.answered
    assert "Only 7 units" in found.why
    assert isinstance(paths(system, Question("customer_loyalty", "churn", 1)), Unanswered)


def test_few_usable_periods_are_refused() -> None:
    graph = KPIGraph((KPI("y"),), (Link("y", "y", lag=1),), unit_effects=("y",))
    system = fit_system(autoregressive(np.random.default_rng(3), 100, 4, 0.5), graph, confirm=False)
    assert not system.equations.fitted
    assert "usable periods" in system.equations.refused["y"]


def test_a_hidden_cause_leaves_no_equation() -> None:
    graph = KPIGraph((KPI("a"), KPI("m", observed=False), KPI("b")), (Link("a", "m"), Link("m", "b"), Link("a", "b")))
    rng = np.random.default_rng(1)
    panel = as_panel(pd.DataFrame(rng.normal(size=(100, 2)), columns=["a", "b"]))
    found = profile(fit_system(panel, graph, confirm=False), "a", "b", horizon=0)
    assert not found.answered
    assert "m is hidden" in found.why


# Profiles ------------------------------------------------------------------------------------------------------------


def test_sums_are_those_of_the_moments_and_know_how_they_go_together(bank: LinkSystem) -> None:
    found = profile(bank, "customer_loyalty", "spend", horizon=5, rate=0.08)
    values = [m.by_links.value for m in found.moments]
    assert found.moments[-1].cumulative.value == pytest.approx(sum(values))
    assert found.discounted is not None
    assert found.discounted.value == pytest.approx(sum(v / 1.08 ** (h / 4) for h, v in enumerate(values)))
    independent = np.sqrt(sum(m.by_links.std_error**2 for m in found.moments))
    together = found.moments[-1].cumulative.std_error
    assert together > 1.1 * independent  # horizons share their links, so their errors go the same way
    for m in found.moments[1:]:
        assert m.joint[0] < m.by_links.interval[0] < m.by_links.interval[1] < m.joint[1]


def test_joint_intervals_are_as_wide_as_the_literature_says() -> None:
    rng = np.random.default_rng(1)
    sidak = stats.norm.ppf(0.5 + 0.95 ** (1 / 5) / 2)  # five independent intervals (Sidak 1967)
    drawn = rng.standard_normal((40_000, 5))
    ends = Outputs(np.zeros(5), drawn[:50], drawn, 1e7).together(0.95)
    assert np.abs(ends).mean() == pytest.approx(sidak, abs=0.04)
    same = np.tile(drawn[:, :1], 5)
    ends = Outputs(np.zeros(5), same[:50], same, 1e7).together(0.95)
    assert np.abs(ends).mean() == pytest.approx(1.96, abs=0.03)


def test_a_product_of_two_gets_the_interval_that_products_have() -> None:
    """Two coefficients two standard errors from zero: the product's quantiles, against a million plain draws."""
    rng = np.random.default_rng(2)
    units = rng.normal(size=(4000, 2))
    units = (units - units.mean(axis=0)) / units.std(axis=0) / np.sqrt(3999)  # leave-one-out replicates of variance 1
    drawn = coefficient_draws(np.array([2.0, 2.0]), 2.0 + units * np.sqrt(3999 / 4000 * 3999) / 3999, 1e7, 200_000, rng)
    direct = rng.normal(2.0, drawn.std(axis=0), (1_000_000, 2))
    low, high = np.quantile(drawn[:, 0] * drawn[:, 1], [0.025, 0.975])
    np.testing.assert_allclose([low, high], np.quantile(direct[:, 0] * direct[:, 1], [0.025, 0.975]), rtol=0.03)


@pytest.mark.parametrize("outcome", ["revenue", "churn"])
def test_intervals_from_draws_are_as_wide_as_the_spread_of_replicates_says(outcome: str) -> None:
    """Coefficients in euro and in points side by side: their variances lie twenty powers of ten apart."""
    system = fit_system(
        panel_of(ck.load_world("waterland"), 60, 12, 3), ck.load_graph("customer_centred"), confirm=False
    )
    for moment in profile(system, "customer_loyalty", outcome, horizon=6).moments[1:]:
        low, high = moment.by_links.interval
        assert (high - low) / 3.92 == pytest.approx(
            moment.by_links.std_error, rel=0.35
        )  # t with 20 df or more, skewness


def test_joint_draws_have_their_covariance_whatever_the_scales() -> None:
    rng = np.random.default_rng(4)
    mixed = rng.normal(size=(4, 4))
    plain = mixed @ mixed.T
    scale = np.array([1e6, 1.0, 1e-6, 1e-9])
    found = normal_draws(plain * np.outer(scale, scale), 200_000, rng) / scale
    size = np.sqrt(np.diag(plain))
    np.testing.assert_allclose(np.cov(found.T) / np.outer(size, size), plain / np.outer(size, size), atol=0.02)


def test_contrast_scales_everything_and_order_changes_nothing(bank: LinkSystem) -> None:
    one, three = (profile(bank, "customer_loyalty", "churn", horizon=3, change=c) for c in (1.0, -3.0))
    assert three.moments[2].by_links.value == pytest.approx(-3 * one.moments[2].by_links.value)
    assert three.moments[2].by_links.std_error == pytest.approx(3 * one.moments[2].by_links.std_error)
    shuffled = bank.panel.to_frame().sample(frac=1, random_state=1)
    again = as_panel(shuffled, unit="unit", period="period")
    other = profile(fit_system(again, BANK.graph, confirm=False), "customer_loyalty", "churn", horizon=3)
    assert other.moments[2].by_links == one.moments[2].by_links


def test_beyond_the_data_there_is_no_number() -> None:
    system = fit_system(panel_of(BANK, 40, 8, 2), BANK.graph, confirm=False)
    found = profile(system, "customer_loyalty", "revenue", horizon=12)
    assert found.moments[-1].horizon <= 7
    linear = profile(system, "customer_loyalty", "churn", horizon=500)  # no arithmetic on the way to run out of rows
    assert linear.moments[-1].horizon == 7
    assert "span 8 periods" in linear.why
    assert "It stops after" in found.why
    with pytest.raises(KeyError, match="the profile goes from 0 to"):
        found[12]


def test_no_path_and_arithmetic_are_told_apart(bank: LinkSystem) -> None:
    none = profile(bank, "revenue", "customer_involvement", horizon=3)
    assert not none.answered
    assert "no path" in none.why
    first = profile(bank, "customer_loyalty", "churn", horizon=1).moments[0]
    assert (first.status, first.by_links.value) == ("structural_zero", 0.0)


# Agreement -----------------------------------------------------------------------------------------------------------


def test_routes_agree_on_the_right_graph_and_part_on_a_wrong_one() -> None:
    book = BANK.graph
    missing = replace(
        book,
        links=tuple(
            link for link in book.links if (link.source, link.target) != ("service_behaviour", "customer_loyalty")
        ),
        claims=(),
    )
    data = BANK.sample(200, 24, 5)
    results = {}
    for name, graph in (("right", book), ("wrong", missing)):
        study = ck.Study(graph, data, unit="unit", period="period")
        found = study.profile("service_behaviour", "customer_loyalty", 4)
        assert found.finding is not None
        results[name] = found.finding
    assert results["right"].result == "holds"
    assert results["wrong"].result == "fails"
    assert results["wrong"].p_value < 0.01


# Paths ---------------------------------------------------------------------------------------------------------------


def test_parts_of_a_panel_add_up_and_match_interventions(bank: LinkSystem) -> None:
    question = Question("employee_loyalty", "revenue", 4)
    found = paths(with_truth(bank), question)
    assert not isinstance(found, Unanswered)
    parts = [p.size.value for p in found.parts if p.kind in ("direct", "route", "other_routes")]
    assert sum(parts) == pytest.approx(found.total.size.value, rel=1e-12)
    assert found.total.size.value == pytest.approx(BANK.effect_in_sample(question, 120, 24, 1), rel=2e-3)
    # what passes through service behaviour is what an intervention loses when behaviour is held at what it was
    held = paths(with_truth(bank), question, through=["service_behaviour"])
    assert not isinstance(held, Unanswered)
    untreated = BANK.sample(120, 24, 1, complete=True)["service_behaviour"].to_numpy().reshape(120, 24)
    natural = {"service_behaviour": lambda values, period: untreated[:, period]}
    at = 10
    pulse = {"employee_loyalty": ck.pulse(at=at, by=1.0)}
    blocked = BANK.sample(120, 24, 1, do=pulse | natural, complete=True)
    plain = BANK.sample(120, 24, 1, complete=True)
    direct = (blocked["revenue"] - plain["revenue"]).to_numpy().reshape(120, 24)[:, at + 4].mean()
    assert held.direct.size.value == pytest.approx(direct, abs=0.02 * abs(found.total.size.value))


def test_natural_effects_only_where_the_graph_allows_them() -> None:
    rng = np.random.default_rng(6)

    def natural(edges: list[tuple[str, str]]) -> str:
        graph = nx.DiGraph(edges)
        data = exact_data(graph, random_weights(graph, rng), rng)
        found = paths(
            fit_system(as_panel(data), from_networkx(graph), confirm=False), Question("x", "y"), through=["m"]
        )
        assert not isinstance(found, Unanswered)
        return str(found.through("m").natural)

    # Pearl (2001, UAI): without a confounder of mediator and outcome that the treatment moves, they are identified
    assert natural([("x", "m"), ("m", "y"), ("x", "y"), ("c", "m"), ("c", "y")]) == ""
    # Avin, Shpitser and Pearl (2005, IJCAI): l is moved by x and moves y through m and past it
    assert "Not a natural effect" in natural([("x", "l"), ("l", "m"), ("l", "y"), ("m", "y")])


def test_shares_only_where_they_mean_something() -> None:
    graph = nx.DiGraph([("x", "m"), ("m", "y"), ("x", "y")])
    rng = np.random.default_rng(7)
    for weight, shares in ((0.8, True), (-0.8, False)):
        weights = {("x", "m"): 1.0, ("m", "y"): weight, ("x", "y"): 1.0}
        system = fit_system(as_panel(exact_data(graph, weights, rng)), from_networkx(graph), confirm=False)
        found = paths(system, Question("x", "y"))
        assert not isinstance(found, Unanswered)
        assert bool(found.no_shares) != shares
        if shares:
            assert found.through("m").share == pytest.approx(0.8 / 1.8)
        else:
            assert np.isnan(found.through("m").share)
            assert "opposite signs" in found.no_shares


def test_what_cannot_be_a_mediator_is_said(bank: LinkSystem) -> None:
    with pytest.raises(QuestionError, match=r"arithmetic.*Name its parts") as raised:
        paths(bank, Question("customer_loyalty", "revenue", 2), through=["customers", "loyaltyy", "revenue"])
    assert len(raised.value.faults) == 3
    assert isinstance(paths(bank, Question("revenue", "customer_involvement", 2)), Unanswered)


def test_a_chain_reads_off_in_native_units(bank: LinkSystem) -> None:
    found = chain(with_truth(bank), ["employee_loyalty", "service_behaviour", "customer_loyalty"], change=5.0)
    # by hand from the world's links: 5 x 0.16, and of that a quarter later 0.13 at once and 0.16 x 0.18 by satisfaction
    assert [step.horizon for step in found.steps] == [0, 0, 1]
    assert found.steps[1].size.value == pytest.approx(5 * 0.16)
    assert found.steps[2].size.value == pytest.approx(5 * 0.16 * (0.13 + 0.16 * 0.18))
    level = bank.panel.frame["service_behaviour"].mean()
    assert found.steps[1].relative == pytest.approx(0.8 / level)
    with pytest.raises(QuestionError, match="no path from revenue to customer_involvement"):
        chain(bank, ["revenue", "customer_involvement"])


def test_formulas_that_multiply_many_parts_are_shared_out_to_the_last_digit() -> None:
    graph = KPIGraph(
        (KPI("x"), KPI("a"), KPI("b"), KPI("c"), KPI("m", kind="identity", formula=Formula.parse("a * b * c + a"))),
        (Link("x", "a"), Link("x", "b"), Link("x", "c")),
    )
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"x": rng.normal(size=80)})
    for i, kpi in enumerate("abc"):
        frame[kpi] = 2 + i + 0.5 * frame.x + rng.normal(size=80)
    panel = complete(as_panel(frame), graph)
    system = fit_system(panel, graph, confirm=False)
    slopes = dict(zip([kpi for kpi, _ in system.equations.links], system.corrected.slopes, strict=True))
    size = 3.0  # a large change, in which what the parts do together counts
    moved = [frame[k] + size * slopes[k] for k in "abc"]
    by_hand = (moved[0] * moved[1] * moved[2] + moved[0] - frame.a * frame.b * frame.c - frame.a).mean()
    found = paths(system, Question("x", "m", 0, size))
    assert not isinstance(found, Unanswered)
    assert found.total.size.value == pytest.approx(by_hand, rel=1e-12)


def test_the_links_are_the_same_whoever_asks_first() -> None:
    """Their correction is simulated; a refuter that happens to be the first to need it must not choose the draws."""
    data = BANK.sample(40, 12, 5)
    asked, fitted = (ck.Study(BANK.graph, data, unit="unit", period="period", seed=3) for _ in range(2))
    asked.ask("customer_loyalty", "churn", 1)
    np.testing.assert_array_equal(asked.system.corrected.slopes, fitted.system.corrected.slopes)
