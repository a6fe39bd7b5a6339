"""What is asked, and what may be learned: Question, Estimand, and Unanswered for a question without a number.

A status is never a number in disguise. Only ``estimated`` and ``estimated_with_warnings`` carry numbers; every
other status carries its reason in the reader's words and what would help.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from .dag import efficient_set
from .errors import Fault, QuestionError, did_you_mean
from .graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node
from .kpi import RESERVED
from .language import Name
from .roles import Role, roles_of

Route = Literal["back_door", "front_door", "instrument", "identity", "links"]
Status = Literal[
    "structural_zero", "identity", "not_identified", "not_estimable", "refused_data", "identified",
    "estimated", "estimated_with_warnings",
]  # fmt: skip

FARTHEST = 1000  # periods, in a question: a graph unrolled much farther fills a machine's memory
_WIDEST = 1e100  # of a contrast: squares of larger and of smaller ones are no numbers any more


@dataclass(frozen=True)
class Question:
    """What a pulse in one KPI does to another, some periods later.

    Parameters
    ----------
    treatment, outcome : str
        KPI ids.
    horizon : int
        Periods from the pulse to the outcome.
    contrast : float
        The change in the treatment, in its own unit, for the one period of the pulse; later KPIs respond.

    Raises
    ------
    QuestionError
        For a horizon that is no whole number of periods or beyond any panel, or a contrast that is no
        number, zero, or too small or large to be squared.

    Examples
    --------
    >>> print(Question("customer_loyalty", "churn", horizon=1))
    customer_loyalty (+1) -> churn, 1 period later
    """

    treatment: str
    outcome: str
    horizon: int = 0
    contrast: float = 1.0

    def __post_init__(self) -> None:
        faults = []
        whole = isinstance(self.horizon, int) and not isinstance(self.horizon, bool)
        if not whole or not 0 <= self.horizon <= FARTHEST:
            expected = f"a whole number of periods, 0 to {FARTHEST}"
            faults.append(Fault("horizon", repr(self.horizon), expected, rule="horizon"))
        number = isinstance(self.contrast, int | float)
        if not number or not 1 / _WIDEST <= abs(self.contrast) <= _WIDEST:
            expected = f"a number other than 0, of a size from {1 / _WIDEST:g} to {_WIDEST:g}"
            faults.append(Fault("contrast", repr(self.contrast), expected, rule="contrast"))
        if self.treatment == self.outcome and self.horizon == 0:
            faults.append(
                Fault(
                    "question",
                    f"{self.treatment!r} on itself at once",
                    "another outcome or a later horizon",
                )
            )
        if faults:
            raise QuestionError("The question makes no sense.", faults)

    def __str__(self) -> str:
        later = "at once" if not self.horizon else f"{self.horizon} period{'s' * (self.horizon > 1)} later"
        return f"{self.treatment} ({self.contrast:+g}) -> {self.outcome}, {later}"

    @property
    def source(self) -> Node:
        """The treatment as a node: period 0."""
        return Node(self.treatment, 0)

    @property
    def target(self) -> Node:
        """The outcome as a node: `horizon` periods later."""
        return Node(self.outcome, self.horizon)

    def against(self, graph: KPIGraph) -> None:
        """Raise QuestionError where the graph does not have the KPIs, saying what exists instead."""
        faults = [
            Fault(
                word,
                f"unknown KPI {kpi!r}",
                "a KPI of the graph",
                did_you_mean(kpi, graph.ids),
                "unknown-kpi",
            )
            for word, kpi in (("treatment", self.treatment), ("outcome", self.outcome))
            if kpi not in graph
        ]
        if faults:
            raise QuestionError(f"The graph cannot be asked {self}.", faults)


@dataclass(frozen=True, repr=False)
class Estimand:
    """What may be learned about a question, by which route and under which assumptions.

    Parameters
    ----------
    question : Question
    graph : KPIGraph
        The graph that it was identified on.
    route : {"back_door", "front_door", "instrument", "identity", "links"}
        ``identity``: the outcome is arithmetic, and the answer is put together from `legs`. ``links``: the graph's
        links are followed one by one, because the panel is too short for the regression that was identified.
    adjustment : tuple of Node
        The KPIs to hold fixed, in relative time; ``<unit>`` and ``<period>`` stand for fixed effects.
    window : int
        How many periods before the treatment the set needs.
    strict : bool
        Whether the regressors of other periods are unrelated to the outcome, given this period's and the unit:
        only then do unit effects leave a short panel's answer without bias.
    feedback : str
        Where `strict` is false: the name of the KPI that breaks it.
    mediators, stages : tuple
        Front-door: the mediators, and the estimands treatment -> mediator followed by mediators -> outcome.
    instrument : Node or None
    legs : tuple of (Node, Estimand or Unanswered)
        The non-arithmetic KPIs that carry the effect into an identity.
    fixed : tuple of Node
        The fixed effects that the shape of the data allows.
    assumptions : tuple of Text
    """

    question: Question
    graph: KPIGraph = field(repr=False)
    route: Route
    adjustment: tuple[Node, ...] = ()
    window: int = 0
    strict: bool = True
    feedback: str = ""
    mediators: tuple[Node, ...] = ()
    stages: tuple[Estimand, ...] = ()
    instrument: Node | None = None
    legs: tuple[tuple[Node, Estimand | Unanswered], ...] = ()
    fixed: tuple[Node, ...] = ()
    assumptions: tuple[str, ...] = ()
    status: Status = "identified"

    def __str__(self) -> str:
        held = ", ".join(map(label, self.adjustment)) or "nothing"
        lines = [f"{self.question}: {self.route.replace('_', ' ')}; hold fixed {held}."]
        if self.instrument is not None:
            lines.append(f"Instrument: {label(self.instrument)}.")
        if self.mediators:
            lines.append(f"Through {', '.join(map(label, self.mediators))}.")
        if self.legs:
            lines.append(f"Put together from {', '.join(label(node) for node, _ in self.legs)}.")
        return "\n  ".join([*lines, *(f"Assumed: {text}" for text in self.assumptions)])

    __repr__ = __str__

    @property
    def unit_effects(self) -> bool:
        """Whether lasting differences between units must be taken out."""
        return UNIT_NODE in self.adjustment

    @property
    def period_effects(self) -> bool:
        """Whether shocks that all units share are taken out."""
        return PERIOD_NODE in self.adjustment

    @property
    def controls(self) -> tuple[Node, ...]:
        """The adjustment set without the fixed effects: the columns of a regression."""
        return tuple(n for n in self.adjustment if n not in (UNIT_NODE, PERIOD_NODE))

    @property
    def roles(self) -> tuple[Role, ...]:
        """A reason for every KPI in the set and out of it; none along the links, where every KPI has its own set."""
        if self.route == "links":
            return ()
        question = self.question
        return roles_of(
            self.graph,
            question.source,
            question.target,
            set(self.adjustment),
            self.window,
            self.instrument,
        )

    @property
    def efficient(self) -> tuple[Node, ...]:
        """The adjustment set of smallest variance, where it exists (Henckel, Perkovic and Maathuis 2022).

        Raises
        ------
        QuestionError
            If part of it is hidden, or the route is not one adjustment set.
        """
        if self.route != "back_door":
            fault = Fault("efficient set", f"the route {self.route}", "a single adjustment set")
            raise QuestionError("There is no efficient set for this answer.", [fault])
        question, longest = self.question, self.graph.longest_lag
        dag = self.graph.window(range(-self.window - longest, question.horizon + 1))
        chosen = efficient_set(dag, question.source, {question.target})
        missing = sorted(
            label(n) for n in chosen - set(self.fixed) if n.kpi not in self.graph or not self.graph[n.kpi].observed
        )
        if missing:
            fault = Fault("efficient set", "no data on " + ", ".join(missing), "all of it measured")
            raise QuestionError("There is no efficient set for this question.", [fault])
        return tuple(sorted(chosen))

    def to_frame(self) -> pd.DataFrame:
        """The roles as a table: one row per KPI and role."""
        return pd.DataFrame(
            [
                (
                    r.kpi,
                    "all periods" if r.kpi in RESERVED else times(r.periods),
                    "in" if r.adjusted else "out",
                    r.role,
                    r.reason,
                )
                for r in self.roles
            ],
            columns=["kpi", "when", "set", "role", "reason"],
        )


@dataclass(frozen=True, repr=False)
class Unanswered:
    """A question without a number: the status says which kind, the reason says why.

    Parameters
    ----------
    question : Question
    status : {"structural_zero", "identity", "not_identified", "not_estimable", "refused_data"}
    reason : Text
        In the reader's words, in both languages.
    help : tuple of tuple of str
        For ``not_identified``: the smallest sets of hidden KPIs that would help if they were measured;
        ``<unit>`` stands for seeing units repeatedly.
    remedy : Text
        What would help; empty where nothing would.
    short : bool
        Whether nothing but too few periods stands in the way of the adjusted regression.
    """

    question: Question
    status: Status
    reason: str
    help: tuple[tuple[str, ...], ...] = ()
    remedy: str = ""
    short: bool = False

    def __str__(self) -> str:
        return " ".join(filter(None, [f"{self.question}: {self.status}.", self.reason, self.remedy]))

    __repr__ = __str__


def when(period: int) -> str:
    """A relative period for a reader.

    Examples
    --------
    >>> when(-1), when(0), when(2)
    ('t-1', 't', 't+2')
    """
    return "t" if period == 0 else f"t{period:+d}"


def times(periods: tuple[int, ...]) -> str:
    """Relative periods for a reader, ranges drawn together.

    Examples
    --------
    >>> times((-2, -1, 0, 3))
    't-2..t, t+3'
    """
    runs: list[list[int]] = []
    for period in sorted(periods):
        if runs and period == runs[-1][-1] + 1:
            runs[-1].append(period)
        else:
            runs.append([period])
    return ", ".join(when(r[0]) if len(r) == 1 else f"{when(r[0])}..{when(r[-1])}" for r in runs)


def label(node: Node) -> Name:
    """A node for a reader: a name with its moment.

    Examples
    --------
    >>> label(Node("churn", -1)), label(UNIT_NODE)
    ('churn (t-1)', 'unit effects')
    """
    return Name(node.kpi, node.period)
