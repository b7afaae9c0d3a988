"""Many small systems of linear equations at once, the batch as the last axis.

Elimination is written out equation by equation, so that each operation works on all systems together: for the
sizes of small games this is many times faster than calling a library once per system.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg

from raison.program.hold import hold

Array = Any


WRITTEN_OUT = 8
"""Equations up to which elimination is written out; compiling more of them takes too long."""


def eliminate(matrix: Array, right: Array) -> tuple[Array, Array]:
    """Solve `matrix @ x = right` by Gaussian elimination with partial pivoting.

    Args:
        matrix: `[M, M, B]` float64.
        right: `[M, R, B]` float64, `R` right-hand sides.

    Returns:
        `x` `[M, R, B]`, not finite where the matrix is singular to rounding, and the sign of its determinant
        `[B]`, one of -1, 0, 1.

    Accuracy: that of partial pivoting (backward stable in practice).

    Source: Golub and Van Loan (2013), "Matrix Computations", section 3.4.
    """
    size = matrix.shape[0]
    if size > WRITTEN_OUT:
        return _by_library(matrix, right)
    rows = [jnp.concatenate([matrix[i], right[i]], axis=0) for i in range(size)]
    sign = jnp.ones(matrix.shape[-1])
    for k in range(size):
        for i in range(k + 1, size):
            swap = jnp.abs(rows[i][0]) > jnp.abs(rows[k][0])
            rows[k], rows[i] = (
                jnp.where(swap[None], rows[i], rows[k]),
                jnp.where(swap[None], rows[k], rows[i]),
            )
            sign = jnp.where(swap, -sign, sign)
        sign = sign * jnp.sign(rows[k][0])
        rows[k] = rows[k][1:] / rows[k][:1]
        for i in range(k + 1, size):
            rows[i] = rows[i][1:] - rows[i][:1] * rows[k]
        rows = hold(tuple(rows[: k + 1])) + hold(tuple(rows[k + 1 :]))
        rows = list(rows)
    found: list[Array] = [None] * size
    for k in range(size - 1, -1, -1):
        above = rows[k][size - 1 - k :]
        for j in range(k + 1, size):
            above = above - rows[k][j - k - 1][None] * found[j]
        found[k] = above
    return jnp.stack(found), sign


def _by_library(matrix: Array, right: Array) -> tuple[Array, Array]:
    """The same by LAPACK, one system after the other."""
    lu, pivots, _ = jax.lax.linalg.lu(jnp.moveaxis(matrix, -1, 0))
    permuted = (pivots != jnp.arange(pivots.shape[-1])).sum(axis=-1)
    diagonal = jnp.diagonal(lu, axis1=-2, axis2=-1)
    sign = jnp.prod(jnp.sign(diagonal), axis=-1) * jnp.where(permuted % 2 == 1, -1.0, 1.0)
    found = jax.scipy.linalg.lu_solve((lu, pivots), jnp.moveaxis(right, -1, 0))
    return jnp.moveaxis(found, 0, -1), sign
