"""A page per owner: what moves their KPIs and what their KPIs move, for the people whose behaviour is measured."""

from __future__ import annotations

from typing import Any

from ...estimators import Estimate
from ..entry import Entry
from ..reader import Reader, capital, spread


def owners(reader: Reader) -> list[dict[str, Any]]:
    """One view per owner, sorted by name; KPIs without an owner are left out."""
    graph = reader.run.study.graph
    held: dict[str, list[str]] = {}
    for kpi in graph.kpis:
        if kpi.owner.strip():
            held.setdefault(kpi.owner_in(reader.language), []).append(kpi.id)
    return [
        {"owner": capital(owner), "kpis": [_kpi(reader, kpi) for kpi in kpis]}
        for owner, kpis in sorted(held.items(), key=lambda pair: (pair[0].casefold(), pair[0]))
    ]


def _kpi(reader: Reader, kpi: str) -> dict[str, Any]:
    held = reader.run.study.graph[kpi]
    moved = [_line(reader, e) for e in reader.entries if e.question.outcome == kpi]
    moves = [_line(reader, e) for e in reader.entries if e.question.treatment == kpi]
    better = "" if held.better == "neither" else reader.say(f"better_{held.better}")
    groups = [(reader.say("moved_by"), moved), (reader.say("moves"), moves)]
    return {
        "name": reader.name(kpi),
        "unit": ", ".join(filter(None, (held.unit_in(reader.language), better))),
        "groups": [(word, lines) for word, lines in groups if lines],
    }


def _line(reader: Reader, entry: Entry) -> dict[str, Any]:
    answer, question = entry.answer, entry.question
    line: dict[str, Any] = {"anchor": entry.anchor, "question": reader.question(question)}
    if isinstance(answer, Estimate):
        shown = reader.amount(question.outcome, answer.value, spread(answer))
        return line | {"value": shown, "grade": reader.grade(entry.evidence.grade)}
    return line | {"value": reader.say("no_number"), "grade": None}
