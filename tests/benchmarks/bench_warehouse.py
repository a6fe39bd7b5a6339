"""Sums of products where the rows are: Ibis against SQL written by hand, and numpy on Spark against Spark's own SQL.

Run it as ``python tests/benchmarks/bench_warehouse.py --write`` where PySpark and Java are. The table (20 KPIs of
random float64, 10 periods a unit) is written by DuckDB to a temporary folder and deleted afterwards. All ways take
turns in one process, and the best of a few rounds counts: on a shared machine the ratios say more than the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import numpy as np

from causalkpi.graph import Node
from causalkpi.large import elsewhere, open_table, open_warehouse, sums, warehouse_sums
from causalkpi.large.expressions import columns_of, sample_of, with_groups
from causalkpi.large.steps import Design
from causalkpi.large.tables import group_sql

KPIS, PERIODS = 20, 10
NOW = [(f"k{j}", 0) for j in range(KPIS)]
LAGGED = [*NOW[: KPIS // 2], *((kpi, -1) for kpi, _ in NOW[: KPIS // 2])]
RESULTS = Path(__file__).parent / "results" / "warehouse.json"


def write_table(path: Path, rows: int) -> None:
    import duckdb

    columns = ", ".join(f"random() + (i // {PERIODS} % 97) / 97 AS k{j}" for j in range(KPIS))
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT i // {PERIODS} AS unit, i % {PERIODS} AS period, {columns} FROM range({rows}) r(i)) "
            f"TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 100000)"
        )


def by_hand(path: Path) -> None:
    """The sums of the columns as they are, with the same groups, in DuckDB's SQL."""
    import duckdb

    products = ", ".join(f"sum(c{i} * c{j})" for i in range(KPIS) for j in range(i + 1))
    added = ", ".join(f"sum(c{i})" for i in range(KPIS))
    centred = ", ".join(f"k{i} - 1 AS c{i}" for i in range(KPIS))
    with duckdb.connect() as con:
        con.execute(
            f"SELECT g, count(*), count(DISTINCT unit), {added}, {products} FROM "
            f"(SELECT unit, {group_sql('unit')} AS g, {centred} FROM read_parquet('{path}')) GROUP BY g"
        ).fetchnumpy()


def session() -> Any:
    """Spark on this machine: two cores, a gigabyte."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    given = {"spark.driver.memory": "1g", "spark.sql.shuffle.partitions": "4", "spark.ui.enabled": "false",
             "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}  # fmt: skip
    builder = SparkSession.builder.master("local[2]")
    for name, value in given.items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made


def ways_of(path: Path) -> dict[str, Callable[[], object]]:
    spark = ibis.pyspark.connect(session())
    here = open_warehouse(ibis.duckdb.connect().read_parquet(path), "unit", "period")
    there = open_warehouse(spark.read_parquet(path), "unit", "period")
    chunked = open_table(path, "unit", "period")

    def on_spark(how: Callable[..., Any], nodes: list[tuple[str, int]], within: bool) -> Any:
        design = Design(tuple(Node(*node) for node in nodes), within)
        return how(with_groups(sample_of(there, design), False), columns_of(there, design), design.streams)

    numpy, sql = elsewhere._by_spark, elsewhere._by_sql
    return {
        "duckdb_by_hand": lambda: by_hand(path),
        "duckdb_by_ibis": lambda: warehouse_sums(here, NOW),
        "duckdb_by_chunks_lags_unit_effects": lambda: sums(chunked, LAGGED, within=True),
        "duckdb_by_ibis_lags_unit_effects": lambda: warehouse_sums(here, LAGGED, within=True),
        "spark_numpy": lambda: on_spark(numpy, NOW, False),
        "spark_sql": lambda: on_spark(sql, NOW, False),
        "spark_numpy_lags_unit_effects": lambda: on_spark(numpy, LAGGED, True),
        "spark_sql_lags_unit_effects": lambda: on_spark(sql, LAGGED, True),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        write_table(path, given.rows)
        ways = ways_of(path)
        found: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(given.rounds):
            for way, work in ways.items():
                start = time.perf_counter()
                work()
                found[way].append(round(time.perf_counter() - start, 2))
                print(way, found[way][-1], flush=True)
        size = path.stat().st_size
    best = {way: float(np.min(seconds)) for way, seconds in found.items()}
    lags = "_lags_unit_effects"
    compared = {"ibis_to_by_hand": ("duckdb_by_ibis", "duckdb_by_hand"),
                "ibis_to_chunks" + lags: ("duckdb_by_ibis" + lags, "duckdb_by_chunks" + lags),
                "spark_sql_to_numpy": ("spark_sql", "spark_numpy"),
                "spark_sql_to_numpy" + lags: ("spark_sql" + lags, "spark_numpy" + lags)}  # fmt: skip
    ratios = {name: round(best[a] / best[b], 2) for name, (a, b) in compared.items()}
    result = {"rows": given.rows, "columns": KPIS, "bytes": size, "cores": os.cpu_count(), "rounds": given.rounds,
              "seconds": best, "ratios": ratios}  # fmt: skip
    print(json.dumps(result, indent=2))
    if given.write:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
