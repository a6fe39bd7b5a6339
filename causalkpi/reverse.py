"""The reverse direction of every link: beside what a cause says about its effect, what the effect says about the cause.

Published studies have found the way back stronger than the way there (Schneider and others 2003: profit goes before
satisfied staff more than the other way round). So for every link X -> Y of a graph the same question is put twice, in
the same unit, a partial correlation: of Y with the X before it, given the other direct causes of Y; and of the next X
with Y, given the direct causes of X and the Y before it, which is the lead test. Where the graph itself has the way
back, that link is what stands in reverse, and is no fault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from .adjustment import organisation_level
from .estimators.draws import joint_slopes
from .estimators.regression import interval, p_value
from .graph import KPIGraph, Node
from .kpi import Link
from .language import Name, Text
from .ledger import holm
from .panel import Panel
from .refuters.lead import Related, backward, given_parents, related

Stronger = Literal["forward", "reverse", "not_clear", "not_applicable"]
CLEAR = 0.05
WARNING = Text(
    "A way back that goes together is not yet a cause: something hidden that moves both and lasts looks the same. And "
    "a way back without a sign does not prove the way there.",
    "Samenhang terug is nog geen oorzaak: iets verborgens dat beide beweegt en voortduurt, ziet er net zo uit. En geen "
    "spoor van een weg terug bewijst de weg heen niet.",
)


@dataclass(frozen=True)
class Partial:
    """A partial correlation with its interval.

    Parameters
    ----------
    value : float
        From -1 to 1; after the correction for short panels where there was one.
    interval : tuple of float
    p_value : float
        Of the null that it is zero.
    slope : float
        The same in the units of the KPIs.
    rows, units : int
    """

    value: float
    interval: tuple[float, float]
    p_value: float
    slope: float
    rows: int
    units: int
    found: Related = field(repr=False, compare=False)


@dataclass(frozen=True)
class Direction:
    """One link, there and back.

    Parameters
    ----------
    link : Link
    forward, reverse : Partial or Text
        Why there is none, where there is none.
    declared : bool
        Whether the graph has the way back as a link: it is then expected, and `reverse` is that link.
    stronger : {"forward", "reverse", "not_clear", "not_applicable"}
        Which is further from zero, where their difference is clear of chance at 5%.
    p_difference : float
        Of the null that both are equally far from zero; not a number where they cannot be compared.
    reverse_p_holm : float
        The reverse's p-value, corrected for all undeclared ways back in the table (Holm 1979).
    """

    link: Link
    forward: Partial | Text
    reverse: Partial | Text
    declared: bool
    stronger: Stronger = "not_applicable"
    p_difference: float = float("nan")
    reverse_p_holm: float = float("nan")

    @property
    def note(self) -> Text:
        """What a reader must know to read this row."""
        x, y = Name(self.link.source), Name(self.link.target)
        if isinstance(self.forward, Text):
            return Text("Forward: {why}", "Heen: {why}", why=self.forward)
        if isinstance(self.reverse, Text):
            return Text("Reverse: {why}", "Terug: {why}", why=self.reverse)
        if self.declared:
            return Text(
                "The graph itself has {y} move {x}: feedback is expected.",
                "De graaf zelf laat {y} doorwerken in {x}: terugkoppeling is te verwachten.",
                x=x,
                y=y,
            )
        if self.reverse_p_holm < CLEAR:
            return Text(
                "{y} goes before {x}, which the graph does not say: a link is missing, or something hidden moves both.",
                "{y} gaat vooraf aan {x}, en dat zegt de graaf niet: er ontbreekt een pijl, of iets verborgens beweegt "
                "beide.",
                x=x,
                y=y,
            )
        return Text("No sign of a way back.", "Geen spoor van een weg terug.")


@dataclass(frozen=True, repr=False)
class ReverseDirection:
    """Every link of a graph, there and back.

    Parameters
    ----------
    rows : tuple of Direction
        In the order of the graph's links; own pasts left out.
    level : float
        Confidence of the intervals.
    warning : Text
    """

    rows: tuple[Direction, ...]
    level: float
    warning: Text = WARNING

    def to_frame(self) -> pd.DataFrame:
        """One row per link; a number that could not be had is not a number, and `note` says why."""
        return pd.DataFrame([_cells(row) for row in self.rows], columns=list(_COLUMNS))

    def __repr__(self) -> str:
        shown = self.to_frame()[["link", "forward", "reverse", "reverse_p_holm", "declared", "stronger"]]
        return f"{shown.to_string(index=False, float_format='{:.3f}'.format, na_rep='')}\n{self.warning}"


NO_DIRECTIONS = ReverseDirection((), 0.95)  # where units are seen once
_COLUMNS = (
    "link", "lag", "forward", "forward_low", "forward_high", "forward_p", "forward_slope", "reverse", "reverse_low",
    "reverse_high", "reverse_p", "reverse_p_holm", "reverse_slope", "rows", "units", "declared", "stronger",
    "p_difference", "note",
)  # fmt: skip


def reverse_direction(graph: KPIGraph, panel: Panel, level: float = 0.95) -> ReverseDirection:
    """Estimate every link of a graph in both directions.

    Parameters
    ----------
    graph : KPIGraph
        With what has no usable data hidden.
    panel : Panel
    level : float
        Confidence of the intervals.

    References
    ----------
    Schneider, Hanges, Smith and Salvaggio (2003), Which comes first: employee attitudes or organizational financial and
    market performance?, Journal of Applied Psychology 88:836-851. Granger (1969), Econometrica 37:424-438.

    Examples
    --------
    >>> from causalkpi import load_world
    >>> from causalkpi.panel import as_panel
    >>> world = load_world("against_the_book")
    >>> panel = as_panel(world.sample(60, 16, np.random.default_rng(1)), unit="unit", period="period")
    >>> found = reverse_direction(world.graph, panel)
    >>> row = found.to_frame().set_index("link").loc["customer_loyalty -> revenue"]
    >>> bool(row.forward_p < 0.01), bool(row.reverse_p > 0.05), bool(row.declared)
    (True, True, False)
    """
    links = [link for link in graph.links if link.source != link.target]
    rows = [_direction(graph, panel, link, level) for link in links]
    judged = {i: row.reverse for i, row in enumerate(rows) if isinstance(row.reverse, Partial) and not row.declared}
    corrected = holm({str(i): found.p_value for i, found in judged.items()})
    full = [
        Direction(r.link, r.forward, r.reverse, r.declared, *_compare(r), corrected.get(str(i), float("nan")))
        for i, r in enumerate(rows)
    ]
    return ReverseDirection(tuple(full), level)


def _direction(graph: KPIGraph, panel: Panel, link: Link, level: float) -> Direction:
    x, y = link.source, link.target
    back = sorted(lag for kpi, lag in graph.causes[x] if kpi == y) if graph[x].formula is None else []
    why = _no_data(graph, panel, link)
    if why:
        return Direction(link, why, why, bool(back))
    forward = given_parents(graph, Node(x, 0), Node(y, link.lag), panel)
    way_back = given_parents(graph, Node(y, 0), Node(x, back[0]), panel) if back else backward(graph, x, y, panel)
    found = [
        estimand if isinstance(estimand, Text) else _partial(related(panel, estimand), level)
        for estimand in (forward, way_back)
    ]
    return Direction(link, found[0], found[1], bool(back))


def _no_data(graph: KPIGraph, panel: Panel, link: Link) -> Text | None:
    """Why a link cannot be looked at from either side."""
    ends = (link.source, link.target)
    missing = [kpi for kpi in ends if not graph[kpi].observed or kpi not in panel.frame]
    if missing:
        return Text(
            "There are no data on {kpis}.", "Er zijn geen gegevens over {kpis}.", kpis=[Name(k) for k in missing]
        )
    shared = [kpi for kpi in ends if kpi in organisation_level(graph)]
    if shared:
        return Text(
            "{kpi} has one value per period for all units: it cannot be told from shocks that all units share.",
            "{kpi} heeft per periode één waarde voor alle eenheden en is niet te onderscheiden van gedeelde schokken.",
            kpi=Name(shared[0]),
        )
    if not panel.repeated:
        return Text("It takes units that are seen repeatedly.", "Dit vergt eenheden die vaker zijn waargenomen.")
    return None


def _partial(found: Related | Text, level: float) -> Partial | Text:
    if isinstance(found, Text):
        return found
    low, high = interval(found.slope, found.std_error, found.best.df, level)
    sample = found.best.sample
    return Partial(
        found.partial(found.slope),
        (found.partial(low), found.partial(high)),
        found.p_value,
        found.slope,
        len(sample.outcome),
        len(sample.units),
        found,
    )


def _compare(row: Direction) -> tuple[Stronger, float]:
    """Which of the two is further from zero; the same units are left out of both."""
    if isinstance(row.forward, Text) or isinstance(row.reverse, Text):
        return "not_applicable", float("nan")
    both = (row.forward, row.reverse)
    joint = joint_slopes([part.found.best for part in both])
    steep = np.array([part.found.scale**2 / np.hypot(part.slope, part.found.scale) ** 3 for part in both])
    signs = np.array([1.0, -1.0]) * np.sign([part.value for part in both]) * steep
    gap = abs(row.forward.value) - abs(row.reverse.value)
    p = p_value(gap, float(np.sqrt(max(0.0, signs @ joint.covariance @ signs))), joint.df)
    return ("not_clear" if p >= CLEAR else "forward" if gap > 0 else "reverse"), p


def _cells(row: Direction) -> tuple[object, ...]:
    nan, link = float("nan"), row.link
    there, back = (
        (p.value, *p.interval, p.p_value, p.slope) if isinstance(p, Partial) else (nan,) * 5
        for p in (row.forward, row.reverse)
    )
    counted = (row.forward.rows, row.forward.units) if isinstance(row.forward, Partial) else (0, 0)
    return (
        f"{link.source} -> {link.target}", link.lag, *there, *back[:4], row.reverse_p_holm, back[4], *counted,
        row.declared, row.stronger, row.p_difference, str(row.note),
    )  # fmt: skip
