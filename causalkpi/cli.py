"""The commands. They are thin: what they do is done by functions that a notebook can call too.

Nothing heavy is imported before a command needs it, so that ``causalkpi --help`` answers at once. What is printed for
people goes to standard error while the work goes on, and to standard output when it is done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import wraps
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, TextIO

import click

from . import __version__
from .errors import CausalKPIError

if TYPE_CHECKING:
    from .language import Language
    from .record import Run
    from .study import Study

DONE, REFUSED, WRONG, INTERRUPTED = 0, 1, 2, 130
_WIDTH = 120
_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_PLAIN = (("−", "-"), ("→", "->"), ("∞", "inf"), ("×", "x"))  # what a terminal may lack, written otherwise


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


LANGUAGE = click.Choice(["en", "nl"])


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the results. [default: <study name>-report]")
@click.option("--language", type=LANGUAGE, help="Of the report. [default: as the study file says]")
@_guarded
def run(study: Path, out: Path | None, language: Language | None) -> int:
    """Answer what a study file asks, decide its claims, and write the report.

    Writes report.html, tables and run.json; where an earlier run.json stands in the folder, the report says what moved
    since. Exit code 0: done; 1: it ran, and a question that the study file lists was refused; 2: the input is wrong,
    and every fault is listed.
    """
    from .output import RECORD, prepare, write
    from .running import carry_out
    from .studyfile import load, read_study

    folder = prepare(out or Path(f"{study.stem}-report"))
    file = read_study(study)
    file = replace(file, language=language or file.language)
    loaded = load(file)
    _faults(loaded, file.language)
    done = carry_out(file, study=loaded, previous=folder / RECORD, progress=_progress())
    _report(done, write(done, folder))
    return REFUSED if _refused(done) else DONE


@main.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("waterland-report"), show_default=True,
    help="Folder for the results.",
)  # fmt: skip
@click.option("--language", type=LANGUAGE, default="en", show_default=True, help="Of the report.")
@_guarded
def demo(out: Path, language: Language) -> int:
    """Decide the claims of the book's model for a simulated bank.

    Its true effects are known, because it can be run again with an intervention, and stand beside the estimates.
    """
    from .demo import run_demo
    from .output import prepare, write

    folder = prepare(out)
    done = run_demo(_progress(), language)
    _report(done, write(done, folder))
    return DONE


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--language", type=LANGUAGE, help="Of what is printed. [default: as the study file says]")
@_guarded
def check(study: Path, language: Language | None) -> int:
    """Check a study file, its graph and its data, and tell which questions can be answered; nothing is estimated."""
    from .checking import check_text
    from .studyfile import load, read_study

    file = read_study(study)
    say(check_text(file, load(file), language or file.language))
    return DONE


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--data",
    "files",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="A data file; may be given again.",
)
@click.option("--graph", default="customer_centred", show_default=True, help="A ready-made model, or a YAML file.")
@click.option("--language", type=LANGUAGE, default="en", show_default=True, help="Of the file's comments.")
@_guarded
def new(study: Path, files: tuple[Path, ...], graph: str, language: Language) -> int:
    """Write a study file with the columns that were found in data files, to be read and edited."""
    from .new_study import write_new

    say(str(write_new(study, files, graph, language)))
    return DONE


@main.command()
@click.option("--language", type=LANGUAGE, default="en", show_default=True)
@_guarded
def graphs(language: Language) -> int:
    """List the ready-made KPI graphs."""
    from .listing import graphs_text

    say(graphs_text(language))
    return DONE


@main.command()
@click.option("--language", type=LANGUAGE, default="en", show_default=True)
@_guarded
def worlds(language: Language) -> int:
    """List the simulated organisations whose true effects are known."""
    from .listing import worlds_text

    say(worlds_text(language))
    return DONE


@main.command()
@click.option("--language", type=LANGUAGE, default="en", show_default=True)
@_guarded
def data(language: Language) -> int:
    """List the data that come with the package, column by column."""
    from .listing import data_text

    say(data_text(language))
    return DONE


@main.command()
@click.argument("name")
@click.option("--graph", default="customer_centred", show_default=True, help="A ready-made model, or a YAML file.")
@click.option("--language", type=LANGUAGE, default="en", show_default=True)
@_guarded
def explain(name: str, graph: str, language: Language) -> int:
    """Explain a claim, such as C3, or a KPI: who says so, what decides it, what it hangs together with."""
    from .graphfile import load_graph
    from .listing import explain_text

    say(explain_text(load_graph(graph), name, language))
    return DONE


def _progress() -> Callable[[str], None]:
    """A line for each question, and one before the wait for DoWhy."""

    def tell(line: str) -> None:
        if "dowhy" not in sys.modules:
            say("loading DoWhy (a few seconds)", error=True)
        say(line, error=True)

    return tell


def _refused(run: Run) -> bool:
    """Whether anything that the study itself asks was refused; a claim's questions do not count."""
    from .record import REFUSALS, not_followed

    own = (item.answer.status for item in run.answers if item.origin == "study")
    return any(status in REFUSALS for status in own) or bool(not_followed(run))


def _faults(study: Study, language: Language) -> None:
    """What the gate found, before the work starts."""
    from .wording import words

    for fault in study.faults:
        told = fault.render(language, lambda kpi: study.graph[kpi].name(language) if kpi in study.graph else kpi)
        say(f"{words(language)[fault.severity]}: {told}", error=True)


def _report(run: Run, files: Sequence[Path]) -> None:
    """Print the answers, the claims, what came out in a few sentences, and where it stands."""
    from .terminal import ledger_text, sentences_of, text_table

    say(text_table(run, width=_WIDTH))
    for part in (ledger_text(run, width=_WIDTH), *(fill(sentence, _WIDTH) for sentence in sentences_of(run))):
        if part:
            say("")
            say(part)
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
