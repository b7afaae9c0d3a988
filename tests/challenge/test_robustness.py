"""Bounds of a share under wrong distributions: closed forms, brute force, and what must hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raison.challenge.robustness import divergence, within_divergence, within_variation

SHARES = st.floats(1e-6, 1 - 1e-6)


def test_the_bound_is_attained_and_none_goes_beyond():
    """Against all distributions of six draws on a fine grid of tilts, two of them with a yes."""
    share, radius = 1 / 3, 0.1
    low, high = within_divergence(share, radius)
    generator = np.random.default_rng(0)
    weights = generator.dirichlet(np.full(6, 2.0), 200_000)
    distance = (weights * np.log(weights * 6)).sum(axis=1)
    shares = weights[distance <= radius][:, :2].sum(axis=1)
    assert shares.min() >= low
    assert shares.max() <= high
    assert shares.min() == pytest.approx(low, abs=0.03)
    assert shares.max() == pytest.approx(high, abs=0.03)


def test_a_half_has_a_closed_form_to_second_order():
    low, high = within_divergence(0.5, 1e-8)  # divergence of q from 1/2 is 2 (q - 1/2)^2 to third order
    assert high - 0.5 == pytest.approx(math.sqrt(1e-8 / 2), rel=1e-6)
    assert low + high == pytest.approx(1.0, rel=1e-12)


@given(SHARES, st.floats(1e-6, 2))
def test_the_ends_lie_at_the_radius(share, radius):
    low, high = within_divergence(share, radius)
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):
        if 1e-9 < end < 1 - 1e-9:
            assert divergence(end, share) == pytest.approx(radius, rel=1e-6, abs=1e-12)
    wider = within_divergence(share, 1.1 * radius)
    assert wider[0] <= low
    assert wider[1] >= high


@given(SHARES, st.floats(0, 1))
def test_pinsker(share, radius):
    """Bounds by divergence lie within those by variation at the radius of Pinsker's inequality."""
    low, high = within_divergence(share, 2 * radius**2)
    outer = within_variation(share, radius)
    assert outer[0] - 1e-9 <= low
    assert high <= outer[1] + 1e-9


def test_what_never_happens_stays_so():
    assert within_divergence(0.0, 1.0) == (0.0, 0.0)
    assert within_divergence(1.0, 1.0) == (1.0, 1.0)
    with pytest.raises(ValueError, match="lies between"):
        within_divergence(1.5, 0.1)
