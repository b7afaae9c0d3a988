"""Games written in Gambit's formats, so that Gambit reads the same game with the same numbers."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from raison.exchange.game import CHANCE, NONE, ExtensiveGame, InformationSet, TableGame
from raison.exchange.modelling import exact, one_line, unique


def write_efg(game: ExtensiveGame) -> str:
    """A game tree as the text of an `.efg` file.

    Every number is exact. Gambit 17 wants labels on one line and not alike: those of nodes in a game, of a
    player's information sets, of the moves at one, of outcomes and of players. Where they are, all after the
    first get a number; moves, outcomes and players that have no label get one.
    """
    players = player_labels(game)
    outcomes = list(game.outcomes)
    named = _filled([game.outcomes[number].label for number in outcomes], "outcome")
    outcome_labels = dict(zip(outcomes, named, strict=True))
    node_labels = _apart(node.label for node in game.nodes)
    set_labels: dict[int, str] = {}
    for player in range(CHANCE, len(game.players)):
        indices = [index for index, place in enumerate(game.sets) if place.player == player]
        set_labels |= zip(indices, _apart(game.sets[index].label for index in indices), strict=True)
    lines = [f"EFG 2 R {_quoted(game.title)} {_braced(map(_quoted, players))}", _quoted(game.comment), ""]
    for index in _depth_first(game):
        node = game.nodes[index]
        words = ["t", _quoted(node_labels[index])]
        if node.information != NONE:
            place = game.sets[node.information]
            moves = [_quoted(move) for move in move_labels(place)]
            if place.player == CHANCE:
                moves = [f"{m} {exact(p)}" for m, p in zip(moves, place.probabilities, strict=True)]
            mover = ["c"] if place.player == CHANCE else ["p"]
            words = [*mover, words[1], *([str(place.player + 1)] if place.player != CHANCE else [])]
            words += [str(place.number), _quoted(set_labels[node.information]), _braced(moves)]
        words.append(str(node.outcome))
        if node.outcome:
            words.append(_quoted(outcome_labels[node.outcome]))
            words.append(_payoffs(game.outcomes[node.outcome].amounts))
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"


def player_labels(game: ExtensiveGame) -> list[str]:
    """What the players are called in the file that is written."""
    return _filled(game.players, "player")


def move_labels(place: InformationSet) -> list[str]:
    """What the moves or cases of an information set are called in the file that is written."""
    return _filled(place.moves, "move")


def write_nfg(game: TableGame) -> str:
    """A game in strategic form as the text of an `.nfg` file with outcomes; numbers exact, labels apart."""
    players = _braced(map(_quoted, _filled(game.players, "player")))
    strategies = _braced(_braced(map(_quoted, _filled(labels, "strategy"))) for labels in game.strategies)
    index = {number: place + 1 for place, number in enumerate(game.outcomes)}
    labels = _filled([outcome.label for outcome in game.outcomes.values()], "outcome")
    lines = [f"NFG 1 R {_quoted(game.title)} {players}", strategies, _quoted(game.comment), "", "{"]
    for label, outcome in zip(labels, game.outcomes.values(), strict=True):
        lines.append(f"{{ {_quoted(label)} {', '.join(map(exact, outcome.amounts))} }}")
    lines += ["}", " ".join(str(index.get(number, 0)) for number in game.table)]
    return "\n".join(lines) + "\n"


def _depth_first(game: ExtensiveGame) -> Iterable[int]:
    stack = [0]
    while stack:
        index = stack.pop()
        yield index
        stack.extend(reversed(game.nodes[index].children))


def _apart(labels: Iterable[str]) -> list[str]:
    """Labels of which no two are alike, empty ones aside."""
    given = [_mended(one_line(label)) for label in labels]
    some = iter(unique(label for label in given if label))
    return [next(some) if label else "" for label in given]


def _filled(labels: Iterable[str], what: str) -> list[str]:
    """Labels of which none is empty and no two are alike."""
    given = (_mended(one_line(label)) for label in labels)
    return unique(label or f"{what} {index + 1}" for index, label in enumerate(given))


def _mended(text: str) -> str:
    """A text without the backslashes that Gambit does not read well: before a quote, another, or the end."""
    parts = [part.replace("\\\\", "/") for part in text.split('"')]
    return '"'.join(f"{part[:-1]}/" if part.endswith("\\") else part for part in parts)


def _quoted(text: str) -> str:
    return '"' + _mended(text).replace('"', '\\"') + '"'


def _braced(words: Iterable[str]) -> str:
    return "{ " + " ".join(words) + " }"


def _payoffs(amounts: Iterable[Fraction]) -> str:
    return "{ " + ", ".join(map(exact, amounts)) + " }"
