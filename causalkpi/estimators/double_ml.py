"""Double machine learning: the adjusted slope without a straight line for the controls.

Outcome and treatment are each learned from the controls, by learners that bend as they need to; the slope is that of
what is left of the one on what is left of the other (Robinson 1988, Econometrica 56:931-954; Chernozhukov et al. 2018,
Econometrics Journal 21:C1-C68). Nothing is ever predicted for a unit that was learned from. One split into parts is one
draw, so several are made and the median is the answer, its error widened by how far they lie apart (their definition
3.3). The treatment itself still works in a straight line, and by the same amount for everybody.

Period effects are taken out of outcome and treatment as in the adjusted regression. A control's curve then also has
its average of the period taken out, which is no function of its deviation alone; so the learners are given each control
as it is and as its deviation. For a unit's few periods that is not enough: in 40 simulated panels of 100 units and 16
periods, in which nothing but a bend was wrong with the straight line, boosted trees left a seventh of its bias and 95%
intervals covered in 27. So questions that need unit effects are refused.

How often its intervals cover has been tried on too few panels to say (``tests/truth/double_ml.py``): take it for a
second opinion on the straight line, not for a headline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import DisagreementError, Fault
from ..graph import UNIT_NODE, Node
from ..language import Text
from ..panel import Panel
from ..question import Estimand
from .conventions import Convention, usual
from .linear import adjusted_fit, beside_of, report, taken_out
from .nuisance import BOOSTING, Columns, Learner, residuals, seconds_needed
from .regression import AGREEMENT, Fit, least_squares
from .result import Estimate
from .sample import Sample
from .screen import Refusal

LITTLE_LEFT = 0.05  # of the treatment's variance: below this its slope hangs on how well the learners fit
_STRAIGHT = Text("Ask for the adjusted regression.", "Vraag om de gecorrigeerde regressie.")
_LINEAR = Text(
    "the adjusted regression on the same rows, which holds the controls fixed along straight lines",
    "de gecorrigeerde regressie op dezelfde rijen, die de controles langs rechte lijnen constant houdt",
)


@dataclass(frozen=True)
class CrossFit:
    """A slope by double machine learning, with the adjusted regression's on the same rows.

    Parameters
    ----------
    linear : Fit
        The adjusted regression.
    fit : Fit
        Of the split whose slope is the median; its covariance is the median's, splits included.
    slopes : ndarray, shape (repeats,)
        Of every split.
    explained : tuple of float
        The share of the variance of outcome and of treatment that the learners foretell in units they have not seen,
        medians over splits; below zero where a mean foretells better.
    folds : int
    learner : Learner
    """

    linear: Fit = field(repr=False)
    fit: Fit = field(repr=False)
    slopes: np.ndarray
    explained: tuple[float, float]
    folds: int
    learner: Learner

    @property
    def between(self) -> float:
        """The median squared distance of the splits' slopes from the answer."""
        return float(np.median((self.slopes - self.fit.slopes[0]) ** 2))


def double_ml(
    panel: Panel,
    estimand: Estimand,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    *,
    learner: Learner = BOOSTING,
    folds: int = 5,
    repeats: int = 5,
    errors: Convention = usual,
    confirm: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> Estimate:
    """The partially linear estimate of a back-door estimand, for ``estimate(panel, estimand, by=double_ml)``.

    Parameters
    ----------
    panel : Panel
    estimand : Estimand
    level : float
    rng : numpy.random.Generator, optional
        For the splits and the learners; the same each time by default.
    learner : Learner
        ``BOOSTING`` or ``FOREST`` of :mod:`causalkpi.estimators.nuisance`, or one of your own.
    folds : int
        Parts of whole units, 2 or more.
    repeats : int
        How many splits into such parts.
    errors : callable
        Of the slope between what is left; see :mod:`causalkpi.estimators.conventions`.
    confirm : bool
        Whether DoWhy computes the slope of the adjusted regression beside it.
    progress : callable
        Told beforehand how long it will take; ``print`` will do.

    Raises
    ------
    Refusal
        Where the adjusted regression is refused; where unit effects must be taken out; where no KPI is held fixed; for
        one organisation's series; where econml (extra ``ml``) is not installed. As `by` of :func:`causalkpi.estimate`
        it becomes an unanswered question with the reason.
    DisagreementError
        If econml and statsmodels give different slopes.

    Examples
    --------
    A confounder that works in a bend. The straight line, which is beside the answer, takes it for an effect:

    >>> import networkx as nx, pandas as pd
    >>> from causalkpi import Question, estimate, identify
    >>> draw = np.random.default_rng(1)
    >>> market = draw.normal(size=1500)
    >>> loyalty = np.abs(market) + draw.normal(size=1500)
    >>> spend = loyalty + 2 * np.abs(market) + draw.normal(size=1500)
    >>> data = pd.DataFrame({"market": market, "loyalty": loyalty, "spend": spend})
    >>> graph = nx.DiGraph([("market", "loyalty"), ("market", "spend"), ("loyalty", "spend")])
    >>> answer = estimate(data, identify(graph, Question("loyalty", "spend")), by=double_ml)
    >>> answer.interval[0] < 1 < answer.interval[1], answer.beside[0].name, answer.beside[0].interval[0] > 1.4
    (True, 'linear', True)
    """
    question = estimand.question
    draws = np.random.default_rng(0) if rng is None else rng
    found = cross_fit(
        panel, estimand, question.target, [question.source], draws, learner=learner, folds=folds, repeats=repeats,
        errors=errors, confirm=confirm, progress=progress,
    )  # fmt: skip
    fit, scale = found.fit, question.contrast
    told = report(
        panel,
        estimand,
        value=float(fit.slopes[0]) * scale,
        error=float(np.sqrt(fit.covariance[0, 0])) * abs(scale),
        main=fit,
        level=level,
        estimator=_name(found),
        beside=[beside_of("linear", found.linear, scale, level, _LINEAR)],
        warnings=_cautions(found),
    )
    return replace(told, sample=None)  # it is the adjusted regression's, whose slope is beside the answer


def cross_fit(
    panel: Panel,
    estimand: Estimand,
    outcome: Node,
    treatments: Sequence[Node],
    rng: np.random.Generator,
    *,
    learner: Learner = BOOSTING,
    folds: int = 5,
    repeats: int = 5,
    errors: Convention = usual,
    confirm: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> CrossFit:
    """One outcome on one treatment, by double machine learning; see :func:`double_ml`."""
    if folds < 2 or repeats < 1:
        raise ValueError(f"Double machine learning takes 2 folds and 1 repeat or more; {folds} and {repeats} given.")
    _require_sound(panel, estimand)
    linear, _ = adjusted_fit(panel, estimand, outcome, treatments, confirm=confirm)
    columns, order = _columns(linear.sample)
    if not columns.features.shape[1]:
        raise Refusal(
            Text(
                "No KPI is held fixed, so there is no curve to learn: a straight line is all there is.",
                "Er wordt geen KPI constant gehouden, dus er valt geen kromme te leren: er is alleen een rechte lijn.",
            ),
            _STRAIGHT,
        )
    progress(cost_words(columns, learner, folds, repeats))
    splits = []
    for stream in rng.spawn(repeats):
        left = residuals(columns, learner, folds, stream)
        splits.append(_split(linear.sample, columns, order, *left, errors))
    fits = [fit for fit, _ in splits]
    slopes = np.array([fit.slopes[0] for fit in fits])
    middle = int(np.argsort(slopes, kind="stable")[repeats // 2])
    variance = np.median([fit.covariance[0, 0] + (fit.slopes[0] - slopes[middle]) ** 2 for fit in fits])
    fit = replace(fits[middle], covariance=np.array([[variance]]), df=min(fit.df for fit in fits))
    explained = np.median([share for _, share in splits], axis=0)
    return CrossFit(linear, fit, slopes, (float(explained[0]), float(explained[1])),
                    min(folds, len(linear.sample.units)), learner)  # fmt: skip


def cost_words(columns: Columns, learner: Learner, folds: int, repeats: int) -> Text:
    """What the learners will cost, timed on a few units, in a sentence."""
    seconds = seconds_needed(columns, learner, folds, repeats)
    return Text(
        "Double machine learning: about {seconds:.3g} seconds ({fits} fits by {learner} on {rows:,} rows)",
        "Double machine learning: ongeveer {seconds:.3g} seconden ({fits} keer {learner} op {rows:,} rijen)",
        seconds=float(f"{seconds:.2g}"),
        fits=2 * repeats * min(folds, int(columns.unit.max()) + 1),
        learner=learner.words,
        rows=len(columns.outcome),
    )


def _require_sound(panel: Panel, estimand: Estimand) -> None:
    """Refuse what cross-fitting by whole units cannot carry."""
    if estimand.route != "back_door":
        raise Refusal(
            Text(
                "Double machine learning is made for adjustment, and this answer comes by another route.",
                "Double machine learning is bedoeld voor correctie, en dit antwoord volgt een andere weg.",
            ),
            Text("Ask for its parts one by one.", "Vraag naar de delen afzonderlijk."),
        )
    if panel.repeated and panel.n_units == 1:
        raise Refusal(
            Text(
                "There is one unit, and nothing may be learned from the unit that it is used on.",
                "Er is één eenheid, en wat geleerd wordt mag niet komen van de eenheid waarop het wordt toegepast.",
            ),
            Text("Bring more units.", "Lever meer eenheden aan."),
        )
    if UNIT_NODE in estimand.adjustment:
        raise Refusal(
            Text(
                "Lasting unit effects must be taken out here. That takes each unit's average out of a control's curve "
                "too, which no learner can follow from a few periods: intervals were seen to be too short.",
                "Hier moet voor blijvende verschillen tussen eenheden worden gecorrigeerd. Daarmee gaat ook het "
                "gemiddelde per eenheid uit de kromme van een controle, en dat is uit enkele perioden niet te leren: "
                "intervallen bleken te kort.",
            ),
            _STRAIGHT,
        )


def _columns(sample: Sample) -> tuple[Columns, np.ndarray]:
    """What the learners see, rows in the order of units and periods, and that order."""
    rank = np.argsort(np.argsort(np.array(sample.units), kind="stable"), kind="stable")[sample.unit]
    order = np.lexsort((sample.period, rank))
    features = sample.controls
    if sample.period_effects:
        features = np.column_stack([features, _without(features, sample.dummies)])
    y, t = _without(np.column_stack([sample.outcome, sample.treatments]), sample.dummies).T
    return Columns((y / y.std())[order], (t / t.std())[order], features[order], rank[order]), order


def _without(columns: np.ndarray, dummies: np.ndarray) -> np.ndarray:
    """Columns less their means and what dummies explain of them."""
    centred = columns - columns.mean(axis=0)
    if not dummies.shape[1]:
        return centred
    q = np.linalg.qr(dummies - dummies.mean(axis=0))[0]
    return centred - q @ (q.T @ centred)


def _split(
    sample: Sample,
    columns: Columns,
    order: np.ndarray,
    outcome: np.ndarray,
    treatment: np.ndarray,
    econml: float,
    errors: Convention,
) -> tuple[Fit, tuple[float, float]]:
    """The slope of one split with its errors, and what the learners explain."""
    import pandas as pd

    y, t = np.empty_like(outcome), np.empty_like(treatment)
    y[order], t[order] = outcome, treatment
    endog = pd.Series(y, name=f"what is left of {sample.outcome_name}")
    exog = pd.DataFrame({f"what is left of {sample.treatment_names[0]}": t})
    spread = [_without(c, sample.dummies).std() for c in (sample.outcome[:, None], sample.treatments)]
    native = np.array([spread[0] / spread[1]])
    fit = least_squares(sample, endog, exog, slice(0, 1), native, errors)
    ours = float(fit.slopes[0] / native[0])
    if not abs(ours - econml) <= AGREEMENT * max(abs(ours), abs(econml), float(fit.results.bse.iloc[0])):
        fault = Fault(f"{sample.treatment_names[0]} -> {sample.outcome_name}", f"econml {econml!r}, statsmodels "
                      f"{ours!r}", f"agreement to {AGREEMENT:g}")  # fmt: skip
        raise DisagreementError("econml and statsmodels disagree on the same residuals.", [fault])
    return fit, (1 - float((outcome**2).mean()), 1 - float((treatment**2).mean()))


def _name(found: CrossFit) -> Text:
    sample = found.fit.sample
    how = Text(
        "double machine learning by {learner}, {folds} parts of whole units, median of {repeats} splits; in units not "
        "learned from the controls foretell {outcome:.0%} of the outcome's variance and {treatment:.0%} of the "
        "treatment's",
        "double machine learning met {learner}, {folds} delen van hele eenheden, mediaan van {repeats} verdelingen; in "
        "eenheden waarvan niet is geleerd voorspellen de controles {outcome:.0%} van de variantie van de uitkomst en "
        "{treatment:.0%} van die van de ingreep",
        learner=found.learner.words,
        folds=found.folds,
        repeats=len(found.slopes),
        outcome=found.explained[0],
        treatment=found.explained[1],
    )
    return Text.join((how, taken_out(sample)), ", ")


def _cautions(found: CrossFit) -> list[Text]:
    """What a reader must know of the learners before he believes the number."""
    said, (outcome, treatment) = [], found.explained
    if 1 - treatment < LITTLE_LEFT:
        said.append(
            Text(
                "The controls foretell nearly all of the treatment: {left:.1%} of its variance is left to compare "
                "with, and the answer hangs on how well the learners fit.",
                "De controles voorspellen de ingreep vrijwel geheel: {left:.1%} van de variantie blijft over om mee te "
                "vergelijken, en het antwoord hangt af van hoe goed de krommen passen.",
                left=1 - treatment,
            )
        )
    if min(outcome, treatment) < 0:
        said.append(
            Text(
                "The learners foretell worse than a mean would: there are too few units to learn curves from, or there "
                "is nothing to learn.",
                "De geleerde krommen voorspellen slechter dan een gemiddelde: er zijn te weinig eenheden om van te "
                "leren, of er valt niets te leren.",
            )
        )
    if found.between > 0.25 * float(found.fit.covariance[0, 0]):
        said.append(
            Text(
                "The answer differs much from one split of the units to another; more repeats would steady it.",
                "Het antwoord verschilt sterk per verdeling van de eenheden; meer herhalingen maken het stabieler.",
            )
        )
    return said
