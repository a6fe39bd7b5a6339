"""A drafted study file: what is sure is in force, what is likely is a question, and whatever it holds can be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from causalkpi.datasets import load_demo
from causalkpi.drafting import Opened, quote, study_text
from causalkpi.errors import StudyError
from causalkpi.graph import KPIGraph
from causalkpi.graphfile import load_graph
from causalkpi.kpi import KPI
from causalkpi.language import LANGUAGES, Language
from causalkpi.new_study import draft, write_new
from causalkpi.notation import guess_notation
from causalkpi.studyfile import StudyFile, load, read_study

ROOT = Path(__file__).resolve().parents[1]
TELECOM = ROOT / "tests" / "studies" / "telecom"
DUTCH = """\
Filiaal;Kwartaal;Klanttevredenheid;Omzet (EUR);NPS
Noord;2024K1;66,5;1.234.567,50;12
Noord;2024K2;67,25;1.250.000;13
Zuid;2024K1;70,5;987.000;-4
Zuid;2024K2;71;990.100,25;8
"""
BOOK = load_graph("customer_centred")


def readable(text: str, folder: Path) -> StudyFile:
    """The study that the text means to a program that does not know of languages yet."""
    file = folder / "drafted.yaml"
    lines = [line for line in text.splitlines() if not line.startswith("language:")]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_study(file)


def drafted(
    folder: Path, content: str, graph: str = "customer_centred", language: Language = "en", name: str = "export.csv"
):
    (folder / name).write_text(content, encoding="utf-8")
    text = draft([folder / name], graph, language, folder)
    return text, readable(text, folder).sources[0]


# Whole files


def test_every_kpi_of_the_demo_panel_is_mapped(tmp_path):
    shutil.copy(ROOT / "data" / "waterland_bank.csv", tmp_path)
    text = draft([tmp_path / "waterland_bank.csv"], "customer_centred", "nl", tmp_path)
    study = readable(text, tmp_path)
    (source,) = study.sources
    assert dict(source.columns or {}) == {kpi: kpi for kpi in BOOK.ids}
    assert (source.unit, source.period, source.separator, source.decimal) == ("unit", "period", ",", ".")
    assert "vraag:" not in text and "zonder kolom" not in text
    panel = load(study).panel
    assert panel.to_frame()["revenue"].sum() == pytest.approx(load_demo()["revenue"].sum())


def test_a_dutch_export_is_read_as_it_was_meant(tmp_path):
    text, source = drafted(tmp_path, DUTCH, language="nl")
    assert (source.unit, source.period, source.separator) == ("Filiaal", "Kwartaal", ";")
    assert (source.decimal, source.thousands) == (",", ".")
    assert source.columns == {"Klanttevredenheid": "customer_satisfaction", "Omzet (EUR)": "revenue"}
    assert "# NPS: advocacy  # vraag:" in text
    frame = load(readable(text, tmp_path)).panel.to_frame()
    assert frame["revenue"].tolist() == [1_234_567.5, 1_250_000, 987_000, 990_100.25]
    assert frame["customer_satisfaction"].tolist() == [66.5, 67.25, 70.5, 71]


def test_everything_guessed_is_marked_so_in_its_language(tmp_path):
    for language in LANGUAGES:
        text, _ = drafted(tmp_path, DUTCH, language=language)
        after = ("format:", "language:", "graph:", "data:", "- path:", "columns:", "claims:", "#")
        loose = [line for line in text.splitlines() if not line.strip().startswith(after)]
        word = {"en": "guessed", "nl": "geraden"}[language]
        assert loose and all(f"  # {word}: " in line for line in loose)
        assert f"language: {language}" in text.splitlines()


def test_telecom_customers(tmp_path):
    data = TELECOM / "../../../../shared/data/iranian_churn.csv"
    if not data.is_file():
        pytest.skip("the telecom customers (UCI 563) are not on this machine")
    text = draft([data], str(TELECOM / "graph.yaml"), "en", tmp_path)
    study = readable(text, tmp_path)
    (source,) = study.sources
    assert source.unit is None and source.period is None and source.columns
    assert {"Churn": "churn", "Age": "age"}.items() <= source.columns.items()
    assert "# Call  Failure: call_failures  # question: " in text
    assert study.graph.id == "telecom" and study.claims


def test_an_excel_file_and_its_likeliest_sheet(tmp_path):
    frame = pd.DataFrame(
        {"Vestiging": ["A", "A", "B"], "Datum": pd.to_datetime(["2024-01-01", "2024-04-01", "2024-01-01"]),
         "Klantverloop": [0.05, 0.04, 0.06], "Kosten (x 1.000)": [1, 2, 3]}
    )  # fmt: skip
    with pd.ExcelWriter(tmp_path / "cijfers.xlsx") as book:
        pd.DataFrame().to_excel(book, sheet_name="leeg", index=False)
        pd.DataFrame({"toelichting": ["x"]}).to_excel(book, sheet_name="uitleg", index=False)
        frame.to_excel(book, sheet_name="Q's: 2024".replace(":", ""), index=False)
    text = draft([tmp_path / "cijfers.xlsx"], "customer_centred", "nl", tmp_path)
    study = readable(text, tmp_path)
    (source,) = study.sources
    assert (source.sheet, source.unit, source.period) == ("Q's 2024", "Vestiging", "Datum")
    assert source.columns == {"Klantverloop": "churn"} and source.separator is None
    assert "'x 1.000'; die van de KPI is 'EUR'" in text
    assert load(study).panel.to_frame()["churn"].tolist() == [0.05, 0.04, 0.06]


def test_two_files_do_not_hold_one_kpi(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text("branch,quarter,Churn\nA,2024Q1,0.1\nA,2024Q2,0.2\n")
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    text = draft(paths, "customer_centred", "en", tmp_path)
    first, second = readable(text, tmp_path).sources
    assert first.columns == {"Churn": "churn"} and not second.columns
    assert "'one.csv' holds this KPI too" in text


def test_a_graph_without_claims_gets_a_question_of_its_own(tmp_path):
    text, _ = drafted(tmp_path, "unit,period,revenue,cost\nA,2024Q1,1,2\nA,2024Q2,3,4\n", "boss_centred")
    study = readable(text, tmp_path)
    graph = load_graph("boss_centred")
    (asked,) = study.questions
    assert not study.claims
    assert (asked.treatment, asked.outcome, asked.horizon) in {(li.source, li.target, li.lag) for li in graph.links}


def test_kpis_without_a_column_and_columns_without_a_kpi_are_listed(tmp_path):
    text, _ = drafted(tmp_path, "branch,quarter,Klanten,postcode\nA,2024Q1,1,9\nB,2024Q1,3,8\n", language="nl")
    assert "# Niet gebruikt: 'postcode'" in text
    assert "#   churn: klantverloop (deel van de klanten dat in het kwartaal vertrok)" in text
    assert "#   customers:" not in text


def test_text_that_is_not_utf8_says_so(tmp_path):
    (tmp_path / "oud.csv").write_bytes("Filiaal;Kwartaal;Klanten\nCafé;2024K1;5\nBar;2024K1;6\n".encode("cp1252"))
    text = draft([tmp_path / "oud.csv"], "customer_centred", "nl", tmp_path)
    assert "# oud.csv: gevonden tekst die geen UTF-8 is" in text and str(tmp_path) not in text


# Numbers


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands"),
    [
        (["0,5", "12"], ",", ""),
        (["0.5", "12"], ".", ""),
        (["1.234,5"], ",", "."),
        (["1,234.50"], ".", ","),
        (["1.234.567"], ",", "."),
        (["0,125"], ",", ""),
        (["12345.678"], ".", ""),
        (["12", "", "NA"], "", ""),
        ([12.5, None], "", ""),
        (["0,5", "0.5"], "", ""),
        (["1.234.56", "31.12.2024", "192.168.1.1"], "", ""),
    ],
)
def test_a_notation_is_known_where_a_cell_shows_it(cells, decimal, thousands):
    found = guess_notation(pd.DataFrame({"x": cells}))
    assert (found.decimal, found.thousands, found.open) == (decimal, thousands, {})


@pytest.mark.parametrize("number", ["1.234", "1,234", "12.345", "-1.000"])
def test_a_number_with_two_readings_is_asked_about_and_refused(tmp_path, number):
    lines = [f"{unit};{quarter};{number}" for unit in "AB" for quarter in ("2024Q1", "2024Q2")]
    text, source = drafted(tmp_path, "\n".join(["Filiaal;Kwartaal;revenue", *lines]) + "\n")
    assert "in two ways" in text and "# thousands:" in text and not source.columns
    with pytest.raises(ValueError, match="revenue"):  # under the sign that is written, nothing is misread
        load(readable(text, tmp_path))


def test_one_column_is_open_where_only_others_show_the_sign(tmp_path):
    text, source = drafted(tmp_path, "Filiaal;Klantverloop;Omzet\nA;0,5;1.234\nB;0,4;980\n", language="nl")
    assert source.decimal == "," and source.thousands == ""
    assert source.columns == {"Klantverloop": "churn"}
    assert "vraag: is 1.234 meer dan duizend (kolommen: 'Omzet')?" in text


def test_a_doubtful_column_by_the_name_of_a_kpi_says_that_it_is_read_all_the_same(tmp_path):
    text, source = drafted(tmp_path, "branch,quarter,churn,revenue\nA,2024Q1,0.5,1.234\nB,2024Q1,0.4,2.345\n")
    assert source.columns == {"churn": "churn"}
    assert "its name is the KPI's id, so it is read all the same" in text


def test_keys_say_nothing_of_the_notation(tmp_path):
    _, source = drafted(tmp_path, "code,quarter,churn\n1.234,2024Q1,0.5\n1.235,2024Q1,0.4\n")
    assert source.unit == "code" and source.decimal == "." and source.columns == {"churn": "churn"}


# Hostile headers

HOSTILE = [
    'say "churn"', "it's", "a: b", "# churn", "x # y", "two\nlines", "tab\there", "- item", "{churn}", "[churn]", "*a",
    "&a", "!t", "%x", "@x", "`x", "|", ">", "?", "? x", ": x", "null", "no", "1", "1.5", "2024-01-01", "~", "=", "<<",
    "é", "\u2028", "\x85", "\x7f", "\ufeff", "😀", "{why}", "  ", "x" * 300, "x" * 2000, "\\", "\\n",
    "churn\nformat: 2",
]  # fmt: skip


def parsed(text: str):
    """What YAML itself reads, whatever this package makes of it."""
    return YAML(typ="safe", pure=True).load(text)


def of_headers(headers: list[str], folder: Path, language: Language = "nl"):
    """The source that a table with these headers becomes."""
    cells = pd.DataFrame([["A", "1.234", *["x"] * len(headers)]], columns=["branch", "quarter", *headers])
    (folder / "data.csv").touch()
    return readable(study_text(BOOK, "customer_centred", [Opened("data.csv", cells, ";")], language), folder).sources[0]


@pytest.mark.parametrize("header", HOSTILE)
def test_a_hostile_header_is_mapped_as_it_stands(header):
    graph = KPIGraph((KPI("churn", en=header), KPI("spend")))
    cells = pd.DataFrame([["A", 1], ["B", 2]], columns=["branch", header])
    document = parsed(study_text(graph, "customer_centred", [Opened("data.csv", cells)], "en"))
    assert document["format"] == 1
    named = any(sign.isalnum() for sign in header)
    assert document["data"][0].get("columns") == ({header: "churn"} if named else None)


def test_all_hostile_headers_at_once(tmp_path):
    source = of_headers([*HOSTILE, *HOSTILE, "", "", "churn"], tmp_path)
    assert source.columns == {"churn": "churn"} and source.unit == "branch"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=4), st.sampled_from(["en", "nl"]))
def test_any_headers_give_a_study_that_can_be_read(tmp_path, headers, language):
    source = of_headers(headers, tmp_path, language)
    assert set(source.columns or ()) <= {"branch", "quarter", *headers}


@given(st.text(max_size=60))
def test_a_quoted_text_is_read_as_it_was(text):
    assert quote(text).isprintable()
    assert parsed(f"a: {quote(text)}  # why\n") == {"a": text}


# Writing


def test_it_is_written_once(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "export.csv").write_text(DUTCH)
    (tmp_path / "studies").mkdir()
    target = tmp_path / "studies" / "study.yaml"
    assert write_new(target, [tmp_path / "data" / "export.csv"], "customer_centred", "nl") == target
    content = target.read_text("utf-8")
    assert '- path: "../data/export.csv"' in content
    assert sorted(path.name for path in target.parent.iterdir()) == ["study.yaml"]
    with pytest.raises(StudyError, match="Choose another name") as caught:
        write_new(target, [tmp_path / "data" / "export.csv"], "customer_centred", "en")
    assert "Kies een andere naam" in caught.value.text.render("nl")
    assert target.read_text("utf-8") == content


def test_all_that_is_in_the_way_is_said_at_once(tmp_path):
    (tmp_path / "ragged.csv").write_text("a,b\n1,2,3\n")
    with pytest.raises(StudyError) as caught:
        write_new(
            tmp_path / "nowhere" / "study.yaml",
            [tmp_path / "absent.csv", tmp_path / "ragged.csv"],
            "customer_centered",
            "nl",
        )
    said = str(caught.value)
    assert len(caught.value.faults) == 4
    for words in (
        "no folder",
        "absent.csv: found no such file",
        "rows without 2 cells",
        "Did you mean 'customer_centred'",
    ):
        assert words in said
    with pytest.raises(StudyError, match="no data file"):
        write_new(tmp_path / "study.yaml", [], "customer_centred", "nl")
    assert [path.name for path in tmp_path.iterdir()] == ["ragged.csv"]


def test_a_graph_of_ones_own_is_named_as_the_study_sees_it(tmp_path):
    (tmp_path / "models").mkdir()
    shutil.copy(TELECOM / "graph.yaml", tmp_path / "models" / "mine.yaml")
    (tmp_path / "data.csv").write_text("klantnummer,churn\n1,0\n2,1\n")
    (tmp_path / "study").mkdir()
    file = write_new(
        tmp_path / "study" / "s.yaml", [tmp_path / "data.csv"], str(tmp_path / "models" / "mine.yaml"), "nl"
    )
    study = readable(file.read_text("utf-8"), file.parent)
    assert study.graph_name == "../models/mine.yaml" and study.sources[0].unit == "klantnummer"


def test_another_order_of_rows_gives_the_same_draft(tmp_path):
    rows = np.random.default_rng(0).permutation(DUTCH.splitlines()[1:])
    shuffled, _ = drafted(tmp_path, "\n".join([DUTCH.splitlines()[0], *rows]) + "\n")
    assert shuffled == drafted(tmp_path, DUTCH)[0]
