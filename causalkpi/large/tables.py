"""A table that stays where it is: its columns, keys and faults are known, its rows are not in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import DataError, Fault
from ..language import Text
from ..moments import GROUPS
from ..periods import period_label
from .source import Origin, quoted


@dataclass(frozen=True)
class Column:
    """What is known of a KPI: its column, how many values it has, and about where they lie."""

    name: str
    broken: bool
    known: int
    low: float
    high: float
    mean: float


@dataclass(frozen=True, eq=False, repr=False)
class LargeTable:
    """A table that stays where it is.

    Parameters
    ----------
    origin : Origin
    unit, period : str
        The columns with the keys; no period in a cross-section.
    columns : mapping of str to Column
        By KPI, those that can be used.
    rows, units : int
    longest : int
        The most rows that a unit has.
    unit_type, period_type : str
    periods_raw : tuple
        What stands in the period column, one of each.
    periods_read : tuple of int
        The number of each.
    frequency : str
    landmarks : tuple
        Units, in order and evenly spread.
    held : mapping of int to int
        How many units fall into each group.
    mark : tuple of str
        See :meth:`Origin.mark`.
    faults : tuple of Fault
        What stops single columns.
    """

    origin: Origin
    unit: str
    period: str
    columns: Mapping[str, Column]
    rows: int
    units: int
    longest: int
    unit_type: str
    period_type: str
    periods_raw: tuple[Any, ...]
    periods_read: tuple[int, ...]
    frequency: str
    landmarks: tuple[Any, ...] = field(repr=False)
    held: Mapping[int, int]
    mark: tuple[str, ...]
    faults: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        counts = f"{self.rows:,} rows, {self.units:,} units, {len(self.ordinals)} periods, {len(self.columns)} KPIs"
        return f"LargeTable {self.origin.name}: {counts}"

    @property
    def repeated(self) -> bool:
        """Whether any unit is seen in more than one period."""
        return self.rows > self.units

    @property
    def n_units(self) -> int:
        """How many units there are."""
        return self.units

    @cached_property
    def ordinals(self) -> tuple[int, ...]:
        """The periods seen, as numbers, sorted."""
        return tuple(sorted(set(self.periods_read)))

    def label(self, ordinal: int) -> str:
        """A period's name for a reader."""
        return period_label(ordinal, self.frequency)

    @property
    def named(self) -> bool:
        """Whether there are so few units that each is a group by itself."""
        return self.units <= GROUPS

    @contextmanager
    def opened(self) -> Any:
        """A connection with the view `keyed`: the columns with `unit_` and `ordinal_`; see :meth:`Origin.opened`."""
        with self.origin.opened() as con:
            with_keys(con, self.unit, self.unit_type, self.period, self.period_type,
                       self.periods_raw, self.periods_read)  # fmt: skip
            yield con

    def ranges(self, rows: int) -> list[tuple[str, tuple[Any, ...]]]:
        """Ranges of whole units of about so many rows together, each as a condition and its values."""
        return unit_ranges(self.landmarks, -(-self.rows // max(rows, 1)))

    def value(self, kpi: str) -> str:
        """A KPI's value as SQL: a number, or nothing.

        Asked whether it equals NaN, DuckDB says no by the extremes that a Parquet file keeps, which leave NaN out.
        """
        column = self.columns[kpi]
        plain = f"CAST({quoted(column.name)} AS DOUBLE)"
        return f"CASE WHEN isfinite({plain}) THEN {plain} END" if column.broken else plain

    def unchanged(self, con: Any) -> None:
        """A DataError if the table is not what it was when it was opened."""
        if tuple(self.origin.mark(con)) != self.mark:
            found = Text("a table that has changed since it was opened", "een tabel die sinds het openen is veranderd")
            expected = Text("the same rows throughout", "steeds dezelfde rijen")
            way_out = Text("Open it again when nobody writes to it.", "Open hem opnieuw als niemand erin schrijft.")
            raise DataError("The table cannot be summed.",
                            [Fault(self.origin.name, found, expected, way_out, "changed")])  # fmt: skip


def unit_ranges(landmarks: Sequence[Any], count: int) -> list[tuple[str, tuple[Any, ...]]]:
    """Conditions that cut the units in so many ranges, as far as there are landmarks.

    Examples
    --------
    >>> unit_ranges([1, 2, 3, 4], 2)
    [('unit_ < ?', (3,)), ('unit_ >= ?', (3,))]
    """
    at = sorted({int(i) for i in np.linspace(0, len(landmarks), count + 1)[1:-1]} - {0})
    cuts = [landmarks[i] for i in at]
    if not cuts:
        return [("true", ())]
    inner = [("unit_ >= ? AND unit_ < ?", pair) for pair in pairwise(cuts)]
    return [("unit_ < ?", (cuts[0],)), *inner, ("unit_ >= ?", (cuts[-1],))]


def with_keys(
    con: Any, unit: str, unit_type: str, period: str, period_type: str, raw: Sequence[Any], read: Sequence[int]
) -> None:
    """Make the view `keyed` of `origin`."""
    key = f"CAST({quoted(unit)} AS {unit_type})"
    if not period:
        con.execute(f"CREATE OR REPLACE TEMP VIEW keyed AS SELECT *, {key} AS unit_, 0 AS ordinal_ FROM origin")
        return
    cell = f"CAST({quoted(period)} AS {period_type})"
    if period_type == "BIGINT" and tuple(raw) == tuple(read):
        con.execute(f"CREATE OR REPLACE TEMP VIEW keyed AS SELECT *, {key} AS unit_, {cell} AS ordinal_ FROM origin")
        return
    con.execute(f"CREATE OR REPLACE TEMP TABLE periods_ (raw_ {period_type}, ordinal_ BIGINT)")
    con.executemany("INSERT INTO periods_ VALUES (?, ?)", list(zip(raw, read, strict=True)))
    con.execute(f"CREATE OR REPLACE TEMP VIEW keyed AS SELECT o.*, {key} AS unit_, p.ordinal_ FROM origin o "
                f"JOIN periods_ p ON p.raw_ = {cell.replace('CAST(', 'CAST(o.', 1)}")  # fmt: skip


def group_sql(unit: str = "unit_") -> str:
    """The group of a unit as SQL, as :func:`causalkpi.moments.groups_of` has it."""
    digest = f"md5_number_upper(CAST({unit} AS VARCHAR))"  # its bytes come in reverse
    return f"CAST({digest} >> 16 & 3 AS INTEGER) * 256 + CAST({digest} >> 24 & 255 AS INTEGER)"
