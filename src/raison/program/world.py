"""One evaluation of a compiled model, as arrays.

A `World` is made while JAX traces, or step by step in NumPy: it turns points of the unit cube (or central
values, or chosen values) into parameters, quantities, payoffs, chances and availabilities, each computed once
and only if asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from raison.model.evaluate import Coded, Taken, Value, evaluate, evaluate_truth
from raison.model.formula import Expression, Formula, Text
from raison.model.records import Chance, Decision, Definition, Distribution, Spread
from raison.program import cells, copula, quantile, xp
from raison.program.arrays import ARRAYS
from raison.program.form import is_amount
from raison.program.graph import Results
from raison.program.hold import Hold, hold
from raison.program.jumps import reacts_by_jumps
from raison.program.premises import Slot, definitions, used_names
from raison.program.process.calls import Below, Calls
from raison.program.program import Program, coordinate, failure_reasons, played_names

ROUNDING = 1e-12
"""Probabilities may miss 0, 1 and their sum by this much before a draw fails."""


class World:
    """One evaluation of a program; arrays are `[B]` float64, or Python floats where all draws agree.

    Args:
        program: The compiled model.
        cube: `[D, B]` float64 in the open unit interval, a row per coordinate; None for central values.
        removed: `[K]` bool, whether each switchable premise is removed; None for none.
        chosen: Values that take the place of parameters, float64 `[B]` (codes of names for a `choice`).
        hold: How each computed value is kept.
        committed: By decision `[B]`, the place among its moves of the one that its player is bound to;
            negative where he is free.
        simulated: What the definitions' calls of processes give and where they fail, from another evaluation
            of the same draws; None where they are simulated here.
    """

    def __init__(
        self,
        program: Program,
        cube: Any = None,
        removed: Any = None,
        chosen: Mapping[str, Any] | None = None,
        hold: Hold = hold,
        committed: Mapping[str, Any] | None = None,
        simulated: tuple[Sequence[Any], Mapping[str, Any]] | None = None,
    ) -> None:
        self.program = program
        self.model = program.model
        self.removed = removed
        self.rank = 1 if program.form is None else program.form.rank
        self.axis = {} if program.form is None else {a.name: k for k, a in enumerate(program.form.axes)}
        self.inputs = (cube, dict(chosen or {}))
        self.chosen = {name: self.deepened(values) for name, values in (chosen or {}).items()}
        self.committed = {node: self.deepened(moves) for node, moves in (committed or {}).items()}
        self.fractions: Mapping[str, Sequence[tuple[Results, Any]]] = {}
        self.scales: Mapping[str, Any] = {}
        self.base: World | None = None
        self.spread: Callable[[Value], Value] = _same
        self.beyond: Callable[[str, str, Results], Value] | None = None
        self.hold = hold
        self.functions = {
            name: (function.arguments, function.body.expression)
            for name, function in self.model.functions.items()
        }
        self.known: dict[tuple[str, Results], Value] = {}
        given, faults = ((), {}) if simulated is None else simulated
        self.faults: dict[str, Any] = dict(faults)  # reason -> [B] bool
        self._reason = failure_reasons(self.model)
        self.calls = Calls(program.plans, self.value, self.depends_on_results, self._fault, given=given)
        self._amounts: dict[tuple[str, Results], tuple[Value, Value]] = {}
        self.cube: dict[str, Any] | None = None
        self._traced = any(isinstance(a, jax.Array) for a in (cube, *self.chosen.values()))
        if cube is not None:
            rows = {name: cube[row] for row, name in enumerate(program.coordinates)}
            correlations = [
                replace(c, among=tuple(coordinate(name) for name in c.among)) for c in self.model.correlations
            ]
            self.cube = {
                name: self.deepened(row) for name, row in copula.correlated(correlations, rows).items()
            }

    def deepened(self, row: Any) -> Any:
        """A row of draws `[B]` with a dimension of size 1 for each axis of the game before it."""
        return row.reshape((1,) * (self.rank - 1) + row.shape)

    # --- names ---

    def value(self, name: str, results: Results = ()) -> Value:
        """What a name stands for after these results: a parameter, a quantity, or a result itself."""
        if name in self.chosen:
            return self._chosen(name)
        if name in self.fractions:
            return self._fraction(name, results)
        if name in self.model.game:
            return self._taken(name, results)
        if name in self.axis:
            return self._type(name)
        if name == "outcome":
            return dict(results).get(name, "")
        if self.base is not None and name not in self.program.on_results:
            return self.calls.came_from(self.base.value(name), self.spread)
        key = (name, tuple(r for r in results) if name in self.program.on_results else ())
        if key not in self.known:
            self.known[key] = self._defined(name, key[1])
        return self.known[key]

    def number(self, formula: Formula | Expression, results: Results = ()) -> Value:
        """The number that a formula stands for after these results."""
        expression = formula.expression if isinstance(formula, Formula) else formula
        return evaluate(expression, *self._evaluated(results))

    def truth(self, formula: Formula | Expression, results: Results = ()) -> Value:
        """Whether a formula holds after these results: `[B]` bool, or a Python bool if all draws agree."""
        expression = formula.expression if isinstance(formula, Formula) else formula
        return evaluate_truth(expression, *self._evaluated(results))

    def _evaluated(self, results: Results) -> tuple[Any, ...]:
        """How formulas are evaluated after these results: names, numbers, functions, processes."""
        file = lambda name: self.value(name, results)
        return file, ARRAYS, self.functions, lambda call, inner: self.calls.value(call, inner, results, file)

    def depends_on_results(self, expression: Expression) -> bool:
        """Whether a formula asks how play went, or for a state of the rounds."""
        asked = used_names(self.model, Formula("", expression))
        results = {*self.model.game, "outcome", *played_names(self.model)}
        return bool(asked & (self.program.on_results | results))

    def _taken(self, node: str, results: Results) -> Value:
        """The result of a node: its label, or what was drawn or chosen there where that is an amount."""
        for index, (passed, label) in enumerate(results):
            if passed == node:
                if node not in self.axis or not is_amount(self.model.game[node], label):
                    return label
                return Taken(self.amounts(node, results[:index])[0], label)
        return ""

    def _fraction(self, name: str, results: Results) -> Value:
        """A share of a continuum of players: that of the state which play came through, 0 if it did not."""
        for came, share in self.fractions[name]:
            if results[: len(came)] == came:
                return share
        return 0.0

    def again(self, fractions: Mapping[str, Sequence[tuple[Results, Any]]]) -> World:
        """The same draws with other shares of a continuum of players; faults are kept together."""
        other = copy(self)
        other.known, other.fractions = {}, fractions
        other.calls = Calls(other.program.plans, other.value, other.depends_on_results, other._fault)
        return other

    def rescaled(self, scales: Mapping[str, Any]) -> World:
        """The same draws with other amounts to choose from on some scales; faults are kept together.

        Args:
            scales: By node its amounts, as many as it has steps.
        """
        other = copy(self)
        other.known = {
            key: value for key, value in self.known.items() if key[0] not in self.program.on_results
        }
        other.scales = {**self.scales, **scales}
        other._amounts = {key: value for key, value in self._amounts.items() if key[0] not in scales}
        other.calls = Calls(other.program.plans, other.value, other.depends_on_results, other._fault)
        return other

    def stage(
        self,
        carried: Mapping[str, Any],
        rank: int,
        spread: Callable[[Value], Value],
        beyond: Callable[[str, str, Results], Value] | None = None,
    ) -> World:
        """The same draws in one period of rounds, at many states at once.

        Args:
            carried: Values of the states, of `period`, or of what play came to, of `rank` dimensions.
            rank: Dimensions of its arrays.
            spread: Brings what is the same in all states, `[B]`, to that rank.
            beyond: What the outcome of a game is worth to a player beyond the period's payoff.

        Returns:
            A world with faults of its own, which are `[B]` or have the shape of `carried`.
        """
        other = copy(self)
        base = self if self.base is None else self.base
        other.known, other.faults, other._amounts = {}, {}, {}
        other.base, other.rank, other.spread, other.beyond = base, rank, spread, beyond
        below = Below(base.calls, spread)
        other.calls = Calls(
            other.program.plans, other.value, other.depends_on_results, other._fault, below=below
        )
        other.chosen = dict(carried)
        other.committed = {node: spread(moves) for node, moves in self.committed.items()}
        return other

    def following(self, outcome: str, state: str, results: Results) -> Value | None:
        """What an outcome makes of a state of the rounds; None where it stays."""
        formula = self.model.next.get(outcome, {}).get(state)
        return None if formula is None else self.number(formula, (*results, ("outcome", outcome)))

    def _type(self, name: str) -> Value:
        points = self.amounts(name)[0]
        definition = self.model.parameters[name].value
        names = definition.names if isinstance(definition, Distribution) else ()
        return Coded(points, names) if names else points

    def amounts(self, name: str, results: Results = ()) -> tuple[Value, Value]:
        """The amounts along an axis, and their probabilities (1 for a move on a scale).

        Args:
            name: Private type, or the node that draws or chooses the amount.
            results: Earlier results, where it is a node.

        Returns:
            Points and weights, each with the axis's size along its axis.
        """
        key = (name, results)
        if key not in self._amounts:
            points, weights = self._cut(name, results)
            self._amounts[key] = (self.hold(points), self.hold(weights))
        return self._amounts[key]

    def _cut(self, name: str, results: Results) -> tuple[Value, Value]:
        form = self.program.form
        if form is None:
            raise ValueError(f"'{name}' has no amounts.")
        axis, steps = self.axis[name], form.axes[self.axis[name]].steps
        node = self.model.game.get(name)
        if name in self.scales:
            return self.scales[name], 1.0
        if isinstance(node, Decision):
            scale = next(move.scale for move in node.moves.values() if move.scale is not None)
            low, high = self.number(scale.low, results), self.number(scale.high, results)
            shares = np.linspace(0.0, 1.0, steps)
            along = shares.reshape([-1 if k == axis else 1 for k in range(self.rank)])
            return low * (1 - along) + high * along, 1.0
        if isinstance(node, Spread):
            distribution, over = node.distribution, node.over
        else:
            definition = self.model.parameters[name].value
            if not isinstance(definition, Distribution):
                raise TypeError(f"only what is uncertain can be private; '{name}' is {definition.text}.")
            distribution, over = definition, None
        arguments = [
            float(position // 2)
            if isinstance(argument.expression, Text)
            else self.number(argument.expression, results)
            for position, argument in enumerate(distribution.arguments)
        ]
        self._fault(f"arguments:{name}", quantile.invalid(distribution.kind, arguments))
        if over is None:  # Gauss points serve only where nobody and no formula acts by jumps on the amount
            seen = any(axis in place.axes for place in form.places)
            smooth = not seen and not reacts_by_jumps(self.model, name)
            cut = cells.gauss_cells if smooth else cells.equal_cells
            return cut(distribution.kind, arguments, steps, axis, self.rank)
        low, high = self.number(over[0], results), self.number(over[1], results)
        self._fault(f"arguments:{name}", _either(_not_finite(high - low), high <= low))
        return cells.grid_cells(distribution.kind, arguments, low, high, steps, axis, self.rank)

    def _chosen(self, name: str) -> Value:
        if name == "ended":
            return Coded(self.chosen[name], ("", *self.model.ends))
        definition = self.model.parameters[name].value if name in self.model.parameters else None
        if isinstance(definition, Distribution) and definition.names:
            return Coded(self.chosen[name], definition.names)
        return self.chosen[name]

    def _defined(self, name: str, results: Results) -> Value:
        parameter = self.model.parameters.get(name)
        base: Definition = parameter.value if parameter is not None else self.model.quantities[name].value
        value, wrong = self._of(name, base, results)
        for replacement in self._replacements(("name", name)):
            switch, before = self.removed[replacement.switch], value
            after, wrong_after = self._of(name, replacement.definition, results, before)
            if name in used_names(self.model, replacement.definition):
                wrong_after = _either(wrong_after, wrong)
            value = _switched(switch, after, before)
            if wrong is not False or wrong_after is not False:
                wrong = xp.where(switch, wrong_after, wrong)
        held = self.hold(value.codes if isinstance(value, Coded) else value)
        value = Coded(held, value.names) if isinstance(value, Coded) else held
        self._fault(f"arguments:{name}", wrong)
        self._fault(f"name:{name}", _not_a_number(value))
        return value

    def _of(
        self, name: str, definition: Definition, results: Results, so_far: Value | None = None
    ) -> tuple[Value, Any]:
        """A definition's value, and where the arguments of its distribution are wrong."""

        def bound(other: str) -> Value:
            return so_far if other == name and so_far is not None else self.value(other, results)

        def number(expression: Expression) -> Value:
            simulate = lambda call, inner: self.calls.value(call, inner, results, bound)
            return evaluate(expression, bound, ARRAYS, self.functions, simulate)

        if isinstance(definition, Formula):
            return number(definition.expression), False
        arguments = [
            float(position // 2) if isinstance(argument.expression, Text) else number(argument.expression)
            for position, argument in enumerate(definition.arguments)
        ]
        wrong = quantile.invalid(definition.kind, arguments)
        if self.cube is None or coordinate(name) not in self.cube:  # nothing depends on it: see `drawn`
            value = quantile.central(definition.kind, arguments)
        else:
            value = quantile.quantile(definition.kind, self.cube[coordinate(name)], arguments)
        if not isinstance(value, float) and not self._traced:
            value, wrong = np.asarray(value), np.asarray(wrong)
        return (Coded(value, definition.names) if definition.names else value), wrong

    # --- the game ---

    def payoff(self, outcome: str, player: str, results: Results) -> Value:
        """What an outcome pays a player."""
        ended = (*results, ("outcome", outcome))
        value = self.number(self.model.outcomes[outcome][player], ended)
        for replacement in self._replacements(("payoff", outcome, player)):
            value = _switched(
                self.removed[replacement.switch], self.number(_formula(replacement.definition), ended), value
            )
        value = self.hold(value)
        self._fault(f"payoff:{outcome}:{player}", _not_finite(value))
        return value if self.beyond is None else self.hold(value + self.beyond(outcome, player, results))

    def probabilities(self, node: str, results: Results) -> tuple[Value, ...]:
        """The chances of a chance node's cases, in order; `otherwise` takes what is left."""
        chance = self.model.game[node]
        if not isinstance(chance, Chance):
            raise TypeError(f"'{node}' is a decision; only chance nodes have probabilities.")
        given: dict[str, Value] = {}
        rest: str | None = None
        for label, case in chance.cases.items():
            if case.probability is None:
                rest = label
                continue
            value = self.number(case.probability, results)
            for replacement in self._replacements(("probability", node, label)):
                other = self.number(_formula(replacement.definition), results)
                value = _switched(self.removed[replacement.switch], other, value)
            given[label] = value
        total: Value = 0.0
        for value in given.values():
            total = total + value
        if rest is not None:
            left = 1.0 - total
            given[rest] = xp.where(abs(left) <= ROUNDING, 0.0, left) if not isinstance(left, float) else left
            total = 1.0
        wrong = _either(*(_outside(value) for value in given.values()), _not_one(total))
        self._fault(f"chance:{node}", wrong)
        return self.hold(tuple(given[label] for label in chance.cases))

    def available(self, node: str, results: Results) -> tuple[Value, ...]:
        """Whether each move of a decision is available: `[B]` bool or a Python bool."""
        decision = self.model.game[node]
        if not isinstance(decision, Decision):
            raise TypeError(f"'{node}' is a chance node; only decisions have moves.")
        found: list[Value] = []
        for label, move in decision.moves.items():
            value: Value = True if move.when is None else self.truth(move.when, results)
            for replacement in self._replacements(("when", node, label)):
                other = self.truth(_formula(replacement.definition), results)
                value = xp.where(self.removed[replacement.switch], other, value)
            if node in self.committed:
                bound = self.committed[node]
                value = value & ((bound < 0) | (bound == len(found)))
            found.append(value)
        return self.hold(tuple(found))

    # --- status ---

    def stuck(self, node: str, where: Any) -> None:
        """Mark the draws in which play comes to a decision without a move."""
        self._fault(f"stuck:{node}", where)

    def imprecise(self, where: Any) -> None:
        """Mark the draws in which the precision of a logit equilibrium is not above 0."""
        self._fault("precision", where)

    def unsolved(self, where: Any) -> None:
        """Mark the draws in which no equilibrium was found."""
        self._fault("unsolved", where)

    def question_fault(self, where: Any) -> None:
        """Mark the draws in which a question's number is not finite."""
        self._fault("question", where)

    def rounds_fault(self, reason: str, where: Any) -> None:
        """Mark the draws in which something of the rounds is wrong; see `failure_reasons`."""
        self._fault(reason, where)

    def values(self, batch: int) -> dict[str, Any]:
        """Every parameter and quantity that does not depend on results, `[B]` float64 (codes of names)."""
        found: dict[str, Any] = {}
        for name, _ in definitions(self.model):
            if name not in self.program.on_results:
                row = xp.asarray(self.codes(name), xp.float64)
                found[name] = xp.broadcast_to(row.reshape(row.shape[-1:]), (batch,))
        return found

    def codes(self, name: str) -> Any:
        """A parameter or quantity as a number; of a name, its code."""
        value = self.value(name)
        return value.codes if isinstance(value, Coded) else value

    def check_definitions(self) -> None:
        """Evaluate every definition that does not depend on results, so that its faults are found."""
        for name, _ in definitions(self.model):
            if name not in self.program.on_results:
                self.value(name)

    def status(self, batch: int) -> Any:
        """`[B]` int32: index into `Program.reasons`, the first in the model's order where several apply."""
        status = xp.zeros(batch, xp.int32)
        keys = list(self._reason)
        for position, key in enumerate(reversed([key for key in keys if key in self.faults])):
            status = xp.where(self.faults[key], xp.int32(keys.index(key) + 1), status)
            if position % 8 == 7:
                status = self.hold(status)  # a loop over dozens of arrays is slow
        return self.hold(status)

    def _replacements(self, slot: Slot) -> tuple[Any, ...]:
        return () if self.removed is None else self.program.switches.replacements.get(slot, ())

    def _fault(self, key: str, where: Any) -> None:
        if where is False:
            return
        if not isinstance(where, bool) and where.ndim > 1:
            where = where.any(axis=tuple(range(where.ndim - 1)))
        before = self.faults.get(key)
        self.faults[key] = where if before is None else before | where


def _same(value: Value) -> Value:
    return value


def _switched(switch: Any, after: Value, before: Value) -> Value:
    if isinstance(after, Coded) or isinstance(before, Coded):
        if not (isinstance(after, Coded) and isinstance(before, Coded)):
            raise ValueError("a premise cannot exchange names for numbers; give the same kind of value.")
        joint = tuple(dict.fromkeys((*before.names, *after.names)))
        return Coded(xp.where(switch, _recoded(after, joint), _recoded(before, joint)), joint)
    return xp.where(switch, after, before)


def _recoded(value: Coded, joint: tuple[str, ...]) -> Value:
    codes: Value = 0.0
    for code, name in enumerate(value.names):
        codes = xp.where(value.codes == float(code), float(joint.index(name)), codes)
    return codes


def _formula(definition: Definition) -> Formula:
    if isinstance(definition, Distribution):
        raise TypeError(f"only names can become distributions; got {definition.text}.")
    return definition


def _not_a_number(value: Value) -> Any:
    value = value.codes if isinstance(value, Coded) else value
    return (value != value) if not isinstance(value, str) else False


def _not_finite(value: Value) -> Any:
    if isinstance(value, float):
        return value - value != 0.0
    return ~xp.isfinite(value)


def _outside(value: Value) -> Any:
    if isinstance(value, float):
        return not -ROUNDING <= value <= 1 + ROUNDING
    return ~((value >= -ROUNDING) & (value <= 1 + ROUNDING))


def _not_one(total: Value) -> Any:
    if isinstance(total, float):
        return not abs(total - 1) <= ROUNDING
    return ~(xp.abs(total - 1) <= ROUNDING)


def _either(*truths: Any) -> Any:
    found: Any = False
    for truth in truths:
        if truth is False:
            continue
        found = truth if found is False else found | truth
    return found
