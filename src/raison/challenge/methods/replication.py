"""Means over draws with the error that replicates give, on arrays of any shape with the draws last.

What `answer/intervals.py` does for one number, for many at once. Draw `i` belongs to replicate `i mod 16`
unless the caller says otherwise, as he must where draws have been left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raison.run.designs import REPLICATES

Floats = NDArray[np.float64]

FEWEST_DRAWS = 10 * REPLICATES
"""Below ten draws for each replicate nothing that is regressed on them is worth its name."""


@dataclass(frozen=True, slots=True, eq=False)
class Replication:
    """Which draw belongs to which replicate.

    Attributes:
        replicate: `[N]`, from 0 to R - 1, without gaps.
        order: `[N]`, the draws replicate by replicate.
        starts: `[R]`, where each replicate begins in `order`.
        counts: `[R]`, draws of each.
    """

    replicate: NDArray[np.intp]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    counts: Floats

    def sums(self, values: Floats) -> Floats:
        """`[..., R]`, sums of `[..., N]` over the draws of each replicate."""
        return self.segments(values[..., self.order])

    def segments(self, ordered: Floats) -> Floats:
        """`[..., R]`, the same of values that are already in `order`."""
        return np.add.reduceat(ordered, self.starts, axis=-1)

    def means(self, values: Floats) -> Floats:
        """`[..., R]`, means of `[..., N]` over the draws of each replicate."""
        return self.sums(values) / self.counts


def replication(num_draws: int, replicate: ArrayLike | None = None) -> Replication:
    """Sort draws by replicate.

    Args:
        num_draws: N.
        replicate: `[N]` integers; None for draw i in replicate i mod 16.

    Raises:
        ValueError: there are fewer than `FEWEST_DRAWS` draws, or fewer than two replicates.
    """
    if num_draws < FEWEST_DRAWS:
        raise ValueError(f"at least {FEWEST_DRAWS} draws are needed; got {num_draws}.")
    given = np.arange(num_draws) % REPLICATES if replicate is None else np.asarray(replicate)
    if given.shape != (num_draws,):
        raise ValueError(f"replicate must have one entry per draw, {num_draws}; got shape {given.shape}.")
    names, index, counts = np.unique(given, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise ValueError("at least two replicates are needed for an error; got one.")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return Replication(index, np.argsort(index, kind="stable"), starts, counts.astype(np.float64))


def spread_error(per_replicate: Floats) -> Floats:
    """`[...]`, standard error of the mean of `[..., R]` independent, equally made values."""
    return per_replicate.std(axis=-1, ddof=1) / math.sqrt(per_replicate.shape[-1])
