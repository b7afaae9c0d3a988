"""The game drawn as a tree, in SVG: who moves where, what they choose, and how play runs.

Colours are CSS classes (`p0` to `p6` for players, `chance`), so that the page decides them for light and
dark; text is in `currentColor`. A player's name stands in every box, so colour is never the only sign.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from raison.answer.records import NodeAnswer, RunRecord
from raison.model.records import Decision, Model, Move, branches
from raison.show import numbers, words
from raison.show.layout import CURVE, LINE, MAX_DRAWN, Box, Layout, Weights, lay_out
from raison.show.text import clean, one_line, wrap

PALETTE = 7
"""Number of player colours (Okabe and Ito 2008, without black); the eighth player reuses the first."""

WIDEST_BRANCH = 9.0  # stroke width in px of a branch that play surely comes along


def weights_of(record: RunRecord) -> Weights:
    """What the layout needs to know of a run."""
    return Weights(
        reached={node.name: node.reached for node in record.nodes},
        along={(node.name, move): along for node in record.nodes for move, along in node.along.items()},
    )


def player_class(model: Model, player: str | None) -> str:
    """CSS class of a player's colour."""
    names = list(model.players)
    return "chance" if player is None or player not in names else f"p{names.index(player) % PALETTE}"


def draw_tree(model: Model, record: RunRecord, *, id_prefix: str = "tree") -> str | None:
    """The game as an SVG element with title and description.

    Args:
        model: The model that was run.
        record: What the run answers.
        id_prefix: Begins every id in the drawing; must be unique on a page.

    Returns:
        None for a model without a game.
    """
    if model.root is None:
        return None
    layout = lay_out(model, weights_of(record))
    drawing = _Drawing(model, record, layout)
    parts = [
        f'<svg class="game" role="img" aria-labelledby="{id_prefix}-title {id_prefix}-desc" '
        f'viewBox="0 0 {layout.width:.1f} {layout.height:.1f}" width="{layout.width:.0f}" '
        f'height="{layout.height:.0f}" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{id_prefix}-title">{escape(clean(f"The game of {model.title}"))}</title>',
        f'<desc id="{id_prefix}-desc">{escape(clean(drawing.description()))}</desc>',
        *(drawing.branch(box) for box in layout.boxes if box.parent is not None),
        *(drawing.box(box) for box in layout.boxes),
        "</svg>",
    ]
    return "\n".join(parts)


def left_out(model: Model, record: RunRecord) -> str | None:
    """What the drawing does not show, as a sentence; None where it shows the whole game."""
    if model.root is None:
        return None
    layout = lay_out(model, weights_of(record))
    said: list[str] = []
    if layout.omitted:
        drawn = sum(box.kind in ("decision", "chance") for box in layout.boxes)
        said.append(
            f"The game has {drawn + layout.omitted:,} nodes, more than the {MAX_DRAWN} that can be read in a "
            f"drawing: the {drawn} that play most often comes to are drawn, {layout.omitted:,} are left out."
        )
    if layout.unreachable:
        noun = "node is" if layout.unreachable == 1 else "nodes are"
        said.append(f"{layout.unreachable} {noun} reachable only where a premise is removed, and not drawn.")
    return " ".join(said) or None


class _Drawing:
    """Writes the parts of one layout."""

    def __init__(self, model: Model, record: RunRecord, layout: Layout):
        self.model, self.record, self.layout = model, record, layout
        self.nodes: dict[str, NodeAnswer] = {node.name: node for node in record.nodes}

    def share(self, value: float, error: float | None) -> str:
        """As it is written into the drawing, rounded to its error."""
        return numbers.share(value, error, self.record.draws)

    def full(self, value: float, error: float | None) -> str:
        """As it is told in words, with its error."""
        return numbers.share_with_error(value, error, self.record.draws)

    def player_of(self, name: str) -> str | None:
        node = self.model.game.get(name)
        return node.player if isinstance(node, Decision) else None

    def description(self) -> str:
        """The drawing in words, branch by branch, for those who cannot see it."""
        said: list[str] = []
        for name, node in self.nodes.items():
            choice = "chosen in" if node.player is not None else "probability"
            moves = ", ".join(
                f"{move} {choice} {self.full(share, node.share_errors.get(move))}"
                for move, share in node.shares.items()
            )
            said.append(f"{name} ({words.player_title(self.model, node.player)}): {moves}.")
        errors = self.record.outcome_errors
        ends = ", ".join(
            f"{name} {self.full(share, errors.get(name))}" for name, share in self.record.outcomes.items()
        )
        return one_line(" ".join(said[:MAX_DRAWN]) + (f" Outcomes of play: {ends}." if ends else ""))

    def branch(self, box: Box) -> str:
        parent = self.layout.boxes[box.parent or 0]
        answer = self.nodes.get(parent.name)
        share = answer.shares.get(box.branch) if answer else None
        along = answer.along.get(box.branch) if answer else None
        width = 1.0 + (WIDEST_BRANCH - 1.0) * (along or 0.0)
        start, bend = parent.x + parent.width, self.layout.label_x[box.depth]
        straight = max(bend - CURVE, start)
        middle = (straight + bend) / 2
        path = (
            f"M{start:.1f} {parent.y:.1f}H{straight:.1f}"
            f"C{middle:.1f} {parent.y:.1f} {middle:.1f} {box.y:.1f} {bend:.1f} {box.y:.1f}H{box.x:.1f}"
        )
        unused = " unused" if not along else ""
        above = box.y - width / 2 - 4
        said = self._branch_in_words(parent, box)
        lines = [
            f'<text x="{bend:.1f}" y="{above - LINE * (len(box.label) - 1 - i):.1f}">{escape(line)}</text>'
            for i, line in enumerate(box.label)
        ]
        if share is not None:
            text = self.share(share, answer.share_errors.get(box.branch) if answer else None)
            lines.append(f'<text class="share" x="{bend:.1f}" y="{box.y + width / 2 + 12:.1f}">{text}</text>')
        colour = player_class(self.model, self.player_of(parent.name))
        return (
            f'<g class="branch {colour}{unused}" {self._place_of(parent, box.branch)}>'
            f"<title>{escape(said)}</title>"
            f'<path d="{path}" fill="none" stroke-width="{width:.2f}"/>{"".join(lines)}</g>'
        )

    def _place_of(self, box: Box, branch: str | None = None) -> str:
        """By which number the page's script knows a node, an outcome or a branch: names stay out of it."""
        if box.name not in self.model.game:
            return f'data-outcome="{list(self.model.outcomes).index(box.name)}"'
        node = f'data-node="{list(self.model.game).index(box.name)}"'
        if branch is None:
            return node
        return f'{node} data-branch="{list(branches(self.model.game[box.name])).index(branch)}"'

    def _branch_in_words(self, parent: Box, box: Box) -> str:
        name = box.branch
        branch, answer = branches(self.model.game[parent.name])[name], self.nodes.get(parent.name)
        said = f"{parent.name}: {name} leads to {box.name}"
        if answer is not None and name in answer.shares:
            chosen = (
                "mean probability" if self.player_of(parent.name) is None else "chosen in a share of draws of"
            )
            said += f"; {chosen} {self.full(answer.shares[name], answer.share_errors.get(name))}"
        if answer is not None and name in answer.along:
            along = self.full(answer.along[name], answer.along_errors.get(name))
            said += f"; play comes along it with a mean probability of {along}"
        if isinstance(branch, Move) and branch.when is not None:
            said += f"; available only when {branch.when.text}"
        return one_line(said)

    def box(self, box: Box) -> str:
        draw: dict[str, Callable[[Box], str]] = {
            "decision": self._decision,
            "chance": self._chance,
            "outcome": self._outcome,
            "reference": self._reference,
            "pruned": self._pruned,
        }
        title = f"<title>{escape(one_line(self._box_in_words(box)))}</title>"
        colour = player_class(self.model, self.player_of(box.name))
        return f'<g class="{box.kind} {colour}" {self._place_of(box)}>{title}{draw[box.kind](box)}</g>'

    def _box_in_words(self, box: Box) -> str:
        if box.kind == "outcome":
            share, error = self.record.outcomes.get(box.name), self.record.outcome_errors.get(box.name)
            return f"outcome {box.name}" + (
                "" if share is None else f", mean probability {self.full(share, error)}"
            )
        if box.kind == "reference":
            return f"{box.name}, drawn in full elsewhere"
        if box.kind == "pruned":
            return f"from {box.name} on, {box.left_out} nodes are left out"
        node = self.nodes.get(box.name)
        about = self.model.game[box.name].about
        reached = (
            ""
            if node is None
            else f", reached with a mean probability of {self.full(node.reached, node.reached_error)}"
        )
        return box.name + reached + (f": {about}" if about else "")

    def _lines(self, box: Box, x: float, lines: tuple[str, ...], last: str = "", anchor: str = "") -> str:
        top = box.y - LINE * (len(lines) - 1) / 2 + 4.2
        where = f' text-anchor="{anchor}"' if anchor else ""
        return "".join(
            f'<text{f""" class="{last}" """.rstrip() if last and i == len(lines) - 1 else ""} x="{x:.1f}" '
            f'y="{top + LINE * i:.1f}"{where}>{escape(line)}</text>'
            for i, line in enumerate(lines)
        )

    def _frame(self, box: Box, radius: float) -> str:
        return (
            f'<rect class="frame" x="{box.x:.1f}" y="{box.y - box.height / 2:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="{radius:.1f}"/>'
        )

    def _decision(self, box: Box) -> str:
        stripe = (
            f'<rect class="stripe" x="{box.x:.1f}" y="{box.y - box.height / 2:.1f}" width="5" '
            f'height="{box.height:.1f}" rx="1.5"/>'
        )
        return self._frame(box, 3) + stripe + self._lines(box, box.x + 14, box.lines, last="who")

    def _chance(self, box: Box) -> str:
        middle = box.x + box.width / 2
        return self._frame(box, box.height / 2) + self._lines(
            box, middle, box.lines, last="who", anchor="middle"
        )

    def _outcome(self, box: Box) -> str:
        share, error = self.record.outcomes.get(box.name), self.record.outcome_errors.get(box.name)
        lines = (*box.lines[:-1], "" if share is None else self.share(share, error))
        bar = (
            f'<rect class="end" x="{box.x:.1f}" y="{box.y - box.height / 2 + 2:.1f}" width="3" '
            f'height="{box.height - 4:.1f}"/>'
        )
        return bar + self._lines(box, box.x + 10, lines, last="share")

    def _reference(self, box: Box) -> str:
        return self._frame(box, 3) + self._lines(box, box.x + 10, box.lines)

    def _pruned(self, box: Box) -> str:
        return self._frame(box, 3) + self._lines(box, box.x + 8, wrap(" ".join(box.lines), 18, 2))
