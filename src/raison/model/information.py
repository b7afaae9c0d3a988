"""Whether what players know hangs together: private types, hidden results, amounts, and nobody forgets."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from raison.model import uses
from raison.model.constant import Lookup, constant
from raison.model.defining import check_distribution
from raison.model.formula import Formula
from raison.model.keys import MAX_STEPS, did_you_mean
from raison.model.problem import Path
from raison.model.records import Decision, Definition, Distribution, Model, Node, Spread, hides
from raison.model.scope import Report, Scope
from raison.model.structure import before, is_own, sees, union


def check_information(
    model: Model, scope: Scope, report: Report, lookup: Lookup, variants: Collection[Model]
) -> None:
    """Report what is wrong with private types, with who sees what at the nodes, and with amounts."""
    for name, parameter in model.parameters.items():
        if parameter.steps is not None:
            _check_steps(parameter.steps, ("parameters", name, "steps"), f"parameter '{name}'", report)
        if parameter.known_to is not None:
            _check_type(model, name, parameter.known_to, scope, report)
    led_to = union([model, *variants])
    for name, node in model.game.items():
        path, what = ("game", name), f"node '{name}'"
        if node.known_to is not None:
            _check_players(model, node.known_to, (*path, "known_to"), what, report)
        if isinstance(node, Spread):
            _check_spread(model, name, node, led_to, scope, report, lookup)
        elif isinstance(node, Decision):
            _check_decision(name, node, led_to, scope, report, lookup)
    _check_labels(model, report)
    if hides(model) and not any(path[:1] == ("game",) for path in report.broken):
        from raison.model.recall import check_recall  # here, since most models hide nothing

        check_recall(model, report)


# --- private types ----------------------------------------------------------------------------------------


def _check_type(model: Model, name: str, known_to: tuple[str, ...], scope: Scope, report: Report) -> None:
    path, what = ("parameters", name, "known_to"), f"parameter '{name}'"
    if not model.game:
        report.error(path, f"{what} is private, but without a game nobody can use what he knows; delete "
                     "'known_to'.")  # fmt: skip
        return
    _check_players(model, known_to, path, what, report)
    if not _is_uncertain(model, name) and not report.touches(("parameters", name)):
        report.error(
            path, f"{what} is a fixed number, which cannot be private; give it a distribution or delete "
            "'known_to'.",
        )  # fmt: skip
    crowd = [player for player in known_to if player in model.players and model.players[player].many]
    if crowd and len(set(known_to)) > 1:
        report.error(
            path,
            f"{what} is known to {crowd[0]}, who are many, so that each member has a value of his own; "
            "nobody else can know it. Make one of them the only player there.",
        )
    fault = _unknown_ground(model, name, model.parameters[name].value, scope)
    if fault is not None:
        report.error(("parameters", name), f"{what} {fault}")
    for index, correlation in enumerate(model.correlations):
        if name in correlation.among:
            report.error(
                ("correlations", str(index)),
                f"the correlation names '{name}', which is a private type; draw one from the other, as in "
                "normal(other, 1), or correlate parameters that everybody knows.",
            )


def _is_uncertain(model: Model, name: str) -> bool:
    """Whether a parameter has a distribution, as written or with some premise removed."""
    replaced = [premise.without.get(name) for premise in model.premises.values()]
    return any(isinstance(each, Distribution) for each in (model.parameters[name].value, *replaced))


def _points(distribution: Distribution) -> Distribution:
    """What decides where a distribution is cut: of a choice its values and not their weights, else all."""
    if distribution.kind == "choice":
        return Distribution("choice", distribution.arguments[0::2])
    return distribution


def _knows(model: Model, player: str, name: str) -> bool:
    """Whether a player knows a parameter; or may, where those who know it are misspelt."""
    known_to = model.parameters[name].known_to
    return known_to is None or player in known_to or any(other not in model.players for other in known_to)


def _unknown_ground(model: Model, name: str, definition: Definition, scope: Scope) -> str | None:
    """What is wrong if a private type is drawn from a type that one of those who know it does not know."""
    known_to = model.parameters[name].known_to
    if known_to is None or not isinstance(definition, Distribution):
        return None
    for other in sorted(scope.types(_points(definition)) - {name}):
        named = [player for player in known_to if player in model.players]
        stranger = next((player for player in named if not _knows(model, player, other)), None)
        if stranger is not None:
            return (
                f"is drawn from '{other}', which {stranger} does not know, so that where it is cut tells "
                "him; draw it at a chance node with 'chance', 'over' and 'known_to' instead."
            )
    return None


# --- nodes ------------------------------------------------------------------------------------------------


def _check_players(model: Model, known_to: tuple[str, ...], path: Path, what: str, report: Report) -> None:
    if any(where[:1] == ("players",) for where in report.broken):
        return
    for player in dict.fromkeys(known_to):
        if player not in model.players:
            hint = did_you_mean(player, [*model.players, "all"]) or "; name players, or write 'all'."
            report.error(path, f"{what} is known to '{player[:60]}', who is no player{hint}")


def _check_steps(steps: int, path: Path, what: str, report: Report) -> None:
    if not 2 <= steps <= MAX_STEPS:
        report.error(path, f"'steps' of {what} is a number from 2 to {MAX_STEPS}; got {steps}.")


def _check_ends(
    ends: tuple[Formula, Formula], path: Path, what: str, scope: Scope, report: Report, lookup: Lookup
) -> None:
    for end in ends:
        scope.check(end, path, what)
    low, high = (constant(end.expression, lookup) for end in ends)
    for value in (low, high):
        if value is not None and not math.isfinite(value):
            return
    if low is not None and high is not None and not low < high:
        report.error(path, f"{what} needs a lowest value below the highest; got {low:g} and {high:g}.")


def _check_spread(
    model: Model,
    name: str,
    node: Spread,
    led_to: Mapping[str, Collection[str]],
    scope: Scope,
    report: Report,
    lookup: Lookup,
) -> None:
    path, what = ("game", name), f"node '{name}'"
    _check_steps(node.steps, (*path, "steps"), what, report)
    at = (*path, "chance")
    check_distribution(node.distribution, at, f"'chance' of {what}", scope, lookup)
    if node.distribution.names:
        report.error(at, f"'chance' of {what} draws a number; write 'cases' to draw one of several names.")
        return
    known = before(led_to, name) | scope.carried
    for result in sorted(scope.results(node.distribution) - known):
        why = "which is known only at the end" if result == "outcome" else "which is not played before it"
        report.error(at, f"'chance' of {what} uses the result '{result}', {why}; use an earlier node.")
        return
    for fraction in sorted(scope.fractions(node.distribution))[:1]:
        report.error(at, f"'chance' of {what} uses {fraction}; only payoffs and probabilities can.")
    if node.over is not None:
        ends = (*path, "over")
        if node.distribution.kind == "choice":
            report.error(ends, f"'chance' of {what} is a choice, which has its own values; delete 'over'.")
            return
        _check_ends(node.over, ends, f"'over' of {what}", scope, report, lookup)
        for ground in sorted(ground for end in node.over for ground in scope.grounds(end))[:1]:
            report.error(ends, f"'over' of {what} is the same however play went, but uses '{ground}'; use "
                         "parameters that everybody knows.")  # fmt: skip
        return
    for ground, player in _secrets(model, name, node, led_to, scope):
        report.error(
            at,
            f"'chance' of {what} depends on '{ground}', which {player} does not see, and {player} sees the "
            f"number drawn: where it is cut would tell him. Add 'over: [lowest, highest]'.",
        )
        return


def _secrets(
    model: Model, name: str, node: Spread, led_to: Mapping[str, Collection[str]], scope: Scope
) -> Iterator[tuple[str, str]]:
    """What the distribution depends on, with a player who sees the number drawn and not that."""
    grounds = sorted(scope.grounds(_points(node.distribution)))
    for player in model.players if node.known_to is None else node.known_to:
        for ground in grounds:
            parameter = model.parameters.get(ground)
            if parameter is not None:
                if not _knows(model, player, ground):
                    yield ground, player
            elif ground in model.game:
                if not sees(model.game[ground], player):
                    yield ground, player
                for later, decision in model.game.items():
                    if (
                        isinstance(decision, Decision)
                        and decision.player == player
                        and ground in decision.hidden
                        and name not in decision.hidden
                        and name in before(led_to, later)
                    ):
                        yield ground, player


def _check_decision(
    name: str,
    node: Decision,
    led_to: Mapping[str, Collection[str]],
    scope: Scope,
    report: Report,
    lookup: Lookup,
) -> None:
    path, what = ("game", name), f"node '{name}'"
    scaled = [label for label, move in node.moves.items() if move.scale is not None]
    if len(scaled) > 1:
        report.error(
            (*path, "moves", scaled[1]),
            f"{what} has {len(scaled)} moves with a 'range'; it can have one. Ask for the other amount at a "
            "node of its own.",
        )
    if node.information is not None and node.hidden:
        report.error(
            (*path, "hidden"),
            f"{what} has 'information', which says already what {node.player} cannot tell apart; delete "
            "'hidden'.",
        )
    for label, move in node.moves.items():
        at, of = (*path, "moves", label), f"move '{label}' of {what}"
        if move.when is not None:
            _check_seen(move.when, (*at, "when"), f"'when' of {of}", name, node, led_to, scope)
        if move.scale is None:
            continue
        _check_steps(move.scale.steps, (*at, "steps"), of, report)
        ends = (move.scale.low, move.scale.high)
        _check_ends(ends, (*at, "range"), f"'range' of {of}", scope, report, lookup)
        for end in ends:
            _check_seen(end, (*at, "range"), f"'range' of {of}", name, node, led_to, scope)


def _check_seen(
    formula: Formula,
    path: Path,
    what: str,
    place: str,
    node: Decision,
    led_to: Mapping[str, Collection[str]],
    scope: Scope,
) -> None:
    """What decides which moves there are is seen by the one who moves."""
    report, player = scope.report, node.player
    for ground in sorted(scope.grounds(formula)):
        parameter = scope.model.parameters.get(ground)
        if parameter is not None:
            if not _knows(scope.model, player, ground):
                report.error(
                    path,
                    f"{what} uses the private type '{ground}', which {player} does not know; use what he "
                    f"knows, or add him to its 'known_to'.",
                )
        elif ground.startswith("fraction("):
            report.error(path, f"{what} uses {ground}, which {player} does not see; use it in payoffs.")
        elif ground in scope.model.game:
            if path[-1] == "range" and ground not in before(led_to, place):
                report.error(path, f"{what} uses the result '{ground}', which is not played before it; use "
                             "an earlier node.")  # fmt: skip
            elif not _sees_there(scope.model.game[ground], ground, node):
                report.error(
                    path,
                    f"{what} uses the result '{ground}', which {player} does not see there; use what he "
                    "sees.",
                )


def _sees_there(earlier: Node, name: str, node: Decision) -> bool:
    if node.information is not None:
        return False
    if is_own(earlier, node.player):
        return True
    return name not in node.hidden and sees(earlier, node.player)


def _check_labels(model: Model, report: Report) -> None:
    """Decisions of one information set offer the same moves."""
    first: dict[tuple[str, str], str] = {}
    for name, node in model.game.items():
        if not isinstance(node, Decision) or node.information is None:
            continue
        other = first.setdefault((node.player, node.information), name)
        there = model.game[other]
        if isinstance(there, Decision) and _offer(there) != _offer(node):
            one, two = ", ".join(there.moves), ", ".join(node.moves)
            got = f"got {one} and {two}" if one != two else "here a 'range' or a 'when' differs"
            report.error(
                ("game", name, "moves"),
                f"nodes '{other}' and '{name}' are one information set, '{node.information}', and need the "
                f"same moves in the same order; {got}.",
            )
        elif other != name:
            _check_one_scale(report, other, name, node)


def _check_one_scale(report: Report, other: str, name: str, node: Decision) -> None:
    """An amount belongs to the node where it is chosen, so that two nodes cannot choose it together."""
    scaled = next((label for label, move in node.moves.items() if move.scale is not None), None)
    if scaled is not None:
        report.error(
            ("game", name, "moves", scaled),
            f"nodes '{other}' and '{name}' are one information set, '{node.information}', and each has the "
            f"move '{scaled}' with a 'range'; two nodes cannot share an amount. Write one node that both "
            f"ways lead to, with 'hidden' for the nodes whose results {node.player} does not see there.",
        )


def _offer(node: Decision) -> tuple[object, ...]:
    return tuple((label, move.scale, move.when) for label, move in node.moves.items())


def check_hidden(model: Model, report: Report, variants: Collection[Model]) -> None:
    """What is hidden is a node that can come before, with a premise removed if not as written."""
    if not hides(model) or any(path[:1] == ("game",) for path in report.broken):
        return
    from raison.model.recall import order  # here, since most models hide nothing

    led_to = union([model, *variants])
    if uses.circles(led_to):
        return
    played = order(led_to)
    for name, node in model.game.items():
        if not isinstance(node, Decision):
            continue
        path = ("game", name, "hidden")
        for other in dict.fromkeys(node.hidden):
            if other not in led_to:
                hint = report.offer(other, before(led_to, name)) or "; name nodes of the game."
                report.error(path, f"node '{name}' hides '{other[:60]}', which is no node{hint}")
            elif not played.is_before(other, name):
                report.error(
                    path,
                    f"node '{name}' hides '{other}', which cannot come before it, so that there is nothing "
                    "to hide; delete it.",
                )
