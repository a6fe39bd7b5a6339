"""How often a single organisation's series would show an effect that is not there, at the 5% level.

    python tests/truth/one_series.py                      prints the table for a few replicates
    python tests/truth/one_series.py --replicates 1000 --write

The layout follows Morris, White and Crowther (2019), Statistics in Medicine 38:2074-2102. *Aims*: whether what is not
refused rejects as often as it says. *Data*: two series that have nothing to do with each other, each keeping 0, 0.5,
0.8 or all of its past, 40 or 80 periods; 'static' holds nothing fixed, 'dynamic' the period before of both; a pair of
trends. *Estimand*: the effect at once, which is zero. *Methods*: the package's way, refusals included; beside it, on
the same series and never refused, least squares with its textbook standard error, and with Newey and West's (Bartlett
weights over 4 (T / 100)^(2/9) lags, normal distribution). *Performance*: the share of rejections among what is
answered and among all series, each with its Monte-Carlo error; the share refused; the median length of the interval.
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
import pandas as pd
import statsmodels.api as sm

import causalkpi as ck
from causalkpi.estimators import Estimate
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link
from causalkpi.panel import as_panel
from causalkpi.question import Estimand, Question

RESULTS = Path(__file__).parent / "results" / "one_series.json"
PERIODS = (40, 80)
KPIS = (KPI("X"), KPI("Y"))
GRAPHS = {
    "static": KPIGraph(KPIS, (Link("X", "Y"),)),
    "dynamic": KPIGraph(
        KPIS,
        (Link("X", "Y"), Link("X", "Y", lag=1), Link("X", "X", lag=1), Link("Y", "Y", lag=1), Link("Y", "X", lag=1)),
    ),
}
CASES = (
    ("static", "0"), ("static", "0.5"), ("static", "0.8"), ("static", "1"), ("static", "trend"),
    ("dynamic", "0.5"), ("dynamic", "0.8"), ("dynamic", "1"),
)  # fmt: skip


def series(rng: np.random.Generator, periods: int, past: str) -> np.ndarray:
    """One series, shape (periods,), after a run-in of 100; a trend adds 0.1 a period to white noise."""
    noise = rng.normal(size=periods + 100)
    if past == "trend":
        return noise[:periods] + 0.1 * np.arange(periods)
    for t in range(1, len(noise)):
        noise[t] += float(past) * noise[t - 1]
    return noise[100:]


def replicate(rng: np.random.Generator, periods: int, past: str, estimand: Estimand) -> list[float]:
    """Whether ours rejects (not a number where refused), its length, and whether both others do."""
    x, y = series(rng, periods, past), series(rng, periods, past)
    frame = pd.DataFrame({"unit": "one", "period": range(periods), "X": x, "Y": y})
    answer = ck.estimate(as_panel(frame, unit="unit", period="period"), estimand, confirm=False)
    held = [x[1:], y[:-1], x[:-1]] if estimand.adjustment else [x]
    model = sm.OLS(y[1:] if estimand.adjustment else y, sm.add_constant(np.column_stack(held)))
    lags = int(4 * (periods / 100) ** (2 / 9))
    others = [model.fit(), model.fit(cov_type="HAC", cov_kwds={"maxlags": lags})]
    rejected = [float(other.pvalues[1] < 0.05) for other in others]
    if not isinstance(answer, Estimate):
        return [math.nan, math.nan, *rejected]
    return [float(answer.p_value < 0.05), answer.interval[1] - answer.interval[0], *rejected]


def study(periods: int, kind: str, past: str, replicates: int, seed: int) -> dict:
    """One row of the table."""
    estimand = ck.identify(GRAPHS[kind], Question("X", "Y"), several=False)
    assert isinstance(estimand, Estimand)
    streams = np.random.default_rng([seed, periods, CASES.index((kind, past))]).spawn(replicates)
    found = np.array([replicate(stream, periods, past, estimand) for stream in streams])
    kept = found[np.isfinite(found[:, 0])]

    def error(share: float, count: int) -> float:
        return math.sqrt(max(share * (1 - share), 1e-9) / count)

    shown, plain, newey_west = float(kept[:, 0].sum()) / replicates, *(float(found[:, i].mean()) for i in (2, 3))
    row = {"periods": periods, "kind": kind, "past": past, "replicates": replicates, "answered": len(kept) / replicates,
           "false_effects": shown, "monte_carlo_error": error(shown, replicates),
           "plain": plain, "newey_west": newey_west}  # fmt: skip
    if len(kept) >= 100:
        size = float(kept[:, 0].mean())
        row |= {"size": size, "size_error": error(size, len(kept)), "length": float(np.median(kept[:, 1]))}
    return row


def show(table: list[dict]) -> None:
    for row in table:
        size = f"size {row['size']:.1%} +- {row['size_error']:.1%}" if "size" in row else "hardly answered"
        print(
            f"T = {row['periods']}, {row['kind']:8s} {row['past']:6s} answered {row['answered']:6.1%}  {size:22s} "
            f"of all {row['false_effects']:5.1%}  plain {row['plain']:.1%}  Newey-West {row['newey_west']:.1%}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=50)
    parser.add_argument("--seed", type=int, default=2018)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args(arguments)
    table = [study(periods, *case, given.replicates, given.seed) for case in CASES for periods in PERIODS]
    show(table)
    if given.write:
        document = {"version": ck.__version__, "replicates": given.replicates, "seed": given.seed, "table": table}
        RESULTS.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
