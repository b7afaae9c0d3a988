"""Floats as the fractions that they were written for, so that exact arithmetic sees the ties of a model."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

LARGEST_DENOMINATOR = 1_000_000


def simplest(number: float) -> Fraction:
    """The fraction that a float stands for.

    Args:
        number: Finite.

    Returns:
        A fraction with a denominator up to `LARGEST_DENOMINATOR` whose nearest float it is (1/3 for
        0.3333333333333333), else its shortest decimal.

    Raises:
        ValueError: the number is not finite.
    """
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(f"exact arithmetic needs finite numbers; got {number}; give finite ones.")
    near = Fraction(number).limit_denominator(LARGEST_DENOMINATOR)
    return near if float(near) == number else Fraction(repr(float(number)))


def simplest_chances(numbers: Sequence[float]) -> tuple[Fraction, ...]:
    """Probabilities as fractions that sum to exactly one."""
    found = [simplest(number) for number in numbers]
    total = sum(found, Fraction(0))
    return tuple(part / total for part in found)
