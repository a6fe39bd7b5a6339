"""Who changed over when: a KPI that is 0 before and 1 from some period on, read from a panel, with all its faults."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ..errors import DataError, Fault, raise_all
from ..language import NOTHING, Name, Text
from ..panel import Panel
from .screen import Refusal

NEVER = np.inf
FEWEST = 5  # units, among those that changed and among those that they are held against
_UNUSABLE = Text("The change cannot be followed.", "De verandering valt niet te volgen.")


@dataclass(frozen=True, eq=False)
class Changeover:
    """Rows of a panel with the period in which their unit changed over.

    Parameters
    ----------
    units : tuple of str
        Those that are used, sorted.
    unit : ndarray, shape (rows,)
        Positions in `units`.
    period, adopts : ndarray, shape (rows,)
        Ordinals of the row's period and of the unit's change; `NEVER` for the units that others are held against.
    outcome : ndarray, shape (rows,)
    anticipation : int
        Periods before the change in which units may already respond.
    comparison : Text
        Which units the others are held against.
    notes : tuple of Text
        What was left out, and why.
    """

    units: tuple[str, ...]
    unit: np.ndarray = field(repr=False)
    period: np.ndarray = field(repr=False)
    adopts: np.ndarray = field(repr=False)
    outcome: np.ndarray = field(repr=False)
    anticipation: int
    comparison: Text
    notes: tuple[Text, ...] = ()

    @property
    def since(self) -> np.ndarray:
        """Periods since the change, shape (rows,); minus infinity where there is none."""
        return self.period - self.adopts

    @property
    def reference(self) -> int:
        """The period before the change that others are compared with: the last that cannot respond yet."""
        return -1 - self.anticipation

    def keep(self, rows: np.ndarray, *notes: Text) -> Changeover:
        """Only these rows, and a note on those that went."""
        names, unit = np.unique(self.unit[rows], return_inverse=True)
        return replace(
            self,
            units=tuple(self.units[i] for i in names),
            unit=unit,
            period=self.period[rows],
            adopts=self.adopts[rows],
            outcome=self.outcome[rows],
            notes=(*self.notes, *notes),
        )

    def count(self, rows: np.ndarray) -> int:
        """How many units these rows are of."""
        return len(np.unique(self.unit[rows]))


def read_changeover(panel: Panel, change: str, outcome: str, anticipation: int = 0) -> Changeover:
    """The rows from which the effects of a staggered change can be learned.

    Parameters
    ----------
    panel : Panel
    change : str
        A KPI that is 0 until a unit changes over and 1 from then on.
    outcome : str
    anticipation : int

    Returns
    -------
    Changeover

    Raises
    ------
    DataError
        If the change is no absorbing 0 and 1; listing every fault.
    Refusal
        If nobody changed, or too few did, or nothing is left to compare with.

    Examples
    --------
    >>> from causalkpi.panel import as_panel
    >>> from causalkpi.worlds.staggered import make_staggered
    >>> panel = as_panel(make_staggered().sample(100, 24, rng=1), unit="unit", period="period")
    >>> read_changeover(panel, "customer_kpis", "service_behaviour").comparison
    '40 units that never changed'
    """
    table = panel.frame[[change, outcome]].reset_index()
    table.columns = ["unit", "period", "change", "outcome"]
    raise_all(DataError, _UNUSABLE, _faults(table, change, outcome))
    dates, notes = _dates(table)
    table = table.merge(dates, left_on="unit", right_index=True).dropna(subset=["outcome"])
    # of a unit that never changed nothing is known beyond the last period in which it was seen not to have
    table = table[(table["adopts"] < NEVER) | (table["period"] <= table["last"])]
    names, unit = np.unique(table["unit"].to_numpy(str), return_inverse=True)
    period, adopts, values = (table[name].to_numpy(float) for name in ("period", "adopts", "outcome"))
    found = Changeover(tuple(names), unit, period, adopts, values, anticipation, NOTHING, tuple(notes))
    if not (found.adopts < NEVER).any():
        raise Refusal(
            Text(
                "No unit is seen to change {kpi} from 0 to 1",
                "Geen enkele eenheid gaat zichtbaar van 0 naar 1 op {kpi}",
                kpi=Name(change),
            ),
            Text(
                "It takes units that changed in different periods, or some that changed and some that did not, each "
                "seen before and after.",
                "Nodig zijn eenheden die in verschillende perioden veranderden, of deels wel en deels niet, elk "
                "waargenomen ervoor en erna.",
            ),
        )
    return _enough(_thin(_compared(found)))


def _faults(table: pd.DataFrame, change: str, outcome: str) -> list[Fault]:
    """An outcome without values, changes other than 0 and 1, and changes that were undone."""
    where, seen = Name(change), table.dropna(subset=["change"])
    odd = seen.loc[~seen["change"].isin([0.0, 1.0]), "change"]
    faults = []
    if table["outcome"].isna().all():
        found, expected = Text("no value at all", "geen enkele waarde"), Text("values", "waarden")
        faults.append(Fault(Name(outcome), found, expected, rule="all-missing", columns=(outcome,)))
    if len(odd):
        found, expected = Text("other values", "andere waarden"), Text("0 before, 1 after", "0 ervoor, 1 erna")
        way_out = Text(
            "A change by degrees is asked about as any other KPI.",
            "Een geleidelijke verandering is te bevragen zoals elke andere KPI.",
        )
        examples = tuple(Text("{value:g}", "{value:g}", value=value) for value in odd.unique()[:3])
        faults.append(Fault(where, found, expected, way_out, "zero-one", len(odd), examples, columns=(change,)))
    steps = seen.groupby("unit")["change"].diff()
    back = seen.loc[steps < 0, "unit"].unique()
    if len(back) and not len(odd):
        found = Text("a change that was undone", "een verandering die werd teruggedraaid")
        expected = Text("a change that lasts", "een verandering die blijft")
        way_out = Text(
            "Leave those units out, or end their rows before it was undone.",
            "Laat die eenheden weg, of kap hun rijen af vóór het terugdraaien.",
        )
        faults.append(Fault(where, found, expected, way_out, "undone", len(back), tuple(map(str, back[:3])),
                            columns=(change,)))  # fmt: skip
    return faults


def _dates(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Text]]:
    """When each unit changed, for those of which it is known; what was left out."""
    seen = table.dropna(subset=["change"])
    last = seen[seen["change"] == 0].groupby("unit")["period"].max()
    first = seen[seen["change"] == 1].groupby("unit")["period"].min()
    dates = pd.DataFrame({"last": last, "adopts": first}).astype(float)
    already = dates["last"].isna()
    unsure = dates["adopts"] - dates["last"] > 1
    unseen = table["unit"].nunique() - len(dates)
    notes = [
        Text(en, nl, n=int(n))
        for n, en, nl in (
            (
                already.sum(),
                "Left out because they had changed before they were first seen, and so have no before; units: {n}.",
                "Weggelaten, want bij de eerste waarneming al veranderd, dus zonder periode ervoor; eenheden: {n}.",
            ),
            (
                unsure.sum(),
                "Left out because they changed in a gap of the data, so that their date is not known; units: {n}.",
                "Weggelaten, want veranderd in een gat in de gegevens, zodat de datum onbekend is; eenheden: {n}.",
            ),
            (
                unseen,
                "Left out because they have no value of the change; units: {n}.",
                "Weggelaten, want zonder waarde voor de verandering; eenheden: {n}.",
            ),
        )
        if n
    ]
    return dates[~already & ~unsure].fillna({"adopts": NEVER}), notes


def _compared(found: Changeover) -> Changeover:
    """Against whom: those who never changed; where these are too few, those who changed last, until they did."""
    never = found.count(found.adopts == NEVER)
    if never >= FEWEST:
        words = Text("{n} units that never changed", "{n} eenheden die nooit veranderden", n=never)
        return replace(found, comparison=words)
    dates = np.unique(found.adopts[found.adopts < NEVER])
    if len(dates) < 2:
        raise Refusal(
            Text(
                "All units changed in one period, and {n} never did: nobody is left to compare with",
                "Alle eenheden veranderden in één periode, en {n} nooit: er is niemand om mee te vergelijken",
                n=never,
            ),
            Text("It takes units that changed later or never.", "Nodig zijn eenheden die later of nooit veranderden."),
        )
    last = found.adopts >= dates[-1]
    words = Text(
        "{n} units that changed last or never, until the last changed",
        "{n} eenheden die als laatste of nooit veranderden, tot de laatste veranderden",
        n=found.count(last),
    )
    note = Text(
        "{n} units never changed, too few to compare with: those that changed last stand in, and periods from their "
        "change on are left out.",
        "{n} eenheden veranderden nooit, te weinig om mee te vergelijken: wie als laatste veranderde, neemt hun plaats "
        "in, en perioden vanaf die verandering vervallen.",
        n=never,
    )
    found = replace(found, adopts=np.where(last, NEVER, found.adopts), comparison=words)
    return found.keep(found.period < dates[-1] - found.anticipation, note)


def _thin(found: Changeover) -> Changeover:
    """Without cohorts that have no reference period and cells of one unit, which have no spread."""
    cells = pd.DataFrame({"cohort": found.adopts, "period": found.period})
    sizes = cells.groupby(["cohort", "period"])["period"].transform("size").to_numpy()
    anchored = np.unique(found.adopts[(sizes > 1) & (found.since == found.reference)])
    cohort = (found.adopts == NEVER) | np.isin(found.adopts, anchored)
    lost = found.count(~cohort)
    notes = [
        Text(
            "Left out because they changed alone, or nobody of their period was seen just before; units: {n}.",
            "Weggelaten, want als enige veranderd, of vlak ervoor is van hun groep niemand waargenomen; eenheden: {n}.",
            n=lost,
        )
    ] * (lost > 0)
    compared = np.unique(found.period[(found.adopts == NEVER) & (sizes > 1)])
    return found.keep(cohort & (sizes > 1) & np.isin(found.period, compared), *notes)


def _enough(found: Changeover) -> Changeover:
    """As it is, or a refusal that lists all that is missing."""
    after = found.count((found.since >= 0) & (found.adopts < NEVER))
    against = found.count(found.adopts == NEVER)
    reasons = [
        Text(en, nl, n=n, fewest=FEWEST)
        for n, en, nl in (
            (
                after,
                "only {n} units are seen before and after their change, {fewest} are needed",
                "slechts {n} eenheden zijn voor en na hun verandering waargenomen, {fewest} zijn er nodig",
            ),
            (
                against,
                "only {n} units are left to compare with, {fewest} are needed",
                "slechts {n} eenheden resteren om mee te vergelijken, {fewest} zijn er nodig",
            ),
        )
        if n < FEWEST
    ]
    if reasons:
        raise Refusal(
            Text.join([*reasons, *found.notes], "; "),
            Text("Bring more units, or more periods.", "Voeg eenheden of perioden toe."),
        )
    return found
