"""What each premise carries where there are too many subsets, from sampled orders."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.coalitions.attribution import Attribution
from raison.challenge.methods.coalitions.subsets import (
    MOST,
    Floats,
    Masks,
    Measured,
    Table,
    Verdicts,
    measured,
    replicate_errors,
    rows_of,
    with_replicates,
)
from raison.run.designs import REPLICATES

BUDGET = 8_192
"""Subsets that are solved where not all are."""
_MANY = 8  # squares, before their spread decides that they are enough


class Memory:
    """Verdicts of subsets by mask, each asked for once."""

    def __init__(self, k: int, verdicts: Verdicts) -> None:
        self.k = k
        self.verdicts = verdicts
        self.known: dict[int, Floats] = {}

    def new(self, masks: set[int]) -> int:
        """How many of these are not known."""
        return sum(mask not in self.known for mask in masks)

    def ask(self, masks: set[int]) -> None:
        """Solve what is not known."""
        asked = sorted(mask for mask in masks if mask not in self.known)
        if asked:
            both = with_replicates(Table(*self.verdicts(rows_of(asked, self.k))))
            self.known.update(zip(asked, both, strict=True))

    def __call__(self, masks: Masks) -> Floats:
        """`[..., 17]`, verdicts and replicates of known masks."""
        found = np.stack([self.known[int(mask)] for mask in masks.ravel()])
        return found.reshape(*masks.shape, -1)


def sample_attribution(
    k: int, verdicts: Verdicts, seed: int, *, budget: int = BUDGET, error: float = 0.0
) -> Attribution:
    """Shares and interactions of many premises, from orders in which they come to hold.

    Orders come in squares: a row-complete Latin square with names shuffled, and the reverse of each of its
    orders, which is its antithetic. In a square every premise stands in every place equally often, and every
    two are neighbours equally often, which is where their interaction is measured; its orders share subsets,
    so that a square of `k` premises takes some `k (k - 1)` of them. On the flagship's premises the error of
    a share is 2.5 times smaller than that of as many subsets along independent antithetic orders.

    Every order is as likely as any other, so the estimates have no bias; the shares add up to `whole - bare`
    exactly, whatever was sampled.

    Args:
        k: Premises, at least 2.
        verdicts: What is challenged.
        seed: Of the squares.
        budget: Subsets to solve at most; at least two squares are taken whatever it says.
        error: Stop once no share's standard error is larger, after eight squares at least.

    Returns:
        The attribution. Errors of shares and interactions hold both parts: squares, which are independent,
        and draws (the spread over replicates). `dividend` and `removal` are not sampled.

    Raises:
        ValueError: too few or too many premises.

    Accuracy:
        The part of the error that squares make is itself known from `free + 1` of them.

    Source: Castro, Gomez and Tejada (2009), Polynomial calculation of the Shapley value based on sampling;
        Mitchell, Cooper, Frank and Holmes (2022), Sampling permutations for Shapley value estimation, for
        antithetic orders; Williams (1949), Experimental designs balanced for the estimation of residual
        effects of treatments, for the squares; Grabisch and Roubens (1999), for the interaction of
        neighbours. Their combination is ours.
    """
    if not 2 <= k <= MOST:
        raise ValueError(f"orders are sampled for 2 to {MOST} premises; got {k}.")
    generator = np.random.default_rng(seed)
    memory = Memory(k, verdicts)
    memory.ask(end_masks(k))
    squares: list[Floats] = []
    while True:
        orders = _square(k, generator)
        chain, swapped = _chains(orders)
        needed = {int(mask) for mask in (*chain.ravel(), *swapped.ravel())}
        if len(squares) >= 2 and len(memory.known) + memory.new(needed) > budget:
            break
        memory.ask(needed)
        squares.append(_of_square(orders, memory(chain), memory(swapped)))
        if len(squares) >= _MANY:
            shares = np.stack(squares)[:, 0, np.arange(k), np.arange(k)]
            if _sampled(shares)[0].error.max() <= error:
                break
    return _of_squares(memory, np.stack(squares), len(squares) * len(orders))


def end_masks(k: int) -> set[int]:
    """Masks that differ from all or none by up to two premises."""
    few = {0, *(1 << i for i in range(k)), *(1 << i | 1 << j for i, j in combinations(range(k), 2))}
    return few | {mask ^ (1 << k) - 1 for mask in few}


def _square(k: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Orders `[k, k]`, or `[2 k, k]` if `k` is odd: with each its reverse, all neighbours equally often."""
    steps = np.arange(k)
    zigzag = np.where(steps % 2 == 1, (steps + 1) // 2, (k - steps // 2) % k)  # 0, 1, k-1, 2, k-2, ...
    shifts = np.arange(k // 2 if k % 2 == 0 else k)
    orders = generator.permutation(k)[(zigzag + shifts[:, None]) % k]
    return np.concatenate([orders, orders[:, ::-1]])


def _chains(orders: NDArray[np.int64]) -> tuple[Masks, Masks]:
    """Removed masks along orders `[.., k + 1]`, and `[.., k - 1]` with neighbours `p`, `p + 1` swapped."""
    k = orders.shape[1]
    bits = np.int64(1) << orders
    none = np.zeros((len(orders), 1), np.int64)
    chain = (1 << k) - 1 - np.concatenate([none, bits.cumsum(axis=1)], axis=1)
    return chain, chain[:, :-2] - bits[:, 1:]


def _of_square(orders: NDArray[np.int64], chain: Floats, swapped: Floats) -> Floats:
    """`[2, k, k, 17]`: the mean gain of `i` next to `j` without it and with it; on the diagonal, of `i`."""
    k = orders.shape[1]
    lacking, given = np.zeros((2, k, k, chain.shape[-1]))
    counts = np.zeros((k, k))
    np.add.at(counts, (orders, orders), 1.0)
    for found in (lacking, given):
        np.add.at(found, (orders, orders), np.diff(chain, axis=1))
    one, other = orders[:, :-1], orders[:, 1:]
    neither, both = chain[:, :-2], chain[:, 2:]
    for first, second, alone, rest in (
        (one, other, chain[:, 1:-1], swapped),
        (other, one, swapped, chain[:, 1:-1]),
    ):
        np.add.at(counts, (first, second), 1.0)
        np.add.at(lacking, (first, second), alone - neither)
        np.add.at(given, (first, second), both - rest)
    return np.stack([lacking, given]) / counts[..., None]


def _of_squares(memory: Memory, squares: Floats, orders: int) -> Attribution:
    k = memory.k
    diagonal = np.arange(k)
    shapley, order_error = _sampled(squares[:, 0, diagonal, diagonal])
    squares[:, :, diagonal, diagonal] = np.nan
    values = memory(np.array([0, (1 << k) - 1]))
    return Attribution(
        whole=measured(values[0]),
        bare=measured(values[1]),
        shapley=shapley,
        interaction=_sampled(squares[:, 1] - squares[:, 0])[0],
        given=_sampled(squares[:, 1])[0],
        lacking=_sampled(squares[:, 0])[0],
        dividend=measured(_pairs_at(memory, (1 << k) - 1)),
        removal=measured(_pairs_at(memory, 0)),
        orders=orders,
        order_error=order_error,
        free=min(REPLICATES, len(squares)) - 1,
    )


def _sampled(squares: Floats) -> tuple[Measured, Floats]:
    """Means over squares `[T, ..., 17]`, their errors, and the part of these that squares make."""
    mean = squares.mean(axis=0)
    by_squares = squares[..., 0].std(axis=0, ddof=1) / math.sqrt(len(squares))
    return Measured(mean[..., 0], np.hypot(by_squares, replicate_errors(mean[..., 1:]))), by_squares


def _pairs_at(memory: Memory, start: int) -> Floats:
    """`[k, k, 17]`, second differences from a mask by what is removed."""
    k = memory.k
    found = np.full((k, k, 1 + REPLICATES), np.nan)
    for i, j in combinations(range(k), 2):
        masks = np.array([start ^ 1 << i ^ 1 << j, start ^ 1 << i, start ^ 1 << j, start])
        both, one, other, neither = memory(masks)
        found[i, j] = found[j, i] = both - one - other + neither
    return found
