"""What changes did that units made at different times: figure, average, tests of the periods before, what it is not."""

from __future__ import annotations

from typing import Any

from ...decide import STRENGTHS
from ...event_study import EventStudy, Moment
from ...language import MINUS
from ...numerals import p_value
from ...question import Unanswered
from ..amounts import both_ends, said_as, unit_note
from ..figures import NARROW, Figure, drawn
from ..reader import Reader, capital, sentence
from .checks import check

_FIRST = "pre_periods"  # the test of earlier periods stands beside the number, the other findings below it


def event_studies(reader: Reader) -> list[dict[str, Any]]:
    """One view per change and outcome: those that the study asks for, and those that its claims rest on."""
    return [_view(reader, found) for found in reader.run.event_studies]


def _view(reader: Reader, found: EventStudy | Unanswered) -> dict[str, Any]:
    answered = isinstance(found, EventStudy)
    change = found.change if answered else found.question.treatment
    outcome = found.outcome if answered else found.question.outcome
    title = capital(reader.say("since_title", change=reader.short(change), outcome=reader.the(outcome)))
    view: dict[str, Any] = {"title": title, "answered": answered}
    if not answered:
        why = " ".join(filter(None, (sentence(reader(found.reason)), sentence(reader(found.remedy)))))
        return view | {"why": why}
    overall = found.overall
    return view | {
        "overall": reader.say("since_overall", last=found.horizon, periods=reader.periods()),
        "value": said_as(reader, outcome, overall),
        "interval": both_ends(reader, outcome, overall.interval),
        "level": reader.say("interval_at", level=found.level),
        "p": p_value(overall.p_value, reader.language),
        "unit": unit_note(reader, outcome),
        "beside": [_beside(reader, outcome, each) for each in found.beside],
        "before": check(reader, found[_FIRST]),
        "checks": [check(reader, each) for each in found.findings if each.id != _FIRST],
        "strength": reader.say("since_strength", word=STRENGTHS[found.strength]),
        "warnings": [sentence(reader(warning)) for warning in found.warnings],
        "basis": _basis(reader, found),
        "rows": [_moment(reader, outcome, moment) for moment in found.moments],
        "figure": _figure(reader, found),
        "caption": reader.say("since_figure", change=reader.short(change), outcome=reader.short(outcome),
                              period=reader.period()),
    }  # fmt: skip


def _beside(reader: Reader, outcome: str, other: Any) -> dict[str, str]:
    """A number for the same question that is not the answer."""
    return {
        "name": reader.say(other.name),
        "value": said_as(reader, outcome, other),
        "interval": both_ends(reader, outcome, other.interval),
        "why": reader(other.why),
    }


def _basis(reader: Reader, found: EventStudy) -> list[tuple[str, str]]:
    """Whom it is held against, who changed when, and how it was computed, each with its label."""
    cohorts = ", ".join(f"{when} ({reader.count(n)})" for when, n in found.cohorts.items())
    sample = reader.say("sample_used", used=found.rows_used, rows=found.rows, units=found.units, periods=found.periods)
    return [
        (reader.say("since_against"), capital(reader(found.comparison))),
        (reader.say("since_cohorts"), cohorts),
        (reader.say("sample"), sample),
        (reader.say("estimator"), capital(reader(found.estimator))),
        (reader.say("errors"), capital(reader(found.convention))),
    ]


def _moment(reader: Reader, outcome: str, moment: Moment) -> dict[str, str]:
    """One period since the change, or before it."""
    return {
        "since": f"{moment.since}".replace("-", MINUS),
        "value": said_as(reader, outcome, moment.effect),
        "interval": both_ends(reader, outcome, moment.effect.interval),
        "band": both_ends(reader, outcome, moment.band),
        "units": reader.count(moment.units),
    }


def _figure(reader: Reader, found: EventStudy) -> Figure:
    from ... import plots

    unit = reader.run.study.graph[found.outcome].unit_in(reader.language)
    return drawn(
        lambda: plots.event_study_plot(found, reader.language, unit=unit),
        lambda: plots.event_study_alt(found, reader.language, unit=unit),
        reader,
        NARROW,
    )
