"""A classification tree: the space of draws cut in two, and each part again, where the answers differ most.

A second view beside the boxes of `prim`: its leaves share out all draws, so it also says where cases are
rare. A cut is made where it leaves least of the spread of the answers within the parts,

    sum of (y - density of the part)^2 over both parts,

which for answers of 0 and 1 is half the Gini impurity. Values of a categorical column are put in the order of
their densities and cut as if they were ordered, which finds the best of all ways to divide them.

Source: Breiman, Friedman, Olshen and Stone (1984), "Classification and regression trees", chapters 4 and 8.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.boxes import Box, Floats, Kind, Limit, Mask, Rows, checked, sort_columns

MAX_DEPTH = 3
MIN_LEAF = 0.05
"""The least share of all draws in a leaf."""
MIN_GAIN = 0.002
"""The least share of the spread of all answers that a cut must explain."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut in two.

    Attributes:
        column: Which column is cut.
        at: Draws up to this number go left; nan for a categorical column.
        values: Of a categorical column, the values that go left.
        left: Index of the left part among the tree's nodes.
        right: Index of the right part.
        gain: Share of the spread of all answers that the cut explains.
    """

    column: int
    at: float
    values: frozenset[float]
    left: int
    right: int
    gain: float


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the space.

    Attributes:
        box: Its limits. Values of a categorical column that were not in the sample are beyond no limit, so in
            both parts of a cut of that column; those of which only the part that is cut has no draw go right.
        coverage: Share of all cases in it, on the sample that the tree was grown on; nan without a case.
        density: Share of its draws that are cases.
        mass: Share of all draws in it.
        cut: How it is cut; None for a leaf.
    """

    box: Box
    coverage: float
    density: float
    mass: float
    cut: Cut | None


@dataclass(frozen=True, slots=True)
class Tree:
    """A grown tree; the first node is everything, parts come after what they are parts of."""

    nodes: tuple[Node, ...]

    @property
    def leaves(self) -> tuple[Node, ...]:
        """The nodes that are not cut, by falling density."""
        return tuple(sorted((node for node in self.nodes if node.cut is None), key=lambda n: -n.density))


class _Best(NamedTuple):
    """The best cut of a node: what it explains, and which of its rows go left."""

    gain: float
    column: int
    at: float
    values: frozenset[float]


def grow_tree(
    x: Floats,
    y: Floats,
    kinds: Sequence[Kind],
    *,
    among: Mask | None = None,
    order: Rows | None = None,
    max_depth: int = MAX_DEPTH,
    min_leaf: float = MIN_LEAF,
    min_gain: float = MIN_GAIN,
) -> Tree:
    """Grow a tree.

    Args:
        x: `[P, N]` float64, draws; for a categorical column, codes.
        y: `[N]` float64 from 0 to 1, answers.
        kinds: Of the `P` columns.
        among: `[N]` bool, the draws to grow the tree on; None for all. Everything is counted among them.
        order: `sort_columns(x)`, if it is known.
        max_depth: Cuts above a leaf, at most.
        min_leaf: The least share of all draws in a leaf.
        min_gain: The least share of the spread of all answers that a cut must explain.

    Returns:
        The tree; one node where nothing is worth a cut.

    Raises:
        ValueError: an argument does not fit, or is not finite.

    Accuracy: each cut is the best there is, to rounding; of equally good ones, that of the first column. Cuts
        of ordered columns lie halfway between neighbouring draws. The tree as a whole is greedy.
    """
    x, y = checked(x, y, kinds)
    if max_depth < 0:
        raise ValueError(f"max_depth must be at least 0; got {max_depth}.")
    if not 0 <= min_leaf < 1:
        raise ValueError(f"min_leaf must lie from 0 to 1; got {min_leaf}.")
    order = sort_columns(x) if order is None else order
    order = order if among is None else order[among[order]].reshape(len(x), -1)
    least = max(math.ceil(min_leaf * order.shape[1]), 1)
    return _Growing(x, y, kinds, max_depth, least, min_gain).tree(order)


class _Growing:
    def __init__(
        self, x: Floats, y: Floats, kinds: Sequence[Kind], max_depth: int, least: int, min_gain: float
    ) -> None:
        self.x, self.y, self.kinds = x, y, kinds
        self.max_depth, self.least, self.min_gain = max_depth, least, min_gain
        self.nodes: list[Node | None] = []

    def tree(self, order: Rows) -> Tree:
        y = self.y[order[0]]
        self.seen = [
            frozenset(float(v) for v in np.unique(self.x[column, order[0]]))
            if kind == "categorical"
            else frozenset[float]()
            for column, kind in enumerate(self.kinds)
        ]
        self.draws, self.cases = len(y), float(y.sum())
        self.spread = float(((y - y.mean()) ** 2).sum()) if y.min() < y.max() else 0.0
        self._grow(Box.whole(len(self.x)), order, 0)
        return Tree(tuple(node for node in self.nodes if node is not None))

    def _grow(self, box: Box, order: Rows, depth: int) -> int:
        """Add a node and all below it; returns its index."""
        index = len(self.nodes)
        self.nodes.append(None)
        rows = order[0]
        best = self._best(order) if depth < self.max_depth else None
        cut = None
        if best is not None:
            goes_left = np.zeros(len(self.y), dtype=np.bool_)
            goes_left[rows] = self._left(best, self.x[best.column, rows])
            left_box, right_box = self._boxes(box, best)
            parts = [order[mask[order]].reshape(len(order), -1) for mask in (goes_left, ~goes_left)]
            left = self._grow(left_box, parts[0], depth + 1)
            right = self._grow(right_box, parts[1], depth + 1)
            cut = Cut(best.column, best.at, best.values, left, right, best.gain / self.spread)
        held = float(self.y[rows].sum())
        coverage = held / self.cases if self.cases else math.nan
        self.nodes[index] = Node(box, coverage, held / len(rows), len(rows) / self.draws, cut)
        return index

    @staticmethod
    def _left(best: _Best, numbers: Floats) -> NDArray[np.bool_]:
        return np.isin(numbers, sorted(best.values)) if best.values else numbers <= best.at

    def _boxes(self, box: Box, best: _Best) -> tuple[Box, Box]:
        column = best.column
        if not best.values:
            above = float(np.nextafter(best.at, math.inf))
            return box.limited(Limit(column, "high"), best.at), box.limited(Limit(column, "low"), above)
        limit, gone = Limit(column, "without"), box.without[column]
        rest = self.seen[column] - best.values  # values that this part has no draw of, too
        return box.limited(limit, gone | rest), box.limited(limit, gone | best.values)

    def _best(self, order: Rows) -> _Best | None:
        if order.shape[1] < 2 * self.least or self.spread == 0:
            return None
        bests = [
            self._categorical(column, order[column])
            if kind == "categorical"
            else self._ordered(column, order[column])
            for column, kind in enumerate(self.kinds)
        ]
        best = max((b for b in bests if b is not None), key=lambda b: b.gain, default=None)
        enough = max(self.min_gain, 1e-12) * self.spread  # rounding is no gain
        return best if best is not None and best.gain >= enough else None

    def _ordered(self, column: int, rows: Rows) -> _Best | None:
        numbers, sums = self.x[column, rows], np.cumsum(self.y[rows])
        place = np.arange(self.least, len(rows) - self.least + 1)  # so many go left
        place = place[numbers[place - 1] < numbers[place]]
        if not len(place):
            return None
        gains = _gains(place.astype(np.float64), sums[place - 1], float(len(rows)), float(sums[-1]))
        best = int(np.argmax(gains))
        below, above = float(numbers[place[best] - 1]), float(numbers[place[best]])
        middle = below + (above - below) / 2
        return _Best(float(gains[best]), column, middle if middle < above else below, frozenset())

    def _categorical(self, column: int, rows: Rows) -> _Best | None:
        values, codes = np.unique(self.x[column, rows], return_inverse=True)
        number = np.bincount(codes).astype(np.float64)
        cases = np.bincount(codes, self.y[rows]).astype(np.float64)
        rank = np.argsort(cases / number, kind="stable")
        left, left_cases = np.cumsum(number[rank])[:-1], np.cumsum(cases[rank])[:-1]
        allowed = np.flatnonzero((left >= self.least) & (len(rows) - left >= self.least))
        if not len(allowed):
            return None
        gains = _gains(left[allowed], left_cases[allowed], float(len(rows)), float(cases.sum()))
        best = int(np.argmax(gains))
        goes_left = frozenset(float(v) for v in values[rank[: allowed[best] + 1]])
        return _Best(float(gains[best]), column, math.nan, goes_left)


def _gains(left: Floats, left_cases: Floats, number: float, cases: float) -> Floats:
    """What cuts take off the sum of squares within parts: left n (mean left - mean right)^2 right / (all)."""
    right = number - left
    apart = left_cases / left - (cases - left_cases) / right
    return left * right / number * apart**2
