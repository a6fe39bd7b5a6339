"""The KPI map: the graph in lanes, with what was found about each link, as SVG text.

Every mark of evidence is readable without colour: by the number on the link, the weight of its line, its dashes.
The text holds no script, no style sheet and no reference outside the page, so that a strict content security policy
lets it through; whatever a user wrote is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import networkx as nx

from ..errors import Fault, GraphError, did_you_mean, raise_all
from ..graph import KPIGraph, as_graph
from ..language import Language
from .columns import LinkKey, links_of
from .ink import INKS, box_svg, box_text, column_svg, heading_svg, label_svg, legend_svg, link_svg
from .labels import label_places
from .layout import ROOM, place
from .type import LABEL, element, short, text_width
from .words import WORDS, LinkMark, Tone, description

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class KPIMap:
    """A KPI map that a notebook shows by itself; the parameters are those of :func:`kpi_map_svg`."""

    graph: KPIGraph
    marks: Mapping[LinkKey, LinkMark] = field(default_factory=dict)
    language: Language = "en"
    title: str = ""

    def _repr_svg_(self) -> str:
        return kpi_map_svg(self.graph, self.marks, self.language, self.title)

    def __str__(self) -> str:
        return self._repr_svg_()


def kpi_map_svg(
    graph: KPIGraph | nx.DiGraph,
    marks: Mapping[LinkKey, LinkMark] | None = None,
    language: Language = "en",
    title: str = "",
) -> str:
    """The KPI graph in lanes, causes to the left, as the text of one ``<svg>`` element.

    Parameters
    ----------
    graph : KPIGraph or networkx.DiGraph
        Without lanes a KPI stands one column to the right of its last cause.
    marks : mapping of (str, str, int) to LinkMark
        By source, target and lag; links without a mark are drawn thin and grey.
    language : {"en", "nl"}
    title : str
        For those who hear the page; "The KPI map" where left empty.

    Returns
    -------
    str
        It scales to the width that the page gives it; the same input gives the same text.

    Raises
    ------
    GraphError
        If a mark is of no link of the graph, or leads outside the page.

    Examples
    --------
    >>> from causalkpi import load_graph
    >>> mark = LinkMark("+0.26", "moderate", "0.26 points per point")
    >>> svg = kpi_map_svg(load_graph("service_profit_chain"), {("employee_attitude", "employee_behaviour", 0): mark})
    >>> svg.startswith("<svg "), "+0.26" in svg, "style" in svg
    (True, True, False)
    """
    graph, marks = as_graph(graph), dict(marks or {})
    _require_links(graph, marks)
    texts = {kpi.id: box_text(kpi, language) for kpi in graph.kpis}
    layout = place(graph, {kpi: text.room for kpi, text in texts.items()})
    sizes = {link: (text_width(mark.text, LABEL, bold=True) + 12, 18.0) for link, mark in marks.items() if mark.text}
    labels = label_places(layout, sizes)
    tones = {way.link: _tone(graph, marks, way.link) for way in layout.ways}
    order = list(INKS)
    ways = sorted(layout.ways, key=lambda way: -order.index(tones[way.link]))
    legend, height = legend_svg(graph, set(tones.values()), layout, language)
    drawn = [
        *(column_svg(left, right, layout) for left, right in layout.columns),
        *(heading_svg(name, x, y, language) for name, x, y, _ in layout.lanes if name),
        *(link_svg(graph, way, marks.get(way.link), tones[way.link], language) for way in ways),
        *(box_svg(graph[kpi], box, texts[kpi], language) for kpi, box in layout.boxes.items()),
        *(label_svg(marks[link], sizes[link], at) for link, at in labels.items()),
        *legend,
    ]
    width = max([layout.width, *(at[0] + sizes[link][0] / 2 + 6 for link, at in labels.items())])
    room = max(width, ROOM)  # a small map keeps the size of type of a large one
    said = title or WORDS["title"].render(language)
    return element(
        "svg", *(f"\n{part}" for part in (element("title", text=said),
                                          element("desc", text=description(graph, marks, language)), *drawn)),
        xmlns="http://www.w3.org/2000/svg", viewBox=" ".join(map(short, ((width - room) / 2, 0, room, height))),
        width="100%", aria_label=said, font_family=FONT, fill="none",
        # an image hides what is in it from assistive technology, so with links in it it is a group
        role="group" if any(mark.href for mark in marks.values()) else "img",
    )  # fmt: skip


def _require_links(graph: KPIGraph, marks: Mapping[LinkKey, LinkMark]) -> None:
    there = {f"{a} -> {b}, lag {lag}": (a, b, lag) for a, b, lag in links_of(graph)}
    faults = [
        Fault(f"a mark of {a} -> {b}, lag {lag}", "no such link in the graph", "a link of the graph",
              did_you_mean(f"{a} -> {b}, lag {lag}", there), "unknown-link")
        for a, b, lag in marks
        if (a, b, lag) not in there.values()
    ]  # fmt: skip
    faults += [
        Fault(f"a mark of {k[0]} -> {k[1]}", f"href {m.href!r}", "a place on the same page: #...", rule="href")
        for k, m in marks.items()
        if m.href and not re.fullmatch(r"#[^\s]*", m.href)
    ]
    raise_all(GraphError, "The KPI map cannot be drawn.", faults)


def _tone(graph: KPIGraph, marks: Mapping[LinkKey, LinkMark], link: LinkKey) -> str:
    if graph[link[1]].formula is not None:
        return "identity"
    return marks[link].tone if link in marks else "unasked"


__all__ = ["KPIMap", "LinkMark", "Tone", "kpi_map_svg"]
