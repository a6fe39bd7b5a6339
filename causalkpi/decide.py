"""One comparison of a claim's rule, held against the answers that it names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from .estimators import Estimate
from .estimators.draws import joint_slopes
from .event_study import EventStudy
from .evidence import Evidence
from .grade import unsound
from .language import NOTHING, Name, Text
from .question import Unanswered
from .rule import Comparison

ENOUGH = ("strong", "moderate")
STRENGTHS = {
    "strong": Text("strong", "sterk"),
    "moderate": Text("moderate", "redelijk"),
    "weak": Text("weak", "zwak"),
    "none": Text("absent", "afwezig"),
}


@dataclass(frozen=True)
class Decided:
    """One comparison of a rule, held against the data.

    Parameters
    ----------
    comparison : Comparison
    about : Text
        The same in words.
    p_holds, p_opposite : float
        One-sided: of the data if the comparison did not hold, and if its opposite did not; not a number where it
        cannot be tested.
    strengths : tuple of str
        The grades of the answers that it rests on; and *weak* where hidden causes as strong as the strongest measured
        KPI could undo it, or an answer without an effect fails a check that *moderate* asks for.
    why : Text
        Why it cannot be tested; empty where it can.
    """

    comparison: Comparison
    about: Text
    p_holds: float = math.nan
    p_opposite: float = math.nan
    strengths: tuple[str, ...] = ()
    why: Text = NOTHING

    @property
    def enough(self) -> bool:
        """Whether the evidence behind it is moderate or better."""
        return not self.why and all(strength in ENOUGH for strength in self.strengths)

    @property
    def strength(self) -> str:
        """The weakest grade of the answers that it rests on."""
        return max(self.strengths, key=list(STRENGTHS).index, default="none")


def decide(comparison: Comparison, named: Mapping[str, Evidence]) -> Decided:
    """Hold one comparison against the answers that it names."""
    about = _about(comparison, named)
    sides = [named[name] for name in comparison.names]
    refused = [side for side in sides if not side.answered]
    if refused:
        return Decided(comparison, about, why=_why(refused[0]))
    if len(sides) == 2:
        value, error, df = difference(sides[1].estimate, sides[0].estimate)
        p = float(stats.t.sf(value / error, df)) if error > 0 else float(value <= 0)
        strengths = _of_two(sides) + _undone(value, sides)
        return Decided(comparison, about, p, 1 - p, strengths)
    estimate, below = sides[0].estimate, isinstance(comparison.low, str)
    threshold = float(comparison.high if below else comparison.low)
    strengths = (sides[0].grade.strength,)
    if threshold == 0:  # the estimate's own p knows more than a t does: of draws, of Anderson and Rubin's test
        p = estimate.p_value / 2 if (estimate.value < 0) == below else 1 - estimate.p_value / 2
    else:
        gap = threshold - estimate.value if below else estimate.value - threshold
        p = float(stats.t.sf(gap / estimate.std_error, estimate.df)) if estimate.std_error > 0 else float(gap <= 0)
        strengths += _undone(gap, sides)  # the grade speaks of zero alone
    return Decided(comparison, about, p, 1 - p, strengths)


def _of_two(sides: Sequence[Evidence]) -> tuple[str, ...]:
    """The grades behind a comparison of two answers: one without an effect needs no grade, but it must be sound."""
    without = [side for side in sides if side.grade.strength == "none"]
    if len(without) == len(sides):
        return ("none",)
    graded = tuple(side.grade.strength for side in sides if side.grade.strength != "none")
    return graded + ("weak",) * any(unsound(side.estimate, side.findings) for side in without)


def _undone(gap: float, sides: Sequence[Evidence]) -> tuple[str, ...]:
    """Weak evidence where hidden causes, each as strong as the strongest measured KPI of its answer, could undo it."""
    return () if abs(gap) > sum(side.bound for side in sides) else ("weak",)


def decide_change(comparison: Comparison, part: tuple[str, str, int], found: EventStudy | Unanswered) -> Decided:
    """Hold what a claim says of a change, made at different times, against its event study.

    Parameters
    ----------
    comparison : Comparison
        Of the part with zero.
    part : tuple
        The KPI that changed, the outcome, and from which period since the change it counts.
    found : EventStudy or Unanswered
    """
    change, outcome, since = part
    below = isinstance(comparison.low, str)
    names = {"change": Name(change), "outcome": Name(outcome)}
    about = Text(
        "the change of {change} {verb} {outcome}{later}",
        "de verandering van {change} {verb} {outcome}{later}",
        verb=Text("lowers", "verlaagt") if below else Text("raises", "verhoogt"),
        later=Text(", from {n} periods on", ", vanaf {n} perioden erna", n=since) if since else NOTHING,
        **names,
    )
    if isinstance(found, Unanswered):
        reason = Text.join([found.reason, found.remedy], ". ")
        why = Text("{change} → {outcome}: {reason}", "{change} → {outcome}: {reason}", reason=reason, **names)
        return Decided(comparison, about, why=why)
    if found.horizon < since:
        why = Text("Units are not seen for {n} periods since the change", "Eenheden zijn geen {n} perioden gevolgd",
                   n=since)  # fmt: skip
        return Decided(comparison, about, why=why)
    effect = found.between(since, found.horizon)
    p = effect.p_value / 2 if (effect.value < 0) == below else 1 - effect.p_value / 2
    return Decided(comparison, about, p, 1 - p, (found.strength,))


def _why(evidence: Evidence) -> Text:
    """Why a question has no number, with the question."""
    question = evidence.question
    return Text(
        "{treatment} → {outcome}: {reason}",
        "{treatment} → {outcome}: {reason}",
        treatment=Name(question.treatment),
        outcome=Name(question.outcome),
        reason=Text.join(evidence.grade.reasons),
    )


def _about(comparison: Comparison, named: Mapping[str, Evidence]) -> Text:
    """A comparison in words."""
    pairs = [named[name].question for name in comparison.names]
    names = {f"{word}{i}": Name(getattr(q, word)) for i, q in enumerate(pairs) for word in ("treatment", "outcome")}
    if len(pairs) == 2:
        return Text(
            "the effect of {treatment0} on {outcome0} lies below that of {treatment1} on {outcome1}",
            "het effect van {treatment0} op {outcome0} ligt onder dat van {treatment1} op {outcome1}",
            **names,
        )
    below = isinstance(comparison.low, str)
    threshold = float(comparison.high if below else comparison.low)
    if threshold == 0:  # no verb that would have to agree with a KPI's name, which may be a plural
        sign = Text("negative", "negatief") if below else Text("positive", "positief")
        return Text(
            "the effect of {treatment0} on {outcome0} is {sign}",
            "het effect van {treatment0} op {outcome0} is {sign}",
            sign=sign,
            **names,
        )
    return Text(
        "the effect of {treatment0} on {outcome0} lies {side} {threshold:g}",
        "het effect van {treatment0} op {outcome0} ligt {side} {threshold:g}",
        side=Text("below", "onder") if below else Text("above", "boven"),
        threshold=threshold,
        **names,
    )


def difference(one: Estimate, other: Estimate) -> tuple[float, float, float]:
    """One answer less the other, with its standard error and degrees of freedom.

    Regressions on the same units have their joint covariance; of other answers the dependence is unknown, and the
    largest error that it allows is taken.
    """
    value, df = one.value - other.value, min(one.df, other.df)
    if not one.regressions or not other.regressions:
        return value, one.std_error + other.std_error, df
    joint = joint_slopes([part.best for part in (*one.regressions, *other.regressions)])
    signs = np.array([part.weight for part in one.regressions] + [-part.weight for part in other.regressions])
    return value, float(np.sqrt(max(0.0, signs @ joint.covariance @ signs))), min(df, joint.df)
