"""The report's own sentences about effects over time and along paths: English beside Dutch."""

from __future__ import annotations

from collections.abc import Mapping

DYNAMICS: Mapping[str, tuple[str, str]] = {
    "dynamics": ("Effects over time and along paths", "Effect in de tijd, en langs welke weg"),
    "dynamics_intro": (
        "What a change of one {period} does at once and later, followed link by link over the KPI map; beside it "
        "stands the adjusted regression, which does without the map's other links. These numbers have no grade of "
        "their own: hidden causes were not held against them.",
        "Wat een puls (een verandering van één {period}) meteen en later doet, verband voor verband gevolgd over de "
        "KPI-kaart; daarnaast staat de gecorrigeerde regressie, die de overige verbanden van de kaart niet nodig "
        "heeft. Deze getallen hebben geen eigen oordeel: zij zijn niet tegen verborgen oorzaken gehouden.",
    ),
    # profiles
    "profile_title": (
        "{change} for one {period}: {outcome} over time",
        "{change}, één {period} lang: het effect op {outcome} in de tijd",
    ),
    "profile_figure": ("{treatment} → {outcome}, {period} by {period}", "{treatment} → {outcome}, per {period}"),
    "profile_table": ("By two routes, with intervals", "Langs twee routes, met intervallen"),
    "profile_none": ("No effect over time", "Geen effect in de tijd"),
    "column_links": ("Along the links", "Langs de verbanden"),
    "column_adjusted": ("Adjusted regression", "Gecorrigeerde regressie"),
    "column_uncorrected": ("Uncorrected", "Ongecorrigeerd"),
    "column_so_far": ("Sum so far", "Som tot dan"),
    "no_path": ("0: no path", "0: geen pad"),
    "pulse_itself": ("the pulse itself", "de puls zelf"),
    "in_unit": ("In: {unit}.", "In: {unit}."),
    "sum_of_all": ("Sum, up to {later}", "Som, tot en met {later}"),
    "sum_discounted": ("Discounted at {rate} a year", "Contant gemaakt tegen {rate} per jaar"),
    "links_corrected": (
        "Links were corrected for the bias of a short panel; the uncorrected numbers stand beside.",
        "Verbanden zijn gecorrigeerd voor de vertekening van een kort panel; de ongecorrigeerde getallen staan "
        "ernaast.",
    ),
    "links_as_fitted": (
        "No link on the way needed a correction for a short panel.",
        "Geen verband onderweg had een correctie voor een kort panel nodig.",
    ),
    "two_routes_beside": ("Two routes to one effect", "Twee routes naar één effect"),
    "why_not_adjusted": ("No adjusted regression", "Geen gecorrigeerde regressie"),
    "by_horizon": ("{when}: {reason}", "{when}: {reason}"),
    "first_to_last": ("{first} to {last} {periods} later", "{first} tot en met {last} {periods} later"),
    # paths
    "paths_title": (
        "{change} for one {period}: through what it works on {outcome}, {later}",
        "{change}, één {period} lang: langs welke weg dit {later} doorwerkt in {outcome}",
    ),
    "paths_none": ("Not taken apart", "Niet uitgesplitst"),
    "paths_figure": ("The parts of the effect", "De delen van het effect"),
    "paths_legend": (
        "Filled bars add up to the total; open, dashed bars overlap; line: interval. Ways under 1% of the largest part "
        "are not drawn.",
        "Gevulde balken tellen op tot het totaal; open balken (streepjes) overlappen; lijn: interval. Wegen onder 1% "
        "van het grootste deel zijn niet getekend.",
    ),
    "paths_read": (
        "“Directly” passes through none of the KPIs named here. What passes through one KPI may also pass through "
        "another: those parts overlap and do not add up. The ways add up to the total.",
        "“Rechtstreeks” loopt via geen van de hier genoemde KPI's. Wat via de ene KPI loopt, kan ook via een andere "
        "lopen: die delen overlappen en tellen niet op. De wegen tellen op tot het totaal.",
    ),
    "column_part": ("Part", "Deel"),
    "column_share": ("Share of the total", "Aandeel in het totaal"),
    "part_total": ("Total", "Totaal"),
    "part_direct": ("Directly", "Rechtstreeks"),
    "part_all_mediators": ("Through any of these KPIs", "Via een of meer van deze KPI's"),
    "part_through": ("Through {kpis} (overlaps)", "Via {kpis} (overlapt)"),
    "part_route": ("Way: {kpis}", "Weg: {kpis}"),
    "part_other_routes": ("All other ways", "Alle andere wegen"),
    "not_natural": ("Why these are not natural effects", "Waarom dit geen natuurlijke effecten zijn"),
    # chains
    "chain_title": ("A chain: {kpis}", "Een keten: {kpis}"),
    "chain_read": (
        "What reaches each KPI has come through all KPIs before it in the chain, when it first arrives. In "
        "brackets: {level:.0%} confidence interval.",
        "Wat een KPI bereikt, is via alle voorgaande KPI's van de keten gekomen, op het moment dat het daar voor het "
        "eerst aankomt. Tussen haakjes: {level:.0%}-betrouwbaarheidsinterval.",
    ),
    "chain_start": ("{change}, for one {period}", "{change}, één {period} lang"),
    "chain_step": ("{later} {amount} {kpi} ({range})", "{later} {amount} {kpi} ({range})"),
    "chain_step_share": ("{later} {amount} {kpi} ({share}; {range})", "{later} {amount} {kpi} ({share}; {range})"),
    "chain_open": ("the interval holds zero: not settled", "het interval omvat nul: staat niet vast"),
    "of_average": ("{share} of its average", "{share} van het gemiddelde"),
    "chain_none": ("The chain cannot be followed", "De keten is niet te volgen"),
    # changes made at different times
    "event_studies": ("Changes made at different times", "Veranderingen op verschillende momenten"),
    "since_not": (
        "What this is not: a trial in which chance decided who changed. It takes for granted that units which changed "
        "would otherwise have moved as those that they are held against, and that no unit responds to another's "
        "change. The periods before can speak against that and never prove it; what began together with the change is "
        "counted with it. Later periods come from the units that changed early, and nothing is said of those that "
        "never did.",
        "Wat dit niet is: een proef waarin het toeval bepaalde wie veranderde. Aangenomen is dat eenheden die "
        "veranderden anders net zo waren bewogen als die waarmee ze worden vergeleken, en dat geen eenheid reageert op "
        "de verandering van een andere. De perioden ervoor kunnen daartegen spreken en het nooit bewijzen; wat "
        "tegelijk met de verandering begon, telt mee. Latere perioden komen van eenheden die vroeg veranderden, en "
        "over eenheden die nooit veranderden, wordt niets gezegd.",
    ),
    "since_title": ("{change}: {outcome} since the change", "{change}: {outcome} sinds de verandering"),
    "since_figure": (
        "The change of {change} → {outcome}, {period} by {period}",
        "De verandering van {change} → {outcome}, per {period}",
    ),
    "since_overall": (
        "Average over 0 to {last} {periods} since the change",
        "Gemiddelde over 0 tot en met {last} {periods} sinds de verandering",
    ),
    "since_before": ("The periods before", "De perioden ervoor"),
    "since_strength": (
        "A claim may lean on this as {word} evidence, however clear the number.",
        "Een stelling mag hierop steunen als op een onderbouwing die {word} is, hoe duidelijk het getal ook is.",
    ),
    "since_against": ("Held against", "Vergeleken met"),
    "since_cohorts": ("Changed (units)", "Veranderd (eenheden)"),
    "since_table": ("Period by period", "Periode voor periode"),
    "since_none": ("The change cannot be followed", "De verandering valt niet te volgen"),
    "column_since": ("Since", "Sinds"),
    "column_band": ("All together", "Alle samen"),
    "column_units": ("Units", "Eenheden"),
    # directions and lags
    "directions": ("Every link there and back", "Elk verband heen en terug"),
    "directions_intro": (
        "For every link: how far the effect goes with its cause once the effect's other direct causes are held fixed, "
        "and how far the next value of the cause goes with the effect once the cause's own causes are (partial "
        "correlations with their {level:.0%} intervals). The last column says which lags the data cannot tell from the "
        "best.",
        "Per verband: hoe sterk het gevolg met de oorzaak samengaat als de andere directe oorzaken van het gevolg "
        "constant worden gehouden, en hoe sterk de volgende waarde van de oorzaak met het gevolg samengaat als de "
        "oorzaken van de oorzaak constant worden gehouden (partiële correlaties met hun {level:.0%}-intervallen). De "
        "laatste kolom zegt welke vertragingen in de cijfers niet van de beste te onderscheiden zijn.",
    ),
    "directions_caption": ("Both directions, and the lag", "Beide richtingen, en de vertraging"),
    "column_link": ("Link", "Verband"),
    "column_there": ("There", "Heen"),
    "column_back": ("Back", "Terug"),
    "column_stronger": ("Stronger", "Sterkst"),
    "column_lag": ("Lag, map", "Vertraging, kaart"),
    "column_preferred": ("Lag, data", "Vertraging, cijfers"),
    "stronger_forward": ("there", "heen"),
    "stronger_reverse": ("back", "terug"),
    "stronger_not_clear": ("not clear", "niet duidelijk"),
    "stronger_not_applicable": ("not compared", "niet vergeleken"),
    "lag_agrees": ("{lags}: as the map says", "{lags}: zoals de kaart"),
    "lag_differs": ("{lags}: not the map's", "{lags}: niet die van de kaart"),
    "lag_not_clear": ("{lags}: not clear", "{lags}: niet duidelijk"),
    "lag_no_sign": ("no sign of it", "geen spoor"),
    # loops
    "loops": ("Feedback loops, cut over time", "Terugkoppelingen, doorgeknipt in de tijd"),
    "loops_intro": (
        "The KPI map has {count:,} feedback loops. Written out over time none is left: in each at least one link works "
        "a {period} or more later, so that it does not come back to the same KPI now but to its later value. What the "
        "estimates follow is that chain without loops.",
        "De KPI-kaart bevat {count:,} terugkoppelingen. Uitgeschreven in de tijd blijft er geen lus over: in elke lus "
        "werkt ten minste één verband pas een {period} of meer later door, zodat de lus niet uitkomt bij dezelfde "
        "KPI nu, maar bij de latere waarde ervan. De schattingen volgen die keten zonder lussen.",
    ),
    "loops_one": (
        "The KPI map has one feedback loop. Written out over time it is gone: at least one of its links works a "
        "{period} or more later, so that it does not come back to the same KPI now but to its later value.",
        "De KPI-kaart bevat één terugkoppeling. Uitgeschreven in de tijd is die lus weg: ten minste één verband erin "
        "werkt pas een {period} of meer later door, zodat de lus niet uitkomt bij dezelfde KPI nu, maar bij de latere "
        "waarde ervan.",
    ),
    "column_loop": ("Loop", "Lus"),
    "column_cut": ("Cut at", "Doorgeknipt bij"),
    "cut_at": ("{source} → {target} ({later})", "{source} → {target} ({later})"),
    "loops_more": ("And {n:,} more, as long or longer.", "En nog {n:,} andere, even lang of langer."),
    "loops_caption": ("The shortest loops", "De kortste lussen"),
}
