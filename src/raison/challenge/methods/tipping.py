"""Tipping points: the values of one parameter at which the conclusion flips, the others held at a centre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr

from raison.challenge.methods.margins import (
    HOLDS,
    SECTIONS,
    UNDEFINED,
    Bools,
    Brackets,
    Floats,
    Lines,
    Margin,
    changes,
    join,
    jumps,
    rank,
    refine,
    verdicts,
)

Value = Callable[[int, Floats], Floats]
"""From a parameter's number and places `[N]` on its axis of the unit cube to its values `[N]`."""
POINTS = 129
_TAIL = np.arange(-8.0, -2.25, 0.5)
"""Standard normal quantiles at which tails are looked at besides the even grid."""
_DIP_ROUNDS = 4
_BEYOND_TIES = 1e-13
"""How far on the axis ties at least go."""
_BEFORE_TIES = 1e-7
"""How far before the first tie the margin's slope is taken."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A place on a parameter's axis where the verdict changes.

    Attributes:
        kind: `root` if the margin passes 0 continuously, `jump` if it does not, `undefined` where the model
            stops having an answer.
        u: The first place beyond, seen from the central point, on the unit cube's axis. Where a solver sets
            small margins to 0, the place at which they would pass it.
        value: The parameter there.
        last_u: The last place before.
        last_value: The parameter there; another value only if the parameter is discrete.
        margin: At `u`.
        last_margin: At `last_u`.
        holds_above: Whether the conclusion holds above the flip; None if it is undefined there.
    """

    kind: Literal["root", "jump", "undefined"]
    u: float
    value: float
    last_u: float
    last_value: float
    margin: float
    last_margin: float
    holds_above: bool | None


@dataclass(frozen=True, slots=True)
class Axis:
    """What happens along one parameter's axis through the central point.

    Attributes:
        parameter: Its number.
        flips: From low to high values of `u`; empty if the conclusion is the same all along.
        nearest: The flip closest to the central point in `u`; None without one. Edges of places without an
            answer do not count.
        lowest_value: The parameter at the lower end of the axis, eight standard normal deviations down.
        highest_value: At the upper end.
        lowest_margin: The margin at the lower end.
        highest_margin: At the upper end.
        smallest_margin: The smallest margin seen along the axis; nan if it is undefined everywhere.
        largest_margin: The largest.
        undefined: The share of the grid's places at which the model has no answer.
        is_complete: False if there were more flips than are followed.
    """

    parameter: int
    flips: tuple[Flip, ...]
    nearest: Flip | None
    lowest_value: float
    highest_value: float
    lowest_margin: float
    highest_margin: float
    smallest_margin: float
    largest_margin: float
    undefined: float
    is_complete: bool


def tipping_points(
    margin: Margin, value: Value, centre: Floats, *, points: int = POINTS, most: int = 32
) -> tuple[Axis, ...]:
    """Where each parameter alone flips the conclusion.

    All axes are looked at on one grid in one batch: even steps in `u`, and half standard deviations in the
    tails. Each change of the verdict is then narrowed in 32 parts a batch. Where the margin comes close to 0
    and turns back, the grid is refined around the closest place, so that two flips between neighbours of the
    grid are found as well.

    Args:
        margin: Of points `[P, N]` of the unit cube.
        value: The parameter's value at places on its axis.
        centre: `[P]` the central point, in the open unit cube.
        points: Even places on each axis, ends included.
        most: Flips followed on each axis.

    Returns:
        One for each parameter, in order.

    Raises:
        ValueError: `centre` is no point of the open unit cube, or `points` or `most` is too small.

    Accuracy:
        A flip lies between two neighbours in float64: 1e-16 of the range of a parameter that is uniform. In
        an upper tail the spacing of numbers below 1 limits the parameter's value: at five
        standard deviations of a normal parameter to 1e-10 of one. Margins that differ by rounding only may
        place a root anywhere within that rounding. A pair of flips closer than the refined grid is missed.

    Source:
        Ours: plain multisection, so that kinks and jumps cost no more than smooth margins.
    """
    centre = np.asarray(centre, np.float64)
    if centre.ndim != 1 or not ((centre > 0) & (centre < 1)).all():
        raise ValueError(f"'centre' must be one point of the open unit cube; got {centre}.")
    if points < 3 or most < 1:
        raise ValueError(f"'points' must be at least 3 and 'most' at least 1; got {points} and {most}.")

    def lines(line: np.ndarray, place: Floats) -> Floats:
        at = np.repeat(centre[:, None], len(line), axis=1)
        at[line, np.arange(len(line))] = place
        return np.asarray(margin(at), np.float64)

    grid = _grid(points)
    every = np.arange(len(centre))
    margins = lines(np.repeat(every, len(grid)), np.tile(grid, len(centre))).reshape(len(centre), -1)
    places = np.broadcast_to(grid, margins.shape)
    coarse = join(changes(every, places, margins), _dips(lines, places, margins))
    kept = refine(lines, coarse.pick(rank(coarse.line) < most), most=most)
    counts = np.bincount(kept.line, minlength=len(centre))
    complete = (counts < most) & (np.bincount(coarse.line, minlength=len(centre)) <= most)
    scale = np.abs(np.nan_to_num(margins, posinf=0.0, neginf=0.0)).max(axis=1)
    jump = jumps(lines, kept, scale[kept.line], (float(grid[0]), float(grid[-1])))
    kept = _at_zero(lines, kept, ~jump)
    return tuple(
        _axis(p, value, centre[p], grid, margins[p], kept, jump, bool(complete[p]))
        for p in range(len(centre))
    )


def _grid(points: int) -> Floats:
    tail = ndtr(_TAIL)
    return np.unique(np.concatenate([tail, np.linspace(0, 1, points)[1:-1], 1 - tail]))


def _dips(lines: Lines, places: Floats, margins: Floats) -> Brackets:
    """Changes between neighbours with equal verdicts, near places where the margin turns back before 0.

    Beside a change of the verdict it may turn back as well, between that and the next place.
    """
    found, size = verdicts(margins), np.abs(margins)
    alike = found[:, 1:] == found[:, :-1]
    left = np.where(alike[:, :-1], size[:, :-2], np.inf)
    right = np.where(alike[:, 1:], size[:, 2:], np.inf)
    middle = size[:, 1:-1]
    dips = (alike[:, :-1] | alike[:, 1:]) & (middle <= left) & (middle <= right)
    line, before = np.nonzero(dips & (middle < np.maximum(left, right)))
    low = places[line, before + ~alike[line, before]]
    high = places[line, before + 1 + alike[line, before + 1]]
    found_changes = [changes(line[:0], np.zeros((0, 2)), np.zeros((0, 2)))]
    for _ in range(_DIP_ROUNDS):
        if not len(line):
            break
        inside = low[:, None] + (high - low)[:, None] * (np.arange(SECTIONS + 1) / SECTIONS)
        at = lines(np.repeat(line, SECTIONS + 1), inside.ravel()).reshape(inside.shape)
        found_changes.append(changes(line, inside, at))
        lost = (verdicts(at) != verdicts(at[:, :1])).any(axis=1)
        closest = np.clip(np.argmin(np.abs(at), axis=1), 1, SECTIONS - 1)[:, None]
        low, high = (np.take_along_axis(inside, closest + step, 1)[:, 0] for step in (-1, 1))
        line, low, high = line[~lost], low[~lost], high[~lost]
    return join(*found_changes)


def _at_zero(lines: Lines, brackets: Brackets, roots: Bools) -> Brackets:
    """Roots at which margins close to 0 are set to 0, moved from the edge of the ties to where 0 is passed.

    A solver calls a tie what rounding might decide, so the verdict changes where the ties begin, some 1e-9
    before the root. The margin before the ties is made straight and followed to 0.
    """
    snapped = np.flatnonzero(roots & ((brackets.at_low == 0) | (brackets.at_high == 0)))
    if not len(snapped):
        return brackets
    mine = brackets.pick(snapped)
    forward = np.where(mine.at_high == 0, 1.0, -1.0)
    edge, at_edge = np.where(forward > 0, [mine.low, mine.at_low], [mine.high, mine.at_high])
    steps = np.array([-_BEFORE_TIES, _BEYOND_TIES])
    places = np.clip(edge[:, None] + forward[:, None] * steps, 0.0, 1.0)
    margins = lines(np.repeat(mine.line, len(steps)), places.ravel()).reshape(places.shape)
    with np.errstate(all="ignore"):
        slope = (at_edge - margins[:, 0]) / (edge - places[:, 0])
        zero = np.clip(edge - at_edge / slope, 0.0, 1.0)
    tied = (margins[:, 1] == 0) & (forward * (zero - edge) >= 0)  # and no lone 0 at the root itself
    found = tied & (np.abs(zero - edge) < _BEFORE_TIES)
    low, high = brackets.low.copy(), brackets.high.copy()
    low[snapped[found]] = high[snapped[found]] = zero[found]
    return Brackets(brackets.line, low, high, brackets.at_low, brackets.at_high)


def _axis(
    p: int,
    value: Value,
    centre: float,
    grid: Floats,
    margins: Floats,
    brackets: Brackets,
    jump: np.ndarray,
    complete: bool,
) -> Axis:
    own = brackets.line == p
    mine, jump = brackets.pick(own), jump[own]
    places = np.concatenate([grid[[0, -1]], mine.low, mine.high])
    values = np.asarray(value(p, places), np.float64)
    low_values, high_values = np.split(values[2:], 2)
    flips: list[Flip] = []
    for k in range(len(mine)):
        ends = [
            (float(mine.low[k]), float(low_values[k]), float(mine.at_low[k])),
            (float(mine.high[k]), float(high_values[k]), float(mine.at_high[k])),
        ]
        (last_u, last_value, last), (u, first_value, first) = ends if centre <= ends[0][0] else ends[::-1]
        states = verdicts(np.array([mine.at_low[k], mine.at_high[k]]))
        kind = "undefined" if UNDEFINED in states else "jump" if jump[k] else "root"
        above = None if states[1] == UNDEFINED else bool(states[1] == HOLDS)
        flips.append(Flip(kind, u, first_value, last_u, last_value, first, last, above))
    real = [flip for flip in flips if flip.kind != "undefined"]
    defined = margins[~np.isnan(margins)]
    return Axis(
        parameter=p,
        flips=tuple(flips),
        nearest=min(real, key=lambda flip: abs(flip.u - centre), default=None),
        lowest_value=float(values[0]),
        highest_value=float(values[1]),
        lowest_margin=float(margins[0]),
        highest_margin=float(margins[-1]),
        smallest_margin=float(defined.min()) if len(defined) else np.nan,
        largest_margin=float(defined.max()) if len(defined) else np.nan,
        undefined=1 - len(defined) / len(margins),
        is_complete=complete,
    )
