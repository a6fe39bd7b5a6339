"""How long double machine learning takes, and how long it said beforehand that it would.

    python tests/benchmarks/bench_double_ml.py            prints
    python tests/benchmarks/bench_double_ml.py --write    and writes results/double_ml.json

Wall-clock seconds on panels of three sizes, with econml already loaded; the estimate is meant to be right within a
factor of three (`WITHIN`).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from causalkpi.estimators.nuisance import BOOSTING, FOREST, WITHIN, Columns, residuals, seconds_needed

RESULTS = Path(__file__).parent / "results" / "double_ml.json"
SIZES, PERIODS, CONTROLS, FOLDS, REPEATS = (60, 300, 1_500), 12, 8, 5, 1


def columns(units: int) -> Columns:
    rng = np.random.default_rng(1)
    rows = units * PERIODS
    features = rng.normal(size=(rows, CONTROLS))
    treatment = np.abs(features[:, 0]) + rng.normal(size=rows)
    outcome = treatment + 2 * np.abs(features[:, 0]) + rng.normal(size=rows)
    return Columns(outcome, treatment, features, np.repeat(np.arange(units), PERIODS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    residuals(columns(20), BOOSTING, 2, np.random.default_rng(0))  # loading econml is not what is measured
    rows = []
    for name, learner in (("boosting", BOOSTING), ("forest", FOREST)):
        for units in SIZES if learner is BOOSTING else SIZES[:2]:
            seen = columns(units)
            said = seconds_needed(seen, learner, FOLDS, REPEATS)
            before = time.perf_counter()
            for stream in np.random.default_rng(0).spawn(REPEATS):
                residuals(seen, learner, FOLDS, stream)
            took = time.perf_counter() - before
            row = {"learner": name, "rows": units * PERIODS, "said": round(said, 2), "took": round(took, 2)}
            rows.append(row | {"ratio": round(said / took, 2), "within": bool(1 / WITHIN <= said / took <= WITHIN)})
    print(pd.DataFrame(rows).to_string(index=False))
    if given.write:
        RESULTS.write_text(json.dumps({"splits": REPEATS, "table": rows}, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
