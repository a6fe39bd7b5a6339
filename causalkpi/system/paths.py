"""Through what an effect works: total, direct, through each KPI and along each route of the graph.

Every directed way from the pulse to the outcome visits a set of other KPIs. Its product of coefficients is put to the
account of that set, so that the parts add up to the total: to rounding, because no part is a difference of regressions.
*Direct* is what visits none of the named KPIs, the treatment's and the outcome's own pasts included. What passes
through one KPI overlaps with what passes through another on the same way, and those do not add up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from ..dag import causal_nodes, downstream, upstream
from ..errors import Fault, QuestionError, did_you_mean
from ..graph import KPIGraph, Node
from ..language import NOTHING, Name, Text, both
from ..question import Question, Unanswered
from ..reasons import no_path
from .links import LinkSystem
from .profile import Amount
from .responses import Visited

OPPOSITE = 0.01  # of the total: parts of the other sign that come to less are rounding in an argument about shares
LINEAR_ONLY = Text(
    "Read as a path of the linear link system, not as a natural effect.",
    "Te lezen als pad van het lineaire stelsel van verbanden, niet als natuurlijk effect.",
)


@dataclass(frozen=True)
class Part:
    """A part of an effect.

    Parameters
    ----------
    kind : {"total", "direct", "through", "all_mediators", "route"}
        ``through`` overlaps between KPIs and does not add up; ``direct`` and ``route`` do.
    through : tuple of str
        The KPIs in question.
    size : Amount
    share : float
        Of the total; not a number where shares mean nothing (see :attr:`Paths.no_shares`).
    natural : Text
        For ``through``: why this is no natural indirect effect; empty where it is one.
    """

    kind: str
    through: tuple[str, ...]
    size: Amount
    share: float
    natural: Text = NOTHING


@dataclass(frozen=True, repr=False)
class Paths:
    """Through what an effect works.

    Parameters
    ----------
    question : Question
    named : tuple of str
        The KPIs that were told apart.
    parts : tuple of Part
        The total, the direct part, all mediators together, each mediator, each route; routes largest first.
    no_shares : Text
        Why parts are not given as shares of the total; empty where they are.
    level, df : float
    """

    question: Question
    named: tuple[str, ...]
    parts: tuple[Part, ...]
    no_shares: Text
    level: float
    df: float

    def of(self, kind: str) -> tuple[Part, ...]:
        """The parts of one kind."""
        return tuple(part for part in self.parts if part.kind == kind)

    @property
    def total(self) -> Part:
        """The whole effect."""
        return self.of("total")[0]

    @property
    def direct(self) -> Part:
        """What visits none of the named KPIs."""
        return self.of("direct")[0]

    def through(self, *kpis: str) -> Part:
        """The route through exactly these KPIs, or for a single one everything that passes through it."""
        wanted = tuple(sorted(kpis))
        for part in self.parts:
            if part.through == wanted and part.kind in (("through",) if len(wanted) == 1 else ("route",)):
                return part
        raise KeyError(f"no part of the effect goes through {', '.join(kpis)}")

    def to_frame(self) -> pd.DataFrame:
        """One row per part."""
        rows = [
            (p.kind, ", ".join(p.through), p.size.value, *p.size.interval, p.size.p_value, p.share, str(p.natural))
            for p in self.parts
        ]
        columns = ["part", "through", "value", "low", "high", "p_value", "share", "not_natural_because"]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        frame = self.to_frame()
        parts = frame.astype(object).where(frame.notna(), None).to_dict("records")
        return {"question": str(self.question), "named": list(self.named), "no_shares": str(self.no_shares),
                "parts": parts}  # fmt: skip

    def __str__(self) -> str:
        lines = [f"{self.question}: through what ({self.level:.0%} intervals)"]
        for p in self.parts:
            low, high = p.size.interval
            share = "" if np.isnan(p.share) or p.kind == "total" else f"  {p.share:.0%}"
            name = {"total": "total", "direct": "direct", "all_mediators": "all mediators together"}.get(p.kind)
            shown = name or f"{p.kind} {' + '.join(p.through)}"
            lines.append(f"  {shown}: {p.size.value:.4g} [{low:.4g}, {high:.4g}]{share}")
        return "\n".join([*lines, *([f"  {self.no_shares}"] if self.no_shares else [])])

    __repr__ = __str__


def paths(
    system: LinkSystem,
    question: Question,
    *,
    through: Collection[str] = (),
    level: float = 0.95,
    most: int = 12,
) -> Paths | Unanswered:
    """Take an effect apart by what it works through.

    Parameters
    ----------
    system : LinkSystem
    question : Question
    through : collection of str, optional
        The KPIs to tell apart; by default every estimated KPI on a way from treatment to outcome.
    level : float
    most : int
        At most so many routes are given apart; the others together.

    Returns
    -------
    Paths or Unanswered

    Raises
    ------
    QuestionError
        If a KPI is not in the graph, or cannot be a mediator: the treatment, the outcome, or arithmetic.
    """
    graph = system.graph
    ways = system.ways(question.treatment, question.outcome, question.horizon, question.contrast)
    dag = graph.window(range(question.horizon + 1))
    on_way = causal_nodes(dag, {question.source}, {question.target})
    candidates = sorted({n.kpi for n in on_way} - {question.treatment, question.outcome})
    estimated = [kpi for kpi in candidates if graph[kpi].formula is None]
    named = tuple(sorted(set(through))) if through else tuple(estimated)
    _may_mediate(graph, question, named)
    if question.target not in on_way and question.target != question.source:
        return no_path(question)
    if ways.until < question.horizon:
        return Unanswered(question, "not_estimable", ways.why)
    sets: list[Visited] = sorted(
        ways.follow_apart(system.corrected.slopes[None, :], [question.target], named)[question.target],
        key=lambda found: (len(found), sorted(found)),
    )

    def outputs(slopes: np.ndarray) -> np.ndarray:
        found = ways.follow_apart(slopes, [question.target], named)[question.target]
        return question.contrast * np.column_stack([found.get(one, np.zeros(len(slopes))) for one in sets])

    found = system.outputs(ways, outputs)
    values = found.values
    no_shares = _no_shares(values, found.amount(np.ones(len(sets)), level))
    total = float(values.sum())

    def part(kind: str, kpis: Collection[str], chosen: np.ndarray, natural: Text = NOTHING) -> Part:
        size = found.amount(chosen.astype(float), level)
        return Part(kind, tuple(sorted(kpis)), size, np.nan if no_shares else size.value / total, natural)

    direct = np.array([not one for one in sets])
    parts = [part("total", (), np.ones(len(sets))), part("direct", (), direct), part("all_mediators", named, ~direct)]
    for kpi in named:
        chosen = np.array([kpi in one for one in sets])
        if chosen.any():
            parts.append(part("through", [kpi], chosen, _not_natural(graph, question, kpi)))
    routes = sorted((i for i, one in enumerate(sets) if one), key=lambda i: (-abs(values[i]), i))
    parts += [part("route", sets[i], np.arange(len(sets)) == i) for i in routes[:most]]
    if routes[most:]:
        rest = frozenset().union(*(sets[i] for i in routes[most:]))
        parts.append(part("other_routes", rest, np.isin(np.arange(len(sets)), routes[most:])))
    return Paths(question, named, tuple(parts), no_shares, level, found.df)


def _may_mediate(graph: KPIGraph, question: Question, named: Collection[str]) -> None:
    """Raise QuestionError for what cannot be told apart, saying why."""
    faults = []
    for kpi in named:
        if kpi not in graph:
            faults.append(Fault("mediator", f"unknown KPI {kpi!r}", "a KPI of the graph", did_you_mean(kpi, graph.ids)))
        elif kpi in (question.treatment, question.outcome):
            faults.append(Fault("mediator", f"{kpi!r}, which the question is about", "a KPI between the two"))
        elif graph[kpi].formula is not None:
            parts = ", ".join(sorted({name for name, _ in graph[kpi].formula.arguments}))  # type: ignore[union-attr]
            faults.append(
                Fault("mediator", f"{kpi!r}, which is arithmetic", "an estimated KPI", f"Name its parts: {parts}.")
            )
    if faults:
        raise QuestionError("The effect cannot be taken apart like that.", faults)


def _no_shares(values: np.ndarray, total: Amount) -> Text:
    """Why parts mean nothing as shares of the total; empty where they do."""
    other = np.abs(values[values * total.value < 0]).sum()
    if other > OPPOSITE * abs(total.value):
        return Text(
            "No shares: parts have opposite signs and partly cancel (those against the total come to {other:.0%} of "
            "it).",
            "Geen aandelen: delen hebben tegengestelde tekens en heffen elkaar deels op (wat tegen het totaal in gaat, "
            "is samen {other:.0%} ervan).",
            other=other / abs(total.value) if total.value else np.inf,
        )
    if total.interval[0] <= 0 <= total.interval[1]:
        return Text(
            "No shares: the interval of the total holds zero.", "Geen aandelen: het interval van het totaal omvat nul."
        )
    return NOTHING


def _not_natural(graph: KPIGraph, question: Question, kpi: str) -> Text:
    """Why what passes through a KPI is no natural indirect effect; empty where it is one.

    The recanting witness: something that the treatment moves, that moves the outcome both through the mediator and past
    it (Avin, Shpitser and Pearl 2005, IJCAI). The mediator's own earlier values are part of the mediator.
    """
    dag = graph.window(range(question.horizon + 1))
    source, target = question.source, question.target
    past = nx.DiGraph(dag.subgraph(n for n in dag if n.kpi != kpi))
    mediators = [n for n in dag if n.kpi == kpi and n in upstream(dag, {target}) and n in downstream(dag, {source})]
    to_mediator = upstream(dag, mediators)
    witnesses = {
        n.kpi
        for n in downstream(dag, {source}) & to_mediator & upstream(past, {target})
        if n.kpi != kpi and n not in (source, target) and n.kpi in graph
    }
    hidden = _hidden_confounders(graph, dag, mediators, target)
    if hidden:
        return Text(
            "Not a natural effect: {hidden} moves both {kpi} and {outcome} and is hidden. {linear}",
            "Geen natuurlijk effect: {hidden} beweegt zowel {kpi} als {outcome} en is verborgen. {linear}",
            hidden=both(map(Name, hidden)), kpi=Name(kpi), outcome=Name(question.outcome), linear=LINEAR_ONLY,
        )  # fmt: skip
    if witnesses:
        return Text(
            "Not a natural effect: what the treatment itself moves ({witnesses}) bears on {outcome} both through {kpi} "
            "and past it. {linear}",
            "Geen natuurlijk effect: wat door de ingreep zelf verandert ({witnesses}), werkt zowel via {kpi} als "
            "daarlangs door in {outcome}. {linear}",
            witnesses=[Name(k) for k in sorted(witnesses)],
            outcome=Name(question.outcome),
            kpi=Name(kpi),
            linear=LINEAR_ONLY,
        )
    return NOTHING


def _hidden_confounders(graph: KPIGraph, dag: nx.DiGraph, mediators: Collection[Node], target: Node) -> list[str]:
    """Hidden KPIs that move both the mediator and the outcome."""
    without = nx.DiGraph(dag.subgraph(set(dag) - set(mediators)))
    moving = upstream(dag, mediators) & upstream(without, {target})
    return sorted({n.kpi for n in moving if n.kpi in graph and not graph[n.kpi].observed})
