"""The treatment's course in every unit, its own lags along, as it can be given to another unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..estimators.result import Regression
from ..panel import Panel
from ..question import label


@dataclass(frozen=True)
class Histories:
    """The treatment and its own lags among the controls, in every unit and period of the sample.

    Parameters
    ----------
    table : ndarray, shape (units, periods, 1 + lags)
        By the sample's codes of units and periods; gaps hold the averages of their unit and their period.
    lags : tuple of str
        The names of the lags among the sample's controls.
    filled : float
        Which share of what a row may be given are filled gaps.
    """

    table: np.ndarray
    lags: tuple[str, ...]
    filled: float


def histories(regression: Regression, panel: Panel) -> Histories:
    """The treatment's histories in a sample of units that are seen repeatedly."""
    sample, index = regression.whole.sample, panel.frame.index
    used = set(sample.control_names)
    lags = [n for n in regression.estimand.controls if n.kpi == regression.treatment.kpi and label(n) in used]
    unit = {name: i for i, name in enumerate(sample.units)}
    period = {ordinal: i for i, ordinal in enumerate(np.unique(index.get_level_values(1)[sample.used]))}
    row = np.array([unit.get(name, -1) for name in index.get_level_values(0)])
    column = np.array([period.get(ordinal, -1) for ordinal in index.get_level_values(1)])
    inside = (row >= 0) & (column >= 0)
    table = np.full((len(unit), len(period), 1 + len(lags)), np.nan)
    table[row[inside], column[inside]] = panel.columns([regression.treatment, *lags]).to_numpy()[inside]
    gap = np.asarray(np.isnan(table).any(axis=2))
    rows = np.bincount(sample.period, minlength=len(period))
    filled = float(rows @ gap.mean(axis=0) / rows.sum())
    return Histories(_without_gaps(table, ~gap[:, :, None]), tuple(map(label, lags)), filled)


def _without_gaps(table: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Gaps filled with the average of their unit, moved as far as their period is from the average period."""

    def mean(values: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
        count = np.maximum(seen.sum(axis=axis, keepdims=True), 1)
        return np.where(seen, values, 0.0).sum(axis=axis, keepdims=True) / count

    by_period = mean(table, (0,)) - mean(table, (0, 1))
    return np.where(seen, table, mean(table - by_period, (1,)) + by_period)
