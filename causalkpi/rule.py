"""The rule that decides a claim: comparisons of named answers, joined by "and" and "or".

``loyalty < 0 and loyalty < satisfaction`` holds if more loyalty lowers the outcome, and by more than satisfaction does.
"and" binds stronger than "or". A rule is read into comparisons; a user's text is never evaluated as code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import Fault, GraphError, did_you_mean, raise_all

_SIDE = r"[^\W\d]\w*|[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_COMPARISON = re.compile(rf"\s*({_SIDE})\s*([<>])\s*({_SIDE})\s*")
_LONGEST = 1000


@dataclass(frozen=True)
class Comparison:
    """One side less than the other.

    Parameters
    ----------
    low, high : str or float
        The name of an answer, or a number in that answer's unit.
    """

    low: str | float
    high: str | float

    @property
    def names(self) -> tuple[str, ...]:
        """The answers that are compared."""
        return tuple(side for side in (self.low, self.high) if isinstance(side, str))

    def __str__(self) -> str:
        return " < ".join(side if isinstance(side, str) else f"{side:g}" for side in (self.low, self.high))


@dataclass(frozen=True)
class Rule:
    """Alternatives, each a list of comparisons that must all hold.

    Parameters
    ----------
    alternatives : tuple of tuple of Comparison

    Examples
    --------
    >>> rule = Rule.parse("loyalty < 0 and satisfaction > loyalty")
    >>> print(*rule.alternatives[0], sep="; ")
    loyalty < 0; loyalty < satisfaction
    >>> rule.names
    ('loyalty', 'satisfaction')
    """

    alternatives: tuple[tuple[Comparison, ...], ...]

    @classmethod
    def parse(cls, text: str, known: Iterable[str] | None = None) -> Rule:
        """Read a rule.

        Parameters
        ----------
        text : str
        known : iterable of str, optional
            The names that there are.

        Raises
        ------
        GraphError
            Listing every comparison that cannot be read and every unknown name.
        """
        faults = [] if len(text) <= _LONGEST else [Fault("rule", f"{len(text)} signs", f"at most {_LONGEST}")]
        parts = [] if faults else [re.split(r"\band\b", part) for part in re.split(r"\bor\b", text)]
        found = cls(tuple(tuple(_comparison(each, faults) for each in part) for part in parts))
        if known is not None and not faults:
            options = set(known)
            faults += [
                Fault("rule", f"the unknown name {name!r}", "a named question", did_you_mean(name, options), "rule")
                for name in found.names
                if name not in options
            ]
        raise_all(GraphError, f"The rule {text[:80]!r} cannot be used.", faults)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The answers that the rule needs, in the order of its text."""
        named = (name for part in self.alternatives for each in part for name in each.names)
        return tuple(dict.fromkeys(named))


def _comparison(text: str, faults: list[Fault]) -> Comparison:
    match = _COMPARISON.fullmatch(text)
    sides = [match[1], match[3]] if match else ["", ""]
    low, high = (float(side) if side[:1] in "+-0123456789" and side else side for side in sides)
    if match is None or not (isinstance(low, str) or isinstance(high, str)):
        expected = "two sides with < or > between them, one of them at least a name, such as: loyalty < 0"
        faults.append(Fault("rule", repr(text.strip()[:60]), expected, "Join comparisons by and, or.", "rule"))
    return Comparison(low, high) if match is None or match[2] == "<" else Comparison(high, low)
