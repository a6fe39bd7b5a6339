"""Remake the two lock files from pyproject.toml; needs uv.

Pins that still fit are kept; `python tools/lock.py --upgrade` takes the newest of everything.
The development lock is resolved under the core lock, so whoever installs the first has the second.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMPILE = ["uv", "pip", "compile", "pyproject.toml", "-", "--quiet"]
COMPILE += ["--universal", "--python-version", "3.11", "--only-binary", ":all:"]
COMPILE += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"]


def lock(name: str, *options: str) -> None:
    """Write one lock file: what the project needs and, by way of stdin, what building it needs."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    command = [*COMPILE, "--output-file", name, *options]
    subprocess.run(command, input="\n".join(build), text=True, check=True, cwd=ROOT)
    print(name, *(line for line in (ROOT / name).open() if line.startswith("pandas==")), end="")


lock("requirements.lock", *sys.argv[1:])
lock("requirements-dev.lock", "--extra", "dev", "--constraint", "requirements.lock", *sys.argv[1:])
