"""The demo: the claims of the book's model, asked of a simulated bank, with the true effects beside the estimates.

The bank can be run again with an intervention. So the true effect in these very branches and quarters is the
difference of two runs, and no simulation error is left in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .answers import Answers, Asked, with_truth
from .datasets import load_demo
from .estimators import Estimate
from .graphfile import load_graph
from .question import Question
from .record import Run, in_words, refusal
from .study import Study
from .wording import number, words
from .worlds.waterland import BRANCHES, QUARTERS, SEED, WATERLAND

GRAPH = "customer_centred"
LOYALTY, STEERING = ("customer_loyalty", "churn", 1), ("revenue_steering", "revenue", 0)
HEADLINES = (
    Question("customer_steering", "service_behaviour", 1, 0.1),
    Question("service_behaviour", "customer_loyalty", 1),
    Question("customer_loyalty", "revenue", 4),
)


def run_demo(progress: Callable[[str], None] = lambda _: None) -> Run:
    """Ask Waterland Bank a few headline questions and those of all claims.

    Parameters
    ----------
    progress : callable
        Told which question is being answered.

    Returns
    -------
    Run
    """
    study = Study(load_graph(GRAPH), load_demo(), unit="unit", period="period")
    ledger = study.run(HEADLINES, progress=progress)
    answers = with_truth(ledger.answers, true_effect)
    return Run(
        f"{WATERLAND.en}: what moves loyalty, churn and money",
        study,
        replace(ledger, answers=answers),
        GRAPH,
        choices={"level": "95% intervals", "seed": "0"},
        sentences=sentences(answers, study),
        simulated=True,
    )


def true_effect(question: Question) -> float:
    """The effect by intervention, over the branches and quarters of the demo panel."""
    return WATERLAND.effect_in_sample(question, BRANCHES, QUARTERS, SEED)


def sentences(answers: Answers, study: Study) -> tuple[str, ...]:
    """What came out, in plain sentences: loyalty, the raw figures, and what was refused."""
    say, told = words(), []
    loyalty, steering = _find(answers, LOYALTY), _find(answers, STEERING)
    if isinstance(loyalty.answer, Estimate):
        told.append(say["demo_loyalty"].format(**_figures(loyalty, loyalty.answer, 100)))
    if isinstance(steering.answer, Estimate):
        figures = _figures(steering, steering.answer, 1)
        told.append(say["demo_raw"].format(question=_sentence_case(in_words(steering, study)), **figures))
    refused = [refusal(item, study) for item in answers]
    return (*told, *list(filter(None, refused))[:1])


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _find(answers: Answers, wanted: tuple[str, str, int]) -> Asked:
    return next(i for i in answers if (i.question.treatment, i.question.outcome, i.question.horizon) == wanted)


def _figures(item: Asked, answer: Estimate, times: int) -> dict[str, str]:
    """The numbers of a sentence, `times` as large: 100 makes percentage points of shares."""
    low, high = answer.interval
    spread = times * (high - low) / 2
    raw = next((b.value for b in answer.beside if b.name == "association"), float("nan"))
    figures = {"value": answer.value, "low": low, "high": high, "truth": item.true_effect, "raw": raw}
    return {name: number(times * value, spread) for name, value in figures.items()}
