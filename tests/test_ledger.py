"""The ledger: rules held against answers, corrected for their number, and never more than the evidence bears."""

from __future__ import annotations

import math
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

import causalkpi as ck
from causalkpi.answers import Answers
from causalkpi.decide import decide, difference
from causalkpi.grade import Grade
from causalkpi.graph import as_graph
from causalkpi.language import Text
from causalkpi.ledger import holm, keep_ledger
from causalkpi.rule import Rule

SIGNED = {"expected": ("+",), "names": ("up",)}
UP = (("loyalty", "spend", 0),)
CLAIMS = (
    ck.Claim("yes", questions=UP, **SIGNED, rule="up > 0"),
    ck.Claim("no", questions=UP, expected=("-",), names=("down",), rule="down < 0"),
    ck.Claim("silent", questions=(("noise", "spend", 0),), expected=("+",)),
    ck.Claim("more", questions=(*UP, ("noise", "spend", 0)), names=("a", "b"), rule="a > b"),
    ck.Claim("much", questions=UP, **SIGNED, rule="up > 10"),
    ck.Claim("either", questions=(*UP, ("noise", "spend", 0)), names=("a", "b"), rule="b > 0 or a > 0"),
    ck.Claim("both", questions=(*UP, ("noise", "spend", 0)), names=("a", "b"), rule="b > 0 and a > 0"),
    ck.Claim("absent", questions=(("nowhere", "spend", 0),), expected=("+",)),
    ck.Claim("later", not_examined=Text("not yet", "nog niet")),
    ck.Claim("never", not_testable=Text("one organisation", "één organisatie")),
    ck.Claim("mute"),
)


@pytest.fixture(scope="module")
def ledger() -> ck.Ledger:
    rng = np.random.default_rng(5)
    market = rng.normal(size=900)
    loyalty, noise = 0.4 * market + rng.normal(size=900), rng.normal(size=900)
    spend = 2 * loyalty + market + rng.normal(size=900)
    data = pd.DataFrame({"market": market, "loyalty": loyalty, "noise": noise, "spend": spend})
    pairs = [("market", "loyalty"), ("market", "spend"), ("loyalty", "spend"), ("noise", "spend"), ("nowhere", "spend")]
    graph = replace(as_graph(nx.DiGraph(pairs)), claims=CLAIMS)
    return ck.Study(graph, data).run()


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        ("yes", "supported"), ("no", "contradicted"), ("silent", "inconclusive"), ("more", "supported"),
        ("much", "contradicted"), ("either", "supported"), ("both", "inconclusive"), ("absent", "not_testable"),
        ("later", "not_examined"), ("never", "not_testable"), ("mute", "not_examined"),
    ],
)  # fmt: skip
def test_a_claim_comes_to_what_its_rule_says(ledger: ck.Ledger, claim: str, word: str) -> None:
    verdict = ledger[claim]
    assert verdict.word == word, verdict.reason
    assert verdict.reason
    assert verdict.reason.render("nl") != verdict.reason.render("en")


def test_a_claim_that_cannot_be_tested_says_which_data_lack(ledger: ck.Ledger) -> None:
    assert "nowhere" in ledger["absent"].reason
    assert math.isnan(ledger["absent"].p_value)


def test_a_reason_is_a_sentence_whatever_the_number_of_a_name(ledger: ck.Ledger) -> None:
    assert ledger["yes"].reason.render("nl") == (
        "De cijfers onderbouwen haar: het effect van loyalty op spend is positief."
    )
    assert "Not settled is this: the effect of noise on spend is positive." in ledger["silent"].reason


def test_weak_evidence_decides_nothing(ledger: ck.Ledger) -> None:
    asked = tuple(
        replace(item, evidence=replace(item.evidence, grade=Grade("weak"))) if item.origin == "yes" else item
        for item in ledger.answers
    )
    verdict = keep_ledger(CLAIMS, Answers(asked), 0.95)["yes"]
    assert verdict.word == "inconclusive"
    assert "no more" in verdict.reason
    assert "meer niet" in verdict.reason.render("nl")


def test_the_ledger_is_a_table_and_json(ledger: ck.Ledger) -> None:
    frame = ledger.to_frame()
    assert list(frame["claim"]) == [claim.id for claim in CLAIMS]
    assert ledger.to_dict()["more"]["comparisons"][0]["comparison"] == "b < a"
    with pytest.raises(KeyError, match="yes, no"):
        ledger["C99"]


def test_the_error_of_a_difference_is_that_of_the_difference() -> None:
    rng = np.random.default_rng(3)
    market = rng.normal(size=200)
    loyalty, shared = market + rng.normal(size=200), rng.normal(size=200)
    data = pd.DataFrame({"market": market, "loyalty": loyalty})
    data["spend"], data["visits"] = loyalty + shared, 0.5 * loyalty - market + shared + rng.normal(size=200)
    data["gap"] = data["spend"] - data["visits"]
    outcomes = ("spend", "visits", "gap")
    graph = nx.DiGraph([("market", "loyalty"), *((kpi, out) for out in outcomes for kpi in ("market", "loyalty"))])
    spend, visits, gap = (ck.Study(graph, data).answer(ck.Question("loyalty", out)) for out in outcomes)
    value, error, _ = difference(spend, visits)
    # least squares is linear in the outcome, with every row left out too; Tukey's jackknife by hand
    left_out = gap.regressions[0].best.left_out[:, 0]
    assert value == pytest.approx(gap.value)
    assert error == pytest.approx(math.sqrt(199 / 200 * ((left_out - left_out.mean()) ** 2).sum()))
    assert error < 0.9 * math.hypot(spend.std_error, visits.std_error)
    assert difference(spend, spend)[1] == pytest.approx(0, abs=1e-9)


def test_a_comparison_with_a_number_is_a_one_sided_t_test(ledger: ck.Ledger) -> None:
    evidence = ledger["much"].evidence[0]
    found = decide(Rule.parse("up > 1.9").alternatives[0][0], {"up": evidence})
    t = (evidence.estimate.value - 1.9) / evidence.estimate.std_error
    assert found.p_holds == pytest.approx(float(stats.t.sf(t, evidence.estimate.df)))
    assert found.p_holds + found.p_opposite == pytest.approx(1)


@pytest.mark.parametrize("seed", range(8))
def test_holm_is_statsmodels_holm(seed: int) -> None:
    p_values = np.random.default_rng(seed).uniform(0, 0.2, seed + 1).tolist()
    found = holm({f"claim {i}": p for i, p in enumerate(p_values)})
    expected = multipletests(p_values, method="holm")[1]
    assert [found[f"claim {i}"] for i in range(len(p_values))] == pytest.approx(list(expected))


# What hidden causes could undo is not decided


def pair(effect: float, seed: int = 8) -> ck.Study:
    """Two treatments of one outcome: `loyalty` works by 1, `noise` by `effect`, a weak market on all."""
    rng = np.random.default_rng(seed)
    market = rng.normal(size=4000)
    loyalty, noise = 0.2 * market + rng.normal(size=4000), 0.2 * market + rng.normal(size=4000)
    spend = loyalty + effect * noise + 0.2 * market + rng.normal(size=4000)
    data = pd.DataFrame({"market": market, "loyalty": loyalty, "noise": noise, "spend": spend})
    pairs = [("market", "loyalty"), ("market", "noise"), ("market", "spend"), ("loyalty", "spend"), ("noise", "spend")]
    claims = (
        ck.Claim("more", questions=(*UP, ("noise", "spend", 0)), names=("a", "b"), rule="a > b"),
        ck.Claim("much", questions=UP, names=("a",), rule="a > 0.94"),
        ck.Claim("some", questions=UP, names=("a",), rule="a > 0.5"),
    )
    return ck.Study(replace(as_graph(nx.DiGraph(pairs)), claims=claims), data)


def test_a_difference_that_hidden_causes_could_make_is_not_decided() -> None:
    """1 against 0.85 has p below 1%, but causes that explain a twentieth of both sides move each by some 0.06."""
    near, far = pair(0.85).run()["more"], pair(0.5).run()["more"]
    assert all(e.grade.strength == "moderate" for e in (*near.evidence, *far.evidence))
    gap = near.evidence[0].estimate.value - near.evidence[1].estimate.value
    assert gap < sum(e.bound for e in near.evidence)
    assert near.p_value < 0.01
    assert near.word == "inconclusive"
    assert "weak" in near.reason
    assert far.word == "supported"


def test_a_number_is_passed_by_more_than_hidden_causes_could_add() -> None:
    ledger = pair(0.5).run()
    evidence = ledger["much"].evidence[0]
    assert evidence.grade.strength == "moderate"
    assert evidence.estimate.value - 0.94 < evidence.bound < evidence.estimate.value - 0.5
    assert ledger["much"].decided[0].p_holds < 0.01
    assert ledger["much"].word == "inconclusive"
    assert ledger["some"].word == "supported"


def test_an_answer_without_an_effect_must_be_sound_to_be_compared_with(ledger: ck.Ledger) -> None:
    sides = dict(zip(("a", "b"), ledger["more"].evidence, strict=True))
    assert sides["b"].grade.strength == "none"
    comparison = Rule.parse("a > b").alternatives[0][0]
    assert decide(comparison, sides).enough
    failed = tuple(replace(f, result="fails") if f.id == "functional_form" else f for f in sides["b"].findings)
    assert not decide(comparison, sides | {"b": replace(sides["b"], findings=failed)}).enough


@pytest.mark.parametrize(("changes", "strength"), [(True, "strong"), (False, "moderate")])
def test_a_treatment_that_never_changes_is_a_cross_section_seen_again(changes: bool, strength: str) -> None:
    rng = np.random.default_rng(1)
    units, periods = 120, 8
    shape = (units, periods if changes else 1)
    region = np.broadcast_to(rng.normal(size=shape), (units, periods))
    x = 0.4 * region + np.broadcast_to(rng.normal(size=shape), (units, periods))
    y = x + 0.3 * region + rng.normal(size=(units, periods))
    keys = {"unit": np.repeat(np.arange(units), periods), "period": np.tile(np.arange(periods), units)}
    data = pd.DataFrame(keys | {"region": region.ravel(), "x": x.ravel(), "y": y.ravel()})
    graph = nx.DiGraph([("region", "x"), ("region", "y"), ("x", "y")])
    found = ck.Study(graph, data, unit="unit", period="period").ask("x", "y").grade
    assert found.strength == strength
    assert changes or "changes within no unit" in found.reasons[0]


def test_what_all_units_share_does_not_say_how_large_an_effect_is() -> None:
    """Rents double in ten years everywhere: once years are taken out, the answer and its yardstick are the same."""
    rng = np.random.default_rng(2)
    units, periods = 60, 4
    students, rent = rng.normal(size=(2, units, periods))
    rent += 0.5 * students
    keys = {"unit": np.repeat(np.arange(units), periods), "period": np.tile(np.arange(periods), units)}
    graph = replace(as_graph(nx.DiGraph([("students", "rent")])), period_effects=("students", "rent"))
    found = []
    for inflation in (0.0, 10.0):
        paid = rent + inflation * np.arange(periods)
        data = pd.DataFrame(keys | {"students": students.ravel(), "rent": paid.ravel()})
        found.append(ck.Study(graph, data, unit="unit", period="period").ask("students", "rent"))
    assert found[1].estimate.value == pytest.approx(found[0].estimate.value)
    assert found[1].smallest == pytest.approx(found[0].smallest)
    assert found[1].grade == found[0].grade
