"""The ledger of claims: what each comes to, why, and which questions stand behind it."""

from __future__ import annotations

import re
from typing import Any

from ...numerals import p_value
from ..reader import Reader, sentence

SIGNS = {"supported": "✔", "contradicted": "✖", "inconclusive": "≈", "not_testable": "–", "not_examined": "○"}
_NAMED = re.compile(r".*\b\d{4}\b")  # names up to a year; what follows explains, in English
_SOURCES = ("article", "literature", "ours")


def claims(reader: Reader) -> dict[str, Any]:
    """One row per claim, and what the verdicts mean."""
    anchors = {entry.question: entry.anchor for entry in reader.entries}
    rows = [
        {
            "id": verdict.claim.id,
            "statement": verdict.claim.statement(reader.language),
            "source": source_words(reader, verdict.claim.reference),
            "word": verdict.word,
            "verdict": reader.say(f"verdict_{verdict.word}"),
            "sign": SIGNS[verdict.word],
            "reason": sentence(reader(verdict.reason)),
            "p": p_value(verdict.p_value, reader.language),
            "questions": [(anchors[e.question], reader.question(e.question)) for e in verdict.evidence],
        }
        for verdict in reader.run.ledger
    ]
    met = {row["word"] for row in rows}
    meanings = [(SIGNS[word], word, reader.say(f"verdict_{word}"), reader.say(f"means_{word}"))
                for word in SIGNS if word in met]  # fmt: skip
    return {"rows": rows, "meanings": meanings, "level": reader.share(1 - reader.run.ledger.level)}


def source_words(reader: Reader, reference: str) -> str:
    """Who says so. In Dutch only whether article, literature (by name) or ours: what else stands there is English."""
    if reader.language == "en":
        return reference
    said: list[str] = []
    literature = False
    for part in map(str.strip, reference.split(";")):
        head, _, rest = part.partition(":")
        if head in _SOURCES:
            literature = head == "literature"
            named = _NAMED.match(rest) if literature else None
            said.append(reader.say(f"source_{head}") + (f": {named[0].strip()}" if named else ""))
        elif literature and (named := _NAMED.match(part)):
            said.append(named[0])
    return "; ".join(said).replace(" and ", " en ") or reference
