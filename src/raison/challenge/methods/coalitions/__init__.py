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

from raison.challenge.methods.coalitions.attribution import Attribution, attribute
from raison.challenge.methods.coalitions.overturning import (
    Overturned,
    Overturning,
    overturning,
    search_overturning,
)
from raison.challenge.methods.coalitions.pairs import NEGLIGIBLE, Pair, pairs
from raison.challenge.methods.coalitions.sampling import BUDGET, sample_attribution
from raison.challenge.methods.coalitions.subsets import (
    EXACT,
    MOST,
    Floats,
    Masks,
    Measured,
    Rows,
    Table,
    Verdicts,
    every_subset,
    masks_of,
    moebius,
    replicate_errors,
    rows_of,
    zeta,
)

__all__ = [
    "BUDGET",
    "EXACT",
    "MOST",
    "NEGLIGIBLE",
    "Attribution",
    "Floats",
    "Masks",
    "Measured",
    "Overturned",
    "Overturning",
    "Pair",
    "Rows",
    "Table",
    "Verdicts",
    "attribute",
    "every_subset",
    "masks_of",
    "moebius",
    "overturning",
    "pairs",
    "replicate_errors",
    "rows_of",
    "sample_attribution",
    "search_overturning",
    "zeta",
]
