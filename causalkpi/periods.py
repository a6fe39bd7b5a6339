"""What people write for a period or a quantity, and the number it becomes.

Years, quarters, months, weeks and days are counted, so that "a quarter later" is addition and never a
search through dates. Where a notation leaves a choice open (is 01-02-2024 in January? is 1,234 more than a
thousand?) the reader of a column asks; it does not guess.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from .errors import DataError, Fault
from .language import Text

DATED = ("year", "quarter", "month", "week", "day")  # from coarse to fine
FREQUENCIES = (*DATED, "step", "none")
_DUTCH = {
    "year": ("jaar", "jaren"),
    "quarter": ("kwartaal", "kwartalen"),
    "month": ("maand", "maanden"),
    "week": ("week", "weken"),
}
_PANDAS = {"year": "Y-DEC", "quarter": "Q-DEC", "month": "M", "week": "W-SUN", "day": "D"}


def _index(ordinals: np.ndarray, frequency: str) -> pd.PeriodIndex:
    origin = 1970 * (frequency == "year")  # a year's number is the year itself
    return pd.PeriodIndex.from_ordinals(np.asarray(ordinals) - origin, freq=_PANDAS[frequency])


def _ordinals(index: pd.PeriodIndex, frequency: str) -> np.ndarray:
    return index.asi8 + 1970 * (frequency == "year")


def period_label(ordinal: int, frequency: str) -> str:
    """A period's name for a reader; empty in a cross-section.

    Examples
    --------
    >>> [period_label(2024, "year"), period_label(216, "quarter"), period_label(7, "step")]
    ['2024', '2024Q1', '7']
    """
    if frequency not in DATED:
        return str(ordinal) if frequency == "step" else ""
    period = _index(np.array([ordinal]), frequency)[0]
    if frequency != "week":
        return str(period)
    year, week, _ = period.start_time.isocalendar()
    return f"{year}-W{week:02d}"


def coarser(ordinals: np.ndarray, frequency: str, target: str) -> np.ndarray:
    """The longer period in which each period falls; a week falls where its Thursday does (ISO 8601).

    Examples
    --------
    >>> coarser(np.array([648, 650, 651]), "month", "quarter").tolist()
    [216, 216, 217]
    """
    if frequency == target:
        return np.asarray(ordinals)
    days = _index(ordinals, frequency).asfreq("D", how="start") + 3 * (frequency == "week")
    return _ordinals(days.asfreq(_PANDAS[target]), target)


def members(first: int, last: int, frequency: str, finer: str) -> pd.Series:
    """The shorter periods within each of the longer ones from `first` to `last`, which are its index.

    Examples
    --------
    >>> members(216, 216, "quarter", "month").tolist()
    [648, 649, 650]
    """
    ends = _index(np.array([first, last]), frequency)
    low = _ordinals(ends.asfreq(_PANDAS[finer], how="start"), finer)[0]
    high = _ordinals(ends.asfreq(_PANDAS[finer], how="end"), finer)[1]
    candidates = np.arange(low, high + 1)
    owners = coarser(candidates, finer, frequency)
    within = (owners >= first) & (owners <= last)
    return pd.Series(candidates[within], index=pd.Index(owners[within], name="period"))


def _month(year: int, month: int) -> Any:
    return pd.Period(dt.date(year, month, 1), "M")  # a date, because Period(month=13) is next January


def _quarter(year: int, quarter: int) -> Any:
    return pd.Period(year=year, quarter=quarter, freq="Q")


def _day(year: int, month: int, day: int) -> Any:
    return pd.Period(dt.date(year, month, day), "D")


_OPEN = "date of open order"
_NOTATIONS = (
    ("day", r"(\d{4})-(\d\d)-(\d\d)", _day),
    ("month", r"(\d{4})[-/M](\d\d?)", _month),
    ("month", r"(\d\d?)[-/](\d{4})", lambda m, y: _month(y, m)),
    ("quarter", r"(\d{4})[ -]?[QK]([1-4])", _quarter),
    ("quarter", r"[QK]([1-4])[ -]?(\d{4})", lambda q, y: _quarter(y, q)),
    ("week", r"(\d{4})-?W(\d\d?)", lambda y, w: pd.Period(dt.date.fromisocalendar(y, w, 1), "W")),
    (_OPEN, r"(\d\d?)[-/.](\d\d?)[-/.](\d{4})", lambda a, b, y: (a, b, y)),
    ("number", r"(-?\d{1,15})(?:\.0+)?", int),
)
_READABLE = "2024, 2024Q1, 2024-01, 2024-W05, 2024-01-31 or plain whole numbers, in one notation"
_PACKED = (  # 202401 and 20240131: dates for people, numbers with holes for arithmetic
    ("month", r"((?:19|20)\d\d)(0[1-9]|1[0-2])", _month),
    ("day", r"((?:19|20)\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])", _day),
)


def _read_period(cell: Any) -> tuple[str, Any]:
    """One cell's notation and value: a pandas Period, a number, or a date whose order is open."""
    if isinstance(cell, pd.Period):
        return {code: name for name, code in _PANDAS.items()}.get(cell.freqstr, ""), cell
    if isinstance(cell, dt.date):
        return "day", _day(cell.year, cell.month, cell.day)
    whole = isinstance(cell, float) and cell.is_integer()
    text = str(int(cell)) if whole else str(cell).strip().upper()
    for kind, pattern, make in _NOTATIONS:
        if found := re.fullmatch(pattern, text):
            try:
                return kind, make(*map(int, found.groups()))
            except ValueError:  # there is no 30 February
                break
    return "", None


def read_periods(
    cells: pd.Series, where: str, grain: str | None = None, target: str | None = None
) -> tuple[np.ndarray, str, list[Fault]]:
    """Read a column of periods.

    Parameters
    ----------
    cells : Series
        Text, numbers, dates or pandas Periods, none missing.
    where : str
        The column, for messages.
    grain : str, optional
        The frequency declared: shorter periods fall into such, longer ones are a fault.
    target : str, optional
        The frequency of the panel to be made: dates are not taken for longer periods than that.

    Returns
    -------
    tuple of (ndarray, str, list of Fault)
        Numbers of the periods, their frequency, and notes on how they were read.

    Raises
    ------
    DataError
        For what is no period, a mixture of notations, and notations that leave a choice open.

    Examples
    --------
    >>> read_periods(pd.Series(["2024 K1", "2024 K2"]), "kwartaal")
    (array([216, 217]), 'quarter', [])
    """
    codes, uniques = _distinct(cells)
    read = [_read_period(cell) for cell in uniques]
    kinds = sorted({kind for kind, _ in read})
    if kinds == [""] or len(kinds) > 1:
        odd = int(np.isin(codes, [i for i, (kind, _) in enumerate(read) if not kind]).sum())
        found = "cells that are no period" if odd else "a mixture of notations"
        first = {kind: cell for (kind, _), cell in zip(read[::-1], uniques[::-1], strict=True)}
        shown = tuple(f"{kind or 'not read'}: {cell!r}" for kind, cell in sorted(first.items()))
        _refuse(where, found, _READABLE, max(odd, 1), shown)
    kind, values, notes = kinds[0], [value for _, value in read], list[Fault]()
    if kind == _OPEN:
        kind, values, notes = _settle_dates(values, where)
    elif kind == "number":
        kind, values = _settle_numbers(values, where, grain or target)
    origin = 1970 * (kind == "year")
    numbers = [v.ordinal + origin if isinstance(v, pd.Period) else v for v in values]
    ordinals = np.array(numbers, dtype="int64")
    if grain is None:
        grain = _stamped(ordinals, target) if kind == "day" else kind
        if grain != kind:
            one, many = _DUTCH[grain]
            found = Text(f"dates that all start, or all end, a {grain}", f"datums die alle een {one} openen of sluiten")
            expected = Text(
                f"{grain}s (so they were read) or days (then declare frequency='day')",
                f"{many} (zo zijn ze gelezen) of dagen (geef dan frequency='day' op)",
            )
            notes.append(Fault(where, found, expected, rule="dates-read", severity="notes"))
    elif grain != kind and not is_coarser(grain, kind):
        name = "plain numbers" if kind == "step" else f"{kind}s"
        short = kind == "step" and grain == "year" and ((ordinals >= 0) & (ordinals < 100)).all()
        wanted = "years in four digits, such as 1987" if short else f"{grain}s, as declared, or shorter periods"
        _refuse(where, name, wanted)
    return coarser(ordinals, kind, grain)[codes], grain, notes


def is_coarser(frequency: str, other: str) -> bool:
    """Whether `frequency` has the longer periods.

    Examples
    --------
    >>> is_coarser("quarter", "month"), is_coarser("step", "month")
    (True, False)
    """
    return {frequency, other} <= set(DATED) and DATED.index(frequency) < DATED.index(other)


def _distinct(cells: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Each cell's number in the list of different cells, times of day taken off."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        cells = cells.dt.tz_localize(None).dt.floor("D")
    elif isinstance(cells.dtype, pd.StringDtype):
        time = r"^(\d{4}-\d\d-\d\d)[T ]\d\d:[\d:.]*(?:Z|[+-]\d\d:?\d\d)?$"
        cells = cells.str.strip().str.replace(time, r"\1", regex=True)
    codes, uniques = pd.factorize(cells if cells.dtype != object else cells.map(_hashable))
    return codes, uniques.tolist()


def _hashable(cell: object) -> object:
    return cell if isinstance(cell, (str, int, float, dt.date, pd.Period)) else str(cell)


def _stamped(days: np.ndarray, target: str | None) -> str:
    """The longest period, not longer than `target`, that all these days start or all end."""
    index = _index(days, "day")
    for frequency in DATED[DATED.index(target) if target in DATED else 0 : -1]:
        periods = index.asfreq(_PANDAS[frequency])
        ends = (periods.asfreq("D", how=how) for how in ("start", "end"))
        if len(days) > 1 and any((end == index).all() for end in ends):
            return frequency
    return "day"


def _settle_dates(values: list[tuple[int, int, int]], where: str) -> tuple[str, list, list[Fault]]:
    """Dates such as 13-02-2024: some cell must show whether the day or the month comes first."""
    day_first, month_first = (any(v[i] > 12 for v in values) for i in (0, 1))
    shown = tuple(f"{a:02d}-{b:02d}-{y}" for a, b, y in values[:3])
    expected = Text(
        "dates written year-month-day, such as 2024-01-31", "datums geschreven als jaar-maand-dag, zoals 2024-01-31"
    )
    if day_first and month_first:
        _refuse(where, "days and months in both orders", expected, len(values), shown)
    if not day_first and not month_first and any(a != b for a, b, _ in values):
        _refuse(where, "dates that do not tell day from month", expected, len(values), shown)
    try:
        periods = [_day(y, a, b) if month_first else _day(y, b, a) for a, b, y in values]
    except ValueError as error:
        _refuse(where, f"a date that does not exist ({error})", expected, 1, shown)
    orders = ("month-day-year", "maand-dag-jaar") if month_first else ("day-month-year", "dag-maand-jaar")
    found = Text(f"{orders[0]} dates, as some of them show", f"datums als {orders[1]}, zoals uit sommige ervan blijkt")
    note = Fault(where, found, expected, rule="date-order", severity="notes")
    return "day", periods, [note] if day_first or month_first else []


def _settle_numbers(values: list[int], where: str, declared: str | None) -> tuple[str, list]:
    """Plain numbers: years from 1900 to 2100, steps otherwise; 202401 only where it is declared."""
    if declared != "step" and all(1900 <= value <= 2100 for value in values):
        return "year", values
    for kind, pattern, make in _PACKED:
        found = [re.fullmatch(pattern, str(value)) for value in values]
        if declared == "step" or not all(found):
            continue
        if declared is None:
            shown = tuple(map(str, values[:3]))
            expected = f"frequency='{kind}' if these are {kind}s, or frequency='step' if not"
            _refuse(where, f"numbers that look like {kind}s", expected, len(values), shown)
        try:
            return kind, [make(*map(int, match.groups())) for match in found if match]
        except ValueError as error:
            _refuse(where, f"a date that does not exist ({error})", _READABLE)
    return "step", values


def _refuse(where: str, found: str, expected: str, count: int = 1, shown: tuple[str, ...] = ()) -> NoReturn:
    fault = Fault(where, found, expected, rule="period", count=count, examples=shown)
    raise DataError("The periods cannot be read.", [fault])


# Quantities -----------------------------------------------------------------------------------------
