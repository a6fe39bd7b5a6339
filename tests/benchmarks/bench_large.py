"""A table larger than memory: its sums of products against the same sums written as plain SQL, and what both hold.

Run it as ``python tests/benchmarks/bench_large.py --rows 100000000 --write``. The table (20 KPIs of random float64, 25
periods a unit) is written by DuckDB to a temporary folder and deleted afterwards; a hundred million rows take 16 GB of
disk. Every measurement is a process of its own, and plain SQL and ours take turns. Plain SQL is measured twice: with
the same groups (the MD5 of each row's unit), and with the cheapest groups that there are (a remainder of the number).
Ratios are of processor time, because a shared machine gives a process more or less of its cores; quote those.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KPIS, PERIODS = 20, 25
RESULTS = Path(__file__).parent / "results" / "large.json"


def write_table(path: Path, rows: int) -> None:
    import duckdb

    columns = ", ".join(f"random() + (i // {PERIODS} % 97) / 97 AS k{j}" for j in range(KPIS))
    with duckdb.connect(config={"memory_limit": "1GB"}) as con:
        con.execute(
            f"COPY (SELECT i // {PERIODS} AS unit, i % {PERIODS} AS period, {columns} FROM range({rows}) r(i)) "
            f"TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 250000)"
        )


def plain(path: Path, group: str) -> None:
    import duckdb

    from causalkpi.large.source import MEMORY

    products = ", ".join(f"sum(c{i} * c{j})" for i in range(KPIS) for j in range(i + 1))
    sums = ", ".join(f"sum(c{i})" for i in range(KPIS))
    centred = ", ".join(f"k{i} - 1 AS c{i}" for i in range(KPIS))
    config = {"memory_limit": MEMORY, "preserve_insertion_order": "false"}
    with duckdb.connect(config=config) as con:
        con.execute(
            f"SELECT g, count(*), {sums}, {products} FROM (SELECT {group} AS g, {centred} FROM read_parquet('{path}')) "
            "GROUP BY g"
        ).fetchnumpy()


def measured(what: str, path: Path) -> dict[str, float]:
    """One way of doing it, in this process."""
    from causalkpi.large import open_table, sums
    from causalkpi.large.tables import group_sql

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    now = [(f"k{j}", 0) for j in range(KPIS)]
    half = KPIS // 2
    lagged = [*now[:half], *((f"k{j}", -1) for j in range(half))]
    if what in ("plain", "plain_cheapest"):
        start, before = time.perf_counter(), spent()
        plain(path, group_sql("unit") if what == "plain" else "unit % 256")
    elif what == "opening":
        start, before = time.perf_counter(), spent()
        open_table(path, "unit", "period")
    else:
        table = open_table(path, "unit", "period")
        start, before = time.perf_counter(), spent()
        asked = {"ours": (now, False), "ours_unit_effects": (now, True), "ours_lags_unit_effects": (lagged, True)}[what]
        sums(table, asked[0], within=asked[1])
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": round(seconds, 2), "cpu_seconds": round(spent() - before, 2), "peak_gb": round(peak, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(given.measure[0], Path(given.measure[1]))))
        return
    ways = given.only or ["plain", "ours", "plain_cheapest", "opening", "ours_unit_effects", "ours_lags_unit_effects"]
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        write_table(path, given.rows)
        for _ in range(given.rounds):
            for way in ways:
                command = [sys.executable, __file__, "--measure", way, str(path)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found[way].append(json.loads(done.stdout))
                print(way, found[way][-1], flush=True)
        size = path.stat().st_size
    best = {way: min(runs, key=lambda run: run["cpu_seconds"]) for way, runs in found.items()}
    ratios = {f"ours_to_{way}": round(best["ours"]["cpu_seconds"] / best[way]["cpu_seconds"], 2)
              for way in ("plain", "plain_cheapest") if {way, "ours"} <= set(best)}  # fmt: skip
    result = {"rows": given.rows, "columns": KPIS, "bytes": size, "cores": os.cpu_count(), "rounds": given.rounds,
              "best": best, **ratios}  # fmt: skip
    print(json.dumps(result, indent=2))
    if given.write:
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps({**kept, str(given.rows): result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
