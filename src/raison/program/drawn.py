"""Which parameters have a value of their own in each draw.

What a mechanism brings and nothing in its host depends on is not drawn: it stays at its central value and
takes no coordinate of the unit cube. Designs spread their points over fewer dimensions, and no analysis looks
for the effect of what has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from raison.model import uses
from raison.model.records import Chance, Definition, Distribution, Model, Node, Parameter, Spread
from raison.model.recurring import recurring
from raison.program.premises import exchanges


def drawn(model: Model) -> tuple[str, ...]:
    """The parameters that are drawn, in the file's order."""
    idle = undrawn(model)
    return tuple(n for n, p in model.parameters.items() if is_uncertain(p) and n not in idle)


def is_uncertain(parameter: Parameter) -> bool:
    """Whether a parameter may differ between draws; a private type is drawn within the game."""
    return isinstance(parameter.value, Distribution) and not parameter.is_private


def undrawn(model: Model) -> frozenset[str]:
    """Names with a prefix, of parameters and quantities, on which no formula of the model depends."""
    named = [name for name, _ in uses.definitions(model) if _is_included(name)]
    if not named:
        return frozenset()
    edges = {name: set(targets) for name, targets in uses.graph(model).items()}
    starts = {name for name in edges if not _is_included(name)}
    for definition in _asked(model):
        starts |= uses.mentioned(definition)
    for premise in model.premises:
        for slot, definition in (exchanges(model, premise) or {}).items():
            if slot[0] == "name":
                edges.setdefault(slot[1], set()).update(uses.mentioned(definition))
            else:
                starts |= uses.mentioned(definition)
    for correlation in model.correlations:
        starts |= set(correlation.among)
    for levers in model.levers.values():
        starts |= set(levers)
    return frozenset(named) - uses.reach(edges, starts)


def _is_included(name: str) -> bool:
    return "." in name


def _asked(model: Model) -> Iterator[Definition]:
    """Every definition without a name by which a model's game, rounds, levers and questions are evaluated."""
    for node in model.game.values():
        yield from _of_node(node)
    for payoffs in model.outcomes.values():
        yield from payoffs.values()
    yield from recurring(model)
    for question in model.questions:
        yield from (f for f in (question.event, question.amount, question.given) if f is not None)
    for levers in model.levers.values():
        yield from (lever.cost for lever in levers.values() if lever.cost is not None)
    if model.solution.precision is not None:
        yield model.solution.precision


def _of_node(node: Node) -> Iterator[Definition]:
    if isinstance(node, Spread):
        yield from (node.distribution, *(node.over or ()))
    elif isinstance(node, Chance):
        yield from (case.probability for case in node.cases.values() if case.probability is not None)
    else:
        for move in node.moves.values():
            yield from (move.when,) if move.when is not None else ()
            yield from (move.scale.low, move.scale.high) if move.scale is not None else ()
