"""Whether a game that is played again hangs together: its state, its discount, its next states."""

from __future__ import annotations

import math
from collections.abc import Iterator

from raison.model.constant import Lookup, constant
from raison.model.defining import no_constants
from raison.model.formula import Formula, names
from raison.model.keys import did_you_mean
from raison.model.problem import Path
from raison.model.records import Carried, Model, Question, Spread, solved_by
from raison.model.scope import PLAYED, Report, Scope

MAX_PERIODS = 1_000
"""The longest horizon."""
SIMULATED = 120
"""Periods of a stationary game that are played forward."""
MAX_POINTS = 200_000
"""The most points of the grid of all states together."""


def recurring(model: Model) -> Iterator[Formula]:
    """Every formula of the rounds: discounts, states, terminal worth and next states."""
    if model.rounds is not None:
        yield from model.rounds.discount.values()
        yield from model.rounds.terminal.values()
        for state in model.rounds.state.values():
            yield from (state.start, *(state.grid or ()))
    for following in model.next.values():
        yield from following.values()


def check_rounds(model: Model, scope: Scope, report: Report, lookup: Lookup) -> None:
    """Report what is wrong with the rounds, or that outcomes speak of rounds where there are none."""
    rounds = model.rounds
    if rounds is None:
        if ("rounds",) not in report.broken:
            for name in (*model.next, *model.ends):
                key = "next" if name in model.next else "ends"
                report.error(
                    ("outcomes", name, key),
                    f"'{key}' of outcome '{name}' needs rounds; add 'rounds' or delete it.",
                )
        return
    if not model.game:
        report.error(("rounds",), "rounds play a game again, but the model has no game; add 'game'.")
        return
    if rounds.horizon is not None and not 1 <= rounds.horizon <= MAX_PERIODS:
        report.error(
            ("rounds", "horizon"), f"'horizon' is from 1 to {MAX_PERIODS} periods; got {rounds.horizon}."
        )
    if rounds.horizon is None and rounds.terminal:
        report.error(("rounds", "terminal"), "a stationary game has no last period; delete 'terminal'.")
    _check_players(model, report)
    for player, formula in rounds.discount.items():
        _check_before_play(formula, ("rounds", "discount"), f"the discount of {player}", scope)
        value = constant(formula.expression, lookup)
        most = 1.0 if rounds.horizon is not None else math.nextafter(1.0, 0.0)
        if value is not None and not 0 <= value <= most:
            bound = "from 0 to 1" if rounds.horizon is not None else "from 0 to less than 1 (stationary)"
            report.error(("rounds", "discount"), f"the discount of {player} is {bound}; got {value:g}.")
    for player, formula in rounds.terminal.items():
        path, what = ("rounds", "terminal", player), f"the terminal worth of {player}"
        scope.check(formula, path, what)
        for result in sorted(scope.results(formula) - set(rounds.state))[:1]:
            report.error(path, f"{what} uses '{result}'; after the last period there are only states.")
        for ground in sorted(scope.types(formula) | scope.fractions(formula))[:1]:
            report.error(path, f"{what} uses '{ground}', which belongs to a period; use states.")
    for name, state in rounds.state.items():
        _check_state(name, state, scope, lookup)
    points = math.prod(max(state.size, 1) for state in rounds.state.values())
    if points > MAX_POINTS:
        report.error(
            ("rounds", "state"),
            f"the states have {points:,} points together; at most {MAX_POINTS:,} are possible. Take "
            f"fewer steps.",
        )
    _check_next(model, report)
    _refuse(model, report)


def _check_players(model: Model, report: Report) -> None:
    assert model.rounds is not None
    for key, given in (("discount", model.rounds.discount), ("terminal", model.rounds.terminal)):
        for player in given:
            if player not in model.players and ("players",) not in report.broken:
                hint = did_you_mean(player, model.players) or "."
                report.error(
                    ("rounds", key, player), f"'{key}' names '{player[:60]}', who is no player{hint}"
                )
    for player in model.players:
        if player not in model.rounds.discount and not report.touches(("rounds", "discount")):
            report.error(
                ("rounds", "discount"), f"'discount' gives {player} none; add '{player}: <formula>'."
            )


def _check_before_play(formula: Formula, path: Path, what: str, scope: Scope) -> None:
    scope.check(formula, path, what)
    for ground in sorted(scope.grounds(formula))[:1]:
        scope.report.error(path, f"{what} is settled before play, but uses '{ground}'; use parameters.")


def _check_state(name: str, state: Carried, scope: Scope, lookup: Lookup) -> None:
    path, what, report = ("rounds", "state", name), f"state '{name}'", scope.report
    if report.touches(path):
        return
    _check_before_play(state.start, (*path, "start"), f"'start' of {what}", scope)
    start = constant(state.start.expression, lookup)
    if state.grid is None:
        if len(state.values) < 1 or list(state.values) != sorted(set(state.values)):
            report.error((*path, "values"), f"the values of {what} are in rising order, each once.")
        elif start is not None and start not in state.values:
            shown = ", ".join(f"{value:g}" for value in state.values[:12])
            report.error(
                (*path, "start"), f"{what} starts at {start:g}, which is none of its values: {shown}."
            )
        return
    for end in state.grid:
        _check_before_play(end, (*path, "grid"), f"'grid' of {what}", scope)
    if state.steps < 2:
        report.error((*path, "steps"), f"'steps' of {what} is at least 2; got {state.steps}.")
    low, high = (constant(end.expression, lookup) for end in state.grid)
    if low is not None and high is not None:
        if not low < high:
            report.error(
                (*path, "grid"),
                f"'grid' of {what} needs a lowest value below the highest; got {low:g} and {high:g}.",
            )
        elif start is not None and not low <= start <= high:
            report.error((*path, "start"), f"{what} starts at {start:g}, off its grid [{low:g}, {high:g}].")


def _check_next(model: Model, report: Report) -> None:
    assert model.rounds is not None
    for outcome, following in model.next.items():
        path = ("outcomes", outcome, "next")
        if outcome in model.ends:
            report.error(path, f"outcome '{outcome}' ends the rounds, so it has no 'next'; delete one.")
        for state in following:
            if state not in model.rounds.state and not report.touches(("rounds", "state")):
                hint = report.offer(state, model.rounds.state) or "; add it under 'state' of 'rounds'."
                report.error((*path, state), f"'next' of outcome '{outcome}' names '{state[:60]}', "
                             f"which is no state{hint}")  # fmt: skip


def _refuse(model: Model, report: Report) -> None:
    """What this version cannot play in rounds."""
    for name, player in model.players.items():
        if player.many:
            report.error(
                ("players", name), f"'{name}' is many; rounds of a continuum of players are not built."
            )
    if solved_by(model) not in ("subgame-perfect", "sequential", "logit", "nash"):
        report.error(
            ("solution", "concept"),
            f"rounds are not built for the concept '{solved_by(model)}'; leave the concept out.",
        )
    for name, parameter in model.parameters.items():
        if parameter.is_private:
            report.error(("parameters", name), f"'{name}' is private; rounds with private types are not "
                         "built. "
                         "Draw it at a chance node within the period.")  # fmt: skip


def check_when(model: Model, question: Question, path: Path, scope: Scope, report: Report) -> None:
    """A question's period and state, and which results of play it may use together."""
    rounds = model.rounds
    what = f"question {int(path[1]) + 1}"
    if rounds is None:
        for key, value in (("period", question.period), ("state", question.state)):
            if value is not None and ("rounds",) not in report.broken:
                report.error((*path, key), f"'{key}' of {what} needs rounds; add 'rounds' or delete it.")
        return
    last = SIMULATED if rounds.horizon is None else rounds.horizon
    if question.period is not None and not 1 <= question.period <= last:
        report.error((*path, "period"), f"'period' of {what} is from 1 to {last}; got {question.period}.")
    for name, value in (question.state or {}).items():
        if name not in rounds.state:
            hint = did_you_mean(name, rounds.state) or "."
            report.error(
                (*path, "state", name), f"{what} gives the state '{name[:60]}', which does not exist{hint}"
            )
        elif rounds.state[name].grid is None and value not in rounds.state[name].values:
            report.error((*path, "state", name), f"{what}: the state '{name}' is never {value:g}.")
        elif (grid := rounds.state[name].grid) is not None:
            low, high = (constant(end.expression, no_constants) for end in grid)
            if (low is not None and value < low) or (high is not None and value > high):
                report.error(
                    (*path, "state", name),
                    f"{what}: the state '{name}' is from {grid[0].text} to {grid[1].text}, never {value:g}.",
                )
    formulas = [f for f in (question.event, question.amount, question.given) if f is not None]
    asked = frozenset().union(*(scope.results(formula) for formula in formulas)) if formulas else frozenset()
    whole, part = asked & {"ended", "periods"}, asked - {"ended", "periods"}
    if whole and (part or question.node is not None):
        other = f"'{min(part)}'" if part else "a move"
        report.error(
            path, f"{what} asks about '{min(whole)}', which is of the whole play, together with {other}, "
            "which is of one period; ask two questions.",
        )  # fmt: skip
    elif whole and (question.period is not None or question.state is not None):
        report.error(path, f"{what} asks about '{min(whole)}', which is of the whole play; delete "
                     "'period' and 'state'.")  # fmt: skip


def whole_play(model: Model, formula: Formula | None) -> bool:
    """Whether a formula of a question itself asks how the whole play ended."""
    return formula is not None and bool(set(names(formula.expression)) & (PLAYED - {"period"}))


def has_chance(model: Model) -> bool:
    """Whether play may go on in different ways from the same state: chance moves, or players mix."""
    from raison.model.records import Chance, hides

    return hides(model) or any(isinstance(node, Chance | Spread) for node in model.game.values())
