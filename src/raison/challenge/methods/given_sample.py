r"""First-order indices from draws that were made for something else, and what predicts a failure.

The rows are put into slices of equal count by one input, and the variance of the slices' means is the part
that the input explains, :math:`\operatorname{Var} E[y \mid x]`. Squares of means would count noise as
explanation, the more so the fewer rows a slice has. So products of sums over *different* replicates take
their place: draw `i` belongs to replicate `i mod 16`, replicates are independent, and with sums
:math:`s_{br}` of :math:`n_{br}` rows

.. math:: \frac{(\sum_r s_{br})^2 - \sum_r s_{br}^2}{(\sum_r n_{br})^2 - \sum_r n_{br}^2}

has the expectation of the squared mean of slice `b`, whether the rows of a replicate are independent or lie
evenly. An input that explains nothing has index 0 but for chance, of either sign. Inputs may be correlated,
discrete, or quantities from the middle of a model; the index then says what knowing one of them tells, not
what it causes.

Source: the estimator by slices is that of Plischke, Borgonovo and Smith (2013), "Global sensitivity measures
from given data", European Journal of Operational Research 226, 536-550; the correlation ratio
is Pearson's, its correction for noise Kelley's (1935), Proceedings of the National Academy of Sciences
21, 554-559. Correcting by products over replicates is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.jackknife import Estimates, Floats, Status, jackknife, status_of
from raison.run.designs import REPLICATES

FEWEST = 32
"""Rows in a slice, at least."""
RANGES = 10
"""Slices in which failures are counted."""
_N, _S, _SS, _NN, _YY = range(5)  # rows, sum, its square, their square, sum of squares

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FirstOrder:
    """First-order indices of `Q` answers for `P` inputs.

    Attributes:
        first: `[Q, P]`; nan where the status is not `FOUND`. What slices hide raises the upper end.
        status: `[Q]`, values of `Status`.
        rows: `[Q]`, draws that succeed.
        failed: `[Q]`, draws that do not.
    """

    first: Estimates
    status: Integers
    rows: Integers
    failed: Integers


def first_order(inputs: Floats, answers: Any, *, slices: int | None = None) -> FirstOrder:
    """First-order Sobol indices from a given sample.

    Args:
        inputs: `[P, N]` float64, parameters or other quantities of each draw; finite.
        answers: `[Q, N]`, numbers or truth values; nan or infinite where a draw failed.
        slices: How many; without, the square root of `N`, but at least 32 rows in each.

    Returns:
        The indices.

    Raises:
        ValueError: The shapes do not fit, or there are fewer than 64 draws.

    Accuracy: The expectation is exact for the inputs as sliced, but for the variance in the denominator.
        Within a slice an input still varies, which hides about `1 / slices**2` of an index that comes from a
        slope and up to `1 / (4 * slices)` of the variance of a jump; the interval allows for it.
    """
    answers = np.asarray(answers, np.float64)
    if inputs.ndim != 2 or answers.ndim != 2 or inputs.shape[1] != answers.shape[1]:
        raise ValueError(
            f"Given samples need inputs [P, N] and answers [Q, N]; got {list(inputs.shape)} and "
            f"{list(answers.shape)}."
        )
    draws = inputs.shape[1]
    if draws < 2 * FEWEST:
        raise ValueError(f"A given sample needs at least {2 * FEWEST} draws; got {draws}.")
    count = slices or max(2, min(int(draws**0.5), draws // FEWEST))
    fine = np.isfinite(answers)
    status = np.array([status_of(row[f]) for row, f in zip(answers, fine, strict=True)], np.int64)
    none = status != Status.FOUND
    centred = _centred(answers, fine)
    found = [_index_of(row, count, centred, fine) for row in inputs]
    rows = fine.sum(axis=1)
    value, error, low, high = (
        np.stack([np.where(none, np.nan, getattr(e, part)) for e in found], axis=1)
        for part in ("value", "standard_error", "low", "high")
    )
    return FirstOrder(Estimates(value, error, low, high), status, rows, draws - rows)


def sliced(row: Floats, slices: int) -> tuple[Integers, bool]:
    """The slice `[N]` of each draw by one input: equal counts, equal values together.

    An input with at most `slices` values has a slice for each of them; then the second result is true.
    """
    ascending = np.sort(row)
    edges = ascending[np.flatnonzero(ascending[1:] != ascending[:-1])]  # all values but the largest
    few = len(edges) < slices
    if not few:
        edges = ascending[-(-np.arange(1, slices) * len(row) // slices) - 1]
    return np.searchsorted(edges, row), few


def _centred(answers: Floats, fine: NDArray[np.bool_]) -> Floats:
    """Answers less their mean, 0 where they failed."""
    middle = answers.sum(axis=1, where=fine) / np.maximum(fine.sum(axis=1), 1)
    return np.where(fine, answers - middle[:, None], 0.0)


def _index_of(row: Floats, slices: int, answers: Floats, fine: NDArray[np.bool_]) -> Estimates:
    """Indices `[Q]` of one input."""
    labels, few = sliced(row, slices)
    replicate = np.arange(len(labels)) % REPLICATES
    shape = (int(labels.max()) + 1, REPLICATES)
    cell, cells = labels * REPLICATES + replicate, shape[0] * shape[1]
    counts = [np.bincount(cell if f.all() else cell[f], minlength=cells).reshape(shape) for f in fine]
    sums = [np.bincount(cell, answer, cells).reshape(shape).astype(np.float64) for answer in answers]
    squares = np.array(
        [np.bincount(replicate, answer * answer, REPLICATES) for answer in answers], dtype=np.float64
    )
    count, total = np.stack(counts, axis=1).astype(np.float64), np.stack(sums, axis=1)
    terms = _terms(count, total, squares)
    found = jackknife(terms, terms[_N, -1], _explained)
    return found if few else _opened(found, count, total, squares)


def _opened(found: Estimates, count: Floats, total: Floats, squares: Floats) -> Estimates:
    """Estimates with the upper end raised by what slices hide.

    It is bounded by what slices of twice the width hide on top, with the first slice left single or not. For
    a jump at the part `f` of a slice of width `w`, the slice hides `w f (1 - f)` times the jump squared, and
    the two kinds of double slices hide `w f**2 / 2` and `w (1 - f)**2 / 2` times that on top, together at
    least as much; for a slope it is six times as much as needed.
    """
    hidden = np.zeros_like(found.value)
    for first in (2, 1):
        starts = np.r_[0, first : len(count) : 2]
        terms = _terms(np.add.reduceat(count, starts), np.add.reduceat(total, starts), squares)
        with np.errstate(divide="ignore", invalid="ignore"):  # no draw succeeds
            wider = _explained(terms.sum(axis=-1, keepdims=True))[..., 0]
        hidden += np.maximum(found.value - wider, 0.0)
    return Estimates(found.value, found.standard_error, found.low, found.high + hidden)


def _terms(count: Floats, total: Floats, squares: Floats) -> Floats:
    """`[5, slices + 1, Q, 16]`, what the index is made of; the last slice is the whole.

    Args:
        count: `[slices, Q, 16]`.
        total: `[slices, Q, 16]`, sums of the answers.
        squares: `[Q, 16]`, sums of their squares.
    """
    terms = np.zeros((5, len(count) + 1, *squares.shape))
    terms[_N, :-1], terms[_S, :-1] = count, total
    terms[:2, -1] = terms[:2, :-1].sum(axis=1)
    terms[_SS], terms[_NN] = terms[_S] ** 2, terms[_N] ** 2
    terms[_YY, -1] = squares
    return terms


def _explained(sums: Floats) -> Floats:
    """Indices `[Q, ...]` of terms summed over replicates."""
    pairs = sums[_N] ** 2 - sums[_NN]
    some = pairs > 0
    squared_mean = np.where(some, sums[_S] ** 2 - sums[_SS], 0.0) / np.where(some, pairs, 1.0)
    weights = np.where(some[:-1], sums[_N, :-1], 0.0)
    between = (weights * squared_mean[:-1]).sum(axis=0) / weights.sum(axis=0)
    variance = sums[_YY, -1] / sums[_N, -1] - squared_mean[-1]
    return (between - squared_mean[-1]) / variance


@dataclass(frozen=True, slots=True, eq=False)
class FailurePredictors:
    """Which inputs tell whether a draw fails, and where.

    Attributes:
        share: Of all draws, those that fail.
        explained: `[P]`, first-order index of failing; nan where fewer than 30 draws fail, or succeed.
        order: `[P]`, inputs by that index, the best predictor first; by `inside` where there is none.
        low: `[P]`, least value of the input in the tenth of the draws (by this input) that fails most.
        high: `[P]`, the largest there.
        inside: `[P]`, share of that tenth's draws that fail; the largest of ten, so somewhat above `share`
            even for an input that tells nothing.
    """

    share: float
    explained: Estimates
    order: Integers
    low: Floats
    high: Floats
    inside: Floats


def failure_predictors(inputs: Floats, failed: NDArray[np.bool_]) -> FailurePredictors:
    """Which inputs best predict that a draw fails.

    Args:
        inputs: `[P, N]` float64, at least 64 draws.
        failed: `[N]`, whether a draw failed.

    Returns:
        First-order indices of the number that is 1 where a draw failed and 0 elsewhere, and the range of each
        input in which most fail.

    Raises:
        ValueError: The shapes do not fit, or there are fewer than 64 draws.
    """
    found = first_order(inputs, failed[None])
    explained = found.first
    single = Estimates(explained.value[0], explained.standard_error[0], explained.low[0], explained.high[0])
    worst = np.array([_worst(row, failed) for row in inputs]).reshape(-1, 3)
    order = np.lexsort((-worst[:, 2], -single.value))
    return FailurePredictors(float(failed.mean()), single, order, worst[:, 0], worst[:, 1], worst[:, 2])


def _worst(row: Floats, failed: NDArray[np.bool_]) -> tuple[float, float, float]:
    labels, _ = sliced(row, RANGES)
    count = np.bincount(labels)
    share = np.bincount(labels, failed) / np.maximum(count, 1)
    inside = row[labels == int(share.argmax())]
    return float(inside.min()), float(inside.max()), float(share.max())
