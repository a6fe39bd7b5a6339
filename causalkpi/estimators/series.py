"""One organisation over time: least squares with errors that hang together, where the series allow it at all.

There are no other units to compare with, so the spread of the slope comes from its course over time: the long-run
variance of the scores, by a few cosine waves of equal weight, with as many degrees of freedom as there are waves
(fixed-b inference: Lazarus, Lewis, Stock and Watson 2018). Series without a steady level are refused: of two that have
nothing to do with each other most would seem related (Granger and Newbold 1974). What remains was simulated in
tests/truth.
"""

from __future__ import annotations

import warnings

import numpy as np
from statsmodels.tsa.stattools import adfuller, kpss

from ..graph import PERIOD_NODE, UNIT_NODE
from ..language import Text, both
from ..panel import Panel
from ..question import Estimand
from .clusters import cosine_covariance, cosines_for
from .conventions import Errors, Fitted
from .linear import report
from .regression import fit
from .result import Estimate
from .sample import Sample, build_sample
from .screen import Refusal

FEWEST_PERIODS = 36
MOST_LASTING = 0.6
UNIT_ROOT, STEADY = 0.10, 0.01  # p-values of the null of a unit root, and of the null of a steady level
ONE_SERIES = Text(
    "One organisation's series cannot show what would have happened otherwise: there is no other unit to compare with, "
    "and everything that changed at the same time (the market, the season, the economy, a new director) may be behind "
    "it. Only what is held fixed is ruled out.",
    "De reeks van één organisatie kan niet laten zien wat er anders zou zijn gebeurd: er is geen andere eenheid om "
    "mee te vergelijken, en alles wat tegelijk veranderde (de markt, het seizoen, de economie, een nieuwe directeur) "
    "kan erachter zitten. Alleen wat constant wordt gehouden, is uitgesloten.",
)


def estimate_series(panel: Panel, estimand: Estimand, level: float, *, confirm: bool = True) -> Estimate:
    """The back-door estimate from a single unit's periods; see :func:`causalkpi.estimators.estimate`.

    Raises
    ------
    Refusal
        With fewer than 36 complete periods, gaps, a series or residuals without a steady level, or an adjustment set
        that asks for what the units of one period share.
    """
    question = estimand.question
    if PERIOD_NODE in estimand.adjustment:
        raise Refusal(
            Text(
                "Shocks that all units share must be taken out here, and one unit alone cannot tell them from the "
                "treatment.",
                "Hier moet voor gedeelde schokken worden gecorrigeerd, en met één eenheid zijn die niet van de ingreep "
                "te onderscheiden.",
            ),
            Text("Bring other units of the same periods.", "Lever ook andere eenheden uit dezelfde perioden aan."),
        )
    held = [node for node in estimand.adjustment if node != UNIT_NODE]  # the constant is this unit's lasting level
    sample = build_sample(panel, question.target, [question.source], held, alone=True)
    _require_periods(panel, sample)
    _require_steady([(sample.outcome_name, sample.outcome), (sample.treatment_names[0], sample.treatments[:, 0])])
    main = fit(sample, confirm=confirm, errors=over_time)
    left = main.results.resid.to_numpy()
    _require_steady([(Text("what the regression leaves", "wat de regressie overlaat"), left)])
    _require_fading(left)
    return report(
        panel,
        estimand,
        value=float(main.slopes[0]) * question.contrast,
        error=float(np.sqrt(main.covariance[0, 0])) * abs(question.contrast),
        main=main,
        level=level,
        estimator=Text("least squares over time, one unit", "kleinste kwadraten over de tijd, één eenheid"),
        dowhy=float(main.dowhy[0]) * question.contrast,
        warnings=(ONE_SERIES,),
    )


def over_time(fitted: Fitted) -> Errors:
    """Errors that hang together over time, for one unit whose rows are in the order of time."""
    waves = waves_for(fitted.residual)
    periods = np.arange(len(fitted.residual))
    covariance = cosine_covariance(fitted.design, fitted.residual, periods, fitted.which, waves)
    convention = Text(
        "one series: autocorrelation-robust, {waves} equally weighted cosines, t with as many degrees of freedom "
        "({n} periods)",
        "één reeks: robuust tegen autocorrelatie, {waves} even zware cosinussen, t met evenveel vrijheidsgraden "
        "({n} perioden)",
        waves=waves,
        n=len(fitted.residual),
    )
    return Errors(covariance, float(waves), convention)


def waves_for(residual: np.ndarray) -> int:
    """How many cosines to use: 0.4 T^(2/3), and half of them where residuals hang together from period to period.

    The first is the rule of Lazarus, Lewis, Stock and Watson (2018). Halving it where the first autocorrelation exceeds
    1 / sqrt(T) buys coverage in short series at the price of length (tests/truth/one_series.py).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> waves_for(rng.normal(size=80)), waves_for(np.cumsum(rng.normal(size=80)))
    (7, 3)
    """
    periods = len(residual)
    waves = cosines_for(periods)
    return max(2, waves // 2 if abs(lasting(residual)) > periods**-0.5 else waves)


def lasting(residual: np.ndarray) -> float:
    """The first autocorrelation: how much of a residual is left a period later.

    Examples
    --------
    >>> lasting(np.array([1.0, 1.0, -1.0, -1.0]))
    0.25
    """
    return float(residual[1:] @ residual[:-1] / (residual @ residual)) if residual.any() else 0.0


def unsteady(series: np.ndarray) -> bool:
    """Whether a series may have no steady level: a unit root is not rejected at 10%, or a steady level is at 1%.

    Augmented Dickey-Fuller (lags by AIC) and Kwiatkowski, Phillips, Schmidt and Shin, by statsmodels, around a level.
    The burden lies with the series: one that wanders is easily taken for one that does not, and then misleads most.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> unsteady(rng.normal(size=60)), unsteady(np.cumsum(rng.normal(size=60)))
    (False, True)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # p-values at the ends of a table
        return bool(adfuller(series)[1] >= UNIT_ROOT or kpss(series, nlags="auto")[1] <= STEADY)


def _require_periods(panel: Panel, sample: Sample) -> None:
    """Refuse short series and series with gaps."""
    ordinals = panel.frame.index.get_level_values(1)[sample.used].to_numpy()
    count, gaps = len(ordinals), int(ordinals[-1] - ordinals[0] + 1 - len(ordinals))
    if count < FEWEST_PERIODS:
        raise Refusal(
            Text(
                "One unit with {count} usable periods: with fewer than {fewest} nobody can tell how much the answer "
                "would differ in another stretch of time.",
                "Eén eenheid met {count} bruikbare perioden: met minder dan {fewest} valt niet te zeggen hoezeer het "
                "antwoord in een andere periode zou verschillen.",
                count=count,
                fewest=FEWEST_PERIODS,
            ),
            Text("Bring more units, or more periods.", "Lever meer eenheden aan, of meer perioden."),
        )
    if gaps:
        raise Refusal(
            Text(
                "Between its first and its last period the series lacks usable values (periods without: {gaps}): how "
                "it hangs together over time cannot be told.",
                "Tussen de eerste en de laatste periode mist de reeks bruikbare waarden (aantal perioden: {gaps}): hoe "
                "zij in de tijd samenhangt, is niet vast te stellen.",
                gaps=gaps,
            ),
            Text(
                "Fill the gaps from the source, or use an unbroken part.",
                "Vul de gaten uit de bron aan, of gebruik een aaneengesloten deel.",
            ),
        )


def _require_steady(series: list[tuple[str, np.ndarray]]) -> None:
    """Refuse series that may have no steady level."""
    wandering = [name for name, values in series if np.ptp(values) > 0 and unsteady(values)]
    if wandering:
        raise Refusal(
            Text(
                "In this series {names} may have no steady level (a unit root is not rejected at {root:.0%}, or a "
                "steady level is at {steady:.0%}): of two such series that have nothing to do with each other most "
                "seem related.",
                "In deze reeks hebben {names} mogelijk geen vast niveau (een eenheidswortel wordt niet verworpen bij "
                "{root:.0%}, of een vast niveau wel bij {steady:.0%}): twee zulke reeksen die niets met elkaar te "
                "maken hebben, lijken meestal samen te hangen.",
                names=both(wandering),
                root=UNIT_ROOT,
                steady=STEADY,
            ),
            Text(
                "Ask about differences: changes from one period to the next, as KPIs of their own.",
                "Vraag naar verschillen: veranderingen van periode op periode, als eigen KPI's.",
            ),
        )


def _require_fading(residual: np.ndarray) -> None:
    """Refuse residuals that last too long for their spread to be told from so few periods."""
    found = lasting(residual)
    if found > MOST_LASTING:
        raise Refusal(
            Text(
                "What the regression leaves of the outcome lasts from period to period (autocorrelation {found:.2f}, "
                "at most {most} is allowed): the interval would be too short.",
                "Wat de regressie van de uitkomst overlaat, houdt van periode op periode aan (autocorrelatie "
                "{found:.2f}, ten hoogste {most} is toegestaan): het interval zou te smal zijn.",
                found=found,
                most=MOST_LASTING,
            ),
            Text(
                "Let the graph say that the outcome depends on its own past, where it does, so that it is held fixed; "
                "or ask about differences.",
                "Leg in de graaf vast dat de uitkomst van haar eigen verleden afhangt, waar dat zo is, zodat het "
                "constant wordt gehouden; of vraag naar verschillen.",
            ),
        )
