"""Calls of processes on a tape: each distinct one is simulated once, by a function that is printed for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from raison.model.evaluate import Bindings, Coded, Operations, Value, evaluate
from raison.model.formula import Expression, Name
from raison.model.formula import Simulated as Call
from raison.program.javascript.simulation import Simulation, reasons
from raison.program.javascript.tape import Node, NotPrintableError, Operand, Tape
from raison.program.process.plan import Plan

Key = tuple[str, tuple[tuple[str, ...], ...]]
"""A process, and the names that each of its arguments is a code of."""
Fault = Callable[[str, Operand], None]


class Processes:
    """The simulations that a tape asks for.

    Args:
        tape: Of the model.
        plans: Of every process.
        outer: What a name of the file stands for.
        fault: Takes the key of a reason to fail, and where it applies.
    """

    def __init__(
        self, tape: Tape, plans: Mapping[str, Plan], outer: Callable[[str], Value], fault: Fault
    ) -> None:
        self.tape, self.plans, self.outer, self.fault = tape, plans, outer, fault
        self.asked: dict[Key, int] = {}
        self._marked: set[Node] = set()

    def value(self, call: Call, bindings: Bindings, file: Bindings, operations: Operations) -> Operand:
        """What a call stands for."""
        plan = self.plans[call.process]
        if plan.process.noise:
            raise NotPrintableError(f"the process '{plan.name}' draws noise")
        given = dict(call.inputs)

        def number(expression: Expression, names: Bindings) -> Value:
            found = names(expression.id) if isinstance(expression, Name) else None
            if isinstance(found, Coded):
                return found
            simulate = lambda inner, bound: self.value(inner, bound, file, operations)
            return evaluate(expression, names, operations, plan.functions, simulate, file)

        values: list[Value] = []
        for name, own in plan.process.inputs.items():
            if name in given:
                values.append(number(given[name], bindings))
            else:
                assert own.default is not None
                values.append(number(own.default.expression, self.outer))
        values += [self.outer(name) for name in sorted(plan.outer)]
        key: Key = (plan.name, tuple(v.names if isinstance(v, Coded) else () for v in values))
        self.asked.setdefault(key, len(self.asked))
        codes = [v.codes if isinstance(v, Coded) else v for v in values]
        simulation = self.tape.number("simulate", key, *codes)
        if simulation not in self._marked:
            self._marked.add(simulation)
            wrong = self.tape.number("output", simulation, len(plan.asked))
            for code, reason in enumerate(reasons(plan), 1):
                self.fault(reason, self.tape.compare("==", wrong, float(code)))
        return self.tape.number("output", simulation, list(plan.asked).index(call.output))

    def printed(self) -> list[str]:
        """The functions `P0`, `P1`, ... in the order of `asked`."""
        return [Simulation(self.plans[key[0]], key[1], number).source() for key, number in self.asked.items()]

    def function(self, key: object) -> str:
        """The name of the function for a key."""
        return f"P{next(number for known, number in self.asked.items() if known == key)}"
