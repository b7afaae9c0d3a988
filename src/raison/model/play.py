"""Whether the formulas in a game use what is known where they stand."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from raison.model import uses
from raison.model.constant import Lookup, constant
from raison.model.formula import KNOWN_FUNCTIONS, Formula
from raison.model.information import check_information
from raison.model.problem import Path
from raison.model.records import Chance, Model, Spread
from raison.model.scope import PLAYED, Report, Scope
from raison.model.structure import before, check_probabilities, check_structure, union


def check_game(
    model: Model, scope: Scope, report: Report, lookup: Lookup, variants: Collection[Model]
) -> None:
    """Report what is wrong with the structure of the game and with each formula in it."""
    check_structure(model, scope, report, variants)
    check_probabilities(model, report, lookup)
    led_to = union([model, *variants])
    for name, node in model.game.items():
        if isinstance(node, Spread):
            continue
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
    check_information(model, scope, report, lookup, variants)
    for name, payoffs in model.outcomes.items():
        for player, payoff in payoffs.items():
            what = f"the payoff of {player} in outcome '{name}'"
            _check_use(payoff, ("outcomes", name, player), what, name, led_to, scope, lookup)
    for name, following in model.next.items():
        for state, formula in following.items():
            what = f"'{state}' in 'next' of outcome '{name}'"
            _check_use(formula, ("outcomes", name, "next", state), what, name, led_to, scope, lookup)


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
        known = before(led_to, place) | scope.carried
        for result in sorted(results - known):
            at_end = result == "outcome" or result in PLAYED
            why = "which is known only at the end" if at_end else "which is not played before it"
            scope.report.error(path, f"{what} uses the result '{result}', {why}; use an earlier node.")
            return
    value = constant(formula.expression, lookup)
    if value is not None and not math.isfinite(value) and uses.mentioned(formula) - set(KNOWN_FUNCTIONS):
        scope.report.error(path, f"{what} is always {value:g}, which is not a finite number; change it.")
