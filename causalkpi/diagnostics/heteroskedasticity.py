"""Is the spread of what is left the same everywhere: Breusch and Pagan's test, studentised."""

from __future__ import annotations

from typing import Any

import numpy as np
from statsmodels.stats.diagnostic import het_breuschpagan

from ..estimators.result import Regression
from ..estimators.sample import Sample
from ..estimators.screen import dependent
from ..finding import BY_P, Finding, p_text, result_of
from ..language import Text
from ..panel import Panel
from .robust import by_unit, fitted, levels, score_test, untestable

_ABOUT: dict[str, Any] = {
    "id": "heteroskedasticity",
    "question": Text(
        "Is the spread of what the regression leaves unexplained the same everywhere?",
        "Is de spreiding van wat de regressie onverklaard laat overal gelijk?",
    ),
    "null": Text(
        "The spread of the residuals does not go with the regressors.",
        "De spreiding van de residuen hangt niet samen met de verklarende KPI's.",
    ),
    "rule": BY_P,
    "reference": "Breusch and Pagan (1979), Econometrica 47; Koenker (1981), Journal of Econometrics 17",
}
_CONSTANT = Text(
    "Nothing varies that the spread could go with.", "Er varieert niets waarmee de spreiding kan samenhangen."
)


def heteroskedasticity(regression: Regression, panel: Panel, rng: np.random.Generator) -> Finding:
    """Whether squared residuals go with the regressors.

    In a cross-section Koenker's studentised version against all regressors, as statsmodels has it (its F form, which
    keeps its size in small samples). Where units are seen repeatedly their squared residuals hang together, so the
    treatment and the fitted index are tested by a score test over units; squares are divided by one minus leverage,
    because units that are seen less often leave smaller residuals.

    Parameters
    ----------
    regression : Regression
    panel : Panel
        The one that it was fitted to.
    rng : numpy.random.Generator
        Not used.
    """
    sample = regression.whole.sample
    slopes, residual = fitted(sample)
    why = untestable(sample, residual)
    if why is not None:
        return Finding(**_ABOUT, result="not_applicable", seen=why)
    if sample.repeated:
        columns = np.column_stack(levels(regression, panel, slopes))
        columns = columns[:, [j for j in range(2) if j not in dependent(columns)]]
        if not columns.shape[1]:
            return Finding(**_ABOUT, result="not_applicable", seen=_CONSTANT)
        squares = residual**2 / (1 - _leverage(sample)).clip(1e-6)
        surplus = squares / squares.mean() - 1
        statistic, p = score_test(by_unit(sample, columns * surplus[:, None]))
        how = Text("clustered by unit", "geclusterd per eenheid")
    else:
        _, _, statistic, p = map(float, het_breuschpagan(residual, sample.design))
        how = Text("Breusch-Pagan, studentised", "Breusch-Pagan, gestudentiseerd")
    return Finding(
        **_ABOUT,
        result=result_of(p),
        seen=Text(
            "Spread against the regressors ({how}): F = {f:.2f}, {p}.",
            "Spreiding tegenover de verklarende KPI's ({how}): F = {f:.2f}, {p}.",
            how=how,
            f=statistic,
            p=p_text(p),
        ),
        consequence=Text(
            "None for the estimate; the standard errors used allow for an uneven spread: {convention}.",
            "Geen voor de schatting; de gebruikte standaardfouten houden al rekening met ongelijke spreiding: "
            "{convention}.",
            convention=regression.best.convention,
        ),
        statistic=statistic,
        p_value=p,
    )


def _leverage(sample: Sample) -> np.ndarray:
    """Each row's leverage, that of the unit means included where they were taken out."""
    q = np.linalg.qr(sample.design)[0]
    own = np.einsum("ij,ij->i", q, q)
    if not sample.unit_effects:
        return own
    return own + 1 / np.bincount(sample.unit)[sample.unit] - 1 / len(own)
