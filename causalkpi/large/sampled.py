"""A random sample of whole units in memory: for the gate, and for checks that need rows."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from ..errors import Fault
from ..language import Text
from ..panel import Panel
from ..table import SourceRecord
from .source import quoted
from .tables import LargeTable

SAMPLE_ROWS = 100_000
_DRAWN = 2**32


def sample_panel(table: LargeTable, rows: int = SAMPLE_ROWS) -> Panel:
    """About so many rows of a table as a panel: all rows of the units whose MD5 is lowest, so always the same ones.

    Parameters
    ----------
    table : LargeTable
    rows : int

    Returns
    -------
    Panel
        With a note of how many units it holds.
    """
    limit = min(_DRAWN, -(-rows * _DRAWN // table.rows))
    drawn = "md5_number_upper(CAST(unit_ AS VARCHAR)) >> 32 < ?"  # other bytes than those that make groups
    columns = ", ".join(f"{table.value(kpi)} AS {quoted(kpi)}" for kpi in table.columns)
    asked = f"SELECT CAST(unit_ AS VARCHAR) AS unit_, ordinal_, {columns} FROM keyed WHERE {drawn}"
    with table.opened() as con:
        found = con.execute(asked, [limit]).fetchnumpy()
    index = pd.MultiIndex.from_arrays([found.pop("unit_"), found.pop("ordinal_")])
    values = {kpi: np.ma.filled(np.ma.asarray(column, dtype=float), np.nan) for kpi, column in found.items()}
    frame = pd.DataFrame(values, index=index)
    units = index.get_level_values(0).nunique()
    note = Fault(
        table.origin.name,
        Text("{all:,} rows of {many:,} units", "{all:,} rijen van {many:,} eenheden", all=table.rows, many=table.units),
        Text("{all:,} rows or fewer to be held in memory", "hoogstens {all:,} rijen in het geheugen", all=rows),
        Text(
            "Answers come from all rows; the checks of the data, the diagnostics and what follows links from a random "
            "sample of {units:,} units ({rows:,} rows).",
            "Antwoorden komen uit alle rijen; de controles van de gegevens, de diagnostiek en wat verbanden volgt uit "
            "een toevallige steekproef van {units:,} eenheden ({rows:,} rijen).",
            units=units,
            rows=len(frame),
        ),
        "sample",
        severity="notes",
    )  # fmt: skip
    notes = [note] if units < table.units else []
    known = repr((table.rows, table.units, table.ordinals, sorted(table.columns.items())))
    name = Text("{table} (by its counts, extremes and means)", "{table} (naar aantallen, uitersten en gemiddelden)",
                table=table.origin.name)  # fmt: skip
    record = SourceRecord(name, hashlib.sha256(known.encode()).hexdigest(), table.rows, tuple(table.columns))
    return Panel(frame, table.frequency, unit_name=table.unit, period_name=table.period, sources=(record,),
                 faults=(*table.faults, *notes))  # fmt: skip
