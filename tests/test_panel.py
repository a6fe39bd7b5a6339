"""The panel keeps what it is given: gaps, order, text keys; and shifts within units only."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causalkpi.cells import read_numbers
from causalkpi.errors import DataError, Fault
from causalkpi.panel import Panel, as_panel
from causalkpi.periods import coarser, members, period_label, read_periods
from causalkpi.table import content_hash


@pytest.fixture
def table() -> pd.DataFrame:
    """Two branches, out of order, B2 without 2024Q2."""
    return pd.DataFrame(
        {
            "branch": ["B2", "B1", "B1", "B2", "B1"],
            "quarter": ["2024Q3", "2024Q2", "2024Q1", "2024Q1", "2024Q3"],
            "loyalty": [5.0, 2.0, 1.0, 4.0, 3.0],
            "churn": [0.5, 0.2, 0.1, 0.4, 0.3],
        }
    )


@pytest.fixture
def panel(table) -> Panel:
    return as_panel(table, unit="branch", period="quarter")


def test_it_knows_its_shape(panel):
    assert repr(panel) == "Panel of 2 units x 3 quarters (2024Q1 to 2024Q3): 5 unit-periods, 2 KPIs"
    assert panel.units == ("B1", "B2")
    assert panel.periods == ("2024Q1", "2024Q2", "2024Q3")
    assert (panel.n_units, panel.n_periods, panel.repeated) == (2, 3, True)
    assert panel.kpis == ("churn", "loyalty")
    assert (panel.unit_name, panel.period_name, panel.frequency) == ("branch", "quarter", "quarter")
    assert panel.label(panel.ordinals[1]) == "2024Q2"
    assert panel.frame.index.names == ["unit", "period"]
    assert set(map(str, panel.frame.dtypes)) == {"float64"}


def test_the_order_of_rows_and_columns_is_canonical(table, panel):
    assert panel.frame["loyalty"].tolist() == [1, 2, 3, 4, 5]
    assert as_panel(table.iloc[::-1, ::-1], unit="branch", period="quarter") == panel
    assert panel != as_panel(table.assign(churn=0.1), unit="branch", period="quarter")
    assert panel != "a panel"


def test_a_shift_stays_within_its_unit_and_stops_at_a_gap(panel):
    nan = np.nan
    np.testing.assert_equal(panel.shift("loyalty", 0).to_numpy(), [1, 2, 3, 4, 5])
    np.testing.assert_equal(panel.shift("loyalty", 1).to_numpy(), [2, 3, nan, nan, nan])
    np.testing.assert_equal(panel.shift("loyalty", -1).to_numpy(), [nan, 1, 2, nan, nan])
    np.testing.assert_equal(panel.shift("loyalty", -2).to_numpy(), [nan, nan, 1, nan, 4])
    np.testing.assert_equal(panel.shift("loyalty", 99).to_numpy(), [nan] * 5)
    assert panel.shift("loyalty", 1).index.equals(panel.frame.index)


def test_columns_are_asked_for_by_kpi_and_shift(panel):
    found = panel.columns([("loyalty", -1), ("churn", 0), ("loyalty", 0)])
    assert list(found) == [("loyalty", -1), ("churn", 0), ("loyalty", 0)]
    pd.testing.assert_series_equal(found[("loyalty", -1)], panel.shift("loyalty", -1), check_names=False)
    assert panel.columns([]).shape == (5, 0)


def test_an_unknown_column_is_named_with_what_exists(panel):
    with pytest.raises(DataError) as refused:
        panel.columns([("loyalti", 0), ("churn", 0), ("xyz", 1)])
    assert [fault.where for fault in refused.value.faults] == ["KPI 'loyalti'", "KPI 'xyz'"]
    assert "Did you mean 'loyalty'?" in str(refused.value)


def test_a_plain_table_comes_back_and_goes_in_again(panel):
    long = panel.to_frame()
    assert list(long) == ["branch", "quarter", "churn", "loyalty"]
    assert long["quarter"].tolist() == ["2024Q1", "2024Q2", "2024Q3", "2024Q1", "2024Q3"]
    assert as_panel(long, unit="branch", period="quarter") == panel


def test_the_callers_table_is_neither_changed_nor_shared(table):
    before = table.copy(deep=True)
    panel = as_panel(table, unit="branch", period="quarter")
    table.loc[:, "loyalty"] = -1.0
    assert panel.frame["loyalty"].min() == 1
    table.loc[:, "loyalty"] = before["loyalty"]
    panel.frame.loc[:, "loyalty"] = -1.0
    pd.testing.assert_frame_equal(table, before)


def test_a_panel_is_a_panel(panel):
    assert as_panel(panel) is panel
    with pytest.raises(DataError, match="a list, expected a DataFrame or a Panel"):
        as_panel([1, 2])  # type: ignore[arg-type]


def test_a_table_without_keys_is_a_cross_section_whatever_its_order():
    table = pd.DataFrame({"loyalty": [3.0, 1.0, 2.0], "churn": [0.3, 0.1, 0.2]})
    panel = as_panel(table)
    assert repr(panel) == "Panel of 3 units: 2 KPIs"
    assert (panel.frequency, panel.periods, panel.repeated) == ("none", ("",), False)
    assert panel == as_panel(table.iloc[[2, 0, 1]])
    assert list(panel.to_frame()) == ["unit", "churn", "loyalty"]
    assert as_panel(panel.to_frame(), unit="unit").frame.equals(panel.frame)


def test_a_period_without_a_unit_is_one_organisation():
    panel = as_panel(pd.DataFrame({"year": [2023, 2024], "revenue": [1, 2]}), period="year")
    assert panel.units == ("organisation",) and panel.periods == ("2023", "2024")


def test_keys_may_stand_in_the_index(table, panel):
    assert as_panel(table.set_index(["branch", "quarter"]), unit="branch", period="quarter") == panel


def test_units_are_text():
    table = pd.DataFrame({"unit": [1.0, 2.0, 10.0], "x": [1, 2, 3]})
    assert as_panel(table, unit="unit").units == ("1", "10", "2")
    text = pd.DataFrame({"unit": ["007", "NA", " <b>é 'x' \"y\" 😀 "], "x": [1, 2, 3]})
    assert as_panel(text, unit="unit").units == ("007", "<b>é 'x' \"y\" 😀", "NA")


def test_any_text_may_name_a_kpi():
    names = ["Call  Failure", 'it\'s "quoted"', "<script>", "klant 😀", "period", 2024]
    panel = as_panel(pd.DataFrame([range(6), range(6, 12)], columns=names))
    assert panel.kpis == tuple(sorted(map(str, names)))
    assert panel.shift("klant 😀", 0).tolist() == [3, 9]


def test_duplicate_keys_stop_with_their_places(table):
    twice = pd.concat([table, table.head(2)], ignore_index=True)
    with pytest.raises(DataError) as refused:
        as_panel(twice, unit="branch", period="quarter")
    (fault,) = refused.value.faults
    assert (fault.rule, fault.count) == ("duplicate-keys", 2)
    assert fault.examples == ("row 5: B2, 2024Q3", "row 6: B1, 2024Q2")
    assert "how='mean'" in fault.remedy


def test_all_faults_of_keys_are_told_at_once(table):
    table = table.assign(branch=["B1", None, " ", "B2", "B3"], quarter=["2024Q1", "", "2024Q2", "2024Q3", "2024Q1"])
    with pytest.raises(DataError) as refused:
        as_panel(table, unit="branch", period="quarter")
    assert [(f.rule, f.count, f.examples) for f in refused.value.faults] == [
        ("missing-keys", 2, ("row 1", "row 2")),
        ("missing-keys", 1, ("row 1",)),
    ]


def test_unknown_and_duplicate_columns_stop(table):
    with pytest.raises(DataError) as refused:
        as_panel(table.set_axis(["branch", "quarter", "x", "x"], axis=1), unit="brnch", period="quarter")
    assert [f.rule for f in refused.value.faults] == ["duplicate-column", "unknown-column"]
    assert "Did you mean 'branch'?" in str(refused.value)


def test_text_blocks_its_kpi_only(table):
    panel = as_panel(table.assign(churn=["0,1", "0,2", "", "0,4", "0,5"]), unit="branch", period="quarter")
    assert panel.kpis == ("loyalty",)
    assert "decimal=','" in panel.blocked["churn"]
    (fault,) = panel.faults
    assert (fault.count, fault.columns, fault.severity) == (4, ("churn",), "stops")
    with pytest.raises(DataError, match="decimal=','"):
        panel.shift("churn", 1)
    assert "1 blocked KPI" in repr(panel)


def test_a_table_without_numbers_is_refused_with_the_reasons():
    with pytest.raises(DataError) as refused:
        as_panel(pd.DataFrame({"a": ["x"], "b": [pd.Timestamp("2024-01-01")]}))
    assert [f.rule for f in refused.value.faults] == ["not-a-number", "not-a-number", "no-kpi"]


def test_an_empty_table_is_refused():
    with pytest.raises(DataError, match="no rows"):
        as_panel(pd.DataFrame({"a": []}))


def test_a_panel_made_by_hand_is_checked():
    index = pd.MultiIndex.from_tuples([("B1", 1), ("B1", 1)])
    with pytest.raises(DataError, match="more than once"):
        Panel(pd.DataFrame({"x": [1.0, 2.0]}, index=index))
    with pytest.raises(DataError, match="an index of 1 level"):
        Panel(pd.DataFrame({"x": [1.0]}))
    with pytest.raises(DataError, match="fortnight"):
        Panel(pd.DataFrame({"x": [1.0]}, index=index[:1]), "fortnight")  # type: ignore[arg-type]


def test_a_panel_made_by_hand_is_put_in_order():
    index = pd.MultiIndex.from_tuples([("b", 2), (1, 3), ("b", 1)])
    counts = pd.DataFrame({"x": [7, 8]}, index=index[:2])
    panel = Panel(pd.DataFrame({"x": [1, 2, 3], "a": True}, index=index), "year", counts)
    assert panel.frame.index.tolist() == [("1", 3), ("b", 1), ("b", 2)]
    assert panel.kpis == ("a", "x")
    np.testing.assert_equal(panel.counts["x"].to_numpy(), [8, np.nan, 7])


def test_the_first_reason_is_the_one_told():
    faults = (Fault("x", "one", "no", columns=("x",)), Fault("x", "two", "no", columns=("x",)))
    index = pd.MultiIndex.from_tuples([("B1", 1)])
    panel = Panel(pd.DataFrame({"y": [1.0]}, index=index), faults=faults)
    assert dict(panel.blocked) == {"x": "x: found one, expected no"}


def test_the_hash_is_of_the_content_not_of_its_order(table):
    assert content_hash(table) == content_hash(table.iloc[::-1, ::-1])
    assert content_hash(table) != content_hash(table.assign(churn=0.1))
    assert content_hash(pd.DataFrame({"a": [[1], {"b": 2}]}))


def test_importing_it_loads_nothing_heavy():
    code = (
        "import sys, causalkpi.panel, causalkpi.reading; print({'dowhy', 'statsmodels', 'openpyxl'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# Properties


@st.composite
def long_tables(draw) -> pd.DataFrame:
    places = st.tuples(st.sampled_from(["NA", "a", "b", "b "[:1] + "2", "10", "2"]), st.integers(-3, 6))
    keys = draw(st.lists(places, min_size=1, max_size=20, unique=True))
    values = st.floats(-1e6, 1e6) | st.just(np.nan)
    columns = {kpi: draw(st.lists(values, min_size=len(keys), max_size=len(keys))) for kpi in ("churn", "a b", "Z")}
    return pd.DataFrame({"unit": [u for u, _ in keys], "step": [t for _, t in keys], **columns})


@settings(max_examples=50, deadline=None)
@given(long_tables(), st.randoms(use_true_random=False))
def test_permuted_rows_and_columns_give_an_equal_panel(table, random):
    rows, columns = list(range(len(table))), list(table)
    random.shuffle(rows), random.shuffle(columns)
    mixed = table.iloc[rows][columns]
    assert as_panel(mixed, unit="unit", period="step") == as_panel(table, unit="unit", period="step")
    plain = table[["churn", "a b", "Z"]]
    assert as_panel(plain.iloc[rows]) == as_panel(plain)


@settings(max_examples=50, deadline=None)
@given(long_tables(), st.integers(-12, 12))
def test_a_shift_is_a_look_up_by_unit_and_period(table, by):
    panel = as_panel(table, unit="unit", period="step")
    known = panel.frame["churn"].to_dict()
    expected = [known.get((unit, period + by), np.nan) for unit, period in panel.frame.index]
    np.testing.assert_array_equal(panel.shift("churn", by).to_numpy(), expected)


# Periods


@pytest.mark.parametrize(
    ("cells", "frequency", "labels"),
    [
        (["2024Q1", "2024-Q2", "2024 K3", "q4 2024"], "quarter", ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]),
        (["2024-01", "2024M02", "3-2024"], "month", ["2024-01", "2024-02", "2024-03"]),
        (["2020-W53", "2021-W01"], "week", ["2020-W53", "2021-W01"]),
        (["2023", "2024.0"], "year", ["2023", "2024"]),
        ([2023, 2024], "year", ["2023", "2024"]),
        ([1, 2, 24], "step", ["1", "2", "24"]),
        (["1", "1999"], "step", ["1", "1999"]),
        (["2024-02-29", "2024-03-05"], "day", ["2024-02-29", "2024-03-05"]),
        (["2024-02-29 10:11:12.5", "2024-03-05T23:59Z"], "day", ["2024-02-29", "2024-03-05"]),
        (["2024-01-31", "2024-02-29"], "month", ["2024-01", "2024-02"]),
        (["2024-01-01", "2024-04-01"], "quarter", ["2024Q1", "2024Q2"]),
        (["2024-01-01", "2024-01-15"], "week", ["2024-W01", "2024-W03"]),
        (["01-01-2023", "01-01-2024"], "year", ["2023", "2024"]),
        (["01-02-2024", "31/12/2024"], "day", ["2024-02-01", "2024-12-31"]),
        (["02-01-2024", "12-31-2024"], "day", ["2024-02-01", "2024-12-31"]),
        ([pd.Timestamp("2024-05-05 10:00"), pd.Timestamp("2024-05-06")], "day", ["2024-05-05", "2024-05-06"]),
        (list(pd.period_range("2024Q1", periods=2, freq="Q")), "quarter", ["2024Q1", "2024Q2"]),
    ],
)  # fmt: skip
def test_what_people_write_for_periods(cells, frequency, labels):
    ordinals, found, _ = read_periods(pd.Series(cells), "p")
    assert found == frequency
    assert [period_label(ordinal, found) for ordinal in ordinals] == labels


def test_consecutive_periods_are_one_apart():
    for freq in ("Y", "Q", "M", "W", "D"):
        ordinals, _, _ = read_periods(pd.Series(pd.period_range("2019-11-30", periods=60, freq=freq)), "p")
        assert np.diff(ordinals).tolist() == [1] * 59


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["2024Q1", "2024-02"], "a mixture of notations"),
        ([2024, "2024Q1"], "a mixture of notations"),
        (["2024Q1", "spring"], "'spring'"),
        (["2024Q5"], "no period"),
        (["2024-13"], "no period"),
        (["2024-02-30"], "no period"),
        ([1.5], "no period"),
        (["01-02-2024", "03-04-2024"], "do not tell day from month"),
        (["13-01-2024", "01-13-2024"], "both orders"),
        (["31-02-2024"], "does not exist"),
        ([202401, 202402], "look like months"),
        (["20240131", "20240228"], "look like days"),
    ],
)
def test_what_is_no_period_or_leaves_a_choice_is_asked(cells, words):
    with pytest.raises(DataError, match=words):
        read_periods(pd.Series(cells), "p")


def test_a_declared_frequency_settles_it():
    months = pd.Series([202312, 202401])
    assert np.diff(read_periods(months, "p", target="month")[0]).tolist() == [1]
    assert np.diff(read_periods(months, "p", target="step")[0]).tolist() == [89]
    assert read_periods(months, "p", grain="quarter")[1] == "quarter"
    assert read_periods(pd.Series(["2024-01-01", "2024-04-01"]), "p", target="month")[1] == "month"
    assert read_periods(pd.Series(["2024-01-01", "2024-04-01"]), "p", grain="day")[1] == "day"


@pytest.mark.parametrize(("cells", "grain"), [(["2024"], "quarter"), ([1, 2], "month"), (["2024-01"], "week")])
def test_periods_longer_than_declared_are_a_fault(cells, grain):
    with pytest.raises(DataError, match=f"expected {grain}s, as declared"):
        read_periods(pd.Series(cells), "p", grain=grain)


def test_years_without_their_century_are_asked_for_in_full():
    with pytest.raises(DataError, match="expected years in four digits"):
        read_periods(pd.Series([81, 82, 87]), "year", grain="year")


def test_reading_dates_in_another_way_is_noted():
    notes = read_periods(pd.Series(["2024-01-31", "2024-02-29"]), "p")[2]
    assert [note.rule for note in notes] == ["dates-read"] and "a month" in notes[0].found
    notes = read_periods(pd.Series(["01-02-2024", "31-12-2024"]), "p")[2]
    assert [note.rule for note in notes] == ["date-order"] and "day-month-year" in notes[0].found


def test_short_periods_lie_in_long_ones():
    assert members(2024, 2024, "year", "quarter").tolist() == [216, 217, 218, 219]
    weeks = members(2019, 2021, "year", "week")
    assert weeks.groupby(level=0).size().to_dict() == {2019: 52, 2020: 53, 2021: 52}  # ISO 8601 has 53 weeks in 2020
    assert set(coarser(weeks.to_numpy(), "week", "year")) == {2019, 2020, 2021}
    days = members(2024, 2024, "year", "day")
    assert len(days) == 366 and days.is_monotonic_increasing


# Quantities


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2.5", " +3e2 ", ".5", "4."], [1, -2.5, 300, 0.5, 4]),
        (["1", "", "NA", "#N/A", None], [1, np.nan, np.nan, np.nan, np.nan]),
        (["true", "FALSE", ""], [1, 0, np.nan]),
        ([True, None, False], [1, np.nan, 0]),
        ([1, "2", None, 3.5, True], [1, 2, np.nan, 3.5, 1]),
        (pd.array([1, None], dtype="Int64"), [1, np.nan]),
        (pd.array([True, None], dtype="boolean"), [1, np.nan]),
        (pd.Categorical([3, 4]), [3, 4]),
        (np.array([1, 2], dtype="float32"), [1, 2]),
        ([None, None], [np.nan, np.nan]),
    ],
)
def test_numbers_are_read(cells, values):
    found, fault = read_numbers(pd.Series(cells), "x")
    assert fault is None and found.dtype == "float64"
    np.testing.assert_array_equal(found, values)


def test_the_notation_of_numbers_is_declared():
    cells = pd.Series(["1.234.567,5", "12,25", "1.000"])
    found, fault = read_numbers(cells, "x", decimal=",", thousands=".")
    assert fault is None and found.tolist() == [1234567.5, 12.25, 1000]
    assert read_numbers(pd.Series(["1.23"]), "x", decimal=",", thousands=".")[1] is not None


@pytest.mark.parametrize(
    ("cells", "found", "remedy"),
    [
        (["1", "x"], "text", "missing="),
        (["1,5", "2"], "text", "decimal=','"),
        (["1,500", "2"], "text", "which is it?"),
        (["1,500.25"], "text", "thousands=','"),
        (["1.500,25"], "text", "decimal=',' with thousands='.'"),
        (["12%"], "text", "percent"),
        (["ja", "nee"], "text", "1 and 0"),
        (["true", "1"], "text", "1 and 0"),
        (["1_000", "0x10"], "text", ""),
        (["2024-01-31", "2024-02-29"], "a date, not a quantity", ""),
        ([pd.Timestamp("2024-01-31")], "a date, not a quantity", ""),
        (pd.to_timedelta([1, 2], unit="D"), "a duration without a unit", ""),
        ([1.0, np.inf], "infinite values", ""),
        (["1", "1e999"], "infinite values", ""),
        ([1 + 2j], "complex numbers", ""),
        ([[1], {"a": 1}], "objects within cells", ""),
    ],
)
def test_what_is_no_number_is_named(cells, found, remedy):
    _, fault = read_numbers(pd.Series(cells), "x")
    assert fault is not None
    assert fault.found == found and remedy in fault.remedy and fault.severity == "stops"


def test_the_rows_of_what_is_no_number_are_named():
    cells = pd.Series(["1", "a", "2", "b", "c", "d"], index=range(2, 8))
    fault = read_numbers(cells, "churn")[1]
    assert fault is not None
    assert (fault.count, fault.examples) == (4, ("row 3: 'a'", "row 5: 'b'", "row 6: 'c'"))
