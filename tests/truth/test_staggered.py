"""The committed study of staggered change holds what is promised, and a replicate of it can be had again."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import causalkpi as ck


def script(name: str) -> ModuleType:
    """A script of this folder, under a name of its own: numba, for one, looks for another module named coverage."""
    spec = spec_from_file_location(f"truth_{name}", Path(__file__).parent / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


staggered = script("staggered")
pytestmark = pytest.mark.truth
PARTS = ("mean", *(f"since {m}" for m in staggered.MOMENTS))


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(staggered.RESULTS.read_text("utf-8"))


@pytest.fixture(scope="module")
def parallel(document) -> list[dict]:
    return [row for row in document["table"] if row["parallel"]]


def test_the_committed_study_is_of_this_version_and_of_these_scenarios(document):
    assert document["version"] == ck.__version__
    assert document["replicates"] >= 1000
    assert [row["scenario"] for row in document["table"]] == list(staggered.SCENARIOS)


def test_intervals_cover_as_promised(parallel):
    """93% to 97%, give or take the Monte-Carlo error; with 20 branches or fewer they may be too wide, not too short."""
    for row in parallel:
        for part in PARTS:
            covered, error = row[part]["coverage"], row[part]["monte_carlo_error"]
            assert covered >= 0.93 - 2 * error, (row["scenario"], part)
            assert covered <= 0.97 + 2 * error or row["units"] <= 20, (row["scenario"], part)
        assert row["together"]["share"] >= 0.93 - 2 * row["together"]["monte_carlo_error"], row["scenario"]


def test_nothing_is_biased_where_trends_are_parallel_but_two_way_fixed_effects(parallel):
    for row in parallel:
        for part in PARTS:
            assert abs(row[part]["bias"]) < 4 * row[part]["bias_error"], (row["scenario"], part)
    (all_adopt,) = [row for row in parallel if "all adopt" in row["scenario"]]
    plain = all_adopt["two-way fixed effects"]
    assert plain["bias"] < -0.1 * plain["truth"] and plain["coverage"] < 0.8


def test_the_tests_of_earlier_periods_are_silent_where_they_should_be_and_speak_where_they_should(document, parallel):
    for row in parallel:
        for name in ("pre_periods_p_below_0.05", "anticipation_p_below_0.05"):
            assert row[name]["share"] < 0.05 + 3 * max(row[name]["monte_carlo_error"], 0.0097), (row["scenario"], name)
    (off,) = [row for row in document["table"] if not row["parallel"]]
    assert off["pre_periods_p_below_0.05"]["share"] > 0.8
    assert off["mean"]["coverage"] < 0.05  # and the number itself is then worth nothing


def test_one_replicate_gives_what_the_study_was_made_of(document):
    row = document["table"][0]
    mean = staggered.replicate(document["first_seed"], row["scenario"])[0]
    assert abs(mean[0] - mean[4]) < 5 * mean[1]
    assert 0.6 < mean[1] / row["mean"]["model_se"] < 1.6
    assert mean[4] == pytest.approx(row["mean"]["truth"], rel=0.05)
