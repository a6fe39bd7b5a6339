"""The committed study of shared shocks bears out what the errors that may be chosen say of themselves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import causalkpi as ck

sys.path.insert(0, str(Path(__file__).parent))
import shared_shocks

Rows = dict[tuple[int, int, float, str], dict]


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(shared_shocks.RESULTS.read_text("utf-8"))


@pytest.fixture(scope="module")
def rows(document: dict) -> Rows:
    return {(r["units"], r["periods"], r["lasting"], r["method"]): r for r in document["table"]}


def test_the_committed_study_is_of_this_version_and_complete(document: dict, rows: Rows) -> None:
    assert document["version"] == ck.__version__
    assert document["replicates"] >= 1000
    assert set(rows) == {
        (*size, lasting, method)
        for size in shared_shocks.SIZES
        for lasting in shared_shocks.LASTING
        for method in shared_shocks.METHODS
    }


def off(rows: Rows, method: str, lasting: tuple[float, ...] = shared_shocks.LASTING) -> dict[tuple, float]:
    """Designs in which a method rejects otherwise than in 3% to 7%, give or take the Monte-Carlo error."""
    return {
        key: row["size"]
        for key, row in rows.items()
        if key[3] == method and key[2] in lasting and abs(row["size"] - 0.05) > 0.02 + 2 * row["monte_carlo_error"]
    }


def test_errors_across_units_reject_as_often_as_they_say(rows: Rows) -> None:
    assert off(rows, "across units") == {}


def test_errors_by_unit_and_period_do_where_shocks_do_not_last(rows: Rows) -> None:
    assert off(rows, "by unit and period", (0.0,)) == {}
    assert len(off(rows, "by unit and period", (0.5,))) >= 3  # and not where they do, as their name says


def test_the_study_would_notice_errors_that_are_too_small(rows: Rows) -> None:
    """A negative control: clusters by unit know nothing of what units share."""
    assert min(row["size"] for key, row in rows.items() if key[3] == "by unit") > 0.25


def test_a_few_replicates_give_what_the_study_was_made_of(document: dict, rows: Rows) -> None:
    for row in shared_shocks.study(12, 24, 0.5, 100, document["seed"]):
        committed = rows[12, 24, 0.5, row["method"]]
        assert abs(row["size"] - committed["size"]) < 5 * max(row["monte_carlo_error"], 0.02)
        assert row["length"] == pytest.approx(committed["length"], rel=0.15)
