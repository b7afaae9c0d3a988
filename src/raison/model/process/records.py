"""A process as plain immutable records: what a file says, with formulas parsed and nothing simulated.

Inside a process its inputs, stocks, flows, delays, sinks, quantities and noise are names, beside `time`, the
time since its start; they hide names of the file that are spelled alike. All its other names are the file's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from raison.model.formula import Formula
from raison.model.problem import Path
from raison.model.records import Distribution, Quantity

EULER, RK4 = "euler", "rk4"
METHODS = (EULER, RK4)
"""How a process goes from one time step to the next."""
EXACT, ERLANG = "exact", "erlang"
KINDS = (EXACT, ERLANG)
"""Delays: everything takes the same time, or a time with an Erlang distribution."""
END = "end"
"""The time of reading that is the horizon."""
TIME = "time"
"""The name of the time since the start."""
FOLDS = ("at", "max", "min", "mean", "first_time")
"""What an output can be, by the key that says so."""


@dataclass(frozen=True, slots=True)
class Time:
    """When a process is computed: at 0, step, 2 * step, ..., horizon, in `unit`."""

    step: float
    horizon: float
    unit: str | None = None
    method: str = EULER

    @property
    def num_steps(self) -> int:
        """How many steps lead to the horizon."""
        return round(self.horizon / self.step)


@dataclass(frozen=True, slots=True)
class Input:
    """What a call can set; without a default every call has to."""

    default: Formula | None = None
    unit: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """What accumulates. `negative` stocks may fall below zero, and cap nothing."""

    start: Formula
    unit: str | None = None
    about: str | None = None
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """What moves per unit of time: `rate` is what is wished, and the stock that it leaves caps it.

    Attributes:
        rate: Amount per unit of time.
        source: The stock that it leaves (`from` in a file); None if it comes from outside of the process.
        target: The stock or sink that it enters (`to`).
        about: What it is.
    """

    rate: Formula
    target: str
    source: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """What enters comes out later. As a name it stands for what is inside.

    Attributes:
        rate: Wished inflow, capped like a flow.
        takes: How long it takes: of an exact delay fixed when the process starts, of an Erlang one the mean
            at the time.
        target: Where it comes out: a stock or sink.
        source: The stock that it leaves; None if it comes from outside.
        kind: `exact` or `erlang`.
        order: Of an Erlang delay, its number of stages.
        start: What is inside at the start, spread evenly over the way; None for nothing.
        about: What it is.
    """

    rate: Formula
    takes: Formula
    target: str
    source: str | None = None
    kind: str = EXACT
    order: int | None = None
    start: Formula | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """At a time, an amount moves at once; the stock that it leaves caps it."""

    at: Formula
    amount: Formula
    target: str
    source: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Noise:
    """A number that is drawn anew every so often.

    Attributes:
        distribution: What it is drawn from.
        seed: The same seed gives the same numbers; an uncertain one gives each draw numbers of its own.
        every: For how long it stays, a whole number of time steps; None for one step.
        unit: Of the number.
        about: What it is.
    """

    distribution: Distribution
    seed: Formula
    every: float | None = None
    unit: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A number that sums a simulation up.

    Attributes:
        fold: One of `FOLDS`.
        of: What is read, or the condition of `first_time`.
        at: When it is read; None for the end.
        otherwise: Of `first_time`, where the condition is never true.
        about: What it is.
    """

    fold: str
    of: Formula
    at: Formula | None = None
    otherwise: Formula | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """A stock-and-flow model, called in formulas as `name(input=...).output`."""

    time: Time
    inputs: Mapping[str, Input] = field(default_factory=dict)
    stocks: Mapping[str, Stock] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    delays: Mapping[str, Delay] = field(default_factory=dict)
    sinks: tuple[str, ...] = ()
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    events: Mapping[str, Event] = field(default_factory=dict)
    noise: Mapping[str, Noise] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    about: str | None = None

    def names(self) -> tuple[str, ...]:
        """The names that its formulas can use beside those of the file, `time` among them."""
        groups = (self.inputs, self.stocks, self.flows, self.delays, self.sinks, self.quantities, self.noise)
        return (TIME, *(name for group in groups for name in group))

    def formulas(self) -> Iterator[tuple[Path, Formula]]:
        """Every formula with its place inside the process, in the order of `names`, then events, outputs.

        Defaults of inputs are evaluated outside of the process; all others inside.
        """
        for name, given in self.inputs.items():
            if given.default is not None:
                yield ("inputs", name, "default"), given.default
        for name, stock in self.stocks.items():
            yield ("stocks", name, "start"), stock.start
        for name, flow in self.flows.items():
            yield ("flows", name, "rate"), flow.rate
        for name, delay in self.delays.items():
            yield ("delays", name, "rate"), delay.rate
            yield ("delays", name, "takes"), delay.takes
            if delay.start is not None:
                yield ("delays", name, "start"), delay.start
        for name, quantity in self.quantities.items():
            yield ("quantities", name), quantity.value
        for name, noise in self.noise.items():
            for argument in noise.distribution.arguments:
                yield ("noise", name, "value"), argument
            yield ("noise", name, "seed"), noise.seed
        for name, event in self.events.items():
            yield ("events", name, "at"), event.at
            yield ("events", name, "amount"), event.amount
        for name, output in self.outputs.items():
            yield ("outputs", name, "of" if output.fold == "at" else output.fold), output.of
            if output.at is not None:
                yield ("outputs", name, "at"), output.at
            if output.otherwise is not None:
                yield ("outputs", name, "otherwise"), output.otherwise
