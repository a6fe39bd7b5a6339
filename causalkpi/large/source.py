"""Where many rows stand, and how DuckDB is asked for them.

Names of columns and files are quoted, values are bound or written as numbers: no text of a user becomes SQL.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DataError, Fault
from ..language import Text

MEMORY = "400MB"  # of DuckDB's own; with Python and its libraries a pass stays under a gigabyte
_FILE, _ROW = "causalkpi_file", "causalkpi_row"


@dataclass(frozen=True, eq=False)
class Origin:
    """Parquet files, a table in a DuckDB file, or a table behind an open connection.

    Parameters
    ----------
    paths : tuple of str
        Files, in order; empty where there is a connection.
    table : str
        Of the database; empty for Parquet.
    connection : duckdb connection or None
        Keeps the limits that its owner gave it.
    """

    paths: tuple[str, ...] = ()
    table: str = ""
    connection: Any = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What messages call it."""
        first = self.table or Path(self.paths[0]).name
        return first + (f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else "")

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """A connection in which the view `origin` holds the rows, limited in memory and with a place to spill to."""
        duckdb = need_duckdb()
        folder = tempfile.mkdtemp(prefix="causalkpi-")
        given = {"memory_limit": MEMORY, "temp_directory": folder, "preserve_insertion_order": "false"}
        file = self.paths[0] if self.table and self.paths else ":memory:"
        if self.connection is not None:
            con = self.connection.cursor()
        else:
            con = duckdb.connect(file, read_only=file != ":memory:", config=given)
        try:
            con.execute("SET enable_progress_bar = false")
            con.execute(f"CREATE OR REPLACE TEMP VIEW origin AS {self._rows(con)}")
            yield con
        finally:
            con.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _rows(self, con: Any) -> str:
        if not self.table:
            listed = ", ".join(map(literal, self.paths))
            more = f"union_by_name = true, filename = {literal(_FILE)}, file_row_number = true"
            return f"SELECT * RENAME (file_row_number AS {_ROW}) FROM read_parquet([{listed}], {more})"
        named = ".".join(map(quoted, self.table.split(".")))
        numbered = f"SELECT *, '' AS {_FILE}, rowid AS {_ROW} FROM {named}"
        try:
            con.execute(f"SELECT * FROM ({numbered}) LIMIT 0")
        except need_duckdb().BinderException:  # a view has no row numbers: it is read at once
            return f"SELECT *, '' AS {_FILE}, 0 AS {_ROW} FROM {named}"
        return numbered

    def columns(self, con: Any) -> dict[str, str]:
        """The type of every column."""
        found = con.execute("DESCRIBE origin").fetchall()
        return {name: kind for name, kind, *_ in found if name not in (_FILE, _ROW)}

    def pieces(self, con: Any, size: int) -> list[tuple[str, tuple[Any, ...]]]:
        """Ranges of rows, each as a condition and its values."""
        ends = con.execute(f"SELECT {_FILE}, max({_ROW}) FROM origin GROUP BY 1 ORDER BY 1").fetchall()
        within = f"{_FILE} = ? AND {_ROW} >= ? AND {_ROW} < ?"
        return [(within, (file, low, low + size)) for file, last in ends for low in range(0, last + 1, size)]

    def mark(self, con: Any) -> list[str]:
        """What is different once the table has changed: sizes and times of files, or a checksum of the rows."""
        if self.connection is not None:
            columns = ", ".join(map(quoted, self.columns(con)))
            return [
                str(value) for value in con.execute(f"SELECT count(*), sum(hash({columns})) FROM origin").fetchone()
            ]
        found = [Path(path).stat() for path in self.paths]
        return [f"{path}: {seen.st_size} {seen.st_mtime_ns}" for path, seen in zip(self.paths, found, strict=True)]


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it.

    Examples
    --------
    >>> print(quoted('a "net" spend'))
    "a ""net"" spend"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL takes it."""
    return "'" + text.replace("'", "''") + "'"


def number(value: float) -> str:
    """A number as SQL takes it, with all of its digits and never as a decimal.

    Examples
    --------
    >>> number(0.1)
    '1.00000000000000006e-01'
    """
    return f"{value:.17e}"


def need_duckdb() -> Any:
    """DuckDB, or a DataError that says how to get it."""
    try:
        import duckdb
    except ImportError as error:
        found = Text("no DuckDB in this Python", "geen DuckDB in deze Python")
        expected = Text("DuckDB, for tables larger than memory", "DuckDB, voor tabellen groter dan het geheugen")
        way_out = Text('Install it: pip install "causalkpi[large]".', 'Installeer het: pip install "causalkpi[large]".')
        raise DataError("The table cannot be opened.", [Fault("duckdb", found, expected, way_out, "extra")]) from error
    return duckdb
