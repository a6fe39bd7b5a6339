"""One organisation's series: what is answered, in which words, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.tsa.stattools import adfuller

import causalkpi as ck
from causalkpi.estimators import Estimate
from causalkpi.estimators.clusters import cosine_covariance
from causalkpi.estimators.conventions import across_units
from causalkpi.estimators.series import FEWEST_PERIODS, ONE_SERIES, unsteady, waves_for
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link
from causalkpi.panel import Panel, as_panel
from causalkpi.question import Question, Unanswered
from causalkpi.study import Study

GRAPH = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),))


def persistent(rng: np.random.Generator, periods: int, past: float) -> np.ndarray:
    values = rng.normal(size=periods + 50)
    for t in range(1, len(values)):
        values[t] += past * values[t - 1]
    return values[50:]


def one(periods: int = 60, past: float = 0.3, effect: float = 1.5, seed: int = 1) -> Panel:
    rng = np.random.default_rng(seed)
    x = persistent(rng, periods, past)
    frame = pd.DataFrame({"period": range(periods), "X": x, "Y": effect * x + persistent(rng, periods, past)})
    return as_panel(frame, period="period")


def ask(panel: Panel, graph: KPIGraph = GRAPH, horizon: int = 0, **given) -> Estimate | Unanswered:
    return ck.estimate(panel, ck.identify(graph, Question("X", "Y", horizon), several=False), **given)


def test_one_series_is_answered_by_least_squares_over_time() -> None:
    """The slope by numpy; the error by the mean of squared cosine coefficients, written out term by term."""
    panel = one()
    answer = ask(panel)
    assert isinstance(answer, Estimate)
    x, y = (panel.frame[kpi].to_numpy() for kpi in "XY")
    slope, level = np.polyfit(x, y, 1)
    assert answer.value == pytest.approx(slope, rel=1e-10)
    assert answer.dowhy == pytest.approx(slope, rel=1e-6)
    scores = (x - x.mean()) * (y - level - slope * x)
    waves = int(answer.df)
    squares = [
        sum(scores[t] * np.sqrt(2 / 60) * np.cos(np.pi * j * (t + 0.5) / 60) for t in range(60)) ** 2
        for j in range(1, waves + 1)
    ]
    error = np.sqrt(60 * np.mean(squares) * 60 / 58) / ((x - x.mean()) ** 2).sum()
    assert answer.std_error == pytest.approx(error, rel=1e-9)
    half = stats.t.ppf(0.975, waves) * error
    assert answer.interval == pytest.approx((slope - half, slope + half), rel=1e-9)


def test_one_series_says_bluntly_what_it_cannot_show() -> None:
    answer = ask(one())
    assert isinstance(answer, Estimate)
    assert answer.status == "estimated_with_warnings"
    assert ONE_SERIES in answer.warnings
    assert "no other unit to compare with" in ONE_SERIES
    assert "geen andere eenheid" in ONE_SERIES.render("nl")
    assert answer.population.startswith("one unit")
    assert "one series" in answer.convention
    assert not any("units" in warning for warning in answer.warnings)


def test_a_study_of_one_series_is_weak_at_most_however_clear() -> None:
    evidence = Study(GRAPH, one(effect=20.0)).ask("X", "Y")
    assert evidence.estimate.p_value < 0.001
    assert evidence.grade.word == "weak"


def test_the_headline_says_that_it_is_one_organisation() -> None:
    from causalkpi.record import Run
    from causalkpi.report.reader import Reader
    from causalkpi.report.sections.headlines import headlines

    study = Study(GRAPH, one(effect=20.0))
    for language, said in (("en", "a single organisation, compared with nobody"), ("nl", "met niemand vergeleken")):
        run = Run("One", study, study.run([Question("X", "Y")]), "mine", language=language)
        assert said in headlines(Reader(run))[0].sentence


def test_waves_follow_the_rule_and_are_halved_where_residuals_persist() -> None:
    rng = np.random.default_rng(2)
    for periods in (40, 80, 200):
        whole = int(0.4 * periods ** (2 / 3))
        assert waves_for(np.tile([1.0, 1.0, -1.0, -1.0], periods // 4)) == whole  # first autocorrelation zero
        assert waves_for(persistent(rng, periods, 0.9)) == max(2, whole // 2)


def test_cosines_of_all_frequencies_give_the_variance_of_independent_errors() -> None:
    """Parseval: T - 1 waves hold all of the variance around the mean."""
    y = np.random.default_rng(3).normal(size=50)
    found = cosine_covariance(np.ones((50, 1)), y - y.mean(), np.arange(50), slice(0, 1), 49)[0, 0]
    assert found == pytest.approx(y.var(ddof=1) / 50 * 50 / 49, rel=1e-9)


@pytest.mark.parametrize("wandering", ["X", "Y"])
def test_levels_without_a_steady_level_are_refused_and_differences_answered(wandering: str) -> None:
    rng = np.random.default_rng(4)
    panel = one(80)
    frame = panel.frame.assign(**{wandering: np.cumsum(rng.normal(size=80))})
    assert adfuller(frame[wandering])[1] > 0.1
    answer = ask(Panel(frame))
    assert isinstance(answer, Unanswered)
    assert answer.status == "not_estimable"
    assert f"In this series {wandering}" in answer.reason
    assert "differences" in answer.remedy
    assert "verschillen" in answer.remedy.render("nl")
    assert isinstance(ask(Panel(frame.diff().dropna())), Estimate)


def test_two_trends_are_refused() -> None:
    rng = np.random.default_rng(5)
    trend = 0.2 * np.arange(60)
    answer = ask(Panel(one().frame.assign(X=trend + rng.normal(size=60), Y=trend + rng.normal(size=60))))
    assert isinstance(answer, Unanswered)
    assert "Y (t) and X (t) may have no steady level" in answer.reason


def test_steady_series_are_left_in_peace() -> None:
    rng = np.random.default_rng(6)
    steady = np.mean([unsteady(rng.normal(size=80)) for _ in range(100)])
    wandering = np.mean([unsteady(np.cumsum(rng.normal(size=80))) for _ in range(100)])
    assert steady < 0.1
    assert wandering > 0.85


def test_residuals_that_last_are_refused_until_the_past_is_held_fixed() -> None:
    rng = np.random.default_rng(15)
    x, y = persistent(rng, 160, 0.3), persistent(rng, 160, 0.8)
    panel = Panel(one(160).frame.assign(X=x, Y=y))
    answer = ask(panel)
    assert isinstance(answer, Unanswered)
    assert "lasts from period to period" in answer.reason
    assert "own past" in answer.remedy
    held = KPIGraph(GRAPH.kpis, (Link("X", "Y"), Link("Y", "Y", lag=1), Link("Y", "X", lag=1)))
    assert isinstance(ask(panel, held), Estimate)


def test_short_and_broken_series_are_refused() -> None:
    short = ask(one(FEWEST_PERIODS - 1))
    assert isinstance(short, Unanswered)
    assert f"fewer than {FEWEST_PERIODS}" in short.reason
    assert isinstance(ask(one(FEWEST_PERIODS, past=0.0)), Estimate)
    frame = one().frame.copy()
    frame.iloc[20, 0] = np.nan
    broken = ask(Panel(frame))
    assert isinstance(broken, Unanswered)
    assert "(periods without: 1)" in broken.reason
    assert "unbroken" in broken.remedy


def test_what_units_share_cannot_be_taken_out_of_one_series() -> None:
    shared = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),), period_effects=("X", "Y"))
    estimand = ck.identify(shared, Question("X", "Y"))
    answer = ck.estimate(one(), estimand)
    assert isinstance(answer, Unanswered)
    assert "one unit alone" in answer.reason
    assert isinstance(ask(one(), shared), Unanswered)  # identification knows it too


def test_lasting_differences_are_the_constant_of_one_series() -> None:
    lasting = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),), unit_effects=("X", "Y"))
    plain, within = ask(one()), ask(one(), lasting)
    assert isinstance(plain, Estimate) and isinstance(within, Estimate)
    assert within.value == plain.value
    assert within.std_error == plain.std_error


def test_errors_of_panels_are_refused_for_one_series() -> None:
    answer = ask(one(), errors=across_units)
    assert isinstance(answer, Unanswered)
    assert "compare units" in answer.reason


def test_a_pulse_in_one_period_is_no_variation_to_rest_on() -> None:
    frame = one().frame.assign(X=0.0)
    frame.iloc[30, frame.columns.get_loc("X")] = 1.0
    answer = ask(Panel(frame))
    assert isinstance(answer, Unanswered)
    assert "few periods" in answer.reason


def test_units_seen_once_do_not_make_up_for_too_few_units() -> None:
    """Four units over time and a fifth that is seen once: the fifth drops out, and four are too few."""
    rng = np.random.default_rng(16)
    unit, period = [*np.repeat(np.arange(4), 20), 4], [*np.tile(np.arange(20), 4), 0]
    frame = pd.DataFrame({"unit": unit, "period": period, "X": rng.normal(size=81), "Y": rng.normal(size=81)})
    lasting = KPIGraph(GRAPH.kpis, GRAPH.links, unit_effects=("X", "Y"))
    answer = ck.estimate(as_panel(frame, unit="unit", period="period"), ck.identify(lasting, Question("X", "Y")))
    assert isinstance(answer, Unanswered)
    assert "Only 4 units" in answer.reason
