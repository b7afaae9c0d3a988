"""Perfect recall: a player remembers his own moves, and all that he saw when he made them.

With `hidden` and `known_to` alone, what a player sees is a list of results, and he forgets only what he saw
at an earlier decision of his and is hidden from him later; that is decided on the nodes. Where decisions
have `information` labels, every history of the game is compared with the others in its information set: the
mover's own information sets and moves on the way must be the same (Kuhn 1953).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raison.model.problem import Path
from raison.model.records import Decision, Model, Node, Spread, branches
from raison.model.scope import Report
from raison.model.structure import before, edges

MAX_HISTORIES = 20_000  # of a game with labels; each takes about ten microseconds

_Results = tuple[tuple[str, str], ...]


def sees(node: Node, player: str) -> bool:
    """Whether a player sees the result of a node, where it is not `hidden` from him."""
    if isinstance(node, Decision) and node.player == player:
        return True
    return node.known_to is None or player in node.known_to


def check_recall(model: Model, report: Report) -> None:
    """Report where a player forgets his own move, or something that he saw when he moved before."""
    led_to = edges(model)
    asked = [
        (name, node)
        for name, node in model.game.items()
        if isinstance(node, Decision) and (node.hidden or node.information is not None)
    ]
    earlier: dict[str, set[str]] = {}
    reported = len(report.problems)
    for name, node in model.game.items():
        if asked and isinstance(node, Decision):
            earlier[name] = before(led_to, name)
    for name, node in asked:
        if node.information is not None:
            _check_amounts(model, name, node, earlier, report)
        else:
            for other in dict.fromkeys(node.hidden):
                _check_hidden(model, name, node, other, earlier, report)
    labelled = any(node.information is not None for _, node in asked)
    if labelled and model.root is not None and len(report.problems) == reported:
        _check_histories(model, model.root, report)


def _check_hidden(
    model: Model,
    name: str,
    node: Decision,
    other: str,
    earlier: Mapping[str, set[str]],
    report: Report,
) -> None:
    hidden, path, player = model.game.get(other), ("game", name, "hidden"), node.player
    if hidden is None or other not in earlier[name]:
        return
    if isinstance(hidden, Decision) and hidden.player == player:
        report.error(
            path, f"at '{name}' {player} forgets his own move at '{other}'; take '{other}' out of 'hidden'."
        )
        return
    if not sees(hidden, player):
        return
    for between in _own(model, player, earlier[name]):
        then = model.game[between]
        if (
            other in earlier[between]
            and isinstance(then, Decision)
            and other not in then.hidden
            and then.information is None
        ):
            report.error(
                path,
                f"at '{name}' {player} forgets '{other}', which he saw at '{between}'; take '{other}' out of "
                f"'hidden', or hide it at '{between}' too.",
            )
            return


def _own(model: Model, player: str, names: set[str]) -> list[str]:
    found: list[str] = []
    for name, node in model.game.items():
        if name in names and isinstance(node, Decision) and node.player == player:
            found.append(name)
    return found


def _check_amounts(
    model: Model, name: str, node: Decision, earlier: Mapping[str, set[str]], report: Report
) -> None:
    """An information set with a label does not keep numbers apart, so none may have been seen before."""
    path = ("game", name, "information")
    for between in _own(model, node.player, earlier[name]):
        then = model.game[between]
        if not isinstance(then, Decision):
            continue
        if any(move.scale is not None for move in then.moves.values()):
            report.error(
                path,
                f"at '{name}' {node.player} forgets the amount that he took at '{between}'; use 'hidden' "
                "instead of 'information'.",
            )
            return
        for other in sorted(earlier[between]):
            seen = model.game[other]
            numeric = isinstance(seen, Spread) or (
                isinstance(seen, Decision) and any(move.scale is not None for move in seen.moves.values())
            )
            if numeric and then.information is None and other not in then.hidden and sees(seen, node.player):
                report.error(
                    path,
                    f"at '{name}' {node.player} forgets the number at '{other}', which he saw at "
                    f"'{between}'; use 'hidden' instead of 'information'.",
                )
                return


# --- histories --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Visit:
    """A decision on a history: where it was, in which information set, and what was done."""

    node: str
    place: tuple[object, ...]
    move: str


_Own = tuple[_Visit, ...]


def _check_histories(model: Model, root: str, report: Report) -> None:
    first: dict[tuple[object, ...], _Own] = {}
    blamed: set[tuple[object, ...]] = set()
    found: list[tuple[Path, str]] = []
    stack: list[tuple[str, _Results, Mapping[str, _Own]]] = [(root, (), {})]
    count = 1
    while stack:
        name, results, visits = stack.pop()
        node = model.game.get(name)
        if node is None:
            continue
        own: _Own = ()
        place: tuple[object, ...] = ()
        if isinstance(node, Decision):
            own, place = visits.get(node.player, ()), _place(model, name, node, results)
            before_here = first.setdefault(place, own)
            if before_here != own and place not in blamed:
                blamed.add(place)
                found.append((("game", name, "information"), _forgotten(name, node, before_here, own)))
        for label, branch in branches(node).items():
            count += 1
            if count > MAX_HISTORIES:
                return
            after = visits
            if isinstance(node, Decision):
                after = {**visits, node.player: (*own, _Visit(name, place, label))}
            stack.append((branch.then, (*results, (name, label)), after))
    for path, message in found:
        report.error(path, message)


def _place(model: Model, name: str, node: Decision, results: _Results) -> tuple[object, ...]:
    """The information set of a decision after some results."""
    if node.information is not None:
        return ("", node.player, node.information)
    seen = tuple(
        (other, label)
        for other, label in results
        if _is_own(model.game[other], node.player)
        or (other not in node.hidden and sees(model.game[other], node.player))
    )
    return (name, *seen)


def _is_own(node: Node, player: str) -> bool:
    return isinstance(node, Decision) and node.player == player


def _forgotten(name: str, node: Decision, one: _Own, other: _Own) -> str:
    """What the mover cannot tell apart, of two ways to one information set."""
    cure = "give what he can tell apart different labels under 'information'."
    for a, b in zip(one, other, strict=False):
        if a.place == b.place and a.move != b.move:
            return f"at '{name}' {node.player} forgets his own move at '{a.node}'; {cure}"
        if a.place != b.place:
            if a.node == b.node:
                return f"at '{name}' {node.player} forgets what he knew at '{a.node}'; {cure}"
            return (
                f"at '{name}' {node.player} forgets whether he moved at '{a.node}' or at '{b.node}'; {cure}"
            )
    extra = (one if len(one) > len(other) else other)[min(len(one), len(other))]
    return f"at '{name}' {node.player} forgets whether he has moved at '{extra.node}'; {cure}"
