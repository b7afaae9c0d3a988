"""Whether the argument around the game hangs together: claims, sources, premises, questions, levers."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from raison.model.formula import names
from raison.model.keys import did_you_mean
from raison.model.problem import Path
from raison.model.records import Decision, Lever, Model, Question, Spread, branches
from raison.model.recurring import check_when
from raison.model.scope import Report, Scope


def check_claims(model: Model, report: Report) -> None:
    """Claims have sources, and what names a claim names one that exists."""
    for name, claim in model.claims.items():
        path = ("claims", name)
        if not claim.source:
            report.error((*path, "source"), f"claim '{name}' has no source; add 'source: <name>'.")
        elif claim.source not in model.sources and ("sources",) not in report.broken:
            hint = report.offer(claim.source, model.sources) or "; add it under 'sources'."
            given = f"the source '{claim.source[:60]}', which does not exist"
            report.error((*path, "source"), f"claim '{name}' has {given}{hint}")
        if claim.credibility is not None and not 1 <= claim.credibility <= 6:
            report.error(
                (*path, "credibility"),
                f"the credibility of claim '{name}' is a whole number from 1 (confirmed) to 6 (cannot be "
                f"judged); got {claim.credibility}.",
            )
    for name, source in model.sources.items():
        if source.reliability is not None and source.reliability not in tuple("ABCDEF"):
            report.error(
                ("sources", name, "reliability"),
                f"the reliability of source '{name}' is a letter from A (reliable) to F (cannot be judged); "
                f"got '{source.reliability[:60]}'.",
            )
    for path, what, claims in _claimants(model):
        for claim in dict.fromkeys(claims):
            if claim not in model.claims and ("claims",) not in report.broken:
                hint = report.offer(claim, model.claims) or "; add it under 'claims'."
                report.error(path, f"{what} rests on the claim '{claim[:60]}', which does not exist{hint}")


def _claimants(model: Model) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    for name, parameter in model.parameters.items():
        yield ("parameters", name, "because"), f"parameter '{name}'", parameter.because
    for name, premise in model.premises.items():
        yield ("premises", name, "claims"), f"premise '{name}'", premise.claims


def check_rivals(model: Model, report: Report) -> None:
    """Rival premises exist and name each other."""
    for name, premise in model.premises.items():
        path = ("premises", name, "rival")
        for rival in premise.rival:
            if rival == name:
                report.error(path, f"premise '{name}' is its own rival; name another premise.")
            elif rival not in model.premises:
                hint = report.offer(rival, model.premises) or "."
                report.error(
                    path, f"premise '{name}' has the rival '{rival[:60]}', which does not exist{hint}"
                )
            elif name not in model.premises[rival].rival:
                theirs = model.premises[rival].rival
                if not report.knows(("premises", rival, "rival")) and set(theirs) <= set(model.premises):
                    report.error(
                        path,
                        f"premise '{name}' has the rival '{rival}', which does not name it back; add "
                        f"'rival: [{name}]' to '{rival}'.",
                    )


def check_sets(model: Model, report: Report) -> None:
    """A named set has two premises or more, all of which exist."""
    for name, group in model.sets.items():
        path = ("sets", name, "premises")
        if name in model.premises:
            report.error(("sets", name), f"set '{name}' has the name of a premise; give it another.")
        if len(set(group.premises)) < 2:
            got = len(set(group.premises))
            report.error(path, f"set '{name}' needs two premises or more; got {got}.")
        for premise in dict.fromkeys(group.premises):
            if premise not in model.premises and ("premises",) not in report.broken:
                hint = did_you_mean(premise, model.premises) or "."
                report.error(
                    path, f"set '{name}' has the premise '{premise[:60]}', which does not exist{hint}"
                )


# --- questions --------------------------------------------------------------------------------------------


def check_questions(model: Model, scope: Scope, report: Report, variants: Collection[Model]) -> None:
    """Each question asks one thing, about something that exists."""
    labels: dict[str, int] = {}
    for index, question in enumerate(model.questions):
        path = ("questions", str(index))
        if any(where[:2] == path for where in report.broken):
            continue
        asks_move = question.node is not None or question.move is not None
        kinds = asks_move + (question.event is not None) + (question.amount is not None)
        if kinds != 1:
            got = "none" if kinds == 0 else "several"
            report.error(
                path,
                f"question {index + 1} asks for one of 'node' with 'move', 'event' or 'amount'; got {got}.",
            )
            continue
        if asks_move:
            _check_move(model, question, index, report, variants)
        elif question.player is not None:
            report.error(
                (*path, "for"),
                f"question {index + 1} has 'for', which goes only with 'node' and 'move'; delete it.",
            )
        for key, formula in (
            ("event", question.event),
            ("amount", question.amount),
            ("given", question.given),
        ):
            if formula is not None:
                scope.check(formula, (*path, key), f"'{key}' of question {index + 1}")
        _check_given(model, question, (*path, "given"), report, variants)
        check_when(model, question, path, scope, report)
        label = question.label
        if label in labels:
            both = f"{labels[label] + 1} and {index + 1}"
            report.error(
                path, f"questions {both} have the same name '{label[:60]}'; give one a 'name' of its own."
            )
        labels.setdefault(label, index)


def _check_given(
    model: Model, question: Question, path: Path, report: Report, variants: Collection[Model]
) -> None:
    """A condition on a move is about what is known when it is made."""
    if question.given is None or question.node is None or report.knows(path):
        return
    before = {name for each in (model, *variants) for name in _before(each, question.node)}
    for name in sorted(names(question.given.expression) & {*model.game, "outcome"}):
        if name not in before:
            report.error(
                path,
                f"'{name[:60]}' is not known when '{question.node[:60]}' is decided; ask an 'event' with "
                "this 'given' instead, or give a condition on what comes before.",
            )


def _before(model: Model, node: str) -> set[str]:
    """The nodes from which play can come to a node."""
    found: set[str] = set()
    pending = {node}
    while pending:
        here = pending.pop()
        above = {
            name for name, each in model.game.items() if any(b.then == here for b in branches(each).values())
        }
        pending |= above - found
        found |= above
    return found


def _check_move(
    model: Model, question: Question, index: int, report: Report, variants: Collection[Model]
) -> None:
    path, what = ("questions", str(index)), f"question {index + 1}"
    if question.node is None or question.move is None:
        absent = "node" if question.node is None else "move"
        report.error(path, f"{what} needs 'node' and 'move' together; add '{absent}'.")
        return
    node = _node(model, question.node, variants)
    if node is None:
        if not {("game",), ("game", question.node)} & report.broken:
            hint = report.offer(question.node, model.game) or "."
            report.error(
                (*path, "node"), f"{what} asks about node '{question.node[:60]}', which does not exist{hint}"
            )
    elif not isinstance(node, Decision):
        compared = "> 0" if isinstance(node, Spread) else f"== '{question.move[:60]}'"
        report.error(
            (*path, "node"),
            f"{what} asks for a move at '{question.node}', where chance moves; ask for an event, as in "
            f"event: {question.node} {compared}.",
        )
    elif not any(
        question.move in found.moves for found in _nodes(model, question.node, variants)
    ) and not any(where[:2] == ("game", question.node) for where in report.broken):
        hint = report.offer(question.move, node.moves) or f"; its moves are {', '.join(node.moves)}."
        report.error(
            (*path, "move"), f"{what}: node '{question.node}' has no move '{question.move[:60]}'{hint}"
        )
    if question.player is not None and question.player not in model.players:
        hint = did_you_mean(question.player, model.players) or "."
        report.error((*path, "for"), f"{what} is for '{question.player[:60]}', who is no player{hint}")


def _nodes(model: Model, name: str, variants: Collection[Model]) -> list[Decision]:
    found = [each.game.get(name) for each in (model, *variants)]
    return [node for node in found if isinstance(node, Decision)]


def _node(model: Model, name: str, variants: Collection[Model]) -> object:
    return next((each.game[name] for each in (model, *variants) if name in each.game), None)


# --- levers -----------------------------------------------------------------------------------------------


def check_levers(model: Model, scope: Scope, report: Report, variants: Collection[Model]) -> None:
    """Each lever belongs to a player and sets a parameter, or commits him at a node of his own."""
    for player, levers in model.levers.items():
        if player not in model.players and not any(where[:1] == ("players",) for where in report.broken):
            hint = did_you_mean(player, model.players) or "."
            report.error(("levers", player), f"levers belong to '{player[:60]}', who is no player{hint}")
            continue
        for name, lever in levers.items():
            path, what = ("levers", player, name), f"lever '{name}' of {player}"
            if any(where[:3] == path for where in report.broken):
                continue
            ways = [lever.range is not None, lever.values is not None, lever.commit is not None]
            node = _node(model, name, variants)
            if name not in model.parameters and node is None:
                if scope.knows_all and name not in scope.half_known:
                    hint = report.offer(name, [*model.parameters, *model.game]) or "."
                    report.error(path, f"{what} is neither a parameter nor a node{hint}")
            elif sum(ways) != 1:
                needed = "'range' or 'set'" if name in model.parameters else "'commit'"
                report.error(path, f"{what} needs {needed}, one of them; got {sum(ways) or 'none'}.")
            elif node is not None:
                _check_commitment(model, player, name, lever, path, what, report, variants)
            elif model.parameters[name].is_private:
                report.error(
                    path,
                    f"{what} is a private type, which nobody sets; name what its distribution is made of.",
                )
            elif lever.commit is not None:
                report.error(path, f"{what} is a parameter; give it 'range' or 'set' instead of 'commit'.")
            else:
                _check_values(lever, path, what, report)
            if lever.cost is not None:
                scope.check(lever.cost, (*path, "cost"), f"the cost of {what}")
                for result in sorted(scope.results(lever.cost)):
                    report.error(
                        (*path, "cost"),
                        f"the cost of {what} uses '{result}', a result of the game; a cost is paid before "
                        "play. Use parameters only.",
                    )
                for ground in sorted(scope.types(lever.cost) | scope.fractions(lever.cost)):
                    report.error(
                        (*path, "cost"),
                        f"the cost of {what} uses '{ground}', which is not settled when the cost is paid. "
                        "Use parameters that everybody knows.",
                    )


def _check_values(lever: Lever, path: Path, what: str, report: Report) -> None:
    if lever.range is not None and not lever.range[0] < lever.range[1]:
        low, high = lever.range
        report.error(path, f"{what} needs a lowest value below the highest; got {low:g} and {high:g}.")
    elif lever.values is not None and not lever.values:
        report.error(path, f"{what} needs at least one value under 'set'.")


def _check_commitment(
    model: Model,
    player: str,
    name: str,
    lever: Lever,
    path: Path,
    what: str,
    report: Report,
    variants: Collection[Model],
) -> None:
    nodes = _nodes(model, name, variants)
    if lever.commit is None:
        report.error(path, f"{what} is a node; write 'commit: [moves]' instead of a range.")
    elif nodes and nodes[0].player not in model.players:
        return
    elif not nodes or nodes[0].player != player:
        owner = f"belongs to {nodes[0].player}" if nodes else "is chance"
        report.error(path, f"{what}: the node '{name}' {owner}; a player commits at a node of his own.")
    elif not lever.commit:
        report.error(path, f"{what} needs at least one move under 'commit'.")
    else:
        for move in dict.fromkeys(lever.commit):
            if not any(move in node.moves for node in nodes):
                hint = report.offer(move, nodes[0].moves) or f"; its moves are {', '.join(nodes[0].moves)}."
                report.error((*path, "commit"), f"{what}: node '{name}' has no move '{move[:60]}'{hint}")
