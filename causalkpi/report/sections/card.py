"""One of the three lines: what a card holds, and what every card says where units are very few."""

from __future__ import annotations

from dataclasses import dataclass

from ...estimators import Estimate
from ...grade import FEWEST
from ..reader import Reader


@dataclass(frozen=True)
class Card:
    """One of the three lines.

    Parameters
    ----------
    about : str
        What the card is about, in a word or two.
    figure : str
        What it says large.
    sentence : str
    whom : str
        For which units and periods.
    grade : dict of str to str
        Key, sign and word; empty where none applies.
    href : str
        The sheet that it comes from.
    """

    about: str
    figure: str
    sentence: str
    whom: str = ""
    grade: dict[str, str] | None = None
    href: str = ""


def few(reader: Reader, answer: Estimate) -> str:
    """With very few units the sentence itself says how little that is; claims then stay undecided by their grade."""
    if answer.units < FEWEST:
        return reader.say("one_unit" if answer.units == 1 else "few_units", count=answer.units)
    if answer.rests_on < FEWEST:
        return reader.say("few_vary", count=max(2, round(answer.rests_on)))
    return ""
