"""What a change did that units made at different times: period by period since the change, and on average."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .errors import DataError, Fault, QuestionError, raise_all
from .estimators.changeover import NEVER, Changeover, read_changeover
from .estimators.conventions import FEW_UNITS
from .estimators.result import Beside
from .estimators.screen import Refusal
from .estimators.staggered import Average, GroupTime, beside, group_time, joint_critical
from .finding import Finding
from .gate import MEND
from .language import Name, Text
from .panel import Panel, as_panel
from .pre_periods import examine_changeover
from .question import Question, Unanswered


@dataclass(frozen=True)
class Moment:
    """The effect so many periods since the change, averaged over cohorts by their units.

    Parameters
    ----------
    since : int
        Periods since the change; negative ones come before it and should be zero.
    effect : Average
        With its pointwise interval.
    band : tuple of float
        The interval that covers together with those of all other moments.
    units, cohorts : int
        Those that are seen at this moment; they differ between moments.
    """

    since: int
    effect: Average
    band: tuple[float, float]
    units: int
    cohorts: int


@dataclass(frozen=True, repr=False)
class EventStudy:
    """The effects of a change that units made at different times, in units of the outcome.

    Parameters
    ----------
    change, outcome : str
        KPI ids.
    overall : Average
        Over all units that changed and their periods 0 to `horizon` since, each unit-period alike.
    moments : tuple of Moment
        In order of time; the reference period, by definition zero, is not among them.
    cells : GroupTime
        The group-time effects behind them.
    horizon : int
        The last period since the change that counts.
    reference : int
        The period that all are compared with, relative to the change.
    level : float
        Confidence of all intervals.
    comparison, convention, estimator : Text
        Whom the cohorts are held against; how errors and effects were computed.
    cohorts : mapping of str to int
        Units by the period of their change.
    rows, rows_used, units, periods : int
        Rows that the panel has and that were used, and the units and periods in them.
    beside : tuple of Beside
        Plain two-way fixed effects, and a raw comparison of rows.
    findings : tuple of Finding
    warnings : tuple of Text
    """

    change: str
    outcome: str
    overall: Average
    moments: tuple[Moment, ...]
    cells: GroupTime = field(repr=False, compare=False)
    horizon: int
    reference: int
    level: float
    comparison: Text
    convention: Text
    estimator: Text
    cohorts: Mapping[str, int]
    rows: int
    rows_used: int
    units: int
    periods: int
    beside: tuple[Beside, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Text, ...] = ()

    def __getitem__(self, finding: str) -> Finding:
        """A finding by its id; a KeyError says which there are."""
        for each in self.findings:
            if each.id == finding:
                return each
        raise KeyError(f"There is no finding {finding!r}; there are {', '.join(f.id for f in self.findings)}.")

    @property
    def strength(self) -> str:
        """How far a claim may lean on it: *weak*, or *moderate*, never more.

        Moderate where both tests of earlier periods pass at 1% and the drift that would undo the answer is visible.
        """
        passed = all(self[test].result in ("holds", "doubtful") for test in ("pre_periods", "anticipation"))
        return "moderate" if passed and self["drift"].result == "holds" else "weak"

    def between(self, first: int, last: int) -> Average:
        """The effect averaged over some periods since the change, each unit-period alike.

        Raises
        ------
        ValueError
            If nothing is seen in these periods.
        """
        which = (self.cells.since >= first) & (self.cells.since <= last)
        if not which.any():
            raise ValueError(f"Nothing is seen {first} to {last} periods since the change.")
        return self.cells.average(self.cells.weights(which), self.level)

    def to_frame(self) -> pd.DataFrame:
        """One row per moment."""
        rows = [(m.since, m.effect.value, m.effect.std_error, *m.effect.interval, *m.band, m.effect.p_value, m.units,
                 m.cohorts) for m in self.moments]  # fmt: skip
        names = ["since", "value", "std_error", "low", "high", "band_low", "band_high", "p_value", "units", "cohorts"]
        return pd.DataFrame(rows, columns=names)

    def group_time(self) -> pd.DataFrame:
        """One row per cohort and moment: its effect, error and units."""
        labels = dict(zip(np.unique(self.cells.cohort), self.cohorts, strict=True))
        errors = np.sqrt(np.diag(self.cells.covariance(np.eye(len(self.cells.values)))))
        return pd.DataFrame(
            {
                "cohort": [labels[cohort] for cohort in self.cells.cohort],
                "since": self.cells.since,
                "value": self.cells.values,
                "std_error": errors,
                "units": self.cells.counts.astype(int),
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        overall = self.overall
        return {
            "change": self.change,
            "outcome": self.outcome,
            "value": overall.value,
            "std_error": overall.std_error,
            "low": overall.interval[0],
            "high": overall.interval[1],
            "p_value": overall.p_value,
            "df": overall.df,
            "level": self.level,
            "horizon": self.horizon,
            "reference": self.reference,
            "comparison": str(self.comparison),
            "convention": str(self.convention),
            "estimator": str(self.estimator),
            "cohorts": dict(self.cohorts),
            "rows": self.rows,
            "rows_used": self.rows_used,
            "units": self.units,
            "periods": self.periods,
            "moments": self.to_frame().to_dict("records"),
            "beside": {b.name: {"value": b.value, "std_error": b.std_error, "low": b.interval[0],
                                "high": b.interval[1], "p_value": b.p_value, "why": str(b.why)} for b in self.beside},
            "findings": [finding.to_dict() for finding in self.findings],
            "warnings": [str(warning) for warning in self.warnings],
        }  # fmt: skip

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False, float_format=lambda x: f"{x:.3g}")

    def __repr__(self) -> str:
        low, high = self.overall.interval
        said = (
            f"{self.change} -> {self.outcome}, mean of periods 0 to {self.horizon} since the change: "
            f"{self.overall.value:.4g} [{low:.4g}, {high:.4g}] ({self.level:.0%} interval, {self.convention}; "
            f"against {self.comparison})"
        )
        lines = [f"beside it, {b.name}: {b.value:.4g} [{b.interval[0]:.4g}, {b.interval[1]:.4g}]" for b in self.beside]
        lines += [f"note: {warning}" for warning in self.warnings] + [str(finding) for finding in self.findings]
        return said + "".join(f"\n  {line}" for line in lines)


def event_study(
    panel: Panel | pd.DataFrame,
    change: str,
    outcome: str,
    *,
    horizon: int = 8,
    leads: int = 4,
    anticipation: int = 0,
    level: float = 0.95,
    seed: int = 0,
    confirm: bool = True,
) -> EventStudy | Unanswered:
    """Estimate what a change did that units made at different times.

    Parameters
    ----------
    panel : Panel or DataFrame
        Units x periods.
    change : str
        A KPI that is 0 until a unit changes and 1 from then on.
    outcome : str
        The KPI that may respond.
    horizon : int
        Up to how many periods since the change effects are shown and averaged.
    leads : int
        How many periods before are shown and tested together.
    anticipation : int
        Periods before the change in which units may already respond; the reference lies before these.
    level : float
        Confidence of all intervals.
    seed : int
        Of the draws behind the simultaneous intervals.
    confirm : bool
        Whether pyfixest computes the effects too. Only simulations should skip it.

    Returns
    -------
    EventStudy or Unanswered

    Raises
    ------
    QuestionError
        If a number of periods is no whole number, 0 or more.
    DisagreementError
        If pyfixest and this package give different effects.

    References
    ----------
    Sun and Abraham (2021), J. Econometrics 225:175-199; Callaway and Sant'Anna (2021), J. Econometrics 225:200-230.

    Examples
    --------
    >>> from causalkpi.worlds.staggered import make_staggered
    >>> data = as_panel(make_staggered().sample(120, 24, rng=1), unit="unit", period="period")
    >>> study = event_study(data, "customer_kpis", "service_behaviour")
    >>> round(study.overall.value, 2), [round(limit, 2) for limit in study.overall.interval]
    (3.99, [3.19, 4.78])
    >>> study["pre_periods"].result
    'holds'
    """
    asked, table = Question(change, outcome), as_panel(panel)
    _check(horizon=horizon, leads=leads, anticipation=anticipation)
    blocked = [Text("{kpi}: {why}", "{kpi}: {why}", kpi=Name(k), why=table.blocked[k])
               for k in (change, outcome) if k in table.blocked]  # fmt: skip
    if blocked:
        return Unanswered(asked, "refused_data", Text.join(blocked, "; "), remedy=MEND)
    try:
        table.columns([(change, 0), (outcome, 0)])
        found = read_changeover(table, change, outcome, anticipation)
        cells = group_time(found, confirm=confirm)
    except DataError as error:
        found_wrong = [
            Text("{where}: {found}, expected {expected}", "{where}: {found}, verwacht {expected}",
                 where=fault.where, found=fault.found, expected=fault.expected)
            for fault in error.faults
        ]  # fmt: skip
        remedy = Text.join(dict.fromkeys(fault.remedy for fault in error.faults)) or MEND
        return Unanswered(asked, "refused_data", Text.join(found_wrong, "; "), remedy=remedy)
    except Refusal as refusal:
        return Unanswered(asked, refusal.status, refusal.reason, remedy=refusal.remedy)
    if not ((cells.since >= 0) & (cells.since <= horizon)).any():
        reason = Text("Nothing is seen from the change on", "Vanaf de verandering is niets waargenomen")
        return Unanswered(asked, "not_estimable", reason, remedy=MEND)
    return _written(table, asked, found, cells, horizon, leads, level, seed)


def _check(**periods: int) -> None:
    faults = [
        Fault(name, repr(number), "a whole number of periods, 0 or more", rule=name)
        for name, number in periods.items()
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 0
    ]
    raise_all(QuestionError, "The question makes no sense.", faults)


def _written(
    panel: Panel,
    asked: Question,
    found: Changeover,
    cells: GroupTime,
    horizon: int,
    leads: int,
    level: float,
    seed: int,
) -> EventStudy:
    """The result, with all that belongs beside it."""
    after = (cells.since >= 0) & (cells.since <= horizon)
    overall = cells.average(cells.weights(after), level)
    shown = (cells.since <= horizon) & (cells.since >= found.reference - leads)
    dates = np.unique(found.adopts[found.adopts < NEVER])
    return EventStudy(
        asked.treatment,
        asked.outcome,
        overall,
        _moments(cells, np.unique(cells.since[shown]), level, seed),
        cells,
        int(min(horizon, cells.since.max())),
        found.reference,
        level,
        found.comparison,
        Text(
            "clustered by unit, leaving one unit out at a time (CV3, {n} units)",
            "geclusterd per eenheid, telkens met weglating van één eenheid (CV3, {n} eenheden)",
            n=len(found.units),
        ),
        Text(
            "group-time effects from a regression saturated in cohort and period (Sun and Abraham 2021)",
            "effecten per groep en periode, uit een naar groep en periode verzadigde regressie (Sun en Abraham 2021)",
        ),
        {panel.label(int(date)): found.count(found.adopts == date) for date in dates},
        len(panel.frame),
        len(found.unit),
        len(found.units),
        len(np.unique(found.period)),
        beside(found, horizon, level),
        examine_changeover(found, cells, leads, horizon, overall, level, asked.outcome),
        _warnings(found, overall),
    )


def _moments(cells: GroupTime, sinces: np.ndarray, level: float, seed: int) -> tuple[Moment, ...]:
    weights = np.column_stack([cells.weights(cells.since == since) for since in sinces])
    effects = [cells.average(w, level) for w in weights.T]
    critical = joint_critical(cells.covariance(weights), min(e.df for e in effects), level, np.random.default_rng(seed))
    return tuple(
        Moment(
            int(since),
            effect,
            (effect.value - critical * effect.std_error, effect.value + critical * effect.std_error),
            int(cells.counts[cells.since == since].sum()),
            int((cells.since == since).sum()),
        )
        for since, effect in zip(sinces, effects, strict=True)
    )


def _warnings(found: Changeover, overall: Average) -> tuple[Text, ...]:
    few = Text(
        "The answer rests on about {n:.0f} units: its interval is approximate.",
        "Het antwoord berust op ongeveer {n:.0f} eenheden: het interval is een benadering.",
        n=overall.df + 1,
    )
    return (*found.notes, *([few] if overall.df + 1 < FEW_UNITS else []))
