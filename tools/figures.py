"""Write the figures in README.md and LARGE.md: the numbers in their marked blocks come from here.

``python tools/figures.py`` rewrites the marked blocks; with ``--check`` it says whether they are what this version
computes.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README, LARGE = ROOT / "README.md", ROOT / "LARGE.md"
WAREHOUSE = ROOT / "tests" / "benchmarks" / "results" / "warehouse.json"
TABLES = ROOT / "tests" / "benchmarks" / "results" / "large.json"
DYNAMICS = ROOT / "tests" / "truth" / "results" / "dynamics.json"
SPEED = ROOT / "tests" / "benchmarks" / "results" / "moments.json"
GRADING = ROOT / "tests" / "truth" / "results" / "grading.json"
COVERAGE = ROOT / "tests" / "truth" / "results" / "coverage.json"
MISDRAWN = ("wrong lag", "wrong direction", "missing link")
SHOWN = (
    ("customer_loyalty", "churn", 1),
    ("customer_loyalty", "revenue", 1),
    ("employee_loyalty", "service_behaviour", 0),
    ("undesirable_selling", "customer_loyalty", 1),
    ("competing_offer", "churn", 0),
)


def digits(value: float) -> str:
    """Three digits, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def demo() -> str:
    """The headline questions of the demo, estimated and true."""
    import causalkpi as ck
    from causalkpi.worlds.waterland import BRANCHES, QUARTERS, SEED

    graph, world = ck.load_graph("customer_centred"), ck.load_world("waterland")
    study = ck.Study(graph, ck.load_demo(), unit="unit", period="period")
    lines = ["| one more | on | quarters later | estimate (95% interval) | raw association | true effect |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for treatment, outcome, horizon in SHOWN:
        answer = study.answer(ck.Question(treatment, outcome, horizon))
        truth = world.effect_in_sample(ck.Question(treatment, outcome, horizon), BRANCHES, QUARTERS, SEED)
        low, high = answer.interval
        raw = next(b.value for b in answer.beside if b.name == "association")
        names = f"{graph[treatment].name()} | {graph[outcome].name()} | {horizon}"
        value, low, high, raw, truth = map(digits, (answer.value, low, high, raw, truth))
        lines.append(f"| {names} | {value} ({low} to {high}) | {raw} | {truth} |")
    return "\n".join(lines)


def coverage() -> str:
    """The committed coverage study, summed up by kind of answer."""
    document = json.loads(COVERAGE.read_text("utf-8"))
    rows = [r for r in document["table"] if "coverage" in r]
    kinds = {
        "no unit effects needed": [r for r in rows if not r["unit_effects"] and r["route"] != "identity"],
        "unit effects, corrected": [r for r in rows if r["unit_effects"] and r["route"] != "identity"],
        "through identities": [r for r in rows if r["route"] == "identity"],
    }
    lines = ["| answers | questions | coverage, mean | lowest | highest | Monte-Carlo error of each |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for name, found in kinds.items():
        covered = [r["coverage"] for r in found]
        error = max(r["monte_carlo_error"] for r in found)
        lines.append(
            f"| {name} | {len(found)} | {sum(covered) / len(covered):.1%} | {min(covered):.1%} | {max(covered):.1%} "
            f"| {error:.1%} |"
        )
    sizes = " and ".join(sorted({f"{r['units']} branches x {r['periods']} quarters" for r in rows}))
    refused = sum("coverage" not in r for r in document["table"])
    lines += ["", f"{document['replicates']} fresh panels of {sizes}; {refused} further questions are refused."]
    return "\n".join(lines)


def grading() -> str:
    """The committed grading study: how often each grade comes out, by world and strength of the hidden cause."""
    document = json.loads(GRADING.read_text("utf-8"))
    words = ("strong", "moderate", "weak", "none", "negligible")
    lines = ["| world | hidden economy | panels | graded | " + " | ".join(words) + " | *strong*, upper 95% bound |",
             "|---|---|---|---|" + "---|" * len(words) + "---|"]  # fmt: skip
    for row in document["table"]:
        none = row["world"] == "no_effect"
        world = "nothing has an effect" if none else "the book's model is true"
        shares = " | ".join(f"{row['grades'].get(word, 0) / row['graded']:.1%}" for word in words)
        hidden = f"{row['strength']:g} x" if none else "none"
        lines.append(
            f"| {world} | {hidden} | {row['seeds']} | {row['graded']} | {shares} | {row['strong_upper']:.1%} |"
        )
    lines += ["", f"{document['units']} units x {document['periods']} periods."]
    return "\n".join(lines)


def dynamics() -> str:
    """The committed study of profiles, sums and paths: coverage by world and size, route by route."""
    table = json.loads(DYNAMICS.read_text("utf-8"))["table"]
    columns = {
        "each horizon": ("links", ", h="),
        "all at once": ("links", "all horizons at once"),
        "sums": ("links", "sum"),
        "parts of paths": ("links", "through"),
        "uncorrected": ("links, uncorrected", ", h="),
        "adjusted regression": ("adjusted regression", ", h="),
        "by hand in DoWhy": ("DoWhy by hand", ", h="),
    }
    lines = ["| world | units x periods | " + " | ".join(columns) + " |", "|---|---|" + "---|" * len(columns)]
    for name, units, periods in dict.fromkeys((r["setting"], r["units"], r["periods"]) for r in table):
        rows = [r for r in table if (r["setting"], r["units"], r["periods"]) == (name, units, periods)]
        cells = []
        for column, (method, sign) in columns.items():
            chosen = [r for r in rows if r["method"] == method and sign in r["estimand"]]
            if column == "each horizon":
                chosen = [r for r in chosen if "through" not in r["estimand"]]
            cells.append(_range(chosen))
        shown = f"*wrong graph: {name.removeprefix('wrong ')}*" if name in MISDRAWN else name
        lines.append(f"| {shown} | {units} x {periods} | " + " | ".join(cells) + " |")
    parted = [r["coverage"] for r in table if r["method"] == "routes not found to differ"]
    found = f"{1 - max(parted):.0%}"
    lines += ["", f"Where the believed graph is wrong, the two routes were found to differ in {found} of the panels."]
    return "\n".join(lines)


def _range(rows: list[dict]) -> str:
    """The lowest and highest coverage, and what share was refused."""
    covered = [r["coverage"] for r in rows if "coverage" in r]
    refused = sum(r["refused"] for r in rows) / len(rows) if rows else 0.0
    ends = list(dict.fromkeys(f"{end:.0%}" for end in (min(covered), max(covered)))) if covered else ["–"]
    return " to ".join(ends) + (f", {refused:.0%} refused" if refused >= 0.005 and covered else "")


def speed() -> str:
    """The committed benchmark of sums of products against DoWhy and other packages."""
    found = json.loads(SPEED.read_text("utf-8"))
    lines = ["| what | rows | against | times as fast |", "|---|---|---|---|"]
    for row in found["refuters"]:
        rows, loop = (
            f"{row['rows']:,}",
            f"DoWhy's loop, extrapolated to {row['dowhy_seconds_extrapolated'] / 60:,.0f} minutes",
        )
        lines += [
            f"| 80 refuters, from sums | {rows} | {loop} | {row['by_groups_ratio']:,.0f} |",
            f"| 80 refuters, row by row | {rows} | the same | {row['by_rows_ratio']:,.0f} |",
        ]
    peers = found["peers"]
    for what, peer, key in (
        ("10,000 unit effects, clustered", "pyfixest", "over_pyfixest"),
        ("10,000 unit effects, clustered", "linearmodels", "over_linearmodels"),
        ("HC3", "statsmodels", "hc3_over_statsmodels"),
    ):
        lines.append(f"| a regression on 19 KPIs, {what} | {peers['rows']:,} | {peer} | {peers[key]:.1f} |")
    real = found["refuters"][0]["real_run_over_extrapolated"]
    growth, once = found["growth"], found["one_pass"]
    lines += [
        "",
        f"A real run of 100 of DoWhy's simulations took {real:.2f} times what was extrapolated. The pass takes "
        f"{once['pass_over_blas']:.1f} times as long as X'X alone; forty effects of one sample "
        f"{growth['forty_effects_over_one']:.2f} times as long as one; ten million rows "
        f"{growth['seconds_of_20_effects'].get('10000000', float('nan')):.1f} seconds and "
        f"{found['memory']['megabytes_beyond_the_data']:.0f} MB beyond the data. {found['machine']}.",
    ]
    return "\n".join(lines)


def warehouse() -> str:
    """The committed benchmarks of sums where the rows are."""
    found, tables = json.loads(WAREHOUSE.read_text("utf-8")), json.loads(TABLES.read_text("utf-8"))
    ratios, seconds = found["ratios"], found["seconds"]
    lines = ["| | ratio |", "|---|---|"]
    for what, key in (
        ("Ibis on DuckDB : SQL by hand, same groups", "ibis_to_by_hand"),
        ("Ibis on DuckDB at once : DuckDB by chunks, lags and unit effects", "ibis_to_chunks_lags_unit_effects"),
        ("Spark's SQL : numpy on Spark, lags and unit effects", "spark_sql_to_numpy_lags_unit_effects"),
        ("Spark's SQL : numpy on Spark, columns as they are", "spark_sql_to_numpy"),
    ):
        lines.append(f"| {what} | {ratios[key]:.2f} |")
    spark = [seconds[f"spark_numpy{kind}"] / seconds[f"duckdb_by_ibis{kind}"] for kind in ("", "_lags_unit_effects")]
    lines += ["", f"Numpy on Spark takes {min(spark):.1f} to {max(spark):.0f} times as long as Ibis on DuckDB at "
              f"{found['rows']:,} rows."]  # fmt: skip
    for rows, run in tables.items():
        best = run["best"]
        peak = max(way["peak_gb"] for name, way in best.items() if name.startswith("ours"))
        lines.append(
            f"By chunks of DuckDB, {int(rows):,} rows of Parquet took {run['ours_to_plain']:.2f} times the processor "
            f"seconds of the same SQL, {run['ours_to_plain_cheapest']:.2f} times those of the cheapest grouping, and "
            f"at most {peak:.2f} GB."
        )
    return "\n".join(lines)


BLOCKS = {"demo": demo, "coverage": coverage, "grading": grading, "dynamics": dynamics, "speed": speed,
          "warehouse": warehouse}  # fmt: skip


def written(text: str) -> str:
    """A page's text with every marked block rewritten."""
    for name, make in BLOCKS.items():
        block = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if block.search(text):
            content = make()
            text = block.sub(lambda m, content=content: f"{m[1]}{content}\n{m[2]}", text)
    return text


def main() -> int:
    differ = []
    for page in (README, LARGE):
        before = page.read_text("utf-8")
        after = written(before)
        differ += [page.name] if before != after else []
        if "--check" not in sys.argv[1:]:
            page.write_text(after, "utf-8")
    if "--check" in sys.argv[1:]:
        print(f"{', '.join(differ)}: run python tools/figures.py" if differ else "the pages are as computed")
        return int(bool(differ))
    return 0


if __name__ == "__main__":
    sys.exit(main())
