"""Files and frames become one panel, or are refused in words that show the way out."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import causalkpi as ck
from causalkpi.errors import DataError
from causalkpi.files import Source
from causalkpi.panel import as_panel
from causalkpi.reading import read_panel

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"

TEXT = """branch,quarter,loyalty,churn
NA,2024Q1,60,0.10
007,2024Q1,61.5,
007,2024Q3,62,0.30
NA,2024Q2,63,0.40
"""
KEYS = {"unit": "branch", "period": "quarter"}


def write(folder: Path, text: str | bytes, name: str = "panel.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(*args, **kwargs) -> DataError:
    with pytest.raises(DataError) as error:
        read_panel(*args, **kwargs)
    return error.value


# Files


def test_a_text_file_is_read_as_it_stands(tmp_path):
    panel = read_panel(write(tmp_path, TEXT), **KEYS)
    assert panel.units == ("007", "NA")
    assert panel.periods == ("2024Q1", "2024Q2", "2024Q3")
    assert panel.frame["loyalty"].tolist() == [61.5, 62, 60, 63]
    np.testing.assert_array_equal(panel.frame["churn"], [np.nan, 0.3, 0.1, 0.4])
    (record,) = panel.sources
    assert (record.name, record.rows) == ("panel.csv", 4)
    assert record.columns == ("branch", "quarter", "loyalty", "churn") and len(record.sha256) == 64
    assert panel.faults == ()


def test_csv_excel_parquet_and_a_frame_hold_the_same_panel(tmp_path):
    panel = read_panel(write(tmp_path, TEXT), **KEYS)
    frame = pd.read_csv(io.StringIO(TEXT), dtype={"branch": str}, keep_default_na=False, na_values=[""])
    frame.to_excel(tmp_path / "panel.xlsx", index=False)
    frame.to_parquet(tmp_path / "panel.parquet")
    for source in ("panel.xlsx", "panel.parquet"):
        assert read_panel(tmp_path / source, **KEYS) == panel
    assert (
        read_panel(frame, **KEYS)
        == panel
        == as_panel(frame, **KEYS)
        == ck.read_panel(str(tmp_path / "panel.csv"), **KEYS)
    )
    assert read_panel(panel.to_frame(), **KEYS) == panel


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", TEXT.replace(",", ";")),
        ("a.tsv", TEXT.replace(",", "\t")),
        ("a.txt", TEXT.replace(",", "|")),
        ("a.csv", TEXT.replace("\n", "\r\n")),
        ("a.csv", TEXT + "\n\n,,,\n"),
        ("a.csv", TEXT.replace("\n", ",\n")),  # trailing separators throughout
        ("a.csv", "\ufeff" + TEXT),
        ("a.csv", TEXT.encode("utf-16")),
    ],
)
def test_text_files_of_other_habits_hold_the_same_panel(tmp_path, name, text):
    assert read_panel(write(tmp_path, text, name), **KEYS) == read_panel(write(tmp_path, TEXT), **KEYS)


def test_names_may_hold_anything(tmp_path):
    text = 'branch,"klant, ""loyaal"" 😀",<b>x</b>,two  spaces\n"a\nb",1,2,3\nc,4,5,6\n'
    panel = read_panel(write(tmp_path, text), unit="branch")
    assert panel.kpis == ("<b>x</b>", 'klant, "loyaal" 😀', "two  spaces")
    assert panel.units == ("a\nb", "c")


def test_windows_text_is_read_and_noted(tmp_path):
    panel = read_panel(write(tmp_path, "branch,x\nCafé,1\nb,2\n".encode("cp1252")), unit="branch")
    assert panel.units == ("Café", "b")
    assert [fault.rule for fault in panel.faults] == ["encoding"]


def test_an_uneven_row_stops_with_its_line(tmp_path):
    error = refused(write(tmp_path, TEXT + "\n008,2024Q1,1,2,3\n009,2024Q1,1\n"), **KEYS)
    (fault,) = error.faults
    assert (fault.rule, fault.count, fault.examples) == ("ragged", 2, ("line 7: 5", "line 8: 3"))
    error = refused(write(tmp_path, 'branch,x\n"a\nb",1\nc,1,2\n'), unit="branch")
    assert error.faults[0].examples == ("line 4: 3",)


def test_a_comma_within_a_number_never_shifts_columns(tmp_path):
    error = refused(write(tmp_path, "branch,x,y\na,1,5,2\nb,1,7,2\n"), unit="branch")
    assert error.faults[0].rule == "ragged"


def test_decimal_commas_are_seen_and_read_when_declared(tmp_path):
    path = write(tmp_path, "branch;x;y\na;0,5;1.000,25\nb;1;7\n")
    panel = read_panel(path, unit="branch", columns={"x": "churn"}, decimal=",", thousands=".")
    assert panel.frame["churn"].tolist() == [0.5, 1] and panel.frame["y"].tolist() == [1000.25, 7]
    (fault,) = refused(write(tmp_path, "branch;x\na;0,5\nb;1\n"), unit="branch").faults[:1]
    assert fault.remedy == "This looks like a decimal comma: decimal=','."
    assert fault.examples == ("row 2: '0,5'",)


def test_text_blocks_one_kpi_of_a_file(tmp_path):
    panel = read_panel(write(tmp_path, TEXT.replace("0.30", "n.v.t.")), **KEYS)
    assert panel.kpis == ("loyalty",)
    assert "row 4: 'n.v.t.'" in panel.blocked["churn"]
    read = read_panel(write(tmp_path, TEXT.replace("0.30", "n.v.t.")), **KEYS, missing=["", "n.v.t."])
    assert read.kpis == ("churn", "loyalty")


def test_duplicate_and_nameless_columns_stop(tmp_path):
    error = refused(write(tmp_path, "branch,x,x,\na,1,2,3\n"), unit="branch")
    assert [fault.rule for fault in error.faults] == ["no-name", "duplicate-column"]
    error = refused(write(tmp_path, "branch,x,y\na,1,2\n"), unit="branch", columns={"x": "y"})
    assert [fault.rule for fault in error.faults] == ["duplicate-column"]
    error = refused(write(tmp_path, TEXT), unit="brnch", period="quarter", columns={"loyalti": "loyalty"})
    assert [fault.rule for fault in error.faults] == ["unknown-column", "unknown-column"]
    assert "Did you mean 'branch'?" in str(error) and "Did you mean 'loyalty'?" in str(error)


def test_a_key_is_no_kpi(tmp_path):
    error = refused(write(tmp_path, "branch,x\na,1\n"), unit="branch", columns={"branch": "y"})
    assert [fault.rule for fault in error.faults] == ["key-as-kpi"]


def test_a_separator_is_one_sign(tmp_path):
    assert "separator=';;', expected one sign" in str(refused(write(tmp_path, TEXT), **KEYS, separator=";;"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "no names in the first line"),
        ("a.csv", b"\n\n", "no names in the first line"),
        ("a.csv", b"branch,x\n", "no rows"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x8d", "bytes that are no text"),  # 0x8d is nothing in Windows-1252
        ("a.csv", b"branch,x\na,\x00\n", "bytes that are no text"),
        ("a.csv", "branch,x\na,1\n".encode("utf-16-le"), "bytes that are no text"),
        ("a.xlsx", b"no workbook", "cannot be read"),
        ("a.xlsx", b"", "cannot be read"),
        ("a.parquet", b"no parquet", "cannot be read"),
        ("a.docx", b"", "expected one of .csv"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, name, content, words):
    error = refused(write(tmp_path, content, name), unit="branch")
    assert words in str(error) and name in str(error) and str(tmp_path) not in str(error)


def test_a_missing_file_is_answered_with_what_exists(tmp_path):
    write(tmp_path, TEXT, "branches.csv")
    assert "Did you mean 'branches.csv'?" in str(refused(tmp_path / "branchs.csv"))
    assert "no such file" in str(refused(tmp_path / "nowhere" / "branches.csv"))
    assert "int" in str(refused(3))


def test_a_workbook_with_several_sheets_asks_which(tmp_path):
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "Uitleg"
    data = book.create_sheet("Data")
    for row in (
        ["branch", "date", "x", None],
        [1.0, pd.Timestamp("2024-01-31"), 2],
        [],
        [2.0, pd.Timestamp("2024-02-29"), True],
    ):
        data.append(row)
    book.save(path)
    assert "There are: 'Data', 'Uitleg'" in str(refused(path, unit="branch"))
    assert "Did you mean 'Data'?" in str(refused(path, unit="branch", sheet="Dat"))
    panel = read_panel(path, unit="branch", period="date", sheet="Data")
    assert panel.units == ("1", "2") and panel.periods == ("2024-01", "2024-02")
    assert panel.frame["x"].tolist() == [2, 1]
    assert refused(path, unit="x", sheet="Uitleg").faults[0].found in ("no rows", "no names in the first line")


def test_an_excel_row_number_is_the_spreadsheets(tmp_path):
    book = openpyxl.Workbook()
    for row in (["branch", "x", "y"], ["a", 1, 1], [None, None, None], ["b", "fout", 2]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    assert "row 4: 'fout'" in read_panel(tmp_path / "book.xlsx", unit="branch").blocked["x"]


# Aggregation


@pytest.fixture
def months() -> pd.DataFrame:
    """Two branches over six months, shuffled; B02 lacks May."""
    table = pd.DataFrame(
        {
            "branch": ["B01"] * 6 + ["B02"] * 5,
            "month": [f"2024-{m:02d}" for m in (1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 6)],
            "revenue": [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 60],
            "staff": [5, 5, 6, 6, 7, 8, 1, 2, 3, 4, 5],
        }
    )
    return table.sample(frac=1, random_state=1)


def test_months_become_quarters_and_a_sum_with_a_part_missing_is_missing(months):
    panel = read_panel(months, "branch", "month", how={"revenue": "sum", "staff": "last"}, frequency="quarter")
    assert panel.frame["revenue"].tolist()[:3] == [6, 15, 60] and np.isnan(panel.frame["revenue"].iloc[3])
    assert panel.frame["staff"].tolist() == [6, 8, 3, 5]
    assert panel.counts["revenue"].tolist() == [3, 3, 3, 2]
    assert panel.respondents == ()
    (note,) = panel.faults
    assert (note.rule, note.severity, note.examples) == ("partial-sum", "notes", ("B02, 2024Q2: 2 of 3 values",))


@pytest.mark.parametrize(
    ("how", "values"),
    [("mean", [2, 5, 20, 50]), ("first", [1, 4, 10, 40]), ("min", [1, 4, 10, 40]), ("max", [3, 6, 30, 60]),
     ("count", [3, 3, 3, 2])],
)  # fmt: skip
def test_the_other_words(months, how, values):
    panel = read_panel(months, "branch", "month", how=how, frequency="quarter")
    assert panel.frame["revenue"].tolist() == values


def test_a_sum_of_rows_with_a_missing_cell_is_missing():
    table = pd.DataFrame({"branch": ["a", "a", "b", "b"], "year": 2024, "x": [1, np.nan, 2, 3]})
    panel = read_panel(table, "branch", "year", how="sum")
    np.testing.assert_array_equal(panel.frame["x"], [np.nan, 5])


def test_what_is_complete_within_a_period_may_be_declared():
    sales = pd.DataFrame({"branch": "a", "date": ["2024-01-05", "2024-03-17", "2024-03-17"], "x": [1, 2, 3]})
    assert np.isnan(read_panel(sales, "branch", "date", how="sum", frequency="quarter").frame["x"].item())
    declared = read_panel(Source(sales, "branch", "date", how="sum", frequency="quarter"))
    assert declared.frame["x"].item() == 6 and declared.counts["x"].item() == 3
    assert declared.respondents == ("x",)


def test_nothing_adds_up_without_a_word(months):
    error = refused(months, "branch", "month", how={"revenue": "sum"}, frequency="quarter")
    assert "how= for 'staff'" in str(error)
    again = pd.concat([months, months.head(1)])
    assert refused(again, "branch", "month").faults[0].rule == "duplicate-keys"
    assert "first or last" in str(refused(again, "branch", "month", how="last"))


def test_weeks_belong_to_the_month_of_their_thursday():
    weeks = pd.DataFrame({"branch": "a", "week": [f"2024-W{w:02d}" for w in range(1, 10)], "x": 1})
    panel = read_panel(weeks, "branch", "week", how="sum", frequency="month")
    assert panel.periods == ("2024-01", "2024-02") and panel.frame["x"].tolist() == [4, 5]


def test_respondents_without_a_period_become_attributes_of_their_unit(months):
    survey = Source(pd.DataFrame({"u": ["B01", "B01", "B02"], "loyalty": [1, 3, 5]}), "u", how="mean")
    panel = read_panel([Source(months, "branch", "month"), survey])
    assert panel.frame["loyalty"].groupby(level="unit").unique().map(list).to_dict() == {"B01": [2.0], "B02": [5.0]}
    assert panel.counts["loyalty"].loc["B01"].unique().tolist() == [2] and panel.respondents == ("loyalty",)


def test_row_labels_may_repeat(months):
    halves = pd.concat([months.head(5).reset_index(drop=True), months.tail(6).reset_index(drop=True)])
    assert read_panel(halves, "branch", "month") == read_panel(months, "branch", "month")
    how = {"how": "mean", "frequency": "quarter"}
    assert read_panel(halves, "branch", "month", **how) == read_panel(months, "branch", "month", **how)


def test_longer_periods_need_a_word_too():
    years = pd.DataFrame({"branch": "a", "year": [2023, 2024], "budget": [120, 240], "staff": [10, 20]})
    assert "how= for 'budget', 'staff': one of repeat, spread" in str(
        refused(years, "branch", "year", frequency="quarter")
    )
    panel = read_panel(years, "branch", "year", how={"budget": "spread", "staff": "repeat"}, frequency="quarter")
    assert panel.periods[0] == "2023Q1" and panel.n_periods == 8
    assert panel.frame["budget"].tolist() == [30] * 4 + [60] * 4
    assert panel.frame["staff"].tolist() == [10] * 4 + [20] * 4
    twice = pd.concat([years, years])
    assert refused(twice, "branch", "year", how="repeat", frequency="month").faults[0].rule == "duplicate-keys"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_an_aggregate_does_not_depend_on_the_order_of_rows(values, random):
    table = pd.DataFrame({"branch": ["a", "b"] * len(values), "x": values * 2, "y": [v / 3 for v in values * 2]})
    rows, columns = list(range(len(table))), list(table)
    random.shuffle(rows), random.shuffle(columns)
    mixed = table.iloc[rows][columns]
    for how in ("mean", "sum"):
        assert read_panel(mixed, "branch", how=how) == read_panel(table, "branch", how=how)


# Several sources


@pytest.fixture
def survey() -> pd.DataFrame:
    return pd.DataFrame(
        {"unit": ["B01", "B01", "B01", "B02", "b1"], "wave": ["2024 K1"] * 2 + ["2024 K2"] * 3,
         "loyalty": [60.0, 70.0, 80.0, None, 40.0]}
    )  # fmt: skip


@pytest.fixture
def personnel() -> pd.DataFrame:
    return pd.DataFrame({"vestiging": ["B01", "B02"], "jaar": [2024, 2024], "verloop": [0.1, 0.2], "uren": [400, 800]})


def test_finance_survey_and_personnel_become_one_panel(months, survey, personnel):
    before = [frame.copy(deep=True) for frame in (months, survey, personnel)]
    sources = [
        Source(months, "branch", "month", how={"revenue": "sum", "staff": "last"}, name="finance"),
        Source(survey, "unit", "wave", how="mean", name="survey"),
        Source(
            personnel, "vestiging", "jaar", {"verloop": "turnover", "uren": "hours"},
            {"turnover": "repeat", "hours": "spread"}, name="personnel",
        ),
        Source(pd.DataFrame({"branch": ["B01", "B02"], "size": [1, 2]}), "branch", name="attributes"),
        Source(pd.DataFrame({"quarter": ["2024Q1", "2024Q2"], "rate": [3, 4]}), None, "quarter", name="market"),
    ]  # fmt: skip
    panel = read_panel(sources)
    assert panel.frequency == "quarter"
    assert panel.units == ("B01", "B02", "b1")
    rows = panel.frame.reset_index()
    rows = rows[rows["unit"].eq("B01")]
    np.testing.assert_array_equal(rows["revenue"], [6, 15, np.nan, np.nan])
    np.testing.assert_array_equal(rows["loyalty"], [65, 80, np.nan, np.nan])
    assert rows["turnover"].tolist() == [0.1] * 4 and rows["hours"].tolist() == [100] * 4
    assert rows["size"].tolist() == [1] * 4
    np.testing.assert_array_equal(rows["rate"], [3, 4, np.nan, np.nan])
    assert panel.counts["loyalty"].loc["B01"].tolist()[:2] == [2, 1]
    assert panel.counts["loyalty"].loc["B02"].tolist()[1] == 0
    assert panel.respondents == ("loyalty",)
    assert [record.name for record in panel.sources] == ["finance", "survey", "personnel", "attributes", "market"]
    lonely = [fault for fault in panel.faults if fault.rule == "unmatched"]
    assert [(f.where, f.examples, f.severity) for f in lonely] == [("survey", ("'b1': did you mean 'B01'?",), "warns")]
    for frame, copy in zip((months, survey, personnel), before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_the_order_of_sources_does_not_matter_for_the_data(months, survey):
    sources = [Source(months, "branch", "month", how="mean"), Source(survey, "unit", "wave", how="mean")]
    assert read_panel(sources).frame.equals(read_panel(sources[::-1]).frame)


def test_sources_without_both_keys_are_combined():
    units = Source(pd.DataFrame({"u": ["a", "b"], "size": [1, 2]}), "u")
    years = Source(pd.DataFrame({"y": [2023, 2024], "rate": [3, 4]}), None, "y")
    panel = read_panel([units, years])
    assert panel.frame["rate"].tolist() == [3, 4, 3, 4] and panel.frame["size"].tolist() == [1, 1, 2, 2]


def test_all_faults_of_all_sources_are_told_at_once(tmp_path, months):
    sources = [
        Source(tmp_path / "absent.csv", "a", "b"),
        Source(months, "branch", "mnth"),
        Source(months, "branch", "month", how={"revenues": "sum", "staff": "median"}),
    ]
    error = refused(sources)
    assert [fault.rule for fault in error.faults] == ["file", "unknown-column", "unknown-column", "how"]
    assert "Did you mean 'revenue'?" in str(error)


def test_requests_that_make_no_sense_are_refused(months):
    key = {"unit": "branch", "period": "month"}
    assert "no source" in str(refused([]))
    assert "neither unit nor period" in str(refused([months, months]))
    assert "frequency" in str(refused(months, **key, frequency="fortnight"))
    assert "decimal beside sources" in str(refused([Source(months, **key)], decimal=","))
    assert "decimal=','" in str(refused(months, **key, decimal=",", thousands=","))
    assert "no periods" in str(refused(months.head(1), unit="branch", frequency="quarter"))
    assert "step" in str(refused([Source(months, **key), Source(pd.DataFrame({"t": [1, 2], "z": 1}), None, "t")]))
    assert "'revenue' in 2 sources" in str(refused([Source(months, **key), Source(months, **key)]))


def test_one_period_three_rows():
    panel = read_panel(pd.DataFrame({"branch": list("abc"), "quarter": "2024Q1", "x": [1, 2, 3]}), **KEYS)
    assert (panel.n_units, panel.n_periods, panel.repeated) == (3, 1, False)
    assert read_panel(pd.DataFrame({"x": [1, 2, 3]})).n_units == 3


# Real files


@pytest.fixture
def real() -> Path:
    if not REAL.is_dir():
        pytest.skip("the real data are not beside the repository (../shared/data)")
    return REAL


def test_hospitals(real):
    panel = read_panel(real / "nhs_trust_engagement.csv", unit="Code", period="Year.Index")
    assert (len(panel.frame), panel.periods[0], panel.periods[-1]) == (1084, "2012", "2019")
    assert {"Name", "HEE.region.name"} < set(panel.blocked) and "Engagement.Index" in panel.kpis


def test_telecom_customers(real):
    panel = read_panel(real / "iranian_churn.csv")
    assert (panel.n_units, panel.frequency) == (3150, "none")
    assert "Call  Failure" in panel.kpis
    (warning,) = panel.faults
    assert (warning.rule, warning.count, warning.severity) == ("duplicate-rows", 300, "warns")
