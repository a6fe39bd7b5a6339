"""The front-door estimate: treatment to mediators, mediators to outcome, multiplied.

Slopes are per unit of the treatment and the contrast is applied once, to the product (DoWhy 0.14 scales both stages,
which multiplies a tenfold contrast by a hundred). The interval comes from joint draws of both stages, because a
product of estimates is not normal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..language import Text
from ..panel import Panel
from ..question import Estimand
from .draws import joint_slopes
from .linear import adjusted_fit, report
from .regression import p_of_draws
from .result import Estimate

DRAWS = 4000


def estimate_by_front_door(
    panel: Panel,
    estimand: Estimand,
    level: float,
    rng: np.random.Generator,
    *,
    confirm: bool = True,
) -> Estimate:
    """The front-door estimate of an estimand; see :func:`causalkpi.estimators.estimate`."""
    question = estimand.question
    *first, second = estimand.stages
    fits = [adjusted_fit(panel, s, s.question.target, [question.source], confirm=confirm)[0] for s in first]
    fits.append(adjusted_fit(panel, second, question.target, second.mediators, confirm=confirm)[0])
    joint = joint_slopes(fits)
    draws = joint.draws(DRAWS, rng)
    count = len(first)
    products = (draws[:, :count] * draws[:, count:]).sum(axis=1) * question.contrast
    value = float((joint.slopes[:count] * joint.slopes[count:]).sum()) * question.contrast
    low, high = np.quantile(products, [0.5 - level / 2, 0.5 + level / 2])
    # the product's spread by the delta method: a draw's own would be inflated by its heavy tails
    gradient = np.concatenate([joint.slopes[count:], joint.slopes[:count]])
    error = float(np.sqrt(gradient @ joint.covariance @ gradient)) * abs(question.contrast)
    answer = report(
        panel,
        estimand,
        value=value,
        error=error,
        main=fits[-1],
        level=level,
        estimator=Text("front door through {names}", "front-door via {names}", names=fits[-1].sample.treatment_names),
    )
    convention = Text(
        "joint draws, leaving one unit out at a time",
        "gezamenlijke trekkingen, telkens met weglating van één eenheid",
    )
    results = tuple(found.results for found in fits)
    return replace(
        answer,
        interval=(float(low), float(high)),
        p_value=p_of_draws(products),
        convention=convention,
        results=results,
    )
