"""Boxes in the space of draws: limits on some columns, what lies inside, and how sure the numbers are.

Of `N` draws, let I be those inside a box and y a draw's answer, from 0 to 1. A *case* is a draw with y = 1;
an answer between counts as a part of one.

    coverage = sum of y over I / sum of y over all          density = sum of y over I / |I|
    mass     = |I| / N

Coverage and density are the recall and the precision of the rule "inside the box".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raison.answer.intervals import clopper_pearson

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int32]
Kind = Literal["continuous", "integer", "categorical"]
"""`integer`: few ordered values, numbers of a `choice` among them; `categorical`: codes without an order."""

Side = Literal["low", "high", "without"]


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of a column of draws.

    Attributes:
        name: The parameter's or quantity's name.
        kind: How its numbers are to be read.
        unit: Unit or label; None if there is none.
        labels: Names of a categorical column's values 0, 1, ...; empty if the numbers speak for themselves.
    """

    name: str
    kind: Kind = "continuous"
    unit: str | None = None
    labels: tuple[str, ...] = ()


class Limit(NamedTuple):
    """One limit of a box: the column's index and the side; `without` for values left out."""

    column: int
    side: Side


@dataclass(frozen=True, slots=True)
class Box:
    """Limits on `P` columns, both ends included.

    Attributes:
        low: `P` numbers; minus infinity where there is no limit.
        high: `P` numbers; infinity where there is no limit.
        without: For each column the values that are left out; only categorical columns have any.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    without: tuple[frozenset[float], ...]

    @staticmethod
    def whole(columns: int) -> Box:
        """The whole space of so many columns."""
        return Box((-math.inf,) * columns, (math.inf,) * columns, (frozenset(),) * columns)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """All limits, by column."""
        found: list[Limit] = []
        for column, (low, high, without) in enumerate(zip(self.low, self.high, self.without, strict=True)):
            sides: dict[Side, bool] = {
                "low": low > -math.inf,
                "high": high < math.inf,
                "without": bool(without),
            }
            found += [Limit(column, side) for side, limited in sides.items() if limited]
        return tuple(found)

    @property
    def restricted(self) -> tuple[int, ...]:
        """Indices of the columns with a limit."""
        return tuple(sorted({limit.column for limit in self.limits}))

    def limited(self, limit: Limit, to: float | frozenset[float]) -> Box:
        """The box with one limit set; `to` is a number, or the values left out."""
        column, side = limit
        old = getattr(self, side)
        return replace(self, **{side: (*old[:column], to, *old[column + 1 :])})

    def dropped(self, limit: Limit) -> Box:
        """The box without one of its limits."""
        free: dict[Side, float | frozenset[float]] = {
            "low": -math.inf,
            "high": math.inf,
            "without": frozenset(),
        }
        return self.limited(limit, free[limit.side])

    def violates(self, x: Floats, limit: Limit) -> Mask:
        """Whether draws are beyond one limit.

        Args:
            x: `[P, N]` float64.
            limit: Which.

        Returns:
            `[N]` bool.
        """
        column = x[limit.column]
        if limit.side == "low":
            return column < self.low[limit.column]
        if limit.side == "high":
            return column > self.high[limit.column]
        return np.isin(column, sorted(self.without[limit.column]))

    def holds(self, x: Floats) -> Mask:
        """Whether draws lie inside.

        Args:
            x: `[P, N]` float64.

        Returns:
            `[N]` bool.
        """
        inside = np.ones(x.shape[1], dtype=np.bool_)
        for limit in self.limits:
            inside &= ~self.violates(x, limit)
        return inside


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its error; all nan where nothing was counted.

    Attributes:
        mean: From 0 to 1.
        standard_error: Of `mean`; 0 where all answers counted are the same, for which the interval is better.
        low: Lower end of the 95% interval (Clopper and Pearson 1934).
        high: Upper end.
    """

    mean: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """What a box is worth on a sample.

    Attributes:
        coverage: Share of all cases that lie inside.
        density: Share of the draws inside that are cases.
        mass: Share of the draws that lie inside.
    """

    coverage: Share
    density: Share
    mass: Share


def checked(x: Floats, y: Floats, kinds: Sequence[Kind]) -> tuple[Floats, Floats]:
    """Draws and answers as float64 arrays that fit together.

    Raises:
        ValueError: the shapes or kinds do not fit, a number is not finite, or an answer is not from 0 to 1.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 2 or y.ndim != 1 or x.shape[1] != len(y) or not len(y) or not len(x):
        raise ValueError(
            f"draws must be [columns, draws] and answers [draws], neither empty; got {x.shape}, {y.shape}."
        )
    if len(kinds) != len(x):
        raise ValueError(f"each of the {len(x)} columns needs a kind; got {len(kinds)} kinds.")
    if wrong := sorted(set(kinds) - {"continuous", "integer", "categorical"}):
        raise ValueError(f"a kind is 'continuous', 'integer' or 'categorical'; got {wrong[0]!r}.")
    if not np.isfinite(x).all():
        raise ValueError("draws must be finite; leave failed draws out.")
    if not (y.min() >= 0 and y.max() <= 1):
        raise ValueError(f"answers must lie from 0 to 1; got {y.min()} to {y.max()}. Leave failed draws out.")
    return x, y


def sort_columns(x: Floats) -> Rows:
    """The draws of each column in ascending order: `[P, N]` int32 for draws `[P, N]`."""
    return np.stack([np.argsort(column).astype(np.int32) for column in x])


def split_halves(draws: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Two random halves of a sample: one to find boxes on, the other to score them.

    Args:
        draws: How many there are; the first half gets the odd one.
        seed: Of NumPy's default generator.

    Returns:
        The two halves' indices, ascending.

    Raises:
        ValueError: there are fewer than two.
    """
    if draws < 2:
        raise ValueError(f"two halves need at least 2 draws; got {draws}.")
    mixed = np.random.default_rng(seed).permutation(draws)
    middle = (draws + 1) // 2
    return np.sort(mixed[:middle]), np.sort(mixed[middle:])


def score_box(box: Box, x: Floats, y: Floats) -> Score:
    """Coverage, density and mass of a box, with their errors.

    Args:
        box: A box.
        x: `[P, N]` float64, draws that the box was not found on, or the numbers are too good.
        y: `[N]` float64 from 0 to 1, answers.

    Returns:
        The score.

    Accuracy: standard errors are those of a ratio of means, which for answers of 0 and 1 are binomial:
        sqrt(d (1 - d) / |I|) for the density, sqrt(c (1 - c) / cases) for the coverage. Intervals are exact
        for independent draws with such answers; answers between make them too wide. So do, as a rule, draws
        that lie more evenly than independent ones.
    """
    return score_mask(box.holds(x), y)


def score_mask(inside: Mask, y: Floats) -> Score:
    """The same for any set of draws, given as `[N]` bool."""
    number, held = float(len(y)), float(inside.sum())
    cases, cases_held = float(y.sum()), float(y[inside].sum())
    density = cases_held / held if held else math.nan
    coverage = cases_held / cases if cases else math.nan
    spread = np.sqrt(((y[inside] - density) ** 2).sum())
    miss = np.sqrt(((y * (inside - coverage)) ** 2).sum()) if cases else math.nan
    mass = held / number
    return Score(
        _share(cases_held, cases, float(miss / cases) if cases else math.nan),
        _share(cases_held, held, float(spread / held) if held else math.nan),
        _share(held, number, math.sqrt(mass * (1 - mass) / number)),
    )


def _share(part: float, whole: float, error: float) -> Share:
    if not whole:
        return Share(math.nan, math.nan, math.nan, math.nan)
    return Share(part / whole, error, *clopper_pearson(part, whole))


def quasi_p_values(box: Box, x: Floats, y: Floats) -> dict[Limit, float]:
    """How easily chance would give a limit of a box the density that it adds.

    Without one limit the box holds more draws, and its density is p. The quasi-p-value of the limit is the
    chance that as many draws as the box holds have at least its cases, if each is a case with probability p.
    *Quasi*, since the box was chosen to be dense: on the sample that it was found on, the values are too
    small. On other draws they are what they say.

    Args:
        box: A box.
        x: `[P, N]` float64, draws.
        y: `[N]` float64 from 0 to 1, answers.

    Returns:
        A value for each of the box's limits; 1 where a limit excludes nothing or the box is empty.

    Accuracy: the binomial tail to 1e-12 of itself for answers of 0 and 1; for answers between, the tail's
        continuation by the incomplete beta function, which is then too large.

    Source: Bryant and Lempert (2010), "Thinking inside the box", Technological Forecasting and Social
        Change 77, 34-49; here by limit, not by column.
    """
    return Violations(box, x).quasi_p_values(y)


class Violations:
    """Which draws are beyond which limits of a box, kept up to date while limits are set or dropped."""

    def __init__(self, box: Box, x: Floats) -> None:
        self.x = x
        self.beyond = {limit: box.violates(x, limit) for limit in box.limits}
        self.count = np.zeros(x.shape[1], dtype=np.int16)
        for mask in self.beyond.values():
            self.count += mask

    def update(self, box: Box, limit: Limit) -> None:
        """Look again at one limit, which the box may not have any more."""
        self.count -= self.beyond.pop(limit)
        if limit in box.limits:
            self.beyond[limit] = box.violates(self.x, limit)
            self.count += self.beyond[limit]

    def rows_kept_out_by(self, limit: Limit) -> NDArray[np.intp]:
        """The draws that lie beyond this limit and beyond no other."""
        return np.flatnonzero(self.beyond[limit] & (self.count == 1))

    def quasi_p_values(self, y: Floats) -> dict[Limit, float]:
        """A value for each limit."""
        from scipy.special import betainc  # here, since it takes long to import

        inside = self.count == 0
        held, cases = float(inside.sum()), float(y[inside].sum())
        found: dict[Limit, float] = {}
        for limit in self.beyond:
            alone = self.rows_kept_out_by(limit)
            more = held + len(alone)
            chance = (cases + float(y[alone].sum())) / more if more else 0.0
            trivial = cases == 0 or more == held
            found[limit] = 1.0 if trivial else float(betainc(cases, held - cases + 1, min(chance, 1.0)))
        return found
