"""Can the treatment be told apart from what is held fixed: variance inflation, and the scaled condition number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..estimators.result import Regression
from ..estimators.sample import Sample
from ..finding import Finding, Result
from ..graph import PERIOD_NODE
from ..language import NOTHING, Name, Text
from ..panel import Panel
from .robust import controls

DOUBTFUL, FAILS = 10.0, 100.0
_ABOUT: dict[str, Any] = {
    "id": "collinearity",
    "rule": Text(
        "Holds up to a variance inflation of {doubtful:.0f}, doubtful up to {fails:.0f}, fails above that: beyond "
        "these nine tenths and 99 hundredths of the treatment's variation are taken away by what is held fixed.",
        "Houdt stand tot een variantie-inflatie van {doubtful:.0f}, twijfelachtig tot {fails:.0f}, faalt daarboven: "
        "daar neemt wat constant wordt gehouden negen tiende dan wel 99 honderdste van de variatie in de behandeling "
        "weg.",
        doubtful=DOUBTFUL,
        fails=FAILS,
    ),
    "reference": "Belsley, Kuh and Welsch (1980), Regression Diagnostics, chapter 3; "
    "O'Brien (2007), Quality and Quantity 41",
}


def collinearity(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """How much variation the treatment has of its own.

    Parameters
    ----------
    regression : Regression
    panel : Panel
        Not used.
    rng : numpy.random.Generator
        Not used.

    Returns
    -------
    Finding
        Its statistic is the variance inflation factor of the treatment, fixed effects taken out; its numbers that,
        ``condition`` (Belsley's scaled condition number; 30 is commonly called strong) and ``without``, the factor once
        the chief control is left out.
    """
    sample = regression.whole.sample
    kpi = Name(regression.treatment.kpi)
    about: dict[str, Any] = _ABOUT | {
        "question": Text(
            "Can {kpi} be told apart from what is held fixed?",
            "Is {kpi} te onderscheiden van wat constant wordt gehouden?",
            kpi=kpi,
        ),
        "null": Text(
            "{kpi} varies by itself, whatever is held fixed.",
            "{kpi} varieert uit zichzelf, wat er ook constant wordt gehouden.",
            kpi=kpi,
        ),
    }
    groups = _groups(regression)
    if not groups:
        why = Text("No other KPI is held fixed.", "Er wordt geen andere KPI constant gehouden.")
        return Finding(**about, result="not_applicable", seen=why)
    vif, condition = inflation(sample.design, 1), condition_number(sample.design)
    chief, without = _chief(sample, groups)
    result: Result = "holds" if vif <= DOUBTFUL else "doubtful" if vif <= FAILS else "fails"
    return Finding(
        **about,
        result=result,
        seen=Text(
            "Variance inflation {vif:.1f}: {own:.2%} of the variation in {kpi} is its own. Most goes with {chief} "
            "(without it {without:.1f}). Condition number {condition:.0f}.",
            "Variantie-inflatie {vif:.1f}: {own:.2%} van de variatie in {kpi} is eigen variatie. Het meeste gaat samen "
            "met {chief} (zonder die {without:.1f}). Conditiegetal {condition:.0f}.",
            vif=vif,
            own=1 / vif,
            kpi=kpi,
            chief=chief,
            without=without,
            condition=condition,
        ),
        consequence=Text(
            "The interval is about {times:.1f} times as wide as with unrelated KPIs; it says so already, and the "
            "estimate is not biased by it.",
            "Het interval is ongeveer {times:.1f} maal zo breed als bij KPI's zonder onderlinge samenhang; dat zit al "
            "in het interval, en de schatting raakt er niet door vertekend.",
            times=float(np.sqrt(vif)),
        ),
        remedy=NOTHING if result == "holds" else _REMEDY,
        statistic=vif,
        numbers={"vif": vif, "condition": condition, "without": without},
    )


_REMEDY = Text(
    "More units or periods, or ones in which the two go apart. Leaving out a confounder gives a narrower interval "
    "around a wrong number.",
    "Meer eenheden of perioden, of juist die waarin de twee uiteenlopen. Een verstorende variabele weglaten geeft een "
    "smaller interval rond een verkeerd getal.",
)


def inflation(design: np.ndarray, at: int) -> float:
    """The variance inflation factor of a column: one over the share of its variation that no other column has.

    Parameters
    ----------
    design : ndarray, shape (n, k)
        With a constant; of full rank.
    at : int

    Examples
    --------
    >>> x = np.array([-1.0, -1, 1, 1])
    >>> round(inflation(np.column_stack([np.ones(4), x, x + [1, -1, 0, 0]]), 1), 6)
    3.0
    """
    rest = np.delete(design, at, axis=1)
    q = np.linalg.qr(rest / np.linalg.norm(rest, axis=0))[0]
    column = design[:, at] - design[:, at].mean()
    left = column - q @ (q.T @ column)
    return float(column @ column / (left @ left))


def condition_number(design: np.ndarray) -> float:
    """The largest over the smallest singular value, every column brought to length one.

    Examples
    --------
    >>> float(condition_number(np.eye(3) * [1.0, 10.0, 100.0]))
    1.0
    """
    values = np.linalg.svd(design / np.linalg.norm(design, axis=0), compute_uv=False)
    return float(values[0] / values[-1])


def _groups(regression: Regression) -> dict[Name, list[int]]:
    """The columns of the design by what they stand for: each control, and the period effects together."""
    sample = regression.whole.sample
    first = 1 + sample.treatments.shape[1]
    found = {Name(*node): [first + i] for i, node in enumerate(controls(regression))}
    last = first + len(found)
    if sample.dummies.shape[1]:
        found[Name(PERIOD_NODE.kpi)] = list(range(last, last + sample.dummies.shape[1]))
    return found


def _chief(sample: Sample, groups: dict[Name, list[int]]) -> tuple[Name, float]:
    """What would free most of the treatment's variation if it were left out, and the inflation then."""
    without = {name: inflation(np.delete(sample.design, columns, axis=1), 1) for name, columns in groups.items()}
    chief = min(without, key=lambda name: without[name])
    return chief, without[chief]
