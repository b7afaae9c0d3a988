"""All equilibria of one two-player game in exact arithmetic.

The vertices of both best-response polytopes `{y >= 0: A y <= 1}` come from the double description method
(Motzkin, Raiffa, Thompson and Thrall 1953; Fukuda and Prodon 1996), in whole numbers: a polytope is the slice
of a cone, whose rays are kept while one inequality after another cuts it. Ties of any kind need no care
there. Pairs of vertices that have all labels are the extreme equilibria (see `extremes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, isfinite, lcm
from typing import Any

from raison.solve.extremes import Component, make_components

Strategy = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class ExactSolution:
    """All equilibria of a two-player game.

    Attributes:
        first: Extreme equilibrium strategies of player 1, each with a probability for each strategy.
        second: Those of player 2.
        pairs: The extreme equilibria, as numbers into `first` and `second`; fewer strategies played first.
        components: The connected sets of equilibria that they span.
        degenerate: Whether at some extreme equilibrium a player has more pure best replies than the
            other's strategies are needed for; only then can there be more than isolated equilibria.
    """

    first: tuple[Strategy, ...]
    second: tuple[Strategy, ...]
    pairs: tuple[tuple[int, int], ...]
    components: tuple[Component, ...]
    degenerate: bool

    @property
    def equilibria(self) -> tuple[tuple[Strategy, Strategy], ...]:
        """The extreme equilibria."""
        return tuple((self.first[x], self.second[y]) for x, y in self.pairs)


def solve_exactly(
    a: Sequence[Sequence[Any]],
    b: Sequence[Sequence[Any]],
    *,
    rows: Sequence[bool] | None = None,
    columns: Sequence[bool] | None = None,
) -> ExactSolution:
    """All extreme equilibria of one game, and their components, without rounding.

    Args:
        a: Payoffs of player 1, `m` rows of `n`: numbers that `Fraction` takes, floats at their exact value.
        b: Payoffs of player 2, alike.
        rows: Which of player 1's strategies are available; None for all. The others are never played, and
            their payoffs are not looked at.
        columns: Which of player 2's are.

    Returns:
        The solution, exact.

    Raises:
        ValueError: the tables differ in size or are empty, a payoff is not finite, or a player has no
            strategy.

    Source: Avis, Rosenberg, Savani and von Stengel (2010), "Enumeration of Nash equilibria for two-player
        games"; the vertices by double description instead of lexicographic pivoting.
    """
    m, n = len(a), len(a[0]) if len(a) else 0
    if not n or any(len(row) != n for row in (*a, *b)) or len(b) != m:
        raise ValueError(
            f"two payoff tables of one size are needed; got {m} rows of {[len(row) for row in a]} and "
            f"{len(b)} rows of {[len(row) for row in b]}."
        )
    own = [i for i in range(m) if rows is None or rows[i]]
    others = [j for j in range(n) if columns is None or columns[j]]
    if not own or not others:
        raise ValueError("each player needs an available strategy; make one available.")
    first = _vertices(_whole([[b[i][j] for i in own] for j in others]), len(own))
    second = _vertices(_whole([[a[i][j] for j in others] for i in own]), len(others))
    # in `first` the labels of columns come first: bring both to rows, then columns
    shift, low = len(own), (1 << len(others)) - 1
    first = [(x, (labels >> len(others)) | (labels & low) << shift) for x, labels in first]
    full = (1 << (len(own) + len(others))) - 1
    found = [(x, y) for x in first for y in second if x[1] | y[1] == full]
    found.sort(key=lambda pair: _order(pair[0][0], pair[1][0]))
    strategies = [dict.fromkeys(pair[side][0] for pair in found) for side in (0, 1)]
    numbers = [{strategy: k for k, strategy in enumerate(names)} for names in strategies]
    pairs = tuple((numbers[0][x[0]], numbers[1][y[0]]) for x, y in found)
    return ExactSolution(
        first=tuple(_spread(x, own, m) for x in strategies[0]),
        second=tuple(_spread(y, others, n) for y in strategies[1]),
        pairs=pairs,
        components=make_components(pairs),
        degenerate=any(x[1] & y[1] for x, y in found),
    )


def _order(x: tuple[int, ...], y: tuple[int, ...]) -> tuple[Any, ...]:
    """Few strategies first, then the earlier ones, then the more weight on them."""
    rest = tuple(not p for p in x), tuple(not p for p in y)
    weights = (tuple(-Fraction(p, sum(side)) for p in side) for side in (x, y))
    return -sum(rest[0]) - sum(rest[1]), *rest, *weights


def _spread(numbers: tuple[int, ...], at: Sequence[int], size: int) -> Strategy:
    """Probabilities in proportion to numbers; 0 for the strategies that are not available."""
    total = sum(numbers)
    strategy = [Fraction(0)] * size
    for index, number in zip(at, numbers, strict=True):
        strategy[index] = Fraction(number, total)
    return tuple(strategy)


def _whole(table: list[list[Any]]) -> list[list[int]]:
    """A payoff table in whole numbers from 1: a positive affine change, which leaves the equilibria."""
    for row in table:
        for payoff in row:
            if isinstance(payoff, float) and not isfinite(payoff):
                raise ValueError(f"payoffs must be finite; got {payoff}.")
    exact = [[Fraction(payoff) for payoff in row] for row in table]
    lowest = min(min(row) for row in exact)
    scale = lcm(*(payoff.denominator for row in exact for payoff in (*row, lowest)))
    whole = [[int((payoff - lowest) * scale) for payoff in row] for row in exact]
    common = gcd(*(payoff for row in whole for payoff in row)) or 1
    return [[payoff // common + 1 for payoff in row] for row in whole]


def _vertices(table: list[list[int]], size: int) -> list[tuple[tuple[int, ...], int]]:
    """Vertices but 0 of `{y >= 0: table y <= 1}`, each up to a factor, with their labels.

    Labels are bits: the rows of the table that are met, then the entries of `y` that are 0. The cone is
    `{(y, t) >= 0: t - table y >= 0}`; the last bit is `t = 0`, which no ray of it keeps since the table is
    positive.
    """
    rows = len(table)
    coordinates = ((1 << (size + 1)) - 1) << rows
    rays = [
        (tuple(int(k == j) for k in range(size + 1)), coordinates & ~(1 << (rows + j)))
        for j in range(size + 1)
    ]
    for i, row in enumerate(table):
        slack = [ray[size] - sum(p * q for p, q in zip(row, ray, strict=False)) for ray, _ in rays]
        kept = [
            (ray, labels | (1 << i) if s == 0 else labels)
            for (ray, labels), s in zip(rays, slack, strict=True)
            if s >= 0
        ]
        inside = [k for k, s in enumerate(slack) if s > 0]
        outside = [k for k, s in enumerate(slack) if s < 0]
        for p in inside:
            for q in outside:
                shared = rays[p][1] & rays[q][1]
                if shared.bit_count() < size - 1:  # neighbours in `size + 1` dimensions share as many faces
                    continue
                if any(shared & ray[1] == shared for k, ray in enumerate(rays) if k != p and k != q):
                    continue  # not neighbours: a third ray lies on the same face
                joined = [slack[p] * v - slack[q] * u for u, v in zip(rays[p][0], rays[q][0], strict=True)]
                common = gcd(*joined)
                kept.append((tuple(u // common for u in joined), shared | (1 << i)))
        rays = kept
    return [(ray[:size], labels & ~(1 << (rows + size))) for ray, labels in rays if any(ray[:size])]
