"""A model's game at one point as a plain tree of numbers, which other programs read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from raison.exchange.game import CHANCE as NATURE
from raison.exchange.game import MAX_NODES, NONE, ExtensiveGame, InformationSet, Payoffs, TreeNode
from raison.model.records import DRAWN, Model
from raison.program.form import Form, Place
from raison.program.graph import CHANCE, Results

Nested = Sequence[Any]
Payoff = Callable[[int, tuple[int, ...]], Sequence[float]]
"""What an outcome state pays at places along the axes (0 where it does not depend on one)."""
Amounts = Callable[[str, Results], Any]
"""The amounts of a private type or node after earlier results, along its axis."""


def tree_at(
    form: Form,
    model: Model,
    payoffs: Nested | Payoff,
    chance: Nested,
    *,
    types: Mapping[int, Any] | None = None,
    amounts: Amounts | None = None,
    available: Nested | None = None,
    draw: int = 0,
) -> ExtensiveGame:
    """The game tree with its numbers, amounts written out as moves and cases with their values in the labels.

    Arrays are as `raison.solve.deviation` has them: one dimension for each axis and the draws last, of size 1
    where they do not depend on it.

    Args:
        form: The game tree with its information sets.
        model: What it was made of.
        payoffs: `[outcome states][players]` arrays in the order of `form.graph.outcomes`, or a function.
        chance: `[states][cases]` arrays of probabilities; None where nature does not move. Of a draw from a
            distribution, the weights along its axis.
        types: Weights of each private type along its axis, by number of the axis.
        amounts: The values of amounts; needed if the form has axes.
        available: `[places][options]` arrays of truths; None for a place with all moves, or for all places.
            What is not available is left out.
        draw: Which of the draws.

    Returns:
        The tree. Numbers are the shortest decimals that stand for the floats; probabilities sum to exactly
        one.

    Raises:
        ValueError: the tree would have more than `MAX_NODES` nodes, a number is not finite, probabilities are
            none, or a decision has no available move.
    """
    count = _count(form)
    if count > MAX_NODES:
        raise ValueError(
            f"a game tree of at most {MAX_NODES} nodes is written; with every amount a node of its own this "
            f"one has {count}. Give its types and ranges fewer 'steps'."
        )
    if form.axes and amounts is None:
        raise ValueError("a game with amounts needs their values in 'amounts' to be written.")
    return _Writer(form, model, payoffs, chance, types or {}, amounts, available, draw).tree()


class _Writer:
    """The tree as it grows."""

    def __init__(
        self,
        form: Form,
        model: Model,
        payoffs: Nested | Payoff,
        chance: Nested,
        types: Mapping[int, Any],
        amounts: Amounts | None,
        available: Nested | None,
        draw: int,
    ) -> None:
        self.form, self.model, self.chance, self.types = form, model, chance, types
        self.payoffs, self.amounts, self.available, self.draw = payoffs, amounts, available, draw
        self.row = {s: row for row, s in enumerate(form.graph.outcomes)}
        self.private = [k for k, axis in enumerate(form.axes) if axis.kind == "type"]
        self.sets: list[InformationSet] = []
        self.number: dict[tuple[Any, ...], int] = {}
        self.counts: dict[int, int] = {}
        self.outcomes: dict[int, Payoffs] = {}
        self.of_outcome: dict[tuple[str, tuple[Fraction, ...]], int] = {}

    def tree(self) -> ExtensiveGame:
        """Every node, parents first."""
        start = (0,) * len(self.form.axes)
        todo: list[tuple[int, tuple[int, ...], int]] = [(0, start, 0)]  # state, amounts, types drawn so far
        nodes: list[TreeNode] = []
        for state, at, drawn in todo:
            label, information, following, outcome = (
                self._type(at, drawn) if drawn < len(self.private) else self._state(state, at)
            )
            first = len(todo)
            nodes.append(TreeNode(label, information, tuple(range(first, first + len(following))), outcome))
            todo += following
        players = tuple(self.model.players)
        about = self.model.about or ""
        return ExtensiveGame(self.model.title, players, tuple(nodes), tuple(self.sets), self.outcomes, about)

    def _type(
        self, at: tuple[int, ...], drawn: int
    ) -> tuple[str, int, list[tuple[int, tuple[int, ...], int]], int]:
        """Nature draws a private type."""
        axis = self.private[drawn]
        name = self.form.axes[axis].name
        labels = [_shown(value) for value in self._values(name, (), axis, at)]
        chances = self._along(self.types[axis], axis, at)
        information = self._set(("type", axis, at), NATURE, name, labels, _chances(chances, name))
        following = [(0, _moved(at, axis, step), drawn + 1) for step in range(len(labels))]
        return name, information, following, 0

    def _state(
        self, s: int, at: tuple[int, ...]
    ) -> tuple[str, int, list[tuple[int, tuple[int, ...], int]], int]:
        """A node or outcome of the model."""
        state = self.form.graph.states[s]
        if not state.children:
            return "", NONE, [], self._outcome(s, at)
        following: list[tuple[int, tuple[int, ...], int]] = []
        labels: list[str] = []
        chances: list[float] = []
        place = self.form.place[s]
        allowed = None if state.mover == CHANCE or self.available is None else self.available[place]
        for option, (child, label) in enumerate(zip(state.children, state.labels, strict=True)):
            axis = state.amounts[option] if state.amounts else None
            steps = 1 if axis is None else self.form.axes[axis].steps
            values = None if axis is None else self._values(state.name, state.results, axis, at)
            for step in range(steps):
                here = at if axis is None else _moved(at, axis, step)
                if allowed is not None and not self._entry(allowed[option], here):
                    continue
                following.append((child, here, len(self.private)))
                labels.append(label if values is None else _amount(label, values[step]))
                if state.mover == CHANCE:
                    chances.append(float(self._entry(self.chance[s][option], here)))
        if not following:
            raise ValueError(
                f"every decision needs an available move; '{state.name}' has none at this point."
            )
        if state.mover == CHANCE:
            key = ("chance", s, tuple(at[k] for k in self.form.along[s]))
            information = self._set(key, NATURE, "", labels, _chances(chances, state.name))
        else:
            here = self.form.places[place]
            seen = tuple(at[k] for k in here.axes)
            information = self._set(("place", place, seen), here.player, self._seen(here, at), labels, ())
        return state.name, information, following, 0

    def _set(
        self,
        key: tuple[Any, ...],
        player: int,
        label: str,
        moves: Sequence[str],
        chances: tuple[Fraction, ...],
    ) -> int:
        """The information set with this key."""
        if key not in self.number:
            self.counts[player] = self.counts.get(player, 0) + 1
            self.number[key] = len(self.sets)
            self.sets.append(InformationSet(player, self.counts[player], label, tuple(moves), chances))
        return self.number[key]

    def _seen(self, place: Place, at: tuple[int, ...]) -> str:
        """What tells an information set from others of its node."""
        axes = {self.form.axes[k].name: k for k in place.axes}
        told: dict[str, str] = {name: "" for name in axes if self.form.axes[axes[name]].kind == "type"}
        told |= dict(place.seen)
        parts: list[str] = []
        before: list[tuple[str, str]] = []
        for node, label in told.items():
            if node in axes:
                value = self._values(node, self._before(place, node), axes[node], at)[at[axes[node]]]
                parts.append(f"{node} = {_shown(value)}")
            else:
                parts.append(f"{node}: {label}")
            before.append((node, label))
        return place.node + (f" ({', '.join(parts)})" if parts else "")

    def _before(self, place: Place, node: str) -> Results:
        """The results that came before a node, on the way to the first state of a place."""
        results = self.form.graph.states[place.states[0]].results
        names = [name for name, _ in results]
        return results[: names.index(node)] if node in names else ()

    def _outcome(self, s: int, at: tuple[int, ...]) -> int:
        """The number of an outcome with its payoffs."""
        name = self.form.graph.states[s].name
        if callable(self.payoffs):
            given = [float(value) for value in self.payoffs(s, at)]
        else:
            given = [float(self._entry(array, at)) for array in self.payoffs[self.row[s]]]
        if not all(np.isfinite(given)):
            raise ValueError(f"every payoff must be a finite number to be written; '{name}' pays {given}.")
        key = (name, tuple(Fraction(repr(value)) for value in given))
        if key not in self.of_outcome:
            self.of_outcome[key] = len(self.of_outcome) + 1
            self.outcomes[self.of_outcome[key]] = Payoffs(name, key[1])
        return self.of_outcome[key]

    def _values(self, name: str, results: Results, axis: int, at: tuple[int, ...]) -> list[float]:
        assert self.amounts is not None
        return self._along(self.amounts(name, results), axis, at)

    def _along(self, array: Any, axis: int, at: tuple[int, ...]) -> list[float]:
        """Entries along one axis."""
        steps = self.form.axes[axis].steps
        return [float(self._entry(array, _moved(at, axis, step))) for step in range(steps)]

    def _entry(self, array: Any, at: tuple[int, ...]) -> Any:
        """One entry of an array that may not depend on every axis, or on the draw."""
        found = np.asarray(array)
        index = (*at, self.draw)[len(at) + 1 - found.ndim :]
        return found[tuple(i if size > 1 else 0 for i, size in zip(index, found.shape, strict=True))]


def _count(form: Form) -> int:
    """How many nodes the tree has with every amount a node of its own."""
    types = [axis.steps for axis in form.axes if axis.kind == "type"]
    before = sum(int(np.prod(types[:drawn], dtype=object)) for drawn in range(len(types)))
    return before + sum(
        int(np.prod([form.axes[k].steps for k in along], dtype=object)) for along in form.along
    )


def _moved(at: tuple[int, ...], axis: int, step: int) -> tuple[int, ...]:
    return (*at[:axis], step, *at[axis + 1 :])


def _amount(label: str, value: float) -> str:
    return _shown(value) if label == DRAWN else f"{label} {_shown(value)}"


def _shown(value: float) -> str:
    """A number for a label."""
    return f"{value:.6g}"


def _chances(given: Sequence[float], name: str) -> tuple[Fraction, ...]:
    """Probabilities that sum to exactly one; what rounding left over goes to the largest."""
    if not all(0 <= p <= 1 for p in given) or abs(sum(given) - 1) > 1e-9:
        raise ValueError(
            f"the probabilities at '{name}' must lie from 0 to 1 and sum to 1; got {list(given)}."
        )
    found = [Fraction(repr(p)) for p in given]
    largest = found.index(max(found))
    found[largest] += 1 - sum(found, Fraction(0))
    return tuple(found)
