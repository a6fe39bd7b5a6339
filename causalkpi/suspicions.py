"""What looks wrong with the columns and only their owner can settle: arithmetic in disguise, measured too late.

A suspicion is never acted upon. The study file settles it: ``identity:`` says that a column is arithmetic,
``measured:`` says whether it was measured before an outcome or after it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats

from .errors import Fault
from .graph import KPIGraph
from .language import Name, Text
from .panel import Panel

_EXACT, _ROWS, _COLUMNS, _FEWEST, _CODES = 0.9999, 1000, 40, 60, 10
_TELLING, _SEPARATES = 0.7, 0.98
_END = re.compile(
    r"stat(us|e)\b|einde|exit|reason|reden|opgezegd|opzeg|cancel|vertrek|closed|gesloten|left\b|terminat|eind(datum|stand)",
    re.IGNORECASE,
)


def suspect(panel: Panel, graph: KPIGraph, settled: Collection[str] = ()) -> tuple[Fault, ...]:
    """The suspicions about a panel's columns, those in the graph and those beside it.

    Parameters
    ----------
    panel : Panel
    graph : KPIGraph
    settled : collection of str
        Columns on which the study file has spoken.

    Returns
    -------
    tuple of Fault
        That warn where the column is a KPI of the graph, and note where it is not used anyway.

    Examples
    --------
    >>> from causalkpi.graph import from_networkx
    >>> from causalkpi.panel import as_panel
    >>> import networkx as nx
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame(rng.normal(size=(300, 2)), columns=["calls", "minutes"])
    >>> data["value"] = 2 * data.calls + 0.5 * data.minutes
    >>> data["churn"] = (rng.normal(size=300) > data.calls).astype(float)
    >>> for fault in suspect(as_panel(data), from_networkx(nx.DiGraph([("calls", "churn")]))):
    ...     print(fault.where, fault.rule)
    calls near-identity
    """
    frame = panel.frame.dropna(axis=1, how="all")
    return (*_arithmetic(frame, graph, settled), *_too_late(frame, graph, settled))


def _arithmetic(frame: pd.DataFrame, graph: KPIGraph, settled: Collection[str]) -> list[Fault]:
    """Columns that are a sum or a sum of products of the others, all but exactly."""
    formulas = {kpi.id: {name for name, _ in kpi.formula.arguments} for kpi in graph.kpis if kpi.formula is not None}
    names = [name for name in frame.columns if frame[name].nunique() > 1]
    if len(names) > _COLUMNS:
        return []
    rows = frame[names].dropna()
    rows = rows.iloc[:: max(1, len(rows) // _ROWS)]
    rows = rows / rows.abs().max().replace(0, 1)  # squares of very large numbers overflow
    found: list[tuple[float, str, list[str]]] = []
    for target in names:
        others = [
            name for name in names
            if name != target and name not in settled and target not in formulas.get(name, set())
        ]  # fmt: skip
        few = frame[target].nunique() <= _CODES  # a code is easily hit by chance
        if few or target in formulas or target in settled or not others:
            continue
        fit, used = _best(rows[target].to_numpy(), rows[others])
        if fit > _EXACT:
            found.append((fit, target, used))
    # of columns that are functions of each other one is the formula: the one that fits best, then by name
    told: list[Fault] = []
    covered: set[str] = set()
    for fit, target, used in sorted(found, key=lambda each: (-round(each[0], 9), each[1])):
        if target in covered:
            continue
        covered |= {target, *used}
        told.append(_arithmetic_fault(target, used, fit, target in graph))
    return told


def _arithmetic_fault(target: str, used: list[str], fit: float, in_graph: bool) -> Fault:
    return Fault(
        target,
        Text(
            "a column that follows from {others} ({fit:.3%} of its variance)",
            "een kolom die volgt uit {others} ({fit:.3%} van de variantie)",
            others=[Name(name) for name in used],
            fit=fit,
        ),
        Text("a measurement of its own", "een eigen meting"),
        Text(
            "If it is arithmetic, say so in the study file (identity: {{column: formula}}); as a cause or a control it "
            "would take the others' place.",
            "Is het rekenwerk, zeg dat dan in het studiebestand (identity: {{kolom: formule}}); als oorzaak of "
            "constant gehouden KPI zou zij de plaats van de andere innemen.",
        ),
        "near-identity",
        severity="warns" if in_graph else "notes",
        columns=(target,),
    )


def _best(target: np.ndarray, others: pd.DataFrame) -> tuple[float, list[str]]:
    """How well a column follows from others, on rows that did not fit it: by sums, or by products of pairs too."""
    plain = others.to_numpy()
    half = np.arange(len(target)) % 2 == 0
    if half.sum() < max(_FEWEST, 2 * plain.shape[1]):
        return 0.0, []
    fit = _held_out(target, plain, half)
    if fit <= _EXACT:
        pairs = [(i, j) for i in range(plain.shape[1]) for j in range(i, plain.shape[1])]
        centred = plain - plain.mean(axis=0)
        if half.sum() < 2 * (len(pairs) + plain.shape[1]):
            return fit, []
        fit = _held_out(target, np.column_stack([plain, *(centred[:, i] * centred[:, j] for i, j in pairs)]), half)
    return fit, [name for name in others.columns if _needed(target, others, name, half, fit)] if fit > _EXACT else []


def _needed(target: np.ndarray, others: pd.DataFrame, name: str, half: np.ndarray, fit: float) -> bool:
    """Whether a column is part of the formula: without it, alone or in products, the fit is lost."""
    rest = others.drop(columns=name).to_numpy()
    if not rest.shape[1]:
        return True
    centred = rest - rest.mean(axis=0)
    k = rest.shape[1]
    products = [centred[:, i] * centred[:, j] for i in range(k) for j in range(i, k)]
    wide = np.column_stack([rest, *products]) if half.sum() >= 2 * (len(products) + k) else rest
    return _held_out(target, wide, half) < 1 - 3 * (1 - fit) - 1e-9


def _held_out(target: np.ndarray, columns: np.ndarray, half: np.ndarray) -> float:
    """R2 on the second half of the rows of a regression fitted to the first."""
    spread = columns[half].std(axis=0)
    x = (columns - columns[half].mean(axis=0)) / np.where(spread > 0, spread, 1)
    y = target - target[half].mean()
    slopes = np.linalg.lstsq(x[half], y[half], rcond=1e-10)[0]
    left, whole = y[~half] - x[~half] @ slopes, y[~half] - y[~half].mean()
    return 1 - float(left @ left) / float(whole @ whole) if whole.any() else 0.0


def _too_late(frame: pd.DataFrame, graph: KPIGraph, settled: Collection[str]) -> list[Fault]:
    """Columns that tell a binary outcome apart as only what follows it would, or that are named like an end."""
    faults = []
    causes = {link.source for link in graph.links}
    ends = [k.id for k in graph.kpis if k.id not in causes and k.id in frame and k.formula is None]
    for outcome in ends:
        values = frame[outcome].dropna()
        if set(values.unique()) != {0.0, 1.0}:
            continue
        for name in frame.columns:
            if name == outcome or name in settled:
                continue
            told = separation(frame[name], frame[outcome])
            named = bool(_END.search(name))
            if told > _SEPARATES or (named and told > _TELLING):
                faults.append(_late_fault(name, outcome, told, named, name in graph))
    return faults


def separation(column: pd.Series, outcome: pd.Series) -> float:
    """How well a column tells a binary outcome apart: the area under the ROC curve, 0.5 (not at all) to 1."""
    both = pd.DataFrame({"x": column, "y": outcome}).dropna()
    ones = int((both["y"] == 1).sum())
    if not 0 < ones < len(both):
        return 0.5
    ranks = stats.rankdata(both["x"])
    area = float((ranks[(both["y"] == 1).to_numpy()].sum() - ones * (ones + 1) / 2) / (ones * (len(both) - ones)))
    return max(area, 1 - area)


def _late_fault(name: str, outcome: str, told: float, named: bool, in_graph: bool) -> Fault:
    why = Text(
        "a name that speaks of an end, and a column that tells {outcome} apart (area under the curve {told:.2f})",
        "een naam die naar een einde klinkt, en een kolom die {outcome} onderscheidt (oppervlak onder de curve "
        "{told:.2f})",
        outcome=Name(outcome), told=told,
    ) if named else Text(
        "a column that tells {outcome} apart all but perfectly (area under the curve {told:.2f})",
        "een kolom die {outcome} vrijwel volmaakt onderscheidt (oppervlak onder de curve {told:.2f})",
        outcome=Name(outcome), told=told,
    )  # fmt: skip
    return Fault(
        name,
        why,
        Text("what was measured before {outcome}", "wat vóór {outcome} is gemeten", outcome=Name(outcome)),
        Text(
            "Was it measured after {outcome}? Say so in the study file (measured: {{column: after {outcome}}}, or "
            "before {outcome}).",
            "Is het na {outcome} gemeten? Zeg dat in het studiebestand (measured: {{kolom: after {outcome}}}, of "
            "before {outcome}).",
            outcome=Name(outcome),
        ),
        "measured-after",
        severity="warns" if in_graph else "notes",
        columns=(name,),
    )
