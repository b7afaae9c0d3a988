"""One draw of a game with amounts: what each mover weighs at the amounts that matter, and how play goes.

What is played, and the points that stand for types and chance draws, are the engine's. What is made of them
is a second implementation in plain Python floats, amount by amount: payoffs, what each move and amount is
worth given who may have come there, and how play goes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.answer.hand import Hand, Results, digits
from raison.model.evaluate import Taken, evaluate, evaluate_truth
from raison.model.formula import Expression, Formula, Number, Text, rewritten
from raison.model.records import Chance, Decision, Definition, Distribution
from raison.model.unparse import show
from raison.program.form import Form, is_amount
from raison.program.graph import CHANCE, OUTCOME
from raison.solve.form_points import PlaceSolution

MOST_CELLS = 300_000
"""Combinations of amounts at outcomes that are worked for one question put to the game."""
_NONE = -1
"""The step of an amount that did not come about."""

At = tuple[int, ...]
"""A step along each axis."""
Cuts = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Points and weights of types (by name) and of chance draws (by number of the state), with a dimension for
each axis and the draws last."""


class TooManyError(Exception):
    """More combinations of amounts than are worked by hand."""


class Leaf(NamedTuple):
    """A way that play goes to an outcome state, with a probability."""

    state: int
    at: At
    weight: float


@dataclass(eq=False)
class Worked:
    """The game of one draw.

    Attributes:
        hand: What does not depend on types or on how play goes.
        cuts: Of types and chance draws.
        places: What is played.
        draw: Which of the draws in `cuts` and `places`.
    """

    hand: Hand
    cuts: Cuts
    places: Sequence[PlaceSolution]
    draw: int
    _values: dict[tuple[int, At], tuple[float, ...]] = field(default_factory=dict)
    _left: int = MOST_CELLS

    @cached_property
    def form(self) -> Form:
        """The game's tree."""
        form = self.hand.program.form
        assert form is not None
        return form

    @cached_property
    def axis(self) -> dict[str, int]:
        """The number of each axis."""
        return {axis.name: number for number, axis in enumerate(self.form.axes)}

    @cached_property
    def parents(self) -> dict[int, tuple[int, int]]:
        """Per state but the root the state and branch that lead to it."""
        states = self.form.graph.states
        return {child: (s, b) for s, state in enumerate(states) for b, child in enumerate(state.children)}

    # --- numbers ---

    def _cut(self, key: str, part: int, at: At) -> float:
        array = self.cuts[key][part]
        where = tuple(k if size > 1 else 0 for k, size in zip(at, array.shape[:-1], strict=True))
        return float(array[where][self.draw if array.shape[-1] > 1 else 0])

    def amount(self, name: str, results: Results, at: At) -> float | str:
        """A type, or what was drawn or chosen at a node after these results."""
        axis = self.axis[name]
        parameter = self.hand.model.parameters.get(name)
        if parameter is not None:
            point = self._cut(name, 0, at)
            definition = parameter.value
            names = definition.names if isinstance(definition, Distribution) else ()
            return names[int(point)] if names else point
        node = self.hand.model.game[name]
        state = str(self._state_of(name, results))
        if not isinstance(node, Decision) or state in self.cuts:
            return self._cut(state, 0, at)
        scale = next(move.scale for move in node.moves.values() if move.scale is not None)
        share = at[axis] / (self.form.axes[axis].steps - 1)
        return (
            self.number(scale.low, results, at) * (1 - share) + self.number(scale.high, results, at) * share
        )

    def _state_of(self, name: str, results: Results) -> int:
        states = self.form.graph.of_node[name]
        return next(s for s in states if self.form.graph.states[s].results == results)

    def value(self, name: str, results: Results, at: At) -> Any:
        """What a name stands for."""
        model = self.hand.model
        if name in model.game:
            for index, (node, label) in enumerate(results):
                if node == name:
                    if not is_amount(model.game[name], label):
                        return label
                    return Taken(self.amount(name, results[:index], at), label)
            return ""
        if name == "outcome":
            return dict(results).get(name, "")
        if name in self.axis:
            return self.amount(name, results, at)
        if name not in self.hand.program.on_results:
            return self.hand.value(name, ())
        chain = self.hand.chain(name)
        return self._defined(name, chain, len(chain) - 1, results, at)

    def _defined(self, name: str, chain: Sequence[Definition], index: int, results: Results, at: At) -> Any:
        definition = chain[index]
        if not isinstance(definition, Formula):
            raise ValueError(
                f"'{name}' is drawn anew after results of the game, which is not worked by hand."
            )

        def bound(other: str) -> Any:
            if other == name and index > 0:
                return self._defined(name, chain, index - 1, results, at)
            return self.value(other, results, at)

        return evaluate(definition.expression, *self.hand.evaluated(bound))

    def number(self, formula: Formula, results: Results, at: At) -> float:
        """The number that a formula stands for."""
        bound = lambda name: self.value(name, results, at)
        return evaluate(formula.expression, *self.hand.evaluated(bound))

    def truth(self, formula: Formula, results: Results, at: At) -> bool:
        """Whether a formula holds."""
        bound = lambda name: self.value(name, results, at)
        return bool(evaluate_truth(formula.expression, *self.hand.evaluated(bound)))

    def with_numbers(self, formula: Formula, results: Results, at: At) -> str:
        """A formula's text with numbers put in for names."""

        def stands_for(name: str) -> Expression:
            known = self.value(name, results, at)
            known = known.value if isinstance(known, Taken) else known
            return Text(known) if isinstance(known, str) else Number(digits(float(known)))

        return show(rewritten(formula.expression, stands_for))

    # --- the game ---

    def pays(self, s: int, at: At) -> tuple[float, ...]:
        """What an outcome pays every player."""
        state, model = self.form.graph.states[s], self.hand.model
        ended = (*state.results, ("outcome", state.name))
        return tuple(
            self.number(self.hand.slot(("payoff", state.name, p), model.outcomes[state.name][p]), ended, at)
            for p in model.players
        )

    def branches(self, s: int, at: At, *, anything: bool = False) -> Iterator[tuple[int, At, float]]:
        """What follows at a state: branch, amounts, probability; 1 of every move if anything counts."""
        state = self.form.graph.states[s]
        if state.mover == CHANCE:
            yield from self._cases(s, at)
            return
        place = self.form.places[self.form.place[s]]
        solution = self.places[self.form.place[s]]
        seen = tuple(at[axis] for axis in place.axes)
        for branch, (label, own) in enumerate(zip(place.labels, place.options, strict=True)):
            row = solution.probability[label][seen][..., self.draw]
            if own is None:
                if row > 0 or anything:
                    yield branch, at, 1.0 if anything else float(row)
                continue
            for step in range(len(row)) if anything else np.flatnonzero(row > 0).tolist():
                yield branch, _moved(at, own, step), 1.0 if anything else float(row[step])

    def _cases(self, s: int, at: At) -> Iterator[tuple[int, At, float]]:
        state = self.form.graph.states[s]
        node = self.hand.model.game[state.name]
        if not isinstance(node, Chance):
            axis = self.axis[state.name]
            for step in range(self.form.axes[axis].steps):
                there = _moved(at, axis, step)
                yield 0, there, self._cut(str(s), 1, there)
            return
        chances: dict[str, float] = {}
        for label, case in node.cases.items():
            if case.probability is not None:
                formula = self.hand.slot(("probability", state.name, label), case.probability)
                chances[label] = self.number(formula, state.results, at)
        left = 1.0 - math.fsum(chances.values())
        for branch, label in enumerate(state.labels):
            chance = chances.get(label, left)
            if chance > 0:
                yield branch, at, chance

    def worth(self, s: int, at: At) -> tuple[float, ...]:
        """What play from a state is worth to every player.

        Raises:
            TooManyError: more than `MOST_CELLS` outcomes are to be worked.
        """
        along = self.form.along[s]
        key = (s, tuple(at[axis] for axis in along))
        if key not in self._values:
            state = self.form.graph.states[s]
            if state.mover == OUTCOME:
                self._left -= 1
                if self._left < 0:
                    raise TooManyError
                self._values[key] = self.pays(s, at)
            else:
                parts = [
                    (p, self.worth(state.children[branch], there))
                    for branch, there, p in self.branches(s, at)
                ]
                self._values[key] = tuple(
                    math.fsum(p * value[i] for p, value in parts) for i in range(len(self.hand.model.players))
                )
        return self._values[key]

    def types(self, fixed: Mapping[int, int]) -> Iterator[tuple[At, float]]:
        """Every combination of types with its prior, some of them fixed."""
        own = [k for k, axis in enumerate(self.form.axes) if axis.kind == "type"]
        ranges = [[fixed[k]] if k in fixed else range(self.form.axes[k].steps) for k in own]
        for steps in itertools.product(*ranges):
            at: list[int] = [_NONE] * len(self.form.axes)
            for axis, step in zip(own, steps, strict=True):
                at[axis] = step
            cell = tuple(at)
            yield cell, math.prod(self._cut(self.form.axes[k].name, 1, cell) for k in own)

    def came(self, number: int, seen: Mapping[int, int]) -> list[Leaf]:
        """The states of an information set that the mover may be in, their amounts, and how likely by Bayes.

        His own moves do not count, as he knows them. Empty where nobody ever comes there.

        Raises:
            TooManyError: more than `MOST_CELLS` ways lead there.
        """
        place, found = self.form.places[number], list[Leaf]()
        fixed = {axis: step for axis, step in seen.items() if self.form.axes[axis].kind == "type"}
        for s in place.states:
            edges: list[tuple[int, int]] = []
            up = s
            while up in self.parents:
                edges.insert(0, self.parents[up])
                up = edges[0][0]
            for at, prior in self.types(fixed):
                ways = self._ways(edges, at, prior, place.player, seen)
                found += [Leaf(s, there, weight) for there, weight in ways if weight > 0]
        total = math.fsum(leaf.weight for leaf in found)
        return [leaf._replace(weight=leaf.weight / total) for leaf in found] if total > 0 else []

    def _ways(
        self, edges: Sequence[tuple[int, int]], at: At, weight: float, player: int, seen: Mapping[int, int]
    ) -> Iterator[tuple[At, float]]:
        if not edges:
            self._left -= 1
            if self._left < 0:
                raise TooManyError
            yield at, weight
            return
        (s, branch), rest = edges[0], edges[1:]
        own = self.form.graph.states[s].mover == player
        for taken, there, p in self.branches(s, at, anything=own):
            if taken == branch and all(there[k] in (_NONE, step) for k, step in seen.items()):
                yield from self._ways(rest, there, weight * p, player, seen)

    def leaves(self) -> Iterator[Leaf]:
        """Every way that play goes.

        Raises:
            TooManyError: they are more than `MOST_CELLS`.
        """
        left = MOST_CELLS
        pending = [Leaf(0, at, prior) for at, prior in self.types({}) if prior > 0]
        while pending:
            here = pending.pop()
            state = self.form.graph.states[here.state]
            if state.mover == OUTCOME:
                left -= 1
                yield here
                continue
            if len(pending) > left:
                raise TooManyError
            pending += [
                Leaf(state.children[branch], there, here.weight * p)
                for branch, there, p in self.branches(here.state, here.at)
                if p > 0
            ]

    def refresh(self) -> None:
        """Allow as many cells again; what has been worked is kept."""
        self._left = MOST_CELLS


def _moved(at: At, axis: int, step: int) -> At:
    return (*at[:axis], step, *at[axis + 1 :])
