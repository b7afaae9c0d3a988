"""Boxes on the way from everything to few draws, and the steps between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.boxes import (
    Box,
    Floats,
    Limit,
    Rows,
)

ALPHA = 0.05
"""Share of the draws inside that one peel takes off, or one pasting puts back."""
MASS_MIN = 0.05
"""The least share of all draws that a box may hold."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """All boxes passed, `S` of them, the first is where the search began.

    Attributes:
        boxes: `S` boxes.
        coverage: `[S]` float64, share of all cases that lie inside; nan where there is no case.
        density: `[S]` float64, share of the draws inside that are cases.
        mass: `[S]` float64, share of all draws that lie inside.
        restricted: `[S]` int64, how many columns have a limit.
        peels: How many of the boxes come from peeling, the first among them; the others are pasted.
    """

    boxes: tuple[Box, ...]
    coverage: Floats
    density: Floats
    mass: Floats
    restricted: NDArray[np.int64]
    peels: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The box that was chosen from a trajectory.

    Attributes:
        box: The box.
        coverage: Its coverage on the sample that it was found on.
        density: Its density there.
        mass: Its mass there.
        reached: Whether it has the asked density there.
        trajectory: What it was chosen from.
    """

    box: Box
    coverage: float
    density: float
    mass: float
    reached: bool
    trajectory: Trajectory


class Step(NamedTuple):
    """What may be taken off or put back: `number` draws with `cases` in them, by setting `limit` to `to`."""

    number: int
    cases: float
    rows: Rows | NDArray[np.intp]
    limit: Limit
    to: float | frozenset[float]


class Place(NamedTuple):
    """A box and what it holds."""

    box: Box
    number: int
    cases: float


def gain_of(place: Place, number: int, cases: float) -> float:
    """Density gained for each draw taken off or put back; `number` and `cases` are those of the new box."""
    return (cases / number - place.cases / place.number) / abs(place.number - number)
