"""The opening: whose report this is, and for which units and periods."""

from __future__ import annotations

from typing import Any

from ...estimators import Estimate
from ..reader import Reader


def opening(reader: Reader) -> dict[str, Any]:
    """Title, byline, sizes, what was asked, and whether the organisation is simulated."""
    run = reader.run
    byline = [(reader.say(key), getattr(run, key)) for key in ("client", "author", "date")]
    return {
        "title": run.title,
        "byline": [(label, value) for label, value in byline if value],
        "sizes": sizes(reader),
        "asked": _asked(reader),
        "simulated": run.simulated,
    }


def sizes(reader: Reader) -> str:
    """What data there are, in a sentence."""
    panel, graph = reader.run.study.panel, reader.run.study.graph
    key = "cross_section" if panel.frequency == "none" else "panel"
    return reader.say(
        key + "_sizes",
        units=panel.n_units,
        periods=panel.n_periods,
        rows=len(panel.frame),
        kpis=len(set(panel.kpis) & set(graph.ids)),
        first=panel.periods[0],
        last=panel.periods[-1],
    )


def _asked(reader: Reader) -> str:
    """How many questions were asked, and how many got a number."""
    count = len(reader.entries)
    answered = sum(isinstance(entry.answer, Estimate) for entry in reader.entries)
    if not count:
        return reader.say("asked_none")
    key = "asked_one" if count == 1 else "asked_all" if answered == count else "asked_some"
    return reader.say(key, count=count, answered=answered)
