"""Premises as replacements: which parts of a model each premise exchanges for what.

A premise that exchanges definitions, payoffs, chances or availabilities changes numbers only: one compiled
program takes a switch for it. One that rewires the game, or that would close a cycle among the definitions of
other premises, is structural and compiles a variant of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from raison.model.formula import Formula, FormulaError, parse
from raison.model.records import Chance, Decision, Definition, Distribution, Model

Slot = tuple[str, ...]
"""A part that can be exchanged: `("name", n)`, `("payoff", outcome, player)`, `("probability", node, case)`
or `("when", node, move)`."""

NEVER = parse("0 == 1")
"""The availability of a move that a premise deletes."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """While premise number `switch` is removed, a slot holds `definition`."""

    switch: int
    definition: Definition


@dataclass(frozen=True, slots=True)
class Switches:
    """The premises of a model by what removing them takes.

    Attributes:
        numeric: Premises that one program switches, in the file's order.
        structural: Premises that need a variant.
        replacements: For each slot the replacements in the file's order.
    """

    numeric: tuple[str, ...]
    structural: tuple[str, ...]
    replacements: Mapping[Slot, tuple[Replacement, ...]]


def find_switches(model: Model) -> Switches:
    """Sort the premises of a checked model into switches and variants."""
    numeric: list[str] = []
    structural: list[str] = []
    replacements: dict[Slot, tuple[Replacement, ...]] = {}
    edges = {name: set(used_names(model, definition)) for name, definition in definitions(model)}
    for premise in model.premises:
        exchanged = exchanges(model, premise)
        if exchanged is None:
            structural.append(premise)
            continue
        wider = {name: set(targets) for name, targets in edges.items()}
        for slot, definition in exchanged.items():
            if slot[0] == "name":
                wider.setdefault(slot[1], set()).update(used_names(model, definition) - {slot[1]})
        if _has_cycle(wider):
            structural.append(premise)
            continue
        edges = wider
        for slot, definition in exchanged.items():
            replacement = Replacement(len(numeric), definition)
            replacements[slot] = (*replacements.get(slot, ()), replacement)
        numeric.append(premise)
    return Switches(tuple(numeric), tuple(structural), replacements)


def definitions(model: Model) -> Iterator[tuple[str, Definition]]:
    """Every named definition: parameters, then quantities."""
    for name, parameter in model.parameters.items():
        yield name, parameter.value
    for name, quantity in model.quantities.items():
        yield name, quantity.value


def used_names(model: Model, definition: Definition) -> set[str]:
    """The names that a definition depends on, also through functions and processes of the file."""
    formulas = definition.arguments if isinstance(definition, Distribution) else (definition,)
    used: set[str] = set()
    pending = {called for formula in formulas for called in formula.calls}
    for formula in formulas:
        used |= formula.names
    seen: set[str] = set()
    while pending:
        called = pending.pop()
        if called in seen:
            continue
        seen.add(called)
        if called in model.functions:
            function = model.functions[called]
            used |= function.body.names - set(function.arguments)
            pending |= function.body.calls
        elif called in model.processes:
            process = model.processes[called]
            for place, formula in process.formulas():
                own = () if place[0] == "inputs" else process.names()
                used |= formula.names - set(own)
                pending |= formula.calls
    return used


def calls_process(model: Model, definition: Definition) -> bool:
    """Whether a definition calls a process, also through functions of the file."""
    formulas = definition.arguments if isinstance(definition, Distribution) else (definition,)
    pending = list(formulas)
    seen: set[str] = set()
    while pending:
        for called in pending.pop().calls - seen:
            if called in model.processes:
                return True
            seen.add(called)
            if called in model.functions:
                pending.append(model.functions[called].body)
    return False


def every_formula(model: Model) -> Iterator[Formula]:
    """Every formula by which a model's game or questions are evaluated."""
    for _, definition in definitions(model):
        yield from definition.arguments if isinstance(definition, Distribution) else (definition,)
    for function in model.functions.values():
        yield function.body
    for process in model.processes.values():
        yield from (formula for _, formula in process.formulas())
    for node in model.game.values():
        if isinstance(node, Chance):
            yield from (case.probability for case in node.cases.values() if case.probability is not None)
        elif isinstance(node, Decision):
            yield from (move.when for move in node.moves.values() if move.when is not None)
    for payoffs in model.outcomes.values():
        yield from payoffs.values()
    for question in model.questions:
        yield from (f for f in (question.event, question.amount, question.given) if f is not None)


def exchanges(model: Model, premise: str) -> dict[Slot, Definition] | None:
    """What removing a premise exchanges, or None if it changes the structure of the game."""
    found: dict[Slot, Definition] = {}
    for path, value in _leaves(model.premises[premise].without):
        if isinstance(value, Distribution | Formula):
            found[("name", path[0])] = value
            continue
        exchanged = _exchange(model, path, value)
        if exchanged is None:
            return None
        found[exchanged[0]] = exchanged[1]
    return found


def _leaves(without: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in without.items():
        if isinstance(value, Distribution | Formula):
            yield (key,), value
        else:
            yield from _deep(tuple(key.split(".")), value)


def _deep(path: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _deep((*path, str(key)), inner)
    else:
        yield path, value


def _exchange(model: Model, path: tuple[str, ...], value: object) -> tuple[Slot, Definition] | None:
    match path:
        case ("outcomes", outcome, player) if isinstance(value, str) and outcome in model.outcomes:
            return ("payoff", outcome, player), parse(value)
        case ("game", node, "cases", case, "probability") if _has_branch(model, node, case):
            formula = _formula(value)
            return (
                None
                if formula is None or formula == parse("otherwise")
                else (("probability", node, case), formula)
            )
        case ("game", node, "moves", move) if value is None and _has_branch(model, node, move):
            return ("when", node, move), NEVER
        case ("game", node, "moves", move, "when") if _has_branch(model, node, move):
            formula = parse("1 == 1") if value is None else _formula(value)
            return None if formula is None else (("when", node, move), formula)
        case _:
            return None


def _formula(value: object) -> Formula | None:
    try:
        return parse(value) if isinstance(value, str) else None
    except FormulaError:
        return None


def _has_branch(model: Model, name: str, branch: str) -> bool:
    node = model.game.get(name)
    if isinstance(node, Decision):
        return branch in node.moves
    return isinstance(node, Chance) and branch in node.cases and node.cases[branch].probability is not None


def _has_cycle(edges: Mapping[str, set[str]]) -> bool:
    state: dict[str, bool] = {}
    for start in edges:
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, finished = stack.pop()
            if finished:
                state[name] = True
            elif name in state:
                if not state[name]:
                    return True
            else:
                state[name] = False
                stack.append((name, True))
                for target in edges.get(name, ()):
                    if state.get(target) is False and target in edges:
                        return True
                    if target not in state and target in edges:
                        stack.append((target, False))
    return False
