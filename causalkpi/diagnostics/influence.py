"""Does one unit carry the answer: every unit left out in turn, exactly."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..estimators.result import Regression
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..panel import Panel

REFERENCE = "Cook and Weisberg 1982, Residuals and Influence in Regression, section 3.8; Belsley, Kuh and Welsch 1980"


def influence(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether leaving a single unit out changes what the answer says.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.
    """
    best = regression.best
    value, error = float(best.slopes[0]), float(np.sqrt(best.covariance[0, 0]))
    left_out = best.left_out[:, 0]
    one = Text("unit", "eenheid") if best.sample.repeated else Text("row", "rij")
    frame = {
        "id": "influence",
        "question": Text("Does a single {one} carry the answer?", "Hangt het antwoord aan één {one}?", one=one),
        "null": Text("Without any one {one} the answer says the same.", "Zonder welke {one} ook zegt het antwoord "
                     "hetzelfde.", one=one),
        "rule": Text("Fails if leaving one {one} out turns the sign of an answer whose 95% interval is clear of zero; "
                     "doubtful if it moves the answer by a standard error or takes that interval to zero.",
                     "Faalt als het weglaten van één {one} het teken omkeert van een antwoord waarvan het 95%-interval "
                     "vrij van nul ligt; twijfelachtig als het antwoord er een standaardfout door verschuift, of dat "
                     "interval daardoor nul raakt.", one=one),
        "reference": REFERENCE,
    }  # fmt: skip
    if not error > 0:
        return Finding(**frame, result="not_applicable", seen=Text("The fit is exact.", "De regressie past exact."))
    far = float(np.abs(left_out - value).max()) / error
    half = float(stats.t.ppf(0.975, best.df)) * error
    clear = abs(value) > half
    turns = clear and bool((left_out * value <= 0).any())
    fades = clear and bool((np.abs(left_out) <= half).any() or turns)
    result: Result = "fails" if turns else "doubtful" if fades or far > 1 else "holds"
    weight = regression.weight
    seen = Text(
        "Leaving one {one} out gives between {low:.4g} and {high:.4g}, at most {far:.2f} standard errors away.",
        "Zonder één {one} ligt de schatting tussen {low:.4g} en {high:.4g}, hoogstens {far:.2f} standaardfout verder.",
        one=one,
        low=float((left_out * weight).min()),
        high=float((left_out * weight).max()),
        far=far,
    )
    told = Text(
        "The answer depends on one {one}: with another it might have been different.",
        "Het antwoord hangt af van één {one}: met een andere was het mogelijk anders geweest.",
        one=one,
    )
    mend = Text(
        "Look at that {one}: a mistake in the data, or a case of its own? Report the answer with and without it.",
        "Bekijk die {one}: een fout in de gegevens, of een geval apart? Geef het antwoord met en zonder.",
        one=one,
    )
    troubled = result != "holds"
    return Finding(**frame, result=result, seen=seen, consequence=told if troubled else NOTHING,
                   remedy=mend if troubled else NOTHING, statistic=far,
                   numbers={"lowest": float(left_out.min()), "highest": float(left_out.max()), "far": far})  # fmt: skip
