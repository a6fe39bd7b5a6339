"""The committed study of one organisation's series holds what is promised, and a small slice reproduces it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import causalkpi as ck

sys.path.insert(0, str(Path(__file__).parent))
import one_series

Rows = dict[tuple[int, str, str], dict]


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(one_series.RESULTS.read_text("utf-8"))


@pytest.fixture(scope="module")
def rows(document: dict) -> Rows:
    return {(r["periods"], r["kind"], r["past"]): r for r in document["table"]}


def test_the_committed_study_is_of_this_version_and_complete(document: dict, rows: Rows) -> None:
    assert document["version"] == ck.__version__
    assert document["replicates"] >= 1000
    assert set(rows) == {(periods, *case) for case in one_series.CASES for periods in one_series.PERIODS}


def test_what_is_answered_rejects_as_often_as_it_says(rows: Rows) -> None:
    """3% to 7%, give or take the Monte-Carlo error, wherever a tenth or more of the series are answered."""
    answered = {key: row for key, row in rows.items() if "size" in row}
    assert len(answered) >= 8
    wrong = {key: r["size"] for key, r in answered.items() if abs(r["size"] - 0.05) > 0.02 + 2 * r["size_error"]}
    assert wrong == {}


def test_refusals_included_false_effects_are_never_more_than_promised(rows: Rows) -> None:
    assert max(row["false_effects"] - 2 * row["monte_carlo_error"] for row in rows.values()) < 0.06


def test_series_without_a_steady_level_are_hardly_ever_answered(rows: Rows) -> None:
    for (_, _, past), row in rows.items():
        if past in ("1", "trend"):
            assert row["answered"] < 0.05


def test_the_study_would_notice_series_that_seem_related(rows: Rows) -> None:
    """A negative control: what least squares would show in levels (Granger and Newbold 1974: three in four)."""
    assert rows[80, "static", "1"]["plain"] > 0.6
    assert rows[80, "static", "1"]["newey_west"] > 0.4
    assert rows[40, "static", "trend"]["plain"] > 0.9


def test_a_few_replicates_give_what_the_study_was_made_of(document: dict, rows: Rows) -> None:
    row, committed = one_series.study(80, "static", "0.5", 60, document["seed"]), rows[80, "static", "0.5"]
    assert row["answered"] == pytest.approx(committed["answered"], abs=0.2)
    assert abs(row["false_effects"] - committed["false_effects"]) < 5 * 0.03
