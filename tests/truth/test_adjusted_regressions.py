"""The committed coverage study holds what is promised, belongs to this version, and a small slice reproduces it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import causalkpi as ck

sys.path.insert(0, str(Path(__file__).parent))
import adjusted_regressions as coverage

pytestmark = pytest.mark.truth


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(coverage.RESULTS.read_text("utf-8"))


def test_the_committed_study_is_of_this_version_and_large_enough(document: dict) -> None:
    assert document["version"] == ck.__version__
    assert document["replicates"] >= 500


def test_every_question_that_is_not_refused_is_covered_as_promised(document: dict) -> None:
    """93% to 97%, give or take the Monte-Carlo error of each figure."""
    wrong = [
        (r["treatment"], r["outcome"], r["horizon"], r["periods"], r["coverage"])
        for r in document["table"]
        if "coverage" in r and not abs(r["coverage"] - 0.95) <= 0.02 + 2 * r["monte_carlo_error"]
    ]
    assert wrong == []


def test_the_study_asks_the_questions_that_the_script_lists(document: dict) -> None:
    listed = {(q.treatment, q.outcome, q.horizon) for q in coverage.questions()}
    assert listed >= {(r["treatment"], r["outcome"], r["horizon"]) for r in document["table"]}
    assert {(r["units"], r["periods"]) for r in document["table"]} == set(coverage.SIZES)


def test_one_fresh_panel_gives_what_the_study_was_made_of(document: dict) -> None:
    """A seed of the study, run again: every estimate within five standard errors of its truth, refusals as noted."""
    units, periods = coverage.SIZES[0]
    world = ck.load_world("waterland")
    rows = [r for r in document["table"] if r["periods"] == periods and r["route"] != "identity"]
    asked = [ck.Question(r["treatment"], r["outcome"], r["horizon"]) for r in rows]
    identified = [(q, ck.identify(world.graph, q)) for q in asked]
    found = coverage.replicate(document["first_seed"], units, periods, identified)  # type: ignore[arg-type]
    for row, (value, error, *_) in zip(rows, found, strict=True):
        if "coverage" not in row:
            assert value != value
        else:
            assert abs(value - row["truth"]) < 5 * error
            assert 0.6 < error / row["model_se"] < 1.6


def test_the_study_would_notice_an_interval_that_is_too_short(document: dict) -> None:
    """A negative control: intervals of half the length would cover far less than 93%."""
    from scipy import stats

    typical = [r for r in document["table"] if "coverage" in r]
    half = [stats.norm.cdf(0.98 * r["model_se"] / r["empirical_se"]) * 2 - 1 for r in typical]
    assert max(half) < 0.85
