"""The game as states: nodes with just as much of their history as some formula below still asks for.

A model's nodes form a directed graph without cycles, in which several moves may lead to one node. If nothing
below the node asks how play came there, one state serves all ways; otherwise each combination of the earlier
results that are asked for is a state of its own, so that on a state every formula has one value a draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from raison.model.records import Decision, Model, branches

MAX_STATES = 200_000
CHANCE = -1
"""`State.mover` where nature moves."""
OUTCOME = -2
"""`State.mover` where the game has ended."""
Results = tuple[tuple[str, str], ...]
"""Earlier results of the game, by node."""
_Key = tuple[str, Results]  # a node and the earlier results that matter there


@dataclass(frozen=True, slots=True)
class State:
    """A node (or outcome) together with the earlier results that matter from here on.

    Attributes:
        name: Node or outcome.
        mover: Index of the player who moves, `CHANCE` or `OUTCOME`.
        results: Earlier results that some formula below asks for, by node.
        labels: Moves or cases, in the file's order.
        children: States that they lead to.
        amounts: Per branch the number of the axis that it is an amount of, in a `Form`; None for a plain one.
    """

    name: str
    mover: int
    results: Results
    labels: tuple[str, ...] = ()
    children: tuple[int, ...] = ()
    amounts: tuple[int | None, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Graph:
    """`S` states, parents before their children; the root is state 0.

    Attributes:
        states: `[S]`.
        height: `[S]` int64, most moves to the end of the game; 0 at outcomes.
        of_node: States of each node, in order.
        outcomes: States at which the game has ended.
    """

    states: tuple[State, ...]
    height: np.ndarray
    of_node: Mapping[str, tuple[int, ...]]
    outcomes: tuple[int, ...]


def expand(model: Model, remembered: Mapping[str, frozenset[str]]) -> Graph:
    """The states of a checked model's game.

    Args:
        model: With a game: one root, no cycles.
        remembered: For each node and outcome, the nodes whose results its own formulas ask for.

    Returns:
        The graph.

    Raises:
        ValueError: the game has more than `MAX_STATES` states.
    """
    root = model.root
    if root is None:
        raise ValueError("a model without a game has no states; ask its quantities instead.")
    order = _parents_first(model, root)
    asked: dict[str, frozenset[str]] = {}
    for name in reversed(order):
        below: Iterable[frozenset[str]] = (
            (asked[branch.then] for branch in branches(model.game[name]).values())
            if name in model.game
            else ()
        )
        asked[name] = remembered.get(name, frozenset()).union(*below)
    return _number(model, root, order, asked)


def _parents_first(model: Model, root: str) -> list[str]:
    """Nodes and outcomes below the root, each after everything that leads to it."""
    order: list[str] = []
    done: set[str] = set()
    stack: list[tuple[str, bool]] = [(root, False)]
    while stack:
        name, finished = stack.pop()
        if finished:
            order.append(name)
        elif name not in done:
            done.add(name)
            stack.append((name, True))
            if name in model.game:
                targets = [branch.then for branch in branches(model.game[name]).values()]
                stack.extend((target, False) for target in targets if target not in done)
    order.reverse()
    return order


def _number(model: Model, root: str, order: list[str], asked: Mapping[str, frozenset[str]]) -> Graph:
    players = {player: index for index, player in enumerate(model.players)}
    keys: dict[str, dict[_Key, int]] = {name: {} for name in order}
    keys[root][(root, ())] = 0
    numbered: list[_Key] = []
    edges: dict[_Key, list[_Key]] = {}
    for name in order:  # all parents of a node come before it, so its states are complete here
        for key in keys[name]:
            numbered.append(key)
            if len(numbered) > MAX_STATES:
                raise ValueError(
                    f"the game has more than {MAX_STATES} states, because formulas ask how play came to a "
                    "node that many paths reach; ask for fewer earlier results."
                )
            if name not in model.game:
                continue
            targets: list[_Key] = []
            for label, branch in branches(model.game[name]).items():
                known = (*key[1], (name, label))
                target = (branch.then, tuple(r for r in known if r[0] in asked[branch.then]))
                keys[branch.then].setdefault(target, 0)
                targets.append(target)
            edges[key] = targets
    index = {key: number for number, key in enumerate(numbered)}
    states: list[State] = []
    height = np.zeros(len(numbered), np.int64)
    for name, results in numbered:
        node = model.game.get(name)
        if node is None:
            states.append(State(name, OUTCOME, results))
            continue
        mover = players[node.player] if isinstance(node, Decision) else CHANCE
        children = tuple(index[target] for target in edges[(name, results)])
        states.append(State(name, mover, results, tuple(branches(node)), children))
    for number in range(len(states) - 1, -1, -1):
        children = states[number].children
        if children:
            height[number] = 1 + max(height[child] for child in children)
    of_node: dict[str, list[int]] = {}
    for number, state in enumerate(states):
        of_node.setdefault(state.name, []).append(number)
    return Graph(
        states=tuple(states),
        height=height,
        of_node={name: tuple(numbers) for name, numbers in of_node.items()},
        outcomes=tuple(number for number, state in enumerate(states) if state.mover == OUTCOME),
    )
