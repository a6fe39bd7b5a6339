"""The line about money: never large with an unsettled sign or on weak evidence."""

from __future__ import annotations

from ...estimators import Estimate
from ...value import NetPresentValue
from ..reader import Reader, capital
from .card import Card, few

_STRENGTHS = ("strong", "moderate", "weak", "none")
_LARGE = ("strong", "moderate", "ungraded")


def money(reader: Reader, value: NetPresentValue) -> Card:
    """What a change is worth, as large as its sign and its grade allow."""
    half = (value.interval[1] - value.interval[0]) / 2
    parts = {
        "change": reader.change(value.treatment, value.change),
        "amount": reader.amount(value.outcome, abs(value.value), half),
        "range": reader.amounts(value.outcome, value.interval),
        "outcome": reader.the(value.outcome),
        "verb": reader.say("lowers" if value.value < 0 else "raises"),
        "period": reader.period(),
        "rate": reader.rate(value.rate),
    }
    estimates = [answer for answer in value.answers if isinstance(answer, Estimate)]
    warned = few(reader, estimates[0]) if estimates else ""
    graded = grade_of(reader, value)
    weak = graded["key"] not in _LARGE
    said = [
        warned,
        capital(reader.say("money_sure" if value.determined else "money_unsure", **parts)),
        caveat(reader, graded) if value.determined else "",
    ]
    figure = reader.amount(value.outcome, value.value, half, brief=True)
    if warned or weak:
        figure = reader.say("card_weak")
    if not value.determined:
        figure = reader.say("card_money_unsure")
    whom = reader(estimates[0].population) if estimates else ""
    return Card(reader.say("card_money"), figure, " ".join(filter(None, said)), whom, graded, "values")


def grade_of(reader: Reader, value: NetPresentValue) -> dict[str, str]:
    """The weakest grade of the questions that the sum is made of; where the study asked none, that it has no grade."""
    horizons = {flow.horizon for flow in value.flows}
    made_of = [
        entry.evidence.grade
        for entry in reader.entries
        if (entry.question.treatment, entry.question.outcome) == (value.treatment, value.outcome)
        and entry.question.horizon in horizons
        and entry.evidence.answered
    ]
    if not made_of:
        return {"key": "ungraded", "sign": "○", "word": reader.say("grade_ungraded")}
    return reader.grade(max(made_of, key=lambda grade: _STRENGTHS.index(grade.strength)))


def caveat(reader: Reader, graded: dict[str, str]) -> str:
    """What must be said beside a sum of this grade; empty where nothing must."""
    if graded["key"] == "ungraded":
        return reader.say("money_ungraded")
    return "" if graded["key"] in _LARGE else reader.say("money_weak")
