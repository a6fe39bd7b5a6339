"""Hold each notebook against the script it is paired with: the same cells, in the same order.

``python tools/pairs.py`` says whether they agree; with ``--write`` every notebook is made from its script and
executed, without the clock times that an execution leaves behind.
"""

import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def cells(path: Path) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source.strip()) for cell in jupytext.read(path).cells]


def fault(stem: str) -> str | None:
    notebook, script = (NOTEBOOKS / f"{stem}{suffix}" for suffix in (".ipynb", ".py"))
    for path in (notebook, script):
        if not path.exists():
            return f"{path.name} is missing"
    same = cells(notebook) == cells(script)
    return None if same else f"{notebook.name} and {script.name} differ: tools/pairs.py --write makes them one"


def write(stem: str) -> None:
    notebook = jupytext.read(NOTEBOOKS / f"{stem}.py")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # else a new one at every execution
    NotebookClient(notebook, resources={"metadata": {"path": str(NOTEBOOKS)}}, record_timing=False).execute()
    nbformat.write(notebook, NOTEBOOKS / f"{stem}.ipynb")


stems = sorted({path.stem for path in NOTEBOOKS.glob("*") if path.suffix in (".ipynb", ".py")})
if "--write" in sys.argv[1:]:
    for one in stems:
        write(one)
faults = [found for stem in stems if (found := fault(stem))]
print(*faults or [f"{len(stems)} notebooks agree with their scripts"], sep="\n")
sys.exit(bool(faults) or not stems)
