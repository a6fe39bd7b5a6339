"""The same redrawn units for many answers: what their sums, differences and ratios would have been.

Every replicate draws units with replacement and works out all answers again on the very same draw, corrections for
short panels and the arithmetic of identities included. So a column less another, divided by another, or summed over
horizons is a draw of that quantity, and nothing need be assumed about how the answers depend on each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .estimators import Estimate
from .moments import groups_of, redrawn, replicated
from .question import Question
from .refuters.parts import summed_parts


def redraw(
    answers: Mapping[Question, Estimate], units: Sequence[str], replicates: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Joint draws of several answers.

    Parameters
    ----------
    answers : mapping of Question to Estimate
        Those by adjustment or arithmetic; others have no regressions to be worked out again.
    units : sequence of str
        Of the panel, in a fixed order. Beyond 1,024 they are drawn in that many groups of whole units.
    replicates : int
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        A row a replicate, a column an answer, in the answer's own unit; not a number where a treatment does not vary
        in a draw.

    Raises
    ------
    ValueError
        If an answer has no regressions behind it.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90:414-427.
    """
    without = [str(question) for question, answer in answers.items() if not answer.regressions]
    if without:
        raise ValueError(f"no regressions to be worked out again stand behind {'; '.join(without)}")
    group = dict(zip(units, groups_of(units).tolist(), strict=True))
    groups = max(group.values()) + 1
    weights = redrawn(groups, replicates, rng)
    found = {}
    for question, answer in answers.items():
        drawn = np.zeros(replicates)
        for regression in answer.regressions:
            for part in summed_parts(regression, group):
                own = weights[:, : len(part.moments.units)]
                drawn += regression.weight * part.weight * replicated(part.moments, own, [part.slope])[:, 0]
        found[str(question)] = drawn
    return pd.DataFrame(found).rename_axis("replicate")
