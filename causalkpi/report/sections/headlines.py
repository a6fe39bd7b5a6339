"""In three lines: at most three cards, chosen by a principle that the page prints.

A card never says more than its grade: below *moderate* the large words are not the number.
"""

from __future__ import annotations

import math

from ...estimators import Estimate
from ...question import Question
from ..entry import Entry
from ..reader import Reader, capital, spread
from .card import Card, few
from .caution import caution
from .money import money

_STRENGTHS = ("strong", "moderate", "weak")


def headlines(reader: Reader) -> list[Card]:
    """The best supported effect, the most telling caution, and money or the ledger."""
    best = best_entry(reader)
    return [card for card in (_best(reader, best), caution(reader, best), _third(reader)) if card]


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
        said = reader.say("nothing_clear_one" if answered == 1 else "nothing_clear", count=answered)
        return Card(reader.say("card_best"), reader.say("card_nothing"), said)
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
    return f"{few(reader, answer)} {said}".strip()


def _third(reader: Reader) -> Card | None:
    """Money where the study asks for it; otherwise what the claims come to."""
    valued = [value for value in reader.run.values if value.valued]
    if valued:
        return money(reader, next((value for value in valued if value.determined), valued[0]))
    if not len(reader.run.ledger):
        return None
    words = [verdict.word for verdict in reader.run.ledger]
    counts = [(word, words.count(word)) for word in dict.fromkeys(sorted(words, key=_ORDER.index))]
    listed = "; ".join(f"{n} {reader.say(f'verdict_{word}')}" for word, n in counts)
    supported = words.count("supported")
    if len(words) == 1:
        verdict = reader.say(f"verdict_{words[0]}")
        figure, said = capital(verdict), reader.say("the_claim", verdict=verdict)
    else:
        figure = reader.say("so_many_of", count=supported, all=len(words))
        said = reader.say("claims_one" if supported == 1 else "claims_count", listed=listed)
    return Card(reader.say("card_claims"), figure, said, href="claims")


_ORDER = ("supported", "contradicted", "inconclusive", "not_testable", "not_examined")
