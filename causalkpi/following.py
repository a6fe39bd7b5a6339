"""What a study wants followed over time, along paths and since changes, and the same followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import networkx as nx

from .event_study import EventStudy
from .graph import KPIGraph
from .lags import NO_LAGS, Lags
from .question import Question, Unanswered
from .reverse import NO_DIRECTIONS, ReverseDirection
from .study import Study
from .studyschema import AskedEntry, PathsEntry, StudyEntry
from .system import Chain, Paths, Profile


@dataclass(frozen=True)
class ProfileWanted:
    """One profile that a study wants.

    Parameters
    ----------
    treatment, outcome : str
    horizon : int
        The last period to look at.
    contrast : float
        The pulse, in the treatment's unit.
    rate : float
        Of the discounted sum, per year; zero for none.
    """

    treatment: str
    outcome: str
    horizon: int = 8
    contrast: float = 1.0
    rate: float = 0.0


@dataclass(frozen=True)
class PathsWanted:
    """One effect that a study wants taken apart.

    Parameters
    ----------
    question : Question
    through : tuple of str
        The KPIs to tell apart; all estimated ones on the way where empty.
    """

    question: Question
    through: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChainWanted:
    """One chain that a study wants followed.

    Parameters
    ----------
    kpis : tuple of str
    change : float
        Of the first, in its own unit.
    """

    kpis: tuple[str, ...]
    change: float = 1.0


@dataclass(frozen=True)
class ChangeWanted:
    """One change, made by units at different times, that a study wants followed.

    Parameters
    ----------
    change : str
        A KPI that is 0 until a unit changes and 1 from then on.
    outcome : str
    horizon, leads, anticipation : int
        As for :meth:`causalkpi.Study.staggered`.
    """

    change: str
    outcome: str
    horizon: int = 8
    leads: int = 4
    anticipation: int = 0


@dataclass(frozen=True)
class Following:
    """All that a study wants followed.

    Parameters
    ----------
    profiles : tuple of ProfileWanted
    paths : tuple of PathsWanted
    chains : tuple of ChainWanted
    changes : tuple of ChangeWanted
    """

    profiles: tuple[ProfileWanted, ...] = ()
    paths: tuple[PathsWanted, ...] = ()
    chains: tuple[ChainWanted, ...] = ()
    changes: tuple[ChangeWanted, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to follow."""
        return bool(self.profiles or self.paths or self.chains or self.changes)


@dataclass(frozen=True)
class Followed:
    """What came of it, in the same order.

    Parameters
    ----------
    profiles : tuple of Profile
    paths : tuple of Paths or Unanswered
    chains : tuple of Chain
    changes : tuple of EventStudy or Unanswered
    """

    profiles: tuple[Profile, ...] = ()
    paths: tuple[Paths | Unanswered, ...] = ()
    chains: tuple[Chain, ...] = ()
    changes: tuple[EventStudy | Unanswered, ...] = ()


def follow(study: Study, wanted: Following, progress: Callable[[str], None] = lambda _: None) -> Followed:
    """Follow what a study wants followed.

    Parameters
    ----------
    study : Study
    wanted : Following
    progress : callable
        Told what is being done.
    """
    profiles, paths, chains, changes = [], [], [], []
    for one in wanted.profiles:
        progress(f"{one.treatment} -> {one.outcome}, period by period")
        profiles.append(study.profile(one.treatment, one.outcome, one.horizon, one.contrast, rate=one.rate))
    for each in wanted.paths:
        progress(f"{each.question}: through what")
        q = each.question
        paths.append(study.paths(q.treatment, q.outcome, q.horizon, q.contrast, through=each.through))
    for link in wanted.chains:
        progress(f"the chain {' -> '.join(link.kpis)}")
        chains.append(study.chain(*link.kpis, change=link.change))
    for which in wanted.changes:
        progress(f"{which.change} -> {which.outcome}, since the change")
        changes.append(study.staggered(which.change, which.outcome, horizon=which.horizon, leads=which.leads,
                                       anticipation=which.anticipation))  # fmt: skip
    return Followed(tuple(profiles), tuple(paths), tuple(chains), tuple(changes))


def look_both_ways(study: Study, progress: Callable[[str], None] = lambda _: None) -> tuple[ReverseDirection, Lags]:
    """Every link in both directions and at other lags; without rows where units are seen once."""
    if not study.panel.repeated or study.panel.n_units < 2:
        return NO_DIRECTIONS, NO_LAGS
    progress("every link in both directions, and its lag")
    return study.reverse(), study.lags()


class Noting(Protocol):
    """Whoever reads a study file and keeps what is wrong with it, each at its place."""

    def note(self, rule: str, found: str, expected: str, remedy: str, *loc: str | int) -> None:
        """Keep one fault."""

    def known(self, kpi: str, graph: KPIGraph, *loc: str | int) -> bool:
        """Whether the graph has a KPI; if not, that is kept as a fault."""
        ...

    def attempt(self, make: Callable[[], Any], *loc: str | int) -> Any:
        """What `make` makes, or None with its faults kept."""


def wanted(document: StudyEntry, graph: KPIGraph, at: Noting) -> Following:
    """What a study file wants followed; the rate of a discounted sum is that of its valuation.

    Parameters
    ----------
    document : StudyEntry
    graph : KPIGraph
    at : Noting
        Told everything that is wrong.
    """
    rate = document.valuation.discount_rate if document.valuation else 0.0
    for place in ("profiles", "paths", "chains", "changes"):
        entries = getattr(document, place)
        for i, entry in enumerate(entries):
            if entry in entries[:i]:
                at.note("asked-twice", "the same once more", "each once", "", place, i)
    profiles, paths, chains, changes = [], [], [], []
    for i, p in enumerate(document.profiles):
        later = max(p.horizon, 1)  # a KPI's own profile begins with the pulse itself
        if _asked(p, later, graph, at, "profiles", i):
            profiles.append(ProfileWanted(p.treatment, p.outcome, p.horizon, p.contrast, rate))
    for i, p in enumerate(document.paths):
        question = _asked(p, p.horizon, graph, at, "paths", i)
        if question and all([_may_mediate(p, j, graph, at, i) for j in range(len(p.through))]):
            paths.append(PathsWanted(question, tuple(p.through)))
    for i, c in enumerate(document.chains):
        if _connected(c.kpis, graph, at, i):
            at.attempt(lambda c=c: Question(c.kpis[0], c.kpis[1], 0, c.change), "chains", i, "change")
            chains.append(ChainWanted(tuple(c.kpis), c.change))
    for i, e in enumerate(document.changes):
        known = [at.known(getattr(e, word), graph, "changes", i, word) for word in ("change", "outcome")]
        if e.change == e.outcome:
            at.note("change", f"{e.change!r} twice", "another KPI that may respond", "", "changes", i, "outcome")
        elif all(known):
            changes.append(ChangeWanted(e.change, e.outcome, e.horizon, e.leads, e.anticipation))
    return Following(tuple(profiles), tuple(paths), tuple(chains), tuple(changes))


def _asked(entry: AskedEntry, horizon: int, graph: KPIGraph, at: Noting, place: str, i: int) -> Question | None:
    """The question of an entry, or None with its faults kept."""
    known = [at.known(getattr(entry, word), graph, place, i, word) for word in ("treatment", "outcome")]
    question = at.attempt(lambda: Question(entry.treatment, entry.outcome, horizon, entry.contrast), place, i)
    return question if all(known) else None


def _may_mediate(entry: PathsEntry, j: int, graph: KPIGraph, at: Noting, i: int) -> bool:
    """Whether a KPI can stand between two others: an estimated one, and neither of the two."""
    kpi, loc = entry.through[j], ("paths", i, "through", j)
    if not at.known(kpi, graph, *loc):
        return False
    formula = graph[kpi].formula
    if kpi in (entry.treatment, entry.outcome):
        at.note("mediator", f"{kpi!r}, which the question is about", "a KPI between the two", "", *loc)
    elif formula is not None:
        parts = ", ".join(sorted({name for name, _ in formula.arguments}))
        at.note("mediator", f"{kpi!r}, which is arithmetic", "an estimated KPI", f"Name its parts: {parts}.", *loc)
    else:
        return True
    return False


def _connected(kpis: Sequence[str], graph: KPIGraph, at: Noting, i: int) -> bool:
    """Whether the graph has a path from each KPI of a chain to the next."""
    if not all([at.known(kpi, graph, "chains", i, "kpis", j) for j, kpi in enumerate(kpis)]):
        return False
    if len(kpis) < 2 or len(set(kpis)) < len(kpis):
        at.note("chain", ", ".join(kpis) or "nothing", "two or more different KPIs", "", "chains", i, "kpis")
        return False
    summary = graph.summary()
    apart = [j for j, (one, other) in enumerate(pairwise(kpis), 1) if not nx.has_path(summary, one, other)]
    for j in apart:
        at.note("chain", f"no path from {kpis[j - 1]} to {kpis[j]}", "a path of the graph", "", "chains", i, "kpis", j)
    return not apart
