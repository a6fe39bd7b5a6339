"""What was found about one answer: checks, hidden causes in terms of measured KPIs, and the figures of both."""

from __future__ import annotations

import math
from typing import Any

from ...estimators.result import Regression
from ...evidence import Evidence
from ...finding import Finding
from ...language import Text
from ...sensitivity import Sensitivity
from ..figures import NARROW, WIDE, Figure, drawn
from ..reader import Reader, capital, sentence

SIGNS = {"fails": "✖", "doubtful": "?", "holds": "✔", "not_applicable": "–"}
_OPEN = ("fails", "doubtful")


def checks(reader: Reader, evidence: Evidence) -> dict[str, Any]:
    """What fails or is doubtful, for all to see; the rest to be opened; and how many of each."""
    found = [(finding.result, _check(reader, finding)) for finding in evidence.findings]
    counts = [(result, sum(each == result for each, _ in found)) for result in SIGNS]
    return {
        "open": [view for result in _OPEN for each, view in found if each == result],
        "rest": [view for result in SIGNS if result not in _OPEN for each, view in found if each == result],
        "counts": ", ".join(reader.say(f"count_{result}", n=n) for result, n in counts if n),
    }


def _check(reader: Reader, finding: Finding) -> dict[str, str]:
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
        said.append(reader.say("robust_part", kpi=pair[0].outcome.kpi and reader.name(pair[0].outcome.kpi)))
    strongest = found.benchmarks[0] if found.benchmarks else None
    if strongest is not None and not math.isnan(evidence.bound):
        kpi = Text.join(strongest.kpis, ", ")
        key = "robust_beats" if abs(evidence.estimate.value) > evidence.bound else "robust_falls"
        said.append(reader.say(key, kpi=kpi))
    if math.isfinite(found.robustness_value):
        said.append(reader.say("robust_value", rv=found.robustness_value, at=found.robustness_value_interval,
                               level=evidence.estimate.level))  # fmt: skip
    return said


def panel_figure(reader: Reader, evidence: Evidence) -> Figure | None:
    """The six model checks of the regression that moves the answer most; None where there is no regression."""
    from ... import plots

    regressions = evidence.estimate.regressions
    if not regressions:
        return None
    regression = max(regressions, key=lambda part: abs(part.weight * float(part.best.slopes[0])))
    return drawn(
        lambda: plots.model_check_panel(regression, reader.language),
        lambda: plots.model_check_panel_alt(regression, reader.language),
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
        lambda: plots.sensitivity_plot(found, reader.name, reader.language, capital(unit)),
        lambda: plots.sensitivity_alt(found, reader.name, reader.language),
        reader,
        NARROW,
    )
