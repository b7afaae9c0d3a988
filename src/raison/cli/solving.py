"""`raison solve`: a model at chosen points or in closed form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raison.cli.failing import EXIT_FAILED, RefusalError
from raison.cli.files import load_model, warn, warn_idle, write_game
from raison.cli.options import Amounts, AsJson, Checker, Concept, Force, ModelArgument, Precision, Refinement

if TYPE_CHECKING:
    from raison.api import Model, Solution


def solve(
    model: ModelArgument,
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="NAME=VALUE[,...]",
            help="Values of a parameter; the others have their central value.",
        ),
    ] = None,
    symbolic: Annotated[
        bool,
        typer.Option("--symbolic", help="Print the inequalities under which the asked moves are chosen."),
    ] = False,
    concept: Concept = None,
    precision: Precision = None,
    refinement: Refinement = None,
    amounts: Amounts = None,
    against: Annotated[
        Checker | None,
        typer.Option(
            "--check", help="Solve the first point with Gambit too, and compare, or show what it finds."
        ),
    ] = None,
    efg: Annotated[
        Path | None, typer.Option("--efg", help="Write the game at the first point for Gambit.")
    ] = None,
    equilibria: Annotated[
        bool, typer.Option("--equilibria", help="List every equilibrium of a small game.")
    ] = False,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact", help="With --equilibria: exact fractions, of Nash or of pure sequential equilibria."
        ),
    ] = False,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Solve a model, or a game in Gambit's format, at chosen points or in closed form."""
    found = load_model(model).solved_by(concept, precision=precision, refinement=refinement, amounts=amounts)
    warn(found)
    if exact and not equilibria:
        raise typer.BadParameter("--exact is for the list of equilibria; add --equilibria")
    if symbolic and equilibria:
        raise typer.BadParameter("--symbolic answers for all points; leave out --equilibria")
    if symbolic and at:
        raise typer.BadParameter("--symbolic answers for all points; leave out --at")
    if symbolic:
        _print_conditions(found, as_json)
        return
    points = _points(found, at or [])
    from raison.show.equilibria import equilibria_dict, print_equilibria
    from raison.show.solution import print_solution, solution_dict

    if not equilibria:
        warn_idle(found, in_runs=False)
    solution = found.solve(points)
    gambit = () if against is None else _gambits_answer(solution)
    lists = [solution.equilibria(i, exact=exact) for i in range(len(solution.status))] if equilibria else []
    if efg is not None:
        write_game(efg, solution.efg(), force)
    if as_json:
        record = solution_dict(solution.points, solution.program)
        if equilibria:
            record["equilibria"] = [equilibria_dict(found) for found in lists]
        if gambit:
            record["gambit"] = list(gambit)
        print(json.dumps(record, indent=2))
    else:
        print_solution(solution.points, solution.program)
        print_equilibria(lists, solution.program)
        if gambit:
            print("", *gambit, sep="\n")
    if all(status != "solved" for status in solution.status):
        raise typer.Exit(EXIT_FAILED)


def _print_conditions(model: Model, as_json: bool) -> None:
    from raison.solve.symbolic import conditions

    answers = conditions(model.record)
    if as_json:
        print(json.dumps([answer.as_dict() for answer in answers], indent=2))
    else:
        print("\n\n".join(str(answer) for answer in answers))


def _gambits_answer(solution: Solution) -> tuple[str, ...]:
    """How Gambit's equilibria compare at the first point, or what it finds where raison has no solution."""
    if solution.status[0] == "solved":
        return solution.against_gambit().sentences
    return ("This is not solved by raison.", *solution.by_gambit())


def _points(model: Model, settings: Sequence[str]) -> dict[str, list[float] | list[str]]:
    """Values by parameter from what --at gives, `name=value,value`."""
    points: dict[str, list[float] | list[str]] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise RefusalError(f"--at needs NAME=VALUE; got '{setting}'.")
        if name.strip() in points:
            raise RefusalError(f"--at gives '{name.strip()}' twice; give its values once, with commas.")
        points[name.strip()] = _values(model, name.strip(), text)
    return points


def _values(model: Model, name: str, text: str) -> list[float] | list[str]:
    from raison.model.records import Distribution

    parameter = model.record.parameters.get(name)
    parts = [part.strip() for part in text.split(",")]
    if parameter is not None and isinstance(parameter.value, Distribution) and parameter.value.names:
        return parts
    try:
        return [float(part) for part in parts]
    except ValueError:
        raise RefusalError(f"--at {name} needs numbers; got '{text}'.") from None
