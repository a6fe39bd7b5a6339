"""Diagnostics: what may be wrong with one adjusted regression, a file per question, each a function to a Finding."""

from __future__ import annotations

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding
from ..panel import Panel
from .collinearity import collinearity
from .functional_form import functional_form
from .heteroskedasticity import heteroskedasticity
from .influence import influence
from .serial_correlation import serial_correlation
from .stationarity import stationarity

__all__ = ["DIAGNOSTICS", "diagnose_regression"]

DIAGNOSTICS = (functional_form, heteroskedasticity, serial_correlation, collinearity, influence, stationarity)


def diagnose_regression(regression: Regression, panel: Panel, rng: np.random.Generator) -> tuple[Finding, ...]:
    """What every diagnostic finds about a regression.

    Parameters
    ----------
    regression : Regression
    panel : Panel
        The one that it was fitted to.
    rng : numpy.random.Generator
        For diagnostics that draw.

    Returns
    -------
    tuple of Finding
        One per function in ``DIAGNOSTICS``, in that order; one that cannot be had is ``not_applicable``, with the
        reason.

    Examples
    --------
    >>> import networkx as nx
    >>> import pandas as pd
    >>> from causalkpi import Question, estimate, identify
    >>> from causalkpi.panel import as_panel
    >>> draws = np.random.default_rng(1)
    >>> loyalty = draws.normal(size=300)
    >>> panel = as_panel(pd.DataFrame({"loyalty": loyalty, "spend": loyalty**2 + draws.normal(size=300)}))
    >>> answer = estimate(panel, identify(nx.DiGraph([("loyalty", "spend")]), Question("loyalty", "spend")))
    >>> print(*(found.result for found in diagnose_regression(answer.regressions[0], panel, draws)))
    fails holds not_applicable not_applicable holds not_applicable
    """
    return tuple(diagnostic(regression, panel, rng) for diagnostic in DIAGNOSTICS)
