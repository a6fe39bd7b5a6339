"""Changes made at different times, as a study file asks for them and a report shows them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from report_page import Page

from causalkpi.checking import check_text
from causalkpi.errors import StudyError
from causalkpi.event_study import EventStudy
from causalkpi.following import ChangeWanted
from causalkpi.graphfile import to_yaml
from causalkpi.kpi import Claim
from causalkpi.output import render, write
from causalkpi.question import Unanswered
from causalkpi.record import Run, not_followed
from causalkpi.running import carry_out
from causalkpi.studyfile import load, read_study
from causalkpi.worlds import make_staggered

CHANGE, OUTCOME = "customer_kpis", "service_behaviour"
WORLD = make_staggered()
CLAIMS = (
    Claim("UP", changes=(("up", CHANGE, OUTCOME, 0, "+"),)),
    Claim("DOWN", changes=(("down", CHANGE, "undesirable_selling", 0, "-"),)),
    Claim("NEVER", changes=(("never", "customer_loyalty", OUTCOME, 0, "+"),)),
)
STUDY = """\
format: 1
title: Lauwers
graph: graph.yaml
data: [{path: branches.csv, unit: unit, period: period}]
changes:
  - {change: customer_kpis, outcome: service_behaviour}
  - {change: customer_kpis, outcome: customer_loyalty, horizon: 3, leads: 2, anticipation: 1}
  - {change: customer_loyalty, outcome: operating_result}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("staggered")
    (place / "graph.yaml").write_text(to_yaml(replace(WORLD.believed, claims=CLAIMS)))
    WORLD.sample(60, 24, 3).to_csv(place / "branches.csv", index=False)
    (place / "study.yaml").write_text(STUDY)
    return place


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return carry_out(read_study(folder / "study.yaml"))


def shown(run: Run) -> str:
    return re.search(r'<section id="event_studies".*?</section>', render(run)["report.html"], re.DOTALL)[0]  # type: ignore[index]


def test_a_study_file_asks_for_changes_and_what_claims_rest_on_joins_them_once(folder: Path, run: Run) -> None:
    wanted = read_study(folder / "study.yaml").following.changes
    assert wanted[1] == ChangeWanted("customer_kpis", "customer_loyalty", 3, 2, 1)
    pairs = [(s.change, s.outcome) for s in run.event_studies if isinstance(s, EventStudy)]
    assert pairs == [(CHANGE, OUTCOME), (CHANGE, "customer_loyalty"), (CHANGE, "undesirable_selling")]
    second = run.event_studies[1]
    assert isinstance(second, EventStudy)
    assert (second.horizon, second.reference, second.moments[0].since) == (3, -2, -4)
    assert run.ledger["UP"].word == "supported"
    assert isinstance(run.event_studies[2], Unanswered)  # the file's own; the claim that fails likewise says so itself
    assert len(run.event_studies) == 4


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("What this is not: a trial", "Average over 0 to 8 quarters since the change",
                "The periods before: ✔ holds", "24 units that never changed", "2020Q3 (12), 2021Q3 (12), 2022Q3 (12)",
                "Plain two-way fixed effects", "The change cannot be followed",
                "A claim may lean on this as moderate evidence", "−5")),
        ("nl", ("Wat dit niet is: een proef", "Gemiddelde over 0 tot en met 8 kwartalen sinds de verandering",
                "De perioden ervoor: ✔ houdt stand", "24 eenheden die nooit veranderden",
                "De verandering valt niet te volgen", "onderbouwing die redelijk is")),
    ],
)  # fmt: skip
def test_the_report_shows_figure_number_tests_and_what_it_is_not(run: Run, language, said: tuple[str, ...]) -> None:
    html = shown(replace(run, language=language))
    words = " ".join(Page(html).text.split())
    for each in said:
        assert each in words, each
    assert html.count('src="data:image/png') == 3
    found = run.event_studies[0]
    assert isinstance(found, EventStudy)
    assert len(re.findall(r'<tr><th scope="row">[−\d]+</th>', html)) == sum(
        len(s.moments) for s in run.event_studies if isinstance(s, EventStudy)
    )
    assert all(finding.question.render(language) in words for finding in found.findings)


def test_earlier_periods_on_another_course_are_called_out(run: Run) -> None:
    found = run.event_studies[0]
    assert isinstance(found, EventStudy)
    test = found["pre_periods"]
    failing = replace(test, result="fails", remedy="Look elsewhere.")
    others = tuple(failing if f.id == "pre_periods" else f for f in found.findings)
    html = shown(replace(run, event_studies=(replace(found, findings=others, warnings=("Few units.",)),)))
    words = Page(html).text
    assert html.count('class="callout"') == 2
    for each in ("Look elsewhere.", "Few units.", "as weak evidence"):
        assert each in words


def test_without_a_change_there_is_no_section(run: Run) -> None:
    files = render(replace(run, event_studies=()))
    assert 'id="event_studies"' not in files["report.html"]
    assert "changes.csv" not in files


def test_the_numbers_are_in_the_table_and_the_record(run: Run, tmp_path: Path) -> None:
    files = render(run)
    rows = list(csv.DictReader(io.StringIO(files["changes.csv"].removeprefix("\ufeff"))))
    found = run.event_studies[0]
    assert isinstance(found, EventStudy)
    mine = [row for row in rows if (row["change"], row["outcome"]) == (CHANGE, OUTCOME)]
    assert [int(row["since"]) for row in mine] == [m.since for m in found.moments]
    assert [float(row["value"]) for row in mine] == [m.effect.value for m in found.moments]
    assert {float(row["overall"]) for row in mine} == {found.overall.value}
    assert "expected 0 before" in rows[-1]["why"] and rows[-1]["value"] == ""
    record = json.loads(files["run.json"])["event_studies"]
    assert record[0]["value"] == found.overall.value
    assert [each["status"] for each in record] == ["estimated", "estimated", "refused_data", "estimated"]
    assert "changes.csv" in {path.name for path in write(run, tmp_path / "out")}


def test_what_cannot_be_followed_is_a_refusal(run: Run) -> None:
    said = not_followed(run)
    assert len(said) == 1
    assert "customer loyalty → operating result" in said[0]


def test_a_check_says_who_changed_and_when(folder: Path) -> None:
    file = read_study(folder / "study.yaml")
    said = check_text(file, load(file))
    line = "since the change: 36 units change, in 3 periods; held against 24 units that never changed"
    assert said.count(line) == 4  # two of the study's own, two of claims
    assert said.count("UP: customer-centred KPIs adopted → ") == 1
    never = next(line for line in said.splitlines() if line.startswith("NEVER"))
    assert never.endswith("since the change: The change cannot be followed.")
    dutch = check_text(file, load(file), "nl")
    assert "sinds de verandering: 36 eenheden veranderen, in 3 perioden" in dutch
    assert "UP" not in check_text(replace(file, claims=False), load(file))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("customer_kpis, outcome: s", "customer_kpi, outcome: s", "yaml:6:14: found the unknown KPI 'customer_kpi'"),
        ("outcome: customer_loyalty", "outcome: customer_loyalti", "Did you mean 'customer_loyalty'"),
        ("horizon: 3", "horizon: -3", "yaml:7:65: found -3"),
        ("leads: 2", "lead: 2", "found the unknown key 'lead'"),
        ("leads: 2", "leads: two", "yaml:7:75: found the text 'two'"),
        ("outcome: service_behaviour", "outcome: customer_kpis", "yaml:6:38: found 'customer_kpis' twice"),
        ("outcome: customer_loyalty, horizon: 3, leads: 2, anticipation: 1", "outcome: service_behaviour",
         "the same once more"),
        ("changes:", "change:", "found the unknown key 'change'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(folder: Path, old: str, new: str, said: str) -> None:
    assert old in STUDY
    file = folder / "wrong.yaml"
    file.write_text(STUDY.replace(old, new, 1))
    with pytest.raises(StudyError) as caught:
        read_study(file)
    assert said in str(caught.value)
