"""E(y | x) from a sample: means in cells of x, smoothed by penalised splines on ranks.

A continuous x is cut into cells of equal counts at its quantiles; a discrete one has a cell for each value.
All that is done afterwards needs only counts and sums by cell and replicate: fitting without one replicate,
scoring on it, and the same on permuted draws cost as much as there are cells, not draws. Working with
ranks makes the result the same for x and any increasing function of it.

With cell means m, weights w and a basis B, the coefficients minimise

    sum_c w_c (m_c - (B b)_c)^2 + lambda b' S b,

S being squared second differences. G = B' W B and S are brought to diagonal form together once for a set of
weights; lambda is the minimum of generalised cross-validation on a grid, with the constant as a further
candidate, for each column of m by itself.

Source: Eilers and Marx (1996) for penalised B-splines; Wood (2017), section 5.4 for several lambda from one
    decomposition; Craven and Wahba (1979) for generalised cross-validation. The cells are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.replication import Replication

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

MOST_GROUPS = 32
"""A quantity with no more values than this is discrete: each value is a cell, and nothing is smoothed."""
MOST_CELLS = 256
MOST_CELLS_OF_TWO = 32
_DRAWS_PER_CELL = 32
_MOST_KNOTS = 64
_MOST_KNOTS_OF_TWO = 12
_FEWEST_CELLS = 8
_RIDGE = 1e-12  # relative to the basis, so that cells without draws harm nothing
_LAMBDAS = np.logspace(-6, 8, 29)  # times the penalty that is as large as the data, from none to a line


@dataclass(frozen=True, slots=True, eq=False)
class Smoother:
    """What smoothing cell means takes.

    Attributes:
        weights: `[C]`, share of the draws in each cell.
        basis: `[C, K]`, functions that are orthogonal both in the data and in the penalty; None to keep the
            means as they are.
        data: `[K]`, squared length of each in the data.
        penalty: `[K]`, its penalty.
    """

    weights: Floats
    basis: Floats | None
    data: Floats
    penalty: Floats

    def fit(self, means: Floats) -> Floats:
        """`[C, M]`, cell means of M functions, smoothed each with its own lambda."""
        if self.basis is None:
            return means
        centre = self.weights @ means
        rest = means - centre
        weighted = self.weights[:, None] * rest
        scores = self.basis.T @ weighted  # [K, M]
        total = (rest * weighted).sum(axis=0)
        denominators = self.data + _LAMBDAS[:, None] * self.penalty  # [lambdas, K]
        explained = (2 - self.data / denominators) / denominators
        residual = np.maximum(total - explained @ scores**2, 0.0)
        freedom = (self.data / denominators).sum(axis=1)
        num_cells = len(self.weights)
        criterion = residual / (1 - freedom[:, None] / num_cells) ** 2
        constant = total / (1 - 1 / num_cells) ** 2
        best = criterion.argmin(axis=0)
        shrunk = scores / denominators[best].T
        shrunk[:, criterion.min(axis=0) >= constant] = 0.0
        return centre + self.basis @ shrunk


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A partition of the draws by what one or two quantities are.

    Attributes:
        cell: `[N]`, in which cell each draw lies.
        counts: `[R, C]`, draws by replicate and cell.
        smoother: For means in these cells.
    """

    cell: Indices
    counts: Floats
    smoother: Smoother

    @property
    def key(self) -> tuple[bool, bytes]:
        """The same for partitions of the same sizes: permuted, they cannot be told apart."""
        return self.smoother.basis is None, self.smoother.weights.tobytes()

    def table(self, y: Floats, replicates: Replication) -> Floats:
        """`[M, R, C]`, sums of `[M, N]` by replicate and cell."""
        code = replicates.replicate * self.counts.shape[1] + self.cell
        flat = [np.bincount(code, weights=row, minlength=self.counts.size) for row in y]
        return np.array(flat, dtype=np.float64).reshape(len(y), *self.counts.shape)


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """One quantity cut: the cell of each draw, what they weigh, and splines over them."""

    cell: Indices
    weights: Floats
    basis: Floats
    penalty: Floats
    discrete: bool


Made = dict[tuple[bool, bytes], Smoother]
"""Smoothers that were made, by `Cells.key`: parameters without ties share one."""


def cells_of_one(x: Floats, replicates: Replication, made: Made) -> Cells:
    """Cut one quantity, `[N]`, into at most `MOST_CELLS` cells."""
    axis = _axis(x, _num_cells(len(x), MOST_CELLS), _MOST_KNOTS, made)
    key = (axis.discrete, axis.weights.tobytes())
    if key not in made:
        made[key] = _smoother(axis.weights, axis.basis, axis.penalty, axis.discrete)
    return Cells(axis.cell, _counts(axis.cell, len(axis.weights), replicates), made[key])


def cells_of_two(first: Floats, second: Floats, replicates: Replication) -> Cells:
    """Cut two quantities, `[N]` each, into at most `MOST_CELLS_OF_TWO` squared cells; tensor splines."""
    most = _num_cells(int(len(first) ** 0.5 * _DRAWS_PER_CELL**0.5), MOST_CELLS_OF_TWO)
    one, two = (_axis(x, most, _MOST_KNOTS_OF_TWO, {}) for x in (first, second))
    flat = one.cell * len(two.weights) + two.cell
    used, cell = np.unique(flat, return_inverse=True)
    row, column = np.divmod(used, len(two.weights))
    weights = np.bincount(cell) / len(cell)
    basis = (one.basis[row, :, None] * two.basis[column, None, :]).reshape(len(used), -1)
    penalty = np.kron(one.penalty, np.eye(len(two.penalty))) + np.kron(np.eye(len(one.penalty)), two.penalty)
    smoother = _smoother(weights, basis, penalty, one.discrete and two.discrete)
    return Cells(cell, _counts(cell, len(used), replicates), smoother)


def _num_cells(num_draws: int, most: int) -> int:
    return min(max(num_draws // _DRAWS_PER_CELL, _FEWEST_CELLS), most)


def _counts(cell: Indices, num_cells: int, replicates: Replication) -> Floats:
    num_replicates = len(replicates.counts)
    code = replicates.replicate * num_cells + cell
    counted = np.bincount(code, minlength=num_replicates * num_cells)
    return counted.reshape(num_replicates, num_cells).astype(np.float64)


def _axis(x: Floats, most: int, knots: int, made: Made) -> _Axis:
    ordered = np.sort(x)
    changes = np.flatnonzero(ordered[1:] > ordered[:-1]) + 1
    discrete = len(changes) < MOST_GROUPS
    starts = changes if discrete else np.arange(1, most) * len(x) // most
    edges = ordered[starts] if discrete else np.unique(ordered[starts])
    cell = np.searchsorted(edges, x, side="right")
    counts = np.bincount(cell, minlength=len(edges) + 1)
    weights = counts / len(x)
    if discrete:
        return _Axis(cell, weights, np.eye(len(counts)), np.zeros((len(counts), len(counts))), True)
    if (False, weights.tobytes()) in made:
        return _Axis(cell, weights, np.empty((0, 0)), np.empty((0, 0)), False)
    basis = _splines((np.cumsum(counts) - counts / 2) / len(x), min(knots, max(len(counts) // 2, 4)))
    differences = np.diff(np.eye(basis.shape[1]), n=2, axis=0)
    return _Axis(cell, weights, basis, differences.T @ differences, False)


def _splines(at: Floats, number: int) -> Floats:
    """`[C, number]`, cubic B-splines on equally spaced knots over [0, 1]."""
    from scipy.interpolate import BSpline  # here, since it takes long to import

    pieces = number - 3
    return BSpline.design_matrix(at, np.arange(-3, pieces + 4) / pieces, 3).toarray()


def _smoother(weights: Floats, basis: Floats, penalty: Floats, discrete: bool) -> Smoother:
    from scipy.linalg import eigh  # here, since it takes long to import

    if discrete:
        return Smoother(weights, None, np.empty(0), np.empty(0))
    data = basis.T @ (weights[:, None] * basis)
    size = np.trace(data)
    scaled = penalty * (size / np.trace(penalty)) + np.eye(len(data)) * (_RIDGE * size)
    lengths, vectors = eigh(data, data + scaled)
    held = np.maximum((vectors * (scaled @ vectors)).sum(axis=0), _RIDGE)
    return Smoother(weights, basis @ vectors, np.maximum(lengths, 0.0), held)


def means_without(counts: Floats, sums: Floats, num_folds: int) -> tuple[Floats, Floats]:
    """Means over all replicates but those of one fold; replicate r is of fold r mod `num_folds`.

    Args:
        counts: `[R, C]`.
        sums: `[M, R, C]`.
        num_folds: F, from 2 to R.

    Returns:
        `[M, F, C]`, means by cell, the mean of all cells where a cell is left without draws; `[M, F]`, means
        of all cells.
    """
    inside = (np.arange(len(counts)) % num_folds == np.arange(num_folds)[:, None]).astype(np.float64)
    rest = counts.sum(axis=0) - inside @ counts
    rest_sums = sums.sum(axis=1, keepdims=True) - inside @ sums
    overall = rest_sums.sum(axis=2) / rest.sum(axis=1)
    means = rest_sums / np.maximum(rest, 1.0)
    return np.where(rest > 0, means, overall[..., None]), overall


def fit_each(smoother: Smoother, means: Floats) -> Floats:
    """Smooth `[..., C]`."""
    columns = means.reshape(-1, means.shape[-1]).T
    return smoother.fit(columns).T.reshape(means.shape)


def permuted_tables(
    cells: list[Cells], y: Floats, replicates: Replication, rng: np.random.Generator
) -> list[Floats]:
    """Per partition `[M, R, C]`: its table if the draws of each replicate are dealt out anew at random.

    Args:
        cells: Partitions; all get the same shuffled draws.
        y: `[M, N]`.
        replicates: Of the draws.
        rng: Shuffles them.
    """
    order = replicates.order.copy()
    for start, count in zip(replicates.starts, replicates.counts, strict=True):
        rng.shuffle(order[start : start + int(count)])
    running = np.concatenate([np.zeros((len(y), 1)), np.cumsum(y[:, order], axis=1)], axis=1)
    tables: list[Floats] = []
    for one in cells:
        ends = np.concatenate([[0], np.cumsum(one.counts.ravel())]).astype(np.intp)
        tables.append(np.diff(running[:, ends], axis=1).reshape(len(y), *one.counts.shape))
    return tables
