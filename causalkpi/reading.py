"""Files and frames of different grain, joined onto units and periods.

Finance comes by month, a survey by respondent, personnel by year: each :class:`Source` has its own keys and says how
its KPIs add up. Nothing is added up, stretched or filled without such a word. The panel's frequency is the one named,
or else the longest period of the sources that have more than one period, those to be repeated or spread not counted.
Sources are joined by outer join; one without a period (attributes of units) or without a unit (values of the
organisation) is repeated over the unit-periods of the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .cells import MISSING
from .errors import DataError, Fault, did_you_mean, raise_all
from .files import Source, open_source
from .language import Name, Text
from .panel import ORGANISATION, Panel
from .periods import DATED, coarser, is_coarser, members
from .table import SourceRecord, Table, place, read_table

AGGREGATES = ("sum", "mean", "last", "first", "min", "max", "count")
STRETCHES = ("repeat", "spread")


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
        if len(source.separator or ",") != 1:
            found, expected = f"separator={source.separator!r}", "one sign, or none: then it is found out"
            faults.append(Fault(where, found, expected, rule="notation"))
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
    cells, record, notes = open_source(source)
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
        shown = tuple(
            Text("{place}: {known} of {all} values", "{place}: {known} van {all} waarden",
                 place=place(k, target), known=number, all=int(needed[k]))
            for k, number in lost[:3].items()
        )  # fmt: skip
        where = Text("{table}, {kpi}", "{table}, {kpi}", table=table.name, kpi=Name(kpi))
        found = Text("sums with a part missing, taken as missing",
                     "sommen waarvan een deel ontbreekt, behandeld als ontbrekend")  # fmt: skip
        expected = Text("all parts of each", "alle delen van elke som")
        note = Fault(where, found, expected, "", "partial-sum", len(lost), shown, "notes", (kpi,))
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
            Text(
                "{unit}: did you mean {other}?",
                "{unit}: bedoelde u {other}?",
                unit=repr(unit),
                other=repr(alike[_bare(unit)]),
            )
            if _bare(unit) in alike
            else repr(unit)
            for unit in sorted(lonely, key=lambda unit: _bare(unit) not in alike)[:3]
        )
        found = Text("units that no other source has", "eenheden die geen andere bron heeft")
        expected = Text("the same units, written the same way", "dezelfde eenheden, op dezelfde manier geschreven")
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
