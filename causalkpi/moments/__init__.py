"""One pass over the data, and everything that linear answers need of it."""

from .one_pass import Rows, gather, rows_of
from .products import GROUPS, Moments, groups_of
from .replicates import left_in, redrawn
from .slopes import Slope, Solved, replicated, solve

__all__ = [
    "GROUPS",
    "Moments",
    "Rows",
    "Slope",
    "Solved",
    "gather",
    "groups_of",
    "left_in",
    "redrawn",
    "replicated",
    "rows_of",
    "solve",
]
