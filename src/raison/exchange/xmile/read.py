"""XMILE files as processes, and as models around them that ask what is in each stock at the end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from raison.exchange.modelling import one_line, unique
from raison.exchange.tokens import MAX_BYTES
from raison.exchange.xmile.document import Element, parse, refuse
from raison.exchange.xmile.equation import EquationError, Equations, canonical
from raison.model import uses
from raison.model.check import check
from raison.model.constant import constant
from raison.model.expression import Call, Expression, Formula, Name, Number, Simulated, names, rewritten
from raison.model.formula import KNOWN_FUNCTIONS
from raison.model.keys import RESERVED
from raison.model.naming import MAX_NAME
from raison.model.problem import ModelError, Problem
from raison.model.process.records import EULER, RK4, TIME, Flow, Input, Output, Process, Stock, Time
from raison.model.reader import Reading
from raison.model.records import Model, Parameter, Quantity, Question
from raison.model.unparse import formula

SUFFIXES = (".xmile", ".stmx")
"""Names of files that are read here end in one of these."""

_VARIABLES = ("stock", "flow", "aux")
_REFUSED = {
    "module": "modules are",
    "group": None,
    "dimensions": "arrays are",
    "gf": "graphical functions are",
    "macro": "macros are",
    "conveyor": "conveyors are",
    "queue": "queues are",
    "oven": "ovens are",
    "element": "arrays are",
    "leak": "leaks are",
    "overflow": "overflows are",
    "multiplier": "flow multipliers are",
}
_METHODS = {"euler": EULER, "rk4": RK4}
_OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable of the file: its element, its name in the process, its equation."""

    element: Element
    name: str
    title: str
    equation: Expression


@dataclass(frozen=True, slots=True)
class _Read:
    """What a file says: its title, the process, warnings, and the line of each name of the process."""

    title: str
    process: Process
    warnings: tuple[Problem, ...]
    lines: Mapping[str, int]


def read_process(path: str | Path) -> tuple[str, Process]:
    """The name of the model in an XMILE file, and the model as a process.

    Constants become inputs. Stocks that the file does not call non-negative may fall below zero.

    Raises:
        ModelError: the file cannot be read, or has something in it that is not read; the message names it.
    """
    found = _read(_bytes(Path(path)), str(path))
    return found.title, found.process


def read_model(path: str | Path) -> Reading:
    """An XMILE file as a model: its constants are parameters, and it is asked for stocks at the end."""
    raw = b""
    try:
        raw = _bytes(Path(path))
        read = _read(raw, str(path))
    except ModelError as error:
        return Reading(None, error.problems, hashlib.sha256(raw).hexdigest() if raw else "")
    process, warnings = read.process, read.warnings
    name = _identifier(Path(path).stem) or "model"
    process_name = unique([name], {*RESERVED, *KNOWN_FUNCTIONS, *read.lines}, "_{}")[0]
    given = tuple((key, Name(key)) for key in process.inputs)
    ends = {stock: formula(Simulated(process_name, given, stock)) for stock in process.stocks}
    model = Model(
        title=one_line(read.title),
        name=Path(path).stem or "model",
        parameters={
            key: Parameter(each.default, each.unit, each.about)
            for key, each in process.inputs.items()
            if each.default is not None
        },
        quantities={stock: Quantity(end, process.stocks[stock].unit) for stock, end in ends.items()},
        questions=tuple(Question(amount=formula(Name(stock)), name=stock) for stock in ends),
        processes={process_name: process},
    )
    problems = check(model)
    misfit = [problem for problem in problems if problem.severity == "error"]
    if misfit:
        plain = _without_units(model, process_name)
        problems = check(plain)
        if not any(problem.severity == "error" for problem in problems):
            first = misfit[0].message.rstrip(".")
            line = next((read.lines[part] for part in misfit[0].path if part in read.lines), None)
            left_out = f"units are left out, since they do not fit: {first}."
            warnings = (*warnings, Problem(left_out, severity="warning", line=line))
        model = plain
    found = tuple(
        replace(problem, file=str(path), line=problem.line or 1) for problem in (*problems, *warnings)
    )
    wrong = any(problem.severity == "error" for problem in found)
    return Reading(None if wrong else model, found, hashlib.sha256(raw).hexdigest())


def _without_units(model: Model, name: str) -> Model:
    process = model.processes[name]
    plain = replace(
        process,
        time=replace(process.time, unit=None),
        inputs={key: replace(each, unit=None) for key, each in process.inputs.items()},
        stocks={key: replace(each, unit=None) for key, each in process.stocks.items()},
        quantities={key: replace(each, unit=None) for key, each in process.quantities.items()},
    )
    return replace(
        model,
        processes={name: plain},
        parameters={key: replace(each, unit=None) for key, each in model.parameters.items()},
        quantities={key: replace(each, unit=None) for key, each in model.quantities.items()},
    )


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ModelError((Problem("a model is an ordinary file; this is none.", file=str(path)),))
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ModelError((Problem(f"the file cannot be read: {reason}.", file=str(path)),)) from None
    if len(raw) > MAX_BYTES:
        raise ModelError((Problem(f"a file has at most {MAX_BYTES} bytes; this has more.", file=str(path)),))
    return raw


def _read(raw: bytes, file: str) -> _Read:
    root = parse(raw, file)
    if root.name != "xmile":
        refuse(f"an XMILE file begins with <xmile>; got <{root.name[:40]}>.", root.line, file)
    faults = [fault for child in root.children for fault in _unread(child, file)]
    models = list(root.all("model"))
    if len(models) != 1:
        line = models[1].line if models else root.line
        refuse(f"a file with one model is read; this has {len(models)}.", line, file)
    specs = models[0].first("sim_specs") or root.first("sim_specs")
    if specs is None:
        refuse("the file has no <sim_specs>, which says start, stop and dt; add it.", root.line, file)
    header = root.first("header")
    title = (header.said("name") if header is not None else None) or Path(file).stem
    time, start = _time(specs, file)
    built = _Built(models[0], time, start, file, faults)
    process, warnings = built.process()
    lines = {name: variable.element.line for name, variable in built.variables.items()}
    return _Read(title, process, tuple(warnings), lines)


def _unread(element: Element, file: str) -> Iterator[Problem]:
    """What is to be said of an element that is not read."""
    why = _REFUSED.get(element.name)
    if why is not None:
        of = element.attributes.get("name")
        shown = f" ('{of[:40]}')" if of else ""
        yield Problem(f"{why} not read; <{element.name}>{shown} is one.", file=file, line=element.line)


def _time(specs: Element, file: str) -> tuple[Time, float]:
    """Step, horizon and method; and the time at which the model starts."""

    def number(key: str, otherwise: str | None) -> Fraction:
        text = specs.said(key) or otherwise
        try:
            return Fraction(text or "")
        except (ValueError, ZeroDivisionError):
            got = "nothing" if text is None else f"'{text[:40]}'"
            refuse(f"<{key}> in <sim_specs> needs a number; got {got}.", specs.line, file)

    start, stop, step = number("start", None), number("stop", None), number("dt", "1")
    dt = specs.first("dt")
    if dt is not None and dt.attributes.get("reciprocal", "").lower() == "true" and step:
        step = 1 / step
    wanted = [part.strip() for part in specs.attributes.get("method", "euler").lower().split(",")]
    method = next((_METHODS[part] for part in wanted if part in _METHODS), None)
    if method is None:
        refuse(f"the method '{wanted[0][:40]}' is not read; there are Euler and RK4.", specs.line, file)
    unit = _unit(specs.attributes.get("time_units"))
    return Time(float(step), float(stop - start), unit, method), float(start)


def _unit(text: str | None) -> str | None:
    """A unit in the language's spelling: one word for each unit."""
    if text is None or not text.strip():
        return None
    return re.sub(r"(?<=\w)\s+(?=[^\W\d])", "_", text.strip().replace("^", "**").lower())


def _identifier(text: str) -> str:
    word = re.sub(r"\W+", "_", canonical(text)).strip("_")[: MAX_NAME - 5]
    return f"_{word}" if word[:1].isdigit() else word


class _Built:
    """A model of the file as a process."""

    def __init__(
        self, model: Element, time: Time, start: float, file: str, faults: Sequence[Problem]
    ) -> None:
        self.model, self.file, self.time = model, file, time
        self.faults = [*faults, *(fault for child in model.children for fault in _unread(child, file))]
        variables = model.first("variables") or model
        elements: list[Element] = []
        for element in variables.children:
            if variables is not model:
                self.faults += _unread(element, file)
            if element.name in _VARIABLES:
                self.faults += (fault for child in element.children for fault in _unread(child, file))
                elements.append(element)
        titles = [element.attributes.get("name", "").replace("\\n", " ") for element in elements]
        for element, title in zip(elements, titles, strict=True):
            if not canonical(title):
                self._fault(f"a <{element.name}> has no name; give it one.", element.line)
        if not all(map(canonical, titles)):
            self._stop_at_faults()
        wanted = [_identifier(title) or element.name for element, title in zip(elements, titles, strict=True)]
        taken = {*RESERVED, *KNOWN_FUNCTIONS, TIME, _OUTSIDE, "and", "or", "not", "if", "else"}
        found = unique(wanted, taken, "_{}")
        self.known = {canonical(title): name for title, name in zip(titles, found, strict=True)}
        if len(self.known) < len(elements):
            alike = [canonical(title) for title in titles]
            twice = next(i for i, title in enumerate(alike) if title in alike[:i])
            self._fault(
                f"the name '{titles[twice][:40]}' stands twice; names differ in more than case and spaces.",
                elements[twice].line,
            )
            self._stop_at_faults()
        self.equations = Equations(self.known, time.step, start, start + time.horizon)
        self.variables = {
            name: _Variable(element, name, " ".join(title.split()), self._equation(element, title))
            for element, title, name in zip(elements, titles, found, strict=True)
        }
        self._stop_at_faults()

    def _fault(self, message: str, line: int) -> None:
        self.faults.append(Problem(message, file=self.file, line=line))

    def _stop_at_faults(self) -> None:
        """Say everything that is wrong so far.

        Raises:
            ModelError: something is.
        """
        if self.faults:
            raise ModelError(tuple(sorted(self.faults, key=lambda fault: fault.line or 0)))

    def _equation(self, element: Element, title: str) -> Expression:
        """The equation of a variable; 0 where it is at fault, which is kept to be said with the others."""
        text = element.said("eqn")
        if text is None:
            self._fault(f"'{title[:40]}' has no equation; add <eqn>.", element.line)
            return Number("0")
        try:
            return self.equations.read(text)
        except EquationError as error:
            self._fault(f"'{title[:40]}': {error}.", element.line)
            return Number("0")

    def process(self) -> tuple[Process, list[Problem]]:
        """The process, and warnings about what means something else here."""
        of = {kind: [v for v in self.variables.values() if v.element.name == kind] for kind in _VARIABLES}
        flows, sinks = self._flows(of["stock"], of["flow"])
        inputs: dict[str, Input] = {}
        quantities: dict[str, Quantity] = {}
        for variable in of["aux"]:
            unit, about = _unit(variable.element.said("units")), self._about(variable)
            if constant(variable.equation) is not None:
                inputs[variable.name] = Input(formula(variable.equation), unit, about)
            else:
                quantities[variable.name] = Quantity(formula(variable.equation), unit, about)
        changing = self._changing(of)
        stocks = {
            variable.name: Stock(
                start=self._start(variable, changing),
                unit=_unit(variable.element.said("units")),
                about=self._about(variable),
                negative=variable.element.first("non_negative") is None,
            )
            for variable in of["stock"]
        }
        read = [*stocks, *flows, *quantities]
        outputs = {name: Output("at", formula(Name(name))) for name in read}
        process = Process(
            time=self.time,
            inputs=inputs,
            stocks=stocks,
            flows=flows,
            sinks=sinks,
            quantities=quantities,
            outputs=outputs,
        )
        return process, self._warnings(process)

    def _about(self, variable: _Variable) -> str | None:
        said = variable.element.said("doc")
        text = one_line(said) if said else variable.title
        return text if text != variable.name else None

    def _flows(
        self, stocks: list[_Variable], flows: list[_Variable]
    ) -> tuple[dict[str, Flow], tuple[str, ...]]:
        ends: dict[str, dict[str, str]] = {flow.name: {} for flow in flows}
        for stock in stocks:
            for kind in ("inflow", "outflow"):
                for element in stock.element.all(kind):
                    name = self.known.get(canonical(element.text))
                    if name not in ends:
                        refuse(
                            f"stock '{stock.title[:40]}' has the {kind} "
                            f"'{element.text.strip()[:40]}', which is "
                            "not a flow.",
                            element.line,
                            self.file,
                        )
                    if kind in ends[name]:
                        refuse(
                            f"flow '{name}' is the {kind} of two stocks; it can be that of one.",
                            element.line,
                            self.file,
                        )
                    ends[name][kind] = stock.name
        found: dict[str, Flow] = {}
        for flow in flows:
            rate = flow.equation
            if flow.element.first("non_negative") is not None:
                rate = Call("max", (rate, Number("0")))
            target, source = ends[flow.name].get("inflow", _OUTSIDE), ends[flow.name].get("outflow")
            found[flow.name] = Flow(formula(rate), target, source, self._about(flow))
        return found, (_OUTSIDE,) if any(flow.target == _OUTSIDE for flow in found.values()) else ()

    def _changing(self, of: dict[str, list[_Variable]]) -> set[str]:
        changing = {TIME, *(v.name for v in (*of["stock"], *of["flow"]))}
        edges = {v.name: set(names(v.equation)) for v in of["aux"]}
        for name in uses.in_order(edges):
            if edges[name] & changing:
                changing.add(name)
        return changing

    def _start(self, stock: _Variable, changing: set[str]) -> Formula:
        """What is in a stock at the start, of what is known then."""
        found, rounds = stock.equation, 0
        while names(found) & changing:
            rounds += 1
            if rounds > len(self.variables):
                refuse(
                    f"the start of stock '{stock.title[:40]}' depends on itself.",
                    stock.element.line,
                    self.file,
                )
            found = rewritten(found, lambda name: self._at_start(name) if name in changing else Name(name))
        return formula(found)

    def _at_start(self, name: str) -> Expression:
        return Number("0") if name == TIME else self.variables[name].equation

    def _warnings(self, process: Process) -> list[Problem]:
        found: list[Problem] = []
        for name, stock in process.stocks.items():
            leaving = [flow for flow in process.flows.values() if flow.source == name]
            if not stock.negative and len(leaving) > 1:
                found.append(
                    Problem(
                        f"where stock '{name}' runs empty, what leaves it is cut in proportion; "
                        "XMILE serves the "
                        "outflows in their order.",
                        severity="warning",
                        line=self.variables[name].element.line,
                    )
                )
        return found
