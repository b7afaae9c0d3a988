"""What a model becomes without a premise: definitions exchanged by name, the game edited by path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from raison.model import unparse, uses
from raison.model.build import draft
from raison.model.formula import (
    Expression,
    Formula,
    Name,
    Number,
    names,
    rewritten,
    walk,
)
from raison.model.keys import KNOWN_TO, did_you_mean, is_known_to
from raison.model.problem import Path, Problem
from raison.model.process.writing import process_data
from raison.model.records import (
    Correlation,
    Definition,
    Distribution,
    Model,
    Parameter,
    Premise,
    solved_by,
)
from raison.model.writer import game_data, solution_data

_SMALL = 40  # nodes of an expression that is copied rather than named


def is_structural(premise: Premise) -> bool:
    """Whether the premise edits by path: game, outcomes, solution, processes, or who knows a parameter."""
    return any(not isinstance(value, Definition) for value in premise.without.values())


@dataclass(frozen=True, slots=True)
class Edited:
    """A model with paths replaced, and why it could not be built."""

    model: Model
    problems: tuple[Problem, ...]
    changed: Mapping[Path, bool]


def edit(model: Model, premises: Mapping[str, Premise]) -> Edited:
    """Replace what premises name by path in the game, the solution or processes, and who knows a parameter.

    Returns:
        The edited model; problems with the path of the replacement at fault; and for each replacement, by its
        path, whether it changed anything.
    """
    solution = {"concept": solved_by(model), **solution_data(model.solution)}
    data: dict[str, Any] = {"raison": "1", "title": "-", **game_data(model), "solution": solution}
    data["processes"] = process_data(model.processes)
    data["players"] = {name: name for name in model.players}  # whose discount one formula is
    parameters = dict(model.parameters)
    problems: list[Problem] = []
    changed: dict[Path, bool] = {}
    for name, premise in premises.items():
        for key, value in premise.without.items():
            if isinstance(value, Definition):
                continue
            at = ("premises", name, "without", key)
            if is_known_to(key):
                fault, changed[at] = _tell(parameters, key.removesuffix(KNOWN_TO), value, model)
                if fault is not None:
                    problems.append(Problem(f"premise '{name}': '{key[:80]}' {fault}", at))
                continue
            before = _copy(data)
            fault = _put(data, key, value)
            if fault is not None:
                problems.append(Problem(f"premise '{name}': '{key[:80]}' {fault}", at))
            changed[at] = before != data
    made = draft(data)
    for problem in made.problems:
        at = _cause(problem.path, list(changed))
        problems.append(Problem(f"premise '{at[1]}' removed: {problem.message}", at))
    solution = made.model.solution
    if model.solution.concept is None and solution.concept == solved_by(model):
        solution = replace(solution, concept=None)  # nobody chose it, so it may follow from what is hidden
    edited = replace(
        model,
        parameters=parameters,
        game=made.model.game,
        outcomes=made.model.outcomes,
        next=made.model.next,
        ends=made.model.ends,
        rounds=made.model.rounds,
        solution=solution,
        processes=made.model.processes,
    )
    return Edited(edited, tuple(problems), changed)


def _tell(parameters: dict[str, Parameter], name: str, value: Any, model: Model) -> tuple[str | None, bool]:
    """Change who knows a parameter; what is wrong with that, and whether it changed."""
    parameter = parameters.get(name)
    if parameter is None and name in model.game:
        return f"is about a node; write 'game.{name}.known_to'.", False
    if parameter is None:
        hint = did_you_mean(name, parameters) or "."
        return f"leads nowhere, since there is no parameter '{name[:60]}'{hint}", False
    known_to = None if value == "all" else tuple(value)
    parameters[name] = replace(parameter, known_to=known_to)
    return None, known_to != parameter.known_to


def _cause(path: Path, replacements: list[Path]) -> Path:
    """The replacement that shares most of its way with a problem."""

    def shared(at: Path) -> int:
        return next(
            (i for i, (a, b) in enumerate(zip(at[3].split("."), path, strict=False)) if a != b), len(path)
        )

    return max(replacements, key=shared)


def _copy(data: Any) -> Any:
    return {key: _copy(value) for key, value in data.items()} if isinstance(data, dict) else data


_NAMED = {"game": "node", "outcomes": "outcome", "processes": "process"}
"""What stands in a section by name, which a path cannot add."""


def _put(data: dict[str, Any], key: str, value: Any) -> str | None:
    """Replace what stands at a dotted path; says what is wrong with the path if it leads nowhere."""
    into, rest = data, key
    while True:
        part = next_part(into, rest)
        rest = rest[len(part) + 1 :]
        if not rest:
            break
        named = {id(data): "section", **{id(data[section]): kind for section, kind in _NAMED.items()}}
        if part not in into and id(into) in named:
            kind = named[id(into)]
            hint = did_you_mean(part, into) or "."
            return f"leads nowhere, since there is no {kind} '{part[:60]}'{hint}"
        below = into.get(part)
        if isinstance(below, str):
            below = {"then": below}  # the short form of a move
        into[part] = dict(below) if isinstance(below, dict) else {}
        into = into[part]
    if value is None and part not in into:
        return f"deletes nothing, since there is no '{part[:60]}'{did_you_mean(part, into) or '.'}"
    _merge(into, part, value)
    return None


def next_part(into: Mapping[str, Any], rest: str) -> str:
    """The first part of a dotted path: the longest key that is there, since names may have dots in them."""
    fitting = [key for key in into if rest == key or rest.startswith(f"{key}.")]
    return max(fitting, key=len) if fitting else rest.partition(".")[0]


def _merge(into: dict[str, Any], key: str, value: Any) -> None:
    """Mappings merge, None deletes, everything else replaces."""
    if value is None:
        into.pop(key, None)
    elif isinstance(value, Mapping):
        below = into.get(key)
        merged: dict[str, Any] = {"then": below} if isinstance(below, str) else dict(below or {})
        for inner, replacement in value.items():
            _merge(merged, str(inner), replacement)
        into[key] = merged
    else:
        into[key] = value


# --- definitions ------------------------------------------------------------------------------------------


def redefine(model: Model, name: str, definition: Definition) -> Model:
    """The model with a parameter or quantity defined anew.

    The name inside its own definition means the definition so far. That is copied where it is a short
    formula; a long one or a distribution is kept as a parameter or quantity of its own, called `name@1`,
    `name@2`, ... (it has the coordinate of the unit cube that `name` has).
    """
    so_far = model.parameters[name].value if name in model.parameters else model.quantities[name].value
    hidden = None
    if name in uses.mentioned(definition):
        if isinstance(so_far, Formula) and sum(1 for _ in walk(so_far.expression)) <= _SMALL:
            definition = _substituted(definition, name, so_far.expression)
        else:
            taken = {*model.parameters, *model.quantities}
            hidden = next(f"{name}@{i}" for i in range(1, len(taken) + 2) if f"{name}@{i}" not in taken)
            definition = _substituted(definition, name, Name(hidden))
    parameters, quantities = dict(model.parameters), dict(model.quantities)
    if name in parameters:
        old = parameters[name]
        kept = {} if hidden is None else {hidden: old}
        new = replace(old, value=definition)
        if isinstance(definition, Formula):
            new = replace(new, known_to=None, steps=None)  # what it is made of may be private, not it
        parameters = _with(parameters, name, {**kept, name: new})
    else:
        quantity = quantities[name]
        kept = {} if hidden is None else {hidden: quantity}
        if isinstance(definition, Formula):
            quantities = _with(quantities, name, {**kept, name: replace(quantity, value=definition)})
        else:
            quantities = _with(quantities, name, kept)
            parameters[name] = Parameter(definition, quantity.unit, quantity.about)
    correlations = _correlated(model, name, hidden, definition, so_far)
    return replace(model, parameters=parameters, quantities=quantities, correlations=correlations)


def _with(mapping: Mapping[str, Any], name: str, instead: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with other entries where `name` stood."""
    found: dict[str, Any] = {}
    for key, value in mapping.items():
        found.update(instead if key == name else {key: value})
    return found


def _correlated(
    model: Model, name: str, hidden: str | None, definition: Definition, so_far: Definition
) -> tuple[Correlation, ...]:
    """The correlations that still hold: they follow what is uncertain, and lapse where nothing is."""
    if isinstance(definition, Distribution):
        return model.correlations
    heir = hidden if isinstance(so_far, Distribution) else None
    found: list[Correlation] = []
    for correlation in model.correlations:
        among = tuple(heir or "" if other == name else other for other in correlation.among)
        among = tuple(other for other in among if other)
        if len(among) > 1:
            found.append(replace(correlation, among=among))
    return tuple(found)


def _substituted(definition: Definition, name: str, expression: Expression) -> Definition:
    if isinstance(definition, Distribution):
        arguments = [_in_formula(argument, name, expression) for argument in definition.arguments]
        return Distribution(definition.kind, tuple(arguments))
    return _in_formula(definition, name, expression)


def _in_formula(formula: Formula, name: str, expression: Expression) -> Formula:
    if name not in names(formula.expression):
        return formula
    return unparse.formula(substitute(formula.expression, name, expression))


def substitute(within: Expression, name: str, expression: Expression) -> Expression:
    """The expression with `expression` wherever `name` stands."""
    return rewritten(within, lambda other: expression if other == name else Name(other))


def same(one: Definition, other: Definition) -> bool:
    """Whether two definitions are the same, numbers compared by value."""
    if isinstance(one, Distribution) or isinstance(other, Distribution):
        return (
            isinstance(one, Distribution)
            and isinstance(other, Distribution)
            and one.kind == other.kind
            and len(one.arguments) == len(other.arguments)
            and all(same(a, b) for a, b in zip(one.arguments, other.arguments, strict=True))
        )
    if isinstance(one.expression, Number) and isinstance(other.expression, Number):
        return one.expression.value == other.expression.value
    return one == other
