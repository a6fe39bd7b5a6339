"""Files and frames of different grain, joined onto units and periods.

Finance comes by month, a survey by respondent, personnel by year: each :class:`Source` has its own keys and says how
its KPIs add up. Nothing is added up, stretched or filled without such a word. The panel's frequency is the one named,
or else the longest period of the sources that have more than one period, those to be repeated or spread not counted.
Sources are joined by outer join; one without a period (attributes of units) or without a unit (values of the
organisation) is repeated over the unit-periods of the others.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import islice, zip_longest
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .errors import DataError, Fault, did_you_mean, raise_all
from .panel import ORGANISATION, Panel, SourceRecord, Table, content_hash, place, read_table
from .periods import DATED, MISSING, coarser, is_coarser, members

AGGREGATES = ("sum", "mean", "last", "first", "min", "max", "count")
STRETCHES = ("repeat", "spread")


@dataclass(frozen=True, eq=False)
class Source:
    """One source of a panel: the fields are the parameters of :func:`read_panel`, but for two.

    Parameters
    ----------
    frequency : str, optional
        The period within which the rows are complete, where the cells do not say so: sales by date with "quarter" add
        up to quarters even if there are days without sales.
    name : str
        What to call it in messages; the file's name by default.
    """

    data: pd.DataFrame | str | PathLike[str]
    unit: str | None = None
    period: str | None = None
    columns: Mapping[str, str] | None = None
    how: str | Mapping[str, str] | None = None
    frequency: str | None = None
    decimal: str = "."
    thousands: str = ""
    separator: str | None = None
    sheet: str | None = None
    missing: Sequence[str] = MISSING
    name: str = ""


def read_panel(
    source: pd.DataFrame | str | PathLike[str] | Source | Sequence[Any], unit: str | None = None,
    period: str | None = None, *, columns: Mapping[str, str] | None = None, how: str | Mapping[str, str] | None = None,
    frequency: str | None = None, decimal: str = ".", thousands: str = "", separator: str | None = None,
    sheet: str | None = None, missing: Sequence[str] = MISSING,
) -> Panel:  # fmt: skip
    """Read a panel from one or more sources.

    Parameters
    ----------
    source : DataFrame, path, Source, or a sequence of these
        Files may be .csv, .tsv, .txt, .xlsx, .xlsm or .parquet.
    unit, period : str, optional
        The columns with the keys; without either each row is a unit of a cross-section.
    columns : mapping, optional
        The KPI's id for a column's name; other columns keep their name.
    how : str or mapping, optional
        How several rows of a unit-period, or shorter periods, become one value, for all KPIs or per KPI id: "sum",
        "mean", "last", "first", "min", "max" or "count"; a sum with a part missing is missing. Longer periods need
        "repeat", or "spread" (divided over the shorter ones).
    frequency : {"year", "quarter", "month", "week", "day", "step"}, optional
        That of the panel.
    decimal, thousands, missing : str, str, sequence of str
        The notation of numbers that are text, and the texts that stand for nothing.
    separator, sheet : str, optional
        Of a text file (found out by default); of a workbook (needed if it has several).

    Raises
    ------
    DataError
        Listing all that is wrong with files, columns and keys; one KPI's cells block that KPI only (``Panel.blocked``).

    Examples
    --------
    >>> cost = pd.DataFrame({"branch": "B1", "month": ["2024-01", "2024-02", "2024-03"], "cost": 10})
    >>> survey = pd.DataFrame({"branch": "B1", "wave": "2024Q1", "loyalty": [60, 70]})
    >>> sources = [Source(cost, "branch", "month", how="sum"), Source(survey, "branch", "wave", how="mean")]
    >>> read_panel(sources, frequency="quarter").to_frame().to_dict("records")
    [{'branch': 'B1', 'month': '2024Q1', 'cost': 30.0, 'loyalty': 65.0}]
    """
    given = {"unit": unit, "period": period, "columns": columns, "how": how, "decimal": decimal,
             "thousands": thousands, "separator": separator, "sheet": sheet, "missing": missing}  # fmt: skip
    listed = list(source) if isinstance(source, list | tuple) else [source]
    sources = [one if isinstance(one, Source) else Source(one, **given) for one in listed]
    idle = given if listed and all(isinstance(one, Source) for one in listed) else {}
    raise_all(DataError, "The data cannot be read.", _request_faults(sources, idle, frequency))
    parts = _each(partial(_read_source, frequency), sources)
    target = _target(parts, frequency)
    pieces = _each(partial(_fit, target), parts)
    faults = _join_faults(parts)
    raise_all(DataError, "The sources cannot be joined.", faults)
    index = _common_index([piece.values.index for piece in pieces])
    notes = (fault for found in ((part.table for part in parts), pieces) for one in found for fault in one.faults)
    return Panel(
        _joined((piece.values for piece in pieces), index), target, _joined((piece.counts for piece in pieces), index),
        tuple(sorted(kpi for piece in pieces for kpi in piece.respondents)),
        next((s.unit for s in sources if s.unit), ""), next((s.period for s in sources if s.period), ""),
        tuple(part.record for part in parts), (*notes, *faults),
    )  # fmt: skip


def _each(function: Callable[..., Any], items: Iterable[Any]) -> list[Any]:
    """The function of every item; if any is refused, one DataError with the faults of all."""
    done, faults = [], []
    for item in items:
        try:
            done.append(function(item))
        except DataError as error:
            faults += error.faults
    raise_all(DataError, "The data cannot be read.", faults)
    return done


def _request_faults(sources: list[Source], idle: dict[str, Any], frequency: str | None) -> list[Fault]:
    """What is wrong with the question, before any file is opened."""
    faults = [] if sources else [Fault("read_panel", "no source", "at least one", rule="empty")]
    if unused := [name for name, value in idle.items() if value != getattr(Source, name)]:
        found = f"{', '.join(unused)} beside sources that each have their own"
        faults.append(Fault("read_panel", found, "these within each Source", rule="arguments"))
    for named in sorted(filter(None, {frequency, *(one.frequency for one in sources)} - {"step", *DATED})):
        faults.append(Fault("frequency", repr(named), f"one of {', '.join([*DATED, 'step'])}", rule="frequency"))
    for where, source in ((f"source {i + 1}", source) for i, source in enumerate(sources)):
        if len(sources) > 1 and source.unit is None and source.period is None:
            faults.append(Fault(where, "neither unit nor period", "a key to join by", rule="no-key"))
        if source.decimal not in (".", ",") or source.thousands in (source.decimal, None) or source.thousands[1:]:
            found = f"decimal={source.decimal!r} with thousands={source.thousands!r}"
            faults.append(Fault(where, found, "a point or a comma, and another sign", rule="notation"))
    return faults


class _Part(NamedTuple):
    """A source as read, with the word on how each of its KPIs adds up."""

    record: SourceRecord
    table: Table
    how: dict[str, str]


class _Piece(NamedTuple):
    """A source at the panel's frequency: one row for each key that it has."""

    values: pd.DataFrame
    counts: pd.DataFrame
    respondents: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def _read_source(target: str | None, source: Source) -> _Part:
    """Open and type one source; a DataError lists what is wrong with it."""
    cells, record, notes = _open(source)
    notation = {name: getattr(source, name) for name in ("columns", "decimal", "thousands", "missing")}
    keys, name = (source.unit, source.period), record.name
    table = read_table(cells, name, *keys, grain=source.frequency, target=target, **notation)
    table = replace(table, faults=(*notes, *table.faults))
    kpis = [*table.values, *(kpi for fault in table.faults for kpi in fault.columns)]
    how = dict.fromkeys(kpis, source.how) if isinstance(source.how, str) else dict(source.how or {})
    unknown, odd = sorted(set(how) - set(kpis)), sorted(set(how.values()) - {*AGGREGATES, *STRETCHES})
    known = f"one of {', '.join(AGGREGATES + STRETCHES)}"
    faults = [Fault(name, f"how for {k!r}", "a KPI of it", did_you_mean(k, kpis), "unknown-column") for k in unknown]
    faults += [Fault(name, f"how={word!r}", known, rule="how") for word in odd]
    raise_all(DataError, "The source cannot be read.", faults)
    return _Part(record, table, how)


def _target(parts: list[_Part], named: str | None) -> str:
    """The panel's frequency: named, or the longest period of the sources that have several."""
    timed = [part for part in parts if "period" in part.table.keys]
    several = [part for part in timed if part.table.keys["period"].nunique() > 1]
    still = [part for part in several if not set(part.how.values()) & set(STRETCHES)]
    grains = {part.table.grain for part in still or several or timed}
    target = named or next((frequency for frequency in (*DATED, "step") if frequency in grains), "none")
    if any((part.table.grain == "step") != (target == "step") for part in timed) or (named and not timed):
        found = " and ".join(sorted({part.table.grain for part in timed})) or "no periods"
        fault = Fault("frequency", found, f"periods for a panel by {target}", rule="frequency")
        raise DataError("The sources have no frequency in common.", [fault])
    return target


def _fit(target: str, part: _Part) -> _Piece:
    """A source's values at the panel's frequency, one row for each key."""
    table, how = part.table, part.how
    finer, longer, repeats = is_coarser(target, table.grain), is_coarser(table.grain, target), table.repeats()
    adds_up = finer or (bool(repeats) and not longer and any(word in AGGREGATES for word in how.values()))
    words = AGGREGATES if adds_up else STRETCHES if longer else ()
    silent = [kpi for kpi in table.values if how.get(kpi) not in words]
    if words and silent:
        found = f"{table.grain}s for a panel by {target}" if finer or longer else "several rows per key"
        expected = f"how= for {', '.join(map(repr, silent))}: one of {', '.join(words)}"
        repeats = [Fault(table.name, found, expected, rule="how")]
    elif adds_up and repeats and {"first", "last"} & {how[kpi] for kpi in table.values}:
        repeats = [Fault(table.name, "several rows per key", "one, to tell the first or last", rule="how")]
    elif adds_up:
        return _aggregate(table, how, target, several=bool(repeats))
    raise_all(DataError, "The source does not fit.", repeats)
    values = _stretch(table, how, target) if longer else table.values.set_axis(_as_index(table.keys))
    return _Piece(values, values[[]])


def _as_index(keys: pd.DataFrame) -> pd.Index:
    return pd.MultiIndex.from_frame(keys) if keys.shape[1] == 2 else pd.Index(keys.iloc[:, 0])


def _aggregate(table: Table, how: dict[str, str], target: str, several: bool) -> _Piece:
    """Several rows for a key become one, in an order that does not depend on that of the rows."""
    codes = [pd.factorize(table.keys[role], sort=True)[0] for role in reversed(list(table.keys))]
    order = np.lexsort([*(table.values[kpi] for kpi in reversed(list(table.values))), *codes])
    keys, values = table.keys.iloc[order], table.values.iloc[order]
    owners = keys.assign(**{r: coarser(keys[r], table.grain, target) for r in keys if r == "period"})
    grouped = values.set_axis(_as_index(owners)).groupby(level=list(owners))
    result = pd.DataFrame({kpi: getattr(grouped[kpi], how[kpi])() for kpi in values})
    counts, needed = grouped.count(), grouped.size()
    whole, faults = needed > 0, []
    if is_coarser(target, table.grain):
        seen = owners[~keys.duplicated()].groupby(list(owners)).size()
        finer = members(owners["period"].min(), owners["period"].max(), target, table.grain)
        parts = finer.groupby(level=0).size().loc[seen.index.get_level_values("period")].to_numpy()
        needed, whole = np.maximum(needed, parts), seen == parts
    for kpi in [kpi for kpi in values if how[kpi] == "sum"]:
        sound = whole & (counts[kpi] == grouped.size())
        result[kpi] = result[kpi].where(sound)
        lost = counts[kpi][~sound & (counts[kpi] > 0)]
        shown = tuple(f"{place(k, target)}: {number} of {needed[k]} values" for k, number in lost[:3].items())
        where, found = f"{table.name}, {kpi}", "sums with a part missing, taken as missing"
        note = Fault(where, found, "all parts of each", "", "partial-sum", len(lost), shown, "notes", (kpi,))
        faults += [note] if shown else []
    return _Piece(result, counts, tuple(values) if several else (), tuple(faults))


def _stretch(table: Table, how: dict[str, str], target: str) -> pd.DataFrame:
    """Longer periods cut into shorter ones: their values repeated, or divided."""
    periods = table.keys["period"]
    finer = members(periods.min(), periods.max(), table.grain, target)
    parts = finer.groupby(level=0).size().loc[periods].to_numpy()
    values = pd.DataFrame({kpi: v / (parts if how[kpi] == "spread" else 1) for kpi, v in table.values.items()})
    at = pd.Series(range(len(periods)), index=periods).rename("row").to_frame().join(finer.rename("shorter"))
    keys = table.keys.iloc[at["row"]].assign(period=at["shorter"].to_numpy())
    return values.iloc[at["row"]].set_axis(_as_index(keys))


def _join_faults(parts: list[_Part]) -> list[Fault]:
    """KPIs that two sources hold, and units that only one of several sources knows."""
    faults = []
    names = [kpi for p in parts for kpi in {*p.table.values, *(k for f in p.table.faults for k in f.columns)}]
    for kpi in sorted({kpi for kpi in names if names.count(kpi) > 1}):
        found, way_out = f"{kpi!r} in {names.count(kpi)} sources", "Rename one: columns={...}."
        faults.append(Fault("the sources", found, "each KPI in one source", way_out, "duplicate-column"))
    known = [set(p.table.keys.get("unit", pd.Series()).unique()) for p in parts]
    for i, part in enumerate(parts):
        others = set().union(*known[:i], *known[i + 1 :])
        lonely = sorted(known[i] - others) if others else []
        alike = {_bare(unit): unit for unit in sorted(others)}
        shown = tuple(
            f"{unit!r}: did you mean {alike[_bare(unit)]!r}?" if _bare(unit) in alike else repr(unit)
            for unit in sorted(lonely, key=lambda unit: _bare(unit) not in alike)[:3]
        )
        found, expected = "units that no other source has", "the same units, written the same way"
        warning = Fault(part.record.name, found, expected, "", "unmatched", len(lonely), shown, "warns")
        faults += [warning] if lonely else []
    return faults


def _bare(unit: str) -> str:
    """A unit's name without what people vary: case, signs, zeros in front."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[\W_]", "", unit.casefold()))


def _common_index(found: list[pd.Index]) -> pd.MultiIndex:
    """The unit-periods that sources with both keys have; all combinations where none has both."""
    if full := [index for index in found if index.nlevels == 2]:
        return reduce(lambda one, other: one.union(other), full)
    keys = {"unit": [ORGANISATION], "period": [0]}
    keys |= {role: sorted({key for i in found if i.name == role for key in i}) or keys[role] for role in keys}
    return pd.MultiIndex.from_product(keys.values(), names=list(keys))


def _joined(tables: Iterable[pd.DataFrame], index: pd.MultiIndex) -> pd.DataFrame:
    """The tables side by side, each repeated along the key that it lacks."""
    return reduce(lambda one, other: one.join(other), tables, pd.DataFrame(index=index))


def _open(source: Source) -> tuple[pd.DataFrame, SourceRecord, list[Fault]]:
    """The cells of a source, what to remember of it, and notes on how it was read."""
    given: Any = source.data
    notes: list[Fault] = []
    if isinstance(given, pd.DataFrame):
        cells, name, digest = given, source.name or "the data", content_hash(given)
    else:
        path = Path(given if isinstance(given, str | PathLike) else "")
        name, read = source.name or path.name or type(given).__name__, _READERS.get(path.suffix.lower())
        if read is None:
            raise _unreadable(name, "neither a table nor a known kind of file", f"one of {', '.join(_READERS)}")
        if not path.is_file():
            near = [file.name for file in path.parent.glob("*") if file.suffix.lower() in _READERS]
            raise _unreadable(name, "no such file", "a file", did_you_mean(path.name, near))
        try:
            raw = path.read_bytes()
            cells, notes = read(raw, source, name)
        except DataError:
            raise
        except Exception as error:  # whatever a library says of a broken file
            found = f"a file that cannot be read ({str(getattr(error, 'strerror', None) or error)[:200]})"
            raise _unreadable(name, found, f"a sound {path.suffix} file") from error
        digest = hashlib.sha256(raw).hexdigest()
    return cells, SourceRecord(name, digest, len(cells), tuple(map(str, cells.columns))), notes


def _unreadable(where: str, found: str, expected: str, remedy: str = "") -> DataError:
    return DataError("The data cannot be read.", [Fault(where, found, expected, remedy, "file")])


def _read_text(raw: bytes, source: Source, name: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Delimited text, every cell as text; a row of another length would shift columns, so it stops."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    try:
        notes, text = [], raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        found, text = "text that is not UTF-8, read as Windows-1252", raw.decode("cp1252")
        notes = [Fault(name, found, "UTF-8", "Look at names with accents.", "encoding", severity="notes")]
    separator = source.separator or ("\t" if str(source.data).lower().endswith(".tsv") else _separator(text))
    width = len(next(csv.reader(io.StringIO(text), delimiter=separator), []))
    names, uneven = [str(i) for i in range(width)], []
    if not width:
        raise _unreadable(name, "no names in the first line", "a line of names above lines of data")
    table = arrow.read_csv(
        pa.BufferReader(text.encode()), read_options=arrow.ReadOptions(column_names=names, use_threads=False),
        parse_options=arrow.ParseOptions(delimiter=separator, newlines_in_values=True, ignore_empty_lines=False,
                                         invalid_row_handler=lambda row: uneven.append(row.number) or "skip"),
        convert_options=arrow.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )  # fmt: skip
    if uneven:  # read again, for lines as an editor counts them
        lines = csv.reader(io.StringIO(text), delimiter=separator)
        shown = tuple(f"line {lines.line_num}: {len(row)}" for row in lines if row and len(row) != width)[:3]
        way_out = f"Is {separator!r} the separator? A text that holds it needs quotes around it."
        fault = Fault(
            name, f"rows without {width} cells", "a cell for each name", way_out, "ragged", len(uneven), shown
        )
        raise DataError("The data cannot be read.", [fault])
    return _headed(table.to_pandas()), notes


def _separator(text: str) -> str:
    """The sign that cuts the first lines into the most columns, if possible as many in each."""
    score = {}
    for sign in ",;\t|":
        rows = islice(csv.reader(io.StringIO(text[:200_000]), delimiter=sign), 20)
        widths = [len(row) for row in rows if row] or [0]
        score[sign] = (len(set(widths)) == 1 < widths[0], widths[0])
    return max(score, key=score.__getitem__)


def _read_workbook(raw: bytes, source: Source, name: str) -> tuple[pd.DataFrame, list[Fault]]:
    """A sheet of a workbook: the one named, or the only one in sight."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    seen = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if source.sheet not in book.sheetnames and (source.sheet is not None or len(seen) != 1):
        found = f"{len(seen)} sheets" if source.sheet is None else f"no sheet {source.sheet!r}"
        raise _unreadable(name, found, "sheet= one of them", did_you_mean(source.sheet or "", book.sheetnames))
    sheet = book[source.sheet or seen[0]]
    sheet.reset_dimensions()  # some programs state them wrongly
    return _headed(pd.DataFrame(zip_longest(*sheet.iter_rows(values_only=True)), dtype=object).T), []


_READERS = dict.fromkeys([".csv", ".tsv", ".txt"], _read_text) | dict.fromkeys([".xlsx", ".xlsm"], _read_workbook)
_READERS |= {".parquet": lambda raw, *_: (pd.read_parquet(io.BytesIO(raw)), [])}


def _headed(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells under the names in their first row; blank rows, and blank columns without a name, are left out."""
    names = ["" if pd.isna(name) else str(name) for name in cells.iloc[0]] if len(cells) else []
    body = cells.set_axis(names, axis=1).set_axis(range(1, len(cells) + 1)).iloc[1:]
    filled = body.notna() & body.ne("")
    return body.loc[filled.any(axis=1), filled.any().to_numpy() | np.array([name != "" for name in names], bool)]
