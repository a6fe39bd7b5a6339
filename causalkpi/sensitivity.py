"""How strong a hidden cause would have to be, in terms of KPIs that were measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from .estimators.regression import Fit
from .estimators.result import Regression
from .language import NOTHING, Name, Text
from .question import label

FLOOR, STRICT_FLOOR = 0.05, 0.1
EXACT = 1e-20  # of the outcome's sum of squares


@dataclass(frozen=True)
class Benchmark:
    """What a hidden cause as strong as a measured KPI could do.

    Parameters
    ----------
    kpis : tuple of Name
        The KPI, at the moments at which it is held fixed (its own past and the treatment's are never benchmarks).
    r2_treatment, r2_outcome : float
        Partial R2 that the hidden cause would have with treatment and outcome, 0 to 1.
    bias : float
        The most that it could move the answer, in the answer's own unit; infinite where nothing bounds it.
    value : float
        The answer brought nearer zero by that much.
    interval : tuple of float
        Its interval at the estimate's level.
    """

    kpis: tuple[Name, ...]
    r2_treatment: float
    r2_outcome: float
    bias: float
    value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Sensitivity:
    """How much hidden confounding an answer withstands (Cinelli and Hazlett 2020, JRSS B 82).

    Parameters
    ----------
    partial_r2 : float
        Share of what is left of the outcome that the treatment explains.
    robustness_value : float
        A hidden cause that explains this share of what is left of both treatment and outcome takes the answer to zero.
    robustness_value_interval : float
        The share that takes the interval to zero; 0 where it holds zero already.
    value, std_error, df : float
        The answer that is put to the test, and its clustered standard error.
    ols_error : float
        Ordinary standard error times the contrast, from which the bounds come.
    residual_df : float
    benchmarks : tuple of Benchmark
        As strong as each measured KPI, the strongest (largest bias) first; empty where nothing is held fixed.
    why : Text
        Where a number is absent: the reason. Empty otherwise.
    """

    partial_r2: float
    robustness_value: float
    robustness_value_interval: float
    value: float
    std_error: float
    df: float
    ols_error: float
    residual_df: float
    benchmarks: tuple[Benchmark, ...] = ()
    why: Text = NOTHING

    @property
    def bound(self) -> float:
        """The most that a hidden cause could move the answer that is as strong as the strongest benchmark.

        And at least as one that explains `FLOOR` of what is left of both treatment and outcome: where measured KPIs
        explain next to nothing, comparing with them would promise too much. Not a number where nothing was fitted.
        """
        return self.bound_from(FLOOR)

    def bound_from(self, floor: float) -> float:
        """The same for another floor, 0 to 1."""
        least = bias(self.ols_error, self.residual_df, floor, floor)
        return max([least, *(benchmark.bias for benchmark in self.benchmarks[:1])])

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        plain = {name: getattr(self, name) for name in (
            "partial_r2", "robustness_value", "robustness_value_interval", "value", "std_error", "df", "ols_error",
            "residual_df",
        )}  # fmt: skip
        return plain | {
            "why": str(self.why),
            "benchmarks": [
                {"kpis": list(map(str, b.kpis)), "r2_treatment": b.r2_treatment, "r2_outcome": b.r2_outcome,
                 "bias": b.bias, "value": b.value, "low": b.interval[0], "high": b.interval[1]}
                for b in self.benchmarks
            ],
        }  # fmt: skip


def sensitivity(regression: Regression, contrast: float, level: float) -> Sensitivity:
    """Put one regression's slope to the test of a hidden cause.

    Partial R2 and bounds come from ordinary residual spreads, for a clustered t knows nothing of them; the clustered
    error is added to the interval afterwards. Unit and period effects are out already.

    Parameters
    ----------
    regression : Regression
    contrast : float
        What the slope is multiplied by.
    level : float
        Of the intervals.

    References
    ----------
    Cinelli and Hazlett (2020), Making sense of sensitivity, Journal of the Royal Statistical Society B 82:39-67.
    """
    sample, best = regression.whole.sample, regression.best
    design = sample.design
    taken = len(sample.units) - 1 if sample.unit_effects else 0
    df = float(len(design) - design.shape[1] - taken)
    value = float(best.slopes[0]) * contrast
    std_error = float(np.sqrt(best.covariance[0, 0])) * abs(contrast)
    y, d, z = sample.outcome - sample.outcome.mean(), design[:, 1], np.delete(design, 1, axis=1)
    exact = fits_exactly(regression.whole)
    return withstood(y, d, z, _groups(regression), value, std_error, best.df, df, level, contrast=contrast, exact=exact)


def withstood(
    y: np.ndarray, d: np.ndarray, z: np.ndarray, groups: Mapping[str, list[int]], value: float, std_error: float,
    t_df: float, df: float, level: float, *, contrast: float, exact: bool,
) -> Sensitivity:  # fmt: skip
    """The same from centred columns, or from any that have the same sums of products.

    Parameters
    ----------
    y, d : ndarray, shape (n,)
        Outcome and treatment.
    z : ndarray, shape (n, k)
        What is held fixed.
    groups : mapping of str to list of int
        The columns of `z` that are moments of one KPI.
    value, std_error, t_df : float
        The answer, its error, and the degrees of freedom of its t distribution.
    df : float
        Residual degrees of freedom.
    level, contrast : float
    exact : bool
        Whether nothing is left of the outcome.
    """
    ols = _ols_error(y, d, z, df) * abs(contrast)
    if not df > 0 or exact:
        why = Text("The regression fits exactly: nothing is left to compare a hidden cause with.",
                   "De regressie past exact: er rest niets om een verborgen oorzaak mee te vergelijken.")  # fmt: skip
        nan = math.nan
        return Sensitivity(nan, nan, nan, value, std_error, t_df, ols, df, (), why)
    half = float(stats.t.ppf(0.5 + level / 2, t_df)) * std_error
    size = abs(value)
    found = Sensitivity(
        partial_r2(size / ols, df),
        robustness_value(size / ols, df),
        robustness_value(max(0.0, size - half) / ols, df),
        value,
        std_error,
        t_df,
        ols,
        df,
    )
    benchmarks = [_benchmark(found, kpi, columns, y, d, z, half) for kpi, columns in groups.items()]
    why = NOTHING if benchmarks else Text(
        "No other KPI is held fixed that a hidden cause could be compared with.",
        "Er wordt geen andere KPI constant gehouden waarmee een verborgen oorzaak te vergelijken is.",
    )  # fmt: skip
    ordered = sorted(benchmarks, key=lambda b: (-b.bias, b.kpis))
    return replace(found, benchmarks=tuple(ordered), why=why)


def fits_exactly(fit: Fit) -> bool:
    """Whether nothing but rounding is left of the outcome: then there are no errors that anything could be said of."""
    outcome = fit.sample.outcome - fit.sample.outcome.mean()
    left = _residual(outcome, fit.sample.design)
    return float(left @ left) <= EXACT * float(outcome @ outcome)


def partial_r2(t: float, df: float) -> float:
    """Share of what is left of the outcome that a regressor with this t explains.

    Examples
    --------
    >>> round(partial_r2(4.18, 783), 3)  # Darfur, Cinelli and Hazlett (2020), table 1
    0.022
    """
    return t * t / (t * t + df)


def robustness_value(t: float, df: float) -> float:
    """The share of both treatment and outcome that a hidden cause must explain to take a slope with this t to zero.

    Examples
    --------
    >>> round(robustness_value(4.18, 783), 3)  # Darfur, Cinelli and Hazlett (2020), table 1
    0.139
    """
    f2 = t * t / df
    return 2 * f2 / (math.sqrt(f2 * f2 + 4 * f2) + f2) if f2 else 0.0  # (root - f2) / 2, with no digits lost


def bias(ols_error: float, df: float, r2_treatment: float, r2_outcome: float) -> float:
    """The most that a hidden cause of this strength can move an answer; infinite where it explains all of one."""
    if r2_treatment >= 1 or r2_outcome > 1:
        return math.inf
    return ols_error * math.sqrt(df * r2_outcome * r2_treatment / (1 - r2_treatment))


def _groups(regression: Regression) -> dict[str, list[int]]:
    """The columns of every KPI held fixed, its moments together; own pasts of treatment and outcome are none."""
    sample = regression.whole.sample
    own = {regression.treatment.kpi, regression.outcome.kpi}
    named = {str(label(node)): node for node in regression.estimand.controls}
    found: dict[str, list[int]] = {}
    for i, name in enumerate(sample.control_names):
        node = named[name]
        if node.kpi not in own:
            found.setdefault(node.kpi, []).append(1 + i)  # of the design without the treatment
    return found


def _benchmark(
    found: Sensitivity, kpi: str, columns: list[int], y: np.ndarray, d: np.ndarray, z: np.ndarray, half: float
) -> Benchmark:
    """What a hidden cause as strong as one KPI could do (their section 4.4, k = 1)."""
    rest = np.delete(z, columns, axis=1)
    with_d = _explained(d, rest, z[:, columns])
    with_y = _explained(y, np.column_stack([rest, d]), z[:, columns])
    ratio = with_d / (1 - with_d) if with_d < 1 else math.inf  # a cause as strong as this KPI: f2 of it, given it
    given = with_d**2 / (1 - with_d) ** 2 if with_d < 1 else math.inf  # of the KPI with the cause, given treatment
    if ratio >= 1 or given >= 1:
        r2_d = r2_y = 1.0
    else:
        scale = ((1 + math.sqrt(given)) / math.sqrt(1 - given)) ** 2
        r2_d, r2_y = ratio, min(1.0, scale * with_y / (1 - with_y)) if with_y < 1 else 1.0
    most = bias(found.ols_error, found.residual_df, r2_d, r2_y)
    moved = found.value - math.copysign(most, found.value)
    return Benchmark((Name(kpi),), r2_d, r2_y, most, moved, (moved - half, moved + half))


def _explained(target: np.ndarray, rest: np.ndarray, group: np.ndarray) -> float:
    """Share of what `rest` leaves of a column that a group of columns explains."""
    left = _residual(target, rest)
    size = float(left @ left)
    more = _residual(target, np.column_stack([rest, group]))
    return max(0.0, 1 - float(more @ more) / size) if size > 0 else 0.0


def _residual(target: np.ndarray, columns: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(columns, axis=0)
    scaled = columns / np.where(size > 0, size, 1)
    return target - scaled @ np.linalg.lstsq(scaled, target, rcond=None)[0]


def _ols_error(y: np.ndarray, d: np.ndarray, z: np.ndarray, df: float) -> float:
    """The ordinary standard error of the slope of `d`."""
    left_d, left_y = _residual(d, z), _residual(y, z)
    spread = float(left_d @ left_d)
    left = left_y - left_d * float(left_d @ left_y) / spread
    return math.sqrt(float(left @ left) / df / spread) if df > 0 else math.nan
