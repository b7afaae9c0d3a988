"""All Nash equilibria of two-player games by their reduced normal form, against Gambit and by regret."""

from __future__ import annotations

import numpy as np
import pytest
from forms import as_form, signalling
from stage_games import as_tree, chances, everything, gambits_equilibria, random_game

import field_data
from in_step import places_of
from raison.exchange.game import TableGame
from raison.exchange.modelling import to_model
from raison.exchange.read import read_game
from raison.model.evaluate import FLOATS, evaluate
from raison.model.formula import parse
from raison.model.records import Case, Chance, Decision, Move
from raison.program.form import make_form
from raison.solve.deviation import nash_regret
from raison.solve.exactly import simplest, simplest_chances
from raison.solve.nash import REASONS, solve_nash, solve_nash_exactly, why_not_nash
from raison.solve.reduced import EXCLUDED, count_plans, make_reduced, movers

NEAR = 1e-9  # of probabilities that are ratios of small whole numbers on both sides


def lone(chance, form):
    return [chance.get(s) for s in range(len(form.graph.states))]


def distinct(profiles):
    """Behaviour of each, once: several mixtures of plans can come to the same behaviour."""
    kept = []
    for profile in profiles:
        flat = np.concatenate([np.asarray(row, float) for row in profile])
        if all(np.abs(flat - other).max() > NEAR for other in kept):
            kept.append(flat)
    return kept


def same(ours, theirs):
    ours, theirs = distinct(ours), distinct(theirs)
    near = [[np.abs(one - other).max() <= NEAR for other in theirs] for one in ours]
    return len(ours) == len(theirs) and all(map(any, near))


def crisis():
    """Move first or stay; the other answers; a second move of the first, excluded by staying."""
    return as_form(
        ("a", "b"),
        {
            "open": Decision("a", {"stay": Move("quo"), "go": Move("reply")}),
            "reply": Decision("b", {"resist": Move("last"), "yield": Move("gain")}),
            "last": Decision("a", {"back": Move("shame"), "fight": Move("war")}),
        },
    )


def test_plans_that_differ_only_where_they_exclude_themselves_are_one():
    form = crisis()
    assert count_plans(form) == (3, 2)  # stay; go and back; go and fight
    plans = make_reduced(form).plans[0]
    assert plans.choices.tolist() == [[0, EXCLUDED], [1, 0], [1, 1]]
    assert count_plans(signalling()) == (4, 4)


def test_a_threat_that_is_never_carried_out_is_a_nash_equilibrium():
    """Pays of quo, gain, shame and war; b yields if it expects to be fought."""
    form = crisis()
    pays = {"quo": (0, 2), "gain": (1, 0), "shame": (-1, 3), "war": (-2, -1)}
    payoffs = np.array([pays[form.graph.states[z].name] for z in form.graph.outcomes], float)[..., None]
    found = solve_nash(form, payoffs, {}, everything(form))
    profiles = [
        tuple(float(found.probability[place][1, k, 0]) for place in range(3)) for k in range(found.count[0])
    ]
    # a goes, b yields for a threatens war with at least 3/4; or a stays, for b resists with at least 1/2, and
    # at 'last', which a excludes, stand even odds
    expected = [(0, 0, 0.5), (0, 0.5, 0.5), (1, 1, 0.75), (1, 1, 1)]
    np.testing.assert_allclose(sorted(profiles), expected, atol=1e-15)  # rounding
    assert [bool(found.excluded[2][k, 0]) for k in range(4)] == [profile[0] == 0 for profile in profiles]


@pytest.mark.parametrize("seed", range(30))
def test_random_games_have_the_extreme_equilibria_that_gambit_finds(seed):
    pytest.importorskip("pygambit")
    rng = np.random.default_rng(seed)
    form = random_game(rng)
    if sum(count_plans(form)) > 16:
        form = random_game(rng, 2)
    count = 6
    payoffs = rng.integers(0, 5, (len(form.graph.outcomes), 2, count)).astype(float)
    payoffs[..., 3:] = rng.normal(size=(*payoffs.shape[:2], 3)).round(3)  # three without ties
    chance = chances(form)
    found = solve_nash(form, payoffs, chance, everything(form))
    assert (found.status <= 1).all()
    for draw in range(count):
        tree = as_tree(form, payoffs[..., draw])
        place = places_of(tree, form)
        theirs = [
            [profile[place[k]] for k in range(len(form.places))] for profile in gambits_equilibria(tree)
        ]
        ours = [[rows[:, k, draw] for rows in found.probability] for k in range(found.count[draw])]
        for side in (ours, theirs):
            for profile in side:
                played = [[np.array([float(p)]) for p in row] for row in profile]
                regret = nash_regret(form, payoffs[..., [draw]], lone(chance, form), played).max()
                assert regret < 1e-9  # what is promised
        assert same(ours, theirs), draw


def test_equilibria_in_every_draw_have_no_regret_and_there_is_always_one():
    rng = np.random.default_rng(8)
    for _ in range(12):
        form = random_game(rng)
        if sum(count_plans(form)) > 16:
            continue
        payoffs, chance = rng.normal(size=(len(form.graph.outcomes), 2, 40)), chances(form)
        found = solve_nash(form, payoffs, chance, everything(form))
        assert (found.count > 0).all()
        for k in range(int(found.count.max())):
            rows = np.flatnonzero(found.count > k)
            played = [probability[:, k][:, rows] for probability in found.probability]
            assert nash_regret(form, payoffs[..., rows], lone(chance, form), played).max() < 1e-9


def test_exact_arithmetic_finds_the_same_and_says_what_is_one_continuum():
    rng = np.random.default_rng(3)
    for _ in range(10):
        form = random_game(rng)
        if sum(count_plans(form)) > 16:
            continue
        payoffs, chance = rng.integers(0, 4, (len(form.graph.outcomes), 2, 1)).astype(float), chances(form)
        found = solve_nash(form, payoffs, chance, everything(form))
        exact = solve_nash_exactly(form, payoffs[..., 0].tolist(), chance, everything(form))
        ours = [[rows[:, k, 0] for rows in found.probability] for k in range(found.count[0])]
        assert same(ours, exact.probability)
        assert exact.degenerate == (found.status[0] == 1)
        assert sum(len(part.subsets) for part in exact.components) >= len(exact.components) >= 1


def test_a_move_that_cannot_be_made_in_a_draw_is_as_if_it_were_not_there():
    form, rng = crisis(), np.random.default_rng(2)
    payoffs = np.repeat(rng.normal(size=(len(form.graph.outcomes), 2, 1)), 3, axis=2)
    can = everything(form)
    last = next(s for s, state in enumerate(form.graph.states) if state.name == "last")
    can[last] = (np.array([True, False, False]), np.array([True, True, False]))
    found = solve_nash(form, payoffs, {}, can)
    # in the second draw as if 'back' paid the least of all
    worst = payoffs.copy()
    shame = [form.graph.states[z].name for z in form.graph.outcomes].index("shame")
    worst[shame, 0] = -100.0
    hated = solve_nash(form, worst, {}, everything(form))
    ours = [[rows[:, k, 1] for rows in found.probability] for k in range(found.count[1])]
    theirs = [[rows[:, k, 1] for rows in hated.probability] for k in range(hated.count[1])]
    reached = [o[:2] for o in ours], [t[:2] for t in theirs]  # 'last' has one move, or the even odds of two
    assert same(*reached)
    assert found.status[0] <= 1
    assert found.count[2] == 0  # b can bring a to where he has no move
    assert "available" in REASONS[found.status[2]]


def test_where_chance_never_leads_nothing_multiplies_equilibria():
    half = parse("0.5")
    form = as_form(
        ("a", "b"),
        {
            "nature": Chance({"x": Case("left", half), "y": Case("right", half)}),
            "left": Decision("a", {"u": Move("lu"), "d": Move("ld")}),
            "right": Decision("b", {"u": Move("ru"), "d": Move("rd")}),
        },
    )
    payoffs = np.arange(8.0).reshape(4, 2, 1)
    sure = solve_nash(form, payoffs, {0: (1.0, 0.0)}, everything(form))
    assert (sure.count[0], sure.status[0]) == (1, 0)
    assert sure.probability[1][:, 0, 0].tolist() == [0.5, 0.5]
    assert sure.excluded[1][0, 0]


def test_three_who_move_and_too_many_plans_are_refused_with_their_numbers():
    three = as_form(
        ("a", "b", "c"),
        {
            "one": Decision("a", {"x": Move("two"), "y": Move("end")}),
            "two": Decision("b", {"x": Move("three"), "y": Move("out")}),
            "three": Decision("c", {"x": Move("p"), "y": Move("q")}),
        },
    )
    assert "here 3 do" in why_not_nash(three, in_runs=True)
    with pytest.raises(ValueError, match="got 3 players"):
        make_reduced(three)
    moves = {f"m{k}": Move(f"r{k}") for k in range(5)}
    game = {"open": Decision("a", moves)}
    game |= {f"r{k}": Decision("b", {"x": Move(f"x{k}"), "y": Move(f"y{k}")}) for k in range(5)}
    wide = as_form(("a", "b"), game)
    assert count_plans(wide) == (5, 32)
    assert "5 and 32 strategies" in why_not_nash(wide, in_runs=True)
    assert "in every draw where they have at most 14" in why_not_nash(wide, in_runs=True)


FIELD = [  # two players who move, and few enough plans
    "2smp.efg", "2x2.nfg", "2x2a.nfg", "2x2const.nfg", "8x8.nfg", "artist1.efg", "badgame1.efg",
    "badgame2.efg", "bayes1a.efg", "bhg1.efg", "bhg2.efg", "bhg3.efg", "bhg4.efg", "bhg5.efg",
    "cent2.efg", "cent2.nfg", "cent3.efg", "cent4.efg", "cent6.efg", "centcs10.efg", "centcs6.efg",
    "coord2.efg", "coord2.nfg", "coord2ts.efg", "coord3.efg", "coord3.nfg", "coord4.efg", "coord4.nfg",
    "csg1.nfg", "csg2.nfg", "csg3.nfg", "csg4.nfg", "deg1.nfg", "deg2.nfg", "e04.efg", "e04.nfg",
    "e07.efg", "e07.nfg", "e10.efg", "e10a.efg", "e13.efg", "e17.efg", "e18.efg", "holdout7.efg",
    "hs1.efg", "km1.efg", "km2.efg", "km3.efg", "km6.efg", "loopback.nfg", "mixdom.nfg", "mixdom2.nfg",
    "my_2-1.efg", "my_2-4.efg", "my_3-3a.efg", "my_3-3b.efg", "my_3-3c.efg", "my_3-3d.efg", "my_3-3e.efg",
    "nim.efg", "oneill.nfg", "palf.efg", "pd.nfg", "perfect1.nfg", "perfect2.nfg", "pvw.efg", "pvw2.efg",
    "sh3.efg", "sh3.nfg", "sww1.efg", "sww1.nfg", "sww2.efg", "sww3.efg", "todd1.nfg", "todd2.nfg",
    "todd3.nfg", "vd.efg", "vd.nfg", "w_ex1.efg", "w_ex2.efg", "wilson1.efg", "wink3.nfg", "winkels.nfg",
    "work1.efg", "work2.efg", "work3.efg", "yamamoto.nfg", "zero.nfg",
]  # fmt: skip


@pytest.mark.parametrize("name", FIELD)
def test_the_fields_games_have_the_extreme_equilibria_that_gambit_finds(name):
    game = read_game(field_data.path("gambit", name))
    pytest.importorskip("pygambit")
    tree = game.as_tree() if isinstance(game, TableGame) else game
    model = to_model(game)
    form = make_form(model)
    assert len(movers(form)) <= 2

    def number(formula):
        return evaluate(formula.expression, {}.__getitem__, FLOATS, {})

    payoffs = [
        [number(model.outcomes[form.graph.states[z].name][player]) for player in model.players]
        for z in form.graph.outcomes
    ]
    chance = {
        s: [number(case.probability) for case in model.game[state.name].cases.values()]
        for s, state in enumerate(form.graph.states)
        if state.mover == -1
    }
    exact = solve_nash_exactly(
        form,
        [[simplest(p) for p in row] for row in payoffs],
        {s: simplest_chances(row) for s, row in chance.items()},
        everything(form),
    )
    place = places_of(tree, form)
    theirs = [[profile[place[k]] for k in range(len(form.places))] for profile in gambits_equilibria(tree)]
    wide = np.array(payoffs)[..., None]
    for profile in (*exact.probability, *theirs):
        played = [[np.array([float(p)]) for p in row] for row in profile]
        assert nash_regret(form, wide, lone(chance, form), played).max() < 1e-9  # what is promised
    assert same(exact.probability, theirs)
