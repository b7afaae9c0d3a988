"""Conjunctions of inequalities: which always hold, which never do, which follow from others.

An inequality is `expression > 0`, `>= 0`, `== 0` or `!= 0`, expanded into a sum of rational multiples of
products. One on its own is decided by interval arithmetic, which is exact where every symbol occurs once.
Several together are impossible if some sum of them with weights of at least 0 is never positive on the
supports (Farkas); a linear program finds the weights, and exact fractions check the sum, so that rounding
decides nothing. Products of symbols count as further symbols there: what is called impossible is, but not
all that is impossible is found.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from raison.solve.support import Interval, Supports
from raison.solve.symbols import SizeError, as_fraction, is_infinite, size

MAX_EXPANDED = 300
"""Terms and nodes up to which expressions are expanded, factored and brought to one denominator."""
MAX_CASES = 200
"""Alternatives of one condition."""

_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Atom:
    """`expression operator 0`, with operator one of `> >= == !=`; coefficients are coprime integers."""

    expression: Any
    operator: str

    @property
    def negated(self) -> Atom:
        """The opposite."""
        opposite = {">": ">=", ">=": ">", "==": "!=", "!=": "=="}[self.operator]
        return Atom(-self.expression if self.operator in ("<", ">", ">=") else self.expression, opposite)


Conjunction = frozenset[Atom]
Cases = list[Conjunction]
"""A disjunction; none for never, one empty conjunction for always."""

ALWAYS: Conjunction = frozenset()


@dataclass(slots=True)
class Reasoner:
    """Decides inequalities on given supports, as long as there is time.

    Attributes:
        supports: Where symbols lie.
        deadline: On `time.monotonic`; a condition that is not found by then is refused.
        polish: When simplification stops with what it has.
        written: For expressions of atoms, a shorter one of the same sign on the supports.
    """

    supports: Supports
    deadline: float
    polish: float
    written: dict[Any, Any] = field(default_factory=dict)
    _atoms: dict[tuple[Any, str], Atom | bool] = field(default_factory=dict)
    _impossible: dict[Conjunction, bool] = field(default_factory=dict)
    _bounds: dict[Any, Interval] = field(default_factory=dict)

    def check_time(self) -> None:
        """Refuse to go on when time is up."""
        if time.monotonic() > self.deadline:
            raise SizeError(
                "the closed form takes too long to find; solve at points with --at, or ask of later nodes."
            )

    # --- one inequality ---

    def atom(self, expression: Any, operator: str) -> Atom | bool:
        """An inequality in its normal form, or whether it holds if that is known."""
        key = (expression, operator)
        if key not in self._atoms:
            self.check_time()
            self._atoms[key] = self._normal(expression, operator)
        return self._atoms[key]

    def _normal(self, expression: Any, operator: str) -> Atom | bool:
        expanded = _expanded(expression)
        if not expanded.is_number and size(expanded) <= MAX_EXPANDED:
            numerator, denominator = sympy.fraction(sympy.together(expanded))
            if not denominator.is_number:
                where = self.bounds(denominator)
                if where.positive or where.negative:
                    expanded = _expanded(numerator if where.positive else -numerator)
        known = self._decide(expanded, operator)
        if known is not None:
            return known
        primitive = _primitive(self._without_known_factors(expanded))
        if operator in ("==", "!=") and primitive.could_extract_minus_sign():
            primitive = -primitive
        elif size(expression) < size(self.written.get(primitive, primitive)):
            self.written[primitive], self.written[-primitive] = expression, -expression
        return Atom(primitive, operator)

    def _without_known_factors(self, expression: Any) -> Any:
        """Divided by the factors whose sign is known on the supports."""
        if not expression.is_Add or size(expression) > MAX_EXPANDED // 3:
            return expression
        polynomial = expression.is_polynomial(*expression.free_symbols)
        factored = sympy.factor(expression) if polynomial else sympy.factor_terms(expression)
        kept: list[Any] = []
        for factor in sympy.Mul.make_args(factored):
            where = self.bounds(factor)
            if where.negative:
                kept.append(sympy.Integer(-1))
            elif not where.positive:
                kept.append(factor)
        return _expanded(sympy.Mul(*kept))

    def bounds(self, expression: Any) -> Interval:
        """Where an expression lies, as far as its sum and its factors tell."""
        if expression not in self._bounds:
            self._bounds[expression] = self.supports.bounds(expression)
        return self._bounds[expression]

    def _decide(self, expression: Any, operator: str) -> bool | None:
        known = _from_bounds(self.bounds(expression), operator)
        if known is None and expression.is_Add and size(expression) <= MAX_EXPANDED // 3:
            factored = sympy.factor_terms(expression)
            known = _from_bounds(self.bounds(factored), operator)
            if known is None and expression.is_polynomial(*expression.free_symbols):
                known = _from_bounds(self.bounds(sympy.factor(expression)), operator)
        return known

    # --- several ---

    def impossible(self, conjunction: Conjunction) -> bool:
        """Whether inequalities are known to contradict each other; False where that is not found."""
        if len(conjunction) < 2 and not self.supports.links:
            return False
        if any(atom.negated in conjunction for atom in conjunction):
            return True
        if conjunction not in self._impossible:
            self._impossible[conjunction] = self._contradiction(conjunction)
        return self._impossible[conjunction]

    def implies(self, conjunction: Conjunction, atom: Atom) -> bool:
        """Whether an inequality is known to follow from others."""
        return atom in conjunction or self.impossible(conjunction | {atom.negated})

    def _contradiction(self, conjunction: Conjunction) -> bool:
        from scipy.optimize import linprog

        self.check_time()
        rows: list[tuple[dict[Any, Fraction], bool]] = []
        for atom in conjunction:
            if atom.operator in (">", ">=", "=="):
                rows.append((_linear(atom.expression), atom.operator == ">"))
            if atom.operator == "==":
                rows.append((_linear(-atom.expression), False))
        rows += [(_linear(_expanded(link)), True) for link in self.supports.links]
        names = list(dict.fromkeys(name for row, _ in rows for name in row if name != 1))
        if not names or len(rows) < 2:
            return False
        scale = [max(abs(float(c)) for c in row.values()) for row, _ in rows]
        matrix = np.array(
            [
                [-float(row.get(n, 0)) / s for n in names] + [1.0]
                for (row, _), s in zip(rows, scale, strict=True)
            ]
        )
        limit = np.array([float(row.get(1, 0)) / s for (row, _), s in zip(rows, scale, strict=True)])
        ranges = [self.bounds(name) for name in names]
        box = [(_end(r.low), _end(r.high)) for r in ranges] + [(None, 1.0)]
        objective = np.zeros(len(names) + 1)
        objective[-1] = -1.0
        found = linprog(objective, A_ub=matrix, b_ub=limit, bounds=box, method="highs")
        if found.status != 0 or -found.fun > _SLACK:
            return False
        shares = [-float(m) for m in found.ineqlin.marginals]
        return self._refuted(rows, scale, shares)

    def _refuted(self, rows: Any, scale: Sequence[float], shares: Sequence[float]) -> bool:
        """Check in exact fractions that the weighted sum of the rows is never what it would have to be."""
        weights = [
            Fraction(max(share, 0.0) / s).limit_denominator(10_000)
            for share, s in zip(shares, scale, strict=True)
        ]
        total: dict[Any, Fraction] = {}
        strict = False
        for (row, is_strict), weight in zip(rows, weights, strict=True):
            if weight == 0:
                continue
            strict |= is_strict
            for name, coefficient in row.items():
                total[name] = total.get(name, Fraction(0)) + weight * coefficient
        interval = Interval.at(total.pop(1, Fraction(0)))
        for name, coefficient in total.items():
            if coefficient:
                interval = interval + self.bounds(name) * Interval.at(coefficient)
        return _from_bounds(interval, ">" if strict else ">=") is False and any(weights)

    # --- alternatives ---

    def conjoin(self, left: Cases, right: Cases) -> Cases:
        """Both conditions at once."""
        found: dict[Conjunction, None] = {}
        for a in left:
            for b in right:
                both = a | b
                if both not in found and not self.impossible(both):
                    found[both] = None
                if len(found) > MAX_CASES:
                    raise SizeError(
                        f"a closed form needs at most {MAX_CASES} alternatives; solve at points with --at, "
                        "or ask of later nodes."
                    )
        return list(found)

    def simplify(self, cases: Cases) -> Cases:
        """An equivalent disjunction with fewer and shorter cases, as far as time allows."""
        found = list(dict.fromkeys(case for case in cases if not self.impossible(case)))
        changed = True
        while changed and time.monotonic() < self.polish:
            before = list(found)
            found = _absorbed([self._short(case) for case in found], self)
            found = _absorbed([self._wide(case, found) for case in found], self)
            changed = set(found) != set(before)
        return found

    def _short(self, case: Conjunction) -> Conjunction:
        """Without inequalities that follow from the others."""
        for atom in sorted(case, key=lambda a: -size(a.expression)):
            if time.monotonic() > self.polish:
                break
            rest = case - {atom}
            if self.impossible(rest | {atom.negated}):
                case = rest
        return case

    def _wide(self, case: Conjunction, cases: Cases) -> Conjunction:
        """Without inequalities where their opposite falls under another case."""
        for atom in sorted(case, key=lambda a: -size(a.expression)):
            if time.monotonic() > self.polish:
                break
            other = (case - {atom}) | {atom.negated}
            if self.impossible(other) or any(
                all(self.implies(other, wanted) for wanted in rival) for rival in cases if rival != case
            ):
                case = case - {atom}
        return case


def _absorbed(cases: Cases, reasoner: Reasoner) -> Cases:
    """Without cases that fall under another one."""
    kept = list(dict.fromkeys(cases))
    for case in sorted(kept, key=len, reverse=True):
        if time.monotonic() > reasoner.polish:
            break
        others = [other for other in kept if other != case]
        if any(all(reasoner.implies(case, atom) for atom in other) for other in others):
            kept = others
    return kept


def _end(value: Fraction | float) -> float | None:
    return None if is_infinite(value) else float(value)


def _from_bounds(interval: Interval, operator: str) -> bool | None:
    if operator in ("==", "!="):
        if interval.positive or interval.negative:
            return operator == "!="
        return operator == "==" if interval.low == interval.high == 0 else None
    if interval.positive or (operator == ">=" and interval.low >= 0):
        return True
    if interval.negative or (operator == ">" and interval.high <= 0):
        return False
    return None


def _terms(expression: Any) -> float:
    """About how many terms an expression has when expanded."""
    if expression.is_Add:
        return sum(_terms(part) for part in expression.args)
    if expression.is_Mul:
        return math.prod(_terms(part) for part in expression.args)
    if expression.is_Pow and expression.exp.is_Integer and expression.exp > 0:
        return min(_terms(expression.base) ** int(expression.exp), 1e9)
    return max((_terms(part) for part in expression.args if not part.is_Boolean), default=1)


def _expanded(expression: Any) -> Any:
    if _terms(expression) > MAX_EXPANDED:
        return expression
    return sympy.expand(expression, power_exp=False, log=False, power_base=False)


def _linear(expression: Any) -> dict[Any, Fraction]:
    """Coefficients by product; under 1 the constant."""
    found: dict[Any, Fraction] = {}
    for term in sympy.Add.make_args(expression):
        coefficient, product = term.as_coeff_Mul(rational=True)
        key = 1 if product == 1 else product
        found[key] = found.get(key, Fraction(0)) + as_fraction(coefficient)
    return found


def _primitive(expression: Any) -> Any:
    """The expression divided by what its rational coefficients have in common."""
    coefficients = [c for c in _linear(expression).values() if c]
    if not coefficients:
        return expression
    numerator = math.gcd(*(c.numerator for c in coefficients))
    denominator = math.lcm(*(c.denominator for c in coefficients))
    return sympy.expand(expression * sympy.Rational(denominator, numerator), deep=False)


def symbols_of(conjunctions: Iterable[Conjunction]) -> set[Any]:
    """Every symbol that is mentioned."""
    return {symbol for case in conjunctions for atom in case for symbol in atom.expression.free_symbols}
