"""Whether a process hangs together: times, ends of flows, formulas, circles and units."""

from __future__ import annotations

from collections.abc import Iterator

from raison.model import uses
from raison.model.constant import constant
from raison.model.defining import check_distribution, no_constants
from raison.model.formula import Formula, names
from raison.model.keys import MOST_STAGES, RESERVED, did_you_mean
from raison.model.naming import check_identifier
from raison.model.problem import Path
from raison.model.process.dimensions import Units, check_calls, check_units, has_units
from raison.model.process.order import circle_inside
from raison.model.process.records import ERLANG, EXACT, KINDS, METHODS, TIME, Delay, Event, Flow, Process
from raison.model.records import Model
from raison.model.scope import Report, Scope

MOST_STEPS = 100_000
"""The most time steps of a process."""
_WHOLE = 1e-6  # a share of a step that a horizon may miss


def check_processes(model: Model, scope: Scope, report: Report) -> None:
    """Report what is wrong with each process for itself."""
    for name, process in model.processes.items():
        path = ("processes", name)
        if not report.knows(path):
            _Checked(model, name, process, scope, report, path).check()
    units = [name for name, process in model.processes.items() if has_units(process)]
    if units and not report.ships and not report.broken and not report.raw() and not scope.is_circular:
        of_model = Units(model)
        for name in units:
            check_units(of_model, name, report)
        check_calls(of_model, report)


class _Checked:
    """One process that is looked at."""

    def __init__(
        self, model: Model, name: str, process: Process, scope: Scope, report: Report, path: Path
    ) -> None:
        self.model = model
        self.name = name
        self.process = process
        self.scope = scope
        self.report = report
        self.path = path

    def check(self) -> None:
        """Everything; units only of a process that is sound otherwise."""
        before = len(self.report.problems) + len(self.report.unknown)
        self.names()
        self.time()
        self.ends()
        self.delays()
        self.noise()
        self.formulas()
        if not self.process.outputs:
            self.error(
                "outputs",
                f"process '{self.name}' gives nothing; add 'outputs', as in 'o: {{at: end, of: stock}}'.",
            )
        whole = before == len(self.report.problems) + len(self.report.unknown)
        if whole and not self.report.touches(self.path):
            circle = circle_inside(self.process)
            if circle:
                place = next(self.section(part) for part in circle if self.section(part))
                self.error(
                    *place,
                    f"'{circle[0]}' in process '{self.name}' depends on itself within a time step: "
                    f"{' -> '.join(circle[:12])}; break the circle with a stock.",
                )

    def error(self, *place: str) -> None:
        """Report an error at a place inside the process; the last argument is the message."""
        self.report.error((*self.path, *place[:-1]), place[-1])

    def section(self, name: str) -> tuple[str, ...]:
        """Where a name of the process stands."""
        for section in ("quantities", "flows", "delays"):
            if name in getattr(self.process, section):
                return (section, name)
        return ()

    def names(self) -> None:
        """Names inside are names, and each stands for one thing."""
        process, seen = self.process, {TIME: "the time"}
        for kind, section, parts in (
            ("input", "inputs", process.inputs),
            ("stock", "stocks", process.stocks),
            ("flow", "flows", process.flows),
            ("delay", "delays", process.delays),
            ("sink", "sinks", process.sinks),
            ("quantity", "quantities", process.quantities),
            ("noise", "noise", process.noise),
            ("output", "outputs", process.outputs),
        ):
            if kind == "output":
                seen = {}
            for name in parts:
                path = (*self.path, section) if kind == "sink" else (*self.path, section, name)
                if not check_identifier(kind, name, path, self.report):
                    continue
                if name in RESERVED:
                    self.report.error(
                        path, f"'{name}' has a meaning of its own in formulas; rename the {kind}."
                    )
                elif name in seen:
                    self.report.error(
                        path, f"'{name}' is {seen[name]} of process '{self.name}' already; rename the {kind}."
                    )
                seen.setdefault(name, f"a {kind}" if kind != "input" else "an input")

    def time(self) -> None:
        """Step and horizon are positive, and the one divides the other."""
        time, what = self.process.time, f"process '{self.name}'"
        if self.report.touches((*self.path, "time")):
            return
        if time.method not in METHODS:
            hint = did_you_mean(time.method, METHODS) or f"; there are {' and '.join(METHODS)}."
            self.error(
                "time", "method", f"{what} has the method '{time.method[:60]}', which does not exist{hint}"
            )
        if time.step <= 0 or time.horizon <= 0:
            key = "step" if time.step <= 0 else "horizon"
            got = time.step if time.step <= 0 else time.horizon
            self.error("time", key, f"'{key}' of {what} is greater than 0; got {got:g}.")
            return
        steps = time.horizon / time.step
        if steps > MOST_STEPS:
            self.error(
                "time",
                "step",
                f"{what} has at most {MOST_STEPS} steps; a step of {time.step:g} makes "
                f"{steps:.0f}. Take a larger step.",
            )
        elif abs(steps - round(steps)) > _WHOLE or steps < 0.5:
            fitting = time.horizon / max(round(steps), 1)
            self.error(
                "time",
                "step",
                f"the step of {what} divides its horizon; got {time.step:g} and "
                f"{time.horizon:g}. A step of {fitting:.6g} would do.",
            )

    def moving(self) -> Iterator[tuple[str, str, Flow | Delay | Event]]:
        """Everything that moves something: its section, its name, itself."""
        for section in ("flows", "delays", "events"):
            for name, found in getattr(self.process, section).items():
                yield section, name, found

    def ends(self) -> None:
        """What leaves a stock arrives in a stock or in a named sink."""
        process = self.process
        for section, name, moving in self.moving():
            if self.report.touches((*self.path, section, name)):
                continue
            what = f"{section.removesuffix('s')} '{name}' of process '{self.name}'"
            source, target = moving.source, moving.target
            if source is not None and source not in process.stocks and not self.half_known("stocks"):
                otherwise = "; name a stock, or leave 'from' out for what comes from outside."
                hint = self.report.offer(source, process.stocks) or otherwise
                self.error(
                    section, name, "from", f"{what} leaves '{source[:60]}', which is not a stock{hint}"
                )
            if self.half_known("stocks", "sinks"):
                continue
            if target not in process.stocks and target not in process.sinks:
                known = [*process.stocks, *process.sinks]
                hint = (
                    self.report.offer(target, known)
                    or f"; name a stock, or add it with 'sinks: [{target[:60]}]'."
                )
                self.error(
                    section,
                    name,
                    "to",
                    f"{what} enters '{target[:60]}', which is neither a stock nor a sink{hint}",
                )
            elif source == target and section != "delays":
                self.error(
                    section, name, "to", f"{what} leaves '{source}' and enters it again; name two stocks."
                )

    def half_known(self, *sections: str) -> bool:
        """Whether a section could not be read, so that names may be missing."""
        return any(self.report.knows((*self.path, section)) for section in sections)

    def delays(self) -> None:
        """Delays are of a known kind, Erlang ones have an order, exact ones a time that is fixed."""
        changing = changing_names(self.process)
        for name, delay in self.process.delays.items():
            what, path = f"delay '{name}' of process '{self.name}'", (*self.path, "delays", name)
            if self.report.touches(path):
                continue
            if delay.kind not in KINDS:
                hint = did_you_mean(delay.kind, KINDS) or f"; there are {' and '.join(KINDS)}."
                self.error(
                    "delays",
                    name,
                    "kind",
                    f"{what} is of the kind '{delay.kind[:60]}', which does not exist{hint}",
                )
            elif delay.kind == ERLANG and delay.order is None:
                self.error("delays", name, f"{what} is an Erlang delay without order; add 'order: 3', say.")
            elif delay.kind == EXACT and delay.order is not None:
                self.error(
                    "delays",
                    name,
                    "order",
                    f"{what} is exact and has no order; delete 'order', or write 'kind: erlang'.",
                )
            elif delay.order is not None and not 1 <= delay.order <= MOST_STAGES:
                self.error(
                    "delays",
                    name,
                    "order",
                    f"{what} has an order from 1 to {MOST_STAGES}; got {delay.order}.",
                )
            used = sorted(names(delay.takes.expression) & changing)
            if delay.kind == EXACT and used:
                self.error(
                    "delays",
                    name,
                    "takes",
                    f"how long {what} takes is fixed when the process starts, but "
                    f"'{used[0]}' changes; write 'kind: erlang', whose mean time may change.",
                )
            self.fixed(("delays", name, "start"), delay.start, f"the start of {what}")
        for name, stock in self.process.stocks.items():
            self.fixed(("stocks", name, "start"), stock.start, f"the start of stock '{name}'")
        for name, event in self.process.events.items():
            self.fixed(("events", name, "at"), event.at, f"the time of event '{name}'")
            if self.is_outside(event.at):
                where = (*self.path, "events", name, "at")
                self.report.warn(where, f"event '{name}' of process '{self.name}' never happens: its time is "
                                 "before the start or after the horizon.")  # fmt: skip
        for name, output in self.process.outputs.items():
            self.fixed(("outputs", name, "at"), output.at, f"the time of output '{name}'")
            if self.is_outside(output.at):
                horizon = self.process.time.horizon
                self.error("outputs", name, "at", f"output '{name}' is read before the start or after the "
                           f"horizon, {horizon:g}; mend its time.")  # fmt: skip

    def fixed(self, place: Path, formula: Formula | None, what: str) -> None:
        """A formula is the same during the whole process."""
        used = [] if formula is None else sorted(names(formula.expression) & changing_names(self.process))
        if used:
            self.error(
                *place,
                f"{what} is fixed when the process starts, but uses '{used[0]}', which changes; use "
                "inputs and names of the file.",
            )

    def is_outside(self, formula: Formula | None) -> bool:
        """Whether a time that is just a number is before the start or after the horizon."""
        at = None if formula is None else constant(formula.expression, no_constants)
        return at is not None and not 0 <= at <= self.process.time.horizon * (1 + _WHOLE)

    def noise(self) -> None:
        """Noise has a distribution of numbers, a fixed seed and a whole number of steps."""
        step = self.process.time.step
        for name, noise in self.process.noise.items():
            what = f"noise '{name}' of process '{self.name}'"
            path = (*self.path, "noise", name)
            if self.report.touches(path):
                continue
            check_distribution(
                noise.distribution, (*path, "value"), what, self.scope, no_constants, self.inner
            )
            if noise.distribution.names:
                self.error("noise", name, "value", f"{what} is a number; got quoted names.")
            self.fixed(("noise", name, "seed"), noise.seed, f"the seed of {what}")
            steps = step if noise.every is None else noise.every / step
            if noise.every is not None and (steps < 0.5 or abs(steps - round(steps)) > _WHOLE):
                self.error(
                    "noise",
                    name,
                    "every",
                    f"'every' of {what} is a whole number of time steps of {step:g}; got {noise.every:g}.",
                )

    @property
    def inner(self) -> tuple[str, ...]:
        """The names that stand for numbers inside."""
        return self.process.names()

    def formulas(self) -> None:
        """Names in formulas are known, and no formula calls a process or asks how play went."""
        calling = _calling(self.model)
        for place, formula in self.process.formulas():
            path, section, name, key = (*self.path, *place), place[0], place[1], place[-1]
            if section == "noise" and key == "value":
                continue
            what = f"{section.removesuffix('s')} '{name}'"
            of = f"'{key}' of {what}"
            what = f"{what if key == name else of} in process '{self.name}'"
            arguments = () if section == "inputs" else self.inner
            self.scope.check(formula, path, what, arguments)
            outside = uses.outside(formula, arguments)
            if outside.mentions & calling:
                called = min(outside.mentions & calling)
                self.report.error(
                    path,
                    f"{what} calls '{called}', and with it a process, at every step; make the "
                    "call a quantity of the file and use its name.",
                )
            for result in sorted(self.scope.results(outside))[:1]:
                self.report.error(
                    path, f"{what} uses '{result}', a result of the game; pass it as an input of the process."
                )
            for fraction in sorted(self.scope.fractions(outside))[:1]:
                self.report.error(path, f"{what} uses {fraction}; pass it as an input of the process.")


def changing_names(process: Process) -> frozenset[str]:
    """The names inside that change while the process runs."""
    changing = {TIME, *process.stocks, *process.flows, *process.delays, *process.sinks, *process.noise}
    grown = True
    while grown:
        grown = False
        for name, quantity in process.quantities.items():
            if name not in changing and names(quantity.value.expression) & changing:
                changing.add(name)
                grown = True
    return frozenset(changing)


def _calling(model: Model) -> set[str]:
    """Processes, and functions that call one."""
    edges = {name: uses.mentioned(function.body) for name, function in model.functions.items()}
    found = set(model.processes)
    for name in uses.in_order(edges):
        if edges[name] & found:
            found.add(name)
    return found
