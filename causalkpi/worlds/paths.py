"""What a pulse does along which paths: the truth about mediation, by intervention.

Mediators that are given the values they would have had without the pulse let nothing pass. With every choice of
mediators held in turn, the total effect falls apart by the set of mediators that a path visits. No coefficient is
read, so it is a truth for any world; where the world is linear, a part is the sum of its paths' products.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..errors import Fault, QuestionError, raise_all
from .world import Asked, TrueEffect, World

MOST = 10  # mediators; each doubles the number of runs


def true_parts(
    world: World, question: Asked, mediators: Sequence[str], *, units: int = 4000, seed: int = 0, at: int = 0
) -> dict[tuple[str, ...], TrueEffect]:
    """The total effect of a pulse, parted by which of these mediators a path visits.

    Parameters
    ----------
    world : World
    question, units, seed, at
        As for :meth:`World.true_effect`.
    mediators : sequence of str
        KPIs other than treatment and outcome, in any period.

    Returns
    -------
    dict of tuple of str to TrueEffect
        For every set of the mediators, the effect along the paths that visit these and no others; ``()`` is the
        direct effect. The parts add up to the total. Where an identity multiplies, a part with two or more
        mediators holds their interaction as well.

    Raises
    ------
    QuestionError
        For KPIs that cannot mediate here, or more mediators than can be run.

    References
    ----------
    Pearl, J. (2001), Direct and indirect effects, Proceedings of UAI 17, 411-420. Avin, C., Shpitser, I. and
    Pearl, J. (2005), Identifiability of path-specific effects, Proceedings of IJCAI 19, 357-363.

    Examples
    --------
    >>> from causalkpi.question import Question
    >>> from causalkpi.worlds import load_world
    >>> stores, asked = load_world("against_the_book"), Question("workload", "operating_result", 1)
    >>> for visited, part in true_parts(stores, asked, ["employee_loyalty"], units=10).items():
    ...     print(visited, round(part.value, 2))
    () 900.0
    ('employee_loyalty',) 225.0
    """
    found = f"{len(mediators)} mediators, {len(set(mediators))} of them different"
    wrong = len(set(mediators)) < len(mediators) or len(mediators) > MOST
    faults = [Fault("mediators", found, f"at most {MOST}, each once", rule="mediators")] if wrong else []
    raise_all(QuestionError, f"{world.en} cannot be asked this.", faults)
    sets = [chosen for size in range(len(mediators) + 1) for chosen in combinations(mediators, size)]
    parts: dict[tuple[str, ...], np.ndarray] = {}
    for free in sets:
        held = [kpi for kpi in mediators if kpi not in free]
        parts[free] = world.changes(question, units=units, seed=seed, at=at, held=held)[:, -1]
    for kpi in mediators:  # from "visits at most these" to "visits just these": Moebius inversion over sets
        for chosen in sets:
            if kpi in chosen:
                parts[chosen] = parts[chosen] - parts[tuple(other for other in chosen if other != kpi)]
    return {chosen: _effect(world, question, chosen, change, at) for chosen, change in parts.items()}


def _effect(world: World, question: Asked, visited: tuple[str, ...], change: np.ndarray, at: int) -> TrueEffect:
    error = change.std(ddof=1) / np.sqrt(len(change)) if len(change) > 1 else np.inf
    way = f"by way of {', '.join(visited)} alone" if visited else "by way of no mediator"
    description = (
        f"{question.treatment} {question.contrast:+g} in {world.quarter(at)} -> {question.outcome} in "
        f"{world.quarter(at + question.horizon)} {way}, mean of {len(change)} units"
    )
    return TrueEffect(float(change.mean()), float(error), len(change), description)
