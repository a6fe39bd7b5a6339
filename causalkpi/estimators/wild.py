"""The wild cluster bootstrap, on plain arrays.

Every draw is worked out from sums by cluster: of a replicate no more is needed than weights times those.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .clusters import cluster_sums

DRAWS = 1999
FEW_FOR_SIGNS = 12
Weights = Callable[[int, int, np.random.Generator], np.ndarray]


def rademacher(clusters: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Signs, shape (draws, clusters); every combination of them once, where there are no more than asked for.

    Examples
    --------
    >>> rademacher(2, 10, np.random.default_rng(0)).tolist()
    [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]
    """
    if 2**clusters <= 2 * draws:
        return 2.0 * (np.arange(2**clusters)[:, None] >> np.arange(clusters)[::-1] & 1) - 1
    return rng.choice([-1.0, 1.0], size=(draws, clusters))


def webb(clusters: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Webb's six points, shape (draws, clusters): with few clusters, signs have too few combinations.

    References
    ----------
    Webb (2023), Canadian Journal of Economics 56:839-858.
    """
    points = np.sqrt([0.5, 1.0, 1.5])
    return rng.choice(np.r_[-points, points], size=(draws, clusters))


class WildBootstrap:
    """A restricted wild cluster bootstrap of one slope: the null is imposed, whole clusters change sign together.

    Parameters
    ----------
    outcome : ndarray, shape (n,)
    treatment : ndarray, shape (n,)
    others : ndarray, shape (n, k)
        The other columns of the design, the constant among them; unit means may have been taken out of all.
    cluster : ndarray of int, shape (n,)
        Codes from 0.
    rng : numpy.random.Generator
    draws : int
    weights : callable, optional
        From clusters, draws and generator to weights, shape (draws, clusters): :func:`webb` below twelve clusters,
        :func:`rademacher` from there.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90:414-427; Roodman, MacKinnon, Nielsen and
    Webb (2019), Stata Journal 19:4-60.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> cluster = np.repeat(np.arange(15), 8)
    >>> x = rng.normal(size=120)
    >>> y = x + rng.normal(size=15)[cluster] + rng.normal(size=120)
    >>> found = WildBootstrap(y, x, np.ones((120, 1)), cluster, rng)
    >>> found.p_value() < 0.01
    True
    >>> low, high = found.interval(0.95)
    >>> low < 1 < high
    True
    """

    def __init__(
        self,
        outcome: np.ndarray,
        treatment: np.ndarray,
        others: np.ndarray,
        cluster: np.ndarray,
        rng: np.random.Generator,
        draws: int = DRAWS,
        weights: Weights | None = None,
    ) -> None:
        basis = np.linalg.qr(others)[0]
        left = np.column_stack([treatment, outcome])
        left = left - basis @ (basis.T @ left)
        x, y = left.T
        size = float(x @ x)
        q = np.column_stack([basis, x / np.sqrt(size)])
        self.slope = float(x @ y) / size
        self._size = size
        self._own = cluster_sums(np.column_stack([x * x, x * y]), cluster)  # of the treatment and of the outcome
        self._reach = cluster_sums(q * x[:, None], cluster)
        self._moved = np.stack([self._reach, cluster_sums(q * y[:, None], cluster)])
        self.clusters = len(self._own)
        default = webb if self.clusters < FEW_FOR_SIGNS else rademacher
        self.weights = (weights or default)(self.clusters, draws, rng)
        self.draws = len(self.weights)
        self._complete = self.draws == 2**self.clusters

    def p_value(self, null: float = 0.0) -> float:
        """Two-sided p of a slope of `null`: the share of draws with a t at least as large, the data's own counted."""
        own = abs(self._t(np.ones((1, self.clusters)), null)[0])
        beyond = np.abs(self._t(self.weights, null)) >= own * (1 - 1e-9)
        return float(beyond.mean()) if self._complete else (1.0 + float(beyond.sum())) / (1.0 + self.draws)

    def interval(self, level: float) -> tuple[float, float]:
        """The slopes that the bootstrap does not reject; an end is infinite where it rejects none, however far."""
        return self._end(-1.0, 1 - level), self._end(1.0, 1 - level)

    def _end(self, side: float, alpha: float) -> float:
        step = self._scale()
        inside, outside = self.slope, self.slope + side * 2 * step
        for _ in range(20):
            if self.p_value(outside) <= alpha:
                break
            inside, outside = outside, self.slope + 2 * (outside - self.slope)
        else:
            return side * np.inf
        while abs(outside - inside) > 1e-4 * step:
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if self.p_value(middle) <= alpha else (middle, outside)
        return (inside + outside) / 2

    def _scale(self) -> float:
        """The clustered standard error of the slope (CR0)."""
        scores = self._own[:, 1] - self.slope * self._own[:, 0]
        return float(np.sqrt((scores**2).sum())) / self._size

    def _t(self, weights: np.ndarray, null: float) -> np.ndarray:
        """The t statistics of `null` when the residuals under it are weighted by cluster, shape (draws,).

        x_g'e*_g = v_g x_g'u_g - x_g'Q_g (sum over h of v_h Q_h'u_h), with u the residuals under the null.
        """
        own = self._own[:, 1] - null * self._own[:, 0]
        moved = self._moved[1] - null * self._moved[0]
        scores = weights * own - (weights @ moved) @ self._reach.T
        spread = np.sqrt((scores**2).sum(axis=1))
        shift = weights @ own
        return np.divide(shift, spread, out=np.where(shift == 0, 0.0, np.inf), where=spread > 0)
