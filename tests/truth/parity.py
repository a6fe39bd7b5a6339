"""Whether refuters by sums of products do what DoWhy's refuters do, where DoWhy's are sound.

    python tests/truth/parity.py                       a few draws, printed
    python tests/truth/parity.py --draws 400 --write

The layout follows Morris, White and Crowther (2019), Statistics in Medicine 38:2074-2102. *Aims*: that a replicate of
ours has the same distribution as a simulation of DoWhy's, so that what is saved in time costs nothing else. *Data*: one
cross-section of 500 rows with four causes, errors that spread unequally. *Estimands*: the law of the slope over
replicates. *Methods*: DoWhy's random common cause, placebo treatment (permuted) and data subset refuters, each called
for one simulation at a time with a generator of its own, because given a whole number they repeat one draw and given
many they return the mean alone; ours by the law of sums, by group weights, and row by row. DoWhy's bootstrap refuter
adds noise to confounders and is no bootstrap; left out here. *Performance*: mean and spread of ours against DoWhy's in
Monte-Carlo errors, and the p-value of a two-sample Kolmogorov-Smirnov test.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import causalkpi as ck
from causalkpi.dowhy_bridge import quarantined
from causalkpi.moments import Slope, gather, left_in, replicated, rows_of
from causalkpi.moments.replicates import exchanged_rows, with_noise
from causalkpi.moments.row_level import left_in_units, permuted_rows, with_drawn_noise

RESULTS = Path(__file__).parent / "results" / "parity.json"
ROWS, CAUSES = 500, 4
SLOPE = Slope("y", "x", tuple(f"z{i}" for i in range(CAUSES)))
REFUTERS = {
    "random common cause": ("random_common_cause", {}),
    "placebo": ("placebo_treatment_refuter", {"placebo_type": "permute"}),
    "subset": ("data_subset_refuter", {"subset_fraction": 0.8}),
}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(20)
    causes = rng.normal(size=(ROWS, CAUSES))
    x = causes @ [0.5, -0.3, 0.2, 0.0] + rng.normal(size=ROWS)
    y = 0.7 * x + causes @ [0.4, 0.4, 0.0, 0.3] + (1 + 0.5 * np.abs(x)) * rng.normal(size=ROWS)
    return pd.DataFrame(causes, columns=list(SLOPE.controls)).assign(x=x, y=y)


def by_dowhy(data: pd.DataFrame, refuter: str, draws: int, seed: int) -> np.ndarray:
    """DoWhy's own simulations, one call each."""
    method, how = REFUTERS[refuter]
    with quarantined():
        from dowhy import CausalModel

        logging.getLogger("dowhy").setLevel(logging.CRITICAL)
        model = CausalModel(data, "x", "y", common_causes=list(SLOPE.controls))
        estimand = model.identify_effect(proceed_when_unidentifiable=True)
        estimate = model.estimate_effect(estimand, method_name="backdoor.linear_regression")
        found = []
        for i in range(draws):
            np.random.seed(seed + i)
            state = np.random.RandomState(seed + i)
            given = how | ({"random_state": state} if refuter != "random common cause" else {})
            found.append(model.refute_estimate(estimand, estimate, method_name=method, num_simulations=1, **given))
    return np.array([float(refutation.new_effect) for refutation in found])


def by_ours(data: pd.DataFrame, draws: int, seed: int) -> dict[tuple[str, str], np.ndarray]:
    """Our replicates: from sums, and row by row."""
    rows = rows_of(data.to_numpy(), np.arange(len(data)), tuple(data.columns))
    moments, wanted = gather(rows), [SLOPE]
    rng = np.random.default_rng(seed)
    found = {
        ("random common cause", "from sums"): with_noise(moments, wanted, draws, rng),
        ("random common cause", "row by row"): with_drawn_noise(rows, moments, wanted, draws, rng),
        ("placebo", "from sums"): exchanged_rows(moments, wanted, draws, rng),
        ("placebo", "row by row"): permuted_rows(rows, moments, wanted, draws, rng),
        ("subset", "from sums"): replicated(moments, left_in(len(moments.units), draws, rng), wanted),
        ("subset", "row by row"): left_in_units(rows, moments, wanted, draws, rng),
    }
    return {key: drawn[:, 0] for key, drawn in found.items()}


def compared(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """How far two samples of replicates lie apart."""
    error = np.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
    spread = ours.std(ddof=1) / theirs.std(ddof=1)
    tails = [stats.kurtosis(x, fisher=False) for x in (ours, theirs)]
    of_log = np.sqrt(sum((k - 1) / (4 * len(x)) for k, x in zip(tails, (ours, theirs), strict=True)))
    return {
        "mean": float(ours.mean()),
        "mean_dowhy": float(theirs.mean()),
        "z_of_means": float((ours.mean() - theirs.mean()) / error),
        "spread_ratio": float(spread),
        "z_of_spreads": float(np.log(spread) / of_log),
        "ks_p": float(stats.ks_2samp(ours, theirs).pvalue),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seed", type=int, default=9000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    data = table()
    ours = by_ours(data, given.draws, given.seed)
    rows = []
    for refuter in REFUTERS:
        theirs = by_dowhy(data, refuter, given.draws, given.seed)
        for (name, way), drawn in ours.items():
            if name == refuter:
                rows.append({"refuter": refuter, "ours": way, **compared(drawn, theirs)})
                print(rows[-1], flush=True)
    if given.write:
        document = {"version": ck.__version__, "draws": given.draws, "seed": given.seed, "table": rows}
        RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
