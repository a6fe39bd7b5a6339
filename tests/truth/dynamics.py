"""How often intervals of profiles, sums and paths cover the truth, in worlds whose truth is known by intervention.

    python tests/truth/dynamics.py                         a few replicates of every setting, printed
    python tests/truth/dynamics.py --replicates 1000 --write

The layout follows Morris, White and Crowther (2019), Statistics in Medicine 38:2074-2102. *Aims*: for which numbers of
units and periods, which persistence and which horizons the 95% intervals of :mod:`causalkpi.system` hold what they
promise; elsewhere the package must refuse. *Data*: fresh panels of Canal Bank (a compact model of the book with a
chosen persistence), of Waterland Bank (the whole model of the book), of a world with mediators of opposite signs, and
of three organisations that believe a graph that is wrong, by a lag, a missing link or a direction. *Estimands*:
effects of a pulse of one unit after 0 to 8 periods, their sum and discounted sum, and parts along paths. *Methods*:
along the links, corrected and not; by adjustment; and what a user of DoWhy does by hand: the outcome led within units,
the same adjustment set, its linear regression with its own interval, no unit effects. *Performance*: bias, coverage
with its Monte-Carlo error, mean length, and the share that is refused; for the graphs that are wrong also how often
the two routes are not found to differ at the 1% level. That DoWhy confirms each slope is held by other tests, and
skipped here; it does not change a number.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats

import causalkpi as ck
from causalkpi.estimators import Answer
from causalkpi.estimators.linear import adjusted_fit
from causalkpi.estimators.regression import interval
from causalkpi.estimators.sample import build_sample
from causalkpi.estimators.screen import Refusal
from causalkpi.gate import complete
from causalkpi.graph import PERIOD_NODE, UNIT_NODE
from causalkpi.panel import Panel, as_panel
from causalkpi.question import Estimand, Question, Unanswered
from causalkpi.system import LinkSystem, fit_system, paths, profile
from causalkpi.worlds import World, make_persistent

RESULTS = Path(__file__).parent / "results" / "dynamics.json"
HORIZONS = 8
RATE = 0.08


@dataclass(frozen=True)
class Setting:
    """One world at one size.

    Parameters
    ----------
    name : str
    world : callable
        Gives the world; the graph that is believed is the world's own but where it is misdrawn on purpose.
    units, periods : int
    pairs : tuple
        Treatment and outcome of the profiles.
    parts : tuple
        Treatment, outcome, horizon, and the KPIs to tell apart; in order to keep the truth linear the outcomes are no
        identities.
    """

    name: str
    world: Callable[[], World]
    units: int
    periods: int
    pairs: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, str, int, tuple[str, ...]], ...] = ()

    @property
    def misdrawn(self) -> bool:
        """Whether the graph that is believed is not the world's."""
        return world_of(self).believed != world_of(self).graph


CANAL = (("service_behaviour", "customer_loyalty"), ("customer_loyalty", "revenue"))
CANAL_PARTS = (("employee_loyalty", "spend", 4, ("service_behaviour", "customer_loyalty")),)


def canal(own_past: float, units: int, periods: int) -> Setting:
    return Setting(f"canal bank, own past {own_past:g}", partial(make_persistent, own_past), units, periods, CANAL,
                   CANAL_PARTS)  # fmt: skip


WATERLAND = (("employee_loyalty", "customer_loyalty"), ("customer_loyalty", "revenue"))
WATERLAND_PARTS = (("employee_loyalty", "churn", 4, ("service_behaviour", "customer_loyalty")),)


def shipped(world: str, units: int, periods: int, pairs: tuple[tuple[str, str], ...]) -> Setting:
    parts = WATERLAND_PARTS if world == "waterland" else ()
    return Setting(world.replace("_", " "), partial(ck.load_world, world), units, periods, pairs, parts)


MISDRAWN = {
    "wrong_lag": (("customer_loyalty", "revenue"),),
    "missing_link": (("service_behaviour", "customer_loyalty"),),
    "wrong_direction": (("employee_loyalty", "operating_result"),),
}
SETTINGS = (
    *(canal(0.5, 100, periods) for periods in (12, 8)),
    *(canal(0.5, units, 16) for units in (15, 30)),
    Setting("mediators of opposite signs", partial(ck.load_world, "mediators"), 100, 16,
            (("employee_loyalty", "customer_loyalty"),)),
    canal(0.8, 100, 12),
    canal(0.9, 100, 12),
    shipped("waterland", 60, 12, WATERLAND),
    shipped("waterland", 120, 24, WATERLAND),
    *(shipped(world, 100, 16, pairs) for world, pairs in MISDRAWN.items()),
)  # fmt: skip


@cache
def world_of(setting: Setting) -> World:
    return setting.world()


@cache
def linear_truth(setting: Setting, pair: tuple[str, str], horizons: int) -> tuple[float, ...]:
    """The true profile where it is the same for all units."""
    world = world_of(setting)
    return tuple(
        float(world.true_effect(Question(*pair, h), units=30).value) if pair[0] != pair[1] or h else 1.0
        for h in range(horizons + 1)
    )


@cache
def estimand_of(setting: Setting, question: Question) -> Estimand | Unanswered:
    return ck.identify(world_of(setting).believed, question)


def truth(setting: Setting, pair: tuple[str, str], horizons: int, seed: int) -> np.ndarray:
    """The true profile; of an identity, whose effect differs by unit, in this very panel, as World.effect_in_sample."""
    world = world_of(setting)
    if world.graph[pair[1]].formula is None:
        return np.array(linear_truth(setting, pair, horizons))
    responses = world.responses_in_sample(Question(*pair, horizons), setting.units, setting.periods, seed)
    return responses[pair[1]][: horizons + 1]


def by_adjustment(panel: Panel, estimand: Estimand) -> tuple[float, float, float]:
    """What the package's adjusted regression says, without what it computes to stand beside it."""
    question = estimand.question
    try:
        best, _ = adjusted_fit(panel, estimand, question.target, [question.source], confirm=False)
    except Refusal:
        return math.nan, math.nan, math.nan
    value, error = float(best.slopes[0]), math.sqrt(best.covariance[0, 0])
    return value, *interval(value, error, best.df, 0.95)


def answer(setting: Setting, panel: Panel, question: Question) -> Answer:
    """The package's whole answer by adjustment, to be compared with the links."""
    estimand = estimand_of(setting, question)
    return ck.estimate(panel, estimand) if isinstance(estimand, Estimand) else estimand


def by_hand(panel: Panel, estimand: Estimand) -> tuple[float, float, float]:
    """The linear regression of DoWhy's defaults on the led outcome and the same set, without fixed effects."""
    question = estimand.question
    kept = [n for n in estimand.adjustment if n not in (UNIT_NODE, PERIOD_NODE)]
    sample = build_sample(panel, question.target, [question.source], kept)
    design = sample.design
    q, r = np.linalg.qr(design)
    slopes = np.linalg.solve(r, q.T @ sample.outcome)
    residual = sample.outcome - design @ slopes
    free = len(residual) - design.shape[1]
    inverse = np.linalg.solve(r, np.eye(r.shape[1]))
    error = math.sqrt(residual @ residual / free * (inverse[1] @ inverse[1]))
    half = float(stats.t.ppf(0.975, free)) * error
    return float(slopes[1]), float(slopes[1]) - half, float(slopes[1]) + half


Row = tuple[str, str, float, float, float, float]  # method, estimand, value, low, high, truth; nan where refused


def replicate(seed: int, setting: Setting) -> list[Row]:
    """Every number about one fresh panel."""
    world = world_of(setting)
    graph = world.believed
    horizons = min(HORIZONS, setting.periods - 4)
    frame = world.sample(setting.units, setting.periods, np.random.default_rng(seed))
    panel = complete(as_panel(frame, unit="unit", period="period"), graph)
    system = fit_system(panel, graph, rng=np.random.default_rng(seed + 10**6), confirm=False)
    rows: list[Row] = []
    for pair in setting.pairs:
        true = truth(setting, pair, horizons, seed)
        rows += profile_rows(setting, panel, system, pair, true)
    for treatment, outcome, horizon, through in setting.parts:
        rows += part_rows(setting, system, Question(treatment, outcome, horizon), through)
    return rows


def profile_rows(
    setting: Setting, panel: Panel, system: LinkSystem, pair: tuple[str, str], true: np.ndarray
) -> list[Row]:
    named = " -> ".join(pair)
    ask = partial(answer, setting, panel) if setting.misdrawn else None
    found = profile(system, *pair, horizon=len(true) - 1, rate=RATE, ask=ask)
    rows: list[Row] = []
    nothing = (math.nan, math.nan, math.nan)
    for h, value in enumerate(true):
        at = found.moments[h] if h < len(found.moments) else None
        if at.status == "structural_zero" if at else value == 0:
            continue
        numbers = (at.by_links.value, *at.by_links.interval) if at else nothing
        rows.append(("links", f"{named}, h={h}", *numbers, value))
        if at and found.corrected:
            half = (at.by_links.interval[1] - at.by_links.interval[0]) / 2
            rows.append(("links, uncorrected", f"{named}, h={h}", at.uncorrected, at.uncorrected - half,
                         at.uncorrected + half, value))  # fmt: skip
        estimand = estimand_of(setting, Question(*pair, h))
        if isinstance(estimand, Estimand) and estimand.route == "back_door":
            adjusted = by_adjustment(panel, estimand)
            rows.append(("adjusted regression", f"{named}, h={h}", *adjusted, value))
            try:
                rows.append(("DoWhy by hand", f"{named}, h={h}", *by_hand(panel, estimand), value))
            except Refusal:
                rows.append(("DoWhy by hand", f"{named}, h={h}", *nothing, value))
    if found.finding and found.finding.result != "not_applicable":
        differ = found.finding.p_value < 0.01
        rows.append(("routes not found to differ", f"{named}, all horizons", 0.0, 1.0 if differ else -1.0, 1.0, 0.0))
    whole = len(found.moments) == len(true)
    if whole:  # the whole profile at once: nought within plus or minus one stands for "all of it is inside"
        ends = [m.joint for m in found.moments]
        inside = all(low <= value <= high for (low, high), value in zip(ends, true, strict=True))
        rows.append(("links", f"{named}, all horizons at once", 0.0, -1.0 if inside else 1.0, 1.0, 0.0))
    else:
        rows.append(("links", f"{named}, all horizons at once", *nothing, 0.0))
    total = found.moments[-1].cumulative if whole else None
    rows.append(("links", f"{named}, sum", *((total.value, *total.interval) if total else nothing), float(true.sum())))
    factors = (1 + RATE) ** (-np.arange(len(true)) / 4)
    discounted = found.discounted if whole else None
    numbers = (discounted.value, *discounted.interval) if discounted else nothing
    rows.append(("links", f"{named}, discounted sum", *numbers, float(factors @ true)))
    return rows


@cache
def true_routes(setting: Setting, question: Question, through: tuple[str, ...]) -> dict[tuple[str, ...], float]:
    """The part of each route, from the world's own coefficients (a test holds these against interventions)."""
    world = world_of(setting)
    panel = complete(as_panel(world.sample(20, 12, 1, complete=True), unit="unit", period="period"), world.graph)
    system = fit_system(panel, world.graph, confirm=False)
    coefficients = world.sampler.coefficients  # type: ignore[attr-defined]
    slopes = np.array([[coefficients[c.kpi, kpi, -c.period] for kpi, c in system.equations.links]])
    ways = system.ways(question.treatment, question.outcome, question.horizon)
    found = ways.follow_apart(slopes, [question.target], through)[question.target]
    return {tuple(sorted(visited)): float(value[0]) for visited, value in found.items()}


def part_rows(setting: Setting, system: LinkSystem, question: Question, through: tuple[str, ...]) -> list[Row]:
    true = true_routes(setting, question, through)
    found = paths(system, question, through=through)
    rows: list[Row] = []
    for route, value in true.items():
        if abs(value) < 0.01 * abs(sum(true.values())):
            continue
        name = (
            f"{question.treatment} -> {question.outcome}, h={question.horizon}, through {' + '.join(route) or 'none'}"
        )
        if isinstance(found, Unanswered):
            rows.append(("links", name, math.nan, math.nan, math.nan, value))
            continue
        kind = "route" if route else "direct"
        size = next(p.size for p in found.parts if p.kind == kind and p.through == route)
        rows.append(("links", name, size.value, *size.interval, value))
    return rows


def study(setting: Setting, replicates: int, first_seed: int, workers: int) -> list[dict]:
    """The table of one setting: a row per method and estimand."""
    with ProcessPoolExecutor(workers) as pool:
        drawn = list(pool.map(partial(replicate, setting=setting), range(first_seed, first_seed + replicates),
                              chunksize=4))  # fmt: skip
    gathered: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for rows in drawn:
        for method, estimand, *numbers in rows:
            gathered.setdefault((method, estimand), []).append(tuple(numbers))
    table = []
    for (method, estimand), numbers in gathered.items():
        found = np.array(numbers)
        kept = found[np.isfinite(found[:, 0])]
        entry = {"setting": setting.name, "units": setting.units, "periods": setting.periods, "method": method,
                 "estimand": estimand, "replicates": len(found), "refused": 1 - len(kept) / len(found)}  # fmt: skip
        if len(kept) > 1:
            value, low, high, true = kept.T
            covered = float(((low <= true) & (true <= high)).mean())
            entry |= {
                "truth": float(true.mean()),
                "bias_in_se": float((value - true).mean() / (value - true).std()) if np.ptp(value - true) > 0 else 0.0,
                "length": float((high - low).mean()),
                "coverage": covered,
                "monte_carlo_error": math.sqrt(max(covered * (1 - covered), 1e-9) / len(kept)),
            }
        table.append(entry)
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="settings whose name holds this text")
    parser.add_argument("--units", type=int, default=0, help="settings with that many units or more")
    parser.add_argument("--missing", action="store_true", help="settings that the written table does not have yet")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}, setting by setting")
    given = parser.parse_args(arguments)
    known = json.loads(RESULTS.read_text("utf-8"))["table"] if given.write and RESULTS.exists() else []
    done = {(row["setting"], row["units"], row["periods"]) for row in known} if given.missing else set()
    for setting in SETTINGS:
        key = (setting.name, setting.units, setting.periods)
        if given.only not in setting.name or setting.units < given.units or key in done:
            continue
        table = study(setting, given.replicates, given.first_seed, given.workers)
        print(f"{setting.name}, {setting.units} units x {setting.periods} periods")
        for row in table:
            said = f"   {row['method']:<20} {row['estimand']:<75} "
            if "coverage" in row:
                said += f"{row['coverage']:6.1%} bias {row['bias_in_se']:+.2f} length {row['length']:.3g} "
            print(f"{said}refused {row['refused']:.0%}", flush=True)
        known = [row for row in known if (row["setting"], row["units"], row["periods"]) != key] + table
        if given.write:
            document = {"version": ck.__version__, "replicates": given.replicates, "first_seed": given.first_seed,
                        "table": known}  # fmt: skip
            RESULTS.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
