"""Rank correlations: Spearman's coefficient of a sample, the margins, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from raison.model.records import Correlation
from raison.program.copula import correlated, factor
from raison.run.designs import make_design

NAMES = ("a", "b", "c", "d")
DRAWS = 1 << 15


def points():
    return dict(zip(NAMES, jnp.asarray(make_design("sobol", 4, 0, DRAWS).points(0, DRAWS)), strict=True))


@pytest.mark.parametrize(
    "correlations",
    [
        pytest.param((Correlation(("b", "d"), 0.7),), id="one pair"),
        pytest.param((Correlation(("d", "b"), -0.95),), id="against the order"),
        pytest.param((Correlation(("a", "c", "d"), 0.4),), id="among three"),
        pytest.param((Correlation(("a", "b"), 0.6), Correlation(("b", "c"), -0.6)), id="chain"),
    ],
)
def test_ranks_are_correlated_as_asked_and_margins_stay_uniform(correlations):
    made = jax.jit(lambda rows: correlated(correlations, rows))(points())
    asked = np.eye(4)
    for correlation in correlations:
        for x in correlation.among:
            for y in correlation.among:
                if x != y:
                    asked[NAMES.index(x), NAMES.index(y)] = correlation.rank
    sample = np.array([made[name] for name in NAMES])
    found = np.corrcoef(stats.rankdata(sample, axis=1))
    # the largest error of independent draws would be 0.0055 for each pair; these points do better
    np.testing.assert_allclose(found, asked, atol=0.005)
    for row in sample:
        assert stats.kstest(row, "uniform").statistic < 1.36 / np.sqrt(DRAWS)  # 5% point of independent draws


def test_what_is_not_correlated_keeps_its_bits():
    before = points()
    after = correlated((Correlation(("d", "b"), 0.5),), before)
    assert tuple(after) == NAMES
    for name in ("a", "b", "c"):  # b comes first in the order of coordinates
        np.testing.assert_array_equal(before[name], after[name])
    assert (np.asarray(before["d"]) != np.asarray(after["d"])).any()
    np.testing.assert_array_equal(correlated((), before)["d"], before["d"])


def test_the_factor_is_that_of_pearsons_formula():
    """By hand: rank 0.5 is rho = 2 sin(pi / 12), and the second row is (rho, sqrt(1 - rho**2))."""
    rho = (np.sqrt(6) - np.sqrt(2)) / 2
    made = factor((Correlation(("b", "d"), 0.5),), NAMES)
    assert made.names == ("b", "d")
    np.testing.assert_allclose(made.rows, [[1, 0], [rho, np.sqrt(1 - rho**2)]], rtol=1e-15)


def test_a_larger_factor_is_numpys():
    ranks = {("a", "b"): 0.3, ("a", "c"): -0.5, ("b", "c"): 0.2, ("c", "d"): 0.6}
    made = factor([Correlation(pair, rank) for pair, rank in ranks.items()], NAMES)
    matrix = np.eye(4)
    for (x, y), rank in ranks.items():
        i, j = NAMES.index(x), NAMES.index(y)
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * rank / 6)
    np.testing.assert_allclose(made.rows, np.linalg.cholesky(matrix), rtol=1e-14, atol=1e-15)


def test_fixed_parameters_leave_the_others_correlated():
    correlations = (Correlation(("a", "b"), 0.5), Correlation(("b", "gone"), 0.9))
    assert factor(correlations, NAMES).names == ("a", "b")
    assert factor((Correlation(("b", "gone"), 0.9),), NAMES).names == ()


def test_extreme_points_stay_inside_the_unit_interval():
    edge = 2.0**-33
    rows = {name: jnp.array([edge, 1 - edge]) for name in NAMES}
    made = correlated((Correlation(NAMES, 0.5),), rows)
    values = np.array(list(made.values()))
    assert values.min() > 0
    assert values.max() < 1


@pytest.mark.parametrize(
    ("correlations", "says"),
    [
        pytest.param(
            (Correlation(("a", "b"), 0.9), Correlation(("b", "c"), 0.9), Correlation(("a", "c"), -0.9)),
            "positive definite matrix; that of 'a', 'b', 'c' is not; bring some ranks nearer to 0",
            id="contradiction",
        ),
        pytest.param((Correlation(NAMES, -0.4),), "positive definite", id="all against all"),
        pytest.param((Correlation(("a", "b"), 1.0),), "between -1 and 1; 'a' and 'b' have 1", id="one"),
        pytest.param(
            (Correlation(("a", "b"), 0.1), Correlation(("b", "a"), 0.2)),
            "have 0.1 and 0.2; remove",
            id="twice",
        ),
    ],
)
def test_refuses_correlations_that_cannot_be(correlations, says):
    with pytest.raises(ValueError, match=says):
        factor(correlations, NAMES)
