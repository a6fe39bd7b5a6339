"""A table that stays where it is gives what the same rows give in memory."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import causalkpi as ck
from causalkpi.errors import DataError
from causalkpi.estimators import Estimate, estimate
from causalkpi.estimators.sample import build_sample
from causalkpi.graph import PERIOD_NODE, UNIT_NODE, Node
from causalkpi.identification import identify
from causalkpi.language import Text
from causalkpi.large import LargeTable, clustered, open_table, sums
from causalkpi.large import passes as pass_module
from causalkpi.large.answering import answer_from_sums
from causalkpi.large.asked import ask_table
from causalkpi.large.findings import findings_from_sums, replicates, sensitivity_from_sums
from causalkpi.large.sampled import sample_panel
from causalkpi.moments import Slope, gather, groups_of, redrawn, replicated, rows_of, solve
from causalkpi.moments.errors import clustered as clustered_in_memory
from causalkpi.panel import Panel, as_panel
from causalkpi.question import Estimand, Question, Unanswered
from causalkpi.refuters.cluster_bootstrap import bootstrap_slopes
from causalkpi.sensitivity import sensitivity
from causalkpi.studyfile import load, read_study

pytest.importorskip("duckdb")

NOW = [("y", 0), ("x", 0), ("z", 0)]
LAGGED = [("y", 1), ("x", 0), ("z", -1), ("y", -1)]


def rows(units: int, periods: int, *, text: bool = True, seed: int = 1) -> pd.DataFrame:
    """Units with gaps, missing values, an offset of 1e8, scales of 1e-9 and 1e9; some seen once; rows in no order."""
    rng = np.random.default_rng(seed)
    unit, when = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    lasting = rng.normal(size=units)[unit]
    x = lasting + rng.normal(size=len(unit))
    z = rng.normal(size=len(unit)) + 0.3 * x
    y = 2 * x + z + 3 * lasting + 0.1 * when + rng.normal(size=len(unit))
    table = pd.DataFrame({
        "unit": [f"é{i}'?" for i in unit] if text else unit,
        "period": [f"{2000 + t // 4}Q{t % 4 + 1}" for t in when],
        "x": x + 1e8, "z": z * 1e-9, "y": y * 1e9,
    })  # fmt: skip
    table = table[(rng.random(len(table)) > 0.1) & ((unit % 50 > 0) | (when == 3))]
    table.loc[table.index[rng.random(len(table)) > 0.95], "z"] = np.nan
    return table.sample(frac=1, random_state=1).reset_index(drop=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def stored(folder: Path, table: pd.DataFrame, name: str = "table", **given: object) -> LargeTable:
    path = folder / f"{name}.parquet"
    table.to_parquet(path)
    return open_table(path, "unit", "period" if "period" in table else None, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=[(300, True), (1500, True), (1500, False)], ids=["named", "text", "numbers"])
def both(request: pytest.FixtureRequest, folder: Path) -> tuple[Panel, LargeTable]:
    units, text = request.param
    table = rows(units, 8, text=text)
    return as_panel(table, "unit", "period"), stored(folder, table, f"both-{units}-{text}")


@pytest.mark.parametrize("nodes", [NOW, LAGGED], ids=["now", "lagged"])
@pytest.mark.parametrize("within", [False, True], ids=["pooled", "within"])
@pytest.mark.parametrize("periods", [False, True], ids=["", "periods"])
def test_the_same_slopes_errors_and_replicates(both, nodes, within, periods, monkeypatch):
    monkeypatch.setattr(pass_module, "_CELLS", 20_000)  # several chunks
    monkeypatch.setattr(pass_module, "_STREAMED", 1_000)
    panel, table = both
    outcome, treatment, *controls = [Node(*node) for node in nodes]
    fixed = [UNIT_NODE] * within + [PERIOD_NODE] * periods
    sample = build_sample(panel, outcome, [treatment], [*controls, *fixed])
    found = sums(table, nodes, within=within, period_effects=periods)
    slope = Slope(outcome, treatment, tuple(controls))
    q, r = np.linalg.qr(sample.design / np.linalg.norm(sample.design, axis=0))
    expected = np.linalg.solve(r, q.T @ sample.outcome)[1] / np.linalg.norm(sample.design[:, 1])
    assert solve(found.moments, [slope]).slopes[0] == pytest.approx(expected, rel=1e-10)

    period = pd.factorize(panel.frame.index.get_level_values(1)[sample.used], sort=True)[0]
    values = panel.values([outcome, treatment, *controls])[sample.used]
    kept = rows_of(values, sample.unit, [outcome, treatment, *controls], group=groups_of(sample.units),
                   period=period if periods else None, within=within)  # fmt: skip
    memory = gather(kept)
    assert found.moments.units.tolist() == memory.units.tolist()
    wanted = [slope, Slope(outcome, controls[0], (treatment,))]
    np.testing.assert_allclose(clustered(found, wanted), clustered_in_memory(kept, memory, wanted), rtol=1e-8)
    weights = redrawn(len(memory.units), 20, np.random.default_rng(3))
    np.testing.assert_allclose(replicated(found.moments, weights, wanted), replicated(memory, weights, wanted), 1e-9)


WORLD = ck.load_world("waterland")


@pytest.fixture(scope="module", params=[(60, 24), (30, 24)], ids=["many", "few"])
def bank(request: pytest.FixtureRequest, folder: Path) -> tuple[Panel, LargeTable]:
    units, periods = request.param
    table = WORLD.sample(units, periods, rng=3)
    table = table[np.random.default_rng(1).random(len(table)) > 0.03]
    return as_panel(table, "unit", "period"), stored(folder, table, f"bank-{units}")


def identified(graph: ck.KPIGraph, question: Question, span: int = 24) -> Estimand:
    found = identify(graph, question, repeated=True, several=True, span=span)
    assert isinstance(found, Estimand)
    return found


@pytest.mark.parametrize("effects", [(), (UNIT_NODE,)], ids=["pooled", "within"])
def test_the_same_estimate_word_for_word(bank, effects):
    panel, table = bank
    estimand = identified(WORLD.graph, Question("revenue_steering", "customer_satisfaction", 1, 2.0))
    assert estimand.strict and estimand.period_effects and estimand.controls
    estimand = replace(estimand, adjustment=(*estimand.adjustment, *effects))
    expected = estimate(panel, estimand)
    found, behind = answer_from_sums(table, estimand)
    assert isinstance(expected, Estimate)
    for name in ("value", "std_error", "df", "dowhy", "minimum_detectable", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-7), name
    assert found.interval == pytest.approx(expected.interval, rel=1e-8)
    for name in ("convention", "rows", "rows_used", "lost", "units", "periods", "population", "warnings", "status"):
        assert getattr(found, name) == getattr(expected, name), name
    assert [b.name for b in found.beside] == [b.name for b in expected.beside]
    assert [b.value for b in found.beside] == pytest.approx([b.value for b in expected.beside], rel=1e-9)
    assert [b.std_error for b in found.beside] == pytest.approx([b.std_error for b in expected.beside], rel=1e-8)

    draws = redrawn(len(behind.summed.moments.units), 400, np.random.default_rng(5))
    in_memory = bootstrap_slopes(expected.regressions[0], np.random.default_rng(5))
    np.testing.assert_allclose(replicates(behind, draws), in_memory, rtol=1e-8)
    ours = sensitivity_from_sums(behind, 2.0, 0.95)
    theirs = sensitivity(expected.regressions[0], 2.0, 0.95)
    assert ours.robustness_value == pytest.approx(theirs.robustness_value, rel=1e-8)
    assert ours.bound == pytest.approx(theirs.bound, rel=1e-6)
    assert [b.kpis for b in ours.benchmarks] == [b.kpis for b in theirs.benchmarks]


def test_the_same_correction_for_short_panels(bank):
    panel, table = bank
    estimand = identified(ck.load_graph("customer_centred"), Question("customer_satisfaction", "customer_loyalty", 1))
    assert estimand.unit_effects and not estimand.strict
    expected = estimate(panel, estimand)
    found, behind = answer_from_sums(table, estimand)
    assert isinstance(expected, Estimate) and behind.corrected
    assert found.value == pytest.approx(expected.value, rel=1e-10)
    assert found.rows_used == expected.rows_used and found.lost == expected.lost
    # to first order in each unit's leverage, which shrinks with the number of units
    assert found.std_error == pytest.approx(expected.std_error, rel=2.5 / found.units)
    draws = redrawn(len(behind.summed.moments.units), 400, np.random.default_rng(5))
    np.testing.assert_allclose(
        replicates(behind, draws), bootstrap_slopes(expected.regressions[0], np.random.default_rng(5)), rtol=1e-7
    )
    results = {finding.id: finding.result for finding in findings_from_sums(behind, 1.0, np.random.default_rng(1))}
    assert results == {"random_common_cause": "holds", "cluster_bootstrap": "holds", "subset": "holds"}


@pytest.mark.parametrize(
    ("treatment", "horizon", "periods"),
    [("customer_satisfaction", 9, 24), ("customer_satisfaction", 1, 9), ("same", 1, 24), ("still", 1, 24)],
)
def test_the_same_refusals(folder, treatment, horizon, periods):
    table = WORLD.sample(40, periods, rng=3)[["unit", "period", "customer_satisfaction", "customer_loyalty"]]
    table["same"] = table.groupby("period").customer_satisfaction.transform("mean")
    table["still"] = 3.0
    graph = ck.KPIGraph(
        tuple(ck.KPI(k) for k in ("customer_satisfaction", "customer_loyalty", "same", "still")),
        tuple(
            ck.Link(a, "customer_loyalty", "+", lag) if a != "customer_loyalty" else ck.Link(a, a, "+", 1)
            for a, lag in (("customer_satisfaction", 1), ("same", 1), ("still", 1), ("customer_loyalty", 1))
        ),
        unit_effects=("customer_satisfaction", "customer_loyalty"),
    )
    estimand = identified(graph, Question(treatment, "customer_loyalty", horizon), periods)
    expected = estimate(as_panel(table, "unit", "period"), estimand)
    found, behind = ask_table(stored(folder, table, "refused"), estimand)
    assert isinstance(expected, Unanswered) and isinstance(found, Unanswered) and behind is None
    assert (found.status, found.reason, found.remedy) == (expected.status, expected.reason, expected.remedy)
    assert Text("{said}", "{said}", said=found.reason).render("nl")


def test_a_cross_section_has_robust_errors(folder):
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"unit": np.arange(3000), "market": rng.normal(size=3000)})
    table["loyalty"] = table.market + rng.normal(size=3000)
    table["spend"] = 2 * table.loyalty + table.market + rng.normal(size=3000) * np.abs(table.market)
    graph = ck.from_networkx(nx.DiGraph([("market", "loyalty"), ("market", "spend"), ("loyalty", "spend")]))
    estimand = identify(graph, Question("loyalty", "spend"))
    assert isinstance(estimand, Estimand)
    expected = estimate(as_panel(table, "unit"), estimand)
    found, _ = answer_from_sums(stored(folder, table), estimand)
    assert isinstance(expected, Estimate)
    assert (found.value, found.std_error) == pytest.approx((expected.value, expected.std_error), rel=1e-8)
    assert (found.df, found.convention, found.population) == (expected.df, expected.convention, expected.population)


def test_other_routes_say_why_not(bank):
    _, table = bank
    estimand = identified(ck.load_graph("customer_centred"), Question("customer_loyalty", "revenue", 2))
    found, _ = ask_table(table, estimand)
    assert isinstance(found, Unanswered) and "arithmetic" in found.reason


def test_interrupted_and_taken_up(folder, monkeypatch):
    monkeypatch.setattr(pass_module, "_CELLS", 10_000)
    table = stored(folder, rows(1200, 8), "interrupted")
    told: list[float] = []

    def stop(share: float, seconds: float) -> None:
        told.append(share)
        assert seconds >= 0
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sums(table, LAGGED, within=True, period_effects=True, folder=folder / "kept", progress=stop)
    again: list[float] = []
    reopened = open_table(table.origin.paths[0], "unit", "period")
    found = sums(reopened, LAGGED, within=True, period_effects=True, folder=folder / "kept",
                 progress=lambda share, _: again.append(share))  # fmt: skip
    assert again[0] > told[-1] and again[-1] == 1.0
    at_once = sums(table, LAGGED, within=True, period_effects=True).moments
    size = np.sqrt(np.diag(at_once.total))
    scale = np.outer(size, size)
    np.testing.assert_allclose(found.moments.products / scale, at_once.products / scale, atol=1e-14)
    none: list[float] = []
    sums(table, LAGGED, within=True, period_effects=True, folder=folder / "kept", progress=lambda *_: none.append(1))
    assert not none  # all of it was kept
    sums(table, NOW, folder=folder / "kept", progress=lambda *_: none.append(1))
    assert none  # but not for other sums


def test_nan_is_missing_whatever_the_file_says_of_its_extremes(folder):
    table = rows(300, 8)
    nan = {name: pa.array(column.to_numpy(), from_pandas=column.dtype != float) for name, column in table.items()}
    path = folder / "nan.parquet"
    pq.write_table(pa.table(nan), path)
    found = sums(open_table(path, "unit", "period"), NOW).moments
    assert found.rows == table.z.notna().sum() < len(table)


def test_a_table_that_changed_is_refused(folder):
    first = rows(300, 8)
    table = stored(folder, first, "changed")
    os.utime(table.origin.paths[0], ns=(1, 1))
    with pytest.raises(DataError, match="changed since it was opened"):
        sums(table, NOW)


def test_a_table_that_changes_under_the_pass_is_refused(folder, monkeypatch):
    monkeypatch.setattr(pass_module, "_STREAMED", 500)
    table = stored(folder, rows(300, 8), "under")
    other = rows(300, 8, seed=2)

    def change(share: float, seconds: float) -> None:
        other.to_parquet(table.origin.paths[0])

    with pytest.raises(DataError, match=r"changed|no longer be read|other rows"):
        sums(table, NOW, progress=change)


def test_a_connection_and_a_database(folder):
    import duckdb

    given = rows(300, 8)
    expected = sums(stored(folder, given, "plain"), LAGGED, within=True).moments.products
    path = folder / "base.duckdb"
    with duckdb.connect(str(path)) as con:
        con.register("given", given)
        con.execute('CREATE TABLE "odd ""name" AS SELECT * FROM given')
        table = open_table(con, "unit", "period", table='odd "name')
        np.testing.assert_allclose(sums(table, LAGGED, within=True).moments.products, expected, rtol=1e-8)
        con.execute('UPDATE "odd ""name" SET x = x + 1 WHERE period = \'2000Q1\'')
        with pytest.raises(DataError, match="changed"):
            sums(table, NOW)
    kept = open_table(path, "unit", "period", table='odd "name')
    assert sums(kept, NOW).moments.rows == given.z.notna().sum()


def test_several_files_are_one_table(folder):
    given = rows(1200, 8)
    (folder / "parts").mkdir()
    for i, part in enumerate(np.array_split(np.arange(len(given)), 3)):
        given.iloc[part].to_parquet(folder / "parts" / f"{i}.parquet")
    table = open_table(folder / "parts" / "*.parquet", "unit", "period")
    expected = sums(stored(folder, given, "whole"), NOW).moments.products
    np.testing.assert_allclose(sums(table, NOW).moments.products, expected, rtol=1e-8, atol=1e-6)


def faulty(folder: Path, table: pd.DataFrame, **given: str) -> str:
    table.to_parquet(folder / "faulty.parquet")
    with pytest.raises(DataError) as refused:
        open_table(folder / "faulty.parquet", **({"unit": "unit", "period": "period"} | given))  # type: ignore[arg-type]
    return str(refused.value)


def test_what_is_wrong_is_said_at_once(folder):
    good = pd.DataFrame({"unit": ["a", "a", "b"], "period": [1, 2, 1], "x": [1.0, 2.0, 3.0]})
    twice = faulty(folder, good.assign(period=[1, 1, 1]))
    assert "unit and period stood in another row" in twice and "; a)" in twice.replace("(a)", "; a)")
    said = faulty(folder, good, unit="unitt", period="perod")
    assert "'unitt'" in said and "'perod'" in said and "Did you mean 'unit'?" in said
    said = faulty(folder, good.assign(unit=["a", None, " b"], period=["2024Q1", None, "x"]))
    assert "without a unit" in said and "without a period" in said and "blanks" in said and "no period" in said
    assert "DOUBLE" in faulty(folder, good.assign(unit=[0.5, 0.5, 1.0]))
    assert "no column of numbers" in faulty(folder, good.assign(x=["1", "2", "3"]))
    assert "no rows" in faulty(folder, good.iloc[:0])


def test_truncated_and_absent_files(folder):
    stored(folder, rows(50, 8), "cut")
    whole = (folder / "cut.parquet").read_bytes()
    (folder / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        open_table(folder / "cut.parquet", "unit", "period")
    with pytest.raises(DataError, match="no such file"):
        open_table(folder / "absent.parquet", "unit", "period")


def test_without_duckdb_the_extra_is_named(folder, monkeypatch):
    table = stored(folder, rows(50, 8), "extra")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(DataError, match=r"causalkpi\[large\]"):
        open_table(table.origin.paths[0], "unit", "period")


def test_infinite_values_and_texts_stop_their_own_kpi(folder):
    given = rows(60, 8).assign(word="w", odd=1.0)
    given.loc[given.index[3], "odd"] = np.inf
    table = stored(folder, given, "infinite")
    assert set(table.columns) == {"x", "y", "z"}
    assert {fault.columns for fault in table.faults} == {("word",), ("odd",)}
    study = ck.Study(nx.DiGraph([("odd", "y"), ("x", "y")]), table)
    refused = study.answer(Question("odd", "y"))
    assert isinstance(refused, Unanswered) and "infinite" in refused.reason


@pytest.mark.parametrize("kind", ["date", "stamp", "number"])
def test_periods_are_read_as_in_memory(folder, kind):
    start = pd.date_range("2020-01-01", periods=8, freq="QS")
    shown = {"date": list(start.date), "stamp": list(start), "number": list(range(2001, 2009))}[kind]
    given = pd.DataFrame({"unit": np.repeat(np.arange(20), 8), "period": shown * 20, "x": np.arange(160.0)})
    panel, table = as_panel(given, "unit", "period"), stored(folder, given, kind)
    assert (table.ordinals, table.frequency) == (panel.ordinals, panel.frequency)
    assert sums(table, [("x", 0), ("x", -1)]).moments.rows == 140


def test_a_sample_of_whole_units(folder):
    given = rows(2000, 8)
    table = stored(folder, given, "sampled")
    panel = sample_panel(table, 3000)
    assert 2000 < len(panel.frame) < 4000
    assert panel.frame.equals(as_panel(given, "unit", "period").frame.loc[list(panel.units)])
    assert any(fault.rule == "sample" and f"{panel.n_units:,} units" in str(fault) for fault in panel.faults)


def test_a_study_file_says_that_its_data_stay(folder):
    given = WORLD.sample(60, 24, rng=3)
    given.to_parquet(folder / "branches.parquet")
    text = """
format: 1
title: What satisfaction does
graph: customer_centred
large: true
data: [{path: branches.parquet, unit: unit, period: period}]
questions: [{treatment: customer_satisfaction, outcome: customer_loyalty, horizon: 1}]
claims: false
"""
    (folder / "study.yaml").write_text(text)
    file = read_study(folder / "study.yaml")
    study = load(file)
    ledger = study.run(file.questions, claims=False)
    [asked] = ledger.answers
    assert isinstance(asked.answer, Estimate) and "DuckDB" in str(asked.answer.estimator)
    expected = ck.Study(study.graph, given, unit="unit", period="period").answer(file.questions[0])
    assert isinstance(expected, Estimate)
    assert asked.answer.value == pytest.approx(expected.value, rel=1e-10)
    assert asked.evidence.grade.word in ("moderate", "strong") and len(asked.evidence.findings) > 10
    assert list((folder / "study.sums").glob("*.npz"))
    (folder / "study.yaml").write_text(text.replace("period: period}", "how: sum, decimal: ','}"))
    with pytest.raises(ck.StudyError, match="read in another way"):
        read_study(folder / "study.yaml")


@pytest.mark.slow
def test_ten_million_rows_under_a_gigabyte(tmp_path):
    import json
    import subprocess

    script = Path(__file__).parent / "benchmarks" / "bench_large.py"
    ways = ["plain", "ours", "ours_lags_unit_effects"]
    done = subprocess.run([sys.executable, str(script), "--rows", "10000000", "--only", *ways],
                          check=True, capture_output=True, text=True)  # fmt: skip
    result = json.loads(done.stdout[done.stdout.index("{\n") :])
    assert max(way["peak_gb"] for way in result["best"].values()) < 1
    assert result["ours_to_plain"] < 1.3
