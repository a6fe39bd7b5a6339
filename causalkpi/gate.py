"""The first gate: what is wrong with the data, all of it at once, before anything is estimated.

A fault that *stops* takes its KPIs out of every question; one that *warns* or *notes* is told to the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from .errors import SEVERITIES, Fault, Severity, did_you_mean
from .graph import KPIGraph
from .language import Name, Text
from .panel import Panel

_ROUNDING = 1e-4  # identities computed from figures printed to a few digits differ by as much
_MUCH = 0.2
_FEW = 5
MEND = Text("Mend the data and ask again.", "Herstel de gegevens en stel de vraag opnieuw.")
_PANEL = Text("the panel", "het panel")
_NO_COLUMN = Text("no column", "geen kolom")
_VALUES_THAT_DIFFER = Text("values that differ", "waarden die verschillen")
_BETWEEN_UNITS = Text("values that differ between units", "waarden die tussen eenheden verschillen")


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
    faults += _shape(panel) + _spacing(panel, graph) + _identities(panel, graph) + _respondents(panel)
    return tuple(sorted(faults, key=lambda fault: SEVERITIES.index(fault.severity)))


def blocked(panel: Panel, graph: KPIGraph, faults: Iterable[Fault]) -> dict[str, Text]:
    """The KPIs that no question may use, each with the reason in words."""
    stops = [fault for fault in faults if fault.severity == "stops"]
    reasons = {kpi: _reason(fault) for fault in reversed(stops) for kpi in fault.columns}
    return {kpi: reason for kpi, reason in reasons.items() if kpi in graph} | {
        kpi: reason for kpi, reason in panel.blocked.items() if kpi in graph and kpi not in reasons
    }


def _reason(fault: Fault) -> Text:
    return Text(
        "{found}, expected {expected}", "{found}, verwacht {expected}", found=fault.found, expected=fault.expected
    )


def refused(reasons: Mapping[str, str], kpis: Iterable[str]) -> Text:
    """Why these KPIs cannot be used, each with its reason; those of them that can are passed over.

    Parameters
    ----------
    reasons : mapping of str to Text
        From :func:`blocked`.
    kpis : iterable of str

    Examples
    --------
    >>> refused({"churn": Text("no value at all", "geen enkele waarde")}, ["churn"]).render("nl")
    'churn: geen enkele waarde'
    """
    listed = [Text("{kpi}: {why}", "{kpi}: {why}", kpi=Name(k), why=reasons[k]) for k in kpis if k in reasons]
    return Text.join(listed, "; ")


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
                expected = Text(
                    "one, or its parts: computed as {formula}",
                    "een kolom, of de onderdelen: berekend als {formula}",
                    formula=Text.naming(formula.text, [name for name, _ in formula.arguments]),
                )
                added.append(Fault(Name(kpi.id), _NO_COLUMN, expected,
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
            expected = Text("one for each KPI of the graph", "een kolom voor elke KPI van de graaf")
            hidden = Text("Without it, it counts as hidden.", "Zonder kolom geldt deze KPI als verborgen.")
            way_out = hint if hint.startswith("Did") else hidden
            faults.append(Fault(Name(kpi.id), _NO_COLUMN, expected, way_out, "missing-column",
                                severity="notes", columns=(kpi.id,)))  # fmt: skip
    if spare:
        found = Text("columns that are not in the graph: {names}", "kolommen die niet in de graaf staan: {names}",
                     names=_list(spare))  # fmt: skip
        faults.append(Fault(Text("the data", "de gegevens"), found, Text("KPIs of the graph", "KPI's van de graaf"),
                            Text("They are not used.", "Ze worden niet gebruikt."), "spare-column", len(spare),
                            severity="notes"))  # fmt: skip
    return faults


def _values(panel: Panel, kpi: str, values: pd.Series) -> list[Fault]:
    """All missing, constant, or infinite."""
    known = values.dropna()
    if known.empty:
        found, expected = Text("no value at all", "geen enkele waarde"), Text("values", "waarden")
        return [Fault(Name(kpi), found, expected, rule="all-missing", columns=(kpi,))]
    infinite = known[~np.isfinite(known)]
    if len(infinite):
        found, expected = Text("infinite values", "oneindige waarden"), Text("numbers", "getallen")
        return [Fault(Name(kpi), found, expected, "", "infinite", len(infinite), _where(panel, infinite),
                      columns=(kpi,))]  # fmt: skip
    if known.min() == known.max() and len(known) > 1:
        way_out = Text("Without variation nothing can be learned about it.",
                       "Zonder variatie valt er niets over te leren.")  # fmt: skip
        found = Text("{value:g} in every row", "{value:g} in elke rij", value=float(known.iloc[0]))
        return [Fault(Name(kpi), found, _VALUES_THAT_DIFFER, way_out, "constant", columns=(kpi,))]
    return []


def _scale(panel: Panel, kpi: str, values: pd.Series, low: float, high: float) -> list[Fault]:
    """Values outside the KPI's own scale."""
    outside = values[(values < low) | (values > high)]
    if outside.empty:
        return []
    way_out = Text(
        "Mend the values, or the scale of this KPI in the graph (percent instead of share?).",
        "Herstel de waarden, of de schaal van deze KPI in de graaf (procenten in plaats van aandelen?).",
    )
    found = Text("impossible values", "onmogelijke waarden")
    expected = Text("{low:g} to {high:g}", "{low:g} tot en met {high:g}", low=low, high=high)
    return [Fault(Name(kpi), found, expected, way_out, "scale", len(outside),
                  _where(panel, outside), columns=(kpi,))]  # fmt: skip


def _missing(panel: Panel, kpi: str, values: pd.Series) -> list[Fault]:
    """Missing values, in all and by whole waves."""
    gone = values.isna()
    share = float(gone.mean())
    faults = []
    if 0 < share < 1:
        severity: Severity = "warns" if share > _MUCH else "notes"
        found = Text("{share:.0%} of the values missing", "{share:.0%} ontbrekende waarden", share=share)
        expected = Text("a value in every row", "een waarde in elke rij")
        way_out = Text("Rows without it are left out where it is needed.",
                       "Rijen zonder waarde vallen weg waar deze KPI nodig is.")  # fmt: skip
        faults.append(Fault(Name(kpi), found, expected, way_out, "missing", int(gone.sum()),
                            _where(panel, values[gone], False), severity, (kpi,)))  # fmt: skip
    by_wave = gone.groupby(level="period").all()
    waves = [panel.label(int(t)) for t in by_wave.index[by_wave]]
    if waves and share < 1:
        found = Text("whole waves missing: {waves}", "ontbrekende meetronden: {waves}", waves=_list(waves))
        expected = Text("every period measured", "een meting in elke periode")
        way_out = Text("Lags that reach into them are lost too.", "Vertragingen tot in die perioden vervallen ook.")
        faults.append(Fault(Name(kpi), found, expected, way_out, "missing-wave", len(waves),
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
        found = Text("values that differ between units in one period",
                     "waarden die binnen één periode tussen eenheden verschillen")  # fmt: skip
        expected = Text("one value per period", "één waarde per periode")
        way_out = Text("It is declared as organisation-level: declare it as unit-level.",
                       "De KPI is vastgelegd op organisatieniveau: leg hem vast op eenheidsniveau.")  # fmt: skip
        return [Fault(Name(kpi), found, expected, way_out, "level", len(differing),
                      tuple(panel.label(int(t)) for t in differing.index[:3]), columns=(kpi,))]  # fmt: skip
    if level != "organisation" and same and values.nunique() > 1:
        found = Text("one value per period for all units", "één waarde per periode voor alle eenheden")
        way_out = Text("It cannot be told from shocks that all units share; declare level: organisation.",
                       "Niet te onderscheiden van gedeelde schokken; leg de KPI vast op organisatieniveau "
                       "(level: organisation).")  # fmt: skip
        return [Fault(Name(kpi), found, _BETWEEN_UNITS, way_out, "level", severity="warns", columns=(kpi,))]
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
        units, periods = "eenheid" if len(gaps) == 1 else "eenheden", "periode" if lost == 1 else "perioden"
        found = Text("{n} units with gaps ({lost} periods)", f"{{n}} {units} met gaten ({{lost}} {periods})",
                     n=len(gaps), lost=lost)  # fmt: skip
        expected = Text("consecutive periods", "aaneengesloten perioden")
        way_out = Text("Lags do not reach over gaps.", "Vertragingen reiken niet over gaten heen.")
        faults.append(Fault(_PANEL, found, expected, way_out, "gaps", lost, tuple(map(str, gaps.index[:3])),
                            "notes"))  # fmt: skip
    if len(single):
        units = "eenheid" if len(single) == 1 else "eenheden"
        found = Text("{n} units seen in one period only", f"{{n}} {units} met maar één periode", n=len(single))
        expected = Text("units seen again", "eenheden met meer perioden")
        way_out = Text("They say nothing once unit effects are taken out.",
                       "Na correctie voor vaste verschillen tussen eenheden zeggen ze niets.")  # fmt: skip
        faults.append(Fault(_PANEL, found, expected, way_out, "single", len(single),
                            tuple(map(str, single.index[:3])), "notes"))  # fmt: skip
    return faults


def _spacing(panel: Panel, graph: KPIGraph) -> list[Fault]:
    """Values that stand two or more periods apart every time: no lag of one period joins any two of them."""
    rows = np.ones(len(panel.frame), bool)
    units, steps = _steps(panel, rows)
    apart = steps[steps > 1]
    way_out = Text(
        "No lag of one period joins them, so such units drop out of every question over time. If that long is what a "
        "period is, number the periods 1, 2, 3, ...; the lags in the graph then count those.",
        "Geen vertraging van één periode verbindt ze, zodat zulke eenheden uit elke vraag over de tijd wegvallen. Is "
        "een periode echt zo lang, nummer de perioden dan 1, 2, 3, ...; de vertragingen in de graaf tellen die dan.",
    )
    consecutive = Text("a value in consecutive periods", "een waarde in opeenvolgende perioden")
    faults = []
    if len(apart):
        found = Text("{n} of {all} units only every {step} periods", "{n} van de {all} eenheden maar eens per {step} "
                     "perioden", n=len(apart), all=len(steps), step=int(np.median(apart)))  # fmt: skip
        shown = tuple(str(panel.units[i]) for i in units[steps > 1][:3])
        faults.append(Fault(_PANEL, found, consecutive, way_out, "spacing", len(apart), shown, "warns"))
    for kpi in [k for k in graph.ids if k in panel.frame]:
        _, own = _steps(panel, panel.frame[kpi].notna().to_numpy())
        if len(own) and not len(apart) and float((own > 1).mean()) > 0.5:
            found = Text("a value only every {step} periods", "maar eens per {step} perioden een waarde",
                         step=int(np.median(own[own > 1])))  # fmt: skip
            aggregate = Text("Bring all KPIs to periods that long, or measure it more often.",
                             "Breng alle KPI's op perioden van die lengte, of meet deze vaker.")  # fmt: skip
            faults.append(Fault(Name(kpi), found, consecutive, aggregate, "spacing", len(own), (), "warns", (kpi,)))
    return faults


def _steps(panel: Panel, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Units with three rows or more, and how many periods apart theirs always stand at least."""
    codes = pd.factorize(panel.frame.index.get_level_values("unit"))[0][rows]
    periods = panel.frame.index.get_level_values("period").to_numpy()[rows]
    same = codes[1:] == codes[:-1]
    gaps, unit = np.diff(periods)[same], codes[1:][same]
    if not len(gaps):
        return np.empty(0, int), np.empty(0, int)
    starts = np.flatnonzero(np.r_[True, np.diff(unit) != 0])
    enough = np.diff(np.r_[starts, len(unit)]) >= 2
    return unit[starts][enough], np.gcd.reduceat(gaps, starts)[enough]


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
                Text("{place}: {seen:g}, computed {own:g}", "{place}: {seen:g}, berekend {own:g}",
                     place=_place(panel, key), seen=found[key], own=computed[key])
                for key in found.index[off][:3]
            )  # fmt: skip
            differ = Text("values that differ from {formula}", "waarden die afwijken van {formula}",
                          formula=Text.naming(formula.text, [name for name, _ in formula.arguments]))  # fmt: skip
            expected = Text("values that add up", "waarden die kloppen met de formule")
            way_out = Text("Effects go through the formula; find out which figure is wrong.",
                           "Effecten lopen via de formule; zoek uit welk cijfer niet klopt.")  # fmt: skip
            faults.append(Fault(Name(kpi.id), differ, expected, way_out, "identity",
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
                found = Text("cells of fewer than {n} respondents", "cellen met minder dan {n} respondenten", n=_FEW)
                expected = Text("{n} or more", "{n} of meer", n=_FEW)
                way_out = Text("Such means are noisy, which weakens what they explain.",
                               "Zulke gemiddelden bevatten veel ruis, wat hun verbanden afzwakt.")  # fmt: skip
                faults.append(Fault(Name(kpi), found, expected, way_out, "few-respondents",
                                    len(few), _where(panel, few), "notes", (kpi,)))  # fmt: skip
    return faults


def _where(panel: Panel, values: pd.Series, shown: bool = True) -> tuple[str, ...]:
    """The first few places, with their values."""
    pairs: Mapping[tuple[str, int], float] = dict(values.iloc[:3].items())  # type: ignore[arg-type]
    return tuple(
        Text("{place}: {value:g}", "{place}: {value:g}", place=_place(panel, key), value=value)
        if shown
        else _place(panel, key)
        for key, value in pairs.items()
    )


def _place(panel: Panel, key: tuple[str, int]) -> str:
    return " ".join(filter(None, (str(key[0]), panel.label(int(key[1])))))


def _list(names: list[str], most: int = 6) -> Text:
    more = Text(" and {n} more", " en nog {n}", n=len(names) - most) if len(names) > most else ""
    return Text("{names}{more}", "{names}{more}", names=names[:most], more=more)
