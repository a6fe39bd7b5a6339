"""The record of a run: everything behind its answers, as plain values for run.json.

Whoever has the record can tell which graph, which data, which versions and which choices gave an answer, and what else
was asked. It holds no clock time and no path of a machine, so equal input gives equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Any

import numpy as np

from . import __version__
from .answers import Answers, Asked
from .changes import Changes
from .errors import Fault
from .estimators import Estimate
from .estimators.conventions import chosen
from .event_study import EventStudy
from .graph import KPIGraph
from .graphfile import to_yaml
from .lags import NO_LAGS, Lags
from .language import Language, render
from .ledger import Ledger
from .question import Unanswered
from .reverse import NO_DIRECTIONS, ReverseDirection
from .study import Study
from .system import Chain, Paths, Profile
from .system.profile import NO_PATH
from .value import NetPresentValue
from .wording import question_words, words

REFUSALS = ("not_identified", "not_estimable", "refused_data")
_LIBRARIES = ("dowhy", "statsmodels", "linearmodels", "pandas", "networkx", "numpy", "scipy")
_ABSENT = {"true_effect": "not a simulated organisation", "dowhy": "put together from several regressions"}


@dataclass(frozen=True)
class Run:
    """What was asked of which study, and what came out.

    Parameters
    ----------
    title : str
    study : Study
    ledger : Ledger
        The claims with their verdicts, and all answers.
    graph : str
        The graph as the study names it.
    client, author, date : str
        As the study says; the clock is never asked.
    choices : mapping of str to str
        What was chosen by default, because nobody said otherwise.
    sentences : tuple of str
        What came out, in a few plain sentences.
    simulated : bool
        Whether the organisation is simulated, so that true effects are known.
    values : tuple of NetPresentValue
        What a change of a KPI is worth, where the study asks for that.
    profiles : tuple of Profile
        Effects period by period, where the study asks for them.
    true_profiles : tuple of tuple of float
        For each profile the true effects from horizon 0 on; empty where nobody knows them.
    paths : tuple of Paths or Unanswered
        Effects by what they work through.
    directions : ReverseDirection
        Every link there and back; without rows where units are seen once.
    lags : Lags
        Every link's lag held against the data; likewise.
    chains : tuple of Chain
        Changes followed from KPI to KPI.
    event_studies : tuple of EventStudy or Unanswered
        Changes that units made at different times, followed since.
    language : {"en", "nl"}
        Of the report.
    changes : Changes or None
        What moved since the last run; None for a first run.
    """

    title: str
    study: Study
    ledger: Ledger
    graph: str
    client: str = ""
    author: str = ""
    date: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    simulated: bool = False
    values: tuple[NetPresentValue, ...] = ()
    profiles: tuple[Profile, ...] = ()
    true_profiles: tuple[tuple[float, ...], ...] = ()
    directions: ReverseDirection = NO_DIRECTIONS
    lags: Lags = NO_LAGS
    paths: tuple[Paths | Unanswered, ...] = ()
    chains: tuple[Chain, ...] = ()
    event_studies: tuple[EventStudy | Unanswered, ...] = ()
    language: Language = "en"
    changes: Changes | None = None

    @property
    def answers(self) -> Answers:
        """Every question that was asked, with its evidence."""
        return self.ledger.answers


def to_record(run: Run) -> dict[str, Any]:
    """Everything behind the answers, as plain values."""
    study = run.study
    panel = study.panel
    return {
        "format": 1,
        "title": run.title,
        "client": run.client,
        "author": run.author,
        "date": run.date,
        "graph": {"name": run.graph, "id": study.graph.id, "sha256": hash_graph(study.graph)},
        "sources": [asdict(source) for source in panel.sources],
        "panel": {
            "frequency": panel.frequency,
            "units": panel.n_units,
            "periods": list(panel.periods),
            "unit_periods": len(panel.frame),
            "kpis": list(panel.kpis),
        },
        "versions": versions(),
        "seed": study.seed,
        "level": study.level,
        "errors": chosen(study.errors)[0],
        "choices": dict(run.choices),
        "faults": [_fault(fault) for fault in study.faults],
        "ledger": run.ledger.to_dict(),
        "values": [value.to_dict() for value in run.values],
        "profiles": [profile.to_dict() for profile in run.profiles],
        "true_profiles": [list(effects) for effects in run.true_profiles],
        "paths": [_paths(found) for found in run.paths],
        "directions": run.directions.to_frame().to_dict("records"),
        "lags": run.lags.to_frame().to_dict("records"),
        "chains": [_chain(chain) for chain in run.chains],
        "event_studies": [_event_study(found) for found in run.event_studies],
        "smallest": dict(study.smallest),
        "settled": list(study.settled),
        "changes": run.changes.to_dict() if run.changes else {},
        "register": [asdict(question) for question in study.register],
        "answers": [_answer(item, run) for item in run.answers],
    }


def _fault(fault: Fault) -> dict[str, Any]:
    """A fault without its examples: results hold no rows of the data."""
    return {name: value for name, value in asdict(fault).items() if name != "examples"}


def _answer(item: Asked, run: Run) -> dict[str, Any]:
    """One answer with its full numbers, its set and its roles."""
    answer = item.answer
    found: dict[str, Any] = {"origin": item.origin, "question": in_words(item, run.study), **asdict(item.question)}
    found |= {"status": answer.status, "true_effect": item.true_effect, **item.evidence.to_dict()}
    if isinstance(answer, Estimate):
        estimand = answer.estimand
        found |= answer.to_dict() | {
            "dowhy": answer.dowhy,
            "window": estimand.window,
            "adjustment": [node._asdict() for node in estimand.adjustment],
            "mediators": [node._asdict() for node in estimand.mediators],
            "instrument": estimand.instrument._asdict() if estimand.instrument else {},
            "strict": estimand.strict,
            "assumptions": list(estimand.assumptions),
            "roles": [asdict(role) for role in estimand.roles],
        }
    else:
        found |= {
            "reason": answer.reason,
            "remedy": answer.remedy,
            "help": [list(kpis) for kpis in answer.help],
        }
    return found


def _paths(found: Paths | Unanswered) -> dict[str, Any]:
    """An effect by what it works through, or why it could not be taken apart."""
    asked = {"question": str(found.question), **asdict(found.question)}
    if isinstance(found, Paths):
        return found.to_dict() | asked | {"status": "estimated", "level": found.level, "df": found.df}
    return asked | {"status": found.status, "reason": found.reason, "remedy": found.remedy}


def _chain(chain: Chain) -> dict[str, Any]:
    return {"steps": chain.to_frame().to_dict("records"), "why": chain.why, "level": chain.level}


def _event_study(found: EventStudy | Unanswered) -> dict[str, Any]:
    """What a change did, or why it could not be followed."""
    if isinstance(found, EventStudy):
        return found.to_dict() | {"status": "estimated", "strength": found.strength}
    asked = {"change": found.question.treatment, "outcome": found.question.outcome}
    return asked | {"status": found.status, "reason": found.reason, "remedy": found.remedy}


def to_json(record: Mapping[str, Any]) -> str:
    """A record as JSON: keys sorted, and no number where there is none.

    What is not a finite number becomes null, and the key ``absent`` beside it says why.

    Examples
    --------
    >>> print(to_json({"value": 0.5, "dowhy": float("nan")}), end="")
    {
     "absent": {
      "dowhy": "put together from several regressions"
     },
     "dowhy": null,
     "value": 0.5
    }
    """
    return json.dumps(_plain(record), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Values that JSON has; a mapping gets the reasons of what is absent in it."""
    if isinstance(value, Mapping):
        plain = {str(key): _plain(part) for key, part in value.items()}
        absent = {str(key): _why(str(key), part) for key, part in value.items() if _no_number(part)}
        return plain | ({"absent": absent} if absent else {})
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return None if _no_number(value) else float(value)
    return str(value)


def _no_number(value: Any) -> bool:
    return isinstance(value, float | np.floating) and not math.isfinite(value)


def _why(key: str, value: float) -> str:
    if math.isinf(value):
        return "without bound, " + ("downward" if value < 0 else "upward")
    return _ABSENT.get(key, "not a number for this answer")


def versions() -> dict[str, str]:
    """The versions that the answers depend on."""
    found = {"python": platform.python_version(), "causalkpi": __version__}
    for name in _LIBRARIES:
        try:
            found[name] = installed(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def hash_graph(graph: KPIGraph) -> str:
    """The SHA-256 of a graph in its canonical form."""
    return sha256(to_yaml(graph))


def sha256(text: str) -> str:
    """The SHA-256 of a text, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def in_words(item: Asked, study: Study, language: Language = "en") -> str:
    """A question of a study with the KPIs' names."""
    return question_words(item.question, study.graph, study.panel.frequency, language=language)


def refusal(item: Asked, study: Study, language: Language = "en") -> str:
    """Why a question got no number, in a sentence; empty where it got one.

    What the graph rules out and what is arithmetic are answers, and not called refusals.
    """
    if isinstance(item.answer, Estimate):
        return ""
    reason = render(item.answer.reason, language, lambda kpi: study.graph[kpi].name(language))
    key = "no_number" if item.answer.status in ("structural_zero", "identity") else "refused"
    return words(language)[key].format(question=in_words(item, study, language), reason=reason)


def not_followed(run: Run) -> list[str]:
    """What a study wanted followed, over time or otherwise, and could not be, with the reason, in sentences.

    What the graph rules out is an answer, and not among them.
    """
    graph, found = run.study.graph, []
    for profile in run.profiles:
        if not profile.answered and profile.why != NO_PATH:
            found.append(((profile.treatment, profile.outcome), profile.why))
    for each in (*run.paths, *run.event_studies):
        if isinstance(each, Unanswered) and each.status in REFUSALS:
            found.append(((each.question.treatment, each.question.outcome), each.reason))
    found += [(tuple(step.kpi for step in chain.steps), chain.why) for chain in run.chains if chain.why]

    def name(kpi: str) -> str:
        return graph[kpi].name(run.language)

    said = words(run.language)["refused"]
    return [
        said.format(question=" → ".join(map(name, kpis)), reason=render(why, run.language, name)) for kpis, why in found
    ]
