"""Processes printed as JavaScript: a function for each that steps from start to horizon.

It does what `raison.program.process` does with arrays, in the same order, so that numbers agree to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from raison.model.evaluate import Coded
from raison.model.formula import Binary, Compare, names
from raison.model.process.by_hand import TINY
from raison.model.process.records import EXACT, RK4, Output
from raison.model.unparse import formula as made
from raison.program.javascript.moment import Moment, Setting, State
from raison.program.javascript.tape import Node, Operand, Tape, operations
from raison.program.javascript.text import Printer, depending, literal, needed
from raison.program.process.plan import Plan


def reasons(plan: Plan) -> list[str]:
    """The keys of the reasons for which a simulation fails, in the model's order."""
    exact = [name for name, delay in plan.process.delays.items() if delay.kind == EXACT]
    timed = [name for name, output in plan.asked.items() if output.at is not None]
    return [
        *(f"process:{plan.name}:below:{name}" for name in plan.process.stocks),
        *(f"process:{plan.name}:takes:{name}" for name in exact),
        *(f"process:{plan.name}:time:{name}" for name in timed),
    ]


class Simulation:
    """One process, for arguments of given kinds, as a function: its outputs and the number of a fault."""

    def __init__(self, plan: Plan, coded: tuple[tuple[str, ...], ...], number: int) -> None:
        self.plan, self.number = plan, number
        self.tape = Tape()
        self.setting = Setting(plan, self.tape, operations(self.tape), {}, {})
        arguments = (*plan.process.inputs, *sorted(plan.outer))
        self.leaves: dict[Node, str] = {}
        for place, (name, codes) in enumerate(zip(arguments, coded, strict=True)):
            node = self.leaf(f"argument {place}", f"a{place}")
            self.setting.given[name] = Coded(node, codes) if codes else node
        self.num_arguments = len(arguments)

    def leaf(self, key: str, name: str) -> Node:
        """A node that stands for a JavaScript variable."""
        node = self.tape.input(key)
        self.leaves[node] = name
        return node

    def _stored(self, version: str) -> State:
        """The state as it stands in the function's variables; another version is read at another time."""
        process = self.plan.process
        asked = {n for _, formula in process.formulas() for n in names(formula.expression)}
        stocks = [*process.stocks, *(name for name in process.sinks if name in asked)]
        variable = lambda kind, place: self.leaf(f"{version} {kind} {place}", f"{kind}{place}")
        inside: dict[str, Operand] = {}
        stages: dict[str, tuple[Operand, ...]] = {}
        for place, (name, delay) in enumerate(process.delays.items()):
            if delay.kind != EXACT:
                stages[name] = tuple(variable(f"g{place}_", k) for k in range(delay.order or 1))
            elif name in asked:
                inside[name] = variable("d", place)
        return State({name: variable("s", k) for k, name in enumerate(stocks)}, inside, stages)

    def source(self) -> str:
        """The function's text."""
        process, plan = self.plan.process, self.plan
        step, last = process.time.step, plan.num_steps
        nothing = Moment(self.setting, State({}, {}, {}), 0.0, {})
        exact = [name for name, delay in process.delays.items() if delay.kind == EXACT]
        wrong: list[tuple[str, Operand]] = []
        head = Printer(self.leaves, str)
        starting: list[str] = []
        for place, name in enumerate(exact):
            delay = process.delays[name]
            takes = head.name(nothing.number(delay.takes))
            head.lines.append(f"const lag{place} = lagOf({takes} / {literal(step)}, {last});")
            head.lines.append(f"const rest{place} = restOf({takes} / {literal(step)}, {last});")
            start = head.name(0.0 if delay.start is None else nothing.number(delay.start))
            head.lines.append(f"const refill{place} = {start} === 0 ? 0 : {start} / {takes};")
            head.lines.append(f"const q{place} = Q({self.number}, {place}, {last + 1});")
            starting.append(f"let entered{place} = refill{place}, queued{place} = refill{place};")
            self.setting.lags[name] = (
                self.leaf(f"lag {place}", f"lag{place}"),
                self.leaf(f"rest {place}", f"rest{place}"),
            )
            wrong.append((f"process:{plan.name}:takes:{name}", f"!({takes} >= 0)"))
        state = self._stored("now")
        lines = self._started(head, nothing, state)
        places = self._reading_times(head, nothing, wrong)
        time = self.leaf("time", "time")
        past = {name: self.leaf(f"past {place}", f"past{place}") for place, name in enumerate(exact)}
        moment = Moment(self.setting, state, time, past)
        body, after = self._steps(moment, exact, places)
        head.names.update(self.leaves)
        loop = self._loop(head, body, exact, step, last)
        codes = reasons(plan)
        found = [
            f"below !== 0 ? below : {' '.join(f'{test} ? {codes.index(key) + 1} :' for key, test in wrong)} 0"
        ]
        returned = ", ".join([*after, *found])
        text = [*head.lines, *starting, *lines, *loop, f"return [{returned}];"]
        given = ", ".join(f"a{k}" for k in range(self.num_arguments))
        return f"function P{self.number}({given}) {{\n" + "\n".join(text) + "\n}"

    def _started(self, head: Printer, nothing: Moment, state: State) -> list[str]:
        """Variables of the state, and whether a stock starts below zero."""
        process, lines = self.plan.process, ["let below = 0;"]
        name = lambda node: self.leaves[node]
        for stock, node in state.stocks.items():
            start = head.name(nothing.number(process.stocks[stock].start)) if stock in process.stocks else "0"
            lines.append(f"let {name(node)} = {start};")
            if stock in process.stocks and not process.stocks[stock].negative:
                number = list(process.stocks).index(stock) + 1
                lines.append(f"if (below === 0 && {name(node)} < 0) below = {number};")
        for delay, node in state.inside.items():
            given = process.delays[delay].start
            lines.append(f"let {name(node)} = {head.name(0.0 if given is None else nothing.number(given))};")
        for delay, nodes in state.stages.items():
            given = process.delays[delay].start
            start = 0.0 if given is None else self.tape.binary("/", nothing.number(given), float(len(nodes)))
            lines += [f"let {name(node)} = {head.name(start)};" for node in nodes]
        return lines

    def _reading_times(
        self, head: Printer, nothing: Moment, wrong: list[tuple[str, Any]]
    ) -> dict[str, tuple[int, bool]]:
        """The time of each output that is read at one, as the constant `when0`, in steps."""
        plan, step = self.plan, literal(self.plan.process.time.step)
        slack, horizon = 1e-9 * plan.process.time.horizon, plan.process.time.horizon
        found: dict[str, tuple[int, bool]] = {}
        for place, (name, output) in enumerate(plan.asked.items()):
            if output.at is None:
                continue
            time = head.name(nothing.number(output.at))
            later = plan.is_read_later(output)
            head.lines.append(f"const when{place} = {time} / {step};")
            if later:
                head.lines.append(f"const place{place} = placeOf(when{place}, {plan.num_steps});")
            test = f"!({time} >= {literal(-slack)} && {time} <= {literal(horizon + slack)})"
            wrong.append((f"process:{plan.name}:time:{name}", test))
            found[name] = (place, later)
        return found

    def _steps(
        self, moment: Moment, exact: list[str], places: Mapping[str, tuple[int, bool]]
    ) -> tuple[list[tuple[str, Any]], list[str]]:
        """What is done at each step, as actions; and how each output is told at the end."""
        body: list[tuple[str, Any]] = [("events", None)]
        after: list[str] = []
        for place, (name, output) in enumerate(self.plan.asked.items()):
            body.append(("fold", (place, output, moment, name in places and places[name][1])))
            after.append(self._told(place, output, name in places and places[name][1]))
        body.append(("advance", (moment, exact)))
        return body, after

    def _told(self, place: int, output: Output, later: bool) -> str:
        match output.fold:
            case "first_time":
                return f"(o{place} === Infinity ? w{place} : o{place})"
            case _ if later:
                share = f"(place{place} - Math.min(Math.floor(place{place}), {self.plan.num_steps - 1}))"
                return f"o{place} + {share} * (w{place} - o{place})"
            case _:
                return f"o{place}"

    def _loop(
        self, head: Printer, body: list[tuple[str, Any]], exact: list[str], step: float, last: int
    ) -> list[str]:
        """The loop over time; what does not change while it runs is printed into the head."""
        moving = {n for n, name in self.leaves.items() if name == "time" or name[0] in "sdgp"}
        outputs = ", ".join(
            f"o{k} = {_BEGUN.get(output.fold, '0')}, w{k} = NaN"
            for k, output in enumerate(self.plan.asked.values())
        )
        lines = [f"let {outputs};"] if outputs else []
        lines.append("for (let k = 0; ; k++) {")
        lines.append(f"const time = k * {literal(step)};")
        for place in range(len(exact)):
            lines.append(f"q{place}[k] = queued{place};")
            found = f"k < lag{place} ? refill{place} : q{place}[k - lag{place} + 1]"
            lines.append(f"const past{place} = lag{place} === 0 ? rest{place} * entered{place} : {found};")
        inner = _Inner(head, moving, lines)
        for kind, given in body:
            if kind == "events":
                self._events(inner, step)
            elif kind == "fold":
                self._fold(inner, *given, last=last)
            else:
                lines.append(f"if (k === {last}) break;")
                self._advance(inner, *given, step=step)
        return [*lines, "}"]

    def _events(self, inner: _Inner, step: float) -> None:
        for place, event in enumerate(self.plan.process.events.values()):
            state = self._stored(f"event {place}")
            inner.learn(self.leaves)
            moment = Moment(self.setting, state, self.leaf("time", "time"), {})
            at = inner.name(moment.number(event.at))
            amount = moment.number(event.amount)
            if event.source is not None and not self.plan.process.stocks[event.source].negative:
                amount = self.tape.call("min", amount, state.stocks[event.source])
            moved = inner.name(amount)
            inner.lines.append(f"if (Math.ceil({at} / {literal(step)} - 1e-9) === k) {{")
            if event.source is not None:
                inner.lines.append(f"{self.leaves[state.stocks[event.source]]} -= {moved};")
            if event.target in state.stocks:
                inner.lines.append(f"{self.leaves[state.stocks[event.target]]} += {moved};")
            inner.lines.append("}")

    def _fold(
        self, inner: _Inner, place: int, output: Output, moment: Moment, later: bool, *, last: int
    ) -> None:
        if output.fold == "first_time":
            self._first_time(inner, place, output, moment)
            return
        value = inner.name(moment.number(output.of))
        match output.fold:
            case "max" | "min":
                text = f"o{place} = Math.{output.fold}(o{place}, {value});"
            case "mean":
                weights = f"(k === 0 || k === {last} ? {literal(0.5 / last)} : {literal(1.0 / last)})"
                text = f"o{place} += {weights} * {value};"
            case _ if output.at is None:
                text = f"o{place} = {value};"
            case _ if later:
                base = f"Math.min(Math.floor(place{place}), {last - 1})"
                text = f"if (k === {base}) o{place} = {value}; else if (k === {base} + 1) w{place} = {value};"
            case _:
                weight = f"1 - Math.abs(when{place} - k)"
                text = f"if ({weight} > 0) o{place} += ({weight}) * {value};"
        inner.lines.append(text)

    def _first_time(self, inner: _Inner, place: int, output: Output, moment: Moment) -> None:
        holds = inner.name(moment.truth(output.of))
        otherwise = inner.name(float("nan") if output.otherwise is None else moment.number(output.otherwise))
        step = literal(self.plan.process.time.step)
        gap = None
        match output.of.expression:
            case Compare(left, (("<" | "<=" | ">" | ">=", right),)):
                gap = inner.name(moment.number(made(Binary("-", left, right))))
            case _:
                pass
        lines = inner.lines
        if gap is None:
            lines.append(f"if ({holds} && o{place} === Infinity) o{place} = time;")
        else:  # the share of the step that has passed since the two sides crossed
            lines.append(f"const b{place} = {gap} / ({gap} - w{place});")
            crossed = f"b{place} >= 0 && b{place} <= 1 ? time - b{place} * {step} : time"
            lines.append(f"if ({holds} && o{place} === Infinity) o{place} = {crossed};")
            lines.append(f"w{place} = {gap};")
        # after the last moment only the value otherwise is wanted of what was kept beside
        lines.append(f"if (k === {self.plan.num_steps}) w{place} = {otherwise};")

    def _advance(self, inner: _Inner, moment: Moment, exact: list[str], *, step: float) -> None:
        process, tape = self.plan.process, self.tape
        change, into = moment.change(), {n: moment.rate(n, process.delays[n]) for n in exact}
        if process.time.method == RK4:
            changes, intos = [change], [into]
            for share in (0.5, 0.5, 1.0):
                state = self._moved(moment.state, share * step, changes[-1])
                time = tape.binary("+", moment.time, share * step)
                later = Moment(self.setting, state, time, moment.past)
                changes.append(later.change())
                intos.append({n: later.rate(n, process.delays[n]) for n in exact})
            change = self._mean_change(changes)
            into = {n: self._mean([each[n] for each in intos]) for n in exact}
        state = self._moved(moment.state, step, change)
        pairs = list(self._pairs(moment.state, state))
        lines: list[str] = []
        for name, old, new in pairs:
            variable, value = self.leaves[old], inner.name(new)
            stock = process.stocks.get(name)
            if stock is not None and not stock.negative:
                number = list(process.stocks).index(name) + 1
                slack = f"-1e-9 * Math.abs({variable}) - {literal(TINY)}"
                lines.append(f"if (below === 0 && {value} < {slack}) below = {number};")
                value = f"Math.max({value}, 0)"
            lines.append(f"{variable} = {value};")
        for place, name in enumerate(exact):
            entered = inner.name(into[name])
            lines.append(f"queued{place} = (1 - rest{place}) * {entered} + rest{place} * entered{place};")
            lines.append(f"entered{place} = {entered};")
        inner.lines.extend(lines)

    def _pairs(self, old: State, new: State) -> list[tuple[str, Any, Operand]]:
        found = [(name, node, new.stocks[name]) for name, node in old.stocks.items()]
        found += [("", node, new.inside[name]) for name, node in old.inside.items()]
        for name, nodes in old.stages.items():
            found += [("", node, after) for node, after in zip(nodes, new.stages[name], strict=True)]
        return found

    def _moved(self, state: State, step: float, change: State) -> State:
        add = lambda held, rate: self.tape.binary("+", held, self.tape.binary("*", step, rate))
        return _each(state, change, add)

    def _mean(self, rates: list[Operand]) -> Operand:
        tape, (k1, k2, k3, k4) = self.tape, rates
        total = tape.binary("+", k1, tape.binary("*", 2.0, k2))
        total = tape.binary("+", tape.binary("+", total, tape.binary("*", 2.0, k3)), k4)
        return tape.binary("/", total, 6.0)

    def _mean_change(self, changes: list[State]) -> State:
        first = changes[0]
        stages = {
            name: tuple(self._mean([c.stages[name][k] for c in changes]) for k in range(len(nodes)))
            for name, nodes in first.stages.items()
        }
        return replace(
            first,
            stocks={name: self._mean([c.stocks[name] for c in changes]) for name in first.stocks},
            inside={name: self._mean([c.inside[name] for c in changes]) for name in first.inside},
            stages=stages,
        )


_BEGUN = {"max": "-Infinity", "min": "Infinity", "first_time": "Infinity"}


def _each(state: State, change: State, function: Callable[[Operand, Operand], Operand]) -> State:
    return State(
        {name: function(held, change.stocks[name]) for name, held in state.stocks.items()},
        {name: function(held, change.inside[name]) for name, held in state.inside.items()},
        {
            name: tuple(function(a, c) for a, c in zip(held, change.stages[name], strict=True))
            for name, held in state.stages.items()
        },
    )


class _Inner:
    """Prints into a loop, except what nothing moving is in, which goes before it."""

    def __init__(self, head: Printer, moving: set[Node], lines: list[str]) -> None:
        self.head, self.moving, self.lines = head, set(moving), lines
        self.printer = Printer(head.names, str)

    def learn(self, leaves: Mapping[Node, str]) -> None:
        """More variables that change."""
        self.moving |= {n for n, name in leaves.items() if name == "time" or name[0] in "sdgp"}
        self.printer.names.update(leaves)

    def name(self, operand: Operand) -> str:
        """What an operand is called inside of the loop."""
        if not isinstance(operand, Node):
            return literal(operand)
        moved = depending(self.moving, [operand])
        for node in needed([operand], self.printer.names):
            if node not in moved:
                self.printer.names[node] = self.head.name(node)
        self.printer.lines = []
        name = self.printer.name(operand)
        self.lines.extend(self.printer.lines)
        return name
