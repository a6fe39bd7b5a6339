"""Figures: pictures of one regression, of sensitivity, of estimates side by side; each with its words."""

from __future__ import annotations

from .estimates import Row, forest_alt, forest_plot, profile_alt, profile_plot, rows_of
from .event_study import event_study_alt, event_study_plot
from .ink import PlotError, to_png
from .model_check import model_check_alt, model_check_panel
from .sensitivity import adjusted_value, sensitivity_alt, sensitivity_plot

__all__ = [
    "PlotError",
    "Row",
    "adjusted_value",
    "event_study_alt",
    "event_study_plot",
    "forest_alt",
    "forest_plot",
    "model_check_alt",
    "model_check_panel",
    "profile_alt",
    "profile_plot",
    "rows_of",
    "sensitivity_alt",
    "sensitivity_plot",
    "to_png",
]
