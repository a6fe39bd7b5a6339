"""How the standard errors of one regression are computed: each convention a function from what was fitted to errors.

:func:`usual` is the rule that applies unless somebody chooses; the others may be given to
:func:`causalkpi.estimators.estimate` and :class:`causalkpi.study.Study` as ``errors``. A
study file names one by its key in :data:`CHOICES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..language import Text
from .clusters import cosine_covariance, cosines_for, cr2, driscoll_kraay, jackknife_covariance, two_way
from .sample import Sample
from .screen import Refusal

FEW_UNITS = 50
FEWEST_GROUPS = 10
FEWEST_PERIODS = 20
_HC3 = Text("heteroskedasticity-robust (HC3)", "robuust tegen heteroskedasticiteit (HC3)")
_LEAVE_ROW = Text(
    "leaving one row out at a time (a row of leverage 1 leaves HC3 undefined)",
    "telkens met weglating van één rij (bij een rij met hefboom 1 bestaat HC3 niet)",
)
USUAL_ERRORS = Text("Ask without another choice of errors.", "Stel de vraag zonder andere keuze van standaardfouten.")


@dataclass(frozen=True)
class Fitted:
    """A regression by least squares, in its own scale, as conventions need it.

    Parameters
    ----------
    sample : Sample
    design : ndarray, shape (n, k)
    residual : ndarray, shape (n,)
    which : slice
        The treatments' columns, m of them.
    robust : ndarray, shape (m, m)
        statsmodels' covariance: CR1 by unit, HC3 in a cross-section.
    left_out : ndarray, shape (units, m)
        The slopes with each unit left out in turn.
    left_out_df : float
        Of the t distribution that goes with them.
    effective : float
        How many units the treatments' variation is spread over.
    """

    sample: Sample
    design: np.ndarray
    residual: np.ndarray
    which: slice
    robust: np.ndarray
    left_out: np.ndarray
    left_out_df: float
    effective: float


@dataclass(frozen=True)
class Errors:
    """The covariance of the treatments' slopes, with its t distribution and its name.

    Parameters
    ----------
    covariance : ndarray, shape (m, m)
    df : float
    convention : Text
    """

    covariance: np.ndarray
    df: float
    convention: Text


Convention = Callable[[Fitted], Errors]


def usual(fitted: Fitted) -> Errors:
    """By unit where units are seen repeatedly, CR2 where they are few; robust to heteroskedasticity elsewhere."""
    units = len(fitted.sample.units)
    if not fitted.sample.repeated:
        q = np.linalg.qr(fitted.design)[0]
        undefined = not np.isfinite(fitted.robust).all() or np.einsum("ij,ij->i", q, q).max() > 1 - 1e-8
        covariance = jackknife_covariance(fitted.left_out) if undefined else fitted.robust
        return Errors(covariance, fitted.left_out_df, _LEAVE_ROW if undefined else _HC3)
    if min(units, fitted.effective) < FEW_UNITS:
        return bias_reduced(fitted)
    convention = Text("clustered by unit (CR1, {n} units)", "geclusterd per eenheid (CR1, {n} eenheden)", n=units)
    return Errors(fitted.robust, units - 1.0, convention)


def bias_reduced(fitted: Fitted) -> Errors:
    """Clustered by unit, CR2, with Satterthwaite's degrees of freedom; see :func:`causalkpi.estimators.clusters.cr2`.

    With several treatments the fewest of their degrees of freedom.
    """
    sample = fitted.sample
    covariance, df = cr2(fitted.design, fitted.residual, sample.unit, fitted.which)
    fewest = float(df.min())
    convention = Text(
        "clustered by unit (CR2, {n} units, {df:.1f} degrees of freedom by Satterthwaite)",
        "geclusterd per eenheid (CR2, {n} eenheden, {df:.1f} vrijheidsgraden volgens Satterthwaite)",
        n=len(sample.units),
        df=fewest,
    )
    return Errors(covariance, fewest, convention)


def leave_one_unit_out(fitted: Fitted) -> Errors:
    """Clustered by unit, from the slopes with each unit left out (CV3); wider than CR2, and free of a working model."""
    convention = Text(
        "clustered by unit, leaving one unit out at a time (CV3, {n} units)",
        "geclusterd per eenheid, telkens met weglating van één eenheid (CV3, {n} eenheden)",
        n=len(fitted.sample.units),
    )
    return Errors(jackknife_covariance(fitted.left_out), fitted.left_out_df, convention)


def by_unit_and_period(fitted: Fitted) -> Errors:
    """Clustered by unit and by period: for shocks that units share, do not last, and no period effect takes out.

    Where they last, :func:`across_units` is the better choice (tests/truth/shared_shocks.py). Refused with fewer than
    ten units or periods; see :func:`causalkpi.estimators.clusters.two_way`.
    """
    sample = fitted.sample
    counts = len(sample.units), int(sample.period.max()) + 1
    _require(min(counts), FEWEST_GROUPS, Text("units and periods each", "eenheden en perioden elk"))
    covariance, mended = two_way(fitted.design, fitted.residual, sample.unit, sample.period, fitted.which)
    convention = Text(
        "clustered by unit and by period ({units} units, {periods} periods), for shared shocks that do not "
        "last{mended}",
        "geclusterd per eenheid en per periode ({units} eenheden, {periods} perioden), voor gedeelde schokken die niet "
        "aanhouden{mended}",
        units=counts[0],
        periods=counts[1],
        mended=Text(
            ", the larger of the two alone, because together they gave less",
            ", de grootste van beide apart, omdat ze samen minder gaven",
        )
        if mended
        else "",
    )
    return Errors(covariance, min(counts) - 1.0, convention)


def across_units(fitted: Fitted) -> Errors:
    """Errors may hang together across units and over time: sums by period, their long-run variance by cosines.

    For shocks that units share, that last, and that no period effect takes out. Refused with fewer than twenty periods;
    see :func:`causalkpi.estimators.clusters.cosine_covariance`. Simulated in tests/truth/shared_shocks.py.
    """
    periods, taken = _long(fitted)
    waves = cosines_for(periods)
    covariance = cosine_covariance(
        fitted.design, fitted.residual, fitted.sample.period, fitted.which, waves, taken=taken
    )
    convention = Text(
        "robust across units and over time ({periods} periods, {waves} equally weighted cosines, t with as many "
        "degrees of freedom)",
        "robuust over eenheden en in de tijd ({periods} perioden, {waves} even zware cosinussen, t met evenveel "
        "vrijheidsgraden)",
        periods=periods,
        waves=waves,
    )
    return Errors(covariance, float(waves), convention)


def by_driscoll_and_kraay(fitted: Fitted) -> Errors:
    """The same by Driscoll and Kraay's weights, for comparison with other software; they reject in 6 to 9% for 5%.

    Lags by 1.3 sqrt(T), the rule of Lazarus, Lewis, Stock and Watson (2018), with critical values for fixed b.
    """
    periods, taken = _long(fitted)
    lags = int(1.3 * periods**0.5)
    covariance, df = driscoll_kraay(
        fitted.design, fitted.residual, fitted.sample.period, fitted.which, lags, taken=taken
    )
    convention = Text(
        "Driscoll and Kraay ({periods} periods, Bartlett weights over {lags} lags, fixed-b critical values)",
        "Driscoll en Kraay ({periods} perioden, Bartlett-gewichten over {lags} vertragingen, kritieke waarden bij "
        "vaste b)",
        periods=periods,
        lags=lags,
    )
    return Errors(covariance, df, convention)


def _long(fitted: Fitted) -> tuple[int, int]:
    """How many periods there are, and how many unit means were taken out; refused where the panel is short."""
    sample = fitted.sample
    periods = int(sample.period.max()) + 1
    _require(periods, FEWEST_PERIODS, Text("periods", "perioden"))
    return periods, (len(sample.units) - 1) * sample.unit_effects


def _require(count: int, fewest: int, what: Text) -> None:
    """Refuse a convention that rests on too few groups."""
    if count < fewest:
        raise Refusal(
            Text(
                "The standard errors asked for need {fewest} {what}; there are {count}.",
                "De gevraagde standaardfouten vergen {fewest} {what}; het zijn er {count}.",
                fewest=fewest,
                what=what,
                count=count,
            ),
            USUAL_ERRORS,
        )


CHOICES: Mapping[str, tuple[Convention, Text]] = {
    "usual": (
        usual,
        Text(
            "usual: by unit where units are seen repeatedly, CR2 where they are few, robust to heteroskedasticity "
            "(HC3) where they are seen once",
            "gebruikelijk: per eenheid bij herhaalde waarneming, CR2 bij weinig eenheden, robuust tegen "
            "heteroskedasticiteit (HC3) bij eenmalige waarneming",
        ),
    ),
    "bias_reduced": (bias_reduced, Text("by unit, CR2 for few units", "per eenheid, CR2 voor weinig eenheden")),
    "leave_one_unit_out": (
        leave_one_unit_out,
        Text(
            "by unit, leaving one unit out at a time (CV3)",
            "per eenheid, telkens met weglating van één eenheid (CV3)",
        ),
    ),
    "by_unit_and_period": (
        by_unit_and_period,
        Text(
            "by unit and by period, for shared shocks that do not last",
            "per eenheid en per periode, voor gedeelde schokken die niet aanhouden",
        ),
    ),
    "across_units": (
        across_units,
        Text(
            "across units and over time, for shared shocks that last",
            "over eenheden en in de tijd, voor gedeelde schokken die aanhouden",
        ),
    ),
    "by_driscoll_and_kraay": (
        by_driscoll_and_kraay,
        Text("Driscoll and Kraay, as other software has it", "Driscoll en Kraay, zoals andere software het doet"),
    ),
}


def chosen(convention: Convention) -> tuple[str, Text]:
    """The name of a convention and what it is, in words; one that is nobody's choice by name goes by its own.

    Examples
    --------
    >>> chosen(bias_reduced)
    ('bias_reduced', 'by unit, CR2 for few units')
    """
    for name, (listed, words) in CHOICES.items():
        if listed is convention:
            return name, words
    name = getattr(convention, "__name__", "errors")
    return name, Text("a function of the study's own: {name}", "een eigen functie van het onderzoek: {name}", name=name)
