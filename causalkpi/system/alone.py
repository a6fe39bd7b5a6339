"""An answer along the links alone, where the panel is too short for the adjusted regression.

The correction of that regression was shown to hold up to a sixth of the periods; the links, each one period long, are
corrected once and reach further. What they give rests on every arrow of the graph, and no hidden cause was held against
them, so such an answer says both, and its grade stays *weak*.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..estimators import Answer, Beside
from ..estimators.linear import report
from ..estimators.power import detectable
from ..graph import PERIOD_NODE, UNIT_NODE
from ..language import Text
from ..question import Estimand, Unanswered
from .links import LinkSystem
from .responses import Ways

_ESTIMATOR = Text(
    "along the links: every KPI on its direct causes, followed from period to period",
    "langs de verbanden: elke KPI op haar directe oorzaken, gevolgd van periode tot periode",
)
_UNCORRECTED = Text(
    "along the links as they were fitted, without correcting the bias that unit effects give them in a short panel",
    "langs de verbanden zoals ze zijn geschat, zonder herstel van de vertekening die vaste verschillen tussen eenheden "
    "in een kort panel geven",
)
_WHOLE_GRAPH = Text(
    "The whole KPI map holds: for answers along the links alone every arrow, every lag and every arrow left out "
    "counts, not only those around treatment and outcome.",
    "De hele KPI-kaart klopt: voor antwoorden langs de verbanden alleen telt elke pijl, elke vertraging en elke "
    "weggelaten pijl, niet alleen die rond ingreep en uitkomst.",
)
_SHORTER = Text("Ask for a shorter horizon, or bring more periods.",
                "Vraag naar een kortere horizon, of lever meer perioden aan.")  # fmt: skip


def along_the_links(
    system: LinkSystem,
    estimand: Estimand,
    refused: Unanswered,
    *,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
) -> Answer:
    """Answer a question along the links that the adjusted regression cannot answer for want of periods.

    Parameters
    ----------
    system : LinkSystem
    estimand : Estimand
        By adjustment or through an identity, as it was identified.
    refused : Unanswered
        Why that regression has no answer.
    level : float
    rng : numpy.random.Generator, optional
        The same draws each time by default.

    Returns
    -------
    Estimate or Unanswered
        At the question's horizon the same as the profile there; without a number where a link on the way has none.
    """
    question = refused.question
    ways = system.ways(question.treatment, question.outcome, question.horizon, question.contrast)
    if ways.until < question.horizon or not system.used(ways):
        return _neither(refused, ways)

    def work(slopes: np.ndarray) -> np.ndarray:
        return question.contrast * ways.follow(slopes)[question.target][:, None]

    found = system.outputs(ways, work, rng)
    number, plain = (each.amount(np.ones(1), level) for each in (found, system.as_fitted.outputs(ways, work, rng)))
    used = {system.equations.links[place][0] for place in system.used(ways)}
    equations = [system.equations.fitted[kpi] for kpi in sorted(used)]
    fits = [equation.fit for equation in equations]
    units = min(len(fit.sample.units) for fit in fits)  # the answer is no better founded than its weakest link
    uncorrected = Beside("uncorrected", plain.value, plain.std_error, plain.interval, plain.p_value, _UNCORRECTED)
    fixed = [UNIT_NODE] * any(fit.sample.unit_effects for fit in fits)
    fixed += [PERIOD_NODE] * any(fit.sample.period_effects for fit in fits)
    followed = replace(
        estimand, route="links", adjustment=tuple(fixed), legs=(), assumptions=(*estimand.assumptions, _WHOLE_GRAPH)
    )
    answer = report(
        system.panel,
        followed,
        value=number.value,
        error=number.std_error,
        main=min(fits, key=lambda fit: len(fit.sample.outcome)),
        level=level,
        estimator=_ESTIMATOR,
        beside=[uncorrected] * any(equation.short for equation in equations),
        warnings=[_alone(refused)],
    )
    convention = Text(
        "joint draws of all links on the way, leaving one unit out at a time ({n} units)",
        "gezamenlijke trekkingen van alle verbanden onderweg, telkens met weglating van één eenheid ({n} eenheden)",
        n=units,
    )
    return replace(
        answer,
        interval=number.interval,
        p_value=number.p_value,
        df=found.df,
        minimum_detectable=detectable(number.std_error, found.df),
        convention=convention,
        units=units,
        population=_population(system, units),
        results=tuple(fit.results for fit in fits),
    )


def _population(system: LinkSystem, units: int) -> Text:
    """For whom: each link is learned from all that is seen of it, so no one set of periods is the treated one."""
    panel = system.panel
    return Text(
        "{n:,} units, each link as seen in {first} to {last}",
        "{n:,} eenheden, elk verband zoals waargenomen in {first} tot en met {last}",
        n=units,
        first=panel.label(panel.ordinals[0]),
        last=panel.label(panel.ordinals[-1]),
    )


def _alone(refused: Unanswered) -> Text:
    return Text(
        "The adjusted regression could not be had at this horizon. {why} This answer follows the links of the KPI map "
        "instead, and nothing stands beside it that does without them.",
        "De gecorrigeerde regressie is op deze horizon niet te maken. {why} Dit antwoord volgt in plaats daarvan de "
        "verbanden van de KPI-kaart, en er staat niets naast dat zonder die verbanden kan.",
        why=refused.reason,
    )


def _neither(refused: Unanswered, ways: Ways) -> Unanswered:
    """The refusal of the adjusted regression, with why the links cannot carry the question either."""
    reason = Text(
        "{why} Along the links there is no answer either: {links}",
        "{why} Ook langs de verbanden is er geen antwoord: {links}",
        why=refused.reason,
        links=ways.why or Text("they have no way to the outcome.", "zij bieden geen weg naar de uitkomst."),
    )
    return replace(refused, reason=reason, remedy=_SHORTER)
