"""A table whose cells are typed: keys as text and periods, KPIs as numbers, every fault told at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object

from .cells import read_numbers
from .errors import DataError, Fault, did_you_mean, raise_all
from .language import Text
from .periods import period_label, read_periods


@dataclass(frozen=True)
class SourceRecord:
    """A source as it was read: its name, the SHA-256 of its content, its rows, its columns' names."""

    name: str
    sha256: str
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A table whose cells are typed: `keys` ("unit", "period" or both) and KPI `values` by row."""

    name: str
    keys: pd.DataFrame
    values: pd.DataFrame
    grain: str
    faults: tuple[Fault, ...]

    def repeats(self) -> list[Fault]:
        """The fault that keys occur in several rows, and where; none if they do not."""
        again = self.keys[self.keys.duplicated()]
        examples = tuple(f"row {row}: {place(key, self.grain)}" for row, *key in again.head(3).itertuples())
        found = f"rows whose {' and '.join(self.keys)} stood in an earlier row"
        way_out = "If these are respondents or parts, say how they add up: how='mean', how='sum' ..."
        fault = Fault(self.name, found, "one row", way_out, "duplicate-keys", len(again), examples)
        return [fault] if examples else []


def place(key: Any, frequency: str) -> str:
    """A unit, a period, or both, for a reader."""
    parts = key if isinstance(key, tuple | list) else [key]
    return ", ".join(part if isinstance(part, str) else period_label(part, frequency) for part in parts)


def read_table(
    cells: pd.DataFrame, name: str, unit: str | None, period: str | None, *, columns: Mapping[str, str] | None = None,
    grain: str | None = None, target: str | None = None, **notation: Any,
) -> Table:  # fmt: skip
    """Type the cells of one table.

    `columns` renames its columns to KPI ids; `grain` and `target` are those of `read_periods`, `notation` goes to
    `read_numbers`. A DataError lists the faults of columns and keys; those of a KPI are in the table's faults.
    """
    if levels := [level for level in cells.index.names if level is not None]:
        cells = cells.reset_index(level=levels, allow_duplicates=True)
    headings = [str(column) for column in cells.columns]
    renamed = {str(old): str(new) for old, new in (columns or {}).items()}
    faults = _heading_faults(headings, name, [unit, period], renamed, len(cells))
    raise_all(DataError, f"The columns of {name} cannot be used.", faults)
    cells = cells.set_axis(headings, axis=1)
    keys, frequency, faults = _read_keys(cells, name, {"unit": unit, "period": period}, grain, target)
    values = {}
    for column in set(headings) - {unit, period}:
        kpi = renamed.get(column, column)
        values[kpi], fault = read_numbers(pd.Series(cells[column]), _column(name, column), **notation)
        faults += [replace(fault, columns=(kpi,))] if fault else []
    faults.sort(key=lambda fault: fault.columns)
    usable = sorted(set(values) - {kpi for fault in faults for kpi in fault.columns})
    if not usable:
        no_kpi = Fault(name, "no column of numbers", "at least one KPI beside the keys", rule="no-kpi")
        raise DataError(f"No column of {name} can be used.", [*faults, no_kpi])
    frame = pd.DataFrame({kpi: values[kpi] for kpi in usable}, index=cells.index)
    if keys.columns.empty:  # each row is a unit
        frame = frame.iloc[np.lexsort([frame[kpi] for kpi in reversed(usable)])]
        again = int(cells.astype(str).duplicated().sum())
        found = Text("rows that equal another row", "rijen die gelijk zijn aan een andere rij")
        expected = Text("rows that differ, or a unit= for each", "rijen die verschillen, of een unit= voor elk")
        warning = Fault(name, found, expected, "", "duplicate-rows", again, severity="warns")
        faults += [warning] if again else []
        units = [str(row).zfill(len(str(len(frame)))) for row in range(1, len(frame) + 1)]
        keys = pd.DataFrame({"unit": units}, index=frame.index)
    return Table(name, keys, frame, frequency, tuple(faults))


def _column(table: str, column: str) -> Text:
    where = {"table": table, "column": repr(column)}
    return Text("{table}, column {column}", "{table}, kolom {column}", **where)


def _heading_faults(
    headings: list[str], name: str, keys: list[str | None], renamed: Mapping[str, str], rows: int
) -> list[Fault]:
    """What is wrong with the columns' names, and with names that should be columns."""
    faults = [] if rows else [Fault(name, "no rows", "at least one", rule="empty")]
    if "" in headings:
        faults.append(Fault(name, "a column without a name", "a name in the first row", rule="no-name"))
    times = Counter(h if h in keys else renamed.get(h, h) for h in headings)
    for kpi in [kpi for kpi, number in times.items() if number > 1]:
        found = f"{times[kpi]} columns named {kpi!r}"
        faults.append(Fault(name, found, "one of each name", rule="duplicate-column"))
    for column in [column for column in renamed if column in keys]:
        found, expected = f"{column!r} among the columns={{...}} and as a key", "a key, or a KPI"
        faults.append(Fault(name, found, expected, f"Leave {column!r} out of columns.", "key-as-kpi"))
    for column in dict.fromkeys([*filter(None, keys), *renamed]):
        if column not in headings:
            found, way_out = f"no column {column!r}", did_you_mean(column, headings)
            faults.append(Fault(name, found, "the columns named", way_out, "unknown-column"))
    return faults


def _read_keys(
    cells: pd.DataFrame, name: str, columns: dict[str, str | None], grain: str | None, target: str | None
) -> tuple[pd.DataFrame, str, list[Fault]]:
    """Units as text and periods as numbers; a DataError lists what is wrong with either."""
    keys, frequency, notes, faults = {}, "none", [], []
    for role, column in columns.items():
        if column is None:
            continue
        where = _column(name, column)
        codes, uniques = pd.factorize(cells[column])
        texts = [_key(value) for value in uniques] + [""]
        absent = np.array([not text for text in texts])[codes]
        if absent.any():
            rows = tuple(f"row {row}" for row in cells.index[absent][:3])
            found, expected = f"rows without a {role}", f"a {role} in every row"
            way_out, number = "Fill it in, or take the rows out.", int(absent.sum())
            faults.append(Fault(where, found, expected, way_out, "missing-keys", number, rows))
        elif role == "unit":
            keys[role] = np.array(texts, dtype=object)[codes]
        else:
            try:
                keys[role], frequency, notes = read_periods(pd.Series(cells[column]), where, grain, target)
            except DataError as error:
                faults += error.faults
    raise_all(DataError, f"The keys of {name} cannot be used.", faults)
    return pd.DataFrame(keys, index=cells.index), frequency, notes


def _key(value: object) -> str:
    """A unit's name as text: what a spreadsheet holds as 7.0 is unit 7."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def content_hash(frame: pd.DataFrame) -> str:
    """The SHA-256 of a DataFrame's content, whatever the order of its rows and columns."""
    frame = frame.set_axis([str(column) for column in frame.columns], axis=1).sort_index(axis=1)
    cells = {i: c.map(repr) if c.dtype == object else c for i, (_, c) in enumerate(frame.items())}
    rows = hash_pandas_object(pd.DataFrame(cells), index=False).to_numpy()
    return hashlib.sha256("\n".join(frame.columns).encode() + np.sort(rows).tobytes()).hexdigest()
