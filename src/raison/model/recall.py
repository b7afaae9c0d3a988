"""Perfect recall: a player remembers his own moves, and all that he saw when he made them.

With `hidden` and `known_to` alone, what a player sees is a list of results. He can forget only what he saw
at an earlier decision of his and is hidden from him later, which is looked for on the nodes. Where that finds
something, and where decisions have `information` labels, every history of the game is compared with the
others in its information set: the mover's own information sets and moves on the way must be the same
(Kuhn 1953).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from raison.model import uses
from raison.model.problem import Path
from raison.model.records import Decision, Model, branches
from raison.model.scope import Report, takes_amount
from raison.model.structure import edges, is_own, sees

MAX_HISTORIES = 20_000  # of a game that is looked at history by history; each takes some ten microseconds

_Results = tuple[tuple[str, str], ...]
_Place = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What may be played before what, for many questions at once.

    Attributes:
        names: Nodes.
        number: Of each.
        above: For each the set of what may come before it, bit `number[name]` for `name`.
    """

    names: tuple[str, ...]
    number: Mapping[str, int]
    above: Mapping[str, int]

    def is_before(self, one: str, other: str) -> bool:
        """Whether play may come from one node to another."""
        return one in self.number and bool(self.above.get(other, 0) >> self.number[one] & 1)

    def numbers(self, names: Collection[str]) -> int:
        """The set of these names, as `above` has it."""
        return sum(1 << self.number[name] for name in names)

    def earlier(self, name: str, among: int) -> Iterator[str]:
        """Those of a set that may come before a node, in the file's order."""
        left = self.above[name] & among
        while left:
            lowest = left & -left
            yield self.names[lowest.bit_length() - 1]
            left ^= lowest


def order(led_to: Mapping[str, Collection[str]]) -> Order:
    """What may be played before what in a game without circles."""
    number = {name: index for index, name in enumerate(led_to)}
    above = dict.fromkeys(led_to, 0)
    for name in reversed(uses.in_order(led_to)):
        passed = above[name] | 1 << number[name]
        for target in led_to[name]:
            above[target] = above.get(target, 0) | passed
    return Order(tuple(led_to), number, above)


def check_recall(model: Model, report: Report) -> None:
    """Report where a player forgets his own move, or something that he saw when he moved before.

    Exact for games of at most `MAX_HISTORIES` histories. In larger ones nothing is said about labels, and a
    result that is hidden later counts as forgotten even if it can be told from what else is seen.
    """
    asked = {name: node for name, node in _decisions(model) if node.hidden or node.information is not None}
    if not asked:
        return
    led_to = edges(model)
    if uses.circles(led_to):
        return
    played = order(led_to)
    reported = len(report.problems)
    suspects: list[tuple[Path, str]] = []
    numbers = [name for name, node in model.game.items() if takes_amount(node)]
    own = {
        player: played.numbers([name for name, node in _decisions(model) if node.player == player])
        for player in {node.player for node in asked.values()}
    }
    for name, node in asked.items():
        if node.information is None:
            suspects += _suspects(model, name, node, own[node.player], played, report)
        elif numbers:
            _check_numbers(model, name, node, numbers, own[node.player], played, report)
    labelled = any(node.information is not None for node in asked.values())
    if len(report.problems) > reported or not (labelled or suspects) or model.root is None:
        return
    found = _Histories(model).compare(model.root)
    for path, message in suspects if found is None else found:
        report.error(path, message)


def _decisions(model: Model) -> Iterator[tuple[str, Decision]]:
    for name, node in model.game.items():
        if isinstance(node, Decision):
            yield name, node


def _seen_there(model: Model, other: str, name: str, played: Order) -> bool:
    """Whether the mover at a decision sees there what came of `other` before, labels apart."""
    node = model.game[name]
    if (
        not isinstance(node, Decision)
        or node.information is not None
        or not played.is_before(other, name)
        or other in node.hidden
    ):
        return False
    return sees(model.game[other], node.player)


def _suspects(
    model: Model, name: str, node: Decision, own: int, played: Order, report: Report
) -> list[tuple[Path, str]]:
    """What may be forgotten at a decision that hides something; what is forgotten for sure is reported."""
    path, player = ("game", name, "hidden"), node.player
    suspects: list[tuple[Path, str]] = []
    for other in dict.fromkeys(node.hidden):
        if not played.is_before(other, name):
            continue
        if is_own(model.game[other], player):
            report.error(
                path,
                f"at '{name}' {player} forgets his own move at '{other}'; take '{other}' out of 'hidden'.",
            )
            continue
        for between in played.earlier(name, own):
            if _seen_there(model, other, between, played):
                message = _forgotten_result(name, player, other, between)
                if takes_amount(model.game[other]):
                    report.error(path, message)
                else:
                    suspects.append((path, message))
                break
    return suspects


def _forgotten_result(name: str, player: str, other: str, between: str) -> str:
    return (
        f"at '{name}' {player} forgets '{other}', which he saw at '{between}'; take '{other}' out of "
        f"'hidden', or hide it at '{between}' too."
    )


def _check_numbers(
    model: Model,
    name: str,
    node: Decision,
    numbers: list[str],
    own: int,
    played: Order,
    report: Report,
) -> None:
    """An information set with a label does not keep numbers apart, so none may have been seen before."""
    path, player = ("game", name, "information"), node.player
    for between in played.earlier(name, own):
        if takes_amount(model.game[between]):
            report.error(
                path,
                f"at '{name}' {player} forgets the amount that he took at '{between}'; use 'hidden' instead "
                "of 'information'.",
            )
            return
        for other in numbers:
            if _seen_there(model, other, between, played):
                report.error(
                    path,
                    f"at '{name}' {player} forgets the number at '{other}', which he saw at '{between}'; use "
                    "'hidden' instead of 'information'.",
                )
                return


# --- histories --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Visit:
    """A decision on a history: where it was, in which information set, and what was done."""

    node: str = field(compare=False)  # one information set may have several
    place: _Place
    move: str


_Own = tuple[_Visit, ...]


@dataclass(slots=True)
class _Histories:
    """The histories of a game, compared with the first that came to the same information set."""

    model: Model
    first: dict[_Place, _Own] = field(default_factory=dict)
    found: dict[tuple[Path, str], None] = field(default_factory=dict)

    def compare(self, root: str) -> list[tuple[Path, str]] | None:
        """What is forgotten where; None if there are too many histories."""
        stack: list[tuple[str, _Results, Mapping[str, _Own]]] = [(root, (), {})]
        count = 1
        while stack:
            name, results, visits = stack.pop()
            node = self.model.game.get(name)
            if node is None:
                continue
            count += len(branches(node))
            if count > MAX_HISTORIES:
                return None
            own: _Own = ()
            place: _Place = ()
            if isinstance(node, Decision):
                own, place = visits.get(node.player, ()), self.place(name, node, results)
                before_here = self.first.setdefault(place, own)
                if before_here != own:
                    self.blame(name, node, before_here, own)
            for label, branch in branches(node).items():
                after = visits
                if isinstance(node, Decision):
                    after = {**visits, node.player: (*own, _Visit(name, place, label))}
                stack.append((branch.then, (*results, (name, label)), after))
        return list(self.found)

    def place(self, name: str, node: Decision, results: _Results) -> _Place:
        """The information set of a decision after some results."""
        if node.information is not None:
            return ("", node.player, node.information)
        seen = (
            result
            for result in results
            if is_own(self.model.game[result[0]], node.player)
            or (result[0] not in node.hidden and sees(self.model.game[result[0]], node.player))
        )
        return (name, *seen)

    def blame(self, name: str, node: Decision, one: _Own, other: _Own) -> None:
        """Say what the mover cannot tell apart, of two ways to one information set."""
        player = node.player
        cure = "give what he can tell apart different labels under 'information'."
        differing = next((pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]), None)
        if differing is None:
            extra = (one if len(one) > len(other) else other)[min(len(one), len(other))]
            message = f"at '{name}' {player} forgets whether he has moved at '{extra.node}'; {cure}"
        elif differing[0].place == differing[1].place:
            message = f"at '{name}' {player} forgets his own move at '{differing[0].node}'; {cure}"
        elif differing[0].node != differing[1].node:
            between = f"at '{differing[0].node}' or at '{differing[1].node}'"
            message = f"at '{name}' {player} forgets whether he moved {between}; {cure}"
        elif node.information is None:
            unlike = set(differing[0].place) ^ set(differing[1].place)
            known = {part[0] for part in unlike if isinstance(part, tuple)}
            lost = next((hidden for hidden in node.hidden if hidden in known), node.hidden[0])
            message = _forgotten_result(name, player, lost, differing[0].node)
        else:
            message = f"at '{name}' {player} forgets what he knew at '{differing[0].node}'; {cure}"
        key = "hidden" if node.information is None else "information"
        if not any(path == ("game", name, key) for path, _ in self.found):
            self.found[(("game", name, key), message)] = None
