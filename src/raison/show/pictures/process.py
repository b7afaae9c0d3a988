"""A process over time: its stocks, delays and sinks as lines, one below the other, each on its own scale."""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray

from raison.model.records import Model
from raison.program.process.trajectory import Trajectories
from raison.show import plots
from raison.show.pictures.sheet import Picture
from raison.show.text import clean, cut, one_line, quoted

_LEFT, _WIDE, _HIGH, _GAP = 84, 520, 84, 34  # px
_LONGEST = 76  # letters of a heading
_POINTS = 400  # of a line; more cannot be seen


def draw(model: Model, found: Trajectories) -> Picture:
    """A process at one point.

    Args:
        model: Gives titles and units.
        found: What was simulated, for one point or the first of several.
    """
    process = model.processes[found.process]
    names = [name for name in (*process.stocks, *process.delays, *process.sinks) if name in found.values]
    parts: list[str] = []
    for index, name in enumerate(names):
        stock = process.stocks.get(name)
        unit = f" ({one_line(stock.unit)})" if stock is not None and stock.unit else ""
        parts += _strip(index, f"{name}{unit}", found.time, np.asarray(found[name], np.float64))
    bottom = len(names) * (_HIGH + _GAP)
    last = float(found.time[-1])
    for tick in plots.ticks(0.0, last):
        x = _LEFT + _WIDE * tick / (last or 1.0)
        parts.append(_text("tick", x, bottom + 4, f"{tick:.4g}", "middle"))
    time = f"time ({one_line(found.unit)})" if found.unit else "time"
    parts.append(_text("title", _LEFT + _WIDE / 2, bottom + 24, time, "middle"))
    drawing = (
        f'<svg class="drawn lines" viewBox="0 0 {_LEFT + _WIDE + 26} {bottom + 32}">{"".join(parts)}</svg>'
    )
    return Picture(
        f"The process {quoted(found.process)} over time, parameters at their central value", drawing
    )


def _strip(index: int, heading: str, time: NDArray[np.float64], values: NDArray[np.float64]) -> list[str]:
    rows = values if values.ndim == 1 else values[:, 0]
    rows = np.broadcast_to(rows, time.shape)
    top = index * (_HIGH + _GAP) + 20
    low, high = min(float(rows.min()), 0.0), max(float(rows.max()), 0.0)
    span = (high - low) or 1.0
    parts = [_text("label", _LEFT, top - 7, cut(heading, _LONGEST), "start")]
    for tick in plots.ticks(low, high, 2) if high > low else [0.0]:
        y = top + (_HIGH - 20) * (1 - (tick - low) / span)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text("tick", _LEFT - 7, y + 4, _short(tick), "end"))
    kept = np.unique(np.linspace(0, len(time) - 1, min(len(time), _POINTS)).round().astype(int))
    across, up = _WIDE / (time[-1] or 1.0), _HIGH - 20
    points = " ".join(
        f"{_LEFT + across * time[k]:.1f},{top + up * (1 - (rows[k] - low) / span):.1f}" for k in kept
    )
    parts.append(f'<polyline class="curve" points="{points}"/>')
    return parts


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _text(kind: str, x: float, y: float, text: str, anchor: str) -> str:
    shown = escape(clean(one_line(text)))
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{shown}</text>'
