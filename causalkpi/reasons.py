"""What identification tells a reader: why a question has no answer, what would help, and what an answer assumes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .formula import Formula
from .graph import Node
from .kpi import UNIT
from .language import Name, Text, both
from .question import Question, Route, Unanswered, label

GRAPH_HOLDS = Text(
    "The graph holds: no arrow and no common cause is missing from it.",
    "De graaf klopt: er ontbreekt geen pijl en geen gemeenschappelijke oorzaak.",
)
LINEAR = Text(
    "Effects are linear and the same in all units and periods.",
    "Effecten zijn lineair en gelijk voor alle eenheden en perioden.",
)
ADDITIVE = Text(
    "What is lasting and hidden in a unit acts additively and does not change.",
    "Wat blijvend en verborgen is aan een eenheid, werkt additief en verandert niet.",
)
SHORTER = Text(
    "Bring more periods, or ask for a shorter horizon.", "Lever meer perioden aan, of vraag naar een kortere horizon."
)
PANEL_NEEDED = Text("It takes a panel of organisations.", "Hiervoor is een panel van organisaties nodig.")
UNSTABLE = Text(
    "A hidden KPI with a past of its own confounds this: every longer look back would need one period more, "
    "and no number of lags settles it.",
    "Een verborgen KPI met een eigen verleden vertekent dit: hoe ver er ook wordt teruggekeken, er is steeds nog een "
    "periode extra nodig; geen enkel aantal vertragingen volstaat.",
)
_ROUTES: dict[Route, Text] = {
    "back_door": Text("back door", "correctie (back-door)"),
    "front_door": Text("front door", "front-door"),
    "instrument": Text("instrument", "instrument"),
    "identity": Text("identity", "rekenregel"),
}


def no_path(question: Question) -> Unanswered:
    """By the graph there is no effect."""
    count = question.horizon
    within = Text(
        f"within {count} period{'s' * (count != 1)}",
        f"binnen {count} periode{'n' * (count != 1)}" if count else "in dezelfde periode",
    )
    reason = Text(
        "The graph has no directed path from {treatment} to {outcome} {within}: by the graph, there is no effect.",
        "De graaf bevat geen gericht pad van {treatment} naar {outcome} {within}: volgens de graaf is er geen effect.",
        treatment=Name(question.treatment),
        outcome=Name(question.outcome),
        within=within,
    )
    return Unanswered(question, "structural_zero", reason)


def too_far(question: Question, span: int) -> Unanswered:
    """The outcome lies beyond the last period of the data, whatever period the pulse is in."""
    reason = Text(
        f"The outcome is {{horizon}} period{'s' * (question.horizon != 1)} later, and the data span "
        f"{{span}} period{'s' * (span != 1)}.",
        f"De uitkomst ligt {{horizon}} periode{'n' * (question.horizon != 1)} later, en de gegevens beslaan {{span}} "
        f"periode{'n' * (span != 1)}.",
        horizon=question.horizon,
        span=span,
    )
    return Unanswered(question, "not_estimable", reason, remedy=SHORTER)


def unmeasured(question: Question, kpis: tuple[str, ...]) -> Unanswered:
    """What the question is about is hidden."""
    names, verb = both(map(Name, kpis)), "is" if len(kpis) == 1 else "zijn"
    reason = Text(
        "{kpis} is hidden: there are no data on it.",
        f"{{kpis}} {verb} verborgen: hierover zijn geen gegevens.",
        kpis=names,
    )
    return Unanswered(question, "not_identified", reason, (kpis,), Text("Measure {kpis}.", "Meet {kpis}.", kpis=names))


def one_for_all(question: Question, kpis: Sequence[str]) -> Unanswered:
    """Treatment or outcome has one value per period for the whole organisation."""
    has = ("has", "heeft") if len(kpis) == 1 else ("have", "hebben")
    reason = Text(
        f"{{kpis}} {has[0]} one value per period for the whole organisation: units of one organisation "
        "cannot show its effect, because every unit sees the same value.",
        f"{{kpis}} {has[1]} per periode één waarde voor de hele organisatie: eenheden van één organisatie kunnen het "
        "effect niet laten zien, omdat elke eenheid dezelfde waarde heeft.",
        kpis=both(map(Name, kpis)),
    )
    return Unanswered(question, "not_estimable", reason, remedy=PANEL_NEEDED)


def through_organisation(question: Question, kpis: Iterable[str]) -> Unanswered:
    """The effect passes through what reaches all units at once."""
    reason = Text(
        "The effect passes through {kpis}, which has one value per period for all units.",
        "Het effect loopt via {kpis}, met per periode één waarde voor alle eenheden.",
        kpis=both(map(Name, kpis)),
    )
    return Unanswered(question, "not_estimable", reason, remedy=PANEL_NEEDED)


def selected(question: Question, kpis: Iterable[str]) -> Unanswered:
    """Rows exist only for one value of treatment or outcome."""
    reason = Text(
        "Rows exist only for one value of {kpis}, so it does not vary in the data.",
        "Er zijn alleen rijen met één waarde van {kpis}; in de gegevens is er dus geen variatie.",
        kpis=both(map(Name, kpis)),
    )
    remedy = Text("Add the rows that were left out.", "Voeg de rijen toe die zijn weggelaten.")
    return Unanswered(question, "not_identified", reason, remedy=remedy)


def arithmetic(question: Question, formula: Formula) -> Unanswered:
    """The outcome is arithmetic on the treatment and on nothing that it moves."""
    reason = Text(
        "{kpi} = {formula}: arithmetic, nothing to estimate.",
        "{kpi} = {formula}: een rekenregel, er valt niets te schatten.",
        kpi=Name(question.outcome),
        formula=_words(formula),
    )
    return Unanswered(question, "identity", reason)


def by_way_of(node: Node, reason: str) -> Text:
    """The reason why one part of an identity has no answer."""
    return Text("By way of {node}: {reason}", "Via {node}: {reason}", node=label(node), reason=reason)


def not_adjusted(question: Question, node: Node, route: Route) -> Unanswered:
    """A part of an identity is identified, but not by adjustment."""
    why = Text(
        "there the effect is identified only by the route {route}, and only adjusted regressions go through a formula.",
        "daar is het effect alleen te bepalen langs de route {route}, en alleen regressies met een correctieset kunnen "
        "door een formule worden gevoerd.",
        route=_ROUTES[route],
    )
    remedy = Text("Ask for the effect on {kpi} itself.", "Vraag naar het effect op {kpi} zelf.", kpi=Name(node.kpi))
    return Unanswered(question, "not_estimable", by_way_of(node, why), remedy=remedy)


def no_route(question: Question, *, unstable: bool, identity: bool, help_: tuple[tuple[str, ...], ...]) -> Unanswered:
    """No set, no front door and no instrument; `help_` are the smallest sets of KPIs that would help if measured."""
    if unstable:
        reason = UNSTABLE
    elif identity:
        reason = Text(
            "{treatment} is arithmetic: what confounds it works through its own parts, and holding those "
            "fixed would leave it nothing to vary with.",
            "{treatment} is een rekenregel: wat hier vertekent, werkt via de eigen onderdelen; worden die "
            "constant gehouden, dan blijft er geen variatie over.",
            treatment=Name(question.treatment),
        )
    else:
        reason = Text(
            "Some common cause of {treatment} and {outcome} is hidden (or rows were selected on a "
            "consequence), no front door and no instrument gets around it, and the data alone cannot tell.",
            "Een gemeenschappelijke oorzaak van {treatment} en {outcome} is verborgen (of de rijen zijn geselecteerd "
            "op een gevolg), geen front-door en geen instrument biedt een uitweg, en de gegevens alleen geven geen "
            "uitsluitsel.",
            treatment=Name(question.treatment),
            outcome=Name(question.outcome),
        )
    return Unanswered(question, "not_identified", reason, help_, _would_help(help_))


def _would_help(help_: tuple[tuple[str, ...], ...]) -> Text:
    if not help_:
        return Text(
            "No three hidden KPIs would help if measured.",
            "Ook het meten van drie verborgen KPI's zou niet helpen.",
        )
    again = Text("the same units again", "dezelfde eenheden opnieuw")
    options = (both(again if k == UNIT else Name(k) for k in kpis) for kpis in help_)
    return Text(
        "It would help to measure {kpis}.",
        "Het zou helpen om {kpis} te meten.",
        kpis=Text.join(options, "; or ", "; of "),
    )


def all_through(mediators: Iterable[Node]) -> Text:
    """What a front door assumes."""
    return Text(
        "The whole effect passes through {kpis}.",
        "Het hele effect loopt via {kpis}.",
        kpis=[label(node) for node in mediators],
    )


def only_through(tool: Node, question: Question) -> Text:
    """What an instrument assumes."""
    return Text(
        "{tool} moves {outcome} only through {treatment}.",
        "{tool} beïnvloedt {outcome} alleen via {treatment}.",
        tool=label(tool),
        outcome=Name(question.outcome),
        treatment=Name(question.treatment),
    )


def holds_exactly(question: Question, formula: Formula) -> Text:
    """What an identity assumes."""
    return Text(
        "{kpi} = {formula} holds exactly.",
        "{kpi} = {formula} geldt exact.",
        kpi=Name(question.outcome),
        formula=_words(formula),
    )


def _words(formula: Formula) -> Text:
    return Text.naming(formula.text, [kpi for kpi, _ in formula.arguments])
