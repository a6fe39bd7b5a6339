"""The net present value of a pulse, within the horizon that the data admit.

The effects of one pulse on money now and in later periods are followed along the links of the graph where these data
carry every link on the way; the sum of the adjusted regressions stands beside it. Where they do not, those regressions
are the answer. Either way the errors of the periods go together, and so the interval of the discounted sum comes from
joint replicates, never from adding variances. Nothing is added for what lies beyond the last horizon.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from ..estimators import Answer, Estimate
from ..estimators.draws import joint_slopes
from ..estimators.identity import DRAWS, effect_of_slopes
from ..language import NOTHING, Text
from ..panel import Panel
from ..question import Question, Unanswered
from ..system import LinkSystem, profile
from ..system.profile import discount_factors


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
        The chance that it is above zero.
    flows : tuple of Flow
    why : Text
        Why there is no value, or why it stops at the horizon it does.
    answers : tuple of Estimate or Unanswered
        By adjustment, period by period.
    by_links : bool
        Whether the flows were followed along the links of the graph, or come from adjusted regressions alone.
    other : tuple of float
        Where they were: the same sum by adjusted regressions, and the ends of its interval; empty if those have none.
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
    by_links: bool = False
    other: tuple[float, ...] = ()

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
        plain |= {"by_links": self.by_links, "other": list(self.other)}
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
    system: LinkSystem | None = None,
    rng: np.random.Generator | None = None,
) -> NetPresentValue:
    """The discounted sum of a pulse's effects over the periods that can be estimated without a gap.

    Parameters
    ----------
    panel : Panel
    ask : callable
        From a question to its answer, such as :meth:`causalkpi.Study.adjusted`.
    treatment, outcome : str
        The outcome is an amount of money per unit and period.
    rate : float
        Discount rate per year, above -1; per period where the panel has plain steps.
    change : float
    horizon : int
        The last period to look at. The sum stops before the first period that got no number.
    level : float
    system : LinkSystem, optional
        The links to follow, such as :attr:`causalkpi.Study.system`; without it the adjusted regressions are the answer.
    rng : numpy.random.Generator, optional
        The same draws each time by default.

    Returns
    -------
    NetPresentValue
        Without a value, and with the reason, where the pulse's own period already has no answer.
    """
    draws = np.random.default_rng(0) if rng is None else rng
    named = (treatment, change, outcome, rate, panel.frequency)
    adjusted = _by_adjustment(panel, ask, named, horizon, level, draws)
    if system is None:
        return adjusted
    followed = profile(system, treatment, outcome, horizon=horizon, change=change, rate=rate, level=level, rng=draws)
    total = followed.discounted
    if total is None or len(followed.moments) < max(1, len(adjusted.flows)):
        return adjusted
    factors = discount_factors(rate, panel.frequency, len(followed.moments))
    flows = tuple(
        Flow(m.horizon, m.by_links.value, *m.by_links.interval, float(factor * m.by_links.value))
        for m, factor in zip(followed.moments, factors, strict=True)
    )
    positive = float(stats.t.cdf(total.value / total.std_error, followed.df)) if total.std_error > 0 else float("nan")
    other = (adjusted.value, *adjusted.interval) if len(adjusted.flows) == len(flows) else ()
    why = followed.why or _until(NOTHING, flows[-1].horizon)
    return NetPresentValue(
        *named, total.value, total.interval, level, positive, flows, why, adjusted.answers, True, other
    )


def _by_adjustment(
    panel: Panel,
    ask: Callable[[Question], Answer],
    named: tuple[str, float, str, float, str],
    horizon: int,
    level: float,
    draws: np.random.Generator,
) -> NetPresentValue:
    """The sum of the adjusted regressions, period by period, as far as they go."""
    treatment, change, outcome, rate, frequency = named
    answers = []
    stopped: Text = NOTHING
    for h in range(horizon + 1):
        answer = ask(Question(treatment, outcome, h, change))
        answers.append(answer)
        stopped = _stops(answer)
        if stopped:
            break
    usable = answers[:-1] if stopped else answers
    factors = discount_factors(rate, frequency, len(usable))
    if not any(isinstance(answer, Estimate) for answer in usable):
        why = stopped or Text(
            "The graph has no path along which it could act within this horizon.",
            "De graaf bevat geen pad waarlangs dit binnen deze horizon kan werken.",
        )
        nothing = float("nan")
        return NetPresentValue(*named, nothing, (nothing, nothing), level, nothing, (), why, tuple(answers))
    value, drawn = _sum(panel, usable, factors, draws)
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    flows = tuple(_flow(answer, h, factors[h]) for h, answer in enumerate(usable))
    positive = float((drawn > 0).mean())
    why = _until(stopped, len(usable) - 1)
    return NetPresentValue(*named, value, (float(low), float(high)), level, positive, flows, why, tuple(answers))


def _until(stopped: Text, last: int) -> Text:
    """Up to when the sum counts, and why no further."""
    after = Text(f"{last} period{'s' * (last != 1)}", f"{last} periode{'n' * (last != 1)}")
    if stopped:
        return Text(
            "It stops after {after}: {reason}", "De som stopt na {after}: {reason}", after=after, reason=stopped
        )
    return Text("What comes after {after} is not counted.", "Wat na {after} komt, telt niet mee.", after=after)


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
    panel: Panel, answers: list[Answer], factors: np.ndarray, rng: np.random.Generator
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
    return float(value), total


def _flow(answer: Answer, horizon: int, factor: float) -> Flow:
    if isinstance(answer, Estimate):
        return Flow(horizon, answer.value, *answer.interval, factor * answer.value)
    return Flow(horizon, 0.0, 0.0, 0.0, 0.0)
