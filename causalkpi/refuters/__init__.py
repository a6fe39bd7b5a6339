"""Refuters: what would have to be so if the estimate were right, held against the data.

A refuter goes into its own file and into ``REFUTERS``. One that passes proves nothing: none of them sees a hidden cause
that does not last.
"""

from __future__ import annotations

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding
from ..panel import Panel
from .cluster_bootstrap import cluster_bootstrap
from .lead import lead
from .other_set import other_set
from .placebo import placebo
from .random_common_cause import random_common_cause

REFUTERS = (lead, other_set, placebo, random_common_cause, cluster_bootstrap)


def refute_regression(regression: Regression, panel: Panel, rng: np.random.Generator) -> tuple[Finding, ...]:
    """Every refuter's finding on one regression, in the order of ``REFUTERS``.

    Parameters
    ----------
    regression : Regression
    panel : Panel
        The one that it was fitted to.
    rng : numpy.random.Generator
    """
    return tuple(refuter(regression, panel, rng) for refuter in REFUTERS)


__all__ = ["REFUTERS", "refute_regression"]
