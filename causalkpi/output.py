"""The results of a run as files: the report for people, a few tables, and run.json with everything behind them.

A folder is written whole or not at all: the files are made in a temporary folder on the same disk and put in place
when all of them are there. No file holds a clock time or a path of a machine, so equal input gives equal bytes.
"""

from __future__ import annotations

import csv
import io
import math
import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import Fault, StudyError, raise_all
from .event_study import EventStudy
from .record import Run, in_words, sha256, to_json, to_record
from .report import to_html
from .system import Paths
from .wording import question_words

REPORT, ANSWERS, CLAIMS, FINDINGS, RECORD = "report.html", "answers.csv", "claims.csv", "findings.csv", "run.json"
PROFILES, PATHS, CHANGES, LINKS = "profiles.csv", "paths.csv", "changes.csv", "links.csv"  # only where there are any
_FILES = (
    REPORT,
    ANSWERS,
    CLAIMS,
    FINDINGS,
    PROFILES,
    PATHS,
    CHANGES,
    LINKS,
    RECORD,
)  # the record comes last: it holds the hashes of the others
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_COUNTS = ("horizon", "rows_used", "rows", "units", "since", "cohorts")


def prepare(folder: str | Path) -> Path:
    """Make sure, before the work starts, that results can be written to this folder.

    Parameters
    ----------
    folder : str or Path
        It need not exist; the folder that it is to stand in must.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    StudyError
        If it is a file, if it has no place to stand, or if nothing can be written there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     prepare(Path(place) / "answers").name
    'answers'
    """
    chosen = Path(folder)
    raise_all(StudyError, f"The output folder {chosen} cannot be used.", _folder_faults(chosen))
    return chosen


def write(run: Run, folder: str | Path) -> tuple[Path, ...]:
    """Write the report, the tables and the record of a run: all of them, or nothing.

    Parameters
    ----------
    run : Run
    folder : str or Path
        Made if it does not exist; other files in it are left alone, and tables that this run does not have are taken
        away.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    StudyError
        If they cannot be written; what stood there before is then still there.
    """
    chosen = prepare(folder)
    files = {name: text.encode("utf-8", "backslashreplace") for name, text in render(run).items()}
    fresh = _beside(chosen)
    try:
        fresh.mkdir()
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        _install(fresh, chosen)
    except OSError as failure:
        fault = Fault(str(chosen), failure.strerror or str(failure), "a folder that can be written", rule="output")
        raise StudyError("The results could not be written; nothing was changed.", [fault]) from failure
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return tuple(chosen / name for name in _FILES if name in files)


def render(run: Run) -> dict[str, str]:
    """The text of every file, by its name."""
    record = to_record(run)
    texts = {
        REPORT: to_html(run, record),
        ANSWERS: answers_csv(run),
        CLAIMS: claims_csv(run),
        FINDINGS: findings_csv(run),
    }
    texts |= {PROFILES: profiles_csv(run)} if run.profiles else {}
    texts |= {PATHS: paths_csv(run)} if run.paths else {}
    texts |= {CHANGES: changes_csv(run)} if run.event_studies else {}
    texts |= {LINKS: links_csv(run)} if run.directions.rows else {}
    hashes = {name: sha256(text) for name, text in texts.items()}
    return texts | {RECORD: to_json(record | {"files": hashes})}


def answers_csv(run: Run) -> str:
    """The answers as comma-separated text, one row a question and who asks it."""
    frame = run.answers.to_frame()
    frame.insert(0, "question", [in_words(item, run.study) for item in run.answers])
    return _csv(frame)


def claims_csv(run: Run) -> str:
    """The ledger as comma-separated text, one row a claim; only headings where the study has no claims."""
    frame = run.ledger.to_frame()
    frame.insert(2, "source", [verdict.claim.reference for verdict in run.ledger])
    return _csv(frame)


def findings_csv(run: Run) -> str:
    """What was found about the answers as comma-separated text, one row a distinct question and check."""
    rows, known = [], set()
    for item in run.answers:
        if item.question not in known:
            known.add(item.question)
            question = in_words(item, run.study)
            rows += [{"question": question} | row for row in item.evidence.to_frame().to_dict("records")]
    columns = ["question", "finding", "result", "statistic", "p_value", "seen", "consequence", "remedy"]
    return _csv(pd.DataFrame(rows, columns=columns))


def profiles_csv(run: Run) -> str:
    """The profiles as comma-separated text, one row a period; one row with the reason where there is no profile."""
    frames = []
    for profile in run.profiles:
        frame = profile.to_frame() if profile.answered else pd.DataFrame([{"status": "not_estimable"}])
        for place, name in enumerate(("treatment", "outcome", "change")):
            frame.insert(place, name, getattr(profile, name))
        frames.append(frame.assign(why=str(profile.why)))
    return _csv(pd.concat(sorted(frames, key=lambda frame: -frame.shape[1])))


def paths_csv(run: Run) -> str:
    """The paths as comma-separated text, one row a part; one row with the reason where there are none."""
    frames = []
    for found in run.paths:
        answered = isinstance(found, Paths)
        frame = found.to_frame() if answered else pd.DataFrame([{"part": found.status}])
        asked = question_words(found.question, run.study.graph, run.study.panel.frequency)
        frame.insert(0, "question", asked)
        frames.append(frame.assign(why=str(found.no_shares if answered else found.reason)))
    return _csv(pd.concat(sorted(frames, key=lambda frame: -frame.shape[1])))


def changes_csv(run: Run) -> str:
    """What changes did as comma-separated text, one row a period since; one row with the reason where there is none."""
    frames = []
    for found in run.event_studies:
        if isinstance(found, EventStudy):
            overall = found.overall
            frame = found.to_frame().assign(overall=overall.value, overall_low=overall.interval[0],
                                            overall_high=overall.interval[1])  # fmt: skip
            named = (found.change, found.outcome, "estimated")
        else:
            frame = pd.DataFrame([{"why": str(found.reason)}])
            named = (found.question.treatment, found.question.outcome, found.status)
        for place, (name, value) in enumerate(zip(("change", "outcome", "status"), named, strict=True)):
            frame.insert(place, name, value)
        frames.append(frame)
    return _csv(pd.concat(sorted(frames, key=lambda frame: -frame.shape[1])))


def links_csv(run: Run) -> str:
    """Every link in both directions and at other lags as comma-separated text, one row a link."""
    lags = run.lags.to_frame().drop(columns=["link", "lag", "rows", "units"]).add_prefix("lag_")
    return _csv(pd.concat([run.directions.to_frame(), lags], axis=1))


def _csv(frame: pd.DataFrame) -> str:
    """A frame as text; a cell that a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(str, frame.columns))
    for row in frame.to_dict("records"):
        writer.writerow([_cell(value, str(name)) for name, value in row.items()])
    return "\ufeff" + out.getvalue()  # the mark by which spreadsheets know UTF-8


def _cell(value: Any, column: str) -> str:
    """One cell: numbers plain, texts never a formula, what is absent empty."""
    if isinstance(value, str):
        return "'" + value if value.startswith(_FORMULA) else value
    number = float(value)
    if math.isnan(number):
        return ""
    if math.isinf(number):
        return "unbounded"
    return str(int(number)) if column in _COUNTS else repr(number)


# The folder ------------------------------------------------------------------------------------------------------


def _folder_faults(folder: Path) -> list[Fault]:
    """Why nothing could be written to this folder."""
    where, expected = "the output folder", "a folder that can be written, or a new name in one"
    try:
        if folder.is_dir():
            taken = [name for name in _FILES if (folder / name).is_dir()]
            if taken:
                return [Fault(where, f"a folder by the name of {name}", "a file, or nothing") for name in taken]
        elif folder.exists() or folder.is_symlink():
            return [Fault(where, "a file by that name", expected, "Choose another with --out.", "output")]
        elif not folder.parent.is_dir():
            found = f"no folder {str(folder.parent)!r} for it to stand in"
            return [Fault(where, found, "a new name in a folder that exists", "Make that folder first.", "output")]
        trial = _beside(folder) if folder.is_dir() else folder
        trial.mkdir()
        trial.rmdir()
    except (OSError, ValueError) as failure:  # a name with a null character is a ValueError
        reason = getattr(failure, "strerror", None) or str(failure)
        return [Fault(where, reason[:1].lower() + reason[1:], expected, "Choose another with --out.", "output")]
    return []


def _beside(folder: Path) -> Path:
    """A temporary folder on the same disk: in the folder if it exists, otherwise next to it."""
    return (folder if folder.is_dir() else folder.parent) / f".causalkpi-{os.getpid()}"


def _install(fresh: Path, folder: Path) -> None:
    """Put the files in place; if that is interrupted, put the old ones back."""
    if not folder.is_dir():
        fresh.rename(folder)
        return
    kept = fresh / "before"
    kept.mkdir()
    touched, ours = [], [name for name in _FILES if (fresh / name).exists()]
    try:
        for name in _FILES:
            touched.append(name)
            if (folder / name).exists():
                os.replace(folder / name, kept / name)
            if name in ours:
                os.replace(fresh / name, folder / name)
    except BaseException:
        for name in touched:
            if (kept / name).exists():
                os.replace(kept / name, folder / name)
            elif name in ours and not (fresh / name).exists():
                (folder / name).unlink(missing_ok=True)
        raise
