"""Whether placebo treatments are as harmless as the standard error says.

Whole histories of the treatment, its own lags along, are given to other units; each keeps its course over time and its
place in it. Such a treatment can do nothing, so the t statistics of its slopes should spread as t statistics do. Where
they spread more, the standard error is too small: units move together in ways that clusters by unit do not see. What
the treatment itself was estimated to do is taken out of the outcome first, so that a real effect of a treatment that
units share is no false alarm; shocks that make up most of the treatment go with it, and are then hardly seen. (One
common shift in time for all units has the wrong size: it leaves what units share in step.) Where a history has a gap
that the other unit has not, the gap is filled with that unit's and that period's average: no row is lost, and what a
placebo asks of a treatment, that it does not depend on the outcome, is kept. In a cross-section what the controls leave
of the treatment is dealt out anew (Freedman and Lane 1983).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import stats

from ..estimators.result import Regression
from ..estimators.screen import NO_VARIATION
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..panel import Panel
from .histories import histories
from .parts import Part, by_unit, parts_of, residual, std_error, too_few

EXCHANGES = 199
_AT_ONCE = 16  # exchanges that are worked out together
TAIL = 0.9
MOST_FILLED, FEWEST = 0.25, 0.95
DOUBTFUL, FAILS, WIDE = 1.25, 1.5, 0.75
REFERENCE = "Freedman and Lane (1983), J. Business & Economic Statistics 1:292-298; Young (2019), QJE 134:557-598"

_finding = partial(
    Finding,
    "placebo",
    Text(
        "Does the standard error allow for how much placebo treatments move the outcome by chance?",
        "Houdt de standaardfout rekening met hoe sterk placebo-ingrepen toevallig met de uitkomst samenhangen?",
    ),
    Text(
        "The t statistics of treatments taken from other units spread as t statistics should.",
        "De t-waarden van ingrepen die van andere eenheden zijn geleend, spreiden zoals t-waarden horen te doen.",
    ),
    Text(
        "Holds where nine in ten placebos stay within {doubtful} times the limits that the standard error sets them; "
        "fails beyond {fails} times; doubtful in between, and where they stay within {wide} times. With {n} exchanges "
        "chance alone moves this figure by about 0.06.",
        "Houdt stand als negen van de tien placebo's binnen {doubtful} maal de grenzen blijven die de standaardfout "
        "stelt; faalt boven {fails} maal; twijfelachtig daartussen, en als zij binnen {wide} maal blijven. Bij {n} "
        "verwisselingen verschuift dit getal door toeval met ongeveer 0,06.",
        doubtful=DOUBTFUL,
        fails=FAILS,
        wide=WIDE,
        n=EXCHANGES,
    ),
    reference=REFERENCE,
)
_CONSEQUENCE = Text(
    "This checks the standard error alone. A placebo sees no hidden cause, so one that holds carries no weight in the "
    "grade and proves nothing about the effect.",
    "Dit toetst alleen de standaardfout. Een placebo ziet geen verborgen oorzaak; houdt zij stand, dan weegt dat niet "
    "mee in het oordeel en bewijst het niets over het effect.",
)


_STILL = Text(
    "Exchanged histories often do not vary where the other unit was seen.",
    "Geruilde reeksen variëren vaak niet waar de andere eenheid is waargenomen.",
)


def placebo(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Exchange the treatment's histories between units and look at the spread of the placebos' t statistics."""
    why = too_few(regression) or _too_many_gaps(regression, panel)
    if why:
        return _finding(result="not_applicable", seen=why)
    t = placebo_t(regression, panel, rng)
    t = t[np.isfinite(t)]
    if len(t) < FEWEST * EXCHANGES:
        return _finding(result="not_applicable", seen=_STILL)
    df = regression.best.df
    spread = float(np.quantile(np.abs(t), TAIL) / stats.t.ppf(0.5 + TAIL / 2, df))
    beyond = float((np.abs(t) > stats.t.ppf(0.975, df)).mean())
    result: Result = "fails" if spread > FAILS else "doubtful" if spread > DOUBTFUL or spread < WIDE else "holds"
    seen = Text(
        "Of {n} placebo treatments nine in ten stay within {spread:.2f} times the limits that the standard error sets; "
        "{beyond:.0%} would be taken for an effect at the 5% level.",
        "Van {n} placebo-ingrepen blijven er negen van de tien binnen {spread:.2f} maal de grenzen die de "
        "standaardfout stelt; {beyond:.0%} zou op het 5%-niveau voor een effect worden aangezien.",
        n=len(t),
        spread=spread,
        beyond=beyond,
    )
    numbers = {"exchanges": float(len(t)), "beyond_5_percent": beyond}
    return _finding(
        result=result,
        seen=seen,
        consequence=Text.join([_meaning(result, spread), _CONSEQUENCE]),
        remedy=_remedy(spread) if result != "holds" else NOTHING,
        statistic=spread,
        numbers=numbers,
    )


def placebo_t(regression: Regression, panel: Panel, rng: np.random.Generator) -> np.ndarray:
    """The t statistics of placebo treatments, shape (exchanges,), on the scale of the reported standard error."""
    draw, parts = _dealer(regression, panel, rng)
    left = residual(regression)
    units = len(regression.whole.sample.units)
    outcomes = [part.left(left[:, None])[:, 0] for part in parts]
    own = _slopes(parts, outcomes, draw(None)[:, None], units)[1][0]
    unit = std_error(regression) / own  # the reported convention against the plain sum of squared scores
    found = []
    for start in range(0, EXCHANGES, _AT_ONCE):
        given = np.stack([draw(rng) for _ in range(min(_AT_ONCE, EXCHANGES - start))], axis=1)
        slopes, errors = _slopes(parts, outcomes, given, units)
        found.append(np.divide(slopes, errors * unit, out=np.full(len(slopes), np.nan), where=errors > 0))
    return np.concatenate(found)


def _slopes(
    parts: tuple[Part, ...], outcomes: list[np.ndarray], given: np.ndarray, units: int
) -> tuple[np.ndarray, np.ndarray]:
    """The answers for several treatments, each in the first column with its lags beside it, and their clustered errors.

    Not a number where a treatment does not vary. `given` has shape (rows, treatments, 1 + lags).
    """
    count = given.shape[1]
    slopes, scores = np.zeros(count), np.zeros((units, count))
    for part, outcome in zip(parts, outcomes, strict=True):
        block = part.left(given.reshape(len(given), -1)).reshape(len(part.rows), *given.shape[1:])
        treatment, lags, rest = block[:, :, 0], block[:, :, 1:], np.repeat(outcome[:, None], count, axis=1)
        if lags.shape[2]:  # a handful of lags: their products say all
            gram = np.einsum("nbk,nbl->bkl", lags, lags)
            both = np.stack([np.einsum("nbk,nb->bk", lags, column) for column in (treatment, rest)], axis=2)
            weights = np.linalg.pinv(gram, hermitian=True) @ both
            treatment = treatment - np.einsum("nbk,bk->nb", lags, weights[:, :, 0])
            rest = rest - np.einsum("nbk,bk->nb", lags, weights[:, :, 1])
        size = np.einsum("nb,nb->b", treatment, treatment)
        still = size <= NO_VARIATION * len(treatment) * given[part.rows, :, 0].var(axis=0)
        size = np.where(still, np.nan, size)
        own = np.einsum("nb,nb->b", treatment, rest) / size
        slopes += part.weight * own
        scores += part.weight * by_unit(treatment * (rest - own * treatment), part.unit, units) / size
    return slopes, np.sqrt((scores**2).sum(axis=0))


def _dealer(
    regression: Regression, panel: Panel, rng: np.random.Generator
) -> tuple[Callable[[np.random.Generator | None], np.ndarray], tuple[Part, ...]]:
    """A function that deals out the treatment, with its lags, to the sample's rows; as it was for None."""
    sample = regression.whole.sample
    if not sample.repeated:
        parts = parts_of(regression)
        left = parts[0].left(sample.treatments)
        return lambda draw: left if draw is None else left[draw.permutation(len(left))], parts
    history = histories(regression, panel)
    table, unit, period = history.table, sample.unit, sample.period

    def deal(draw: np.random.Generator | None) -> np.ndarray:
        whose = np.arange(len(table)) if draw is None else draw.permutation(len(table))
        return table[whose[unit], period]

    return deal, parts_of(regression, history.lags)


def _too_many_gaps(regression: Regression, panel: Panel) -> Text | None:
    if not regression.whole.sample.repeated or (share := histories(regression, panel).filled) <= MOST_FILLED:
        return None
    return Text(
        "Units are seen in different periods: {share:.0%} of the histories that they would exchange are gaps.",
        "Eenheden zijn in verschillende perioden waargenomen: {share:.0%} van de reeksen die zij zouden ruilen, "
        "ontbreekt.",
        share=share,
    )


def _meaning(result: Result, spread: float) -> Text:
    if result == "holds":
        return NOTHING
    if spread < 1:
        return Text("The interval is wider than placebos need.", "Het interval is ruimer dan placebo's vergen.")
    return Text(
        "The standard error is likely too small: the interval should be about {spread:.1f} times as wide.",
        "De standaardfout is waarschijnlijk te klein: het interval hoort ongeveer {spread:.1f} maal zo breed te zijn.",
        spread=spread,
    )


def _remedy(spread: float) -> Text:
    if spread < 1:
        return NOTHING
    return Text(
        "Look for shocks that units share, and declare them as period effects; or cluster by a larger group.",
        "Zoek naar schokken die eenheden delen en leg die vast als periode-effecten, of cluster op een grotere groep.",
    )
