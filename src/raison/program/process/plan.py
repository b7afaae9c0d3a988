"""What is the same in all simulations of a process, before any number is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from raison.model.formula import Expression, Formula, called, names, simulated
from raison.model.process.check import changing_names
from raison.model.process.records import Output, Process
from raison.model.records import Model
from raison.program.premises import every_formula, exchanges

Functions = Mapping[str, tuple[tuple[str, ...], Expression]]
Runs = dict[Any, Callable[..., Any]]

_MOST_KEPT = 32  # processes whose compiled simulations are kept; those made first go first
_kept: dict[str, Runs] = {}


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """A process as it is simulated.

    Attributes:
        name: Of the process.
        process: What the file says.
        asked: The outputs that some formula of the model asks for.
        reading: Inputs that only say when something is read: calls that differ in these share a simulation.
        changing: Names inside that change from step to step.
        functions: Of the file, which formulas inside may call.
        outer: Names of the file that formulas inside depend on, also through functions.
        runs: Compiled simulations for arrays that JAX does not trace, by what is fixed in them; shared by
            all plans that simulate the same, so that a model may change around its processes.
    """

    name: str
    process: Process
    asked: Mapping[str, Output]
    reading: frozenset[str]
    changing: frozenset[str]
    functions: Functions
    outer: frozenset[str]
    runs: Runs = field(default_factory=dict)

    @property
    def num_steps(self) -> int:
        """Steps to the horizon."""
        return self.process.time.num_steps

    def is_read_later(self, output: Output) -> bool:
        """Whether an output is read at a time that calls which share a simulation differ in."""
        return output.at is not None and bool(names(output.at.expression) & self.reading)

    def inputs(self) -> tuple[str, ...]:
        """The inputs that a simulation depends on."""
        return tuple(name for name in self.process.inputs if name not in self.reading)


def make_plans(model: Model) -> dict[str, Plan]:
    """A plan for each process of a checked model."""
    asked: dict[str, set[str]] = {name: set() for name in model.processes}
    for formula in _formulas(model):
        for call in simulated(formula.expression):
            if call.process in asked:
                asked[call.process].add(call.output)
    functions = {name: (f.arguments, f.body.expression) for name, f in model.functions.items()}
    return {name: _plan(name, process, asked[name], functions) for name, process in model.processes.items()}


def plan_of(model: Model, name: str, process: Process) -> Plan:
    """A plan in which every output is asked for, of a process of a model or of one made from it."""
    functions = {name: (f.arguments, f.body.expression) for name, f in model.functions.items()}
    return _plan(name, process, set(process.outputs), functions)


def _formulas(model: Model) -> Iterator[Formula]:
    yield from every_formula(model)
    for premise in model.premises:
        for definition in (exchanges(model, premise) or {}).values():
            yield from (definition,) if isinstance(definition, Formula) else definition.arguments


def _plan(name: str, process: Process, asked: set[str], functions: Functions) -> Plan:
    elsewhere: set[str] = set()
    read: set[str] = set()
    for place, formula in process.formulas():
        if place[0] == "inputs":
            continue
        (read if place[0] == "outputs" and place[2] == "at" else elsewhere).update(names(formula.expression))
    outer, reached = _outer(process, functions)
    outputs = {output: process.outputs[output] for output in process.outputs if output in asked}
    return Plan(
        name=name,
        process=process,
        asked=outputs,
        reading=frozenset((read - elsewhere) & set(process.inputs)),
        changing=changing_names(process),
        functions=functions,
        outer=outer,
        runs=_runs(repr((name, process, outputs, [(each, functions[each]) for each in sorted(reached)]))),
    )


def _runs(content: str) -> Runs:
    """The compiled simulations of all that a plan's simulations depend on besides what they are given."""
    if content not in _kept:
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[content] = {}
    return _kept[content]


def _outer(process: Process, functions: Functions) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the file, and its functions, on which formulas inside a process depend."""
    own, found, pending = set(process.names()), set[str](), set[str]()
    for place, formula in process.formulas():
        if place[0] != "inputs":
            found |= names(formula.expression) - own
            pending |= called(formula.expression) & set(functions)
    seen: set[str] = set()
    while pending:
        function = pending.pop()
        if function not in seen:
            seen.add(function)
            arguments, body = functions[function]
            found |= names(body) - set(arguments)
            pending |= called(body) & set(functions)
    return frozenset(found), frozenset(seen)
