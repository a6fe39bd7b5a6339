"""What was found about one answer: checks, hidden causes in terms of measured KPIs, and the figures of both."""

from __future__ import annotations

import math
from typing import Any

from ...estimators.result import Regression
from ...evidence import Evidence
from ...finding import Finding
from ...language import Text
from ...sensitivity import FLOOR, Sensitivity
from ..figures import NARROW, WIDE, Figure, drawn
from ..reader import Reader, sentence

SIGNS = {"fails": "✖", "doubtful": "?", "holds": "✔", "not_applicable": "–"}
_OPEN = ("fails", "doubtful")


def checks(reader: Reader, evidence: Evidence) -> dict[str, Any]:
    """What fails or is doubtful, for all to see; the rest to be opened; and how many of each."""
    found = [(finding.result, check(reader, finding)) for finding in evidence.findings]
    counts = [(result, sum(each == result for each, _ in found)) for result in SIGNS]
    alone = evidence.estimate.estimand.route == "links"
    return {
        "calm": reader.say("checks_links" if alone else "checks_all" if found else "checks_none"),
        "open": [view for result in _OPEN for each, view in found if each == result],
        "rest": [view for result in SIGNS if result not in _OPEN for each, view in found if each == result],
        "counts": ", ".join(reader.say(f"count_{result}", n=n) for result, n in counts if n),
    }


def check(reader: Reader, finding: Finding) -> dict[str, str]:
    """One finding in words."""
    return {
        "question": reader(finding.question),
        "result": finding.result,
        "word": reader.say(f"result_{finding.result}"),
        "sign": SIGNS[finding.result],
        "seen": sentence(reader(finding.seen)),
        "consequence": sentence(reader(finding.consequence)),
        "remedy": sentence(reader(finding.remedy)),
        "rule": sentence(reader(finding.rule)),
    }


def _weighty(evidence: Evidence) -> tuple[Regression, Sensitivity] | None:
    """Of the regressions behind an answer the one that moves it most, with its sensitivity; None without any."""
    parts = [part for part in evidence.estimate.regressions if part.weight]
    pairs = list(zip(parts, evidence.sensitivities, strict=False))
    return max(pairs, key=lambda pair: abs(pair[1].value), default=None)


def robustness(reader: Reader, evidence: Evidence) -> list[str]:
    """How strong a hidden cause would have to be, in terms of measured KPIs; sentences."""
    low, high = evidence.estimate.interval
    if low <= 0 <= high:
        return [reader.say("robust_zero")]
    pair = _weighty(evidence)
    if pair is None:
        return [reader.say("robust_unknown")]
    found, said = pair[1], []
    if found.why:
        said.append(reader(found.why))
    if len(evidence.sensitivities) > 1:
        said.append(reader.say("robust_part", kpi=reader.name(pair[0].outcome.kpi)))
    said += _compared(reader, found)
    if math.isfinite(found.robustness_value):
        said.append(reader.say("robust_value", rv=found.robustness_value, at=found.robustness_value_interval,
                               level=evidence.estimate.level))  # fmt: skip
    return said


def _compared(reader: Reader, found: Sensitivity) -> list[str]:
    """A hidden cause beside the strongest measured KPI, or beside the least that the grade asks for."""
    if math.isnan(found.bound):
        return []
    strongest = found.benchmarks[0] if found.benchmarks else None
    kpi = Text.join(strongest.kpis, ", ") if strongest is not None else ""
    if strongest is not None and strongest.bias >= abs(found.value):
        return [reader.say("robust_falls", kpi=kpi)]
    if found.bound >= abs(found.value):
        return [reader.say("robust_floor", floor=FLOOR)]
    return [reader.say("robust_beats", kpi=kpi) if kpi else reader.say("robust_beats_floor", floor=FLOOR)]


def _shown(evidence: Evidence) -> Regression | None:
    """The regression that moves the answer most; None where there is none."""
    parts = evidence.estimate.regressions
    return max(parts, key=lambda part: abs(part.weight * float(part.best.slopes[0])), default=None)


def panel_about(reader: Reader, evidence: Evidence) -> str:
    """Of which regression the model checks are, where an answer is put together from several."""
    shown, several = _shown(evidence), len(evidence.estimate.regressions) > 1
    if shown is None or not several:
        return reader.say("figure_panel")
    return reader.say("figure_panel_of", treatment=reader.name(shown.treatment.kpi),
                      outcome=reader.name(shown.outcome.kpi))  # fmt: skip


def panel_figure(reader: Reader, evidence: Evidence) -> Figure | None:
    """The six model checks of the regression that moves the answer most; None where there is no regression."""
    from ... import plots

    shown = _shown(evidence)
    if shown is None:
        return None
    return drawn(
        lambda: plots.model_check_panel(shown, reader.language),
        lambda: plots.model_check_alt(shown, reader.language),
        reader,
        WIDE,
    )


def sensitivity_figure(reader: Reader, evidence: Evidence) -> Figure | None:
    """How the answer would shrink under hidden causes; None where there is nothing to compare with."""
    from ... import plots

    pair = _weighty(evidence)
    if pair is None or not math.isfinite(pair[1].robustness_value):
        return None
    graph, found = reader.run.study.graph, pair[1]
    unit = graph[evidence.question.outcome].unit_in(reader.language)
    return drawn(
        lambda: plots.sensitivity_plot(found, reader.name, reader.language),
        lambda: plots.sensitivity_alt(found, reader.name, reader.language, unit),
        reader,
        NARROW,
    )
