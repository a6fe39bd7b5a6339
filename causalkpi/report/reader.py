"""The reader of a report: a language, the names of KPIs, and numbers as a board reads them.

Every section of the report says its words through this one, so that no section formats anything by itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..answers import Asked
from ..estimators import Estimate
from ..grade import Grade
from ..kpi import PERIOD, UNIT
from ..language import Language, Name, Text, render
from ..numerals import euro, interval, number, percent
from ..question import Question
from ..record import Run
from ..vocabulary import PERIODS
from ..wording import later, question_words, words
from .entry import Entry
from .units import in_points, is_index, is_money, is_share
from .words import WORDS, with_article

_SIGNS = {"strong": "●●●", "moderate": "●●○", "weak": "●○○", "none": "○○○", "negligible": "≈"}


@dataclass(frozen=True)
class Reader:
    """Says what a run found in the run's language.

    Parameters
    ----------
    run : Run
    """

    run: Run

    @property
    def language(self) -> Language:
        """English or Dutch."""
        return self.run.language

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every distinct question once, in the order of the register."""
        asked: dict[Question, list[Asked]] = {}
        for item in self.run.answers:
            asked.setdefault(item.question, []).append(item)
        return tuple(Entry(f"q{i}", tuple(items)) for i, items in enumerate(asked.values(), 1))

    # Words --------------------------------------------------------------------------------------------------------

    def __call__(self, text: str) -> str:
        """A text in the reader's language and with his names; a plain string as it is."""
        return render(text, self.language, self.name)

    def say(self, key: str, **parts: Any) -> str:
        """One of the report's own sentences, or of the words that all pages share."""
        if key in WORDS:
            return Text(*WORDS[key], **parts).render(self.language, self.name)
        return words(self.language)[key]

    def name(self, kpi: str) -> str:
        """What the reader calls a KPI."""
        graph = self.run.study.graph
        return graph[kpi].name(self.language) if kpi in graph else render(Name(kpi), self.language)

    def the(self, kpi: str) -> str:
        """A KPI in the middle of a sentence; in Dutch with its article where that is known."""
        return with_article(self.short(kpi)) if self.language == "nl" else self.short(kpi)

    def short(self, kpi: str) -> str:
        """A KPI's name without what stands in brackets behind it."""
        return self.name(kpi).partition(" (")[0]

    def question(self, question: Question) -> str:
        """A question, with a capital."""
        study = self.run.study
        return capital(question_words(question, study.graph, study.panel.frequency, language=self.language))

    def period(self) -> str:
        """What a period is called."""
        counted = PERIODS[self.language]
        return counted.get(self.run.study.panel.frequency, counted[""])[0]

    def periods(self) -> str:
        """What several periods are called."""
        counted = PERIODS[self.language]
        return counted.get(self.run.study.panel.frequency, counted[""])[1]

    def later(self, horizon: int) -> str:
        """How much later, in words."""
        return later(horizon, self.run.study.panel.frequency, self.language)

    def fixed(self, kpi: str) -> str:
        """A member of an adjustment set: a KPI's name, or what a fixed effect takes out."""
        return {UNIT: self.say("unit_effects"), PERIOD: self.say("period_effects")}.get(kpi) or self.name(kpi)

    # Numbers ------------------------------------------------------------------------------------------------------

    def count(self, n: int) -> str:
        """A whole number with its separators."""
        return Text("{n:,}", "{n:,}", n=n).render(self.language)

    def number(self, value: float, spread: float = math.nan) -> str:
        """A number as exactly as its uncertainty allows."""
        return number(value, spread, language=self.language)

    def interval(self, ends: tuple[float, float]) -> str:
        """Both ends of an interval."""
        return interval(*ends, language=self.language)

    def share(self, value: float) -> str:
        """A share in whole percents; what is not all or nothing is never rounded to it."""
        if 0 < value < 0.01:
            return "< 1%"
        return "> 99%" if 0.99 < value < 1 else f"{100 * value:.0f}%"

    def chance(self, value: float) -> str:
        """A chance counted from draws; never certainty."""
        return self.share(min(max(value, 1e-9), 1 - 1e-9))

    def rate(self, value: float) -> str:
        """A rate of interest."""
        return percent(value, 0.01, language=self.language)

    def amount(self, kpi: str, value: float, spread: float = math.nan, *, brief: bool = False) -> str:
        """A change of a KPI as it is said aloud: shares in percentage points, money as money.

        `brief` leaves out a unit that is a description rather than a word.
        """
        held = self.run.study.graph[kpi]
        unit = held.unit_in(self.language)
        if is_money(held):
            return self._euro(value, spread)
        times = in_points(held)
        figure = self.number(times * value, times * spread)
        if is_index(held):
            return self.say("point" if figure in ("1", "−1") or self.language == "nl" else "points", n=figure)
        if is_share(held):
            return self.say("percentage_point" if figure in ("1", "−1") else "percentage_points", n=figure)
        return f"{figure} ({unit})" if unit and not brief else figure

    def amounts(self, kpi: str, ends: tuple[float, float]) -> str:
        """Both ends of an interval, beside an amount that says the unit; a unit that it leaves out is said here."""
        held, half = self.run.study.graph[kpi], (ends[1] - ends[0]) / 2
        if is_money(held):
            low, high = (self.amount(kpi, end, half) for end in ends)
        else:
            low, high = (self.number(in_points(held) * end, in_points(held) * half) for end in ends)
        both = self.say("ends", low=low, high=high)
        spoken = is_money(held) or is_index(held) or is_share(held) or not held.unit
        return both if spoken else f"{both}; {held.unit_in(self.language)}"

    def change(self, kpi: str, value: float) -> str:
        """A change of a KPI as the beginning of a sentence: "one point more loyalty"."""
        held = self.run.study.graph[kpi]
        way = "more" if value > 0 else "less"
        if abs(value) == 1 and self.run.study.panel.is_switch(kpi):
            return self.say("step_up" if value > 0 else "step_down", kpi=self.short(kpi))
        if is_index(held) and abs(value) == 1:
            return self.say(f"one_point_{way}", kpi=self.short(kpi))
        if is_index(held) or is_share(held) or is_money(held):
            return self.say(way, n=self.by(kpi, abs(value)), kpi=self.short(kpi))
        return self.say("rise" if value > 0 else "fall", n=self.number(abs(value)).rstrip("0").rstrip(".,"),
                        kpi=self.short(kpi))  # fmt: skip

    def by(self, kpi: str, value: float) -> str:
        """A round change, without the zeros that a measured number would get."""
        held = self.run.study.graph[kpi]
        shown = Text("{n:g}", "{n:g}", n=in_points(held) * value).render(self.language)
        if is_money(held):
            return self._euro(value, 1.0)
        many = "percentage_points" if is_share(held) else "points"
        return self.say(many[:-1] if shown == "1" else many, n=shown)

    def _euro(self, value: float, spread: float) -> str:
        return euro(value, spread, self.language).replace(" ", "\N{NO-BREAK SPACE}")

    # Grades -------------------------------------------------------------------------------------------------------

    def grade(self, grade: Grade) -> dict[str, str]:
        """A grade as key, sign and words; colour is never alone."""
        word = self.say(f"grade_{grade.word}")
        if grade.word == "against":
            word = self.say("grade_against_with", strength=self.say(f"grade_{grade.strength}"))
        sign = ("▼ " if grade.against else "") + _SIGNS["negligible" if grade.negligible else grade.strength]
        return {"key": grade.word, "sign": sign, "word": word}


def spread(estimate: Estimate) -> float:
    """Half of an estimate's interval: what it is uncertain by."""
    return (estimate.interval[1] - estimate.interval[0]) / 2


def capital(text: str) -> str:
    """A text that begins a sentence.

    Examples
    --------
    >>> capital("loyalty"), capital("één punt"), capital("")
    ('Loyalty', 'Eén punt', '')
    """
    return "Eén" + text[3:] if text.startswith("één ") else text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A text as a sentence of its own, with a capital and a stop.

    Examples
    --------
    >>> sentence("it takes more data"), sentence("Why?"), sentence("")
    ('It takes more data.', 'Why?', '')
    """
    return capital(text) + ("" if not text or text.endswith((".", "?", "!")) else ".")
