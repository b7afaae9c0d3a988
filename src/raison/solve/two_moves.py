"""Games in which two players decide once each between two moves, neither knowing what the other does.

Let a_j be what the first move of player 1 gains him over the second where player 2 makes move j, and b_i the
same for player 2. Where an a or b of a player does not change its sign, his move is dominant and the other
answers it. Where both change sign against each other, nobody keeps to a move: player 1 makes his first with
p = b_2 / (b_2 - b_1), player 2 with q = a_2 / (a_2 - a_1). In both cases there is no other equilibrium, so
that every selection finds it, also the branch of logit equilibria. Where both would rather do as the other
does there are three, and the branch is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from raison.program.form import Form
from raison.program.graph import CHANCE
from raison.solve.numbers import Numbers, Strategy

Array = Any
CLEAR = 1e-9
"""A difference of payoffs this small, relative to the player's range, may be a tie, and is left."""
_TINY = 1e-300

Found = tuple[Strategy, Array, Array]
"""Logarithms of the strategies, where none was found, and where a branch passed a bifurcation."""


def is_two_moves(form: Form, numbers: Numbers) -> bool:
    """Whether a game is of this kind, with all moves available always."""
    places = form.places
    return (
        not form.axes
        and len(places) == 2
        and places[0].player != places[1].player
        and all(len(place.labels) == 2 for place in places)
        and all(a is True for place in places for a in numbers.available[place.states[0]])
    )


def where_unique(
    form: Form, numbers: Numbers, payoffs: Array, batch: int, otherwise: Callable[[], Found]
) -> Found:
    """The equilibrium where there is one, else what `otherwise` finds, which is asked only if needed.

    Args:
        form: For which `is_two_moves`.
        numbers: Of the game.
        payoffs: `[outcome states, players, batch]`.
        batch: Draws.
        otherwise: Solves all draws in another way.

    Accuracy: rounding.
    """
    first, second = _gains(form, numbers, payoffs)
    chances, unique = _equilibrium(first, second)
    rows = [jnp.broadcast_to(p, (batch,)) for p in chances]
    logs = [tuple(jnp.log(jnp.maximum(p, _TINY)) for p in (row, 1.0 - row)) for row in rows]
    unique = jnp.broadcast_to(unique, (batch,))
    no = jnp.zeros((batch,), bool)

    def followed() -> Found:
        found, unsolved, forked = otherwise()
        mixed = [
            tuple(
                jnp.where(unique, mine, jnp.broadcast_to(other, (batch,)))
                for mine, other in zip(*pair, strict=True)
            )
            for pair in zip(logs, found, strict=True)
        ]
        return mixed, unsolved & ~unique, forked & ~unique

    return jax.lax.cond(unique.all(), lambda: (logs, no, no), followed)


def _gains(form: Form, numbers: Numbers, payoffs: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """What the first move of each player gains over his second, against each move of the other."""
    row = {z: k for k, z in enumerate(form.graph.outcomes)}

    def worth(s: int, moves: tuple[int, int], player: int) -> Array:
        state = form.graph.states[s]
        if s in row:
            return payoffs[row[s], player]
        if state.mover == CHANCE:
            cases = zip(numbers.chance[s], state.children, strict=True)
            return sum((p * worth(child, moves, player) for p, child in cases), start=jnp.zeros(()))
        return worth(state.children[moves[form.place[s]]], moves, player)

    found: list[tuple[Array, Array]] = []
    for number, place in enumerate(form.places):
        scale = payoffs[:, place.player].max(axis=0) - payoffs[:, place.player].min(axis=0)
        against: list[Array] = []
        for other in range(2):
            mine = [(own, other) if number == 0 else (other, own) for own in range(2)]
            gain = worth(0, mine[0], place.player) - worth(0, mine[1], place.player)
            against.append(jnp.where(jnp.abs(gain) > CLEAR * scale, gain, jnp.nan))
        found.append((against[0], against[1]))
    return found[0], found[1]


def _equilibrium(
    first: tuple[Array, Array], second: tuple[Array, Array]
) -> tuple[tuple[Array, Array], Array]:
    """How likely each player makes his first move, and whether there is one equilibrium."""
    (a1, a2), (b1, b2) = first, second
    one = lambda gain: jnp.where(gain > 0, 1.0, 0.0)
    a_same, b_same = a1 * a2 > 0, b1 * b2 > 0
    circular = (a1 * a2 < 0) & (b1 * b2 < 0) & (a1 * b1 < 0)
    p_mixed, q_mixed = b2 / jnp.where(b2 == b1, 1.0, b2 - b1), a2 / jnp.where(a2 == a1, 1.0, a2 - a1)
    p = jnp.where(a_same, one(a1), jnp.where(b_same, one(jnp.where(b1 > 0, a1, a2)), p_mixed))
    q = jnp.where(a_same, one(jnp.where(a1 > 0, b1, b2)), jnp.where(b_same, one(b1), q_mixed))
    clear = ~jnp.isnan(a1 + a2 + b1 + b2)
    return (p, q), clear & (a_same | b_same | circular)
