"""The committed study of double machine learning holds what is promised, and a replicate of it can be had again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import causalkpi as ck

sys.path.insert(0, str(Path(__file__).parent))
import double_ml as study

pytestmark = pytest.mark.truth


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(study.RESULTS.read_text("utf-8"))


def test_the_committed_study_is_of_this_version_and_of_these_scenarios(document):
    assert document["version"] == ck.__version__
    assert document["replicates"] >= 300
    assert [row["scenario"] for row in document["table"]] == list(study.SCENARIOS)


def test_one_replicate_gives_what_the_study_was_made_of(document):
    row = document["table"][0]
    ours, linear, told = np.array(study.replicate(document["first_seed"], row["scenario"]))
    assert abs(ours[0] - study.TRUTH) < 5 * ours[1]
    assert linear[0] - study.TRUTH == pytest.approx(row["linear"]["bias"], abs=5 * row["linear"]["empirical_se"])
    assert 0.6 < ours[1] / row["double_ml"]["model_se"] < 1.6
    assert told[2] == pytest.approx(row["treatment_explained"], abs=0.15)
