"""One grade for one estimate, by one printed rule.

The rule looks at the sign, the size, hidden causes as strong as the strongest measured KPI, the findings that bear on
the slope itself, and how many units the answer rests on. What repairs itself (errors that are not equally spread: the
standard errors allow for that) carries no weight; neither does a placebo that holds, for it sees no confounding. One
that fails says that the interval is far too narrow, and everything here rests on the interval: where units share shocks
that the graph does not name, 8% of panels without any effect came out *strong* before that counted.
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
from .sensitivity import FLOOR, STRICT_FLOOR, fits_exactly

Strength = Literal["strong", "moderate", "weak", "none"]
FATAL = ("functional_form", "lead", "other_set", "two_routes", "placebo", "stationarity", "double_ml")
DECISIVE = (*FATAL, "influence", "random_common_cause", "cluster_bootstrap")
UNDOUBTED = ("lead",)
STRICT, FEW, FEWEST = 0.99, 20, 10

RULE: tuple[Text, ...] = (
    Text(
        "None: the interval holds zero. If all of it lies within the smallest effect of interest either way, a hidden "
        "cause as strong as for Moderate could not move the estimate beyond that effect, and the checks and the units "
        "are as for Moderate, the effect is demonstrably negligible, which is a result of its own.",
        "Ontbreekt: het interval omvat nul. Ligt het geheel binnen het kleinste effect van belang, naar beide kanten, "
        "kan een verborgen oorzaak zo sterk als bij Redelijk de schatting niet voorbij dat effect brengen, en zijn de "
        "toetsen en de eenheden als bij Redelijk, dan is het effect aantoonbaar verwaarloosbaar; dat is een uitkomst "
        "op zichzelf.",
    ),
    Text(
        "Weak: the interval is clear of zero, and no more than that.",
        "Zwak: het interval ligt vrij van nul, meer niet.",
    ),
    Text(
        "Moderate: moreover a hidden cause as strong as the strongest measured KPI, and at least one that explains "
        "{floor:.0%} of what is left of both treatment and outcome, would not take the estimate to zero; the checks "
        "are made for its route (not yet for front doors, instruments, and answers along the links alone, which stay "
        "at Weak) and the outcome is no exact function of the regressors; something is held fixed where units are "
        "seen once; the straight line, the lead test, the other adjustment set and the way along the links do not fail "
        "where they apply (p of at least 1%); treatment and outcome do not both wander with shared shocks left in; "
        "placebo treatments do not show the standard error to be far too small; the whole interval does not lie below "
        "the smallest effect of interest; the answer rests on {few} units or more; two estimators agree on the sign "
        "where there are two; and double machine learning, where somebody asked for it, does not differ (p of at least "
        "1%).",
        "Redelijk: bovendien brengt een verborgen oorzaak die zo sterk is als de sterkste gemeten KPI, en die ten "
        "minste {floor:.0%} verklaart van wat van zowel behandeling als uitkomst over is, de schatting niet op nul; "
        "worden de toetsen voor de gevolgde route uitgevoerd (nog niet bij front-door, instrument en antwoorden langs "
        "de verbanden alleen, die op Zwak blijven) en volgt de uitkomst niet exact uit de verklarende KPI's; wordt er "
        "iets constant gehouden waar eenheden één keer zijn waargenomen; de rechte lijn, de toets vooruit in de tijd, "
        "de andere correctieset en de weg langs de verbanden falen niet waar zij van toepassing zijn (p ten minste "
        "1%); ingreep en uitkomst dwalen niet allebei terwijl gedeelde schokken zijn blijven staan; placebo-ingrepen "
        "laten niet zien dat de standaardfout veel te klein is; het interval ligt niet geheel onder het kleinste "
        "effect van belang; het antwoord berust op ten minste {few} eenheden; twee schatters zijn het, waar er twee "
        "zijn, eens over het teken; en double machine learning, waar iemand ernaar vroeg, wijkt niet af (p ten minste "
        "1%).",
        few=FEWEST,
        floor=FLOOR,
    ),
    Text(
        "Strong: moreover units are seen repeatedly and the treatment changes within them, so that the order in time "
        "does not rest on the graph's word alone; there is a measured KPI to compare a hidden cause with; even the "
        "{strict:.0%} interval, widened by what such a cause, now explaining at least {floor:.0%}, could do, stays "
        "clear of zero; the estimate is at least the smallest effect of interest; the change asked about is no larger "
        "than the data span; the lead test, where it applies, raises no doubt (p of at least 5%); none of the checks "
        "on form, influence, adjustment set, links, wandering, added noise and resampling fails; and the answer rests "
        "on {few} units or more.",
        "Sterk: bovendien zijn eenheden herhaald waargenomen en verandert de behandeling binnen eenheden, zodat de "
        "volgorde in de tijd niet alleen op de graaf berust; is er een gemeten KPI om een verborgen oorzaak mee te "
        "vergelijken; blijft ook het {strict:.0%}-interval, verbreed met wat zo'n oorzaak, nu goed voor ten minste "
        "{floor:.0%}, kan doen, vrij van nul; is de schatting ten minste het kleinste effect van belang; is de "
        "gevraagde verandering niet groter dan de gegevens beslaan; wekt de toets vooruit in de tijd, waar die van "
        "toepassing is, geen twijfel (p ten minste 5%); faalt geen van de toetsen op vorm, invloed, correctieset, "
        "verbanden, dwalen, toegevoegde ruis en hertrekking; en berust het antwoord op ten minste {few} eenheden.",
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
        Whether all of the interval lies within the smallest effect of interest, and neither a hidden cause nor a check
        stands in the way of saying so.
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
        holds_zero = Text("The interval holds zero.", "Het interval omvat nul.")
        if not max(-low, high) < smallest:
            return Grade("none", reasons=(holds_zero,))
        lacks = _lacks_negligible(estimate, findings, bounds[0], smallest)
        return Grade("none", negligible=not lacks, reasons=(holds_zero, *lacks) if lacks else ())
    against = expected in ("+", "-") and (estimate.value > 0) != (expected == "+")
    lacks_moderate = _lacks_moderate(estimate, findings, bounds[0], smallest, compared)
    lacks_strong = _lacks_strong(estimate, findings, bounds[1], smallest, compared)
    if lacks_moderate:
        return Grade("weak", against, reasons=tuple(lacks_moderate))
    return Grade("moderate" if lacks_strong else "strong", against, reasons=tuple(lacks_strong))


def unsound(estimate: Estimate, findings: Sequence[Finding]) -> list[Text]:
    """What speaks against an estimate whatever its size: nothing that *moderate* allows.

    Parameters
    ----------
    estimate : Estimate
    findings : sequence of Finding

    Returns
    -------
    list of Text
        Empty where nothing does.
    """
    lacks = []
    if estimate.estimand.route == "links":
        lacks.append(
            Text(
                "It comes along the links alone: it trusts the whole map, and hidden causes could not be held against "
                "it.",
                "Het komt langs de verbanden alleen: het steunt op de hele kaart, en het is niet tegen verborgen "
                "oorzaken te houden.",
            )
        )
    elif not estimate.regressions:
        lacks.append(
            Text(
                "The checks are not made for this route yet.",
                "Voor deze route worden de toetsen nog niet uitgevoerd.",
            )
        )
    if any(fits_exactly(part.whole) for part in estimate.regressions):
        lacks.append(
            Text(
                "The outcome is an exact function of the regressors: that is arithmetic, and no evidence.",
                "De uitkomst volgt exact uit de verklarende KPI's: dat is rekenwerk en geen bewijs.",
            )
        )
    lacks += _failed(findings, FATAL)
    if estimate.rests_on < FEWEST:
        lacks.append(_too_few(estimate, FEWEST))
    if any(b.name == "logit" and b.value * estimate.value < 0 for b in estimate.beside):
        lacks.append(Text("Two estimators disagree on the sign.", "Twee schatters zijn het oneens over het teken."))
    return lacks


def _lacks_negligible(estimate: Estimate, findings: Sequence[Finding], bound: float, smallest: float) -> list[Text]:
    """What keeps an estimate whose interval lies within the smallest effect of interest from *negligible*."""
    lacks = []
    if estimate.regressions and not abs(estimate.value) + bound < smallest:
        lacks.append(
            Text(
                "A hidden cause as strong as the strongest measured KPI could hide an effect that matters.",
                "Een verborgen oorzaak, zo sterk als de sterkste gemeten KPI, kan een effect van belang verhullen.",
            )
        )
    return lacks + unsound(estimate, findings)


def _lacks_moderate(
    estimate: Estimate, findings: Sequence[Finding], bound: float, smallest: float, compared: bool
) -> list[Text]:
    """What keeps an estimate from *moderate*."""
    lacks = []
    if estimate.regressions and not compared and _seen_once(estimate):
        lacks.append(
            Text(
                "Units are seen once and nothing is held fixed: what goes together is all that these figures show.",
                "Eenheden zijn één keer waargenomen en er wordt niets constant gehouden: deze cijfers laten alleen "
                "zien wat samengaat.",
            )
        )
    if estimate.regressions and not abs(estimate.value) > bound:
        lacks.append(
            Text(
                "A hidden cause as strong as the strongest measured KPI could take the estimate to zero.",
                "Een verborgen oorzaak, zo sterk als de sterkste gemeten KPI, kan de schatting op nul brengen.",
            )
        )
    lacks += unsound(estimate, findings)
    if max(map(abs, estimate.interval)) < smallest:
        lacks.append(
            Text(
                "All of the interval lies below the smallest effect of interest.",
                "Het hele interval ligt onder het kleinste effect van belang.",
            )
        )
    return lacks


def _lacks_strong(
    estimate: Estimate, findings: Sequence[Finding], bound: float, smallest: float, compared: bool
) -> list[Text]:
    """What keeps an estimate from *strong*."""
    lacks = []
    half = float(stats.t.ppf(0.5 + STRICT / 2, estimate.df)) * estimate.std_error
    if _seen_once(estimate):
        lacks.append(
            Text(
                "Units are seen once: what came first is the graph's word alone.",
                "Eenheden zijn één keer waargenomen: wat eerst kwam, zegt alleen de graaf.",
            )
        )
    elif not all(part.whole.sample.treatment_changes for part in estimate.regressions):
        lacks.append(
            Text(
                "The treatment changes within no unit: what came first is the graph's word alone.",
                "De behandeling verandert binnen geen enkele eenheid: wat eerst kwam, zegt alleen de graaf.",
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
    if estimate.extrapolated:
        lacks.append(
            Text(
                "The change asked about is larger than any in the data.",
                "De gevraagde verandering is groter dan elke verandering in de gegevens.",
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


def _seen_once(estimate: Estimate) -> bool:
    return estimate.periods <= 1 or estimate.rows_used <= estimate.units


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
