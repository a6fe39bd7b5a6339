"""In three lines: at most three cards, chosen by a principle that the page prints.

A card never says more than its grade: below *moderate* the large words are not the number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ...estimators import Estimate
from ...estimators.result import Beside
from ...grade import FEWEST
from ...ledger import Verdict
from ...question import Question
from ...value import NetPresentValue
from ..reader import Entry, Reader, capital, spread

_STRENGTHS = ("strong", "moderate", "weak")
_TWICE = 2.0  # so many times the estimate, and the raw figures mislead


@dataclass(frozen=True)
class Card:
    """One of the three lines.

    Parameters
    ----------
    about : str
        What the card is about, in a word or two.
    figure : str
        What it says large.
    sentence : str
    whom : str
        For which units and periods.
    grade : dict of str to str
        Key, sign and word; empty where none applies.
    href : str
        The sheet that it comes from.
    """

    about: str
    figure: str
    sentence: str
    whom: str = ""
    grade: dict[str, str] | None = None
    href: str = ""


def headlines(reader: Reader) -> list[Card]:
    """The best supported effect, the most telling caution, and money or the ledger."""
    best = best_entry(reader)
    return [card for card in (_best(reader, best), _caution(reader, best), _third(reader)) if card]


def best_entry(reader: Reader) -> Entry | None:
    """The best graded effect; of equals first one that bears out a claim, then the furthest from zero in errors.

    None where nothing lies clear of zero or all of it speaks against.
    """
    bearing = _bearing(reader)
    fit = [e for e in reader.entries if e.evidence.grade.word in _STRENGTHS and isinstance(e.answer, Estimate)]
    return min(
        fit,
        key=lambda e: (_STRENGTHS.index(e.evidence.grade.strength), e.question not in bearing, -_clear(e.answer)),
        default=None,
    )


def _bearing(reader: Reader) -> set[Question]:
    """The questions that bear out a claim."""
    found: set[Question] = set()
    for verdict in (v for v in reader.run.ledger if v.word == "supported"):
        names = verdict.claim.names or tuple(f"q{i + 1}" for i in range(len(verdict.evidence)))
        used = {name for each in verdict.decided for name in each.comparison.names}
        found |= {e.question for name, e in zip(names, verdict.evidence, strict=True) if name in used}
    return found


def _clear(answer: object) -> float:
    """How many standard errors an estimate lies from zero."""
    assert isinstance(answer, Estimate)
    return abs(answer.value) / answer.std_error if answer.std_error > 0 else math.inf


def _best(reader: Reader, entry: Entry | None) -> Card | None:
    if entry is None or not isinstance(entry.answer, Estimate):
        answered = sum(isinstance(e.answer, Estimate) for e in reader.entries)
        if not answered:
            return None
        return Card(reader.say("card_best"), reader.say("card_nothing"), reader.say("nothing_clear", count=answered))
    strength = entry.evidence.grade.strength
    amount = reader.amount(entry.question.outcome, entry.answer.value, spread(entry.answer), brief=True)
    return Card(
        reader.say("card_best"),
        amount if strength != "weak" else reader.say("card_weak"),
        effect_sentence(reader, entry),
        reader(entry.answer.population),
        reader.grade(entry.evidence.grade),
        entry.anchor,
    )


def effect_sentence(reader: Reader, entry: Entry) -> str:
    """An effect in a sentence that says no more than its grade."""
    question, answer = entry.question, entry.answer
    assert isinstance(answer, Estimate)
    half = spread(answer)
    low, high = sorted(abs(end) for end in answer.interval)
    parts = {
        "change": reader.change(question.treatment, question.contrast),
        "verb": reader.say("lowers" if answer.value < 0 else "raises"),
        "outcome": reader.the(question.outcome),
        "later": reader.later(question.horizon),
        "amount": reader.amount(question.outcome, abs(answer.value), half, brief=True),
        "range": reader.amounts(question.outcome, (low, high)),
    }
    said = capital(reader.say(f"effect_{entry.evidence.grade.strength}", **parts))
    return f"{_few(reader, answer)} {said}".strip()


def _few(reader: Reader, answer: Estimate) -> str:
    """With very few units the sentence itself says how little that is."""
    return reader.say("few_units", count=answer.units) if answer.units < FEWEST else ""


def _caution(reader: Reader, best: Entry | None) -> Card | None:
    """A claim that is contradicted; else raw figures that mislead; else what was refused."""
    against = next((v for v in reader.run.ledger if v.word == "contradicted"), None)
    if against is not None:
        return _contradicted(reader, against)
    rest = [entry for entry in reader.entries if entry is not best and isinstance(entry.answer, Estimate)]
    misled = [(key, -_far(raw), entry, raw) for entry in rest for key, raw in _misleading(entry.answer)]
    if misled:
        key, _, entry, raw = min(misled, key=lambda found: found[:2])
        return _raw(reader, key, entry, raw)
    refused = sum(entry.answer.status in ("not_identified", "not_estimable", "refused_data")
                  for entry in reader.entries)  # fmt: skip
    if not refused:
        return None
    count = len(reader.entries)
    return Card(reader.say("card_caution"), reader.say("so_many_of", count=refused, all=count),
                reader.say("refused_one" if refused == 1 else "refused_many"), href="sheets")  # fmt: skip


def _contradicted(reader: Reader, verdict: Verdict) -> Card:
    statement = verdict.claim.statement(reader.language)
    return Card(reader.say("card_caution"), verdict.claim.id, reader.say("claim_fails", statement=statement),
                reader(verdict.reason), href="claims")  # fmt: skip


def _misleading(answer: object) -> list[tuple[str, Beside]]:
    """How the raw association of an estimate misleads, most telling first; empty where it does not."""
    assert isinstance(answer, Estimate)
    raw = next((b for b in answer.beside if b.name == "association"), None)
    if raw is None or raw.interval[0] <= 0 <= raw.interval[1]:
        return []
    low, high = answer.interval
    if low <= 0 <= high:
        return [("1_zero", raw)]
    if (raw.value > 0) != (answer.value > 0):
        return [("0_turned", raw)]
    return [("2_larger", raw)] if abs(raw.value) > _TWICE * abs(answer.value) else []


def _far(raw: Beside) -> float:
    return abs(raw.value) / raw.std_error if raw.std_error > 0 else math.inf


def _raw(reader: Reader, key: str, entry: Entry, raw: Beside) -> Card:
    question, answer = entry.question, entry.answer
    assert isinstance(answer, Estimate)
    kpi = question.outcome
    parts = {
        "change": reader.change(question.treatment, question.contrast),
        "outcome": reader.the(kpi),
        "later": reader.later(question.horizon),
        "raw": reader.amount(kpi, raw.value, (raw.interval[1] - raw.interval[0]) / 2, brief=True),
        "amount": reader.amount(kpi, answer.value, spread(answer), brief=True),
        "range": reader.amounts(kpi, answer.interval),
    }
    return Card(
        reader.say("card_caution"),
        reader.say(f"card_{key[2:]}"),
        f"{_few(reader, answer)} {capital(reader.say(f'raw_{key[2:]}', **parts))}".strip(),
        reader(answer.population),
        reader.grade(entry.evidence.grade),
        entry.anchor,
    )


def _third(reader: Reader) -> Card | None:
    """Money where the study asks for it; otherwise what the claims come to."""
    valued = [value for value in reader.run.values if value.valued]
    if valued:
        return _money(reader, next((value for value in valued if value.determined), valued[0]))
    if not len(reader.run.ledger):
        return None
    words = [verdict.word for verdict in reader.run.ledger]
    counts = [(word, words.count(word)) for word in dict.fromkeys(sorted(words, key=_ORDER.index))]
    listed = "; ".join(f"{n} {reader.say(f'verdict_{word}')}" for word, n in counts)
    figure = reader.say("so_many_of", count=words.count("supported"), all=len(words))
    return Card(reader.say("card_claims"), figure, reader.say("claims_count", listed=listed), href="claims")


_ORDER = ("supported", "contradicted", "inconclusive", "not_testable", "not_examined")


def _money(reader: Reader, value: NetPresentValue) -> Card:
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
    few = _few(reader, estimates[0]) if estimates else ""
    sure = value.determined and not few
    said = capital(reader.say("money_sure" if value.determined else "money_unsure", **parts))
    whom = reader(estimates[0].population) if estimates else ""
    figure = reader.amount(value.outcome, value.value, half) if sure else reader.say("card_money_unsure")
    return Card(reader.say("card_money"), figure, f"{few} {said}".strip(), whom, href="values")
