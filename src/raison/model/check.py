"""Whether a model hangs together: every name, formula, node and claim, with one problem per cause."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from raison.model.argument import check_claims, check_levers, check_questions, check_rivals, check_sets
from raison.model.constant import Lookup
from raison.model.correlation import check_correlations
from raison.model.defining import check_circles, check_fixed, check_parameters, check_sizes, no_constants
from raison.model.information import check_hidden
from raison.model.naming import check_names, path_of
from raison.model.play import check_game
from raison.model.premising import build_variants, check_premises, check_secrets, check_variants
from raison.model.problem import Path, Problem, TooManyProblemsError
from raison.model.process.check import check_processes
from raison.model.process.step_size import warn_of_steps
from raison.model.records import Model
from raison.model.recurring import check_rounds
from raison.model.scope import Report, Scope
from raison.model.solving import check_default, check_solution
from raison.model.unused import warn_of_unused


def check(model: Model, *, broken: frozenset[Path] = frozenset(), ships: bool = False) -> tuple[Problem, ...]:
    """All that is wrong with a model, and warnings about what is probably not meant.

    Args:
        model: Read from a file or made in Python.
        broken: Paths that could not be read and were reported already; what follows from them is not.
        ships: The file ships with raison; its units and time steps, which take longest, are not looked at.

    Returns:
        Problems with paths, one per cause. Without errors among them the model can be solved.
    """
    report = Report(broken, ships=ships)
    with contextlib.suppress(TooManyProblemsError):
        if () not in broken:
            _check_all(model, report)
    return tuple(report.summed_up())


def _check_all(model: Model, report: Report) -> None:
    variants = build_variants(model, report)
    others = list(variants.values())
    scope = Scope(model, report, others)
    lookup = _check_world(model, scope, report, others)
    check_fixed(model, scope)
    check_hidden(model, report, others)
    check_default(model, report)
    check_premises(model, scope, report, lookup)
    check_variants(model, variants, report)
    check_secrets(model, variants, report)
    check_claims(model, report)
    check_rivals(model, report)
    check_sets(model, report)
    check_questions(model, scope, report, others)
    check_levers(model, scope, report, others)
    if not report.broken:
        warn_of_unused(model, report, others)
        if model.processes and not report.ships and not report.raw():
            warn_of_steps(model, report)


def faults(model: Model) -> tuple[Problem, ...]:
    """The errors in what is computed: definitions, correlations and game, not the argument around them."""
    report = Report()
    with contextlib.suppress(TooManyProblemsError):
        _check_world(model, Scope(model, report), report, ())
    return tuple(problem for problem in report.summed_up() if problem.severity == "error")


def _check_world(model: Model, scope: Scope, report: Report, variants: Collection[Model]) -> Lookup:
    check_names(model, report)
    circular = check_circles(scope.edges, report, path_of(model))
    lookup = no_constants if circular else check_sizes(model, scope, report)
    check_parameters(model, scope, report, lookup)
    check_correlations(model, report)
    check_processes(model, scope, report)
    check_game(model, scope, report, lookup, variants)
    check_solution(model, scope, report, lookup)
    check_rounds(model, scope, report, lookup)
    return lookup
