"""The answers as a table of plain text, for a terminal."""

from __future__ import annotations

import textwrap

from .answers import Answers, Asked
from .graph import KPIGraph
from .question import Unanswered
from .wording import interval, number, question_words, status_words, words


def text_table(answers: Answers, graph: KPIGraph, frequency: str, *, truth: bool = False, width: int = 100) -> str:
    """The answers as a table of plain text for a terminal.

    Parameters
    ----------
    answers : Answers
    graph : KPIGraph
    frequency : str
        Of the panel.
    truth : bool
        Whether to show true effects.
    width : int
        Most signs on a line; longer questions go on on the next.
    """
    heading = words()
    keys = ("column_question", "column_answer", "column_interval", "association", *(("true_effect",) * truth))
    rows = [[heading[key].lower() for key in keys]]
    for item in answers:
        question = question_words(item.question, graph, frequency, plain=True)
        rows.append([question, *_cells(item, truth=truth)])
    sizes = [max(len(row[i]) for row in rows if len(row) == len(keys)) for i in range(1, len(keys))]
    first = min(max(len(row[0]) for row in rows), width - sum(sizes) - 2 * len(sizes))
    lines = []
    for question, *cells in rows:
        if len(cells) == len(sizes):
            shown = "  ".join(cell.rjust(size) for cell, size in zip(cells, sizes, strict=True))
        else:
            shown = cells[0]
        head, *rest = textwrap.wrap(question, first) or [""]
        lines += [f"{head:<{first}}  {shown}".rstrip(), *("  " + line for line in rest)]
    return "\n".join(lines)


def _cells(item: Asked, *, truth: bool) -> list[str]:
    """The numbers of one answer, or its status alone."""
    answer = item.answer
    if isinstance(answer, Unanswered):
        return [status_words(answer.status)]
    spread = (answer.interval[1] - answer.interval[0]) / 2
    raw = [number(b.value, (b.interval[1] - b.interval[0]) / 2, plain=True) for b in answer.beside
           if b.name == "association"]  # fmt: skip
    cells = [number(answer.value, spread, plain=True), interval(*answer.interval, plain=True), *(raw or [""])]
    return cells + [number(item.true_effect, spread, plain=True)] * truth
