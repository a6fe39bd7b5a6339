"""Refuters: each fires where it should, is silent where it should, and says why where it cannot say anything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import causalkpi as ck
from causalkpi.estimators import Estimate
from causalkpi.estimators.result import Regression
from causalkpi.finding import Finding
from causalkpi.graph import KPIGraph, from_networkx
from causalkpi.kpi import KPI, Formula, Link
from causalkpi.language import LANGUAGES
from causalkpi.moments import left_in
from causalkpi.panel import Panel, as_panel
from causalkpi.question import Question
from causalkpi.refuters import (
    REFUTERS,
    cluster_bootstrap,
    lead,
    placebo,
    random_common_cause,
    refute_regression,
    subset,
    wild_bootstrap,
)
from causalkpi.refuters.cluster_bootstrap import bootstrap_slopes
from causalkpi.refuters.lead import lead_estimand
from causalkpi.refuters.other_set import other_set
from causalkpi.refuters.parts import parts_of
from causalkpi.refuters.placebo import placebo_t
from causalkpi.refuters.random_common_cause import noise_shifts
from causalkpi.refuters.subset import subset_slopes
from causalkpi.refuters.unit_trends import detrended, trend_slope, unit_trends

UNIT_EFFECTS = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),), unit_effects=("X", "Y"))
POOLED = KPIGraph((KPI("X"), KPI("Y")), (Link("X", "Y"),))
DYNAMIC = KPIGraph(
    (KPI("X"), KPI("Y")),
    (Link("X", "Y"), Link("X", "Y", lag=1), Link("X", "X", lag=1), Link("Y", "Y", lag=1)),
    unit_effects=("X", "Y"),
)
CROSS = from_networkx(nx.DiGraph([("X", "Y"), ("Z", "X"), ("Z", "Y")]))


def persistent(rng: np.random.Generator, units: int, periods: int, own: float) -> np.ndarray:
    """Autoregressive columns, shape (units, periods)."""
    values = rng.normal(size=(units, periods + 20))
    for t in range(1, periods + 20):
        values[:, t] += own * values[:, t - 1]
    return values[:, 20:]


def table(**columns: np.ndarray) -> Panel:
    """A panel of columns of shape (units, periods); values that are not a number are gaps."""
    units, periods = next(iter(columns.values())).shape
    keys = {
        "unit": np.repeat([f"u{i:03}" for i in range(units)], periods),
        "period": np.tile(np.arange(periods), units),
    }
    return as_panel(pd.DataFrame(keys | {k: v.ravel() for k, v in columns.items()}), unit="unit", period="period")


def regression_of(panel: Panel, graph: KPIGraph, horizon: int = 0, **question: Any) -> Regression:
    asked = Question("X", "Y", horizon, **question)
    answer = ck.estimate(panel, ck.identify(graph, asked, repeated=panel.repeated), confirm=False)
    assert isinstance(answer, Estimate), answer
    return answer.regressions[0]


def static(
    rng: np.random.Generator, units: int = 40, periods: int = 10, gaps: float = 0.0, shared: float = 0.0
) -> Panel:
    """X and Y persist, differ lastingly between units, and may share shocks; X does nothing."""
    lasting = rng.normal(size=(units, 1))
    x = lasting + persistent(rng, units, periods, 0.6) + shared * rng.normal(size=periods)
    y = lasting + persistent(rng, units, periods, 0.6) + 2 * shared * rng.normal(size=periods)
    return table(X=np.where(rng.random(x.shape) < gaps, np.nan, x), Y=y)


def pooled(rng: np.random.Generator, units: int = 40) -> Panel:
    return table(X=persistent(rng, units, 8, 0.8), Y=persistent(rng, units, 8, 0.8))


def dynamic(
    rng: np.random.Generator,
    units: int = 50,
    periods: int = 16,
    back: float = 0.0,
    hidden: float = 0.0,
    gaps: float = 0.0,
) -> Panel:
    """X moves Y at once and a period later; Y may move X back, and a hidden cause that lasts may move both."""
    lasting, cause = rng.normal(size=units), persistent(rng, units, periods + 10, 0.8)
    x, y = np.zeros((2, units, periods + 10))
    for t in range(1, periods + 10):
        both = lasting + hidden * cause[:, t]
        x[:, t] = 0.4 * x[:, t - 1] + back * y[:, t - 1] + both + rng.normal(size=units)
        y[:, t] = 0.3 * y[:, t - 1] + 0.5 * x[:, t] + 0.2 * x[:, t - 1] + both + rng.normal(size=units)
    seen = np.where(rng.random((units, periods)) < gaps, np.nan, x[:, 10:])
    return table(X=seen, Y=y[:, 10:])


def cross_section(rng: np.random.Generator, rows: int = 80) -> Panel:
    """Errors spread with Z."""
    z = rng.normal(size=rows)
    x = z + rng.normal(size=rows)
    return as_panel(pd.DataFrame({"Z": z, "X": x, "Y": 0.5 * x + z + (1 + z**2) * rng.normal(size=rows)}))


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


Case = tuple[Callable[..., Panel], KPIGraph]
CASES: dict[str, Case] = {
    "unit effects": (static, UNIT_EFFECTS),
    "pooled": (pooled, POOLED),
    "corrected": (dynamic, DYNAMIC),
    "cross-section": (cross_section, CROSS),
}


@pytest.fixture(params=CASES)
def fitted(request: pytest.FixtureRequest) -> tuple[Regression, Panel]:
    make, graph = CASES[request.param]
    panel = make(draw(3))
    regression = regression_of(panel, graph)
    assert regression.corrected == (request.param == "corrected")
    return regression, panel


# The same regression, fitted cheaply


def test_parts_add_up_to_the_slope(fitted: tuple[Regression, Panel]) -> None:
    regression, _ = fitted
    sample = regression.whole.sample
    total = 0.0
    for part in parts_of(regression):
        treatment, outcome = part.left(np.column_stack([sample.treatments, sample.outcome])).T
        total += part.weight * float(treatment @ outcome) / float(treatment @ treatment)
    assert total == pytest.approx(float(regression.best.slopes[0]), rel=1e-9)


def test_unbalanced_halves_add_up_too() -> None:
    panel = dynamic(draw(4), gaps=0.05)
    regression = regression_of(panel, DYNAMIC)
    sample = regression.whole.sample
    assert len(parts_of(regression)) == 5
    total = 0.0
    for part in parts_of(regression):
        treatment, outcome = part.left(np.column_stack([sample.treatments, sample.outcome])).T
        total += part.weight * float(treatment @ outcome) / float(treatment @ treatment)
    assert total == pytest.approx(float(regression.best.slopes[0]), rel=1e-9)


def test_bootstrap_replicates_equal_refitting() -> None:
    """The panel is put together again from the drawn units, and estimated as any other."""
    panel = dynamic(draw(5), units=30)
    regression = regression_of(panel, DYNAMIC)
    found = bootstrap_slopes(regression, draw(6), replicates=4)
    weights = draw(6).multinomial(30, np.full(30, 1 / 30), size=4)
    for slope, counts in zip(found, weights, strict=True):
        copies = [
            panel.frame.loc[[unit]].rename(index={unit: f"{unit}_{copy}"})
            for unit, count in zip(regression.whole.sample.units, counts, strict=True)
            for copy in range(count)
        ]
        again = regression_of(Panel(pd.concat(copies)), DYNAMIC)
        assert slope == pytest.approx(float(again.best.slopes[0]), rel=1e-8)


@pytest.mark.parametrize("corrected", [False, True])
def test_noise_among_the_controls_moves_the_slope_as_refitting_does(corrected: bool) -> None:
    """The law of the shifts against shifts by real columns of noise: the same spread, the same distribution."""
    made = (dynamic(draw(7), units=20), DYNAMIC, 1) if corrected else (cross_section(draw(7)), CROSS)
    regression = regression_of(*made)
    assert regression.corrected == corrected
    sample, whole = regression.whole.sample, draw(8)
    refitted = []
    for _ in range(400):
        noise = whole.standard_normal(len(sample.outcome))
        slope = 0.0
        for part in parts_of(regression):
            outcome, treatment, extra = part.left(np.column_stack([sample.outcome, sample.treatments, noise])).T
            design = np.column_stack([treatment, extra])
            slope += part.weight * np.linalg.lstsq(design, outcome, rcond=None)[0][0]
        refitted.append(slope - float(regression.best.slopes[0]))
    drawn = np.concatenate([noise_shifts(regression, draw(100 + i)) for i in range(20)])
    assert np.sqrt((drawn**2).mean()) == pytest.approx(
        np.sqrt(np.mean(np.square(refitted))), rel=0.12
    )  # 3 of their SEs
    assert stats.ks_2samp(drawn, refitted).pvalue > 0.001


def test_placebo_t_statistics_equal_refitting() -> None:
    """Histories exchanged in the table itself; the standard error is that of the scores, in the reported convention."""
    panel = static(draw(9), units=20)
    regression = regression_of(panel, UNIT_EFFECTS)
    sample = regression.whole.sample
    found = placebo_t(regression, panel, draw(10))[0]
    order = draw(10).permutation(20)

    def t(treatment: np.ndarray) -> tuple[float, float]:
        x = (treatment - treatment.mean(axis=1, keepdims=True)).ravel()
        slope = x @ left / (x @ x)
        scores = (x * (left - slope * x)).reshape(20, -1).sum(axis=1) / (x @ x)
        return slope, float(np.sqrt((scores**2).sum()))

    left = np.asarray(regression.whole.results.resid)
    values = panel.frame["X"].to_numpy().reshape(20, -1)
    own, (slope, error) = t(values)[1], t(values[order])
    reported = float(np.sqrt(regression.best.covariance[0, 0]))
    assert found == pytest.approx(slope / (error * reported / own), rel=1e-9)
    assert sample.unit_effects


# Silent where all is well, loud where it is not


def test_refuters_are_silent_on_sound_regressions(fitted: tuple[Regression, Panel]) -> None:
    regression, panel = fitted
    found = refute_regression(regression, panel, draw())
    assert [f.id for f in found] == [
        "placebo",
        "random_common_cause",
        "cluster_bootstrap",
        "subset",
        "lead",
        "other_set",
        "two_routes",
        "unit_trends",
        "wild_bootstrap",
    ]
    for finding in found:
        assert finding.result in ("holds", "not_applicable"), finding
    assert all(f.result == "holds" for f in found[:3])


def test_placebo_finds_shocks_that_units_share() -> None:
    """Shocks are one draw a period: they are found where they happen to go together, as they mostly do."""
    graph, found = replace(UNIT_EFFECTS, period_effects=("X", "Y")), {False: [], True: []}
    for seed in range(8):
        panel = static(draw(100 + seed), units=150, shared=0.7)
        for taken_out, findings in found.items():
            findings.append(placebo(regression_of(panel, graph if taken_out else UNIT_EFFECTS), panel, draw()))
    failed = [f for f in found[False] if f.result == "fails"]
    assert len(failed) >= 4
    assert all("period effects" in f.remedy and f.statistic > 1.5 for f in failed)
    assert all(f.result == "holds" for f in found[True])


def with_error(regression: Regression, factor: float) -> Regression:
    """The same regression with another standard error reported."""
    assert not regression.corrected
    told = replace(regression.best, covariance=regression.best.covariance * factor**2)
    return replace(regression, whole=told, best=told)


@pytest.mark.parametrize("refuter", [placebo, cluster_bootstrap])
@pytest.mark.parametrize(("factor", "result"), [(0.4, "fails"), (0.65, "doubtful"), (1.0, "holds"), (2.0, "doubtful")])
def test_a_wrong_standard_error_is_found(refuter: Any, factor: float, result: str) -> None:
    """Too small: fails; far too large: doubtful, because that errs on the safe side."""
    panel = static(draw(12), units=80)
    regression = with_error(regression_of(panel, UNIT_EFFECTS), factor)
    assert refuter(regression, panel, draw()).result == result


def test_units_are_drawn_one_by_one_where_asked_or_where_tails_are_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    """More units than groups (of which there are few here): the finding says which way it went, and both agree."""
    monkeypatch.setattr(sys.modules["causalkpi.refuters.cluster_bootstrap"], "GROUPS", 40)
    monkeypatch.setattr(sys.modules["causalkpi.refuters.parts"], "groups_of", lambda units: np.arange(len(units)) % 40)
    panel = static(draw(13), units=120, periods=6)
    regression = regression_of(panel, UNIT_EFFECTS)
    grouped = cluster_bootstrap(regression, panel, draw())
    single = cluster_bootstrap(regression, panel, draw(), unit_by_unit=True)
    assert "40 groups" in grouped.seen and "groups" not in single.seen
    assert grouped.result == single.result == "holds"
    assert grouped.statistic == pytest.approx(single.statistic, abs=0.3)  # 40 groups: 11% each, 400 draws: 4%
    frame = panel.frame.copy()
    frame.loc[list(panel.units[:4])] *= 6
    wild = Panel(frame, panel.frequency)
    assert "groups" not in cluster_bootstrap(regression_of(wild, UNIT_EFFECTS), wild, draw()).seen


@pytest.mark.parametrize("name", ["unit effects", "corrected"])
def test_answers_redrawn_together_are_those_redrawn_alone(name: str) -> None:
    make, graph = CASES[name]
    panel = make(draw(14))
    study = ck.Study(graph, panel)
    questions = [Question("X", "Y", h) for h in (0, 1)] + [Question("X", "Y", 0, 2.0)]
    found = study.redraws(questions, replicates=300)
    assert found.iloc[:, -1].to_numpy() == pytest.approx(2 * found.iloc[:, 0].to_numpy())
    answers = {str(q): a for q in questions if isinstance(a := study.answer(q), Estimate)}
    assert list(found) == list(answers) and len(answers) >= 2 and len(found) == 300
    for column, answer in answers.items():
        assert found[column].std() == pytest.approx(answer.std_error, rel=0.25)
        alone = bootstrap_slopes(answer.regressions[0], np.random.default_rng(0), 300) * answer.regressions[0].weight
        assert found[column].to_numpy() == pytest.approx(alone)


@pytest.mark.parametrize(("factor", "result"), [(0.4, "fails"), (0.58, "doubtful"), (1.0, "holds")])
def test_an_answer_that_leaves_its_interval_with_a_fifth_of_the_units_is_found(factor: float, result: str) -> None:
    """Subsets spread by half a standard error: P(|Z| > 2 x 1.96 x factor) is 12%, 2.3% and 0.009%."""
    panel = static(draw(11), units=200)
    found = subset(with_error(regression_of(panel, UNIT_EFFECTS), factor), panel, draw())
    assert found.result == result
    expected = 2 * stats.norm.sf(2 * 1.96 * factor)
    assert found.statistic == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / 400) + 0.01)


def test_subsets_equal_refitting() -> None:
    panel = static(draw(12), units=30)
    regression = regression_of(panel, UNIT_EFFECTS)
    weights = left_in(30, 400, draw(3), 0.8)[7]
    kept = [unit for unit, weight in zip(panel.units, weights, strict=True) if weight]
    again = regression_of(Panel(panel.frame.loc[kept], panel.frequency), UNIT_EFFECTS)
    assert subset_slopes(regression, draw(3))[7] == pytest.approx(float(again.best.slopes[0]), rel=1e-9)


def test_rows_taken_for_independent_are_found() -> None:
    """An ordinary standard error on clustered rows, as a careless analyst would report it."""
    panel = table(X=persistent(draw(13), 60, 12, 0.95), Y=persistent(draw(14), 60, 12, 0.95))
    regression = regression_of(panel, POOLED)
    sample = regression.whole.sample
    plain = np.linalg.inv(sample.design.T @ sample.design) * float((regression.whole.results.resid**2).mean())
    careless = with_error(regression, float(np.sqrt(plain[1, 1] / regression.best.covariance[0, 0])))
    assert placebo(careless, panel, draw()).result == "fails"
    assert cluster_bootstrap(careless, panel, draw()).result == "fails"


def test_the_bootstrap_tells_its_figures_per_contrast() -> None:
    panel = static(draw(15))
    one = cluster_bootstrap(regression_of(panel, UNIT_EFFECTS), panel, draw())
    ten = cluster_bootstrap(regression_of(panel, UNIT_EFFECTS, contrast=-10.0), panel, draw())
    assert ten.numbers["std_error"] == pytest.approx(10 * one.numbers["std_error"])
    assert ten.numbers["low"] == pytest.approx(-10 * one.numbers["high"])
    assert ten.statistic == pytest.approx(one.statistic)


def test_noise_moves_a_regression_with_few_degrees_of_freedom() -> None:
    rng = draw(16)
    data = pd.DataFrame(rng.normal(size=(13, 8)), columns=["X", "Y", *"ABCDEF"])
    links = [("X", "Y"), *((c, other) for c in "ABCDEF" for other in "XY")]
    panel = as_panel(data)
    regression = regression_of(panel, from_networkx(nx.DiGraph(links)))
    small = random_common_cause(regression, panel, draw())
    assert small.result in ("doubtful", "fails")
    assert "degrees of freedom" in small.consequence
    assert cluster_bootstrap(regression, panel, draw()).result == "not_applicable"


@pytest.mark.parametrize(("wrong", "result"), [({}, "holds"), ({"back": 0.3}, "fails"), ({"hidden": 1.0}, "fails")])
def test_lead_finds_a_link_back_and_hidden_causes_that_last(wrong: dict[str, float], result: str) -> None:
    panel = dynamic(draw(17), units=80, **wrong)
    found = lead(regression_of(panel, DYNAMIC), panel, draw())
    assert found.result == result
    assert found.p_value < 0.01 if result == "fails" else found.p_value >= 0.05
    assert "do not persist" in found.consequence


def test_lead_finds_a_past_of_the_treatment_that_the_graph_misses() -> None:
    """Then y(t) tells of x(t), which moves x(t+1): neither a link back nor a hidden cause, and the finding says so."""
    x = persistent(draw(23), 60, 10, 0.6)
    panel = table(X=x, Y=0.5 * x + persistent(draw(24), 60, 10, 0.0))
    missed = lead(regression_of(panel, POOLED), panel, draw())
    assert missed.result == "fails"
    for said in (missed.null, missed.consequence, missed.remedy):
        assert "direct cause of the treatment" in said or "own past" in said
    drawn = replace(POOLED, links=(*POOLED.links, Link("X", "X", lag=1)))
    assert lead(regression_of(panel, drawn), panel, draw()).result == "holds"


def test_lead_is_a_partial_correlation() -> None:
    """Without unit effects: by correlating what the others leave of y(t) and of x(t+1)."""
    graph = KPIGraph(DYNAMIC.kpis, DYNAMIC.links)
    panel = dynamic(draw(18), units=60, periods=8, back=0.1)
    found = lead(regression_of(panel, graph), panel, draw())
    columns = panel.columns([("X", 1), ("Y", 0), ("X", 0), ("Y", -1)]).dropna().to_numpy()
    outcome, design = columns[:, 0], np.column_stack([np.ones(len(columns)), columns[:, 1:]])
    left = [v - design[:, [0, 2, 3]] @ np.linalg.lstsq(design[:, [0, 2, 3]], v, rcond=None)[0]
            for v in (outcome, design[:, 1])]  # fmt: skip
    expected = np.corrcoef(left[0], left[1])[0, 1]
    assert found.numbers["partial_correlation"] == pytest.approx(expected, rel=1e-8)


def test_lead_holds_the_parents_of_the_later_treatment_fixed() -> None:
    links = (*DYNAMIC.links, Link("Z", "X"), Link("Z", "Y"), Link("Z", "X", lag=2))
    graph = KPIGraph((*DYNAMIC.kpis, KPI("Z")), links, unit_effects=("X",))
    rng = draw(19)
    panel = table(X=rng.normal(size=(20, 14)), Y=rng.normal(size=(20, 14)), Z=rng.normal(size=(20, 14)))
    estimand = lead_estimand(regression_of(panel, graph), panel)
    assert isinstance(estimand, ck.Estimand)
    assert {str(n.kpi) + f"{n.period:+d}" for n in estimand.controls} == {"X+0", "Z+1", "Z-1", "Y-1"}
    assert estimand.unit_effects
    assert not estimand.strict


def steadily(rng: np.random.Generator, strength: float, units: int = 40, periods: int = 12) -> Panel:
    """X and Y do nothing to each other; a unit grows or shrinks in both."""
    panel = static(rng, units, periods)
    trend = (rng.normal(size=(units, 1)) * np.arange(periods)).ravel() * strength
    return Panel(panel.frame.assign(X=panel.frame["X"] + trend, Y=panel.frame["Y"] + trend))


def test_unit_trends_are_found_and_their_absence_too() -> None:
    found = {
        k: unit_trends(regression_of(p, UNIT_EFFECTS), p, draw()) for k in (0.0, 0.3) for p in [steadily(draw(28), k)]
    }
    assert found[0.0].result == "holds"
    assert found[0.3].result == "fails" and found[0.3].p_value < 0.01
    assert found[0.3].numbers["low"] < 0 < found[0.3].numbers["high"]  # the true effect is none
    assert "steadily" in found[0.3].consequence + found[0.3].remedy


def test_without_trends_is_a_regression_with_a_line_for_each_unit() -> None:
    """By least squares on unit dummies and their products with time; the replicates by leaving units out of that."""
    panel = static(draw(29), units=12, periods=9, gaps=0.1)
    regression = regression_of(panel, UNIT_EFFECTS)
    sample = regression.whole.sample
    period = panel.frame.index.get_level_values("period").to_numpy()[sample.used]

    def refitted(keep: np.ndarray) -> float:
        dummies = np.eye(12)[sample.unit[keep]]
        lines = np.column_stack([sample.treatments[keep], dummies, dummies * period[keep, None]])
        return float(np.linalg.lstsq(lines, sample.outcome[keep], rcond=None)[0][0])

    everything = np.ones(len(period), bool)
    found = trend_slope(sample.outcome, sample.design[:, 1:], sample.unit, period, everything, 12)
    assert not isinstance(found, str)
    slope, left_out = found
    assert slope == pytest.approx(refitted(everything), rel=1e-8)
    assert left_out[[0, 7]] == pytest.approx([refitted(sample.unit != 0), refitted(sample.unit != 7)], rel=1e-8)
    assert np.abs(detrended(np.column_stack([period * 2.0 + sample.unit]), sample.unit, period)).max() == 0


def test_unit_trends_ask_for_more_periods_where_they_would_bias() -> None:
    short = dynamic(draw(30), periods=16)
    assert_not_applicable(unit_trends(regression_of(short, DYNAMIC), short, draw()), "takes 20 here")
    long = dynamic(draw(30), periods=24)
    found = unit_trends(regression_of(long, DYNAMIC), long, draw())
    assert found.result == "holds"
    own_past = KPIGraph(DYNAMIC.kpis, DYNAMIC.links)  # without unit effects the answer needs no correction
    assert not regression_of(short, own_past, 1).corrected
    assert_not_applicable(unit_trends(regression_of(short, own_past, 1), short, draw()), "takes 20 here")


def test_unit_trends_say_where_they_do_not_apply() -> None:
    section = cross_section(draw(31))
    assert_not_applicable(unit_trends(regression_of(section, CROSS), section, draw()), "once")
    brief = static(draw(31), periods=6)
    assert_not_applicable(unit_trends(regression_of(brief, UNIT_EFFECTS), brief, draw()), "takes 8 here")
    few = static(draw(31), units=6)
    assert_not_applicable(unit_trends(regression_of(few, UNIT_EFFECTS), few, draw()), "6 units")
    line = static(draw(31))
    line = Panel(
        line.frame.assign(X=line.frame.index.get_level_values("period") * np.repeat(draw(1).normal(size=40), 10))
    )
    assert_not_applicable(unit_trends(regression_of(line, UNIT_EFFECTS), line, draw()), "nothing is left")


# Why not


def assert_not_applicable(found: Finding, reason: str) -> None:
    assert found.result == "not_applicable"
    assert reason in found.seen, found.seen
    assert found.seen.render("nl") != str(found.seen)


def test_lead_says_where_it_does_not_apply() -> None:
    panel = dynamic(draw(20), units=12)
    feedback = replace(DYNAMIC, links=(*DYNAMIC.links, Link("Y", "X", lag=1)))
    assert_not_applicable(lead(regression_of(panel, feedback), panel, draw()), "direct cause")
    hidden = KPIGraph(
        (*DYNAMIC.kpis, KPI("H", observed=False)), (*DYNAMIC.links, Link("H", "X")), unit_effects=("X", "Y")
    )
    assert_not_applicable(lead(regression_of(panel, hidden), panel, draw()), "no data on H")
    section = cross_section(draw(20))
    assert_not_applicable(lead(regression_of(section, CROSS), section, draw()), "repeatedly")
    short = dynamic(draw(21), units=40, periods=6)
    plain = replace(DYNAMIC, unit_effects=("X",))
    assert_not_applicable(lead(regression_of(short, plain), short, draw()), "cannot be tested")
    arithmetic = KPIGraph((KPI("X", formula=Formula.parse("A + B")), KPI("Y"), KPI("A"), KPI("B")), (Link("X", "Y"),))
    rng = draw(22)
    a, b = rng.normal(size=(2, 20, 6))
    sums = table(A=a, B=b, X=a + b, Y=rng.normal(size=(20, 6)))
    assert_not_applicable(lead(regression_of(sums, arithmetic), sums, draw()), "arithmetic")
    lasting = np.repeat(rng.normal(size=(40, 1)), 6, axis=1)  # schooling, a region: tomorrow's is today's
    fixed = table(X=lasting, Y=lasting + rng.normal(size=(40, 6)))
    assert_not_applicable(lead(regression_of(fixed, POOLED), fixed, draw()), "within no unit")


def test_other_set_says_what_it_cannot_hold_fixed_in_a_short_panel() -> None:
    panel = static(draw(25), periods=8)
    found = other_set(regression_of(panel, UNIT_EFFECTS), panel, draw())
    assert_not_applicable(found, "because Y (t-1) still speaks")
    assert "omdat Y (t−1) nog samenhangt" in found.seen.render("nl")


def test_a_wider_set_that_a_short_panel_cannot_carry_says_what_is_in_the_way() -> None:
    graph = ck.KPIGraph((ck.KPI("X"), ck.KPI("Y")), (ck.Link("X", "Y"),), unit_effects=("X", "Y"))
    rng = np.random.default_rng(2)
    rows = [{"unit": u, "period": p, "X": rng.normal(), "Y": rng.normal()} for u in range(30) for p in range(6)]
    evidence = ck.Study(graph, pd.DataFrame(rows), unit="unit", period="period").ask("X", "Y")
    (found,) = [finding for finding in evidence.findings if finding.id == "other_set"]
    assert "because Y (t-1) still speaks to the outcome" in found.seen


def test_too_few_units_to_exchange_or_redraw() -> None:
    panel = static(draw(23), units=6)
    regression = regression_of(panel, UNIT_EFFECTS)
    assert_not_applicable(placebo(regression, panel, draw()), "6 units")
    assert_not_applicable(cluster_bootstrap(regression, panel, draw()), "6 units")


def test_histories_full_of_gaps_are_not_exchanged() -> None:
    panel = static(draw(24), gaps=0.5)
    assert_not_applicable(placebo(regression_of(panel, UNIT_EFFECTS), panel, draw()), "gaps")


def test_an_exact_outcome_has_nothing_to_refute() -> None:
    panel = static(draw(25))
    exact = Panel(panel.frame.assign(Y=2 * panel.frame["X"]))
    for finding in refute_regression(regression_of(exact, UNIT_EFFECTS), exact, draw())[:3]:
        assert_not_applicable(finding, "exact function")


@pytest.mark.parametrize("units", [5, 12])
def test_the_smallest_samples_do_not_crash(units: int) -> None:
    for panel, graph in (
        (static(draw(26), units=units, periods=2), POOLED),
        (static(draw(26), units=units, periods=3), UNIT_EFFECTS),
        (dynamic(draw(26), units=units, periods=12), DYNAMIC),
        (cross_section(draw(26), rows=units + 3), CROSS),
    ):
        assert len(refute_regression(regression_of(panel, graph), panel, draw())) == len(REFUTERS)


def test_a_treatment_in_a_few_units_does_not_crash() -> None:
    rng = draw(27)
    x = np.zeros((40, 8))
    x[:3, 4:] = 1.0
    panel = table(X=x, Y=persistent(rng, 40, 8, 0.5))
    regression = regression_of(panel, replace(UNIT_EFFECTS, period_effects=("X", "Y")))
    assert len(refute_regression(regression, panel, draw())) == len(REFUTERS)
    assert regression.best.df < 3  # three treated units, and the interval knows


def test_a_conclusion_that_a_wild_bootstrap_does_not_bear_out() -> None:
    panel = static(draw(31), units=12)
    sound = regression_of(panel, UNIT_EFFECTS)
    assert wild_bootstrap(sound, panel, draw()).result == "holds"
    boasting = wild_bootstrap(with_error(sound, 0.1), panel, draw())
    assert boasting.result == "fails"
    assert boasting.p_value >= 0.1 > 0.05 > boasting.numbers["reported"]
    assert "more units" in boasting.remedy


def test_a_wild_bootstrap_agrees_on_a_clear_effect_per_contrast() -> None:
    panel = static(draw(32), units=12)
    moved = Panel(panel.frame.assign(Y=panel.frame["Y"] + panel.frame["X"]))
    found = wild_bootstrap(regression_of(moved, UNIT_EFFECTS, contrast=-10.0), moved, draw())
    assert found.result == "holds"
    assert found.p_value < 0.01
    assert found.numbers["low"] < -10 < found.numbers["high"] < 0
    assert found.statistic == pytest.approx(regression_of(moved, UNIT_EFFECTS).best.slopes[0] * -10, rel=1e-9)


def test_a_wild_bootstrap_says_where_it_does_not_apply() -> None:
    corrected, once, many = dynamic(draw(33)), cross_section(draw(33)), static(draw(33), units=50)
    assert_not_applicable(wild_bootstrap(regression_of(corrected, DYNAMIC), corrected, draw()), "corrected")
    assert_not_applicable(wild_bootstrap(regression_of(once, CROSS), once, draw()), "seen once")
    assert_not_applicable(wild_bootstrap(regression_of(many, UNIT_EFFECTS), many, draw()), "50 units")


# What every finding owes its reader


def test_findings_are_complete_in_both_languages(fitted: tuple[Regression, Panel]) -> None:
    regression, panel = fitted
    for finding in refute_regression(regression, panel, draw()):
        assert finding.reference
        texts = [finding.question, finding.null, finding.rule, finding.seen]
        texts += [] if finding.result == "not_applicable" else [finding.consequence]
        for text in texts:
            english, dutch = (text.render(language, str.upper) for language in LANGUAGES)
            assert english and dutch and english != dutch
            assert "nan" not in english + dutch


def test_findings_do_not_depend_on_each_other_or_on_the_order_of_rows(fitted: tuple[Regression, Panel]) -> None:
    regression, panel = fitted
    once = refute_regression(regression, panel, draw())
    assert [f.to_dict() for f in refute_regression(regression, panel, draw())] == [f.to_dict() for f in once]
    before = panel.frame.copy()
    shuffled = Panel(panel.frame.sample(frac=1, random_state=1), panel.frequency)
    again = regression_of(shuffled, regression.estimand.graph)
    assert [f.to_dict() for f in refute_regression(again, shuffled, draw())] == [f.to_dict() for f in once]
    pd.testing.assert_frame_equal(panel.frame, before)
    stream = draw().spawn(len(REFUTERS))[2]
    assert cluster_bootstrap(regression, panel, stream).to_dict() == once[2].to_dict()


# Size, by simulation


def shares(make: Callable[[np.random.Generator], Panel], graph: KPIGraph, refuter: Any, fits: int) -> dict[str, float]:
    """How often a refuter came to each result over fresh panels on which nothing is wrong."""
    found = []
    for seed in range(fits):
        panel = make(draw(1000 + seed))
        found.append(refuter(regression_of(panel, graph), panel, draw(seed)))
    counted = {result: float(np.mean([f.result == result for f in found])) for result in ("doubtful", "fails")}
    extra = [f.numbers["beyond_5_percent"] for f in found if "beyond_5_percent" in f.numbers]
    return counted | {
        "beyond": float(np.mean(extra)) if extra else np.nan,
        "rejected": float(np.mean([f.p_value < 0.05 for f in found])),
        "statistic": float(np.median([f.statistic for f in found])),
        "answered": float(np.mean([f.result != "not_applicable" for f in found])),
    }


SIZES: dict[str, tuple[Callable[[np.random.Generator], Panel], KPIGraph]] = {
    "unit effects, 40 x 10": (static, UNIT_EFFECTS),
    "unit effects, 40 x 10, gaps": (lambda rng: static(rng, gaps=0.15), UNIT_EFFECTS),
    "unit effects, 15 x 10": (lambda rng: static(rng, units=15), UNIT_EFFECTS),
    "pooled, 40 x 8": (pooled, POOLED),
    "corrected, 50 x 16": (dynamic, DYNAMIC),
    "corrected, 50 x 16, gaps": (lambda rng: dynamic(rng, gaps=0.1), DYNAMIC),
    "cross-section, 80": (cross_section, CROSS),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", SIZES)
@pytest.mark.parametrize("refuter", [placebo, cluster_bootstrap, random_common_cause])
def test_sound_standard_errors_are_left_in_peace(case: str, refuter: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """300 fits each: of the placebos about 5% pass for an effect, and findings below *holds* are rare."""
    found = shares(*SIZES[case], refuter, 300)
    with capsys.disabled():
        print(f"\n{refuter.__name__}, {case}: {found}")
    assert found["fails"] <= 0.01
    assert found["doubtful"] <= 0.10
    if refuter is placebo:
        assert 0.03 <= found["beyond"] <= 0.07


@pytest.mark.slow
@pytest.mark.parametrize("case", ["corrected, 50 x 16", "corrected, 50 x 16, gaps", "pooled"])
def test_lead_rejects_as_often_as_it_says(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    make, graph = SIZES.get(case, (dynamic, DYNAMIC))
    if case == "pooled":
        graph = replace(DYNAMIC, unit_effects=())

        def make(rng: np.random.Generator) -> Panel:
            x = persistent(rng, 40, 10, 0.4)
            return table(X=x, Y=0.5 * x + persistent(rng, 40, 10, 0.3))

    found = shares(make, graph, lead, 600)
    with capsys.disabled():
        print(f"\nlead, {case}: {found}")
    assert 0.025 <= found["rejected"] <= 0.085
