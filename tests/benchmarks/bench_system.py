"""How long profiles and paths take on the demo panel, from the fitted equations on.

    python tests/benchmarks/bench_system.py            prints
    python tests/benchmarks/bench_system.py --write    and writes results/system.json

Processor seconds of one process, DoWhy's confirmation of every link included in the fit. A profile along the links is
an estimate with its correction, every branch left out, and joint intervals; a thousand joint draws of it come from the
covariance of those replicates.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import causalkpi as ck
from causalkpi import dowhy_bridge
from causalkpi.estimators.clusters import jackknife_covariance
from causalkpi.question import Question, Unanswered
from causalkpi.system import paths, profile

RESULTS = Path(__file__).parent / "results" / "system.json"
HORIZON, EFFECTS, DRAWS = 8, 20, 1_000


def seconds(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    dowhy_bridge.slope(np.arange(9.0), np.arange(9.0) ** 2, np.empty((9, 0)))  # loading it is not what is measured
    study = ck.Study(ck.load_graph("customer_centred"), ck.load_demo(), unit="unit", period="period")
    found = {"fit, correction and DoWhy's word on every link": seconds(lambda: study.system)}
    system = study.system
    local = [kpi.id for kpi in system.graph.kpis if kpi.level != "organisation"]
    pairs = [
        (a, b) for a in local for b in ("churn", "spend", "revenue", "operating_result", "customer_loyalty") if a != b
    ]
    chosen = pairs[:: max(1, len(pairs) // EFFECTS)][:EFFECTS]

    def profiles() -> None:
        for pair in chosen:
            profile(system, *pair, horizon=HORIZON)

    def draws() -> None:
        rng = np.random.default_rng(1)
        for treatment, outcome in chosen:
            ways = system.ways(treatment, outcome, HORIZON)
            nodes = [node for node in ways.into if node.kpi == outcome]
            if nodes:
                found = system.outputs(
                    ways, lambda slopes, w=ways, n=nodes: np.column_stack([w.follow(slopes)[node] for node in n])
                )
                rng.multivariate_normal(found.values, jackknife_covariance(found.moved), DRAWS, method="eigh")

    parts = 0

    def all_paths() -> None:
        nonlocal parts
        for a in local:
            for b in local:
                if a != b and not isinstance(got := paths(system, Question(a, b, 4)), Unanswered):
                    parts += len(got.parts)

    found[f"profiles of {HORIZON} horizons x {len(chosen)} effects"] = seconds(profiles)
    found[f"{DRAWS:,} joint draws of each"] = seconds(draws)
    found["paths of every pair of the book's model, 4 quarters"] = seconds(all_paths)
    for name, took in found.items():
        print(f"{took:8.2f} s  {name}")
    print(f"{parts} parts of paths")
    if given.write:
        RESULTS.write_text(json.dumps({"seconds": found, "parts": parts}, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
