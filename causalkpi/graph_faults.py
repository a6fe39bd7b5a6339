"""What can be wrong with a graph: names, lags, effects, claims, and loops without lag.

A loop is named with its links and the lag that would break it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import networkx as nx

from .errors import Fault, GraphError, did_you_mean
from .kpi import KPI, Claim, Link
from .rule import Rule


def naming_faults(
    kpis: Sequence[KPI],
    links: Sequence[Link],
    unit_effects: Sequence[str],
    period_effects: Sequence[str],
    claims: Sequence[Claim],
) -> list[Fault]:
    """Everything that is wrong with ids, lags, effects and claims."""
    faults: list[Fault] = []
    ids = [kpi.id for kpi in kpis]
    known_kpis = {kpi.id: kpi for kpi in kpis}
    if not ids:
        return [Fault("the graph", "no KPIs", "at least one", rule="empty")]
    for kpi in sorted({kpi for kpi in ids if ids.count(kpi) > 1}):
        faults.append(
            Fault(
                f"KPI {kpi!r}",
                f"the id {ids.count(kpi)} times",
                "each id once",
                rule="duplicate-id",
            )
        )

    def check(kpi: str, where: str) -> bool:
        if kpi in known_kpis:
            return True
        faults.append(
            Fault(
                where,
                f"unknown KPI {kpi!r}",
                "a KPI of the graph",
                did_you_mean(kpi, ids),
                "unknown-kpi",
            )
        )
        return False

    for link in links:
        where = f"link {link}"
        known = check(link.source, where), check(link.target, where)
        if isinstance(link.lag, bool) or not isinstance(link.lag, int) or link.lag < 0:
            faults.append(Fault(where, f"lag {link.lag!r}", "a whole number of periods, 0 or more", rule="lag"))
        elif link.source == link.target and link.lag == 0:
            faults.append(
                Fault(
                    where,
                    "a KPI that causes itself at once",
                    "lag 1 or more",
                    "Give the link lag 1.",
                    "loop",
                )
            )
        if known[1] and known_kpis[link.target].formula is not None:
            faults.append(
                Fault(
                    where,
                    f"a link into the identity {link.target!r}",
                    "none: an identity has no causes but its formula",
                    "Link to one of the formula's arguments.",
                    "link-into-identity",
                )
            )
    for kpi in kpis:
        for argument, _ in kpi.formula.arguments if kpi.formula else ():
            check(argument, f"formula of {kpi.id!r}")
    for word, touched in (
        ("unit effects", unit_effects),
        ("period effects", period_effects),
    ):
        for kpi in touched:
            if check(kpi, word) and known_kpis[kpi].formula is not None:
                faults.append(
                    Fault(word, f"the identity {kpi!r}", "KPIs that are not arithmetic",
                          "Declare the effect on the formula's arguments.", "effect-on-identity")
                )  # fmt: skip
    for claim in claims:
        for treatment, outcome, _ in claim.questions:
            check(treatment, f"claim {claim.id}")
            check(outcome, f"claim {claim.id}")
        for _, change, outcome, _, _ in claim.changes:
            check(change, f"claim {claim.id}")
            check(outcome, f"claim {claim.id}")
        if len(claim.expected) not in (0, len(claim.questions)):
            found = f"{len(claim.expected)} expected signs for {len(claim.questions)} questions"
            faults.append(Fault(f"claim {claim.id}", found, "one for each question, or none", rule="claim"))
        faults += _rule_faults(claim)
    named = [claim.id for claim in claims]
    for name in sorted({name for name in named if named.count(name) > 1}):
        faults.append(Fault(f"claim {name}", f"the id {named.count(name)} times", "each id once", rule="duplicate-id"))
    keys = [(link.source, link.target, link.lag) for link in links]
    for link, key in zip(links, keys, strict=True):
        if keys.count(key) > 1 and key not in keys[: links.index(link)]:
            found = f"the same link {keys.count(key)} times"
            faults.append(Fault(f"link {link}", found, "each pair and lag once", rule="duplicate-link"))
    return faults


def _rule_faults(claim: Claim) -> list[Fault]:
    """What is wrong with the rule that decides a claim."""
    where, faults = f"claim {claim.id}", []
    named = [name for name in claim.names if name]
    if len(claim.names) not in (0, len(claim.questions)) or len(set(named)) < len(named):
        faults.append(Fault(where, f"the names {', '.join(named)}", "another name for each question", rule="claim"))
    if claim.changes and (claim.rule or claim.questions or claim.not_examined or claim.not_testable):
        found = "changes beside questions, a rule, or a reason why there is none"
        faults.append(Fault(where, found, "changes alone: they decide it", rule="claim"))
    parts = [name for name, *_ in claim.changes]
    if not all(parts) or len(set(parts)) < len(parts):
        found = f"the names {', '.join(parts)}"
        faults.append(Fault(where, found, "another name for each change", rule="claim"))
    if claim.rule and (claim.not_examined or claim.not_testable):
        found = "a rule, and a reason why there is none"
        faults.append(Fault(where, found, "rule, not_examined or not_testable", rule="claim"))
    if claim.rule:
        try:
            Rule.parse(claim.rule, named)
        except GraphError as failure:
            faults += [replace(fault, where=where, rule="claim") for fault in failure.faults]
    return faults


def loop_faults(kpis: Mapping[str, KPI], causes: Mapping[str, Sequence[tuple[str, int]]]) -> list[Fault]:
    """Every loop without lag, with its links and the lag that would break it."""
    instant = nx.DiGraph()
    instant.add_edges_from((source, target) for target, found in causes.items() for source, lag in found if lag == 0)
    faults = []
    for component in sorted(map(sorted, nx.strongly_connected_components(instant))):
        part = instant.subgraph(component)
        if not part.edges:
            continue
        cycle = [a for a, _ in nx.find_cycle(part, component[0])]
        start = cycle.index(min(cycle))
        cycle = cycle[start:] + cycle[:start]
        arithmetic = [kpis[kpi].formula is not None for kpi in cycle]
        breakable = [(a, b) for a, b in zip(cycle, cycle[1:] + cycle[:1], strict=True) if kpis[b].formula is None]
        remedy = (
            f"Give {breakable[-1][0]} -> {breakable[-1][1]} lag 1 (it works a period later), or drop a link."
            if breakable
            else "The formulas refer to each other: write [-1] for the earlier period in one of them."
        )
        faults.append(
            Fault(
                "links without lag",
                "a loop " + " -> ".join([*cycle, cycle[0]]) + (" (by formula)" if any(arithmetic) else ""),
                "no loop within one period",
                remedy,
                "loop",
            )
        )
    return faults
