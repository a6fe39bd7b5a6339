"""A treatment that cannot matter: what the treatment has of its own, exchanged between units.

Each unit gets the history of another one, period by period, so that the time structure stays whole. Such a placebo has
no effect, and an honest test finds one in 5% of cases. It checks the standard error and sees no confounding; so it
carries no weight in the grade.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..estimators.result import Regression
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..panel import Panel
from .partial import Partial, partial

REFERENCE = "Kennedy 1995, J. Business & Economic Statistics 13:85-94 (permuted residuals); units kept whole, ours"
TIMES, CELLS = 199, 20_000_000
DOUBTFUL, FAILS = 0.12, 0.20  # of permutations that share their data, so their shares scatter more than binomial ones


def placebo(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """How often the regression would find an effect of a treatment that has none.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
    """
    sample = regression.whole.sample
    part = partial(regression.whole)
    units = int(part.group.max()) + 1
    frame = {
        "id": "placebo",
        "question": Text("Would a treatment that cannot matter seem to?", "Lijkt een behandeling zonder effect "
                         "toch iets te doen?"),
        "null": Text("The test finds an effect of such a placebo in 5% of cases.", "De toets vindt bij zo'n placebo in "
                     "5% van de gevallen een effect."),
        "rule": Text("Doubtful above {low:.0%}, fails above {high:.0%} of {times} placebos.", "Twijfelachtig boven "
                     "{low:.0%}, faalt boven {high:.0%} van {times} placebo's.", low=DOUBTFUL, high=FAILS,
                     times=TIMES),
        "reference": REFERENCE,
    }  # fmt: skip
    times = min(TIMES, CELLS // len(part.residual))
    if units < 8 or times < 49:
        why = Text("There are too few units to exchange.", "Er zijn te weinig eenheden om te verwisselen.") if (
            units < 8) else Text("There are more rows than this check is made for.",
                                 "Er zijn meer rijen dan waarvoor deze toets gemaakt is.")  # fmt: skip
        return Finding(**frame, result="not_applicable", seen=why)
    moved = exchanged(part.treatment, part.group, sample.period, times, rng)
    t = placebo_t(part, part.out(moved))
    limit = float(stats.t.ppf(0.975, units - 1))
    share = float((np.abs(t) > limit).mean())
    result: Result = "fails" if share > FAILS else "doubtful" if share > DOUBTFUL else "holds"
    seen = Text(
        "{share:.0%} of {times} placebos got an interval without zero, where 5% are expected.",
        "Bij {share:.0%} van {times} placebo's lag het interval vrij van nul, waar 5% wordt verwacht.",
        share=share,
        times=times,
    )
    told = Text(
        "The interval is too short: units are more alike than the standard error knows.",
        "Het interval is te smal: eenheden lijken meer op elkaar dan de standaardfout weet.",
    )
    mend = Text(
        "Cluster by what units share (region, manager), or let the graph name it.",
        "Cluster naar wat eenheden delen (regio, leiding), of neem het op in de graaf.",
    )
    calm = Text("It says nothing about hidden causes.", "Over verborgen oorzaken zegt dit niets.")
    troubled = result != "holds"
    return Finding(**frame, result=result, seen=seen, consequence=told if troubled else calm,
                   remedy=mend if troubled else NOTHING, statistic=share,
                   numbers={"share": share, "spread_of_t": float(t.std())})  # fmt: skip


def exchanged(
    values: np.ndarray, group: np.ndarray, period: np.ndarray, times: int, rng: np.random.Generator
) -> np.ndarray:
    """Histories exchanged between units, period by period, shape (rows, times); where the donor has none, zero."""
    units = int(group.max()) + 1
    if units == len(values):
        return np.column_stack([values[rng.permutation(units)] for _ in range(times)])
    table = np.zeros((units, int(period.max()) + 1))
    table[group, period] = values
    return np.column_stack([table[rng.permutation(units)[group], period] for _ in range(times)])


def placebo_t(part: Partial, moved: np.ndarray) -> np.ndarray:
    """The clustered t of every placebo, shape (times,)."""
    size = (moved**2).sum(axis=0)
    slopes = moved.T @ part.residual / size
    count = int(part.group.max()) + 1
    scores = np.zeros((count, moved.shape[1]))
    left = part.residual[:, None] - moved * slopes
    np.add.at(scores, part.group, moved * left)
    return slopes * size / np.sqrt((scores**2).sum(axis=0) * count / (count - 1))
