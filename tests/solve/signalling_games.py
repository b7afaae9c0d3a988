"""Signalling games as models, from tables of payoffs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from io import StringIO
from typing import Any

import numpy as np

from raison.model.formula import parse
from raison.model.records import Case, Chance, Decision, Model, Move, Player
from raison.program.form import Form, make_form

PLAYERS = ("sender", "receiver")


def signalling_form(types: int, messages: int, replies: Sequence[int]) -> Form:
    """Chance draws a type and outcomes come by type, message, reply; a message of one reply ends the game."""
    game = {}
    game["nature"] = Chance(
        {f"t{t}": Case(f"sender{t}", parse("0")) for t in range(types)}, known_to=("sender",)
    )
    outcomes = []
    for t in range(types):
        moves = {}
        for m in range(messages):
            if replies[m] == 1:
                moves[f"m{m}"] = Move(f"o{t}{m}0")
                continue
            moves[f"m{m}"] = Move(f"receiver{t}{m}")
            game[f"receiver{t}{m}"] = Decision(
                "receiver", {f"r{r}": Move(f"o{t}{m}{r}") for r in range(replies[m])}, information=f"after{m}"
            )
        game[f"sender{t}"] = Decision("sender", moves)
        outcomes += [f"o{t}{m}{r}" for m in range(messages) for r in range(replies[m])]
    nothing = {player: parse("0") for player in PLAYERS}
    return make_form(
        Model(
            title="A signalling game",
            players={player: Player(player) for player in PLAYERS},
            game=game,
            outcomes=dict.fromkeys(outcomes, nothing),
        )
    )


def payoff_array(form: Form, tables: dict[str, tuple[object, object]]) -> np.ndarray:
    """`[outcome states, players, B]` from payoffs by outcome, numbers or `[B]`."""
    rows = [tables[form.graph.states[s].name] for s in form.graph.outcomes]
    size = max(np.size(payoff) for row in rows for payoff in row)
    return np.array([[np.broadcast_to(np.asarray(p, float), (size,)) for p in row] for row in rows])


def place_of(form: Form, node: str) -> int:
    """The number of the place that a node belongs to."""
    (state,) = form.graph.of_node[node]
    return form.place[state]


def random_payoffs(form: Form, rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.normal(size=(len(form.graph.outcomes), len(PLAYERS), count))


def gambit_game(form: Form, payoffs: np.ndarray, prior: float) -> Any:
    """A 2 x 2 x 2 signalling game as pygambit's, in exact fractions; types, messages and replies in order."""
    import pygambit

    pays = {form.graph.states[s].name: row for s, row in zip(form.graph.outcomes, payoffs, strict=True)}
    first = Fraction(float(prior))
    lines = ['EFG 2 R "game" { "sender" "receiver" }', f'c "" 1 "" {{ "t0" {first} "t1" {1 - first} }} 0']
    number = 0
    for t in range(2):
        lines.append(f'p "" 1 {t + 1} "" {{ "m0" "m1" }} 0')
        for m in range(2):
            lines.append(f'p "" 2 {m + 1} "" {{ "r0" "r1" }} 0')
            for r in range(2):
                number += 1
                sender, receiver = (Fraction(float(x)) for x in pays[f"o{t}{m}{r}"])
                lines.append(f't "" {number} "" {{ {sender}, {receiver} }}')
    return pygambit.read_efg(StringIO("\n".join(lines)))
