"""Refuters: what would have to be so if the estimate were right, held against the data."""

from .lead import lead
from .other_set import other_set

REFUTERS = (lead, other_set)


def refute_regression(regression, panel, rng):
    """Every refuter's finding on one regression."""
    return tuple(refuter(regression, panel, rng) for refuter in REFUTERS)
