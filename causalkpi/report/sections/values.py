"""What a point is worth: the discounted flows of a pulse, with their interval and what is not counted."""

from __future__ import annotations

from typing import Any

from ...value import NetPresentValue
from ..figures import NARROW, Figure, drawn
from ..reader import Reader, capital, sentence
from .money import caveat, grade_of


def values(reader: Reader) -> list[dict[str, Any]]:
    """One view per value that the study asks for."""
    return [_view(reader, value) for value in reader.run.values]


def _view(reader: Reader, value: NetPresentValue) -> dict[str, Any]:
    change, outcome = reader.change(value.treatment, value.change), reader.short(value.outcome)
    view: dict[str, Any] = {
        "title": capital(reader.say("value_title", change=change, outcome=outcome, period=reader.period())),
        "valued": value.valued,
        "why": sentence(reader(value.why)),
    }
    if not value.valued:
        return view
    low, high = value.interval
    half = (high - low) / 2
    return view | {
        "value": reader.amount(value.outcome, value.value, half),
        "level": reader.say("interval_at", level=value.level),
        "interval": reader.amounts(value.outcome, value.interval),
        "settled": reader.say("money_settled" if value.determined else "money_open"),
        "grade": grade_of(reader, value),
        "caveat": caveat(reader, grade_of(reader, value)),
        "facts": [
            (reader.say("p_positive"), reader.chance(value.p_positive)),
            (reader.say("rate"), reader.say("rate_a_year", rate=reader.rate(value.rate))),
            (reader.say("horizon"), reader.later(value.flows[-1].horizon)),
            (reader.say("per_unit"), reader.say("per_unit_why")),
            (reader.say("way"), reader.say("way_links" if value.by_links else "way_adjusted")),
            *_other(reader, value),
        ],
        "flows": [_flow(reader, value, i) for i in range(len(value.flows))],
        "figure": _profile(reader, value),
    }  # fmt: skip


def _other(reader: Reader, value: NetPresentValue) -> list[tuple[str, str]]:
    """The same sum by adjusted regressions, or that those do not reach as far."""
    if not value.by_links:
        return []
    if not value.other:
        return [(reader.say("way_other"), reader.say("way_other_none"))]
    amount, *ends = value.other
    half = (ends[1] - ends[0]) / 2
    said = f"{reader.amount(value.outcome, amount, half)} ({reader.amounts(value.outcome, (ends[0], ends[1]))})"
    return [(reader.say("way_other"), said)]


def _flow(reader: Reader, value: NetPresentValue, i: int) -> list[str]:
    flow = value.flows[i]
    half = (flow.high - flow.low) / 2
    return [
        capital(reader.later(flow.horizon)),
        reader.amount(value.outcome, flow.value, half),
        reader.interval((flow.low, flow.high)) if half else "–",
        reader.amount(value.outcome, flow.discounted, half),
    ]


def _profile(reader: Reader, value: NetPresentValue) -> Figure:
    from ... import plots

    points = [(flow.horizon, flow.value, flow.low, flow.high) for flow in value.flows]
    unit = reader.run.study.graph[value.outcome].unit_in(reader.language)
    horizon = reader.say("periods_later", periods=reader.periods())
    return drawn(
        lambda: plots.profile_plot(points, reader.language, unit=unit, horizon=horizon),
        lambda: plots.profile_alt(points, reader.language, unit=unit, horizon=horizon),
        reader,
        NARROW,
    )
