"""A process from its start to its horizon, for a batch of draws, as one loop over time.

Euler's method has order 1. The classical Runge-Kutta method has order 4 where rates are smooth; where a stock
runs empty, an exact delay feeds a stock or noise jumps, order 2 or less is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from raison.model.evaluate import Value
from raison.model.formula import names
from raison.model.process.by_hand import TINY
from raison.model.process.records import EXACT, RK4, Process
from raison.program import xp
from raison.program.process.folds import Folds, begun, ended, folded
from raison.program.process.moment import Moment, Setting, State
from raison.program.process.plan import Plan

Array = Any
_ROUNDING = 1e-9  # of what was in a stock before a step, by which it may fall below zero


class Simulated(NamedTuple):
    """What a simulation gives, in `[B]` draws.

    Attributes:
        outputs: Per output `[B]`; of those that are read later `[T + 1, B]`, at 0, step, ..., horizon.
        faults: By the key of a reason to fail, `[B]` bool.
    """

    outputs: dict[str, Array]
    faults: dict[str, Array]


class _Carried(NamedTuple):
    """What goes from one step to the next.

    Attributes:
        state: Stocks and delays.
        queues: Per exact delay `[T + 1, B]`, what is to come out of it, per unit of time, by the step of
            entering.
        entered: Per exact delay `[B]`, what entered it in the last step, per unit of time.
        queued: Per exact delay `[B]`, the next row of its queue: a row that is written before any is read is
            written in place.
        folds: Outputs so far.
        below: `[B]` int32, which stock was the first to fall below zero, counted from 1; 0 for none.
    """

    state: State
    queues: dict[str, Array]
    entered: dict[str, Array]
    queued: dict[str, Array]
    folds: Folds
    below: Array


def simulate(plan: Plan, fixed: Mapping[str, Value], outer: Mapping[str, Value], batch: int) -> Simulated:
    """Run a process.

    Args:
        plan: The process.
        fixed: Its inputs: floats, `[B]` float64 or `Coded`.
        outer: What names of the file stand for that its formulas use.
        batch: B.

    Accuracy: see the module; conservation to rounding.
    """
    setting, faults, when = _set(plan, fixed, outer, batch)
    process, last = plan.process, plan.num_steps
    carried = _started(setting, when)
    later = {name: output for name, output in plan.asked.items() if plan.is_read_later(output)}

    def read_later(moment: Moment) -> dict[str, Array]:
        return {name: setting.full(moment.number(output.of)) for name, output in later.items()}

    def step(carried: _Carried, index: Array) -> tuple[_Carried, dict[str, Array]]:
        queues, moment = _moment(setting, carried, index)
        folds = folded(carried.folds, moment, when)
        state, entered = _advanced(setting, moment)
        below = _below(process, carried.below, state.stocks, carried.state.stocks)
        held = {
            name: jnp.maximum(state.stocks[name], 0.0)
            for name, stock in process.stocks.items()
            if not stock.negative
        }
        state = state._replace(stocks={**state.stocks, **held})
        queued = {name: _blended(setting, name, entered, carried.entered) for name in entered}
        after = _Carried(state, queues, entered, queued, folds, below)
        return _with_events(setting, after, index + 1), read_later(moment)

    carried, rows = jax.lax.scan(step, carried, jnp.arange(last, dtype=jnp.int32))
    _, moment = _moment(setting, carried, last)
    outputs = ended(folded(carried.folds, moment, when), moment)
    for name, row in read_later(moment).items():
        outputs[name] = jnp.concatenate([rows[name], row[None]])
    for number, name in enumerate(process.stocks, 1):
        faults[f"process:{plan.name}:below:{name}"] = carried.below == number
    assert set(outputs) == set(plan.asked), process
    return Simulated(outputs, {key: jnp.broadcast_to(where, (batch,)) for key, where in faults.items()})


def _set(
    plan: Plan, fixed: Mapping[str, Value], outer: Mapping[str, Value], batch: int
) -> tuple[Setting, dict[str, Array], dict[str, Value]]:
    """What does not change, what is wrong with it, and the times of reading that are known beforehand."""
    process, step = plan.process, plan.process.time.step
    known = dict(fixed)
    setting = Setting(plan, known, outer, {}, {}, {}, batch)
    nothing = Moment(setting, State({}, {}, {}), 0.0, 0)
    for name in process.quantities:
        if name not in plan.changing and not names(process.quantities[name].value.expression) & plan.reading:
            nothing.value(name)
    known |= {name: value for name, value in nothing.known.items() if name in process.quantities}
    lags: dict[str, tuple[Any, Any]] = {}
    refill: dict[str, Value] = {}
    faults: dict[str, Array] = {}
    for name, delay in process.delays.items():
        if delay.kind != EXACT:
            continue
        takes = nothing.number(delay.takes)
        faults[f"process:{plan.name}:takes:{name}"] = ~(jnp.asarray(takes, jnp.float64) >= 0)
        lags[name] = _lag(takes, step, plan.num_steps)
        start = 0.0 if delay.start is None else nothing.number(delay.start)
        refill[name] = xp.where(start == 0.0, 0.0, start / takes) if delay.start is not None else 0.0
    seeds = {name: setting.full(nothing.number(noise.seed)) for name, noise in process.noise.items()}
    when: dict[str, Value] = {}
    for name, output in plan.asked.items():
        if output.at is not None and not plan.is_read_later(output):
            when[name] = nothing.number(output.at)
            faults[f"process:{plan.name}:time:{name}"] = outside(plan, when[name])
    return Setting(plan, known, outer, lags, refill, seeds, batch), faults, when


def outside(plan: Plan, time: Value) -> Array:
    """Where a time of reading is before the start or after the horizon."""
    slack = 1e-9 * plan.process.time.horizon
    time = xp.asarray(time, xp.float64)
    return ~((time >= -slack) & (time <= plan.process.time.horizon + slack))


def _lag(takes: Value, step: float, most: int) -> tuple[Any, Any]:
    """How many steps something takes, as a whole number and the fraction beyond it."""
    steps = xp.maximum(xp.minimum(xp.asarray(takes, xp.float64) / step, float(most)), 0.0)
    nearest = xp.floor(steps + 0.5)
    steps = xp.where(xp.abs(steps - nearest) < 1e-9, nearest, steps)  # 0.3 / 0.1 is three steps
    whole = xp.floor(steps)
    return xp.where(whole == whole, whole, 0.0).astype(np.int32), steps - whole


def _started(setting: Setting, when: dict[str, Value]) -> _Carried:
    plan, process = setting.plan, setting.plan.process
    nothing = Moment(setting, State({}, {}, {}), 0.0, 0)
    counted = [name for name in process.sinks if _is_asked(plan, name)]
    stocks = {name: setting.full(nothing.number(stock.start)) for name, stock in process.stocks.items()}
    below = _below(process, jnp.zeros(setting.batch, jnp.int32), stocks)
    stocks |= {name: setting.full(0.0) for name in counted}
    inside: dict[str, Array] = {}
    stages: dict[str, Array] = {}
    for name, delay in process.delays.items():
        start = setting.full(0.0 if delay.start is None else nothing.number(delay.start))
        if delay.kind != EXACT:
            order = delay.order or 1
            stages[name] = jnp.broadcast_to(start / order, (order, setting.batch))
        elif _is_asked(plan, name):
            inside[name] = start
    queues = {name: jnp.zeros((plan.num_steps + 1, setting.batch)) for name in setting.lags}
    entered = {name: setting.full(setting.refill[name]) for name in setting.lags}
    folds = begun(setting, when)
    carried = _Carried(State(stocks, inside, stages), queues, entered, entered, folds, below)
    return _with_events(setting, carried, 0)


def _is_asked(plan: Plan, name: str) -> bool:
    """Whether some formula asks what is in a sink or an exact delay; else it is not counted."""
    return any(name in names(formula.expression) for _, formula in plan.process.formulas())


def _below(
    process: Process, so_far: Array, held: dict[str, Array], before: dict[str, Array] | None = None
) -> Array:
    """Which stock was the first to fall below zero by more than rounding."""
    for number, (name, stock) in enumerate(process.stocks.items(), 1):
        if not stock.negative:
            slack = 0.0 if before is None else -_ROUNDING * jnp.abs(before[name]) - TINY
            so_far = jnp.where((so_far == 0) & (held[name] < slack), jnp.int32(number), so_far)
    return so_far


def _moment(setting: Setting, carried: _Carried, index: Any) -> tuple[dict[str, Array], Moment]:
    """The queues in delays, with what entered in the last step; and the process at this step."""
    queues = {
        name: jax.lax.dynamic_update_index_in_dim(rows, carried.queued[name], index, 0)
        for name, rows in carried.queues.items()
    }
    past = {name: _past(setting, name, rows, carried.entered[name], index) for name, rows in queues.items()}
    return queues, Moment(setting, carried.state, _time(setting, index), index, past)


def _time(setting: Setting, index: Any) -> Array:
    return jnp.asarray(index, jnp.float64) * setting.step


def _past(setting: Setting, name: str, rows: Array, entered: Array, index: Any) -> Array:
    """What comes out of an exact delay of what entered in earlier steps, per unit of time.

    What takes a fraction of a step more than a whole number of them comes out in two steps, in shares that
    make its mean time right.
    """
    lag, beyond = setting.lags[name]
    at = index - lag
    place = jnp.maximum(at + 1, 0)
    if place.ndim == 0:
        found = jax.lax.dynamic_index_in_dim(rows, place, 0, keepdims=False)
    else:
        found = jnp.take_along_axis(rows, place[None], axis=0, mode="promise_in_bounds")[0]
    found = jnp.where(at < 0, setting.refill[name], found)
    return jnp.where(lag == 0, beyond * entered, found)


def _blended(setting: Setting, name: str, entered: dict[str, Array], before: dict[str, Array]) -> Array:
    """What comes out together: most of what enters in one step, and the rest of the step before."""
    _, beyond = setting.lags[name]
    return (1.0 - beyond) * entered[name] + beyond * before[name]


def _advanced(setting: Setting, moment: Moment) -> tuple[State, dict[str, Array]]:
    """The state one step later, and what entered each exact delay meanwhile, per unit of time."""
    step = setting.step
    first = moment.change()
    into = [{name: setting.full(moment.inflow(name)) for name in moment.past}]
    if setting.plan.process.time.method != RK4:
        return _added(moment.state, step, first), into[0]
    changes = [first]
    for share in (0.5, 0.5, 1.0):
        state = _added(moment.state, share * step, changes[-1])
        later = Moment(setting, state, moment.time + share * step, moment.index, moment.past)
        changes.append(later.change())
        into.append({name: setting.full(later.inflow(name)) for name in moment.past})

    def mean(k1: Array, k2: Array, k3: Array, k4: Array) -> Array:
        return (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0

    return _added(moment.state, step, jax.tree.map(mean, *changes)), jax.tree.map(mean, *into)


def _added(state: State, step: float, change: State) -> State:
    return jax.tree.map(lambda held, rate: held + step * rate, state, change)


def _with_events(setting: Setting, carried: _Carried, index: Any) -> _Carried:
    """What there is after the events of a time step; each happens at the first step from its time on."""
    stocks = dict(carried.state.stocks)
    for event in setting.plan.process.events.values():
        moment = Moment(setting, carried.state._replace(stocks=stocks), _time(setting, index), index)
        due = xp.ceil(xp.asarray(moment.number(event.at), xp.float64) / setting.step - 1e-9)
        amount = setting.full(moment.number(event.amount))
        if event.source is not None and not setting.plan.process.stocks[event.source].negative:
            amount = jnp.minimum(amount, stocks[event.source])
        amount = jnp.where(due == jnp.asarray(index, jnp.float64), amount, 0.0)
        stocks = dict(stocks)
        if event.source is not None:
            stocks[event.source] = stocks[event.source] - amount
        if event.target in stocks:
            stocks[event.target] = stocks[event.target] + amount
    return carried._replace(state=carried.state._replace(stocks=stocks))
