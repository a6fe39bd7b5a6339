"""Words in two languages: a text that knows its Dutch, and the KPIs' names in it.

What the statistics have to say, a reason, a remedy, a role, is written once, in both languages, at the place that knows
why. As a plain string such a :class:`Text` is English with the KPIs' ids; a report asks for its own language and for
the names that readers use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from numbers import Number
from string import Formatter
from typing import Any, Literal

Language = Literal["en", "nl"]
LANGUAGES: tuple[Language, ...] = ("en", "nl")
_FIXED = {
    "<unit>": {"en": "unit effects", "nl": "vaste verschillen tussen eenheden"},
    "<period>": {"en": "period effects", "nl": "gedeelde schokken per periode"},
}
_SWAPPED = str.maketrans(",.", ".,")
MINUS = "\N{MINUS SIGN}"
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def decimal_comma(number: str, language: str) -> str:
    """A number as Python writes it, with the language's signs for decimals and thousands.

    Examples
    --------
    >>> decimal_comma("1,234.5", "nl")
    '1.234,5'
    """
    return number.translate(_SWAPPED) if language == "nl" else number


def typeset(number: str) -> str:
    """A number as Python writes it, with a real minus sign and raised powers of ten.

    Examples
    --------
    >>> typeset("-0,25"), typeset("1.2e-05")
    ('−0,25', '1.2 × 10⁻⁵')
    """
    powers = re.sub(r"e([+-]\d+)", lambda found: " × 10" + str(int(found[1])).translate(RAISED), number)
    return powers.replace("-", MINUS)


class Name(str):
    """A KPI in a text: its id as a plain string, its name for a reader.

    Parameters
    ----------
    kpi : str
        Its id; ``<unit>`` and ``<period>`` stand for fixed effects.
    period : int, optional
        Relative to the treatment's, where the moment matters.

    Examples
    --------
    >>> Name("churn", -1), Name("<unit>")
    ('churn (t-1)', 'unit effects')
    >>> Name("churn", -1).render("nl", {"churn": "klantverloop"}.get)
    'klantverloop (t−1)'
    """

    __slots__ = ("kpi", "moment")
    kpi: str
    moment: str

    def __new__(cls, kpi: str, period: int | None = None) -> Name:
        """The id with its moment, as a string."""
        fixed = _FIXED.get(kpi)
        moment = "" if period is None or fixed else " (t)" if period == 0 else f" (t{period:+d})"
        self = super().__new__(cls, (fixed["en"] if fixed else kpi) + moment)
        self.kpi, self.moment = kpi, moment
        return self

    def render(self, language: Language, name: Callable[[str], str]) -> str:
        """The name that readers use, with the moment."""
        fixed = _FIXED.get(self.kpi)
        return (fixed[language] if fixed else name(self.kpi) or self.kpi) + self.moment.replace("-", MINUS)


class _Filled(Formatter):
    """Fills templates with parts in one language, numbers with its separators; without names, plain strings."""

    def __init__(self, language: Language, name: Callable[[str], str] | None = None) -> None:
        self.language: Language = language
        self.name = name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, str):
            plain = str(value) if self.name is None else render(value, self.language, self.name)
            return format(plain, format_spec)
        if isinstance(value, Iterable):
            return ", ".join(self.format_field(part, format_spec) for part in value)
        text = format(value, format_spec)
        if isinstance(value, bool) or not isinstance(value, Number):
            return text
        number = decimal_comma(text, self.language)
        return number if self.name is None else typeset(number)


class Text(str):
    """A sentence, or part of one, in English and Dutch.

    Parameters
    ----------
    en, nl : str
        Templates in the syntax of :meth:`str.format`; both name the same parts.
    **parts
        Texts, names of KPIs, numbers, plain strings, or sequences of these (joined by commas).

    Examples
    --------
    >>> text = Text("{kpi} has only {n:,} rows", "{kpi} heeft maar {n:,} rijen", kpi=Name("churn"), n=1200)
    >>> text
    'churn has only 1,200 rows'
    >>> text.render("nl", {"churn": "klantverloop"}.get)
    'klantverloop heeft maar 1.200 rijen'
    """

    __slots__ = ("parts", "templates")
    templates: dict[str, str]
    parts: dict[str, Any]

    def __new__(cls, en: str, nl: str, **parts: Any) -> Text:
        """The English, as a string."""
        self = super().__new__(cls, _Filled("en").vformat(en, (), parts))
        self.templates, self.parts = {"en": en, "nl": nl}, parts
        return self

    def render(self, language: Language = "en", name: Callable[[str], str] = str) -> str:
        """The text in a language, with the names that `name` gives KPIs."""
        return _Filled(language, name).vformat(self.templates[language], (), self.parts)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copying and pickling keep both languages."""
        return _remade, (self.templates["en"], self.templates["nl"], self.parts)

    @staticmethod
    def join(texts: Iterable[str], by: str = " ", nl: str | None = None) -> Text:
        """Texts one after the other, those that are empty left out; `nl` is what stands between them in Dutch.

        Examples
        --------
        >>> Text.join([Text("Few rows.", "Weinig rijen."), "", Text("Bring more.", "Voeg toe.")]).render("nl")
        'Weinig rijen. Voeg toe.'
        >>> Text.join(["churn", "spend"], " and ", " en ").render("nl")
        'churn en spend'
        """
        kept = [text for text in texts if text]
        fields = [f"{{p{i}}}" for i in range(len(kept))]
        en, dutch = map(_escaped, (by, by if nl is None else nl))
        return Text(en.join(fields), dutch.join(fields), **{f"p{i}": text for i, text in enumerate(kept)})

    @staticmethod
    def naming(plain: str, kpis: Iterable[str]) -> Text:
        """A formula as it was written, in which these KPIs' ids become names.

        Examples
        --------
        >>> Text.naming("0.5 * customers", ["customers"]).render("nl", {"customers": "klanten"}.get)
        '0,5 * klanten'
        """
        ids = sorted(set(kpis), key=lambda kpi: (-len(kpi), kpi))  # of two ids that begin alike, the longer
        found = re.split(rf"(?<!\w)({'|'.join(map(re.escape, ids))})(?!\w)", plain) if ids else [plain]
        between = [_escaped(part) for part in found]
        commas = [re.sub(r"(?<=\d)\.(?=\d)", ",", part) for part in between]
        parts = (Name(k) if i % 2 else Text(between[i], commas[i]) for i, k in enumerate(found))
        return Text.join(parts, "")


NOTHING = Text("", "")


def both(texts: Iterable[str]) -> Text:
    """Texts joined by "and".

    Examples
    --------
    >>> both([Name("churn"), Name("spend")]).render("nl")
    'churn en spend'
    """
    return Text.join(texts, " and ", " en ")


def render(text: str, language: Language = "en", name: Callable[[str], str] = str) -> str:
    """A text or a name for a reader; a plain string stays as it is.

    Examples
    --------
    >>> render(Text("yes", "ja"), "nl"), render("OLS", "nl")
    ('ja', 'OLS')
    """
    return text.render(language, name) if isinstance(text, Text | Name) else str(text)


def _remade(en: str, nl: str, parts: dict[str, Any]) -> Text:
    return Text(en, nl, **parts)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
