"""One block of draws, from points of the cube to what a fold needs, as one compiled function.

Every block has the same shape, `BLOCK` draws, whatever the number of draws or workers; draws beyond the last are
masked. So the same code runs on every draw and results do not depend on how the work is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from raison.model.records import Decision
from raison.program.program import Program, World
from raison.run.designs import REPLICATES
from raison.solve.game import node_margin, node_probabilities, node_reached, played
from raison.solve.play import branch_probabilities
from raison.solve.questions import Answer, Played, ask

BLOCK = 16_384
"""Draws in a block, a multiple of `REPLICATES`."""

Array = Any


class QuestionSums(NamedTuple):
    """Sums over the draws of a block that did not fail and to which the question applies, `[Q, 16]` float64."""

    applies: Array
    number: Array
    best_reply: Array
    mixed: Array
    tied: Array
    reached: Array
    positive: Array
    below_one: Array


class NodeSums(NamedTuple):
    """Sums over the draws of a block that did not fail; `M` counts the branches of all nodes in order."""

    reached: Array  # [nodes]
    tied: Array  # [nodes]
    chosen: Array  # [M]
    along: Array  # [M]
    outcomes: Array  # [O]
    follows: Array  # [Q, O], outcomes after the asked move, times the number


class BlockResult(NamedTuple):
    """What one block gives.

    Attributes:
        questions: Sums for each question.
        nodes: Sums for each node; None for a model without a game.
        solved: `[16]` float64, draws that did not fail.
        status: `[B]` int32, index into the program's reasons; -1 beyond the last draw.
        number: `[Q, B]` float64.
        applies: `[Q, B]` bool.
        margin: `[Q, B]` float64; of no meaning where a question has none.
        node_margin: `[nodes, B]` float64, of the played move; inf at chance nodes.
        tied: `[B]` bool, any decision ties.
        tied_states: `[S]` bool, this decision ties in some draw.
    """

    questions: QuestionSums
    nodes: NodeSums | None
    solved: Array
    status: Array
    number: Array
    applies: Array
    margin: Array
    node_margin: Array
    tied: Array
    tied_states: Array


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """The compiled functions of one program.

    Attributes:
        program: What was compiled.
        answer: `(cube [D, B], count, removed [K]) -> BlockResult`.
        numbers: `(cube, removed, tie_from [S]) -> ([Q, B], [S])`, the questions' numbers in the one pure
            equilibrium in which each state's ties are broken from the given move on, and which states tie in it.
        values: `(cube, removed) -> parameters and quantities`, name to `[B]`.
    """

    program: Program
    answer: Callable[..., BlockResult]
    numbers: Callable[..., tuple[Array, Array]]
    values: Callable[..., dict[str, Array]]


def compile_block(program: Program) -> Block:
    """Make the functions of a program; each is compiled when it is first called."""
    return Block(
        program,
        jax.jit(lambda cube, count, removed: _answer(program, cube, count, removed)),
        jax.jit(lambda cube, removed, tie_from: _numbers(program, cube, removed, tie_from)),
        jax.jit(lambda cube, removed: _values(program, cube, removed)),
    )


def _answer(program: Program, cube: Array, count: Array, removed: Array) -> BlockResult:
    batch = cube.shape[-1]
    world = World(program, cube, removed)
    world.check_definitions()
    game = played(world)
    answers = [_full(ask(game, world, question), batch) for question in program.model.questions]
    for answer in answers:
        world.question_fault(answer.applies & ~jnp.isfinite(answer.number))
    inside = jnp.arange(batch) < count
    status = jnp.where(inside, world.status(batch), jnp.int32(-1))
    solved = status == 0
    return BlockResult(
        questions=_question_sums(answers, solved),
        nodes=None if game is None else _node_sums(game, answers, solved, batch),
        solved=_per_replicate(jnp.where(solved, 1.0, 0.0)),
        status=status,
        number=_stack([answer.number for answer in answers], batch),
        applies=_stack([answer.applies & solved for answer in answers], batch),
        margin=_stack([answer.margin for answer in answers], batch),
        node_margin=_stack(_node_margins(game, batch), batch),
        tied=solved & (False if game is None else _spread(game.tied_anywhere(), batch)),
        tied_states=_tied_states(game, solved),
    )


def _numbers(program: Program, cube: Array, removed: Array, tie_from: Array) -> tuple[Array, Array]:
    batch = cube.shape[-1]
    world = World(program, cube, removed)
    game = played(world, tie_from)
    answers = [_full(ask(game, world, question, pure=True), batch) for question in program.model.questions]
    return _stack([answer.number for answer in answers], batch), _tied_states(game, jnp.asarray(True))


def _values(program: Program, cube: Array, removed: Array) -> dict[str, Array]:
    batch = cube.shape[-1]
    world = World(program, cube, removed)
    return world.values(batch)


def _spread(value: Array, batch: int) -> Array:
    return jnp.broadcast_to(jnp.asarray(value), (batch,))


def _full(answer: Answer, batch: int) -> Answer:
    def spread(value: Array | None, instead: float) -> Array:
        return _spread(instead if value is None else value, batch)

    return Answer(
        number=spread(answer.number, 0.0),
        applies=spread(answer.applies, 0.0),
        tied=spread(answer.tied, 0.0),
        best_reply=spread(answer.best_reply, 0.0),
        reached=spread(answer.reached, 0.0),
        margin=spread(answer.margin, 0.0),
        outcomes=answer.outcomes,
    )


def _stack(rows: Sequence[Array], batch: int) -> Array:
    return jnp.stack(list(rows)) if rows else jnp.zeros((0, batch))


def _per_replicate(row: Array) -> Array:
    return row.reshape(-1, REPLICATES).sum(axis=0)


def _question_sums(answers: Sequence[Answer], solved: Array) -> QuestionSums:
    def sums(of: Callable[[Answer], Array]) -> Array:
        if not answers:
            return jnp.zeros((0, REPLICATES))
        rows = [jnp.where(solved & answer.applies, of(answer), 0.0) for answer in answers]
        return jnp.stack([_per_replicate(row) for row in rows])

    def counted(of: Callable[[Answer], Array]) -> Array:
        return sums(lambda answer: jnp.where(of(answer), 1.0, 0.0))

    return QuestionSums(
        applies=counted(lambda answer: answer.applies),
        number=sums(lambda answer: answer.number),
        best_reply=sums(lambda answer: answer.best_reply),
        mixed=counted(lambda answer: (answer.number > 0) & (answer.number < 1)),
        tied=counted(lambda answer: answer.tied),
        reached=sums(lambda answer: answer.reached),
        positive=counted(lambda answer: answer.number > 0),
        below_one=counted(lambda answer: answer.number < 1),
    )


def _node_sums(game: Played, answers: Sequence[Answer], solved: Array, batch: int) -> NodeSums:
    def total(value: Array) -> Array:
        return jnp.where(solved, _spread(value, batch), 0.0).sum()

    reached: list[Array] = []
    tied: list[Array] = []
    chosen: list[Array] = []
    along: list[Array] = []
    for name, node in game.world.model.game.items():
        states = game.graph.of_node.get(name, ())
        reached.append(total(node_reached(game, name)))
        any_tied: Array = jnp.asarray(False)
        if isinstance(node, Decision):
            for s in states:
                decided = game.equilibrium.decided[s]
                any_tied = any_tied if decided is None else any_tied | decided.tied
        tied.append(total(jnp.where(any_tied, 1.0, 0.0)))
        for index, probability in enumerate(node_probabilities(game, name)):
            taken = [branch_probabilities(game.equilibrium, s)[index] for s in states]
            chosen.append(total(probability))
            along.append(total(_sum(game.reached[s] * b for s, b in zip(states, taken, strict=True))))
    outcomes = [
        total(node_reached(game, outcome))
        for outcome in game.world.model.outcomes
    ]
    follows = [
        [total(jnp.where(answer.applies, part, 0.0)) for part in answer.outcomes]
        if answer.outcomes is not None
        else [jnp.asarray(0.0)] * len(outcomes)
        for answer in answers
    ]
    return NodeSums(
        jnp.stack(reached),
        jnp.stack(tied),
        jnp.stack(chosen),
        jnp.stack(along),
        jnp.stack(outcomes),
        jnp.stack([jnp.stack(row) for row in follows]) if follows else jnp.zeros((0, len(outcomes))),
    )


def _sum(parts: Any) -> Array:
    return sum(parts, start=jnp.asarray(0.0))


def _node_margins(game: Played | None, batch: int) -> list[Array]:
    if game is None:
        return []
    return [_spread(node_margin(game, name), batch) for name in game.world.model.game]


def _tied_states(game: Played | None, solved: Array) -> Array:
    if game is None:
        return jnp.zeros(0, bool)
    return jnp.stack(
        [
            jnp.asarray(False) if decided is None else (solved & decided.tied).any()
            for decided in game.equilibrium.decided
        ]
    )
