"""Evidence: an answer with everything that was found about it, and its grade.

Findings come from every regression behind the answer; of an identity's parts the worst is told, with its name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from .diagnostics import diagnose_regression
from .estimators import Answer, Estimate
from .finding import WORST_FIRST, Finding
from .grade import Grade, grade
from .graph import PERIOD_NODE
from .kpi import Sign
from .language import NOTHING, Name, Text
from .panel import Panel
from .question import Question
from .refuters import Refuter, refute_regression
from .refuters.two_routes import two_routes_before
from .sensitivity import STRICT_FLOOR, Sensitivity, sensitivity

SMALL = 0.1
UNGRADED = Grade("none")


@dataclass(frozen=True, repr=False)
class Evidence:
    """An answer with its findings, its sensitivity and its grade.

    Parameters
    ----------
    question : Question
    answer : Estimate or Unanswered
    expected : {"+", "-", "?"}
        The sign that a claim expects.
    findings : tuple of Finding
        One per diagnostic and refuter; none where there is no number.
    sensitivities : tuple of Sensitivity
        One per regression behind the answer, each in the answer's own unit.
    bound : float
        The most that a hidden cause as strong as the strongest measured KPI could move the answer; see
        :attr:`causalkpi.sensitivity.Sensitivity.bound`. Not a number where there is no regression to put to the test.
    strict_bound : float
        The same for the stricter floor that *strong* asks for.
    compared : bool
        Whether there was a measured KPI to compare a hidden cause with.
    smallest : float
        The smallest effect of interest, in the answer's own unit.
    declared : bool
        Whether the study said so, or `smallest` is the usual one.
    sampled : Estimate or None
        Where the answer comes from sums of a table that stays where it is: the same from a sample of its units, on
        which the checks that need rows were made.
    grade : Grade
        Strength ``none`` with a reason where there is no number.
    """

    question: Question
    answer: Answer
    expected: Sign = "?"
    findings: tuple[Finding, ...] = ()
    sensitivities: tuple[Sensitivity, ...] = ()
    bound: float = math.nan
    strict_bound: float = math.nan
    compared: bool = False
    smallest: float = math.nan
    declared: bool = False
    grade: Grade = UNGRADED
    sampled: Estimate | None = None

    @property
    def answered(self) -> bool:
        """Whether there is a number."""
        return isinstance(self.answer, Estimate)

    @property
    def estimate(self) -> Estimate:
        """The number.

        Raises
        ------
        ValueError
            If there is none; the reason is in the message.
        """
        if isinstance(self.answer, Estimate):
            return self.answer
        raise ValueError(f"There is no estimate. {self.answer}")

    def to_dowhy(self) -> tuple[Any, Any]:
        """DoWhy's own estimand and estimate; see :meth:`causalkpi.estimators.Estimate.to_dowhy`."""
        return self.estimate.to_dowhy()

    def expecting(self, sign: Sign) -> Evidence:
        """The same evidence, graded for a claim that expects this sign."""
        if not self.answered:
            return replace(self, expected=sign)
        checked, bounds = _checked(self.estimate, self.sampled), (self.bound, self.strict_bound)
        found = grade(checked, self.findings, bounds, self.smallest, sign, compared=self.compared)
        return replace(self, expected=sign, grade=found)

    def put_to(self, refuter: Refuter, panel: Panel, *, rng: np.random.Generator | None = None) -> Evidence:
        """The same evidence with one more finding, and graded with it.

        For refuters that are too costly to belong to every answer, such as
        :func:`causalkpi.compare_with_double_ml`; options are given with :func:`functools.partial`.

        Parameters
        ----------
        refuter : callable
            From a regression, its panel and a generator to a Finding.
        panel : Panel
            The one that was estimated from: ``study.panel``.
        rng : numpy.random.Generator, optional
            The same draws each time by default.

        Returns
        -------
        Evidence
            Of an identity's parts the worst finding; the evidence itself where no regression is behind the answer. A
            finding of the same id is replaced.
        """
        if not isinstance(self.answer, Estimate) or not self.answer.regressions:
            return self
        parts = self.answer.regressions
        streams = (np.random.default_rng(0) if rng is None else rng).spawn(len(parts))
        found = [(part.outcome.kpi, (refuter(part, panel, s),)) for part, s in zip(parts, streams, strict=True)]
        (more,) = _worst(found)
        return replace(self, findings=(*(f for f in self.findings if f.id != more.id), more)).expecting(self.expected)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "expected": self.expected,
            "grade": self.grade.word,
            "strength": self.grade.strength,
            "why_not_more": [str(reason) for reason in self.grade.reasons],
            "bound": self.bound,
            "strict_bound": self.strict_bound,
            "compared": self.compared,
            "smallest": self.smallest,
            "smallest_declared": self.declared,
            "findings": [finding.to_dict() for finding in self.findings],
            "sensitivities": [found.to_dict() for found in self.sensitivities],
        }

    def to_frame(self) -> pd.DataFrame:
        """One row per finding."""
        columns = ["finding", "result", "statistic", "p_value", "seen", "consequence", "remedy"]
        rows = [
            (f.id, f.result, f.statistic, f.p_value, str(f.seen), str(f.consequence), str(f.remedy))
            for f in self.findings
        ]
        return pd.DataFrame(rows, columns=columns)

    def __str__(self) -> str:
        if not self.answered:
            return str(self.answer)
        told = [f for f in self.findings if f.result in ("fails", "doubtful")]
        lines = [str(self.answer), f"  grade: {self.grade.word}"]
        lines += [f"    not more: {reason}" for reason in self.grade.reasons]
        return "\n".join([*lines, *(f"  {finding.result}: {finding.seen}" for finding in told)])

    __repr__ = __str__


def gather(
    panel: Panel,
    answer: Answer,
    *,
    expected: Sign = "?",
    smallest: float = math.nan,
    rng: np.random.Generator | None = None,
) -> Evidence:
    """Diagnose and refute an answer, put it to the test of hidden causes, and grade it.

    Parameters
    ----------
    panel : Panel
        The one that was estimated from.
    answer : Estimate or Unanswered
        Without a number there is nothing to diagnose; the evidence says so.
    expected : {"+", "-", "?"}
        The sign that a claim expects.
    smallest : float, optional
        The smallest effect of interest in the answer's own unit; by default :func:`usual_smallest`.
    rng : numpy.random.Generator, optional
        The same draws each time by default.

    Examples
    --------
    >>> import networkx as nx
    >>> from causalkpi import Question, estimate, identify
    >>> draw = np.random.default_rng(1)
    >>> market = draw.normal(size=400)
    >>> loyalty = 0.3 * market + draw.normal(size=400)
    >>> data = pd.DataFrame({"market": market, "loyalty": loyalty})
    >>> data["spend"] = 2 * loyalty + market + draw.normal(size=400)
    >>> graph = nx.DiGraph([("market", "loyalty"), ("market", "spend"), ("loyalty", "spend")])
    >>> from causalkpi.panel import as_panel
    >>> panel = as_panel(data)
    >>> gather(panel, estimate(panel, identify(graph, Question("loyalty", "spend"))), expected="+").grade.word
    'moderate'
    """
    findings, tested = examine(panel, answer, np.random.default_rng(0) if rng is None else rng)
    return weigh(panel, answer, findings, tested, expected=expected, smallest=smallest)


def examine(
    panel: Panel, answer: Answer, rng: np.random.Generator
) -> tuple[tuple[Finding, ...], tuple[Sensitivity, ...]]:
    """The findings about an answer, and what hidden causes could do to it; nothing where there is no number."""
    if not isinstance(answer, Estimate):
        return (), ()
    if answer.estimand.route == "links":
        return (two_routes_before(answer, panel, rng),), ()
    parts = [(part, _findings(part, panel, rng)) for part in answer.regressions]
    findings = _worst([(part.outcome.kpi, found) for part, found in parts])
    return findings, tuple(sensitivity(part, part.weight, answer.level) for part, _ in parts if part.weight)


def weigh(
    panel: Panel,
    answer: Answer,
    findings: tuple[Finding, ...],
    tested: tuple[Sensitivity, ...],
    *,
    expected: Sign = "?",
    smallest: float = math.nan,
    sampled: Answer | None = None,
) -> Evidence:
    """An answer and what was found about it as evidence, with its grade; see :func:`gather`."""
    if not isinstance(answer, Estimate):
        return Evidence(answer.question, answer, expected, grade=Grade("none", reasons=(_text(answer.reason),)))
    bound = float(sum(found.bound for found in tested)) if tested else math.nan
    strict = float(sum(found.bound_from(STRICT_FLOOR) for found in tested)) if tested else math.nan
    compared = bool(tested) and all(found.benchmarks for found in tested)
    declared = not math.isnan(smallest)
    shared = PERIOD_NODE in answer.estimand.adjustment
    least = smallest if declared else usual_smallest(panel, answer.question, shared=shared)
    rows = sampled if isinstance(sampled, Estimate) else None
    found = grade(_checked(answer, rows), findings, (bound, strict), least, expected, compared=compared)
    return Evidence(
        answer.question, answer, expected, findings, tested, bound, strict, compared, least, declared, found, rows
    )


def _checked(answer: Estimate, sampled: Estimate | None) -> Estimate:
    """The answer with the regressions on which its checks were made."""
    return answer if sampled is None else replace(answer, regressions=sampled.regressions)


def _findings(part: Any, panel: Panel, rng: np.random.Generator) -> tuple[Finding, ...]:
    return (*diagnose_regression(part, panel, rng), *refute_regression(part, panel, rng))


def _worst(parts: Sequence[tuple[str, tuple[Finding, ...]]]) -> tuple[Finding, ...]:
    """Of every check the worst over the parts, saying which part it is of and in how many there was nothing to test."""
    if len(parts) <= 1:
        return parts[0][1] if parts else ()

    chosen = []
    for same in zip(*(found for _, found in parts), strict=True):
        at = min(range(len(same)), key=lambda i: (WORST_FIRST.index(same[i].result), _or_one(same[i].p_value), i))
        untested = sum(found.result == "not_applicable" for found in same)
        seen = Text(
            "Of the {count} parts the worst is {kpi}: {seen}",
            "Van de {count} delen is {kpi} het slechtst: {seen}",
            count=len(same),
            kpi=Name(parts[at][0]),
            seen=same[at].seen,
        )
        if 0 < untested < len(same):
            seen = Text(
                "{seen} In {untested} of them this could not be tested.",
                "{seen} In {untested} daarvan was dit niet te toetsen.",
                seen=seen,
                untested=untested,
            )
        chosen.append(replace(same[at], seen=seen))
    return tuple(chosen)


def _or_one(p: float) -> float:
    return 1.0 if math.isnan(p) else p


def usual_smallest(panel: Panel, question: Question, *, shared: bool = False) -> float:
    """The smallest effect of interest where nobody names one: a tenth of a standard deviation per standard deviation.

    Standard deviations are those within units where units are seen repeatedly: what a treatment really varies by. A
    correlation of 0.1 is what is commonly called small (Cohen 1988, Statistical power analysis, chapter 3). With
    `shared` what all units share in a period is taken out too, as the answer does: inflation says nothing about size.
    """
    treatment, outcome = (_spread(panel, kpi, shared) for kpi in (question.treatment, question.outcome))
    return SMALL * outcome / treatment * abs(question.contrast) if treatment > 0 else math.nan


def _spread(panel: Panel, kpi: str, shared: bool) -> float:
    """The standard deviation of a KPI, within units where they are seen repeatedly and it varies within them."""
    values = panel.frame[kpi]
    if panel.repeated:
        own = values - values.groupby(level="period").transform("mean") if shared else values
        within = own - own.groupby(level="unit").transform("mean")
        spread = float(within.std())
        if spread > 1e-9 * float(values.std()):
            return spread
    return float(values.std())


def _text(reason: str) -> Text:
    return reason if isinstance(reason, Text) else Text("{said}", "{said}", said=reason) if reason else NOTHING
