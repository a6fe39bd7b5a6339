"""Figures as images that travel inside the page; one that cannot be drawn says why in its place."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .reader import Reader

WIDE, NARROW = 920, 580  # pixels: about as wide as the page shows them, so that many questions stay a small file


@dataclass(frozen=True)
class Figure:
    """An image, or the reason why there is none.

    Parameters
    ----------
    uri : str
        The image itself, as a data URI; empty where there is none.
    width, height : int
        In pixels.
    alt : str
        What it shows, in words.
    why : str
        Why there is none.
    """

    uri: str = ""
    width: int = 0
    height: int = 0
    alt: str = ""
    why: str = ""


def drawn(draw: Callable[[], Any], alt: Callable[[], str], reader: Reader, width: int) -> Figure:
    """Draw a figure.

    Parameters
    ----------
    draw : callable
        Gives a matplotlib figure.
    alt : callable
        Gives what it shows, in words.
    reader : Reader
    width : int
        In pixels.
    """
    from ..plots import PlotError, to_png

    try:
        png, said = to_png(draw(), width), alt()
    except PlotError as error:
        return Figure(why=reader(error.reason))
    size = (int.from_bytes(png[at : at + 4]) for at in (16, 20))  # where the PNG format keeps width and height
    return Figure("data:image/png;base64," + base64.b64encode(png).decode(), *size, alt=reader(said))
