"""Hold each notebook against the script it is paired with: the same cells, in the same order."""

import sys
from pathlib import Path

import jupytext

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def cells(path: Path) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source.strip()) for cell in jupytext.read(path).cells]


def fault(stem: str) -> str | None:
    notebook, script = (NOTEBOOKS / f"{stem}{suffix}" for suffix in (".ipynb", ".py"))
    for path in (notebook, script):
        if not path.exists():
            return f"{path.name} is missing"
    same = cells(notebook) == cells(script)
    return None if same else f"{notebook.name} and {script.name} differ: jupytext --sync makes them one"


stems = sorted({path.stem for path in NOTEBOOKS.glob("*") if path.suffix in (".ipynb", ".py")})
faults = [found for stem in stems if (found := fault(stem))]
print(*faults or [f"{len(stems)} notebooks agree with their scripts"], sep="\n")
sys.exit(bool(faults) or not stems)
