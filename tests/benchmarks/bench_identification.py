"""How long identification takes, for every pair of KPIs of the book's model.

    python tests/benchmarks/bench_identification.py --write

For each pair the graph is unrolled over 12 quarters around the question (horizon 4, the rest before the treatment; the
window grows by itself) and identified from scratch three times; the median is kept, so that a pause of the garbage
collector does not count. DoWhy's confirmation is included, its import is not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import causalkpi as ck

RESULTS = Path(__file__).parent / "results" / "identification.json"


def seconds(graph: ck.KPIGraph, question: ck.Question, repeats: int = 3) -> float:
    """Median CPU seconds of identifying one question on a graph that was not unrolled before."""
    taken = []
    for _ in range(repeats):
        fresh = ck.KPIGraph(graph.kpis, graph.links, graph.unit_effects, graph.period_effects)
        start = time.process_time()
        ck.identify(fresh, question)
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    graph = ck.load_graph("customer_centred")
    ck.identify(graph, ck.Question("customer_loyalty", "churn", 1))  # imports DoWhy
    found = {}
    for horizon in (1, 4, 8):
        taken = {
            f"{a} -> {b}": seconds(graph, ck.Question(a, b, horizon)) for a in graph.ids for b in graph.ids if a != b
        }
        slowest = max(taken, key=lambda pair: taken[pair])
        found[f"horizon {horizon}"] = {
            "pairs": len(taken),
            "mean_seconds": round(statistics.fmean(taken.values()), 4),
            "slowest_seconds": round(taken[slowest], 4),
            "slowest": slowest,
            "over_0.1_seconds": sum(value > 0.1 for value in taken.values()),
        }
    print(json.dumps(found, indent=1))
    if given.write:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
