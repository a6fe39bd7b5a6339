"""The gate finds each fault where it is, stays silent where there is none, and tells all at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from causalkpi.errors import Fault
from causalkpi.files import Source
from causalkpi.gate import blocked, check, complete
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Formula
from causalkpi.panel import Panel, as_panel
from causalkpi.reading import read_panel
from causalkpi.suspicions import suspect

IDENTITY = Formula.parse("customers * spend")


def graph_of(*kpis: KPI) -> KPIGraph:
    return KPIGraph(kpis)


def test_very_large_numbers_are_weighed_without_a_warning():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(200, 2)), columns=["a", "b"])
    frame["c"] = frame.a + frame.b
    with np.errstate(all="raise"):
        small, large = (suspect(as_panel(frame * size), graph_of(KPI("a"), KPI("b"))) for size in (1, 1e200))
    assert [fault.where for fault in small] == [fault.where for fault in large] != []


@pytest.fixture
def table() -> pd.DataFrame:
    """Three branches over five quarters, without a fault."""
    rng = np.random.default_rng(1)
    rows = [(unit, f"2024Q{q}" if q < 5 else "2025Q1") for unit in ("NA", "B1", "B2") for q in range(1, 6)]
    table = pd.DataFrame(rows, columns=["branch", "quarter"])
    table["customers"] = rng.integers(100, 200, len(table)).astype(float)
    table["spend"] = rng.uniform(10, 20, len(table))
    table["revenue"] = table["customers"] * table["spend"]
    table["rate"] = table["quarter"].map({"2024Q1": 1.0, "2024Q2": 2.0, "2024Q3": 3.0, "2024Q4": 4.0, "2025Q1": 5.0})
    return table


GRAPH = graph_of(
    KPI("customers", minimum=0),
    KPI("spend"),
    KPI("revenue", formula=IDENTITY),
    KPI("rate", level="organisation"),
)


def panel_of(table: pd.DataFrame) -> Panel:
    return as_panel(table, unit="branch", period="quarter")


def found(table: pd.DataFrame, graph: KPIGraph = GRAPH) -> dict[str, Fault]:
    """The gate's faults by rule."""
    return {fault.rule: fault for fault in check(panel_of(table), graph)}


def test_sound_data_have_no_fault(table):
    assert found(table) == {}


def test_all_faults_come_at_once_and_what_stops_comes_first(table):
    table["spend"] = 12.0
    table.loc[3, "customers"] = -5
    table["extra"] = table["customers"].sample(frac=1, random_state=1).to_numpy()
    faults = check(panel_of(table), GRAPH)
    assert {fault.rule for fault in faults} == {"constant", "scale", "identity", "spare-column"}
    order = [("stops", "warns", "notes").index(fault.severity) for fault in faults]
    assert order == sorted(order)


def test_a_kpi_without_a_column_is_noted_with_its_near_name(table):
    fault = found(table.rename(columns={"customers": "custmers"}))["missing-column"]
    assert (fault.where, fault.severity) == ("customers", "notes")
    assert "'custmers'" in fault.remedy
    spare = found(table.rename(columns={"customers": "custmers"}))["spare-column"]
    assert "custmers" in spare.found and spare.severity == "notes"


def test_a_hidden_kpi_needs_no_column(table):
    assert found(table.drop(columns="rate"), GRAPH.hide("rate")) == {}


def test_an_all_missing_kpi_is_stopped(table):
    fault = found(table.assign(spend=np.nan))["all-missing"]
    assert (fault.columns, fault.severity) == (("spend",), "stops")


def test_a_constant_kpi_is_stopped(table):
    fault = found(table.assign(spend=12.5))["constant"]
    assert (fault.columns, fault.severity) == (("spend",), "stops") and "12.5" in fault.found


def test_impossible_values_are_counted_and_placed(table):
    table.loc[[0, 6], "customers"] = [-1, -2.5]
    fault = found(table)["scale"]
    assert (fault.columns, fault.severity, fault.count) == (("customers",), "stops", 2)
    assert fault.examples == ("B1 2024Q2: -2.5", "NA 2024Q1: -1")


def test_the_ends_of_a_scale_are_possible():
    graph = graph_of(KPI("churn", minimum=0, maximum=1))
    data = pd.DataFrame({"branch": list("abc"), "quarter": "2024Q1", "churn": [0.0, 0.5, 1.0]})
    assert "scale" not in found(data, graph)


@pytest.mark.parametrize(("rows", "severity"), [([0], "notes"), ([0, 1, 6, 12], "warns")])
def test_missing_values_are_noted_and_many_warn(table, rows, severity):
    table.loc[rows, "rate"] = np.nan
    fault = found(table)["missing"]
    assert (fault.count, fault.severity, fault.columns) == (len(rows), severity, ("rate",))


def test_missing_waves_are_listed(table):
    table.loc[table["quarter"].isin(["2024Q2", "2024Q4"]), "spend"] = np.nan
    fault = found(table)["missing-wave"]
    assert "2024Q2, 2024Q4" in fault.found and (fault.count, fault.severity) == (2, "warns")


def test_gaps_and_single_periods_are_noted(table):
    faults = found(table.drop(index=[1, 2]).iloc[:9])
    assert (faults["gaps"].count, faults["gaps"].examples, faults["gaps"].severity) == (2, ("NA",), "notes")
    assert (faults["single"].count, faults["single"].examples) == (1, ("B2",))


def test_an_organisation_kpi_that_differs_between_units_is_stopped(table):
    table.loc[2, "rate"] = 99
    fault = found(table)["level"]
    assert (fault.columns, fault.severity, fault.examples) == (("rate",), "stops", ("2024Q3",))


def test_a_unit_kpi_that_never_differs_between_units_warns(table):
    graph = graph_of(KPI("customers"), KPI("spend"), KPI("revenue", formula=IDENTITY), KPI("rate"))
    fault = found(table, graph)["level"]
    assert (fault.columns, fault.severity) == (("rate",), "warns")


def test_an_identity_that_does_not_add_up_warns_with_both_figures(table):
    table.loc[0, ["customers", "spend", "revenue"]] = [100, 10, 1100]
    fault = found(table)["identity"]
    assert (fault.count, fault.severity) == (1, "warns")
    assert fault.examples == ("NA 2024Q1: 1100, computed 1000",)


def test_an_identity_looks_back_within_its_unit_only(table):
    formula = Formula.parse("spend[-1] + customers")
    table = table.sort_values(["branch", "quarter"])
    table["stock"] = table.groupby("branch")["spend"].shift(1) + table["customers"]
    graph = graph_of(KPI("customers"), KPI("spend"), KPI("stock", formula=formula), KPI("revenue"))
    assert "identity" not in found(table, graph)
    first = table["quarter"].eq("2024Q1")
    assert "identity" not in found(table.assign(stock=table["stock"].where(~first, 7.0)), graph)


def test_few_respondents_are_noted_and_few_months_are_not():
    answers = pd.DataFrame({"branch": list("aaaaaabb"), "loyalty": range(8), "quarter": "2024Q1"})
    panel = read_panel(answers, "branch", "quarter", how="mean")
    (fault,) = [f for f in check(panel, graph_of(KPI("loyalty"))) if f.rule == "few-respondents"]
    assert (fault.count, fault.examples, fault.severity) == (1, ("b 2024Q1: 2",), "notes")
    months = pd.DataFrame({"branch": "a", "month": [f"2024-{m:02d}" for m in range(1, 7)], "loyalty": range(6)})
    panel = read_panel(months, "branch", "month", how="mean", frequency="quarter")
    assert "few-respondents" not in {fault.rule for fault in check(panel, graph_of(KPI("loyalty")))}


def test_what_reading_found_is_told_for_the_kpis_of_the_graph(table):
    table = table.assign(spend="n.v.t.", remark="text")
    faults = check(panel_of(table), GRAPH)
    assert ("spend",) in [fault.columns for fault in faults if fault.severity == "stops"]
    assert ("remark",) not in [fault.columns for fault in faults]


def test_three_rows_of_one_period_pass():
    data = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [2.0, 1.0, 3.0]})
    assert check(as_panel(data), graph_of(KPI("x"), KPI("y"))) == ()


# What no question may use


def test_every_stopped_kpi_has_its_reason(table):
    table = table.assign(spend="12,5", rate=3.0, note="x")
    panel = panel_of(table)
    reasons = blocked(panel, GRAPH, check(panel, GRAPH))
    assert set(reasons) == {"spend", "rate"}
    assert "text" in reasons["spend"] and "3 in every row" in reasons["rate"]
    assert blocked(panel_of(table.assign(spend=range(15), rate=range(15))), GRAPH, ()) == {}


# Identities completed


def test_identities_are_computed_where_they_can_be(table):
    graph = graph_of(
        KPI("customers"), KPI("spend"), KPI("cost"),
        KPI("result", formula=Formula.parse("revenue - cost")),  # needs revenue, which comes after it
        KPI("revenue", formula=IDENTITY),
        KPI("growth", formula=Formula.parse("customers - customers[-1]")),
        KPI("margin", formula=Formula.parse("result * unknown")), KPI("unknown"),
    )  # fmt: skip
    table = table.drop(columns=["revenue", "rate"]).assign(cost=range(15))
    panel = panel_of(table)
    before = panel.frame.copy(deep=True)
    full = complete(panel, graph)
    assert full.kpis == ("cost", "customers", "growth", "result", "revenue", "spend")
    expected = full.frame["customers"] * full.frame["spend"] - full.frame["cost"]
    np.testing.assert_allclose(full.frame["result"], expected, rtol=1e-15)
    np.testing.assert_array_equal(full.frame["growth"], full.frame["customers"] - full.shift("customers", -1))
    assert [(f.where, f.severity) for f in full.faults] == [(k, "notes") for k in ("revenue", "growth", "result")]
    pd.testing.assert_frame_equal(panel.frame, before)
    assert not {"identity"} & {fault.rule for fault in check(full, graph)}


def test_a_column_is_never_overwritten_by_its_formula(table):
    panel = panel_of(table.assign(revenue=range(15)))
    assert complete(panel, GRAPH) is panel
    unreadable = panel_of(table.assign(revenue="x"))
    assert complete(unreadable, GRAPH).kpis == unreadable.kpis


def test_a_survey_and_finance_pass_the_gate_together(table):
    survey = pd.DataFrame({"unit": ["B1"] * 6 + ["B2"] * 6, "wave": "2024Q1", "loyalty": range(12)})
    panel = read_panel([Source(table, "branch", "quarter"), Source(survey, "unit", "wave", how="mean")])
    rules = {fault.rule for fault in check(panel, KPIGraph((*GRAPH.kpis, KPI("loyalty"))))}
    assert rules == {"missing", "missing-wave", "unmatched"}  # branch NA has no survey
