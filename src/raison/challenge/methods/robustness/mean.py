"""The mean of an amount within a radius: the tilted extreme."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from raison.answer.intervals import student
from raison.challenge.methods.replication import Replication, replication, spread_error
from raison.challenge.methods.robustness.checks import Floats, check_radius, checked_amounts
from raison.challenge.methods.robustness.records import Crossing, Range
from raison.challenge.methods.robustness.shapes import FEWEST_EFFECTIVE


def mean_range(y: ArrayLike, radius: ArrayLike, *, replicate: ArrayLike | None = None) -> Range:
    """The range of the mean of an amount within each Kullback-Leibler radius.

    Args:
        y: `[N]`, the amount in each draw.
        radius: `[R]`, nats.
        replicate: `[N]`, of each draw; None for i mod 16.

    Returns:
        The range. Ends whose tilted draws are worth fewer than `FEWEST_EFFECTIVE` are nan: there the sample
        says nothing about the distribution, whose own bound may be infinite.

    Raises:
        ValueError: fewer than 160 draws, numbers that are not finite, or a negative radius.

    Accuracy: the tilt solves its equation to relative 1e-10. The error of sampling is that of the bound's
        influence function, (exp(t y) / E exp(t y) - 1) / t, over replicates, times Student's t.

    Source: Glasserman and Xu (2014), section 3, equations 8 to 10.
    """
    amounts = checked_amounts(y)
    replicates = replication(len(amounts), replicate)
    radii = np.atleast_1d(np.asarray(radius, dtype=np.float64))
    check_radius(radii)
    sides = [[_mean_bound(sign * amounts, float(r), replicates) for r in radii] for sign in (-1.0, 1.0)]
    low, high = np.array(sides[0]), np.array(sides[1])  # [R, (bound, width, effective)]
    return Range(
        radius=radii,
        low=-low[:, 0],
        high=high[:, 0],
        low_with_error=-low[:, 0] - low[:, 1],
        high_with_error=high[:, 0] + high[:, 1],
        effective=np.stack([low[:, 2], high[:, 2]], axis=1),
    )


def mean_crossing(y: ArrayLike, threshold: float, *, replicate: ArrayLike | None = None) -> Crossing:
    """The Kullback-Leibler radius at which the mean of an amount can reach a threshold.

    Args:
        y: `[N]`, the amount in each draw.
        threshold: Where the conclusion changes.
        replicate: `[N]`, of each draw; None for i mod 16.

    Returns:
        The radius in nats, sup over t of t threshold - K(t); infinite where fewer than `FEWEST_EFFECTIVE`
        draws would carry it, since the sample does not reach so far. Its interval is made on the scale of
        shifts, sqrt(2 r), on which the error does not depend on the radius.

    Raises:
        ValueError: fewer than 160 draws or numbers that are not finite.

    Source: the rate function of Cramer (1938).
    """
    amounts = checked_amounts(y)
    replicates = replication(len(amounts), replicate)
    away = threshold - float(amounts.mean())
    towards = amounts if away > 0 else -amounts
    if away != 0 and towards.max() <= math.copysign(1.0, away) * threshold:
        return Crossing(math.inf, math.inf, math.inf)
    if away == 0:
        radius, error = 0.0, float(spread_error(replicates.means(amounts / max(amounts.std(), 1e-300))))
    else:
        wanted = math.copysign(1.0, away) * threshold
        found = _tilt(towards, _root(lambda t: _tilt(towards, t).mean - wanted, float(amounts.std())))
        if found.effective < FEWEST_EFFECTIVE:
            return Crossing(math.inf, math.inf, math.inf)
        radius = found.divergence
        error = float(spread_error(replicates.means(found.weights))) / math.sqrt(2 * radius)
    shift, width = math.sqrt(2 * radius), error * student(len(replicates.counts))
    return Crossing(radius, max(shift - width, 0.0) ** 2 / 2, (shift + width) ** 2 / 2)


@dataclass(frozen=True, slots=True, eq=False)
class _Tilt:
    weights: Floats
    mean: float
    divergence: float
    effective: float


def _tilt(y: Floats, t: float) -> _Tilt:
    """Draws weighted by exp(t y), t at least 0."""
    exponents = t * (y - y.max())
    logs = exponents - math.log(np.exp(exponents).mean())
    weights = np.exp(logs)
    mean = float((weights * y).mean() / weights.mean())
    # E w log w as E (w log w - w + 1), in which the rounding of the logarithm above is of second order
    divergence = float((weights * logs).mean() - (weights - 1).mean())
    return _Tilt(weights, mean, divergence, float(len(y) / (weights * weights).mean()))


def _mean_bound(y: Floats, radius: float, replicates: Replication) -> tuple[float, float, float]:
    """The highest mean, the half-width of its 95% interval, and the effective number of draws."""
    deviation, top = float(y.std()), y == y.max()
    if radius == 0 or deviation == 0:
        return (
            float(y.mean()),
            float(spread_error(replicates.means(y))) * student(len(replicates.counts)),
            len(y),
        )
    if radius >= -math.log(top.mean()):  # everything on the largest number
        effective = float(top.sum())
        bound = float(y.max()) if effective >= FEWEST_EFFECTIVE else math.nan
        return bound, 0.0 * bound, effective
    tilt = _root(lambda t: _tilt(y, t).divergence - radius, deviation)
    found = _tilt(y, tilt)
    if found.effective < FEWEST_EFFECTIVE:
        return math.nan, math.nan, found.effective
    error = float(spread_error(replicates.means(found.weights))) / tilt
    return found.mean, error * student(len(replicates.counts)), found.effective


def _root(increasing: Callable[[float], float], deviation: float) -> float:
    from scipy.optimize import brentq  # here, since it takes long to import

    high = 1.0 / deviation
    while increasing(high) < 0:
        high *= 2
    found = brentq(increasing, 0.0, high, xtol=1e-14 / deviation, rtol=np.float64(1e-12))
    return cast(float, found)
