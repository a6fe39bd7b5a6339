"""The committed study of few clusters bears out the rule for standard errors, and a small slice reproduces it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import causalkpi as ck

sys.path.insert(0, str(Path(__file__).parent))
import few_clusters

Rows = dict[tuple[int, str, str], dict]


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(few_clusters.RESULTS.read_text("utf-8"))


@pytest.fixture(scope="module")
def rows(document: dict) -> Rows:
    return {(r["units"], r["shape"], r["method"]): r for r in document["table"]}


def test_the_committed_study_is_of_this_version_and_complete(document: dict, rows: Rows) -> None:
    assert document["version"] == ck.__version__
    assert document["replicates"] >= 1000
    designs = [(u, s, m) for u in few_clusters.UNITS for s in few_clusters.SHAPES for m in few_clusters.METHODS]
    assert set(rows) == set(designs)


def test_cr2_covers_as_promised_in_every_design(rows: Rows) -> None:
    """93% to 97%, give or take the Monte-Carlo error of each figure."""
    wrong = {
        key: row["coverage"]
        for key, row in rows.items()
        if key[2] == "cr2" and not abs(row["coverage"] - 0.95) <= 0.02 + 2 * row["monte_carlo_error"]
    }
    assert wrong == {}


def test_cr2_is_shorter_than_leaving_one_unit_out_and_as_close_to_its_level(rows: Rows) -> None:
    def mean_gap(method: str) -> float:
        return sum(abs(r["coverage"] - 0.95) for k, r in rows.items() if k[2] == method) / (len(rows) / 4)

    assert all(r["length"] < rows[*k[:2], "cv3"]["length"] for k, r in rows.items() if k[2] == "cr2")
    assert mean_gap("cr2") < mean_gap("cv3")


def test_the_study_would_notice_errors_that_are_too_small(rows: Rows) -> None:
    """A negative control: the usual cluster formula falls short where units are few and unequal, or hardly treated."""
    assert rows[10, "few treated", "cr1"]["coverage"] < 0.85
    assert rows[6, "unequal", "cr1"]["coverage"] < 0.90


def test_a_few_replicates_give_what_the_study_was_made_of(document: dict, rows: Rows) -> None:
    again = few_clusters.study(10, "unequal", 60, document["seed"])
    for row in again:
        committed = rows[10, "unequal", row["method"]]
        assert abs(row["coverage"] - committed["coverage"]) < 5 * row["monte_carlo_error"]
        assert row.get("length", 1.0) == pytest.approx(committed.get("length", 1.0), rel=0.2)
