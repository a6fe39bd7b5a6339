"""Can the treatment be told from what is held fixed: variance inflation, and the condition number of the regressors."""

from __future__ import annotations

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding, Result
from ..language import NOTHING, Name, Text
from ..panel import Panel
from ..question import label

REFERENCE = (
    "Belsley, Kuh and Welsch 1980, Regression Diagnostics, chapter 3; O'Brien 2007, Quality & Quantity 41:673-690"
)
DOUBTFUL, FAILS = 10.0, 100.0


def collinearity(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """How much wider the interval is because the treatment goes with what is held fixed.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        Not used.
    """
    sample = regression.whole.sample
    x = Name(regression.treatment.kpi)
    frame = {
        "id": "collinearity",
        "question": Text("Can {x} be told from what is held fixed?", "Is {x} te onderscheiden van wat constant wordt "
                         "gehouden?", x=x),
        "null": Text("What is held fixed leaves {x} room to vary.", "Wat constant wordt gehouden laat {x} ruimte om te "
                     "variëren.", x=x),
        "rule": Text("Variance inflation above {low:g}: doubtful; above {high:g}: fails.", "Variantie-inflatie boven "
                     "{low:g}: twijfelachtig; boven {high:g}: faalt.", low=DOUBTFUL, high=FAILS),
        "reference": REFERENCE,
    }  # fmt: skip
    columns = np.column_stack([sample.treatments, sample.controls])
    if columns.shape[1] < 2 and not sample.dummies.shape[1]:
        return Finding(**frame, result="not_applicable", seen=Text("Nothing is held fixed.", "Er wordt niets constant "
                       "gehouden."))  # fmt: skip
    vif = variance_inflation(sample.design, 1)
    condition = condition_number(columns)
    result: Result = "fails" if vif > FAILS else "doubtful" if vif > DOUBTFUL else "holds"
    close = _closest(columns)
    chief = {str(label(node)): label(node) for node in regression.estimand.controls}
    seen = Text(
        "Variance inflation {vif:.1f} (the interval is {times:.1f} times as wide as without), condition number "
        "{condition:.0f}.",
        "Variantie-inflatie {vif:.1f} (het interval is {times:.1f} maal zo breed als zonder), conditiegetal "
        "{condition:.0f}.",
        vif=vif,
        times=float(np.sqrt(vif)),
        condition=condition,
    )
    told = Text(
        "The estimate is not biased by it, but rests on the little in which {x} differs from {other}.",
        "De schatting wordt er niet door vertekend, maar rust op het weinige waarin {x} van {other} verschilt.",
        x=x,
        other=chief.get(sample.control_names[close], x) if close >= 0 else x,
    )
    mend = Text(
        "More units or periods help; dropping a confounder does not.",
        "Meer eenheden of perioden helpen; een verstorende KPI weglaten helpt niet.",
    )
    troubled = result != "holds"
    return Finding(**frame, result=result, seen=seen, consequence=told if troubled else NOTHING,
                   remedy=mend if troubled else NOTHING, statistic=vif,
                   numbers={"vif": vif, "condition_number": condition})  # fmt: skip


def variance_inflation(design: np.ndarray, at: int) -> float:
    """1 / (1 - R2) of one column on the others, the constant among them."""
    target, rest = design[:, at], np.delete(design, at, axis=1)
    size = np.linalg.norm(rest, axis=0)
    q = np.linalg.qr(rest[:, size > 0] / size[size > 0])[0]
    left = target - q @ (q.T @ target)
    whole = target - target.mean()
    return float(whole @ whole) / max(float(left @ left), 1e-300)


def condition_number(columns: np.ndarray) -> float:
    """The largest over the smallest singular value of columns scaled to unit length, a constant among them."""
    both = np.column_stack([np.ones(len(columns)), columns])
    size = np.linalg.norm(both, axis=0)
    singular = np.linalg.svd(both[:, size > 0] / size[size > 0], compute_uv=False)
    return float(singular[0] / max(singular[-1], 1e-300))


def _closest(columns: np.ndarray) -> int:
    """The control that goes most with the treatment, by place; -1 where there is none."""
    if columns.shape[1] < 2:
        return -1
    centred = columns - columns.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    return int(np.argmax(np.abs(centred[:, 0] @ centred[:, 1:] / np.where(size[1:] > 0, size[1:], np.inf))))
