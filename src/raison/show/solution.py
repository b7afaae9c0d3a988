"""A model solved at chosen points, as tables for a terminal and as plain data for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from raison.model.records import Decision, Distribution, Model, branches, solved_by
from raison.program.program import Program
from raison.show import numbers
from raison.show.amounts import HEAD, amount_rows, taken
from raison.show.terminal import INDENT, Writer, make_console
from raison.solve.form_points import PlaceSolution, told_apart
from raison.solve.points import PointSolution, mean_over_amounts, named_types

if TYPE_CHECKING:
    from rich.console import Console

DIGITS = 6
"""Significant digits of a value in the tables; JSON has them all."""
ROUNDING = 1e-9
"""Probability that is told as 0."""
NOWHERE = "-"
"""Printed for a choice that is not made: off the path with several information sets, or a failed point."""

FORKED = (
    "The branch of logit equilibria passes a bifurcation, as in symmetric games: what is shown is its "
    "symmetric continuation, and other equilibria may be played as well."
)


def solution_dict(points: PointSolution, program: Program) -> dict[str, Any]:
    """The solution as plain data, one entry a point in every list; what is not finite is None.

    Args:
        points: The solved points.
        program: What was solved.

    Returns:
        `status` (a sentence each), `forked` (the branch that was followed passed a bifurcation), `choice` (by
        node the likeliest branch), `probability` (by node and branch), `margin`, `value`, `reached`,
        `outcome`, and `quantity` (parameters and quantities).
    """
    model = program.model
    record: dict[str, Any] = {
        "schema": 1,
        "model": model.name,
        "concept": solved_by(model) if model.game else None,
        "status": [program.reasons[index] for index in points.status],
        "forked": points.forked.tolist(),
        "choice": {name: choices(points, model, name) for name in points.probability},
        "probability": {
            name: {label: _plain(row) for label, row in zip(branches(model.game[name]), rows, strict=True)}
            for name, rows in points.probability.items()
        },
        "margin": {name: _plain(row) for name, row in points.margin.items()},
        "value": {name: _plain(row) for name, row in points.value.items()},
        "reached": {name: _plain(row) for name, row in points.reached.items()},
        "outcome": {name: _plain(row) for name, row in points.outcome.items()},
        "quantity": {name: _named(model, name, row) for name, row in points.quantity.items()},
    }
    if points.places:
        places = told_apart(points.places, named_types(model))
        record["information_sets"] = [_set_dict(place) for place in places]
    return record


def _set_dict(place: PlaceSolution) -> dict[str, Any]:
    """What is seen, done and believed at an information set; arrays as nested lists, the points last."""
    return {
        "node": place.node,
        "player": place.player,
        "seen": dict(place.seen),
        "amounts": _nested(place.amounts),
        "probability": _nested(place.probability),
        "scale": _nested(place.scale),
        "reached": _nested(place.reached),
        "weight": _nested(place.weight),
        "belief": [
            {"hidden": dict(hidden), "probability": _nested(belief)}
            for hidden, belief in zip(place.hidden, place.belief, strict=True)
        ],
        "hidden_amounts": _nested(place.hidden_amounts),
        "amount_belief": _nested(place.amount_belief),
    }


def _nested(value: Any) -> Any:
    """Arrays as nested lists; what is not finite is None."""
    if isinstance(value, Mapping):
        return {key: _nested(inner) for key, inner in value.items()}
    if getattr(value, "ndim", 0) > 0:
        return [_nested(inner) for inner in value]
    if isinstance(value, str):
        return value
    return float(value) if math.isfinite(value) else None


def choices(points: PointSolution, model: Model, node: str) -> list[str | None]:
    """The likeliest branch at a node, a point each.

    None off the path of play where the node has several information sets, where no move is available, and
    where the point failed.
    """
    labels = list(branches(model.game[node]))
    rows, reached = points.probability[node], points.reached[node]
    several = len(points.strategy[node]) > 1
    found: list[str | None] = []
    for i in range(len(points.status)):
        nowhere = points.status[i] != 0 or rows[:, i].sum() == 0 or (several and reached[i] == 0)
        found.append(None if nowhere else labels[int(rows[:, i].argmax())])
    return found


def print_solution(points: PointSolution, program: Program, *, console: Console | None = None) -> None:
    """Prints a solution: one point in full, several as a line each.

    Args:
        points: The solved points.
        program: What was solved.
        console: Where to; None for standard output.
    """
    writer = Writer(make_console() if console is None else console)
    if len(points.status) == 1:
        _print_one(writer, points, program)
    else:
        _print_several(writer, points, program)


def _print_one(writer: Writer, points: PointSolution, program: Program) -> None:
    model = program.model
    writer.text(model.title, "bold")
    if points.status[0] != 0:
        writer.text(program.reasons[points.status[0]], "yellow")
    elif points.forked[0]:
        writer.text(FORKED, "yellow")
    shown = [(n, short(_named(model, n, row)[0])) for n, row in points.quantity.items()]
    parameters = [row for row in shown if row[0] in model.parameters]
    quantities = [row for row in shown if row[0] not in model.parameters]
    _section(writer, "Parameters", parameters, "<>")
    _section(writer, "Quantities", quantities, "<>")
    if points.status[0] != 0:
        return
    decisions = [("node", "player", "choice", "margin", "reached")]
    for name, node in model.game.items():
        if isinstance(node, Decision):
            choice = choices(points, model, name)[0] or NOWHERE
            margin, reached = points.margin[name][0], points.reached[name][0]
            decisions.append((name, node.player, choice, _margin(float(margin)), short(float(reached))))
    if len(decisions) > 1:
        _section(writer, "Choices (margin: payoff of the choice less the best other)", decisions, "<<<>>")
    _print_sets(writer, points, model)
    outcomes = sorted(points.outcome.items(), key=lambda item: -item[1][0])
    reached = [(name, short(float(row[0]))) for name, row in outcomes if row[0] > 0]
    _section(writer, "Outcomes (probability)", reached, "<>")
    _section(
        writer, "Values (expected payoff)", [(n, short(float(r[0]))) for n, r in points.value.items()], "<>"
    )


def _print_sets(writer: Writer, points: PointSolution, model: Model) -> None:
    """What each player does at each information set, and thinks where he cannot tell histories apart."""
    if not points.places:
        return
    rows = [("node", "sees", "does", "thinks", "reached")]
    places = told_apart(points.places, named_types(model))
    for place in places:
        seen = ", ".join([*(label for _, label in place.seen), *place.amounts])
        done = ", ".join(
            f"{label} {chance(share)}"
            for label, share in zip(place.probability, mean_over_amounts(place)[:, 0].tolist(), strict=True)
            if share >= ROUNDING or len(place.probability) == 1
        )
        thought: list[str] = []
        if len(place.hidden) > 1 and not place.amounts:
            thought = [
                f"{' '.join(label for _, label in hidden)} {chance(float(belief[0]))}"
                for hidden, belief in zip(place.hidden, place.belief, strict=True)
            ]
        if not place.amounts:
            for name, points_ in place.hidden_amounts.items():
                believed = place.amount_belief[name][:, 0]
                if points_.dtype == object:
                    thought += [
                        f"{n} {chance(float(b))}" for n, b in zip(points_[:, 0], believed, strict=True)
                    ]
                else:
                    thought.append(f"{name} {short(float((points_[:, 0] * believed).sum()))}")
        rows.append((place.node, seen, done, ", ".join(thought), chance(float(place.reached[0]))))
    _section(writer, f"Information sets (solved as {solved_by(model)})", rows, "<<<<>")
    amounts = amount_rows(places, short)
    if amounts:
        _section(writer, "Amounts (that the moves on a scale take)", [HEAD, *amounts], "<<<<>>")


def _print_several(writer: Writer, points: PointSolution, program: Program) -> None:
    model = program.model
    count = len(points.status)
    varied = [
        n for n in model.parameters if n in points.quantity and len(set(points.quantity[n].tolist())) > 1
    ]
    heads = {name: [short(value) for value in _named(model, name, points.quantity[name])] for name in varied}
    decisions = [name for name, node in model.game.items() if isinstance(node, Decision)]
    chosen = {name: [choice or NOWHERE for choice in choices(points, model, name)] for name in decisions}
    margins = {name: _numbers(points, points.margin[name], _margin) for name in decisions}
    values = {player: _numbers(points, row) for player, row in points.value.items()}
    outcomes = {name: _numbers(points, row) for name, row in points.outcome.items() if (row > 0).any()}
    writer.text(model.title, "bold")
    if not decisions:
        held = {n: _numbers(points, points.quantity[n]) for n in model.quantities if n in points.quantity}
        _columns(writer, "Quantities", count, heads, held, ">")
    _columns(writer, "Choices", count, heads, chosen, "<")
    _columns(writer, "Amounts (mean of what is taken)", count, heads, _mean_amounts(points, model), ">")
    _columns(writer, "Margins (payoff of the choice less the best other)", count, heads, margins, ">")
    _columns(writer, "Values (expected payoff)", count, heads, values, ">")
    _columns(writer, "Outcomes (probability)", count, heads, outcomes, ">")
    if points.forked.any():
        which = ", ".join(str(i + 1) for i in points.forked.nonzero()[0])
        writer.text(f"At point {which}: {FORKED}", "yellow")
    failed = [(str(i + 1), program.reasons[status]) for i, status in enumerate(points.status) if status != 0]
    if failed:
        writer.heading("Failed points")
        for number, reason in failed:
            writer.text(f"{number}: {reason}", "yellow", indent=INDENT)


def _mean_amounts(points: PointSolution, model: Model) -> dict[str, list[str]]:
    """By node, and result seen there, the mean amount that is taken, a point each."""
    found: dict[str, list[str]] = {}
    for place in told_apart(points.places, named_types(model)):
        for label in place.scale:
            means: list[str] = []
            for i, status in enumerate(points.status):
                values, chances = taken(place, label, i)
                empty = status != 0 or not len(values)
                means.append(NOWHERE if empty else short(float(values @ chances / chances.sum())))
            seen = "".join(f" {result}" for _, result in place.seen)
            found[f"{place.node}{seen}"] = means
    return found


def _section(writer: Writer, title: str, rows: list[Any], aligned: str) -> None:
    if rows:
        writer.heading(title)
        writer.table(rows, aligned=aligned)


def _columns(
    writer: Writer, title: str, count: int, heads: dict[str, list[str]], body: dict[str, list[str]], side: str
) -> None:
    """One line a point: its number, what distinguishes it, and the columns of one kind."""
    if not body:
        return
    columns = [["point", *(str(i + 1) for i in range(count))]]
    columns += [[name, *cells] for name, cells in (*heads.items(), *body.items())]
    writer.heading(title)
    writer.table(list(zip(*columns, strict=True)), aligned=">" * (1 + len(heads)) + side * len(body))


def _numbers(points: PointSolution, row: Any, show: Any = None) -> list[str]:
    show = show or short
    return [NOWHERE if status != 0 else show(float(x)) for x, status in zip(row, points.status, strict=True)]


def _margin(value: float) -> str:
    return "no other move" if value == math.inf else short(value)


def chance(value: float) -> str:
    """A probability; what is 0 but for rounding, or for the trembles that a limit goes through, is 0."""
    return short(0.0 if abs(value) < ROUNDING else value)


def short(value: float | str | None) -> str:
    """A number of at most `DIGITS` digits without needless zeros; a name as it is."""
    if isinstance(value, str) or value is None:
        return NOWHERE if value is None else value
    text = numbers.significant(value, DIGITS)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _named(model: Model, name: str, row: Any) -> list[float | str | None]:
    parameter = model.parameters.get(name)
    if parameter is not None and isinstance(parameter.value, Distribution) and parameter.value.names:
        return [parameter.value.names[int(code)] for code in row]
    return _plain(row)


def _plain(row: Any) -> list[Any]:
    return [float(value) if math.isfinite(value) else None for value in row]
