"""Simulated organisations with a known truth.

A world goes into its own file and into ``WORLDS``; one whose KPIs are no linear system is made by its own function.
"""

from __future__ import annotations

from ..errors import Fault, QuestionError, did_you_mean
from .against_the_book import AGAINST_THE_BOOK
from .confounded_mediator import CONFOUNDED_MEDIATOR
from .interventions import pulse, sustained
from .linear import Equation, LinearSystem, Start
from .mediators import MEDIATORS
from .misdrawn import MISSING_LINK, WRONG_LAG
from .no_effect import NO_EFFECT, make_no_effect
from .paths import true_parts
from .persistent import make_persistent
from .staggered import make_staggered, never
from .waterland import WATERLAND
from .world import MissedWaves, TrueEffect, World
from .wrong_direction import WRONG_DIRECTION

WORLDS: tuple[World, ...] = (
    WATERLAND,
    NO_EFFECT,
    AGAINST_THE_BOOK,
    MEDIATORS,
    CONFOUNDED_MEDIATOR,
    WRONG_LAG,
    MISSING_LINK,
    WRONG_DIRECTION,
)


def list_worlds() -> tuple[str, ...]:
    """The ids of all worlds.

    Examples
    --------
    >>> for name in list_worlds():
    ...     print(name)
    waterland
    no_effect
    against_the_book
    mediators
    confounded_mediator
    wrong_lag
    missing_link
    wrong_direction
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
    "make_persistent",
    "make_staggered",
    "never",
    "pulse",
    "sustained",
    "true_parts",
]
