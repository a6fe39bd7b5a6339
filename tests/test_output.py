"""The files of a run: what they hold, what they must never hold, and that they are written whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest
from report_page import EVIL, FORMULA, make_run

from causalkpi import output
from causalkpi.errors import StudyError
from causalkpi.output import prepare, render, write
from causalkpi.record import Run, to_json


@pytest.fixture(scope="module")
def run() -> Run:
    return make_run()


@pytest.fixture(scope="module")
def files(run) -> dict[str, str]:
    return render(run)


def strict(text: str) -> dict:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


# The tables


def test_no_text_in_the_table_is_a_formula(files, run):
    rows = read(files["answers.csv"])
    assert rows[0]["question"] == f"'{FORMULA} +1 → @spend, in the same period"
    assert [row["status"] for row in rows] == ["estimated", "structural_zero", "estimated", "not_identified"]
    for row in rows:
        for name, cell in row.items():
            if cell[:1] in tuple("=+-@\t\r"):
                float(cell)  # a number, and nothing but a number
                assert name in {"value", "low", "high", "association", "association_low", "association_high"}
    estimate = next(item.answer for item in run.answers)
    assert float(rows[0]["value"]) == estimate.value
    assert rows[0]["rows_used"] == "200"
    assert rows[1]["value"] == rows[1]["true_effect"] == ""


def test_the_ledger_is_a_table_of_its_own(files, run):
    (row,) = read(files["claims.csv"])
    assert (row["claim"], row["statement"], row["source"]) == ("C<1>", EVIL, "<b>us</b>")
    assert row["verdict"] == run.ledger["C<1>"].word
    assert row["p_value"] == ""


def test_findings_stand_once_per_question_and_check(files, run):
    rows = read(files["findings.csv"])
    first = run.answers.asked[0].evidence
    assert [row["finding"] for row in rows] == [finding.id for finding in first.findings]
    assert all(row["question"] == f"'{FORMULA} +1 → @spend, in the same period" for row in rows)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_each_sign_that_begins_a_formula_is_neutralised(sign):
    assert output._cell(f"{sign}1+1", "reason") == f"'{sign}1+1"


def test_numbers_in_the_table_are_plain():
    assert output._cell(-0.1 - 0.2, "value") == "-0.30000000000000004"
    assert output._cell(3.0, "units") == "3"
    assert output._cell(math.inf, "high") == "unbounded"


# The record


def test_names_survive_in_the_record(files, tmp_path):
    record = strict(files["run.json"])
    assert record["title"] == record["client"] == record["graph"]["id"] == EVIL
    assert record["ledger"]["C<1>"]["statement"] == EVIL
    assert record["answers"][0]["question"].startswith(FORMULA)


def test_the_record_holds_everything_behind_the_answers(files, run):
    record = strict(files["run.json"])
    first, _, _, third = record["answers"]
    estimate = next(item.answer for item in run.answers)
    assert first["value"] == estimate.value
    assert first["adjustment"] == [{"kpi": "market", "period": 0}]
    assert {role["kpi"] for role in first["roles"]} >= {"market", "loyalty", "spend"}
    assert first["true_effect"] is None
    assert first["absent"]["true_effect"] == "not a simulated organisation"
    assert third["help"] == [["mood"]]
    assert [entry["treatment"] for entry in record["register"]] == ["loyalty", "spend", "loyalty"]
    assert set(record["versions"]) >= {"python", "causalkpi", "dowhy", "statsmodels", "pandas", "networkx", "numpy"}
    assert len(record["graph"]["sha256"]) == len(record["sources"][0]["sha256"]) == 64
    for name in ("report.html", "answers.csv", "claims.csv", "findings.csv"):
        assert record["files"][name] == hashlib.sha256(files[name].encode()).hexdigest()


def test_the_record_has_sorted_keys_and_nothing_of_this_machine(files):
    text = files["run.json"]
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    for name in files:
        assert str(Path.cwd()) not in files[name]
        assert not re.search(r"\b20\d\d-\d\d-\d\d|\d\d:\d\d:\d\d|0x[0-9a-f]{6,}", files[name])


def test_results_hold_no_rows_of_the_data(files):
    record = strict(files["run.json"])
    assert all("examples" not in fault for fault in record["faults"])


def test_what_is_no_number_becomes_null_with_a_reason():
    text = to_json({"a": math.nan, "b": [{"high": math.inf}], "c": np.float64(1.5), "d": np.int64(2), "e": True})
    plain = strict(text)
    assert plain["a"] is None
    assert plain["absent"] == {"a": "not a number for this answer"}
    assert plain["b"] == [{"high": None, "absent": {"high": "without bound, upward"}}]
    assert (plain["c"], plain["d"], plain["e"]) == (1.5, 2, True)


# The folder


def test_files_are_written_and_written_over(run, tmp_path):
    folder = tmp_path / "answers"
    written = write(run, folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in written)
    before = {p.name: p.read_bytes() for p in written}
    (folder / "notes.txt").write_text("mine")
    (folder / "run.json").write_text("old")
    write(run, folder)
    assert {p.name: p.read_bytes() for p in written} == before
    assert (folder / "notes.txt").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["answers"]


def test_the_folder_has_the_usual_permissions(run, tmp_path):
    write(run, tmp_path / "answers")
    (tmp_path / "usual").mkdir()
    assert (tmp_path / "answers").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("after", range(8))
def test_nothing_is_left_half_written(run, tmp_path, monkeypatch, stop, after):
    folder = tmp_path / "answers"
    folder.mkdir()
    for name in ("answers.csv", "run.json"):  # the page is new
        (folder / name).write_text(f"old {name}")
    real, calls = os.replace, []

    def replace_until(*paths):
        calls.append(paths)
        if len(calls) == after:
            raise stop
        return real(*paths)

    monkeypatch.setattr(output.os, "replace", replace_until)
    expected = StudyError if isinstance(stop, OSError) else KeyboardInterrupt
    if after:
        with pytest.raises(expected):
            write(run, folder)
        assert {p.name: p.read_text() for p in folder.iterdir()} == {
            name: f"old {name}" for name in ("answers.csv", "run.json")
        }
    else:
        write(run, folder)
        assert len(list(folder.iterdir())) == 5


def test_an_interrupt_while_files_are_made_leaves_no_folder(run, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(run, tmp_path / "answers")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_refused_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "taken" / "run.json").mkdir(parents=True)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for folder, said in (
        ("file", "found a file by that name"),
        ("dangling", "found a file by that name"),
        ("file/answers", "for it to stand in"),
        ("no/such/place", "for it to stand in"),
        ("taken", "a folder by the name of run.json"),
        ("x" * 300, "found file name too long"),
        ("a\0b", "found"),
    ):
        with pytest.raises(StudyError, match=said):
            prepare(tmp_path / folder)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dangling", "file", "taken"]


def test_a_folder_without_permission_is_refused_in_words(tmp_path, monkeypatch):
    def forbidden(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", forbidden)
    with pytest.raises(StudyError, match=r"found permission denied, expected .* Choose another with --out"):
        prepare(tmp_path / "answers")
