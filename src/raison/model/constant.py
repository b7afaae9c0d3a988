"""What is known of a formula without any draw: constants are folded, everything else is None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from raison.model.evaluate import FLOATS
from raison.model.formula import (
    KNOWN_FUNCTIONS,
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Name,
    Number,
    Unary,
    children,
    walk,
)

Lookup = Callable[[str], float | None]
"""The constant that a name stands for, or None."""

Folded = dict[int, float | None]
"""Value by the `id` of an expression."""


def constant(expression: Expression, lookup: Lookup = lambda _: None) -> float | None:
    """The float64 that an expression always has, possibly inf or nan, or None if it depends on more.

    Calls of functions of the file count as unknown. Time is linear in the size of the expression.
    """
    return fold(expression, lookup)[id(expression)]


def fold(expression: Expression, lookup: Lookup = lambda _: None) -> Folded:
    """The constant value of an expression and of each one inside it."""
    values: Folded = {}
    for node in reversed(list(walk(expression))):  # parts come before what they are parts of
        values[id(node)] = _value(node, values, lookup)
    return values


def first_not_finite(expression: Expression) -> Expression | None:
    """The smallest part made of numbers alone whose value is not finite, or None."""
    values = fold(expression)
    for node in reversed(list(walk(expression))):
        value = values[id(node)]
        if (
            value is not None
            and not _is_finite(value)
            and all(_known(part, values) for part in children(node))
        ):
            return node
    return None


def _known(node: Expression, values: Folded) -> bool:
    value = values[id(node)]
    return value is None or _is_finite(value)


def _is_finite(value: float) -> bool:
    return value - value == 0


def _value(node: Expression, values: Folded, lookup: Lookup) -> float | None:
    match node:
        case Number():
            return node.value
        case Name(name):
            return lookup(name)
        case Conditional(condition, then, otherwise):
            holds = values[id(condition)]
            return None if holds is None else values[id(then if holds else otherwise)]
        case Logic(operator, operands):
            return _logic(operator == "or", [values[id(part)] for part in operands])
        case Unary() | Binary() | Compare() | Call():
            parts = [values[id(part)] for part in children(node)]
            known = [part for part in parts if part is not None]
            return _applied(node, known) if len(known) == len(parts) else None
        case _:
            return None


def _logic(absorbing: bool, operands: list[float | None]) -> float | None:
    if any(value is not None and bool(value) == absorbing for value in operands):
        return float(absorbing)
    return None if None in operands else float(not absorbing)


def _applied(node: Unary | Binary | Compare | Call, parts: list[float]) -> float | None:
    match node:
        case Unary(operator, _):
            return -parts[0] if operator == "-" else parts[0] if operator == "+" else float(not parts[0])
        case Binary(operator, _, _):
            return float(FLOATS.binary[operator](*parts))
        case Compare(_, rest):
            pairs = zip((sign for sign, _ in rest), parts, parts[1:], strict=False)
            return float(all(FLOATS.compare[sign](left, right) for sign, left, right in pairs))
        case Call(function, _, keywords):
            arity = KNOWN_FUNCTIONS.get(function)
            if arity is None or keywords or not arity[0] <= len(parts) <= arity[1]:
                return None
            apply: Any = FLOATS.functions[function]
            return float(apply(*parts))
