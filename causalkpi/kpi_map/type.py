"""Type and elements of an SVG: how wide a text is, where its lines break, and that nothing leaves its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

LABEL = 11.5  # size of type on links and in the legend
_WIDTHS = {**dict.fromkeys("ijlI|.,:;'!", 0.32), **dict.fromkeys("ftr()[]/- ", 0.41), **dict.fromkeys("mwMW@%—", 0.96)}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at most, in the unit of its size: by character, for the wider of the usual typefaces.

    Examples
    --------
    >>> text_width("loyalty", 13.0) < text_width("LOYALTY", 13.0)
    True
    """
    widths = (_WIDTHS.get(c) or (0.72 if c.isupper() else 1.0 if ord(c) > 0x2E80 else 0.62) for c in text)
    return size * sum(widths) * (1.09 if bold else 1.0)


def wrapped(text: str, room: float, size: float, lines: int, *, bold: bool = False) -> list[str]:
    """A text in lines that fit, words too long broken with a hyphen, what is too much cut off with an ellipsis.

    Examples
    --------
    >>> wrapped("share of customers who recommend", 90.0, 10.5, 2)
    ['share of', 'customers wh…']
    """

    def fits(line: str) -> bool:
        return text_width(line, size, bold=bold) <= room

    found, words = [""], printable(text).split()
    while words and len(found) <= lines:
        word = words.pop(0)
        if fits(f"{found[-1]} {word}".strip()):
            found[-1] = f"{found[-1]} {word}".strip()
        elif found[-1]:
            found.append("")
            words.insert(0, word)
        else:
            cut = max(1, next(i for i in range(len(word)) if not fits(word[: i + 1] + "-")))
            found[-1:] = [word[:cut] + "-", ""]
            words.insert(0, word[cut:])
    if len(found) > lines:
        last = found[lines - 1].rstrip("-")
        while last and not fits(last + "…"):
            last = last[:-1]
        found = [*found[: lines - 1], last.rstrip() + "…"]
    return [line for line in found if line]


def printable(text: str) -> str:
    """A text without the characters that XML does not allow."""
    return re.sub(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "", str(text))


def escaped(text: str) -> str:
    """A text that cannot leave its place in the SVG."""
    return escape(printable(text))


def element(name: str, *inside: str, text: str = "", **attributes: str | float) -> str:
    """One element: elements inside as they are, text and attributes escaped, empty attributes left out.

    Examples
    --------
    >>> element("g", element("title", text="a < b"), font_size=11.55)
    '<g font-size="11.6"><title>a &lt; b</title></g>'
    """
    pairs = [(key.replace("_", "-"), value) for key, value in attributes.items() if value != ""]
    said = "".join(f' {key}="{escaped(value) if isinstance(value, str) else short(value)}"' for key, value in pairs)
    content = "".join(inside) + escaped(text)
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def lines_of(
    lines: Sequence[str], x: float, y: float, step: float, size: float, fill: str, *,
    bold: bool = False, anchor: str = "middle",
) -> str:  # fmt: skip
    """Lines of text under one another, the first one's base line at `y`."""
    weight = "600" if bold else ""
    return "".join(
        element("text", text=line, x=x, y=y + step * i, text_anchor="" if anchor == "start" else anchor,
                font_size=size, font_weight=weight, fill=fill)
        for i, line in enumerate(lines)
    )  # fmt: skip


def short(number: float) -> str:
    """A length to a tenth.

    Examples
    --------
    >>> short(12.04), short(-0.01)
    ('12', '0')
    """
    return f"{round(number, 1) + 0.0:.1f}".removesuffix(".0")
