"""Where one parameter alone flips the answer, as a formula in the model's own names.

At such a place the margin passes 0, and the margin is the difference of two expected payoffs along the play
that the others choose there. That equation is solved for the parameter. The formula holds as long as play
goes the same way; it is told only if it gives the value that was found, so it is never wrong at the centre.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from raison.challenge.asked import Asked
from raison.challenge.methods.tipping import Axis
from raison.model.evaluate import FLOATS, evaluate
from raison.model.formula import FormulaError, parse
from raison.model.records import Distribution
from raison.model.variant import removed
from raison.program.program import Program, compile_model

_AGREE = 1e-9
"""Of a formula's value with the one found, relative; or a thousandth of it of the parameter's range."""
_ASIDE = 1e-6
"""Share of the parameter's draws beside the flip at which it is looked how play goes."""
_MOST_TEXT = 200


@dataclass(frozen=True, eq=False)
class ClosedForms:
    """Finds the formulas of one question's flips.

    Attributes:
        asked: The question.
    """

    asked: Asked

    @property
    def why_not(self) -> str | None:
        """Why formulas are not looked for in this model; None where they are."""
        model = self.asked.engine.plan.model
        if model.rounds is not None:
            return "the game is played again"
        if model.processes:
            return "processes are simulated"
        return (
            "something is hidden or a move is an amount"
            if self.asked.engine.program.form is not None
            else None
        )

    @cached_property
    def _program(self) -> Program | None:
        """The model as run; None where no closed form is to be had of its question."""
        plan, question = self.asked.engine.plan, self.asked.question
        if self.why_not is not None or self.asked.engine.program.graph is None:
            return None
        if question.node is None or question.above is not None:
            return None
        gone = plan.identity.without
        return compile_model(removed(plan.model, gone)) if gone else self.asked.engine.program

    def formula(self, axis: Axis) -> str | None:
        """The value of a parameter at its nearest flip, in the language of model files.

        Returns:
            None where the flip is no root, or the equation is too large or cannot be solved.
        """
        flip = axis.nearest
        if self._program is None or flip is None or flip.kind != "root":
            return None
        aside = np.clip(np.array([flip.u - _ASIDE, flip.u + _ASIDE]), 1e-12, 1 - 1e-12)
        beside = self.asked.value(axis.parameter, aside)
        order = (
            [0, 1] if flip.u > self.asked.centre[axis.parameter] else [1, 0]
        )  # the side of the centre first
        name = self.asked.names[axis.parameter]
        allowed = 1e-3 * _AGREE * abs(axis.highest_value - axis.lowest_value)
        for value in beside[order]:
            for text, known in self._solutions(self._program, name, float(value)):
                if math.isclose(_value(text, known), flip.value, rel_tol=_AGREE, abs_tol=allowed):
                    return text
        return None

    def _solutions(self, program: Program, name: str, value: float) -> list[tuple[str, Mapping[str, float]]]:
        import sympy

        from raison.solve.isolate import isolate
        from raison.solve.near import Point
        from raison.solve.symbols import SizeError, to_text

        question = self.asked.question
        players = list(program.model.players)
        whose = None if question.player is None else players.index(question.player)
        point = Point(program, self._values | {name: value}, name)
        try:
            lead = point.lead(question.node or "", question.move or "", whose)
            found = [] if lead is None else isolate(lead.expression, sympy.Symbol(name, real=True))
        except SizeError:
            return []
        return [(to_text(solution), point.known()) for solution in found]

    @cached_property
    def _values(self) -> dict[str, float | str]:
        """The centre."""
        engine = self.asked.engine
        found: dict[str, float | str] = dict(engine.centre)
        for name in self.asked.names:
            definition = engine.model.parameters[name].value
            if isinstance(definition, Distribution) and definition.names:
                found[name] = definition.names[round(engine.centre[name])]
        return found


def _value(text: str, known: Mapping[str, float]) -> float:
    """What a formula gives; nan where it is too long, or no formula of the language."""
    if len(text) > _MOST_TEXT:
        return math.nan
    try:
        return float(evaluate(parse(text).expression, lambda name: known[name], FLOATS))
    except (FormulaError, KeyError):
        return math.nan
