"""All Nash equilibria of two-player games, as behaviour at every information set.

The game is brought to reduced normal form, solved as a table of payoffs, and its equilibria are brought back.
At an information set that a player's own strategy excludes, any move is as good for an equilibrium: even odds
over the available ones stand for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.program.form import Form
from raison.solve import bimatrix
from raison.solve.bimatrix import NO_STRATEGY, solve_bimatrix
from raison.solve.extremes import Component, make_components
from raison.solve.rational import solve_exactly
from raison.solve.reduced import (
    Open,
    Reduced,
    behaviour,
    count_plans,
    make_reduced,
    make_tables,
    movers,
    open_plans,
)

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

MOST_IN_RUNS = 14
"""Strategies of both players together up to which every draw of a run is solved, at least some hundred a
second."""
MOST_AT_A_POINT = 24
"""Strategies of both players together up to which one game is solved in exact arithmetic, in some seconds."""
MOST_CHOICES = 100_000
"""Ways to choose as many strategies as one player has out of all, up to which larger games are solved too:
those in which one player has few."""
STUCK = NO_STRATEGY
"""Index of the reason for a draw in which somebody may come to move and cannot."""
REASONS = bimatrix.REASONS
"""Sentences that the status indexes."""


@dataclass(frozen=True, eq=False, slots=True)
class NashEquilibria:
    """The extreme equilibria of `B` draws, at most `K` of one; all others are mixtures of those.

    Attributes:
        probability: Per place `[moves, K, B]`; NaN beyond the count.
        excluded: Per place `[K, B]`, the player's own strategy excludes it, or nobody can come there.
        first: `[K, m, B]`, strategies in reduced normal form of the first player who moves.
        second: `[K, n, B]`, of the other.
        count: `[B]` int32.
        status: `[B]` int8, index into `REASONS`; up to `bimatrix.DEGENERATE` none is missing.
    """

    probability: tuple[Floats, ...]
    excluded: tuple[Truths, ...]
    first: Floats
    second: Floats
    count: NDArray[np.int32]
    status: NDArray[np.int8]


@dataclass(frozen=True, eq=False, slots=True)
class ExactNash:
    """The extreme equilibria of one game, without rounding.

    Attributes:
        probability: Per equilibrium and place, of each move.
        excluded: Per equilibrium and place, the player's own strategy excludes it, or nobody can come there.
        pairs: Per equilibrium the numbers of the two strategies in it.
        components: The connected sets of equilibria that they span.
        degenerate: Whether there can be more than isolated equilibria.
    """

    probability: tuple[tuple[tuple[Fraction, ...], ...], ...]
    excluded: tuple[tuple[bool, ...], ...]
    pairs: tuple[tuple[int, int], ...]
    components: tuple[Component, ...]
    degenerate: bool


def why_not_nash(form: Form, *, in_runs: bool) -> str | None:
    """Why not all Nash equilibria of a game are found; None where they are.

    Args:
        form: A game without amounts.
        in_runs: In every draw of a run, and not at a few points only.
    """
    if len(movers(form)) > 2:
        return (
            f"all Nash equilibria are found where at most two players move; here {len(movers(form))} do, and "
            "one equilibrium is played"
        )
    sizes = (*count_plans(form), 1, 1)[:2]
    if in_runs:
        fits, most = sum(sizes) <= MOST_IN_RUNS, f"at most {MOST_IN_RUNS} together"
    else:
        fits = sum(sizes) <= MOST_AT_A_POINT or (
            sum(sizes) <= MOST_CHOICES and comb(sum(sizes), min(sizes)) <= MOST_CHOICES
        )
        most = f"at most {MOST_AT_A_POINT} together, or one of them few"
    if fits:
        return None
    where = "in every draw" if in_runs else "at a point"
    return (
        f"the players have {counted(sizes[0])} and {counted(sizes[1])} strategies in reduced normal form, "
        f"and all Nash equilibria are looked for {where} where they have {most}"
    )


def counted(number: int) -> str:
    """A number of strategies in words, however large."""
    return f"{number:,}" if number < 10**12 else f"some 10^{int(log10(number))}"


def solve_nash(
    form: Form,
    payoffs: Floats,
    chance: Mapping[int, Sequence[Any]],
    available: Mapping[int, Sequence[Any]],
) -> NashEquilibria:
    """All Nash equilibria in batch, of continua the extreme ones.

    Args:
        form: A game without amounts, in which at most two players move.
        payoffs: `[outcome states, players, B]` float64.
        chance: Per chance state the probabilities of its cases.
        available: Per decision state whether each move can be made.

    Raises:
        ValueError: more players move, or the game has amounts.

    Accuracy: as `solve_bimatrix`.

    Source: von Stengel (1996), "Efficient computation of behavior strategies", for the reduced normal form;
        the tables as `raison.solve.bimatrix`.
    """
    batch = payoffs.shape[-1]
    reduced = make_reduced(form)
    tables = make_tables(
        reduced,
        lambda row, player: payoffs[row, player],
        lambda s, case: np.asarray(chance[s][case]),
        lambda shape: np.zeros((*shape, batch)),
    )
    open_ = open_plans(reduced, chance, available, batch)
    rows, columns = (None if mask is None else mask & ~open_.stuck for mask in open_.plans)
    if rows is None and open_.stuck.any():
        rows = np.broadcast_to(~open_.stuck, (reduced.plans[0].count, batch)).copy()
    found = solve_bimatrix(*tables, rows=rows, columns=columns)
    probability, excluded = _behaviour(reduced, open_, available, found.x, found.y)
    there = np.arange(len(found.x))[:, None] < found.count
    return NashEquilibria(
        probability=tuple(np.where(there, rows, np.nan) for rows in probability),
        excluded=tuple(own & there for own in excluded),
        first=found.x,
        second=found.y,
        count=found.count,
        status=found.status,
    )


def _behaviour(
    reduced: Reduced, open_: Open, available: Mapping[int, Sequence[Any]], x: Floats, y: Floats
) -> tuple[list[Floats], list[Truths]]:
    """Per place the probabilities `[moves, K, B]`, and where the player's own strategy excludes it."""
    sides = [np.moveaxis(side, 1, -1) for side in (x, y)]
    probability: list[Floats] = []
    excluded: list[Truths] = []
    for number, place in enumerate(reduced.form.places):
        side = reduced.players.index(place.player)
        taken, total = behaviour(reduced.plans[side], sides[side], number, len(place.labels))
        comes = total > 0
        reachable = open_.there[number]
        if reachable is not None:
            comes = comes & reachable
        even = even_odds(available.get(place.states[0]), len(place.labels))
        with np.errstate(divide="ignore", invalid="ignore"):
            rows = [np.where(comes, part / total, odds) for part, odds in zip(taken, even, strict=True)]
        probability.append(np.stack(rows))
        excluded.append(~comes)
    return probability, excluded


def even_odds(available: Sequence[Any] | None, options: int) -> list[Any]:
    """Even odds over the available moves; over all where none is."""
    truths = [np.asarray(truth, bool) for truth in (available or (True,) * options)]
    count = sum((truth.astype(np.float64) for truth in truths), start=np.zeros(1))
    return [
        np.where(count > 0, truth / np.where(count > 0, count, 1.0), 1.0 / options).squeeze()
        for truth in truths
    ]


def solve_nash_exactly(
    form: Form,
    payoffs: Sequence[Sequence[Any]],
    chance: Mapping[int, Sequence[Any]],
    available: Mapping[int, Sequence[bool]],
) -> ExactNash:
    """All Nash equilibria of one game in exact arithmetic, of continua the extreme ones.

    Args:
        form: A game without amounts, in which at most two players move.
        payoffs: `[outcome states][players]` numbers that `Fraction` takes.
        chance: Per chance state the probabilities of its cases, alike.
        available: Per decision state whether each move can be made.

    Raises:
        ValueError: more players move, a payoff is not finite, or somebody may come to move and cannot.
    """
    reduced = make_reduced(form)
    tables = make_tables(
        reduced,
        lambda row, player: Fraction(payoffs[row][player]),
        lambda s, case: Fraction(chance[s][case]),
        lambda shape: np.full(shape, Fraction(0), object),
    )
    open_ = open_plans(reduced, chance, available, 1)
    if open_.stuck[0]:
        raise ValueError(REASONS[STUCK])
    masks = [None if mask is None else mask[:, 0].tolist() for mask in open_.plans]
    found = solve_exactly(tables[0].tolist(), tables[1].tolist(), rows=masks[0], columns=masks[1])
    probability: list[tuple[tuple[Fraction, ...], ...]] = []
    excluded: list[tuple[bool, ...]] = []
    for pair in found.equilibria:
        weights = [np.array(side, object) for side in pair]
        rows, out = _exact_behaviour(reduced, open_, available, weights)
        probability.append(rows)
        excluded.append(out)
    return ExactNash(tuple(probability), tuple(excluded), found.pairs, found.components, found.degenerate)


def _exact_behaviour(
    reduced: Reduced, open_: Open, available: Mapping[int, Sequence[bool]], weights: Sequence[Any]
) -> tuple[tuple[tuple[Fraction, ...], ...], tuple[bool, ...]]:
    rows: list[tuple[Fraction, ...]] = []
    excluded: list[bool] = []
    for number, place in enumerate(reduced.form.places):
        side = reduced.players.index(place.player)
        taken, total = behaviour(reduced.plans[side], weights[side], number, len(place.labels))
        reachable = open_.there[number]
        comes = total > 0 and (reachable is None or bool(reachable[0]))
        can = [bool(truth) for truth in available.get(place.states[0], (True,) * len(place.labels))]
        even = [Fraction(int(truth), sum(can) or len(can)) for truth in can]
        rows.append(tuple(Fraction(part) / total for part in taken) if comes else tuple(even))
        excluded.append(not comes)
    return tuple(rows), tuple(excluded)


def components_of(
    found: NashEquilibria, draw: int
) -> tuple[tuple[tuple[int, int], ...], tuple[Component, ...]]:
    """The pairs of strategies of one draw's equilibria, numbered, and the connected sets that they span."""
    numbers: list[dict[bytes, int]] = [{}, {}]  # one vertex has the same bits wherever it comes
    pairs: list[tuple[int, int]] = []
    for k in range(int(found.count[draw])):
        keys = [np.ascontiguousarray(side[k, :, draw]).tobytes() for side in (found.first, found.second)]
        at = [known.setdefault(key, len(known)) for known, key in zip(numbers, keys, strict=True)]
        pairs.append((at[0], at[1]))
    return tuple(pairs), make_components(pairs)
