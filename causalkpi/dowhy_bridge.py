"""The one place that imports DoWhy: it identifies and estimates here, behind a wall.

DoWhy 0.14 enters segment effects nobody asked for, casts contrasts to integers, reads text columns as categories
and keeps state in the caller's frame. So it is given a copy in float64 under neutral names, no effect modifiers and
the contrast 0 -> 1; its warnings are caught and the global random state is put back.
"""

from __future__ import annotations

import logging
import random
import sys
import warnings
from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from .dag import is_adjustment_set, upstream
from .errors import DisagreementError, Fault
from .graph import Node


@contextmanager
def quarantined() -> Iterator[None]:
    """Catch DoWhy's warnings and log lines; restore what it touches: global chance, and how values are shown."""
    state, plain_state, shown = np.random.get_state(), random.getstate(), sys.displayhook
    logger = logging.getLogger("dowhy")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        np.random.set_state(state)
        random.setstate(plain_state)
        sys.displayhook = shown


def identify_adjustment(
    dag: nx.DiGraph, causes: Set[Node], targets: Set[Node], allowed: Set[Node]
) -> frozenset[Node] | None:
    """DoWhy's generalised adjustment set from the allowed nodes, or None where it finds none.

    Raises
    ------
    DisagreementError
        If DoWhy returns a set that is not a valid adjustment set on this graph.
    """
    kept = upstream(dag, causes | targets)
    part = nx.DiGraph(dag.subgraph(kept))
    with quarantined():
        from dowhy.causal_identifier.auto_identifier import identify_generalized_adjustment_set

        found = identify_generalized_adjustment_set(
            *(part, sorted(causes), sorted(targets), sorted((allowed & kept) - causes - targets))  # type: ignore[arg-type]
        )
    if not found:
        return None
    chosen = frozenset(found[0].get_adjustment_variables())
    if not is_adjustment_set(dag, causes, targets, chosen):
        fault = Fault("DoWhy's adjustment set", str(sorted(chosen)), "a valid adjustment set on this graph")
        raise DisagreementError("DoWhy and the graph disagree on what may be adjusted for.", [fault])
    return chosen


def slope(outcome: np.ndarray, treatment: np.ndarray, controls: np.ndarray) -> float:
    """DoWhy's linear-regression effect of raising the treatment from 0 to 1.

    Parameters
    ----------
    outcome, treatment : ndarray of float, shape (n,)
    controls : ndarray of float, shape (n, k)
    """
    estimate = dowhy_objects(outcome, treatment, controls)[1]
    return float(estimate.value)


def dowhy_objects(outcome: np.ndarray, treatment: np.ndarray, controls: np.ndarray) -> tuple[Any, Any]:
    """DoWhy's own objects for one regression: the identified estimand and the estimate.

    Returns
    -------
    tuple
        ``dowhy.causal_identifier.IdentifiedEstimand`` and ``dowhy.causal_estimator.CausalEstimate``. Columns are named
        ``outcome``, ``treatment`` and ``control_0`` ....
    """
    names = [f"control_{i}" for i in range(controls.shape[1])]
    frame = pd.DataFrame(
        np.column_stack([outcome, treatment, controls]).astype(np.float64),
        columns=["outcome", "treatment", *names],
    )
    with quarantined():
        from dowhy.causal_estimators.linear_regression_estimator import LinearRegressionEstimator
        from dowhy.causal_identifier import IdentifiedEstimand
        from dowhy.causal_identifier.auto_identifier import construct_adjustment_estimand

        estimand = IdentifiedEstimand(
            None,
            treatment_variable=["treatment"],
            outcome_variable=["outcome"],
            estimands={"backdoor": construct_adjustment_estimand(["treatment"], ["outcome"], names)},
            backdoor_variables={"backdoor": names},
            default_backdoor_id="backdoor",
            identifier_method="backdoor",
        )
        estimator = LinearRegressionEstimator(estimand).fit(frame, effect_modifier_names=[])
        estimate = estimator.estimate_effect(frame, treatment_value=1.0, control_value=0.0)
    return estimand, estimate


def version() -> str:
    """The version of DoWhy that is installed, without importing it."""
    from importlib.metadata import version as installed

    return installed("dowhy")
