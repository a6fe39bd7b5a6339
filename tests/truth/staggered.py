"""How often intervals of a staggered change cover the true effect, and how far plain two-way fixed effects are off.

    python tests/truth/staggered.py                        prints the table for a few replicates
    python tests/truth/staggered.py --replicates 1000 --write

The layout follows Morris, White and Crowther (2019), Statistics in Medicine 38:2074-2102. *Aims*: whether the event
study covers as promised, joint intervals and the test of earlier periods included. *Data*: fresh panels of Lauwers
Insurance, with few and many branches, with branches that never adopt and without, with gaps, with trends that are not
parallel. *Estimands*: the mean effect on adopters over periods 0 to 8 since adoption, and at periods 0 and 4, by
intervention (nobody adopts) on the same organisation. *Methods*: the event study as the package gives it, plain
two-way fixed effects beside it. *Performance*: bias, coverage with its Monte-Carlo error, length, refusals, and how
often the pre-period test speaks. pyfixest's confirmation is skipped: that it agrees is held by other tests.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process: the machine's cores go to the replicates
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import causalkpi as ck
from causalkpi.event_study import EventStudy, event_study
from causalkpi.panel import as_panel
from causalkpi.worlds import World, make_staggered, never

RESULTS = Path(__file__).parent / "results" / "staggered.json"
CHANGE, HORIZON, MOMENTS = "customer_kpis", 8, (0, 4)
THIRDS = ((6, 0.34, 1.0), (10, 0.33, 0.7), (14, 0.33, 0.4))
# name: world, units, periods, outcome, share of outcomes missing, whether trends are parallel
SCENARIOS: dict[str, tuple[World, int, int, str, float, bool]] = {
    "behaviour, 120 branches": (make_staggered(), 120, 24, "service_behaviour", 0.0, True),
    "result, 120 branches": (make_staggered(), 120, 24, "operating_result", 0.0, True),
    "behaviour, 40 branches": (make_staggered(), 40, 24, "service_behaviour", 0.0, True),
    "behaviour, 20 branches": (make_staggered(), 20, 24, "service_behaviour", 0.0, True),
    "behaviour, 12 branches": (make_staggered(), 12, 24, "service_behaviour", 0.0, True),
    "behaviour, 60 branches, a fifth of outcomes missing": (make_staggered(), 60, 24, "service_behaviour", 0.2, True),
    "behaviour, 120 branches, all adopt": (make_staggered(waves=THIRDS), 120, 24, "service_behaviour", 0.0, True),
    "behaviour, 60 branches, no effect": (make_staggered(strength=0), 60, 24, "service_behaviour", 0.0, True),
    "behaviour, 120 branches, trends not parallel": (
        make_staggered(drift=0.15),
        120,
        24,
        "service_behaviour",
        0,
        False,
    ),
}


def draw(scenario: str, seed: int) -> tuple[ck.Panel, np.ndarray, np.ndarray]:
    """A fresh panel, what adoption did to every unit and period, and in which period each unit adopted (-1: never)."""
    world, units, periods, outcome, missing, _ = SCENARIOS[scenario]
    went = world.sample(units, periods, seed)
    without = world.sample(units, periods, seed, do={CHANGE: never})
    effect = (went[outcome] - without[outcome]).to_numpy().reshape(units, periods)
    changed = went[CHANGE].to_numpy().reshape(units, periods)
    adopts = np.where(changed.any(axis=1), changed.argmax(axis=1), -1)
    went.loc[np.random.default_rng([seed, 1]).random(len(went)) < missing, outcome] = np.nan
    return as_panel(went, unit="unit", period="period"), effect, adopts


def true_cells(study: EventStudy, effect: np.ndarray, adopts: np.ndarray, first: int) -> np.ndarray:
    """The true effect in every cell of the study: the mean over its cohort; zero before the change."""
    pairs = zip((study.cells.cohort - first).astype(int), study.cells.since, strict=True)
    return np.array([effect[adopts == g, g + e].mean() if e >= 0 else 0.0 for g, e in pairs])


def replicate(seed: int, scenario: str) -> list[list[float]]:
    """One panel: a row each for the mean, the moments and two-way fixed effects, and one of what was told.

    The first hold value, error, ends and truth; the last, whether all moments are covered together, p of the earlier
    periods and of anticipation, and whether the drift that would undo the answer is said to be visible.
    """
    panel, effect, adopts = draw(scenario, seed)
    study = event_study(panel, CHANGE, SCENARIOS[scenario][3], horizon=HORIZON, confirm=False)
    if not isinstance(study, EventStudy):
        return []
    cells, truth = study.cells, true_cells(study, effect, adopts, panel.ordinals[0])
    mean = float(truth @ cells.weights((cells.since >= 0) & (cells.since <= HORIZON)))
    at = {m.since: float(truth @ cells.weights(cells.since == m.since)) for m in study.moments}
    effects = {m.since: m.effect for m in study.moments}
    rows = [(study.overall, mean), *((effects[m], at[m]) for m in MOMENTS), (study.beside[0], mean)]
    together = all(m.band[0] <= at[m.since] <= m.band[1] for m in study.moments)
    told = [float(together), study["pre_periods"].p_value, study["anticipation"].p_value,
            float(study["drift"].result == "holds"), 0.0]  # fmt: skip
    return [[e.value, e.std_error, *e.interval, true] for e, true in rows] + [told]


def study_of(scenario: str, replicates: int, first_seed: int, workers: int) -> dict:
    """One scenario's part of the table."""
    with ProcessPoolExecutor(workers) as pool:
        seeds = range(first_seed, first_seed + replicates)
        found = [rows for rows in pool.map(partial(replicate, scenario=scenario), seeds, chunksize=4) if rows]
    _, units, periods, outcome, _, parallel = SCENARIOS[scenario]
    entry = {"scenario": scenario, "units": units, "periods": periods, "outcome": outcome, "parallel": parallel,
             "replicates": len(found), "refused": 1 - len(found) / replicates}  # fmt: skip
    if not found:
        return entry
    numbers = np.array(found)
    names = ("mean", *(f"since {m}" for m in MOMENTS), "two-way fixed effects")
    entry |= {name: performance(numbers[:, i]) for i, name in enumerate(names)}
    told = numbers[:, len(names)]
    return entry | {
        "together": share(told[:, 0]),
        "pre_periods_p_below_0.05": share(told[:, 1] < 0.05),
        "anticipation_p_below_0.05": share(told[:, 2] < 0.05),
        "drift_visible": share(told[:, 3]),
    }


def performance(rows: np.ndarray) -> dict[str, float]:
    """Bias, coverage and length from rows of value, error, ends and truth."""
    value, error, low, high, truth = rows.T
    covered = share((low <= truth) & (truth <= high))
    return {
        "truth": float(truth.mean()),
        "bias": float((value - truth).mean()),
        "bias_error": float((value - truth).std(ddof=1) / math.sqrt(len(rows))),
        "empirical_se": float((value - truth).std(ddof=1)),
        "model_se": float(error.mean()),
        "length": float((high - low).mean()),
        "coverage": covered["share"],
        "monte_carlo_error": covered["monte_carlo_error"],
        "clear_of_zero": float(((low > 0) | (high < 0)).mean()),
    }


def share(found: np.ndarray) -> dict[str, float]:
    value = float(np.mean(found))
    return {"share": value, "monte_carlo_error": math.sqrt(max(value * (1 - value), 1e-9) / len(found))}


def show(table: list[dict]) -> None:
    for row in table:
        print(f"\n{row['scenario']} ({row['units']} x {row['periods']}), refused {row['refused']:.0%}")
        for name, part in row.items():
            if isinstance(part, dict) and "coverage" in part:
                print(f"  {name:24s} truth {part['truth']:9.4g} bias {part['bias']:+9.3g} ({part['bias_error']:.2g}) "
                      f"se {part['empirical_se']:.3g}/{part['model_se']:.3g} covered {part['coverage']:.1%} "
                      f"({part['monte_carlo_error']:.1%}) length {part['length']:.3g}")  # fmt: skip
            elif isinstance(part, dict):
                print(f"  {name:24s} {part['share']:.1%} ({part['monte_carlo_error']:.1%})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=70000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    asked = parser.parse_args()
    table = [study_of(name, asked.replicates, asked.first_seed, asked.workers) for name in SCENARIOS]
    show(table)
    if asked.write:
        document = {"version": ck.__version__, "replicates": asked.replicates, "first_seed": asked.first_seed,
                    "table": table}  # fmt: skip
        RESULTS.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
