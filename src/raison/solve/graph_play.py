"""A game of perfect information, solved: what its nodes and questions answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from raison.model.records import Decision, Question
from raison.program import xp
from raison.program.graph import Graph, Results
from raison.program.world import World
from raison.solve.backward import Decided, Equilibrium
from raison.solve.play import Weights, branch_probabilities, reach, shares_among, weights
from raison.solve.questions import Answer, asked, snapped

Array = Any


@dataclass(frozen=True)
class Played:
    """A solved world: what the questions are asked of."""

    world: World
    graph: Graph
    equilibrium: Equilibrium
    reached: Sequence[Array]

    @cached_property
    def weights(self) -> Weights:
        """How play comes to each state, on the path and off it."""
        return weights(self.graph, self.equilibrium, self.world.hold)

    def tied_anywhere(self) -> Array:
        """`[B]` bool, some decision of the game has several best moves."""
        tied: Array = xp.asarray(False)
        for decided in self.equilibrium.decided:
            tied = tied if decided is None else tied | decided.tied
        return tied

    def node_margin(self, node: str) -> Array:
        """Margin of the played move at a node, weighted over its states; inf at chance nodes."""
        states = self.graph.of_node.get(node, ())
        margins = [decided.margin for s in states if (decided := self.equilibrium.decided[s]) is not None]
        if not margins:
            return xp.asarray(xp.inf)
        if len(margins) == 1:
            return margins[0]
        shares = shares_among(self.weights, states, [True] * len(states))[0]
        parts = [xp.where(share > 0, share * m, 0.0) for share, m in zip(shares, margins, strict=True)]
        return sum(parts, start=xp.asarray(0.0))

    def node_probabilities(self, node: str) -> list[Array]:
        """Probability of each branch at a node, weighted over its states by how play comes to them."""
        states = self.graph.of_node.get(node, ())
        if len(states) == 1:
            return list(branch_probabilities(self.equilibrium, states[0]))
        shares = shares_among(self.weights, states, [True] * len(states))[0]
        found: list[Array] = []
        for index in range(len(self.graph.states[states[0]].children) if states else 0):
            parts = [
                share * branch_probabilities(self.equilibrium, s)[index]
                for s, share in zip(states, shares, strict=True)
            ]
            found.append(sum(parts, start=xp.asarray(0.0)))
        return found

    def node_reached(self, name: str) -> Array:
        """Probability that play comes to a node or outcome."""
        return sum(
            (xp.asarray(self.reached[s]) for s in self.graph.of_node.get(name, ())), start=xp.asarray(0.0)
        )

    def node_tied(self, node: str) -> Array:
        """Whether best moves tie at a node."""
        decided = [
            d for s in self.graph.of_node.get(node, ()) if (d := self.equilibrium.decided[s]) is not None
        ]
        tied: Array = xp.asarray(False)
        for decision in decided:
            tied = tied | decision.tied
        return tied

    def node_along(self, node: str) -> tuple[Array, ...]:
        """Probability that play comes along each branch of a node."""
        states = self.graph.of_node.get(node, ())
        per_state = [
            [self.reached[s] * probability for probability in branch_probabilities(self.equilibrium, s)]
            for s in states
        ]
        return tuple(sum(parts[1:], start=parts[0]) for parts in zip(*per_state, strict=True))

    def tied_states(self, among: Array) -> tuple[Array, ...]:
        """Per state, whether it ties in some of the draws."""
        return tuple(
            xp.asarray(False) if decided is None else (among & decided.tied).any()
            for decided in self.equilibrium.decided
        )

    def of_move(self, question: Question, pure: bool) -> Answer:
        """The answer to a question about a move; `pure` counts the played move alone."""
        graph, world, equilibrium = self.graph, self.world, self.equilibrium
        node = question.node or ""
        states = graph.of_node[node]
        model_node = world.model.game[node]
        if not isinstance(model_node, Decision):
            raise ValueError(f"'{node}' is a chance node; only decisions have moves to ask about.")
        move = list(model_node.moves).index(question.move or "")
        if question.given is None:
            holds: list[Array] = [True] * len(states)
        else:
            holds = [world.truth(question.given, graph.states[s].results) for s in states]
        if len(states) == 1:
            shares, applies = [xp.asarray(1.0)], xp.asarray(holds[0])
        else:
            shares, applies = shares_among(self.weights, states, holds)
        whom = None if question.player is None else list(world.model.players).index(question.player)
        parts = [_at(equilibrium, graph, s, move, whom, pure) for s in states]
        number = _weighted(shares, [part.number for part in parts])
        start = {graph.states[s].children[move]: xp.asarray(0.0) for s in states}
        for s, share, part in zip(states, shares, parts, strict=True):
            child = graph.states[s].children[move]
            start[child] = start[child] + share * part.number
        after = reach(graph, equilibrium, start, world.hold)
        arrived: Array = xp.asarray(0.0)
        for s in states:
            arrived = arrived + self.reached[s]
        tied: Array = xp.asarray(False)
        for share, part in zip(shares, parts, strict=True):
            tied = tied | (part.tied & (share > 0))
        return Answer(
            number=number,
            applies=applies,
            tied=tied,
            best_reply=_weighted(shares, [part.best_reply for part in parts]),
            reached=arrived,
            margin=_weighted(shares, [part.margin for part in parts]),
            outcomes=tuple(
                sum((xp.asarray(after[s]) for s in graph.of_node.get(outcome, ())), start=xp.asarray(0.0))
                for outcome in world.model.outcomes
            ),
        )

    def along_play(self, question: Question) -> Answer:
        """The answer to a question about an event or amount."""
        graph, world = self.graph, self.world
        ended: list[Results] = [
            (*graph.states[s].results, ("outcome", graph.states[s].name)) for s in graph.outcomes
        ]
        values = [asked(world, question, results) for results in ended]
        tied = self.tied_anywhere()
        formula = question.event or question.amount
        whole = snapped if question.event is not None else lambda number: number
        if question.given is None or not world.depends_on_results(question.given.expression):
            applies = True if question.given is None else world.truth(question.given, ended[0])
            shares = [self.reached[s] for s in graph.outcomes]
            if formula is not None and not world.depends_on_results(formula.expression):
                return Answer(xp.asarray(values[0]), xp.asarray(applies), tied)
            return Answer(whole(_weighted(shares, values)), xp.asarray(applies), tied)
        holds = [world.truth(question.given, results) for results in ended]
        shares, applies = shares_among(self.weights, graph.outcomes, holds)
        return Answer(whole(_weighted(shares, values)), applies, tied)


def _weighted(shares: Sequence[Array], values: Sequence[Array]) -> Array:
    """Expectation; what is never reached counts nothing, even if it is not finite."""
    total: Array = xp.asarray(0.0)
    for share, value in zip(shares, values, strict=True):
        if isinstance(share, float) and share == 0.0:
            continue
        total = total + xp.where(xp.asarray(share) > 0, share * value, 0.0)
    return total


@dataclass(frozen=True, slots=True)
class _AtState:
    number: Array
    best_reply: Array
    tied: Array
    margin: Array


def _at(equilibrium: Equilibrium, graph: Graph, s: int, move: int, whom: int | None, pure: bool) -> _AtState:
    """The asked move at one state, for its mover or for another player's payoff."""
    state, decided, allowed = graph.states[s], equilibrium.decided[s], equilibrium.available[s]
    if decided is None or allowed is None:
        raise ValueError(f"'{state.name}' is not a decision.")
    player = state.mover if whom is None else whom
    values = [
        xp.where(allow, equilibrium.value[child][player], -xp.inf)
        for child, allow in zip(state.children, allowed, strict=True)
    ]
    other: Array = xp.asarray(-xp.inf)
    for index, value in enumerate(values):
        other = xp.maximum(other, value) if index != move else other
    lead = xp.where(xp.asarray(allowed[move]), values[move] - other, -xp.inf)
    if whom is not None:
        good = xp.where(lead >= -equilibrium.tolerance[whom], 1.0, 0.0)
        tied = xp.abs(lead) <= equilibrium.tolerance[whom]
        return _AtState(good, good, tied, xp.where(tied, 0.0, lead))
    best = decided.best[move]
    even = xp.where(best, 1.0 / xp.maximum(_count(decided), 1.0), 0.0)
    return _AtState(
        number=xp.where(decided.played[move], 1.0, 0.0) if pure else even,
        best_reply=xp.where(best, 1.0, 0.0),
        tied=decided.tied,
        margin=xp.where(best & decided.tied, 0.0, lead),
    )


def _count(decided: Decided) -> Array:
    count: Array = xp.asarray(0.0)
    for here in decided.best:
        count = count + xp.where(here, 1.0, 0.0)
    return count
