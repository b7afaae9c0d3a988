r"""Rank correlations by a Gaussian copula.

Two parameters with Spearman correlation `r` get normal scores with Pearson correlation
:math:`\rho = 2 \sin(\pi r / 6)` (Pearson 1907), which is exact for the Gaussian copula; their distributions
stay what they are. The scores are a Cholesky factor times independent ones, in the order of coordinates, so
that the first correlated parameter keeps its own draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from raison.model.records import Correlation
from raison.program import special

_EDGE = 2.0**-53  # what comes out stays in the open unit interval
_LEAST_PIVOT = 1e-12  # squared; below it the matrix is singular but for rounding


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """A lower triangular Cholesky factor of the correlated coordinates only.

    Attributes:
        names: The correlated coordinates, in their order.
        rows: `[n, n]`; scores are `rows` times independent scores.
    """

    names: tuple[str, ...]
    rows: NDArray[np.float64]


def factor(correlations: Sequence[Correlation], order: Sequence[str]) -> Factor:
    """Build the correlation matrix of normal scores and factor it.

    Args:
        correlations: Spearman rank correlations; pairs that none of them names are independent.
        order: Names of all coordinates, in order.

    Returns:
        The factor; without names where nothing is correlated. Names that are not coordinates (fixed where
        they were written as uncertain) are left out.

    Raises:
        ValueError: A pair is given twice with different ranks, a rank is not between -1 and 1, or the matrix
        is
            not positive definite.
    """
    ranks: dict[frozenset[str], float] = {}
    for correlation in correlations:
        rank = correlation.rank
        for a, b in combinations(correlation.among, 2):
            if not -1 < rank < 1:
                raise ValueError(
                    f"A rank correlation needs to be between -1 and 1; '{a}' and '{b}' have {rank:g}; "
                    "write one as a formula of the other if they move as one."
                )
            if ranks.setdefault(frozenset((a, b)), rank) != rank:
                raise ValueError(
                    f"A pair needs one rank correlation; '{a}' and '{b}' have {ranks[frozenset((a, b))]:g} "
                    f"and {rank:g}; remove one."
                )
    kept = [pair for pair in ranks if pair <= set(order)]
    names = tuple(name for name in order if any(name in pair for pair in kept))
    matrix = np.eye(len(names))
    for pair in kept:
        i, j = (names.index(name) for name in pair)
        matrix[i, j] = matrix[j, i] = 2.0 * np.sin(np.pi * ranks[pair] / 6.0)
    return Factor(names, _cholesky(matrix, names))


def _cholesky(matrix: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.float64]:
    lower = np.zeros_like(matrix)
    for i in range(len(matrix)):
        for j in range(i):
            lower[i, j] = (matrix[i, j] - lower[i, :j] @ lower[j, :j]) / lower[j, j]
        left = 1.0 - lower[i, :i] @ lower[i, :i]
        if left < _LEAST_PIVOT:
            raise ValueError(
                "Correlations need a positive definite matrix; "
                f"that of {', '.join(map(repr, names[: i + 1]))} is not; bring some ranks nearer to 0."
            )
        lower[i, i] = np.sqrt(left)
    return lower


def correlate(rows: Sequence[Array], lower: NDArray[np.float64]) -> list[Array]:
    """Make independent coordinates correlated.

    Args:
        rows: `n` arrays `[B]` float64, independent and uniform.
        lower: `[n, n]`, as in `Factor`.

    Returns:
        `n` arrays `[B]`, each uniform. The first is the first of `rows`, bit for bit, and so is every row
        that depends on none before it.

    Accuracy: 1e-15; within 2**-53 of 0 and 1 cut off.
    """
    scores = [special.normal_quantile(row) for row in rows]
    made: list[Array] = []
    for i, row in enumerate(rows):
        if not lower[i, :i].any():
            made.append(row)
            continue
        score = scores[i] * float(lower[i, i])
        for j in np.flatnonzero(lower[i, :i]):
            score = score + scores[j] * float(lower[i, j])
        made.append(jnp.clip(special.normal_cdf(score), _EDGE, 1.0 - _EDGE))
    return made


def correlated(correlations: Sequence[Correlation], rows: Mapping[str, Array]) -> dict[str, Array]:
    """Coordinates by name, the correlated ones replaced; an empty list of correlations changes nothing.

    Args:
        correlations: Spearman rank correlations.
        rows: `[B]` float64 by name, independent and uniform, in the order of coordinates.

    Returns:
        The same names in the same order.

    Raises:
        ValueError: As `factor`.
    """
    made = factor(correlations, tuple(rows))
    replaced = correlate([rows[name] for name in made.names], made.rows)
    return {**rows, **dict(zip(made.names, replaced, strict=True))}
