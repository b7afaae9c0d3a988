"""Computations written down instead of done: each distinct operation once, in the order of dependence.

The same walk over a formula that computes with floats or arrays leaves a tape when its numbers are nodes.
What is known while it is written folds away in plain floats, as it does with arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from raison.model.evaluate import FLOATS, Operations, Value

Operand = Any
"""A `Node`, a Python float, or a bool."""


class NotPrintableError(ValueError):
    """A model that cannot be printed; the sentence says why."""


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One operation.

    Attributes:
        tape: That it is written on.
        index: Its place there; whatever it depends on stands before it.
        op: `input`, `unknown`, `root`, `simulate`, `output`, a function's name or an operator.
        arguments: Nodes, floats, bools, or what else the operation needs (a name, a number of an output).
        is_truth: Whether it is a truth instead of a number.
    """

    tape: Tape
    index: int
    op: str
    arguments: tuple[Operand, ...]
    is_truth: bool = False

    def __neg__(self) -> Operand:
        return self.tape.number("negative", self)

    def nodes(self) -> Iterable[Node]:
        """The nodes that it depends on."""
        return (argument for argument in self.arguments if isinstance(argument, Node))


@dataclass(eq=False, slots=True)
class Tape:
    """Nodes in the order in which they were asked for; the same operation on the same operands is one node.

    Attributes:
        nodes: So far.
    """

    nodes: list[Node] = field(default_factory=list)
    _known: dict[tuple[Any, ...], Node] = field(default_factory=dict)

    def number(self, op: str, *arguments: Operand) -> Node:
        """The node of a number."""
        return self._node(op, arguments, False)

    def truth(self, op: str, *arguments: Operand) -> Node:
        """The node of a truth."""
        return self._node(op, arguments, True)

    def input(self, name: str) -> Node:
        """A number that is given from outside."""
        return self._node("input", (name,), False)

    def _node(self, op: str, arguments: tuple[Operand, ...], is_truth: bool) -> Node:
        key = (op, is_truth, *map(_identity, arguments))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Node(self, len(self.nodes), op, arguments, is_truth)
            self.nodes.append(known)
        return known

    # --- truths ---

    def both(self, *truths: Operand) -> Operand:
        """Whether all hold."""
        found: Operand = True
        for truth in truths:
            if truth is False or found is False:
                return False
            if truth is not True:
                found = truth if found is True else self.truth("and", found, truth)
        return found

    def either(self, *truths: Operand) -> Operand:
        """Whether one holds."""
        found: Operand = False
        for truth in truths:
            if truth is True or found is True:
                return True
            if truth is not False:
                found = truth if found is False else self.truth("or", found, truth)
        return found

    def opposite(self, truth: Operand) -> Operand:
        """Whether it does not hold."""
        return (not truth) if isinstance(truth, bool) else self.truth("not", truth)

    def select(self, truth: Operand, yes: Operand, no: Operand) -> Operand:
        """One of two numbers or truths."""
        if isinstance(truth, bool):
            return yes if truth else no
        if yes is no or (isinstance(yes, float) and isinstance(no, float) and yes == no != 0.0):
            return yes
        return self._node("select", (truth, yes, no), _is_truth(yes))

    def compare(self, operator: str, a: Operand, b: Operand) -> Operand:
        """Whether a comparison holds."""
        if isinstance(a, float) and isinstance(b, float):
            return FLOATS.compare[operator](a, b)
        return self.truth(operator, a, b)

    def binary(self, operator: str, a: Operand, b: Operand) -> Operand:
        """A number made of two."""
        if isinstance(a, float) and isinstance(b, float):
            return FLOATS.binary[operator](a, b)
        return self.number(operator, a, b)

    def call(self, name: str, *arguments: Operand) -> Operand:
        """A known function."""
        if all(isinstance(argument, float) for argument in arguments):
            return FLOATS.functions[name](*arguments)
        return self.number(name, *arguments)


def _identity(argument: Operand) -> Any:
    if isinstance(argument, Node):
        return ("node", argument.index)
    # repr tells -0.0 from 0.0 and True from 1.0, and makes all nan alike
    return repr(argument)


def _is_truth(value: Operand) -> bool:
    return isinstance(value, bool) or (isinstance(value, Node) and value.is_truth)


def operations(tape: Tape) -> Operations:
    """What an evaluator needs so that it writes a tape."""

    def folded(name: str) -> Callable[..., Value]:
        def function(*values: Value) -> Value:
            best = values[0]
            for value in values[1:]:
                best = tape.call(name, best, value)
            return best

        return function

    def function(name: str) -> Callable[..., Value]:
        return lambda *arguments: tape.call(name, *arguments)

    def clip(x: Value, low: Value, high: Value) -> Value:
        return tape.call("min", tape.call("max", x, low), high)

    def binary(operator: str) -> Callable[[Value, Value], Value]:
        return lambda a, b: tape.binary(operator, a, b)

    def compare(operator: str) -> Callable[[Value, Value], Value]:
        return lambda a, b: tape.compare(operator, a, b)

    def root(body: Callable[[Value], Value], low: Value, high: Value) -> Value:
        unknown = tape.number("unknown", len(tape.nodes))
        return tape.number("root", unknown, body(unknown), low, high)

    functions: Mapping[str, Callable[..., Value]] = {name: function(name) for name in FLOATS.functions}
    return Operations(
        number=float,
        binary={operator: binary(operator) for operator in FLOATS.binary},
        compare={operator: compare(operator) for operator in FLOATS.compare},
        select=tape.select,
        conjunction=tape.both,
        disjunction=tape.either,
        negation=tape.opposite,
        as_number=lambda truth: tape.select(truth, 1.0, 0.0),
        as_truth=lambda number: tape.compare("!=", number, 0.0),
        functions={**functions, "min": folded("min"), "max": folded("max"), "clip": clip},
        root=root,
    )
