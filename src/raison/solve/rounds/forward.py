"""Play forward from the start, period by period, along the solved policy.

At each state that play comes to, the period's game is solved again there, with the worth of what follows
interpolated between the points of the grid; so moves are not interpolated. Chance, and players who mix, are
drawn by a hash of the draw's own coordinate, the period, the path and the node: the same draw plays the same
way whatever is solved beside it, and premises are compared on the same chances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from raison.model.records import Question
from raison.model.recurring import SIMULATED, has_chance, whole_play
from raison.program.graph import CHANCE, OUTCOME
from raison.program.program import CHANCE_OF_PLAY
from raison.program.world import World
from raison.solve.contraction import dense
from raison.solve.form_play import FormPlayed
from raison.solve.graph_play import Played
from raison.solve.questions import Answer, Solved, ask
from raison.solve.rounds.stage import Points, Repeated, by_draw, merge

Array = Any
LONGEST = 2_000
"""Periods after which a stationary game that still goes on is broken off."""
PATHS = 16
"""Times that each draw is played forward, where chance has a part in it."""


@dataclass(frozen=True, eq=False)
class Forward:
    """Play over the periods, averaged over the paths of each draw.

    Attributes:
        alive: `[T, B]`, share of paths that come to the period.
        answers: Per question that is about a period, its answer in each of them, `[T, B]` a field; None for
            others.
        first: Per question about a move, `[T, B]`, share of paths on which it is first made in the period;
            None for others.
        ended: `[R, B]` int32, 0 where play did not end by an outcome, else its number in `Model.ends` plus 1.
        periods: `[R, B]` float64, how many were played.
        clipped: `[B]`, share of the steps in which a state was brought back onto its grid.
        payoff: `[P, B]`, mean over the paths of the sum of discounted payoffs.
        tied: `[B]` bool, a decision that play came to had several best moves.
        going: `[B]`, share of paths on which play had not ended when it was broken off.
    """

    alive: Array
    answers: tuple[Answer | None, ...]
    first: tuple[Array | None, ...]
    ended: Array
    periods: Array
    clipped: Array
    payoff: Array
    tied: Array
    going: Array


def paths_of(repeated: Repeated) -> int:
    """How often each draw is played forward."""
    return PATHS if has_chance(repeated.model) else 1


def is_of_period(repeated: Repeated, question: Question) -> bool:
    """Whether a question is about a period along play, and not about a given state or the whole of play."""
    formulas = (question.event, question.amount, question.given)
    return question.state is None and not any(whole_play(repeated.model, formula) for formula in formulas)


class _Playing(NamedTuple):
    """What is carried from period to period, `[paths * B]` a field, or several of them.

    Attributes:
        values: Of the state variables.
        alive: Whether play goes on.
        ended: Number of the outcome by which it ended; 0 before.
        periods: Played so far.
        made: Per question about a move whether it was made before.
        clipped: Steps in which a state was brought back onto its grid.
        paid: Per player, discounted and summed.
        tied: A decision that play came to had several best moves.
    """

    values: tuple[Array, ...]
    alive: Array
    ended: Array
    periods: Array
    made: tuple[Array, ...]
    clipped: Array
    paid: tuple[Array, ...]
    tied: Array


class _Row(NamedTuple):
    """What one period answers, `[B]` a field."""

    alive: Array
    answers: list[Answer]
    first: list[Array]
    faults: dict[str, Array]


class _Walks:
    """What stays the same along play: the game, the draws that are played and how often."""

    def __init__(self, repeated: Repeated) -> None:
        lattice = repeated.lattice
        self.repeated, self.batch, self.paths = repeated, lattice.batch, paths_of(repeated)
        self.draws = jnp.tile(jnp.arange(self.batch, dtype=jnp.int32), self.paths)
        self.number = jnp.repeat(jnp.arange(self.paths, dtype=jnp.uint64), self.batch)
        self.key = _key(repeated.world, self.batch)[self.draws]
        self.start = tuple(map(self._of_each, lattice.start))
        self.discount = list(map(self._of_each, repeated.discount))
        questions = repeated.model.questions
        self.asked = [question for question in questions if is_of_period(repeated, question)]
        self.moves = [question for question in questions if question.node is not None]

    def _of_each(self, value: Any) -> Array:
        return jnp.broadcast_to(jnp.asarray(value, jnp.float64), (self.batch,))[self.draws]

    def begin(self) -> _Playing:
        """Before the first period."""
        size = self.batch * self.paths
        no, zero = jnp.zeros((size,), bool), jnp.zeros((size,))
        return _Playing(
            values=self.start,
            alive=~no,
            ended=jnp.zeros((size,), jnp.int32),
            periods=zero,
            made=tuple(no for _ in self.moves),
            clipped=zero,
            paid=tuple(zero for _ in self.repeated.model.players),
            tied=no,
        )

    def step(self, before: _Playing, period: Array, after: Array) -> tuple[_Playing, _Row]:
        """Play one period; `after` is the worth of the states that follow."""
        alive = before.alive
        points = Points(self.repeated, before.values, self.draws)
        stage, game = points.solved(period, after)
        mean = _Mean(alive, self.paths, self.batch)
        path = _walk(game, stage, lambda s: _uniform(self.key, period, self.number, s))
        went = _outcome(self.repeated, points, stage, path)
        now = [path.made(question.node or "", question.move or "") & alive for question in self.moves]
        weight = [d ** (period - 1) for d in self.discount]
        goes_on = alive & (went.ended == 0)
        playing = _Playing(
            values=tuple(
                jnp.where(goes_on, new, old) for new, old in zip(went.values, before.values, strict=True)
            ),
            alive=goes_on,
            ended=jnp.where(alive, went.ended, before.ended),
            periods=before.periods + jnp.where(alive, 1.0, 0.0),
            made=tuple(m | n for m, n in zip(before.made, now, strict=True)),
            clipped=before.clipped + jnp.where(goes_on & went.clipped, 1.0, 0.0),
            paid=tuple(
                total + jnp.where(alive, w * own, 0.0)
                for total, w, own in zip(before.paid, weight, went.payoff, strict=True)
            ),
            tied=before.tied | (alive & game.tied_anywhere()),
        )
        row = _Row(
            alive=mean.share(alive),
            answers=[mean.of(ask(game, stage, question)) for question in self.asked],
            first=[mean.share(n & ~m) for m, n in zip(before.made, now, strict=True)],
            faults=by_draw(_of_the_living(stage.faults, alive), self.batch),
        )
        return playing, row

    def by_path(self, row: Array) -> Array:
        """`[paths, B]`."""
        return row.reshape(self.paths, self.batch)


def play_forward(repeated: Repeated, worth: Array) -> Forward:
    """Play every draw forward.

    Args:
        repeated: The game.
        worth: `[T + 1, P, n1, .., nk, B]`, or `[1, P, ..]` of a stationary game.
    """
    walks, questions = _Walks(repeated), repeated.model.questions
    horizon = SIMULATED if repeated.horizon is None else repeated.horizon
    periods = jnp.arange(1, horizon + 1, dtype=jnp.float64)
    playing = walks.begin()
    if repeated.horizon is None:
        always = lambda before, period: walks.step(before, period, worth[0])
        playing, row = jax.lax.scan(always, playing, periods)
        playing, more = _to_the_end(always, playing, row.faults, walks.batch)
        merge(repeated.world, more)
    else:
        playing, row = jax.lax.scan(lambda before, x: walks.step(before, *x), playing, (periods, worth[1:]))
    merge(repeated.world, {reason: where.any(axis=0) for reason, where in row.faults.items()})
    of_period, of_move = iter(row.answers), iter(row.first)
    steps = jnp.maximum(walks.by_path(playing.periods).sum(axis=0), 1.0)
    return Forward(
        alive=row.alive,
        answers=tuple(next(of_period) if is_of_period(repeated, q) else None for q in questions),
        first=tuple(next(of_move) if q.node is not None else None for q in questions),
        ended=walks.by_path(playing.ended),
        periods=walks.by_path(playing.periods),
        clipped=walks.by_path(playing.clipped).sum(axis=0) / steps,
        payoff=jnp.stack([walks.by_path(paid).mean(axis=0) for paid in playing.paid]),
        tied=walks.by_path(playing.tied).any(axis=0),
        going=walks.by_path(jnp.where(playing.alive, 1.0, 0.0)).mean(axis=0),
    )


def _to_the_end(
    each: Callable[[_Playing, Array], tuple[_Playing, _Row]],
    playing: _Playing,
    faults: Mapping[str, Array],
    batch: int,
) -> tuple[_Playing, dict[str, Array]]:
    """Go on beyond the periods that are answered, until play has ended everywhere."""

    def goes_on(state: tuple[_Playing, Array, dict[str, Array]]) -> Array:
        before, period, _ = state
        return before.alive.any() & (period <= LONGEST)

    def go(state: tuple[_Playing, Array, dict[str, Array]]) -> tuple[_Playing, Array, dict[str, Array]]:
        before, period, found = state
        after, row = each(before, period)
        return after, period + 1.0, {reason: where | row.faults[reason] for reason, where in found.items()}

    none = {reason: jnp.zeros((batch,), bool) for reason in faults}
    playing, _, found = jax.lax.while_loop(goes_on, go, (playing, jnp.asarray(SIMULATED + 1.0), none))
    return playing, found


def _of_the_living(faults: Mapping[str, Array], alive: Array) -> dict[str, Array]:
    """Faults at states that play came to."""
    return {reason: jnp.asarray(where) & alive for reason, where in faults.items()}


# --- chance -------------------------------------------------------------------------------------------------


def _key(world: World, batch: int) -> Array:
    """`[B]` uint64, what a draw's chances are derived from."""
    cube = world.inputs[0]
    row = None
    if cube is not None and CHANCE_OF_PLAY in world.program.coordinates:
        row = cube[world.program.coordinates.index(CHANCE_OF_PLAY)]
    number = jnp.full((batch,), 0.5) if row is None else jnp.broadcast_to(jnp.asarray(row), (batch,))
    return _mixed(jax.lax.bitcast_convert_type(number, jnp.uint64))


def _mixed(bits: Array) -> Array:
    """A bijection of 64-bit words that looks random (Steele, Lea and Flood 2014, SplitMix64's finaliser)."""
    bits = (bits ^ (bits >> jnp.uint64(30))) * jnp.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> jnp.uint64(27))) * jnp.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> jnp.uint64(31))


def _uniform(key: Array, period: Array, path: Array, state: int) -> Array:
    """Numbers in the open unit interval, one for each draw, period, path and state of the game."""
    word = key + jnp.uint64(0x9E3779B97F4A7C15) * period.astype(jnp.uint64)
    word = _mixed(word) + jnp.uint64(0xD1B54A32D192ED03) * (path + jnp.uint64(1))
    word = _mixed(word) + jnp.uint64(0xABC98388FB8FAC03) * jnp.uint64(state + 1)
    return ((_mixed(word) >> jnp.uint64(12)).astype(jnp.float64) + 0.5) * 2.0**-52


@dataclass(frozen=True, eq=False)
class _Path:
    """Where play went in one period: per state whether it came there, and the steps of the amounts taken."""

    game: Solved
    at: Sequence[Array]
    taken: Mapping[tuple[int, int], Array]
    steps: Mapping[int, Array]

    def made(self, node: str, move: str) -> Array:
        """Whether a move was made."""
        graph = _graph(self.game)
        found: Array = jnp.asarray(False)
        for s in graph.of_node.get(node, ()):
            found = found | self.taken[s, graph.states[s].labels.index(move)]
        return found

    def picked(self, array: Array) -> Array:
        """An array of numbers at the amounts that were taken."""
        array = jnp.asarray(array)
        for axis in range(array.ndim - 1):
            if array.shape[axis] > 1:
                step = self.steps[axis].reshape((1,) * (array.ndim - 1) + (-1,))
                width = max(array.shape[-1], step.shape[-1])
                array = jnp.broadcast_to(array, (*array.shape[:-1], width))
                index = jnp.broadcast_to(
                    step, tuple(1 if k == axis else n for k, n in enumerate(array.shape))
                )
                array = jnp.take_along_axis(array, index, axis=axis)
        return array.reshape(array.shape[-1:]) if array.ndim else array


def _graph(game: Solved) -> Any:
    return game.graph if isinstance(game, Played) else _formed(game).numbers.form.graph


def _formed(game: Solved) -> FormPlayed:
    assert isinstance(game, FormPlayed)
    return game


def _walk(game: Solved, stage: World, uniform: Any) -> _Path:
    """Draw one way through a period's game."""
    graph = _graph(game)
    at: list[Array] = [jnp.asarray(s == 0) for s in range(len(graph.states))]
    taken: dict[tuple[int, int], Array] = {}
    steps: dict[int, Array] = {}
    path = _Path(game, at, taken, steps)
    for s, state in enumerate(graph.states):
        if state.mover == OUTCOME:
            continue
        for branch, (child, (here, step)) in enumerate(
            zip(state.children, _branches(game, path, s, uniform), strict=True)
        ):
            here = at[s] & here
            taken[s, branch] = here
            at[child] = at[child] | here
            if step is not None:
                axis, number = step
                steps[axis] = jnp.where(here, number, steps.get(axis, jnp.int32(0)))
    return path


def _branches(
    game: Solved, path: _Path, s: int, uniform: Any
) -> list[tuple[Array, tuple[int, Array] | None]]:
    """Per branch of a state whether it is taken, and which amount."""
    state = _graph(game).states[s]
    if isinstance(game, Played) and state.mover != CHANCE:
        decided = game.equilibrium.decided[s]
        assert decided is not None
        return [(here, None) for here in decided.played]
    if isinstance(game, Played):
        weights: Sequence[Array] = game.equilibrium.chance[s] or ()
        amounts: Sequence[int | None] = [None] * len(weights)
    else:
        formed = _formed(game)
        form = formed.numbers.form
        is_chance = state.mover == CHANCE
        weights = formed.numbers.chance[s] if is_chance else formed.strategy[form.place[s]]
        amounts = state.amounts
    rows: list[Array] = []
    for weight, axis in zip(weights, amounts, strict=True):
        if axis is None:
            rows.append(path.picked(dense(weight))[None])
            continue
        steps = _formed(game).numbers.form.axes[axis].steps
        each = jnp.moveaxis(jnp.asarray(dense(weight)), axis, 0)
        rows += [
            path.picked(each[step][None] if each.ndim == 1 else each[step])[None] for step in range(steps)
        ]
    return _drawn(rows, weights, amounts, game, uniform(s))


def _drawn(
    rows: Sequence[Array], weights: Sequence[Array], amounts: Sequence[int | None], game: Solved, u: Array
) -> list[tuple[Array, tuple[int, Array] | None]]:
    """Draw one of the rows, branch by branch."""
    table = jnp.concatenate([jnp.broadcast_to(row, (1, *u.shape)) for row in rows])
    edges = jnp.cumsum(table, axis=0)
    index = jnp.sum(u[None] * edges[-1:] >= edges, axis=0).astype(jnp.int32)
    last = jnp.max(jnp.where(table > 0, jnp.arange(len(rows), dtype=jnp.int32)[:, None], 0), axis=0)
    index = jnp.minimum(index, last)
    found: list[tuple[Array, tuple[int, Array] | None]] = []
    begin = 0
    for axis in amounts:
        count = 1 if axis is None else _formed(game).numbers.form.axes[axis].steps
        here = (index >= begin) & (index < begin + count)
        found.append((here, None if axis is None else (axis, jnp.clip(index - begin, 0, count - 1))))
        begin += count
    del weights
    return found


# --- what a period leaves -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Went:
    """Per point the next state, whether it had to be clipped, how play ended, and what was paid."""

    values: tuple[Array, ...]
    clipped: Array
    ended: Array
    payoff: tuple[Array, ...]


def _outcome(repeated: Repeated, points: Points, stage: World, path: _Path) -> _Went:
    graph, lattice, model = _graph(path.game), repeated.lattice, repeated.model
    values = list(points.values)
    clipped: Array = jnp.zeros(points.draws.shape, bool)
    ended: Array = jnp.zeros(points.draws.shape, jnp.int32)
    payoff: list[Array] = [jnp.zeros(points.draws.shape) for _ in model.players]
    plain = stage.stage(stage.chosen, stage.rank, stage.spread)
    for s in graph.outcomes:
        state, here = graph.states[s], path.at[s]
        for p, player in enumerate(model.players):
            paid = path.picked(jnp.asarray(plain.payoff(state.name, player, state.results), jnp.float64))
            payoff[p] = jnp.where(here, paid, payoff[p])
        if state.name in model.ends:
            ended = jnp.where(here, jnp.int32(model.ends.index(state.name) + 1), ended)
            continue
        for k, value in enumerate(points.next_values(stage, state.name, state.results)):
            inside, outside = lattice.clipped(k, value, points.spread)
            values[k] = jnp.where(here, path.picked(inside), values[k])
            clipped = clipped | (here & path.picked(outside))
    return _Went(tuple(values), clipped, ended, tuple(payoff))


@dataclass(frozen=True, eq=False)
class _Mean:
    """Averages over the paths of each draw that come to a period."""

    alive: Array
    paths: int
    batch: int

    def rows(self, value: Array) -> Array:
        """`[R, B]`."""
        full = jnp.broadcast_to(jnp.asarray(value), self.alive.shape)
        return full.reshape(self.paths, self.batch)

    def share(self, truth: Array) -> Array:
        """Share of all paths."""
        return self.rows(jnp.where(truth, 1.0, 0.0)).mean(axis=0)

    def of(self, answer: Answer) -> Answer:
        """An answer `[B]` from one at every point."""
        counted = self.rows(self.alive & jnp.asarray(answer.applies))
        total = jnp.maximum(counted.sum(axis=0), 1).astype(jnp.float64)

        def mean(value: Array) -> Array:
            rows = jnp.where(counted, self.rows(jnp.asarray(value, jnp.float64)), 0.0)
            return rows.sum(axis=0) / total

        maybe = lambda value: None if value is None else mean(value)
        reached = None
        if answer.reached is not None:
            alive = self.rows(self.alive)
            reached = jnp.where(alive, self.rows(jnp.asarray(answer.reached, jnp.float64)), 0.0).mean(axis=0)
        return Answer(
            number=mean(answer.number),
            applies=counted.any(axis=0),
            tied=(counted & self.rows(answer.tied)).any(axis=0),
            best_reply=maybe(answer.best_reply),
            reached=reached,
            margin=maybe(answer.margin),
            outcomes=None if answer.outcomes is None else tuple(mean(o) for o in answer.outcomes),
        )


jax.tree_util.register_dataclass(
    Answer,
    data_fields=["number", "applies", "tied", "best_reply", "reached", "margin", "outcomes"],
    meta_fields=[],
)
