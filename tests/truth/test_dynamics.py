"""The committed study of profiles, sums and paths holds what is promised, and a small slice reproduces it."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

import causalkpi as ck

sys.path.insert(0, str(Path(__file__).parent))
import dynamics

pytestmark = pytest.mark.truth


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(dynamics.RESULTS.read_text("utf-8"))


MISDRAWN = {name.replace("_", " ") for name in dynamics.MISDRAWN}


def rows(document: dict, method: str, sign: str = "", misdrawn: bool = False) -> list[dict]:
    """The rows of one method, in worlds whose graph is believed rightly or wrongly."""
    chosen = [r for r in document["table"] if (r["setting"] in MISDRAWN) == misdrawn]
    return [r for r in chosen if r["method"] == method and sign in r["estimand"]]


def test_the_committed_study_is_of_this_version_and_large_enough(document: dict) -> None:
    assert document["version"] == ck.__version__
    answered_only = "links, uncorrected"  # beside an answer, so as often as there is one
    assert min(r["replicates"] for r in document["table"] if r["method"] != answered_only) >= 1000


def test_the_study_asks_what_the_script_lists(document: dict) -> None:
    listed = {(s.name, s.units, s.periods) for s in dynamics.SETTINGS}
    assert {(r["setting"], r["units"], r["periods"]) for r in document["table"]} == listed


def test_whatever_is_not_refused_along_the_links_is_covered_as_promised(document: dict) -> None:
    """93% to 97%, give or take twice the Monte-Carlo error of each figure."""
    wrong = [
        (r["setting"], r["units"], r["periods"], r["estimand"], r["coverage"])
        for r in rows(document, "links")
        if "coverage" in r and not abs(r["coverage"] - 0.95) <= 0.02 + 2 * r["monte_carlo_error"]
    ]
    assert wrong == []


def test_a_wrong_graph_leads_the_links_astray_and_the_two_routes_apart(document: dict) -> None:
    """What the links cannot know of themselves: where they miss the truth, the finding about both routes speaks."""
    for name in MISDRAWN:
        of_links = [r for r in rows(document, "links", ", h=", misdrawn=True) if r["setting"] == name]
        agree = [r for r in rows(document, "routes not found to differ", misdrawn=True) if r["setting"] == name]
        assert min(r["coverage"] for r in of_links if "coverage" in r) < 0.5, name
        assert max(r["coverage"] for r in agree) < 0.05, name


def test_the_study_would_notice_an_uncorrected_short_panel(document: dict) -> None:
    """A negative control: the same links without the correction, four periods later in twelve."""
    uncorrected = rows(document, "links, uncorrected", "h=4")
    far = [r for r in uncorrected if r["periods"] == 12 and r["setting"].endswith("own past 0.5")]
    assert far
    assert max(r["coverage"] for r in far) < 0.6


def test_what_is_done_by_hand_covers_less(document: dict) -> None:
    by_hand = [r["coverage"] for r in rows(document, "DoWhy by hand") if "coverage" in r]
    ours = [r["coverage"] for r in rows(document, "links") if "coverage" in r]
    assert min(by_hand) < 0.8 < min(ours)


def test_by_hand_is_dowhys_own_answer() -> None:
    """The comparison is honest: DoWhy itself gives the slope of the regression that stands for it."""
    from causalkpi.dowhy_bridge import slope
    from causalkpi.estimators.sample import build_sample
    from causalkpi.gate import complete
    from causalkpi.graph import PERIOD_NODE, UNIT_NODE
    from causalkpi.panel import as_panel

    setting = dynamics.SETTINGS[0]
    world = dynamics.world_of(setting)
    panel = complete(as_panel(world.sample(40, 10, 7), unit="unit", period="period"), world.graph)
    estimand = dynamics.estimand_of(setting, ck.Question("service_behaviour", "customer_loyalty", 2))
    kept = [n for n in estimand.adjustment if n not in (UNIT_NODE, PERIOD_NODE)]
    sample = build_sample(panel, estimand.question.target, [estimand.question.source], kept)
    value = dynamics.by_hand(panel, estimand)[0]
    assert value == pytest.approx(slope(sample.outcome, sample.treatments[:, 0], sample.controls), rel=1e-6)


def test_one_fresh_panel_gives_what_the_study_was_made_of(document: dict) -> None:
    """A seed of the study, run again: every interval along the links near its truth, and as long as in the table."""
    setting = dynamics.SETTINGS[0]
    known = {
        r["estimand"]: r
        for r in rows(document, "links")
        if (r["setting"], r["units"], r["periods"]) == (setting.name, setting.units, setting.periods)
    }
    for method, estimand, value, low, high, true in dynamics.replicate(document["first_seed"], setting):
        if method != "links" or "at once" in estimand:
            continue
        assert not math.isnan(value)
        assert abs(value - true) < 2.5 * (high - low)
        assert 0.5 < (high - low) / known[estimand]["length"] < 2
