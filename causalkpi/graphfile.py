"""KPI graphs from and to YAML files, and the ready-made models by name.

A file says everything about a graph, in an order that reads well: what it is called and where it comes from, its KPIs,
the links between them, what all KPIs of a unit or a period share, and the claims. What is wrong in it is said all at
once, each fault with its line and column, whether a key is misspelt, a link leads nowhere or a loop closes at once.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter

from .errors import Fault, GraphError, did_you_mean, raise_all
from .graph import KPIGraph
from .graphschema import ChangeEntry, ClaimEntry, GraphEntry, KPIEntry, LinkEntry, QuestionEntry, ShortEntry, TextEntry
from .kpi import KPI, Claim, Formula, Link, Sign
from .language import NOTHING, Text
from .yamlfile import Position, Step, read_yaml

OWN_PAST = "own past"
_MODELS = Path(__file__).parent / "models"
_SAME = ("lane", "kind", "measures", "level", "better", "observed", "selected")


def read_graph(path: str | Path) -> KPIGraph:
    r"""Read a KPI graph from a YAML file.

    Parameters
    ----------
    path : str or Path
        The file; a str with a line break is the text itself. Only ``format`` and ``kpis`` must be there. ``own_past``
        lists the lags at which a KPI depends on itself, each a link of its own after all others.

    Raises
    ------
    GraphError
        Listing every fault with ``file:line:column``.

    Examples
    --------
    >>> graph = read_graph('''
    ... format: 1
    ... kpis:
    ...   loyalty: {kind: soft, scale: [0, 100], own_past: [1]}
    ...   churn: {name: {en: churn, nl: klantverloop}, scale: [0, 1]}
    ... links:
    ...   - {from: loyalty, to: churn, sign: "-", lag: 1, reference: ours}
    ... ''')
    >>> print(*graph.links, sep="\n")
    loyalty -> churn (-, lag 1)
    loyalty -> loyalty (+, lag 1)
    >>> read_graph("format: 1\nkpis: {churn: , spend: }\nlinks: [{from: chrun, to: spend}]\n")
    Traceback (most recent call last):
    causalkpi.errors.GraphError: The graph in <text> cannot be used.
      - <text>:3:16: found the unknown KPI 'chrun', expected a KPI of this file. Did you mean 'churn'?
    """
    document, position = read_yaml(path, GraphEntry, check=_graph)
    return _graph(document, position)


def load_graph(name: str | Path) -> KPIGraph:
    """Load a ready-made model by its name, or a graph from a YAML file.

    Parameters
    ----------
    name : str or Path
        One of :func:`list_graphs`, or the path of a file that ends in ``.yaml`` or ``.yml``.

    Raises
    ------
    GraphError
        If there is no such model, or the file has faults.

    Examples
    --------
    >>> load_graph("customer_centred")["churn"].nl
    'klantverloop'
    >>> load_graph("customer_centered")
    Traceback (most recent call last):
    causalkpi.errors.GraphError: There is no such model.
      - load_graph: found the unknown model 'customer_centered', expected 'boss_centred', 'customer_centred',
        'service_profit_chain' or the path of a .yaml file. Did you mean 'customer_centred' or 'boss_centred'?
    """
    if str(name).lower().endswith((".yaml", ".yml")):
        return read_graph(Path(name))
    names = list_graphs()
    if str(name) in names:
        return read_graph(_MODELS / f"{name}.yaml")
    expected = f"{', '.join(map(repr, names))} or the path of a .yaml file"
    guess = did_you_mean(str(name), names)
    remedy = guess if guess.startswith("Did") else ""
    fault = Fault("load_graph", f"the unknown model {str(name)!r}", expected, remedy, "unknown-model")
    raise GraphError("There is no such model.", [fault])


def list_graphs() -> tuple[str, ...]:
    """The names of the ready-made models.

    Examples
    --------
    >>> list_graphs()
    ('boss_centred', 'customer_centred', 'service_profit_chain')
    """
    return tuple(sorted(path.stem for path in _MODELS.glob("*.yaml")))


def write_graph(graph: KPIGraph, path: str | Path) -> None:
    """Write a graph as a YAML file from which :func:`read_graph` reads an equal one."""
    Path(path).write_text(to_yaml(graph), encoding="utf-8", newline="\n")


def to_yaml(graph: KPIGraph) -> str:
    """The graph as the text of a YAML file.

    Examples
    --------
    >>> graph = KPIGraph((KPI("a", minimum=0), KPI("b")), (Link("a", "b", "-", 1), Link("b", "b", "+", 1, OWN_PAST)))
    >>> print(to_yaml(graph), end="")
    format: 1
    kpis:
      a:
        scale: [0, null]
      b:
        own_past: [1]
    links:
      - {from: a, to: b, sign: "-", lag: 1}
    >>> read_graph(to_yaml(graph)) == graph
    True
    """
    pasts = {(link.source, link.lag): link for link in graph.links if _is_own_past(link)}
    links = [link for link in graph.links if not _is_own_past(link)]
    lags = {kpi.id: [lag for source, lag in pasts if source == kpi.id] for kpi in graph.kpis}
    if (*links, *(pasts[kpi, lag] for kpi in lags for lag in lags[kpi])) != graph.links:
        links, lags = list(graph.links), {}  # own pasts stand between other links: keep the order
    document = GraphEntry(
        format=1,
        id=graph.id,
        name=TextEntry(en=graph.en, nl=graph.nl),
        reference=graph.reference,
        kpis={kpi.id: _kpi_entry(kpi, lags.get(kpi.id, [])) for kpi in graph.kpis},
        links=[LinkEntry(**{name: getattr(link, name) for name in LinkEntry.model_fields}) for link in links],
        unit_effects=list(graph.unit_effects),
        period_effects=list(graph.period_effects),
        claims={claim.id: _claim_entry(claim) for claim in graph.claims},
    )
    yaml = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.width = 2**30  # type: ignore[assignment]
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.Emitter = _Emitter
    yaml.dump(document.model_dump(by_alias=True, exclude_defaults=True), text)
    return text.getvalue()


class _Emitter(Emitter):
    """Quotes every text that is not plainly words."""

    def choose_scalar_style(self) -> Any:
        words = re.fullmatch(r"[^\W\d]([\w .,;()/'-]*[\w.)])?", self.event.value)
        return '"' if self.event.implicit[1] and not words else super().choose_scalar_style()


def _whole(number: float) -> float | None:
    """As a file shows it: without a point where it needs none, and nothing for an open end."""
    if math.isinf(number):
        return None
    return int(number) if number == int(number) and abs(number) < 1e15 else float(number)


def _is_own_past(link: Link) -> bool:
    return link == Link(link.source, link.source, "+", link.lag, OWN_PAST) and link.lag > 0


def _kpi_entry(kpi: KPI, own_past: list[int]) -> KPIEntry:
    return KPIEntry.model_construct(
        name=TextEntry(en=kpi.en, nl=kpi.nl),
        scale=(_whole(kpi.minimum), _whole(kpi.maximum)),
        formula=kpi.formula.text if kpi.formula else "",
        own_past=own_past,
        unit=ShortEntry.model_construct(en=kpi.unit, nl=kpi.unit_nl),
        owner=ShortEntry.model_construct(en=kpi.owner, nl=kpi.owner_nl),
        **{field: getattr(kpi, field) for field in _SAME},
    )


def _claim_entry(claim: Claim) -> ClaimEntry:
    none = (None,) * len(claim.questions)
    signs: tuple[Sign | None, ...] = claim.expected or none
    questions = [
        QuestionEntry(name=name or "", treatment=treatment, outcome=outcome, horizon=horizon, expected=sign)
        for (treatment, outcome, horizon), sign, name in zip(claim.questions, signs, claim.names or none, strict=True)
    ]
    return ClaimEntry(
        statement=TextEntry(en=claim.en, nl=claim.nl),
        reference=ShortEntry.model_construct(en=claim.reference, nl=claim.reference_nl),
        questions=questions,
        rule=claim.rule,
        not_examined=_text_entry(claim.not_examined),
        not_testable=_text_entry(claim.not_testable),
        changes=[
            ChangeEntry(name=name, change=change, outcome=outcome, since=since, expected=sign)  # type: ignore[arg-type]
            for name, change, outcome, since, sign in claim.changes
        ],
    )


def _text_entry(text: Text) -> TextEntry:
    return TextEntry(en=str(text), nl=text.render("nl"))


def _text(entry: TextEntry) -> Text:
    """A text that stands in a file: braces are signs like any other."""
    en, nl = (said.replace("{", "{{").replace("}", "}}") for said in (entry.en, entry.nl or entry.en))
    return Text(en, nl) if entry.en or entry.nl else NOTHING


def _graph(document: GraphEntry, position: Position) -> KPIGraph:
    """The graph that a file describes; its faults of meaning are raised together, each at its place."""
    return _Meaning(document, position).graph()


class _Meaning:
    """Makes a graph of a file; what is wrong is noted and left out, so that the rest can be checked too."""

    def __init__(self, document: GraphEntry, position: Position) -> None:
        self.document, self.position = document, position
        self.faults: list[Fault] = []

    def note(self, fault: Fault, *loc: Step) -> None:
        self.faults.append(replace(fault, where=self.position(*loc)))

    def known(self, kpi: str, *loc: Step) -> bool:
        if kpi not in self.document.kpis:
            remedy = did_you_mean(kpi, self.document.kpis)
            self.note(Fault("", f"the unknown KPI {kpi!r}", "a KPI of this file", remedy, "unknown-kpi"), *loc)
        return kpi in self.document.kpis

    def graph(self) -> KPIGraph:
        document = self.document
        kpis = [self.kpi(kpi, entry or KPIEntry()) for kpi, entry in document.kpis.items()]
        links, touched = self.links(), self.touched()
        claims = [self.claim(claim, entry) for claim, entry in document.claims.items()]
        while True:
            try:
                graph = KPIGraph(
                    kpis=tuple(kpi for kpi in kpis if kpi is not None),
                    links=tuple(links.values()),
                    unit_effects=tuple(kpi for loc, kpi in touched.items() if loc[0] == "unit_effects"),
                    period_effects=tuple(kpi for loc, kpi in touched.items() if loc[0] == "period_effects"),
                    claims=tuple(claims),
                    id=document.id,
                    reference=document.reference,
                    **document.name.model_dump(),
                )
            except GraphError as failure:
                places = [_place(fault, links, touched, document) for fault in failure.faults]
                for fault, place in zip(failure.faults, places, strict=True):
                    if fault.rule != "unknown-kpi":  # those are noted already, name by name
                        self.note(fault, *place)
                # Loops are looked for when nothing else is wrong: take out what is, and look again.
                if any([links.pop(place, None) or touched.pop(place, None) for place in set(places)]):
                    continue
            break
        raise_all(GraphError, "The graph cannot be used.", self.faults)
        return graph

    def kpi(self, kpi: str, entry: KPIEntry) -> KPI | None:
        formula = None
        try:
            formula = Formula.parse(entry.formula) if entry.formula else None
        except GraphError as failure:
            for fault in failure.faults:
                character = fault.where.rpartition(", ")[2]
                self.note(replace(fault, found=f"{fault.found} at {character}"), "kpis", kpi, "formula")
            entry = KPIEntry()
        arguments = formula.arguments if formula else ()
        if not all([self.known(argument, "kpis", kpi, "formula") for argument, _ in arguments]):
            formula, entry = None, KPIEntry()
        low, high = entry.scale
        try:
            return KPI(
                kpi,
                minimum=-math.inf if low is None else low,
                maximum=math.inf if high is None else high,
                formula=formula,
                unit=entry.unit.en,
                unit_nl=entry.unit.nl,
                owner=entry.owner.en,
                owner_nl=entry.owner.nl,
                **entry.name.model_dump(),
                **{field: getattr(entry, field) for field in _SAME},
            )
        except GraphError as failure:
            for fault in failure.faults:
                self.note(fault, "kpis", kpi, fault.rule)
            return None if any(fault.rule == "kpi-id" for fault in failure.faults) else KPI(kpi)

    def links(self) -> dict[tuple[Step, ...], Link]:
        links: dict[tuple[Step, ...], Link] = {
            ("links", n): Link(link.source, link.target, link.sign, link.lag, link.reference)
            for n, link in enumerate(self.document.links)
            if self.known(link.source, "links", n, "from") & self.known(link.target, "links", n, "to")
        }
        for kpi, entry in self.document.kpis.items():
            for n, lag in enumerate(entry.own_past if entry else ()):
                links["kpis", kpi, "own_past", n] = Link(kpi, kpi, "+", lag, OWN_PAST)
        return links

    def touched(self) -> dict[tuple[Step, ...], str]:
        return {
            (where, n): kpi
            for where in ("unit_effects", "period_effects")
            for n, kpi in enumerate(getattr(self.document, where))
            if self.known(kpi, where, n)
        }

    def claim(self, claim: str, entry: ClaimEntry) -> Claim:
        questions = [
            question
            for n, question in enumerate(entry.questions)
            if self.known(question.treatment, "claims", claim, "questions", n, "treatment")
            & self.known(question.outcome, "claims", claim, "questions", n, "outcome")
        ]
        changes = [
            each
            for n, each in enumerate(entry.changes)
            if self.known(each.change, "claims", claim, "changes", n, "change")
            & self.known(each.outcome, "claims", claim, "changes", n, "outcome")
        ]
        asked = tuple((question.treatment, question.outcome, question.horizon) for question in questions)
        signs: tuple[Sign, ...] = tuple(question.expected or "?" for question in questions)
        return Claim(
            claim,
            entry.statement.en,
            entry.statement.nl,
            entry.reference.en,
            asked,
            signs if any(question.expected for question in questions) else (),
            tuple(question.name for question in questions) if any(question.name for question in questions) else (),
            entry.rule if len(questions) == len(entry.questions) else "",
            _text(entry.not_examined),
            _text(entry.not_testable),
            entry.reference.nl,
            tuple((each.name, each.change, each.outcome, each.since, each.expected) for each in changes),
        )


def faulty_link(fault: Fault, links: Iterable[Link]) -> Link | None:
    """The link that a fault of a graph is about, or the first one of the loop; None if it is about no link."""
    loop = fault.where == "links without lag"
    steps = list(pairwise(_cycle(fault)))
    for link in links:
        if fault.where == f"link {link}" or (loop and link.lag == 0 and (link.source, link.target) in steps):
            return link
    return None


def _cycle(fault: Fault) -> list[str]:
    return fault.found.removeprefix("a loop ").removesuffix(" (by formula)").split(" -> ")


def _place(
    fault: Fault, links: dict[tuple[Step, ...], Link], touched: dict[tuple[Step, ...], str], document: GraphEntry
) -> tuple[Step, ...]:
    """Where in the file a fault of the graph stands."""
    found = faulty_link(fault, links.values())
    for loc, link in links.items():
        if link is found:
            return loc
    for loc, kpi in touched.items():
        if fault.where == str(loc[0]).replace("_", " ") and fault.found == f"the identity {kpi!r}":
            return loc
    word, _, claim = fault.where.partition(" ")
    if word == "claim" and claim in document.claims:
        return ("claims", claim, "rule") if document.claims[claim].rule else ("claims", claim)
    formulas = [kpi for kpi in _cycle(fault) if (entry := document.kpis.get(kpi)) and entry.formula]
    return ("kpis", formulas[0], "formula") if formulas else ("kpis",)
