"""How often a grade comes out where there is no effect at all, and where there is one.

    python tests/truth/grading.py                     a few seeds, printed
    python tests/truth/grading.py --seeds 200 --write

*No effect*: Polder Shops, where a hidden local economy moves every KPI and no KPI has an effect on another; the analyst
believes the service-profit chain. At strength 0 nothing is hidden; at 1 the economy is what the world's file says; at 2
twice that. *An effect*: Waterland Bank, questions whose true effect is not zero. The share graded *strong* comes with
the upper end of Clopper and Pearson's one-sided 95% interval, over seeds; questions of one panel are not independent,
so the share of *panels* with any strong grade stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats

import causalkpi as ck
from causalkpi.evidence import gather
from causalkpi.panel import as_panel
from causalkpi.question import Question
from causalkpi.worlds import make_no_effect

RESULTS = Path(__file__).parent / "results" / "grading.json"
UNITS, PERIODS, FIRST_SEED = 100, 12, 50_000
STRENGTHS = (0.0, 1.0, 2.0)
BELIEVED = (
    ("employee_loyalty", "service_behaviour", 0),
    ("service_behaviour", "customer_satisfaction", 0),
    ("customer_satisfaction", "customer_loyalty", 1),
    ("customer_loyalty", "revenue", 1),
    ("customer_satisfaction", "revenue", 2),
    ("employee_loyalty", "revenue", 2),
)
TRUE = (
    ("customer_loyalty", "churn", 1),
    ("advocacy", "churn", 1),
    ("advocacy", "referred_customers", 1),
    ("employee_loyalty", "service_behaviour", 0),
    ("customer_steering", "service_behaviour", 1),
    ("competing_offer", "churn", 0),
)


def grades(seed: int, world: str, strength: float) -> list[str]:
    """The grade of every question in one fresh panel."""
    if world == "no_effect":
        source, listed = make_no_effect(strength), BELIEVED
    else:
        source, listed = ck.load_world(world), TRUE
    panel = as_panel(source.sample(UNITS, PERIODS, np.random.default_rng(seed)), unit="unit", period="period")
    found = []
    for parts in listed:
        question = Question(*parts, source.believed[parts[0]].usual_change)
        estimand = ck.identify(source.believed, question)
        answer = ck.estimate(panel, estimand, confirm=False, rng=np.random.default_rng(seed))
        evidence = gather(panel, answer, rng=np.random.default_rng(seed))
        found.append(evidence.grade.word if evidence.answered else answer.status)
    return found


def study(world: str, strength: float, seeds: int, workers: int) -> dict:
    work = partial(grades, world=world, strength=strength)
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(work, range(FIRST_SEED, FIRST_SEED + seeds), chunksize=2))
    each = [grade for panel in found for grade in panel]
    strong, panels = each.count("strong"), sum("strong" in panel for panel in found)
    listed = BELIEVED if world == "no_effect" else TRUE
    return {
        "world": world,
        "strength": strength,
        "seeds": seeds,
        "graded": len(each),
        "grades": dict(sorted(Counter(each).items())),
        "strong": strong / len(each),
        "strong_upper": upper(strong, len(each)),
        "panels_with_strong": panels / seeds,
        "panels_with_strong_upper": upper(panels, seeds),
        "by_question": {
            " -> ".join(map(str, q)): dict(sorted(Counter(panel[i] for panel in found).items()))
            for i, q in enumerate(listed)
        },
    }


def upper(count: int, of: int) -> float:
    """The upper end of the one-sided 95% interval of a share (Clopper and Pearson 1934)."""
    return float(stats.beta.ppf(0.95, count + 1, of - count)) if count < of else 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args(arguments)
    table = [study("no_effect", strength, given.seeds, given.workers) for strength in STRENGTHS]
    table.append(study("waterland", 0.0, max(2, given.seeds // 4), given.workers))
    for row in table:
        print(f"{row['world']:<10} strength {row['strength']:g}, {row['seeds']} panels: strong {row['strong']:.1%} "
              f"(at most {row['strong_upper']:.1%}); panels with any {row['panels_with_strong']:.1%}; "
              f"{row['grades']}")  # fmt: skip
        for question, counts in row["by_question"].items():
            print(f"    {question:<60} {counts}")
    if given.write:
        document = {"version": ck.__version__, "units": UNITS, "periods": PERIODS, "first_seed": FIRST_SEED,
                    "table": table}  # fmt: skip
        RESULTS.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
