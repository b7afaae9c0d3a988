"""What a model's names and formulas stand for, as sympy expressions and as alternatives of inequalities.

Quantities are expanded into parameters where that makes at most `LONG` nodes of sympy's tree (`LONG_OF_MANY`
where there are many parameters), and otherwise keep their name.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy

from raison.model.evaluate import Bindings, Coded, evaluate, evaluate_truth
from raison.model.formula import Formula, Simulated
from raison.model.records import Distribution
from raison.program.program import Program
from raison.solve.inequalities import ALWAYS, MAX_CASES, Atom, Cases, Conjunction, Reasoner
from raison.solve.support import INF, Interval, Supports
from raison.solve.symbols import SYMBOLS, SizeError, bounded, size, to_text

LONG = 16
"""Nodes of a quantity's formula, in sympy's tree, above which it keeps its name."""
MANY, LONG_OF_MANY = 20, 5
"""The same in a model of more than 20 uncertain parameters."""
SECONDS = 30.0
"""Time for all questions of a model; simplification stops at half of it."""

ZERO = Fraction(0)
Results = tuple[tuple[str, str], ...]
"""Earlier results of the game, by node."""


@dataclass(slots=True)
class Terms:
    """A model in symbols.

    Attributes:
        program: The compiled model.
        supports: Where each symbol lies.
        links: Expressions that are above 0, where the ends of a distribution depend on other names.
        coded: The names that a symbol's values are codes of, for a `choice` of names.
        known: What names stand for after results, as far as it was asked for.
        reasoner: Simplifies alternatives on the supports.
    """

    program: Program
    supports: dict[Any, Interval] = field(default_factory=dict)
    links: list[Any] = field(default_factory=list)
    coded: dict[Any, tuple[str, ...]] = field(default_factory=dict)
    known: dict[tuple[str, Results], Any] = field(default_factory=dict)
    reasoner: Reasoner = field(init=False)

    def __post_init__(self) -> None:
        start = time.monotonic()
        for name in (*self.program.model.parameters, *self.program.model.quantities):
            if name not in self.program.on_results:
                self.value(name, ())
        supports = Supports(self.supports, tuple(self.links))
        self.reasoner = Reasoner(supports, start + SECONDS, start + SECONDS / 2)

    @property
    def long(self) -> int:
        """Nodes above which a quantity keeps its name."""
        return LONG if len(self.program.coordinates) <= MANY else LONG_OF_MANY

    def value(self, name: str, results: Results) -> Any:
        """What a name stands for after these results."""
        model = self.program.model
        if name in model.game or name == "outcome":
            return dict(results).get(name, "")
        key = (name, results if name in self.program.on_results else ())
        if key not in self.known:
            self.known[key] = self._defined(name, key[1])
        return self.known[key]

    def _defined(self, name: str, results: Results) -> Any:
        model = self.program.model
        if name in model.quantities:
            value = self.number(model.quantities[name].value, results)
            if size(value) <= self.long or name in self.program.on_results:
                return value
            return self._symbol(name, Supports(self.supports).bounds(value))
        definition = model.parameters[name].value
        if isinstance(definition, Formula):
            return self.number(definition, results)
        return self._uncertain(name, definition, results)

    def _symbol(self, name: str, where: Interval) -> Any:
        sign = (
            {"positive": True} if where.positive else {"negative": True} if where.negative else {"real": True}
        )
        symbol = sympy.Symbol(name, **sign)
        self.supports[symbol] = where
        return symbol

    def _uncertain(self, name: str, definition: Distribution, results: Results) -> Any:
        kind = definition.kind
        if definition.names:
            last = Interval.at(ZERO).hull(Interval.at(ZERO + len(definition.names) - 1))
            symbol = self._symbol(name, last)
            self.coded[symbol] = definition.names
            return Coded(symbol, definition.names)
        numbers = [self.number(argument, results) for argument in definition.arguments]
        ranges = [Supports(self.supports).bounds(number) for number in numbers]
        if kind in ("uniform", "triangular", "pert"):
            symbol = self._symbol(name, Interval(ranges[0].low, ranges[-1].high))
            self.links += [symbol - numbers[0]] if not numbers[0].is_number else []
            self.links += [numbers[-1] - symbol] if not numbers[-1].is_number else []
            return symbol
        if kind == "choice":
            where = ranges[0]
            for other in ranges[2::2]:
                where = where.hull(other)
            return self._symbol(name, where)
        if kind == "quantiles":
            return self._symbol(name, ranges[1].hull(ranges[-1]))
        low = ZERO if kind in ("lognormal", "beta") else -INF
        return self._symbol(name, Interval(low, ZERO + 1 if kind == "beta" else INF))

    def _simulated(self, call: Simulated, bindings: Bindings) -> Any:
        """A call of a process, as a symbol of its own: no closed form goes through a loop over time."""
        given = {
            name: evaluate(value, bindings, SYMBOLS, self._functions(), self._simulated)
            for name, value in call.inputs
        }
        inputs = ", ".join(f"{name}={to_text(value)}" for name, value in given.items())
        return self._symbol(f"{call.process}({inputs}).{call.output}", Interval(-INF, INF))

    def _evaluated(self, results: Results) -> tuple[Any, ...]:
        return lambda name: self.value(name, results), SYMBOLS, self._functions(), self._simulated

    def _functions(self) -> Any:
        return {name: (f.arguments, f.body.expression) for name, f in self.program.model.functions.items()}

    def number(self, formula: Formula, results: Results) -> Any:
        """The number that a formula stands for after these results.

        Raises:
            SizeError: it is too long.
        """
        return bounded(evaluate(formula.expression, *self._evaluated(results)))

    def truth(self, formula: Formula, results: Results, holds: bool = True) -> Cases:
        """The alternatives in which a formula holds after these results, or does not."""
        found = evaluate_truth(formula.expression, *self._evaluated(results))
        return self.cases(found, holds)

    # --- truths as alternatives ---

    def cases(self, truth: Any, holds: bool = True) -> Cases:
        """The alternatives in which a truth holds, or does not."""
        if isinstance(truth, bool) or truth in (sympy.true, sympy.false):
            return [ALWAYS] if bool(truth) == holds else []
        if isinstance(truth, sympy.Not):
            return self.cases(truth.args[0], not holds)
        if isinstance(truth, sympy.And | sympy.Or):
            parts = [self.cases(part, holds) for part in truth.args]
            if isinstance(truth, sympy.And) != holds:
                return [case for part in parts for case in part]
            joined: Cases = [ALWAYS]
            for part in parts:
                joined = self.reasoner.conjoin(joined, part)
            return joined
        operator = (
            truth.rel_op
            if holds
            else {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}[truth.rel_op]
        )
        return self.compare(truth.lhs, operator, truth.rhs)

    def compare(self, left: Any, operator: str, right: Any) -> Cases:
        """The alternatives in which one number compares with another."""
        difference, sign = (
            (right - left, operator.replace("<", ">")) if "<" in operator else (left - right, operator)
        )
        found: Cases = []
        for when, whole in self.split(difference):
            atom = self.reasoner.atom(whole, sign)
            if atom is True:
                found.append(when)
            elif isinstance(atom, Atom):
                found += self.reasoner.conjoin([when], [frozenset({self._other_name(atom)})])
        return found

    def _other_name(self, atom: Atom) -> Atom:
        """`!=` one of two names is `==` the other."""
        symbols = list(atom.expression.free_symbols)
        if atom.operator == "!=" and len(symbols) == 1 and len(self.coded.get(symbols[0], ())) == 2:
            other = symbols[0] if atom.expression == symbols[0] - 1 else symbols[0] - 1
            return Atom(other, "==")
        return atom

    def split(self, expression: Any) -> list[tuple[Conjunction, Any]]:
        """An expression without conditionals, for each way in which its conditions turn out."""
        found_pieces = expression.atoms(sympy.Piecewise, sympy.Abs)
        compound = [piece for piece in found_pieces if size(piece) > 2]  # abs(x) of a symbol stays as it is
        pieces = sorted(compound, key=lambda piece: (size(piece), str(piece)))
        if not pieces:
            return [(ALWAYS, expression)]
        found: list[tuple[Conjunction, Any]] = []
        before: Cases = [ALWAYS]
        for value, condition in _parts(pieces[0]):
            here = self.reasoner.conjoin(before, self.cases(condition))
            before = self.reasoner.conjoin(before, self.cases(condition, False))
            if not here:
                continue
            for when, whole in self.split(expression.xreplace({pieces[0]: value})):
                found += [(both, whole) for both in self.reasoner.conjoin(here, [when])]
        if len(found) > MAX_CASES:
            raise SizeError(
                f"a closed form needs at most {MAX_CASES} alternatives; solve at points with --at."
            )
        return found


def _parts(piece: Any) -> Sequence[tuple[Any, Any]]:
    """The values of a conditional or an absolute value, each with its condition."""
    if isinstance(piece, sympy.Abs):
        inner = piece.args[0]
        return (inner, sympy.GreaterThan(inner, 0, evaluate=False)), (-inner, sympy.true)
    return [(value, condition) for value, condition in piece.args]
