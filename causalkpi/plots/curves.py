"""The numbers behind the figures: densities, smooth lines, residuals, on plain arrays."""

from __future__ import annotations

import numpy as np
from scipy import stats

_BINS = 400


def binned(x: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Middles of equal bins and the sums in them, each value shared between its two neighbours.

    Parameters
    ----------
    x : ndarray, shape (n,)
    weights : ndarray, shape (n,), optional
        One each by default.
    """
    low, high = float(x.min()), float(x.max())
    step = (high - low) / (_BINS - 1) or 1.0
    at = (x - low) / step
    left = np.clip(at.astype(int), 0, _BINS - 2)
    share, w = at - left, np.ones(len(x)) if weights is None else weights
    sums = np.bincount(left, w * (1 - share), _BINS) + np.bincount(left + 1, w * share, _BINS)
    return low + step * np.arange(_BINS), sums


def mixture(grid: np.ndarray, centres: np.ndarray, spread: float) -> np.ndarray:
    """The density, on a grid, of normal distributions of one spread around many centres.

    Examples
    --------
    >>> grid = np.linspace(-4, 4, 3)
    >>> np.allclose(mixture(grid, np.zeros(5), 1.0), stats.norm.pdf(grid))
    True
    """
    if np.ptp(centres) < 1e-12 * spread:
        return stats.norm.pdf(grid, float(centres[0]), spread)
    at, count = binned(centres)
    return stats.norm.pdf((grid[:, None] - at) / spread) @ count / (count.sum() * spread)


def bandwidth(x: np.ndarray) -> float:
    """Silverman's rule, robust to tails."""
    quartiles = float(np.subtract(*np.quantile(x, [0.75, 0.25]))) / 1.349
    sd = float(x.std())
    return 0.9 * (min(sd, quartiles) if quartiles > 0 else sd) * len(x) ** -0.2


def predicted_density(
    outcome: np.ndarray, fitted: np.ndarray, sigma: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What was seen and what the model expects, smoothed alike.

    Returns
    -------
    tuple of ndarray, each of shape (160,)
        Grid, observed density, and the band in which 95 of 100 samples from the model fall at each point: a normal
        error around the fitted values, and the sampling error of a kernel density.
    """
    h = bandwidth(outcome)
    grid = np.linspace(float(outcome.min()) - 2 * h, float(outcome.max()) + 2 * h, 160)
    seen = mixture(grid, outcome, h)
    expected = mixture(grid, fitted, float(np.hypot(sigma, h)))
    error = 1.96 * np.sqrt(expected / (2 * np.sqrt(np.pi) * len(outcome) * h))
    return grid, seen, np.clip(expected - error, 0, None), expected + error


def smooth(x: np.ndarray, y: np.ndarray, points: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A local straight line (Gaussian weights) through y against x, where 96% of x lie.

    Examples
    --------
    >>> x = np.linspace(0, 1, 200)
    >>> at, line = smooth(x, 3 * x + 1)
    >>> np.allclose(line, 3 * at + 1, atol=1e-3)
    True
    """
    middle = (x - x.mean()) / (float(x.std()) or 1.0)
    low, high = np.quantile(middle, [0.02, 0.98])
    grid = np.linspace(low, high, points)
    at, count = binned(middle)
    sums = binned(middle, y)[1]
    weight = stats.norm.pdf((grid[:, None] - at) / max(0.35, 1.4 * len(x) ** -0.2))
    gap = at - grid[:, None]
    s0, s1, s2 = (weight * gap**k @ count for k in (0, 1, 2))
    t0, t1 = (weight * gap**k @ sums for k in (0, 1))
    line = (s2 * t0 - s1 * t1) / np.maximum(s0 * s2 - s1**2, 1e-12)
    return grid * (float(x.std()) or 1.0) + float(x.mean()), line


def thin(x: np.ndarray, most: int) -> np.ndarray:
    """Which of many points to draw: at most so many, evenly over the order of x, the ends included."""
    order = np.argsort(x, kind="stable")
    if len(x) <= most:
        return order
    return order[np.linspace(0, len(x) - 1, most).round().astype(int)]


def without(column: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What is left of a column once others are taken out of it (Frisch, Waugh and Lovell)."""
    q = np.linalg.qr(others)[0]
    return column - q @ (q.T @ column)


def inflation(design: np.ndarray) -> np.ndarray:
    """Variance inflation of each column given the others and a constant.

    Parameters
    ----------
    design : ndarray, shape (n, k)

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(1000, 2))
    >>> inflation(np.column_stack([x, x[:, 0] + x[:, 1] + rng.normal(size=1000)])).round(0)
    array([2., 2., 3.])
    """
    centred = design - design.mean(axis=0)
    r = np.linalg.qr(centred / np.linalg.norm(centred, axis=0), mode="r")
    inverse = np.linalg.solve(r, np.eye(len(r)))
    return (inverse**2).sum(axis=1)


def worm(residual: np.ndarray, most: int, ends: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Detrended normal quantiles (van Buuren and Fredriks 2001).

    Parameters
    ----------
    residual : ndarray, shape (n,)
    most : int
        At most so many points, evenly over the normal scale.
    ends : int
        How many of the lowest and highest to leave out, less one.

    Returns
    -------
    tuple of ndarray
        Normal quantile, how far the standardised residual lies above it, and half the 95% band at that point.
    """
    n = len(residual)
    z = np.sort((residual - residual.mean()) / residual.std())
    p = (np.arange(1, n + 1) - 0.375) / (n + 0.25)
    normal = stats.norm.ppf(p)
    inner = np.arange(ends - 1, n - ends + 1)
    wanted = np.linspace(normal[inner[0]], normal[inner[-1]], most)
    at = np.unique(np.searchsorted(normal[inner], wanted).clip(max=len(inner) - 1)) if len(inner) > most else inner - inner[0]
    at = inner[at]
    half = 1.96 * np.sqrt(p * (1 - p) / n) / stats.norm.pdf(normal)
    return normal[at], z[at] - normal[at], half[at]
