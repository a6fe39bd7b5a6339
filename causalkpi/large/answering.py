"""The back-door answer from sums: the same slope, error, refusals and words as from rows in memory.

DoWhy and statsmodels are given a small table with exactly the means and sums of products of the sample, which is all
that least squares knows of it. Their slopes must agree with that of the sums to 1e-6, as they must on rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike

import numpy as np

from .. import dowhy_bridge
from ..errors import DisagreementError, Fault
from ..estimators.conventions import FEW_UNITS
from ..estimators.linear import (
    POOLED,
    UNCORRECTED,
    beyond,
    estimator_name,
    require_admitted,
    words_of_population,
)
from ..estimators.power import detectable
from ..estimators.regression import AGREEMENT, interval, p_value, require_spread
from ..estimators.result import Beside, Estimate, words_of_sample
from ..estimators.sample import require_rows, require_units
from ..estimators.screen import NO_VARIATION, Refusal, one_value_per_period, require_variation
from ..language import Text
from ..moments import Moments, Slope, solve
from ..moments.errors import bias_reduced
from ..moments.products import eliminate
from ..question import Estimand, label
from .passes import Progress, Summed, silent, sums
from .scores import factor, robust, spread_over_units
from .tables import LargeTable

_SAME = 1e-12  # of a column's sum of squares: less is left of an exact function of others
_SUMMED = Text("summed by DuckDB", "opgeteld door DuckDB")


@dataclass(frozen=True)
class Behind:
    """What an answer from sums rests on.

    Parameters
    ----------
    summed : Summed
    slope : Slope
        With the controls that add something.
    corrected : bool
        Whether the slope was corrected for short panels.
    value, error : float
        Slope and standard error, per unit of the treatment.
    df, effective : float
    columns : ndarray, shape (k + 2, k)
        A table with the sample's sums of products, centred: period dummies, controls, treatment, outcome.
    """

    summed: Summed
    slope: Slope
    corrected: bool
    value: float
    error: float
    df: float
    effective: float
    columns: np.ndarray

    @property
    def parts(self) -> list[tuple[float, Moments]]:
        """Sums with the weights with which their slopes add up to the answer."""
        if not self.corrected:
            return [(1.0, self.summed.moments)]
        halves = self.summed.halves
        return [(2.0, self.summed.moments), *((-1 / len(halves), half) for half in halves)]

    @property
    def free(self) -> int:
        """Residual degrees of freedom."""
        return self.summed.moments.free - len(self.slope.controls) - 1

    @property
    def exact(self) -> bool:
        """Whether nothing but rounding is left of the outcome."""
        left = eliminate((self.columns.T @ self.columns)[None], self.columns.shape[1] - 1)[0, 0, 0]
        return bool(left <= _SAME * (self.columns[:, -1] ** 2).sum())


def answer_from_sums(
    table: LargeTable,
    estimand: Estimand,
    *,
    level: float = 0.95,
    folder: str | PathLike[str] | None = None,
    progress: Progress = silent,
) -> tuple[Estimate, Behind]:
    """The back-door estimate of an estimand from a table that stays where it is.

    Its `results`, `sample` and `regressions` are absent: there are no rows in memory to fit or to draw.

    Parameters
    ----------
    table : LargeTable
    estimand : Estimand
        By the route ``back_door``.
    level : float
    folder : path, optional
        See :func:`causalkpi.large.sums`.
    progress : callable

    Raises
    ------
    Refusal
        As for rows in memory; moreover where regressors are so alike that their sums of products keep too few digits.
    """
    question, within = estimand.question, estimand.unit_effects
    corrected = within and not estimand.strict
    nodes = [question.target, question.source, *estimand.controls]
    summed = sums(table, nodes, within=within, period_effects=estimand.period_effects, halves=corrected,
                  folder=folder, progress=progress)  # fmt: skip
    _require(summed, estimand)
    slope, dropped, columns = _usable(summed)
    solved = solve(summed.moments, [slope])
    if not np.isfinite(solved.slopes[0]):
        raise _too_alike(solved.condition[0])
    error, df, convention, effective = _error(summed, slope, corrected, progress)
    require_spread([label(question.source)], [effective], table.repeated, int(summed.moments.units.sum()))
    whole = float(solved.slopes[0])
    value = whole
    if corrected:
        value = 2 * whole - float(np.mean([solve(half, [slope]).slopes[0] for half in summed.halves]))
    behind = Behind(summed, slope, corrected, value, error, df, effective, columns)
    dowhy = _vouched(columns, whole, error, f"{label(question.source)} -> {label(question.target)}")
    beside = [_plain(behind, whole, question.contrast, level)] if corrected else []
    return _estimate(behind, estimand, level, dropped, convention, dowhy,
                     (*beside, *_association(table, estimand, level))), behind  # fmt: skip


def _require(summed: Summed, estimand: Estimand) -> None:
    """Refuse what cannot carry an answer, for the same reasons as rows in memory."""
    table, design, moments, tally = summed.table, summed.design, summed.moments, summed.tally
    units = int(moments.units.sum())
    taken = (units if design.within else 1) + (moments.base - 1 if design.period_effects else 0)
    require_rows(moments.rows, len(table.ordinals), design.nodes, _lost(summed), table.rows, taken)
    if table.repeated:
        require_units(units)
    rows, low, high = tally.spread[:, 0], tally.spread[:, 5], tally.spread[:, 6]
    seen = rows > 0
    if table.repeated and not design.period_effects and seen.sum() > 1 and rows.max() > 1:
        width = low[seen].min(), high[seen].max()
        if (high - low)[seen].max() <= NO_VARIATION * (width[1] - width[0]) and width[1] > width[0]:
            raise one_value_per_period(label(estimand.question.source))
    if design.halves:
        horizon = estimand.question.horizon
        require_admitted(_periods_seen(summed), horizon, estimand.feedback)


def _lost(summed: Summed) -> dict[str, int]:
    """Rows without a value, by column; and those that are the only ones of their unit."""
    tally, nodes = summed.tally, summed.design.nodes
    lost: dict[str, int] = {label(node): int(n) for node, n in zip(nodes, tally.lost[2:], strict=True) if n}
    alone = tally.alone
    return lost | ({Text("the only row of its unit", "de enige rij van de eenheid"): alone} if alone else {})


def _periods_seen(summed: Summed) -> float:
    """The periods of a typical unit; only the usable ones where a quarter or more of them cannot be used."""
    lengths = np.array([[used, seen, count] for (used, seen), count in summed.tally.lengths.items()])
    reach = max(n.period for n in summed.design.nodes) - min(n.period for n in summed.design.nodes)
    usable, seen = (_median(lengths[:, i], lengths[:, 2]) for i in (0, 1))
    return seen if usable + reach >= 0.75 * seen else usable + reach


def _median(values: np.ndarray, counts: np.ndarray) -> float:
    order = np.argsort(values)
    ends, total = np.cumsum(counts[order]), int(counts.sum())
    low, high = (values[order][np.searchsorted(ends, at, "right")] for at in ((total - 1) // 2, total // 2))
    return float(low + high) / 2


def _usable(summed: Summed) -> tuple[Slope, list[str], np.ndarray]:
    """The slope with the controls that add something, those that do not, and a table with the same sums."""
    moments, nodes = summed.moments, summed.design.nodes
    outcome, treatment, *controls = nodes
    swept = eliminate(moments.total[None], 1)[0]
    own = np.diag(swept).copy()
    own[-len(nodes) :] = np.maximum(own[-len(nodes) :], _squares(summed) if moments.within else 0)
    still = np.diag(swept) <= NO_VARIATION**2 * own
    swept[still], swept[:, still] = 0.0, 0.0
    dummies = list(range(moments.base - 1))
    place = {node: moments.place(node) - 1 for node in nodes}
    kept, fresh = _independent(swept, dummies)
    by_periods = fresh.copy()
    chosen, dropped = [], []
    for node in controls:
        if fresh[place[node]] > _SAME * swept[place[node], place[node]]:
            more, fresh = _independent(swept, [*kept, place[node]])
            chosen.append(node)
            kept = more
        elif not moments.within or by_periods[place[node]] > _SAME * swept[place[node], place[node]] > 0:
            dropped.append(label(node))
    order = [*kept, place[treatment], place[outcome]]
    columns = alike(swept[np.ix_(order, order)])
    if swept[place[treatment], place[treatment]] > 0 >= fresh[place[treatment]] - _SAME * own[place[treatment]]:
        columns[:, -2] = columns[:, :-2] @ np.linalg.lstsq(columns[:, :-2], columns[:, -2], rcond=None)[0]
    names = [""] * (len(kept) - len(chosen)) + [label(node) for node in chosen]
    require_variation(columns[:, [-1, -2]], [label(outcome), label(treatment)], columns[:, :-2], names,
                      within_units=moments.within)  # fmt: skip
    return Slope(outcome, treatment, tuple(chosen)), dropped, columns


def _squares(summed: Summed) -> np.ndarray:
    """Sums of squares of the columns about their means, unit means left in, shape (nodes,)."""
    spread = summed.tally.spread
    total, squares = spread[:, 3::4].sum(axis=0), spread[:, 4::4].sum(axis=0)
    return squares - total**2 / spread[:, 0].sum()


def _independent(swept: np.ndarray, places: list[int]) -> tuple[list[int], np.ndarray]:
    """Of these columns those that add something, and what they leave of every column's sum of squares."""
    left, kept = swept.copy(), []
    for at in places:
        if left[at, at] > _SAME * swept[at, at]:
            kept.append(at)
            left = left - np.outer(left[:, at], left[at]) / left[at, at]
    return kept, np.diag(left)


def alike(products: np.ndarray) -> np.ndarray:
    """A table of k + 2 rows whose k columns have mean zero and these sums of products.

    Examples
    --------
    >>> table = alike(np.array([[4.0, 2.0], [2.0, 3.0]]))
    >>> table.shape, bool(np.allclose(table.T @ table, [[4, 2], [2, 3]])), bool(np.allclose(table.sum(axis=0), 0))
    ((4, 2), True, True)
    """
    count = len(products)
    size = np.sqrt(np.where(np.diag(products) > 0, np.diag(products), 1.0))
    values, vectors = np.linalg.eigh(products / np.outer(size, size))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    basis = np.linalg.qr(np.column_stack([np.ones(count + 2), np.eye(count + 2)[:, :count]]))[0][:, 1:]
    return basis @ root.T * size


def _vouched(columns: np.ndarray, slope: float, error: float, name: str) -> float:
    """DoWhy's slope on a table with the same sums; raises where it, or statsmodels', is another than the sums'."""
    import statsmodels.api as sm

    size = np.linalg.norm(columns, axis=0)
    scaled = columns / np.where(size > 0, size, 1.0)
    native = size[-1] / size[-2]
    dowhy = dowhy_bridge.slope(scaled[:, -1], scaled[:, -2], scaled[:, :-2]) * native
    fitted = sm.OLS(scaled[:, -1], sm.add_constant(scaled[:, :-1], has_constant="add")).fit(method="qr")
    stats_slope = float(np.asarray(fitted.params)[-1]) * native
    for who, found in (("DoWhy", dowhy), ("statsmodels", stats_slope)):
        if not abs(found - slope) <= AGREEMENT * max(abs(slope), abs(found), error, 1e-9 * native):
            fault = Fault(name, f"{who} {found!r}, the sums {slope!r}", f"agreement to {AGREEMENT:g}")
            raise DisagreementError("DoWhy, statsmodels and the sums disagree on the same regression.", [fault])
    return dowhy


def _too_alike(condition: float) -> Refusal:
    return Refusal(
        Text(
            "What is held fixed and the treatment are so alike (condition number {condition:.2g}) that sums of "
            "products keep too few digits to tell them apart.",
            "Wat constant wordt gehouden en de ingreep lijken zozeer op elkaar (conditiegetal {condition:.2g}) dat "
            "sommen van producten te weinig cijfers behouden om ze te onderscheiden.",
            condition=float(condition),
        ),
        Text("Hold fewer KPIs fixed, or ask a part of the table that fits in memory.",
             "Houd minder KPI's constant, of bevraag een deel van de tabel dat in het geheugen past."),
    )  # fmt: skip


def _error(summed: Summed, slope: Slope, corrected: bool, progress: Progress) -> tuple[float, float, Text, float]:
    """Standard error per unit of the treatment, degrees of freedom, what it is called, and effective units."""
    moments, units = summed.moments, int(summed.moments.units.sum())
    if not summed.table.repeated:
        variance, effective = robust(summed, slope, progress)
        free = float(moments.free - len(slope.controls) - 1)
        df = min(free, max(1.0, effective - 1)) if effective < FEW_UNITS else free
        name = Text("heteroskedasticity-robust (HC3)", "robuust tegen heteroskedasticiteit (HC3)")
        return float(np.sqrt(variance)), df, name, effective
    spread = spread_over_units(summed, [slope], corrected=corrected, progress=progress)
    effective = float(spread.effective[0])
    few = min(units, effective) < FEW_UNITS
    df = min(units - 1.0, max(1.0, effective - 1)) if few else units - 1.0
    if corrected:
        name = Text("split-panel jackknife, each unit's influence to first order ({n} units)",
                    "split-panel-jackknife, invloed van elke eenheid tot op eerste orde ({n} eenheden)",
                    n=units)  # fmt: skip
        return float(np.sqrt(spread.influence[0, 0] * units / (units - 1))), df, name, effective
    if few and moments.exact_units:
        variance, df = bias_reduced(moments, slope)
        name = Text(
            "clustered by unit (CR2, {n} units, {df:.1f} degrees of freedom by Satterthwaite)",
            "geclusterd per eenheid (CR2, {n} eenheden, {df:.1f} vrijheidsgraden volgens Satterthwaite)",
            n=units, df=df,
        )  # fmt: skip
        return float(np.sqrt(variance)), df, name, effective
    name = Text("clustered by unit (CR1, {n} units)", "geclusterd per eenheid (CR1, {n} eenheden)", n=units)
    return float(np.sqrt((spread.influence * factor(moments, [slope]))[0, 0])), df, name, effective


def _estimate(
    behind: Behind, estimand: Estimand, level: float, dropped: list[str], convention: Text, dowhy: float,
    beside: tuple[Beside, ...],
) -> Estimate:  # fmt: skip
    """Put the answer together."""
    question, summed = estimand.question, behind.summed
    table, moments = summed.table, summed.moments
    units, contrast = int(moments.units.sum()), question.contrast
    seen = [ordinal for ordinal, rows in zip(table.ordinals, summed.tally.spread[:, 0], strict=True) if rows]
    ends = table.label(seen[0]), table.label(seen[-1])
    treated = table.columns[question.treatment]
    far = beyond(question, treated.low, treated.high)
    words = words_of_sample(units, table.repeated, behind.effective, behind.free, dropped, behind.exact,
                            moments.rows / max(1, table.rows))  # fmt: skip
    value, error = behind.value * contrast, behind.error * abs(contrast)
    lost: Mapping[str, int] = _lost(summed)
    return Estimate(
        question=question,
        estimand=estimand,
        status="estimated_with_warnings" if [*words, *far] else "estimated",
        value=value,
        std_error=error,
        interval=interval(value, error, behind.df, level),
        p_value=p_value(value, error, behind.df),
        level=level,
        df=behind.df,
        estimator=Text.join(
            [estimator_name(summed.design.within, summed.design.period_effects, corrected=behind.corrected), _SUMMED],
            ", ",
        ),
        convention=convention,
        rows=table.rows,
        rows_used=moments.rows,
        lost=lost,
        units=units,
        periods=len(seen),
        population=words_of_population(units, ends if table.repeated else None),
        minimum_detectable=detectable(error, behind.df),
        beside=beside,
        warnings=(*words, *far),
        dowhy=dowhy * contrast,
        extrapolated=bool(far),
    )


def _plain(behind: Behind, whole: float, contrast: float, level: float) -> Beside:
    """The slope before its correction."""
    spread = spread_over_units(behind.summed, [behind.slope])
    variance = (spread.influence * factor(behind.summed.moments, [behind.slope]))[0, 0]
    return _beside("uncorrected", whole, float(np.sqrt(variance)), behind.df, contrast, level, UNCORRECTED)


def _association(table: LargeTable, estimand: Estimand, level: float) -> tuple[Beside, ...]:
    """The pooled slope with nothing held fixed: what a chart shows. It is no effect, so DoWhy is not asked."""
    question = estimand.question
    summed = sums(table, [question.target, question.source])
    try:
        slope = _usable(summed)[0]
        error, df, _, _ = _error(summed, slope, False, silent)
    except Refusal:
        return ()
    value = float(solve(summed.moments, [slope]).slopes[0])
    return (_beside("association", value, error, df, question.contrast, level, POOLED),)


def _beside(name: str, slope: float, error: float, df: float, contrast: float, level: float, why: Text) -> Beside:
    value, wide = slope * contrast, error * abs(contrast)
    return Beside(name, value, wide, interval(value, wide, df, level), p_value(value, wide, df), why)
