"""How often 95% intervals cover the true slope when there are few clusters, and how long they are.

    python tests/truth/few_clusters.py                      prints the table for a few replicates
    python tests/truth/few_clusters.py --replicates 1000 --write

The layout follows Morris, White and Crowther (2019), Statistics in Medicine 38:2074-2102. *Aims*: which standard error
to use under 50 clusters, for a regression that needs no correction for a short panel. *Data*: panels with lasting unit
effects, a treatment and a control that persist within units, errors that do too (0.6 a period), and a slope that
differs between units by half its size; units of equal length, of very unequal length, a treatment that is switched on
in a fifth of the units (three at least), and period effects. *Estimand*: the slope averaged over units. *Methods*:
leaving one unit out (CV3) with t(effective units - 1); CR2 with Satterthwaite's degrees of freedom; the usual CR1 with
t(units - 1); the restricted wild cluster bootstrap, whose interval covers what its test does not reject. *Performance*:
coverage with its Monte-Carlo error, and the median length of the interval. All methods see the same panels.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats

import causalkpi as ck
from causalkpi.estimators.clusters import cluster_sums, cr2, jackknife_covariance
from causalkpi.estimators.regression import effective_units, leave_one_out
from causalkpi.estimators.wild import WildBootstrap

RESULTS = Path(__file__).parent / "results" / "few_clusters.json"
UNITS = (6, 10, 20, 40)
SHAPES = ("equal", "unequal", "few treated", "period effects")
METHODS = ("cv3", "cr2", "cr1", "wild")
PERIODS, PERSISTENCE, DIFFERS, DRAWS = 12, 0.6, 0.5, 399


def persistent(rng: np.random.Generator, units: int, periods: int) -> np.ndarray:
    """Columns that keep 0.6 of themselves from period to period, of variance 1, shape (units, periods)."""
    noise = rng.normal(size=(units, periods))
    noise[:, 1:] *= math.sqrt(1 - PERSISTENCE**2)
    for t in range(1, periods):
        noise[:, t] += PERSISTENCE * noise[:, t - 1]
    return noise


def panel(rng: np.random.Generator, units: int, shape: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Design (constant, treatment, control, dummies), outcome and unit of one panel, unit means taken out."""
    lengths = np.full(units, PERIODS)
    if shape == "unequal":
        share = np.exp(2 * np.arange(units) / units)
        lengths = np.maximum(4, np.round(share / share.sum() * units * PERIODS)).astype(int)
    most = int(lengths.max())
    treatment, control, error = (persistent(rng, units, most) for _ in range(3))
    if shape == "few treated":
        start = np.full(units, most)
        chosen = rng.choice(units, max(3, units // 5), replace=False)
        start[chosen] = rng.integers(3, most - 2, len(chosen))
        treatment = (np.arange(most) >= start[:, None]).astype(float)
    slope = 1 + DIFFERS * rng.normal(size=(units, 1))
    outcome = slope * treatment + control + error + rng.normal(size=(units, 1))
    seen = np.arange(most) < lengths[:, None]
    unit, period = np.nonzero(seen)
    columns = [outcome[seen], treatment[seen], control[seen]]
    if shape == "period effects":
        columns += list(np.eye(most)[period][:, 1:].T)
    table = np.column_stack(columns)
    table -= (cluster_sums(table, unit) / lengths[:, None])[unit]
    return np.column_stack([np.ones(len(table)), table[:, 1:]]), table[:, 0], unit


def replicate(rng: np.random.Generator, units: int, shape: str) -> list[tuple[float, float]]:
    """By method: the distance of the estimate from the truth as a share of the interval's half, and its length."""
    design, outcome, unit = panel(rng, units, shape)
    which = slice(1, 2)
    slope, *_ = np.linalg.lstsq(design, outcome, rcond=None)
    residual = outcome - design @ slope
    effective = effective_units(design, unit, which)[0]
    corrected, df = cr2(design, residual, unit, which)
    left_out = jackknife_covariance(leave_one_out(design, outcome, unit, which))
    rows, k = design.shape
    inverse = np.linalg.inv(design.T @ design)[1]
    scores = cluster_sums(design * residual[:, None], unit) @ inverse
    factor = units / (units - 1) * (rows - 1) / (rows - k)
    errors = (
        (math.sqrt(left_out[0, 0]), max(1.0, min(effective, units) - 1)),
        (math.sqrt(corrected[0, 0]), float(df[0])),
        (math.sqrt(factor * float(scores @ scores)), units - 1.0),
    )
    halves = [float(stats.t.ppf(0.975, free)) * error for error, free in errors]
    found = [(abs(slope[1] - 1) / half, 2 * half) for half in halves]
    wild = WildBootstrap(outcome, design[:, 1], np.delete(design, 1, axis=1), unit, rng, DRAWS)
    return [*found, (0.0 if wild.p_value(1.0) > 0.05 else 2.0, math.nan)]


def study(units: int, shape: str, replicates: int, seed: int) -> list[dict]:
    """The rows of the table for one design: one per method."""
    streams = np.random.default_rng([seed, units, SHAPES.index(shape)]).spawn(replicates)
    found = np.array([replicate(stream, units, shape) for stream in streams])
    rows = []
    for i, method in enumerate(METHODS):
        covered = float((found[:, i, 0] <= 1).mean())
        row = {"units": units, "shape": shape, "method": method, "replicates": replicates, "coverage": covered,
               "monte_carlo_error": math.sqrt(max(covered * (1 - covered), 1e-9) / replicates)}  # fmt: skip
        if method != "wild":
            row["length"] = float(np.median(found[:, i, 1]))
        rows.append(row)
    return rows


def show(table: list[dict]) -> None:
    for row in table:
        length = f"length {row['length']:.3f}" if "length" in row else ""
        name = f"{row['units']:3d} units, {row['shape']}"
        print(f"{name:28s} {row['method']:5s} {row['coverage']:6.1%} +- {row['monte_carlo_error']:.1%}  {length}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=50)
    parser.add_argument("--seed", type=int, default=2002)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args(arguments)
    table = [row for shape in SHAPES for units in UNITS for row in study(units, shape, given.replicates, given.seed)]
    show(table)
    if given.write:
        document = {"version": ck.__version__, "replicates": given.replicates, "seed": given.seed, "table": table}
        RESULTS.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
