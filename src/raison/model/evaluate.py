"""One evaluator for all numbers: a formula with floats, arrays or symbols, as the `Operations` given say.

Kinds are static: a comparison is a truth, everything else a number. A truth used as a number counts 1 or 0, a
number used as a truth is true unless it is 0, as in Python. What is known while evaluating (a result of the
game on the path at hand, a comparison of two quoted names) is a Python bool and folds away, so that arrays
and symbols only ever see what depends on the draw.

Division by zero, overflow and invalid arguments follow IEEE 754 (inf and nan) with floats as with arrays.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from raison.model.formula import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Name,
    Number,
    Text,
    Unary,
    is_truth,
)

Value = Any
"""A float, an array `[B]`, a symbolic expression, or a Python bool or str that is known while evaluating."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A value that is one of some names, differing between draws: `codes` index `names`."""

    codes: Value
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operations:
    """What an evaluator needs of a kind of numbers.

    Attributes:
        number: Makes a number from its literal text.
        binary: By operator: `+ - * / // % **`.
        compare: By operator: `< <= > >= == !=`, giving a truth.
        select: `select(truth, a, b)`.
        conjunction: `and` of two truths.
        disjunction: `or` of two truths.
        negation: `not` of a truth.
        as_number: 1 or 0 of a truth.
        as_truth: Whether a number differs from 0.
        functions: By name, all of `raison.model.formula.KNOWN_FUNCTIONS`.
    """

    number: Callable[[str], Value]
    binary: Mapping[str, Callable[[Value, Value], Value]]
    compare: Mapping[str, Callable[[Value, Value], Value]]
    select: Callable[[Value, Value, Value], Value]
    conjunction: Callable[[Value, Value], Value]
    disjunction: Callable[[Value, Value], Value]
    negation: Callable[[Value], Value]
    as_number: Callable[[Value], Value]
    as_truth: Callable[[Value], Value]
    functions: Mapping[str, Callable[..., Value]]


Bindings = Callable[[str], Value]
"""What a name stands for: a number, a `Coded`, or a str for a known result of the game."""

UserFunctions = Mapping[str, tuple[tuple[str, ...], Expression]]
"""Functions of the file: argument names and body."""


def evaluate(
    expression: Expression, bindings: Bindings, operations: Operations, functions: UserFunctions | None = None
) -> Value:
    """The number that an expression stands for.

    Args:
        expression: Checked: every name is bound, every function known.
        bindings: Values of names.
        operations: The kind of numbers.
        functions: Functions of the file; without cycles.

    Returns:
        A number of the given kind (of a truth: 1 or 0).
    """
    return _Evaluator(bindings, operations, functions or {}).number(expression)


def evaluate_truth(
    expression: Expression, bindings: Bindings, operations: Operations, functions: UserFunctions | None = None
) -> Value:
    """Whether an expression holds: a truth of the given kind, or a Python bool if that is known already."""
    return _Evaluator(bindings, operations, functions or {}).truth(expression)


@dataclass(frozen=True, slots=True)
class _Evaluator:
    bindings: Bindings
    operations: Operations
    functions: UserFunctions

    def number(self, expression: Expression) -> Value:
        if is_truth(expression):
            truth = self.truth(expression)
            if isinstance(truth, bool):
                return self.operations.number("1" if truth else "0")
            return self.operations.as_number(truth)
        match expression:
            case Number(text):
                return self.operations.number(text)
            case Name(name):
                return self.bindings(name)
            case Unary("-", operand):
                return -self.number(operand)
            case Unary("+", operand):
                return self.number(operand)
            case Binary(operator, left, right):
                return self.operations.binary[operator](self.number(left), self.number(right))
            case Conditional(condition, then, otherwise):
                return self.select(condition, lambda: self.number(then), lambda: self.number(otherwise))
            case Call(function, arguments, keywords):
                return self.call(function, arguments, keywords)
            case _:
                raise TypeError(f"A quoted name is only compared, never computed with; got {expression!r}.")

    def truth(self, expression: Expression) -> Value:
        match expression:
            case Unary("not", operand):
                inner = self.truth(operand)
                return (not inner) if isinstance(inner, bool) else self.operations.negation(inner)
            case Logic(operator, operands):
                return self.logic(operator, operands)
            case Compare(first, rest):
                return self.comparison(first, rest)
            case Conditional(condition, then, otherwise):
                return self.select(condition, lambda: self.truth(then), lambda: self.truth(otherwise))
            case _:
                return self.operations.as_truth(self.number(expression))

    def select(
        self, condition: Expression, then: Callable[[], Value], otherwise: Callable[[], Value]
    ) -> Value:
        truth = self.truth(condition)
        if isinstance(truth, bool):
            return then() if truth else otherwise()
        return self.operations.select(truth, then(), otherwise())

    def logic(self, operator: str, operands: tuple[Expression, ...]) -> Value:
        absorbing = operator == "or"
        join = self.operations.disjunction if absorbing else self.operations.conjunction
        joined: Value = not absorbing
        for operand in operands:
            truth = self.truth(operand)
            if isinstance(truth, bool):
                if truth == absorbing:
                    return absorbing
            else:
                joined = truth if isinstance(joined, bool) else join(joined, truth)
        return joined

    def comparison(self, first: Expression, rest: tuple[tuple[str, Expression], ...]) -> Value:
        joined: Value = True
        left = self.side(first)
        for operator, expression in rest:
            right = self.side(expression)
            truth = self.pair(operator, left, right)
            if isinstance(truth, bool):
                if not truth:
                    return False
            else:
                joined = truth if isinstance(joined, bool) else self.operations.conjunction(joined, truth)
            left = right
        return joined

    def side(self, expression: Expression) -> Value:
        return expression.value if isinstance(expression, Text) else self.number(expression)

    def pair(self, operator: str, left: Value, right: Value) -> Value:
        if isinstance(left, Coded) and isinstance(right, Coded):
            return self.both_coded(operator, left, right)
        if isinstance(right, Coded):
            left, right = right, left
        if isinstance(left, Coded):
            if right not in left.names:
                return operator == "!="
            code = self.operations.number(str(left.names.index(right)))
            return self.operations.compare[operator](left.codes, code)
        if isinstance(left, str) or isinstance(right, str):
            return (left == right) == (operator == "==")
        return self.operations.compare[operator](left, right)

    def both_coded(self, operator: str, left: Coded, right: Coded) -> Value:
        same: Value = False
        for name in left.names:
            if name in right.names:
                here = self.operations.conjunction(self.pair("==", left, name), self.pair("==", right, name))
                same = here if isinstance(same, bool) else self.operations.disjunction(same, here)
        if operator == "==":
            return same
        return (not same) if isinstance(same, bool) else self.operations.negation(same)

    def call(
        self, function: str, arguments: tuple[Expression, ...], keywords: tuple[tuple[str, Expression], ...]
    ) -> Value:
        positional = [self.number(argument) for argument in arguments]
        named = {name: self.number(argument) for name, argument in keywords}
        if function not in self.functions:
            return self.operations.functions[function](*positional, **named)
        parameters, body = self.functions[function]
        inside = dict(zip(parameters, positional, strict=False)) | named
        bindings = lambda name: inside[name] if name in inside else self.bindings(name)
        return _Evaluator(bindings, self.operations, self.functions).number(body)


# --- floats -----------------------------------------------------------------------------------------------


def _divide(a: float, b: float) -> float:
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a) or math.isnan(b):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:
        return math.inf if a == 0 else math.nan


def _remainder(a: float, b: float) -> float:
    return a % b if b != 0 and math.isfinite(a) else math.nan


def _floor_divide(a: float, b: float) -> float:
    quotient = _divide(a, b)
    return float(math.floor(quotient)) if math.isfinite(quotient) else quotient


def _guarded(
    function: Callable[[float], float], at_fault: Callable[[float], float]
) -> Callable[[float], float]:
    def guarded(x: float) -> float:
        try:
            return float(function(x))
        except (ValueError, OverflowError):
            return at_fault(x)

    return guarded


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)


def _normal_quantile(p: float) -> float:
    return statistics.NormalDist().inv_cdf(p)


def _extreme(pick: Callable[[float, float], float]) -> Callable[..., float]:
    def extreme(*values: float) -> float:
        best = values[0]
        for value in values[1:]:
            best = math.nan if math.isnan(best) or math.isnan(value) else pick(best, value)
        return best

    return extreme


_log = _guarded(math.log, lambda x: -math.inf if x == 0 else math.nan)
_minimum, _maximum = _extreme(min), _extreme(max)
_nan = lambda _: math.nan
_ends = lambda p: -math.inf if p == 0 else math.inf if p == 1 else math.nan

FLOATS = Operations(
    number=float,
    binary={
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": _divide,
        "//": _floor_divide,
        "%": _remainder,
        "**": _power,
    },
    compare={
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
    },
    select=lambda truth, a, b: a if truth else b,
    conjunction=lambda a, b: a and b,
    disjunction=lambda a, b: a or b,
    negation=lambda a: not a,
    as_number=float,
    as_truth=lambda a: a != 0,
    functions={
        "abs": abs,
        "ceil": _guarded(math.ceil, lambda x: x),
        "clip": lambda x, lowest, highest: _minimum(_maximum(x, lowest), highest),
        "exp": _guarded(math.exp, lambda _: math.inf),
        "floor": _guarded(math.floor, lambda x: x),
        "log": _log,
        "logistic": _logistic,
        "logit": lambda p: _log(_divide(p, 1 - p)),
        "max": _maximum,
        "min": _minimum,
        "normal_cdf": lambda x: 0.5 * math.erfc(-x / math.sqrt(2)),
        "normal_pdf": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
        "normal_quantile": _guarded(_normal_quantile, _ends),
        "sqrt": _guarded(math.sqrt, _nan),
        "tanh": math.tanh,
    },
)
"""Plain Python floats, with IEEE results where Python would raise."""
