"""The answer as a weighted sum of plain least-squares slopes, each with its controls projected out once.

Refuters fit the same regression hundreds of times. What changes is little: a column more, another treatment, other
weights of the units. So unit means are taken out, and controls replaced by an orthonormal basis of what they span,
which leaves every slope as it is. A slope corrected by the split-panel jackknife is twice the whole less the average
of the halves: three parts, or five where units have an odd number of rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..estimators.result import Regression
from ..estimators.sample import Sample
from ..estimators.screen import dependent
from ..estimators.split_panel import splits
from ..language import Text
from ..moments import Moments, Rows, Slope, gather, groups_of, rows_of

FEWEST_UNITS = 10
NO_CHANCE = Text(
    "The outcome is an exact function of the regressors: there is no chance in it to be looked at.",
    "De uitkomst volgt exact uit de verklarende KPI's: er zit geen toeval in om naar te kijken.",
)
_EXACT = 1e-10


@dataclass(frozen=True)
class Part:
    """One of the regressions that an answer is put together from.

    Parameters
    ----------
    weight : float
        Of its slope in the answer.
    rows : ndarray of int, shape (n,)
        Its rows of the sample.
    unit : ndarray of int, shape (n,)
        The unit of each row.
    demean : bool
        Whether unit means are taken out.
    basis : ndarray, shape (n, k)
        Orthonormal; spans the controls, the period dummies and, without unit effects, the constant.
    """

    weight: float
    rows: np.ndarray
    unit: np.ndarray
    demean: bool
    basis: np.ndarray

    def left(self, columns: np.ndarray) -> np.ndarray:
        """What is left of columns of the sample, shape (rows, m), on this part's rows, shape (n, m)."""
        kept = columns[self.rows]
        kept = within(kept, self.unit) if self.demean else kept
        return kept - self.basis @ (self.basis.T @ kept)


@dataclass(frozen=True)
class SummedPart:
    """The same by its sums of products, for whatever redraws or leaves out units.

    Parameters
    ----------
    weight : float
    rows : Rows
    slope : Slope
    """

    weight: float
    rows: Rows
    slope: Slope

    @cached_property
    def moments(self) -> Moments:
        """The sums, by group of whole units."""
        return gather(self.rows)


def summed_parts(regression: Regression, group: Mapping[str, int] | None = None) -> tuple[SummedPart, ...]:
    """The parts of a regression as sums of products, with the same units in the same groups.

    Parameters
    ----------
    regression : Regression
    group : mapping of str to int, optional
        The group of each unit; by their names by default.
    """
    sample = regression.whole.sample
    own = groups_of(sample.units) if group is None else np.array([group[unit] for unit in sample.units])
    table = np.column_stack([sample.dummies, sample.controls, sample.treatments[:, :1], sample.outcome])
    held = (*sample.dummy_names, *sample.control_names)
    names = (*held, sample.treatment_names[0], sample.outcome_name)
    slope = Slope(sample.outcome_name, sample.treatment_names[0], held)
    found = []
    for weight, which in _rows(regression):
        rows = rows_of(table, sample.unit, names, group=own, rows=which, within=sample.unit_effects)
        found.append(SummedPart(weight, rows, slope))
    return tuple(found)


def _rows(regression: Regression) -> list[tuple[float, np.ndarray]]:
    """The weight of every part, and its rows of the sample."""
    whole = np.arange(len(regression.whole.sample.outcome))
    if not regression.corrected:
        return [(1.0, whole)]
    masks = [mask[regression.whole.sample.used] for mask in splits(regression.whole)]
    return [(2.0, whole), *((-1 / len(masks), np.flatnonzero(mask)) for mask in masks)]


def parts_of(regression: Regression, without: Collection[str] = ()) -> tuple[Part, ...]:
    """The parts of a regression, some controls left out of their bases by name."""
    sample = regression.whole.sample
    keep = [i for i, name in enumerate(sample.control_names) if name not in without]
    columns = [sample.dummies, sample.controls[:, keep]]
    if not sample.unit_effects:
        columns.insert(0, np.ones((len(sample.outcome), 1)))
    table = np.column_stack(columns)
    return tuple(_part(sample, table, weight, rows) for weight, rows in _rows(regression))


def _part(sample: Sample, table: np.ndarray, weight: float, rows: np.ndarray) -> Part:
    unit, kept = sample.unit[rows], table[rows]
    if sample.unit_effects:
        size = np.linalg.norm(kept, axis=0)
        kept = within(kept, unit)
        kept[:, np.linalg.norm(kept, axis=0) <= _EXACT * size] = 0.0  # what is left is rounding
    gone = dependent(kept)
    basis = np.linalg.qr(kept[:, [j for j in range(kept.shape[1]) if j not in gone]])[0]
    return Part(weight, rows, unit, sample.unit_effects, basis)


def within(columns: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Columns, shape (n, m), with their unit means taken out."""
    count = np.bincount(unit)
    return columns - (by_unit(columns, unit, len(count)) / np.maximum(count, 1)[:, None])[unit]


def by_unit(columns: np.ndarray, unit: np.ndarray, units: int) -> np.ndarray:
    """Sums of columns, shape (n, m), over the rows of each unit, shape (units, m)."""
    sums = np.zeros((units, columns.shape[1]))
    if len(unit) and columns.shape[1]:
        if (unit[1:] < unit[:-1]).any():
            order = np.argsort(unit, kind="stable")
            columns, unit = columns[order], unit[order]
        starts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])
        sums[unit[starts]] = np.add.reduceat(columns, starts, axis=0)
    return sums


def residual(regression: Regression) -> np.ndarray:
    """What the whole regression leaves of the outcome, shape (rows,)."""
    sample = regression.whole.sample
    outcome = sample.outcome - sample.outcome.mean()
    q = np.linalg.qr(sample.design / np.linalg.norm(sample.design, axis=0))[0]
    return outcome - q @ (q.T @ outcome)


def std_error(regression: Regression) -> float:
    """The reported standard error, per unit of the treatment."""
    return float(np.sqrt(regression.best.covariance[0, 0]))


def why_not(regression: Regression) -> Text | None:
    """Why nothing can be resampled here; None where it can."""
    sample = regression.whole.sample
    spread = np.linalg.norm(sample.outcome - sample.outcome.mean())
    if not std_error(regression) > 0 or np.linalg.norm(residual(regression)) <= _EXACT * spread:
        return NO_CHANCE
    return None


def too_few(regression: Regression) -> Text | None:
    """Why units cannot be exchanged or redrawn here; None where they can."""
    return few_units(len(regression.whole.sample.units)) or why_not(regression)


def few_units(units: int) -> Text | None:
    """Why so many units are too few to be drawn from; None where they are not."""
    if units < FEWEST_UNITS:
        return Text(
            "With {units} units there are too few to draw from; it takes {fewest}.",
            "Met {units} eenheden valt er te weinig te trekken; er zijn er {fewest} nodig.",
            units=units,
            fewest=FEWEST_UNITS,
        )
    return None
