"""A model's game at one point as a plain tree of numbers, which other programs read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from raison.exchange.game import CHANCE as NATURE
from raison.exchange.game import MAX_NODES, NONE, ExtensiveGame, InformationSet, Payoffs, TreeNode
from raison.model.records import Distribution, Model
from raison.program.form import Form, Place
from raison.program.graph import CHANCE, Results
from raison.program.unfold import NO_AXIS, At, Unfolded, count_unfolded, entry, unfold

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
    return written_at(form, model, payoffs, chance, types, amounts, available, draw).game


def written_at(
    form: Form,
    model: Model,
    payoffs: Nested | Payoff,
    chance: Nested,
    types: Mapping[int, Any] | None = None,
    amounts: Amounts | None = None,
    available: Nested | None = None,
    draw: int = 0,
) -> Written:
    """What `tree_at` returns, and what its information sets are in the unfolded form."""
    count = count_unfolded(form)
    if count > MAX_NODES:
        raise ValueError(
            f"a game tree of at most {MAX_NODES} nodes is written; with every amount a node of its own this "
            f"one has {count}. Give its types and ranges fewer 'steps'."
        )
    if form.axes and amounts is None:
        raise ValueError("a game with amounts needs their values in 'amounts' to be written.")
    named = namer(model, amounts, draw)
    unfolded = unfold(form, named)
    return _Writer(unfolded, model, payoffs, chance, types or {}, available, draw, named).written()


def namer(model: Model, amounts: Amounts | None, draw: int = 0) -> Callable[[str, Results, int, At], str]:
    """What amounts are called in a draw: the names of a choice of names, or numbers to six digits.

    Args:
        model: The model.
        amounts: Their values.
        draw: Which of the draws.
    """

    def named(name: str, results: Results, axis: int, at: At) -> str:
        assert amounts is not None
        values = np.atleast_1d(entry(amounts(name, results), at))
        value = float(values[draw if len(values) > 1 else 0])
        parameter = model.parameters.get(name)
        definition = None if parameter is None else parameter.value
        if isinstance(definition, Distribution) and definition.names:
            return definition.names[int(value)]
        return f"{value:.6g}"

    return named


@dataclass(frozen=True, slots=True)
class Written:
    """A form as a plain tree.

    Attributes:
        game: The tree.
        places: Per information set of a player, in the order of the tree's, its number among the places of
            the unfolded form, and which of its options are there.
    """

    game: ExtensiveGame
    places: tuple[tuple[int, tuple[int, ...]], ...]


class _Writer:
    """The tree as it grows."""

    def __init__(
        self,
        unfolded: Unfolded,
        model: Model,
        payoffs: Nested | Payoff,
        chance: Nested,
        types: Mapping[int, Any],
        available: Nested | None,
        draw: int,
        named: Callable[[str, Results, int, At], str],
    ) -> None:
        self.unfolded, self.source, self.form = unfolded, unfolded.source, unfolded.form
        self.model, self.chance, self.types, self.named = model, chance, types, named
        self.payoffs, self.available, self.draw = payoffs, available, draw
        self.row = {s: row for row, s in enumerate(self.source.graph.outcomes)}
        self.sets: list[InformationSet] = []
        self.number: dict[tuple[bool, int], int] = {}
        self.places: list[tuple[int, tuple[int, ...]]] = []
        self.counts: dict[int, int] = {}
        self.outcomes: dict[int, Payoffs] = {}
        self.of_outcome: dict[tuple[str, tuple[Fraction, ...]], int] = {}

    def written(self) -> Written:
        """Every node, parents first."""
        todo = [0]
        nodes: list[TreeNode] = []
        for s in todo:
            state = self.form.graph.states[s]
            if not state.children:
                nodes.append(TreeNode("", NONE, (), self._outcome(s)))
                continue
            open_ = self._open(s)
            first = len(todo)
            children = tuple(range(first, first + len(open_)))
            nodes.append(TreeNode(state.name, self._set(s, open_), children, 0))
            todo += [state.children[option] for option in open_]
        players = tuple(self.model.players)
        about = self.model.about or ""
        game = ExtensiveGame(self.model.title, players, tuple(nodes), tuple(self.sets), self.outcomes, about)
        return Written(game, tuple(self.places))

    def _open(self, s: int) -> tuple[int, ...]:
        """The branches of a state that can be taken."""
        state, branches = self.form.graph.states[s], self.unfolded.branches[s]
        everything = tuple(range(len(branches)))
        if state.mover == CHANCE or self.available is None:
            return everything
        allowed = self.available[self.source.place[self.unfolded.origin[s]]]
        if allowed is None:
            return everything
        found = tuple(k for k, (branch, at) in enumerate(branches) if self._entry(allowed[branch], at))
        if not found:
            raise ValueError(
                f"every decision needs an available move; '{state.name}' has none at this point."
            )
        return found

    def _set(self, s: int, open_: tuple[int, ...]) -> int:
        """The information set of a state; each of nature's is one of its own."""
        state = self.form.graph.states[s]
        labels = tuple(state.labels[option] for option in open_)
        if state.mover == CHANCE:
            is_type = self.unfolded.type_axis[s] != NO_AXIS
            chances = _chances(self._chance(s), state.name)
            return self._add((True, s), NATURE, state.name if is_type else "", labels, chances)
        number = self.form.place[s]
        if (False, number) not in self.number:
            self.places.append((number, open_))
        place = self.form.places[number]
        return self._add((False, number), place.player, self._seen(number), labels, ())

    def _add(
        self,
        key: tuple[bool, int],
        player: int,
        label: str,
        moves: tuple[str, ...],
        chances: tuple[Fraction, ...],
    ) -> int:
        if key not in self.number:
            self.counts[player] = self.counts.get(player, 0) + 1
            self.number[key] = len(self.sets)
            self.sets.append(InformationSet(player, self.counts[player], label, moves, chances))
        return self.number[key]

    def _chance(self, s: int) -> list[float]:
        """Probabilities of a chance state's cases."""
        axis, branches = self.unfolded.type_axis[s], self.unfolded.branches[s]
        if axis != NO_AXIS:
            return [float(self._entry(self.types[axis], at)) for _, at in branches]
        cases = self.chance[self.unfolded.origin[s]]
        return [float(self._entry(cases[branch], at)) for branch, at in branches]

    def _seen(self, number: int) -> str:
        """What tells an information set from others of its node."""
        source, at = self.unfolded.places[number]
        place = self.source.places[source]
        axes = {self.source.axes[k].name: k for k in place.axes}
        told: dict[str, str] = {name: "" for name in axes if self.source.axes[axes[name]].kind == "type"}
        told |= dict(place.seen)
        parts: list[str] = []
        for node, label in told.items():
            if node in axes:
                parts.append(f"{node} = {self.named(node, self._before(place, node), axes[node], at)}")
            else:
                parts.append(f"{node}: {label}")
        return place.node + (f" ({', '.join(parts)})" if parts else "")

    def _before(self, place: Place, node: str) -> Results:
        """The results that came before a node, on the way to the first state of a place."""
        results = self.source.graph.states[place.states[0]].results
        names = [name for name, _ in results]
        return results[: names.index(node)] if node in names else ()

    def _outcome(self, s: int) -> int:
        """The number of an outcome with its payoffs."""
        name, origin, at = self.form.graph.states[s].name, self.unfolded.origin[s], self.unfolded.at[s]
        if callable(self.payoffs):
            given = [float(value) for value in self.payoffs(origin, at)]
        else:
            given = [float(self._entry(array, at)) for array in self.payoffs[self.row[origin]]]
        if not all(np.isfinite(given)):
            raise ValueError(f"every payoff must be a finite number to be written; '{name}' pays {given}.")
        key = (name, tuple(Fraction(repr(value)) for value in given))
        if key not in self.of_outcome:
            self.of_outcome[key] = len(self.of_outcome) + 1
            self.outcomes[self.of_outcome[key]] = Payoffs(name, key[1])
        return self.of_outcome[key]

    def _entry(self, array: Any, at: At) -> Any:
        """One entry of an array that may not depend on every axis, or on the draw."""
        found = np.atleast_1d(entry(array, at))
        return found[self.draw if len(found) > 1 else 0]


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
