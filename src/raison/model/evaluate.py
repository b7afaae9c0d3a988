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
    Fraction,
    Logic,
    Name,
    Number,
    Root,
    Simulated,
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
class Taken:
    """What a node with an amount stands for: the number that was taken there, by the move `label`.

    It computes and compares as its value, and compares with a quoted name as its label.
    """

    value: Value
    label: str


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
        root: `root(function, low, high)`, a zero of a continuous function between two ends at which its signs
            differ (an end may be the zero); nan where they do not.
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
    root: Callable[[Callable[[Value], Value], Value, Value], Value]


Bindings = Callable[[str], Value]
"""What a name stands for: a number, a `Coded`, a `Taken`, or a str for a known result of the game, which is
empty where the node was not visited. A `Fraction` is looked up by its text."""

UserFunctions = Mapping[str, tuple[tuple[str, ...], Expression]]
"""Functions of the file: argument names and body."""

Simulate = Callable[[Simulated, Bindings], Value]
"""The value of a call of a process, whose inputs are formulas of what the bindings say."""


def evaluate(
    expression: Expression,
    bindings: Bindings,
    operations: Operations,
    functions: UserFunctions | None = None,
    simulate: Simulate | None = None,
    outer: Bindings | None = None,
) -> Value:
    """The number that an expression stands for.

    Args:
        expression: Checked: every name is bound, every function known.
        bindings: Values of names.
        operations: The kind of numbers.
        functions: Functions of the file; without cycles.
        simulate: Answers calls of processes; may be left out where there are none.
        outer: Values of the file's names, which functions of the file see; None where `bindings` are these.

    Returns:
        A number of the given kind (of a truth: 1 or 0).
    """
    return _Evaluator(bindings, operations, functions or {}, simulate, outer or bindings).number(expression)


def evaluate_truth(
    expression: Expression,
    bindings: Bindings,
    operations: Operations,
    functions: UserFunctions | None = None,
    simulate: Simulate | None = None,
    outer: Bindings | None = None,
) -> Value:
    """Whether an expression holds: a truth of the given kind, or a Python bool if that is known already."""
    return _Evaluator(bindings, operations, functions or {}, simulate, outer or bindings).truth(expression)


@dataclass(frozen=True, slots=True)
class _Evaluator:
    bindings: Bindings
    operations: Operations
    functions: UserFunctions
    simulate: Simulate | None
    outer: Bindings

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
                return self.amount(self.bindings(name))
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
            case Fraction():
                return self.bindings(expression.text)
            case Root(name, body, low, high):
                return self.root(name, body, self.number(low), self.number(high))
            case Simulated(process):
                if self.simulate is None:
                    raise TypeError(f"Nothing can simulate the process '{process}' here.")
                return self.simulate(expression, self.bindings)
            case _:
                raise TypeError(f"A quoted name is only compared, never computed with; got {expression!r}.")

    def amount(self, value: Value) -> Value:
        """What a name counts as a number: nan where a node's amount is asked for and there is none."""
        if isinstance(value, Taken):
            return value.value
        return self.operations.number("nan") if isinstance(value, str) else value

    def root(self, name: str, body: Expression, low: Value, high: Value) -> Value:
        def function(x: Value) -> Value:
            bindings = lambda other: x if other == name else self.bindings(other)
            return self.within(bindings).number(body)

        return self.operations.root(function, low, high)

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
        if isinstance(expression, Text):
            return expression.value
        return self.bindings(expression.id) if isinstance(expression, Name) else self.number(expression)

    def pair(self, operator: str, left: Value, right: Value) -> Value:
        if isinstance(left, Taken):
            left = left.label if isinstance(right, str | Coded) else left.value
        if isinstance(right, Taken):
            right = right.label if isinstance(left, str | Coded) else right.value
        if isinstance(left, Coded) and isinstance(right, Coded):
            return self.both_coded(operator, left, right)
        if isinstance(right, Coded):
            left, right = right, left
        if isinstance(left, Coded):
            if right not in left.names:
                return operator == "!="
            code = self.operations.number(str(left.names.index(right)))
            return self.operations.compare[operator](left.codes, code)
        if isinstance(left, str) and isinstance(right, str):
            return (left == right) == (operator == "==")
        if isinstance(left, str) or isinstance(right, str):
            return operator == "!="  # no amount was taken, which is like no number
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
        bindings = lambda name: inside[name] if name in inside else self.outer(name)
        return self.within(bindings).number(body)

    def within(self, bindings: Bindings) -> _Evaluator:
        """The same with other bindings, as of a function's arguments."""
        return _Evaluator(bindings, self.operations, self.functions, self.simulate, self.outer)


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


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """A zero by the method of Chandrupatla (1997): bisection, or inverse quadratic steps where they are safe.

    Accuracy: the bracket ends narrower than 1e-15 of the ends' size plus 1e-14 of the interval given.
    """
    a, b = low, high
    at_a, at_b = function(a), function(b)
    if at_a == 0 or at_b == 0:
        return a if at_a == 0 else b
    if not (math.isfinite(a) and math.isfinite(b) and (at_a < 0 < at_b or at_b < 0 < at_a)):
        return math.nan
    c, at_c, share = a, at_a, 0.5
    for _ in range(200):
        x = a + share * (b - a)
        at_x = function(x)
        if math.isnan(at_x):
            return math.nan
        if (at_x < 0) == (at_a < 0):
            c, at_c = a, at_a
        else:
            c, at_c, b, at_b = b, at_b, a, at_a
        a, at_a = x, at_x
        width = 1e-15 * max(abs(a), abs(b)) + 1e-14 * abs(high - low)
        if at_a == 0 or abs(b - a) <= width:
            break
        share = _next_share(a, b, c, at_a, at_b, at_c)
        least = 0.5 * width / abs(b - a)
        share = min(max(share, least), 1 - least)
    return a if abs(at_a) <= abs(at_b) else b


def _next_share(a: float, b: float, c: float, at_a: float, at_b: float, at_c: float) -> float:
    """How far to step from the newest point `a` to the other end `b` of the bracket."""
    if at_b == at_c:
        return 0.5
    place, height = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
    if not (height * height < place and (1 - height) ** 2 < 1 - place):
        return 0.5
    inverse = at_a / (at_b - at_a) * at_c / (at_b - at_c)
    return inverse + (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)


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
    root=_root,
)
"""Plain Python floats, with IEEE results where Python would raise."""
