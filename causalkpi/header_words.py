"""The words of a header: plain, without the unit in brackets, and what else is said for them in Dutch and English."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

# A word that makes another quantity of what it stands with, and one that says on what scale it is
OTHERWISE: Final = frozenset(
    (
        "per",
        "target",
        "doel",
        "norm",
        "budget",
        "begroot",
        "begroting",
        "plan",
        "groei",
        "growth",
        "vorig",
        "vorige",
        "previous",
    )
)
SCALES: Final = frozenset(
    ("000", "1000", "k", "duizend", "thousand", "m", "mln", "miljoen", "million", "percent", "procent", "pct", "bp")
)
_SYNONYMS = tuple(
    frozenset(words.split(", "))
    for words in (
        "revenue, turnover, sales, omzet, baten, opbrengst, opbrengsten",
        "churn, customer churn, klantverloop, verloop, attrition, customer attrition, opzegging, "
        "opzeggingen, opzeggers",
        "advocacy, ambassadeurschap, customer recommendation, aanbeveling door klanten, nps, net promoter score, "
        "aanbeveling, aanbevelen, aanbevelingen, recommendation, ambassadors, ambassadeurs",
        "customer satisfaction, klanttevredenheid, tevredenheid, satisfaction, csat, tevreden klanten, klantwaardering",
        "customer loyalty, klantloyaliteit, loyaliteit, loyalty, klanttrouw, klantentrouw, "
        "klantenbinding, klantbinding",
        "employee loyalty, loyaliteit van medewerkers, loyaliteit, loyalty, medewerkersloyaliteit, "
        "personeelsloyaliteit",
        "employee turnover, personeelsverloop, staff turnover, turnover, verloop, medewerkersverloop, "
        "verloop personeel, staff attrition, attrition, uitstroom personeel",
        "cost, costs, kosten, lasten, expenses, uitgaven",
        "operating result, bedrijfsresultaat, resultaat, result, profit, winst, operating profit, gross profit, "
        "brutowinst, ebit",
        "customers, klanten, aantal klanten, klantaantal, klantenaantal, number of customers, clients, relaties",
        "other new customers, overige nieuwe klanten, new customers, nieuwe klanten",
        "referred customers, aangebrachte klanten, referrals, aanbrengingen",
        "spend, revenue per customer, omzet per klant, besteding, besteding per klant, arpu",
        "customer retention, klantbehoud, retention, retentie",
        "customer centred behaviour, klantgericht gedrag, klantgerichtheid, mystery shopping, mysteryshopscore",
        "complaint, complaints, complains, klacht, klachten",
    )
)


@cache
def words(text: str) -> tuple[str, ...]:
    """The words of a name: lower case, without accents, signs of money and per cent written out.

    Examples
    --------
    >>> words("Klant-tevredenheid  2024"), words("customerLoyalty"), words("Coûts %")
    (('klant', 'tevredenheid', '2024'), ('customer', 'loyalty'), ('couts', 'percent'))
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("%", " percent ").replace("€", " eur ")
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return tuple(re.findall(r"[^\W_]+", plain.casefold()))


def compact(form: tuple[str, ...]) -> str:
    """The words as one, for who writes them apart and who does not."""
    return "".join(form)


def without_unit(header: str) -> tuple[str, str]:
    """A header without the unit in brackets at its end, and that unit."""
    found = re.fullmatch(r"([^()\[\]]*)[(\[]([^()\[\]]*)[)\]]\s*", header)
    return (found[1], found[2]) if found else (header, "")


@cache
def synonyms(form: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Other words for a name."""
    name = " ".join(form)
    return tuple(words(other) for group in _SYNONYMS if name in group for other in sorted(group - {name}))
