"""Tables larger than memory: DuckDB adds up, and everything after the sums is the same."""

from .passes import Summed, sums
from .scores import clustered
from .tables import LargeTable, open_table

__all__ = ["LargeTable", "Summed", "clustered", "open_table", "sums"]
