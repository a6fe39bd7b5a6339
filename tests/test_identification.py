"""Identification: textbook graphs, time, unit effects, statuses; and exhaustive search on small random graphs."""

from __future__ import annotations

import itertools

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textbook import TEXTBOOK, Textbook

import causalkpi as ck
from causalkpi import dag as search
from causalkpi.graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node, from_networkx
from causalkpi.kpi import KPI, Formula, Link
from causalkpi.question import Estimand, Question, Unanswered


@pytest.mark.parametrize("case", TEXTBOOK, ids=lambda case: case.name)
def test_textbook_graph(case: Textbook) -> None:
    found = ck.identify(case.graph, Question("X", "Y"))
    if isinstance(found, Unanswered):
        assert found.status == case.answer
        assert found.reason
        if case.help is not None:
            assert found.help == case.help
    else:
        assert found.route == case.answer
        if case.adjustment is not None:
            assert tuple(n.kpi for n in found.adjustment) == case.adjustment


@pytest.mark.parametrize("case", TEXTBOOK, ids=lambda case: case.name)
def test_answer_does_not_depend_on_names_or_order(case: Textbook) -> None:
    """Renamed so that the sorting order of all nodes is reversed, and listed backwards."""
    graph = case.graph
    names = dict(zip(sorted(graph), [f"k{99 - i} <b>'ü😀\"" for i in range(len(graph))], strict=True))
    turned = nx.DiGraph()
    turned.add_nodes_from((names[n], data) for n, data in reversed(list(graph.nodes(data=True))))
    turned.add_edges_from((names[a], names[b]) for a, b in reversed(list(graph.edges)))
    first = ck.identify(graph, Question("X", "Y"))
    second = ck.identify(turned, Question(names["X"], names["Y"]))
    assert first.status == second.status
    assert getattr(first, "route", "") == getattr(second, "route", "")


def small_graphs() -> st.SearchStrategy[tuple[nx.DiGraph, frozenset[str]]]:
    pairs = list(itertools.combinations("ABCXDY", 2))
    links = st.lists(st.sampled_from(pairs), min_size=3, max_size=11, unique=True)
    hidden = st.frozensets(st.sampled_from("ABCD"), max_size=2)
    return st.tuples(links, hidden).map(lambda drawn: (_graph(drawn[0], drawn[1]), drawn[1]))


def _graph(links: list[tuple[str, str]], hidden: frozenset[str]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from("ABCXDY")
    graph.add_edges_from(links)
    for node in hidden:
        graph.nodes[node]["observed"] = False
    return graph


@settings(max_examples=150, deadline=None)
@given(small_graphs())
def test_adjustment_is_found_if_and_only_if_one_exists(
    drawn: tuple[nx.DiGraph, frozenset[str]],
) -> None:
    """Against an exhaustive search with networkx' own d-separation (the adjustment criterion, Shpitser et al. 2010)."""
    graph, hidden = drawn
    found = ck.identify(graph, Question("X", "Y"))
    if not nx.has_path(graph, "X", "Y"):
        assert found.status == "structural_zero"
        return
    on_path = (nx.descendants(graph, "X")) & (nx.ancestors(graph, "Y") | {"Y"})
    barred = on_path.union(*(nx.descendants(graph, n) for n in on_path))
    cut = graph.copy()
    cut.remove_edges_from([("X", n) for n in on_path if graph.has_edge("X", n)])
    usable = sorted(set(graph) - barred - hidden - {"X", "Y"})
    sets = [set(c) for size in range(len(usable) + 1) for c in itertools.combinations(usable, size)]
    valid = [c for c in sets if nx.is_d_separator(cut, "X", "Y", c)]
    assert (getattr(found, "route", "") == "back_door") == bool(valid)
    if isinstance(found, Estimand) and found.route == "back_door":
        chosen = {n.kpi for n in found.adjustment}
        assert chosen in valid
        assert not any(other < chosen for other in valid), "the set is not minimal"


@settings(max_examples=150, deadline=None)
@given(small_graphs())
def test_separator_agrees_with_networkx(drawn: tuple[nx.DiGraph, frozenset[str]]) -> None:
    graph, hidden = drawn
    if graph.has_edge("A", "Y") or graph.has_edge("Y", "A"):
        return
    usable = set(graph) - {"A", "Y"} - hidden
    expected = nx.find_minimal_d_separator(graph, {"A"}, {"Y"}, restricted=usable)
    found = search.separator(graph, {"A"}, {"Y"}, usable)  # type: ignore[arg-type]
    assert (found is None) == (expected is None)
    if found is not None:
        assert found == expected
    for node in set(graph) - {"A", "Y"}:
        connected = "Y" in search.reachable(graph, {"A"}, {node})  # type: ignore[arg-type, comparison-overlap]
        assert connected == (not nx.is_d_separator(graph, "A", "Y", {node}))


def over_time(*links: Link, **more: object) -> KPIGraph:
    names = sorted({link.source for link in links} | {link.target for link in links})
    hidden = more.pop("hidden", ())
    kpis = tuple(KPI(n, observed=n not in hidden) for n in names)  # type: ignore[operator]
    return KPIGraph(kpis, links, **more)  # type: ignore[arg-type]


FEEDBACK = (
    Link("X", "Y", lag=1),
    Link("Y", "X", lag=1),
    Link("X", "X", lag=1),
    Link("Y", "Y", lag=1),
)


def test_unrolled_feedback_adjusts_for_the_past() -> None:
    found = ck.identify(over_time(*FEEDBACK), Question("X", "Y", horizon=1))
    assert isinstance(found, Estimand)
    assert set(found.adjustment) == {Node("X", -1), Node("Y", -1)} or found.adjustment == (Node("Y", 0),)


def test_structural_zero_is_per_horizon() -> None:
    graph = over_time(*FEEDBACK)
    assert ck.identify(graph, Question("X", "Y", horizon=0)).status == "structural_zero"
    assert ck.identify(graph, Question("X", "Y", horizon=1)).status == "identified"


def test_an_outcome_beyond_the_data_is_refused_before_any_search() -> None:
    graph = over_time(*FEEDBACK, Link("Z", "Y", lag=1))
    found = ck.identify(graph, Question("X", "Y", horizon=4), span=4)
    assert isinstance(found, ck.Unanswered)
    assert found.status == "not_estimable"
    assert "4 perioden later, en de gegevens beslaan 4 perioden" in found.reason.render("nl")
    assert ck.identify(graph, Question("X", "Y", horizon=3), span=4).status == "identified"
    assert ck.identify(graph, Question("Y", "Z", horizon=9), span=4).status == "structural_zero"


def test_a_study_knows_how_far_its_data_reach() -> None:
    rows = [{"u": u, "p": p, "X": u * p % 7, "Y": (u + p * p) % 5} for u in range(12) for p in (2001, 2002, 2005)]
    study = ck.Study(over_time(*FEEDBACK), pd.DataFrame(rows), unit="u", period="p")
    assert study.identify(Question("X", "Y", horizon=4)).status == "identified", "2001 to 2005, gaps or not"
    assert study.identify(Question("X", "Y", horizon=5)).status == "not_estimable"


def test_window_reaches_back_as_far_as_the_confounding_does() -> None:
    """A confounder that works on the treatment after 5 periods: a window that starts at the treatment misses it."""
    graph = over_time(Link("C", "X", lag=5), Link("C", "Y", lag=5), Link("X", "Y"))
    found = ck.identify(graph, Question("X", "Y"))
    assert isinstance(found, Estimand)
    assert found.adjustment == (Node("C", -5),)
    wider = graph.unroll(range(-40, 1))
    assert search.is_adjustment_set(wider, {Node("X", 0)}, {Node("Y", 0)}, set(found.adjustment))


@pytest.mark.parametrize("horizon", range(6))
def test_sets_stay_valid_in_a_much_longer_window(horizon: int) -> None:
    graph = ck.load_graph("customer_centred")
    for treatment in ("customer_loyalty", "employee_loyalty", "undesirable_selling", "revenue"):
        for outcome in ("churn", "spend", "customer_satisfaction", "cost"):
            if treatment == outcome:
                continue
            question = Question(treatment, outcome, horizon)
            found = ck.identify(graph, question)
            if not isinstance(found, Estimand):
                continue
            wide = graph.unroll(range(-30, horizon + 1))
            *first, last = found.stages or (found,)
            for part in (*first, last):
                causes = set(found.mediators) if part is last and found.stages else {question.source}
                assert search.is_adjustment_set(wide, causes, {part.question.target}, set(part.adjustment))


def test_hidden_kpi_with_a_past_of_its_own_is_refused() -> None:
    links = (Link("U", "U", lag=1), Link("U", "X"), Link("U", "Y"), Link("X", "Y"))
    found = ck.identify(over_time(*links, hidden=("U",)), Question("X", "Y"))
    assert isinstance(found, Unanswered)
    assert found.status == "not_identified"
    assert found.help == (("U",),)


def test_hidden_past_without_a_stable_set_is_refused() -> None:
    """The hidden process is seen only through the treatment, so no number of lags settles it."""
    parts = (("U", "U", 1), ("U", "X", 1), ("X", "X", 1), ("X", "Y", 1), ("U", "Y", 3))
    links = [Link(a, b, lag=lag) for a, b, lag in parts]
    found = ck.identify(over_time(*links, hidden=("U",)), Question("X", "Y", horizon=1))
    assert found.status == "not_identified"


UNIT_LINKS = (Link("X", "Y"), Link("X", "X", lag=1))


def test_unit_effects_are_used_only_where_they_are_needed() -> None:
    needed = over_time(*UNIT_LINKS, unit_effects=("X", "Y"))
    found = ck.identify(needed, Question("X", "Y"))
    assert isinstance(found, Estimand)
    assert UNIT_NODE in found.adjustment
    unneeded = over_time(*UNIT_LINKS, unit_effects=("Y",))
    found = ck.identify(unneeded, Question("X", "Y"))
    assert isinstance(found, Estimand)
    assert UNIT_NODE not in found.adjustment


def test_unit_effects_need_units_seen_again() -> None:
    graph = over_time(Link("X", "Y"), unit_effects=("X", "Y"))
    found = ck.identify(graph, Question("X", "Y"), repeated=False)
    assert isinstance(found, Unanswered)
    assert found.help == (("<unit>",),)
    assert "same units again" in found.remedy


def test_period_effects_are_taken_out_where_they_touch_the_outcome() -> None:
    graph = over_time(Link("X", "Y"), period_effects=("Y",))
    found = ck.identify(graph, Question("X", "Y"))
    assert isinstance(found, Estimand)
    assert found.adjustment == (PERIOD_NODE,)
    assert next(r for r in found.roles if r.kpi == "<period>").role == "shared shocks"


def test_strictness_is_judged_by_the_graph() -> None:
    """Contemporaneous effect of an unresponsive treatment: strict; own past of the outcome or feedback: not."""
    plain = over_time(Link("X", "Y"), unit_effects=("X", "Y"))
    lagged = over_time(Link("X", "Y"), Link("Y", "Y", lag=1), unit_effects=("X", "Y"))
    feedback = over_time(Link("X", "Y"), Link("Y", "X", lag=1), unit_effects=("X", "Y"))
    found = [ck.identify(g, Question("X", "Y")) for g in (plain, lagged, feedback)]
    assert [getattr(f, "strict", None) for f in found] == [True, False, False]


def test_organisation_level_kpis_are_not_estimable_across_units() -> None:
    graph = KPIGraph((KPI("X", level="organisation"), KPI("Y")), (Link("X", "Y"),))
    found = ck.identify(graph, Question("X", "Y"))
    assert found.status == "not_estimable"


def test_identity_outcome_is_put_together_from_its_parts() -> None:
    kpis = (KPI("X"), KPI("a"), KPI("b"), KPI("total", formula=Formula.parse("a * b")))
    graph = KPIGraph(kpis, (Link("X", "a"), Link("X", "b")))
    found = ck.identify(graph, Question("X", "total"))
    assert isinstance(found, Estimand)
    assert found.route == "identity"
    assert [node.kpi for node, _ in found.legs] == ["a", "b"]
    assert ck.identify(graph, Question("a", "total")).status == "identity"


def test_identity_with_a_hidden_part_says_which() -> None:
    kpis = (
        KPI("X"),
        KPI("a"),
        KPI("b", observed=False),
        KPI("total", formula=Formula.parse("a * b")),
    )
    found = ck.identify(KPIGraph(kpis, (Link("X", "a"), Link("X", "b"))), Question("X", "total"))
    assert isinstance(found, Unanswered)
    assert found.help == (("b",),)


def test_roles_give_a_reason_for_every_kpi() -> None:
    links = ["A>M", "A>X", "B>M", "B>Y", "X>D", "X>N", "N>Y", "C>X", "C>Y", "X>Y"]
    graph = from_networkx(nx.DiGraph([tuple(link.split(">")) for link in links])).hide("A", "B")
    found = ck.identify(graph, Question("X", "Y"))
    assert isinstance(found, Estimand)
    roles = {r.kpi: (r.role, r.adjusted) for r in found.roles}
    assert roles == {
        "X": ("treatment", False), "Y": ("outcome", False), "C": ("confounder", True), "N": ("mediator", False),
        "D": ("descendant", False), "M": ("collider", False), "A": ("unobserved", False), "B": ("unobserved", False),
    }  # fmt: skip
    assert all(r.reason for r in found.roles)


def test_efficient_set_is_the_parents_of_the_causal_nodes() -> None:
    """Henckel, Perkovic and Maathuis 2022: prefer controls near the outcome; hidden ones make it unavailable."""
    graph = nx.DiGraph([("A", "X"), ("A", "B"), ("B", "Y"), ("X", "Y"), ("C", "Y")])
    found = ck.identify(graph, Question("X", "Y"))
    assert isinstance(found, Estimand)
    assert [n.kpi for n in found.efficient] == ["B", "C"]
    hidden = ck.identify(from_networkx(graph).hide("C"), Question("X", "Y"))
    assert isinstance(hidden, Estimand)
    with pytest.raises(ck.QuestionError, match="no data on C"):
        _ = hidden.efficient


def test_questions_about_unknown_kpis_say_what_exists() -> None:
    graph = nx.DiGraph([("customer_loyalty", "churn")])
    with pytest.raises(ck.QuestionError, match="Did you mean 'customer_loyalty'") as raised:
        ck.identify(graph, Question("custmer_loyalty", "chrun"))
    assert len(raised.value.faults) == 2


@pytest.mark.parametrize("bad", [{"horizon": -1}, {"horizon": 1.5}, {"horizon": True}, {"contrast": 0.0},
                                 {"contrast": float("nan")}])  # fmt: skip
def test_impossible_questions(bad: dict) -> None:
    with pytest.raises(ck.QuestionError):
        Question("X", "Y", **bad)


def test_identification_is_the_same_under_any_hash_seed() -> None:
    import subprocess
    import sys

    code = (
        "import causalkpi as ck; from causalkpi.question import Question as Q;"
        "g = ck.load_graph('customer_centred');"
        "print([str(ck.identify(g, Q(a, b, h)).__dict__.get('adjustment')) for a, b, h in"
        " [('customer_loyalty', 'churn', 1), ('employee_loyalty', 'revenue', 2), ('competing_offer', 'spend', 3)]])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={**__import__("os").environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }  # fmt: skip
    assert len(outputs) == 1
    assert "Node" in outputs.pop()


def test_identity_whose_part_needs_another_route_is_refused() -> None:
    """A front-door part has no single regression whose slope could go through the formula."""
    kpis = (KPI("X"), KPI("M"), KPI("a"), KPI("U", observed=False), KPI("total", formula=Formula.parse("2 * a")))
    links = (Link("U", "X"), Link("U", "a"), Link("X", "M"), Link("M", "a"))
    graph = KPIGraph(kpis, links)
    assert getattr(ck.identify(graph, Question("X", "a")), "route", "") == "front_door"
    found = ck.identify(graph, Question("X", "total"))
    assert isinstance(found, Unanswered)
    assert found.status == "not_estimable"
    assert "front door" in found.reason


CHAIN = [("C", "A", 1), ("A", "B", 1), ("B", "X", 1), ("C", "D", 1), ("D", "E", 1), ("E", "Y", 1), ("X", "Y", 0)]


def test_a_common_cause_many_links_back_is_found() -> None:
    """Three links on either side: two short windows agree on the empty set, which is wrong."""
    graph = over_time(*(Link(a, b, lag=lag) for a, b, lag in CHAIN))
    found = ck.identify(graph, Question("X", "Y"))
    assert isinstance(found, Estimand)
    assert found.adjustment
    wide = graph.unroll(range(-30, 1))
    assert search.is_adjustment_set(wide, {Node("X", 0)}, {Node("Y", 0)}, set(found.adjustment))
    hidden = ck.identify(graph.hide("A", "B", "C", "D", "E"), Question("X", "Y"))
    assert hidden.status == "not_identified"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ABCXY"), st.sampled_from("ABCXY"), st.integers(0, 1)),
        min_size=4,
        max_size=9,
        unique=True,
    ),
    st.frozensets(st.sampled_from("ABC"), max_size=2),
)
def test_sets_over_time_hold_in_a_wide_window(drawn: list[tuple[str, str, int]], hidden: frozenset[str]) -> None:
    """Random graphs with lags and loops: whatever is identified by adjustment is valid forty periods back."""
    links = tuple(Link(a, b, lag=lag) for a, b, lag in drawn if lag or a < b)
    names = {link.source for link in links} | {link.target for link in links}
    if not {"X", "Y"} <= names:
        return
    question = Question("X", "Y", 1)
    found = ck.identify(over_time(*links, hidden=hidden), question)
    if isinstance(found, Estimand) and found.route == "back_door":
        wide = found.graph.unroll(range(-40, 2))
        assert search.is_adjustment_set(wide, {question.source}, {question.target}, set(found.adjustment))


@pytest.mark.parametrize(
    "chain", ["Y>A A>B B>X X>Y", "X>A A>B B>Y X>Y"], ids=["feedback over three links", "a slow second way"]
)
def test_strictness_sees_chains(chain: str) -> None:
    lagged = [tuple(link.split(">")) for link in chain.split()]
    links = [Link(a, b, lag=0 if (a, b) == ("X", "Y") else 1) for a, b in lagged]
    found = ck.identify(over_time(*links, unit_effects=("X", "Y")), Question("X", "Y"))
    assert isinstance(found, Estimand)
    assert UNIT_NODE in found.adjustment
    assert not found.strict


@pytest.mark.parametrize("edges", ["U>X U>Y X>M M>Y M>S Y>S", "Z>X X>Y U>X U>Y Y>S"], ids=["front door", "instrument"])
def test_selection_spoils_the_other_routes_too(edges: str) -> None:
    graph = Textbook("selected", "", edges, "U", "S").graph
    assert ck.identify(graph, Question("X", "Y")).status == "not_identified"


def test_what_a_treatment_is_made_of_is_never_held_fixed() -> None:
    """A formula of a formula: holding c and s fixed would leave margin no variation."""
    kpis = (KPI("c"), KPI("s"), KPI("Y"), KPI("rev", formula=Formula.parse("c * s")))
    kpis += (KPI("margin", formula=Formula.parse("0.3 * rev")),)
    links = (Link("c", "Y"), Link("s", "Y"), Link("margin", "Y"))
    found = ck.identify(KPIGraph(kpis, links), Question("margin", "Y"))
    assert isinstance(found, Unanswered)
    assert "arithmetic" in found.reason


@pytest.mark.parametrize("observed", [True, False])
def test_organisation_level_causes_are_taken_out_with_the_period(observed: bool) -> None:
    """One value per period for all units: a function of the period, measured or not."""
    rates = [KPI(k, level="organisation", observed=observed) for k in ("policy", "rate")]
    links = (Link("policy", "X"), Link("rate", "X"), Link("rate", "Y", lag=1), Link("policy", "Y"), Link("X", "Y"))
    found = ck.identify(KPIGraph((*rates, KPI("X"), KPI("Y")), links), Question("X", "Y"))
    assert isinstance(found, Estimand)
    assert found.adjustment == (PERIOD_NODE,)


def test_effects_through_the_organisation_are_refused() -> None:
    graph = KPIGraph((KPI("X"), KPI("M", level="organisation"), KPI("Y")), (Link("X", "M"), Link("M", "Y")))
    found = ck.identify(graph, Question("X", "Y"))
    assert found.status == "not_estimable"
    assert "M" in getattr(found, "reason", "")
