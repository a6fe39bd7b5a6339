"""Making soft KPIs hard: what a change of a KPI is worth in money."""

from .npv import Flow, NetPresentValue, net_present_value

__all__ = ["Flow", "NetPresentValue", "net_present_value"]
