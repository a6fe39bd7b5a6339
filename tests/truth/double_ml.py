"""How often double machine learning covers the true effect where a confounder works in a bend, beside a straight line.

    python tests/truth/double_ml.py                        prints the table for a few replicates
    python tests/truth/double_ml.py --replicates 300 --write

The layout follows Morris, White and Crowther (2019), Statistics in Medicine 38:2074-2102. *Aims*: whether double
machine learning covers as promised where the adjusted regression is biased, and what it costs where that is not.
*Data*: fresh panels in which market and complexity move both treatment and outcome, in a bend (|market| and the product
of both) or in straight lines; errors hang together within units. Units are many or few; shocks of periods are there or
not; the treatment is a number or yes-or-no. *Estimand*: the change in the outcome per unit of treatment, 0.5 for
everybody by construction. *Methods*: double machine learning as the package gives it, but for one split instead of the
median of five; the adjusted regression beside it; the finding that compares them. *Performance*: bias, coverage with
its Monte-Carlo error, length, and how often the finding speaks. DoWhy's word on the adjusted regression is skipped:
that it agrees is held by other tests.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process: the machine's cores go to the replicates
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

import causalkpi as ck
from causalkpi.estimators.double_ml import cross_fit
from causalkpi.estimators.regression import interval, p_value
from causalkpi.kpi import KPI, Link
from causalkpi.panel import as_panel
from causalkpi.refuters.double_ml import difference

RESULTS = Path(__file__).parent / "results" / "double_ml.json"
TRUTH, REPEATS = 0.5, 1  # one split instead of five: five times as fast


@dataclass(frozen=True)
class Scenario:
    """One kind of panel."""

    units: int
    periods: int
    bent: bool = True
    period_effects: bool = False
    yes_or_no: bool = False


SCENARIOS = {
    "bent, 150 units": Scenario(150, 8),
    "bent, 25 units": Scenario(25, 40),
    "bent, yes-or-no treatment": Scenario(150, 8, yes_or_no=True),
    "bent, period effects": Scenario(150, 8, period_effects=True),
    "straight, 150 units": Scenario(150, 8, bent=False),
}


def draw(scenario: Scenario, seed: int) -> pd.DataFrame:
    """A fresh panel as a long table."""
    rng = np.random.default_rng(seed)
    shape = (scenario.units, scenario.periods)
    own = rng.normal(size=(2, scenario.units, 1))
    shock = rng.normal(size=(4, 1, scenario.periods)) * scenario.period_effects
    market, complexity = 0.6 * own + 0.8 * rng.normal(size=(2, *shape)) + 0.5 * shock[:2]
    bend = np.abs(market) - 0.8 + 0.5 * market * complexity if scenario.bent else market
    wish = 0.6 * bend + 0.3 * complexity + 0.3 * rng.normal(size=(scenario.units, 1)) + shock[2]
    noise = rng.normal(size=shape)
    loyalty = (wish + noise > 0).astype(float) if scenario.yes_or_no else wish + 0.7 * noise
    errors = 0.5 * rng.normal(size=(scenario.units, 1)) + rng.normal(size=shape)
    spend = TRUTH * loyalty + bend + 0.4 * complexity + errors + shock[3]
    names = np.repeat([f"B{i:03d}" for i in range(scenario.units)], scenario.periods)
    columns = {"market": market, "complexity": complexity, "loyalty": loyalty, "spend": spend}
    keys = {"unit": names, "period": np.tile(np.arange(scenario.periods) + 2000, scenario.units)}
    return pd.DataFrame(keys | {name: values.ravel() for name, values in columns.items()})


def graph_of(scenario: Scenario) -> ck.KPIGraph:
    pairs = [(cause, kpi) for cause in ("market", "complexity") for kpi in ("loyalty", "spend")]
    links = tuple(Link(*pair) for pair in (*pairs, ("loyalty", "spend")))
    everything = tuple(KPI(kpi) for kpi in ("market", "complexity", "loyalty", "spend"))
    return ck.KPIGraph(
        everything, links, period_effects=tuple(k.id for k in everything) if scenario.period_effects else ()
    )


def replicate(seed: int, name: str) -> list[list[float]]:
    """One panel: value, error and ends by double machine learning and by the regression; then the finding's p."""
    scenario = SCENARIOS[name]
    panel = as_panel(draw(scenario, seed), unit="unit", period="period")
    shape = {"repeated": True, "several": True, "span": scenario.periods}
    estimand = ck.identify(graph_of(scenario), ck.Question("loyalty", "spend"), **shape)
    assert isinstance(estimand, ck.Estimand)
    asked = estimand.question
    found = cross_fit(panel, estimand, asked.target, [asked.source], np.random.default_rng(seed), repeats=REPEATS,
                      confirm=False)  # fmt: skip
    gap, error, df = difference(found)
    rows = []
    for fit in (found.fit, found.linear):
        value, own = float(fit.slopes[0]), float(fit.covariance[0, 0]) ** 0.5
        rows.append([value, own, *interval(value, own, fit.df, 0.95)])
    return [*rows, [p_value(gap, error, df), *found.explained, 0.0]]


def study_of(name: str, replicates: int, first_seed: int, pool: Executor) -> dict[str, Any]:
    """One scenario's part of the table."""
    seeds = range(first_seed, first_seed + replicates)
    numbers = np.array(list(pool.map(partial(replicate, name=name), seeds, chunksize=4)))
    told = numbers[:, 2]
    return {
        "scenario": name,
        "units": SCENARIOS[name].units,
        "periods": SCENARIOS[name].periods,
        "bent": SCENARIOS[name].bent,
        "double_ml": performance(numbers[:, 0]),
        "linear": performance(numbers[:, 1]),
        "finding_p_below_0.05": share(told[:, 0] < 0.05),
        "finding_p_below_0.01": share(told[:, 0] < 0.01),
        "outcome_explained": float(told[:, 1].mean()),
        "treatment_explained": float(told[:, 2].mean()),
    }


def performance(rows: np.ndarray) -> dict[str, float]:
    """Bias, coverage and length from rows of value, error and ends."""
    value, error, low, high = rows.T
    covered = share((low <= TRUTH) & (high >= TRUTH))
    return {
        "bias": float(value.mean() - TRUTH),
        "bias_error": float(value.std(ddof=1) / math.sqrt(len(rows))),
        "empirical_se": float(value.std(ddof=1)),
        "model_se": float(error.mean()),
        "length": float((high - low).mean()),
        "coverage": covered["share"],
        "monte_carlo_error": covered["monte_carlo_error"],
    }


def share(found: np.ndarray) -> dict[str, float]:
    value = float(np.mean(found))
    return {"share": value, "monte_carlo_error": math.sqrt(max(value * (1 - value), 1e-9) / len(found))}


def show(table: list[dict[str, Any]]) -> None:
    for row in table:
        spoke, error = row["finding_p_below_0.05"].values()
        print(f"\n{row['scenario']} ({row['units']} x {row['periods']}); finding p < 0.05: {spoke:.1%} ({error:.1%})")
        print(f"  explained: treatment {row['treatment_explained']:.0%}, outcome {row['outcome_explained']:.0%}")
        for name in ("double_ml", "linear"):
            part = row[name]
            print(f"  {name:10s} bias {part['bias']:+8.4f} ({part['bias_error']:.4f}) se {part['empirical_se']:.4f}/"
                  f"{part['model_se']:.4f} covered {part['coverage']:.1%} ({part['monte_carlo_error']:.1%}) "
                  f"length {part['length']:.3f}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=90000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.workers) as pool:
        table = [study_of(name, asked.replicates, asked.first_seed, pool) for name in asked.scenario or SCENARIOS]
    show(table)
    if asked.write:
        document = {"version": ck.__version__, "replicates": asked.replicates, "first_seed": asked.first_seed,
                    "table": table}  # fmt: skip
        RESULTS.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
