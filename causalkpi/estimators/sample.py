"""The estimation sample: which rows of a panel a regression uses, and what it loses on the way.

Lags and leads stay within units and gaps stay gaps. Rows that miss a column are counted by column. Lasting unit
effects are taken out by subtracting unit means (their grand mean put back), shared shocks by one dummy per period.
Regressors are centred, so that the constant is the outcome at their average and a large offset costs no digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg

from ..graph import PERIOD_NODE, UNIT_NODE, Node
from ..panel import Panel
from ..question import Status, label

_NO_VARIATION = 1e-10
_FEWEST_UNITS = 5
_FEWEST_DF = 5


class Refusal(Exception):
    """A regression that must not be run; carries the status, the reason and the way out."""

    def __init__(self, reason: str, remedy: str = "", status: Status = "not_estimable") -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.status = reason, remedy, status


@dataclass(frozen=True)
class Sample:
    """The rows and columns of one regression, ready to be fitted.

    Parameters
    ----------
    outcome : ndarray, shape (n,)
        Unit means taken out where the estimand says so.
    treatments, controls, dummies : ndarray, shape (n, k)
        Centred columns; the dummies are the periods'.
    outcome_name, treatment_names, control_names, dummy_names : str, tuple of str
    unit, period : ndarray of int, shape (n,)
        Codes of the unit and period of each row.
    units : tuple of str
        The unit of each code.
    rows : int
        Rows of the panel that could have been used.
    lost : mapping of str to int
        Rows without a value, by column.
    repeated : bool
        Whether units are seen in several periods, so that errors are clustered.
    unit_effects, period_effects : bool
        Whether they were taken out.
    dropped : tuple of str
        Controls that are exact functions of the others and add nothing.
    spread : ndarray, shape (treatments,)
        Standard deviation of each treatment before anything was taken out.
    used : ndarray of bool, shape (rows of the panel,)
        Which rows of the panel are in the sample.
    """

    outcome: np.ndarray
    treatments: np.ndarray
    controls: np.ndarray
    dummies: np.ndarray
    outcome_name: str
    treatment_names: tuple[str, ...]
    control_names: tuple[str, ...]
    dummy_names: tuple[str, ...]
    unit: np.ndarray
    period: np.ndarray
    units: tuple[str, ...]
    rows: int
    lost: Mapping[str, int]
    repeated: bool
    unit_effects: bool
    period_effects: bool
    dropped: tuple[str, ...]
    spread: np.ndarray
    used: np.ndarray

    @property
    def design(self) -> np.ndarray:
        """All regressors: a constant, the treatments, the controls, the period dummies."""
        constant = np.ones((len(self.outcome), 1))
        return np.column_stack([constant, self.treatments, self.controls, self.dummies])

    @property
    def names(self) -> list[str]:
        """The names of the design's columns."""
        return ["const", *self.treatment_names, *self.control_names, *self.dummy_names]


def build_sample(
    panel: Panel,
    outcome: Node,
    treatments: Sequence[Node],
    adjustment: Sequence[Node] = (),
    keep: np.ndarray | None = None,
) -> Sample:
    """Draw the complete rows of a regression from a panel and take the fixed effects out.

    Parameters
    ----------
    panel : Panel
    outcome : Node
    treatments : sequence of Node
    adjustment : sequence of Node
        With ``<unit>`` and ``<period>`` for fixed effects.
    keep : ndarray of bool, optional
        Rows of ``panel.frame`` to consider; all by default.

    Raises
    ------
    Refusal
        Too few rows or units; a treatment without variation once the rest is taken out; a period that is needed
        and not there.
    """
    controls = [n for n in adjustment if n not in (UNIT_NODE, PERIOD_NODE)]
    nodes = [outcome, *treatments, *controls]
    table = panel.columns(nodes).to_numpy(dtype=float, copy=True)
    index = panel.frame.index
    considered = np.ones(len(table), bool) if keep is None else keep
    missing = np.isnan(table)
    lost = {label(n): int(missing[considered, i].sum()) for i, n in enumerate(nodes)}
    lost = {name: count for name, count in lost.items() if count}
    unit_effects, period_effects = UNIT_NODE in adjustment, PERIOD_NODE in adjustment
    used = considered & ~missing.any(axis=1)
    if unit_effects:
        used, alone = _without_singles(used, index.get_level_values(0))
        lost |= {"the only row of its unit": alone} if alone else {}
    unit, names = pd.factorize(index.get_level_values(0)[used])
    period, periods = pd.factorize(index.get_level_values(1)[used], sort=True)
    _enough(panel, used, len(names), nodes, lost, int(considered.sum()))
    table = table[used]
    spread = table[:, 1 : 1 + len(treatments)].std(axis=0)
    level = table[:, 0].mean()
    table = table - table.mean(axis=0)
    dummies = np.eye(len(periods))[period][:, 1:] if period_effects else np.empty((len(table), 0))
    both = np.column_stack([table, dummies])
    if unit_effects:
        both = both - _unit_means(both, unit, len(names))
    both = both - both.mean(axis=0)
    width = len(nodes)
    kept_dummies = _independent(both[:, width:], np.empty((len(both), 0)))[0]
    kept, dropped = _independent(both[:, 1 + len(treatments) : width], both[:, width:])
    control_names = [label(n) for n in controls]
    sample = Sample(
        both[:, 0] + level,
        both[:, 1 : 1 + len(treatments)],
        both[:, 1 + len(treatments) : width][:, kept],
        both[:, width:][:, kept_dummies],
        label(outcome),
        tuple(label(n) for n in treatments),
        tuple(control_names[i] for i in kept),
        tuple(f"period {panel.label(int(periods[i + 1]))}" for i in kept_dummies),
        unit,
        period,
        tuple(map(str, names)),
        int(considered.sum()),
        lost,
        panel.repeated,
        unit_effects,
        period_effects,
        tuple(control_names[i] for i in dropped),
        spread,
        used,
    )
    _varying(sample)
    return sample


def _without_singles(used: np.ndarray, units: pd.Index) -> tuple[np.ndarray, int]:
    """Rows of units seen more than once: a unit's only row says nothing once its mean is taken out."""
    counts = pd.Series(used).groupby(np.asarray(units), sort=False).transform("sum").to_numpy()
    single = used & (counts == 1)
    return used & ~single, int(single.sum())


def _unit_means(table: np.ndarray, unit: np.ndarray, count: int) -> np.ndarray:
    sums = np.zeros((count, table.shape[1]))
    np.add.at(sums, unit, table)
    return (sums / np.bincount(unit, minlength=count)[:, None])[unit]


def _enough(
    panel: Panel,
    used: np.ndarray,
    units: int,
    nodes: Sequence[Node],
    lost: Mapping[str, int],
    rows: int,
) -> None:
    """Refuse samples that are too small to say how uncertain the answer is."""
    n = int(used.sum())
    reach = max(node.period for node in nodes) - min(node.period for node in nodes)
    if n == 0 and reach >= panel.n_periods:
        raise Refusal(
            f"The question spans {reach + 1} periods and the data have {panel.n_periods}.",
            "Bring more periods, or ask for a shorter horizon.",
        )
    worst = ", ".join(f"{name}: {count}" for name, count in sorted(lost.items(), key=lambda kv: -kv[1])[:3])
    if n < len(nodes) + 1 + _FEWEST_DF:
        raise Refusal(
            f"Only {n} of {rows} rows are complete, and {len(nodes)} columns are needed"
            + (f" (missing by column: {worst})" if worst else "")
            + ".",
            f"It takes at least {len(nodes) + 1 + _FEWEST_DF} complete rows to say how uncertain an answer is.",
        )
    if panel.repeated and units < _FEWEST_UNITS:
        raise Refusal(
            f"Only {units} unit{'s' * (units != 1)} can be used: with fewer than {_FEWEST_UNITS} nobody can tell how "
            "much the answer would differ between units.",
            "Bring more units.",
        )


def _independent(columns: np.ndarray, base: np.ndarray) -> tuple[list[int], list[int]]:
    """Which columns add something to the base and the columns before them, and which are functions of them."""
    kept: list[int] = []
    dropped: list[int] = []
    q = _basis(base)
    for i in range(columns.shape[1]):
        column = columns[:, i]
        norm = np.linalg.norm(column)
        rest = column - q @ (q.T @ column)
        rest = rest - q @ (q.T @ rest)
        size = np.linalg.norm(rest)
        if norm > 0 and size > _NO_VARIATION**0.5 * 1e-2 * norm:
            kept.append(i)
            q = np.column_stack([q, rest / size])
        else:
            dropped.append(i)
    return kept, dropped


def _basis(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the columns' span."""
    if not columns.shape[1]:
        return np.empty((len(columns), 0))
    norms = np.linalg.norm(columns, axis=0)
    q, r, _ = linalg.qr(columns / np.where(norms > 0, norms, 1), mode="economic", pivoting=True)
    return q[:, np.abs(np.diag(r)) > _NO_VARIATION**0.5 * 1e-2]


def _varying(sample: Sample) -> None:
    """Refuse treatments, and outcomes, in which nothing is left to learn from."""
    if np.ptp(sample.outcome) <= _NO_VARIATION * max(1.0, abs(sample.outcome).max()):
        raise Refusal(
            f"{sample.outcome_name} does not vary" + _once(sample) + ".",
            "There is nothing to explain in these data.",
        )
    for i, name in enumerate(sample.treatment_names):
        column = sample.treatments[:, i]
        size = np.linalg.norm(column)
        if size <= _NO_VARIATION * max(sample.spread[i], 1e-300) * np.sqrt(len(column)):
            raise Refusal(
                f"{name} does not vary" + _once(sample) + ": the data hold no change whose consequences could be seen.",
                "It takes units or periods in which it differs.",
            )
        others = np.column_stack([np.delete(sample.treatments, i, axis=1), sample.controls])
        beside_periods = column - _project(column, sample.dummies)
        if np.linalg.norm(beside_periods) <= 1e-7 * size:
            raise Refusal(
                f"{name} has one value per period for all units: it cannot be told from shocks that all units share.",
                "It takes units in which it differs in the same period.",
            )
        rest = beside_periods - _project(beside_periods, np.column_stack([others, sample.dummies]))
        if np.linalg.norm(rest) <= 1e-7 * np.linalg.norm(beside_periods):
            raise Refusal(
                f"{name} is an exact function of {_involved(sample, i)}: its effect cannot be told from theirs.",
                "Leave out what is a formula of the others, or declare it as an identity.",
            )


def _once(sample: Sample) -> str:
    return " within units, once their lasting differences are taken out" if sample.unit_effects else " in these data"


def _project(column: np.ndarray, onto: np.ndarray) -> np.ndarray:
    q = _basis(onto)
    return q @ (q.T @ column)


def _involved(sample: Sample, i: int) -> str:
    """The controls that together make up a collinear treatment."""
    names = [n for j, n in enumerate(sample.treatment_names) if j != i] + list(sample.control_names)
    columns = np.column_stack([np.delete(sample.treatments, i, axis=1), sample.controls])
    weights = np.linalg.lstsq(columns / columns.std(axis=0), sample.treatments[:, i], rcond=None)[0]
    big = np.abs(weights) > 1e-6 * np.abs(weights).max()
    return " and ".join(name for name, chosen in zip(names, big, strict=True) if chosen) or "the other columns"
