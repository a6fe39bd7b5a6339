"""Through what an effect works: bars that add up beside bars that overlap; and a chain of KPIs as boxes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from ..kpi_map.type import text_width, wrapped
from ..language import Language, Text, render
from ..system import Chain, Part, Paths
from .estimates import with_interval
from .ink import (
    BAND,
    BLUE,
    FONT,
    INK,
    PALE_BLUE,
    SMALL,
    SOFT,
    TITLE,
    PlotError,
    axes_of,
    entitle,
    figure_of,
    rounded,
    say,
    signed,
)

_MOST_ROUTES, _VISIBLE = 6, 0.01
_NAMES = {
    "total": Text("total", "totaal"),
    "direct": Text("direct", "rechtstreeks"),
    "all_mediators": Text("all of these together", "al deze samen"),
    "other_routes": Text("all other ways", "alle andere wegen"),
}
_GROUPS = (
    (("through", "all_mediators"), Text("through (these overlap)", "via (deze overlappen)")),
    (("direct", "route", "other_routes"), Text("way by way (these add up)", "weg voor weg (telt op)")),
)
_ROW, _WIDE = 0.24, 5.4  # inches
_LABELS, _BARS = 0.4, 0.2  # shares of the width: the most that labels have, the least that bars have
_ACROSS, _GAP, _BOX, _TALL = 5, 7.5, 9.6, 12.0  # boxes, and tenths of an inch


def part_label(part: Part, name: Callable[[str], str], language: Language, order: Sequence[str] = ()) -> str:
    """What a part is called: the KPIs that it passes through, in this order.

    Examples
    --------
    >>> from causalkpi.system import Amount
    >>> part = Part("route", ("loyalty", "service"), Amount(1.0, 0.1, (0.8, 1.2), 0.0), 0.5)
    >>> part_label(part, str, "en", ("service", "loyalty"))
    'service + loyalty'
    """
    if part.kind in _NAMES:
        return _NAMES[part.kind].render(language)
    return " + ".join(name(kpi) for kpi in sorted(part.through, key=lambda k: (*order, k).index(k)))


def paths_plot(
    paths: Paths, name: Callable[[str], str] = str, language: Language = "en", *, unit: str = "", title: str = "",
    order: Sequence[str] = (),
) -> Figure:  # fmt: skip
    """The parts of an effect as bars with their intervals.

    Filled bars add up to the total; open, dashed bars are what passes through one KPI, and overlap. Ways under a
    hundredth of the largest part are left to the words and the table.

    Parameters
    ----------
    paths : Paths
    name : callable
        From a KPI's id to what the reader calls it.
    language : {"en", "nl"}
    unit, title : str
        Of the outcome.
    order : sequence of str
        In which a way's KPIs are named.
    """
    numbers = 1.06 * max(text_width(_number(part, language), SMALL) for part in paths.parts) / (72 * _WIDE)
    left = min(_LABELS, 0.97 - _BARS - numbers)
    bars = 0.97 - left - numbers

    def label(part: Part) -> list[str]:
        return wrapped(part_label(part, name, language, order), (left - 0.03) * _WIDE * 72, SMALL, 3) or [""]

    rows: list[tuple[Part | None, list[str]]] = [(part, label(part)) for part in paths.of("total")]
    for kinds, heading in _GROUPS:
        parts = [part for kind in kinds for part in _drawn(paths, kind)]
        rows += [(None, [heading.render(language)])] if parts else []
        rows += [(part, label(part)) for part in parts]
    lines = sum(max(1.0, 0.72 * len(said)) for _, said in rows)
    height = 0.75 + _ROW * lines
    figure = figure_of(_WIDE, height)
    axes = axes_of(figure, (left, 0.42 / height, bars, _ROW * lines / height), language)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 5, 10]))
    axes.axvline(0, color=SOFT, lw=0.8)
    side, y = axes.get_yaxis_transform(), 0.0
    for part, said in rows:
        tall = max(1.0, 0.72 * len(said))
        y -= tall / 2
        if part is None:
            say(axes, (0.01 - left) / bars, y, said[0], transform=side, color=SOFT)
        else:
            _bar(axes, part, y)
            say(axes, -0.03, y, "\n".join(said), transform=side, ha="right", linespacing=1.0)
            say(axes, 1.04, y, _number(part, language), transform=side)
        y -= tall / 2
    axes.set_ylim(-lines, 0)
    axes.margins(x=0.03)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    entitle(axes, "", "", unit)
    heading = title or Text("Through what it works", "Langs welke weg").render(language)
    figure.text(0.01, 1 - 0.06 / height, heading, fontsize=9.5, fontweight="bold", color=INK, va="top", fontfamily=FONT)
    return figure


def _drawn(paths: Paths, kind: str) -> tuple[Part, ...]:
    """The parts of a kind that a picture can show: of the ways the largest, and none too small to be seen."""
    parts = paths.of(kind)
    if kind != "route":
        return parts
    least = _VISIBLE * max(abs(part.size.value) for part in paths.parts)
    return tuple(part for part in parts[:_MOST_ROUTES] if abs(part.size.value) >= least)


def _number(part: Part, language: Language) -> str:
    return with_interval("", part.size.value, *part.size.interval, language)


def _bar(axes: Axes, part: Part, y: float) -> None:
    """Filled where it adds up, open and dashed where it overlaps."""
    overlaps = part.kind in ("through", "all_mediators")
    face, edge = ("#ffffff", SOFT) if overlaps else (BAND, INK) if part.kind == "total" else (PALE_BLUE, BLUE)
    axes.barh([y], [part.size.value], height=0.6, facecolor=face, edgecolor=edge, lw=1.0, zorder=2,
              ls=(0, (3, 2)) if overlaps else "-")  # fmt: skip
    axes.plot(part.size.interval, [y, y], color=INK, lw=1.1, marker="|", ms=5, mew=1.1, zorder=3)


def paths_alt(
    paths: Paths, name: Callable[[str], str] = str, language: Language = "en", *, unit: str = "",
    order: Sequence[str] = (),
) -> str:  # fmt: skip
    """The parts in words."""

    def said(*kinds: str) -> str:
        parts = [part for kind in kinds for part in paths.of(kind)]
        return "; ".join(
            with_interval(part_label(p, name, language, order) + ":", p.size.value, *p.size.interval, language)
            for p in parts
        )

    return Text(
        "Effect{unit}, with interval. {total}. Way by way, adding up: {ways}.{through}",
        "Effect{unit}, met interval. {total}. Weg voor weg, telt op: {ways}.{through}",
        unit=f" ({unit})" if unit else "", total=said("total"), ways=said("direct", "route", "other_routes"),
        through=Text(" Overlapping, through: {parts}.", " Overlappend, via: {parts}.", parts=said("through"))
        if paths.of("through") else "",
    ).render(language)  # fmt: skip


def chain_plot(
    chain: Chain, name: Callable[[str], str] = str, language: Language = "en", *, amounts: Sequence[str] = (),
    later: Callable[[int], str] = str,
) -> Figure:  # fmt: skip
    """A chain of KPIs as boxes with arrows: so much of the first, so much of the next.

    Parameters
    ----------
    chain : Chain
    name : callable
        From a KPI's id to what the reader calls it.
    language : {"en", "nl"}
    amounts : sequence of str
        How the change of each KPI is said; plain numbers by default.
    later : callable
        From a number of periods to what stands on the arrow.

    Raises
    ------
    PlotError
        If it could not be followed a single step, with the reason.
    """
    steps = chain.steps
    if len(steps) < 2:
        raise PlotError(chain.why)
    across = min(len(steps), _ACROSS)
    rows = -(-len(steps) // across)
    figure = figure_of(9.6, _TALL * rows / 10)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), facecolor="none")
    axes.set_xlim(0, 96)
    axes.set_ylim(-_TALL * rows, 0)
    axes.set_axis_off()
    axes.set_xticks([])
    axes.set_yticks([])
    first = _GAP * (rows > 1)  # an arrow leads to the first box of the next row
    wide = min(21.0, (95.0 - first - _GAP * (across - 1)) / across)
    for i, step in enumerate(steps):
        row, column = divmod(i, across)
        x, y = 0.5 + first + column * (wide + _GAP), -_TALL * row - 1.2
        told = amounts[i] if i < len(amounts) else _plain(chain, i, language)
        _box(axes, x, y, wide, told, name(step.kpi), _note(chain, i, language))
        if i:
            waits = step.horizon - steps[i - 1].horizon
            _arrow(axes, x, y - _BOX / 2, later(waits) if waits else "")
    return figure


def _box(axes: Axes, x: float, y: float, wide: float, told: str, name: str, note: str) -> None:
    """One KPI: the change, its name, and what must be said beside it."""
    room = 7.2 * wide - 8  # points: a figure of 9.6 inches is 96 wide
    lines = [(line, TITLE, INK, "bold") for line in wrapped(told, room, TITLE, 1, bold=True)]
    lines += [(line, SMALL + 1, INK, "normal") for line in wrapped(name, room, SMALL + 1, 2)]
    lines += [(line, SMALL, SOFT, "normal") for line in wrapped(note, room, SMALL, 2)]
    axes.add_patch(Rectangle((x, y - _BOX), wide, _BOX, facecolor="#ffffff", edgecolor=BLUE, lw=1.2))
    for i, (line, size, colour, weight) in enumerate(lines, 1):
        say(axes, x + wide / 2, y - _BOX * i / (len(lines) + 1), line, fontsize=size, color=colour, fontweight=weight,
            ha="center")  # fmt: skip


def _arrow(axes: Axes, x: float, y: float, waits: str) -> None:
    """An arrow that ends at a box, with how much later it arrives above it."""
    ends = ((x - _GAP + 0.4, y), (x - 0.3, y))
    style = {"arrowstyle": "-|>", "mutation_scale": 10, "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(*ends, color=BLUE, lw=1.3, **style))
    lines = "\n".join(wrapped(waits, 7.2 * _GAP, SMALL, 3))
    say(axes, x - _GAP / 2, y + 0.8, lines, color=SOFT, ha="center", va="bottom", linespacing=1.1)


def _plain(chain: Chain, i: int, language: Language) -> str:
    size = chain.steps[i].size
    if not i:
        return signed(size.value, language)
    return "+" * (size.value > 0) + rounded(size.value, language, (size.interval[1] - size.interval[0]) / 2)


def _note(chain: Chain, i: int, language: Language) -> str:
    """What share of its average a KPI's change is, and whether its interval holds zero; nothing of the first."""
    step = chain.steps[i]
    low, high = step.size.interval
    share = Text("{sign}{n}% of its average", "{sign}{n}% van het gemiddelde", sign="+" * (step.relative > 0),
                 n=rounded(100 * step.relative, language)) if math.isfinite(step.relative) else ""  # fmt: skip
    unsettled = Text("interval holds zero", "interval omvat nul") if low <= 0 <= high else ""
    return Text.join([share, unsettled], "; ").render(language) if i else ""


def chain_alt(
    chain: Chain, name: Callable[[str], str] = str, language: Language = "en", *, amounts: Sequence[str] = ()
) -> str:
    """The chain in words.

    Raises
    ------
    PlotError
        As :func:`chain_plot`.
    """
    if len(chain.steps) < 2:
        raise PlotError(chain.why)
    parts = []
    for i, step in enumerate(chain.steps):
        note = _note(chain, i, language)
        told = amounts[i] if i < len(amounts) else _plain(chain, i, language)
        parts.append(f"{told} {name(step.kpi)}" + (f" ({note})" if note else ""))
    return render(Text("A chain: {parts}.", "Een keten: {parts}.", parts=" → ".join(parts)), language)
