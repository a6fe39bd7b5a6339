"""The report's own sentences about single answers, data, limits, owners and provenance: English beside Dutch."""

from __future__ import annotations

from collections.abc import Mapping

EVIDENCE: Mapping[str, tuple[str, str]] = {
    # sheets
    "glance": ("All answers at a glance", "Alle antwoorden in één oogopslag"),
    "origin_claim": ("claim {claim}", "stelling {claim}"),
    "origin_study": ("the study's own question", "een eigen vraag van het onderzoek"),
    "asked_by": ("Asked by", "Gevraagd door"),
    "graded_there": ("graded there", "daar beoordeeld als"),
    "two_way_fixed_effects": (
        "Plain two-way fixed effects",
        "Gewone vaste effecten voor eenheid en periode",
    ),
    "logit": ("Logit, standardised", "Logit, gestandaardiseerd"),
    "picture_alt": (
        "Estimate {value}, interval {interval}, on a line with zero.",
        "Schatting {value}, interval {interval}, op een lijn met nul.",
    ),
    "legend_short": (
        "Filled dot: estimate; line: interval; open dot: raw association; dotted line: zero.",
        "Dichte stip: schatting; lijn: interval; open stip: ruwe samenhang; stippellijn: nul.",
    ),
    "legend_true": ("Upright stroke: true effect.", "Verticaal streepje: werkelijk effect."),
    "sample_used": (
        "{used:,} of {rows:,} rows; {units:,} units, {periods:,} periods",
        "{used:,} van de {rows:,} rijen; {units:,} eenheden, {periods:,} perioden",
    ),
    "sample_used_once": ("{used:,} of {rows:,} rows", "{used:,} van de {rows:,} rijen"),
    "basis": ("What it rests on", "Waar het op berust"),
    "smallest_interest": ("Smallest effect of interest", "Kleinste effect van belang"),
    "declared": ("named by the study", "door het onderzoek opgegeven"),
    "usual": ("usual: {small} standard deviations", "gebruikelijk: {small} standaarddeviatie"),
    "column_kpis": ("KPIs", "KPI's"),
    "column_kpi": ("KPI", "KPI"),
    "column_set": ("Held fixed?", "Constant gehouden?"),
    "checks": ("Checks", "Toetsen"),
    "checks_none": ("No checks are made for this route yet.", "Voor deze route worden nog geen toetsen uitgevoerd."),
    "checks_all": ("Nothing failed and nothing is doubtful.", "Niets faalt en niets is twijfelachtig."),
    "checks_links": (
        "The checks of a regression do not exist for this route. The shorter horizons, which both routes can answer, "
        "were held against one another; nothing failed there.",
        "De toetsen van een regressie bestaan niet voor deze route. De kortere horizonnen, waarop beide routes een "
        "antwoord geven, zijn naast elkaar gelegd; daar faalt niets.",
    ),
    "checks_rest": ("The other checks", "De overige toetsen"),
    "column_check": ("Check", "Toets"),
    "column_result": ("Result", "Resultaat"),
    "column_seen": ("Seen", "Gezien"),
    "column_meaning": ("What it means", "Wat het betekent"),
    "result_holds": ("holds", "houdt stand"),
    "result_doubtful": ("doubtful", "twijfelachtig"),
    "result_fails": ("fails", "faalt"),
    "result_not_applicable": ("not applicable", "niet van toepassing"),
    "count_holds": ("{n} hold", "{n} in orde"),
    "count_doubtful": ("{n} doubtful", "{n} twijfelachtig"),
    "count_fails": ("{n} fail", "{n} faalt"),
    "count_not_applicable": ("{n} not applicable", "{n} niet van toepassing"),
    "to_do": ("To do", "Te doen"),
    "hidden_causes": ("Hidden causes", "Verborgen oorzaken"),
    "robust_zero": (
        "The interval holds zero already, without any hidden cause.",
        "Het interval omvat al nul, ook zonder verborgen oorzaak.",
    ),
    "robust_unknown": (
        "How strong a hidden cause would have to be is not computed for this route.",
        "Hoe sterk een verborgen oorzaak zou moeten zijn, wordt voor deze route niet berekend.",
    ),
    "robust_part": (
        "Told of the part that moves the answer most: {kpi}.",
        "Dit gaat over het onderdeel dat het antwoord het meest bepaalt: {kpi}.",
    ),
    "robust_beats": (
        "A hidden cause must be stronger than {kpi}, the strongest measured KPI, to undo this.",
        "Een verborgen oorzaak moet sterker zijn dan {kpi}, de sterkste gemeten KPI, om dit teniet te doen.",
    ),
    "robust_falls": (
        "A hidden cause as strong as {kpi}, the strongest measured KPI, could undo this.",
        "Een verborgen oorzaak die even sterk is als {kpi}, de sterkste gemeten KPI, kan dit tenietdoen.",
    ),
    "robust_floor": (
        "A hidden cause that explains {floor:.0%} of what is left of both KPIs could undo this; the measured KPIs "
        "explain less than that.",
        "Een verborgen oorzaak die van beide KPI's {floor:.0%} verklaart van wat er nog te verklaren is, kan dit "
        "tenietdoen; de gemeten KPI's verklaren minder.",
    ),
    "robust_beats_floor": (
        "A hidden cause must explain more than {floor:.0%} of what is left of both KPIs to undo this; no KPI was "
        "measured to compare it with.",
        "Een verborgen oorzaak moet van beide KPI's meer dan {floor:.0%} verklaren van wat er nog te verklaren is om "
        "dit teniet te doen; er is geen KPI gemeten om haar mee te vergelijken.",
    ),
    "robust_value": (
        "Robustness value {rv:.1%}: so much of what is left of both KPIs it would have to explain to take the "
        "estimate to zero; {at:.1%} takes the {level:.0%} interval there.",
        "Robuustheidswaarde {rv:.1%}: zoveel van wat er van beide KPI's nog te verklaren is, zou zij moeten verklaren "
        "om de schatting op nul te brengen; bij {at:.1%} omvat het {level:.0%}-interval nul.",
    ),
    "figure_panel": ("Model checks", "Modelcontroles"),
    "figure_panel_of": (
        "Model checks of the part that moves the answer most: {treatment} → {outcome}",
        "Modelcontroles van het onderdeel dat het antwoord het meest bepaalt: {treatment} → {outcome}",
    ),
    "figure_sensitivity": ("What hidden causes could do", "Wat verborgen oorzaken kunnen doen"),
    "figure_missing": ("This figure cannot be drawn", "Deze figuur is niet te tekenen"),
    # data
    "means_stops": ("What needs these is refused.", "Wat hierop berust, is geweigerd."),
    "means_warns": (
        "The estimates go on; weigh this when you read them.",
        "De schattingen gaan door; weeg dit mee bij het lezen.",
    ),
    "means_notes": ("For your information.", "Ter informatie."),
    "filled": (
        "{rows:,} of {all:,} combinations of unit and period are there ({share:.0%}).",
        "{rows:,} van de {all:,} combinaties van eenheid en periode zijn aanwezig ({share:.0%}).",
    ),
    "times": ("{count:,} times", "{count:,} keer"),
    "column_where": ("Where", "Waar"),
    "column_found": ("Found", "Gevonden"),
    "column_expected": ("Expected", "Verwacht"),
    "column_remedy": ("What would help", "Wat zou helpen"),
    "kpis_caption": ("How complete each KPI is", "Hoe volledig elke KPI is"),
    "column_unit": ("Unit", "Eenheid"),
    "column_there": ("Values", "Waarden"),
    "column_missing": ("Missing", "Ontbreekt"),
    "hidden": ("hidden", "verborgen"),
    "no_column": ("no column", "geen kolom"),
    "faults_none": ("Nothing was found that needs saying.", "Er is niets gevonden dat vermelding behoeft."),
    # limits
    "assumed": ("Assumed", "Aannamen"),
    "unexamined": ("Not examined", "Niet onderzocht"),
    "unexamined_segments": (
        "Whether an effect differs between units, segments or periods: every number is an average.",
        "Of een effect verschilt tussen eenheden, segmenten of perioden: elk getal is een gemiddelde.",
    ),
    "unexamined_sustained": (
        "What a lasting change does: every question is about a change of one period, to which later KPIs respond.",
        "Wat een blijvende verandering doet: elke vraag gaat over een verandering van één periode, waarop latere "
        "KPI's reageren.",
    ),
    "unexamined_beyond": (
        "Units, periods and sizes of change beyond those in the data.",
        "Eenheden, perioden en veranderingen buiten het bereik van de gegevens.",
    ),
    "unexamined_graph": (
        "Whether the KPI map is complete: an estimate is right only if no arrow and no common cause is missing from "
        "it.",
        "Of de KPI-kaart volledig is: een schatting klopt alleen als er geen pijl en geen gemeenschappelijke oorzaak "
        "aan ontbreekt.",
    ),
    "unexamined_hidden": (
        "Hidden causes that change over time: no test can detect them all. How strong they would have to be stands "
        "with each estimate.",
        "Verborgen oorzaken die in de tijd veranderen: geen toets vindt ze allemaal. Hoe sterk ze zouden moeten zijn, "
        "staat bij elke schatting.",
    ),
    "errors_chosen": (
        "{errors}. Chosen by the study for single regressions that need no correction. Corrected answers, and answers "
        "put together from several regressions, have no other errors than their own and are refused under this choice; "
        "what was followed over time, along paths or since changes keeps its own.",
        "{errors}. Gekozen door het onderzoek, voor enkelvoudige regressies die geen correctie nodig hebben. "
        "Gecorrigeerde antwoorden, en antwoorden die uit meer regressies zijn samengesteld, kennen alleen hun eigen "
        "standaardfouten en worden bij deze keuze geweigerd; wat in de tijd, langs wegen of sinds veranderingen is "
        "gevolgd, houdt de eigen.",
    ),
    "chance": ("Chance", "Toeval"),
    "by_chance": (
        "At {level:.0%} confidence about {misses} of {count} intervals would miss the truth even if every assumption "
        "held. The intervals are not corrected for their number; the verdicts on the claims are.",
        "Bij een betrouwbaarheid van {level:.0%} missen naar verwachting ongeveer {misses} van de {count} intervallen "
        "de waarheid, ook als elke aanname klopt. De intervallen zijn niet gecorrigeerd voor hun aantal; de "
        "uitkomsten van de stellingen wel.",
    ),
    "rule_heading": ("The rule of the grades, in full", "De regel van de oordelen, volledig"),
    "smallest_caption": ("The smallest effects of interest used", "De gebruikte kleinste effecten van belang"),
    "column_smallest": ("Smallest effect", "Kleinste effect"),
    "column_says": ("Who says so", "Volgens"),
    # owners
    "owners_intro": (
        "For the people whose results are measured: what moves their KPIs and what these move in turn. The names of "
        "owners come from the model.",
        "Voor wie de resultaten worden gemeten: wat hun KPI's beweegt en wat die op hun beurt bewegen. De namen van "
        "eigenaren komen uit het model.",
    ),
    "moved_by": ("What moves it", "Wat deze KPI beweegt"),
    "moves": ("What it moves", "Wat deze KPI beïnvloedt"),
    "better_higher": ("higher is better", "hoger is beter"),
    "better_lower": ("lower is better", "lager is beter"),
    "owner_unasked": ("No question was asked about it.", "Hierover is geen vraag gesteld."),
    # provenance
    "level": ("Confidence level", "Betrouwbaarheid"),
    "register": ("Questions computed, all told", "Berekende vragen, alles bij elkaar"),
    "before": ("Since the run before", "Sinds de vorige keer"),
    "footer_report": (
        "“Held fixed” means compared at equal values. A raw association is what a chart of the figures shows, "
        "whatever causes it. This report holds no row of the data.",
        "“Constant gehouden” betekent: vergeleken bij gelijke waarden. Een ruwe samenhang is wat een grafiek van de "
        "cijfers laat zien, ongeacht de oorzaak. Dit rapport bevat geen enkele rij van de gegevens.",
    ),
}
