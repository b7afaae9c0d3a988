"""What the variation of an answer comes from: indices of parameters and of quantities in the middle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from raison.challenge.findings import Failing, FailurePredictor, InputSensitivity, Sensitivity
from raison.challenge.methods.density import Pawn, pawn
from raison.challenge.methods.given_sample import FirstOrder, failure_predictors, first_order
from raison.challenge.methods.jackknife import Estimates, Status
from raison.challenge.methods.shapley_effects import ShapleyEffects, shapley_effects
from raison.challenge.methods.sobol import SobolIndices, SobolSums, make_sobol_design, sobol_indices
from raison.challenge.work import Work, as_found
from raison.program.copula import factor
from raison.program.program import coordinate
from raison.run.sobol import MAX_DIMENSIONS

Floats = NDArray[np.float64]
Kind = Literal["margin", "number"]

EVALUATIONS = 800_000
"""Points of the design for Sobol indices, and of the walks for Shapley effects, about, at most."""
_MOST_ROWS = 65_536
_FEWEST_ROWS = 1_024
_FEWEST = 64  # draws for indices from a sample
_MOST_MIDDLE = 60  # quantities looked at


def find_sensitivity(work: Work, questions: Sequence[int]) -> tuple[Sensitivity, ...]:
    """Sensitivity of the margin and of the number of each question.

    First-order indices and, for margins, PAWN come from the draws that are kept; if everything is asked for
    and draws are solved quickly, first-order and total indices from a design of their own, and Shapley
    effects where parameters are correlated.
    """
    answers: list[tuple[int, Kind]] = []
    for q in questions:
        if work.margin(q) is not None:
            answers.append((q, "margin"))
        answers.append((q, "number"))
    if not work.names or work.draws < _FEWEST or not answers:
        return ()
    rows = np.stack([_row(work, q, kind) for q, kind in answers])
    given = first_order(work.inputs, rows)
    middle_names, middle = _middle(work, rows)
    between = first_order(middle, rows) if middle_names else None
    designed = _designed(work, answers)
    effects = _effects(work, answers)
    return tuple(
        _sensitivity(work, a, q, kind, given, (middle_names, between), designed, effects)
        for a, (q, kind) in enumerate(answers)
    )


def _row(work: Work, q: int, kind: Kind) -> Floats:
    margin = work.margin(q)
    return work.number(q) if kind == "number" or margin is None else margin


def _sensitivity(
    work: Work,
    a: int,
    q: int,
    kind: Kind,
    given: FirstOrder,
    middle: tuple[Sequence[str], FirstOrder | None],
    designed: tuple[list[tuple[str, ...]], SobolIndices] | None,
    effects: ShapleyEffects | None,
) -> Sensitivity:
    row = _row(work, q, kind)
    status = Status(int(given.status[a]))
    density = pawn(work.inputs, row, seed=work.seed) if kind == "margin" and status == Status.FOUND else None
    inputs = [_input(name, given.first, a, p, density, effects) for p, name in enumerate(work.names)]
    groups: list[InputSensitivity] = []
    evaluations = 0
    if designed is not None:
        members, indices = designed
        evaluations = _rows(work, len(members) + 2) * (len(members) + 2)
        for g, (name, *others) in enumerate(members):
            first, total = as_found(indices.first, a, g), as_found(indices.total, a, g)
            if others:
                groups.append(InputSensitivity(name=", ".join([name, *others]), first=first, total=total))
                continue
            p = work.names.index(name)
            inputs[p] = inputs[p].model_copy(update={"first": first, "total": total})
        status = Status(int(indices.status[a]))
    names, between = middle
    quantities = [
        InputSensitivity(name=name, first=as_found(between.first, a, p))
        for p, name in enumerate(names)
        if between is not None
    ]
    return Sensitivity(
        question=work.question(q).label,
        answer=kind,
        found=status == Status.FOUND,
        reason="" if status == Status.FOUND else status.sentence,
        method="given" if designed is None else "design",
        evaluations=evaluations,
        failed=int((~np.isfinite(row)).sum()),
        parameters=tuple(sorted(inputs, key=_rank)),
        groups=tuple(sorted(groups, key=_rank)),
        middle=tuple(sorted(quantities, key=_rank)),
    )


def _input(
    name: str, given: Estimates, a: int, p: int, density: Pawn | None, effects: ShapleyEffects | None
) -> InputSensitivity:
    return InputSensitivity(
        name=name,
        first=as_found(given, a, p),
        effect=None if effects is None else as_found(effects.effect, a, p),
        pawn=None if density is None else as_found(density.index, p),
        pawn_null=None if density is None else float(density.null[p]),
    )


def _rank(index: InputSensitivity) -> float:
    for measure in (index.effect, index.total, index.first):
        if measure is not None and measure.value is not None:
            return -measure.value
    return float("inf")


def _middle(work: Work, rows: Floats) -> tuple[list[str], Floats]:
    """Quantities that vary and are numbers wherever there is an answer."""
    if not work.quick or not work.model.quantities:
        return [], np.empty((0, 0))
    answered = np.isfinite(rows).any(axis=0)
    values = work.engine.middle(work.sample.cube)
    kept: dict[str, Floats] = {}
    for name, row in values.items():
        if name in work.sample.values or name not in work.model.quantities:
            continue
        here = np.asarray(row, np.float64)[answered]
        if here.size and np.isfinite(here).all() and np.ptp(here) > 0:
            kept[name] = np.where(answered, row, here[0])
    names = list(kept)[:_MOST_MIDDLE]
    return names, np.stack([kept[name] for name in names]) if names else np.empty((0, 0))


# --- with the model ---


def _asks_model(work: Work) -> bool:
    return work.thorough and work.quick and 0 < len(work.names) <= MAX_DIMENSIONS // 2


def _rows(work: Work, points: int) -> int:
    """A power of two of rows, so that all points are about `EVALUATIONS` at most, fewer in large games."""
    rows, most = _FEWEST_ROWS, work.engine.affordable(EVALUATIONS, 0)
    while 2 * rows <= _MOST_ROWS and 2 * rows * points <= most:
        rows *= 2
    return rows


def _answer(work: Work, answers: Sequence[tuple[int, Kind]], u: Floats) -> Floats:
    """`[answers, N]` at points `[P, N]` of the parameters' coordinates."""
    asked = work.asked(answers[0][0])
    cube = asked.cube(u)
    solved = work.engine.solve(work.engine.draw(cube), cube)
    return np.stack([(solved.margin if kind == "margin" else solved.number)[q] for q, kind in answers])


def _designed(
    work: Work, answers: Sequence[tuple[int, Kind]]
) -> tuple[list[tuple[str, ...]], SobolIndices] | None:
    if not _asks_model(work):
        return None
    members = _independent_groups(work)
    place = {name: p for p, name in enumerate(work.names)}
    rows = _rows(work, len(members) + 2)
    design = make_sobol_design(
        len(work.names), rows, work.seed, [[place[name] for name in names] for names in members]
    )
    sums = SobolSums.start(len(members), len(answers))
    for points in design.blocks():
        sums = sums.fold(_answer(work, answers, points))
    return members, sobol_indices(sums)


def _effects(work: Work, answers: Sequence[tuple[int, Kind]]) -> ShapleyEffects | None:
    lower = _lower(work)
    if not _asks_model(work) or np.array_equal(lower, np.eye(len(lower))):
        return None
    rows = _rows(work, len(work.names) + 1)
    return shapley_effects(lambda u: _answer(work, answers, u), lower, seed=work.seed, rows=rows)


def _lower(work: Work) -> Floats:
    """`[P, P]`, the factor by which the program correlates the parameters' coordinates."""
    names = [coordinate(name) for name in work.names]
    correlations = [
        replace(c, among=tuple(coordinate(name) for name in c.among)) for c in work.model.correlations
    ]
    found = factor(correlations, names)
    lower = np.eye(len(names))
    at = [names.index(name) for name in found.names]
    lower[np.ix_(at, at)] = found.rows
    return lower


def _independent_groups(work: Work) -> list[tuple[str, ...]]:
    """Parameters that are correlated, directly or through others, together; each other one by itself."""
    lower = _lower(work)
    linked = (lower @ lower.T != 0).astype(np.int64)
    for _ in range(len(lower)):
        linked = ((linked @ linked) > 0).astype(np.int64)
        if (linked == ((linked @ linked) > 0)).all():
            break
    rows = list(dict.fromkeys(tuple(np.flatnonzero(row).tolist()) for row in linked))
    return [tuple(work.names[p] for p in row) for row in rows]


# --- failures ---


def find_failing(work: Work) -> Failing | None:
    """What predicts that a draw fails; None where none does."""
    failed = work.sample.answers.status != 0
    if not failed.any() or not work.names or work.draws < _FEWEST:
        return None
    known = failure_predictors(work.inputs, failed)
    return Failing(
        share=known.share,
        predictors=tuple(_predictor(work, known.explained, p, known) for p in known.order.tolist()),
    )


def _predictor(work: Work, explained: Estimates, p: int, known: object) -> FailurePredictor:
    low, high, inside = (getattr(known, row)[p] for row in ("low", "high", "inside"))
    name = work.names[p]
    index = as_found(explained, p)
    return FailurePredictor(
        name=name,
        explained=None if index.value is None else index,
        low=work.named(name, low),
        high=work.named(name, high),
        failing=float(inside),
    )
