"""A model's questions asked at any points: drawn ones, chosen ones, or drawn ones with some values set.

A run folds its draws and forgets them. What challenges a verdict needs the draws themselves, and answers at
points that no run draws: one parameter moved, a lever set, a player bound to a move. Points are solved in
blocks of one shape, so that one compiled program serves all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.model.records import Decision, Model, Question
from raison.program import xp
from raison.program.compiled import Lazy
from raison.program.hold import Hold, fuse, hold
from raison.program.process.once import Simulated, Simulations
from raison.program.program import Program
from raison.program.world import World
from raison.run.block import block_size, uncertain
from raison.run.plan import Plan
from raison.solve.form_play import FormPlayed
from raison.solve.game import is_settled
from raison.solve.graph_play import Played
from raison.solve.levels import is_large
from raison.solve.questions import Solved, ask
from raison.solve.rounds.played import RoundsPlayed, played

Floats = NDArray[np.float64]
Array = Any

WIDTH = 4_096
"""Points that are solved at once at most."""
PART = 1_024
"""The same on one processor; the last part is filled up with copies of its last point."""
FOLLOWED = 256
"""The same in games whose branch of equilibria is followed: each point takes milliseconds, also a copy."""
MOST_MOVES = 40
"""Moves whose leads are kept, over all nodes; of a larger game none are."""


class Answers(NamedTuple):
    """What the questions, the players and the nodes say at `N` points; nan where a point failed.

    Attributes:
        number: `[Q, N]`, what each question asks; nan also where it does not apply.
        margin: `[Q, N]`, payoff of the asked move less the best other; nan also for other questions.
        lead: `[moves, N]`, the same for each of `Engine.moves`.
        value: `[players, N]`, expected payoff at the root.
        cost: `[costs, N]`, of each of `Engine.costs`.
        status: `[N]` int32, index into the program's reasons; 0 where the point is solved.
    """

    number: Floats
    margin: Floats
    lead: Floats
    value: Floats
    cost: Floats
    status: NDArray[np.int32]


class Sample(NamedTuple):
    """Draws kept whole.

    Attributes:
        cube: `[D, N]`, points of the unit cube; draw `i` belongs to replicate `i mod 16`.
        values: By uncertain parameter `[N]`, as drawn (codes of names).
        answers: What the questions say there.
    """

    cube: Floats
    values: dict[str, Floats]
    answers: Answers


@dataclass(frozen=True, eq=False)
class Engine:
    """One plan's program, asked at points.

    Attributes:
        plan: Of the run that is challenged.
    """

    plan: Plan

    @property
    def model(self) -> Model:
        """The model, its premises in place or switched."""
        return self.program.model

    @property
    def program(self) -> Program:
        """The compiled model."""
        return self.plan.base.block.program

    @cached_property
    def coordinates(self) -> tuple[str, ...]:
        """Of the unit cube, by name."""
        return self.program.coordinates

    @cached_property
    def uncertain(self) -> tuple[str, ...]:
        """The uncertain parameters, in the model's order."""
        return uncertain(self.model)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Parameters whose values can be set: the uncertain ones, then fixed ones that are levers."""
        levers = [name for found in self.model.levers.values() for name in found]
        fixed = [n for n in levers if n in self.model.parameters and not self.model.parameters[n].is_private]
        return tuple(dict.fromkeys((*self.uncertain, *fixed)))

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Decisions at which somebody can be bound to a move: those that are levers.

        None in games with information sets, whose branch is followed for one set of moves; `bound` makes an
        engine of its own for these.
        """
        if self.program.form is not None:
            return ()
        levers = {name for found in self.model.levers.values() for name in found}
        return tuple(name for name in self.model.game if name in levers)

    @cached_property
    def moves(self) -> tuple[tuple[str, str], ...]:
        """Node and move of each row of `Answers.lead`."""
        found = [
            (name, move)
            for name, node in self.model.game.items()
            if isinstance(node, Decision) and len(node.moves) > 1 and self._is_reached(name)
            for move in node.moves
        ]
        return tuple(found) if len(found) <= MOST_MOVES else ()

    def _is_reached(self, node: str) -> bool:
        graph = self.program.graph
        return graph is not None and bool(graph.of_node.get(node))

    @cached_property
    def costs(self) -> tuple[tuple[str, str], ...]:
        """Player and lever of each row of `Answers.cost`."""
        return tuple(
            (player, name)
            for player, levers in self.model.levers.items()
            for name, lever in levers.items()
            if lever.cost is not None
        )

    @cached_property
    def centre(self) -> dict[str, float]:
        """The central value of each of `names`: the median, of a choice its heaviest value."""
        world = World(self.program, removed=self.plan.base.switches, hold=fuse)
        return {name: float(np.asarray(world.codes(name)).reshape(-1)[0]) for name in self.names}

    def draw(self, cube: Floats) -> dict[str, Floats]:
        """Values `[N]` of the uncertain parameters at points `[D, N]` of the unit cube (codes of names)."""
        rows = self._in_blocks(self._draw, cube)
        return dict(zip(self.uncertain, rows, strict=True))

    def solve(
        self,
        values: Mapping[str, Any],
        cube: Floats | None = None,
        committed: Mapping[str, Any] | None = None,
    ) -> Answers:
        """Ask at points where parameters have these values, and the others their central one.

        Args:
            values: By one of `names`, a number or `[N]` (codes of names).
            cube: `[D, N]`, for what a removed premise makes uncertain; None for the middle of it.
            committed: By one of `nodes`, the place of the move that its player is bound to among the node's
                moves, a number or `[N]`; negative where he is free.

        Raises:
            ValueError: a name that is none of them, or lengths that differ.
        """
        bound = dict(committed or {})
        for given, known, what in ((values, self.names, "values"), (bound, self.nodes, "commitments")):
            unknown = [name for name in given if name not in known]
            if unknown:
                some = ", ".join(known) or "nothing"
                raise ValueError(f"'{unknown[0]}' takes no {what} here; {some} does.")
        lengths = [np.size(v) for v in (*values.values(), *bound.values())]
        count = max([*lengths, 1 if cube is None else cube.shape[-1]])
        chosen = [np.broadcast_to(values.get(n, self.centre[n]), count) for n in self.names]
        moves = [np.broadcast_to(bound.get(n, -1), count) for n in self.nodes]
        points = np.full((max(len(self.coordinates), 1), 1), 0.5) if cube is None else cube
        rows = self._in_blocks(
            self._solve,
            np.broadcast_to(points, (points.shape[0], count)),
            np.stack(chosen or [np.zeros(count)]).astype(np.float64),
            np.stack(moves or [np.zeros(count)]).astype(np.int32),
        )
        found = Answers(*rows)
        failed = found.status != 0
        blank = {
            name: np.where(failed, np.nan, row) for name, row in found._asdict().items() if name != "status"
        }
        return found._replace(**blank)

    def sample(self, cube: Floats) -> Sample:
        """Draw and ask at points `[D, N]` of the unit cube."""
        values = self.draw(cube)
        return Sample(cube, values, self.solve(values, cube))

    def middle(self, cube: Floats) -> dict[str, Floats]:
        """Parameters and quantities `[N]` at points of the cube, those that no move or case changes."""
        rows = self._in_blocks(lambda block: tuple(self._values(block).values()), cube)
        return dict(zip(self._value_names, rows, strict=True))

    def _values(self, cube: Floats) -> dict[str, Array]:
        return self.plan.base.block.values(cube, self.plan.base.switches)

    @cached_property
    def _value_names(self) -> list[str]:
        return list(self._values(np.full((max(len(self.coordinates), 1), self.part), 0.5)))

    @cached_property
    def width(self) -> int:
        """Points that are solved at once: `WIDTH`, or fewer where a point takes much memory or time."""
        return min(WIDTH if self.is_quick else FOLLOWED, block_size(self.program))

    @property
    def part(self) -> int:
        """Points that are solved at once on one processor."""
        return min(PART, self.width)

    @property
    def is_quick(self) -> bool:
        """Whether solving anew costs next to nothing: no branch of equilibria has to be followed."""
        return self.program.form is None or is_settled(self.program)

    def affordable(self, points: int, least: int) -> int:
        """So many points, or fewer in games whose points take much memory and so time; not below `least`."""
        return max(min(points, least), points * self.width // WIDTH)

    def _in_blocks(self, function: Callable[..., Sequence[Array]], *points: NDArray[Any]) -> list[Any]:
        count, width = points[0].shape[-1], self.part
        if count == 0:  # solved at some point, for the number and kind of its rows
            some = [np.full((*p.shape[:-1], 1), 0.5, p.dtype) for p in points]
            return [row[..., :0] for row in self._in_blocks(function, *some)]

        def answered(start: int) -> list[Any]:
            blocks = [p[..., start : start + width] for p in points]
            short = width - blocks[0].shape[-1]
            padded = [np.pad(b, ((0, 0), (0, short)), mode="edge") for b in blocks] if short else blocks
            return [np.asarray(row)[..., : width - short] for row in function(*padded)]

        starts = range(0, count, width)
        if len(starts) == 1:
            parts = [answered(0)]
        else:  # side by side; the same blocks in the same order, so the same numbers
            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                parts = list(pool.map(answered, starts))
        return [np.concatenate(rows, axis=-1) for rows in zip(*parts, strict=True)]

    def _lazy(self, function: Callable[..., Any], what: str) -> Callable[..., Any]:
        return function if is_large(self.program.graph) else Lazy(function, f"{what} {self._key}")

    @cached_property
    def _key(self) -> str:
        gone = [name for name in self.plan.model.premises if name in self.plan.base.premises]
        return f"{self.plan.identity.file} {self.model.name} without {gone}"

    @cached_property
    def _draw(self) -> Callable[[Floats], Sequence[Array]]:
        def drawn(cube: Array, removed: Array) -> tuple[Array, ...]:
            world = World(self.program, cube, removed, hold=self._hold)
            width = cube.shape[-1]
            return tuple(
                xp.broadcast_to(xp.asarray(world.codes(n), xp.float64).reshape(-1), (width,))
                for n in self.uncertain
            )

        function = self._lazy(drawn, "drawn")
        return lambda cube: function(cube, self.plan.base.switches)

    @cached_property
    def _solve(self) -> Callable[..., Sequence[Array]]:
        function, switches = self._lazy(self._answered, "challenged"), self.plan.base.switches
        program = self.program
        if program.form is not None or program.model.rounds is not None or is_large(program.graph):
            return lambda *points: function(*points, switches, None)
        given = Simulations(program, f"challenged {self._key}", self.names)
        return lambda cube, chosen, bound: function(
            cube, chosen, bound, switches, given(cube, switches, chosen)
        )

    @property
    def _hold(self) -> Hold:
        return fuse if is_large(self.program.graph) else hold

    def _answered(
        self, cube: Array, chosen: Array, bound: Array, removed: Array, given: Simulated | None
    ) -> tuple[Array, ...]:
        width = cube.shape[-1]
        world = World(
            self.program,
            cube,
            removed,
            dict(zip(self.names, chosen, strict=False)),
            self._hold,
            dict(zip(self.nodes, bound, strict=False)),
            given,
        )
        world.check_definitions()
        game = played(world, width)

        def stacked(rows: Sequence[Array]) -> Array:
            flat = [xp.broadcast_to(xp.asarray(row, xp.float64).reshape(-1), (width,)) for row in rows]
            return xp.stack(flat) if flat else xp.zeros((0, width))

        number: list[Array] = []
        margin: list[Array] = []
        for question in self.model.questions:
            answer = ask(game, world, question)
            number.append(xp.where(answer.applies, answer.number, np.nan))
            lead = np.nan if answer.margin is None else answer.margin
            margin.append(xp.where(answer.applies, lead, np.nan))
        leads = [] if game is None else [self._lead(game, world, *move) for move in self.moves]
        costs = [world.number(cost) for p, n in self.costs if (cost := self.model.levers[p][n].cost)]
        return (
            stacked(number),
            stacked(margin),
            stacked(leads),
            stacked(_values_at_root(game, len(self.model.players))),
            stacked(costs),
            world.status(width),
        )

    @staticmethod
    def _lead(game: Solved, world: World, node: str, move: str) -> Array:
        question = Question(node=node, move=move)
        return ask(game, world, question).margin


def _values_at_root(game: Solved | None, players: int) -> Sequence[Array]:
    """Every player's expected payoff at the root."""
    if isinstance(game, RoundsPlayed):
        return game.values()
    if isinstance(game, FormPlayed):
        numbers, total = game.numbers, game.total
        ends = numbers.form.graph.outcomes
        return [total(ends, lambda z, p=p: numbers.payoff[z, p]) for p in range(players)]
    if isinstance(game, Played):
        return [game.equilibrium.value[0][p] for p in range(players)]
    return []
