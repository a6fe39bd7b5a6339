"""Which columns of a regression carry information, and which regressions must not be run.

A pseudo-inverse gives confident nonsense for a constant treatment or an exact formula of the controls. So every column
is held against those before it: what is left of it, relative to its own size, is the diagonal of a QR factorisation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..language import Text, both
from ..question import Status

NO_VARIATION = 1e-10
_NOTHING_NEW = 1e-8
_HERE = Text(" in these data", " in deze gegevens")
_WITHIN = Text(
    " within units, once their lasting differences are taken out",
    " binnen eenheden, na correctie voor hun blijvende verschillen",
)


class Refusal(Exception):
    """A regression that must not be run; carries the status, the reason and the way out.

    `short` says that it is the correction for short panels, and nothing else, that these data do not admit.
    """

    def __init__(
        self, reason: Text, remedy: str = "", status: Status = "not_estimable", *, short: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.status: Status = status
        self.short = short


def dependent(columns: np.ndarray) -> set[int]:
    """The columns that are exact functions of those before them, zero columns among them.

    Examples
    --------
    >>> dependent(np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]))
    {1}
    """
    norms = np.linalg.norm(columns, axis=0)
    found = {int(j) for j in np.flatnonzero(norms == 0)}
    alive = [j for j in range(columns.shape[1]) if j not in found]
    while alive:
        left = np.abs(np.diag(np.linalg.qr(columns[:, alive] / norms[alive], mode="r")))
        left = np.r_[left, np.zeros(len(alive) - len(left))]
        bad = np.flatnonzero(left <= _NOTHING_NEW)
        if not len(bad):
            break
        found.add(alive.pop(int(bad[0])))  # what comes after a dependent column must be judged without it
    return found


def informative(dummies: np.ndarray, controls: np.ndarray) -> tuple[list[int], list[int], list[int]]:
    """Which dummies and controls to keep, and which controls are exact functions of the rest."""
    count = dummies.shape[1]
    gone = dependent(np.column_stack([dummies, controls]))
    kept_dummies = [j for j in range(count) if j not in gone]
    kept = [j for j in range(controls.shape[1]) if j + count not in gone]
    return kept_dummies, kept, sorted(j - count for j in gone if j >= count)


def require_variation(
    columns: np.ndarray,
    names: Sequence[str],
    others: np.ndarray,
    other_names: Sequence[str],
    *,
    within_units: bool,
) -> None:
    """Refuse an outcome or treatments in which nothing is left to learn from.

    Parameters
    ----------
    columns : ndarray, shape (n, 1 + treatments)
        The outcome and the treatments, fixed effects taken out; zero where nothing but rounding was left.
    names : sequence of str
    others : ndarray, shape (n, k)
        Period dummies, whose names are empty, followed by the controls.
    other_names : sequence of str
    within_units : bool
        Whether unit means were taken out.

    Raises
    ------
    Refusal
    """
    once = _WITHIN if within_units else _HERE
    alive = np.ptp(columns, axis=0) > 0
    if not alive[0]:
        raise Refusal(
            Text("{kpi} does not vary{once}.", "{kpi} varieert niet{once}.", kpi=names[0], once=once),
            Text("There is nothing to explain in these data.", "In deze gegevens valt niets te verklaren."),
        )
    for name, varies in zip(names[1:], alive[1:], strict=True):
        if not varies:
            raise Refusal(
                Text(
                    "{kpi} does not vary{once}: the data hold no change whose consequences could be seen.",
                    "{kpi} varieert niet{once}: de gegevens bevatten geen verandering waarvan de gevolgen te zien "
                    "zijn.",
                    kpi=name,
                    once=once,
                ),
                Text(
                    "It takes units or periods in which it differs.",
                    "Hiervoor zijn eenheden of perioden nodig waarin deze KPI verschilt.",
                ),
            )
    periods = sum(not name for name in other_names)
    treatments = columns[:, 1:]
    for i, name in enumerate(names[1:]):
        if periods and periods in dependent(np.column_stack([others[:, :periods], treatments[:, i]])):
            raise one_value_per_period(name)
    together = np.column_stack([others, treatments])
    bad = min(dependent(together), default=None)
    if bad is not None:
        name = names[1 + bad - others.shape[1]]
        raise Refusal(
            Text(
                "{kpi} is an exact function of {others}: its effect cannot be told from theirs.",
                "{kpi} is een exacte functie van {others}: de effecten zijn niet te onderscheiden.",
                kpi=name,
                others=_involved(together, [*other_names, *names[1:]], bad),
            ),
            Text(
                "Leave out what is a formula of the others, or declare it as an identity.",
                "Laat weg wat een formule van andere KPI's is, of leg het vast als rekenregel.",
            ),
        )


def one_value_per_period(name: str) -> Refusal:
    """The refusal of a treatment that is the same in all units of a period."""
    return Refusal(
        Text(
            "{kpi} has one value per period for all units: it cannot be told from shocks that all units share.",
            "{kpi} heeft per periode één waarde voor alle eenheden en is niet te onderscheiden van gedeelde schokken.",
            kpi=name,
        ),
        Text(
            "It takes units in which it differs in the same period.",
            "Hiervoor zijn eenheden nodig die in dezelfde periode verschillen.",
        ),
    )


def same_in_all_units(columns: np.ndarray, period: np.ndarray) -> list[int]:
    """The columns, shape (n, k), that vary and have one value per period, where periods have several rows.

    Examples
    --------
    >>> same_in_all_units(np.array([[1.0, 1.0], [1.0, 2.0], [3.0, 1.0], [3.0, 2.0]]), np.array([0, 0, 1, 1]))
    [0]
    """
    count = np.bincount(period)
    if len(count) < 2 or count.max() < 2:
        return []
    means = np.column_stack([np.bincount(period, column) / np.maximum(count, 1) for column in columns.T])
    size = np.linalg.norm(columns - columns.mean(axis=0), axis=0)
    left = np.linalg.norm(columns - means[period], axis=0)
    return [j for j in range(columns.shape[1]) if size[j] > 0 and left[j] <= NO_VARIATION * size[j]]


def _involved(columns: np.ndarray, names: Sequence[str], bad: int) -> Text:
    """The columns that together make up a collinear one."""
    before = columns[:, :bad] / np.linalg.norm(columns[:, :bad], axis=0)
    weights = np.abs(np.linalg.lstsq(before, columns[:, bad], rcond=None)[0])
    named = [name for name, weight in zip(names, weights, strict=False) if name and weight > 1e-6 * weights.max()]
    return both(named) or Text("the other columns", "de andere kolommen")
