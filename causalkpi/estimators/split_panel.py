"""The split-panel jackknife: unit effects in short panels without their bias of order 1/T.

Taking out unit means mixes a row with its own past and future. Where regressors respond to earlier outcomes, or the
horizon reaches over later treatments, that biases every slope by about b/T. Half of the panel is biased by 2b/T, so
twice the whole less the average of the halves is not (Dhaene and Jochmans 2015, Review of Economic Studies 82;
unbalanced panels: each unit is split at its own middle, Chudik, Pesaran and Yang 2018, J. Applied Econometrics 33).
Standard errors repair variance and never bias: they come from leaving one unit out of the corrected estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..graph import Node
from ..language import NOTHING, Text
from ..panel import Panel
from .clusters import jackknife_covariance
from .regression import Fit, leave_one_out
from .sample import Sample, build_sample

FEWEST_PERIODS = 12
PERIODS_PER_STEP = 6


def admitted(periods: float, horizon: int) -> Text:
    """Why a correction would not be enough here; empty where it is.

    Coverage of the corrected 95% interval was simulated (tests/truth): it holds up to a horizon of a sixth of the
    periods that a unit contributes.

    Examples
    --------
    >>> admitted(24, 4)
    ''
    >>> admitted(24, 5)
    'Horizon 5 is too far for 24 periods: a correction was shown to hold up to 4'
    """
    if periods < FEWEST_PERIODS:
        return Text(
            "Units are seen in {seen:g} usable periods; the correction for short panels needs {fewest}",
            "Eenheden hebben {seen:g} bruikbare perioden; de correctie voor korte panels vergt er {fewest}",
            seen=periods,
            fewest=FEWEST_PERIODS,
        )
    if horizon * PERIODS_PER_STEP > periods:
        return Text(
            "Horizon {horizon} is too far for {seen:g} periods: a correction was shown to hold up to {most}",
            "Horizon {horizon} is te ver voor {seen:g} perioden: de correctie voldoet aantoonbaar tot en met {most}",
            horizon=horizon,
            seen=periods,
            most=int(periods // PERIODS_PER_STEP),
        )
    return NOTHING


def corrected(panel: Panel, outcome: Node, treatments: Sequence[Node], adjustment: Sequence[Node], whole: Fit) -> Fit:
    """The fit with its slopes corrected by the split-panel jackknife.

    Parameters
    ----------
    panel, outcome, treatments, adjustment
        As for :func:`build_sample`.
    whole : Fit
        The uncorrected fit on the whole panel.

    Returns
    -------
    Fit
        Corrected slopes, leave-one-unit-out covariance with t(units - 1), or t(effective units - 1) where those are
        few; results and DoWhy's slopes stay the uncorrected regression's.
    """
    units = whole.sample.units
    halves = [_replicates(half, units) for half in half_samples(panel, outcome, treatments, adjustment, whole)]
    half_slopes = np.mean([slopes for slopes, _ in halves], axis=0)
    half_left_out = np.mean([left_out for _, left_out in halves], axis=0)
    slopes = 2 * whole.slopes - half_slopes
    left_out = 2 * whole.left_out - half_left_out
    convention = Text(
        "split-panel jackknife, leaving one unit out at a time ({n} units)",
        "split-panel-jackknife, telkens met weglating van één eenheid ({n} eenheden)",
        n=len(units),
    )
    return replace(
        whole,
        slopes=slopes,
        left_out=left_out,
        covariance=jackknife_covariance(left_out),
        df=whole.left_out_df,
        convention=convention,
    )


def half_samples(
    panel: Panel, outcome: Node, treatments: Sequence[Node], adjustment: Sequence[Node], whole: Fit
) -> list[Sample]:
    """The samples of the halves: two, or four where units have an odd number of rows."""
    return [build_sample(panel, outcome, treatments, adjustment, keep=mask) for mask in splits(whole)]


def splits(whole: Fit) -> list[np.ndarray]:
    """Masks of first and second halves; with an odd number of rows the middle one goes to each half in turn."""
    used = whole.sample.used
    codes = whole.sample.unit
    order = np.lexsort((whole.sample.period, codes))
    starts = np.r_[0, np.flatnonzero(np.diff(codes[order])) + 1]
    counts = np.bincount(codes)
    rank = np.empty(len(codes), int)
    rank[order] = np.arange(len(codes)) - np.repeat(starts, counts)
    size = counts[codes]
    first = [rank < size // 2, rank < (size + 1) // 2] if (counts % 2).any() else [rank < size // 2]
    masks = []
    for half in first:
        for rows in (half, ~half):
            mask = np.zeros(len(used), bool)
            mask[np.flatnonzero(used)[rows]] = True
            masks.append(mask)
    return masks


def _replicates(sample: Sample, units: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of one half, and with each unit of the whole panel left out."""
    design = sample.design
    which = slice(1, 1 + sample.treatments.shape[1])
    q, r = np.linalg.qr(design)
    slopes = np.linalg.solve(r, q.T @ sample.outcome)[which]
    found = leave_one_out(design, sample.outcome, sample.unit, which)
    left_out = np.tile(slopes, (len(units), 1))
    place = {unit: i for i, unit in enumerate(units)}
    left_out[[place[unit] for unit in sample.units]] = found
    return slopes, left_out
