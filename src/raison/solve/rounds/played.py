"""A game that is played again, solved: what its nodes and questions answer.

What is asked about nodes and outcomes is of the first period, at the state where play starts; a question may
ask for another period along play, for another state, or for how the whole of play goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp

from raison.model.records import Decision, Question, branches
from raison.program import xp
from raison.program.world import World
from raison.solve.form_play import FormPlayed
from raison.solve.game import played_once
from raison.solve.graph_play import Played
from raison.solve.questions import Answer, Solved, ask, asked, snapped
from raison.solve.rounds.forward import Forward, is_of_period, play_forward
from raison.solve.rounds.induction import make_repeated, solve_worth
from raison.solve.rounds.stage import (
    Points,
    Repeated,
    all_points,
    by_draw,
    grid_played,
    merge,
    root_value,
    simulate_ahead,
)

Array = Any


@dataclass(frozen=True)
class RoundsPlayed:
    """A solved world.

    Attributes:
        repeated: The game.
        worth: `[T + 1, P, n1, .., nk, B]`, or `[1, P, ..]` of a stationary game.
        first: The first period at the start.
    """

    repeated: Repeated
    worth: Array
    first: Played | FormPlayed

    @cached_property
    def forward(self) -> Forward:
        """Play over the periods; its faults are marked when it is first asked for."""
        return play_forward(self.repeated, self.worth)

    def after(self, period: int) -> Array:
        """The worth of states after a period."""
        return self.worth[0] if self.repeated.horizon is None else self.worth[period]

    def of_move(self, question: Question, pure: bool) -> Answer:
        """The answer to a question about a move; `pure` counts the played move alone."""
        return self._answer(question, lambda: self.first.of_move(question, pure))

    def along_play(self, question: Question) -> Answer:
        """The answer to a question about an event or amount."""
        return self._answer(question, lambda: self.first.along_play(question))

    def _answer(self, question: Question, at_start: Any) -> Answer:
        if question.state is not None:
            return self.at_state(question)
        if not is_of_period(self.repeated, question):
            return self._whole(question)
        period = question.period or 1
        if period == 1:
            return at_start()
        rows = self.answer_in_periods(question)
        pick = lambda row: None if row is None else row[period - 1]
        return Answer(
            rows.number[period - 1],
            rows.applies[period - 1],
            rows.tied[period - 1],
            pick(rows.best_reply),
            pick(rows.reached),
            pick(rows.margin),
            None if rows.outcomes is None else tuple(row[period - 1] for row in rows.outcomes),
        )

    def answer_in_periods(self, question: Question) -> Answer:
        """A question about a period, in each of them, `[T, B]` a field.

        Raises:
            ValueError: it is none of the model's questions.
        """
        questions = self.repeated.model.questions
        found = self.forward.answers[questions.index(question)] if question in questions else None
        if found is None:
            raise ValueError(
                f"'{question.label}' is not asked of the periods of this model; add it to 'questions'."
            )
        return found

    def at_state(self, question: Question) -> Answer:
        """The answer at the state that a question names."""
        lattice, world = self.repeated.lattice, self.repeated.world
        given = question.state or {}
        batch = lattice.batch
        values = tuple(
            jnp.broadcast_to(jnp.asarray(given.get(name, start), jnp.float64), (batch,))
            for name, start in zip(lattice.names, lattice.start, strict=True)
        )
        period = question.period or 1
        points = Points(self.repeated, values, jnp.arange(batch, dtype=jnp.int32))
        stage, game = points.solved(jnp.asarray(float(period)), self.after(period))
        answer = ask(game, stage, question)
        merge(world, by_draw(stage.faults, batch))
        return answer

    def _whole(self, question: Question) -> Answer:
        """The answer to a question about the whole of play."""
        forward, world = self.forward, self.repeated.world
        paths, batch = forward.ended.shape
        draws = jnp.tile(jnp.arange(batch, dtype=jnp.int32), paths)
        points = Points(self.repeated, (), draws)
        carried = {
            "ended": points.deepened(forward.ended.reshape(-1).astype(jnp.float64)),
            "periods": points.deepened(forward.periods.reshape(-1)),
        }
        stage = world.stage(carried, world.rank, points.spread)
        rows = lambda value: jnp.broadcast_to(
            jnp.asarray(value).reshape(jnp.shape(value)[-1:] or (1,)), (paths * batch,)
        ).reshape(paths, batch)
        holds = rows(True if question.given is None else stage.truth(question.given))
        number = rows(jnp.asarray(asked(stage, question, ()), jnp.float64))
        count = holds.sum(axis=0)
        mean = jnp.where(holds, number, 0.0).sum(axis=0) / jnp.maximum(count, 1).astype(jnp.float64)
        merge(world, by_draw(stage.faults, batch))
        return Answer(snapped(mean) if question.event is not None else mean, count > 0, forward.tied)

    # --- the first period ---

    def tied_anywhere(self) -> Array:
        """Whether some decision of the first period, or one that play comes to, has several best moves."""
        return xp.asarray(self.first.tied_anywhere()) | self.forward.tied

    def tied_states(self, among: Array) -> tuple[Array, ...]:
        """Per state of the graph, whether it ties in some of the draws, in the first period."""
        return self.first.tied_states(among)

    def node_tied(self, node: str) -> Array:
        """Whether best moves tie at a node, in the first period."""
        return self.first.node_tied(node)

    def node_margin(self, node: str) -> Array:
        """Margin of the played move at a node, in the first period."""
        return self.first.node_margin(node)

    def node_probabilities(self, node: str) -> list[Array]:
        """Probability of each branch at a node, in the first period."""
        return self.first.node_probabilities(node)

    def node_reached(self, name: str) -> Array:
        """Probability that play comes to a node or outcome in the first period."""
        return self.first.node_reached(name)

    def node_along(self, node: str) -> tuple[Array, ...]:
        """Probability that play comes along each branch of a node, in the first period."""
        return self.first.node_along(node)

    # --- beyond single questions ---

    @cached_property
    def once(self) -> Solved:
        """The same period played once, at the start and with nothing after it."""
        lattice = self.repeated.lattice
        batch = lattice.batch
        values = tuple(jnp.broadcast_to(jnp.asarray(v, jnp.float64), (batch,)) for v in lattice.start)
        points = Points(self.repeated, values, jnp.arange(batch, dtype=jnp.int32))
        return points.solved(jnp.asarray(1.0), None)[1]

    def on_grid(self, question: Question, period: int = 1) -> Array:
        """The number of a question about a move at every state of the grid, `[n1, .., nk, B]`."""
        lattice = self.repeated.lattice
        at, worth = jnp.asarray(float(period)), self.after(period)
        if self.repeated.world.program.form is None:
            grid = grid_played(self.repeated, at, worth)
            number = ask(grid, grid.world, question).number
            return jnp.broadcast_to(number, (*lattice.sizes, lattice.batch))
        points = all_points(lattice, self.repeated)
        stage, game = points.solved(at, worth)
        number = ask(game, stage, question).number
        return jnp.broadcast_to(number, points.draws.shape).reshape((*lattice.sizes, lattice.batch))

    def policy(self) -> dict[str, Array]:
        """Per decision the number of the likeliest move in the first period at each state of the grid.

        Returns:
            `[n1, .., nk, B]` int32 by node.
        """
        lattice, at, worth = self.repeated.lattice, jnp.asarray(1.0), self.after(1)
        shape = (*lattice.sizes, lattice.batch)
        if self.repeated.world.program.form is None:
            probabilities = grid_played(self.repeated, at, worth).node_probabilities
        else:
            points = all_points(lattice, self.repeated)
            stage, game = points.solved(at, worth)

            def probabilities(node: str) -> list[Array]:
                moves = branches(self.repeated.model.game[node])
                numbers = (ask(game, stage, Question(node=node, move=move)).number for move in moves)
                return [jnp.broadcast_to(number, points.draws.shape).reshape(shape) for number in numbers]

        found: dict[str, Array] = {}
        for name, node in self.repeated.model.game.items():
            if isinstance(node, Decision):
                rows = [jnp.broadcast_to(p, shape) for p in probabilities(name)]
                found[name] = jnp.argmax(jnp.stack(rows), axis=0).astype(jnp.int32)
        return found

    def values(self) -> list[Array]:
        """Per player the expected worth of the whole of play, at the start."""
        return root_value(self.first)


def play_rounds(world: World, batch: int) -> RoundsPlayed:
    """Solve a world's game over its rounds; faults are marked in the world."""
    repeated = make_repeated(world, batch)
    simulate_ahead(repeated)
    worth = world.hold(solve_worth(repeated))
    lattice = repeated.lattice
    values = tuple(jnp.broadcast_to(jnp.asarray(v, jnp.float64), (batch,)) for v in lattice.start)
    points = Points(repeated, values, jnp.arange(batch, dtype=jnp.int32))
    after = worth[0] if repeated.horizon is None else worth[1]
    stage, first = points.solved(jnp.asarray(1.0), after)
    merge(world, by_draw(stage.faults, batch))
    assert isinstance(first, Played | FormPlayed)
    return RoundsPlayed(repeated, worth, first)


def played(world: World, batch: int, tie_from: Any = None) -> Solved | None:
    """Solve a world's game, once or over its rounds, and mark where play is stuck; None without a game.

    Args:
        world: The draws.
        batch: Number of draws.
        tie_from: Per state, the index of the move from which a tie is broken, of a game played once.
    """
    if world.model.rounds is None:
        return played_once(world, batch, tie_from)
    return play_rounds(world, batch)
