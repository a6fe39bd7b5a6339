"""Double machine learning beside the straight line: whether the answer hangs on the controls working in straight lines.

It takes many fits, so no run does this by itself: it is put to an answer by
:meth:`causalkpi.evidence.Evidence.put_to`. Both slopes are of the same rows, and each unit moves both: the difference
is judged by what it becomes without each unit in turn, the learned curves as they are, and by how far the splits of
double machine learning lie apart.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..estimators.double_ml import CrossFit, cross_fit
from ..estimators.draws import joint_slopes
from ..estimators.nuisance import BOOSTING, Learner
from ..estimators.regression import p_value
from ..estimators.result import Regression
from ..estimators.screen import Refusal
from ..finding import BY_P, Finding, p_text, result_of
from ..language import NOTHING, Text
from ..panel import Panel

REFERENCE = "Chernozhukov et al. 2018, Econometrics Journal 21:C1-C68; the difference as in Hausman 1978"
_QUESTION = Text(
    "Does the answer stay where it is when the controls need not work in straight lines?",
    "Blijft het antwoord staan als de controles niet langs rechte lijnen hoeven te werken?",
)
_NULL = Text(
    "The straight lines and the learned curves of the controls give the same slope.",
    "De rechte lijnen en de geleerde krommen van de controles geven dezelfde helling.",
)
_TROUBLE = Text(
    "A control works in a bend or together with another, and along straight lines part of that passes for an effect.",
    "Een controle werkt in een bocht of samen met een andere, en langs rechte lijnen gaat een deel daarvan door voor "
    "een effect.",
)
_CALM = Text(
    "That both agree says nothing about causes that were not measured: both hold the same KPIs fixed.",
    "Dat beide overeenstemmen zegt niets over oorzaken die niet zijn gemeten: beide houden dezelfde KPI's constant.",
)
_MEND = Text(
    "Ask by double machine learning, and look at the pictures of functional form for the control that bends.",
    "Stel de vraag met double machine learning, en zoek in de figuren over de vorm welke controle een bocht maakt.",
)


def compare_with_double_ml(
    regression: Regression,
    panel: Panel,
    rng: np.random.Generator,
    *,
    learner: Learner = BOOSTING,
    folds: int = 5,
    repeats: int = 5,
    progress: Callable[[str], None] = lambda _: None,
) -> Finding:
    """Whether double machine learning gives the slope that the adjusted regression gives.

    Parameters
    ----------
    regression : Regression
    panel : Panel
    rng : numpy.random.Generator
        For the splits and the learners.
    learner, folds, repeats, progress
        As for :func:`causalkpi.double_ml`.

    Returns
    -------
    Finding
        Not applicable, with the reason, where double machine learning is refused.

    Examples
    --------
    >>> import networkx as nx, pandas as pd
    >>> from causalkpi import Study
    >>> draw = np.random.default_rng(1)
    >>> market = draw.normal(size=1500)
    >>> loyalty = np.abs(market) + draw.normal(size=1500)
    >>> spend = loyalty + 2 * np.abs(market) + draw.normal(size=1500)
    >>> data = pd.DataFrame({"market": market, "loyalty": loyalty, "spend": spend})
    >>> graph = nx.DiGraph([("market", "loyalty"), ("market", "spend"), ("loyalty", "spend")])
    >>> study = Study(graph, data)
    >>> evidence = study.ask("loyalty", "spend").put_to(compare_with_double_ml, study.panel)
    >>> evidence.findings[-1].result
    'fails'
    """
    try:
        found = cross_fit(
            panel, regression.estimand, regression.outcome, [regression.treatment], rng, learner=learner, folds=folds,
            repeats=repeats, confirm=False, progress=progress,
        )  # fmt: skip
    except Refusal as refusal:
        return _finding("not_applicable", Text("{why}", "{why}", why=refusal.reason))
    gap, error, df = difference(found)
    p, weight = p_value(gap, error, df), regression.weight
    seen = Text(
        "Double machine learning gives {other:.4g} where the adjusted regression gives {value:.4g} (difference: {p}).",
        "Double machine learning geeft {other:.4g} waar de gecorrigeerde regressie {value:.4g} geeft (verschil: {p}).",
        other=float(found.fit.slopes[0]) * weight,
        value=float(found.linear.slopes[0]) * weight,
        p=p_text(p),
    )
    numbers = {
        "double_ml": float(found.fit.slopes[0]) * weight,
        "difference": gap * weight,
        "std_error": error * abs(weight),
        "df": df,
        "outcome_explained": found.explained[0],
        "treatment_explained": found.explained[1],
    }
    return _finding(result_of(p), seen, gap / error if error else 0.0, p, numbers)


def difference(found: CrossFit) -> tuple[float, float, float]:
    """Double machine learning's slope less the adjusted regression's, its error and degrees of freedom."""
    joint = joint_slopes([found.fit, found.linear])
    signs = np.array([1.0, -1.0])
    variance = max(0.0, float(signs @ joint.covariance @ signs)) + found.between
    return float(joint.slopes @ signs), variance**0.5, joint.df


def _finding(
    result: str, seen: Text, statistic: float = np.nan, p: float = np.nan, numbers: dict[str, float] | None = None
) -> Finding:
    troubled = result in ("doubtful", "fails")
    return Finding(
        id="double_ml",
        question=_QUESTION,
        null=_NULL,
        rule=BY_P,
        result=result,  # type: ignore[arg-type]
        seen=seen,
        consequence=_TROUBLE if troubled else _CALM if result == "holds" else NOTHING,
        remedy=_MEND if troubled else NOTHING,
        reference=REFERENCE,
        statistic=statistic,
        p_value=p,
        numbers=numbers or {},
    )
