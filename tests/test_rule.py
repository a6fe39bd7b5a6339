"""The rule of a claim: what it reads, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import causalkpi as ck
from causalkpi.rule import Comparison, Rule


def test_and_binds_stronger_than_or() -> None:
    rule = Rule.parse("a < 0 and b > 1.5 or c < -2e-3")
    assert rule.alternatives == (
        (Comparison("a", 0.0), Comparison(1.5, "b")),
        (Comparison("c", -0.002),),
    )
    assert rule.names == ("a", "b", "c")


def test_words_that_hold_and_or_or_are_names() -> None:
    assert Rule.parse("brand < order").names == ("brand", "order")


@pytest.mark.parametrize(
    "text",
    ["", "a", "a < ", "0 < 1", "a <= 0", "a < 0 and", "and a < 0", "__import__('os') < 0", "a < b < c", "a == 0"],
)
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(ck.GraphError, match="two sides"):
        Rule.parse(text)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ck.GraphError) as raised:
        Rule.parse("loyalti < 0 and churm > 0", ["loyalty", "churn"])
    assert [fault.remedy for fault in raised.value.faults] == ["Did you mean 'loyalty'?", "Did you mean 'churn'?"]


def test_a_rule_without_end_is_refused() -> None:
    with pytest.raises(ck.GraphError, match="at most"):
        Rule.parse(" and ".join(["a < 0"] * 1000))


NAMES = st.from_regex(r"[a-z]\w{0,5}", fullmatch=True).filter(lambda name: name not in ("and", "or"))
SIDES = st.one_of(NAMES, st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: float(f"{x:g}")))
COMPARISONS = st.builds(Comparison, NAMES, SIDES) | st.builds(Comparison, SIDES, NAMES)


@given(st.lists(st.lists(COMPARISONS, min_size=1, max_size=3), min_size=1, max_size=3))
def test_what_is_written_is_read_again(parts: list[list[Comparison]]) -> None:
    text = " or ".join(" and ".join(map(str, part)) for part in parts)
    if len(text) <= 1000:
        assert Rule.parse(text).alternatives == tuple(map(tuple, parts))


def test_a_rule_stands_in_the_file_of_a_graph() -> None:
    text = """
format: 1
kpis: {a: , b: }
links: [{from: a, to: b}]
claims:
  C1:
    questions: [{name: up, treatment: a, outcome: b, expected: "+"}]
    rule: up > 0
  C2: {not_testable: {en: it takes {braces}, nl: "het vergt {accolades}"}}
"""
    graph = ck.read_graph(text.replace("it takes {braces}", '"it takes {braces}"'))
    assert graph.claims[0].rule == "up > 0"
    assert graph.claims[1].not_testable.render("nl") == "het vergt {accolades}"
    assert ck.read_graph(ck.to_yaml(graph)) == graph
    with pytest.raises(ck.GraphError, match=r":8:.*unknown name 'upp'.*'up'"):
        ck.read_graph(text.replace("rule: up", "rule: upp").replace("{en: it takes {braces}", '{en: "{}"'))
