"""Whether the answer stays where it is when pure noise is added to what is held fixed.

DoWhy's own refuter of that name does nothing for the estimand used here. Noise is drawn anew for every unit and period,
or rather all that it does to the slope, whose law is known exactly. The slope moves by about its ordinary standard
error over the root of the degrees of freedom, so what this finds is a regression with too few of them.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding, Result
from ..language import NOTHING, Text
from ..panel import Panel
from .parts import parts_of, std_error, why_not

DRAWS = 100
DOUBTFUL, FAILS = 0.25, 0.5

_finding = partial(
    Finding,
    "random_common_cause",
    Text(
        "Does the answer stay where it is when noise is added to what is held fixed?",
        "Blijft de schatting op haar plaats als er ruis wordt toegevoegd aan wat constant wordt gehouden?",
    ),
    Text("Noise as one more control does not move the slope.", "Ruis als extra controle verschuift de helling niet."),
    Text(
        "Holds where {n} draws move the slope by less than {doubtful} standard errors, as a root mean square (which "
        "would widen the interval by 3%), fails from {fails} (12%), doubtful in between.",
        "Houdt stand als {n} trekkingen de helling minder dan {doubtful} standaardfout verschuiven, als kwadratisch "
        "gemiddelde (dat zou het interval 3% verbreden), faalt vanaf {fails} (12%), en is daartussen twijfelachtig.",
        n=DRAWS,
        doubtful=DOUBTFUL,
        fails=FAILS,
    ),
    reference="Sharma and Kiciman (2020), arXiv:2011.04216; Lovell (1963), JASA 58:993-1010",
)


def random_common_cause(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Add a column of noise to the controls, many times over, and see how far the slope moves."""
    why = why_not(regression)
    if why:
        return without_draws(why)
    return noise_finding(noise_shifts(regression, rng) / std_error(regression))


def without_draws(why: Text) -> Finding:
    """The finding where nothing can be drawn, with the reason."""
    return _finding(result="not_applicable", seen=why)


def noise_finding(moved: np.ndarray) -> Finding:
    """What shifts of a slope, in standard errors, say of it."""
    far = float(np.sqrt((moved**2).mean()))
    result: Result = "fails" if far >= FAILS else "doubtful" if far >= DOUBTFUL else "holds"
    seen = Text(
        "Over {n} draws the slope moves by {far:.3f} standard errors, as a root mean square.",
        "Over {n} trekkingen verschuift de helling {far:.3f} standaardfout, als kwadratisch gemiddelde.",
        n=DRAWS,
        far=far,
    )
    shaky = Text(
        "The regression has so few degrees of freedom that a control without any meaning moves the answer.",
        "De regressie heeft zo weinig vrijheidsgraden dat een controle zonder enige betekenis de schatting verschuift.",
    )
    always = Text(
        "It says how firmly the regression stands, and nothing about real common causes.",
        "Dit zegt hoe vast de regressie staat, en niets over echte gemeenschappelijke oorzaken.",
    )
    return _finding(
        result=result,
        seen=seen,
        consequence=Text.join([NOTHING if result == "holds" else shaky, always]),
        remedy=NOTHING if result == "holds" else Text(
            "Bring more rows, or hold fewer KPIs fixed.", "Voeg rijen toe, of houd minder KPI's constant."
        ),
        statistic=far,
        numbers={"draws": float(DRAWS), "largest": float(np.abs(moved).max())},
    )  # fmt: skip


def noise_shifts(regression: Regression, rng: np.random.Generator) -> np.ndarray:
    """By how much the slope moves with each draw of noise among the controls, shape (draws,).

    What noise has in common with columns is normal, with the columns' own sums of products as covariance; the rest of
    its sum of squares is chi-squared. So the noise itself need not be drawn. The parts of a corrected slope share
    their noise: its products with them are drawn together, over all rows.
    """
    sample = regression.whole.sample
    both = np.column_stack([sample.outcome, sample.treatments[:, 0]])
    parts = parts_of(regression)
    left = np.zeros((len(both), 2 * len(parts)))
    for i, part in enumerate(parts):
        left[part.rows, 2 * i : 2 * i + 2] = part.left(both)
    size = np.linalg.norm(left, axis=0)
    left /= size
    products = left.T @ left
    values, vectors = np.linalg.eigh(products)
    across = rng.standard_normal((DRAWS, len(values))) @ (vectors * np.sqrt(np.clip(values, 0, None))).T
    moved = np.zeros(DRAWS)
    for i, part in enumerate(parts):
        own = slice(2 * i, 2 * i + 2)
        (_, xy), (_, xx) = products[own, own]
        outcome, treatment = across[:, own].T
        shared = np.einsum("bi,ij,bj->b", across[:, own], np.linalg.pinv(products[own, own]), across[:, own])
        rest = len(part.rows) - part.basis.shape[1] - 2 - part.demean * len(np.unique(part.unit))
        whole = shared + rng.chisquare(max(rest, 1), DRAWS)
        with_noise = (xy - treatment * outcome / whole) / (xx - treatment**2 / whole)
        moved += part.weight * (with_noise - xy / xx) * size[2 * i] / size[2 * i + 1]
    return moved
