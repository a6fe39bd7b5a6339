"""The report's own sentences: English beside Dutch, with named parts.

Words that other pages and terminals say too stand in :mod:`causalkpi.vocabulary`; what the statistics say stands with
the statistics.
"""

from __future__ import annotations

from collections.abc import Mapping

from .words_of_dynamics import DYNAMICS
from .words_of_evidence import EVIDENCE

_PREPOSITIONS = {"per", "van", "op", "bij", "uit", "in", "voor", "aan", "met", "onder", "tussen", "over", "naar"}
_HET = ("verloop", "gedrag", "resultaat", "aanbod", "schap", "rendement", "aandeel", "percentage", "aantal", "bedrag",
        "behoud", "verzuim", "budget")  # fmt: skip
_DE = ("heid", "teit", "ing", "tie", "kosten", "omzet", "klanten", "waarde", "marge", "winst", "score", "groei",
       "inspraak", "voet", "baten", "medewerkers", "gedragingen")  # fmt: skip


def with_article(name: str) -> str:
    """A Dutch name with its article, where its last noun is one that is known; otherwise as it is.

    Examples
    --------
    >>> with_article("klantverloop"), with_article("omzet per klant"), with_article("NPS")
    ('het klantverloop', 'de omzet per klant', 'NPS')
    """
    words = name.split()
    if len(words) > 1 and words[1] not in _PREPOSITIONS:  # an adjective, which an article would inflect
        return name
    head = words[0].casefold() if words else ""
    return f"het {name}" if head.endswith(_HET) else f"de {name}" if head.endswith(_DE) else name


FRONT: Mapping[str, tuple[str, str]] = {
    # sections
    "contents": ("Contents", "Inhoud"),
    "skip": ("To the contents of this report", "Naar de inhoud van dit rapport"),
    "lines": ("In three lines", "In drie regels"),
    "map": ("The KPI map", "De KPI-kaart"),
    "claims": ("The ledger of claims", "Het stellingenoverzicht"),
    "values": ("What a point is worth", "Wat een punt waard is"),
    "sheets": ("The evidence, question by question", "De onderbouwing, vraag voor vraag"),
    "data": ("Data quality", "De datakwaliteitstoets"),
    "limits": ("What this report cannot say", "Wat dit rapport niet kan zeggen"),
    "owners": ("Per owner", "Per eigenaar"),
    "provenance": ("How this was made", "Hoe dit tot stand kwam"),
    # opening
    "panel_sizes": (
        "{units:,} units, {first} to {last} ({periods} periods); {rows:,} rows, {kpis} KPIs.",
        "{units:,} eenheden, {first} tot en met {last} ({periods} perioden); {rows:,} rijen, {kpis} KPI's.",
    ),
    "cross_section_sizes": (
        "{units:,} units, each seen once; {kpis} KPIs.",
        "{units:,} eenheden, elk eenmaal waargenomen; {kpis} KPI's.",
    ),
    "asked_none": ("No question was asked.", "Er is geen vraag gesteld."),
    "asked_one": (
        "One question was asked; {answered} got a number.",
        "Er is één vraag gesteld; {answered} kreeg een getal.",
    ),
    "asked_all": (
        "{count} questions were asked; all got a number.",
        "Er zijn {count} vragen gesteld; alle kregen een getal.",
    ),
    "asked_some": (
        "{count} questions were asked; {answered} got a number, for the others the reason is given.",
        "Er zijn {count} vragen gesteld; {answered} daarvan kregen een getal, bij de overige staat de reden.",
    ),
    "simulated_report": (
        "This organisation is simulated: nobody measured these figures, and the true effects are known. They stand "
        "beside the estimates.",
        "Deze organisatie is gesimuleerd: niemand heeft deze cijfers gemeten, en de werkelijke effecten zijn bekend. "
        "Ze staan naast de schattingen.",
    ),
    # in three lines
    "card_best": ("Best supported", "Best onderbouwd"),
    "card_caution": ("Mind this", "Let op"),
    "card_claims": ("The claims", "De stellingen"),
    "card_money": ("In money", "In geld"),
    "card_nothing": ("Nothing clear of zero", "Niets vrij van nul"),
    "nothing_clear_one": (
        "The only estimate is not clear of zero in the direction that is expected.",
        "De enige schatting ligt niet vrij van nul in de verwachte richting.",
    ),
    "nothing_clear": (
        "Of {count} estimates none lies clear of zero in the direction that is expected.",
        "Van de {count} schattingen ligt er geen vrij van nul in de verwachte richting.",
    ),
    "card_weak": ("A hint", "Een aanwijzing"),
    "card_zero": ("Not shown", "Niet aangetoond"),
    "card_turned": ("The sign turns", "Het teken keert om"),
    "card_larger": ("Much smaller", "Veel kleiner"),
    "card_money_unsure": ("Not settled", "Staat niet vast"),
    "lowers": ("lowers", "verlaagt"),
    "raises": ("raises", "verhoogt"),
    "effect_strong": (
        "{change} {verb} {outcome} {later} by an estimated {amount} ({range}).",
        "{change} {verb} {outcome} {later} naar schatting met {amount} ({range}).",
    ),
    "effect_moderate": (
        "By these figures {change} {verb} {outcome} {later} by {amount} ({range}); moderate evidence.",
        "Volgens deze cijfers {verb} {change} {outcome} {later} met {amount} ({range}); de onderbouwing is redelijk.",
    ),
    "effect_weak": (
        "The figures point that way, no more: that {change} {verb} {outcome} {later}, by {amount} ({range}).",
        "De cijfers wijzen die kant op, meer niet: {change} {verb} {outcome} {later}, met {amount} ({range}).",
    ),
    "few_units": (
        "This rests on {count} units only: a hint, not a finding.",
        "Dit berust op slechts {count} eenheden: een aanwijzing, geen uitkomst.",
    ),
    "few_vary": (
        "What varies in the treatment comes from about {count} units only: a hint, not a finding.",
        "De variatie in de ingreep komt van ongeveer {count} eenheden: een aanwijzing, geen uitkomst.",
    ),
    "one_unit": (
        "This is the course of a single organisation, compared with nobody: a hint, not a finding.",
        "Dit is het verloop van één organisatie, met niemand vergeleken: een aanwijzing, geen uitkomst.",
    ),
    "claim_fails": ("The claim does not hold here: “{statement}”", "De stelling houdt hier geen stand: “{statement}”"),
    "raw_zero": (
        "With {change} the raw figures show a difference in {outcome} of {raw} {later}. Once what disturbs the "
        "comparison is held fixed, the interval holds zero ({range}).",
        "Bij {change} laten de ruwe cijfers {later} een verschil in {outcome} van {raw} zien. Wordt constant gehouden "
        "wat de vergelijking verstoort, dan omvat het interval nul ({range}).",
    ),
    "raw_turned": (
        "With {change} the raw figures show a difference in {outcome} of {raw} {later}. Once what disturbs the "
        "comparison is held fixed, the estimate is {amount} ({range}).",
        "Bij {change} laten de ruwe cijfers {later} een verschil in {outcome} van {raw} zien. Wordt constant gehouden "
        "wat de vergelijking verstoort, dan is de schatting {amount} ({range}).",
    ),
    "raw_larger": (
        "With {change} the raw figures show a difference in {outcome} of {raw} {later}. Once what disturbs the "
        "comparison is held fixed, {amount} of it is left ({range}).",
        "Bij {change} laten de ruwe cijfers {later} een verschil in {outcome} van {raw} zien. Wordt constant gehouden "
        "wat de vergelijking verstoort, dan blijft daarvan {amount} over ({range}).",
    ),
    "refused_one": (
        "question got no number: these data cannot answer it. The reason is given with it.",
        "vragen kreeg geen getal: deze gegevens kunnen haar niet beantwoorden. De reden staat erbij.",
    ),
    "refused_many": (
        "questions got no number: these data cannot answer them. The reason is given with each.",
        "vragen kregen geen getal: deze gegevens kunnen ze niet beantwoorden. De reden staat er telkens bij.",
    ),
    "so_many_of": ("{count} of {all}", "{count} van de {all}"),
    "claims_one": ("claims is supported. In all: {listed}.", "stellingen is onderbouwd. In totaal: {listed}."),
    "claims_count": ("claims are supported. In all: {listed}.", "stellingen zijn onderbouwd. In totaal: {listed}."),
    "the_claim": (
        "This study has one claim; its verdict: {verdict}.",
        "Dit onderzoek heeft één stelling; de uitkomst: {verdict}.",
    ),
    "money_sure": (
        "{change}, for one {period}, {verb} {outcome} by an estimated {amount} per unit, discounted at {rate} a year "
        "({range}).",
        "{change}, één {period} lang, {verb} {outcome} naar schatting met {amount} per eenheid, contant gemaakt tegen "
        "{rate} per jaar ({range}).",
    ),
    "money_unsure": (
        "{change}, for one {period}: the interval holds zero ({range}); what it yields is not settled.",
        "{change}, één {period} lang: het interval omvat nul ({range}); de opbrengst staat niet vast.",
    ),
    "money_ungraded": (
        "This sum has no grade: hidden causes were not held against it.",
        "Deze som heeft geen oordeel: zij is niet tegen verborgen oorzaken gehouden.",
    ),
    "money_weak": (
        "The evidence behind it is weak: a hint, no more.",
        "De onderbouwing ervan is zwak: een aanwijzing, meer niet.",
    ),
    "card_once": ("Seen once", "Eén keer gezien"),
    "once": (
        "Every unit was seen once. That {first} comes before {second} is the graph's word; these figures cannot show "
        "which came first.",
        "Elke eenheid is één keer waargenomen. Dat {first} voorafgaat aan {second}, zegt alleen de graaf; deze cijfers "
        "kunnen niet laten zien wat eerst kwam.",
    ),
    "lines_principle": (
        "How these lines are chosen: the best graded effect (of equals first one that bears out a claim, then the one "
        "furthest from zero in standard errors); then a contradicted claim, or the raw figures that mislead most, or "
        "what was refused, or that units were seen once; then money where the study asks for it, otherwise the claims.",
        "Zo zijn deze regels gekozen: het best onderbouwde effect (bij gelijke stand eerst een effect dat een "
        "stelling draagt, dan het effect dat in standaardfouten het verst van nul ligt); dan een tegengesproken "
        "stelling, of de ruwe cijfers die het meest misleiden, of wat is geweigerd, of dat eenheden één keer zijn "
        "waargenomen; dan geld als het onderzoek daarom "
        "vraagt, anders de stellingen.",
    ),
    "to_sheet": ("Evidence", "Onderbouwing"),
    # amounts
    "point": ("{n} point", "{n} punt"),
    "points": ("{n} points", "{n} punten"),
    "percentage_points": ("{n} percentage points", "{n} procentpunt"),
    "percentage_point": ("{n} percentage point", "{n} procentpunt"),
    "one_point_more": ("one point more {kpi}", "één punt meer {kpi}"),
    "one_point_less": ("one point less {kpi}", "één punt minder {kpi}"),
    "more": ("{n} more {kpi}", "{n} meer {kpi}"),
    "less": ("{n} less {kpi}", "{n} minder {kpi}"),
    "step_up": ("a step from 0 to 1 in {kpi}", "een stap van 0 naar 1 in {kpi}"),
    "step_down": ("a step from 1 to 0 in {kpi}", "een stap van 1 naar 0 in {kpi}"),
    "rise": ("a rise of {n} in {kpi}", "een toename van {n} in {kpi}"),
    "fall": ("a fall of {n} in {kpi}", "een afname van {n} in {kpi}"),
    "ends": ("{low} to {high}", "{low} tot {high}"),
    "thousand_short": ("k", " dzd"),
    "million_short": ("m", " mln"),
    "interval_at": ("{level:.0%} confidence interval", "{level:.0%}-betrouwbaarheidsinterval"),
    # grades
    "grade": ("Grade", "Oordeel"),
    "grade_strong": ("strong", "sterk"),
    "grade_moderate": ("moderate", "redelijk"),
    "grade_weak": ("weak", "zwak"),
    "grade_none": ("no evidence", "ontbreekt"),
    "grade_against": ("against the claim", "tegen de stelling"),
    "grade_against_with": ("against the claim ({strength})", "tegen de stelling ({strength})"),
    "grade_ungraded": ("not graded", "niet beoordeeld"),
    "grade_negligible": ("demonstrably negligible", "aantoonbaar verwaarloosbaar"),
    "evidence": ("Evidence", "Onderbouwing"),
    "why_not_more": ("Why not more", "Waarom niet meer"),
    # the map
    "map_caption": (
        "The numbers stand on {asked} of {links} links. Each is the total estimated effect of the one KPI on the "
        "other at the lag of that link, for the change that was asked about, in the unit of the KPI at the arrow's "
        "head (pp: percentage points); it is not a path coefficient. Each number leads to its evidence.",
        "De getallen staan op {asked} van de {links} verbanden. Elk getal is het totale geschatte effect van de ene "
        "KPI op de andere bij de vertraging van dat verband, voor de verandering waarnaar is gevraagd, in de eenheid "
        "van de KPI aan de pijlpunt (aandelen in procentpunten); het is geen padcoëfficiënt. Elk getal leidt naar zijn "
        "onderbouwing.",
    ),
    "map_own_past": (
        "A KPI's dependence on its own past is in the model and not drawn.",
        "De afhankelijkheid van een KPI van het eigen verleden zit in het model maar is niet getekend.",
    ),
    "map_caption_bare": (
        "No question was asked about a single link ({links} links).",
        "Over geen van de {links} verbanden is afzonderlijk een vraag gesteld.",
    ),
    "no_number": ("no number", "geen getal"),
    # claims
    "claims_intro": (
        "Each claim is decided by a rule over its questions, fixed beforehand in the model. P-values are corrected "
        "for the number of claims decided (Holm); a claim is decided below {level}.",
        "Over elke stelling beslist een regel over haar vragen, die vooraf in het model vastligt. De p-waarden zijn "
        "gecorrigeerd voor het aantal stellingen waarover is beslist (Holm); beslist wordt onder {level}.",
    ),
    "column_claim": ("Claim", "Stelling"),
    "column_verdict": ("Verdict", "Uitkomst"),
    "column_grade": ("Grade", "Onderbouwing"),
    "column_reason": ("Why", "Waarom"),
    "column_p": ("p (Holm)", "p (Holm)"),
    "column_questions": ("Questions", "Vragen"),
    "source_of": ("Source", "Bron"),
    "verdict_supported": ("supported", "onderbouwd"),
    "verdict_contradicted": ("contradicted", "tegengesproken"),
    "verdict_inconclusive": ("inconclusive", "geen uitsluitsel"),
    "verdict_not_testable": ("not testable here", "hier niet toetsbaar"),
    "verdict_not_examined": ("not examined", "niet onderzocht"),
    "means_supported": (
        "the figures bear the claim out, with evidence that is at least moderate.",
        "de cijfers onderbouwen de stelling, en de onderbouwing is ten minste redelijk.",
    ),
    "means_contradicted": (
        "the figures speak against it, with evidence that is at least moderate.",
        "de cijfers spreken haar tegen, en de onderbouwing is ten minste redelijk.",
    ),
    "means_inconclusive": (
        "the figures do not decide it, or the evidence is too weak; that is no refutation.",
        "de cijfers beslissen er niet over, of de onderbouwing is te zwak; dat is geen weerlegging.",
    ),
    "means_not_testable": (
        "these data cannot decide it, whatever is computed.",
        "deze gegevens kunnen er niet over beslissen, wat er ook wordt berekend.",
    ),
    "means_not_examined": (
        "this version cannot compute what would decide it.",
        "deze versie kan niet berekenen wat erover zou beslissen.",
    ),
    # values
    "value_title": (
        "{change} for one {period}: what {outcome} gains or loses",
        "{change}, één {period} lang: wat dat met {outcome} doet",
    ),
    "values_intro": (
        "A pulse of one period, and what it does to money in that period and later, discounted. The interval comes "
        "from joint draws over all periods.",
        "Een verandering van één periode, en wat die in dezelfde en latere perioden met het geld doet, contant "
        "gemaakt. Het interval komt uit gezamenlijke trekkingen over alle perioden.",
    ),
    "money_settled": ("The interval is clear of zero.", "Het interval ligt vrij van nul."),
    "money_open": (
        "The interval holds zero; what it yields is not settled.",
        "Het interval omvat nul; de opbrengst staat niet vast.",
    ),
    "npv": ("Net present value", "Netto contante waarde"),
    "p_positive": ("Chance that it is above zero", "Kans dat deze boven nul ligt"),
    "rate": ("Discount rate", "Disconteringsvoet"),
    "rate_a_year": ("{rate} a year", "{rate} per jaar"),
    "horizon": ("Last flow counted", "Laatste stroom die meetelt"),
    "per_unit": ("Per", "Per"),
    "per_unit_why": ("unit of the data, on average", "eenheid in de gegevens, gemiddeld"),
    "way": ("Worked out", "Berekend"),
    "way_links": ("along the links of the graph", "langs de verbanden van de graaf"),
    "way_adjusted": (
        "from adjusted regressions, period by period",
        "uit gecorrigeerde regressies, periode voor periode",
    ),
    "way_other": ("By adjusted regressions", "Met gecorrigeerde regressies"),
    "way_other_none": ("do not reach as far", "reiken niet zo ver"),
    "not_counted": ("Not counted", "Telt niet mee"),
    "column_when": ("When", "Wanneer"),
    "column_flow": ("Effect", "Effect"),
    "column_interval": ("Interval", "Interval"),
    "column_discounted": ("Discounted", "Contant gemaakt"),
    "periods_later": ("{periods} later", "{periods} later"),
    "flows_caption": ("The flows, each with its own interval", "De stromen, elk met een eigen interval"),
    "no_value": ("No value", "Geen waarde"),
}
WORDS: Mapping[str, tuple[str, str]] = {**FRONT, **EVIDENCE, **DYNAMICS}
