"""From flips nearby to locally nearest ones: the boundary made straight at several places around, and again.

The margin may have kinks and jumps, so one normal says little. Around each flip several rays are followed to
the boundary; each meets it with a normal, and the point nearest to the origin on all these linear pieces
gives the rays that are tried next.

Source:
    Ours, after the gradient sampling of Burke, Lewis and Overton (2005), A robust gradient sampling algorithm
    for nonsmooth, nonconvex optimization; Lawson and Hanson (1974), Solving least squares problems, ch. 23
    (least distance).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from raison.challenge.methods.limit import Limit, unit
from raison.challenge.methods.margins import Bools, Floats, Ints

MOST = 6
"""Flips that are followed."""
SAME = 1e-3
"""Directions closer than this, in radians, are one design point."""
APART = 0.3
"""Flips are polished if their directions are at least so far apart."""
_STEPS = 40
_SPREAD, _LEAST_SPREAD = 0.1, 1e-6
"""Of the rays around a flip, in radians: at first, and where the search ends."""
_ALIGNED = 1e-6
"""A flip whose normal is so close to its direction is a local minimum of the distance, to rounding."""
_SHARES = 0.3 ** np.arange(6)
"""How far rays turn towards where linear pieces point."""
_GAIN = 1e-10
_NOTHING = 1e-18
_AT_JUMPS = 6
"""Rays around a flip whose normal is found where the margin jumps, which is costly."""


def nearest_around(
    limit: Limit, directions: Floats, radius: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Distinct locally nearest flips, from the best candidates.

    Args:
        limit: The limit state.
        directions: `[P, C]` of length 1.
        radius: `[C]` of a flip along each; inf without one.
        rng: Of the rays around.

    Returns:
        Directions `[P, K]` and radii `[K]`, nearest first, at most `MOST`.
    """
    directions, radius = distinct(directions, radius, APART)
    if len(radius):
        directions, radius = _polish(limit, directions, radius, rng)
    return distinct(directions, radius, SAME)


def distinct(directions: Floats, radius: Floats, apart: float) -> tuple[Floats, Floats]:
    """Those with a flip, nearest first, without repetitions."""
    kept: list[int] = []
    for k in np.argsort(radius, kind="stable"):
        if len(kept) == MOST or not np.isfinite(radius[k]):
            break
        gap = np.linalg.norm(directions[:, kept] - directions[:, [k]], axis=0)
        if not len(kept) or gap.min() > apart:
            kept.append(int(k))
    return directions[:, kept], radius[kept]


def _polish(limit: Limit, theta: Floats, radius: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Nearer flips around each, down to local minima of the distance; all in one batch."""
    theta, radius = theta.copy(), radius.copy()
    spread, active = np.full(len(radius), _SPREAD), np.ones(len(radius), np.bool_)
    for _ in range(_STEPS):
        at = np.flatnonzero(active)
        if not len(at):
            break
        # radii need be no better known than what a turn by the spread can gain
        tolerance = min(1e-4 * float(spread[at].min()) ** 2, 1e-8)
        best_theta, best_radius, aligned = _step(limit, theta[:, at], radius[at], spread[at], tolerance, rng)
        gain = radius[at] - best_radius
        better = gain > 0
        theta[:, at[better]], radius[at[better]] = best_theta[:, better], best_radius[better]
        settled = (gain <= max(_GAIN, tolerance) * radius[at]) & aligned
        spread[at] = np.where(gain <= 1e-4 * spread[at] * radius[at], 0.3 * spread[at], spread[at])
        active[at] = ~settled & (spread[at] >= _LEAST_SPREAD)
    return theta, radius


def _step(
    limit: Limit, theta: Floats, radius: Floats, spread: Floats, tolerance: float, rng: np.random.Generator
) -> tuple[Floats, Floats, Bools]:
    """The best ray around each flip, its radius, and whether the flip's own normal is its direction."""
    dimension, flips_count = theta.shape
    count = 5 + min(dimension, 12)
    noise = rng.standard_normal((dimension, flips_count, count)) / np.sqrt(dimension)
    noise[:, :, 0] = 0.0
    around = unit((theta[:, :, None] + spread[:, None] * noise).reshape(dimension, -1))
    near = np.repeat(radius, count)
    found = limit.flips(around, limit.radii_around(near), tolerance)
    normals = limit.normals(around, found, np.arange(around.shape[1]) % count < _AT_JUMPS)
    cut = [slice(k * count, (k + 1) * count) for k in range(flips_count)]
    turned = [
        _next_rays(theta[:, k], (around * found.radius)[:, cut[k]], normals[:, cut[k]])
        for k in range(flips_count)
    ]
    whose = np.repeat(np.arange(flips_count), [rays.shape[1] for rays in turned])
    rays = np.hstack([around, *turned])
    beyond = limit.nearer(np.hstack(turned), radius[whose], whose, tolerance)
    radii = np.concatenate([found.radius, beyond])
    owner = np.concatenate([np.repeat(np.arange(flips_count), count), whose])
    best = _least_of_each(radii, owner, flips_count)
    own = np.arange(flips_count) * count
    aligned = np.linalg.norm(normals[:, own] - around[:, own], axis=0) < _ALIGNED
    return rays[:, best], radii[best], aligned


def _least_of_each(radii: Floats, owner: Ints, count: int) -> Ints:
    order = np.lexsort((radii, owner))
    return order[np.searchsorted(owner[order], np.arange(count))]


def _next_rays(theta: Floats, points: Floats, normals: Floats) -> Floats:
    """Rays towards the points nearest to the origin on the boundary's linear pieces, alone and together."""
    known = np.isfinite(normals).all(axis=0)
    normals, points = normals[:, known], points[:, known]
    distances = np.sum(normals * points, axis=0)
    facing = distances > 0
    if not facing.any():
        return theta[:, None]
    normals, distances = normals[:, facing], distances[facing]
    goals = normals
    corner = least_distance(normals, distances)
    if corner is not None:
        goals = np.column_stack([goals, unit(corner[:, None])])
    rays = theta[:, None, None] + _SHARES * (goals - theta[:, None])[:, :, None]
    rays = unit(rays.reshape(len(theta), -1))
    return rays[:, np.isfinite(rays).all(axis=0)]


def least_distance(normals: Floats, distances: Floats) -> Floats | None:
    """The point nearest to the origin in an intersection of half-spaces.

    Args:
        normals: `[P, M]` of length 1; the half-space m has `normals[:, m] @ z >= distances[m]`.
        distances: `[M]`.

    Returns:
        `[P]`, or None if the intersection is empty.

    Source:
        Lawson and Hanson (1974), ch. 23, algorithm LDP.
    """
    stacked = np.vstack([normals, distances])
    goal = np.zeros(len(stacked))
    goal[-1] = 1.0
    try:
        weights, residual = nnls(stacked, goal)
    except RuntimeError:  # too many iterations
        return None
    if residual < 1e-10:
        return None
    rest = stacked @ weights - goal
    if not rest[-1] < -_NOTHING:
        return None
    return -rest[:-1] / rest[-1]
