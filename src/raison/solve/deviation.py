"""The independent check of equilibria where something is hidden: what could anyone gain by deviating?

It shares no code with the solvers. Strategies are behaviour at every information set; a best reply is found
by plain NumPy recursion over the deviator's own information sets, last ones first. At one of them he weighs
its states by how likely everybody else brings play there (Bayes' rule needs only what the others do), and
takes the move that is best over all of them. With perfect recall this is his best strategy as a whole (Kuhn
1953).

Every array has one dimension for each axis of the form and the draws last, of size 1 where it does not depend
on one; for a form without amounts that is `[B]`. Lists of arrays may be arrays themselves, so that payoffs
`[outcome states, players, B]` do for a form without amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.program.form import Form
from raison.program.graph import CHANCE

Floats = NDArray[np.float64]
Nested = Sequence[Any]
"""Arrays by two numbers, as in `payoffs[outcome][player]`: a list of lists of arrays, or one array."""
ROUNDING = 1e-9
"""Probabilities that leave [0, 1], or miss summing to one, by more than this are no strategy."""


@dataclass(frozen=True, slots=True)
class _Play:
    """A strategy profile in a game, with every array as the recursion wants it."""

    form: Form
    payoffs: Mapping[int, Nested]  # by outcome state, then player
    branch: Sequence[Sequence[Floats] | None]  # per state the probabilities of its branches
    allowed: Sequence[Sequence[NDArray[np.bool_]] | None]  # per place
    parent: Sequence[int]
    root: Floats

    def moved(self, player: int) -> list[int]:
        """Per state how often a player has moved before."""
        count = [0] * len(self.parent)
        for s, before in enumerate(self.parent):
            if before >= 0:
                count[s] = count[before] + (self.form.graph.states[before].mover == player)
        return count


def nash_regret(
    form: Form,
    payoffs: Nested,
    chance: Nested,
    played: Nested,
    *,
    types: Mapping[int, Any] | None = None,
    available: Nested | None = None,
) -> Floats:
    """What each player could gain by any other strategy of his, given what the others do.

    Args:
        form: The game tree with its information sets; any number of players, with perfect recall.
        payoffs: `[outcome states][players]` arrays, in the order of `form.graph.outcomes`.
        chance: `[states][cases]` arrays of probabilities; None at states where nature does not move. Of a
            draw from a distribution, the weights along its axis.
        played: `[places][options]` arrays of probabilities. Of a move on a scale, those of its amounts, along
            its axis. All options and amounts of a place sum to one.
        types: Weights of each private type along its axis, by number of the axis.
        available: `[places][options]` arrays of truths; None for a place with all moves, or for all places.
            Coming to a decision without a move is worse than any outcome.

    Returns:
        `[players, B]` float64, relative to the player's payoff range (largest less smallest payoff of the
        draw); 0 up to rounding in a Nash equilibrium, never less than 0 by more than rounding. Infinite where
        `played` is no strategy (`ROUNDING`) or plays what is not available.

    Raises:
        ValueError: a private type has no weights.

    Accuracy:
        Rounding of sums over the outcomes: about 1e-15 for hundreds, 1e-13 for millions of cells.
    """
    play = _prepare(form, payoffs, chance, played, types, available)
    found: list[Floats] = []
    for player in range(len(payoffs[0])):
        best, kept = (_worth(play, player, {0: play.root}, best=best) for best in (True, False))
        everything = tuple(range(form.rank - 1))
        gain = _total(best, everything, play) - _total(kept, everything, play)
        found.append(
            np.where(_strategy_error(play) > ROUNDING, np.inf, np.ravel(gain) / _scale(play, player))
        )
    return np.stack(np.broadcast_arrays(*found))


def sequential_regret(
    form: Form,
    payoffs: Nested,
    chance: Nested,
    played: Nested,
    beliefs: Nested,
    *,
    types: Mapping[int, Any] | None = None,
    available: Nested | None = None,
) -> Floats:
    """The largest gain at any information set from deviating there and from then on, given beliefs.

    Args:
        form: The game tree with its information sets.
        payoffs: As in `nash_regret`.
        chance: As in `nash_regret`.
        played: As in `nash_regret`.
        beliefs: `[places][states]` arrays, in the order of `Place.states`: how likely the mover thinks each
            state (and amounts that he does not see), summing to one for all that he sees.
        types: As in `nash_regret`.
        available: As in `nash_regret`.

    Returns:
        `[B]` float64, relative to the mover's payoff range; 0 up to rounding if the strategies are
        sequentially rational. NaN if a belief is; infinite as in `nash_regret`.
    """
    play = _prepare(form, payoffs, chance, played, types, available)
    worst: Floats = np.zeros(1)
    for place, believed in zip(form.places, beliefs, strict=True):
        start = {
            s: _spread_out(form, belief, form.along[s])
            for s, belief in zip(place.states, believed, strict=True)
        }
        unseen = tuple(axis for axis in range(form.rank - 1) if axis not in place.axes)
        best, kept = (
            _total(_worth(play, place.player, start, best=best), unseen, play) for best in (True, False)
        )
        gain = (best - kept) / _scale(play, place.player)
        worst = np.maximum(worst, _highest(gain))
    return np.where(_strategy_error(play) > ROUNDING, np.inf, worst)


def belief_error(
    form: Form, chance: Nested, played: Nested, beliefs: Nested, *, types: Mapping[int, Any] | None = None
) -> Floats:
    """How far beliefs are from Bayes' rule where play comes with positive probability.

    Args:
        form: The game tree with its information sets.
        chance: As in `nash_regret`.
        played: As in `nash_regret`.
        beliefs: As in `sequential_regret`.
        types: As in `nash_regret`.

    Returns:
        `[B]` float64, the largest difference of a belief from the probability of its state given that play
        came to the information set; there and everywhere else also how far beliefs are from being numbers
        from 0 to 1 that sum to one. NaN if a belief is.
    """
    play = _prepare(form, None, chance, played, types, None)
    reached = _forward(play, {0: play.root}, but=None)
    worst: Floats = np.zeros(1)
    for place, believed in zip(form.places, beliefs, strict=True):
        unseen = tuple(axis for axis in range(form.rank - 1) if axis not in place.axes)
        thought = [_spread_out(form, b, form.along[s]) for s, b in zip(place.states, believed, strict=True)]
        came = [_spread_out(form, reached[s], form.along[s]) for s in place.states]
        whole = sum((array.sum(axis=unseen, keepdims=True) for array in came), start=np.zeros(1))
        total = sum((array.sum(axis=unseen, keepdims=True) for array in thought), start=np.zeros(1))
        worst = np.maximum(worst, _highest(np.abs(total - 1)))
        for belief, array in zip(thought, came, strict=True):
            right = array / np.where(whole > 0, whole, 1.0)
            worst = np.maximum(worst, _highest(np.where(whole > 0, np.abs(belief - right), -belief)))
    return worst


def _prepare(
    form: Form,
    payoffs: Nested | None,
    chance: Nested,
    played: Nested,
    types: Mapping[int, Any] | None,
    available: Nested | None,
) -> _Play:
    states = form.graph.states
    parent = [-1] * len(states)
    branch: list[Sequence[Floats] | None] = []
    for s, state in enumerate(states):
        for child in state.children:
            parent[child] = s
        if not state.children:
            branch.append(None)
            continue
        given = chance[s] if state.mover == CHANCE else played[form.place[s]]
        amounts = state.amounts or (None,) * len(state.children)
        branch.append(
            [
                _spread_out(form, array, () if axis is None else (axis,))
                for array, axis in zip(given, amounts, strict=True)
            ]
        )
    missing = [a.name for k, a in enumerate(form.axes) if a.kind == "type" and k not in (types or {})]
    if missing:
        raise ValueError(f"every private type needs its weights in 'types'; {missing[0]!r} has none.")
    root: Floats = np.ones((1,) * form.rank)
    for axis, weights in (types or {}).items():
        root = root * _spread_out(form, weights, (axis,))
    allowed: list[Sequence[NDArray[np.bool_]] | None] = []
    for index in range(len(form.places)):
        options = None if available is None else available[index]
        allowed.append(None if options is None else [np.asarray(option, bool) for option in options])
    by_state = {} if payoffs is None else dict(zip(form.graph.outcomes, payoffs, strict=True))
    return _Play(form, by_state, branch, allowed, parent, root)


def _spread_out(form: Form, array: Any, axes: Iterable[int]) -> Floats:
    """An array with all its dimensions, of full size along some axes, so that sums over those are whole."""
    found = np.asarray(array, np.float64)
    found = found.reshape((1,) * (form.rank - found.ndim) + found.shape)
    shape = list(found.shape)
    for axis in axes:
        shape[axis] = form.axes[axis].steps
    return np.broadcast_to(found, shape)


def _forward(play: _Play, start: Mapping[int, Floats], but: int | None) -> dict[int, Floats]:
    """How likely play comes to each state from some, counting the moves of all but one player."""
    found = dict(start)
    for s, state in enumerate(play.form.graph.states):
        probabilities = play.branch[s]
        if s not in found or probabilities is None:
            continue
        for child, probability in zip(state.children, probabilities, strict=True):
            found[child] = found[s] if state.mover == but else found[s] * probability
    return found


def _worth(play: _Play, player: int, start: Mapping[int, Floats], *, best: bool) -> Floats:
    """What a player gets from the start on, weighted by how likely the others bring play to each outcome.

    Args:
        play: What everybody does.
        player: Whose worth.
        start: States, none above another, with their weights.
        best: With his best reply from the start on; else with what he plays.

    Returns:
        The sum over the states of the start; each amount on the way to one is still apart.
    """
    form = play.form
    weight = _forward(play, start, but=player)
    moved = play.moved(player)
    worth: dict[int, Floats] = {}
    by_turn: dict[int, list[int]] = {}
    for s in weight:
        by_turn.setdefault(moved[s], []).append(s)
    for turn in sorted(by_turn, reverse=True):  # what follows his moves before the moves themselves
        own = [s for s in by_turn[turn] if form.graph.states[s].mover == player]
        for place in sorted({form.place[s] for s in own}):
            members = [s for s in form.places[place].states if s in weight]
            _decide(play, place, {s: weight[s] for s in members}, worth, best=best)
        for s in sorted(by_turn[turn], reverse=True):
            if s not in worth:
                worth[s] = _gathered(play, s, player, weight[s], worth)
    return sum((worth.pop(s) for s in start), start=np.zeros((1,) * form.rank))


def _gathered(play: _Play, s: int, player: int, weight: Floats, worth: dict[int, Floats]) -> Floats:
    """Worth at an outcome, or at a state where somebody else moves: the sum over what may follow."""
    state = play.form.graph.states[s]
    if not state.children:
        payoff = _spread_out(play.form, play.payoffs[s][player], ())
        with np.errstate(invalid="ignore"):
            return np.where(weight > 0, weight * payoff, 0.0)
    total: Floats = np.zeros((1,) * play.form.rank)
    for child, axis in zip(state.children, state.amounts or (None,) * len(state.children), strict=True):
        below = worth.pop(child)
        total = total + (below if axis is None else below.sum(axis=axis, keepdims=True))
    return total if state.mover == CHANCE else _unless_stuck(play, play.form.place[s], weight, total)


def _unless_stuck(play: _Play, place: int, weight: Floats, worth: Floats) -> Floats:
    """The worth; that of no outcome, worse than any, where play comes to a decision without a move."""
    allowed = play.allowed[place]
    if allowed is None:
        return worth
    free = _any_allowed(play, place)
    return np.where(~free & (weight > 0), -np.inf, worth)


def _any_allowed(play: _Play, place: int) -> NDArray[np.bool_]:
    """Where an information set has an available move."""
    options = play.form.places[place].options
    allowed = play.allowed[place] or (np.ones(1, bool),) * len(options)
    free: NDArray[np.bool_] = np.zeros(1, bool)
    for may, axis in zip(allowed, options, strict=True):
        free = free | (may if axis is None or may.ndim < 2 else may.any(axis=axis, keepdims=True))
    return free


def _decide(
    play: _Play, place: int, members: Mapping[int, Floats], worth: dict[int, Floats], *, best: bool
) -> None:
    """Worth at the states of one of the player's own information sets, which are given with their weights."""
    form, states = play.form, play.form.graph.states
    options = form.places[place].options
    below = {s: [worth.pop(child) for child in states[s].children] for s in members}
    if not best:
        for s in members:
            kept = _as_played(play.branch[s] or (), below[s], options)
            worth[s] = _unless_stuck(play, place, members[s], kept)
        return
    unseen = tuple(axis for axis in range(form.rank - 1) if axis not in form.places[place].axes)
    best_of: list[Floats] = []  # per option, over its amounts
    which: list[NDArray[np.int64] | None] = []
    allowed = play.allowed[place]
    for option, axis in enumerate(options):
        over = tuple(a for a in unseen if a != axis)
        value = sum((below[s][option].sum(axis=over, keepdims=True) for s in members), start=np.zeros(1))
        if allowed is not None:
            value = np.where(allowed[option], value, -np.inf)
        best_of.append(value if axis is None else value.max(axis=axis, keepdims=True))
        which.append(None if axis is None else value.argmax(axis=axis, keepdims=True))
    shape = np.broadcast_shapes(*(value.shape for value in best_of))
    stacked = np.stack([np.broadcast_to(value, shape) for value in best_of])
    choice = stacked.argmax(axis=0)
    for s in members:
        found: Floats = np.zeros(1)
        for option, axis in enumerate(options):
            taken = below[s][option]
            at = which[option]
            if axis is not None and at is not None:
                taken = _take(taken, at, axis)
            found = np.where(choice == option, taken, found)
        worth[s] = _unless_stuck(play, place, members[s], found)


def _as_played(
    probabilities: Sequence[Floats], below: Sequence[Floats], options: Sequence[int | None]
) -> Floats:
    total: Floats = np.zeros(1)
    for probability, value, axis in zip(probabilities, below, options, strict=True):
        with np.errstate(invalid="ignore"):
            part = np.where(probability > 0, probability * value, 0.0)
        total = total + (part if axis is None else part.sum(axis=axis, keepdims=True))
    return total


def _take(array: Floats, at: NDArray[np.int64], axis: int) -> Floats:
    """The entries along an axis at places that depend on the other axes."""
    shape = list(np.broadcast_shapes(array.sum(axis=axis, keepdims=True).shape, at.shape))
    at = np.broadcast_to(at, shape) if array.shape[axis] > 1 else np.zeros(shape, np.int64)
    shape[axis] = array.shape[axis]
    return np.take_along_axis(np.broadcast_to(array, shape), at, axis=axis)


def _total(array: Floats, axes: tuple[int, ...], play: _Play) -> Floats:
    """The sum over axes; a dimension of size 1 along which nothing was weighted is one cell."""
    return array.reshape((1,) * (play.form.rank - array.ndim) + array.shape).sum(axis=axes, keepdims=True)


def _scale(play: _Play, player: int) -> Floats:
    """`[B]`, the player's payoff range; 1 where all payoffs are alike."""
    high, low = np.full(1, -np.inf), np.full(1, np.inf)
    for outcome in play.payoffs.values():
        payoff = _spread_out(play.form, outcome[player], ())
        finite = np.isfinite(payoff)
        high = np.maximum(high, _highest(np.where(finite, payoff, -np.inf)))
        low = np.minimum(low, -_highest(np.where(finite, -payoff, -np.inf)))
    spread = high - low
    return np.where(spread > 0, spread, 1.0)


def _highest(array: Floats) -> Floats:
    """`[B]`, the largest entry along everything but the draws."""
    return array.max(axis=tuple(range(array.ndim - 1)))


def _strategy_error(play: _Play) -> Floats:
    """`[B]`, how far the profile is from probabilities of available moves wherever there is one."""
    worst: Floats = np.zeros(1)
    for index, place in enumerate(play.form.places):
        total: Floats = np.zeros(1)
        allowed = play.allowed[index] or (np.ones(1, bool),) * len(place.options)
        branch = play.branch[place.states[0]] or ()
        for probability, axis, may in zip(branch, place.options, allowed, strict=True):
            worst = np.maximum(worst, _highest(-probability))
            worst = np.maximum(worst, _highest(np.where(may, 0.0, probability)))
            total = total + (probability if axis is None else probability.sum(axis=axis, keepdims=True))
        worst = np.maximum(worst, _highest(np.where(_any_allowed(play, index), np.abs(total - 1), 0.0)))
    return worst
