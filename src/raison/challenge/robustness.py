"""How far a verdict moves if the stated distributions are wrong.

Three questions, from the most general to the most particular:

* within a radius. Any joint distribution Q whose distance from the stated P is at most r. For a share
  p = P(A) only q = Q(A) matters, and the extreme Q tilts the odds of A: the bounds are the two q with

      KL(q, p) = q log(q / p) + (1 - q) log((1 - q) / (1 - p)) = r,

  or p - r and p + r for total variation. For the mean of an amount Y the extreme Q has the density
  exp(t Y) / E exp(t Y), and t solves t m(t) - K(t) = r with K(t) = log E exp(t Y), m = K'.
* other shapes. One parameter at a time gets another shape on the same support, by importance weights.
* at its worst. One parameter at a time is held where the verdict is lowest and highest.

KL is in nats, of Q from P.

Source: Csiszar (1975), section 3, for the tilted extreme; Hansen and Sargent (2001, 2008) and Glasserman and
    Xu (2014), "Robust risk measurement and model risk", Quantitative Finance 14, sections 2 and 3; McCulloch
    (1989), "Local model influence", Journal of the American Statistical Association 84, section 2, for the
    coin; Kish (1965) for the effective sample size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raison.answer.intervals import Estimate, student
from raison.challenge.conditional_mean import means_without
from raison.challenge.replication import Replication, replication, spread_error

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Distance = Literal["kullback-leibler", "total-variation"]
Shape = Callable[[Floats], Floats]

FEWEST_EFFECTIVE = 200.0
"""Weighted draws worth fewer than this many equal ones carry no verdict."""
_STEPS = 200  # of a bracketed root finder; it takes 5 to 60
_STEEPEST = 745.0  # exp(-745) is the smallest positive number


# Within a radius


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """The least and most a verdict can be, for each radius.

    Attributes:
        radius: `[R]`.
        low: `[R]`, least.
        high: `[R]`, most.
        low_with_error: `[R]`, least, if also the verdict itself is at the lower end of its interval.
        high_with_error: `[R]`, most, likewise.
        effective: `[R, 2]`, for an amount the effective number of draws behind `low` and `high`; empty for a
            share.
    """

    radius: Floats
    low: Floats
    high: Floats
    low_with_error: Floats
    high_with_error: Floats
    effective: Floats


@dataclass(frozen=True, slots=True)
class Crossing:
    """How wrong the distributions must be for a conclusion to fall.

    Attributes:
        radius: At which the verdict can reach the threshold; infinite where no distribution that calls the
            same things impossible reaches it.
        low: Lower end of its 95% interval, from the end of the verdict's which is nearer to the threshold; 0
            where that holds the threshold.
        high: Upper end, from the other.
    """

    radius: float
    low: float
    high: float


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
    _check_radius(np.asarray(radius, dtype=np.float64))
    shift = math.sqrt(2 * radius)
    coin = (1 + math.sqrt(-math.expm1(-2 * radius))) / 2
    return Scale(radius, shift, coin, "small" if shift < 0.35 else "medium" if shift < 0.65 else "large")


def bernoulli_divergence(q: ArrayLike, p: ArrayLike) -> Floats:
    """KL(q, p) of two shares in nats, elementwise; infinite where q is possible and p is not.

    Accuracy: relative 1e-14 in terms of q - p as computed, however close q is to p.
    """
    first, second = np.broadcast_arrays(_share(q, "q"), _share(p, "p"))
    return _divergence(first, second, first - second)


def _divergence(q: Floats, p: Floats, apart: Floats) -> Floats:
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
    p, r = np.broadcast_arrays(_share(share, "share"), np.asarray(radius, dtype=np.float64))
    _check_radius(r)
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
    low, high = np.zeros_like(inner), np.full_like(inner, _STEEPEST)
    tilt = np.minimum(np.sqrt(2 * wanted / (inner * (1 - inner))), _STEEPEST / 2)
    for _ in range(_STEPS):
        q, apart = _tilted(inner, tilt, sign)
        excess = _divergence(q, inner, apart) - wanted
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
        found = np.abs(_share(threshold, "threshold") - shares)
    else:
        found = bernoulli_divergence(threshold, shares)
    near, far = sorted((float(found[1]), float(found[2])))
    return Crossing(float(found[0]), 0.0 if low <= threshold <= high else near, far)


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
    amounts = _amounts(y)
    replicates = replication(len(amounts), replicate)
    radii = np.atleast_1d(np.asarray(radius, dtype=np.float64))
    _check_radius(radii)
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
    amounts = _amounts(y)
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


# Other shapes


def _triangular(u: Floats) -> Floats:
    return 2 - 4 * np.abs(u - 0.5)


SHAPES: dict[str, Shape] = {
    "uniform": lambda u: np.ones_like(u),
    "triangular": _triangular,
    "peaked": lambda u: 30 * (u * (1 - u)) ** 2,
    "u-shaped": lambda u: 12 * (u - 0.5) ** 2,
    "low": lambda u: 2 * (1 - u),
    "high": lambda u: 2 * u,
}
"""Densities on [0, 1]. `peaked` is the PERT with its mode in the middle, beta(3, 3); `u-shaped` the quadratic
one, whose weights are bounded; `low` and `high` have a likelihood ratio that falls or rises in a straight
line."""


@dataclass(frozen=True, slots=True, eq=False)
class Reweighted:
    """The verdict under other shapes; `[S, P]` by shape and parameter.

    Attributes:
        shapes: `[S]`, their names.
        value: The verdict; nan where it is refused.
        standard_error: Of `value`.
        low: Lower end of the 95% interval.
        high: Upper end.
        difference: `value` less the stated verdict, on the same draws.
        difference_error: Its standard error.
        effective: Number of equal draws that the weighted ones are worth.
        accepted: Whether there are at least `FEWEST_EFFECTIVE` of them.
    """

    shapes: tuple[str, ...]
    value: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    difference: Floats
    difference_error: Floats
    effective: Floats
    accepted: Booleans


def reweighted(
    x_unit: ArrayLike,
    y: ArrayLike,
    shapes: Mapping[str, Shape] = SHAPES,
    *,
    stated: ArrayLike | None = None,
    replicate: ArrayLike | None = None,
) -> Reweighted:
    """The verdict if one parameter had another shape on its support; what it says about the others stays.

    Args:
        x_unit: `[P, N]`, from 0 to 1: coordinates of the unit cube, in which each parameter is uniform as
            stated and a shape bends the stated one (`low`: at the lowest twice as likely as in the middle);
            or, with `stated`, positions in the support, (x - a) / (b - a), where a shape replaces the
            stated one.
        y: `[N]`, the question's number in each draw.
        shapes: Densities on [0, 1] by name; a constant factor does not matter.
        stated: `[P, N]`, the stated density at each position; None if it is 1.
        replicate: `[N]`, of each draw; None for i mod 16.

    Raises:
        ValueError: shapes of arrays do not fit, fewer than 160 draws, coordinates outside [0, 1], a density
            that is negative or not finite, or a stated density that is not positive.

    Accuracy: the bias of self-normalised weights is of order 1 / `effective`, below the standard error.

    Source: Owen (2013), "Monte Carlo theory, methods and examples", section 9.2; Beckman and McKay (1987).
    """
    unit, numbers = _unit(x_unit), _amounts(y)
    replicates = _fitting(unit, numbers, replicate)
    base = None if stated is None else np.asarray(stated, dtype=np.float64)
    if base is not None and (base.shape != unit.shape or not (np.isfinite(base) & (base > 0)).all()):
        raise ValueError(f"stated must be positive and of shape {unit.shape}, like x_unit.")
    order = replicates.order
    unit, ordered = unit[:, order], numbers[order]
    base = None if base is None else base[:, order]
    found = np.array([_under(unit, ordered, shape, name, base, replicates) for name, shape in shapes.items()])
    value, error, difference, difference_error, effective = found.reshape(-1, 5, len(unit)).swapaxes(0, 1)
    accepted = effective >= FEWEST_EFFECTIVE
    value, error, difference, difference_error = (
        np.where(accepted, part, np.nan) for part in (value, error, difference, difference_error)
    )
    width = student(len(replicates.counts)) * error
    least, most = numbers.min(), numbers.max()
    return Reweighted(
        shapes=tuple(shapes),
        value=value,
        standard_error=error,
        low=np.clip(value - width, least, most),
        high=np.clip(value + width, least, most),
        difference=difference,
        difference_error=difference_error,
        effective=effective,
        accepted=accepted,
    )


def _under(
    unit: Floats, y: Floats, shape: Shape, name: str, stated: Floats | None, replicates: Replication
) -> Floats:
    """`[5, P]`: value, error, difference, its error, effective draws. Draws come replicate by replicate."""
    weights = np.asarray(shape(unit), dtype=np.float64)
    if weights.shape != unit.shape or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"the density '{name}' must be finite and not negative everywhere on [0, 1].")
    weights = weights if stated is None else weights / stated
    totals = replicates.segments(weights)  # [P, R]
    total = totals.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise ValueError(f"the density '{name}' is 0 at every draw.")
    held = replicates.segments(weights * y)
    value, plain = held.sum(axis=1) / total[:, 0], float(y.mean())
    residual = len(y) / total * (held - value[:, None] * totals) / replicates.counts
    stated_residual = replicates.segments(y - plain) / replicates.counts
    error, paired = spread_error(residual), spread_error(residual - stated_residual)
    effective = total[:, 0] ** 2 / np.einsum("pn,pn->p", weights, weights)
    return np.array([value, error, value - plain, paired, effective])


# At its worst


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """Each parameter where the verdict is lowest and highest.

    Attributes:
        low: `[P]`, the verdict there.
        low_error: `[P]`, its standard error; 0 from a function without error.
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

    Accuracy: an average over 1 / `parts` of the range, so less extreme than its end; `worst_at` has points.
    """
    parameters = np.asarray(x, dtype=np.float64)
    numbers = _amounts(y)
    replicates = _fitting(parameters, numbers, replicate)
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


def worst_at(
    share_at: Callable[[int, float], Estimate | float],
    num_parameters: int,
    at: Sequence[float] = tuple(np.linspace(0.0, 1.0, 21).tolist()),
) -> Extremes:
    """Each parameter held at the point where the verdict is lowest, and highest.

    Args:
        share_at: `(p, u)` to the verdict with parameter p held at its quantile u.
        num_parameters: P.
        at: Quantiles that are tried.

    Returns:
        The record; `low_at` and `high_at` hold the same u twice.

    Raises:
        ValueError: no quantiles, or one outside [0, 1].

    Accuracy: of a grid. With the same draws at every point the errors hardly disturb which is extreme.
    """
    grid = _unit(np.asarray(at)[None, :])[0]
    if not len(grid):
        raise ValueError("at needs at least one quantile.")
    rows: list[list[tuple[float, float]]] = []
    for p in range(num_parameters):
        answers = [share_at(p, float(u)) for u in grid]
        rows.append([(a.mean, a.standard_error) if isinstance(a, Estimate) else (a, 0.0) for a in answers])
    values = np.array(rows, dtype=np.float64).reshape(num_parameters, len(grid), 2)
    index, low, high = np.arange(num_parameters), values[..., 0].argmin(1), values[..., 0].argmax(1)
    lowest, highest = values[index, low], values[index, high]
    low_at, high_at = (np.repeat(grid[found][:, None], 2, axis=1) for found in (low, high))
    return Extremes(lowest[:, 0], lowest[:, 1], low_at, highest[:, 0], highest[:, 1], high_at)


# What is given


def _share(values: ArrayLike, name: str) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"{name} must lie between 0 and 1; got {values}.")
    return found


def _check_radius(radius: Floats) -> None:
    if not (radius >= 0).all():
        raise ValueError(f"a radius must be at least 0; got {radius}.")


def _ends(share: float, interval: tuple[float, float] | None) -> tuple[float, float]:
    low, high = (share, share) if interval is None else interval
    if not low <= share <= high:
        raise ValueError(f"the interval {low} to {high} must hold the share, {share}.")
    return low, high


def _unit(x_unit: ArrayLike) -> Floats:
    unit = np.asarray(x_unit, dtype=np.float64)
    if not ((unit >= 0) & (unit <= 1)).all():
        raise ValueError("coordinates must lie between 0 and 1.")
    return unit


def _amounts(y: ArrayLike) -> Floats:
    found = np.asarray(y, dtype=np.float64)
    if found.ndim != 1:
        raise ValueError(f"y must be [N]; got shape {found.shape}.")
    if not np.isfinite(found).all():
        raise ValueError("y has numbers that are not finite; leave those draws out.")
    return found


def _fitting(x: Floats, y: Floats, replicate: ArrayLike | None) -> Replication:
    if x.ndim != 2 or x.shape[1] != len(y):
        raise ValueError(f"x must be [P, {len(y)}], one column per number of y; got shape {x.shape}.")
    return replication(len(y), replicate)
