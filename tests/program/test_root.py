"""Zeros in intervals: closed forms, agreement of floats, NumPy and JAX, and rows that do not harm others."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from raison.model.evaluate import FLOATS, evaluate
from raison.model.formula import parse
from raison.program.arrays import ARRAYS

# formula, ends, zero; `y` is 2 and the zeros are known in closed form
CASES = {
    "a square root": ("x ** 2 - y", 0.0, 2.0, math.sqrt(2)),
    "a logarithm": ("exp(x) - 3", 0.0, 50.0, math.log(3)),
    "a falling function": ("y - x ** 3", -1.0, 3.0, 2 ** (1 / 3)),
    "a flat zero": ("(x - 0.25) ** 9", -1.0, 3.0, None),
    "a steep function": ("tanh(100 * (x - 0.125))", -1000.0, 3000.0, 0.125),
    "a jump": ("1 if x > 0.3 else -1", 0.0, 1.0, 0.3),
    "a zero at an end": ("x - 1", 1.0, 2.0, 1.0),
    "ends the other way round": ("x - 1.5", 2.0, 1.0, 1.5),
}


@pytest.mark.parametrize("name", CASES)
def test_floats_numpy_and_jax_find_the_zero(name):
    text, low, high, zero = CASES[name]
    expression = parse(f"root(x, {text}, low, high)").expression

    def found(operations, ones):
        values = {"y": 2.0 * ones, "low": low * ones, "high": high * ones}
        return evaluate(expression, values.__getitem__, operations)

    ones = np.ones(3)
    answers = [found(FLOATS, 1.0), found(ARRAYS, ones), jax.jit(lambda one: found(ARRAYS, one))(jnp.ones(3))]
    for answer in answers:
        if zero is None:  # where the function is below the smallest number, any point is a zero
            np.testing.assert_allclose((np.asarray(answer) - 0.25) ** 9, 0, atol=1e-100)
        else:
            # the last bracket is narrower than 1e-14 of the interval plus 1e-15 of its ends
            np.testing.assert_allclose(answer, zero, rtol=0, atol=2e-14 * abs(high - low) + 2e-15)


def test_a_row_without_a_change_of_sign_is_nan_and_harms_no_other():
    expression = parse("root(x, x ** 2 - y, 0, 2)").expression
    levels = np.array([2.0, -1.0, 5.0, 1.0, np.nan])

    found = np.asarray(evaluate(expression, lambda _: levels, ARRAYS))

    # the bracket of an interval of length 2
    np.testing.assert_allclose(found, [math.sqrt(2), np.nan, np.nan, 1, np.nan], atol=2e-14)
    alone = np.asarray(evaluate(expression, lambda _: levels[:1], ARRAYS))
    assert alone[0] == found[0]  # bit for bit: a draw does not depend on its neighbours
    assert math.isnan(evaluate(expression, lambda _: -1.0, FLOATS))


def test_a_function_that_is_no_number_on_the_way_has_no_zero():
    expression = parse("root(x, 1 / x if x != 0 else 0 / 0 * y, -1, 1)").expression
    assert math.isnan(evaluate(expression, lambda _: 1.0, FLOATS))
    assert np.isnan(np.asarray(evaluate(expression, lambda _: np.ones(2), ARRAYS))).all()


def test_a_zero_inside_a_zero_is_found():
    """With y = root(z, z**3 - x) = x**(1/3), y = 1.5 where x = 3.375."""
    expression = parse("root(x, root(z, z ** 3 - x, 0, 3) - y, 0, 10)").expression
    assert evaluate(expression, lambda _: 1.5, FLOATS) == pytest.approx(3.375, abs=1e-12)
    found = jax.jit(lambda y: evaluate(expression, lambda _: y, ARRAYS))(jnp.full(2, 1.5))
    # the inner zero is known to 3e-14, and the outer has slope 6.75 in it
    np.testing.assert_allclose(found, 3.375, atol=1e-12)
