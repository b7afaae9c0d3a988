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
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from raison.answer.intervals import FEW
from raison.run.designs import REPLICATES

Floats = NDArray[np.float64]

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Answers that differ by less than this part of the largest are the same."""


class Status(IntEnum):
    """What can be said about an answer."""

    FOUND = 0
    CONSTANT = 1
    TOO_FEW = 2

    @property
    def sentence(self) -> str:
        """What happened, and what to do."""
        return _SENTENCES[self]


_SENTENCES = {
    Status.FOUND: "The indices were found.",
    Status.CONSTANT: "The answer is the same in every draw, so nothing can be said to explain its variation.",
    Status.TOO_FEW: "Too few draws succeed or differ for an error to be given; ask for more draws.",
}


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
    error = jackknife_error(without, used)
    width = stdtrit(np.maximum(used.sum(axis=-1), 2) - 1.0, 0.975) * error
    return Estimates(value, error, value - width, value + width)


def jackknife_error(left_out: Floats, used: NDArray[np.bool_] | bool = True) -> Floats:
    """`[...]`, standard error from values `[..., R]`, each made without one replicate; nan if fewer than two.

    Args:
        left_out: The values.
        used: `[..., R]`, which of them count: those of replicates that have draws.
    """
    counted = np.broadcast_to(used, left_out.shape)
    replicates = counted.sum(axis=-1)
    enough = np.maximum(replicates, 2)
    mean = np.where(counted, left_out, 0.0).sum(axis=-1) / enough
    squares = np.where(counted, (left_out - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    return np.where(replicates > 1, np.sqrt((enough - 1) / enough * squares), np.nan)


def by_replicate(rows: Floats) -> Floats:
    """Sums `[..., 16]` of rows `[..., n]`, where `n` is a multiple of 16 and draw 0 comes first."""
    return rows.reshape(*rows.shape[:-1], -1, REPLICATES).sum(axis=-2)


def status_of(answer: Floats) -> Status:
    """Whether an answer `[n]`, of the draws that succeed, varies in enough of them.

    One that is 0 or 1 must be either in at least 30 draws: the share of a share that so few tell has no
    error worth stating.
    """
    if not len(answer):
        return Status.TOO_FEW
    least, most = answer.min(), answer.max()
    if most - least <= ROUNDING * max(abs(least), abs(most)):
        return Status.CONSTANT
    ones = np.count_nonzero(answer == 1)
    zeros = np.count_nonzero(answer == 0)
    return Status.TOO_FEW if ones + zeros == len(answer) and min(ones, zeros) < FEW else Status.FOUND
