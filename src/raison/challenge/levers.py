"""What each player other than the mover can do about the move, and what it costs him.

A lever is a parameter that a player sets, or a node at which he binds himself to a move before the game, so
that everybody knows. Every setting is asked on the same draws, so that differences are paired and their
errors small. A player's price is what he expects of the game at the setting, less the lever's cost, beside
what he expects if nothing is set.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from raison.answer.intervals import difference_estimate, finite, mean_estimate
from raison.challenge.engine import Answers, Engine, Sample
from raison.challenge.findings import PlayerLevers, Setting
from raison.model.formula import Compare, Formula, Number
from raison.model.records import Decision, Lever, Model, Node, Question, branches
from raison.model.variant import removed
from raison.run.plan import make_plan
from raison.run.sums import per_replicate

Floats = NDArray[np.float64]

CURVE = 9
"""Values of a lever with a range that are tried by themselves."""
JOINT = 96
"""Settings of all levers of a player together that are tried at most."""
MANY_JOINT = 240
"""The same if everything is asked for."""


def pull_levers(
    engine: Engine, sample: Sample, questions: Sequence[int], joint_limit: int = MANY_JOINT
) -> tuple[PlayerLevers, ...]:
    """For each question and each player other than the mover: his levers, one by one and together.

    Args:
        engine: The program.
        sample: Draws, a multiple of 16; a few thousand tell settings apart by a hundredth.
        questions: Indices of questions.
        joint_limit: Settings of all levers of a player together that are tried at most.

    Returns:
        Players in the order of the file; those without levers are not there. The numbers are means over the
        draws that are solved both at the setting and plainly.
    """
    found: list[PlayerLevers] = []
    bound: dict[tuple[str, str], Engine] = {}
    for player, levers in engine.model.levers.items():
        asked = [q for q in questions if _mover(engine.model, engine.model.questions[q]) != player]
        if not asked or not levers:
            continue
        names = [name for name, lever in levers.items() if _values(lever)]
        curves = {name: [{name: v} for v in _values(levers[name], CURVE)] for name in names}
        joint = _joint({name: levers[name] for name in names}, joint_limit)
        tried = [{}, *itertools.chain.from_iterable(curves.values()), *joint]
        solved = {_key(t): _solved(engine, sample, t, bound) for t in tried}
        plain = solved[_key({})]
        for q in asked:
            settings = {k: _setting(engine, player, dict(k), q, plain, a) for k, a in solved.items()}
            together = _with_front([settings[_key(t)] for t in joint])
            known = [s for s in together if s.number is not None]
            if not known:
                continue
            least = min(known, key=lambda s: (s.number or 0.0, -(s.payoff or 0.0)))
            most = max(known, key=lambda s: (s.number or 0.0, s.payoff or 0.0))
            error = math.hypot(least.standard_error or 0.0, most.standard_error or 0.0)
            found.append(
                PlayerLevers(
                    question=engine.model.questions[q].label,
                    player=player,
                    plain=settings[_key({})],
                    curves={n: tuple(settings[_key(t)] for t in c) for n, c in curves.items()},
                    joint=together,
                    least=least,
                    most=most,
                    clear=(most.number or 0.0) - (least.number or 0.0) > 2 * error,
                    draws=sample.cube.shape[-1],
                )
            )
    return tuple(found)


def _mover(model: Model, question: Question) -> str | None:
    node = model.game.get(question.node or "")
    return node.player if isinstance(node, Decision) else None


def _values(lever: Lever, count: int = CURVE) -> list[float | str]:
    if lever.range is not None:
        return [float(v) for v in np.linspace(*lever.range, count)]
    return list(lever.values or lever.commit or ())


def _joint(levers: Mapping[str, Lever], limit: int) -> list[dict[str, float | str]]:
    """All levers together, each also left alone; ranges as finely as `limit` allows, at least their ends."""
    for count in range(CURVE, 1, -1):
        choices = [[None, *_values(lever, count)] for lever in levers.values()]
        if math.prod(map(len, choices)) <= limit or count == 2:
            products = itertools.islice(itertools.product(*choices), limit)
            return [
                {n: v for n, v in zip(levers, values, strict=True) if v is not None} for values in products
            ]
    return []


def _key(setting: Mapping[str, float | str]) -> tuple[tuple[str, float | str], ...]:
    return tuple(setting.items())


def _solved(
    engine: Engine, sample: Sample, setting: Mapping[str, float | str], bound: dict[tuple[str, str], Engine]
) -> Answers:
    values = {**sample.values, **{n: v for n, v in setting.items() if not isinstance(v, str)}}
    moves = {n: v for n, v in setting.items() if isinstance(v, str)}
    if not setting:
        return sample.answers
    if engine.nodes:
        places = {n: list(_decision(engine.model, n).moves).index(v) for n, v in moves.items()}
        return engine.solve(values, sample.cube, places)
    for node, move in moves.items():
        if (node, move) not in bound:
            bound[node, move] = bind(engine, node, move)
        engine = bound[node, move]
    return engine.solve(values)


def bind(engine: Engine, node: str, move: str) -> Engine:
    """An engine of the game in which a node has one move only, and everybody knows; its premises are fixed.

    For games with information sets; in others a move is bound by a number, see `Engine.solve`.
    """
    model, identity = engine.plan.model, engine.plan.identity
    if identity.without:
        model = removed(model, identity.without)
    decision = _decision(model, node)
    changed = replace(decision, moves={move: decision.moves[move]})
    game = {name: changed if name == node else n for name, n in model.game.items()}
    reached = _reachable(game, model.root)

    def asked(question: Question) -> Question:
        if question.node is not None and question.node not in reached:
            return Question(amount=_ZERO, given=_NEVER, name=question.label)
        if question.node != node:
            return question
        return Question(amount=_ONE if question.move == move else _ZERO, name=question.label)

    restricted = replace(model, game=game, questions=tuple(map(asked, model.questions)), premises={}, sets={})
    plan = make_plan(
        restricted,
        f"{identity.file} without {identity.without} {node}: {move}",
        draws=identity.draws,
        seed=identity.seed,
        design=identity.design,
    )
    return Engine(plan)


_ZERO, _ONE = Formula("0", Number("0")), Formula("1", Number("1"))
_NEVER = Formula("1 < 0", Compare(Number("1"), (("<", Number("0")),)))


def _reachable(game: Mapping[str, Node], root: str | None) -> set[str]:
    found: set[str] = set()
    waiting = [] if root is None else [root]
    while waiting:
        name = waiting.pop()
        if name in game and name not in found:
            found.add(name)
            waiting += [branch.then for branch in branches(game[name]).values()]
    return found


def _decision(model: Model, node: str) -> Decision:
    found = model.game[node]
    if not isinstance(found, Decision):
        raise TypeError(f"'{node}' is a chance node; nobody can be bound there.")
    return found


def _setting(
    engine: Engine, player: str, setting: dict[str, float | str], q: int, plain: Answers, answers: Answers
) -> Setting:
    own = list(engine.model.players).index(player)
    number, before = answers.number[q], plain.number[q]
    worth, worth_before = (_net(engine, player, own, a) for a in (answers, plain))
    paired = np.isfinite(number) & np.isfinite(before)
    valued = np.isfinite(worth) & np.isfinite(worth_before)

    def sums(row: Floats, counted: NDArray[np.bool_]) -> Floats:
        return per_replicate(counted, row)

    counts, worths = per_replicate(paired), per_replicate(valued)
    mean = mean_estimate(sums(number, paired), counts)
    change = difference_estimate(sums(number, paired), counts, sums(before, paired), counts)
    payoff = mean_estimate(sums(worth, valued), worths)
    price = difference_estimate(sums(worth, valued), worths, sums(worth_before, valued), worths)
    return Setting(
        levers=setting,
        number=finite(mean.mean),
        standard_error=finite(mean.standard_error),
        difference=finite(change.mean),
        difference_error=finite(change.standard_error),
        payoff=finite(payoff.mean),
        payoff_difference=finite(price.mean),
        payoff_error=finite(price.standard_error),
        failed=float((answers.status != 0).mean()),
    )


def _net(engine: Engine, player: str, own: int, answers: Answers) -> Floats:
    if not len(answers.value):
        return np.full(len(answers.status), np.nan)
    rows = [k for k, (whose, _) in enumerate(engine.costs) if whose == player]
    return answers.value[own] - answers.cost[rows].sum(axis=0)


def _with_front(settings: Sequence[Setting]) -> tuple[Setting, ...]:
    """The settings, those on the Pareto front of a low number and a high payoff marked."""
    known = [
        (s.number, -s.payoff, i)
        for i, s in enumerate(settings)
        if s.number is not None and s.payoff is not None
    ]
    front: set[int] = set()
    best = math.inf
    for _, loss, index in sorted(known):
        if loss < best:
            front.add(index)
            best = loss
    return tuple(s.model_copy(update={"on_front": i in front}) for i, s in enumerate(settings))
