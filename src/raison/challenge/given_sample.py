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

from raison.challenge.jackknife import Estimates, Floats, jackknife
from raison.run.designs import REPLICATES

FEWEST = 32
"""Rows in a slice, at least."""
RANGES = 10
"""Slices in which failures are counted."""
_N, _S, _SS, _NN, _YY = range(5)  # rows, sum, its square, their square, sum of squares
_ROUNDING = 64 * float(np.finfo(np.float64).eps)

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FirstOrder:
    """First-order indices of `Q` answers for `P` inputs.

    Attributes:
        first: `[Q, P]`; nan where the answer is constant or too few draws are there.
        constant: `[Q]`, whether the answer is the same in all draws that succeed.
        rows: `[Q]`, draws that succeed.
        failed: `[Q]`, draws that do not.
    """

    first: Estimates
    constant: NDArray[np.bool_]
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
        Within a slice an input still varies, which hides about `1 / slices**2` of an index that comes from a smooth
        dependence and up to `1 / slices` of one that comes from a jump.
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
    shifted, constant = _centred(answers, fine)
    found = [_index_of(sliced(row, count), shifted, fine) for row in inputs]
    rows = fine.sum(axis=1)
    value, error, low, high = (
        np.stack([np.where(constant, np.nan, getattr(e, part)) for e in found], axis=1)
        for part in ("value", "standard_error", "low", "high")
    )
    return FirstOrder(Estimates(value, error, low, high), constant, rows, draws - rows)


def sliced(row: Floats, slices: int) -> Integers:
    """The slice `[N]` of each draw by one input: equal counts, equal values together.

    An input with at most `slices` values has a slice for each of them.
    """
    ascending = np.sort(row)
    values = ascending[np.flatnonzero(ascending[1:] != ascending[:-1])]  # but for the largest
    if len(values) >= slices:
        values = ascending[-(-np.arange(1, slices) * len(row) // slices) - 1]
    return np.searchsorted(values, row)


def _centred(answers: Floats, fine: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Answers less their mean, 0 where they failed; and which are constant."""
    least = answers.min(axis=1, initial=np.inf, where=fine)
    most = answers.max(axis=1, initial=-np.inf, where=fine)
    rows = fine.sum(axis=1)
    middle = np.where(rows > 0, answers.sum(axis=1, where=fine) / np.maximum(rows, 1), 0.0)
    with np.errstate(invalid="ignore"):  # no draw succeeds
        constant = (rows > 0) & (most - least <= _ROUNDING * np.maximum(np.abs(least), np.abs(most)))
    return np.where(fine, answers - middle[:, None], 0.0), constant


def _index_of(labels: Integers, answers: Floats, fine: NDArray[np.bool_]) -> Estimates:
    """Indices `[Q]` of one input."""
    slices = int(labels.max()) + 1
    cell = labels * REPLICATES + np.arange(len(labels)) % REPLICATES
    sums = np.zeros((5, slices + 1, len(answers), REPLICATES))  # the last slice is the whole
    for q, row in enumerate(answers):
        counts = cell if fine[q].all() else cell[fine[q]]
        shape = (slices, REPLICATES)
        sums[_N, :-1, q] = np.bincount(counts, minlength=slices * REPLICATES).reshape(shape)
        sums[_S, :-1, q] = np.bincount(cell, row, slices * REPLICATES).reshape(shape)
        squares = np.bincount(np.arange(len(labels)) % REPLICATES, row * row, REPLICATES)
        sums[_YY, -1, q] = squares
    sums[:2, -1] = sums[:2, :-1].sum(axis=1)
    sums[_SS], sums[_NN] = sums[_S] ** 2, sums[_N] ** 2
    return jackknife(sums, sums[_N, -1], _explained)


def _explained(sums: Floats) -> Floats:
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
        explained: `[P]`, first-order index of failing; nan where none or all fail.
        order: `[P]`, inputs by that index, the best predictor first.
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
    order = np.argsort(-single.value, kind="stable")  # nan comes last
    return FailurePredictors(float(failed.mean()), single, order, worst[:, 0], worst[:, 1], worst[:, 2])


def _worst(row: Floats, failed: NDArray[np.bool_]) -> tuple[float, float, float]:
    labels = sliced(row, RANGES)
    count = np.bincount(labels)
    share = np.bincount(labels, failed) / np.maximum(count, 1)
    inside = row[labels == int(share.argmax())]
    return float(inside.min()), float(inside.max()), float(share.max())
