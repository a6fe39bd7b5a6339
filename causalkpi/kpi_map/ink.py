"""The parts of a KPI map as SVG elements, by presentation attributes alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..graph import KPIGraph
from ..kpi import KPI
from ..language import Language
from .layout import Layout, Size
from .type import LABEL, element, lines_of, printable, short, text_width, wrapped
from .ways import Box, Point, Way
from .words import WORDS, LinkMark, in_words

INK, SOFT, PALE, BLUE, AMBER, RED = "#1d2733", "#56616e", "#f4f6f8", "#1f5a96", "#8a5a00", "#a3231a"
GREY, LIGHT = "#7b8794", "#aeb7c1"
NAME, SMALLEST_NAME, UNIT = 13.0, 10.5, 10.5  # sizes of type, in the map's units
WIDTH, MARGIN_LEFT = 156.0, 26.0  # of a box; where the legend begins
INKS: dict[str, tuple[str, float, str]] = {  # colour, width, dashes; the legend's order, the strongest on top
    "strong": (BLUE, 3.2, ""),
    "moderate": (BLUE, 2.2, ""),
    "weak": ("#6f93b8", 1.5, ""),
    "none": (GREY, 1.3, "1.5 3.5"),
    "against": (RED, 2.2, ""),
    "refused": (AMBER, 1.3, "1.5 3.5"),
    "unasked": (LIGHT, 1.1, ""),
    "identity": (GREY, 1.2, "6 4"),
}


class BoxText(NamedTuple):
    """What stands in a box: the name's lines and their size, and the unit's lines."""

    name: list[str]
    size: float
    unit: list[str]

    @property
    def room(self) -> Size:
        """Width and height of the box that holds it."""
        return WIDTH, 20 + 16.0 * len(self.name) + 13.0 * len(self.unit)


def box_text(kpi: KPI, language: Language) -> BoxText:
    """A KPI's name, smaller where its longest word would not fit, and its unit."""
    room, name = WIDTH - 16, printable(kpi.name(language)).strip()
    name = name[:1].upper() + name[1:] if name.split(" ")[0].islower() else name
    longest = max((text_width(word, 1.0, bold=True) for word in name.split()), default=1.0)
    size = max(SMALLEST_NAME, min(NAME, room / longest))
    return BoxText(wrapped(name, room, size, 3, bold=True), size, wrapped(kpi.unit, room, UNIT, 2))


def column_svg(left: float, right: float, layout: Layout) -> str:
    """The ground of a column."""
    return element("rect", x=left - 12, y=6, width=right - left + 24, height=layout.bottom - 6, rx=12, fill=PALE)


def heading_svg(lane: str, x: float, y: float, language: Language) -> str:
    """A lane's heading."""
    word = WORDS[lane].render(language) if lane in WORDS else lane
    return lines_of([word[:1].upper() + word[1:]], x, y, 0, 12.0, SOFT, bold=True)


def box_svg(kpi: KPI, box: Box, text: BoxText, language: Language) -> str:
    """A KPI: dashed where it is hidden, grey where it is arithmetic."""
    hidden = "" if kpi.observed else WORDS["hidden"].render(language)
    x, y = box.x + box.width / 2, box.y + 22
    fill = "#e9edf1" if kpi.formula is not None else "#ffffff"
    return element(
        "g",
        element("title", text=", ".join(filter(None, [kpi.name(language), kpi.unit, hidden]))),
        element("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=8, fill=fill, stroke="#8b96a3",
                stroke_width=1.2, stroke_dasharray="" if kpi.observed else "5 4"),
        lines_of(text.name, x, y, 16, text.size, INK, bold=True),
        lines_of(text.unit, x, y + 16 * len(text.name) - 2, 13, UNIT, SOFT),
        data_kpi=kpi.id,
    )  # fmt: skip


def link_svg(graph: KPIGraph, way: Way, mark: LinkMark | None, tone: str, language: Language) -> str:
    """A link with its arrowhead."""
    colour, width, dashes = INKS[tone]
    size = 5.0 + 1.3 * width
    forward = _direction(way)
    tip = way.points[-1]
    tail, side = tip - forward * size, forward[::-1] * (-1, 1) * size * 0.42
    path = f"M{_at(way.start)}" + "".join(
        f"C{_at(a)} {_at(b)} {_at(tail if i == len(way.segments) else end)}"
        for i, (a, b, end) in enumerate(way.segments, start=1)
    )
    said = mark.title if mark and mark.title else in_words(graph, way.link, language)
    drawn = element(
        "g",
        element("title", text=said),
        element("path", d=path, stroke=colour, stroke_width=width, stroke_dasharray=dashes),
        element("polygon", points=" ".join(map(_at, (tip, tail + side, tail - side))), fill=colour),
        data_link=">".join(map(str, way.link)),
    )
    return element("a", drawn, href=mark.href) if mark and mark.href else drawn


def label_svg(mark: LinkMark, size: Size, at: Point) -> str:
    """What stands on a link."""
    colour, _, dashes = INKS[mark.tone]
    colour = {"weak": BLUE, "unasked": SOFT, "none": SOFT}.get(mark.tone, colour)  # type needs more contrast
    (w, h), (x, y) = size, at
    drawn = element(
        "g",
        element("title", text=mark.title or mark.text),
        element("rect", x=x - w / 2, y=y - h / 2, width=w, height=h, rx=h / 2, fill="#ffffff", stroke=colour,
                stroke_width=1, stroke_dasharray="1.5 2.5" if dashes else ""),
        lines_of([mark.text], x, y + 4, 0, LABEL, colour, bold=True),
        data_label=mark.tone,
    )  # fmt: skip
    return element("a", drawn, href=mark.href) if mark.href else drawn


def legend_svg(graph: KPIGraph, tones: set[str], layout: Layout, language: Language) -> tuple[list[str], float]:
    """What the lines mean, only those that occur, and how high the whole has become."""
    drawn, x, y = [], MARGIN_LEFT, layout.height + 22
    for tone in [tone for tone in INKS if tone in tones]:
        word, (colour, width, dashes) = WORDS[tone].render(language), INKS[tone]
        wide = 44 + text_width(word, LABEL)
        if x + wide > layout.width and x > MARGIN_LEFT:
            x, y = MARGIN_LEFT, y + 20
        drawn += [
            element("line", x1=x, y1=y - 4, x2=x + 28, y2=y - 4, stroke=colour, stroke_width=width,
                    stroke_dasharray=dashes),
            lines_of([word], x + 35, y, 0, LABEL, SOFT, anchor="start"),
        ]  # fmt: skip
        x += wide + 18
    if any(source == kpi for kpi in graph.ids for source, _ in graph.causes[kpi]):
        past = WORDS["past"].render(language)
        if x + text_width(past, LABEL) > layout.width:
            x, y = MARGIN_LEFT, y + 20
        drawn.append(lines_of([past], x, y, 0, LABEL, SOFT, anchor="start"))
    return drawn, y + 12


def _direction(way: Way) -> np.ndarray:
    """The unit vector in which a link arrives."""
    end = way.points[-1]
    before = next((point for point in way.points[::-1] if abs(point - end).sum() > 3), way.points[0])
    return (end - before) / (float(np.hypot(*(end - before))) or 1.0)


def _at(point: Point | np.ndarray) -> str:
    return f"{short(point[0])} {short(point[1])}"
