"""Calls of processes in one evaluation of a model: each distinct one is simulated once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from raison.model.evaluate import Bindings, Coded, Taken, Value, evaluate
from raison.model.formula import Expression, Name, names
from raison.model.formula import Simulated as Call
from raison.program import xp
from raison.program.arrays import ARRAYS
from raison.program.process.plan import Plan
from raison.program.process.simulate import Simulated, outside, simulate

PART = 512
"""Draws that are simulated at once: what goes from step to step stays in the processor's cache."""

Array = Any
Results = tuple[tuple[str, str], ...]
_Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Below:
    """The evaluation that a period of rounds was made from, in which there are no states yet.

    Attributes:
        calls: Its simulations.
        spread: Brings what is the same in all states, `[.., B]`, to the period's states.
    """

    calls: Calls
    spread: Callable[[Any], Any]


class Calls:
    """The simulations of one evaluation.

    In a period of rounds, a simulation whose inputs are the same in all states is one of the draws, made once
    for all periods; what is read from it may depend on the state.

    Args:
        plans: Of every process of the model.
        outer: What a name of the file stands for.
        asks_results: Whether a formula asks how play went, or for a state of the rounds.
        fault: Takes the key of a reason to fail, and where it applies.
        below: Of a period of rounds, what it was made from.
        given: What the first calls give, in the order in which they are come to; these are not simulated.
    """

    def __init__(
        self,
        plans: Mapping[str, Plan],
        outer: Callable[[str], Value],
        asks_results: Callable[[Expression], bool],
        fault: Callable[[str, Any], None],
        below: Below | None = None,
        given: Sequence[Value] = (),
    ) -> None:
        self.plans = plans
        self.outer = outer
        self.asks_results = asks_results
        self.fault = fault
        self.simulations: dict[_Key, Simulated] = {}
        self.known: dict[_Key, Value] = {}
        self.given = given
        self.found: list[Value] = []
        self.below = below
        self.sealed = False  # simulations made later belong to a loop over periods, and stay within it
        self._seen: dict[int, Value] = {}  # kept, so that no identity is given twice
        self._origins: dict[Any, Value] = {}

    def value(self, call: Call, bindings: Bindings, results: Results, file: Bindings) -> Value:
        """What a call stands for.

        Args:
            call: Process, inputs and output.
            bindings: Values of names in its inputs.
            results: Earlier results of the game, on which names may depend.
            file: Values of the file's names, after these results.
        """
        plan = self.plans[call.process]
        given = dict(call.inputs)
        inputs = {
            name: self._input(given[name], bindings, results, file, plan)
            if name in given
            else self._default(plan, name)
            for name in plan.process.inputs
        }
        key = (plan.name, *((name, self._identity(inputs[name])) for name in plan.inputs()))
        output = plan.asked[call.output]
        later = sorted(plan.reading) if plan.is_read_later(output) else ()
        place = (key, call.output, *((name, self._identity(inputs[name])) for name in later))
        if place not in self.known:
            count = len(self.found)
            is_given = count < len(self.given)
            value = self.given[count] if is_given else self._read(plan, key, call.output, inputs)
            self.known[place] = value
            self.found.append(value)
        return self.known[place]

    def _read(self, plan: Plan, key: _Key, name: str, inputs: Mapping[str, Value]) -> Value:
        """An output of a simulation, at the time at which it is read."""
        found, draws = self._simulated(plan, key, {name: inputs[name] for name in plan.inputs()}, name)
        output = plan.asked[name]
        if not plan.is_read_later(output) or output.at is None:
            return found
        within = lambda name: inputs[name] if name in inputs else self.outer(name)
        time = evaluate(output.at.expression, within, ARRAYS, plan.functions, outer=self.outer)
        self.fault(f"process:{plan.name}:time:{name}", outside(plan, time))
        return read(found, time, plan.process.time.step, draws)

    def _simulated(
        self, plan: Plan, key: _Key, fixed: Mapping[str, Value], output: str
    ) -> tuple[Value, Array | None]:
        """An output of a simulation, and where its rows are one of the draws, the draw of each state."""
        lifted = {name: self.origin(value) for name, value in fixed.items()}
        if self.below is None or any(value is None for value in lifted.values()):
            if key not in self.simulations:
                outer = {name: self.outer(name) for name in sorted(plan.outer)}
                self.simulations[key] = run(plan, fixed, outer)
                for reason, where in self.simulations[key].faults.items():
                    self.fault(reason, where)
            return self.simulations[key].outputs[output], None
        found = self.below.calls.of_draws(plan, lifted, self)
        spread, rows = self.below.spread, found.outputs[output]
        if not plan.is_read_later(plan.asked[output]):
            return self.came_from(rows, spread), None
        width = rows.shape[-1] if rows.ndim > 1 else 1
        draws = spread(jnp.arange(width, dtype=jnp.int32)) if width > 1 else None
        return (rows if draws is not None else rows.reshape(-1)), draws

    def of_draws(self, plan: Plan, fixed: Mapping[str, Value], period: Calls) -> Simulated:
        """A simulation that a period asks for whose inputs are the same in all states."""
        key = (plan.name, *((name, self._identity(fixed[name])) for name in plan.inputs()))
        if key in self.simulations:
            return self.simulations[key]
        kept = period.simulations if self.sealed else self.simulations
        if key not in kept:
            kept[key] = run(plan, fixed, {name: self.outer(name) for name in sorted(plan.outer)})
            for reason, where in kept[key].faults.items():
                if kept is self.simulations:
                    self.fault(reason, where)
                elif period.below is not None:
                    period.fault(reason, period.below.spread(where))
        return kept[key]

    def came_from(self, value: Value, spread: Callable[[Any], Any]) -> Value:
        """A value of the draws at a period's states, remembered with where it came from."""
        key = ("spread", self._identity(value))
        if key not in self.known:
            coded = isinstance(value, Coded)
            wide = Coded(spread(value.codes), value.names) if coded else spread(value)
            self.known[key] = wide
            self._origins[self._identity(wide)] = value
        return self.known[key]

    def origin(self, value: Value) -> Value | None:
        """What a value is in the draws, if it is the same in all states; None if it is not known to be."""
        if isinstance(value, float | int):
            return value
        return self._origins.get(self._identity(value))

    def _default(self, plan: Plan, name: str) -> Value:
        default = plan.process.inputs[name].default
        if default is None:
            raise TypeError(f"'{name}' of the process '{plan.name}' has no default, so a call must give it.")
        return self._input(default.expression, self.outer, (), self.outer, plan)

    def _input(
        self, expression: Expression, bindings: Bindings, results: Results, file: Bindings, plan: Plan
    ) -> Value:
        """An input's value: the same formula of the same values gives the same value, so that it is known."""
        if isinstance(expression, Name):
            value = bindings(expression.id)
            return value.value if isinstance(value, Taken) else value
        key = self._key_of(expression, bindings, results)
        if key not in self.known:
            self.known[key] = self._lifted(expression, bindings, plan)
        if self.known[key] is None:
            simulate = lambda call, inner: self.value(call, inner, results, file)
            self.known[key] = evaluate(expression, bindings, ARRAYS, plan.functions, simulate, file)
        return self.known[key]

    def _key_of(self, expression: Expression, bindings: Bindings, results: Results) -> _Key:
        free = tuple((name, self._identity(bindings(name))) for name in sorted(names(expression)))
        return (expression, free, results if self.asks_results(expression) else ())

    def _lifted(self, expression: Expression, bindings: Bindings, plan: Plan) -> Value | None:
        """An input that is the same in all states, worked out in the draws; None if it may not be."""
        if self.below is None or self.asks_results(expression):
            return None
        origins = {name: self.origin(bindings(name)) for name in names(expression)}
        if any(value is None for value in origins.values()):
            return None
        calls = self.below.calls
        if calls.sealed and calls._key_of(expression, origins.__getitem__, ()) not in calls.known:
            return None
        value = calls._input(expression, origins.__getitem__, (), calls.outer, plan)
        return self.came_from(value, self.below.spread)

    def _identity(self, value: Value) -> Any:
        """What tells two values apart without looking into arrays."""
        if isinstance(value, Taken):
            return (value.label, self._identity(value.value))
        if isinstance(value, Coded):
            return (value.names, self._identity(value.codes))
        if isinstance(value, float | int | str):
            return value
        self._seen[id(value)] = value
        return ("array", id(value))


def run(plan: Plan, fixed: Mapping[str, Value], outer: Mapping[str, Value]) -> Simulated:
    """Simulate for arrays of any one shape, a part of the draws at a time.

    Returns:
        Outputs and faults of the common shape of everything given; floats where everything is a float.
    """
    arrays, rebuilt = _taken_apart(fixed, outer)
    shape = np.broadcast_shapes((), *(np.shape(array) for array in arrays))
    size = int(np.prod(shape, dtype=np.int64))
    width = min(PART, size)
    parts = -(-size // width)

    def simulated(rows: tuple[Array, ...]) -> Simulated:
        return simulate(plan, *rebuilt(rows), width)

    def whole(arrays: tuple[Array, ...]) -> Simulated:
        cut = tuple(_cut(array, shape, parts, width) for array in arrays)
        if parts == 1:
            return simulated(tuple(array[0] for array in cut))
        found: Simulated = jax.lax.map(simulated, cut)
        return jax.tree.map(lambda rows: jnp.moveaxis(rows, 0, -2).reshape(*rows.shape[1:-1], -1), found)

    if any(isinstance(array, jax.Array) for array in arrays):
        found = whole(arrays)
        return jax.tree.map(lambda rows: rows[..., :size].reshape((*rows.shape[:-1], *shape)), found)
    key = (tuple(np.shape(array) for array in arrays), _shown(fixed), _shown(outer))
    if key not in plan.runs:
        plan.runs[key] = jax.jit(whole)
    with jax.ensure_compile_time_eval():
        found = jax.tree.map(np.asarray, plan.runs[key](arrays))
    cut = jax.tree.map(lambda rows: rows[..., :size].reshape((*rows.shape[:-1], *shape)), found)
    outputs = {name: _plain(value) for name, value in cut.outputs.items()}
    return Simulated(outputs, {key: bool(w) if w.ndim == 0 else w for key, w in cut.faults.items()})


def _plain(value: Any) -> Any:
    return float(value) if value.ndim == 0 else value


def _shown(values: Mapping[str, Value]) -> tuple[Any, ...]:
    """What is fixed in a compiled simulation: everything but its arrays."""
    return tuple(
        (name, value if isinstance(value, float | int) else value.names if isinstance(value, Coded) else None)
        for name, value in values.items()
    )


def _taken_apart(
    fixed: Mapping[str, Value], outer: Mapping[str, Value]
) -> tuple[tuple[Array, ...], Callable[[tuple[Array, ...]], tuple[dict[str, Value], dict[str, Value]]]]:
    """The arrays among values, and a function that puts others in their places."""
    arrays: list[Array] = []
    places: list[tuple[int, str, Any]] = []
    for side, values in enumerate((fixed, outer)):
        for name, value in values.items():
            inner = value.codes if isinstance(value, Coded) else value
            if isinstance(inner, float | int):
                continue
            places.append((side, name, value.names if isinstance(value, Coded) else None))
            arrays.append(inner)

    def rebuilt(rows: tuple[Array, ...]) -> tuple[dict[str, Value], dict[str, Value]]:
        sides: tuple[dict[str, Value], dict[str, Value]] = (dict(fixed), dict(outer))
        for (side, name, coded), row in zip(places, rows, strict=True):
            sides[side][name] = row if coded is None else Coded(row, coded)
        return sides

    return tuple(arrays), rebuilt


def _cut(array: Array, shape: tuple[int, ...], parts: int, width: int) -> Array:
    """`[parts, width]`, the last part filled up with the last draw."""
    flat = jnp.broadcast_to(jnp.asarray(array, jnp.float64), shape).reshape(-1)
    missing = parts * width - flat.shape[0]
    return (jnp.pad(flat, (0, missing), mode="edge") if missing else flat).reshape(parts, width)


def read(rows: Value, time: Value, step: float, draws: Array | None = None) -> Value:
    """What stood at a time, on the straight line between two steps.

    Args:
        rows: `[T + 1, ...]`, at 0, step, ..., horizon.
        time: A float, or of the other axes' shape.
        step: The time step.
        draws: Where the rows are `[T + 1, B]` and the time is of a period's states, the draw of each.
    """
    last = rows.shape[0] - 1
    place = xp.minimum(xp.maximum(xp.asarray(time, xp.float64) / step, 0.0), float(last))
    place = xp.where(place == place, place, 0.0)
    below = xp.minimum(xp.floor(place), last - 1.0)
    share = place - below
    if np.ndim(time) == 0 and not isinstance(place, jax.Array):
        index = int(below)
        found = rows[index] + float(share) * (rows[index + 1] - rows[index])
        return _plain(found) if not isinstance(found, jax.Array) else found
    index = below.astype(np.int32)
    if draws is not None:
        low, high = (rows[index + np.int32(more), draws] for more in (0, 1))
        return low + share * (high - low)
    rank = max(rows.ndim - 1, index.ndim)
    rows = rows.reshape(rows.shape[0], *(1,) * (rank - rows.ndim + 1), *rows.shape[1:])
    index = index.reshape((1,) * (rank - index.ndim) + index.shape)
    low, high = (xp.take_along_axis(rows, (index + more)[None], axis=0)[0] for more in (0, 1))
    return low + share * (high - low)
