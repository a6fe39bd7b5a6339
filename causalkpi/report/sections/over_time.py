"""An effect period by period: the figure, the table, the sums, and whether two routes agree."""

from __future__ import annotations

from typing import Any

from ...estimators import Estimate
from ...question import Unanswered
from ...system import Moment, Profile
from ..amounts import both_ends, half_of, said_as, unit_note
from ..figures import NARROW, Figure, drawn
from ..reader import Reader, capital, sentence
from ..units import is_money
from .checks import check


def over_time(reader: Reader, profile: Profile, truth: tuple[float, ...]) -> dict[str, Any]:
    """One profile, or why there is none; `truth` holds the true effects where they are known."""
    outcome = profile.outcome
    change = reader.change(profile.treatment, profile.change)
    view: dict[str, Any] = {
        "title": capital(reader.say("profile_title", change=change, outcome=reader.the(outcome),
                                    period=reader.period())),
        "answered": profile.answered,
        "why": sentence(reader(profile.why)),
    }  # fmt: skip
    if profile.discounted is None:
        return view
    facts = [
        (reader.say("sum_of_all", later=reader.later(profile.moments[-1].horizon)), profile.moments[-1].cumulative)
    ]
    if profile.rate and is_money(reader.run.study.graph[outcome]):
        facts.append((reader.say("sum_discounted", rate=reader.rate(profile.rate)), profile.discounted))
    return view | {
        "level": reader.say("interval_at", level=profile.level),
        "unit": unit_note(reader, outcome),
        "facts": [(label, said_as(reader, outcome, amount), both_ends(reader, outcome, amount.interval))
                  for label, amount in facts],
        "short": profile.corrected,
        "corrected": reader.say("links_corrected" if profile.corrected else "links_as_fitted"),
        "finding": check(reader, profile.finding) if profile.finding else {},
        "rows": [_moment(reader, profile, m, truth) for m in profile.moments],
        "truth": bool(truth),
        "unadjusted": _unadjusted(reader, profile),
        "figure": _over_time(reader, profile, truth),
        "caption": reader.say("profile_figure", treatment=reader.short(profile.treatment),
                              outcome=reader.short(outcome), period=reader.period()),
    }  # fmt: skip


def _moment(reader: Reader, profile: Profile, moment: Moment, truth: tuple[float, ...]) -> dict[str, str]:
    """One row: when, by both routes, and the sum so far."""
    kpi, links, other = profile.outcome, moment.by_links, moment.by_adjustment
    half = half_of(links.interval)
    sure = half == 0
    nothing = moment.status == "structural_zero"
    row = {
        "when": capital(reader.later(moment.horizon)),
        "links": reader.say("no_path") if nothing else said_as(reader, kpi, links),
        "interval": "" if nothing else reader.say("pulse_itself") if sure else both_ends(reader, kpi, links.interval),
        "uncorrected": "–" if sure else reader.amount(kpi, moment.uncorrected, half, brief=True),
        "adjusted": reader.say("no_number"),
        "adjusted_interval": "",
        "so_far": "–" if half_of(moment.cumulative.interval) == 0 else said_as(reader, kpi, moment.cumulative),
        "truth": reader.amount(kpi, truth[moment.horizon], half, brief=True) if moment.horizon < len(truth) else "",
    }  # fmt: skip
    if isinstance(other, Estimate):
        row["adjusted"] = reader.amount(kpi, other.value, half_of(other.interval), brief=True)
        row["adjusted_interval"] = both_ends(reader, kpi, other.interval)
    elif other.status == "structural_zero":
        row["adjusted"] = reader.say("no_path")
    return row


def _unadjusted(reader: Reader, profile: Profile) -> list[str]:
    """Why some periods have no adjusted regression, each reason once; no path needs none."""
    when: dict[str, list[int]] = {}
    for moment in profile.moments:
        other = moment.by_adjustment
        if isinstance(other, Unanswered) and other.status != "structural_zero":
            when.setdefault(reader(other.reason), []).append(moment.horizon)
    return [
        reader.say("by_horizon", when=capital(_when(reader, horizons)), reason=reason)
        for reason, horizons in when.items()
    ]


def _when(reader: Reader, horizons: list[int]) -> str:
    """Several horizons in words, as a range where they follow one another."""
    first, last = horizons[0], horizons[-1]
    if len(horizons) > 2 and last - first == len(horizons) - 1 and first:
        return reader.say("first_to_last", first=first, last=last, periods=reader.periods())
    return ", ".join(map(reader.later, horizons))


def _over_time(reader: Reader, profile: Profile, truth: tuple[float, ...]) -> Figure:
    from ... import plots

    unit = reader.run.study.graph[profile.outcome].unit_in(reader.language)
    said = {"unit": unit, "horizon": reader.say("periods_later", periods=reader.periods()), "truth": truth}
    return drawn(
        lambda: plots.over_time_plot(profile, reader.language, **said),
        lambda: plots.over_time_alt(profile, reader.language, **said),
        reader,
        NARROW,
    )
