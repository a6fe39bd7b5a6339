"""What one diagnostic, refuter or check found about an estimate, in words that say what to do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .language import NOTHING, Text

Result = Literal["holds", "doubtful", "fails", "not_applicable"]
WORST_FIRST: tuple[Result, ...] = ("fails", "doubtful", "holds", "not_applicable")
DOUBTFUL, FAILS = 0.05, 0.01
BY_P = Text(
    "Holds at p of {doubtful:.0%} or more, doubtful from {fails:.0%}, fails below.",
    "Houdt stand bij p van {doubtful:.0%} of meer, twijfelachtig vanaf {fails:.0%}, faalt daaronder.",
    doubtful=DOUBTFUL,
    fails=FAILS,
)


def p_text(p: float) -> Text:
    """A p-value in words.

    Examples
    --------
    >>> p_text(0.0312), p_text(1e-9), p_text(0.0312).render("nl")
    ('p = 0.031', 'p < 0.001', 'p = 0,031')
    """
    if p < 0.001:
        return Text("p < 0.001", "p < 0,001")
    return Text("p = {p:.3f}", "p = {p:.3f}", p=p)


def result_of(p: float) -> Result:
    """The result of a test by its p-value: the rule that :data:`BY_P` prints.

    Examples
    --------
    >>> result_of(0.3), result_of(0.03), result_of(0.003)
    ('holds', 'doubtful', 'fails')
    """
    return "holds" if p >= DOUBTFUL else "doubtful" if p >= FAILS else "fails"


@dataclass(frozen=True, repr=False)
class Finding:
    """The answer of one diagnostic or refuter.

    Parameters
    ----------
    id : str
        Short and lasting: ``functional_form``, ``lead``, ...
    question : Text
        What a reader would ask.
    null : Text
        What is held true until the data speak against it.
    rule : Text
        When the result is which.
    result : {"holds", "doubtful", "fails", "not_applicable"}
    seen : Text
        What was seen, in a sentence with its numbers; where not applicable, why not.
    consequence : Text
        What it means for the estimate.
    remedy : Text
        What to do; empty where nothing needs doing.
    reference : str
        Who devised it.
    statistic, p_value : float
        Not a number where there is none.
    numbers : mapping of str to float
        Whatever else was computed.
    """

    id: str
    question: Text
    null: Text
    rule: Text
    result: Result
    seen: Text
    consequence: Text = NOTHING
    remedy: Text = NOTHING
    reference: str = ""
    statistic: float = math.nan
    p_value: float = math.nan
    numbers: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, in English."""
        names = ("id", "question", "null", "rule", "result", "seen", "consequence", "remedy", "reference")
        plain: dict[str, Any] = {name: str(getattr(self, name)) for name in names}
        return plain | {"statistic": self.statistic, "p_value": self.p_value, "numbers": dict(self.numbers)}

    def __str__(self) -> str:
        said = " ".join(filter(None, (self.seen, self.consequence, self.remedy)))
        return f"{self.question} {self.result.replace('_', ' ')}: {said}"

    __repr__ = __str__
