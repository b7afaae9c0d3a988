"""Games as forms, for tests of solvers that take payoffs as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from raison.model.formula import parse
from raison.model.records import Case, Chance, Decision, Model, Move, Node, Player
from raison.program.form import Form, make_form


def as_form(players: tuple[str, ...], game: Mapping[str, Node]) -> Form:
    """The form of a game whose payoffs are given elsewhere; every target that is no node is an outcome."""
    targets = [
        branch.then
        for node in game.values()
        for branch in (node.moves if isinstance(node, Decision) else node.cases).values()
    ]
    zero = parse("0")
    ends = dict.fromkeys(target for target in targets if target not in game)
    return make_form(
        Model(
            title="A game",
            players={player: Player(player) for player in players},
            game=dict(game),
            outcomes={end: dict.fromkeys(players, zero) for end in ends},
        )
    )


def simultaneous(*sizes: int) -> Form:
    """Players move in turn and see nothing; outcomes come with the last player's move varying fastest."""
    names = tuple(f"p{i}" for i in range(len(sizes)))
    game: dict[str, Node] = {}
    for i, size in enumerate(sizes):
        for history in product(*(range(n) for n in sizes[:i])):
            key = "_".join(map(str, (i, *history)))
            moves = {
                f"m{a}": Move(f"{'n' if i + 1 < len(sizes) else 'o'}{_next(i, history, a)}")
                for a in range(size)
            }
            game[f"n{key}"] = Decision(names[i], moves, information=names[i])
    return as_form(names, game)


def _next(i: int, history: tuple[int, ...], a: int) -> str:
    return "_".join(map(str, (i + 1, *history, a)))


def signalling() -> Form:
    """Two types, two messages, two replies; outcomes by type, message, reply, the last varying fastest."""
    half = parse("0.5")
    game: dict[str, Node] = {"type": Chance({f"t{t}": Case(f"s{t}", half) for t in range(2)})}
    for t in range(2):
        game[f"s{t}"] = Decision("sender", {f"m{m}": Move(f"r{t}{m}") for m in range(2)})
    for t in range(2):
        for m in range(2):
            moves = {f"a{a}": Move(f"o{t}{m}{a}") for a in range(2)}
            game[f"r{t}{m}"] = Decision("receiver", moves, information=f"after m{m}")
    return as_form(("sender", "receiver"), game)
