"""The demo: the claims of the book's model, asked of a simulated bank, with the true effects beside the estimates.

The bank can be run again with an intervention. So the true effect in these very branches and quarters is the
difference of two runs, and no simulation error is left in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from .answers import Answers, Asked, with_truth
from .datasets import load_demo
from .estimators import Estimate
from .following import ChainWanted, Following, PathsWanted, ProfileWanted, follow, look_both_ways
from .graphfile import load_graph
from .language import Language
from .numerals import number, percent
from .question import Question
from .record import Run, in_words
from .study import Study
from .system import Profile
from .value import NetPresentValue, net_present_value
from .wording import words
from .worlds.waterland import BRANCHES, QUARTERS, SEED, WATERLAND

GRAPH, RATE = "customer_centred", 0.08
LOYALTY, STEERING = ("customer_loyalty", "churn", 1), ("revenue_steering", "revenue", 0)
HEADLINES = (
    Question("customer_steering", "service_behaviour", 1, 0.1),
    Question("service_behaviour", "customer_loyalty", 1),
    Question("customer_loyalty", "revenue", 4),
)
BETWEEN = ("service_behaviour", "customer_satisfaction", "customer_loyalty")
FOLLOWED = Following(
    (ProfileWanted("customer_loyalty", "operating_result", 8, rate=RATE),),
    (PathsWanted(Question("employee_loyalty", "revenue", 4), BETWEEN),),
    (ChainWanted(("employee_loyalty", "service_behaviour", "customer_loyalty", "revenue"), 5.0),),
)
TITLES = {
    "en": "{name}: what moves loyalty, churn and money",
    "nl": "{name}: wat loyaliteit, klantverloop en geld beweegt",
}
CHOICES = {
    "en": {"level": "95% intervals", "seed": "0", "discount rate": "8% a year"},
    "nl": {"niveau": "95%-intervallen", "startgetal": "0", "disconteringsvoet": "8% per jaar"},
}


def run_demo(progress: Callable[[str], None] = lambda _: None, language: Language = "en") -> Run:
    """Ask Waterland Bank a few headline questions and those of all claims, value a point of loyalty and follow it.

    Parameters
    ----------
    progress : callable
        Told which question is being answered.
    language : {"en", "nl"}

    Returns
    -------
    Run
    """
    study = Study(load_graph(GRAPH), load_demo(), unit="unit", period="period")
    ledger = study.run(HEADLINES, progress=progress)
    progress("the value of a point of customer_loyalty")
    value = net_present_value(study.panel, study.adjusted, "customer_loyalty", "operating_result", rate=RATE,
                              system=study.system)  # fmt: skip
    followed = follow(study, FOLLOWED, progress)
    directions, lags = look_both_ways(study, progress)
    ledger = replace(ledger, answers=with_truth(ledger.answers, true_effect))
    return Run(
        TITLES[language].format(name=WATERLAND.nl if language == "nl" else WATERLAND.en),
        study,
        ledger,
        GRAPH,
        choices=CHOICES[language],
        sentences=sentences(ledger.answers, value, study, language),
        simulated=True,
        values=(value,),
        profiles=followed.profiles,
        true_profiles=tuple(true_profile(profile) for profile in followed.profiles),
        paths=followed.paths,
        chains=followed.chains,
        directions=directions,
        lags=lags,
        language=language,
    )


def true_effect(question: Question) -> float:
    """The effect by intervention, over the branches and quarters of the demo panel."""
    responses = _responses(replace(question, outcome=question.treatment, horizon=1))
    return float(responses[question.outcome][question.horizon])


@cache
def _responses(pulse: Question) -> dict[str, np.ndarray]:
    """What a pulse does to every KPI; one for all questions about it."""
    return WATERLAND.responses_in_sample(pulse, BRANCHES, QUARTERS, SEED)


def true_profile(profile: Profile) -> tuple[float, ...]:
    """The true effects of a profile, period by period."""
    asked = (Question(profile.treatment, profile.outcome, m.horizon, profile.change) for m in profile.moments)
    return tuple(true_effect(question) for question in asked)


def true_value(value: NetPresentValue) -> float:
    """The value by intervention: the same discounted sum of true effects."""
    flows = [(flow, Question(value.treatment, value.outcome, flow.horizon, value.change)) for flow in value.flows]
    return sum(true_effect(question) / (1 + value.rate) ** (flow.horizon / 4) for flow, question in flows)


def sentences(answers: Answers, value: NetPresentValue, study: Study, language: Language) -> tuple[str, ...]:
    """What came out, in three plain sentences: loyalty, the raw figures, and what a point is worth."""
    say, told = words(language), []
    loyalty, steering = _find(answers, LOYALTY), _find(answers, STEERING)
    if isinstance(loyalty.answer, Estimate):
        told.append(say["demo_loyalty"].format(**_figures(loyalty, loyalty.answer, 100, language)))
    if isinstance(steering.answer, Estimate):
        figures = _figures(steering, steering.answer, 1, language)
        question = in_words(steering, study, language)
        told.append(say["demo_raw"].format(question=question[:1].upper() + question[1:], **figures))
    if value.valued:
        low, high = value.interval
        parts = {"value": value.value, "low": low, "high": high, "truth": true_value(value)}
        figures = {name: number(x, (high - low) / 2, language=language) for name, x in parts.items()}
        told.append(say["demo_value"].format(rate=percent(value.rate, language=language), **figures))
    return tuple(told)


def _find(answers: Answers, wanted: tuple[str, str, int]) -> Asked:
    return next(i for i in answers if (i.question.treatment, i.question.outcome, i.question.horizon) == wanted)


def _figures(item: Asked, answer: Estimate, times: int, language: Language) -> dict[str, str]:
    """The numbers of a sentence, `times` as large: 100 makes percentage points of shares."""
    low, high = answer.interval
    spread = times * (high - low) / 2
    raw = next((b.value for b in answer.beside if b.name == "association"), float("nan"))
    figures = {"value": answer.value, "low": low, "high": high, "truth": item.true_effect, "raw": raw}
    return {name: number(times * value, spread, language=language) for name, value in figures.items()}
