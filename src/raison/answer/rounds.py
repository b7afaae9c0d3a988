"""What a run says of a game that is played again: period by period, and against playing it once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.answer.intervals import finite, replicate_error
from raison.answer.records import PeriodAnswer, RoundsAnswer, StateAnswer
from raison.model.formula import Number
from raison.model.records import Carried
from raison.model.recurring import has_chance
from raison.run.fold import Fold
from raison.run.plan import Plan
from raison.solve.rounds.forward import PATHS

MOST_POINTS = 5_000
"""Points of a grid up to which a record holds policies."""
Floats = NDArray[np.float64]


def rounds_answer(plan: Plan, fold: Fold) -> RoundsAnswer | None:
    """The record of a game's rounds; None where it is played once, or no draw was solved."""
    rounds, solved = plan.model.rounds, fold.total("solved")
    total = float(solved.sum())
    if rounds is None or not total or "rounds alive" not in fold.sums:
        return None
    alive = fold.total("rounds alive")
    series = [replace(question, period=None, name=None) for question in plan.model.questions]
    first = [q for q, question in enumerate(series) if series.index(question) == q]
    questions = [_question(plan, fold, q) for q in first]  # one of those that differ by their period
    return RoundsAnswer(
        unit=rounds.unit,
        horizon=rounds.horizon,
        paths=PATHS if has_chance(plan.model) else 1,
        alive=tuple(float(row.sum()) / total for row in alive),
        alive_errors=tuple(finite(replicate_error(row, solved)) for row in alive),
        going=float(fold.total("rounds going").sum()) / total,
        clipped=float(fold.total("rounds clipped").sum()) / total,
        states=tuple(_state(name, state) for name, state in rounds.state.items()),
        questions=tuple(question for question in questions if question is not None),
    )


def _state(name: str, state: Carried) -> StateAnswer:
    if state.grid is None:
        return StateAnswer(name=name, points=state.values)
    ends = [end.expression.value for end in state.grid if isinstance(end.expression, Number)]
    relative = len(ends) < 2
    low, high = (0.0, 1.0) if relative else (float(ends[0]), float(ends[1]))
    return StateAnswer(
        name=name, points=tuple(np.linspace(low, high, state.steps).tolist()), relative=relative
    )


def _question(plan: Plan, fold: Fold, q: int) -> PeriodAnswer | None:
    if f"rounds number {q}" not in fold.sums:
        return None
    number, weight = fold.total(f"rounds number {q}"), fold.total(f"rounds weight {q}")
    solved = fold.total("solved")
    total = float(solved.sum())
    sizes = weight.sum(axis=1)
    share = [float(n.sum() / w) if w > 0 else None for n, w in zip(number, sizes, strict=True)]
    errors = [
        finite(replicate_error(n, w)) if w.sum() > 0 else None for n, w in zip(number, weight, strict=True)
    ]
    of_move: dict[str, Any] = {}
    if f"rounds first {q}" in fold.sums:
        of_move |= _timing(fold.total(f"rounds first {q}").sum(axis=1) / total)
    if f"rounds once {q}" in fold.sums:
        once = fold.total(f"rounds once {q}")
        of_move["once"] = float(once.sum()) / total
        of_move["once_error"] = finite(replicate_error(once, solved))
        of_move["differs"] = float(fold.total(f"rounds differs {q}").sum()) / total
    if f"rounds policy {q}" in fold.sums:
        policy: Floats = fold.total(f"rounds policy {q}").sum(axis=-1) / total
        of_move["policy"] = tuple(policy.ravel().tolist()) if policy.size <= MOST_POINTS else None
    return PeriodAnswer(
        question=replace(plan.model.questions[q], period=None).label,
        share=tuple(share),
        errors=tuple(errors),
        **of_move,
    )


def _timing(first: Floats) -> dict[str, Any]:
    made = float(first.sum())
    periods = np.arange(1, len(first) + 1)
    return {
        "first": tuple(first.tolist()),
        "never": max(1 - made, 0.0),
        "mean_time": float((first * periods).sum() / made) if made > 0 else None,
    }
