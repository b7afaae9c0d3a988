"""Regions of the draws in which the conclusion holds: found on one half of them, scored on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raison.challenge.methods.boxes import (
    Box,
    Column,
    Floats,
    Kind,
    Limit,
    Mask,
    Score,
    checked,
    quasi_p_values,
    score_box,
    score_mask,
    sort_columns,
    split_halves,
)
from raison.challenge.methods.cart import MAX_DEPTH, MIN_LEAF, Tree, grow_tree
from raison.challenge.methods.prim import ALPHA, MASS_MIN, Choice, Trajectory, drop_chance_limits, find_boxes
from raison.challenge.methods.region_words import describe_region, round_box

CHANCE = 0.05
"""A limit whose quasi-p-value on the other half is larger is left out."""


@dataclass(frozen=True, slots=True)
class Region:
    """A box, with numbers that can be said.

    Attributes:
        box: The box after rounding, without limits that the other half does not bear out.
        words: The box and its held-out score in one line.
        reached: Whether it has the asked density on the half that it was found on.
        found: Its score there, which is too good.
        held_out: Its score on the other half; without the draws that earlier regions hold, as `found`.
        quasi_p: The quasi-p-value of each of its limits on the other half.
        trajectory: All boxes passed on the way to it, on the half that it was found on.
    """

    box: Box
    words: str
    reached: bool
    found: Score
    held_out: Score
    quasi_p: dict[Limit, float]
    trajectory: Trajectory


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the tree as a box, rounded, with its score on the held-out half."""

    box: Box
    held_out: Score


@dataclass(frozen=True, slots=True)
class Regions:
    """Where the conclusion holds.

    Attributes:
        asked: The density that was asked.
        regions: At least one; if the first does not reach the density, it is the best there is.
        together: Held-out score of all regions joined.
        everything: Held-out score of the whole space: its density is the share of cases among all draws.
        tree: The second view, grown on the half that regions were found on.
        leaves: Its leaves by falling density where they were found.
    """

    asked: float
    regions: tuple[Region, ...]
    together: Score
    everything: Score
    tree: Tree
    leaves: tuple[Leaf, ...]


def find_regions(
    x: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    seed: int,
    density: float = 0.8,
    most: int = 1,
    alpha: float = ALPHA,
    mass_min: float = MASS_MIN,
    max_depth: int = MAX_DEPTH,
    min_leaf: float = MIN_LEAF,
) -> Regions:
    """Find boxes by PRIM and a tree by CART on a random half of the draws, and score them on the other half.

    Args:
        x: `[P, N]` float64, draws that did not fail; for a categorical column, codes.
        y: `[N]` float64 from 0 to 1, answers.
        columns: The `P` columns.
        seed: Of the division into halves.
        density: The density asked of a region.
        most: At most so many regions.
        alpha: Share of the draws inside that a peel takes off.
        mass_min: The least share of the half's draws in a region.
        max_depth: Cuts above a leaf of the tree, at most.
        min_leaf: The least share of the half's draws in a leaf.

    Returns:
        The regions. Each is a function of the sample and the seed only.

    Raises:
        ValueError: an argument does not fit, or is not finite.

    Accuracy: held-out numbers are unbiased for the boxes as they are, with the errors of `score_box`, but for
        leaving out limits that the other half cannot tell from chance. That another half would have given
        other boxes is not in them.
    """
    kinds: list[Kind] = [column.kind for column in columns]
    x, y = checked(x, y, kinds)
    first, second = split_halves(len(y), seed)
    ours, theirs = (x[:, first], y[first]), (x[:, second], y[second])
    order = sort_columns(ours[0])
    choices = find_boxes(
        *ours, kinds, density=density, most=most, order=order, alpha=alpha, mass_min=mass_min
    )
    regions: list[Region] = []
    taken: tuple[Mask, Mask] = (np.zeros(len(first), dtype=np.bool_), np.zeros(len(second), dtype=np.bool_))
    for choice in choices:
        region = _region(choice, ours, theirs, taken, columns, density)
        regions.append(region)
        taken = (taken[0] | region.box.holds(ours[0]), taken[1] | region.box.holds(theirs[0]))
    tree = grow_tree(*ours, kinds, order=order, max_depth=max_depth, min_leaf=min_leaf)
    boxes = [round_box(leaf.box, *ours, columns) for leaf in tree.leaves]
    return Regions(
        density,
        tuple(regions),
        score_mask(taken[1], theirs[1]),
        score_box(Box.whole(len(x)), *theirs),
        tree,
        tuple(Leaf(box, score_box(box, *theirs)) for box in boxes),
    )


def _region(
    choice: Choice,
    ours: tuple[Floats, Floats],
    theirs: tuple[Floats, Floats],
    taken: tuple[Mask, Mask],
    columns: Sequence[Column],
    density: float,
) -> Region:
    """A choice as a region; `taken` is what earlier regions hold of either half."""
    (x, y), (other_x, other_y) = ours, theirs
    free, other_free = ~taken[0], ~taken[1]
    goal = density if choice.reached else 0.0
    box = round_box(choice.box, x[:, free], y[free], columns, density=goal)
    if choice.box.limits:  # what the other half does not bear out is said neither here nor to the reader
        borne_out = drop_chance_limits(box, other_x[:, other_free], other_y[other_free], chance=CHANCE)
        box = borne_out if borne_out.limits else box
    found = score_mask(box.holds(x) & free, y)
    held_out = score_mask(box.holds(other_x) & other_free, other_y)
    values = quasi_p_values(box, other_x[:, other_free], other_y[other_free])
    reached = found.density.mean >= density
    further = bool(taken[0].any())
    words = describe_region(box, held_out, columns, asked=density, reached=reached, further=further)
    return Region(box, words, reached, found, held_out, values, choice.trajectory)
