"""Simulated organisations with a known truth.

A world goes into its own file and into ``WORLDS``; one whose KPIs are no linear system is made by its own function.
"""

from __future__ import annotations

from ..errors import Fault, QuestionError, did_you_mean
from .against_the_book import AGAINST_THE_BOOK
from .interventions import pulse, sustained
from .linear import Equation, LinearSystem, Start
from .no_effect import NO_EFFECT, make_no_effect
from .staggered import make_staggered, never
from .waterland import WATERLAND
from .world import MissedWaves, TrueEffect, World

WORLDS: tuple[World, ...] = (WATERLAND, NO_EFFECT, AGAINST_THE_BOOK)


def list_worlds() -> tuple[str, ...]:
    """The ids of all worlds.

    Examples
    --------
    >>> list_worlds()
    ('waterland', 'no_effect', 'against_the_book')
    """
    return tuple(world.id for world in WORLDS)


def load_world(name: str) -> World:
    """The world of this id.

    Parameters
    ----------
    name : str
        One of :func:`list_worlds`.

    Returns
    -------
    World

    Raises
    ------
    QuestionError
        If there is none, saying which there are.

    Examples
    --------
    >>> load_world("no_effect").en
    'Polder Shops'
    """
    for world in WORLDS:
        if world.id == name:
            return world
    fault = Fault("world", repr(name), "the id of a world", did_you_mean(name, list_worlds()), "world")
    raise QuestionError("There is no such world.", [fault])


__all__ = [
    "WORLDS",
    "Equation",
    "LinearSystem",
    "MissedWaves",
    "Start",
    "TrueEffect",
    "World",
    "list_worlds",
    "load_world",
    "make_no_effect",
    "make_staggered",
    "never",
    "pulse",
    "sustained",
]
