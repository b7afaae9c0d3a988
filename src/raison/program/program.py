"""A Model compiled: what is the same in all draws, before any number is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raison.model.records import (
    Case,
    Chance,
    Decision,
    Definition,
    Distribution,
    Model,
    Rounds,
    Spread,
    branches,
)
from raison.model.recurring import has_chance
from raison.model.scope import PLAYED
from raison.program import copula
from raison.program.drawn import drawn, undrawn
from raison.program.form import Form, make_form, needs_form
from raison.program.graph import Graph, expand
from raison.program.premises import Slot, Switches, definitions, find_switches, used_names
from raison.program.process.plan import Plan, make_plans

CHANCE_OF_PLAY = "chance of play"
"""The coordinate from which a draw's chances in rounds are derived."""
FINE = "solved"
"""Reason number 0: the draw did not fail."""


@dataclass(frozen=True, eq=False, slots=True)
class Program:
    """What is the same in all draws of a model.

    Attributes:
        model: The model, checked.
        graph: The game's states; None without a game.
        form: The same with information sets and amounts, where something is hidden or a move is an amount.
        coordinates: Names with a coordinate of the unit cube: first those uncertain as written, then those
            uncertain only where a premise is removed, each in the file's order.
        switches: How the premises are removed.
        on_results: Names whose value depends on results of the game.
        reasons: Sentences that a draw's status indexes; number 0 is `FINE`.
        plans: How each process is simulated.
    """

    model: Model
    graph: Graph | None
    form: Form | None
    coordinates: tuple[str, ...]
    switches: Switches
    on_results: frozenset[str]
    reasons: tuple[str, ...]
    plans: Mapping[str, Plan]


def compile_model(model: Model) -> Program:
    """Compile a checked model.

    Raises:
        ValueError: the game has too many states, or the correlations are not positive definite.
    """
    switches = find_switches(model)
    copula.factor(model.correlations, tuple(model.parameters))  # refuses what is not positive definite
    on_results = _dependent_on_results(model, switches)
    form = make_form(model) if model.game and needs_form(model) else None
    graph = form.graph if form is not None else None
    if graph is None and model.game:
        graph = expand(model, _remembered(model, switches, on_results))
    return Program(
        model=model,
        graph=graph,
        form=form,
        coordinates=_coordinates(model, switches),
        switches=switches,
        on_results=on_results,
        reasons=(FINE, *failure_reasons(model).values()),
        plans=make_plans(model),
    )


def coordinate(name: str) -> str:
    """The coordinate of the cube that a name is drawn with.

    `x@1`, what `x` was before a premise exchanged it, is drawn with that of `x`.
    """
    return name.partition("@")[0]


def _coordinates(model: Model, switches: Switches) -> tuple[str, ...]:
    names, idle = [coordinate(name) for name in drawn(model)], undrawn(model)
    for slot, replacements in switches.replacements.items():
        uncertain = any(isinstance(r.definition, Distribution) for r in replacements)
        if slot[0] == "name" and uncertain and slot[1] not in idle:
            names.append(coordinate(slot[1]))
    if model.rounds is not None and has_chance(model):
        names.append(CHANCE_OF_PLAY)
    return tuple(dict.fromkeys(names))


def played_names(model: Model) -> frozenset[str]:
    """What rounds bring with them: their states, and how far play has come."""
    return frozenset() if model.rounds is None else PLAYED | set(model.rounds.state)


def private_types(model: Model) -> tuple[str, ...]:
    """The parameters that only some players know."""
    return tuple(name for name, parameter in model.parameters.items() if parameter.is_private)


def _dependent_on_results(model: Model, switches: Switches) -> frozenset[str]:
    uses = {name: used_names(model, definition) for name, definition in definitions(model)}
    for slot, replacements in switches.replacements.items():
        if slot[0] == "name":
            for replacement in replacements:
                uses.setdefault(slot[1], set()).update(used_names(model, replacement.definition))
    results = {*model.game, "outcome", *played_names(model)}
    found = set(private_types(model))
    grown = True
    while grown:
        grown = False
        for name, used in uses.items():
            if name not in found and used & (results | found):
                found.add(name)
                grown = True
    return frozenset(found)


def _remembered(model: Model, switches: Switches, on_results: frozenset[str]) -> dict[str, frozenset[str]]:
    """For each node and outcome the nodes whose results its formulas ask for."""
    uses = {name: used_names(model, definition) for name, definition in definitions(model)}
    game = frozenset(model.game)

    def nodes(definition: Definition | None) -> frozenset[str]:
        if definition is None:
            return frozenset()
        used = used_names(model, definition)
        found = used & game
        for name in used & on_results:
            found |= _closure(name, uses) & game
        return frozenset(found)

    def of_slot(slot: Slot, base: Definition | None) -> frozenset[str]:
        others = (nodes(r.definition) for r in switches.replacements.get(slot, ()))
        return nodes(base).union(*others)

    asked: dict[str, frozenset[str]] = {}
    for name, node in model.game.items():
        found: frozenset[str] = frozenset()
        for label, branch in branches(node).items():
            if isinstance(branch, Case):
                found |= of_slot(("probability", name, label), branch.probability)
            else:
                found |= of_slot(("when", name, label), branch.when)
        asked[name] = found
    at_end: frozenset[str] = frozenset()
    for question in model.questions:
        if question.node is not None:
            asked[question.node] |= nodes(question.given)
        else:
            at_end = at_end.union(nodes(question.event), nodes(question.amount), nodes(question.given))
    for outcome, payoffs in model.outcomes.items():
        paid = (of_slot(("payoff", outcome, p), f) for p, f in payoffs.items())
        asked[outcome] = at_end.union(*paid, *map(nodes, model.next.get(outcome, {}).values()))
    return asked


def _closure(name: str, uses: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = [name]
    while pending:
        for used in uses.get(pending.pop(), ()):
            if used not in found:
                found.add(used)
                pending.append(used)
    return found


def failure_reasons(model: Model) -> dict[str, str]:
    """Every way in which a draw can fail, in the order in which it is looked for."""
    reasons: dict[str, str] = {}
    for name, process in model.processes.items():
        for stock in process.stocks:
            reasons[f"process:{name}:below:{stock}"] = (
                f"stock '{stock}' of process '{name}' falls below zero; check its start and the "
                "signs of what "
                "moves, or write 'negative: true'."
            )
        for delay in process.delays:
            reasons[f"process:{name}:takes:{delay}"] = (
                f"delay '{delay}' of process '{name}' takes a time below zero; bound 'takes'."
            )
        for output in process.outputs:
            reasons[f"process:{name}:time:{output}"] = (
                f"output '{output}' of process '{name}' is read before its start or after its horizon; bound "
                "the time, or make the horizon longer."
            )
    for name, _ in definitions(model):
        kind = "parameter" if name in model.parameters else "quantity"
        reasons[f"arguments:{name}"] = (
            f"{kind} '{name}' has a distribution whose arguments are wrong in this draw; "
            "bound what they depend on."
        )
        reasons[f"name:{name}"] = (
            f"{kind} '{name}' is not a number (0/0, sqrt or log of a negative, root() without a change of "
            "sign between its ends, ...); guard its formula."
        )
    for name, node in model.game.items():
        if isinstance(node, Spread):
            reasons[f"arguments:{name}"] = (
                f"chance at '{name}' draws from a distribution whose arguments are wrong in this draw, or "
                "over an interval without length; bound what they depend on."
            )
        elif isinstance(node, Chance):
            reasons[f"chance:{name}"] = (
                f"the probabilities at '{name}' leave [0, 1] or do not sum to 1; "
                "clip them or use 'otherwise'."
            )
    if model.solution.precision is not None:
        reasons["precision"] = "the precision of the solution is not above 0; bound what it depends on."
    for outcome in model.outcomes:
        for player in model.outcomes[outcome]:
            reasons[f"payoff:{outcome}:{player}"] = (
                f"outcome '{outcome}' pays {player} a payoff that is not finite; guard its formula."
            )
    for name, node in model.game.items():
        if isinstance(node, Decision):
            reasons[f"stuck:{name}"] = (
                f"play comes to '{name}' where no move is available; give it a move without 'when'."
            )
    reasons |= {} if model.rounds is None else _rounds_reasons(model.rounds)
    reasons["unsolved"] = (
        "no equilibrium was found to the tolerance that is asked for, as happens where a game is symmetric "
        "or payoffs nearly tie; list equilibria by 'raison solve --equilibria', change a payoff slightly, or "
        "ask for a finite precision or another concept."
    )
    reasons["question"] = "a question's number is not finite; guard its formula."
    return reasons


def _rounds_reasons(rounds: Rounds) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for name, state in rounds.state.items():
        reasons[f"grid:{name}"] = (
            f"state '{name}' has a grid without length in this draw, or starts off it; bound what it "
            f"depends on."
            if state.grid is not None
            else f"state '{name}' becomes a value that is not listed; add it to 'values' or mend 'next'."
        )
        reasons[f"next:{name}"] = f"the next value of state '{name}' is not a number; guard its formula."
    reasons["discount"] = "a discount is not a number from 0 to 1 (below 1 if stationary); bound it."
    reasons["terminal"] = "the worth of a state after the last period is not finite; guard 'terminal'."
    reasons["dead end"] = (
        "from some state of the grid no play has a finite worth, as where no move is available; give every "
        "decision a move without 'when'."
    )
    reasons["not settled"] = (
        "the worth of the states did not settle as periods were added, as where players answer each other in "
        "circles; give a finite horizon."
    )
    return reasons
