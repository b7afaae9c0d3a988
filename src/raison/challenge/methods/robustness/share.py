"""A share within a radius: closed forms."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from raison.challenge.methods.robustness.checks import Floats, check_radius, checked_share
from raison.challenge.methods.robustness.divergence import (
    STEEPEST,
    STEPS,
    Distance,
    bernoulli_divergence,
    divergence_apart,
)
from raison.challenge.methods.robustness.records import Crossing, Range


def share_bounds(
    share: ArrayLike, radius: ArrayLike, distance: Distance = "kullback-leibler"
) -> tuple[Floats, Floats]:
    """Least and most of a share within a radius, elementwise.

    Args:
        share: p, from 0 to 1.
        radius: At least 0; nats, or a difference of probabilities.
        distance: Which.

    Returns:
        Least and most. Within any Kullback-Leibler radius what has share 0 or 1 keeps it.

    Raises:
        ValueError: a share outside [0, 1] or a negative radius.

    Accuracy: the bound less p is right to relative 1e-12 before rounding of the sum, for p from 1e-12 up.
    """
    p, r = np.broadcast_arrays(checked_share(share, "share"), np.asarray(radius, dtype=np.float64))
    check_radius(r)
    if distance == "total-variation":
        return np.maximum(p - r, 0.0), np.minimum(p + r, 1.0)
    return _tilted_to(p, r, -1.0), _tilted_to(p, r, 1.0)


def _tilted(p: Floats, tilt: Floats, sign: float) -> tuple[Floats, Floats]:
    """The share with exp(sign * tilt) times the odds of p, and its distance from p without subtracting."""
    factor, gap = np.exp(-tilt), -np.expm1(-tilt)
    if sign > 0:
        scaled = (1 - p) * factor + p
        return p / scaled, p * (1 - p) * gap / scaled
    scaled = (1 - p) + p * factor
    return p * factor / scaled, -p * (1 - p) * gap / scaled


def _tilted_to(p: Floats, r: Floats, sign: float) -> Floats:
    """The share on one side at divergence r, by bisection of the tilt with Newton steps."""
    with np.errstate(divide="ignore"):
        furthest = -np.log(p) if sign > 0 else -np.log1p(-p)
    settled = (r == 0) | (p == 0) | (p == 1) | (r >= furthest)
    inner, wanted = np.where(settled, 0.5, p), np.where(settled, 0.1, r)
    low, high = np.zeros_like(inner), np.full_like(inner, STEEPEST)
    tilt = np.minimum(np.sqrt(2 * wanted / (inner * (1 - inner))), STEEPEST / 2)
    for _ in range(STEPS):
        q, apart = _tilted(inner, tilt, sign)
        excess = divergence_apart(q, inner, apart) - wanted
        low, high = np.where(excess < 0, tilt, low), np.where(excess < 0, high, tilt)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = tilt - excess / (tilt * q * (1 - q))
        following = np.where((step > low) & (step < high), step, (low + high) / 2)
        moved = np.abs(following - tilt) > 4e-16 * tilt
        tilt = following
        if not moved.any():
            break
    q, _ = _tilted(inner, tilt, sign)
    unmoved = (r == 0) | (p == 0) | (p == 1)
    return np.where(settled, np.where(unmoved, p, 1.0 if sign > 0 else 0.0), q)


def share_range(
    share: float,
    radius: ArrayLike,
    *,
    interval: tuple[float, float] | None = None,
    distance: Distance = "kullback-leibler",
) -> Range:
    """The range of a verdict within each radius.

    Args:
        share: The verdict.
        radius: `[R]`.
        interval: Its 95% interval, carried along; None for a share that is known.
        distance: Which.

    Raises:
        ValueError: a share outside [0, 1], a negative radius, or an interval without the share.
    """
    radii = np.atleast_1d(np.asarray(radius, dtype=np.float64))
    ends = _ends(share, interval)
    low, high = share_bounds(share, radii, distance)
    lowest, _ = share_bounds(ends[0], radii, distance)
    _, highest = share_bounds(ends[1], radii, distance)
    return Range(radii, low, high, lowest, highest, np.empty((0, 2)))


def share_crossing(
    share: float,
    threshold: float = 0.5,
    *,
    interval: tuple[float, float] | None = None,
    distance: Distance = "kullback-leibler",
) -> Crossing:
    """The radius at which a share can reach a threshold: KL(threshold, share), or their difference.

    Args:
        share: The verdict.
        threshold: Where the conclusion changes.
        interval: The verdict's 95% interval; None for a share that is known.
        distance: Which.

    Raises:
        ValueError: a share or threshold outside [0, 1], or an interval without the share.
    """
    low, high = _ends(share, interval)
    shares = np.array([share, low, high])
    if distance == "total-variation":
        found = np.abs(checked_share(threshold, "threshold") - shares)
    else:
        found = bernoulli_divergence(threshold, shares)
    near, far = sorted((float(found[1]), float(found[2])))
    return Crossing(float(found[0]), 0.0 if low <= threshold <= high else near, far)


def _ends(share: float, interval: tuple[float, float] | None) -> tuple[float, float]:
    low, high = (share, share) if interval is None else interval
    if not low <= share <= high:
        raise ValueError(f"the interval {low} to {high} must hold the share, {share}.")
    return low, high
