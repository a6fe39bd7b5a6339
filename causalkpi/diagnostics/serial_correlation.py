"""Do errors of one unit hang together over time: the residual on the unit's own residual of the period before."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ..estimators.result import Regression
from ..finding import BY_P, Finding, p_text, result_of
from ..language import NOTHING, Text
from ..panel import Panel
from .robust import residuals

REFERENCE = "Wooldridge 2010, section 10.5.4; Born and Breitung 2016, Econometric Reviews 35:1290-1316"


def serial_correlation(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether a unit's errors go together from one period to the next.

    Taking unit means out makes unrelated errors of T periods correlate by -1 / (T - 1); that is the null then.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.
    """
    sample = regression.whole.sample
    frame = {
        "id": "serial_correlation",
        "question": Text("Are a unit's errors unrelated over time?", "Zijn de fouten van een eenheid los van elkaar in "
                         "de tijd?"),
        "null": Text("A unit's error says nothing about its next one.", "De fout van een eenheid zegt niets over de "
                     "volgende."),
        "rule": BY_P,
        "reference": REFERENCE,
    }  # fmt: skip
    if not sample.repeated:
        why = Text("Units are seen once.", "Elke eenheid is één keer waargenomen.")
        return Finding(**frame, result="not_applicable", seen=why)
    found = lag_one(residuals(regression.whole), sample.unit, sample.period, demeaned=sample.unit_effects)
    if found is None:
        why = Text("Too few units have consecutive periods.", "Te weinig eenheden hebben opeenvolgende perioden.")
        return Finding(**frame, result="not_applicable", seen=why)
    slope, null, t, p = found
    result = result_of(p)
    seen = Text(
        "Correlation with the period before {slope:.2f}, where {null:.2f} is expected: {p}.",
        "Samenhang met de periode ervoor {slope:.2f}, waar {null:.2f} wordt verwacht: {p}.",
        slope=slope,
        null=null,
        p=p_text(p),
    )
    told = Text(
        "No harm to the interval: errors are clustered by unit, which allows for it.",
        "Geen bezwaar voor het interval: de fouten zijn per eenheid geclusterd, en dat houdt er rekening mee.",
    )
    return Finding(**frame, result=result, seen=seen, consequence=NOTHING if result == "holds" else told,
                   statistic=t, p_value=p, numbers={"slope": slope, "null": null})  # fmt: skip


def lag_one(
    errors: np.ndarray, unit: np.ndarray, period: np.ndarray, *, demeaned: bool
) -> tuple[float, float, float, float] | None:
    """The slope of errors on the unit's own of the period before, its null, t and p; None with too few units.

    `period` numbers the periods of the sample; where unit means were taken out the null is that of unrelated errors.
    """
    order = np.lexsort((period, unit))
    e, u, t = errors[order], unit[order], period[order]
    pairs = np.flatnonzero((u[1:] == u[:-1]) & (t[1:] == t[:-1] + 1))
    now, before, groups = e[pairs + 1], e[pairs], u[pairs]
    units = np.unique(groups)
    if len(units) < 5 or not float(before @ before) > 0:
        return None
    lengths = np.bincount(unit)[groups]
    null = float(np.mean(-1 / (lengths - 1))) if demeaned else 0.0
    slope = float(before @ now) / float(before @ before)
    scores = np.bincount(groups, before * (now - slope * before), minlength=groups.max() + 1)
    count = len(units)
    error = float(np.sqrt((scores**2).sum() * count / (count - 1))) / float(before @ before)
    if not error > 0:
        return None
    statistic = (slope - null) / error
    return slope, null, statistic, float(2 * stats.t.sf(abs(statistic), count - 1))
