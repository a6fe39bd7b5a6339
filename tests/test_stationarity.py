"""Whether KPIs wander: the panel test against published values, its size and power, and what a finding makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import causalkpi as ck
from causalkpi.diagnostics.stationarity import kpi_unit_root, stationarity, wanders
from causalkpi.diagnostics.unit_root import UnitRoot, moments, panel_unit_root, series_unit_root, unit_root
from causalkpi.estimators import Estimate
from causalkpi.estimators.result import Regression
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link
from causalkpi.panel import Panel, as_panel

STATIC = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),), unit_effects=("X", "Y"))
SHARED = replace(STATIC, period_effects=("X", "Y"))
OWN_PAST = replace(
    SHARED,
    links=(*(Link(a, b, lag=1) for a, b in [("X", "X"), ("Y", "Y"), ("Y", "X")]), Link("X", "Y", lag=1)),
)


def series(rng: np.random.Generator, units: int, periods: int, left: float = 1.0) -> np.ndarray:
    """Columns of which a share of every shock is left a period later, shape (units, periods)."""
    values = rng.normal(size=(units, periods + 40))
    for t in range(1, periods + 40):
        values[:, t] += left * values[:, t - 1]
    return values[:, 40:]


def table(**columns: np.ndarray) -> Panel:
    units, periods = next(iter(columns.values())).shape
    keys = {"unit": np.repeat([f"u{i:03}" for i in range(units)], periods),
            "period": np.tile(np.arange(periods), units)}  # fmt: skip
    return as_panel(pd.DataFrame(keys | {k: v.ravel() for k, v in columns.items()}), unit="unit", period="period")


def regression_of(panel: Panel, graph: KPIGraph, horizon: int = 0) -> Regression:
    answer = ck.estimate(panel, ck.identify(graph, ck.Question("X", "Y", horizon), repeated=True), confirm=False)
    assert isinstance(answer, Estimate), answer
    return answer.regressions[0]


def of_test(found: object) -> UnitRoot:
    assert isinstance(found, UnitRoot), found
    return found


# The panel test


@pytest.mark.parametrize("changes", [4, 7, 11, 23, 40])
def test_the_moments_follow_from_normal_shocks(changes: int) -> None:
    """The published formulas against quadratic forms: levels are L e, less their mean M L e, and changes e.

    With A the form whose mean is zero under the null, the variance of e'Ae is 2 tr(A A), for normal shocks.
    """
    lower = np.tril(np.ones((changes, changes)), -1)
    centre = np.eye(changes) - 1 / changes
    cross, squares = lower.T @ centre, lower.T @ centre @ lower
    bias, variance = moments(changes)
    assert bias == pytest.approx(np.trace(cross) / np.trace(squares), rel=1e-10)
    form = (cross + cross.T) / 2 - bias * squares
    assert variance == pytest.approx(2 * np.trace(form @ form) / np.trace(squares) ** 2, rel=1e-10)


def test_the_moments_are_those_of_random_walks() -> None:
    """By simulation: 40,000 walks of 9 changes; bias and spread of the slope of 100 of them at a time."""
    walks = np.random.default_rng(1).normal(size=(40_000, 10)).cumsum(axis=1)
    before = walks[:, :-1] - walks[:, :-1].mean(axis=1, keepdims=True)
    cross, squares = (before * np.diff(walks, axis=1)).sum(axis=1), (before**2).sum(axis=1)
    bias, variance = moments(9)
    assert cross.sum() / squares.sum() == pytest.approx(bias, abs=0.006)  # four Monte-Carlo errors
    slopes = cross.reshape(400, 100).sum(axis=1) / squares.reshape(400, 100).sum(axis=1)
    assert slopes.var() * 100 == pytest.approx(variance, rel=0.25)  # of 400: 7% a Monte-Carlo error


def test_without_carry_over_it_is_the_test_of_harris_and_tzavalis() -> None:
    """On a balanced panel its persistence is their slope less its bias, and its statistic close to theirs."""
    values = series(np.random.default_rng(2), 200, 12)
    found = of_test(panel_unit_root(values, carried=0))
    change = np.diff(values, axis=1)
    change = change - change.mean(axis=0)
    level = np.c_[np.zeros(200), change.cumsum(axis=1)]
    before, now = level[:, :-1], level[:, 1:]
    before = before - before.mean(axis=1, keepdims=True)
    slope = (before * now).sum() / (before**2).sum()
    bias, variance = moments(11)
    assert found.statistic == pytest.approx((slope - 1 - bias) / np.sqrt(variance / 200), abs=0.35)
    half = -bias / 2
    assert found.persistence == pytest.approx((slope + half) / (1 - half), rel=1e-9)


def test_what_units_share_and_where_they_start_change_nothing() -> None:
    rng = np.random.default_rng(3)
    values = series(rng, 30, 12)
    moved = values + 100 * rng.normal(size=(30, 1)) + 50 * rng.normal(size=12).cumsum()
    one, other = of_test(panel_unit_root(values)), of_test(panel_unit_root(1e-6 * moved))
    assert other.statistic == pytest.approx(one.statistic, rel=1e-5)
    assert other.persistence == pytest.approx(one.persistence, rel=1e-5)


@pytest.mark.parametrize(
    ("left", "periods", "gaps", "least", "most"),
    [(1.0, 12, 0.0, 0.0, 0.13), (1.0, 8, 0.0, 0.0, 0.15), (1.0, 16, 0.03, 0.0, 0.13), (0.6, 8, 0.0, 0.6, 1.0),
     (0.7, 12, 0.0, 0.9, 1.0), (0.5, 16, 0.03, 0.9, 1.0)],
)  # fmt: skip
def test_size_and_power(left: float, periods: int, gaps: float, least: float, most: float) -> None:
    """100 panels of 100 units: rejections at 5% (a Monte-Carlo error is 2.2 points where 5% are true)."""
    rng, p = np.random.default_rng(4), []
    for _ in range(100):
        values = series(rng, 100, periods, left)
        values[rng.random(values.shape) < gaps] = np.nan
        p.append(of_test(panel_unit_root(values)).p_value)
    assert least <= float(np.mean(np.array(p) < 0.05)) <= most


def test_survey_noise_does_not_pass_for_a_return_to_the_mean() -> None:
    """60 panels of 100 random walks seen with noise of half a shock; without the allowance nearly all are rejected."""
    rng, p = np.random.default_rng(5), []
    for _ in range(60):
        values = series(rng, 100, 12) + 0.5 * rng.normal(size=(100, 12))
        p.append([of_test(panel_unit_root(values, carried)).p_value for carried in (0, 2)])
    plain, allowed = (np.array(p) < 0.05).mean(axis=0)
    assert plain > 0.8
    assert allowed < 0.2


def test_long_series_are_tested_by_both_nulls() -> None:
    rng = np.random.default_rng(6)
    still, walk = (of_test(unit_root(series(rng, 1, 120, left))) for left in (0.4, 1.0))
    assert still.p_value < 0.01 and still.kpss > 0.05 and still.persistence < 0.7
    assert walk.p_value > 0.05 and walk.kpss < 0.05 and walk.persistence > 0.85
    assert "too short" in str(series_unit_root(np.arange(20.0)))
    assert "vary" in str(series_unit_root(np.ones(40)))


def test_why_not() -> None:
    rng = np.random.default_rng(7)
    for values, reason in (
        (series(rng, 6, 30), "6 units"),
        (series(rng, 40, 5), "consecutive periods"),
        (np.tile(rng.normal(size=12), (20, 1)) + rng.normal(size=(20, 1)), "same in all units"),
        (np.where(np.arange(12) % 2, series(rng, 40, 12), np.nan), "Only 0 units"),
    ):
        found = unit_root(values)
        assert isinstance(found, str) and reason in found
        assert found.render("nl") != found.render("en")


# The finding


def test_two_walks_are_doubtful_and_fail_where_shared_shocks_are_left_in() -> None:
    rng = np.random.default_rng(8)
    panel = table(X=series(rng, 60, 14), Y=series(rng, 60, 14))
    for graph, result in ((SHARED, "doubtful"), (STATIC, "fails")):
        found = stationarity(regression_of(panel, graph), panel, rng)
        assert found.result == result
        assert found.p_value >= 0.01 and found.numbers["outcome_persistence"] > 0.9
        for text in (found.question, found.null, found.rule, found.seen, found.consequence, found.remedy):
            assert text.render("nl") != text.render("en")


def test_a_finding_that_fails_keeps_a_grade_from_being_more_than_weak() -> None:
    """Two walks that share one more walk have nothing to do with each other, and look as if they had."""
    rng = np.random.default_rng(11)
    shared = 2 * rng.normal(size=24).cumsum()
    panel = table(X=series(rng, 60, 24) + shared, Y=series(rng, 60, 24) + shared + rng.normal(size=24))
    evidence = ck.Study(STATIC, panel).ask("X", "Y")
    assert evidence.estimate.interval[0] > 0  # clear of zero, and wrong
    assert evidence.grade.word == "weak"
    assert any("drift" in reason for reason in evidence.grade.reasons)


def test_silent_where_one_returns_or_its_past_is_held_fixed() -> None:
    rng = np.random.default_rng(9)
    walk = table(X=series(rng, 60, 14), Y=series(rng, 60, 14))
    held = stationarity(regression_of(walk, OWN_PAST, horizon=1), walk, rng)
    assert held.result == "holds" and "held fixed" in held.consequence
    mixed = table(X=series(rng, 60, 14), Y=series(rng, 60, 14, 0.5))
    assert stationarity(regression_of(mixed, STATIC), mixed, rng).result == "holds"
    still = table(X=series(rng, 60, 14, 0.5), Y=series(rng, 60, 14, 0.3))
    found = stationarity(regression_of(still, STATIC), still, rng)
    assert found.result == "holds" and not found.consequence


def test_changes_of_walks_do_not_wander() -> None:
    rng = np.random.default_rng(12)
    panel = table(X=series(rng, 60, 14), Y=series(rng, 60, 14))
    changes = panel.differenced(["X", "Y"])
    assert wanders(of_test(kpi_unit_root(panel, "X"))) and not wanders(of_test(kpi_unit_root(changes, "X")))
    assert stationarity(regression_of(changes, STATIC), changes, rng).result == "holds"
    assert changes.frame["X"].isna().sum() == 60  # a first period has no change, and no other unit's last lends one
    with pytest.raises(ck.DataError, match="no such KPI"):
        panel.differenced(["Z"])


def test_not_applicable_says_why() -> None:
    rng = np.random.default_rng(10)
    short = table(X=series(rng, 30, 5), Y=series(rng, 30, 5))
    found = stationarity(regression_of(short, STATIC), short, rng)
    assert found.result == "not_applicable" and "consecutive" in found.seen
    once = as_panel(pd.DataFrame(rng.normal(size=(50, 2)), columns=["X", "Y"]))
    answer = ck.estimate(once, ck.identify(replace(STATIC, unit_effects=()), ck.Question("X", "Y"), repeated=False))
    assert isinstance(answer, Estimate)
    found = stationarity(answer.regressions[0], once, rng)
    assert found.result == "not_applicable" and "once" in found.seen


def test_nothing_in_the_demo_wanders() -> None:
    """By construction: the largest share of a shock that its equations keep is 0.6."""
    panel = as_panel(ck.load_demo(), unit="unit", period="period")
    for kpi in ("customer_loyalty", "employee_loyalty", "spend", "customer_steering"):
        assert not wanders(of_test(kpi_unit_root(panel, kpi)))
