"""Rival models: the same questions asked of two or more models on the same draws.

Parameters of one name are one unknown: they are drawn with the same coordinate of the unit cube, whatever
each model says of their distribution. So a draw is one state of the world under rival accounts of it, and
what differs between their answers is due to the models.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.answer.intervals import difference_estimate, finite, mean_estimate, replicate_error
from raison.answer.records import Record
from raison.challenge.methods.given_sample import first_order
from raison.challenge.methods.jackknife import Status
from raison.model.records import Model, branches
from raison.model.writer import to_data
from raison.run.designs import REPLICATES, make_design
from raison.run.plan import Plan
from raison.run.sums import per_replicate

Floats = NDArray[np.float64]

_FEWEST = 64  # draws for what disagreement depends on
FINISHED = "how it ends"
"""The observation of the outcome."""


class Rival(Record):
    """One model's answer to a question.

    Attributes:
        model: Its name.
        number: Mean of the question's number over the draws to which it applies.
        standard_error: Of `number`.
        applies: Share of draws that are solved and to which it applies.
    """

    model: str
    number: float | None
    standard_error: float | None
    applies: float


class Cause(Record):
    """A parameter on which it depends whether two models disagree.

    Attributes:
        parameter: Its name.
        share: Of the variation of their distance.
        low: Lower end of its 95% interval, above 0.
        high: Upper end.
    """

    parameter: str
    share: float
    low: float
    high: float


class Pair(Record):
    """Two models' answers to one question, on the draws that both answer.

    Attributes:
        first: Name of the one model.
        second: Name of the other.
        difference: Mean of `second` less `first`.
        standard_error: Of `difference`, paired.
        disagree: Mean of the numbers' distance: of yes-or-no answers the share of draws in which they differ.
        disagree_error: Its standard error.
        because: Parameters by the share of the distance's variation that each explains alone (first-order
            index), the largest first; those that cannot be told from nothing are left out. Of correlated
            ones, what is their own.
    """

    first: str
    second: str
    difference: float | None
    standard_error: float | None
    disagree: float | None
    disagree_error: float | None
    because: tuple[Cause, ...] = ()


class Compared(Record):
    """One question on all models that ask it."""

    question: str
    answers: tuple[Rival, ...]
    pairs: tuple[Pair, ...]


class Observation(Record):
    """What could be seen of play, and how well it tells the models apart.

    Attributes:
        what: A node whose move is seen, or `FINISHED`.
        bits: Mutual information between the model and what is seen, each model held equally likely before
            (the Jensen-Shannon divergence of the models' predictions, Lin 1991): 0 says nothing, `log2` of
            the number of models tells them apart for sure.
        standard_error: Of `bits`, from the replicates.
        chances: By model, the probability of each thing that can be seen.
    """

    what: str
    bits: float
    standard_error: float | None
    chances: dict[str, dict[str, float]]


class Difference(Record):
    """Something that the models' files say differently.

    Attributes:
        where: Keys from the top of the file.
        texts: By model what it says there; None where it says nothing.
    """

    where: str
    texts: dict[str, str | None]


class Rivals(Record):
    """Rival models side by side.

    Attributes:
        models: Their names.
        draws: How many.
        seed: Of the design.
        questions: That at least two of them ask.
        observations: Best first.
        differences: In the order of the files.
        shared: Uncertain parameters that at least two models have.
    """

    models: tuple[str, ...]
    draws: int
    seed: int
    questions: tuple[Compared, ...]
    observations: tuple[Observation, ...]
    differences: tuple[Difference, ...]
    shared: tuple[str, ...]


def compare(plans: Mapping[str, Plan], draws: int, seed: int) -> Rivals:
    """Ask rival models the same questions on the same draws.

    Args:
        plans: By the name that each is to have here, at least two.
        draws: At least 32; rounded up to a multiple of 16, so that each replicate has as many.
        seed: Of the design.

    Raises:
        ValueError: fewer than two models, or they have no question in common.
    """
    if len(plans) < 2:
        raise ValueError(f"models are compared with each other; give at least two, got {len(plans)}.")
    asked = _common(plans)
    if not asked:
        each = "; ".join(f"{n}: {', '.join(q.label for q in p.model.questions)}" for n, p in plans.items())
        raise ValueError(f"the models have no question in common (by name, or by node and move). {each}.")
    draws = -(-draws // REPLICATES) * REPLICATES
    if draws < 2 * REPLICATES:
        raise ValueError(f"models are compared on at least {2 * REPLICATES} draws; got {draws}.")
    coordinates = tuple(dict.fromkeys(itertools.chain.from_iterable(p.coordinates for p in plans.values())))
    design = make_design("sobol", max(len(coordinates), 1), seed, draws)
    cube = design.points(0, draws)
    seen = {name: _Seen(plan, cube, coordinates) for name, plan in plans.items()}
    counted = {n: sum(n in p.coordinates for p in plans.values()) for n in coordinates}
    return Rivals(
        models=tuple(plans),
        draws=draws,
        seed=seed,
        questions=tuple(
            _compared(label, places, seen, dict(zip(coordinates, cube, strict=False)))
            for label, places in asked.items()
        ),
        observations=_observations(seen),
        differences=tuple(differences({name: plan.model for name, plan in plans.items()})),
        shared=tuple(name for name, times in counted.items() if times > 1),
    )


def _common(plans: Mapping[str, Plan]) -> dict[str, dict[str, int]]:
    """By label, where each model that asks the question has it; those of one model alone are left out."""
    found: dict[str, dict[str, int]] = {}
    for name, plan in plans.items():
        for q, question in enumerate(plan.model.questions):
            found.setdefault(question.label, {})[name] = q
    return {label: places for label, places in found.items() if len(places) > 1}


class _Seen:
    """What one model says in all draws: each question's number, and the chances of what can be observed."""

    def __init__(self, plan: Plan, cube: Floats, coordinates: Sequence[str]) -> None:
        rows = [coordinates.index(name) for name in plan.coordinates]
        own = cube[rows] if rows else cube[:1]
        block, size, count = plan.base.block, plan.block_size, cube.shape[-1]
        parts: list[list[Floats]] = []
        model: Model = block.program.model
        self.labels = {FINISHED: list(model.outcomes)} if model.game else {}
        self.labels |= {name: list(branches(node)) for name, node in model.game.items()}
        for start in range(0, count, size):
            here = own[:, start : start + size]
            width = here.shape[-1]
            padded = np.pad(here, ((0, 0), (0, size - width)), mode="edge")
            result = block.answer(padded[plan.base.rows], np.int32(width), plan.base.switches)
            failed = np.asarray(result.status)[:width] != 0
            numbers = [np.where(a.applies, a.number, np.nan) for a in result.answers]
            flat = [*numbers, *result.outcomes, *itertools.chain.from_iterable(result.along)]
            parts.append([np.where(failed, np.nan, np.asarray(row)[:width]) for row in flat])
        whole = [np.concatenate(rows) for rows in zip(*parts, strict=True)]
        questions = len(model.questions)
        self.numbers = whole[:questions]
        at = questions
        self.chances: dict[str, list[Floats]] = {}
        for name, labels in self.labels.items():
            self.chances[name] = whole[at : at + len(labels)]
            at += len(labels)


def _compared(
    label: str, places: Mapping[str, int], seen: Mapping[str, _Seen], drawn: Mapping[str, Floats]
) -> Compared:
    numbers = {name: seen[name].numbers[q] for name, q in places.items()}
    return Compared(
        question=label,
        answers=tuple(_rival(name, row) for name, row in numbers.items()),
        pairs=tuple(
            _pair(a, b, numbers[a], numbers[b], drawn) for a, b in itertools.combinations(numbers, 2)
        ),
    )


def _rival(name: str, row: Floats) -> Rival:
    answered = np.isfinite(row)
    mean = mean_estimate(per_replicate(answered, row), per_replicate(answered))
    return Rival(
        model=name,
        number=finite(mean.mean),
        standard_error=finite(mean.standard_error),
        applies=float(answered.mean()),
    )


def _pair(first: str, second: str, a: Floats, b: Floats, drawn: Mapping[str, Floats]) -> Pair:
    both = np.isfinite(a) & np.isfinite(b)
    counts = per_replicate(both)
    change = difference_estimate(per_replicate(both, b), counts, per_replicate(both, a), counts)
    apart = mean_estimate(per_replicate(both, np.abs(b - a)), counts)
    return Pair(
        first=first,
        second=second,
        difference=finite(change.mean),
        standard_error=finite(change.standard_error),
        disagree=finite(apart.mean),
        disagree_error=finite(apart.standard_error),
        because=_because(np.abs(b - a), drawn),
    )


def _because(distance: Floats, drawn: Mapping[str, Floats]) -> tuple[Cause, ...]:
    if not drawn or len(distance) < _FEWEST:
        return ()
    found = first_order(np.stack(list(drawn.values())), distance[None])
    if found.status[0] != Status.FOUND:
        return ()
    first = found.first
    causes = [
        Cause(parameter=name, share=float(first.value[0, p]), low=low, high=float(first.high[0, p]))
        for p, name in enumerate(drawn)
        if (low := float(first.low[0, p])) > 0
    ]
    return tuple(sorted(causes, key=lambda c: -c.share))


def _observations(seen: Mapping[str, _Seen]) -> tuple[Observation, ...]:
    """Everything that all models can predict, best first.

    A node that play does not come to is seen as such, so that the chances of what is seen sum to one.
    """
    whats = [w for w in next(iter(seen.values())).labels if all(w in s.labels for s in seen.values())]
    found: list[Observation] = []
    for what in whats:
        names = tuple(dict.fromkeys(itertools.chain.from_iterable(s.labels[what] for s in seen.values())))
        solved = np.logical_and.reduce([np.isfinite(s.chances[what][0]) for s in seen.values()])
        counts = per_replicate(solved)
        if not counts.all():
            continue
        rows = np.stack([_predicted(s, what, names, solved) for s in seen.values()])  # [models, things, 16]
        chances = rows.sum(axis=2) / counts.sum()
        unseen = 1.0 - chances.sum(axis=1)
        labels = [*names, *(["is not reached"] if unseen.max() > 1e-9 else [])]
        full = np.column_stack([chances, unseen])[:, : len(labels)]
        each = np.array([divergence(_filled(rows[:, :, r] / counts[r])) for r in range(len(counts))])
        found.append(
            Observation(
                what=what,
                bits=divergence(_filled(chances)),
                standard_error=finite(replicate_error(each, np.ones(len(each)))),
                chances={
                    name: dict(zip(labels, map(float, row), strict=True))
                    for name, row in zip(seen, full, strict=True)
                },
            )
        )
    return tuple(sorted(found, key=lambda o: -o.bits))


def _predicted(seen: _Seen, what: str, names: Sequence[str], solved: NDArray[np.bool_]) -> Floats:
    rows = dict(zip(seen.labels[what], seen.chances[what], strict=True))
    return np.stack([per_replicate(solved, rows.get(name, np.zeros(len(solved)))) for name in names])


def _filled(chances: Floats) -> Floats:
    return np.column_stack([chances, np.maximum(1.0 - chances.sum(axis=1), 0.0)])


def divergence(chances: Floats) -> float:
    """Jensen-Shannon divergence of distributions `[models, things]` with equal weights, in bits.

    Source: Lin (1991), eq. 5.1. Exact to rounding; never below 0.
    """
    middle = chances.mean(axis=0)
    gain = sum(_entropy(row) for row in chances) / len(chances)
    return max(_entropy(middle) - gain, 0.0)


def _entropy(row: Floats) -> float:
    some = row[row > 0]
    return float(-(some * np.log2(some)).sum())


def differences(models: Mapping[str, Model]) -> list[Difference]:
    """What the files say differently, by the place in the file; lists and texts count whole."""
    leaves = {name: dict(_leaves(to_data(model))) for name, model in models.items()}
    places = dict.fromkeys(itertools.chain.from_iterable(leaves.values()))
    found: list[Difference] = []
    for place in places:
        texts = {name: known.get(place) for name, known in leaves.items()}
        if len(set(texts.values())) > 1:
            found.append(Difference(where=" / ".join(place), texts=texts))
    return found


def _leaves(data: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    if isinstance(data, dict):
        items: dict[str, Any] = data
        return [leaf for key, value in items.items() for leaf in _leaves(value, (*path, str(key)))]
    if data is None or data == []:
        return []
    return [(path, data if isinstance(data, str) else _inline(data))]


def _inline(data: Any) -> str:
    if isinstance(data, list):
        entries: list[Any] = data
        return f"[{', '.join(_inline(entry) for entry in entries)}]"
    if isinstance(data, dict):
        items: dict[str, Any] = data
        return f"{{{', '.join(f'{k}: {_inline(v)}' for k, v in items.items() if v is not None)}}}"
    return str(data)
