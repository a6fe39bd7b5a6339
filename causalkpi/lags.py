"""Which lag of a link the data prefer: the lag that the graph says, held against the others.

For every link X -> Y the equation of Y is fitted with X at each lag in turn, everything else that the graph says
about Y in place, on the same rows. Equations with the same number of terms are compared by how well they fit, and
whether one fits better than another by more than chance is judged over units (Vuong's test). Lags that cannot be told
from the best are named with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from .adjustment import organisation_level
from .diagnostics.robust import FEWEST, score_test
from .errors import Fault, GraphError, QuestionError
from .estimators.sample import Sample, build_sample
from .estimators.screen import Refusal
from .graph import PERIOD_NODE, UNIT_NODE, KPIGraph, Node
from .kpi import Link
from .language import NOTHING, Name, Text
from .panel import Panel

LEVEL = 0.05
Preferred = Literal["agrees", "differs", "not_clear", "no_sign", "not_applicable"]
WARNING = Text(
    "The lag that fits best is no proof: a cause that changes slowly looks much the same at neighbouring lags, and a "
    "hidden cause can make a wrong lag fit. Change a lag only where somebody can say why it takes that long.",
    "De best passende vertraging is geen bewijs: een oorzaak die langzaam verandert lijkt op naburige vertragingen "
    "veel op zichzelf, en door een verborgen oorzaak kan een verkeerde vertraging passen. Verander een vertraging "
    "alleen als iemand kan zeggen waarom het zo lang duurt.",
)


@dataclass(frozen=True)
class LinkLags:
    """How well each lag of a link fits.

    Parameters
    ----------
    link : Link
        With the lag that the graph says.
    result : {"agrees", "differs", "not_clear", "no_sign", "not_applicable"}
        ``agrees``: the graph's lag is the only one left; ``differs``: it is not among those left; ``not_clear``: it is
        one of several; ``no_sign``: X says nothing about Y at any of these lags.
    partial_r2 : mapping of int to float
        By lag: the share of what is left of Y that X at this lag explains, 0 to 1.
    p_values : mapping of int to float
        By lag: of the null that it fits as well as the best; 1 for the best itself.
    left : tuple of int
        The lags that cannot be told from the best at 5%, best first.
    why : Text
        Lags that were not tried, or why there is nothing; empty otherwise.
    rows, units : int
    """

    link: Link
    result: Preferred
    partial_r2: Mapping[int, float]
    p_values: Mapping[int, float]
    left: tuple[int, ...] = ()
    why: Text = NOTHING
    rows: int = 0
    units: int = 0

    @property
    def seen(self) -> Text:
        """What the data say, in a sentence."""
        x, y = Name(self.link.source), Name(self.link.target)
        if self.result == "not_applicable":
            return self.why
        if self.result == "no_sign":
            said = Text("At none of these lags does {x} say anything about {y}.",
                        "Bij geen van deze vertragingen zegt {x} iets over {y}.", x=x, y=y)  # fmt: skip
        elif len(self.left) == 1:
            said = Text("The data prefer lag {best}; the graph says {lag}.",
                        "De gegevens wijzen op vertraging {best}; de graaf zegt {lag}.",
                        best=self.left[0], lag=self.link.lag)  # fmt: skip
        else:
            said = Text("Lags {all} fit about equally well; the graph says {lag}.",
                        "De vertragingen {all} passen ongeveer even goed; de graaf zegt {lag}.",
                        all=sorted(self.left), lag=self.link.lag)  # fmt: skip
        return Text.join([said, self.why])


@dataclass(frozen=True, repr=False)
class Lags:
    """The lags of all links of a graph, held against data.

    Parameters
    ----------
    rows : tuple of LinkLags
        In the order of the graph's links; own pasts left out.
    max_lag : int
    warning : Text
    """

    rows: tuple[LinkLags, ...]
    max_lag: int
    warning: Text = WARNING

    def to_frame(self) -> pd.DataFrame:
        """One row per link; ``r2_0``, ``r2_1``, ... are partial R2 by lag, not a number where it was not tried."""
        nan = float("nan")
        tried = range(max((max(row.partial_r2, default=0) for row in self.rows), default=0) + 1)
        table = [
            {"link": f"{row.link.source} -> {row.link.target}", "lag": row.link.lag, "result": row.result,
             "left": ", ".join(map(str, row.left))}
            | {f"r2_{lag}": row.partial_r2.get(lag, nan) for lag in tried}
            | {"rows": row.rows, "units": row.units, "seen": str(row.seen)}
            for row in self.rows
        ]  # fmt: skip
        return pd.DataFrame(table)

    def __repr__(self) -> str:
        shown = self.to_frame().drop(columns=["seen", "rows", "units"], errors="ignore")
        return f"{shown.to_string(index=False, float_format='{:.3f}'.format, na_rep='')}\n{self.warning}"


NO_LAGS = Lags((), 0)  # where units are seen once


def compare_lags(graph: KPIGraph, panel: Panel, max_lag: int = 4) -> Lags:
    """Hold the lag of every link of a graph against the others.

    Parameters
    ----------
    graph : KPIGraph
        With what has no usable data hidden.
    panel : Panel
    max_lag : int
        The longest lag tried; a link's own lag is tried where it is longer.

    Raises
    ------
    QuestionError
        If `max_lag` is no whole number of periods, 1 or more.

    References
    ----------
    Vuong (1989), Likelihood ratio tests for model selection and non-nested hypotheses, Econometrica 57:307-333.

    Examples
    --------
    >>> from causalkpi import load_world
    >>> from causalkpi.panel import as_panel
    >>> world = load_world("against_the_book")
    >>> panel = as_panel(world.sample(80, 16, np.random.default_rng(1)), unit="unit", period="period")
    >>> found = compare_lags(world.graph, panel, max_lag=2).to_frame().set_index("link")
    >>> found.loc["service_behaviour -> customer_satisfaction", ["result", "left"]].tolist()
    ['agrees', '0']
    """
    if isinstance(max_lag, bool) or not isinstance(max_lag, int) or max_lag < 1:
        fault = Fault("max_lag", repr(max_lag), "a whole number of periods, 1 or more", rule="lag")
        raise QuestionError("Lags cannot be compared.", [fault])
    links = [link for link in graph.links if link.source != link.target]
    return Lags(tuple(_link_lags(graph, panel, link, max_lag) for link in links), max_lag)


def _link_lags(graph: KPIGraph, panel: Panel, link: Link, max_lag: int) -> LinkLags:
    lags, loops = candidates(graph, link, max_lag)
    parents = {Node(kpi, -lag) for kpi, lag in graph.causes[link.target]} - {Node(link.source, -link.lag)}
    why = _no_data(graph, panel, link, parents)
    if why is None and len(lags) < 2:
        why = Text("There is no other lag to try.", "Er is geen andere vertraging om te proberen.")
    if why is not None:
        return LinkLags(link, "not_applicable", {}, {}, why=Text.join([why, loops]))
    touched = ((UNIT_NODE, graph.unit_effects), (PERIOD_NODE, graph.period_effects))
    held = sorted(parents | {node for node, kpis in touched if link.target in kpis})
    try:
        sample = build_sample(panel, Node(link.target, 0), [Node(link.source, -lag) for lag in lags], held)
    except Refusal as refusal:
        return LinkLags(link, "not_applicable", {}, {}, why=Text("{why}", "{why}", why=refusal.reason))
    if len(sample.units) < FEWEST:
        few = Text("With fewer than {n} units lags cannot be told apart.",
                   "Met minder dan {n} eenheden zijn vertragingen niet te onderscheiden.", n=FEWEST)  # fmt: skip
        return LinkLags(link, "not_applicable", {}, {}, why=few)
    return _judge(link, lags, sample, loops)


def candidates(graph: KPIGraph, link: Link, max_lag: int) -> tuple[list[int], Text]:
    """The lags to try, and what is said of those that would close a loop without lag.

    Lags at which the graph has another link of the same pair are left out: they stay in the equation.
    """
    taken = {lag for kpi, lag in graph.causes[link.target] if kpi == link.source} - {link.lag}
    tried, loops = [], []
    for lag in sorted({*range(max_lag + 1), link.lag} - taken):
        try:
            replace(graph, links=tuple(replace(li, lag=lag) if li is link else li for li in graph.links), claims=())
        except GraphError:
            loops.append(lag)
        else:
            tried.append(lag)
    if not loops:
        return tried, NOTHING
    return tried, Text(
        "Lag {lags} was not tried: within one period it would close a loop.",
        "Vertraging {lags} is niet geprobeerd: die zou binnen één periode een kring sluiten.",
        lags=loops,
    )


def _judge(link: Link, lags: list[int], sample: Sample, loops: Text) -> LinkLags:
    """Compare the fits of one link's lags."""
    rest = np.column_stack([np.ones((len(sample.outcome), 1)), sample.controls, sample.dummies])
    q = np.linalg.qr(rest)[0]
    own, outcome = (v - q @ (q.T @ v) for v in (sample.treatments, sample.outcome))
    slopes = own.T @ outcome / (own**2).sum(axis=0)
    residuals = outcome[:, None] - own * slopes
    squares = (residuals**2).sum(axis=0)
    order = np.argsort(squares, kind="stable")
    best = int(order[0])
    gains = _by_unit(sample, residuals**2 - residuals[:, [best]] ** 2)
    p = [1.0 if j == best else vuong(gains[:, j]) for j in range(len(lags))]
    scores = _by_unit(sample, own[:, [best]] * outcome[:, None])
    sign = score_test(scores[np.abs(scores[:, 0]) > 0])[1] * len(lags) < LEVEL  # Bonferroni: the best of several
    left = tuple(lags[j] for j in order if p[j] >= LEVEL) if sign else ()
    result: Preferred = "no_sign" if not sign else "differs" if link.lag not in left else "not_clear"
    if left == (link.lag,):
        result = "agrees"
    whole = float(outcome @ outcome)
    return LinkLags(
        link,
        result,
        {lag: float(1 - squares[j] / whole) for j, lag in enumerate(lags)},
        dict(zip(lags, p, strict=True)),
        left,
        loops,
        len(sample.outcome),
        len(sample.units),
    )


def vuong(gains: np.ndarray) -> float:
    """Two-sided p of the null that one model fits as well as another, from what it loses in each unit.

    Parameters
    ----------
    gains : ndarray, shape (units,)

    Examples
    --------
    >>> round(vuong(np.array([1.0, 2.0, 3.0, 2.0, 1.0])), 4)  # a t test of the mean
    0.0086
    """
    spread = float(gains.std(ddof=1))
    if not spread > 0:
        return 1.0
    t = float(gains.mean()) / spread * np.sqrt(len(gains))
    return float(2 * stats.t.sf(abs(t), len(gains) - 1))


def _by_unit(sample: Sample, rows: np.ndarray) -> np.ndarray:
    sums = np.zeros((len(sample.units), rows.shape[1]))
    np.add.at(sums, sample.unit, rows)
    return sums


def _no_data(graph: KPIGraph, panel: Panel, link: Link, parents: set[Node]) -> Text | None:
    needed = sorted({link.source, link.target} | {node.kpi for node in parents})
    missing = [Name(kpi) for kpi in needed if not graph[kpi].observed or kpi not in panel.frame]
    if not panel.repeated:
        return Text("It takes units that are seen repeatedly.", "Dit vergt eenheden die vaker zijn waargenomen.")
    if missing:
        return Text("There are no data on {kpis}.", "Er zijn geen gegevens over {kpis}.", kpis=missing)
    shared = [kpi for kpi in (link.source, link.target) if kpi in organisation_level(graph)]
    if shared:
        return Text(
            "{kpi} has one value per period for all units: it cannot be told from shocks that all units share.",
            "{kpi} heeft per periode één waarde voor alle eenheden en is niet te onderscheiden van gedeelde schokken.",
            kpi=Name(shared[0]),
        )
    return None
