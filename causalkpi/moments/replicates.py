"""What happens to slopes when other units are drawn, some are left out, noise is held fixed, or rows are exchanged.

All from sums of products. Each function draws once for all slopes, so that sums and differences of slopes have joint
draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .products import Moments, eliminate
from .slopes import Slope, slopes_in


def redrawn(groups: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Weights of the cluster bootstrap, shape (replicates, groups): how often each group was drawn.

    Exact where every unit is its own group (Cameron, Gelbach and Miller 2008, REStat 90:414-427).
    """
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=replicates).astype(float)


def left_in(groups: int, replicates: int, rng: np.random.Generator, share: float = 0.8) -> np.ndarray:
    """Weights of a random subset of groups, shape (replicates, groups): 1 for the share that stays, else 0."""
    keep = max(1, round(share * groups))
    return (np.argsort(rng.random((replicates, groups)), axis=1) < keep).astype(float)


def with_noise(moments: Moments, wanted: Sequence[Slope], draws: int, rng: np.random.Generator) -> np.ndarray:
    """Slopes with a column of normal noise among the controls, shape (draws, slopes), without drawing a column.

    Noise that is independent over rows has products with the columns that are normal with the columns' own sums of
    products as covariance; what is left of its sum of squares is chi-squared and independent of them. That is the
    exact law, so nothing is approximated.

    Parameters
    ----------
    moments : Moments
    wanted : sequence of Slope
    draws : int
    rng : numpy.random.Generator
    """
    swept = eliminate(moments.total[None], moments.base)[0]
    root = _root(swept)
    spread = rng.standard_normal((draws, root.shape[1]))
    across = spread @ root.T
    own = (spread**2).sum(axis=1) + rng.chisquare(max(moments.free - root.shape[1], 1), draws)
    size = len(swept)
    stack = np.empty((draws, size + 1, size + 1))
    stack[:, 1:, 1:] = swept
    stack[:, 0, 1:] = stack[:, 1:, 0] = across
    stack[:, 0, 0] = own
    return slopes_in(eliminate(stack, 1), moments, wanted)


def exchanged_rows(moments: Moments, wanted: Sequence[Slope], draws: int, rng: np.random.Generator) -> np.ndarray:
    """Slopes of treatments dealt out anew over the rows, shape (draws, slopes), by the law of permutations.

    For a cross-section. One permutation serves all treatments: dealt-out columns have products with columns that have
    mean zero and, exactly, the covariance s't / (n - 1) times y'z, of s'Py and t'Pz. That they are normal is the
    combinatorial central limit theorem, which needs tails that are not too heavy: see :func:`tame`. Histories of units
    are exchanged row by row instead.

    Raises
    ------
    ValueError
        If unit or period effects were taken out: their rows cannot be exchanged.

    References
    ----------
    Hoeffding (1951), Annals of Mathematical Statistics 22:558-566.
    """
    if moments.within or moments.base > 1:
        raise ValueError("rows can be exchanged only in a cross-section without fixed effects")
    swept = eliminate(moments.total[None], 1)[0]
    root = _root(swept)
    normal = rng.standard_normal((draws, root.shape[1], root.shape[1]))
    dealt = root @ normal @ root.T / np.sqrt(moments.rows - 1)  # of every column dealt out with every column as it was
    found = []
    for slope in wanted:
        *held, own, outcome = (moments.place(name) - 1 for name in slope.columns)
        rest, controls = [*held, outcome], len(held)
        places = np.array([*range(controls), controls + 1])
        stack = np.empty((draws, controls + 2, controls + 2))
        stack[:, places[:, None], places] = swept[np.ix_(rest, rest)]
        stack[:, controls, places] = stack[:, places, controls] = dealt[:, own, rest]
        stack[:, controls, controls] = swept[own, own]
        left = eliminate(stack, controls)
        found.append(left[:, 0, 1] / left[:, 0, 0])
    return np.column_stack([np.empty((draws, 0)), *found])


def _root(products: np.ndarray) -> np.ndarray:
    """A matrix whose product with its own transpose is this, whatever the scales and however many directions it has."""
    scale = np.sqrt(np.where(np.diag(products) > 0, np.diag(products), 1.0))
    values, vectors = np.linalg.eigh(products / np.outer(scale, scale))
    alive = values > 1e-12 * values[-1]
    return vectors[:, alive] * np.sqrt(values[alive]) * scale[:, None]


MOST_HEAVY = 0.1


def tame(kurtosis_treatment: float, kurtosis_outcome: float, rows: int) -> bool:
    """Whether tails are light enough for the law of permutations: else rows must be permuted for real.

    The fourth moment of a permuted product departs from the normal one by about the product of both kurtoses over the
    number of rows.

    Examples
    --------
    >>> tame(3.0, 3.0, 1000), tame(4000.0, 9.0, 50_000)
    (True, False)
    """
    return kurtosis_treatment * kurtosis_outcome / rows <= MOST_HEAVY
