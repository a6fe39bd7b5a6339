"""The number with its uncertainty, and the numbers that belong beside it.

"Effect" is kept for the truth; what data give is an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..dowhy_bridge import dowhy_objects
from ..graph import Node
from ..language import Text
from ..question import Estimand, Question, Status, Unanswered
from .regression import Fit
from .sample import Sample


@dataclass(frozen=True)
class Beside:
    """Another number for the same question, which must not be mistaken for the answer.

    Parameters
    ----------
    name : str
        ``association`` (pooled, nothing held fixed) or ``uncorrected`` (before a correction for short panels).
    value, std_error : float
        Per contrast, in units of the outcome.
    interval : tuple of float
    p_value : float
    why : Text
        What it is, in a sentence.
    """

    name: str
    value: float
    std_error: float
    interval: tuple[float, float]
    p_value: float
    why: str


@dataclass(frozen=True, eq=False)
class Regression:
    """One adjusted regression behind an answer, for whoever wants to examine it.

    Parameters
    ----------
    estimand : Estimand
        Of this regression: its adjustment set, and whether unit effects leave it unbiased.
    outcome, treatment : Node
    whole : Fit
        As fitted: statsmodels result, residuals, sample, and the slopes with each unit left out.
    best : Fit
        After the correction for short panels; the same as `whole` where none was needed.
    weight : float
        How much the answer moves with this regression's slope: the contrast, or an identity's derivative.
    """

    estimand: Estimand = field(repr=False)
    outcome: Node
    treatment: Node
    whole: Fit = field(repr=False)
    best: Fit = field(repr=False)
    weight: float = 1.0

    @property
    def corrected(self) -> bool:
        """Whether the slope was corrected after it was fitted."""
        return self.best is not self.whole


@dataclass(frozen=True, repr=False)
class Estimate:
    """The answer to a question, per contrast and in units of the outcome.

    Parameters
    ----------
    question : Question
    estimand : Estimand
    status : {"estimated", "estimated_with_warnings"}
    value, std_error : float
    interval : tuple of float
        At confidence `level`.
    p_value : float
        Two-sided, of the null that the effect is zero.
    level : float
    df : float
        Degrees of freedom of the t distribution.
    estimator, convention : Text
        How value and standard error were computed, in words.
    rows, rows_used : int
        Rows that the panel has, and complete ones that were used.
    lost : mapping of str to int
        Rows without a value, by column.
    units, periods : int
        Units and periods in the sample.
    population : Text
        For which units and periods the answer is.
    minimum_detectable : float
        The smallest effect that this sample finds with 80% probability at the 5% level.
    beside : tuple of Beside
    warnings : tuple of Text
    dowhy : float
        DoWhy's slope times the contrast, where the answer is one regression's slope; otherwise not a number.
    results : statsmodels or linearmodels result
        Lives in the session and is not saved; one per part where the answer is put together from several.
    regressions : tuple of Regression
        The adjusted regressions behind the answer, in the session only: one, or one per part of an identity; none
        for a front door or an instrument.
    extrapolated : bool
        Whether the change asked about is larger than any in the data.
    """

    question: Question
    estimand: Estimand = field(repr=False)
    status: Status
    value: float
    std_error: float
    interval: tuple[float, float]
    p_value: float
    level: float
    df: float
    estimator: str
    convention: str
    rows: int
    rows_used: int
    lost: Mapping[str, int]
    units: int
    periods: int
    population: str
    minimum_detectable: float
    beside: tuple[Beside, ...] = ()
    warnings: tuple[str, ...] = ()
    dowhy: float = float("nan")
    results: Any = field(default=None, repr=False, compare=False)
    sample: Sample | None = field(default=None, repr=False, compare=False)
    regressions: tuple[Regression, ...] = field(default=(), repr=False, compare=False)
    extrapolated: bool = False

    @property
    def rests_on(self) -> float:
        """How many units the answer rests on: those that its treatment varies over, where fewer."""
        return min([float(self.units), *(part.best.effective for part in self.regressions)])

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain values, for JSON and tables."""
        return {
            "treatment": self.question.treatment,
            "outcome": self.question.outcome,
            "horizon": self.question.horizon,
            "contrast": self.question.contrast,
            "status": self.status,
            "value": self.value,
            "std_error": self.std_error,
            "low": self.interval[0],
            "high": self.interval[1],
            "p_value": self.p_value,
            "level": self.level,
            "df": self.df,
            "route": self.estimand.route,
            "estimator": self.estimator,
            "convention": self.convention,
            "rows": self.rows,
            "rows_used": self.rows_used,
            "units": self.units,
            "periods": self.periods,
            "population": self.population,
            "minimum_detectable": self.minimum_detectable,
            "lost": dict(self.lost),
            "warnings": list(self.warnings),
            "beside": {
                b.name: {"value": b.value, "std_error": b.std_error, "low": b.interval[0], "high": b.interval[1],
                         "p_value": b.p_value, "why": b.why}
                for b in self.beside
            },
        }  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """One row for the answer and one for each number beside it."""
        rows = [("estimate", self.value, self.std_error, *self.interval, self.p_value)]
        rows += [(b.name, b.value, b.std_error, *b.interval, b.p_value) for b in self.beside]
        return pd.DataFrame(rows, columns=["number", "value", "std_error", "low", "high", "p_value"])

    def to_dowhy(self) -> tuple[Any, Any]:
        """DoWhy's own estimand and estimate of the regression behind the answer.

        Returns
        -------
        tuple
            ``IdentifiedEstimand`` and ``CausalEstimate``, on the sample with fixed effects taken out, for a contrast of
            0 -> 1; before any correction for short panels.

        Raises
        ------
        ValueError
            If the answer is put together from several regressions (an identity, a front door, an instrument), or comes
            from sums over a table that stays where it is.
        """
        if self.sample is None and self.estimand.route == "back_door":
            raise ValueError(
                "This answer comes from sums over a table that stays where it is; DoWhy has seen a small table "
                "with the same sums, and its slope is in estimate.dowhy."
            )
        if self.sample is None:
            raise ValueError(
                f"This answer comes by the route {self.estimand.route!r}, from several regressions; DoWhy has no "
                "single estimate for it. Ask for one of its parts (estimate.estimand.legs or .stages)."
            )
        s = self.sample
        return dowhy_objects(s.outcome, s.treatments[:, 0], np.column_stack([s.controls, s.dummies]))

    def __str__(self) -> str:
        low, high = self.interval
        text = (
            f"{self.question}: {self.value:.4g} [{low:.4g}, {high:.4g}] ({self.level:.0%} interval, {self.convention}; "
            f"{self.rows_used} of {self.rows} rows, {self.population})"
        )
        beside = "".join(f"\n  beside it, {b.name}: {b.value:.4g} [{b.interval[0]:.4g}, {b.interval[1]:.4g}]"
                         for b in self.beside)  # fmt: skip
        return text + beside + "".join(f"\n  note: {w}" for w in self.warnings)

    __repr__ = __str__


Answer = Estimate | Unanswered


def sample_words(fit: Fit) -> list[Text]:
    """What a reader must know of a sample before he believes a number from it."""
    sample = fit.sample
    residual, outcome = fit.results.resid, fit.results.model.endog
    exact = float((residual**2).sum()) <= 1e-20 * float(((outcome - outcome.mean()) ** 2).sum())
    free, share = len(sample.outcome) - sample.design.shape[1], len(sample.outcome) / max(1, sample.rows)
    return words_of_sample(len(sample.units), sample.repeated, fit.effective, free, sample.dropped, exact, share)


def words_of_sample(
    units: int, repeated: bool, effective: float, free: int, dropped: Sequence[str], exact: bool, share: float
) -> list[Text]:
    """The same from plain numbers.

    Parameters
    ----------
    units : int
    repeated : bool
        Whether they are seen in several periods.
    effective : float
        How many of them the treatment's variation is spread over.
    free : int
        Degrees of freedom that are left.
    dropped : sequence of str
        Controls that are exact functions of the others.
    exact : bool
        Whether nothing is left of the outcome.
    share : float
        Of the rows that are complete.
    """
    said = []
    if repeated and 1 < units < 10:
        said.append(
            Text(
                "Only {n} units: the interval itself is uncertain. Treat this as a hint.",
                "Slechts {n} eenheden: ook het interval zelf is onzeker. Beschouw dit als een aanwijzing.",
                n=units,
            )
        )
    elif repeated and 1 < units < 50:
        said.append(
            Text(
                "{n} units are few: the interval is approximate.",
                "{n} eenheden is weinig: het interval is een benadering.",
                n=units,
            )
        )
    if effective < 10:
        said.append(
            Text(
                "What varies in the treatment comes from about {n:.0f} units or rows: a hint, not more.",
                "De variatie in de ingreep komt van ongeveer {n:.0f} eenheden of rijen: een aanwijzing, meer niet.",
                n=effective,
            )
        )
    if free < 20:
        said.append(Text("Only {n} degrees of freedom are left.", "Er resteren slechts {n} vrijheidsgraden.", n=free))
    if dropped:
        said.append(
            Text(
                "{names}: an exact function of the other controls, left out.",
                "{names}: een exacte functie van wat verder constant wordt gehouden, weggelaten.",
                names=tuple(dropped),
            )
        )
    if exact:
        said.append(
            Text(
                "The outcome is an exact function of the regressors: it may be a formula of them rather than an "
                "effect.",
                "De uitkomst is een exacte functie van de verklarende KPI's: dit kan een formule zijn in plaats van "
                "een effect.",
            )
        )
    if share < 0.5:
        said.append(
            Text(
                "{share:.0%} of the rows are not complete and were left out.",
                "{share:.0%} van de rijen is niet volledig en is weggelaten.",
                share=1 - share,
            )
        )
    return said
