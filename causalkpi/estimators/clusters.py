"""Standard errors for few clusters, on plain arrays.

Everything here needs of a cluster no more than its products with an orthonormal basis Q of the design: with
H = QQ', (I - H_gg)^(-1/2) Q_g = Q_g (I - Q_g'Q_g)^(-1/2). So no matrix is larger than columns by columns, however many
rows a cluster has.

Unit means may have been taken out beforehand where clusters hold whole units. For least squares and a working model of
independent errors this leaves CR2 and its degrees of freedom what they are with a dummy for every unit (Pustejovsky and
Tipton 2018, theorem 2, which their corrigendum of 2022 limits to this very case).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import optimize, stats

_FITTED = 1e-10  # of a direction that a cluster fits by itself nothing is left


def cr2(design: np.ndarray, residual: np.ndarray, cluster: np.ndarray, which: slice) -> tuple[np.ndarray, np.ndarray]:
    """Bias-reduced covariance of least-squares slopes, and each one's degrees of freedom.

    Parameters
    ----------
    design : ndarray, shape (n, k)
        Of full rank.
    residual : ndarray, shape (n,)
        What the regression on the design leaves of the outcome.
    cluster : ndarray of int, shape (n,)
        Codes from 0.
    which : slice
        The coefficients asked for, m of them.

    Returns
    -------
    covariance : ndarray, shape (m, m)
    df : ndarray, shape (m,)
        Satterthwaite's; never below 1.

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28:169-181; Pustejovsky and Tipton (2018), Journal of Business and
    Economic Statistics 36:672-683. A cluster that fits a direction by itself is given the symmetric pseudo-inverse.

    Examples
    --------
    With a row a cluster and a constant alone it is the textbook's variance of a mean, with n - 1 degrees of freedom:

    >>> y = np.array([1.0, 2.0, 4.0, 5.0])
    >>> covariance, df = cr2(np.ones((4, 1)), y - y.mean(), np.arange(4), slice(0, 1))
    >>> bool(np.isclose(covariance[0, 0], y.var(ddof=1) / 4)), df.round(6)
    (True, array([3.]))
    """
    q, r = np.linalg.qr(design)
    chosen = np.linalg.solve(r, np.eye(r.shape[1]))[which].T
    return cr2_from(_products(q, cluster), cluster_sums(q * residual[:, None], cluster), chosen)


def cr2_from(products: np.ndarray, sums: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same from what each cluster's rows come to on an orthonormal basis of the design.

    Parameters
    ----------
    products : ndarray, shape (clusters, k, k)
        Of the basis with itself.
    sums : ndarray, shape (clusters, k)
        Of the basis with the residuals.
    chosen : ndarray, shape (k, m)
        The coefficients asked for, in the basis.
    """
    values, vectors = np.linalg.eigh(np.eye(products.shape[1]) - products)
    root = np.divide(1.0, np.sqrt(np.abs(values)), out=np.zeros_like(values), where=values > _FITTED)
    weights = vectors @ (root[:, :, None] * (vectors.transpose(0, 2, 1) @ chosen))  # clusters, k, m
    scores = np.einsum("gkm,gk->gm", weights, sums)
    reach = products @ weights
    own = np.einsum("gkm,gkm->gm", weights, reach)
    between = np.einsum("gkm,glm->mkl", reach, reach)
    trace = own.sum(axis=0) - np.einsum("mkk->m", between)
    squares = (own**2).sum(axis=0) - 2 * (own * (reach**2).sum(axis=1)).sum(axis=0) + (between**2).sum(axis=(1, 2))
    df = np.divide(trace**2, squares, out=np.ones_like(trace), where=squares > 0)
    return scores.T @ scores, np.maximum(df, 1.0)


def jackknife_covariance(left_out: np.ndarray) -> np.ndarray:
    """Covariance from leave-one-out replicates, shape (units, m) (CV3: MacKinnon, Nielsen and Webb 2023)."""
    count = len(left_out)
    centred = left_out - left_out.mean(axis=0)
    return (count - 1) / count * centred.T @ centred


def two_way(
    design: np.ndarray, residual: np.ndarray, first: np.ndarray, second: np.ndarray, which: slice
) -> tuple[np.ndarray, bool]:
    """Covariance of least-squares slopes whose errors hang together within two kinds of clusters.

    Parameters
    ----------
    design : ndarray, shape (n, k)
    residual : ndarray, shape (n,)
    first, second : ndarray of int, shape (n,)
        Codes from 0.
    which : slice
        The coefficients asked for, m of them.

    Returns
    -------
    covariance : ndarray, shape (m, m)
        The sum of both one-way covariances less that of their intersections, each with its usual factor. The sum need
        not be a covariance: negative eigenvalues are then set to zero, and where one coefficient's variance is no
        larger than by either kind alone, the larger of those is taken for it.
    mended : bool
        Whether either was done.

    References
    ----------
    Cameron, Gelbach and Miller (2011), Journal of Business and Economic Statistics 29:238-249; MacKinnon, Nielsen and
    Webb (2024), Econometrics and Statistics (the larger of three).
    """
    both = np.unique(np.column_stack([first, second]), axis=0, return_inverse=True)[1].ravel()
    one, other, cells = (_one_way(design, residual, codes)[which, which] for codes in (first, second, both))
    values, vectors = np.linalg.eigh(one + other - cells)
    mended = bool(values.min() < 0)
    found = (vectors * np.clip(values, 0, None)) @ vectors.T
    for larger in (one, other):
        short = np.diag(found) < np.diag(larger)
        if short.any():
            found, mended = found + np.diag(np.where(short, np.diag(larger) - np.diag(found), 0.0)), True
    return found, mended


def _one_way(design: np.ndarray, residual: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """The clustered covariance with its usual factor (CR1)."""
    rows, k = design.shape
    scores = cluster_sums(design * residual[:, None], cluster)
    count = len(scores)
    return count / (count - 1) * (rows - 1) / (rows - k) * _sandwich(design, scores.T @ scores)


def _sandwich(design: np.ndarray, meat: np.ndarray) -> np.ndarray:
    inverse = np.linalg.inv(np.linalg.qr(design, mode="r"))
    bread = inverse @ inverse.T
    return bread @ meat @ bread


def driscoll_kraay(
    design: np.ndarray, residual: np.ndarray, period: np.ndarray, which: slice, lags: int, taken: int = 0
) -> tuple[np.ndarray, float]:
    """Covariance of least-squares slopes whose errors hang together across units and over neighbouring periods.

    Parameters
    ----------
    design : ndarray, shape (n, k)
    residual : ndarray, shape (n,)
    period : ndarray of int, shape (n,)
        Codes from 0, in the order of time.
    which : slice
        The coefficients asked for, m of them.
    lags : int
        Over so many, with Bartlett weights.
    taken : int
        Parameters that were taken out beforehand, as unit means are.

    Returns
    -------
    covariance : ndarray, shape (m, m)
    df : float
        See :func:`fixed_b_df`.

    References
    ----------
    Driscoll and Kraay (1998), Review of Economics and Statistics 80:549-560; Hoechle (2007), Stata Journal 7:281-312;
    Vogelsang (2012), Journal of Econometrics 166:303-319 (critical values).
    """
    scores = cluster_sums(design * residual[:, None], period)
    periods, (rows, k) = len(scores), design.shape
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        product = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (product + product.T)
    covariance = rows / (rows - k - taken) * _sandwich(design, meat)[which, which]
    return covariance, fixed_b_df((lags + 1) / periods)


def cosines_for(periods: int) -> int:
    """How many cosines to use for so many periods: 0.4 T^(2/3), at least 2.

    Examples
    --------
    >>> cosines_for(24), cosines_for(80)
    (3, 7)
    """
    return max(2, int(0.4 * periods ** (2 / 3)))


def cosine_covariance(
    design: np.ndarray, residual: np.ndarray, period: np.ndarray, which: slice, waves: int, taken: int = 0
) -> np.ndarray:
    """Covariance of least-squares slopes from how a few cosine waves move with the scores' sums by period.

    Parameters
    ----------
    design : ndarray, shape (n, k)
    residual : ndarray, shape (n,)
    period : ndarray of int, shape (n,)
        Codes from 0, in the order of time; one unit has each once.
    which : slice
        The coefficients asked for, m of them.
    waves : int
        How many; the t statistic then has t(waves) in the limit.
    taken : int
        Parameters that were taken out beforehand, as unit means are.

    Returns
    -------
    ndarray, shape (m, m)

    References
    ----------
    Lazarus, Lewis, Stock and Watson (2018), Journal of Business and Economic Statistics 36:541-559, section 3; with the
    usual factor for estimated coefficients.

    Examples
    --------
    For a mean: the average square of the waves' coefficients, over T.

    >>> y = np.array([1.0, 2.0, 4.0, 5.0])
    >>> wave = np.sqrt(2 / 4) * np.cos(np.pi * (np.arange(4) + 0.5) / 4)
    >>> found = cosine_covariance(np.ones((4, 1)), y - y.mean(), np.arange(4), slice(0, 1), 1)[0, 0]
    >>> bool(np.isclose(found, (wave @ (y - y.mean())) ** 2 / 4 * 4 / 3))
    True
    """
    scores = cluster_sums(design * residual[:, None], period)
    periods, (rows, k) = len(scores), design.shape
    steps = np.outer(np.arange(1, waves + 1), np.arange(periods) + 0.5)
    moved = np.sqrt(2 / periods) * np.cos(np.pi * steps / periods) @ scores
    return rows / (rows - k - taken) * periods / waves * _sandwich(design, moved.T @ moved)[which, which]


def fixed_b_df(b: float) -> float:
    """Degrees of freedom whose t distribution has the 97.5% point of Bartlett-weighted tests with fixed b.

    Parameters
    ----------
    b : float
        Bandwidth as a share of the periods.

    References
    ----------
    Kiefer and Vogelsang (2005), Econometric Theory 21:1130-1164, table 1: 1.9600 + 2.9694 b + 0.4160 b^2 - 0.5324 b^3.

    Examples
    --------
    >>> round(fixed_b_df(0.1), 1), round(fixed_b_df(0.2), 1)
    (9.0, 5.0)
    """
    wanted = 1.9600 + 2.9694 * b + 0.4160 * b**2 - 0.5324 * b**3
    return float(optimize.brentq(lambda df: stats.t.ppf(0.975, df) - wanted, 0.5, 1e7))


def cluster_sums(columns: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Sums of columns, shape (n, k), over the rows of each cluster, shape (clusters, k).

    Examples
    --------
    >>> cluster_sums(np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 0])).ravel()
    array([5., 2.])
    """
    sums = np.zeros((int(cluster.max()) + 1, columns.shape[1]))
    np.add.at(sums, cluster, columns)
    return sums


def _products(q: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Q_g'Q_g of every cluster, shape (clusters, k, k)."""
    order = np.argsort(cluster, kind="stable")
    ends = np.searchsorted(cluster[order], np.arange(int(cluster.max()) + 2))
    rows = q[order]
    return np.stack([rows[a:b].T @ rows[a:b] for a, b in pairwise(ends)])
