"""What has been added up so far, chunk by chunk, and the sums of products that come of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..moments import GROUPS, Moments
from ..moments.products import unpack
from .steps import Design
from .tables import LargeTable


@dataclass
class PartTally:
    """Sums of one part by group; arrays grow with the groups that turn up.

    Parameters
    ----------
    plain : ndarray, shape (groups, 3 + k + k (k + 1) / 2)
        Rows, units, units with an odd number of rows, sums, products.
    periods : ndarray, shape (groups, periods, 1 + k)
        Rows and sums by period.
    pairs : ndarray, shape (groups, periods, periods)
        Of units: one over their rows for every pair of periods in which they have one.
    """

    plain: np.ndarray
    periods: np.ndarray
    pairs: np.ndarray


@dataclass
class Tally:
    """The running totals of a pass; mutable, because a pass only ever adds.

    Parameters
    ----------
    table : LargeTable
    design : Design
    done : int
        How many chunks are in it.
    """

    table: LargeTable
    design: Design
    done: int = 0
    keys: list[Any] = field(default_factory=list)
    parts: dict[str, PartTally] = field(default_factory=dict)
    lost: np.ndarray = field(init=False)
    spread: np.ndarray = field(init=False)
    lengths: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count, periods = len(self.design.nodes), len(self.table.ordinals)
        if not self.table.named:
            self.keys = list(range(GROUPS))
        self.lost = np.zeros(2 + count)
        self.spread = np.zeros((periods, 1 + 4 * count))
        self.spread[:, 1::4], self.spread[:, 2::4] = np.inf, -np.inf
        groups, deep = len(self.keys), periods * self.design.period_effects
        for part in self.design.parts:
            self.parts[part] = PartTally(
                np.zeros((groups, 3 + count + count * (count + 1) // 2)),
                np.zeros((groups, deep, 1 + count)),
                np.zeros((groups, deep * self.design.within, deep * self.design.within)),
            )

    def places(self, keys: Sequence[Any]) -> np.ndarray:
        """Where these groups stand; room is made for those that are new."""
        known = {key: i for i, key in enumerate(self.keys)}
        fresh = [key for key in dict.fromkeys(keys) if key not in known]
        if fresh:
            self.keys += fresh
            known |= {key: i for i, key in enumerate(self.keys)}
            for part in self.parts.values():
                for name, held in vars(part).items():
                    setattr(part, name, np.concatenate([held, np.zeros((len(fresh), *held.shape[1:]))]))
        return np.array([known[key] for key in keys], np.int64)

    def add_products(self, part: str, keys: Sequence[Any], numbers: Sequence[np.ndarray]) -> None:
        """Add what :func:`products_sql` found: groups, and a column for each number."""
        at = self.places(keys)
        self.parts[part].plain[at] += np.column_stack(numbers).astype(float)

    def add_periods(self, part: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add what :func:`by_period_sql` found."""
        at, when = self.places([row[0] for row in rows]), self.when([row[1] for row in rows])
        if len(at):
            self.parts[part].periods[at, when] += np.array([row[2:] for row in rows], float)

    def add_patterns(self, part: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add what :func:`patterns_sql` found."""
        at, pairs = self.places([row[0] for row in rows]), self.parts[part].pairs
        for place, (_, n, seen, count) in zip(at, rows, strict=True):
            when = self.when(seen)
            pairs[place, when[:, None], when] += count / n

    def add_spread(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add what :func:`spread_sql` found."""
        for ordinal, *found in rows:
            own, more = self.spread[self.when([ordinal])[0]], np.array(found, float)
            low, high = np.minimum(own[1::4], more[1::4]), np.maximum(own[2::4], more[2::4])
            own += more
            own[1::4], own[2::4] = low, high

    def add_lengths(self, rows: Sequence[tuple[int, int, int]]) -> None:
        """Add what :data:`LENGTHS_SQL` found."""
        for used, seen, count in rows:
            self.lengths[used, seen] = self.lengths.get((used, seen), 0) + count

    def when(self, ordinals: Sequence[int]) -> np.ndarray:
        """The places of periods."""
        return np.searchsorted(self.table.ordinals, np.asarray(ordinals, np.int64))

    def moments(self, part: str = "whole", held: Mapping[Any, int] | None = None) -> Moments:
        """The sums of products of a part; `held` counts units by group where the pass could not."""
        order, design = self.order(), self.design
        found, count = self.parts[part], len(design.nodes)
        plain, dummies, pairs = found.plain[order], found.periods[order], found.pairs[order]
        seen = self.when(self.dummies(part))
        base = 1 + len(seen)
        products = np.zeros((len(order), base + count, base + count))
        products[:, 0, 0] = plain[:, 0]
        products[:, base:, 0] = products[:, 0, base:] = plain[:, 3 : 3 + count]
        products[:, base:, base:] = unpack(plain[:, 3 + count :], count)
        if len(seen):
            rows, at = dummies[:, seen, 0], np.arange(1, base)
            products[:, at, at] = rows
            if design.within:
                products[:, 1:base, 1:base] -= pairs[:, seen][:, :, seen]
            else:
                products[:, 0, at] = products[:, at, 0] = rows
            products[:, 1:base, base:] = dummies[:, seen, 1:]
            products[:, base:, 1:base] = dummies[:, seen, 1:].transpose(0, 2, 1)
        units = np.rint(plain[:, 1]) if held is None else np.array([held.get(self.keys[i], 0) for i in order])
        centre = np.array([self.table.columns[node.kpi].mean for node in design.nodes])
        if self.table.named:  # groups are units: those without a row in the whole are none, in its halves neither
            there = units > 0 if part == "whole" else self.parts["whole"].plain[order, 1] > 0.5
            products, units = products[there], units[there]
        return Moments(design.nodes, base, products, centre, units.astype(np.int64), design.within)

    def dummies(self, part: str) -> list[int]:
        """The periods of a part that have a dummy, first one left out."""
        seen = np.flatnonzero(self.parts[part].periods[:, :, 0].sum(axis=0) > 0)
        return [self.table.ordinals[at] for at in seen[1:]]

    def order(self) -> list[int]:
        """The groups in their order: units by name, as text."""
        return sorted(range(len(self.keys)), key=lambda i: str(self.keys[i])) if self.table.named else [*range(GROUPS)]

    @property
    def alone(self) -> int:
        """Complete rows that are the only ones of their unit, where those say nothing."""
        return int(self.lost[1] - self.parts["whole"].plain[:, 0].sum()) if self.design.within else 0

    @property
    def odd(self) -> bool:
        """Whether any unit of the sample has an odd number of rows."""
        return bool(self.parts["whole"].plain[:, 2].sum() > 0.5)

    def save(self, path: Path, key: str) -> None:
        """Write the totals, whole or not at all."""
        arrays = {f"{part}_{name}": held for part, tally in self.parts.items() for name, held in vars(tally).items()}
        arrays |= {"keys": np.array(self.keys), "lost": self.lost, "spread": self.spread, "done": np.array(self.done)}
        arrays |= {"lengths": np.array([[*k, v] for k, v in self.lengths.items()], np.int64).reshape(-1, 3)}
        half = path.with_suffix(".part")
        with half.open("wb") as file:
            np.savez_compressed(file, fingerprint=np.array(key), **arrays)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)

    def load(self, path: Path, key: str) -> None:
        """Take up totals that were written for the same table and the same sums; anything else is left alone."""
        if not path.is_file():
            return
        with np.load(path, allow_pickle=False) as found:
            if str(found["fingerprint"]) != key:
                return
            self.keys, self.done = found["keys"].tolist(), int(found["done"])
            self.lost, self.spread = found["lost"], found["spread"]
            self.lengths = {(int(a), int(b)): int(c) for a, b, c in found["lengths"]}
            for part, tally in self.parts.items():
                for name in vars(tally):
                    setattr(tally, name, found[f"{part}_{name}"])
