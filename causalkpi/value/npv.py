"""The net present value of a pulse, within the horizon that the data admit.

The effects of one pulse on money now and in later periods come from as many regressions, on the same units: their
errors go together, and so the interval of the discounted sum comes from joint draws, never from adding variances.
Nothing is added for what lies beyond the last horizon that could be estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..estimators import Answer, Estimate
from ..estimators.draws import joint_slopes
from ..estimators.identity import DRAWS, effect_of_slopes
from ..language import NOTHING, Text
from ..panel import Panel
from ..question import Question, Unanswered

PER_YEAR = {"year": 1, "quarter": 4, "month": 12, "week": 52, "day": 365}


@dataclass(frozen=True)
class Flow:
    """What a pulse does to money in one period.

    Parameters
    ----------
    horizon : int
        Periods after the pulse.
    value : float
        The effect, in the outcome's unit; 0 where the graph says that there is none yet.
    low, high : float
        Its own interval, for this period alone.
    discounted : float
        As it counts in the sum.
    """

    horizon: int
    value: float
    low: float
    high: float
    discounted: float


@dataclass(frozen=True, repr=False)
class NetPresentValue:
    """The discounted sum of a pulse's effects on money, per unit of the panel.

    Parameters
    ----------
    treatment : str
    change : float
        The pulse: one period's change, in the treatment's unit.
    outcome : str
    rate : float
        Discount rate per year, compounded per period; the flow of the pulse's own period is not discounted.
    frequency : str
    value : float
        Not a number where there is none; `why` says why.
    interval : tuple of float
        At `level`, from joint draws over all periods.
    level : float
    p_positive : float
        Share of the draws above zero.
    flows : tuple of Flow
    why : Text
        Why there is no value, or why it stops at the horizon it does.
    answers : tuple of Estimate or Unanswered
        Period by period.
    """

    treatment: str
    change: float
    outcome: str
    rate: float
    frequency: str
    value: float
    interval: tuple[float, float]
    level: float
    p_positive: float
    flows: tuple[Flow, ...] = ()
    why: Text = NOTHING
    answers: tuple[Answer, ...] = ()

    @property
    def valued(self) -> bool:
        """Whether there is a value."""
        return bool(self.flows)

    @property
    def determined(self) -> bool:
        """Whether the interval is clear of zero, so that the sign is determined."""
        return self.valued and (self.interval[0] > 0 or self.interval[1] < 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        names = ("treatment", "change", "outcome", "rate", "frequency", "value", "level", "p_positive")
        plain: dict[str, Any] = {name: getattr(self, name) for name in names}
        plain |= {"low": self.interval[0], "high": self.interval[1], "why": str(self.why)}
        return plain | {"flows": [vars(flow) for flow in self.flows]}

    def __str__(self) -> str:
        if not self.valued:
            return f"NPV of {self.treatment} ({self.change:+g}) on {self.outcome}: none. {self.why}"
        low, high = self.interval
        text = (
            f"NPV of {self.treatment} ({self.change:+g}) on {self.outcome}, over {self.flows[-1].horizon + 1} periods"
        )
        return f"{text} at {self.rate:.1%}: {self.value:.4g} [{low:.4g}, {high:.4g}]. {self.why}".rstrip()

    __repr__ = __str__


def net_present_value(
    panel: Panel,
    ask: Callable[[Question], Answer],
    treatment: str,
    outcome: str,
    *,
    rate: float,
    change: float = 1.0,
    horizon: int = 4,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
) -> NetPresentValue:
    """The discounted sum of a pulse's effects over the periods that can be estimated without a gap.

    Parameters
    ----------
    panel : Panel
    ask : callable
        From a question to its answer, such as :meth:`causalkpi.Study.answer`.
    treatment, outcome : str
        The outcome is an amount of money per unit and period.
    rate : float
        Discount rate per year, above -1; per period where the panel has plain steps.
    change : float
    horizon : int
        The last period to look at. The sum stops before the first period that got no number.
    level : float
    rng : numpy.random.Generator, optional
        The same draws each time by default.

    Returns
    -------
    NetPresentValue
        Without a value, and with the reason, where the pulse's own period already has no answer.
    """
    answers = []
    stopped: Text = NOTHING
    span = panel.ordinals[-1] - panel.ordinals[0] + 1
    for h in range(min(horizon, span) + 1):  # the first period beyond the data has no answer
        answer = ask(Question(treatment, outcome, h, change))
        answers.append(answer)
        stopped = _stops(answer)
        if stopped:
            break
    usable = answers[:-1] if stopped else answers
    per_period = (1 + rate) ** (1 / PER_YEAR.get(panel.frequency, 1))
    factors = [per_period**-h for h in range(len(usable))]
    named = (treatment, change, outcome, rate, panel.frequency)
    if not any(isinstance(answer, Estimate) for answer in usable):
        why = stopped or Text(
            "The graph has no path along which it could act within this horizon.",
            "De graaf bevat geen pad waarlangs dit binnen deze horizon kan werken.",
        )
        return NetPresentValue(*named, float("nan"), (float("nan"), float("nan")), level, float("nan"), (), why,
                               tuple(answers))  # fmt: skip
    value, draws = _sum(panel, usable, factors, np.random.default_rng(0) if rng is None else rng)
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    flows = tuple(_flow(answer, h, factors[h]) for h, answer in enumerate(usable))
    last = len(usable) - 1
    after = Text(f"{last} period{'s' * (last != 1)}", f"{last} periode{'n' * (last != 1)}")
    why = Text("What comes after {after} is not counted.", "Wat na {after} komt, telt niet mee.", after=after)
    if stopped:
        why = Text("It stops after {after}: {reason}", "De som stopt na {after}: {reason}", after=after, reason=stopped)
    positive = float((draws > 0).mean())
    return NetPresentValue(*named, value, (float(low), float(high)), level, positive, flows, why, tuple(answers))


def _stops(answer: Answer) -> Text:
    """Why the sum must stop before this period; empty where it need not. A structural zero is a number: zero."""
    if isinstance(answer, Unanswered):
        if answer.status == "structural_zero":
            return NOTHING
        return Text("{reason}", "{reason}", reason=answer.reason)
    if not answer.regressions:
        return Text(
            "this period's answer comes by a route whose errors cannot be joined with the others' yet.",
            "het antwoord voor deze periode komt langs een route waarvan de onzekerheid nog niet met die van de "
            "andere te verbinden is.",
        )
    return NOTHING


def _sum(
    panel: Panel, answers: list[Answer], factors: list[float], rng: np.random.Generator
) -> tuple[float, np.ndarray]:
    """The discounted sum, and joint draws of it."""
    estimates = [(answer, f) for answer, f in zip(answers, factors, strict=True) if isinstance(answer, Estimate)]
    joint = joint_slopes([part.best for answer, _ in estimates for part in answer.regressions])
    slopes = joint.draws(DRAWS, rng)
    total, at, value = np.zeros(len(slopes)), 0, 0.0
    for answer, factor in estimates:
        wide = len(answer.regressions)
        total += factor * effect_of_slopes(panel, answer)(slopes[:, at : at + wide])
        value += factor * answer.value
        at += wide
    return value, total


def _flow(answer: Answer, horizon: int, factor: float) -> Flow:
    if isinstance(answer, Estimate):
        return Flow(horizon, answer.value, *answer.interval, factor * answer.value)
    return Flow(horizon, 0.0, 0.0, 0.0, 0.0)
