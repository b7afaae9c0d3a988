"""One block of draws, from points of the cube to what a fold needs, as one compiled function.

Every block has the same shape, `BLOCK` draws, whatever the number of draws or workers; draws beyond the last
are masked. So the same code runs on every draw and results do not depend on how the work is cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from raison.model.records import Model, Question
from raison.program import xp
from raison.program.compiled import Lazy
from raison.program.drawn import drawn
from raison.program.hold import Hold, fuse, hold
from raison.program.process.once import Simulated, Simulations, stacked
from raison.program.program import Program
from raison.program.unfold import unfold
from raison.program.world import World
from raison.run.designs import REPLICATES
from raison.solve.contraction import dense
from raison.solve.every import every_equilibrium, reasons_of, why_not
from raison.solve.form_play import FormPlayed
from raison.solve.game import has_equilibrium, is_settled, largest_array, played_under
from raison.solve.graph_play import Played
from raison.solve.levels import LARGE, is_large
from raison.solve.numbers import Entries, Strategy, beliefs, entries_of, log_of
from raison.solve.play import branch_probabilities
from raison.solve.questions import Answer, Solved, ask
from raison.solve.rounds.forward import PATHS
from raison.solve.rounds.induction import EQUATIONS
from raison.solve.rounds.played import RoundsPlayed, played

BLOCK = 16_384
"""Draws in a block, a multiple of the number of replicates; fewer for large games, see `block_size`."""
_CELLS = 1 << 23  # states or amounts times draws of a block
_CACHED, _PART = 1 << 19, 4  # amounts times draws that are worked on at once, and the fewest draws
_ROUNDS_CACHED = 1 << 19  # worths times draws that are worked on at once
SAMPLE = 256
"""Most draws of the first block in which a run checks what anybody could gain by deviating."""
_SAMPLE_CELLS = 1 << 19  # amounts or states times draws that are checked
NONE_LEFT = "no equilibrium passes the refinement."
"""Why no equilibrium is counted in a draw in which all were found."""

Array = Any


class BlockResult(NamedTuple):
    """What one block gives: rows of the batch, summed on the host, where that is cheapest.

    Attributes:
        answers: One for each question.
        status: `[B]` int32, index into the program's reasons; -1 beyond the last draw.
        node_reached: Per node `[B]`, probability that play comes there.
        node_tied: Per node `[B]` bool, its best moves tie.
        chosen: Per node and branch `[B]`, probability of the branch at the node.
        along: Per node and branch `[B]`, probability that play comes along it.
        node_margin: Per node `[B]`, of the played move; inf at chance nodes.
        outcomes: Per outcome `[B]`, probability.
        parameters: Per uncertain parameter `[B]`, as drawn (codes of names).
        tied: `[B]` bool, any decision ties.
        forked: `[B]` bool, the branch of logit equilibria that was followed passed a bifurcation.
        tied_states: Per state, whether it ties in some draw.
        rounds: Of a game that is played again, what there is over its periods.
        sampled: What is played in the draws that `sampled_draws` names, to be checked.
    """

    answers: tuple[AnswerRows, ...]
    status: Array
    node_reached: tuple[Array, ...]
    node_tied: tuple[Array, ...]
    chosen: tuple[tuple[Array, ...], ...]
    along: tuple[tuple[Array, ...], ...]
    node_margin: tuple[Array, ...]
    outcomes: tuple[Array, ...]
    parameters: tuple[Array, ...]
    tied: Array
    forked: Array
    tied_states: tuple[Array, ...]
    sampled: Sampled
    rounds: RoundsRows | None = None


class QuestionRows(NamedTuple):
    """A question over the periods; None for what it is not asked.

    Attributes:
        number: `[T, B]`, in each period along play.
        applies: `[T, B]` bool, whether play comes to the period and its `given` can hold.
        first: `[T, B]`, share of paths on which the move is first made in the period.
        once: `[B]`, the number if the game were played once, with nothing after it.
        policy: `[n1, .., nk, 16]`, the number at each state of the grid, summed over the solved draws of each
            replicate.
    """

    number: Array | None
    applies: Array | None
    first: Array | None
    once: Array | None
    policy: Array | None


class RoundsRows(NamedTuple):
    """A game that is played again.

    Attributes:
        alive: `[T, B]`, share of paths that come to the period.
        questions: One for each question.
        clipped: `[B]`, share of steps in which a state was brought back onto its grid.
        going: `[B]`, share of paths on which play had not ended when it was broken off, or its horizon came.
    """

    alive: Array
    questions: tuple[QuestionRows, ...]
    clipped: Array
    going: Array


class Sampled(NamedTuple):
    """Play in a sample of a block's `S` draws, draws last; empty where nothing is checked.

    Attributes:
        played: Of a game of perfect information, per state `[branches, S]` probabilities; of one with
            information sets, per place and option probabilities, with a dimension for each axis.
        beliefs: Per place and state, of a game with information sets and without amounts.
        payoffs: Of a game of perfect information, `[outcome states][players]`, as the solver saw them.
        available: Of one, per state whether each branch can be taken, as numbers.
    """

    played: tuple[Any, ...] = ()
    beliefs: tuple[tuple[Array, ...], ...] = ()
    payoffs: tuple[tuple[Array, ...], ...] = ()
    available: tuple[tuple[Array, ...], ...] = ()


class Shares(NamedTuple):
    """What a block adds to the questions' means, for each of `R` rows of switches.

    Attributes:
        solved: `[R, 16]`, draws of each replicate that did not fail.
        applies: `[R, Q, 16]`, those to which the question applies.
        number: `[R, Q, 16]`, the sum of the question's numbers over them.
        positive: `[R, Q, 16]`, those in which its number is above 0.
        below_one: `[R, Q, 16]`, those in which it is below 1.
    """

    solved: Array
    applies: Array
    number: Array
    positive: Array
    below_one: Array


class AnswerRows(NamedTuple):
    """A question's `raison.solve.questions.Answer`, each field `[B]` and None where it does not apply."""

    number: Array
    applies: Array
    tied: Array
    best_reply: Array | None
    reached: Array | None
    margin: Array | None
    outcomes: tuple[Array, ...] | None


def block_size(program: Program) -> int:
    """Draws in a block: as many as fit a bounded memory, depending on the model alone.

    Raises:
        ValueError: not even a few draws of the game's amounts would fit.
    """
    if program.model.rounds is not None:
        return max(16, min(BLOCK, 1 << max(_CELLS // rounds_cells(program), 1).bit_length() - 1))
    if program.form is not None and program.form.axes:
        return max(16, min(BLOCK, 1 << max(_CELLS // largest_array(program), 1).bit_length() - 1))
    states = 0 if program.graph is None else len(program.graph.states)
    return BLOCK if states <= LARGE else max(16, 1 << (_CELLS // states).bit_length() - 1)


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """The compiled functions of one program; those of a large game run step by step, its solver compiled.

    Attributes:
        program: What was compiled.
        answer: `(cube [D, B], count, removed [K]) -> BlockResult`.
        numbers: `(cube, removed, tie_from [S])`, the questions' numbers `[B]` in the one pure equilibrium in
            which each state's ties are broken from the given move on, and which states tie in it in some
            draw.
        values: `(cube, removed) -> parameters and quantities`, name to `[B]`.
        shares: `(cube, count, removed [R, K]) -> Shares`, the means' sums for many rows of switches on the
            same draws; it always has to be called with the same shapes.
        extremes: `(cube, removed) -> low, high, missing`: of every question's number over the equilibria that
            were found, `[Q, B]`, and `[B]` the index into `doubts` of why one may be missing, -1 where none
            is; None where they are not enumerated.
        unknown: Why not.
        doubts: Why an equilibrium may be missing in a draw.
    """

    program: Program
    answer: Callable[..., BlockResult]
    numbers: Callable[..., tuple[Array, Array]]
    values: Callable[..., dict[str, Array]]
    shares: Callable[..., Shares]
    extremes: Callable[..., tuple[Array, Array, Array]] | None = None
    unknown: str | None = None
    doubts: tuple[str, ...] = ()


def is_stepwise(program: Program) -> bool:
    """Whether a program can be run step by step in NumPy: a game of perfect information, played once."""
    return program.form is None and program.model.rounds is None


def compile_block(program: Program, key: str, *, stepwise: bool = False) -> Block:
    """Make the functions of a program; each is compiled, or taken from the cache, when it is first called.

    Args:
        program: The compiled model.
        key: What identifies the model's text and what was removed from it.
        stepwise: Compile nothing but processes, where that can be: what is run once is done sooner so.
    """
    if is_large(program.graph) or (stepwise and is_stepwise(program)):
        return Block(
            program,
            _by_numpy(lambda cube, count, removed: _answer(program, cube, count, removed, fuse)),
            _by_numpy(lambda cube, removed, tie_from: _numbers(program, cube, removed, tie_from, fuse)),
            _by_numpy(lambda cube, removed: _values(program, cube, removed)),
            _by_numpy(
                lambda cube, count, rows: _stacked(
                    [shares_of(_answer(program, cube, count, removed, fuse)) for removed in rows]
                )
            ),
        )
    simulations = Simulations(program, key) if program.form is None and program.model.rounds is None else None
    answer = Lazy(
        lambda cube, count, removed, given: _answer_in_parts(program, cube, count, removed, given),
        f"answer {key}",
    )
    shares = Lazy(
        lambda cube, count, rows, given: jax.lax.map(
            lambda row: shares_of(_answer_in_parts(program, cube, count, *row)), (rows, given)
        ),
        f"shares {key}",
    )

    def given(cube: Array, removed: Array) -> Simulated | None:
        return None if simulations is None else simulations(cube, removed)

    return Block(
        program,
        lambda cube, count, removed: answer(cube, count, removed, given(cube, removed)),
        Lazy(
            lambda cube, removed, tie_from: _numbers(program, cube, removed, tie_from, hold),
            f"numbers {key}",
        ),
        Lazy(lambda cube, removed: _values(program, cube, removed), f"values {key}"),
        lambda cube, count, rows: shares(cube, count, rows, stacked([given(cube, row) for row in rows])),
        *_enumeration(program, key),
    )


def _enumeration(
    program: Program, key: str
) -> tuple[Callable[..., tuple[Array, Array, Array]] | None, str | None, tuple[str, ...]]:
    """How the smallest and largest numbers over all equilibria are found, or why not."""
    if program.form is None:
        return None, None, ()
    reason = why_not(program)
    if reason is not None:
        refinement = program.model.solution.refinement
        idle = "" if refinement is None else f"; so the refinement '{refinement}' changes nothing"
        return None, reason + idle, ()
    unfolded = unfold(program.form)
    form, reasons = unfolded.form, reasons_of(program, unfolded.form)
    inputs = Lazy(lambda cube, removed: entries_of(World(program, cube, removed)), f"inputs {key}")
    under = Lazy(
        lambda cube, removed, rows: _numbers_under(program, cube, removed, unfolded.strategy(rows)),
        f"under {key}",
    )

    def extremes(cube: Array, removed: Array) -> tuple[Array, Array, Array]:
        shape = (len(program.model.questions), cube.shape[-1])
        entries: Entries = jax.tree.map(np.asarray, inputs(cube, removed))
        rows = [[np.broadcast_to(row, shape[1:]) for row in r] for r in unfolded.payoffs(entries.payoffs)]
        chance = unfolded.chances(entries.chance, entries.types)
        every = every_equilibrium(
            program, form, np.array(rows, np.float64), chance, unfolded.available(entries.available)
        )
        low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
        for rows in every.profiles:
            there = ~np.isnan(rows[0])
            numbers = np.asarray(under(cube, removed, np.where(there, rows, 0.5)))
            low = np.where(there, np.fmin(low, numbers), low)
            high = np.where(there, np.fmax(high, numbers), high)
        none_left = len(reasons)
        doubt = np.where(every.complete, none_left, every.status)
        return low, high, np.where(every.complete & (every.count > 0), -1, doubt)

    return extremes, None, (*reasons, NONE_LEFT)


def _numbers_under(program: Program, cube: Array, removed: Array, strategy: Strategy) -> Array:
    """The questions' numbers `[Q, B]` where every option has the given probability."""
    batch = cube.shape[-1]
    world = World(program, cube, removed)
    game = played_under(world, batch, strategy)
    numbers = [ask(game, world, question, pure=True).number for question in program.model.questions]
    return jnp.stack([jnp.broadcast_to(number, (batch,)) for number in numbers])


def _by_numpy(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):  # what is not finite is found by the status
            return function(*(np.asarray(argument) for argument in arguments))

    return called


def _answer_in_parts(
    program: Program, cube: Array, count: Array, removed: Array, given: Simulated | None
) -> BlockResult:
    """A block whose amounts make arrays larger than the processor's cache, a few draws at a time."""
    batch = cube.shape[-1]
    part = _part_size(program, batch)
    if part == batch:
        return _answer(program, cube, count, removed, hold, given=given)
    starts = jnp.arange(0, batch, part, dtype=count.dtype)

    def answer(start: Array) -> BlockResult:
        here = jax.lax.dynamic_slice_in_dim(cube, start, part, axis=-1)
        return _answer(program, here, jnp.clip(count - start, 0, part), removed, hold, batch)

    found = jax.lax.map(answer, starts)
    tied = tuple(jnp.any(state) for state in found.tied_states)
    sampled = jax.tree.map(
        lambda rows: jnp.moveaxis(rows, 0, -2).reshape(*rows.shape[1:-1], -1), found.sampled
    )
    over_periods = None if found.rounds is None else _rounds_in_parts(found.rounds)
    whole = jax.tree.map(
        lambda rows: rows.reshape(-1), found._replace(tied_states=(), sampled=(), rounds=None)
    )
    return whole._replace(tied_states=tied, sampled=sampled, rounds=over_periods)


def _rounds_in_parts(rounds: RoundsRows) -> RoundsRows:
    """What parts have over the periods, put together; policies are sums."""
    policies = [None if q.policy is None else q.policy.sum(axis=0) for q in rounds.questions]
    bare = rounds._replace(questions=tuple(q._replace(policy=None) for q in rounds.questions))
    whole = jax.tree.map(_side_by_side, bare)
    both = zip(whole.questions, policies, strict=True)
    return whole._replace(questions=tuple(q._replace(policy=policy) for q, policy in both))


def _side_by_side(rows: Array) -> Array:
    """Parts `[parts, .., part]` as `[.., draws]`."""
    return jnp.moveaxis(rows, 0, -2).reshape(*rows.shape[1:-1], -1)


def _part_size(program: Program, batch: int) -> int:
    """Draws that are worked on at once."""
    if program.model.rounds is not None:
        most = max(_ROUNDS_CACHED // rounds_cells(program), 1)
        return min(batch, max(REPLICATES, 1 << most.bit_length() - 1))
    if program.form is None or not program.form.axes or not is_settled(program):
        return batch
    return min(batch, max(_PART, 1 << (_CACHED // largest_array(program)).bit_length() - 1))


def rounds_cells(program: Program) -> int:
    """Numbers that one draw of a game in rounds takes: the worths of every period, or the largest array."""
    rounds, graph = program.model.rounds, program.graph
    assert rounds is not None
    assert graph is not None
    points = math.prod(state.size for state in rounds.state.values())
    worths = points * len(program.model.players) * (2 if rounds.horizon is None else rounds.horizon + 1)
    if rounds.horizon is None and points <= EQUATIONS:
        worths = max(worths, points**2 * len(program.model.players))
    amounts = largest_array(program) if program.form is not None else 1
    return max(worths, points * amounts * len(graph.outcomes), PATHS * amounts * len(graph.states))


def sampled_draws(program: Program, batch: int) -> NDArray[np.int64]:
    """`[S]`, the draws of a block that are checked: its first ones, or the first of each of its parts."""
    part = _part_size(program, batch)
    return (np.arange(0, batch, part)[:, None] + np.arange(_sample(program, part, batch))).ravel()


def _sample(program: Program, part: int, batch: int) -> int:
    """How many draws of each part of a block are checked."""
    if program.graph is None or not has_equilibrium(program):
        return 0
    if program.model.rounds is not None and program.form is not None:
        return 0  # the checker of games with information sets knows no worth beyond a period
    cells = largest_array(program) if program.form is not None else len(program.graph.states)
    most = min(SAMPLE, max(_SAMPLE_CELLS // cells, 1))
    return min(part, max(1, most * part // batch))


def _answer(
    program: Program,
    cube: Array,
    count: Array,
    removed: Array,
    hold: Hold,
    whole: int | None = None,
    given: Simulated | None = None,
) -> BlockResult:
    """A block, or a part of one of `whole` draws, perhaps with what its processes give."""
    batch = cube.shape[-1]
    block = batch if whole is None else whole

    def spread(nest: Any) -> Any:
        rows = jax.tree.map(lambda row: xp.broadcast_to(flat(xp.asarray(row)), (batch,)), nest)
        return hold(rows)

    world = World(program, cube, removed, hold=hold, simulated=given)
    world.check_definitions()
    game = played(world, batch)
    answers: list[AnswerRows] = []
    for question in program.model.questions:
        answer = ask(game, world, question)
        world.question_fault(hold(answer.applies & ~xp.isfinite(answer.number)))
        answers.append(AnswerRows(*spread(_fields(answer))))
    inside = xp.arange(batch, dtype=xp.int32) < count
    status = xp.where(inside, world.status(batch), xp.int32(-1))
    parameters = spread(tuple(world.codes(name) for name in uncertain(program.model)))
    if game is None:
        no = xp.zeros(batch, bool)
        nothing = Sampled()
        return BlockResult(tuple(answers), status, (), (), (), (), (), (), parameters, no, no, (), nothing)
    nodes = tuple(program.model.game)
    return BlockResult(
        answers=tuple(answers),
        status=status,
        node_reached=spread(tuple(game.node_reached(name) for name in nodes)),
        node_tied=spread(tuple(game.node_tied(name) for name in nodes)),
        chosen=spread(tuple(tuple(game.node_probabilities(name)) for name in nodes)),
        along=spread(tuple(game.node_along(name) for name in nodes)),
        node_margin=spread(tuple(game.node_margin(name) for name in nodes)),
        outcomes=spread(tuple(game.node_reached(outcome) for outcome in program.model.outcomes)),
        parameters=parameters,
        tied=spread((status == 0) & game.tied_anywhere()),
        forked=spread(_forked(game)),
        tied_states=game.tied_states(status == 0),
        sampled=_sampled(game, _sample(program, batch, block)),
        rounds=_rounds(game, program, status == 0) if isinstance(game, RoundsPlayed) else None,
    )


def _rounds(game: RoundsPlayed, program: Program, solved: Array) -> RoundsRows:
    """What there is over the periods."""
    questions: list[QuestionRows] = []
    batch = solved.shape[-1]
    for q, question in enumerate(program.model.questions):
        answer, first = game.forward.answers[q], game.forward.first[q]
        once = question.node is not None and question.state is None
        own = ask(game.once, game.repeated.world, question).number if once else 0.0
        questions.append(
            QuestionRows(
                number=None if answer is None else answer.number,
                applies=None if answer is None else answer.applies,
                first=first,
                once=jnp.broadcast_to(jnp.asarray(own), (batch,)) if once else None,
                policy=_policy(game, question, solved),
            )
        )
    return RoundsRows(game.forward.alive, tuple(questions), game.forward.clipped, game.forward.going)


def _policy(game: RoundsPlayed, question: Question, solved: Array) -> Array | None:
    """A move's number at the states of the grid, summed over the solved draws of each replicate."""
    if question.node is None or question.state is not None:
        return None
    number = jnp.where(solved, game.on_grid(question), 0.0)
    return number.reshape(*number.shape[:-1], -1, REPLICATES).sum(axis=-2)


def shares_of(result: BlockResult) -> Shares:
    """The sums of one row of switches, `[16]` and `[Q, 16]`."""
    solved = result.status == 0
    counted = [solved & answer.applies for answer in result.answers]
    numbers = [xp.where(c, a.number, 0.0) for c, a in zip(counted, result.answers, strict=True)]

    def summed(rows: list[Array]) -> Array:
        stacked = xp.stack(rows) if rows else xp.zeros((0, solved.shape[-1]))
        return stacked.reshape(len(rows), -1, REPLICATES).sum(axis=-2, dtype=xp.float64)

    return Shares(
        summed([solved])[0],
        summed(counted),
        summed(numbers),
        summed([c & (n > 0) for c, n in zip(counted, numbers, strict=True)]),
        summed([c & (n < 1) for c, n in zip(counted, numbers, strict=True)]),
    )


def _stacked(rows: list[Shares]) -> Shares:
    return Shares(*(np.stack(parts) for parts in zip(*rows, strict=True)))


def _sampled(game: Solved, size: int) -> Sampled:
    """What is played in the first draws."""
    if not size:
        return Sampled()

    def first(row: Array) -> Array:
        array = xp.asarray(dense(row), xp.float64)
        array = array[..., :size] if array.ndim else array.reshape(1)
        return xp.broadcast_to(array, (*array.shape[:-1], size))

    if isinstance(game, RoundsPlayed):
        game = game.first
    if isinstance(game, FormPlayed):
        form = game.numbers.form
        played = tuple(tuple(first(option) for option in options) for options in game.strategy)
        if form.axes:
            return Sampled(played)
        logs = game.logs or [[log_of(dense(option)) for option in options] for options in game.strategy]
        thought = [beliefs(game.numbers, place, logs).share for place in form.places]
        return Sampled(played, tuple(tuple(first(share) for share in shares) for shares in thought))
    assert isinstance(game, Played)
    found, states = game.equilibrium, range(len(game.graph.states))
    nest = lambda rows: tuple(tuple(first(row) for row in branches) for branches in rows)
    return Sampled(
        played=nest(branch_probabilities(found, s) for s in states),
        payoffs=nest(found.value[z] for z in game.graph.outcomes),
        available=nest(found.available[s] or () for s in states),
    )


def _forked(game: Solved) -> Array:
    return game.forked if isinstance(game, FormPlayed) and game.forked is not None else xp.asarray(False)


def flat(row: Array) -> Array:
    """`[B]` of an array that does not differ along any axis of the game."""
    return row.reshape(row.shape[-1:])


def uncertain(model: Model) -> tuple[str, ...]:
    """The parameters that are uncertain as written."""
    return drawn(model)


def _fields(answer: Answer) -> tuple[Any, ...]:
    return (
        answer.number,
        answer.applies,
        answer.tied,
        answer.best_reply,
        answer.reached,
        answer.margin,
        answer.outcomes,
    )


def _numbers(
    program: Program, cube: Array, removed: Array, tie_from: Array, hold: Hold
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    batch = cube.shape[-1]
    world = World(program, cube, removed, hold=hold)
    game = played(world, batch, tie_from)
    answers = [ask(game, world, question, pure=True) for question in program.model.questions]
    numbers = tuple(xp.broadcast_to(xp.asarray(answer.number), (batch,)) for answer in answers)
    return numbers, () if game is None else game.tied_states(xp.asarray(True))


def _values(program: Program, cube: Array, removed: Array) -> dict[str, Array]:
    return World(program, cube, removed).values(cube.shape[-1])
