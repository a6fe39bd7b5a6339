"""The same sums, and errors that hang together by unit, where the rows are: Spark, a warehouse, DuckDB, by Ibis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError, Fault, did_you_mean, raise_all
from ..graph import Node
from ..moments import GROUPS, Moments, Slope
from ..moments.errors import coefficients
from ..moments.products import unpack
from .expressions import columns_of, products_of, sample_of, with_groups
from .scores import factor
from .spark import grams_on_spark
from .steps import Design
from .warehouse import Warehouse


@dataclass(frozen=True)
class SummedElsewhere:
    """The sums of one estimation sample.

    Parameters
    ----------
    table : Warehouse
    design : Design
    moments : Moments
    dummies : tuple of int
        The periods that have a dummy, in the order of the sums.
    """

    table: Warehouse
    design: Design
    moments: Moments
    dummies: tuple[int, ...]


def warehouse_sums(
    table: Warehouse, nodes: Sequence[tuple[str, int]], *, within: bool = False, period_effects: bool = False
) -> SummedElsewhere:
    """Sums of products of the complete rows, by group of whole units, in one pass by the engine that holds them.

    Equal to those of rows in memory, groups included. On Spark numpy multiplies, elsewhere the engine's SQL; only the
    sums travel: (dummies + columns)^2 numbers for each of at most 1,024 groups.

    Parameters
    ----------
    table : Warehouse
        See :func:`open_warehouse`.
    nodes : sequence of (str, int)
        KPIs with how many periods later, negative for earlier.
    within : bool
        Whether unit means are taken out, and with them units that have a single complete row.
    period_effects : bool
        Whether every regression holds a dummy fixed for each period but the first. Each counts as a column.

    Raises
    ------
    DataError
        If a KPI is none of the table's, or a value is too large to be multiplied.

    Examples
    --------
    >>> import ibis
    >>> import pandas as pd
    >>> from causalkpi.large import open_warehouse
    >>> rows = {"branch": [1, 1, 1, 2, 2], "year": [2021, 2022, 2024, 2021, 2022], "churn": [3.0, 5.0, 8.0, 4.0, 7.0]}
    >>> table = open_warehouse(ibis.memtable(pd.DataFrame(rows)), "branch", "year")
    >>> found = warehouse_sums(table, [("churn", 0), ("churn", -1)])
    >>> found.moments.rows, found.moments.units
    (2, array([1, 1]))
    """
    design = Design(tuple(Node(kpi, int(by)) for kpi, by in nodes), within, period_effects)
    absent = [kpi for kpi in design.kpis if kpi not in table.columns]
    told = {kpi: fault for fault in table.faults for kpi in fault.columns}
    raise_all(DataError, "The table cannot be summed.", [
        told.get(kpi) or Fault("the table", f"no column of numbers {kpi!r}", "the KPIs named",
                               did_you_mean(kpi, table.columns), "unknown-column")
        for kpi in absent
    ])  # fmt: skip
    found = _summed(table, design, table.units <= GROUPS)
    few = int(found.moments.units.sum()) <= GROUPS < table.units  # then each of them is a group by itself
    return _summed(table, design, True) if few else found


def _summed(table: Warehouse, design: Design, named: bool) -> SummedElsewhere:
    grouped, columns = with_groups(sample_of(table, design), named), columns_of(table, design)
    keys, units, packed = (_by_spark if table.engine == "pyspark" else _by_sql)(grouped, columns, design.streams)
    order = sorted(keys) if named else [str(g) for g in range(GROUPS)]
    place = {key: i for i, key in enumerate(order)}
    at = np.array([place[key] for key in keys], np.int64)
    products, held = np.zeros((len(order), len(columns) + 1, len(columns) + 1)), np.zeros(len(order), np.int64)
    products[at], held[at] = unpack(packed, len(columns) + 1), np.rint(units)
    dummies = len(columns) - len(design.nodes)
    seen = np.flatnonzero(np.einsum("gii->i", products)[1 : 1 + dummies] > 0)[1:]
    used = [0, *(1 + seen), *range(1 + dummies, len(columns) + 1)]
    centre = np.array([table.columns[node.kpi][1] for node in design.nodes])
    moments = Moments(design.nodes, 1 + len(seen), products[:, used][:, :, used], centre, held, design.within)
    return SummedElsewhere(table, design, moments, tuple(table.ordinals[t] for t in seen))


def _by_sql(grouped: Any, columns: list[str], streams: bool) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Groups, their units, lower triangles of their sums of products, by the engine's SQL."""
    units = grouped.unit_.nunique() if streams else grouped.u_.sum()
    found = grouped.group_by("g_").aggregate(units_=units, **products_of(grouped, columns)).to_pandas()
    packed = found.drop(columns=["g_", "units_"]).to_numpy(float)
    return found["g_"].tolist(), found["units_"].to_numpy(float), packed


def _by_spark(grouped: Any, columns: list[str], streams: bool) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The same by numpy on Spark; `u_` is one more column, whose sum is the number of units."""
    if not streams:
        keys, packed = grams_on_spark(grouped, [*columns, "u_"])
        last = (len(columns) + 1) * (len(columns) + 2) // 2
        return keys, packed[:, last], packed[:, :last]
    keys, packed = grams_on_spark(grouped, columns)
    found = grouped.group_by("g_").aggregate(units_=grouped.unit_.nunique()).to_pandas().set_index("g_")["units_"]
    return keys, found.reindex(keys).to_numpy(float), packed


def warehouse_clustered(summed: SummedElsewhere, wanted: Sequence[Slope]) -> np.ndarray:
    """Covariance of slopes clustered by unit (CR1), shape (slopes, slopes), in one more pass by the same engine.

    A row costs two sums of products a slope, so on Spark too this is left to SQL; only the covariance travels.

    Parameters
    ----------
    summed : SummedElsewhere
    wanted : sequence of Slope

    References
    ----------
    Cameron and Miller (2015), Journal of Human Resources 50:317-372.

    Examples
    --------
    >>> import ibis
    >>> import pandas as pd
    >>> from causalkpi.large import open_warehouse
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame({"branch": np.arange(4000) // 10, "year": np.arange(4000) % 10})
    >>> rows["loyalty"] = rng.normal(size=4000)
    >>> rows["spend"] = 2 * rows.loyalty + rng.normal(size=4000)
    >>> table = open_warehouse(ibis.memtable(rows), "branch", "year")
    >>> found = warehouse_sums(table, [("loyalty", 0), ("spend", 0)])
    >>> slope = Slope(found.design.nodes[1], found.design.nodes[0])
    >>> np.sqrt(warehouse_clustered(found, [slope])).round(3)
    array([[0.016]])
    """
    table, design, moments = summed.table, summed.design, summed.moments
    treatment, outcome, left = coefficients(moments, wanted)
    sample, count = sample_of(table, design), len(wanted)
    names = [f"e{table.ordinals.index(when)}" for when in summed.dummies]
    names += columns_of(table, design)[-len(design.nodes) :]

    def combined(weights: np.ndarray) -> Any:
        parts = (sample[name] * float(w) for name, w in zip(names, weights[1:], strict=True) if w)
        return sum(parts, float(weights[0]))

    scores = {f"s{j}": (combined(treatment[:, j]) * combined(outcome[:, j])).sum() / float(left[j])
              for j in range(count)}  # fmt: skip
    by_unit = sample.group_by("unit_").aggregate(**scores)
    asked = {f"p{i}_{j}": (by_unit[f"s{i}"] * by_unit[f"s{j}"]).sum() for i in range(count) for j in range(i + 1)}
    meat = by_unit.aggregate(**asked).to_pandas().to_numpy(float)[0]
    return unpack(meat, count) * factor(moments, wanted)
