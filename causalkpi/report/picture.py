"""The little picture of an interval: where zero, the estimate, the raw association and the truth lie on a line."""

from __future__ import annotations

import math

from ..estimators import Estimate

WIDTH, EDGE = 200, 6  # in the picture's own units


def picture(answer: Estimate, true_effect: float) -> dict[str, float]:
    """Where everything lies, from 0 to `WIDTH`.

    Parameters
    ----------
    answer : Estimate
    true_effect : float
        Not a number where it is unknown.

    Returns
    -------
    dict of str to float
        ``zero``, ``low``, ``value``, ``high``, ``raw``, ``truth``: those that are known. An end of the interval without
        bound lies at the edge.
    """
    raw = next((b.value for b in answer.beside if b.name == "association"), math.nan)
    points = {"zero": 0.0, "value": answer.value, "raw": raw, "truth": true_effect}
    points |= dict(zip(("low", "high"), answer.interval, strict=True))
    finite = [x for x in points.values() if math.isfinite(x)]
    least, most = min(finite), max(finite)
    scale = (WIDTH - 2 * EDGE) / (most - least) if most > least else 0.0
    edges = {-math.inf: 0.0, math.inf: float(WIDTH)}
    return {name: edges.get(x, round(EDGE + (x - least) * scale, 1)) for name, x in points.items() if not math.isnan(x)}
