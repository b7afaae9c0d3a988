"""Sobol indices from their own design: closed forms, SALib, what the intervals hold, what failures do."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from raison.challenge.methods.jackknife import Status
from raison.challenge.methods.sobol import SobolSums, make_sobol_design, sobol_indices
from raison.run.designs import REPLICATES

WEIGHTS = np.array([0, 0.5, 3, 9, 99, 99, 99, 99], float)


def g_function(points):
    """Sobol's product function, whose indices are products too."""
    return np.prod((np.abs(4 * points - 2) + WEIGHTS[:, None]) / (1 + WEIGHTS[:, None]), axis=0)


def g_indices():
    """Saltelli and Sobol' (1995): the variance of a product of independent factors with mean 1."""
    own = 1 / (3 * (1 + WEIGHTS) ** 2)
    variance = np.prod(1 + own) - 1
    return own / variance, own * np.prod(1 + own) / (1 + own) / variance


def ishigami(points):
    x = np.pi * (2 * points - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def ishigami_indices():
    """Ishigami and Homma (1990) with a = 7, b = 0.1."""
    a, b = 7, 0.1
    one = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    two, both = a**2 / 8, b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    variance = one + two + both
    return np.array([one, two, 0]) / variance, np.array([one + both, two, both]) / variance


def product_of_two(points):
    """1 where both coordinates are above 1/3, which is no fraction of two: no design hits it exactly."""
    return ((points[0] > 1 / 3) & (points[1] > 1 / 3)).astype(float)


def product_indices():
    """p = 4/9; Var E[y|x1] = (2/3)^2 * 2/9, E Var[y|x2] = 2/3 * 2/9."""
    variance = 4 / 9 * 5 / 9
    return np.full(2, 4 / 9 * 2 / 9 / variance), np.full(2, 2 / 3 * 2 / 9 / variance)


CASES = {
    "g-function": (g_function, 8, g_indices()),
    "Ishigami": (ishigami, 3, ishigami_indices()),
    "a verdict": (product_of_two, 2, product_indices()),
}


def analysed(function, design, rows=1_024):
    """Indices of a function `[D, n] -> [n]` or `[Q, n]`."""
    sums = None
    for points in design.blocks(rows):
        answers = np.atleast_2d(function(points)).astype(float)
        sums = (sums or SobolSums.start(len(design.groups), len(answers))).fold(answers)
    return sobol_indices(sums)


@functools.cache
def repeated(name, rows, seeds):
    function, dimensions, _ = CASES[name]
    return tuple(analysed(function, make_sobol_design(dimensions, rows, seed)) for seed in range(seeds))


@pytest.mark.parametrize("name", CASES)
def test_indices_agree_with_the_closed_form(name):
    function, dimensions, exact = CASES[name]
    found = analysed(function, make_sobol_design(dimensions, 65_536, 0))
    for estimates, true in zip((found.first, found.total), exact, strict=True):
        # five standard errors, of at most a few thousandths
        assert np.all(np.abs(estimates.value[0] - true) <= 5 * estimates.standard_error[0] + 1e-12)
        assert estimates.standard_error.max() < 0.004


@pytest.mark.parametrize("name", CASES)
def test_intervals_hold_the_index_in_95_of_100_runs(name):
    seeds, (_, dimensions, exact) = 200, CASES[name]
    for kind, true in zip(("first", "total"), exact, strict=True):
        ends = [getattr(found, kind) for found in repeated(name, 1_024, seeds)]
        hits = sum((e.low[0] <= true) & (true <= e.high[0]) for e in ends)
        assert hits.min() >= stats.binom.ppf(0.001 / dimensions, seeds, 0.93)
        halved = sum(np.abs(e.value[0] - true) <= (e.high[0] - e.low[0]) / 4 for e in ends)
        assert halved.mean() < stats.binom.ppf(0.001, seeds, 0.93)  # half the width would be caught


@pytest.mark.parametrize("name", CASES)
def test_the_error_falls_at_least_with_the_root_of_the_rows(name):
    true = np.concatenate(CASES[name][2])

    def error(rows):
        values = [np.concatenate([f.first.value[0], f.total.value[0]]) for f in repeated(name, rows, 25)]
        return np.sqrt(np.mean((np.array(values) - true) ** 2))

    order = np.log2(error(512) / error(8_192)) / 4
    # the rate itself has a standard error of about log2(1 + 1 / 7) * 2**0.5 / 4 = 0.07 from 25 seeds
    assert order > 0.5 - 0.2


def test_an_inert_input_has_indices_of_exactly_zero():
    found = analysed(
        lambda points: g_function(np.vstack([points[:7], points[:1]])), make_sobol_design(8, 256, 3)
    )
    assert found.first.value[0, 7] == found.total.value[0, 7] == 0
    assert found.first.standard_error[0, 7] == 0


def test_salib_agrees_within_both_errors():
    analysis = pytest.importorskip("SALib.analyze.sobol")
    sampling = pytest.importorskip("SALib.sample.sobol")
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    points = sampling.sample(problem, 4_096, calc_second_order=False, seed=1)
    other = analysis.analyze(problem, ishigami(points.T), calc_second_order=False, seed=1)
    found = analysed(ishigami, make_sobol_design(3, 4_096, 1))
    for estimates, key in ((found.first, "S1"), (found.total, "ST")):
        allowed = np.hypot(4 * estimates.standard_error[0], 2 * other[f"{key}_conf"])
        assert np.all(np.abs(estimates.value[0] - other[key]) <= allowed)
        assert np.all(estimates.standard_error[0] < 0.02)


def test_the_design_is_that_of_saltelli_and_each_scrambling_is_its_own():
    design = make_sobol_design(3, 100, 5, [[0, 2], [1]])
    assert design.rows == 112
    assert design.evaluations == 4 * 112
    points = np.concatenate([p.reshape(3, 4, -1) for p in design.blocks(32)], axis=2)
    a, b, both, middle = points.transpose(1, 0, 2)
    np.testing.assert_array_equal(both, [b[0], a[1], b[2]])
    np.testing.assert_array_equal(middle, [a[0], b[1], a[2]])
    assert not np.isin(a, b).any()
    assert len(np.unique(points[:, :, :REPLICATES])) == 2 * 3 * REPLICATES


def test_a_group_has_the_index_of_its_inputs_together():
    found = analysed(ishigami, make_sobol_design(3, 16_384, 2, [[0, 2], [1]]))
    share = ishigami_indices()[0][1]  # nothing interacts with the middle input
    for estimates in (found.first, found.total):
        np.testing.assert_allclose(estimates.value[0], [1 - share, share], atol=0.01)  # ten standard errors


def test_groups_of_one_in_another_order_give_the_same_numbers():
    plain = analysed(ishigami, make_sobol_design(3, 1_024, 4))
    for order in itertools.permutations(range(3)):
        found = analysed(ishigami, make_sobol_design(3, 1_024, 4, [[d] for d in order]))
        np.testing.assert_array_equal(found.total.value[0], plain.total.value[0, list(order)])
        np.testing.assert_array_equal(found.first.high[0], plain.first.high[0, list(order)])


@given(
    scale=st.floats(1e-6, 1e6).flatmap(lambda s: st.sampled_from([s, -s])),
    relative=st.floats(-1e3, 1e3),
    seed=st.integers(0, 50),
)
@settings(max_examples=30, deadline=None)
def test_indices_do_not_change_with_the_unit_and_origin_of_the_answer(scale, relative, seed):
    design = make_sobol_design(3, 128, seed)
    found = analysed(lambda p: np.stack([ishigami(p), scale * (ishigami(p) + relative)]), design)
    for estimates in (found.first, found.total):
        # the answer itself loses three digits when a thousand is added to it
        np.testing.assert_allclose(estimates.value[1], estimates.value[0], rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(
            estimates.standard_error[1], estimates.standard_error[0], rtol=1e-7, atol=1e-9
        )


def test_a_large_mean_does_no_harm():
    design = make_sobol_design(3, 1_024, 1)
    found = analysed(lambda p: np.stack([ishigami(p), ishigami(p) + 1e9]), design)
    # adding 1e9 rounds the answer by 1e-7
    np.testing.assert_allclose(found.first.value[1], found.first.value[0], atol=1e-6)


def test_the_size_of_the_blocks_does_not_matter():
    design = make_sobol_design(3, 1_000, 7)
    few, many = (analysed(ishigami, design, rows) for rows in (16, 4_096))
    np.testing.assert_allclose(few.first.value, many.first.value, rtol=1e-10)
    np.testing.assert_allclose(few.total.high, many.total.high, rtol=1e-10)


def test_what_is_kept_does_not_grow_with_the_answers():
    design = make_sobol_design(3, 4_096, 7)
    sizes = set()
    sums = SobolSums.start(3, 1)
    for points in design.blocks(256):
        sums = sums.fold(ishigami(points)[None])
        sizes.add(sums.sums.nbytes)
    assert sizes == {10 * 3 * REPLICATES * 8}


def test_failures_are_counted_and_harm_no_other_answer():
    random = np.random.default_rng(0)

    def answers(points):
        fails = random.random(points.shape[1]) < 0.1
        return np.stack([ishigami(points), np.where(fails, np.nan, ishigami(points))])

    design = make_sobol_design(3, 16_384, 1)
    found, plain = analysed(answers, design), analysed(ishigami, design)
    np.testing.assert_array_equal(found.first.value[0], plain.first.value[0])
    assert found.failed[0] == 0
    # 81,920 evaluations, 5 standard deviations
    assert abs(found.failed[1] - 8_192) < 5 * (81_920 * 0.09) ** 0.5
    assert np.all(np.abs(found.rows[1] / 16_384 - 0.9**3) < 5 * (0.729 * 0.271 / 16_384) ** 0.5)
    for kind, exact in zip((found.first, found.total), ishigami_indices(), strict=True):
        assert np.all(np.abs(kind.value[1] - exact) <= 4.5 * kind.standard_error[1])


def test_a_failure_at_one_groups_point_costs_the_others_nothing():
    design = make_sobol_design(3, 256, 1)
    answers = np.concatenate([ishigami(p).reshape(5, -1) for p in design.blocks(256)])
    answers[3, 17] = np.inf  # group 1
    found = sobol_indices(SobolSums.start(3, 1).fold(answers.reshape(1, -1)))
    plain = analysed(ishigami, design, 256)
    np.testing.assert_array_equal(found.rows, [[256, 255, 256]])
    np.testing.assert_allclose(found.first.value[0, [0, 2]], plain.first.value[0, [0, 2]], rtol=1e-12)
    assert found.first.value[0, 1] != plain.first.value[0, 1]
    assert found.failed.tolist() == [1]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(lambda p: np.full(p.shape[1], 0.1), Status.CONSTANT, id="constant"),
        pytest.param(lambda p: 1e9 + 1e-7 * p[0], Status.CONSTANT, id="constant but for rounding"),
        pytest.param(lambda p: np.full(p.shape[1], np.nan), Status.TOO_FEW, id="all fail"),
        pytest.param(
            lambda p: np.where(np.arange(p.shape[1]) % 16 == 3, p[0], np.nan),
            Status.TOO_FEW,
            id="one scrambling left",
        ),
    ],
)
def test_without_variation_or_draws_there_is_no_index_but_a_sentence(answer, status):
    found = analysed(answer, make_sobol_design(2, 256, 0))
    assert found.status.tolist() == [status]
    assert np.isnan(found.first.value).all()
    assert np.isnan(found.total.high).all()
    assert Status(status).sentence.endswith(".")


@pytest.mark.parametrize(
    ("edge", "rows", "flip"),
    [
        pytest.param(0.1, 1_024, False, id="ten ones at each point"),
        pytest.param(0.03, 8_192, True, id="seven zeros"),
        pytest.param(0.3, 1_024, False, id="about thirty pairs, on both sides of the switch"),
    ],
)
def test_intervals_hold_the_index_where_one_answer_is_rare(edge, rows, flip):
    """Both coordinates below the edge: S = e (1 - e) / (1 - e^2), T = (1 - e) / (1 - e^2)."""
    exact = np.array([edge, 1]) * (1 - edge) / (1 - edge**2)
    seeds, hits, by_count = 200, np.zeros((2, 2)), 0
    for seed in range(seeds):
        design = make_sobol_design(2, rows, seed)
        found = analysed(lambda p: (p < edge).all(axis=0) != flip, design, rows)
        for k, estimates in enumerate((found.first, found.total)):
            hits[k] += (estimates.low[0] <= exact[k]) & (exact[k] <= estimates.high[0])
        by_count += found.first_by_count.mean()
    assert hits.min() >= stats.binom.ppf(0.001, seeds, 0.93)
    assert by_count > seeds / 2


def test_a_rare_answer_that_one_input_decides():
    """Nothing contradicts S = 1 and T = 0 in some 40 cases; 0.025 ** (1 / 40) is the binomial end."""
    found = analysed(lambda p: p[0] < 0.01, make_sobol_design(2, 4_096, 0))
    # a total index is above 1 by chance, by a thousandth at most, and takes part in the first-order one
    assert found.first.value[0, 0] == pytest.approx(1, abs=1e-3)
    assert found.first.high[0, 0] == pytest.approx(1)
    assert 0.90 < found.first.low[0, 0] < 0.93
    assert 0.07 < found.total.high[0, 1] < 0.10
    assert found.total.low[0, 1] == pytest.approx(0, abs=1e-12)


def test_mean_and_variance_are_those_of_the_answer():
    found = analysed(ishigami, make_sobol_design(3, 65_536, 0))
    assert found.status.tolist() == [Status.FOUND]
    assert found.mean[0] == pytest.approx(3.5, abs=1e-2)
    assert found.variance[0] == pytest.approx(
        0.5 + 49 / 8 + np.pi**4 * 0.1 / 5 + np.pi**8 * 0.01 / 18, rel=1e-2
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param(lambda: make_sobol_design(2, 16, 0, [[0], [0, 1]]), "at most once", id="twice"),
        pytest.param(lambda: make_sobol_design(2, 16, 0, [[2]]), "coordinates 0 to 1", id="beyond"),
        pytest.param(lambda: make_sobol_design(2, 16, 0, []), "at least one group", id="no group"),
        pytest.param(lambda: make_sobol_design(513, 16, 0), "at most 512 .* got 513", id="too many"),
        pytest.param(lambda: next(make_sobol_design(2, 16, 0).blocks(20)), "multiple of 16", id="block"),
        pytest.param(lambda: SobolSums.start(2, 1).fold(np.zeros((1, 16))), "4 \\* n", id="answers"),
    ],
)
def test_what_cannot_be_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
