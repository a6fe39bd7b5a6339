r"""The graph in the languages of other tools: GraphML, DOT and DAGitty; and textbook graphs from DAGitty.

Ids and names go out escaped by each language's own rules. The few characters that a language cannot hold at all are
replaced, and ids that this would make alike are kept apart by a prime.

DAGitty (Textor et al. 2016, *International Journal of Epidemiology* 45) writes a graph as ``dag { a -> b; a <-> c }``
with marks such as ``[latent]`` after a name. It knows no time and no loops, so a graph with feedback goes there
unrolled, as ``churn_t-1 -> churn_t``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import NamedTuple, NoReturn

import networkx as nx

from .errors import Fault, GraphError, did_you_mean, raise_all
from .graph import PERIOD_NODE, UNIT_NODE, KPIGraph
from .graphfile import faulty_link
from .kpi import KPI, PERIOD, UNIT, Kind, Link

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_DOT = re.compile("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
_NOT_IN_DAGITTY = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]|\\\Z|(?<=\Agraph)\Z|(?<=\Anode)\Z")


def to_graphml(graph: KPIGraph) -> str:
    """The summary graph as GraphML.

    Nodes carry names, unit, lane, kind, level, what is hidden and what shared effects touch; edges their sign,
    references and, as text, their lags.

    Examples
    --------
    >>> graph = KPIGraph((KPI("loyalty"), KPI("churn")), (Link("loyalty", "churn", "-", 1),))
    >>> nx.parse_graphml(to_graphml(graph)).edges["loyalty", "churn"]["lags"]
    '1'
    """
    ids = _writable(graph.ids, _NOT_IN_XML)
    flat = nx.DiGraph(name=_NOT_IN_XML.sub("\ufffd", graph.id))
    for kpi in graph.kpis:
        texts = {name: getattr(kpi, name) for name in ("en", "nl", "unit", "lane", "kind", "level", "owner", "better")}
        marks = {
            "observed": kpi.observed,
            "selected": kpi.selected,
            "unit_effect": kpi.id in graph.unit_effects,
            "period_effect": kpi.id in graph.period_effects,
        }
        formula = {"formula": kpi.formula.text} if kpi.formula else {}
        flat.add_node(ids[kpi.id], **{k: _NOT_IN_XML.sub("\ufffd", v) for k, v in (texts | formula).items()}, **marks)
    references: dict[tuple[str, str], list[str]] = {}
    for link in graph.links:
        references.setdefault((link.source, link.target), []).append(link.reference)
    for source, target, data in graph.summary().edges(data=True):
        said = "; ".join(dict.fromkeys(filter(None, references.get((source, target), ["formula"]))))
        lags = " ".join(map(str, sorted(data["lags"])))
        reference = _NOT_IN_XML.sub("\ufffd", said)
        flat.add_edge(ids[source], ids[target], lags=lags, sign=data["sign"], reference=reference)
    return "\n".join(nx.generate_graphml(flat)) + "\n"


def to_dot(graph: KPIGraph, language: str = "en") -> str:
    """The summary graph in DOT, the language of Graphviz.

    Hidden KPIs are dashed and identities boxed; an edge is labelled with its sign (= by formula) and lags. What lasts
    in a unit and what all units share are the nodes ``<unit>`` and ``<period>``.

    Examples
    --------
    >>> print(to_dot(KPIGraph((KPI("loyalty"), KPI("churn")), (Link("loyalty", "churn", "-", 1),))), end="")
    digraph {
      rankdir=LR;
      "loyalty" [label="loyalty"];
      "churn" [label="churn"];
      "loyalty" -> "churn" [label="-, lag 1"];
    }
    """
    ids = {kpi: _in_dot(text) for kpi, text in _writable([*graph.ids, UNIT, PERIOD], _NOT_IN_DOT).items()}
    lines = ["digraph {", "  rankdir=LR;"]
    for kpi in graph.kpis:
        shown = _NOT_IN_DOT.sub("\ufffd", kpi.name(language)).replace("&", "&amp;")
        marks = ["", ", shape=box"][kpi.formula is not None] + ["", ", style=dashed"][not kpi.observed]
        lines.append(f"  {ids[kpi.id]} [label={_in_dot(shown)}{marks}];")
    for source, target, data in graph.summary().edges(data=True):
        sign = "=" if graph[target].formula else data["sign"]
        label = ", ".join([sign, *(f"lag {lag}" for lag in sorted(data["lags"]) if data["lags"] != (0,))])
        lines.append(f"  {ids[source]} -> {ids[target]} [label={_in_dot(label)}];")
    for node, touched in ((UNIT, graph.unit_effects), (PERIOD, graph.period_effects)):
        lines += [f"  {ids[node]} [style=dashed];"] * bool(touched)
        lines += [f"  {ids[node]} -> {ids[kpi]} [style=dashed];" for kpi in touched]
    return "\n".join([*lines, "}"]) + "\n"


def _in_dot(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def to_dagitty(graph: KPIGraph) -> str:
    """The graph as DAGitty text: the summary graph where it has no loops, else unrolled over its longest lag.

    Unrolled, ``<unit>`` and ``<period>`` are ordinary nodes, since a panel observes them by its keys. In the summary
    graph, which sees each unit once, ``<unit>`` is latent.

    Examples
    --------
    >>> links = Link("loyalty", "churn", "-", 1), Link("loyalty", "loyalty", "+", 1)
    >>> print(to_dagitty(KPIGraph((KPI("loyalty", observed=False), KPI("churn")), links)), end="")
    dag {
      "loyalty_t-1" [latent]
      "churn_t-1"
      "loyalty_t" [latent]
      "churn_t"
      "loyalty_t-1" -> "loyalty_t"
      "loyalty_t-1" -> "churn_t"
    }
    """
    dag = graph.summary()
    unrolled = not nx.is_directed_acyclic_graph(dag)
    if unrolled:
        dag = graph.unroll(range(-graph.longest_lag, 1))
        nodes = {node: (node.kpi, f"{node.kpi}_t{node.period or ''}") for node in dag}
        nodes |= {UNIT_NODE: (UNIT, UNIT), PERIOD_NODE: (PERIOD, PERIOD)}
    else:
        for node, touched in ((UNIT, graph.unit_effects), (PERIOD, graph.period_effects)):
            dag.add_edges_from((node, kpi) for kpi in touched)
        nodes = {node: (node, node) for node in dag}
    written = _writable((name for _, name in nodes.values()), _NOT_IN_DAGITTY)
    quoted = {node: '"' + written[name].replace('"', '\\"') + '"' for node, (_, name) in nodes.items()}
    lines = []
    for node in dag:
        kpi = nodes[node][0]
        marks = ["latent"] * (node == UNIT)
        if kpi in graph:
            marks = ["latent"] * (not graph[kpi].observed) + ["selected"] * graph[kpi].selected
        lines.append(f"  {quoted[node]}" + (f" [{', '.join(marks)}]" if marks else ""))
    lines += [f"  {quoted[source]} -> {quoted[target]}" for source, target in dag.edges]
    return "\n".join(["dag {", *lines, "}"]) + "\n"


def _writable(names: Iterable[str], forbidden: re.Pattern[str]) -> dict[str, str]:
    """Each name with what a language cannot hold replaced; names that differ stay different."""
    written: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        text = forbidden.sub("\ufffd", name)
        while text in taken:
            text += "'"
        taken.add(text)
        written[name] = text
    return written


_TOKEN = re.compile(
    r"""(?P<space>[\s;]+|//[^\n]*|/\*.*?\*/)|"(?P<quoted>(?:\\"|[^"])*+)"|(?P<word>-?[\w.]+)"""
    r"""|(?P<arrow><->|@->|<-@|->|<-|--@|--|@-@|@--)|(?P<sign>[][{}=,])|(?P<odd>.)""",
    re.DOTALL,
)
_MARKS = {
    **dict.fromkeys(("latent", "l", "unobserved", "u"), "latent"),
    **dict.fromkeys(("exposure", "e", "source"), "exposure"),
    **dict.fromkeys(("outcome", "o", "target"), "outcome"),
    **dict.fromkeys(("adjusted", "a"), "adjusted"),
    **dict.fromkeys(("selected", "s"), "selected"),
}
_DEEPEST, _MOST_PAIRS = 40, 10_000


def from_dagitty(text: str) -> KPIGraph:
    r"""Read a textbook graph in DAGitty's language; every link has lag 0.

    ``[latent]`` makes a KPI hidden, ``[exposure]`` a driver, ``[selected]`` selected; ``[outcome]``, ``[adjusted]`` and
    layout are read over. ``a <-> b`` becomes the hidden common cause ``hidden(a,b)``; links from ``<unit>`` and
    ``<period>`` become shared effects.

    Raises
    ------
    GraphError
        With line and column: what is no DAGitty text, unknown marks, undirected edges, and loops.

    Examples
    --------
    >>> graph = from_dagitty("dag { {x z} -> y; z -> x [beta=0.5]; x [exposure]; x <-> y }")
    >>> print(*graph.links, sep="\n")
    x -> y (?, lag 0)
    z -> y (?, lag 0)
    z -> x (?, lag 0)
    hidden(x,y) -> x (?, lag 0)
    hidden(x,y) -> y (?, lag 0)
    """
    found = _Dagitty(text)
    edges, faults = dict(found.edges), found.faults
    for (a, b), where in found.arcs.items():
        cause = f"hidden({a},{b})"
        while cause in found.marks:
            cause += "'"
        found.marks[cause] = {"latent"}
        edges |= {(cause, a): where, (cause, b): where}
    shared = {node: tuple(b for a, b in edges if a == node) for node in (UNIT, PERIOD)}
    links = [Link(a, b, "?", 0, "DAGitty") for a, b in edges if a not in shared]
    kpis = [_kpi(name, marks) for name, marks in found.marks.items() if name not in shared]
    try:
        graph = KPIGraph(tuple(kpis), tuple(links), shared[UNIT], shared[PERIOD])
    except GraphError as failure:
        for fault in failure.faults:
            link = faulty_link(fault, links)
            faults.append(replace(fault, where=edges[link.source, link.target] if link else "<text>:1:1"))
    raise_all(GraphError, "The DAGitty text cannot be used.", faults)
    return graph


def _kpi(name: str, marks: set[str]) -> KPI:
    kind: Kind = "driver" if "exposure" in marks else "hard"
    return KPI(name, kind=kind, observed="latent" not in marks, selected="selected" in marks)


class _Token(NamedTuple):
    kind: str
    text: str
    where: str


def _tokens(text: str) -> Iterator[_Token]:
    line, start = 1, 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "space":
            found = match[kind]
            if kind == "quoted":  # a backslash escapes a quote or a line break, and else is itself
                found = re.sub(r'\\(?:"|[\r\n]+)', lambda escape: '"' * ('"' in escape[0]), found)
            yield _Token(kind, found, f"<text>:{line}:{match.start() - start + 1}")
        if breaks := match[0].count("\n"):
            line, start = line + breaks, match.start() + match[0].rindex("\n") + 1
    yield _Token("end", "the end", f"<text>:{line}:{len(text) - start + 1}")


class _Dagitty:
    """Reads statements into names with their marks, and edges and arcs with their places."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at = list(_tokens(text)), 0
        self.marks: dict[str, set[str]] = {}
        self.edges: dict[tuple[str, str], str] = {}
        self.arcs: dict[tuple[str, str], str] = {}
        self.faults: list[Fault] = []
        head = re.match(r'(?i)\s*(?:strict\s+)?(digraph|graph|dag|pdag|mag|pag)\s*(?:\w+|"[^"]*")?\s*\{', text)
        if head and head[1].lower() in ("pdag", "mag", "pag"):
            self.fault(self.tokens[0].where, f"a {head[1].lower()}", "a dag")
        while head and not self.sign("{"):
            self.at += 1
        self.statements("}" if head else "", 0)
        if self.tokens[self.at].kind != "end":
            self.fail("the end")

    def fault(self, where: str, found: str, expected: str, remedy: str = "") -> None:
        self.faults.append(Fault(where, found, expected, remedy, "dagitty"))

    def fail(self, expected: str) -> NoReturn:
        token = self.tokens[self.at]
        self.fault(token.where, token.text if token.kind == "end" else repr(token.text), expected)
        raise GraphError("The DAGitty text cannot be used.", self.faults)

    def sign(self, text: str) -> bool:
        """Whether this sign comes next; if so, it is taken."""
        found = self.tokens[self.at][:2] == ("sign", text)
        self.at += found
        return found

    def word(self, expected: str) -> _Token:
        token = self.tokens[self.at]
        if token.kind not in ("word", "quoted") or not token.text:
            self.fail(expected)
        self.at += 1
        return token

    def statements(self, last: str, depth: int) -> dict[str, None]:
        """Read up to the bracket or the end; return the names met, in order."""
        met: dict[str, None] = {}
        while not (self.sign(last) if last else self.tokens[self.at].kind == "end"):
            met |= self.statement(depth)
        return met

    def statement(self, depth: int) -> dict[str, None]:
        left = self.names(depth)
        met, chained = dict(left), False
        while (arrow := self.tokens[self.at]).kind == "arrow":
            self.at, chained = self.at + 1, True
            right = self.names(depth)
            self.connect(left, arrow, right)
            met, left = met | right, right
        for mark in self.attributes():
            if not chained and mark.text not in _MARKS:
                remedy = did_you_mean(mark.text, [word for word in _MARKS if len(word) > 1])
                self.fault(mark.where, f"the unknown mark {mark.text!r}", "a mark of DAGitty", remedy)
            for name in () if chained else left:
                self.marks[name].add(_MARKS.get(mark.text, ""))
        return met

    def names(self, depth: int) -> dict[str, None]:
        """Read a name, or a group of statements between braces."""
        if self.tokens[self.at][:2] == ("word", "subgraph"):
            self.at += 1
            if self.tokens[self.at].kind in ("word", "quoted"):
                self.at += 1
        if self.sign("{"):
            return self.statements("}", depth + 1) if depth < _DEEPEST else self.fail("fewer braces within braces")
        token = self.word("a name, or names between braces")
        if token.kind == "word" and self.sign("="):  # a setting of the whole picture
            self.word("a value")
            return {}
        if token.kind == "word" and token.text.startswith("-"):
            self.fault(token.where, repr(token.text), "a name", "Put a name with a minus sign between quotes.")
        self.marks.setdefault(token.text, set())
        return {token.text: None}

    def attributes(self) -> list[_Token]:
        """Read what stands between square brackets; return the words without a value."""
        bare: list[_Token] = []
        if self.sign("["):
            while not self.sign("]"):
                key = self.word("a mark such as latent, or ']'")
                if self.sign("="):
                    self.word("a value")
                else:
                    bare.append(key)
                self.sign(",")
        return bare

    def connect(self, left: dict[str, None], arrow: _Token, right: dict[str, None]) -> None:
        if arrow.text not in ("->", "<-", "<->"):
            return self.fault(arrow.where, f"the edge {arrow.text!r}", "'->', '<-' or '<->'")
        if (pairs := len(left) * len(right)) > _MOST_PAIRS:
            return self.fault(arrow.where, f"an edge between {pairs} pairs", f"at most {_MOST_PAIRS}")
        for a, b in product(left, right):
            if a == b:
                self.fault(arrow.where, f"{a!r} linked to itself", "two different names")
            elif arrow.text == "<->":
                self.arcs.setdefault((b, a) if (b, a) in self.arcs else (a, b), arrow.where)
            else:
                self.edges.setdefault((a, b) if arrow.text == "->" else (b, a), arrow.where)
        return None


__all__ = ["from_dagitty", "to_dagitty", "to_dot", "to_graphml"]
