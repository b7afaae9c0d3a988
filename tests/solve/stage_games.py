"""Random two-player extensive games with hidden moves and perfect recall, and Gambit's answers to them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from forms import as_form

from raison.exchange import gambit_worker
from raison.exchange.gambit import _mixture, _ways
from raison.exchange.game import CHANCE, ExtensiveGame
from raison.exchange.write import move_labels, write_efg
from raison.model.formula import parse
from raison.model.records import Case, Chance, Decision, Model, Move, Node
from raison.program.form import Form
from raison.solve.as_tree import tree_at

PLAYERS = ("a", "b")


def random_game(rng: np.random.Generator, stages: int = 3) -> Form:
    """In each stage chance or a player moves; who sees it is drawn, and some histories end early.

    A player's information set is all that he saw, his own moves among it: he forgets nothing.
    """
    while True:
        movers = [int(rng.integers(-1 if stage == 0 else 0, 2)) for stage in range(stages)]
        if len({mover for mover in movers if mover >= 0}) == 2:
            break
    sizes = [int(rng.integers(2, 4)) if stage == 0 else 2 for stage in range(stages)]
    seen = [[mover == player or rng.random() < 0.5 for player in range(2)] for mover in movers]
    game: dict[str, Node] = {}

    def grow(history: tuple[int, ...]) -> str:
        stage = len(history)
        name = "_".join(map(str, ("n", *history)))
        if stage == stages or (stage > 1 and rng.random() < 0.2):
            return name.replace("n", "o")
        game[name] = Chance({})  # keeps the order of the file: parents first
        below = [grow((*history, option)) for option in range(sizes[stage])]
        mover = movers[stage]
        if mover < 0:
            even = parse(f"1/{sizes[stage]}")
            game[name] = Chance({f"c{k}": Case(target, even) for k, target in enumerate(below)})
        else:
            known = [f"{k}{option}" for k, option in enumerate(history) if seen[k][mover]]
            label = f"{PLAYERS[mover]}{stage} {' '.join(known)}"
            game[name] = Decision(
                PLAYERS[mover], {f"m{k}": Move(target) for k, target in enumerate(below)}, information=label
            )
        return name

    grow(())
    return as_form(PLAYERS, game)


def chances(form: Form) -> dict[int, tuple[float, ...]]:
    """Even chances, by chance state."""
    return {
        s: (1 / len(state.children),) * len(state.children)
        for s, state in enumerate(form.graph.states)
        if state.mover == -1
    }


def everything(form: Form) -> dict[int, tuple[bool, ...]]:
    """All moves of all decisions are available."""
    return {s: (True,) * len(state.children) for s, state in enumerate(form.graph.states) if state.mover >= 0}


def as_tree(form: Form, payoffs: np.ndarray) -> ExtensiveGame:
    """One draw, payoffs `[outcomes, players]`, as a plain tree."""
    model = Model(title="A game", players=dict.fromkeys(PLAYERS), game={}, outcomes={})
    even = chances(form)
    rows = [[np.array([value]) for value in row] for row in payoffs]
    cases = [[np.array([p]) for p in even[s]] if s in even else None for s in range(len(form.graph.states))]
    return tree_at(form, model, rows, cases)


def gambits_equilibria(tree: ExtensiveGame) -> list[list[tuple[Fraction, ...]]]:
    """All extreme equilibria by `enummixed_solve` in rationals, by set; even odds where excluded."""
    ways = _ways(tree)
    task = {
        "efg": write_efg(tree),
        "solver": "enummixed_solve",
        "options": {"rational": True},
        "ways": [None if s.player == CHANCE else ways[k] for k, s in enumerate(tree.sets)],
        "moves": [move_labels(place) for place in tree.sets],
    }
    return [
        [_mixture([Fraction(text) for text in row]) if row else () for row in profile]
        for profile in gambit_worker.solve(task)
    ]
