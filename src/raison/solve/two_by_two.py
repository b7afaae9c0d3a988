"""All Nash equilibria of nondegenerate 2 x 2 games, in closed form.

Only four differences count: what each player gains by his first strategy against each of the other's. If no
player's two change sign there is one equilibrium, in pure strategies; if both players' do, one in mixed
strategies, with two in pure strategies beside it or none.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from raison.solve.minors import TIE, Floats, Indices

CHUNK = 8_192
"""Draws that one thread solves at once; their arrays stay in the processor's cache."""
_EPS = float(np.finfo(np.float64).eps)

Solved = tuple[Floats, Floats, NDArray[np.int32], NDArray[np.int8], Floats]


def solve_two_by_two(a: Floats, b: Floats) -> tuple[Solved, Indices]:
    """Solve the draws in which nothing ties.

    Args:
        a: `[2, 2, B]` float64, payoffs of player 1.
        b: `[2, 2, B]` float64, payoffs of player 2.

    Returns:
        Strategies `[3, 2, B]` of both players, count, status and residual `[B]` as in `BimatrixSolution`; and
        the draws that were left, because of a tie or a payoff that is not finite: their numbers have no
        meaning.
    """
    batch = a.shape[2]
    solved = (
        np.zeros((3, 2, batch)),
        np.zeros((3, 2, batch)),
        np.empty(batch, np.int32),
        np.zeros(batch, np.int8),
        np.empty(batch),
    )

    def solve_chunk(start: int) -> Indices:
        part = slice(start, start + CHUNK)
        with np.errstate(all="ignore"):
            clear = _solve(
                a[..., part],
                b[..., part],
                solved[0][..., part],
                solved[1][..., part],
                solved[2][part],
                solved[4][part],
            )
        return start + np.flatnonzero(~clear)

    starts = range(0, batch, CHUNK)
    if len(starts) == 1:
        return solved, solve_chunk(0)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        left = list(pool.map(solve_chunk, starts))
    return solved, np.concatenate(left)


def _range(table: Floats) -> tuple[Floats, Floats]:
    """Range of the payoffs, and up to which size a difference of two may be a tie."""
    high = np.maximum(np.maximum(table[0, 0], table[0, 1]), np.maximum(table[1, 0], table[1, 1]))
    low = np.minimum(np.minimum(table[0, 0], table[0, 1]), np.minimum(table[1, 0], table[1, 1]))
    spread = high - low
    near = np.maximum(high, -low)
    near *= 16 * _EPS
    near += 2 * TIE * spread
    return spread, near


def _mixture(first: Floats, second: Floats, which: NDArray[np.bool_]) -> Floats:
    """The weight of the first strategy at which gains balance; 0 where there is none."""
    return np.where(which, second / (second - first), 0.0)


def _solve(
    a: Floats, b: Floats, x: Floats, y: Floats, count: NDArray[np.int32], residual: Floats
) -> NDArray[np.bool_]:
    """Fill in the solution of a chunk, and tell the draws that are clear."""
    own = a[0, 0] - a[1, 0], a[0, 1] - a[1, 1]  # gain of row 0 against each column
    other = b[0, 0] - b[0, 1], b[1, 0] - b[1, 1]  # gain of column 0 against each row
    spread_a, near_a = _range(a)
    spread_b, near_b = _range(b)
    clear = np.minimum(np.abs(own[0]), np.abs(own[1])) > near_a
    clear &= np.minimum(np.abs(other[0]), np.abs(other[1])) > near_b
    clear &= np.isfinite(spread_a + spread_b)
    up = own[0] > 0, own[1] > 0
    left = other[0] > 0, other[1] > 0
    mixed = (up[0] ^ up[1]) & (left[0] ^ left[1])
    three = mixed & (up[0] == left[0])
    alone = mixed ^ three
    count[...] = 1
    count += three
    count += three
    p = _mixture(other[0], other[1], mixed)  # of row 0
    q = _mixture(own[0], own[1], mixed)  # of column 0
    to_left = np.where(up[0] | three, left[0], left[1])  # the first equilibrium in pure strategies
    to_up = np.where(to_left, up[0], up[1])
    np.copyto(x[0, 0], to_up)
    np.copyto(y[0, 0], to_left)
    np.copyto(x[0, 0], p, where=alone)
    np.copyto(y[0, 0], q, where=alone)
    np.subtract(1.0, x[0, 0], out=x[0, 1])
    np.subtract(1.0, y[0, 0], out=y[0, 1])
    np.copyto(x[1, 1], three)
    np.copyto(y[1, 0], three & ~up[0])
    np.copyto(y[1, 1], three & up[0])
    np.multiply(p, three, out=x[2, 0])
    np.multiply(q, three, out=y[2, 0])
    np.subtract(three, x[2, 0], out=x[2, 1])
    np.subtract(three, y[2, 0], out=y[2, 1])
    np.maximum(_regret(own, p, q, spread_a), _regret(other, q, p, spread_b), out=residual)
    residual *= mixed
    return clear


def _regret(gain: tuple[Floats, Floats], own: Floats, other: Floats, spread: Floats) -> Floats:
    """Regret of a player who plays his first strategy with weight `own`."""
    mean = gain[1] + (gain[0] - gain[1]) * other
    return np.maximum(mean * (1.0 - own), -mean * own) / spread
