"""A question put to a table that stays where it is: an answer, or the reason why there is none."""

from __future__ import annotations

from os import PathLike

from ..errors import DataError
from ..estimators.result import Answer
from ..estimators.screen import Refusal
from ..language import Name, Text
from ..question import Estimand, Unanswered
from .answering import Behind, answer_from_sums
from .passes import Progress, silent
from .tables import LargeTable

_MEND = Text("Mend the table and ask again.", "Herstel de tabel en stel de vraag opnieuw.")
_MEMORY = Text(
    "Ask a part of the table that fits in memory.", "Stel de vraag aan een deel van de tabel dat in het geheugen past."
)
_ROUTES = {
    "front_door": Text("by a front door", "via een front-door"),
    "instrument": Text("by an instrument", "via een instrument"),
    "identity": Text(
        "put together by arithmetic from several regressions", "met een rekenregel uit meerdere regressies"
    ),
}


def ask_table(
    table: LargeTable,
    estimand: Estimand,
    *,
    level: float = 0.95,
    folder: str | PathLike[str] | None = None,
    progress: Progress = silent,
) -> tuple[Answer, Behind | None]:
    """Estimate what was identified from a table that stays where it is, with the sums behind it.

    Parameters
    ----------
    table : LargeTable
    estimand : Estimand
    level : float
    folder : path, optional
        See :func:`causalkpi.large.sums`.
    progress : callable

    Returns
    -------
    tuple of (Estimate or Unanswered, Behind or None)
    """
    question = estimand.question
    if estimand.route != "back_door":
        reason = Text(
            "The answer is to be had {route}, and that needs rows in memory: sums are taken for a single adjusted "
            "regression only.",
            "Het antwoord is te verkrijgen {route}, en daarvoor moeten rijen in het geheugen staan: sommen worden "
            "alleen voor één regressie met correctie genomen.",
            route=_ROUTES[estimand.route],
        )
        return Unanswered(question, "not_estimable", reason, remedy=_MEMORY), None
    needed = dict.fromkeys([question.treatment, question.outcome, *(node.kpi for node in estimand.controls)])
    absent = [Text("'{kpi}'", "{kpi}", kpi=Name(kpi)) for kpi in needed if kpi not in table.columns]
    if absent:
        reason = Text("the table has no usable column {names}", "de tabel heeft geen bruikbare kolom voor {names}",
                      names=absent)  # fmt: skip
        return Unanswered(question, "refused_data", reason, remedy=_MEND), None
    if table.repeated and table.units == 1:
        reason = Text("One unit's series is estimated from its rows.", "De reeks van één eenheid wordt uit haar rijen "
                      "geschat.")  # fmt: skip
        return Unanswered(question, "not_estimable", reason, remedy=_MEMORY), None
    try:
        return answer_from_sums(table, estimand, level=level, folder=folder, progress=progress)
    except DataError as error:
        return Unanswered(question, "refused_data", error.text, remedy=_MEND), None
    except Refusal as refusal:
        return Unanswered(question, refusal.status, refusal.reason, remedy=refusal.remedy), None
