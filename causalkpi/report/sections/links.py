"""The KPI map with estimates on its links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from ...estimators import Estimate
from ...graph import KPIGraph
from ...kpi_map import LinkMark, Tone, kpi_map_svg
from ..entry import Entry
from ..reader import Reader, spread
from ..units import in_points

_TONES: Mapping[str, Tone] = {
    "strong": "strong", "moderate": "moderate", "weak": "weak", "against": "against",
    "none": "none", "negligible": "none",
}  # fmt: skip


def links(reader: Reader) -> dict[str, Any]:
    """The map, with its legend on it, and what a mark is."""
    graph = reader.run.study.graph
    marks = {key: _mark(reader, entry) for key, entry in _asked(reader).items()}
    drawn = [link for link in graph.links if link.source != link.target]
    caption = reader.say("map_caption" if len(marks) else "map_caption_bare", asked=len(marks), links=len(drawn))
    if len(drawn) < len(graph.links):
        caption += " " + reader.say("map_own_past")
    return {
        "svg": Markup(kpi_map_svg(_spoken(reader), marks, language=reader.language, title=reader.say("map"))),
        "caption": caption,
    }


def _spoken(reader: Reader) -> KPIGraph:
    """The graph with its units in the reader's language, which is what the map prints."""
    graph = reader.run.study.graph
    return replace(graph, kpis=tuple(replace(kpi, unit=kpi.unit_in(reader.language)) for kpi in graph.kpis))


def _asked(reader: Reader) -> dict[tuple[str, str, int], Entry]:
    """For each link the first question about its source and target at its own lag."""
    links = {(link.source, link.target, link.lag) for link in reader.run.study.graph.links}
    found: dict[tuple[str, str, int], Entry] = {}
    for entry in reader.entries:
        key = (entry.question.treatment, entry.question.outcome, entry.question.horizon)
        if key in links and key[0] != key[1]:
            found.setdefault(key, entry)
    return found


def _mark(reader: Reader, entry: Entry) -> LinkMark:
    """What stands on a link: the estimate in the outcome's own unit (shares in percentage points), by its grade."""
    answer, title = entry.answer, reader.question(entry.question)
    if not isinstance(answer, Estimate):
        said = reader.say("no_number")
        return LinkMark("?", "refused", f"{title}: {said}", f"#{entry.anchor}")
    outcome = reader.run.study.graph[entry.question.outcome]
    times = in_points(outcome)
    text = short(reader, times * answer.value, times * spread(answer))
    grade = entry.evidence.grade
    told = reader.amount(outcome.id, answer.value, spread(answer))
    tone = _TONES[grade.word]
    return LinkMark(text, tone, f"{title}: {told}; {reader.grade(grade)['word']}", f"#{entry.anchor}")


def short(reader: Reader, value: float, half: float) -> str:
    """A signed number that fits on a link; thousands and millions by a letter."""
    for size, key in ((1e6, "million_short"), (1e3, "thousand_short")):
        if abs(value) >= 10 * size or (size == 1e6 and abs(value) >= size):
            return _signed(reader.number(value / size, half / size), value) + reader.say(key)
    return _signed(reader.number(value, half), value)


def _signed(text: str, value: float) -> str:
    return text if value <= 0 or text == "0" else f"+{text}"
