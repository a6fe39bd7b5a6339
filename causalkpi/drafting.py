"""The text of a drafted study file: what is sure enough as YAML, what is only likely as comments that ask.

Headers and names come from strangers: whatever they hold, it is quoted, and a comment stays on its line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap

import pandas as pd

from .errors import Fault
from .graph import KPIGraph
from .headers import CONFIDENT, Suggestion, keys, suggest
from .language import Language, Text, render
from .notation import Notation, guess_notation

ROWS = 200
_INNER = "    "
_WIDTH, _LONG = 112, 900  # YAML wants a key within 1024 signs on one line, or a question mark before it
_WORDS = re.compile(r"[^\W\d_]\w*(?:[ /.()-]{1,2}\w+\)?)*")
_NOT_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_INTRO = Text(
    "A draft. What is marked as guessed rests on the names and the first {rows} rows only: check every line. Lines "
    "with a question are not in force; take the # away from those that are right.",
    "Een concept. Wat als geraden gemerkt is, berust alleen op de namen en de eerste {rows} rijen: controleer elke "
    "regel. Regels met een vraag gelden niet; haal het # weg bij wat klopt.",
    rows=ROWS,
)
_NAMELESS = Text(
    "A column has no name. Give it one in the data.", "Er is een kolom zonder naam. Geef die in de gegevens een naam."
)
_REPEATED = (
    "Several columns have one name: {all}. Give each its own in the data.",
    "Meer kolommen hebben dezelfde naam: {all}. Geef ze in de gegevens elk een eigen naam.",
)
_FROM_NAMES = Text("from the names of file and graph", "naar de namen van bestand en graaf")
_BEST_SHEET = Text("the sheet with the most known names", "het blad met de meeste bekende namen")
_PARTS = Text("this sign parts the names in the first line", "dit teken scheidt de namen in de eerste regel")
_SHOWN = Text("as some cells show", "zoals sommige cellen laten zien")
_MIXED = Text(
    "some cells have a decimal comma, others a decimal point",
    "sommige cellen hebben een decimale komma, andere een decimale punt",
)
_CAUTIOUS = Text(
    "no cell shows it; like this the numbers asked about below are refused, and not misread",
    "geen cel laat het zien; zo worden de getallen in de vraag hieronder geweigerd, en niet verkeerd gelezen",
)
_THOUSANDS = (
    "does {number} mean more than a thousand (columns: {all})?",
    "is {number} meer dan duizend (kolommen: {all})?",
)
_TWO_READINGS = (
    "{why}; but numbers such as {number} can be read in two ways",
    "{why}; maar getallen als {number} zijn op twee manieren te lezen",
)
_HELD_TWICE = ("{why}; but {file} holds this KPI too", "{why}; maar {file} bevat deze KPI ook")
_READ_ANYWAY = (
    "{why}; its name is the KPI's id, so it is read all the same: answer this before the study is run",
    "{why}; de naam is de id van de KPI, dus de kolom wordt toch gelezen: beantwoord dit voordat de studie draait",
)
_A_LINK = Text(
    "the graph has no claims; this is one of its links", "de graaf bevat geen stellingen; dit is een van haar verbanden"
)


@dataclass(frozen=True, eq=False)
class Opened:
    """A data file of which the first rows were read.

    Parameters
    ----------
    path : str
        As the study file is to name it.
    cells : DataFrame
        The first rows, under the headers; shape (rows, columns).
    separator, sheet : str
        As found out, of a text file and of a workbook with several sheets; empty for others.
    notes : tuple of Fault
        How it was read.
    """

    path: str
    cells: pd.DataFrame
    separator: str = ""
    sheet: str = ""
    notes: tuple[Fault, ...] = ()


def study_text(graph: KPIGraph, graph_name: str, tables: Sequence[Opened], language: Language) -> str:
    """Write the text of a study file for tables and a graph.

    Parameters
    ----------
    graph : KPIGraph
    graph_name : str
        As the study file is to name it.
    tables : sequence of Opened
        At least one.
    language : {"en", "nl"}
        Of the study and of the comments.

    Returns
    -------
    str
        YAML.
    """
    draft = _Draft(graph, language)
    stem = tables[0].path.rpartition("/")[2].rpartition(".")[0]
    name = {"en": graph.en, "nl": graph.nl}[language] or graph.id or graph_name
    lines = [
        *draft.comment(_INTRO),
        "format: 1",
        draft.guessed(f"title: {quote(f'{stem}: {name}')}", _FROM_NAMES, ""),
        f"language: {language}",
        f"graph: {quote(graph_name)}",
        "data:",
        *(line for table in tables for line in draft.source(table)),
        *draft.without_column(),
        *draft.asked(),
    ]
    return "\n".join(lines) + "\n"


def quote(text: str) -> str:
    r"""Write a text as a YAML scalar on one line: plain where it is only words, otherwise quoted.

    Examples
    --------
    >>> print(quote("Omzet per klant"), quote("a: 'b' #1"), quote("no"), quote("2\n4"))
    Omzet per klant "a: 'b' #1" "no" "2\n4"
    """
    if _WORDS.fullmatch(text) and text.lower() not in _NOT_TEXT and text.isprintable() and len(text) < _LONG:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(sign: str) -> str:
    if sign.isprintable() or ord(sign) < 32:
        return json.dumps(sign, ensure_ascii=False)[1:-1]
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


class _Draft:
    """Writes the parts of a study file, and remembers which KPIs have a column."""

    def __init__(self, graph: KPIGraph, language: Language) -> None:
        self.graph: KPIGraph = graph
        self.language: Language = language
        self.mapped: dict[str, str] = {}  # KPI -> the file that holds it
        self.likely: set[str] = set()

    # Lines ------------------------------------------------------------------------------------------------------

    def say(self, text: str) -> str:
        """A text in the language, on one line whatever it holds."""
        said = render(text, self.language, self.name)
        return "".join(sign if sign.isprintable() else " " for sign in said).strip()

    def name(self, kpi: str) -> str:
        """A KPI's name in the language."""
        return self.graph[kpi].name(self.language) if kpi in self.graph else kpi

    def guessed(self, line: str, why: str, indent: str = _INNER) -> str:
        """A line in force, with what it rests on."""
        return f"{indent}{line}  # {self.say(Text('guessed: {why}', 'geraden: {why}', why=why))}"

    def question(self, line: str, why: str, indent: str = _INNER) -> str:
        """A line that is not in force, with what makes it doubtful."""
        return f"{indent}# {line}  # {self.say(Text('question: {why}', 'vraag: {why}', why=why))}"

    def comment(self, text: str, indent: str = "") -> list[str]:
        """A text on lines of its own."""
        lines = wrap(self.say(text), _WIDTH, break_long_words=False, break_on_hyphens=False)
        return [f"{indent}# {line}" for line in lines]

    # A source ---------------------------------------------------------------------------------------------------

    def source(self, table: Opened) -> Iterator[str]:
        """The lines of one source."""
        headers = [str(column) for column in table.cells.columns]
        yield f"  - path: {quote(table.path)}"
        for note in (*(fault.text for fault in table.notes), *_warnings(headers)):
            yield from self.comment(note, _INNER)
        found = keys(headers, table.cells)
        for key, header, why in zip(("unit", "period"), (found.unit, found.period), found.why, strict=True):
            yield self.guessed(f"{key}: {quote(header)}", why) if header else self.question(f"{key}:", why)
        if table.sheet:
            yield self.guessed(f"sheet: {quote(table.sheet)}", _BEST_SHEET)
        if table.separator:
            yield self.guessed(f"separator: {quote(table.separator)}", _PARTS)
        rest = [header not in ("", found.unit, found.period) for header in headers]
        notation = guess_notation(table.cells.loc[:, rest])
        yield from self.notation(notation)
        yield from self.columns(table.path, [h for h, kept in zip(headers, rest, strict=True) if kept], notation)

    def notation(self, found: Notation) -> Iterator[str]:
        """How numbers are written, as far as cells show it; where that is open, numbers are refused, not misread."""
        if found.mixed:
            yield self.question('decimal: ","', _MIXED)
        elif found.decimal or found.open:
            sign, why = (found.decimal, _SHOWN) if found.decimal else (found.cautious, _CAUTIOUS)
            yield self.guessed(f'decimal: "{sign}"', why)
        if found.thousands:
            yield self.guessed(f'thousands: "{found.thousands}"', _SHOWN)
        for sign in ".,":
            columns = [column for column, number in found.open.items() if sign in number]
            if columns:
                why = Text(*_THOUSANDS, all=[_short(column) for column in columns], number=found.open[columns[0]])
                yield self.question(f'thousands: "{sign}"', why)

    def columns(self, path: str, headers: Sequence[str], notation: Notation) -> Iterator[str]:
        """The mapping onto KPIs, in force or as questions, and what is not used."""
        found = [self.doubted(one, notation) for one in suggest(headers, self.graph)]
        if found:
            yield f"{_INNER}columns:" if any(one.confident for one in found) else f"{_INNER}# columns:"
        for one in found:
            *before, last = _entry(one)
            if one.confident:
                self.mapped[one.kpi] = path
                yield from (f"{_INNER}  {line}" for line in before)
                yield self.guessed(last, one.why, _INNER + "  ")
            else:
                self.likely.add(one.kpi)
                yield from (f"{_INNER}  # {line}" for line in before)
                yield self.question(last, one.why, _INNER + "  ")
        unused = [_short(header) for header in dict.fromkeys(headers) if header not in {one.header for one in found}]
        if unused:
            yield from self.comment(Text("Not used: {all}", "Niet gebruikt: {all}", all=unused), _INNER)

    def doubted(self, one: Suggestion, notation: Notation) -> Suggestion:
        """The suggestion, a question where its numbers are open or another file holds the KPI."""
        if one.header in notation.open:
            why = Text(*_TWO_READINGS, why=one.why, number=notation.open[one.header])
        elif one.kpi in self.mapped:
            why = Text(*_HELD_TWICE, why=one.why, file=repr(self.mapped[one.kpi]))
        else:
            return one
        why = Text(*_READ_ANYWAY, why=why) if one.header == one.kpi else why
        return replace(one, why=why, score=min(one.score, CONFIDENT - 0.05))

    # What comes of it -------------------------------------------------------------------------------------------

    def without_column(self) -> Iterator[str]:
        """The KPIs that data could hold and none of these files seems to."""
        lacking = [k for k in self.graph.kpis if k.observed and k.id not in self.mapped and k.id not in self.likely]
        if lacking:
            yield from self.comment(Text("KPIs without a column:", "KPI's zonder kolom:"))
        for kpi in lacking:
            unit = kpi.unit_in(self.language)
            yield f"#   {self.say(f'{kpi.id}: {self.name(kpi.id)}' + f' ({unit})' * bool(unit))}"

    def asked(self) -> Iterator[str]:
        """What the study asks: the graph's claims, or else the effect of one link, of KPIs at hand if there is one."""
        if any(claim.questions or claim.changes for claim in self.graph.claims):
            yield "claims: true"
            return
        links = [link for link in self.graph.links if link.source != link.target]
        held = [link for link in links if {link.source, link.target} <= set(self.mapped)]
        for link in [*held, *links][:1]:
            ends = f"treatment: {quote(link.source)}, outcome: {quote(link.target)}, horizon: {link.lag}"
            yield from ("claims: false", "questions:", self.guessed(f"- {{{ends}}}", _A_LINK, "  "))


def _warnings(headers: Sequence[str]) -> Iterator[Text]:
    """What is wrong with the headers themselves."""
    again = [_short(header) for header, times in Counter(headers).items() if times > 1 and header]
    if again:
        yield Text(*_REPEATED, all=again)
    if "" in headers:
        yield _NAMELESS


def _entry(one: Suggestion) -> list[str]:
    """A column and its KPI, as lines of YAML."""
    header, kpi = quote(one.header), quote(one.kpi)
    return [f"{header}: {kpi}"] if len(header) < _LONG else [f"? {header}", f": {kpi}"]


def _short(header: str) -> str:
    """A header as a comment names it."""
    return repr(header if len(header) <= 60 else header[:57] + "...")
