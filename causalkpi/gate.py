"""The first gate: what is wrong with the data, all of it at once, before anything is estimated.

A fault that *stops* takes its KPIs out of every question; one that *warns* or *notes* is told to the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from .errors import Fault, Severity, did_you_mean
from .graph import KPIGraph
from .panel import Panel

_ROUNDING = 1e-4  # identities computed from figures printed to a few digits differ by as much
_MUCH = 0.2
_FEW = 5


def check(panel: Panel, graph: KPIGraph) -> tuple[Fault, ...]:
    """Everything that the panel's own reading found, and what does not fit the graph.

    Parameters
    ----------
    panel : Panel
    graph : KPIGraph

    Returns
    -------
    tuple of Fault
        Those that stop first; a KPI that a stopping fault names in its `columns` can answer no question.

    Examples
    --------
    >>> from causalkpi.graph import from_networkx
    >>> from causalkpi.panel import as_panel
    >>> import networkx as nx
    >>> data = pd.DataFrame({"loyalty": [70.0, 71.0, 69.0], "churn": 0.1})
    >>> for fault in check(as_panel(data), from_networkx(nx.DiGraph([("loyalty", "churn")]))):
    ...     print(fault)
    churn: found 0.1 in every row, expected values that differ. Without variation nothing can be learned about it.
    """
    # what stops only columns that nobody asks about is no more than a note: names() tells of them
    faults = [
        f for f in panel.faults if not (f.severity == "stops" and f.columns and not set(f.columns) & set(graph.ids))
    ]
    faults += _names(panel, graph)
    for kpi in graph.kpis:
        if kpi.id in panel.frame:
            values = panel.frame[kpi.id]
            faults += _values(panel, kpi.id, values)
            faults += _scale(panel, kpi.id, values, kpi.minimum, kpi.maximum)
            faults += _missing(panel, kpi.id, values)
            faults += _level(panel, kpi.id, values, kpi.level)
    faults += _shape(panel) + _identities(panel, graph) + _respondents(panel)
    order = {"stops": 0, "warns": 1, "notes": 2}
    return tuple(sorted(faults, key=lambda fault: order[fault.severity]))


def blocked(panel: Panel, graph: KPIGraph, faults: Iterable[Fault]) -> dict[str, str]:
    """The KPIs that no question may use, each with the reason in words."""
    stops = [fault for fault in faults if fault.severity == "stops"]
    reasons = {kpi: f"{f.found}, expected {f.expected}" for f in reversed(stops) for kpi in f.columns}
    return {kpi: reason for kpi, reason in reasons.items() if kpi in graph} | {
        kpi: reason for kpi, reason in panel.blocked.items() if kpi in graph and kpi not in reasons
    }


def complete(panel: Panel, graph: KPIGraph) -> Panel:
    """The panel with identity columns that are absent and can be computed; never overwrites, says so in a note."""
    frame, added = panel.frame, []
    waiting = [k for k in graph.kpis if k.formula is not None and k.id not in frame and k.id not in panel.blocked]
    moved = True
    while waiting and moved:
        moved = False
        for kpi in list(waiting):
            grown = replace(panel, frame=frame)
            formula = kpi.formula
            if formula is not None and {name for name, _ in formula.arguments} <= set(frame.columns):
                frame = frame.assign(**{kpi.id: _computed(grown, formula.arguments, formula.evaluate)})
                added.append(Fault(kpi.id, "no column", f"one, or its parts: computed as {formula.text}",
                                   rule="computed", severity="notes", columns=(kpi.id,)))  # fmt: skip
                waiting.remove(kpi)
                moved = True
    return replace(panel, frame=frame, faults=(*panel.faults, *added)) if added else panel


def _computed(panel: Panel, arguments, evaluate) -> np.ndarray:
    parts = {(kpi, lag): panel.shift(kpi, -lag).to_numpy() for kpi, lag in arguments}
    return np.broadcast_to(evaluate(lambda kpi, lag: parts[kpi, lag]), len(panel.frame)).astype(float)


def _names(panel: Panel, graph: KPIGraph) -> list[Fault]:
    """KPIs without a column, and columns without a KPI."""
    held = set(panel.kpis) | set(panel.blocked)
    spare = sorted(held - set(graph.ids))
    faults = []
    for kpi in graph.kpis:
        if kpi.observed and kpi.id not in held:
            hint = did_you_mean(kpi.id, spare) if spare else ""
            way_out = hint if hint.startswith("Did") else "Without it, it counts as hidden."
            faults.append(Fault(kpi.id, "no column", "one for each KPI of the graph", way_out, "missing-column",
                                severity="notes", columns=(kpi.id,)))  # fmt: skip
    if spare:
        faults.append(Fault("the data", f"columns that are not in the graph: {_list(spare)}", "KPIs of the graph",
                            "They are not used.", "spare-column", len(spare), severity="notes"))  # fmt: skip
    return faults


def _values(panel: Panel, kpi: str, values: pd.Series) -> list[Fault]:
    """All missing, constant, or infinite."""
    known = values.dropna()
    if known.empty:
        return [Fault(kpi, "no value at all", "values", rule="all-missing", columns=(kpi,))]
    infinite = known[~np.isfinite(known)]
    if len(infinite):
        return [Fault(kpi, "infinite values", "numbers", "", "infinite", len(infinite), _where(panel, infinite),
                      columns=(kpi,))]  # fmt: skip
    if known.min() == known.max() and len(known) > 1:
        way_out = "Without variation nothing can be learned about it."
        found = f"{known.iloc[0]:g} in every row"
        return [Fault(kpi, found, "values that differ", way_out, "constant", columns=(kpi,))]
    return []


def _scale(panel: Panel, kpi: str, values: pd.Series, low: float, high: float) -> list[Fault]:
    """Values outside the KPI's own scale."""
    outside = values[(values < low) | (values > high)]
    if outside.empty:
        return []
    way_out = "Mend the values, or the scale of this KPI in the graph (percent instead of share?)."
    return [Fault(kpi, "impossible values", f"{low:g} to {high:g}", way_out, "scale", len(outside),
                  _where(panel, outside), columns=(kpi,))]  # fmt: skip


def _missing(panel: Panel, kpi: str, values: pd.Series) -> list[Fault]:
    """Missing values, in all and by whole waves."""
    gone = values.isna()
    share = float(gone.mean())
    faults = []
    if 0 < share < 1:
        severity: Severity = "warns" if share > _MUCH else "notes"
        faults.append(Fault(kpi, f"{share:.0%} of the values missing", "a value in every row",
                            "Rows without it are left out where it is needed.", "missing", int(gone.sum()),
                            _where(panel, values[gone], False), severity, (kpi,)))  # fmt: skip
    by_wave = gone.groupby(level="period").all()
    waves = [panel.label(int(t)) for t in by_wave.index[by_wave]]
    if waves and share < 1:
        faults.append(Fault(kpi, f"whole waves missing: {_list(waves)}", "every period measured",
                            "Lags that reach into them are lost too.", "missing-wave", len(waves),
                            severity="warns", columns=(kpi,)))  # fmt: skip
    return faults


def _level(panel: Panel, kpi: str, values: pd.Series, level: str) -> list[Fault]:
    """One value per period for all units, or not, against the level that the graph declares."""
    if panel.n_units < 2 or panel.n_periods < 2 or values.notna().sum() < 3:
        return []
    spread = values.groupby(level="period").agg(lambda v: v.max() - v.min())
    same = bool((spread.dropna() == 0).all())
    if level == "organisation" and not same:
        differing = spread[spread > 0]
        return [Fault(kpi, "values that differ between units in one period", "one value per period",
                      "It is declared as organisation-level: declare it as unit-level.", "level", len(differing),
                      tuple(panel.label(int(t)) for t in differing.index[:3]), columns=(kpi,))]  # fmt: skip
    if level != "organisation" and same and values.nunique() > 1:
        return [Fault(kpi, "one value per period for all units", "values that differ between units",
                      "It cannot be told from shocks that all units share; declare level: organisation.",
                      "level", severity="warns", columns=(kpi,))]  # fmt: skip
    return []


def _shape(panel: Panel) -> list[Fault]:
    """Gaps in time, and units seen once."""
    if not panel.repeated:
        return []
    spans = panel.frame.reset_index("period").groupby(level="unit")["period"].agg(["min", "max", "size"])
    gaps = spans[spans["max"] - spans["min"] + 1 > spans["size"]]
    single = spans[spans["size"] == 1]
    faults = []
    if len(gaps):
        lost = int((gaps["max"] - gaps["min"] + 1 - gaps["size"]).sum())
        faults.append(Fault("the panel", f"{len(gaps)} units with gaps ({lost} periods)", "consecutive periods",
                            "Lags do not reach over gaps.", "gaps", lost, tuple(map(str, gaps.index[:3])),
                            "notes"))  # fmt: skip
    if len(single):
        faults.append(Fault("the panel", f"{len(single)} units seen in one period only", "units seen again",
                            "They say nothing once unit effects are taken out.", "single", len(single),
                            tuple(map(str, single.index[:3])), "notes"))  # fmt: skip
    return faults


def _identities(panel: Panel, graph: KPIGraph) -> list[Fault]:
    """Identities that do not add up."""
    faults = []
    for kpi in graph.kpis:
        formula = kpi.formula
        if formula is None or not {kpi.id, *(name for name, _ in formula.arguments)} <= set(panel.kpis):
            continue
        found = panel.frame[kpi.id]
        computed = pd.Series(_computed(panel, formula.arguments, formula.evaluate), index=found.index)
        # rounding grows with the parts, not with their difference
        parts = {(name, lag): panel.shift(name, -lag).abs().to_numpy() for name, lag in formula.arguments}
        sizes = [abs(c) * np.prod([parts[factor] for factor in factors], axis=0) for c, factors in formula.terms]
        off = (found - computed).abs() > _ROUNDING * np.sum(sizes, axis=0)
        if off.any():
            examples = tuple(
                f"{_place(panel, key)}: {found[key]:g}, computed {computed[key]:g}" for key in found.index[off][:3]
            )
            faults.append(Fault(kpi.id, f"values that differ from {formula.text}", "values that add up",
                                "Effects go through the formula; find out which figure is wrong.", "identity",
                                int(off.sum()), examples, "warns", (kpi.id,)))  # fmt: skip
    return faults


def _respondents(panel: Panel) -> list[Fault]:
    """Survey cells that rest on a handful of people."""
    faults = []
    for kpi in panel.respondents:
        if kpi in panel.counts:
            counts = panel.counts[kpi]
            few = counts[(counts > 0) & (counts < _FEW)]
            if len(few):
                faults.append(Fault(kpi, f"cells of fewer than {_FEW} respondents", f"{_FEW} or more",
                                    "Such means are noisy, which weakens what they explain.", "few-respondents",
                                    len(few), _where(panel, few), "notes", (kpi,)))  # fmt: skip
    return faults


def _where(panel: Panel, values: pd.Series, shown: bool = True) -> tuple[str, ...]:
    """The first few places, with their values."""
    pairs: Mapping[tuple[str, int], float] = dict(values.iloc[:3].items())  # type: ignore[arg-type]
    return tuple(_place(panel, key) + (f": {value:g}" if shown else "") for key, value in pairs.items())


def _place(panel: Panel, key: tuple[str, int]) -> str:
    return " ".join(filter(None, (str(key[0]), panel.label(int(key[1])))))


def _list(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
