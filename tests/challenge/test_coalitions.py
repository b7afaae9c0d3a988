"""Premises as a coalition: Shapley's axioms, games with known answers, definitions by brute force."""

import math
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raison.challenge.methods.coalitions import (
    EXACT,
    Table,
    attribute,
    every_subset,
    masks_of,
    moebius,
    overturning,
    pairs,
    replicate_errors,
    rows_of,
    sample_attribution,
    search_overturning,
    zeta,
)

CLOSE = 1e-12  # sums of at most 2^10 numbers of the size of 1


def of_holding(worth, k):
    """A table of a game on what holds, the same in every replicate."""
    rows = rows_of(np.arange(1 << k), k)
    values = np.array([float(worth(frozenset(np.flatnonzero(~row).tolist()))) for row in rows])
    return Table(values, np.repeat(values[:, None], 16, axis=1))


def random_table(k, seed, spread=0.1):
    generator = np.random.default_rng(seed)
    values = generator.normal(size=1 << k)
    replicates = values[:, None] + spread * generator.normal(size=(1 << k, 16))
    return Table(replicates.mean(axis=1), replicates)


def verdicts_of(table):
    """A table as a function of subsets, which also counts the subsets that it is asked for."""

    def verdicts(removed):
        asked.append(len(removed))
        masks = masks_of(removed)
        return table.verdict[masks], table.replicates[masks]

    asked = []
    verdicts.asked = asked
    return verdicts


def holding(table, k):
    """The worth of what holds, as a function of a set."""
    whole = (1 << k) - 1
    return lambda members: table.verdict[whole - sum(1 << i for i in members)]


def shapley_by_orders(worth, k):
    """The definition: the mean gain over all k! orders."""
    found = np.zeros(k)
    for order in permutations(range(k)):
        for place, premise in enumerate(order):
            found[premise] += worth(order[: place + 1]) - worth(order[:place])
    return found / math.factorial(k)


def interaction_by_sets(worth, k, i, j):
    """Grabisch and Roubens (1999), definition 2, summed set by set."""
    others = [m for m in range(k) if m not in (i, j)]
    total = 0.0
    for size in range(k - 1):
        weight = math.factorial(size) * math.factorial(k - size - 2) / math.factorial(k - 1)
        for s in combinations(others, size):
            total += weight * (worth((*s, i, j)) - worth((*s, i)) - worth((*s, j)) + worth(s))
    return total


tables = st.builds(random_table, st.sampled_from([1, 2, 3, 4, 5, 7]), st.integers(0, 10_000))


def size_of(table):
    return len(table.verdict).bit_length() - 1


# --- games with known answers ---


def test_the_glove_game():
    # Shapley (1953) in the usual example: one left glove, two right ones; 4/6, 1/6, 1/6
    found = attribute(of_holding(lambda s: 0 in s and (1 in s or 2 in s), 3))
    np.testing.assert_allclose(found.shapley.value, [2 / 3, 1 / 6, 1 / 6], atol=CLOSE)
    # the right gloves stand in for each other; a right one is worth something only beside the left one
    assert found.interaction.value[1, 2] == pytest.approx(-1 / 2, abs=CLOSE)
    assert found.interaction.value[0, 1] == pytest.approx(1 / 2, abs=CLOSE)


@pytest.mark.parametrize("k", [3, 5, 9, 12])
def test_a_majority_gives_each_the_same(k):
    found = attribute(of_holding(lambda s: len(s) > k / 2, k))
    np.testing.assert_allclose(found.shapley.value, 1 / k, atol=CLOSE)
    assert np.isnan(found.interaction.value.diagonal()).all()


def test_a_weighted_majority():
    # [8; 5, 4, 3, 2] has the Shapley-Shubik index (5, 3, 3, 1)/12: 5 with 4 or 3 wins, 4+3 needs 2
    weights = [5, 4, 3, 2]
    found = attribute(of_holding(lambda s: sum(weights[i] for i in s) >= 8, 4))
    np.testing.assert_allclose(found.shapley.value, np.array([5, 3, 3, 1]) / 12, atol=CLOSE)


@pytest.mark.parametrize("k", [2, 4, 6])
def test_unanimity_is_one_dividend(k):
    table = of_holding(lambda s: len(s) == k, k)
    dividends = moebius(table.verdict[::-1])
    assert dividends[-1] == 1
    assert (dividends[:-1] == 0).all()
    found = attribute(table)
    off = ~np.eye(k, dtype=bool)
    np.testing.assert_allclose(found.interaction.value[off], 1 / (k - 1), atol=CLOSE)
    np.testing.assert_allclose(found.removal.value[off], 1, atol=CLOSE)
    np.testing.assert_allclose(found.dividend.value[off], float(k == 2), atol=CLOSE)


# --- second implementations ---


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_shares_are_the_mean_gain_over_all_orders(k):
    table = random_table(k, 3)
    expected = shapley_by_orders(holding(table, k), k)
    np.testing.assert_allclose(attribute(table).shapley.value, expected, atol=CLOSE)


@pytest.mark.parametrize("k", [2, 3, 6])
def test_interactions_follow_their_definition(k):
    table = random_table(k, 4)
    found = attribute(table)
    for i, j in combinations(range(k), 2):
        expected = interaction_by_sets(holding(table, k), k, i, j)
        assert found.interaction.value[i, j] == pytest.approx(expected, abs=CLOSE)
        assert found.interaction.value[j, i] == pytest.approx(expected, abs=CLOSE)
        assert found.given.value[i, j] - found.lacking.value[i, j] == pytest.approx(expected, abs=CLOSE)


def test_a_share_beside_a_premise_that_holds_is_that_of_the_smaller_argument():
    table, k = random_table(5, 5), 5
    found = attribute(table)
    worth = holding(table, k)
    names = [0, 1, 3, 4]  # without 2
    with_it = shapley_by_orders(lambda s: worth([names[i] for i in s] + [2]), 4)
    without = shapley_by_orders(lambda s: worth([names[i] for i in s]), 4)
    np.testing.assert_allclose(found.given.value[names, 2], with_it, atol=CLOSE)
    np.testing.assert_allclose(found.lacking.value[names, 2], without, atol=CLOSE)


@settings(deadline=None)
@given(tables)
def test_shares_and_interactions_are_sums_of_dividends(table):
    # Harsanyi (1963): a dividend is shared equally; Grabisch and Roubens (1999), equation 9, for pairs
    k = size_of(table)
    dividends = moebius(table.verdict[::-1])
    members = rows_of(np.arange(1 << k), k)
    sizes = members.sum(axis=1)
    found = attribute(table)
    shares = (members * (dividends / np.maximum(sizes, 1))[:, None]).sum(axis=0)
    np.testing.assert_allclose(found.shapley.value, shares, atol=1e-11)
    for i, j in combinations(range(k), 2):
        both = members[:, i] & members[:, j]
        expected = (dividends[both] / (sizes[both] - 1)).sum()
        assert found.interaction.value[i, j] == pytest.approx(expected, abs=1e-11)
        assert found.dividend.value[i, j] == pytest.approx(dividends[1 << i | 1 << j], abs=1e-11)


@settings(deadline=None)
@given(tables)
def test_dividends_are_a_sum_over_subsets_and_back(table):
    values = table.replicates[::-1]
    found = moebius(values)
    np.testing.assert_allclose(zeta(found), values, atol=CLOSE)
    masks = range(len(values))
    direct = [
        sum((-1) ** (m.bit_count() - s.bit_count()) * values[s] for s in masks if s & m == s) for m in masks
    ]
    np.testing.assert_allclose(found, direct, atol=CLOSE)


# --- axioms ---


@settings(deadline=None)
@given(tables)
def test_efficiency_in_every_replicate(table):
    found = attribute(table)
    assert found.shapley.value.sum() == pytest.approx(table.verdict[0] - table.verdict[-1], abs=CLOSE)
    assert found.whole.value == table.verdict[0]
    assert found.bare.value == table.verdict[-1]


@settings(deadline=None)
@given(st.integers(2, 6), st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_symmetry_shares_move_with_the_names(k, seed, random):
    table = random_table(k, seed)
    order = random.sample(range(k), k)
    masks = masks_of(rows_of(np.arange(1 << k), k)[:, order])
    moved = attribute(Table(table.verdict[masks], table.replicates[masks]))
    found = attribute(table)
    # premise order[i] of the renamed game has the part that premise i has
    np.testing.assert_allclose(moved.shapley.value[order], found.shapley.value, atol=CLOSE)
    np.testing.assert_allclose(
        moved.interaction.value[np.ix_(order, order)], found.interaction.value, atol=CLOSE
    )


@settings(deadline=None)
@given(st.integers(2, 6), st.integers(0, 10_000), st.data())
def test_a_null_premise_has_no_part_in_anything(k, seed, data):
    null = data.draw(st.integers(0, k - 1))
    table = random_table(k, seed)
    masks = np.arange(1 << k) & ~(1 << null)
    found = attribute(Table(table.verdict[masks], table.replicates[masks]))
    others = [i for i in range(k) if i != null]
    assert abs(found.shapley.value[null]) < CLOSE
    assert found.shapley.error[null] < CLOSE
    assert np.abs(found.interaction.value[null, others]).max() < CLOSE
    assert not any(null in (pair.first, pair.second) for pair in pairs(found))


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(0, 10_000), st.integers(0, 10_000))
def test_additivity(k, seed, other):
    a, b = random_table(k, seed), random_table(k, other)
    both = attribute(Table(a.verdict + b.verdict, a.replicates + b.replicates))
    for name in ("shapley", "interaction", "dividend", "removal"):
        parts = getattr(attribute(a), name).value + getattr(attribute(b), name).value
        np.testing.assert_allclose(getattr(both, name).value, parts, atol=CLOSE)


# --- errors ---


def test_the_error_of_a_share_is_the_spread_of_the_replicates_own_shares():
    table = random_table(4, 6)
    each = [attribute(Table(table.replicates[:, r], table.replicates)).shapley.value for r in range(16)]
    expected = np.std(each, axis=0, ddof=1) / 4
    np.testing.assert_allclose(attribute(table).shapley.error, expected, rtol=1e-12)


def test_replicates_without_a_number_are_left_out():
    rows = np.array([[1.0, 3.0, np.nan, np.nan], [np.nan, np.nan, np.nan, 1.0]])
    np.testing.assert_allclose(replicate_errors(rows), [1.0, np.nan])


def test_a_subset_without_a_verdict_leaves_shares_unknown():
    table = random_table(3, 7)
    table.verdict[5] = np.nan
    table.replicates[5] = np.nan
    assert np.isnan(attribute(table).shapley.value).all()


def test_too_many_premises_for_every_subset_are_refused():
    with pytest.raises(ValueError, match="up to 12 premises; got 13"):
        every_subset(EXACT + 1, lambda rows: (rows[:, 0], rows))


# --- sampled orders ---


def smooth_table(k, seed):
    """A share that is high only where several premises hold, with noise that subsets share."""
    generator = np.random.default_rng(seed)
    members = ~rows_of(np.arange(1 << k), k)
    push = generator.normal(size=k)
    noise = 0.3 * generator.normal(size=16)
    replicates = 1 / (1 + np.exp(-(members @ push)[:, None] - noise))
    replicates[:] += 0.3 * (members[:, 0] & members[:, 1])[:, None]
    return Table(replicates.mean(axis=1), replicates)


@pytest.mark.parametrize("k", [7, 10])
def test_sampled_shares_agree_with_every_subset_within_their_errors(k):
    table = smooth_table(k, 8)
    exact = attribute(table)
    off = np.triu_indices(k, 1)
    deviations, crossed, given_other = [], [], []
    for seed in range(40):
        found = sample_attribution(k, verdicts_of(table), seed, budget=1)
        assert found.free == 1  # two squares whatever the budget
        deviations.append(found.shapley.value - exact.shapley.value)
        crossed.append(found.interaction.value[off] - exact.interaction.value[off])
        given_other.append((found.given.value - exact.given.value)[~np.eye(k, dtype=bool)])
        # whatever the orders, nothing is lost
        assert found.shapley.value.sum() == pytest.approx(table.verdict[0] - table.verdict[-1], abs=CLOSE)
        np.testing.assert_array_equal(found.dividend.value, exact.dividend.value)
        np.testing.assert_array_equal(found.removal.value, exact.removal.value)
    for rows in (np.array(deviations), np.array(crossed), np.array(given_other)):
        # no bias: means of 40 within 4.5 of their errors, over at most 90 numbers
        assert (np.abs(rows.mean(axis=0)) <= 4.5 * rows.std(axis=0, ddof=1) / math.sqrt(40) + CLOSE).all()


def test_the_error_that_squares_make_is_the_spread_over_seeds():
    table, k = smooth_table(9, 9), 9
    found = [sample_attribution(k, verdicts_of(table), seed, budget=1, error=0.0) for seed in range(200)]
    spread = np.std([one.shapley.value for one in found], axis=0)
    told = np.sqrt(np.mean([one.order_error**2 for one in found], axis=0))
    np.testing.assert_allclose(told, spread, rtol=0.25)  # 200 values: 5% on each side, four times over


def test_the_error_of_draws_is_in_the_error_of_sampled_shares():
    # where premises add up, in every replicate by other amounts, any order gives the share: draws alone err
    k = 9
    members = (~rows_of(np.arange(1 << k), k)).astype(float)
    replicates = members @ np.random.default_rng(12).normal(size=(k, 16))
    table = Table(replicates.mean(axis=1), replicates)
    found = sample_attribution(k, verdicts_of(table), 0, budget=1)
    np.testing.assert_allclose(found.order_error, 0, atol=CLOSE)
    np.testing.assert_allclose(found.shapley.error, attribute(table).shapley.error, rtol=1e-9)


def test_sampling_stops_at_the_error_or_at_the_budget():
    table, k = smooth_table(11, 10), 11
    asked = verdicts_of(table)
    few = sample_attribution(k, asked, 0, budget=600)
    assert sum(asked.asked) <= 600
    loose = sample_attribution(k, verdicts_of(table), 0, budget=10**6, error=0.1)
    assert loose.free == 7
    assert few.orders % (2 * k) == 0


def test_seed_0_is_a_seed():
    table = smooth_table(7, 11)
    one, same, other = (
        sample_attribution(7, verdicts_of(table), seed, budget=1).shapley.value for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


# --- pairs ---


def noisy(table, spread, seed=0):
    generator = np.random.default_rng(seed)
    noise = spread * generator.normal(size=table.replicates.shape)
    replicates = table.replicates + noise - noise.mean(axis=1, keepdims=True)
    return Table(table.verdict, replicates)


def test_pairs_that_work_only_together_and_pairs_of_which_one_is_enough():
    table = of_holding(lambda s: 0.4 * ({0, 1} <= s) + 0.3 * bool({2, 3} & s) + 0.2 * (4 in s), 5)
    found = pairs(attribute(noisy(table, 1e-3)))
    assert [(pair.first, pair.second, pair.kind) for pair in found] == [(0, 1, "together"), (2, 3, "either")]
    assert [pair.interaction for pair in found] == pytest.approx([0.4, -0.3], abs=CLOSE)


def test_a_pair_with_parts_of_its_own_works_partly_together():
    table = of_holding(lambda s: 0.2 * len(s) + 0.3 * ({0, 1} <= s), 2)
    assert [pair.kind for pair in pairs(attribute(noisy(table, 1e-3)))] == ["partly"]


def test_an_interaction_that_its_error_swallows_is_no_pair():
    table = of_holding(lambda s: 0.4 * ({0, 1} <= s), 3)
    assert not pairs(attribute(noisy(table, 2.0)))


# --- what overturns ---


def overturning_by_hand(table, k, threshold):
    base = table.verdict[0] > threshold
    over = [m for m in range(1 << k) if (table.verdict[m] > threshold) != base]
    least = [m for m in over if not any(o != m and o & m == o for o in over)]
    return {tuple(np.flatnonzero(rows_of([m], k)[0]).tolist()) for m in least}


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(0, 10_000), st.sampled_from([-0.5, 0.0, 0.8]))
def test_smallest_sets_against_brute_force(k, seed, threshold):
    table = random_table(k, seed)
    expected = overturning_by_hand(table, k, threshold)
    found = overturning(table, threshold)
    assert {one.premises for one in found.sets if one.overturns} == expected
    sizes = [len(one.premises) for one in found.sets]
    assert sizes == sorted(sizes)
    searched = search_overturning(k, verdicts_of(table), np.arange(k), threshold)
    assert searched.searched == k
    assert searched == found


def test_sets_whose_verdict_is_within_error_of_the_threshold_are_not_sure():
    table = of_holding(lambda s: 0.9 - 0.5 * (0 not in s) - 0.41 * (1 not in s) - 0.39 * (2 not in s), 3)
    found = overturning(noisy(table, 0.03), 0.5)
    assert [(one.premises, one.overturns, one.is_sure) for one in found.sets] == [
        ((0,), True, True),
        ((1,), True, False),  # 0.49: below one half, but not beyond its error of 0.0075
        ((2,), False, False),  # 0.51: may be below
    ]
    assert found.holds
    assert found.is_sure


def test_nothing_is_sure_where_the_whole_argument_is_not():
    table = of_holding(lambda s: 0.501 - 0.5 * (0 not in s), 1)
    found = overturning(noisy(table, 0.02), 0.5)
    assert not found.is_sure
    assert [one.is_sure for one in found.sets] == [False]


def test_a_set_is_not_sure_if_a_part_of_it_has_no_verdict():
    table = of_holding(lambda s: 0.9 - 0.6 * ({0, 1}.isdisjoint(s)), 2)
    table.verdict[1] = np.nan
    table.replicates[1] = np.nan
    found = overturning(table)
    assert [(one.premises, one.is_sure) for one in found.sets] == [((0, 1), False)]


def test_among_many_premises_sets_are_searched_by_size_and_then_along_the_order():
    k, needed = 20, {3, 7, 11, 15}

    def verdicts(removed):
        left = 0.9 - 0.8 * removed[:, sorted(needed)].all(axis=1)
        return left, np.repeat(left[:, None], 16, axis=1)

    order = np.array([3, 0, 7, 1, 11, 2, 15, *[i for i in range(20) if i not in {0, 1, 2, 3, 7, 11, 15}]])
    found = search_overturning(k, verdicts, order, budget=1_500)
    assert found.searched == 3  # 1 + 20 + 190 + 1,140; sets of four would be 4,845 more
    assert [(set(one.premises), one.is_smallest) for one in found.sets] == [(needed, False)]
    pair = search_overturning(
        k, lambda rows: verdicts(rows | ~np.isin(np.arange(k), [3, 7])), order, budget=1_500
    )
    assert [(set(one.premises), one.is_smallest, one.is_sure) for one in pair.sets] == [({3, 7}, True, True)]


def test_the_search_along_the_order_finds_nothing_where_nothing_overturns():
    def verdicts(removed):
        return np.full(len(removed), 0.9), np.full((len(removed), 16), 0.9)

    assert search_overturning(20, verdicts, np.arange(20), budget=300).sets == ()
