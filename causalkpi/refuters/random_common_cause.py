"""One more control that is pure noise: the answer must stay where it is."""

from __future__ import annotations

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..panel import Panel
from .partial import partial

REFERENCE = "Sharma and Kiciman 2020, DoWhy (the idea); computed on the regression in use, with its fixed effects"
TIMES, CELLS, DOUBTFUL, FAILS = 100, 20_000_000, 0.25, 0.5


def random_common_cause(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """How far the slope moves, in standard errors, when a column of noise is held fixed too.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
    """
    part = partial(regression.whole)
    rows = len(part.residual)
    error = float(np.sqrt(regression.best.covariance[0, 0]))
    frame = {
        "id": "random_common_cause",
        "question": Text("Does noise move the answer?", "Verschuift het antwoord door toegevoegde ruis?"),
        "null": Text("One more control of pure noise leaves the answer where it is.", "Een extra variabele van zuivere "
                     "ruis laat het antwoord waar het is."),
        "rule": Text("By the 95th percentile of the moves: doubtful above {low:g}, fails above {high:g} standard "
                     "errors.", "Naar het 95e percentiel van de verschuivingen: twijfelachtig boven {low:g}, faalt "
                     "boven {high:g} standaardfout.", low=DOUBTFUL, high=FAILS),
        "reference": REFERENCE,
    }  # fmt: skip
    times = min(TIMES, CELLS // rows)
    if times < 20 or not error > 0 or rows <= part.base.shape[1] + 2:
        why = Text("The sample is too large or too small for this check.", "De steekproef is te groot of te klein voor "
                   "deze toets.")  # fmt: skip
        return Finding(**frame, result="not_applicable", seen=why)
    noise = part.out(rng.standard_normal((rows, times)))
    moves = np.abs(shifts(part.treatment, part.residual, noise)) / error
    far = float(np.quantile(moves, 0.95))
    result: Result = "fails" if far > FAILS else "doubtful" if far > DOUBTFUL else "holds"
    seen = Text(
        "Over {times} draws the answer moved by {far:.2f} standard errors at the 95th percentile.",
        "Over {times} trekkingen verschoof het antwoord {far:.2f} standaardfout bij het 95e percentiel.",
        times=times,
        far=far,
    )
    told = Text("The answer hangs by few degrees of freedom.", "Het antwoord hangt aan weinig vrijheidsgraden.")
    mend = Text("Bring more rows, or hold fewer KPIs fixed.", "Breng meer rijen in, of houd minder KPI's constant.")
    troubled = result != "holds"
    return Finding(**frame, result=result, seen=seen, consequence=told if troubled else NOTHING,
                   remedy=mend if troubled else NOTHING, statistic=far)  # fmt: skip


def shifts(treatment: np.ndarray, residual: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """How far the slope moves with each column held fixed too, by Frisch, Waugh and Lovell; shape (columns,)."""
    xx, xw = float(treatment @ treatment), treatment @ noise
    ww, we = (noise**2).sum(axis=0), residual @ noise
    return -xw * we / (xx * ww - xw**2)
