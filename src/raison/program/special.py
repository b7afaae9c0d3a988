r"""Normal and logistic functions in float64, for large batches.

Notation: :math:`\varphi` and :math:`\Phi` are the density and the distribution function of the standard
normal, :math:`Q = 1 - \Phi`. In the tail :math:`Q(t) = e^{-t^2/2} R(t)`, and `R`, which falls slowly from 1/2
like :math:`1 / (t \sqrt{2\pi})`, is one rational function with positive coefficients: no branches, no
cancellation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

_FAR = 40.0  # beyond it the density is 0 in float64
_GRID = 2.0**20  # multiples of 1 / _GRID up to _FAR have squares of 52 bits: exact

# R interpolated at 20 Chebyshev points of (t - 3.7) / (t + 3.7), 0 <= t <= 40: relative error below 1.1e-16
_TAIL_TOP = (
    0.5,
    0.772332689193918,
    0.590280646435058,
    0.2865886014340057,
    0.09644274735895986,
    0.023230303126097737,
    0.00400408388286249,
    0.00047776801258257165,
    3.606991074331388e-05,
    1.3309003685868876e-06,
)
_TAIL_BOTTOM = (
    1.0,
    2.342549939190698,
    2.5496457222601836,
    1.7021867108470676,
    0.7742392729188797,
    0.2516020270937402,
    0.05942064976068643,
    0.010127163721058475,
    0.0012009228817580187,
    9.041385813038307e-05,
    3.33607249462732e-06,
)

# Wichura's PPND16: numerator and denominator, constant term first
_CENTRE = (
    (
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ),
    (
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)
_NEAR_TAIL = (
    (
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR_TAIL = (
    (
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)


def normal_cdf(x: ArrayLike) -> Array:
    r""":math:`\Phi(x)`.

    Args:
        x: Any shape, float64.

    Returns:
        The same shape. 0 at -inf, 1 at inf, NaN at NaN.

    Accuracy: relative 1e-15 (measured against 40 digits) from -37.5 on; smaller numbers are subnormal.

    Source: the form is Cody (1969), "Rational Chebyshev approximations for the error function", Mathematics
    of Computation 23, 631-637; the one rational function for the whole tail is ours.
    """
    return _cdf(jnp.asarray(x, jnp.float64))


def _cdf_value(x: Array) -> Array:
    t = jnp.minimum(jnp.abs(x), _FAR)
    tail = _exp_minus_half_square(t) * (_polynomial(_TAIL_TOP, t) / _polynomial(_TAIL_BOTTOM, t))
    return jnp.where(x < 0.0, tail, 1.0 - tail)


def normal_pdf(x: ArrayLike) -> Array:
    r""":math:`\varphi(x) = e^{-x^2/2} / \sqrt{2\pi}`.

    Args:
        x: Any shape, float64.

    Returns:
        The same shape. 0 at -inf and inf, NaN at NaN.

    Accuracy: relative 1e-15 up to 37.5 on either side; smaller numbers are subnormal.
    """
    return _pdf(jnp.asarray(x, jnp.float64))


def _pdf_value(x: Array) -> Array:
    t = jnp.minimum(jnp.abs(x), _FAR)
    return _exp_minus_half_square(t) * (1.0 / math.sqrt(2.0 * math.pi))


def normal_quantile(u: ArrayLike) -> Array:
    r""":math:`\Phi^{-1}(u)`.

    Args:
        u: Any shape, float64.

    Returns:
        The same shape. -inf at 0, inf at 1, NaN outside [0, 1].

    Accuracy: relative 1e-15 (measured on 1e-300 to 1 - 2**-53, against 40 digits), also around 1/2, where it
    is 0. Near 1 that is the quantile of the float64 `u`, which itself has few digits left of 1 - u.

    Source: Wichura (1988), "Algorithm AS 241: The percentage points of the normal distribution", Applied
    Statistics 37, 477-484, routine PPND16.
    """
    return _quantile(jnp.asarray(u, jnp.float64))


def _quantile_value(u: Array) -> Array:
    q = u - 0.5
    central = jnp.abs(q) <= 0.425
    r = jnp.sqrt(-jnp.log(jnp.minimum(u, 1.0 - u)))
    near = r <= 5.0
    squared = 0.180625 - q * q
    top, bottom = (
        jnp.where(
            central,
            _polynomial(c, squared),
            jnp.where(near, _polynomial(n, r - 1.6), _polynomial(f, r - 5.0)),
        )
        for c, n, f in zip(_CENTRE, _NEAR_TAIL, _FAR_TAIL, strict=True)
    )
    size = top / bottom
    found = jnp.where(central, q * size, jnp.where(q < 0.0, -size, size))
    return jnp.where(u == 0.0, -jnp.inf, jnp.where(u == 1.0, jnp.inf, found))


def logistic(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x)), the inverse of `logit`.

    Args:
        x: Any shape, float64.

    Returns:
        The same shape, from 0 to 1.

    Accuracy: relative 1e-15 from -700 on.
    """
    return jax.nn.sigmoid(jnp.asarray(x, jnp.float64))


def logit(p: ArrayLike) -> Array:
    """log(p / (1 - p)).

    Args:
        p: Any shape, float64.

    Returns:
        The same shape. -inf at 0, inf at 1, NaN outside [0, 1].

    Accuracy: relative 1e-15 everywhere, also around 1/2, where it is 0.
    """
    p = jnp.asarray(p, jnp.float64)
    rest = 1.0 - p
    central = jnp.abs(p - 0.5) < 0.25
    # in the centre 2p - 1 is exact, and log(1 + z) = z log(w) / (w - 1) with w = 1 + z rounded (Kahan)
    z = (2.0 * p - 1.0) / rest
    w = jnp.where(central, 1.0 + z, p / rest)
    log_w = jnp.log(w)
    moved = w - 1.0
    is_half = moved == 0.0
    corrected = jnp.where(is_half, z, log_w * (z / jnp.where(is_half, 1.0, moved)))
    return jnp.where(central, corrected, log_w)


def _exp_minus_half_square(t: Array) -> Array:
    """exp(-t**2 / 2) for 0 <= t <= 40, without the error of rounding the square.

    With h the nearest multiple of 2**-20, t**2 = h**2 + (t - h) (t + h): the first is exact, the other small.
    """
    h = jnp.round(t * _GRID) * (1.0 / _GRID)
    rest = (t - h) * (t + h) * -0.5
    return jnp.exp(h * h * -0.5) * (1.0 + rest * (1.0 + 0.5 * rest))


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """By Horner's rule; constant term first."""
    value = coefficients[-1] * x + coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        value = value * x + coefficient
    return value


# the derivatives are those of the functions, not of their approximations
_cdf = jax.custom_jvp(_cdf_value)
_cdf.defjvps(lambda dx, y, x: _pdf(x) * dx)
_pdf = jax.custom_jvp(_pdf_value)
_pdf.defjvps(lambda dx, y, x: -x * y * dx)
_quantile = jax.custom_jvp(_quantile_value)
_quantile.defjvps(lambda du, x, u: du / _pdf(x))
