"""Sums of products on Spark: numpy on every partition's Arrow batches; only one small matrix a group travels.

Spark's SQL adds up each product by itself; a matrix product does them all at once. Ibis has no such step, so this one
is PySpark's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

_CELLS = 8_000_000  # numbers that a partition multiplies at once: 64 MB
_SCHEMA = "g_ string, gram binary"


def grams_on_spark(grouped: Any, columns: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Sums of products of the constant and the columns by `g_`.

    Parameters
    ----------
    grouped : ibis Table
        Of the PySpark backend.
    columns : sequence of str

    Returns
    -------
    tuple of (list of str, ndarray)
        The groups, and their lower triangles, shape (groups, k (k + 1) / 2).
    """
    backend = grouped.get_backend()
    rows = backend.raw_sql(backend.compile(grouped.select("g_", *columns)))
    parts = rows.mapInArrow(products_in(len(columns) + 1, _CELLS), _SCHEMA)
    found = parts.repartition("g_").mapInArrow(added_up(), _SCHEMA).collect()
    triangle = (len(columns) + 1) * (len(columns) + 2) // 2
    return [row.g_ for row in found], np.array([np.frombuffer(row.gram) for row in found]).reshape(-1, triangle)


# What runs on the workers is a function inside a function, which Spark sends whole: they need numpy and pyarrow, not
# this package.


def products_in(width: int, cells: int) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A function from batches (a group, then columns) to a batch of groups with their sums of products."""

    def kernel(batches: Iterator[Any]) -> Iterator[Any]:
        import numpy as np
        import pyarrow as pa

        totals: dict[str, Any] = {}

        def add(waiting: list[Any]) -> None:
            table = pa.Table.from_batches(waiting)
            encoded = table.column(0).combine_chunks().dictionary_encode()
            code, keys = encoded.indices.to_numpy(), encoded.dictionary.to_pylist()
            order = np.argsort(code, kind="stable")
            block = np.ones((len(order), width))
            for j in range(1, width):
                block[:, j] = table.column(j).to_numpy()[order]
            ends = np.searchsorted(code[order], np.arange(len(keys) + 1))
            for key, low, high in zip(keys, ends[:-1], ends[1:], strict=True):
                totals[key] = totals.get(key, 0.0) + block[low:high].T @ block[low:high]

        waiting, held = [], 0
        for batch in batches:
            waiting.append(batch)
            held += batch.num_rows
            if held * width >= cells:
                add(waiting)
                waiting, held = [], 0
        if held:
            add(waiting)
        lower = np.tril_indices(width)
        grams = [total[lower].tobytes() for total in totals.values()]
        yield pa.RecordBatch.from_arrays([pa.array(totals, pa.string()), pa.array(grams, pa.binary())], ["g_", "gram"])

    return kernel


def added_up() -> Callable[[Iterator[Any]], Iterator[Any]]:
    """A function that adds up what partitions found of the same groups."""

    def kernel(batches: Iterator[Any]) -> Iterator[Any]:
        import numpy as np
        import pyarrow as pa

        totals: dict[str, Any] = {}
        for batch in batches:
            for key, gram in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                totals[key] = totals.get(key, 0.0) + np.frombuffer(gram)
        grams = [total.tobytes() for total in totals.values()]
        yield pa.RecordBatch.from_arrays([pa.array(totals, pa.string()), pa.array(grams, pa.binary())], ["g_", "gram"])

    return kernel
