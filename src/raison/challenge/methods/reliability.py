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
from scipy.special import ndtr, ndtri

from raison.challenge.methods.curvature import second_order
from raison.challenge.methods.limit import LEAST, Flips, Limit, is_undefined, unit
from raison.challenge.methods.margins import Floats, Gradient, Margin
from raison.challenge.methods.polish import SAME, distinct, nearest_around
from raison.challenge.methods.sqp import descend

REACH = 8.0
"""Standard deviations within which a flip is looked for; beyond lie 6e-16 of a normal parameter's draws."""
_SPREADS = (0.03, 0.1, 0.3, 1.0)
"""Spreads of directions, in radians, in the search for nearer flips around those found."""
_ROUNDS = 3
_COARSE = 1e-6
"""How well the radii of candidates are known before they are polished."""


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
        starts: `[P, S]` further starts in the unit cube, such as tipping points and draws that have flipped.
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
    directions, radius = _candidates(limit, dimension, starts, random_starts, rng)
    directions, radius = nearest_around(limit, directions, radius, rng)
    directions, radius, checked, nearer = _checked(limit, directions, radius, checks, rng)
    flips = limit.flips(directions, limit.radii_around(radius))
    points = [_design_point(limit, directions[:, k], flips, k) for k in range(directions.shape[1])]
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
) -> tuple[Floats, Floats]:
    """Directions `[P, C]` in which flips may be near, and the radii `[C]` of the first ones seen there."""
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
    ends = descend(limit, begin)
    found = unit(np.hstack([ends, axes, random, given]))
    found = found[:, np.isfinite(found).all(axis=0)]
    flipped = given[:, limit.state(given) < 0]  # a sliver that the ray through it does not see still counts
    return (
        np.hstack([found, unit(flipped)]),
        np.concatenate([limit.flips(found, tolerance=_COARSE).radius, np.linalg.norm(flipped, axis=0)]),
    )


# --- checking ---


def _checked(
    limit: Limit, directions: Floats, radius: Floats, checks: int, rng: np.random.Generator
) -> tuple[Floats, Floats, int, int]:
    """The flips after points nearer than the nearest were looked at; how many points, and how many flipped.

    One that has flipped is polished itself, and others are looked at, for some rounds.
    """
    rounds_left = _ROUNDS
    while True:
        points = _nearer_points(directions, radius, len(directions), checks, limit.reach, rng)
        flipped = points[:, limit.state(points) < 0]
        if not rounds_left or not flipped.shape[1]:
            return directions, radius, points.shape[1], flipped.shape[1]
        rounds_left -= 1
        new = unit(flipped)
        new, new_radius = nearest_around(limit, new, np.linalg.norm(flipped, axis=0), rng)
        directions, radius = distinct(
            np.hstack([directions, new]), np.concatenate([radius, new_radius]), SAME
        )


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
        second_order=None if flips.is_jump[k] else second_order(limit, theta, beta),
    )
