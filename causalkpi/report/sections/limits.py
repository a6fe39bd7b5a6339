"""What the report cannot say: assumptions, what is not examined, chance, and the rule of the grades."""

from __future__ import annotations

import math
from typing import Any

from ...estimators import Estimate
from ...evidence import SMALL
from ...grade import RULE
from ..reader import Reader, capital

_UNEXAMINED = ("segments", "sustained", "beyond", "graph", "hidden")


def limits(reader: Reader) -> dict[str, Any]:
    """Each assumption once, what this version does not examine, multiplicity, the grade rule, the smallest effects."""
    stated = [e.answer.estimand.assumptions for e in reader.entries if isinstance(e.answer, Estimate)]
    return {
        "assumptions": [capital(reader(text)) for text in dict.fromkeys(text for texts in stated for text in texts)],
        "unexamined": [reader.say(f"unexamined_{key}") for key in _UNEXAMINED],
        "chance": chance(reader),
        "rule": [reader(text) for text in RULE],
        "smallest": _smallest(reader),
    }


def chance(reader: Reader) -> str:
    """How many of so many intervals would miss the truth by chance alone; empty where that is less than half of one."""
    count = sum(isinstance(entry.answer, Estimate) for entry in reader.entries)
    level = reader.run.study.level
    misses = count * (1 - level)
    if misses < 0.5:
        return ""
    return reader.say("by_chance", level=level, count=count, misses=reader.number(misses, 1.0))


def _smallest(reader: Reader) -> list[tuple[str, str, str]]:
    """Per question the smallest effect of interest, and who says so."""
    rows = []
    for entry in reader.entries:
        least, kpi = entry.evidence.smallest, entry.question.outcome
        if math.isfinite(least):
            said = reader.say("declared") if entry.evidence.declared else reader.say("usual", small=SMALL)
            rows.append((reader.question(entry.question), reader.amount(kpi, least), said))
    return rows
