"""What is found: equilibria as flat lists while they are looked for, then at most `K` for each draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.program.form import Form
from raison.solve.sequential.numbers import Floats, Numbers, Truths
from raison.solve.sequential.shape import Signalling

Integers = NDArray[np.int64]

KINDS = ("none", "pure", "mixed")
"""Sentences of `SequentialEquilibria.kind`."""
SHAPES = ("", "pooling", "separating", "semi-separating")
"""Of `SequentialEquilibria.shape`: all types send one message; no two types share one; anything between."""
REASONS = (
    "all sequential equilibria of the draw were found.",
    "a payoff or probability is not finite, or a player has no move; give finite numbers and a move.",
    "no equilibrium was found; payoffs tie or nearly tie, so perturb them or use another concept.",
    "more equilibria were found than are kept; the first ones are listed; keep more.",
    "players are indifferent at the end of the game, and what they do there matters to others; equilibria "
    "with their other choices are not listed.",
    "payoffs tie or nearly tie in a game too large to look at ties; some equilibria may be missing.",
    "equilibria in mixed strategies are looked for only in small games of two layers (a first move, perhaps "
    "after chance, and an answer), and this one has more.",
    "beliefs off the path were checked for weak consistency only: what is listed are perfect Bayesian "
    "equilibria, and every sequential one in pure strategies is among them.",
)
"""Sentences that `SequentialEquilibria.status` indexes."""
COMPLETE, BAD, NONE, MORE, TAIL_TIED, TIED, MIXED_MISSING, WEAK = range(len(REASONS))
CONTINUUM = 1e-9
"""A probability whose interval is longer than this can vary."""


class Interval(NamedTuple):
    """Numbers that an equilibrium leaves some room: a representative, the least and the greatest."""

    central: Any
    low: Any
    high: Any


@dataclass(frozen=True, eq=False, slots=True)
class SequentialEquilibria:
    """At most `K` equilibria of each of `B` draws; beyond `count` all is NaN (kinds 0).

    An entry stands for all equilibria with the same support: the moves that have positive probability at each
    information set. Where there is a continuum of them, `low` and `high` bound each number over it.

    Attributes:
        probability: Per place, `[moves, K, B]` float64 each of a representative, least and greatest
            probability.
        belief: Per place, `[states, K, B]` each: on the path a point, off it the interval of the beliefs that
            support the equilibrium. Central beliefs are the mean of the extreme ones.
        value: `[players, K, B]` float64, expected payoff of the representative.
        kind: `[K, B]` int8, index into `KINDS`.
        shape: `[K, B]` int8, index into `SHAPES`; 0 in games that are not signalling games.
        continuum: `[K, B]` bool, a probability can vary.
        weak: `[K, B]` bool, beliefs off the path are consistent in the weak sense only (Bayes' rule on the
            path), as far as was checked.
        residual: `[K, B]` float64, the largest gain from a deviation at any information set, reached or not,
            with the central, least and greatest beliefs; a share of the deviator's payoff range.
        count: `[B]` int32, how many are listed.
        status: `[B]` int8, index into `REASONS`.
    """

    probability: tuple[Interval, ...]
    belief: tuple[Interval, ...]
    value: Floats
    kind: NDArray[np.int8]
    shape: NDArray[np.int8]
    continuum: Truths
    weak: Truths
    residual: Floats
    count: NDArray[np.int32]
    status: NDArray[np.int8]


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """`N` equilibria, each of some draw.

    Attributes:
        row: `[N]`, the draw.
        probability: Per place, or None for a folded one, `[moves, N]` each.
        belief: Per place, `[states, N]` each.
        slack: `[N]`, the largest violation of an inequality at an extreme point.
        weak: `[N]` bool.
    """

    row: Integers
    probability: tuple[Interval | None, ...]
    belief: tuple[Interval | None, ...]
    slack: Floats
    weak: Truths


def _points(interval: Interval) -> bool:
    return interval.low is interval.high is interval.central


def joined(parts: Sequence[Found], form: Form) -> Found:
    """Several lists as one, in the order of the draws, within a draw in the order given."""
    row = np.concatenate([part.row for part in parts]) if parts else np.zeros(0, np.int64)
    order = np.argsort(row, kind="stable")

    def together(pick: str, place: int) -> Interval | None:
        found: list[Interval] = [value for part in parts if (value := getattr(part, pick)[place]) is not None]
        if not found:
            return None
        sides = [np.concatenate([interval.central for interval in found], axis=-1)[..., order]]
        if any(not _points(interval) for interval in found):
            sides += [
                np.concatenate(rows, axis=-1)[..., order]
                for rows in zip(*(i[1:] for i in found), strict=True)
            ]
        return Interval(sides[0], sides[len(sides) // 2], sides[-1])

    places = range(len(form.places))
    return Found(
        row[order],
        tuple(together("probability", place) for place in places),
        tuple(together("belief", place) for place in places),
        np.concatenate([part.slack for part in parts])[order] if parts else np.zeros(0),
        np.concatenate([part.weak for part in parts])[order] if parts else np.zeros(0, bool),
    )


def chosen(found: Found, which: Any) -> Found:
    """Some of the equilibria."""

    def part(intervals: Sequence[Interval | None]) -> tuple[Interval | None, ...]:
        return tuple(
            None if interval is None else Interval(*(rows[..., which] for rows in interval))
            for interval in intervals
        )

    return Found(
        found.row[which],
        part(found.probability),
        part(found.belief),
        found.slack[which],
        found.weak[which],
    )


def completed(found: Found, numbers: Numbers) -> Found:
    """With the moves of folded tails, where each mover knows where he is."""
    form = numbers.form
    probability, belief = list(found.probability), list(found.belief)
    for index, place in enumerate(form.places):
        if probability[index] is None:
            folded = numbers.folded[place.states[0]]
            played = np.zeros((len(place.labels), len(found.row)))
            if folded is not None:
                played = folded[:, found.row].astype(np.float64)
            probability[index] = Interval(played, played, played)
        if belief[index] is None:
            sure = np.ones((len(place.states), len(found.row)))
            belief[index] = Interval(sure, sure, sure)
    return Found(found.row, tuple(probability), tuple(belief), found.slack, found.weak)


def arranged(
    found: Found,
    batch: int,
    signalling: Signalling | None,
    value: Floats,
    residual: Floats,
    status: NDArray[np.int8],
    keep: int,
) -> SequentialEquilibria:
    """Completed equilibria in the order of their draws, the first `keep` of each draw."""
    total = np.bincount(found.row, minlength=batch)
    slot = np.arange(len(found.row)) - (np.cumsum(total) - total)[found.row]
    kept = slot < keep
    row, slot = found.row[kept], slot[kept]
    flat = slot * batch + row

    def placed(values: Any, empty: Any) -> Any:
        values = np.asarray(values)[..., kept]
        out = np.full((*values.shape[:-1], keep * batch), empty, values.dtype)
        out[..., flat] = values
        return out.reshape(*values.shape[:-1], keep, batch)

    def intervals(given: Sequence[Interval | None]) -> tuple[Interval, ...]:
        filled: list[Interval] = []
        for interval in given:
            if interval is not None:
                sides = [placed(interval.central, np.nan)]
                if not _points(interval):
                    sides += [placed(rows, np.nan) for rows in interval[1:]]
                filled.append(Interval(sides[0], sides[len(sides) // 2], sides[-1]))
        return tuple(filled)

    mixed, wide = np.zeros(len(found.row), bool), np.zeros(len(found.row), bool)
    for interval in found.probability:
        if interval is not None:
            mixed |= ((interval.central > 0) & (interval.central < 1)).any(axis=0)
            wide |= (interval.high - interval.low > CONTINUUM).any(axis=0)
    return SequentialEquilibria(
        intervals(found.probability),
        intervals(found.belief),
        placed(value, np.nan),
        placed(np.where(mixed, 2, 1).astype(np.int8), 0),
        placed(shapes(found, signalling), 0),
        placed(wide, False),
        placed(found.weak, False),
        placed(residual, np.nan),
        np.minimum(total, keep).astype(np.int32),
        np.where((status == COMPLETE) & (total > keep), np.int8(MORE), status),
    )


def shapes(found: Found, signalling: Signalling | None) -> NDArray[np.int8]:
    """`[N]`, index into `SHAPES`: how much the messages tell."""
    if signalling is None:
        return np.zeros(len(found.row), np.int8)
    sent: list[Truths] = []
    for place in signalling.types:
        interval = found.probability[place]
        if interval is not None:
            sent.append(interval.central > 0)
    senders = np.stack(sent)  # [types, messages, N]
    pooling = (senders.any(axis=0).sum(axis=0)) == 1
    separating = (senders.sum(axis=0) <= 1).all(axis=0)
    return np.where(pooling, 1, np.where(separating, 2, 3)).astype(np.int8)
