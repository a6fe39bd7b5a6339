"""A profile: what a pulse does period by period, along the links, with the adjusted regression beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..estimators.result import Estimate
from ..language import Language, Text, render
from ..system import Moment, Profile
from .estimates import with_interval
from .ink import BAND, BLUE, FONT, INK, ORANGE, SMALL, SOFT, PlotError, axes_of, entitle, figure_of, rounded

_HORIZON = Text("periods later", "perioden later")
_BESIDE = 0.2  # periods: the adjusted regression stands so far to the right of the links


def over_time_plot(
    profile: Profile, language: Language = "en", *, unit: str = "", title: str = "", horizon: str = _HORIZON,
    truth: Sequence[float] = (),
) -> Figure:  # fmt: skip
    """An effect against the horizon, by two routes.

    Along the links: a line with its interval for each period as a band, and thin lines that hold for all periods at
    once. The adjusted regressions stand beside it as open marks with their intervals. Where the graph has no path yet
    the effect is zero and has no interval.

    Parameters
    ----------
    profile : Profile
    language : {"en", "nl"}
    unit, title : str
        Of the outcome; the title says which effect it is.
    horizon : str
        What a horizon counts, such as "quarters later".
    truth : sequence of float
        The true effects from horizon 0 on, where they are known.

    Raises
    ------
    PlotError
        If the profile has no number, with its reason.
    """
    moments = _moments(profile)
    h = np.array([m.horizon for m in moments], float)
    value, low, high = np.array([(m.by_links.value, *m.by_links.interval) for m in moments]).T
    lowest, highest = np.array([m.joint for m in moments]).T
    figure = figure_of(5.4, 3.7)
    axes = axes_of(figure, (0.12, 0.28, 0.85, 0.57), language)
    axes.axhline(0, color=SOFT, lw=0.8, ls=(0, (2, 2)))
    axes.fill_between(h, low, high, color=BAND, lw=0)
    axes.vlines(h, low, high, color=BLUE, lw=0.9)  # of a single period there is no band
    for edge in (lowest, highest):
        axes.plot(h, edge, color=BLUE, lw=0.7)
    axes.plot(h, value, "o-", color=BLUE, lw=1.4, ms=4.5, mew=0)
    others = [(m.horizon + _BESIDE, m.by_adjustment) for m in moments if isinstance(m.by_adjustment, Estimate)]
    for at, other in others:
        axes.plot([at, at], other.interval, color=ORANGE, lw=0.9)
        axes.plot([at], [other.value], "s", ms=4.5, mfc="#ffffff", mec=ORANGE, mew=1.1)
    if len(truth):
        axes.plot(h[: len(truth)], truth[: len(h)], "_", ms=13, color=INK, mew=1.6, zorder=5)
    axes.set_xticks(h, [f"{int(x)}" for x in h])
    axes.set_xlim(h[0] - 0.4, h[-1] + 0.4 + _BESIDE)
    entitle(axes, title or Text("Effect over time", "Effect in de tijd").render(language), unit,
            render(horizon, language))  # fmt: skip
    _legend(figure, language, bool(others), bool(len(truth)))
    return figure


def _legend(figure: Figure, language: Language, beside: bool, truth: bool) -> None:
    """What each mark is, below the axes."""
    marks = [
        (Line2D([], [], color=BLUE, marker="o", ms=4.5, mew=0, lw=1.4), Text("along the links", "langs de verbanden")),
        (Patch(color=BAND), Text("its interval, period by period", "interval per periode")),
        (Line2D([], [], color=BLUE, lw=0.7), Text("interval for all periods at once",
                                                  "interval voor alle perioden tegelijk")),
    ]  # fmt: skip
    if beside:
        square = Line2D([], [], color=ORANGE, marker="s", ms=4.5, mfc="#ffffff", mew=1.1, lw=0.9)
        marks.append((square, Text("adjusted regression, its interval", "gecorrigeerde regressie, interval")))
    if truth:
        stroke = Line2D([], [], color=INK, marker="_", ms=13, mew=1.6, ls="none")
        marks.append((stroke, Text("true effect", "werkelijk effect")))
    figure.legend([mark for mark, _ in marks], [text.render(language) for _, text in marks], loc="lower left",
                  bbox_to_anchor=(0.1, 0.0), ncols=2, frameon=False, labelcolor=SOFT, handlelength=1.8,
                  prop={"family": FONT, "size": SMALL}, columnspacing=1.5, labelspacing=0.3)  # fmt: skip


def over_time_alt(
    profile: Profile, language: Language = "en", *, unit: str = "", horizon: str = _HORIZON,
    truth: Sequence[float] = (),
) -> str:  # fmt: skip
    """The profile in words.

    Raises
    ------
    PlotError
        As :func:`over_time_plot`.
    """
    parts = []
    for m in _moments(profile):
        low, high = m.by_links.interval
        said = [with_interval(f"{m.horizon}:", m.by_links.value, low, high, language) if low < high
                else f"{m.horizon}: {rounded(m.by_links.value, language)}"]  # fmt: skip
        if isinstance(other := m.by_adjustment, Estimate):
            name = Text("by adjustment", "met correctie").render(language)
            said.append(with_interval(name, other.value, *other.interval, language))
        if m.horizon < len(truth):
            known = rounded(truth[m.horizon], language, (high - low) / 2)
            said.append(Text("true {n}", "werkelijk {n}", n=known).render(language))
        parts.append(", ".join(said))
    return Text(
        "Effect{unit} along the links, with interval, {horizon}: {parts}.",
        "Effect{unit} langs de verbanden, met interval, {horizon}: {parts}.",
        unit=f" ({unit})" if unit else "",
        horizon=horizon,
        parts="; ".join(parts),
    ).render(language)


def _moments(profile: Profile) -> tuple[Moment, ...]:
    if not profile.answered:
        raise PlotError(profile.why)
    return profile.moments
