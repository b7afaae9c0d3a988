"""Whether a model hangs together: every name, formula, node and claim, with one problem per cause."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from raison.model import uses
from raison.model.argument import check_claims, check_levers, check_questions, check_rivals
from raison.model.constant import Lookup, constant
from raison.model.correlation import check_correlations
from raison.model.distribution import KINDS
from raison.model.formula import KNOWN_FUNCTIONS, Formula, Text
from raison.model.keys import CONCEPTS, RESERVED, did_you_mean
from raison.model.problem import Path, Problem
from raison.model.records import Chance, Decision, Definition, Distribution, Model, Premise
from raison.model.replacing import edit, is_structural, same
from raison.model.scope import Report, Scope
from raison.model.structure import before, check_probabilities, check_structure, targets, union
from raison.model.unparse import show

MAX_CHAIN = 60  # quantities and functions that use each other, one below the other
MAX_SIZE = 100_000  # operations of one definition with its functions written out
MAX_NAME = 60
_IDENTIFIER = re.compile(r"[^\W\d]\w*(?:@\d+)?")


def check(model: Model, *, broken: frozenset[Path] = frozenset()) -> tuple[Problem, ...]:
    """All that is wrong with a model, and warnings about what is probably not meant.

    Args:
        model: Read from a file or made in Python.
        broken: Paths that could not be read and were reported already; what follows from them is not.

    Returns:
        Problems with paths, one per cause. Without errors among them the model can be solved.
    """
    report = Report(broken)
    variants = _variants(model, report)
    scope = Scope(model, report, list(variants.values()))
    _check_names(model, report)
    circular = _check_circles(scope.edges, report, _path_of(model))
    lookup = _no_constants if circular else _check_sizes(model, scope, report)
    _check_parameters(model, scope, report, lookup)
    check_correlations(model, report)
    _check_game(model, scope, report, lookup, list(variants.values()))
    _check_premises(model, scope, report, lookup, circular=circular)
    _check_variants(model, variants, report)
    check_claims(model, report)
    check_rivals(model, report)
    check_questions(model, scope, report, list(variants.values()))
    check_levers(model, scope, report, list(variants.values()))
    if model.solution.concept != "subgame-perfect" and not CONCEPTS.get(model.solution.concept, False):
        report.error(("solution", "concept"), f"this version solves subgame-perfect; got "
                     f"'{model.solution.concept[:60]}'.")  # fmt: skip
    if not broken:
        _warn_of_unused(model, scope, report, list(variants.values()))
    return tuple(report.summed_up())


def errors(model: Model) -> tuple[Problem, ...]:
    """The errors that `check` finds, without the warnings."""
    return tuple(problem for problem in check(model) if problem.severity == "error")


def _no_constants(_: str) -> float | None:
    return None


def _path_of(model: Model) -> Mapping[str, Path]:
    """Where each parameter, quantity and function stands."""
    paths: dict[str, Path] = {name: ("parameters", name) for name in model.parameters}
    paths |= {name: ("quantities", name) for name in model.quantities}
    for name, function in model.functions.items():
        paths[name] = ("functions", f"{name}({', '.join(function.arguments)})")
    return paths


# --- names ------------------------------------------------------------------------------------------------


def _check_names(model: Model, report: Report) -> None:
    seen: dict[str, str] = {}
    kinds = (
        ("parameter", "parameters", model.parameters),
        ("quantity", "quantities", model.quantities),
        ("function", "functions", model.functions),
        ("node", "game", model.game),
    )
    paths = _path_of(model)
    for kind, section, names in kinds:
        for name in names:
            path = paths.get(name, (section, name)) if kind == "function" else (section, name)
            if not _IDENTIFIER.fullmatch(name) or len(name) > MAX_NAME or name.startswith("__"):
                report.error(path, f"the {kind} '{name[:60]}' needs a name of letters, digits and '_', at most "
                             f"{MAX_NAME}, not begun with a digit or '__'; rename it.")  # fmt: skip
            elif name in RESERVED or name in ("and", "or", "not", "if", "else"):
                report.error(path, f"'{name}' has a meaning of its own in formulas; rename the {kind}.")
            elif kind == "function" and (name in KNOWN_FUNCTIONS or name in KINDS):
                report.error(path, f"the function '{name}' exists already; rename this one.")
            elif name in seen:
                report.error(path, f"'{name}' is a {seen[name]} already; rename the {kind}.")
            seen.setdefault(name, kind)
    for name, function in model.functions.items():
        if len(function.arguments) > 15 or any(len(argument) > MAX_NAME for argument in function.arguments):
            report.error(paths[name], f"the function '{name}' has at most 15 arguments of {MAX_NAME} characters; "
                         f"got {len(function.arguments)}.")  # fmt: skip
    for path, kind, name in _free_names(model):
        if not name.strip() or name != name.strip() or len(name) > 100 or not name.isprintable():
            report.error(path, f"the {kind} '{name[:60]}' needs a name of 1 to 100 characters on one line.")
    for player in model.players:
        if player in RESERVED:
            report.error(("players", player), f"'{player}' has a meaning of its own; rename the player.")


def _free_names(model: Model) -> list[tuple[Path, str, str]]:
    sections = (
        ("players", "player", model.players),
        ("outcomes", "outcome", model.outcomes),
        ("premises", "premise", model.premises),
        ("claims", "claim", model.claims),
        ("sources", "source", model.sources),
    )
    found: list[tuple[Path, str, str]] = [
        ((key, name), kind, name) for key, kind, names in sections for name in names
    ]
    for node_name, node in model.game.items():
        kind, names = ("moves", node.moves) if isinstance(node, Decision) else ("cases", node.cases)
        found += [(("game", node_name, kind, name), kind[:-1], name) for name in names]
    return found


# --- definitions --------------------------------------------------------------------------------------------


def _check_circles(edges: uses.Graph, report: Report, paths: Mapping[str, Path]) -> bool:
    circles = uses.circles(edges)
    for circle in circles:
        way = " -> ".join(circle[:12])
        report.error(paths[circle[0]], f"'{circle[0]}' is defined by itself: {way}; break the circle.")
    return bool(circles)


def _check_sizes(model: Model, scope: Scope, report: Report) -> Lookup:
    """Refuse what would take unbounded time to write out; returns the constants among the names."""
    depth: dict[str, int] = {}
    size: dict[str, int] = {}
    known: dict[str, float] = {}
    paths = _path_of(model)
    named = dict(uses.definitions(model))
    for name in uses.in_order(scope.edges):
        body = model.functions[name].body if name in model.functions else named[name]
        below = [other for other in scope.edges[name] if other in depth]
        depth[name] = 1 + max((depth[other] for other in below), default=0)
        size[name] = sum(_size(formula, size, model) for formula in uses.formulas(body))
        if depth[name] == MAX_CHAIN + 1:
            report.error(paths[name], f"'{name}' uses quantities or functions more than {MAX_CHAIN} deep; "
                         "shorten the chain.")  # fmt: skip
        if size[name] > MAX_SIZE and not any(size[other] > MAX_SIZE for other in below):
            report.error(paths[name], f"'{name}' has more than {MAX_SIZE} operations once its functions are written "
                         "out; make quantities of them.")  # fmt: skip
        if isinstance(body, Formula) and name not in model.functions and not report.knows(paths[name]):
            value = constant(body.expression, known.get)
            if value is not None:
                known[name] = value
    return known.get


def _size(formula: Formula, size: Mapping[str, int], model: Model) -> int:
    from raison.model.formula import Call, walk

    total = 0
    for node in walk(formula.expression):
        total += 1
        if isinstance(node, Call) and node.function in model.functions:
            total += size.get(node.function, 0)
    return min(total, 10 * MAX_SIZE)


def _check_parameters(model: Model, scope: Scope, report: Report, lookup: Lookup) -> None:
    """Parameters, quantities and functions, each for itself."""
    for name, parameter in model.parameters.items():
        path, what = ("parameters", name), f"parameter '{name}'"
        at = (*path, "value") if (*path, "value") in report.broken else path
        _check_definition(name, parameter.value, at, what, scope, lookup)
        if isinstance(parameter.value, Formula):
            _check_fixed(name, parameter.value, path, scope)
        elif not parameter.because:
            report.warn(
                path, f"parameter '{name}' is uncertain and rests on nothing; add 'because: [claim]'."
            )
        _refuse_results(scope.results(parameter.value), path, f"{what} is drawn before play", report)
    for name, quantity in model.quantities.items():
        _check_definition(name, quantity.value, ("quantities", name), f"quantity '{name}'", scope, lookup)
    paths = _path_of(model)
    for name, function in model.functions.items():
        scope.check(function.body, paths[name], f"function '{name}'", function.arguments)


def _check_fixed(name: str, value: Formula, path: Path, scope: Scope) -> None:
    """A parameter that is a formula of other names is a quantity."""
    mentions = uses.mentioned(value) - set(KNOWN_FUNCTIONS)
    if "@" in "".join((name, *mentions)) or not mentions:
        return
    if all(other in scope.numbers or other in scope.model.functions for other in mentions):
        scope.report.error(
            path,
            f"parameter '{name}' is a number or a distribution; '{value.text[:60]}' is a formula of "
            f"'{min(mentions)}'. Move it to 'quantities'.",
        )


def _refuse_results(results: Collection[str], path: Path, why: str, report: Report) -> None:
    for result in sorted(results)[:1]:
        report.error(path, f"{why}, but uses '{result}', a result of the game; use results in payoffs, "
                     "probabilities and questions.")  # fmt: skip


def _check_definition(
    name: str, definition: Definition, path: Path, what: str, scope: Scope, lookup: Lookup
) -> None:
    if isinstance(definition, Distribution):
        _check_distribution(definition, path, what, scope, lookup)
        return
    scope.check(definition, path, what)
    value = lookup(name)
    if value is not None and not math.isfinite(value) and uses.mentioned(definition) - set(KNOWN_FUNCTIONS):
        scope.report.error(
            path, f"{what} is always {value:g}, which is not a finite number; change its formula."
        )


def _check_distribution(
    distribution: Distribution, path: Path, what: str, scope: Scope, lookup: Lookup
) -> None:
    report = scope.report
    kind = KINDS.get(distribution.kind)
    if kind is None:
        hint = did_you_mean(distribution.kind, KINDS) or f"; there are {', '.join(KINDS)}."
        report.error(path, f"{what}: there is no distribution '{distribution.kind[:60]}'{hint}")
        return
    given = distribution.arguments
    fits = len(given) == kind.arity if kind.arity is not None else len(given) >= 2 and len(given) % 2 == 0
    if not fits:
        needed = kind.arity if kind.arity is not None else "an even number of"
        report.error(path, f"{what}: {kind.signature} takes {needed} numbers; got {len(given)}.")
        return
    is_choice = distribution.kind == "choice"
    values = given[0::2] if is_choice else ()
    if values and 0 < len(distribution.names) < len(values):
        report.error(path, f"{what}: the values of a choice are all numbers or all quoted names; got both.")
        return
    counted = [argument for index, argument in enumerate(given) if not is_choice or index % 2 == 1]
    plain = [argument for argument in given if not (isinstance(argument.expression, Text) and is_choice)]
    for argument in plain:
        scope.check(argument, path, what)
    numbers = [constant(argument.expression, lookup) for argument in counted]
    known = [number for number in numbers if number is not None and math.isfinite(number)]
    if len(known) == len(numbers):
        fault = kind.fault(known)
        if fault is not None:
            report.error(path, f"{what}: {kind.signature} {fault}.")


# --- game ---------------------------------------------------------------------------------------------------


def _check_game(
    model: Model, scope: Scope, report: Report, lookup: Lookup, variants: Collection[Model]
) -> None:
    check_structure(model, scope, report, variants)
    check_probabilities(model, report, lookup)
    led_to = union([model, *variants])
    for name, node in model.game.items():
        if isinstance(node, Chance):
            for label, case in node.cases.items():
                path = ("game", name, "cases", label, "probability")
                what = f"the probability of case '{label}' of node '{name}'"
                _check_use(case.probability, path, what, name, led_to, scope, lookup)
        else:
            for label, move in node.moves.items():
                path, what = (
                    ("game", name, "moves", label, "when"),
                    f"'when' of move '{label}' of node '{name}'",
                )
                _check_use(move.when, path, what, name, led_to, scope, lookup)
    for name, payoffs in model.outcomes.items():
        for player, payoff in payoffs.items():
            what = f"the payoff of {player} in outcome '{name}'"
            _check_use(payoff, ("outcomes", name, player), what, name, led_to, scope, lookup)


def _check_use(
    formula: Formula | None,
    path: Path,
    what: str,
    place: str,
    led_to: Mapping[str, Collection[str]],
    scope: Scope,
    lookup: Lookup,
) -> None:
    """A formula in the game: its names, and that the results it uses are known by then."""
    if formula is None or scope.report.knows(path):
        return
    scope.check(formula, path, what)
    results = scope.results(formula)
    if results:
        known = before(led_to, place)
        for result in sorted(results - known):
            why = "which is known only at the end" if result == "outcome" else "which is not played before it"
            scope.report.error(path, f"{what} uses the result '{result}', {why}; use an earlier node.")
            return
    value = constant(formula.expression, lookup)
    if value is not None and not math.isfinite(value) and uses.mentioned(formula) - set(KNOWN_FUNCTIONS):
        scope.report.error(path, f"{what} is always {value:g}, which is not a finite number; change it.")


# --- premises -----------------------------------------------------------------------------------------------


def _variants(model: Model, report: Report) -> dict[str, Model]:
    """The model without each premise that rewires the game, as far as it can be built."""
    found: dict[str, Model] = {}
    for name, premise in model.premises.items():
        if is_structural(premise) and not any(
            path[:1] in (("game",), ("outcomes",)) for path in report.broken
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


def _check_variants(model: Model, variants: Mapping[str, Model], report: Report) -> None:
    """What is wrong only with a premise removed."""
    if not variants:
        return
    already = {problem.message for problem in report.problems}
    for name, variant in variants.items():
        inner = Report(report.broken)
        scope = Scope(variant, inner)
        _check_game(
            variant,
            scope,
            inner,
            _no_constants if scope.is_circular else _quiet_constants(variant, scope),
            (),
        )
        at = _place(model.premises[name], name)
        for problem in inner.summed_up():
            if problem.severity == "error" and problem.message not in already:
                report.error(at, f"premise '{name}' removed: {problem.message}")


def _quiet_constants(model: Model, scope: Scope) -> Lookup:
    return _check_sizes(model, scope, Report())


def _place(premise: Premise, name: str) -> Path:
    key = next(key for key, value in premise.without.items() if not isinstance(value, Definition))
    return ("premises", name, "without", key)


def _check_premises(model: Model, scope: Scope, report: Report, lookup: Lookup, *, circular: bool) -> None:
    for name, premise in model.premises.items():
        path = ("premises", name, "without")
        if not premise.without and not any(where[:2] == ("premises", name) for where in report.broken):
            report.error(
                path, f"premise '{name}' changes nothing; say under 'without' what holds if it does not."
            )
        for key, value in premise.without.items():
            if isinstance(value, Definition):
                _check_replacement(model, name, key, value, scope, lookup)
        if not circular:
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
                report.error(path, f"premise '{premise}' replaces the {kind} '{name}'; replace a parameter or "
                             "quantity, or a path such as 'game.node.moves.move'.")  # fmt: skip
            else:
                hint = report.offer(name, scope.numbers) or "; replace a parameter or quantity of the model."
                report.error(path, f"premise '{premise}' replaces '{name[:60]}', which is not defined{hint}")
        return
    so_far = model.parameters[name].value if name in model.parameters else model.quantities[name].value
    if (
        same(so_far, value)
        and not report.knows(("parameters", name))
        and not report.knows(("quantities", name))
    ):
        report.error(path, f"premise '{premise}' changes nothing: '{name}' is {value.text[:60]} already.")
        return
    if isinstance(value, Formula) and isinstance(value.expression, Text) and name in scope.labels:
        scope.among(name, value.expression.value, path, what)
        return
    if isinstance(value, Distribution):
        _check_distribution(value, path, what, scope, lookup)
    elif not (name in scope.labels and name in uses.mentioned(value)):
        scope.check(value, path, what)
    if name in model.parameters:
        _refuse_results(scope.results(value), path, f"{what} is drawn before play", report)


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


# --- unused -------------------------------------------------------------------------------------------------


def _warn_of_unused(model: Model, scope: Scope, report: Report, variants: Collection[Model]) -> None:
    used = _mentions_everywhere(model, variants) | report.offered
    paths = _path_of(model)
    for kind, section, names in (
        ("parameter", "parameters", model.parameters),
        ("function", "functions", model.functions),
        ("quantity", "quantities", model.quantities),
    ):
        if kind == "quantity" and not model.game and not model.questions:
            continue
        for name in names:
            if name not in used and name not in scope.half_known:
                report.warn(
                    paths.get(name, (section, name)), f"{kind} '{name}' is used nowhere; use it or delete it."
                )
    if model.game and any(problem.path[:1] == ("game",) for problem in report.problems):
        reached = set(model.outcomes)
    else:
        reached = set().union(*(targets(each) for each in (model, *variants)))
    for name in model.outcomes:
        if name not in reached:
            report.warn(
                ("outcomes", name),
                f"outcome '{name}' is reached from nowhere; lead a move to it or delete it.",
            )
    claimed = {claim for each in model.parameters.values() for claim in each.because}
    claimed |= {claim for each in model.premises.values() for claim in each.claims} | report.offered
    for name in model.claims:
        if name not in claimed:
            report.warn(
                ("claims", name), f"claim '{name}' supports nothing; name it under 'because' or in a premise."
            )
    cited = {claim.source for claim in model.claims.values()} | report.offered
    for name in model.sources:
        if name not in cited:
            report.warn(("sources", name), f"source '{name}' is cited by no claim; cite it or delete it.")
    if not model.questions:
        report.warn(
            ("questions",), "the model asks nothing; add 'questions', as in '- {node: ..., move: ...}'."
        )


def _mentions_everywhere(model: Model, variants: Collection[Model]) -> set[str]:
    found: set[str] = set()
    for mentions in uses.graph(model).values():
        found |= mentions
    for premise in model.premises.values():
        for value in premise.without.values():
            if isinstance(value, Definition):
                found |= uses.mentioned(value)
    for each in (model, *variants):
        for node in each.game.values():
            if isinstance(node, Chance):
                given = [case.probability for case in node.cases.values()]
            else:
                given = [move.when for move in node.moves.values()]
            for formula in given:
                found |= uses.mentioned(formula) if formula is not None else set()
        for payoffs in each.outcomes.values():
            for payoff in payoffs.values():
                found |= uses.mentioned(payoff)
    for question in model.questions:
        for formula in (question.event, question.amount, question.given):
            found |= uses.mentioned(formula) if formula is not None else set()
    for levers in model.levers.values():
        for lever in levers.values():
            found |= uses.mentioned(lever.cost) if lever.cost is not None else set()
    return found
