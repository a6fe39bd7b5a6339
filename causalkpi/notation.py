"""How numbers that are text are probably written: which sign parts decimals, which thousands, and where that is open.

``0,5`` can only have a decimal comma, and ``1.234,5`` has a point for thousands too; ``1.234`` can be more than a
thousand or little more than one, and no rule of thumb may decide which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

_OTHER = {".": ",", ",": "."}


@dataclass(frozen=True)
class Notation:
    """What the cells of a table say of its notation.

    Parameters
    ----------
    decimal, thousands : str
        The signs that some cells show beyond doubt; empty where none does, or where cells contradict each other.
    mixed : bool
        Whether some cells show a decimal comma and others a decimal point.
    open : dict of str to str
        The columns whose numbers can be read in two ways, each with such a number.
    """

    decimal: str
    thousands: str
    mixed: bool
    open: dict[str, str]

    @property
    def cautious(self) -> str:
        """The decimal sign under which most numbers that are open are refused instead of read; empty if none are."""
        points = sum("." in number for number in self.open.values())
        return "" if not self.open else "," if 2 * points >= len(self.open) else "."


def guess_notation(cells: pd.DataFrame) -> Notation:
    """What the cells of a table that are text say of its notation.

    Parameters
    ----------
    cells : DataFrame
        As read, shape (rows, columns); cells that are no text are passed over.

    Returns
    -------
    Notation

    Examples
    --------
    >>> found = guess_notation(pd.DataFrame({"share": ["0,5", "0,25"], "revenue": ["1.234", "980"]}))
    >>> found.decimal, found.thousands, found.open
    (',', '', {'revenue': '1.234'})
    """
    decimals, thousands, doubtful = set[str](), set[str](), dict[str, str]()
    for i, column in enumerate(map(str, cells.columns)):
        texts = [cell.strip().lstrip("+-") for cell in cells.iloc[:, i] if isinstance(cell, str)]
        shown = [_signs(text) for text in texts]
        unclear = [text for text in texts if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", text)]
        decimals |= {decimal for decimal, _ in shown}
        thousands |= {group for _, group in shown}
        if unclear and not any(decimal for decimal, _ in shown):
            doubtful.setdefault(column, unclear[0])
    decimals, thousands, mixed = decimals - {""}, thousands - {""}, len(decimals - {""}) > 1
    known = not mixed and bool(thousands)  # both signs are seen at work
    return Notation(
        "" if mixed or not decimals else decimals.pop(),
        thousands.pop() if known else "",
        mixed,
        {} if known else doubtful,
    )


def _signs(number: str) -> tuple[str, str]:
    """The signs for decimals and for thousands that a number shows beyond doubt."""
    if found := re.fullmatch(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*(?!\1)[.,]\d+", number):  # 1.234,5
        return _OTHER[found[1]], found[1]
    if found := re.fullmatch(r"\d{1,3}([.,])\d{3}(?:\1\d{3})+", number):  # 1.234.567
        return _OTHER[found[1]], found[1]
    if (found := re.fullmatch(r"\d*([.,])\d+", number)) and not re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", number):
        return found[1], ""
    return "", ""
