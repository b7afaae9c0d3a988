"""Folding blocks: a fixed tree of sums, and the same bits after being stored and read back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raison.run.fold import Fold, PairwiseSum

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=70)


def by_halves(terms):
    """The tree that a binary counter builds: whole powers of two first, the rest behind."""
    if len(terms) == 1:
        return terms[0]
    cut = 1 << (len(terms) - 1).bit_length() - 1
    if cut == len(terms):
        cut //= 2
    return by_halves(terms[:cut]) + by_halves(terms[cut:])


def folded(terms):
    total = PairwiseSum()
    for term in terms:
        total.add(np.array([term]))
    return total


@given(numbers)
def test_terms_are_added_pairwise_in_their_order(terms):
    assert folded(terms).total()[0] == by_halves(terms)


@given(numbers)
def test_rounding_grows_with_the_logarithm_of_the_number_of_terms(terms):
    # each term passes through at most log2(n) + 1 additions, each off by half a unit in the last place
    steps = math.log2(len(terms)) + 1
    allowed = steps * 2.0**-53 * math.fsum(map(abs, terms)) * (1 + 1e-12)
    assert abs(folded(terms).total()[0] - math.fsum(terms)) <= allowed


@given(numbers, st.integers(0, 70))
def test_a_fold_that_was_stored_half_way_ends_with_the_same_bits(terms, cut):
    straight, halted = Fold(), Fold()
    for index, term in enumerate(terms):
        if index == cut:
            halted = Fold.from_arrays(halted.to_arrays())
        for fold in (straight, halted):
            fold.add("mean of x | y", np.array([[term, -term]]))
            fold.count("bins", np.array([index, 1]))
            fold.blocks += 1
    assert halted.blocks == straight.blocks == len(terms)
    assert halted.total("mean of x | y").tobytes() == straight.total("mean of x | y").tobytes()
    assert (halted.counts["bins"] == straight.counts["bins"]).all()
    assert same(halted.to_arrays(), straight.to_arrays())


def same(one, other):
    return one.keys() == other.keys() and all(one[k].tobytes() == other[k].tobytes() for k in one)


def test_counts_belong_to_the_fold_and_not_to_the_block_they_came_from():
    fold, first = Fold(), np.array([1, 2])
    fold.count("n", first)
    fold.count("n", np.array([10, 20]))
    assert first.tolist() == [1, 2]
    assert fold.counts["n"].tolist() == [11, 22]


def test_a_sum_of_nothing_is_empty():
    assert PairwiseSum().total().shape == (0,)
    with pytest.raises(KeyError):
        Fold().total("never added")
