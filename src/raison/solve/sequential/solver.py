"""All sequential equilibria of small games, in batch: which method for which game."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.program.form import Form
from raison.solve.sequential.check import checked
from raison.solve.sequential.mixed import MAX_SUPPORTS, MAX_TIED_SUPPORTS, count_supports, solve_mixed
from raison.solve.sequential.numbers import Floats, Numbers, Truths, make_numbers
from raison.solve.sequential.pure import live_places, solve_pure
from raison.solve.sequential.record import (
    BAD,
    COMPLETE,
    MIXED_MISSING,
    NONE,
    TAIL_TIED,
    TIED,
    WEAK,
    Found,
    Integers,
    SequentialEquilibria,
    arranged,
    chosen,
    completed,
    joined,
)
from raison.solve.sequential.shape import Layers, Signalling, find_layers, find_signalling
from raison.solve.sequential.signalling import as_found, make_tables, solve_small, ties

LARGEST_RESIDUAL = 1e-9
"""An equilibrium with a larger gain from deviating, as a share of the payoff range, is not returned."""
BLOCK = 8_192
"""Draws that are solved together: their arrays stay in the processor's cache."""


def solve_sequential(
    form: Form,
    payoffs: Floats,
    chance: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None],
    available: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None] | None = None,
    *,
    keep: int = 12,
) -> SequentialEquilibria:
    """Find all sequential equilibria of a small game in every draw.

    Args:
        form: A game without amounts.
        payoffs: `[outcome states, players, B]` float64, in the order of `form.graph.outcomes`.
        chance: By chance state, the probabilities of its cases, `[B]` or floats; a sequence has None at other
            states.
        available: By decision state, whether each move can be made, `[B]` bool or True; None for all.
        keep: How many equilibria of a draw are listed.

    Raises:
        ValueError: the game has amounts, the payoffs have another shape, or the game is too large.

    Source: Kreps and Wilson (1982), "Sequential equilibria".
    """
    if keep < 1:
        raise ValueError(f"keep must be at least 1; got {keep}.")
    numbers = make_numbers(form, payoffs, chance, available)
    method = _Method(find_signalling(form), find_layers(form))
    starts = range(0, numbers.batch, BLOCK)

    def solved(start: int) -> _Block:
        return _solve_block(numbers.rows(slice(start, start + BLOCK)), method, start)

    if len(starts) == 1:
        blocks = [solved(0)]
    else:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            blocks = list(pool.map(solved, starts))
    found = blocks[0].found if len(blocks) == 1 else joined([block.found for block in blocks], form)
    value, residual, status = (
        np.concatenate([getattr(block, name) for block in blocks], axis=-1)
        for name in ("value", "residual", "status")
    )
    return arranged(found, numbers.batch, method.signalling, value, residual, status, keep)


@dataclass(frozen=True, eq=False, slots=True)
class _Block:
    """Some draws solved: their equilibria, and the status of each."""

    found: Found
    value: Floats
    residual: Floats
    status: NDArray[np.int8]


def _solve_block(numbers: Numbers, method: _Method, start: int) -> _Block:
    status = np.full(numbers.batch, COMPLETE, np.int8)
    status[numbers.tied] = TAIL_TIED
    rows = np.flatnonzero(~numbers.bad)
    found, states = method.solve(numbers if len(rows) == numbers.batch else numbers.rows(rows))
    found = completed(replace(found, row=rows[found.row]), numbers)
    value, residual = checked(found, numbers)
    loose = _loose(numbers)
    if loose.any():
        found = replace(found, weak=found.weak | loose[found.row])
        states = np.where((states == COMPLETE) & loose[rows], np.int8(WEAK), states)
    sound = residual <= LARGEST_RESIDUAL
    status[rows] = np.where(states == COMPLETE, status[rows], states)
    if not sound.all():
        unsound = found.row[~sound]
        status[unsound] = np.where(status[unsound] == COMPLETE, np.int8(TIED), status[unsound])
        found, value, residual = chosen(found, sound), value[:, sound], residual[sound]
    count = np.bincount(found.row, minlength=numbers.batch)
    status[(count == 0) & np.isin(status, (COMPLETE, TIED))] = NONE
    status[numbers.bad] = BAD
    return _Block(replace(found, row=found.row + start), value, residual, status)


def _shut(numbers: Numbers) -> list[int]:
    """Places above the tails at which a move is not available in some draw."""
    states = (numbers.form.places[place].states[0] for place in live_places(numbers))
    return [numbers.form.place[s] for s in states if numbers.available[s] is not None]


def _loose(numbers: Numbers) -> Truths:
    """`[B]`, a move that is not available would lead to a place where something is not known.

    Nobody can have made it by error, so beliefs there must not count on it; that is not looked at.
    """
    form, loose = numbers.form, np.zeros(numbers.batch, bool)
    for place in _shut(numbers):
        for s in form.places[place].states:
            mask = numbers.available[s]
            for option, child in enumerate(form.graph.states[s].children):
                if mask is not None and numbers.value[child] is None:
                    loose |= ~mask[option]
    return loose


@dataclass(frozen=True, slots=True)
class _Method:
    """How a game is solved."""

    signalling: Signalling | None
    layers: Layers | None

    def solve(self, numbers: Numbers) -> tuple[Found, NDArray[np.int8]]:
        """Equilibria of draws that are not bad, and their status."""
        small = self.signalling is not None and self.signalling.is_small
        if small and self.layers is not None and self.signalling is not None and not _shut(numbers):
            tables = make_tables(numbers, self.signalling)
            tied = np.flatnonzero(ties(tables))
            found = as_found(solve_small(tables), numbers, self.signalling)
            return _with_ties([found], tied, numbers, self.layers)
        if self.layers is not None and count_supports(numbers, self.layers) <= MAX_SUPPORTS:
            parts, tied = solve_mixed(numbers, self.layers)
            empty = np.ones(numbers.batch, bool)
            for part in parts:
                empty[part.row] = False
            return _with_ties(parts, np.flatnonzero(tied | empty), numbers, self.layers)
        parts, tied = solve_pure(numbers)
        status = np.full(numbers.batch, MIXED_MISSING, np.int8)
        found = joined(parts, numbers.form)
        status[found.row[found.weak]] = WEAK
        return found, status


def _with_ties(
    parts: list[Found], tied: Integers, numbers: Numbers, layers: Layers
) -> tuple[Found, NDArray[np.int8]]:
    """Draws whose payoffs tie solved again, with every choice of equations, where that can be done."""
    status = np.full(numbers.batch, COMPLETE, np.int8)
    if not len(tied):
        return joined(parts, numbers.form) if len(parts) != 1 else parts[0], status
    if count_supports(numbers, layers) > MAX_TIED_SUPPORTS:
        status[tied] = TIED
        return joined(parts, numbers.form), status
    whole = np.ones(numbers.batch, bool)
    whole[tied] = False
    parts = [chosen(part, whole[part.row]) for part in parts]
    again, _ = solve_mixed(numbers.rows(tied), layers, every=True)
    return joined([*parts, *(replace(part, row=tied[part.row]) for part in again)], numbers.form), status
