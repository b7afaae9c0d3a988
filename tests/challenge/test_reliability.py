"""The nearest flip: limit states with known design points, other solvers, and invariants."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

import raison
from raison.challenge.asked import Asked
from raison.challenge.engine import Engine
from raison.challenge.methods.polish import least_distance
from raison.challenge.methods.reliability import nearest_flip
from raison.challenge.methods.tipping import tipping_points
from raison.program.engine import configure
from raison.run.plan import make_plan


def in_normal_space(function):
    return lambda u: function(ndtri(u))


def direction(dimension):
    a = np.arange(1.0, dimension + 1) * np.where(np.arange(dimension) % 2, -1, 1)
    return a / np.linalg.norm(a)


@pytest.mark.parametrize("dimension", [1, 2, 5, 20])
@pytest.mark.parametrize("shape", ["root", "jump"])
def test_a_plane_has_its_exact_distance_and_share(dimension, shape):
    a, beta = direction(dimension), 3.7
    height = (lambda z: beta - a @ z) if shape == "root" else (lambda z: np.where(a @ z < beta, 1.0, -2.0))
    found = nearest_flip(in_normal_space(height), dimension, seed=0)
    point = found.points[0]
    assert (found.status, found.holds_at_medians, found.nearer) == ("found", True, 0)
    assert point.kind == shape
    assert point.beta == pytest.approx(beta, rel=1e-12)  # a cosine off by 1e-6 costs half its square
    np.testing.assert_allclose(point.cosines, a, atol=2e-6)
    assert point.probability == pytest.approx(ndtr(-beta), rel=1e-11)
    if shape == "root":
        assert point.second_order == pytest.approx(ndtr(-beta), rel=1e-6)  # rounding of second differences
        assert abs(point.margin) < 1e-12  # the spacing of numbers below 1 over the density at 3.7
    else:
        assert point.second_order is None
        assert (point.margin, point.last_margin) == (-2.0, 1.0)


def test_a_plane_among_ties_is_a_root():
    a, beta = direction(12), 0.9

    def height(z):  # as solvers give margins: 0 where rounding might decide
        margin = a @ z - beta
        return np.where(np.abs(margin) <= 4e-9, 0.0, margin)

    point = nearest_flip(in_normal_space(height), 12, seed=0).points[0]
    assert point.kind == "root"
    assert point.beta == pytest.approx(beta, abs=5e-9)  # the ties begin 4e-9 before
    np.testing.assert_allclose(point.cosines, a, atol=2e-6)


@pytest.mark.parametrize("kappa", [0.3, -0.15])
def test_a_parabola_has_breitungs_share(kappa):
    # beta kappa > -1, so the vertex is the nearest point
    beta, dimension = 4.0, 6
    found = nearest_flip(
        in_normal_space(lambda z: beta - z[0] + 0.5 * kappa * np.sum(z[1:] ** 2, axis=0)), dimension, seed=0
    )
    point = found.points[0]
    assert point.beta == pytest.approx(beta, rel=1e-12)
    np.testing.assert_allclose(point.cosines, np.eye(dimension)[0], atol=2e-6)
    formula = ndtr(-beta) / (1 + beta * kappa) ** ((dimension - 1) / 2)
    assert point.second_order == pytest.approx(formula, rel=1e-5)


def test_breitungs_share_comes_closer_to_the_integral_than_the_first_order():
    beta, kappa, dimension = 6.0, 0.2, 4
    exact = quad(lambda s: ndtr(-(beta + 0.5 * kappa * s)) * chi2.pdf(s, dimension - 1), 0, 80, epsrel=1e-10)[
        0
    ]
    found = nearest_flip(
        in_normal_space(lambda z: beta - z[0] + 0.5 * kappa * np.sum(z[1:] ** 2, axis=0)), dimension, seed=0
    )
    point = found.points[0]
    assert point.probability / exact > 3
    assert point.second_order == pytest.approx(exact, rel=0.05)  # exact as beta grows; 4% at 6


def test_a_strongly_curved_boundary_is_nearest_beside_its_vertex():
    # 3 - z0 - z1^2/2 = 0: with s = z0, |z|^2 = s^2 + 2 (3 - s), smallest at s = 1
    found = nearest_flip(in_normal_space(lambda z: 3 - z[0] - 0.5 * z[1] ** 2), 2, seed=0)
    assert [point.beta for point in found.points[:2]] == pytest.approx([np.sqrt(5)] * 2, rel=1e-11)
    assert sorted(np.round([point.z[1] for point in found.points[:2]], 4)) == [-2.0, 2.0]


def test_four_branches_are_four_design_points():
    def branches(z):
        total, difference = (z[0] + z[1]) / np.sqrt(2), z[0] - z[1]
        return np.min([3 + 0.1 * difference**2 - np.abs(total), 7 / np.sqrt(2) - np.abs(difference)], axis=0)

    found = nearest_flip(in_normal_space(branches), 2, seed=0)
    assert [point.beta for point in found.points] == pytest.approx([3, 3, 3.5, 3.5], rel=1e-11)
    exact = (
        1
        - quad(
            lambda d: np.exp(-d * d / 2) / np.sqrt(2 * np.pi) * (1 - 2 * ndtr(-3 - 0.2 * d * d)), -3.5, 3.5
        )[0]
    )
    assert sum(point.second_order for point in found.points) == pytest.approx(exact, rel=0.05)


CORNER = np.array([2.0, 1.5, 1.0, 0.5])


@pytest.mark.parametrize("dimension", [4, 10])
@pytest.mark.parametrize("shape", ["kink", "jump"])
def test_a_corner_of_four_planes_is_met(dimension, shape):
    def height(z):
        worst = np.max(CORNER[:, None] - z[:4], axis=0)
        return worst if shape == "kink" else np.where(worst < 0, -1.0, 1.0)

    found = nearest_flip(in_normal_space(height), dimension, seed=0)
    point = found.points[0]
    assert point.beta == pytest.approx(np.linalg.norm(CORNER), rel=1e-8)
    np.testing.assert_allclose(point.z[:4], CORNER, atol=1e-3)
    assert point.second_order is None
    assert found.nearer == 0


def test_the_design_point_is_that_of_another_solver():
    def height(z):
        return np.exp(0.4 * (z[0] + 2) + 6.2) - np.exp(0.3 * z[1] + 5) - 200 + 30 * np.sin(z[2]) * z[1]

    found = nearest_flip(in_normal_space(height), 3, seed=0).points[0]
    other = min(
        (
            minimize(
                lambda z: z @ z,
                start,
                constraints={"type": "eq", "fun": lambda z: height(z) / 100},
                method="SLSQP",
                options={"ftol": 1e-14, "maxiter": 500},
            )
            for start in np.random.default_rng(0).normal(size=(20, 3)) * 2
        ),
        key=lambda result: result.fun if result.success else np.inf,
    )
    assert found.beta == pytest.approx(np.sqrt(other.fun), rel=1e-6)  # SLSQP's own tolerance
    assert found.margin == pytest.approx(0, abs=1e-9)


def test_a_small_region_that_no_start_leads_to_is_found_by_the_check():
    centre = 2.5 * np.array([np.cos(0.4), np.sin(0.4)])

    def height(z):
        near = np.hypot(z[0] - centre[0], z[1] - centre[1]) < 0.1
        return np.where(near, -1.0, 4 - z[0])

    found = nearest_flip(in_normal_space(height), 2, seed=0, random_starts=0)
    assert found.points[0].beta == pytest.approx(2.4, rel=1e-6)
    assert found.points[0].kind == "jump"
    assert found.nearer == 0


def test_a_given_start_leads_to_a_region_that_is_else_missed():
    centre = 3 * direction(8)

    def height(z):
        return np.where(np.linalg.norm(z - centre[:, None], axis=0) < 0.1, -1.0, 1.0)

    missed = nearest_flip(in_normal_space(height), 8, seed=0)
    assert missed.status == "none within reach"
    assert missed.points == ()
    assert missed.checked == 4096
    found = nearest_flip(in_normal_space(height), 8, seed=0, starts=ndtr(centre + 0.03)[:, None])
    assert found.points[0].beta == pytest.approx(2.9, rel=1e-6)


def test_a_flip_at_the_edge_of_what_has_an_answer():
    found = nearest_flip(
        in_normal_space(lambda z: np.where(z[0] > 1, np.nan, 2.5 - z[0] - 0.5 * z[1])), 2, seed=0
    )
    # the plane's own nearest point (2, 1) has no answer; the nearest that has is (1, 3)
    assert found.points[0].beta == pytest.approx(np.sqrt(10), rel=1e-4)


def test_where_a_move_is_not_available_the_margin_is_infinite_and_jumps():
    found = nearest_flip(in_normal_space(lambda z: np.where(z[0] > 1.5, -np.inf, 2 - z[1])), 3, seed=0)
    assert [point.kind for point in found.points[:2]] == ["jump", "root"]
    assert [point.beta for point in found.points[:2]] == pytest.approx([1.5, 2.0], rel=1e-9)
    assert found.points[0].margin == -np.inf


def test_a_conclusion_that_fails_at_the_medians_flips_to_holding_and_0_holds():
    found = nearest_flip(in_normal_space(lambda z: np.minimum(z[0] - 2, 0.0)), 3, seed=0)
    assert not found.holds_at_medians
    assert found.points[0].beta == pytest.approx(2, rel=1e-12)
    assert found.points[0].margin == 0


def test_no_answer_at_the_medians_is_said():
    found = nearest_flip(in_normal_space(lambda z: z[0] * np.nan), 2, seed=0)
    assert (found.status, found.points, found.holds_at_medians) == ("undefined at the medians", (), None)


def test_a_given_gradient_is_used_and_changes_nothing():
    a, calls = direction(4), []

    def gradient(u):
        calls.append(u.shape)
        z = ndtri(u)
        return -a[:, None] * np.sqrt(2 * np.pi) * np.exp(z**2 / 2)

    margin = in_normal_space(lambda z: 2.5 - a @ z)
    by_gradient = nearest_flip(margin, 4, seed=3, gradient=gradient)
    assert calls
    np.testing.assert_allclose(
        by_gradient.points[0].z, nearest_flip(margin, 4, seed=3).points[0].z, atol=1e-5
    )


def test_the_seed_decides():
    margin = in_normal_space(lambda z: np.where(z[0] + z[1] ** 2 < 3, 1.0, -1.0))
    first, again, other = (nearest_flip(margin, 3, seed=seed).points[0] for seed in (0, 0, 1))
    assert (first.z == again.z).all()
    assert (first.z != other.z).any()
    assert first.beta == pytest.approx(other.beta, rel=1e-6)


def test_tipping_points_are_no_nearer_than_the_nearest_flip():
    margin = in_normal_space(lambda z: 2 - z[0] - 0.3 * z[1] + 0.2 * z[0] * z[2])
    axes = tipping_points(margin, lambda p, u: ndtri(u), np.full(3, 0.5))
    nearest = nearest_flip(margin, 3, seed=0).points[0].beta
    along = [abs(axis.nearest.value) for axis in axes if axis.nearest]
    assert along[0] == pytest.approx(2)
    assert nearest < min(along)


WRONG = {
    "no parameter": ({"dimension": 0}, "dimension"),
    "starts of another shape": ({"starts": np.zeros((3, 1))}, "shape"),
    "too far": ({"reach": 9.0}, "reach"),
    "negative": ({"checks": -1}, "checks"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        nearest_flip(lambda u: u[0], **{"dimension": 2, "seed": 0} | change)


def test_the_least_distance_is_that_of_a_corner_and_none_where_half_spaces_are_apart():
    normals = np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(least_distance(normals, np.array([2.0, 3.0])), [2, 3], atol=1e-12)
    np.testing.assert_allclose(least_distance(normals, np.array([2.0, -3.0])), [2, 0], atol=1e-12)
    assert least_distance(np.array([[1.0, -1.0], [0.0, 0.0]]), np.array([1.0, 1.0])) is None


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 8), st.integers(0, 10**6), st.floats(0.5, 6), st.booleans())
def test_rotation_leaves_the_distance_and_turns_the_point(dimension, seed, beta, is_jump):
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(dimension, dimension)))[0]
    a = rotation[:, 0]

    def height(z):
        gap = beta - a @ z
        return np.where(gap > 0, 1.0, -1.0) if is_jump else gap

    point = nearest_flip(in_normal_space(height), dimension, seed=0, checks=512).points[0]
    # the cube knows a point to a rounding of 1, which far out moves z by that over the density
    rounding = np.finfo(float).eps / np.exp(-(beta**2) / 2)
    assert point.beta == pytest.approx(beta, rel=1e-11, abs=rounding)
    np.testing.assert_allclose(point.cosines, a, atol=1e-5)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_parameters_only_orders_the_point(order):
    a = np.array([1.0, -2.0, 0.5, 3.0])
    order = np.array(order)

    def height(z):
        return 8 - a @ z + 0.2 * z[0] ** 2

    plain = nearest_flip(in_normal_space(height), 4, seed=0, checks=512).points[0]
    mixed = nearest_flip(in_normal_space(lambda z: height(z[order])), 4, seed=0, checks=512).points[0]
    assert mixed.beta == pytest.approx(plain.beta, rel=1e-11)
    np.testing.assert_allclose(mixed.z[order], plain.z, atol=1e-4)


FIRST = Path(__file__).parents[2] / "benchmarks" / "models" / "kremlin-2022-to-m15.yaml"
FLAGSHIP = 0.8387581957701682
"""Found with 39 million margins and finite differences along every ray."""


@pytest.mark.slow
def test_the_first_flagships_nearest_flip_is_as_near_and_takes_a_twentieth_of_the_margins(flagship):
    counted = []

    def margin(u):
        counted.append(u.shape[1])
        return flagship.margin(u)

    start = time.process_time()
    found = nearest_flip(margin, len(flagship.names), seed=1)
    assert found.points[0].beta <= FLAGSHIP * (1 + 1e-9)
    assert found.points[0].kind == "root"
    assert found.nearer == 0
    assert sum(counted) < 2_000_000
    assert time.process_time() - start < 30  # 2 s where nothing else runs


@pytest.fixture(scope="module")
def flagship():
    configure()
    model = raison.load(FIRST)
    plan = make_plan(model.record, model.sha256, draws=4_096, seed=1, design="sobol", removals=())
    asked = Asked(Engine(plan), 0)
    asked.margin(np.full((len(asked.names), 1), 0.5))  # compiled before time is taken
    return asked
