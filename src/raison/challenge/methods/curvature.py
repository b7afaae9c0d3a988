"""The share beyond a curved boundary, from its curvature at the nearest point."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from raison.challenge.methods.limit import Limit
from raison.challenge.methods.margins import Floats

_STEPS = (0.04, 0.01)
"""Two, since second differences over a kink grow as the step falls."""


def second_order(limit: Limit, theta: Floats, beta: float) -> float | None:
    """Breitung's share, if two steps of differences agree on it to 2%."""
    coarse, fine = (_breitung(limit, theta, beta, step) for step in _STEPS)
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
