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
from .ink import BLUE, INK, ORANGE, SMALL, SOFT, PlotError, axes_of, entitle, figure_of, number, rounded, say

SIZE = (5.4, 4.5)  # inches, a hundred pixels of a page each
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
    unit: str = "",
) -> Figure:
    """The answer as it would be with a hidden cause, by the strength of that cause.

    Parameters
    ----------
    sensitivity : Sensitivity
    names : callable
        From a KPI's id to its name for the reader.
    language : {"en", "nl"}
    unit : str
        Of the answer.

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
    axes = axes_of(figure, (0.115, 0.125, 0.85, 0.70), language)
    x, y = np.meshgrid(np.linspace(0, x_most, _FINE), np.linspace(0, y_most, _FINE))
    value = adjusted_value(sensitivity, x, y)
    levels = MaxNLocator(nbins=7, steps=[1, 2, 5, 10]).tick_values(float(value.min()), float(value.max()))
    levels = [level for level in levels if value.min() < level < value.max() and abs(level) > 1e-12 * abs(sensitivity.value)]
    step = float(np.diff(levels).min()) if len(levels) > 1 else abs(sensitivity.value)
    lines = axes.contour(x, y, value, levels=levels or [sensitivity.value / 2], colors=SOFT, linewidths=0.7,
                         linestyles="solid")  # fmt: skip
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    axes.clabel(lines, fontsize=SMALL - 0.5, inline_spacing=3, fmt=lambda v: number(v, decimals, language))
    for label in lines.labelTexts:
        label.set_fontfamily("DejaVu Sans")
    if value.min() < 0 < value.max():
        zero = axes.contour(x, y, value, levels=[0.0], colors=ORANGE, linewidths=2.0, linestyles="dashed")
        axes.clabel(zero, fontsize=SMALL, fmt=lambda _: "0", inline_spacing=3)
    _name_marks(axes, marks, names, language, x_most, y_most)
    axes.set_xlim(0, x_most)
    axes.set_ylim(0, y_most)
    entitle(axes, Text("How strong would a hidden cause have to be?", "Hoe sterk moet een verborgen oorzaak zijn?")
            .render(language), _hint(sensitivity, language, unit),
            Text("partial R² of the hidden cause with the treatment", "partiële R² van de verborgen oorzaak met de "
                 "behandeling").render(language),
            Text("partial R² with the outcome", "partiële R² met de uitkomst").render(language))  # fmt: skip
    return figure


def _require_numbers(sensitivity: Sensitivity) -> None:
    needed = (sensitivity.value, sensitivity.ols_error, sensitivity.residual_df, sensitivity.robustness_value)
    if not all(map(math.isfinite, needed)) or not sensitivity.value:
        raise PlotError(sensitivity.why or Text("There is no sensitivity to draw.", "Er is geen gevoeligheid te tekenen."))


def _hint(sensitivity: Sensitivity, language: Language, unit: str) -> str:
    unit = f" {unit}" if unit else ""
    return Text(
        "Each line is the estimate ({value}{unit} in the corner) that would be left. Diamonds right of or above the "
        "orange line (zero) would undo it.",
        "Elke lijn is de schatting die zou overblijven (linksonder {value}{unit}). Een ruit voorbij de oranje lijn (nul) "
        "doet het effect teniet.",
        value=rounded(sensitivity.value, language), unit=unit,
    ).render(language)  # fmt: skip


def _name_marks(axes, marks, names: Callable[[str], str], language: Language, x_most: float, y_most: float) -> None:
    """Diamonds with names, on the side where there is room, moved down where names would collide."""
    points_x, points_y = 72 * SIZE[0] * 0.85 / x_most, 72 * SIZE[1] * 0.70 / y_most
    taken: list[tuple[float, float, float, float]] = []
    for benchmark, k, x, y in marks:
        axes.plot([x], [y], marker="D", ms=5, color=BLUE, mew=0, zorder=5, clip_on=False)
        name = Text(f"{k}× {{kpis}}", f"{k}× {{kpis}}", kpis=tuple(dict.fromkeys(benchmark.kpis))).render(language, names)
        name = name if len(name) <= 44 else name[:43] + "…"
        wide = 0.9 * text_width(name, SMALL)
        left = x * points_x + 6 + wide > x_most * points_x and x * points_x - 6 - wide > 0
        start = x * points_x - 6 - wide if left else x * points_x + 6
        for shift in (0, 1, -1, 2, -2, 3, -3):
            middle = y * points_y + 10 * shift
            box = (start, middle - 5, start + wide, middle + 5)
            if middle > 5 and not any(a[0] < box[2] and box[0] < a[2] and a[1] < box[3] and box[1] < a[3] for a in taken):
                break
        taken += [box, (x * points_x - 4, y * points_y - 4, x * points_x + 4, y * points_y + 4)]
        say(axes, start / points_x, (box[1] + 5) / points_y, name, color=INK, zorder=6,
            bbox={"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.6})  # fmt: skip


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
    said = [
        Text(
            "The estimate of {value}{unit}, as it would be with a hidden cause: one that explains {rv:.1%} of what is "
            "left of both treatment and outcome takes it to zero.",
            "De schatting van {value}{unit}, zoals die zou zijn bij een verborgen oorzaak: verklaart die {rv:.1%} van wat "
            "resteert van zowel behandeling als uitkomst, dan blijft er niets van over.",
            value=rounded(sensitivity.value, language), unit=f" {unit}" if unit else "", rv=sensitivity.robustness_value,
        )
    ]  # fmt: skip
    said += [
        Text(
            "As strong as {k} times {kpis}: {left} left.", "Zo sterk als {k} keer {kpis}: dan resteert {left}.",
            k=k, kpis=tuple(dict.fromkeys(b.kpis)), left=rounded(float(adjusted_value(sensitivity, x, y)), language),
        )
        for b, k, x, y in _marks(sensitivity)
    ]  # fmt: skip
    return Text.join(said).render(language, names)
