"""Whether the solution that a model asks for exists, fits what is hidden, and has the options given."""

from __future__ import annotations

import math
from collections.abc import Mapping

from raison.model.constant import Lookup, constant
from raison.model.defining import refuse_fractions, refuse_results
from raison.model.keys import CONCEPTS, OPTIONS
from raison.model.records import Model, Solution, hides, solved_by
from raison.model.scope import Report, Scope

SOLUTION = ("solution",)


def check_solution(model: Model, scope: Scope, report: Report, lookup: Lookup) -> None:
    """Report an unknown concept, one that cannot be where something is hidden, and options of another."""
    concept = solved_by(model)
    path = (*SOLUTION, "concept")
    if concept not in CONCEPTS:
        hint = report.offer(concept, CONCEPTS) or f"; there are {', '.join(CONCEPTS)}."
        report.error(path, f"there is no solution concept '{concept[:60]}'{hint}")
        return
    if concept == "subgame-perfect" and hides(model):
        report.error(
            path,
            "subgame-perfect needs a game in which everybody sees everything, and here something is hidden; "
            "write 'concept: sequential'.",
        )
        return
    given = _given(model.solution)
    for option, value in given.items():
        if option not in CONCEPTS[concept] and model.solution.concept is not None:
            owners = " and ".join(name for name, options in CONCEPTS.items() if option in options)
            report.error(
                (*SOLUTION, option), f"'{option}' is an option of {owners}, not of {concept}; delete it."
            )
        elif option in OPTIONS and value not in OPTIONS[option]:
            choices = " or ".join(OPTIONS[option])
            report.error(
                (*SOLUTION, option),
                f"'{option}' of 'solution' is {choices}; got '{value[:60]}'.",
            )
    if model.solution.precision is not None:
        _check_precision(model, scope, report, lookup)


def check_default(model: Model, report: Report) -> None:
    """Report options where the file names no concept and the one that follows does not have them."""
    concept = solved_by(model)
    if model.solution.concept is not None:
        return
    for option in _given(model.solution):
        if option not in CONCEPTS[concept]:
            owners = [name for name, options in CONCEPTS.items() if option in options]
            report.error(
                (*SOLUTION, option),
                f"'{option}' is an option of {' and '.join(owners)}, and this model is solved as {concept}; "
                f"add 'concept: {owners[0]}' or delete it.",
            )


def _given(solution: Solution) -> Mapping[str, str]:
    values = {
        "precision": None if solution.precision is None else solution.precision.text,
        "select": solution.select,
        "link": solution.link,
        "error": solution.error,
        "refinement": solution.refinement,
        "amounts": solution.amounts,
    }
    return {option: value for option, value in values.items() if value is not None}


def _check_precision(model: Model, scope: Scope, report: Report, lookup: Lookup) -> None:
    precision, path, what = model.solution.precision, (*SOLUTION, "precision"), "'precision' of 'solution'"
    if precision is None or report.knows(path):
        return
    scope.check(precision, path, what)
    refuse_results(scope.results(precision), path, f"{what} is the same in the whole game", report)
    refuse_fractions(scope.fractions(precision), path, f"{what} is the same in the whole game", report)
    for name in sorted(scope.types(precision))[:1]:
        report.error(path, f"{what} uses the private type '{name}'; use what everybody knows.")
    value = constant(precision.expression, lookup)
    if value is not None and not (value > 0 and math.isfinite(value)):
        report.error(path, f"{what} is a number above 0; got {value:g}.")
