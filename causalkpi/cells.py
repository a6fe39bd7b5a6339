"""From cells to quantities: plain numbers under a declared notation, or what stands there instead."""

from __future__ import annotations

import datetime as dt
import numbers
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from .errors import Fault
from .language import NOTHING, Text

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A")
_NUMERIC = {"floating", "integer", "mixed-integer-float", "boolean", "decimal", "empty"}
_TIMES = {"datetime", "datetime64", "date", "period", "time", "timedelta", "timedelta64", "interval"}
_A_DATE = Text("a date, not a quantity", "een datum, geen hoeveelheid")
_NUMBERS = Text("plain numbers", "gewone getallen")
_TEXT = Text("text", "tekst")
_DATE = r"\d{4}-\d\d-\d\d.*|\d\d?[-/]\d\d?[-/]\d{4}.*"
_LOOKS = (  # the first that all cells in question match names the way out
    (
        r"[+-]?\d{1,3},\d{3}",
        Text(
            "A comma before three digits: decimal=',' or thousands=',', which is it?",
            "Een komma vóór drie cijfers: is het decimal=',' of thousands=','?",
        ),
    ),
    (
        r"[+-]?\d*,\d+",
        Text("This looks like a decimal comma: decimal=','.", "Dit lijkt op een decimale komma: decimal=','."),
    ),
    (
        r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?",
        Text(
            "This looks like a comma for thousands: thousands=','.",
            "Dit lijkt op een komma voor duizendtallen: thousands=','.",
        ),
    ),
    (
        r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?",
        Text("This looks like decimal=',' with thousands='.'.", "Dit lijkt op decimal=',' met thousands='.'."),
    ),
    (
        r"[+-]?\d*\.\d+",
        Text("This looks like a decimal point: decimal='.'.", "Dit lijkt op een decimale punt: decimal='.'."),
    ),
    (
        r"(?i)true|false|yes|no|y|n|ja|nee",
        Text("Write 1 and 0, or true and false throughout.", "Schrijf overal 1 en 0, of overal true en false."),
    ),
    (r".*%", Text("Take the percent signs out of the cells.", "Haal de procenttekens uit de cellen.")),
)


def read_numbers(
    cells: pd.Series, where: str, decimal: str = ".", thousands: str = "", missing: Any = MISSING
) -> tuple[np.ndarray, Fault | None]:
    """Read a column of quantities: all of its cells are numbers, missing, or it cannot be used.

    Parameters
    ----------
    cells : Series
        Numbers, booleans, or text under the declared notation.
    where : str
        The column, for messages; the index of `cells` numbers its rows.
    decimal, thousands : str
        The signs within numbers that are text.
    missing : collection of str
        The texts that stand for nothing.

    Returns
    -------
    tuple of (ndarray of float64, Fault or None)
        The values (NaN where missing), and why they cannot be used.

    Examples
    --------
    >>> values, fault = read_numbers(pd.Series(["0,5", ""]), "churn")
    >>> print(fault)
    churn: found text (row 0: '0,5'), expected plain numbers. This looks like a decimal comma: decimal=','.
    """
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(cells.cat.categories.dtype)
    text = isinstance(cells.dtype, pd.StringDtype)
    word = "string" if text else pd.api.types.infer_dtype(cells, skipna=True)
    bad, found, remedy = np.zeros(len(cells), bool), NOTHING, NOTHING
    if word in _TIMES:
        length = word.startswith("timedelta")
        found = Text("a duration without a unit", "een duur zonder eenheid") if length else _A_DATE
        values = np.full(len(cells), np.nan)
    elif word == "string":
        values, bad = _parse(cells.astype("str"), decimal, thousands, missing)
    elif word in _NUMERIC:
        values = cells.where(cells.notna(), np.nan).astype("float64").to_numpy(copy=True)
    else:
        values, bad = _sort_out(cells, decimal, thousands, missing)
    if bad.any():
        found, remedy = _judge(cells.loc[bad])
    elif np.isinf(values).any():
        found, bad = Text("infinite values", "oneindige waarden"), np.isinf(values)
    if not found:
        return values, None
    shown = zip(cells.index[bad][:3], cells.loc[bad].iloc[:3], strict=True)
    examples = tuple(
        Text("row {row}: {cell}", "rij {row}: {cell}", row=str(row), cell=repr(str(cell)[:40])) for row, cell in shown
    )
    rule = "infinite" if found.startswith("infinite") else "not-a-number"
    return values, Fault(where, found, _NUMBERS, remedy, rule, max(int(bad.sum()), 1), examples)


def _parse(text: pd.Series, decimal: str, thousands: str, missing: Any) -> tuple[np.ndarray, np.ndarray]:
    """Numbers in text, and which cells are something else."""
    text = text.str.strip()
    absent = (text.isna() | text.isin(list(missing))).to_numpy()
    point, group = re.escape(decimal), re.escape(thousands)
    whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)" if thousands else r"\d+"
    number = rf"[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?"
    good = text.str.fullmatch(number).to_numpy(dtype=bool) & ~absent
    if not good.any() and not absent.all():
        truth = text.str.lower().map({"true": 1.0, "false": 0.0}).to_numpy(dtype="float64")
        if not np.isnan(truth[~absent]).any():
            return np.where(absent, np.nan, truth), np.zeros(len(text), bool)
    plain = text.where(good)
    plain = plain.str.replace(thousands, "", regex=False) if thousands else plain
    plain = plain if decimal == "." else plain.str.replace(decimal, ".", regex=False)
    return plain.astype("float64").to_numpy(), ~good & ~absent


def _sort_out(cells: pd.Series, decimal: str, thousands: str, missing: Any) -> tuple[np.ndarray, np.ndarray]:
    """A column of Python objects of several kinds, as spreadsheets hold them."""
    real = (numbers.Real, Decimal, np.bool_)
    text = cells.map(lambda cell: isinstance(cell, str)).to_numpy(dtype=bool)
    number = cells.map(lambda cell: isinstance(cell, real)).to_numpy(dtype=bool)
    cells = cells.astype(object)
    values, bad = np.full(len(cells), np.nan), ~text & ~number & cells.notna().to_numpy()
    values[number] = cells[number].astype("float64")
    values[text], bad[text] = _parse(cells.loc[text].astype("str"), decimal, thousands, missing)
    return values, bad


def _judge(bad: pd.Series) -> tuple[Text, Text]:
    """What cells that are no numbers are, and the way out."""
    kinds = {type(cell) for cell in bad}
    if any(issubclass(kind, complex | np.complexfloating) for kind in kinds):
        return Text("complex numbers", "complexe getallen"), NOTHING
    if kinds != {str}:
        dates = all(issubclass(kind, dt.date | dt.time | pd.Period) for kind in kinds)
        return (_A_DATE if dates else Text("objects within cells", "objecten in cellen")), NOTHING
    text = bad.astype("str").str.strip()
    if text.str.fullmatch(_DATE).all():
        return _A_DATE, NOTHING
    for pattern, remedy in _LOOKS:
        if text.str.fullmatch(pattern).all():
            return _TEXT, remedy
    return _TEXT, Text(
        "Mend the cells, or list the words that stand for nothing as missing=(...).",
        "Herstel de cellen, of geef de woorden die voor niets staan op met missing=(...).",
    )
