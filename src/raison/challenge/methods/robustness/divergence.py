"""How far one distribution is from another, in nats and in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from raison.challenge.methods.robustness.checks import Floats, check_radius, checked_share

Distance = Literal["kullback-leibler", "total-variation"]
STEPS = 200  # of a bracketed root finder; it takes 5 to 60
STEEPEST = 745.0  # exp(-745) is the smallest positive number


@dataclass(frozen=True, slots=True)
class Scale:
    """A Kullback-Leibler radius in other words; each is exact.

    Attributes:
        radius: In nats.
        shift: As far as one normal parameter is from itself moved by so many standard deviations.
        coin: As far as a fair coin is from one that shows heads with this probability.
        size: `small`, `medium` or `large` by the usual words for shifts: below 0.35, below 0.65, above (the
            midpoints of 0.2, 0.5 and 0.8).

    Source: the shift is sqrt(2 r); McCulloch (1989) for the coin; Cohen (1988), section 2.2, for the words.
    """

    radius: float
    shift: float
    coin: float
    size: Literal["small", "medium", "large"]


def scale(radius: float) -> Scale:
    """Say how large a Kullback-Leibler radius is.

    Raises:
        ValueError: it is negative or not a number.
    """
    check_radius(np.asarray(radius, dtype=np.float64))
    shift = math.sqrt(2 * radius)
    coin = (1 + math.sqrt(-math.expm1(-2 * radius))) / 2
    return Scale(radius, shift, coin, "small" if shift < 0.35 else "medium" if shift < 0.65 else "large")


def bernoulli_divergence(q: ArrayLike, p: ArrayLike) -> Floats:
    """KL(q, p) of two shares in nats, elementwise; infinite where q is possible and p is not.

    Accuracy: relative 1e-14 in terms of q - p as computed, however close q is to p.
    """
    first, second = np.broadcast_arrays(checked_share(q, "q"), checked_share(p, "p"))
    return divergence_apart(first, second, first - second)


def divergence_apart(q: Floats, p: Floats, apart: Floats) -> Floats:
    """The divergence of shares `q` from `p`, where `apart = q - p` is known better than by subtraction."""
    with np.errstate(divide="ignore", invalid="ignore"):
        up, down = apart / p, -apart / (1 - p)
        terms = p * _excess(up) + (1 - p) * _excess(down)
    possible = np.where(p == 0, q == 0, np.where(p == 1, q == 1, True))
    return np.where((p == 0) | (p == 1), np.where(possible, 0.0, np.inf), terms)


def _excess(e: Floats) -> Floats:
    """(1 + e) log(1 + e) - e, by its series where the two nearly cancel."""
    small = np.abs(e) < 0.03
    inside = np.where(small, e, 0.0)
    series = np.zeros_like(inside)
    for k in range(11, 1, -1):  # sum over k of (-e)^k / (k (k - 1)); the next term is below 1e-17 of it
        series = 1.0 / (k * (k - 1)) - inside * series
    outside = np.where(small, 1.0, np.maximum(e, -1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        direct = np.where(outside == -1.0, 0.0, (1 + outside) * np.log1p(outside)) - outside
    return np.where(small, inside * inside * series, direct)
