"""What `causalkpi demo` costs, against `import dowhy` on the same machine; and what `causalkpi --help` costs.

Each command runs in a process of its own, in turn. Quote the ratios: the seconds are this machine's.

    python tests/benchmarks/bench_demo.py [--write]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULT = HERE / "results" / "demo.json"
LIMIT_FACTOR, LIMIT_SECONDS, LIMIT_MEMORY, LIMIT_REPORT, LIMIT_HELP = 3, 15, 1.5e9, 1.5e6, 0.5


def cost(command: list[str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak bytes of a command, in a process that only waits for it."""
    watch = (
        "import resource, subprocess, sys, time; start = time.perf_counter(); "
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", watch, *command]
    done = subprocess.run(command, cwd=HERE.parents[1], env=environment, capture_output=True, text=True, check=True)
    wall, processor, peak = map(float, done.stdout.split())
    return wall, processor, peak * (1 if sys.platform == "darwin" else 1024)


def measure(rounds: int) -> dict[str, object]:
    """Medians over rounds; the first, which compiles, is not counted."""
    python = sys.executable
    found: dict[str, list[tuple[float, float, float]]] = {"dowhy": [], "demo": [], "help": []}
    with tempfile.TemporaryDirectory() as place:
        for language in ["en", *["en", "nl"] * rounds][: rounds + 1]:
            out = str(Path(place) / "report")
            found["dowhy"].append(cost([python, "-c", "import dowhy"]))
            found["demo"].append(cost([python, "-m", "causalkpi", "demo", "--out", out, "--language", language]))
            found["help"].append(cost([python, "-m", "causalkpi", "--help"]))
        size = (Path(place) / "report" / "report.html").stat().st_size
    wall = {name: statistics.median(one[0] for one in costs[1:]) for name, costs in found.items()}
    allowed = LIMIT_FACTOR * wall["dowhy"] + LIMIT_SECONDS
    peak = max(one[2] for one in found["demo"])
    help_cpu = statistics.median(one[1] for one in found["help"][1:])
    return {
        "demo_seconds": round(wall["demo"], 1),
        "import_dowhy_seconds": round(wall["dowhy"], 2),
        "allowed_seconds": round(allowed, 1),
        "demo_of_allowed": round(wall["demo"] / allowed, 2),
        "peak_bytes": int(peak),
        "report_bytes": size,
        "help_processor_seconds": round(help_cpu, 2),
        "within": bool(
            wall["demo"] <= allowed and peak < LIMIT_MEMORY and size <= LIMIT_REPORT and help_cpu < LIMIT_HELP
        ),
        "rounds": rounds,
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"write results/{RESULT.name}")
    options = parser.parse_args()
    result = measure(options.rounds)
    print(json.dumps(result, indent=2))
    if options.write:
        RESULT.write_text(json.dumps(result, indent=2) + "\n", "utf-8", newline="\n")
