"""Tables larger than memory: DuckDB adds up, and everything after the sums is the same."""

from .opening import open_table
from .passes import Summed, sums
from .scores import clustered
from .tables import LargeTable

__all__ = ["LargeTable", "Summed", "clustered", "open_table", "sums"]
