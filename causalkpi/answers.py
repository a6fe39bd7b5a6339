"""The answers of a study: each question with who asks it and what came of it, as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from .estimators import Answer
from .evidence import Evidence
from .parallel import spread
from .question import Question, Unanswered


@dataclass(frozen=True)
class Asked:
    """A question of a study, who asks it, and its answer.

    Parameters
    ----------
    question : Question
    origin : str
        The claim's id, or ``study`` for a question that the study itself lists.
    evidence : Evidence
    true_effect : float
        In a simulated organisation: the effect by intervention; otherwise not a number.
    """

    question: Question
    origin: str
    evidence: Evidence
    true_effect: float = math.nan

    @property
    def answer(self) -> Answer:
        """The estimate, or why there is none."""
        return self.evidence.answer


@dataclass(frozen=True)
class Answers:
    """The answers to a family of questions, in the order in which they were registered."""

    asked: tuple[Asked, ...]

    def __iter__(self) -> Iterator[Asked]:
        return iter(self.asked)

    def __len__(self) -> int:
        return len(self.asked)

    def to_frame(self) -> pd.DataFrame:
        """One row per question: the number with its interval, or the status and its reason."""
        return pd.DataFrame([_row(item) for item in self.asked], columns=list(_COLUMNS))

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False, float_format=lambda x: f"{x:.4g}", na_rep="")

    def __repr__(self) -> str:
        with pd.option_context("display.width", 160, "display.max_columns", 12):
            shown = self.to_frame()[
                ["treatment", "outcome", "horizon", "status", "value", "low", "high", "association"]
            ]
            return shown.to_string(index=False, float_format="{:.4g}".format, na_rep="")  # type: ignore[arg-type]


_COLUMNS = (
    "origin", "treatment", "outcome", "horizon", "contrast", "status", "grade", "value", "low", "high", "std_error",
    "p_value", "association", "association_low", "association_high", "uncorrected", "true_effect", "minimum_detectable",
    "route", "adjustment", "estimator", "convention", "rows_used", "rows", "units", "population", "reason", "remedy",
    "warnings",
)  # fmt: skip


def _row(item: Asked) -> dict[str, Any]:
    from .question import label

    q, answer = item.question, item.answer
    row: dict[str, Any] = {"origin": item.origin, "treatment": q.treatment, "outcome": q.outcome,
                           "horizon": q.horizon, "contrast": q.contrast, "status": answer.status,
                           "grade": item.evidence.grade.word if item.evidence.answered else "",
                           "true_effect": item.true_effect}  # fmt: skip
    if isinstance(answer, Unanswered):
        return row | {"reason": answer.reason, "remedy": answer.remedy}
    beside = {b.name: b for b in answer.beside}
    row |= {k: v for k, v in answer.to_dict().items() if k in _COLUMNS and k not in row}
    row["adjustment"] = ", ".join(label(n) for n in answer.estimand.adjustment) or "nothing"
    row["warnings"] = " ".join(answer.warnings)
    if "association" in beside:
        found = beside["association"]
        row |= {
            "association": found.value,
            "association_low": found.interval[0],
            "association_high": found.interval[1],
        }
    if "uncorrected" in beside:
        row["uncorrected"] = beside["uncorrected"].value
    return row


def with_truth(answers: Answers, effect: Callable[[Question], float]) -> Answers:
    """The answers with the true effect beside each, where an organisation is simulated."""
    found = spread(lambda item: effect(item.question), answers.asked)
    return Answers(tuple(replace(item, true_effect=value) for item, value in zip(answers, found, strict=True)))
