"""All extreme equilibria of one chunk of two-player games, in floats."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import NamedTuple

import numpy as np

from raison.solve.minors import Bits, Floats, Indices, Truths, find, labels_at, levels, scaled

MOST_REGRET = 5e-10
"""A float solution with a larger regret, as part of the payoff range, is not taken."""
_BITS = 32  # more than the strategies of both players in a game that is solved in batch


class Entries(NamedTuple):
    """Equilibria of a chunk of draws, one a row.

    Attributes:
        draw: `[E]`, the draw that each is of, ascending.
        x: `[E, m]`, strategies of player 1.
        y: `[E, n]`, strategies of player 2.
        regret: `[E]`, the larger regret of the two players, as part of the payoff range.
        degenerate: `[B]` bool, a tie at an equilibrium of the draw.
        doubtful: `[B]` bool, rounding leaves the equilibria open.
        tied: `[B]` bool, payoffs tie at a vertex, whether or not it belongs to an equilibrium.
        finite: `[B]` bool.
    """

    draw: Indices
    x: Floats
    y: Floats
    regret: Floats
    degenerate: Truths
    doubtful: Truths
    tied: Truths
    finite: Truths


class _Vertices(NamedTuple):
    """Vertices of one player's polytope, one a row: draw, labels, size and number of the pair of supports."""

    draw: Indices
    labels: Bits
    size: Indices
    pair: Indices


def enumerate_equilibria(a: Floats, b: Floats, rows: Truths | None, columns: Truths | None) -> Entries:
    """All extreme equilibria of a chunk of draws.

    Args:
        a: `[m, n, B]` float64, payoffs of player 1.
        b: `[m, n, B]` float64, payoffs of player 2.
        rows: `[m, B]` bool, which strategies of player 1 are available, at least one; None for all.
        columns: `[n, B]` bool, which of player 2 are.

    Returns:
        The equilibria. A doubtful or not finite draw may have wrong ones.
    """
    m, n, batch = a.shape
    first, coarse_first, finite = scaled(a, rows, columns)
    second, coarse_second, also = scaled(b, rows, columns)
    tables = first, np.ascontiguousarray(second.swapaxes(0, 1))
    coarse = coarse_first, coarse_second
    open_ = _open(m, n, batch, rows, columns)
    found, tied = _nondegenerate(tables, coarse, None if rows is None and columns is None else open_)
    tied &= finite & also
    found = _of(found, ~tied[found.draw] & (finite & also)[found.draw])
    degenerate, doubtful = np.zeros(batch, bool), np.zeros(batch, bool)
    x, y = (
        _mixed(tables[1], found.draw, found.size, found.first),
        _mixed(tables[0], found.draw, found.size, found.second),
    )
    draw = found.draw
    left = np.flatnonzero(tied)
    if left.size:
        parts = (np.ascontiguousarray(tables[0][..., left]), np.ascontiguousarray(tables[1][..., left]))
        more, their_x, their_y, overlap, doubt = _degenerate(parts, [c[left] for c in coarse], open_[left])
        draw = np.concatenate([draw, left[more]])
        x, y = np.concatenate([x, their_x]), np.concatenate([y, their_y])
        degenerate[left], doubtful[left] = overlap, doubt
    order = np.argsort(draw, kind="stable")
    draw, x, y = draw[order], x[order], y[order]
    regret = np.maximum(_regret(tables[0], draw, x, y, rows), _regret(tables[1], draw, y, x, columns))
    doubtful[draw[~(regret <= MOST_REGRET)]] = True
    doubtful |= finite & also & (np.bincount(draw, minlength=batch) == 0)
    return Entries(draw, x, y, regret, degenerate, doubtful, tied, finite & also)


def _open(m: int, n: int, batch: int, rows: Truths | None, columns: Truths | None) -> Bits:
    """`[B]`, available strategies as bits: player 1's first."""
    bits = np.zeros(batch, np.int64)
    for at, size, mask in ((0, m, rows), (m, n, columns)):
        for k in range(size):
            bits |= (1 << (at + k)) if mask is None else mask[k].astype(np.int64) << (at + k)
    return bits


def _swapped(bits: Bits, m: int, n: int) -> Bits:
    """Bits of `m` strategies and then `n`, with the players in the other order."""
    return (bits >> m) | ((bits & ((1 << m) - 1)) << n)


class _Equal(NamedTuple):
    """Equilibria with supports of equal size: draw, size, and numbers of the pairs of supports."""

    draw: Indices
    size: Indices
    first: Indices
    second: Indices


def _of(found: _Equal, chosen: Truths) -> _Equal:
    return _Equal(*(field[chosen] for field in found))


def _nondegenerate(
    tables: tuple[Floats, Floats], coarse: tuple[Floats, Floats], open_: Bits | None
) -> tuple[_Equal, Truths]:
    """Pairs of supports that make an equilibrium beyond doubt, and the draws in which something ties.

    Such a draw is one with a vertex, of either polytope, that may have more labels than it has to.
    """
    m, n, batch = tables[0].shape
    tied, count = np.zeros(batch, bool), np.zeros(batch, np.int64)
    found: list[_Equal] = []
    swapped = None if open_ is None else _swapped(open_, m, n)
    both = zip(find(tables[0], coarse[0], open_), find(tables[1], coarse[1], swapped), strict=True)
    for size, ((_, second), (_, first)) in enumerate(both, start=1):
        strict: list[Truths] = []
        for side in (second, first):
            strict.append(side.lowest > side.near)
            tied |= ((side.lowest >= -side.near) & ~strict[-1]).any(axis=0)
        supports = comb(m, size), comb(n, size)
        turned = strict[1].reshape(*supports[::-1], batch).swapaxes(0, 1).reshape(-1, batch)
        hit = strict[0] & turned
        count += hit.sum(axis=0)
        pair, draw = np.nonzero(hit)
        one, other = np.divmod(pair, supports[1])
        found.append(_Equal(draw, np.full(len(pair), size), other * supports[0] + one, pair))
    tied |= count % 2 == 0  # a nondegenerate game has an odd number (Lemke and Howson 1964)
    return _Equal(*(np.concatenate(fields) for fields in zip(*found, strict=True))), tied


def _degenerate(
    tables: tuple[Floats, Floats], coarse: Sequence[Floats], open_: Bits
) -> tuple[Indices, Floats, Floats, Truths, Truths]:
    """Extreme equilibria from all vertices: draws, strategies; and per draw if it is degenerate, doubtful."""
    m, n, batch = tables[0].shape
    swapped = _swapped(open_, m, n)
    ys, doubt_second = _vertices(tables[0], coarse[0], open_)
    xs, doubt_first = _vertices(tables[1], coarse[1], swapped)
    labels = _swapped(xs.labels, n, m), ys.labels
    partners = np.bincount(ys.draw, minlength=batch)
    each = partners[xs.draw]
    one = np.repeat(np.arange(len(each)), each)
    other = (np.cumsum(partners) - partners)[xs.draw[one]]
    other += np.arange(len(one)) - (np.cumsum(each) - each)[one]
    hit = labels[0][one] | labels[1][other] == open_[xs.draw[one]]
    one, other = one[hit], other[hit]
    overlap = np.zeros(batch, bool)
    overlap[xs.draw[one[labels[0][one] & labels[1][other] != 0]]] = True
    draw = xs.draw[one]
    x = _mixed(tables[1], draw, xs.size[one], xs.pair[one])
    y = _mixed(tables[0], draw, ys.size[other], ys.pair[other])
    played = (x > 0).sum(axis=1) + (y > 0).sum(axis=1)
    keys = [side.round(9)[:, ::-1].T for side in (y, x)]  # no order that rounding decides
    order = np.lexsort([*-keys[0], *-keys[1], *(keys[0] == 0), *(keys[1] == 0), played, draw])
    return draw[order], x[order], y[order], overlap, doubt_first | doubt_second


def _vertices(table: Floats, coarse: Floats, open_: Bits) -> tuple[_Vertices, Truths]:
    """All vertices of one polytope in each draw, each once, and the draws where rounding leaves it open."""
    doubtful = np.zeros(table.shape[2], bool)
    parts: list[_Vertices] = []
    for size, (level, found) in enumerate(find(table, coarse, open_), start=1):
        pair, draw = np.nonzero((found.lowest >= -found.near) & (found.size > found.rounding))
        labels, doubt = labels_at(level, found, pair, draw)
        doubtful[draw[doubt]] = True
        parts.append(_Vertices(draw, labels & open_[draw], np.full(len(pair), size), pair))
    whole = _Vertices(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))
    # of the pairs of supports that give one vertex the smallest comes first, and is kept
    _, kept = np.unique((whole.draw << _BITS) | whole.labels, return_index=True)
    return _Vertices(*(field[kept] for field in whole)), doubtful


def _mixed(table: Floats, draw: Indices, size: Indices, pair: Indices) -> Floats:
    """`[V, n]`, the mixed strategies on the table's columns that pairs of supports give."""
    m, n, _ = table.shape
    mixed = np.zeros((len(draw), n))
    for k, level in enumerate(levels(m, n), start=1):
        at = np.flatnonzero(size == k)
        rows, columns = level.rows[pair[at]], level.columns[pair[at]]
        part = table[rows[:, :, None], columns[:, None, :], draw[at, None, None]]
        gaps = part[:, :-1] - part[:, -1:]
        if k == 1:
            shares = np.ones((len(at), 1))
        elif k == 2:
            shares = gaps[:, 0, ::-1] / (gaps[:, 0, ::-1] - gaps[:, 0])
        else:
            shares = _solved(gaps)
        shares = np.maximum(shares, 0.0)
        mixed[at[:, None], columns] = shares / shares.sum(axis=1, keepdims=True)
    return mixed


def _solved(gaps: Floats) -> Floats:
    """`[V, k]`, numbers with sum 1 that every row of gaps `[V, k - 1, k]` makes 0; nan if there are none."""
    count, _, k = gaps.shape
    system = np.concatenate([gaps, np.ones((count, 1, k))], axis=1)
    wanted = np.zeros((count, k, 1))
    wanted[:, -1] = 1.0
    try:
        return np.asarray(np.linalg.solve(system, wanted)[..., 0], np.float64)
    except np.linalg.LinAlgError:
        if count == 1:
            return np.full((1, k), np.nan)
        return np.concatenate([_solved(gaps[:1]), _solved(gaps[1:])])


def regrets(
    a: Floats, b: Floats, draw: Indices, x: Floats, y: Floats, rows: Truths | None, columns: Truths | None
) -> Floats:
    """The larger regret of the two players at profiles, as part of the payoff range.

    Args:
        a: `[m, n, B]` float64, payoffs of player 1.
        b: `[m, n, B]` float64, payoffs of player 2.
        draw: `[E]`, draw of each profile.
        x: `[E, m]`, strategies of player 1.
        y: `[E, n]`, strategies of player 2.
        rows: `[m, B]` bool, which strategies of player 1 are available; None for all.
        columns: `[n, B]` bool, which of player 2 are.

    Returns:
        `[E]` float64.
    """
    first, second = scaled(a, rows, columns)[0], scaled(b, rows, columns)[0].swapaxes(0, 1)
    return np.maximum(_regret(first, draw, x, y, rows), _regret(second, draw, y, x, columns))


def _regret(table: Floats, draw: Indices, own: Floats, other: Floats, available: Truths | None) -> Floats:
    """`[E]`, what the row player of a table could gain."""
    payoff = (table[:, :, draw] * other.T).sum(axis=1)
    best = payoff if available is None else np.where(available[:, draw], payoff, -np.inf)
    return best.max(axis=0, initial=-np.inf) - (own.T * payoff).sum(axis=0)
