"""Which KPI a column probably holds, by its name: a proposal with its reason, never applied by itself.

Only a header that is a KPI's own id or name, in the KPI's own unit, is near enough to be proposed outright. A synonym,
a word in common or a spelling nearby is a question to whoever knows the data: NPS is not a share, and turnover can be
revenue or staff that leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache

from .graph import KPIGraph
from .header_words import OTHERWISE, SCALES, compact, synonyms, without_unit, words
from .key_columns import Keys, keys
from .kpi import KPI
from .language import Text

CONFIDENT, LEAST, CLOSE = 0.9, 0.5, 0.85


@dataclass(frozen=True)
class Suggestion:
    """A column that probably holds a KPI.

    Parameters
    ----------
    header : str
        As it stands in the data.
    kpi : str
        Its id.
    why : Text
        What they have in common, and what they have not.
    score : float
        From `LEAST` (a word in common) to 1 (the id itself); from `CONFIDENT` on it is the KPI's own name and unit.
    """

    header: str
    kpi: str
    why: Text
    score: float

    @property
    def confident(self) -> bool:
        """Whether it is near enough to be proposed outright."""
        return self.score >= CONFIDENT


def suggest(headers: Sequence[str], graph: KPIGraph) -> tuple[Suggestion, ...]:
    """Which KPI each column probably holds.

    Parameters
    ----------
    headers : sequence of str
        The names of the columns.
    graph : KPIGraph

    Returns
    -------
    tuple of Suggestion
        In the order of the headers, each header and each KPI at most once. Where two columns fit a KPI equally well,
        neither is confident.

    Examples
    --------
    >>> graph = KPIGraph((KPI("revenue", nl="omzet", unit="EUR"), KPI("churn", nl="klantverloop", unit="share")))
    >>> for found in suggest(["Omzet (EUR)", "Klantverloop (%)", "postcode"], graph):
    ...     print(found.header, found.kpi, found.confident)
    Omzet (EUR) revenue True
    Klantverloop (%) churn False
    """
    found = [_compare(header, kpi) for header in dict.fromkeys(headers) for kpi in graph.kpis]
    ranked = sorted((one for one in found if one), key=lambda one: (-one.score, one.header, one.kpi))
    chosen: list[Suggestion] = []
    for one in ranked:
        if all(one.header != other.header and one.kpi != other.kpi for other in chosen):
            chosen.append(_doubted(one, ranked))
    place = {header: i for i, header in reversed(list(enumerate(headers)))}
    return tuple(sorted(chosen, key=lambda one: place[one.header]))


def _doubted(one: Suggestion, ranked: Iterable[Suggestion]) -> Suggestion:
    """The suggestion, less sure of itself where another column or KPI fits as well; the id itself has no rival."""
    alike = [o for o in ranked if o != one and (o.header == one.header or o.kpi == one.kpi)]
    rivals = [o for o in alike if o.score == one.score or (o.confident and one.confident)]
    if not rivals or one.score == 1:
        return one
    other = rivals[0].kpi if rivals[0].header == one.header else rivals[0].header
    why = Text("{why}; but {other} fits as well", "{why}; maar {other} past ook", why=one.why, other=repr(other))
    return replace(one, why=why, score=min(one.score, CONFIDENT - 0.05))


def _compare(header: str, kpi: KPI) -> Suggestion | None:
    """The best reason why this column would hold this KPI, or None if there is none."""
    found = [(score, why) for score, why in _reasons(header, kpi) if score >= LEAST]
    best = max(found, key=lambda reason: reason[0], default=None)
    return Suggestion(header, kpi.id, best[1], round(best[0], 3)) if best else None


def _reasons(header: str, kpi: KPI) -> Iterator[tuple[float, Text]]:
    """All reasons why a column would hold a KPI, each with its score."""
    if header == kpi.id:
        yield 1.0, Text("it is the KPI's id", "het is de id van de KPI")
    whole, (bare, unit) = words(header), without_unit(header)
    for name in dict.fromkeys([kpi.id, kpi.en, kpi.nl]):
        forms = [form for form in {words(name), words(without_unit(name)[0])} if form]
        quoted = repr(name)
        for form in sorted(forms):
            if compact(whole) == compact(form):
                yield 0.97, Text("it is the KPI's name, {name}", "het is de naam van de KPI, {name}", name=quoted)
            elif unit and compact(words(bare)) == compact(form):
                yield _unit_reason(unit, kpi, quoted)
            elif (ratio := _likeness(compact(whole), compact(form))) >= CLOSE:
                yield 0.88 * ratio, Text("its spelling is close to {name}", "de spelling lijkt op {name}", name=quoted)
            if share := _share(whole, form):
                text = Text("it contains the words of {name}", "het bevat de woorden van {name}", name=quoted)
                yield 0.4 + 0.35 * share, text
            for synonym in synonyms(form):
                if synonym in (whole, words(bare)):
                    text = Text(
                        "it can be another word for {name}", "het kan een ander woord zijn voor {name}", name=quoted
                    )
                    yield 0.8, text
                elif share := _share(whole, synonym):
                    parts = {"word": repr(synonym), "name": quoted}
                    text = Text("{word} can mean {name}", "{word} kan {name} betekenen", **parts)
                    yield 0.35 + 0.35 * share, text


def _unit_reason(unit: str, kpi: KPI, name: str) -> tuple[float, Text]:
    """The same name with a unit in brackets: it must be the KPI's own, or values would be read on another scale."""
    given = set(words(unit))
    for own in filter(None, (kpi.unit, kpi.unit_nl)):
        if given and given <= set(words(own)) and given & SCALES == set(words(own)) & SCALES:
            return 0.95, Text(
                "it is the KPI's name, {name}, in the KPI's unit",
                "het is de naam van de KPI, {name}, in de eenheid van de KPI",
                name=name,
            )
    # a unit is a client's text: its braces are no parts
    plain, dutch = (repr(kpi.unit_in(x)).replace("{", "{{").replace("}", "}}") for x in ("en", "nl"))
    own = Text(plain, dutch) if kpi.unit else Text("not stated", "niet vermeld")
    return 0.85, Text(
        "it is the KPI's name, {name}, but in the unit {given}; the KPI's is {own}",
        "het is de naam van de KPI, {name}, maar in de eenheid {given}; die van de KPI is {own}",
        name=name, given=repr(unit), own=own,
    )  # fmt: skip


@cache
def _likeness(one: str, other: str) -> float:
    """Likeness in spelling, from 0 to 1; of words too short to misspell, 0."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio() if 4 <= len(one) <= 60 and len(other) >= 4 else 0.0


def _share(header: tuple[str, ...], name: tuple[str, ...]) -> float:
    """The share of a header's words that are those of a name; 0 if one is lacking, or another changes the meaning."""
    rest = set(header) - set(name)
    return 0.0 if not set(name) <= set(header) or not rest or rest & OTHERWISE else len(name) / len(header)


__all__ = ["CONFIDENT", "Keys", "Suggestion", "keys", "suggest"]
