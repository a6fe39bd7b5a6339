"""A table looked at: its keys, its columns, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from glob import glob
from math import floor, isfinite, log2, nan
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, Fault, did_you_mean, raise_all
from ..language import Text
from ..periods import read_periods
from .source import Origin, need_duckdb, quoted
from .tables import Column, LargeTable, group_sql, unit_ranges, with_keys

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_BROKEN = ("FLOAT", "DOUBLE")
_LANDMARKS = 20_000  # units whose order says where to cut
_UNITS_AT_ONCE = 2_000_000


def open_table(
    source: str | PathLike[str] | Sequence[str | PathLike[str]] | Any,
    unit: str,
    period: str | None = None,
    *,
    table: str = "",
    columns: Mapping[str, str] | None = None,
    frequency: str | None = None,
) -> LargeTable:
    """Open a table that is too large for memory, and look for everything that is wrong with it.

    Its keys and every column are read once, by DuckDB; nothing is kept but counts.

    Parameters
    ----------
    source : path, sequence of paths, or a DuckDB connection
        Parquet files (a pattern such as ``sales/*.parquet`` stands for all of them), a DuckDB file, or a connection.
    unit : str
        The column that says which unit a row is of: text without blanks around it, or whole numbers.
    period : str, optional
        The column with the periods; without it the table is a cross-section.
    table : str
        The table's name, in a database.
    columns : mapping, optional
        The KPI's id for a column's name; other columns keep their name.
    frequency : {"year", "quarter", "month", "week", "day", "step"}, optional
        What a period is; found out by default.

    Raises
    ------
    DataError
        Listing all that is wrong; a column that is no quantity, or holds infinite values, stops that KPI only.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "branches.parquet"
    >>> rows = {"branch": ["B1", "B1", "B2"], "quarter": ["2024Q1", "2024Q2", "2024Q1"], "churn": [0.1, 0.2, 0.3]}
    >>> pd.DataFrame(rows).to_parquet(path)
    >>> open_table(path, unit="branch", period="quarter")
    LargeTable branches.parquet: 3 rows, 2 units, 2 periods, 1 KPIs
    """
    origin = _origin(source, table)
    duckdb = need_duckdb()
    try:
        with origin.opened() as con:
            return _examined(con, origin, unit, period or "", dict(columns or {}), frequency)
    except duckdb.Error as error:
        found = f"a table that cannot be read ({str(error).splitlines()[0][:200]})"
        raise DataError("The table cannot be opened.",
                        [Fault(origin.name, found, "a sound table", rule="file")]) from error  # fmt: skip


def _origin(source: Any, table: str) -> Origin:
    if hasattr(source, "execute"):
        return Origin(table=table, connection=source)
    given = [source] if isinstance(source, str | PathLike) else list(source)
    paths = [p for one in map(str, given) for p in ([one] if Path(one).exists() else sorted(glob(one)) or [one])]
    absent = [path for path in paths if not Path(path).is_file()]
    faults = [Fault(Path(path).name, "no such file", "a file", rule="file") for path in absent]
    faults += [] if paths else [Fault("the table", "no file", "at least one", rule="file")]
    raise_all(DataError, "The table cannot be opened.", faults)
    return Origin(tuple(paths), table)


def _examined(
    con: Any, origin: Origin, unit: str, period: str, renamed: dict[str, str], frequency: str | None
) -> LargeTable:
    types = origin.columns(con)
    faults = [
        Fault(origin.name, f"no column {name!r}", "the columns named", did_you_mean(name, types), "unknown-column")
        for name in dict.fromkeys(filter(None, [unit, period, *renamed]))
        if name not in types
    ]
    if types.get(unit, "VARCHAR") not in (*_WHOLE, "VARCHAR") and not types[unit].startswith("ENUM"):
        faults.append(Fault(unit, f"units of type {types[unit]}", "text or whole numbers", rule="unit-type"))
    raise_all(DataError, "The table cannot be opened.", faults)
    mark = origin.mark(con)
    usable, columns_faults = _columns({k: v for k, v in types.items() if k not in (unit, period)}, renamed)
    rows, about, columns, found = _counted(con, origin.name, unit, types[unit], period, usable)
    faults += found
    raw, read, grain = (), (0,), "none"
    period_type = _kind(types[period]) if period else ""
    if period:
        raw, read, grain, found = _periods(con, origin.name, period, period_type, frequency)
        faults += found
    raise_all(DataError, "The table cannot be used.", faults)
    whole = "VARCHAR" if types[unit].startswith("ENUM") else types[unit]
    with_keys(con, unit, whole, period, period_type, raw, read)
    step = max(1, about // _LANDMARKS)
    marks = con.execute(f"SELECT DISTINCT unit_ FROM keyed WHERE hash(unit_) % {step} = 0 ORDER BY 1").fetchall()
    landmarks = tuple(value for (value,) in marks)
    units, longest, held, again = _units(con, landmarks, about, read)
    if again:
        way_out = Text("One row for each unit and period: add them up first.",
                       "Eén rij per eenheid en periode: tel ze eerst op.")  # fmt: skip
        found = Text("rows whose unit and period stood in another row", "rijen met dezelfde eenheid en periode")
        shown = tuple(str(value) for value in again[1])
        fault = Fault(origin.name, found, Text("one row", "één rij"), way_out, "duplicate-keys", again[0], shown)
        raise_all(DataError, "The table cannot be used.", [fault])
    stops = [*columns_faults, *_infinite(columns, origin.name)]
    blocked = {kpi for fault in stops for kpi in fault.columns}
    kept = {kpi: column for kpi, (column, _) in sorted(columns.items()) if kpi not in blocked}
    if not kept:
        no_kpi = Fault(origin.name, "no column of numbers", "at least one KPI beside the keys", rule="no-kpi")
        raise_all(DataError, "The table cannot be used.", [*stops, no_kpi])
    return LargeTable(origin, unit, period, kept, rows, units, longest, whole, period_type, raw, read, grain,
                      landmarks, held, tuple(mark), tuple(stops))  # fmt: skip


def _kind(kind: str) -> str:
    """The type in which periods are compared."""
    if kind in _WHOLE:
        return "BIGINT"
    if kind in _BROKEN or kind.startswith("DECIMAL"):
        return "DOUBLE"
    return "DATE" if kind.startswith(("DATE", "TIMESTAMP")) else "VARCHAR"


def _columns(types: dict[str, str], renamed: dict[str, str]) -> tuple[dict[str, tuple[str, bool]], list[Fault]]:
    """By KPI its column and whether it may hold NaN; and what is no quantity."""
    usable, faults = {}, []
    for name, kind in types.items():
        kpi = renamed.get(name, name)
        if kpi in usable:
            faults.append(Fault(name, f"two columns for {kpi!r}", "one", rule="duplicate-column", columns=(kpi,)))
        elif kind in (*_WHOLE, *_BROKEN, "BOOLEAN") or kind.startswith("DECIMAL"):
            usable[kpi] = name, kind in _BROKEN
        else:
            found = Text("a column of type {kind}", "een kolom van type {kind}", kind=kind.split("(")[0].lower())
            expected = Text("plain numbers", "gewone getallen")
            faults.append(Fault(name, found, expected, rule="no-number", columns=(kpi,)))
    return usable, faults


def _counted(
    con: Any, name: str, unit: str, unit_type: str, period: str, usable: dict[str, tuple[str, bool]]
) -> tuple[int, int, dict[str, tuple[Column, int]], list[Fault]]:
    """Rows, about how many units, what is known of each KPI with its infinite values, and keys that are not there."""
    key = quoted(unit)
    text = unit_type not in _WHOLE
    blank = f"count(*) FILTER (trim(CAST({key} AS VARCHAR), e' \\t\\n\\r') != {key})" if text else "0"
    empty = f"count(*) FILTER (trim(CAST({key} AS VARCHAR), e' \\t\\n\\r') = '')" if text else "0"
    parts = ["count(*)", f"approx_count_distinct({key})", f"count({key})", empty, blank]
    parts.append(f"count({quoted(period)})" if period else "count(*)")
    for column, _ in usable.values():
        x = f"CAST({quoted(column)} AS DOUBLE)"
        parts += [f"count({x})", f"min({x})", f"max({x})", f"avg({x})"]
    rows, about, known, void, blanks, timed, *values = con.execute(f"SELECT {', '.join(parts)} FROM origin").fetchone()
    faults = [] if rows else [Fault(name, "no rows", "at least one", rule="empty")]
    for role, count in ((unit, rows - known + void), (period, rows - timed)):
        if count:
            found = Text("rows without a {role}", "rijen zonder {role}", role=role)
            faults.append(Fault(name, found, Text("one in every row", "een in elke rij"), "", "missing-keys", count))
    if blanks - void > 0:
        found = Text("units with blanks around their name", "eenheden met spaties om hun naam")
        faults.append(Fault(name, found, Text("none", "geen"), "", "blanks", blanks - void))
    columns = {}
    for i, (kpi, (column, broken)) in enumerate(usable.items()):
        count, low, high, mean = values[4 * i : 4 * i + 4]
        infinite = 0
        if broken and count and not (isfinite(low) and isfinite(high)):  # NaN counts as the highest
            infinite, count, low, high, mean = _finite(con, column)
        low, high = (nan if value is None else float(value) for value in (low, high))
        columns[kpi] = Column(column, broken, count, low, high, _about(float(mean or 0.0), high - low)), infinite
    return rows, about, columns, faults


def _about(mean: float, width: float) -> float:
    """A mean to about a thousandth of the width: its last digits differ from run to run, and sums with them.

    Examples
    --------
    >>> _about(100000000.37281, 4.0)
    100000000.37109375
    """
    if not width > 0 or not isfinite(width):
        return mean
    step = 2.0 ** (floor(log2(width)) - 10)
    return round(mean / step) * step


def _finite(con: Any, column: str) -> tuple[Any, ...]:
    """How many values of a column are infinite; and of the others the number, the lowest, the highest, the mean."""
    x = f"CAST({quoted(column)} AS DOUBLE)"
    wanted = ", ".join(f"{what}({x}) FILTER (isfinite({x}))" for what in ("count", "min", "max", "avg"))
    return con.execute(f"SELECT count(*) FILTER (isinf({x})), {wanted} FROM origin").fetchone()


def _infinite(columns: dict[str, tuple[Column, int]], name: str) -> list[Fault]:
    found, expected = Text("infinite values", "oneindige waarden"), Text("numbers", "getallen")
    return [
        Fault(f"{name}, {kpi}", found, expected, "", "infinite", count, columns=(kpi,))
        for kpi, (_, count) in columns.items()
        if count
    ]


def _periods(
    con: Any, name: str, period: str, kind: str, frequency: str | None
) -> tuple[tuple[Any, ...], tuple[int, ...], str, list[Fault]]:
    """What stands in the period column, the numbers, the frequency, and what is wrong with them."""
    column = quoted(period)
    asked = f"SELECT DISTINCT CAST({column} AS {kind}) FROM origin WHERE {column} IS NOT NULL ORDER BY 1"
    raw = tuple(value for (value,) in con.execute(asked).fetchall())
    try:
        where = Text("{table}, column {column}", "{table}, kolom {column}", table=name, column=repr(period))
        read, grain, _ = read_periods(pd.Series(raw), where, frequency) if raw else (np.empty(0, int), "step", [])
    except DataError as error:
        return raw, (), "step", list(error.faults)
    return raw, tuple(read.tolist()), grain, []


def _units(
    con: Any, landmarks: Sequence[Any], about: int, ordinals: Sequence[int]
) -> tuple[int, int, dict[int, int], tuple[int, list[Any]] | None]:
    """Units, the most rows of one, units by group; and how many rows repeat a key, with some units that have them."""
    units, longest, held, rows, again, shown = 0, 0, dict[int, int](), 0, 0, list[Any]()
    first = min(ordinals)
    narrow = max(ordinals) - first < 126  # as many bits as there are periods: no list of them has to be kept
    bits = f"bit_count(bit_or(CAST(1 AS HUGEINT) << CAST(ordinal_ - ({first}) AS INTEGER)))"
    different = bits if narrow else "count(DISTINCT ordinal_)"
    for condition, values in unit_ranges(landmarks, -(-about // _UNITS_AT_ONCE)):
        counted = f"SELECT unit_, count(*) AS n, {different} AS d FROM keyed WHERE {condition} GROUP BY unit_"
        found = con.execute(
            f"SELECT {group_sql()} AS g, count(*), max(n), sum(n), sum(n - d), max(unit_) FILTER (n > d) "
            f"FROM ({counted}) GROUP BY g", values
        ).fetchall()  # fmt: skip
        for group, count, most, seen, extra, example in found:
            held[group] = held.get(group, 0) + count
            units, longest, rows, again = units + count, max(longest, most), rows + seen, again + extra
            shown += [example] if extra else []
    return units, longest, held, (int(again), sorted(shown)[:3]) if again else None
