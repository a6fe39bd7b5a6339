"""One estimation sample as Ibis expressions: lags, complete rows, dummies of periods, unit means, groups.

A unit's value some periods later is that of its row whose period is just so much higher: a window by range of values,
not of rows, so a gap stays a gap. All windows are of units, so an engine that is spread over machines sorts rows by
unit once, and that is all that it must move. Without lags and unit means nothing is moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..moments import GROUPS
from .steps import Design
from .warehouse import Warehouse, need_ibis


def sample_of(table: Warehouse, design: Design) -> Any:
    """The complete rows: `unit_`, `u_` (one over the unit's rows, where rows were moved), and :func:`columns_of`."""
    ibis, kpis = need_ibis(), design.kpis
    held = [table.columns[kpi] for kpi in kpis]
    rows = table.keyed
    rows = rows.select("unit_", "ordinal_", **{f"k{i}": rows[name] - mean for i, (name, mean) in enumerate(held)})
    columns = {}
    for j, node in enumerate(design.nodes):
        value, by = rows[f"k{kpis.index(node.kpi)}"], node.period
        columns[f"c{j}"] = _later(ibis, value, by) if by else value
    rows = rows.select("unit_", "ordinal_", **columns)
    rows = rows.filter(*(rows[name].notnull() for name in columns))
    if design.period_effects:
        rows = rows.mutate(**{f"e{t}": (rows.ordinal_ == when).cast("float64")
                              for t, when in enumerate(table.ordinals)})  # fmt: skip
    if design.streams:
        return rows
    unit = ibis.window(group_by="unit_")
    rows = rows.mutate(u_=1.0 / rows.count().over(unit))
    if not design.within:
        return rows
    rows = rows.filter(rows.u_ < 1)  # the only row of a unit says nothing
    return rows.mutate(**{name: rows[name] - rows[name].mean().over(unit) for name in columns_of(table, design)})


def _later(ibis: Any, value: Any, by: int) -> Any:
    """The unit's value so many periods later."""
    return value.max().over(ibis.window(group_by="unit_", order_by="ordinal_", range=(by, by)))


def columns_of(table: Warehouse, design: Design) -> list[str]:
    """What is multiplied, after the constant: a dummy for every period, then the nodes."""
    dummies = len(table.ordinals) * design.period_effects
    return [*(f"e{t}" for t in range(dummies)), *(f"c{j}" for j in range(len(design.nodes)))]


def with_groups(sample: Any, named: bool) -> Any:
    """The sample with its group as text: the unit, or its MD5 as :func:`causalkpi.moments.groups_of` has it."""
    name = sample.unit_.cast("string")
    if named:
        return sample.mutate(g_=name)
    digits = need_ibis().literal("0123456789abcdef")
    sample = sample.mutate(h_=_md5(name, sample.get_backend().name).lower().substr(0, 8))
    five, six, seven = (digits.find(sample.h_.substr(at, 1)) for at in (5, 6, 7))
    return sample.mutate(g_=(five % (GROUPS // 256) * 256 + six * 16 + seven).cast("string"))


def _md5(name: Any, engine: str) -> Any:
    """The digest in hexadecimal: Ibis has it for some engines only, and every engine has it by some name."""
    builtin = need_ibis().udf.scalar.builtin

    @builtin
    def md5(text: str) -> str: ...

    @builtin(name="md5")
    def md5_bytes(text: bytes) -> bytes: ...

    @builtin
    def to_utf8(text: str) -> bytes: ...

    @builtin
    def to_hex(digest: bytes) -> str: ...

    if engine == "trino":
        return to_hex(md5_bytes(to_utf8(name)))
    return to_hex(md5_bytes(name.cast("binary"))) if engine == "bigquery" else md5(name)


def products_of(grouped: Any, columns: Sequence[str]) -> dict[str, Any]:
    """Lower triangle of sums of products of the constant and the columns, row by row."""
    held = [None, *(grouped[name] for name in columns)]
    found = {"p0": grouped.count()}
    for i, one in enumerate(held[1:], start=1):
        for other in held[: i + 1]:
            found[f"p{len(found)}"] = (one if other is None else one * other).sum()
    return found
