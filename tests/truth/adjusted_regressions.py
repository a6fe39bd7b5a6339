"""How often the 95% interval covers the true effect, in a simulated organisation whose truth is known by intervention.

    python tests/truth/adjusted_regressions.py                      prints the table for a few replicates
    python tests/truth/adjusted_regressions.py --replicates 1000 --write

The layout follows Morris, White and Crowther (2019), Statistics in Medicine 38:2074-2102. *Aims*: whether what is not
refused is covered as promised. *Data*: fresh panels of Waterland Bank. *Estimands*: effects of a pulse of one unit, by
intervention under common random numbers; for identities, whose effect differs by branch, in the very panel. *Methods*:
the estimate as the package gives it. *Performance*: bias, empirical and average model standard error, coverage with its
Monte-Carlo error, and which questions are refused. DoWhy's confirmation of each slope is skipped here: that it agrees
is held by other tests, and it does not change the number.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process: the machine's cores go to the replicates
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import causalkpi as ck
from causalkpi.estimators import Estimate
from causalkpi.panel import as_panel
from causalkpi.question import Estimand, Question

RESULTS = Path(__file__).parent / "results" / "coverage.json"
PROFILES = (
    ("customer_loyalty", "churn", (1, 2, 3, 4)),
    ("customer_loyalty", "spend", (1, 2, 3, 4)),
    ("customer_loyalty", "advocacy", (0, 1, 2)),
    ("customer_loyalty", "revenue", (1, 3)),
    ("customer_satisfaction", "churn", (1, 2, 4)),
    ("customer_satisfaction", "customer_loyalty", (1, 2, 4)),
    ("advocacy", "churn", (1, 2)),
    ("advocacy", "referred_customers", (1, 2)),
    ("employee_loyalty", "service_behaviour", (0, 1, 2, 4)),
    ("employee_loyalty", "customer_loyalty", (1, 2, 4)),
    ("employee_loyalty", "revenue", (2,)),
    ("undesirable_selling", "customer_loyalty", (1, 2, 4, 8)),
    ("revenue_steering", "undesirable_selling", (0, 1, 4)),
    ("revenue_steering", "revenue", (0,)),
    ("competing_offer", "churn", (0, 1, 4)),
    ("cost_cutting", "cost", (0, 1)),
    ("cost_cutting", "operating_result", (0,)),
    ("customer_steering", "service_behaviour", (1, 2, 4, 8)),
    ("customer_involvement", "customer_loyalty", (1, 4)),
    ("operating_result", "employee_loyalty", (1,)),
)
SIZES = ((120, 24), (120, 12))


def questions() -> list[Question]:
    return [Question(a, b, h) for a, b, horizons in PROFILES for h in horizons]


def replicate(seed: int, units: int, periods: int, asked: Sequence[tuple[Question, Estimand]]) -> list[list[float]]:
    """Value, standard error, interval and truth of every question in one fresh panel."""
    world = ck.load_world("waterland")
    panel = as_panel(world.sample(units, periods, np.random.default_rng(seed)), unit="unit", period="period")
    rows = []
    for question, estimand in asked:
        answer = ck.estimate(panel, estimand, confirm=False, rng=np.random.default_rng(seed))
        if not isinstance(answer, Estimate):
            rows.append([math.nan] * 5)
            continue
        varies = estimand.route == "identity"
        truth = world.effect_in_sample(question, units, periods, seed) if varies else math.nan
        rows.append([answer.value, answer.std_error, *answer.interval, truth])
    return rows


def study(units: int, periods: int, replicates: int, first_seed: int, workers: int) -> list[dict]:
    """The table for one size of panel: one row per question."""
    world = ck.load_world("waterland")
    identified = [(q, ck.identify(world.graph, q)) for q in questions()]
    asked = [(q, e) for q, e in identified if isinstance(e, Estimand)]
    work = partial(replicate, units=units, periods=periods, asked=asked)
    with ProcessPoolExecutor(workers) as pool:
        found = np.array(list(pool.map(work, range(first_seed, first_seed + replicates), chunksize=4)))
    table = []
    for i, (question, estimand) in enumerate(asked):
        rows = found[:, i][np.isfinite(found[:, i, 0])]
        entry = {
            "units": units, "periods": periods, "treatment": question.treatment, "outcome": question.outcome,
            "horizon": question.horizon, "route": estimand.route, "unit_effects": estimand.unit_effects,
            "strict": estimand.strict, "replicates": len(rows), "refused": 1 - len(rows) / replicates,
        }  # fmt: skip
        if len(rows):
            constant = world.true_effect(question, units=50).value if estimand.route != "identity" else math.nan
            truth = np.where(np.isnan(rows[:, 4]), constant, rows[:, 4])
            covered = float(((rows[:, 2] <= truth) & (truth <= rows[:, 3])).mean())
            entry |= {
                "truth": float(truth.mean()),
                "bias_in_se": float((rows[:, 0] - truth).mean() / (rows[:, 0] - truth).std()),
                "empirical_se": float((rows[:, 0] - truth).std()),
                "model_se": float(rows[:, 1].mean()),
                "length": float((rows[:, 3] - rows[:, 2]).mean()),
                "coverage": covered,
                "monte_carlo_error": math.sqrt(max(covered * (1 - covered), 1e-9) / len(rows)),
            }
        table.append(entry)
    return table


def show(table: list[dict]) -> None:
    for r in table:
        name = f"{r['treatment']} -> {r['outcome']}, h = {r['horizon']} ({r['units']} x {r['periods']})"
        if "coverage" not in r:
            print(f"{name:72s} refused")
            continue
        print(
            f"{name:72s} {r['coverage']:6.1%} +- {r['monte_carlo_error']:.1%}  bias {r['bias_in_se']:+.2f} se"
            f"  model/empirical se {r['model_se'] / r['empirical_se']:.2f}  n = {r['replicates']}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args(arguments)
    table = [row for u, t in SIZES for row in study(u, t, given.replicates, given.first_seed, given.workers)]
    show(table)
    if given.write:
        document = {"version": ck.__version__, "replicates": given.replicates, "first_seed": given.first_seed,
                    "table": table}  # fmt: skip
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
