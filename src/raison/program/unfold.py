"""A game with amounts as one without: every amount a move or case of its own, every private type a draw.

Enumeration of equilibria and files of other programs want a plain tree. Types are drawn first, in the order
of their axes; then each state of the form stands once for each combination of the amounts that lead to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.exchange.modelling import unique
from raison.program.form import Form, Place
from raison.program.graph import CHANCE, OUTCOME, Graph, Results, State

At = tuple[int, ...]
"""A step along each axis; 0 along those that no amount has come of."""
Label = Callable[[str, Results, int, At], str]
"""What an amount is called: of an axis's name, the results before it, its axis, and where along the axes."""
NO_AXIS = -1
"""In `Unfolded`: no state of the source is meant, or no axis."""


@dataclass(frozen=True, eq=False, slots=True)
class Unfolded:
    """A form without amounts, and where each of its parts comes from.

    Attributes:
        source: The form with amounts.
        form: The one without.
        origin: Per state the source's state that it stands for; `NO_AXIS` where nature draws a type.
        at: Per state the amounts that lead to it.
        branches: Per state and branch, the source's branch there and where it leads along the axes.
        type_axis: Per state the axis of the type that nature draws there; `NO_AXIS` elsewhere.
        places: Per place the source's place, and amounts of one of its states.
        rows: By the source's place and option, numbers of options of `form`, counted through all places: an
            array with a dimension for each axis, of its size where the mover sees the amount or chooses it.
    """

    source: Form
    form: Form
    origin: tuple[int, ...]
    at: tuple[At, ...]
    branches: tuple[tuple[tuple[int, At], ...], ...]
    type_axis: tuple[int, ...]
    places: tuple[tuple[int, At], ...]
    rows: tuple[tuple[NDArray[np.int64], ...], ...]

    def payoffs(self, folded: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """`[outcome states][players]` arrays `[B]`, of the source's with a dimension for each axis."""
        row = {s: number for number, s in enumerate(self.source.graph.outcomes)}
        return [
            [entry(array, self.at[z]) for array in folded[row[self.origin[z]]]]
            for z in self.form.graph.outcomes
        ]

    def chances(self, chance: Mapping[int, Sequence[Any]], types: Mapping[int, Any]) -> dict[int, list[Any]]:
        """Per chance state the probability `[B]` of each case, of the source's and its types' weights."""
        found: dict[int, list[Any]] = {}
        for s, state in enumerate(self.form.graph.states):
            if self.type_axis[s] != NO_AXIS:
                found[s] = [entry(types[self.type_axis[s]], at) for _, at in self.branches[s]]
            elif state.mover == CHANCE:
                cases = chance[self.origin[s]]
                found[s] = [entry(cases[branch], at) for branch, at in self.branches[s]]
        return found

    def available(self, allowed: Sequence[Sequence[Any] | None]) -> dict[int, list[Any]]:
        """Per decision state whether each move can be made, `[B]`, of the source's by place and option."""
        found: dict[int, list[Any]] = {}
        for s, state in enumerate(self.form.graph.states):
            if state.mover >= 0:
                moves = allowed[self.source.place[self.origin[s]]]
                found[s] = [
                    np.ones(1, bool) if moves is None else np.atleast_1d(entry(moves[branch], at))
                    for branch, at in self.branches[s]
                ]
        return found

    def strategy(self, probability: Any) -> list[tuple[Any, ...]]:
        """By the source's place and option the probabilities, with a dimension for each axis.

        Args:
            probability: `[N, B]`, of every option of `form`, counted through all places.
        """
        return [tuple(probability[index] for index in options) for options in self.rows]

    def flat(self, played: Sequence[Sequence[Any]]) -> list[NDArray[np.float64]]:
        """Per place the probabilities of its options: the opposite of `strategy` in one draw."""
        sizes = [len(place.labels) for place in self.form.places]
        found = np.zeros(sum(sizes))
        for options, indices in zip(played, self.rows, strict=True):
            for option, index in zip(options, indices, strict=True):
                found[index] = np.broadcast_to(option, index.shape)
        return np.split(found, np.cumsum(sizes)[:-1]) if sizes else []


def entry(array: Any, at: At) -> Any:
    """`[B]`, one entry along the axes of an array that may not depend on all of them, or on the draw."""
    found = np.asarray(array)
    if found.ndim == 0:
        return found
    sizes = found.shape[:-1]
    steps = at[len(at) - len(sizes) :]
    return found[tuple(step if size > 1 else 0 for step, size in zip(steps, sizes, strict=True))]


def count_unfolded(form: Form) -> int:
    """How many states a form has with every amount a move or case of its own."""
    types = [axis.steps for axis in form.axes if axis.kind == "type"]
    draws = sum(prod(types[:drawn]) for drawn in range(len(types)))
    return draws + sum(prod(form.axes[k].steps for k in along) for along in form.along)


def moved(at: At, axis: int, step: int) -> At:
    """The amounts with another one along an axis."""
    return (*at[:axis], step, *at[axis + 1 :])


def unfold(form: Form, label: Label | None = None) -> Unfolded:
    """Write amounts out as moves and cases.

    Args:
        form: With or without amounts; `count_unfolded` says how many states come out.
        label: What amounts are called; None for their numbers.

    Source: ours; a type drawn by nature is Harsanyi (1967-68), "Games with incomplete information".
    """
    return _Unfolding(form, label or (lambda name, results, axis, at: str(at[axis]))).unfolded()


@dataclass(frozen=True, slots=True)
class _Node:
    """A state that comes of the unfolding."""

    state: int
    at: At
    drawn: int  # types drawn so far
    results: Results


class _Unfolding:
    """The tree as it grows, breadth first, so that parents come before their children."""

    def __init__(self, form: Form, label: Label) -> None:
        self.form, self.label = form, label
        self.types = [k for k, axis in enumerate(form.axes) if axis.kind == "type"]
        self.todo = [_Node(0, (0,) * len(form.axes), 0, ())]
        self.states: list[State] = []
        self.branches: list[tuple[tuple[int, At], ...]] = []

    def unfolded(self) -> Unfolded:
        """All of it."""
        for node in self.todo:
            if node.drawn < len(self.types):
                self._draw(node)
            else:
                self._play(node)
        is_draw = [node.drawn < len(self.types) for node in self.todo]
        origin = tuple(NO_AXIS if draw else n.state for draw, n in zip(is_draw, self.todo, strict=True))
        axes = tuple(
            self.types[n.drawn] if draw else NO_AXIS for draw, n in zip(is_draw, self.todo, strict=True)
        )
        at = tuple(node.at for node in self.todo)
        places, place, sources = self._places(origin)
        form = Form(self._graph(), (), ((),) * len(self.states), places, place)
        rows = self._rows(places, sources)
        return Unfolded(self.form, form, origin, at, tuple(self.branches), axes, sources, rows)

    def _draw(self, node: _Node) -> None:
        axis = self.types[node.drawn]
        name = self.form.axes[axis].name
        ways = [(0, moved(node.at, axis, step)) for step in range(self.form.axes[axis].steps)]
        labels = unique(self.label(name, (), axis, at) for _, at in ways)
        below = [
            _Node(0, at, node.drawn + 1, (*node.results, (name, label)))
            for (_, at), label in zip(ways, labels, strict=True)
        ]
        self._add(State(name, CHANCE, node.results, tuple(labels)), ways, below)

    def _play(self, node: _Node) -> None:
        state = self.form.graph.states[node.state]
        ways: list[tuple[int, At]] = []
        for branch, axis in enumerate(state.amounts or (None,) * len(state.children)):
            if axis is None:
                ways.append((branch, node.at))
            else:
                steps = range(self.form.axes[axis].steps)
                ways += [(branch, moved(node.at, axis, step)) for step in steps]
        labels = unique(self._branch(node.state, branch, at) for branch, at in ways)
        below = [
            _Node(state.children[branch], at, node.drawn, (*node.results, (state.name, label)))
            for (branch, at), label in zip(ways, labels, strict=True)
        ]
        self._add(State(state.name, state.mover, node.results, tuple(labels)), ways, below)

    def _branch(self, s: int, branch: int, at: At) -> str:
        state = self.form.graph.states[s]
        axis = state.amounts[branch] if state.amounts else None
        if axis is None:
            return state.labels[branch]
        amount = self.label(state.name, state.results, axis, at)
        return amount if state.mover == CHANCE else f"{state.labels[branch]} {amount}"

    def _add(self, state: State, ways: Sequence[tuple[int, At]], below: Sequence[_Node]) -> None:
        first = len(self.todo)
        self.todo += below
        children = tuple(range(first, first + len(below)))
        amounts = (None,) * len(below)
        self.states.append(State(state.name, state.mover, state.results, state.labels, children, amounts))
        self.branches.append(tuple(ways))

    def _graph(self) -> Graph:
        height = np.zeros(len(self.states), np.int64)
        of_node: dict[str, list[int]] = {}
        for s in range(len(self.states) - 1, -1, -1):
            if self.states[s].children:
                height[s] = 1 + max(height[child] for child in self.states[s].children)
        for s, state in enumerate(self.states):
            of_node.setdefault(state.name, []).append(s)
        return Graph(
            tuple(self.states),
            height,
            {name: tuple(found) for name, found in of_node.items()},
            tuple(s for s, state in enumerate(self.states) if state.mover == OUTCOME),
        )

    def _places(
        self, origin: Sequence[int]
    ) -> tuple[tuple[Place, ...], tuple[int, ...], tuple[tuple[int, At], ...]]:
        groups: dict[tuple[int, At], list[int]] = {}
        for s, state in enumerate(self.states):
            if state.mover >= 0:
                number = self.form.place[origin[s]]
                seen = tuple(self.todo[s].at[k] for k in self.form.places[number].axes)
                groups.setdefault((number, seen), []).append(s)
        place = [NO_AXIS] * len(self.states)
        places: list[Place] = []
        for (number, _), members in groups.items():
            for member in members:
                place[member] = len(places)
            places.append(self._place(self.form.places[number], members))
        sources = tuple((number, self.todo[members[0]].at) for (number, _), members in groups.items())
        return tuple(places), tuple(place), sources

    def _place(self, source: Place, members: Sequence[int]) -> Place:
        """A place with the amounts that are seen there among its results: types first, then as they came."""
        first = self.states[members[0]]
        visible = {self.form.axes[k].name for k in source.axes} | {node for node, _ in source.seen}
        return Place(
            node=source.node,
            player=source.player,
            states=tuple(members),
            seen=tuple(result for result in first.results if result[0] in visible),
            axes=(),
            labels=first.labels,
            options=(None,) * len(first.labels),
        )

    def _rows(
        self, places: Sequence[Place], sources: Sequence[tuple[int, At]]
    ) -> tuple[tuple[NDArray[np.int64], ...], ...]:
        form = self.form
        rows: list[tuple[NDArray[np.int64], ...]] = []
        for source in form.places:
            sizes = [axis.steps if k in source.axes else 1 for k, axis in enumerate(form.axes)]
            options = [
                np.zeros([form.axes[k].steps if k == own else n for k, n in enumerate(sizes)], np.int64)
                for own in source.options
            ]
            rows.append(tuple(options))
        start = 0
        for place, (number, at) in zip(places, sources, strict=True):
            seen = form.places[number].axes
            for turn, (branch, to) in enumerate(self.branches[place.states[0]]):
                own = form.places[number].options[branch]
                index = tuple(to[k] if k == own else at[k] if k in seen else 0 for k in range(len(form.axes)))
                rows[number][branch][index] = start + turn
            start += len(place.labels)
        return tuple(rows)
