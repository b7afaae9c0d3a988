"""The reduced normal form of a two-player game: plans, their payoff tables, and the way back to behaviour.

A plan says what a player does at each of his information sets that the plan itself does not exclude; plans
that differ only at excluded ones are one. With perfect recall each of his information sets has one list of
own moves that lead to it, so his plans are the leaves of a tree. A mixture of plans plays option `o` of an
information set with the weight of the plans that take it there, over the weight of the plans that do not
exclude the set (Kuhn 1953; von Stengel 1996, "Efficient computation of behavior strategies").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.program.form import Form
from raison.program.graph import CHANCE

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Move = tuple[int, int]
"""Number of a place, and the option that is taken there."""

EXCLUDED = -1
"""In `Plans.choices`: the plan itself does not let play come to the place."""


@dataclass(frozen=True, eq=False, slots=True)
class Plans:
    """The plans of one player.

    Attributes:
        places: Numbers of his places.
        choices: `[S, places]`, which option each plan takes, or `EXCLUDED`.
    """

    places: tuple[int, ...]
    choices: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.choices)

    def agreeing(self, moves: Sequence[Move]) -> NDArray[np.intp]:
        """Numbers of the plans that make all these moves."""
        fits = np.ones(self.count, bool)
        for place, option in moves:
            fits &= self.choices[:, self.places.index(place)] == option
        return np.flatnonzero(fits)


@dataclass(frozen=True, eq=False, slots=True)
class Reduced:
    """A game in reduced normal form.

    Attributes:
        form: The game.
        players: Numbers of the (at most two) players who move.
        plans: Of each side; a side on which nobody moves has one plan without places.
        moves: By state, of each side the own moves that lead there.
    """

    form: Form
    players: tuple[int, ...]
    plans: tuple[Plans, Plans]
    moves: tuple[tuple[tuple[Move, ...], tuple[Move, ...]], ...]


def movers(form: Form) -> tuple[int, ...]:
    """Numbers of the players who decide anything, in order."""
    return tuple(sorted({place.player for place in form.places}))


def count_plans(form: Form) -> tuple[int, ...]:
    """How many plans each player has who decides anything."""
    own = own_moves(form, movers(form))
    return tuple(_count(form, _following(form, own, side), None) for side in range(len(movers(form))))


def own_moves(form: Form, players: Sequence[int]) -> list[tuple[tuple[Move, ...], ...]]:
    """By state, for each of some players the own moves that lead there."""
    states = form.graph.states
    found: list[tuple[tuple[Move, ...], ...]] = [tuple(() for _ in players)] * len(states)
    for s, state in enumerate(states):
        for branch, child in enumerate(state.children):
            found[child] = tuple(
                (*moves, (form.place[s], branch)) if state.mover == player else moves
                for player, moves in zip(players, found[s], strict=True)
            )
    return found


def make_reduced(form: Form) -> Reduced:
    """Bring a game to reduced normal form.

    Args:
        form: A game without amounts, with perfect recall, in which at most two players move.

    Raises:
        ValueError: more players move, or the game has amounts.
    """
    players = movers(form)
    if len(players) > 2 or form.axes:
        raise ValueError(
            f"a reduced normal form needs at most two players who move, and no amounts; got {len(players)} "
            f"players and {len(form.axes)} amounts; use another solution concept."
        )
    own = own_moves(form, players)
    plans = [_plans(form, _following(form, own, side), player) for side, player in enumerate(players)]
    nobody = Plans((), np.zeros((1, 0), np.int64))
    both = [*plans, nobody, nobody][:2]
    moves = tuple((*of, (), ())[:2] for of in own)
    return Reduced(form, players, (both[0], both[1]), tuple((of[0], of[1]) for of in moves))


_Following = Mapping[
    Move | None, tuple[int, ...]
]  # places that follow directly on an own move; None: on none


def _following(form: Form, own: Sequence[tuple[tuple[Move, ...], ...]], side: int) -> _Following:
    player = movers(form)[side]
    found: dict[Move | None, tuple[int, ...]] = {}
    for number, place in enumerate(form.places):
        if place.player == player:
            before = own[place.states[0]][side]
            last = before[-1] if before else None
            found[last] = (*found.get(last, ()), number)
    return found


def _count(form: Form, following: _Following, move: Move | None) -> int:
    return prod(
        sum(_count(form, following, (place, option)) for option in range(len(form.places[place].labels)))
        for place in following.get(move, ())
    )


def _plans(form: Form, following: _Following, player: int) -> Plans:
    places = tuple(number for number, place in enumerate(form.places) if place.player == player)
    rows = [
        [plan.get(place, EXCLUDED) for place in places]
        for plan in _completed(form, following, tuple(following.get(None, ())))
    ]
    return Plans(places, np.array(rows, np.int64).reshape(-1, len(places)))


def _completed(form: Form, following: _Following, open_: tuple[int, ...]) -> Iterator[dict[int, int]]:
    """Every way to decide at some places and at all that follow them; earlier moves first."""
    if not open_:
        yield {}
        return
    first, rest = open_[0], open_[1:]
    for option in range(len(form.places[first].labels)):
        for plan in _completed(form, following, (*following.get((first, option), ()), *rest)):
            yield {first: option, **plan}


def make_tables(
    reduced: Reduced,
    pays: Callable[[int, int], Any],
    chance: Callable[[int, int], Any],
    zeros: Callable[[tuple[int, int]], Any],
) -> tuple[Any, Any]:
    """The payoff tables of both sides; of a side on which nobody moves zeros.

    Args:
        reduced: The game.
        pays: Payoff of an outcome (by its place in `graph.outcomes`) to a player.
        chance: Probability of a case of a chance state.
        zeros: Makes an empty table `[m, n, ..]` whose cells take the numbers.
    """
    form, states = reduced.form, reduced.form.graph.states
    weight: list[Any] = [1] * len(states)
    for s, state in enumerate(states):
        for branch, child in enumerate(state.children):
            weight[child] = weight[s] * chance(s, branch) if state.mover == CHANCE else weight[s]
    shape = (reduced.plans[0].count, reduced.plans[1].count)
    tables = (zeros(shape), zeros(shape))
    for row, z in enumerate(form.graph.outcomes):
        cells = np.ix_(*(plans.agreeing(reduced.moves[z][side]) for side, plans in enumerate(reduced.plans)))
        for table, player in zip(tables, reduced.players, strict=False):
            table[cells] += weight[z] * pays(row, player)
    return tables


@dataclass(frozen=True, eq=False, slots=True)
class Open:
    """Which plans can be used in each draw.

    Attributes:
        plans: Of each side `[S, B]`, or None where all can. At places to which no play can come, with
            whatever anybody does, one option stands for all.
        there: By place `[B]`, or None for always: some play can come to it.
        stuck: `[B]`, play can come to an information set without an available move.
    """

    plans: tuple[Truths | None, Truths | None]
    there: tuple[Truths | None, ...]
    stuck: Truths


def open_plans(
    reduced: Reduced,
    chance: Mapping[int, Sequence[Any]],
    available: Mapping[int, Sequence[Any]],
    batch: int,
) -> Open:
    """Which plans can be used.

    Args:
        reduced: The game.
        chance: By chance state the probabilities of its cases, `[B]` or floats.
        available: By decision state whether each move can be made, `[B]` bool or True.
        batch: Draws.
    """
    form, states = reduced.form, reduced.form.graph.states
    comes: list[Truths | None] = [None] * len(states)
    for s, state in enumerate(states):
        for branch, child in enumerate(state.children):
            if state.mover == CHANCE:
                can = np.asarray(np.asarray(chance[s][branch]) > 0, bool)
            else:
                can = np.asarray(available[s][branch], bool) if s in available else np.asarray(True)
            before = comes[s]
            if before is not None or not can.all():
                wide = np.broadcast_to(can, (batch,))
                comes[child] = wide if before is None else before & wide
    there: list[Truths | None] = []
    allowed: list[list[Truths]] = []
    stuck = np.zeros(batch, bool)
    for place in form.places:
        some = [comes[s] for s in place.states]
        known = [truth for truth in some if truth is not None]
        reachable = np.logical_or.reduce(known) if len(known) == len(some) else None
        there.append(reachable)
        given = available.get(place.states[0], (True,) * len(place.labels))
        rows = [np.broadcast_to(np.asarray(truth, bool), (batch,)) for truth in given]
        if reachable is not None:
            rows = [np.where(reachable, row, option == 0) for option, row in enumerate(rows)]
        stuck |= ~np.logical_or.reduce(rows)
        allowed.append(rows)
    masks = [_open_side(plans, allowed, batch) for plans in reduced.plans]
    return Open((masks[0], masks[1]), tuple(there), stuck)


def _open_side(plans: Plans, allowed: Sequence[Sequence[Truths]], batch: int) -> Truths | None:
    found = np.ones((plans.count, batch), bool)
    for column, place in enumerate(plans.places):
        for option, truth in enumerate(allowed[place]):
            if not truth.all():
                found[plans.choices[:, column] == option] &= truth
    return None if found.all() else found


def behaviour(plans: Plans, weights: Any, place: int, options: int) -> tuple[list[Any], Any]:
    """What mixtures of plans do at one of the player's places.

    Args:
        plans: The player's.
        weights: `[.., S]` weights of his plans along the last axis.
        place: Number of the place.
        options: How many it has.

    Returns:
        Per option the weight of the plans that take it there, and the weight of all that come there.
    """
    column = plans.choices[:, plans.places.index(place)]
    taken = [weights[..., column == option].sum(axis=-1) for option in range(options)]
    return taken, sum(taken[1:], start=taken[0])
