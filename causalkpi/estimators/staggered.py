"""Effects of a change that units made at different times: one for each cohort and period since its change.

With units and periods taken out, every cohort gets its own coefficient in every period but the last before its change
(Sun and Abraham 2021, J. Econometrics 225:175-199). Where all rows are there this is the difference in differences
between the cohort and the units it is held against, since that last period: Callaway and Sant'Anna's (2021, J.
Econometrics 225:200-230) group-time effect. No cohort is ever held against one that changed before it, which is what
makes plain two-way fixed effects go wrong.

pyfixest fits the regression; the coefficients are computed again here, together with what they become without each unit
in turn, and must agree. pyfixest's `event_study` itself is not called: it reads cohorts off the rows that are there, so
that a missing row makes a cohort of its own; keeps units that had changed before; and fails without units that never
change. Its clustered errors are n/(n-1) too small in a cohort of n: leaving one unit out is not.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import DisagreementError, Fault
from ..language import Text
from .changeover import NEVER, Changeover
from .clusters import jackknife_covariance
from .regression import AGREEMENT, interval, leave_one_out, p_value
from .result import Beside
from .screen import Refusal, dependent

_DRAWS = 20_000


@dataclass(frozen=True)
class Average:
    """A weighted average of effects.

    Parameters
    ----------
    value, std_error : float
        In units of the outcome.
    interval : tuple of float
    p_value : float
        Two-sided, of the null that it is zero.
    df : float
        Degrees of freedom of the t distribution: effective units less one, units less one at most.
    """

    value: float
    std_error: float
    interval: tuple[float, float]
    p_value: float
    df: float


@dataclass(frozen=True, eq=False)
class GroupTime:
    """Group-time effects with their joint uncertainty.

    Parameters
    ----------
    cohort, since : ndarray, shape (cells,)
        The ordinal of the cohort's change, and periods since it; without the reference period.
    counts : ndarray, shape (cells,)
        Units in each cell.
    values : ndarray, shape (cells,)
        In units of the outcome.
    left_out : ndarray, shape (units, cells)
        The same without each unit in turn.
    pull : ndarray, shape (rows, cells)
        How much each row's outcome moves each value.
    unit : ndarray, shape (rows,)
    """

    cohort: np.ndarray
    since: np.ndarray
    counts: np.ndarray
    values: np.ndarray
    left_out: np.ndarray = field(repr=False)
    pull: np.ndarray = field(repr=False)
    unit: np.ndarray = field(repr=False)

    def weights(self, which: np.ndarray) -> np.ndarray:
        """Weights by units over some cells, shape (cells,), adding up to one."""
        chosen = self.counts * which
        return chosen / chosen.sum()

    def covariance(self, weights: np.ndarray) -> np.ndarray:
        """Of the averages that weights (cells, k) give, by leaving one unit out at a time; shape (k, k)."""
        return jackknife_covariance(self.left_out @ weights)

    def effective(self, weights: np.ndarray) -> float:
        """Over how many units an average is spread (MacKinnon and Webb 2018); see `regression.effective_units`."""
        shares = np.bincount(self.unit, (self.pull @ weights) ** 2)
        return float(shares.sum() ** 2 / (shares**2).sum())

    def average(self, weights: np.ndarray, level: float) -> Average:
        """The average that weights (cells,) give; the weights count as fixed."""
        value, units = float(self.values @ weights), len(self.left_out)
        error = float(np.sqrt(self.covariance(weights[:, None])[0, 0]))
        df = max(1.0, min(units, self.effective(weights)) - 1)
        return Average(value, error, interval(value, error, df, level), p_value(value, error, df), df)


def group_time(found: Changeover, *, confirm: bool = True) -> GroupTime:
    """The effects, by least squares on a saturated set of cells.

    Parameters
    ----------
    found : Changeover
    confirm : bool
        Whether pyfixest fits the regression too. Only simulations should skip it.

    Raises
    ------
    Refusal
        If gaps leave cells that cannot be told apart; if pyfixest is not installed.
    DisagreementError
        If pyfixest and this differ.
    """
    own = (found.adopts < NEVER) & (found.since != found.reference)
    keys, which = np.unique(np.column_stack([found.adopts, found.since])[own], axis=0, return_inverse=True)
    cells = np.zeros((len(found.unit), len(keys)))
    cells[np.flatnonzero(own), which.ravel()] = 1.0
    design = _within(np.column_stack([cells, _periods(found)]), found.unit)
    if dependent(design):
        raise Refusal(
            Text(
                "Too many gaps: effects of cohorts and shocks of periods cannot be told apart",
                "Te veel gaten: effecten per groep en schokken per periode zijn niet te scheiden",
            ),
            Text("Ask with fewer gaps in the outcome.", "Stel de vraag met minder gaten in de uitkomst."),
        )
    q, r = np.linalg.qr(design)
    pull = q @ np.linalg.solve(r, np.eye(r.shape[1])).T[:, : len(keys)]
    outcome = _within(found.outcome[:, None], found.unit)[:, 0]
    scale = float(outcome.std()) or 1.0
    left_out = leave_one_out(design, outcome / scale, found.unit, slice(0, len(keys))) * scale
    values = pull.T @ outcome
    made = GroupTime(keys[:, 0], keys[:, 1].astype(int), cells.sum(axis=0), values, left_out, pull, found.unit)
    if confirm:
        _confirm(found, made)
    return made


def joint_critical(covariance: np.ndarray, df: float, level: float, rng: np.random.Generator) -> float:
    """The critical value with which all intervals together cover: that of the largest absolute t.

    Montiel Olea and Plagborg-Møller (2019), J. Applied Econometrics 34:1-17.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> bool(2.2 < joint_critical(np.eye(2), 1e6, 0.95, rng) < 2.28)  # exact: 2.236
    True
    """
    errors = np.sqrt(np.diag(covariance))
    errors = np.where(errors > 0, errors, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(errors, errors))
    draws = rng.standard_normal((_DRAWS, len(values))) @ (vectors * np.sqrt(values.clip(0))).T
    largest = np.abs(draws).max(axis=1) / np.sqrt(rng.chisquare(df, _DRAWS) / df)
    return float(np.quantile(largest, level))


def beside(found: Changeover, horizon: int, level: float) -> tuple[Beside, ...]:
    """What plain two-way fixed effects, and a comparison of rows, would have said of the periods that count."""
    found = found.keep((found.since <= horizon) | (found.adopts == NEVER))
    after = (found.since >= 0) & (found.adopts < NEVER)
    treated = after[:, None].astype(float)
    two_way = _within(np.column_stack([treated, _periods(found)]), found.unit)
    outcome = _within(found.outcome[:, None], found.unit)[:, 0]
    pooled = np.column_stack([treated, np.ones(len(treated))])
    why = Text(
        "Plain two-way fixed effects: units that changed late are also held against those that changed before, whose "
        "effects still grow.",
        "Gewone vaste effecten voor eenheid en periode: wie laat veranderde, wordt ook vergeleken met wie eerder "
        "veranderde en van wie het effect nog groeit.",
    )
    plain = Text(
        "Rows after a change less all others, nothing held fixed.",
        "Rijen na een verandering min alle andere, zonder iets constant te houden.",
    )
    return (
        _slope("two_way_fixed_effects", two_way, outcome, found.unit, level, why),
        _slope("association", pooled, found.outcome, found.unit, level, plain),
    )


def _slope(name: str, design: np.ndarray, outcome: np.ndarray, unit: np.ndarray, level: float, why: Text) -> Beside:
    value = float(np.linalg.lstsq(design, outcome, rcond=None)[0][0])
    left_out = leave_one_out(design, outcome, unit, slice(0, 1))
    error, df = float(np.sqrt(jackknife_covariance(left_out)[0, 0])), len(left_out) - 1
    return Beside(name, value, error, interval(value, error, df, level), p_value(value, error, df), why)


def _periods(found: Changeover) -> np.ndarray:
    """Dummies of all periods but the first, shape (rows, periods - 1)."""
    return (found.period[:, None] == np.unique(found.period)[1:]).astype(float)


def _within(columns: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Columns less their unit means."""
    sums = np.zeros((unit.max() + 1, columns.shape[1]))
    np.add.at(sums, unit, columns)
    return columns - (sums / np.bincount(unit)[:, None])[unit]


def _confirm(found: Changeover, made: GroupTime) -> None:
    """Hold the values against pyfixest's; a DisagreementError names the cell that differs most."""
    theirs = pyfixest_effects(found)
    ours = dict(zip(zip(made.cohort, made.since, strict=True), made.values, strict=True))
    error = np.sqrt(np.diag(jackknife_covariance(made.left_out))).max()
    gaps = {key: abs(theirs.get(key, np.nan) - value) / max(abs(value), error) for key, value in ours.items()}
    worst = max(gaps, key=lambda key: np.inf if np.isnan(gaps[key]) else gaps[key])
    if not gaps[worst] <= AGREEMENT:
        found_text = f"pyfixest {theirs.get(worst, float('nan'))!r}, here {float(ours[worst])!r}"
        fault = Fault(f"cohort {worst[0]:g}, {worst[1]} since", found_text, f"agreement to {AGREEMENT:g}")
        raise DisagreementError("pyfixest and this package disagree on the same regression.", [fault])


def pyfixest_effects(found: Changeover) -> dict[tuple[float, int], float]:
    """The same coefficients by pyfixest: (cohort, periods since) to value."""
    try:
        import pyfixest
    except ImportError:
        raise Refusal(
            Text(
                "The library that estimates staggered changes, pyfixest, is not installed",
                "De bibliotheek die gespreide veranderingen schat, pyfixest, is niet geïnstalleerd",
            ),
            Text("Install it: {line}", "Installeer haar: {line}", line="pip install causalkpi[panel]"),
        ) from None
    import pandas as pd

    never, first = found.adopts == NEVER, found.period.min() - 1
    scale = found.outcome.std() or 1.0
    frame = pd.DataFrame(
        {
            "y": found.outcome / scale,
            "unit": found.unit,
            "period": found.period - first,
            "since": np.where(never, found.reference, found.since).astype(int),
            "cohort": np.where(never, 0, found.adopts - first).astype(int),  # 0: never
        }
    )
    formula = f"y ~ i(since, cohort, ref={found.reference}, ref2=0) | unit + period"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says which pairs of cohort and period do not exist
        fitted: Any = pyfixest.feols(formula, frame, vcov="iid", fixef_tol=1e-10)  # type: ignore[operator]
        coefficients = fitted.coef() * scale
    effects = {}
    for name, value in coefficients.items():
        since, cohort = str(name).removeprefix("since::").split(":cohort::")
        effects[float(cohort) + first, int(float(since))] = float(value)
    return effects
