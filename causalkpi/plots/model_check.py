"""Six pictures of one adjusted regression, each with what to look for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..estimators.result import Regression
from ..kpi_map.type import wrapped
from ..language import Language, Text
from . import curves
from .check_numbers import GROUP, Check, check_of
from .ink import BAND, BLUE, INK, ORANGE, PALE_BLUE, SMALL, SOFT, axes_of, entitle, figure_of, rounded, say, signed

SIZE = (9.6, 6.4)  # inches, a hundred pixels of a page each
_POINTS, _BARS, _HIGH = 250, 7, 10.0
_BLUES = LinearSegmentedColormap.from_list("blues", ["#dfe9f3", BLUE], N=8)


def model_check_panel(regression: Regression, language: Language = "en") -> Figure:
    """Six pictures of one adjusted regression: is it a fair summary of the rows it was fitted to?

    Predicted and seen distribution; the added-variable plot; spread against fitted value; the answer with each unit
    left out; variance inflation; detrended normal quantiles. Large samples are thinned, never at random. Where rows
    are customers, groups of ten or more are drawn instead.

    Parameters
    ----------
    regression : Regression
    language : {"en", "nl"}

    Raises
    ------
    PlotError
        If there are too few rows, or nothing is left unexplained.

    References
    ----------
    Gelman et al. (2020), Bayesian workflow, section 6; Belsley, Kuh and Welsch (1980); van Buuren and Fredriks (2001).
    """
    check = check_of(regression, language)
    figure = figure_of(*SIZE)
    panels: tuple[Callable[[Axes, Check, Language], None], ...] = (
        _distribution, _straightness, _spread, _left_out, _inflation, _normality,
    )  # fmt: skip
    for i, panel in enumerate(panels):
        row, column = divmod(i, 3)
        panel(axes_of(figure, (0.068 + 0.328 * column, 0.58 - 0.495 * row, 0.25, 0.305), language), check, language)
    return figure


def _words(language: Language, en: str, nl: str, **parts) -> str:
    return Text(en, nl, **parts).render(language)


def _distribution(axes: Axes, check: Check, language: Language) -> None:
    grid, seen, low, high = curves.predicted_density(check.y, check.fitted, check.sigma)
    if check.private:  # the tails of a density show who is in them
        inside = (grid >= np.quantile(check.y, 0.02)) & (grid <= np.quantile(check.y, 0.98))
        grid, seen, low, high = (values[inside] for values in (grid, seen, low, high))
    axes.fill_between(grid, low, high, color=BAND, lw=0)
    axes.plot(grid, seen, color=BLUE, lw=1.6)
    axes.set_ylim(0, None)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    entitle(axes, _words(language, "Predicted distribution", "Voorspelde verdeling"),
            _words(language, "the blue line (observed) should lie in the grey band (model)",
                   "de blauwe lijn (waargenomen) hoort in de grijze band (model) te liggen"), check.outcome)  # fmt: skip


def _cloud(axes: Axes, x: np.ndarray, y: np.ndarray, private: bool) -> None:
    """Points, or where rows are people hexagons of ten or more; the axes leave the outermost thousandths out."""
    (x1, x2), (y1, y2) = (np.quantile(v, [0.002, 0.998]) if not private else np.quantile(v, [0.02, 0.98]) for v in (x, y))
    if private:
        axes.hexbin(x, y, gridsize=16, extent=(x1, x2, y1, y2), mincnt=GROUP, cmap=_BLUES, linewidths=0)
    else:
        chosen = curves.thin(x, _POINTS)
        axes.plot(x[chosen], y[chosen], "o", ms=2.0, color=PALE_BLUE, mew=0)
    axes.set_xlim(x1 - 0.04 * (x2 - x1), x2 + 0.04 * (x2 - x1))
    axes.set_ylim(y1 - 0.06 * (y2 - y1), y2 + 0.06 * (y2 - y1))


def _straightness(axes: Axes, check: Check, language: Language) -> None:
    _cloud(axes, check.x_left, check.y_left, check.private)
    grid, line = curves.smooth(check.x_left, check.y_left)
    axes.plot(grid, check.slope * grid, color=BLUE, lw=1.4)
    axes.plot(grid, line, color=ORANGE, lw=1.6)
    entitle(axes, _words(language, "Linearity", "Lineariteit"),
            _words(language, "after adjustment: the orange line (averages) should follow the blue one (model)",
                   "na correctie: de oranje lijn (gemiddelden) hoort de blauwe (model) te volgen"),
            check.treatment, check.outcome)  # fmt: skip


def _spread(axes: Axes, check: Check, language: Language) -> None:
    size = np.sqrt(np.abs(check.residual) / check.sigma)
    _cloud(axes, check.fitted, size, check.private)
    axes.plot(*curves.smooth(check.fitted, size), color=ORANGE, lw=1.6)
    axes.set_ylim(0, None)
    entitle(axes, _words(language, "Even spread", "Gelijke spreiding"),
            _words(language, "the orange line should be flat", "de oranje lijn hoort vlak te lopen"),
            _words(language, "{kpi}, fitted", "{kpi}, volgens het model", kpi=check.outcome),
            _words(language, "root of scaled residual", "wortel van geschaald residu"))  # fmt: skip


def _left_out(axes: Axes, check: Check, language: Language) -> None:
    low, high = check.band
    values, at = check.left_out, np.arange(len(check.left_out))
    axes.axhspan(low, high, color=BAND, lw=0)
    axes.axhline(0, color=SOFT, lw=0.8, ls=(0, (2, 2)))
    axes.axhline(check.value, color=BLUE, lw=1.0)
    chosen = curves.thin(at.astype(float), _POINTS)
    out = (values[chosen] < low) | (values[chosen] > high)
    for which, colour in ((~out, BLUE), (out, ORANGE)):
        axes.plot(at[chosen][which], values[chosen][which], "o", ms=2.0, color=colour, mew=0)
    axes.set_xticks([])
    reach = [low, high, 0.0, *values[[0, -1]]]
    axes.set_ylim(min(reach) - 0.06 * np.ptp(reach), max(reach) + 0.06 * np.ptp(reach))
    x = _words(language, "units in groups of ten, in order", "eenheden in groepen van tien, op volgorde")
    if check.most:
        x = _words(language, "units in order; most influence: {unit}", "eenheden op volgorde; meeste invloed: {unit}",
                   unit=check.most)  # fmt: skip
    entitle(axes, _words(language, "One unit left out at a time", "Telkens één eenheid weggelaten"),
            _words(language, "estimate for {c}: all dots should lie in the grey band, on one side of zero",
                   "schatting bij {c}: alle punten horen in de grijze band te liggen, aan één kant van nul",
                   c=signed(check.contrast, language)), x)  # fmt: skip


def _inflation(axes: Axes, check: Check, language: Language) -> None:
    """Bars with the names above them, the treatment's in blue: only its own inflation widens the interval."""
    bars = check.bars[: _BARS if len(check.bars) <= _BARS else _BARS - 1]
    top = max(_HIGH * 1.15, *(min(v, 4 * _HIGH) for _, v in bars))
    for i, (name, value) in enumerate(bars):
        colour = (ORANGE if value > _HIGH else BLUE) if i == 0 else PALE_BLUE
        axes.barh(-i - 0.22, min(value, top), height=0.36, color=colour, lw=0)
        say(axes, top * 0.012, -i + 0.22, wrapped(name, 170.0, SMALL, 1)[0], color=INK if i == 0 else SOFT)
        say(axes, min(value, top * 0.9) + top * 0.02, -i - 0.22, rounded(value, language, 1.0), color=SOFT)
    left = len(check.bars) - len(bars)
    if left:
        said = _words(language, "and {n} more, at most {v}", "en nog {n}, ten hoogste {v}", n=left,
                      v=rounded(max(v for _, v in check.bars[-left:]), language, 1.0))  # fmt: skip
        say(axes, top * 0.012, -len(bars) + 0.1, said, color=SOFT)
    axes.axvline(_HIGH, color=SOFT, lw=0.8, ls=(0, (2, 2)))
    axes.set_xlim(0, top)
    axes.set_ylim(-max(len(check.bars), 3) + 0.35, 0.6)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    entitle(axes, _words(language, "Overlap between KPIs (VIF)", "Samenhang tussen KPI's (VIF)"),
            _words(language, "the blue bar should stay left of the line: it alone widens the interval",
                   "de blauwe staaf hoort links van de lijn te blijven: alleen die verbreedt het interval"),
            _words(language, "variance inflation", "variantie-inflatie"))  # fmt: skip


def _normality(axes: Axes, check: Check, language: Language) -> None:
    normal, gap, half = curves.worm(check.residual, 120, GROUP if check.private else 1)
    axes.fill_between(normal, -half, half, color=BAND, lw=0)
    axes.axhline(0, color=SOFT, lw=0.8, ls=(0, (2, 2)))
    out = np.abs(gap) > half
    for which, colour in ((~out, BLUE), (out, ORANGE)):
        axes.plot(normal[which], gap[which], "o", ms=2.0, color=colour, mew=0)
    reach = max(0.5, 1.1 * float(np.abs(gap).max()), 1.1 * float(np.median(half)))
    axes.set_ylim(-reach, reach)
    entitle(axes, _words(language, "Normality of the residuals", "Normaliteit van de residuen"),
            _words(language, "dots should lie in the grey band; in large samples it matters little",
                   "punten horen in de grijze band te liggen; bij veel rijen doet het er weinig toe"),
            _words(language, "normal quantile", "normaal kwantiel"),
            _words(language, "departure, standard deviations", "afwijking, standaarddeviaties"))  # fmt: skip


def model_check_alt(regression: Regression, language: Language = "en") -> str:
    """The six pictures in words, with what can be told by counting.

    Raises
    ------
    PlotError
        As :func:`model_check_panel`.
    """
    check = check_of(regression, language)
    grid, seen, low, high = curves.predicted_density(check.y, check.fitted, check.sigma)
    at, line = curves.smooth(check.x_left, check.y_left)
    _, gap, half = curves.worm(check.residual, 120, GROUP if check.private else 1)
    _, spread = curves.smooth(check.fitted, np.sqrt(np.abs(check.residual) / check.sigma))
    outside = int(((check.left_out < check.band[0]) | (check.left_out > check.band[1])).sum())
    likely = seen > 0.05 * seen.max()
    return _words(
        language,
        "Six pictures of the regression of {y} on {x}. The observed distribution lies in the model's band at {a:.0%} of "
        "the points; the averages depart from the fitted line by at most {b} residual standard deviations; the spread "
        "goes from {c} to {d} along the fitted values; {e} of {f} dots fall outside the interval when a unit is left "
        "out; the variance inflation of {x} is {g}; {h:.0%} of the residual quantiles lie in the normal band.",
        "Zes figuren bij de regressie van {y} op {x}. De waargenomen verdeling ligt op {a:.0%} van de punten in de band "
        "van het model; de gemiddelden wijken ten hoogste {b} residuele standaarddeviaties af van de geschatte lijn; de "
        "spreiding loopt langs de modelwaarden van {c} naar {d}; bij het weglaten van een eenheid vallen {e} van de {f} "
        "punten buiten het interval; de variantie-inflatie van {x} is {g}; van de kwantielen van de residuen ligt "
        "{h:.0%} in de normale band.",
        x=check.treatment, y=check.outcome,
        a=float(((seen >= low) & (seen <= high))[likely].mean()),
        b=rounded(float(np.abs(line - check.slope * at).max()) / check.sigma, language),
        c=rounded(float(spread[0]) ** 2, language, 0.5), d=rounded(float(spread[-1]) ** 2, language, 0.5),
        e=outside, f=len(check.left_out), g=rounded(check.bars[0][1], language, 1.0),
        h=float((np.abs(gap) <= half).mean()),
    )  # fmt: skip
