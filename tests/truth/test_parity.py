"""The committed comparison with DoWhy's refuters holds what is said of it, and a fresh slice agrees."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import causalkpi as ck

sys.path.insert(0, str(Path(__file__).parent))
import parity

pytestmark = pytest.mark.truth


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(parity.RESULTS.read_text("utf-8"))


def test_the_committed_study_is_of_this_version_and_large_enough(document: dict) -> None:
    assert document["version"] == ck.__version__
    assert document["draws"] >= 300
    assert {(r["refuter"], r["ours"]) for r in document["table"]} == {
        (refuter, way) for refuter in parity.REFUTERS for way in ("from sums", "row by row")
    }


def test_replicates_have_the_distribution_of_dowhys_simulations(document: dict) -> None:
    for row in document["table"]:
        assert abs(row["z_of_means"]) < 3, row
        assert abs(row["z_of_spreads"]) < 3, row
        assert row["ks_p"] > 0.002, row  # six comparisons: by chance once in eighty studies


def test_the_comparison_would_notice_another_spread() -> None:
    """A negative control: replicates of subsets of three fifths instead of four."""
    data = parity.table()
    rows = parity.rows_of(data.to_numpy(), np.arange(len(data)), tuple(data.columns))
    moments = parity.gather(rows)
    rng = np.random.default_rng(1)
    right, wrong = (
        parity.replicated(moments, parity.left_in(len(moments.units), 400, rng, share), [parity.SLOPE])[:, 0]
        for share in (0.8, 0.6)
    )
    found = parity.compared(wrong, right)
    assert abs(found["z_of_spreads"]) > 3 and found["ks_p"] < 0.002


def test_a_fresh_slice_of_dowhys_simulations_agrees() -> None:
    data = parity.table()
    theirs = parity.by_dowhy(data, "subset", 25, seed=77)
    ours = parity.by_ours(data, 400, seed=78)["subset", "from sums"]
    assert abs(parity.compared(ours, theirs)["z_of_means"]) < 3.5
    assert 0.5 < ours.std() / theirs.std() < 2
