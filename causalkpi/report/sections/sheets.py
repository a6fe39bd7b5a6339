"""One sheet per question: the answer, what stands beside it, what it rests on, and what was found about it."""

from __future__ import annotations

import math
from typing import Any

from ...estimators import Estimate
from ...evidence import SMALL, Evidence
from ...numerals import p_value
from ...parallel import spread as spread_over_cores
from ...question import Estimand, Unanswered
from ...wording import moments, role_words, route_words, status_words, unit_words
from ..entry import Entry
from ..picture import picture
from ..reader import Reader, capital, sentence, spread
from .checks import checks, panel_about, panel_figure, robustness, sensitivity_figure

_ASKED = ("treatment", "outcome")  # neither held fixed nor left out


def sheets(reader: Reader) -> list[dict[str, Any]]:
    """One view per distinct question, in the order of the register."""
    return spread_over_cores(lambda entry: _view(reader, entry), reader.entries)


def _view(reader: Reader, entry: Entry) -> dict[str, Any]:
    answer, graph = entry.answer, reader.run.study.graph
    view: dict[str, Any] = {
        "anchor": entry.anchor,
        "question": reader.question(entry.question),
        "origins": _origins(reader, entry),
        "unit": unit_words(entry.question, graph, reader.language),
        "estimated": isinstance(answer, Estimate),
        "truth": _truth(reader, entry),
    }
    if isinstance(answer, Unanswered):
        return view | _refused(reader, answer)
    return view | _numbers(reader, entry, answer) | _basis(reader, answer) | _found(reader, entry.evidence)


def _origins(reader: Reader, entry: Entry) -> list[dict[str, Any]]:
    """Who asks it; where a claim's expectation gives another grade than the sheet's, that grade too."""
    claims = {claim.id for claim in reader.run.study.graph.claims}
    own = entry.evidence.grade
    return [
        {
            "claim": item.origin if item.origin in claims else "",
            "word": reader.say("origin_claim", claim=item.origin) if item.origin in claims
            else reader.say("origin_study"),
            "grade": reader.grade(item.evidence.grade)
            if item.evidence.answered and item.evidence.grade.word != own.word else None,
        }
        for item in entry.asked
    ]  # fmt: skip


def _refused(reader: Reader, answer: Unanswered) -> dict[str, Any]:
    return {
        "status": capital(status_words(answer.status, reader.language)),
        "reason": sentence(reader(answer.reason)),
        "remedy": sentence(reader(answer.remedy)),
    }


def _truth(reader: Reader, entry: Entry) -> str:
    if not math.isfinite(entry.true_effect):
        return ""
    half = spread(entry.answer) if isinstance(entry.answer, Estimate) else math.nan
    return reader.number(entry.true_effect, half)


def _numbers(reader: Reader, entry: Entry, answer: Estimate) -> dict[str, Any]:
    """The estimate, what belongs beside it, and the picture of them all."""
    half, grade = spread(answer), entry.evidence.grade
    facts = [p_value(answer.p_value, reader.language)]
    return {
        "value": reader.number(answer.value, half),
        "interval": reader.interval(answer.interval),
        "level": reader.say("interval_at", level=answer.level),
        "p": next(filter(None, facts), ""),
        "spoken": reader.amount(entry.question.outcome, answer.value, half),
        "grade": reader.grade(grade),
        "why_not_more": [reader(reason) for reason in grade.reasons],
        "beside": _beside(reader, answer),
        "detectable": reader.number(answer.minimum_detectable, answer.minimum_detectable),
        "smallest": reader.number(entry.evidence.smallest) if math.isfinite(entry.evidence.smallest) else "",
        "declared": reader.say("declared") if entry.evidence.declared else reader.say("usual", small=SMALL),
        "picture": picture(answer, entry.true_effect),
    }


def _beside(reader: Reader, answer: Estimate) -> list[dict[str, str]]:
    return [
        {
            "key": b.name,
            "name": reader.say(b.name),
            "value": reader.number(b.value, (b.interval[1] - b.interval[0]) / 2),
            "interval": reader.interval(b.interval),
            "p": p_value(b.p_value, reader.language),
            "why": reader(b.why),
        }
        for b in answer.beside
    ]


def _basis(reader: Reader, answer: Estimate) -> dict[str, Any]:
    """Route, set, sample and conventions of an answer, each with its label; roles; warnings."""
    estimand = answer.estimand
    fixed = [f"{reader.fixed(node.kpi)} ({moments((node.period,))})" for node in estimand.controls]
    fixed += [reader.fixed(node.kpi) for node in estimand.adjustment if node not in estimand.controls]
    fixed += [reader.say("held_links")] * (estimand.route == "links")
    sample = reader.say(
        "sample_used" if answer.periods > 1 else "sample_used_once",
        used=answer.rows_used, rows=answer.rows, units=answer.units, periods=answer.periods,
    )  # fmt: skip
    return {
        "basis": [
            (reader.say("route"), capital(route_words(estimand.route, reader.language))),
            (reader.say("held_fixed"), capital(", ".join(fixed)) or capital(reader.say("nothing"))),
            (reader.say("sample"), sample),
            (reader.say("population"), capital(reader(answer.population))),
            (reader.say("estimator"), capital(reader(answer.estimator))),
            (reader.say("errors"), capital(reader(answer.convention))),
        ],
        "roles": _roles(reader, estimand),
        "warnings": [reader(text) for text in answer.warnings],
    }


def _roles(reader: Reader, estimand: Estimand) -> list[tuple[str, str, str]]:
    """One row per reason: which KPIs it holds for and when, whether they are held fixed, their role and why."""
    rows: dict[tuple[str, bool, str], list[str]] = {}
    for role in estimand.roles:
        when = "" if role.kpi.startswith("<") else f" ({moments(role.periods)})"
        rows.setdefault((role.role, role.adjusted, reader(role.reason)), []).append(reader.fixed(role.kpi) + when)
    return [
        (
            capital(role_words(role, reader.language)) + f": {why}",
            "–" if role in _ASKED else reader.say("in" if adjusted else "out"),
            "; ".join(kpis),
        )
        for (role, adjusted, why), kpis in rows.items()
    ]


def _found(reader: Reader, evidence: Evidence) -> dict[str, Any]:
    """Findings, the robustness sentence, and the figures."""
    return {
        "checks": checks(reader, evidence),
        "robustness": robustness(reader, evidence),
        "panel": panel_figure(reader, evidence),
        "panel_about": panel_about(reader, evidence),
        "sensitivity": sensitivity_figure(reader, evidence),
    }
