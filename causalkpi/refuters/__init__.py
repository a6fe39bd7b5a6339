"""Refuters: attempts to show that an estimate is not what it seems. A refuter that passes proves nothing.

Each is a function from a regression, its panel and a generator to a Finding; a new one goes into its own file and into
``REFUTERS``. One that takes many fits stays out of it, and is put to an answer by whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..estimators.result import Regression
from ..finding import Finding
from ..panel import Panel
from .cluster_bootstrap import cluster_bootstrap
from .double_ml import compare_with_double_ml
from .lead import lead
from .other_set import other_set
from .placebo import placebo
from .random_common_cause import random_common_cause
from .subset import subset
from .two_routes import two_routes
from .unit_trends import unit_trends
from .wild_bootstrap import wild_bootstrap

Refuter = Callable[[Regression, Panel, np.random.Generator], Finding]
REFUTERS: tuple[Refuter, ...] = (
    placebo,
    random_common_cause,
    cluster_bootstrap,
    subset,
    lead,
    other_set,
    two_routes,
    unit_trends,
    wild_bootstrap,
)


def refute_regression(regression: Regression, panel: Panel, rng: np.random.Generator) -> tuple[Finding, ...]:
    """Every refuter's finding about a regression, in the order of ``REFUTERS``.

    Parameters
    ----------
    regression : Regression
    panel : Panel
        The one that it was fitted on.
    rng : numpy.random.Generator
        Each refuter gets a stream of its own, so that none depends on what another drew.

    Examples
    --------
    >>> import networkx as nx, pandas as pd
    >>> from causalkpi import Question, estimate, identify
    >>> from causalkpi.panel import as_panel
    >>> draw = np.random.default_rng(1)
    >>> loyalty = draw.normal(size=400)
    >>> panel = as_panel(pd.DataFrame({"loyalty": loyalty, "spend": 2 * loyalty + draw.normal(size=400)}))
    >>> answer = estimate(panel, identify(nx.DiGraph([("loyalty", "spend")]), Question("loyalty", "spend")))
    >>> for finding in refute_regression(answer.regressions[0], panel, draw):
    ...     print(finding.id, finding.result)
    placebo holds
    random_common_cause holds
    cluster_bootstrap holds
    subset holds
    lead not_applicable
    other_set not_applicable
    two_routes not_applicable
    unit_trends not_applicable
    wild_bootstrap not_applicable
    """
    streams = rng.spawn(len(REFUTERS))
    return tuple(refuter(regression, panel, stream) for refuter, stream in zip(REFUTERS, streams, strict=True))


__all__ = [
    "REFUTERS",
    "Refuter",
    "cluster_bootstrap",
    "compare_with_double_ml",
    "lead",
    "other_set",
    "placebo",
    "random_common_cause",
    "refute_regression",
    "subset",
    "two_routes",
    "unit_trends",
    "wild_bootstrap",
]
