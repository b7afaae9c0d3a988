"""A model's game at chosen points in the shapes that checkers and other programs read, without a compiler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.exchange.game import CHANCE
from raison.program.form import Form, Place, make_form
from raison.program.hold import fuse
from raison.program.program import Program
from raison.program.unfold import Unfolded, unfold
from raison.program.world import World
from raison.solve.as_tree import Amounts, Written, namer, written_at
from raison.solve.branch import asked_fractions
from raison.solve.deviation import nash_regret, sequential_regret
from raison.solve.every import MANY
from raison.solve.form_points import PlaceSolution
from raison.solve.game import refined
from raison.solve.numbers import numbers_of
from raison.solve.points import PointSolution

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Inputs:
    """A game tree's numbers at `N` points; arrays have a dimension for each axis and the points last.

    Attributes:
        world: That they were evaluated in.
        form: The tree.
        payoffs: By outcome state and player.
        chance: By state and case; None where nature does not move.
        types: By axis of a private type its weights.
        available: By place and option; None for a place with all moves.
    """

    world: World
    form: Form
    payoffs: list[list[Floats]]
    chance: list[list[Floats] | None]
    types: dict[int, Floats]
    available: list[list[NDArray[np.bool_]] | None]


def inputs_at(program: Program, points: Mapping[str, Floats], count: int) -> Inputs:
    """Evaluate a model's game at points, as a tree whatever its concept is.

    Args:
        program: With a game.
        points: Values of parameters, `[count]` each; the others have their central value.
        count: How many.

    Raises:
        ValueError: the game is no tree of single players that is played once.
    """
    if program.model.rounds is not None:
        raise ValueError(
            f"'{program.model.name}' is played in rounds, and its game is not a tree that can be "
            f"listed, written "
            "or checked by itself; look at its values, policy and margins instead."
        )
    if asked_fractions(program.model):
        raise ValueError(
            f"in '{program.model.name}' {MANY}; it cannot be listed, written or checked as one. Look at its "
            "choices and values instead."
        )
    if program.form is None:
        program = replace(program, form=make_form(program.model))
    return inputs_of(World(program, chosen=points, hold=fuse), count)


def inputs_of(world: World, count: int) -> Inputs:
    """The numbers of a world of `count` draws that is evaluated step by step; its program has a form."""
    form, model = world.program.form, world.model
    assert form is not None
    world = refined(world)
    numbers = numbers_of(world)

    def wide(value: Any, kind: Any = np.float64) -> Any:
        array = np.asarray(value, kind)
        array = array.reshape((1,) * (form.rank - array.ndim) + array.shape)
        return np.broadcast_to(array, (*array.shape[:-1], count))

    places = [numbers.available[place.states[0]] for place in form.places]
    return Inputs(
        world=world,
        form=form,
        payoffs=[
            [wide(numbers.payoff[z, p]) for p in range(len(model.players))] for z in form.graph.outcomes
        ],
        chance=[
            [wide(p) for p in numbers.chance[s]] if s in numbers.chance else None
            for s in range(len(form.graph.states))
        ],
        types={axis: wide(weights) for axis, weights in numbers.types.items()},
        available=[
            None if all(a is True for a in allowed) else [wide(a, bool) for a in allowed]
            for allowed in places
        ],
    )


def played_at(form: Form, places: Sequence[PlaceSolution]) -> list[list[Floats]]:
    """By place and option the probabilities of a solution, with a dimension for each axis."""
    found: list[list[Floats]] = []
    for place, solution in zip(form.places, places, strict=True):
        options: list[Floats] = []
        for label, own in zip(place.labels, place.options, strict=True):
            order = [*place.axes, *(() if own is None else (own,))]
            options.append(_spread(form, solution.probability[label], order))
        found.append(options)
    return found


def _spread(form: Form, array: Floats, order: Sequence[int]) -> Floats:
    """An array with dimensions for some axes, in their order, as one with a dimension for each."""
    axes = sorted(order)
    moved = np.transpose(array, [*(order.index(axis) for axis in axes), array.ndim - 1])
    shape = [form.axes[k].steps if k in order else 1 for k in range(len(form.axes))]
    return moved.reshape(*shape, array.shape[-1])


def largest_gain(inputs: Inputs, places: Sequence[PlaceSolution]) -> Floats:
    """The independent check of a solution: the most that anybody could gain, `[N]`, over his payoff range.

    By another strategy, or in games without amounts by acting otherwise at some information set as he
    believes there.
    """
    thought = [] if inputs.form.axes else [place.belief for place in places]
    return gain_of(inputs, played_at(inputs.form, places), thought)


def gain_of(
    inputs: Inputs, played: Sequence[Sequence[Floats]], beliefs: Sequence[Sequence[Floats]]
) -> Floats:
    """The same of `[places][options]` probabilities and `[places][states]` beliefs; of none, by strategy
    alone.
    """
    form, types, available = inputs.form, inputs.types, inputs.available
    gain = nash_regret(form, inputs.payoffs, inputs.chance, played, types=types, available=available)
    if not beliefs:
        return gain.max(axis=0)
    inner = sequential_regret(form, inputs.payoffs, inputs.chance, played, beliefs, available=available)
    return np.maximum(gain.max(axis=0), inner)


def unfolded_at(inputs: Inputs, point: int) -> Unfolded:
    """The tree without amounts, their values at a point in the labels of moves and cases."""
    return unfold(inputs.form, namer(inputs.world.model, _amounts(inputs), point))


def _amounts(inputs: Inputs) -> Amounts:
    return lambda name, results: inputs.world.amounts(name, results)[0]


def game_at(inputs: Inputs, point: int = 0) -> Written:
    """The game at one point as a plain tree, which Gambit reads.

    Raises:
        ValueError: the tree would be too large, or a number is not finite.
    """
    return written_at(
        inputs.form,
        inputs.world.model,
        inputs.payoffs,
        inputs.chance,
        types=inputs.types,
        amounts=_amounts(inputs),
        available=inputs.available,
        draw=point,
    )


def profile_at(written: Written, rows: Sequence[Sequence[float] | Floats]) -> list[list[float]]:
    """Probabilities in the order of a plain tree's information sets; of chance its own.

    Args:
        written: The tree.
        rows: By place of the unfolded form.
    """
    ours = iter(written.places)
    found: list[list[float]] = []
    for information in written.game.sets:
        if information.player == CHANCE:
            found.append([float(p) for p in information.probabilities])
        else:
            number, options = next(ours)
            found.append([float(rows[number][option]) for option in options])
    return found


def played_rows(inputs: Inputs, unfolded: Unfolded, solution: PointSolution, point: int) -> list[Floats]:
    """By place of the unfolded form, what a solution does there at a point."""
    if not solution.places:
        played = [played_move(inputs, place, solution, point) for place in inputs.form.places]
        return [np.array(list(row.values())) for row in played]
    everything = played_at(inputs.form, solution.places)
    return unfolded.flat([[option[..., point] for option in options] for options in everything])


def played_move(inputs: Inputs, place: Place, solution: PointSolution, point: int) -> dict[str, float]:
    """Probability of each move at an information set of a game of perfect information."""
    came = set(inputs.form.graph.states[place.states[0]].results)
    state = next(s for s in solution.strategy[place.node] if set(s.seen) <= came)
    return {label: float(row[point]) for label, row in zip(place.labels, state.probability, strict=True)}
