"""The way from everything to dense boxes, which of them to take, and which of its limits are chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from raison.challenge.methods.boxes import (
    Box,
    Floats,
    Kind,
    Limit,
    Mask,
    Rows,
    Violations,
    checked,
    sort_columns,
)
from raison.challenge.methods.cart import Tree, grow_tree
from raison.challenge.methods.prim.pasting import pasted
from raison.challenge.methods.prim.path import ALPHA, MASS_MIN, Choice, Place, Step, Trajectory
from raison.challenge.methods.prim.peeling import Peeling


def find_trajectory(
    x: Floats,
    y: Floats,
    kinds: Sequence[Kind],
    *,
    among: Mask | None = None,
    start: Box | None = None,
    order: Rows | None = None,
    alpha: float = ALPHA,
    paste_alpha: float = ALPHA,
    mass_min: float = MASS_MIN,
) -> Trajectory:
    """Peel from everything or from a box, then paste.

    Args:
        x: `[P, N]` float64, draws; for a categorical column, codes.
        y: `[N]` float64 from 0 to 1, answers.
        kinds: Of the `P` columns.
        among: `[N]` bool, the draws to search among; None for all. Shares are of all draws and cases.
        start: Where peeling starts; None for everything.
        order: `sort_columns(x)`, if it is known.
        alpha: Share of the draws inside that a peel takes off; smaller is more patient. Draws with the same
            value go together, so a peel of a column with few values takes more.
        paste_alpha: Draws that a pasting puts back, as a share of those inside.
        mass_min: The least share of all draws that a box may hold.

    Returns:
        The trajectory.

    Raises:
        ValueError: an argument does not fit, or is not finite.

    Accuracy: counts are exact. Of equally good peels, the one that limits fewer columns is made, then the one
        that takes off lower row numbers, so the order of columns does not matter.

    Source: Friedman and Fisher (1999), top-down peeling and bottom-up pasting.
    """
    x, y = checked(x, y, kinds)
    _check_shares(alpha=alpha, paste_alpha=paste_alpha, mass_min=mass_min)
    allowed = np.ones(len(y), dtype=np.bool_) if among is None else among
    start = start or Box.whole(len(x))
    inside = allowed & start.holds(x)
    least = max(mass_min * len(y), 1.0)
    path = [Place(start, int(inside.sum()), float(y[inside].sum()))]
    peeling = Peeling(x, y, kinds, inside, sort_columns(x) if order is None else order, alpha)
    while (peel := peeling.best(path[-1], least)) is not None:
        before = path[-1]
        after = before.box.limited(peel.limit, _joined(before.box, peel))
        path.append(Place(after, before.number - peel.number, before.cases - peel.cases))
        peeling.take_off(peel)
    peels = len(path)
    path += pasted(path[-1], x[:, allowed], y[allowed], paste_alpha)
    return _trajectory(path, len(y), float(y.sum()), peels)


def choose_box(trajectory: Trajectory, density: float) -> tuple[int, bool]:
    """The box of largest coverage among those with at least the asked density.

    Of equals, the one with fewer limited columns. Where no box has the density, the densest one.

    Args:
        trajectory: Of `S` boxes.
        density: What is asked, from 0 to 1.

    Returns:
        Index of the box, and whether it has the asked density.
    """
    coverage, restricted = np.nan_to_num(trajectory.coverage), trajectory.restricted
    reached = np.flatnonzero(trajectory.density >= density)
    if len(reached):
        order = np.lexsort((-trajectory.density, restricted, -coverage))
        return int(order[np.isin(order, reached)][0]), True
    return int(np.lexsort((restricted, -coverage, -trajectory.density))[0]), False


def find_boxes(
    x: Floats,
    y: Floats,
    kinds: Sequence[Kind],
    *,
    density: float,
    most: int = 1,
    chance: float = 0.05,
    order: Rows | None = None,
    alpha: float = ALPHA,
    paste_alpha: float = ALPHA,
    mass_min: float = MASS_MIN,
) -> tuple[Choice, ...]:
    """Boxes of an asked density, one after the other, each among the draws that no earlier one holds.

    Each is the box of its trajectory that `choose_box` takes, enlarged by pasting, and rid of limits that
    chance explains while the density allows it (`drop_chance_limits`). If none on the trajectory from
    everything has the density, trajectories from the leaves of a tree are tried as well.

    Args:
        x: `[P, N]` float64, draws; for a categorical column, codes.
        y: `[N]` float64 from 0 to 1, answers.
        kinds: Of the `P` columns.
        density: What is asked, from 0 to 1.
        most: At most so many boxes.
        chance: A limit whose quasi-p-value is larger is dropped.
        order: `sort_columns(x)`, if it is known.
        alpha: As in `find_trajectory`, like the next two.
        paste_alpha: See there.
        mass_min: See there.

    Returns:
        At least one choice. Only the first can have less than the asked density, and is then the densest;
        later ones that would are left out. A box without limits says that everything has the density, or,
        if not `reached`, that nothing is denser than everything.

    Raises:
        ValueError: an argument does not fit, or is not finite.

    Source: Friedman and Fisher (1999), covering.
    """
    x, y = checked(x, y, kinds)
    _check_shares(density=density, chance=chance)
    if most < 1:
        raise ValueError(f"most must be at least 1; got {most}.")
    left, order = np.ones(len(y), dtype=np.bool_), sort_columns(x) if order is None else order
    found: list[Choice] = []

    def tree() -> Tree:
        return grow_tree(x, y, kinds, among=left, order=order, min_leaf=mass_min)

    def search(start: Box | None) -> Trajectory:
        shares = {"alpha": alpha, "paste_alpha": paste_alpha, "mass_min": mass_min}
        return find_trajectory(x, y, kinds, among=left, start=start, order=order, **shares)

    while len(found) < most and left.sum() >= max(mass_min * len(y), 1.0):
        trajectory, index, reached = _searched(search, tree, density)
        if found and not reached:
            break
        box = _refined(trajectory.boxes[index], x[:, left], y[left], density * reached, chance, paste_alpha)
        inside = box.holds(x) & left
        number, cases = int(inside.sum()), float(y[inside].sum())
        coverage = cases / float(y.sum()) if y.any() else math.nan
        reached = cases / number >= density
        found.append(Choice(box, coverage, cases / number, number / len(y), reached, trajectory))
        left &= ~inside
        if not reached or not box.limits:
            break
    return tuple(found)


def _searched(
    search: Callable[[Box | None], Trajectory], tree: Callable[[], Tree], density: float
) -> tuple[Trajectory, int, bool]:
    """The trajectory from everything with its choice, or, where that is not reached, the best other one."""
    choices = [(path := search(None), *choose_box(path, density))]
    if choices[0][2]:
        return choices[0]
    starts = [leaf.box for leaf in tree().leaves if leaf.box.limits]
    choices += [(path := search(start), *choose_box(path, density)) for start in starts]
    reached = [choice for choice in choices if choice[2]]
    if reached:
        return max(reached, key=lambda choice: float(choice[0].coverage[choice[1]]))
    return max(choices, key=lambda choice: float(choice[0].density[choice[1]]))


def drop_chance_limits(box: Box, x: Floats, y: Floats, *, chance: float, density: float = 0.0) -> Box:
    """A box without the limits that chance explains, the largest quasi-p-value first.

    Args:
        box: A box.
        x: `[P, N]` float64, draws.
        y: `[N]` float64 from 0 to 1, answers.
        chance: Limits with a larger quasi-p-value go.
        density: A limit stays if without it the box would have less than this.

    Returns:
        The box, with as many cases or more.

    Source: Bryant and Lempert (2010), who leave the dropping to the analyst.
    """
    violations, kept = Violations(box, x), set[Limit]()
    while True:
        values = {k: p for k, p in violations.quasi_p_values(y).items() if p > chance and k not in kept}
        if not values:
            return box
        limit = max(values, key=lambda key: values[key])
        more = (violations.count == 0) | (violations.beyond[limit] & (violations.count == 1))
        if more.any() and float(y[more].mean()) >= density:
            box = box.dropped(limit)
            violations.update(box, limit)
        else:
            kept.add(limit)


def _refined(box: Box, x: Floats, y: Floats, density: float, chance: float, paste_alpha: float) -> Box:
    """The box enlarged: pasting as long as it gets denser, and limits dropped that chance explains."""
    inside = box.holds(x)
    place = Place(box, int(inside.sum()), float(y[inside].sum()))
    box = [place, *pasted(place, x, y, paste_alpha)][-1].box
    return drop_chance_limits(box, x, y, chance=chance, density=density)


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 < share < 1 and not (name in ("density", "chance", "mass_min") and share in (0, 1)):
            raise ValueError(f"{name} must lie between 0 and 1; got {share}.")


def _joined(box: Box, peel: Step) -> float | frozenset[float]:
    """What the peel's limit becomes; values of a categorical column are left out besides earlier ones."""
    return peel.to | box.without[peel.limit.column] if isinstance(peel.to, frozenset) else peel.to


def _trajectory(path: list[Place], draws: int, total: float, peels: int) -> Trajectory:
    number = np.array([place.number for place in path], dtype=np.float64)
    cases = np.array([place.cases for place in path])
    return Trajectory(
        tuple(place.box for place in path),
        cases / total if total else np.full(len(path), np.nan),
        cases / np.maximum(number, 1.0),
        number / draws,
        np.array([len(place.box.restricted) for place in path], dtype=np.int64),
        peels,
    )
