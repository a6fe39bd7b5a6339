"""One grade for one estimate, by one printed rule.

The rule looks at the sign, the size, hidden causes as strong as the strongest measured KPI, the findings that bear on
the slope itself, and how many units the answer rests on. What repairs itself (errors that are not equally spread: the
standard errors allow for that) carries no weight; neither does a placebo, which sees no confounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from .estimators import Estimate
from .finding import Finding
from .kpi import Sign
from .language import Text
from .sensitivity import FLOOR, STRICT_FLOOR

Strength = Literal["strong", "moderate", "weak", "none"]
DECISIVE = ("functional_form", "influence", "lead", "other_set", "random_common_cause", "cluster_bootstrap")
FATAL = ("functional_form", "lead", "other_set")
UNDOUBTED = ("lead",)
STRICT, FEW, FEWEST = 0.99, 20, 10

RULE: tuple[Text, ...] = (
    Text(
        "None: the interval holds zero. If all of it lies within the smallest effect of interest either way, the "
        "effect is demonstrably negligible, which is a result of its own.",
        "Ontbreekt: het interval omvat nul. Ligt het geheel binnen het kleinste effect van belang, naar beide kanten, "
        "dan is het effect aantoonbaar verwaarloosbaar; dat is een uitkomst op zichzelf.",
    ),
    Text(
        "Weak: the interval is clear of zero, and no more than that.",
        "Zwak: het interval ligt vrij van nul, meer niet.",
    ),
    Text(
        "Moderate: moreover a hidden cause as strong as the strongest measured KPI, and at least one that explains "
        "{floor:.0%} of what is left of both treatment and outcome, would not take the estimate to zero; the straight "
        "line, the lead test and the other adjustment set do not fail (p of at least 1%); the whole interval does not "
        "lie below the smallest effect of interest; the answer rests on {few} units or more; and two estimators agree "
        "on the sign where there are two.",
        "Redelijk: bovendien brengt een verborgen oorzaak die zo sterk is als de sterkste gemeten KPI, en die ten "
        "minste {floor:.0%} verklaart van wat van zowel behandeling als uitkomst over is, de schatting niet op nul; de "
        "rechte lijn, de toets vooruit in de tijd en de andere correctieset falen niet (p ten minste 1%); het interval "
        "ligt niet geheel onder het kleinste effect van belang; het antwoord berust op ten minste {few} eenheden; en "
        "twee schatters zijn het, waar er twee zijn, eens over het teken.",
        few=FEWEST,
        floor=FLOOR,
    ),
    Text(
        "Strong: moreover units are seen repeatedly, so that the order in time does not rest on the graph's word "
        "alone; there is a measured KPI to compare a hidden cause with; even the {strict:.0%} interval, "
        "widened by what such a cause, now explaining at least {floor:.0%}, could do, stays clear of zero; the "
        "estimate is at least the smallest effect of "
        "interest; the lead test raises no doubt (p of at least 5%); none of the checks on form, influence, adjustment "
        "set, added noise and resampling fails; and the answer rests on {few} units or more.",
        "Sterk: bovendien zijn eenheden herhaald waargenomen, zodat de volgorde in de tijd niet alleen op de graaf "
        "berust; is er een gemeten KPI om een verborgen oorzaak mee te vergelijken; blijft ook het "
        "{strict:.0%}-interval, verbreed met wat zo'n oorzaak, nu goed voor ten minste {floor:.0%}, kan doen, vrij van "
        "nul; is de schatting ten minste het "
        "kleinste effect van belang; wekt de toets vooruit in de tijd geen twijfel (p ten minste 5%); faalt geen van "
        "de toetsen op vorm, invloed, correctieset, toegevoegde ruis en hertrekking; en berust het antwoord op ten "
        "minste {few} eenheden.",
        strict=STRICT,
        few=FEW,
        floor=STRICT_FLOOR,
    ),
    Text(
        "Against the claim: the estimate has the other sign than the claim expects; its strength is graded likewise.",
        "Tegen de stelling: de schatting heeft een ander teken dan de stelling verwacht; de sterkte volgt dezelfde "
        "regel.",
    ),
)


@dataclass(frozen=True)
class Grade:
    """How much an estimate supports, and why not more.

    Parameters
    ----------
    strength : {"strong", "moderate", "weak", "none"}
    against : bool
        Whether the sign is the opposite of what a claim expects.
    negligible : bool
        Whether all of the interval lies within the smallest effect of interest.
    reasons : tuple of Text
        What kept it from the next grade up, most telling first.
    """

    strength: Strength
    against: bool = False
    negligible: bool = False
    reasons: tuple[Text, ...] = ()

    @property
    def word(self) -> str:
        """``strong``, ``moderate``, ``weak``, ``none``, ``against`` or ``negligible``."""
        return "negligible" if self.negligible else "against" if self.against else self.strength


def grade(
    estimate: Estimate,
    findings: Sequence[Finding],
    bounds: tuple[float, float],
    smallest: float,
    expected: Sign = "?",
    *,
    compared: bool = True,
) -> Grade:
    """Grade an estimate by the rule.

    Parameters
    ----------
    estimate : Estimate
    findings : sequence of Finding
    bounds : tuple of float
        The most that a hidden cause as strong as the strongest measured KPI could move the answer, with the floors that
        *moderate* and *strong* ask for; not numbers where there was no regression to put to the test.
    smallest : float
        The smallest effect of interest, in the answer's own unit, 0 or more.
    expected : {"+", "-", "?"}
        The sign that a claim expects.
    compared : bool
        Whether there was a measured KPI to compare a hidden cause with.

    Returns
    -------
    Grade
    """
    low, high = estimate.interval
    if low <= 0 <= high:
        negligible = max(-low, high) < smallest
        why = Text("The interval holds zero.", "Het interval omvat nul.")
        return Grade("none", negligible=negligible, reasons=() if negligible else (why,))
    against = expected in ("+", "-") and (estimate.value > 0) != (expected == "+")
    lacks_moderate = _lacks_moderate(estimate, findings, bounds[0], smallest)
    lacks_strong = _lacks_strong(estimate, findings, bounds[1], smallest, compared)
    if lacks_moderate:
        return Grade("weak", against, reasons=tuple(lacks_moderate))
    return Grade("moderate" if lacks_strong else "strong", against, reasons=tuple(lacks_strong))


def _lacks_moderate(estimate: Estimate, findings: Sequence[Finding], bound: float, smallest: float) -> list[Text]:
    """What keeps an estimate from *moderate*."""
    lacks = []
    if not estimate.regressions:
        lacks.append(
            Text(
                "The checks are not made for this route yet.",
                "Voor deze route worden de toetsen nog niet uitgevoerd.",
            )
        )
    if abs(estimate.value) <= bound:
        lacks.append(
            Text(
                "A hidden cause as strong as the strongest measured KPI could take the estimate to zero.",
                "Een verborgen oorzaak, zo sterk als de sterkste gemeten KPI, kan de schatting op nul brengen.",
            )
        )
    lacks += _failed(findings, FATAL)
    if max(map(abs, estimate.interval)) < smallest:
        lacks.append(
            Text(
                "All of the interval lies below the smallest effect of interest.",
                "Het hele interval ligt onder het kleinste effect van belang.",
            )
        )
    if estimate.rests_on < FEWEST:
        lacks.append(_too_few(estimate, FEWEST))
    if any(b.name == "logit" and b.value * estimate.value < 0 for b in estimate.beside):
        lacks.append(Text("Two estimators disagree on the sign.", "Twee schatters zijn het oneens over het teken."))
    return lacks


def _lacks_strong(
    estimate: Estimate, findings: Sequence[Finding], bound: float, smallest: float, compared: bool
) -> list[Text]:
    """What keeps an estimate from *strong*."""
    lacks = []
    half = float(stats.t.ppf(0.5 + STRICT / 2, estimate.df)) * estimate.std_error
    if estimate.periods <= 1:
        lacks.append(
            Text(
                "Units are seen once: what came first is the graph's word alone.",
                "Eenheden zijn één keer waargenomen: wat eerst kwam, zegt alleen de graaf.",
            )
        )
    if not compared:
        lacks.append(
            Text(
                "No KPI was measured that a hidden cause could be compared with.",
                "Er is geen KPI gemeten waarmee een verborgen oorzaak te vergelijken is.",
            )
        )
    elif abs(estimate.value) - bound - half <= 0:
        lacks.append(
            Text(
                "With a hidden cause as strong as the strongest measured KPI the {strict:.0%} interval would hold "
                "zero.",
                "Met een verborgen oorzaak, zo sterk als de sterkste gemeten KPI, zou het {strict:.0%}-interval nul "
                "omvatten.",
                strict=STRICT,
            )
        )
    if abs(estimate.value) < smallest:
        lacks.append(
            Text(
                "The estimate is below the smallest effect of interest.",
                "De schatting ligt onder het kleinste effect van belang.",
            )
        )
    lacks += _failed(findings, DECISIVE)
    lacks += [
        Text("{question} There is doubt.", "{question} Daar is twijfel over.", question=finding.question)
        for finding in findings
        if finding.id in UNDOUBTED and finding.result == "doubtful"
    ]
    if estimate.rests_on < FEW:
        lacks.append(_too_few(estimate, FEW))
    return lacks


def _failed(findings: Sequence[Finding], ids: Sequence[str]) -> list[Text]:
    return [
        Text("{question} This check fails.", "{question} Deze toets faalt.", question=finding.question)
        for finding in findings
        if finding.id in ids and finding.result == "fails"
    ]


def _too_few(estimate: Estimate, wanted: int) -> Text:
    return Text(
        "The answer rests on about {count:.0f} units; {wanted} are asked for.",
        "Het antwoord berust op ongeveer {count:.0f} eenheden; {wanted} zijn er nodig.",
        count=estimate.rests_on,
        wanted=wanted,
    )
