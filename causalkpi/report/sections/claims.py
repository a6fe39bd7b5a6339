"""The ledger of claims: what each comes to, why, and which questions stand behind it."""

from __future__ import annotations

from typing import Any

from ...numerals import p_value
from ..reader import Reader, sentence

SIGNS = {"supported": "✔", "contradicted": "✖", "inconclusive": "≈", "not_testable": "–", "not_examined": "○"}


def claims(reader: Reader) -> dict[str, Any]:
    """One row per claim, and what the verdicts mean."""
    anchors = {entry.question: entry.anchor for entry in reader.entries}
    rows = [
        {
            "id": verdict.claim.id,
            "statement": verdict.claim.statement(reader.language),
            "source": verdict.claim.source(reader.language),
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
