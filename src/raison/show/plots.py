"""Plain pictures of the analyses as inline SVG, without a chart library: bars along rows, dots in a plane,
curves, shades of a grid.

Colours come from the page's style by class, so that they follow its light and dark theme.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from raison.show import numbers
from raison.show.text import clean, cut, one_line

WIDTH = 640
_LABEL, _GAP, _ROW = 190, 10, 24
_LONGEST = 27  # letters of a label
_LETTER = 6.8  # width of one
_HEIGHT = 300
_CURVE = (70, WIDTH - 30, 12, 182)  # left, right, top and bottom of a curve or of shades


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a row from `low` to `high`, drawn by the style's class `kind`."""

    low: float
    high: float
    kind: str


@dataclass(frozen=True, slots=True)
class BarRow:
    """A row: its label, its parts, a dot with an interval, and text at its end."""

    label: str
    spans: Sequence[Span] = ()
    at: float | None = None
    error: tuple[float, float] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a plane; those on the front are joined by a line."""

    x: float
    y: float
    label: str = ""
    front: bool = False
    kind: str = ""


def bars(rows: Sequence[BarRow], low: float, high: float, title: str, *, percent: bool = True) -> str:
    """Rows on one scale from `low` to `high`.

    Args:
        rows: From top to bottom.
        low: Left end of the scale.
        high: Right end.
        title: What the picture shows, for those who do not see it, and below the scale.
        percent: The scale's numbers are shares.
    """
    beside = max((len(row.text) for row in rows), default=0)
    left, right = _LABEL + _GAP, WIDTH - 2 * _GAP - max(_LETTER * beside, 2 * _GAP)
    span = high - low if high > low else 1.0
    place = lambda value: left + (right - left) * (min(max(value, low), high) - low) / span
    bottom = _ROW * len(rows) + 4
    parts: list[str] = []
    for tick in ticks(low, high):
        x = place(tick)
        parts.append(_line("grid", x, 0, x, bottom))
        parts.append(_text("tick", x, bottom + 14, _number(tick, percent), "middle"))
    for index, row in enumerate(rows):
        y = _ROW * index + _ROW / 2
        parts.append(_text("label", _LABEL, y + 4, cut(one_line(row.label), _LONGEST), "end"))
        for part in row.spans:
            a, b = place(part.low), place(part.high)
            width = max(b - a, 0.0)
            parts.append(
                f'<rect class="{part.kind}" x="{a:.1f}" width="{width:.1f}" y="{y - 5:.1f}" height="10"/>'
            )
        if row.error is not None:
            parts.append(_line("error", place(row.error[0]), y, place(row.error[1]), y))
        if row.at is not None:
            parts.append(f'<circle cx="{place(row.at):.1f}" cy="{y:.1f}" r="4"/>')
        if row.text:
            parts.append(_text("value", right + 8, y + 4, row.text, "start"))
    parts.append(_text("title", (left + right) / 2, bottom + 32, title, "middle"))
    return _svg("bars", bottom + 38, title, parts)


def plane(
    dots: Sequence[Dot], across: str, up: str, *, percent: bool = True, percent_up: bool = False
) -> str:
    """Dots in a plane, with the line of its front.

    Args:
        dots: At least one.
        across: Title of the horizontal scale.
        up: Title of the vertical scale.
        percent: The horizontal scale's numbers are shares.
        percent_up: The vertical scale's are.
    """
    left, right, top, bottom = 70, WIDTH - 30, 12, _HEIGHT - 46
    x_low, x_high = _range([d.x for d in dots])
    y_low, y_high = _range([d.y for d in dots])
    x = lambda value: left + (right - left) * (value - x_low) / (x_high - x_low)
    y = lambda value: bottom - (bottom - top) * (value - y_low) / (y_high - y_low)
    parts: list[str] = []
    for tick in ticks(x_low, x_high):
        parts.append(_line("grid", x(tick), top, x(tick), bottom))
        parts.append(_text("tick", x(tick), bottom + 15, _number(tick, percent), "middle"))
    for tick in ticks(y_low, y_high):
        parts.append(_line("grid", left, y(tick), right, y(tick)))
        parts.append(_text("tick", left - 6, y(tick) + 4, _number(tick, percent_up), "end"))
    front = sorted((d for d in dots if d.front), key=lambda d: d.x)
    if len(front) > 1:
        path = " ".join(f"{x(d.x):.1f},{y(d.y):.1f}" for d in front)
        parts.append(f'<polyline class="front" points="{path}"/>')
    for dot in sorted(dots, key=lambda d: (bool(d.kind), d.front)):
        kind = dot.kind or ("front" if dot.front else "other")
        name = f"<title>{html.escape(clean(one_line(dot.label)))}</title>" if dot.label else ""
        parts.append(
            f'<circle class="{kind}" cx="{x(dot.x):.1f}" cy="{y(dot.y):.1f}" r="4.5">{name}</circle>'
        )
    parts.append(_text("title", (left + right) / 2, _HEIGHT - 8, across, "middle"))
    parts.append(_upright(up, (top + bottom) / 2))
    return _svg("plane", _HEIGHT, f"{up} against {across}", parts)


def curve(values: Sequence[float | None], across: str, title: str) -> str:
    """Shares at places 1, 2, ... joined by a line; where one is missing the line goes on to the next.

    Args:
        values: At least one, from 0 to 1.
        across: Title of the horizontal scale.
        title: What the picture shows, for those who do not see it.
    """
    left, right, top, bottom = _CURVE
    x = lambda place: left + (right - left) * (place / max(len(values) - 1, 1))
    y = lambda value: bottom - (bottom - top) * value
    parts: list[str] = []
    for tick in ticks(0.0, 1.0):
        parts.append(_line("grid", left, y(tick), right, y(tick)))
        parts.append(_text("tick", left - 6, y(tick) + 4, _number(tick, True), "end"))
    whole = [tick for tick in ticks(1, len(values)) if tick == round(tick)]
    parts += [_text("tick", x(tick - 1), bottom + 15, _number(tick, False), "middle") for tick in whole]
    points = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in enumerate(values) if v is not None)
    parts.append(f'<polyline class="curve" points="{points}"/>')
    parts.append(_text("title", (left + right) / 2, bottom + 34, across, "middle"))
    return _svg("curve", bottom + 40, title, parts)


def shades(
    rows: Sequence[Sequence[float]],
    across: tuple[str, float, float],
    up: tuple[str, float, float] | None,
    title: str,
) -> str:
    """Shares on a grid: the stronger the colour, the larger the share.

    Args:
        rows: From the lowest to the highest, each from left to right.
        across: Title of the horizontal scale and its ends.
        up: The same of the vertical one; None for one row.
        title: What the picture shows, for those who do not see it.
    """
    left, right, top, bottom = _CURVE
    wide, high = (right - left) / len(rows[0]), (bottom - top) / len(rows)
    parts = [
        f'<rect class="shade" x="{left + i * wide:.2f}" y="{bottom - (j + 1) * high:.2f}"'
        f' width="{wide:.2f}" height="{high:.2f}" opacity="{0.06 + 0.94 * value:.3f}"/>'
        for j, row in enumerate(rows)
        for i, value in enumerate(row)
    ]
    for tick in ticks(*across[1:]):
        place = left + (right - left) * (tick - across[1]) / ((across[2] - across[1]) or 1.0)
        parts.append(_text("tick", place, bottom + 15, _number(tick, False), "middle"))
    parts.append(_text("title", (left + right) / 2, bottom + 34, across[0], "middle"))
    if up is not None:
        for tick in ticks(*up[1:]):
            place = bottom - (bottom - top) * (tick - up[1]) / ((up[2] - up[1]) or 1.0)
            parts.append(_text("tick", left - 6, place + 4, _number(tick, False), "end"))
        parts.append(_upright(up[0], (top + bottom) / 2))
    return _svg("shades", bottom + 40, title, parts)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [step * k for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room


def _number(value: float, percent: bool) -> str:
    shown = f"{100 * value if percent else value:.4g}"
    return (shown if float(shown) else "0").replace("-", numbers.MINUS) + ("%" if percent else "")


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(kind: str, x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_escaped(text)}</text>'


def _upright(text: str, y: float) -> str:
    return (
        f'<text class="title" transform="translate(14 {y:.0f}) rotate(-90)"'
        f' text-anchor="middle">{_escaped(text)}</text>'
    )


def _escaped(text: str) -> str:
    return html.escape(clean(one_line(text)))


def _svg(kind: str, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="drawn {kind}" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
        f' aria-label="{_escaped(title)}">{"".join(parts)}</svg>'
    )
