"""causalkpi: from a KPI graph and a table to estimates one can trust.

Names are resolved when they are first used, so ``import causalkpi`` loads neither DoWhy nor statsmodels.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "errors": (
        "CausalKPIError",
        "DataError",
        "DisagreementError",
        "GraphError",
        "QuestionError",
        "StudyError",
    ),
    "formula": ("Formula",),
    "kpi": ("KPI", "Claim", "Link"),
    "graph": ("KPIGraph", "Node", "from_networkx"),
    "graphfile": ("list_graphs", "load_graph", "read_graph", "to_yaml", "write_graph"),
    "export": ("from_dagitty", "to_dagitty", "to_dot", "to_graphml"),
    "panel": ("Panel",),
    "files": ("Source",),
    "reading": ("read_panel",),
    "gate": ("check",),
    "worlds": ("World", "list_worlds", "load_world", "pulse", "sustained"),
    "datasets": ("load_demo",),
    "question": ("Estimand", "Question", "Unanswered"),
    "identification": ("identify",),
    "event_study": ("EventStudy",),
    "evidence": ("Evidence",),
    "large": ("LargeTable", "open_table"),
    "finding": ("Finding",),
    "ledger": ("Ledger",),
    "refuters": ("compare_with_double_ml",),
    "value": ("NetPresentValue", "net_present_value"),
    "estimators": ("Estimate", "double_ml", "estimate", "minimum_detectable_effect"),
    "system": ("Chain", "LinkSystem", "Paths", "Profile", "fit_system"),
    "study": ("Study",),
    "studyfile": ("StudyFile", "read_study"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'causalkpi' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
