"""Designs against scipy's Sobol points, the definitions of their balance, and measured convergence."""

import threading
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from raison.run.designs import KINDS, REPLICATES, make_design
from raison.run.latin import bijection
from raison.run.sobol import MAX_DIMENSIONS, direction_numbers, scramble, sobol_points

HALF_CELL = 2.0**-33


def by_replicate(points):
    """`[D, 16 * n]` to `[16, D, n]`."""
    return points.reshape(len(points), -1, REPLICATES).transpose(2, 0, 1)


# --- second implementation: scipy --------------------------------------------------------


@pytest.mark.parametrize("dimensions", [1, 7, MAX_DIMENSIONS])
def test_unscrambled_points_are_those_of_scipy_bit_for_bit(dimensions):
    words = np.broadcast_to(direction_numbers(dimensions), (REPLICATES, dimensions, 32))
    ours = sobol_points(words, np.zeros((REPLICATES, dimensions), np.uint32)).points(0, REPLICATES * 512)
    scipy_points = qmc.Sobol(dimensions, scramble=False, bits=32).random(512)
    for replicate in by_replicate(ours):
        np.testing.assert_array_equal(replicate - HALF_CELL, scipy_points.T)


def test_scrambled_points_are_those_of_scipy_given_its_scramblings():
    engines = [qmc.Sobol(5, scramble=True, bits=32, rng=seed) for seed in range(REPLICATES)]
    ours = sobol_points(
        np.stack([engine._sv for engine in engines]), np.stack([engine._shift for engine in engines])
    ).points(0, REPLICATES * 2**14)
    for engine, replicate in zip(engines, by_replicate(ours), strict=True):
        np.testing.assert_array_equal(replicate - HALF_CELL, engine.random(2**14).T)


def test_the_last_points_are_those_of_the_formula():
    words = direction_numbers(3).astype(object)
    ours = sobol_points(
        np.broadcast_to(direction_numbers(3), (REPLICATES, 3, 32)), np.full((REPLICATES, 3), 77, np.uint32)
    )
    last = by_replicate(ours.points(REPLICATES * (2**32 - 5), REPLICATES * 5))[3]
    for k, point in zip(range(2**32 - 5, 2**32), last.T, strict=True):
        chosen = [words[:, j] for j in range(32) if (k ^ k >> 1) >> j & 1]
        assert (point * 2**32 - 0.5).tolist() == list(
            np.bitwise_xor.reduce([*chosen, np.full(3, 77, object)])
        )


def test_points_far_out_are_those_of_scipy():
    words = np.broadcast_to(direction_numbers(3), (REPLICATES, 3, 32))
    ours = sobol_points(words, np.zeros((REPLICATES, 3), np.uint32))
    engine = qmc.Sobol(3, scramble=False, bits=32)
    engine.fast_forward(2**21 - 3)
    far = by_replicate(ours.points(REPLICATES * (2**21 - 3), REPLICATES * 8))[0]
    np.testing.assert_array_equal(far - HALF_CELL, engine.random(8).T)


# --- balance -----------------------------------------------------------------------------


@pytest.mark.parametrize("m", [4, 9, 12])
def test_every_replicate_of_sobol_has_one_point_in_each_cell(m):
    points = by_replicate(make_design("sobol", 12, 3, 1000).points(0, REPLICATES << m))
    cells = np.sort((points * 2**m).astype(int), axis=-1)  # exact: a power of two
    np.testing.assert_array_equal(cells, np.broadcast_to(np.arange(2**m), cells.shape))


def test_the_first_two_coordinates_of_sobol_fill_every_elementary_rectangle():
    """They form a (0, m, 2)-net, which linear scrambling and shifting keep (Matousek 1998)."""
    m = 8
    for x, y in by_replicate(make_design("sobol", 2, 3, 1000).points(0, REPLICATES << m)):
        for k in range(m + 1):
            cell = (x * 2**k).astype(int) * 2 ** (m - k) + (y * 2 ** (m - k)).astype(int)
            assert len(set(cell.tolist())) == 2**m


@pytest.mark.parametrize("draws", [16, 47, 1000, 4099])
def test_every_latin_hypercube_has_one_point_in_each_cell(draws):
    design = make_design("latin", 3, 5, draws)
    size = -(-draws // REPLICATES)
    points = by_replicate(design.points(0, size * REPLICATES))
    cells = [[sorted(int(Fraction(u) * size) for u in row) for row in cube] for cube in points]
    assert cells == [[list(range(size))] * 3] * REPLICATES


@pytest.mark.parametrize("size", [2, 5, 8, 31])
def test_the_bijection_sends_each_pair_everywhere_alike(size):
    """Chi-squared of where points 0 and size-1 go, over 20,000 keys; 6 standard deviations above its mean."""
    keys = np.random.default_rng(0).integers(0, 2**32, (8, 1, 20_000), np.uint32)
    index = np.repeat(np.arange(size, dtype=np.uint32)[:, None], keys.shape[-1], axis=1)
    image = bijection(index, size, keys)
    np.testing.assert_array_equal(np.sort(image, axis=0), index)
    pairs = np.bincount(image[0] * size + image[-1], minlength=size * size)
    expected = keys.shape[-1] / (size * (size - 1))
    distinct = pairs.reshape(size, size)[~np.eye(size, dtype=bool)]
    freedom = len(distinct) - 1
    assert ((distinct - expected) ** 2 / expected).sum() < freedom + 6 * np.sqrt(2 * freedom)


@pytest.mark.parametrize("kind", KINDS)
def test_no_point_is_0_or_1_and_replicates_are_uniform(kind):
    points = make_design(kind, 4, 11, 1 << 16).points(0, 1 << 16)
    assert points.min() > 0
    assert points.max() < 1
    # 5 standard errors of as many independent points: the other two do better
    np.testing.assert_allclose(points.mean(axis=1), 0.5, atol=5 / np.sqrt(12 * (1 << 16)))
    correlation = np.corrcoef(points)[~np.eye(4, dtype=bool)]
    assert np.abs(correlation).max() < 5 / np.sqrt(1 << 16)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_over_replicates_is_unbiased(kind):
    """Replicate means of a curved integrand over 40 seeds: t below 5 with 640 values, mean 1 exactly."""
    means = []
    for seed in range(40):
        u = by_replicate(make_design(kind, 3, seed, 16 * 13).points(0, 16 * 13))  # 13: no round number
        means.append((8 * u.prod(axis=1)).mean(axis=-1))
    means = np.ravel(means)
    assert abs(means.mean() - 1) < 5 * means.std() / np.sqrt(means.size)


def test_sobol_converges_faster_than_chance():
    """A smooth product integrand of mean 1 in 5 dimensions: measured order of the spread of the replicates.

    Scrambled nets reach order 1.5 less logarithms on it, Monte Carlo 0.5.
    """
    orders = {}
    for kind in ("sobol", "random"):
        sizes = np.array([2**6, 2**8, 2**10, 2**12])
        spread = []
        for size in sizes:
            u = by_replicate(make_design(kind, 5, 1, 16 * size).points(0, 16 * size))
            spread.append(np.prod(1 + (u - 0.5) / 2, axis=1).mean(axis=-1).std(ddof=1))
        orders[kind] = -np.polyfit(np.log(sizes), np.log(spread), 1)[0]
    # each spread has an error of 18%, so an order fitted over four doublings of two is good to about 0.1
    assert orders["sobol"] > 1.1
    assert 0.3 < orders["random"] < 0.7


def test_replicates_of_one_design_are_independent():
    points = by_replicate(make_design("sobol", 6, 2, 1000).points(0, 16))[..., 0]
    assert len(np.unique(points)) == points.size
    many = np.concatenate(
        [by_replicate(make_design("sobol", 8, s, 16).points(0, 16))[..., 0] for s in range(60)], 1
    )
    correlation = np.corrcoef(many)[~np.eye(REPLICATES, dtype=bool)]
    assert np.abs(correlation).max() < 5 / np.sqrt(many.shape[1])  # 120 pairs, 5 standard errors


# --- addressed by index ------------------------------------------------------------------

WHOLE = {kind: make_design(kind, 3, 9, 70_000).points(0, 70_000) for kind in KINDS}


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KINDS), st.integers(0, 69_000), st.integers(0, 40_000))
def test_any_chunk_holds_the_same_bits(kind, start, count):
    count = min(count, 70_000 - start)
    chunk = make_design(kind, 3, 9, 70_000).points(start, count)
    np.testing.assert_array_equal(chunk, WHOLE[kind][:, start : start + count])


@pytest.mark.parametrize("kind", ["sobol", "random"])
def test_a_longer_design_begins_with_the_shorter(kind):
    short, long = make_design(kind, 4, 9, 100), make_design(kind, 4, 9, 10_000)
    assert short.extendable
    np.testing.assert_array_equal(short.points(0, 300), long.points(0, 300))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("more", [70, 700])
def test_another_parameter_leaves_the_coordinates_of_the_others(kind, more):
    few, many = make_design(kind, 2, 9, 640), make_design(kind, more, 9, 640)
    np.testing.assert_array_equal(few.points(0, 640), many.points(0, 640)[:2])


def test_threads_may_share_a_design():
    design = make_design("sobol", 35, 0, 1)
    blocks: dict[int, np.ndarray] = {}

    def work(first):
        for block in range(first, 8, 2):
            blocks[block] = design.points(block << 14, 1 << 14)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 1)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    np.testing.assert_array_equal(
        np.concatenate([blocks[b] for b in range(8)], axis=1), design.points(0, 1 << 17)
    )


def test_a_model_without_uncertainty_has_empty_points():
    assert all(make_design(kind, 0, 0, 1 << 15).points(0, 1 << 15).shape == (0, 1 << 15) for kind in KINDS)


# --- golden: the bits of a seed never change silently --------------------------------------

GOLDEN = {
    "sobol": [
        ["0x1.6fdc5c4500000p-1", "0x1.00d6847900000p-1", "0x1.907cc99500000p-1"],
        ["0x1.679e95ad00000p-1", "0x1.4dd89edc00000p-3", "0x1.87d0bea000000p-6"],
    ],
    "latin": [
        ["0x1.7d80cc5965966p-2", "0x1.a7bf8628a28a3p-3", "0x1.94d24c0c30c31p-1"],
        ["0x1.cac90eaaaaaabp-3", "0x1.7994a9b2cb2cbp-1", "0x1.bc8aca9a69a6ap-3"],
    ],
    "random": [
        ["0x1.93b0a38e3b5d1p-1", "0x1.6a94b64501ad8p-4", "0x1.c121b546f1a83p-1"],
        ["0x1.5a8b38b2ee577p-1", "0x1.ae61880ee30f3p-1", "0x1.288dc58c909d0p-5"],
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_bits_of_a_seed_stay(kind):
    points = make_design(kind, 2, 2024, 1000).points(15, 3)
    assert [[u.hex() for u in row] for row in points.tolist()] == GOLDEN[kind]


def test_the_words_of_the_first_dimensions_are_those_published():
    """Joe and Kuo's m_1, m_2, m_3 by hand: 2 m ^ m for dimension 2; 4 + 1 ^ 2 * 3 = 3 ends dimension 3."""
    first = direction_numbers(4)[:, :3] >> np.array([31, 30, 29], np.uint32)
    assert first.tolist() == [[1, 1, 1], [1, 3, 5], [1, 3, 3], [1, 3, 1]]


# --- refusals ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        pytest.param(("sobol", 2, -1, 10), ValueError, "'seed' of at least 0; got -1", id="negative seed"),
        pytest.param(
            ("sobol", 2, 1.0, 10), TypeError, "whole number for 'seed'; got 1.0", id="seed not whole"
        ),
        pytest.param(("sobol", 2, None, 10), TypeError, "'seed'; got None", id="no seed"),
        pytest.param(("sobol", 2, True, 10), TypeError, "'seed'; got True", id="seed is a truth value"),
        pytest.param(("latin", 2, 0, 0), ValueError, "'draws' of at least 1; got 0", id="no draws"),
        pytest.param(("sobol", -2, 0, 1), ValueError, "'dimensions' of at least 0", id="negative dimensions"),
        pytest.param(
            ("halton", 2, 0, 10), ValueError, "sobol, latin, random; got 'halton'", id="unknown kind"
        ),
        pytest.param(
            ("sobol", 1025, 0, 10), ValueError, "at most 1024 .* got 1025; use", id="too many dimensions"
        ),
        pytest.param(("latin", 1, 0, 1 << 40), ValueError, "use design 'sobol'", id="latin too large"),
    ],
)
def test_refuses_a_design_it_cannot_make(arguments, error, says):
    with pytest.raises(error, match=says):
        make_design(*arguments)


@pytest.mark.parametrize(
    ("kind", "start", "count", "says"),
    [
        ("sobol", -1, 3, "at least 0"),
        ("random", 0, -3, "at least 0"),
        ("latin", 990, 20, "below 1008; got 1009; make a new one"),
        ("sobol", 2**36, 1, "ask for fewer"),
    ],
)
def test_refuses_draws_that_a_design_does_not_have(kind, start, count, says):
    with pytest.raises(ValueError, match=says):
        make_design(kind, 2, 0, 1000).points(start, count)


def test_seed_0_is_a_seed_like_any_other():
    zero, again, one = (make_design("sobol", 2, seed, 10).points(0, 10) for seed in (0, np.int64(0), 1))
    np.testing.assert_array_equal(zero, again)
    assert (zero != one).all()


def test_a_scramble_keeps_the_leading_digits_of_its_matrix():
    """A lower triangular matrix with ones on the diagonal leaves the first digit that is not 0 in place."""
    words = direction_numbers(40)
    scrambled, _ = scramble(words, np.random.SeedSequence(7))
    np.testing.assert_array_equal(np.frexp(words.astype(float))[1], np.frexp(scrambled.astype(float))[1])


def test_more_draws_than_a_design_has_are_refused_before_the_first():
    with pytest.raises(ValueError, match="68,719,476,736 draws at most"):
        make_design("sobol", 2, 1, 10**20)
