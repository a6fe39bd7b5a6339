"""A first study file for data that someone has: what is probably meant, every guess marked as one.

Nothing is used of the data but the headers and the first rows, and nothing is decided that the data leave open.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .drafting import ROWS, Opened, study_text
from .errors import CausalKPIError, DataError, Fault, StudyError, raise_all
from .files import Source, open_source
from .graph import KPIGraph
from .graphfile import load_graph
from .headers import suggest
from .language import NOTHING, Language, Text

_REFUSED = Text("No study file can be drafted.", "Er kan geen studiebestand worden opgesteld.")
_UNWRITTEN = Text("The study file could not be written.", "Het studiebestand kon niet worden geschreven.")
_A_PLACE = Text("a new name in a folder that exists", "een nieuwe naam in een map die bestaat")


def draft(paths: Sequence[Path], graph_name: str, language: Language, base: Path) -> str:
    r"""Draft the text of a study file for data files and a graph.

    Parameters
    ----------
    paths : sequence of Path
        Data files: text, workbooks or Parquet.
    graph_name : str
        A ready-made model, or the path of a graph's YAML file.
    language : {"en", "nl"}
        That of the study, and of the comments.
    base : Path
        The folder in which the study file will stand; paths are written relative to it.

    Returns
    -------
    str
        YAML that :func:`causalkpi.studyfile.read_study` reads.

    Raises
    ------
    StudyError
        Listing every data file that cannot be read, and what is wrong with the graph.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "export.csv").write_text("Filiaal;Kwartaal;Klantverloop\nA;2024K1;0,05\nA;2024K2;0,04\n")
    >>> text = draft([folder / "export.csv"], "customer_centred", "en", folder)
    >>> [line.split("  #")[0].strip() for line in text.splitlines() if "Klantverloop" in line or "decimal" in line]
    ['decimal: ","', 'Klantverloop: churn']
    """
    return _drafted(paths, graph_name, language, base, [])


def write_new(path: Path, paths: Sequence[Path], graph_name: str, language: Language) -> Path:
    """Write a drafted study file, whole or not at all; what stands there already is left alone.

    Parameters
    ----------
    path : Path
        Of the study file.
    paths, graph_name, language
        As for :func:`draft`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StudyError
        Listing all that is in the way: of the place, the data files and the graph.
    """
    path = Path(path)
    text = _drafted(paths, graph_name, language, path.parent, _place_faults(path))
    fresh = path.parent / f".causalkpi-{os.getpid()}"
    try:
        fresh.write_bytes(text.encode())
        _install(fresh, path)
    except OSError as failure:
        raise StudyError(_UNWRITTEN, [_fault(str(path), failure.strerror or str(failure), _A_PLACE)]) from failure
    finally:
        fresh.unlink(missing_ok=True)
    return path


def _drafted(paths: Sequence[Path], graph_name: str, language: Language, base: Path, faults: Sequence[Fault]) -> str:
    """The text, or one StudyError with these faults and those of the graph and the data."""
    graph, found = _graph(str(graph_name))
    tables: list[Opened] = []
    if not paths:
        found.append(
            _fault("data", Text("no data file", "geen gegevensbestand"), Text("at least one", "ten minste één"))
        )
    for path in map(Path, paths):
        try:
            tables.append(_open(path, base, graph))
        except DataError as refusal:
            found += refusal.faults
    raise_all(StudyError, _REFUSED, [*faults, *found])
    assert graph is not None
    is_file = str(graph_name).lower().endswith((".yaml", ".yml"))
    return study_text(graph, _relative(Path(graph_name), base) if is_file else str(graph_name), tables, language)


def _graph(name: str) -> tuple[KPIGraph | None, list[Fault]]:
    """The graph, or what is wrong with it."""
    try:
        return load_graph(name), []
    except CausalKPIError as refusal:
        where = Text("the graph", "de graaf")
        return None, [replace(f, where=where) if f.where == "load_graph" else f for f in refusal.faults]


def _open(path: Path, base: Path, graph: KPIGraph | None) -> Opened:
    """The first rows of a data file."""
    source = Source(path, name=str(path))
    opened, refusals = {}, []
    for sheet in _sheets(path):
        try:
            opened[sheet] = open_source(replace(source, sheet=sheet or None))
        except DataError as refusal:
            refusals.append(refusal)
    if not opened:
        raise refusals[0]
    known = {sheet: suggest(list(map(str, cells)), graph) if graph else () for sheet, (cells, *_) in opened.items()}
    sheet = max(opened, key=lambda one: len(known[one]))  # the first of those with the most known names
    cells, _, notes = opened[sheet]
    if levels := [level for level in cells.index.names if level is not None]:
        cells = cells.reset_index(level=levels, allow_duplicates=True)
    written = _relative(path, base)
    notes = tuple(replace(note, where=written) for note in notes)  # no file may hold the folders of a machine
    return Opened(written, cells.head(ROWS), _separator(source, list(cells.columns)), sheet, notes)


def _sheets(path: Path) -> list[str]:
    """The sheets in sight of a workbook that has several; otherwise one without a name."""
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return [""]
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except Exception:  # whatever is wrong with it, who opens it as data says so
        return [""]
    seen = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    book.close()
    return seen if len(seen) > 1 else [""]


def _separator(source: Source, columns: list[str]) -> str:
    """The sign under which a text file has these columns; empty where there is nothing to part."""
    path = Path(str(source.data))
    if path.suffix.lower() not in (".csv", ".txt") or len(columns) < 2:
        return ""
    with path.open("rb") as file:
        first = file.read(100_000)
    for sign in ",;\t|":
        try:
            if sign.encode() in first and list(open_source(replace(source, separator=sign))[0].columns) == columns:
                return sign
        except DataError:
            continue
    return ""


def _relative(path: Path, base: Path) -> str:
    """A path as seen from a folder, with slashes forward; whole where they share no root."""
    try:
        return Path(os.path.relpath(path.resolve(), base.resolve())).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()


def _place_faults(path: Path) -> list[Fault]:
    """Why no new file can stand there."""
    try:
        if os.path.lexists(path):
            found = Text("something by that name already", "al iets met die naam")
            remedy = Text(
                "Choose another name, or move what is there.", "Kies een andere naam, of verplaats wat er staat."
            )
            return [_fault(str(path), found, _A_PLACE, remedy)]
        if not path.parent.is_dir():
            found = Text("no folder {folder}", "geen map {folder}", folder=repr(str(path.parent)))
            return [_fault(str(path), found, _A_PLACE, Text("Make that folder first.", "Maak die map eerst."))]
    except (OSError, ValueError) as failure:
        return [_fault(str(path), str(failure), _A_PLACE)]
    return []


def _install(fresh: Path, path: Path) -> None:
    """Give the file its name without ever taking another's place."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        fresh.rename(path)


def _fault(where: str, found: str, expected: str, remedy: str = NOTHING) -> Fault:
    return Fault(where, found, expected, remedy, "new-study")
