"""Floats as the fractions that they were written for, so that exact arithmetic sees the ties of a model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

LARGEST_DENOMINATOR = 1_000_000
ROUNDINGS = 16
"""Units in the last place by which the formulas of a payoff may have missed the fraction that is meant."""


def simplest(number: float) -> Fraction:
    """The fraction that a float stands for.

    Args:
        number: Finite.

    Returns:
        A fraction with a denominator up to `LARGEST_DENOMINATOR` that it differs from by at most `ROUNDINGS`
        units in the last place (1/3 for 0.3333333333333333, 1/10 for 1 - 0.9), else its shortest decimal.

    Raises:
        ValueError: the number is not finite.
    """
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(f"exact arithmetic needs finite numbers; got {number}; give finite ones.")
    near = Fraction(number).limit_denominator(LARGEST_DENOMINATOR)
    is_near = abs(float(near) - number) <= ROUNDINGS * math.ulp(number) and (near != 0 or number == 0)
    return near if is_near else Fraction(repr(float(number)))


def simplest_chances(numbers: Sequence[float]) -> tuple[Fraction, ...]:
    """Probabilities as fractions that sum to exactly one."""
    found = [simplest(number) for number in numbers]
    total = sum(found, Fraction(0))
    return tuple(part / total for part in found)
