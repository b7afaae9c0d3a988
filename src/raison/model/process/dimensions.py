"""Whether the units in a process fit, and those of what calls pass to it."""

from __future__ import annotations

from collections.abc import Iterator

from raison.model import uses
from raison.model.constant import constant
from raison.model.evaluate import Bindings, Coded, Value, evaluate, evaluate_truth
from raison.model.formula import Expression, Formula, Simulated, names, simulated
from raison.model.problem import Path
from raison.model.process.order import step_graph
from raison.model.process.records import TIME, Delay, Event, Flow, Process
from raison.model.process.units import (
    UNITS,
    Unit,
    UnitError,
    is_plain,
    named,
    no_unit,
    read_unit,
    same,
    together,
)
from raison.model.records import Chance, Decision, Distribution, Model
from raison.model.scope import Report

_ONE_UNIT = ("uniform", "triangular", "pert", "normal")
"""Distributions whose arguments all have the unit of the number."""


def has_units(process: Process) -> bool:
    """Whether units are checked: where no stock has one, there is nothing to hold the others against."""
    return any(stock.unit is not None for stock in process.stocks.values())


class _ReportedError(UnitError):
    """What does not fit was reported where it stands."""


class Units:
    """What names of a model and of its processes have as units; a unit that is not said is worked out."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.functions = {name: (f.arguments, f.body.expression) for name, f in model.functions.items()}
        self.known: dict[tuple[str, ...], Value] = {}
        self.reported: set[tuple[str, str]] = set()

    def outside(self, name: str) -> Value:
        """The unit of a parameter or quantity of the file."""
        if (name,) not in self.known:
            self.known[name,] = self._outside(name)
        return self.known[name,]

    def _outside(self, name: str) -> Value:
        parameter, quantity = self.model.parameters.get(name), self.model.quantities.get(name)
        if parameter is not None:
            unit = read_unit(parameter.unit)
            named_values = parameter.value.names if isinstance(parameter.value, Distribution) else ()
            return Coded(unit, named_values) if named_values else unit
        if quantity is None or quantity.unit is not None:
            return read_unit(None if quantity is None else quantity.unit)
        try:
            return self.of(quantity.value.expression, self.outside)
        except UnitError as error:
            raise UnitError(f"it uses '{name}', which has no unit that fits, since {error}") from error

    def of(self, expression: Expression, bindings: Bindings) -> Unit:
        """The unit of an expression.

        Raises:
            UnitError: units in it do not fit.
        """
        return evaluate(expression, bindings, UNITS, self.functions, self._simulated, self.outside)

    def check_truth(self, expression: Expression, bindings: Bindings) -> None:
        """Look at the units in a condition.

        Raises:
            UnitError: they do not fit.
        """
        evaluate_truth(expression, bindings, UNITS, self.functions, self._simulated, self.outside)

    def _simulated(self, call: Simulated, _: Bindings) -> Unit:
        process = self.model.processes[call.process]
        output = process.outputs[call.output]
        if output.fold == "first_time":
            return read_unit(process.time.unit)
        return self.of(output.of.expression, lambda name: self.inside(call.process, name))

    def inside(self, process: str, name: str) -> Value:
        """The unit of a name in a process."""
        if name not in self.model.processes[process].names():
            return self.outside(name)
        if (process, name) in self.reported:
            raise _ReportedError
        if (process, name) not in self.known:
            self.known[process, name] = self._inside(process, self.model.processes[process], name)
        return self.known[process, name]

    def _inside(self, name: str, process: Process, part: str) -> Unit:
        if part == TIME:
            return read_unit(process.time.unit)
        if part in process.inputs:
            return read_unit(process.inputs[part].unit)
        if part in process.stocks:
            return read_unit(process.stocks[part].unit)
        if part in process.flows:
            return self.moved(name, process.flows[part]) / read_unit(process.time.unit)
        if part in process.delays:
            return self.moved(name, process.delays[part])
        if part in process.quantities:
            quantity = process.quantities[part]
            if quantity.unit is not None:
                return read_unit(quantity.unit)
            return self.of(quantity.value.expression, lambda other: self.inside(name, other))
        if part in process.noise:
            return self._noise(name, process, part)
        into = [m for m in (*process.flows.values(), *process.delays.values()) if m.target == part]
        return self.moved(name, into[0]) if into else no_unit()

    def moved(self, name: str, moving: Flow | Delay | Event) -> Unit:
        """The unit of what moves: that of a stock at one of its ends."""
        process = self.model.processes[name]
        for end in (moving.source, moving.target):
            if end is not None and end in process.stocks:
                return read_unit(process.stocks[end].unit)
        if isinstance(moving, Event):
            return self.of(moving.amount.expression, lambda other: self.inside(name, other))
        rate = self.of(moving.rate.expression, lambda other: self.inside(name, other))
        return rate * read_unit(process.time.unit)

    def _noise(self, name: str, process: Process, part: str) -> Unit:
        noise = process.noise[part]
        if noise.unit is not None:
            return read_unit(noise.unit)
        arguments = noise.distribution.arguments
        place = 1 if noise.distribution.kind == "quantiles" else 0
        return self.of(arguments[place].expression, lambda other: self.inside(name, other))


class _Checked:
    """One process, whose formulas are looked at in turn."""

    def __init__(self, units: Units, name: str, report: Report) -> None:
        self.units = units
        self.name = name
        self.process = units.model.processes[name]
        self.report = report
        self.time = read_unit(self.process.time.unit)

    def error(self, place: Path, what: str, message: str) -> None:
        if place[0] == "quantities":
            self.units.reported.add((self.name, place[1]))
        self.report.error(("processes", self.name, *place), f"{what} of process '{self.name}': {message}.")

    def inside(self, name: str) -> Value:
        return self.units.inside(self.name, name)

    def fits(
        self, place: Path, formula: Formula | None, needed: Unit, what: str, outside: bool = False
    ) -> None:
        """A formula has the unit of its place; what is just a number takes it."""
        if formula is None or constant(formula.expression) is not None:
            return
        try:
            found = self.units.of(formula.expression, self.units.outside if outside else self.inside)
        except UnitError as error:
            self.unsound(place, formula, what, error)
            return
        if not same(found, needed):
            self.error(
                place,
                what,
                f"'{formula.text[:60]}' is {_in(found)}, but {named(needed)} is needed; mend "
                "the formula or a unit",
            )

    def sound(self, place: Path, formula: Formula, what: str) -> None:
        """The units in a formula fit together, whatever comes out."""
        try:
            self.units.check_truth(formula.expression, self.inside)
        except UnitError as error:
            self.unsound(place, formula, what, error)

    def unsound(self, place: Path, formula: Formula, what: str, error: UnitError) -> None:
        if not isinstance(error, _ReportedError):
            self.error(place, what, f"{error}, in '{formula.text[:60]}'; mend the formula or a unit")

    def check(self) -> None:
        process = self.process
        for name, given in process.inputs.items():
            self.fits(
                ("inputs", name, "default"), given.default, read_unit(given.unit), f"input '{name}'", True
            )
        for name in uses.in_order(step_graph(process)):
            if name not in process.quantities:
                continue
            quantity = process.quantities[name]
            what = f"quantity '{name}'"
            if quantity.unit is None:
                self.sound(("quantities", name), quantity.value, what)
            else:
                self.fits(("quantities", name), quantity.value, read_unit(quantity.unit), what)
        self.noise()
        for name, stock in process.stocks.items():
            self.fits(
                ("stocks", name, "start"), stock.start, self.inside(name), f"the start of stock '{name}'"
            )
        for section in ("flows", "delays", "events"):
            for name, moving in getattr(process, section).items():
                self.moving((section, name), f"{section.removesuffix('s')} '{name}'", moving)
        for name, output in process.outputs.items():
            place, what = ("outputs", name), f"output '{name}'"
            self.sound((*place, "of" if output.fold == "at" else output.fold), output.of, what)
            self.fits((*place, "at"), output.at, self.time, f"the time of {what}")
            self.fits((*place, "otherwise"), output.otherwise, self.time, f"'otherwise' of {what}")

    def moving(self, place: Path, what: str, moving: Flow | Delay | Event) -> None:
        try:
            moved = self.units.moved(self.name, moving)
        except UnitError:
            moved = None  # reported with its formula below
        stocks = self.process.stocks
        if moving.source in stocks and moving.target in stocks:
            target = read_unit(stocks[moving.target].unit)
            if moved is not None and not same(moved, target):
                self.error(
                    (*place, "to"),
                    what,
                    f"it leaves '{moving.source}', which is {_in(moved)}, and enters "
                    f"'{moving.target}', which is {_in(target)}; what moves keeps its unit",
                )
                return
        if isinstance(moving, Event):
            self.fits((*place, "at"), moving.at, self.time, f"the time of {what}")
            self.fits(
                (*place, "amount"),
                moving.amount,
                no_unit() if moved is None else moved,
                f"the amount of {what}",
            )
            return
        rate = no_unit() if moved is None else moved / self.time
        self.fits((*place, "rate"), moving.rate, rate, f"the rate of {what}")
        if isinstance(moving, Delay):
            self.fits((*place, "takes"), moving.takes, self.time, f"'takes' of {what}")
            self.fits(
                (*place, "start"), moving.start, no_unit() if moved is None else moved, f"the start of {what}"
            )

    def noise(self) -> None:
        for name, noise in self.process.noise.items():
            place, what = ("noise", name, "value"), f"noise '{name}'"
            self.sound(("noise", name, "seed"), noise.seed, f"the seed of {what}")
            if noise.distribution.kind not in _ONE_UNIT:
                continue
            try:
                arguments = [a for a in noise.distribution.arguments if constant(a.expression) is None]
                found = [self.units.of(argument.expression, self.inside) for argument in arguments]
                together(
                    "is drawn with", *found, *([read_unit(noise.unit)] if noise.unit else []), no_unit(0.0)
                )
            except UnitError as error:
                self.error(place, what, f"{error}; mend the formula or a unit")


def _in(unit: Unit) -> str:
    return named(unit) if is_plain(unit) else f"in {named(unit)}"


def check_units(units: Units, name: str, report: Report) -> None:
    """Report formulas of a process whose units do not fit, one problem for each.

    Args:
        units: Of the model, which is checked otherwise.
        name: Of the process.
        report: Takes what is found.
    """
    if has_units(units.model.processes[name]):
        _Checked(units, name, report).check()


def check_calls(units: Units, report: Report) -> None:
    """Report inputs of calls whose unit is not the input's; a plain number takes it."""
    model = units.model
    for path, what, formula, arguments in _formulas(model):
        for call in simulated(formula.expression):
            process = model.processes.get(call.process)
            if process is None or not has_units(process) or call.output not in process.outputs:
                continue
            for name, passed in call.inputs:
                if name not in process.inputs or names(passed) & set(arguments):
                    continue
                needed = read_unit(process.inputs[name].unit)
                try:
                    found = units.of(
                        passed, lambda other: no_unit() if other in model.game else units.outside(other)
                    )
                except (UnitError, TypeError):
                    continue  # outside of processes units are not checked
                if not isinstance(found, Coded) and not is_plain(found) and not same(found, needed):
                    report.error(
                        path,
                        f"{what} passes '{name}' of {call.process} {_in(found)}, but {named(needed)} "
                        "is needed; convert it.",
                    )


def _formulas(model: Model) -> Iterator[tuple[Path, str, Formula, tuple[str, ...]]]:
    """Formulas outside of processes, each with its place, what it is, and its arguments."""
    for name, quantity in model.quantities.items():
        yield ("quantities", name), f"quantity '{name}'", quantity.value, ()
    for name, function in model.functions.items():
        header = f"{name}({', '.join(function.arguments)})"
        yield ("functions", header), f"function '{name}'", function.body, function.arguments
    for name, node in model.game.items():
        if isinstance(node, Chance):
            for label, case in node.cases.items():
                if case.probability is not None:
                    path = ("game", name, "cases", label, "probability")
                    yield path, f"the probability of '{label}'", case.probability, ()
        elif isinstance(node, Decision):
            for label, move in node.moves.items():
                if move.when is not None:
                    yield ("game", name, "moves", label, "when"), f"'when' of move '{label}'", move.when, ()
    for outcome, payoffs in model.outcomes.items():
        for player, payoff in payoffs.items():
            yield ("outcomes", outcome, player), f"the payoff of {player} in '{outcome}'", payoff, ()
    for index, question in enumerate(model.questions):
        for key, formula in (
            ("event", question.event),
            ("amount", question.amount),
            ("given", question.given),
        ):
            if formula is not None:
                yield ("questions", str(index), key), f"'{key}' of question {index + 1}", formula, ()
