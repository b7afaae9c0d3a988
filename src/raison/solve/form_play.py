"""A game with information sets, solved: what its nodes and questions answer.

An average over a node's histories and amounts is weighted by how likely play comes to them; where play never
does, by chance alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from raison.model.records import Decision, Question, branches
from raison.program import xp
from raison.program.form import Place
from raison.program.graph import CHANCE, OUTCOME
from raison.program.world import World
from raison.solve.contraction import Pick
from raison.solve.numbers import Numbers, Strategy
from raison.solve.options import Decisions
from raison.solve.questions import Answer, asked, snapped

Array = Any
NO_PLAY = 1e-9
"""Probability up to which play does not come to a result; the limit of a branch is known to such a regret."""


@dataclass(frozen=True)
class FormPlayed:
    """A solved world.

    Attributes:
        world: The draws.
        numbers: Of its game.
        strategy: Probability of each option of each information set.
        decisions: What is done there, by place.
        batch: Draws.
        pure: Whether equilibria are in pure strategies, so that a mixture is a tie.
        logs: Logarithms of the strategies that beliefs off the path are the limit of; None for those played.
        forked: `[B]` bool, the branch of logit equilibria passed a bifurcation; None where none is followed.
    """

    world: World
    numbers: Numbers
    strategy: Strategy
    decisions: Sequence[Decisions]
    batch: int
    pure: bool
    logs: Strategy | None = None
    forked: Array | None = None

    # --- averages ---

    def states(self, name: str) -> tuple[int, ...]:
        """States of a node or outcome."""
        return self.numbers.form.graph.of_node.get(name, ())

    @cached_property
    def _factors(self) -> dict[tuple[int, bool], list[Array]]:
        return {}

    def factors(self, state: int, by_chance: bool) -> list[Array]:
        """Factors of the probability that play comes to a state; of chance alone if asked."""
        key = (state, by_chance)
        if key not in self._factors:
            numbers = self.numbers
            mover = lambda edge: numbers.form.graph.states[edge[0]].mover
            self._factors[key] = [
                numbers.factor(edge, self.strategy)
                for edge in numbers.history[state]
                if not by_chance or mover(edge) == CHANCE
            ]
        return self._factors[key]

    def total(self, states: Sequence[int], worth: Callable[[int], Array], by_chance: bool = False) -> Array:
        """Sum over states of probability times worth, `[B]`."""
        found: Array = 0.0
        for s in states:
            found = found + self.numbers.summed(s, [*self.factors(s, by_chance), worth(s)])
        return self.flat(found)

    def later(self, state: int, end: int) -> list[Array]:
        """Factors of the probability of going on from a state's move to an outcome below it."""
        edges = self.numbers.history[end][len(self.numbers.history[state]) + 1 :]
        return [self.numbers.factor(edge, self.strategy) for edge in edges]

    def flat(self, value: Array) -> Array:
        """`[B]` of an array that does not differ along any axis."""
        array = xp.asarray(value)
        return xp.broadcast_to(array.reshape(array.shape[-1:]), (self.batch,))

    def average(
        self,
        states: Sequence[int],
        worth: Callable[[int], Array],
        holds: Callable[[int], Array] | None = None,
    ) -> Array:
        """Mean of a worth over the histories and amounts of some states where a condition holds, `[B]`."""
        held = holds or (lambda s: 1.0)
        both = lambda s: _times(held(s), worth(s))
        return self.weighed(states, holds, lambda by_chance: self.total(states, both, by_chance))

    def weighed(
        self, states: Sequence[int], holds: Callable[[int], Array] | None, total: Callable[[bool], Array]
    ) -> Array:
        """A total over the mass it belongs to: along play, or by chance alone where play never comes."""
        if holds is None and any(self._is_certain(s) for s in states):
            return total(False) / self.mass(states, holds, False)
        on, off = self.mass(states, holds, False), self.mass(states, holds, True)
        return xp.where(on > 0, _over(total(False), on), _over(total(True), off))

    def mass(self, states: Sequence[int], holds: Callable[[int], Array] | None, by_chance: bool) -> Array:
        """Probability of coming to some states where a condition holds, along play or by chance alone."""
        return self.total(states, holds or (lambda s: 1.0), by_chance)

    def _is_certain(self, state: int) -> bool:
        """Whether play comes to a state whatever anybody does and whatever the draw."""
        states = self.numbers.form.graph.states
        return all(len(states[s].children) == 1 for s, _ in self.numbers.history[state])

    # --- nodes ---

    def tied_anywhere(self) -> Array:
        """`[B]` bool, some information set has several best options."""
        tied: Array = xp.asarray(False)
        for decision in self.decisions:
            inner = tuple(range(decision.tied.ndim - 1))
            tied = tied | decision.tied.any(axis=inner)
        return xp.broadcast_to(tied, (self.batch,))

    def tied_states(self, among: Array) -> tuple[Array, ...]:
        """Ties of games with information sets are not resolved state by state."""
        del among
        return tuple(xp.asarray(False) for _ in self.numbers.form.graph.states)

    def _at(self, s: int) -> Decisions:
        return self.decisions[self.numbers.form.place[s]]

    def _place(self, s: int) -> Place:
        return self.numbers.form.places[self.numbers.form.place[s]]

    def node_tied(self, node: str) -> Array:
        """`[B]` bool, best options tie at a node in a cell that counts."""
        states = self.states(node)
        if not states or isinstance_chance(self, states[0]):
            return xp.asarray(False)
        return self.average(states, lambda s: xp.where(self._at(s).tied, 1.0, 0.0)) > 0

    def node_margin(self, node: str) -> Array:
        """`[B]`, margin of what is played, weighted over types and histories; inf at chance nodes."""
        states = self.states(node)
        if not states or isinstance_chance(self, states[0]):
            return xp.asarray(xp.inf)
        if len(self._at(states[0]).value) == 1 and self._place(states[0]).options[0] is None:
            return xp.asarray(xp.inf)
        return self.average(states, lambda s: self._at(s).margin)

    def node_probabilities(self, node: str) -> list[Array]:
        """Per branch `[B]`, its probability at a node; of a scale that any amount on it is taken."""
        states = self.states(node)
        count = len(branches(self.world.model.game[node]))
        if not states:
            return [xp.asarray(0.0)] * count
        return [self.average(states, lambda s, b=b: self.branch(s, b)) for b in range(count)]

    def branch(self, s: int, branch: int) -> Array:
        """Probability of a branch at a state, its amounts summed."""
        form = self.numbers.form
        factor = self.numbers.factor((s, branch), self.strategy)
        own = form.graph.states[s].amounts[branch]
        return 1.0 if isinstance(factor, Pick) else _summed(factor, own)

    def node_reached(self, name: str) -> Array:
        """Probability `[B]` that play comes to a node or outcome."""
        return self.total(self.states(name), lambda s: 1.0)

    def node_along(self, node: str) -> tuple[Array, ...]:
        """Per branch `[B]`, probability that play comes along it."""
        count = len(branches(self.world.model.game[node]))
        return tuple(self.total(self.states(node), lambda s, b=b: self.branch(s, b)) for b in range(count))

    # --- questions ---

    def along_play(self, question: Question) -> Answer:
        """The answer to a question about an event or amount."""
        world, graph = self.world, self.numbers.form.graph
        ended = lambda z: (*graph.states[z].results, ("outcome", graph.states[z].name))
        found = {z: xp.asarray(asked(world, question, ended(z))) for z in graph.outcomes}
        finite = {z: xp.isfinite(number) for z, number in found.items()}
        worth = lambda z: xp.where(finite[z], found[z], 0.0)
        whole = snapped if question.event is not None else (lambda number: number)
        tied = self.tied_anywhere()

        def answer(holds: Callable[[int], Array]) -> Array:
            """The expectation; nan where play comes to what is no number, however little beyond rounding."""
            number = self.total(graph.outcomes, lambda z: _times(holds(z), worth(z)))
            if question.event is not None:
                return number
            none = self.total(graph.outcomes, lambda z: xp.where(finite[z], 0.0, holds(z)))
            return xp.where(none > NO_PLAY, math.nan, number)

        if question.given is None:
            return Answer(whole(answer(lambda z: 1.0)), xp.asarray(True), tied)
        given = question.given
        holds = lambda z: _as_number(world.truth(given, ended(z)))
        on = self.total(graph.outcomes, holds)
        return Answer(whole(_over(answer(holds), on)), on > 0, tied)

    def of_move(self, question: Question, pure: bool) -> Answer:
        """The answer to a question about a move."""
        world, form = self.world, self.numbers.form
        node = question.node or ""
        model_node = world.model.game[node]
        if not isinstance(model_node, Decision):
            raise ValueError(f"'{node}' is a chance node; only decisions have moves to ask about.")
        move = list(model_node.moves).index(question.move or "")
        states = self.states(node)
        holds = None
        if question.given is not None:
            given = question.given
            holds = lambda s: _as_number(world.truth(given, form.graph.states[s].results))
        if question.player is not None:
            number, lead, tied = self._for(states, move, question.player, holds)
            best_reply: Array = number
        else:
            number = self.average(states, lambda s: self._share(s, move, pure), holds)
            best_reply = self.average(states, lambda s: self._best(s, move), holds)
            lead = self.average(states, lambda s: self._lead(s, move), holds)
            tied = self.average(states, lambda s: xp.where(self._at(s).tied, 1.0, 0.0), holds) > 0
        return Answer(
            number=snapped(number),
            applies=self.average(states, lambda s: 1.0, holds) > 0,
            tied=tied,
            best_reply=best_reply,
            reached=self.total(states, lambda s: 1.0),
            margin=lead,
            outcomes=self._follows(states, move, pure, holds),
        )

    def _share(self, s: int, move: int, pure: bool) -> Array:
        """Share of a move at a state: of several best options each counts equally."""
        if pure or not self.pure:
            return self.branch(s, move)
        place = self._place(s)
        counts = [_summed(xp.where(best, 1.0, 0.0), own) for best, own in zip(
            self._at(s).best, place.options, strict=True)]  # fmt: skip
        return counts[move] / xp.maximum(sum(counts[1:], start=counts[0]), 1.0)

    def _best(self, s: int, move: int) -> Array:
        best, own = xp.where(self._at(s).best[move], 1.0, 0.0), self._place(s).options[move]
        return best if own is None else best.max(axis=own, keepdims=True)

    def _lead(self, s: int, move: int) -> Array:
        """Value of a move less the best other one; 0 where both are best."""
        decision, place = self._at(s), self._place(s)
        options = [
            value if own is None else value.max(axis=own, keepdims=True)
            for value, own in zip(decision.value, place.options, strict=True)
        ]
        if len(options) == 1:
            return xp.asarray(xp.inf)
        other: Array = xp.asarray(-xp.inf)
        for index, value in enumerate(options):
            other = other if index == move else xp.maximum(other, value)
        flat = (self._best(s, move) > 0) & (decision.margin == 0)
        return xp.where(flat, 0.0, options[move] - other)

    def _for(
        self, states: Sequence[int], move: int, player: str, holds: Callable[[int], Array] | None
    ) -> tuple[Array, Array, Array]:
        """Whether a move is as good as every other for a player who need not be the mover."""
        whose = list(self.world.model.players).index(player)
        count = len(self._place(states[0]).options)
        worth = [self._after(states, option, whose, holds) for option in range(count)]
        other: Array = xp.asarray(-xp.inf)
        for index, value in enumerate(worth):
            other = other if index == move else xp.maximum(other, value)
        lead, tolerance = worth[move] - other, self.flat(self.numbers.tolerance[whose])
        tied = xp.abs(lead) <= tolerance
        return xp.where(lead >= -tolerance, 1.0, 0.0), xp.where(tied, 0.0, lead), tied

    def _after(
        self, states: Sequence[int], option: int, whose: int, holds: Callable[[int], Array] | None
    ) -> Array:
        """Expected payoff `[B]` if an option is taken at a node; of a scale its best amount."""
        numbers, form = self.numbers, self.numbers.form
        held = holds or (lambda s: 1.0)

        def summed(by_chance: bool) -> Array:
            total: Array = 0.0
            for s in states:
                own = form.graph.states[s].amounts[option]
                for z in numbers.below[form.graph.states[s].children[option]]:
                    payoff = numbers.payoff[z, whose]
                    factors = [*self.factors(s, by_chance), held(s), *self.later(s, z), payoff]
                    total = total + numbers.summed(z, factors, () if own is None else (own,))
            inner = tuple(range(form.rank - 1))
            return self.flat(total if isinstance(total, float) else total.max(axis=inner, keepdims=True))

        return self.weighed(states, holds, summed)

    def _follows(
        self,
        states: Sequence[int],
        move: int,
        pure: bool,
        holds: Callable[[int], Array] | None,
    ) -> tuple[Array, ...]:
        """Per outcome `[B]`, its probability after the move, times the move's share."""
        numbers, graph = self.numbers, self.numbers.form.graph
        held = holds or (lambda s: 1.0)
        found: list[Array] = []
        for outcome in self.world.model.outcomes:

            def summed(by_chance: bool, outcome: str = outcome) -> Array:
                total: Array = 0.0
                for s in states:
                    plain = graph.states[s].amounts[move] is None
                    here = self._share(s, move, pure) if plain else numbers.factor((s, move), self.strategy)
                    for z in numbers.below[graph.states[s].children[move]]:
                        if graph.states[z].name == outcome:
                            factors = [*self.factors(s, by_chance), held(s), here, *self.later(s, z)]
                            total = total + numbers.summed(z, factors)
                return self.flat(total)

            found.append(self.weighed(states, holds, summed))
        return tuple(found)


def isinstance_chance(game: FormPlayed, state: int) -> bool:
    """Whether chance moves at a state."""
    return game.numbers.form.graph.states[state].mover in (CHANCE, OUTCOME)


def _summed(factor: Array, own: int | None) -> Array:
    return factor if own is None else factor.sum(axis=own, keepdims=True)


def _times(a: Array, b: Array) -> Array:
    """A product in which what does not count is 0 even where it is not finite."""
    if isinstance(a, float):
        return b if a == 1.0 else (0.0 if a == 0.0 else a * b)
    return xp.where(a > 0, a * b, 0.0)


def _over(part: Array, whole: Array) -> Array:
    return xp.where(whole > 0, part / xp.where(whole > 0, whole, 1.0), 0.0)


def _as_number(truth: Array) -> Array:
    if isinstance(truth, bool):
        return 1.0 if truth else 0.0
    return xp.where(truth, 1.0, 0.0)
