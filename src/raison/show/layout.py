"""Where the parts of a game go on paper: a tidy tree from left to right, in columns by depth.

A game is an acyclic graph: a node may be reached by several moves. It is drawn in full once, under the branch
along which play most probably comes to it, and as a reference wherever else it is reached. What remains is a
tree. Its subtrees are packed by their contours, one extent per column (the idea of Reingold and Tilford 1981,
with boxes of any height as in van der Ploeg 2014), and a parent stands in the middle of its children.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from raison.model.records import Chance, Decision, Model, branches
from raison.show.text import columns, wrap
from raison.show.words import player_title

MAX_DRAWN = 60
"""A game of more nodes is pruned to the `KEPT` most often reached."""
KEPT = 40

LETTER = 6.9  # average width of a letter at the drawing's size of text, in px; measured generously
LINE = 15.0  # height of a line of text
GAP = 12.0  # least distance between two boxes one above the other
CURVE = 26.0  # width of the bend that leads from a parent to the label of a branch

Kind = Literal["decision", "chance", "outcome", "reference", "pruned"]


@dataclass(frozen=True, slots=True)
class Weights:
    """Numbers that decide what is drawn where, all mean probabilities over draws.

    Attributes:
        reached: That play comes to a node.
        along: That play comes along a branch, by node and branch.
    """

    reached: Mapping[str, float]
    along: Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Box:
    """Something drawn: its middle is at (`x` + `width` / 2, `y`), in px.

    Attributes:
        name: Node or outcome; for `pruned`, the node where the drawing stops.
        lines: The name as it is written.
        depth: Column.
        parent: Index of the parent's box; None for the root.
        branch: Name of the branch that leads here.
        label: The branch's name as it is written.
        left_out: For `pruned`, the number of nodes that are drawn nowhere but can be reached here.
    """

    kind: Kind
    name: str
    lines: tuple[str, ...]
    depth: int
    parent: int | None
    branch: str
    label: tuple[str, ...]
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing: its boxes (parents before children), its size in px, and how many nodes it leaves out.

    Attributes:
        label_x: Per column, where the labels of the branches that lead into it begin.
        omitted: Nodes that can be reached and are not drawn.
        unreachable: Nodes that no move leads to (they matter only where a premise is removed).
    """

    boxes: tuple[Box, ...]
    label_x: tuple[float, ...]
    width: float
    height: float
    omitted: int
    unreachable: int


def lay_out(model: Model, weights: Weights) -> Layout:
    """Places every node and outcome of the game.

    Args:
        model: A model with a game.
        weights: Decide which branch a shared node is drawn under and what a large game keeps.

    Raises:
        ValueError: the model has no game.
    """
    root = model.root
    if root is None:
        raise ValueError(f"A game is needed to draw a tree; model {model.name!r} has none.")
    order = _topological(model, root)
    kept = set(order) if len(order) <= MAX_DRAWN else _most_reached(model, root, weights)
    boxes = _boxes(model, root, kept, _drawn_under(model, order, kept, weights), weights)
    placed, label_x, width, height = _place(boxes)
    return Layout(tuple(placed), label_x, width, height, len(order) - len(kept), len(model.game) - len(order))


def _topological(model: Model, root: str) -> list[str]:
    """Nodes that can be reached, each before all that it leads to; iterative, for games thousands deep."""
    done: set[str] = set()
    order: list[str] = []
    stack = [(root, False)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            order.append(name)
        elif name not in done:
            done.add(name)
            stack.append((name, True))
            stack.extend((b.then, False) for b in branches(model.game[name]).values() if b.then in model.game)
    return order[::-1]


def _most_reached(model: Model, root: str, weights: Weights) -> set[str]:
    """The root and the nodes that play most probably comes to, each with a way to it that is drawn."""
    kept: set[str] = set()
    queue = [(-1.0, 0, root)]
    count = 0
    while queue and len(kept) < KEPT:
        _, _, name = heapq.heappop(queue)
        if name in kept:
            continue
        kept.add(name)
        for branch in branches(model.game[name]).values():
            if branch.then in model.game:
                count += 1
                heapq.heappush(queue, (-weights.reached.get(branch.then, 0.0), count, branch.then))
    return kept


def _drawn_under(
    model: Model, order: list[str], kept: set[str], weights: Weights
) -> dict[str, tuple[str, str]]:
    """For each node and outcome, the branch that it is drawn in full under: the most travelled one."""
    best: dict[str, tuple[str, str]] = {}
    for name in order:
        for label, branch in branches(model.game[name]).items() if name in kept else ():
            there = best.get(branch.then)
            if there is None or weights.along.get((name, label), 0.0) > weights.along.get(there, 0.0):
                best[branch.then] = (name, label)
    return best


def _boxes(
    model: Model, root: str, kept: set[str], under: Mapping[str, tuple[str, str]], weights: Weights
) -> list[Box]:
    """All boxes without places, depth first, in the order of the file."""
    boxes: list[Box] = []
    hidden = _Hidden(model, kept)
    stack: list[tuple[str, int | None, str]] = [(root, None, "")]
    while stack:
        name, parent, branch = stack.pop()
        first = parent is None or under[name] == (boxes[parent].name, branch)
        depth = 0 if parent is None else boxes[parent].depth + 1
        box = _box(
            model, name, branch, depth, parent, pruned=name in model.game and name not in kept, first=first
        )
        if box.kind == "pruned":
            count = hidden.count(name)
            label = (f"… {count} more", "node" if count == 1 else "nodes")
            box = _sized("pruned", name, label, depth, parent, branch, box.label, left_out=count)
        boxes.append(box)
        if box.kind in ("decision", "chance"):
            ways = branches(model.game[name]).items()
            stack.extend((way.then, len(boxes) - 1, label) for label, way in reversed(list(ways)))
    return boxes


class _Hidden:
    """Counts the nodes that are left out behind a pruned one."""

    def __init__(self, model: Model, kept: set[str]):
        self.model, self.kept = model, kept

    def count(self, name: str) -> int:
        seen = {name}
        stack = [name]
        while stack:
            for branch in branches(self.model.game[stack.pop()]).values():
                if (
                    branch.then in self.model.game
                    and branch.then not in seen
                    and branch.then not in self.kept
                ):
                    seen.add(branch.then)
                    stack.append(branch.then)
        return len(seen)


def _box(
    model: Model, name: str, branch: str, depth: int, parent: int | None, *, pruned: bool, first: bool
) -> Box:
    label = wrap(branch, 18, 2) if branch else ()
    if pruned:
        return _sized("pruned", name, (), depth, parent, branch, label)
    if not first:
        return _sized("reference", name, wrap(f"→ {name}", 20, 2), depth, parent, branch, label)
    node = model.game.get(name)
    if isinstance(node, Chance):
        return _sized("chance", name, (*wrap(name, 16, 2), "chance"), depth, parent, branch, label)
    if isinstance(node, Decision):
        lines = (*wrap(name, 18, 2), *wrap(player_title(model, node.player), 20, 1))
        return _sized("decision", name, lines, depth, parent, branch, label)
    return _sized("outcome", name, (*wrap(name, 20, 2), "00.0%"), depth, parent, branch, label)


def _sized(
    kind: Kind,
    name: str,
    lines: tuple[str, ...],
    depth: int,
    parent: int | None,
    branch: str,
    label: tuple[str, ...],
    left_out: int = 0,
) -> Box:
    widest = max((columns(line) for line in lines), default=1)
    width = max(widest * LETTER + (18 if kind == "outcome" else 22), 48)
    height = LINE * len(lines) + (4 if kind == "outcome" else 12)
    return Box(kind, name, lines, depth, parent, branch, label, width, height, left_out=left_out)


def takes_height(box: Box) -> float:
    """Height of a box together with the label of the branch that leads to it, in px."""
    return max(box.height, 2 * max(LINE * len(box.label), LINE) + 8 if box.label else 0.0)


def _place(boxes: list[Box]) -> tuple[list[Box], tuple[float, ...], float, float]:
    children: list[list[int]] = [[] for _ in boxes]
    for index, box in enumerate(boxes):
        if box.parent is not None:
            children[box.parent].append(index)
    y = _heights(boxes, children)
    depth = max(box.depth for box in boxes) + 1
    wide = [max((b.width for b in boxes if b.depth == d), default=0.0) for d in range(depth)]
    label = [
        max((columns(line) * LETTER for b in boxes if b.depth == d for line in b.label), default=0.0)
        for d in range(depth)
    ]
    x, starts = [1.0], [0.0]
    for d in range(1, depth):
        starts.append(x[-1] + wide[d - 1] + CURVE)
        x.append(starts[-1] + max(label[d], 6 * LETTER) + 11)
    top = min(y[i] - takes_height(box) / 2 for i, box in enumerate(boxes)) - 4
    placed = [
        Box(
            b.kind,
            b.name,
            b.lines,
            b.depth,
            b.parent,
            b.branch,
            b.label,
            b.width,
            b.height,
            x[b.depth],
            y[i] - top,
            b.left_out,
        )
        for i, b in enumerate(boxes)
    ]
    bottom = max(b.y + takes_height(b) / 2 for b in placed) + 4
    return placed, tuple(starts), max(b.x + b.width for b in placed) + 4, bottom


def _heights(boxes: list[Box], children: list[list[int]]) -> list[float]:
    """Middle of each box, by packing the contours of subtrees from the leaves up."""
    offset = [0.0] * len(boxes)  # of a box from its parent
    contours: list[dict[int, tuple[float, float]]] = [{} for _ in boxes]
    for index in reversed(range(len(boxes))):
        merged: dict[int, tuple[float, float]] = {}
        starts: list[float] = []
        for child in children[index]:
            contour = contours[child]
            shift = max(
                (merged[d][1] + GAP - top for d, (top, _) in contour.items() if d in merged),
                default=0.0,
            )
            # A child never stands above an earlier one, even where the two share no column.
            shift = max(shift, starts[-1] + GAP if starts else shift)
            starts.append(shift)
            for d, (top, bottom) in contour.items():
                there = merged.get(d, (top + shift, bottom + shift))
                merged[d] = (min(there[0], top + shift), max(there[1], bottom + shift))
            contours[child] = {}
        middle = (starts[0] + starts[-1]) / 2 if starts else 0.0
        for child, start in zip(children[index], starts, strict=True):
            offset[child] = start - middle
        half = takes_height(boxes[index]) / 2
        contours[index] = {d: (top - middle, bottom - middle) for d, (top, bottom) in merged.items()}
        contours[index][boxes[index].depth] = (-half, half)
    y = [0.0] * len(boxes)
    for index, box in enumerate(boxes):
        y[index] = offset[index] + (y[box.parent] if box.parent is not None else 0.0)
    return y
