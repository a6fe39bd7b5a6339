"""How strong a hidden cause would have to be, as a map (Cinelli and Hazlett 2020)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..kpi_map.type import text_width
from ..language import Language, Text
from ..sensitivity import Benchmark, Sensitivity
from .ink import BLUE, FONT, ORANGE, SMALL, SOFT, PlotError, axes_of, entitle, figure_of, number, rounded, say

SIZE = (4.6, 3.9)  # inches, a hundred pixels of a page each
_NAMED, _FINE, _WIDEST = 3, 160, 0.95


def adjusted_value(sensitivity: Sensitivity, r2_treatment, r2_outcome):
    """The answer brought nearer zero, and past it, by a hidden cause of given strength.

    Parameters
    ----------
    sensitivity : Sensitivity
    r2_treatment, r2_outcome : float or ndarray
        Partial R2 of the hidden cause with treatment and outcome, 0 to 1.

    Examples
    --------
    >>> s = Sensitivity(0.1, 0.3, 0.2, -2.0, 0.5, 100.0, 0.4, 100.0)
    >>> float(adjusted_value(s, 0.2, 0.2)), float(adjusted_value(s, 0.0, 0.5))
    (-1.1055..., -2.0)
    """
    strength = np.sqrt(np.asarray(r2_outcome) * r2_treatment / (1 - np.asarray(r2_treatment)))
    bias = sensitivity.ols_error * math.sqrt(sensitivity.residual_df) * strength
    return sensitivity.value - math.copysign(1.0, sensitivity.value) * bias


def times(benchmark: Benchmark, k: float) -> tuple[float, float]:
    """Partial R2 with treatment and outcome of a hidden cause `k` times as strong as a benchmark.

    The benchmark's own partial R2 are recovered from what it says for one time, and Cinelli and Hazlett's bounds
    (2020, equations 19 and 20) taken from there. Not a number where no cause can be that strong.

    Examples
    --------
    >>> one = Benchmark((), 0.1, 0.2, 0.0, 0.0, (0.0, 0.0))
    >>> times(one, 1.0) == (0.1, 0.2), round(times(one, 2.0)[0], 3)
    (True, 0.2)
    """
    if k == 1:
        return benchmark.r2_treatment, benchmark.r2_outcome
    x = benchmark.r2_treatment / (1 + benchmark.r2_treatment)

    def factor(size: float) -> float:
        """How much larger the bound with the outcome is than the benchmark's own partial R2 (as odds)."""
        joint = size * x**2 / ((1 - size * x) * (1 - x)) if size * x < 1 else math.inf
        return (math.sqrt(size) + math.sqrt(joint)) ** 2 / (1 - joint) if joint < 1 else math.inf

    treatment, outcome = k * x / (1 - x), benchmark.r2_outcome * factor(k) / factor(1.0)
    return (treatment, outcome) if treatment < 1 and outcome < 1 else (math.nan, math.nan)


def _marks(sensitivity: Sensitivity) -> list[tuple[Benchmark, int, float, float]]:
    """The strongest benchmarks at once and twice their strength, where a hidden cause can be that strong."""
    found = [(b, k, *times(b, k)) for b in sensitivity.benchmarks[:_NAMED] for k in (1, 2)]
    return [mark for mark in found if mark[2] < 1 and mark[3] < 1]


def sensitivity_plot(
    sensitivity: Sensitivity,
    names: Callable[[str], str] = str,
    language: Language = "en",
) -> Figure:
    """The answer as it would be with a hidden cause, by the strength of that cause.

    Parameters
    ----------
    sensitivity : Sensitivity
    names : callable
        From a KPI's id to its name for the reader.
    language : {"en", "nl"}

    Raises
    ------
    PlotError
        If the sensitivity holds no numbers.
    """
    _require_numbers(sensitivity)
    marks, rv = _marks(sensitivity), sensitivity.robustness_value
    far = [1.6 * rv if rv < 0.6 else 0.0, 0.05]
    x_most = min(_WIDEST, max([*far, *(1.25 * x for _, _, x, _ in marks)]))
    y_most = min(_WIDEST, max([*far, *(1.25 * y for _, _, _, y in marks)]))
    figure = figure_of(*SIZE)
    axes = axes_of(figure, (0.125, 0.135, 0.84, 0.68), language)
    x, y = np.meshgrid(np.linspace(0, x_most, _FINE), np.linspace(0, y_most, _FINE))
    value = adjusted_value(sensitivity, x, y)
    levels, decimals = _levels(sensitivity.value, float(value.min()), float(value.max()))
    lines = axes.contour(x, y, value, levels=levels, colors=SOFT, linewidths=0.7, linestyles="solid")
    axes.clabel(lines, fontsize=SMALL - 0.5, inline_spacing=3, fmt=lambda v: number(v, decimals, language))
    for label in lines.labelTexts:
        label.set_fontfamily(FONT)
    if value.min() < 0 < value.max():
        zero = axes.contour(x, y, value, levels=[0.0], colors=ORANGE, linewidths=2.0, linestyles="dashed")
        axes.clabel(zero, fontsize=SMALL, fmt=lambda _: "0", inline_spacing=3)
    _name_marks(axes, marks, names, language, x_most, y_most)
    axes.set_xlim(0, x_most)
    axes.set_ylim(0, y_most)
    entitle(axes, Text("How strong would a hidden cause have to be?", "Hoe sterk moet een verborgen oorzaak zijn?")
            .render(language), _hint(sensitivity, language),
            Text("partial R² of the hidden cause with the treatment", "partiële R² van de verborgen oorzaak met de "
                 "behandeling").render(language),
            Text("partial R² with the outcome", "partiële R² met de uitkomst").render(language))  # fmt: skip
    return figure


def _levels(value: float, low: float, high: float) -> tuple[list[float], int]:
    """Round numbers between the answer and zero and as far beyond, and the decimals that they need."""
    ticks = MaxNLocator(nbins=4, steps=[1, 2, 5, 10]).tick_values(0.0, abs(value))
    step = float(ticks[1] - ticks[0])
    found = [math.copysign(step, value) * k for k in range(-6, 7) if k]
    # the line nearest the answer hugs the axes, where nobody can read it
    found = [v for v in found if low < v < high and abs(v) <= 1.5 * abs(value) and v / value < 0.95]
    return sorted(found) or [value / 2], max(0, -math.floor(math.log10(step) + 1e-9))


def _require_numbers(sensitivity: Sensitivity) -> None:
    needed = (sensitivity.value, sensitivity.ols_error, sensitivity.residual_df, sensitivity.robustness_value)
    if not all(map(math.isfinite, needed)) or not sensitivity.value:
        none = Text("There is no sensitivity to draw.", "Er is geen gevoeligheid te tekenen.")
        raise PlotError(sensitivity.why or none)


def _hint(sensitivity: Sensitivity, language: Language) -> str:
    return Text(
        "lines: what is left of {value}; diamonds (filled: as strong as the KPI, open: twice) should stay below "
        "the orange line",
        "lijnen: wat resteert van {value}; ruiten (dicht: zo sterk als de KPI, open: twee keer) horen onder de "
        "oranje lijn te liggen",
        value=rounded(sensitivity.value, language, sensitivity.std_error),
    ).render(language)  # fmt: skip


def _kpis(benchmark: Benchmark) -> tuple[str, ...]:
    return tuple(dict.fromkeys(benchmark.kpis))


def _name_marks(axes, marks, names: Callable[[str], str], language: Language, x_most: float, y_most: float) -> None:
    """Diamonds, filled and open, joined, with the KPI's name at the last; names moved up where they would collide."""
    points_x, points_y = 72 * SIZE[0] * 0.84 / x_most, 72 * SIZE[1] * 0.68 / y_most
    taken = [(x * points_x - 4, y * points_y - 4, x * points_x + 4, y * points_y + 4) for _, _, x, y in marks]
    for benchmark in dict.fromkeys(mark[0] for mark in marks):
        places = [(x, y) for one, _, x, y in marks if one is benchmark]
        axes.plot(*zip(*places, strict=True), color=BLUE, lw=0.8, zorder=4)
        for (x, y), face in zip(places, (BLUE, "#ffffff"), strict=False):
            axes.plot([x], [y], marker="D", ms=4.5, mfc=face, mec=BLUE, mew=1.0, zorder=5, clip_on=False)
        name = Text("{kpis}", "{kpis}", kpis=_kpis(benchmark)).render(language, names)
        name = name if len(name) <= 40 else name[:39] + "…"
        wide, (x, y) = text_width(name, SMALL), places[-1]
        at, high = x * points_x, y * points_y
        left = at + 7 + wide > x_most * points_x and at - 7 - wide > 0
        start = at - 7 - wide if left else at + 7
        heights = [max(6.0, high + 10 * up) for up in (0, 1, -1, 2, 3, 4, 5, 6)]
        boxes = [(start, middle - 5, start + wide, middle + 5) for middle in heights]
        box = next((box for box in boxes if not any(_overlap(box, other) for other in taken)), boxes[0])
        taken.append(box)
        end = (at - 6 if left else at + 6) / points_x, (box[1] + 5) / points_y
        if abs(end[1] - y) * points_y > 12:
            axes.plot((x, end[0]), (y, end[1]), color=SOFT, lw=0.5, zorder=3)
        say(axes, *end, name, zorder=6, ha="right" if left else "left",
            bbox={"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.4})  # fmt: skip


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def sensitivity_alt(
    sensitivity: Sensitivity, names: Callable[[str], str] = str, language: Language = "en", unit: str = ""
) -> str:
    """The picture in words.

    Raises
    ------
    PlotError
        As :func:`sensitivity_plot`.
    """
    _require_numbers(sensitivity)
    said = [Text(
        "The estimate of {value}{unit}, as it would be with a hidden cause: one that explains {rv:.1%} of what is left "
        "of both treatment and outcome takes it to zero.",
        "De schatting van {value}{unit}, zoals die zou zijn bij een verborgen oorzaak: verklaart die {rv:.1%} van wat "
        "resteert van zowel behandeling als uitkomst, dan blijft er niets van over.",
        value=rounded(sensitivity.value, language, sensitivity.std_error), unit=f" ({unit})" if unit else "",
            rv=sensitivity.robustness_value,
    )]  # fmt: skip
    templates = {
        1: ("As strong as {kpis}: {left} is left.", "Zo sterk als {kpis}: dan resteert {left}."),
        2: ("Twice as strong as {kpis}: {left} is left.", "Twee keer zo sterk als {kpis}: dan resteert {left}."),
    }
    for benchmark, k, x, y in _marks(sensitivity):
        left = rounded(float(adjusted_value(sensitivity, x, y)), language, sensitivity.std_error)
        said.append(Text(*templates[k], kpis=_kpis(benchmark), left=left))
    return Text.join(said).render(language, names)
