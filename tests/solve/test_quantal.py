"""Logit play at a precision: closed forms, a recursion by hand, and pygambit."""

from __future__ import annotations

import io
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forms import as_form, signalling, simultaneous

from raison.model.records import Decision, Move
from raison.solve.conditional import LogitSolution, solve_logit
from raison.solve.quantal import NOT_FINITE, SOLVED

HALF = {0: (0.5, 0.5)}


def normalised(seed: int, outcomes: int, players: int, batch: int) -> np.ndarray:
    """Random payoffs from 0 to 1 for each player in each draw."""
    payoffs = np.random.default_rng(seed).random((outcomes, players, batch))
    return (payoffs - payoffs.min(0)) / (payoffs.max(0) - payoffs.min(0))


def solve(form, payoffs, **options) -> LogitSolution:
    return jax.jit(lambda x: solve_logit(form, x, **options))(jnp.asarray(payoffs))


def efg(payoffs: np.ndarray) -> str:
    """The signalling game of `forms.signalling` for Gambit."""
    lines = ['EFG 2 R "s" { "S" "R" }', 'c "" 1 "" { "t0" 1/2 "t1" 1/2 } 0']
    cells = payoffs.reshape(2, 2, 2, 2)
    for t in range(2):
        lines.append(f'p "" 1 {t + 1} "" {{ "m0" "m1" }} 0')
        for m in range(2):
            lines.append(f'p "" 2 {m + 1} "" {{ "r0" "r1" }} 0')
            for r in range(2):
                one, two = (float(x) for x in cells[t, m, r])
                lines.append(f't "" {4 * t + 2 * m + r + 1} "o{t}{m}{r}" {{ {one!r}, {two!r} }}')
    return "\n".join(lines)


def test_matching_pennies_with_a_bonus_solves_its_two_equations():
    # p = s(k (c q - (1 - q))), q = s(k (1 - 2 p)) where s is the logistic function; bisection on p by hand
    form = simultaneous(2, 2)
    payoffs = np.array([[9.0, 0], [0, 1], [0, 1], [1, 0]])[:, :, None]
    k = 3.0
    found = solve(form, payoffs, precision=k)

    def logistic(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    low, high = 0.0, 1.0
    for _ in range(200):
        p = (low + high) / 2
        q = logistic(k * (1 - 2 * p))
        if logistic(k * (9 * q - (1 - q)) / 9) > p:
            low = p
        else:
            high = p
    # conditioning of the fixed point costs a digit or two of sixteen
    assert found.probability[0, 0] == pytest.approx(low, abs=1e-13)
    assert found.probability[2, 0] == pytest.approx(logistic(k * (1 - 2 * low)), abs=1e-13)


def test_perfect_information_is_the_recursion_by_hand():
    form = as_form(
        ("a", "b"),
        {
            "first": Decision("a", {"stop": Move("quo"), "go": Move("second")}),
            "second": Decision("b", {"yield": Move("win"), "fight": Move("war")}),
        },
    )
    order = [form.graph.states[s].name for s in form.graph.outcomes]
    pays = {"quo": (2.0, 9.0), "win": (4.0, 5.0), "war": (0.0, -1.0)}  # ranges 4 and 10
    payoffs = np.array([pays[name] for name in order])[:, :, None]
    found = solve(form, payoffs, precision=5.0)
    fights = 1 / (1 + math.exp(5 * 6 / 10))
    goes = 1 / (1 + math.exp(5 * (2 - 4 * (1 - fights)) / 4))
    # a few roundings of numbers below 1
    assert np.asarray(found.probability)[:, 0] == pytest.approx(
        [1 - goes, goes, 1 - fights, fights], abs=1e-14
    )
    assert found.value[0, 0] == pytest.approx(2 * (1 - goes) + goes * 4 * (1 - fights), abs=1e-14)


@pytest.mark.parametrize("precision", [1.0, 5.0], ids=["precision 1", "precision 5"])
def test_random_signalling_games_agree_with_pygambit(precision):
    gambit = pytest.importorskip("pygambit")
    payoffs = normalised(1, 8, 2, 500)
    found = solve(signalling(), payoffs, chance=HALF, precision=precision)
    assert np.asarray(found.status).tolist() == [SOLVED] * 500
    assert float(jnp.max(found.residual)) < 1e-9
    for draw in range(500):
        game = gambit.read_efg(io.StringIO(efg(payoffs[..., draw])))
        peer = gambit.qre.logit_solve_lambda(game, precision)[0].profile
        told = [x for player in ("S", "R") for _, mix in peer[player] for _, x in mix]
        # pygambit stops at a precision that is off by about 1e-8
        assert np.asarray(found.probability)[:, draw] == pytest.approx(told, abs=1e-6)


def test_a_bad_row_is_marked_and_harms_no_other():
    payoffs = normalised(2, 8, 2, 8)
    good = solve(signalling(), payoffs, chance=HALF, precision=5.0)
    spoilt = payoffs.copy()
    spoilt[0, 0, 3] = np.nan
    bad = solve(signalling(), spoilt, chance=HALF, precision=5.0)
    assert int(bad.status[3]) == NOT_FINITE
    others = [0, 1, 2, 4, 5, 6, 7]
    np.testing.assert_array_equal(bad.probability[:, others], good.probability[:, others])
    assert np.isnan(bad.probability[:, 3]).all()


def test_an_option_that_is_unavailable_is_as_if_it_were_not_there():
    payoffs = normalised(3, 6, 2, 4)  # 3 x 2, row 0 taken away
    allowed = np.ones((5, 4), bool)
    allowed[0] = False
    # the ranges must not come from the outcomes that are cut off
    payoffs[2, :, :], payoffs[5, :, :] = 0.0, 1.0
    whole = solve(simultaneous(3, 2), payoffs, precision=4.0, available=jnp.asarray(allowed))
    cut = solve(simultaneous(2, 2), payoffs[2:], precision=4.0)
    np.testing.assert_allclose(whole.probability[1:], cut.probability, atol=1e-12)  # roundings
    assert (np.asarray(whole.probability)[0] == 0).all()
