"""Every text that a report can show is there in Dutch, with readers' names and a decimal comma."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd
import pytest

import causalkpi as ck
from causalkpi.datasets import load_demo
from causalkpi.demo import GRAPH as DEMO
from causalkpi.demo import HEADLINES
from causalkpi.errors import DataError, Fault, did_you_mean
from causalkpi.estimators import Answer, Estimate
from causalkpi.estimators.split_panel import admitted
from causalkpi.formula import Formula
from causalkpi.gate import blocked, check, complete, refused
from causalkpi.graph import KPIGraph
from causalkpi.graphfile import load_graph
from causalkpi.kpi import KPI, Link
from causalkpi.language import NOTHING, Name, Text, render
from causalkpi.panel import Panel, as_panel
from causalkpi.question import Estimand, Question, Unanswered
from causalkpi.reading import Source, read_panel
from causalkpi.study import Study
from causalkpi.vocabulary import LANES, PERIODS, ROLES, WORDS
from causalkpi.wording import lane_words, role_words

PACKAGE = Path(ck.__file__).parent
NAMES = {
    "customer_loyalty": ("customer loyalty", "klantloyaliteit"),
    "churn_rate": ("churn", "klantverloop"),
    "market_mood": ("market mood", "marktstemming"),
    "service_score": ("service", "klantgericht gedrag"),
    "price_cut": ("price cut", "prijsverlaging"),
    "total_revenue": ("revenue", "omzet"),
}
X, Y, U, M, Z, TOTAL = NAMES
ASK = Question(X, Y)
# words that Dutch does not have ("is", "of", "in", "over" and "was" it does)
ENGLISH = re.compile(
    r"\b(the|with|are|not|for|and|from|by|to|has|have|that|this|which|its|it|there|each|only|every|but|what|once|taken|"
    r"an|be|no|units?|periods?|rows?|columns?|found|expected|through|values?|missing|given|an|at|on|as|than|more)\b"
)
CODE = re.compile(r"\b\w+=(?:'[^']*'|\([^)]*\))?|\(level: organisation\)|'[^']*'")  # what stands in a file stays so

COLUMN = re.compile(r"(kolom|column) '[^']*'")  # a column is called what the file calls it


# What a report can show


def texts_of(answer: Answer) -> Iterator[str]:
    """Everything in words that belongs to an answer."""
    if isinstance(answer, Unanswered):
        yield from (answer.reason, answer.remedy)
        return
    yield from (answer.estimator, answer.convention, answer.population, *answer.warnings, *answer.lost)
    yield from (beside.why for beside in answer.beside)
    yield from texts_of_estimand(answer.estimand)


def texts_of_estimand(estimand: Estimand) -> Iterator[str]:
    yield from (*estimand.assumptions, estimand.feedback, *(role.reason for role in estimand.roles))
    for part in (*estimand.stages, *(leg for _, leg in estimand.legs)):
        if isinstance(part, Estimand):
            yield from texts_of_estimand(part)


def wrong(text: str, graph: KPIGraph) -> list[str]:
    """What is wrong with a text that a report shows; empty where nothing is."""
    if not text:
        return []
    if not isinstance(text, Text | Name):
        return [f"no Dutch: {text!r}"]
    in_both = (render(text, language, lambda kpi, to=language: graph[kpi].name(to)) for language in ("nl", "en"))
    dutch, english = (COLUMN.sub("", said) for said in in_both)
    faults = [f"English {word!r} in {dutch!r}" for word in ENGLISH.findall(CODE.sub("", dutch))]
    for kpi in graph.kpis:
        if kpi.id not in kpi.name("nl") and re.search(rf"(?<!\w){kpi.id}(?!\w)", dutch):
            faults.append(f"the id {kpi.id} in {dutch!r}")
    if re.search(r"\d\.(?!\d{3}(?!\d))\d", dutch):
        faults.append(f"a decimal point in {dutch!r}")
    if re.search(r"[a-z]_[a-z]", english):
        faults.append(f"an id in {english!r}")
    return faults


# Answers of every kind


def graph_of(edges: str, *more: KPI, hidden: str = "", unit: bool = False, lag: int = 0) -> KPIGraph:
    """A graph over the KPIs with names; edges such as ``X>Y``, where ``X>Y@1`` has a lag of one."""
    ids = {"X": X, "Y": Y, "U": U, "M": M, "Z": Z, "T": TOTAL}
    links = [re.fullmatch(r"(\w)>(\w)(?:@(\d))?", edge).groups() for edge in edges.split()]  # type: ignore[union-attr]
    given = {kpi.id: kpi for kpi in more}
    used = {ids[letter] for link in links for letter in link[:2]} | set(given)
    kpis = [given.get(k, kpi(k, observed=k not in {ids[h] for h in hidden})) for k in NAMES if k in used]
    effects = (X, Y) if unit else ()
    return KPIGraph(
        tuple(kpis), tuple(Link(ids[a], ids[b], lag=int(n or lag)) for a, b, n in links), unit_effects=effects
    )


def kpi(id: str, **more: Any) -> KPI:
    return KPI(id, *NAMES[id], **more)


def table(rows: int = 80, units: int = 0, columns: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Noise in every KPI; with units, that many, seen in as many periods as there are rows for each."""
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.normal(size=(rows, 5)), columns=[X, Y, M, Z, U])
    if units:
        each = rows // units
        data["unit"] = [f"u{i}" for i in np.repeat(np.arange(units), each)]
        data["period"] = np.tile(np.arange(2000, 2000 + each), units)
    return data.assign(**(columns or {}))


def answer(data: pd.DataFrame, graph: KPIGraph, question: Question = ASK) -> Answer:
    """The answer of a table of its own, a panel where it has units."""
    panel = as_panel(data, unit="unit", period="period") if "unit" in data else as_panel(data)
    shape = {"repeated": panel.repeated, "several": panel.n_units > 1}
    return ck.estimate(panel, ck.identify(graph, question, **shape), confirm=False)


PLAIN, CONFOUNDED, WITHIN = graph_of("X>Y"), graph_of("Z>X Z>Y X>Y"), graph_of("X>Y", unit=True)
FEEDBACK = graph_of("X>Y@1 Y>X@1", unit=True)
FRONT, TOOL = graph_of("U>X U>Y X>M M>Y", hidden="U"), graph_of("Z>X X>Y U>X U>Y", hidden="U")
PRODUCT = kpi(TOTAL, formula=Formula.parse(f"{Y} * {M}"))
SUM = graph_of("X>Y X>M", PRODUCT)
SHARED = kpi(M, level="organisation")


def _weak() -> pd.DataFrame:
    data = table(300)
    return data.assign(**{X: data[X] + 0.01 * data[Z]})


def _strong() -> pd.DataFrame:
    data = table(300)
    moved = 2 * data[Z] + data[U] + data[X]
    return data.assign(**{X: moved, Y: moved + data[U] + data[Y]})


REFUSED: dict[str, Callable[[], Any]] = {
    "structural_zero": lambda: ck.identify(graph_of("Y>X"), ASK),
    "structural_zero, later": lambda: ck.identify(graph_of("X>Y@2"), Question(X, Y, 1)),
    "identity": lambda: ck.identify(SUM, Question(Y, TOTAL)),
    "hidden treatment": lambda: ck.identify(graph_of("X>Y", hidden="X"), ASK),
    "hidden common cause": lambda: ck.identify(graph_of("U>X U>Y X>Y", hidden="U"), ASK),
    "hidden parts": lambda: ck.identify(graph_of("X>Y X>M", PRODUCT, hidden="YM"), Question(X, TOTAL)),
    "no help": lambda: ck.identify(graph_of("Z>Y X>Y", kpi(Y, selected=True)), Question(X, Z)),
    "seen once": lambda: ck.identify(WITHIN, ASK, repeated=False),
    "selected": lambda: ck.identify(graph_of("X>Y", kpi(X, selected=True)), ASK),
    "unstable": lambda: ck.identify(graph_of("U>U@1 U>X@1 X>X@1 U>Y X>Y", hidden="U"), ASK),
    "organisation": lambda: ck.identify(graph_of("M>Y", SHARED), Question(M, Y)),
    "organisation, both": lambda: ck.identify(graph_of("M>Y", SHARED, kpi(Y, level="organisation")), Question(M, Y)),
    "through the organisation": lambda: ck.identify(graph_of("X>M M>Y", SHARED), ASK),
    "arithmetic treatment": lambda: ck.identify(
        graph_of("Y>Z M>Z T>Z", kpi(TOTAL, formula=Formula.parse(f"{Y} * {M}"))), Question(TOTAL, Z)
    ),
    "a part by the front door": lambda: ck.identify(
        graph_of("U>X U>Y X>M M>Y", kpi(TOTAL, formula=Formula.parse(f"2 * {Y}")), hidden="U"), Question(X, TOTAL)
    ),
    "a part not identified": lambda: ck.identify(
        graph_of("U>X U>Y X>Y", kpi(TOTAL, formula=Formula.parse(f"2 * {Y}")), hidden="U"), Question(X, TOTAL)
    ),
    "constant outcome": lambda: answer(table(columns={Y: np.r_[np.full(80, 1.0)]}), PLAIN),
    "constant treatment": lambda: answer(table(columns={X: 1.0}), PLAIN),
    "constant within units": lambda: answer(table(240, 30, columns={X: np.repeat(np.arange(30.0), 8)}), WITHIN),
    "one value per period": lambda: answer(
        table(240, 30, columns={X: np.tile(np.arange(8.0) ** 2, 30)}),
        KPIGraph(PLAIN.kpis, PLAIN.links, period_effects=(X, Y)),
    ),
    "one value per period, no shared shocks": lambda: answer(
        table(240, 30, columns={X: np.tile(np.arange(8.0) ** 2, 30)}), PLAIN
    ),
    "collinear": lambda: answer(table().assign(**{X: lambda d: 2 * d[Z]}), CONFOUNDED),
    "three rows": lambda: answer(table(3), PLAIN),
    "too few rows are complete": lambda: answer(table(columns={Y: np.r_[np.full(76, np.nan), np.arange(4.0)]}), PLAIN),
    "two periods": lambda: answer(table(60, 30), graph_of("X>Y@2"), Question(X, Y, 2)),
    "four units": lambda: answer(table(80, 4), PLAIN),
    "one unit": lambda: answer(table(20, 1), PLAIN),
    "one treated row": lambda: answer(table(columns={X: np.r_[1.0, np.zeros(79)]}), PLAIN),
    "one treated unit": lambda: answer(table(240, 30, columns={X: np.r_[np.arange(8.0), np.zeros(232)]}), PLAIN),
    "short panel": lambda: answer(table(240, 40), FEEDBACK, Question(X, Y, 1)),
    "far horizon": lambda: answer(table(560, 40), FEEDBACK, Question(X, Y, 3)),
    "weak instrument": lambda: answer(_weak(), TOOL),
    "text": lambda: answer(table(columns={Y: ["0,5"] * 80}), PLAIN),
    "no column": lambda: answer(table().drop(columns=Y), PLAIN),
    "a part without a column": lambda: answer(
        table().drop(columns=M), graph_of("X>Y Z>M", PRODUCT), Question(X, TOTAL)
    ),
    "no whole row": lambda: answer(
        table(columns={M: np.r_[np.nan, np.arange(79.0)], Z: np.r_[1.0, np.full(79, np.nan)]}),
        graph_of("X>Y Z>M", kpi(TOTAL, formula=Formula.parse(f"{Y} * {M} + {Z}"))), Question(X, TOTAL)
    ),
}  # fmt: skip
ESTIMATED: dict[str, Callable[[], Any]] = {
    "one series": lambda: answer(table(80, 1), PLAIN),
    "cross-section": lambda: answer(table(), CONFOUNDED),
    "few units": lambda: answer(table(240, 30), WITHIN),
    "very few units": lambda: answer(table(64, 8), WITHIN),
    "few treated": lambda: answer(table(240, 30).assign(**{X: lambda d: d[X].where(d.index < 48, 0.0)}), PLAIN),
    "corrected": lambda: answer(table(1200, 60), FEEDBACK, Question(X, Y, 1)),
    "rows lost": lambda: answer(table(240, 30).iloc[: 8 * 29 + 1].assign(**{Z: np.nan}), WITHIN),
    "half is missing": lambda: answer(table(columns={Y: np.r_[np.full(60, np.nan), np.arange(20.0) ** 2]}), PLAIN),
    "leverage": lambda: answer(table(columns={Z: np.r_[1.0, np.zeros(79)]}), CONFOUNDED),
    "redundant": lambda: answer(table(columns={Z: 1.0}), CONFOUNDED),
    "exact": lambda: answer(table().assign(**{Y: lambda d: 2 * d[X]}), PLAIN),
    "extrapolated": lambda: answer(table(), PLAIN, Question(X, Y, contrast=-50.5)),
    "front door": lambda: answer(table(), FRONT),
    "instrument": lambda: answer(_strong(), TOOL),
    "identity": lambda: answer(table(columns={Y: np.r_[np.nan, np.arange(79.0)]}), SUM, Question(X, TOTAL)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_know_their_dutch(case: str) -> None:
    found = REFUSED[case]()
    assert isinstance(found, Unanswered)
    assert [fault for text in texts_of(found) for fault in wrong(text, ALL)] == []
    assert found.reason


@pytest.mark.parametrize("case", ESTIMATED)
def test_estimates_know_their_dutch(case: str) -> None:
    found = ESTIMATED[case]()
    assert isinstance(found, Estimate), found
    assert [fault for text in texts_of(found) for fault in wrong(text, ALL)] == []


ALL = KPIGraph(tuple(KPI(k, *names) for k, names in NAMES.items()))


def test_every_status_is_among_the_refusals() -> None:
    statuses = {REFUSED[case]().status for case in ("structural_zero", "identity", "selected", "three rows", "text")}
    assert statuses == {"structural_zero", "identity", "not_identified", "not_estimable", "refused_data"}


# The demo


@pytest.fixture(scope="module")
def demo() -> tuple[Study, list[Answer]]:
    study = Study(load_graph(DEMO), load_demo(), unit="unit", period="period")
    asked = [Question(*parts, study.graph[parts[0]].usual_change) for c in study.graph.claims for parts in c.questions]
    family = list(dict.fromkeys([*HEADLINES, *asked]))
    return study, [ck.estimate(study.panel, study.identify(question), confirm=False) for question in family]


def test_the_demo_is_told_in_dutch(demo: tuple[Study, list[Answer]]) -> None:
    study, answers = demo
    assert len(answers) >= 20
    assert [fault for found in answers for text in texts_of(found) for fault in wrong(text, study.graph)] == []
    assert [fault for f in study.faults for fault in wrong(f.text, study.graph)] == []
    roles = {role.role for found in answers if isinstance(found, Estimate) for role in found.estimand.roles}
    assert roles <= set(ROLES)


def test_copies_keep_both_languages(demo: tuple[Study, list[Answer]]) -> None:
    for text in (text for found in demo[1][:3] for text in texts_of(found)):
        for copied in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
            assert copied == text
            assert render(copied, "nl") == render(text, "nl")


# The gate


def bad_panel() -> tuple[Panel, KPIGraph]:
    """A panel with a fault of nearly every kind that is kept."""
    rng = np.random.default_rng(3)
    rows = [(u, f"20{y}") for u in ("A", "B", "C", "D", "E") for y in (19, 20, 21, 22, 23) if (u, y) != ("B", 21)]
    data = pd.DataFrame([*rows, ("F", "2019")], columns=["branch", "year"])
    n = len(data)
    data[X], data[Y], data[U] = rng.uniform(0, 1, n), 0.25, np.nan
    data[M] = np.where(data.year == "2020", np.nan, rng.normal(size=n))
    data[Z] = data.year.astype(float) / 7
    data[TOTAL], data["spare"] = rng.normal(size=n), 1.0
    data.loc[3, X] = 1.75
    kpis = (kpi(X, minimum=0, maximum=1), kpi(Y), kpi(U), kpi(M), kpi(Z), KPI("absent_one", "absent", "afwezig"),
            kpi(TOTAL, formula=Formula.parse(f"{X} + {Z}")),
            KPI("spread_one", "spread", "spreiding", level="organisation"),
            KPI("sum_of_all", "sum", "som", formula=Formula.parse(f"0.5 * {X} + {Z}")))  # fmt: skip
    data["spread_one"] = rng.normal(size=n)
    graph = KPIGraph(kpis)
    return complete(as_panel(data, unit="branch", period="year"), graph), graph


def test_the_gate_speaks_dutch() -> None:
    panel, graph = bad_panel()
    faults = check(panel, graph)
    assert {f.rule for f in faults} >= {
        "scale", "constant", "all-missing", "missing", "missing-wave", "level", "identity", "spare-column", "gaps",
        "missing-column", "computed", "single",
    }  # fmt: skip
    assert [fault for f in faults for fault in wrong(f.text, graph)] == []
    assert [fault for f in faults for part in (f.found, f.expected, f.remedy) for fault in wrong(part, graph)] == []
    reasons = blocked(panel, graph, faults)
    assert [fault for text in reasons.values() for fault in wrong(text, graph)] == []
    told = refused(reasons, [Y, M])
    assert told == f"{Y}: 0.25 in every row, expected values that differ"
    assert (
        told.render("nl", lambda k: graph[k].nl) == "klantverloop: 0,25 in elke rij, verwacht waarden die verschillen"
    )


CELLS = {
    "comma": ["0,5", "1"], "thousands": ["1,000", "2"], "both": ["1,000,000", "2"], "points": ["1.000.000", "2"],
    "percent": ["5%", "2"], "yes": ["ja", "2"], "words": ["many", "2"], "date": ["2024-01-31", "2"],
    "infinite": [np.inf, 2.0], "complex": [1j, 2.0], "object": [[1], 2.0], "duration": pd.to_timedelta([1, 2], "D"),
}  # fmt: skip


@pytest.mark.parametrize("case", CELLS)
def test_cells_that_are_no_numbers_are_named_in_dutch(case: str) -> None:
    panel = as_panel(pd.DataFrame({X: CELLS[case], Y: [1.0, 2.0]}))
    assert [fault for f in panel.faults for fault in wrong(f.text, ALL)] == []
    assert [fault for reason in panel.blocked.values() for fault in wrong(reason, ALL)] == []
    assert set(panel.blocked) == {X}


def test_what_reading_keeps_is_dutch(tmp_path: Path) -> None:
    months = pd.DataFrame({"unit": "A1", "month": ["2024-01", "2024-02", "2024-03", "2024-04"], X: [1, 2, np.nan, 4]})
    survey = pd.DataFrame({"unit": ["a1", "a1", "Z"], "wave": ["2024Q1", "2024Q2", "2024Q1"], Y: [1.0, 2.0, 3.0]})
    joined = read_panel(
        [Source(months, "unit", "month", how="sum", name="a"), Source(survey, "unit", "wave", how="mean", name="b")],
        frequency="quarter",
    )
    (tmp_path / "old.csv").write_bytes("k;a\nCafé;1\n".encode("cp1252"))
    old = read_panel(tmp_path / "old.csv", unit="k")
    twice = as_panel(pd.DataFrame({X: [1.0, 1.0, 2.0]}))
    faults = [*joined.faults, *old.faults, *twice.faults]
    assert {f.rule for f in faults} == {"partial-sum", "unmatched", "encoding", "duplicate-rows"}
    assert [fault for f in faults for fault in wrong(f.text, ALL)] == []


# The source: both languages of every text name the same parts


def pairs() -> Iterator[tuple[str, str, str]]:
    """Where each text stands in the source, and its templates (what is filled in there left out)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                written = [_template(part) for part in node.args[:2]]
                if len(written) == 2 and all(written):
                    yield f"{path.name}:{node.lineno}", written[0], written[1]


def _template(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return ""


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_both_languages_name_the_same_parts() -> None:
    found = list(pairs())
    assert len(found) > 100
    assert [(place, en, nl) for place, en, nl in found if _fields(en) != _fields(nl)] == []


def test_no_english_is_left_in_the_dutch() -> None:
    left = [(place, ENGLISH.findall(CODE.sub("", re.sub(r"\{[^}]*\}", "", nl)))) for place, _, nl in pairs()]
    assert [(place, words) for place, words in left if words] == []


def test_every_word_has_its_dutch() -> None:
    assert set(WORDS["nl"]) == set(WORDS["en"])
    for key, english in WORDS["en"].items():
        dutch = WORDS["nl"][key]
        assert _fields(dutch) == _fields(english), key
        assert not ENGLISH.findall(re.sub(r"\{[^}]*\}", "", dutch)), key
    assert set(PERIODS["nl"]) == set(PERIODS["en"])
    for role in ROLES:
        assert role_words(role) == role
    lanes = {
        k.lane for model in ("customer_centred", "boss_centred", "service_profit_chain") for k in load_graph(model).kpis
    }
    assert lanes <= set(LANES)
    assert lane_words("market", "nl") == "markt"


# Exact sentences


NL = {k: nl for k, (_, nl) in NAMES.items()}
SENTENCES = [
    ("structural_zero", "De graaf bevat geen gericht pad van klantloyaliteit naar klantverloop in dezelfde periode: "
     "volgens de graaf is er geen effect."),
    ("structural_zero, later", "De graaf bevat geen gericht pad van klantloyaliteit naar klantverloop binnen 1 "
     "periode: volgens de graaf is er geen effect."),
    ("identity", "omzet = klantverloop * klantgericht gedrag: een rekenregel, er valt niets te schatten."),
    ("hidden treatment", "klantloyaliteit is verborgen: hierover zijn geen gegevens."),
    ("organisation", "klantgericht gedrag heeft per periode één waarde voor de hele organisatie: eenheden van één "
     "organisatie kunnen het effect niet laten zien, omdat elke eenheid dezelfde waarde heeft."),
    ("constant within units", "klantloyaliteit (t) varieert niet binnen eenheden, na correctie voor hun "
     "blijvende verschillen: de gegevens bevatten geen verandering waarvan de gevolgen te zien zijn."),
    ("four units", "Slechts 4 eenheden zijn bruikbaar: met minder dan 5 valt niet te zeggen hoezeer het antwoord "
     "tussen eenheden zou verschillen."),
    ("text", "klantverloop: de gegevens, kolom 'churn_rate': gevonden tekst (80 keer; rij 0: '0,5'; rij 1: '0,5'; "
     "rij 2: '0,5'), verwacht gewone getallen. Dit lijkt op een decimale komma: decimal=','."),
]  # fmt: skip


@pytest.mark.parametrize(("case", "dutch"), SENTENCES, ids=[case for case, _ in SENTENCES])
def test_reasons_as_a_dutch_reader_sees_them(case: str, dutch: str) -> None:
    assert render(REFUSED[case]().reason, "nl", NL.__getitem__) == dutch


def test_an_estimate_as_a_dutch_reader_sees_it() -> None:
    found = ESTIMATED["corrected"]()
    assert isinstance(found, Estimate)
    dutch = [render(text, "nl", NL.__getitem__) for text in (found.estimator, found.convention, found.population)]
    assert dutch == [
        "kleinste kwadraten, gecorrigeerd voor vaste verschillen tussen eenheden, bijgesteld met de "
        "split-panel-jackknife",
        "split-panel-jackknife, telkens met weglating van één eenheid (60 eenheden)",
        "60 eenheden, met de verandering in 2000 tot en met 2018",
    ]
    extrapolated = ESTIMATED["extrapolated"]().warnings[0]
    assert render(extrapolated, "nl", NL.__getitem__) == (
        "klantloyaliteit is waargenomen van −1,699 tot 2,457: een verandering van −50,5 is groter dan elke "
        "verandering in de gegevens en berust alleen op de rechte lijn."
    )


def test_an_adjusted_unit_is_told_as_a_unit() -> None:
    """A unit that is no common cause of the two was once called common to all units in a period."""
    graph = KPIGraph(FRONT.kpis, FRONT.links, unit_effects=(M, Y))
    found = ck.identify(graph, ASK)
    assert isinstance(found, Estimand)
    role = next(role for role in found.roles if role.kpi == "<unit>")
    assert (role.adjusted, role.role) == (True, "lasting differences")
    assert role.reason.render("nl").startswith("blijvende verschillen tussen eenheden")


def test_faults_and_errors_render() -> None:
    fault = Fault(Name("churn"), Text("{n:.1f}%", "{n:.1f}%", n=2.5), Text("more", "meer"), did_you_mean("a", []))
    assert str(fault) == "churn: found 2.5%, expected more. There are none."
    assert fault.render("nl", {"churn": "klantverloop"}.__getitem__) == (
        "klantverloop: gevonden 2,5%, verwacht meer. Er zijn er geen."
    )
    error = DataError(Text("No.", "Nee."), [fault])
    assert str(error) == "No.\n  - " + str(fault)
    assert error.text.render("nl") == "Nee.\n  - churn: gevonden 2,5%, verwacht meer. Er zijn er geen."
    assert did_you_mean("chrn", ["churn"]).render("nl") == "Bedoelde u 'churn'?"


def test_absent_reasons_are_empty() -> None:
    assert admitted(24, 4) == NOTHING
    assert admitted(24, 5).render("nl") == (
        "Horizon 5 is te ver voor 24 perioden: de correctie voldoet aantoonbaar tot en met 4"
    )


def test_a_refused_study_is_told_in_dutch() -> None:
    panel, graph = bad_panel()
    study = Study(KPIGraph(graph.kpis, (Link(X, Z), Link(Y, X), Link(Y, Z))), panel)
    for question in (Question(Y, Z), Question(X, Z)):  # asked about a KPI that is refused; needing one
        found = study.answer(question)
        assert isinstance(found, Unanswered)
        assert found.status == "refused_data"
        assert [fault for text in texts_of(found) for fault in wrong(text, graph)] == []


def test_notes_on_dates_are_dutch() -> None:
    for days in (["13-02-2024", "14-02-2024"], ["2024-03-31", "2024-06-30"]):
        faults = as_panel(pd.DataFrame({"u": ["a", "a"], "d": days, X: [1.0, 2.0]}), unit="u", period="d").faults
        assert len(faults) == 1
        assert wrong(faults[0].text, ALL) == []
