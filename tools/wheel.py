"""Build the wheel of what git tracks, install it over the core lock alone, and use it elsewhere."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    return subprocess.run(command, cwd=cwd, check=True, text=True, stdout=subprocess.PIPE).stdout


def build(scratch: Path, tracked: list[str]) -> Path:
    """Build from a copy, so that nothing that lies about in the checkout gets in."""
    for name in tracked:
        (scratch / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, scratch / "tree" / name)
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", scratch)
    run(sys.executable, "-m", "pip", "wheel", *options, scratch / "tree")
    return next(scratch.glob("*.whl"))


def missing(wheel: Path, tracked: list[str]) -> list[str]:
    """Tracked files of the package and of data/ that the wheel does not hold."""
    held = set(zipfile.ZipFile(wheel).namelist())
    package = [name for name in tracked if name.startswith("causalkpi/")]
    data = [f"causalkpi/{name}" for name in tracked if name.startswith("data/")]
    if not data:
        return ["data/"]
    return [name for name in package + data if name not in held]


def use(wheel: Path, scratch: Path) -> None:
    """Install the wheel in an environment of its own and run the demo, away from the checkout."""
    run(sys.executable, "-m", "venv", scratch / "env")
    python = scratch / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = (python, "-m", "pip", "install", "--quiet", "--no-compile")
    locked = ("--require-hashes", "--only-binary", ":all:", "-r", "requirements.lock")
    print("installing requirements.lock", flush=True)
    run(*install, *locked)
    run(*install, "--no-deps", wheel)
    (scratch / "elsewhere").mkdir()
    place = run(python, "-c", "import causalkpi; print(causalkpi.__file__)", cwd=scratch / "elsewhere")
    assert Path(place.strip()).is_relative_to(scratch / "env"), place
    print(run(python, "-m", "causalkpi", "demo", cwd=scratch / "elsewhere"))


with tempfile.TemporaryDirectory() as folder:
    tracked = run("git", "ls-files").splitlines()
    wheel = build(Path(folder), tracked)
    if lost := missing(wheel, tracked):
        sys.exit(f"{wheel.name} does not hold {', '.join(lost)}")
    use(wheel, Path(folder))
    print(f"{wheel.name} holds every file and runs away from the checkout")
