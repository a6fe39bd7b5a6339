"""Interventions: what a KPI becomes, given what it would have been.

An intervention is any function ``(values, period) -> values`` over the units. It is asked in every
period of the panel, with the values that the KPI is about to take, earlier interventions included;
handing them back leaves the KPI alone in that period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class pulse:
    """An intervention that raises a KPI in one period; what comes later responds.

    Parameters
    ----------
    at : int
        The period, counted from 0.
    by : float
        How much, in the KPI's own unit.

    Examples
    --------
    >>> raised = pulse(at=2, by=1.0)
    >>> raised(np.array([60.0, 70.0]), 2), raised(np.array([60.0, 70.0]), 3)
    (array([61., 71.]), array([60., 70.]))
    """

    at: int
    by: float

    def __call__(self, values: np.ndarray, period: int) -> np.ndarray:
        """The values (units,) after the intervention."""
        return values + self.by if period == self.at else values


@dataclass(frozen=True)
class sustained:
    """An intervention that holds a KPI above what it would have been, from one period on.

    The rise has one size: what a KPI's own past would carry over from the periods before is not
    added on top. So it needs to know what would have been, and becomes a function by `against`.

    Parameters
    ----------
    start : int
        The first period, counted from 0.
    by : float
        How much, in the KPI's own unit.

    Examples
    --------
    >>> as_it_went = np.array([[60.0], [61.0]])
    >>> held = sustained(start=0, by=1.0).against(as_it_went)
    >>> held(np.array([61.4]), 1)
    array([62.])
    """

    start: int
    by: float

    def against(self, natural: np.ndarray) -> Callable[[np.ndarray, int], np.ndarray]:
        """The function, given the values (periods, units) of the KPI had nobody intervened."""

        def held(values: np.ndarray, period: int) -> np.ndarray:
            return natural[period] + self.by if period >= self.start else values

        return held


Intervention = Callable[[np.ndarray, int], np.ndarray] | sustained
History = Callable[[Mapping[str, Intervention]], dict[str, np.ndarray]]
