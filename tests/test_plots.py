"""The figures: numbers against closed forms and other libraries, the same bytes every time, nobody singled out."""

from __future__ import annotations

import io
import math
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Text as Type
from PIL import Image
from scipy import stats
from statsmodels.nonparametric.kde import KDEUnivariate
from statsmodels.stats.outliers_influence import variance_inflation_factor

from causalkpi import KPI, KPIGraph, Link, Study
from causalkpi.estimators.result import Regression
from causalkpi.language import Language, Name
from causalkpi.plots import (
    PlotError,
    Row,
    adjusted_value,
    chain_plot,
    curves,
    forest_alt,
    forest_plot,
    model_check_alt,
    model_check_panel,
    over_time_plot,
    paths_plot,
    profile_alt,
    profile_plot,
    rows_of,
    sensitivity_alt,
    sensitivity_plot,
    to_png,
)
from causalkpi.plots.check_numbers import check_of
from causalkpi.plots.ink import Ticks
from causalkpi.plots.sensitivity import times
from causalkpi.question import Question
from causalkpi.sensitivity import Benchmark, Sensitivity


def regression_of(level: str = "unit", n: int = 900, curved: float = 0.0, seed: int = 1) -> Regression:
    """Loyalty -> spend with one confounder, a row a unit; the slope is 2."""
    return study_of(level, n, curved, seed).answer(Question("loyalty", "spend")).regressions[0]  # type: ignore[union-attr]


def study_of(level: str = "unit", n: int = 900, curved: float = 0.0, seed: int = 1) -> Study:
    """The study behind it."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"market": rng.normal(size=n)})
    data["loyalty"] = data.market + rng.normal(size=n)
    data["spend"] = 2 * data.loyalty + curved * data.loyalty**2 + data.market + rng.normal(size=n)
    names = [("market", "markt"), ("loyalty", "loyaliteit"), ("spend", "besteding")]
    graph = KPIGraph(
        tuple(KPI(en, nl=nl, level=level) for en, nl in names),  # type: ignore[arg-type]
        (Link("market", "loyalty"), Link("market", "spend"), Link("loyalty", "spend")),
    )
    return Study(graph, data)


@pytest.fixture(scope="module")
def regression() -> Regression:
    return regression_of()


def sensitivity_of(
    value: float, ols_error: float = 0.4, df: float = 400.0, *r2: tuple[str, float, float]
) -> Sensitivity:
    t = abs(value / ols_error)
    f2 = t * t / df
    robustness = 0.5 * (math.sqrt(f2 * f2 + 4 * f2) - f2)
    marks = tuple(Benchmark((Name(kpi, -1),), x, y, 0.0, 0.0, (0.0, 0.0)) for kpi, x, y in r2)
    return Sensitivity(f2 / (1 + f2), robustness, 0.0, value, ols_error, 99.0, ols_error, df, marks)


def texts(figure: Figure) -> list[str]:
    figure.canvas.draw()
    return [one.get_text() for one in figure.findobj(Type) if one.get_visible() and one.get_text()]  # type: ignore[attr-defined]


# Numbers


def test_the_density_is_that_of_statsmodels():
    x = np.random.default_rng(0).normal(size=2000)
    kde = KDEUnivariate(x)
    kde.fit(bw=0.2, fft=False)
    grid = np.linspace(-3, 3, 25)
    # binning shares each value between neighbours 1/60 of a bandwidth apart
    assert curves.mixture(grid, x, 0.2) == pytest.approx(kde.evaluate(grid), abs=1e-4)


def test_a_normal_sample_lies_in_the_models_band_and_a_skewed_one_does_not():
    rng = np.random.default_rng(2)
    fitted = rng.normal(size=3000)
    _, seen, low, high = curves.predicted_density(fitted + rng.normal(size=3000), fitted, 1.0)
    assert ((seen >= low) & (seen <= high))[seen > 0.05 * seen.max()].mean() > 0.85
    _, seen, low, high = curves.predicted_density(fitted + rng.exponential(size=3000) ** 2 - 2, fitted, math.sqrt(20))
    assert ((seen >= low) & (seen <= high))[seen > 0.05 * seen.max()].mean() < 0.5


def test_the_smooth_line_finds_a_bend():
    x = np.random.default_rng(3).uniform(-1, 1, 4000)
    at, line = curves.smooth(x, x**2)
    middle = np.abs(at) < 0.6
    assert line[middle] == pytest.approx(at[middle] ** 2, abs=0.06)  # bias of a local line: h^2 (x^2)''/2, h = 0.35 sd


def test_inflation_is_that_of_statsmodels():
    x = np.random.default_rng(4).normal(size=(200, 3)) @ [[1, 0.5, 0], [0, 1, 0.9], [0, 0, 0.3]]
    exog = np.column_stack([np.ones(200), x])
    assert curves.inflation(x) == pytest.approx([variance_inflation_factor(exog, i) for i in (1, 2, 3)], rel=1e-9)


def test_normal_residuals_stay_in_the_worms_band_and_heavy_tails_leave_it():
    rng = np.random.default_rng(5)
    _, gap, half = curves.worm(rng.normal(size=4000), 120)
    assert (np.abs(gap) <= half).mean() > 0.9
    _, gap, half = curves.worm(rng.standard_t(2, size=4000), 120)
    assert (np.abs(gap) <= half).mean() < 0.5


def test_many_points_are_thinned_without_chance_whatever_their_order():
    x = np.random.default_rng(6).normal(size=5000)
    chosen = x[curves.thin(x, 250)]
    assert len(chosen) == 250 and chosen.min() == x.min() and chosen.max() == x.max()
    assert np.array_equal(chosen, x[::-1][curves.thin(x[::-1], 250)])


def test_the_added_variable_plot_has_the_regressions_slope(regression):
    check = check_of(regression, "en")
    assert check.slope == pytest.approx(float(regression.whole.slopes[0]), rel=1e-9)
    fit = regression.whole.results
    assert check.sigma == pytest.approx(math.sqrt(fit.mse_resid), rel=1e-9)
    assert check.residual == pytest.approx(fit.resid.to_numpy(), abs=1e-9)
    assert check.value == pytest.approx(float(regression.best.slopes[0]))
    assert check.band[0] < 2 < check.band[1]


# Sensitivity


@pytest.mark.parametrize("value", [3.0, -3.0])
def test_at_the_robustness_value_nothing_is_left_whatever_the_sign(value):
    s = sensitivity_of(value)
    assert float(adjusted_value(s, s.robustness_value, s.robustness_value)) == pytest.approx(0, abs=1e-9)
    weak = float(adjusted_value(s, 0.01, 0.01))
    assert 0 < weak / value < 1, "nearer zero, not further away"


def test_the_bias_is_that_of_an_omitted_variable():
    """The formula against the regression it speaks of: leave a confounder out and look (Cinelli and Hazlett, eq. 9)."""
    rng = np.random.default_rng(7)
    n = 500
    z = rng.normal(size=n)
    x = z + rng.normal(size=n)
    y = x + 2 * z + rng.normal(size=n)
    design = np.column_stack([np.ones(n), x])
    full = np.linalg.lstsq(np.column_stack([design, z]), y, rcond=None)[0][1]
    short = np.linalg.lstsq(design, y, rcond=None)[0][1]
    residual = curves.without(y, design)
    error = math.sqrt(residual @ residual / (n - 2)) / np.linalg.norm(x - x.mean())
    r2x = stats.pearsonr(z, x).statistic ** 2
    r2y = stats.pearsonr(curves.without(z, design), residual).statistic ** 2
    s = Sensitivity(0, 0, 0, float(short), float(error), n - 2, float(error), n - 2)
    assert float(adjusted_value(s, r2x, r2y)) == pytest.approx(full, rel=1e-9)


def test_twice_a_benchmark_is_cinelli_and_hazletts_bound():
    """Their equations with the benchmark's own partial R2: 0.05 with the treatment, 0.02 with the outcome."""
    x, y = 0.05, 0.02

    def bound(k: float) -> tuple[float, float]:
        joint = k * x**2 / ((1 - k * x) * (1 - x))
        eta = (math.sqrt(k) + math.sqrt(joint)) / math.sqrt(1 - joint)
        return k * x / (1 - x), eta**2 * y / (1 - y)

    one = Benchmark((), *bound(1.0), 0.0, 0.0, (0.0, 0.0))
    assert times(one, 2.0) == pytest.approx(bound(2.0), rel=1e-9)
    assert all(map(math.isnan, times(replace(one, r2_treatment=0.7), 2.0)))


@pytest.mark.parametrize("value", [3.0, -3.0])
def test_the_sensitivity_plot_names_its_benchmarks_and_its_zero(value):
    s = sensitivity_of(value, 0.4, 400.0, ("a", 0.1, 0.05), ("b", 0.02, 0.03))
    said = texts(sensitivity_plot(s, {"a": "naam A", "b": "naam B"}.get, "nl"))  # type: ignore[arg-type]
    assert {"naam A (t−1)", "naam B (t−1)", "0"} <= set(said)
    assert any("verborgen oorzaak" in one for one in said)
    assert not any("…" in line for line in said), "the line that tells how to read it is whole"
    alt = sensitivity_alt(s, str, "en", "EUR")
    assert f"{s.robustness_value:.1%}" in alt and "Twice as strong as a (t−1)" in alt


def test_a_sensitivity_without_numbers_says_why():
    s = replace(sensitivity_of(1.0), robustness_value=math.nan)
    with pytest.raises(PlotError, match="no sensitivity"):
        sensitivity_plot(s)


# Figures


def test_the_panel_says_what_to_look_for_in_both_languages(regression):
    dutch, english = (" ".join(texts(model_check_panel(regression, one))) for one in ("nl", "en"))
    assert "Lineariteit" in dutch and "de oranje lijn hoort vlak te lopen" in dutch and "besteding (t)" in dutch
    assert "Linearity" in english and "the orange line should be flat" in english and "spend (t)" in english
    assert not [one for one in texts(model_check_panel(regression, "en")) if one.endswith("…")]
    assert "0 of 900 dots" in model_check_alt(regression, "en")
    assert "variantie-inflatie van loyaliteit (t) is 2,0" in model_check_alt(regression, "nl").replace("1,9", "2,0")


def test_a_bend_shows_in_the_words(regression):
    def departure(one: Regression) -> float:
        words = model_check_alt(one, "en")
        return float(words.split("at most ")[1].split(" ")[0])

    assert departure(regression) < 0.5 < departure(regression_of(curved=0.8))


def followed(language: Language) -> list[Figure]:
    """A profile, its parts and a chain of seven, under long names."""
    long = {"market": "de stemming op de markt waarin de klant zich beweegt", "loyalty": "loyaliteit van de klant"}
    study = study_of()
    profile = study.profile("market", "spend", 0, 1e5)
    paths = study.paths("market", "spend", 0, -1e-4)
    chain = study.chain("market", "loyalty", "spend")
    seven = replace(chain, steps=tuple(replace(chain.steps[i % 3], horizon=i) for i in range(7)))

    def name(kpi: str) -> str:
        return long.get(kpi, kpi)

    return [
        over_time_plot(profile, language, unit="x", truth=[1e5]),
        paths_plot(paths, name, language, unit="x"),
        chain_plot(chain, name, language),
        chain_plot(seven, name, language, later=lambda n: f"{n} kwartalen later"),
    ]


def test_no_text_leaves_the_figure(regression):
    drawn = [model_check_panel(regression, "nl"), sensitivity_plot(sensitivity_of(-3.0, 0.4, 400.0, ("a", 0.1, 0.05)))]
    drawn += [
        profile_plot([(0, -1e-4, -2e-4, 1e-5), (1, -3e-4, -4e-4, -2e-4)], "nl", unit="x"),
        forest_plot(ROWS, "nl"),
    ]
    drawn += followed("nl")
    for figure in drawn:
        assert outside(figure) == []


def outside(figure: Figure) -> list[str]:
    """The texts that leave a figure."""
    figure.canvas.draw()
    width, height = figure.bbox.size
    ticks = {t for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for t in axis.get_majorticklabels()}
    seen = [one for one in figure.findobj(Type) if one.get_visible() and one.get_text() and one not in ticks]  # type: ignore[attr-defined]
    for axes in figure.axes:
        inside = axes.get_window_extent().padded(1)
        for axis, low, high in ((axes.xaxis, inside.x0, inside.x1), (axes.yaxis, inside.y0, inside.y1)):
            for one in axis.get_majorticklabels() if axis.get_visible() else []:  # those out of view are not drawn
                at = one.get_window_extent()
                middle = (at.x0 + at.x1) / 2 if axis is axes.xaxis else (at.y0 + at.y1) / 2
                seen += [one] if low <= middle <= high else []
    boxes = [(one, one.get_window_extent()) for one in seen]
    return [
        one.get_text() for one, box in boxes
        if box.x0 < -2 or box.x1 > width + 2 or box.y0 < -2 or box.y1 > height + 2
    ]  # fmt: skip


def test_of_customers_only_groups_are_drawn():
    figure = model_check_panel(regression_of("customer", 3000))
    clouds = [
        c
        for axes in figure.axes
        for c in axes.collections
        if isinstance(c, PolyCollection) and c.get_array() is not None
    ]
    assert len(clouds) == 2
    assert all(np.asarray(cloud.get_array()).min() >= 10 for cloud in clouds)
    points = max(len(line.get_xdata()) for axes in figure.axes for line in axes.lines)  # type: ignore[arg-type]
    assert points <= 300, "3,000 customers, none by himself"
    assert not any("most influence" in one for one in texts(figure))
    check = check_of(regression_of("customer", 3000), "en")
    assert check.most == "" and len(check.left_out) <= 300


def test_what_cannot_be_drawn_is_refused_with_a_reason():
    with pytest.raises(PlotError) as caught:
        model_check_panel(regression_of(n=11))
    assert caught.value.reason.render("nl") == "11 rijen zijn te weinig voor een figuur."
    for draw in (profile_plot, profile_alt, forest_plot, forest_alt):
        with pytest.raises(PlotError, match="no estimate"):
            draw([])


ROWS = (Row("schatting", -0.0003, -0.00037, -0.00023), Row("waar", -0.00029, kind="truth"))


def test_a_profile_keeps_its_gaps_and_a_forest_its_rows():
    figure = profile_plot([(0, 1.0, 0.5, 1.5), (1, 0.8, 0.4, 1.2), (4, 0.1, -0.3, 0.5), (5, math.nan, 0, 0)])
    assert [one.get_text() for one in figure.axes[0].get_xticklabels()] == ["0", "1", "4"]
    assert len(figure.axes[0].collections) == 3  # two bands and the intervals
    assert "−0,000300 (−0,000370 tot −0,000230)" in texts(forest_plot(ROWS, "nl"))


def test_the_rows_of_an_answer_are_itself_the_association_and_the_truth(regression):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"a": rng.normal(size=100)})
    data["b"] = data.a + rng.normal(size=100)
    rows = rows_of(Study(KPIGraph((KPI("a"), KPI("b")), (Link("a", "b"),)), data).answer(Question("a", "b")), truth=1.0)  # type: ignore[arg-type]
    assert [row.kind for row in rows] == ["estimate", "beside", "truth"]


def test_ticks_have_the_decimals_of_their_step():
    assert Ticks("nl").format_ticks([-0.0002, 0.0, 0.0002]) == ["−0,0002", "0,0000", "0,0002"]
    assert Ticks("nl").format_ticks([0, 5000, 10000]) == ["0", "5.000", "10.000"]
    assert Ticks("en").format_ticks([0, 5e5, 1e6]) == ["0.0 m", "0.5 m", "1.0 m"]
    assert Ticks("en").format_ticks([]) == []


# Bytes


def test_the_same_figure_gives_the_same_bytes_and_nothing_but_the_picture(regression):
    first, second = (to_png(model_check_panel(regression, "nl"), 1200) for _ in range(2))
    assert first == second
    image = Image.open(io.BytesIO(first))
    assert image.size[0] == 1200 and image.mode == "P" and not image.info.get("Software")
    chunks = {
        first[i : i + 4] for i in range(len(first) - 4) if first[i : i + 4] in (b"tEXt", b"tIME", b"iTXt", b"eXIf")
    }
    assert chunks == set()


def test_figures_are_small_and_quick(regression):
    to_png(model_check_panel(regression, "nl"), 1440)
    start = time.process_time()
    panel = to_png(model_check_panel(regression, "nl"), 1440)
    assert time.process_time() - start < 1.5  # about 0.3 where nothing else runs
    assert len(panel) < 45_000
    s = sensitivity_of(-3.0, 0.4, 400.0, ("a", 0.1, 0.05))
    assert len(to_png(sensitivity_plot(s, str, "nl"), 920)) < 25_000


def test_drawing_leaves_global_settings_alone_and_never_loads_pyplot():
    code = (
        "import causalkpi, sys; assert 'matplotlib' not in sys.modules\n"
        "import causalkpi.cli, causalkpi.kpi_map; assert 'matplotlib' not in sys.modules\n"
        "import matplotlib; before = matplotlib.rcParams.copy()  # a plain read of the backend would load pyplot\n"
        "from causalkpi.plots import forest_plot, Row, to_png; to_png(forest_plot([Row('a', 1.0, 0.0, 2.0)]), 400)\n"
        "assert matplotlib.rcParams.copy() == before and 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
