"""What double machine learning takes out of outcome and treatment before their slope, on plain arrays.

econml fits the learners, each on some of the units, and predicts for the others. Which units go together is decided
here, from their place in a given order: neither the order of the rows nor a global state has a say in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dowhy_bridge import quarantined
from ..language import Text
from .screen import Refusal

Folds = list[tuple[np.ndarray, np.ndarray]]
WITHIN = 3.0  # an estimate of the time it takes is meant to be right within this factor
_TRIED = (0.125, 0.25)  # shares of the units on which a fit is timed


@dataclass(frozen=True)
class Learner:
    """A way to learn a KPI from the controls.

    Parameters
    ----------
    words : Text
        What it is, for a reader.
    make : callable
        From a seed to an unfitted scikit-learn regressor.
    """

    words: Text
    make: Callable[[int], Any]


def _boosting(seed: int) -> Any:
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.linear_model import LinearRegression

    return GradientBoostingRegressor(  # trees alone are slow to learn a straight line, and most KPIs nearly are one
        init=LinearRegression(), n_estimators=100, max_depth=3, subsample=0.5, min_samples_leaf=10, random_state=seed
    )


def _forest(seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(n_estimators=200, min_samples_leaf=5, max_features=0.5, random_state=seed)


BOOSTING = Learner(
    Text(
        "gradient boosting from a straight line (100 trees of depth 3)",
        "gradient boosting vanaf een rechte lijn (100 bomen van diepte 3)",
    ),
    _boosting,
)
FOREST = Learner(
    Text("a random forest (200 trees, 5 rows a leaf)", "een random forest (200 bomen, 5 rijen per blad)"), _forest
)


@dataclass(frozen=True)
class Columns:
    """What the learners see.

    Parameters
    ----------
    outcome, treatment : ndarray, shape (n,)
    features : ndarray, shape (n, k)
    unit : ndarray of int, shape (n,)
        Codes from 0, in an order that does not depend on that of the rows.
    """

    outcome: np.ndarray
    treatment: np.ndarray
    features: np.ndarray
    unit: np.ndarray

    def of_units(self, count: int) -> Columns:
        """The rows of the first few units."""
        rows = self.unit < count
        return Columns(self.outcome[rows], self.treatment[rows], self.features[rows], self.unit[rows])


def folds_of_units(unit: np.ndarray, count: int, rng: np.random.Generator) -> Folds:
    """Rows to learn from and rows to predict, such that no unit is on both sides.

    Parameters
    ----------
    unit : ndarray of int, shape (n,)
        Codes from 0.
    count : int
        How many parts; as many as there are units at most.
    rng : numpy.random.Generator

    Examples
    --------
    >>> unit = np.array([0, 0, 1, 1, 2, 2])
    >>> for learn, predict in folds_of_units(unit, 3, np.random.default_rng(1)):
    ...     print(unit[learn], unit[predict])
    [1 1 2 2] [0 0]
    [0 0 2 2] [1 1]
    [0 0 1 1] [2 2]
    """
    units = int(unit.max()) + 1
    part = np.empty(units, int)
    part[rng.permutation(units)] = np.arange(units) % min(count, units)
    return [(np.flatnonzero(part[unit] != k), np.flatnonzero(part[unit] == k)) for k in range(min(count, units))]


def residuals(
    columns: Columns, learner: Learner, folds: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Outcome and treatment less what is learned of them from other units' controls, and econml's slope between them.

    Parameters
    ----------
    columns : Columns
    learner : Learner
    folds : int
    rng : numpy.random.Generator
        For the folds, then for the learners.

    Returns
    -------
    outcome, treatment : ndarray, shape (n,)
    slope : float

    Raises
    ------
    Refusal
        If econml is not installed.
    """
    parts = folds_of_units(columns.unit, folds, rng)
    seed = int(rng.integers(2**31 - 1))
    with quarantined():
        try:
            from econml.dml import LinearDML
        except ImportError:
            raise Refusal(
                Text(
                    "The library of double machine learning, econml, is not installed.",
                    "De bibliotheek voor double machine learning, econml, is niet geïnstalleerd.",
                ),
                Text("Install it: {line}", "Installeer haar: {line}", line="pip install causalkpi[ml]"),
            ) from None
        found: Any = LinearDML(
            model_y=learner.make(seed), model_t=learner.make(seed), discrete_treatment=False, cv=parts,
            random_state=seed,
        )  # fmt: skip
        found.fit(columns.outcome, columns.treatment, X=None, W=columns.features, inference=None, cache_values=True)
        outcome, treatment, _, _ = found.residuals_
        slope = float(np.ravel(found.const_marginal_ate())[0])
    return np.ravel(outcome), np.ravel(treatment), slope


def seconds_needed(columns: Columns, learner: Learner, folds: int, repeats: int) -> float:
    """About how long the learners will take, from fits on an eighth and a quarter of the units.

    A fit of n rows is taken to cost a fixed part and a part that grows as n log n. Right within a factor of about three
    (tests/benchmarks/bench_double_ml.py); importing econml comes on top, once.

    Parameters
    ----------
    columns : Columns
    learner : Learner
    folds, repeats : int

    Returns
    -------
    float
        Seconds on this machine, as it is now.
    """
    units = int(columns.unit.max()) + 1
    parts = [columns.of_units(max(2, round(share * units))) for share in _TRIED]
    _fit(parts[0], learner)  # the first fit of a process also loads what it needs
    sizes, took = np.array([_work(len(part.outcome)) for part in parts]), []
    for part in parts:
        before = time.perf_counter()
        _fit(part, learner)
        took.append(time.perf_counter() - before)
    slope = max(0.0, (took[1] - took[0]) / max(sizes[1] - sizes[0], 1.0))
    fixed = max(0.0, took[1] - slope * sizes[1])
    count = min(folds, units)
    return repeats * count * (fixed + slope * _work(len(columns.outcome) * (1 - 1 / count)))


def _work(rows: float) -> float:
    return rows * float(np.log(rows + 1))


def _fit(part: Columns, learner: Learner) -> None:
    """Both fits of one fold, and their predictions."""
    with quarantined():
        for target in (part.outcome, part.treatment):
            learner.make(0).fit(part.features, target).predict(part.features)
