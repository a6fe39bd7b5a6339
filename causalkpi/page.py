"""The page of a run: one HTML file that a browser shows without asking anybody for anything.

Nothing on it is remote and nothing runs: its content security policy allows one style sheet, named by its hash.
Whatever stands in the data, the graph or the study file is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .answers import Asked
from .estimators import Estimate
from .kpi import PERIOD, UNIT
from .question import Unanswered
from .record import Run
from .wording import (
    interval,
    moments,
    number,
    p_value,
    question_words,
    route_words,
    status_words,
    unit_words,
    words,
)

LANGUAGE = "en"
_ASKED = ("treatment", "outcome")  # neither held fixed nor left out
_WIDTH, _EDGE = 200, 6  # of the little picture of an interval


def to_html(run: Run, record: Mapping[str, Any]) -> str:
    """The page of a run.

    Parameters
    ----------
    run : Run
    record : mapping
        The run's record, for its versions, hashes and choices.
    """
    style = _templates().get_template("answers.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = _templates().get_template("answers.html")
    return page.render(
        run=run,
        record=record,
        say=words(LANGUAGE),
        language=LANGUAGE,
        style=Markup(style),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        groups=_groups(run),
        summary=_summary(run),
        chance=_chance(run),
        sizes=_sizes(run),
        faults=_faults(run),
        assumptions=_assumptions(run),
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("causalkpi"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _groups(run: Run) -> list[dict[str, Any]]:
    """The answers under the claim that asks for them, in the order of the register."""
    claims = {claim.id: claim for claim in run.study.graph.claims}
    groups: dict[str, dict[str, Any]] = {}
    for item in run.answers:
        claim = claims.get(item.origin)
        heading = claim.id if claim else words(LANGUAGE)["own_questions"]
        about = {"heading": heading, "statement": claim.statement(LANGUAGE) if claim else "", "answers": []}
        about["reference"] = claim.reference if claim else ""
        groups.setdefault(item.origin, about)["answers"].append(_view(item, run))
    return list(groups.values())


def _view(item: Asked, run: Run) -> dict[str, Any]:
    """One answer, in words."""
    graph, answer = run.study.graph, item.answer
    view: dict[str, Any] = {
        "question": question_words(item.question, graph, run.study.panel.frequency, language=LANGUAGE),
        "status": status_words(answer.status, LANGUAGE),
        "sign": answer.status,
        "unit": unit_words(item.question, graph, LANGUAGE),
        "estimated": isinstance(answer, Estimate),
        "beside": [],
        "raw": "",
        "truth": "",
    }
    if isinstance(answer, Unanswered):
        view |= {"reason": answer.reason, "remedy": answer.remedy}
    else:
        view |= _numbers(item, answer) | {"how": _how(answer, run), "roles": _roles(answer, run)}
        view["warnings"] = list(answer.warnings)
    if math.isfinite(item.true_effect):
        table = words(LANGUAGE)
        view["truth"] = number(item.true_effect, _spread(answer) if isinstance(answer, Estimate) else math.nan)
        view["beside"].append((table["true_effect"], view["truth"], "", table["truth_why"]))
    return view


def _spread(answer: Estimate) -> float:
    low, high = answer.interval
    return (high - low) / 2


def _numbers(item: Asked, answer: Estimate) -> dict[str, Any]:
    """The estimate, what belongs beside it, and the picture of them all."""
    table, spread = words(LANGUAGE), _spread(answer)
    level = table["at_level"].format(level=f"{answer.level:.0%}")
    beside = [
        (table[b.name], number(b.value, (b.interval[1] - b.interval[0]) / 2), _ends(b.interval, b.p_value), b.why)
        for b in answer.beside
    ]
    return {
        "value": number(answer.value, spread),
        "interval": interval(*answer.interval, language=LANGUAGE),
        "level": level,
        "p": p_value(answer.p_value, LANGUAGE),
        "beside": beside,
        "raw": next((figure for name, figure, *_ in beside if name == table["association"]), ""),
        "detectable": number(answer.minimum_detectable, answer.minimum_detectable),
        "picture": picture(answer, item.true_effect),
    }


def _ends(ends: tuple[float, float], p: float) -> str:
    unbroken = p_value(p, LANGUAGE).replace(" ", "\N{NO-BREAK SPACE}")
    return ", ".join(filter(None, (interval(*ends, language=LANGUAGE), unbroken)))


def picture(answer: Estimate, true_effect: float) -> dict[str, float]:
    """Where zero, the interval, the estimate, the association and the truth lie on a line, in pixels.

    Only what is finite is there. An end without bound lies at the edge.
    """
    raw = next((b.value for b in answer.beside if b.name == "association"), math.nan)
    points = {"zero": 0.0, "value": answer.value, "raw": raw, "truth": true_effect}
    points |= dict(zip(("low", "high"), answer.interval, strict=True))
    finite = [x for x in points.values() if math.isfinite(x)]
    least, most = min(finite), max(finite)
    scale = (_WIDTH - 2 * _EDGE) / (most - least) if most > least else 0.0
    edges = {-math.inf: 0.0, math.inf: float(_WIDTH)}
    return {
        name: edges.get(x, round(_EDGE + (x - least) * scale, 1)) for name, x in points.items() if not math.isnan(x)
    }


def _how(answer: Estimate, run: Run) -> list[tuple[str, str]]:
    """Route, set, sample and conventions of an answer, each with its label."""
    table, graph = words(LANGUAGE), run.study.graph
    estimand = answer.estimand
    names = {UNIT: table["unit_effects"], PERIOD: table["period_effects"]}
    fixed = [
        names.get(node.kpi) or f"{graph[node.kpi].name(LANGUAGE)} ({moments((node.period,))})"
        for node in (*estimand.controls, *(n for n in estimand.adjustment if n.kpi in names))
    ]
    sample = table["rows_used" if answer.periods > 1 else "rows_used_once"].format(
        used=f"{answer.rows_used:,}", rows=f"{answer.rows:,}", units=f"{answer.units:,}", periods=answer.periods
    )
    return [
        (table["route"], route_words(estimand.route, LANGUAGE)),
        (table["held_fixed"], ", ".join(fixed) or table["nothing"]),
        (table["sample"], sample),
        (table["population"], answer.population),
        (table["estimator"], answer.estimator),
        (table["errors"], answer.convention),
    ]


def _roles(answer: Estimate, run: Run) -> list[tuple[str, str, str, str, str]]:
    """A row for every KPI: its name, when, in the set or out, its role and the reason."""
    table, graph = words(LANGUAGE), run.study.graph
    names = {UNIT: table["unit_effects"], PERIOD: table["period_effects"]}
    return [
        (
            names.get(role.kpi) or graph[role.kpi].name(LANGUAGE),
            "" if role.kpi in names else moments(role.periods),
            "" if role.role in _ASKED else table["in" if role.adjusted else "out"],
            role.role,
            role.reason,
        )
        for role in answer.estimand.roles
    ]


def _summary(run: Run) -> str:
    """How many questions were asked, by whom, and how many got a number."""
    asked = list(run.answers)
    own = sum(item.origin == "study" for item in asked)
    answered = sum(isinstance(item.answer, Estimate) for item in asked)
    table = words(LANGUAGE)
    parts = [
        table[key].format(count=count, questions=table["question_one" if count == 1 else "question_many"])
        for key, count in (("own", own), ("by_claims", len(asked) - own))
        if count
    ]
    key = "summary" if answered < len(asked) else "summary_all"
    return table[key].format(parts=", ".join(parts), answered=answered, all=len(asked))


def _sizes(run: Run) -> str:
    """What data there are, in a sentence."""
    panel = run.study.panel
    key = "cross_section" if panel.frequency == "none" else "panel"
    return words(LANGUAGE)[key].format(
        units=f"{panel.n_units:,}",
        periods=panel.n_periods,
        rows=f"{len(panel.frame):,}",
        kpis=len(set(panel.kpis) & set(run.study.graph.ids)),
        first=panel.periods[0],
        last=panel.periods[-1],
    )


def _chance(run: Run) -> str:
    """How many of so many intervals would miss the truth by chance alone."""
    count = sum(isinstance(item.answer, Estimate) for item in run.answers)
    level = run.study.level
    if count * (1 - level) < 0.5:
        return ""
    misses = number(count * (1 - level), 1.0)
    return words(LANGUAGE)["chance"].format(count=count, level=f"{level:.0%}", misses=misses)


def _faults(run: Run) -> list[tuple[str, str, str]]:
    """What the gate found, without examples: results hold no rows of the data."""
    table = words(LANGUAGE)
    return [(table[f.severity], f.severity, str(replace(f, examples=()))) for f in run.study.faults]


def _assumptions(run: Run) -> list[str]:
    """Every assumption that an estimate rests on, once."""
    stated = [item.answer.estimand.assumptions for item in run.answers if isinstance(item.answer, Estimate)]
    return list(dict.fromkeys(text for texts in stated for text in texts))
