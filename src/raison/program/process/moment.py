"""A process at one time: what its names stand for, and how fast its stocks change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp

from raison.model.evaluate import Value, evaluate, evaluate_truth
from raison.model.formula import Formula
from raison.model.process.records import EXACT, TIME, Delay, Flow
from raison.program import xp
from raison.program.arrays import ARRAYS
from raison.program.process.noise import noise_at
from raison.program.process.plan import Plan

Array = Any


class State(NamedTuple):
    """What a process is at one time, in `[B]` draws.

    Attributes:
        stocks: Per stock and per sink `[B]`, what is in it.
        inside: Per exact delay that a formula asks for `[B]`, what is in it.
        stages: Per Erlang delay `[order, B]`, what is in each stage.
    """

    stocks: dict[str, Array]
    inside: dict[str, Array]
    stages: dict[str, Array]


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """What does not change while a process runs.

    Attributes:
        plan: The process.
        fixed: Values of its names that do not change: floats, `[B]` arrays or `Coded`.
        outer: Values of the file's names.
        lags: Per exact delay how many steps it takes, as a whole number and the fraction beyond it.
        refill: Per exact delay the rate at which what was inside at the start comes out.
        seeds: Per noise, its seed.
        batch: B.
    """

    plan: Plan
    fixed: Mapping[str, Value]
    outer: Mapping[str, Value]
    lags: Mapping[str, tuple[Any, Any]]
    refill: Mapping[str, Value]
    seeds: Mapping[str, Value]
    batch: int

    @property
    def step(self) -> float:
        """The time step."""
        return self.plan.process.time.step

    def full(self, value: Value) -> Array:
        """A value as an array `[B]`."""
        return jnp.broadcast_to(jnp.asarray(value, jnp.float64), (self.batch,))


class Moment:
    """A process at one time; each name is worked out once and only if asked for.

    Args:
        setting: What does not change.
        state: What is in stocks and delays.
        time: Since the start.
        index: Of the time step, from 0.
        past: Per exact delay, what comes out of it that went in in earlier steps, per unit of time.
    """

    def __init__(
        self, setting: Setting, state: State, time: Value, index: Any, past: Mapping[str, Array] | None = None
    ) -> None:
        self.setting = setting
        self.process = setting.plan.process
        self.state = state
        self.time = time
        self.index = index
        self.past = past or {}
        self.known: dict[str, Value] = {}
        self._wishes: dict[str, Value] = {}
        self._caps: dict[str, Value] = {}

    # --- names ---

    def value(self, name: str) -> Value:
        """What a name of the process, or of the file, stands for now."""
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
            return state.inside[name] if name in state.inside else state.stages[name].sum(axis=0)
        if name in process.flows:
            return self.rate(name, process.flows[name])
        if name in self.setting.fixed:
            return self.setting.fixed[name]
        if name in process.quantities:
            return self.number(process.quantities[name].value)
        if name in process.noise:
            return noise_at(self.setting.plan, name, self.setting.seeds[name], self.index, self.number)
        return self.setting.outer[name]

    def number(self, formula: Formula) -> Value:
        """The number that a formula stands for now."""
        return evaluate(
            formula.expression,
            self.value,
            ARRAYS,
            self.setting.plan.functions,
            outer=self.setting.outer.__getitem__,
        )

    def truth(self, formula: Formula) -> Value:
        """Whether a formula holds now."""
        return evaluate_truth(
            formula.expression,
            self.value,
            ARRAYS,
            self.setting.plan.functions,
            outer=self.setting.outer.__getitem__,
        )

    # --- what moves ---

    def wish(self, name: str, moving: Flow | Delay) -> Value:
        """The rate that is wished for."""
        if name not in self._wishes:
            self._wishes[name] = self.number(moving.rate)
        return self._wishes[name]

    def rate(self, name: str, moving: Flow | Delay) -> Value:
        """The actual rate: what a stock holds is shared out in proportion to the wishes.

        A stock gives in one step at most what is in it. A negative wish runs backwards, and is not capped.
        """
        wish, source = self.wish(name, moving), moving.source
        if source is None or self.process.stocks[source].negative:
            return wish
        leaving = self.leaving(source)
        held = self.state.stocks[source]
        if len(leaving) == 1:
            return xp.minimum(wish, held / self.setting.step)
        if source not in self._caps:
            total: Value = 0.0
            for other, each in leaving.items():
                total = total + xp.maximum(self.wish(other, each), 0.0)
            needed = total * self.setting.step
            self._caps[source] = xp.where(needed > held, held / needed, 1.0)
        return xp.minimum(wish, wish * self._caps[source])

    def leaving(self, stock: str) -> dict[str, Flow | Delay]:
        """The flows and delays that leave a stock."""
        moving = {**self.process.flows, **self.process.delays}
        return {name: each for name, each in moving.items() if each.source == stock}

    def inflow(self, delay: str) -> Value:
        """What enters a delay, per unit of time."""
        key = f"into {delay}"
        if key not in self.known:
            self.known[key] = self.rate(delay, self.process.delays[delay])
        return self.known[key]

    def outflow(self, name: str) -> Value:
        """What comes out of a delay, per unit of time."""
        delay = self.process.delays[name]
        if delay.kind == EXACT:
            lag, beyond = self.setting.lags[name]
            at_once = xp.where(lag == 0, 1.0 - beyond, 0.0) * self.inflow(name)
            return self.past[name] + at_once
        return self.pace(name, delay) * self.state.stages[name][-1]

    def pace(self, name: str, delay: Delay) -> Array:
        """`[B]`, the share of a stage that leaves it, per unit of time; at most all of it in a step."""
        order = float(delay.order or 1)
        takes = self.setting.full(self.number(delay.takes))
        return jnp.minimum(order / jnp.maximum(takes, 0.0), 1.0 / self.setting.step)

    def change(self) -> State:
        """How fast everything changes, per unit of time."""
        process, setting = self.process, self.setting
        change = {name: jnp.zeros(setting.batch) for name in self.state.stocks}
        for name, flow in process.flows.items():
            _move(change, flow.source, flow.target, self.value(name))
        inside: dict[str, Array] = {}
        stages: dict[str, Array] = {}
        for name, delay in process.delays.items():
            into, out = self.inflow(name), self.outflow(name)
            _move(change, delay.source, None, into)
            _move(change, None, delay.target, out)
            if name in self.state.inside:
                inside[name] = setting.full(into - out)
            if delay.kind != EXACT:
                passed = self.pace(name, delay)[None] * self.state.stages[name]
                stages[name] = jnp.concatenate([setting.full(into)[None], passed[:-1]]) - passed
        return State(change, inside, stages)


def _move(change: dict[str, Array], source: str | None, target: str | None, rate: Value) -> None:
    if source is not None:
        change[source] = change[source] - rate
    if target is not None and target in change:  # a sink that nothing asks for is not counted
        change[target] = change[target] + rate
