"""A plain game tree and the form that raison makes of it, walked in step."""

from __future__ import annotations

from raison.exchange.game import ExtensiveGame
from raison.program.form import Form


def places_of(tree: ExtensiveGame, form: Form) -> dict[int, int]:
    """For each place of a form the information set of the tree."""
    found: dict[int, int] = {}
    stack = [(0, 0)]
    while stack:
        index, s = stack.pop()
        if form.place[s] >= 0:
            found[form.place[s]] = tree.nodes[index].information
        stack.extend(zip(tree.nodes[index].children, form.graph.states[s].children, strict=True))
    return found
