"""Formulas on batches: the operations of `raison.model.evaluate` with JAX arrays in float64.

Literals stay Python floats, so that constant subformulas fold and JAX's strict promotion is satisfied. Corner
cases are IEEE 754's and agree with `FLOATS`; tests compare the two on random formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from raison.model.evaluate import FLOATS, Operations, Value
from raison.program import special, xp
from raison.program.root import root


def _both(
    plain: Callable[[Any, Any], Value], array: Callable[[Any, Any], Value]
) -> Callable[[Value, Value], Value]:
    def binary(a: Value, b: Value) -> Value:
        if isinstance(a, float) and isinstance(b, float):
            return plain(a, b)
        return array(a, b)

    return binary


def _known(name: str, array: Callable[..., Value]) -> Callable[..., Value]:
    plain = FLOATS.functions[name]

    def function(*arguments: Value) -> Value:
        if all(isinstance(argument, float) for argument in arguments):
            return plain(*arguments)
        given = [_array(argument) for argument in arguments]
        if any(isinstance(argument, jax.Array) for argument in arguments):
            return array(*given)
        with jax.ensure_compile_time_eval():  # else a constant became a tracer inside of a trace
            return np.asarray(array(*given))

    return function


def _array(value: Value) -> Value:
    return xp.asarray(value, xp.float64)


def _power(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, float) and exponent in (1.0, 2.0, 3.0, 4.0):
        return _array(base) ** int(exponent)
    if isinstance(exponent, float) and exponent == 0.5:
        return xp.sqrt(base)
    return xp.power(_array(base), _array(exponent))


def _fold(pick: Callable[[Any, Any], Value]) -> Callable[..., Value]:
    def folded(*values: Value) -> Value:
        best = values[0]
        for value in values[1:]:
            best = pick(best, value)
        return best

    return folded


def _compare(operator: str, array: Callable[[Any, Any], Value]) -> Callable[[Value, Value], Value]:
    return _both(FLOATS.compare[operator], array)


def _select(truth: Value, a: Value, b: Value) -> Value:
    return xp.where(truth, a, b)


ARRAYS = Operations(
    number=float,
    binary={
        "+": _both(FLOATS.binary["+"], lambda a, b: a + b),
        "-": _both(FLOATS.binary["-"], lambda a, b: a - b),
        "*": _both(FLOATS.binary["*"], lambda a, b: a * b),
        "/": _both(FLOATS.binary["/"], lambda a, b: a / b),
        "//": _both(FLOATS.binary["//"], lambda a, b: xp.floor(a / b)),
        "%": _both(FLOATS.binary["%"], lambda a, b: xp.mod(_array(a), _array(b))),
        "**": _both(FLOATS.binary["**"], _power),
    },
    compare={
        "<": _compare("<", lambda a, b: a < b),
        "<=": _compare("<=", lambda a, b: a <= b),
        ">": _compare(">", lambda a, b: a > b),
        ">=": _compare(">=", lambda a, b: a >= b),
        "==": _compare("==", lambda a, b: a == b),
        "!=": _compare("!=", lambda a, b: a != b),
    },
    select=_select,
    conjunction=lambda a, b: a & b,
    disjunction=lambda a, b: a | b,
    negation=lambda a: ~a,
    as_number=lambda truth: xp.where(truth, 1.0, 0.0),
    as_truth=lambda number: (number != 0.0) if isinstance(number, float) else number != 0,
    functions={
        name: _known(name, function)
        for name, function in {
            "abs": xp.abs,
            "ceil": xp.ceil,
            "clip": lambda x, low, high: xp.minimum(xp.maximum(x, low), high),
            "exp": xp.exp,
            "floor": xp.floor,
            "log": xp.log,
            "logistic": jax.jit(special.logistic),  # jit: traced and lowered once, however often called
            "logit": jax.jit(special.logit),
            "max": _fold(xp.maximum),
            "min": _fold(xp.minimum),
            "normal_cdf": jax.jit(special.normal_cdf),
            "normal_pdf": jax.jit(special.normal_pdf),
            "normal_quantile": jax.jit(special.normal_quantile),
            "sqrt": xp.sqrt,
            "tanh": xp.tanh,
        }.items()
    },
    root=root,
)
"""JAX arrays `[B]` float64; anything that is the same in all draws may be a Python float."""
