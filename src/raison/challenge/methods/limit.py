r"""The limit state in standard normal space: distance to the flip along rays, and the boundary's normals.

A point :math:`z` stands for the draw :math:`u = \Phi(z)`. Its limit state :math:`h(z)` is the size of the
margin, positive where the verdict is the same as at the origin and negative where it has flipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from raison.challenge.methods.margins import (
    HOLDS,
    UNDEFINED,
    Bools,
    Brackets,
    Floats,
    Gradient,
    Ints,
    Lines,
    Margin,
    changes,
    jumps,
    rank,
    refine,
    verdicts,
)

RADII = 41
"""Places on each ray at which a flip is looked for before it is narrowed."""
_STEP = 6e-6
"""Of central differences: the cube root of float64's rounding."""
_SMALL_STEP = 1e-7
"""The same beside ties: a tenth of how far from them it is taken."""
_TURN = 1e-4
"""Angle of differences between rays."""
_WINDOW = 1 + 0.02 * np.concatenate([-(0.1 ** np.arange(4)), [0.0], 0.1 ** np.arange(3, -1, -1)])
"""Radii of neighbouring rays at which their flip is looked for, as shares of a ray's own."""
_WINDOW_TOLERANCE = 1e-11
_NEAR = 10.0 ** np.arange(-5, 0)
_WITHIN = np.unique(np.concatenate([np.linspace(0, 1, 17), 1 - _NEAR]))
_FOLLOWED = 12
LEAST = 5e-324
"""Stands for a margin of 0 on the flipped side, which must be negative there."""


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """A margin as a limit state.

    Attributes:
        margin: Of the unit cube.
        gradient: Its derivatives, or None for central differences.
        holds: Whether the conclusion holds at the origin.
        reach: How far from the origin a flip is looked for.
    """

    margin: Margin
    gradient: Gradient | None
    holds: bool
    reach: float

    def state(self, z: Floats) -> Floats:
        """`[N]` the limit state at points `[P, N]`; nan where the model has no answer."""
        margins = np.asarray(self.margin(ndtr(z)), np.float64)
        flipped = (verdicts(margins) == HOLDS) != self.holds
        size = np.abs(margins)
        return np.where(flipped, -np.maximum(size, LEAST), size)

    def slope(self, z: Floats) -> Floats:
        """`[P, N]` derivatives of the limit state."""
        if self.gradient is not None:
            density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
            return np.asarray(self.gradient(ndtr(z)), np.float64) * density * (1 if self.holds else -1)
        return self._differences(z, _STEP * np.maximum(1.0, np.abs(z)))

    def _differences(self, z: Floats, step: Floats) -> Floats:
        dimension, count = z.shape
        offsets = np.eye(dimension)[:, :, None] * step[None]
        both = np.concatenate([z[:, None] + offsets, z[:, None] - offsets], axis=1)
        up, down = np.split(self.state(both.reshape(dimension, -1)).reshape(-1, count), 2)
        with np.errstate(invalid="ignore"):  # between infinite margins, where a move is not available
            return (up - down) / (2 * step)

    def flips(self, directions: Floats, radii: Floats | None = None, tolerance: float = 0.0) -> Flips:
        """The first flip along rays from the origin.

        Args:
            directions: `[P, N]` of length 1.
            radii: `[N, T]` rising, where to look before the flip is narrowed; 41 even ones if None.
            tolerance: How well the radii need be known, as a share of themselves.

        Accuracy:
            To the tolerance, or the spacing of float64. A flip and a flip back between two radii
            are not seen.
        """
        count = directions.shape[1]
        if radii is None:
            radii = np.broadcast_to(np.linspace(0, self.reach, RADII), (count, RADII))

        lines = self._along(directions)
        every = np.arange(count)
        states = lines(np.repeat(every, radii.shape[1]), radii.ravel()).reshape(radii.shape)
        found = changes(every, radii, states, only_first=True)
        found = refine(lines, found, most=1, only_first=True, tolerance=tolerance)
        found = found.pick(found.at_high < 0)  # a ray that begins flipped may only flip back
        finite = np.isfinite(states)
        scale = np.max(np.where(finite, np.abs(states), 0.0), axis=1, initial=0.0)
        resolution = _resolution(directions[:, found.line] * found.high)
        jump = jumps(lines, found, scale[found.line], (0.0, self.reach), resolution)
        return _flips(count, found, jump)

    def _along(self, directions: Floats) -> Lines:
        """The limit state on rays; what has no answer has not flipped, so that all changes are flips."""

        def lines(line: Ints, radius: Floats) -> Floats:
            states = self.state(directions[:, line] * radius)
            return np.where(np.isnan(states), np.inf, states)

        return lines

    def nearer(self, directions: Floats, radius: Floats, group: Ints, tolerance: float) -> Floats:
        """Radii `[N]` of flips nearer than given ones; inf where there is none, or it is not among the best.

        Args:
            directions: `[P, N]` of length 1.
            radius: `[N]` within which to look.
            group: `[N]` of each group the `_FOLLOWED` rays that promise most are followed.
            tolerance: As in `flips`.
        """
        lines, every = self._along(directions), np.arange(directions.shape[1])
        radii = radius[:, None] * _WITHIN
        states = lines(np.repeat(every, len(_WITHIN)), radii.ravel()).reshape(radii.shape)
        found = changes(every, radii, states, only_first=True)
        found = found.pick(found.at_high < 0)
        with np.errstate(all="ignore"):
            secant = found.low + (found.high - found.low) * found.at_low / (found.at_low - found.at_high)
        order = np.lexsort((np.where(np.isfinite(secant), secant, found.high), group[found.line]))
        best = np.sort(order[rank(group[found.line][order]) < _FOLLOWED])
        found = refine(lines, found.pick(best), most=1, only_first=True, tolerance=tolerance)
        nearest = np.full(len(every), np.inf)
        nearest[found.line] = found.high
        return nearest

    def radii_around(self, radius: Floats) -> Floats:
        """`[N, T]` even radii, and closer ones around given ones `[N]`, so that slivers there are seen."""
        even = np.broadcast_to(np.linspace(0, self.reach, RADII), (len(radius), RADII))
        shares = np.concatenate([1 - _NEAR, [1.0], 1 + _NEAR])
        return np.sort(np.minimum(np.hstack([even, radius[:, None] * shares]), self.reach), axis=1)

    def normals(self, directions: Floats, flips: Flips, at_jumps: Bools | bool = True) -> Floats:
        """`[P, N]` normals of the boundary at the flips, towards the flipped side; nan without a flip.

        Where the margin passes 0 continuously they are the limit state's slopes; where it jumps they come
        from differences of the distances along neighbouring rays, which cost hundreds of times as much: nan
        there unless `at_jumps` `[N]`.
        """
        normals = np.full(directions.shape, np.nan)
        smooth = np.isfinite(flips.radius) & ~flips.is_jump
        snapped = smooth & (flips.outside == -LEAST) & (self.gradient is None)
        if (smooth & ~snapped).any():
            at = smooth & ~snapped
            normals[:, at] = -self.slope(directions[:, at] * flips.radius[at])
        if snapped.any():
            normals[:, snapped] = -self._slope_before(directions[:, snapped], flips.radius[snapped])
        rough = np.isfinite(flips.radius) & flips.is_jump & at_jumps
        if rough.any():
            normals[:, rough] = self._normals_by_rays(directions[:, rough], flips.radius[rough])
        return unit(normals)

    def _slope_before(self, directions: Floats, radius: Floats) -> Floats:
        """Slopes just before flips at which the solver snaps small margins to 0, where they are not yet."""
        step = np.maximum(_SMALL_STEP, 1e3 * _resolution(directions * radius))
        z = directions * np.maximum(radius - 10 * step, 0.5 * radius)
        return self._differences(z, np.broadcast_to(step, z.shape))

    def _radii(self, directions: Floats, radii: Floats) -> Floats:
        """Radii of the first flips; inf where there is none at the radii given."""
        lines, every = self._along(directions), np.arange(directions.shape[1])
        states = lines(np.repeat(every, radii.shape[1]), radii.ravel()).reshape(radii.shape)
        found = changes(every, radii, states, only_first=True)
        found = found.pick(found.at_high < 0)
        narrow = refine(lines, found, most=1, only_first=True, tolerance=_WINDOW_TOLERANCE, by_quarters=True)
        radius = np.full(len(every), np.inf)
        radius[narrow.line] = narrow.high
        return radius

    def _normals_by_rays(self, directions: Floats, radius: Floats) -> Floats:
        """The boundary is r(theta) theta; its normal is theta less the tangential derivative of log r."""
        dimension, count = directions.shape
        axes = np.eye(dimension)[:, :, None]
        tangents = axes - directions[:, None] * directions[None]  # [P, axis, N], not of length 1
        around = [
            unit((directions[:, None] + sign * _TURN * tangents).reshape(dimension, -1)) for sign in (1, -1)
        ]
        window = np.tile(radius, dimension)[:, None] * _WINDOW
        found = [self._radii(rays, window) for rays in around]
        up, down = (np.log(np.where(np.isfinite(r), r, np.nan)).reshape(dimension, count) for r in found)
        return directions - (up - down) / (2 * _TURN)


@dataclass(frozen=True, slots=True, eq=False)
class Flips:
    """First flips along rays.

    Attributes:
        radius: `[N]` first place beyond the flip; inf without one.
        is_jump: `[N]` whether the margin jumps there.
        inside: `[N]` the limit state just before the flip; inf if it is undefined there.
        outside: `[N]` just beyond it.
    """

    radius: Floats
    is_jump: np.ndarray
    inside: Floats
    outside: Floats


def _flips(count: int, found: Brackets, jump: np.ndarray) -> Flips:
    radius, inside, outside = np.full(count, np.inf), np.full(count, np.nan), np.full(count, np.nan)
    is_jump = np.zeros(count, np.bool_)
    radius[found.line], is_jump[found.line] = found.high, jump
    inside[found.line], outside[found.line] = found.at_low, found.at_high
    return Flips(radius, is_jump, inside, outside)


def _resolution(z: Floats) -> Floats:
    """`[N]` how far points `[P, N]` move before some coordinate of the unit cube does, with a margin of 4."""
    u = ndtr(z)
    return np.max(4 * np.spacing(u) * np.sqrt(2 * np.pi) * np.exp(0.5 * z**2), axis=0, initial=0.0)


def unit(vectors: Floats) -> Floats:
    """`[P, N]` of length 1; nan where the length is 0."""
    length = np.linalg.norm(vectors, axis=0)
    return vectors / np.where(length > 0, length, np.nan)


def is_undefined(margin: Margin, dimension: int) -> bool:
    """Whether the model has no answer at the medians of all parameters."""
    return bool(verdicts(np.asarray(margin(np.full((dimension, 1), 0.5)), np.float64))[0] == UNDEFINED)
