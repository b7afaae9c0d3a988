"""What is found within a radius."""

from __future__ import annotations

from dataclasses import dataclass

from raison.challenge.methods.robustness.checks import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """The least and most a verdict can be, for each radius.

    Attributes:
        radius: `[R]`.
        low: `[R]`, least.
        high: `[R]`, most.
        low_with_error: `[R]`, least, if also the verdict itself is at the lower end of its interval.
        high_with_error: `[R]`, most, likewise.
        effective: `[R, 2]`, for an amount the effective number of draws behind `low` and `high`; empty for a
            share.
    """

    radius: Floats
    low: Floats
    high: Floats
    low_with_error: Floats
    high_with_error: Floats
    effective: Floats


@dataclass(frozen=True, slots=True)
class Crossing:
    """How wrong the distributions must be for a conclusion to fall.

    Attributes:
        radius: At which the verdict can reach the threshold; infinite where no distribution that calls the
            same things impossible reaches it.
        low: Lower end of its 95% interval, from the end of the verdict's which is nearer to the threshold; 0
            where that holds the threshold.
        high: Upper end, from the other.
    """

    radius: float
    low: float
    high: float
