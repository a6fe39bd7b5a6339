"""The words of a measurement system: KPI, Link, Claim, and the formula of an identity.

A *KPI* is a measured quantity, a *link* says that one KPI causes another after a number of periods, and an
*identity* is arithmetic (revenue = customers x spend): it is never estimated, effects go through it exactly.
Formulas are sums and products of KPIs, possibly of earlier periods, and are kept as polynomials, so that a
change in one argument can be followed exactly, without ever evaluating a user's text as code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from .errors import Fault, GraphError, raise_all
from .formula import Formula
from .language import NOTHING, Text

Kind = Literal["driver", "behaviour", "soft", "hard", "context", "identity"]
Level = Literal["customer", "unit", "organisation"]
Better = Literal["higher", "lower", "neither"]
Measures = Literal["", "attitude", "intention", "behaviour"]
Sign = Literal["+", "-", "?"]


@dataclass(frozen=True)
class KPI:
    """A measured quantity.

    Parameters
    ----------
    id : str
        The name by which data and links refer to it.
    en, nl : str
        Its names in English and Dutch; the id where left empty.
    unit : str
        The unit of measurement, in words.
    better : {"higher", "lower", "neither"}
        Which way is better.
    lane : str
        Its column in the KPI map (steering, behaviour, loyalty, ...).
    kind : {"driver", "behaviour", "soft", "hard", "context", "identity"}
        What sort of quantity it is; one with a formula is an identity.
    measures : {"", "attitude", "intention", "behaviour"}
        What a soft KPI measures.
    level : {"customer", "unit", "organisation"}
        What it is measured on; an organisation-level KPI has one value per period for all units.
    owner : str
        Who answers for it.
    observed : bool
        Whether it can be in the data at all; a hidden KPI cannot be adjusted for.
    selected : bool
        Whether rows exist only where this KPI has one value (units that survived, customers who answered).
    minimum, maximum : float
        The scale: values outside it are impossible.
    formula : Formula or None
        The arithmetic of an identity.
    unit_nl, owner_nl : str
        Unit and owner in Dutch; as in English where left empty.

    Raises
    ------
    GraphError
        For an empty or reserved id, an unknown kind or level, an empty scale, an identity without a formula.

    Examples
    --------
    >>> KPI("churn", nl="klantverloop", unit="share", minimum=0, maximum=1).name("nl")
    'klantverloop'
    """

    id: str
    en: str = ""
    nl: str = ""
    unit: str = ""
    better: Better = "neither"
    lane: str = ""
    kind: Kind = "hard"
    measures: Measures = ""
    level: Level = "unit"
    owner: str = ""
    observed: bool = True
    selected: bool = False
    minimum: float = -math.inf
    maximum: float = math.inf
    formula: Formula | None = None
    unit_nl: str = ""
    owner_nl: str = ""

    def __post_init__(self) -> None:
        faults = []
        where = f"KPI {self.id!r}"
        if not isinstance(self.id, str) or not self.id.strip():
            faults.append(Fault(where, "no usable id", "a text that is not empty", rule="kpi-id"))
        elif self.id in RESERVED:
            faults.append(Fault(where, "a reserved id", f"any id but {', '.join(RESERVED)}", rule="kpi-id"))
        if self.formula is not None and self.kind != "identity":
            object.__setattr__(self, "kind", "identity")
        if self.kind == "identity" and self.formula is None:
            faults.append(Fault(where, "an identity without a formula", "formula: ...", rule="identity-formula"))
        for name, value, options in (
            ("kind", self.kind, get_args(Kind)),
            ("level", self.level, get_args(Level)),
            ("better", self.better, get_args(Better)),
            ("measures", self.measures, get_args(Measures)),
        ):
            if value not in options:
                faults.append(
                    Fault(
                        where,
                        f"{name} {value!r}",
                        f"one of {', '.join(map(repr, options))}",
                        rule="kpi",
                    )
                )
        if not self.minimum < self.maximum:
            faults.append(
                Fault(
                    where,
                    f"a scale from {self.minimum} to {self.maximum}",
                    "from low to high",
                    rule="scale",
                )
            )
        raise_all(GraphError, f"{where} cannot be used.", faults)

    @property
    def usual_change(self) -> float:
        """The change that a claim's question asks about: one unit, or a tenth where the whole scale is a share.

        Examples
        --------
        >>> KPI("churn", minimum=0, maximum=1).usual_change, KPI("satisfaction", minimum=0, maximum=100).usual_change
        (0.1, 1.0)
        """
        return 0.1 if self.maximum - self.minimum <= 1 else 1.0

    @property
    def is_share(self) -> bool:
        """Whether the declared scale runs from 0 to 1: a share, or a probability.

        Examples
        --------
        >>> KPI("churn", minimum=0, maximum=1).is_share, KPI("satisfaction", minimum=0, maximum=100).is_share
        (True, False)
        """
        return (self.minimum, self.maximum) == (0, 1)

    def name(self, language: str = "en") -> str:
        """The KPI's name for a reader; its id where no name was given."""
        return {"en": self.en, "nl": self.nl}.get(language, "") or self.en or self.id

    def unit_in(self, language: str = "en") -> str:
        """The unit of measurement for a reader; as given where there is no other word.

        Examples
        --------
        >>> KPI("churn", unit="share", unit_nl="aandeel").unit_in("nl"), KPI("cost", unit="EUR").unit_in("nl")
        ('aandeel', 'EUR')
        """
        return (self.unit_nl if language == "nl" else "") or self.unit

    def owner_in(self, language: str = "en") -> str:
        """Who answers for it, for a reader; as given where there is no other word."""
        return (self.owner_nl if language == "nl" else "") or self.owner


@dataclass(frozen=True)
class Link:
    """A directed causal link: `source` now changes `target` after `lag` periods.

    Parameters
    ----------
    source, target : str
        KPI ids; the same id with a lag of one or more is a KPI's dependence on its own past.
    sign : {"+", "-", "?"}
        The sign expected.
    lag : int
        Periods until it works.
    reference : str
        Where the link comes from: the article's claim, literature, data, or you.

    Examples
    --------
    >>> print(Link("customer_loyalty", "churn", sign="-", lag=1))
    customer_loyalty -> churn (-, lag 1)
    """

    source: str
    target: str
    sign: Sign = "?"
    lag: int = 0
    reference: str = ""

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} ({self.sign}, lag {self.lag})"


@dataclass(frozen=True)
class Claim:
    """A testable statement about the graph.

    Parameters
    ----------
    id : str
        C1 ... C11 in the book's model.
    en, nl : str
        The statement, in our words.
    reference, reference_nl : str
        Who says so, in English and Dutch: the article, the literature, or us.
    questions : tuple of (str, str, int)
        Treatment, outcome and horizon in periods of the questions that bear on it.
    expected : tuple of {"+", "-", "?"}
        The sign that the claim expects of each question.
    names : tuple of str
        What the rule calls each question; empty where it does not need it.
    rule : str
        What decides the claim, such as ``loyalty < 0 and loyalty < satisfaction``; see :mod:`causalkpi.rule`.
    changes : tuple of (str, str, str, int, {"+", "-"})
        For a claim about a change that units made at different times: what each part is called, the KPI that changes
        from 0 to 1, the outcome, from which period since the change it counts, and the sign expected. They decide it.
    not_examined : Text
        What would decide it and cannot be computed yet; only where there is no rule.
    not_testable : Text
        Why no data of one organisation can decide it; only where there is no rule.
    """

    id: str
    en: str = ""
    nl: str = ""
    reference: str = ""
    questions: tuple[tuple[str, str, int], ...] = ()
    expected: tuple[Sign, ...] = field(default=())
    names: tuple[str, ...] = ()
    rule: str = ""
    not_examined: Text = NOTHING
    not_testable: Text = NOTHING
    reference_nl: str = ""
    changes: tuple[tuple[str, str, str, int, Sign], ...] = ()

    def source(self, language: str = "en") -> str:
        """Who says so, for a reader."""
        return (self.reference_nl if language == "nl" else "") or self.reference

    def statement(self, language: str = "en") -> str:
        """The claim for a reader."""
        return {"en": self.en, "nl": self.nl}.get(language, "") or self.en or self.id


UNIT, PERIOD = "<unit>", "<period>"
RESERVED = (UNIT, PERIOD)
