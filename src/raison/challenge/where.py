"""Where a conclusion holds: regions of a run's draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from raison.challenge.findings import Box, Found, Passed, Where
from raison.challenge.methods.boxes import Score, Share
from raison.challenge.methods.region_words import describe_box
from raison.challenge.methods.regions import Leaf, Region, find_regions
from raison.challenge.work import Work, found

DENSITY = 0.8
"""Density that is asked of a region."""
BOXES = 3
"""Regions at most, each among the draws that the ones before leave."""
_FEWEST = 640  # draws with an answer, so that a twentieth of a half has a few
_MOST_PASSED = 60  # boxes of the trade-off that are kept


def find_where(work: Work, q: int) -> Where | None:
    """Regions in which the answer is yes; None where it always or never is, or is a mean amount."""
    question, draws = work.question(q), work.counted(q)
    if len(draws) < _FEWEST or not work.names or (question.kind == "amount" and question.above is None):
        return None
    y = np.clip(work.number(q)[draws], 0.0, 1.0)  # rounding of a mixed move's probability
    if y.min() == y.max():
        return None
    most = BOXES if work.thorough else 1
    regions = find_regions(work.inputs[:, draws], y, work.columns, seed=work.seed, density=DENSITY, most=most)
    leaves = sorted(regions.leaves, key=lambda leaf: -leaf.held_out.density.mean)
    path = regions.regions[0].trajectory
    kept = np.unique(np.linspace(0, path.peels - 1, _MOST_PASSED).round().astype(int))
    return Where(
        question=question.label,
        asked=DENSITY,
        share=regions.everything.density.mean,
        boxes=tuple(_region(work, region) for region in regions.regions),
        trade_off=tuple(
            Passed(coverage=float(path.coverage[i]), density=float(path.density[i])) for i in kept
        ),
        leaves=tuple(_leaf(work, leaf) for leaf in leaves),
    )


def _region(work: Work, region: Region) -> Box:
    chance = {work.names[limit.column]: value for limit, value in region.quasi_p.items()}
    return Box(
        **_scored(region.held_out),
        words=region.words,
        limits=describe_box(region.box, work.columns),
        chance=chance,
        reached=region.reached,
    )


def _leaf(work: Work, leaf: Leaf) -> Box:
    limits = describe_box(leaf.box, work.columns)
    reached = leaf.held_out.density.mean >= DENSITY
    return Box(**_scored(leaf.held_out), words=limits, limits=limits, chance={}, reached=reached)


def _scored(score: Score) -> dict[str, Any]:
    return {
        "density": _share(score.density),
        "coverage": _share(score.coverage),
        "mass": score.mass.mean,
    }


def _share(share: Share) -> Found:
    return found(share.mean, share.standard_error, share.low, share.high)
