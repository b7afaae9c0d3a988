"""A margin as a formula that holds near one point: every choice and condition as it turns out there.

Each number is carried as a sympy expression together with its value at the point. Comparisons are decided by
the values, so conditions, `max` and the choices of the game fold away, and what is left is the difference of
two expected payoffs along the play at the point. Names that do not depend on one chosen parameter stay names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from raison.model.evaluate import FLOATS, Operations, evaluate, evaluate_truth
from raison.model.formula import Formula
from raison.model.records import Chance, Decision, Distribution
from raison.program.graph import OUTCOME, Graph, Results
from raison.program.premises import definitions, used_names
from raison.program.program import Program
from raison.solve.symbols import SYMBOLS, SizeError, bounded


@dataclass(frozen=True, slots=True)
class Near:
    """An expression and its value at the point."""

    expression: Any
    at: float

    def __neg__(self) -> Near:
        return Near(-self.expression, -self.at)


def _both(name: str, symbolic: Callable[..., Any], plain: Callable[..., float]) -> Callable[..., Near]:
    def operation(*numbers: Near) -> Near:
        at = plain(*(number.at for number in numbers))
        if not math.isfinite(at):
            raise SizeError(f"a closed form needs finite numbers; '{name}' is not finite here.")
        return Near(bounded(symbolic(*(number.expression for number in numbers))), at)

    return operation


def _clip(x: Near, low: Near, high: Near) -> Near:
    return min((max((x, low), key=_at), high), key=_at)


def _at(number: Near) -> float:
    return number.at


def _whole(plain: Callable[..., float]) -> Callable[..., Near]:
    def operation(*numbers: Near) -> Near:
        at = plain(*(number.at for number in numbers))
        return Near(sympy.Integer(round(at)), at)

    return operation


def _remainder(a: Near, b: Near) -> Near:
    times = math.floor(a.at / b.at)
    return Near(bounded(a.expression - times * b.expression), a.at - times * b.at)


def _never(*_: Any) -> Any:
    raise SizeError("a closed form near a point has no open conditions and no 'root'.")


_PICKS: dict[str, Callable[..., Near]] = {
    "abs": lambda x: x if x.at >= 0 else -x,
    "min": lambda *numbers: min(numbers, key=_at),
    "max": lambda *numbers: max(numbers, key=_at),
    "clip": _clip,
    "floor": _whole(FLOATS.functions["floor"]),
    "ceil": _whole(FLOATS.functions["ceil"]),
}
NEAR = Operations(
    number=lambda text: Near(SYMBOLS.number(text), FLOATS.number(text)),
    binary={
        **{o: _both(o, SYMBOLS.binary[o], FLOATS.binary[o]) for o in ("+", "-", "*", "/", "**")},
        "//": _whole(FLOATS.binary["//"]),
        "%": _remainder,
    },
    compare={
        sign: (lambda a, b, plain=plain: bool(plain(a.at, b.at))) for sign, plain in FLOATS.compare.items()
    },
    select=_never,
    conjunction=_never,
    disjunction=_never,
    negation=_never,
    as_number=_never,
    as_truth=lambda a: bool(a.at != 0),
    functions=_PICKS
    | {
        name: _both(name, function, FLOATS.functions[name])
        for name, function in SYMBOLS.functions.items()
        if name not in _PICKS
    },
    root=_never,
)
"""Expressions with their value at a point."""


@dataclass(slots=True)
class Point:
    """One point of a game of perfect information, and its solution there.

    Attributes:
        program: Compiled, without information sets.
        values: Of every uncertain parameter, a number or one of its names.
        target: The parameter that stays a symbol wherever something depends on it.
    """

    program: Program
    values: Mapping[str, float | str]
    target: str
    depends: frozenset[str] = field(init=False)
    numbers: dict[tuple[str, Results], Any] = field(default_factory=dict)
    expressions: dict[tuple[str, Results], Any] = field(default_factory=dict)
    payoffs: dict[int, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        uses = {
            name: used_names(self.program.model, value) for name, value in definitions(self.program.model)
        }
        found = {self.target}
        while more := {name for name, used in uses.items() if used & found} - found:
            found |= more
        self.depends = frozenset(found)

    @property
    def graph(self) -> Graph:
        """The game's states.

        Raises:
            SizeError: there are none.
        """
        if (
            self.program.graph is None
            or self.program.form is not None
            or self.program.model.rounds is not None
        ):
            raise SizeError("a closed form needs a game, played once, in which everybody sees everything.")
        return self.program.graph

    def known(self) -> dict[str, float]:
        """By the name of each symbol that an expression may have, its value."""
        return {name: value for (name, _), value in self.numbers.items() if isinstance(value, float)}

    # --- numbers ---

    def _number(self, name: str, results: Results) -> Any:
        model = self.program.model
        if name in model.game or name == "outcome":
            return dict(results).get(name, "")
        key = (name, results if name in self.program.on_results else ())
        if key not in self.numbers:
            self.numbers[key] = self._evaluated(name, key[1], FLOATS, self._number, lambda value: value)
        return self.numbers[key]

    def _expression(self, name: str, results: Results) -> Any:
        number = self._number(name, results)
        if isinstance(number, str):
            return number
        key = (name, results if name in self.program.on_results else ())
        if key not in self.expressions:
            symbol = lambda value: Near(sympy.Symbol(name, real=True), value)
            opened = name in self.program.on_results or (name in self.depends and name != self.target)
            self.expressions[key] = (
                self._evaluated(name, key[1], NEAR, self._expression, symbol) if opened else symbol(number)
            )
        return self.expressions[key]

    def _evaluated(
        self,
        name: str,
        results: Results,
        kind: Operations,
        names: Callable[..., Any],
        given: Callable[..., Any],
    ) -> Any:
        model = self.program.model
        quantity = model.quantities.get(name)
        definition = model.parameters[name].value if quantity is None else quantity.value
        if isinstance(definition, Distribution):
            value = self.values[name]
            return value if isinstance(value, str) else given(float(value))
        return self._of(definition, results, kind, names)

    def _of(self, formula: Formula, results: Results, kind: Operations, names: Callable[..., Any]) -> Any:
        return evaluate(formula.expression, lambda name: names(name, results), kind, self._functions())

    def _functions(self) -> Any:
        return {name: (f.arguments, f.body.expression) for name, f in self.program.model.functions.items()}

    # --- the game ---

    def worth(self, s: int) -> tuple[float, ...]:
        """What every player expects from a state on; -inf at a dead end."""
        if s not in self.payoffs:
            state, model = self.graph.states[s], self.program.model
            if state.mover == OUTCOME:
                ended = (*state.results, ("outcome", state.name))
                rows = model.outcomes[state.name]
                found = [
                    float(self._of(rows[player], ended, FLOATS, self._number)) for player in model.players
                ]
            elif isinstance(model.game[state.name], Chance):
                chances = self._chances(s, FLOATS, self._number, 1.0)
                below = [self.worth(child) for child in state.children]
                found = [
                    sum(c * w[p] for c, w in zip(chances, below, strict=True) if c)
                    for p in range(len(model.players))
                ]
            else:
                best = self.best(s)
                found = [-math.inf] * len(model.players) if best is None else list(self.worth(best))
            self.payoffs[s] = tuple(found)
        return self.payoffs[s]

    def best(self, s: int, but: int | None = None, player: int | None = None) -> int | None:
        """The state that the best available move leads to, for a player; leaving out the move `but`."""
        state = self.graph.states[s]
        whose = state.mover if player is None else player
        allowed = [
            child
            for move, child in enumerate(state.children)
            if move != but and self._is_available(s, move) and self.worth(child)[whose] > -math.inf
        ]
        return max(allowed, key=lambda child: self.worth(child)[whose], default=None)

    def _is_available(self, s: int, move: int) -> bool:
        state = self.graph.states[s]
        node = self.program.model.game[state.name]
        when = node.moves[state.labels[move]].when if isinstance(node, Decision) else None
        if when is None:
            return True
        names = lambda name: self._number(name, state.results)
        return bool(evaluate_truth(when.expression, names, FLOATS, self._functions()))

    def _chances(self, s: int, kind: Operations, names: Callable[..., Any], one: Any) -> Sequence[Any]:
        state = self.graph.states[s]
        node = self.program.model.game[state.name]
        if not isinstance(node, Chance):
            raise TypeError(f"'{state.name}' is a decision.")
        found: list[Any] = []
        rest = one
        for label in state.labels:
            formula = node.cases[label].probability
            chance = None if formula is None else self._of(formula, state.results, kind, names)
            found.append(chance)
            rest = rest if chance is None else kind.binary["-"](rest, chance)
        return [rest if chance is None else chance for chance in found]

    def payoff(self, s: int, player: int) -> Near:
        """What a player expects from a state on, along the play at the point.

        Raises:
            SizeError: it is too long, not finite, or beyond what has a closed form.
        """
        state, model = self.graph.states[s], self.program.model
        if state.mover == OUTCOME:
            ended = (*state.results, ("outcome", state.name))
            formula = model.outcomes[state.name][list(model.players)[player]]
            return self._of(formula, ended, NEAR, self._expression)
        if not isinstance(model.game[state.name], Chance):
            best = self.best(s)
            if best is None:
                raise SizeError(f"play comes to a dead end at '{state.name}' here.")
            return self.payoff(best, player)
        total = NEAR.number("0")
        chances = self._chances(s, NEAR, self._expression, NEAR.number("1"))
        for chance, child in zip(chances, state.children, strict=True):
            if chance.at or chance.expression != 0:
                part = NEAR.binary["*"](chance, self.payoff(child, player))
                total = NEAR.binary["+"](total, part)
        return total

    def lead(self, node: str, move: str, player: int | None = None) -> Near | None:
        """The payoff of a move at a node less that of the best other; None where there is no such thing.

        Args:
            node: A decision that has one state.
            move: One of its moves, available here.
            player: For whose payoff; None for who moves.

        Raises:
            SizeError: as in `payoff`.
        """
        states = self.graph.of_node.get(node, ())
        if len(states) != 1:
            return None
        state = self.graph.states[states[0]]
        whose = state.mover if player is None else player
        place = state.labels.index(move)
        other = self.best(states[0], place, whose)
        if other is None or not self._is_available(states[0], place):
            return None
        return NEAR.binary["-"](self.payoff(state.children[place], whose), self.payoff(other, whose))
