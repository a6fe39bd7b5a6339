"""The KPI map: everything once, nothing over anything else, nothing that could leave its place."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from causalkpi import KPI, GraphError, KPIGraph, Link, from_networkx, list_graphs, load_graph, read_graph
from causalkpi.kpi_map import KPIMap, LinkMark, kpi_map_svg
from causalkpi.kpi_map.columns import columns_of, links_of
from causalkpi.kpi_map.type import text_width, wrapped

STUDIES = Path(__file__).parent / "studies"
SVG = "{http://www.w3.org/2000/svg}"
TONES = ("strong", "moderate", "weak", "none", "against", "refused")
Rectangle = tuple[float, float, float, float]


def graphs() -> dict[str, KPIGraph]:
    found = {name: load_graph(name) for name in list_graphs()}
    found |= {name: read_graph(STUDIES / name / "graph.yaml") for name in ("jtrain", "nhs_trusts")}
    found["plain"] = from_networkx(nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("b", "d")]))
    return found


GRAPHS = graphs()


def marks_of(graph: KPIGraph) -> dict[tuple[str, str, int], LinkMark]:
    asked = [link for link in links_of(graph) if graph[link[1]].formula is None]
    return {link: LinkMark("+0,0123", TONES[i % 6], f"mark {i}") for i, link in enumerate(asked)}  # type: ignore[arg-type]


def parsed(graph: KPIGraph, *args, **kwargs) -> ET.Element:
    return ET.fromstring(kpi_map_svg(graph, *args, **kwargs))


def rectangles(svg: ET.Element, kind: str) -> dict[str, Rectangle]:
    found = {}
    for i, group in enumerate(svg.iter(SVG + "g")):
        rect = group.find(SVG + "rect")
        if group.get(kind) is not None and rect is not None:
            x, y, w, h = (float(rect.get(name, "nan")) for name in ("x", "y", "width", "height"))
            found[f"{group.get(kind)} {i}"] = (x, y, x + w, y + h)
    return found


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def points_of(path: str) -> np.ndarray:
    """Points along a path of cubic segments."""
    numbers = [np.array(list(map(float, re.findall(r"-?[\d.]+", part)))) for part in path[1:].split("C")]
    at, t, found = numbers[0], np.linspace(0, 1, 50)[:, None], []
    for c in numbers[1:]:
        a, b, end = c[:2], c[2:4], c[4:]
        found.append((1 - t) ** 3 * at + 3 * t * (1 - t) ** 2 * a + 3 * t**2 * (1 - t) * b + t**3 * end)
        at = end
    return np.concatenate(found)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_kpi_and_link_is_drawn_once(name):
    graph = GRAPHS[name]
    svg = parsed(graph, marks_of(graph))
    assert sorted(g.get("data-kpi", "") for g in svg.iter(SVG + "g") if g.get("data-kpi")) == sorted(graph.ids)
    drawn = [g.get("data-link") for g in svg.iter(SVG + "g") if g.get("data-link")]
    assert sorted(drawn) == sorted(f"{a}>{b}>{lag}" for a, b, lag in links_of(graph))


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_boxes_and_labels_stand_apart(name, language):
    graph = GRAPHS[name]
    svg = parsed(graph, marks_of(graph), language)
    boxes, labels = rectangles(svg, "data-kpi"), rectangles(svg, "data-label")
    assert len(labels) == len(marks_of(graph))
    taken = {**boxes, **labels}
    assert [pair for pair in combinations(taken, 2) if overlap(taken[pair[0]], taken[pair[1]])] == []
    left, top, width, height = map(float, svg.get("viewBox", "").split())
    for x1, y1, x2, y2 in taken.values():
        assert left <= x1 and x2 <= left + width and top <= y1 and y2 <= top + height


@pytest.mark.parametrize("name", GRAPHS)
def test_no_link_runs_over_a_box(name):
    svg = parsed(GRAPHS[name])
    boxes = np.array(list(rectangles(svg, "data-kpi").values()))
    for group in svg.iter(SVG + "g"):
        path = group.find(SVG + "path")
        if path is not None:
            points = points_of(path.get("d", ""))
            inside = (points[:, None, :] > boxes[:, :2] + 1).all(axis=2) & (points[:, None, :] < boxes[:, 2:] - 1).all(
                axis=2
            )
            assert not inside.any(), group.get("data-link")


def test_the_models_own_order_of_lanes_runs_left_to_right():
    columns = columns_of(GRAPHS["customer_centred"])
    names = [[name for name, _ in lanes] for lanes in columns]
    assert names == [["steering"], ["behaviour"], ["loyalty"], ["customer", "market"], ["finance"]]


def test_without_lanes_a_kpi_stands_right_of_its_last_cause():
    columns = [kpis for lanes in columns_of(GRAPHS["plain"]) for _, kpis in lanes]
    assert columns == [["a"], ["b"], ["c"], ["d"]]
    ring = KPIGraph((KPI("a"), KPI("b")), (Link("a", "b"), Link("b", "a", lag=1)))
    assert [kpis for lanes in columns_of(ring) for _, kpis in lanes] == [["a"], ["b"]]


def test_what_users_write_cannot_leave_its_place():
    bad = "</text><script>alert(1)</script>\"' onload=x &amp; \x00\x0b\ud800"
    graph = KPIGraph(
        (KPI("a<b>", en=bad, unit=bad, lane="x"), KPI("b", en="Ω" * 300, lane=bad)),
        (Link("a<b>", "b", "+", lag=1),),
    )
    text = kpi_map_svg(graph, {("a<b>", "b", 1): LinkMark(bad[:20], "strong", bad, '#x"><script>')}, "en", bad)
    svg = ET.fromstring(text)
    tags = {element.tag.removeprefix(SVG) for element in svg.iter()}
    assert tags == {"svg", "title", "desc", "g", "a", "rect", "text", "path", "polygon", "line"}
    assert all(not name.startswith("on") for element in svg.iter() for name in element.attrib)
    assert text.encode("utf-8")


@pytest.mark.parametrize("name", GRAPHS)
def test_a_strict_content_security_policy_lets_it_through(name):
    text = kpi_map_svg(GRAPHS[name], marks_of(GRAPHS[name]))
    assert not re.search(r"\bstyle\b|<style|url\(|@import|\bsrc=|xlink|\bid=", text)
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]


def test_a_mark_of_no_link_or_that_leads_away_is_refused():
    graph = GRAPHS["jtrain"]
    with pytest.raises(GraphError, match="no such link"):
        kpi_map_svg(graph, {("grant", "log_scrap", 7): LinkMark("1", "weak")})
    for href in ("javascript:alert(1)", "https://example.org", "#a b"):
        with pytest.raises(GraphError, match="same page"):
            kpi_map_svg(graph, {("grant", "log_scrap", 0): LinkMark("1", "weak", href=href)})


def test_links_in_the_map_stay_within_reach_of_assistive_technology():
    graph = GRAPHS["jtrain"]
    assert parsed(graph).get("role") == "img"
    linked = parsed(graph, {("grant", "log_scrap", 0): LinkMark("1", "weak", href="#q1")})
    assert linked.get("role") == "group", "an image would hide the links in it"
    assert {a.get("href") for a in linked.iter(SVG + "a")} == {"#q1"}
    assert linked.find(SVG + "title") is not None and linked.find(SVG + "desc") is not None


def test_the_reader_gets_names_lanes_and_legend_in_dutch():
    graph = GRAPHS["customer_centred"]
    text = " ".join(element.text or "" for element in parsed(graph, marks_of(graph), "nl").iter())
    for words in ("Klantloyaliteit", "Vermogenskostenvoet", "Sturing", "sterke onderbouwing", "rekenkundig verband",
                  "klantloyaliteit → klantverloop", "Niet getekend"):  # fmt: skip
        assert words in text or words == "klantloyaliteit → klantverloop"
    plain = " ".join(element.text or "" for element in parsed(graph, {}, "nl").iter())
    assert "klantloyaliteit → klantverloop (verwacht teken: −), één periode later" in plain


def test_a_hidden_kpi_is_dashed_and_an_identity_is_grey():
    svg = parsed(GRAPHS["customer_centred"].hide("advocacy"))
    rect = {g.get("data-kpi"): g.find(SVG + "rect") for g in svg.iter(SVG + "g") if g.get("data-kpi")}
    assert [k for k, r in rect.items() if r is not None and r.get("stroke-dasharray")] == ["advocacy"]
    grey = {k for k, r in rect.items() if r is not None and r.get("fill") != "#ffffff"}
    assert grey == {"customers", "revenue", "operating_result"}


def test_the_same_graph_gives_the_same_text_whatever_the_order_of_its_links():
    graph = GRAPHS["nhs_trusts"]
    turned = KPIGraph(graph.kpis, graph.links[::-1], graph.unit_effects, graph.period_effects)
    marks = marks_of(graph)
    assert kpi_map_svg(graph, marks) == kpi_map_svg(turned, dict(reversed(marks.items())))
    assert str(KPIMap(graph, marks)) == kpi_map_svg(graph, marks)


def test_lines_fit_their_box():
    for text in ("vermogenskostenvoet op lange termijn", "W" * 80, "a", "a/b-c " * 30, ""):
        lines = wrapped(text, 140.0, 13.0, 3, bold=True)
        assert len(lines) <= 3
        assert all(text_width(line, 13.0, bold=True) <= 140 for line in lines)


def test_one_kpi_and_many():
    assert "<svg" in kpi_map_svg(KPIGraph((KPI("a"),)))
    rng = np.random.default_rng(0)
    large = nx.DiGraph([(f"k{a}", f"k{b}") for a in range(40) for b in rng.choice(40, 3) if a < b])
    start = time.process_time()
    kpi_map_svg(large)
    assert time.process_time() - start < 5


def test_it_is_quick_and_small():
    graph = GRAPHS["customer_centred"]
    start = time.process_time()
    text = kpi_map_svg(graph, marks_of(graph), "nl")
    assert time.process_time() - start < 1.0
    assert len(text) < 60_000
