"""Many small systems of linear equations at once, the batch as the last axis.

Elimination is written out equation by equation, so that each operation works on all systems together: for the
sizes of small games this is many times faster than calling a library once per system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import jax.scipy.linalg

from raison.program.hold import hold

Array = Any

WRITTEN_OUT = 8
"""Equations up to which elimination is written out; compiling more of them takes too long."""


class Factors(NamedTuple):
    """Systems that were eliminated once and can be solved for any right-hand sides.

    Attributes:
        solve: From right-hand sides, `[B]` for each equation, to the unknowns `[B]`; not finite where the
            matrix is singular to rounding. Both are arrays `[n, B]` where the matrix was given as one.
        sign: Of the determinant `[B]`, one of -1, 0, 1.
    """

    solve: Callable[[Sequence[Array] | Array], Sequence[Array] | Array]
    sign: Array


def factorise(matrix: Sequence[Sequence[Array]]) -> Factors:
    """Gaussian elimination with partial pivoting.

    Args:
        matrix: Per equation and unknown its coefficient, `[B]` float64.

    Accuracy: that of partial pivoting (backward stable in practice).

    Source: Golub and Van Loan (2013), "Matrix Computations", section 3.4.
    """
    size = len(matrix)
    if size > WRITTEN_OUT:
        whole = factorise_whole(jnp.stack([jnp.stack(list(row)) for row in matrix]))
        return Factors(lambda right: list(whole.solve(jnp.stack(list(right)))), whole.sign)
    rows = [list(row) for row in hold(tuple(tuple(row) for row in matrix))]
    sign = jnp.ones(jnp.shape(rows[0][0]))
    swaps: list[list[Array]] = []  # per column, whether each row below changed places with the pivot's
    shares: list[list[Array]] = []  # per column, how much of the pivot's row goes off each row below
    pivots: list[Array] = []
    for k in range(size):
        swaps.append([])
        for i in range(k + 1, size):
            swap = jnp.abs(rows[i][k]) > jnp.abs(rows[k][k])
            for j in range(k, size):
                rows[k][j], rows[i][j] = _swapped(swap, rows[k][j], rows[i][j])
            sign = jnp.where(swap, -sign, sign)
            swaps[k].append(swap)
        sign = sign * jnp.sign(rows[k][k])
        pivots.append(1.0 / rows[k][k])
        for j in range(k + 1, size):
            rows[k][j] = rows[k][j] * pivots[k]
        shares.append([rows[i][k] for i in range(k + 1, size)])
        for i in range(k + 1, size):
            for j in range(k + 1, size):
                rows[i][j] = rows[i][j] - rows[i][k] * rows[k][j]
        rows, sign, pivots, swaps, shares = _lists(hold(_tuples((rows, sign, pivots, swaps, shares))))

    def solve(right: Sequence[Array] | Array) -> list[Array]:
        sides = list(right)
        for k in range(size):
            for i, swap in enumerate(swaps[k], start=k + 1):
                sides[k], sides[i] = _swapped(swap, sides[k], sides[i])
            sides[k] = sides[k] * pivots[k]
            for i, share in enumerate(shares[k], start=k + 1):
                sides[i] = sides[i] - share * sides[k]
        sides = list(hold(tuple(sides)))
        for k in range(size - 1, -1, -1):
            for j in range(k + 1, size):
                sides[k] = sides[k] - rows[k][j] * sides[j]
        return list(hold(tuple(sides)))

    return Factors(solve, sign)


def _swapped(swap: Array, one: Array, two: Array) -> tuple[Array, Array]:
    return jnp.where(swap, two, one), jnp.where(swap, one, two)


def _tuples(nest: Any) -> Any:
    return tuple(_tuples(inner) for inner in nest) if isinstance(nest, list | tuple) else nest


def _lists(nest: Any) -> Any:
    return [_lists(inner) for inner in nest] if isinstance(nest, tuple) else nest


def factorise_whole(matrix: Array) -> Factors:
    """The same by LAPACK, one system after the other, for systems that are too large to be written out.

    Args:
        matrix: `[n, n, B]` float64, by equation and unknown.
    """
    lu, pivots, _ = jax.lax.linalg.lu(jnp.moveaxis(matrix, -1, 0))
    permuted = (pivots != jnp.arange(pivots.shape[-1])).sum(axis=-1)
    diagonal = jnp.diagonal(lu, axis1=-2, axis2=-1)
    sign = jnp.prod(jnp.sign(diagonal), axis=-1) * jnp.where(permuted % 2 == 1, -1.0, 1.0)

    def solve(right: Sequence[Array] | Array) -> Array:
        sides = jnp.asarray(right).T[..., None]
        return jax.scipy.linalg.lu_solve((lu, pivots), sides)[..., 0].T

    return Factors(solve, sign)
