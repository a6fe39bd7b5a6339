"""What moved since the last run, said in both languages and without words of the record's own."""

from __future__ import annotations

from typing import Any

from causalkpi.changes import compare

ANSWER = {"treatment": "loyalty", "outcome": "churn", "horizon": 1, "contrast": 1.0}
SEEN = ANSWER | {"status": "estimated", "grade": "moderate", "value": 2.0, "std_error": 0.1}
REFUSED = ANSWER | {"status": "not_estimable", "grade": "none", "value": None}


def sentences(before: dict[str, Any], after: dict[str, Any], language: str = "en") -> list[str]:
    records = [{"format": 1, "panel": {"frequency": "quarter"}, "answers": [answer]} for answer in (before, after)]
    return [said.render(language) for said in compare(*records).sentences]


def test_a_refusal_is_told_in_the_words_of_the_report():
    other = REFUSED | {"status": "refused_data"}
    assert sentences(REFUSED, other)[1] == (
        "loyalty → churn, 1 quarter later: ‘cannot be estimated from these data’ became ‘refused: the data cannot be "
        "used’."
    )
    assert sentences(REFUSED, SEEN, "nl")[1] == (
        "loyalty → churn, 1 kwartaal later: ‘met deze gegevens niet te schatten’ werd 2 (redelijke onderbouwing)."
    )


def test_a_number_and_its_grade_are_told_together():
    other = SEEN | {"value": 2.5, "grade": "weak"}
    assert sentences(SEEN, other, "nl")[1] == (
        "loyalty → churn, 1 kwartaal later: 2 werd 2,5 (5,0 standaardfouten); redelijke onderbouwing werd zwakke "
        "onderbouwing."
    )
    assert sentences(SEEN, SEEN | {"grade": "weak"})[1].endswith("moderate evidence became weak evidence.")
    assert sentences(SEEN, dict(SEEN))[1] == "No answer moved."


def test_a_record_of_another_study_is_told_as_such():
    before, after = ({"format": 1, "title": title, "answers": [SEEN]} for title in ("A {shop}", "A bank"))
    assert compare(before, after).sentences[0].render("nl") == (
        "De vorige run in deze map had een andere titel: A {shop}."
    )


def test_a_record_that_somebody_edited_is_compared_all_the_same():
    odd = SEEN | {"status": "{wild}", "grade": ["x"], "value": 3.0}
    assert "‘{wild}’ became ‘estimated’" in sentences(odd, SEEN)[1]
