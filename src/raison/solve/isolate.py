"""Solving an equation for one symbol, by steps that always end.

What sympy's general solver does with an equation of some size cannot be foreseen, and may not end. Here a
polynomial of first or second degree, a single power, and what stands inside one invertible function are
solved; nothing else is tried.
"""

from __future__ import annotations

import math
from typing import Any

import sympy

from raison.solve.symbols import LOGISTIC, LOGIT, NORMAL_CDF, NORMAL_QUANTILE, size

MOST = 120
"""Nodes of an equation, in sympy's tree, beyond which it is not tried."""
_MOST_TERMS = 500
_MOST_SHORTENED = 60
"""Terms of what is multiplied out, for a polynomial's factors and to find a shorter form."""
_INVERSE: dict[Any, Any] = {
    sympy.exp: sympy.log,
    sympy.log: sympy.exp,
    sympy.tanh: lambda x: sympy.log((1 + x) / (1 - x)) / 2,
    NORMAL_CDF: NORMAL_QUANTILE,
    NORMAL_QUANTILE: NORMAL_CDF,
    LOGISTIC: LOGIT,
    LOGIT: LOGISTIC,
}


def isolate(expression: Any, symbol: Any) -> list[Any]:
    """What a symbol may be where an expression is 0.

    Args:
        expression: Without conditionals.
        symbol: To solve for.

    Returns:
        Expressions without the symbol; one that is right at a point may be none of them, and some may be no
        solution for lack of conditions: to be checked with numbers. Empty where no step applies.
    """
    if size(expression) > MOST or not expression.has(symbol):
        return []
    numerator = sympy.fraction(sympy.together(expression))[0]
    if numerator.is_polynomial(symbol) and _terms(numerator) <= _MOST_TERMS:
        found = _of_polynomial(numerator, symbol)
        if found:
            return found
    return _inside(expression, symbol)


def _terms(expression: Any) -> int:
    """How many terms there are at most when it is multiplied out."""
    if expression.is_Add:
        return sum(_terms(part) for part in expression.args)
    if expression.is_Mul:
        return math.prod(_terms(part) for part in expression.args)
    if expression.is_Pow and expression.exp.is_Integer:
        one, power = _terms(expression.base), abs(int(expression.exp))
        return math.comb(one + power - 1, power)
    return 1


def _of_polynomial(numerator: Any, symbol: Any) -> list[Any]:
    polynomial = sympy.Poly(numerator, symbol)
    degree = polynomial.degree()
    factors = polynomial.all_coeffs() if degree <= 2 else []
    if degree == 1:
        return [_short(-factors[1] / factors[0])]
    if degree == 2:
        a, b, c = factors
        root = sympy.sqrt(_short(b**2 - 4 * a * c))
        return [_short((-b + sign * root) / (2 * a)) for sign in (1, -1)]
    return []


def _inside(expression: Any, symbol: Any) -> list[Any]:
    """Takes the one function off in which alone the symbol stands."""
    parts = {part for part in expression.atoms(sympy.Function, sympy.Pow, sympy.exp) if part.has(symbol)}
    outermost = [part for part in parts if not any(other != part and other.has(part) for other in parts)]
    if len(outermost) != 1:
        return []
    (part,) = outermost
    whole = sympy.Dummy(real=True)
    rest = expression.xreplace({part: whole})
    if rest.has(symbol):
        return []
    found: list[Any] = []
    for value in isolate(rest, whole):
        for inner, goal in _undone(part, value, symbol):
            found += isolate(inner - goal, symbol)
    return found


def _undone(part: Any, value: Any, symbol: Any) -> list[tuple[Any, Any]]:
    """What stood inside, and what it is equal to."""
    if isinstance(part, sympy.Pow) and not part.exp.has(symbol):
        return [(part.base, value ** (1 / part.exp)), (part.base, -(value ** (1 / part.exp)))]
    if isinstance(part, sympy.Pow) and not part.base.has(symbol):
        return [(part.exp, sympy.log(value) / sympy.log(part.base))]
    inverse = _INVERSE.get(part.func)
    return [] if inverse is None else [(part.args[0], inverse(value))]


def _short(expression: Any) -> Any:
    """The shortest of a few ways to write it."""
    if _terms(expression) > _MOST_SHORTENED or _terms(1 / expression) > _MOST_SHORTENED:
        return expression
    return min((expression, sympy.cancel(expression), sympy.factor(expression)), key=size)
