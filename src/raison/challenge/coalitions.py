"""Premises as players who bring about a conclusion together: who carries it, which pairs, what overturns it.

The worth `v(S)` of a set `S` of the `k` premises is the verdict where the premises of `S` hold and the others
are removed. Everything here is made from it:

    Shapley share      phi_i  = sum over S without i of s! (k-s-1)! / k!  [v(S+i) - v(S)]
    interaction        I_ij   = sum over S without i, j of s! (k-s-2)! / (k-1)!  D_ij(S)
                       D_ij(S) = v(S+i+j) - v(S+i) - v(S+j) + v(S)
    Harsanyi dividend  d(T)   = sum over S in T of (-1)^(t-s) v(S)

The shares add up to `v(all) - v(none)`. Given that `j` holds for good, or is removed for good, `i` has a
share in an argument of `k - 1` premises; the two differ by `I_ij`.

Subsets are rows of `[S, k]` bool that say which premises are **removed**, and bit masks: bit `j` of number
`m` says that premise `j` is removed, so row 0 of a table of `2^k` is the argument whole.

Source: Shapley (1953), A value for n-person games; Harsanyi (1963), A simplified bargaining model for the
n-person cooperative game; Grabisch and Roubens (1999), An axiomatic approach to the concept of interaction
among players in cooperative games, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from raison.run.designs import REPLICATES

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
Masks = NDArray[np.int64]
Verdicts = Callable[[Rows], tuple[Floats, Floats]]
"""`removed [S, k] -> verdict [S], by replicate [S, 16]`; nan where a subset has none."""

EXACT = 12
"""With at most this many premises, every subset is solved; beyond, orders are sampled."""
BUDGET = 8_192
"""Subsets that are solved where not all are."""
_MANY = 8  # squares, before their spread decides that they are enough
MOST = 62
"""Premises that fit a bit mask."""
NEGLIGIBLE = 0.1
"""A share below this part of a pair's interaction is next to nothing."""


class Measured(NamedTuple):
    """Numbers and their standard errors, of one shape."""

    value: Floats
    error: Floats


class Table(NamedTuple):
    """Verdicts of subsets; row `m` of a whole table is that of mask `m`.

    Attributes:
        verdict: `[S]`.
        replicates: `[S, 16]`, by replicate of the design.
    """

    verdict: Floats
    replicates: Floats

    @property
    def error(self) -> Floats:
        """`[S]`, standard errors of the verdicts."""
        return replicate_errors(self.replicates)


class Attribution(NamedTuple):
    """What each premise and each pair does for a conclusion.

    Attributes:
        whole: `[]`, the verdict with every premise in place.
        bare: `[]`, with none.
        shapley: `[k]`, each premise's share of `whole - bare`.
        interaction: `[k, k]`, Shapley interaction of each pair, symmetric; nan on the diagonal.
        given: `[k, k]`, share of premise `i` in the argument in which `j` holds for good.
        lacking: `[k, k]`, share of premise `i` in the argument in which `j` is removed for good.
        dividend: `[k, k]`, Harsanyi dividend of the pair: `D_ij` where nothing else holds.
        removal: `[k, k]`, `D_ij` where everything else holds: what removing both does beyond what each
            removal does alone, above 0 where they need each other, below where one stands in for the other.
        orders: Orders that were sampled; 0 where every subset was solved.
        order_error: `[k]`, the part of the error of `shapley` that sampled orders make; 0 without.
        free: Degrees of freedom of the errors.
    """

    whole: Measured
    bare: Measured
    shapley: Measured
    interaction: Measured
    given: Measured
    lacking: Measured
    dividend: Measured
    removal: Measured
    orders: int
    order_error: Floats
    free: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two premises that do not simply add up.

    Attributes:
        first: Index of the one.
        second: Index of the other.
        interaction: Shapley interaction.
        error: Its standard error.
        kind: `together` if neither has a share without the other; `either` if neither has one beside the
            other, since one is enough; `partly` otherwise.
    """

    first: int
    second: int
    interaction: float
    error: float
    kind: Literal["together", "either", "partly"]


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


# --- subsets ---


def rows_of(masks: Any, k: int) -> Rows:
    """`[S, k]` bool, the bits of each mask."""
    return (np.asarray(masks, np.int64)[:, None] >> np.arange(k) & 1).astype(bool)


def masks_of(rows: Rows) -> Masks:
    """`[S]` int64, the mask of each row."""
    return (rows.astype(np.int64) << np.arange(rows.shape[1])).sum(axis=1)


def every_subset(k: int, verdicts: Verdicts) -> Table:
    """The verdict of every subset, `[2^k]`.

    Raises:
        ValueError: more premises than `EXACT`.
    """
    if k > EXACT:
        raise ValueError(
            f"every subset is solved for up to {EXACT} premises; got {k}. Sample orders instead."
        )
    return Table(*verdicts(rows_of(np.arange(1 << k), k)))


def zeta(values: Floats) -> Floats:
    """For each mask the sum over its subsets, along the first axis of `[2^k, ...]` (Yates 1937)."""
    return _butterfly(values, 1)


def moebius(values: Floats) -> Floats:
    """The inverse of `zeta`: Harsanyi dividends of a table by what **holds**."""
    return _butterfly(values, -1)


def _butterfly(values: Floats, sign: int) -> Floats:
    found = np.array(values)
    for bit in range(len(found).bit_length() - 1):
        halves = found.reshape(-1, 2, 1 << bit, *found.shape[1:])  # shares memory with `found`
        halves[:, 1] += sign * halves[:, 0]
    return found


def replicate_errors(replicates: Floats) -> Floats:
    """Standard errors of means from the spread of their replicates along the last axis.

    Replicates without a number are left out; nan where fewer than two are left.
    """
    there = np.isfinite(replicates)
    count = there.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, replicates, 0.0).sum(axis=-1) / count
        squares = (np.where(there, replicates - mean[..., None], 0.0) ** 2).sum(axis=-1)
        return np.where(count > 1, np.sqrt(squares / (count - 1) / count), np.nan)


def _both(table: Table) -> Floats:
    """`[S, 17]`, the verdict and its replicates."""
    return np.concatenate([table.verdict[:, None], table.replicates], axis=1)


def _measured(both: Floats) -> Measured:
    return Measured(both[..., 0], replicate_errors(both[..., 1:]))


# --- what each premise carries ---


def attribute(table: Table) -> Attribution:
    """Shares and interactions of premises whose every subset was solved.

    Args:
        table: `[2^k]` verdicts by what is removed.

    Accuracy:
        Linear in the verdicts: exact to about `k` roundings. Errors are the spread over the sixteen
        replicates, each of which has shares of its own.

    Source: see the module.
    """
    k = len(table.verdict).bit_length() - 1
    # by what holds: the table is the other way round
    values = _both(table)[::-1]
    shapley = _shapley_weights(k) @ values
    given = np.full((k, k, values.shape[1]), np.nan)
    lacking = given.copy()
    for j in range(k):
        others = [i for i in range(k) if i != j]
        holds = rows_of(np.arange(1 << k), k)[:, j]
        if others:
            weights = _shapley_weights(k - 1)
            given[others, j], lacking[others, j] = weights @ values[holds], weights @ values[~holds]
    return Attribution(
        whole=_measured(values[-1]),
        bare=_measured(values[0]),
        shapley=_measured(shapley),
        interaction=_measured(_symmetric(given - lacking)),
        given=_measured(given),
        lacking=_measured(lacking),
        dividend=_measured(_second_differences(values, k, bottom=True)),
        removal=_measured(_second_differences(values, k, bottom=False)),
        orders=0,
        order_error=np.zeros(k),
        free=REPLICATES - 1,
    )


def _shapley_weights(k: int) -> Floats:
    """`[k, 2^k]`, the weight of each set's worth in each premise's share."""
    holds = rows_of(np.arange(1 << k), k).T
    before = holds.sum(axis=0) - holds  # how many come before the premise
    weights = np.array([1 / (k * math.comb(k - 1, size)) for size in range(k)])[before]
    return np.where(holds, weights, -weights)


def _symmetric(values: Floats) -> Floats:
    """The mean with its transpose: the two sides of a pair are equal but for rounding."""
    return (values + values.swapaxes(0, 1)) / 2


def _second_differences(values: Floats, k: int, *, bottom: bool) -> Floats:
    """`[k, k, 17]`, of `[2^k, 17]` by what holds: from none upwards, or from all downwards."""
    found = np.full((k, k, values.shape[1]), np.nan)
    start = 0 if bottom else (1 << k) - 1
    for i, j in combinations(range(k), 2):
        one, other = start ^ 1 << i, start ^ 1 << j
        pair = values[start ^ 1 << i ^ 1 << j] - values[one] - values[other] + values[start]
        found[i, j] = found[j, i] = pair
    return found


# --- beyond twelve premises ---


class _Memory:
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
            both = _both(Table(*self.verdicts(rows_of(asked, self.k))))
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
    memory = _Memory(k, verdicts)
    memory.ask(_ends(k))
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


def _ends(k: int) -> set[int]:
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


def _of_squares(memory: _Memory, squares: Floats, orders: int) -> Attribution:
    k = memory.k
    diagonal = np.arange(k)
    shapley, order_error = _sampled(squares[:, 0, diagonal, diagonal])
    squares[:, :, diagonal, diagonal] = np.nan
    values = memory(np.array([0, (1 << k) - 1]))
    return Attribution(
        whole=_measured(values[0]),
        bare=_measured(values[1]),
        shapley=shapley,
        interaction=_sampled(squares[:, 1] - squares[:, 0])[0],
        given=_sampled(squares[:, 1])[0],
        lacking=_sampled(squares[:, 0])[0],
        dividend=_measured(_pairs_at(memory, (1 << k) - 1)),
        removal=_measured(_pairs_at(memory, 0)),
        orders=orders,
        order_error=order_error,
        free=min(REPLICATES, len(squares)) - 1,
    )


def _sampled(squares: Floats) -> tuple[Measured, Floats]:
    """Means over squares `[T, ..., 17]`, their errors, and the part of these that squares make."""
    mean = squares.mean(axis=0)
    by_squares = squares[..., 0].std(axis=0, ddof=1) / math.sqrt(len(squares))
    return Measured(mean[..., 0], np.hypot(by_squares, replicate_errors(mean[..., 1:]))), by_squares


def _pairs_at(memory: _Memory, start: int) -> Floats:
    """`[k, k, 17]`, second differences from a mask by what is removed."""
    k = memory.k
    found = np.full((k, k, 1 + REPLICATES), np.nan)
    for i, j in combinations(range(k), 2):
        masks = np.array([start ^ 1 << i ^ 1 << j, start ^ 1 << i, start ^ 1 << j, start])
        both, one, other, neither = memory(masks)
        found[i, j] = found[j, i] = both - one - other + neither
    return found


# --- pairs ---


def pairs(attribution: Attribution) -> tuple[Pair, ...]:
    """Pairs whose interaction is no accident of the draws, the strongest first.

    An interaction counts if it is 0 with chance below 5% for all pairs together (Bonferroni, Student's t). A
    share counts as none if its 95% interval holds 0 or it is below `NEGLIGIBLE` of the interaction.
    """
    k = len(attribution.shapley.value)
    number = max(k * (k - 1) // 2, 1)
    found: list[Pair] = []
    for i, j in combinations(range(k), 2):
        value, error = float(attribution.interaction.value[i, j]), float(attribution.interaction.error[i, j])
        if not abs(value) > max(_t(attribution.free, 0.05 / number) * error, _ROUNDING):
            continue
        sides, small = ([i, j], [j, i]), NEGLIGIBLE * abs(value)
        together, either = (
            bool(
                np.all(
                    np.abs(shares.value[sides])
                    <= np.maximum(_t(attribution.free, 0.05) * shares.error[sides], small)
                )
            )
            for shares in (attribution.lacking, attribution.given)
        )
        kind = "partly" if together == either else "together" if together else "either"
        found.append(Pair(i, j, value, error, kind))
    return tuple(sorted(found, key=lambda pair: -abs(pair.interaction)))


_ROUNDING = 1e-12  # of second differences of numbers of the size of 1


def _t(free: int, level: float) -> float:
    return float(stdtrit(free, 1 - level / 2))


# --- what overturns ---


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
    memory = _Memory(k, verdicts)
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


def _table(memory: _Memory, masks: list[int]) -> Table:
    both = memory(np.array(masks))
    return Table(both[:, 0], both[:, 1:])


def _smallest(memory: _Memory, masks: list[int], threshold: float) -> tuple[list[Overturning], bool, bool]:
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


def _greedy(memory: _Memory, order: NDArray[np.int64], threshold: float) -> list[Overturning]:
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
