"""A form with the numbers of all draws, and its tails folded.

A *tail* is a state below which every mover knows exactly where he is: from it on, backward induction says
what is played (Kuhn 1953), whatever is believed before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.program.form import Form
from raison.program.graph import CHANCE, OUTCOME

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

TIE = 1e-9
"""Two values tie within this share of the range of the mover's payoffs in the draw."""
SLACK = 1e-10
"""An inequality holds within this share of the range; smaller than the regret that is promised."""
LEAST_CHANCE = 1e-100
"""Stands for a chance case of probability 0, so that beliefs where only it leads are defined: nature errs."""


@dataclass(frozen=True, eq=False, slots=True)
class Numbers:
    """A game's numbers in `B` draws, tails folded.

    Attributes:
        form: The game.
        players: How many.
        chance: Per chance state the probabilities of its cases `[cases, B]`; None elsewhere.
        available: Per decision state which moves can be made `[moves, B]`, or None where all always can.
        value: Per state of a tail, what each player gets `[players, B]`; None elsewhere.
        folded: Per decision state of a tail, which move is played `[moves, B]` bool; None elsewhere.
        span: Range of each player's payoffs `[players, B]`, 1 where all are equal.
        bad: `[B]`, a payoff or probability is not finite, or somebody has no move.
        tied: `[B]`, two best moves of a tail tie and differ for somebody else.
    """

    form: Form
    players: int
    chance: tuple[Floats | None, ...]
    available: tuple[Truths | None, ...]
    value: tuple[Floats | None, ...]
    folded: tuple[Truths | None, ...]
    span: Floats
    bad: Truths
    tied: Truths

    @property
    def batch(self) -> int:
        """Number of draws."""
        return self.span.shape[-1]

    def rows(self, rows: Any) -> Numbers:
        """The numbers of some draws."""

        def part(arrays: Sequence[Any]) -> tuple[Any, ...]:
            return tuple(None if array is None else array[..., rows] for array in arrays)

        return Numbers(
            self.form,
            self.players,
            part(self.chance),
            part(self.available),
            part(self.value),
            part(self.folded),
            self.span[:, rows],
            self.bad[rows],
            self.tied[rows],
        )


def tails(form: Form) -> tuple[bool, ...]:
    """Per state whether backward induction solves it by itself."""
    states = form.graph.states
    tail = [False] * len(states)
    for s in range(len(states) - 1, -1, -1):
        knows = form.place[s] < 0 or len(form.places[form.place[s]].states) == 1
        tail[s] = knows and all(tail[child] for child in states[s].children)
    return tuple(tail)


def make_numbers(
    form: Form,
    payoffs: Floats,
    chance: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None],
    available: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None] | None,
) -> Numbers:
    """Bring a game's numbers to arrays, and fold its tails.

    Args:
        form: A game without amounts.
        payoffs: `[outcome states, players, B]` float64, in the order of `form.graph.outcomes`.
        chance: Per chance state the probabilities of its cases, `[B]` or floats.
        available: Per decision state whether each move can be made, `[B]` bool or True; None for all.

    Raises:
        ValueError: the game has amounts, or the payoffs have another shape.
    """
    if form.axes:
        names = ", ".join(axis.name for axis in form.axes)
        raise ValueError(f"enumerating equilibria needs a game without amounts; it has {names}; cut them.")
    payoffs = np.asarray(payoffs, np.float64)
    states, outcomes = form.graph.states, form.graph.outcomes
    if payoffs.ndim != 3 or payoffs.shape[0] != len(outcomes):
        raise ValueError(
            f"payoffs need the shape [{len(outcomes)}, players, draws]; got {list(payoffs.shape)}."
        )
    batch = payoffs.shape[-1]
    bad = np.asarray(~np.isfinite(payoffs).all(axis=(0, 1)))
    if bad.any():
        payoffs = np.where(bad, 0.0, payoffs)
    span = payoffs.max(axis=0) - payoffs.min(axis=0)
    chances: list[Floats | None] = [None] * len(states)
    allowed: list[Truths | None] = [None] * len(states)
    for s, state in enumerate(states):
        if state.mover == CHANCE:
            found = np.stack([np.broadcast_to(np.asarray(p, np.float64), (batch,)) for p in chance[s] or ()])
            wrong = ~(np.isfinite(found).all(axis=0) & (found >= 0).all(axis=0))
            bad |= wrong
            chances[s] = np.maximum(np.where(wrong, 1.0 / len(found), found), LEAST_CHANCE)
        elif state.mover != OUTCOME and available is not None:
            given = available[s]
            if given is not None and not all(truth is True for truth in given):
                mask = np.stack([np.broadcast_to(np.asarray(truth, bool), (batch,)) for truth in given])
                allowed[s] = None if mask.all() else mask
                bad |= ~mask.any(axis=0)
    value, folded, tied = _fold(form, payoffs, chances, allowed, span)
    return Numbers(
        form,
        payoffs.shape[1],
        tuple(chances),
        tuple(allowed),
        tuple(value),
        tuple(folded),
        np.where(span > 0, span, 1.0),
        np.asarray(bad),
        tied,
    )


def _fold(
    form: Form,
    payoffs: Floats,
    chance: Sequence[Floats | None],
    available: Sequence[Truths | None],
    span: Floats,
) -> tuple[list[Floats | None], list[Truths | None], Truths]:
    states = form.graph.states
    value: list[Floats | None] = [None] * len(states)
    folded: list[Truths | None] = [None] * len(states)
    tied = np.zeros(payoffs.shape[-1], bool)
    for row, s in enumerate(form.graph.outcomes):
        value[s] = payoffs[row]
    tail = tails(form)
    for s in range(len(states) - 1, -1, -1):
        state = states[s]
        if not tail[s] or state.mover == OUTCOME:
            continue
        below = np.stack([value_of(value, child) for child in state.children])
        weights = chance[s]
        if weights is not None:
            value[s] = (weights[:, None, :] * below).sum(axis=0)
            continue
        own = below[:, state.mover]
        mask = available[s]
        if mask is not None:
            own = np.where(mask, own, -np.inf)
        near = own >= own.max(axis=0) - TIE * span[state.mover]
        first = near & (np.cumsum(near, axis=0) == 1)
        folded[s] = first
        got = value[s] = np.where(first[:, None, :], below, 0.0).sum(axis=0)
        differ = np.abs(below - got) > TIE * span
        tied |= (near & differ.any(axis=1)).any(axis=0)
    return value, folded, tied


def value_of(value: Sequence[Floats | None], state: int) -> Floats:
    """The value of a state that has one."""
    found = value[state]
    if found is None:
        raise ValueError(f"state {state} is not part of a folded tail.")
    return found
