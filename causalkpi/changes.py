"""What moved since the last run of a study, and why it may have: its data, its graph, its settings, the versions.

The record of the last run is somebody's file: it is read as JSON and nothing else, up to a size, and whatever in it is
not as expected counts as absent.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .language import NOTHING, Name, Text
from .wording import later, words

_LARGEST = 50_000_000
_SAME = 1e-9
_LONGEST = 200
_GRADES = {
    "strong": Text("strong evidence", "sterke onderbouwing"),
    "moderate": Text("moderate evidence", "redelijke onderbouwing"),
    "weak": Text("weak evidence", "zwakke onderbouwing"),
    "none": Text("no evidence", "geen onderbouwing"),
    "against": Text("evidence against the claim", "onderbouwing tegen de stelling"),
    "negligible": Text("a demonstrably negligible effect", "een aantoonbaar verwaarloosbaar effect"),
    "ungraded": Text("no grade", "geen oordeel"),
}
_SETTINGS = ("level", "seed", "errors", "smallest", "settled")


@dataclass(frozen=True)
class Moved:
    """One question whose answer is not what it was.

    Parameters
    ----------
    treatment, outcome : str
    horizon : int
    before, after : str
        Status and grade, with the value where there is one.
    sentence : Text
    """

    treatment: str
    outcome: str
    horizon: int
    before: str
    after: str
    sentence: Text


@dataclass(frozen=True)
class Changes:
    """What is different from the last run.

    Parameters
    ----------
    causes : tuple of Text
        What changed among the inputs; empty where nothing did.
    moved : tuple of Moved
        The questions of both runs whose answers differ.
    added, dropped : int
        Questions that only the new run asks, and that only the last one asked.
    why : Text
        Why no comparison could be made; empty where it could.
    """

    causes: tuple[Text, ...] = ()
    moved: tuple[Moved, ...] = ()
    added: int = 0
    dropped: int = 0
    why: Text = NOTHING

    @property
    def sentences(self) -> tuple[Text, ...]:
        """The whole for a reader: why, what moved, what was added or dropped."""
        if self.why:
            return (self.why,)
        told = [*self.causes] or [Text("No input changed.", "Aan de invoer is niets veranderd.")]
        told += [each.sentence for each in self.moved] or [Text("No answer moved.", "Geen antwoord is verschoven.")]
        if self.added or self.dropped:
            told.append(
                Text(
                    "Questions that are new: {added}; that are no longer asked: {dropped}.",
                    "Nieuwe vragen: {added}; vragen die niet meer worden gesteld: {dropped}.",
                    added=self.added,
                    dropped=self.dropped,
                )
            )
        return tuple(told)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, in English."""
        return {
            "why": str(self.why),
            "causes": [str(cause) for cause in self.causes],
            "moved": [
                {"treatment": m.treatment, "outcome": m.outcome, "horizon": m.horizon, "before": m.before,
                 "after": m.after}
                for m in self.moved
            ],
            "added": self.added,
            "dropped": self.dropped,
        }  # fmt: skip


def read_record(path: str | Path) -> Mapping[str, Any] | Text:
    """The record of an earlier run, or why it cannot be used.

    Parameters
    ----------
    path : str or Path
        A run.json.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _LARGEST:
            return Text("The last run's record is too large to be one.", "Het verslag van de vorige run is te groot om "
                        "er een te zijn.")  # fmt: skip
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return Text("The last run's record cannot be read.", "Het verslag van de vorige run is onleesbaar.")
    if not isinstance(found, dict) or found.get("format") != 1 or not isinstance(found.get("answers"), list):
        return Text("The last run's record is of another kind or version.", "Het verslag van de vorige run is van een "
                    "andere soort of versie.")  # fmt: skip
    return found


def compare(before: Mapping[str, Any] | Text, after: Mapping[str, Any]) -> Changes:
    r"""What moved from one record to another.

    Parameters
    ----------
    before : mapping or Text
        From :func:`read_record`; a Text is the reason why there is none.
    after : mapping
        From :func:`causalkpi.record.to_record`.

    Examples
    --------
    >>> one = {"format": 1, "answers": [{"treatment": "a", "outcome": "b", "horizon": 0, "contrast": 1,
    ...        "status": "estimated", "value": 2.0, "std_error": 0.1}]}
    >>> other = {"format": 1, "seed": 3, "answers": [one["answers"][0] | {"value": 2.5}]}
    >>> print(*compare(one, other).sentences, sep="\n")
    The settings changed: seed.
    a → b, in the same period: 2 became 2.5 (5.0 standard errors).
    """
    if isinstance(before, Text):
        return Changes(why=before)
    then, now = _answers(before), _answers(after)
    frequency = str(_part(after, "panel").get("frequency") or "step")
    moved = [_moved(key, then[key], now[key], frequency) for key in now if key in then]
    return Changes(
        tuple(_causes(before, after)),
        tuple(each for pair in moved for each in pair),
        len(now.keys() - then.keys()),
        len(then.keys() - now.keys()),
    )


def _answers(record: Mapping[str, Any]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for answer in record.get("answers", []):
        if isinstance(answer, dict):
            key = tuple(str(answer.get(part)) for part in ("treatment", "outcome", "horizon"))
            found.setdefault((*key, _number(answer.get("contrast"))), answer)
    return found


def _causes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Text]:
    """What changed among the inputs."""
    title = before.get("title")
    if isinstance(title, str) and title != after.get("title"):
        yield Text(
            "The last run in this folder had another title: {title}.",
            "De vorige run in deze map had een andere titel: {title}.",
            title=title[:_LONGEST],
        )
    then, now = _hashes(before), _hashes(after)
    data = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if data:
        yield Text("The data changed: {files}.", "De gegevens zijn veranderd: {files}.", files=data)
    if _part(before, "graph").get("sha256") != _part(after, "graph").get("sha256"):
        yield Text("The graph changed.", "De graaf is veranderd.")
    old, new = _part(before, "versions"), _part(after, "versions")
    versions = sorted(str(name) for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if versions:
        yield Text("Versions changed: {names}.", "Versies zijn veranderd: {names}.", names=versions)
    unsaid = {"errors": "usual"}  # what records of old leave out
    settings = [name for name in _SETTINGS if {**unsaid, **before}.get(name) != {**unsaid, **after}.get(name)]
    if settings:
        yield Text("The settings changed: {names}.", "De instellingen zijn veranderd: {names}.", names=settings)


def _hashes(record: Mapping[str, Any]) -> dict[str, str]:
    sources = record.get("sources")
    listed = [source for source in sources if isinstance(source, dict)] if isinstance(sources, list) else []
    return {str(source.get("name")): str(source.get("sha256")) for source in listed}


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _moved(key: tuple[Any, ...], before: Mapping[str, Any], after: Mapping[str, Any], frequency: str) -> list[Moved]:
    """How one answer moved; an empty list where it did not."""
    horizon = int(_number(after.get("horizon")))
    old, new = _number(before.get("value")), _number(after.get("value"))
    error = max(_number(before.get("std_error")), _number(after.get("std_error")))
    states = [(str(a.get("status", "")), str(a.get("grade") or "")) for a in (before, after)]
    same = abs(new - old) <= _SAME * max(abs(new), abs(old)) or (math.isnan(old) and math.isnan(new))
    if same and states[0] == states[1]:
        return []
    told = []
    if math.isnan(old) or math.isnan(new):
        told.append((_state(before, *states[0]), _state(after, *states[1]), NOTHING))
    else:
        if not same:
            far = Text(" ({far:.1f} standard errors)", " ({far:.1f} standaardfouten)",
                       far=abs(new - old) / error if error > 0 else math.inf)  # fmt: skip
            told.append((_number_text(old), _number_text(new), far))
        told += [(_status(a), _status(b), NOTHING) for a, b in [(states[0][0], states[1][0])] if a != b]
        told += [(_grade(a), _grade(b), NOTHING) for a, b in [(states[0][1], states[1][1])] if a != b]
    said = Text(
        "{treatment} → {outcome}, {later}: {moves}.", "{treatment} → {outcome}, {later}: {moves}.",
        treatment=Name(key[0]), outcome=Name(key[1]),
        later=Text(later(horizon, frequency), later(horizon, frequency, "nl")),
        moves=Text.join(
            [Text("{a} became {b}{far}", "{a} werd {b}{far}", a=a, b=b, far=far) for a, b, far in told], "; "
        ),
    )  # fmt: skip
    shown = [
        f"{' '.join(filter(None, state))}{'' if math.isnan(value) else f' {value:.6g}'}"
        for state, value in zip(states, (old, new), strict=True)
    ]
    return [Moved(key[0], key[1], horizon, shown[0], shown[1], said)]


def _state(answer: Mapping[str, Any], status: str, grade: str) -> Text:
    """An answer in few words: its number and its grade, or why it has none."""
    value = _number(answer.get("value"))
    if math.isnan(value):
        return _status(status)
    return Text("{value} ({grade})", "{value} ({grade})", value=_number_text(value), grade=_grade(grade))


def _number_text(value: float) -> Text:
    return Text("{value:.4g}", "{value:.4g}", value=value)


def _status(status: str) -> Text:
    """A status between quotes; one that this version does not know as it is."""
    known = status in words()
    said = Text(words("en")[status], words("nl")[status]) if known else status
    return Text("‘{said}’", "‘{said}’", said=said)


def _grade(grade: str) -> Text:
    return _GRADES.get(grade) or Text("{grade}", "{grade}", grade=grade or "?")
