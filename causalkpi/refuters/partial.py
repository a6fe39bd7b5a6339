"""What the refuters share: a regression seen from its treatment alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..estimators.regression import Fit


@dataclass(frozen=True)
class Partial:
    """Treatment and residual once everything that is held fixed is taken out.

    Parameters
    ----------
    base : ndarray, shape (rows, k)
        Orthonormal columns that span what is held fixed.
    treatment : ndarray, shape (rows,)
        What they leave of the treatment.
    residual : ndarray, shape (rows,)
        What they and the treatment leave of the outcome.
    slope : float
    group : ndarray of int, shape (rows,)
        Units, or rows in a cross-section.
    """

    base: np.ndarray
    treatment: np.ndarray
    residual: np.ndarray
    slope: float
    group: np.ndarray

    def out(self, columns: np.ndarray) -> np.ndarray:
        """What is held fixed taken out of columns, shape (rows, m)."""
        return columns - self.base @ (self.base.T @ columns)


def partial(fit: Fit) -> Partial:
    """A fit seen from its (first) treatment."""
    sample = fit.sample
    rest = np.delete(sample.design, 1, axis=1)
    size = np.linalg.norm(rest, axis=0)
    base = np.linalg.qr(rest[:, size > 0] / size[size > 0])[0]
    treatment = sample.treatments[:, 0] - base @ (base.T @ sample.treatments[:, 0])
    outcome = sample.outcome - base @ (base.T @ sample.outcome)
    slope = float(treatment @ outcome) / float(treatment @ treatment)
    group = sample.unit if sample.repeated else np.arange(len(outcome))
    return Partial(base, treatment, outcome - slope * treatment, slope, group)
