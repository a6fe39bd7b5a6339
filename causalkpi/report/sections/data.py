"""The data quality: what the gate found, and what is there of each KPI. No row of the data, and no example of one."""

from __future__ import annotations

from typing import Any

from ..reader import Reader, capital
from .opening import sizes

_SIGNS = {"stops": "✖", "warns": "!", "notes": "i"}


def data(reader: Reader) -> dict[str, Any]:
    """Faults by severity, and how complete each KPI is."""
    faults = reader.run.study.faults
    return {
        "sizes": sizes(reader),
        "filled": _filled(reader),
        "groups": [
            {"key": key, "sign": sign, "word": capital(reader.say(key)), "means": reader.say(f"means_{key}"),
             "faults": [_fault(reader, fault) for fault in faults if fault.severity == key]}
            for key, sign in _SIGNS.items()
            if any(fault.severity == key for fault in faults)
        ],
        "kpis": _missing(reader),
    }  # fmt: skip


def _fault(reader: Reader, fault: Any) -> dict[str, str]:
    times = reader.say("times", count=fault.count) if fault.count > 1 else ""
    return {
        "where": reader(fault.where) if fault.where not in reader.run.study.graph else reader.name(fault.where),
        "found": reader(fault.found),
        "times": times,
        "expected": reader(fault.expected),
        "remedy": reader(fault.remedy),
    }


def _filled(reader: Reader) -> str:
    """How many of all unit-periods the data hold."""
    panel = reader.run.study.panel
    if panel.frequency == "none":
        return ""
    return reader.say("filled", rows=len(panel.frame), all=panel.n_units * panel.n_periods,
                      share=len(panel.frame) / (panel.n_units * panel.n_periods))  # fmt: skip


def _missing(reader: Reader) -> list[tuple[str, str, str, str]]:
    """Per KPI of the graph: its name and unit, values there, share missing."""
    panel, rows = reader.run.study.panel, []
    for kpi in reader.run.study.graph.kpis:
        unit = kpi.unit_in(reader.language)
        if kpi.id not in panel.frame:
            rows.append((reader.name(kpi.id), unit, "0", reader.say("hidden" if not kpi.observed else "no_column")))
            continue
        gone = panel.frame[kpi.id].isna()
        share = float(gone.mean())
        rows.append((reader.name(kpi.id), unit, reader.count(int((~gone).sum())), reader.share(share)))
    return rows
