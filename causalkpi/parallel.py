"""The same work on several items, on all cores where the system can split a process.

A split process sees everything that its parent holds without copying it, so nothing but results travels. Every item is
worked out by itself, with its own generator: the number of cores never shows in a result.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_FEWEST = 6  # with fewer items splitting costs more than it gives
_work: Callable[[int], Any]  # set in a split process only, for its lifetime


def spread(work: Callable[[Item], Result], items: Sequence[Item], *, cores: int = 0) -> list[Result]:
    """What `work` makes of every item, in their order.

    Parameters
    ----------
    work : callable
        Needs no name of its own; what it returns must be picklable.
    items : sequence
    cores : int
        As many as the process may use by default; 1 does the work in this process.

    Examples
    --------
    >>> spread(lambda x: x * x, range(8))
    [0, 1, 4, 9, 16, 25, 36, 49]
    """
    cores = min(cores or _cores(), len(items))
    inside = multiprocessing.current_process().daemon  # a split process cannot be split again
    if cores < 2 or len(items) < _FEWEST or inside or sys.platform != "linux":
        return [work(item) for item in items]
    context = multiprocessing.get_context("fork")
    with context.Pool(cores, _begin, (lambda i: work(items[i]),)) as pool:
        return pool.map(_one, range(len(items)), chunksize=1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin(work: Callable[[int], Any]) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers an interrupt, and ends the others


def _one(i: int) -> Any:
    return _work(i)
