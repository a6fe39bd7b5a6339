"""What ships with the package, and what a claim or a KPI of a graph means: texts for a terminal."""

from __future__ import annotations

import json

from .datasets import find_data
from .errors import Fault, QuestionError, did_you_mean
from .graph import KPIGraph
from .graphfile import list_graphs, load_graph
from .kpi import KPI, Claim
from .language import Language, Text, render
from .ledger import rule_of
from .rule import Rule
from .wording import later
from .worlds import WORLDS

_SAYS = {
    "source": Text("who says so", "wie het zegt"),
    "decides": Text("what decides it", "wat haar beslist"),
    "not_examined": Text("not examined by this version", "niet onderzocht door deze versie"),
    "not_testable": Text("not testable here", "hier niet toetsbaar"),
    "questions": Text("its questions", "haar vragen"),
    "expected": Text("expected", "verwacht"),
    "unit": Text("unit", "eenheid"),
    "owner": Text("owner", "eigenaar"),
    "formula": Text("formula", "formule"),
    "moved_by": Text("moved by", "wordt bewogen door"),
    "moves": Text("moves", "beweegt"),
    "claims": Text("claims", "stellingen"),
}


_DATA_NL = {
    "waterland_bank": (
        "Een Nederlandse bank die niet bestaat, met ongelijke filialen, waarin de verbanden van het model uit het boek "
        "gelden met de verwachte tekens. De blijvende kwaliteit van een filiaal is niet waargenomen en werkt door in "
        "de zachte KPI's en in het geld; seizoenen en gedeelde schokken raken alle filialen; enkele enquêterondes "
        "ontbreken. Gesimuleerd met causalkpi.worlds, seed 2019."
    ),
    "unit": "filiaal",
    "period": "kwartaal",
}


def graphs_text(language: Language = "en") -> str:
    """The ready-made models, one a line.

    Examples
    --------
    >>> print(graphs_text().splitlines()[1])
    customer_centred      22 KPIs, 48 links, 11 claims: the customer at the centre
    """
    rows = []
    for name in list_graphs():
        graph = load_graph(name)
        sizes = Text(
            "{kpis} KPIs, {links} links, {claims} claims",
            "{kpis} KPI's, {links} pijlen, {claims} stellingen",
            kpis=len(graph.kpis),
            links=len(graph.links),
            claims=len(graph.claims),
        )
        rows.append(f"{name:<21} {sizes.render(language)}: {graph.nl if language == 'nl' else graph.en}")
    return "\n".join(rows)


def worlds_text(language: Language = "en") -> str:
    """The simulated organisations, one a line, each with where its idea comes from."""
    return "\n".join(
        f"{w.id:<21} {w.nl if language == 'nl' else w.en}: {render(w.reference, language)}" for w in WORLDS
    )


def data_text(language: Language = "en") -> str:
    """The data that come with the package, column by column, as their own description or the model has them."""
    package = json.loads(find_data("datapackage.json").read_text("utf-8"))
    graph, dutch = load_graph("customer_centred"), language == "nl"
    lines = []
    for resource in package["resources"]:
        said = _DATA_NL.get(resource["name"], "") if dutch else ""
        lines.append(f"{resource['path']:<21} {said or resource.get('description') or resource.get('title', '')}")
        for column in resource["schema"]["fields"]:
            name = column["name"]
            said = (graph[name].name(language) if name in graph else _DATA_NL.get(name, "")) if dutch else ""
            lines.append(f"  {name:<21} {said or column.get('description') or column.get('title', '')}")
    return "\n".join(lines)


def explain_text(graph: KPIGraph, name: str, language: Language = "en") -> str:
    """A claim of a graph, or a KPI, in words.

    Parameters
    ----------
    graph : KPIGraph
    name : str
        The claim's or the KPI's id, whatever its capitals.
    language : {"en", "nl"}

    Raises
    ------
    QuestionError
        If the graph has neither, saying what there is.

    Examples
    --------
    >>> print(explain_text(load_graph("customer_centred"), "C4").splitlines()[0])
    C4. Ambassadors bring in other customers, and recommending binds the one who recommends.
    """
    for claim in graph.claims:
        if claim.id.lower() == name.lower():
            return _claim(graph, claim, language)
    for kpi in graph.kpis:
        if kpi.id.lower() == name.lower():
            return _kpi(graph, kpi, language)
    options = [*(claim.id for claim in graph.claims), *graph.ids]
    fault = Fault("explain", repr(name), "a claim or a KPI of the graph", did_you_mean(name, options), "unknown")
    raise QuestionError("There is nothing of that name to explain.", [fault])


def _claim(graph: KPIGraph, claim: Claim, language: Language) -> str:
    says = {key: text.render(language) for key, text in _SAYS.items()}
    lines = [f"{claim.id}. {claim.statement(language)}", f"  {says['source']}: {claim.source(language)}"]
    rule = rule_of(claim)
    if isinstance(rule, Rule):
        parts = ["; ".join(map(str, part)) for part in rule.alternatives]
        lines.append(f"  {says['decides']}: {Text(' or ', ' of ').render(language).join(parts)}")
    else:
        why = "not_testable" if claim.not_testable else "not_examined"
        lines.append(f"  {says[why]}: {render(rule, language)}")
    lines += [f"  {says['questions']}:"] * bool(claim.questions)
    signs = claim.expected or ("?",) * len(claim.questions)
    names = claim.names or tuple(f"q{i + 1}" for i in range(len(claim.questions)))
    for (treatment, outcome, horizon), sign, called in zip(claim.questions, signs, names, strict=True):
        about = f"{graph[treatment].name(language)} -> {graph[outcome].name(language)}, "
        about += later(horizon, "step", language)
        expected = f" ({says['expected']} {sign})" if sign != "?" else ""
        lines.append("    " + (f"{called}: " if called else "") + about + expected)
    for name, change, outcome, since, sign in claim.changes:
        about = f"{graph[change].name(language)} (0 -> 1) -> {graph[outcome].name(language)}, "
        lines.append(f"    {name}: {about}{later(since, 'step', language)} ({says['expected']} {sign})")
    return "\n".join(lines)


def _kpi(graph: KPIGraph, kpi: KPI, language: Language) -> str:
    says = {key: text.render(language) for key, text in _SAYS.items()}
    lines = [f"{kpi.id}: {kpi.name(language)}"]
    facts = [
        ("unit", kpi.unit_in(language)),
        ("owner", kpi.owner_in(language)),
        ("formula", kpi.formula.text if kpi.formula else ""),
    ]
    lines += [f"  {says[key]}: {value}" for key, value in facts if value]
    for key, near, far in (("moved_by", "target", "source"), ("moves", "source", "target")):
        for link in graph.links:
            if getattr(link, near) == kpi.id and link.source != link.target:
                when = later(link.lag, "step", language)
                about = f"{graph[getattr(link, far)].name(language)} ({link.sign}, {when})"
                lines.append(f"  {says[key]} {about}" + (f": {link.reference}" if link.reference else ""))
    asked = [c.id for c in graph.claims if any(kpi.id in question[:2] for question in c.questions)]
    lines += [f"  {says['claims']}: {', '.join(asked)}"] * bool(asked)
    return "\n".join(lines)
