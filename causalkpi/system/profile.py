"""The profile of an effect: now and after 1, 2, ... periods, by two routes, with sums over time.

The headline is the way along the links; beside it stands the adjusted regression at each horizon that can carry it.
Intervals come from leaving one unit out of everything at once, so that the sum over time, the discounted sum and the
interval that holds for the whole profile know how the horizons go together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..estimators import Answer, Estimate
from ..finding import Finding
from ..graph import Node
from ..language import NOTHING, Text
from ..question import Question, Unanswered
from .agreement import Gap, two_routes
from .amounts import Amount
from .links import LinkSystem

NO_PATH = Text(
    "The graph has no path along which it could act within this horizon.",
    "De graaf bevat geen pad waarlangs dit binnen deze horizon kan werken.",
)
PER_YEAR = {"year": 1, "quarter": 4, "month": 12, "week": 52, "day": 365}


@dataclass(frozen=True)
class Moment:
    """The effect after some periods.

    Parameters
    ----------
    horizon : int
    status : {"estimated", "structural_zero"}
    by_links : Amount
        Along the links: the headline.
    joint : tuple of float
        The interval that holds for all horizons at once.
    uncorrected : float
        Along the links before the correction for short panels.
    by_adjustment : Estimate or Unanswered
        By the adjusted regression at this horizon.
    gap : Gap or None
        How far the two lie apart; None where one of them has no answer, or they are the same regression.
    cumulative : Amount
        The sum up to and with this horizon.
    """

    horizon: int
    status: str
    by_links: Amount
    joint: tuple[float, float]
    uncorrected: float
    by_adjustment: Answer = field(repr=False)
    gap: Gap | None
    cumulative: Amount


@dataclass(frozen=True, repr=False)
class Profile:
    """What one pulse in a KPI does to another, period by period.

    Parameters
    ----------
    treatment, outcome : str
    change : float
        The pulse, in the treatment's unit, for one period; later KPIs respond, the treatment itself among them.
    moments : tuple of Moment
        From now to the last horizon that could be followed; empty where none could.
    discounted : Amount or None
        The sum over all moments at `rate`; the pulse's own period is not discounted. None without moments.
    rate : float
        Per year, compounded per period; per period where the panel has plain steps.
    frequency : str
    level, df : float
    units : int
    corrected : bool
        Whether any link on the way was corrected for a short panel.
    finding : Finding
        Whether both routes give the same.
    why : Text
        Why there is no profile, or why it stops before the horizon that was asked for; empty otherwise.
    """

    treatment: str
    outcome: str
    change: float
    moments: tuple[Moment, ...]
    discounted: Amount | None
    rate: float
    frequency: str
    level: float
    df: float
    units: int
    corrected: bool
    finding: Finding | None
    why: Text = NOTHING

    @property
    def answered(self) -> bool:
        """Whether there is any number."""
        return bool(self.moments)

    def __getitem__(self, horizon: int) -> Moment:
        """The moment after this many periods; a KeyError that says how far the profile goes."""
        if 0 <= horizon < len(self.moments):
            return self.moments[horizon]
        raise KeyError(
            f"the profile goes from 0 to {len(self.moments) - 1} periods, and {horizon} was asked. {self.why}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per horizon."""
        rows = []
        for m in self.moments:
            other = m.by_adjustment
            known = isinstance(other, Estimate)
            rows.append({
                "horizon": m.horizon, "status": m.status, "value": m.by_links.value, "low": m.by_links.interval[0],
                "high": m.by_links.interval[1], "joint_low": m.joint[0], "joint_high": m.joint[1],
                "p_value": m.by_links.p_value, "uncorrected": m.uncorrected,
                "adjusted": other.value if known else np.nan, "adjusted_low": other.interval[0] if known else np.nan,
                "adjusted_high": other.interval[1] if known else np.nan, "adjusted_status": other.status,
                "cumulative": m.cumulative.value, "cumulative_low": m.cumulative.interval[0],
                "cumulative_high": m.cumulative.interval[1],
            })  # fmt: skip
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        names = ("treatment", "outcome", "change", "rate", "frequency", "level", "df", "units", "corrected")
        plain: dict[str, Any] = {name: getattr(self, name) for name in names}
        frame = self.to_frame()
        plain |= {"why": str(self.why), "moments": frame.astype(object).where(frame.notna(), None).to_dict("records")}
        plain["finding"] = self.finding.to_dict() if self.finding else None
        plain["discounted"] = vars(self.discounted) if self.discounted else None
        return plain

    def __str__(self) -> str:
        head = f"{self.treatment} ({self.change:+g}) -> {self.outcome}"
        if not self.moments:
            return f"{head}: no profile. {self.why}"
        lines = [f"{head}, period by period ({self.level:.0%} intervals, {self.units} units)"]
        for m in self.moments:
            low, high = m.by_links.interval
            other = m.by_adjustment
            beside = f"adjusted {other.value:.4g}" if isinstance(other, Estimate) else f"adjusted: {other.status}"
            said = "no path yet" if m.status == "structural_zero" else f"{m.by_links.value:.4g} [{low:.4g}, {high:.4g}]"
            lines.append(f"  {m.horizon:2d}: {said}" + ("" if m.status == "structural_zero" else f"   {beside}"))
        total = self.moments[-1].cumulative
        lines.append(f"  sum: {total.value:.4g} [{total.interval[0]:.4g}, {total.interval[1]:.4g}]")
        if self.finding:
            lines.append(f"  {self.finding.result.replace('_', ' ')}: {self.finding.seen}")
        return "\n".join([*lines, *([f"  {self.why}"] if self.why else [])])

    __repr__ = __str__


def profile(
    system: LinkSystem,
    treatment: str,
    outcome: str,
    *,
    horizon: int = 8,
    change: float = 1.0,
    rate: float = 0.0,
    level: float = 0.95,
    ask: Callable[[Question], Answer] | None = None,
    rng: np.random.Generator | None = None,
) -> Profile:
    """The effect of a pulse now and in later periods.

    Parameters
    ----------
    system : LinkSystem
    treatment, outcome : str
    horizon : int
        The last period to look at.
    change : float
        The pulse, in the treatment's unit.
    rate : float
        Of the discounted sum, per year; per period where the panel has plain steps.
    level : float
    ask : callable, optional
        From a question to its answer by adjustment, such as :meth:`causalkpi.Study.adjusted`; without it that route is
        not examined.
    rng : numpy.random.Generator, optional
        For joint intervals; the same draws each time by default.

    Returns
    -------
    Profile
    """
    draws = np.random.default_rng(0) if rng is None else rng
    ways = system.ways(treatment, outcome, horizon, change)
    count = ways.until + 1
    answers = [_ask(ask, treatment, outcome, h, change) for h in range(count)]
    named = (treatment, outcome, change)
    nodes = [Node(outcome, h) for h in range(count)]
    if not any(node in ways.into or node == ways.source for node in nodes):
        return Profile(*named, (), None, rate, system.panel.frequency, level, np.nan, 0, False, None,
                       ways.why or NO_PATH)  # fmt: skip

    def outputs(slopes: np.ndarray) -> np.ndarray:
        changed = ways.follow(slopes)
        zero = np.zeros(len(slopes))
        return change * np.column_stack([changed.get(node, zero) for node in nodes])

    found = system.outputs(ways, outputs, draws)
    plain = outputs(system.equations.slopes[None, :])[0]
    ends = found.together(level)
    finding, gaps = two_routes(found.values, found.moved, answers, system.equations.units, found.df, draws)
    factors = discount_factors(rate, system.panel.frequency, count)
    moments = []
    for h, node in enumerate(nodes):
        moments.append(Moment(
            h, "estimated" if node in ways.into or node == ways.source else "structural_zero",
            found.amount(np.eye(count)[h], level), (float(ends[0, h]), float(ends[1, h])),
            float(plain[h]), answers[h], gaps.get(h), found.amount((np.arange(count) <= h) * 1.0, level),
        ))  # fmt: skip
    stops = Text(
        "It stops after {last} periods. {reason}", "Het houdt op na {last} perioden. {reason}",
        last=ways.until, reason=ways.why,
    ) if ways.why else NOTHING  # fmt: skip
    short = any(system.equations.fitted[system.equations.links[place][0]].short for place in system.used(ways))
    return Profile(*named, tuple(moments), found.amount(factors, level), rate, system.panel.frequency,
                   level, found.df, len(found.moved), short, finding, stops)  # fmt: skip


def discount_factors(rate: float, frequency: str, count: int) -> np.ndarray:
    """What money of the pulse's period and later ones counts for, shape (count,): a yearly rate, compounded per period.

    Examples
    --------
    >>> discount_factors(0.08, "year", 3).round(4)
    array([1.    , 0.9259, 0.8573])
    """
    per_period = (1 + rate) ** (1 / PER_YEAR.get(frequency, 1))
    return per_period ** -np.arange(count, dtype=float)


def _ask(ask: Callable[[Question], Answer] | None, treatment: str, outcome: str, h: int, change: float) -> Answer:
    if treatment == outcome and h == 0:
        why = Text("That is the pulse itself.", "Dat is de puls zelf.")
        return Unanswered(Question(treatment, outcome, 1, change), "identity", why)
    question = Question(treatment, outcome, h, change)
    if ask is None:
        why = Text("This route was not asked.", "Deze route is niet gevraagd.")
        return Unanswered(question, "not_estimable", why)
    return ask(question)
