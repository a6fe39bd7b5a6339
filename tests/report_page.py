"""A run whose names mean harm, and a page as a browser would see it; for the tests of files and of the report."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from causalkpi.graph import KPIGraph
from causalkpi.kpi import KPI, Claim, Link
from causalkpi.question import Question
from causalkpi.record import Run
from causalkpi.study import Study

EVIL = "</style><script>alert('x')</script> & \"🐊\" é {0} {x}"
FORMULA = '=HYPERLINK("http://example.org")'
VOID = ("meta", "line", "circle", "br", "img", "path", "rect")


def make_run(**changes) -> Run:
    """A cross-section of 200 customers under names that mean harm."""
    kpis = (
        KPI("market", en=EVIL, unit="<i>points</i>", owner=EVIL, lane=EVIL),
        KPI("loyalty", en=FORMULA, unit="=1+1", owner="<b>boss</b>"),
        KPI("spend", en="@spend", unit="-EUR"),
        KPI("mood", observed=False),
        KPI("churn"),
    )
    links = tuple(
        Link(*ends)
        for ends in (("market", "loyalty"), ("market", "spend"), ("loyalty", "spend"), ("mood", "loyalty"),
                     ("mood", "churn"), ("loyalty", "churn"), ("market", "churn"))
    )  # fmt: skip
    claims = (Claim("C<1>", en=EVIL, reference="<b>us</b>", questions=(("loyalty", "churn", 0),)),)
    graph = KPIGraph(kpis, links, claims=claims, id=EVIL)
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"market": rng.normal(size=200)})
    frame["loyalty"] = frame.market + rng.normal(size=200)
    frame["spend"] = 2 * frame.loyalty + frame.market + rng.normal(size=200)
    frame["churn"] = -frame.loyalty + rng.normal(size=200)
    study = Study(graph, frame)
    ledger = study.run([Question("loyalty", "spend"), Question("spend", "loyalty"), Question("loyalty", "spend")])
    run = Run(EVIL, study, ledger, "graph.yaml", client=EVIL, date="-1", choices={"seed": "0"}, sentences=(EVIL,))
    return replace(run, **changes)


class Page(HTMLParser):
    """What a browser would see: tags that are open, every tag met, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.met: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.met.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.met.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data + " "

    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())

    def attributes(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [attrs[name] for _, attrs in self.met if name in attrs]
