"""Warnings about a time step that is too long, from one simulation with it and one with half of it.

Both are of default inputs and of the middle of what is uncertain, in plain floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from raison.model.evaluate import FLOATS, evaluate
from raison.model.formula import Expression, Text
from raison.model.process.by_hand import Course
from raison.model.process.halving import halved
from raison.model.process.records import Process
from raison.model.records import Distribution, Model
from raison.model.scope import Report

MOST_CHANGE = 0.02
"""The share of its size by which an output may change if the time step is halved."""
_MOST_WORK = 60_000  # formulas evaluated, at about 3 microseconds


def warn_of_steps(model: Model, report: Report) -> None:
    """Warn of processes whose outputs depend on the time step, or that fail in the middle of everything."""
    middle = Middle(model)
    for name, process in model.processes.items():
        work = 3 * process.time.num_steps * sum(1 for _ in process.formulas())
        if work * (4 if process.time.method != "euler" else 1) > _MOST_WORK:
            continue
        try:
            inputs = {
                key: middle.number(given.default.expression)
                for key, given in process.inputs.items()
                if given.default is not None
            }
            course = middle.course(process, inputs)
        except (_UnknownError, KeyError, TypeError):
            continue
        path = ("processes", name, "time", "step")
        if course.failures:
            report.warn(
                ("processes", name),
                f"process '{name}' fails at its default inputs and the middle of what is uncertain: "
                f"{course.failures[0]}",
            )
            continue
        finer = middle.course(halved(process), inputs)
        worst = max(process.outputs, key=lambda output: _change(course, finer, output))
        change = _change(course, finer, worst)
        if change > MOST_CHANGE:
            step = process.time.step
            report.warn(
                path,
                f"half the time step of process '{name}', {step / 2:g} instead of {step:g}, changes "
                f"'{worst}' by {_percent(change)}; take a smaller step, or 'method: rk4' where nothing "
                "jumps.",
            )


def _percent(share: float) -> str:
    """Two digits, or whole percents."""
    return f"{100 * share:.2g}%" if 100 * share < 99.5 else f"{100 * share:,.0f}%"


def _change(course: Course, finer: Course, output: str) -> float:
    """By how much an output differs, as a share of the size of what it is of."""
    process = course.process
    difference = abs(course.outputs[output] - finer.outputs[output])
    if not math.isfinite(difference):
        return 0.0
    if process.outputs[output].fold == "first_time":
        return difference / process.time.horizon
    size = max(abs(course.outputs[output]), course.sizes[output])
    return difference / size if size > 0 else 0.0


class _UnknownError(Exception):
    """A name whose middle is not known without arrays."""


class Middle:
    """The middle of everything: medians, or means where these are simpler, and what follows from them."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.functions = {name: (f.arguments, f.body.expression) for name, f in model.functions.items()}
        self.known: dict[str, float | str] = {}

    def value(self, name: str) -> float | str:
        """What a name stands for.

        Raises:
            _UnknownError: it depends on a process or on how play goes.
        """
        if name not in self.known:
            if name in self.model.quantities:
                self.known[name] = self.number(self.model.quantities[name].value.expression)
            elif name in self.model.parameters:
                definition = self.model.parameters[name].value
                if isinstance(definition, Distribution):
                    self.known[name] = self._middle(definition)
                else:
                    self.known[name] = self.number(definition.expression)
            else:
                raise _UnknownError
        return self.known[name]

    def number(self, expression: Expression) -> float:
        """The number that an expression stands for."""
        return evaluate(expression, self.value, FLOATS, self.functions, _refused)

    def course(self, process: Process, inputs: dict[str, float]) -> Course:
        """A simulation in which noise stays in the middle."""

        def drawn(name: str, _seed: float, _count: int, arguments: list[float]) -> float:
            return _MIDDLES[process.noise[name].distribution.kind](arguments)

        return Course(process, inputs, self.value, self.functions, drawn)

    def _middle(self, distribution: Distribution) -> float | str:
        arguments = distribution.arguments
        numbers = [
            math.nan if isinstance(a.expression, Text) else self.number(a.expression) for a in arguments
        ]
        if distribution.names:
            weights = numbers[1::2]
            return distribution.names[weights.index(max(weights))]
        return _MIDDLES[distribution.kind](numbers)


def _refused(*_: object) -> float:
    raise _UnknownError


def _triangular(numbers: list[float]) -> float:
    low, mode, high = numbers
    if mode - low >= high - mode:
        return low + math.sqrt(max((high - low) * (mode - low) / 2, 0.0))
    return high - math.sqrt(max((high - low) * (high - mode) / 2, 0.0))


def _quantiles(numbers: list[float]) -> float:
    shares, values = numbers[0::2], numbers[1::2]
    for i in range(1, len(shares)):
        if shares[i] >= 0.5:
            share = (0.5 - shares[i - 1]) / (shares[i] - shares[i - 1])
            return values[i - 1] + share * (values[i] - values[i - 1])
    return values[-1]


def _heaviest(numbers: list[float]) -> float:
    return max(zip(numbers[1::2], numbers[0::2], strict=True))[1]


_MIDDLES: dict[str, Callable[[list[float]], float]] = {
    "uniform": lambda n: (n[0] + n[1]) / 2,
    "triangular": _triangular,
    "pert": lambda n: (n[0] + 4 * n[1] + n[2]) / 6,
    "normal": lambda n: n[0],
    "lognormal": lambda n: n[0],
    "beta": lambda n: n[0] / (n[0] + n[1]),
    "quantiles": _quantiles,
    "choice": _heaviest,
}
