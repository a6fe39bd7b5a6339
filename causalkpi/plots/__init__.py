"""Figures of one regression, of sensitivity, of estimates side by side, over time, along paths; each with its words."""

from __future__ import annotations

from .along_paths import chain_alt, chain_plot, part_label, paths_alt, paths_plot
from .estimates import Row, forest_alt, forest_plot, profile_alt, profile_plot, rows_of
from .event_study import event_study_alt, event_study_plot
from .ink import PlotError, to_png
from .model_check import model_check_alt, model_check_panel
from .over_time import over_time_alt, over_time_plot
from .sensitivity import adjusted_value, sensitivity_alt, sensitivity_plot

__all__ = [
    "PlotError",
    "Row",
    "adjusted_value",
    "chain_alt",
    "chain_plot",
    "event_study_alt",
    "event_study_plot",
    "forest_alt",
    "forest_plot",
    "model_check_alt",
    "model_check_panel",
    "over_time_alt",
    "over_time_plot",
    "part_label",
    "paths_alt",
    "paths_plot",
    "profile_alt",
    "profile_plot",
    "rows_of",
    "sensitivity_alt",
    "sensitivity_plot",
    "to_png",
]
