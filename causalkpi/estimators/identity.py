"""Effects on an identity: the estimated effects on its parts go through the arithmetic exactly, by draws.

Revenue = customers x spend is never estimated. For every unit and period observed, the formula is worked out once as
it was and once with each part moved by its estimated effect; the difference, averaged, is the answer for these units
and periods. Joint draws of the parts give the interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..graph import KPIGraph, Node
from ..language import Name, Text
from ..panel import Panel
from ..question import Estimand, label
from .draws import joint_slopes
from .linear import adjusted_fit, report
from .regression import Fit, p_of_draws
from .result import Estimate, Regression
from .screen import Refusal

DRAWS = 2000
_CELLS = 60_000  # a block of draws that stays in the processor's cache


def estimate_identity(
    panel: Panel,
    estimand: Estimand,
    level: float,
    rng: np.random.Generator,
    *,
    confirm: bool = True,
) -> Estimate:
    """The estimate of an effect on an identity; see :func:`causalkpi.estimators.estimate`."""
    question = estimand.question
    nodes = [node for node, _ in estimand.legs]
    legs = [leg for _, leg in estimand.legs if isinstance(leg, Estimand)]
    pairs = [adjusted_fit(panel, leg, node, [question.source], confirm=confirm)
             for node, leg in zip(nodes, legs, strict=True)]  # fmt: skip
    fits = [best for best, _ in pairs]
    joint = joint_slopes(fits)
    smallest, arithmetic, effect = _through(panel, estimand, nodes, fits)
    value = float(effect(joint.slopes[None, :])[0])
    spread = effect(joint.draws(DRAWS, rng))
    low, high = np.quantile(spread, [0.5 - level / 2, 0.5 + level / 2])
    steps = np.sqrt(np.clip(np.diag(joint.covariance), 0, None))
    gradient = np.array([_slope(effect, joint.slopes, i, step) for i, step in enumerate(steps)])
    error = float(np.sqrt(gradient @ joint.covariance @ gradient))
    answer = report(
        panel,
        estimand,
        value=value,
        error=error,
        main=smallest,
        level=level,
        estimator=Text(
            "{kpi} by its formula, from the effects on {names}",
            "{kpi} volgens de formule, uit de effecten op {names}",
            kpi=Name(question.outcome),
            names=[label(node) for node in nodes],
        ),
        regressions=tuple(
            Regression(leg, node, question.source, whole, best, float(weight))
            for leg, node, (best, whole), weight in zip(legs, nodes, pairs, gradient, strict=True)
        ),
    )
    lost = dict(answer.lost) | arithmetic.lost
    convention = Text(
        "joint draws, leaving one unit out at a time ({n} units)",
        "gezamenlijke trekkingen, telkens met weglating van één eenheid ({n} eenheden)",
        n=answer.units,
    )
    return replace(
        answer,
        interval=(float(low), float(high)),
        p_value=p_of_draws(spread),
        convention=convention,
        lost=lost,
        results=tuple(found.results for found in fits),
    )


def effect_of_slopes(panel: Panel, answer: Estimate) -> Callable[[np.ndarray], np.ndarray]:
    """From draws of an answer's slopes, shape (draws, regressions), to draws of the answer, shape (draws,).

    Parameters
    ----------
    panel : Panel
        The one that was estimated from.
    answer : Estimate
        By adjustment or through an identity.
    """
    parts = answer.regressions
    if answer.estimand.route != "identity":
        return lambda slopes: slopes[:, 0] * answer.question.contrast
    return _through(panel, answer.estimand, [part.outcome for part in parts], [part.best for part in parts])[2]


def _through(
    panel: Panel, estimand: Estimand, nodes: list[Node], fits: Sequence[Fit]
) -> tuple[Fit, Arithmetic, Callable[[np.ndarray], np.ndarray]]:
    """The fit with the fewest rows, the identity on its rows, and the answer as a function of draws of the slopes."""
    question = estimand.question
    smallest = min(fits, key=lambda found: len(found.sample.outcome))
    moved = {question.source, *nodes}
    arithmetic = Arithmetic(panel, estimand.graph, question.target, moved, smallest.sample.used)
    changed = _changes(question.source, question.contrast, nodes)
    block = max(1, _CELLS // max(1, arithmetic.rows))

    def effect(slopes: np.ndarray) -> np.ndarray:
        blocks = [slopes[i : i + block] for i in range(0, len(slopes), block)]
        return np.concatenate([arithmetic.change(changed(part)) for part in blocks])

    return smallest, arithmetic, effect


def _changes(source: Node, contrast: float, nodes: list[Node]):
    """From slopes, shape (draws, legs), to the change of every node, shape (draws,)."""

    def changed(slopes: np.ndarray) -> dict[Node, np.ndarray]:
        moves = {node: slopes[:, i] * contrast for i, node in enumerate(nodes)}
        return moves | {source: np.full(len(slopes), contrast)}

    return changed


def _slope(effect: Callable[[np.ndarray], np.ndarray], slopes: np.ndarray, i: int, step: float) -> float:
    """The identity's derivative in one leg, by a central difference one standard error wide."""
    if step == 0:
        return 0.0
    up, down = slopes.copy(), slopes.copy()
    up[i] += step
    down[i] -= step
    both = effect(np.stack([up, down]))
    return float(both[0] - both[1]) / (2 * step)


class Arithmetic:
    """An identity over time, worked out on a panel's rows with some of its parts moved.

    Parameters
    ----------
    panel : Panel
    graph : KPIGraph
    target : Node
        The identity, in relative time.
    moved : set of Node
        The nodes that will be moved; everything not downstream of them by formula stays as observed.
    rows : ndarray of bool
        The rows of the panel to average over.
    """

    def __init__(self, panel: Panel, graph: KPIGraph, target: Node, moved: set[Node], rows: np.ndarray) -> None:
        self.graph, self.target, self.moved = graph, target, moved
        self.open: dict[Node, bool] = {}
        leaves = sorted(self._leaves(target))
        table = panel.values(leaves)
        missing = np.isnan(table)
        complete = ~missing.any(axis=1) & rows
        self.lost = {
            Text("{name}, for the formula", "{name}, voor de formule", name=label(node)): int(missing[:, i].sum())
            for i, node in enumerate(leaves)
            if missing[:, i].any()
        }
        self.rows = int(complete.sum())
        if not self.rows:
            raise Refusal(
                Text(
                    "No row has all parts of {kpi}: {names}.",
                    "Geen enkele rij heeft alle onderdelen van {kpi}: {names}.",
                    kpi=Name(target.kpi),
                    names=[label(node) for node in leaves],
                ),
                Text("Bring the missing columns or periods.", "Lever de ontbrekende kolommen of perioden aan."),
            )
        self.observed = {node: table[complete, i][:, None] for i, node in enumerate(leaves)}
        self.baseline = self._value(target, {})

    def change(self, moves: Mapping[Node, np.ndarray]) -> np.ndarray:
        """The average change of the identity for each draw of the moves, shape (draws,)."""
        return (self._value(self.target, moves) - self.baseline).mean(axis=0)

    def _affected(self, node: Node) -> bool:
        """Whether a node is moved, or arithmetic on something that is."""
        if node not in self.open:
            self.open[node] = node in self.moved or any(
                self._affected(Node(kpi, node.period - lag)) for kpi, lag in self._arguments(node)
            )
        return self.open[node]

    def _arguments(self, node: Node) -> tuple[tuple[str, int], ...]:
        formula = self.graph[node.kpi].formula
        return formula.arguments if formula is not None and node.period >= 0 else ()

    def _leaves(self, node: Node) -> set[Node]:
        if node in self.moved or not self._affected(node):
            return {node}
        found: set[Node] = set()
        for kpi, lag in self._arguments(node):
            found |= self._leaves(Node(kpi, node.period - lag))
        return found

    def weights(self, moves: Mapping[Node, float]) -> dict[Node, float]:
        """By how much each move counts: the change is exactly the sum of weight times move.

        The weight is the derivative averaged over all rows and along the straight way from no move to the whole of it,
        so that what two parts do together is shared between them (Aumann and Shapley 1974, Values of Non-Atomic Games).
        Six nodes of Gauss and Legendre are exact for products of up to twelve factors.
        """
        steps, shares = np.polynomial.legendre.leggauss(6)
        found = {node: 0.0 for node in sorted(self.observed) if node in self.moved}
        for step, share in zip(steps, shares, strict=True):
            along = {node: np.array([(step + 1) / 2 * move]) for node, move in moves.items()}
            for node, slope in self._derivatives(along).items():
                found[node] += share / 2 * slope
        return found

    def _derivatives(self, moves: Mapping[Node, np.ndarray]) -> dict[Node, float]:
        """The identity's derivative in every node that is moved, averaged over the rows."""
        known = self._values(self.target, moves)
        slopes = {node: np.zeros_like(self.baseline) for node in known}
        slopes[self.target] = slopes[self.target] + 1.0
        for node in reversed(known):
            formula = self.graph[node.kpi].formula
            if node in self.observed or formula is None:
                continue
            for coefficient, factors in formula.terms:
                for i, (kpi, lag) in enumerate(factors):
                    product = slopes[node] * coefficient
                    for j, (other, back) in enumerate(factors):
                        if j != i:
                            product = product * known[Node(other, node.period - back)]
                    slopes[Node(kpi, node.period - lag)] = slopes[Node(kpi, node.period - lag)] + product
        return {node: float(slope.mean()) for node, slope in slopes.items() if node in self.moved}

    def _value(self, target: Node, moves: Mapping[Node, np.ndarray]) -> np.ndarray:
        """The value of a node on every row, shape (rows, draws)."""
        return self._values(target, moves)[target]

    def _values(self, target: Node, moves: Mapping[Node, np.ndarray]) -> dict[Node, np.ndarray]:
        """The values of a node and of all that it is made of, each worked out once, parts before the whole."""
        known: dict[Node, np.ndarray] = {}

        def value(node: Node) -> np.ndarray:
            if node not in known:
                if node in self.observed:
                    known[node] = self.observed[node] + moves.get(node, np.zeros(1))[None, :]
                else:
                    formula = self.graph[node.kpi].formula
                    assert formula is not None
                    known[node] = np.asarray(formula.evaluate(lambda kpi, lag: value(Node(kpi, node.period - lag))))
            return known[node]

        value(target)
        return known
