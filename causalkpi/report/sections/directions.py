"""Every link in the other direction too, and at other lags: what the data say of the arrows themselves."""

from __future__ import annotations

from typing import Any

from ...lags import LinkLags
from ...reverse import CLEAR, Direction, Partial
from ..reader import Reader, sentence

_SIGNS = {"forward": "→", "reverse": "←", "not_clear": "↔", "not_applicable": "–"}


def directions(reader: Reader) -> dict[str, Any]:
    """One row per link; empty where units are seen once."""
    run = reader.run
    if not run.directions.rows:
        return {}
    lags = {(row.link.source, row.link.target, row.link.lag): row for row in run.lags.rows}
    return {
        "intro": reader.say("directions_intro", level=run.directions.level),
        "rows": [_row(reader, row, lags.get((row.link.source, row.link.target, row.link.lag)))
                 for row in run.directions.rows],
        "warnings": [reader(run.directions.warning), reader(run.lags.warning)],
    }  # fmt: skip


def _row(reader: Reader, row: Direction, lags: LinkLags | None) -> dict[str, Any]:
    link = row.link
    source, target = reader.short(link.source), reader.short(link.target)
    wrong = not row.declared and isinstance(row.reverse, Partial) and row.reverse_p_holm < CLEAR
    told = wrong or row.declared or not isinstance(row.forward, Partial) or not isinstance(row.reverse, Partial)
    return {
        "link": f"{source} → {target}",
        "forward": _partial(reader, row.forward),
        "reverse": _partial(reader, row.reverse),
        "stronger": f"{_SIGNS[row.stronger]} {reader.say(f'stronger_{row.stronger}')}",
        "lag": str(link.lag),
        "preferred": _preferred(reader, lags),
        "note": sentence(reader(row.note)) if told else "",
    }


def _partial(reader: Reader, found: Partial | str) -> dict[str, str]:
    """A partial correlation with its interval; a dash where there is none, and the row's note says why."""
    if not isinstance(found, Partial):
        return {"value": "–", "range": ""}
    low, high = found.interval
    half = (high - low) / 2
    return {
        "value": reader.number(found.value, half),
        "range": reader.say("ends", low=reader.number(low, half), high=reader.number(high, half)),
    }


def _preferred(reader: Reader, lags: LinkLags | None) -> str:
    """The lags that the data cannot tell from the best."""
    if lags is None or lags.result == "not_applicable":
        return "–"
    if lags.result == "no_sign":
        return reader.say("lag_no_sign")
    left = ", ".join(str(lag) for lag in sorted(lags.left))
    return reader.say(f"lag_{lags.result}", lags=left)
