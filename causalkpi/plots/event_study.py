"""Effects by period since a change, and what there was before it."""

from __future__ import annotations

from matplotlib.figure import Figure

from ..event_study import EventStudy
from ..language import Language, Text
from .ink import BAND, BLUE, INK, SOFT, PlotError, axes_of, entitle, figure_of, rounded, say

_NONE = Text("There is nothing to draw.", "Er is niets te tekenen.")
_SINCE = Text("periods since the change", "perioden sinds de verandering")


def event_study_plot(study: EventStudy, language: Language = "en", *, unit: str = "", title: str = "") -> Figure:
    """The effect at each period since the change: dots with pointwise intervals, in a band that covers them together.

    Open dots come before the change and should lie about zero.

    Parameters
    ----------
    study : EventStudy
    language : {"en", "nl"}
    unit, title : str
        Of the outcome; the title says which question it is.

    Raises
    ------
    PlotError
        If there are no moments.
    """
    moments = [m for m in study.moments if m.since != study.reference]
    if not moments:
        raise PlotError(_NONE)
    figure = figure_of(5.4, 3.0)
    axes = axes_of(figure, (0.12, 0.16, 0.85, 0.58), language)
    axes.axhline(0, color=SOFT, lw=0.8, ls=(0, (2, 2)))
    axes.axvline(-0.5, color=SOFT, lw=0.7)
    say(axes, -0.42, 1.02, Text("change", "verandering").render(language), transform=axes.get_xaxis_transform(),
        color=SOFT, va="bottom")  # fmt: skip
    axes.plot([study.reference], [0.0], "D", ms=4, color=INK, mew=0, zorder=4)
    for m in moments:
        low, high = m.effect.interval
        axes.fill_between([m.since - 0.36, m.since + 0.36], *m.band, color=BAND, lw=0)
        before = m.since < 0
        ink = SOFT if before else BLUE
        axes.vlines(m.since, low, high, color=ink, lw=1.3)
        axes.plot([m.since], [m.effect.value], "o", ms=5, mew=1.1, mec=ink, mfc="#ffffff" if before else ink, zorder=5)
    ticks = sorted({study.reference, *(m.since for m in moments)})
    shown = ticks if len(ticks) <= 15 else [t for t in ticks if t % 2 == 0]
    axes.set_xticks(shown, [f"{t}".replace("-", "−") for t in shown])
    axes.set_xlim(ticks[0] - 0.6, ticks[-1] + 0.6)
    hint = Text(
        "{unit}open: before; line: interval; band: all intervals together; diamond: reference",
        "{unit}open: ervoor; lijn: interval; band: alle intervallen samen; ruit: ijkpunt",
        unit=f"{unit}; " if unit else "",
    )
    heading = title or Text("Effect since the change", "Effect sinds de verandering").render(language)
    entitle(axes, heading, hint.render(language), _SINCE.render(language))
    return figure


def event_study_alt(study: EventStudy, language: Language = "en", *, unit: str = "") -> str:
    """The picture in words.

    Raises
    ------
    PlotError
        As :func:`event_study_plot`.

    Examples
    --------
    >>> from causalkpi.event_study import event_study
    >>> from causalkpi.panel import as_panel
    >>> from causalkpi.worlds.staggered import make_staggered
    >>> data = as_panel(make_staggered().sample(120, 24, rng=1), unit="unit", period="period")
    >>> study = event_study(data, "customer_kpis", "service_behaviour", leads=1, horizon=1, confirm=False)
    >>> event_study_alt(study, "nl")[:94]
    'Effect met interval, per periode sinds de verandering, met periode −1 als ijkpunt: −2: −0,03 ('
    """
    if not study.moments:
        raise PlotError(_NONE)
    to = Text("to", "tot").render(language)
    parts = []
    for m in study.moments:
        low, high = m.effect.interval
        value, *ends = (rounded(x, language, (high - low) / 2) for x in (m.effect.value, low, high))
        parts.append(f"{m.since}: {value} ({ends[0]} {to} {ends[1]})".replace("-", "−"))
    return Text(
        "Effect{unit} with interval, by period since the change, with period {reference} as reference: {parts}.",
        "Effect{unit} met interval, per periode sinds de verandering, met periode {reference} als ijkpunt: {parts}.",
        unit=Text(" in {unit}", " in {unit}", unit=unit) if unit else "",
        reference=str(study.reference).replace("-", "−"),
        parts="; ".join(parts),
    ).render(language)
