"""Dimensions of a process: every formula in it is evaluated once more, with units instead of numbers.

A unit is an expression of unit names (`people/month`, `1/year`); one that physics does not know, as people,
is a unit of its own. What cannot be read so ("share of the prize") is a label, and counts as no unit. Nothing
is converted when a process is computed, so units that only differ by a factor, as day and month, do not fit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from raison.model.evaluate import Operations
from raison.model.formula import KNOWN_FUNCTIONS

_WORD = r"[^\W\d]\w*"
_FACTOR = rf"(?:{_WORD}|1)(?:\s*(?:\*\*|\^)\s*-?\d+)?"
_UNIT = re.compile(rf"\s*{_FACTOR}(?:\s*[*/]\s*{_FACTOR})*\s*")
_SAME = 1e-9

Unit = Any
"""A pint quantity. Its size is the number where that is known, as of a literal, else nan."""


class UnitError(ValueError):
    """Quantities whose units do not fit; the message says which."""


class Truth:
    """What a comparison gives: without unit, and not known."""


TRUTH = Truth()


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


def no_unit(number: float = math.nan) -> Unit:
    """A plain number."""
    return _registry().Quantity(number, "dimensionless")


def read_unit(text: str | None) -> Unit:
    """A unit from its text; a label, and nothing, count as plain numbers."""
    if text is None or not _UNIT.fullmatch(text):
        return no_unit()
    registry = _registry()
    for word in re.findall(_WORD, text):
        if word not in registry:
            registry.define(f"{word} = [{word}]")
    return registry.Quantity(math.nan, registry.parse_units(text))


def is_plain(unit: Unit) -> bool:
    """Whether it is a number without unit."""
    return same(unit, no_unit())


def same(one: Unit, other: Unit) -> bool:
    """Whether two units are the same, and not only of the same kind."""
    if one.dimensionality != other.dimensionality:
        return False
    ratio = _registry().Quantity(1.0, one.units / other.units).to_base_units().magnitude
    return abs(ratio - 1.0) < _SAME


def named(unit: Unit) -> str:
    """A unit in words."""
    return "a plain number" if is_plain(unit) else str(unit.units).replace(" ", "")


def unknown(unit: Unit) -> Unit:
    """The same unit of a number that is not known."""
    return _registry().Quantity(math.nan, unit.units)


def together(what: str, *units: Unit) -> Unit:
    """The common unit of what is added, compared or chosen from; a zero fits everywhere.

    Raises:
        UnitError: they do not fit.
    """
    rest = [unit for unit in units if unit.magnitude != 0]
    for other in rest[1:]:
        if not same(rest[0], other):
            raise UnitError(f"it {what} {named(rest[0])} and {named(other)}")
    return unknown(rest[0]) if rest else units[0]


def _plain(function: str) -> Callable[..., Unit]:
    def of(*units: Unit) -> Unit:
        for unit in units:
            if not is_plain(unit):
                raise UnitError(f"it takes {function} of {named(unit)}")
        return no_unit()

    return of


def _power(base: Unit, exponent: Unit) -> Unit:
    if not is_plain(exponent):
        raise UnitError(f"it raises to the power of {named(exponent)}")
    if is_plain(base):
        return no_unit(base.magnitude**exponent.magnitude) if _is_known(base, exponent) else no_unit()
    if math.isnan(exponent.magnitude):
        raise UnitError(f"it raises {named(base)} to a power that is not a number")
    return unknown(_registry().Quantity(1.0, base.units) ** exponent.magnitude)


def _is_known(base: Unit, exponent: Unit) -> bool:
    return base.magnitude > 0 and abs(exponent.magnitude) < 100


def _compared(a: Unit, b: Unit) -> Truth:
    together("compares", a, b)
    return TRUTH


def _quotient(a: Unit, b: Unit) -> Unit:
    return a / b if b.magnitude != 0 else unknown(a / unknown(b))


def _root(function: Callable[[Unit], Unit], low: Unit, high: Unit) -> Unit:
    unit = together("looks between", low, high)
    function(unit)
    return unit


_ALIKE = {
    "abs": "takes",
    "ceil": "rounds",
    "clip": "clips with",
    "floor": "rounds",
    "max": "takes the larger of",
    "min": "takes the smaller of",
}


def _same_unit(what: str) -> Callable[..., Unit]:
    return lambda *units: together(what, *units)


UNITS = Operations(
    number=lambda text: no_unit(float(text)),
    binary={
        "+": lambda a, b: together("adds", a, b),
        "-": lambda a, b: together("subtracts", a, b),
        "*": lambda a, b: a * b,
        "/": _quotient,
        "//": lambda a, b: unknown(_quotient(a, b)),
        "%": lambda a, b: together("divides with a remainder", a, b),
        "**": _power,
    },
    compare=dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), _compared),
    select=lambda truth, a, b: together("chooses between", a, b),
    conjunction=lambda a, b: TRUTH,
    disjunction=lambda a, b: TRUTH,
    negation=lambda a: TRUTH,
    as_number=lambda truth: no_unit(),
    as_truth=lambda number: TRUTH,
    functions={
        **{name: _plain(name) for name in KNOWN_FUNCTIONS},
        **{name: _same_unit(what) for name, what in _ALIKE.items()},
        "sqrt": lambda x: _power(x, no_unit(0.5)),
    },
    root=_root,
)
"""Formulas with units instead of numbers."""
