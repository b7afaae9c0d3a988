"""Which numbers a model reacts to by jumps: an integral over them needs cells, not Gauss points."""

from __future__ import annotations

from collections.abc import Iterator

from raison.model.expression import Binary, Call, Compare, Conditional, Expression, Formula, Logic, walk
from raison.model.records import Definition, Distribution, Model
from raison.program.premises import definitions, every_formula, exchanges, used_names

_KINKED = frozenset({"abs", "ceil", "clip", "floor", "max", "min"})
_STEPPED = {"%", "//"}


def reacts_by_jumps(model: Model, name: str) -> bool:
    """Whether some formula that depends on a number has a jump or a kink in it; when in doubt, yes."""
    named = [*definitions(model), *_exchanged(model)]
    dependent = {name}
    while more := {key for key, value in named if used_names(model, value) & dependent} - dependent:
        dependent |= more
    stepped = any(_jumps(function.body.expression, frozenset()) for function in model.functions.values())
    functions = frozenset(model.functions if stepped else ())
    formulas = [*every_formula(model), *(f for _, value in named for f in _formulas(value))]
    return any(
        used_names(model, formula) & dependent and _jumps(formula.expression, functions)
        for formula in formulas
    )


def _exchanged(model: Model) -> Iterator[tuple[str, Definition]]:
    """What premises put in the place of definitions and of other parts of the game."""
    for premise in model.premises:
        for slot, definition in (exchanges(model, premise) or {}).items():
            yield slot[-1], definition


def _formulas(definition: Definition) -> tuple[Formula, ...]:
    return definition.arguments if isinstance(definition, Distribution) else (definition,)


def _jumps(expression: Expression, functions: frozenset[str]) -> bool:
    return any(
        isinstance(part, Compare | Logic | Conditional)
        or (isinstance(part, Binary) and part.operator in _STEPPED)
        or (isinstance(part, Call) and part.function in _KINKED | functions)
        for part in walk(expression)
    )
