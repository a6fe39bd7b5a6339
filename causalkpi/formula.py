"""The arithmetic of an identity: sums and products of KPIs, kept as a polynomial.

A change in one argument can be followed through it exactly, and a user's text is never evaluated as code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .errors import Fault, GraphError

Factors = tuple[tuple[str, int], ...]
Term = tuple[float, Factors]
_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?)|([^\W\d]\w*)|`([^`]+)`|(.))")
_LONGEST, _MOST_TERMS, _MOST_FACTORS, _DEEPEST = 2000, 200, 6, 40


@dataclass(frozen=True)
class Formula:
    """The arithmetic of an identity: a sum of products of KPIs.

    Parameters
    ----------
    text : str
        The formula as written.
    terms : tuple of (float, tuple of (str, int))
        Coefficient and factors of each product; a factor is a KPI and how many periods earlier (0 = now).

    Examples
    --------
    >>> growth = Formula.parse("customers[-1] * (1 - churn)")
    >>> growth.terms
    ((-1.0, (('churn', 0), ('customers', 1))), (1.0, (('customers', 1),)))
    >>> float(growth.evaluate(lambda kpi, lag: {"customers": 200.0, "churn": 0.1}[kpi]))
    180.0
    """

    text: str
    terms: tuple[Term, ...]

    @classmethod
    def parse(cls, text: str) -> Formula:
        """Read a formula: ``+ - *``, brackets, numbers, names, ``name[-1]`` for one period earlier.

        Division is by numbers only; a name with unusual characters stands between back quotes.

        Raises
        ------
        GraphError
            With the position of what cannot be read.
        """
        return cls(text.strip(), _Parser(text).read())

    @property
    def arguments(self) -> tuple[tuple[str, int], ...]:
        """The KPIs that the formula needs, each with how many periods earlier; sorted."""
        return tuple(sorted({factor for _, factors in self.terms for factor in factors}))

    def evaluate(self, value: Callable[[str, int], np.ndarray | float]) -> np.ndarray | float:
        """Compute the identity from its arguments; ``value(kpi, lag)`` supplies them."""
        total: np.ndarray | float = 0.0
        for coefficient, factors in self.terms:
            product: np.ndarray | float = coefficient
            for kpi, lag in factors:
                product = product * value(kpi, lag)
            total = total + product
        return total


class _Parser:
    """A recursive-descent reader that returns the polynomial's terms."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at, self.depth = text, [], 0, 0
        if len(text) > _LONGEST:
            self.fail(0, f"a formula of {len(text)} characters", f"at most {_LONGEST}")
        end = len(text.rstrip())
        position = 0
        while position < end:
            match = _TOKEN.match(text, position)
            assert match is not None
            kind = ("number", "name", "name", "sign")[match.lastindex - 1]  # type: ignore[operator]
            self.tokens.append((kind, match.group(match.lastindex), match.start(match.lastindex)))  # type: ignore[arg-type]
            position = match.end()
        self.tokens.append(("end", "the end", end))

    def fail(self, position: int, found: str, expected: str) -> None:
        fault = Fault(
            f"formula {self.text[:80]!r}, character {position + 1}",
            found,
            expected,
            "A ratio is written as its product: instead of spend = revenue / customers, "
            "declare revenue = customers * spend."
            if found == "'/'"
            else "",
            rule="formula",
        )
        raise GraphError("The formula cannot be read.", [fault])

    def take(self, *wanted: str) -> str:
        kind, text, _ = self.tokens[self.at]
        if text in wanted and kind == "sign":
            self.at += 1
            return text
        return ""

    def read(self) -> tuple[Term, ...]:
        terms = self.sum()
        kind, text, position = self.tokens[self.at]
        if kind != "end":
            self.fail(position, repr(text), "+, -, * or the end")
        return tuple((terms[factors], factors) for factors in sorted(terms) if terms[factors] != 0)

    def sum(self) -> dict[Factors, float]:
        total = dict(self.product())
        while sign := self.take("+", "-"):
            for factors, coefficient in self.product().items():
                total[factors] = total.get(factors, 0.0) + (coefficient if sign == "+" else -coefficient)
        return total

    def product(self) -> dict[Factors, float]:
        result = self.factor()
        while True:
            position = self.tokens[self.at][2]
            if self.take("*"):
                result = self.multiply(result, self.factor(), position)
            elif self.take("/"):
                divisor = self.factor()
                if set(divisor) != {()} or divisor[()] == 0:
                    self.fail(position, "'/'", "division by a number other than 0 only")
                result = {factors: value / divisor[()] for factors, value in result.items()}
            else:
                return result

    def multiply(self, left: dict[Factors, float], right: dict[Factors, float], position: int) -> dict[Factors, float]:
        result: dict[Factors, float] = {}
        for a, x in left.items():
            for b, y in right.items():
                factors = tuple(sorted(a + b))
                result[factors] = result.get(factors, 0.0) + x * y
        if len(result) > _MOST_TERMS or any(len(f) > _MOST_FACTORS for f in result):
            self.fail(
                position,
                "a formula that grows too large",
                f"at most {_MOST_TERMS} products of at most {_MOST_FACTORS} factors",
            )
        return result

    def factor(self) -> dict[Factors, float]:
        kind, text, position = self.tokens[self.at]
        if self.depth > _DEEPEST:
            self.fail(position, "brackets within brackets", f"at most {_DEEPEST} deep")
        self.depth += 1
        try:
            return self.atom(kind, text, position)
        finally:
            self.depth -= 1

    def atom(self, kind: str, text: str, position: int) -> dict[Factors, float]:
        if self.take("-"):
            return {factors: -value for factors, value in self.factor().items()}
        if self.take("("):
            inside = self.sum()
            if not self.take(")"):
                self.fail(self.tokens[self.at][2], repr(self.tokens[self.at][1]), "a closing bracket")
            return inside
        if kind == "number":
            self.at += 1
            return {(): float(text)}
        if kind == "name":
            self.at += 1
            return {((text, self.lag()),): 1.0}
        self.fail(position, text if kind == "end" else repr(text), "a KPI, a number or a bracket")
        raise AssertionError

    def lag(self) -> int:
        if not self.take("["):
            return 0
        start = self.tokens[self.at][2]
        self.take("-")
        kind, text, position = self.tokens[self.at]
        self.at += kind != "end"
        if kind != "number" or not text.isdigit() or not self.take("]"):
            self.fail(position, repr(text), "a number of periods earlier, as in name[-1]")
        if self.text[start] != "-" and int(text) > 0:
            self.fail(start, f"[{text}], a later period", "an earlier one, as in name[-1]")
        return int(text)


def rename_formula(formula: Formula, names: Mapping[str, str]) -> Formula:
    """The same arithmetic under other KPI ids.

    Examples
    --------
    >>> rename_formula(Formula.parse("customers * spend"), {"spend": "omzet per klant"}).text
    'customers * `omzet per klant`'
    """
    terms = tuple(
        (value, tuple((names.get(kpi, kpi), lag) for kpi, lag in factors)) for value, factors in formula.terms
    )
    written = [
        " * ".join(
            ([] if abs(value) == 1 and factors else [repr(abs(value))])
            + [_written(kpi) + (f"[-{lag}]" if lag else "") for kpi, lag in factors]
        )
        for value, factors in terms
    ]
    text = "".join(
        (" - " if value < 0 else " + ") + product for (value, _), product in zip(terms, written, strict=True)
    )
    return Formula.parse(text.removeprefix(" + ") or "0")


def _written(kpi: str) -> str:
    return kpi if re.fullmatch(r"[^\W\d]\w*", kpi) else f"`{kpi}`"
