"""Corners of small polytopes, many at once: sets of beliefs and of mixing probabilities are polytopes.

A row is `constant + coefficients . z`, an array `[1 + n, B]`. Corners of the points where some rows vanish
and others are not negative are found the plain way: every choice of `n` rows that holds all equations is
solved, and kept where the rest holds. That is exact and fast for the handful of unknowns of a small game.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from raison.solve.sequential.numbers import SLACK, Floats, Truths

MAX_NUMBERS = 4_000_000
"""Numbers of the linear systems that are held in memory together."""
_SINGULAR = 1e-11  # a pivot below this share of its row's largest coefficient


@dataclass(frozen=True, eq=False, slots=True)
class Corners:
    """Corners of `B` polytopes in `n` unknowns, `V` at most.

    Attributes:
        points: `[n, V, B]`.
        valid: `[V, B]`, which of them are corners; the same one may come several times.
        slack: `[V, B]`, by how much a corner violates a row, from rounding.
        tight: `[B]`, at some corner a row vanishes that need not.
    """

    points: Floats
    valid: Truths
    slack: Floats
    tight: Truths

    @property
    def some(self) -> Truths:
        """`[B]`, the polytope is not empty."""
        return np.asarray(self.valid.any(axis=0))

    def bounds(self, numbers: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean, least and greatest of numbers `[..., V, B]` over the corners."""
        low = np.where(self.valid, numbers, np.inf).min(axis=-2)
        high = np.where(self.valid, numbers, -np.inf).max(axis=-2)
        total = np.where(self.valid, numbers, 0.0).sum(axis=-2)
        mean = total / np.maximum(self.valid.sum(axis=0), 1)
        return np.clip(mean, low, high), low, high

    @property
    def worst(self) -> Floats:
        """`[B]`, the largest violation at a corner."""
        return np.where(self.valid, self.slack, 0.0).max(axis=0)


def corners(equal: Floats, least: Floats, *, every: bool = False) -> Corners:
    """The corners of the points where the rows of `equal` vanish and those of `least` are not negative.

    Args:
        equal: `[E, 1 + n, B]`; without `every`, more than `n` have no common zero.
        least: `[L, 1 + n, B]`, with rows that bound the points.
        every: Whether equations may depend on each other, as where payoffs tie; then any `n` rows are tried.

    Accuracy: rows are taken to be of size one; they hold up to `SLACK`.
    """
    unknowns, batch = least.shape[1] - 1, least.shape[2]
    rows = np.concatenate([equal, least])
    chosen = _choices(len(equal), len(rows), unknowns, every)
    if not chosen:
        nothing = np.zeros((0, batch))
        return Corners(np.zeros((unknowns, 0, batch)), nothing > 0, nothing, np.zeros(batch, bool))
    step = max(1, MAX_NUMBERS // (len(chosen) * max(1, unknowns * (unknowns + 1) + len(rows))))
    parts = [
        _corners(rows[..., at : at + step], len(equal), chosen, unknowns) for at in range(0, batch, step)
    ]
    if len(parts) == 1:
        return parts[0]
    fields = zip(*((p.points, p.valid, p.slack, p.tight) for p in parts), strict=True)
    return Corners(*(np.concatenate(field, axis=-1) for field in fields))


def _choices(equations: int, rows: int, unknowns: int, every: bool) -> list[tuple[int, ...]]:
    if every:
        return list(combinations(range(rows), unknowns))
    if equations > unknowns:
        return []
    fixed = tuple(range(equations))
    return [(*fixed, *more) for more in combinations(range(equations, rows), unknowns - equations)]


def _corners(rows: Floats, equations: int, chosen: list[tuple[int, ...]], unknowns: int) -> Corners:
    batch = rows.shape[2]
    count = len(chosen)
    if unknowns:
        picked = rows[np.array(chosen).T]  # [n, V, 1 + n, B]
        matrix = picked[:, :, 1:].transpose(0, 2, 1, 3).reshape(unknowns, unknowns, count * batch)
        right = -picked[:, :, 0].reshape(unknowns, count * batch)
        point, regular = solve_systems(matrix, right)
        point, regular = point.reshape(unknowns, count, batch), regular.reshape(count, batch)
    else:
        point, regular = np.zeros((0, count, batch)), np.ones((count, batch), bool)
    number = rows[:, None, 0] + np.einsum("rnb,nvb->rvb", rows[:, 1:], point)  # [rows, V, B]
    slack = np.abs(number[:equations]).max(axis=0, initial=0.0)
    slack = np.maximum(slack, (-number[equations:]).max(axis=0, initial=0.0))
    valid = regular & (slack <= SLACK)
    used = np.zeros((len(rows), count, 1), bool)
    for index, choice in enumerate(chosen):
        used[list(choice), index] = True
    near = (np.abs(number) <= 10 * SLACK) & ~used
    return Corners(point, valid, slack, (near[equations:].any(axis=0) & valid).any(axis=0))


def solve_systems(matrix: Floats, right: Floats) -> tuple[Floats, Truths]:
    """Solve many small linear systems by elimination with partial pivoting.

    Args:
        matrix: `[n, n, N]`.
        right: `[n, N]`.

    Returns:
        The solutions `[n, N]` and where the matrix is regular `[N]`; elsewhere they are 0.
    """
    size, batch = right.shape
    scale = np.abs(matrix).max(axis=1)
    regular = (scale > 0).all(axis=0)
    table = np.concatenate([matrix, right[:, None]], axis=1) / np.where(scale > 0, scale, 1.0)[:, None]
    every = np.arange(batch)
    for k in range(size):
        pivot = k + np.abs(table[k:, k]).argmax(axis=0)
        if k + 1 < size:
            top = table[pivot, :, every].T.copy()
            table[pivot, :, every] = table[k].T
            table[k] = top
        lead = table[k, k]
        regular &= np.abs(lead) > _SINGULAR
        table[k, k:] = table[k, k:] / np.where(np.abs(lead) > _SINGULAR, lead, 1.0)
        for i in range(k + 1, size):
            table[i, k:] -= table[i, k] * table[k, k:]
    found = np.zeros((size, batch))
    for k in range(size - 1, -1, -1):
        found[k] = table[k, size] - (table[k, k + 1 : size] * found[k + 1 :]).sum(axis=0)
    return np.where(regular, found, 0.0), regular
