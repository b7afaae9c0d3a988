"""The patient rule induction method: boxes in which cases are dense, found by cutting off a little at a time.

Starting from everything, a *peel* takes off a small share `alpha` of the draws at one end of one column, or
one value of a categorical column. Of all peels, the one is made with the largest

    (density after - density before) / draws taken off,

until only cases are left or too few draws. Then *pasting* puts back a little at a limit as long as that makes
the box denser. The boxes passed on the way are the trajectory, from all cases at low density to few cases at
high density; which of them to report is a choice, made by `choose_box`.

Peeling sees one column at a time and gets stuck between two dense parts (Polonik and Wang 2010). Where the
asked density is not reached from everything, peeling starts again from the leaves of a classification tree;
Dazard and Rao (2010) always start from such parts.

Only the order of numbers counts: a column may be replaced by any increasing function of it.

Source: Friedman and Fisher (1999), "Bump hunting in high-dimensional data", Statistics and Computing 9,
123-143. Where peels differ in size, as for few values or categories, the density alone favours large ones;
gain per draw taken off does not. It is the default of the EMA Workbench (Kwakkel and Jaxa-Rozen 2016), which
stops at the first peel without a gain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.challenge.boxes import (
    Box,
    Floats,
    Kind,
    Limit,
    Mask,
    Rows,
    Side,
    Violations,
    checked,
    sort_columns,
)
from raison.challenge.cart import Tree, grow_tree

ALPHA = 0.05
"""Share of the draws inside that one peel takes off, or one pasting puts back."""

MASS_MIN = 0.05
"""The least share of all draws that a box may hold."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """All boxes passed, `S` of them, the first is where the search began.

    Attributes:
        boxes: `S` boxes.
        coverage: `[S]` float64, share of all cases that lie inside; nan where there is no case.
        density: `[S]` float64, share of the draws inside that are cases.
        mass: `[S]` float64, share of all draws that lie inside.
        restricted: `[S]` int64, how many columns have a limit.
        peels: How many of the boxes come from peeling, the first among them; the others are pasted.
    """

    boxes: tuple[Box, ...]
    coverage: Floats
    density: Floats
    mass: Floats
    restricted: NDArray[np.int64]
    peels: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The box that was chosen from a trajectory.

    Attributes:
        box: The box.
        coverage: Its coverage on the sample that it was found on.
        density: Its density there.
        mass: Its mass there.
        reached: Whether it has the asked density there.
        trajectory: What it was chosen from.
    """

    box: Box
    coverage: float
    density: float
    mass: float
    reached: bool
    trajectory: Trajectory


class _Step(NamedTuple):
    """What may be taken off or put back: `number` draws with `cases` in them, by setting `limit` to `to`."""

    number: int
    cases: float
    rows: Rows | NDArray[np.intp]
    limit: Limit
    to: float | frozenset[float]


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
    path = [_Place(start, int(inside.sum()), float(y[inside].sum()))]
    peeling = _Peeling(x, y, kinds, inside, sort_columns(x) if order is None else order, alpha)
    while (peel := peeling.best(path[-1], least)) is not None:
        before = path[-1]
        after = before.box.limited(peel.limit, _joined(before.box, peel))
        path.append(_Place(after, before.number - peel.number, before.cases - peel.cases))
        peeling.take_off(peel)
    peels = len(path)
    path += _pasted(path[-1], x[:, allowed], y[allowed], paste_alpha)
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
    place = _Place(box, int(inside.sum()), float(y[inside].sum()))
    box = [place, *_pasted(place, x, y, paste_alpha)][-1].box
    return drop_chance_limits(box, x, y, chance=chance, density=density)


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 < share < 1 and not (name in ("density", "chance", "mass_min") and share in (0, 1)):
            raise ValueError(f"{name} must lie between 0 and 1; got {share}.")


def _joined(box: Box, peel: _Step) -> float | frozenset[float]:
    """What the peel's limit becomes; values of a categorical column are left out besides earlier ones."""
    return peel.to | box.without[peel.limit.column] if isinstance(peel.to, frozenset) else peel.to


class _Place(NamedTuple):
    """A box and what it holds."""

    box: Box
    number: int
    cases: float


def _gain(place: _Place, number: int, cases: float) -> float:
    """Density gained for each draw taken off or put back; `number` and `cases` are those of the new box."""
    return (cases / number - place.cases / place.number) / abs(place.number - number)


def _trajectory(path: list[_Place], draws: int, total: float, peels: int) -> Trajectory:
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


class _Peeling:
    """The draws inside the box, in the order of each column, so that the ends of all are at hand.

    Continuous columns are sorted once; a peel compacts the orders, which all lose the same draws. Columns of
    other kinds keep counts for each of their values instead.
    """

    def __init__(
        self, x: Floats, y: Floats, kinds: Sequence[Kind], inside: Mask, order: Rows, alpha: float
    ) -> None:
        self.x, self.y, self.alpha = x, y, alpha
        self.rows = rows = np.flatnonzero(inside).astype(np.int32)
        self.sorted = np.array([j for j, kind in enumerate(kinds) if kind == "continuous"], dtype=np.intp)
        order = order[self.sorted]
        self.order = order[inside[order]].reshape(len(order), len(rows))
        self.tables = [_Table(j, kind, x[j], y, rows) for j, kind in enumerate(kinds) if kind != "continuous"]

    def take_off(self, peel: _Step) -> None:
        """Forget the draws of a peel that was made."""
        stays = np.ones(len(self.y), dtype=np.bool_)
        stays[peel.rows] = False
        self.rows = self.rows[stays[self.rows]]
        if len(self.sorted):
            self.order = self.order[stays[self.order]].reshape(len(self.sorted), -1)
        for table in self.tables:
            table.take_off(peel.rows)

    def best(self, place: _Place, least: float) -> _Step | None:
        """The peel that gains most for each draw; None where only cases are left or it would be too few."""
        peels = [
            *self._ends(),
            *(peel for table in self.tables for peel in table.peels(self.rows, self.alpha)),
        ]
        scored = [
            (_gain(place, place.number - peel.number, place.cases - peel.cases), peel)
            for peel in peels
            if peel.number > 0 and place.number - peel.number >= least
        ]
        if not scored or place.cases in (0, place.number):
            return None
        most = max(gain for gain, _ in scored)
        equals = [peel for gain, peel in scored if gain == most]
        restricted = set(place.box.restricted)
        return min(equals, key=lambda p: (p.limit.column not in restricted, int(p.rows.sum(dtype=np.int64))))

    def _ends(self) -> list[_Step]:
        """Peels of both ends of the continuous columns."""
        inside = len(self.rows)
        count = int((inside - 1) * self.alpha) + 1
        if not len(self.sorted) or count >= inside:
            return []
        return [*self._one_end(count, "low"), *self._one_end(count, "high")]

    def _one_end(self, count: int, side: Side) -> list[_Step]:
        order = self.order if side == "low" else self.order[:, ::-1]
        cases = self.y[order[:, :count]].sum(1)
        last, first = self.x[self.sorted, order[:, count - 1]], self.x[self.sorted, order[:, count]]
        peels: list[_Step] = []
        for q, column in enumerate(self.sorted):
            limit = Limit(int(column), side)
            if last[q] != first[q]:
                rows = order[q, :count]
                peels.append(_Step(count, float(cases[q]), rows, limit, float(first[q])))
                continue
            values = self.x[column, order[q]]
            end = int(np.argmax(values[count:] != last[q])) + count  # draws of one value go together
            if values[end] != last[q]:
                rows = order[q, :end]
                peels.append(_Step(end, float(self.y[rows].sum()), rows, limit, float(values[end])))
        return peels


class _Table:
    """Draws and cases inside the box for each value of a column with few values."""

    def __init__(self, column: int, kind: Kind, numbers: Floats, y: Floats, rows: Rows) -> None:
        self.column, self.kind, self.y = column, kind, y
        self.values, codes = np.unique(numbers, return_inverse=True)
        self.codes = codes.astype(np.int32)
        self.number = self._sums(rows, None)
        self.cases = self._sums(rows, y)

    def _sums(self, rows: Rows | NDArray[np.intp], weights: Floats | None) -> Floats:
        weighed = None if weights is None else weights[rows]
        return np.bincount(self.codes[rows], weighed, minlength=len(self.values)).astype(np.float64)

    def take_off(self, rows: Rows | NDArray[np.intp]) -> None:
        self.number -= self._sums(rows, None)
        self.cases -= self._sums(rows, self.y)

    def peels(self, rows: Rows, alpha: float) -> list[_Step]:
        """One value of a categorical column; else values from an end until they are `alpha` of the draws."""
        inside = np.flatnonzero(self.number)
        if len(inside) < 2:
            return []
        if self.kind == "categorical":
            return [self._without(value, rows) for value in inside]
        count = int((len(rows) - 1) * alpha) + 1
        return [
            *self._end(inside, count, rows, "low"),
            *self._end(inside[::-1], count, rows, "high"),
        ]

    def _without(self, value: np.intp, rows: Rows) -> _Step:
        taken, gone = rows[self.codes[rows] == value], frozenset([float(self.values[value])])
        return _Step(len(taken), float(self.cases[value]), taken, Limit(self.column, "without"), gone)

    def _end(self, inside: NDArray[np.intp], count: int, rows: Rows, side: Side) -> list[_Step]:
        taken = int(np.searchsorted(np.cumsum(self.number[inside]), count)) + 1
        if taken >= len(inside):
            return []
        beyond = self.codes[rows] < inside[taken] if side == "low" else self.codes[rows] > inside[taken]
        off = rows[beyond]
        limit, to = Limit(self.column, side), float(self.values[inside[taken]])
        return [_Step(len(off), float(self.cases[inside[:taken]].sum()), off, limit, to)]


def _pasted(place: _Place, x: Floats, y: Floats, alpha: float) -> list[_Place]:
    """Boxes from pasting, each denser and larger than the one before."""
    path: list[_Place] = []
    violations = Violations(place.box, x)
    while True:
        count = int(place.number * alpha) + 1
        pastes = [
            (_gain(place, place.number + paste.number, place.cases + paste.cases), paste)
            for limit in place.box.limits
            for paste in _pastes(place.box, limit, violations.rows_kept_out_by(limit), x, y, count)
        ]
        most = max((gain for gain, _ in pastes), default=0.0)
        if most <= 0:
            return path
        best = min((p for gain, p in pastes if gain == most), key=lambda p: int(p.rows.sum()))
        box = place.box.limited(best.limit, best.to)
        place = _Place(box, place.number + best.number, place.cases + best.cases)
        path.append(place)
        violations.update(box, best.limit)


def _pastes(
    box: Box, limit: Limit, kept_out: NDArray[np.intp], x: Floats, y: Floats, count: int
) -> Iterator[_Step]:
    """What may be put back of the draws that one limit keeps out: a value, or `count` draws and equals."""
    values = x[limit.column, kept_out]
    if not len(values):
        return
    if limit.side == "without":
        gone = box.without[limit.column]
        for value in np.unique(values):
            yield _step(kept_out[values == value], y, limit, gone - {float(value)})
    elif len(values) <= count:
        yield _step(kept_out, y, limit, -math.inf if limit.side == "low" else math.inf)
    elif limit.side == "low":
        to = float(np.partition(values, -count)[-count])
        yield _step(kept_out[values >= to], y, limit, to)
    else:
        to = float(np.partition(values, count - 1)[count - 1])
        yield _step(kept_out[values <= to], y, limit, to)


def _step(rows: NDArray[np.intp], y: Floats, limit: Limit, to: float | frozenset[float]) -> _Step:
    return _Step(len(rows), float(y[rows].sum()), rows, limit, to)
