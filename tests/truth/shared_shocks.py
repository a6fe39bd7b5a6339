"""How often an effect that is not there would be shown where units share shocks, at the 5% level.

    python tests/truth/shared_shocks.py                      prints the table for a few replicates
    python tests/truth/shared_shocks.py --replicates 1000 --write

The layout follows Morris, White and Crowther (2019), Statistics in Medicine 38:2074-2102. *Aims*: what the errors that
may be chosen are worth. *Data*: panels whose treatment and outcome have nothing to do with each other, each half a
shock that all units share and half the unit's own course; both keep 0 or 0.5 of themselves from period to period; unit
means taken out, no period effects. *Estimand*: the slope, which is zero. *Methods*: clustered by unit (CR2), by unit
and period, Driscoll and Kraay's weights, cosines over sums by period. *Performance*: the share of rejections with its
Monte-Carlo error, and the median length of the interval. All methods see the same panels.
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
from causalkpi.estimators.clusters import cluster_sums, cosine_covariance, cosines_for, cr2, driscoll_kraay, two_way

RESULTS = Path(__file__).parent / "results" / "shared_shocks.json"
SIZES = ((12, 24), (12, 48), (30, 24), (30, 48))
LASTING = (0.0, 0.5)
METHODS = ("by unit", "by unit and period", "Driscoll and Kraay", "across units")


def course(rng: np.random.Generator, lasting: float, *shape: int) -> np.ndarray:
    """Columns of variance 1 that keep a share of themselves from period to period, the last axis."""
    noise = rng.normal(size=shape)
    noise[..., 1:] *= math.sqrt(1 - lasting**2)
    for t in range(1, shape[-1]):
        noise[..., t] += lasting * noise[..., t - 1]
    return noise


def replicate(rng: np.random.Generator, units: int, periods: int, lasting: float) -> list[tuple[float, float]]:
    """By method: whether it rejects, and the length of its interval."""
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    table = np.column_stack(
        [(course(rng, lasting, units, periods) + course(rng, lasting, periods)).ravel() for _ in "xy"]
    )
    table -= (cluster_sums(table, unit) / periods)[unit]
    design = np.column_stack([np.ones(len(table)), table[:, 0]])
    slope = float(table[:, 0] @ table[:, 1] / (table[:, 0] @ table[:, 0]))
    residual, which, taken = table[:, 1] - slope * table[:, 0], slice(1, 2), units - 1
    reduced, df = cr2(design, residual, unit, which)
    waves = cosines_for(periods)
    kernel, free = driscoll_kraay(design, residual, period, which, int(1.3 * periods**0.5), taken)
    found = (
        (reduced, float(df[0])),
        (two_way(design, residual, unit, period, which)[0], min(units, periods) - 1.0),
        (kernel, free),
        (cosine_covariance(design, residual, period, which, waves, taken), float(waves)),
    )
    halves = [float(stats.t.ppf(0.975, free)) * math.sqrt(covariance[0, 0]) for covariance, free in found]
    return [(float(abs(slope) > half), 2 * half) for half in halves]


def study(units: int, periods: int, lasting: float, replicates: int, seed: int) -> list[dict]:
    """The rows of the table for one kind of panel: one per method."""
    streams = np.random.default_rng([seed, units, periods, int(10 * lasting)]).spawn(replicates)
    found = np.array([replicate(stream, units, periods, lasting) for stream in streams])
    return [
        {"units": units, "periods": periods, "lasting": lasting, "method": method, "replicates": replicates,
         "size": (size := float(found[:, i, 0].mean())), "length": float(np.median(found[:, i, 1])),
         "monte_carlo_error": math.sqrt(max(size * (1 - size), 1e-9) / replicates)}
        for i, method in enumerate(METHODS)
    ]  # fmt: skip


def show(table: list[dict]) -> None:
    for row in table:
        name = f"{row['units']} x {row['periods']}, shocks keep {row['lasting']:.0%}"
        size = f"size {row['size']:5.1%} +- {row['monte_carlo_error']:.1%}"
        print(f"{name:30s} {row['method']:20s} {size}  length {row['length']:.2f}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1998)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args(arguments)
    table = [row for size in SIZES for last in LASTING for row in study(*size, last, given.replicates, given.seed)]
    show(table)
    if given.write:
        document = {"version": ck.__version__, "replicates": given.replicates, "seed": given.seed, "table": table}
        RESULTS.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
