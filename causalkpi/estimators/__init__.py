"""Estimation: from an estimand and a panel to an estimate, or to the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ..errors import DataError
from ..language import Name, Text
from ..panel import Panel, as_panel
from ..question import Estimand, Unanswered
from .conventions import USUAL_ERRORS, Convention, usual
from .double_ml import double_ml
from .front_door import estimate_by_front_door
from .identity import estimate_identity
from .instrument import estimate_by_instrument
from .linear import estimate_by_adjustment
from .power import minimum_detectable_effect
from .result import Answer, Beside, Estimate
from .screen import Refusal
from .series import estimate_series

_MEND = Text(
    "Mend the data, or the graph, and ask again.", "Herstel de gegevens, of de graaf, en stel de vraag opnieuw."
)
_JOINT = Text(
    "The answer is put together from several regressions, whose joint uncertainty comes from leaving one unit out at a "
    "time: other errors cannot be chosen for it.",
    "Het antwoord is samengesteld uit meerdere regressies, waarvan de gezamenlijke onzekerheid volgt uit het telkens "
    "weglaten van één eenheid: andere standaardfouten zijn daarvoor niet te kiezen.",
)
_ALONE = Text(
    "One unit's series has errors of its own: those asked for compare units.",
    "De reeks van één eenheid kent eigen standaardfouten: de gevraagde vergelijken eenheden.",
)
_OWN_ERRORS = Text(
    "Another estimator has errors of its own: those asked for are the adjusted regression's.",
    "Een andere schatter kent eigen standaardfouten: de gevraagde horen bij de gecorrigeerde regressie.",
)
Estimator = Callable[[Panel, Estimand, float, np.random.Generator], Estimate]
__all__ = ["Answer", "Beside", "Estimate", "Estimator", "double_ml", "estimate", "minimum_detectable_effect"]


def estimate(
    panel: Panel | pd.DataFrame,
    estimand: Estimand | Unanswered,
    *,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    confirm: bool = True,
    errors: Convention = usual,
    by: Estimator | None = None,
) -> Answer:
    """Estimate what was identified.

    Parameters
    ----------
    panel : Panel or DataFrame
        Units x periods; a plain DataFrame is a cross-section with one row per unit.
    estimand : Estimand or Unanswered
        From :func:`causalkpi.identify`; an unanswered question stays unanswered.
    level : float
        Confidence of the interval.
    rng : numpy.random.Generator, optional
        For the draws behind front-door and identity intervals; the same draws each time by default.
    confirm : bool
        Whether DoWhy computes every slope too. Only simulations should skip it.
    errors : callable
        How the standard errors of an adjusted regression are computed: a function of
        :mod:`causalkpi.estimators.conventions`, such as ``by_unit_and_period`` or ``across_units``. Answers that are
        corrected, or put together from several regressions, have no other than their own and are refused.
    by : callable, optional
        Another estimator than the route's own, such as :func:`causalkpi.double_ml`; its options are given with
        :func:`functools.partial`.

    Returns
    -------
    Estimate or Unanswered

    Raises
    ------
    DisagreementError
        If DoWhy and statsmodels give different slopes for the same regression.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkpi import Question, identify
    >>> rng = np.random.default_rng(1)
    >>> market = rng.normal(size=500)
    >>> loyalty = market + rng.normal(size=500)
    >>> data = pd.DataFrame({"market": market, "loyalty": loyalty, "spend": 2 * loyalty + market})
    >>> graph = nx.DiGraph([("market", "loyalty"), ("market", "spend"), ("loyalty", "spend")])
    >>> answer = estimate(data, identify(graph, Question("loyalty", "spend")))
    >>> round(answer.value, 6)
    2.0
    """
    if isinstance(estimand, Unanswered):
        return estimand
    table = as_panel(panel)
    question = estimand.question
    missing = _blocked(table, estimand)
    if missing:
        return Unanswered(question, "refused_data", missing, remedy=_MEND)
    series = table.repeated and table.n_units == 1
    if errors is not usual and (series or by is not None or estimand.route != "back_door"):
        why = _ALONE if series else _OWN_ERRORS if by is not None else _JOINT
        return Unanswered(question, "not_estimable", why, remedy=USUAL_ERRORS)
    draws = np.random.default_rng(0) if rng is None else rng
    try:
        if by is not None:
            return by(table, estimand, level, draws)
        if estimand.route == "front_door":
            return estimate_by_front_door(table, estimand, level, draws, confirm=confirm)
        if estimand.route == "instrument":
            return estimate_by_instrument(table, estimand, level, confirm=confirm)
        if estimand.route == "identity":
            return estimate_identity(table, estimand, level, draws, confirm=confirm)
        if series:
            return estimate_series(table, estimand, level, confirm=confirm)
        return estimate_by_adjustment(table, estimand, level, confirm=confirm, errors=errors)
    except DataError as error:
        return Unanswered(question, "refused_data", error.text, remedy=_MEND)
    except Refusal as refusal:
        return Unanswered(question, refusal.status, refusal.reason, remedy=refusal.remedy, short=refusal.short)


def _blocked(panel: Panel, estimand: Estimand) -> Text:
    """Why the data cannot serve this estimand: KPIs that are absent or unusable; empty where they can."""
    question = estimand.question
    needed = {
        question.treatment,
        *(n.kpi for n in estimand.controls),
        *(n.kpi for n in estimand.mediators),
    }
    needed |= {n.kpi for n in [estimand.instrument] if n is not None}
    if estimand.route == "identity":
        needed |= {n.kpi for n, _ in estimand.legs}
    else:
        needed.add(question.outcome)
    reasons = [
        Text("{kpi}: {why}", "{kpi}: {why}", kpi=Name(k), why=panel.blocked[k])
        for k in sorted(needed)
        if k in panel.blocked
    ]
    absent = sorted(k for k in needed if k not in panel.frame and k not in panel.blocked)
    if absent:
        names = [Text("'{kpi}'", "{kpi}", kpi=Name(k)) for k in absent]
        reasons.append(
            Text("the data have no column {names}", "de gegevens hebben geen kolom voor {names}", names=names)
        )
    return Text.join(reasons, "; ")
