"""What can be found about an answer from its sums alone; other checks need rows, and are made on a sample of units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ..finding import Finding
from ..language import Text
from ..moments import GROUPS, left_in, redrawn, replicated, solve
from ..moments.replicates import with_noise
from ..panel import Panel
from ..refuters.cluster_bootstrap import REPLICATES, redrawn_finding
from ..refuters.cluster_bootstrap import without_draws as no_redrawing
from ..refuters.parts import NO_CHANCE, few_units
from ..refuters.random_common_cause import DRAWS as NOISES
from ..refuters.random_common_cause import noise_finding
from ..refuters.random_common_cause import without_draws as no_noise
from ..refuters.subset import DRAWS, SHARE, subset_finding
from ..refuters.subset import without_draws as no_subset
from ..sensitivity import Sensitivity, withstood
from .answering import Behind


def findings_from_sums(behind: Behind, contrast: float, rng: np.random.Generator) -> tuple[Finding, ...]:
    """Redrawn units, subsets of units and noise among the controls, from the sums of all rows.

    Parameters
    ----------
    behind : Behind
    contrast : float
        What the slope is multiplied by.
    rng : numpy.random.Generator
    """
    moments = behind.summed.moments
    units, groups = int(moments.units.sum()), len(moments.units)
    why = NO_CHANCE if behind.exact or not behind.error > 0 else few_units(units)
    if why:
        noise = no_noise(NO_CHANCE) if why is NO_CHANCE else _noise(behind, rng)
        return noise, no_redrawing(why), no_subset(why)
    drawn = replicates(behind, redrawn(groups, REPLICATES, rng))
    left = replicates(behind, left_in(groups, DRAWS, rng, SHARE))
    return (
        _noise(behind, rng),
        redrawn_finding(drawn, contrast, behind.error, single=units <= GROUPS),
        subset_finding(left, behind.value, behind.error, behind.df, contrast),
    )


def replicates(behind: Behind, weights: np.ndarray) -> np.ndarray:
    """The slope when groups of units count as often as weights, shape (replicates, groups), say."""
    slopes = np.zeros(len(weights))
    for weight, moments in behind.parts:
        slopes += weight * replicated(moments, weights, [behind.slope])[:, 0]
    return slopes


def _noise(behind: Behind, rng: np.random.Generator) -> Finding:
    moments, slope = behind.summed.moments, behind.slope
    moved = with_noise(moments, [slope], NOISES, rng)[:, 0] - solve(moments, [slope]).slopes[0]
    found = noise_finding(moved / behind.error)
    if not behind.corrected:
        return found
    seen = Text("{seen} This is of the slope before its correction.",
                "{seen} Dit betreft de helling vóór de bijstelling.", seen=found.seen)  # fmt: skip
    return replace(found, seen=seen)


def sensitivity_from_sums(behind: Behind, contrast: float, level: float) -> Sensitivity:
    """How strong a hidden cause would have to be; a table with the same sums says as much of that as all rows."""
    table, slope = behind.columns, behind.slope
    fixed = table.shape[1] - 2 - len(slope.controls)
    own = {slope.treatment.kpi, slope.outcome.kpi}  # type: ignore[attr-defined] # of sums of a table, columns are nodes
    groups: dict[str, list[int]] = {}
    for i, node in enumerate(slope.controls):
        if node.kpi not in own:  # type: ignore[attr-defined]
            groups.setdefault(node.kpi, []).append(fixed + i)  # type: ignore[attr-defined]
    return withstood(
        table[:, -1], table[:, -2], table[:, :-2], groups, behind.value * contrast, behind.error * abs(contrast),
        behind.df, float(behind.free), level, contrast=contrast, exact=behind.exact,
    )  # fmt: skip


def with_sample(
    found: Sequence[Finding], on_sample: Sequence[Finding], panel: Panel, units: int
) -> tuple[Finding, ...]:
    """Findings of all rows where there are, else those of a sample of units, which they say.

    Parameters
    ----------
    found, on_sample : sequence of Finding
        From all rows, and from the sample.
    panel : Panel
        The sample.
    units : int
        Of the whole table.
    """
    from_sums = {finding.id: finding for finding in found}
    said = partial(
        Text,
        "In a random sample of {units:,} units ({rows:,} rows): {seen}",
        "In een toevallige steekproef van {units:,} eenheden ({rows:,} rijen): {seen}",
        units=panel.n_units,
        rows=len(panel.frame),
    )
    if panel.n_units < units:
        on_sample = [replace(one, seen=said(seen=one.seen)) for one in on_sample]
    told = [from_sums.pop(one.id, None) or one for one in on_sample]
    return (*told, *from_sums.values())
