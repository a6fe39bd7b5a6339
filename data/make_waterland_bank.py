"""Make waterland_bank.csv and its description: python data/make_waterland_bank.py [folder].

Both are the same bytes at every run; what datapackage.json says of other files is kept.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np

from causalkpi.kpi import KPI
from causalkpi.worlds.waterland import BRANCHES, QUARTERS, SEED, SURVEYED, WATERLAND

HERE = Path(__file__).resolve().parent
NAME = "waterland_bank"
DIGITS = 6  # significant ones: more than a KPI has, fewer than differ between computers


def write(value: float) -> str:
    """A number with fixed significant digits and no exponent; nothing where it is missing."""
    if math.isnan(value):
        return ""
    return np.format_float_positional(value, DIGITS, unique=False, fractional=False, trim="-")


def table() -> str:
    """The panel as CSV."""
    frame = WATERLAND.sample(BRANCHES, QUARTERS, SEED)
    numbers = frame.select_dtypes("number").columns
    texts = frame.assign(**{kpi: [write(value) for value in frame[kpi]] for kpi in numbers})
    return texts.to_csv(index=False, lineterminator="\n")


def describe(csv: bytes) -> dict:
    """The table in the words of Frictionless Data."""
    keys = [
        key("unit", "branch", r"B\d{3}"),
        key("period", "quarter", r"20\d\dQ[1-4]"),
    ]
    return {
        "name": NAME,
        "title": f"{WATERLAND.en}: KPIs of branches by quarter",
        "description": f"{WATERLAND.description} Simulated by causalkpi.worlds, seed {SEED}.",
        "path": f"{NAME}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(csv),
        "hash": f"sha256:{hashlib.sha256(csv).hexdigest()}",
        "licenses": [{"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "sources": [
            {"title": "Simulated by data/make_waterland_bank.py; no such bank exists"},
            {"title": "The model: Tony de Bree, KPI's met de klant centraal (article, in Dutch)"},
        ],
        "schema": {
            "fields": keys + [field(kpi) for kpi in WATERLAND.graph.kpis if kpi.observed],
            "missingValues": [""],
            "primaryKey": ["unit", "period"],
        },
    }


def key(name: str, title: str, pattern: str) -> dict:
    """One of the two columns that identify a row."""
    constraints = {"required": True, "pattern": pattern}
    return {"name": name, "type": "string", "title": title, "constraints": constraints}


def field(kpi: KPI) -> dict:
    """A KPI as a column, with its scale."""
    scale = {"minimum": kpi.minimum, "maximum": kpi.maximum}
    constraints = {word: limit for word, limit in scale.items() if math.isfinite(limit)}
    return {
        "name": kpi.id,
        "type": "number",
        "title": kpi.en,
        "unit": kpi.unit,
        "constraints": {"required": kpi.id not in SURVEYED} | constraints,
    }


def main(folder: Path) -> None:
    """Write the table, and its description among those of other files."""
    csv = table().encode()
    (folder / f"{NAME}.csv").write_bytes(csv)
    path = folder / "datapackage.json"
    package = json.loads(path.read_text("utf-8")) if path.exists() else {}
    others = [one for one in package.get("resources", []) if one["name"] != NAME]
    package = {
        "name": "causalkpi-data",
        "title": "Data that come with causalkpi",
        "resources": sorted([describe(csv), *others], key=lambda one: one["name"]),
    }
    text = json.dumps(package, indent=2, ensure_ascii=False)
    path.write_bytes(f"{text}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
