"""Formulas as symbols: the operations of `raison.model.evaluate` with sympy, exact and bounded.

Literals are the rationals that they are written as. What could grow without bound (`9 ** 9 ** 9`, functions
that double their argument fifty times over) is refused before sympy sees it. This module and those that use
it cost half a second to import, so they are imported only where closed forms are asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from raison.model.evaluate import Operations

Symbolic = Any
"""A sympy expression, or a sympy truth."""

MAX_SIZE = 4_000
"""Nodes of an expression, counted as a tree."""
MAX_POWER = 64
MAX_BITS = 4_096
"""Of the numerator or denominator of a number."""
_MAX_EXPONENT = 400
_MAX_EXP = 700
_SUM, _PRODUCT = PRECEDENCE["Add"], PRECEDENCE["Mul"]


class SizeError(ValueError):
    """A model that is too large for a closed form."""


def _opaque(title: str, latex: str) -> Any:
    """A function that sympy only carries along; its values are known by `raison.solve.support`."""
    return type(title, (sympy.Function,), {"nargs": 1, "is_real": True, "shown": latex})


NORMAL_CDF = _opaque("normal_cdf", r"\Phi")
NORMAL_PDF = _opaque("normal_pdf", r"\varphi")
NORMAL_QUANTILE = _opaque("normal_quantile", r"\Phi^{-1}")
LOGISTIC = _opaque("logistic", r"\operatorname{logistic}")
LOGIT = _opaque("logit", r"\operatorname{logit}")


@lru_cache(maxsize=100_000)
def size(expression: Symbolic) -> int:
    """Nodes of an expression, counted as a tree."""
    return 1 + sum(size(argument) for argument in expression.args)


def bounded(expression: Symbolic) -> Symbolic:
    """The expression, if it is of a size and a kind to work with.

    Raises:
        SizeError: it is too large, or no real number.
    """
    if size(expression) > MAX_SIZE:
        raise SizeError(
            f"a closed form needs formulas of at most {MAX_SIZE} symbols; solve at points with --at."
        )
    if expression.has(sympy.I, sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        raise SizeError(
            "a closed form needs formulas that are finite real numbers; guard roots and divisions."
        )
    return expression


def _number(text: str) -> Symbolic:
    exponent = re.search(r"[eE]([+-]?\d+)$", text)
    if exponent is not None and abs(int(exponent.group(1)[:8])) > _MAX_EXPONENT:
        raise SizeError(f"a closed form needs numbers of at most {_MAX_EXPONENT} digits; got {text[:40]}.")
    fraction = Fraction(text)
    return sympy.Rational(fraction.numerator, fraction.denominator)


def _binary(operation: Callable[[Symbolic, Symbolic], Symbolic]) -> Callable[[Symbolic, Symbolic], Symbolic]:
    return lambda a, b: bounded(operation(a, b))


def _divide(a: Symbolic, b: Symbolic) -> Symbolic:
    if b.is_zero:
        raise SizeError("a closed form needs formulas without a division by 0; guard them.")
    return a / b


def _power(base: Any, exponent: Any) -> Symbolic:
    unit: bool = base.is_Integer and abs(int(base)) <= 1
    if exponent.is_Integer and abs(int(exponent)) > MAX_POWER and not unit:
        raise SizeError(f"a closed form needs powers of at most {MAX_POWER}; got {str(exponent)[:40]}.")
    if base.is_Rational and exponent.is_Rational:
        bits = max(int(base.p).bit_length(), int(base.q).bit_length())
        if max(bits, 1) * max(abs(exponent), 1) > MAX_BITS or int(exponent.q) > MAX_POWER:
            raise SizeError(f"a closed form needs numbers of at most {MAX_BITS} binary digits.")
        if base == 0 and exponent < 0:
            raise SizeError("a closed form needs formulas without a division by 0; guard them.")
    return sympy.Pow(base, exponent)


def _exp(x: Symbolic) -> Symbolic:
    if x.is_number and not (x.is_Rational and abs(x) <= _MAX_EXP):
        raise SizeError(f"a closed form needs exp of rational numbers between -{_MAX_EXP} and {_MAX_EXP}.")
    return sympy.exp(x)


def _log(x: Symbolic) -> Symbolic:
    if x.is_number and not x.is_positive:
        raise SizeError("a closed form needs logarithms of numbers above 0.")
    return sympy.log(x)


def _compare(relation: Any, plain: Callable[[Any, Any], bool]) -> Callable[[Symbolic, Symbolic], Any]:
    def compare(a: Symbolic, b: Symbolic) -> Any:
        difference = a - b
        if difference.is_Rational:
            return plain(difference, 0)
        return relation(a, b, evaluate=False)

    return compare


# typed loosely here, since sympy's own types do not know `evaluate`
_EQUAL: Any = sympy.Equality
_UNEQUAL: Any = sympy.Unequality
_LESS: Any = sympy.StrictLessThan
_AT_MOST: Any = sympy.LessThan
_GREATER: Any = sympy.StrictGreaterThan
_AT_LEAST: Any = sympy.GreaterThan
_AND: Any = sympy.And
_OR: Any = sympy.Or
_NOT: Any = sympy.Not


def _select(truth: Symbolic, a: Symbolic, b: Symbolic) -> Symbolic:
    return sympy.Piecewise((a, truth), (b, True), evaluate=False)


def _checked(function: Callable[..., Symbolic]) -> Callable[..., Symbolic]:
    return lambda *arguments: bounded(function(*arguments))


def _root(function: Callable[[Symbolic], Symbolic], low: Symbolic, high: Symbolic) -> Symbolic:
    raise SizeError("a closed form needs formulas without 'root', whose value is found by search.")


SYMBOLS = Operations(
    number=_number,
    binary={
        "+": _binary(lambda a, b: a + b),
        "-": _binary(lambda a, b: a - b),
        "*": _binary(lambda a, b: a * b),
        "/": _binary(_divide),
        "//": _binary(lambda a, b: sympy.floor(_divide(a, b))),
        "%": _binary(lambda a, b: a - b * sympy.floor(_divide(a, b))),
        "**": _binary(_power),
    },
    compare={
        "<": _compare(_LESS, lambda a, b: a < b),
        "<=": _compare(_AT_MOST, lambda a, b: a <= b),
        ">": _compare(_GREATER, lambda a, b: a > b),
        ">=": _compare(_AT_LEAST, lambda a, b: a >= b),
        "==": _compare(_EQUAL, lambda a, b: a == b),
        "!=": _compare(_UNEQUAL, lambda a, b: a != b),
    },
    select=_select,
    conjunction=lambda a, b: _AND(a, b, evaluate=False),
    disjunction=lambda a, b: _OR(a, b, evaluate=False),
    negation=lambda a: _NOT(a, evaluate=False),
    as_number=lambda truth: _select(truth, sympy.Integer(1), sympy.Integer(0)),
    as_truth=lambda a: bool(a != 0) if a.is_Rational else _UNEQUAL(a, 0, evaluate=False),
    functions={
        name: _checked(function)
        for name, function in {
            "abs": sympy.Abs,
            "ceil": sympy.ceiling,
            "clip": lambda x, low, high: sympy.Min(sympy.Max(x, low), high),
            "exp": _exp,
            "floor": sympy.floor,
            "log": _log,
            "logistic": LOGISTIC,
            "logit": LOGIT,
            "max": sympy.Max,
            "min": sympy.Min,
            "normal_cdf": NORMAL_CDF,
            "normal_pdf": NORMAL_PDF,
            "normal_quantile": NORMAL_QUANTILE,
            "sqrt": lambda x: _power(x, sympy.Rational(1, 2)),
            "tanh": sympy.tanh,
        }.items()
    },
    root=_root,
)
"""sympy expressions with exact rationals."""


class FormulaPrinter(StrPrinter):
    """Prints expressions in the language of model files."""

    def _print_Rational(self, expr: Any) -> str:  # noqa: N802
        fraction = Fraction(int(expr.p), int(expr.q))
        text = decimal(fraction)
        return text if text is not None else f"{expr.p}/{expr.q}"

    def _print_Add(self, expr: Any, order: Any = None) -> str:  # noqa: N802
        terms = [*(self._as_ordered_terms(expr, order=order))]
        plus = [term for term in terms if not term.could_extract_minus_sign()]
        text = " + ".join(self.parenthesize(term, _SUM) for term in plus)
        for term in terms:
            if term not in plus:
                part = self.parenthesize(-term, _PRODUCT, strict=True)
                text += f" - {part}" if text else f"-{part}"
        return text

    def _print_Max(self, expr: Any) -> str:  # noqa: N802
        return f"max({', '.join(self._print(argument) for argument in expr.args)})"

    def _print_Min(self, expr: Any) -> str:  # noqa: N802
        return f"min({', '.join(self._print(argument) for argument in expr.args)})"

    def _print_Abs(self, expr: Any) -> str:  # noqa: N802
        return f"abs({self._print(expr.args[0])})"

    def _print_ceiling(self, expr: Any) -> str:
        return f"ceil({self._print(expr.args[0])})"

    def _print_Pow(self, expr: Any, rational: bool = False) -> str:  # noqa: N802
        if expr.exp == sympy.Rational(-1, 2):
            return f"1/sqrt({self._print(expr.base)})"
        return str(super()._print_Pow(expr, rational))


class TexPrinter(LatexPrinter):
    """Prints expressions as LaTeX; names stay whole words."""

    def _print_Symbol(self, expr: Any, style: str = "plain") -> str:  # noqa: N802
        del style
        return r"\mathit{" + expr.name.replace("_", r"\_") + "}"

    def _print_Function(self, expr: Any, exp: str | None = None) -> str:  # noqa: N802
        shown = getattr(expr.func, "shown", None)
        if shown is None:
            return str(super()._print_Function(expr, exp))
        text = rf"{shown}\left({self._print(expr.args[0])}\right)"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


def decimal(fraction: Fraction) -> str | None:
    """A short decimal that is exactly the fraction, or None."""
    rest = fraction.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or fraction.denominator > 10**6:
        return None
    places = 0
    while (fraction * 10**places).denominator != 1:
        places += 1
    if places == 0:
        return str(fraction.numerator)
    text = f"{abs(fraction.numerator) * 10**places // fraction.denominator:0{places + 1}d}"
    return f"{'-' if fraction < 0 else ''}{text[:-places]}.{text[-places:]}"


def as_fraction(number: Symbolic) -> Fraction:
    """A sympy rational as a Python fraction."""
    return Fraction(int(number.p), int(number.q))


def to_text(expression: Symbolic) -> str:
    """An expression in the language of model files."""
    return str(FormulaPrinter({"order": None}).doprint(expression))


def to_latex(expression: Symbolic) -> str:
    """An expression as LaTeX."""
    return str(TexPrinter({}).doprint(expression))


def is_infinite(value: Fraction | float) -> bool:
    """Whether an end of an interval is infinite."""
    return isinstance(value, float) and math.isinf(value)
