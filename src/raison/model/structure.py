"""Whether the game hangs together: one root, no circles, moves that lead somewhere, sound probabilities."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from raison.model import uses
from raison.model.constant import Lookup, constant
from raison.model.keys import did_you_mean
from raison.model.problem import Path
from raison.model.records import Case, Chance, Decision, Model, Node, Spread, branches
from raison.model.scope import Report, Scope

_ROUNDING = 1e-9  # probabilities written as decimals sum to one up to rounding


def check_structure(model: Model, scope: Scope, report: Report, variants: Collection[Model] = ()) -> None:
    """Report what is wrong with nodes, targets, players and payoffs; formulas are checked elsewhere."""
    targets_known = _check_targets(model, report)
    for name, node in model.game.items():
        _check_node(model, name, node, report)
    for name in model.outcomes:
        _check_outcome(model, name, report)
    if targets_known and not any(path[:1] == ("game",) for path in report.broken):
        _check_shape(model, report, variants)


def edges(model: Model) -> dict[str, set[str]]:
    """For each node the nodes and outcomes that it leads to."""
    return {name: {branch.then for branch in branches(node).values()} for name, node in model.game.items()}


def targets(model: Model) -> set[str]:
    """Every node and outcome that something leads to."""
    return {target for found in edges(model).values() for target in found}


def union(models: Collection[Model]) -> dict[str, set[str]]:
    """What leads to what in any of the models."""
    found: dict[str, set[str]] = {}
    for model in models:
        for name, led_to in edges(model).items():
            found.setdefault(name, set()).update(led_to)
    return found


def before(led_to: Mapping[str, Collection[str]], name: str) -> set[str]:
    """The nodes that may be played before `name`."""
    back: dict[str, set[str]] = {}
    for node, following in led_to.items():
        for target in following:
            back.setdefault(target, set()).add(node)
    return uses.reach(back, back.get(name, set()))


def sees(node: Node, player: str) -> bool:
    """Whether a player sees the result of a node, where it is not `hidden` from him."""
    return is_own(node, player) or node.known_to is None or player in node.known_to


def is_own(node: Node, player: str) -> bool:
    """Whether the player moves at the node."""
    return isinstance(node, Decision) and node.player == player


def _check_targets(model: Model, report: Report) -> bool:
    """Whether every branch leads to a node or outcome, or nearly to one."""
    all_near = True
    known = [*model.game, *model.outcomes]
    for name, node in model.game.items():
        kind = "moves" if isinstance(node, Decision) else "cases"
        for label, branch in branches(node).items():
            path = ("game", name) if isinstance(node, Spread) else ("game", name, kind, label)
            if branch.then in model.game and branch.then in model.outcomes:
                report.error(path, f"'{branch.then}' is both a node and an outcome; rename one.")
            elif branch.then not in model.game and branch.then not in model.outcomes:
                if not report.knows((*path, "then")) and not _half_known(branch.then, report):
                    hint = report.offer(branch.then, known) or "; add it under 'outcomes' or 'game'."
                    thing = "move" if isinstance(node, Decision) else "case"
                    whose = "" if isinstance(node, Spread) else f"{thing} '{label}' of "
                    given = f"'{branch.then[:60]}', which is neither a node nor an outcome"
                    report.error(path, f"{whose}node '{name}' leads to {given}{hint}")
                all_near = False
    return all_near


def _half_known(name: str, report: Report) -> bool:
    """Whether the name stands where the file could not be read."""
    return any(
        path in (("game",), ("outcomes",)) or (path[0] in ("game", "outcomes") and path[1] == name)
        for path in report.broken
        if path
    )


def _check_node(model: Model, name: str, node: Node, report: Report) -> None:
    path = ("game", name)
    if isinstance(node, Decision):
        if (
            node.player not in model.players
            and not report.knows((*path, "player"))
            and _players_known(report)
        ):
            hint = did_you_mean(node.player, model.players) or "; add it under 'players'."
            report.error(
                (*path, "player"), f"node '{name}' belongs to '{node.player[:60]}', who is no player{hint}"
            )
        if not node.moves:
            report.error(
                (*path, "moves"), f"node '{name}' has no moves; add one, as in 'moves: {{stay: status_quo}}'."
            )
    elif isinstance(node, Chance) and not node.cases:
        report.error((*path, "cases"), f"node '{name}' has no cases; add at least one.")


def _players_known(report: Report) -> bool:
    return not any(path[:1] == ("players",) for path in report.broken)


def _check_outcome(model: Model, name: str, report: Report) -> None:
    path = ("outcomes", name)
    payoffs = model.outcomes[name]
    unknown = [player for player in payoffs if player not in model.players]
    missing = [player for player in model.players if player not in payoffs]
    for player in unknown:
        if not _players_known(report):
            continue
        hint = did_you_mean(player, missing or model.players) or "; add it under 'players'."
        report.error((*path, player), f"outcome '{name}' pays '{player[:60]}', who is no player{hint}")
    for player in missing:
        # A payoff under a misspelt name is one cause, and was reported above.
        if (
            not any(did_you_mean(other, [player]) for other in unknown)
            and (*path, player) not in report.broken
        ):
            report.error(path, f"outcome '{name}' gives {player} no payoff; add '{player}: <formula>'.")


def _check_shape(model: Model, report: Report, variants: Collection[Model]) -> None:
    led_to = edges(model)
    circles = uses.circles(led_to)
    for circle in circles:
        way = " -> ".join(circle[:12])
        report.error(
            ("game", circle[0]), f"the game goes in a circle: {way}; a game must end. Redirect a move."
        )
    if circles:
        return
    pointed = targets(model).union(*(targets(variant) for variant in variants))
    roots = [name for name in model.game if name not in pointed]
    root = model.root
    if root is not None:
        roots = [name for name in roots if name != root]
        # The node that most of the game hangs on is the root; the others are the ones to mend.
        best = max((root, *roots), key=lambda name: (len(uses.reach(led_to, [name])), name == root))
        for name in (root, *roots):
            if name != best:
                report.error(
                    ("game", name),
                    f"node '{name}' cannot be reached: nothing points to it, and the root is '{best}'. Point "
                    "a move at it or delete it.",
                )


def check_probabilities(model: Model, report: Report, lookup: Lookup) -> None:
    """Report chance nodes whose probabilities cannot be probabilities, as far as they are constant."""
    for name, node in model.game.items():
        if isinstance(node, Chance):
            _check_cases(("game", name, "cases"), name, node.cases, report, lookup)


def _check_cases(path: Path, name: str, cases: Mapping[str, Case], report: Report, lookup: Lookup) -> None:
    open_cases = [label for label, case in cases.items() if case.probability is None]
    if len(open_cases) > 1:
        report.error(
            path,
            f"node '{name}' has {len(open_cases)} cases with 'otherwise'; only one can take what is left.",
        )
        return
    known: list[float] = []
    for label, case in cases.items():
        if case.probability is None:
            continue
        at = (*path, label, "probability")
        value = constant(case.probability.expression, lookup)
        if report.knows(at) or (value is not None and not math.isfinite(value)):
            return
        if value is not None and not 0 <= value <= 1:
            report.error(
                at, f"the probability of case '{label}' of node '{name}' is {value:g}; it lies from 0 to 1."
            )
            return
        if value is not None:
            known.append(value)
    total = math.fsum(known)
    if len(known) == len(cases) and abs(total - 1) > _ROUNDING and cases:
        report.error(
            path,
            f"the probabilities of node '{name}' sum to {total:.12g}, not 1; change one, or write "
            "'otherwise' for the last.",
        )
    elif total > 1 + _ROUNDING:
        report.error(
            path, f"the probabilities of node '{name}' sum to {total:.12g} already, which is more than 1."
        )
