"""The live page computes what Python computes: in a real browser, at random points of every gallery model."""

from functools import cache

import numpy as np
import pytest
from live_engine import Engine

import raison
from raison.api.model import gallery_files
from raison.model.records import Decision
from raison.program.world import World
from raison.show.live import draws
from raison.solve.game import played_once
from raison.solve.javascript.printed import why_not
from raison.solve.points import solve_points
from raison.solve.questions import ask

pytestmark = pytest.mark.browser

POINTS = 10_000
DRAWS = 512
SIMULATED = 128  # of models with processes

HIDDEN = "something in the game is hidden, and beliefs have to be found together with the play"
ROUNDS = "the game is played in rounds, which are solved for every state of the grid at once"
ERRS = "a move or a chance of the game is an amount, or its players err"

NOT_LIVE = {
    "attrition-with-audience-costs": HIDDEN,
    "brinkmanship-private": HIDDEN,
    "crisis-private-resolve": HIDDEN,
    "crisis-with-opposition": HIDDEN,
    "gambling-month-by-month": ROUNDS,
    "kremlin-2022-monthly": ROUNDS,
    "leaders-fate": HIDDEN,
    "private-floor": HIDDEN,
    "standoff-with-opposition": ROUNDS,
    "strategic-choice": ERRS,
    "take-it-or-leave-it": HIDDEN,
}
"""Models of the gallery that cannot be played with, and why; all others are compared."""

QUICK = ("three-step-crisis", "political-bias", "elite-defection")
LIVE = [name for name in gallery_files() if name not in NOT_LIVE]
CASES = [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow, id=n) for n in LIVE]


@cache
def model(name):
    return raison.gallery(name)


@pytest.mark.parametrize("name", gallery_files())
def test_a_model_of_the_gallery_is_live_or_says_why_not(name):
    assert why_not(model(name).program) == NOT_LIVE.get(name)


def random_values(program, count):
    """Values of all parameters over independent draws."""
    world = draws.world_of(program, seed=7, design="random", draws=count, count=count)
    rows = {name: np.asarray(world.codes(name), float) for name in program.model.parameters}
    return {
        name: np.broadcast_to(row.reshape(row.shape[-1:]) if row.ndim else row, (count,))
        for name, row in rows.items()
    }


def relative(found, wanted, scale):
    """By how much numbers differ, as a share of a scale; 0 where they are the same or both not numbers."""
    same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    with np.errstate(all="ignore"):
        gap = np.abs(found - wanted) / np.where(scale > 0, scale, 1.0)
    return np.where(same, 0.0, np.where(np.isnan(gap), np.inf, gap))


@pytest.mark.parametrize("name", CASES)
def test_values_margins_and_choices_are_those_of_python(blank, name):
    asked = model(name)
    program = asked.program
    values = random_values(program, POINTS)
    wanted = solve_points(program, values, POINTS, asked.sha256)
    status, names, rows = Engine(blank, program).at(values, POINTS)

    assert (status == wanted.status).all()
    solved = wanted.status == 0
    assert solved.any()
    for quantity, row in wanted.quantity.items():
        # a quantity may be the difference of large numbers, whose scale is then its own; a process rounds at
        # each of its steps
        scale = np.maximum(np.abs(row), np.median(np.abs(row)))
        within = 1e-11 if program.model.processes else 1e-12
        assert relative(names[quantity], row, scale)[solved].max() <= within, quantity
    if not program.model.game:
        return
    ranges = np.ptp(wanted.payoffs, axis=0)
    for p, player in enumerate(program.model.players):
        assert relative(rows[f"value {p}"], wanted.value[player], ranges[p])[solved].max() <= 1e-12, player
    players = list(program.model.players)
    for k, (node, record) in enumerate(program.model.game.items()):
        if f"reached {k}" not in rows:
            continue
        found = np.stack([rows[f"branch {k} {b}"] for b in range(len(wanted.probability[node]))])
        here = solved.copy()
        if isinstance(record, Decision):
            scale = ranges[players.index(record.player)]
            assert relative(rows[f"margin {k}"], wanted.margin[node], scale)[solved].max() <= 1e-12, node
            here &= wanted.margin[node] > 1e-9 * scale
        assert np.abs(found - wanted.probability[node])[:, here].max(initial=0) <= 1e-12, node


@pytest.mark.parametrize("name", CASES)
def test_questions_are_answered_as_in_a_run_with_and_without_premises(blank, name):
    program = model(name).program
    engine = Engine(blank, program)
    size = SIMULATED if program.model.processes else DRAWS
    world = draws.world_of(program, seed=3, design="sobol", draws=size, count=size)
    columns = draws.columns_of(engine.printed, world)
    still = World(program)
    fixed = {n: float(np.asarray(still.codes(n)).reshape(-1)[0]) for n in program.model.parameters}
    count = len(program.switches.numeric)
    random = np.random.default_rng(11)
    sets = [
        (),
        *((k,) for k in range(count)),
        *(tuple(np.flatnonzero(random.random(count) < 0.4)) for _ in range(3)),
    ]
    for removed in sets:
        switches = np.array([k in removed for k in range(count)])
        status, wanted = answers(
            program, np.stack([world.inputs[0][k] for k in range(len(world.inputs[0]))]), switches
        )
        found_status, _, rows = engine.over(columns, fixed, removed, size)
        assert (found_status == status).all(), removed
        solved = status == 0
        for q, (number, applies) in enumerate(wanted):
            assert (rows[f"applies {q}"] == applies)[solved].all(), (q, removed)
            at = solved & applies
            scale = np.maximum(np.abs(number), 1.0)
            assert relative(rows[f"number {q}"], number, scale)[at].max(initial=0) <= 1e-12, (q, removed)


def answers(program, cube, switches):
    """What Python says: status, and per question its number and whether it applies."""
    size = cube.shape[1]
    with np.errstate(all="ignore"):
        world = World(program, cube, switches, hold=lambda nest: nest)
        world.check_definitions()
        game = played_once(world, size)
        found = [ask(game, world, question) for question in program.model.questions]
    full = lambda row: np.broadcast_to(np.asarray(row), (size,))
    return full(world.status(size)), [(full(a.number), full(a.applies)) for a in found]
