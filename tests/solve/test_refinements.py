"""The intuitive criterion and D1: the published example, and brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from signalling_games import payoff_array, place_of, random_payoffs, signalling_form
from test_sequential import beer_quiche

from raison.model.formula import parse
from raison.model.records import Decision, Model, Move, Player
from raison.program.form import make_form
from raison.solve.sequential import solve_sequential
from raison.solve.sequential.refinements import passes_d1, passes_intuitive


def test_pooling_on_quiche_fails_and_pooling_on_beer_passes():
    """Cho and Kreps (1987), beer and quiche."""
    form, payoffs, chance = beer_quiche()
    found = solve_sequential(form, payoffs, chance)
    beer = found.probability[place_of(form, "sender0")].central[0, :, 0] == 1.0
    for judge in (passes_intuitive, passes_d1):
        passed = judge(form, payoffs, chance, found)[:, 0]
        np.testing.assert_array_equal(passed[: found.count[0]], beer[: found.count[0]])
        assert not passed[found.count[0] :].any()


def test_only_the_least_costly_separation_survives_where_pooling_hides_the_able():
    """Spence (1973): pooling without education fails, since only the able could gain from it."""
    form = signalling_form(2, 2, (2, 2))
    costs = (1.5, 0.5)
    tables = {f"o{t}{m}{r}": (r - m * costs[t], float(r == t)) for t, m, r in product(range(2), repeat=3)}
    payoffs, chance = payoff_array(form, tables), {0: (0.7, 0.3)}
    found = solve_sequential(form, payoffs, chance)
    passed = passes_intuitive(form, payoffs, chance, found)[:, 0]
    assert {int(s) for s in found.shape[passed, 0]} == {2}
    assert passed.sum() == 1


def by_grid(worth, now, m):
    """Both criteria at an unsent message of a 2 x 2 x 2 game, from their definitions on grids."""
    beliefs = np.linspace(0, 1, 501)

    def replies(types):
        gain = worth[:, m, 1, 1] - worth[:, m, 0, 1]
        values = gain[list(types)] if len(types) == 1 else (1 - beliefs) * gain[0] + beliefs * gain[1]
        pure = ([0] if (values < 0).any() else []) + ([1] if (values > 0).any() else [])
        return pure, (np.linspace(0, 1, 501) if len(pure) == 2 else np.array(pure, float))

    pays = worth[:, m, :, 0]
    pure, mixed = replies((0, 1))
    kept = [t for t in range(2) if pays[t, pure].max() >= now[t]]
    intuitive = not kept or all(pays[t, replies(kept)[0]].min() <= now[t] for t in kept)
    gains = pays[:, :1] + mixed * (pays[:, 1:] - pays[:, :1]) - now[:, None]
    out = [t for t in range(2) if (gains[1 - t] > 0).any() and (gains[1 - t][gains[t] >= 0] > 0).all()]
    kept = [t for t in range(2) if t not in out]
    if not kept:
        return intuitive, True
    mixed = replies(kept)[1]
    gains = pays[:, :1] + mixed * (pays[:, 1:] - pays[:, :1]) - now[:, None]
    return intuitive, bool((gains <= 0).all(axis=0).any())


def test_the_criteria_agree_with_their_definitions_on_a_grid():
    form, rng, count = signalling_form(2, 2, (2, 2)), np.random.default_rng(8), 300
    payoffs = random_payoffs(form, rng, count)
    chance = {0: (0.45, 0.55)}
    found = solve_sequential(form, payoffs, chance)
    intuitive = passes_intuitive(form, payoffs, chance, found)
    divine = passes_d1(form, payoffs, chance, found)
    names = [form.graph.states[s].name for s in form.graph.outcomes]
    order = [names.index(f"o{t}{m}{r}") for t, m, r in product(range(2), repeat=3)]
    judged, differ, failed = 0, 0, [0, 0]
    for draw in range(count):
        worth = payoffs[order, :, draw].reshape(2, 2, 2, 2)
        for k in range(found.count[draw]):
            sent = [found.probability[place_of(form, f"sender{t}")].central[:, k, draw] for t in range(2)]
            unsent = [m for m in range(2) if sent[0][m] + sent[1][m] == 0]
            if not unsent:
                assert intuitive[k, draw]
                assert divine[k, draw]
                continue
            (m,) = unsent
            reply = found.probability[place_of(form, f"receiver0{1 - m}")].central[:, k, draw]
            now = (worth[:, 1 - m, :, 0] * reply).sum(axis=1)
            wanted = by_grid(worth, now, m)
            judged += 1
            differ += wanted != (intuitive[k, draw], divine[k, draw])
            failed[0] += not wanted[0]
            failed[1] += not wanted[1]
            assert intuitive[k, draw] or not divine[k, draw]  # D1 is the stricter one
    assert judged > 200
    assert min(failed) > 10
    # a grid of 500 cells can miss a reply that deters in an interval shorter than a cell
    assert differ <= judged // 100


def test_a_refinement_of_another_game_is_refused():
    nothing = {p: parse("0") for p in "ab"}
    model = Model(
        title="Alone",
        players={p: Player(p) for p in "ab"},
        game={"only": Decision("a", {"x": Move("end"), "y": Move("end")})},
        outcomes={"end": nothing},
    )
    form = make_form(model)
    payoffs = np.array([[[1.0], [0.0]], [[0.0], [0.0]]])
    found = solve_sequential(form, payoffs, {})
    with pytest.raises(ValueError, match="needs a signalling game"):
        passes_intuitive(form, payoffs, {}, found)
