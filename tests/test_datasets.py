"""The data that come with the package: made by their script, described, and found."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from causalkpi.datasets import DEMO, find_data, load_demo
from causalkpi.errors import DataError
from causalkpi.worlds.waterland import BRANCHES, QUARTERS, SEED, WATERLAND

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def remade(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "datapackage.json").write_text('{"resources": [{"name": "another"}]}', "utf-8")
    runpy.run_path(str(DATA / "make_waterland_bank.py"))["main"](folder)
    return folder


def described(folder: Path) -> dict[str, dict]:
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return {resource["name"]: resource for resource in package["resources"]}


def test_the_demo_is_what_its_script_makes(remade):
    made, kept = ((folder / DEMO).read_bytes() for folder in (remade, DATA))
    assert made == kept
    assert b"\r" not in kept
    assert described(remade)["waterland_bank"] == described(DATA)["waterland_bank"]


def test_the_script_leaves_the_description_of_other_files_alone(remade):
    assert described(remade)["another"] == {"name": "another"}


def test_the_description_fits_the_file():
    resource, csv = described(DATA)["waterland_bank"], (DATA / DEMO).read_bytes()
    assert resource["bytes"] == len(csv)
    assert resource["hash"] == f"sha256:{hashlib.sha256(csv).hexdigest()}"
    fields = [field["name"] for field in resource["schema"]["fields"]]
    assert fields == csv.split(b"\n", 1)[0].decode().split(",") == list(load_demo().columns)


def test_the_description_is_valid():
    frictionless = pytest.importorskip("frictionless", reason="a development requirement")
    package = frictionless.Package(str(DATA / "datapackage.json"))
    report = frictionless.validate(package.get_resource("waterland_bank"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "message"])[:5]


def test_the_demo_is_the_world_up_to_rounding():
    demo = load_demo()
    world = WATERLAND.sample(BRANCHES, QUARTERS, SEED)
    assert demo[["unit", "period"]].equals(world[["unit", "period"]])
    numbers = world.columns[2:]
    # six significant digits: at most half of the last one
    np.testing.assert_allclose(demo[numbers], world[numbers], rtol=5e-6, equal_nan=True)


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(DataError, match=r"nothing\.csv"):
        find_data("nothing.csv")
