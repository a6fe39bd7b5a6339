"""Tables larger than memory: DuckDB, Spark or a warehouse adds up, and everything after the sums is the same."""

from .elsewhere import SummedElsewhere, warehouse_clustered, warehouse_sums
from .opening import open_table
from .passes import Summed, sums
from .scores import clustered
from .tables import LargeTable
from .warehouse import Warehouse, open_warehouse

__all__ = [
    "LargeTable",
    "Summed",
    "SummedElsewhere",
    "Warehouse",
    "clustered",
    "open_table",
    "open_warehouse",
    "sums",
    "warehouse_clustered",
    "warehouse_sums",
]
