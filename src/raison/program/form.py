"""A game with what its players see: every history a state of its own, decisions grouped in information sets.

Amounts (private types, moves on a scale, chance draws from a distribution) are not thousands of states but
axes: an array that differs along one has that axis's size there and 1 elsewhere, the draws last. A state
stands for all amounts of the axes that lead to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from raison.model.records import (
    TYPE_STEPS,
    Decision,
    Definition,
    Distribution,
    Model,
    Node,
    Spread,
    branches,
    solved_by,
)
from raison.program.graph import CHANCE, MAX_STATES, OUTCOME, Graph, Results, State


@dataclass(frozen=True, slots=True)
class Axis:
    """Amounts that an array can differ along.

    Attributes:
        name: Private type, or node that draws or chooses the amount.
        kind: Where the amounts come from.
        steps: How many.
    """

    name: str
    kind: Literal["type", "chance", "move"]
    steps: int


@dataclass(frozen=True, slots=True)
class Place:
    """An information set: decision states that their mover cannot tell apart.

    Attributes:
        node: Name of the (first) node.
        player: Index of the mover.
        states: In the order of the graph.
        seen: Results that the mover sees there, by node.
        axes: Numbers of the axes whose amount the mover sees there.
        labels: Moves.
        options: Per move the number of the axis that it is an amount of; None for a plain move.
    """

    node: str
    player: int
    states: tuple[int, ...]
    seen: Results
    axes: tuple[int, ...]
    labels: tuple[str, ...]
    options: tuple[int | None, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Form:
    """A game tree with information sets.

    Attributes:
        graph: A tree: each state has one history, and `State.results` holds all of it.
        axes: Private types first, then nodes, each in the file's order. Axis `k` is dimension `k` of every
            array; the draws are the last dimension.
        along: Per state, the axes of the amounts on its history, private types included.
        places: Every information set, each after all from which play can come to it where that is possible.
        place: Per state the number of its place; -1 at chance nodes and outcomes.
    """

    graph: Graph
    axes: tuple[Axis, ...]
    along: tuple[tuple[int, ...], ...]
    places: tuple[Place, ...]
    place: tuple[int, ...]

    @property
    def rank(self) -> int:
        """Dimensions of an array of numbers: one for each axis and one for the draws."""
        return len(self.axes) + 1


def needs_form(model: Model) -> bool:
    """Whether a graph of states is not enough: something is hidden, a move is an amount, or the concept asks
    for mixed play.
    """
    return solved_by(model) != "subgame-perfect" or any(
        isinstance(node, Spread) or any(move.scale is not None for move in node.moves.values())
        for node in model.game.values()
        if isinstance(node, Spread | Decision)
    )


def make_form(model: Model) -> Form:
    """The game tree of a checked model with its information sets.

    Raises:
        ValueError: the tree has more than `MAX_STATES` states.
    """
    axes = tuple(_axes(model))
    number = {axis.name: index for index, axis in enumerate(axes)}
    graph = _tree(model, number)
    types = tuple(index for index, axis in enumerate(axes) if axis.kind == "type")
    along: list[tuple[int, ...]] = []
    for state in graph.states:
        passed = (
            number[node]
            for node, label in state.results
            if node in number and is_amount(model.game[node], label)
        )
        along.append(tuple(sorted((*types, *passed))))
    places, place = _places(model, graph, along, number)
    return Form(graph, axes, tuple(along), places, place)


def seen_by(
    model: Model, player: str, results: Iterable[tuple[str, str]], hidden: Sequence[str] = ()
) -> Results:
    """The results that a player sees, of those that came: his own moves, and all that is not hidden from him.

    Args:
        model: The model.
        player: Who looks.
        results: What came, in order.
        hidden: Nodes that are hidden from him where he looks.
    """
    return tuple(
        (node, label)
        for node, label in results
        if _own(model.game[node], player) or (node not in hidden and _known(model.game[node], player))
    )


def _own(node: Node, player: str) -> bool:
    return isinstance(node, Decision) and node.player == player


def _known(node: Node, player: str) -> bool:
    return node.known_to is None or player in node.known_to


def is_amount(node: Node, label: str) -> bool:
    """Whether a branch of a node is an amount rather than a plain move or case."""
    return isinstance(node, Spread) or (isinstance(node, Decision) and node.moves[label].scale is not None)


def _axes(model: Model) -> Iterable[Axis]:
    for name, parameter in model.parameters.items():
        if parameter.is_private:
            yield Axis(name, "type", _steps(parameter.value, parameter.steps or TYPE_STEPS))
    for name, node in model.game.items():
        if isinstance(node, Spread):
            yield Axis(name, "chance", _steps(node.distribution, node.steps))
        elif isinstance(node, Decision):
            for move in node.moves.values():
                if move.scale is not None:
                    yield Axis(name, "move", move.scale.steps)


def _steps(definition: Definition, steps: int) -> int:
    """A choice has as many steps as values."""
    if isinstance(definition, Distribution) and definition.kind == "choice":
        return len(definition.arguments) // 2
    return steps


def _tree(model: Model, number: Mapping[str, int]) -> Graph:
    """Every history of the game, breadth first, so that parents come before their children."""
    root = model.root
    if root is None:
        raise ValueError("a model without a game has no states; ask its quantities instead.")
    players = {player: index for index, player in enumerate(model.players)}
    keys: list[tuple[str, Results]] = [(root, ())]
    states: list[State] = []
    for name, results in keys:
        node = model.game.get(name)
        if node is None:
            states.append(State(name, OUTCOME, results))
            continue
        children: list[int] = []
        amounts: list[int | None] = []
        for label, branch in branches(node).items():
            children.append(len(keys))
            amounts.append(number[name] if is_amount(node, label) else None)
            keys.append((branch.then, (*results, (name, label))))
            if len(keys) > MAX_STATES:
                raise ValueError(
                    f"the game tree has more than {MAX_STATES} histories; a game in which something is "
                    "hidden is solved history by history, so make it smaller."
                )
        mover = players[node.player] if isinstance(node, Decision) else CHANCE
        states.append(State(name, mover, results, tuple(branches(node)), tuple(children), tuple(amounts)))
    height = np.zeros(len(states), np.int64)
    for index in range(len(states) - 1, -1, -1):
        if states[index].children:
            height[index] = 1 + max(height[child] for child in states[index].children)
    of_node: dict[str, list[int]] = {}
    for index, state in enumerate(states):
        of_node.setdefault(state.name, []).append(index)
    return Graph(
        states=tuple(states),
        height=height,
        of_node={name: tuple(found) for name, found in of_node.items()},
        outcomes=tuple(index for index, state in enumerate(states) if state.mover == OUTCOME),
    )


def _places(
    model: Model, graph: Graph, along: Sequence[tuple[int, ...]], number: Mapping[str, int]
) -> tuple[tuple[Place, ...], tuple[int, ...]]:
    names = list(model.players)
    private = {
        number[name]: parameter.known_to
        for name, parameter in model.parameters.items()
        if parameter.known_to is not None
    }
    groups: dict[tuple[str, Results], list[int]] = {}
    for index, state in enumerate(graph.states):
        if state.mover < 0:
            continue
        node = model.game[state.name]
        assert isinstance(node, Decision)
        if node.information is not None:
            key = (node.player, (("", node.information),))
        else:
            key = (state.name, seen_by(model, node.player, state.results, node.hidden))
        groups.setdefault(key, []).append(index)
    places: list[Place] = []
    place = [-1] * len(graph.states)
    for (name, seen), members in groups.items():
        first = graph.states[members[0]]
        node = model.game[first.name]
        assert isinstance(node, Decision)
        labelled = node.information is not None
        visible = {number[n] for n, label in seen if n in number and is_amount(model.game[n], label)}
        visible |= {axis for axis, known_to in private.items() if node.player in known_to}
        for member in members:
            place[member] = len(places)
        places.append(
            Place(
                node=first.name if labelled else name,
                player=names.index(node.player),
                states=tuple(members),
                seen=() if labelled else seen,
                axes=tuple(sorted(visible & set(along[members[0]]))),
                labels=first.labels,
                options=first.amounts,
            )
        )
    return tuple(places), tuple(place)
