"""Margins as functions of the unit cube, and where their sign changes along lines.

A draw is a point of the unit cube. A margin :math:`g` is positive or 0 where the conclusion holds, negative
where it fails, and nan where the model has no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Margin = Callable[[Floats], Floats]
"""From points `[P, N]` of the unit cube to margins `[N]`."""
Gradient = Callable[[Floats], Floats]
"""From points `[P, N]` of the unit cube to the margin's derivatives `[P, N]`."""
Lines = Callable[[Ints, Floats], Floats]
"""From numbers of lines `[N]` and places on them `[N]` to margins `[N]`."""

HOLDS, FAILS, UNDEFINED = 1, 0, -1
SECTIONS = 32
"""Parts into which a bracket is cut in one batch: five bits a batch, whatever the margin looks like."""
_MOST_STEPS = 40
_NARROW = 1e-6
"""In brackets narrower than this one change is followed; more would be rounding."""
_JUMP = 1e-9
"""A margin that changes by less, as a share of the largest margin on its line, does not jump."""
_AROUND = 100


@dataclass(frozen=True, slots=True, eq=False)
class Brackets:
    """Pieces of lines at whose ends the verdict differs.

    Attributes:
        line: `[K]` which line.
        low: `[K]` lower end.
        high: `[K]` upper end.
        at_low: `[K]` margin there.
        at_high: `[K]` margin there.
    """

    line: Ints
    low: Floats
    high: Floats
    at_low: Floats
    at_high: Floats

    def __len__(self) -> int:
        """How many there are."""
        return len(self.line)

    def pick(self, which: Bools | Ints) -> Brackets:
        """Some of them."""
        return Brackets(*(getattr(self, name)[which] for name in self.__slots__))


def verdicts(margins: Floats) -> NDArray[np.int8]:
    """`HOLDS`, `FAILS` or `UNDEFINED` for each margin."""
    return np.where(np.isnan(margins), UNDEFINED, margins >= 0).astype(np.int8)


def changes(line: Ints, places: Floats, margins: Floats, only_first: Bools | bool = False) -> Brackets:
    """Neighbours with different verdicts.

    Args:
        line: `[L]` which line each row is on.
        places: `[L, T]` rising along each row.
        margins: `[L, T]`.
        only_first: `[L]` rows of which only the first change counts.
    """
    found = verdicts(margins)
    differs = found[:, 1:] != found[:, :-1]
    differs &= ~np.reshape(only_first, (-1, 1)) | (np.cumsum(differs, axis=1) == 1)
    row, left = np.nonzero(differs)
    return Brackets(
        line[row], places[row, left], places[row, left + 1], margins[row, left], margins[row, left + 1]
    )


def join(*parts: Brackets) -> Brackets:
    """All of them, ordered by line and place."""
    names = Brackets.__slots__
    joined = Brackets(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    return joined.pick(np.lexsort((joined.low, joined.line)))


def refine(lines: Lines, brackets: Brackets, *, most: int, only_first: bool = False) -> Brackets:
    """Narrows brackets until their ends are neighbours among floating-point numbers.

    Args:
        lines: The margins on the lines.
        brackets: Where the verdict changes.
        most: Brackets followed on each line, from its lower end.
        only_first: Follow only the first change in each bracket, however wide.

    Returns:
        For each bracket one or more, since a bracket may turn out to hold several changes.

    Accuracy:
        Ends are neighbours in float64. A change that lies between two neighbouring places of
        one section with equal verdicts is not seen.
    """
    for _ in range(_MOST_STEPS):
        width = brackets.high - brackets.low
        wide = width > np.spacing(np.maximum(np.abs(brackets.low), np.abs(brackets.high)))
        if not wide.any():
            break
        todo = brackets.pick(wide)
        inside = todo.low[:, None] + (todo.high - todo.low)[:, None] * (np.arange(1, SECTIONS) / SECTIONS)
        margins = lines(np.repeat(todo.line, SECTIONS - 1), inside.ravel()).reshape(inside.shape)
        places = np.column_stack([todo.low, inside, todo.high])
        margins = np.column_stack([todo.at_low, margins, todo.at_high])
        narrow = only_first | (todo.high - todo.low <= _NARROW)
        brackets = join(brackets.pick(~wide), changes(todo.line, places, margins, narrow))
        brackets = brackets.pick(rank(brackets.line) < most)
    return brackets


def rank(line: Ints) -> Ints:
    """`[K]` the how-manieth of its line each bracket is, of ordered brackets."""
    return np.arange(len(line)) - np.searchsorted(line, line)


def jumps(
    lines: Lines,
    brackets: Brackets,
    scale: Floats,
    ends: tuple[float, float],
    resolution: Floats | float = 0.0,
) -> Bools:
    """Which narrow brackets hold a jump rather than a root.

    The margin's change over the bracket is set against its change over a hundred times the width: at a root
    it shrinks with the width, at a jump it stays.

    Args:
        lines: The margins on the lines.
        brackets: From `refine`.
        scale: `[K]` the largest margin on the bracket's line, in size.
        ends: Of all lines.
        resolution: `[K]` how far the margin's argument does not move, though the place on the line does.
    """
    width = brackets.high - brackets.low

    def change(around: Floats) -> Floats:
        places = np.concatenate([brackets.low - around, brackets.high + around])
        below, above = np.split(lines(np.tile(brackets.line, 2), np.clip(places, *ends)), 2)
        return np.abs(above - below)

    near = change(0 * width + resolution)
    return (near > _JUMP * scale) & ~(near < 0.5 * change(_AROUND * (width + resolution)))
