"""Figures without pyplot and without global settings: ink, axes, ticks in the reader's language, and PNG bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, MaxNLocator
from PIL import Image

from ..errors import CausalKPIError
from ..kpi_map.type import wrapped
from ..language import Language, Text

INK, SOFT, BAND = "#1d2733", "#56616e", "#dfe4ea"
BLUE, PALE_BLUE, ORANGE, RED = "#1f5a96", "#9dbad8", "#b85a00", "#a3231a"
FONT, TITLE, SMALL = "DejaVu Sans", 9.5, 7.5  # matplotlib brings this typeface itself, so it is there everywhere
# what a PNG keeps: the inks and, for smooth edges, a step or two between them and white
_PALETTE = ("#ffffff", BAND, "#a9b0b8", "#6a737e", INK, BLUE, PALE_BLUE, "#d3e0ed", ORANGE, "#dfb48a")
_COLOUR_COUNTS = 4.0  # a difference in colour, against one in lightness: grey stays grey, blue stays blue


class PlotError(CausalKPIError):
    """A figure that cannot be drawn; the report says why in its place.

    Parameters
    ----------
    reason : Text
    """

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(str(reason))


def figure_of(width: float, height: float) -> Figure:
    """An empty white figure of so many inches; a hundred pixels of a page to the inch."""
    figure = Figure(figsize=(width, height), dpi=100, facecolor="#ffffff", edgecolor="none", frameon=True)
    FigureCanvasAgg(figure)
    return figure


def axes_of(figure: Figure, place: tuple[float, float, float, float], language: Language) -> Axes:
    """Axes with two sides, few ticks and numbers as the reader writes them.

    Parameters
    ----------
    figure : Figure
    place : tuple of float
        Left, bottom, width and height, as shares of the figure.
    language : {"en", "nl"}
    """
    axes = figure.add_axes(place, facecolor="none", autoscale_on=True)
    axes.grid(False)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(SOFT)
        spine.set_linewidth(0.7)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(Ticks(language))
        axis.set_tick_params(width=0.7, length=2.5, color=SOFT, labelcolor=SOFT, labelsize=SMALL, pad=2,
                             labelfontfamily=FONT)  # fmt: skip
    return axes


def entitle(axes: Axes, title: str, hint: str, x: str = "", y: str = "") -> None:
    """A title, what to look for, and what the axes are; texts too long for their room are broken or cut."""
    box = axes.get_position()
    size = axes.figure.get_size_inches()  # type: ignore[union-attr]
    wide, high = 72 * size[0] * box.width, 72 * size[1] * box.height
    hints = wrapped(hint, wide, SMALL, 2) + [""]
    say: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "fontfamily": FONT}
    axes.annotate("\n".join(hints[:2]), (0, 1), (0, 6), va="bottom", fontsize=SMALL, color=SOFT, linespacing=1.25, **say)
    lift = 9 + 2.8 * SMALL
    axes.annotate(title, (0, 1), (0, lift), va="bottom", fontsize=TITLE, color=INK, fontweight="bold", **say)
    for set_label, text, room, lines in ((axes.set_xlabel, x, wide, 2), (axes.set_ylabel, y, high, 1)):
        set_label("\n".join(wrapped(text, room, SMALL, lines)), fontsize=SMALL, color=SOFT, fontfamily=FONT, labelpad=3)


def say(axes: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """Small type at a place in the data."""
    settings = {"fontsize": SMALL, "color": INK, "fontfamily": FONT, "va": "center"} | options
    axes.text(x, y, text, **settings)


def number(value: float, decimals: int, language: Language) -> str:
    """A number as the reader writes it, with a real minus sign.

    Examples
    --------
    >>> number(-1234.5, 1, "nl")
    '−1.234,5'
    """
    template = f"{{value:,.{decimals}f}}"
    text = Text(template, template, value=round(value, decimals) + 0.0).render(language)
    return text.replace("-", "\N{MINUS SIGN}")


def rounded(value: float, language: Language, spread: float = math.nan) -> str:
    """A number with two significant digits of its spread, or of itself.

    Examples
    --------
    >>> rounded(0.03217, "nl", 0.004), rounded(0.0, "en")
    ('0,0322', '0')
    """
    size = abs(spread) if math.isfinite(spread) and spread else abs(value)
    decimals = max(0, min(8, 1 - math.floor(math.log10(size)))) if size > 0 else 0
    return number(value, decimals, language)


def signed(value: float, language: Language) -> str:
    """A change as it was asked, with its sign and no more digits than it has.

    Examples
    --------
    >>> signed(0.1, "nl"), signed(-2.0, "en")
    ('+0,1', '−2')
    """
    decimals = next((d for d in range(9) if round(value, d) == value), 9)
    return "+" * (value > 0) + number(value, decimals, language)


class Ticks(Formatter):
    """Numbers along an axis, all with as many decimals as their step needs; millions as such."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, x: float, pos: int | None = None) -> str:
        """One number by itself."""
        return rounded(x, self.language)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """All numbers of an axis together.

        Examples
        --------
        >>> Ticks("nl").format_ticks([0.0, 0.25, 0.5]), Ticks("en").format_ticks([0, 2e6])
        (['0,00', '0,25', '0,50'], ['0 m', '2 m'])
        """
        ticks = np.asarray(values, float)
        if not len(ticks):
            return []
        millions = np.abs(ticks).max() >= 1e6
        ticks = ticks / 1e6 if millions else ticks
        step = float(np.abs(np.diff(ticks)).min()) if len(ticks) > 1 else float(np.abs(ticks).max()) or 1.0
        decimals = next((d for d in range(9) if np.abs(ticks - np.round(ticks, d)).max() < 1e-3 * step), 9)
        word = Text(" m", " mln").render(self.language) if millions else ""
        return [number(tick, decimals, self.language) + word for tick in ticks.tolist()]


def to_png(figure: Figure, width_px: int) -> bytes:
    """A figure as a small PNG: few colours, and nothing in it but the picture.

    Parameters
    ----------
    figure : Figure
    width_px : int
        Twice the width that the page gives it, for sharp type on dense screens.

    Returns
    -------
    bytes
        The same for the same figure.
    """
    figure.set_dpi(width_px / figure.get_size_inches()[0])
    renderer = _WholePixels(float(figure.bbox.width), float(figure.bbox.height), figure.dpi)
    figure.draw(renderer)
    pixels = np.asarray(renderer.buffer_rgba())[..., :3] >> 3
    image = Image.fromarray(_nearest_inks()[pixels[..., 0], pixels[..., 1], pixels[..., 2]], "P")
    image.putpalette(bytes(c for ink in _PALETTE for c in _rgb(ink)))
    out = io.BytesIO()
    image.save(out, "PNG", bits=8, compress_level=9)  # whole bytes: pixels packed in halves compress worse
    return out.getvalue()


def _rgb(ink: str) -> list[int]:
    return [int(ink[i : i + 2], 16) for i in (1, 3, 5)]


@cache
def _nearest_inks() -> np.ndarray:
    """The nearest ink of the palette to every colour of five bits a channel, shape (32, 32, 32)."""
    c = _COLOUR_COUNTS / 2
    lightness_and_colour = np.array([[0.3, 0.6, 0.1], [-c, 0.0, c], [c, -c, 0.0]]).T
    cube = (np.indices((32, 32, 32)).reshape(3, -1).T * 255 / 31) @ lightness_and_colour
    inks = np.array([_rgb(ink) for ink in _PALETTE]) @ lightness_and_colour
    away = ((cube[:, None] - inks) ** 2).sum(axis=2)
    return away.argmin(axis=1).astype(np.uint8).reshape(32, 32, 32)


class _WholePixels(RendererAgg):
    """Puts texts on whole pixels: the same letters are then the same dots, which compress better."""

    def draw_text(self, gc: Any, x: float, y: float, *rest: Any, **options: Any) -> None:
        super().draw_text(gc, round(x), round(y), *rest, **options)
