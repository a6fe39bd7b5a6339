"""How a KPI's changes are said aloud: in percentage points, points or money, or in the unit that the graph names."""

from __future__ import annotations

from ..kpi import KPI


def is_share(kpi: KPI) -> bool:
    """Whether changes of a KPI are said in percentage points: its whole scale is a share, or its unit a percentage."""
    return (kpi.minimum >= 0 and kpi.maximum <= 1) or kpi.unit.startswith("%")


def is_index(kpi: KPI) -> bool:
    """Whether changes of a KPI are said in points."""
    return (kpi.minimum, kpi.maximum) == (0, 100) and not kpi.unit.startswith("%")


def is_money(kpi: KPI) -> bool:
    """Whether a KPI is an amount in euro."""
    return kpi.unit.strip().casefold() in ("eur", "euro", "€")


def in_points(kpi: KPI) -> float:
    """By what a KPI's own unit is multiplied to be said aloud: 100 makes percentage points of shares."""
    return 100.0 if is_share(kpi) and not kpi.unit.startswith("%") else 1.0
