"""Errors and intervals of means over draws.

The sixteen replicates of a design are independent and equally made, so the spread of their means is the error
of the whole mean, whatever the design gains over plain sampling. Where hardly any draw differs from the
others the replicates say too little and the exact binomial interval is used, which is then too wide rather
than too narrow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from raison.run.designs import REPLICATES

FEW = 30
"""With fewer draws than this on the smaller side, the Clopper-Pearson interval is used."""
_NORMAL_975 = 1.959963984540054
_T_15 = 2.131449545559323  # 97.5% quantile of Student's t with 15 degrees of freedom

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its error.

    Attributes:
        mean: nan where nothing was counted.
        standard_error: nan where there are fewer than two replicates with draws.
        low: Lower end of the 95% interval.
        high: Upper end.
        method: How the interval was made.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    method: Literal["replicates", "clopper-pearson"]


def share_estimate(sums: Floats, counts: Floats, positive: float, below_one: float) -> Estimate:
    """A mean of numbers between 0 and 1.

    Args:
        sums: `[16]` per replicate, sum of the numbers.
        counts: `[16]` per replicate, how many draws were counted.
        positive: Draws whose number is above 0.
        below_one: Draws whose number is below 1.

    Returns:
        The estimate; with a Clopper-Pearson interval its standard error is the width over 2 * 1.96.

    Source: Owen (1997) and L'Ecuyer and Lemieux (2002) for replicated randomised quasi-Monte Carlo;
        Clopper and Pearson (1934).
    """
    estimate = mean_estimate(sums, counts)
    total = float(counts.sum())
    if total == 0 or min(positive, below_one) >= FEW:
        low, high = max(estimate.low, 0.0), min(estimate.high, 1.0)
        return Estimate(estimate.mean, estimate.standard_error, low, high, "replicates")
    successes = float(sums.sum())  # whole unless some numbers are fractions; then between two whole ones
    low, high = clopper_pearson(successes, total)
    error = (high - low) / (2 * _NORMAL_975)
    return Estimate(estimate.mean, error, low, high, "clopper-pearson")


def mean_estimate(sums: Floats, counts: Floats) -> Estimate:
    """A mean of any numbers, with Student's t on the replicates' means."""
    total = float(counts.sum())
    if total == 0:
        return Estimate(math.nan, math.nan, math.nan, math.nan, "replicates")
    mean = float(sums.sum()) / total
    error = replicate_error(sums, counts)
    width = error * student(int((counts > 0).sum()))
    return Estimate(mean, error, mean - width, mean + width, "replicates")


def replicate_error(sums: Floats, counts: Floats) -> float:
    """Standard error of the mean from the spread of the replicates' means."""
    used = counts > 0
    if used.sum() < 2:
        return math.nan
    means = sums[used] / counts[used]
    return float(means.std(ddof=1) / math.sqrt(len(means)))


def difference_estimate(
    after: Floats, after_counts: Floats, before: Floats, before_counts: Floats
) -> Estimate:
    """Difference of two means on the same draws, with the paired error of the replicates."""
    used = (after_counts > 0) & (before_counts > 0)
    if used.sum() < 2:
        return Estimate(math.nan, math.nan, math.nan, math.nan, "replicates")
    mean = float(after.sum() / after_counts.sum() - before.sum() / before_counts.sum())
    differences = after[used] / after_counts[used] - before[used] / before_counts[used]
    error = float(differences.std(ddof=1) / math.sqrt(len(differences)))
    width = error * student(int(used.sum()))
    return Estimate(mean, error, mean - width, mean + width, "replicates")


def clopper_pearson(successes: float, total: float) -> tuple[float, float]:
    """Exact 95% interval of a binomial share (Clopper and Pearson 1934, by quantiles of the beta)."""
    from scipy.special import betaincinv  # here, since it takes long to import and is seldom needed

    low = 0.0 if successes <= 0 else float(betaincinv(successes, total - successes + 1, 0.025))
    high = 1.0 if successes >= total else float(betaincinv(successes + 1, total - successes, 0.975))
    return low, high


def student(replicates: int) -> float:
    """97.5% point of Student's t with one degree of freedom less than there are replicates."""
    if replicates == REPLICATES:
        return _T_15
    from scipy.special import stdtrit

    return float(stdtrit(max(replicates - 1, 1), 0.975))


def finite(value: float) -> float | None:
    """A number as a record has it: None where it is not finite."""
    return float(value) if math.isfinite(value) else None
