"""A game with information sets at chosen points: what is seen, done and believed at each information set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.program import xp
from raison.program.form import Form, Place
from raison.program.world import World
from raison.solve.contraction import contract, dense
from raison.solve.form_play import FormPlayed
from raison.solve.numbers import Beliefs, beliefs, log_of
from raison.solve.options import seen_shape

Array = Any
Floats = NDArray[np.float64]
_TINY = 1e-300


@dataclass(frozen=True, eq=False, slots=True)
class PlaceSolution:
    """An information set at `N` points; `*A` stands for a dimension for each amount that its player sees.

    Attributes:
        node: Its node.
        player: Who moves.
        seen: Results that the player sees, by node.
        amounts: Amounts that the player sees, `[steps, N]` by name, in the order of the dimensions.
        probability: By move `[*A, N]`; of a move on a scale `[*A, steps, N]`.
        scale: By move on a scale its amounts, `[steps, N]`; `[*A, steps, N]` where its ends depend on amounts
            that the player sees.
        reached: `[N]`, probability that play comes here.
        weight: `[*A, N]`, of the amounts that the player sees, how likely they are when play comes here;
            where it never does, by chance alone. They add up to 1.
        hidden: Per history that the player cannot tell apart the results that he does not see.
        belief: Per such history its probability, `[*A, N]`.
        hidden_amounts: By name the amounts that he does not see, `[steps, N]`; names after `told_apart`.
        amount_belief: By name their probabilities, `[*A, steps, N]`.
    """

    node: str
    player: str
    seen: tuple[tuple[str, str], ...]
    amounts: Mapping[str, Floats]
    probability: Mapping[str, Floats]
    scale: Mapping[str, Floats]
    reached: Floats
    weight: Floats
    hidden: tuple[tuple[tuple[str, str], ...], ...]
    belief: tuple[Floats, ...]
    hidden_amounts: Mapping[str, NDArray[Any]]
    amount_belief: Mapping[str, Floats]


def place_numbers(game: FormPlayed, logs: Sequence[Sequence[Array]] | None) -> list[dict[str, Any]]:
    """The arrays of every information set, in the shapes of the solver.

    Args:
        game: The solved world.
        logs: Logarithms of the strategies that beliefs off the path are the limit of; None for those played.
    """
    form, world = game.numbers.form, game.world
    if logs is None:
        logs = [[log_of(dense(option)) for option in options] for options in game.strategy]
    found: list[dict[str, Any]] = []
    for number, place in enumerate(form.places):
        belief = beliefs(game.numbers, place, logs)
        first = place.states[0]
        passed = {axis: _points(world, form, first, axis) for axis in form.along[first]}
        own = {
            axis: _points(world, form, first, axis, last=True) for axis in place.options if axis is not None
        }
        found.append(
            {
                "probability": [_wide(dense(p), game.batch) for p in game.strategy[number]],
                "points": {
                    str(axis): _wide(points, game.batch) for axis, points in {**passed, **own}.items()
                },
                "share": [_wide(share, game.batch) for share in belief.share],
                "hidden": {
                    str(axis): _wide(_marginal(game, place, belief, axis), game.batch)
                    for axis in form.along[first]
                    if axis not in place.axes
                },
                "reached": game.total(place.states, lambda s: 1.0),
                "weight": _wide(_weight(game, place), game.batch),
            }
        )
    return found


def _points(world: World, form: Form, state: int, axis: int, last: bool = False) -> Array:
    name, results = form.axes[axis].name, form.graph.states[state].results
    if form.axes[axis].kind == "type":
        return world.amounts(name)[0]
    if last:
        return world.amounts(name, results)[0]
    index = [node for node, _ in results].index(name)
    return world.amounts(name, results[:index])[0]


def _marginal(game: FormPlayed, place: Place, belief: Beliefs, axis: int) -> Array:
    """Probabilities of the amounts along an axis that the player does not see."""
    form = game.numbers.form
    total: Array = 0.0
    for s, factors, weight in zip(place.states, belief.factors, belief.weight, strict=True):
        if axis in form.along[s]:
            over = [a for a in form.along[s] if a not in place.axes and a != axis]
            total = total + contract([*factors, weight], over)
    mass = total.sum(axis=axis, keepdims=True)
    return xp.where(mass > 0, total / xp.where(mass > 0, mass, 1.0), 0.0)


def _weight(game: FormPlayed, place: Place) -> Array:
    """How likely each combination of the amounts that the player sees is when play comes to him."""

    def mass(by_chance: bool) -> Array:
        found: Array = 0.0
        for s in place.states:
            found = found + game.numbers.summed(s, game.factors(s, by_chance), place.axes)
        wide = xp.asarray(found, xp.float64)
        wide = wide.reshape((1,) * (game.numbers.form.rank - wide.ndim) + wide.shape)
        return xp.broadcast_to(wide, (*seen_shape(game.numbers.form, place), wide.shape[-1]))

    def share(part: Array) -> Array:
        inner = tuple(range(part.ndim - 1))
        return part / xp.maximum(part.sum(axis=inner, keepdims=True), _TINY)

    on = mass(False)
    return xp.where((on > 0).any(axis=tuple(range(on.ndim - 1)), keepdims=True), share(on), share(mass(True)))


def _wide(value: Array, batch: int) -> Array:
    """An array with the draws last, in full."""
    array = xp.asarray(value, xp.float64)
    return xp.broadcast_to(array, (*array.shape[:-1], batch))


def make_places(
    form: Form, players: Sequence[str], found: Sequence[Mapping[str, Any]]
) -> tuple[PlaceSolution, ...]:
    """Named arrays from those of `place_numbers`, now NumPy's."""
    places: list[PlaceSolution] = []
    for place, numbers in zip(form.places, found, strict=True):
        name = lambda axis: form.axes[axis].name
        points = {int(axis): _squeezed(form, array) for axis, array in numbers["points"].items()}
        own = {label: k for label, k in zip(place.labels, place.options, strict=True) if k is not None}
        histories = [form.graph.states[s].results for s in place.states]
        hidden_axes = [int(axis) for axis in numbers["hidden"]]
        places.append(
            PlaceSolution(
                node=place.node,
                player=players[place.player],
                seen=place.seen,
                amounts={name(axis): points[axis] for axis in place.axes},
                probability={
                    label: _squeezed(form, array, () if label not in own else (own[label],), place.axes)
                    for label, array in zip(place.labels, numbers["probability"], strict=True)
                },
                scale={label: _scale(form, place, numbers["points"][str(k)], k) for label, k in own.items()},
                reached=np.asarray(numbers["reached"]),
                weight=_squeezed(form, numbers["weight"], (), place.axes),
                hidden=tuple(tuple(r for r in results if r not in place.seen) for results in histories),
                belief=tuple(_squeezed(form, share, (), place.axes) for share in numbers["share"]),
                hidden_amounts={name(axis): points[axis] for axis in hidden_axes},
                amount_belief={
                    name(axis): _squeezed(form, numbers["hidden"][str(axis)], (axis,), place.axes)
                    for axis in hidden_axes
                },
            )
        )
    return tuple(places)


def told_apart(
    places: Sequence[PlaceSolution], names: Mapping[str, Sequence[str]]
) -> tuple[PlaceSolution, ...]:
    """An information set for each private type that has a name, and hidden types by their names.

    Args:
        places: Information sets whose types are amounts, the code of each name.
        names: Of the private types that are a `choice` of names.

    Returns:
        As many more; the type stands among what is seen.
    """
    found: list[PlaceSolution] = []
    for place in places:
        parts = [
            replace(
                place,
                hidden_amounts={
                    name: np.asarray(names[name], object)[points.astype(int)] if name in names else points
                    for name, points in place.hidden_amounts.items()
                },
            )
        ]
        for name in place.amounts:
            if name in names:
                parts = [
                    _of_type(part, name, k, label) for part in parts for k, label in enumerate(names[name])
                ]
        found += parts
    return tuple(found)


def _of_type(place: PlaceSolution, name: str, index: int, label: str) -> PlaceSolution:
    """A part of an information set: that of one type."""
    order = list(place.amounts)
    axis, count = order.index(name), len(order)
    weight = np.take(place.weight, index, axis)
    total = weight.reshape(-1, weight.shape[-1]).sum(axis=0)

    def part(values: Floats, own: int = 0) -> Floats:
        """Of arrays with a dimension for each amount, `own` others and the points."""
        return np.take(values, index, axis) if values.ndim == count + own + 1 else values

    return replace(
        place,
        seen=(*place.seen, (name, label)),
        amounts={other: points for other, points in place.amounts.items() if other != name},
        probability={
            move: part(values, int(move in place.scale)) for move, values in place.probability.items()
        },
        scale={move: part(values, 1) for move, values in place.scale.items()},
        reached=place.reached * total,
        weight=weight / np.maximum(total, _TINY),
        belief=tuple(part(belief) for belief in place.belief),
        amount_belief={other: part(belief, 1) for other, belief in place.amount_belief.items()},
    )


def _scale(form: Form, place: Place, amounts: Floats, own: int) -> Floats:
    """Amounts of a move on a scale, for each amount that its player sees if it depends on one."""
    differs = amounts.ndim > 1 and any(amounts.shape[axis] > 1 for axis in place.axes)
    return _squeezed(form, amounts, (own,), place.axes if differs else ())


def _squeezed(
    form: Form, array: Floats, last: Sequence[int] = (), kept: Sequence[int] | None = None
) -> Floats:
    """Drop the dimensions of other axes; those in `kept` come first, in full, then those in `last`.

    Without `kept`, whatever differs is kept.
    """
    array = np.asarray(array)
    if array.ndim == 1:
        array = array.reshape((1,) * len(form.axes) + array.shape)
    if kept is None:
        kept = [axis for axis in range(len(form.axes)) if array.shape[axis] > 1]
    order = [*kept, *(axis for axis in last if axis not in kept)]
    shape = [form.axes[axis].steps for axis in order]
    others = [axis for axis in range(len(form.axes)) if axis not in order]
    moved = np.transpose(array, [*others, *order, array.ndim - 1])[(0,) * len(others)]
    return np.ascontiguousarray(np.broadcast_to(moved, (*shape, array.shape[-1])))
