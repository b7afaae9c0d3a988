"""Solving many draws at once, from payoffs or parameters in memory: every choice, margin, value and status.

A run folds its draws block by block; here all of them come back, one array per decision and player. How the
batch is cut was measured on two cores with a million draws:

* Payoffs (three-step crisis): one call for the whole batch, which XLA cuts among its own threads. Chunks
  of 16,384 to 250,000 draws on two Python threads, brought together in one array, took about 5 times its
  processor time, a loop over chunks inside the compiled function 3 times. Stacking the outputs into one
  array made no clear difference; keeping the truths (which move is played) saves a fifth of the time.
* Parameters (strike and answer, 18 rows): chunks on Python threads, 0.8 to 0.9 times the processor time
  of one call, which has its intermediate results in fresh memory. Chunks of 16,384 to 250,000 draws
  differ by a fifth, the larger ones being cheaper and needing more memory.
* Large games: level by level, in chunks that bound the memory for the values of all states.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from raison.model.records import Distribution
from raison.program.engine import configure
from raison.program.graph import CHANCE, Graph
from raison.program.hold import Hold, fuse, hold_truths
from raison.program.program import FINE, Program
from raison.program.world import World
from raison.solve.backward import Decided, Equilibrium, solve
from raison.solve.levels import is_large, solve_levels
from raison.solve.play import reach

Array = Any

CHUNK = 65_536
"""Draws of parameters that one call solves."""
LARGE_CHUNK = 1_024
"""Draws of a large game that one call solves level by level; it keeps every state's values."""
NOT_FINITE = "a payoff is not finite, or the range of a player's payoffs is not; give finite ones."
"""Status 1 of a solver of payoffs."""


class BatchSolution(NamedTuple):
    """A game solved in `B` draws; a draw whose status is not 0 has numbers of no meaning.

    Attributes:
        choice: Per decision state `[B]` int8, index of the played move; -1 where none is available.
        margin: Per decision state `[B]` float64, value of the played move less the best other; 0 where they
            tie, inf where there is no other.
        value: Per player `[B]` float64, expected payoff at the root.
        status: `[B]` int8 or int32, index into the solver's `reasons`; 0 for solved.
    """

    choice: tuple[NDArray[np.int8], ...]
    margin: tuple[NDArray[np.float64], ...]
    value: tuple[NDArray[np.float64], ...]
    status: NDArray[np.signedinteger]

    @property
    def tied(self) -> NDArray[np.bool_]:
        """`[B]` bool, the best moves of some decision state tie; the move listed first is then played."""
        tied = np.zeros(self.status.shape, bool)
        for margin in self.margin:
            tied |= margin == 0
        return tied


@dataclass(frozen=True, eq=False, slots=True)
class BatchSolver:
    """A game compiled for batches; call it with an array whose last axis is the batch.

    Attributes:
        shape: Of the array before its last axis: `(outcome states, players)` or `(parameters,)`.
        rows: What the first axis holds: outcomes, or parameters.
        decisions: Number of each decision state in the graph, in the order of the solution's arrays.
        reasons: Sentences that the status indexes.
        players: How many.
        status: Type of the status.
        function: Of the numbers and the first draw of a chunk, or None for all draws.
        chunk: Most draws of one call; None for any number.
    """

    shape: tuple[int, ...]
    rows: tuple[str, ...]
    decisions: tuple[int, ...]
    reasons: tuple[str, ...]
    players: int
    status: type[np.signedinteger]
    function: Callable[[Array, Any], Any]
    chunk: int | None

    def __call__(self, numbers: Array) -> BatchSolution:
        """Solve all draws; each size of batch is compiled when it first comes.

        Args:
            numbers: `[*shape, B]` float64, `B` at least 1. NumPy arrays are copied unless they begin at a
                multiple of 64 bytes; arrays of JAX are used as they are.

        Returns:
            The solution. It has the same bits however a batch is cut into several calls.

        Raises:
            TypeError: the array is not float64.
            ValueError: the array has another shape.
        """
        if numbers.dtype != jnp.float64:
            raise TypeError(f"a batch needs float64 numbers; got {numbers.dtype}; convert them.")
        if numbers.ndim != len(self.shape) + 1 or numbers.shape[:-1] != self.shape or not numbers.shape[-1]:
            wanted = ", ".join(str(size) for size in (*self.shape, "B"))
            raise ValueError(
                f"a batch needs an array [{wanted}] with B at least 1 and rows {', '.join(self.rows)}; "
                f"got {list(numbers.shape)}."
            )
        numbers, batch = jnp.asarray(numbers), numbers.shape[-1]
        if self.chunk is None or batch <= self.chunk:
            return jax.tree.map(np.asarray, self.function(numbers, None))
        return self._in_chunks(numbers, batch, self.chunk)

    def _in_chunks(self, numbers: Array, batch: int, chunk: int) -> BatchSolution:
        """Solve chunks of one size on all processors; the last overlaps the one before it."""
        starts = [*range(0, batch - chunk, chunk), batch - chunk]
        solution = BatchSolution(
            choice=tuple(np.empty(batch, np.int8) for _ in self.decisions),
            margin=tuple(np.empty(batch) for _ in self.decisions),
            value=tuple(np.empty(batch) for _ in range(self.players)),
            status=np.empty(batch, self.status),
        )

        def solve_chunk(start: int) -> None:
            found = self.function(numbers, np.int32(start))
            for whole, part in zip(jax.tree.leaves(solution), jax.tree.leaves(found), strict=True):
                whole[start : start + chunk] = np.asarray(part)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(solve_chunk, starts))
        return solution


def compile_payoffs(graph: Graph, players: int) -> BatchSolver:
    """Make a solver of payoff tables for a game without chance, in which every move is available.

    Args:
        graph: The game's states.
        players: How many.

    Returns:
        A solver of `[outcome states, players, B]`, rows in the order of `graph.outcomes`.

    Raises:
        ValueError: the game has a chance node, whose chances payoffs do not give.
    """
    chances = [state.name for state in graph.states if state.mover == CHANCE]
    if chances:
        raise ValueError(
            f"payoffs alone do not solve a game with chance; '{chances[0]}' is a chance node; "
            "use compile_parameters."
        )
    row = {state: index for index, state in enumerate(graph.outcomes)}

    large = is_large(graph)

    def function(payoffs: Array, start: Array | None) -> Any:
        payoffs = _part(payoffs, start, LARGE_CHUNK)
        payoffs = np.asarray(payoffs) if large else payoffs  # NumPy picks a row a hundred times faster
        batch = payoffs.shape[-1]
        equilibrium = _solve(
            graph,
            players,
            lambda s, player: payoffs[row[s], player],
            lambda s: (),
            lambda s: (True,) * len(graph.states[s].children),
            batch,
            hold_truths,
        )
        # a tolerance is finite only if all payoffs are: cheaper than to look at each
        finite = jnp.asarray(True)
        for tolerance in equilibrium.tolerance:
            finite = finite & jnp.isfinite(tolerance)
        return _solution(graph, equilibrium, jnp.where(finite, jnp.int8(0), jnp.int8(1)), batch)

    return BatchSolver(
        shape=(len(graph.outcomes), players),
        rows=tuple(graph.states[s].name for s in graph.outcomes),
        decisions=_decisions(graph),
        reasons=(FINE, NOT_FINITE),
        players=players,
        status=np.int8,
        function=_compiled(function, large),
        chunk=LARGE_CHUNK if large else None,
    )


def compile_parameters(program: Program, names: Sequence[str] | None = None) -> BatchSolver:
    """Make a solver of parameters in memory for any compiled model with a game.

    Args:
        program: The compiled model, solved with its premises in force.
        names: The parameters that are given, a row each; None for the uncertain ones in the file's order. The
            others have their central value.

    Returns:
        A solver of `[names, B]`; a `choice` of names takes their codes, from 0 in the file's order.

    Raises:
        KeyError: the model has no such parameter.
        ValueError: the model has no game, or no parameter is named.
    """
    graph, model = program.graph, program.model
    if model.rounds is not None:
        raise ValueError(
            f"'{model.name}' is played in rounds; batches in memory are of games played once. Use solve."
        )
    if graph is None:
        raise ValueError(f"only a game has choices; '{model.name}' has none; run it instead.")
    if names is None:
        names = [
            name for name, parameter in model.parameters.items() if isinstance(parameter.value, Distribution)
        ]
    for name in names:
        if name not in model.parameters:
            raise KeyError(f"the model has no parameter '{name}'; it has {', '.join(model.parameters)}.")
    if not names:
        raise ValueError("a batch needs at least one parameter in memory; name one.")
    rows = tuple(names)
    players = list(model.players)
    large = is_large(graph)
    chunk = LARGE_CHUNK if large else CHUNK

    def function(parameters: Array, start: Array | None) -> Any:
        parameters = _part(parameters, start, chunk)
        batch = parameters.shape[-1]
        world = World(program, chosen={name: parameters[row] for row, name in enumerate(rows)})
        world.check_definitions()
        states = graph.states
        equilibrium = _solve(
            graph,
            len(players),
            lambda s, player: world.payoff(states[s].name, players[player], states[s].results),
            lambda s: world.probabilities(states[s].name, states[s].results),
            lambda s: world.available(states[s].name, states[s].results),
            batch,
            world.hold,
        )
        _mark_stuck(world, graph, equilibrium)
        return _solution(graph, equilibrium, world.status(batch), batch)

    return BatchSolver(
        shape=(len(rows),),
        rows=rows,
        decisions=_decisions(graph),
        reasons=program.reasons,
        players=len(players),
        status=np.int32,
        function=_compiled(function, large),
        chunk=chunk,
    )


def _compiled(function: Callable[[Array, Any], Any], large: bool) -> Callable[[Array, Any], Any]:
    """A large game's solver is compiled by itself; what surrounds it would take XLA too long."""
    configure()
    return function if large else jax.jit(function)


def _part(numbers: Array, start: Array | None, chunk: int) -> Array:
    """The draws of a chunk; all where no start is given."""
    return numbers if start is None else jax.lax.dynamic_slice_in_dim(numbers, start, chunk, axis=-1)


def _solve(
    graph: Graph,
    players: int,
    payoff: Callable[[int, int], Array],
    chance: Callable[[int], tuple[Array, ...]],
    available: Callable[[int], tuple[Array, ...]],
    batch: int,
    hold: Hold = fuse,
) -> Equilibrium:
    if is_large(graph):
        return solve_levels(graph, players, payoff, chance, available, batch)
    return solve(graph, players, payoff, chance, available, hold=hold)


def _decisions(graph: Graph) -> tuple[int, ...]:
    return tuple(number for number, state in enumerate(graph.states) if state.mover >= 0)


def _mark_stuck(world: World, graph: Graph, equilibrium: Equilibrium) -> None:
    """Mark the draws in which play comes to a decision without a move."""
    stuck = [
        (s, d.stuck) for s, d in enumerate(equilibrium.decided) if d is not None and d.stuck is not False
    ]
    if is_large(graph):  # computed already
        stuck = [(s, where) for s, where in stuck if np.any(where)]
    if not stuck:
        return
    reached = reach(graph, equilibrium, {0: jnp.asarray(1.0)}, world.hold)
    for s, where in stuck:
        world.stuck(graph.states[s].name, where & (reached[s] > 0))


def _solution(graph: Graph, equilibrium: Equilibrium, status: Array, batch: int) -> Any:
    """Bring an equilibrium to one array `[B]` each."""
    decided: list[Decided] = [d for s in _decisions(graph) if (d := equilibrium.decided[s]) is not None]
    if is_large(graph):  # in NumPy: operations of JAX outside compiled code take long for thousands of states
        return BatchSolution(
            choice=tuple(_index(decision, batch) for decision in decided),
            margin=tuple(np.asarray(decision.margin) for decision in decided),
            value=tuple(np.asarray(value) for value in equilibrium.value[0]),
            status=np.broadcast_to(np.asarray(status), (batch,)),
        )

    def spread(value: Array) -> Array:
        return jnp.broadcast_to(jnp.asarray(value), (batch,))

    return BatchSolution(
        choice=tuple(spread(decision.choice) for decision in decided),
        margin=tuple(spread(decision.margin) for decision in decided),
        value=tuple(spread(jnp.asarray(value, jnp.float64)) for value in equilibrium.value[0]),
        status=spread(status),
    )


def _index(decision: Decided, batch: int) -> NDArray[np.int8]:
    index = np.full(batch, -1, np.int8)
    for move, here in enumerate(decision.played):
        index[np.asarray(here)] = move
    return index
