"""Files as their cells: text, workbooks and Parquet, opened and never guessed at."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .cells import MISSING
from .errors import DataError, Fault, did_you_mean
from .language import Text
from .table import SourceRecord, content_hash


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


def open_source(source: Source) -> tuple[pd.DataFrame, SourceRecord, list[Fault]]:
    """The cells of a source, what to remember of it, and notes on how it was read."""
    given: Any = source.data
    notes: list[Fault] = []
    if isinstance(given, pd.DataFrame):
        cells, name, digest = given, source.name or Text("the data", "de gegevens"), content_hash(given)
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


def _decoded(raw: bytes, name: str) -> tuple[str, list[Fault]]:
    """A file's text, in UTF-8, UTF-16 or else Windows-1252; what none of these explains is no text."""
    notes: list[Fault] = []
    try:
        try:
            text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        except UnicodeDecodeError:
            found = Text(
                "text that is not UTF-8, read as Windows-1252", "tekst die geen UTF-8 is, gelezen als Windows-1252"
            )
            remedy, text = Text("Look at names with accents.", "Controleer namen met accenten."), raw.decode("cp1252")
            notes = [Fault(name, found, "UTF-8", remedy, "encoding", severity="notes")]
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        found = Text("bytes that are no text", "bytes die geen tekst zijn")
        expected = Text("lines of text, in UTF-8", "regels tekst, in UTF-8")
        remedy = Text(
            "Is it a workbook? Then its name ends in .xlsx.", "Is het een werkmap? Dan eindigt de naam op .xlsx."
        )
        raise _unreadable(name, found, expected, remedy)
    return text, notes


def _read_text(raw: bytes, source: Source, name: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Delimited text, every cell as text; a row of another length would shift columns, so it stops."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    text, notes = _decoded(raw, name)
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


def shown_path(path: str) -> str:
    """A path as results may show it: as written if it is relative, otherwise the file's name alone."""
    return Path(path).name if Path(path).is_absolute() else path


def why_no_file(path: Path) -> str:
    """Why there is no file at a path; empty where there is one."""
    try:
        return "" if path.is_file() else "a folder" if path.is_dir() else "no file"
    except OSError as failure:
        return (failure.strerror or "no file").lower()


def names_in(folder: Path) -> list[str]:
    """The names of the files in a folder, sorted; none where it cannot be read."""
    try:
        return sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError:
        return []
