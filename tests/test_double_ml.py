"""Double machine learning: against its definition by hand, and what it must refuse, say beforehand and leave alone."""

from __future__ import annotations

import sys
from functools import partial

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import causalkpi as ck
from causalkpi.estimators import Estimate, estimate, nuisance
from causalkpi.estimators.conventions import across_units
from causalkpi.estimators.double_ml import CrossFit, cross_fit
from causalkpi.estimators.nuisance import BOOSTING, FOREST, Columns, Learner, folds_of_units, residuals, seconds_needed
from causalkpi.estimators.screen import Refusal
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link
from causalkpi.language import Text
from causalkpi.panel import Panel, as_panel
from causalkpi.question import Estimand, Unanswered
from causalkpi.refuters import REFUTERS, compare_with_double_ml

PAIRS = [("Z", "X"), ("Z", "Y"), ("X", "Y")]
QUESTION = ck.Question("X", "Y")


def _tree(seed: int):
    from sklearn.tree import DecisionTreeRegressor

    return DecisionTreeRegressor(max_leaf_nodes=8, min_samples_leaf=10, random_state=seed)


TREE = Learner(Text("a tree", "een boom"), _tree)
QUICK = partial(ck.double_ml, learner=TREE, repeats=3, confirm=False)


def table(units: int = 60, periods: int = 5, seed: int = 1, bent: bool = True, lasting: float = 0.4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), periods)
    z = rng.normal(size=len(unit))
    own = lasting * rng.normal(size=(2, units))[:, unit]
    bend = np.abs(z) if bent else z
    x = bend + own[0] + rng.normal(size=len(unit))
    y = 0.5 * x + 2 * bend + own[1] + rng.normal(size=len(unit))
    return pd.DataFrame(
        {
            "unit": [f"u{i:03d}" for i in unit],
            "period": np.tile(np.arange(periods) + 2000, units),
            "X": x,
            "Y": y,
            "Z": z,
        }
    )


def graph_of(**effects: tuple[str, ...]) -> KPIGraph:
    return KPIGraph(tuple(map(KPI, "XYZ")), tuple(Link(*pair) for pair in PAIRS), **effects)


def panel_of(data: pd.DataFrame) -> Panel:
    return as_panel(data, unit="unit", period="period")


def estimand_of(graph: KPIGraph, panel: Panel, question: ck.Question = QUESTION) -> Estimand:
    found = ck.identify(graph, question, repeated=panel.repeated, several=panel.n_units > 1, span=panel.n_periods)
    assert isinstance(found, Estimand)
    return found


def answer_to(data: pd.DataFrame, question: ck.Question = QUESTION, graph: KPIGraph | None = None, by=QUICK):
    panel = panel_of(data)
    return estimate(panel, estimand_of(graph or graph_of(), panel, question), by=by)


def cross_fitted(data: pd.DataFrame, repeats: int = 3, seed: int = 4, **effects: tuple[str, ...]) -> CrossFit:
    panel = panel_of(data)
    return cross_fit(
        panel, estimand_of(graph_of(**effects), panel), QUESTION.target, [QUESTION.source],
        np.random.default_rng(seed), learner=TREE, repeats=repeats, confirm=False,
    )  # fmt: skip


def test_no_unit_is_on_both_sides_and_each_is_predicted_once() -> None:
    unit = np.random.default_rng(1).integers(0, 23, 400)
    folds = folds_of_units(unit, 5, np.random.default_rng(2))
    assert len(folds) == 5
    assert all(not set(unit[learn]) & set(unit[predict]) for learn, predict in folds)
    assert sorted(np.concatenate([predict for _, predict in folds])) == list(range(400))


def test_what_is_left_is_what_a_learner_of_other_units_leaves() -> None:
    """Refitted one part at a time by scikit-learn alone."""
    data = table()
    unit = pd.factorize(data.unit)[0]
    columns = Columns(data.Y.to_numpy(), data.X.to_numpy(), data[["Z"]].to_numpy(), unit)
    y, t, slope = residuals(columns, TREE, 4, np.random.default_rng(9))
    rng = np.random.default_rng(9)
    parts, seed = folds_of_units(unit, 4, rng), int(rng.integers(2**31 - 1))
    for learn, predict in parts:
        for left, target in ((y, columns.outcome), (t, columns.treatment)):
            fitted = _tree(seed).fit(columns.features[learn], target[learn])
            assert left[predict] == pytest.approx(target[predict] - fitted.predict(columns.features[predict]), abs=1e-9)
    assert slope == pytest.approx(y @ t / (t @ t))


def test_the_answer_is_the_median_with_the_spread_of_splits_in_its_error() -> None:
    """Chernozhukov et al. (2018), definition 3.3, from splits made one by one; errors by the clustered sandwich."""
    data = table(150, lasting=1.0)
    found = cross_fitted(data)
    unit = pd.factorize(data.unit)[0]
    size = data[["Y", "X"]].std(ddof=0)
    columns = Columns(
        ((data.Y - data.Y.mean()) / size.Y).to_numpy(), ((data.X - data.X.mean()) / size.X).to_numpy(),
        (data[["Z"]] - data.Z.mean()).to_numpy(), unit,
    )  # fmt: skip
    slopes, variances = [], []
    for stream in np.random.default_rng(4).spawn(3):
        y, t, slope = residuals(columns, TREE, 5, stream)
        score = np.bincount(unit, (y - slope * t) * t)
        rows, units = len(unit), 150
        factor = units / (units - 1) * (rows - 1) / (rows - 1)  # one slope and no constant
        slopes.append(slope * size.Y / size.X)
        variances.append(factor * (score @ score) / (t @ t) ** 2 * (size.Y / size.X) ** 2)
    middle = float(np.median(slopes))
    assert found.slopes == pytest.approx(slopes, rel=1e-9)
    assert found.fit.slopes[0] == pytest.approx(middle, rel=1e-9)
    assert found.fit.covariance[0, 0] == pytest.approx(
        np.median(np.array(variances) + (np.array(slopes) - middle) ** 2), rel=1e-8
    )


def test_neither_the_order_of_rows_nor_names_of_columns_nor_global_chance_matter() -> None:
    data = table()
    first = answer_to(data)
    np.random.seed(5)
    state = np.random.get_state()[1].copy()
    second = answer_to(data.sample(frac=1, random_state=3))
    assert (np.random.get_state()[1] == state).all()
    assert (first.value, first.std_error) == (second.value, second.std_error)


def test_native_units_and_contrast() -> None:
    data = table()
    plain, scaled = answer_to(data), answer_to(data.assign(Y=1000 * data.Y), ck.Question("X", "Y", contrast=-2.0))
    assert scaled.value == pytest.approx(-2000 * plain.value, rel=1e-9)
    assert scaled.std_error == pytest.approx(2000 * plain.std_error, rel=1e-9)
    assert scaled.interval[0] < scaled.value < scaled.interval[1]


@pytest.mark.parametrize(("units", "name"), [(60, "CR1"), (20, "CR2")])
def test_errors_are_clustered_as_everywhere(units: int, name: str) -> None:
    answer = answer_to(table(units, 12))
    assert name in answer.convention
    assert [b.name for b in answer.beside] == ["linear", "association"]
    assert ("interval is approximate" in " ".join(answer.warnings)) == (units == 20)


def test_a_unit_seen_once_gets_hc3() -> None:
    data = table(400, 1)
    answer = estimate(as_panel(data[["X", "Y", "Z"]]), ck.identify(nx.DiGraph(PAIRS), QUESTION), by=QUICK)
    assert isinstance(answer, Estimate) and "HC3" in answer.convention


def test_period_effects_are_taken_out() -> None:
    """Shocks that every unit shares, of opposite sign in treatment and outcome, change nothing."""
    data = table(150, 6)
    shock = 20 * np.random.default_rng(8).normal(size=6)[data.period - 2000]
    hit = data.assign(X=data.X + shock, Y=data.Y - shock)
    effects = {"period_effects": ("X", "Y")}
    calm, shaken = cross_fitted(data, **effects), cross_fitted(hit, **effects)
    assert shaken.fit.slopes[0] == pytest.approx(calm.fit.slopes[0], abs=1e-6)
    assert cross_fitted(hit).fit.slopes[0] < -0.5  # and they had to be


def test_it_says_what_the_learners_explain_and_where_little_is_left() -> None:
    data = table(150, 6)
    answer = answer_to(data)
    assert "median of 3 splits" in answer.estimator and "mediaan van 3" in answer.estimator.render("nl")
    assert not any("nearly all" in said for said in answer.warnings)
    rng = np.random.default_rng(3)
    forced = data.assign(X=np.sign(data.Z) + 0.1 * rng.normal(size=len(data)))
    assert any("nearly all of the treatment" in said for said in answer_to(forced).warnings)
    idle = data.assign(Z=rng.normal(size=len(data)))
    assert any("worse than a mean" in said for said in answer_to(idle).warnings)


def refused(data: pd.DataFrame, graph: KPIGraph | None = None, question: ck.Question = QUESTION) -> Unanswered:
    found = answer_to(data, question, graph)
    assert isinstance(found, Unanswered) and found.status == "not_estimable"
    return found


def test_what_cross_fitting_cannot_carry_is_refused() -> None:
    data = table(30, 14)
    assert "unit effects" in refused(data, graph_of(unit_effects=("X", "Y"))).reason
    bare = KPIGraph(tuple(map(KPI, "XY")), (Link("X", "Y"),))
    assert "No KPI is held fixed" in refused(data, bare).reason
    assert "one unit" in refused(table(1, 60)).reason
    product = KPIGraph(
        (*map(KPI, "XYZ"), KPI("P", formula=ck.Formula.parse("Y * Z"))), tuple(Link(*pair) for pair in PAIRS)
    )
    assert "another route" in refused(data.assign(P=data.Y * data.Z), product, ck.Question("X", "P")).reason


def test_errors_of_the_regression_are_not_mixed_with_another_estimator() -> None:
    panel = panel_of(table())
    found = estimate(panel, estimand_of(graph_of(), panel), by=QUICK, errors=across_units)
    assert isinstance(found, Unanswered) and "errors of its own" in found.reason


def test_without_econml_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "econml", None)
    monkeypatch.setitem(sys.modules, "econml.dml", None)
    assert "causalkpi[ml]" in refused(table()).remedy


def test_too_few_folds_are_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="2 folds"):
        answer_to(table(), by=partial(QUICK, folds=1))


@pytest.mark.parametrize("learner", [BOOSTING, FOREST])
def test_the_learners_that_ship_find_the_slope_that_a_straight_line_misses(learner: Learner) -> None:
    answer = answer_to(table(200, 5), by=partial(QUICK, learner=learner, repeats=1))
    assert answer.interval[0] < 0.5 < answer.interval[1]
    assert answer.beside[0].interval[0] > 0.7


# What it will cost


def test_the_cost_is_exact_where_a_fit_costs_what_it_is_taken_to_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a made-up clock: a fixed part and a part that grows as n log n."""
    clock = [0.0]

    def cost(rows: float) -> float:
        return 0.3 + 1e-4 * rows * np.log(rows + 1)

    def work(part: Columns, learner: Learner) -> None:
        clock[0] += cost(len(part.outcome))

    monkeypatch.setattr(nuisance, "_fit", work)
    monkeypatch.setattr(nuisance.time, "perf_counter", lambda: clock[0])
    unit = np.repeat(np.arange(200), 10)
    columns = Columns(np.zeros(2000), np.zeros(2000), np.zeros((2000, 1)), unit)
    assert seconds_needed(columns, TREE, 5, 3) == pytest.approx(3 * 5 * cost(1600))


def test_the_cost_is_told_once_and_before_anything_else() -> None:
    told: list[str] = []
    counted: list[int] = []

    def make(seed: int):
        counted.append(len(told))
        return _tree(seed)

    answer_to(table(), by=partial(QUICK, learner=Learner(TREE.words, make), progress=told.append))
    (said,) = told
    assert "30 fits by a tree on 300 rows" in said
    assert counted.count(1) == 6 and counted.count(0) == 6  # three splits after it; three timed pairs before
    assert said.render("nl").startswith("Double machine learning: ongeveer")


# As a second opinion


def evidence_of(bent: bool, seed: int = 1) -> tuple[ck.Evidence, Panel]:
    study = ck.Study(graph_of(), table(120, 6, seed, bent), unit="unit", period="period")
    return study.ask("X", "Y"), study.panel


OPINION = partial(compare_with_double_ml, repeats=3)


def test_the_finding_fires_on_a_bend_and_holds_the_grade_down() -> None:
    evidence, panel = evidence_of(bent=True)
    more = evidence.put_to(OPINION, panel)
    finding = more.findings[-1]
    assert (finding.id, finding.result) == ("double_ml", "fails")
    assert finding.numbers["double_ml"] == pytest.approx(evidence.estimate.value + finding.numbers["difference"])
    assert more.grade.word == "weak" and any("straight lines" in reason for reason in more.grade.reasons)
    assert len(more.put_to(OPINION, panel).findings) == len(more.findings) == len(evidence.findings) + 1


def test_the_finding_is_silent_on_straight_lines_and_lifts_nothing() -> None:
    evidence, panel = evidence_of(bent=False)
    more = evidence.put_to(OPINION, panel)
    assert more.findings[-1].result == "holds"
    assert more.grade == evidence.grade


def test_it_is_not_run_unless_asked_for() -> None:
    assert compare_with_double_ml not in REFUTERS
    evidence, _ = evidence_of(bent=True)
    assert "double_ml" not in [finding.id for finding in evidence.findings]


def test_where_it_is_refused_it_is_not_applicable() -> None:
    study = ck.Study(graph_of(unit_effects=("X", "Y")), table(30, 14), unit="unit", period="period")
    finding = study.ask("X", "Y").put_to(OPINION, study.panel).findings[-1]
    assert finding.result == "not_applicable" and "unit effects" in finding.seen


def test_the_statsmodels_result_is_of_what_is_left() -> None:
    found = cross_fitted(table())
    peer = sm.OLS(found.fit.results.model.endog, found.fit.results.model.exog).fit()
    assert peer.params[0] == pytest.approx(found.fit.results.params.iloc[0])
    with pytest.raises(ValueError, match="DoWhy"):
        answer_to(table()).to_dowhy()


def test_a_refusal_reaches_whoever_calls_it_directly() -> None:
    panel = panel_of(table(30, 14))
    with pytest.raises(Refusal):
        ck.double_ml(panel, estimand_of(graph_of(unit_effects=("X", "Y")), panel))
