"""How much data a question needs: the smallest effect that a sample of a given size finds.

Before data exist the standard error is worked out from units, periods and how much of what varies is lasting; beside
an estimate it is the estimate's own. The multiplier is that of a two-sided t test (Bloom 1995, Evaluation Review 19).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from scipy import stats

from ..errors import Fault, QuestionError
from ..graph import UNIT_NODE
from ..question import Estimand


def detectable(std_error: float, df: float, *, power: float = 0.8, significance: float = 0.05) -> float:
    """The effect that a two-sided t test with this standard error finds with probability `power`.

    Examples
    --------
    >>> round(detectable(1.0, 10_000), 2)
    2.8
    """
    return std_error * float(stats.t.ppf(1 - significance / 2, df) + stats.t.ppf(power, df))


def minimum_detectable_effect(
    estimand: Estimand,
    *,
    units: int,
    periods: int,
    treatment_spread: float = 1.0,
    outcome_spread: float = 1.0,
    treatment_lasting: float = 0.0,
    outcome_lasting: float = 0.0,
    explained: float = 0.0,
    power: float = 0.8,
    significance: float = 0.05,
) -> float:
    """The smallest effect that a study of this size would find, before anyone collects data.

    Parameters
    ----------
    estimand : Estimand
        Says how many periods lags and horizon cost, and whether lasting unit effects are taken out.
    units, periods : int
        How many units, seen in how many consecutive periods each.
    treatment_spread, outcome_spread : float
        Standard deviations of treatment and outcome given the controls, lasting differences between units included.
        With both 1 the answer is in standard deviations of the outcome per standard deviation of the treatment.
    treatment_lasting, outcome_lasting : float
        The share of those variances that is lasting between units (intraclass correlation), 0 to 1.
    explained : float
        The share of the outcome's variance that the controls explain, if `outcome_spread` was measured without them.
    power, significance : float

    Returns
    -------
    float
        In units of the outcome per unit of the treatment. Clustering enters by the design effect
        1 + (m - 1) r_x r_y for m rows a unit (Moulton 1986, Journal of Econometrics 32); with unit effects the lasting
        parts are taken out of both, and a degree of freedom per unit with them. Where a short panel will need its
        correction (``estimand.strict`` is false) the corrected interval is wider, and this is a lower bound.

    Raises
    ------
    QuestionError
        If sizes or shares are impossible, or the periods do not reach over lags and horizon.

    Examples
    --------
    >>> from causalkpi.graph import from_networkx
    >>> from causalkpi.identification import identify
    >>> from causalkpi.question import Question
    >>> import networkx as nx
    >>> estimand = identify(from_networkx(nx.DiGraph([("loyalty", "churn")])), Question("loyalty", "churn"))
    >>> round(minimum_detectable_effect(estimand, units=100, periods=1), 3)
    0.283
    """
    if estimand.route != "back_door":
        fault = Fault("route", estimand.route.replace("_", " "), "a single adjusted regression", rule="route")
        raise QuestionError("The smallest effect is worked out for adjusted regressions only.", [fault])
    rows = periods - _reach(estimand)
    within = UNIT_NODE in estimand.adjustment
    shares = {"treatment_lasting": treatment_lasting, "outcome_lasting": outcome_lasting, "explained": explained}
    spreads = {"treatment_spread": treatment_spread, "outcome_spread": outcome_spread}
    _require_possible(shares, spreads, units, periods, rows, within)
    variance = outcome_spread**2 * (1 - explained) / treatment_spread**2
    if within:
        variance *= (1 - outcome_lasting) / (1 - treatment_lasting)
        error = math.sqrt(variance / (units * (rows - 1)))
    else:
        error = math.sqrt(variance * (1 + (rows - 1) * treatment_lasting * outcome_lasting) / (units * rows))
    df = units - 1 if periods > 1 else max(1, units - 2 - len(estimand.controls))
    return detectable(error, df, power=power, significance=significance)


def _reach(estimand: Estimand) -> int:
    """How many periods lags and horizon cost."""
    nodes = [*estimand.controls, estimand.question.source, estimand.question.target]
    return max(n.period for n in nodes) - min(n.period for n in nodes)


def _require_possible(
    shares: Mapping[str, float], spreads: Mapping[str, float], units: int, periods: int, rows: int, within: bool
) -> None:
    """Raise QuestionError with everything that is impossible about the size of a study."""
    faults = [
        Fault(name, repr(value), "a share from 0 to less than 1", rule="share")
        for name, value in shares.items()
        if not 0 <= value < 1
    ]
    faults += [Fault(k, repr(v), "a number above 0", rule="spread") for k, v in spreads.items() if not v > 0]
    fewest = 2 if within else 1
    if units < 5 or rows < fewest:
        expected = f"5 units and {periods - rows + fewest} periods or more"
        faults.append(Fault("size", f"{units} units and {periods} periods", expected, rule="size"))
    if faults:
        raise QuestionError("The size of the study cannot be used.", faults)
