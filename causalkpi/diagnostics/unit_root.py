"""Whether a KPI wanders: a test for unit roots in panels of few periods and many units, and in long series.

In a panel the test is that of Harris and Tzavalis for a fixed number of periods. Under the null the within slope of a
KPI on its own past is biased by exactly -3 / (T + 1), whatever the spread of its shocks; what every unit contributes
beyond that averages zero. Its spread is taken from the units themselves, so that units may be of any size and may have
gaps. What all units share in a period is taken out first, and so is what a change carries over into the next (a survey
that errs this time is set right the next time, which would pass for a return to the mean).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..language import Text

FEWEST_UNITS, FEWEST_PERIODS, LONG = 10, 8, 25
_FEWEST_CHANGES = 3


@dataclass(frozen=True)
class UnitRoot:
    """What a unit-root test found.

    Parameters
    ----------
    statistic : float
        Negative where the KPI returns to its mean; standard normal under the null, but for a single series, where it
        is Dickey and Fuller's t.
    p_value : float
        Of the null that every shock stays forever.
    persistence : float
        The share of a shock that is left after a period, corrected for the bias of short panels; 1 under the null.
    units, periods : int
        Units used, and the periods of a typical one.
    kpss : float
        A single series: the p-value of the opposite null, that it returns to its mean; not a number in a panel.
    """

    statistic: float
    p_value: float
    persistence: float
    units: int
    periods: int
    kpss: float = float("nan")


def unit_root(values: np.ndarray) -> UnitRoot | Text:
    """Test a KPI for a unit root, in the way that its units and periods allow.

    Parameters
    ----------
    values : ndarray, shape (units, periods)
        Consecutive periods; not a number where a value is missing.

    Returns
    -------
    UnitRoot or Text
        Why there is no test, where there is none.

    Examples
    --------
    >>> walks = np.random.default_rng(1).normal(size=(50, 12)).cumsum(axis=1)
    >>> bool(unit_root(walks).p_value > 0.05), round(unit_root(walks).persistence, 1)
    (True, 1.0)
    >>> unit_root(walks[:1]).render("nl")
    'Eén reeks van 12 perioden is te kort om te zien of een KPI afdwaalt; dat vergt er 25.'
    """
    values = values[(~np.isnan(values)).sum(axis=1) > 1]
    if len(values) >= FEWEST_UNITS:
        return panel_unit_root(values)
    if len(values) == 1:
        return series_unit_root(values[0])
    return Text(
        "With {units} units there are too few to see whether a KPI wanders; it takes {fewest}, or one long series.",
        "Met {units} eenheden zijn er te weinig om te zien of een KPI afdwaalt; dat vergt er {fewest}, of één lange "
        "reeks.",
        units=len(values),
        fewest=FEWEST_UNITS,
    )


def moments(changes: int) -> tuple[float, float]:
    """The bias and variance (times units) of the within slope of a random walk on its own past.

    Parameters
    ----------
    changes : int
        Periods less one.

    References
    ----------
    Harris and Tzavalis (1999), Journal of Econometrics 91:201-226, theorem 2.

    Examples
    --------
    >>> moments(11)[0]
    -0.25
    """
    t = changes
    return -3 / (t + 1), 3 * (17 * t**2 - 20 * t + 17) / (5 * (t - 1) * (t + 1) ** 3)


def panel_unit_root(values: np.ndarray, carried: int | None = None) -> UnitRoot | Text:
    """Harris and Tzavalis' test, for units of any size and with gaps.

    Simulated, 300 panels each of 20 and 100 units by 8, 12 and 24 periods: at the 5% level 4 to 8% of random walks are
    rejected, also where units share shocks, differ greatly in size or have gaps; with survey noise of half a shock's
    spread 7 to 14%. Where 80% of a shock is left a period later 23% (20 x 8) to all (100 x 24) are rejected, where 60%
    is, 57% to all.

    Parameters
    ----------
    values : ndarray, shape (units, periods)
    carried : int, optional
        How many earlier changes may carry over into the next one: by default one, from twelve periods on two.
    """
    carried = carried if carried is not None else 1 if values.shape[1] < 12 else 2
    changes = np.diff(values, axis=1)
    seen = ~np.isnan(changes)
    shared = np.divide(np.nansum(changes, axis=0), seen.sum(axis=0), out=np.zeros(seen.shape[1]),
                       where=seen.any(axis=0))  # fmt: skip
    own = changes - shared
    size = float(np.sqrt(np.nanmean(own**2))) if seen.any() else 1.0
    if not size > 1e-9 * float(np.nanstd(values)):
        return Text(
            "Its changes are the same in all units: nothing of its own is left to wander.",
            "De veranderingen zijn in alle eenheden gelijk: er blijft niets eigens over dat kan afdwalen.",
        )
    runs = _runs(own / size, carried + _FEWEST_CHANGES)
    lengths = np.concatenate([np.empty(0), *(np.full(len(run), run.shape[1] + 1) for _, run in runs)])
    units = len(np.unique(np.concatenate([np.empty(0), *(unit for unit, _ in runs)])))
    periods = int(np.median(lengths)) if len(lengths) else 0
    if units < FEWEST_UNITS or periods < FEWEST_PERIODS:
        return Text(
            "Only {units} units have enough consecutive periods (typically {periods}); it takes {fewest} with {long}.",
            "Slechts {units} eenheden hebben genoeg opeenvolgende perioden (doorgaans {periods}); dat vergt er "
            "{fewest} met {long}.",
            units=units,
            periods=periods,
            fewest=FEWEST_UNITS,
            long=FEWEST_PERIODS,
        )
    slopes, influence = _carry_over(runs, carried, len(values))
    scores, squares, bias = _scores(runs, slopes, len(values))
    step = 1e-4
    for j in range(carried):  # what estimating the carry-over did to the scores
        nudge = np.eye(carried)[j] * step
        bend = (_scores(runs, slopes + nudge, len(values))[0] - _scores(runs, slopes - nudge, len(values))[0]).sum()
        scores = scores + influence[:, j] * bend / (2 * step)
    used = scores[np.abs(scores) > 0]
    statistic = float(used.sum() / np.sqrt(used @ used))
    raw = 1 + (scores.sum() + bias) / squares
    half = -bias / squares / 2  # the bias of a slope b is about -(1 + b) times this, and just that for b = 1
    return UnitRoot(
        statistic,
        float(stats.t.cdf(statistic, len(used) - 1)),
        float((raw + half) / (1 - half)),
        units,
        periods,
    )


def series_unit_root(series: np.ndarray) -> UnitRoot | Text:
    """The tests of Dickey and Fuller and of Kwiatkowski and others on one series, by statsmodels."""
    import warnings

    from statsmodels.tsa.stattools import adfuller, kpss

    longest = max((run for _, rows in _runs(series[None], 1) for run in rows), key=len, default=np.empty(0))
    if len(longest) < LONG:
        return Text(
            "One series of {periods} periods is too short to see whether a KPI wanders; it takes {long}.",
            "Eén reeks van {periods} perioden is te kort om te zien of een KPI afdwaalt; dat vergt er {long}.",
            periods=len(longest),
            long=LONG,
        )
    if not np.ptp(longest) > 0:
        return Text("It does not vary.", "De KPI varieert niet.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # p-values beyond the printed tables
        t, p = adfuller(longest, regression="c", autolag="BIC")[:2]
        opposite = kpss(longest, regression="c", nlags="auto")[1]
    before, now = longest[:-1] - longest[:-1].mean(), longest[1:]
    persistence = float(before @ now / (before @ before))
    return UnitRoot(float(t), float(p), persistence, 1, len(longest), float(opposite))


Runs = list[tuple[np.ndarray, np.ndarray]]  # stretches of one length together: the unit of each, and their values


def _runs(rows: np.ndarray, fewest: int) -> Runs:
    """The stretches without gaps that are long enough, those of one length together."""
    found: dict[int, list[tuple[int, np.ndarray]]] = {}
    for i, row in enumerate(rows):
        for part in np.split(row, np.flatnonzero(np.isnan(row))):
            kept = part[~np.isnan(part)]
            if len(kept) >= fewest:
                found.setdefault(len(kept), []).append((i, kept))
    return [(np.array([i for i, _ in same]), np.array([run for _, run in same])) for _, same in sorted(found.items())]


def _carry_over(runs: Runs, carried: int, units: int) -> tuple[np.ndarray, np.ndarray]:
    """How changes follow earlier ones, shape (carried,), and each unit's influence on that, shape (units, carried)."""
    influence = np.zeros((units, carried))
    if not carried:
        return np.zeros(0), influence
    pairs = [(unit, *_lagged(run, carried)) for unit, run in runs]
    products = sum(np.einsum("rtj,rtk->jk", before, before) for _, _, before in pairs)
    cross = sum(np.einsum("rtj,rt->j", before, now) for _, now, before in pairs)
    slopes = np.linalg.solve(products, cross)
    for unit, now, before in pairs:
        moved = np.einsum("rtj,rt->rj", before, now - before @ slopes)
        np.add.at(influence, unit, np.linalg.solve(products, moved.T).T)
    return slopes, influence


def _lagged(run: np.ndarray, carried: int) -> tuple[np.ndarray, np.ndarray]:
    """Changes, shape (runs, periods), and the `carried` changes before each, shape (runs, periods, carried)."""
    width = run.shape[1]
    return run[:, carried:], np.stack([run[:, carried - j : width - j] for j in range(1, carried + 1)], axis=-1)


def _scores(runs: Runs, slopes: np.ndarray, units: int) -> tuple[np.ndarray, float, float]:
    """Each unit's return to its mean beyond the bias under the null; the squares of all, and the bias of all."""
    scores, squares, bias = np.zeros(units), 0.0, 0.0
    for unit, run in runs:
        change = run
        if len(slopes):
            now, before = _lagged(run, len(slopes))
            change = now - before @ slopes
        level = np.cumsum(change, axis=1) - change  # the period before, from wherever the unit began
        level = level - level.mean(axis=1, keepdims=True)
        own, expected = (level**2).sum(axis=1), moments(change.shape[1])[0]
        np.add.at(scores, unit, (level * change).sum(axis=1) - expected * own)
        squares += float(own.sum())
        bias += expected * float(own.sum())
    return scores, squares, bias
