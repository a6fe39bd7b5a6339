"""The distinct questions of a run: each once, with everybody who asks it."""

from __future__ import annotations

from dataclasses import dataclass

from ..answers import Asked
from ..estimators import Estimate
from ..evidence import Evidence
from ..question import Question, Unanswered


@dataclass(frozen=True)
class Entry:
    """One distinct question, with everybody who asks it.

    Parameters
    ----------
    anchor : str
        Where its sheet stands on the page.
    asked : tuple of Asked
        One per origin, in the order of the register; the answer is the same, the grade may differ with the sign that
        a claim expects.
    """

    anchor: str
    asked: tuple[Asked, ...]

    @property
    def question(self) -> Question:
        """What is asked."""
        return self.asked[0].question

    @property
    def evidence(self) -> Evidence:
        """The evidence, graded for the first claim that expects a sign."""
        return next((item.evidence for item in self.asked if item.evidence.expected != "?"), self.asked[0].evidence)

    @property
    def answer(self) -> Estimate | Unanswered:
        """The estimate, or why there is none."""
        return self.asked[0].answer

    @property
    def true_effect(self) -> float:
        """Not a number unless the organisation is simulated."""
        return self.asked[0].true_effect
