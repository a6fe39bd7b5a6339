"""What sums of products save, against DoWhy's loop of refits and against other regression packages.

    python tests/benchmarks/bench_moments.py                 small sizes, a minute
    python tests/benchmarks/bench_moments.py --full --write  everything, some minutes; writes table and picture

Both sides of every ratio run in turn in one process, and the median of three rounds counts; a busy machine slows both.
DoWhy's side of the refuters is extrapolated: per refuter the time of one simulation and of three give what a call costs
and what a simulation costs, and that is multiplied out to 100 for each of 20 effects. One real run of 100 simulations
stands beside it, to show how far such an extrapolation is off. Wall-clock seconds; everybody may use all cores.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from causalkpi.moments import Slope, gather, left_in, redrawn, replicated, rows_of, solve
from causalkpi.moments.errors import clustered, robust
from causalkpi.moments.replicates import exchanged_rows, with_noise
from causalkpi.moments.row_level import left_in_units, permuted_rows, redrawn_units, with_drawn_noise

RESULTS = Path(__file__).parent / "results" / "moments.json"
KPIS, EFFECTS, SIMULATIONS = 20, 20, 100
REFUTERS: dict[str, dict[str, Any]] = {
    "placebo_treatment_refuter": {"placebo_type": "permute"},
    "random_common_cause": {},
    "data_subset_refuter": {"subset_fraction": 0.8},
    "bootstrap_refuter": {},
}


def frame(rows: int) -> np.ndarray:
    """Ten causes and ten consequences."""
    rng = np.random.default_rng(1)
    table = rng.normal(size=(rows, KPIS))
    table[:, 10:] += table[:, :10] @ (0.3 * rng.normal(size=(10, 10)))
    return table


def effects(count: int = EFFECTS) -> list[Slope]:
    """Effects of causes on consequences, six other causes held fixed."""
    rng = np.random.default_rng(2)
    found = []
    for i in range(count):
        others = [c for c in range(10) if c != i % 10]
        found.append(Slope(10 + i % 7, i % 10, tuple(map(int, rng.choice(others, 6, replace=False)))))
    return found


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_of(works: dict[str, Callable[[], object]], rounds: int = 3) -> dict[str, float]:
    """Median seconds of each, run in turn."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(seconds(work))
    return {name: statistics.median(values) for name, values in taken.items()}


def by_groups(table: np.ndarray, wanted: list[Slope]) -> dict[str, np.ndarray]:
    """A whole study of refuters, the pass over the rows included."""
    rng = np.random.default_rng(3)
    rows = rows_of(table, np.arange(len(table)), range(table.shape[1]))
    moments = gather(rows)
    groups = len(moments.units)
    return {
        "placebo_treatment_refuter": exchanged_rows(moments, wanted, SIMULATIONS, rng),
        "random_common_cause": with_noise(moments, wanted, SIMULATIONS, rng),
        "data_subset_refuter": replicated(moments, left_in(groups, SIMULATIONS, rng), wanted),
        "bootstrap_refuter": replicated(moments, redrawn(groups, SIMULATIONS, rng), wanted),
    }


def by_rows(table: np.ndarray, wanted: list[Slope]) -> dict[str, np.ndarray]:
    """The same row by row."""
    rng = np.random.default_rng(4)
    rows = rows_of(table, np.arange(len(table)), range(table.shape[1]))
    moments = gather(rows)
    return {
        "placebo_treatment_refuter": permuted_rows(rows, moments, wanted, SIMULATIONS, rng),
        "random_common_cause": with_drawn_noise(rows, moments, wanted, SIMULATIONS, rng),
        "data_subset_refuter": left_in_units(rows, moments, wanted, SIMULATIONS, rng),
        "bootstrap_refuter": redrawn_units(rows, moments, wanted, SIMULATIONS, rng),
    }


class DoWhy:
    """DoWhy's own way: a model, an estimate, a refuter call."""

    def __init__(self, table: np.ndarray, slope: Slope) -> None:
        from dowhy import CausalModel

        logging.getLogger("dowhy").setLevel(logging.CRITICAL)
        data = pd.DataFrame(table, columns=[f"k{i}" for i in range(table.shape[1])])
        causes = [f"k{c}" for c in slope.controls]
        self.model = CausalModel(data, f"k{slope.treatment}", f"k{slope.outcome}", common_causes=causes)
        self.estimand = self.model.identify_effect(proceed_when_unidentifiable=True)
        self.estimate = self.model.estimate_effect(self.estimand, method_name="backdoor.linear_regression")

    def refute(self, method: str, simulations: int) -> object:
        return self.model.refute_estimate(
            self.estimand, self.estimate, method_name=method, num_simulations=simulations, **REFUTERS[method]
        )


def refuters(rows: int, rounds: int, check: bool) -> dict[str, Any]:
    """A study of 20 effects x 4 refuters x 100 simulations on one sample."""
    table, wanted = frame(rows), effects()
    theirs = DoWhy(table, wanted[0])
    calls = {
        f"{method} {n}": (lambda m=method, n=n: theirs.refute(m, n)) for method in REFUTERS for n in (1, 3)
    }  # fmt: skip
    ours: dict[str, Callable[[], object]] = {
        "by groups": lambda: by_groups(table, wanted),
        "by rows": lambda: by_rows(table, wanted),
    }
    taken = median_of(calls | ours, rounds)
    per = {m: max((taken[f"{m} 3"] - taken[f"{m} 1"]) / 2, 1e-9) for m in REFUTERS}
    whole = {m: taken[f"{m} 1"] + (SIMULATIONS - 1) * per[m] for m in REFUTERS}
    extrapolated = EFFECTS * sum(whole.values())
    found: dict[str, Any] = {
        "rows": rows,
        "dowhy_seconds_extrapolated": extrapolated,
        "dowhy_seconds_per_simulation": per,
        "by_groups_seconds": taken["by groups"],
        "by_rows_seconds": taken["by rows"],
        "by_groups_ratio": extrapolated / taken["by groups"],
        "by_rows_ratio": extrapolated / taken["by rows"],
    }
    if check:
        real = seconds(lambda: theirs.refute("random_common_cause", SIMULATIONS))
        found["real_run_over_extrapolated"] = real / whole["random_common_cause"]
    return found | agreement(table, wanted, theirs)


def agreement(table: np.ndarray, wanted: list[Slope], theirs: DoWhy) -> dict[str, float]:
    """How far the numbers are from DoWhy's and statsmodels', and group replicates from row-level ones."""
    import statsmodels.api as sm

    rows = rows_of(table, np.arange(len(table)), range(table.shape[1]))
    moments = gather(rows)
    found = solve(moments, wanted)
    slope = wanted[0]
    design = sm.add_constant(table[:, [slope.treatment, *slope.controls]])
    peer = sm.OLS(table[:, slope.outcome], design).fit().params[1]
    errors = np.sqrt(np.diag(clustered(rows, moments, wanted)))
    spread = replicated(moments, redrawn(len(moments.units), 2000, np.random.default_rng(5)), wanted).std(axis=0)
    groups, each = by_groups(table, wanted), by_rows(table, wanted)
    apart = {}
    for method, drawn in groups.items():  # draws are shared by all effects, so each replicate counts once
        ours, real = (((x - found.slopes) / found.std_errors).mean(axis=1) for x in (drawn, each[method]))
        if method == "placebo_treatment_refuter":
            ours, real = ((x / found.std_errors).mean(axis=1) for x in (drawn, each[method]))
        apart[method] = float((ours.mean() - real.mean()) / np.sqrt((ours.var() + real.var()) / SIMULATIONS))
    return {
        "slope_from_dowhy": float(abs(found.slopes[0] / theirs.estimate.value - 1)),
        "slope_from_statsmodels": float(abs(found.slopes[0] / peer - 1)),
        "bootstrap_over_clustered_lowest": float((spread / errors).min()),
        "bootstrap_over_clustered_highest": float((spread / errors).max()),
        **{f"z_of_mean_{method}": value for method, value in apart.items()},
    }


def peers(rows: int, rounds: int) -> dict[str, float]:
    """One regression with 10,000 unit effects and clustered errors, and one with HC3, against other packages."""
    import pyfixest
    import statsmodels.api as sm
    from linearmodels.panel import PanelOLS

    table, per_unit = frame(rows), max(rows // 10_000, 2)
    unit, names = np.arange(rows) // per_unit, [f"k{i}" for i in range(KPIS)]
    slope = Slope("k10", "k0", tuple(name for name in names if name not in ("k0", "k10")))
    data = pd.DataFrame(table, columns=names).assign(unit=unit, time=np.arange(rows) % per_unit)
    regressors = [slope.treatment, *slope.controls]
    formula = f"{slope.outcome} ~ {' + '.join(map(str, regressors))} | unit"
    indexed = data.set_index(["unit", "time"])
    design = sm.add_constant(np.delete(table, 10, axis=1))

    def ours() -> None:
        sample = rows_of(table, unit, names, within=True)
        moments = gather(sample)
        solve(moments, [slope])
        clustered(sample, moments, [slope])

    def ours_hc3() -> None:
        sample = rows_of(table, np.arange(rows), names)
        robust(sample, gather(sample), [slope], 3)

    taken = median_of({
        "ours": ours,
        "pyfixest": lambda: pyfixest.feols(formula, data, vcov={"CRV1": "unit"}),
        "linearmodels": lambda: PanelOLS(
            indexed["k10"], indexed[regressors], entity_effects=True
        ).fit(cov_type="clustered", cluster_entity=True),
        "ours HC3": ours_hc3,
        "statsmodels HC3": lambda: sm.OLS(table[:, 10], design).fit(cov_type="HC3"),
    }, rounds)  # fmt: skip
    return {
        "rows": rows,
        "fixed_effects_seconds": taken["ours"],
        "over_pyfixest": taken["pyfixest"] / taken["ours"],
        "over_linearmodels": taken["linearmodels"] / taken["ours"],
        "hc3_seconds": taken["ours HC3"],
        "hc3_over_statsmodels": taken["statsmodels HC3"] / taken["ours HC3"],
    }


def blas(table: np.ndarray, block: int = 8192) -> np.ndarray:
    total = np.zeros((table.shape[1], table.shape[1]))
    for at in range(0, len(table), block):
        part = table[at : at + block]
        total += part.T @ part
    return total


def one_pass(rows: int, rounds: int) -> dict[str, float]:
    """The pass over a panel of twelve periods against X'X alone."""
    table, unit = frame(rows), np.arange(rows) // 12
    taken = median_of({
        "blas": lambda: blas(table),
        "pass": lambda: gather(rows_of(table, unit, range(KPIS))),
        "within": lambda: gather(rows_of(table, unit, range(KPIS), within=True)),
    }, max(rounds, 5))  # fmt: skip
    return {
        "rows": rows,
        "pass_seconds": taken["pass"],
        "pass_over_blas": taken["pass"] / taken["blas"],
        "unit_effects_over_blas": taken["within"] / taken["blas"],
    }


def study(table: np.ndarray, unit: np.ndarray, wanted: list[Slope]) -> None:
    """Slopes, clustered errors, and 100 replicates of three refuters."""
    rng = np.random.default_rng(6)
    rows = rows_of(table, unit, range(table.shape[1]), within=True)
    moments = gather(rows)
    solve(moments, wanted)
    clustered(rows, moments, wanted)
    replicated(moments, redrawn(len(moments.units), SIMULATIONS, rng), wanted)
    replicated(moments, left_in(len(moments.units), SIMULATIONS, rng), wanted)
    with_noise(moments, wanted, SIMULATIONS, rng)


def reading(table: np.ndarray, unit: np.ndarray, wanted: list[Slope]) -> None:
    """What has to look at rows: both passes. Replicates cost the same whatever the rows."""
    rows = rows_of(table, unit, range(table.shape[1]), within=True)
    clustered(rows, gather(rows), wanted)


def growth(sizes: list[int], rounds: int) -> dict[str, Any]:
    """How time grows with rows, and with effects."""
    taken = {}
    for rows in sizes:
        table, unit = frame(rows), np.arange(rows) // 12
        works: dict[str, Callable[[], object]] = {
            str(n): (lambda t=table, u=unit, n=n: study(t, u, effects(n))) for n in (1, 20, 40)
        }
        works["reading"] = lambda t=table, u=unit: reading(t, u, effects())
        taken[rows] = median_of(works, rounds)
    large = taken[max(s for s in sizes if s <= 10**6)]
    return {
        "seconds_of_20_effects": {str(rows): found["20"] for rows, found in taken.items()},
        "seconds_of_both_passes": {str(rows): found["reading"] for rows, found in taken.items()},
        "exponent": _exponent({rows: found["reading"] for rows, found in taken.items()}),
        "exponent_with_replicates": _exponent({rows: found["20"] for rows, found in taken.items()}),
        "forty_effects_over_one": large["40"] / large["1"],
    }


def _exponent(seconds_by_rows: dict[int, float]) -> float:
    return float(np.polyfit(np.log([*seconds_by_rows]), np.log([*seconds_by_rows.values()]), 1)[0])


def memory(rows: int) -> dict[str, float]:
    """How much more than the data a study holds, in a process of its own."""
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import bench_moments as b
import numpy as np
def megabytes(what):  # the kernel's own count, which starts anew with a process
    line = next(line for line in open("/proc/self/status") if line.startswith(what))
    return int(line.split()[1]) / 1024
b.study(b.frame(1000), np.arange(1000) // 12, b.effects())
table, unit = np.random.default_rng(1).random(({rows}, 20)), np.arange({rows}) // 12
before = megabytes("VmRSS")
b.study(table, unit, b.effects())
print(megabytes("VmHWM") - before)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    return {"rows": rows, "megabytes_beyond_the_data": float(said.stdout)}


def picture(found: dict[str, Any], path: Path) -> None:
    """Ratios as bars, growth as a curve."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "causalkpi", "font.size": 9}):
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        bars = [
            (f"{label}, {int(r['rows']):,} rows", r[key])
            for r in found["refuters"]
            for label, key in (("by groups", "by_groups_ratio"), ("row by row", "by_rows_ratio"))
        ]
        left.barh([name for name, _ in bars], [value for _, value in bars], color="#2f6f8f")
        left.set_xscale("log")
        left.set_title("times as fast as DoWhy\n20 effects x 4 refuters x 100 simulations")
        for i, (_, value) in enumerate(bars):
            left.text(value, i, f" {value:,.0f}", va="center")
        left.margins(x=0.3)
        points = found["growth"]["seconds_of_20_effects"]
        passes = found["growth"]["seconds_of_both_passes"]
        right.loglog([int(n) for n in points], [*points.values()], "o-", color="#2f6f8f", label="with 300 replicates")
        right.loglog([int(n) for n in passes], [*passes.values()], "o--", color="#b5651d", label="reading the rows")
        right.legend(frameon=False)
        right.set_title(f"seconds for 20 effects\nreading grows with rows to the {found['growth']['exponent']:.2f}")
        right.set_xlabel("rows")
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="up to 10 million rows")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    big = 10**6 if given.full else 10**5
    found: dict[str, Any] = {"machine": f"{os.cpu_count()} cores, Python {platform.python_version()}"}
    found["refuters"] = [refuters(10**5, 3, True)] + ([refuters(big, 3, False)] if given.full else [])
    print(json.dumps(found, indent=1), flush=True)
    found["peers"] = peers(big, 5)
    found["one_pass"] = one_pass(big, 3)
    found["growth"] = growth([10**4, 10**5, 10**6, 10**7] if given.full else [10**4, 10**5], 3)
    found["memory"] = memory(10**7 if given.full else big)
    print(json.dumps({k: v for k, v in found.items() if k != "refuters"}, indent=1))
    if given.write:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        picture(found, RESULTS.with_suffix(".svg"))


if __name__ == "__main__":
    main()
