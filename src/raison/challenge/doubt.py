"""How far an answer moves if the stated distributions are wrong, and how often a rare one occurs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from raison.answer.intervals import FEW, Estimate, finite, mean_estimate, share_estimate
from raison.challenge.findings import AtWorst, Bound, Rare, Robustness, Shape
from raison.challenge.methods.robustness import (
    SHAPES,
    Extremes,
    Range,
    Reweighted,
    mean_range,
    reweighted,
    scale,
    share_crossing,
    share_range,
    worst,
)
from raison.challenge.methods.subset_simulation import subset_simulation
from raison.challenge.work import Work, found
from raison.run.sums import per_replicate

Floats = NDArray[np.float64]

RADII = (0.01, 0.05, 0.1, 0.25, 0.5)
"""Kullback-Leibler divergences, in nats, for which the answer's range is given."""
VARIATIONS = (0.01, 0.05, 0.1, 0.2)
"""Distances of total variation for which it is given."""
RARE = 1e-4
"""Shares below this are found by subset simulation."""
_BENT = tuple(name for name in SHAPES if name != "uniform")  # a uniform factor changes nothing
_FEWEST = 160
_MOST_SHAPES = 60


def find_robustness(work: Work, q: int) -> Robustness | None:
    """The answer's range under other distributions; None where too few draws have an answer."""
    draws = work.counted(q)
    if len(draws) < _FEWEST:
        return None
    number, replicate = work.number(q)[draws], work.replicate(draws)
    is_share = work.asked(q).has_margin
    stated = _stated(work, q, is_share)
    share = min(max(stated.mean, 0.0), 1.0)
    interval = (min(max(stated.low, 0.0), share), max(min(stated.high, 1.0), share))
    within, variation, crossing = None, None, None
    if is_share:
        known = interval if math.isfinite(stated.low) else None
        within = share_range(share, RADII, interval=known)
        variation = share_range(share, VARIATIONS, interval=known, distance="total-variation")
        crossing = share_crossing(share, 0.5, interval=known)
    else:
        within = mean_range(number, RADII, replicate=replicate)
    bent = reweighted(work.coordinates[:, draws], number, {n: SHAPES[n] for n in _BENT}, replicate=replicate)
    extremes = worst(work.inputs[:, draws], number, parts=_parts(len(draws)), replicate=replicate)
    return Robustness(
        question=work.question(q).label,
        is_share=is_share,
        number=share if is_share else stated.mean,
        standard_error=finite(stated.standard_error),
        bounds=_bounds(within),
        variation=() if variation is None else _bounds(variation),
        overturned_at=None if crossing is None else finite(crossing.radius),
        overturned_shift=None if crossing is None else finite(scale(crossing.radius).shift),
        overturned_low=None if crossing is None else finite(crossing.low),
        overturned_high=None if crossing is None else finite(crossing.high),
        shapes=_shapes(work, bent),
        worst=_worst(work, extremes),
    )


def _stated(work: Work, q: int, is_share: bool) -> Estimate:
    number = work.number(q)
    counted = np.isfinite(number)
    sums, counts = per_replicate(counted, number), per_replicate(counted)
    if not is_share:
        return mean_estimate(sums, counts)
    positive, below = (counted & (number > 0)).sum(), (counted & (number < 1)).sum()
    return share_estimate(sums, counts, float(positive), float(below))


def _parts(draws: int) -> int:
    """Twentieths, or wider parts where there are few draws."""
    return max(1, min(20, draws // 32))


def _bounds(within: Range) -> tuple[Bound, ...]:
    errors = within.low_with_error, within.high_with_error
    rows = zip(within.radius, within.low, within.high, *errors, strict=True)
    return tuple(
        Bound(
            radius=float(radius),
            low=float(low),
            high=float(high),
            low_with_error=finite(float(low_error)),
            high_with_error=finite(float(high_error)),
        )
        for radius, low, high, low_error, high_error in rows
        if math.isfinite(low) and math.isfinite(high)
    )


def _shapes(work: Work, bent: Reweighted) -> tuple[Shape, ...]:
    found: list[Shape] = []
    for s, shape in enumerate(bent.shapes):
        for p, name in enumerate(work.names):
            rows = (bent.value, bent.standard_error, bent.difference, bent.difference_error)
            number, error, difference, difference_error = (finite(float(row[s, p])) for row in rows)
            found.append(
                Shape(
                    parameter=name,
                    shape=shape,
                    number=number,
                    standard_error=error,
                    difference=difference,
                    difference_error=difference_error,
                )
            )
    return tuple(sorted(found, key=lambda s: -abs(s.difference or 0.0))[:_MOST_SHAPES])


def _worst(work: Work, extremes: Extremes) -> tuple[AtWorst, ...]:
    def at(p: int, row: Floats) -> tuple[float | str, float | str]:
        low, high = (work.named(work.names[p], float(v)) for v in row[p])
        return low, high

    rows = [
        AtWorst(
            parameter=name,
            low=finite(float(extremes.low[p])),
            low_error=finite(float(extremes.low_error[p])),
            low_at=at(p, extremes.low_at),
            high=finite(float(extremes.high[p])),
            high_error=finite(float(extremes.high_error[p])),
            high_at=at(p, extremes.high_at),
        )
        for p, name in enumerate(work.names)
    ]
    return tuple(sorted(rows, key=lambda r: -((r.high or 0.0) - (r.low or 0.0))))


def find_rare(work: Work, q: int, share: float) -> Rare | None:
    """The share of an answer that the run's draws hardly show, by subset simulation; None where it is common.

    Args:
        work: Of the run.
        q: Index of the question.
        share: Its answer over all draws of the run.
    """
    asked = work.asked(q)
    rare = min(share, 1 - share)
    if not asked.has_margin or not work.names or not (work.is_light or (work.quick and work.thorough)):
        return None
    if rare >= RARE and rare * work.run_draws >= FEW:
        return None
    holds = share < 0.5
    known = subset_simulation(
        asked.margin, len(asked.names), seed=work.seed, event="holds" if holds else "fails"
    )
    return Rare(
        question=work.question(q).label,
        event="yes" if holds else "no",
        share=found(known.share, known.standard_error, known.low, known.high),
        counted=rare,
        draws=work.run_draws,
        evaluations=known.evaluations,
        reached=int((known.repetitions > 0).sum()),
        repetitions=len(known.repetitions),
    )
