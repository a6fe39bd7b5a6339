"""Through what an effect works, and chains of KPIs in their own units."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx

from ...language import MINUS, Text
from ...question import Unanswered
from ...system import Chain, Part, Paths, Step
from ..amounts import both_ends, half_of, said_as, signed, unit_note
from ..figures import NARROW, WIDE, Figure, drawn
from ..reader import Reader, capital, sentence
from ..units import is_index, is_money, is_share


def ways(reader: Reader, paths: Paths | Unanswered) -> dict[str, Any]:
    """One effect taken apart: the figure, the parts, shares or why none, and why they are no natural effects."""
    q = paths.question
    parts = {"change": reader.change(q.treatment, q.contrast), "outcome": reader.the(q.outcome)}
    title = reader.say("paths_title", period=reader.period(), later=reader.later(q.horizon), **parts)
    view: dict[str, Any] = {"title": capital(title), "answered": isinstance(paths, Paths)}
    if isinstance(paths, Unanswered):
        why = " ".join(filter(None, (sentence(reader(paths.reason)), sentence(reader(paths.remedy)))))
        return view | {"why": why}
    order = _order(reader, q.treatment)
    return view | {
        "level": reader.say("interval_at", level=paths.level),
        "unit": unit_note(reader, q.outcome),
        "rows": [_part(reader, paths, part, order) for part in paths.parts],
        "shares": not paths.no_shares,
        "no_shares": reader(paths.no_shares),
        "natural": [reader(part.natural) for part in paths.of("through") if part.natural],
        "figure": _parts_figure(reader, paths, order),
    }


def _order(reader: Reader, treatment: str) -> list[str]:
    """KPIs in the order in which a change of the treatment first reaches them."""
    graph = reader.run.study.graph
    reached = nx.single_source_dijkstra_path_length(
        graph.summary(), treatment, weight=lambda _, __, edge: len(graph.kpis) * min(edge["lags"]) + 1
    )
    return [*sorted(reached, key=lambda kpi: (reached[kpi], kpi)), *sorted(set(graph.ids) - set(reached))]


def _part(reader: Reader, paths: Paths, part: Part, order: list[str]) -> dict[str, str]:
    kpis = " + ".join(reader.short(kpi) for kpi in sorted(part.through, key=order.index))
    size, outcome = part.size, paths.question.outcome
    exact = half_of(size.interval) == 0
    return {
        "kind": part.kind,
        "name": reader.say(f"part_{part.kind}", **({"kpis": kpis} if part.kind in ("through", "route") else {})),
        "size": "0" if exact and not size.value else said_as(reader, outcome, size),
        "interval": "–" if exact else both_ends(reader, outcome, size.interval),
        "share": "" if math.isnan(part.share) else _share(reader, part.share),
    }


def _share(reader: Reader, share: float) -> str:
    """A share of the total; parts against it have a real minus."""
    if -0.01 < share < 0:
        return f"> {MINUS}1%"
    return MINUS + reader.share(-share) if share < 0 else reader.share(share)


def _parts_figure(reader: Reader, paths: Paths, order: list[str]) -> Figure:
    from ... import plots

    unit = reader.run.study.graph[paths.question.outcome].unit_in(reader.language)
    return drawn(
        lambda: plots.paths_plot(paths, reader.short, reader.language, unit=unit, order=order),
        lambda: plots.paths_alt(paths, reader.short, reader.language, unit=unit, order=order),
        reader,
        NARROW,
    )


def chained(reader: Reader, chain: Chain) -> dict[str, Any]:
    """One chain, drawn and in a sentence."""
    from ... import plots

    first, *rest = chain.steps
    amounts = [_round(reader, first.kpi, first.size.value)]
    amounts += [signed(said_as(reader, step.kpi, step.size), step.size.value) for step in rest]
    start = reader.say("chain_start", change=reader.change(first.kpi, first.size.value), period=reader.period())
    told = "; ".join([start, *(_step(reader, step, amounts[i]) for i, step in enumerate(rest, 1))])
    kpis = " → ".join(reader.short(step.kpi) for step in chain.steps)
    return {
        "title": reader.say("chain_title", kpis=kpis),
        "followed": bool(rest),
        "sentence": sentence(told) if rest else "",
        "caption": reader.say("chain_read", level=chain.level),
        "why": sentence(reader(chain.why)),
        "figure": drawn(
            lambda: plots.chain_plot(chain, reader.short, reader.language, amounts=amounts, later=reader.later),
            lambda: plots.chain_alt(chain, reader.short, reader.language, amounts=amounts),
            reader,
            WIDE,
        ) if rest else None,
    }  # fmt: skip


def _round(reader: Reader, kpi: str, value: float) -> str:
    """The change that is asked about, signed, in the words of its unit."""
    held = reader.run.study.graph[kpi]
    plain = Text("{n:g}", "{n:g}", n=abs(value)).render(reader.language)
    said = reader.by(kpi, abs(value)) if is_index(held) or is_share(held) or is_money(held) else plain
    return ("+" if value > 0 else MINUS) + said


def _step(reader: Reader, step: Step, amount: str) -> str:
    """What reaches one KPI, with its interval, and whether that is settled."""
    low, high = step.size.interval
    ends = both_ends(reader, step.kpi, (low, high))
    ends = f"{ends}; {reader.say('chain_open')}" if low <= 0 <= high else ends
    parts = {"later": reader.later(step.horizon), "amount": amount, "kpi": reader.short(step.kpi), "range": ends}
    if math.isnan(step.relative):
        return reader.say("chain_step", **parts)
    share = signed(reader.number(100 * step.relative) + "%", step.relative)
    return reader.say("chain_step_share", share=reader.say("of_average", share=share), **parts)
