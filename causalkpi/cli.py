"""The commands. They are thin: what they do is done by functions that a notebook can call too.

Nothing heavy is imported before a command needs it, so that ``causalkpi --help`` answers at once. What is printed for
people goes to standard error while the work goes on, and to standard output when it is done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, TextIO

import click

from . import __version__
from .errors import CausalKPIError

if TYPE_CHECKING:
    from .answers import Asked
    from .record import Run

DONE, REFUSED, WRONG, INTERRUPTED = 0, 1, 2, 130
_WIDTH = 100
_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_PLAIN = (("−", "-"), ("→", "->"), ("∞", "inf"), ("×", "x"))  # what a terminal may lack, written otherwise
REFUSALS = ("not_identified", "not_estimable", "refused_data")


def _guarded(command: Callable[..., int]) -> Callable[..., None]:
    """The command with its exit code, and with what goes wrong said in words instead of a traceback."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        # Matrices are small here: threads only wait for each other, and their number would show in the last digits.
        for name in _THREADS:
            os.environ.setdefault(name, "1")
        try:
            code = command(*args, **options)
        except CausalKPIError as error:
            say(str(error), error=True)
            code = WRONG
        except KeyboardInterrupt:
            say("Interrupted; nothing is left half-written.", error=True)
            code = INTERRUPTED
        raise SystemExit(code)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="causalkpi")
def main() -> None:
    """Tell which KPIs move which, by how much, and how sure that is."""


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results. [default: <study name>-answers]")
@_guarded
def run(study: Path, out: Path | None) -> int:
    """Answer the questions of a study file.

    Writes answers.html, answers.csv and run.json. Exit code 0: done; 1: it ran, and a question that the study file
    lists was refused; 2: the input is wrong, and every fault is listed.
    """
    from .output import prepare, write
    from .record import Run
    from .studyfile import load, read_study
    from .wording import words

    folder = prepare(out or Path(f"{study.stem}-answers"))
    file = read_study(study)
    loaded = load(file)
    for fault in loaded.faults:
        say(f"{words()[fault.severity]}: {fault}", error=True)
    ledger = loaded.run(file.questions, claims=file.claims, progress=_progress())
    done = Run(file.title, loaded, ledger, file.graph_name, file.client, file.author, file.date, choices=file.choices)
    _report(done, write(done, folder))
    return REFUSED if _refused(done) else DONE


@main.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("waterland-answers"), show_default=True,
    help="Folder for the results.",
)  # fmt: skip
@_guarded
def demo(out: Path) -> int:
    """Answer the claims of the book's model for a simulated bank.

    Its true effects are known, because it can be run again with an intervention, and stand beside the estimates.
    """
    from .demo import run_demo
    from .output import prepare, write

    folder = prepare(out)
    done = run_demo(_progress())
    _report(done, write(done, folder))
    return DONE


def _progress() -> Callable[[str], None]:
    """A line for each question, and one before the wait for DoWhy."""

    def tell(line: str) -> None:
        if "dowhy" not in sys.modules:
            say("loading DoWhy (a few seconds)", error=True)
        say(line, error=True)

    return tell


def _refused(run: Run) -> list[Asked]:
    """The study's own questions that were refused; a claim's do not count."""
    return [item for item in run.answers if item.origin == "study" and item.answer.status in REFUSALS]


def _report(run: Run, files: Sequence[Path]) -> None:
    """Print the table of answers, what came out in a few sentences, and where it stands."""
    from .record import refusal
    from .terminal import text_table

    say(text_table(run.answers, run.study.graph, run.study.panel.frequency, truth=run.simulated, width=_WIDTH))
    sentences = run.sentences or [refusal(item, run.study) for item in _refused(run)]
    if sentences:
        say("")
    for sentence in sentences:
        say(fill(sentence, _WIDTH))
    say("")
    for file in files:
        say(str(file))


def printable(text: str, encoding: str = "utf-8") -> str:
    r"""Text that a terminal can show and that cannot steer it.

    What is not printable becomes a question mark; signs that the encoding lacks are written otherwise.

    Examples
    --------
    >>> printable("red\x1b[31m"), printable("−0.3 → loyauté", "ascii")
    ('red?[31m', '-0.3 -> loyaut?')
    """
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    try:
        shown.encode(encoding)
    except UnicodeEncodeError:
        for sign, plain in _PLAIN:
            shown = shown.replace(sign, plain)
        shown = shown.encode(encoding, "replace").decode(encoding)
    return shown


def say(text: str, *, error: bool = False) -> None:
    """Print a text line by line; a reader who went away, or a terminal that lacks a sign, is no reason to fail."""
    stream: TextIO | None = sys.stderr if error else sys.stdout
    if stream is None:  # closed by whoever started this
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.writelines(printable(line, encoding) + "\n" for line in text.split("\n"))
        stream.flush()
    except OSError:
        # what is left in the buffer would raise again when Python ends
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
