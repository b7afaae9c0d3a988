"""The smallest sets of premises whose removal overturns the conclusion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from raison.challenge.methods.coalitions.sampling import BUDGET, Memory
from raison.challenge.methods.coalitions.subsets import MOST, Rows, Table, Verdicts, rows_of, zeta


@dataclass(frozen=True, slots=True)
class Overturning:
    """A smallest set of premises without which the conclusion is another.

    Attributes:
        premises: Their indices.
        verdict: What is left of the verdict.
        error: Its standard error.
        overturns: Whether the verdict lies on the other side; False for a set that may overturn, its verdict
            being within error of the threshold.
        is_sure: Neither the set's verdict nor that of any part of it that was solved, nor that of the whole
            argument, is within its 95% interval of the threshold, and none is missing.
        is_smallest: No part of it overturns; False where not all parts were tried.
    """

    premises: tuple[int, ...]
    verdict: float
    error: float
    overturns: bool
    is_sure: bool
    is_smallest: bool = True


class Overturned(NamedTuple):
    """What overturns a conclusion.

    Attributes:
        sets: The smallest sets, by size and then by how far they go; of a set's supersets none.
        searched: All sets of up to this many premises were tried.
        threshold: Where the conclusion turns.
        holds: Whether the verdict of the whole argument is above the threshold.
        is_sure: Whether that is beyond its error.
    """

    sets: tuple[Overturning, ...]
    searched: int
    threshold: float
    holds: bool
    is_sure: bool


def overturning(table: Table, threshold: float = 0.5) -> Overturned:
    """The smallest sets of premises whose removal overturns the conclusion, from every subset.

    The conclusion is on which side of the threshold the verdict lies. A set is smallest if it overturns and
    no part of it does; its supersets may turn the conclusion back.

    Args:
        table: `[2^k]` verdicts by what is removed.
        threshold: Where the conclusion turns; a verdict at it counts as below.
    """
    k = len(table.verdict).bit_length() - 1
    crossed, within = _sides(table, threshold)
    may = crossed | within
    least = crossed & (zeta(crossed.astype(float)) == 1)
    doubtful = may & ~crossed & (zeta(may.astype(float)) == 1)
    open_parts = zeta((within | ~np.isfinite(table.verdict)).astype(float)) > 0
    error = table.error
    found = [
        Overturning(
            tuple(np.flatnonzero(rows_of([mask], k)[0]).tolist()),
            float(table.verdict[mask]),
            float(error[mask]),
            bool(crossed[mask]),
            bool(least[mask] and not open_parts[mask]),
        )
        for mask in np.flatnonzero(least | doubtful)
        if mask
    ]
    holds = bool(table.verdict[0] > threshold)
    return Overturned(_in_order(found, holds), k, threshold, holds, not bool(within[0]))


def _sides(table: Table, threshold: float) -> tuple[Rows, Rows]:
    """`[S]`: on the other side than row 0; within the 95% interval of the threshold."""
    holds = table.verdict > threshold
    number = np.isfinite(table.replicates).sum(axis=-1)
    width = stdtrit(np.maximum(number - 1, 1), 0.975) * np.nan_to_num(table.error, nan=np.inf)
    there = np.isfinite(table.verdict) & np.isfinite(table.verdict[0])
    return there & (holds != holds[0]), there & (np.abs(table.verdict - threshold) <= width)


def _in_order(found: list[Overturning], holds: bool) -> tuple[Overturning, ...]:
    sign = 1 if holds else -1
    return tuple(sorted(found, key=lambda one: (len(one.premises), sign * one.verdict, one.premises)))


def search_overturning(
    k: int,
    verdicts: Verdicts,
    order: NDArray[np.int64],
    threshold: float = 0.5,
    *,
    budget: int = BUDGET,
) -> Overturned:
    """The smallest sets whose removal overturns the conclusion, among many premises.

    Sets of one premise, of two, and so on are tried, without those that hold an overturning set, as long as a
    whole size fits the budget. If none overturns, premises are removed in the given order until the
    conclusion turns, and put back one by one as far as it stays so; that set need not be the smallest.

    Args:
        k: Premises.
        verdicts: What is challenged.
        order: `[k]`, in which to remove premises where sizes are too many to try.
        threshold: Where the conclusion turns.
        budget: Subsets to solve at most.

    Source: Agrawal and Srikant (1994), Fast algorithms for mining association rules, for the levels.
    """
    if not 1 <= k <= MOST:
        raise ValueError(f"sets are searched among 1 to {MOST} premises; got {k}.")
    memory = Memory(k, verdicts)
    memory.ask({0})
    found: list[int] = []
    masks, searched = [0], 0
    for size in range(1, k + 1):
        if math.comb(k, size) > 64 * budget:
            break
        level = [sum(1 << i for i in chosen) for chosen in combinations(range(k), size)]
        level = [mask for mask in level if not any(mask & known == known for known in found)]
        if len(masks) + len(level) > budget:
            break
        memory.ask(set(level))
        masks += level
        searched = size
        crossed, _ = _sides(_table(memory, [0, *level]), threshold)
        found += [mask for mask, is_over in zip(level, crossed[1:], strict=True) if is_over]
    sets, is_sure, holds = _smallest(memory, masks, threshold)
    if not any(one.overturns for one in sets) and searched < k:
        sets += _greedy(memory, order, threshold)
    return Overturned(_in_order(sets, holds), searched, threshold, holds, is_sure)


def _table(memory: Memory, masks: list[int]) -> Table:
    both = memory(np.array(masks))
    return Table(both[:, 0], both[:, 1:])


def _smallest(memory: Memory, masks: list[int], threshold: float) -> tuple[list[Overturning], bool, bool]:
    """The smallest overturning and perhaps overturning sets among solved ones, the empty one first."""
    table = _table(memory, masks)
    crossed, within = _sides(table, threshold)
    error, missing = table.error, ~np.isfinite(table.verdict)
    over = [mask for mask, is_over in zip(masks, crossed, strict=True) if is_over]
    may = [mask for mask, can in zip(masks, crossed | within, strict=True) if can]
    unsure = [mask for mask, is_open in zip(masks, within | missing, strict=True) if is_open]

    def has_part(mask: int, others: list[int]) -> bool:
        return any(mask & other == other for other in others if other != mask)

    sets = [
        Overturning(
            tuple(np.flatnonzero(rows_of([mask], memory.k)[0]).tolist()),
            float(table.verdict[at]),
            float(error[at]),
            bool(crossed[at]),
            bool(crossed[at]) and not within[at] and not has_part(mask, unsure),
        )
        for at, mask in enumerate(masks)
        if mask and not has_part(mask, over if crossed[at] else may) and (crossed[at] or within[at])
    ]
    return sets, not bool(within[0]), bool(table.verdict[0] > threshold)


def _greedy(memory: Memory, order: NDArray[np.int64], threshold: float) -> list[Overturning]:
    chain = [0]
    for premise in order:
        chain.append(chain[-1] | 1 << int(premise))
    memory.ask(set(chain))
    crossed, _ = _sides(_table(memory, chain), threshold)
    if not crossed.any():
        return []
    mask = chain[int(crossed.argmax())]
    for premise in order[::-1]:
        smaller = mask & ~(1 << int(premise))
        memory.ask({smaller})
        if smaller != mask and _sides(_table(memory, [0, smaller]), threshold)[0][1]:
            mask = smaller
    table = _table(memory, [0, mask])
    within = _sides(table, threshold)[1]
    members = tuple(np.flatnonzero(rows_of([mask], memory.k)[0]).tolist())
    sure = not bool(within.any())
    return [Overturning(members, float(table.verdict[1]), float(table.error[1]), True, sure, False)]
