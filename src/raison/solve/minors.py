"""Vertices of the best-response polytopes of many two-player games at once, from bordered minors.

Let `D(I, J)` be the determinant of `[1 | A[I, J]]` for rows `I` and one column fewer, `J`, both in order. For
rows `I` and as many columns `J`, the mixed strategy `y` on `J` that makes the rows `I` equally good has, by
Cramer's rule,

    y_j  =  (-1)^q D(I, J without j) / S,  q the place of j in J,  S the sum of the numerators,

and a row `i` outside has a payoff lower than theirs by `(-1)^(k + later) D(I with i, J) / S`, where `k` is
the size and `later` counts the rows of `I` after `i`. So the signs of all bordered minors tell every vertex
of the polytope and its labels, and each minor is a short sum over those that are one smaller. All arrays
have the draws last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations
from math import comb, factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TIE = 1e-10
"""A regret of at most this part of the payoff range counts as none, a probability of at most this as 0."""
DOUBT = 1e-9
"""Ties that rounding errors of more than this part of the range could make are solved exactly."""
_EPS = float(np.finfo(np.float64).eps)

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Indices = NDArray[np.intp]
Bits = NDArray[np.int64]


class Level(NamedTuple):
    """What to do for supports of `k` strategies on both sides, `N` pairs of them.

    Attributes:
        rows: `[N, k]`, the rows that are made equally good.
        columns: `[N, k]`, the columns that are mixed.
        cells: `[k, M]`, cells of the flat table that the minors of this size take, one a term.
        smaller: `[k, M]`, minors of the size before that they are multiplied with.
        sign: `[k]`, of each term.
        shares: `[k, N]`, minors of the size before that are the numerators of `y`.
        others: `[m - k, N]`, minors of this size that are the slacks of the other rows.
        flips: `[m - k, N, 1]`, their signs.
        labels: `[m, N, 1]` int64, label of each numerator and slack: one bit, rows first, then columns.
        played: `[N, 1]` int64, rows and columns that must be available, as bits.
        every: All columns, as bits.
    """

    rows: Indices
    columns: Indices
    cells: Indices
    smaller: Indices
    sign: tuple[float, ...]
    shares: Indices
    others: Indices
    flips: Floats
    labels: Bits
    played: Bits
    every: int


class Found(NamedTuple):
    """What the minors say about one level: arrays over its `N` pairs of supports and the draws.

    Attributes:
        lowest: `[N, B]`, the least of all probabilities and slacks, times `size`; -inf where a strategy that
            is not available would be needed.
        size: `[N, B]`, absolute value of the common denominator.
        near: `[N, B]`, up to which absolute value a probability or slack times `size` counts as 0.
        rounding: `[B]`, bound of the rounding errors in all of them.
        before: Minors of the size before.
        minors: Minors of this size.
        side: `[N, B]`, sign of the denominator.
    """

    lowest: Floats
    size: Floats
    near: Floats
    rounding: Floats
    before: Floats
    minors: Floats
    side: Floats


def pairs_of_supports(m: int, n: int) -> int:
    """How many pairs of equally large supports a game of `m` by `n` strategies has."""
    return comb(m + n, n) - 1


@cache
def levels(m: int, n: int) -> tuple[Level, ...]:
    """The work for a table of `m` rows and `n` columns; size 1 first."""
    number: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {((i,), ()): i for i in range(m)}
    made: list[Level] = []
    for k in range(1, min(m, n) + 1):
        before, number = number, {}
        cells: list[list[int]] = [[] for _ in range(k + 1)]
        smaller: list[list[int]] = [[] for _ in range(k + 1)]
        for rows in combinations(range(m), k + 1):
            for columns in combinations(range(n), k):
                number[rows, columns] = len(number)
                for place, row in enumerate(rows):
                    cells[place].append(row * n + columns[-1])
                    smaller[place].append(before[rows[:place] + rows[place + 1 :], columns[:-1]])
        supports = [(i, j) for i in combinations(range(m), k) for j in combinations(range(n), k)]
        outside = [[i for i in range(m) if i not in rows] for rows, _ in supports]
        made.append(
            Level(
                rows=np.array([rows for rows, _ in supports]),
                columns=np.array([columns for _, columns in supports]),
                cells=np.array(cells, np.intp),
                smaller=np.array(smaller, np.intp),
                sign=tuple((-1.0) ** (place + k) for place in range(k + 1)),
                shares=np.array(
                    [[before[r, c[:q] + c[q + 1 :]] for r, c in supports] for q in range(k)], np.intp
                ),
                others=np.array(
                    [
                        [
                            number[tuple(sorted((*r, out[p]))), c]
                            for (r, c), out in zip(supports, outside, strict=True)
                        ]
                        for p in range(m - k)
                    ],
                    np.intp,
                ).reshape(m - k, len(supports)),
                flips=np.array(
                    [
                        [
                            (-1.0) ** (k + sum(i > out[p] for i in r))
                            for (r, _), out in zip(supports, outside, strict=True)
                        ]
                        for p in range(m - k)
                    ]
                ).reshape(m - k, len(supports), 1),
                labels=np.array(
                    [
                        [1 << (m + j) for j in c] + [1 << i for i in out]
                        for (_, c), out in zip(supports, outside, strict=True)
                    ],
                    np.int64,
                ).T[:, :, None],
                played=np.array([_bits(r) | _bits(c) << m for r, c in supports], np.int64)[:, None],
                every=_bits(range(n)) << m,
            )
        )
    return tuple(made)


def _bits(members: Iterable[int]) -> int:
    return sum(1 << member for member in members)


def scaled(table: Floats, rows: Truths | None, columns: Truths | None) -> tuple[Floats, Floats, Truths]:
    """Payoffs brought to [-1/2, 1/2] in each draw, which leaves the equilibria.

    Args:
        table: `[m, n, B]`.
        rows: `[m, B]`, which are available; None for all.
        columns: `[n, B]`, alike.

    Returns:
        The table, with 0 for what is not available; `[B]`, by how much the payoffs' own rounding is larger
        than that of numbers of size 1; `[B]`, whether all payoffs and their range are finite.
    """
    if rows is not None or columns is not None:
        open_ = np.ones((1, 1, 1), bool)
        open_ = open_ if rows is None else open_ & rows[:, None]
        open_ = open_ if columns is None else open_ & columns[None]
        high = np.where(open_, table, -np.inf).max(axis=(0, 1))
        low = np.where(open_, table, np.inf).min(axis=(0, 1))
    else:
        open_ = None
        high, low = table.max(axis=(0, 1)), table.min(axis=(0, 1))
    with np.errstate(invalid="ignore", over="ignore"):
        spread = high - low
        fine = np.isfinite(spread)
        with np.errstate(divide="ignore"):
            factor = np.where(fine & (spread > 0), 1 / spread, 0.0)
        middle = np.where(fine, low + spread / 2, 0.0)
        made = (table - middle) * factor
        coarse = np.maximum(1.0, np.maximum(abs(high), abs(low)) * factor)
    if open_ is not None or not fine.all():
        made = np.where(fine if open_ is None else fine & open_, made, 0.0)
    return made, np.where(fine, coarse, 1.0), fine


def find(table: Floats, coarse: Floats, open_: Bits | None) -> Iterator[tuple[Level, Found]]:
    """Go through all pairs of supports, the smallest first.

    Args:
        table: `[m, n, B]` from `scaled`.
        coarse: `[B]` from `scaled`.
        open_: `[B]`, which rows and columns are available, as bits; None for all.

    Yields:
        A level, and what was found.
    """
    m, n, batch = table.shape
    flat = table.reshape(m * n, batch)
    minors = np.ones((m, batch))
    for k, level in enumerate(levels(m, n), start=1):
        before, minors = minors, _next(level, flat, minors)
        total = np.zeros((level.shares.shape[1], batch))
        for place, numbers in enumerate(level.shares):
            if place % 2:
                total -= before[numbers]
            else:
                total += before[numbers]
        side = np.copysign(1.0, total)
        size = np.abs(total, out=total)
        lowest = np.full_like(size, np.inf)
        for place, (value, label) in enumerate(
            zip(numerators(level, before, minors), level.labels, strict=True)
        ):
            value *= side
            if open_ is not None and place >= k:
                value[(label & open_) == 0] = np.inf
            np.minimum(lowest, value, out=lowest)
        if open_ is not None:
            lowest[(level.played & ~open_) != 0] = -np.inf
        # each minor has (k + 1)! products of k entries of at most 1/2
        rounding = (8 * _EPS * factorial(k + 1) / 2**k) * coarse
        yield level, Found(lowest, size, TIE * size + rounding, rounding, before, minors, side)


def _next(level: Level, flat: Floats, before: Floats) -> Floats:
    """The minors of one size more, expanded along their last column."""
    minors = np.zeros((level.cells.shape[1], flat.shape[1]))
    for sign, cells, smaller in zip(level.sign, level.cells, level.smaller, strict=True):
        term = flat[cells]
        term *= before[smaller]
        if sign > 0:
            minors += term
        else:
            minors -= term
    return minors


def numerators(level: Level, before: Floats, minors: Floats) -> Iterator[Floats]:
    """Numerators of the probabilities on the columns, then slacks of the other rows; each `[N, B]`, new."""
    for place, numbers in enumerate(level.shares):
        yield -before[numbers] if place % 2 else before[numbers]
    for numbers, flip in zip(level.others, level.flips, strict=True):
        yield minors[numbers] * flip


def labels_at(level: Level, found: Found, pair: Indices, draw: Indices) -> tuple[Bits, Truths]:
    """Labels of vertices.

    Args:
        level: The level.
        found: What was found there.
        pair: `[V]`, numbers of pairs of supports.
        draw: `[V]`, draws.

    Returns:
        `[V]` labels as bits: rows that are best replies, then columns that are not played; and `[V]`, whether
        rounding leaves it open if one of them holds.
    """
    near = found.near[pair, draw]
    vague = DOUBT * found.size[pair, draw] < found.rounding[draw]
    doubtful = np.zeros(len(pair), bool)
    labels = level.played[pair, 0] ^ level.every
    k = len(level.shares)
    for place, label in enumerate(level.labels):
        if place < k:
            value = found.before[level.shares[place][pair], draw]
        else:
            value = found.minors[level.others[place - k][pair], draw]
        tight = abs(value) <= near
        labels |= np.where(tight, label[pair, 0], 0)
        doubtful |= tight & vague
    return labels, doubtful
