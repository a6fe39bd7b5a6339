"""Columns are proposed for KPIs and keys with a reason; what is only alike stays a question."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causalkpi.datasets import load_demo
from causalkpi.graph import KPIGraph
from causalkpi.graphfile import load_graph
from causalkpi.headers import CONFIDENT, LEAST, keys, suggest
from causalkpi.kpi import KPI

BOOK = load_graph("customer_centred")


def kpi_of(header: str) -> tuple[str, bool] | None:
    """What one header by itself is taken for, and whether confidently."""
    found = suggest([header], BOOK)
    return (found[0].kpi, found[0].confident) if found else None


@pytest.mark.parametrize("header", [*BOOK.ids, *(k.en for k in BOOK.kpis), *(k.nl for k in BOOK.kpis)])
def test_every_id_and_name_is_known(header):
    kpi, confident = kpi_of(header) or ("", False)
    assert header in (BOOK[kpi].id, BOOK[kpi].en, BOOK[kpi].nl)
    assert confident


@pytest.mark.parametrize(
    ("header", "kpi"),
    [
        ("Klanttevredenheid", "customer_satisfaction"),
        ("KLANT-TEVREDENHEID", "customer_satisfaction"),
        ("customerLoyalty", "customer_loyalty"),
        ("  Customer   loyalty ", "customer_loyalty"),
        ("Omzet (EUR)", "revenue"),
        ("Omzet per klant (EUR)", "spend"),
        ("Klantloyaliteit (0-100)", "customer_loyalty"),
        ("Onwenselijk verkoopgedrag [per 1.000]", "undesirable_selling"),
        ("Bedrijfsresultaat", "operating_result"),
    ],
)
def test_the_same_name_otherwise_written_is_proposed(header, kpi):
    assert kpi_of(header) == (kpi, True)


@pytest.mark.parametrize(
    ("header", "kpi"),
    [
        ("Omzet (x 1.000)", "revenue"),  # another scale
        ("Omzet (EUR x 1.000)", "revenue"),
        ("Omzet (mln EUR)", "revenue"),
        ("Klantverloop (%)", "churn"),  # the KPI is a share
        ("klantverloop %", "churn"),
        ("Onwenselijk verkoopgedrag (verkopen)", "undesirable_selling"),  # not per 1,000
        ("NPS", "advocacy"),  # from -100 to 100, and the KPI is a share
        ("Baten", "revenue"),
        ("CSAT", "customer_satisfaction"),
        ("Opzeggingen", "churn"),  # a number, not a share
        ("Winst", "operating_result"),
        ("Aantal klanten", "customers"),
        ("custmer_loyalty", "customer_loyalty"),
        ("Gemiddelde klantloyaliteit", "customer_loyalty"),
    ],
)
def test_what_is_only_alike_is_a_question(header, kpi):
    assert kpi_of(header) == (kpi, False)


@pytest.mark.parametrize(
    "header", ["", "Postcode", "Omzet doel", "Target customer loyalty", "Omzetbelasting nummer", "#"]
)
def test_what_is_something_else_is_left_alone(header):
    assert kpi_of(header) is None


def test_a_word_with_two_meanings_says_so():
    (found,) = suggest(["Verloop"], BOOK)
    assert found.kpi == "churn" and not found.confident
    assert "'employee_turnover' fits as well" in found.why
    assert "past ook" in found.why.render("nl")


def test_two_columns_for_one_kpi_make_neither_sure():
    (found,) = suggest(["Omzet", "Revenue"], BOOK)
    assert not found.confident
    assert "fits as well" in found.why
    certain, _ = suggest(["revenue", "Revenue steering"], BOOK)
    assert certain.score == 1


def test_the_demo_panel_maps_onto_itself():
    frame = load_demo()
    assert (found := keys(list(frame), frame)).unit == "unit" and found.period == "period"
    assert {one.header: one.kpi for one in suggest(list(frame), BOOK)} == {kpi: kpi for kpi in frame.columns[2:]}


@given(
    st.lists(
        st.sampled_from(
            ["Omzet", "omzet", "revenue", "Verloop", "turnover", "klanten", "NPS", "Kosten (k)", "", "a\n#:"]
        )
    )
)
def test_each_header_and_kpi_at_most_once_in_any_order(headers):
    found = suggest(headers, BOOK)
    assert len({one.kpi for one in found}) == len({one.header for one in found}) == len(found)
    assert [one.header for one in found] == [h for h in dict.fromkeys(headers) if h in {one.header for one in found}]
    assert all(LEAST <= one.score <= 1 for one in found)
    turned = suggest(headers[::-1], BOOK)
    assert sorted(turned, key=lambda one: one.header) == sorted(found, key=lambda one: one.header)


@given(st.text(max_size=40), st.text(min_size=1, max_size=12).filter(str.strip))
def test_any_text_has_an_answer(header, name):
    graph = KPIGraph((KPI("k1", en=name), KPI("k2")))
    for one in suggest([header], graph):
        assert one.why.render("nl") and one.why.render("en")


def test_a_kpi_without_unit_is_not_sure_of_one_in_brackets():
    (found,) = suggest(["Spend (USD)"], KPIGraph((KPI("spend"),)))
    assert found.score < CONFIDENT
    assert "not stated" in found.why and "niet vermeld" in found.why.render("nl")


# Keys


def keys_of(**columns):
    frame = pd.DataFrame(columns)
    found = keys(list(frame), frame)
    return found.unit, found.period


UNITS, QUARTERS = ["A", "A", "B", "B"], ["2024K1", "2024K2", "2024K1", "2024K2"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"Filiaal": UNITS, "Kwartaal": QUARTERS, "Omzet": [1, 2, 3, 4]}, ("Filiaal", "Kwartaal")),
        ({"Winkelnummer": [1, 1, 2, 2], "Peilmoment": QUARTERS}, ("Winkelnummer", "Peilmoment")),  # by content
        ({"Streek": UNITS, "Kwartaal": QUARTERS, "Omzet": [1, 2, 3, 4]}, ("Streek", "Kwartaal")),
        ({"id": ["1", "2", "3"], "Omzet": [1, 2, 3]}, ("id", "")),
        ({"klantnummer": [1, 2, 3], "leeftijd": [30, 40, 2000]}, ("klantnummer", "")),
        ({"store": UNITS, "wave": [1, 2, 1, 2]}, ("store", "wave")),
        ({"branch": UNITS, "jaar": [2023, 2024, 2023, 2024], "omzet": [2000, 1999, 2001, 1950]}, ("branch", "jaar")),
        ({"Omzet": [1.5, 2.5], "Kosten": [1, 2]}, ("", "")),
        ({"vestigingskosten": [1, 2], "winkelomzet": [3, 4], "omzet per maand": [2000, 2001]}, ("", "")),
    ],
)
def test_keys_are_found_by_name_and_content(columns, expected):
    assert keys_of(**columns) == expected


def test_a_respondent_is_not_the_unit():
    respondents = [1, 2, 3, 4, 5, 6]
    branches = ["A", "A", "A", "B", "B", "B"]
    waves = ["2024Q1", "2024Q1", "2024Q2"] * 2
    frame = pd.DataFrame({"id": respondents, "branch": branches, "wave": waves})
    found = keys(list(frame), frame)
    assert (found.unit, found.period) == ("branch", "wave")
    assert "how:" in found.why[0]


def test_a_period_in_two_columns_is_asked_about():
    frame = pd.DataFrame({"Filiaal": UNITS, "Jaar": [2023, 2023] * 2, "Kwartaal": [1, 2, 1, 2]})
    found = keys(list(frame), frame)
    assert found.period == ""
    assert "one, such as 2024Q1" in found.why[1] and "maak er één kolom van" in found.why[1].render("nl")


def test_two_dates_are_no_period():
    frame = pd.DataFrame({"Datum": ["2024-01-05", "2024-02-07"], "Peildatum": ["2024-01-06", "2024-02-09"]})
    assert keys(list(frame), frame).period == "Datum"  # the word itself before a word that holds it
    frame = pd.DataFrame({"a": ["2024-01-05", "2024-02-07"], "b": ["2024-01-06", "2024-02-09"]})
    found = keys(list(frame), frame)
    assert found.period == "" and "'a', 'b'" in found.why[1]


def test_the_finest_period_is_the_period():
    months = ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert keys_of(Kwartaal=["2024K1"] * 3 + ["2024K2"], Maand=months, Filiaal=["A"] * 4) == ("Filiaal", "Maand")


def test_a_period_that_cannot_be_read_says_why():
    frame = pd.DataFrame({"store": UNITS, "month": [202401, 202402] * 2})
    found = keys(list(frame), frame)
    assert found.period == "month" and "frequency='month'" in found.why[1]


def test_repeated_and_empty_headers_are_no_keys():
    frame = pd.DataFrame([["A", "A", "2024Q1"], ["B", "B", "2024Q1"]], columns=["branch", "branch", ""])
    assert keys(list(frame), frame).unit == keys(list(frame), frame).period == ""
    assert keys([], pd.DataFrame()).unit == ""


def test_a_unit_in_several_rows_asks_for_what_is_lacking():
    frame = pd.DataFrame({"branch": ["A", "A"], "revenue": [1, 2]})
    assert "name the period" in keys(list(frame), frame).why[0]
    none = frame.iloc[:0]
    assert keys(list(none), none).why[0] == "its name is a word for a unit"
