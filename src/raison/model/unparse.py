"""Expressions back to text that parses to the same expression, with brackets only where needed."""

from __future__ import annotations

from raison.model.formula import (
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    Formula,
    Fraction,
    Logic,
    Name,
    Number,
    Root,
    Simulated,
    Text,
    Unary,
)

# How tightly each form binds, following the grammar in `formula`.
_CONDITIONAL, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(10)
_STRENGTH = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT, "**": _POWER}


def formula(expression: Expression) -> Formula:
    """The formula of an expression that was made rather than read."""
    return Formula(show(expression), expression)


def show(expression: Expression) -> str:
    """Text that `formula.parse` reads back as this expression."""
    return _show(expression, _CONDITIONAL)


def _show(expression: Expression, needed: int) -> str:
    text, strength = _form(expression)
    return f"({text})" if strength < needed else text


def _form(expression: Expression) -> tuple[str, int]:
    match expression:
        case Number(text):
            return text, _ATOM
        case Text(value):
            return (f'"{value}"' if "'" in value else f"'{value}'"), _ATOM
        case Name(name):
            return name, _ATOM
        case Unary("not", operand):
            return f"not {_show(operand, _NOT)}", _NOT
        case Unary(operator, operand):
            return f"{operator}{_show(operand, _SIGN)}", _SIGN
        case Binary("**", left, right):
            return f"{_show(left, _ATOM)} ** {_show(right, _SIGN)}", _POWER
        case Binary(operator, left, right):
            own = _STRENGTH[operator]
            return f"{_show(left, own)} {operator} {_show(right, own + 1)}", own
        case Compare(first, rest):
            parts = [_show(first, _SUM), *(f"{sign} {_show(right, _SUM)}" for sign, right in rest)]
            return " ".join(parts), _COMPARE
        case Logic(operator, operands):
            own = _OR if operator == "or" else _AND
            return f" {operator} ".join(_show(part, own + 1) for part in operands), own
        case Conditional(condition, then, otherwise):
            parts = f"{_show(then, _OR)} if {_show(condition, _OR)} else {_show(otherwise, _CONDITIONAL)}"
            return parts, _CONDITIONAL
        case Call(function, arguments, keywords):
            given = [show(part) for part in arguments] + [f"{name}={show(part)}" for name, part in keywords]
            return f"{function}({', '.join(given)})", _ATOM
        case Simulated(process, inputs, output):
            given = [f"{name}={show(part)}" for name, part in inputs]
            return f"{process}({', '.join(given)}).{output}", _ATOM
        case Fraction(node, move):
            return f"fraction({node}, {show(Text(move))})", _ATOM
        case Root(name, body, low, high):
            return f"root({name}, {show(body)}, {show(low)}, {show(high)})", _ATOM
