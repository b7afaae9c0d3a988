r"""The nearest flip: the design point of first-order reliability.

Every parameter is measured in standard normal deviations from its median, :math:`z = \Phi^{-1}(u)`. The
nearest flip is the point :math:`z^*` closest to the origin at which the verdict differs from the verdict at
the medians; :math:`\beta = |z^*|` is the reliability index. If the boundary were a plane, the share of draws
beyond it would be :math:`\Phi(-\beta)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import nnls
from scipy.special import ndtr, ndtri

from raison.challenge.limit import LEAST, Flips, Limit, is_undefined, unit
from raison.challenge.margins import Floats, Gradient, Margin

REACH = 8.0
"""Standard deviations within which a flip is looked for; beyond lie 6e-16 of a normal parameter's draws."""
_SQP_STEPS = 40
_DAMPING = 0.5 ** np.arange(8)
_ARMIJO = 1e-4
_POLISHED = 6
"""Candidates that are polished."""
_POLISH_STEPS = 40
_SPREADS = (0.03, 0.1, 0.3, 1.0)
"""Spreads of directions, in radians, in the search for nearer flips around those found."""
_ROUNDS = 3
_SAME = 1e-3
"""Directions closer than this, in radians, are one design point."""
_APART = 0.3
"""Candidates are polished if their directions are at least so far apart."""
_ALIGNED = 1e-6
"""A flip whose normal is so close to its direction is a local minimum of the distance, to rounding."""
_CURVATURE_STEPS = (0.04, 0.01)
"""Two, since second differences over a kink grow as the step falls."""
_SHARES = 0.3 ** np.arange(6)
"""How far rays turn towards where linear pieces point."""


@dataclass(frozen=True, slots=True, eq=False)
class DesignPoint:
    """A locally nearest flip.

    Attributes:
        beta: Its distance from the medians, in standard deviations.
        z: `[P]` the point in standard normal space, just beyond the flip.
        u: `[P]` the same in the unit cube.
        cosines: `[P]` direction of the point, of length 1. Their squares sum to 1 and say how much of the way
            to the flip each parameter makes.
        kind: Whether the margin passes 0 continuously there or jumps.
        margin: At `z`.
        last_margin: On the other side of the flip; nan if the model has no answer there.
        probability: First-order share of draws that are flipped, if this were the only place: Phi(-beta).
        second_order: The same with the boundary's curvature; None where the boundary has a kink or the margin
            a jump, or where the curvature is too strong for the formula.
    """

    beta: float
    z: Floats
    u: Floats
    cosines: Floats
    kind: Literal["root", "jump"]
    margin: float
    last_margin: float
    probability: float
    second_order: float | None


@dataclass(frozen=True, slots=True, eq=False)
class NearestFlip:
    """The nearest flip and what was done to find it.

    Attributes:
        status: `found`; `none within reach`; or `undefined at the medians`.
        holds_at_medians: Whether the conclusion holds at the medians; None if undefined. If it holds, the
            points' probabilities are shares in which it fails; if it fails, shares in which it holds.
        points: Local nearest flips that were found, nearest first.
        checked: Points nearer than the nearest flip at which the verdict was looked at in the end.
        nearer: How many of them have flipped; 0 if the design point stands.
        reach: The distance within which flips were looked for.
    """

    status: Literal["found", "none within reach", "undefined at the medians"]
    holds_at_medians: bool | None
    points: tuple[DesignPoint, ...]
    checked: int
    nearer: int
    reach: float


def nearest_flip(
    margin: Margin,
    dimension: int,
    *,
    seed: int,
    gradient: Gradient | None = None,
    starts: Floats | None = None,
    random_starts: int = 16,
    checks: int = 4096,
    reach: float = REACH,
) -> NearestFlip:
    """The flip nearest to the medians, in standard normal space.

    From all starts at once, sequential quadratic programming with the constraint that the margin is 0 and a
    line search on a merit function. Its ends, the starts, both directions of every axis and random directions
    then become rays, along each of which the first flip is found by multisection. The nearest are polished:
    the boundary is linearised at several points around, and the point of the linear pieces' intersection
    nearest to the origin gives the next ray. This needs no continuous margin. Last, random points nearer than
    the nearest flip, in all directions and around the ones found, are looked at; one that has flipped
    becomes a candidate itself.

    Args:
        margin: Of points `[P, N]` of the unit cube.
        dimension: P.
        seed: Of random starts and checks.
        gradient: Of the margin by `u`; central differences if None.
        starts: `[P, S]` further starts in the unit cube, such as tipping points.
        random_starts: Random directions from which to start.
        checks: Points to look at in the final check.
        reach: Largest distance, at most 8.

    Raises:
        ValueError: an argument is out of its range.

    Accuracy:
        On a smooth boundary beta is good to 1e-12 and the cosines to 1e-6, also where the margin jumps; at
        corners of four pieces in 10 dimensions beta came out to 1e-8. Where one parameter alone lies far up,
        the spacing of numbers below 1 limits it: to 1e-8 at six deviations, 1e-2 at eight. A nearest point
        where the model stops having an answer is met to about 1e-5. No finite search proves that no nearer
        flip exists; `checked` and `nearer` say what was tried.

    Source:
        Hasofer and Lind (1974), Exact and invariant second-moment code format; Rackwitz and Fiessler (1978),
        Structural reliability under combined random load sequences; Liu and Der Kiureghian (1991),
        Optimization algorithms for structural reliability; Zhang and Der Kiureghian (1995), Two improved
        algorithms for reliability analysis (merit function); Lawson and Hanson (1974), Solving least squares
        problems, ch. 23 (least distance). Polishing by several linearisations is ours, after the gradient
        sampling of Burke, Lewis and Overton (2005).
    """
    _check_arguments(dimension, starts, random_starts, checks, reach)
    if is_undefined(margin, dimension):
        return NearestFlip("undefined at the medians", None, (), 0, 0, reach)
    holds = bool(np.asarray(margin(np.full((dimension, 1), 0.5)))[0] >= 0)
    limit = Limit(margin, gradient, holds, reach)
    rng = np.random.default_rng(seed)
    directions = _candidates(limit, dimension, starts, random_starts, rng)
    directions, radius = _polish_best(limit, directions, limit.flips(directions).radius, rng)
    checked = nearer = 0
    for last in (False,) * _ROUNDS + (True,):
        points = _nearer_points(directions, radius, dimension, checks, reach, rng)
        flipped = points[:, limit.state(points) < 0]
        checked, nearer = points.shape[1], flipped.shape[1]
        if last or not nearer:
            break
        directions = np.hstack([directions, unit(flipped)])
        radius = np.concatenate([radius, np.linalg.norm(flipped, axis=0)])
        directions, radius = _polish_best(limit, directions, radius, rng)
    flips = limit.flips(directions, limit.radii_around(radius))
    points = tuple(_design_point(limit, directions[:, k], flips, k) for k in range(directions.shape[1]))
    return NearestFlip(
        "found" if points else "none within reach",
        holds,
        tuple(sorted(points, key=lambda point: point.beta)),
        checked,
        nearer,
        reach,
    )


def _check_arguments(
    dimension: int, starts: Floats | None, random_starts: int, checks: int, reach: float
) -> None:
    if dimension < 1:
        raise ValueError(f"'dimension' must be at least 1; got {dimension}.")
    if starts is not None and (starts.ndim != 2 or starts.shape[0] != dimension):
        raise ValueError(f"'starts' must have shape [{dimension}, S]; got {starts.shape}.")
    if random_starts < 0 or checks < 0:
        raise ValueError(
            f"'random_starts' and 'checks' must be at least 0; got {random_starts} and {checks}."
        )
    if not 0 < reach <= REACH:
        raise ValueError(f"'reach' must be above 0 and at most {REACH}; got {reach}.")


# --- candidates ---


def _candidates(
    limit: Limit, dimension: int, starts: Floats | None, random_starts: int, rng: np.random.Generator
) -> Floats:
    """`[P, C]` directions in which flips may be near."""
    axes = np.hstack([np.eye(dimension), -np.eye(dimension)])
    random = unit(rng.standard_normal((dimension, random_starts)))
    given = np.zeros((dimension, 0)) if starts is None else ndtri(np.clip(starts, 1e-15, 1 - 1e-15))
    along = limit.flips(axes).radius
    nearest = np.argsort(along, kind="stable")[: np.isfinite(along).sum()][: max(random_starts, 4)]
    begin = np.hstack(
        [
            np.zeros((dimension, 1)),
            0.01 * random[:, : max(random_starts // 4, 1)],  # where the margin is flat at the origin itself
            2.0 * random,
            axes[:, nearest] * along[nearest],
            given,
        ]
    )
    ends = _sqp(limit, begin)
    found = unit(np.hstack([ends, axes, random, given]))
    return found[:, np.isfinite(found).all(axis=0)]


def _sqp(limit: Limit, z: Floats) -> Floats:
    """Minimises |z|^2 / 2 where the limit state is 0, from all points at once."""
    z, active = z.copy(), np.ones(z.shape[1], np.bool_)
    for _ in range(_SQP_STEPS):
        at = z[:, active]
        state, slope = limit.state(at), limit.slope(at)
        squared = np.sum(slope**2, axis=0)
        usable = np.isfinite(state) & np.isfinite(squared) & (squared > 0)
        scale = np.where(usable, squared, 1.0)
        goal = slope * ((np.sum(slope * at, axis=0) - state) / scale)
        step = np.where(usable, goal - at, 0.0)
        # no farther than the reach in one step, for the line search to begin where numbers mean something
        step = step * np.minimum(1.0, limit.reach / np.maximum(np.linalg.norm(step, axis=0), 1e-300))
        penalty = 2 * np.maximum(
            np.linalg.norm(at, axis=0) / np.sqrt(scale),
            0.5 * np.sum((at + step) ** 2, axis=0) / np.maximum(np.abs(state), 1e-12),
        )
        penalty = np.minimum(penalty, 1e12)
        tried = _inside(at[:, None] + step[:, None] * _DAMPING[:, None], limit.reach)
        states = limit.state(tried.reshape(len(at), -1)).reshape(len(_DAMPING), -1)
        merit = 0.5 * np.sum(tried**2, axis=0) + penalty * np.abs(states)
        merit = np.where(np.isnan(merit), np.inf, merit)
        before = 0.5 * np.sum(at**2, axis=0) + penalty * np.abs(state)
        descent = np.sum(at * step, axis=0) - penalty * np.abs(state)
        enough = merit <= before + _ARMIJO * _DAMPING[:, None] * descent
        taken = np.where(enough.any(axis=0), enough.argmax(axis=0), merit.argmin(axis=0))
        chosen = np.take_along_axis(tried, taken[None, None], axis=1)[:, 0]
        moved = usable & np.isfinite(merit.min(axis=0))
        z[:, active] = np.where(moved, chosen, at)
        still = moved & (np.linalg.norm(step, axis=0) > 1e-7 * (1 + np.linalg.norm(at, axis=0)))
        active[active] = still
        if not active.any():
            break
    return z


def _inside(z: Floats, reach: float) -> Floats:
    length = np.linalg.norm(z, axis=0)
    return z * np.minimum(1.0, reach / np.maximum(length, 1e-300))


# --- polishing ---


def _polish_best(
    limit: Limit, directions: Floats, radius: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Distinct nearest flips `[P, K]` and their radii, from the best candidates."""
    directions, radius = _distinct(directions, radius, _APART)
    found = [
        _polish(limit, directions[:, k], float(radius[k]), rng) for k in range(min(_POLISHED, len(radius)))
    ]
    if not found:
        return directions[:, :0], radius[:0]
    return _distinct(np.column_stack([theta for theta, _ in found]), np.array([r for _, r in found]), _SAME)


def _distinct(directions: Floats, radius: Floats, apart: float) -> tuple[Floats, Floats]:
    """Those with a flip, nearest first, without repetitions."""
    kept: list[int] = []
    for k in np.argsort(radius, kind="stable"):
        if len(kept) == _POLISHED or not np.isfinite(radius[k]):
            break
        gap = np.linalg.norm(directions[:, kept] - directions[:, [k]], axis=0)
        if not len(kept) or gap.min() > apart:
            kept.append(int(k))
    return directions[:, kept], radius[kept]


def _polish(limit: Limit, theta: Floats, radius: float, rng: np.random.Generator) -> tuple[Floats, float]:
    """A nearer flip around one, down to a local minimum of the distance."""
    spread, count = 0.1, 4 + min(len(theta), 12)
    for _ in range(_POLISH_STEPS):
        noise = rng.standard_normal((len(theta), count)) / np.sqrt(len(theta))
        around = unit(np.column_stack([theta, theta[:, None] + spread * noise]))
        flips = limit.flips(around, limit.radii_around(np.full(around.shape[1], radius)))
        normals = limit.normals(around, flips)
        turned = _next_rays(theta, around, flips, normals)
        beyond = limit.flips(turned, limit.radii_around(np.full(turned.shape[1], radius)))
        rays, radii = np.hstack([around, turned]), np.concatenate([flips.radius, beyond.radius])
        best = int(np.argmin(radii))
        gain = radius - float(radii[best])
        if gain > 0:
            theta, radius = rays[:, best], float(radii[best])
        is_settled = gain <= 1e-10 * radius and np.linalg.norm(normals[:, 0] - around[:, 0]) < _ALIGNED
        if gain <= 1e-4 * spread * radius:
            spread *= 0.3
        if is_settled or spread < 1e-6:
            break
    return theta, radius


def _next_rays(theta: Floats, around: Floats, flips: Flips, normals: Floats) -> Floats:
    """Rays towards the points nearest to the origin on the boundary's linear pieces, alone and together."""
    known = np.isfinite(normals).all(axis=0)
    normals, points = normals[:, known], (around * flips.radius)[:, known]
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
    return -rest[:-1] / rest[-1]


# --- checking ---


def _nearer_points(
    directions: Floats, radius: Floats, dimension: int, checks: int, reach: float, rng: np.random.Generator
) -> Floats:
    """`[P, checks]` points nearer than the nearest flip, in all directions and around the ones found."""
    nearest = float(radius.min()) if len(radius) else reach
    anywhere = unit(rng.standard_normal((dimension, checks)))
    # half of them close below the sphere, where most of the ball's volume and the risk are
    length = nearest * (1 - 1e-6) * rng.random(checks) ** (1 / dimension)
    if not len(radius):
        return anywhere * length
    half = checks // 2
    which = rng.integers(len(radius), size=half)
    spread = rng.choice(_SPREADS, size=half)
    noise = rng.standard_normal((dimension, half)) / np.sqrt(dimension)
    anywhere[:, :half] = unit(directions[:, which] + spread * noise)
    length[:half] = nearest * (1 - 10 ** rng.uniform(-5, -0.3, half))
    return anywhere * length


# --- what is told ---


def _design_point(limit: Limit, theta: Floats, flips: Flips, k: int) -> DesignPoint:
    beta = float(flips.radius[k])
    z = theta * beta
    sign = 1.0 if limit.holds else -1.0
    inside, outside = float(flips.inside[k]), float(flips.outside[k])
    return DesignPoint(
        beta=beta,
        z=z,
        u=ndtr(z),
        cosines=theta,
        kind="jump" if flips.is_jump[k] else "root",
        margin=sign * outside if outside < -LEAST else 0.0,
        last_margin=sign * inside if np.isfinite(inside) else np.nan,
        probability=float(ndtr(-beta)),
        second_order=None if flips.is_jump[k] else _second_order(limit, theta, beta),
    )


def _second_order(limit: Limit, theta: Floats, beta: float) -> float | None:
    """Breitung's share, if two steps of differences agree on it to 2%."""
    coarse, fine = (_breitung(limit, theta, beta, step) for step in _CURVATURE_STEPS)
    if coarse is None or fine is None or abs(coarse - fine) > 0.02 * fine:
        return None
    return fine


def _breitung(limit: Limit, theta: Floats, beta: float, step: float) -> float | None:
    """Phi(-beta) times the product of (1 + beta kappa)^(-1/2) over the principal curvatures.

    Source:
        Breitung (1984), Asymptotic approximations for multinormal integrals, J. Eng. Mech. 110(3), eq. 14.
    """
    dimension = len(theta)
    if dimension == 1:
        return float(ndtr(-beta))
    z = theta * beta
    length = np.linalg.norm(limit.slope(z[:, None])[:, 0])
    tangents = np.linalg.svd(theta[None])[2][1:]  # [P-1, P]
    hessian = _hessian(limit, z, tangents, step)
    if not np.isfinite(hessian).all() or not length > 0:
        return None
    factors = 1 + beta * np.linalg.eigvalsh(hessian / length)
    if (factors <= 0).any():
        return None
    return float(ndtr(-beta) / np.sqrt(np.prod(factors)))


def _hessian(limit: Limit, z: Floats, along: Floats, step: float) -> Floats:
    """`[K, K]` second derivatives along K directions `[K, P]`."""
    count = len(along)
    first, second = np.triu_indices(count)
    a, b = along[first] * step, along[second] * step
    points = z + np.stack([a + b, a - b, -a + b, -a - b])
    states = limit.state(points.reshape(-1, len(z)).T).reshape(4, -1)
    hessian = np.zeros((count, count))
    hessian[first, second] = (states[0] - states[1] - states[2] + states[3]) / (4 * step**2)
    return hessian + np.triu(hessian, 1).T
