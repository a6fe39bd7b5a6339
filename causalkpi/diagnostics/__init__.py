"""Diagnostics of a regression: one file per question, each a plain function to a Finding.

A diagnostic goes into its own file and into ``DIAGNOSTICS``.
"""

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

DIAGNOSTICS = (functional_form, heteroskedasticity, serial_correlation, collinearity, influence)


def diagnose_regression(regression: Regression, panel: Panel, rng: np.random.Generator) -> tuple[Finding, ...]:
    """Every diagnostic's finding on one regression, in the order of ``DIAGNOSTICS``.

    Parameters
    ----------
    regression : Regression
    panel : Panel
        The one that it was fitted to.
    rng : numpy.random.Generator
    """
    return tuple(diagnostic(regression, panel, rng) for diagnostic in DIAGNOSTICS)


__all__ = ["DIAGNOSTICS", "diagnose_regression"]
