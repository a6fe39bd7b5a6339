"""An organisation whose true effects are known, because it can be run again with an intervention.

A world holds an honest graph and a sampler. The sampler draws everything that chance decides (what
lasts in a unit, what happens in a period, the noise) and hands back a *history*: a function from
interventions to KPI values. Running one history with and without an intervention gives the same
organisation twice, differing by that intervention alone, so a true effect is the difference of two
runs: simulated, never asserted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd

from ..errors import Fault, QuestionError, did_you_mean, raise_all
from ..graph import KPIGraph
from .interventions import History, Intervention, pulse, sustained

Sampler = Callable[[int, int, np.random.Generator], History]
Gaps = Callable[[int, int, np.random.Generator], dict[str, np.ndarray]]


@dataclass(frozen=True)
class MissedWaves:
    """Survey waves that were not held: all survey KPIs of a unit are missing in that period.

    Parameters
    ----------
    kpis : tuple of str
        The KPIs that the survey measures.
    share : float
        Share of unit-periods that miss, completely at random.
    period : int
        One period that more units missed.
    units : float
        Their share of the units, completely at random.

    Examples
    --------
    >>> missed = MissedWaves(("loyalty",), share=0.0, period=1, units=1.0)
    >>> missed(2, 3, np.random.default_rng(1))["loyalty"].astype(int)
    array([[0, 1, 0],
           [0, 1, 0]])
    """

    kpis: tuple[str, ...]
    share: float
    period: int
    units: float

    def __call__(self, units: int, periods: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Masks (units, periods), one per KPI."""
        missed = rng.random((units, periods)) < self.share
        late = rng.random(units) < self.units
        if self.period < periods:
            missed[:, self.period] |= late
        return dict.fromkeys(self.kpis, missed)


def none_missing(units: int, periods: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """No missing values."""
    return {}


class Asked(Protocol):
    """What a world needs to know of a question."""

    @property
    def treatment(self) -> str:
        """The KPI that is raised."""
        ...

    @property
    def outcome(self) -> str:
        """The KPI that may respond."""
        ...

    @property
    def horizon(self) -> int:
        """Periods between them."""
        ...

    @property
    def contrast(self) -> float:
        """How much the treatment is raised, in its own unit."""
        ...


@dataclass(frozen=True)
class TrueEffect:
    """What a pulse in the treatment does to the outcome, by simulation.

    Parameters
    ----------
    value : float
        Mean difference in the outcome, in its own unit, for the whole contrast.
    std_error : float
        Of the simulation; zero where the effect is the same for all units.
    units : int
        How many units were simulated.
    description : str
        The intervention, the outcome and the average, in words.
    """

    value: float
    std_error: float
    units: int
    description: str


@dataclass(frozen=True)
class World:
    """A simulated organisation.

    Parameters
    ----------
    id, en, nl : str
        Its name in code, in English and in Dutch.
    reference : str
        Where the idea comes from.
    graph : KPIGraph
        The honest graph: what causes what in this organisation, hidden KPIs included.
    believed : KPIGraph
        What somebody would draw: without the hidden KPIs, and in some worlds with a link that is missing or
        misdrawn; `graph` itself where nothing is hidden and nothing misdrawn.
    sampler : callable
        ``(units, periods, rng)`` to a history, which maps interventions to arrays (units, periods).
    description : str
        What a reader should know about it.
    missing : callable
        ``(units, periods, rng)`` to masks (units, periods) of the values that nobody recorded.
    first_year : int
        The year of the first quarter.
    """

    id: str
    en: str
    nl: str
    reference: str = field(repr=False)
    graph: KPIGraph = field(repr=False)
    believed: KPIGraph = field(repr=False)
    sampler: Sampler = field(repr=False)
    description: str = field(repr=False)
    missing: Gaps = field(default=none_missing, repr=False)
    first_year: int = field(default=2019, repr=False)

    def sample(
        self,
        units: int,
        periods: int,
        rng: int | np.random.Generator,
        do: Mapping[str, Intervention] | None = None,
        *,
        hidden: bool = False,
        complete: bool = False,
    ) -> pd.DataFrame:
        """Data of this organisation, as it went or as it would have gone.

        Parameters
        ----------
        units, periods : int
            The size of the panel.
        rng : int or numpy.random.Generator
            Equal seeds give the same organisation, whatever `do` says.
        do : mapping of str to callable, optional
            For a KPI ``(values, period) -> values``: from the values (units,) that it is about to
            take in this period to those that it is given; see :class:`pulse`, :class:`sustained`.
        hidden, complete : bool
            Whether to include hidden KPIs, and the values that nobody recorded.

        Returns
        -------
        pandas.DataFrame
            One row per unit and period: ``unit``, ``period`` and a column per KPI.

        Raises
        ------
        QuestionError
            For unknown KPIs in `do`, or a panel without units or periods.

        Examples
        --------
        >>> from causalkpi.worlds import load_world, pulse
        >>> bank = load_world("waterland")
        >>> as_it_went = bank.sample(100, 8, rng=1)
        >>> raised = bank.sample(100, 8, rng=1, do={"customer_loyalty": pulse(at=4, by=1.0)})
        >>> difference = (raised["churn"] - as_it_went["churn"]).groupby(raised["period"]).mean()
        >>> difference[["2020Q1", "2020Q2"]].round(6).tolist()
        [0.0, -0.000284]
        """
        do = dict(do or {})
        self._check(units=units, periods=periods, do=do)
        rng = np.random.default_rng(rng)
        history = self.sampler(units, periods, rng)
        gaps = {} if complete else self.missing(units, periods, rng)
        values = history(do)
        columns = {
            kpi.id: np.where(gaps.get(kpi.id, False), np.nan, values[kpi.id]).ravel()
            for kpi in self.graph.kpis
            if hidden or kpi.observed
        }
        width = max(3, len(str(units)))
        names = np.array([f"B{unit:0{width}d}" for unit in range(1, units + 1)], dtype=object)
        quarters = np.array([self.quarter(period) for period in range(periods)], dtype=object)
        return pd.DataFrame({"unit": np.repeat(names, periods), "period": np.tile(quarters, units), **columns})

    def quarter(self, period: int) -> str:
        """The label of a period: ``2019Q1`` for the first."""
        return f"{self.first_year + period // 4}Q{period % 4 + 1}"

    def true_effect(
        self, question: Asked, *, units: int = 4000, seed: int = 0, at: int = 0, held: Collection[str] = ()
    ) -> TrueEffect:
        """What a pulse does, over many units of this organisation.

        Parameters
        ----------
        question : Question
            Treatment, outcome, horizon and contrast.
        units : int
            How many units to simulate.
        seed : int
            Of the simulation.
        at : int
            The period in which the treatment is raised.
        held : collection of str
            KPIs that stay what they would have been without the pulse; see :meth:`changes`.

        Returns
        -------
        TrueEffect

        Examples
        --------
        >>> from causalkpi.question import Question
        >>> from causalkpi.worlds import load_world
        >>> truth = load_world("waterland").true_effect(Question("customer_loyalty", "churn", 1))
        >>> round(truth.value, 6), truth.description
        (-0.000284, 'customer_loyalty +1 in 2019Q1 -> churn in 2019Q2, mean of 4000 units')
        """
        change = self.changes(question, units=units, seed=seed, at=at, held=held)[:, -1]
        error = change.std(ddof=1) / np.sqrt(units) if units > 1 else np.inf
        kept = f" with {', '.join(held)} as it would have been" if held else ""
        description = (
            f"{question.treatment} {question.contrast:+g} in {self.quarter(at)}{kept} -> "
            f"{question.outcome} in {self.quarter(at + question.horizon)}, mean of {units} units"
        )
        return TrueEffect(float(change.mean()), float(error), units, description)

    def changes(
        self, question: Asked, *, units: int = 4000, seed: int = 0, at: int = 0, held: Collection[str] = ()
    ) -> np.ndarray:
        """What a pulse does to the outcome of every unit, from the pulse until the horizon.

        Parameters
        ----------
        question, units, seed, at
            As for :meth:`true_effect`.
        held : collection of str
            KPIs that are given, in every period, the values that they would have had without the pulse. What is
            left is the effect along the paths that visit none of them: of mediators, the natural direct effect.

        Returns
        -------
        numpy.ndarray
            Differences (units, horizon + 1) in the outcome's own unit: a row's sum is the cumulative effect.

        Examples
        --------
        >>> from causalkpi.question import Question
        >>> from causalkpi.worlds import load_world
        >>> stores, asked = load_world("against_the_book"), Question("workload", "service_behaviour", 2)
        >>> stores.changes(asked, units=1).round(3)
        array([[-0.1  , -0.09 , -0.061]])
        """
        self._check(question, units=units, periods=at + question.horizon + 1, at=at, held=held)
        history = self.sampler(units, at + question.horizon + 1, np.random.default_rng(seed))
        return (_raised(history, question, at, held) - history({})[question.outcome])[:, at:]

    def effect_in_sample(self, question: Asked, units: int, periods: int, seed: int) -> float:
        """The mean effect over the very rows from which a panel of this seed would estimate it.

        Parameters
        ----------
        question : Question
            Treatment, outcome, horizon and contrast.
        units, periods, seed : int
            As for :meth:`sample`, so that both are about the same organisation.

        Returns
        -------
        float
            Mean over all units and over every period of which the outcome still lies in the panel;
            the treatment is raised in one period at a time.

        Examples
        --------
        >>> from causalkpi.question import Question
        >>> from causalkpi.worlds import load_world
        >>> bank = load_world("waterland")
        >>> round(bank.effect_in_sample(Question("customer_loyalty", "churn", 1), 20, 6, seed=1), 6)
        -0.000284
        """
        self._check(question, units=units, periods=periods)
        return float(self.responses_in_sample(question, units, periods, seed)[question.outcome][question.horizon])

    def responses_in_sample(self, question: Asked, units: int, periods: int, seed: int) -> dict[str, np.ndarray]:
        """The same for every KPI and horizon after the question's pulse, shape (periods,) each."""
        history = self.sampler(units, periods, np.random.default_rng(seed))
        natural = history({})
        sums = {kpi: np.zeros(periods) for kpi in natural}
        for t in range(periods):
            raised = history({question.treatment: pulse(t, question.contrast)})
            for kpi, values in raised.items():
                sums[kpi][: periods - t] += (values - natural[kpi])[:, t:].mean(axis=0)
        return {kpi: total / np.arange(periods, 0, -1) for kpi, total in sums.items()}

    def _check(
        self,
        question: Asked | None = None,
        *,
        units: int,
        periods: int,
        at: int = 0,
        do: Mapping[str, Intervention] | None = None,
        held: Collection[str] = (),
    ) -> None:
        """Raise QuestionError, listing everything that this world cannot be asked."""
        faults = [
            Fault(word, repr(number), f"a whole number, {least} or more", rule="size")
            for word, number, least in (("units", units, 1), ("periods", periods, 1), ("at", at, 0))
            if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least
        ]
        named = [("do", kpi) for kpi in do or {}] + [("held", kpi) for kpi in held]
        if question is not None:
            named += [("treatment", question.treatment), ("outcome", question.outcome)]
            if not faults and not 0 <= question.horizon < periods:
                found = f"{question.horizon} in {periods} periods"
                faults.append(Fault("horizon", found, "0 or more, inside the panel", rule="size"))
            faults += [
                Fault("held", f"{kpi!r}, which is asked about", "KPIs between treatment and outcome", rule="held")
                for kpi in held
                if kpi in (question.treatment, question.outcome)
            ]
        faults += [
            Fault(
                where,
                f"unknown KPI {kpi!r}",
                f"a KPI of {self.en}",
                did_you_mean(kpi, self.graph.ids),
                rule="unknown-kpi",
            )
            for where, kpi in named
            if kpi not in self.graph
        ]
        raise_all(QuestionError, f"{self.en} cannot be asked this.", faults)


def _raised(history: History, question: Asked, at: int, held: Collection[str] = ()) -> np.ndarray:
    """The outcome (units, periods) with the treatment raised in one period, and some KPIs as they were."""
    as_it_was = {kpi: sustained(0, 0.0) for kpi in held}
    return history({question.treatment: pulse(at, question.contrast), **as_it_was})[question.outcome]
