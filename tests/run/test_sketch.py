"""Quantiles from counts in bins: within 2^-10 of numpy's, whatever the order or the cutting of the stream."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raison.run.sketch import Sketch

magnitudes = st.floats(2.0**-60, 2.0**31)
values = st.one_of(magnitudes, magnitudes.map(lambda x: -x), st.just(0.0))
streams = st.lists(values, min_size=1, max_size=60)
# multiples of 1/16, so that the rank is exact and both sides mean the same draw
shares = st.integers(0, 16).map(lambda k: k / 16)


def sketch(stream):
    made = Sketch.empty()
    made.add(np.array(stream, float))
    return made


@given(streams, shares)
def test_a_quantile_is_within_a_thousandth_of_numpys(stream, share):
    exact = np.quantile(stream, share, method="inverted_cdf")
    # the stated accuracy: a bin is at most 2^-10 of its lower edge wide
    assert abs(sketch(stream).quantiles(share)[0] - exact) <= 2.0**-10 * abs(exact)


@given(streams, st.integers(0, 60), st.randoms(use_true_random=False))
def test_order_and_cutting_of_the_stream_change_nothing(stream, cut, random):
    shuffled = random.sample(stream, len(stream))
    parts = sketch(shuffled[:cut]).counts + sketch(shuffled[cut:]).counts
    assert (parts == sketch(stream).counts).all()


@given(streams)
def test_quantiles_rise(stream):
    made = sketch(stream)
    found = made.quantiles(*np.linspace(0, 1, 21))
    assert found == sorted(found)


@given(st.lists(values, min_size=2, max_size=60))
def test_a_histogram_loses_no_draw(stream):
    edges, counts = sketch(stream).histogram(12)
    assert len(edges) == len(counts) + 1
    assert (np.diff(edges) > 0).all()
    assert counts.sum() == len(stream)


def test_infinite_values_have_bins_of_their_own():
    made = sketch([-np.inf, 1.0, 2.0, np.inf])
    assert made.quantiles(0.25)[0] == -np.inf
    assert made.quantiles(0.5)[0] == pytest.approx(1.0, rel=2.0**-10)
    assert made.quantiles(1.0)[0] == np.inf
    assert made.histogram(4)[1].sum() == 2


@pytest.mark.parametrize(
    ("value", "stands_for"),
    [
        pytest.param(2.0**-70, 0.0, id="too small to tell from zero"),
        pytest.param(-5e-324, 0.0, id="denormal"),
        pytest.param(2.0**40, 2.0**32, id="beyond the last bin"),
        pytest.param(-(2.0**40), -(2.0**32), id="below the first bin"),
    ],
)
def test_values_outside_the_range_fall_into_the_outermost_bins(value, stands_for):
    assert sketch([value]).quantiles(0.5)[0] == pytest.approx(stands_for, rel=2.0**-10)


def test_nothing_has_no_quantile_and_no_histogram():
    assert np.isnan(Sketch.empty().quantiles(0.5)[0])
    assert Sketch.empty().histogram() is None
    assert sketch([1.0]).histogram() is None


def test_a_constant_has_a_histogram_that_contains_it():
    edges, counts = sketch([3.0] * 7).histogram(10)
    assert edges[0] < 3 < edges[-1]
    assert counts.sum() == 7
