"""Inequalities as one would write them: solved for a variable where that is short, or without minuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from raison.solve.inequalities import MAX_EXPANDED, Atom, Cases, Conjunction, Reasoner
from raison.solve.support import Interval
from raison.solve.symbols import as_fraction, decimal, is_infinite, size, to_latex, to_text

_FLIPPED = {">": "<", ">=": "<=", "==": "==", "!=": "!="}
_LATEX = {">": ">", ">=": r"\ge", "<": "<", "<=": r"\le", "==": "=", "!=": r"\ne"}


@dataclass(frozen=True, slots=True)
class Wording:
    """How conditions are written.

    Attributes:
        order: Names in the order of the model; the first stands on the left.
        coded: Symbols that stand for one of some names.
        reasoner: Knows the signs of coefficients.
    """

    order: Sequence[str]
    coded: Mapping[Any, tuple[str, ...]]
    reasoner: Reasoner

    def cases(self, cases: Cases) -> tuple[list[str], str]:
        """Every case in the language of model files, and all of them as LaTeX."""
        if not cases:
            return [], r"\text{never}"
        if any(not case for case in cases):
            return ["always"], r"\text{always}"
        written = sorted(
            (self._conjunction(case) for case in cases), key=lambda both: (len(both[0]), both[0])
        )
        texts = [text for text, _ in written]
        return texts, r" \;\lor\; ".join(f"({latex})" if len(written) > 1 else latex for _, latex in written)

    def _conjunction(self, case: Conjunction) -> tuple[str, str]:
        parts = sorted((self.relation(atom) for atom in case), key=lambda both: (len(both[0]), both[0]))
        return " and ".join(text for text, _ in parts), r" \;\land\; ".join(latex for _, latex in parts)

    def relation(self, atom: Atom) -> tuple[str, str]:
        """One inequality, as text and as LaTeX."""
        symbols = list(atom.expression.free_symbols)
        if len(symbols) == 1 and symbols[0] in self.coded and atom.operator in ("==", "!="):
            code = int(-(atom.expression - symbols[0])) if atom.expression.coeff(symbols[0]) == 1 else 0
            name, value = symbols[0].name, self.coded[symbols[0]][code]
            tex = rf"{to_latex(symbols[0])} {_LATEX[atom.operator]} \text{{{value}}}"
            return f"{name} {atom.operator} '{value}'", tex
        forms = [self._moved(atom, self._scaled(atom.expression)), self._solved(atom)]
        if atom.expression in self.reasoner.written:
            forms.append(self._moved(atom, self.reasoner.written[atom.expression]))
        left, operator, right = min((form for form in forms if form is not None), key=_length)
        return (
            f"{to_text(left)} {operator} {to_text(right)}",
            f"{to_latex(left)} {_LATEX[operator]} {to_latex(right)}",
        )

    def _rank(self, expression: Any) -> int:
        ranks = [self.order.index(s.name) for s in expression.free_symbols if s.name in self.order]
        return min(ranks, default=len(self.order))

    def _moved(self, atom: Atom, expression: Any) -> tuple[Any, str, Any]:
        """Terms with a minus sign brought to the other side."""
        terms = sympy.Add.make_args(expression)
        minus = [term for term in terms if term.could_extract_minus_sign()]
        left = sympy.Add(*(term for term in terms if term not in minus))
        right = -sympy.Add(*minus)
        if left.is_number or (not right.is_number and self._rank(right) < self._rank(left)):
            return right, _FLIPPED[atom.operator], left
        return left, atom.operator, right

    def _scaled(self, expression: Any) -> Any:
        """Divided so that the first variable stands alone, where that leaves short decimals."""
        terms = [term for term in sympy.Add.make_args(expression) if not term.is_number]
        if not terms:
            return expression
        first = min(terms, key=lambda term: (self._rank(term), size(term)))
        scale = abs(as_fraction(first.as_coeff_Mul(rational=True)[0]))
        coefficients = [term.as_coeff_Mul(rational=True)[0] for term in sympy.Add.make_args(expression)]
        if any(decimal(as_fraction(c) / scale) is None for c in coefficients if c.is_Rational):
            return expression
        return sympy.expand(expression * sympy.Rational(scale.denominator, scale.numerator), deep=False)

    def _solved(self, atom: Atom) -> tuple[Any, str, Any] | None:
        """Solved for the variable that makes it shortest, among those with a coefficient of known sign."""
        expression = atom.expression
        if size(expression) > MAX_EXPANDED // 3:
            return None
        best: tuple[Any, str, Any] | None = None
        for symbol in sorted(expression.free_symbols, key=self._rank):
            coefficient = sympy.diff(expression, symbol)
            if coefficient.has(symbol) or coefficient.is_number:
                continue
            where = self.reasoner.bounds(coefficient)
            if not (where.positive or where.negative):
                where = self.reasoner.bounds(sympy.factor(coefficient))
            if not (where.positive or where.negative):
                continue
            operator = atom.operator if where.positive else _FLIPPED[atom.operator]
            rest = sympy.expand(expression - symbol * coefficient)
            for numerator in (rest, sympy.factor_terms(rest)):
                right = -numerator / coefficient if where.positive else numerator / -coefficient
                if not right.has(symbol) and (best is None or _length((symbol, "", right)) < _length(best)):
                    best = (symbol, operator, right)
        return best


def _length(relation: tuple[Any, str, Any]) -> float:
    """How hard a relation is to read: what occurs twice makes it half as long again."""
    left, _, right = relation
    symbols = [part for side in (left, right) for part in sympy.preorder_traversal(side) if part.is_Symbol]
    return (size(left) + size(right)) * (1.5 if len(symbols) > len(set(symbols)) else 1.0)


def describe_support(name: str, where: Interval) -> str:
    """`0 < x < 1`."""
    low = "" if is_infinite(where.low) else f"{_shown(where.low)} {'<' if where.low_open else '<='} "
    high = "" if is_infinite(where.high) else f" {'<' if where.high_open else '<='} {_shown(where.high)}"
    return f"{low}{name}{high}" if low or high else f"any {name}"


def _shown(value: Fraction | float) -> str:
    fraction = Fraction(value)
    return decimal(fraction) or f"{float(fraction):.6g}"
