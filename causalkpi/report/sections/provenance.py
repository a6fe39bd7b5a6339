"""How this was made: hashes, versions, seed and choices, and what changed since the run before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...estimators.conventions import CHOICES, chosen
from ..reader import Reader, capital


def provenance(reader: Reader, record: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that whoever repeats this must know."""
    run = reader.run
    comparison = run.changes
    return {
        "graph": (record["graph"]["name"], record["graph"]["sha256"]),
        "sources": [(reader(source.name), source.sha256) for source in run.study.panel.sources],
        "seed": str(record["seed"]),
        "level": reader.share(record["level"]),
        "errors": _errors(reader),
        "register": reader.count(len(record["register"])),
        "choices": [(reader(name), reader(value)) for name, value in sorted(run.choices.items())],
        "versions": sorted(record["versions"].items()),
        "comparison": [reader(said) for said in comparison.sentences] if comparison is not None else [],
    }


def _errors(reader: Reader) -> str:
    """How standard errors are computed, and what another choice than the usual one leaves out."""
    convention = reader.run.study.errors
    said = capital(reader(chosen(convention)[1]))
    usual, _ = CHOICES["usual"]
    return said if convention is usual else reader.say("errors_chosen", errors=said)
