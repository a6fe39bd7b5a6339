"""Which columns of a table name the unit and the period: a guess with its reason, by their names and what they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from .cells import MISSING
from .errors import DataError
from .header_words import OTHERWISE, compact, words
from .language import Text
from .periods import DATED, read_periods

_UNITS = (
    "filiaal|vestiging|kantoor|winkel|branch|store|shop|unit|eenheid|afdeling|department|team|locatie|location|"
    "site|klant|customer|medewerker|employee|bedrijf|company"
)
_LABELS, _IDS = "nummer|number|naam|name|code|id|nr|no|key|sleutel", "code|id"
_PERIODS = (
    "kwartaal|quarter|maand|month|boekjaar|jaar|year|week|datum|date|periode|period|wave|meting|golf|ronde|"
    "meetmoment|dag|day"
)
_NAMED_PERIOD = Text("its name is a word for a period", "de naam is een woord voor een periode")


@dataclass(frozen=True)
class Keys:
    """The columns that probably name the unit and the period; empty where none is likely, and why."""

    unit: str
    period: str
    why: tuple[Text, ...]


class _Candidate(NamedTuple):
    """A column that may be a key: of two, the one with the lower rank; `why` says what speaks for it."""

    rank: tuple[int, ...]
    place: int
    why: Text


def keys(headers: Sequence[str], sample: pd.DataFrame) -> Keys:
    """Which columns name the unit and the period, by their names and by what they hold.

    Parameters
    ----------
    headers : sequence of str
        The names of the columns, in the order of those of `sample`.
    sample : DataFrame
        Some rows as they were read, shape (rows, columns).

    Returns
    -------
    Keys

    Examples
    --------
    >>> rows = pd.DataFrame({"Filiaal": ["A", "A", "B"], "Kwartaal": ["2024K1", "2024K2", "2024K1"], "Omzet": 1})
    >>> found = keys(list(rows), rows)
    >>> found.unit, found.period
    ('Filiaal', 'Kwartaal')
    """
    headers = list(headers)
    usable = [i for i, header in enumerate(headers) if header.strip() and headers.count(header) == 1]
    period, why_period = _period({i: headers[i] for i in usable}, sample)
    unit, why_unit = _unit({i: headers[i] for i in usable if i != period}, sample, period)
    name = ["" if place is None else headers[place] for place in (unit, period)]
    return Keys(name[0], name[1], (why_unit, why_period))


def _period(headers: Mapping[int, str], sample: pd.DataFrame) -> tuple[int | None, Text]:
    """The place of the column of periods, and why it is that one or none."""
    found, years, parts = [], [], []
    for place, header in headers.items():
        form = words(header)
        whole = bool(re.fullmatch(f"({_PERIODS})(en|s)?", compact(form)))
        named = whole or (any(re.fullmatch(_PERIODS, word) for word in form) and not OTHERWISE & set(form))
        grain, problem = _grain(sample.iloc[:, place])
        if grain in DATED and (named or grain != "year"):
            why = _NAMED_PERIOD if named else Text("its cells read as periods", "de cellen zijn als periode te lezen")
            found.append(_Candidate((0 if named else 2, -DATED.index(grain), not whole), place, why))
            years += [header] if grain == "year" else []
        elif whole:
            why = Text("{name}, but: {problem}", "{name}, maar: {problem}", name=_NAMED_PERIOD, problem=problem)
            found.append(_Candidate((1, 0, 0), place, why if problem else _NAMED_PERIOD))
            parts.append(header)
    if years and parts and len(years) == sum(one.rank[0] != 1 for one in found):
        both = {"year": repr(years[0]), "part": repr(parts[0])}
        return None, Text(
            "{year} and {part} look like a period in two columns; make them one, such as 2024Q1",
            "{year} en {part} lijken samen de periode te zijn; maak er één kolom van, zoals 2024Q1",
            **both,
        )
    return _first(found, headers, Text("no column looks like a period", "geen kolom lijkt op een periode"))


def _grain(cells: pd.Series) -> tuple[str, str]:
    """The frequency of cells that are all periods, or why they cannot be read as such."""
    held = cells[cells.notna() & ~cells.isin(list(MISSING))]
    try:
        return (read_periods(held, "")[1], "") if len(held) else ("", "")
    except DataError as refusal:
        fault = refusal.faults[0]
        parts = {"found": fault.found, "expected": fault.expected}
        return "", Text("found {found}, expected {expected}", "gevonden {found}, verwacht {expected}", **parts)


def _unit(headers: Mapping[int, str], sample: pd.DataFrame, period: int | None) -> tuple[int | None, Text]:
    """The place of the column of units, and why it is that one or none."""
    found = []
    when = pd.Series(0, sample.index) if period is None else sample.iloc[:, period].astype(str)
    for place, header in headers.items():
        form = compact(words(header))
        named = bool(re.fullmatch(f"(?:{_UNITS}|{_LABELS})+", form) and re.search(f"{_UNITS}|{_IDS}", form))
        cells = sample.iloc[:, place]
        text = cells.dropna().astype(str)
        key = pd.DataFrame({"unit": cells.astype(str), "period": when})
        again = bool((key.groupby("unit")["period"].nunique() > 1).any())
        once = not key.duplicated().any()
        if named:
            found.append(_Candidate((0, not again, not once, place), place, _unit_reason(once, period is not None)))
        elif len(text) and once and (again or period is None) and not text.str.fullmatch(r"[\s\d.,%€+-]*").any():
            why = Text("it names what comes back in each period", "het benoemt wat elke periode terugkomt")
            alone = Text("it names each row", "het benoemt elke rij")
            found.append(_Candidate((1,), place, why if again else alone))
    return _first(found, headers, Text("no column looks like a unit", "geen kolom lijkt op een eenheid"))


def _unit_reason(once: bool, dated: bool) -> Text:
    """Why a column with such a name is the unit, and what to do where it has several rows."""
    why = Text("its name is a word for a unit", "de naam is een woord voor een eenheid")
    if once:
        return why
    if dated:
        return Text(
            "{why}; several rows of a unit in one period: say with how: what they come to",
            "{why}; meer rijen van een eenheid in één periode: geef met how: aan hoe ze samengaan",
            why=why,
        )
    return Text(
        "{why}; several rows of a unit: name the period, or say with how: what they come to",
        "{why}; meer rijen van een eenheid: geef de periode op, of met how: hoe ze samengaan",
        why=why,
    )


def _first(found: Sequence[_Candidate], headers: Mapping[int, str], none: Text) -> tuple[int | None, Text]:
    """The candidate of the lowest rank and why; none where there is none, or two of that rank."""
    if not found:
        return None, none
    lowest = min(one.rank for one in found)
    best = [one for one in found if one.rank == lowest]
    if len(best) > 1:
        listed = [repr(headers[one.place]) for one in best]
        return None, Text("it could be any of {all}", "het kan elk zijn van {all}", all=listed)
    return best[0].place, best[0].why
