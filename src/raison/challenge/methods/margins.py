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
_EVEN = np.arange(1, SECTIONS // 2) / (SECTIONS // 2)
_QUARTERS = np.array([[0.25, 0.5, 0.75]])
_CLOSER = np.concatenate([-(0.25 ** np.arange(2, 10)), 0.25 ** np.arange(9, 1, -1)])
_MOST_STEPS = 40
_NARROW = 1e-6
"""In brackets narrower than this one change is followed; more would be rounding."""
_JUMP = 1e-7
"""A margin that changes by less, as a share of the largest margin on its line, does not jump. Solvers set
margins within 1e-9 of the range of the payoffs to 0, and payoffs may be wider than margins."""
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


def refine(
    lines: Lines,
    brackets: Brackets,
    *,
    most: int,
    only_first: bool = False,
    tolerance: float = 0.0,
    by_quarters: bool = False,
) -> Brackets:
    """Narrows brackets until their ends are neighbours among floating-point numbers.

    Half of the places in a bracket are even ones, half lie ever closer around where the margin would be 0 if
    it were straight: so a smooth margin takes four batches and any other no more than thirteen.

    Args:
        lines: The margins on the lines.
        brackets: Where the verdict changes.
        most: Brackets followed on each line, from its lower end.
        only_first: Follow only the first change in each bracket, however wide.
        tolerance: Width, as a share of the place itself, at which to stop before.
        by_quarters: Cut each bracket in four even parts only: the fewest places in all, in more batches, for
            many brackets with jumps.

    Returns:
        For each bracket one or more, since a bracket may turn out to hold several changes.

    Accuracy:
        Ends are neighbours in float64. A change that lies between two neighbouring places of
        one section with equal verdicts is not seen.
    """
    for _ in range(_MOST_STEPS):
        size = np.maximum(np.abs(brackets.low), np.abs(brackets.high))
        wide = brackets.high - brackets.low > np.maximum(np.spacing(size), tolerance * size)
        if not wide.any():
            break
        todo = brackets.pick(wide)
        inside = todo.low[:, None] + (todo.high - todo.low)[:, None] * (
            _QUARTERS if by_quarters else _shares(todo)
        )
        margins = lines(np.repeat(todo.line, inside.shape[1]), inside.ravel()).reshape(inside.shape)
        places = np.column_stack([todo.low, inside, todo.high])
        margins = np.column_stack([todo.at_low, margins, todo.at_high])
        narrow = only_first | (todo.high - todo.low <= _NARROW)
        brackets = join(brackets.pick(~wide), changes(todo.line, places, margins, narrow))
        brackets = brackets.pick(rank(brackets.line) < most)
    return brackets


def _shares(brackets: Brackets) -> Floats:
    """`[K, SECTIONS - 1]` rising shares of brackets: even ones, and others around the secant's zero."""
    with np.errstate(all="ignore"):
        secant = brackets.at_low / (brackets.at_low - brackets.at_high)
    usable = np.isfinite(secant) & (secant >= 0) & (secant <= 1)
    around = np.clip(np.where(usable, secant, 0.5)[:, None] + _CLOSER, 0.0, 1.0)
    even = np.broadcast_to(_EVEN, (len(brackets), len(_EVEN)))
    return np.sort(np.hstack([even, around]), axis=1).astype(np.float64)


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
