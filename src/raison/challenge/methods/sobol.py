r"""First-order and total Sobol indices from a design of their own.

For an answer :math:`y(x)` of independent inputs, the first-order index of a group `g` of inputs is the share
of the variance that goes when `g` becomes known, the total index the share that stays while only `g` is
unknown:

.. math:: S_g = \operatorname{Var} E[y \mid x_g] / \operatorname{Var} y, \qquad
          T_g = E \operatorname{Var}[y \mid x_{-g}] / \operatorname{Var} y .

The design has base points `A` and `B`, independent of each other, and for each group `C`, which is `A` with
the group's coordinates from `B`; there are `G + 2` evaluations for each base row and no second-order indices.
`C` shares the group with `B` and everything else with `A`. With means over the rows,
:math:`\operatorname{cor}(u, v) = (\overline{uv} - m^2) / (\overline{u^2 + v^2}/2 - m^2)` and
:math:`m = \overline{u + v} / 2`, the estimates are

.. math:: T = \frac{\overline{(y_A - y_C)^2}}{\overline{y_A^2 + y_C^2} - 2 m^2}, \qquad
          S = \operatorname{cor}(y_B, y_C) - (1 - T) \operatorname{cor}(y_A, y_B) .

`T` is Jansen's; the first part of `S` is that of Janon and others. What is taken off is ours: its expectation
is near 0 since `A` and `B` are independent, and it cancels what chance correlation of the two leaves in `C`
(the correction of Glen and Isaacs, with the weight that makes an inert group's index exactly 0).

`A` and `B` are the halves of one scrambled Sobol point, in sixteen independent scramblings; the errors are
the jackknife's over these. For an answer that is 0 or 1 and seldom one of them, both indices come down to
how often the rarer value at one point is the rarer value at the other too. That is a share `q` of few cases:
with its own `q` for each, :math:`S = (q - m) / (1 - m)` and :math:`T = (1 - q) / (1 - m)`, where `m` is the
share of the rarer value. Then the replicates say too little, and the ends are those of the exact binomial
interval of `q`, as for a share.

Source: Saltelli (2002), "Making best use of model evaluations to compute sensitivity indices", Computer
Physics Communications 145, 280-297 (design); Jansen (1999), "Analysis of variance designs for model output",
Computer Physics Communications 117, 35-43 (total); Janon, Klein, Lagnoux, Nodet and Prieur (2014),
"Asymptotic normality and efficiency of two Sobol index estimators", ESAIM: Probability and Statistics 18,
342-364 (first order); Glen and Isaacs (2012), "Estimating Sobol sensitivity indices using correlations",
Environmental Modelling & Software 37, 157-166; Clopper and Pearson (1934).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from raison.answer.intervals import FEW
from raison.challenge.methods.jackknife import ROUNDING, Estimates, Floats, Status, by_replicate, jackknife
from raison.run.designs import REPLICATES, Design, make_design
from raison.run.sobol import MAX_DIMENSIONS

BLOCK_ROWS = 1_024
"""Base rows in a block of points, unless told otherwise."""
_N, _A, _B, _C, _AA, _BB, _CC, _AB, _BC, _APART = range(10)  # what is summed; _APART is (a - c)**2
_NORMAL_975 = 1.959963984540054

Groups = tuple[tuple[int, ...], ...]
Counts = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SobolDesign:
    """Points at which the answer is needed. Immutable: threads may share it.

    Attributes:
        dimensions: `D`, coordinates of a point.
        groups: Per group its coordinates.
        rows: Base rows, a multiple of 16.
    """

    dimensions: int
    groups: Groups
    rows: int
    _base: Design

    @property
    def evaluations(self) -> int:
        """Number of points in all: `G + 2` for each base row."""
        return (len(self.groups) + 2) * self.rows

    def points(self, start: int, count: int) -> Floats:
        """Points of some base rows.

        Args:
            start: First base row.
            count: How many base rows.

        Returns:
            `[D, (G + 2) * count]` float64, strictly between 0 and 1: all rows of `A`, then all of `B`, then
            those of each group.
        """
        base = self._base.points(start, count)
        a, b = base[: self.dimensions], base[self.dimensions :]
        points = np.empty((self.dimensions, len(self.groups) + 2, count))
        points[:] = a[:, None]
        points[:, 1] = b
        for place, group in enumerate(self.groups, start=2):
            for coordinate in group:
                points[coordinate, place] = b[coordinate]
        return points.reshape(self.dimensions, -1)

    def blocks(self, rows: int = BLOCK_ROWS) -> Iterator[Floats]:
        """All points, block by block, as `points` gives them.

        Args:
            rows: Base rows in a block, a multiple of 16; the last block may have fewer.
        """
        if rows < 1 or rows % REPLICATES:
            raise ValueError(f"A block needs a multiple of {REPLICATES} base rows; got {rows}.")
        for start in range(0, self.rows, rows):
            yield self.points(start, min(rows, self.rows - start))


def make_sobol_design(
    dimensions: int, rows: int, seed: int, groups: Sequence[Sequence[int]] | None = None
) -> SobolDesign:
    """Make a design; costs milliseconds whatever `rows` is.

    Args:
        dimensions: `D`, coordinates of a point, at most 512.
        rows: Base rows; rounded up to a multiple of 16, best 16 times a power of 2.
        seed: A whole number of at least 0.
        groups: Per group its coordinates; each coordinate in at most one group. Without, each coordinate is a
            group of its own.

    Returns:
        The design.

    Raises:
        ValueError: A number is out of range, or a coordinate is in two groups.
    """
    chosen: Groups = (
        tuple((d,) for d in range(dimensions)) if groups is None else tuple(tuple(g) for g in groups)
    )
    members = [coordinate for group in chosen for coordinate in group]
    if not chosen or not all(chosen):
        raise ValueError(f"Sobol indices need at least one group and no empty one; got {chosen}.")
    if len(set(members)) < len(members) or not all(0 <= member < dimensions for member in members):
        raise ValueError(
            f"Groups need each of the coordinates 0 to {dimensions - 1} at most once; got {chosen}."
        )
    if 2 * dimensions > MAX_DIMENSIONS:
        raise ValueError(
            f"Sobol indices need at most {MAX_DIMENSIONS // 2} uncertain parameters; got {dimensions}; "
            "fix some, or take indices from a given sample."
        )
    rows = -(-rows // REPLICATES) * REPLICATES
    return SobolDesign(dimensions, chosen, rows, make_design("sobol", 2 * dimensions, seed, rows))


@dataclass(frozen=True, slots=True, eq=False)
class SobolSums:
    """What is kept of the answers; its size does not depend on how many there are.

    Attributes:
        shift: `[Q]`, taken off each answer before it is summed, so that large means do no harm.
        sums: `[10, Q, G, 16]`: how many rows succeed, and sums over them.
        failed: `[Q]`, evaluations that are not finite.
        least: `[Q]`, smallest answer.
        most: `[Q]`, largest.
        zero_one: `[Q]`, whether every answer is 0 or 1.
    """

    shift: Floats
    sums: Floats
    failed: Counts
    least: Floats
    most: Floats
    zero_one: Truths

    @staticmethod
    def start(groups: int, outputs: int) -> SobolSums:
        """Nothing summed yet, for `G` groups and `Q` answers."""
        return SobolSums(
            np.full(outputs, np.nan),
            np.zeros((10, outputs, groups, REPLICATES)),
            np.zeros(outputs, np.int64),
            np.full(outputs, np.inf),
            np.full(outputs, -np.inf),
            np.ones(outputs, np.bool_),
        )

    def fold(self, answers: Floats) -> SobolSums:
        """These sums and those of one more block.

        A row counts for a group if its three evaluations succeed, so a failure costs the other groups
        nothing unless it is at `A` or `B`.

        Args:
            answers: `[Q, (G + 2) * n]` float64, at the points of one block in their order; nan or infinite
                where the model fails.

        Returns:
            New sums.
        """
        _, outputs, groups, _ = self.sums.shape
        if answers.ndim != 2 or len(answers) != outputs or answers.shape[1] % (REPLICATES * (groups + 2)):
            raise ValueError(
                f"A block of answers needs shape [{outputs}, {groups + 2} * n] with n a multiple of "
                f"{REPLICATES}; got {list(answers.shape)}."
            )
        answers = answers.reshape(outputs, groups + 2, -1)
        fine = np.isfinite(answers)
        all_fine = bool(fine.all())
        least = answers.min(axis=(1, 2), initial=np.inf, where=True if all_fine else fine)
        most = answers.max(axis=(1, 2), initial=-np.inf, where=True if all_fine else fine)
        seen = np.isfinite(least) & np.isfinite(most)
        middle = np.where(seen, least, 0.0) / 2 + np.where(seen, most, 0.0) / 2
        shift = np.where(np.isnan(self.shift) & seen, middle, self.shift)
        shifted = answers - np.where(np.isnan(shift), 0.0, shift)[:, None, None]
        return replace(
            self,
            shift=shift,
            sums=self.sums + (_block_sums(shifted) if all_fine else _sums_of_some(shifted, fine)),
            failed=self.failed + (0 if all_fine else (~fine).sum(axis=(1, 2))),
            least=np.minimum(self.least, least),
            most=np.maximum(self.most, most),
            zero_one=self.zero_one & ((answers == 0) | (answers == 1) | ~fine).all(axis=(1, 2)),
        )


def _block_sums(answers: Floats) -> Floats:
    """`[10, Q, G, 16]` of answers `[Q, G + 2, n]` that are all finite."""
    outputs, slabs, count = answers.shape
    a, b, c = answers[:, 0:1], answers[:, 1:2], answers[:, 2:]
    sums = np.empty((10, outputs, slabs - 2, REPLICATES))
    sums[_N] = count / REPLICATES
    total, square = by_replicate(answers), by_replicate(answers * answers)
    sums[_A], sums[_B], sums[_C] = total[:, 0:1], total[:, 1:2], total[:, 2:]
    sums[_AA], sums[_BB], sums[_CC] = square[:, 0:1], square[:, 1:2], square[:, 2:]
    sums[_AB], sums[_BC] = by_replicate(a * b), by_replicate(b * c)
    sums[_APART] = by_replicate((a - c) ** 2)
    return sums


def _sums_of_some(answers: Floats, fine: NDArray[np.bool_]) -> Floats:
    """The same where some answers are not finite."""
    counted = fine[:, 0:1] & fine[:, 1:2] & fine[:, 2:]
    a, b, c = (np.where(counted, part, 0.0) for part in (answers[:, 0:1], answers[:, 1:2], answers[:, 2:]))
    parts = (counted.astype(np.float64), a, b, c, a * a, b * b, c * c, a * b, b * c, (a - c) ** 2)
    return np.stack([by_replicate(part) for part in parts])


@dataclass(frozen=True, slots=True, eq=False)
class SobolIndices:
    """Indices of `Q` answers and `G` groups.

    Attributes:
        first: `[Q, G]`, first-order indices; nan where the status is not `FOUND`.
        total: `[Q, G]`, total indices, likewise.
        first_by_count: `[Q, G]`, whether the interval is the binomial one, for few cases of a 0 or a 1.
        total_by_count: `[Q, G]`, likewise.
        status: `[Q]`, values of `Status`.
        rows: `[Q, G]`, base rows counted.
        failed: `[Q]`, evaluations that failed.
        mean: `[Q]`, of the answer at `A` and `B`, over rows that count for the first group; nan without any.
        variance: `[Q]`, likewise.
    """

    first: Estimates
    total: Estimates
    first_by_count: Truths
    total_by_count: Truths
    status: NDArray[np.int64]
    rows: Counts
    failed: Counts
    mean: Floats
    variance: Floats


def sobol_indices(sums: SobolSums) -> SobolIndices:
    """First-order and total indices with their errors.

    Args:
        sums: Of all blocks.

    Returns:
        The indices. Where evaluations fail they are those of the rows in which none of the three did.

    Accuracy: The standard error falls at least as fast as `rows ** -0.5`. Measured on three functions with
        256 to 8,192 rows, 95% intervals hold the index in 93 to 98 of 100 runs; binomial ones are wider than
        need be. A few extreme values of an answer that is not 0 or 1 can still carry an index; the interval
        is then too narrow. On smooth answers sixteen scramblings are less accurate than one sequence as long
        as all of them, which has no error. Rounding is below 1e-10 of an index.
    """
    counts = sums.sums[_N]
    first, first_by_count = _of_few(sums, _B, jackknife(sums.sums, counts, _first))
    total, total_by_count = _of_few(sums, _A, jackknife(sums.sums, counts, _total))
    scale = np.maximum(np.abs(sums.least), np.abs(sums.most))
    with np.errstate(invalid="ignore", divide="ignore"):
        constant = sums.most - sums.least <= ROUNDING * scale
        whole = sums.sums[:, :, 0].sum(axis=-1)
        mean = (whole[_A] + whole[_B]) / (2 * whole[_N])
        variance = np.maximum((whole[_AA] + whole[_BB]) / (2 * whole[_N]) - mean**2, 0.0)
    known = np.isfinite(first.standard_error) & np.isfinite(total.standard_error)
    status = np.where(known.all(axis=1), Status.FOUND, Status.TOO_FEW)
    status = np.where(constant & (whole[_N] > 0), Status.CONSTANT, status)
    found = known & (status == Status.FOUND)[:, None]
    return SobolIndices(
        _only(first, found),
        _only(total, found),
        first_by_count,
        total_by_count,
        status.astype(np.int64),
        counts.sum(axis=-1).astype(np.int64),
        sums.failed,
        mean + sums.shift,
        np.where(status == Status.CONSTANT, 0.0, variance),
    )


def _total(sums: Floats) -> Floats:
    mean = (sums[_A] + sums[_C]) / (2 * sums[_N])
    return sums[_APART] / (sums[_AA] + sums[_CC] - 2 * sums[_N] * mean**2)


def _first(sums: Floats) -> Floats:
    alike = _cor(sums[_N], sums[_B] + sums[_C], sums[_BB] + sums[_CC], sums[_BC])
    chance = _cor(sums[_N], sums[_A] + sums[_B], sums[_AA] + sums[_BB], sums[_AB])
    return alike - (1 - _total(sums)) * chance


def _cor(count: Floats, both: Floats, squares: Floats, products: Floats) -> Floats:
    """Correlation of two answers that have the same distribution, with a common mean and variance."""
    mean = both / (2 * count)
    return (products / count - mean**2) / (squares / (2 * count) - mean**2)


def _of_few(sums: SobolSums, other: int, plain: Estimates) -> tuple[Estimates, Truths]:
    """Estimates with the binomial interval where the answer is 0 or 1 and few cases carry the index.

    Args:
        sums: Of all blocks.
        other: `_B` for first-order indices, `_A` for total ones: what `C` is compared with.
        plain: By replicates.

    Returns:
        Estimates, and where the interval is binomial.
    """
    whole, shift = sums.sums.sum(axis=-1), np.where(np.isnan(sums.shift), 0.0, sums.shift)[:, None]
    count = whole[_N]
    ones = (whole[other] + whole[_C]) / 2 + count * shift  # a mean of the two points
    if other == _B:
        both = whole[_BC] + shift * (whole[_B] + whole[_C]) + count * shift**2
    else:
        both = ones - whole[_APART] / 2
    many = 2 * ones > count
    cases = np.where(many, count - ones, ones)
    both = np.where(many, count - 2 * ones + both, both)
    few = sums.zero_one[:, None] & (cases > 0) & (np.minimum(both, cases - both) < FEW)
    both, cases = np.where(few, both, 1.0), np.where(few, cases, 2.0)
    least = np.where(both > 0, betaincinv(np.maximum(both, 0.5), cases - both + 1, 0.025), 0.0)
    most = np.where(both < cases, betaincinv(both + 1, np.maximum(cases - both, 0.5), 0.975), 1.0)
    share = np.where(few, cases / np.maximum(count, 1.0), 0.0)
    if other == _B:
        low, high = (least - share) / (1 - share), (most - share) / (1 - share)
    else:
        low, high = (1 - most) / (1 - share), (1 - least) / (1 - share)
    low, high = np.minimum(low, plain.value), np.maximum(high, plain.value)
    ends = (
        np.where(few, exact, by_replicates)
        for exact, by_replicates in (
            ((high - low) / (2 * _NORMAL_975), plain.standard_error),
            (low, plain.low),
            (high, plain.high),
        )
    )
    return Estimates(plain.value, *ends), few


def _only(estimates: Estimates, found: NDArray[np.bool_]) -> Estimates:
    parts = (estimates.value, estimates.standard_error, estimates.low, estimates.high)
    return Estimates(*(np.where(found, part, np.nan) for part in parts))
