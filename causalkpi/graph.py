"""The KPI graph: which KPI causes which, after how many periods, and what is hidden.

The *summary* graph may have loops, as organisations do (results feed back into how people are steered); what
must have none is its part without lag, because nothing causes itself within one instant. Unrolled over time
every loop opens: a node is then a KPI in a period, and the graph is a DAG on which identification can reason.

A hidden cause that lasts (a branch's location, its management) is one node per unit, ``<unit>``, that points
at every KPI it touches; shocks that all units share are the node ``<period>``. A panel observes both exactly:
by its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import networkx as nx

from .errors import Fault, GraphError, did_you_mean, raise_all
from .formula import rename_formula
from .graph_faults import loop_faults, naming_faults
from .kpi import KPI, PERIOD, UNIT, Claim, Link, Sign


class Node(NamedTuple):
    """A KPI in a period; periods count from the treatment's, so -1 is the period before it."""

    kpi: str
    period: int


UNIT_NODE, PERIOD_NODE = Node(UNIT, 0), Node(PERIOD, 0)


@dataclass(frozen=True)
class KPIGraph:
    """KPIs, the links between them, lasting unit effects, common period effects, and claims.

    Parameters
    ----------
    kpis : tuple of KPI
        In reading order.
    links : tuple of Link
        Direct causal links, a KPI's dependence on its own past among them. Links into an identity are those
        of its formula and are not listed.
    unit_effects, period_effects : tuple of str
        The KPIs touched by what lasts in a unit, and by what all units share in a period.
    claims : tuple of Claim
        The statements to be tested.
    id, en, nl, reference : str
        The model's name in files, in both languages, and where it comes from.

    Attributes
    ----------
    known : dict
        What was worked out about this graph and will be asked for again; a graph never changes.

    Raises
    ------
    GraphError
        Listing every fault: unknown or duplicate ids, a bad lag, a loop without lag (named with its links and
        the lag that would break it), links into identities, effects on identities.

    Examples
    --------
    >>> graph = KPIGraph(
    ...     kpis=(KPI("loyalty"), KPI("churn")),
    ...     links=(Link("loyalty", "churn", "-", lag=1), Link("loyalty", "loyalty", "+", lag=1)),
    ... )
    >>> sorted(graph.unroll(2).edges)[0]
    (Node(kpi='loyalty', period=0), Node(kpi='churn', period=1))
    """

    kpis: tuple[KPI, ...]
    links: tuple[Link, ...] = ()
    unit_effects: tuple[str, ...] = ()
    period_effects: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    id: str = ""
    en: str = ""
    nl: str = ""
    reference: str = ""
    _by_id: Mapping[str, KPI] = field(init=False, repr=False, compare=False)
    known: dict[Any, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("kpis", "links", "unit_effects", "period_effects", "claims"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "_by_id", {kpi.id: kpi for kpi in self.kpis})
        faults = naming_faults(self.kpis, self.links, self.unit_effects, self.period_effects, self.claims)
        faults += [] if faults else loop_faults(self._by_id, self.causes)
        raise_all(GraphError, f"The graph {self.id or 'given'!r} cannot be used.", faults)

    def __getitem__(self, kpi: str) -> KPI:
        """The KPI of this id; a KeyError that says what exists instead."""
        if kpi not in self._by_id:
            raise KeyError(f"no KPI {kpi!r} in the graph. {did_you_mean(kpi, self.ids)}")
        return self._by_id[kpi]

    def __contains__(self, kpi: object) -> bool:
        return kpi in self._by_id

    @property
    def ids(self) -> tuple[str, ...]:
        """All KPI ids, in reading order."""
        return tuple(kpi.id for kpi in self.kpis)

    @cached_property
    def causes(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """For each KPI its direct causes, each with the lag; for an identity the arguments of its formula."""
        causes: dict[str, set[tuple[str, int]]] = {kpi.id: set() for kpi in self.kpis}
        for link in self.links:
            causes[link.target].add((link.source, link.lag))
        for kpi in self.kpis:
            if kpi.formula is not None:
                causes[kpi.id] |= set(kpi.formula.arguments)
        return {kpi: tuple(sorted(found)) for kpi, found in causes.items()}

    @property
    def longest_lag(self) -> int:
        """The longest lag of any link or formula, in periods."""
        return max((lag for found in self.causes.values() for _, lag in found), default=0)

    @cached_property
    def longest_chain(self) -> int:
        """The most periods that a chain of links through different KPIs can take."""
        longest = dict.fromkeys(self.ids, 0)
        for found in self.causes.values():
            for source, lag in found:
                longest[source] = max(longest[source], lag)
        return sum(longest.values())

    def summary(self) -> nx.DiGraph:
        """The summary graph: one node per KPI, one edge per pair with its lags; it may have loops."""
        graph = nx.DiGraph(name=self.id)
        for kpi in self.kpis:
            graph.add_node(kpi.id, kind=kpi.kind, observed=kpi.observed, level=kpi.level)
        signs = {(link.source, link.target): link.sign for link in self.links}
        for target, found in self.causes.items():
            for source, lag in found:
                lags = graph.edges[source, target]["lags"] if graph.has_edge(source, target) else ()
                graph.add_edge(source, target, lags=(*lags, lag), sign=signs.get((source, target), "?"))
        return graph

    def unroll(self, periods: int | range) -> nx.DiGraph:
        """The DAG over time.

        Parameters
        ----------
        periods : int or range
            That many periods from 0 on, or exactly these.

        Returns
        -------
        networkx.DiGraph
            Nodes are :class:`Node` (KPI, period), and ``<unit>`` and ``<period>`` where something is touched.

        Examples
        --------
        >>> KPIGraph((KPI("a"), KPI("b")), (Link("a", "b", lag=1),)).unroll(range(-1, 1)).number_of_nodes()
        4
        """
        return self.window(range(periods) if isinstance(periods, int) else periods).copy()

    def window(self, periods: range) -> nx.DiGraph:
        """The same as :meth:`unroll`, made once and frozen: for reading only."""
        if periods not in self.known:
            nodes = {(kpi.id, t): Node(kpi.id, t) for t in periods for kpi in self.kpis}
            graph = nx.DiGraph(name=self.id)
            graph.add_nodes_from(nodes.values())
            graph.add_edges_from(
                (nodes[source, t - lag], nodes[target, t])
                for target, found in self.causes.items()
                for source, lag in found
                for t in periods
                if t - lag in periods
            )
            for node, touched in (
                (UNIT_NODE, self.unit_effects),
                (PERIOD_NODE, self.period_effects),
            ):
                graph.add_edges_from((node, nodes[kpi, t]) for kpi in touched for t in periods)
            self.known[periods] = nx.freeze(graph)
        return self.known[periods]

    def loops(self) -> list[tuple[Link, ...]]:
        """The feedback loops of the summary graph, each by its links, own pasts left out; shortest first."""
        graph = self.summary()
        graph.remove_edges_from(list(nx.selfloop_edges(graph)))
        found = []
        for cycle in nx.simple_cycles(graph, length_bound=12):
            start = cycle.index(min(cycle))
            nodes = cycle[start:] + cycle[:start]
            found.append(
                tuple(
                    Link(a, b, graph.edges[a, b]["sign"], min(graph.edges[a, b]["lags"]))
                    for a, b in zip(nodes, nodes[1:] + nodes[:1], strict=True)
                )
            )
        return sorted(found, key=lambda loop: (len(loop), [str(link) for link in loop]))

    def hide(self, *ids: str) -> KPIGraph:
        """The same graph with these KPIs hidden: they exist, and no data hold them."""
        return self._with_observed(ids, False)

    def reveal(self, *ids: str) -> KPIGraph:
        """The same graph with these KPIs measured."""
        return self._with_observed(ids, True)

    def _with_observed(self, ids: Iterable[str], observed: bool) -> KPIGraph:
        chosen = {self[kpi].id for kpi in ids if self[kpi].observed != observed}
        if not chosen:
            return self
        kpis = tuple(replace(k, observed=observed) if k.id in chosen else k for k in self.kpis)
        return replace(self, kpis=kpis)

    def rename(self, names: Mapping[str, str]) -> KPIGraph:
        """The same graph under other KPI ids."""

        def new(kpi: str) -> str:
            return names.get(kpi, kpi)

        return replace(
            self,
            kpis=tuple(
                replace(k, id=new(k.id), formula=k.formula and rename_formula(k.formula, names)) for k in self.kpis
            ),
            links=tuple(replace(li, source=new(li.source), target=new(li.target)) for li in self.links),
            unit_effects=tuple(map(new, self.unit_effects)),
            period_effects=tuple(map(new, self.period_effects)),
            claims=tuple(
                replace(
                    c,
                    questions=tuple((new(a), new(b), h) for a, b, h in c.questions),
                    changes=tuple((name, new(a), new(b), h, sign) for name, a, b, h, sign in c.changes),
                )
                for c in self.claims
            ),
        )


def from_networkx(
    graph: nx.DiGraph,
    *,
    unit_effects: Iterable[str] = (),
    period_effects: Iterable[str] = (),
) -> KPIGraph:
    """Read any networkx DiGraph as a KPI graph.

    Parameters
    ----------
    graph : networkx.DiGraph
        Node attributes ``observed`` (default True), ``selected``, ``kind``, ``level``, ``minimum`` and
        ``maximum`` are used where present; edge attributes ``lag`` (default 0) or ``lags``, and ``sign``.
        Other attributes are left alone. Nodes that are no text get their text as id.
    unit_effects, period_effects : iterable of str
        The KPIs touched by lasting unit quality and by common shocks.

    Raises
    ------
    GraphError
        If it is not a simple directed graph, or its nodes, lags or loops cannot be used.

    Examples
    --------
    >>> from_networkx(nx.DiGraph([("loyalty", "churn")])).ids
    ('loyalty', 'churn')
    """
    if not isinstance(graph, nx.DiGraph) or graph.is_multigraph():
        fault = Fault("the graph", f"a {type(graph).__name__}", "a networkx.DiGraph", rule="graph-type")
        raise GraphError("The graph cannot be used.", [fault])
    known = {
        "observed",
        "selected",
        "kind",
        "level",
        "minimum",
        "maximum",
        "unit",
        "en",
        "nl",
        "better",
    }
    kpis = [
        KPI(str(node), **{k: v for k, v in data.items() if k in known})  # type: ignore[arg-type]
        for node, data in graph.nodes(data=True)
    ]
    links = [
        Link(str(a), str(b), _sign(data.get("sign", "?")), lag, "networkx")
        for a, b, data in graph.edges(data=True)
        for lag in _lags(data)
    ]
    return KPIGraph(tuple(kpis), tuple(links), tuple(unit_effects), tuple(period_effects), id=str(graph.name))


def _lags(data: Mapping[str, Any]) -> tuple[Any, ...]:
    """A link's lags; as text (``"0 1"``) where they come from a file."""
    lags = data.get("lags", (data.get("lag", 0),))
    return tuple(map(int, lags.split())) if isinstance(lags, str) else tuple(lags)


def _sign(value: object) -> Sign:
    return "+" if value in ("+", 1) else "-" if value in ("-", -1) else "?"


def as_graph(graph: KPIGraph | nx.DiGraph) -> KPIGraph:
    """A KPIGraph as it is, a networkx.DiGraph read by :func:`from_networkx`."""
    return graph if isinstance(graph, KPIGraph) else from_networkx(graph)


__all__ = ["PERIOD_NODE", "UNIT_NODE", "KPIGraph", "Node", "as_graph", "from_networkx"]
