"""Signalling games as models, from tables of payoffs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raison.model.formula import parse
from raison.model.records import Case, Chance, Decision, Model, Move, Player
from raison.program.form import Form, make_form

PLAYERS = ("sender", "receiver")


def signalling_form(types: int, messages: int, replies: Sequence[int]) -> Form:
    """Chance draws a type; outcomes are in the order of type, message, reply. A message of one reply ends it."""
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
            outcomes={name: nothing for name in outcomes},
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
