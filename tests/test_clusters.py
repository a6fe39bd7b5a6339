"""Standard errors for few clusters and other dependence: against explicit matrices, refitting and other libraries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import sandwich_covariance

import causalkpi as ck
from causalkpi.changes import compare
from causalkpi.estimators import Estimate
from causalkpi.estimators.clusters import cluster_sums, cr2, driscoll_kraay, fixed_b_df, two_way
from causalkpi.estimators.conventions import (
    across_units,
    bias_reduced,
    by_driscoll_and_kraay,
    by_unit_and_period,
    usual,
)
from causalkpi.estimators.wild import WildBootstrap, rademacher, webb
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link
from causalkpi.panel import as_panel
from causalkpi.question import Question, Unanswered
from causalkpi.record import Run, to_record
from causalkpi.report import to_html


def residual_of(design: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    return outcome - design @ np.linalg.lstsq(design, outcome, rcond=None)[0]


def centred(columns: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    return columns - (cluster_sums(columns, cluster) / np.bincount(cluster)[:, None])[cluster]


def by_definition(design: np.ndarray, outcome: np.ndarray, cluster: np.ndarray, j: int) -> tuple[float, float]:
    """CR2 and its degrees of freedom with matrices of rows by rows: Bell and McCaffrey (2002), as they stand."""
    bread = np.linalg.inv(design.T @ design)
    left = np.eye(len(outcome)) - design @ bread @ design.T
    residual, variance, contrasts = left @ outcome, 0.0, []
    for g in np.unique(cluster):
        rows = cluster == g
        values, vectors = np.linalg.eigh(left[np.ix_(rows, rows)])
        root = np.where(values > 1e-9, np.abs(values), np.inf) ** -0.5
        weights = (vectors * root) @ vectors.T @ design[rows] @ bread[:, j]
        variance += float(weights @ residual[rows]) ** 2
        contrasts.append(left[:, rows] @ weights)
    products = np.array(contrasts) @ np.array(contrasts).T
    return variance, float(np.trace(products) ** 2 / (products**2).sum())


sizes = st.lists(st.integers(1, 7), min_size=4, max_size=9)


@settings(max_examples=50, deadline=None)
@given(sizes, st.integers(0, 10**6))
def test_cr2_is_its_definition(rows: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    cluster = rng.permutation(np.repeat(np.arange(len(rows)), rows))
    design = np.column_stack([np.ones(len(cluster)), rng.normal(size=(len(cluster), 2))])
    outcome = rng.normal(size=len(cluster))
    covariance, df = cr2(design, residual_of(design, outcome), cluster, slice(1, 3))
    for i in (0, 1):
        variance, free = by_definition(design, outcome, cluster, i + 1)
        assert covariance[i, i] == pytest.approx(variance, rel=1e-7)
        assert df[i] == pytest.approx(max(1.0, free), rel=1e-7)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(3, 8), min_size=4, max_size=9), st.booleans(), st.integers(0, 10**6))
def test_unit_means_taken_out_are_a_dummy_for_every_unit(rows: list[int], two_in_one: bool, seed: int) -> None:
    """Pustejovsky and Tipton (2018), theorem 2; clusters may hold two units."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(len(rows)), rows)
    cluster = np.minimum(unit // 2, len(rows) // 2 - 1) if two_in_one and len(rows) > 6 else unit
    columns = rng.normal(size=(len(unit), 3))
    columns[:, 1] += rng.normal(size=len(rows))[unit]
    within = centred(columns, unit)
    design = np.column_stack([np.ones(len(unit)), within[:, 1:]])
    covariance, df = cr2(design, residual_of(design, within[:, 0]), cluster, slice(1, 3))
    dummies = np.column_stack([columns[:, 1:], np.eye(len(rows))[unit]])
    for i in (0, 1):
        variance, free = by_definition(dummies, columns[:, 0], cluster, i)
        assert covariance[i, i] == pytest.approx(variance, rel=1e-6)
        assert df[i] == pytest.approx(max(1.0, free), rel=1e-6)


def test_cr2_of_two_groups_as_published() -> None:
    """Imbens and Kolesar (2016), Review of Economics and Statistics 98:701-712, section III: 27 and 3 rows.

    HC2 is Welch's variance, and the degrees of freedom have a closed form; for this design they are 2.5.
    """
    rng = np.random.default_rng(1)
    treated = np.r_[np.zeros(27), np.ones(3)]
    outcome = rng.normal(size=30)
    design = np.column_stack([np.ones(30), treated])
    covariance, df = cr2(design, residual_of(design, outcome), np.arange(30), slice(1, 2))
    groups = outcome[:27], outcome[27:]
    assert covariance[0, 0] == pytest.approx(sum(g.var(ddof=1) / len(g) for g in groups), rel=1e-10)
    assert df[0] == pytest.approx(30**2 * 26 * 2 / (3**2 * 2 + 27**2 * 26), rel=1e-10)
    assert round(float(df[0]), 1) == 2.5


def few(seed: int, clusters: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(3, 9, clusters))
    design = np.column_stack([np.ones(len(cluster)), rng.normal(size=(len(cluster), 2)), cluster < 2])
    return design, rng.normal(size=len(cluster)) + rng.normal(size=clusters)[cluster], cluster


@pytest.mark.parametrize("weights", [rademacher, webb])
def test_the_wild_bootstrap_is_refitting(weights) -> None:
    design, outcome, cluster = few(2)
    others, treatment, null = np.delete(design, 1, axis=1), design[:, 1], 0.2
    drawn = WildBootstrap(outcome, treatment, others, cluster, np.random.default_rng(3), 99, weights)
    bread = np.linalg.inv(design.T @ design)

    def t(values: np.ndarray) -> float:
        slopes = bread @ design.T @ values
        scores = cluster_sums(design * (values - design @ slopes)[:, None], cluster)
        return float((slopes[1] - null) / np.sqrt((bread @ scores.T @ scores @ bread)[1, 1]))

    left = residual_of(others, outcome - null * treatment)
    refitted = np.array([t(outcome - left + draw[cluster] * left) for draw in drawn.weights])
    beyond = int((np.abs(refitted) >= abs(t(outcome)) - 1e-9).sum())
    expected = beyond / 128 if weights is rademacher else (1 + beyond) / 100
    assert len(drawn.weights) == (128 if weights is rademacher else 99)  # all combinations of seven signs
    assert drawn.p_value(null) == pytest.approx(expected)


def test_the_ends_of_the_wild_interval_are_where_the_test_begins_to_reject() -> None:
    design, outcome, cluster = few(4, 14)
    drawn = WildBootstrap(outcome, design[:, 1], np.delete(design, 1, axis=1), cluster, np.random.default_rng(5))
    low, high = drawn.interval(0.95)
    width = high - low
    assert low < drawn.slope < high
    assert min(drawn.p_value(low + 0.01 * width), drawn.p_value(high - 0.01 * width)) > 0.05
    assert max(drawn.p_value(low - 0.01 * width), drawn.p_value(high + 0.01 * width)) <= 0.05


def test_five_units_and_signs_alone_reject_nothing() -> None:
    """Of 32 combinations two are the data's own and its mirror image: p is never below 1/16."""
    design, outcome, cluster = few(6, 5)
    treatment, others = design[:, 1], design[:, [0, 2]]
    drawn = WildBootstrap(
        outcome + 50 * treatment, treatment, others, cluster, np.random.default_rng(7), 99, rademacher
    )
    assert drawn.p_value() == pytest.approx(1 / 16)
    assert drawn.interval(0.95) == (-np.inf, np.inf)


def test_webbs_points_have_mean_zero_and_variance_one() -> None:
    drawn = webb(50, 20_000, np.random.default_rng(8))
    assert len(np.unique(drawn)) == 6
    assert abs(drawn.mean()) < 0.005
    assert drawn.var() == pytest.approx(1, abs=0.005)


def crossed(seed: int, units: int = 15, periods: int = 24) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Design, outcome, unit and period of a panel in which units share shocks."""
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    x, y = (rng.normal(size=periods)[period] + rng.normal(size=units)[unit] + rng.normal(size=len(unit)) for _ in "xy")
    return np.column_stack([np.ones(len(unit)), x, rng.normal(size=len(unit))]), y, unit, period


def test_two_way_clusters_against_statsmodels() -> None:
    design, outcome, unit, period = crossed(9)
    fit = sm.OLS(outcome, design).fit()
    peer = sandwich_covariance.cov_cluster_2groups(fit, unit, period)[0]
    found, mended = two_way(design, fit.resid, unit, period, slice(1, 2))
    assert not mended
    assert found[0, 0] == pytest.approx(peer[1, 1], rel=1e-9)


def test_a_two_way_covariance_is_never_below_that_of_one_way() -> None:
    """Errors that alternate within units: the sum of both less the intersections falls short, and is mended."""
    rng = np.random.default_rng(10)
    unit, period = np.repeat(np.arange(12), 12), np.tile(np.arange(12), 12)
    sign = np.where((unit + period) % 2, 1.0, -1.0)
    design = np.column_stack([np.ones(144), rng.normal(size=12)[unit] + 0.1 * rng.normal(size=144)])
    residual = residual_of(design, sign + 0.1 * rng.normal(size=144))
    plain = sandwich_covariance.cov_cluster_2groups(sm.OLS(residual, design).fit(), unit, period)[0][1, 1]
    found, mended = two_way(design, residual, unit, period, slice(1, 2))
    assert mended
    assert found[0, 0] > plain


def test_driscoll_and_kraay_against_linearmodels() -> None:
    from linearmodels.panel import PanelOLS

    design, outcome, unit, period = crossed(11, units=8, periods=40)
    names = ["const", "x", "z"]
    frame = (
        pd.DataFrame(design, columns=names).assign(y=outcome, unit=unit, period=period).set_index(["unit", "period"])
    )
    covariance, df = driscoll_kraay(design, residual_of(design, outcome), period, slice(1, 3), 3)
    peer = PanelOLS(frame.y, frame[names]).fit(cov_type="kernel", kernel="bartlett", bandwidth=3, debiased=True)
    assert covariance == pytest.approx(peer.cov.loc[["x", "z"], ["x", "z"]].to_numpy(), rel=1e-9)
    assert df == pytest.approx(fixed_b_df(0.1))


def test_fixed_b_critical_values_by_simulation() -> None:
    """T statistics of the mean of 400 independent values, Bartlett weights over b of them."""
    rng = np.random.default_rng(12)
    values = rng.normal(size=(4000, 400))
    left = values - values.mean(axis=1, keepdims=True)
    for b in (0.1, 0.3):
        width = int(b * 400)
        spectrum = np.abs(np.fft.rfft(left, 1024, axis=1)) ** 2
        products = np.fft.irfft(spectrum, axis=1)[:, :width]
        weights = np.r_[1.0, 2 * (1 - np.arange(1, width) / width)]
        t = values.mean(axis=1) * 400 / np.sqrt(products @ weights)
        for level in (0.9, 0.95, 0.99):
            beyond = (np.abs(t) > stats.t.ppf(0.5 + level / 2, fixed_b_df(b))).mean()
            assert beyond == pytest.approx(1 - level, abs=4 * np.sqrt(level * (1 - level) / 4000))


# As a choice


GRAPH = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),), unit_effects=("X", "Y"))
LAGGED = KPIGraph(
    (KPI("X"), KPI("Y")), (Link("X", "Y"), Link("Y", "Y", lag=1), Link("Y", "X", lag=1)), unit_effects=("X", "Y")
)


def panel_of(units: int = 15, periods: int = 24) -> ck.Panel:
    design, outcome, unit, period = crossed(13, units, periods)
    return as_panel(
        pd.DataFrame({"unit": unit, "period": period, "X": design[:, 1], "Y": outcome}), unit="unit", period="period"
    )


def ask(panel: ck.Panel, graph: KPIGraph = GRAPH, **given) -> Estimate | Unanswered:
    return ck.estimate(panel, ck.identify(graph, Question("X", "Y")), **given)


def test_errors_by_choice_leave_the_estimate_and_name_themselves() -> None:
    panel = panel_of()
    chosen = (usual, bias_reduced, by_unit_and_period, across_units, by_driscoll_and_kraay)
    default, (plain, reduced, both, across, kernel) = ask(panel), [ask(panel, errors=errors) for errors in chosen]
    assert isinstance(default, Estimate) and isinstance(plain, Estimate) and isinstance(kernel, Estimate)
    assert isinstance(reduced, Estimate)
    assert isinstance(both, Estimate) and isinstance(across, Estimate)
    assert default.value == plain.value == reduced.value == both.value == across.value == kernel.value
    assert (default.std_error, default.df) == (plain.std_error, plain.df) == (reduced.std_error, reduced.df)
    assert min(both.std_error, across.std_error, kernel.std_error) > 1.5 * default.std_error  # units share shocks
    assert "by unit and by period (15 units, 24 periods)" in both.convention
    assert both.df == 14
    assert "across units and over time (24 periods, 3" in across.convention
    assert "over eenheden en in de tijd" in across.convention.render("nl")
    assert "Driscoll and Kraay (24 periods, Bartlett weights over 6 lags" in kernel.convention


def test_a_study_uses_the_errors_that_it_was_given() -> None:
    answer = ck.Study(GRAPH, panel_of(), errors=by_unit_and_period).ask("X", "Y").estimate
    assert "by period" in answer.convention


@pytest.mark.parametrize(
    ("language", "named", "beside"),
    [("en", "By unit and by period, for shared shocks", "have no other errors than their own and are refused"),
     ("nl", "Per eenheid en per periode, voor gedeelde schokken", "kennen alleen hun eigen standaardfouten")],
)  # fmt: skip
def test_the_report_and_the_record_name_the_errors_that_were_chosen(language, named: str, beside: str) -> None:
    study = ck.Study(GRAPH, panel_of(), errors=by_unit_and_period)
    run = Run("Errors", study, study.run([Question("X", "Y")]), "mine", language=language)
    record = to_record(run)
    assert record["errors"] == "by_unit_and_period"
    page = to_html(run, record)
    assert named in page and beside in page
    plain = replace(run, study=ck.Study(GRAPH, panel_of()))
    assert to_record(plain)["errors"] == "usual"
    assert beside not in to_html(plain, to_record(plain))


def test_another_choice_of_errors_is_a_changed_setting() -> None:
    """A record from before errors had a name was made with the usual ones."""
    record = {"format": 1, "answers": []}
    assert not compare(record, record | {"errors": "usual"}).causes
    (cause,) = compare(record | {"errors": "usual"}, record | {"errors": "across_units"}).causes
    assert cause == "The settings changed: errors."


def test_errors_are_refused_where_they_have_no_ground() -> None:
    short = ask(panel_of(periods=8), errors=across_units)
    narrow = ask(panel_of(units=6), errors=by_unit_and_period)
    corrected = ask(panel_of(), LAGGED, errors=by_unit_and_period)
    for answer, reason in ((short, "need 20 periods; there are 8"), (narrow, "there are 6"), (corrected, "corrected")):
        assert isinstance(answer, Unanswered)
        assert answer.status == "not_estimable"
        assert reason in answer.reason
        assert answer.remedy
    assert isinstance(ask(panel_of(), LAGGED), Estimate)


def test_errors_are_refused_for_what_is_put_together_from_several_regressions() -> None:
    from causalkpi.kpi import Formula

    kpis = (KPI("X"), KPI("A"), KPI("B"), KPI("Y", formula=Formula.parse("A + B")))
    answer = ask(panel_of(), KPIGraph(kpis, (Link("X", "A"), Link("X", "B"))), errors=across_units)
    assert isinstance(answer, Unanswered)
    frame = panel_of().frame.assign(A=lambda f: f.X, B=lambda f: f.Y, Y=lambda f: f.X + f.Y)
    answer = ask(ck.Panel(frame), KPIGraph(kpis, (Link("X", "A"), Link("X", "B"))), errors=across_units)
    assert isinstance(answer, Unanswered)
    assert "several regressions" in answer.reason
