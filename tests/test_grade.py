"""The grade: what the printed rule asks for, one thing at a time, on panels in which that thing alone is amiss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import causalkpi as ck
from causalkpi.diagnostics.functional_form import functional_form
from causalkpi.evidence import Evidence
from causalkpi.finding import Finding
from causalkpi.grade import DECISIVE, FATAL, RULE, Grade, grade
from causalkpi.kpi import Link
from causalkpi.language import Text
from causalkpi.panel import as_panel

LINKS = (Link("c", "x"), Link("c", "y"), Link("x", "y"))
GRAPH = ck.KPIGraph(tuple(map(ck.KPI, "cxy")), LINKS)


def panel(effect: float = 1.0, noise: float = 1.0, units: int = 60, periods: int = 10, small: float = 1.0):
    """Panels of c -> x -> y with c -> y, no shocks that last; c is weak. The column of x shrinks by `small`."""
    keys = pd.MultiIndex.from_product([[f"u{i:03}" for i in range(units)], range(periods)], names=["unit", "period"])
    c, x, e = np.random.default_rng(7).normal(size=(3, units * periods))
    x = x + 0.2 * c
    y = effect * x + 0.2 * c + noise * e
    return pd.DataFrame({"c": c, "x": small * x, "y": y}, index=keys).reset_index()


def ask(data: pd.DataFrame, contrast: float = 1.0, **smallest: float) -> Evidence:
    study = ck.Study(GRAPH, data, unit="unit", period="period", smallest=smallest)
    return study.ask("x", "y", contrast=contrast)


def again(evidence: Evidence, **changed: Any) -> Grade:
    """The grade once more, with something changed."""
    findings = changed.pop("findings", evidence.findings)
    bounds = changed.pop("bounds", (evidence.bound, evidence.strict_bound))
    return grade(replace(evidence.estimate, **changed), findings, bounds, evidence.smallest, compared=evidence.compared)


def failing(name: str) -> tuple[Finding, ...]:
    said = Text("Is it?", "Is het?")
    return (Finding(name, said, said, said, "fails", said),)


SOUND = ask(panel())
ZERO = ask(panel(effect=0.0), y=0.3)


def test_a_sound_answer_is_strong_and_a_sound_zero_negligible() -> None:
    assert SOUND.grade == Grade("strong")
    assert ZERO.grade == Grade("none", negligible=True)


@pytest.mark.parametrize("name", DECISIVE)
def test_a_check_that_fails_costs_a_grade(name: str) -> None:
    assert again(SOUND, findings=failing(name)).strength == ("weak" if name in FATAL else "moderate")


@pytest.mark.parametrize(
    ("changed", "strength"),
    [({"units": 19}, "moderate"), ({"units": 9}, "weak"), ({"periods": 1}, "moderate"), ({"regressions": ()}, "weak"),
     ({"bounds": (2.0, 2.0)}, "weak"), ({"bounds": (0.1, 2.0)}, "moderate"), ({"bounds": (np.nan, np.nan)}, "weak")],
)  # fmt: skip
def test_what_a_grade_asks_for(changed: dict[str, Any], strength: str) -> None:
    found = again(SOUND, **changed)
    assert found.strength == strength
    assert found.reasons and all(reason.render("nl") != reason for reason in found.reasons)


def test_arithmetic_is_no_evidence() -> None:
    """An exact fit has no errors that a hidden cause, a lead or another set could be held against."""
    found = ask(panel(noise=0.0))
    assert found.estimate.value == pytest.approx(1.0)
    assert found.grade.strength == "weak"
    assert "exact function" in found.grade.reasons[0]


def test_a_change_beyond_the_data_is_not_strong() -> None:
    """Here x varies by some hundredths, as shares do, and is asked about for a change of 1."""
    data = panel(small=0.02)
    span = data["x"].max() - data["x"].min()
    assert span < 1
    assert ask(data, contrast=0.5 * span).grade.strength == "strong"
    beyond = ask(data)
    assert beyond.estimate.extrapolated
    assert beyond.grade.strength == "moderate"
    assert "larger than any" in beyond.grade.reasons[0]


def test_units_seen_once_in_several_periods_are_not_seen_repeatedly() -> None:
    data = panel(units=600, periods=1).assign(period=np.arange(600) % 6)
    found = ask(data)
    assert found.estimate.periods == 6
    assert found.grade.strength == "moderate"
    assert "seen once" in found.grade.reasons[0]


@pytest.mark.parametrize("name", FATAL)
def test_no_effect_is_not_demonstrated_by_an_answer_whose_checks_fail(name: str) -> None:
    found = again(ZERO, findings=failing(name))
    assert not found.negligible
    assert found.strength == "none"
    assert len(found.reasons) == 2


@pytest.mark.parametrize("changed", [{"units": 9}, {"regressions": ()}, {"bounds": (0.3, 0.6)}])
def test_no_effect_is_not_demonstrated_by_little(changed: dict[str, Any]) -> None:
    assert not again(ZERO, **changed).negligible


def test_an_interval_that_reaches_beyond_the_smallest_effect_is_not_negligible() -> None:
    """Two one-sided tests (Schuirmann 1987) at 2.5% each are the 95% interval within both limits."""
    low, high = ZERO.estimate.interval
    edge = max(-low, high)
    for smallest, negligible in ((0.99 * edge, False), (1.01 * edge, True)):
        found = grade(ZERO.estimate, ZERO.findings, (0.0, 0.0), smallest)
        assert found.negligible == negligible


def test_the_rule_is_told_in_two_languages() -> None:
    for text in RULE:
        assert text.render("nl") != text.render("en")
        assert "{" not in text and "{" not in text.render("nl")


# Of an identity's parts the worst is told


def test_a_check_that_only_some_parts_allow_says_so() -> None:
    """The lead test says nothing about `customers`, which move the treatment by the graph."""
    kpis = (*map(ck.KPI, ("x", "customers", "spend")), ck.KPI("revenue", formula=ck.Formula.parse("customers * spend")))
    links = (Link("x", "customers"), Link("x", "spend"), Link("customers", "x", lag=1), Link("x", "x", lag=1))
    rng = np.random.default_rng(3)
    x = rng.normal(size=(80, 10))
    columns = {"x": x, "customers": 10 + 0.5 * x + rng.normal(size=x.shape), "spend": 5 + x + rng.normal(size=x.shape)}
    keys = {"unit": np.repeat(np.arange(80), 10), "period": np.tile(np.arange(10), 80)}
    data = pd.DataFrame(keys | {name: values.ravel() for name, values in columns.items()})
    found = ck.Study(ck.KPIGraph(kpis, links), data, unit="unit", period="period").ask("x", "revenue")
    told = {finding.id: finding for finding in found.findings}
    assert len(found.estimate.regressions) == 2
    assert told["lead"].result != "not_applicable"
    assert "In 1 of them this could not be tested." in told["lead"].seen
    assert "In 1 daarvan" in told["lead"].seen.render("nl")
    assert "could not be tested" not in told["functional_form"].seen
    panel = as_panel(data, unit="unit", period="period")
    p_values = [functional_form(part, panel, rng).p_value for part in found.estimate.regressions]
    assert told["functional_form"].p_value == min(p_values)


# Shocks that units share and the graph does not name


def test_an_interval_that_placebos_show_to_be_too_narrow_bears_no_grade() -> None:
    """No effect, but x and y each follow an economy of their own: clusters by unit take 60 x 12 rows for evidence."""
    rng = np.random.default_rng(2)
    c, x, e = rng.normal(size=(3, 60, 12))
    fx, fy = rng.normal(size=(2, 12))
    fy += 0.8 * fx  # by chance, in so few periods
    keys = {"unit": np.repeat(np.arange(60), 12), "period": np.tile(np.arange(12), 60)}
    columns = {"c": c, "x": 0.3 * c + x + fx, "y": 0.3 * c + e + fy}
    data = pd.DataFrame(keys | {name: values.ravel() for name, values in columns.items()})
    found = ask(data)
    assert next(f.result for f in found.findings if f.id == "placebo") == "fails"
    assert found.grade.strength == "weak"
    named = ck.KPIGraph(GRAPH.kpis, LINKS, period_effects=("x", "y"))
    mended = ck.Study(named, data, unit="unit", period="period").ask("x", "y")
    assert next(f.result for f in mended.findings if f.id == "placebo") == "holds"
    assert mended.grade.strength == "none"
