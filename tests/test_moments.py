"""Sums of products: the same numbers as statsmodels and refitting give, whatever the shape and scale of the data."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from causalkpi.errors import DataError
from causalkpi.moments import Moments, Rows, Slope, gather, groups_of, left_in, one_pass, redrawn, replicated, rows_of
from causalkpi.moments.errors import bias_reduced, clustered, influence, robust
from causalkpi.moments.products import GROUPS, eliminate
from causalkpi.moments.replicates import exchanged_rows, tame, with_noise
from causalkpi.moments.row_level import (
    kurtosis,
    left_in_units,
    permuted_rows,
    redrawn_units,
    with_drawn_noise,
)
from causalkpi.moments.slopes import solve

NAMES = ("a", "b", "c", "x", "y")
WANTED = (Slope("y", "a", ("b", "c")), Slope("y", "x"), Slope("x", "b", ("a",)))


def data(
    units: int, periods: int, seed: int = 0, offset: float = 0.0, gone: float = 0.2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A table, the unit and the period of each row: unbalanced, persistent between units, unequally spread."""
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    kept = rng.random(len(unit)) >= gone
    unit, period = np.unique(unit[kept], return_inverse=True)[1], period[kept]
    table = rng.normal(size=(len(unit), 5)) + 2 * rng.normal(size=(units, 5))[unit]
    table[:, 4] = 0.5 * table[:, 0] - table[:, 1] + table[:, 2] + rng.normal(size=len(unit)) * (1 + table[:, 0] ** 2)
    return table + offset, unit, period


def refit(
    table: np.ndarray, slope: Slope, unit: np.ndarray, period: np.ndarray | None, within: bool, **how: object
) -> sm.regression.linear_model.RegressionResults:
    """The same regression by statsmodels, the treatment in the first column."""
    columns = [table[:, NAMES.index(name)] for name in (slope.outcome, slope.treatment, *slope.controls)]
    both = np.column_stack(columns)
    both = both - both.mean(axis=0)
    if period is not None:
        both = np.column_stack([both, np.eye(period.max() + 1)[period][:, 1:]])
    if within:
        count = np.bincount(unit)
        both -= np.column_stack([np.bincount(unit, column) / count for column in both.T])[unit]
    design = np.column_stack([both[:, 1], np.ones(len(both)), both[:, 2:]])
    return sm.OLS(both[:, 0], design).fit(**how)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("units", "periods"), [(60, 10), (2500, 4)])
def test_slopes_and_clustered_errors_are_statsmodels(units: int, periods: int, within: bool, shared: bool) -> None:
    table, unit, period = data(units, periods, offset=1e4)
    period = period if shared else None
    rows = rows_of(table, unit, NAMES, within=within, period=period)
    moments = gather(rows)
    found, covariance = solve(moments, WANTED), clustered(rows, moments, WANTED)
    ones = influence(rows, moments, WANTED)
    for j, slope in enumerate(WANTED):
        again = refit(table, slope, unit, period, within, cov_type="cluster", cov_kwds={"groups": unit})
        assert found.slopes[j] == pytest.approx(again.params[0], rel=1e-10)
        assert covariance[j, j] ** 0.5 == pytest.approx(again.bse[0], rel=1e-9)
        size, rows_used = len(again.params), len(unit)
        factor = len(ones) / (len(ones) - 1) * (rows_used - 1) / (rows_used - size)
        assert (ones[:, j] ** 2).sum() * factor == pytest.approx(again.bse[0] ** 2, rel=1e-9)
        plain = refit(table, slope, unit, period, within)
        taken = (len(ones) - 1) * within
        assert found.df[j] == plain.df_resid - taken
        assert found.std_errors[j] == pytest.approx(plain.bse[0] * (plain.df_resid / found.df[j]) ** 0.5, rel=1e-9)


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
def test_errors_of_a_cross_section_are_statsmodels(kind: int) -> None:
    table, _, _ = data(3000, 1, gone=0)
    rows = rows_of(table, np.arange(len(table)), NAMES)
    found = robust(rows, gather(rows), WANTED, kind)
    for j, slope in enumerate(WANTED):
        again = refit(table, slope, np.arange(len(table)), None, False, cov_type=f"HC{kind}")
        assert found[j] ** 0.5 == pytest.approx(again.bse[0], rel=1e-9)


def test_few_units_are_corrected_as_the_regressions_own_errors_are() -> None:
    from causalkpi.estimators.clusters import cr2

    table, unit, _ = data(30, 10)
    moments = gather(rows_of(table, unit, NAMES, within=True))
    again = refit(table, WANTED[0], unit, None, True)
    covariance, df = cr2(again.model.exog, again.resid, unit, slice(0, 1))
    assert bias_reduced(moments, WANTED[0]) == pytest.approx((covariance[0, 0], df[0]), rel=1e-8)


def test_certified_regressions_keep_ten_digits() -> None:
    """Longley's and Wampler's data and coefficients: NIST Statistical Reference Datasets, certified values."""
    longley = sm.datasets.longley.load_pandas().data
    names = ("GNPDEFL", "GNP", "UNEMP", "ARMED", "POP", "YEAR")
    certified = (15.0618722713733, -0.0358191792925910, -2.02022980381683, -1.03322686717359, -0.0511041056535807,
                 1829.15146461355)  # fmt: skip
    table = longley[["TOTEMP", *names]].to_numpy(float)
    rows = rows_of(table, np.arange(16), ("TOTEMP", *names))
    wanted = [Slope("TOTEMP", name, tuple(n for n in names if n != name)) for name in names]
    assert solve(gather(rows), wanted, rows).slopes == pytest.approx(certified, rel=1e-10)

    x = np.arange(21.0)
    powers = np.column_stack([x**k for k in range(1, 6)])
    table = np.column_stack([powers, 1 + powers.sum(axis=1)])
    rows = rows_of(table, np.arange(21), (1, 2, 3, 4, 5, "y"))
    wanted = [Slope("y", k, tuple(j for j in range(1, 6) if j != k)) for k in range(1, 6)]
    found = solve(gather(rows), wanted, rows)
    assert found.ways == ("qr",) * 5
    assert found.slopes == pytest.approx([1.0] * 5, rel=1e-10)


def test_the_guard_refuses_what_the_rows_cannot_tell_apart() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 500))
    y = a + rng.normal(size=500)
    for gap, way in ((1.0, "products"), (1e-4, "qr"), (1e-7, "collinear"), (0.0, "collinear")):
        rows = rows_of(np.column_stack([a, a + gap * b, y]), np.arange(500), ("a", "b", "y"))
        found = solve(gather(rows), [Slope("y", "a", ("b",))], rows)
        assert found.ways == (way,)
        assert np.isnan(found.slopes[0]) == (way == "collinear")
        if way == "qr":
            again = sm.OLS(y, np.column_stack([a, np.ones(500), a + gap * b])).fit(method="qr").params[0]
            assert found.slopes[0] == pytest.approx(again, rel=1e-8)
            assert solve(gather(rows), [Slope("y", "a", ("b",))]).ways == ("collinear",)  # no rows to look at again


@pytest.mark.parametrize("within", [False, True])
def test_scales_and_offsets_do_not_matter(within: bool) -> None:
    table, unit, _ = data(80, 6)
    plain = solve(gather(rows_of(table, unit, NAMES, within=within)), WANTED)
    scale = np.array([1e-9, 1e9, 1.0, 1e-9, 1e9])
    far = solve(gather(rows_of(table * scale, unit, NAMES, within=within)), WANTED)
    native = [scale[NAMES.index(s.outcome)] / scale[NAMES.index(s.treatment)] for s in WANTED]
    assert far.slopes / native == pytest.approx(plain.slopes, rel=1e-10)
    assert far.std_errors / native == pytest.approx(plain.std_errors, rel=1e-10)
    off = solve(gather(rows_of(table + 1e8, unit, NAMES, within=within)), WANTED)
    assert off.slopes == pytest.approx(plain.slopes, rel=1e-6)  # 1e8 itself costs eight of sixteen digits


def test_a_table_may_lie_in_memory_either_way_or_be_read_on_demand() -> None:
    table, unit, _ = data(60, 5)
    plain = gather(rows_of(table, unit, NAMES)).total
    assert gather(rows_of(np.asfortranarray(table), unit, NAMES)).total == pytest.approx(plain)

    def read(which: np.ndarray, out: np.ndarray) -> None:
        out[:] = table[which]

    assert gather(rows_of(read, unit, NAMES)).total == pytest.approx(plain)


@pytest.mark.parametrize("within", [False, True])
def test_one_unit_may_have_more_rows_than_all_others(monkeypatch: pytest.MonkeyPatch, within: bool) -> None:
    monkeypatch.setattr(one_pass, "CELLS", 400)
    monkeypatch.setattr(one_pass, "LARGE", 4)
    table, unit, _ = data(1500, 3, gone=0)
    unit = np.where(unit < 800, 0, unit - 799)
    table[unit == 0] += 5.0
    rows = rows_of(table, unit, NAMES, within=within)
    moments = gather(rows)
    assert list(rows.plan.large())
    found, covariance = solve(moments, WANTED), clustered(rows, moments, WANTED)
    for j, slope in enumerate(WANTED):
        again = refit(table, slope, unit, None, within, cov_type="cluster", cov_kwds={"groups": unit})
        assert found.slopes[j] == pytest.approx(again.params[0], rel=1e-9)
        assert covariance[j, j] ** 0.5 == pytest.approx(again.bse[0], rel=1e-9)


def test_values_that_are_no_numbers_are_named() -> None:
    table, unit, _ = data(20, 4)
    for bad in (np.inf, -np.inf, np.nan, 1e300):
        wrong = table.copy()
        wrong[5, 2] = bad
        with pytest.raises(DataError, match=r"c\b.*infinite") as error:
            gather(rows_of(wrong, unit, NAMES))
        assert len(error.value.faults) == 1
    with pytest.raises(KeyError, match="no sums were taken of z"):
        solve(gather(rows_of(table, unit, NAMES)), [Slope("z", "a")])


@pytest.mark.parametrize("within", [False, True])
def test_the_bootstrap_of_few_units_is_refitting(within: bool) -> None:
    table, unit, _ = data(25, 8)
    moments = gather(rows_of(table, unit, NAMES, within=within))
    weights = redrawn(25, 30, np.random.default_rng(5))
    found = replicated(moments, weights, WANTED)
    for b in (0, 17):
        rows = np.concatenate([np.tile(np.flatnonzero(unit == u), int(w)) for u, w in enumerate(weights[b])])
        copies = np.concatenate([np.repeat(np.arange(w), (unit == u).sum()) for u, w in enumerate(weights[b])])
        new = np.unique(np.column_stack([unit[rows], copies]), axis=0, return_inverse=True)[1].ravel()
        for j, slope in enumerate(WANTED):
            assert found[b, j] == pytest.approx(refit(table[rows], slope, new, None, within).params[0], rel=1e-9)


def test_group_bootstrap_spreads_as_clustered_errors_say() -> None:
    """More units than groups: within 5% of the analytic errors (2,000 draws: Monte-Carlo error 1.6%, groups 2.2%)."""
    table, unit, _ = data(6000, 5)
    rows = rows_of(table, unit, NAMES, within=True)
    moments = gather(rows)
    assert len(moments.units) == GROUPS and moments.units.sum() == len(np.unique(unit))
    spread = replicated(moments, redrawn(GROUPS, 2000, np.random.default_rng(1)), WANTED).std(axis=0)
    exact = np.sqrt(np.diag(clustered(rows, moments, WANTED)))
    assert spread == pytest.approx(exact, rel=0.05)
    by_unit = redrawn_units(rows, moments, WANTED, 400, np.random.default_rng(2)).std(axis=0)
    assert by_unit == pytest.approx(exact, rel=0.11)  # three Monte-Carlo errors of 400 draws


def test_subsets_are_refitting_and_spread_as_sampling_says() -> None:
    table, unit, _ = data(40, 5)
    rows = rows_of(table, unit, NAMES, within=True)
    moments = gather(rows)
    weights = left_in(40, 20, np.random.default_rng(2), 0.8)
    assert (weights.sum(axis=1) == 32).all()
    kept = np.isin(unit, np.flatnonzero(weights[3]))
    codes = np.unique(unit[kept], return_inverse=True)[1]
    found = replicated(moments, weights, WANTED)[3]
    assert found[0] == pytest.approx(refit(table[kept], WANTED[0], codes, None, True).params[0], rel=1e-9)
    by_row = left_in_units(rows, moments, WANTED, 400, np.random.default_rng(1)).std(axis=0)
    grouped = replicated(moments, left_in(40, 400, np.random.default_rng(9)), WANTED).std(axis=0)
    assert by_row == pytest.approx(grouped, rel=0.15)


@pytest.mark.parametrize("within", [False, True])
def test_noise_by_its_law_is_noise_drawn(within: bool) -> None:
    table, unit, period = data(30, 6)
    rows = rows_of(table, unit, NAMES, within=within, period=period)
    moments, whole = gather(rows), solve(gather(rows), WANTED).slopes
    law = with_noise(moments, WANTED, 3000, np.random.default_rng(1)) - whole
    real = with_drawn_noise(rows, moments, WANTED, 1500, np.random.default_rng(2)) - whole
    for j in range(len(WANTED)):
        assert stats.ks_2samp(law[:, j], real[:, j]).pvalue > 0.001
        assert law[:, j].std() == pytest.approx(real[:, j].std(), rel=0.1)
    together = np.corrcoef(law.T), np.corrcoef(real.T)
    assert together[0] == pytest.approx(together[1], abs=0.12)  # one noise for all slopes


def test_rows_exchanged_by_their_law_are_rows_permuted() -> None:
    table, _, _ = data(700, 1, gone=0)
    rows = rows_of(table, np.arange(len(table)), NAMES)
    moments = gather(rows)
    law = exchanged_rows(moments, WANTED, 3000, np.random.default_rng(1))
    real = permuted_rows(rows, moments, WANTED, 1200, np.random.default_rng(2))
    for j in range(len(WANTED)):
        assert stats.ks_2samp(law[:, j], real[:, j]).pvalue > 0.001
    assert np.corrcoef(law.T) == pytest.approx(np.corrcoef(real.T), abs=0.12)  # one permutation for all slopes
    deal = np.random.default_rng(2).spawn(8)[0].permutation(len(table))
    table = table.copy()
    table[:, 0] = table[rows.plan.order[deal], 0][np.argsort(rows.plan.order)]
    again = refit(table, WANTED[0], np.arange(len(table)), None, False).params[0]
    assert real[0, 0] == pytest.approx(again, rel=1e-9)
    with pytest.raises(ValueError, match="cross-section"):
        exchanged_rows(
            gather(rows_of(table, np.arange(700) // 7, NAMES, within=True)), WANTED, 3, np.random.default_rng()
        )


def test_heavy_tails_are_noticed() -> None:
    rng = np.random.default_rng(4)
    table = np.column_stack([rng.normal(size=50_000), np.exp(2 * rng.normal(size=50_000))])
    normal, heavy = kurtosis(rows_of(table, np.arange(50_000), ("normal", "heavy")))
    assert [normal, heavy] == pytest.approx(stats.kurtosis(table, fisher=False), rel=1e-6)
    assert tame(normal, normal, 50_000) and not tame(heavy, heavy, 50_000)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), units=st.integers(6, 40), within=st.booleans())
def test_order_names_and_splits_of_the_rows_do_not_matter(seed: int, units: int, within: bool) -> None:
    table, unit, _ = data(units, 5, seed=seed)
    plain = solve(gather(rows_of(table, unit, NAMES, within=within)), WANTED).slopes
    rng = np.random.default_rng(seed)
    shuffled, columns = rng.permutation(len(unit)), rng.permutation(5)
    moved = rows_of(table[shuffled][:, columns], unit[shuffled], [NAMES[c] for c in columns], within=within)
    assert solve(gather(moved), WANTED).slopes == pytest.approx(plain, rel=1e-8, abs=1e-8)
    first = unit < units // 2
    group = np.arange(unit.max() + 1)

    def part(which: np.ndarray) -> Moments:
        rows = rows_of(table, unit, NAMES, group=group, rows=np.flatnonzero(which), within=within)
        return gather(Rows(**{**{f: getattr(rows, f) for f in Rows.__dataclass_fields__}, "centre": np.zeros(5)}))

    assert solve(part(first) + part(~first), WANTED).slopes == pytest.approx(plain, rel=1e-8, abs=1e-8)


def test_groups_are_the_same_everywhere() -> None:
    """MD5 of "B00001" begins with 7d272edb by any tool, such as md5sum."""
    names = [f"B{i:05}" for i in range(5000)]
    found = groups_of(names)
    assert found[1] == int("7d272edb", 16) % GROUPS
    assert np.bincount(found, minlength=GROUPS).std() < 3 * (5000 / GROUPS) ** 0.5
    assert list(groups_of(names[:10])) == list(range(10))


def test_elimination_passes_over_what_adds_nothing() -> None:
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(50, 4))
    twice = np.column_stack([rows[:, 0], rows[:, 0], rows[:, 1:]])
    plain, again = (eliminate((r.T @ r)[None], r.shape[1] - 2)[0] for r in (rows, twice))
    assert again == pytest.approx(plain, rel=1e-10)
