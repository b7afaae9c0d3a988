"""Sequential quadratic programming towards the boundary's nearest point, from many starts."""

from __future__ import annotations

import numpy as np

from raison.challenge.methods.limit import Limit
from raison.challenge.methods.margins import Bools, Floats

_STEPS = 40
_DAMPING = 0.5 ** np.arange(8)
_ARMIJO = 1e-4


def descend(limit: Limit, z: Floats) -> Floats:
    """Minimises |z|^2 / 2 where the limit state is 0, from all points at once.

    Args:
        limit: The limit state.
        z: `[P, N]` where to begin.

    Returns:
        `[P, N]` where it ended, on the boundary or not.

    Source:
        Liu and Der Kiureghian (1991), Optimization algorithms for structural reliability; Zhang and Der
        Kiureghian (1995), Two improved algorithms for reliability analysis (merit function).
    """
    z, active = z.copy(), np.ones(z.shape[1], np.bool_)
    with np.errstate(invalid="ignore"):  # of infinite margins, where a move is not available
        return _descended(limit, z, active)


def _descended(limit: Limit, z: Floats, active: Bools) -> Floats:
    for _ in range(_STEPS):
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
