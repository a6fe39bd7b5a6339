"""Errors that hang together by unit, in a second pass: how much each unit moves each slope, added up by DuckDB.

What the controls leave of a treatment and what the regression leaves of an outcome are sums of columns with known
coefficients. So DuckDB works out two numbers a row, multiplies and adds them up by unit, and gives back sums of
products over units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..moments import Moments, Slope
from ..moments.errors import _root, coefficients
from .passes import Progress, Summed, over_chunks, silent
from .source import number
from .steps import PARTS


@dataclass(frozen=True)
class Spread:
    """How slopes vary over units; arrays for m slopes.

    Parameters
    ----------
    influence : ndarray, shape (m, m)
        Sums over units of products of their influences on the slopes, to first order.
    effective : ndarray, shape (m,)
        Over how many units the variation of each treatment is spread, in the whole sample.
    """

    influence: np.ndarray
    effective: np.ndarray


def clustered(summed: Summed, wanted: Sequence[Slope], progress: Progress = silent) -> np.ndarray:
    """Covariance of slopes clustered by unit (CR1), shape (slopes, slopes), in one more pass.

    Parameters
    ----------
    summed : Summed
    wanted : sequence of Slope
    progress : callable

    References
    ----------
    Cameron and Miller (2015), Journal of Human Resources 50:317-372.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from causalkpi.large import open_table, sums
    >>> path = Path(tempfile.mkdtemp()) / "branches.parquet"
    >>> rng = np.random.default_rng(1)
    >>> rows = pd.DataFrame({"branch": np.arange(4000) // 10, "year": np.arange(4000) % 10})
    >>> rows["loyalty"] = rng.normal(size=4000)
    >>> rows.assign(spend=2 * rows.loyalty + rng.normal(size=4000)).to_parquet(path)
    >>> found = sums(open_table(path, unit="branch", period="year"), [("loyalty", 0), ("spend", 0)])
    >>> slope = Slope(found.design.nodes[1], found.design.nodes[0])
    >>> np.sqrt(clustered(found, [slope])).round(3)
    array([[0.016]])
    """  # fmt: skip
    spread = spread_over_units(summed, wanted, progress=progress)
    return spread.influence * factor(summed.moments, wanted)


def factor(moments: Moments, wanted: Sequence[Slope]) -> np.ndarray:
    """What makes CR1 of sums over units, shape (slopes, slopes)."""
    units, rows = int(moments.units.sum()), moments.rows
    sizes = np.array([moments.base + len(slope.controls) + 1 for slope in wanted])
    root = np.sqrt(units / (units - 1) * (rows - 1) / (rows - sizes))
    return np.outer(root, root)


def spread_over_units(
    summed: Summed, wanted: Sequence[Slope], *, corrected: bool = False, progress: Progress = silent
) -> Spread:
    """How slopes vary over units: of the whole sample, or corrected by its halves.

    A corrected slope is twice the whole less the mean of the halves, so a unit moves it by as much of its influences.
    """
    pieces = [(2.0 if corrected else 1.0, "whole", summed.moments)]
    if corrected:
        each = -1 / len(summed.halves)
        pieces += [(each, name, half) for name, half in zip(summed.half_names, summed.halves, strict=True)]
    union = " UNION ALL ".join(_of_part(summed, wanted, *piece) for piece in pieces)
    count = range(len(wanted))
    added = ", ".join(f"sum(s{j}) AS s{j}, sum(q{j}) AS q{j}" for j in count)
    products = ", ".join([*(f"sum(s{i} * s{j})" for i in count for j in count), *(f"sum(q{j} * q{j})" for j in count)])
    asked = f"SELECT {products} FROM (SELECT unit_, {added} FROM ({union}) GROUP BY unit_)"
    total = np.zeros(len(wanted) * (len(wanted) + 1))
    left = coefficients(summed.moments, wanted)[2]

    with summed.table.opened() as con:
        summed.table.unchanged(con)

        def work() -> None:
            row = con.execute(asked).fetchone()
            total[:] += [0.0 if value is None else value for value in row]

        over_chunks(con, summed.table, summed.design, 0, progress, work, whole_units=True)
        summed.table.unchanged(con)
    squares = total[len(wanted) ** 2 :]
    effective = np.divide(left**2, squares, out=np.ones(len(wanted)), where=squares > 0)
    return Spread(total[: len(wanted) ** 2].reshape(len(wanted), len(wanted)), effective)


def _of_part(summed: Summed, wanted: Sequence[Slope], weight: float, part: str, moments: Moments) -> str:
    """SQL of a part: by unit the weighted influence on each slope, and the treatment's squares in the whole."""
    treatment, outcome, left = coefficients(moments, wanted)
    shown = []
    for j in range(len(wanted)):
        size = weight / left[j]
        (x, y), (a, b) = (f"x{j}", f"y{j}"), (number(treatment[0, j]), number(outcome[0, j]))
        if moments.within:  # what is left of a column is its distance from the unit's mean
            score = f"count(*) * (covar_pop({y}, {x}) + {a} * {b})"
            square = f"count(*) * (var_pop({x}) + {a} * {a})"
        else:
            score, square = f"sum(({x} + {a}) * ({y} + {b}))", f"sum(({x} + {a}) * ({x} + {a}))"
        shown.append(f"{number(size)} * {score} AS s{j}, {square if part == 'whole' else '0.0'} AS q{j}")
    rows = _combined(summed, part, moments, treatment, outcome)
    return f"SELECT unit_, {', '.join(shown)} FROM ({rows}) GROUP BY unit_ HAVING count(*) > {int(moments.within)}"


def _combined(summed: Summed, part: str, moments: Moments, treatment: np.ndarray, outcome: np.ndarray) -> str:
    """SQL of a part's rows: sums of columns with coefficients, shape (columns, m) each, without the constant."""
    both, base = {"x": treatment, "y": outcome}, moments.base
    columns = []
    for name, held in both.items():
        for j in range(held.shape[1]):
            terms = [f"{number(w)} * c{i}" for i, w in enumerate(held[base:, j]) if w]
            terms += [f"e.{name}{j}"] * (base > 1)
            columns.append(f"{' + '.join(terms) or '0.0'} AS {name}{j}")
    return f"SELECT unit_, {', '.join(columns)} FROM sample {_effects(summed, part, moments, both)} WHERE {PARTS[part]}"


def _effects(summed: Summed, part: str, moments: Moments, both: dict[str, np.ndarray]) -> str:
    """SQL that joins the coefficients of period dummies, 0 for the first period."""
    if moments.base == 1:
        return ""
    dummies = summed.tally.dummies(part)
    rows = []
    for ordinal in summed.table.ordinals:
        at = dummies.index(ordinal) + 1 if ordinal in dummies else None
        held = [0.0 if at is None else w for block in both.values() for w in (block[at] if at else block[0] * 0)]
        rows.append(f"({ordinal}, {', '.join(map(number, held))})")
    names = ", ".join(f"{name}{j}" for name, block in both.items() for j in range(block.shape[1]))
    return f"JOIN (VALUES {', '.join(rows)}) e(ordinal_, {names}) USING (ordinal_)"


def robust(summed: Summed, slope: Slope, progress: Progress = silent) -> tuple[float, float]:
    """Variance of a cross-section's slope that allows for unequal spread (HC3), and the effective number of rows.

    References
    ----------
    MacKinnon and White (1985), Journal of Econometrics 29:305-325.
    """
    moments = summed.moments
    treatment, outcome, left = coefficients(moments, [slope])
    places, root = _root(moments, slope)
    combined = np.zeros((root.shape[1], len(moments.names)))
    for at, place in enumerate(places[1:], start=1):
        combined[:, place - 1] = root[at]
    leverage = " + ".join(
        f"pow({number(root[0, k])} + {' + '.join(f'{number(w)} * c{i}' for i, w in enumerate(row) if w) or '0.0'}, 2)"
        for k, row in enumerate(combined)
    )
    terms = {name: " + ".join([number(held[0, 0]), *(f"{number(w)} * c{i}" for i, w in enumerate(held[1:, 0]) if w)])
             for name, held in (("x", treatment), ("y", outcome))}  # fmt: skip
    asked = (f"SELECT sum(pow(x * y / greatest(1 - h, 1e-12), 2)), sum(pow(x, 4)) FROM "
             f"(SELECT {terms['x']} AS x, {terms['y']} AS y, {leverage} AS h FROM sample)")  # fmt: skip
    total = np.zeros(2)

    def work() -> None:
        total[:] += con.execute(asked).fetchone()

    with summed.table.opened() as con:
        over_chunks(con, summed.table, summed.design, 0, progress, work)
        summed.table.unchanged(con)
    return float(total[0] / left[0] ** 2), float(left[0] ** 2 / total[1])
