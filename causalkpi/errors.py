"""What can go wrong, in the user's words.

An input is never refused for its first fault alone: checks collect :class:`Fault` objects and raise one
error that lists them all, each with what was found, what was expected and the way out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from .language import Language, Name, Text

Severity = Literal["stops", "warns", "notes"]
SEVERITIES: tuple[Severity, ...] = ("stops", "warns", "notes")


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

    @property
    def text(self) -> Text:
        """The fault in a sentence, in both languages as far as its parts are."""
        times = Text("{count} times", "{count} keer", count=self.count) if self.count > 1 else ""
        details = Text.join([times, *self.examples[:3]], "; ")
        return Text(
            "{where}: found {found}{details}, expected {expected}{remedy}",
            "{where}: gevonden {found}{details}, verwacht {expected}{remedy}",
            where=self.where,
            found=self.found,
            details=Text(" ({all})", " ({all})", all=details) if details else "",
            expected=self.expected,
            remedy=Text(". {way_out}", ". {way_out}", way_out=self.remedy) if self.remedy else "",
        )

    def render(self, language: Language = "en", name: Callable[[str], str] = str) -> str:
        """The fault in a language, with the names that `name` gives KPIs.

        Examples
        --------
        >>> found = Text("{share:.1f}% missing", "{share:.1f}% ontbreekt", share=12.5)
        >>> Fault("churn", found, Text("all values", "alle waarden"), count=2).render("nl")
        'churn: gevonden 12,5% ontbreekt (2 keer), verwacht alle waarden'
        """
        return self.text.render(language, name)

    def __str__(self) -> str:
        return str(self.text)


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
        super().__init__(str(self.text))

    @property
    def text(self) -> Text:
        """The headline and all faults, in both languages as far as their parts are."""
        listed = [Text("  - {fault}", "  - {fault}", fault=fault.text) for fault in self.faults]
        return Text.join([self.headline, *listed], "\n")


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


def did_you_mean(word: str, options: Iterable[str]) -> Text:
    """Name what exists instead of `word`: the closest names, or the first few (KPIs as :class:`Name`).

    Examples
    --------
    >>> did_you_mean("custmer_loyalty", ["customer_loyalty", "churn"])
    "Did you mean 'customer_loyalty'?"
    >>> did_you_mean("xyz", ["customer_loyalty", "churn"])
    "There are: 'churn', 'customer_loyalty'."
    """
    names = sorted({name if isinstance(name, str) else str(name) for name in options})
    close = get_close_matches(str(word), names, n=3, cutoff=0.6)
    if close:
        alike = Text.join(map(_quoted, close), " or ", " of ")
        return Text("Did you mean {names}?", "Bedoelde u {names}?", names=alike)
    if not names:
        return Text("There are none.", "Er zijn er geen.")
    listed, more = [_quoted(name) for name in names[:12]], len(names) - 12
    if more > 0:
        return Text("There are: {names} and {more} more.", "Er zijn: {names} en nog {more}.", names=listed, more=more)
    return Text("There are: {names}.", "Er zijn: {names}.", names=listed)


def _quoted(name: str) -> str:
    return Text("'{kpi}'", "'{kpi}'", kpi=name) if isinstance(name, Name) else repr(name)
