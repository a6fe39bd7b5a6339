"""The code is built as ARCHITECTURE.md says: this holds one against the other.

Every rule is a function from plain inputs (file names, sources, the tree) to a list of faults, so
that each can be shown to fail on a small made-up package.
"""

from __future__ import annotations

import ast
import graphlib
import os
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "causalkpi"
DOWHY_BRIDGE = "causalkpi/dowhy_bridge.py"
LONGEST_MODULE, LONGEST_MEDIAN = 400, 170

# (who looks downward, at what, why): by an import inside a function, and nobody else
DOWNWARD: tuple[tuple[str, str, str], ...] = ()

Tree = Mapping[str, str]  # path -> what it is, in reading order; a folder's path ends in "/"
Sources = Mapping[str, str]  # path of a module -> its source


# What is written and what is there


def read_tree(text: str) -> dict[str, str]:
    """The tree of the package, from the fenced block of a Markdown text that holds it."""
    lines = iter(text.splitlines())
    tree: dict[str, str] = {}
    folders: list[str] = []
    for line in lines:
        name, _, what = line.strip().partition(" ")
        depth, odd = divmod(len(line) - len(line.lstrip(" ")), 2)
        if not folders and name != f"{PACKAGE}/":
            continue
        if folders and (not name or line.startswith("```") or depth == 0):
            break
        if odd or depth > len(folders):
            raise ValueError(f"a line of the tree that is not indented by its folder: {line!r}")
        folders = folders[:depth]
        path = "".join(folders) + name
        tree[path] = what.strip()
        folders += [name] if name.endswith("/") else []
    return tree


def read_sources() -> dict[str, str]:
    return {path: (ROOT / path).read_text("utf-8") for path in files() if path.endswith(".py")}


def files() -> list[str]:
    found = (p for p in (ROOT / PACKAGE).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return sorted(p.relative_to(ROOT).as_posix() for p in found)


def folder(path: str) -> str:
    return path.rpartition("/")[0] + "/"


def module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


# The rules


def unlisted(tree: Tree, files: Iterable[str]) -> list[str]:
    """Files without a line, lines without a file, and lines that say nothing.

    A folder's line stands for its ``__init__.py`` and for what is not Python in it; that of the
    package need say nothing.
    """
    files = list(files)
    folders = {folder(path) for path in files}
    named = set(tree)
    faults = [
        f"{path} has no line"
        for path in files
        if path not in named and (folder(path) not in named or (path.endswith(".py") and "__init__" not in path))
    ]
    faults += [f"{path} does not exist" for path in named - folders - set(files)]
    silent = [path for path, what in tree.items() if not what and path != f"{PACKAGE}/"]
    return sorted(faults + [f"{path} is not described" for path in silent])


class Import(NamedTuple):
    """One import of a module of the package, and whether it waits until a function is called."""

    importer: str
    imported: str
    lazy: bool


def names_imported(source: str, importer: str, is_package: bool) -> Iterator[tuple[str, bool]]:
    """Every name that a module imports, in full, with whether it does so lazily."""
    home = importer.split(".") if is_package else importer.split(".")[:-1]

    def full(name: str, level: int) -> str:
        base = home[: len(home) - level + 1] if level else []
        return ".".join([*base, *filter(None, name.split("."))])

    def visit(node: ast.AST, lazy: bool) -> Iterator[tuple[str, bool]]:
        lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        match node:
            case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                lazy = True
            case ast.Import():
                yield from ((alias.name, lazy) for alias in node.names)
            case ast.ImportFrom():
                base = full(node.module or "", node.level)
                yield from ((f"{base}.{alias.name}", lazy) for alias in node.names)
            case ast.Call(
                func=ast.Name("import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(str(name)), *_],
            ):
                yield full(name, len(name) - len(name.lstrip("."))), lazy
        for child in ast.iter_child_nodes(node):
            yield from visit(child, lazy)

    return visit(ast.parse(source), False)


def imports(sources: Sources) -> list[Import]:
    """Every import of a module of the package by another; a name counts as the module it is in."""
    modules = {module(path) for path in sources} | {PACKAGE}
    found = []
    for path, source in sources.items():
        importer = module(path)
        for name, lazy in names_imported(source, importer, path.endswith("__init__.py")):
            if name.split(".")[0] != PACKAGE or name.startswith(f"{PACKAGE}.__"):
                continue
            while name not in modules:
                name = name.rpartition(".")[0]
            if name != importer:
                found.append(Import(importer, name, lazy))
    return found


def downward(tree: Tree, sources: Sources, allowed: Iterable[tuple[str, str, str]]) -> list[str]:
    """Imports of what stands lower in the tree, and exceptions that are not used.

    A folder's ``__init__.py`` stands at the folder's line and may gather what is in its folder. The
    package's own resolves names from everywhere, lazily: it stands below everything.
    """
    place = {module(path.removesuffix("/")): line for line, path in enumerate(tree)}
    place[PACKAGE] = len(place)
    exceptions = {(importer, imported) for importer, imported, _ in allowed}
    found = imports(sources)
    faults = [
        f"{one.importer} imports {one.imported}, which stands below it"
        for one in found
        if place.get(one.imported, 0) > place.get(one.importer, 0)
        and not one.imported.startswith(f"{one.importer}.")
        and not (one.lazy and (one.importer, one.imported) in exceptions)
    ]
    unused = exceptions - {(one.importer, one.imported) for one in found if one.lazy}
    return faults + [f"{importer} no longer imports {imported}" for importer, imported in unused]


def cycle(sources: Sources, allowed: Iterable[tuple[str, str, str]]) -> list[str]:
    """A ring of modules that import one another; empty if there is none."""
    exceptions = {(importer, imported) for importer, imported, _ in allowed}
    sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for one in imports(sources):
        excused = one.lazy and (one.importer, one.imported) in exceptions
        if not excused and one.importer != PACKAGE:
            sorter.add(one.importer, one.imported)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def too_long(sources: Sources) -> list[str]:
    """Modules that outgrew themselves, and a package that did."""
    lines = {path: source.count("\n") for path, source in sources.items()}
    faults = [f"{path}: {n} lines" for path, n in lines.items() if n > LONGEST_MODULE]
    median = statistics.median(lines.values())
    return faults + ([f"median: {median} lines"] if median > LONGEST_MEDIAN else [])


def importers(sources: Sources, library: str) -> set[str]:
    """The modules that import a library anywhere."""
    return {
        path
        for path, source in sources.items()
        for name, _ in names_imported(source, module(path), path.endswith("__init__.py"))
        if name.split(".")[0] == library
    }


def loaded(statement: str, libraries: Iterable[str]) -> list[str]:
    """Which of the libraries a fresh Python has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*[name for name in {[*libraries]} if name in sys.modules])"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


LEAKS = {
    "a package registry": r"\b(?:pypi|pythonhosted|npmjs|anaconda)\.[a-z]{2,}\b"
    r"|https?://[\w.:-]+/simple\b|(?<![\w-])--(?:extra-)?index-url[ =]\S+",
    "a path of one machine": r"(?<![\w.)\]])/(?:farm|home|root|tmp|Users|work)/[\w.-]+"
    r"|\b[A-Z]:\\Users\\",
}


def leaks(text: str) -> list[str]:
    """What only holds where the text was written."""
    hits = ((kind, re.search(pattern, text)) for kind, pattern in LEAKS.items())
    return [f"{kind}: {hit.group()}" for kind, hit in hits if hit]


def too_new(source: str) -> list[str]:
    """What Python 2 cannot parse, of the things one writes without thinking."""
    faults = []
    for node in ast.walk(ast.parse(source)):
        starred = isinstance(node, ast.List | ast.Tuple | ast.Set) and any(
            isinstance(element, ast.Starred) for element in node.elts
        )
        annotated = isinstance(node, ast.FunctionDef) and (
            node.returns or any(argument.annotation for argument in node.args.args)
        )
        new = isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr | ast.Nonlocal)
        if starred or annotated or new:
            faults.append(f"line {getattr(node, 'lineno', '?')}: {type(node).__name__}")
    return faults


# The package keeps them


@pytest.fixture(scope="module")
def tree() -> dict[str, str]:
    return read_tree((ROOT / "ARCHITECTURE.md").read_text("utf-8"))


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return read_sources()


def test_every_file_has_its_line(tree):
    assert unlisted(tree, files()) == []


def test_imports_go_upward(tree, sources):
    assert downward(tree, sources, DOWNWARD) == []


def test_there_is_no_import_cycle(sources):
    assert cycle(sources, DOWNWARD) == []


def test_modules_stay_small(sources):
    assert too_long(sources) == []


def test_one_module_imports_dowhy(sources):
    assert importers(sources, "dowhy") == {DOWHY_BRIDGE}


def test_importing_the_package_loads_nothing_heavy():
    assert loaded(f"import {PACKAGE}", ["dowhy", "statsmodels"]) == []


def test_no_file_holds_what_is_true_on_one_machine_only():
    listing = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True, cwd=ROOT)
    tracked = [ROOT / os.fsdecode(name) for name in listing.stdout.split(b"\0") if name]
    texts = {path: path.read_text("utf-8", "replace") for path in tracked if path.is_file()}
    assert {path.name: found for path, text in texts.items() if (found := leaks(text))} == {}


def test_every_folder_of_modules_is_in_the_wheel(sources):
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packages = {folder(path).rstrip("/").replace("/", ".") for path in sources}
    assert set(setuptools["packages"]) == packages | {f"{PACKAGE}.data"}


def test_the_development_lock_holds_the_core_lock():
    core, dev = (
        set(re.findall(r"^\S+==.*", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert core <= dev
    assert [pin for pin in core if pin.startswith("pandas==3.")], "something dragged pandas back"


def test_run_py_can_refuse_an_old_python_in_words():
    assert too_new((ROOT / "run.py").read_text("utf-8")) == []


# Each rule can fail: small made-up packages

TREE = """
The rooms:

```
causalkpi/            the package
  __init__.py         names
  errors.py           what can go wrong
  kpi.py              the words
  worlds/             organisations
    firm.py           one of them
  study.py            all together
notebooks/            not part of it
```
"""
GOOD = {
    "causalkpi/__init__.py": "def __getattr__(name): from .study import Study",
    "causalkpi/errors.py": "import numpy",
    "causalkpi/kpi.py": "from .errors import Fault\nfrom . import __version__",
    "causalkpi/worlds/__init__.py": "from .firm import Firm\nfrom ..kpi import KPI",
    "causalkpi/worlds/firm.py": "from .. import errors",
    "causalkpi/study.py": "import causalkpi.kpi\nfrom causalkpi.worlds import Firm",
}
MADE_UP = read_tree(TREE)


def test_the_tree_is_read_in_order():
    expected = ["", "__init__.py", "errors.py", "kpi.py", "worlds/", "worlds/firm.py", "study.py"]
    assert [path.removeprefix("causalkpi/") for path in MADE_UP] == expected
    assert MADE_UP["causalkpi/worlds/firm.py"] == "one of them"
    with pytest.raises(ValueError, match="indented"):
        read_tree("causalkpi/  the package\n      kpi.py  too deep")


def test_a_good_package_has_no_fault():
    assert unlisted(MADE_UP, [*GOOD, "causalkpi/py.typed", "causalkpi/worlds/firm.yaml"]) == []
    assert downward(MADE_UP, GOOD, ()) == []
    assert cycle(GOOD, ()) == []
    assert too_long(GOOD) == []


def test_a_file_or_a_line_too_many_is_noticed():
    assert unlisted(MADE_UP, [*GOOD, "causalkpi/new.py"]) == ["causalkpi/new.py has no line"]
    assert unlisted(MADE_UP, [*GOOD, "causalkpi/new/a.csv"]) == ["causalkpi/new/a.csv has no line"]
    assert unlisted({**MADE_UP, "causalkpi/old.py": "gone"}, GOOD) == ["causalkpi/old.py does not exist"]
    assert unlisted({**MADE_UP, "causalkpi/kpi.py": ""}, GOOD) == ["causalkpi/kpi.py is not described"]


@pytest.mark.parametrize(
    "line",
    [
        "from .study import Study",
        "from . import study",
        "import causalkpi.study",
        "from causalkpi import study",
        "from causalkpi import Study",
        "def f():\n    from .study import Study",
        "if TYPE_CHECKING:\n    from .study import Study",
        "importlib.import_module('.study', __package__)",
        "from .worlds.firm import Firm",
    ],
)
def test_an_import_downward_is_noticed(line):
    assert len(downward(MADE_UP, {**GOOD, "causalkpi/kpi.py": line}, ())) == 1


def test_an_exception_must_be_lazy_and_in_use():
    allowed = [("causalkpi.kpi", "causalkpi.study", "a reason")]
    lazy = {**GOOD, "causalkpi/kpi.py": "def f():\n    from .study import Study"}
    eager = {**GOOD, "causalkpi/kpi.py": "from .study import Study"}
    assert downward(MADE_UP, lazy, allowed) == cycle(lazy, allowed) == []
    assert len(downward(MADE_UP, eager, allowed)) == 2  # the import, and an exception without use
    assert downward(MADE_UP, GOOD, allowed) == ["causalkpi.kpi no longer imports causalkpi.study"]


def test_a_cycle_is_noticed():
    ring = {**GOOD, "causalkpi/worlds/firm.py": "def f():\n    from . import WORLDS"}
    assert set(cycle(ring, ())) == {"causalkpi.worlds", "causalkpi.worlds.firm"}


def test_length_is_noticed():
    long = "\n" * (LONGEST_MODULE + 1)
    assert too_long({**GOOD, "causalkpi/kpi.py": long}) == ["causalkpi/kpi.py: 401 lines"]
    assert too_long({"causalkpi/kpi.py": "\n" * (LONGEST_MEDIAN + 1)}) == [f"median: {LONGEST_MEDIAN + 1} lines"]


@pytest.mark.parametrize(
    "line",
    [
        "import dowhy",
        "def f():\n    from dowhy.gcm import x",
        "importlib.import_module('dowhy.gcm')",
    ],
)
def test_a_second_importer_is_noticed(line):
    assert importers({**GOOD, "causalkpi/kpi.py": line}, "dowhy") == {"causalkpi/kpi.py"}
    assert importers(GOOD, "dowhy") == set()


def test_a_loaded_library_is_noticed():
    assert loaded("import sqlite3", ["sqlite3", "dowhy"]) == ["sqlite3"]


def test_a_leak_is_noticed():
    slash = "/"  # put together here, so that this file itself holds none
    for bad in (
        f"see {slash}tmp/out.csv",
        f'"{slash}root/.venv/bin"',
        "PyPI".lower() + ".example",
        f"https:{slash}{slash}mirror.example:8080{slash}simple{slash}numpy",
        "pip install --index-url" + "=mirror numpy",
    ):
        assert len(leaks(bad)) == 1, bad
    for fine in ("a/tmp/b", "https://example.org/home/page", "--no-emit-index-url", "work/life"):
        assert leaks(fine) == []


@pytest.mark.parametrize(
    "source",
    ["f'{x}'", "x: int = 1", "def f(x: int): pass", "[*a, 1]", "if (a := 1): pass"],
)
def test_words_too_new_for_python_2_are_noticed(source):
    assert len(too_new(source)) == 1
