"""Tipping points: flips known by hand, and invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from raison.challenge.methods.tipping import tipping_points

CENTRE = np.array([0.5, 0.5])


def as_is(p, u):
    return u


def along_first(function):
    return lambda u: function(u[0]) + 0 * u[1]


def values(axis):
    return [flip.value for flip in axis.flips]


POLYNOMIALS = {
    "one root": (lambda x: x - 0.3, [0.3]),
    "three roots": (lambda x: (x - 0.1) * (x - 0.52) * (x - 0.9), [0.1, 0.52, 0.9]),
    "an inflection": (lambda x: (x - 0.7) ** 3, [0.7]),
    "two roots closer than the grid": (lambda x: (x - 0.3001) * (x - 0.3003), [0.3001, 0.3003]),
    "a root in the lower tail": (lambda x: x - 1e-9, [1e-9]),
    "a root in the upper tail": (lambda x: x - (1 - 1e-9), [1 - 1e-9]),
    "a kink": (lambda x: np.where(x < 0.4, 5 * (x - 0.4), 0.01 * (x - 0.4)), [0.4]),
    "a vertical tangent": (lambda x: np.cbrt(x - 0.37), [0.37]),
    "two roots in the cell beside another": (
        lambda x: (x - 0.298) * (x - 0.299) * (x - 0.305),
        [0.298, 0.299, 0.305],
    ),
    "no root": (lambda x: x**2 + 0.01, []),
    "a touch from above": (lambda x: (x - 0.6) ** 2, []),
}


@pytest.mark.parametrize(("function", "expected"), POLYNOMIALS.values(), ids=POLYNOMIALS)
def test_roots_are_found_to_rounding_and_the_other_axis_has_none(function, expected):
    first, second = tipping_points(along_first(function), as_is, CENTRE)
    # (x - 0.7)^3 underflows nowhere near the root; a product's rounding moves a root by an ulp or two
    np.testing.assert_allclose(values(first), expected, rtol=0, atol=1e-15)
    assert all(flip.kind == "root" for flip in first.flips)
    assert first.is_complete
    assert second.flips == ()
    assert second.lowest_margin == second.highest_margin == function(np.array([0.5]))[0]


def test_a_jump_is_told_from_a_root_and_from_a_steep_slope():
    jump = tipping_points(along_first(lambda x: np.where(x < 0.25, -1.0, 2.0)), as_is, CENTRE)[0]
    assert [flip.kind for flip in jump.flips] == ["jump"]
    assert jump.flips[0].value == np.nextafter(0.25, 0)  # beyond, seen from 0.5, is below
    assert (jump.flips[0].margin, jump.flips[0].last_margin) == (-1.0, 2.0)
    assert jump.flips[0].holds_above
    steep = tipping_points(along_first(lambda x: np.tanh(1e7 * (x - 0.75))), as_is, CENTRE)[0]
    assert [flip.kind for flip in steep.flips] == ["root"]


def test_a_small_jump_on_a_slope_is_a_jump():
    axis = tipping_points(along_first(lambda x: x - 0.4 + np.where(x < 0.4, -1e-4, 1e-4)), as_is, CENTRE)[0]
    assert [flip.kind for flip in axis.flips] == ["jump"]


def snapped(margin):
    return np.where(np.abs(margin) <= 4e-9, 0.0, margin)


def as_solved(function):
    """As solvers give margins: 0 where rounding might decide."""
    return along_first(lambda x: snapped(function(x)))


TIES = {
    "straight": (lambda x: x - 0.3, 0.3),
    "falling": (lambda x: 0.8 - x, 0.8),
    "curved": (lambda x: (x - 0.3) * (x + 2), 0.3),
    "a leap beyond": (lambda x: np.where(x < 0.3, x - 0.3, 1.0), 0.3),
}


@pytest.mark.parametrize(("function", "root"), TIES.values(), ids=TIES)
def test_a_root_among_ties_is_a_root_and_lies_where_the_margin_itself_passes_zero(function, root):
    (flip,) = tipping_points(as_solved(function), as_is, CENTRE)[0].flips
    assert flip.kind == "root"
    # the slope over 1e-7 is good to 1e-9, and so is the way of 4e-9 to the root
    assert flip.value == flip.last_value == pytest.approx(root, abs=1e-15)


def test_a_leap_to_a_tie_is_a_jump():
    (flip,) = tipping_points(as_solved(lambda x: np.where(x < 0.3, -0.1, 0.0)), as_is, CENTRE)[0].flips
    assert flip.kind == "jump"
    assert (flip.margin, flip.last_margin) == (-0.1, 0.0)


def test_jumps_and_roots_on_one_axis_are_all_found():
    axis = tipping_points(along_first(lambda x: np.sin(7 * np.pi * x) + 3 * (x > 0.78)), as_is, CENTRE)[0]
    np.testing.assert_allclose(values(axis), [1 / 7, 2 / 7, 3 / 7, 4 / 7, 5 / 7, 0.78], rtol=0, atol=1e-15)
    assert [flip.kind for flip in axis.flips] == [*5 * ["root"], "jump"]
    assert [flip.holds_above for flip in axis.flips] == [False, True, False, True, False, True]


def test_a_discrete_parameter_flips_between_two_values():
    def value(p, u):
        return np.floor(6 * u) + 1 if p == 0 else u

    axis = tipping_points(lambda u: 3.5 - value(0, u[0]), value, np.array([0.1, 0.5]))[0]
    (flip,) = axis.flips
    assert (flip.kind, flip.value, flip.last_value, flip.holds_above) == ("jump", 4.0, 3.0, False)


def test_values_of_a_normal_parameter_are_exact():
    axis = tipping_points(lambda u: ndtri(u[0]) + 5.0, lambda p, u: ndtri(u), np.array([0.5]))[0]
    assert values(axis) == pytest.approx([-5.0], rel=1e-14)
    upper = tipping_points(lambda u: ndtri(u[0]) - 5.0, lambda p, u: ndtri(u), np.array([0.5]))[0]
    # the spacing of numbers below 1 over the density at five deviations
    assert values(upper) == pytest.approx([5.0], abs=4 * 1.1e-16 / 1.5e-6)


def test_places_without_an_answer_are_edges_and_not_flips():
    axis = tipping_points(
        along_first(lambda x: np.where((x > 0.6) & (x < 0.7), np.nan, 0.65 - x)), as_is, CENTRE
    )[0]
    assert [flip.kind for flip in axis.flips] == ["undefined", "undefined"]
    np.testing.assert_allclose(values(axis), [0.6, 0.7], atol=1e-15)
    assert [flip.holds_above for flip in axis.flips] == [None, False]
    assert axis.nearest is None
    assert 0.05 < axis.undefined < 0.15


def test_a_margin_of_exactly_0_holds():
    axis = tipping_points(along_first(lambda x: np.minimum(0.0, x - 0.3)), as_is, CENTRE)[0]
    assert values(axis) == pytest.approx([0.3], abs=1e-15)
    assert axis.largest_margin == 0


def test_more_flips_than_are_followed_are_reported():
    axis = tipping_points(along_first(lambda x: np.sin(200 * x)), as_is, CENTRE, most=5)[0]
    assert len(axis.flips) == 5
    assert not axis.is_complete


def test_the_centre_must_lie_in_the_cube():
    with pytest.raises(ValueError, match="open unit cube"):
        tipping_points(along_first(np.abs), as_is, np.array([0.0, 0.5]))


@settings(max_examples=40, deadline=None)
@given(
    # two roots nearer to each other than the places that are looked at may be missed, as the docs say
    st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(lambda r: [10 * x for x in r]),
    st.permutations(range(3)),
    st.booleans(),
)
def test_every_root_of_a_polynomial_is_found_whatever_the_order_of_parameters(roots, order, negated):
    expected = np.sort(roots) / 1000
    order = np.array(order)

    def margin(u):
        product = np.prod([u[order[0]] - root for root in expected], axis=0) * (-1 if negated else 1)
        return product + 0 * u[order[1]]

    axes = tipping_points(margin, as_is, np.full(3, 0.4995))
    found = axes[order[0]]
    np.testing.assert_allclose(values(found), expected, rtol=0, atol=1e-14)
    assert all(not axes[p].flips for p in order[1:])
    if found.nearest is not None:
        assert abs(found.nearest.u - 0.4995) == pytest.approx(np.abs(expected - 0.4995).min(), abs=1e-12)
