"""Another program's game as a model, with names that formulas and questions can use."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from raison.exchange.game import CHANCE, NONE, ExtensiveGame, TableGame, TreeNode
from raison.exchange.recall import forgets
from raison.model.distribution import KINDS
from raison.model.formula import KNOWN_FUNCTIONS, Formula, parse
from raison.model.keys import RESERVED
from raison.model.naming import MAX_NAME
from raison.model.problem import ModelError
from raison.model.records import Case, Chance, Decision, Model, Move, Node, Player

_TAKEN = (*RESERVED, *KNOWN_FUNCTIONS, *KINDS, "and", "or", "not", "if", "else")
MAX_LABEL = 80
"""Characters of a player, move or outcome that are kept in its name; the title keeps all."""


def to_model(game: ExtensiveGame | TableGame, name: str = "model", *, file: str | None = None) -> Model:
    """A game as a model that has nothing uncertain.

    Each tree node is a node of the model. Information sets of several nodes become `information`. Outcomes
    keep their names; where payoffs on the way make the sum at one differ, each sum is an outcome of its own.

    Args:
        game: A tree, or a table, which is played simultaneously.
        name: Of the model.
        file: Name of the game's file, for messages.

    Returns:
        The model. Names that are empty, alike or unusable are changed; labels of nodes and information sets
        are kept in `about`, those of players in their titles.

    Raises:
        ModelError: a player forgets what he knew or did.
    """
    tree = game.as_tree() if isinstance(game, TableGame) else game
    fault = forgets(tree, file)
    if fault is not None:
        raise ModelError((fault,))
    players = unique(_label(player, f"player {k + 1}", RESERVED) for k, player in enumerate(tree.players))
    outcomes, ends = _outcomes(tree)
    node_names = _node_names(tree, players, {*outcomes})
    members: dict[int, int] = {}
    for node in tree.nodes:
        members[node.information] = members.get(node.information, 0) + 1
    moves = [unique(_label(m, f"move {k + 1}") for k, m in enumerate(s.moves)) for s in tree.sets]
    targets = [ends.get(index, node_names[index]) for index in range(len(tree.nodes))]
    labels = unique(
        _label(s.label, f"{players[s.player]} {s.number}") if s.player != CHANCE else "chance"
        for s in tree.sets
    )
    nodes: dict[str, Node] = {}
    for index, node in enumerate(tree.nodes):
        if node.information == NONE:
            continue
        place = tree.sets[node.information]
        branches = list(zip(moves[node.information], (targets[c] for c in node.children), strict=True))
        about = _about(node, place.label)
        if place.player == CHANCE:
            cases = zip(branches, place.probabilities, strict=True)
            nodes[node_names[index]] = Chance(
                {label: Case(then, formula(probability)) for (label, then), probability in cases}, about
            )
        else:
            nodes[node_names[index]] = Decision(
                players[place.player],
                {label: Move(then) for label, then in branches},
                about,
                information=labels[node.information] if members[node.information] > 1 else None,
            )
    return Model(
        title=one_line(tree.title) or name,
        name=name,
        about=tree.comment.strip() or None,
        players={
            player: Player(one_line(given) or player)
            for player, given in zip(players, tree.players, strict=True)
        },
        game=nodes,
        outcomes={
            outcome: {player: formula(x) for player, x in zip(players, amounts, strict=True)}
            for outcome, amounts in outcomes.items()
        },
    )


def formula(value: Fraction) -> Formula:
    """The formula that is exactly this number: a decimal where it is a short one, else a ratio."""
    return parse(exact(value))


def exact(value: Fraction) -> str:
    """The number as text, exactly: a decimal where it is a short one, else a ratio as in `1/3`."""
    if value.denominator == 1 and abs(value) < 10**20:
        return str(value.numerator)
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    if rest == 1 and 0 < places <= 20:
        digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
        return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    return f"{value.numerator}/{value.denominator}" if value.denominator > 1 else str(value.numerator)


def unique(names: Iterable[str], taken: Iterable[str] = (), form: str = " ({})") -> list[str]:
    """The names, those after the first of several alike with a number put behind."""
    given = list(names)
    used = set(taken)
    reserved = set(given)
    found: list[str] = []
    count: dict[str, int] = {}
    for name in given:
        candidate = name
        while candidate in used or (candidate != name and candidate in reserved):
            count[name] = count.get(name, 1) + 1
            candidate = name + form.format(count[name])
        used.add(candidate)
        found.append(candidate)
    return found


def one_line(text: str) -> str:
    """A text without control characters, breaks, and spaces around or beside each other."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _label(text: str, otherwise: str, taken: Iterable[str] = ()) -> str:
    """A name on one line that may have spaces and quotes; another where nothing is left."""
    kept = one_line(text)[:MAX_LABEL].strip()
    return f"{kept} (name)" if kept in taken else kept or otherwise


def _outcomes(tree: ExtensiveGame) -> tuple[dict[str, tuple[Fraction, ...]], dict[int, str]]:
    """Payoffs of the outcomes by name, and the outcome of each node at which the game ends."""
    paid = tree.paid()
    numbers: dict[tuple[int, tuple[Fraction, ...]], int] = {}
    names: list[str] = []
    which: dict[int, int] = {}
    for index, node in enumerate(tree.nodes):
        if node.information != NONE:
            continue
        key = (node.outcome, paid[index])
        if key not in numbers:
            numbers[key] = len(names)
            outcome = tree.outcomes.get(node.outcome)
            numbered = f"outcome {node.outcome}" if node.outcome else "end"
            names.append(_label(outcome.label if outcome else "", _label(node.label, numbered)))
        which[index] = numbers[key]
    found = unique(names)
    payoffs = {found[number]: amounts for (_, amounts), number in numbers.items()}
    return payoffs, {index: found[number] for index, number in which.items()}


def _node_names(tree: ExtensiveGame, players: list[str], taken: set[str]) -> list[str]:
    """An identifier for each node that is no end; made from its label, its set's, or its mover's name."""
    wanted: list[str] = []
    for node in tree.nodes:
        if node.information == NONE:
            wanted.append("")
            continue
        place = tree.sets[node.information]
        mover = "chance" if place.player == CHANCE else players[place.player]
        for text in (node.label, place.label):
            name = _identifier(text)
            if name:
                break
        else:
            name = _identifier(f"{mover} {place.number}") or f"player_{place.player + 1}_{place.number}"
        wanted.append(name)
    named = iter(unique((name for name in wanted if name), {*_TAKEN, *taken}, "_{}"))
    return [next(named) if name else "" for name in wanted]


def _identifier(text: str) -> str:
    """A text as an identifier; empty if it has no letters to begin with."""
    words = re.sub(r"[\W_]+", "_", text).strip("_")[: MAX_NAME - 8].strip("_")
    if not any(c.isalpha() for c in words):
        return ""
    return words if re.match(r"[^\W\d]", words) else f"at_{words}"


def _about(node: TreeNode, label: str) -> str | None:
    """The labels of a node and its information set."""
    texts = [
        one_line(node.label),
        f"information set {one_line(label)}" if label.strip() else "",
    ]
    return "; ".join(text for text in texts if text) or None
