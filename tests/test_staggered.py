"""Staggered change: group-time effects against differences by hand, another library, and simulated truth."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import causalkpi as ck
from causalkpi.errors import DataError, GraphError, QuestionError
from causalkpi.estimators.changeover import NEVER, Changeover, read_changeover
from causalkpi.estimators.screen import Refusal
from causalkpi.estimators.staggered import group_time, pyfixest_effects
from causalkpi.event_study import EventStudy, event_study
from causalkpi.kpi import Claim
from causalkpi.language import Text
from causalkpi.panel import Panel, as_panel
from causalkpi.plots import event_study_alt, event_study_plot, to_png
from causalkpi.pre_periods import visible_drift
from causalkpi.question import Unanswered
from causalkpi.worlds import make_staggered, never, pulse, sustained

CHANGE, OUTCOME = "customer_kpis", "service_behaviour"
WORLD = make_staggered()


def made(adopts: list[float], periods: int, effect=lambda g, e: 0.0, seed: int = 1, noise: float = 1.0) -> pd.DataFrame:
    """Units that adopt in given periods, with lasting differences, shared shocks and noise."""
    rng = np.random.default_rng(seed)
    lasting, shocks = 3 * rng.normal(size=len(adopts)), 2 * rng.normal(size=periods)
    rows = [
        (
            f"U{i:03d}",
            t,
            float(t >= g),
            lasting[i] + shocks[t] + noise * rng.normal() + (effect(g, t - g) if t >= g else 0),
        )
        for i, g in enumerate(adopts)
        for t in range(periods)
    ]
    return pd.DataFrame(rows, columns=["unit", "period", "kpis", "y"])


def panel_of(frame: pd.DataFrame) -> Panel:
    return as_panel(frame, unit="unit", period="period")


def study_of(frame: pd.DataFrame, **options) -> EventStudy:
    found = event_study(panel_of(frame), "kpis", "y", **{"confirm": False, **options})
    assert isinstance(found, EventStudy), found
    return found


def bank(seed: int = 1, units: int = 120, world=WORLD) -> Panel:
    return panel_of(world.sample(units, 24, seed))


def by_hand(frame: pd.DataFrame, g: float, t: int, base: int) -> float:
    """Callaway and Sant'Anna's difference of long differences, against units that never adopt."""
    wide = frame.pivot(index="unit", columns="period", values="y")
    adopts = (frame.kpis == 0).groupby(frame.unit).sum()
    change = wide[t] - wide[base]
    return float(change[adopts == g].mean() - change[adopts == frame.period.nunique()].mean())


WAVES = [3.0] * 6 + [5.0] * 7 + [6.0] * 5 + [NEVER] * 8


# The estimator


@pytest.mark.parametrize("anticipation", [0, 1])
def test_group_time_effects_are_differences_in_differences_by_hand(anticipation):
    frame = made(WAVES, 9, lambda g, e: g * (e + 1))
    cells = study_of(frame, anticipation=anticipation).cells
    assert len(cells.values) == 3 * 8
    for g, e, value in zip(cells.cohort, cells.since, cells.values, strict=True):
        assert value == pytest.approx(by_hand(frame, g, int(g + e), int(g) - 1 - anticipation), abs=1e-9)


def test_pyfixest_computes_the_same_and_its_own_event_study_does_on_its_own_data():
    """An eighth of `df_het`, which ships with pyfixest: 31 years, cohorts of 2000 and 2010, a third never treated."""
    pyfixest = pytest.importorskip("pyfixest")
    data = pd.read_csv(Path(pyfixest.__file__).parent / "did/data/df_het.csv").query("unit % 8 == 0")
    data["kpis"] = ((data["g"] > 0) & (data["year"] >= data["g"])).astype(float)
    panel = as_panel(data[["unit", "year", "kpis", "dep_var"]].astype({"unit": str}), unit="unit", period="year")
    found = read_changeover(panel, "kpis", "dep_var")
    ours = group_time(found, confirm=True)
    with pytest.warns(UserWarning):
        theirs = pyfixest.event_study(data, "dep_var", "unit", "year", "g", estimator="saturated")
    compared = 0
    for g, e, value in zip(ours.cohort, ours.since, ours.values, strict=True):
        name = f"rel_time::{float(e)}:first_treated_period::{int(g)}"
        assert value == pytest.approx(theirs.coef()[name], abs=1e-6)
        compared += 1
    assert compared == len(theirs.coef()) == 60


def test_pyfixest_agrees_where_rows_are_missing_and_reads_no_cohort_off_the_gap():
    frame = made(WAVES, 9, lambda g, e: e + 1)
    gaps = np.random.default_rng(3).random(len(frame)) < 0.15
    gaps |= (frame.unit == "U000") & (frame.period == 3)  # the very period of its change
    frame.loc[gaps, "y"] = np.nan
    found = read_changeover(panel_of(frame), "kpis", "y")
    cells = group_time(found)
    assert set(cells.cohort) == {3, 5, 6}
    theirs = pyfixest_effects(found)
    assert max(abs(theirs[g, e] - v) for g, e, v in zip(cells.cohort, cells.since, cells.values, strict=True)) < 1e-6


def test_a_disagreement_is_noticed(monkeypatch):
    module = sys.modules["causalkpi.estimators.staggered"]
    real = pyfixest_effects
    monkeypatch.setattr(module, "pyfixest_effects", lambda found: {k: v + 1e-3 for k, v in real(found).items()})
    with pytest.raises(ck.DisagreementError, match="cohort"):
        event_study(panel_of(made(WAVES, 9)), "kpis", "y")


def test_the_error_of_one_cohort_and_two_periods_is_that_of_two_means():
    """Leaving one out of two samples by hand: (N-1)/N times the sum of variance over n - 1 of each."""
    frame = made([1.0] * 9 + [NEVER] * 14, 2)
    change = frame.pivot(index="unit", columns="period", values="y").diff(axis=1)[1].to_numpy()
    one, two = change[:9], change[9:]
    study = study_of(frame)
    assert study.overall.value == pytest.approx(one.mean() - two.mean())
    expected = 22 / 23 * (one.var(ddof=1) / 8 + two.var(ddof=1) / 13)
    assert study.overall.std_error == pytest.approx(np.sqrt(expected))
    effective = (1 / 9 + 1 / 14) ** 2 / (1 / 9**3 + 1 / 14**3)
    assert study.overall.df == pytest.approx(effective - 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.25), st.booleans())
def test_without_noise_every_true_effect_is_found_exactly_gaps_or_not(seed, share, never_there):
    rng = np.random.default_rng(seed)
    effects = rng.normal(size=(9, 9)).round(3)
    waves = [3.0] * 6 + [5.0] * 6 + [7.0] * 6 + ([NEVER] * 7 if never_there else [])
    frame = made(waves, 9, lambda g, e: effects[int(g), int(e)], seed, noise=0.0)
    frame.loc[rng.random(len(frame)) < share, "y"] = np.nan
    try:
        cells = group_time(read_changeover(panel_of(frame), "kpis", "y"), confirm=False)
    except Refusal:
        assert share > 0.1
        return
    truth = [effects[int(g), e] if e >= 0 else 0.0 for g, e in zip(cells.cohort, cells.since, strict=True)]
    np.testing.assert_allclose(cells.values, truth, atol=1e-8)


def test_plain_two_way_fixed_effects_are_biased_on_the_very_data_where_these_are_not():
    """No noise, effects that grow, everybody adopts in the end: two-way fixed effects miss most of it."""
    frame = made([2.0] * 10 + [5.0] * 10 + [8.0] * 10, 9, lambda g, e: e + 1.0, noise=0.0)
    study = study_of(frame, horizon=5)
    assert study.overall.value == pytest.approx(np.average([1, 2, 3, 4, 5, 6], weights=[2, 2, 2, 1, 1, 1]))
    assert study.beside[0].name == "two_way_fixed_effects"
    assert study.beside[0].value < 0.6 * study.overall.value
    # by least squares on dummies, as anybody would compute it
    used = frame[frame.period < 8]
    columns = pd.get_dummies(used[["unit", "period"]].astype(str), dtype=float).to_numpy()
    plain = np.linalg.lstsq(np.column_stack([used.kpis, columns]), used.y, rcond=None)[0][0]
    assert study.beside[0].value == pytest.approx(plain)


def test_an_average_weighs_units_alike():
    frame = made(WAVES, 9, lambda g, e: g, noise=0.0)
    study = study_of(frame, horizon=2)
    assert study.overall.value == pytest.approx((3 * 6 + 5 * 7 + 6 * 5) / 18)
    late = study_of(frame, horizon=5)
    last = late.moments[-1]
    assert (last.since, last.units, last.cohorts) == (5, 6, 1)
    assert last.effect.value == pytest.approx(3)


# In the simulated organisation


def test_in_the_world_the_truth_is_covered_and_two_way_fixed_effects_are_not_it():
    """One seed; how often this happens is in tests/truth/results/staggered.json."""
    went, without = WORLD.sample(120, 24, 5), WORLD.sample(120, 24, 5, do={CHANGE: never})
    study = event_study(panel_of(went), CHANGE, OUTCOME)
    effect = (went[OUTCOME] - without[OUTCOME]).to_numpy().reshape(120, 24)
    adopts = (went[CHANGE] == 0).to_numpy().reshape(120, 24).sum(axis=1)
    truth = np.mean([effect[u, g : g + 9].mean() for u, g in enumerate(adopts) if g < 24])
    assert study.overall.interval[0] < truth < study.overall.interval[1]
    association = study.beside[1]
    assert association.name == "association" and association.interval[0] > truth  # better branches adopt first
    assert study.cohorts == {"2020Q3": 24, "2021Q3": 24, "2022Q3": 24}


def test_the_world_adopts_for_good_and_differs_by_that_alone():
    went, without = WORLD.sample(50, 24, 2, hidden=True), WORLD.sample(50, 24, 2, do={CHANGE: never}, hidden=True)
    change = went[CHANGE].to_numpy().reshape(50, 24)
    assert set(np.unique(change)) == {0.0, 1.0} and (np.diff(change, axis=1) >= 0).all()
    assert (change[:, -1] == 0).sum() == 20
    quality = went["quality"].to_numpy().reshape(50, 24)[:, 0]
    assert np.corrcoef(quality, change.sum(axis=1))[0, 1] > 0.5
    before = change.ravel() == 0
    for kpi in (OUTCOME, "undesirable_selling", "customer_loyalty", "operating_result"):
        moved = (went[kpi] - without[kpi]).to_numpy()
        assert np.abs(moved[before]).max() == 0
        first = [np.flatnonzero(np.abs(row) > 1e-9).min() - c.argmin() for row, c in zip(
            moved.reshape(50, 24), change == 0, strict=True) if np.abs(row).max() > 0]  # fmt: skip
        assert set(first) == {{"customer_loyalty": 1, "operating_result": 3}.get(kpi, 0)}


def test_interventions_in_the_world_start_from_what_went():
    went = WORLD.sample(20, 12, 3)
    for act in (pulse(5, 1.0), sustained(5, 1.0)):
        raised = WORLD.sample(20, 12, 3, do={OUTCOME: act})
        moved = (raised[OUTCOME] - went[OUTCOME]).to_numpy().reshape(20, 12)
        np.testing.assert_allclose(moved[:, :6], [[0, 0, 0, 0, 0, 1]] * 20, atol=1e-12)
    held = moved[:, 6:]
    np.testing.assert_allclose(held, 1.0, atol=1e-9)


# Findings


def test_the_pre_period_test_is_silent_on_parallel_trends_and_fires_on_others():
    assert event_study(bank(), CHANGE, OUTCOME, confirm=False)["pre_periods"].result == "holds"
    off = event_study(bank(world=make_staggered(drift=0.3)), CHANGE, OUTCOME, confirm=False)["pre_periods"]
    assert off.result == "fails" and off.remedy
    assert "does not prove" in event_study(bank(), CHANGE, OUTCOME, confirm=False)["pre_periods"].consequence


def test_anticipation_is_found_and_allowed_for():
    frame = made(WAVES * 3, 9, lambda g, e: 3.0)
    early = frame.groupby("unit").kpis.shift(-1).fillna(0) > frame.kpis
    frame.loc[early, "y"] += 2.0
    seen = study_of(frame)
    assert seen["anticipation"].result == "fails"
    allowed = study_of(frame, anticipation=1)
    assert allowed["anticipation"].result == "holds" and allowed.reference == -2
    assert abs(allowed.overall.value - 3.0) < abs(seen.overall.value - 3.0)
    assert study_of(made(WAVES * 3, 9, lambda g, e: 3.0))["anticipation"].result == "holds"


def test_small_cohorts_are_told():
    assert study_of(made(WAVES * 3, 9))["cohort_sizes"].result == "holds"
    small = study_of(made(WAVES, 9))["cohort_sizes"]
    assert small.result == "doubtful" and "3 of 3" in small.seen


def test_without_earlier_periods_nothing_is_tested_and_that_is_said():
    study = study_of(made([1.0] * 9 + [NEVER] * 14, 3))
    assert [study[name].result for name in ("pre_periods", "anticipation", "drift")] == ["not_applicable"] * 3


def test_a_drift_that_the_test_of_one_period_sees_is_the_one_of_a_noncentral_t():
    cells = study_of(made([2.0] * 30 + [NEVER] * 30, 4)).cells
    before = np.array([-2])
    drift = visible_drift(cells, before + 1, before)
    weights = cells.weights(cells.since == -2)
    error, df = float(np.sqrt(cells.covariance(weights[:, None])[0, 0])), min(60, cells.effective(weights)) - 1
    power = stats.nct.sf(stats.t.ppf(0.975, df), df, drift / error) + stats.nct.cdf(
        stats.t.ppf(0.025, df), df, drift / error
    )
    assert power == pytest.approx(0.8, abs=1e-3)


def test_joint_intervals_are_wider_than_single_ones():
    study = study_of(made(WAVES, 9))
    for m in study.moments:
        assert m.band[0] < m.effect.interval[0] and m.effect.interval[1] < m.band[1]
        assert (m.band[0] + m.band[1]) / 2 == pytest.approx(m.effect.value)


# What is left out, and what is refused


def refusal(frame: pd.DataFrame, **options) -> Unanswered:
    found = event_study(panel_of(frame), "kpis", "y", confirm=False, **options)
    assert isinstance(found, Unanswered), found
    assert found.reason and found.reason.render("nl") != found.reason
    return found


def undone(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[(frame.unit == "U002") & (frame.period == 7), "kpis"] = 0.0
    return frame


@pytest.mark.parametrize(
    ("frame", "status", "words"),
    [
        (made(WAVES, 9).assign(kpis=lambda d: d.kpis * 0.5), "refused_data", "other values"),
        (undone(made(WAVES, 9)), "refused_data", "a change that was undone"),
        (made([NEVER] * 20, 9), "not_estimable", "No unit is seen to change"),
        (made([0.0] * 10 + [NEVER] * 10, 9), "not_estimable", "No unit is seen to change"),
        (made([4.0] * 20, 9), "not_estimable", "nobody is left to compare with"),
        (made([4.0] * 20 + [NEVER] * 3, 9), "not_estimable", "nobody is left to compare with"),
        (made([4.0] * 3 + [NEVER] * 20, 9), "not_estimable", "only 3 units are seen before and after"),
        (made([3.0] * 20 + [5.0] * 2, 9), "not_estimable", "only 2 units are left to compare with"),
        (made(WAVES, 9).assign(y=np.nan), "refused_data", "y: no value at all"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_says_why(frame, status, words):
    found = refusal(frame)
    assert found.status == status
    assert words in found.reason


def test_all_faults_come_at_once():
    frame = made(WAVES, 9)
    frame.loc[frame.unit == "U001", "kpis"] *= 3
    with pytest.raises(DataError) as error:
        read_changeover(panel_of(frame.assign(y=np.nan)), "kpis", "y")
    assert [fault.columns for fault in error.value.faults] == [("y",), ("kpis",)]


def test_units_that_had_changed_before_or_in_a_gap_are_left_out_and_said():
    frame = made([0.0, 0.0, *WAVES], 9)
    frame.loc[(frame.unit == "U002") & frame.period.isin([2, 3]), "kpis"] = np.nan  # changed somewhere in between
    frame.loc[frame.unit == "U003", "kpis"] = np.nan
    study = study_of(frame)
    said = " ".join(study.warnings)
    assert "no before; units: 2." in said
    assert "not known; units: 1." in said and "no value of the change; units: 1." in said
    assert study.cohorts == {"3": 4, "5": 7, "6": 5} and study.units == 24
    clean = study_of(frame[~frame.unit.isin(["U000", "U001", "U002", "U003"])])
    assert study.overall.value == pytest.approx(clean.overall.value)


def test_a_gap_in_the_change_that_leaves_no_doubt_costs_nothing():
    frame = made(WAVES, 9)
    full = study_of(frame).overall
    frame.loc[(frame.unit == "U001") & frame.period.isin([0, 7]), "kpis"] = np.nan
    assert study_of(frame).overall == full


def test_where_nobody_never_changes_the_last_stand_in_until_they_change():
    frame = made([3.0] * 8 + [5.0] * 8 + [7.0] * 8 + [NEVER] * 2, 9, lambda g, e: e + 1.0, noise=0.0)
    study = study_of(frame)
    assert study.comparison == "10 units that changed last or never, until the last changed"
    assert "those that changed last stand in" in " ".join(study.warnings)
    assert max(study.cells.cohort + study.cells.since) == 6
    for e, value in zip(study.cells.since, study.cells.values, strict=True):
        assert value == pytest.approx(max(0.0, e + 1.0), abs=1e-9)


def test_without_pyfixest_the_way_out_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyfixest", None)
    found = event_study(panel_of(made(WAVES, 9)), "kpis", "y")
    assert isinstance(found, Unanswered) and "not installed" in found.reason
    assert "pip install causalkpi[panel]" in found.remedy and "Installeer" in found.remedy.render("nl")


@pytest.mark.parametrize("options", [{"horizon": -1}, {"leads": 1.5}, {"anticipation": True}])
def test_numbers_of_periods_that_make_no_sense_are_refused(options):
    with pytest.raises(QuestionError, match=next(iter(options))):
        event_study(panel_of(made(WAVES, 9)), "kpis", "y", **options)


# Claims about a change made at different times

C10 = Claim(
    "C10",
    changes=(("behaviour", CHANGE, OUTCOME, 0, "+"), ("loyalty", CHANGE, "customer_loyalty", 4, "+")),
)
CLAIMING = replace(WORLD.believed, claims=(C10,))


def verdict(world, units: int, seed: int = 1):
    study = ck.Study(CLAIMING, world.sample(units, 24, seed), unit="unit", period="period")
    return study.run()["C10"], study


def test_a_change_that_works_bears_the_claim_out():
    found, study = verdict(make_staggered(strength=2), 300)
    assert found.word == "supported" and found.p_value < 0.001
    assert [d.strength for d in found.decided] == ["moderate", "moderate"]
    assert "from 4 periods on" in found.reason
    assert study.register == [ck.Question(CHANGE, OUTCOME), ck.Question(CHANGE, "customer_loyalty")]


def test_a_change_that_does_nothing_or_whose_trends_ran_apart_decides_nothing():
    idle, _ = verdict(make_staggered(strength=0), 120)
    assert idle.word == "inconclusive" and "Not settled" in idle.reason
    apart, _ = verdict(make_staggered(drift=0.15), 120)
    assert apart.word == "inconclusive" and "weak" in apart.reason


def test_where_nobody_changes_from_0_to_1_the_claim_cannot_be_tested_and_it_is_said_of_the_data():
    bank = ck.load_world("waterland")
    study = ck.Study(ck.load_graph("customer_centred"), bank.sample(30, 12, 1), unit="unit", period="period")
    ledger = replace(study.graph, claims=tuple(c for c in study.graph.claims if c.id == "C10"))
    study.graph = ledger
    found = study.run()["C10"]
    assert found.word == "not_testable" and "other values" in found.reason
    assert "andere waarden" in found.reason.render("nl")


def test_claims_about_changes_are_written_read_renamed_and_checked():
    book = ck.load_graph("customer_centred")
    claim = {c.id: c for c in book.claims}["C10"]
    assert [part[:3] for part in claim.changes] == [
        ("behaviour", "customer_steering", "service_behaviour"),
        ("result", "customer_steering", "operating_result"),
    ]
    assert ck.read_graph(ck.to_yaml(book)).claims == book.claims
    renamed = CLAIMING.rename({OUTCOME: "behaving"})
    assert renamed.claims[0].changes[0][2] == "behaving"
    for wrong, words in (
        (replace(C10, changes=(("a", "customer_kpi", OUTCOME, 0, "+"),)), "customer_kpi"),
        (replace(C10, changes=(C10.changes[0], C10.changes[0])), "another name"),
        (replace(C10, questions=((CHANGE, OUTCOME, 0),)), "changes alone"),
    ):
        with pytest.raises(GraphError, match=words):
            replace(CLAIMING, claims=(wrong,))


# Entry, words, figure


def test_a_study_answers_and_keeps_its_register():
    study = ck.Study(WORLD.believed, WORLD.sample(60, 24, 1), unit="unit", period="period")
    found = study.staggered(CHANGE, OUTCOME, horizon=6)
    assert isinstance(found, ck.EventStudy) and found.horizon == 6
    assert study.register == [ck.Question(CHANGE, OUTCOME)]
    with pytest.raises(QuestionError, match="customer_kpi"):
        study.staggered("customer_kpi", OUTCOME)
    assert isinstance(study.staggered("customer_loyalty", OUTCOME), Unanswered)


def test_plain_values_hold_all_that_is_needed():
    study = study_of(made(WAVES, 9, lambda g, e: 1.0))
    plain = study.to_dict()
    assert plain["value"] == study.overall.value and len(plain["moments"]) == len(study.moments)
    assert [f["id"] for f in plain["findings"]] == ["pre_periods", "anticipation", "drift", "cohort_sizes"]
    table = study.group_time()
    assert len(table) == 24 and set(table["cohort"]) == {"3", "5", "6"}
    assert "two_way_fixed_effects" in repr(study) and "since" in study._repr_html_()
    with pytest.raises(KeyError, match="pre_periods"):
        study["lead"]


def test_everything_that_is_said_is_said_in_dutch():
    study = study_of(made([0.0, *WAVES], 9, lambda g, e: 1.0))
    texts = [study.comparison, study.convention, study.estimator, *study.warnings, *(b.why for b in study.beside)]
    for finding in study.findings:
        texts += [finding.question, finding.null, finding.rule, finding.seen, finding.consequence, finding.remedy]
    for text in filter(None, texts):
        assert isinstance(text, Text) and text.render("nl") != text.render("en")


def test_the_figure_shows_every_moment_and_is_the_same_each_time():
    study = event_study(bank(), CHANGE, OUTCOME, confirm=False)
    figure = event_study_plot(study, "nl", unit="punten")
    assert to_png(figure, 800) == to_png(event_study_plot(study, "nl", unit="punten"), 800)
    (axes,) = figure.axes
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(dots) == len(study.moments) == 13
    hollow = [line.get_xdata()[0] for line in dots if line.get_markerfacecolor() == "#ffffff"]
    assert hollow == [-5, -4, -3, -2]
    words = event_study_alt(study, "nl", unit="punten")
    assert words.count("(") == 13 and "tot" in words and "−5:" in words and "," in words


def test_a_changeover_keeps_its_rows_together():
    found = read_changeover(panel_of(made(WAVES, 9)), "kpis", "y")
    assert isinstance(found, Changeover) and found.reference == -1
    half = found.keep(found.period < 4)
    assert len(half.units) == 26 and half.period.max() == 3 and len(half.outcome) == 26 * 4
