"""The panel: units x periods of KPI values, in which a gap stays a gap.

A table becomes one in two steps: its cells are typed (keys stay text, KPIs are numbers or are refused by name), and
its rows are put in the places that their keys give them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from .errors import DataError, Fault, did_you_mean, raise_all
from .language import Name, Text
from .periods import FREQUENCIES, period_label
from .table import SourceRecord, content_hash, read_table

ORGANISATION = "organisation"  # the one unit of a table that has periods and no units


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """Units x periods of KPI values; a cross-section is a panel of one period.

    Parameters
    ----------
    frame : DataFrame
        KPI values (float64), a row per unit-period seen; index ("unit", "period") of text and whole numbers.
        It is copied and put in canonical order: rows and columns sorted.
    frequency : {"year", "quarter", "month", "week", "day", "step", "none"}
        What a period is; "step" for plain numbers, "none" for a cross-section (period 0).
    counts : DataFrame
        For KPIs aggregated from respondents or shorter periods: how many values went into each.
    respondents : tuple of str
        The KPIs whose counts are of respondents (several rows of one unit in one period).
    unit_name, period_name : str
        What the source calls its keys; empty where it has none.
    sources : tuple of SourceRecord
        What was read.
    faults : tuple of Fault
        What warns, is worth a note, or stops single KPIs (then without a column in `frame`).

    Raises
    ------
    DataError
        If the frame has no rows, no such index, or a unit-period twice.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("B01", 2023), ("B01", 2024), ("B02", 2024)])
    >>> panel = Panel(pd.DataFrame({"churn": [0.1, 0.2, 0.3]}, index=index), "year")
    >>> panel
    Panel of 2 units x 2 years (2023 to 2024): 3 unit-periods, 1 KPI
    >>> panel.shift("churn", 1).tolist()
    [0.2, nan, nan]
    """

    frame: pd.DataFrame
    frequency: str = "step"
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    respondents: tuple[str, ...] = ()
    unit_name: str = ""
    period_name: str = ""
    sources: tuple[SourceRecord, ...] = ()
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        index, found = self.frame.index, ""
        if self.frequency not in FREQUENCIES:
            found = f"the frequency {self.frequency!r}"
        elif index.nlevels != 2 or not len(index):
            found = f"an index of {index.nlevels} level and {len(index)} rows"
        elif index.has_duplicates:
            found = f"{index[index.duplicated()][0]} more than once"
        expected = f"unit-periods, each once, and a frequency: {', '.join(FREQUENCIES)}"
        fault = Fault("the panel", found, expected, "read_panel makes one from columns.", "panel")
        raise_all(DataError, "The panel cannot be used.", [fault] if found else [])
        frame = _canonical(self.frame)
        counts = _canonical(self.counts) if len(self.counts.columns) else self.counts
        object.__setattr__(self, "frame", frame)
        object.__setattr__(self, "counts", counts.reindex(frame.index).astype("float64"))
        for name in ("respondents", "sources", "faults"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same data; where they were read from does not matter."""
        if not isinstance(other, Panel):
            return NotImplemented
        same = ("frequency", "respondents", "unit_name", "period_name")
        return (
            all(getattr(self, name) == getattr(other, name) for name in same)
            and set(self.blocked) == set(other.blocked)
            and self.frame.equals(other.frame)
            and self.counts.equals(other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        parts = [(len(self.kpis), "KPI"), (len(self.blocked), "blocked KPI")]
        for severity, word in (("warns", "warning"), ("notes", "note")):
            parts.append((sum(fault.severity == severity for fault in self.faults), word))
        text = f"Panel of {_many(self.n_units, 'unit')}"
        if self.frequency != "none":
            ends = " to ".join(dict.fromkeys((self.periods[0], self.periods[-1])))
            text += f" x {_many(self.n_periods, self.frequency)} ({ends})"
            parts.insert(0, (len(self.frame), "unit-period"))
        return f"{text}: " + ", ".join(_many(number, word) for number, word in parts if number)

    @property
    def kpis(self) -> tuple[str, ...]:
        """The KPIs that can be used, sorted."""
        return tuple(self.frame.columns)

    @property
    def blocked(self) -> Mapping[str, Text]:
        """The columns that were read and cannot be used, each with the reason in words."""
        stops = [fault for fault in self.faults if fault.severity == "stops"]
        return {kpi: fault.text for fault in reversed(stops) for kpi in fault.columns}

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """What was computed from this panel and will be asked for again; a panel never changes."""
        return {}

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The units, sorted."""
        return tuple(self.frame.index.get_level_values("unit").unique())

    @cached_property
    def ordinals(self) -> tuple[int, ...]:
        """The periods seen, as numbers, sorted."""
        return tuple(np.unique(self.frame.index.get_level_values("period")).tolist())

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods seen, as labels, in order of time."""
        return tuple(self.label(ordinal) for ordinal in self.ordinals)

    @property
    def n_units(self) -> int:
        """How many units there are."""
        return len(self.units)

    @property
    def n_periods(self) -> int:
        """How many different periods there are."""
        return len(self.ordinals)

    @property
    def repeated(self) -> bool:
        """Whether any unit is seen in more than one period."""
        return len(self.frame) > self.n_units

    def is_switch(self, kpi: str) -> bool:
        """Whether the data hold only 0 and 1 of a KPI, and something of it."""
        values = self.frame[kpi].dropna() if kpi in self.frame else []
        return len(values) > 0 and set(np.unique(values)) <= {0.0, 1.0}

    def label(self, ordinal: int) -> str:
        """A period's name for a reader, such as 2024Q1; empty in a cross-section."""
        return period_label(ordinal, self.frequency)

    def shift(self, kpi: str, by: int) -> pd.Series:
        """The value `by` periods later (negative: earlier) within the same unit, aligned to the frame.

        NaN where that unit-period was not seen. A DataError says what exists if there is no such KPI.
        """
        self._require([kpi])
        return pd.Series(self._shifted(kpi, by), index=self.frame.index, name=kpi)

    def _shifted(self, kpi: str, by: int) -> np.ndarray:
        """The values of :meth:`shift`."""
        at, there = self._place(by)
        return np.where(there, self._columns[kpi][at], np.nan)

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        """Every KPI's values, shape (rows,)."""
        return {kpi: self.frame[kpi].to_numpy() for kpi in self.frame.columns}

    def _place(self, by: int) -> tuple[np.ndarray, np.ndarray]:
        """For every row, the row that is `by` periods later in its unit, and whether there is one."""
        if ("place", by) not in self.memo:
            codes, periods, keys = self._keys
            low, high = periods.min(), periods.max()
            later = periods + by
            wanted = codes * (high - low + 1) + (later - low)
            at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
            # a number beyond the window would be one of the next unit's
            self.memo["place", by] = at, (later >= low) & (later <= high) & (keys[at] == wanted)
        return self.memo["place", by]

    def columns(self, nodes: Iterable[tuple[str, int]]) -> pd.DataFrame:
        """KPIs at their shifts side by side, as a regression needs them.

        Parameters
        ----------
        nodes : iterable of (str, int)
            KPI and how many periods later.

        Returns
        -------
        DataFrame
            Aligned to `frame`; its columns are the pairs, as a MultiIndex ("kpi", "shift").
        """
        pairs = [(kpi, int(by)) for kpi, by in nodes]
        names = pd.MultiIndex.from_tuples([*pairs, ("", 0)], names=("kpi", "shift"))[:-1]
        return pd.DataFrame(self.values(pairs), index=self.frame.index, columns=names)

    def values(self, nodes: Iterable[tuple[str, int]]) -> np.ndarray:
        """The same as :meth:`columns` as plain numbers, shape (rows, nodes)."""
        pairs = [(kpi, int(by)) for kpi, by in nodes]
        self._require(dict.fromkeys(kpi for kpi, _ in pairs))
        return np.column_stack([np.empty((len(self.frame), 0)), *(self._shifted(kpi, by) for kpi, by in pairs)])

    def differenced(self, kpis: Iterable[str]) -> Panel:
        """The same panel with the changes of these KPIs from the period before in place of their levels.

        For KPIs that wander. A change is another quantity than a level: an effect on it is an effect on growth, and an
        identity that such a KPI is part of no longer holds.

        Examples
        --------
        >>> index = pd.MultiIndex.from_tuples([("B01", 2022), ("B01", 2023), ("B01", 2024)])
        >>> Panel(pd.DataFrame({"staff": [10.0, 12.0, 11.0]}, index=index)).differenced(["staff"]).frame.staff.tolist()
        [nan, 2.0, -1.0]
        """
        before = {kpi: self.shift(kpi, -1) for kpi in kpis}
        changes = {kpi: self.frame[kpi] - values for kpi, values in before.items()}
        return replace(self, frame=self.frame.assign(**changes))

    def to_frame(self) -> pd.DataFrame:
        """A plain long table with the keys as columns of text; no period column in a cross-section."""
        keys = self.frame.index.to_frame(index=False)
        keys["period"] = keys["period"].map(dict(zip(self.ordinals, self.periods, strict=True)).get)
        keys.columns = pd.Index([self.unit_name or "unit", self.period_name or "period"])
        keys = keys.iloc[:, :1] if self.frequency == "none" else keys
        return pd.concat([keys, self.frame.reset_index(drop=True)], axis=1)

    @cached_property
    def _keys(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Unit codes, periods, and both in one number that rises from row to row."""
        codes = pd.factorize(self.frame.index.get_level_values("unit"))[0].astype("int64")
        periods = self.frame.index.get_level_values("period").to_numpy()
        span = periods.max() - periods.min() + 1
        return codes, periods, codes * span + (periods - periods.min())

    def _require(self, kpis: Iterable[str]) -> None:
        absent = [kpi for kpi in dict.fromkeys(kpis) if kpi not in self._columns]
        if not absent:
            return
        way_out = {kpi: self.blocked.get(kpi) or did_you_mean(kpi, map(Name, self.kpis)) for kpi in absent}
        where = {k: Text("KPI '{kpi}'", "KPI '{kpi}'", kpi=Name(k)) for k in absent}
        found, rule = Text("no usable column", "geen bruikbare kolom"), "unknown-column"
        expected = Text("a KPI of the panel", "een KPI van het panel")
        faults = [Fault(where[k], found, expected, way_out[k], rule) for k in absent]
        raise_all(DataError, Text("The panel has no such KPI.", "Het panel heeft deze KPI niet."), faults)


def _canonical(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with typed keys and float64 values, rows and columns sorted."""
    units, periods = (frame.index.get_level_values(level) for level in (0, 1))
    keys = [units.astype(str), periods.astype("int64")]
    index = pd.MultiIndex.from_arrays(keys, names=("unit", "period"))
    frame = frame.astype("float64").set_axis(index).set_axis(frame.columns.astype(str), axis=1)
    return frame.sort_index().sort_index(axis=1)


def _many(number: int, word: str) -> str:
    return f"{number} {word}" + "s" * (number != 1)


def as_panel(data: Panel | pd.DataFrame, unit: str | None = None, period: str | None = None) -> Panel:
    """A panel as it is; a DataFrame with one row per unit and period, read.

    Parameters
    ----------
    data : Panel or DataFrame
    unit, period : str, optional
        The columns with the keys. Without a period it is a cross-section; without either each row is
        a unit, numbered in the order of content, so that the order of rows never matters.

    Raises
    ------
    DataError
        Listing all that is wrong with columns and keys.

    Examples
    --------
    >>> as_panel(pd.DataFrame({"branch": ["NA", "B1"], "churn": [0.1, 0.2]}), unit="branch").units
    ('B1', 'NA')
    """
    if isinstance(data, Panel):
        return data
    if not isinstance(data, pd.DataFrame):
        found = f"a {type(data).__name__}"
        raise DataError("The data cannot be used.", [Fault("the data", found, "a DataFrame or a Panel")])
    table = read_table(data, Text("the data", "de gegevens"), unit, period)
    raise_all(DataError, "The data cannot be used.", table.repeats())
    rows = len(table.values)
    keys = [table.keys.get("unit", [ORGANISATION] * rows), table.keys.get("period", [0] * rows)]
    frame = table.values.set_axis(pd.MultiIndex.from_arrays(keys))
    record = SourceRecord(table.name, content_hash(data), rows, tuple(map(str, data.columns)))
    return Panel(
        frame, table.grain, unit_name=unit or "", period_name=period or "", sources=(record,), faults=table.faults
    )
