"""Whether the conclusion survives when the t statistic's distribution is drawn from the data instead of a table.

With few clusters a t distribution is an approximation. Here the null is imposed, the residuals of whole units are given
random weights, and the t statistic is worked out again, many times. It asks nothing of the standard error's formula; it
does ask that units are alike enough, and with a treatment in a handful of units it finds too little.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from ..estimators.conventions import FEW_UNITS
from ..estimators.regression import p_value
from ..estimators.result import Regression
from ..estimators.wild import DRAWS, FEW_FOR_SIGNS, WildBootstrap
from ..finding import Finding, Result, p_text
from ..language import NOTHING, Text
from ..panel import Panel
from .parts import std_error, why_not

LEVEL, FAR = 0.05, 0.10

_finding = partial(
    Finding,
    "wild_bootstrap",
    Text(
        "Does the conclusion survive a wild cluster bootstrap?",
        "Houdt de conclusie stand bij een wild cluster-bootstrap?",
    ),
    Text("The treatment has no effect.", "De ingreep heeft geen effect."),
    Text(
        "Holds where the p-value of the bootstrap lies on the same side of {level:.0%} as the reported one; fails "
        "where an effect was reported and the bootstrap gives {far:.0%} or more; doubtful otherwise. Units' residuals "
        "get Webb's six weights below {signs} units, random signs from there; {n} draws.",
        "Houdt stand als de p-waarde van de bootstrap aan dezelfde kant van {level:.0%} ligt als de vermelde; faalt "
        "als een effect is vermeld en de bootstrap {far:.0%} of meer geeft; is anders twijfelachtig. De residuen van "
        "eenheden krijgen onder {signs} eenheden de zes gewichten van Webb, daarboven willekeurige tekens; {n} "
        "trekkingen.",
        level=LEVEL,
        far=FAR,
        signs=FEW_FOR_SIGNS,
        n=DRAWS,
    ),
    reference="Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90:414-427; "
    "Roodman, MacKinnon, Nielsen and Webb (2019), Stata Journal 19:4-60",
)


def wild_bootstrap(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Hold the reported p-value beside that of a restricted wild cluster bootstrap."""
    why = _not_for(regression) or why_not(regression)
    if why:
        return _finding(result="not_applicable", seen=why)
    sample = regression.whole.sample
    others = np.delete(sample.design, 1, axis=1)
    drawn = WildBootstrap(sample.outcome, sample.treatments[:, 0], others, sample.unit, rng)
    best = regression.best
    p, reported = drawn.p_value(), p_value(float(best.slopes[0]), std_error(regression), best.df)
    result = _result(p, reported)
    low, high = sorted(end * regression.weight for end in drawn.interval(1 - LEVEL))
    ends = {name: end for name, end in (("low", low), ("high", high)) if math.isfinite(end)}  # no end: no number
    seen = Text(
        "The bootstrap gives {p}, beside the reported {reported}, over {n} units.",
        "De bootstrap geeft {p}, naast de vermelde {reported}, over {n} eenheden.",
        p=p_text(p),
        reported=p_text(reported),
        n=drawn.clusters,
    )
    return _finding(
        result=result,
        seen=seen,
        consequence=_consequence(result, p),
        remedy=_REMEDY if result != "holds" else NOTHING,
        statistic=drawn.slope * regression.weight,
        p_value=p,
        numbers={"reported": reported, **ends, "draws": float(drawn.draws)},
    )


def _not_for(regression: Regression) -> Text | None:
    """Why the bootstrap is not made here; None where it is."""
    sample = regression.whole.sample
    if not sample.repeated:
        return Text(
            "Units are seen once: there are no clusters of rows.",
            "Eenheden zijn één keer waargenomen: er zijn geen clusters van rijen.",
        )
    if regression.corrected:
        return Text(
            "The slope is corrected for a short panel, and this bootstrap would draw around the uncorrected one.",
            "De schatting is bijgesteld voor een kort panel, en deze bootstrap zou rond de onbijgestelde trekken.",
        )
    if len(sample.units) >= FEW_UNITS:
        return Text(
            "With {units} units the usual standard errors need no second opinion.",
            "Met {units} eenheden hebben de gebruikelijke standaardfouten geen tweede oordeel nodig.",
            units=len(sample.units),
        )
    return None


def _result(p: float, reported: float) -> Result:
    if (p < LEVEL) == (reported < LEVEL):
        return "holds"
    return "fails" if reported < LEVEL and p >= FAR else "doubtful"


_REMEDY = Text(
    "Do not rest a decision on whether this p-value lies below 5%; bring more units.",
    "Laat een besluit niet afhangen van de vraag of deze p-waarde onder 5% ligt; voeg eenheden toe.",
)


def _consequence(result: Result, p: float) -> Text:
    if result == "holds":
        return Text(
            "The conclusion at 5% does not depend on which approximation for few units is used; that says nothing "
            "about bias.",
            "De conclusie bij 5% hangt niet af van de gekozen benadering voor weinig eenheden; over vertekening zegt "
            "dat niets.",
        )
    if p < LEVEL:
        return Text(
            "The reported interval holds zero where the bootstrap would not: it errs on the safe side.",
            "Het vermelde interval omvat nul waar de bootstrap dat niet zou doen: het zit aan de veilige kant.",
        )
    return Text(
        "With so few units it is open whether the effect differs from zero.",
        "Met zo weinig eenheden staat niet vast of het effect van nul verschilt.",
    )
