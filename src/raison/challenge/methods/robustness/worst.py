"""One parameter at a time held where the verdict is lowest and highest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from raison.challenge.methods.conditional_mean import means_without
from raison.challenge.methods.replication import Replication, spread_error
from raison.challenge.methods.robustness.checks import Floats, checked_amounts, fitting_replicates


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """Each parameter where the verdict is lowest and highest.

    Attributes:
        low: `[P]`, the verdict there.
        low_error: `[P]`, its standard error.
        low_at: `[P, 2]`, the part of the parameter's range, from and to, in the units of `x`.
        high: `[P]`.
        high_error: `[P]`.
        high_at: `[P, 2]`.
    """

    low: Floats
    low_error: Floats
    low_at: Floats
    high: Floats
    high_error: Floats
    high_at: Floats


def worst(x: ArrayLike, y: ArrayLike, *, parts: int = 20, replicate: ArrayLike | None = None) -> Extremes:
    """Each parameter in that part of its range where the verdict is lowest, and highest.

    Args:
        x: `[P, N]`, parameters, or coordinates of the unit cube.
        y: `[N]`, the question's number in each draw.
        parts: Into how many parts of equal probability a range is cut; fewer for one with fewer values.
        replicate: `[N]`, of each draw; None for i mod 16.

    Returns:
        The record. The part is the extreme one of all draws; its verdict is scored on each half of the
        replicates in the part that is extreme in the other half, so that the luck that made it extreme does
        not count.

    Raises:
        ValueError: shapes do not fit, fewer than 160 draws, fewer than 32 draws in a part, or numbers that
            are not finite.

    Accuracy: an average over 1 / `parts` of the range, so less extreme than its end.
    """
    parameters = np.asarray(x, dtype=np.float64)
    numbers = checked_amounts(y)
    replicates = fitting_replicates(parameters, numbers, replicate)
    if not np.isfinite(parameters).all():
        raise ValueError("x has numbers that are not finite; leave those draws out.")
    if not 1 <= parts <= len(numbers) // 32:
        raise ValueError(f"parts must be from 1 to {len(numbers) // 32}, a 32nd of the draws; got {parts}.")
    found = [_extremes(row, numbers, parts, replicates) for row in parameters]
    low, high = (np.array([one[side] for one in found]).reshape(-1, 4) for side in (0, 1))
    return Extremes(low[:, 0], low[:, 1], low[:, 2:], high[:, 0], high[:, 1], high[:, 2:])


def _extremes(x: Floats, y: Floats, parts: int, replicates: Replication) -> list[tuple[float, ...]]:
    ordered = np.sort(x)
    edges = np.unique(ordered[np.arange(1, parts) * len(x) // parts])
    edges = edges[edges > ordered[0]]
    part = np.searchsorted(edges, x, side="right")
    shape = (len(replicates.counts), len(edges) + 1)
    code = replicates.replicate * shape[1] + part
    counts = np.bincount(code, minlength=shape[0] * shape[1]).reshape(shape)
    sums = np.bincount(code, weights=y, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    means, _ = means_without(counts.astype(np.float64), sums[None], 2)
    fold = np.arange(len(counts)) % 2
    starts, ends = np.append(ordered[0], edges), np.append(edges, ordered[-1])
    found: list[tuple[float, ...]] = []
    for sign in (1.0, -1.0):
        chosen = (sign * means[0]).argmin(axis=1)[fold, None]
        hits = np.take_along_axis(counts, chosen, axis=1)[:, 0]
        held = np.take_along_axis(sums, chosen, axis=1)[:, 0]
        value = float(held.sum() / hits.sum()) if hits.sum() else math.nan
        error = float(spread_error((held - value * hits) / hits.mean())) if hits.sum() else math.nan
        where = int((sign * sums.sum(axis=0) / counts.sum(axis=0)).argmin())
        found.append((value, error, starts[where], ends[where]))
    return found
