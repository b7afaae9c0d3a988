"""How far a share can move if the stated distributions are wrong within a distance.

Whatever the parameters, a distribution within a Kullback-Leibler distance of the stated one changes the
share of draws with a yes as if it were the chance of a coin: the bound depends on the share alone and is
attained, by weighing all draws with a yes alike and all others alike.
"""

from __future__ import annotations

import math
from typing import Any

from scipy.optimize import brentq

_SMALLEST = 1e-300


def divergence(q: float, p: float) -> float:
    """Kullback-Leibler divergence of a coin with chance `q` from one with chance `p`, in nats."""
    found = 0.0
    for a, b in ((q, p), (1 - q, 1 - p)):
        if a > 0:
            if b <= 0:
                return math.inf
            found += a * math.log(a / b)
    return max(found, 0.0)


def within_divergence(share: float, radius: float) -> tuple[float, float]:
    """Least and largest share under distributions within a Kullback-Leibler distance of the stated one.

    Args:
        share: Under the stated distribution, 0 to 1.
        radius: In nats, at least 0.

    Returns:
        Both ends, to 1e-12 of themselves. A share of 0 or 1 cannot move: the distance of anything else is
        infinite.

    Source: Hansen and Sargent (2008), ch. 2 (exponential tilting); for a share it is the tilted coin.

    Raises:
        ValueError: an argument is out of its range.
    """
    if not 0 <= share <= 1 or not radius >= 0:
        raise ValueError(
            f"a share lies between 0 and 1 and a radius is at least 0; got {share} and {radius}."
        )
    if share in (0.0, 1.0) or radius == 0:
        return share, share
    return _lower(share, radius), 1 - _lower(1 - share, radius)


def _lower(share: float, radius: float) -> float:
    if divergence(0.0, share) <= radius:
        return 0.0

    def beyond(log: float) -> float:  # on a logarithmic scale, so that a small share is found as exactly
        return divergence(math.exp(log), share) - radius

    if beyond(math.log(share)) >= 0:  # the radius is below rounding
        return share
    found: Any = brentq(beyond, math.log(_SMALLEST), math.log(share), xtol=1e-13)
    return min(math.exp(float(found)), share)


def within_variation(share: float, radius: float) -> tuple[float, float]:
    """The same within a total-variation distance: at most so much probability is moved elsewhere.

    A share of 0 or 1 is taken to have some distribution near it that differs.
    """
    if not 0 <= share <= 1 or not 0 <= radius <= 1:
        raise ValueError(f"a share and a radius lie between 0 and 1; got {share} and {radius}.")
    return max(share - radius, 0.0), min(share + radius, 1.0)
