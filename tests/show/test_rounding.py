"""Numbers are rounded to what their error supports."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from raison.answer.records import Quantiles
from raison.show import numbers


def test_the_factor_of_an_interval_is_students_t_with_15_degrees_of_freedom():
    # scipy's quantile is good to a few parts in 1e15
    assert pytest.approx(t.ppf(0.975, 15), rel=1e-13) == numbers.T_95


PERCENT = {
    "to the place of the error": (0.31208, 0.0031, "31.2%"),
    "a small error shows more": (0.31208, 0.00031, "31.21%"),
    "a large error shows none": (0.31208, 0.05, "31%"),
    "zero is exact": (0.0, 0.001, "0%"),
    "one is exact": (1.0, 0.001, "100%"),
    "almost zero is not zero": (0.00001, 0.001, "<0.1%"),
    "almost one is not one": (0.99999, 0.001, ">99.9%"),
    "an error of arithmetic": (0.67499999996, 4e-11, "67.5%"),
    "an error of arithmetic, all the same": (0.6749991, 4e-11, "67.49991%"),
    "an error of arithmetic near one": (1 - 4e-11, 4e-12, ">99.999999%"),
    "no error, two places": (0.31208, None, "31.21%"),
}


@pytest.mark.parametrize("name", PERCENT)
def test_a_share_is_printed_as_a_percentage(name):
    share, error, text = PERCENT[name]
    assert numbers.percent(share, error) == text


@given(st.floats(1e-6, 1 - 1e-6), st.floats(1e-7, 0.5))
def test_rounding_a_share_moves_it_by_no_more_than_its_error(share, error):
    text = numbers.percent(share, error)
    value = float(text.strip("<>%")) / 100
    # a place below the leading digit of the error is worth at most the error itself; eight places at most
    assert abs(value - share) <= max(error, 0.5e-12) * (1 + 1e-9)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e6))
def test_a_number_and_its_error_have_the_same_places(value, error):
    number, bound = numbers.with_error(value, error).split(" ± ")
    assert len(number.partition(".")[2]) == len(bound.partition(".")[2])
    assert float(bound.replace(",", "")) > 0


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        pytest.param(12.499999996, 2e-9, "12.5", id="rounded to legible places"),
        pytest.param(-0.12499999999, 2e-11, "−0.125", id="below one"),
        pytest.param(12345.678, 2e-9, "12,345.678", id="what is known is kept"),
        pytest.param(12.4999996, 2e-7, "12.4999996 ± 4e−7", id="an error of draws"),
    ],
)
def test_an_error_of_arithmetic_is_left_out_of_a_number(value, error, text):
    assert numbers.with_error(value, error) == text


def test_a_tiny_error_is_written_with_an_exponent():
    assert numbers.with_error(3e-12, 1e-9) == "0 ± 2e−9"
    assert numbers.with_error(2.5e-7, 1e-9) == "2.50e−7 ± 2e−9"


def test_minus_is_a_minus_sign_and_zero_has_none():
    assert numbers.fixed(-0.04, 1) == "0.0"
    assert numbers.fixed(-1234.5, 1) == "−1,234.5"


def test_an_error_of_independent_draws_stands_in_for_a_missing_one():
    assert numbers.of_independent_draws(0.5, 10_000) == pytest.approx(1.96 * 0.005, rel=1e-12)
    # the rule of three, where no draw differs
    assert numbers.of_independent_draws(0.0, 1_000) == 0.003


SHARES = {
    # share, standard error: as it is drawn, and with its error
    "an error of its own": (0.24604, 0.00093, "24.6%", "24.6% ± 0.2"),
    "digits end before a tiny error": (0.5, 1e-7, "50.0%", "50.00% ± 0.01"),
    "no error because nothing varies": (0.5, 0.0, "50%", "50%"),
    "a small share": (0.00043, 0.00004, "0.043%", "0.043% ± 0.009"),
    "smaller than can be told": (0.00001, 0.001, "<0.1%", "<0.1%"),
    "one but for rounding": (1 - 2e-16, 1e-17, "100%", "100%"),
    "none": (0.0, 0.0, "0%", "0%"),
    "without an error, that of independent draws": (0.24604, None, "24.6%", "24.6%"),
}


@pytest.mark.parametrize("name", SHARES)
def test_a_share_is_rounded_to_its_own_error(name):
    share, error, drawn, told = SHARES[name]
    assert numbers.share(share, error, 100_000) == drawn
    assert numbers.share_with_error(share, error, 100_000) == told


def test_quantiles_show_about_their_spread_over_root_draws():
    spread = Quantiles(q05=-1.0, median=0.0, q95=1.0)
    assert numbers.quantile_places(spread, 10_000) == -math.floor(math.log10(2 / 100))
    assert numbers.quantile_places(spread, 100) == 1


SIGNIFICANT = {0.0: "0", 1234.5: "1,234", 0.00123: "0.00123", -2.5e-9: "−2.50e−9", 3e15: "3.00e15"}


@pytest.mark.parametrize("value", SIGNIFICANT)
def test_significant_digits_avoid_exponents_where_they_can(value):
    assert numbers.significant(value, 3) == SIGNIFICANT[value]


def test_a_spread_that_the_quantiles_cannot_tell_from_none_gives_no_places():
    assert numbers.quantile_places(Quantiles(q05=3.0001, median=3.001, q95=3.0019), 10_000) == 2
    assert numbers.quantile_places(Quantiles(q05=3.0, median=3.0, q95=3.0), 10_000) == 2
    assert numbers.quantile_places(Quantiles(q05=2.9, median=3.0, q95=3.1), 1_000_000) == 4
