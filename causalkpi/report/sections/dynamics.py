"""Effects over time and along paths, and the feedback loops that time cuts."""

from __future__ import annotations

from typing import Any

from ...kpi import Link
from ..reader import Reader
from .along_paths import chained, ways
from .over_time import over_time

_MOST_LOOPS = 6


def dynamics(reader: Reader) -> dict[str, Any]:
    """Everything that was followed, and the loops; empty where nothing was and the map has no loops."""
    run = reader.run
    truths = run.true_profiles or ((),) * len(run.profiles)
    view = {
        "profiles": [over_time(reader, one, truth) for one, truth in zip(run.profiles, truths, strict=True)],
        "paths": [ways(reader, one) for one in run.paths],
        "chains": [chained(reader, one) for one in run.chains],
        "loops": loops(reader),
    }
    if not any(view.values()):
        return {}
    followed = view["profiles"] or view["paths"] or view["chains"]
    intro = reader.say("dynamics_intro", period=reader.period()) if followed else ""
    return view | {"intro": intro}


def loops(reader: Reader) -> dict[str, Any]:
    """The shortest loops, and at which links time cuts them; empty where the map has none."""
    loops = reader.run.study.graph.loops()
    if not loops:
        return {}
    intro = "loops_one" if len(loops) == 1 else "loops_intro"
    count = {} if len(loops) == 1 else {"count": len(loops)}
    more = len(loops) - _MOST_LOOPS
    return {
        "intro": reader.say(intro, period=reader.period(), **count),
        "rows": [_loop(reader, loop) for loop in loops[:_MOST_LOOPS]],
        "more": reader.say("loops_more", n=more) if more > 0 else "",
    }


def _loop(reader: Reader, loop: tuple[Link, ...]) -> tuple[str, str]:
    """A loop by its KPIs, and the links in it that work later."""
    around = " → ".join(reader.short(link.source) for link in (*loop, loop[0]))
    cuts = [
        reader.say("cut_at", source=reader.short(link.source), target=reader.short(link.target),
                   later=reader.later(link.lag))
        for link in loop if link.lag
    ]  # fmt: skip
    return around, "; ".join(cuts)
