"""What can be said of a study before anything is estimated: its data, its graph, and which questions have an answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .errors import SEVERITIES, DataError
from .estimators.changeover import NEVER, read_changeover
from .estimators.screen import Refusal
from .headers import suggest
from .language import Language, Name, Text, render
from .question import Estimand, label
from .study import Study
from .studyfile import StudyFile
from .wording import question_words, status_words, words

_SAYS = {
    "none": ("The gate found nothing to report.", "De datakwaliteitstoets vond niets te melden."),
    "loops": ("Feedback, cut over time: {loop}", "Terugkoppeling, doorgeknipt in de tijd: {loop}"),
    "held": ("held fixed: {nodes}", "constant gehouden: {nodes}"),
    "nothing": ("nothing needs to be held fixed", "niets hoeft constant gehouden te worden"),
    "change": (
        "{change} → {outcome}, since the change: {units} units change, in {dates} periods; held against {comparison}",
        "{change} → {outcome}, sinds de verandering: {units} eenheden veranderen, in {dates} perioden; vergeleken met "
        "{comparison}",
    ),
    "no_change": ("{change} → {outcome}, since the change: {why}", "{change} → {outcome}, sinds de verandering: {why}"),
    "means": ("Column {header} probably means {kpi}: {why}", "Kolom {header} is waarschijnlijk {kpi}: {why}"),
}
_MOST_LOOPS = 5


def check_text(file: StudyFile, study: Study, language: Language = "en") -> str:
    """The data gate, the graph's loops, and which questions can be answered with what held fixed.

    Parameters
    ----------
    file : StudyFile
    study : Study
        The same, loaded.
    language : {"en", "nl"}
    """
    say = words(language)

    def name(kpi: str) -> str:
        return study.graph[kpi].name(language) if kpi in study.graph else kpi

    lines = [f"{file.title}: {study.panel!r}", ""]
    for severity in SEVERITIES:
        lines += [f"{say[severity]}: {f.render(language, name)}" for f in study.faults if f.severity == severity]
    lines += [Text(*_SAYS["none"]).render(language)] * (not study.faults)
    held = set(study.panel.kpis)
    spare = [column for column in study.panel.kpis if column not in study.graph]
    for found in suggest(spare, study.graph):
        if found.kpi not in held:
            parts = {"header": found.header, "kpi": found.kpi, "why": render(found.why, language, name)}
            lines.append(Text(*_SAYS["means"], **parts).render(language))
    for loop in study.graph.loops()[:_MOST_LOOPS]:
        shown = " → ".join(name(link.source) for link in loop)
        lines.append(Text(*_SAYS["loops"], loop=shown).render(language))
    lines.append("")
    for origin, question, _ in study.family(file.questions, claims=file.claims):
        asked = question_words(question, study.graph, study.panel.frequency, language=language)
        found = study.identify(question)
        if isinstance(found, Estimand):
            nodes = [label(node) for node in found.adjustment]
            text = Text(*_SAYS["held"], nodes=nodes) if nodes else Text(*_SAYS["nothing"])
            lines.append(f"{origin}: {asked}: {text.render(language, name)}")
        else:
            reason = render(found.reason, language, name)
            lines.append(f"{origin}: {asked}: {status_words(found.status, language)}. {reason}")
    lines += [f"{origin}: {render(said, language, name)}" for origin, said in _changes(file, study)]
    return "\n".join(lines)


def _changes(file: StudyFile, study: Study) -> Iterator[tuple[str, Text]]:
    """Who asks what a change did that units made at different times, and who changed when, or why that is not seen."""
    wanted = [("study", (w.change, w.outcome, w.anticipation)) for w in file.following.changes]
    for claim in study.graph.claims if file.claims else ():
        wanted += [(claim.id, (change, outcome, 0)) for _, change, outcome, _, _ in claim.changes]
    for origin, (change, outcome, anticipation) in dict.fromkeys(wanted):
        names = {"change": Name(change), "outcome": Name(outcome)}
        try:
            study.panel.columns([(change, 0), (outcome, 0)])
            found = read_changeover(study.panel, change, outcome, anticipation)
        except DataError as error:
            yield origin, Text(*_SAYS["no_change"], why=error.text, **names)
        except Refusal as refusal:
            yield origin, Text(*_SAYS["no_change"], why=refusal.reason, **names)
        else:
            dates = np.unique(found.adopts[found.adopts < NEVER])
            yield origin, Text(*_SAYS["change"], units=found.count(found.adopts < NEVER), dates=len(dates),
                               comparison=found.comparison, **names)  # fmt: skip
