"""Whether premises can be removed: what they replace exists, changes, and leaves a model that is sound."""

from __future__ import annotations

from collections.abc import Mapping

from raison.model import uses
from raison.model.constant import Lookup
from raison.model.defining import (
    check_distribution,
    check_sizes,
    no_constants,
    refuse_fractions,
    refuse_results,
)
from raison.model.formula import Formula, Name, Text
from raison.model.information import check_information
from raison.model.play import check_game
from raison.model.problem import Path
from raison.model.process.check import check_processes
from raison.model.records import Definition, Distribution, Model, Premise, hides
from raison.model.recurring import check_rounds
from raison.model.replacing import edit, is_structural, redefine, same
from raison.model.scope import Report, Scope
from raison.model.solving import check_solution

MAX_VARIANTS = 20_000  # nodes in all the games that premises leave; each takes about 50 microseconds


def build_variants(model: Model, report: Report) -> dict[str, Model]:
    """The model without each premise that rewires the game, as far as it can be built."""
    found: dict[str, Model] = {}
    count = sum(map(is_structural, model.premises.values()))
    if count * len(model.game) > MAX_VARIANTS:
        report.error(
            ("premises",),
            f"{count} premises edit a game of {len(model.game)} nodes; at most {MAX_VARIANTS} nodes can be "
            "checked anew, so split the model.",
        )
        return found
    for name, premise in model.premises.items():
        if is_structural(premise) and not any(
            path[:1] in (("game",), ("outcomes",), ("processes",)) for path in report.broken
        ):
            edited = edit(model, {name: premise})
            for problem in edited.problems:
                report.error(problem.path, problem.message)
            for path, has_changed in edited.changed.items():
                if not has_changed and not any(problem.path == path for problem in edited.problems):
                    report.error(
                        path, f"premise '{name}' changes nothing: '{path[-1][:80]}' has this value already."
                    )
            if not edited.problems:
                found[name] = edited.model
    return found


def check_variants(model: Model, variants: Mapping[str, Model], report: Report) -> None:
    """What is wrong only with a premise removed."""
    if not variants:
        return
    already = {message for _, message in report.raw()}
    for name, variant in variants.items():
        inner = Report(report.broken, ships=report.ships)
        scope = Scope(variant, inner)
        constants = no_constants if scope.is_circular else _quiet_constants(variant, scope)
        check_game(variant, scope, inner, constants, ())
        if variant.rounds != model.rounds:
            check_rounds(variant, scope, inner, constants)
        check_solution(variant, scope, inner, no_constants)
        if variant.processes != model.processes:
            check_processes(variant, scope, inner)
        at = _place(model.premises[name], name)
        for _, message in inner.raw():
            if message not in already:
                report.error(at, f"premise '{name}' removed: {message}")


def check_secrets(model: Model, variants: Mapping[str, Model], report: Report) -> None:
    """Definitions that a premise exchanges must not make play depend on what a player does not know.

    A premise with paths was checked with its paths alone, and is checked here with its definitions too.
    """
    already = {message for _, message in report.raw()}
    for name, premise in model.premises.items():
        changed = variants.get(name, model)
        exchanged = {key: value for key, value in premise.without.items() if isinstance(value, Definition)}
        known = {*changed.parameters, *changed.quantities}
        if not hides(changed) or not exchanged or not known.issuperset(exchanged):
            continue
        for key, value in exchanged.items():
            changed = redefine(changed, key, value)
        inner = Report(report.broken)
        scope = Scope(changed, inner)
        if scope.is_circular:
            continue
        check_information(changed, scope, inner, no_constants, ())
        for _, message in inner.raw():
            if message not in already:
                at = ("premises", name, "without", next(iter(exchanged)))
                report.error(at, f"premise '{name}' removed: {message}")


def _quiet_constants(model: Model, scope: Scope) -> Lookup:
    return check_sizes(model, scope, Report())


def _place(premise: Premise, name: str) -> Path:
    key = next(key for key, value in premise.without.items() if not isinstance(value, Definition))
    return ("premises", name, "without", key)


def check_premises(model: Model, scope: Scope, report: Report, lookup: Lookup) -> None:
    """Report replacements of nothing, by nothing new, or by something wrong."""
    for name, premise in model.premises.items():
        path = ("premises", name, "without")
        if not premise.without and not any(where[:2] == ("premises", name) for where in report.broken):
            report.error(
                path, f"premise '{name}' changes nothing; say under 'without' what holds if it does not."
            )
        for key, value in premise.without.items():
            if isinstance(value, Definition):
                _check_replacement(model, name, key, value, scope, lookup)
        if not scope.is_circular:
            _check_new_circle(model, name, premise, scope, report)


def _check_replacement(
    model: Model, premise: str, name: str, value: Definition, scope: Scope, lookup: Lookup
) -> None:
    report, path = scope.report, ("premises", premise, "without", name)
    what = f"'{name}' without premise '{premise}'"
    if name not in scope.numbers:
        if name not in scope.half_known and scope.knows_all and not report.knows(path):
            if name in model.game or name in model.functions:
                kind = "node" if name in model.game else "function"
                report.error(
                    path,
                    f"premise '{premise}' replaces the {kind} '{name}'; replace a parameter or quantity, or "
                    "a path such as 'game.node.moves.move'.",
                )
            else:
                hint = report.offer(name, scope.numbers) or "; replace a parameter or quantity of the model."
                report.error(path, f"premise '{premise}' replaces '{name[:60]}', which is not defined{hint}")
        return
    so_far = model.parameters[name].value if name in model.parameters else model.quantities[name].value
    if (
        (same(so_far, value) or (isinstance(value, Formula) and value.expression == Name(name)))
        and not report.knows(("parameters", name))
        and not report.knows(("quantities", name))
    ):
        prefix, dot, _ = premise.partition(".")
        hint = "; list those that come along under 'premises' of the include." if dot else "."
        path = ("include", prefix) if dot else path  # it is the host that gave the value
        report.error(
            path, f"premise '{premise}' changes nothing: '{name}' is {value.text[:60]} already{hint}"
        )
        return
    if isinstance(value, Formula) and isinstance(value.expression, Text) and name in scope.labels:
        scope.among(name, value.expression.value, path, what)
        return
    if isinstance(value, Distribution):
        check_distribution(value, path, what, scope, lookup)
    elif not (name in scope.labels and name in uses.mentioned(value)):
        scope.check(value, path, what)
    if name in model.parameters:
        refuse_results(scope.results(value), path, f"{what} is drawn before play", report)
        refuse_fractions(scope.fractions(value), path, f"{what} is drawn before play", report)


def _check_new_circle(model: Model, name: str, premise: Premise, scope: Scope, report: Report) -> None:
    """Replacements that close a circle with each other or with the rest; a name may use itself."""
    replaced = {key: value for key, value in premise.without.items() if isinstance(value, Definition)}
    if not any(uses.mentioned(value) & (scope.numbers | set(model.functions)) for value in replaced.values()):
        return
    edges = dict(scope.edges)
    for key, value in replaced.items():
        edges[key] = uses.mentioned(value) - {key} | (
            scope.edges.get(key, set()) if key in uses.mentioned(value) else set()
        )
    for circle in uses.circles(edges)[:1]:
        at = next(key for key in replaced if key in circle)
        way = " -> ".join(circle[:12])
        report.error(
            ("premises", name, "without", at), f"premise '{name}' removed: {way} goes in a circle; break it."
        )
