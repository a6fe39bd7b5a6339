"""Sensitivity: published numbers, exact systems with a hidden copy of a measured cause, and what has no number."""

from __future__ import annotations

import json
import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import causalkpi as ck
from causalkpi.estimators import Estimate
from causalkpi.estimators.result import Regression
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link
from causalkpi.panel import as_panel
from causalkpi.question import Question
from causalkpi.sensitivity import FLOOR, bias, partial_r2, robustness_value, sensitivity

DAG = nx.DiGraph([("c", "x"), ("w", "x"), ("c", "y"), ("w", "y"), ("x", "y")])


def regression_of(graph: nx.DiGraph | KPIGraph, data: pd.DataFrame) -> Regression:
    """The one regression behind x -> y."""
    keys = {key: key for key in ("unit", "period") if key in data}
    panel = as_panel(data, **keys)
    answer = ck.estimate(panel, ck.identify(graph, Question("x", "y"), repeated=panel.repeated), confirm=False)
    assert isinstance(answer, Estimate), answer
    return answer.regressions[0]


def rows(seed: int, count: int = 80, strength: float = 1.0) -> pd.DataFrame:
    """A cross-section of c, w -> x -> y with c, w -> y; c works on both as strongly as said, w a third of that."""
    rng = np.random.default_rng(seed)
    c, w, a, b = rng.normal(size=(4, count))
    both = strength * c + strength / 3 * w
    return pd.DataFrame({"c": c, "w": w, "x": both + a, "y": 0.8 * (both + a) + both + b})


def histories(seed: int, units: int = 12, periods: int = 6) -> pd.DataFrame:
    """A panel of c -> x -> y with c -> y, a lasting unit effect on all three."""
    rng = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([[f"u{i:02}" for i in range(units)], range(periods)], names=["unit", "period"])
    u, (c, a, b) = np.repeat(rng.normal(size=units), periods), rng.normal(size=(3, units * periods))
    c, x = c + u, 0.7 * c + a + 2 * u
    return pd.DataFrame({"c": c, "x": x, "y": 0.5 * x + 0.7 * c + b - u}, index=keys).reset_index()


def test_darfur() -> None:
    """Cinelli and Hazlett (2020), table 1: directly harmed, t = 4.18 with 783 df: 2.2%, 13.9% and 7.6%.

    The table's rounded 0.097 / 0.023 is 4.22; the t that it prints is 4.18.
    """
    t, df = 4.18, 783
    clear = t - float(stats.t.ppf(0.975, df))  # in ordinary standard errors, as in the paper
    assert partial_r2(t, df) == pytest.approx(0.022, abs=5e-4)
    assert robustness_value(t, df) == pytest.approx(0.139, abs=5e-4)
    assert robustness_value(clear, df) == pytest.approx(0.076, abs=5e-4)


@given(st.floats(0, 1e12), st.integers(1, 10**6))
def test_a_cause_as_strong_as_the_robustness_value_takes_the_answer_to_zero(t: float, df: int) -> None:
    """Their definition: a hidden cause with RV on both sides moves the answer by all of itself."""
    value = robustness_value(t, df)
    assert 0 <= value <= 1
    if value < 1 - 1e-9:
        assert bias(1.0, df, value, value) == pytest.approx(t, rel=1e-4, abs=1e-12)


def test_more_t_is_more_robust_even_where_digits_run_out() -> None:
    values = [robustness_value(t, 50) for t in (0, 1, 10, 1e3, 1e6, 1e9, 1e15)]
    assert values == sorted(values)
    assert values[0] == 0
    assert values[-1] == pytest.approx(1)


@pytest.mark.parametrize("a", [0.3, 1.0])
@pytest.mark.parametrize("b", [0.2, 0.9])
def test_a_benchmark_is_exact_for_a_copy_of_it(a: float, b: float) -> None:
    """Z works on x and y as c does, and all sources are orthogonal in the sample: their bounds are then equalities.

    Both partial R2 and the bias are recomputed by regressions that see Z.
    """
    raw = np.random.default_rng(4).normal(size=(60, 5))
    c, z, w, ex, ey = np.linalg.qr(raw - raw.mean(axis=0))[0].T * math.sqrt(60)
    x = a * (c + z) + 0.5 * w + ex
    y = 0.7 * x + b * (c + z) + 0.2 * w + ey
    found = sensitivity(regression_of(DAG, pd.DataFrame({"c": c, "w": w, "x": x, "y": y})), 1, 0.95)
    benchmark = next(one for one in found.benchmarks if one.kpis[0] == "c")

    def fitted(target: np.ndarray, *columns: np.ndarray):
        return sm.OLS(target, sm.add_constant(np.column_stack(columns))).fit()

    with_z, without = fitted(y, x, c, w, z), fitted(y, x, c, w)
    assert benchmark.r2_treatment == pytest.approx(1 - fitted(x, c, w, z).ssr / fitted(x, c, w).ssr, rel=1e-9)
    assert benchmark.r2_outcome == pytest.approx(1 - with_z.ssr / without.ssr, rel=1e-9)
    assert benchmark.bias == pytest.approx(without.params[1] - with_z.params[1], rel=1e-9)
    assert benchmark.value == pytest.approx(with_z.params[1], rel=1e-9)
    assert benchmark.value == pytest.approx(0.7, rel=1e-9)


def test_what_is_bounded_comes_from_ordinary_residuals_with_units_taken_out() -> None:
    """Least squares by statsmodels with a dummy per unit gives t, df and standard error; the interval is clustered."""
    graph = KPIGraph(
        tuple(map(KPI, "cxy")), (Link("c", "x"), Link("c", "y"), Link("x", "y")), unit_effects=("c", "x", "y")
    )
    data = histories(1)
    regression = regression_of(graph, data)
    found = sensitivity(regression, 1, 0.95)
    dummies = pd.get_dummies(data["unit"], dtype=float)
    ols = sm.OLS(data["y"], pd.concat([data[["x", "c"]], dummies], axis=1)).fit()
    assert regression.whole.sample.unit_effects
    assert found.residual_df == ols.df_resid
    assert found.ols_error == pytest.approx(ols.bse["x"], rel=1e-9)
    assert found.partial_r2 == pytest.approx(partial_r2(ols.tvalues["x"], ols.df_resid), rel=1e-9)
    assert found.robustness_value == pytest.approx(robustness_value(ols.tvalues["x"], ols.df_resid), rel=1e-9)
    assert found.std_error == pytest.approx(math.sqrt(regression.best.covariance[0, 0]))
    assert found.std_error != pytest.approx(found.ols_error, rel=1e-3)
    clear = abs(found.value) - float(stats.t.ppf(0.975, found.df)) * found.std_error
    expected = robustness_value(max(0.0, clear) / found.ols_error, found.residual_df)
    assert found.robustness_value_interval == pytest.approx(expected)
    half = found.benchmarks[0].interval[1] - found.benchmarks[0].value
    assert half == pytest.approx(float(stats.t.ppf(0.975, found.df)) * found.std_error)


def test_an_interval_that_holds_zero_needs_no_hidden_cause() -> None:
    data = rows(2, 15)
    data["y"] = np.random.default_rng(0).normal(size=15)
    found = sensitivity(regression_of(DAG, data), 1, 0.95)
    assert found.robustness_value > 0
    assert found.robustness_value_interval == 0


@pytest.mark.parametrize("contrast", [-3.0, 0.1, 10.0])
def test_shares_do_not_depend_on_the_contrast(contrast: float) -> None:
    regression = regression_of(DAG, rows(5))
    one, other = sensitivity(regression, 1, 0.95), sensitivity(regression, contrast, 0.95)
    assert other.value == pytest.approx(contrast * one.value)
    assert other.robustness_value == pytest.approx(one.robustness_value)
    assert other.robustness_value_interval == pytest.approx(one.robustness_value_interval)
    assert other.bound == pytest.approx(abs(contrast) * one.bound)
    for before, after in zip(one.benchmarks, other.benchmarks, strict=True):
        assert after.kpis == before.kpis
        assert after.value == pytest.approx(contrast * before.value)


def test_the_strongest_benchmark_comes_first_and_sets_the_bound() -> None:
    found = sensitivity(regression_of(DAG, rows(3)), 1, 0.95)
    assert [str(b.kpis[0]) for b in found.benchmarks] == ["c", "w"]
    assert found.benchmarks[0].bias > found.benchmarks[1].bias
    assert found.bound == found.benchmarks[0].bias


def test_weak_benchmarks_do_not_promise_too_much() -> None:
    """Where measured KPIs explain next to nothing, the bound is what a twentieth of both sides could do."""
    found = sensitivity(regression_of(DAG, rows(3, 400, strength=0.0)), 1, 0.95)
    least = bias(found.ols_error, found.residual_df, FLOOR, FLOOR)
    assert found.benchmarks[0].bias < least
    assert found.bound == least


def test_a_benchmark_that_explains_nearly_everything_bounds_nothing() -> None:
    """A copy of c could not be there as well: c explains more than half of what w leaves of x."""
    found = sensitivity(regression_of(DAG, rows(3, strength=3.0)), 1, 0.95)
    assert found.benchmarks[0].bias == math.inf == found.bound


def test_own_pasts_are_no_benchmarks_and_moments_of_a_kpi_go_together() -> None:
    links = [Link("c", "x"), Link("c", "x", lag=1), Link("c", "y"), Link("c", "y", lag=1), Link("c", "c", lag=1)]
    links += [Link("x", "y"), Link("x", "y", lag=1), Link("x", "x", lag=1)]
    rng = np.random.default_rng(6)
    keys = pd.MultiIndex.from_product([[f"u{i:02}" for i in range(15)], range(10)], names=["unit", "period"])
    data = pd.DataFrame(rng.normal(size=(150, 3)), index=keys, columns=list("cxy")).reset_index()
    regression = regression_of(KPIGraph(tuple(map(KPI, "cxy")), tuple(links)), data)
    held = {str(name) for name in regression.whole.sample.control_names}
    assert held == {"c (t)", "c (t-1)", "x (t-1)"}
    assert [[str(kpi) for kpi in b.kpis] for b in sensitivity(regression, 1, 0.95).benchmarks] == [["c"]]


def test_where_nothing_is_held_fixed_the_reason_is_given() -> None:
    found = sensitivity(regression_of(nx.DiGraph([("x", "y")]), rows(7)[["x", "y"]]), 1, 0.95)
    assert found.benchmarks == ()
    assert "No other KPI is held fixed" in found.why
    assert "constant gehouden" in found.why.render("nl")
    assert found.bound == bias(found.ols_error, found.residual_df, FLOOR, FLOOR)


@pytest.mark.parametrize("count", [12, 80])
@pytest.mark.parametrize("binary", [False, True])
def test_an_exact_fit_has_a_reason_and_no_numbers(count: int, binary: bool) -> None:
    """What rounding leaves must not pass for a spread: it would make any answer look certain."""
    data = rows(8, count)
    data["x"] = (data["x"] > 0) * 1.0 if binary else data["x"]
    data["y"] = 1e6 + 2 * data["x"] + data["c"] - 3 * data["w"]
    found = sensitivity(regression_of(DAG, data), 1, 0.95)
    assert found.value == pytest.approx(2)
    assert math.isnan(found.robustness_value) and math.isnan(found.partial_r2)
    assert "fits exactly" in found.why
    assert "past exact" in found.why.render("nl")
    assert found.benchmarks == ()


@pytest.mark.parametrize("binary", [False, True])
def test_small_samples_have_finite_shares(binary: bool) -> None:
    for seed in range(20):
        data = rows(seed, 14)
        data["x"] = (data["x"] > data["x"].median()) * 1.0 if binary else data["x"]
        found = sensitivity(regression_of(DAG, data), 1, 0.95)
        assert 0 <= found.robustness_value_interval <= found.robustness_value < 1
        assert all(0 <= b.r2_treatment <= 1 and 0 <= b.r2_outcome <= 1 and b.bias >= 0 for b in found.benchmarks)


def test_to_dict_holds_plain_values() -> None:
    found = sensitivity(regression_of(DAG, rows(9)), 1, 0.95)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["robustness_value"] == found.robustness_value
    assert [one["kpis"] for one in plain["benchmarks"]] == [[str(b.kpis[0])] for b in found.benchmarks]
