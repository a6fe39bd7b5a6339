"""What the six pictures of a regression show, as numbers; where rows are people, none can be read off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..estimators.regression import Fit, interval
from ..estimators.result import Regression
from ..language import Language, Name, Text
from ..question import label
from .curves import inflation, without
from .ink import PlotError

FEWEST, GROUP = 12, 10


@dataclass(frozen=True, eq=False)
class Check:
    """One regression, taken apart for drawing.

    Parameters
    ----------
    outcome, treatment : str
        Their names for a reader.
    private : bool
        Whether a row or a unit is a customer: then only groups of ten or more are drawn.
    y, fitted, residual : ndarray, shape (n,)
        In the outcome's unit, as far as unit effects leave it.
    sigma : float
        Residual standard deviation, by degrees of freedom.
    x_left, y_left : ndarray, shape (n,)
        Treatment and outcome without what the other regressors explain.
    slope : float
        Of `y_left` on `x_left`: the regression's coefficient.
    contrast, value : float
        The change asked about, and what it does by this regression (after a correction, where one was needed).
    band : tuple of float
        The 95% interval of `value`.
    left_out : ndarray, shape (units or groups,)
        `value` with each unit left out, sorted; means of ten where units are customers.
    most : str
        The unit that moves `value` most; empty where units are customers.
    bars : tuple of (str, float)
        Variance inflation by KPI: the treatment's first, then the others', the highest first.
    """

    outcome: str
    treatment: str
    private: bool
    y: np.ndarray
    fitted: np.ndarray
    residual: np.ndarray
    sigma: float
    x_left: np.ndarray
    y_left: np.ndarray
    slope: float
    contrast: float
    value: float
    band: tuple[float, float]
    left_out: np.ndarray
    most: str
    bars: tuple[tuple[str, float], ...]


def check_of(regression: Regression, language: Language) -> Check:
    """A regression taken apart.

    Raises
    ------
    PlotError
        With fewer than twelve rows, or no residual at all.
    """
    sample = regression.whole.sample
    n = len(sample.outcome)
    if n < FEWEST:
        raise PlotError(Text("{n} rows are too few for a picture.", "{n} rijen zijn te weinig voor een figuur.", n=n))
    others = np.column_stack([np.ones(n), sample.treatments[:, 1:], sample.controls, sample.dummies])
    x, y = without(sample.treatments[:, 0], others), without(sample.outcome, others)
    slope = float(x @ y / (x @ x))
    residual = without(sample.outcome, sample.design)
    sigma = float(np.sqrt(residual @ residual / max(1, n - sample.design.shape[1])))
    if not sigma > 1e-9 * float(sample.outcome.std()):
        raise PlotError(Text(
            "The regression leaves nothing unexplained, so there is no spread to look at.",
            "De regressie laat niets onverklaard; er is dus geen spreiding om naar te kijken.",
        ))  # fmt: skip
    graph, contrast = regression.estimand.graph, regression.estimand.question.contrast
    private = "customer" in (graph[regression.outcome.kpi].level, graph[regression.treatment.kpi].level)
    value, left_out, band = _answer(regression.best, contrast)
    order = np.argsort(left_out, kind="stable")
    most = "" if private else sample.units[int(np.argmax(np.abs(left_out - value)))]
    drawn = left_out[order]
    if private:
        drawn = np.array([part.mean() for part in np.array_split(drawn, max(1, min(200, len(drawn) // GROUP)))])

    def name(node) -> str:
        return Name(node.kpi, node.period).render(language, lambda kpi: graph[kpi].name(language))

    return Check(
        name(regression.outcome), name(regression.treatment), private, sample.outcome, sample.outcome - residual,
        residual, sigma, x, y, slope, contrast, value, band, drawn, most, _bars(regression, name),
    )  # fmt: skip


def _answer(fit: Fit, contrast: float) -> tuple[float, np.ndarray, tuple[float, float]]:
    value = float(fit.slopes[0]) * contrast
    low, high = interval(value, float(np.sqrt(fit.covariance[0, 0])) * abs(contrast), fit.df, 0.95)
    return value, fit.left_out[:, 0] * contrast, (low, high)


def _bars(regression: Regression, name) -> tuple[tuple[str, float], ...]:
    sample = regression.whole.sample
    columns = np.column_stack([sample.treatments, sample.controls, sample.dummies])
    names: dict[str, str] = {
        label(node): name(node) for node in (*regression.estimand.adjustment, regression.treatment)
    }
    shown = [*sample.treatment_names, *sample.control_names]
    found = [(names.get(one, one), float(v)) for one, v in zip(shown, inflation(columns), strict=False)]
    return (found[0], *sorted(found[1:], key=lambda bar: (-bar[1], bar[0])))
