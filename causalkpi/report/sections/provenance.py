"""How this was made: hashes, versions, seed and choices, and what changed since the run before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..reader import Reader


def provenance(reader: Reader, record: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that whoever repeats this must know."""
    run = reader.run
    comparison = run.changes
    return {
        "graph": (record["graph"]["name"], record["graph"]["sha256"]),
        "sources": [(reader(source.name), source.sha256) for source in run.study.panel.sources],
        "seed": str(record["seed"]),
        "level": reader.share(record["level"]),
        "register": reader.count(len(record["register"])),
        "choices": [(reader(name), reader(value)) for name, value in sorted(run.choices.items())],
        "versions": sorted(record["versions"].items()),
        "comparison": [reader(said) for said in comparison.sentences] if comparison is not None else [],
    }
