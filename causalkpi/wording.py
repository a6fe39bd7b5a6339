"""Words and numbers for a reader: the only place that formats.

Everything the page and the terminal say by themselves stands in one table, a language a column, so that another
language is another column. A number is rounded to what its interval can carry, in the KPI's own unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .graph import KPIGraph
from .question import Question, times

MINUS, INFINITY = "\N{MINUS SIGN}", "\N{INFINITY}"
_MOST_DECIMALS, _LARGEST = 7, 1e15
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        # statuses
        "estimated": "estimated",
        "estimated_with_warnings": "estimated, with warnings",
        "structural_zero": "no effect, by the graph",
        "identity": "arithmetic",
        "not_identified": "cannot be learned from these KPIs",
        "not_estimable": "cannot be estimated from these data",
        "refused_data": "refused: the data cannot be used",
        # routes
        "back_door": "adjustment (back-door)",
        "front_door": "front-door",
        "instrument": "instrument",
        "route_identity": "arithmetic, on adjusted parts",
        # severities of what the gate finds
        "stops": "stops",
        "warns": "warning",
        "notes": "note",
        # questions
        "question": "{treatment} {contrast} {arrow} {outcome}, {later}",
        "at_once": "in the same {period}",
        "later": "{count} {periods} later",
        "at_once_short": "now",
        "later_short": "{count} {periods}",
        "per": "{unit}, for {contrast} in {treatment}",
        "unknown_unit": "the outcome's own unit",
        "nothing": "nothing",
        # numbers
        "interval": "{low} to {high}",
        "at_level": "{level} interval",
        "p_small": "p < 0.001",
        "p": "p = {value}",
        # sentences
        "demo_loyalty": "One point more customer loyalty changes churn a quarter later by an estimated {value} "
        "percentage points ({low} to {high}); the true effect is {truth}.",
        "demo_raw": "{question}: the raw figures say {raw} EUR, the estimate is {value} EUR ({low} to {high}) and the "
        "true effect {truth}.",
        "refused": "Refused: {question}. {reason}",
        # the page
        "asked": "What was asked",
        "question_one": "question",
        "question_many": "questions",
        "own": "{count} {questions} of the study's own",
        "by_claims": "{count} {questions} on which the graph's claims rest",
        "summary": "Asked: {parts}. {answered} of {all} got a number; for the others the reason is given.",
        "summary_all": "Asked: {parts}. All got a number.",
        "panel": "The data: {units} units, {first} to {last} ({periods} periods), {rows} rows, {kpis} KPIs.",
        "cross_section": "The data: {units} units, seen once, {kpis} KPIs.",
        "chance": "At {level} confidence about {misses} of {count} intervals would miss the truth even if every "
        "assumption held.",
        "simulated": "This organisation is simulated: nobody measured these numbers, and the true effects are known.",
        "answers": "Answers",
        "one_by_one": "One by one",
        "own_questions": "The study's own questions",
        "column_question": "Question",
        "column_answer": "Estimate",
        "column_interval": "Interval",
        "association": "Raw association",
        "uncorrected": "Before correction",
        "true_effect": "True effect",
        "truth_why": "by intervention in the simulated organisation",
        "legend": "In the pictures: a filled dot is the estimate, the line its interval, an open dot the raw "
        "association, the dotted line zero.",
        "legend_truth": "The upright stroke is the true effect.",
        "detectable": "Smallest effect that this sample would find",
        "route": "Route",
        "held_fixed": "Held fixed",
        "sample": "Sample",
        "rows_used": "{used} of {rows} rows; {units} units, {periods} periods",
        "rows_used_once": "{used} of {rows} rows",
        "population": "For whom",
        "estimator": "Estimator",
        "errors": "Standard errors",
        "remedy": "What would help",
        "roles": "Why each KPI is held fixed, or is not",
        "when": "When",
        "role": "Role",
        "in": "held fixed",
        "out": "left out",
        "unit_effects": "lasting differences between units",
        "period_effects": "shocks that all units share",
        "data": "The data gate",
        "no_faults": "It found nothing to report.",
        "assumptions": "Assumptions",
        "assumptions_intro": "The estimates are right to the extent that these hold; data alone cannot prove them.",
        "provenance": "How this was made",
        "provenance_intro": "The same input gives the same answers with these versions; run.json has every digit.",
        "graph": "Graph",
        "source": "Source",
        "seed": "Seed",
        "versions": "Versions",
        "choice": "By default",
        "author": "Author",
        "client": "For",
        "date": "Date",
        "footer": "“Held fixed” means compared at equal values. A raw association is what a chart of the figures "
        "shows, whatever causes it.",
    },
}
_PERIODS = {
    "year": ("year", "years"),
    "quarter": ("quarter", "quarters"),
    "month": ("month", "months"),
    "week": ("week", "weeks"),
    "day": ("day", "days"),
}


def words(language: str = "en") -> Mapping[str, str]:
    """All words of a language, by key."""
    return WORDS[language]


def decimals(spread: float) -> int:
    """How many decimals show two significant digits of a spread, such as half an interval.

    Examples
    --------
    >>> decimals(0.00031), decimals(4.2), decimals(1234.0), decimals(0.0)
    (5, 1, 0, 3)
    """
    if not math.isfinite(spread) or spread <= 0:
        return 3
    return max(0, 1 - math.floor(math.log10(spread)))


def number(value: float, spread: float = math.nan, *, plain: bool = False) -> str:
    """A number as exactly as its uncertainty allows, with a real minus sign.

    Parameters
    ----------
    value : float
    spread : float
        What it is uncertain by; without one it gets three significant digits.
    plain : bool
        ASCII only, for a terminal.

    Examples
    --------
    >>> number(-0.0002841, 0.00003), number(1234567.8, 2000), number(-2.8e-9), number(0.0)
    ('−0.000284', '1,234,568', '−2.80 × 10⁻⁹', '0')
    >>> number(-0.25, 0.1, plain=True)
    '-0.25'
    """
    text = _number(value, spread)
    if plain:
        return text.replace(" × 10", "e").replace(INFINITY, "inf").translate(_LOWERED)
    return text.replace("-", MINUS)


_LOWERED = {ord(raised): plain for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)}


def _number(value: float, spread: float) -> str:
    if math.isnan(value):
        return "?"
    if math.isinf(value):
        return ("-" if value < 0 else "") + INFINITY
    if value == 0:
        return "0"
    places = decimals(spread) if math.isfinite(spread) and spread > 0 else 2 - math.floor(math.log10(abs(value)))
    if places > _MOST_DECIMALS or abs(value) >= _LARGEST:
        exponent = math.floor(math.log10(max(abs(value), spread if math.isfinite(spread) else 0.0)))
        digits = min(6, max(0, places + exponent))
        return f"{value / 10.0**exponent:.{digits}f} × 10{str(exponent).translate(_RAISED)}"
    text = f"{value:,.{max(0, places)}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text  # no minus before a rounded zero


def interval(low: float, high: float, *, plain: bool = False, language: str = "en") -> str:
    """Both ends of an interval, to the same number of decimals.

    Examples
    --------
    >>> interval(-0.000312, -0.000256)
    '−0.000312 to −0.000256'
    >>> interval(-math.inf, 2.25)
    '−∞ to 2.25'
    """
    spread = (high - low) / 2
    ends = {"low": number(low, spread, plain=plain), "high": number(high, spread, plain=plain)}
    return words(language)["interval"].format(**ends)


def p_value(p: float, language: str = "en") -> str:
    """A p-value for a reader; empty where there is none.

    Examples
    --------
    >>> p_value(0.0312), p_value(1e-9), p_value(0.2), p_value(math.nan)
    ('p = 0.031', 'p < 0.001', 'p = 0.20', '')
    """
    if math.isnan(p):
        return ""
    if p < 0.001:
        return words(language)["p_small"]
    return words(language)["p"].format(value=f"{p:.3f}" if p < 0.1 else f"{p:.2f}")


def contrast_words(question: Question, *, plain: bool = False) -> str:
    """The change in the treatment, signed."""
    text = f"{question.contrast:+g}"
    return text if plain else text.replace("-", MINUS)


def later(horizon: int, frequency: str, language: str = "en", *, short: bool = False) -> str:
    """How much later the outcome is, in words.

    Examples
    --------
    >>> later(0, "quarter"), later(1, "year"), later(2, "step"), later(2, "year", short=True)
    ('in the same quarter', '1 year later', '2 periods later', '2 years')
    """
    one, several = _PERIODS.get(frequency, ("period", "periods"))
    key = ("later" if horizon else "at_once") + ("_short" if short else "")
    return words(language)[key].format(count=horizon, period=one, periods=one if horizon == 1 else several)


def moments(periods: tuple[int, ...]) -> str:
    """Relative periods for a reader, with real minus signs.

    Examples
    --------
    >>> moments((-2, -1, 0)), moments((1,))
    ('t−2..t', 't+1')
    """
    return times(periods).replace("-", MINUS)


def question_words(
    question: Question, graph: KPIGraph, frequency: str = "step", *, plain: bool = False, language: str = "en"
) -> str:
    """A question with the KPIs' names.

    Examples
    --------
    >>> from causalkpi.graph import from_networkx
    >>> import networkx as nx
    >>> graph = from_networkx(nx.DiGraph([("loyalty", "churn")]))
    >>> question_words(Question("loyalty", "churn", 1), graph, "quarter")
    'loyalty +1 → churn, 1 quarter later'
    >>> question_words(Question("loyalty", "churn", 1), graph, "quarter", plain=True)
    'loyalty +1 -> churn, 1 quarter'
    """
    return words(language)["question"].format(
        treatment=graph[question.treatment].name(language),
        contrast=contrast_words(question, plain=plain),
        arrow="->" if plain else "→",
        outcome=graph[question.outcome].name(language),
        later=later(question.horizon, frequency, language, short=plain),
    )


def unit_words(question: Question, graph: KPIGraph, language: str = "en") -> str:
    """In what the answer is measured: units of the outcome, for a change in units of the treatment.

    Examples
    --------
    >>> from causalkpi.kpi import KPI
    >>> graph = KPIGraph((KPI("loyalty", unit="points"), KPI("churn", unit="share")))
    >>> unit_words(Question("loyalty", "churn"), graph)
    'share, for +1 (points) in loyalty'
    """
    table = words(language)
    treatment = graph[question.treatment]
    contrast = contrast_words(question) + (f" ({treatment.unit})" if treatment.unit else "")
    unit = graph[question.outcome].unit or table["unknown_unit"]
    return table["per"].format(unit=unit, contrast=contrast, treatment=treatment.name(language))


def status_words(status: str, language: str = "en") -> str:
    """A status for a reader.

    Examples
    --------
    >>> status_words("not_identified")
    'cannot be learned from these KPIs'
    """
    return words(language)[status]


def route_words(route: str, language: str = "en") -> str:
    """A route for a reader."""
    return words(language)["route_identity" if route == "identity" else route]
