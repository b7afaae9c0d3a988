"""Where expressions can lie, given where their symbols can: interval arithmetic in exact fractions.

An interval knows whether its ends belong to it. The ends of a continuous distribution do not: no draw takes
them. What is said of an interval is true; it may be wider than need be where a symbol occurs more than once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from raison.solve.symbols import LOGISTIC, NORMAL_CDF, NORMAL_PDF, as_fraction, is_infinite

End = Fraction | float
INF = math.inf


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, each a fraction or infinite; an open end does not belong to it."""

    low: End = -INF
    high: End = INF
    low_open: bool = True
    high_open: bool = True

    @staticmethod
    def at(value: Fraction) -> Interval:
        """One point."""
        return Interval(value, value, False, False)

    def __add__(self, other: Interval) -> Interval:
        return Interval(
            _sum(self.low, other.low),
            _sum(self.high, other.high),
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )

    def __mul__(self, other: Interval) -> Interval:
        ends = [
            _product(a, a_open, b, b_open)
            for a, a_open in ((self.low, self.low_open), (self.high, self.high_open))
            for b, b_open in ((other.low, other.low_open), (other.high, other.high_open))
        ]
        low, high = min(end for end, _ in ends), max(end for end, _ in ends)
        return Interval(
            low,
            high,
            all(is_open for end, is_open in ends if end == low),
            all(is_open for end, is_open in ends if end == high),
        )

    def hull(self, other: Interval) -> Interval:
        """The least interval that holds both."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Interval(
            low,
            high,
            (self.low != low or self.low_open) and (other.low != low or other.low_open),
            (self.high != high or self.high_open) and (other.high != high or other.high_open),
        )

    @property
    def positive(self) -> bool:
        """Whether all of it is above 0."""
        return self.low > 0 or (self.low == 0 and self.low_open)

    @property
    def negative(self) -> bool:
        """Whether all of it is below 0."""
        return self.high < 0 or (self.high == 0 and self.high_open)


def _sum(a: End, b: End) -> End:
    return a + b


def _product(a: End, a_open: bool, b: End, b_open: bool) -> tuple[End, bool]:
    if a == 0 or b == 0:
        reached = (a == 0 and not a_open) or (b == 0 and not b_open)
        return Fraction(0), not reached
    return a * b, a_open or b_open


@dataclass(frozen=True, slots=True)
class Supports:
    """Where each symbol can lie; `links` are expressions of them that are above 0."""

    of: Mapping[Any, Interval]
    links: tuple[Any, ...] = ()

    def bounds(self, expression: Any) -> Interval:
        """An interval in which the expression lies."""
        if expression.is_Rational:
            return Interval.at(as_fraction(expression))
        if expression.is_Symbol:
            return self.of.get(expression, Interval())
        if expression.is_number:
            return _irrational(expression)
        if expression.is_Add:
            total = Interval.at(Fraction(0))
            for term in expression.args:
                total = total + self.bounds(term)
            return total
        if expression.is_Mul:
            product = Interval.at(Fraction(1))
            for factor in expression.args:
                product = product * self.bounds(factor)
            return product
        if expression.is_Pow:
            return _power(self.bounds(expression.base), expression.exp, self.bounds(expression.exp))
        return self._of_function(expression)

    def _of_function(self, expression: Any) -> Interval:
        one = Fraction(1)
        if isinstance(expression, NORMAL_CDF | LOGISTIC):
            return Interval(Fraction(0), one)
        if isinstance(expression, NORMAL_PDF):
            return Interval(Fraction(0), Fraction(2, 5))
        if isinstance(expression, sympy.tanh):
            return Interval(-one, one)
        if isinstance(expression, sympy.exp):
            inner = self.bounds(expression.args[0])
            low = one if inner.low >= 0 else Fraction(0)
            return Interval(low, one if inner.high <= 0 else INF, low == 0 or inner.low_open, inner.high_open)
        if isinstance(expression, sympy.Abs):
            inner = self.bounds(expression.args[0])
            other = inner * Interval.at(Fraction(-1))
            if inner.low >= 0:
                return inner
            if inner.high <= 0:
                return other
            wide = inner.hull(other)
            return Interval(Fraction(0), wide.high, False, wide.high_open)
        parts = (
            [self.bounds(argument) for argument in expression.args if argument.is_Boolean is not True]
            if (isinstance(expression, sympy.Max | sympy.Min))
            else []
        )
        if parts:
            return _extreme(parts, isinstance(expression, sympy.Max))
        if isinstance(expression, sympy.Piecewise):
            pieces: Any = expression.args
            found = self.bounds(pieces[0][0])
            for value, _ in pieces[1:]:
                found = found.hull(self.bounds(value))
            return found
        return Interval()


def _extreme(parts: list[Interval], largest: bool) -> Interval:
    if not largest:
        minus = Interval.at(Fraction(-1))
        return _extreme([part * minus for part in parts], True) * minus
    low, high = max(part.low for part in parts), max(part.high for part in parts)
    low_open = any(part.low_open for part in parts if part.low == low)
    return Interval(low, high, low_open, all(part.high_open for part in parts if part.high == high))


def _irrational(number: Any) -> Interval:
    value = float(number.evalf(20))
    if not math.isfinite(value):
        return Interval()
    slack = Fraction(abs(value)) / 10**12 + Fraction(1, 10**300)
    return Interval(Fraction(value) - slack, Fraction(value) + slack)


def _power(base: Interval, exponent: Any, powers: Interval) -> Interval:
    if exponent.is_Integer:
        whole = int(exponent)
        if whole > 0:
            return _whole_power(base, whole)
        return _reciprocal(_whole_power(base, -whole))
    if exponent.is_Rational and exponent < 0:
        return _reciprocal(_power(base, -exponent, powers * Interval.at(Fraction(-1))))
    if base.low < 0:
        return Interval()
    one, zero = Fraction(1), Fraction(0)
    if powers.low < 0:
        return Interval(zero, INF)
    low, low_open = (one, base.low_open and powers.low_open) if base.low >= 1 else (zero, base.positive)
    high, high_open = (one, base.high_open) if base.high <= 1 else (INF, True)
    return Interval(low, high, low_open, high_open)


def _whole_power(base: Interval, power: int) -> Interval:
    def raised(end: End) -> End:
        return end**power

    if power % 2 or base.low >= 0:
        return Interval(raised(base.low), raised(base.high), base.low_open, base.high_open)
    if base.high <= 0:
        return Interval(raised(base.high), raised(base.low), base.high_open, base.low_open)
    low, high = raised(base.low), raised(base.high)
    top = max(low, high)
    is_open = (low != top or base.low_open) and (high != top or base.high_open)
    return Interval(Fraction(0), top, False, is_open)


def _reciprocal(of: Interval) -> Interval:
    def inverse(end: End, at_zero: float) -> End:
        if end == 0:
            return at_zero
        return Fraction(0) if is_infinite(end) else 1 / end

    if of.positive:
        return Interval(inverse(of.high, INF), inverse(of.low, INF), of.high_open, of.low_open)
    if of.negative:
        return Interval(inverse(of.high, -INF), inverse(of.low, -INF), of.high_open, of.low_open)
    return Interval()
