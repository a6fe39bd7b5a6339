"""How long `import causalkpi` takes, against `import pandas`.

Each import runs in a Python of its own, the two in turn, so that both meet the same moments of a
busy machine. Quote the ratio: the seconds are this machine's.

    python tests/benchmarks/bench_import.py [--write]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULT = HERE / "results" / "import.json"
MODULES = ("causalkpi", "pandas")
CODE = "from time import perf_counter as t; start = t(); import {}; print(t() - start)"


def seconds(module: str) -> float:
    """Seconds of one import in a fresh Python, its start not counted."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", CODE.format(module)]
    done = subprocess.run(command, cwd=HERE.parents[1], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def measure(rounds: int) -> dict[str, object]:
    """Medians over interleaved rounds, after one that is not counted."""
    times = [{module: seconds(module) for module in MODULES} for _ in range(rounds + 1)][1:]
    median = {module: statistics.median(one[module] for one in times) for module in MODULES}
    return {
        "ratio": float(f"{median['causalkpi'] / median['pandas']:.2g}"),
        "seconds": {module: float(f"{median[module]:.2g}") for module in MODULES},
        "rounds": rounds,
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11, help="imports of each (default: 11)")
    parser.add_argument("--write", action="store_true", help=f"write results/{RESULT.name}")
    options = parser.parse_args()
    result = measure(options.rounds)
    print(json.dumps(result, indent=2))
    if options.write:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(result, indent=2) + "\n", "utf-8", newline="\n")
