"""What each question makes of a solved draw: a number, and what belongs to it.

The definitions are the model language's: the number of a move question is the probability that the move is
made at the node, also where play does not reach it; k best moves count 1/k each. The number of an event or
amount is its probability or expectation along play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from raison.model.records import Decision, Question
from raison.program import xp
from raison.program.graph import Graph, Results
from raison.program.world import ROUNDING, World
from raison.solve.backward import Decided, Equilibrium
from raison.solve.play import Weights, reach, shares_among, weights

Array = Any


@dataclass(frozen=True, slots=True)
class Answer:
    """One question in all draws; every array is `[B]`, a field that does not apply is None.

    Attributes:
        number: float64, what the question asks.
        applies: bool, its `given` can hold.
        tied: bool, the best moves tie at the asked node (for events and amounts, anywhere in the game).
        best_reply: float64, weight with which the move is a best reply.
        reached: float64, probability that play comes to the asked node.
        margin: float64, payoff of the asked move less the best other; 0 where both are best.
        outcomes: Per outcome float64, its probability when the asked move is made, times `number`.
    """

    number: Array
    applies: Array
    tied: Array
    best_reply: Array | None = None
    reached: Array | None = None
    margin: Array | None = None
    outcomes: tuple[Array, ...] | None = None


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


def ask(played: Played | None, world: World, question: Question, *, pure: bool = False) -> Answer:
    """The answer to one question.

    Args:
        played: The solved game; None for a model without a game.
        world: The draws.
        question: Checked: its names exist.
        pure: Count the played move alone instead of every best move in equal parts.
    """
    if played is None:
        answer = _of_quantities(world, question)
    elif question.node is not None:
        answer = _of_move(played, question, pure)
    else:
        answer = _along_play(played, question)
    number = answer.number if question.above is None else xp.where(answer.number > question.above, 1.0, 0.0)
    held = (
        number,
        answer.applies,
        answer.tied,
        answer.best_reply,
        answer.reached,
        answer.margin,
        answer.outcomes,
    )
    return Answer(*world.hold(held))


def _of_quantities(world: World, question: Question) -> Answer:
    applies = True if question.given is None else world.truth(question.given)
    return Answer(xp.asarray(_asked(world, question, ())), xp.asarray(applies), xp.asarray(False))


def _asked(world: World, question: Question, results: Results) -> Array:
    if question.event is not None:
        truth = world.truth(question.event, results)
        return (1.0 if truth else 0.0) if isinstance(truth, bool) else xp.where(truth, 1.0, 0.0)
    formula = question.amount
    if formula is None:
        raise ValueError("a question needs a node with a move, an event or an amount; got none of them.")
    return world.number(formula, results)


def _along_play(played: Played, question: Question) -> Answer:
    graph, world = played.graph, played.world
    ended: list[Results] = [
        (*graph.states[s].results, ("outcome", graph.states[s].name)) for s in graph.outcomes
    ]
    values = [_asked(world, question, results) for results in ended]
    tied = played.tied_anywhere()
    asked = question.event or question.amount
    whole = _snapped if question.event is not None else lambda number: number
    if question.given is None or not world.depends_on_results(question.given.expression):
        applies = True if question.given is None else world.truth(question.given, ended[0])
        shares = [played.reached[s] for s in graph.outcomes]
        if asked is not None and not world.depends_on_results(asked.expression):
            return Answer(xp.asarray(values[0]), xp.asarray(applies), tied)
        return Answer(whole(_weighted(shares, values)), xp.asarray(applies), tied)
    holds = [world.truth(question.given, results) for results in ended]
    shares, applies = shares_among(played.weights, graph.outcomes, holds)
    return Answer(whole(_weighted(shares, values)), applies, tied)


def _snapped(probability: Array) -> Array:
    """A probability along play without the rounding of its sum, which would make open what is certain."""
    certain = xp.where(probability >= 1 - ROUNDING, 1.0, probability)
    return xp.where(certain <= ROUNDING, 0.0, certain)


def _weighted(shares: Sequence[Array], values: Sequence[Array]) -> Array:
    """Expectation; what is never reached counts nothing, even if it is not finite."""
    total: Array = xp.asarray(0.0)
    for share, value in zip(shares, values, strict=True):
        if isinstance(share, float) and share == 0.0:
            continue
        total = total + xp.where(xp.asarray(share) > 0, share * value, 0.0)
    return total


def _of_move(played: Played, question: Question, pure: bool) -> Answer:
    graph, world, equilibrium = played.graph, played.world, played.equilibrium
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
        shares, applies = shares_among(played.weights, states, holds)
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
        arrived = arrived + played.reached[s]
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
