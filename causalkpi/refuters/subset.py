"""Whether the answer stays within its own interval when a fifth of the units is left out, whichever fifth it is.

Subsets are drawn by whole units, rows in a cross-section; DoWhy's refuter of that name draws rows, and draws the same
ones every time when it is given a whole number for its chance. With four fifths of the units an answer should move by
about half a standard error, so leaving the interval, four times as far, is a sign that a few units carry it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import stats

from ..estimators.result import Regression
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..moments import left_in
from ..panel import Panel
from .cluster_bootstrap import weighted_slopes
from .parts import std_error, too_few

DRAWS, SHARE = 400, 0.8
DOUBTFUL, FAILS = 0.01, 0.05

_finding = partial(
    Finding,
    "subset",
    Text(
        "Does the answer stay within its interval when a fifth of the units is left out?",
        "Blijft de schatting binnen haar interval als een vijfde van de eenheden wordt weggelaten?",
    ),
    Text(
        "Random subsets of the units give answers within the interval of the whole.",
        "Toevallige deelverzamelingen van de eenheden geven schattingen binnen het interval van het geheel.",
    ),
    Text(
        "Holds where at most {doubtful:.0%} of {n} random subsets of {share:.0%} of the units leave the 95% interval, "
        "fails beyond {fails:.0%}, doubtful in between. By chance alone fewer than one in a thousand should.",
        "Houdt stand als hoogstens {doubtful:.0%} van {n} toevallige deelverzamelingen van {share:.0%} van de "
        "eenheden buiten het 95%-interval valt, faalt boven {fails:.0%}, en is daartussen twijfelachtig. Door toeval "
        "zou dat bij minder dan een op de duizend gebeuren.",
        doubtful=DOUBTFUL,
        fails=FAILS,
        n=DRAWS,
        share=SHARE,
    ),
    reference="Sharma and Kiciman (2020), arXiv:2011.04216; Politis, Romano and Wolf (1999), Subsampling",
)


def subset(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Leave out a random fifth of the units, many times over."""
    why = too_few(regression)
    if why:
        return without_draws(why)
    slopes = subset_slopes(regression, rng)
    return subset_finding(
        slopes, float(regression.best.slopes[0]), std_error(regression), regression.best.df, regression.weight
    )


def without_draws(why: Text) -> Finding:
    """The finding where nothing can be drawn, with the reason."""
    return _finding(result="not_applicable", seen=why)


def subset_finding(slopes: np.ndarray, answer: float, error: float, df: float, contrast: float) -> Finding:
    """What slopes over subsets say of a slope with its standard error, both per unit of the treatment."""
    drawn = slopes[~np.isnan(slopes)]
    if not len(drawn):
        still = Text("The treatment varies in too few units.", "De ingreep varieert in te weinig eenheden.")
        return _finding(result="not_applicable", seen=still)
    outside = float((np.abs(drawn - answer) > stats.t.ppf(0.975, df) * error).mean())
    low, high = sorted((float(drawn.min()) * contrast, float(drawn.max()) * contrast))
    result: Result = "fails" if outside > FAILS else "doubtful" if outside > DOUBTFUL else "holds"
    return _finding(
        result=result,
        seen=Text(
            "Over {n} subsets the answer lies between {low:.3g} and {high:.3g}; {outside:.1%} leave the interval.",
            "Over {n} deelverzamelingen ligt de schatting tussen {low:.3g} en {high:.3g}; {outside:.1%} valt buiten "
            "het interval.",
            n=len(drawn),
            low=low,
            high=high,
            outside=outside,
        ),
        consequence=_STANDS if result == "holds" else _FEW,
        remedy=NOTHING if result == "holds" else _LOOK,
        statistic=outside,
        numbers={"low": low, "high": high, "draws": float(len(drawn))},
    )


def subset_slopes(regression: Regression, rng: np.random.Generator) -> np.ndarray:
    """The slope over random subsets of the units, shape (draws,)."""
    return weighted_slopes(regression, lambda groups: left_in(groups, DRAWS, rng, SHARE))


_STANDS = Text(
    "No fifth of the units decides the answer; what all of them share would not be seen here.",
    "Geen vijfde deel van de eenheden bepaalt de schatting; wat ze alle delen blijft hier onzichtbaar.",
)
_FEW = Text(
    "The answer hangs on which units are looked at, more than its interval says.",
    "De schatting hangt af van welke eenheden men bekijkt, meer dan haar interval zegt.",
)
_LOOK = Text(
    "Look which units the answer rests on, and take the widest of the intervals.",
    "Ga na op welke eenheden de schatting rust, en houd het ruimste interval aan.",
)
