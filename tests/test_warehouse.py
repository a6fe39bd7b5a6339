"""Sums taken by Ibis, on DuckDB and on Spark, give what the same rows give in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from causalkpi.errors import DataError
from causalkpi.estimators.sample import build_sample
from causalkpi.graph import PERIOD_NODE, UNIT_NODE, Node
from causalkpi.large import expressions, open_warehouse, warehouse_clustered, warehouse_sums
from causalkpi.large.spark import products_in
from causalkpi.large.steps import Design
from causalkpi.moments import Slope, gather, groups_of, redrawn, replicated, rows_of, solve
from causalkpi.moments.errors import clustered
from causalkpi.panel import as_panel

ibis = pytest.importorskip("ibis")
pytest.importorskip("pyarrow_hotfix", reason="Ibis lacks what its backends need: ibis-framework[duckdb]")

NOW = [("y", 0), ("x", 0), ("z", 0)]
LAGGED = [("y", 1), ("x", 0), ("z", -1), ("y", -1)]
Store = Callable[[pd.DataFrame], Any]


def rows(units: int, periods: int, *, text: bool, seed: int = 1) -> pd.DataFrame:
    """Units with gaps, missing values, an offset of 1e8, scales of 1e-9 and 1e9; some seen once; rows in no order."""
    rng = np.random.default_rng(seed)
    unit, when = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    lasting = rng.normal(size=units)[unit]
    x = lasting + rng.normal(size=len(unit))
    z = rng.normal(size=len(unit)) + 0.3 * x
    y = 2 * x + z + 3 * lasting + 0.1 * when + rng.normal(size=len(unit))
    table = pd.DataFrame({
        "unit": [f"é{i}'?" for i in unit] if text else unit,
        "period": [f"{2000 + t // 4}Q{t % 4 + 1}" for t in when] if text else 3 + when,
        "x": x + 1e8, "z": z * 1e-9, "y": y * 1e9,
    })  # fmt: skip
    table = table[(rng.random(len(table)) > 0.1) & ((unit % 50 > 0) | (when == 3))]
    table.loc[table.index[rng.random(len(table)) > 0.95], "z"] = np.nan
    return table.sample(frac=1, random_state=1).reset_index(drop=True)


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Spark on this machine, with little memory and two cores."""
    sql = pytest.importorskip("pyspark.sql", reason="no PySpark in this Python: python run.py spark")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java 17 or later")
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    given = {"spark.driver.memory": "700m", "spark.sql.shuffle.partitions": "3", "spark.ui.enabled": "false",
             "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}  # fmt: skip
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in given.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    yield made
    made.stop()


@pytest.fixture(scope="module", params=["duckdb", "pyspark"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A table as a Parquet file of the engine's; what is missing among floats is NaN there, and not null."""
    spark = request.getfixturevalue("session") if request.param == "pyspark" else None  # skips where there is none
    con = ibis.duckdb.connect() if spark is None else ibis.pyspark.connect(spark)
    folder = tmp_path_factory.mktemp(request.param)

    def stored(table: pd.DataFrame) -> Any:
        path = folder / f"{len(list(folder.iterdir()))}.parquet"
        columns = {
            name: pa.array(column.to_numpy(), from_pandas=column.dtype != float) for name, column in table.items()
        }
        pq.write_table(pa.table(columns), path, row_group_size=1000)
        return con.read_parquet(path)

    return stored


@pytest.fixture(scope="module", params=[(300, True), (1500, True), (1500, False)], ids=["named", "text", "numbers"])
def both(request: pytest.FixtureRequest, store: Store) -> tuple[Any, Any]:
    units, text = request.param
    table = rows(units, 8, text=text)
    return as_panel(table, "unit", "period"), open_warehouse(store(table), "unit", "period")


@pytest.mark.parametrize(
    ("nodes", "within", "periods"),
    [(NOW, False, False), (NOW, False, True), (LAGGED, False, False), (NOW, True, True), (LAGGED, True, True)],
    ids=["pooled", "pooled-periods", "lagged", "within-periods", "lagged-within-periods"],
)
def test_the_same_slopes_errors_and_replicates(both, nodes, within, periods):
    panel, table = both
    outcome, treatment, *controls = [Node(*node) for node in nodes]
    fixed = [UNIT_NODE] * within + [PERIOD_NODE] * periods
    sample = build_sample(panel, outcome, [treatment], [*controls, *fixed])
    found = warehouse_sums(table, nodes, within=within, period_effects=periods)
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
    assert (found.moments.rows, found.moments.base) == (memory.rows, memory.base)
    wanted = [slope, Slope(outcome, controls[0], (treatment,))]
    np.testing.assert_allclose(warehouse_clustered(found, wanted), clustered(kept, memory, wanted), rtol=1e-8)
    weights = redrawn(len(memory.units), 20, np.random.default_rng(3))
    np.testing.assert_allclose(replicated(found.moments, weights, wanted), replicated(memory, weights, wanted), 1e-9)


def test_few_units_of_many_are_groups_by_themselves(store):
    table = rows(1500, 3, text=False)
    table.loc[table.unit > 40, "z"] = np.nan
    found = warehouse_sums(open_warehouse(store(table), "unit", "period"), NOW)
    assert found.moments.exact_units and len(found.moments.units) == table[table.z.notna()].unit.nunique() > 30


def test_a_cross_section(store):
    table = rows(1500, 1, text=True).drop(columns="period")
    found = warehouse_sums(open_warehouse(store(table), "unit"), NOW).moments
    whole = table.dropna()
    assert found.rows == int(found.units.sum()) == len(whole)
    design = np.column_stack([np.ones(len(whole)), (whole.x - 1e8), whole.z * 1e9])
    expected = np.linalg.lstsq(design, whole.y.to_numpy(), rcond=None)[0]
    assert solve(found, [Slope(*(Node(k, 0) for k in "yx"), (Node("z", 0),))]).slopes[0] == pytest.approx(expected[1])


def test_all_that_is_wrong_is_said(store):
    table = pd.DataFrame({"unit": ["a", "a", "b"], "period": [1, 1, 2], "x": [1.0, np.inf, 2.0], "name": list("pqr")})
    with pytest.raises(DataError, match="'branch'") as absent:
        open_warehouse(store(table), "branch", "quarter")
    assert len(absent.value.faults) == 2
    with pytest.raises(DataError, match="whose unit and period"):
        open_warehouse(store(table), "unit", "period")
    with pytest.raises(DataError, match="rows without a unit"):
        open_warehouse(store(table.assign(unit=["a", None, "b"])), "unit", "period")
    with pytest.raises(DataError, match="text or whole numbers"):
        open_warehouse(store(table), "x")
    opened = open_warehouse(store(table.assign(period=[1, 2, 2], y=1.0)), "unit", "period")
    assert list(opened.columns) == ["y"]
    with pytest.raises(DataError, match="infinite values") as stopped:
        warehouse_sums(opened, [("x", 0), ("name", 0), ("y", 0)])
    assert [fault.rule for fault in stopped.value.faults] == ["infinite", "unknown-column"]


@pytest.mark.parametrize("engine", ["bigquery", "snowflake", "trino", "postgres"])
def test_other_engines_have_words_for_it(engine, monkeypatch):
    table = open_warehouse(ibis.memtable(rows(60, 4, text=True)), "unit", "period")
    design = Design(tuple(Node(*node) for node in LAGGED), True, True)
    digest = expressions._md5
    monkeypatch.setattr(expressions, "_md5", lambda name, _: digest(name, engine))
    grouped = expressions.with_groups(expressions.sample_of(table, design), False)
    products = expressions.products_of(grouped, expressions.columns_of(table, design))
    sql = str(ibis.to_sql(grouped.group_by("g_").aggregate(**products), dialect=engine)).lower()
    assert "range between 1 following and 1 following" in sql and "md5(" in sql


def test_what_workers_run_does_not_need_the_package():
    """Sent as Spark sends it to a Python that cannot import the package, in batches too small for one product."""
    pickle = pytest.importorskip("pyspark.cloudpickle", reason="no PySpark in this Python: python run.py spark")
    code = (
        "import pickle, sys, numpy as np, pyarrow as pa\n"
        "sys.modules['causalkpi'] = None\n"
        "kernel = pickle.loads(sys.stdin.buffer.read())\n"
        "batch = lambda g, x: pa.RecordBatch.from_arrays([pa.array(g), pa.array(x)], ['g_', 'x'])\n"
        "found, = kernel(iter([batch(['a', 'b'], [1., 2.]), batch(['b'], [3.])]))\n"
        "print({g: np.frombuffer(x).tolist() for g, x in zip(*(c.to_pylist() for c in found.columns))})\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(products_in(2, 2)), env=environment,
                          capture_output=True, check=True)  # fmt: skip
    assert done.stdout.decode().strip() == "{'a': [1.0, 1.0, 1.0], 'b': [2.0, 5.0, 13.0]}"


def test_without_ibis_there_are_words(monkeypatch):
    monkeypatch.setitem(sys.modules, "ibis", None)
    with pytest.raises(DataError, match=r'pip install "causalkpi\[spark\]"'):
        open_warehouse(None, "unit")
