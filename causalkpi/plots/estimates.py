"""Estimates with their intervals: over horizons, and side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.figure import Figure

from ..estimators.result import Estimate
from ..kpi_map.type import wrapped
from ..language import Language, Text, render
from .ink import BAND, BLUE, INK, SMALL, SOFT, PlotError, axes_of, entitle, figure_of, rounded, say

Kind = Literal["estimate", "beside", "truth"]
Point = tuple[int, float, float, float]  # horizon, value, low, high
_MARKERS: dict[str, dict[str, Any]] = {
    "estimate": {"marker": "o", "ms": 5.5, "mew": 0, "color": BLUE},
    "beside": {"marker": "o", "ms": 5, "mew": 1.1, "mfc": "#ffffff", "mec": SOFT},
    "truth": {"marker": "|", "ms": 11, "mew": 1.8, "color": INK},
}
_NONE = Text("There is no estimate to draw.", "Er is geen schatting te tekenen.")
_HORIZON = Text("periods later", "perioden later")


@dataclass(frozen=True)
class Row:
    """One line of a forest plot.

    Parameters
    ----------
    label : str
        What the number is; a Text is rendered in the reader's language.
    value, low, high : float
        The number and its interval; no interval where the ends are not numbers.
    kind : {"estimate", "beside", "truth"}
        A filled dot, an open dot, or an upright stroke.
    """

    label: str
    value: float
    low: float = math.nan
    high: float = math.nan
    kind: Kind = "estimate"


def rows_of(estimate: Estimate, truth: float = math.nan) -> tuple[Row, ...]:
    """The rows of one answer: itself, what stands beside it, and the true effect where it is known."""
    labels = {
        "association": Text("raw association", "ruwe samenhang"),
        "uncorrected": Text("before correction", "vóór correctie"),
    }
    rows = [Row(Text("estimate", "schatting"), estimate.value, *estimate.interval)]
    rows += [Row(labels.get(b.name, b.name), b.value, *b.interval, kind="beside") for b in estimate.beside]
    if math.isfinite(truth):
        rows.append(Row(Text("true effect", "ware effect"), truth, kind="truth"))
    return tuple(rows)


def profile_plot(
    points: Sequence[Point], language: Language = "en", *, unit: str = "", title: str = "",
    horizon: str = _HORIZON, truth: Sequence[tuple[int, float]] = (),
) -> Figure:  # fmt: skip
    """An estimate with its interval against the horizon.

    Parameters
    ----------
    points : sequence of (int, float, float, float)
        Horizon in periods, value, and the ends of its interval; horizons without a number are left out of the line.
    language : {"en", "nl"}
    unit, title : str
        Of the answer; the title says which question it is.
    horizon : str
        What a horizon counts, such as "quarters later".
    truth : sequence of (int, float)
        The true effects, where they are known.

    Raises
    ------
    PlotError
        If no point has a number.
    """
    kept = sorted(p for p in points if math.isfinite(p[1]))
    if not kept:
        raise PlotError(_NONE)
    h, value, low, high = np.array(kept, float).T
    figure = figure_of(5.4, 3.0)
    axes = axes_of(figure, (0.12, 0.16, 0.85, 0.60), language)
    axes.axhline(0, color=SOFT, lw=0.8, ls=(0, (2, 2)))
    for run in np.split(np.arange(len(h)), np.flatnonzero(np.diff(h) > 1) + 1):  # a gap stays a gap
        axes.fill_between(h[run], low[run], high[run], color=BAND, lw=0)
        axes.plot(h[run], value[run], color=BLUE, lw=1.4)
    axes.vlines(h, low, high, color=BLUE, lw=0.9)
    axes.plot(h, value, "o", ms=4.5, color=BLUE, mew=0)
    if truth:
        axes.plot([t for t, _ in truth], [v for _, v in truth], "_", ms=13, color=INK, mew=1.6)
    axes.set_xticks(h, [f"{int(x)}" for x in h])
    axes.set_xlim(h[0] - 0.4, h[-1] + 0.4)
    hint = Text("{unit}dot: estimate; line and band: interval{truth}",
                "{unit}stip: schatting; lijn en band: interval{truth}", unit=f"{unit}; " if unit else "",
                truth=Text("; stroke: true effect", "; streepje: ware effect") if truth else "")  # fmt: skip
    entitle(axes, title or Text("Effect over time", "Effect in de tijd").render(language), hint.render(language),
            render(horizon, language))  # fmt: skip
    return figure


def profile_alt(points: Sequence[Point], language: Language = "en", *, unit: str = "", horizon: str = _HORIZON) -> str:
    """The profile in words.

    Raises
    ------
    PlotError
        As :func:`profile_plot`.

    Examples
    --------
    >>> profile_alt([(0, 1.0, 0.5, 1.5), (1, 0.4, -0.2, 1.0)], "nl", unit="punten")
    'Schatting in punten, met interval, perioden later: 0: 1,00 (0,50 tot 1,50); 1: 0,40 (−0,20 tot 1,00).'
    """
    kept = sorted(p for p in points if math.isfinite(p[1]))
    if not kept:
        raise PlotError(_NONE)
    parts = [with_interval(f"{h}:", v, low, high, language) for h, v, low, high in kept]
    return Text("Estimate{unit}, with interval, {horizon}: {parts}.",
                "Schatting{unit}, met interval, {horizon}: {parts}.",
                unit=f" in {unit}" if unit else "", horizon=horizon,
                parts="; ".join(parts)).render(language)  # fmt: skip


def forest_plot(rows: Sequence[Row], language: Language = "en", *, unit: str = "", title: str = "") -> Figure:
    """Estimates with their intervals, one under the other, with their numbers.

    Parameters
    ----------
    rows : sequence of Row
        From top to bottom; see :func:`rows_of`.
    language : {"en", "nl"}
    unit, title : str

    Raises
    ------
    PlotError
        If no row has a number.
    """
    kept = [row for row in rows if math.isfinite(row.value)]
    if not kept:
        raise PlotError(_NONE)
    height = 0.62 + 0.24 * len(kept) + (0.3 if title else 0.0)
    figure = figure_of(5.4, height)
    axes = axes_of(figure, (0.25, 0.46 / height, 0.31, (0.24 * len(kept)) / height), language)
    axes.axvline(0, color=SOFT, lw=0.8, ls=(0, (2, 2)))
    side = axes.get_yaxis_transform()
    for i, row in enumerate(kept):
        colour = BLUE if row.kind == "estimate" else SOFT
        if math.isfinite(row.low) and math.isfinite(row.high):
            axes.plot([row.low, row.high], [-i, -i], color=colour, lw=1.8 if row.kind == "estimate" else 1.2)
        axes.plot([row.value], [-i], ls="none", zorder=4, **_MARKERS[row.kind])
        ink = INK if row.kind == "estimate" else SOFT
        name = wrapped(render(row.label, language), 0.24 * 5.4 * 72, SMALL, 1)
        say(axes, -0.03, -i, "".join(name), transform=side, ha="right", color=ink)
        say(axes, 1.04, -i, with_interval("", row.value, row.low, row.high, language), transform=side, color=ink)
    axes.set_ylim(-len(kept) + 0.5, 0.5)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    entitle(axes, "", "", unit)
    if title:
        figure.text(0.02, 1 - 0.08 / height, title, fontsize=9.5, fontweight="bold", color=INK, va="top",
                    fontfamily="DejaVu Sans")  # fmt: skip
    return figure


def forest_alt(rows: Sequence[Row], language: Language = "en", *, unit: str = "") -> str:
    """The rows in words.

    Raises
    ------
    PlotError
        As :func:`forest_plot`.

    Examples
    --------
    >>> forest_alt([Row("estimate", 1.0, 0.5, 1.5), Row("true effect", 1.2, kind="truth")], unit="EUR")
    'In EUR: estimate 1.00 (0.50 to 1.50); true effect 1.2.'
    """
    kept = [row for row in rows if math.isfinite(row.value)]
    if not kept:
        raise PlotError(_NONE)
    parts = [with_interval(render(row.label, language), row.value, row.low, row.high, language) for row in kept]
    return (f"In {unit}: " if unit else "") + "; ".join(parts) + "."


def with_interval(name: str, value: float, low: float, high: float, language: Language) -> str:
    """A number with its interval, both as exact as the interval allows, after its name.

    Examples
    --------
    >>> with_interval("total:", 1.234, 1.0, 1.468, "nl")
    'total: 1,23 (1,00 tot 1,47)'
    """
    half = (high - low) / 2
    said = f"{name} {rounded(value, language, half)}".strip()
    if not math.isfinite(half):
        return said
    to = Text("to", "tot").render(language)
    return f"{said} ({rounded(low, language, half)} {to} {rounded(high, language, half)})"
