"""A box in plain words, with numbers that can be said.

The limits of a box are numbers of the sample, with all their digits. `round_box` moves them to short numbers
as long as hardly a draw changes sides, and it is that box whose coverage and density are then told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from raison.challenge.methods.boxes import Box, Column, Floats, Limit, Score, Share, Side

TOLERANCE = 0.01
"""Share of a box's draws that may change sides when one of its limits is rounded."""

_DIGITS = 15  # that a float64 holds whatever its value


def round_box(
    box: Box,
    x: Floats,
    y: Floats,
    columns: Sequence[Column],
    *,
    tolerance: float = TOLERANCE,
    density: float = 0.0,
) -> Box:
    """A box with shorter numbers that still holds the same draws, but for a few.

    Args:
        box: A box.
        x: `[P, N]` float64, the draws that it was found on.
        y: `[N]` float64 from 0 to 1, their answers.
        columns: The `P` columns.
        tolerance: Share of the box's draws that may come in or go out, for each limit.
        density: The box keeps at least this density, if it has it.

    Returns:
        The box. A limit of a continuous column is the coarsest multiple of a power of ten, or of half of one,
        that is allowed, and equals no draw, so "above" and "not below" are the same. A limit of an integer
        column becomes a value that lies inside. A limit that excludes no draw any more is dropped.
    """
    for limit in box.limits:
        kind = columns[limit.column].kind
        if kind == "continuous":
            box = _rounded(box, limit, x, y, tolerance, density)
        elif kind == "integer" and limit.side != "without":
            box = _on_a_value(box, limit, x[limit.column])
    return box


def describe_box(box: Box, columns: Sequence[Column]) -> str:
    """The limits of a box: "audience_cost > 0.4 and p_win < 0.5"; empty for a box without limits.

    Args:
        box: A box whose continuous limits equal no draw, as `round_box` makes them.
        columns: Its columns.

    Returns:
        The limits joined by "and".
    """
    return " and ".join(_condition(box, j, columns[j]) for j in box.restricted)


def describe_region(
    box: Box, score: Score, columns: Sequence[Column], *, asked: float, reached: bool, further: bool = False
) -> str:
    """A box and what it is worth, in one line.

    "nearly always when audience_cost > 0.4 and p_win < 0.5: 83% of such draws (82% to 84%), 61% of all cases
    (60% to 62%)"

    Args:
        box: A box as `round_box` makes it.
        score: Its score, on draws that it was not found on.
        columns: Its columns.
        asked: The density that was asked.
        reached: Whether the box has it on the draws that it was found on.
        further: Whether the box was searched among the draws that earlier boxes left.

    Returns:
        The line, without a full stop. Brackets hold 95% intervals. A box without limits, and one that does
        not reach the density, here or where it was found, is said to be that.
    """
    conditions = describe_box(box, columns)
    share = f"{_percent(score.density)} of such draws"
    if not conditions and reached:
        return f"everywhere, without a condition: {_percent(score.density)} of all draws"
    wanted = f"the asked {_plain_percent(asked)}"
    if not conditions:
        whole = f"{_percent(score.density)} of all draws"
        return f"no region was found that reaches {wanted}, none even denser than the whole: {whole}"
    numbers = f"{share}, {_percent(score.coverage)} of all cases"
    if not reached:
        return f"no region was found that reaches {wanted}; the densest is where {conditions}: {numbers}"
    told = f"{'else ' if further else ''}{_how_often(score.density)} when {conditions}: {numbers}"
    if score.density.high < asked:
        return f"{told}; on these draws, which it was not found on, {wanted} is not reached"
    return told


def _how_often(density: Share) -> str:
    scale = ((1.0, "always"), (0.8, "nearly always"), (0.6, "mostly"), (0.4, "about every other time"))
    if math.isnan(density.mean):
        return "perhaps"
    return next((word for least, word in scale if density.mean >= least), "seldom")


def _plain_percent(share: float) -> str:
    return f"{100 * share:.12g}%"


def _percent(share: Share) -> str:
    """A share with its interval, to as many digits as the interval justifies."""
    if math.isnan(share.mean):
        return "an unknown part"
    width = 100 * (share.high - share.low)
    digits = 0 if width >= 1 else min(-math.floor(math.log10(width)), 6) if width > 0 else 6
    mean, low, high = (f"{100 * number:.{digits}f}%" for number in (share.mean, share.low, share.high))
    rounded = float(mean[:-1])
    hedge = (
        "under " if share.mean < 1 and rounded == 100 else "over " if share.mean > 0 and rounded == 0 else ""
    )
    return f"{hedge}{mean} ({low} to {high})"


def _condition(box: Box, j: int, column: Column) -> str:
    if box.without[j]:
        return _categories(box.without[j], column)
    low, high = box.low[j], box.high[j]
    unit = f" {column.unit}" if column.unit else ""
    strict = column.kind == "continuous"
    if low == high:
        return f"{column.name} = {_number(low)}{unit}"
    if low > -math.inf and high < math.inf:
        of, to = ("between", "and") if strict else ("from", "to")
        return f"{column.name} {of} {_number(low)} {to} {_number(high)}{unit}"
    if low > -math.inf:
        return f"{column.name} {'>' if strict else '≥'} {_number(low)}{unit}"
    return f"{column.name} {'<' if strict else '≤'} {_number(high)}{unit}"


def _categories(without: frozenset[float], column: Column) -> str:
    name = lambda value: column.labels[int(value)] if column.labels else _number(value)
    kept = [label for code, label in enumerate(column.labels) if float(code) not in without]
    if kept and len(kept) <= len(without):
        return f"{column.name} is {_or(kept)}"
    return f"{column.name} is not {_or([name(value) for value in sorted(without)])}"


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _number(value: float) -> str:
    return f"{value:,.{_DIGITS}g}".replace("-", "−")


def _short_numbers(value: float, span: float) -> Iterator[float]:
    """Numbers near `value`, from coarse to fine: multiples of 1 and 0.5 times a power of ten."""
    top = math.floor(math.log10(span))
    for digit in range(_DIGITS + 1):
        for half in (0, 1):
            decimals = digit - top
            step = 10.0**-decimals / (1 + half)
            yield round(round(value / step) * step, decimals + half) + 0.0  # no minus zero


def _rounded(box: Box, limit: Limit, x: Floats, y: Floats, tolerance: float, density: float) -> Box:
    column, side = x[limit.column], limit.side
    value = (box.low if side == "low" else box.high)[limit.column]
    span = float(column.max() - column.min())
    others = box.dropped(limit).holds(x)
    numbers, answers = column[others], y[others]
    inside = _within(numbers, value, side)
    held = float(inside.sum())
    if span <= 0 or not held:
        return _between_draws(box, limit, column, value)
    floor = min(density, float(answers[inside].mean()))
    for short in _short_numbers(value, span):
        now = _within(numbers, short, side)
        if abs(float(now.sum()) - held) > tolerance * held or not now.any() or (column == short).any():
            continue
        if float(answers[now].mean()) < floor:
            continue
        return box.dropped(limit) if _within(column, short, side).all() else box.limited(limit, short)
    return _between_draws(box, limit, column, value)


def _between_draws(box: Box, limit: Limit, column: Floats, value: float) -> Box:
    """The limit halfway to the next draw outside, or dropped if there is none."""
    outside = column[~_within(column, value, limit.side)]
    if not len(outside):
        return box.dropped(limit)
    nearest = float(outside.max() if limit.side == "low" else outside.min())
    return box.limited(limit, nearest + (value - nearest) / 2)


def _on_a_value(box: Box, limit: Limit, column: Floats) -> Box:
    value = (box.low if limit.side == "low" else box.high)[limit.column]
    within = _within(column, value, limit.side)
    if within.all():
        return box.dropped(limit)
    if not within.any():
        return box
    return box.limited(limit, float(column[within].min() if limit.side == "low" else column[within].max()))


def _within(numbers: Floats, value: float, side: Side) -> np.ndarray:
    return numbers >= value if side == "low" else numbers <= value
