"""Random small games as records and as nested data, and plain recursion over them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raison.model.formula import parse
from raison.model.records import Case, Chance, Decision, Model, Move, Node, Parameter, Player, Question
from raison.program.program import Program, compile_model
from raison.solve.points import PointSolution, coded_points, solve_points

PLAYERS = ("a", "b")


@dataclass
class Tree:
    """A node with its branches, or an outcome with payoffs `[players, N]`."""

    name: str
    player: int | None = None
    branches: list[Tree] = field(default_factory=list)
    chances: list[float] = field(default_factory=list)
    payoffs: np.ndarray | None = None


def random_tree(rng: np.random.Generator, depth: int, count: int, whole: bool = False) -> Tree:
    """Up to four branches a node, a fifth of the inner nodes chance; payoffs differ between draws."""
    made = iter(range(10_000))

    def grow(left: int) -> Tree:
        if left == 0 or (left < depth and rng.random() < 0.25):
            shape = (len(PLAYERS), count)
            payoffs = rng.integers(-3, 4, shape).astype(float) if whole else rng.normal(size=shape)
            return Tree(f"o{next(made)}", payoffs=payoffs)
        branches = [grow(left - 1) for _ in range(rng.integers(1 if left < depth else 2, 5))]
        if left < depth and rng.random() < 0.2:
            parts = rng.multinomial(8, np.ones(len(branches)) / len(branches))  # eighths add up exactly
            return Tree(f"n{next(made)}", None, branches, list(parts / 8))
        return Tree(f"n{next(made)}", int(rng.integers(len(PLAYERS))), branches)

    return grow(depth)


def nodes(tree: Tree) -> list[Tree]:
    return [tree, *(inner for branch in tree.branches for inner in nodes(branch))]


def as_model(tree: Tree, questions: Sequence[Question] = ()) -> Model:
    """The tree as a model whose payoffs are parameters, `o3_a` for player a at outcome o3."""
    game: dict[str, Node] = {}
    for node in nodes(tree):
        if node.payoffs is not None:
            continue
        if node.player is None:
            game[node.name] = Chance(
                {
                    f"m{i}": Case(branch.name, parse(repr(float(chance))))
                    for i, (branch, chance) in enumerate(zip(node.branches, node.chances, strict=True))
                }
            )
        else:
            moves = {f"m{i}": Move(branch.name) for i, branch in enumerate(node.branches)}
            game[node.name] = Decision(PLAYERS[node.player], moves)
    ended = [node for node in nodes(tree) if node.payoffs is not None]
    return Model(
        title="A tree",
        players={name: Player(name) for name in PLAYERS},
        parameters={f"{o.name}_{p}": Parameter(parse("0")) for o in ended for p in PLAYERS},
        game=game,
        outcomes={o.name: {p: parse(f"{o.name}_{p}") for p in PLAYERS} for o in ended},
        questions=tuple(questions),
    )


def solved(model: Model, given_points: Mapping[str, Any]) -> tuple[Program, PointSolution]:
    """A model made in Python, solved at points; its text is what it prints as."""
    program = compile_model(model)
    coded, count = coded_points(model, given_points)
    key = hashlib.sha256(repr(model).encode()).hexdigest()
    return program, solve_points(program, coded, count, key)


def points(tree: Tree) -> dict[str, Any]:
    return {
        f"{node.name}_{player}": node.payoffs[index]
        for node in nodes(tree)
        if node.payoffs is not None
        for index, player in enumerate(PLAYERS)
    }


def value(tree: Tree, draw: int) -> tuple[float, ...]:
    """Backward induction by recursion in plain floats; the first of equal moves is played."""
    if tree.payoffs is not None:
        return tuple(float(x) for x in tree.payoffs[:, draw])
    below = [value(branch, draw) for branch in tree.branches]
    if tree.player is None:
        return tuple(
            sum(c * v[p] for c, v in zip(tree.chances, below, strict=True)) for p in range(len(PLAYERS))
        )
    return below[choice(tree, draw)]


def choice(tree: Tree, draw: int) -> int:
    below = [value(branch, draw) for branch in tree.branches]
    worth = [v[tree.player or 0] for v in below]
    return worth.index(max(worth))
