"""Other units from the same mould: whole units drawn with replacement, and the spread that this gives."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..estimators.regression import Fit
from ..estimators.result import Regression
from ..estimators.sample import Sample
from ..estimators.split_panel import half_samples
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..panel import Panel

REFERENCE = "Cameron, Gelbach and Miller 2008, Review of Economics and Statistics 90:414-427 (pairs cluster bootstrap)"
TIMES, CELLS, DOUBTFUL, FAILS = 400, 30_000_000, 1.25, 1.5
FEWEST = 20


def cluster_bootstrap(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether drawing units anew gives the spread that the standard error promises.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
    """
    fit = regression.best
    error = float(np.sqrt(fit.covariance[0, 0]))
    frame = {
        "id": "cluster_bootstrap",
        "question": Text("Do other units give the same spread?", "Geven andere eenheden dezelfde spreiding?"),
        "null": Text("Units drawn anew give slopes that spread as the standard error says.", "Opnieuw getrokken "
                     "eenheden geven hellingen met de spreiding die de standaardfout belooft."),
        "rule": Text("By the ratio of both, whichever is larger on top: doubtful above {low:g}, fails above {high:g} "
                     "(with {times} draws a ratio of 1.1 is chance).", "Naar de verhouding van beide, de grootste "
                     "boven: twijfelachtig boven {low:g}, faalt boven {high:g} (bij {times} trekkingen is 1,1 toeval).",
                     low=DOUBTFUL, high=FAILS, times=TIMES),
        "reference": REFERENCE,
    }  # fmt: skip
    units = len(fit.sample.units) if fit.sample.repeated else len(fit.sample.outcome)
    wide = fit.sample.design.shape[1]
    if units < FEWEST or not error > 0 or units * wide * wide > CELLS:
        why = Text("There are too few units to draw from.", "Er zijn te weinig eenheden om uit te trekken.") if (
            units < FEWEST) else Text("The regression is too large for this check, or fits exactly.",
                                      "De regressie is te groot voor deze toets, of past exact.")  # fmt: skip
        return Finding(**frame, result="not_applicable", seen=why)
    weights = rng.multinomial(units, np.full(units, 1 / units), size=TIMES).astype(float)
    drawn = drawn_slopes(regression, panel, weights)
    drawn = drawn[np.isfinite(drawn)]
    spread = float(drawn.std())
    ratio = spread / error
    off = max(ratio, 1 / ratio) if ratio > 0 else np.inf
    result: Result = "fails" if off > FAILS else "doubtful" if off > DOUBTFUL else "holds"
    low, high = np.quantile(drawn, [0.025, 0.975]) * regression.weight
    seen = Text(
        "The spread over {times} draws of units is {ratio:.2f} times the standard error; 95% of them lie between "
        "{low:.4g} and {high:.4g}.",
        "De spreiding over {times} trekkingen van eenheden is {ratio:.2f} maal de standaardfout; 95% ligt tussen "
        "{low:.4g} en {high:.4g}.",
        times=TIMES,
        ratio=ratio,
        low=float(min(low, high)),
        high=float(max(low, high)),
    )
    told = Text(
        "The interval is less sure than it says: few units carry it, or the slope is not normally distributed.",
        "Het interval is minder zeker dan het zegt: weinig eenheden dragen het, of de helling is niet normaal "
        "verdeeld.",
    )
    mend = Text("Read the wider of both intervals.", "Lees het ruimste van beide intervallen.")
    troubled = result != "holds"
    return Finding(**frame, result=result, seen=seen, consequence=told if troubled else NOTHING,
                   remedy=mend if troubled else NOTHING, statistic=ratio,
                   numbers={"ratio": ratio, "std_error": spread * abs(regression.weight)})  # fmt: skip


def drawn_slopes(regression: Regression, panel: Panel, weights: np.ndarray) -> np.ndarray:
    """The slope, corrected where the answer's is, for each draw of unit weights, shape (draws,)."""
    whole: Fit = regression.whole
    slopes = weighted_slopes(whole.sample, whole.sample.units, weights)
    if not regression.corrected:
        return slopes
    samples = half_samples(panel, regression.outcome, [regression.treatment], regression.estimand.adjustment, whole)
    halves = [weighted_slopes(sample, whole.sample.units, weights) for sample in samples]
    return 2 * slopes - np.mean(halves, axis=0)


def weighted_slopes(sample: Sample, units: tuple[str, ...], weights: np.ndarray) -> np.ndarray:
    """The first treatment's slope with units counted as often as drawn, from their sums of products."""
    if sample.repeated:
        place = {name: i for i, name in enumerate(units)}
        at = np.array([place[name] for name in sample.units])[sample.unit]
    else:
        at = np.arange(len(sample.outcome))
    size = np.linalg.norm(sample.design, axis=0)
    x = sample.design / np.where(size > 0, size, 1)
    k = x.shape[1]
    gram = np.zeros((weights.shape[1], k * k))
    cross = np.zeros((weights.shape[1], k))
    order = np.argsort(at, kind="stable")
    bounds = np.flatnonzero(np.r_[True, np.diff(at[order]) != 0, True])
    for i, j in pairwise(bounds):
        rows = order[i:j]
        gram[at[rows[0]]] = (x[rows].T @ x[rows]).ravel()
        cross[at[rows[0]]] = x[rows].T @ sample.outcome[rows]
    grams = (weights @ gram).reshape(-1, k, k) + 1e-12 * np.eye(k)  # a draw may lack a period: its dummy stays 0
    return np.linalg.solve(grams, (weights @ cross)[:, :, None])[:, 1, 0] / size[1]
