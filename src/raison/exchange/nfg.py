"""Gambit's `.nfg` files: a game in strategic form, with payoffs listed or by outcomes.

::

    NFG 1 R "title" { "player" ... } { { "strategy" ... } ... } ["comment"]
    payoff payoff ...                                               (for each profile, for each player)

    NFG 1 R "title" { "player" ... } { 3 2 } ["comment"]            (or only how many strategies each has)
    { { "outcome" payoff ... } ... } OUTCOME OUTCOME ...            (for each profile, 0 for none)

Player 1's strategy varies fastest.
"""

from __future__ import annotations

import math
from fractions import Fraction

from raison.exchange.efg import header, player_names
from raison.exchange.game import MAX_NODES, Payoffs, TableGame
from raison.exchange.tokens import Tokens


def read_nfg(text: str, file: str | None = None) -> TableGame:
    """A game in strategic form from the text of an `.nfg` file.

    Args:
        text: The whole file.
        file: Its name, for messages.

    Returns:
        The game, every number exact.

    Raises:
        ModelError: the text is no such file; the message says at which line, what is needed and what to do.

    Source:
        Gambit project, "The strategic game (.nfg) file format", payoff and outcome versions, in the manual
        of Gambit 16.
    """
    tokens = Tokens(text, file)
    title = header(tokens, "NFG", "1")
    players = player_names(tokens)
    line = tokens.next.line
    strategies = _strategies(tokens, len(players))
    comment = tokens.take("text", "a comment").text if tokens.next.kind == "text" else ""
    count = math.prod(len(labels) for labels in strategies)
    if count * len(players) > MAX_NODES:
        tokens.fail(
            f"a table of at most {MAX_NODES} payoffs is read; {count} profiles of {len(players)} players "
            f"have {count * len(players)}.",
            line,
        )
    outcomes, table = (_by_outcome if tokens.next.kind == "{" else _listed)(tokens, count, len(players))
    if tokens.next.kind != "end":
        tokens.fail(f"the table is complete, and nothing may follow; got {tokens.next.shown}. Delete it.")
    return TableGame(title, players, strategies, outcomes, table, comment)


def _strategies(tokens: Tokens, players: int) -> tuple[tuple[str, ...], ...]:
    """Read the strategies of all players: their labels, or how many there are."""
    line = tokens.next.line
    tokens.take("{", "'{' with the strategies of the players")
    found: list[tuple[str, ...]] = []
    while not tokens.comes("}"):
        at = tokens.next.line
        if tokens.comes("{"):
            found.append(tokens.texts("a strategy"))
        else:
            number = tokens.whole("the strategies of a player, or how many there are,", least=0)
            if number > MAX_NODES:
                tokens.fail(f"a player with at most {MAX_NODES} strategies is read; got {number}.", at)
            found.append(tuple(str(strategy + 1) for strategy in range(number)))
        if not found[-1]:
            tokens.fail(f"player {len(found)} needs at least one strategy; got none.", at)
        if len(found) > players:
            break
        tokens.comes(",")
    if len(found) != players:
        got = f"{len(found)}" if len(found) < players else "more"
        tokens.fail(f"strategies of {players} players are needed; got those of {got}.", line)
    return tuple(found)


def _by_outcome(tokens: Tokens, count: int, players: int) -> tuple[dict[int, Payoffs], tuple[int, ...]]:
    """Read outcomes and then the number of one for each profile."""
    tokens.take("{", "'{' with the outcomes")
    outcomes: dict[int, Payoffs] = {}
    while not tokens.comes("}"):
        number = len(outcomes) + 1
        line = tokens.next.line
        tokens.take("{", f"'{{' with outcome {number}, or '}}',")
        label = tokens.take("text", "a label").text if tokens.next.kind == "text" else ""
        tokens.comes(",")
        amounts: list[Fraction] = []
        while not tokens.comes("}"):
            amounts.append(tokens.fraction(f"a payoff of outcome {number}"))
            tokens.comes(",")
        if len(amounts) != players:
            tokens.fail(f"outcome {number} needs {players} payoffs; got {len(amounts)}.", line)
        outcomes[number] = Payoffs(label, tuple(amounts))
        tokens.comes(",")
    table: list[int] = []
    while len(table) < count:
        line = tokens.next.line
        number = tokens.whole(
            f"the number of an outcome for each of {count} profiles ({len(table)} were found)", least=0
        )
        if number > len(outcomes):
            tokens.fail(f"there are {len(outcomes)} outcomes; got outcome {number}.", line)
        table.append(number)
        tokens.comes(",")
    return outcomes, tuple(table)


def _listed(tokens: Tokens, count: int, players: int) -> tuple[dict[int, Payoffs], tuple[int, ...]]:
    """Read payoffs, those of one profile after those of another."""
    outcomes: dict[int, Payoffs] = {}
    for profile in range(count):
        amounts: list[Fraction] = []
        for player in range(players):
            done = profile * players + player
            amounts.append(
                tokens.fraction(
                    f"a payoff for each of {players} players in each of {count} profiles ({done} were found)"
                )
            )
            tokens.comes(",")
        outcomes[profile + 1] = Payoffs("", tuple(amounts))
    return outcomes, tuple(range(1, count + 1))
