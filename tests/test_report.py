"""The report: whole, safe, in one language at a time, and never surer than its evidence."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections import Counter
from copy import copy
from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from report_page import EVIL, FORMULA, Page, make_run

from causalkpi.answers import Answers
from causalkpi.datasets import load_demo
from causalkpi.errors import Fault
from causalkpi.estimators import Estimate
from causalkpi.grade import RULE, Grade
from causalkpi.graph import KPIGraph
from causalkpi.graphfile import load_graph
from causalkpi.kpi import KPI, Claim, Link
from causalkpi.language import Text
from causalkpi.ledger import Ledger
from causalkpi.plots import PlotError
from causalkpi.question import Question
from causalkpi.record import Run, to_record
from causalkpi.report import to_html
from causalkpi.report.figures import drawn
from causalkpi.report.picture import picture
from causalkpi.report.reader import Reader, sentence
from causalkpi.report.sections.card import Card
from causalkpi.report.sections.headlines import best_entry, effect_sentence, headlines
from causalkpi.report.sections.links import links
from causalkpi.report.words import WORDS
from causalkpi.study import Study
from causalkpi.value import net_present_value

ENGLISH = {"the", "and", "with", "are", "not", "for", "from", "that", "this", "which", "its", "by", "than", "no", "it"}


def page_of(run: Run) -> str:
    return to_html(run, to_record(run))


@pytest.fixture(scope="module")
def run() -> Run:
    return make_run()


@pytest.fixture(scope="module")
def html(run) -> str:
    return page_of(run)


@pytest.fixture(scope="module")
def bank() -> Run:
    """Forty branches of the demo bank, the first four claims of the book's model, and what a point is worth."""
    graph = load_graph("customer_centred")
    graph = replace(graph, claims=tuple(c for c in graph.claims if c.id in ("C2", "C3", "C8", "C11")))
    frame = load_demo()
    kept = sorted(frame["unit"].unique())[:40]
    study = Study(graph, frame[frame["unit"].isin(kept)], unit="unit", period="period")
    ledger = study.run([Question("customer_loyalty", "churn", 1), Question("revenue_steering", "revenue", 0, 0.1)])
    value = net_present_value(study.panel, study.adjusted, "customer_loyalty", "operating_result", rate=0.08, horizon=1)
    return Run("Loyaliteit en verloop", study, ledger, "customer_centred", values=(value,), language="nl")


@pytest.fixture(scope="module")
def dutch(bank) -> Page:
    return Page(page_of(bank))


# The file


def test_nothing_on_the_page_runs_or_is_remote(html):
    page = Page(html)
    assert page.open == []
    tags = {tag for tag, _ in page.met}
    assert not tags & {"script", "iframe", "object", "embed", "link", "base", "form", "i"}
    for tag, attributes in page.met:
        assert not {"style", "srcdoc", "action", "xlink:href"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
        assert "href" not in attributes or (tag == "a" and attributes["href"].startswith("#"))
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(a["content"] for _, a in page.met if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_names_that_mean_harm_are_shown_as_they_are(html):
    page = Page(html)
    shown = page.words()
    assert shown.count(EVIL) >= 6  # title, client, a note, KPI, claim, owner
    for name in (FORMULA, "@spend", "<i>points</i>", "=1+1", "<b>us</b>", "<B>boss</b>".replace("B", "b")):
        assert name in shown, name
    assert not {"b", "i"} & {tag for tag, attrs in page.met if attrs == {} and tag == "i"}
    assert "alert" not in " ".join(value or "" for tag, attrs in page.met for key, value in attrs.items()
                                   if key not in ("aria-label", "alt", "data-name"))  # fmt: skip


def test_the_page_has_one_title_landmarks_headings_and_headed_tables(html):
    page = Page(html)
    tags = Counter(tag for tag, _ in page.met)
    assert tags["h1"] == tags["main"] == tags["nav"] == tags["header"] == tags["footer"] == 1
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.met if tag == "th")
    assert all(attrs.get("alt") for tag, attrs in page.met if tag == "img")
    assert all(attrs.get("aria-label") or attrs.get("aria-labelledby") for tag, attrs in page.met if tag == "svg")
    levels = [int(tag[1]) for tag, _ in page.met if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_anchor_leads_somewhere_and_no_place_has_two_names(html, dutch):
    for page in (Page(html), dutch):
        ids = page.attributes("id")
        assert max(Counter(ids).values()) == 1
        assert {href[1:] for href in page.attributes("href")} <= set(ids)
        assert set(page.attributes("aria-labelledby")) <= set(" ".join(ids).split()) | set(page.attributes("id"))


def test_equal_runs_give_equal_bytes(run, html):
    assert page_of(make_run()) == html == page_of(run)


def test_the_page_is_small(bank):
    count = len(Reader(bank).entries)
    assert len(page_of(bank).encode()) < 200_000 + count * 55_000  # 24 questions stay below 1.5 MB


# What it says


def test_every_question_has_one_sheet(run, html, bank, dutch):
    for each, page in ((run, Page(html)), (bank, dutch)):
        distinct = {item.question for item in each.answers}
        sheets = [a["id"] for tag, a in page.met if tag == "article" and a.get("class") == "sheet"]
        assert len(sheets) == len(distinct) == len(Reader(each).entries)
        assert sheets == [entry.anchor for entry in Reader(each).entries]


def test_a_question_asked_twice_names_both_who_ask(bank):
    entry = Reader(bank).entries[0]
    assert [item.origin for item in entry.asked] == ["study", "C3"]
    assert entry.evidence.expected == "-"


def test_the_page_says_what_a_reader_must_know(run, html):
    text = Page(html).words()
    estimate = next(item.answer for item in run.answers if isinstance(item.answer, Estimate))
    for said in (
        "Raw association",
        "95% confidence interval",
        "Smallest effect that this sample would find",
        "Adjustment (back-door)",
        "200 of 200 rows",
        "a cause of the treatment and, by another way, of the outcome",
        "Cannot be learned from these KPIs",
        "It would help to measure mood.",
        "No effect, by the graph",
        "no arrow and no common cause is missing from it",
        "dowhy 0.14",
        *RULE,
    ):
        assert said in text, said
    assert f"{estimate.value:.2f}" in text
    assert "True effect" not in text


def test_the_true_effect_stands_beside_where_it_is_known(run):
    asked = Answers(tuple(replace(item, true_effect=2.0) for item in run.answers))
    text = Page(page_of(replace(run, ledger=replace(run.ledger, answers=asked), simulated=True))).words()
    assert "True effect" in text
    assert "This organisation is simulated" in text


def test_every_fault_is_shown_without_its_examples(run):
    faults = (
        Fault("churn", "words", "numbers", "Mend it.", "typed", 3, ("row 4: secret",)),
        Fault("<b>file</b>", "gaps", "all values", severity="warns"),
        Fault("spend", "a note", "nothing", severity="notes"),
    )
    held = make_run()
    held.study.faults = faults
    text = Page(page_of(held)).words()
    assert "secret" not in text
    for said in ("words (3 times)", "numbers", "Mend it.", "<b>file</b>", "gaps", "a note", "Stops", "Warning", "Note"):
        assert said in text, said


def test_the_dutch_report_is_dutch(dutch, bank):
    text = dutch.words()
    found = Counter(word for word in re.findall(r"[a-z]+", text.lower()) if word in ENGLISH)
    assert not found, {word: re.findall(rf".{{40}}\b{word}\b.{{40}}", text, re.IGNORECASE)[:2] for word in found}
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b", text.replace("customer_centred", ""))  # an id instead of a name
    assert not re.findall(
        r"\d\.\d{1,2}\b(?!\.)(?!\d)", re.sub(r"Versies.*?Standaardkeuze|\d+\.\d+\.\d+|\w+ \d+\.\d+,", " ", text)
    )
    for said in (
        "In drie regels",
        "Het stellingenoverzicht",
        "De datakwaliteitstoets",
        "Wat dit rapport niet kan zeggen",
    ):
        assert said in text, said


def test_every_sentence_has_the_same_parts_in_both_languages():
    for key, (en, nl) in WORDS.items():
        parts = [set(re.findall(r"{(\w+)[^}]*}", text)) for text in (en, nl)]
        assert parts[0] == parts[1], key
        assert nl, key


# Headlines: never surer than the evidence


def entry_of(run: Run, **grade):
    """The bank's first entry under another grade."""
    reader = Reader(run)
    entry = reader.entries[0]
    asked = tuple(replace(i, evidence=replace(i.evidence, grade=Grade(**grade))) for i in entry.asked)
    return reader, replace(entry, asked=asked)


def test_a_strong_effect_is_said_in_percentage_points_with_its_interval(bank):
    reader, entry = entry_of(bank, strength="strong")
    low, high = sorted(abs(100 * end) for end in entry.evidence.estimate.interval)
    half = (high - low) / 2
    said = effect_sentence(reader, entry)
    shown = reader.number(-100 * entry.evidence.estimate.value, half)
    assert said.startswith(
        "Eén punt meer klantloyaliteit verlaagt het klantverloop 1 kwartaal later naar schatting met"
    )
    assert f"met {shown} procentpunt ({reader.number(low, half)} tot {reader.number(high, half)})." in said


def test_a_weak_effect_is_no_more_than_a_hint(bank):
    reader, entry = entry_of(bank, strength="weak")
    assert effect_sentence(reader, entry).startswith("De cijfers wijzen die kant op, meer niet")


def graded(run: Run, **grade) -> Run:
    """A run all of whose numbers have one grade, and no claims."""
    asked = tuple(
        replace(item, evidence=replace(item.evidence, grade=Grade(**grade))) if item.evidence.answered else item
        for item in run.answers
    )
    return replace(run, ledger=Ledger((), Answers(asked)), values=())


def test_no_card_shows_a_number_large_below_moderate(bank):
    card = headlines(Reader(graded(bank, strength="weak")))[0]
    assert card.figure == "Een aanwijzing"
    card = headlines(Reader(graded(bank, strength="none")))[0]
    assert card.figure == "Niets vrij van nul"
    assert headlines(Reader(graded(bank, strength="strong", against=True)))[0].figure == "Niets vrij van nul"


def test_the_best_entry_has_the_best_grade(bank):
    reader = Reader(bank)
    best = best_entry(reader)
    order = ("strong", "moderate", "weak", "none")
    ranks = [order.index(e.evidence.grade.strength) for e in reader.entries
             if e.evidence.answered and not e.evidence.grade.against]  # fmt: skip
    assert best is not None
    assert order.index(best.evidence.grade.strength) == min(ranks)


def test_a_cross_section_whose_figures_mislead_nobody_is_cautioned_about_time() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"loyalty": rng.normal(size=300)})
    frame["spend"] = 2 * frame.loyalty + rng.normal(size=300)
    study = Study(nx.DiGraph([("loyalty", "spend")]), frame)
    run = Run("once", study, study.run([Question("loyalty", "spend")]), "a graph", language="nl")
    caution = headlines(Reader(run))[1]
    assert caution.figure == "Eén keer gezien"
    assert "zegt alleen de graaf" in caution.sentence


def test_raw_figures_that_point_the_other_way_are_a_caution(bank):
    card = headlines(Reader(bank))[1]
    steering = next(e for e in Reader(bank).entries if e.question.treatment == "revenue_steering")
    raw = next(b for b in steering.evidence.estimate.beside if b.name == "association")
    assert raw.value < 0
    assert card.figure in ("Het teken keert om", "Niet aangetoond")
    assert "ruwe cijfers" in card.sentence


def test_a_contradicted_claim_comes_before_raw_figures(bank):
    first = replace(bank.ledger.verdicts[0], word="contradicted", reason=Text("No.", "Nee."))
    turned = replace(bank, ledger=replace(bank.ledger, verdicts=(first, *bank.ledger.verdicts[1:])))
    card = headlines(Reader(turned))[1]
    assert card.figure == first.claim.id
    assert card.sentence.startswith("De stelling houdt hier geen stand")


def test_money_whose_sign_is_open_is_not_shown_large(bank):
    value = bank.values[0]
    open_ended = replace(bank, values=(replace(value, interval=(-1.0, 2.0), value=0.5),))
    card = headlines(Reader(open_ended))[-1]
    assert card.figure == "Staat niet vast"
    assert "het interval omvat nul" in card.sentence


def test_money_carries_the_weakest_grade_behind_it_or_says_that_it_has_none(bank):
    value = replace(bank.values[0], value=1000.0, interval=(500.0, 1500.0))
    card = headlines(Reader(replace(bank, values=(value,))))[-1]
    assert card.grade is not None
    assert (card.grade["word"], "geen oordeel" in card.sentence) == ("niet beoordeeld", True)
    of_churn = replace(value, outcome="churn", treatment="customer_loyalty")  # a question that the study asked
    weak = graded(bank, strength="weak")
    card = headlines(Reader(replace(weak, values=(of_churn,))))[-1]
    assert card.figure == "Een aanwijzing"
    assert "zwak" in card.sentence


def test_without_money_the_last_line_counts_the_claims(bank):
    card = headlines(Reader(replace(bank, values=())))[-1]
    supported = sum(v.word == "supported" for v in bank.ledger)
    assert card.figure == f"{supported} van de 4"


def of_units(units: int, varying: int, language: str = "en") -> list[Card]:
    """The headlines of a study of some units, in some of which loyalty varies; spend follows it closely."""
    rng = np.random.default_rng(2)
    index = pd.MultiIndex.from_product([[f"B{i:02}" for i in range(units)], range(30)], names=["unit", "period"])
    moves = np.repeat(np.arange(units) < varying, 30)
    frame = pd.DataFrame({"loyalty": moves * rng.normal(size=len(index))}, index=index)
    frame["spend"] = 3 * frame.loyalty + rng.normal(size=len(index)) * 0.1
    asked = {"questions": (("loyalty", "spend", 0),), "names": ("effect",)}
    claims = (Claim("C1", en="More", rule="effect > 0", **asked), Claim("C2", en="Less", rule="effect < 0", **asked))
    graph = KPIGraph((KPI("loyalty"), KPI("spend")), (Link("loyalty", "spend"),), claims=claims)
    study = Study(graph, frame.reset_index(), unit="unit", period="period")
    return headlines(Reader(Run("Few", study, study.run([Question("loyalty", "spend")]), "mine", language=language)))


@pytest.mark.parametrize(
    ("units", "varying", "language", "said"),
    [
        (5, 5, "en", "This rests on 5 units only: a hint, not a finding."),
        (5, 5, "nl", "Dit berust op slechts 5 eenheden: een aanwijzing, geen uitkomst."),
        (30, 4, "en", "What varies in the treatment comes from about 4 units only: a hint, not a finding."),
        (30, 4, "nl", "De variatie in de ingreep komt van ongeveer 4 eenheden: een aanwijzing, geen uitkomst."),
    ],
)
def test_few_units_are_called_few_in_the_headline_itself(units, varying, language, said):
    best, claims = of_units(units, varying, language)
    assert best.figure in ("A hint", "Een aanwijzing")
    assert best.sentence.startswith(said)
    assert claims.figure.startswith("0 ")  # nothing is decided on so few


def test_many_units_are_not_called_few():
    assert not any("hint" in card.sentence for card in of_units(30, 30))


# Studies of other shapes


def test_a_study_of_nothing_but_refusals_is_reported():
    graph = KPIGraph(
        (KPI("loyalty"), KPI("spend"), KPI("mood", observed=False)),
        (Link("mood", "loyalty"), Link("mood", "spend"), Link("loyalty", "spend")),
    )
    rng = np.random.default_rng(3)
    study = Study(graph, pd.DataFrame({"loyalty": rng.normal(size=50), "spend": rng.normal(size=50)}))
    run = Run("Refused", study, study.run([Question("loyalty", "spend")]), "mine")
    page = Page(page_of(run))
    assert "1 of 1 question got no number: these data cannot answer it." in page.words()
    assert "Cannot be learned from these KPIs" in page.words()
    assert not [tag for tag, _ in page.met if tag == "img"]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_plain_graph_without_claims_lanes_or_owners_is_reported(language):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"loyalty": rng.normal(size=80)})
    frame["spend"] = frame.loyalty + rng.normal(size=80)
    study = Study(nx.DiGraph([("loyalty", "spend")]), frame)
    run = Run("Plain", study, study.run([Question("loyalty", "spend")]), "mine", language=language)
    ids = Page(page_of(run)).attributes("id")
    assert {"lines", "map", "sheets", "data", "limits", "provenance"} <= set(ids)
    assert not {"claims", "values", "owners"} & set(ids)


def test_a_study_that_asks_nothing_is_reported():
    study = Study(nx.DiGraph([("loyalty", "spend")]), pd.DataFrame({"loyalty": [1.0, 2, 3], "spend": [1.0, 3, 2]}))
    page = Page(page_of(Run("Nothing", study, study.run(), "mine")))
    assert "No question was asked." in page.words()
    assert not {"lines", "sheets"} & set(page.attributes("id"))


def test_a_graph_of_one_lane_is_reported():
    kpis = (KPI("a", lane="finance"), KPI("b", lane="finance"))
    graph = KPIGraph(kpis, (Link("a", "b"),), claims=(Claim("C1", questions=(("a", "b", 0),), expected=("+",)),))
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.normal(size=60)})
    frame["b"] = frame.a + rng.normal(size=60)
    study = Study(graph, frame)
    page = Page(page_of(Run("One lane", study, study.run(), "mine")))
    assert "#q1" in page.attributes("href")


# Parts


def test_a_figure_that_cannot_be_drawn_says_why(bank):
    def fails():
        raise PlotError(Text("too few rows", "te weinig rijen"))

    assert drawn(fails, lambda: "", Reader(bank), 100).why == "te weinig rijen"


def test_a_picture_shows_what_is_finite(run):
    answer = next(item.answer for item in run.answers if isinstance(item.answer, Estimate))
    shown = picture(answer, math.nan)
    assert set(shown) == {"zero", "value", "raw", "low", "high"}
    assert shown["zero"] < shown["low"] < shown["value"] < shown["high"] < shown["raw"]
    loose = picture(replace(answer, interval=(-math.inf, math.inf), beside=()), 5.0)
    assert (loose["low"], loose["high"]) == (0.0, 200.0)
    assert all(0 <= x <= 200 for x in loose.values())
    still = picture(replace(answer, value=0.0, interval=(0.0, 0.0), beside=()), math.nan)
    assert set(still.values()) == {6.0}


@pytest.mark.parametrize(
    ("kpi", "value", "half", "en", "nl"),
    [
        ("churn", -0.000304, 0.00007, "−0.0304 percentage points", "−0,0304 procentpunt"),
        ("customer_loyalty", 1.25, 0.2, "1.25 points", "1,25 punt"),
        ("revenue", -1_234_567.0, 100_000.0, "EUR −1.23 million", "€ −1,23 mln"),
        ("cost_cutting", 2.0, 0.5, "2.00 percentage points", "2,00 procentpunt"),
        (
            "referred_customers",
            0.54,
            0.1,
            "0.54 (new customers by referral per 1,000)",
            "0,54 (nieuwe klanten door aanbeveling per 1.000)",
        ),
    ],
)
def test_an_amount_is_said_as_a_board_reads_it(bank, kpi, value, half, en, nl):
    for language, said in (("en", en), ("nl", nl)):
        shown = Reader(replace(bank, language=language)).amount(kpi, value, half)
        assert shown.replace("\N{NO-BREAK SPACE}", " ") == said


def test_a_change_is_said_by_its_unit(bank):
    reader = Reader(bank)
    assert reader.change("customer_loyalty", -1) == "één punt minder klantloyaliteit"
    assert reader.change("revenue_steering", 0.1) == "10 procentpunt meer sturing op omzet"
    assert reader.change("undesirable_selling", 2.5) == "een toename van 2,5 in onwenselijk verkoopgedrag"
    assert sentence(reader.change("customer_loyalty", 5)) == "5 punten meer klantloyaliteit."


def test_what_is_only_0_or_1_is_not_said_in_percentage_points(bank):
    frame = load_demo().head(48).assign(cost_cutting=lambda f: (f["cost_cutting"] > 3) * 1.0)
    reader = Reader(replace(bank, study=Study(bank.study.graph, frame, unit="unit", period="period")))
    assert reader.change("cost_cutting", 1) == "een stap van 0 naar 1 in kostenreductie"
    assert reader.change("cost_cutting", -1) == "een stap van 1 naar 0 in kostenreductie"


@pytest.mark.parametrize(
    ("kept", "figure", "said"),
    [
        (("C3",), "", "Dit onderzoek heeft één stelling; de uitkomst: "),
        (
            ("C2", "C11"),
            "0 van de 2",
            "stellingen zijn onderbouwd. In totaal: 1 hier niet toetsbaar; 1 niet",
        ),
    ],
)
def test_claims_are_counted_in_sentences(bank, kept, figure, said):
    verdicts = tuple(verdict for verdict in bank.ledger if verdict.claim.id in kept)
    card = headlines(Reader(replace(bank, ledger=replace(bank.ledger, verdicts=verdicts), values=())))[-1]
    assert figure in card.figure
    assert said in card.sentence


def test_a_switch_is_thrown_and_one_point_is_one(bank):
    english = Reader(replace(bank, language="en"))
    assert english.change("revenue_steering", 0.01).startswith("1 percentage point more ")
    assert english.amount("churn", 0.01, 0.5) == "1 percentage point"
    frame = bank.study.panel.frame
    thrown = frame.assign(revenue_steering=np.arange(len(frame)) % 2)
    bank = replace(bank, study=copy(bank.study))
    bank.study.panel = replace(bank.study.panel, frame=thrown)
    assert Reader(bank).change("revenue_steering", 1) == "een stap van 0 naar 1 in sturing op omzet"
    english = Reader(replace(bank, language="en"))
    assert english.change("revenue_steering", 1).startswith("a step from 0 to 1 in ")


def test_a_chance_is_never_certain(bank):
    assert Reader(bank).chance(1.0) == "> 99%"
    assert Reader(bank).chance(0.0) == "< 1%"
    assert Reader(bank).share(1.0) == "100%"


def test_own_pasts_are_mentioned_only_where_there_are_any(bank, dutch):
    assert "van het eigen verleden zit in het model" in links(Reader(bank))["caption"]
    graph = bank.study.graph
    bare = replace(graph, links=tuple(link for link in graph.links if link.source != link.target))
    still = Reader(replace(bank, study=Study(bare, load_demo(), unit="unit", period="period")))
    assert "eigen verleden" not in links(still)["caption"]


def test_a_number_with_a_long_unit_may_break_outside_tables(html):
    assert not re.search(r"(^|\})\s*\.figure \{[^}]*nowrap", html), "a phone is 390 wide; owners' numbers carry units"
