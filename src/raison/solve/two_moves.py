"""Games in which two players decide once each between two moves, neither knowing what the other does.

Let a_j be what the first move of player 1 gains him over the second where player 2 makes move j, and b_i the
same for player 2, both in units of the player's payoff range. Where an a or b of a player does not change its
sign, his move is dominant and the other answers it. Where both change sign against each other, nobody keeps
to a move: player 1 makes his first with p = b_2 / (b_2 - b_1), player 2 with q = a_2 / (a_2 - a_1). In both
cases there is no other equilibrium, so that every selection finds it, also the branch of logit equilibria.

Where both would rather do as the other does there are three, and the branch leads to one of the pure ones.
Let a = a_1 - a_2 > 0 and q* = -a_2 / a, so that player 1 gains a (q - q*), and b, p* the same for player 2.
On the branch logit p = L a (q - q*) and logit q = L b (p - p*) at precision L; so p = 1/2 only where q = q*.

* If p* and q* are both below 1/2, p and q never come down to it, and both first moves are played; if both are
  above, both second ones. (Neither half can be left but through its edge, which no L > 0 reaches.)
* If q* < 1/2 < p*, each would have his own way at even odds: the branch sets out with p > 1/2 > q, and leaves
  this quarter either where p = 1/2, q = q*, towards the second moves, or where q = 1/2, p = p*, towards the
  first. L taken out, the branch's points in the quarter are those where

      a log((1 - q) / q) (q - q*) = b log(p / (1 - p)) (p* - p).

  Each side is a hump, 0 at both ends of its interval. If that of player 1 is higher, every p has two such q,
  and the one nearer to 1/2 leads from even odds to p = p*: player 1 has his way. If that of player 2 is, he
  has. If they are equally high the branch forks, and is followed.

So of two players at odds he prevails for whom more is at stake, measured by `stake`; that need not be the
risk-dominant equilibrium, which has the larger product of what players lose by deviating alone.

Source: derived here; of the branch Turocy (2005), "A dynamic homotopy interpretation of the logistic quantal
response equilibrium correspondence"; that risk dominance is another rule, Zhang and Hofbauer (2016), "Quantal
response methods for equilibrium selection in 2x2 coordination games".
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
_STEPS = 12  # of Newton's method; 8 suffice from t = 1e-12 on

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


def where_known(
    form: Form, numbers: Numbers, payoffs: Array, batch: int, otherwise: Callable[[], Found]
) -> Found:
    """The branch's limit where it is known, else what `otherwise` finds, which is asked only if needed.

    Args:
        form: For which `is_two_moves`.
        numbers: Of the game.
        payoffs: `[outcome states, players, batch]`.
        batch: Draws.
        otherwise: Solves all draws in another way.

    Accuracy: rounding.
    """
    first, second = _gains(form, numbers, payoffs)
    chances, known = equilibrium(first, second)
    rows = [jnp.broadcast_to(p, (batch,)) for p in chances]
    logs = [tuple(jnp.log(jnp.maximum(p, _TINY)) for p in (row, 1.0 - row)) for row in rows]
    known = jnp.broadcast_to(known, (batch,))
    no = jnp.zeros((batch,), bool)

    def followed() -> Found:
        found, unsolved, forked = otherwise()
        mixed = [
            tuple(
                jnp.where(known, mine, jnp.broadcast_to(other, (batch,)))
                for mine, other in zip(*pair, strict=True)
            )
            for pair in zip(logs, found, strict=True)
        ]
        return mixed, unsolved & ~known, forked & ~known

    return jax.lax.cond(known.all(), lambda: (logs, no, no), followed)


def _gains(form: Form, numbers: Numbers, payoffs: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """What each player's first move gains him against each move of the other, per payoff range."""
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
            against.append(
                jnp.where(jnp.abs(gain) > CLEAR * scale, gain / jnp.where(scale > 0, scale, 1.0), jnp.nan)
            )
        found.append((against[0], against[1]))
    return found[0], found[1]


def equilibrium(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[tuple[Array, Array], Array]:
    """How likely each player makes his first move in the limit of the branch, and whether that is known.

    Args:
        first: Of player 1, what his first move gains him against each move of player 2; nan for ties.
        second: Of player 2.
    """
    (a1, a2), (b1, b2) = first, second
    one = lambda gain: jnp.where(gain > 0, 1.0, 0.0)
    a_same, b_same = a1 * a2 > 0, b1 * b2 > 0
    circular = (a1 * a2 < 0) & (b1 * b2 < 0) & (a1 * b1 < 0)
    p_mixed, q_mixed = b2 / jnp.where(b2 == b1, 1.0, b2 - b1), a2 / jnp.where(a2 == a1, 1.0, a2 - a1)
    both_first, selected = _selected(first, second)
    several = (a1 * a2 < 0) & (b1 * b2 < 0) & (a1 * b1 > 0)
    p = jnp.where(a_same, one(a1), jnp.where(b_same, one(jnp.where(b1 > 0, a1, a2)), p_mixed))
    q = jnp.where(a_same, one(jnp.where(a1 > 0, b1, b2)), jnp.where(b_same, one(b1), q_mixed))
    p = jnp.where(several, one(jnp.where(both_first, 1.0, -1.0)), p)
    q = jnp.where(several, one(jnp.where(both_first, a1, -a1)), q)  # the second's moves may run the other way
    clear = ~jnp.isnan(a1 + a2 + b1 + b2)
    return (p, q), clear & (a_same | b_same | circular | (several & selected))


def _selected(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
    """Of three equilibria, whether the branch leads to that with player 1's first move, and if it is known.

    Moves of player 2 are taken in the order in which each answers the move of player 1 in its place.
    """
    (a1, a2), (b1, b2) = first, second
    turned = a1 < 0
    a1, a2 = jnp.where(turned, a2, a1), jnp.where(turned, a1, a2)
    b1, b2 = jnp.where(turned, -b1, b1), jnp.where(turned, -b2, b2)
    a, b = a1 - a2, b1 - b2
    q, p = -a2 / jnp.where(a > 0, a, 1.0), -b2 / jnp.where(b > 0, b, 1.0)
    mine, his = (share * stake(jnp.minimum(t, 1.0 - t)) for share, t in ((a, q), (b, p)))
    agree = (q - 0.5) * (p - 0.5) > 0
    apart = jnp.abs(mine - his) > CLEAR * jnp.maximum(mine, his)
    prefers_first = q < 0.5  # player 1, at even odds
    at_odds = ((q - 0.5) * (p - 0.5) < 0) & apart
    return jnp.where(agree, prefers_first, prefers_first == (mine > his)), agree | at_odds


def stake(least: Array) -> Array:
    """How much a player holds to what he would do at even odds, as a multiple of `a` or `b` above.

    The height of the hump, the largest value of log((1 - q) / q) (q - t) between t and 1/2. It is where
    t = q - q (1 - q) log((1 - q) / q), which is convex and rising there: Newton's method comes down to it.

    Args:
        least: t, how likely the other has to be to make the move that agrees, from 0 to 1/2.
    """
    q = jnp.full_like(least, 0.5)
    for _ in range(_STEPS):
        odds = jnp.log((1.0 - q) / q)
        q = jnp.maximum(q - (q - q * (1.0 - q) * odds - least) / (2.0 - (1.0 - 2.0 * q) * odds), least)
    return (q - least) ** 2 / (q * (1.0 - q))
