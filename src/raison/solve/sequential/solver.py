"""All sequential equilibria of small games, in batch: which method for which game."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from raison.program.form import Form
from raison.solve.sequential.check import checked
from raison.solve.sequential.numbers import Floats, Numbers, make_numbers
from raison.solve.sequential.record import (
    COMPLETE,
    TIED,
    SequentialEquilibria,
    arranged,
    completed,
)
from raison.solve.sequential.shape import Signalling, find_signalling
from raison.solve.sequential.signalling import as_found, make_tables, solve_small, ties

BLOCK = 8_192
"""Draws that are solved together: their arrays stay in the processor's cache."""


def solve_sequential(
    form: Form,
    payoffs: Floats,
    chance: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None],
    available: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any] | None] | None = None,
    *,
    keep: int = 16,
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
    signalling = find_signalling(form)
    parts: list[SequentialEquilibria] = []
    for start in range(0, numbers.batch, BLOCK):
        block = numbers.rows(slice(start, start + BLOCK))
        parts.append(_solve_block(block, signalling, keep))
    return parts[0] if len(parts) == 1 else _side_by_side(parts)


def _solve_block(numbers: Numbers, signalling: Signalling | None, keep: int) -> SequentialEquilibria:
    status = np.full(numbers.batch, COMPLETE, np.int8)
    if signalling is None or not signalling.is_small:
        raise ValueError("enumerating equilibria needs a signalling game of two types and messages.")
    tables = make_tables(numbers, signalling)
    some = solve_small(tables)
    status[ties(tables)] = TIED
    found = completed(as_found(some, numbers, signalling), numbers)
    value, residual = checked(found, numbers)
    return arranged(found, numbers, signalling, value, residual, status, keep)


def _side_by_side(parts: Sequence[Any]) -> Any:
    """Records of blocks of draws as one record."""
    first = parts[0]
    if isinstance(first, np.ndarray):
        return np.concatenate(parts, axis=-1)
    columns = [_side_by_side(column) for column in zip(*parts, strict=True)]
    return type(first)(*columns) if hasattr(first, "_fields") else tuple(columns)
