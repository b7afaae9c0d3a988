"""What is told of a draw of a game with amounts: information sets cell by cell, outcomes, and how play goes.

An information set differs by every amount that its player sees. Told are those that matter: public amounts
as they are most likely when play comes there, and along one type (or other amount) runs within which the same
is done, with what each move is worth at both ends of the run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from raison.answer.by_hand import ALWAYS
from raison.answer.hand import digits
from raison.answer.ranges import At, Leaf, TooManyError, Worked
from raison.answer.records import Record
from raison.model.records import Decision
from raison.program.form import Place

MOST_RUNS = 8
"""Runs of an information set that are told: the first and the last ones."""
LOOKED_AT = 20_000
"""Combinations of amounts that are worked for the best other amount; of a finer scale some are left out."""
_SHARE = 1e-6
"""Shares that differ by less are the same."""


class AmountStep(Record):
    """A move, or an amount of a move on a scale, that can be made in a run.

    Attributes:
        label: Of the move.
        amount: Taken; None of a plain move.
        what: Of an amount: `played`, `a step below`, `a step above` or `best elsewhere` (of every so many).
        available: Whether the move can be made.
        first: What it is worth to the mover at the run's first end; None where nobody ever comes there.
        last: At its last end.
        probability: With which it is played.
    """

    label: str
    amount: float | None
    what: str
    available: bool
    first: float | None
    last: float | None
    probability: float


class RunStep(Record):
    """A run of amounts within which the same is done and can be done.

    Attributes:
        first: The amounts at its first end, by what they are of; text where they are names.
        last: At its last end.
        share: How likely the run is when play comes to the information set.
        options: What can be done.
    """

    first: dict[str, float | str]
    last: dict[str, float | str]
    share: float
    options: tuple[AmountStep, ...]


class CellsStep(Record):
    """An information set at which amounts are seen or chosen.

    Attributes:
        node: Its node.
        player: Who moves.
        seen: Results that he sees there, by node.
        at: Public amounts at which it is told: the likeliest when play comes there.
        unseen: What he does not see and averages over: types, amounts and results, by name.
        runs: Along the first type or amount that only differs; one where there is none.
        left_out: Runs that are not told.
        reached: Probability that play comes to the information set.
    """

    node: str
    player: str
    seen: dict[str, str]
    at: dict[str, float | str]
    unseen: tuple[str, ...]
    runs: tuple[RunStep, ...]
    left_out: int
    reached: float


class GoesStep(Record):
    """How play goes, over types and amounts: results, mean amounts, the outcome and its probability."""

    results: dict[str, str]
    means: dict[str, float] = Field(default_factory=dict)
    outcome: str
    probability: float


def sets_of(worked: Worked) -> tuple[CellsStep, ...]:
    """What is weighed and played at each information set, from the end of the game."""
    return tuple(_set(worked, number) for number in reversed(range(len(worked.form.places))))


def _set(worked: Worked, number: int) -> CellsStep:
    form, place, solution = worked.form, worked.form.places[number], worked.places[number]
    weight = solution.weight[..., worked.draw]
    run = next((k for k in place.axes if form.axes[k].kind == "type"), None)
    if run is None:
        run = next((k for k in place.axes if form.axes[k].kind == "chance"), None)
    fixed, share = _likeliest(place, weight, run)
    starts = _starts(worked, number, fixed, run)
    ends = [*(start - 1 for start in starts[1:]), len(share) - 1]
    told = list(range(len(starts)))
    if len(told) > MOST_RUNS:
        told = [*told[: MOST_RUNS // 2], *told[-MOST_RUNS // 2 :]]
    runs: list[RunStep] = []
    for k in told:
        cells = [fixed if run is None else {**fixed, run: step} for step in (starts[k], ends[k])]
        here = float(share[starts[k] : ends[k] + 1].sum())
        runs.append(_run(worked, number, cells[0], cells[1], run, here))
    first = place.states[0]
    hidden_axes = [form.axes[k].name for k in form.along[first] if k not in place.axes]
    hidden = dict.fromkeys([*hidden_axes, *(node for history in solution.hidden for node, _ in history)])
    return CellsStep(
        node=place.node,
        player=solution.player,
        seen=dict(place.seen),
        at=_named(worked, first, fixed),
        unseen=tuple(hidden),
        runs=tuple(runs),
        left_out=len(starts) - len(told),
        reached=float(solution.reached[worked.draw]),
    )


def _likeliest(
    place: Place, weight: NDArray[np.float64], run: int | None
) -> tuple[dict[int, int], NDArray[np.float64]]:
    """The likeliest amounts along all axes but one, and the shares along that one given them."""
    if run is None:
        where = np.unravel_index(int(weight.argmax()), weight.shape) if weight.ndim else ()
        return {axis: int(step) for axis, step in zip(place.axes, where, strict=True)}, np.ones(1)
    front = np.moveaxis(weight, place.axes.index(run), -1)
    mass = front.sum(axis=-1)
    where = np.unravel_index(int(mass.argmax()), mass.shape) if mass.ndim else ()
    others = [axis for axis in place.axes if axis != run]
    share = front[where]
    fixed = {axis: int(step) for axis, step in zip(others, where, strict=True)}
    return fixed, share / max(share.sum(), 1e-300)


def _starts(worked: Worked, number: int, fixed: dict[int, int], run: int | None) -> list[int]:
    """Where along an axis something else is done, or can be done, than just before."""
    if run is None:
        return [0]
    place, solution = worked.form.places[number], worked.places[number]
    seen = tuple(slice(None) if axis == run else fixed[axis] for axis in place.axes)
    rows = [solution.probability[label][..., worked.draw][seen] for label in place.labels]
    parts = [row.reshape(len(row), -1) for row in rows]
    cells = [{**fixed, run: step} for step in range(len(rows[0]))]
    parts += [
        np.array([[float(_is_available(worked, place, label, cell))] for cell in cells])
        for label in place.labels
    ]
    changes = np.abs(np.diff(np.concatenate(parts, axis=1), axis=0)).max(axis=1) > _SHARE
    return [0, *(np.flatnonzero(changes) + 1).tolist()]


def _named(worked: Worked, state: int, cell: dict[int, int]) -> dict[str, float | str]:
    """Amounts by the names of their axes."""
    at = tuple(cell.get(k, 0) for k in range(len(worked.form.axes)))
    results = worked.form.graph.states[state].results
    found: dict[str, float | str] = {}
    for axis in sorted(cell):
        name = worked.form.axes[axis].name
        value = worked.value(name, results, at)
        found[name] = getattr(value, "value", value)
    return found


def _run(
    worked: Worked, number: int, first: dict[int, int], last: dict[int, int], run: int | None, share: float
) -> RunStep:
    place, state = worked.form.places[number], worked.form.places[number].states[0]
    only = [] if run is None else [run]
    return RunStep(
        first=_named(worked, state, {axis: first[axis] for axis in only}),
        last=_named(worked, state, {axis: last[axis] for axis in only}),
        share=share,
        options=tuple(_options(worked, number, place, first, last)),
    )


def _options(
    worked: Worked, number: int, place: Place, first: dict[int, int], last: dict[int, int]
) -> list[AmountStep]:
    """Every move at both ends of a run; of a move on a scale what is played, and what comes near it."""
    solution = worked.places[number]
    ends = (first, last) if first != last else (first,)
    worked.refresh()
    came = [worked.came(number, cell) for cell in ends]
    found: list[AmountStep] = []
    for branch, (label, own) in enumerate(zip(place.labels, place.options, strict=True)):
        row = solution.probability[label][tuple(first[axis] for axis in place.axes)][..., worked.draw]
        steps: list[tuple[int | None, str]] = [(None, "")]
        if own is not None:
            steps = list(_told(worked, place, branch, own, np.asarray(row), came[0]))
        for step, what in steps:
            worked.refresh()
            worth = [worth_of(worked, place, branch, step, leaves) for leaves in came]
            amount = None if step is None else _amount(worked, place, own or 0, step, first)
            found.append(
                AmountStep(
                    label=label,
                    amount=amount,
                    what=what,
                    available=_is_available(worked, place, label, first),
                    first=worth[0],
                    last=worth[-1],
                    probability=float(row if step is None else row[step]),
                )
            )
    return found


def worth_of(
    worked: Worked, place: Place, branch: int, step: int | None, came: Sequence[Leaf]
) -> float | None:
    """What a move, or one step of a move on a scale, is worth to the mover given who may have come there."""
    if not came:
        return None
    parts: list[float] = []
    for state, at, weight in came:
        own = place.options[branch]
        there = at if own is None or step is None else (*at[:own], step, *at[own + 1 :])
        child = worked.form.graph.states[state].children[branch]
        parts.append(weight * worked.worth(child, there)[place.player])
    return math.fsum(parts)


def _told(
    worked: Worked, place: Place, branch: int, own: int, row: NDArray[np.float64], came: Sequence[Leaf]
) -> Any:
    """Steps of a scale that are told, in order: what is played, its neighbours, and the best elsewhere."""
    played = [int(k) for k in np.argsort(-row, kind="stable")[:3] if row[k] > 0]
    top = played[0] if played else None
    names: dict[int, str] = dict.fromkeys(played, "played")
    if top is not None:
        for step, what in ((top - 1, "a step below"), (top + 1, "a step above")):
            if 0 <= step < len(row):
                names.setdefault(step, what)
    if came:
        stride = -(-len(row) * len(came) // LOOKED_AT)
        best: tuple[float, int] | None = None
        worked.refresh()
        try:
            for step in range(0, len(row), stride):
                if step not in names:
                    worth = worth_of(worked, place, branch, step, came) or 0.0
                    best = max(best or (worth, -step), (worth, -step))
        except TooManyError:
            best = None
        if best is not None:
            names[-best[1]] = "best elsewhere" if stride == 1 else f"best of every {stride}th elsewhere"
    return sorted(names.items())


def _amount(worked: Worked, place: Place, own: int, step: int, cell: dict[int, int]) -> float:
    at = tuple(step if k == own else cell.get(k, 0) for k in range(len(worked.form.axes)))
    results = worked.form.graph.states[place.states[0]].results
    return float(worked.amount(worked.form.axes[own].name, results, at))


def _is_available(worked: Worked, place: Place, label: str, cell: dict[int, int]) -> bool:
    node = worked.hand.model.game[place.node]
    assert isinstance(node, Decision)
    when = worked.hand.slot(("when", place.node, label), node.moves[label].when or ALWAYS)
    at: At = tuple(cell.get(k, 0) for k in range(len(worked.form.axes)))
    return worked.truth(when, worked.form.graph.states[place.states[0]].results, at)


def goes_of(worked: Worked, leaves: Sequence[Leaf]) -> tuple[GoesStep, ...]:
    """Ways that play goes, those alike in moves and cases as one, likeliest first."""
    alike: dict[int, list[Leaf]] = {}
    for leaf in leaves:
        alike.setdefault(leaf.state, []).append(leaf)
    found: list[GoesStep] = []
    for state, group in alike.items():
        results = worked.form.graph.states[state].results
        total = math.fsum(leaf.weight for leaf in group)
        means: dict[str, float] = {}
        for name in (*(a.name for a in worked.form.axes if a.kind == "type"), *(n for n, _ in results)):
            values = [worked.value(name, results, leaf.at) for leaf in group] if name in worked.axis else []
            numbers = [getattr(value, "value", value) for value in values]
            if numbers and not any(isinstance(value, str) for value in numbers):
                means[name] = math.fsum(v * g.weight for v, g in zip(numbers, group, strict=True)) / total
        outcome = worked.form.graph.states[state].name
        found.append(GoesStep(results=dict(results), means=means, outcome=outcome, probability=total))
    return tuple(sorted(found, key=lambda step: -step.probability))


def likeliest_leaves(leaves: Sequence[Leaf]) -> list[Leaf]:
    """Per outcome state that play comes to, the likeliest amounts; of equal ones those in the middle."""
    best: dict[int, list[Leaf]] = {}
    for leaf in leaves:
        group = best.setdefault(leaf.state, [leaf])
        if leaf.weight > group[0].weight * (1 + _SHARE):
            best[leaf.state] = [leaf]
        elif leaf is not group[0] and leaf.weight >= group[0].weight * (1 - _SHARE):
            group.append(leaf)
    return [sorted(group, key=lambda leaf: leaf.at)[len(group) // 2] for _, group in sorted(best.items())]


def amounts_at(worked: Worked, leaf: Leaf) -> dict[str, str]:
    """Results and amounts on the way to an outcome, as text."""
    results = worked.form.graph.states[leaf.state].results
    names = [axis.name for axis in worked.form.axes if axis.kind == "type"]
    found: dict[str, str] = {}
    for name in (*names, *(node for node, _ in results)):
        value = worked.value(name, results, leaf.at)
        value = getattr(value, "value", value)
        found[name] = value if isinstance(value, str) else digits(float(value))
    return found
