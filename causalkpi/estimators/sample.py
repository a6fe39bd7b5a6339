"""The estimation sample: which rows of a panel a regression uses, and what it loses on the way.

Lags and leads stay within units and gaps stay gaps. Rows that miss a column are counted by column. Lasting unit
effects are taken out by subtracting unit means (their grand mean put back), shared shocks by one dummy per period.
Regressors are centred, so that the constant is the outcome at their average and a large offset costs no digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..graph import PERIOD_NODE, UNIT_NODE, Node
from ..language import Text
from ..panel import Panel
from ..question import label
from ..reasons import SHORTER
from .screen import (
    NO_VARIATION,
    Refusal,
    dependent,
    informative,
    one_value_per_period,
    require_variation,
    same_in_all_units,
)

_FEWEST_UNITS = 5
_FEWEST_DF = 5
_ALONE = Text("the only row of its unit", "de enige rij van de eenheid")


@dataclass(frozen=True)
class Sample:
    """The rows and columns of one regression, ready to be fitted.

    Parameters
    ----------
    outcome : ndarray, shape (n,)
        Unit means taken out where the estimand says so.
    treatments, controls, dummies : ndarray, shape (n, k)
        Centred columns; the dummies are the periods'.
    outcome_name, treatment_names, control_names, dummy_names : str, tuple of str
    unit, period : ndarray of int, shape (n,)
        Codes of the unit and period of each row.
    units : tuple of str
        The unit of each code.
    rows : int
        Rows of the panel that could have been used.
    lost : mapping of str to int
        Rows without a value, by column (its name with the moment).
    repeated : bool
        Whether units are seen in several periods, so that errors are clustered.
    unit_effects, period_effects : bool
        Whether they were taken out.
    dropped : tuple of str
        Controls that are exact functions of the others and add nothing; those that fixed effects hold fixed by
        themselves (they never change within a unit) are left out without a word.
    used : ndarray of bool, shape (rows of the panel,)
        Which rows of the panel are in the sample.
    """

    outcome: np.ndarray
    treatments: np.ndarray
    controls: np.ndarray
    dummies: np.ndarray
    outcome_name: str
    treatment_names: tuple[str, ...]
    control_names: tuple[str, ...]
    dummy_names: tuple[str, ...]
    unit: np.ndarray
    period: np.ndarray
    units: tuple[str, ...]
    rows: int
    lost: Mapping[str, int]
    repeated: bool
    unit_effects: bool
    period_effects: bool
    dropped: tuple[str, ...]
    used: np.ndarray

    @property
    def design(self) -> np.ndarray:
        """All regressors: a constant, the treatments, the controls, the period dummies."""
        constant = np.ones((len(self.outcome), 1))
        return np.column_stack([constant, self.treatments, self.controls, self.dummies])

    @property
    def treatment_changes(self) -> bool:
        """Whether every treatment changes within some unit; one that never does shows no order in time."""
        within = self.treatments - _unit_means(self.treatments, self.unit, len(self.units))
        size = np.linalg.norm(self.treatments, axis=0)
        return bool((np.linalg.norm(within, axis=0) > 1e-9 * size).all())

    @property
    def names(self) -> list[str]:
        """The names of the design's columns."""
        return ["const", *self.treatment_names, *self.control_names, *self.dummy_names]


def build_sample(
    panel: Panel,
    outcome: Node,
    treatments: Sequence[Node],
    adjustment: Sequence[Node] = (),
    keep: np.ndarray | None = None,
    *,
    alone: bool = False,
) -> Sample:
    """Draw the complete rows of a regression from a panel and take the fixed effects out.

    Parameters
    ----------
    panel : Panel
    outcome : Node
    treatments : sequence of Node
    adjustment : sequence of Node
        With ``<unit>`` and ``<period>`` for fixed effects.
    keep : ndarray of bool, optional
        Rows of ``panel.frame`` to consider; all by default.
    alone : bool
        Whether a single unit will do, because its periods are compared with each other.

    Raises
    ------
    Refusal
        Too few rows or units; a treatment without variation once the rest is taken out; a period that is needed
        and not there.
    """
    controls = [n for n in adjustment if n not in (UNIT_NODE, PERIOD_NODE)]
    nodes = [outcome, *treatments, *controls]
    table = panel.values(nodes)
    index = panel.frame.index
    considered = np.ones(len(table), bool) if keep is None else keep
    missing = np.isnan(table)
    lost: dict[str, int] = {label(n): int(missing[considered, i].sum()) for i, n in enumerate(nodes)}
    lost = {name: count for name, count in lost.items() if count}
    unit_effects, period_effects = UNIT_NODE in adjustment, PERIOD_NODE in adjustment
    used = considered & ~missing.any(axis=1)
    if unit_effects:
        used, singles = _without_singles(used, index.get_level_values(0))
        lost |= {_ALONE: singles} if singles else {}
    unit, names = pd.factorize(index.get_level_values(0)[used])
    period, periods = pd.factorize(index.get_level_values(1)[used], sort=True)
    taken = (len(names) if unit_effects else 1) + (len(periods) - 1 if period_effects else 0)
    require_rows(int(used.sum()), panel.n_periods, nodes, lost, int(considered.sum()), taken)
    if panel.repeated and not alone:
        require_units(len(names))
    table = table[used]
    if panel.repeated and not period_effects:  # errors that hang together by unit do not know what a period shares
        for j in same_in_all_units(table[:, 1 : 1 + len(treatments)], period):
            raise one_value_per_period(label(treatments[j]))
    level = table[:, 0].mean()
    table = table - table.mean(axis=0)
    dummies = np.eye(len(periods))[period][:, 1:] if period_effects else np.empty((len(table), 0))
    both = np.column_stack([table, dummies])
    size = np.linalg.norm(both - both.mean(axis=0), axis=0)
    if unit_effects:
        both = both - _unit_means(both, unit, len(names))
    both = both - both.mean(axis=0)
    both[:, np.linalg.norm(both, axis=0) <= NO_VARIATION * size] = 0.0  # what is left is rounding
    width, first = len(nodes), 1 + len(treatments)
    kept_dummies, kept, dropped = informative(both[:, width:], both[:, first:width])
    if unit_effects:
        dropped = [i for i in dropped if not _held_by(both[:, width:], both[:, first + i])]
    control_names = [label(n) for n in controls]
    sample = Sample(
        both[:, 0] + level,
        both[:, 1:first],
        both[:, first:width][:, kept],
        both[:, width:][:, kept_dummies],
        label(outcome),
        tuple(label(n) for n in treatments),
        tuple(control_names[i] for i in kept),
        tuple(f"period {panel.label(int(periods[i + 1]))}" for i in kept_dummies),
        unit,
        period,
        tuple(map(str, names)),
        int(considered.sum()),
        lost,
        panel.repeated,
        unit_effects,
        period_effects,
        tuple(control_names[i] for i in dropped),
        used,
    )
    require_variation(
        np.column_stack([sample.outcome - level, sample.treatments]),
        [sample.outcome_name, *sample.treatment_names],
        np.column_stack([sample.dummies, sample.controls]),
        [""] * sample.dummies.shape[1] + list(sample.control_names),
        within_units=unit_effects,
    )
    return sample


def _without_singles(used: np.ndarray, units: pd.Index) -> tuple[np.ndarray, int]:
    """Rows of units seen more than once: a unit's only row says nothing once its mean is taken out."""
    counts = pd.Series(used).groupby(np.asarray(units), sort=False).transform("sum").to_numpy()
    single = used & (counts == 1)
    return used & ~single, int(single.sum())


def _held_by(dummies: np.ndarray, control: np.ndarray) -> bool:
    """Whether nothing is left of a control, unit means taken out, beside the period dummies."""
    return dummies.shape[1] in dependent(np.column_stack([dummies, control]))


def _unit_means(table: np.ndarray, unit: np.ndarray, count: int) -> np.ndarray:
    sums = np.zeros((count, table.shape[1]))
    np.add.at(sums, unit, table)
    return (sums / np.bincount(unit, minlength=count)[:, None])[unit]


def require_rows(
    n: int,
    seen: int,
    nodes: Sequence[Node],
    lost: Mapping[str, int],
    rows: int,
    taken: int,
) -> None:
    """Refuse samples that are too small to say how uncertain the answer is.

    Parameters
    ----------
    n, seen : int
        Complete rows; periods that the data have.
    nodes : sequence of Node
    lost : mapping of str to int
        Rows without a value, by column.
    rows, taken : int
        Rows that could have been used; numbers that fixed effects take.

    Raises
    ------
    Refusal
    """
    reach = max(node.period for node in nodes) - min(node.period for node in nodes)
    if n == 0 and reach >= seen:
        raise Refusal(
            Text(
                "The question spans {reach} periods and the data have {seen}.",
                "De vraag beslaat {reach} perioden en de gegevens tellen er {seen}.",
                reach=reach + 1,
                seen=seen,
            ),
            SHORTER,
        )
    ranked = sorted(lost.items(), key=lambda kv: -kv[1])[:3]
    worst = [Text("{name}: {count}", "{name}: {count}", name=name, count=count) for name, count in ranked]
    needed = len(nodes) - 1 + taken + _FEWEST_DF
    if n < needed:
        raise Refusal(
            Text(
                "Only {n} of {rows} rows are complete, and {numbers} numbers are to be estimated{missing}.",
                "Slechts {n} van de {rows} rijen zijn volledig, terwijl {numbers} getallen moeten worden "
                "geschat{missing}.",
                n=n,
                rows=rows,
                numbers=needed - _FEWEST_DF,
                missing=Text(" (missing by column: {all})", " (ontbrekend per kolom: {all})", all=worst)
                if worst
                else "",
            ),
            Text(
                "It takes at least {needed} complete rows to say how uncertain an answer is.",
                "Er zijn minstens {needed} volledige rijen nodig om te kunnen zeggen hoe onzeker een antwoord is.",
                needed=needed,
            ),
        )


def require_units(units: int) -> None:
    """Refuse too few units to say how much the answer would differ between them."""
    if units < _FEWEST_UNITS:
        raise Refusal(
            Text(
                f"Only {{units}} unit{'s' * (units != 1)} can be used: with fewer than {{fewest}} nobody can tell how "
                "much the answer would differ between units.",
                f"Slechts {{units}} {'eenheid is' if units == 1 else 'eenheden zijn'} bruikbaar: met minder dan "
                "{fewest} valt niet te zeggen hoezeer het antwoord tussen eenheden zou verschillen.",
                units=units,
                fewest=_FEWEST_UNITS,
            ),
            Text("Bring more units.", "Lever meer eenheden aan."),
        )
