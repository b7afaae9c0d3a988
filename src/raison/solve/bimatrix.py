"""All Nash equilibria of many small two-player games at once.

Most games are nondegenerate: their equilibria are isolated, odd in number, and have supports of equal size on
both sides, which the signs of bordered minors tell (see `minors`). Where a tie may decide, the draw is set
apart: all vertices of both best-response polytopes are labelled with a tolerance, and the pairs that have all
labels are the extreme equilibria, whose convex sets are all equilibria (see `extremes`). What rounding leaves
open is solved once more in exact arithmetic (see `rational`).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.solve.enumeration import Entries, enumerate_equilibria, regrets
from raison.solve.extremes import make_components
from raison.solve.minors import Floats, Indices, Truths, pairs_of_supports, scaled
from raison.solve.rational import solve_exactly
from raison.solve.two_by_two import solve_two_by_two

MOST_STRATEGIES = 16
"""Strategies of both players together up to which draws are solved in batch; larger games one by one."""
_CELLS = 60_000
"""Pairs of supports times draws that one thread works on at once."""

SOLVED, DEGENERATE, NOT_FINITE, NO_STRATEGY = range(4)
REASONS = (
    "all equilibria, each isolated",
    "a tie at an equilibrium: the extreme equilibria, which span all others",
    "a payoff is not finite, or the range of a player's payoffs is not; give finite ones.",
    "a player has no available strategy; make one available.",
)
"""Sentences that the status indexes."""


class BimatrixSolution(NamedTuple):
    """All extreme equilibria of `B` games; at most `K` in one.

    Attributes:
        x: `[K, m, B]` float64, strategies of player 1; 0 from the draw's count on.
        y: `[K, n, B]` float64, strategies of player 2.
        count: `[B]` int32, extreme equilibria. They come in order of how many strategies are played, then
            earlier strategies first.
        status: `[B]` int8, index into `REASONS`.
        residual: `[B]` float64, largest regret of a player at an equilibrium, as part of his payoff range;
            nan where there is none.
    """

    x: Floats
    y: Floats
    count: NDArray[np.int32]  # pyright: ignore[reportIncompatibleMethodOverride]
    status: NDArray[np.int8]
    residual: Floats


def solve_bimatrix(
    a: Floats,
    b: Floats,
    *,
    rows: Truths | None = None,
    columns: Truths | None = None,
    exact: Literal["doubtful", "degenerate", "all"] = "doubtful",
) -> BimatrixSolution:
    """All Nash equilibria of two-player games, in batch.

    Args:
        a: `[m, n, B]` float64, payoffs of player 1.
        b: `[m, n, B]` float64, payoffs of player 2.
        rows: `[m, B]` bool, which strategies of player 1 are available; None for all. Payoffs of others are
            not looked at.
        columns: `[n, B]` bool, which of player 2 are.
        exact: Which draws are solved in exact arithmetic, a few hundred a second: those that rounding
            leaves open, those too in which payoffs tie, or all. Exact arithmetic takes every float at its
            word: payoffs that differ in the last digit do not tie there.

    Returns:
        The solution. A bad draw has status, no equilibria, and harms no other.

    Raises:
        TypeError: a table is not float64.
        ValueError: the tables or masks differ in shape, or are empty.

    Accuracy: the largest regret is in `residual`, at most `MOST_REGRET` (see `enumeration`). Payoffs within
        `TIE` of the range tie.

    Source: support enumeration for nondegenerate games, e.g. von Stengel (2007), "Equilibrium computation for
        two-player games", section 3; Avis, Rosenberg, Savani and von Stengel (2010) for the others.
    """
    a, b, rows, columns = _checked(a, b, rows, columns)
    m, n, _ = a.shape
    if m + n > MOST_STRATEGIES:
        exact = "all"
    if m == n == 2 and rows is None and columns is None and exact != "all":
        solution, left = solve_two_by_two(a, b)
        found = BimatrixSolution(*solution)
        if not left.size:
            return found
        rest = _general(a[..., left], b[..., left], None, None, exact)
        return _merged(found, left, rest)
    return _general(a, b, rows, columns, exact)


def components(solution: BimatrixSolution, draw: int) -> tuple[tuple[tuple[Floats, Floats], ...], ...]:
    """The connected sets of equilibria of one draw.

    Args:
        solution: Of `solve_bimatrix`.
        draw: Number of the draw.

    Returns:
        For each component its maximal Nash subsets, each as `[U, m]` strategies of player 1 and `[V, n]` of
        player 2: all mixtures of the first are equilibria with all mixtures of the second.
    """
    count = int(solution.count[draw])
    sides = [np.ascontiguousarray(side[:count, :, draw]) for side in (solution.x, solution.y)]
    numbers: list[dict[bytes, int]] = [{}, {}]  # one vertex has the same bits wherever it comes
    pairs = [
        tuple(
            known.setdefault(side[k].tobytes(), len(known))
            for known, side in zip(numbers, sides, strict=True)
        )
        for k in range(count)
    ]
    distinct = [np.array([np.frombuffer(key) for key in known]) for known in numbers]
    return tuple(
        tuple((distinct[0][list(xs)], distinct[1][list(ys)]) for xs, ys in component.subsets)
        for component in make_components([(x, y) for x, y in pairs])
    )


def _checked(
    a: Floats, b: Floats, rows: Truths | None, columns: Truths | None
) -> tuple[Floats, Floats, Truths | None, Truths | None]:
    a, b = np.asarray(a), np.asarray(b)
    for table in (a, b):
        if table.dtype != np.float64:
            raise TypeError(f"payoff tables must be float64; got {table.dtype}; convert them.")
    if a.ndim != 3 or a.shape != b.shape or not a.size:
        raise ValueError(
            f"two tables [m, n, B] of one shape are needed; got {list(a.shape)} and {list(b.shape)}."
        )
    masks: list[Truths | None] = []
    for name, mask, size in (("rows", rows, a.shape[0]), ("columns", columns, a.shape[1])):
        made = None if mask is None else np.asarray(mask)
        if made is not None and (made.dtype != np.bool_ or made.shape != (size, a.shape[2])):
            raise ValueError(
                f"{name} must be [{size}, {a.shape[2]}] bool; got {list(made.shape)} {made.dtype}."
            )
        masks.append(None if made is None or made.all() else made)
    return a, b, masks[0], masks[1]


def _general(
    a: Floats, b: Floats, rows: Truths | None, columns: Truths | None, exact: str
) -> BimatrixSolution:
    """Solve in chunks on all processors, and in exact arithmetic the draws that ask for it."""
    batch = a.shape[2]
    status = np.zeros(batch, np.int8)
    masks: list[Truths | None] = [rows, columns]
    for side, mask in enumerate(masks):
        if mask is not None:
            empty = ~mask.any(axis=0)
            status[empty] = NO_STRATEGY
            masks[side] = mask | empty
    in_floats = sum(a.shape[:2]) <= MOST_STRATEGIES
    found = _in_chunks(a, b, masks[0], masks[1]) if in_floats else _nothing(a, b, masks[0], masks[1])
    status[(status == SOLVED) & ~found.finite] = NOT_FINITE
    again = {"doubtful": found.doubtful, "degenerate": found.tied | found.doubtful}.get(exact, True)
    left = np.flatnonzero((status == SOLVED) & again)
    keep = status[found.draw] == SOLVED
    keep[np.isin(found.draw, left)] = False
    status[(status == SOLVED) & found.degenerate] = DEGENERATE
    draw, x, y, regret = found.draw[keep], found.x[keep], found.y[keep], found.regret[keep]
    if left.size:
        solved, degenerate = _exactly(a, b, masks[0], masks[1], left)
        status[left] = np.where(degenerate, DEGENERATE, SOLVED)
        draw, x = np.concatenate([draw, solved[0]]), np.concatenate([x, solved[1]])
        y, regret = np.concatenate([y, solved[2]]), np.concatenate([regret, solved[3]])
        order = np.argsort(draw, kind="stable")
        draw, x, y, regret = draw[order], x[order], y[order], regret[order]
    return _padded(draw, x, y, regret, status)


def _in_chunks(a: Floats, b: Floats, rows: Truths | None, columns: Truths | None) -> Entries:
    m, n, batch = a.shape
    chunk = max(16, _CELLS // pairs_of_supports(m, n))
    starts = range(0, batch, chunk)

    def solve_chunk(start: int) -> Entries:
        part = slice(start, start + chunk)
        masks = [None if mask is None else mask[:, part] for mask in (rows, columns)]
        found = enumerate_equilibria(a[..., part], b[..., part], masks[0], masks[1])
        return found._replace(draw=found.draw + start)

    if len(starts) == 1:
        return solve_chunk(0)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(solve_chunk, starts))
    return Entries(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))


def _nothing(a: Floats, b: Floats, rows: Truths | None, columns: Truths | None) -> Entries:
    """What is known of draws that are not solved in floats: whether they are finite."""
    m, n, batch = a.shape
    none, never = np.zeros(0, np.intp), np.zeros(batch, bool)
    finite = scaled(a, rows, columns)[2] & scaled(b, rows, columns)[2]
    return Entries(none, np.zeros((0, m)), np.zeros((0, n)), np.zeros(0), never, ~never, never, finite)


def _exactly(
    a: Floats, b: Floats, rows: Truths | None, columns: Truths | None, draws: Indices
) -> tuple[tuple[Indices, Floats, Floats, Floats], Truths]:
    """Draws in exact arithmetic: equilibria as draw, strategies and regret; which draws are degenerate."""
    m, n, _ = a.shape
    draw: list[int] = []
    equilibria: list[tuple[list[float], list[float]]] = []
    degenerate = np.zeros(len(draws), bool)
    for k, d in enumerate(draws.tolist()):
        found = solve_exactly(
            a[..., d].tolist(),
            b[..., d].tolist(),
            rows=None if rows is None else rows[:, d].tolist(),
            columns=None if columns is None else columns[:, d].tolist(),
        )
        degenerate[k] = found.degenerate
        draw += [d] * len(found.pairs)
        equilibria += [([float(p) for p in x], [float(q) for q in y]) for x, y in found.equilibria]
    at = np.array(draw)
    x = np.array([x for x, _ in equilibria]).reshape(-1, m)
    y = np.array([y for _, y in equilibria]).reshape(-1, n)
    return (at, x, y, regrets(a, b, at, x, y, rows, columns)), degenerate


def _padded(
    draw: Indices, x: Floats, y: Floats, regret: Floats, status: NDArray[np.int8]
) -> BimatrixSolution:
    """Bring equilibria, one a row in the order of their draws, to arrays with the draws last."""
    batch = len(status)
    count = np.bincount(draw, minlength=batch)
    starts = np.cumsum(count) - count
    place = np.arange(len(draw)) - starts[draw]
    most = max(1, int(count.max()))
    wide = [np.zeros((most, side.shape[1], batch)) for side in (x, y)]
    for whole, side in zip(wide, (x, y), strict=True):
        whole[place, :, draw] = side
    residual = np.full(batch, np.nan)
    some = np.flatnonzero(count)
    if some.size:
        residual[some] = np.maximum.reduceat(regret, starts[some])
    return BimatrixSolution(wide[0], wide[1], count.astype(np.int32), status, residual)


def _merged(found: BimatrixSolution, at: Indices, rest: BimatrixSolution) -> BimatrixSolution:
    """Put the draws of another solution in their places."""
    most = max(found.x.shape[0], rest.x.shape[0])
    sides: list[Floats] = []
    for whole, part in ((found.x, rest.x), (found.y, rest.y)):
        wide = whole
        if most > len(whole):
            wide = np.concatenate([whole, np.zeros((most - len(whole), *whole.shape[1:]))])
        wide[:, :, at] = 0.0
        wide[: len(part), :, at] = part
        sides.append(wide)
    for whole, part in zip(found[2:], rest[2:], strict=True):
        whole[at] = part
    return BimatrixSolution(sides[0], sides[1], *found[2:])
