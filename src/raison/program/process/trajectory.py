"""Everything in a process over time, at chosen points: for charts, and to check step and conservation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.model.evaluate import Value
from raison.model.formula import Name, number
from raison.model.formula import Simulated as Call
from raison.model.process.halving import halved
from raison.model.process.records import TIME, Input, Output, Process, Stock
from raison.model.unparse import formula
from raison.program.process.calls import Calls, run
from raison.program.process.plan import plan_of
from raison.program.program import FINE, Program, failure_reasons
from raison.program.world import World

_OUTSIDE, _WHEN = "(outside)", "(when)"  # no name of a file looks like these
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Trajectories:
    """A process at `N` points; arrays have no axis of points where one point was given as plain numbers.

    Attributes:
        process: Its name.
        unit: Of time.
        time: `[T + 1]` float64: 0, step, ..., horizon.
        values: Per stock, flow, delay, sink, quantity and noise `[T + 1, N]`: of a flow its actual rate, of a
            delay what is in it.
        outputs: What it gives, `[N]`.
        step_error: By how much each output changes if the time step is halved, `[N]`: by Euler's method about
            as much as is still missing.
        imbalance: `[N]`, the most by which what left somewhere did not arrive, as a share of all there is;
            beyond rounding it is an error of raison.
        status: A sentence for each point, or just one.
    """

    process: str
    unit: str | None
    time: Floats
    values: Mapping[str, Floats]
    outputs: Mapping[str, Any]
    step_error: Mapping[str, Any]
    imbalance: Any
    status: Any

    def __getitem__(self, name: str) -> Floats:
        """A name's values over time."""
        return self.values[name]


def trace(
    program: Program, name: str, inputs: Mapping[str, Any], points: Mapping[str, Floats]
) -> Trajectories:
    """Simulate a process and keep everything.

    Args:
        program: The compiled model.
        name: Of the process.
        inputs: Values of its inputs, numbers or `[N]`; the others have their defaults.
        points: Values of parameters `[N]`; the others have their central value.

    Raises:
        KeyError: there is no such process or input.
        ValueError: an input has no default and is not given.
    """
    model = program.model
    if name not in model.processes:
        raise KeyError(f"the model has no process '{name}'; it has {', '.join(model.processes) or 'none'}.")
    process = model.processes[name]
    for given in inputs:
        if given not in process.inputs:
            known = ", ".join(process.inputs) or "none"
            raise KeyError(f"the process '{name}' has no input '{given}'; it has {known}.")
    for needed, each in process.inputs.items():
        if each.default is None and needed not in inputs:
            raise ValueError(f"'{needed}' of the process '{name}' has no default; give it.")
    world = World(program, chosen=points)
    fixed = {key: _plain(inputs[key]) for key in inputs}
    outputs, faults = _outputs(program, world, name, process, fixed)
    finer, _ = _outputs(program, world, name, halved(process), fixed)
    values = _paths(program, world, name, process, fixed)
    outside = values.pop(_OUTSIDE)
    return Trajectories(
        process=name,
        unit=process.time.unit,
        time=process.time.step * np.arange(process.time.num_steps + 1, dtype=np.float64),
        values=values,
        outputs=outputs,
        step_error={output: abs(value - finer[output]) for output, value in outputs.items()},
        imbalance=_imbalance(process, {**values, _OUTSIDE: outside}),
        status=_status(program, faults),
    )


def _plain(value: Any) -> Value:
    given = np.asarray(value, np.float64)
    return float(given) if given.ndim == 0 else given


def _outputs(
    program: Program, world: World, name: str, process: Process, fixed: Mapping[str, Value]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the process gives, and where it fails by which reason."""
    faults: dict[str, Any] = {}

    def fault(key: str, where: Any) -> None:
        faults[key] = where | faults.get(key, False)

    plan = plan_of(program.model, name, process)
    calls = Calls({name: plan}, world.value, lambda _: False, fault)
    inputs = tuple((given, Name(given)) for given in fixed)
    found = {
        output: calls.value(Call(name, inputs, output), fixed.__getitem__, (), world.value)
        for output in process.outputs
    }
    return found, faults


def _paths(
    program: Program, world: World, name: str, process: Process, fixed: Mapping[str, Value]
) -> dict[str, Any]:
    """Every name at every step, and what has come from outside, below zero."""

    def counted(moving: Any) -> Any:
        return moving if moving.source is not None else replace(moving, source=_OUTSIDE)

    names = [part for part in process.names() if part not in process.inputs and part != TIME]
    later = formula(Name(_WHEN))
    whole = replace(
        process,
        inputs={**process.inputs, _WHEN: Input()},
        stocks={**process.stocks, _OUTSIDE: Stock(number(0), negative=True)},
        flows={key: counted(flow) for key, flow in process.flows.items()},
        delays={key: counted(delay) for key, delay in process.delays.items()},
        events={key: counted(event) for key, event in process.events.items()},
        outputs={part: Output("at", formula(Name(part)), later) for part in (*names, _OUTSIDE)},
    )
    plan = plan_of(program.model, name, whole)
    inner = {
        key: fixed[key] if key in fixed else world.number(process.inputs[key].default or number(0))
        for key in plan.inputs()
    }
    return dict(run(plan, inner, {key: world.value(key) for key in sorted(plan.outer)}).outputs)


def _imbalance(process: Process, values: Mapping[str, Floats]) -> Any:
    """The most by which the sum of all there is changes, as a share of it.

    Only sums: it shares nothing with how the process is computed.
    """
    held = [values[name] for name in (*process.stocks, *process.delays, *process.sinks, _OUTSIDE)]
    shape = np.broadcast_shapes(*(path.shape for path in held))
    total = sum((np.broadcast_to(path, shape) for path in held), np.zeros(shape))
    size = sum((np.abs(np.broadcast_to(path, shape)) for path in held), np.zeros(shape)).max(axis=0)
    off = np.abs(total - total[:1]).max(axis=0)
    return off / np.where(size > 0, size, 1.0)


def _status(program: Program, faults: Mapping[str, Any]) -> Any:
    reasons = failure_reasons(program.model)
    shape = np.broadcast_shapes((), *(np.shape(where) for where in faults.values()))
    status = np.full(shape, FINE, object)
    for key in reversed([key for key in reasons if key in faults]):
        status = np.where(faults[key], reasons[key], status)
    return str(status) if status.ndim == 0 else [str(sentence) for sentence in status]
