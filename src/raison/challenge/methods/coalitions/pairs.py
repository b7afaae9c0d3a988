"""Pairs of premises that work together, or stand in for each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from raison.challenge.methods.coalitions.attribution import Attribution

NEGLIGIBLE = 0.1
"""A share below this part of a pair's interaction is next to nothing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two premises that do not simply add up.

    Attributes:
        first: Index of the one.
        second: Index of the other.
        interaction: Shapley interaction.
        error: Its standard error.
        kind: `together` if neither has a share without the other; `either` if neither has one beside the
            other, since one is enough; `partly` otherwise.
    """

    first: int
    second: int
    interaction: float
    error: float
    kind: Literal["together", "either", "partly"]


def pairs(attribution: Attribution) -> tuple[Pair, ...]:
    """Pairs whose interaction is no accident of the draws, the strongest first.

    An interaction counts if it is 0 with chance below 5% for all pairs together (Bonferroni, Student's t). A
    share counts as none if its 95% interval holds 0 or it is below `NEGLIGIBLE` of the interaction.
    """
    k = len(attribution.shapley.value)
    number = max(k * (k - 1) // 2, 1)
    found: list[Pair] = []
    for i, j in combinations(range(k), 2):
        value, error = float(attribution.interaction.value[i, j]), float(attribution.interaction.error[i, j])
        if not abs(value) > max(_t(attribution.free, 0.05 / number) * error, _ROUNDING):
            continue
        sides, small = ([i, j], [j, i]), NEGLIGIBLE * abs(value)
        together, either = (
            bool(
                np.all(
                    np.abs(shares.value[sides])
                    <= np.maximum(_t(attribution.free, 0.05) * shares.error[sides], small)
                )
            )
            for shares in (attribution.lacking, attribution.given)
        )
        kind = "partly" if together == either else "together" if together else "either"
        found.append(Pair(i, j, value, error, kind))
    return tuple(sorted(found, key=lambda pair: -abs(pair.interaction)))


_ROUNDING = 1e-12  # of second differences of numbers of the size of 1


def _t(free: int, level: float) -> float:
    return float(stdtrit(free, 1 - level / 2))
