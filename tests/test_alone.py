"""Answers along the links alone: only where the panel is too short for the regression, and never more than they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

import causalkpi as ck
from causalkpi.decide import decide, difference
from causalkpi.estimators import Estimate
from causalkpi.estimators.conventions import bias_reduced
from causalkpi.grade import RULE, grade
from causalkpi.question import Question, Unanswered
from causalkpi.record import Run
from causalkpi.report import to_html
from causalkpi.report.reader import Reader
from causalkpi.report.sections.headlines import headlines
from causalkpi.rule import Comparison

BANK = ck.load_world("waterland")
BEYOND = Question("customer_loyalty", "churn", 3)  # with twelve periods the correction was shown to hold up to two
CLAIM = ck.Claim("far", questions=(("customer_loyalty", "churn", 3),), expected=("-",))


def study_of(units: int = 60, periods: int = 12, **options) -> ck.Study:
    graph = replace(BANK.graph, claims=(CLAIM,))
    return ck.Study(graph, BANK.sample(units, periods, 3), unit="unit", period="period", **options)


@pytest.fixture(scope="module")
def study() -> ck.Study:
    return study_of()


@pytest.fixture(scope="module")
def ledger(study: ck.Study) -> ck.Ledger:
    return study.run([Question("customer_loyalty", "revenue", 4)])


def answered(study: ck.Study, question: Question) -> Estimate:
    found = study.answer(question)
    assert isinstance(found, Estimate), found
    return found


@pytest.mark.parametrize("outcome", ["churn", "revenue"])
def test_beyond_the_regression_the_answer_is_that_of_the_profile(study: ck.Study, outcome: str) -> None:
    """An identity too: its arithmetic is followed exactly, as a whole."""
    question = Question("customer_loyalty", outcome, 4, 2.0)
    found = answered(study, question)
    moment = study.profile("customer_loyalty", outcome, 4, 2.0)[4]
    same = moment.by_links
    numbers = (found.value, found.std_error, *found.interval, found.p_value)
    assert numbers == pytest.approx((same.value, same.std_error, *same.interval, same.p_value), rel=1e-9)
    beside = {b.name: b for b in found.beside}
    assert beside["uncorrected"].value == pytest.approx(moment.uncorrected, rel=1e-9)
    low, high = beside["uncorrected"].interval
    assert low < beside["uncorrected"].value < high
    assert found.value != pytest.approx(moment.uncorrected, rel=1e-3)


def test_a_profile_is_never_held_against_itself(study: ck.Study) -> None:
    answered(study, BEYOND)  # asked first, so that an answer along the links is known when the profile is made
    moments = study.profile("customer_loyalty", "churn", 3).moments
    assert isinstance(moments[3].by_adjustment, Unanswered)
    assert moments[3].gap is None
    beside = moments[2].by_adjustment
    assert isinstance(beside, Estimate)
    assert beside.estimand.route == "back_door"


def test_where_the_regression_answers_nothing_is_replaced(study: ck.Study) -> None:
    near = Question("customer_loyalty", "churn", 2)
    assert study.answer(near) is study.adjusted(near)
    assert answered(study, near).regressions


def test_it_says_what_it_is_in_both_languages(study: ck.Study) -> None:
    found = answered(study, BEYOND)
    assert found.status == "estimated_with_warnings"
    assert found.estimator.startswith("along the links")
    assert found.estimator.render("nl").startswith("langs de verbanden")
    refused = study.adjusted(BEYOND)
    assert isinstance(refused, Unanswered)
    for language in ("en", "nl"):
        said = " ".join(text.render(language) for text in found.warnings)
        assert refused.reason.render(language) in said
    assert any("whole KPI map" in text for text in found.estimand.assumptions)
    assert any("hele KPI-kaart" in text.render("nl") for text in found.estimand.assumptions)
    assert found.estimand.roles == ()
    assert found.population == "60 units, each link as seen in 2019Q1 to 2021Q4"
    with pytest.raises(ValueError, match="links"):
        found.to_dowhy()


def test_where_the_links_refuse_too_both_reasons_are_given() -> None:
    few = study_of(units=14)
    found = few.answer(BEYOND)
    assert isinstance(found, Unanswered)
    assert "Horizon 3 is too far" in found.reason
    assert "14 units can be used; along the links it takes 15" in found.reason
    assert "Ook langs de verbanden" in found.reason.render("nl")
    assert "profile" not in found.remedy


def test_other_refusals_stay_refusals() -> None:
    """A choice of errors that a corrected slope does not have is no question of too few periods."""
    chosen = study_of(errors=bias_reduced)
    for horizon in (2, 3):
        found = chosen.answer(Question("customer_loyalty", "churn", horizon))
        assert isinstance(found, Unanswered)
        assert not found.short


def test_its_grade_stays_weak_however_clear_the_number(ledger: ck.Ledger) -> None:
    evidence = ledger["far"].evidence[0]
    clear = replace(evidence.estimate, value=-1.0, interval=(-1.1, -0.9), std_error=0.05)
    found = grade(clear, evidence.findings, (0.0, 0.0), 0.01, "-", compared=True)
    assert found.strength == "weak"
    assert "hidden causes" in found.reasons[0]
    assert "verborgen oorzaken" in found.reasons[0].render("nl")
    none = replace(evidence.estimate, value=0.0, interval=(-0.001, 0.001))
    assert not grade(none, evidence.findings, (0.0, 0.0), 0.01).negligible
    moderate = next(text for text in RULE if text.startswith("Moderate"))
    assert "along the links alone, which stay at Weak" in moderate
    assert "langs de verbanden alleen, die op Zwak blijven" in moderate.render("nl")


def test_a_claim_is_not_decided_by_it(ledger: ck.Ledger) -> None:
    verdict = ledger["far"]
    assert verdict.word == "inconclusive"
    assert verdict.p_value < 0.05
    assert "the evidence is weak" in verdict.reason


def test_comparisons_take_the_largest_error_that_dependence_allows(study: ck.Study) -> None:
    far, near = study.ask("customer_loyalty", "churn", 3), study.ask("customer_loyalty", "churn", 2)
    for one, other in ((far, near), (far, study.ask("customer_loyalty", "churn", 4))):
        _, error, _ = difference(one.estimate, other.estimate)
        assert error == one.estimate.std_error + other.estimate.std_error
        assert not decide(Comparison("a", "b"), {"a": one, "b": other}).enough


def test_the_shorter_horizons_are_held_against_the_regression(study: ck.Study) -> None:
    finding = study.ask("customer_loyalty", "churn", 3).findings[0]
    expected = study.profile("customer_loyalty", "churn", 2).finding
    assert expected is not None
    assert (finding.id, finding.result, finding.statistic) == ("two_routes", expected.result, expected.statistic)


def test_a_graph_that_the_shorter_horizons_contradict_is_said_to_be() -> None:
    """A believed loyalty without its own past: the links lose what lasts, and the regression does not."""
    lasting = ("customer_loyalty", "customer_loyalty")
    links = tuple(link for link in BANK.graph.links if (link.source, link.target) != lasting)
    wrong = ck.Study(replace(BANK.graph, links=links, claims=()), BANK.sample(120, 24, 5), unit="unit", period="period")
    evidence = wrong.ask("customer_loyalty", "advocacy", 5)
    assert evidence.estimate.estimand.route == "links"
    assert evidence.findings[0].result == "fails"
    assert any("This check fails" in reason for reason in evidence.grade.reasons)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("along the links alone", "the adjusted regression could not be had at this horizon", "in every link",
                "before correction")),
        ("nl", ("langs de verbanden alleen", "is op deze horizon niet te maken", "in de vergelijking van elk verband",
                "vóór bijstelling")),
    ],
)  # fmt: skip
def test_the_report_shows_it(study: ck.Study, ledger: ck.Ledger, language, said: tuple[str, ...]) -> None:
    from causalkpi.record import to_record

    run = Run("Far", study, ledger, "customer_centred", language=language)
    page = to_html(run, to_record(run))
    sheets = page.partition('id="sheets"')[2] or page
    for words in said:
        assert words.lower() in sheets.lower(), words


def test_what_fades_along_the_links_is_no_caution_about_raw_figures(study: ck.Study) -> None:
    """Against a raw slope that stays as it is, any effect many periods later is much smaller."""
    far = Question("customer_loyalty", "churn", 8)
    run = Run("Far", study, study.run([Question("customer_loyalty", "churn", 1), far], claims=False), "mine")
    raw = next(b.value for b in answered(study, far).beside if b.name == "association")
    assert abs(raw) > 2 * abs(answered(study, far).value)
    assert [card for card in headlines(Reader(run)) if "churn" in card.sentence and "8 quarters" in card.sentence] == []
