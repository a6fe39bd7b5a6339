"""The words that pages and terminals say by themselves: one table, a language a column.

What the statistics say stands with the statistics, as texts that know both languages (:mod:`causalkpi.language`).
"""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, tuple[str, str]] = {
    # statuses
    "estimated": ("estimated", "geschat"),
    "estimated_with_warnings": ("estimated, with warnings", "geschat, met waarschuwingen"),
    "structural_zero": ("no effect, by the graph", "geen effect, volgens de graaf"),
    "identity": ("arithmetic", "rekenregel"),
    "not_identified": ("cannot be learned from these KPIs", "met deze KPI's niet vast te stellen"),
    "not_estimable": ("cannot be estimated from these data", "met deze gegevens niet te schatten"),
    "refused_data": ("refused: the data cannot be used", "geweigerd: de gegevens zijn niet bruikbaar"),
    # routes
    "back_door": ("adjustment (back-door)", "correctie (back-door)"),
    "front_door": ("front-door", "front-door"),
    "instrument": ("instrument", "instrument"),
    "route_identity": ("arithmetic, on adjusted parts", "rekenregel, op gecorrigeerde onderdelen"),
    "route_links": ("along the links alone", "langs de verbanden alleen"),
    # severities of what the gate finds
    "stops": ("stops", "blokkeert"),
    "warns": ("warning", "waarschuwing"),
    "notes": ("note", "opmerking"),
    # questions
    "question": (
        "{treatment} {contrast} {arrow} {outcome}, {later}",
        "{treatment} {contrast} {arrow} {outcome}, {later}",
    ),
    "later": ("{count} {periods} later", "{count} {periods} later"),
    "at_once_short": ("now", "nu"),
    "later_short": ("{count} {periods}", "{count} {periods}"),
    "per": ("{unit}, for {contrast} in {treatment}", "{unit}, bij {contrast} in {treatment}"),
    "unknown_unit": ("the outcome's own unit", "de eigen eenheid van de uitkomst"),
    "nothing": ("nothing", "niets"),
    # numbers
    "interval": ("{low} to {high}", "{low} tot {high}"),
    "at_level": ("{level} interval", "{level}-interval"),
    "p_small": ("p < 0.001", "p < 0,001"),
    "p": ("p = {value}", "p = {value}"),
    # sentences
    "demo_loyalty": (
        "One point more customer loyalty changes churn a quarter later by an estimated {value} percentage points "
        "({low} to {high}); the true effect is {truth}.",
        "Eén punt meer klantloyaliteit verandert het klantverloop een kwartaal later naar schatting met {value} "
        "procentpunt ({low} tot {high}); het werkelijke effect is {truth}.",
    ),
    "demo_raw": (
        "{question}: the raw figures say {raw} EUR, the estimate is {value} EUR ({low} to {high}) and the true "
        "effect {truth}.",
        "{question}: de ruwe cijfers zeggen {raw} EUR, de schatting is {value} EUR ({low} tot {high}) en het "
        "werkelijke effect {truth}.",
    ),
    "demo_value": (
        "One point more customer loyalty for one quarter is worth {value} EUR per branch ({low} to {high}), counted "
        "over that quarter and the four after it at {rate} a year; the true value is {truth}.",
        "Eén punt meer klantloyaliteit gedurende één kwartaal is per filiaal {value} EUR waard ({low} tot {high}), "
        "geteld over dat kwartaal en de vier erna bij {rate} per jaar; de werkelijke waarde is {truth}.",
    ),
    "no_number": ("{question}. {reason}", "{question}. {reason}"),
    "refused": ("Refused: {question}. {reason}", "Geweigerd: {question}. {reason}"),
    # the page
    "asked": ("What was asked", "Wat is gevraagd"),
    "question_one": ("question", "vraag"),
    "question_many": ("questions", "vragen"),
    "own": ("{count} {questions} of the study's own", "{count} {questions} van het onderzoek zelf"),
    "by_claims": (
        "{count} {questions} on which the graph's claims rest",
        "{count} {questions} waarop de stellingen van de graaf berusten",
    ),
    "summary": (
        "Asked: {parts}. {answered} of {all} got a number; for the others the reason is given.",
        "Gevraagd: {parts}. {answered} van de {all} kregen een getal; bij de overige staat de reden.",
    ),
    "summary_all": ("Asked: {parts}. All got a number.", "Gevraagd: {parts}. Alle kregen een getal."),
    "panel": (
        "The data: {units} units, {first} to {last} ({periods} periods), {rows} rows, {kpis} KPIs.",
        "De gegevens: {units} eenheden, {first} tot en met {last} ({periods} perioden), {rows} rijen, {kpis} KPI's.",
    ),
    "cross_section": (
        "The data: {units} units, seen once, {kpis} KPIs.",
        "De gegevens: {units} eenheden, eenmaal waargenomen, {kpis} KPI's.",
    ),
    "chance": (
        "At {level} confidence about {misses} of {count} intervals would miss the truth even if every assumption held.",
        "Bij een betrouwbaarheid van {level} zouden ongeveer {misses} van de {count} intervallen de waarheid "
        "missen, ook als elke aanname klopt.",
    ),
    "simulated": (
        "This organisation is simulated: nobody measured these numbers, and the true effects are known.",
        "Deze organisatie is gesimuleerd: niemand heeft deze cijfers gemeten, en de werkelijke effecten zijn bekend.",
    ),
    "answers": ("Answers", "Antwoorden"),
    "one_by_one": ("One by one", "Eén voor één"),
    "own_questions": ("The study's own questions", "De eigen vragen van het onderzoek"),
    "column_question": ("Question", "Vraag"),
    "column_answer": ("Estimate", "Schatting"),
    "column_interval": ("Interval", "Interval"),
    "association": ("Raw association", "Ruwe samenhang"),
    "uncorrected": ("Before correction", "Vóór bijstelling"),
    "true_effect": ("True effect", "Werkelijk effect"),
    "truth_why": ("by intervention in the simulated organisation", "door ingreep in de gesimuleerde organisatie"),
    "legend": (
        "In the pictures: a filled dot is the estimate, the line its interval, an open dot the raw association, "
        "the dotted line zero.",
        "In de figuren: een dichte stip is de schatting, de lijn het interval, een open stip de ruwe samenhang, "
        "de stippellijn nul.",
    ),
    "legend_truth": ("The upright stroke is the true effect.", "Het verticale streepje is het werkelijke effect."),
    "detectable": ("Smallest effect that this sample would find", "Kleinste effect dat deze steekproef zou vinden"),
    "route": ("Route", "Route"),
    "held_fixed": ("Held fixed", "Constant gehouden"),
    "held_links": (
        "in every link's equation the other direct causes",
        "in de vergelijking van elk verband de andere directe oorzaken",
    ),
    "sample": ("Sample", "Steekproef"),
    "rows_used": (
        "{used} of {rows} rows; {units} units, {periods} periods",
        "{used} van {rows} rijen; {units} eenheden, {periods} perioden",
    ),
    "rows_used_once": ("{used} of {rows} rows", "{used} van {rows} rijen"),
    "population": ("For whom", "Voor wie"),
    "estimator": ("Estimator", "Schatter"),
    "errors": ("Standard errors", "Standaardfouten"),
    "remedy": ("What would help", "Wat zou helpen"),
    "roles": ("Why each KPI is held fixed, or is not", "Waarom elke KPI wel of niet constant wordt gehouden"),
    "when": ("When", "Wanneer"),
    "role": ("Role", "Rol"),
    "in": ("held fixed", "constant gehouden"),
    "out": ("left out", "weggelaten"),
    "unit_effects": ("lasting differences between units", "blijvende verschillen tussen eenheden"),
    "period_effects": ("shocks that all units share", "schokken die alle eenheden delen"),
    "data": ("The data gate", "De datakwaliteitstoets"),
    "no_faults": ("It found nothing to report.", "De toets heeft niets te melden."),
    "assumptions": ("Assumptions", "Aannamen"),
    "assumptions_intro": (
        "The estimates are right to the extent that these hold; data alone cannot prove them.",
        "De schattingen zijn juist voor zover deze aannamen kloppen; gegevens alleen kunnen dat niet bewijzen.",
    ),
    "provenance": ("How this was made", "Hoe dit tot stand kwam"),
    "provenance_intro": (
        "The same input gives the same answers with these versions; run.json has every digit.",
        "Dezelfde invoer geeft met deze versies dezelfde antwoorden; run.json bevat alle cijfers achter de komma.",
    ),
    "graph": ("Graph", "Graaf"),
    "source": ("Source", "Bron"),
    "seed": ("Seed", "Startgetal"),
    "versions": ("Versions", "Versies"),
    "choice": ("By default", "Standaardkeuze"),
    "author": ("Author", "Auteur"),
    "client": ("For", "Voor"),
    "date": ("Date", "Datum"),
    "footer": (
        "“Held fixed” means compared at equal values. A raw association is what a chart of the figures shows, "
        "whatever causes it.",
        "“Constant gehouden” betekent: vergeleken bij gelijke waarden. Een ruwe samenhang is wat een grafiek van "
        "de cijfers laat zien, ongeacht de oorzaak.",
    ),
}
WORDS: Mapping[str, Mapping[str, str]] = {
    language: {key: columns[place] for key, columns in _WORDS.items()} for place, language in enumerate(("en", "nl"))
}

# one, several, the same; Dutch counts years in the singular
PERIODS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "en": {
        "year": ("year", "years", "in the same year"),
        "quarter": ("quarter", "quarters", "in the same quarter"),
        "month": ("month", "months", "in the same month"),
        "week": ("week", "weeks", "in the same week"),
        "day": ("day", "days", "in the same day"),
        "": ("period", "periods", "in the same period"),
    },
    "nl": {
        "year": ("jaar", "jaar", "in hetzelfde jaar"),
        "quarter": ("kwartaal", "kwartalen", "in hetzelfde kwartaal"),
        "month": ("maand", "maanden", "in dezelfde maand"),
        "week": ("week", "weken", "in dezelfde week"),
        "day": ("dag", "dagen", "op dezelfde dag"),
        "": ("periode", "perioden", "in dezelfde periode"),
    },
}
LANES: Mapping[str, tuple[str, str]] = {
    "steering": ("steering", "sturing"),
    "behaviour": ("behaviour", "gedrag"),
    "loyalty": ("loyalty", "loyaliteit"),
    "market": ("market", "markt"),
    "customer": ("customer results", "klantresultaten"),
    "employee": ("employee results", "medewerkersresultaten"),
    "finance": ("finance", "financiën"),
}
ROLES: Mapping[str, tuple[str, str]] = {
    "treatment": ("treatment", "ingreep"),
    "outcome": ("outcome", "uitkomst"),
    "confounder": ("confounder", "verstorende factor"),
    "mediator": ("mediator", "tussenschakel"),
    "descendant": ("descendant", "gevolg"),
    "collider": ("collider", "collider (gemeenschappelijk gevolg)"),
    "unobserved": ("unobserved", "niet waargenomen"),
    "instrument": ("instrument", "instrument"),
    "lasting differences": ("lasting differences", "blijvende verschillen"),
    "shared shocks": ("shared shocks", "gedeelde schokken"),
    "not needed": ("not needed", "niet nodig"),
}
