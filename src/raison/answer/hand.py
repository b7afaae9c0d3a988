"""One draw in plain floats: its states, the ways through them, and what names and formulas stand for.

It shares with the engine the meaning of the model: definitions, and which premise replaces what.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from raison.model.distribution import KINDS
from raison.model.evaluate import FLOATS, Bindings, evaluate, evaluate_truth
from raison.model.formula import (
    Expression,
    Formula,
    Number,
    Simulated,
    Text,
    called,
    rewritten,
)
from raison.model.process.by_hand import Course
from raison.model.records import Definition, Distribution, Model
from raison.model.unparse import show
from raison.program.premises import Slot, used_names
from raison.program.process.noise import drawn
from raison.program.program import Program

Results = tuple[tuple[str, str], ...]
"""Earlier results of the game, by node."""


@dataclass(slots=True)
class State:
    """A node or outcome with the earlier results that matter from there on.

    Attributes:
        name: Of the node or outcome.
        results: Earlier results, by node.
        player: Who moves; None for chance and at outcomes.
        labels: Moves or cases; none at an outcome.
        children: Where they lead, as positions in `Hand.states`.
        available: Per branch; True at chance nodes.
        probabilities: Per branch; of moves 1 for the one that is played.
        best: Per branch, whether it is within the tie tolerance of the best; False at chance nodes.
        chosen: The branch that is played; None for chance, or where none is available.
        margin: Value of the played move less the best other.
        values: Per player.
        reached: Probability along play.
    """

    name: str
    results: Results
    player: str | None = None
    labels: tuple[str, ...] = ()
    children: tuple[int, ...] = ()
    available: tuple[bool, ...] = ()
    probabilities: tuple[float, ...] = ()
    best: tuple[bool, ...] = ()
    chosen: int | None = None
    margin: float = math.inf
    values: tuple[float, ...] = ()
    reached: float = 0.0


@dataclass(frozen=True, slots=True)
class History:
    """One way to come to a state: all results, moves off the equilibrium, and the product of the chances."""

    state: int
    results: Results
    trembles: int
    weight: float


@dataclass(slots=True)
class Hand:
    """One draw, worked.

    Attributes:
        program: The compiled model: which premises are switches.
        removed: Per switch whether its premise is removed.
        given: The engine's values of uncertain parameters (codes of names).
        coordinates: Of the unit cube, after correlation.
        states: Children before their parents; the root is the last.
        histories: Every way to come to every state.
        failures: Why the draw failed.
        used: Names in the order in which they were worked, with the results they depend on, up to the last
            that the game or a question asked for.
        called: Functions of the file that were called.
        courses: Processes that were simulated, by name and inputs.
        tolerance: Per player, by how much two values that tie may differ.
    """

    program: Program
    removed: Sequence[bool]
    given: Mapping[str, float]
    coordinates: Mapping[str, float]
    states: list[State] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    used: list[tuple[str, Results]] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    courses: dict[tuple[str, tuple[tuple[str, float], ...]], Course] = field(default_factory=dict)
    tolerance: dict[str, float] = field(default_factory=dict)
    _known: dict[tuple[str, Results], float | str] = field(default_factory=dict)
    _nodes_of: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """The model, with structural premises removed."""
        return self.program.model

    def chain(self, name: str) -> list[Definition]:
        """The definitions of a name, each replacing the one before."""
        model = self.model
        base = model.parameters[name].value if name in model.parameters else model.quantities[name].value
        later = self.program.switches.replacements.get(("name", name), ())
        return [base, *(r.definition for r in later if self.removed[r.switch])]

    def in_force(self, name: str) -> Definition:
        """The definition that holds in this run."""
        return self.chain(name)[-1]

    def slot(self, slot: Slot, base: Formula) -> Formula:
        """The payoff, probability or availability that holds in this run."""
        found = base
        for replacement in self.program.switches.replacements.get(slot, ()):
            if self.removed[replacement.switch] and isinstance(replacement.definition, Formula):
                found = replacement.definition
        return found

    def nodes_of(self, definition: Definition, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """The nodes whose results a definition asks for, also through other names."""
        found: set[str] = set()
        for name in used_names(self.model, definition) - seen:
            if name in self.model.game or name == "outcome":
                found.add(name)
            elif name in self.model.parameters or name in self.model.quantities:
                if name not in self._nodes_of:
                    inner = [self.nodes_of(d, seen | {name}) for d in self.chain(name)]
                    self._nodes_of[name] = frozenset().union(*inner)
                found |= self._nodes_of[name]
        return frozenset(found)

    def value(self, name: str, results: Results) -> float | str:
        """What a name stands for after these results."""
        if name in self.model.game or name == "outcome":
            return dict(results).get(name, "")
        if name not in self._nodes_of:
            self._nodes_of[name] = frozenset().union(*(self.nodes_of(d) for d in self.chain(name)))
        key = (name, tuple(r for r in results if r[0] in self._nodes_of[name]))
        if key not in self._known:
            chain = self.chain(name)
            value = self._defined(name, chain, len(chain) - 1, key[1])
            self._known[key] = value
            self.used.append(key)
            if isinstance(value, float) and math.isnan(value):
                definition = chain[-1]
                text = definition.text
                if isinstance(definition, Formula):
                    text += f" = {self.with_numbers(definition, key[1], name)}"
                self.failures.append(f"'{name}' is not a number: {text}.")
        return self._known[key]

    def _defined(self, name: str, chain: list[Definition], index: int, results: Results) -> float | str:
        definition = chain[index]

        def bound(other: str) -> float | str:
            if other == name and index > 0:
                return self._defined(name, chain, index - 1, results)
            return self.value(other, results)

        if isinstance(definition, Formula):
            self._note_calls(definition.expression)
            return evaluate(definition.expression, *self.evaluated(bound))
        values = [
            math.nan
            if isinstance(a.expression, Text)
            else float(evaluate(a.expression, *self.evaluated(bound)))
            for a in definition.arguments
        ]
        checked = values[1::2] if definition.kind == "choice" else values
        wrong = KINDS[definition.kind].fault(checked)
        if wrong is not None or any(math.isnan(value) for value in checked):
            self.failures.append(
                f"'{name}' = {definition.text} {wrong or 'has an argument that is not a number'}."
            )
        number = (
            self.given[name] if index == len(chain) - 1 else self._engine_quantile(name, definition, values)
        )
        if not definition.names:
            return number
        joint = dict.fromkeys(
            n for d in self._all_definitions(name) if isinstance(d, Distribution) for n in d.names
        )
        return list(joint)[int(number)]

    def _all_definitions(self, name: str) -> list[Definition]:
        later = self.program.switches.replacements.get(("name", name), ())
        return [self.chain(name)[0], *(r.definition for r in later)]

    def _engine_quantile(self, name: str, definition: Distribution, arguments: list[float]) -> float:
        """What an uncertain definition would be that another one, using it, has replaced."""
        import jax.numpy as jnp

        from raison.program.quantile import central, quantile

        if name not in self.coordinates:
            return float(np.asarray(central(definition.kind, arguments)))
        return float(quantile(definition.kind, jnp.asarray([self.coordinates[name]]), arguments)[0])

    def evaluated(self, file: Bindings) -> tuple[Any, ...]:
        """How formulas are evaluated where the file's names stand for this."""
        return file, FLOATS, self._functions(), lambda call, inner: self._simulated(call, inner, file)

    def _simulated(self, call: Simulated, bindings: Bindings, file: Bindings) -> float:
        """What a process gives, one draw of it worked step by step."""
        process = self.model.processes[call.process]
        given = dict(call.inputs)
        inputs: dict[str, float] = {}
        for name, each in process.inputs.items():
            if name in given:
                inputs[name] = evaluate(given[name], bindings, *self.evaluated(file)[1:], outer=file)
            elif each.default is not None:
                inputs[name] = self.number(each.default, ())
        key = (call.process, tuple(inputs.items()))
        if key not in self.courses:
            outer = lambda name: self.value(name, ())
            course = Course(process, inputs, outer, self._functions(), partial(drawn, process))
            self.courses[key] = course
            for failure in course.failures:
                sentence = f"process '{call.process}': {failure}"
                self.failures += [] if sentence in self.failures else [sentence]
        return self.courses[key].outputs[call.output]

    def _functions(self) -> Mapping[str, tuple[tuple[str, ...], Expression]]:
        return {name: (f.arguments, f.body.expression) for name, f in self.model.functions.items()}

    def _note_calls(self, expression: Expression) -> None:
        for name in called(expression):
            if name in self.model.functions and name not in self.called:
                self.called.add(name)
                self._note_calls(self.model.functions[name].body.expression)

    def number(self, formula: Formula, results: Results) -> float:
        """The number that a formula stands for after these results."""
        self._note_calls(formula.expression)
        return evaluate(formula.expression, *self.evaluated(lambda name: self.value(name, results)))

    def truth(self, formula: Formula, results: Results) -> bool:
        """Whether a formula holds after these results."""
        self._note_calls(formula.expression)
        return bool(evaluate_truth(formula.expression, *self.evaluated(lambda n: self.value(n, results))))

    def with_numbers(self, formula: Formula, results: Results, name: str | None = None) -> str:
        """A formula's text with the numbers of this draw put in for names."""
        so_far = None
        if name is not None and name in used_names(self.model, formula):
            chain = self.chain(name)
            so_far = self._defined(name, chain, len(chain) - 2, results) if len(chain) > 1 else None

        def value(other: str) -> float | str:
            return so_far if so_far is not None and other == name else self.value(other, results)

        def stands_for(other: str) -> Expression:
            known = value(other)
            return Text(known) if isinstance(known, str) else Number(digits(known))

        return show(rewritten(formula.expression, stands_for))


def digits(value: float) -> str:
    """A number of six digits, in brackets if it is negative."""
    text = f"{value:.6g}"
    return f"({text})" if text.startswith("-") else text
