"""The numbers of a game with information sets, and expected payoffs under given strategies.

A strategy holds, for each information set and option, the probability of the option: an array that differs
along the axes whose amounts the player sees there, and along the option's own axis where it is an amount.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from raison.model.records import Spread
from raison.program import xp
from raison.program.form import Form, Place
from raison.program.graph import CHANCE
from raison.program.world import World
from raison.solve.backward import tie_tolerance
from raison.solve.contraction import contract, log_scaled

Array = Any
Strategy = Sequence[Sequence[Array]]
"""Per place and option its probability, or the logarithm of it."""
Edge = tuple[int, int]
"""A state and the number of the branch taken there."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """A form's numbers in a batch of draws; arrays have a dimension for each axis and the draws last.

    Attributes:
        form: The tree.
        payoff: Of an outcome state and player.
        chance: Per chance state the probability of each branch; along its axis for a draw of an amount.
        types: Per private type's axis the prior.
        available: Per decision state whether each option is available; True or `[.., B]` bool.
    """

    form: Form
    payoff: dict[tuple[int, int], Array]
    chance: dict[int, tuple[Array, ...]]
    types: dict[int, Array]
    available: dict[int, tuple[Array, ...]]

    @cached_property
    def history(self) -> tuple[tuple[Edge, ...], ...]:
        """Per state the edges that lead to it."""
        found: list[tuple[Edge, ...]] = [()] * len(self.form.graph.states)
        for s, state in enumerate(self.form.graph.states):
            for branch, child in enumerate(state.children):
                found[child] = (*found[s], (s, branch))
        return tuple(found)

    @cached_property
    def below(self) -> tuple[tuple[int, ...], ...]:
        """Per state the outcome states at or below it."""
        states = self.form.graph.states
        found: list[tuple[int, ...]] = [()] * len(states)
        for s in range(len(states) - 1, -1, -1):
            inner = tuple(z for child in states[s].children for z in found[child])
            found[s] = inner if states[s].children else (s,)
        return tuple(found)

    @cached_property
    def extremes(self) -> tuple[tuple[Array, Array], ...]:
        """Per player his lowest and highest payoff, over outcomes and amounts."""
        return tuple(self._extremes(player) for player in sorted({player for _, player in self.payoff}))

    @cached_property
    def tolerance(self) -> tuple[Array, ...]:
        """Per player, the difference up to which two of his values tie."""
        return tuple(tie_tolerance(ends) for ends in self.extremes)

    @cached_property
    def span(self) -> tuple[Array, ...]:
        """Per player his highest payoff less his lowest, 1 where they are the same."""
        widths = (high - low for low, high in self.extremes)
        return tuple(xp.where(width > 0, width, 1.0) for width in widths)

    def _extremes(self, player: int) -> tuple[Array, Array]:
        low: Array = xp.asarray(xp.inf)
        high: Array = xp.asarray(-xp.inf)
        for z in self.form.graph.outcomes:
            payoff = self.payoff[z, player]
            if not isinstance(payoff, float):
                inner = tuple(range(payoff.ndim - 1))
                low = xp.minimum(low, payoff.min(axis=inner, keepdims=True))
                high = xp.maximum(high, payoff.max(axis=inner, keepdims=True))
            else:
                low, high = xp.minimum(low, payoff), xp.maximum(high, payoff)
        return low, high

    def factor(self, edge: Edge, strategy: Strategy) -> Array:
        """Probability of going along an edge."""
        state, branch = edge
        if self.form.graph.states[state].mover == CHANCE:
            return self.chance[state][branch]
        return strategy[self.form.place[state]][branch]

    def expected(
        self,
        strategy: Strategy,
        worth: Callable[[int], Array],
        outcomes: Collection[int] | None = None,
        kept: Collection[int] = (),
    ) -> Array:
        """Sum over outcomes of probability times worth.

        Args:
            strategy: Probabilities.
            worth: Of an outcome state.
            outcomes: The states counted; None for all.
            kept: Axes that are not summed over.
        """
        total: Array = 0.0
        for z in self.form.graph.outcomes if outcomes is None else outcomes:
            amount = worth(z)
            if isinstance(amount, float) and amount == 0.0:
                continue
            factors = [self.factor(edge, strategy) for edge in self.history[z]]
            total = total + self.summed(z, [*factors, amount], kept)
        return total

    def summed(self, state: int, factors: Sequence[Array], kept: Collection[int] = ()) -> Array:
        """A product of factors on a state's history, with its types' priors, summed over its amounts."""
        along = self.form.along[state]
        priors = [self.types[axis] for axis in along if axis in self.types]
        return contract([*priors, *factors], [axis for axis in along if axis not in kept])


def numbers_of(world: World) -> Numbers:
    """Evaluate everything that the solvers need of a world; its faults are marked on the way."""
    form, model = world.program.form, world.model
    if form is None:
        raise ValueError(f"'{model.name}' has no game with information sets.")
    states = form.graph.states
    chance: dict[int, tuple[Array, ...]] = {}
    available: dict[int, tuple[Array, ...]] = {}
    for s, state in enumerate(states):
        if state.mover == CHANCE:
            spread = isinstance(model.game[state.name], Spread)
            chance[s] = (
                (world.amounts(state.name, state.results)[1],)
                if spread
                else world.probabilities(state.name, state.results)
            )
        elif state.mover >= 0:
            available[s] = world.available(state.name, state.results)
    return Numbers(
        form=form,
        payoff=payoffs_of(world),
        chance=chance,
        types={k: world.amounts(axis.name)[1] for k, axis in enumerate(form.axes) if axis.kind == "type"},
        available=available,
    )


def payoffs_of(world: World) -> dict[tuple[int, int], Array]:
    """Payoffs of a world's outcome states and players."""
    form = world.program.form
    if form is None:
        raise ValueError(f"'{world.model.name}' has no game with information sets.")
    states, players = form.graph.states, list(world.model.players)
    return {
        (z, p): world.payoff(states[z].name, player, states[z].results)
        for z in form.graph.outcomes
        for p, player in enumerate(players)
    }


class Entries(NamedTuple):
    """What `raison.program.unfold.Unfolded` takes to write a game's amounts out, as arrays only.

    Attributes:
        payoffs: By outcome state and player.
        chance: Per chance state its branches.
        types: Per private type's axis its weights.
        available: By place and option.
    """

    payoffs: list[list[Array]]
    chance: dict[int, list[Array]]
    types: dict[int, Array]
    available: list[list[Array]]


def entries_of(world: World) -> Entries:
    """A game's numbers, each with a dimension for each axis on which it depends."""
    numbers = numbers_of(world)
    players = sorted({player for _, player in numbers.payoff})
    places = [numbers.available[place.states[0]] for place in numbers.form.places]
    return Entries(
        [[xp.asarray(numbers.payoff[z, p]) for p in players] for z in numbers.form.graph.outcomes],
        {s: [xp.asarray(p) for p in cases] for s, cases in numbers.chance.items()},
        {axis: xp.asarray(weights) for axis, weights in numbers.types.items()},
        [[xp.asarray(allowed, bool) for allowed in moves] for moves in places],
    )


def point_payoffs(numbers: Numbers, batch: int) -> Array:
    """Payoffs `[outcome states, players, B]` of a game without amounts."""
    players = sorted({player for _, player in numbers.payoff})
    wide = lambda value: xp.broadcast_to(xp.asarray(value, xp.float64), (batch,))
    return xp.stack(
        [xp.stack([wide(numbers.payoff[z, p]) for p in players]) for z in numbers.form.graph.outcomes]
    )


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What a player thinks at an information set, cell by cell of what he sees.

    Attributes:
        factors: Per state the factors of its weight, of which only those that differ along hidden axes are
            left.
        weight: Per state the rest of its weight, scaled so that the largest is 1.
        mass: The weight of all states together.
        share: Per state its probability, `[.., B]`.
    """

    factors: tuple[tuple[Array, ...], ...]
    weight: tuple[Array, ...]
    mass: Array
    share: tuple[Array, ...]


def beliefs(numbers: Numbers, place: Place, logs: Strategy | None) -> Beliefs:
    """How likely each state of an information set is, by chance and what the others do.

    The player's own moves do not count: he knows them. Logarithms keep apart what is merely unlikely, so that
    beliefs stay defined at information sets that are almost never reached.

    Args:
        numbers: Of the game.
        place: The information set.
        logs: Logarithms of the strategies; None to count chance alone.
    """
    form = numbers.form
    factors: list[tuple[Array, ...]] = []
    scales: list[Array] = []
    for s in place.states:
        logarithms = [log_of(numbers.types[axis]) for axis in form.along[s] if axis in numbers.types]
        for t, branch in numbers.history[s]:
            mover = form.graph.states[t].mover
            if mover == CHANCE:
                logarithms.append(log_of(numbers.chance[t][branch]))
            elif mover != place.player and logs is not None:
                logarithms.append(logs[form.place[t]][branch])
        hidden = [axis for axis in form.along[s] if axis not in place.axes]
        found, scale = log_scaled(logarithms, hidden)
        factors.append(tuple(found))
        scales.append(scale)
    if len(scales) == 1:
        weight: list[Array] = [1.0]
    else:
        top = scales[0]
        for scale in scales[1:]:
            top = xp.maximum(top, scale)
        weight = [xp.exp(scale - top) for scale in scales]
    masses = [
        contract([*found, w], [axis for axis in form.along[s] if axis not in place.axes])
        for s, found, w in zip(place.states, factors, weight, strict=True)
    ]
    mass: Array = 0.0
    for part in masses:
        mass = mass + part
    share = tuple(_ratio(part, mass) for part in masses)
    return Beliefs(tuple(factors), tuple(weight), mass, share)


def conditional(
    numbers: Numbers, place: Place, strategy: Strategy, belief: Beliefs, player: int | None = None
) -> list[Array]:
    """Expected payoff of each option of an information set, given that play is there.

    Args:
        numbers: Of the game.
        place: The information set.
        strategy: Probabilities at the places below; others are not asked for.
        belief: What the mover thinks there.
        player: Whose payoff; None for the mover's.

    Returns:
        Per option an array that differs along the axes seen there and the option's own.
    """
    form, whose = numbers.form, place.player if player is None else player
    found: list[Array] = []
    for option, own in enumerate(place.options):
        kept = set(place.axes) | ({own} if own is not None else set())
        total: Array = 0.0
        for s, factors, weight in zip(place.states, belief.factors, belief.weight, strict=True):
            for z in numbers.below[form.graph.states[s].children[option]]:
                later = [
                    numbers.factor(e, strategy) for e in numbers.history[z][len(numbers.history[s]) + 1 :]
                ]
                over = [axis for axis in form.along[z] if axis not in kept]
                total = total + contract([*factors, weight, *later, numbers.payoff[z, whose]], over)
        found.append(_ratio(total, belief.mass))
    return found


def log_of(probability: Array) -> Array:
    """Logarithm of a probability, -inf of 0."""
    if isinstance(probability, float):
        return math.log(probability) if probability > 0 else -math.inf
    with np.errstate(divide="ignore"):  # 0 that is known while compiling
        return xp.log(probability)


def _ratio(part: Array, whole: Array) -> Array:
    """A share of a mass; 0 where there is none."""
    if isinstance(whole, float):
        return part / whole if whole > 0 else part * 0.0
    return xp.where(whole > 0, part / xp.where(whole > 0, whole, 1.0), 0.0)
