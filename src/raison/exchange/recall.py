"""Perfect recall: whether every player remembers what he knew and did."""

from __future__ import annotations

from raison.exchange.game import NONE, ExtensiveGame
from raison.model.problem import Problem


def forgets(game: ExtensiveGame, file: str | None = None) -> Problem | None:
    """Who forgets what, or None for a game with perfect recall.

    Perfect recall: at all nodes of an information set, its player has come through the same information sets
    of his and made the same moves at them, in the same order (Kuhn 1953).

    Args:
        game: The game.
        file: The name of its file, for the message.

    Returns:
        The first fault, at the line of the node where something is forgotten.
    """
    past: list[tuple[tuple[int, int], ...]] = [()] * len(game.nodes)  # own sets and moves, of every player
    known: dict[int, tuple[tuple[int, int], ...]] = {}
    for index, node in enumerate(game.nodes):
        if node.information == NONE:
            continue
        player = game.sets[node.information].player
        if player >= 0:
            own = tuple(step for step in past[index] if game.sets[step[0]].player == player)
            if any(step[0] == node.information for step in own):
                return _fault(game, node.information, own, own, node.line, file)
            before = known.setdefault(node.information, own)
            if before != own:
                return _fault(game, node.information, before, own, node.line, file)
        for move, child in enumerate(node.children):
            past[child] = (*past[index], (node.information, move)) if player >= 0 else past[index]
    return None


def _fault(
    game: ExtensiveGame,
    information: int,
    before: tuple[tuple[int, int], ...],
    now: tuple[tuple[int, int], ...],
    line: int,
    file: str | None,
) -> Problem:
    here = game.sets[information]
    who = game.players[here.player] or f"player {here.player + 1}"
    where = _named(game, information)
    if before == now:
        forgotten = f"that he has been at {where} before"
    else:
        differ = next((k for k, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), None)
        if differ is None:
            step = max(before, now, key=len)[min(len(before), len(now))]
            forgotten = f"whether he has moved at {_named(game, step[0])}"
        elif before[differ][0] == now[differ][0]:
            one, other = (game.sets[now[differ][0]].moves[step[1]] for step in (before[differ], now[differ]))
            at = _named(game, now[differ][0])
            forgotten = f"whether he chose '{one[:40]}' or '{other[:40]}' at {at}"
        else:
            one, other = (_named(game, step[0]) for step in (before[differ], now[differ]))
            forgotten = f"whether he was at {one} or at {other}"
    return Problem(
        f"every player must remember what he knew and did; at {where}, {who} forgets {forgotten}. Split the "
        "information set, or let two players of the same interest move in his place.",
        file=file,
        line=line or None,
    )


def _named(game: ExtensiveGame, information: int) -> str:
    here = game.sets[information]
    label = f" '{here.label[:40]}'" if here.label.strip() else ""
    return f"information set {here.number}{label}"
