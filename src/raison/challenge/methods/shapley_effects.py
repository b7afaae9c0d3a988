r"""Shapley effects: the variance of an answer shared out among inputs that may be correlated.

With correlated inputs the first-order indices count common variation more than once and total indices less
than once. The Shapley effect of an input is what it adds to the explained variance, averaged over all orders
in which the inputs may become known; effects sum to 1:

.. math:: \phi_i = \frac{1}{P \operatorname{Var} y} \sum_{u \not\ni i} \binom{P - 1}{|u|}^{-1}
          (V_{u \cup i} - V_u), \qquad V_u = \operatorname{Var} E[y \mid x_u] .

The inputs are increasing functions of normal scores with a correlation matrix, so a second draw that shares
exactly the inputs `u` with the first is a matter of one triangular matrix: with the inputs in an order, the
scores are :math:`L e` for a Cholesky factor `L` in that order and independent `e`; replacing all but the
first `j` entries of `e` by fresh ones gives scores that have the first `j` inputs in common with the first
draw, and the others as they are given these. So one walk from a fresh draw to the first one visits the
subsets of one order, and :math:`V_u = \operatorname{Cov}(y, y^{(u)})`. There is no bias of neighbours, and
no model of the answer.

Source: Owen (2014), "Sobol' indices and Shapley value", SIAM/ASA Journal on Uncertainty Quantification 2,
245-251; Song, Nelson and Staum (2016), "Shapley effects for global sensitivity analysis: theory and
computation", same journal 4, 1060-1083 (random orders); Goda (2021), "A simple algorithm for global
sensitivity analysis with Shapley effects", Reliability Engineering & System Safety 213, 107702 (the walk, for
independent inputs); Janon and others (2014) for the covariance. The walk for correlated scores is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from raison.challenge.methods.jackknife import Estimates, Status, by_replicate, jackknife, status_of
from raison.run.designs import REPLICATES, make_design
from raison.run.sobol import MAX_DIMENSIONS

Floats = NDArray[np.float64]
Answer = Callable[[Floats], Floats]

ROWS = 16_384
"""Walks, unless told otherwise; their error is about `ROWS ** -0.5` of the variance."""
_ORDERS = 8  # of each replicate, every second the reverse of the one before
_EDGE = 2.0**-53


@dataclass(frozen=True, slots=True, eq=False)
class ShapleyEffects:
    """Shapley effects of `P` inputs on `Q` answers.

    Attributes:
        effect: `[Q, P]`, summing to 1 over the inputs; nan where the status is not `FOUND`. Noise can bring a
            small one below 0.
        status: `[Q]`, values of `Status`.
        rows: `[Q]`, walks that succeed.
        failed: `[Q]`, walks with an evaluation that fails.
    """

    effect: Estimates
    status: NDArray[np.int64]
    rows: NDArray[np.int64]
    failed: NDArray[np.int64]


def shapley_effects(answer: Answer, lower: Floats, *, seed: int, rows: int = ROWS) -> ShapleyEffects:
    """Shapley effects of inputs with correlated normal scores.

    Args:
        answer: Takes points `[P, N]` of the unit cube, the coordinates *before* they are correlated, and
            returns `[Q, N]`; nan where it fails. It is asked `P + 1` times for `rows` points in all.
        lower: `[P, P]`, Cholesky factor of the scores' correlation matrix, by which the answer correlates
            its coordinates; the identity where they are independent.
        seed: Of points and orders.
        rows: Walks, rounded up to a multiple of 128.

    Returns:
        The effects.

    Raises:
        ValueError: the factor is not square, or there are too many inputs.

    Accuracy: no bias but that of a ratio, of order `1 / rows`. Errors are the jackknife's over sixteen
        replicates, each with points and orders of its own.
    """
    inputs = len(lower)
    if lower.shape != (inputs, inputs) or not 1 <= inputs <= MAX_DIMENSIONS // 2:
        raise ValueError(
            f"Shapley effects need a square factor of 1 to {MAX_DIMENSIONS // 2} inputs; got"
            f" {list(lower.shape)}."
        )
    step = REPLICATES * _ORDERS
    each = -(-rows // step)
    design = make_design("sobol", 2 * inputs, seed, each * step)
    points = design.points(0, each * step)
    random = np.random.default_rng(seed)
    sums: list[Floats] = []
    ends: list[Floats] = []
    shift = np.zeros(1)
    orders = np.zeros((REPLICATES, inputs), np.int64)
    for block in range(_ORDERS):
        part = points[:, block * each * REPLICATES : (block + 1) * each * REPLICATES]
        if block % 2 == 0:
            orders = np.array([random.permutation(inputs) for _ in range(REPLICATES)])
        else:
            orders = orders[:, ::-1]
        walked = _walk(answer, lower, part, orders)
        if block == 0:  # so that large means do no harm
            shift = np.nan_to_num(walked[:, -1, :1])[:, :, None]
        walked = walked - shift
        sums.append(_sums(walked, orders))
        ends.append(np.where(np.isfinite(walked).all(axis=1), walked[:, -1], np.nan))
    whole: Floats = np.sum(sums, axis=0)
    counts = whole[0, :, :1]
    effect = jackknife(whole, np.broadcast_to(counts, whole.shape[1:]), _effect)
    last = np.concatenate(ends, axis=-1)
    status = np.array([status_of(row[np.isfinite(row)]) for row in last], np.int64)
    found = (status == Status.FOUND)[:, None] & np.isfinite(effect.standard_error)
    blank = lambda row: np.where(found, row, np.nan)
    return ShapleyEffects(
        Estimates(*(blank(r) for r in (effect.value, effect.standard_error, effect.low, effect.high))),
        np.where(found.all(axis=1), status, np.where(status == Status.FOUND, Status.TOO_FEW, status)),
        counts[:, 0].sum(axis=-1).astype(np.int64),
        (~np.isfinite(last)).sum(axis=-1).astype(np.int64),
    )


def _walk(answer: Answer, lower: Floats, points: Floats, orders: NDArray[np.int64]) -> Floats:
    """Answers `[Q, P + 1, n]` from a fresh draw (first) to the draw itself (last).

    Args:
        answer: As in `shapley_effects`.
        lower: `[P, P]`.
        points: `[2 P, n]`; point `i` belongs to replicate `i mod 16`.
        orders: `[16, P]`, the order in which inputs become known in each replicate.
    """
    inputs, count = len(lower), points.shape[1]
    scores = ndtri(points)
    cube: Floats = np.empty((inputs, inputs + 1, count))
    whole = lower @ lower.T
    inverse = np.linalg.inv(lower)
    for replicate, order in enumerate(orders):
        mine = slice(replicate, None, REPLICATES)
        own, fresh = scores[:inputs, mine], scores[inputs:, mine]
        back = np.empty((inputs, inputs))
        back[order] = np.linalg.cholesky(whole[np.ix_(order, order)])  # rows in the order of the inputs
        turn = inverse @ back  # from innovations in this order to independent coordinates
        at = turn @ fresh
        cube[:, 0, mine] = at
        for j in range(inputs):
            at = at + turn[:, j : j + 1] * (own[j] - fresh[j])
            cube[:, j + 1, mine] = at
    found = answer(np.clip(ndtr(cube.reshape(inputs, -1)), _EDGE, 1 - _EDGE))
    return found.reshape(len(found), inputs + 1, count)


def _sums(walked: Floats, orders: NDArray[np.int64]) -> Floats:
    """`[4, Q, P, 16]`: walks; and sums of the last answer, of each input's step and of their product."""
    fine = np.where(np.isfinite(walked.sum(axis=1)), 1.0, 0.0)
    walked = np.where(fine[:, None] > 0, walked, 0.0)
    outputs, steps, count = walked.shape
    end = walked[:, -1]
    taken = np.empty((outputs, steps - 1, count))
    for replicate, order in enumerate(orders):
        taken[:, order, replicate::REPLICATES] = np.diff(walked[:, :, replicate::REPLICATES], axis=1)
    one = np.stack([fine, end])[:, :, None, :]
    both = np.stack([taken, taken * end[:, None]])
    wide = np.broadcast_to(by_replicate(one), (2, outputs, steps - 1, REPLICATES))
    return np.concatenate([wide, by_replicate(both)])


def _effect(sums: Floats) -> Floats:
    count, end, taken, product = sums
    shared = product / count - (end / count) * (taken / count)
    return shared / shared.sum(axis=-2, keepdims=True)
