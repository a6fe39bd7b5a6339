"""What a KPI map says, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..graph import KPIGraph
from ..language import Language, Text
from .columns import LinkKey, links_of

Tone = Literal["strong", "moderate", "weak", "none", "against", "unasked", "refused"]
WORDS: dict[str, Text] = {
    "strong": Text("strong evidence", "sterke onderbouwing"),
    "moderate": Text("moderate evidence", "redelijke onderbouwing"),
    "weak": Text("weak evidence", "zwakke onderbouwing"),
    "none": Text("no evidence", "onderbouwing ontbreekt"),
    "against": Text("against the claim", "tegen de stelling"),
    "refused": Text("refused", "geweigerd"),
    "unasked": Text("not asked", "niet gevraagd"),
    "identity": Text("arithmetic", "rekenkundig verband"),
    "hidden": Text("not measured", "niet gemeten"),
    "steering": Text("steering", "sturing"),
    "behaviour": Text("behaviour", "gedrag"),
    "loyalty": Text("loyalty", "loyaliteit"),
    "market": Text("market", "markt"),
    "customer": Text("customers", "klanten"),
    "finance": Text("finance", "financieel"),
    "title": Text("The KPI map", "De KPI-kaart"),
    "past": Text(
        "Not drawn: that KPIs carry their own past along.", "Niet getekend: de doorwerking van een KPI in de tijd."
    ),
}


@dataclass(frozen=True)
class LinkMark:
    """What is known of one link, for a reader.

    Parameters
    ----------
    text : str
        Stands on the link; empty for none.
    tone : {"strong", "moderate", "weak", "none", "against", "unasked", "refused"}
    title : str
        Said in full, where the reader points at the link.
    href : str
        A place on the same page, beginning with ``#``; empty for none.
    """

    text: str
    tone: Tone
    title: str = ""
    href: str = ""


def in_words(graph: KPIGraph, link: LinkKey, language: Language) -> str:
    """A link in words, with the sign and the delay that the graph expects."""
    source, target, lag = link
    parts = {"source": graph[source].name(language), "target": graph[target].name(language)}
    if graph[target].formula is not None:
        text = Text(
            "{source} is part of the formula of {target}", "{source} is deel van de formule van {target}", **parts
        )
        return text.render(language)
    later = Text("{lag} periods later", "{lag} perioden later", lag=lag)
    if lag < 2:
        later = (Text("in the same period", "in dezelfde periode"), Text("one period later", "één periode later"))[lag]
    sign = next((li.sign for li in graph.links if (li.source, li.target, li.lag) == link), "?")
    return Text(
        "{source} → {target} (expected sign: {sign}), {later}",
        "{source} → {target} (verwacht teken: {sign}), {later}",
        sign=sign.replace("-", "\N{MINUS SIGN}"),
        later=later,
        **parts,
    ).render(language)


def description(graph: KPIGraph, marks: Mapping[LinkKey, LinkMark], language: Language) -> str:
    """The map in words, for those who hear it."""
    text = Text(
        "{kpis} KPIs and {links} links between them; {marks} links carry a result.",
        "{kpis} KPI's en {links} verbanden ertussen; bij {marks} verbanden staat een uitkomst.",
        kpis=len(graph.kpis), links=len(links_of(graph)), marks=len(marks),
    )  # fmt: skip
    said = [f"{in_words(graph, link, language)}: {mark.title or mark.text}." for link, mark in sorted(marks.items())]
    return " ".join([text.render(language), *said])
