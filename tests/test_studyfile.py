"""The study file: what it may say, and everything that can be wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causalkpi.errors import CausalKPIError, StudyError
from causalkpi.estimators.conventions import CHOICES, chosen, usual
from causalkpi.studyfile import load, read_study
from causalkpi.studyschema import Errors

GRAPH = """\
format: 1
id: shop
kpis:
  market: {scale: [0, 100]}
  loyalty: {kind: soft, scale: [0, 100]}
  visits: {scale: [0, null]}
  price: {scale: [0, null]}
  spend: {formula: visits * price}
links:
  - {from: market, to: loyalty}
  - {from: market, to: visits}
  - {from: loyalty, to: visits}
claims:
  S1: {statement: {en: Loyal customers come back.}, questions: [{treatment: loyalty, outcome: visits}]}
"""
STUDY = """\
format: 1
title: A shop
graph: graph.yaml
data:
  - path: shop.csv
    unit: customer
questions:
  - {treatment: loyalty, outcome: spend}
"""
VALUED = "valuation: {{outcome: spend, discount_rate: 0.1, horizon: {1}, treatments: {{loyalty: {0}}}}}\nquestions:"
DATA = "customer,market,loyalty,visits,price\na,1,2,3,4\nb,2,2,5,4\nc,3,5,4,3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "graph.yaml").write_text(GRAPH)
    (tmp_path / "shop.csv").write_text(DATA)
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


def change(folder: Path, old: str, new: str) -> Path:
    assert old in STUDY
    file = folder / "study.yaml"
    file.write_text(STUDY.replace(old, new))
    return file


def refused(file: Path) -> str:
    with pytest.raises(StudyError) as caught:
        read_study(file)
    return str(caught.value)


def test_a_study_is_read_from_anywhere(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    study = read_study(f"{folder.name}/study.yaml")
    assert study.title == "A shop"
    assert study.graph_name == "graph.yaml"
    assert [str(question) for question in study.questions] == ["loyalty (+1) -> spend, at once"]
    assert study.claims
    assert (study.level, study.seed) == (0.95, 0)
    loaded = load(study)
    assert loaded.panel.n_units == 3
    assert [source.name for source in loaded.panel.sources] == ["shop.csv"]


def test_what_is_left_open_is_a_choice_that_is_told(folder):
    assert set(read_study(folder / "study.yaml").choices) == {
        "level", "seed", "errors", "claims", "frequency", "unit_effects", "period_effects",
    }  # fmt: skip
    said = change(folder, "questions:", "level: 0.9\nseed: 7\nerrors: across_units\nclaims: false\nquestions:")
    study = read_study(said)
    assert set(study.choices) == {"frequency", "unit_effects", "period_effects"}
    assert (study.level, study.seed, study.claims) == (0.9, 7, False)


@pytest.mark.parametrize("name", CHOICES)
def test_standard_errors_are_chosen_by_name(folder, name):
    study = read_study(change(folder, "questions:", f"errors: {name}\nquestions:"))
    assert load(study).errors is CHOICES[name][0]
    assert chosen(CHOICES[name][0]) == (name, CHOICES[name][1])
    assert CHOICES[name][1].render("nl") != CHOICES[name][1].render("en")


def test_every_choice_of_errors_has_its_name_in_the_file(folder):
    assert set(get_args(Errors)) == set(CHOICES)
    assert load(read_study(folder / "study.yaml")).errors is usual


def test_the_graph_can_be_changed_for_the_study(folder):
    more = "hidden: [market]\nunit_effects: [loyalty, visits]\nperiod_effects: []\n"
    graph = read_study(change(folder, "questions:", more + "questions:")).graph
    assert not graph["market"].observed
    assert graph.unit_effects == ("loyalty", "visits")
    assert graph.period_effects == ()


def test_sources_say_how_they_are_to_be_read(folder):
    (folder / "shop.csv").write_text("klant;trouw;bezoek\na;1,5;n.b.\n")
    more = "columns: {trouw: loyalty, bezoek: visits}\n    decimal: ','\n    separator: ;\n    missing: [n.b.]"
    file = change(folder, "unit: customer", f"unit: klant\n    {more}")
    panel = load(read_study(file)).panel
    assert panel.frame["loyalty"].tolist() == [1.5]
    assert panel.frame["visits"].isna().all()


def test_several_sources_of_different_grain(folder):
    (folder / "shop.csv").write_text("branch,month,visits\nA,2024-01,10\nA,2024-02,20\nA,2024-03,30\n")
    (folder / "survey.csv").write_text("branch,wave,loyalty\nA,2024Q1,60\nA,2024Q1,70\n")
    sources = """data:
  - {path: shop.csv, unit: branch, period: month, how: sum}
  - {path: survey.csv, unit: branch, period: wave, how: {loyalty: mean}}
frequency: quarter
"""
    file = change(folder, "data:\n  - path: shop.csv\n    unit: customer\n", sources)
    frame = load(read_study(file)).panel.frame
    assert frame[["loyalty", "visits"]].to_numpy().tolist() == [[65.0, 60.0]]


def test_a_ready_made_model_goes_by_its_name(folder):
    file = change(folder, "graph: graph.yaml", "graph: customer_centred")
    file.write_text(
        file.read_text().replace("outcome: spend", "outcome: churn").replace("loyalty,", "customer_loyalty,")
    )
    assert read_study(file).graph_name == "customer_centred"


def test_an_absolute_path_shows_no_more_than_its_name(folder):
    file = change(folder, "path: shop.csv", f"path: {folder / 'shop.csv'}")
    assert [source.name for source in read_study(file).sources] == ["shop.csv"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format: 1", "format: 2", "study.yaml:1:9: found format 2"),
        ("title: A shop\n", "", "no key 'title'"),
        ("title: A shop", "title: ''", "study.yaml:2:8: found no title"),
        ("title: A shop", "tilte: A shop", "study.yaml:2:1: found the unknown key 'tilte', expected a key that exists"),
        ("title: A shop", "title: 12", "Put it between quotes"),
        ("title: A shop", "title: A shop\nerrors: across_unit", "yaml:3:9: found the text 'across_unit', expected"),
        ("title: A shop", "title: A shop\nerrors: across_unit", "Did you mean 'across_units'?"),
        ("title: A shop", "title: A shop\nerrors: [usual]", "expected 'usual', 'bias_reduced', 'leave_one_unit_out'"),
        ("title: A shop", "title: [A, shop]", "expected a text"),
        ("graph: graph.yaml", "graph: grpah.yaml", "study.yaml:3:8: found no file 'grpah.yaml'"),
        ("graph: graph.yaml", "graph: grpah.yaml", "Did you mean 'graph.yaml'"),
        ("graph: graph.yaml", "graph: customer_centered", "Did you mean 'customer_centred'"),
        ("graph: graph.yaml", "graph:", "found nothing, expected a text"),
        ("path: shop.csv", "path: shpo.csv", "study.yaml:5:11: found no file 'shpo.csv', expected a data file. Did"),
        ("path: shop.csv", "path: .", "found a folder '.'"),
        ("path: shop.csv", "path: https://example.org/shop.csv", "no file 'https://example.org/shop.csv'"),
        ("path: shop.csv", 'path: "a\\0b.csv"', "no file"),
        ("path: shop.csv", "path: " + "x" * 5000, "study.yaml:5:11: found"),
        ("unit: customer", "unit: customer\n    how: summ", "study.yaml:7:10: found the text 'summ', expected one"),
        ("unit: customer", "unit: customer\n    how: [sum]", "found no such word, expected one of sum"),
        ("unit: customer", "unit: customer\n    how: {visits: add}", "study.yaml:7:19: found the text 'add'"),
        ("unit: customer", "unit: customer\n    frequency: kwartaal", "study.yaml:7:16: found the text 'kwartaal'"),
        ("unit: customer", "unit: customer\n    columns: {kolom: loyalti}", "found the unknown KPI 'loyalti'"),
        ("unit: customer", "unit: customer\n    columns: [a]", "expected keys with values"),
        ("data:\n  - path: shop.csv\n    unit: customer", "data: []", "found no source, expected at least one"),
        ("data:\n  - path: shop.csv\n    unit: customer", "data:", "found nothing, expected a list"),
        ("treatment: loyalty", "treatment: loyality", "study.yaml:8:17: found the unknown KPI 'loyality'"),
        ("outcome: spend", "outcome: ' spend'", "Did you mean 'spend'"),
        ("outcome: spend", "outcome: spend, horizon: -1", "study.yaml:8:51: found -1"),
        ("outcome: spend", "outcome: spend, horizon: 1.5", "expected a whole number"),
        ("outcome: spend", "outcome: spend, horizon: yes", "found the text 'yes'"),
        ("outcome: spend", "outcome: spend, contrast: 0", "study.yaml:8:5: found contrast: 0"),
        ("outcome: spend", "outcome: spend, contrast: .inf", "contrast"),
        ("outcome: spend", "outcome: spend, contrast: 1e-320", "expected a number other than 0, of a size from 1e-100"),
        ("outcome: spend", "outcome: loyalty", "on itself at once"),
        ("{treatment: loyalty, outcome: spend}", "{treatment: loyalty}", "no key 'outcome'"),
        ("outcome: spend", "outcome: spend, horizon: 1000000000", "found horizon: 1000000000, expected a whole number"),
        ("questions:", "measured: {market: later}\nquestions:", "study.yaml:7:20: found the text 'later', expected af"),
        ("questions:", VALUED.format(0, 4), "found contrast: 0.0, expected a number other than 0"),
        ("questions:", VALUED.format(1, 1000000000), "study.yaml:7:58: found 1000000000"),
        ("questions:", VALUED.replace("loyalty: {0}", "").format(0, 4), "found no KPI to value"),
        ("questions:", "level: 95\nquestions:", "study.yaml:7:8: found 95"),
        ("questions:", "level: 1\nquestions:", "found 1"),
        ("questions:", "seed: -1\nquestions:", "found -1"),
        ("questions:", "hidden: [marktet]\nquestions:", "study.yaml:7:10: found the unknown KPI 'marktet'"),
        ("questions:", "unit_effects: [spend]\nquestions:", "study.yaml:7:1: found unit effects: the identity 'spend'"),
        ("questions:\n", "claims: false\nquestions: []\n#", "nothing that is asked"),
        ("  - {treatment", "  - {treatment: loyalty, outcome: spend}\n  - {treatment", "the same question again"),
        ("title: A shop", "title: !!python/object/apply:os.system [ls]", "the tag"),
        ("title: A shop", "title: &a [x, x]\nauthor: *a", "the alias"),
        ("title: A shop", "title: A shop\ntitle: Another", "the key 'title' again"),
        ("title: A shop", "title: 'A shop", "Close the quotes"),
        ("title: A shop", "\ttitle: A shop", "study.yaml:2:"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(folder, old, new, said):
    assert said in refused(change(folder, old, new))


def test_everything_is_said_at_once(folder):
    file = folder / "study.yaml"
    text = STUDY.replace("shop.csv", "shpo.csv").replace("loyalty", "loyality").replace("A shop", "''")
    file.write_text(text + "hiden: [market]\nhidden: [marktet]\nlevel: 2\n")
    said = refused(file)
    assert said.count("\n  - ") == 6
    for word in ("title", "shpo.csv", "loyality", "hiden", "marktet", "found 2"):
        assert word in said
    assert [int(line.split("study.yaml:")[1].split(":")[0]) for line in said.splitlines()[1:]] == [2, 5, 8, 9, 10, 11]


def test_what_was_taken_out_for_its_faults_is_not_called_absent(folder):
    said = refused(change(folder, "outcome: spend", "outcome: spend, horizon: -1"))
    assert "nothing that is asked" not in said
    said = refused(change(folder, "  - {treatment: loyalty, outcome: spend}\n", "claims: false\n"))
    assert said.count("\n  - ") == 1, "questions is no list, and that is all that is wrong"


def test_faults_of_the_graph_keep_their_own_place(folder):
    (folder / "graph.yaml").write_text(GRAPH.replace("from: market, to: loyalty", "from: markt, to: loyalty"))
    said = refused(change(folder, "path: shop.csv", "path: shpo.csv"))
    assert "graph.yaml:10:12: found the unknown KPI 'markt'" in said
    assert "study.yaml:5:11: found no file" in said


def test_claims_are_asked_only_where_there_are_any(folder):
    (folder / "graph.yaml").write_text(GRAPH[: GRAPH.index("claims:")])
    assert not read_study(folder / "study.yaml").claims
    said = refused(change(folder, "questions:", "claims: true\nquestions:"))
    assert "study.yaml:7:9: found claims: true" in said


NO_STUDIES = (b"", b"\n", b"[]", b"title", b"\xff\xfe\x00", b"\x89PNG\r\n", b"{" * 200, b"- " * 200)


@pytest.mark.parametrize("content", NO_STUDIES)
def test_what_is_no_study_at_all(tmp_path, content):
    file = tmp_path / "study.yaml"
    file.write_bytes(content)
    assert refused(file).startswith(f"The study in {file} cannot be used.")


def test_a_study_that_is_not_there(tmp_path, folder):
    assert "no file" in refused(tmp_path / "nothing.yaml")
    assert "Did you mean 'study.yaml'" in refused(folder / "studie.yaml")
    assert "a folder" in refused(folder)


def test_what_is_wrong_with_the_data_is_said_when_they_are_read(folder):
    study = read_study(change(folder, "unit: customer", "unit: klant\n    columns: {trouw: loyalty}"))
    with pytest.raises(CausalKPIError) as caught:
        load(study)
    assert "klant" in str(caught.value)
    assert "trouw" in str(caught.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(STUDY) - 1), st.text(max_size=12), st.integers(0, 20))
def test_whatever_is_typed_into_it_is_read_or_refused_in_words(folder, at, typed, gone):
    file = folder / "study.yaml"
    file.write_bytes((STUDY[:at] + typed + STUDY[at + gone :]).encode("utf-8", "surrogatepass"))
    try:
        load(read_study(file))
    except CausalKPIError as error:
        assert error.faults
