"""One evaluation of a compiled model, written on a tape: what `raison.program.world` is to arrays.

Everything that a reader may move is an input: parameters, the switches of premises, commitments. So is what
is drawn: a distribution with constant arguments gives its value, one that depends on other parameters its
point of the unit interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from raison.model.evaluate import (
    Bindings,
    Coded,
    Operations,
    Simulate,
    UserFunctions,
    Value,
    evaluate,
    evaluate_truth,
)
from raison.model.formula import Expression, Formula, Text
from raison.model.records import Chance, Decision, Definition, Distribution
from raison.program.graph import Results
from raison.program.javascript.process import Processes
from raison.program.javascript.tape import Node, NotPrintableError, Operand, Tape, operations
from raison.program.premises import Replacement, Slot, definitions, used_names
from raison.program.program import Program
from raison.program.world import ROUNDING

HUGE = 1.7976931348623157e308
"""The largest float: what is not within it is not finite."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What an input that is drawn is drawn from.

    Attributes:
        name: Of the parameter or quantity.
        distribution: With constant arguments, unless `is_point`.
        is_point: The input is a point of the unit interval and not a value.
    """

    name: str
    distribution: Distribution
    is_point: bool


class TapeWorld:
    """A program written on a tape.

    Args:
        program: The compiled model; nothing is hidden in its game, and it is not played in rounds.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.model = program.model
        self.tape = Tape()
        self.operations = operations(self.tape)
        self.functions = {
            name: (function.arguments, function.body.expression)
            for name, function in self.model.functions.items()
        }
        self.known: dict[tuple[str, Results], Value] = {}
        self.faults: dict[str, Operand] = {}
        self.drawn: dict[str, Drawn] = {}
        self.processes = Processes(self.tape, program.plans, self.value, self.fault)

    # --- inputs ---

    def removed(self, switch: int) -> Node:
        """Whether a premise is removed."""
        return self.tape.truth("!=", self.tape.input(f"removed {switch}"), 0.0)

    def _held(self, name: str) -> Node:
        """Whether a reader has set a parameter, so that nothing else decides its value."""
        return self.tape.truth("!=", self.tape.input(f"held {name}"), 0.0)

    # --- names ---

    def value(self, name: str, results: Results = ()) -> Value:
        """What a name stands for after these results: a parameter, a quantity, or a result itself."""
        if name in self.model.game or name == "outcome":
            return dict(results).get(name, "")
        key = (name, results if name in self.program.on_results else ())
        if key not in self.known:
            self.known[key] = self._defined(name, key[1])
        return self.known[key]

    def number(self, formula: Formula | Expression, results: Results = ()) -> Operand:
        """The number that a formula stands for after these results."""
        expression = formula.expression if isinstance(formula, Formula) else formula
        return evaluate(expression, *self._evaluated(results))

    def truth(self, formula: Formula | Expression, results: Results = ()) -> Operand:
        """Whether a formula holds after these results."""
        expression = formula.expression if isinstance(formula, Formula) else formula
        return evaluate_truth(expression, *self._evaluated(results))

    def _evaluated(self, results: Results) -> tuple[Bindings, Operations, UserFunctions, Simulate]:
        file = lambda name: self.value(name, results)
        return file, self.operations, self.functions, self._simulate(file)

    def _simulate(self, file: Bindings) -> Simulate:
        return lambda call, inner: self.processes.value(call, inner, file, self.operations)

    def _replacements(self, slot: Slot) -> tuple[Replacement, ...]:
        return self.program.switches.replacements.get(slot, ())

    def _defined(self, name: str, results: Results) -> Value:
        parameter = self.model.parameters.get(name)
        replacements = self._replacements(("name", name))
        if parameter is not None and not replacements and not self._depends(parameter.value):
            names = parameter.value.names if isinstance(parameter.value, Distribution) else ()
            if isinstance(parameter.value, Distribution):
                self.drawn[f"value {name}"] = Drawn(name, parameter.value, False)
            given = self.tape.input(f"value {name}")
            return Coded(given, names) if names else given
        base = parameter.value if parameter is not None else self.model.quantities[name].value
        value, wrong = self._of(name, base, results, 0)
        for place, replacement in enumerate(replacements, 1):
            switch, before = self.removed(replacement.switch), value
            after, wrong_after = self._of(name, replacement.definition, results, place, before)
            if name in used_names(self.model, replacement.definition):
                wrong_after = self.tape.either(wrong_after, wrong)
            value = self._switched(switch, after, before)
            wrong = self._switched(switch, wrong_after, wrong)
        if parameter is not None:
            held, given = self._held(name), self.tape.input(f"value {name}")
            names = value.names if isinstance(value, Coded) else ()
            codes = self.tape.select(held, given, value.codes if isinstance(value, Coded) else value)
            value = Coded(codes, names) if names else codes
            wrong = self.tape.both(self.tape.opposite(held), wrong)
        self.fault(f"arguments:{name}", wrong)
        self.fault(f"name:{name}", self._not_a_number(value))
        return value

    def _depends(self, definition: Definition) -> bool:
        """Whether a definition names anything."""
        return bool(used_names(self.model, definition))

    def _of(
        self, name: str, definition: Definition, results: Results, place: int, so_far: Value | None = None
    ) -> tuple[Value, Operand]:
        """A definition's value, and where the arguments of its distribution are wrong."""

        def bound(other: str) -> Value:
            return so_far if other == name and so_far is not None else self.value(other, results)

        def number(expression: Expression) -> Operand:
            return evaluate(expression, bound, self.operations, self.functions, self._simulate(bound))

        if isinstance(definition, Formula):
            return number(definition.expression), False
        if not self._depends(definition):
            key = f"drawn {name} {place}"
            self.drawn[key] = Drawn(name, definition, False)
            value = self.tape.input(key)
            return (Coded(value, definition.names) if definition.names else value), False
        key = f"point {name}"
        arguments = [
            float(position // 2) if isinstance(argument.expression, Text) else number(argument.expression)
            for position, argument in enumerate(definition.arguments)
        ]
        self.drawn[key] = Drawn(name, definition, True)
        value = self._quantile(name, definition.kind, self.tape.input(key), arguments)
        wrong = self._invalid(definition.kind, arguments)
        return (Coded(value, definition.names) if definition.names else value), wrong

    def _quantile(self, name: str, kind: str, u: Node, arguments: Sequence[Operand]) -> Operand:
        """The value of a distribution at a point, as in `raison.program.quantile`."""
        tape = self.tape
        add, take, times = (lambda a, b, sign=sign: tape.binary(sign, a, b) for sign in ("+", "-", "*"))
        if kind == "uniform":
            low, high = arguments
            return add(low, times(u, take(high, low)))
        if kind == "normal":
            return add(arguments[0], times(arguments[1], tape.call("normal_quantile", u)))
        if kind == "lognormal":
            return times(arguments[0], tape.call("exp", times(arguments[1], tape.call("normal_quantile", u))))
        if kind == "triangular":
            low, mode, high = arguments
            width = take(high, low)
            up = add(low, tape.call("sqrt", times(u, times(width, take(mode, low)))))
            down = take(high, tape.call("sqrt", times(take(1.0, u), times(width, take(high, mode)))))
            return tape.select(tape.compare("<", times(u, width), take(mode, low)), up, down)
        raise NotPrintableError(
            f"the distribution of '{name}' is a {kind} whose arguments depend on other parameters"
        )

    def _invalid(self, kind: str, arguments: Sequence[Operand]) -> Operand:
        """Whether the arguments of a distribution are wrong, as in `raison.program.quantile`."""
        below = lambda a, b: self.tape.compare("<", a, b)
        match kind:
            case "uniform":
                valid = [below(arguments[0], arguments[1])]
            case "triangular":
                low, mode, high = arguments
                at_most = lambda a, b: self.tape.compare("<=", a, b)
                valid = [below(low, high), at_most(low, mode), at_most(mode, high)]
            case _:
                valid = [below(0.0, arguments[1])]
                valid += [below(0.0, arguments[0])] if kind == "lognormal" else []
        numbers = [self.tape.compare("==", a, a) for a in arguments]
        return self.tape.opposite(self.tape.both(*valid, *numbers))

    def _switched(self, switch: Node, after: Value, before: Value) -> Value:
        if isinstance(after, Coded) and isinstance(before, Coded):
            joint = tuple(dict.fromkeys((*before.names, *after.names)))
            return Coded(
                self.tape.select(switch, self._recoded(after, joint), self._recoded(before, joint)), joint
            )
        return self.tape.select(switch, after, before)

    def _recoded(self, value: Coded, joint: tuple[str, ...]) -> Operand:
        codes: Operand = 0.0
        for code, name in enumerate(value.names):
            same = self.tape.compare("==", value.codes, float(code))
            codes = self.tape.select(same, float(joint.index(name)), codes)
        return codes

    # --- the game ---

    def payoff(self, outcome: str, player: str, results: Results) -> Operand:
        """What an outcome pays a player."""
        ended = (*results, ("outcome", outcome))
        value = self.number(self.model.outcomes[outcome][player], ended)
        for replacement in self._replacements(("payoff", outcome, player)):
            other = self.number(_formula(replacement.definition), ended)
            value = self.tape.select(self.removed(replacement.switch), other, value)
        self.fault(f"payoff:{outcome}:{player}", self.not_finite(value))
        return value

    def probabilities(self, node: str, results: Results) -> tuple[Operand, ...]:
        """The chances of a chance node's cases, in order; `otherwise` takes what is left."""
        chance, tape = self.model.game[node], self.tape
        assert isinstance(chance, Chance)
        given: dict[str, Operand] = {}
        rest: str | None = None
        for label, case in chance.cases.items():
            if case.probability is None:
                rest = label
                continue
            value = self.number(case.probability, results)
            for replacement in self._replacements(("probability", node, label)):
                other = self.number(_formula(replacement.definition), results)
                value = tape.select(self.removed(replacement.switch), other, value)
            given[label] = value
        total: Operand = 0.0
        for value in given.values():
            total = value if total == 0.0 and isinstance(total, float) else tape.binary("+", total, value)
        wrong = [self._outside(value) for value in given.values()]
        if rest is not None:
            left = tape.binary("-", 1.0, total)
            near = tape.compare("<=", tape.call("abs", left), ROUNDING)
            given[rest] = left if isinstance(left, float) else tape.select(near, 0.0, left)
            total = 1.0
        gap = tape.call("abs", tape.binary("-", total, 1.0))
        wrong.append(tape.opposite(tape.compare("<=", gap, ROUNDING)))
        self.fault(f"chance:{node}", tape.either(*wrong))
        return tuple(given[label] for label in chance.cases)

    def available(self, node: str, results: Results) -> tuple[Operand, ...]:
        """Whether each move of a decision is available, before anybody commits himself."""
        decision = self.model.game[node]
        assert isinstance(decision, Decision)
        found: list[Operand] = []
        for label, move in decision.moves.items():
            value: Operand = True if move.when is None else self.truth(move.when, results)
            for replacement in self._replacements(("when", node, label)):
                other = self.truth(_formula(replacement.definition), results)
                value = self.tape.select(self.removed(replacement.switch), other, value)
            found.append(value)
        return tuple(found)

    # --- status ---

    def fault(self, key: str, where: Operand) -> None:
        """Mark where something is wrong, by the key of a reason of `failure_reasons`."""
        if where is not False:
            self.faults[key] = self.tape.either(self.faults.get(key, False), where)

    def check_definitions(self) -> Mapping[str, Value]:
        """Every definition that does not depend on results, by name."""
        names = [name for name, _ in definitions(self.model) if name not in self.program.on_results]
        return {name: self.value(name) for name in names}

    def not_finite(self, value: Operand) -> Operand:
        """Whether a number is infinite or not a number."""
        return self.tape.opposite(self.tape.compare("<=", self.tape.call("abs", value), HUGE))

    def _not_a_number(self, value: Value) -> Operand:
        codes = value.codes if isinstance(value, Coded) else value
        if isinstance(codes, str):
            return False
        return self.tape.compare("!=", codes, codes)

    def _outside(self, value: Operand) -> Operand:
        low = self.tape.compare(">=", value, -ROUNDING)
        return self.tape.opposite(self.tape.both(low, self.tape.compare("<=", value, 1 + ROUNDING)))


def _formula(definition: Definition) -> Formula:
    assert isinstance(definition, Formula)
    return definition
