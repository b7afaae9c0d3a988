"""Whether definitions are sound: no circles, bounded sizes, distributions with arguments that make sense."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from raison.model import uses
from raison.model.constant import Lookup, constant
from raison.model.distribution import KINDS
from raison.model.formula import KNOWN_FUNCTIONS, Call, Formula, Simulated, Text, height, walk
from raison.model.keys import did_you_mean
from raison.model.naming import path_of
from raison.model.problem import Path
from raison.model.records import Definition, Distribution, Model
from raison.model.scope import Report, Scope

MAX_DEPTH = 600  # of calls while evaluating; Python allows 1,000
MAX_SIZE = 100_000  # operations of one definition with its functions written out


def no_constants(_: str) -> float | None:
    """The lookup that knows no constant."""
    return None


def check_circles(edges: uses.Graph, report: Report, paths: Mapping[str, Path]) -> bool:
    """Whether names are defined by themselves; each circle is reported at its first name."""
    circles = uses.circles(edges)
    for circle in circles:
        way = " -> ".join(circle[:12])
        report.error(paths[circle[0]], f"'{circle[0]}' is defined by itself: {way}; break the circle.")
    return bool(circles)


def check_sizes(model: Model, scope: Scope, report: Report) -> Lookup:
    """Refuse what would take unbounded time to write out; returns the constants among the names."""
    depth: dict[str, int] = {}
    size: dict[str, int] = {}
    known: dict[str, float] = {}
    paths = path_of(model)
    named = dict(uses.definitions(model))
    for name in uses.in_order(scope.edges):
        body = model.functions[name].body if name in model.functions else named.get(name)
        parts = (
            [formula for _, formula in model.processes[name].formulas()]
            if body is None
            else uses.formulas(body)
        )
        below = [other for other in scope.edges[name] if other in depth]
        # Each definition costs some calls of its own, each operation in it about two.
        own = 8 + 2 * max((height(formula.expression) for formula in parts), default=0)
        depth[name] = own + max((depth[other] for other in below), default=0)
        size[name] = sum(_size(formula, size, model) for formula in parts)
        if depth[name] > MAX_DEPTH and not any(depth[other] > MAX_DEPTH for other in below):
            report.error(
                paths[name], f"'{name}' uses too long a chain of quantities or functions; shorten the chain."
            )
        if size[name] > MAX_SIZE and not any(size[other] > MAX_SIZE for other in below):
            report.error(
                paths[name],
                f"'{name}' has more than {MAX_SIZE} operations once its functions are written out; make "
                "quantities of them.",
            )
        if isinstance(body, Formula) and name not in model.functions and not report.knows(paths[name]):
            value = constant(body.expression, known.get)
            if value is not None:
                known[name] = value
    return known.get


def _size(formula: Formula, size: Mapping[str, int], model: Model) -> int:
    total = 0
    for node in walk(formula.expression):
        total += 1
        if isinstance(node, Call) and node.function in model.functions:
            total += size.get(node.function, 0)
        if isinstance(node, Simulated):
            total += size.get(node.process, 0)
    return min(total, 10 * MAX_SIZE)


def check_parameters(model: Model, scope: Scope, report: Report, lookup: Lookup) -> None:
    """Parameters, quantities and functions, each for itself."""
    for name, parameter in model.parameters.items():
        path, what = ("parameters", name), f"parameter '{name}'"
        at = (*path, "value") if (*path, "value") in report.broken else path
        check_definition(name, parameter.value, at, what, scope, lookup)
        if isinstance(parameter.value, Distribution) and not parameter.because:
            report.warn(
                path, f"parameter '{name}' is uncertain and rests on nothing; add 'because: [claim]'."
            )
        refuse_results(scope.results(parameter.value), path, f"{what} is drawn before play", report)
        refuse_fractions(scope.fractions(parameter.value), path, f"{what} is drawn before play", report)
    for name, quantity in model.quantities.items():
        check_definition(name, quantity.value, ("quantities", name), f"quantity '{name}'", scope, lookup)
    paths = path_of(model)
    for name, function in model.functions.items():
        scope.check(function.body, paths[name], f"function '{name}'", function.arguments)


def check_fixed(model: Model, scope: Scope) -> None:
    """A parameter as written is a number or a distribution; a formula of other names is a quantity."""
    for name, parameter in model.parameters.items():
        if isinstance(parameter.value, Distribution):
            continue
        mentions = uses.mentioned(parameter.value) - set(KNOWN_FUNCTIONS)
        if mentions and all(other in scope.numbers or other in model.functions for other in mentions):
            scope.report.error(
                ("parameters", name),
                f"parameter '{name}' is a number or a distribution; '{parameter.value.text[:60]}' is a "
                f"formula of '{min(mentions)}'. Move it to 'quantities'.",
            )


def refuse_results(results: Collection[str], path: Path, why: str, report: Report) -> None:
    """Report that a formula uses results of the game where there are none yet."""
    for result in sorted(results)[:1]:
        report.error(path, f"{why}, but uses '{result}', a result of the game; use results in payoffs, "
                     "probabilities and questions.")  # fmt: skip


def refuse_fractions(fractions: Collection[str], path: Path, why: str, report: Report) -> None:
    """Report that a formula uses what share of a player makes a move, where nobody has moved yet."""
    for fraction in sorted(fractions)[:1]:
        report.error(path, f"{why}, but uses {fraction}; use it in payoffs, probabilities and questions.")


def check_definition(
    name: str, definition: Definition, path: Path, what: str, scope: Scope, lookup: Lookup
) -> None:
    """Report what is wrong with the distribution or formula that a name stands for."""
    if isinstance(definition, Distribution):
        check_distribution(definition, path, what, scope, lookup)
        return
    scope.check(definition, path, what)
    value = lookup(name)
    if value is not None and not math.isfinite(value) and uses.mentioned(definition) - set(KNOWN_FUNCTIONS):
        scope.report.error(
            path, f"{what} is always {value:g}, which is not a finite number; change its formula."
        )


def check_distribution(
    distribution: Distribution,
    path: Path,
    what: str,
    scope: Scope,
    lookup: Lookup,
    arguments: Collection[str] = (),
) -> None:
    """Report an unknown distribution, or arguments that are too few, of the wrong kind or impossible."""
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
        scope.check(argument, path, what, arguments)
    numbers = [constant(argument.expression, lookup) for argument in counted]
    known = [number for number in numbers if number is not None and math.isfinite(number)]
    if len(known) == len(numbers):
        fault = kind.fault(known)
        if fault is not None:
            report.error(path, f"{what}: {kind.signature} {fault}.")
