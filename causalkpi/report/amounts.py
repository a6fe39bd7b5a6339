"""Amounts with their intervals, for tables over time and along paths."""

from __future__ import annotations

from typing import Protocol

from .reader import Reader
from .units import in_points, is_index, is_money, is_share


class Uncertain(Protocol):
    """A number with its interval: an amount of the links, or an average since a change."""

    @property
    def value(self) -> float:
        """The number."""
        ...

    @property
    def interval(self) -> tuple[float, float]:
        """Its ends."""
        ...


def said_as(reader: Reader, kpi: str, amount: Uncertain) -> str:
    """A number as exactly as its interval allows, without a unit that is a description."""
    return reader.amount(kpi, amount.value, half_of(amount.interval), brief=True)


def both_ends(reader: Reader, kpi: str, ends: tuple[float, float]) -> str:
    """Both ends of an interval in the unit of the amount that stands beside it."""
    times = in_points(reader.run.study.graph[kpi])
    return reader.interval((times * ends[0], times * ends[1]))


def half_of(ends: tuple[float, float]) -> float:
    """What a number with this interval is uncertain by."""
    return (ends[1] - ends[0]) / 2


def unit_note(reader: Reader, kpi: str) -> str:
    """The unit of a KPI where its amounts do not say it themselves."""
    held = reader.run.study.graph[kpi]
    spoken = is_money(held) or is_index(held) or is_share(held)
    return "" if spoken or not held.unit else reader.say("in_unit", unit=held.unit_in(reader.language))


def signed(text: str, value: float) -> str:
    """A number that is written already, with a plus where it is above zero."""
    return f"+{text}" if value > 0 else text
