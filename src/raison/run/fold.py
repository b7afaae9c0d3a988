"""Folding blocks into constant memory, in the order of their index and by a fixed tree.

Sums of float64 are added pairwise as in a binary counter, so that the result depends on the blocks alone, and
its rounding grows with the logarithm of their number; counts are integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from raison.run.sketch import BINS

Floats = NDArray[np.float64]


@dataclass(slots=True)
class PairwiseSum:
    """A running sum of equally shaped float64 arrays: level k holds the sum of 2^k of them, or nothing."""

    levels: list[Floats | None] = field(default_factory=list)

    def add(self, term: Floats) -> None:
        """Add the next term."""
        carry = term
        for level, held in enumerate(self.levels):
            if held is None:
                self.levels[level] = carry
                return
            carry = held + carry
            self.levels[level] = None
        self.levels.append(carry)

    def total(self) -> Floats:
        """The sum of all terms so far; of none, an empty array."""
        total: Floats | None = None
        for held in self.levels:
            if held is not None:
                total = held if total is None else held + total
        return np.zeros(0) if total is None else total


@dataclass(slots=True)
class Fold:
    """Everything that a run keeps of its blocks.

    Attributes:
        blocks: How many blocks are in.
        sums: Pairwise sums by name.
        counts: Integer counts by name.
    """

    blocks: int = 0
    sums: dict[str, PairwiseSum] = field(default_factory=dict)
    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    def add(self, name: str, term: Floats) -> None:
        """Add a block's term to a named sum."""
        self.sums.setdefault(name, PairwiseSum()).add(np.asarray(term, np.float64))

    def count(self, name: str, term: NDArray[np.int64]) -> None:
        """Add a block's counts to named counts."""
        if name in self.counts:
            self.counts[name] += term
        else:
            self.counts[name] = term.copy()

    def count_bins(self, name: str, found: NDArray[np.int64]) -> None:
        """Count a block's values, given by their bins, in a named sketch."""
        if name not in self.counts:
            self.counts[name] = np.zeros(BINS, np.int64)
        np.add.at(self.counts[name], found, 1)

    def total(self, name: str) -> Floats:
        """A named sum so far."""
        return self.sums[name].total()

    def to_arrays(self) -> dict[str, NDArray]:
        """As plain arrays, to be stored."""
        arrays: dict[str, NDArray] = {"blocks": np.array(self.blocks)}
        for name, pairwise in self.sums.items():
            for level, held in enumerate(pairwise.levels):
                key = f"sum|{name}|{level}"
                arrays[key] = np.zeros(0) if held is None else held
                arrays[f"held|{name}|{level}"] = np.array(held is not None)
        for name, counts in self.counts.items():
            arrays[f"count|{name}"] = counts
        return arrays

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray]) -> Fold:
        """The fold that `to_arrays` was made from, bit for bit."""
        fold = Fold(blocks=int(arrays["blocks"]))
        levels: dict[str, dict[int, Floats | None]] = {}
        for key, array in arrays.items():
            kind, _, rest = key.partition("|")
            if kind == "count":
                fold.counts[rest] = np.array(array, np.int64)
            elif kind == "sum":
                name, _, level = rest.rpartition("|")
                held = bool(arrays[f"held|{name}|{level}"])
                levels.setdefault(name, {})[int(level)] = np.array(array, np.float64) if held else None
        for name, found in levels.items():
            fold.sums[name] = PairwiseSum([found[level] for level in range(len(found))])
        return fold
