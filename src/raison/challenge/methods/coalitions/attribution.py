"""What each premise carries, from the verdicts of every subset."""

from __future__ import annotations

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np

from raison.challenge.methods.coalitions.subsets import (
    Floats,
    Measured,
    Table,
    measured,
    rows_of,
    with_replicates,
)
from raison.run.designs import REPLICATES


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
    values = with_replicates(table)[::-1]
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
        whole=measured(values[-1]),
        bare=measured(values[0]),
        shapley=measured(shapley),
        interaction=measured(symmetric_table(given - lacking)),
        given=measured(given),
        lacking=measured(lacking),
        dividend=measured(_second_differences(values, k, bottom=True)),
        removal=measured(_second_differences(values, k, bottom=False)),
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


def symmetric_table(values: Floats) -> Floats:
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
