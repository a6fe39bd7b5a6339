"""Graphs from and to files: round trips, faults at their place, and names that mean harm."""

import re
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from causalkpi.errors import Fault, GraphError
from causalkpi.export import from_dagitty, to_dagitty, to_dot, to_graphml
from causalkpi.graph import KPIGraph
from causalkpi.graphfile import OWN_PAST, list_graphs, load_graph, read_graph, to_yaml, write_graph
from causalkpi.kpi import KPI, RESERVED, Claim, Formula, Link

HOSTILE = (
    'a"b',
    "a'b",
    "a\\",
    "a\\\\",
    'a\\"b',
    "<b>&amp;</b>",
    "</data><script>alert(1)</script>",
    "]]>",
    "😀 ambassadeur é",
    "two\nlines",
    "a\\n",
    "tab\there",
    "graph",
    "node",
    "a -> b",
    'a" -> "b',
    "{x}",
    "[latent]",
    "# no comment",
    "key: value",
    "- item",
    "!!python/object",
    "&anchor",
    "*alias",
    "NO",
    "null",
    "1e3",
    "2024",
    "~",
    "-",
    "?",
    " lead and trail ",
    "//",
    "/* */",
    "x\u2028y",
    "\x85next",
    "n\x00l",
    "n\x01l",
    "=1+1",
    "x" * 300,
)


def faults_of(text: str) -> tuple[Fault, ...]:
    with pytest.raises(GraphError) as failure:
        read_graph(text)
    return failure.value.faults


def places(text: str) -> list[tuple[str, str]]:
    return [(fault.where.removeprefix("<text>:"), fault.rule) for fault in faults_of(text)]


def chain(names: tuple[str, ...]) -> KPIGraph:
    """A graph in which every name is an id, a name, a unit and a reference."""
    kpis = tuple(KPI(name, en=name, nl=name, unit=name, lane=name, owner=name) for name in names)
    links = tuple(Link(a, b, "+", n % 3, a) for n, (a, b) in enumerate(pairwise(names)))
    claims = (Claim(names[0], names[0], names[0], names[0], ((names[0], names[0], 2),), ("+",)),)
    return KPIGraph(kpis, links, names[:1], names[1:], claims, *[names[0]] * 4)


# Round trips

unhurried = settings(deadline=None)  # a shared machine may be slow; what is tested is not speed

ids = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() and text not in RESERVED)
bounds = st.floats(allow_nan=False)


@st.composite
def kpis(draw: st.DrawFn, name: str) -> KPI:
    low, high = sorted((draw(bounds), draw(bounds)))
    return KPI(
        name,
        *(draw(st.text(max_size=8)) for _ in range(3)),
        better=draw(st.sampled_from(["higher", "lower", "neither"])),
        lane=draw(st.text(max_size=8)),
        kind=draw(st.sampled_from(["driver", "behaviour", "soft", "hard", "context"])),
        measures=draw(st.sampled_from(["", "attitude", "intention", "behaviour"])),
        level=draw(st.sampled_from(["customer", "unit", "organisation"])),
        owner=draw(st.text(max_size=8)),
        observed=draw(st.booleans()),
        selected=draw(st.booleans()),
        minimum=low if low < high else float("-inf"),
        maximum=high if low < high else float("inf"),
    )


@st.composite
def graphs(draw: st.DrawFn) -> KPIGraph:
    """Any graph: links without lag follow the order of the KPIs, so that there is no loop."""
    names = draw(st.lists(ids, min_size=1, max_size=5, unique=True))
    kpi = st.sampled_from(names)
    pairs = draw(st.lists(st.tuples(kpi, kpi, st.integers(0, 4)), max_size=8, unique=True))
    links = [
        Link(a, b, draw(st.sampled_from("+-?")), lag, draw(st.sampled_from(["", OWN_PAST, "\nours"])))
        for a, b, lag in pairs
        if lag or names.index(a) < names.index(b)
    ]
    questions = draw(st.lists(st.tuples(kpi, kpi, st.integers(0, 8)), max_size=3))
    signs = draw(st.lists(st.sampled_from("+-?"), min_size=len(questions), max_size=len(questions)))
    total = KPI("a total", formula=Formula.parse("2*x1[-1] - y1*(1 + x1)"))
    arguments = [KPI("x1"), KPI("y1")] if draw(st.booleans()) and not {"x1", "y1", "a total"} & set(names) else []
    return KPIGraph(
        (*(draw(kpis(name)) for name in names), *arguments, *([total] if arguments else [])),
        tuple(links),
        tuple(draw(st.lists(kpi, unique=True))),
        tuple(draw(st.lists(kpi, unique=True))),
        (Claim(draw(ids), draw(st.text()), "", "ours", tuple(questions), tuple(signs) if draw(st.booleans()) else ()),),
        *(draw(st.text(max_size=8)) for _ in range(4)),
    )


@unhurried
@given(graphs())
@example(chain(HOSTILE))
@example(chain(("?0", "-0", "a, b", "a}", "null", "a #b", "a: b", "a:", "%a", "|", ">", "...", "---")))
def test_what_is_written_is_read_again(graph: KPIGraph) -> None:
    assert read_graph(to_yaml(graph)) == graph


@pytest.mark.parametrize("name", list_graphs())
def test_ready_made_models_survive_a_round_trip(name, tmp_path):
    graph = load_graph(name)
    path = tmp_path / "copy.yaml"
    write_graph(graph, path)
    assert load_graph(path) == load_graph(str(path)) == read_graph(path) == graph
    assert path.read_bytes() == to_yaml(graph).encode()


def test_the_file_is_short_and_in_the_words_of_its_reader():
    graph = KPIGraph(
        (KPI("loyalty", nl="loyaliteit", kind="soft", minimum=0, maximum=100), KPI("churn", maximum=0.5)),
        (Link("loyalty", "churn", "-", 1, "ours"), Link("loyalty", "loyalty", "+", 1, OWN_PAST)),
        unit_effects=("churn",),
        claims=(Claim("C1", "It binds.", questions=(("loyalty", "churn", 1),), expected=("-",)),),
    )
    assert to_yaml(graph) == (
        "format: 1\n"
        "kpis:\n"
        "  loyalty:\n"
        "    name: {nl: loyaliteit}\n"
        "    kind: soft\n"
        "    scale: [0, 100]\n"
        "    own_past: [1]\n"
        "  churn:\n"
        "    scale: [null, 0.5]\n"
        "links:\n"
        '  - {from: loyalty, to: churn, sign: "-", lag: 1, reference: ours}\n'
        "unit_effects: [churn]\n"
        "claims:\n"
        "  C1:\n"
        "    statement: {en: It binds.}\n"
        "    questions:\n"
        '      - {treatment: loyalty, outcome: churn, horizon: 1, expected: "-"}\n'
    )


def test_own_pasts_among_other_links_keep_their_order():
    links = (Link("a", "a", "+", 1, OWN_PAST), Link("a", "b"), Link("b", "b", "-", 1))
    text = to_yaml(KPIGraph((KPI("a"), KPI("b")), links))
    assert "own_past" not in text
    assert read_graph(text).links == links


# Faults


def test_meaning_and_structure_are_faulted_together_each_at_its_place():
    text = """format: 1
kpis:
  loyalty: {kind: sofft}
  churn: {name: {fr: attrition}, own_past: [0]}
  spend: {scale: [100, 0]}
  customers:
    formula: customers[-1] * (1 - chrun)
  revenue: {formula: customers * spend}
  result: {formula: revenue - * cost}
links:
  - {from: loyalti, to: churn}
  - {from: loyalty, to: churn}
  - {from: churn, to: loyalty}
  - {from: churn, to: spend, sing: "-"}
  - {from: spend, to: revenue, lag: 1}
  - {from: spend, to: spend}
unit_effects: [loyalty, revenue, sepnd]
period_effects: [churn, revenue]
claims:
  C1:
    questions:
      - {treatment: loyalty, outcome: chrn}
  C2:
    questions:
      - {treatment: loyalty, outcome: churn, expected: plus}
"""
    assert places(text) == [
        ("3:19", "literal_error"),
        ("4:18", "extra_forbidden"),
        ("4:45", "greater_than_equal"),
        ("5:11", "scale"),
        ("7:14", "unknown-kpi"),
        ("9:21", "formula"),
        ("11:12", "unknown-kpi"),
        ("12:5", "loop"),
        ("14:30", "extra_forbidden"),
        ("15:5", "link-into-identity"),
        ("16:5", "loop"),
        ("17:25", "effect-on-identity"),
        ("17:34", "unknown-kpi"),
        ("18:25", "effect-on-identity"),
        ("22:39", "unknown-kpi"),
        ("25:56", "literal_error"),
    ]


@pytest.mark.parametrize("lag", ["lga: 1", "lag: one", "lag: [1]", "lag: -1"])
def test_a_link_whose_lag_cannot_be_read_closes_no_loop(lag):
    text = f"format: 1\nkpis: {{a: , b: }}\nlinks: [{{from: a, to: b}}, {{from: b, to: a, {lag}}}]\n"
    assert [rule for _, rule in places(text)] != []
    assert "loop" not in [rule for _, rule in places(text)]


def test_an_identity_whose_formula_cannot_be_read_is_not_said_to_have_none():
    assert places("format: 1\nkpis: {a: {kind: identity, formla: b}, b: }\n") == [("2:28", "extra_forbidden")]


def test_a_misspelt_kpi_is_told_what_it_may_have_been():
    (fault,) = faults_of(
        "format: 1\nkpis: {customer_loyalty: , churn: }\nlinks: [{from: custmer_loyalty, to: churn}]\n"
    )
    assert str(fault) == (
        "<text>:3:16: found the unknown KPI 'custmer_loyalty', expected a KPI of this file. "
        "Did you mean 'customer_loyalty'?"
    )


def test_a_loop_without_lag_is_faulted_at_its_first_link_with_the_lag_that_would_open_it():
    text = "format: 1\nkpis: {a: , b: , c: }\nlinks:\n"
    text += "  - {from: c, to: a, lag: 1}\n  - {from: b, to: c}\n  - {from: c, to: b}\n"
    (fault,) = faults_of(text)
    assert (fault.where, fault.found) == ("<text>:5:5", "a loop b -> c -> b")
    assert fault.remedy.startswith("Give c -> b lag 1")


def test_a_loop_of_formulas_is_faulted_at_a_formula():
    assert places("format: 1\nkpis:\n  a:\n    formula: b\n  b: {formula: a}\n") == [("4:14", "loop")]


def test_a_formula_says_at_which_character():
    (fault,) = faults_of("format: 1\nkpis:\n  a: {formula: b / c}\n  b:\n  c:\n")
    assert (fault.where, fault.found) == ("<text>:3:16", "'/' at character 3")
    assert "declare revenue = customers * spend" in fault.remedy


def test_an_identity_wants_a_formula_and_an_id_wants_a_name():
    text = 'format: 1\nkpis:\n  a: {kind: identity}\n  <unit>: {}\n  " ": {}\n  b:\n'
    assert places(text) == [("3:3", "identity-formula"), ("4:3", "kpi-id"), ("5:3", "kpi-id")]


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("format: 1\nkpis: {}\n", "2:1", "no KPIs"),
        ("format: 1\n", "1:1", "no key 'kpis'"),
        ("kpis: {a: }\n", "1:1", "no key 'format'"),
        ("format: 1\nkpis: {a: }\nlinks: [{from: a}]\n", "3:9", "no key 'to'"),
        ("format: 1\nkpis: {a: }\nlinks: [{from: a, to: a, lag: [1, 2]}]\n", "3:26", "a list"),
        ("format: 1\nkpis: {a: {scale: [.nan, 1]}}\n", "2:12", "a scale from nan to 1.0"),
        ("format: 2\nkpis: {a: {new: 1}}\n", "1:9", "format 2"),
    ],
)
def test_one_fault(text, where, found):
    (fault,) = faults_of(text)
    assert (fault.where, fault.found) == (f"<text>:{where}", found)


def test_faults_name_the_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("format: 1\nkpis: {a: }\nunit_effects: [b]\n")
    with pytest.raises(GraphError, match=r"mine\.yaml cannot be used") as failure:
        load_graph(path)
    assert failure.value.faults[0].where == f"{path}:3:16"


def test_an_unknown_model_is_told_what_exists():
    with pytest.raises(GraphError) as failure:
        load_graph("bos_centred")
    assert "Did you mean 'boss_centred'" in str(failure.value)
    assert all(name in str(failure.value) for name in list_graphs())
    with pytest.raises(GraphError, match=r"nowhere\.yaml: found no file"):
        load_graph("nowhere.yaml")


# GraphML


def in_xml(text: str) -> bool:
    return not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text)


def test_graphml_is_read_back_with_every_name_and_lag():
    graph = chain(tuple(filter(in_xml, HOSTILE)))
    back = nx.parse_graphml(to_graphml(graph))
    assert list(back) == list(graph.ids)
    assert set(back.edges) == set(graph.summary().edges)
    for name, data in back.nodes(data=True):
        assert data["en"] == data["nl"] == data["unit"] == name
        assert (data["observed"], data["unit_effect"]) == (True, name == HOSTILE[0])
    assert [back.edges[link.source, link.target]["lags"] for link in graph.links] == [
        str(link.lag) for link in graph.links
    ]


@unhurried
@given(graphs())
def test_graphml_never_breaks(graph: KPIGraph) -> None:
    back = nx.parse_graphml(to_graphml(graph))
    assert (len(back), back.number_of_edges()) == (len(graph.kpis), graph.summary().number_of_edges())


def test_graphml_flattens_several_lags_and_marks_formulas():
    graph = KPIGraph(
        (KPI("a"), KPI("b"), KPI("c", formula=Formula.parse("a + a[-2]"))),
        (Link("a", "b", "+", 3, "ours"), Link("a", "b", "+", 1, "article")),
    )
    back = nx.parse_graphml(to_graphml(graph))
    assert back.edges["a", "b"] == {"lags": "1 3", "sign": "+", "reference": "ours; article"}
    assert back.edges["a", "c"] == {"lags": "0 2", "sign": "?", "reference": "formula"}
    assert back.nodes["c"]["formula"] == "a + a[-2]"


# DOT


def dot_strings(line: str) -> list[str]:
    """The strings of a line of DOT, as Graphviz's scanner finds them."""
    strings, rest = [], line
    while match := re.search(r'"((?:\\.|[^"\\])*)"', rest):
        strings.append(match[1])
        rest = rest[: match.start()] + rest[match.end() :]
    assert not set('"<\n') & set(rest), "something stands outside the quotes"
    return strings


def test_dot_quotes_every_name():
    names = tuple(name for name in HOSTILE if in_xml(name) and "\t" not in name)
    graph = chain(names)
    lines = to_dot(graph).split("\n")[2:-2]
    first = [dot_strings(line) for line in lines[: len(names)]]
    assert [label.replace("&amp;", "&") for _, label in first] == [name for name, _ in first]
    unescaped = [re.sub(r"\\(.)", lambda escape: escape[1].replace("n", "\n"), name) for name, _ in first]
    assert unescaped == list(names)
    edges = [dot_strings(line) for line in lines[len(names) :]]
    known = {name for name, _ in first} | set(RESERVED)
    assert {name for edge in edges for name in edge[:2]} <= known


@unhurried
@given(graphs())
def test_dot_is_one_statement_a_line(graph: KPIGraph) -> None:
    lines = to_dot(graph, "nl").removesuffix("\n").split("\n")
    assert (lines[0], lines[-1]) == ("digraph {", "}")
    for line in lines[2:-1]:
        assert dot_strings(line)
    shared = [line for line in lines if '"<unit>" ->' in line or '"<period>" ->' in line]
    assert len(shared) == len(graph.unit_effects) + len(graph.period_effects)


def test_dot_shows_what_is_hidden_arithmetic_and_lagged():
    graph = KPIGraph(
        (KPI("a", observed=False), KPI("b"), KPI("c", nl="som", formula=Formula.parse("a + b[-1]"))),
        (Link("a", "b", "-"), Link("b", "a", "+", 2)),
    )
    text = to_dot(graph, "nl")
    assert '"a" [label="a", style=dashed];' in text
    assert '"c" [label="som", shape=box];' in text
    assert '"a" -> "b" [label="-"];' in text
    assert '"b" -> "a" [label="+, lag 2"];' in text
    assert '"b" -> "c" [label="=, lag 1"];' in text


# DAGitty


def in_dagitty(text: str) -> bool:
    return not re.search(r"[\x00-\x1f\x7f]|\\$", text) and text not in ("graph", "node")


def test_dagitty_reads_back_every_name():
    names = tuple(filter(in_dagitty, HOSTILE))
    graph = KPIGraph(
        tuple(KPI(name, observed=name != "{x}", selected=name == "//") for name in names),
        tuple(Link(a, b, "?", 0, "DAGitty") for a, b in pairwise(names)),
        unit_effects=names[2:4],
        period_effects=names[:1],
    )
    assert from_dagitty(to_dagitty(graph)) == graph


@unhurried
@given(graphs())
@example(chain(HOSTILE))
def test_dagitty_keeps_all_nodes_apart(graph: KPIGraph) -> None:
    acyclic = nx.is_directed_acyclic_graph(graph.summary())
    back = from_dagitty(to_dagitty(graph))
    assert len(back.kpis) == len(graph.kpis) * (1 if acyclic else graph.longest_lag + 1)


def test_dagitty_unrolls_what_has_loops():
    graph = KPIGraph(
        (KPI("loyalty", observed=False), KPI("churn", selected=True)),
        (Link("loyalty", "churn", "-", 2), Link("churn", "churn", "+", 1)),
        unit_effects=("loyalty",),
        period_effects=("churn",),
    )
    lines = {line.strip() for line in to_dagitty(graph).splitlines()}
    assert {'"loyalty_t-2" -> "churn_t"', '"churn_t-1" -> "churn_t"', '"churn_t-2" -> "churn_t-1"'} <= lines
    assert {'"loyalty_t-1" [latent]', '"churn_t" [selected]', '"<unit>"', '"<period>"'} <= lines
    assert '"<unit>" -> "loyalty_t-2"' in lines
    assert '"loyalty_t-3"' not in to_dagitty(graph)


def test_dagitty_keeps_the_summary_where_it_has_no_loop_and_hides_what_lasts_in_a_unit():
    graph = KPIGraph((KPI("a"), KPI("b")), (Link("a", "b", lag=1),), unit_effects=("a", "b"), period_effects=("b",))
    lines = [line.strip() for line in to_dagitty(graph).splitlines()]
    assert lines[1:5] == ['"a"', '"b"', '"<unit>" [latent]', '"<period>"']
    assert '"a" -> "b"' in lines


def edges(text: str) -> set[tuple[str, str]]:
    return {(link.source, link.target) for link in from_dagitty(text).links}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dag { a -> b }", {("a", "b")}),
        ("a -> b <- c", {("a", "b"), ("c", "b")}),
        ("dag{a->b->c;d}", {("a", "b"), ("b", "c")}),
        ("dag { {a b} -> {c d} }", {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")}),
        ("dag { a -> {b -> c} -> d }", {("b", "c"), ("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}),
        ('digraph G { a -> b [label="0.2", weight=2]\n bb = "0,0,1,1" }', {("a", "b")}),
        ('strict DAG "a title" { subgraph cluster_0 { a -> b } }', {("a", "b")}),
        ("dag { a -> b // c -> b\n /* d -> b */ }", {("a", "b")}),
        ('dag { "klant loyaliteit" -> "een \\"naam\\"" }', {("klant loyaliteit", 'een "naam"')}),
        ("dag { a -> b; a -> b }", {("a", "b")}),
        ("dag { x.1 -> _y2 -> é }", {("x.1", "_y2"), ("_y2", "é")}),
    ],
)
def test_dagitty_text_is_read(text, expected):
    assert edges(text) == expected


def test_dagitty_marks_become_what_a_kpi_is():
    graph = from_dagitty(
        'dag { u [latent] v [l] w [unobserved, pos="0.1,-2"] x [exposure] y [outcome pos="1,2"] s [selected]'
        ' z [adjusted, label="Z"] {p q} [u] u -> x -> y }'
    )
    assert [kpi.id for kpi in graph.kpis if not kpi.observed] == ["u", "v", "w", "p", "q"]
    assert [kpi.id for kpi in graph.kpis if kpi.selected] == ["s"]
    assert graph["x"].kind == "driver"
    assert all(link.lag == 0 for link in graph.links)


def test_a_two_headed_arrow_becomes_one_hidden_common_cause():
    graph = from_dagitty('dag { x -> y; x <-> y; y <-> x; "hidden(y,z)" -> x; y <-> z }')
    assert [kpi.id for kpi in graph.kpis if not kpi.observed] == ["hidden(x,y)", "hidden(y,z)'"]
    assert {link.target for link in graph.links if link.source == "hidden(x,y)"} == {"x", "y"}
    assert {link.target for link in graph.links if link.source == "hidden(y,z)'"} == {"y", "z"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dag { a -- b\n a @-> b }", [("1:9", "the edge '--'"), ("2:4", "the edge '@->'")]),
        ("dag {\n a [latnet]\n b [latent, exposur] }", [("2:5", "the unknown mark 'latnet'"), ("3:13", None)]),
        ("dag { a -> b\n b -> c -> a }", [("1:9", "a loop a -> b -> c -> a")]),
        ("dag { a -> a; b -- c }", [("1:9", "'a' linked to itself"), ("1:17", "the edge '--'")]),
        ("pdag { a -> b }", [("1:1", "a pdag")]),
        ("dag { a -> }", [("1:12", "'}'")]),
        ("dag { a -> b", [("1:13", "the end")]),
        ("dag { a -> b } c", [("1:16", "'c'")]),
        ("dag { a [latent b -> c }", [("1:19", "'->'")]),
        ('dag { a -> "b }', [("1:12", "'\"'")]),
        ("dag { a [pos=] }", [("1:14", "']'")]),
        ("dag { a-b }", [("1:8", "'-b'")]),
        ("dag { a $ b }", [("1:9", "'$'")]),
        ("dag { }", [("1:1", "no KPIs")]),
        ("", [("1:1", "no KPIs")]),
        ("a -> <unit>", [("1:6", "'<'")]),
        ("{" * 5000, [("1:42", "'{'")]),
        ("{" + "a " * 2 + "".join(f"b{n} " for n in range(200)) + "} -> {" + "".join(f"c{n} " for n in range(99)) + "}",
         None),
    ],
)  # fmt: skip
def test_dagitty_faults_have_line_and_column(text, expected):
    with pytest.raises(GraphError) as failure:
        from_dagitty(text)
    faults = failure.value.faults
    if expected is None:
        assert [fault.found for fault in faults] == [f"an edge between {201 * 99} pairs"]
        return
    assert [fault.where.removeprefix("<text>:") for fault in faults] == [where for where, _ in expected]
    for fault, (_, found) in zip(faults, expected, strict=True):
        assert found in (None, fault.found)


def test_a_misspelt_mark_is_told_what_it_may_have_been():
    with pytest.raises(GraphError, match=r"Did you mean 'latent'\?"):
        from_dagitty("dag { a [latnet] }")


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write_graph(chain(("a", "b")), tmp_path / "no" / "such.yaml")
    assert list(tmp_path.iterdir()) == []
