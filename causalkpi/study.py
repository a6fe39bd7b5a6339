"""A study: a graph, a panel and a family of questions, run as one.

The family is registered before anything is estimated, so that nobody can ask until something turns up without its
showing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from .errors import Fault
from .estimators import Answer, estimate
from .gate import blocked, check, complete
from .graph import KPIGraph, as_graph
from .identification import identify
from .kpi import KPI
from .panel import Panel, as_panel
from .question import Estimand, Question, Unanswered


@dataclass(frozen=True)
class Asked:
    """A question of a study, who asks it, and its answer.

    Parameters
    ----------
    question : Question
    origin : str
        The claim's id, or ``study`` for a question that the study itself lists.
    answer : Estimate or Unanswered
    true_effect : float
        In a simulated organisation: the effect by intervention; otherwise not a number.
    """

    question: Question
    origin: str
    answer: Answer
    true_effect: float = math.nan


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
    "origin", "treatment", "outcome", "horizon", "contrast", "status", "value", "low", "high", "std_error", "p_value",
    "association", "association_low", "association_high", "uncorrected", "true_effect", "minimum_detectable", "route",
    "adjustment", "estimator", "convention", "rows_used", "rows", "units", "population", "reason", "remedy", "warnings",
)  # fmt: skip


def _row(item: Asked) -> dict[str, Any]:
    from .question import label

    q, answer = item.question, item.answer
    row: dict[str, Any] = {"origin": item.origin, "treatment": q.treatment, "outcome": q.outcome,
                           "horizon": q.horizon, "contrast": q.contrast, "status": answer.status,
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


class Study:
    """A graph and a panel, ready to be asked.

    Parameters
    ----------
    graph : KPIGraph or networkx.DiGraph
    data : Panel or DataFrame
        A plain DataFrame with one row per unit is a cross-section.
    unit, period : str, optional
        The columns that say which unit and which period a row is of.
    level : float
        Confidence of all intervals.
    seed : int
        Of the one random generator behind every draw.

    Attributes
    ----------
    faults : tuple of Fault
        What the gate found.
    register : list of Question
        Everything that was asked, in order.

    Raises
    ------
    GraphError, DataError
        Listing every fault of the graph or the table.

    Examples
    --------
    >>> graph = nx.DiGraph([("market", "loyalty"), ("market", "spend"), ("loyalty", "spend")])
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"market": rng.normal(size=300)})
    >>> data["loyalty"] = data.market + rng.normal(size=300)
    >>> data["spend"] = 2 * data.loyalty + data.market + rng.normal(size=300)
    >>> answer = Study(graph, data).ask("loyalty", "spend")
    >>> answer.interval[0] < 2 < answer.interval[1]
    True
    """

    def __init__(
        self,
        graph: KPIGraph | nx.DiGraph,
        data: Panel | pd.DataFrame,
        *,
        unit: str | None = None,
        period: str | None = None,
        level: float = 0.95,
        seed: int = 0,
    ) -> None:
        self.graph = as_graph(graph)
        self.panel = complete(as_panel(data, unit=unit, period=period), self.graph)
        self.level, self.seed = level, seed
        self.faults: tuple[Fault, ...] = check(self.panel, self.graph)
        self._blocked = blocked(self.panel, self.graph, self.faults)
        self.register: list[Question] = []

    def ask(self, treatment: str, outcome: str, horizon: int = 0, contrast: float = 1.0) -> Answer:
        """Identify and estimate one question.

        Parameters
        ----------
        treatment, outcome : str
        horizon : int
            Periods from the pulse to the outcome.
        contrast : float
            The change in the treatment, in its own unit.

        Returns
        -------
        Estimate or Unanswered

        Raises
        ------
        QuestionError
            If the question names a KPI that the graph does not have, or makes no sense.
        """
        return self.answer(Question(treatment, outcome, horizon, contrast))

    def identify(self, question: Question) -> Estimand | Unanswered:
        """What may be learned about a question from this graph and data of this shape."""
        held = set(self.panel.kpis)
        absent = [k for k in self.graph.ids if k not in held and k not in self._blocked]
        shape = {"repeated": self.panel.repeated, "several": self.panel.n_units > 1}
        unusable = [k for k in self.graph.ids if k in self._blocked]
        found = identify(self.graph.hide(*absent, *unusable), question, **shape)
        if isinstance(found, Estimand) or found.status != "not_identified" or not unusable:
            return found
        if isinstance(identify(self.graph.hide(*absent), question, **shape), Unanswered):
            return found
        reasons = "; ".join(f"{k}: {self._blocked[k]}" for k in unusable if any(k in kpis for kpis in found.help))
        return Unanswered(question, "refused_data", reasons or found.reason, found.help, "Mend the data and ask again.")

    def answer(self, question: Question) -> Answer:
        """Identify and estimate a question, and put it on the register."""
        question.against(self.graph)
        self.register.append(question)
        for kpi in (question.treatment, question.outcome):
            if kpi in self._blocked:
                reason = f"{kpi}: {self._blocked[kpi]}"
                return Unanswered(question, "refused_data", reason, remedy="Mend the data and ask again.")
        rng = np.random.default_rng(self.seed)
        return estimate(self.panel, self.identify(question), level=self.level, rng=rng)

    def run(
        self,
        questions: Iterable[Question] = (),
        *,
        claims: bool = True,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Answers:
        """Answer the questions of all claims of the graph, and these.

        Parameters
        ----------
        questions : iterable of Question
            The study's own.
        claims : bool
            Whether to ask the claims' questions too.
        progress : callable
            Told which question is being answered.

        Returns
        -------
        Answers
        """
        family = [("study", question) for question in questions]
        own = {question for _, question in family}
        for claim in self.graph.claims if claims else ():
            questions_of_claim = (Question(*parts, step(self.graph[parts[0]])) for parts in claim.questions)
            family += [(claim.id, q) for q in questions_of_claim if q not in own]
        for _, question in family:
            question.against(self.graph)
        asked = []
        for i, (origin, question) in enumerate(family):
            progress(f"{i + 1} of {len(family)}: {question}")
            asked.append(Asked(question, origin, self.answer(question)))
        return Answers(tuple(asked))


def step(kpi: KPI) -> float:
    """The change that a claim's question asks about: one unit, or a tenth where the whole scale is a share.

    Examples
    --------
    >>> step(KPI("churn", minimum=0, maximum=1)), step(KPI("satisfaction", minimum=0, maximum=100))
    (0.1, 1.0)
    """
    return 0.1 if kpi.maximum - kpi.minimum <= 1 else 1.0


def with_truth(answers: Answers, effect: Callable[[Question], float]) -> Answers:
    """The answers with the true effect beside each, where an organisation is simulated."""
    return Answers(tuple(replace(item, true_effect=effect(item.question)) for item in answers))
