"""A process as a diagram of stocks and flows, from above to below, with what is in each over time.

Boxes stand in layers by the longest way that leads to them; a flow that leads back, or past a layer, goes
around on the right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from raison.model.process.records import EXACT, Process
from raison.model.records import Model
from raison.show.pictures.sheet import Picture
from raison.show.text import clean, cut, one_line, quoted

if TYPE_CHECKING:
    from raison.program.process.trajectory import Trajectories

_WIDE, _HIGH, _BESIDE = 236.0, 46.0, 44.0  # px: a box, and what lies between two beside each other
_ABOVE, _ROW, _LETTER = 30.0, 30.0, 6.4  # room above labels, of each label, width of a letter
_SPARK, _POINTS = 58.0, 80  # width of a line inside a box, and its points
_NAME, _LABEL = 21, 34  # letters of a name in a box, and of a label
_BULGE = 18.0  # by which each way around goes further out

_ROUNDING = 1e-9  # of the most that was in something, below which it is empty


@dataclass(frozen=True, slots=True)
class _Box:
    """Something in which things are: a stock, a delay, a sink, or the outside."""

    kind: str
    name: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class _Way:
    """Something moves from a box to another; `label` is what it is called, `rate` how fast it goes."""

    source: str
    target: str
    label: str = ""
    rate: str = ""
    kind: str = "way"


def draw(model: Model, found: Trajectories) -> Picture:
    """A process's diagram, with what is in each box over time.

    Args:
        model: Gives units.
        found: What was simulated, for one point or the first of several.
    """
    return Picture(
        f"The process {quoted(found.process)}: what flows where, how much is in it over time, parameters at "
        "their central value",
        diagram(model.processes[found.process], found),
    )


def diagram(process: Process, found: Trajectories | None = None) -> str:
    """The same as an SVG element; without what was simulated, boxes say what they are."""
    boxes, ways = _parts(process)
    return _Drawing(process, found, boxes, ways, _layers(boxes, ways)).svg()


def _parts(process: Process) -> tuple[dict[str, _Box], list[_Way]]:
    boxes = {name: _Box("stock", name, stock.about or "") for name, stock in process.stocks.items()}
    boxes |= {name: _Box("sink", name) for name in process.sinks}
    ways: list[_Way] = []

    def source(name: str, given: str | None) -> str:
        if given is not None:
            return given
        outside = f"(outside {name})"  # no name of a file looks like this
        boxes[outside] = _Box("outside", "outside")
        return outside

    for name, flow in process.flows.items():
        ways.append(_Way(source(name, flow.source), flow.target, name, flow.rate.text))
    for name, delay in process.delays.items():
        boxes[name] = _Box("delay", name, delay.about or "")
        ways.append(_Way(source(name, delay.source), name, "", delay.rate.text))
        kind = "takes" if delay.kind == EXACT else f"in {delay.order} stages takes"
        ways.append(_Way(name, delay.target, "", f"{kind} {delay.takes.text}"))
    for name, event in process.events.items():
        rate = f"{event.amount.text} at {event.at.text}"
        ways.append(_Way(source(name, event.source), event.target, name, rate, "way event"))
    return boxes, ways


def _layers(boxes: Mapping[str, _Box], ways: list[_Way]) -> list[list[str]]:
    """Boxes by the longest way from above, ways that lead back left out; each near to what leads to it."""
    after: dict[str, list[str]] = {name: [] for name in boxes}
    for way in ways:
        after[way.source].append(way.target)
    forward: dict[str, list[str]] = {name: [] for name in boxes}
    done: list[str] = []
    state: dict[str, bool] = {}  # False while what follows is visited
    entered = {way.target for way in ways}
    for start in sorted(boxes, key=lambda name: name in entered):
        stack = [(start, iter(after[start]))] if start not in state else []
        state.setdefault(start, False)
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[name] = True
                done.append(name)
                stack.pop()
            elif following not in state:
                forward[name].append(following)
                state[following] = False
                stack.append((following, iter(after[following])))
            elif state[following]:
                forward[name].append(following)
    depth = dict.fromkeys(boxes, 0)
    for name in reversed(done):
        for following in forward[name]:
            depth[following] = max(depth[following], depth[name] + 1)
    for name, box in boxes.items():  # what comes from outside stands right above where it goes
        if box.kind == "outside":
            depth[name] = max(depth[following] for following in after[name]) - 1
    lowest = min(depth.values(), default=0)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) - lowest + 1)]
    place: dict[str, float] = {}
    before: dict[str, list[str]] = {name: [] for name in boxes}
    for name, following in forward.items():
        for other in following:
            before[other].append(name)
    order = list(boxes)
    for level, layer in enumerate(layers):
        layer += [name for name in boxes if depth[name] - lowest == level]
        mean = {
            name: np.mean([place[b] for b in before[name] if b in place] or [order.index(name)])
            for name in layer
        }
        layer.sort(key=lambda name, mean=mean: (mean[name], order.index(name)))
        for k, name in enumerate(layer):
            place[name] = k - (len(layer) - 1) / 2
    return layers


class _Drawing:
    def __init__(
        self,
        process: Process,
        found: Trajectories | None,
        boxes: Mapping[str, _Box],
        ways: list[_Way],
        layers: list[list[str]],
    ) -> None:
        self.process, self.found, self.boxes, self.ways = process, found, boxes, ways
        level = {name: k for k, layer in enumerate(layers) for name in layer}
        self.down = [way for way in ways if level[way.target] == level[way.source] + 1]
        self.around = [way for way in ways if way not in self.down]
        widest = max((len(layer) for layer in layers), default=1)
        self.right = widest * (_WIDE + _BESIDE) - _BESIDE
        self.at: dict[str, tuple[float, float]] = {}
        y = 2.0
        for k, layer in enumerate(layers):
            across = len(layer) * (_WIDE + _BESIDE) - _BESIDE
            for place, name in enumerate(layer):
                self.at[name] = ((self.right - across) / 2 + place * (_WIDE + _BESIDE), y)
            labels = sum(level[way.source] == k for way in self.down)
            y += _HIGH + _ABOVE + _ROW * max(labels, 0.5)
        self.bottom = max((top for _, top in self.at.values()), default=0.0) + _HIGH + 4
        self.width = self.right

    def svg(self) -> str:
        rows: dict[float, int] = {}
        parts = [self._straight(way, rows) for way in self.down]
        parts += [self._around(way, k) for k, way in enumerate(self.around)]
        parts += [self._box(name, box) for name, box in self.boxes.items()]
        wide, high = self.width + 4, self.bottom + 2
        return (
            f'<svg class="drawn flows" viewBox="-2 0 {wide:.1f} {high:.1f}" width="{wide:.0f}">'
            f"{''.join(parts)}</svg>"
        )

    def _straight(self, way: _Way, rows: dict[float, int]) -> str:
        (left, top), (x1, y1) = self.at[way.source], self.at[way.target]
        across = lambda name: self.at[name][0]
        leaving = sorted((w for w in self.down if w.source == way.source), key=lambda w: across(w.target))
        coming = sorted((w for w in self.down if w.target == way.target), key=lambda w: across(w.source))
        x0 = left + _WIDE * (leaving.index(way) + 1) / (len(leaving) + 1)
        x1 += _WIDE * (coming.index(way) + 1) / (len(coming) + 1)
        y0 = top + _HIGH
        row = rows[y0] = rows.get(y0, -1) + 1
        label_y = y0 + 20 + _ROW * row
        middle = (y0 + y1) / 2
        t = np.linspace(0, 1, 201)
        ys = y0 * (1 - t) ** 3 + 3 * middle * t * (1 - t) + y1 * t**3
        share = float(np.interp(label_y, ys, t))
        label_x = x0 * (1 - share) ** 2 * (1 + 2 * share) + x1 * share**2 * (3 - 2 * share)
        path = f"M{x0:.1f} {y0:.1f}C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1 - 6:.1f}"
        return self._arrow(way, path, x1, y1) + self._label(way, label_x + 8, label_y)

    def _around(self, way: _Way, number: int) -> str:
        (x0, y0), (x1, y1) = self.at[way.source], self.at[way.target]
        x0, y0, x1, y1 = x0 + _WIDE, y0 + _HIGH * 0.7, x1 + _WIDE, y1 + _HIGH * 0.3
        lane, r = self.right + _BULGE * (number + 1), 10 if y1 > y0 else -10
        path = (
            f"M{x0:.1f} {y0:.1f}H{lane - 10:.1f}Q{lane:.1f} {y0:.1f} {lane:.1f} {y0 + r:.1f}"
            f"V{y1 - r:.1f}Q{lane:.1f} {y1:.1f} {lane - 10:.1f} {y1:.1f}H{x1 + 6:.1f}"
        )
        head = f"{x1:.1f},{y1:.1f} {x1 + 8:.1f},{y1 - 4.5:.1f} {x1 + 8:.1f},{y1 + 4.5:.1f}"
        last = self.right + _BULGE * len(self.around)
        share = (number + 1) / (len(self.around) + 1)  # labels stand one below the other, beside all lanes
        label_y = y0 + (y1 - y0) * (share if y1 > y0 else 1 - share)
        leader = f'<path class="leader" d="M{lane:.1f} {label_y:.1f}H{last + 8:.1f}"/>'
        drawn = f'{self._title(way)}<path d="{path}"/><polygon points="{head}"/>{leader}'
        return f'<g class="{way.kind}">{drawn}</g>' + self._label(way, last + 12, label_y)

    def _arrow(self, way: _Way, path: str, x: float, y: float) -> str:
        head = f"{x:.1f},{y:.1f} {x - 4.5:.1f},{y - 8:.1f} {x + 4.5:.1f},{y - 8:.1f}"
        return f'<g class="{way.kind}">{self._title(way)}<path d="{path}"/><polygon points="{head}"/></g>'

    def _title(self, way: _Way) -> str:
        name = f"{way.label}: " if way.label else ""
        return f"<title>{escape(one_line(clean(name + way.rate)))}</title>"

    def _label(self, way: _Way, x: float, y: float) -> str:
        lines = [
            (kind, cut(one_line(clean(text)), _LABEL))
            for kind, text in (("label", way.label), ("title", way.rate))
            if text
        ]
        wide = max((len(text) for _, text in lines), default=0) * _LETTER
        self.width = max(self.width, x + wide)
        top = y - 6.5 * len(lines) + 9
        halo = (
            f'<rect class="paper" x="{x - 2:.1f}" y="{top - 11:.1f}" width="{wide + 4:.1f}" '
            f'height="{13 * len(lines) + 2:.1f}"/>'
        )
        return halo + "".join(
            f'<text class="{kind}" x="{x:.1f}" y="{top + 13 * k:.1f}">{escape(text)}</text>'
            for k, (kind, text) in enumerate(lines)
        )

    def _box(self, name: str, box: _Box) -> str:
        left, top = self.at[name]
        middle = top + _HIGH / 2
        if box.kind == "outside":
            return (
                f'<g class="outside"><rect x="{left + _WIDE / 2 - 42:.1f}" y="{top + 10:.1f}" width="84" '
                f'height="{_HIGH - 10:.1f}" rx="18"/><text class="title" x="{left + _WIDE / 2:.1f}" '
                f'y="{middle + 9:.1f}" text-anchor="middle">outside</text></g>'
            )
        stock = self.process.stocks.get(name)
        unit = f" {one_line(clean(stock.unit))}" if stock is not None and stock.unit else ""
        about = f": {box.about}" if box.about else ""
        rows = self._rows(name)
        if rows is None:
            said, spark = box.kind + (f" in{unit}" if unit else ""), ""
        else:
            last = float(rows[-1])
            last = 0.0 if abs(last) < _ROUNDING * np.abs(rows).max() else last
            said = f"at most {_short(float(rows.max()))}, at the end {_short(last)}"
            spark = self._spark(rows, left + _WIDE - _SPARK - 14, top + 5)
            about = f": {said}{unit}" + (f". {box.about}" if box.about else "")
        return (
            f'<g class="{box.kind}"><title>{escape(one_line(clean(name + about)))}</title>'
            f'<rect class="frame" x="{left:.1f}" y="{top:.1f}" width="{_WIDE:g}" height="{_HIGH:g}" '
            f'rx="{_HIGH / 2 if box.kind == "delay" else 3:g}"/>'
            f'<text class="label" x="{left + 14:.1f}" y="{top + 19:.1f}">{escape(cut(name, _NAME))}</text>'
            f'<text class="title" x="{left + 14:.1f}" y="{top + 35:.1f}">{escape(cut(said, _LABEL))}</text>'
            f"{spark}</g>"
        )

    def _rows(self, name: str) -> NDArray[np.float64] | None:
        """What is in a box over time, at the one point or the first."""
        if self.found is None:
            return None
        rows = np.asarray(self.found.values[name], np.float64)
        return np.broadcast_to(rows if rows.ndim == 1 else rows[:, 0], self.found.time.shape)

    def _spark(self, rows: NDArray[np.float64], left: float, top: float) -> str:
        low, high = min(float(rows.min()), 0.0), max(float(rows.max()), 0.0)
        kept = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _POINTS)).round().astype(int))
        across, up = _SPARK / (len(rows) - 1 or 1), 18.0
        points = " ".join(
            f"{left + across * k:.1f},{top + up * (1 - (rows[k] - low) / ((high - low) or 1.0)):.1f}"
            for k in kept
        )
        return f'<polyline class="curve" points="{points}"/>'


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
