r"""Errors of any smooth function of sums over draws, by leaving out one replicate after the other.

Draw `i` belongs to replicate `i mod 16`, and the replicates are independent. Let :math:`\theta` be a function
of sums over all draws and :math:`\theta_r` the same without replicate `r`; then

.. math:: \mathrm{se}^2 = \frac{R - 1}{R} \sum_r (\theta_r - \bar\theta)^2 .

Source: Quenouille (1956), "Notes on bias in estimation", Biometrika 43, 353-360; Tukey (1958); Shao and Tu
(1995), The Jackknife and Bootstrap, section 1.2 and, for groups left out, section 2.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from raison.run.designs import REPLICATES

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Numbers with their errors; arrays of one shape.

    Attributes:
        value: The estimates, which may lie outside the range of what they estimate by their error.
        standard_error: nan where fewer than two replicates have draws.
        low: Lower end of the 95% interval, by Student's t.
        high: Upper end.
    """

    value: Floats
    standard_error: Floats
    low: Floats
    high: Floats


def jackknife(sums: Floats, counts: Floats, statistic: Callable[[Floats], Floats]) -> Estimates:
    """A function of sums, with its error from the replicates.

    Args:
        sums: `[..., R]`, per replicate.
        counts: `[..., R]`, draws in each, of the shape of the statistic's values or one that spreads to it.
        statistic: Takes sums `[..., 1]` or `[..., R]` and returns values with the same last axis.

    Returns:
        Estimates of the shape of the statistic's values without the last axis.
    """
    whole = sums.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # what has no draws, or none left, is nan
        value = statistic(whole)[..., 0]
        without = statistic(whole - sums)
    used = np.broadcast_to(counts > 0, without.shape)
    replicates = used.sum(axis=-1)
    enough = np.maximum(replicates, 2)
    mean = np.where(used, without, 0.0).sum(axis=-1) / enough
    squares = np.where(used, (without - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    error = np.where(replicates > 1, np.sqrt((enough - 1) / enough * squares), np.nan)
    width = stdtrit(enough - 1.0, 0.975) * error
    return Estimates(value, error, value - width, value + width)


def by_replicate(rows: Floats) -> Floats:
    """Sums `[..., 16]` of rows `[..., n]`, where `n` is a multiple of 16 and draw 0 comes first."""
    return rows.reshape(*rows.shape[:-1], -1, REPLICATES).sum(axis=-2)
