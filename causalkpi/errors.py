"""What can go wrong, in the user's words.

An input is never refused for its first fault alone: checks collect :class:`Fault` objects and raise one
error that lists them all, each with what was found, what was expected and the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["stops", "warns", "notes"]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    Parameters
    ----------
    where : str
        The place: ``file:line:column``, a file and column, or the name of a KPI.
    found, expected : str
        What stands there, and what should.
    remedy : str
        The way out, in words; empty where the expectation already says it.
    rule : str
        A short name of the rule, the same for all faults of one kind.
    count : int
        How often it occurs.
    examples : tuple of str
        The first few occurrences.
    severity : {"stops", "warns", "notes"}
        Whether the work can go on.
    columns : tuple of str
        The KPIs or columns concerned; a question that needs one of a fault that stops is refused.

    Examples
    --------
    >>> print(Fault("churn", "1.3", "a share between 0 and 1", count=2, examples=("row 4: 1.3",)))
    churn: found 1.3 (2 times; row 4: 1.3), expected a share between 0 and 1
    """

    where: str
    found: str
    expected: str
    remedy: str = ""
    rule: str = ""
    count: int = 1
    examples: tuple[str, ...] = ()
    severity: Severity = "stops"
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        details = "; ".join([f"{self.count} times"] * (self.count > 1) + list(self.examples[:3]))
        text = f"{self.where}: found {self.found}"
        text += f" ({details})" if details else ""
        text += f", expected {self.expected}"
        return text + (f". {self.remedy}" if self.remedy else "")


class CausalKPIError(ValueError):
    """Something in the input cannot be used; ``faults`` lists every reason.

    Parameters
    ----------
    headline : str
        One line that says what was refused.
    faults : sequence of Fault
        All that is wrong with it.
    """

    def __init__(self, headline: str, faults: Sequence[Fault] = ()) -> None:
        self.headline = headline
        self.faults = tuple(faults)
        super().__init__("\n".join([headline, *(f"  - {fault}" for fault in self.faults)]))


class GraphError(CausalKPIError):
    """A KPI graph, or its file, that cannot be used."""


class DataError(CausalKPIError):
    """Data that cannot be used."""


class StudyError(CausalKPIError):
    """A study, its file or its output folder, that cannot be used."""


class QuestionError(CausalKPIError):
    """A question that names what does not exist, or makes no sense."""


class DisagreementError(CausalKPIError):
    """DoWhy and statsmodels gave different slopes for the same regression: the run fails."""


def raise_all(error: type[CausalKPIError], headline: str, faults: Iterable[Fault]) -> None:
    """Raise `error` with all faults that stop, or do nothing if none does.

    Examples
    --------
    >>> raise_all(GraphError, "no fault, no error", [])
    """
    stops = [fault for fault in faults if fault.severity == "stops"]
    if stops:
        raise error(headline, stops)


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Name what exists instead of `word`: the closest names, or the first few.

    Examples
    --------
    >>> did_you_mean("custmer_loyalty", ["customer_loyalty", "churn"])
    "Did you mean 'customer_loyalty'?"
    >>> did_you_mean("xyz", ["customer_loyalty", "churn"])
    "There are: 'churn', 'customer_loyalty'."
    """
    names = sorted(set(map(str, options)))
    close = get_close_matches(str(word), names, n=3, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(map(repr, close)) + "?"
    if not names:
        return "There are none."
    listed = ", ".join(map(repr, names[:12]))
    return f"There are: {listed}" + (f" and {len(names) - 12} more." if len(names) > 12 else ".")
