"""A table in Spark or in a warehouse, behind an Ibis expression; its keys and columns are looked at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, Fault, did_you_mean, raise_all
from ..language import Text
from ..periods import read_periods
from .opening import _about

_CANNOT = "The table cannot be used."


@dataclass(frozen=True, eq=False, repr=False)
class Warehouse:
    """A table that stays in the engine which holds it.

    Parameters
    ----------
    keyed : ibis Table
        `unit_`, `ordinal_` and a float64 for every KPI, missing where it is not a number.
    columns : mapping of str to tuple of (str, float)
        By KPI, those that can be used: its column in `keyed`, and about its mean.
    rows, units : int
    ordinals : tuple of int
        The periods seen, as numbers, sorted; 0 alone in a cross-section.
    frequency : str
    faults : tuple of Fault
        What stops single columns.
    """

    keyed: Any
    columns: Mapping[str, tuple[str, float]]
    rows: int
    units: int
    ordinals: tuple[int, ...]
    frequency: str
    faults: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        counts = f"{self.rows:,} rows, {self.units:,} units, {len(self.ordinals)} periods, {len(self.columns)} KPIs"
        return f"Warehouse {self.engine}: {counts}"

    @property
    def engine(self) -> str:
        """What Ibis calls the engine that holds the table."""
        return str(self.keyed.get_backend().name)


def open_warehouse(
    table: Any,
    unit: str,
    period: str | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    frequency: str | None = None,
) -> Warehouse:
    """Look at an Ibis table, and for everything that is wrong with it: two passes, and one over its keys.

    Nothing travels but counts and the periods.

    Parameters
    ----------
    table : ibis Table
        A table or an expression, of any engine that has windows by range of values: DuckDB and Spark are tested.
    unit : str
        The column that says which unit a row is of: text, or whole numbers.
    period : str, optional
        The column with the periods; without it the table is a cross-section.
    columns : mapping, optional
        The KPI's id for a column's name; other columns keep their name. Those that hold no numbers are passed over.
    frequency : {"year", "quarter", "month", "week", "day", "step"}, optional
        What a period is; found out by default.

    Raises
    ------
    DataError
        Listing all that is wrong; infinite values stop their column only.

    Examples
    --------
    >>> import ibis
    >>> rows = {"branch": ["B1", "B1", "B2"], "quarter": ["2024Q1", "2024Q2", "2024Q1"], "churn": [0.1, 0.2, 0.3]}
    >>> open_warehouse(ibis.memtable(pd.DataFrame(rows)), unit="branch", period="quarter")
    Warehouse duckdb: 3 rows, 2 units, 2 periods, 1 KPIs
    """
    ibis, types = need_ibis(), table.schema()
    renamed: dict[str, str] = dict(columns or {})
    faults = [
        Fault("the table", f"no column {name!r}", "the columns named", did_you_mean(name, types), "unknown-column")
        for name in dict.fromkeys(filter(None, [unit, period, *renamed]))
        if name not in types
    ]
    if unit in types and not (types[unit].is_string() or types[unit].is_integer()):
        faults.append(Fault(unit, f"units of type {types[unit]}", "text or whole numbers", rule="unit-type"))
    raise_all(DataError, _CANNOT, faults)
    ordinal, ordinals, grain = _periods(ibis, table, period, frequency)
    numbers: list[str] = [name for name, kind in types.items() if kind.is_numeric() or kind.is_boolean()]
    keys: tuple[str, ...] = (unit, period or unit)
    placed = {renamed.get(name, name): name for name in numbers if name not in keys}
    values = {f"v{i}": table[name].cast("float64") for i, name in enumerate(placed.values())}
    raw = table.select(unit_=table[unit], ordinal_=ordinal, **values)
    finite = {name: _finite(ibis, raw[name]) for name in values}
    counts, known = _counted(raw, finite)
    raise_all(DataError, _CANNOT, _key_faults(unit, period, counts))
    found, stops = dict[str, tuple[str, float]](), list[Fault]()
    for i, kpi in enumerate(placed):
        low, high, mean, infinite = (
            0.0 if pd.isna(known[f"{what}_v{i}"]) else float(known[f"{what}_v{i}"])
            for what in ("low", "high", "mean", "infinite")
        )
        if infinite:
            words, expected = Text("infinite values", "oneindige waarden"), Text("numbers", "getallen")
            stops.append(Fault(kpi, words, expected, "", "infinite", int(infinite), columns=(kpi,)))
        else:
            found[kpi] = f"v{i}", _about(mean, high - low)
    return Warehouse(raw.mutate(**finite), found, counts["rows"], counts["units"], ordinals, grain, tuple(stops))


def _periods(ibis: Any, table: Any, period: str | None, frequency: str | None) -> tuple[Any, tuple[int, ...], str]:
    """The period's number as an expression, the numbers seen, and what a period is."""
    if not period:
        return ibis.literal(0).cast("int64"), (0,), "none"
    column = table[period]
    raw = table.filter(column.notnull()).select(period).distinct().order_by(period).to_pandas()[period]
    where = Text("column {column}", "kolom {column}", column=repr(period))
    read, grain, _ = read_periods(raw, where, frequency) if len(raw) else (np.empty(0, int), "step", [])
    ordinals = tuple(sorted({int(n) for n in read}))
    if column.type().is_integer() and raw.tolist() == read.tolist():
        return column.cast("int64"), ordinals, grain
    pairs = [(value, int(n)) for value, n in zip(raw.tolist(), read, strict=True)]
    return (column.cases(*pairs) if pairs else ibis.null("int64")).cast("int64"), ordinals, grain


def _finite(ibis: Any, number: Any) -> Any:
    """A number, or nothing: what is not one differs from itself.

    Asked whether it is NaN, DuckDB says no by the extremes that a Parquet file keeps, which leave NaN out.
    """
    return (number - number == 0).ifelse(number, ibis.null("float64"))


def _counted(raw: Any, finite: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, Any]]:
    """Rows, units, keys that are missing, rows too many for a key; and of each column ends, mean, infinite values."""
    about = {}
    for name, value in finite.items():
        infinite = (raw[name].abs() == float("inf")).sum()  # Ibis' own isinf is always false on Spark
        about |= {f"low_{name}": value.min(), f"high_{name}": value.max(), f"mean_{name}": value.mean(),
                  f"infinite_{name}": infinite}  # fmt: skip
    counts = {"rows": raw.count(), "units": raw.unit_.nunique(), "no_unit": raw.unit_.isnull().sum(),
              "no_period": raw.ordinal_.isnull().sum()}  # fmt: skip
    known = raw.aggregate(**counts, **about).to_pandas().iloc[0].to_dict()
    again = raw.group_by("unit_", "ordinal_").aggregate(n_=raw.count())
    more = again.filter(again.n_ > 1).aggregate(again=again.n_.sum()).to_pandas().iloc[0].to_dict()
    return {name: 0 if pd.isna(n := (known | more)[name]) else int(n) for name in [*counts, "again"]}, known


def _key_faults(unit: str, period: str | None, counts: Mapping[str, int]) -> list[Fault]:
    faults = [] if counts["rows"] else [Fault("the table", "no rows", "at least one", rule="empty")]
    for role, count in ((unit, counts["no_unit"]), (period or "", counts["no_period"])):
        if count:
            found = Text("rows without a {role}", "rijen zonder {role}", role=role)
            faults.append(Fault(role, found, Text("one in every row", "een in elke rij"), "", "missing-keys", count))
    if counts["again"] and not faults:
        way_out = Text("One row for each unit and period: add them up first.",
                       "Eén rij per eenheid en periode: tel ze eerst op.")  # fmt: skip
        found = Text("rows whose unit and period stood in another row", "rijen met dezelfde eenheid en periode")
        faults.append(Fault(unit, found, Text("one row", "één rij"), way_out, "duplicate-keys", counts["again"]))
    return faults


def need_ibis() -> Any:
    """Ibis, or a DataError that says how to get it."""
    try:
        import ibis
    except ImportError as error:
        found = Text("no Ibis in this Python", "geen Ibis in deze Python")
        expected = Text("Ibis, for tables in Spark or a warehouse", "Ibis, voor tabellen in Spark of een datawarehouse")
        way_out = Text('Install it: pip install "causalkpi[spark]".', 'Installeer het: pip install "causalkpi[spark]".')
        raise DataError(_CANNOT, [Fault("ibis", found, expected, way_out, "extra")]) from error
    return ibis
