"""The study file: which graph, which data, which questions, in one YAML file that a client can read.

Paths in it are relative to the file itself, so that a folder can be moved and sent as it is. Everything that is wrong
with it is said at once, each fault with its line and column: a misspelt key, a KPI that the graph does not have, a data
file that is not there. A date is only ever taken from here, never from the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .errors import CausalKPIError, Fault, StudyError, did_you_mean, raise_all
from .estimators.conventions import CHOICES
from .files import Source, names_in, shown_path, why_no_file
from .following import Following, wanted
from .formula import Formula
from .graph import KPIGraph
from .graphfile import load_graph
from .language import Language
from .large.named import open_sources, why_not_large
from .question import Question
from .reading import AGGREGATES, STRETCHES, read_panel
from .study import Study
from .studyschema import AskedEntry, Errors, SourceEntry, StudyEntry
from .yamlfile import Position, Step, read_yaml

_LEVEL, _SEED = 0.95, 0
_ERRORS: Errors = "usual"
_ASKED = ("questions", "profiles", "paths", "chains", "changes")
_NOTATION = ("unit", "period", "frequency", "decimal", "thousands", "separator", "sheet")


@dataclass(frozen=True)
class Valued:
    """One change that a study wants in money.

    Parameters
    ----------
    treatment, outcome : str
        The KPI that is changed for one period, and the KPI that is money.
    change : float
    rate : float
        Discount rate per year.
    horizon : int
        The last period to look at.
    """

    treatment: str
    outcome: str
    change: float
    rate: float
    horizon: int


@dataclass(frozen=True)
class StudyFile:
    """What a study file says, with its graph read and its paths found.

    Parameters
    ----------
    path : Path
        The file.
    title : str
    graph : KPIGraph
        With the file's own unit effects, period effects and hidden KPIs.
    graph_name : str
        As the file names it.
    sources : tuple of Source
    frequency : str or None
        Of the panel; found out where None.
    large : bool
        Whether the data stay in their Parquet files; a word and no threshold, for a study must not change with memory.
    questions : tuple of Question
        The study's own, in the order of the file.
    claims : bool
        Whether to ask the questions of the graph's claims too.
    level : float
    seed : int
    errors : str
        How standard errors are computed: a name of :data:`causalkpi.estimators.conventions.CHOICES`.
    client, author, date : str
    language : {"en", "nl"}
        Of the report.
    smallest : mapping of str to float
        By outcome KPI, the smallest effect that matters, in its own unit.
    valuations : tuple of Valued
        What is to be valued, KPI by KPI.
    following : Following
        What is to be followed over time and along paths.
    settled : tuple of str
        Columns on which `identity` and `measured` have spoken.
    choices : mapping of str to str
        What the file leaves open and was chosen by default.
    """

    path: Path
    title: str
    graph: KPIGraph = field(repr=False)
    graph_name: str
    sources: tuple[Source, ...] = field(repr=False)
    frequency: str | None = None
    large: bool = False
    questions: tuple[Question, ...] = ()
    claims: bool = True
    level: float = _LEVEL
    seed: int = _SEED
    errors: Errors = _ERRORS
    client: str = ""
    author: str = ""
    date: str = ""
    language: Language = "en"
    smallest: Mapping[str, float] = field(default_factory=dict)
    valuations: tuple[Valued, ...] = ()
    following: Following = field(default_factory=Following)
    settled: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)


def read_study(path: str | Path) -> StudyFile:
    r"""Read a study file and the graph that it names; the data are not opened yet.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    StudyFile

    Raises
    ------
    StudyError
        Listing every fault with ``file:line:column``: of the file itself, of the graph's file, and of what does not
        exist (KPIs, a model, data files).

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "branches.csv").write_text("branch,quarter,customer_loyalty,churn\n")
    >>> _ = (folder / "study.yaml").write_text('''
    ... format: 1
    ... title: What loyalty does
    ... graph: customer_centred
    ... data: [{path: branches.csv, unit: branch, period: quarter}]
    ... questions: [{treatment: customer_loyalty, outcome: churn, horizon: 1}]
    ... claims: false
    ... ''')
    >>> print(*read_study(folder / "study.yaml").questions)
    customer_loyalty (+1) -> churn, 1 period later
    """
    file = Path(path)
    document, position = read_yaml(
        file, StudyEntry, error=StudyError, what="study", check=lambda d, p: _Meaning(d, p, file).study()
    )
    return _Meaning(document, position, file).study()


def load(study: StudyFile) -> Study:
    """Read a study's data and put them together with its graph; a large table is opened where it is.

    Its sums are kept in a folder beside the study file, so that an interrupted run goes on where it stopped.

    Parameters
    ----------
    study : StudyFile
        Its `questions` and `claims` say what to run.

    Raises
    ------
    DataError
        Listing all that is wrong with files, columns and keys.
    """
    read = open_sources if study.large else read_panel
    folder = study.path.with_suffix(".sums") if study.large else None
    errors, _ = CHOICES[study.errors]
    return Study(study.graph, read(study.sources, frequency=study.frequency), level=study.level, seed=study.seed,
                 smallest=study.smallest, settled=study.settled, errors=errors, folder=folder)  # fmt: skip


class _Meaning:
    """Makes a StudyFile of a document; what is wrong is noted and left out, so that the rest can be checked too."""

    def __init__(self, document: StudyEntry, position: Position, file: Path) -> None:
        self.document, self.position, self.file = document, position, file
        self.faults: list[Fault] = []

    def note(self, rule: str, found: str, expected: str, remedy: str, *loc: Step) -> None:
        self.faults.append(Fault(self.position(*loc), found, expected, remedy, rule))

    def study(self) -> StudyFile:
        """The study, or a StudyError with everything that is wrong."""
        document = self.document
        sources = [self.source(i, source) for i, source in enumerate(document.data)]
        if not sources and "data" not in self.position.pruned:
            self.note("no-data", "no source", "at least one", "", "data")
        if not document.title.strip():
            self.note("title", "no title", "a few words", "", "title")
        for i, found, expected in why_not_large(document.data) if document.large else ():
            self.note("large", found, expected, "", "data", i)
        graph = self.graph()
        questions = [self.question(i, asked, graph) for i, asked in enumerate(document.questions)]
        following = wanted(document, graph, self) if graph else Following()
        claims = self.claims(graph) if graph else True
        valuations = self.valuations(graph) if graph else ()
        raise_all(StudyError, "The study cannot be used.", self.faults)
        assert graph is not None
        return StudyFile(
            self.file,
            document.title,
            graph,
            shown_path(document.graph),
            tuple(source for source in sources if source),
            document.frequency,
            document.large,
            tuple(question for question in questions if question),
            claims,
            _LEVEL if document.level is None else document.level,
            _SEED if document.seed is None else document.seed,
            _ERRORS if document.errors is None else document.errors,
            document.client,
            document.author,
            document.date,
            document.language,
            document.smallest_effects,
            valuations,
            following,
            tuple(sorted({*document.identity, *document.measured})),
            _choices(document, claims),
        )

    def graph(self) -> KPIGraph | None:
        """The graph as the study wants it, or None where it cannot be had."""
        name = self.document.graph
        is_file = name.lower().endswith((".yaml", ".yml"))
        try:
            graph = load_graph(self.file.parent / name if is_file else name)
        except CausalKPIError as failure:
            for fault in failure.faults:
                if fault.where == str(self.file.parent / name):  # there is no such file: told where it is named
                    self.note(fault.rule, f"{fault.found} {name!r}", fault.expected, fault.remedy, "graph")
                elif fault.where == "load_graph":
                    self.note(fault.rule, fault.found, fault.expected, fault.remedy, "graph")
                else:
                    self.faults.append(fault)
            return None
        for place in ("hidden", "unit_effects", "period_effects"):
            listed = getattr(self.document, place) or ()
            wrong = [i for i, kpi in enumerate(listed) if not self.known(kpi, graph, place, i)]
            if place == "hidden":
                graph = graph.hide(*(kpi for i, kpi in enumerate(listed) if i not in wrong))
            elif getattr(self.document, place) is not None:
                kept = tuple(kpi for i, kpi in enumerate(listed) if i not in wrong)
                graph = self.attempt(lambda g=graph, p=place, k=kept: replace(g, **{p: k}), place) or graph
        graph = self.declared(graph)
        for kpi in self.document.smallest_effects:
            self.known(kpi, graph, "smallest_effects", kpi)
        for i, source in enumerate(self.document.data):
            for column, kpi in source.columns.items():
                self.known(kpi, graph, "data", i, "columns", column)
        return graph

    def declared(self, graph: KPIGraph) -> KPIGraph:
        """The graph with what the file says of columns: arithmetic gets its formula, what came too late is hidden."""
        for column, text in self.document.identity.items():
            formula = self.attempt(lambda t=text: Formula.parse(t), "identity", column)
            if formula is None or column not in graph:
                continue
            if all([self.known(kpi, graph, "identity", column) for kpi, _ in formula.arguments]):
                kpis = tuple(replace(k, formula=formula) if k.id == column else k for k in graph.kpis)
                links = tuple(link for link in graph.links if link.target != column)
                touched = {
                    name: tuple(k for k in getattr(graph, name) if k != column)
                    for name in ("unit_effects", "period_effects")
                }
                graph = (
                    self.attempt(
                        lambda g=graph, k=kpis, li=links, t=touched: replace(g, kpis=k, links=li, **t),
                        "identity", column,
                    )
                    or graph
                )  # fmt: skip
        for column, words in self.document.measured.items():
            order, _, outcome = words.partition(" ")
            if order not in ("after", "before") or not outcome:
                expected = "after or before, and a KPI, such as 'after churn'"
                self.note("measured", f"the text {words!r}", expected, "", "measured", column)
            elif self.known(outcome, graph, "measured", column) and order == "after" and column in graph:
                graph = graph.hide(column)
        return graph

    def valuations(self, graph: KPIGraph) -> tuple[Valued, ...]:
        """What the file wants in money."""
        wanted = self.document.valuation
        if wanted is None:
            return ()
        if not wanted.treatments:
            self.note("nothing-valued", "no KPI to value", "each KPI with its change", "", "valuation", "treatments")
        outcome = wanted.outcome
        self.known(outcome, graph, "valuation", "outcome")
        return tuple(
            Valued(kpi, wanted.outcome, change, wanted.discount_rate, wanted.horizon)
            for kpi, change in wanted.treatments.items()
            if self.known(kpi, graph, "valuation", "treatments", kpi)
            and self.attempt(lambda k=kpi, c=change: Question(k, outcome, 0, c), "valuation", "treatments", kpi)
        )

    def known(self, kpi: str, graph: KPIGraph, *loc: Step) -> bool:
        if kpi not in graph:
            remedy = did_you_mean(kpi, graph.ids)
            self.note("unknown-kpi", f"the unknown KPI {kpi!r}", "a KPI of the graph", remedy, *loc)
        return kpi in graph

    def attempt(self, make: Callable[[], Any], *loc: Step) -> Any:
        """What `make` makes, or None and its faults noted at this place."""
        try:
            return make()
        except CausalKPIError as failure:
            self.faults += [
                replace(fault, where=self.position(*loc), found=f"{fault.where}: {fault.found}")
                for fault in failure.faults
            ]
            return None

    def source(self, i: int, source: SourceEntry) -> Source | None:
        """One source with its path found, or None where it cannot be."""
        path = self.file.parent / source.path
        self.how(i, source)
        missing = why_no_file(path)
        if missing:
            others = names_in(path.parent)
            remedy = did_you_mean(path.name, others) if others else "Paths are relative to the study file."
            named = repr(source.path if len(source.path) <= 100 else source.path[:97] + "...")
            self.note("data-file", f"{missing} {named}", "a data file", remedy, "data", i, "path")
            return None
        given = {name: getattr(source, name) for name in _NOTATION}
        given |= {"missing": tuple(source.missing)} if source.missing is not None else {}
        return Source(path, columns=source.columns or None, how=source.how, name=shown_path(source.path), **given)

    def how(self, i: int, source: SourceEntry) -> None:
        """Note a word on adding up that does not exist."""
        options = (*AGGREGATES, *STRETCHES)
        each = source.how if isinstance(source.how, dict) else {} if source.how is None else {"": source.how}
        for kpi, word in each.items():
            if word not in options:
                loc = ("data", i, "how", *([kpi] if kpi else []))
                found = f"the text {word!r}" if isinstance(word, str) else "no such word"
                self.note("how", found, f"one of {', '.join(options)}, or one for each KPI", "", *loc)

    def question(self, i: int, asked: AskedEntry, graph: KPIGraph | None) -> Question | None:
        """One question, or None where it makes no sense."""
        question = self.attempt(
            lambda: Question(asked.treatment, asked.outcome, asked.horizon, asked.contrast), "questions", i
        )
        if graph is not None:
            for word in ("treatment", "outcome"):
                self.known(getattr(asked, word), graph, "questions", i, word)
        if asked in self.document.questions[:i]:
            self.note("asked-twice", "the same question again", "each question once", "", "questions", i)
        return question

    def claims(self, graph: KPIGraph) -> bool:
        """Whether the claims are asked too; a file that wants nothing at all is at fault."""
        there = any(claim.questions or claim.changes for claim in graph.claims)
        if self.document.claims and not there:
            self.note("claims", "claims: true", "false: this graph has none that ask anything", "", "claims")
        claims = there if self.document.claims is None else self.document.claims
        wants = any(getattr(self.document, place) for place in _ASKED) or self.position.pruned.intersection(_ASKED)
        if not (claims or wants):
            self.note("nothing-asked", "nothing that is asked", "questions, or claims: true", "", "questions")
        return claims


def _choices(document: StudyEntry, claims: bool) -> dict[str, str]:
    """What the file leaves open, and what was done."""
    defaults = {
        "level": f"{_LEVEL:.0%} intervals",
        "seed": str(_SEED),
        "errors": _ERRORS,
        "claims": "asked" if claims else "the graph has none to ask",
        "frequency": "found out from the data",
        "unit_effects": "as the graph says",
        "period_effects": "as the graph says",
    }
    return {name: words for name, words in defaults.items() if getattr(document, name) is None}
