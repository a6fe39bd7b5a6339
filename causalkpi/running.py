"""A study file carried out: asked, valued, followed, and compared with its last run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .changes import compare, read_record
from .event_study import EventStudy
from .following import Followed, follow, look_both_ways
from .ledger import Ledger
from .question import Unanswered
from .record import Run, to_record
from .study import Study
from .studyfile import StudyFile, load
from .value import NetPresentValue, net_present_value


def carry_out(
    file: StudyFile,
    *,
    study: Study | None = None,
    previous: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Run:
    """Ask what a study file asks, value and follow what it wants valued and followed, and compare with the last run.

    Parameters
    ----------
    file : StudyFile
    study : Study, optional
        The same, loaded already.
    previous : Path, optional
        The run.json of an earlier run; where it cannot be read the comparison says why.
    progress : callable
        Told what is being done.

    Raises
    ------
    DataError
        Listing all that is wrong with files, columns and keys.
    """
    loaded = load(file) if study is None else study
    ledger = loaded.run(file.questions, claims=file.claims, progress=progress)
    followed = follow(loaded, file.following, progress)
    directions, lags = look_both_ways(loaded, progress)
    done = Run(
        file.title,
        loaded,
        ledger,
        file.graph_name,
        file.client,
        file.author,
        file.date,
        choices=file.choices,
        values=values(file, loaded, progress),
        profiles=followed.profiles,
        paths=followed.paths,
        chains=followed.chains,
        event_studies=event_studies(ledger, followed),
        directions=directions,
        lags=lags,
        language=file.language,
    )
    if previous is None or not previous.exists():
        return done
    return replace(done, changes=compare(read_record(previous), to_record(done)))


def event_studies(ledger: Ledger, followed: Followed) -> tuple[EventStudy | Unanswered, ...]:
    """What the study wants to know of changes, and what its claims rest on; each once.

    A claim whose change could not be followed says so itself.
    """
    own = followed.changes
    claimed = (found for found in ledger.changes.values() if isinstance(found, EventStudy))
    return (*own, *(found for found in claimed if not any(found is each for each in own)))


def values(file: StudyFile, study: Study, progress: Callable[[str], None]) -> tuple[NetPresentValue, ...]:
    """What the study file wants in money, KPI by KPI."""
    found = []
    for wanted in file.valuations:
        progress(f"the value of {wanted.treatment} in {wanted.outcome}")
        found.append(
            net_present_value(
                study.panel,
                study.adjusted,
                wanted.treatment,
                wanted.outcome,
                rate=wanted.rate,
                change=wanted.change,
                horizon=wanted.horizon,
                level=study.level,
                system=study.system,
            )
        )
    return tuple(found)
