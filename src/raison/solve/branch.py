"""Games whose beliefs depend on what is done: logit quantal response, and the limit of its principal branch.

`raison.solve.tracing` follows the branch for any game that says what its options are worth; here a game with
information sets and amounts says it. Every cell of an information set (what the player sees there, amount by
amount) is one of the tracer's cells.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from raison.model.formula import Fraction, fractions
from raison.model.records import Model
from raison.program.form import Form, Place
from raison.program.graph import CHANCE, Results
from raison.program.hold import fuse
from raison.program.premises import every_formula
from raison.program.world import World
from raison.solve import message_tracing
from raison.solve.conditional import Discrete
from raison.solve.contraction import contract
from raison.solve.message_tracing import Equations
from raison.solve.messages import Messages
from raison.solve.numbers import Numbers, Strategy, beliefs, conditional, payoffs_of, point_payoffs
from raison.solve.options import rows_of, seen_shape, stacked, unstacked
from raison.solve.quantal import BIFURCATION, SOLVED, UNAVAILABLE, Cells
from raison.solve.tracing import at_precision, limit

Array = Any
Shares = Mapping[str, Sequence[tuple[Results, Array]]]
"""Of a continuum of players, by the asked fraction's text: how play came there, and the share."""
MOST_WORK = 400_000
"""Messages times probabilities of a game with amounts up to which its branch is followed: some minutes."""
NEGLIGIBLE = 1e-7
"""Probability below which an option is not played in the limit of the branch."""


def asked_fractions(model: Model) -> frozenset[Fraction]:
    """Every share of a continuum of players that some formula of a model asks for."""
    return frozenset(found for formula in every_formula(model) for found in fractions(formula.expression))


def logit_play(
    world: World, numbers: Numbers, batch: int, precision: Array | None
) -> tuple[Strategy, Array, Array]:
    """Logit play of a world's game.

    Args:
        world: The draws.
        numbers: Of its game.
        batch: Draws.
        precision: `[B]` in units of the mover's payoff range; None for the limit of the branch.

    Returns:
        Logarithms of the strategies, where none was found, and where the branch passed a bifurcation, `[B]`.

    Accuracy: as `raison.solve.tracing.limit` and `at_precision`.
    """
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):  # lanes against rows
        return _logit_play(world, numbers, batch, precision)


def _logit_play(
    world: World, numbers: Numbers, batch: int, precision: Array | None
) -> tuple[Strategy, Array, Array]:
    game = _Game(world, numbers, batch)
    level = jnp.inf if precision is None else jnp.asarray(precision, jnp.float64).reshape(-1)
    if numbers.form.axes:
        equations, target = game.equations(numbers), jnp.broadcast_to(level, (batch,))
        in_limit = precision is None
        found = (
            message_tracing.limit(equations, game.data, batch)
            if in_limit
            else message_tracing.follow(equations, game.data, target)
        )
    else:
        plain = Discrete.of(numbers.form, len(world.model.players), numbers.chance)
        data = plain.numbers(point_payoffs(numbers, batch), numbers.chance)[0]
        given = (plain.respond, game.cell, data)
        if precision is None:
            found = limit(*given, batch=batch, available=game.available)
        else:
            found = at_precision(*given, level, batch=batch, available=game.available)
    good = (found.status == SOLVED) | (found.status == BIFURCATION)
    logs = jnp.where(good[None], found.log_probability, -math.log(2.0))
    return game.split(logs), ~good, found.status == BIFURCATION


class _Game:
    """A game as the tracer sees it."""

    def __init__(self, world: World, numbers: Numbers, batch: int) -> None:
        self.world, self.form = world, numbers.form
        self.asked = asked_fractions(world.model)
        self.history, self.below = numbers.history, numbers.below
        sizes = [math.prod(seen_shape(self.form, place)) for place in self.form.places]
        rows = [rows_of(self.form, place) for place in self.form.places]
        self.starts = np.cumsum([0, *(n * r for n, r in zip(sizes, rows, strict=True))])
        before = np.cumsum([0, *sizes])
        self.cell = np.concatenate(
            [b + np.repeat(np.arange(n), r) for b, n, r in zip(before[:-1], sizes, rows, strict=True)]
        )
        parts = {
            "payoff": numbers.payoff,
            "chance": numbers.chance,
            "types": numbers.types,
            "span": list(numbers.span),
        }
        self.data = jax.tree.map(lambda value: _wide(value, batch, self.form.rank), parts)
        if self.asked:
            self.data["inputs"] = world.inputs
        self.available = self._available(numbers, batch)
        if self.available is not None:
            self.data["available"] = jnp.where(self.available, 1.0, 0.0)

    def _available(self, numbers: Numbers, batch: int) -> Array | None:
        truths = [numbers.available[place.states[0]] for place in self.form.places]
        if all(allow is True for allowed in truths for allow in allowed):
            return None
        rows = [
            stacked(self.form, place, [_number(allow) for allow in allowed], batch)
            for place, allowed in zip(self.form.places, truths, strict=True)
        ]
        # where nothing is available the game never comes, or the draw fails (`tried`): any play will do there
        rows = [jnp.where(row.max(axis=0, keepdims=True) > 0, row, 1.0) for row in rows]
        flat = [self._flat(place, row) for place, row in zip(self.form.places, rows, strict=True)]
        return jnp.concatenate(flat) > 0

    def _flat(self, place: Place, rows: Array) -> Array:
        """`[R, .., B]` as `[cells * R, B]`, the options of a cell together."""
        return jnp.swapaxes(rows.reshape(rows.shape[0], -1, rows.shape[-1]), 0, 1).reshape(-1, rows.shape[-1])

    def split(self, values: Array) -> list[tuple[Array, ...]]:
        """Arrays per place and option from rows `[N, B]`."""
        found: list[tuple[Array, ...]] = []
        for place, start, end in zip(self.form.places, self.starts[:-1], self.starts[1:], strict=True):
            found.append(unstacked(self.form, place, self._rows(place, values[start:end])))
        return found

    def equations(self, numbers: Numbers) -> Equations:
        """The game in its messages."""
        wide = self._numbers(self.data)
        messages = Messages(wide)
        even = self.normal(jnp.zeros((len(self.cell), 1)), None)

        def both(logs: Array, data: Any) -> list[Array]:
            here, options = self._numbers(data), self.split(logs)
            shares = fractions_under(self.world.model, here, _exp(options)) if self.asked else {}
            return [
                *messages.send(here, options),
                *(share for states in shares.values() for _, share in states),
            ]

        one = jax.tree.map(lambda array: array[..., :1], self.data)
        shapes = [found.shape[:-1] for found in jax.eval_shape(both, even, one)]
        self._refuse_large(sum(math.prod(shape) for shape in shapes))
        places = list(fractions_under(self.world.model, wide, _even(self.form)).items()) if self.asked else []

        def send(logs: Array, data: Any) -> Array:
            width = logs.shape[-1]
            parts = [jnp.broadcast_to(found, (*found.shape[:-1], width)) for found in both(logs, data)]
            return jnp.concatenate([part.reshape(-1, width) for part in parts])

        def play(flat: Array, precision: Array, base: Array | None, data: Any) -> Array:
            width, start = flat.shape[-1], 0
            parts: list[Array] = []
            for shape in shapes:
                size = math.prod(shape)
                parts.append(flat[start : start + size].reshape(*shape, width))
                start += size
            here = self._numbers(data)
            if self.asked:
                shares = iter(parts[len(parts) - sum(len(states) for _, states in places) :])
                here = self._with_fractions(
                    here,
                    {name: [(came, next(shares)) for came, _ in states] for name, states in places},
                    data,
                )

            def respond(number: int, values: list[Array]) -> tuple[Array, ...]:
                place = self.form.places[number]
                here = slice(self.starts[number], self.starts[number + 1])
                odds = precision * stacked(self.form, place, values, width) / data["span"][place.player]
                if base is not None:
                    odds = odds + self._rows(place, base[here])
                if self.available is None:
                    return unstacked(self.form, place, jax.nn.log_softmax(odds, axis=0))
                allowed = self._rows(place, data["available"][here]) > 0
                logs = jax.nn.log_softmax(jnp.where(allowed, odds, UNAVAILABLE), axis=0)
                # once more: a slope of what is too large to change would lead the branch astray
                return unstacked(self.form, place, jnp.where(allowed, logs, UNAVAILABLE))

            logs = messages.receive(here, parts, respond)
            return jnp.concatenate(
                [
                    self._flat(place, stacked(self.form, place, options, width))
                    for place, options in zip(self.form.places, logs, strict=True)
                ]
            )

        cells = Cells.of(self.cell)

        def regret(logs: Array, worth: Array) -> Array:
            chances, options = cells.split(logs, UNAVAILABLE), cells.split(worth, -jnp.inf)
            options = jnp.where(chances > UNAVAILABLE / 2, options, -jnp.inf)
            best = options.max(axis=1, keepdims=True)
            short = jnp.where(options > -jnp.inf, best - options, 0.0)
            return (jnp.exp(chances) * short).sum(axis=1).max(axis=0)

        normal = lambda odds: self.normal(odds, None)
        count = sum(math.prod(shape) for shape in shapes)
        return Equations(play, send, self.worth, regret, normal, len(self.cell), count)

    def _refuse_large(self, messages: int) -> None:
        """Refuse a game whose branch would take minutes a point: a step has a derivative by each message.

        Raises:
            ValueError: it is such a game.
        """
        work = messages * len(self.cell)
        if work > MOST_WORK:
            sizes = ", ".join(f"{axis.steps:,} of '{axis.name}'" for axis in self.form.axes)
            raise ValueError(
                f"'{self.world.model.name}' has amounts from which others learn ({sizes}); its branch of "
                f"logit equilibria would have {messages:,} unknowns and {len(self.cell):,} probabilities, "
                f"{work / MOST_WORK:.2g} times as much as is followed. Take fewer steps."
            )

    def normal(self, odds: Array, available: Array | None) -> Array:
        """Log-probabilities `[N, W]` from log-odds."""
        del available
        parts: list[Array] = []
        for place, start, end in zip(self.form.places, self.starts[:-1], self.starts[1:], strict=True):
            rows = self._rows(place, odds[start:end])
            parts.append(self._flat(place, jax.nn.log_softmax(rows, axis=0)))
        return jnp.concatenate(parts)

    def _rows(self, place: Place, flat: Array) -> Array:
        """`[R, .., W]` from a place's part of the rows."""
        count, width = rows_of(self.form, place), flat.shape[-1]
        part = jnp.swapaxes(flat.reshape(-1, count, width), 0, 1)
        return part.reshape(count, *seen_shape(self.form, place), width)

    def _numbers(self, data: Any) -> Numbers:
        return Numbers(self.form, data["payoff"], data["chance"], data["types"], {})

    def worth(self, log_probability: Array, data: Any) -> Array:
        """What each option is worth, given that its cell is reached, in units of the mover's payoff range."""
        width = log_probability.shape[-1]
        logs = self.split(log_probability)
        strategy = _exp(logs)
        numbers = self._numbers(data)
        if self.asked:
            shares = fractions_under(self.world.model, numbers, strategy)
            numbers = self._with_fractions(numbers, shares, data)
        found: list[Array] = []
        for place in self.form.places:
            belief = beliefs(numbers, place, logs)
            values = conditional(numbers, place, strategy, belief)
            rows = stacked(self.form, place, values, width)
            found.append(self._flat(place, rows / data["span"][place.player]))
        return jnp.concatenate(found)

    def _with_fractions(self, numbers: Numbers, shares: Shares, data: Any) -> Numbers:
        """The payoffs where these shares of a continuum of players make the asked moves."""
        cube, chosen = data["inputs"]
        world = World(self.world.program, cube, self.world.removed, chosen, hold=fuse).again(shares)
        width = data["span"][0].shape[-1]
        payoff = {key: _wide(value, width, self.form.rank) for key, value in payoffs_of(world).items()}
        return Numbers(self.form, payoff, numbers.chance, numbers.types, {})


def tried(numbers: Numbers, batch: int) -> Strategy:
    """Every available option as likely; nothing where none is. Play comes wherever it can come."""
    found: list[tuple[Array, ...]] = []
    for place in numbers.form.places:
        rows = stacked(numbers.form, place, [_number(a) for a in numbers.available[place.states[0]]], batch)
        count = rows.sum(axis=0, keepdims=True)
        found.append(unstacked(numbers.form, place, rows / jnp.maximum(count, 1.0)))
    return found


def _exp(logs: Strategy) -> list[tuple[Array, ...]]:
    return [tuple(jnp.exp(option) for option in options) for options in logs]


def _even(form: Form) -> Strategy:
    """Every option as likely, along every axis that its player sees."""
    found: list[tuple[Array, ...]] = []
    for place in form.places:
        rows = jnp.full((rows_of(form, place), *seen_shape(form, place), 1), 1.0 / rows_of(form, place))
        found.append(unstacked(form, place, rows))
    return found


def even_fractions(world: World) -> Shares:
    """The shares of a continuum of players where every option is as likely."""
    form, found = world.program.form, {}
    if form is None:
        raise ValueError(f"'{world.model.name}' has no information sets.")
    for asked in asked_fractions(world.model):
        for s in form.graph.of_node.get(asked.node, ()):
            state = form.graph.states[s]
            found.setdefault(asked.text, []).append((state.results, 1.0 / len(state.children)))
    return found


def rounded(probability: Array) -> Array:
    """What is played in the limit: a probability that goes to 0 or 1 is there."""
    return jnp.where(probability < NEGLIGIBLE, 0.0, jnp.where(probability > 1 - NEGLIGIBLE, 1.0, probability))


def fractions_under(model: Model, numbers: Numbers, strategy: Strategy) -> Shares:
    """What share of a continuum of players makes each asked move, by where play has come from.

    Members differ in what they alone know: their types, and signals that only they see. The share is over
    those, given everything else.
    """
    form = numbers.form
    found: dict[str, list[tuple[Results, Array]]] = {}
    for asked in asked_fractions(model):
        for s in form.graph.of_node.get(asked.node, ()):
            place = form.places[form.place[s]]
            option = place.labels.index(asked.move)
            player = list(model.players)[place.player]
            own = [axis for axis in form.along[s] if _is_own(model, form, axis, player)]
            weights = [numbers.types[axis] for axis in own if axis in numbers.types]
            weights += [
                numbers.chance[t][branch]
                for t, branch in numbers.history[s]
                if form.graph.states[t].mover == CHANCE and form.graph.states[t].amounts[branch] in own
            ]
            share = contract([*weights, strategy[form.place[s]][option]], own)
            results = form.graph.states[s].results
            found.setdefault(asked.text, []).append((results, share))
    return found


def _is_own(model: Model, form: Form, axis: int, player: str) -> bool:
    """Whether only the members of a player know an amount."""
    name = form.axes[axis].name
    holder = model.parameters[name] if form.axes[axis].kind == "type" else model.game[name]
    return holder.known_to == (player,)


def _number(truth: Array) -> Array:
    """1 or 0 of a truth."""
    return (1.0 if truth else 0.0) if isinstance(truth, bool) else jnp.where(truth, 1.0, 0.0)


def _wide(value: Array, batch: int, rank: int = 1) -> Array:
    """An array with a dimension for each axis and the draws as its last, in full."""
    array = jnp.asarray(value, jnp.float64)
    array = array.reshape((1,) * (rank - array.ndim) + array.shape)
    return jnp.broadcast_to(array, (*array.shape[:-1], batch))
