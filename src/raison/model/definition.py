"""What a name stands for, from its text: a distribution such as `uniform(0, 1)`, or a formula."""

from __future__ import annotations

from raison.model import unparse
from raison.model.distribution import KINDS
from raison.model.formula import Call, Formula, FormulaError, called, parse
from raison.model.records import Definition, Distribution


def parse_definition(text: str) -> Definition:
    """A distribution if the text is a call of one, else a formula.

    Raises:
        FormulaError: the text is neither, or a distribution stands inside a formula.
    """
    parsed = parse(text)
    expression = parsed.expression
    if not isinstance(expression, Call) or expression.function not in KINDS:
        _refuse_distributions(parsed)
        return parsed
    if expression.keywords:
        signature = KINDS[expression.function].signature
        raise FormulaError(
            f"a distribution takes its numbers in order, without names; got '{parsed.text[:80]}'. "
            f"Write {signature}."
        )
    arguments = tuple(unparse.formula(argument) for argument in expression.arguments)
    for argument in arguments:
        _refuse_distributions(argument)
    return Distribution(expression.function, arguments)


def parse_formula(text: str) -> Formula:
    """A formula without any distribution in it.

    Raises:
        FormulaError: the text is not a formula, or there is a distribution in it.
    """
    parsed = parse(text)
    _refuse_distributions(parsed)
    return parsed


def _refuse_distributions(formula: Formula) -> None:
    kind = next((name for name in sorted(called(formula.expression)) if name in KINDS), None)
    if kind is not None:
        raise FormulaError(
            f"a distribution cannot stand inside a formula; make '{kind}(...)' a parameter of its own and "
            f"use its name in '{formula.text[:80]}'."
        )
