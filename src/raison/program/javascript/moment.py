"""A process at one time, written on a tape; `raison.program.process.moment` does it with arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raison.model.evaluate import Operations, Value, evaluate, evaluate_truth
from raison.model.formula import Formula
from raison.model.process.records import EXACT, TIME, Delay, Flow
from raison.program.javascript.tape import Node, Operand, Tape
from raison.program.process.plan import Plan


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """What does not change while a process runs.

    Attributes:
        plan: The process.
        tape: Where it is written.
        operations: That write there.
        given: What its inputs and names of the file stand for.
        lags: Per exact delay how many steps it takes, as a whole number and the fraction beyond it.
    """

    plan: Plan
    tape: Tape
    operations: Operations
    given: dict[str, Value]
    lags: dict[str, tuple[Node, Node]]


@dataclass(frozen=True, slots=True)
class State:
    """What a process is at one time, in operands."""

    stocks: Mapping[str, Operand]
    inside: Mapping[str, Operand]
    stages: Mapping[str, tuple[Operand, ...]]


class Moment:
    """A process at one time; see `raison.program.process.moment`."""

    def __init__(self, setting: Setting, state: State, time: Operand, past: Mapping[str, Operand]) -> None:
        self.setting, self.state, self.time, self.past = setting, state, time, past
        self.process, self.tape = setting.plan.process, setting.tape
        self.known: dict[str, Value] = {}

    def value(self, name: str) -> Value:
        """What a name stands for now."""
        if name not in self.known:
            self.known[name] = self._value(name)
        return self.known[name]

    def _value(self, name: str) -> Value:
        process, state = self.process, self.state
        if name == TIME:
            return self.time
        if name in state.stocks:
            return state.stocks[name]
        if name in process.delays:
            if name in state.inside:
                return state.inside[name]
            return self.sum(state.stages[name])
        if name in process.flows:
            return self.rate(name, process.flows[name])
        if name in process.quantities:
            return self.number(process.quantities[name].value)
        return self.setting.given[name]

    def sum(self, values: tuple[Operand, ...]) -> Operand:
        """Of what is in the stages of a delay."""
        total, *rest = values
        for value in rest:
            total = self.tape.binary("+", total, value)
        return total

    def number(self, formula: Formula) -> Operand:
        """The number that a formula stands for now."""
        setting = self.setting
        outer = setting.given.__getitem__
        return evaluate(
            formula.expression, self.value, setting.operations, setting.plan.functions, outer=outer
        )

    def truth(self, formula: Formula) -> Operand:
        """Whether a formula holds now."""
        setting = self.setting
        outer = setting.given.__getitem__
        return evaluate_truth(
            formula.expression, self.value, setting.operations, setting.plan.functions, outer=outer
        )

    def rate(self, name: str, moving: Flow | Delay) -> Operand:
        """The actual rate: what a stock holds is shared out in proportion to the wishes."""
        key = f"rate {name}"
        if key not in self.known:
            self.known[key] = self._rate(moving)
        return self.known[key]

    def _rate(self, moving: Flow | Delay) -> Operand:
        tape, step = self.tape, self.process.time.step
        wish, source = self.number(moving.rate), moving.source
        if source is None or self.process.stocks[source].negative:
            return wish
        moved = {**self.process.flows, **self.process.delays}
        leaving = [each for each in moved.values() if each.source == source]
        held = self.state.stocks[source]
        if len(leaving) == 1:
            return tape.call("min", wish, tape.binary("/", held, step))
        total: Operand = 0.0
        for each in leaving:
            total = tape.binary("+", total, tape.call("max", self.number(each.rate), 0.0))
        wanted = tape.binary("*", total, step)
        cap = tape.select(tape.compare(">", wanted, held), tape.binary("/", held, wanted), 1.0)
        return tape.call("min", wish, tape.binary("*", wish, cap))

    def outflow(self, name: str, delay: Delay) -> Operand:
        """What comes out of a delay, per unit of time."""
        tape = self.tape
        if delay.kind == EXACT:
            lag, beyond = self.setting.lags[name]
            at_once = tape.select(tape.compare("==", lag, 0.0), tape.binary("-", 1.0, beyond), 0.0)
            return tape.binary("+", self.past[name], tape.binary("*", at_once, self.rate(name, delay)))
        return tape.binary("*", self.pace(delay), self.state.stages[name][-1])

    def pace(self, delay: Delay) -> Operand:
        """The share of a stage that leaves it, per unit of time; at most all of it in a step."""
        takes = self.tape.call("max", self.number(delay.takes), 0.0)
        pace = self.tape.binary("/", float(delay.order or 1), takes)
        return self.tape.call("min", pace, 1.0 / self.process.time.step)

    def change(self) -> State:
        """How fast everything changes, per unit of time."""
        tape = self.tape
        change: dict[str, Operand] = dict.fromkeys(self.state.stocks, 0.0)

        def move(source: str | None, target: str | None, rate: Operand) -> None:
            if source is not None:
                change[source] = tape.binary("-", change[source], rate)
            if target is not None and target in change:
                change[target] = tape.binary("+", change[target], rate)

        for name, flow in self.process.flows.items():
            move(flow.source, flow.target, self.rate(name, flow))
        inside: dict[str, Operand] = {}
        stages: dict[str, tuple[Operand, ...]] = {}
        for name, delay in self.process.delays.items():
            into, out = self.rate(name, delay), self.outflow(name, delay)
            move(delay.source, None, into)
            move(None, delay.target, out)
            if name in self.state.inside:
                inside[name] = tape.binary("-", into, out)
            if delay.kind != EXACT:
                pace = self.pace(delay)
                passed = [tape.binary("*", pace, stage) for stage in self.state.stages[name]]
                stages[name] = tuple(
                    tape.binary("-", come, gone)
                    for come, gone in zip((into, *passed[:-1]), passed, strict=True)
                )
        return State(change, inside, stages)
