"""Effects over time and along paths: asked in a study file, told in the report, written to tables."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_page import EVIL, FORMULA, Page, make_run
from test_language import ENGLISH
from test_report import page_of

from causalkpi import output
from causalkpi.errors import StudyError
from causalkpi.following import ChainWanted, Followed, Following, PathsWanted, ProfileWanted, follow
from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Link
from causalkpi.output import render, write
from causalkpi.plots import (
    PlotError,
    chain_alt,
    chain_plot,
    over_time_alt,
    over_time_plot,
    paths_alt,
    paths_plot,
    to_png,
)
from causalkpi.question import Question, Unanswered
from causalkpi.record import Run, not_followed, to_record
from causalkpi.report.reader import Reader
from causalkpi.report.sections.along_paths import _share
from causalkpi.report.words_of_dynamics import DYNAMICS
from causalkpi.running import carry_out
from causalkpi.study import Study
from causalkpi.studyfile import read_study

NAMES = (("service", "gedrag"), ("loyalty", "klantloyaliteit"), ("spend", "besteding"), ("profit", "winst"))


def firm(effect: float = 0.3, units: int = 40, periods: int = 14, **more: KPI) -> Study:
    """Service -> loyalty -> spend, each a period later; profit feeds service; units differ in lasting ways."""
    rng = np.random.default_rng(1)
    kpis = {en: KPI(en, en, nl, minimum=0, maximum=100) for en, nl in NAMES}
    kpis |= {"spend": KPI("spend", "spend", "besteding", unit="EUR"), "profit": KPI("profit", "profit", "winst")} | more
    links = (
        Link("service", "loyalty", lag=1), Link("loyalty", "loyalty", lag=1), Link("loyalty", "spend", lag=1),
        Link("service", "spend"), Link("spend", "profit"), Link("profit", "service", lag=2),
    )  # fmt: skip
    rows = []
    for unit in range(units):
        service, loyalty, spend, profit = (np.zeros(periods + 20) for _ in range(4))
        lasting = rng.normal()
        for t in range(2, periods + 20):
            service[t] = lasting + 0.1 * profit[t - 2] + rng.normal()
            loyalty[t] = 0.5 * loyalty[t - 1] + effect * service[t - 1] + lasting + rng.normal()
            spend[t] = 0.8 * loyalty[t - 1] + 0.2 * service[t] + rng.normal()
            profit[t] = 0.5 * spend[t] + rng.normal()
        kept = slice(20, None)
        values = {"service": service[kept] + 50, "loyalty": loyalty[kept] + 50, "spend": spend[kept] + 9}
        values |= {"profit": profit[kept]}
        rows.append(pd.DataFrame(values).assign(unit=f"u{unit}", period=range(2000, 2000 + periods)))
    graph = KPIGraph(tuple(kpis.values()), links, unit_effects=tuple(kpis))
    return Study(graph, pd.concat(rows), unit="unit", period="period")


WANTED = Following(
    (ProfileWanted("service", "spend", 4, rate=0.08), ProfileWanted("spend", "loyalty", 1)),
    (PathsWanted(Question("service", "spend", 2)), PathsWanted(Question("spend", "loyalty", 0))),
    (ChainWanted(("service", "loyalty", "spend"), 5.0),),
)


@pytest.fixture(scope="module")
def study() -> Study:
    return firm()


@pytest.fixture(scope="module")
def followed(study) -> Followed:
    return follow(study, WANTED)


def run_of(study: Study, followed: Followed, **more) -> Run:
    ledger = study.run((), claims=False)
    return Run("Time", study, ledger, "mine", profiles=followed.profiles, paths=followed.paths, chains=followed.chains,
               **more)  # fmt: skip


@pytest.fixture(scope="module")
def run(study, followed) -> Run:
    return run_of(study, followed, language="nl")


def section(html: str) -> str:
    return re.search(r'<section id="dynamics".*?</section>', html, re.DOTALL)[0]  # type: ignore[index]


@pytest.fixture(scope="module")
def dutch(run) -> str:
    return section(page_of(run))


# The section


def test_what_was_followed_is_told_in_english(run):
    text = Page(section(page_of(replace(run, language="en")))).words()
    for said in (
        "One point more service for one year: spend over time",
        "Discounted at 8.0% a year",
        "Two routes to one effect",
        "No effect over time",
        "The graph has no path along which it could act within this horizon.",
        "through what it works on spend, 2 years later",
        "Through loyalty (overlaps)",
        "A chain: service → loyalty → spend",
        "5 points more service, for one year; 1 year later",
        "The KPI map has 2 feedback loops.",
    ):
        assert said in text, said


def test_the_dutch_section_is_dutch(dutch, run):
    page = Page(dutch)
    text = page.words() + " ".join(page.attributes("alt") + page.attributes("aria-label"))
    found = {word: re.findall(rf".{{30}}\b{word}\b.{{30}}", text) for word in set(ENGLISH.findall(text))}
    assert not found
    assert not re.findall(r"\b(service|loyalty|spend|profit)\b", text), "an id instead of a name"
    assert not re.findall(r"\d\.(?!\d{3}(?!\d))\d", text), "a decimal point"
    for said in (
        "Eén punt meer gedrag, één jaar lang: het effect op de besteding in de tijd",
        "Langs de verbanden",
        "Geen effect in de tijd",
        "langs welke weg dit 2 jaar later doorwerkt in de besteding",
        "5 punten meer gedrag, één jaar lang; 1 jaar later",
        "De KPI-kaart bevat 2 terugkoppelingen.",
    ):
        assert said in text, said


def test_the_numbers_on_the_page_are_those_of_the_profile(run, dutch):
    profile, reader = run.profiles[0], Reader(run)
    text = Page(dutch).words()

    def shown(value: float, ends: tuple[float, float]) -> str:
        return reader.amount("spend", value, (ends[1] - ends[0]) / 2).replace("\xa0", " ")

    for moment in profile.moments:
        ends = moment.by_links.interval
        if moment.status == "structural_zero":
            continue
        assert f"{shown(moment.by_links.value, ends)} {reader.interval(ends)} {shown(moment.uncorrected, ends)}" in text
        other = moment.by_adjustment
        assert "geen getal" in text if isinstance(other, Unanswered) else shown(other.value, other.interval) in text
    assert text.count("0: geen pad") == 2  # by both routes, a year later
    total = profile.moments[-1].cumulative
    assert (
        f"{shown(total.value, total.interval)} 95%-betrouwbaarheidsinterval {reader.interval(total.interval)}" in text
    )
    assert profile.corrected and "ongecorrigeerde getallen staan ernaast" in text


def test_each_loop_is_shown_with_the_links_that_time_cuts(run, dutch):
    text = Page(dutch).words()
    assert "winst → gedrag → besteding → winst" in text
    assert "winst → gedrag (2 jaar later)" in text
    assert "klantloyaliteit → besteding (1 jaar later); winst → gedrag (2 jaar later); gedrag → klantloyaliteit" in text
    assert run.study.graph.loops() and "En nog" not in text


def test_true_effects_stand_beside_where_they_are_known(run):
    profile = run.profiles[0]
    truth = tuple(0.1 * m.horizon for m in profile.moments)
    told = Page(section(page_of(replace(run, true_profiles=(truth, ()), language="en")))).words()
    assert "True effect" in told
    assert "True effect" not in Page(section(page_of(replace(run, language="en")))).words()


def test_a_doubtful_agreement_is_a_callout_with_what_to_do(run):
    profile = run.profiles[0]
    assert profile.finding.result == "holds"
    failing = replace(profile, finding=replace(profile.finding, result="fails", consequence="BAD.", remedy="MEND."))
    html = section(page_of(replace(run, profiles=(failing,))))
    callout = re.search(r'<div class="callout">(.*?)</div>', html, re.DOTALL)[1]  # type: ignore[index]
    assert "BAD." in callout and "MEND." in callout and "faalt" in callout


def test_a_profile_that_stops_says_where_and_why(run):
    stopped = replace(run.profiles[0], why="Het houdt op na 3 perioden.")
    assert "Het houdt op na 3 perioden." in Page(section(page_of(replace(run, profiles=(stopped,))))).words()


def test_shares_are_given_only_where_they_mean_something(run):
    paths = run.paths[0]
    assert ("Aandeel in het totaal" in page_of(run)) == (not paths.no_shares)
    without = replace(paths, no_shares="GEEN.", parts=tuple(replace(p, share=np.nan) for p in paths.parts))
    text = Page(section(page_of(replace(run, paths=(without,))))).words()
    assert "Aandeel in het totaal" not in text and "GEEN." in text
    reader = Reader(run)
    assert [_share(reader, s) for s in (-0.004, -0.2, 0.0, 0.3, 1.0)] == ["> −1%", "−20%", "0%", "30%", "100%"]


def test_the_section_is_absent_when_there_is_nothing_to_show():
    html = page_of(make_run())
    assert 'id="dynamics"' not in html and 'href="#dynamics"' not in html


def test_loops_are_shown_even_where_nothing_was_followed(study):
    text = Page(section(page_of(run_of(study, Followed())))).words()
    assert "feedback loops" in text and "followed link by link" not in text


def test_every_sentence_of_the_section_is_used():
    folder = Path(output.__file__).parent
    files = [*folder.glob("report/**/*.py"), *folder.glob("templates/report/*.html"), folder / "templates/report.html"]
    used = "".join(file.read_text("utf-8") for file in files if file.name != "words_of_dynamics.py")
    kinds = ("part_", "stronger_", "lag_", "dynamics", "directions")  # put together from what was found
    assert [
        key for key in DYNAMICS if f'"{key}"' not in used and f"'{key}'" not in used and not key.startswith(kinds)
    ] == []


# Names that mean harm, tables, the record


@pytest.fixture(scope="module")
def harmful() -> Run:
    one = KPI("service", en=EVIL, unit="<i>x</i>", minimum=0, maximum=100)
    study = firm(
        units=20, service=one, loyalty=KPI("loyalty", en=FORMULA, unit="=1+1"), spend=KPI("spend", en="@spend")
    )
    return run_of(study, follow(study, WANTED))


def test_names_that_mean_harm_are_shown_as_they_are(harmful):
    html = page_of(harmful)
    page = Page(html)
    assert page.open == [] and "script" not in {tag for tag, _ in page.met}
    assert EVIL in Page(section(html)).words() and FORMULA in Page(section(html)).words()
    assert "<i>" not in section(html)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_tables_hold_every_period_and_part_and_no_formula(harmful):
    files = render(harmful)
    profiles, paths = rows_of(files["profiles.csv"]), rows_of(files["paths.csv"])
    moments = harmful.profiles[0].moments
    assert [row["horizon"] for row in profiles] == [*(str(m.horizon) for m in moments), ""]
    assert [float(row["value"]) for row in profiles[:-1]] == [m.by_links.value for m in moments]
    assert profiles[-1]["status"] == "not_estimable" and "no path" in profiles[-1]["why"]
    assert [row["part"] for row in paths] == [*(p.kind for p in harmful.paths[0].parts), "structural_zero"]
    assert paths[-1]["why"] and paths[-1]["value"] == ""
    for row in (*profiles, *paths):
        for cell in row.values():
            if cell[:1] in tuple("=+-@\t\r"):
                float(cell)


def test_the_record_holds_what_was_followed(run):
    record = to_record(run)
    assert [m["horizon"] for m in record["profiles"][0]["moments"]] == [0, 1, 2, 3, 4]
    assert record["profiles"][0]["finding"]["id"] == "two_routes"
    assert record["paths"][0]["status"] == "estimated" and record["paths"][1]["status"] == "structural_zero"
    assert [step["kpi"] for step in record["chains"][0]["steps"]] == ["service", "loyalty", "spend"]
    output.to_json(record)


def test_tables_of_an_earlier_run_do_not_stay(run, tmp_path):
    folder = tmp_path / "answers"
    assert {p.name for p in write(run, folder)} >= {"profiles.csv", "paths.csv"}
    without = replace(run, profiles=(), paths=())
    left = write(without, folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in left)
    assert "profiles.csv" not in {p.name for p in left}


def test_an_interrupt_leaves_the_tables_of_an_earlier_run(run, tmp_path, monkeypatch):
    folder = tmp_path / "answers"
    write(run, folder)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    real, calls = output.os.replace, []

    def replace_until(*paths):
        calls.append(paths)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return real(*paths)

    monkeypatch.setattr(output.os, "replace", replace_until)
    with pytest.raises(KeyboardInterrupt):
        write(replace(run, profiles=(), paths=(), title="Other"), folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_what_could_not_be_followed_is_told_and_what_the_graph_rules_out_is_no_refusal(run):
    assert not_followed(run) == []
    refused = Unanswered(Question("service", "spend", 9), "not_estimable", "Te ver.")
    stopped = replace(run.chains[0], steps=run.chains[0].steps[:2], why="Geen vergelijking.")
    lost = replace(run.profiles[0], moments=(), discounted=None, why="Niets.")
    lame = replace(run, paths=(refused,), chains=(stopped,), profiles=(lost,))
    told = not_followed(lame)
    assert told == [
        "Geweigerd: gedrag → besteding. Niets.",
        "Geweigerd: gedrag → besteding. Te ver.",
        "Geweigerd: gedrag → klantloyaliteit. Geen vergelijking.",
    ]
    text = Page(section(page_of(lame))).words()
    for said in ("Niets.", "Te ver.", "Geen vergelijking.", "Niet uitgesplitst"):
        assert said in text


@pytest.mark.parametrize("language", ["en", "nl"])
def test_where_no_equation_can_be_had_only_the_pulse_itself_has_a_number(language):
    rng = np.random.default_rng(1)
    links = (Link("a", "b"), Link("b", "c"), Link("c", "c", lag=1))
    study = Study(KPIGraph(tuple(map(KPI, "abc")), links), pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "c"]))
    wanted = Following(
        (ProfileWanted("c", "c", 3), ProfileWanted("a", "c", 3)),
        (PathsWanted(Question("a", "c")),),
        (ChainWanted(("a", "b", "c")),),
    )
    found = follow(study, wanted)
    assert [m.by_links.value for m in found.profiles[0].moments] == [1.0]
    assert found.profiles[0].moments[0].by_links.interval == (1.0, 1.0)
    lame = run_of(study, found, language=language)
    assert len(not_followed(lame)) == 3  # the pulse's own profile is there, and says where it stops
    text = Page(section(page_of(lame))).words()
    assert ("the pulse itself" if language == "en" else "de puls zelf") in text
    assert ("It stops after 0 periods" if language == "en" else "Het houdt op na 0 perioden") in text


# Figures


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_figures_say_in_words_what_they_show(followed, language):
    profile, paths, chain = followed.profiles[0], followed.paths[0], followed.chains[0]
    assert isinstance(to_png(over_time_plot(profile, language, truth=[0.2] * 3), 640), bytes)
    words = over_time_alt(profile, language, truth=[0.2] * 3)
    assert words.count(";") == len(profile.moments) - 1
    assert ("werkelijk" if language == "nl" else "true") in words
    assert isinstance(to_png(paths_plot(paths, str, language), 640), bytes)
    assert "service" not in paths_alt(paths, {"loyalty": "L", "profit": "P"}.get, language)  # type: ignore[arg-type]
    assert isinstance(to_png(chain_plot(chain, str, language), 940), bytes)
    assert chain_alt(chain, str, language, amounts=["A", "B", "C"]).count("→") == 2


def test_a_period_without_a_path_is_drawn_at_zero_without_interval(study):
    profile = study.profile("service", "loyalty", 3)
    assert profile.moments[0].status == "structural_zero"
    assert "0: 0;" in over_time_alt(profile)
    axes = over_time_plot(profile).axes[0]
    band = axes.collections[0].get_paths()[0].vertices
    assert np.allclose(band[np.isclose(band[:, 0], 0), 1], 0)  # type: ignore[index]
    low, high = profile.moments[1].by_links.interval
    assert {low, high} <= set(np.asarray(band)[np.isclose(band[:, 0], 1), 1])  # type: ignore[index]


def test_bars_that_overlap_are_open_and_bars_that_add_up_are_filled(followed):
    paths = followed.paths[0]
    kinds = ["total", "through", "through", "all_mediators", "direct", "route", "route"]
    bars = paths_plot(paths).axes[0].patches
    assert len(bars) == len(kinds)
    for kind, bar in zip(kinds, bars, strict=True):
        overlaps = kind in ("through", "all_mediators")
        assert (bar.get_facecolor()[:3] == (1, 1, 1)) == overlaps
        assert (bar.get_linestyle() != "-") == overlaps  # so that it shows without colour
        assert any(bar.get_width() == part.size.value for part in paths.of(kind))  # type: ignore[attr-defined]


def test_a_way_too_small_to_be_seen_is_not_drawn(followed):
    paths = followed.paths[0]
    small = [replace(p, size=replace(p.size, value=0.001 * paths.total.size.value)) for p in paths.of("route")[1:]]
    others = [p for p in paths.parts if p.kind != "route"]
    drawn = paths_plot(replace(paths, parts=(*others, paths.of("route")[0], *small))).axes[0].patches
    assert len(drawn) == len(others) + 1


def test_a_step_whose_interval_holds_zero_says_so_in_picture_words_and_sentence(run):
    chain = run.chains[0]
    first, second, last = chain.steps
    open_ended = replace(chain, steps=(first, second, replace(last, size=replace(last.size, interval=(-1.0, 2.0)))))
    drawn = [text.get_text() for text in chain_plot(open_ended, str, "nl").axes[0].texts]
    assert "omvat nul" in " ".join(drawn) and "omvat nul" in chain_alt(open_ended, str, "nl")
    assert "omvat nul" not in chain_alt(chain, str, "nl")
    assert "het interval omvat nul: staat niet vast" in section(page_of(replace(run, chains=(open_ended,))))


def test_what_cannot_be_drawn_says_why(followed):
    with pytest.raises(PlotError, match="no path"):
        over_time_plot(followed.profiles[1])
    with pytest.raises(PlotError, match="stuck"):
        chain_plot(replace(followed.chains[0], steps=followed.chains[0].steps[:1], why="stuck"))


# The study file

GRAPH = """\
format: 1
id: shop
kpis:
  service: {scale: [0, 100]}
  loyalty: {scale: [0, 100]}
  visits: {scale: [0, null]}
  price: {scale: [0, null]}
  spend: {formula: visits * price}
links:
  - {from: service, to: loyalty}
  - {from: loyalty, to: visits}
"""
STUDY = """\
format: 1
title: A shop
graph: graph.yaml
data: [{path: shop.csv, unit: customer}]
profiles: [{treatment: service, outcome: loyalty, horizon: 0}]
paths: [{treatment: service, outcome: spend, through: [loyalty]}]
chains: [{kpis: [service, loyalty, spend], change: 5}]
valuation: {outcome: spend, discount_rate: 0.1, treatments: {service: 1}, horizon: 0}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"customer": [f"c{i}" for i in range(60)], "service": rng.uniform(20, 80, 60)})
    data["loyalty"] = 0.5 * data.service + rng.normal(size=60)
    data["visits"] = 0.1 * data.loyalty + rng.normal(size=60) + 5
    data["price"] = rng.uniform(1, 3, 60)
    (tmp_path / "graph.yaml").write_text(GRAPH)
    data.to_csv(tmp_path / "shop.csv", index=False)
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


def test_a_study_file_asks_for_profiles_paths_and_chains(folder):
    file = read_study(folder / "study.yaml")
    assert file.following == Following(
        (ProfileWanted("service", "loyalty", 0, 1.0, 0.1),),
        (PathsWanted(Question("service", "spend"), ("loyalty",)),),
        (ChainWanted(("service", "loyalty", "spend"), 5.0),),
    )
    done = carry_out(file)
    assert done.profiles[0].answered and done.profiles[0].rate == 0.1
    assert done.paths[0].named == ("loyalty",)  # type: ignore[union-attr]
    assert [step.kpi for step in done.chains[0].steps] == ["service", "loyalty", "spend"]
    assert 'id="dynamics"' in page_of(done)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("profiles: [{treatment: service", "profiles: [{treatment: servise", "study.yaml:5:24: found the unknown KPI"),
        ("outcome: loyalty, horizon: 0", "outcome: loyality", "Did you mean 'loyalty'"),
        ("horizon: 0}]\npaths", "horizon: -1}]\npaths", "study.yaml:5:60: found -1"),
        ("horizon: 0}]\npaths", "contrast: 0}]\npaths", "study.yaml:5:12: found contrast: 0"),
        ("through: [loyalty]", "through: [loyal]", "study.yaml:6:56: found the unknown KPI 'loyal'"),
        ("through: [loyalty]", "through: [spend]", "'spend', which the question is about"),
        ("outcome: spend, through: [loyalty]", "outcome: loyalty, through: [spend]", "Name its parts: price, visits."),
        ("outcome: spend, through: [loyalty]", "outcome: service", "study.yaml:6:9: found"),
        ("through: [loyalty]", "through: loyalty", "expected a list"),
        ("[service, loyalty, spend]", "[service, loyality, spend]", "study.yaml:7:27: found the unknown KPI"),
        ("[service, loyalty, spend]", "[spend, service]", "study.yaml:7:25: found no path from spend to service"),
        ("[service, loyalty, spend]", "[service]", "expected two or more different KPIs"),
        ("[service, loyalty, spend]", "[service, service]", "expected two or more different KPIs"),
        ("change: 5", "change: 0", "study.yaml:7:52: found contrast: 0"),
        ("change: 5}", "change: 5}, {kpis: [service, loyalty, spend], change: 5}", "the same once more"),
        ("profiles: [", "profile: [", "found the unknown key 'profile'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(folder, old, new, said):
    assert old in STUDY
    file = folder / "study.yaml"
    file.write_text(STUDY.replace(old, new))
    with pytest.raises(StudyError) as caught:
        read_study(file)
    assert said in str(caught.value)


def test_a_fault_in_what_is_to_be_followed_is_the_only_one(folder):
    file = folder / "study.yaml"
    text = "".join(line for line in STUDY.splitlines(keepends=True) if not line.startswith(("paths", "chains")))
    file.write_text(text.replace("treatment: service", "treatment: servise", 1))
    with pytest.raises(StudyError) as caught:
        read_study(file)
    assert len(caught.value.faults) == 1
