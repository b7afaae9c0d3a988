"""One draw worked through the game, as lines for a terminal or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raison.answer.cells import AmountStep, CellsStep
from raison.answer.explain import BranchStep, Explanation, NodeStep, ProcessStep, Step
from raison.answer.hidden import SetStep
from raison.model.records import Model
from raison.show import numbers
from raison.show.terminal import INDENT, Writer, make_console

if TYPE_CHECKING:
    from rich.console import Console

DIGITS = 6
"""Significant digits of every number printed."""
_MOST_WAYS = 20


def print_explanation(model: Model, explanation: Explanation, *, console: Console | None = None) -> None:
    """Prints a draw from its parameters to its answers.

    Args:
        model: The model, for its title.
        explanation: The draw, worked.
        console: Where to; None for standard output.
    """
    writer = Writer(make_console() if console is None else console)
    of = (
        f"draw {explanation.draw:,} of {explanation.draws:,} · {explanation.design} · seed {explanation.seed}"
    )
    writer.text(model.title, "bold")
    writer.text(of, "dim")
    if explanation.without:
        writer.text(f"Without: {', '.join(explanation.without)}.", "yellow")
    if explanation.failures:
        writer.heading("This draw failed; its game is not solved")
        for failure in explanation.failures:
            writer.text(failure, "yellow", indent=INDENT)
    _print_parameters(writer, explanation)
    if explanation.functions:
        writer.heading("Functions")
        for function in explanation.functions:
            writer.text(function, indent=INDENT)
    if explanation.processes:
        writer.heading("Processes simulated")
        for process in explanation.processes:
            _print_process(writer, process)
    if explanation.quantities:
        writer.heading("Quantities")
        for step in explanation.quantities:
            writer.text(worked(step), indent=INDENT)
    if explanation.outcomes:
        writer.heading("What each outcome pays" + (", at the likeliest amounts" if explanation.cells else ""))
        for outcome in explanation.outcomes:
            writer.text(outcome.name + _seen(outcome.seen), indent=INDENT)
            for step in outcome.payoffs:
                writer.text(worked(step), indent=2 * INDENT)
    if explanation.nodes:
        writer.heading("The game, from its end")
        for node in explanation.nodes:
            _print_node(writer, node)
    if explanation.sets:
        writer.heading("Information sets: what the mover believes, weighs and plays")
        for place in explanation.sets:
            _print_set(writer, place)
    if explanation.cells:
        writer.heading("Information sets: what the mover weighs and plays, at the amounts that matter")
        for place in explanation.cells:
            _print_cells(writer, place)
    _print_end(writer, explanation)


def worked(step: Step) -> str:
    """A step in one line: `demand = 1 - war_rival = 1 - 0.3 = 0.7`."""
    value = step.value if isinstance(step.value, str) else _short(step.value)
    parts = [step.name + _seen(step.seen)]
    for text in (step.formula, step.numbers, value):
        if text.strip("()").replace(numbers.MINUS, "-") != parts[-1].strip("()"):
            parts.append(text)
    return " = ".join(parts)


def _print_process(writer: Writer, process: ProcessStep) -> None:
    """A simulation: what went in and came out, and its stocks at quarters of its time."""
    inputs = ", ".join(f"{name}={_short(value)}" for name, value in process.inputs.items())
    writer.text(f"{process.name}({inputs})", "bold", indent=INDENT)
    given = ", ".join(f"{name} {_known(value)}" for name, value in process.outputs.items())
    writer.text(f"gives {given}", indent=2 * INDENT)
    last = len(process.time) - 1
    shown = sorted({round(last * quarter / 4) for quarter in range(5)})
    rows = [("time", *(_short(process.time[index]) for index in shown))]
    rows += [(name, *(_known(path[index]) for index in shown)) for name, path in process.stocks.items()]
    writer.table(rows, aligned="<" + ">" * len(shown))


def _known(value: float | None) -> str:
    return "not finite" if value is None else _short(value)


def _print_parameters(writer: Writer, explanation: Explanation) -> None:
    if not explanation.parameters:
        return
    writer.heading("Parameters (coordinate of the unit cube, distribution)")
    rows: list[tuple[str, ...]] = []
    for parameter in explanation.parameters:
        value = parameter.value if isinstance(parameter.value, str) else _short(parameter.value)
        coordinate = "fixed" if parameter.coordinate is None else f"{parameter.coordinate:.6f}"
        rows.append((parameter.name, value, coordinate, parameter.distribution))
    writer.table(rows, aligned="<>><")


def _print_node(writer: Writer, node: NodeStep) -> None:
    who = "chance" if node.player is None else node.player
    writer.text(f"{node.name}{_seen(node.seen)}: {who}", "bold", indent=INDENT)
    rows = [(branch.label, _worth(branch, node), f"to {branch.then}") for branch in node.branches]
    for label, worth, then in rows:
        writer.text(f"{label}: {worth}, {then}", indent=2 * INDENT)
    writer.text(_said(node), indent=2 * INDENT)


def _print_set(writer: Writer, place: SetStep) -> None:
    writer.text(f"{', '.join(place.nodes)}{_seen(place.seen)}: {place.player}", "bold", indent=INDENT)
    if place.beliefs:
        believed = (f"{_short(belief.probability)} that {_listed(belief.hidden)}" for belief in place.beliefs)
        writer.text(f"believes: {'; '.join(believed)}", indent=2 * INDENT)
    for option in place.options:
        worth = "not available" if option.value is None else f"worth {_short(option.value)}"
        played = f", played with probability {_short(option.probability)}" if option.value is not None else ""
        writer.text(f"{option.label}: {worth}{played}", indent=2 * INDENT)
    writer.text(f"reached with probability {_short(place.reached)}", indent=2 * INDENT)


def _print_cells(writer: Writer, place: CellsStep) -> None:
    seen = [f"{node}: {result}" for node, result in place.seen.items() if node not in place.at]
    seen += [f"{name} {_told(value)}" for name, value in place.at.items()]
    told = f" [{', '.join(seen)}]" if seen else ""
    writer.text(f"{place.node}{told}: {place.player}", "bold", indent=INDENT)
    if place.unseen:
        writer.text(f"averages over {', '.join(place.unseen)}", indent=2 * INDENT)
    half = len(place.runs) // 2
    for number, run in enumerate(place.runs):
        if place.left_out and number == half:
            writer.text(f"({place.left_out:,} more)", "dim", indent=2 * INDENT)
        deeper = 2 * INDENT
        for name, low in run.first.items():
            high = run.last[name]
            ends = _told(low) if low == high else f"{_told(low)} to {_told(high)}"
            share = f"{numbers.significant(100 * run.share, 3)}% of those who come here"
            writer.text(f"{name} {ends} ({share})", indent=2 * INDENT)
            deeper = 3 * INDENT
        for option in run.options:
            writer.text(_option(option), indent=deeper)
    writer.text(f"reached with probability {_short(place.reached)}", indent=2 * INDENT)


def _option(option: AmountStep) -> str:
    amount = "" if option.amount is None else f" {_short(option.amount)}"
    what = f" ({option.what})" if option.what not in ("", "played") else ""
    name = f"{option.label}{amount}{what}"
    if not option.available:
        return f"{name}: not available"
    played = (
        "not played" if option.probability == 0 else f"played with probability {_short(option.probability)}"
    )
    if option.first is None or option.last is None:
        return f"{name}: {played}"
    worth = _short(option.first)
    worth = worth if _short(option.last) == worth else f"{worth} to {_short(option.last)}"
    return f"{name}: worth {worth}, {played}"


def _told(value: float | str) -> str:
    return value if isinstance(value, str) else _short(value)


def _worth(branch: BranchStep, node: NodeStep) -> str:
    if not branch.available:
        return "not available"
    if node.player is not None:
        return "no move is left there" if branch.value is None else _short(branch.value)
    values = ", ".join(f"{p} {'none' if v is None else _short(v)}" for p, v in branch.values.items())
    return f"probability {_short(branch.probability)}, worth {values}"


def _said(node: NodeStep) -> str:
    reached = f"reached with probability {_short(node.reached)}"
    if node.player is None:
        values = ", ".join(f"{p} {'none' if v is None else _short(v)}" for p, v in node.values.items())
        return f"expected: {values}; {reached}"
    if node.chosen is None:
        return f"no move is available; {reached}"
    if node.tied:
        best = ", ".join(node.tied)
        return f"'{node.chosen}' is played, as the first listed of equally good {best}; {reached}"
    margin = "the only move" if node.margin is None else f"by a margin of {_short(node.margin)}"
    return f"'{node.chosen}' is played, {margin}; {reached}"


def _print_end(writer: Writer, explanation: Explanation) -> None:
    if explanation.path:
        writer.heading("How play goes")
        for path in explanation.path:
            steps = ", ".join(f"{node}: {result}" for node, result in path.results.items())
            writer.text(f"{_short(path.probability)}  {steps}; it ends in '{path.outcome}'", indent=INDENT)
    if explanation.goes:
        writer.heading("How play goes (amounts: means)")
        for goes in explanation.goes[:_MOST_WAYS]:
            parts = [f"{node}: {result}" for node, result in goes.results.items() if node not in goes.means]
            parts += [f"{name} {_short(mean)}" for name, mean in goes.means.items()]
            writer.text(
                f"{_short(goes.probability)}  {', '.join(parts)}; it ends in '{goes.outcome}'", indent=INDENT
            )
    if explanation.questions:
        writer.heading("Questions")
        for question in explanation.questions:
            number = "does not apply" if question.number is None else _short(question.number)
            margin = "" if question.margin is None else f" (margin {_short(question.margin)})"
            tied = ", tied" if question.tied else ""
            writer.text(f"{question.name}: {number}{margin}{tied}", indent=INDENT)


def _listed(results: dict[str, str]) -> str:
    return ", ".join(f"{node}: {result}" for node, result in results.items()) or "nothing came before"


def _seen(seen: dict[str, str]) -> str:
    return f" [{_listed(seen)}]" if seen else ""


def _short(value: float) -> str:
    text = numbers.significant(value, DIGITS)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
