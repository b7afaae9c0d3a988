"""Every subset of the premises, its verdict, and sums and differences over all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
Masks = NDArray[np.int64]
Verdicts = Callable[[Rows], tuple[Floats, Floats]]
"""`removed [S, k] -> verdict [S], by replicate [S, 16]`; nan where a subset has none."""
EXACT = 12
"""With at most this many premises, every subset is solved; beyond, orders are sampled."""
MOST = 62
"""Premises that fit a bit mask."""


class Measured(NamedTuple):
    """Numbers and their standard errors, of one shape."""

    value: Floats
    error: Floats


class Table(NamedTuple):
    """Verdicts of subsets; row `m` of a whole table is that of mask `m`.

    Attributes:
        verdict: `[S]`.
        replicates: `[S, 16]`, by replicate of the design.
    """

    verdict: Floats
    replicates: Floats

    @property
    def error(self) -> Floats:
        """`[S]`, standard errors of the verdicts."""
        return replicate_errors(self.replicates)


def rows_of(masks: Any, k: int) -> Rows:
    """`[S, k]` bool, the bits of each mask."""
    return (np.asarray(masks, np.int64)[:, None] >> np.arange(k) & 1).astype(bool)


def masks_of(rows: Rows) -> Masks:
    """`[S]` int64, the mask of each row."""
    return (rows.astype(np.int64) << np.arange(rows.shape[1])).sum(axis=1)


def every_subset(k: int, verdicts: Verdicts) -> Table:
    """The verdict of every subset, `[2^k]`.

    Raises:
        ValueError: more premises than `EXACT`.
    """
    if k > EXACT:
        raise ValueError(
            f"every subset is solved for up to {EXACT} premises; got {k}. Sample orders instead."
        )
    return Table(*verdicts(rows_of(np.arange(1 << k), k)))


def zeta(values: Floats) -> Floats:
    """For each mask the sum over its subsets, along the first axis of `[2^k, ...]` (Yates 1937)."""
    return _butterfly(values, 1)


def moebius(values: Floats) -> Floats:
    """The inverse of `zeta`: Harsanyi dividends of a table by what **holds**."""
    return _butterfly(values, -1)


def _butterfly(values: Floats, sign: int) -> Floats:
    found = np.array(values)
    for bit in range(len(found).bit_length() - 1):
        halves = found.reshape(-1, 2, 1 << bit, *found.shape[1:])  # shares memory with `found`
        halves[:, 1] += sign * halves[:, 0]
    return found


def replicate_errors(replicates: Floats) -> Floats:
    """Standard errors of means from the spread of their replicates along the last axis.

    Replicates without a number are left out; nan where fewer than two are left.
    """
    there = np.isfinite(replicates)
    count = there.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, replicates, 0.0).sum(axis=-1) / count
        squares = (np.where(there, replicates - mean[..., None], 0.0) ** 2).sum(axis=-1)
        return np.where(count > 1, np.sqrt(squares / (count - 1) / count), np.nan)


def with_replicates(table: Table) -> Floats:
    """`[S, 17]`, the verdict and its replicates."""
    return np.concatenate([table.verdict[:, None], table.replicates], axis=1)


def measured(both: Floats) -> Measured:
    """Numbers and their errors, of numbers `[..., 17]` and their replicates."""
    return Measured(both[..., 0], replicate_errors(both[..., 1:]))
