"""One pass over a table, chunk by chunk: told how far it is, interrupted at will, taken up where it stopped."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, Fault
from ..graph import Node
from ..language import Text
from ..moments import GROUPS, Moments
from .source import need_duckdb
from .steps import (
    HELD_SQL,
    LENGTHS_SQL,
    Design,
    by_period_sql,
    lost_sql,
    patterns_sql,
    prepare,
    products_sql,
    spread_sql,
    take_means,
)
from .tables import LargeTable, group_sql
from .tally import Tally

Progress = Callable[[float, float], None]
_CELLS, _STREAMED = 16_000_000, 10_000_000  # numbers of a chunk that is put aside; rows of one that is not


def silent(share: float, seconds: float) -> None:
    """Say nothing about progress."""


@dataclass(frozen=True)
class Summed:
    """The sums of one estimation sample.

    Parameters
    ----------
    table : LargeTable
    design : Design
    moments : Moments
    halves : tuple of Moments
        Two, or four where a unit has an odd number of rows; none where they were not asked for.
    tally : Tally
        What else was counted on the way.
    """

    table: LargeTable
    design: Design
    moments: Moments
    halves: tuple[Moments, ...]
    tally: Tally

    @property
    def half_names(self) -> tuple[str, ...]:
        """Which halves those are."""
        return ("first", "second", "early", "late")[: len(self.halves)]


def sums(
    table: LargeTable,
    nodes: Sequence[tuple[str, int]],
    *,
    within: bool = False,
    period_effects: bool = False,
    halves: bool = False,
    folder: str | PathLike[str] | None = None,
    progress: Progress = silent,
) -> Summed:
    """The sums of products of an estimation sample, by DuckDB: complete rows, lags within units, gaps that stay gaps.

    Parameters
    ----------
    table : LargeTable
    nodes : sequence of (str, int)
        KPIs with how many periods later.
    within : bool
        Whether unit means are taken out, and with them units that have a single complete row.
    period_effects : bool
        Whether every regression holds a dummy fixed for each period but the first.
    halves : bool
        Whether the first and second halves of units' own rows are summed too, for the split-panel jackknife.
    folder : path, optional
        Where totals are kept after every chunk, so that an interrupted pass goes on where it stopped.
    progress : callable
        Told the share that is done and how many seconds the rest will take.

    Raises
    ------
    DataError
        If the table changed in between, or a value is too large to be multiplied.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from causalkpi.large import open_table
    >>> path = Path(tempfile.mkdtemp()) / "branches.parquet"
    >>> rows = {"branch": [1, 1, 1, 2, 2], "year": [2021, 2022, 2024, 2021, 2022], "churn": [3.0, 5.0, 8.0, 4.0, 7.0]}
    >>> pd.DataFrame(rows).to_parquet(path)
    >>> found = sums(open_table(path, unit="branch", period="year"), [("churn", 0), ("churn", -1)])
    >>> found.moments.rows
    2
    """
    design = Design(tuple(Node(kpi, int(by)) for kpi, by in nodes), within, period_effects, halves)
    tally = Tally(table, design)
    key = fingerprint(table, design)
    path = Path(folder) / f"sums-{key[:16]}.npz" if folder is not None else None
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        tally.load(path, key)
    with table.opened() as con, _saying_why(table):
        table.unchanged(con)
        over_chunks(con, table, design, tally.done, progress, lambda: _keep(con, table, design, tally, path, key))
        held = _held(con, table, design) if design.streams else None
        table.unchanged(con)
        _same_rows(table, tally)
    units = sum(held.values()) if held else int(tally.parts["whole"].plain[:, 1].round().sum())
    if units <= GROUPS < table.units:  # few units have a complete row: then each of them is a group by itself
        few = replace(table, units=units)
        return sums(few, nodes, within=within, period_effects=period_effects, halves=halves, progress=progress)
    parts = design.parts[1:] if not design.halves or tally.odd else design.parts[1:3]
    return Summed(table, design, tally.moments(held=held), tuple(tally.moments(part) for part in parts), tally)


def fingerprint(table: LargeTable, design: Design) -> str:
    """What sums are the same: of the same table, as it is now, for the same design."""
    said = (table.mark, table.unit, table.period, table.frequency, table.periods_read, table.columns, table.landmarks,
            table.units, design, _size(table, design))  # fmt: skip
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _size(table: LargeTable, design: Design) -> int:
    """Rows of a chunk."""
    return _STREAMED if design.streams else max(_CELLS // design.cells, table.longest)


def over_chunks(
    con: Any, table: LargeTable, design: Design, done: int, progress: Progress, work: Callable[[], None],
    *, whole_units: bool = False,
) -> None:  # fmt: skip
    """Prepare every chunk after the first `done` in turn, and do the work on it."""
    size = _size(table, design)
    by_rows = design.streams and not whole_units
    chunks = table.origin.pieces(con, size) if by_rows else table.ranges(size)
    start = time.monotonic()
    for i, (condition, values) in enumerate(chunks[done:], start=done):
        prepare(con, table, design, condition, values)
        work()
        spent = time.monotonic() - start
        progress((i + 1) / len(chunks), spent / (i + 1 - done) * (len(chunks) - i - 1))


def _keep(con: Any, table: LargeTable, design: Design, tally: Tally, path: Path | None, key: str) -> None:
    """Add a chunk to the totals, and write them."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        return con.execute(sql).fetchall()

    tally.lost += np.array(ask(lost_sql(design))[0], float)
    for part in design.parts:
        if not design.streams:
            take_means(con, table, design, part)
        keys, *numbers = con.execute(products_sql(table, design, part)).fetchnumpy().values()
        tally.add_products(part, keys.tolist(), numbers)
        if design.period_effects:
            tally.add_periods(part, ask(by_period_sql(table, design, part)))
            tally.add_patterns(part, ask(patterns_sql(part)) if design.within else [])
        if part == "whole":
            tally.add_spread(ask(spread_sql(design)))
            tally.add_lengths([] if design.streams else ask(LENGTHS_SQL))
    tally.done += 1
    if path is not None:
        tally.save(path, key)


def _held(con: Any, table: LargeTable, design: Design) -> dict[Any, int]:
    """Units of the sample by group: all of them where nothing is missing."""
    complete = all(table.columns[kpi].known == table.rows for kpi in design.kpis)
    if complete and not table.named:
        return dict(table.held)
    prepare(con, table, design, "true", ())
    group = "unit_" if table.named else group_sql()
    return dict(con.execute(HELD_SQL.format(group=group)).fetchall())


def _same_rows(table: LargeTable, tally: Tally) -> None:
    """A DataError if the rows that went by are not those that were counted when the table was opened."""
    expected = [table.rows, *(table.rows - table.columns[n.kpi].known for n in tally.design.nodes if n.period == 0)]
    at_once = [0, *(2 + j for j, n in enumerate(tally.design.nodes) if n.period == 0)]
    if [int(tally.lost[i]) for i in at_once] != expected:
        found = Text("other rows than when it was opened", "andere rijen dan toen hij werd geopend")
        expected_words = Text("the same rows throughout", "steeds dezelfde rijen")
        raise DataError("The table cannot be summed.",
                        [Fault(table.origin.name, found, expected_words, rule="changed")])  # fmt: skip


@contextmanager
def _saying_why(table: LargeTable) -> Iterator[None]:
    """A file that is replaced while it is read fails inside DuckDB: say so in words."""
    try:
        yield
    except need_duckdb().Error as error:
        found = f"a table that can no longer be read ({str(error).splitlines()[0][:200]})"
        faults = [Fault(table.origin.name, found, "the same rows throughout", rule="changed")]
        raise DataError("The table cannot be summed.", faults) from error
