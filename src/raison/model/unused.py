"""Warnings about what a model defines and never uses."""

from __future__ import annotations

from collections.abc import Collection

from raison.model import uses
from raison.model.naming import path_of
from raison.model.process.unused import warn_of_unused_parts
from raison.model.records import Chance, Definition, Model, Node, Spread
from raison.model.recurring import recurring
from raison.model.scope import Report
from raison.model.structure import targets


def warn_of_unused(model: Model, report: Report, variants: Collection[Model]) -> None:
    """Warn of definitions, outcomes, claims and sources that nothing uses, also without a premise.

    Names with a prefix came with a mechanism, and are nobody's to delete.
    """
    used = _mentions_everywhere(model, variants) | report.offered
    paths = path_of(model)
    wrong = {path for path, _ in report.raw()}  # a name that must change anyway is not worth a second line
    for kind, section, names in (
        ("parameter", "parameters", model.parameters),
        ("function", "functions", model.functions),
        ("quantity", "quantities", model.quantities),
        ("process", "processes", model.processes),
    ):
        if kind == "quantity" and not model.game and not model.questions:
            continue
        for name in names:
            path = paths.get(name, (section, name))
            if name not in used and "." not in name and path not in wrong:
                report.warn(path, f"{kind} '{name}' is used nowhere; use it or delete it.")
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
        if name not in claimed and "." not in name:
            report.warn(
                ("claims", name), f"claim '{name}' supports nothing; name it under 'because' or in a premise."
            )
    cited = {claim.source for claim in model.claims.values()} | report.offered
    for name in model.sources:
        if name not in cited and "." not in name:
            report.warn(("sources", name), f"source '{name}' is cited by no claim; cite it or delete it.")
    warn_of_unused_parts(model, report)
    if not model.questions:
        report.warn(
            ("questions",), "the model asks nothing; add 'questions', as in '- {node: ..., move: ...}'."
        )


def _mentions_everywhere(model: Model, variants: Collection[Model]) -> set[str]:
    found: set[str] = set()
    for each in (model, *variants):
        for mentions in uses.graph(each).values():
            found |= mentions
    for premise in model.premises.values():
        for value in premise.without.values():
            if isinstance(value, Definition):
                found |= uses.mentioned(value)
    for each in (model, *variants):
        for node in each.game.values():
            for formula in _formulas(node):
                found |= uses.mentioned(formula) if formula is not None else set()
        for payoffs in each.outcomes.values():
            for payoff in payoffs.values():
                found |= uses.mentioned(payoff)
        for formula in recurring(each):
            found |= uses.mentioned(formula)
    for question in model.questions:
        for formula in (question.event, question.amount, question.given):
            found |= uses.mentioned(formula) if formula is not None else set()
    if model.solution.precision is not None:
        found |= uses.mentioned(model.solution.precision)
    for levers in model.levers.values():
        for lever in levers.values():
            found |= uses.mentioned(lever.cost) if lever.cost is not None else set()
    return found


def _formulas(node: Node) -> list[Definition | None]:
    """Every formula at a node."""
    if isinstance(node, Spread):
        return [node.distribution, *(node.over or ())]
    if isinstance(node, Chance):
        return [case.probability for case in node.cases.values()]
    ends = [end for move in node.moves.values() if move.scale for end in (move.scale.low, move.scale.high)]
    return [*(move.when for move in node.moves.values()), *ends]
