"""Gambit's `.efg` files: a game tree, node by node, each before those that follow it.

::

    EFG 2 R "title" { "player" ... } ["comment"]
    c "node" SET ["label"] { "case" PROBABILITY ... } OUTCOME
    p "node" PLAYER SET ["label"] { "move" ... } OUTCOME
    t "node" OUTCOME

`OUTCOME` is a number, 0 for none, with `["label"] { payoff ... }` where it is met first. What an information
set or outcome is may be left out where its number was met before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from raison.exchange.game import CHANCE, MAX_NODES, NONE, ExtensiveGame, InformationSet, Payoffs, TreeNode
from raison.exchange.tokens import Tokens

ROUNDING = Fraction(1, 10_000)
"""Probabilities that sum to one as nearly as this are decimals cut short, and are scaled to sum to one."""


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    tokens: Tokens
    players: int
    nodes: list[tuple[str, int, int, int]] = field(default_factory=list)  # label, set, outcome, line
    children: list[list[int]] = field(default_factory=list)
    sets: list[InformationSet] = field(default_factory=list)
    number: dict[tuple[int, int], int] = field(default_factory=dict)  # of a set, by player and its number
    outcomes: dict[int, Payoffs] = field(default_factory=dict)
    first: dict[tuple[str, int], int] = field(default_factory=dict)  # line of a set or outcome


def read_efg(text: str, file: str | None = None) -> ExtensiveGame:
    """A game tree from the text of an `.efg` file.

    Args:
        text: The whole file.
        file: Its name, for messages.

    Returns:
        The game, every number exact. Perfect recall is not asked for here; `to_model` needs it.

    Raises:
        ModelError: the text is no such file; the message says at which line, what is needed and what to do.

    Source:
        Gambit project, "The extensive game (.efg) file format", in the manual of Gambit 16. Beyond it, a
        label may be left out, chance cases without any probability are equally likely, and probabilities
        that miss one by less than `ROUNDING` are scaled.
    """
    tokens = Tokens(text, file)
    title = header(tokens, "EFG", "2")
    players = player_names(tokens)
    comment = tokens.take("text", "a comment").text if tokens.next.kind == "text" else ""
    reader = _Reader(tokens, len(players))
    _tree(reader)
    if tokens.next.kind != "end":
        tokens.fail(
            f"the tree is complete after {len(reader.nodes)} nodes, and nothing may follow; got "
            f"{tokens.next.shown}. Delete it, or give a node above more moves."
        )
    nodes = tuple(
        TreeNode(label, information, tuple(children), outcome, line)
        for (label, information, outcome, line), children in zip(reader.nodes, reader.children, strict=True)
    )
    return ExtensiveGame(title, players, nodes, tuple(reader.sets), reader.outcomes, comment)


def header(tokens: Tokens, word: str, version: str) -> str:
    """Read what both formats begin with; the title.

    Raises:
        ModelError: the file begins otherwise.
    """
    whole = f'\'{word} {version} R "title" {{ "player" ... }}\''
    for needed in (word, version):
        if tokens.next.text != needed or tokens.next.kind == "text":
            tokens.fail(f"the file must begin with {whole}; got {tokens.next.shown} for '{needed}'.")
        tokens.at += 1
    if tokens.next.kind != "word" or tokens.next.text not in ("R", "D"):
        tokens.fail(f"the file must begin with {whole}; got {tokens.next.shown} for 'R'.")
    tokens.at += 1
    return tokens.take("text", "the title of the game, in quotes,").text


def player_names(tokens: Tokens) -> tuple[str, ...]:
    """Read the names of the players in braces.

    Raises:
        ModelError: something else stands there, or nobody plays.
    """
    tokens.take("{", "'{' with the names of the players")
    players = tokens.texts("the name of a player")
    if not players:
        tokens.fail("a game has at least one player; write their names, as in '{ \"Player 1\" }'.")
    return players


def payoffs(tokens: Tokens, players: int, whose: str) -> tuple[Fraction, ...]:
    """Read one number for each player in braces, with or without commas between.

    Raises:
        ModelError: something else stands there, or more or fewer numbers.
    """
    line = tokens.next.line
    tokens.take("{", f"'{{' with the payoffs of {whose}")
    amounts: list[Fraction] = []
    while not tokens.comes("}"):
        amounts.append(tokens.fraction(f"a payoff of {whose}"))
        tokens.comes(",")
    if len(amounts) != players:
        tokens.fail(f"{whose} needs {players} payoffs, one for each player; got {len(amounts)}.", line)
    return tuple(amounts)


def _tree(reader: _Reader) -> None:
    """Read nodes until every move leads to one."""
    open_moves: list[tuple[int, int]] = []  # nodes with the number of their moves that lead nowhere yet
    while True:
        index = len(reader.nodes)
        if open_moves:
            parent, missing = open_moves.pop()
            if missing > 1:
                open_moves.append((parent, missing - 1))
            reader.children[parent].append(index)
        if index >= MAX_NODES:
            reader.tokens.fail(f"a game tree of at most {MAX_NODES} nodes is read; this one has more.")
        moves = _node(reader)
        reader.children.append([])
        if moves:
            open_moves.append((index, moves))
        if not open_moves:
            return


def _node(reader: _Reader) -> int:
    """Read one node; the number of its moves."""
    tokens = reader.tokens
    token = tokens.next
    if token.kind != "word" or token.text not in ("c", "p", "t"):
        missing = "a node ('c', 'p' or 't') is needed here"
        if token.kind == "end" and reader.nodes:
            missing += ", because a move above leads to it"
        tokens.fail(f"{missing}; got {token.shown}. Add the node or take the move away.")
    tokens.at += 1
    label = tokens.take("text", "the label").text if tokens.next.kind == "text" else ""
    information = NONE
    if token.text == "c":
        information = _set(reader, CHANCE)
    elif token.text == "p":
        player = tokens.whole("the number of a player", least=1)
        if player > reader.players:
            tokens.fail(f"there are {reader.players} players; got player {player}.", token.line)
        information = _set(reader, player - 1)
    outcome = _outcome(reader)
    reader.nodes.append((label, information, outcome, token.line))
    return len(reader.sets[information].moves) if information != NONE else 0


def _set(reader: _Reader, player: int) -> int:
    """Read the information set of a node; its index."""
    tokens = reader.tokens
    line = tokens.next.line
    number = tokens.whole("the number of an information set", least=0)
    label = tokens.take("text", "a label").text if tokens.next.kind == "text" else ""
    whose = "chance" if player == CHANCE else f"player {player + 1}"
    key = (player, number)
    if tokens.next.kind != "{":
        if key not in reader.number:
            tokens.fail(
                f"information set {number} of {whose} is met here first, so its moves are needed, as in "
                f'\'{{ "left" "right" }}\'; got {tokens.next.shown}.'
            )
        return reader.number[key]
    if player == CHANCE:
        moves, probabilities = _cases(tokens, number)
    else:
        tokens.take("{", "'{'")
        moves, probabilities = tokens.texts("a move"), ()
        if not moves:
            tokens.fail(f"information set {number} of {whose} has no moves; give it at least one.", line)
    given = InformationSet(player, number, label, moves, probabilities)
    if key not in reader.number:
        reader.number[key] = len(reader.sets)
        reader.first[f"set of {whose}", number] = line
        reader.sets.append(given)
        return reader.number[key]
    before = reader.sets[reader.number[key]]
    if (before.moves, before.probabilities) != (moves, probabilities):
        first = reader.first[f"set of {whose}", number]
        what = "cases and probabilities" if player == CHANCE else "moves"
        tokens.fail(
            f"information set {number} of {whose} has the same {what} wherever it is given; they differ from "
            f"those at line {first}. Make them alike, or number this set anew.",
            line,
        )
    return reader.number[key]


def _cases(tokens: Tokens, number: int) -> tuple[tuple[str, ...], tuple[Fraction, ...]]:
    """Read the cases of a chance node with their probabilities."""
    line = tokens.next.line
    tokens.take("{", "'{'")
    labels: list[str] = []
    given: list[Fraction] = []
    while not tokens.comes("}"):
        labels.append(tokens.take("text", "a case in quotes, or '}',").text)
        tokens.comes(",")
        if tokens.next.kind == "number":
            given.append(tokens.fraction("a probability"))
            tokens.comes(",")
    whose = f"chance set {number}"
    if not labels:
        tokens.fail(f"{whose} has no cases; give it at least one.", line)
    if not given:
        return tuple(labels), (Fraction(1, len(labels)),) * len(labels)
    if len(given) != len(labels):
        tokens.fail(f"{whose} has {len(labels)} cases but {len(given)} probabilities; give one each.", line)
    total = sum(given, Fraction(0))
    if min(given) < 0 or abs(total - 1) > ROUNDING:
        shown = ", ".join(str(p) for p in given[:8])
        tokens.fail(
            f"the probabilities of {whose} must lie from 0 to 1 and sum to 1; got {shown[:80]}, which sum to "
            f"{float(total):.6g}.",
            line,
        )
    return tuple(labels), tuple(probability / total for probability in given)


def _outcome(reader: _Reader) -> int:
    """Read which outcome is paid at a node; its number."""
    tokens = reader.tokens
    line = tokens.next.line
    number = tokens.whole("the number of an outcome (0 for none)", least=0)
    label = tokens.take("text", "a label").text if tokens.next.kind == "text" else ""
    if tokens.next.kind != "{":
        if number and number not in reader.outcomes:
            tokens.fail(
                f"outcome {number} is met here first, so its payoffs are needed, as in "
                f"'{number} \"label\" {{ {', '.join(['0'] * reader.players)} }}'; got {tokens.next.shown}.",
                line,
            )
        return number
    given = Payoffs(label, payoffs(tokens, reader.players, f"outcome {number}"))
    if not number:
        if any(given.amounts):
            tokens.fail("outcome 0 pays nothing; number it from 1 to give it payoffs.", line)
        return 0
    before = reader.outcomes.setdefault(number, given)
    if before.amounts != given.amounts:
        tokens.fail(
            f"outcome {number} has the same payoffs wherever they are given; they differ from those at line "
            f"{reader.first['outcome', number]}. Make them alike, or number this outcome anew.",
            line,
        )
    reader.first.setdefault(("outcome", number), line)
    return number
