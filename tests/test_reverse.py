"""The reverse direction of every link: silent where the graph is right, loud where the way back is missing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import causalkpi as ck
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Formula, Link
from causalkpi.panel import Panel, as_panel
from causalkpi.refuters.lead import lead
from causalkpi.reverse import Partial, ReverseDirection, reverse_direction

DYNAMIC = KPIGraph(
    (KPI("X"), KPI("Y")),
    (Link("X", "Y", lag=1), Link("X", "X", lag=1), Link("Y", "Y", lag=1)),
    unit_effects=("X", "Y"),
)
DECLARED = replace(DYNAMIC, links=(*DYNAMIC.links, Link("Y", "X", lag=1)))


def two_way(seed: int, there: float = 0.4, back: float = 0.0, units: int = 60, periods: int = 16) -> pd.DataFrame:
    """X moves Y a period later; Y may move X back."""
    rng = np.random.default_rng(seed)
    lasting = rng.normal(size=units)
    x, y = np.zeros((2, units, periods + 10))
    for t in range(1, periods + 10):
        x[:, t] = 0.4 * x[:, t - 1] + back * y[:, t - 1] + lasting + rng.normal(size=units)
        y[:, t] = 0.4 * y[:, t - 1] + there * x[:, t - 1] + lasting + rng.normal(size=units)
    keys = {"unit": np.repeat([f"u{i:03}" for i in range(units)], periods),
            "period": np.tile(np.arange(periods), units)}  # fmt: skip
    return pd.DataFrame(keys | {"X": x[:, 10:].ravel(), "Y": y[:, 10:].ravel()})


def panel_of(data: pd.DataFrame) -> Panel:
    return as_panel(data, unit="unit", period="period")


def both(found: ReverseDirection, i: int = 0) -> tuple[Partial, Partial]:
    row = found.rows[i]
    assert isinstance(row.forward, Partial) and isinstance(row.reverse, Partial), row.note
    return row.forward, row.reverse


@cache
def waterland() -> ReverseDirection:
    world = ck.load_world("waterland")
    data = world.sample(120, 24, np.random.default_rng(2019))
    return ck.Study(world.graph, data, unit="unit", period="period").reverse()


def test_the_way_there_is_found_and_no_way_back() -> None:
    found = reverse_direction(DYNAMIC, panel_of(two_way(1)))
    forward, reverse = both(found)
    assert forward.interval[0] > 0 and forward.slope == pytest.approx(0.4, abs=0.12)  # three standard errors
    assert reverse.p_value > 0.05 and reverse.interval[0] < 0 < reverse.interval[1]
    assert found.rows[0].stronger == "forward"
    assert "No sign" in found.rows[0].note


def test_a_way_back_that_the_graph_does_not_have_is_found() -> None:
    found = reverse_direction(DYNAMIC, panel_of(two_way(2, there=0.1, back=0.4)))
    row = found.rows[0]
    assert row.reverse_p_holm < 0.01 and row.stronger == "reverse" and not row.declared
    assert "a link is missing" in row.note


def test_a_way_back_that_the_graph_has_is_a_link_and_no_fault() -> None:
    found = reverse_direction(DECLARED, panel_of(two_way(3, there=0.3, back=0.3)))
    there, back = (row for row in found.rows)
    assert there.declared and back.declared and "expected" in there.note
    assert np.isnan(there.reverse_p_holm)
    assert isinstance(there.reverse, Partial) and isinstance(back.forward, Partial)
    assert there.reverse == back.forward  # one regression, seen from both ends
    assert there.stronger == "not_clear"


def test_backwards_it_is_the_lead_test() -> None:
    panel = panel_of(two_way(4))
    answer = ck.estimate(panel, ck.identify(DYNAMIC, ck.Question("X", "Y", 1)), confirm=False)
    finding = lead(answer.regressions[0], panel, np.random.default_rng(0))  # type: ignore[union-attr]
    _, reverse = both(reverse_direction(DYNAMIC, panel))
    assert reverse.value == finding.numbers["partial_correlation"]
    assert reverse.p_value == finding.p_value


def test_forward_is_a_partial_correlation_given_the_parents() -> None:
    """Without unit effects: by correlating what Y's own past leaves of both."""
    graph = replace(DYNAMIC, unit_effects=())
    panel = panel_of(two_way(5, units=40, periods=8))
    forward, _ = both(reverse_direction(graph, panel))
    y, x, past = panel.columns([("Y", 1), ("X", 0), ("Y", 0)]).dropna().to_numpy().T
    held = np.column_stack([np.ones(len(past)), past])
    left = [v - held @ np.linalg.lstsq(held, v, rcond=None)[0] for v in (y, x)]
    assert forward.value == pytest.approx(np.corrcoef(*left)[0, 1], rel=1e-8)
    assert forward.rows == len(y) and forward.units == 40


def test_waterland_leads_the_way_its_graph_says() -> None:
    """The book's model is true there: of all ways back that it does not have, none survives Holm's correction at 5%."""
    frame = waterland().to_frame()
    undeclared = frame[frame.reverse_p.notna() & ~frame.declared]
    assert len(undeclared) >= 25
    assert (undeclared.reverse_p_holm > 0.05).all()
    assert (undeclared.reverse_p < 0.05).mean() <= 0.2
    assert "reverse" not in set(frame.stronger)
    assert (frame.stronger == "forward").sum() >= 18


def test_declared_feedback_is_estimated_as_a_link() -> None:
    """The result moves employee loyalty, by 6e-6 a euro; backwards it is arithmetic, and says so."""
    frame = waterland().to_frame().set_index("link")
    row = frame.loc["operating_result -> employee_loyalty"]
    assert row.forward_slope == pytest.approx(6e-6, abs=9e-6)
    assert np.isnan(row.reverse) and "arithmetic" in row.note
    assert "one value per period" in frame.loc["investor_loyalty -> cost_of_equity"].note


def test_against_the_book() -> None:
    """A true link without effect there: no way there, no way back, and nothing clear between them."""
    world = ck.load_world("against_the_book")
    data = world.sample(100, 20, np.random.default_rng(6))
    frame = ck.Study(world.graph, data, unit="unit", period="period").reverse().to_frame().set_index("link")
    row = frame.loc["employee_loyalty -> service_behaviour"]
    assert row.forward_low < 0 < row.forward_high and row.stronger == "not_clear"
    assert frame.loc["employee_loyalty -> cost"].forward > 0  # against the book's sign
    assert (frame.reverse_p_holm.dropna() > 0.05).all()


@pytest.mark.slow
def test_true_nulls_are_seldom_rejected() -> None:
    """100 panels of 30 x 14: the way back at 5% (a Monte-Carlo error is 2.2 points)."""
    p = [both(reverse_direction(DYNAMIC, panel_of(two_way(s, units=30, periods=14))))[1].p_value for s in range(100)]
    assert 0.0 < np.mean(np.array(p) < 0.05) <= 0.12


def test_why_not_is_said_in_both_languages() -> None:
    data = two_way(7, units=12, periods=16)
    hidden = KPIGraph((*DYNAMIC.kpis, KPI("H", observed=False)), (*DYNAMIC.links, Link("H", "Y")))
    arithmetic = KPIGraph((KPI("X", formula=Formula.parse("A + B")), KPI("Y"), KPI("A"), KPI("B")), (Link("X", "Y"),))
    short = data[data.period < 5]
    cases = (
        (hidden, panel_of(data), "no data on H"),
        (arithmetic, panel_of(data.assign(A=data.X, B=0.0)), "arithmetic"),
        (DYNAMIC, panel_of(short), "cannot be tested here"),
        (DYNAMIC, panel_of(data[data.period == 0]), "repeatedly"),
        (DYNAMIC, panel_of(data.drop(columns="Y")), "no data on Y"),
    )
    for graph, panel, reason in cases:
        row = reverse_direction(graph, panel).rows[0]
        assert reason in row.note, row.note
        assert row.note.render("nl") != row.note.render("en")
        assert row.stronger == "not_applicable"


def test_the_table_prints_and_warns() -> None:
    found = reverse_direction(DYNAMIC, panel_of(two_way(8, units=20)))
    assert "X -> Y" in repr(found) and str(found.warning) in repr(found)
    assert len(found.to_frame()) == 1
    assert found.warning.render("nl") != found.warning
