"""Sources as a study file names them, opened where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..files import Source
from .opening import open_table
from .tables import LargeTable

_KEPT = ("unit", "period", "columns")
_READ_OTHERWISE = ("how", "frequency", "thousands", "separator", "sheet", "missing")


def open_sources(sources: Sequence[Source], frequency: str | None) -> LargeTable:
    """The files of all sources as one table; see :func:`open_table`."""
    first, paths = sources[0], [str(source.data) for source in sources]
    return open_table(paths, first.unit or "", first.period, columns=first.columns, frequency=frequency)


def why_not_large(sources: Sequence[Any]) -> Iterator[tuple[int, str, str]]:
    """What sources cannot have that stay where they are: which one, what was found, what was expected."""
    for i, source in enumerate(sources):
        if not source.path.lower().endswith(".parquet") or source.unit is None:
            expected = "Parquet files and the column with their units, with large: true"
            yield i, "a source that cannot stay where it is", expected
        same = all(getattr(source, name) == getattr(sources[0], name) for name in _KEPT)
        if any(getattr(source, name) for name in _READ_OTHERWISE) or source.decimal != "." or not same:
            expected = "unit, period and columns alone, the same for every file, with large: true"
            yield i, "a source that is read in another way", expected
