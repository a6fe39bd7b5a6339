"""Questions, moments and statuses for a reader, in English and Dutch; numbers too, from :mod:`causalkpi.numerals`."""

from __future__ import annotations

from collections.abc import Mapping

from .graph import KPIGraph
from .language import MINUS, decimal_comma
from .numerals import INFINITY, decimals, euro, interval, number, p_value, percent
from .question import Question, times
from .vocabulary import LANES, PERIODS, ROLES, WORDS

__all__ = [
    "INFINITY", "MINUS", "WORDS", "contrast_words", "decimals", "euro", "interval", "lane_words", "later", "moments",
    "number", "p_value", "percent", "question_words", "role_words", "route_words", "status_words", "unit_words",
    "words",
]  # fmt: skip


def words(language: str = "en") -> Mapping[str, str]:
    """All words of a language, by key."""
    return WORDS[language]


def contrast_words(question: Question, *, plain: bool = False, language: str = "en") -> str:
    """The change in the treatment, signed.

    Examples
    --------
    >>> contrast_words(Question("loyalty", "churn", 1, -0.5), language="nl")
    '−0,5'
    """
    text = decimal_comma(f"{question.contrast:+g}", language)
    return text if plain else text.replace("-", MINUS)


def later(horizon: int, frequency: str, language: str = "en", *, short: bool = False) -> str:
    """How much later the outcome is, in words.

    Examples
    --------
    >>> later(0, "quarter"), later(1, "year"), later(2, "step"), later(2, "year", short=True)
    ('in the same quarter', '1 year later', '2 periods later', '2 years')
    >>> later(0, "quarter", "nl"), later(2, "quarter", "nl"), later(2, "year", "nl"), later(0, "day", "nl")
    ('in hetzelfde kwartaal', '2 kwartalen later', '2 jaar later', 'op dezelfde dag')
    """
    counted = PERIODS[language]
    one, several, same = counted.get(frequency, counted[""])
    if not horizon:
        return words(language)["at_once_short"] if short else same
    key = "later_short" if short else "later"
    return words(language)[key].format(count=horizon, periods=one if horizon == 1 else several)


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
    >>> question_words(Question("loyalty", "churn", 1, 0.5), graph, "quarter", language="nl")
    'loyalty +0,5 → churn, 1 kwartaal later'
    """
    return words(language)["question"].format(
        treatment=graph[question.treatment].name(language),
        contrast=contrast_words(question, plain=plain, language=language),
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
    >>> graph = KPIGraph((KPI("loyalty", nl="klantloyaliteit"), KPI("churn", unit="share", unit_nl="aandeel")))
    >>> unit_words(Question("loyalty", "churn"), graph, "nl")
    'aandeel, bij +1 in klantloyaliteit'
    """
    table = words(language)
    treatment = graph[question.treatment]
    measured = treatment.unit_in(language)
    contrast = contrast_words(question, language=language) + (f" ({measured})" if measured else "")
    unit = graph[question.outcome].unit_in(language) or table["unknown_unit"]
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
    return words(language)[f"route_{route}" if route in ("identity", "links") else route]


def role_words(role: str, language: str = "en") -> str:
    """A role in the adjustment set for a reader; an unknown one as it is.

    Examples
    --------
    >>> role_words("mediator", "nl")
    'tussenschakel'
    """
    return _column(ROLES, role, language)


def lane_words(lane: str, language: str = "en") -> str:
    """A lane of the KPI map for a reader; an unknown one as it is.

    Examples
    --------
    >>> lane_words("steering", "nl"), lane_words("partners", "nl")
    ('sturing', 'partners')
    """
    return _column(LANES, lane, language)


def _column(table: Mapping[str, tuple[str, str]], key: str, language: str) -> str:
    return table.get(key, (key, key))[language == "nl"]
