r"""PAWN: how far the whole distribution of an answer moves when an input is known.

For slices :math:`b` of the draws by one input the index is the mean over draws, and so over slices by their
size, of the Kolmogorov-Smirnov distance

.. math:: \max_y | F(y) - F(y \mid b) |

between the distribution of the answer in all draws and in the slice. It does not change when the answer is
sent through an increasing function, and needs no variance: it sees an input that only widens a margin, which
a first-order index does not. Noise alone makes distances positive, so beside the index stands what it would
be, 95 times in 100, for an input that tells nothing.

Source: Pianosi and Wagener (2015), "A simple and efficient method for global sensitivity analysis based on
cumulative distribution functions", Environmental Modelling & Software 67, 1-11; (2018), "Distribution-based
sensitivity analysis from a generic input-output sample", Environmental Modelling & Software 108, 197-207
(slices of equal count; a dummy input's index as threshold); Puy, Lo Piano and Saltelli (2020),
"A sensitivity analysis of the PAWN sensitivity index", same journal 127, 104679 (on the choice of slices).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.given_sample import sliced
from raison.challenge.methods.jackknife import Estimates, Floats, Status, jackknife, status_of
from raison.run.designs import REPLICATES

CLASSES = 512
"""Values of the answer at which distributions are compared: its quantiles."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pawn:
    """PAWN indices of one answer for `P` inputs.

    Attributes:
        index: `[P]`, mean distance over the slices; nan where the status is not `FOUND`.
        largest: `[P]`, distance of the slice that is farthest.
        null: `[P]`, 95% quantile of the index for an input that tells nothing, with the same slices.
        status: What can be said about the answer.
        rows: Draws that succeed.
        failed: Draws that do not.
    """

    index: Estimates
    largest: Floats
    null: Floats
    status: Status
    rows: int
    failed: int


def pawn(inputs: Floats, answer: Floats, *, seed: int, slices: int = 10, shuffles: int = 99) -> Pawn:
    """PAWN indices from a given sample.

    Args:
        inputs: `[P, N]` float64, finite.
        answer: `[N]` float64, nan or infinite where a draw failed; such draws are left out.
        seed: Of the shuffles.
        slices: Slices of equal count; an input with at most as many values has one for each.
        shuffles: How often the slices are dealt anew to find `null`.

    Returns:
        The indices.

    Raises:
        ValueError: The shapes do not fit, or a number is out of range.

    Accuracy: Distances are taken at 512 quantiles of the answer, which hides at most 1/512 of each; an answer
        with fewer values is compared exactly. The index has an upward bias of about 0.87 times the root of
        `slices / N` where distances are small; it shows in `null` too.
    """
    if inputs.ndim != 2 or answer.ndim != 1 or inputs.shape[1] != len(answer):
        raise ValueError(
            f"PAWN needs inputs [P, N] and an answer [N]; got {list(inputs.shape)} and {list(answer.shape)}."
        )
    if slices < 2 or shuffles < 19:
        raise ValueError(
            f"PAWN needs at least 2 slices and 19 shuffles; got {slices} slices and {shuffles} shuffles."
        )
    fine = np.isfinite(answer)
    rows = int(fine.sum())
    replicate = np.arange(len(answer))[fine] % REPLICATES
    inputs, answer = inputs[:, fine], answer[fine]
    status = status_of(answer)
    if status != Status.FOUND:
        none = np.full(len(inputs), np.nan)
        return Pawn(Estimates(none, none, none, none), none, none, status, rows, len(fine) - rows)
    classes, _ = sliced(answer, CLASSES)
    random = np.random.default_rng(seed)
    labels = [sliced(row, slices)[0] for row in inputs]
    found = [_distances(label, classes, replicate) for label in labels]
    known: dict[bytes, float] = {}  # inputs whose slices have the same sizes share a null
    for label in labels:
        sizes = np.bincount(label).tobytes()
        if sizes not in known:
            known[sizes] = _null(label, classes, shuffles, random)
    value, error, low, high = (
        np.array([getattr(estimates, part) for estimates, _ in found])
        for part in ("value", "standard_error", "low", "high")
    )
    return Pawn(
        Estimates(value, error, low, high),
        np.array([largest for _, largest in found]),
        np.array([known[np.bincount(label).tobytes()] for label in labels]),
        status,
        rows,
        len(fine) - rows,
    )


def _distances(labels: Integers, classes: Integers, replicate: Integers) -> tuple[Estimates, float]:
    """The index of one input with its error, and the largest distance."""
    shape = (int(labels.max()) + 1, int(classes.max()) + 1, REPLICATES)
    cell = (labels * shape[1] + classes) * REPLICATES + replicate
    counts = np.bincount(cell, minlength=shape[0] * shape[1] * shape[2]).reshape(shape).astype(np.float64)
    index = jackknife(counts, counts.sum(axis=(0, 1)), _index)
    return index, float(_ks(counts.sum(axis=-1, keepdims=True)).max())


def _ks(counts: Floats) -> Floats:
    """Distances `[slices, ...]` of counts `[slices, classes, ...]`; 0 for an empty slice."""
    below = counts.cumsum(axis=1)
    whole = below.sum(axis=0)
    some = np.maximum(below[:, -1:], 1.0)
    return np.where(below[:, -1] > 0, np.abs(below / some - whole / whole[-1:]).max(axis=1), 0.0)


def _index(counts: Floats) -> Floats:
    """Mean distance `[...]` over the slices, each with its share of the draws."""
    sizes = counts.sum(axis=1)
    return (sizes * _ks(counts)).sum(axis=0) / sizes.sum(axis=0)


def _null(labels: Integers, classes: Integers, shuffles: int, random: np.random.Generator) -> float:
    slices, kinds = int(labels.max()) + 1, int(classes.max()) + 1
    found: list[float] = []
    for _ in range(shuffles):
        cell = random.permutation(labels) * kinds + classes
        counts = np.bincount(cell, minlength=slices * kinds).reshape(slices, kinds, 1)
        found.append(float(_index(counts.astype(np.float64))[0]))
    return float(np.quantile(found, 0.95, method="higher"))
