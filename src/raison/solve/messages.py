"""What players need to know of one another, and nothing else: games with types in few numbers.

A player's expected payoffs depend on the others through averages over what he does not see: with what
probability the other side resists, whatever its type. Given these averages (messages), what each type does
follows at once, his later moves first; and what all types do gives the averages back. So the equations of a
game with hundreds of types have a handful of unknowns, and a step along the branch of logit equilibria costs
little more than evaluating the game.

A message is an average over the axes that a player does not see of the others' strategies, chance and, where
that makes it smaller, his own payoff; in proportion to how likely play comes to where he moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from raison.program.form import Place
from raison.program.graph import CHANCE
from raison.solve.contraction import contract, differs, log_scaled
from raison.solve.numbers import Numbers, Strategy, log_of

Array = Any


@dataclass(frozen=True, slots=True)
class Line:
    """A way from an information set's option to an outcome.

    Attributes:
        state: Where it starts.
        end: The outcome state.
        later: Edges after the option.
        over: Axes that the player does not see when he chooses.
    """

    state: int
    end: int
    later: tuple[tuple[int, int], ...]
    over: tuple[int, ...]


def lines_of(numbers: Numbers, place: Place, option: int) -> list[Line]:
    """Every way on from an option of an information set."""
    form = numbers.form
    own = place.options[option]
    kept = set(place.axes) | ({own} if own is not None else set())
    found: list[Line] = []
    for s in place.states:
        for z in numbers.below[form.graph.states[s].children[option]]:
            later = numbers.history[z][len(numbers.history[s]) + 1 :]
            found.append(Line(s, z, later, tuple(axis for axis in form.along[z] if axis not in kept)))
    return found


def own_order(numbers: Numbers) -> tuple[int, ...]:
    """Information sets, each after those below it that belong to the same player.

    Those of different players do not wait for each other: what they need is in the messages.
    """
    form = numbers.form
    after: dict[int, set[int]] = {number: set() for number in range(len(form.places))}
    for number, place in enumerate(form.places):
        for s in place.states:
            for t, _ in numbers.history[s]:
                above = form.place[t]
                if above >= 0 and form.places[above].player == place.player:
                    after[above].add(number)
    order: list[int] = []
    left = dict(after)
    while left:
        ready = [number for number, below in left.items() if not below & left.keys()]
        order += ready
        for number in ready:
            del left[number]
    return tuple(order)


class Messages:
    """The messages of a game, from strategies and back.

    Args:
        numbers: Of the game. Only its shapes are looked at, so that any numbers of these shapes may follow.
    """

    def __init__(self, numbers: Numbers) -> None:
        self.order = own_order(numbers)
        self.slot: dict[Line, int] = {}
        self.lines: list[list[list[Line]]] = []
        self.first: list[list[Line]] = []  # per place the lines that have a message of their own
        count = 0
        for place in numbers.form.places:
            seen: dict[Any, int] = {}
            first: list[Line] = []
            options: list[list[Line]] = []
            for option in range(len(place.options)):
                options.append(lines_of(numbers, place, option))
                for line in options[-1]:
                    if _is_sure(numbers, place, line):
                        continue
                    key = _key(numbers, place, line)
                    if key not in seen:
                        seen[key] = count
                        count += 1
                        first.append(line)
                    self.slot[line] = seen[key]
            self.lines.append(options)
            self.first.append(first)

    def send(self, numbers: Numbers, logs: Strategy) -> list[Array]:
        """The messages under strategies, in a fixed order.

        Args:
            numbers: Of the game.
            logs: Logarithms of probabilities, by place and option.
        """
        strategy = [tuple(jnp.exp(option) for option in options) for options in logs]
        found: list[Array] = []
        for place, lines in zip(numbers.form.places, self.first, strict=True):
            weights = _Weights(numbers, place, logs)
            found += [weights.message(line, strategy) for line in lines]
        return found

    def receive(
        self,
        numbers: Numbers,
        messages: Sequence[Array],
        respond: Callable[[int, list[Array]], Sequence[Array]],
    ) -> list[Sequence[Array]]:
        """What everybody does when these are the messages.

        Args:
            numbers: Of the game.
            messages: From `send`.
            respond: From a place's number and its options' expected payoffs to the logarithms of their
                probabilities.

        Returns:
            Logarithms of the strategies, by place and option.
        """
        logs: list[Sequence[Array]] = [()] * len(numbers.form.places)
        for number in self.order:
            place = numbers.form.places[number]
            values: list[Array] = []
            for lines in self.lines[number]:
                parts = [
                    self._worth(numbers, place, line, self._message(messages, line), logs) for line in lines
                ]
                values.append(sum(parts[1:], start=parts[0]))
            logs[number] = respond(number, values)
        return logs

    def _message(self, messages: Sequence[Array], line: Line) -> Array:
        return messages[self.slot[line]] if line in self.slot else 1.0

    def _worth(self, numbers: Numbers, place: Place, line: Line, message: Array, logs: Strategy) -> Array:
        """A line's part of an option's expected payoff."""
        own = [
            numbers.chance[t][branch]
            if numbers.form.place[t] < 0
            else jnp.exp(logs[numbers.form.place[t]][branch])
            for t, branch in line.later
            if _is_outside(numbers, place, line, t, branch)
        ]
        payoff = numbers.payoff[line.end, place.player]
        if _payoff_inside(numbers, place, line):
            return contract([message, *own], ())
        return contract([message, *own, payoff], line.over)


def _key(numbers: Numbers, place: Place, line: Line) -> Any:
    """Lines of a place with the same key have the same message."""
    number = numbers.form.place
    named = tuple(
        (number[t], branch) if number[t] >= 0 else (t, -1 - branch)
        for t, branch in line.later
        if not _is_outside(numbers, place, line, t, branch)
    )
    if _payoff_inside(numbers, place, line):
        return (line.state, named, line.end)
    return (line.state, named, _payoff_axes(numbers, place, line))


def _is_sure(numbers: Numbers, place: Place, line: Line) -> bool:
    """Whether a line's message is 1 whatever anybody does: nothing unseen is left to average over."""
    if len(place.states) > 1 or _payoff_axes(numbers, place, line):
        return False
    return all(_is_outside(numbers, place, line, t, branch) for t, branch in line.later)


def _payoff_axes(numbers: Numbers, place: Place, line: Line) -> tuple[int, ...]:
    """The axes that the player does not see and that his payoff differs along."""
    payoff = numbers.payoff[line.end, place.player]
    return tuple(axis for axis in line.over if differs(payoff, axis))


def _payoff_inside(numbers: Numbers, place: Place, line: Line) -> bool:
    """Whether averaging over a payoff, too, makes a message smaller: not if it differs along what he sees."""
    payoff = numbers.payoff[line.end, place.player]
    hidden = _payoff_axes(numbers, place, line)
    if not hidden:
        return False
    steps = [axis.steps for axis in numbers.form.axes]
    without = math.prod(steps[axis] for axis in hidden)
    shown = [axis for axis in range(len(steps)) if axis not in line.over and differs(payoff, axis)]
    return math.prod(steps[axis] for axis in shown) < without


def _is_outside(numbers: Numbers, place: Place, line: Line, t: int, branch: int) -> bool:
    """Whether an edge is chance or a later move of the player himself that depends on nothing unseen yet."""
    number = numbers.form.place[t]
    if number < 0:
        return not any(differs(numbers.chance[t][branch], axis) for axis in line.over)
    if numbers.form.places[number].player != place.player:
        return False
    own = numbers.form.places[number].options[branch]
    axes = {*numbers.form.places[number].axes, *(() if own is None else (own,))}
    return not axes & set(line.over)


class _Weights:
    """How likely each state of a place is, factor by factor."""

    def __init__(self, numbers: Numbers, place: Place, logs: Strategy) -> None:
        form = numbers.form
        self.numbers, self.place = numbers, place
        self.factors: dict[int, list[Array]] = {}
        scales: dict[int, Array] = {}
        hidden: dict[int, list[int]] = {}
        for s in place.states:
            logarithms = [log_of(numbers.types[axis]) for axis in form.along[s] if axis in numbers.types]
            for t, branch in numbers.history[s]:
                if form.graph.states[t].mover == CHANCE:
                    logarithms.append(log_of(numbers.chance[t][branch]))
                elif form.graph.states[t].mover != place.player:
                    logarithms.append(logs[form.place[t]][branch])
            hidden[s] = [axis for axis in form.along[s] if axis not in place.axes]
            self.factors[s], scales[s] = log_scaled(logarithms, hidden[s])
        top: Array = -jnp.inf
        for scale in scales.values():
            top = jnp.maximum(top, scale)
        mass: Array = 0.0
        for s in place.states:
            if len(place.states) > 1:
                self.factors[s].append(jnp.exp(scales[s] - top))
            mass = mass + contract(self.factors[s], hidden[s])
        self.inverse = 1.0 / mass

    def message(self, line: Line, strategy: Strategy) -> Array:
        """The average along a line."""
        numbers, place = self.numbers, self.place
        later = [
            numbers.factor(edge, strategy)
            for edge in line.later
            if not _is_outside(numbers, place, line, *edge)
        ]
        factors = [*self.factors[line.state], *later]
        if _payoff_inside(numbers, place, line):
            return contract([*factors, numbers.payoff[line.end, place.player], self.inverse], line.over)
        kept = _payoff_axes(numbers, place, line)
        return contract([*factors, self.inverse], [axis for axis in line.over if axis not in kept])
