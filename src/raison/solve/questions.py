"""What each question makes of a solved draw: a number, and what belongs to it.

The definitions are the model language's: the number of a move question is the probability that the move is
made at the node, also where play does not reach it; k best moves count 1/k each. The number of an event or
amount is its probability or expectation along play.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from raison.model.records import Question
from raison.program import xp
from raison.program.graph import Results
from raison.program.world import ROUNDING, World

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


class Solved(Protocol):
    """A solved game, as questions and results look at it; every array is `[B]`."""

    def of_move(self, question: Question, pure: bool) -> Answer:
        """The answer to a question about a move; `pure` counts the played move alone."""
        ...

    def along_play(self, question: Question) -> Answer:
        """The answer to a question about an event or amount."""
        ...

    def tied_anywhere(self) -> Array:
        """Whether some decision of the game has several best moves."""
        ...

    def tied_states(self, among: Array) -> tuple[Array, ...]:
        """Per state of the graph, whether it ties in some of the draws."""
        ...

    def node_tied(self, node: str) -> Array:
        """Whether best moves tie at a node."""
        ...

    def node_margin(self, node: str) -> Array:
        """Margin of the played move at a node, weighted over its states; inf at chance nodes."""
        ...

    def node_probabilities(self, node: str) -> list[Array]:
        """Probability of each branch at a node, weighted over its states by how play comes to them."""
        ...

    def node_reached(self, name: str) -> Array:
        """Probability that play comes to a node or outcome."""
        ...

    def node_along(self, node: str) -> tuple[Array, ...]:
        """Probability that play comes along each branch of a node."""
        ...


def ask(played: Solved | None, world: World, question: Question, *, pure: bool = False) -> Answer:
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
        answer = played.of_move(question, pure)
    else:
        answer = played.along_play(question)
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
    return Answer(xp.asarray(asked(world, question, ())), xp.asarray(applies), xp.asarray(False))


def asked(world: World, question: Question, results: Results) -> Array:
    """The number that an event or amount has after these results."""
    if question.event is not None:
        truth = world.truth(question.event, results)
        return (1.0 if truth else 0.0) if isinstance(truth, bool) else xp.where(truth, 1.0, 0.0)
    formula = question.amount
    if formula is None:
        raise ValueError("a question needs a node with a move, an event or an amount; got none of them.")
    return world.number(formula, results)


def snapped(probability: Array) -> Array:
    """A probability along play without the rounding of its sum, which would make open what is certain."""
    certain = xp.where(probability >= 1 - ROUNDING, 1.0, probability)
    return xp.where(certain <= ROUNDING, 0.0, certain)
