"""The SQL of one estimation sample: lags within units, complete rows, halves, unit means, sums of products.

A chunk of whole units is put aside once; what is asked of it are joins and sums. A unit's value some periods later is
the row of the same unit whose period is that much higher, so a gap stays a gap. Without lags and unit means nothing
needs putting aside, and rows are summed as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..graph import Node
from .source import literal, number
from .tables import LargeTable, group_sql

PARTS = {"whole": "true", "first": "r_ < n_ // 2", "second": "r_ >= n_ // 2",
         "early": "r_ < (n_ + 1) // 2", "late": "r_ >= (n_ + 1) // 2"}  # fmt: skip
"""The whole, and its halves by units' own rows: with an odd number of rows the middle one goes to each half in turn."""
_ROWS_PER_UNIT = 4  # from so many on a look-up costs less than a digest for every row


@dataclass(frozen=True)
class Design:
    """What is summed.

    Parameters
    ----------
    nodes : tuple of Node
        KPIs with how many periods later.
    within : bool
        Whether unit means are taken out.
    period_effects : bool
        Whether a dummy is added for every period but the first.
    halves : bool
        Whether the halves are summed too.
    """

    nodes: tuple[Node, ...]
    within: bool = False
    period_effects: bool = False
    halves: bool = False

    @property
    def kpis(self) -> tuple[str, ...]:
        """Every KPI once."""
        return tuple(dict.fromkeys(node.kpi for node in self.nodes))

    @property
    def shifts(self) -> tuple[int, ...]:
        """How many periods later, where not at once; each once."""
        return tuple(sorted({node.period for node in self.nodes} - {0}))

    @property
    def streams(self) -> bool:
        """Whether rows can be summed as they stand."""
        return not (self.within or self.shifts or self.halves)

    @property
    def cells(self) -> int:
        """How many numbers are put aside for every row."""
        return len(self.kpis) + len(self.nodes) * (bool(self.shifts) + self.halves) + 3

    @property
    def parts(self) -> tuple[str, ...]:
        """Which sums are taken."""
        return tuple(PARTS) if self.halves else ("whole",)


def prepare(con: Any, table: LargeTable, design: Design, condition: str, values: Sequence[Any]) -> None:
    """Make `chunk` (rows as they are, centred), `joined` (with lags) and `sample` (complete rows) of a range."""
    kpis, columns = design.kpis, ", ".join(f"k{i}" for i in range(len(design.kpis)))
    centred = ", ".join(f"{table.value(kpi)} - {number(table.columns[kpi].mean)} AS k{i}" for i, kpi in enumerate(kpis))
    rows = f"SELECT unit_, ordinal_, {centred} FROM keyed WHERE "
    kinds = {"sample": design.halves, "joined": bool(design.shifts), "chunk": not design.streams}
    kind = {name: "TABLE" if kept else "VIEW" for name, kept in kinds.items()}
    for name in kind:
        con.execute(f"DROP {kind[name]} IF EXISTS {name}")
    if design.streams:
        con.execute(f"CREATE TEMP VIEW chunk AS {rows}{_written(condition, values)}")
    else:
        con.execute(f"CREATE TEMP TABLE chunk AS {rows}{condition}", list(values))
    names = {0: "a"} | {shift: f"s{i}" for i, shift in enumerate(design.shifts)}
    taken = ", ".join(f"{names[n.period]}.k{kpis.index(n.kpi)} AS c{j}" for j, n in enumerate(design.nodes))
    joins = " ".join(
        f"LEFT JOIN (SELECT unit_, ordinal_ - ({shift}) AS at_, {columns} FROM chunk) {names[shift]} "
        f"ON {names[shift]}.unit_ = a.unit_ AND {names[shift]}.at_ = a.ordinal_"
        for shift in design.shifts
    )
    lagged = f"SELECT a.unit_, a.ordinal_, {taken} FROM chunk a {joins}"
    con.execute(f"CREATE TEMP {kind['joined']} joined AS {lagged}")
    places = (
        "count(*) OVER (PARTITION BY unit_) AS n_, row_number() OVER (PARTITION BY unit_ ORDER BY ordinal_) - 1 AS r_"
    )
    ranked = places if design.halves else "0 AS r_"
    con.execute(f"CREATE TEMP {kind['sample']} sample AS SELECT *, {ranked} FROM joined WHERE {_whole(design)}")


def _written(condition: str, values: Sequence[Any]) -> str:
    """The condition of a view, which takes no values: they are written out, texts quoted."""
    first, *rest = condition.split("?")
    shown = (str(value) if isinstance(value, int) else literal(str(value)) for value in values)
    return first + "".join(value + more for value, more in zip(shown, rest, strict=True))


def lost_sql(design: Design) -> str:
    """Rows, complete ones, and rows without a value of each node."""
    gone = ", ".join(f"count(*) - count(c{j})" for j in range(len(design.nodes)))
    return f"SELECT count(*), count(*) FILTER ({_whole(design)}), {gone} FROM joined"


def _whole(design: Design) -> str:
    """The condition of a complete row."""
    return " AND ".join(f"c{j} IS NOT NULL" for j in range(len(design.nodes)))


def take_means(con: Any, table: LargeTable, design: Design, part: str) -> None:
    """Make `means`: a row for every unit of a part, with its group, its rows and its means."""
    group = "unit_" if table.named else group_sql()
    means = "".join(f", avg(c{j}) AS m{j}" for j in range(len(design.nodes))) if design.within else ""
    con.execute("DROP TABLE IF EXISTS means")
    con.execute(f"CREATE TEMP TABLE means AS SELECT unit_, {group} AS g, count(*) AS n{means} FROM sample "
                f"WHERE {PARTS[part]} GROUP BY unit_ HAVING count(*) > {int(design.within)}")  # fmt: skip


def _left(table: LargeTable, design: Design, part: str) -> str:
    """Rows of a part with their group and what is multiplied: columns with unit means taken out, if so asked."""
    count = len(design.nodes)
    if design.streams:
        if table.named:
            group, of = "unit_", "sample s"
        elif table.rows < _ROWS_PER_UNIT * table.units:
            group, of = group_sql(), "sample s"
        else:
            looked_up = f"SELECT unit_, {group_sql()} AS g FROM (SELECT DISTINCT unit_ FROM chunk)"
            group, of = "g", f"sample s JOIN ({looked_up}) USING (unit_)"
        return f"SELECT {group} AS g, 1 AS n, ordinal_, {', '.join(f's.c{j} AS d{j}' for j in range(count))} FROM {of}"
    minus = (lambda j: f" - m.m{j}") if design.within else (lambda j: "")
    columns = ", ".join(f"s.c{j}{minus(j)} AS d{j}" for j in range(count))
    return f"SELECT m.g, m.n, s.ordinal_, {columns} FROM sample s JOIN means m USING (unit_) WHERE {PARTS[part]}"


def products_sql(table: LargeTable, design: Design, part: str) -> str:
    """By group: rows, units, units with an odd number of rows, sums, lower triangle of sums of products."""
    count = range(len(design.nodes))
    sums = [f"sum(d{j})" for j in count] + [f"sum(d{i} * d{j})" for i in count for j in range(i + 1)]
    units = "sum(1.0 / n), coalesce(sum(1.0 / n) FILTER (n % 2 = 1), 0)"
    return f"SELECT g, count(*), {units}, {', '.join(sums)} FROM ({_left(table, design, part)}) GROUP BY g"


def by_period_sql(table: LargeTable, design: Design, part: str) -> str:
    """By group and period: rows and sums."""
    sums = ", ".join(f"sum(d{j})" for j in range(len(design.nodes)))
    return f"SELECT g, ordinal_, count(*), {sums} FROM ({_left(table, design, part)}) GROUP BY g, ordinal_"


def patterns_sql(part: str) -> str:
    """By group: how many units have just these periods."""
    listed = "SELECT g, n, list(ordinal_ ORDER BY ordinal_) AS seen FROM sample JOIN means USING (unit_)"
    by_unit = f"{listed} WHERE {PARTS[part]} GROUP BY unit_, g, n"
    return f"SELECT g, n, seen, count(*) FROM ({by_unit}) GROUP BY g, n, seen"


def spread_sql(design: Design) -> str:
    """By period: rows, and of every column the lowest, the highest, the sum and the sum of squares."""
    columns = ", ".join(f"min(c{j}), max(c{j}), sum(c{j}), sum(c{j} * c{j})" for j in range(len(design.nodes)))
    units = "" if design.streams else "SEMI JOIN means USING (unit_)"
    return f"SELECT ordinal_, count(*), {columns} FROM sample {units} GROUP BY ordinal_"


LENGTHS_SQL = (
    "SELECT m.n, c.n, count(*) FROM means m "
    "JOIN (SELECT unit_, count(*) AS n FROM chunk GROUP BY unit_) c USING (unit_) GROUP BY m.n, c.n"
)
"""How many units have so many rows in the sample, and so many in the table."""
HELD_SQL = "SELECT {group} AS g, count(*) FROM (SELECT DISTINCT unit_ FROM sample) GROUP BY g"
"""Units of the sample by group, where rows are summed as they stand."""
