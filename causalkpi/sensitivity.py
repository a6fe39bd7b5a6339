"""How strong a hidden cause would have to be, in terms of KPIs that were measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .language import NOTHING, Name, Text


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
        """The most that a hidden cause as strong as the strongest benchmark could move the answer."""
        return self.benchmarks[0].bias if self.benchmarks else math.nan

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
