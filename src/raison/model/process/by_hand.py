"""A process in plain floats, one step after another, every name at every step: to be read, and to check with.

It shares no code with the simulation of batches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from raison.model.evaluate import FLOATS, Bindings, UserFunctions, evaluate, evaluate_truth
from raison.model.formula import Binary, Compare, Expression, Formula
from raison.model.process.records import EXACT, RK4, TIME, Delay, Flow, Output, Process

TINY = 1e-290
"""Near the smallest numbers rounding is no longer a share of the number; less than this is nothing."""
Drawn = Callable[[str, float, int, list[float]], float]
"""The value of a noise: its name, its seed, the count of its interval, its distribution's arguments."""


@dataclass(slots=True)
class Held:
    """What is in stocks and sinks, in exact delays, and in the stages of Erlang delays."""

    stocks: dict[str, float]
    inside: dict[str, float]
    stages: dict[str, list[float]]


@dataclass(slots=True)
class Course:
    """One simulation.

    Attributes:
        process: What is simulated.
        inputs: Values of its inputs.
        outer: Values of the file's names.
        functions: Of the file.
        drawn: Answers for noise.
        paths: Per name, its values at 0, step, ..., horizon.
        outputs: What the process gives.
        sizes: Per output, the largest size of what it is of.
        failures: Why its numbers are not to be used.
    """

    process: Process
    inputs: Mapping[str, float]
    outer: Bindings
    functions: UserFunctions
    drawn: Drawn
    paths: dict[str, list[float]] = field(default_factory=dict)
    outputs: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    _entered: dict[str, list[float]] = field(default_factory=dict)
    _takes: dict[str, float] = field(default_factory=dict)
    _refill: dict[str, float] = field(default_factory=dict)
    _seeds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        held = self._start()
        at_start = _Instant(self, held, 0.0, 0)
        last = self.process.time.num_steps
        tracked = [name for name in self.process.names() if name not in self.process.inputs]
        folds = {name: list[float]() for name in self.process.outputs}
        instant = self._events(at_start)
        for index in range(last + 1):
            for name in tracked:
                self.paths.setdefault(name, []).append(instant.value(name))
            for name, output in self.process.outputs.items():
                folds[name].append(instant.number(output.of))
            if index < last:
                instant = self._events(self._advanced(instant))
        for name, output in self.process.outputs.items():
            self.sizes[name] = max(abs(value) for value in folds[name])
            self.outputs[name] = self._summed_up(name, output, folds[name], instant)

    def _start(self) -> Held:
        process = self.process
        nothing = _Instant(self, Held({}, {}, {}), 0.0, 0)
        held = Held({name: nothing.number(stock.start) for name, stock in process.stocks.items()}, {}, {})
        for name, stock in process.stocks.items():
            if held.stocks[name] < 0 and not stock.negative:
                self._fail(f"stock '{name}' starts below zero, with {held.stocks[name]:g}")
        self._seeds = {name: nothing.number(noise.seed) for name, noise in process.noise.items()}
        held.stocks |= dict.fromkeys(process.sinks, 0.0)
        for name, delay in process.delays.items():
            start = 0.0 if delay.start is None else nothing.number(delay.start)
            if delay.kind != EXACT:
                order = delay.order or 1
                held.stages[name] = [start / order] * order
                continue
            held.inside[name], self._entered[name] = start, []
            takes = self._takes[name] = nothing.number(delay.takes)
            self._refill[name] = FLOATS.binary["/"](start, takes) if start else 0.0
            if not takes >= 0:
                self._fail(f"delay '{name}' takes {takes:g}, which is below zero")
        return held

    def _fail(self, message: str) -> None:
        if f"{message}." not in self.failures:
            self.failures.append(f"{message}.")

    def entered(self, delay: str, step: int) -> float:
        """What entered an exact delay in a step, per unit of time; before the start, what it began with."""
        return self._entered[delay][step] if step >= 0 else self._refill[delay]

    def noise(self, name: str, count: int, arguments: list[float]) -> float:
        """The value of a noise in an interval."""
        return self.drawn(name, self._seeds[name], count, arguments)

    def lag(self, delay: str) -> tuple[int, float]:
        """How many steps an exact delay takes, and the fraction beyond."""
        steps = self._takes[delay] / self.process.time.step
        steps = min(max(steps, 0.0), float(self.process.time.num_steps)) if steps == steps else 0.0
        whole = math.floor(steps + 1e-9)
        return whole, max(steps - whole, 0.0)

    def _advanced(self, instant: _Instant) -> _Instant:
        step = self.process.time.step
        change, into = instant.change()
        if self.process.time.method == RK4:
            changes, intos = [change], [into]
            for share in (0.5, 0.5, 1.0):
                held = _moved(instant.held, share * step, changes[-1])
                change, into = _Instant(self, held, instant.time + share * step, instant.index).change()
                changes.append(change)
                intos.append(into)
            change, into = _weighted(changes), {n: _simpson([each[n] for each in intos]) for n in into}
        for name, rate in into.items():
            self._entered[name].append(rate)
        held = _moved(instant.held, step, change)
        for name, stock in self.process.stocks.items():
            if not stock.negative:
                if held.stocks[name] < -1e-9 * abs(instant.held.stocks[name]) - TINY:
                    self._fail(f"stock '{name}' falls below zero at {instant.time + step:g}")
                held.stocks[name] = max(held.stocks[name], 0.0)
        return _Instant(self, held, (instant.index + 1) * step, instant.index + 1)

    def _events(self, instant: _Instant) -> _Instant:
        for event in self.process.events.values():
            at = instant.number(event.at) / self.process.time.step
            if not math.isfinite(at) or math.ceil(at - 1e-9) != instant.index:
                continue
            stocks = dict(instant.held.stocks)
            amount = instant.number(event.amount)
            if event.source is not None:
                if not self.process.stocks[event.source].negative:
                    amount = min(amount, stocks[event.source])
                stocks[event.source] -= amount
            stocks[event.target] += amount
            held = Held(stocks, instant.held.inside, instant.held.stages)
            instant = _Instant(self, held, instant.time, instant.index)
        return instant

    def _summed_up(self, name: str, output: Output, values: list[float], end: _Instant) -> float:
        step = self.process.time.step
        match output.fold:
            case "max":
                return FLOATS.functions["max"](*values)
            case "min":
                return FLOATS.functions["min"](*values)
            case "mean":
                return (sum(values) - 0.5 * (values[0] + values[-1])) / (len(values) - 1)
            case "first_time":
                return self._first_time(output, values, end)
            case _:
                if output.at is None:
                    return values[-1]
                time = end.number(output.at)
                if not -1e-9 <= time / self.process.time.horizon <= 1 + 1e-9:
                    self._fail(f"output '{name}' is read at {time:g}, before the start or after the horizon")
                    return math.nan
                below = min(max(math.floor(time / step), 0), len(values) - 2)
                share = time / step - below
                return values[below] + share * (values[below + 1] - values[below])

    def _first_time(self, output: Output, values: list[float], end: _Instant) -> float:
        index = next((index for index, value in enumerate(values) if value), None)
        if index is None:
            return math.nan if output.otherwise is None else end.number(output.otherwise)
        gap = _gap(output.of.expression)
        time = index * self.process.time.step
        if gap is None or index == 0:
            return time
        before, now = (self._at(index - back, gap) for back in (1, 0))
        back = FLOATS.binary["/"](now, now - before)
        return time - back * self.process.time.step if 0 <= back <= 1 else time

    def _at(self, index: int, expression: Expression) -> float:
        """What an expression was worth at a step, from the paths."""

        def bound(name: str) -> float:
            return self.paths[name][index] if name in self.paths else _fixed(self, name)

        return evaluate(expression, bound, FLOATS, self.functions, outer=self.outer)


class _Instant:
    """The process at one time; each name is worked out once."""

    def __init__(self, course: Course, held: Held, time: float, index: int) -> None:
        self.course, self.held, self.time, self.index = course, held, time, index
        self.process = course.process
        self.known: dict[str, float] = {}

    def value(self, name: str) -> float:
        if name not in self.known:
            self.known[name] = self._value(name)
        return self.known[name]

    def _value(self, name: str) -> float:
        process, held = self.process, self.held
        if name == TIME:
            return self.time
        if name in held.stocks:
            return held.stocks[name]
        if name in process.delays:
            return held.inside[name] if name in held.inside else sum(held.stages[name])
        if name in process.flows:
            return (
                self.rates(process.flows[name].source)[name]
                if process.flows[name].source
                else self.wish(name)
            )
        if name in process.quantities:
            return self.number(process.quantities[name].value)
        if name in process.noise:
            noise = process.noise[name]
            steps = 1 if noise.every is None else round(noise.every / process.time.step)
            arguments = [self.number(argument) for argument in noise.distribution.arguments]
            return self.course.noise(name, self.index // steps, arguments)
        return _fixed(self.course, name)

    def number(self, formula: Formula) -> float:
        course = self.course
        return evaluate(formula.expression, self.value, FLOATS, course.functions, outer=course.outer)

    def truth(self, formula: Formula) -> bool:
        course = self.course
        return bool(
            evaluate_truth(formula.expression, self.value, FLOATS, course.functions, outer=course.outer)
        )

    def wish(self, name: str) -> float:
        moving: Flow | Delay = self.process.flows.get(name) or self.process.delays[name]
        return self.number(moving.rate)

    def rates(self, stock: str | None) -> dict[str, float]:
        """What actually leaves a stock: at most what is in it, shared in proportion."""
        moving = {**self.process.flows, **self.process.delays}
        wishes = {name: self.wish(name) for name, each in moving.items() if each.source == stock}
        if stock is None or self.process.stocks[stock].negative:
            return wishes
        wanted = sum(max(wish, 0.0) for wish in wishes.values()) * self.process.time.step
        held = self.held.stocks[stock]
        share = FLOATS.binary["/"](held, wanted) if wanted > held else 1.0
        return {name: wish * share if wish > 0 else wish for name, wish in wishes.items()}

    def change(self) -> tuple[Held, dict[str, float]]:
        """How fast everything changes, and what enters each exact delay."""
        process = self.process
        sources = {each.source for each in (*process.flows.values(), *process.delays.values())}
        rates = {name: rate for source in sources for name, rate in self.rates(source).items()}
        stocks = dict.fromkeys(self.held.stocks, 0.0)
        change, into = Held(stocks, {}, {}), dict[str, float]()
        for name, flow in process.flows.items():
            _move(stocks, flow.source, flow.target, rates[name])
        for name, delay in process.delays.items():
            if delay.kind == EXACT:
                lag, beyond = self.course.lag(name)
                at = self.index - lag
                into[name] = rates[name]
                first = rates[name] if lag == 0 else self.course.entered(name, at)
                out = (1 - beyond) * first + beyond * self.course.entered(name, at - 1)
                change.inside[name] = rates[name] - out
            else:
                held = self.held.stages[name]
                pace = FLOATS.binary["/"](float(len(held)), max(self.number(delay.takes), 0.0))
                leaving = [min(pace, 1 / process.time.step) * amount for amount in held]
                entering = [rates[name], *leaving[:-1]]
                change.stages[name] = [i - o for i, o in zip(entering, leaving, strict=True)]
                out = leaving[-1]
            _move(stocks, delay.source, None, rates[name])
            _move(stocks, None, delay.target, out)
        return change, into


def _fixed(course: Course, name: str) -> float:
    return course.inputs[name] if name in course.inputs else course.outer(name)


def _move(stocks: dict[str, float], source: str | None, target: str | None, rate: float) -> None:
    if source is not None:
        stocks[source] -= rate
    if target is not None:
        stocks[target] += rate


def _moved(held: Held, step: float, change: Held) -> Held:
    return Held(
        {name: amount + step * change.stocks[name] for name, amount in held.stocks.items()},
        {name: amount + step * change.inside[name] for name, amount in held.inside.items()},
        {
            name: [a + step * c for a, c in zip(stages, change.stages[name], strict=True)]
            for name, stages in held.stages.items()
        },
    )


def _simpson(rates: list[float]) -> float:
    return (rates[0] + 2 * rates[1] + 2 * rates[2] + rates[3]) / 6


def _weighted(changes: list[Held]) -> Held:
    return Held(
        {name: _simpson([c.stocks[name] for c in changes]) for name in changes[0].stocks},
        {name: _simpson([c.inside[name] for c in changes]) for name in changes[0].inside},
        {
            name: [_simpson([c.stages[name][i] for c in changes]) for i in range(len(stages))]
            for name, stages in changes[0].stages.items()
        },
    )


def _gap(condition: Expression) -> Expression | None:
    """By how much the sides of a single comparison differ; None for another condition."""
    match condition:
        case Compare(left, (("<" | "<=" | ">" | ">=", right),)):
            return Binary("-", left, right)
        case _:
            return None
