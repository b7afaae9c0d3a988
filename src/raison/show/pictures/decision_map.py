"""What is chosen at a node over two parameters, as a map; the others at their central value."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from raison.model.records import Model
from raison.show import plots
from raison.show.pictures.sheet import Picture
from raison.show.text import clean, one_line, quoted

_LEFT, _TOP, _SIDE, _BELOW = 74, 8, 420, 46  # px


def draw(
    model: Model,
    node: str,
    choices: Sequence[Sequence[str | None]],
    across: tuple[str, float, float],
    up: tuple[str, float, float],
    moves: Sequence[str],
) -> Picture:
    """The map of the choice at a node.

    Args:
        model: Gives the titles.
        node: The decision.
        choices: The move at each point, rows from the lowest to the highest; None where nothing is chosen.
        across: Horizontal parameter with its lowest and highest value.
        up: Vertical parameter with the same.
        moves: All moves at the node, in the file's order, which decides their colours.
    """
    rows, columns = len(choices), len(choices[0])
    wide, high = _SIDE / columns, _SIDE / rows
    parts: list[str] = []
    for j, row in enumerate(choices):
        for start, stop, move in _runs(row):
            y = _TOP + _SIDE - (j + 1) * high
            parts.append(
                f'<rect class="{_class(move, moves)}" x="{_LEFT + start * wide:.2f}" y="{y:.2f}" '
                f'width="{(stop - start) * wide + 0.3:.2f}" height="{high + 0.3:.2f}" '
                f'shape-rendering="crispEdges"/>'
            )
    for tick in plots.ticks(*across[1:]):
        x = _LEFT + _SIDE * (tick - across[1]) / ((across[2] - across[1]) or 1.0)
        parts.append(_text("tick", f'x="{x:.1f}" y="{_TOP + _SIDE + 16}"', f"{tick:.4g}", "middle"))
    for tick in plots.ticks(*up[1:]):
        y = _TOP + _SIDE - _SIDE * (tick - up[1]) / ((up[2] - up[1]) or 1.0)
        parts.append(_text("tick", f'x="{_LEFT - 7}" y="{y + 4:.1f}"', f"{tick:.4g}", "end"))
    middle = _LEFT + _SIDE / 2
    parts.append(
        _text("title", f'x="{middle:.0f}" y="{_TOP + _SIDE + 36}"', _named(model, across[0]), "middle")
    )
    parts.append(
        _text(
            "title",
            f'transform="translate(16 {_TOP + _SIDE / 2:.0f}) rotate(-90)"',
            _named(model, up[0]),
            "middle",
        )
    )
    size = (_LEFT + _SIDE + 22, _TOP + _SIDE + _BELOW)
    drawing = f'<svg class="drawn map" viewBox="0 0 {size[0]} {size[1]}">{"".join(parts)}</svg>'
    chosen = {move for row in choices for move in row}
    legend = [(_class(move, moves), move) for move in moves if move in chosen]
    legend += [("key-no", "nothing is chosen, or the draw fails")] if None in chosen else []
    title = f"What is chosen at {quoted(node)}, other parameters at their central value"
    return Picture(title, drawing, tuple(legend))


def _runs(row: Sequence[str | None]) -> list[tuple[int, int, str | None]]:
    """Neighbours of one kind together: from, to, which."""
    found: list[tuple[int, int, str | None]] = []
    for place, move in enumerate(row):
        if found and found[-1][2] == move:
            found[-1] = (found[-1][0], place + 1, move)
        else:
            found.append((place, place + 1, move))
    return found


def _class(move: str | None, moves: Sequence[str]) -> str:
    return "key-no" if move is None else f"stripe p{list(moves).index(move) % 7}"


def _named(model: Model, parameter: str) -> str:
    unit = model.parameters[parameter].unit
    name = f"{parameter} ({one_line(unit)})" if unit else parameter
    return name if len(name) <= 62 else f"{name[:61]}…"


def _text(kind: str, place: str, text: str, anchor: str) -> str:
    return f'<text class="{kind}" {place} text-anchor="{anchor}">{escape(clean(one_line(text)))}</text>'
