"""The most telling caution: a contradicted claim, raw figures that mislead, what was refused, or units seen once."""

from __future__ import annotations

import math

from ...estimators import Estimate
from ...estimators.result import Beside
from ...ledger import Verdict
from ..entry import Entry
from ..reader import Reader, capital, spread
from .card import Card, few

_TWICE = 2.0  # so many times the estimate, and the raw figures mislead


def caution(reader: Reader, best: Entry | None) -> Card | None:
    """A claim that is contradicted; else raw figures that mislead; else what was refused; else units seen once."""
    against = next((v for v in reader.run.ledger if v.word == "contradicted"), None)
    if against is not None:
        return _contradicted(reader, against)
    rest = [entry for entry in reader.entries if entry is not best and _adjusted(entry.answer)]
    misled = [(key, -_far(raw), entry, raw) for entry in rest for key, raw in _misleading(entry.answer)]
    if misled:
        key, _, entry, raw = min(misled, key=lambda found: found[:2])
        return _raw(reader, key, entry, raw)
    refused = sum(entry.answer.status in ("not_identified", "not_estimable", "refused_data")
                  for entry in reader.entries)  # fmt: skip
    if not refused:
        return None if reader.run.study.panel.repeated else _once(reader, best)
    count = len(reader.entries)
    return Card(reader.say("card_caution"), reader.say("so_many_of", count=refused, all=count),
                reader.say("refused_one" if refused == 1 else "refused_many"), href="sheets")  # fmt: skip


def _once(reader: Reader, best: Entry | None) -> Card | None:
    """A cross-section: which of two KPIs came first is not in the data."""
    if best is None:
        return None
    first, second = reader.the(best.question.treatment), reader.the(best.question.outcome)
    return Card(reader.say("card_caution"), reader.say("card_once"), reader.say("once", first=first, second=second),
                href="limits")  # fmt: skip


def _contradicted(reader: Reader, verdict: Verdict) -> Card:
    statement = verdict.claim.statement(reader.language)
    return Card(reader.say("card_caution"), verdict.claim.id, reader.say("claim_fails", statement=statement),
                reader(verdict.reason), href="claims")  # fmt: skip


def _adjusted(answer: object) -> bool:
    """Whether a number comes of holding something fixed: along the links alone an effect fades with the horizon."""
    return isinstance(answer, Estimate) and answer.estimand.route != "links"


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
        f"{few(reader, answer)} {capital(reader.say(f'raw_{key[2:]}', **parts))}".strip(),
        reader(answer.population),
        reader.grade(entry.evidence.grade),
        entry.anchor,
    )
