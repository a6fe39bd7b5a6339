"""A run as plain text, for a terminal: answers, claims, and what came out in a few sentences."""

from __future__ import annotations

import textwrap

from .answers import Asked
from .question import Unanswered
from .record import Run, not_followed, refusal
from .report.reader import Reader
from .report.sections.headlines import headlines
from .wording import interval, number, question_words, status_words, words


def text_table(run: Run, *, width: int = 100) -> str:
    """The answers as a table of plain text, true effects beside them where they are known.

    Parameters
    ----------
    run : Run
    width : int
        Most signs on a line; longer questions go on on the next.
    """
    heading, reader, study = words(run.language), Reader(run), run.study
    keys = ("column_answer", "column_interval", "association", *(("true_effect",) * run.simulated))
    titles = [heading["column_question"], *(heading[key] for key in keys), reader.say("column_grade")]
    rows = [[title.lower() for title in titles]]
    for item in run.answers:
        question = question_words(item.question, study.graph, study.panel.frequency, plain=True, language=run.language)
        rows.append([question, *_cells(item, run, reader)])
    sizes = [max(len(row[i]) for row in rows if len(row) == len(titles)) for i in range(1, len(titles))]
    first = max(20, min(max(len(row[0]) for row in rows), width - sum(sizes) - 2 * len(sizes)))
    lines = []
    for question, *cells in rows:
        if len(cells) == len(sizes):
            shown = "  ".join(cell.rjust(size) for cell, size in zip(cells, sizes, strict=True))
        else:
            shown = cells[0]
        head, *rest = textwrap.wrap(question, first) or [""]
        lines += [f"{head:<{first}}  {shown}".rstrip(), *("  " + line for line in rest)]
    return "\n".join(lines)


def _cells(item: Asked, run: Run, reader: Reader) -> list[str]:
    """The numbers of one answer and its grade, or its status alone."""
    answer, language = item.answer, run.language
    if isinstance(answer, Unanswered):
        return [status_words(answer.status, language)]

    def shown(value: float, low: float, high: float) -> str:
        return number(value, (high - low) / 2, plain=True, language=language)

    raw = [shown(b.value, *b.interval) for b in answer.beside if b.name == "association"]
    ends = interval(*answer.interval, plain=True, language=language)
    cells = [shown(answer.value, *answer.interval), ends, *(raw or [""])]
    cells += [shown(item.true_effect, *answer.interval)] * run.simulated
    return [*cells, reader.say(f"grade_{item.evidence.grade.word}")]


def ledger_text(run: Run, *, width: int = 100) -> str:
    """The claims with their verdicts and reasons; empty where the study has none."""
    reader, lines = Reader(run), []
    verdicts = {verdict.word: reader.say(f"verdict_{verdict.word}") for verdict in run.ledger}
    wide = max(map(len, verdicts.values()), default=0)
    for verdict in run.ledger:
        head = f"{verdict.claim.id:<4} {verdicts[verdict.word]:<{wide}}  "
        said = textwrap.wrap(reader(verdict.reason), max(width - len(head), 30))
        lines += [head + (said[0] if said else ""), *(" " * len(head) + line for line in said[1:])]
    return "\n".join(lines)


def sentences_of(run: Run) -> list[str]:
    """What came out: the run's own sentences, or the report's; then the study's own questions that were refused."""
    cards = [f"{card.figure} {card.sentence}" if card.sentence[:1].islower() else card.sentence
             for card in headlines(Reader(run))]  # fmt: skip
    told = list(run.sentences) or cards
    refused = [refusal(item, run.study, run.language) for item in run.answers if item.origin == "study"]
    changed = [Reader(run)(said) for said in run.changes.sentences] if run.changes else []
    return [*told, *filter(None, refused), *not_followed(run), *changed]
