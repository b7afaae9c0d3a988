"""The distributions that a parameter may have: their arguments, and what makes them wrong.

This module knows names and rules; `raison.program.quantile` has the quantile functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Kind:
    """A distribution: how it is written and when its numbers are wrong.

    Attributes:
        signature: As in the docs, for error messages.
        arity: Number of arguments, or None where any even number from 2 on is allowed.
        fault: Given constant arguments, what is wrong with them, or None.
    """

    signature: str
    arity: int | None
    fault: Callable[[Sequence[float]], str | None]


def _uniform(a: Sequence[float]) -> str | None:
    return None if a[0] < a[1] else f"needs a < b; got {a[0]:g} and {a[1]:g}"


def _triangular(a: Sequence[float]) -> str | None:
    if a[0] < a[2] and a[0] <= a[1] <= a[2]:
        return None
    return f"needs a <= mode <= b and a < b; got {a[0]:g}, {a[1]:g}, {a[2]:g}"


def _scale(a: Sequence[float]) -> str | None:
    return None if a[1] > 0 else f"needs a standard deviation above 0; got {a[1]:g}"


def _lognormal(a: Sequence[float]) -> str | None:
    if a[0] > 0 and a[1] > 0:
        return None
    return f"needs a median and a standard deviation of the logarithm above 0; got {a[0]:g} and {a[1]:g}"


def _beta(a: Sequence[float]) -> str | None:
    return None if a[0] > 0 and a[1] > 0 else f"needs both shapes above 0; got {a[0]:g} and {a[1]:g}"


def _quantiles(a: Sequence[float]) -> str | None:
    shares, values = a[0::2], a[1::2]
    if len(shares) < 2 or shares[0] != 0 or shares[-1] != 1:
        return (
            f"needs both ends: the first share is 0 and the last is 1; got {shares[0]:g} and {shares[-1]:g}"
        )
    if any(x >= y for x, y in pairwise(shares)):
        return "needs shares that rise from 0 to 1"
    if any(x > y for x, y in pairwise(values)) or values[0] == values[-1]:
        return "needs values that never fall from one share to the next, and rise in all"
    return None


def _choice(a: Sequence[float]) -> str | None:
    """`a` holds the weights only: values may be names."""
    if any(weight < 0 for weight in a):
        return f"needs weights of at least 0; got {min(a):g}"
    return None if sum(a) > 0 else "needs at least one weight above 0"


KINDS: Mapping[str, Kind] = {
    "uniform": Kind("uniform(a, b)", 2, _uniform),
    "triangular": Kind("triangular(a, mode, b)", 3, _triangular),
    "pert": Kind("pert(a, mode, b)", 3, _triangular),
    "normal": Kind("normal(mean, standard deviation)", 2, _scale),
    "lognormal": Kind("lognormal(median, standard deviation of the logarithm)", 2, _lognormal),
    "beta": Kind("beta(a, b)", 2, _beta),
    "quantiles": Kind("quantiles(0, lowest, share, value, ..., 1, highest)", None, _quantiles),
    "choice": Kind("choice(value, weight, value, weight, ...)", None, _choice),
}
"""Every distribution by its name."""
