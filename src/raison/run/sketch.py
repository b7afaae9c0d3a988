"""Quantiles of a stream in constant memory: counts in bins that are equally wide relative to their value.

A bin is a sign, a power of two and the first `BITS` bits of the mantissa, so a bin is at most one part in
2^10 wide. Counts are integers: the result does not depend on the order or the cutting of the stream. Values
beyond 2^32 and below 2^-64 in magnitude fall into the outermost bins and into zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BITS = 10
LOWEST, HIGHEST = -64, 32  # exponents of two
_PER_SIDE = (HIGHEST - LOWEST) << BITS
BINS = 2 * _PER_SIDE + 3
"""Bins: -inf, negative, zero, positive, inf."""
_ZERO = _PER_SIDE + 1


@dataclass(frozen=True, slots=True)
class Sketch:
    """Counts of float64 values by bin: `counts` is `[BINS]` int64 and is added to in place."""

    counts: NDArray[np.int64]

    @staticmethod
    def empty() -> Sketch:
        """A sketch of nothing."""
        return Sketch(np.zeros(BINS, np.int64))

    def add(self, values: NDArray[np.float64]) -> None:
        """Count values `[n]`; none may be nan."""
        np.add.at(self.counts, bins(values), 1)

    @property
    def total(self) -> int:
        """How many values were counted."""
        return int(self.counts.sum())

    def quantiles(self, *shares: float) -> list[float]:
        """Per share the smallest value with at least so much at or below it, within its bin interpolated.

        Returns:
            The quantiles; nan of an empty sketch, -inf or inf where one lies among such values.

        Accuracy: relative 2^-10, one part in a thousand.
        """
        used = _used(self.counts)
        return _quantiles(used, self.counts[used], shares)

    def histogram(self, number: int = 48) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
        """Counts in `number` equal bins between the 0.1% and 99.9% quantiles; the ends hold the rest.

        Returns:
            Edges `[number + 1]` and counts `[number]`, or None if fewer than two finite values were counted.
        """
        used = 1 + _used(self.counts[1:-1])
        counts = self.counts[used]
        if counts.sum() < 2:
            return None
        low, high = _quantiles(used, counts, (0.001, 0.999))
        if len(used) == 1:  # a constant, as far as the bins can tell
            pad = max(abs(low), 1.0) * 0.5
            low, high = low - pad, low + pad
        edges = np.linspace(low, high, number + 1)
        middles = _middles(used)
        where = np.clip(np.searchsorted(edges, middles, side="right") - 1, 0, number - 1)
        return edges, np.bincount(where, weights=counts, minlength=number).astype(np.int64)


def _used(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which bins are used; NumPy finds truths in a fifth of the time that numbers take."""
    return np.flatnonzero(counts != 0)


def _quantiles(used: NDArray[np.int64], counts: NDArray[np.int64], shares: Sequence[float]) -> list[float]:
    """The quantiles of what is counted in the bins that are used, in their order."""
    cumulative = np.cumsum(counts)
    if not len(used):
        return [float("nan")] * len(shares)
    found: list[float] = []
    for share in shares:
        rank = share * cumulative[-1]
        at = min(int(np.searchsorted(cumulative, max(rank, 0.5))), len(used) - 1)
        low, high = _edges(int(used[at]))
        if np.isfinite(low) and np.isfinite(high):
            inside = (rank - (cumulative[at] - counts[at])) / counts[at]
            low += (high - low) * min(max(inside, 0.0), 1.0)
        found.append(float(low if np.isfinite(high) else high))
    return found


def bins(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of each value `[n]`; none may be nan."""
    magnitude = np.abs(values)
    key = (np.ascontiguousarray(magnitude).view(np.int64) >> (52 - BITS)) - ((1023 + LOWEST) << BITS)
    # below the lowest power of two counts as zero; beyond the highest, in the outermost bin
    side = np.clip(key + 1, 0, _PER_SIDE)
    side[np.isinf(values)] = _PER_SIDE + 1
    return np.where(values < 0, _ZERO - side, _ZERO + side)


def _edges(at: int) -> tuple[float, float]:
    """Lower and upper edge of a bin."""
    side = abs(at - _ZERO)
    if side == 0:
        return 0.0, 0.0
    if side == _PER_SIDE + 1:
        infinite = float("inf") if at > _ZERO else float("-inf")
        return infinite, infinite
    low, high = _from_key(side - 1), _from_key(side)
    return (low, high) if at > _ZERO else (-high, -low)


def _middles(bins: NDArray[np.int64]) -> NDArray[np.float64]:
    """Middles of finite bins."""
    side = np.abs(bins - _ZERO)
    low, high = (((side + k + ((1023 + LOWEST) << BITS)) << (52 - BITS)).view(np.float64) for k in (-1, 0))
    return np.where(side == 0, 0.0, np.sign(bins - _ZERO) * (low + high) / 2)


def _from_key(key: int) -> float:
    bits = (key + ((1023 + LOWEST) << BITS)) << (52 - BITS)
    return float(np.array(bits, np.int64).view(np.float64))
