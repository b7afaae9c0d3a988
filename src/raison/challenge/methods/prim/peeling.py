"""Peels: what may be taken off the draws inside a box, at an end or a value of a column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from raison.challenge.methods.boxes import (
    Floats,
    Kind,
    Limit,
    Mask,
    Rows,
    Side,
)
from raison.challenge.methods.prim.path import Place, Step, gain_of


class Peeling:
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

    def take_off(self, peel: Step) -> None:
        """Forget the draws of a peel that was made."""
        stays = np.ones(len(self.y), dtype=np.bool_)
        stays[peel.rows] = False
        self.rows = self.rows[stays[self.rows]]
        if len(self.sorted):
            self.order = self.order[stays[self.order]].reshape(len(self.sorted), -1)
        for table in self.tables:
            table.take_off(peel.rows)

    def best(self, place: Place, least: float) -> Step | None:
        """The peel that gains most for each draw; None where only cases are left or it would be too few."""
        peels = [
            *self._ends(),
            *(peel for table in self.tables for peel in table.peels(self.rows, self.alpha)),
        ]
        scored = [
            (gain_of(place, place.number - peel.number, place.cases - peel.cases), peel)
            for peel in peels
            if peel.number > 0 and place.number - peel.number >= least
        ]
        if not scored or place.cases in (0, place.number):
            return None
        most = max(gain for gain, _ in scored)
        equals = [peel for gain, peel in scored if gain == most]
        restricted = set(place.box.restricted)
        return min(equals, key=lambda p: (p.limit.column not in restricted, int(p.rows.sum(dtype=np.int64))))

    def _ends(self) -> list[Step]:
        """Peels of both ends of the continuous columns."""
        inside = len(self.rows)
        count = int((inside - 1) * self.alpha) + 1
        if not len(self.sorted) or count >= inside:
            return []
        return [*self._one_end(count, "low"), *self._one_end(count, "high")]

    def _one_end(self, count: int, side: Side) -> list[Step]:
        order = self.order if side == "low" else self.order[:, ::-1]
        cases = self.y[order[:, :count]].sum(1)
        last, first = self.x[self.sorted, order[:, count - 1]], self.x[self.sorted, order[:, count]]
        peels: list[Step] = []
        for q, column in enumerate(self.sorted):
            limit = Limit(int(column), side)
            if last[q] != first[q]:
                rows = order[q, :count]
                peels.append(Step(count, float(cases[q]), rows, limit, float(first[q])))
                continue
            values = self.x[column, order[q]]
            end = int(np.argmax(values[count:] != last[q])) + count  # draws of one value go together
            if values[end] != last[q]:
                rows = order[q, :end]
                peels.append(Step(end, float(self.y[rows].sum()), rows, limit, float(values[end])))
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

    def peels(self, rows: Rows, alpha: float) -> list[Step]:
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

    def _without(self, value: np.intp, rows: Rows) -> Step:
        taken, gone = rows[self.codes[rows] == value], frozenset([float(self.values[value])])
        return Step(len(taken), float(self.cases[value]), taken, Limit(self.column, "without"), gone)

    def _end(self, inside: NDArray[np.intp], count: int, rows: Rows, side: Side) -> list[Step]:
        taken = int(np.searchsorted(np.cumsum(self.number[inside]), count)) + 1
        if taken >= len(inside):
            return []
        beyond = self.codes[rows] < inside[taken] if side == "low" else self.codes[rows] > inside[taken]
        off = rows[beyond]
        limit, to = Limit(self.column, side), float(self.values[inside[taken]])
        return [Step(len(off), float(self.cases[inside[:taken]].sum()), off, limit, to)]
