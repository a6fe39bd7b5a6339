"""A study: a graph, a panel and a family of questions, run as one.

The family is registered before anything is estimated, so that nobody can ask until something turns up without its
showing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from os import PathLike

import networkx as nx
import numpy as np
import pandas as pd

from .answers import Answers, Asked
from .errors import SEVERITIES, Fault
from .estimators import Answer, Estimate, estimate
from .estimators.conventions import USUAL_ERRORS, Convention, usual
from .event_study import EventStudy, event_study
from .evidence import Evidence, examine, weigh
from .finding import Finding
from .gate import MEND, blocked, check, complete, refused
from .graph import KPIGraph, as_graph
from .identification import identify
from .kpi import Sign
from .lags import Lags, compare_lags
from .language import Text
from .large.answering import Behind
from .large.asked import ask_table
from .large.findings import findings_from_sums, sensitivity_from_sums, with_sample
from .large.sampled import sample_panel
from .large.tables import LargeTable
from .ledger import Ledger, keep_ledger
from .panel import Panel, as_panel
from .parallel import spread
from .question import Estimand, Question, Unanswered
from .redraws import redraw
from .reverse import ReverseDirection, reverse_direction
from .sensitivity import Sensitivity
from .suspicions import suspect
from .system import Chain, LinkSystem, Paths, Profile, along_the_links, chain, fit_system, paths, profile

USUAL_ALONE = Text(
    "From sums of a table that stays where it is, errors are those that apply unless somebody chooses.",
    "Uit sommen van een tabel die blijft waar hij is, komen alleen de standaardfouten die zonder keuze gelden.",
)


Found = tuple[tuple[Finding, ...], tuple[Sensitivity, ...], Answer | None]


class Study:
    """A graph and a panel, ready to be asked.

    Parameters
    ----------
    graph : KPIGraph or networkx.DiGraph
    data : Panel, DataFrame or LargeTable
        A plain DataFrame with one row per unit is a cross-section. A table from :func:`causalkpi.open_table` stays
        where it is: answers come from sums over all of its rows, checks from a sample of its units.
    unit, period : str, optional
        The columns that say which unit and which period a row is of.
    level : float
        Confidence of all intervals.
    seed : int
        Of the one random generator behind every draw.
    smallest : mapping of str to float, optional
        By outcome KPI, the smallest effect that matters, in its own unit; see
        :func:`causalkpi.evidence.usual_smallest` for those that are not named.
    settled : collection of str
        Columns about which the gate's suspicions are answered; see :mod:`causalkpi.suspicions`.
    errors : callable
        How standard errors are computed; see :func:`causalkpi.estimators.estimate`.
    folder : path, optional
        Where sums over a large table are kept, so that an interrupted study goes on where it stopped.

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
    >>> evidence = Study(graph, data).ask("loyalty", "spend")
    >>> evidence.estimate.interval[0] < 2 < evidence.estimate.interval[1]
    True
    """

    def __init__(
        self,
        graph: KPIGraph | nx.DiGraph,
        data: Panel | pd.DataFrame | LargeTable,
        *,
        unit: str | None = None,
        period: str | None = None,
        level: float = 0.95,
        seed: int = 0,
        smallest: Mapping[str, float] | None = None,
        settled: Collection[str] = (),
        errors: Convention = usual,
        folder: str | PathLike[str] | None = None,
    ) -> None:
        self.graph = as_graph(graph)
        self.table = data if isinstance(data, LargeTable) else None
        panel = sample_panel(data) if isinstance(data, LargeTable) else as_panel(data, unit=unit, period=period)
        self.panel = complete(panel, self.graph)
        self.folder, self._behind = folder, dict[Question, Behind]()
        self.progress: Callable[[str], None] = lambda _: None
        self.level, self.seed, self.errors = level, seed, errors
        self.smallest = dict(smallest or {})
        self.settled = tuple(sorted(settled))
        found = (*check(self.panel, self.graph), *suspect(self.panel, self.graph, settled))
        self.faults: tuple[Fault, ...] = tuple(sorted(found, key=lambda fault: SEVERITIES.index(fault.severity)))
        self._blocked = blocked(self.panel, self.graph, self.faults)
        self.register: list[Question] = []
        self._answers: dict[Question, Answer] = {}
        self._alone: dict[Question, Answer] = {}
        self._changes: dict[tuple[str, str, int, int, int], EventStudy | Unanswered] = {}

    def ask(self, treatment: str, outcome: str, horizon: int = 0, contrast: float = 1.0) -> Evidence:
        """Identify, estimate and examine one question.

        Parameters
        ----------
        treatment, outcome : str
        horizon : int
            Periods from the pulse to the outcome.
        contrast : float
            The change in the treatment, in its own unit.

        Returns
        -------
        Evidence

        Raises
        ------
        QuestionError
            If the question names a KPI that the graph does not have, or makes no sense.
        """
        return self.examine(Question(treatment, outcome, horizon, contrast))

    def examine(self, question: Question, expected: Sign = "?") -> Evidence:
        """The answer to a question with its findings and its grade; `expected` is the sign that a claim expects."""
        answer = self.answer(question)
        return self._weighed(answer, self._found(answer), expected)

    def identify(self, question: Question) -> Estimand | Unanswered:
        """What may be learned about a question from this graph and data of this shape."""
        data = self.panel if self.table is None else self.table
        span = data.ordinals[-1] - data.ordinals[0] + 1 if data.ordinals else 0
        shape = {"repeated": data.repeated, "several": data.n_units > 1, "span": span}
        unusable = [k for k in self.graph.ids if k in self._blocked]
        found = identify(self._usable, question, **shape)
        if isinstance(found, Estimand) or found.status != "not_identified" or not unusable:
            return found
        absent = [k for k in self.graph.ids if k not in self.panel.kpis and k not in self._blocked]
        if isinstance(identify(self.graph.hide(*absent), question, **shape), Unanswered):
            return found
        reasons = refused(self._blocked, (k for k in unusable if any(k in kpis for kpis in found.help)))
        return Unanswered(question, "refused_data", reasons or found.reason, found.help, MEND)

    def answer(self, question: Question) -> Answer:
        """Identify and estimate a question, and put it on the register.

        By the adjusted regression; where only the panel's length stands in its way, along the links alone
        (:mod:`causalkpi.system.alone`), which the answer's estimator, warnings and assumptions say.
        """
        found = self.adjusted(question)
        if not isinstance(found, Unanswered) or not found.short:
            return found
        if question not in self._alone:
            self._alone[question] = self._followed(question, found)
        return self._alone[question]

    def adjusted(self, question: Question) -> Answer:
        """The answer of the adjusted regression and no other, put on the register: what links are held against."""
        question.against(self.graph)
        self.register.append(question)
        if question not in self._answers:
            self._answers[question] = self._adjusted(question)
        return self._answers[question]

    def _adjusted(self, question: Question) -> Answer:
        for kpi in (question.treatment, question.outcome):
            if kpi in self._blocked:
                return Unanswered(question, "refused_data", refused(self._blocked, [kpi]), remedy=MEND)
        found = self.identify(question)
        if self.table is None or isinstance(found, Unanswered):
            return self._from_panel(found)
        if self.errors is not usual:
            return Unanswered(question, "not_estimable", USUAL_ALONE, remedy=USUAL_ERRORS)
        answer, behind = ask_table(self.table, found, level=self.level, folder=self.folder, progress=self._tell)
        if behind is not None:
            self._behind[question] = behind
        return answer

    def _from_panel(self, found: Estimand | Unanswered) -> Answer:
        """The answer from the panel: all of the data, or of a large table a sample."""
        return estimate(self.panel, found, level=self.level, rng=np.random.default_rng(self.seed), errors=self.errors)

    def _tell(self, share: float, seconds: float) -> None:
        self.progress(f"  {share:.0%} of the table, about {seconds:.0f} s more")

    def _found(self, answer: Answer) -> Found:
        """What is found about an answer, what hidden causes could do to it, and the same answer from a sample."""
        rng = np.random.default_rng(self.seed)
        if isinstance(answer, Estimate):
            _ = self.system  # with this study's chance, whatever looks at it first
        behind = self._behind.get(answer.question)
        if behind is None or not isinstance(answer, Estimate):
            return *examine(self.panel, answer, rng), None
        sampled = self._from_panel(answer.estimand)
        contrast = answer.question.contrast
        found = findings_from_sums(behind, contrast, np.random.default_rng(self.seed))
        on_sample = examine(self.panel, sampled, rng)[0]
        findings = with_sample(found, on_sample, self.panel, behind.summed.table.units)
        return findings, (sensitivity_from_sums(behind, contrast, self.level),), sampled

    def _followed(self, question: Question, refused: Unanswered) -> Answer:
        """The answer along the links to a question that the regression refused; by other routes it stays refused."""
        estimand = self.identify(question)
        if isinstance(estimand, Unanswered) or estimand.route not in ("back_door", "identity"):
            return refused
        return along_the_links(self.system, estimand, refused, level=self.level, rng=np.random.default_rng(self.seed))

    @property
    def system(self) -> LinkSystem:
        """Every link's equation, fitted once; see :func:`causalkpi.system.fit_system`."""
        return fit_system(self.panel, self._usable, rng=np.random.default_rng(self.seed))

    def profile(
        self, treatment: str, outcome: str, horizon: int = 8, contrast: float = 1.0, *, rate: float = 0.0
    ) -> Profile:
        """What a pulse does period by period, along the links and by adjustment; :func:`causalkpi.system.profile`.

        Parameters
        ----------
        treatment, outcome : str
        horizon : int
            The last period to look at.
        contrast : float
            The pulse, in the treatment's unit.
        rate : float
            Of the discounted sum, per year.
        """
        question = Question(treatment, outcome, max(horizon, treatment == outcome), contrast)
        question.against(self.graph)
        return profile(self.system, treatment, outcome, horizon=horizon, change=contrast, rate=rate, level=self.level,
                       ask=self.adjusted, rng=np.random.default_rng(self.seed))  # fmt: skip

    def paths(
        self, treatment: str, outcome: str, horizon: int, contrast: float = 1.0, *, through: Collection[str] = ()
    ) -> Paths | Unanswered:
        """Through what an effect works: total, direct, each KPI, each route; see :func:`causalkpi.system.paths`.

        Parameters
        ----------
        treatment, outcome : str
        horizon : int
        contrast : float
        through : collection of str, optional
            The KPIs to tell apart; all estimated ones on the way by default.
        """
        question = Question(treatment, outcome, horizon, contrast)
        question.against(self.graph)
        return paths(self.system, question, through=through, level=self.level)

    def chain(self, *kpis: str, change: float = 1.0) -> Chain:
        """A change followed from KPI to KPI in their own units; see :func:`causalkpi.system.chain`."""
        return chain(self.system, kpis, change=change, level=self.level)

    def staggered(
        self, change: str, outcome: str, *, horizon: int = 8, leads: int = 4, anticipation: int = 0
    ) -> EventStudy | Unanswered:
        """What a change did that units made at different times; see :func:`causalkpi.event_study.event_study`.

        Parameters
        ----------
        change : str
            A KPI that is 0 until a unit changes and 1 from then on.
        outcome : str
        horizon, leads, anticipation : int
            Periods since the change that count, before it that are tested, and in which units may already respond.

        Returns
        -------
        EventStudy or Unanswered
        """
        question = Question(change, outcome)
        question.against(self.graph)
        self.register.append(question)
        if unusable := refused(self._blocked, (change, outcome)):
            return Unanswered(question, "refused_data", unusable, remedy=MEND)
        if (asked := (change, outcome, horizon, leads, anticipation)) not in self._changes:
            self._changes[asked] = event_study(self.panel, change, outcome, horizon=horizon, leads=leads,
                                               anticipation=anticipation, level=self.level, seed=self.seed)  # fmt: skip
        return self._changes[asked]

    def run(
        self,
        questions: Iterable[Question] = (),
        *,
        claims: bool = True,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Ledger:
        """Answer the questions of all claims of the graph, and these, and decide the claims.

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
        Ledger
        """
        family = self.family(questions, claims=claims)
        for _, question, _ in family:
            question.against(self.graph)
        answers, self.progress = dict[Question, Answer](), progress
        for i, (_, question, _) in enumerate(family):
            progress(f"{i + 1} of {len(family)}: {question}")
            answers[question] = answers.get(question) or self.answer(question)
        progress(f"examining {len(answers)} answers")
        known = self._examined(answers)
        asked = [Asked(question, origin, known[question].expecting(sign)) for origin, question, sign in family]
        judged = self.graph.claims if claims else ()
        pairs = dict.fromkeys((change, outcome) for claim in judged for _, change, outcome, _, _ in claim.changes)
        changes = {pair: self.staggered(*pair) for pair in pairs}
        return keep_ledger(judged, Answers(tuple(asked)), self.level, changes)

    def _examined(self, answers: Mapping[Question, Answer]) -> dict[Question, Evidence]:
        """The evidence on many answers; what is found about each is worked out on all cores."""
        given = list(answers.values())
        if any(isinstance(answer, Estimate) for answer in given):
            _ = self.system  # before the work is split
        found = zip(answers, spread(self._found, given), strict=True)
        return {question: self._weighed(answers[question], parts) for question, parts in found}

    def _weighed(self, answer: Answer, found: Found, expected: Sign = "?") -> Evidence:
        findings, tested, sampled = found
        smallest = self.smallest.get(answer.question.outcome, math.nan)
        return weigh(self.panel, answer, findings, tested, expected=expected, smallest=smallest, sampled=sampled)

    def redraws(self, questions: Iterable[Question], replicates: int = 1000) -> pd.DataFrame:
        """What answers would have been with other units, all on the same draws; see :func:`causalkpi.redraws.redraw`.

        Returns
        -------
        DataFrame
            A row a replicate, a column a question; those without a regression behind their answer are left out.
        """
        answers = {question: self.answer(question) for question in questions}
        known = {q: a for q, a in answers.items() if isinstance(a, Estimate) and a.regressions}
        return redraw(known, self.panel.units, replicates, np.random.default_rng(self.seed))

    def reverse(self) -> ReverseDirection:
        """Every link of the graph in both directions; see :mod:`causalkpi.reverse`."""
        return reverse_direction(self._usable, self.panel, self.level)

    def lags(self, max_lag: int = 4) -> Lags:
        """Which lag of every link the data prefer; see :mod:`causalkpi.lags`."""
        return compare_lags(self._usable, self.panel, max_lag)

    @cached_property
    def _usable(self) -> KPIGraph:
        """The graph with everything hidden that no question may use."""
        return self.graph.hide(*(k for k in self.graph.ids if k in self._blocked or k not in self.panel.kpis))

    def usual_change(self, kpi: str) -> float:
        """The change that a claim's question asks about: all of it where the data hold only 0 and 1."""
        return 1.0 if self.panel.is_switch(kpi) else self.graph[kpi].usual_change

    def family(self, questions: Iterable[Question] = (), *, claims: bool = True) -> list[tuple[str, Question, Sign]]:
        """Every question that a run asks: who asks it (``study`` or a claim), the question, the sign expected."""
        asked: list[tuple[str, Question, Sign]] = [("study", question, "?") for question in questions]
        for claim in self.graph.claims if claims else ():
            signs: tuple[Sign, ...] = claim.expected or ("?",) * len(claim.questions)
            for parts, sign in zip(claim.questions, signs, strict=True):
                asked.append((claim.id, Question(*parts, self.usual_change(parts[0])), sign))
        return asked
