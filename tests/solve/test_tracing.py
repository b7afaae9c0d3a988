"""The limit of the principal branch: known selections, regret by a formula of its own, bifurcations."""

from __future__ import annotations

import io

import numpy as np
import pytest
from forms import signalling, simultaneous
from test_quantal import HALF, efg, normalised, solve

import field_data
import raison
from raison.solve.quantal import BIFURCATION, SOLVED


def gain(payoffs: np.ndarray, play: np.ndarray, sizes: tuple[int, int]) -> np.ndarray:
    """Largest gain from deviating in a two-player normal form, by matrices."""
    table = payoffs.reshape(*sizes, 2, -1)
    one, two = play[: sizes[0]], play[sizes[0] :]
    rows = np.einsum("ijb,jb->ib", table[:, :, 0], two)
    columns = np.einsum("ijb,ib->jb", table[:, :, 1], one)
    return np.maximum(rows.max(0) - (rows * one).sum(0), columns.max(0) - (columns * two).sum(0))


@pytest.mark.parametrize("size", [2, 3], ids=["2x2", "3x3"])
def test_limits_of_random_games_are_equilibria(size):
    payoffs = normalised(size, size * size, 2, 1024)
    found = solve(simultaneous(size, size), payoffs)
    status = np.asarray(found.status)
    assert (status != SOLVED).mean() < 0.001
    play = np.asarray(found.probability)[:, status == SOLVED]
    # what `solved` promises
    assert gain(payoffs[..., status == SOLVED], play, (size, size)).max() < 1e-9


def test_limits_of_signalling_games_are_sequentially_rational_with_bayesian_beliefs():
    payoffs = normalised(4, 8, 2, 2048)
    found = solve(signalling(), payoffs, chance=HALF)
    status = np.asarray(found.status)
    assert (status != SOLVED).mean() < 0.001
    fine = status == SOLVED
    table = payoffs.reshape(2, 2, 2, 2, -1)[..., fine]
    play = np.asarray(found.probability)[:, fine]
    sender, receiver = play[:4].reshape(2, 2, -1), play[4:].reshape(2, 2, -1)
    beliefs = np.stack([np.asarray(b)[:, fine] for b in found.belief[2:]])  # by message, then type
    sent = np.einsum("tmab,mab->tmb", table[:, :, :, 0], receiver)
    heard = np.einsum("tmab,mtb->mab", table[:, :, :, 1], beliefs)
    assert (sent.max(1) - (sent * sender).sum(1)).max() < 1e-9
    assert (heard.max(1) - (heard * receiver).sum(1)).max() < 1e-9
    # Bayes' rule wherever a message is sent at all; a share of tiny numbers keeps about nine digits here
    total = sender.sum(0)
    on = total > 1e-6
    bayes = np.swapaxes(sender, 0, 1) / np.where(on, total, 1.0)[:, None]
    assert np.where(on[:, None], np.abs(bayes - beliefs), 0.0).max() < 1e-9


@pytest.mark.minutes
def test_poker_with_four_cards_is_solved_though_its_equilibria_are_a_continuum():
    """Some cards are worth as much raised as not, and three proximal steps do not settle."""
    found = raison.load(field_data.path("gambit", "4cards.efg")).solve({})
    assert found.status == ["solved"]
    assert found.largest_gain().max() < 1e-9
    # the value of a zero-sum game is the same in all equilibria: 23/24, as of Gambit's lcp_solve
    assert found.value["Player 1"][0] == pytest.approx(23 / 24, abs=1e-9)


def test_a_symmetric_game_says_that_it_passed_a_bifurcation():
    # coordination on one of two equal points: even odds at every precision, with branches leaving at 2
    payoffs = np.array([[1.0, 1], [0, 0], [0, 0], [1, 1]])[:, :, None]
    found = solve(simultaneous(2, 2), payoffs)
    assert int(found.status[0]) == BIFURCATION
    assert np.asarray(found.probability)[:, 0] == pytest.approx(
        [0.5] * 4, abs=1e-12
    )  # exact but for roundings


def test_the_limit_selects_the_risk_dominant_equilibrium_of_a_stag_hunt():
    # stag 10/0, hare 7/7: hare is risk dominant, and what both would do at even odds, where the branch stays
    payoffs = np.array([[10.0, 10], [0, 7], [7, 0], [7, 7]])[:, :, None]
    found = solve(simultaneous(2, 2), payoffs)
    assert int(found.status[0]) == SOLVED
    assert np.asarray(found.probability)[:, 0] == pytest.approx([0, 1, 0, 1], abs=1e-9)


def test_limits_of_a_thousand_signalling_games_agree_with_pygambit():
    gambit = pytest.importorskip("pygambit")
    payoffs = normalised(21, 8, 2, 1000)
    found = solve(signalling(), payoffs, chance=HALF)
    assert np.asarray(found.status).tolist() == [SOLVED] * 1000
    differ, without = [], 0
    for draw in range(1000):
        game = gambit.read_efg(io.StringIO(efg(payoffs[..., draw])))
        peer = gambit.nash.logit_solve(game, maxregret=1e-6).equilibrium
        if peer is None or peer.max_regret() > 1e-5:  # in payoffs from 0 to 1
            without += 1
            continue
        told = np.array([float(value) for _, value in peer.payoffs])
        # theirs stops at a finite precision: a regret of 1e-6 may move a payoff by some hundred times that
        if np.abs(told - np.asarray(found.value)[:, draw]).max() > 1e-3:
            differ.append(draw)
    assert without <= 2
    # in one game theirs lands on another branch; short steps of ours confirm ours
    assert len(differ) <= 1


@pytest.mark.minutes
def test_shorter_steps_find_the_same_limits(monkeypatch):
    from raison.solve import curve

    payoffs = normalised(21, 8, 2, 1000)
    usual = solve(signalling(), payoffs, chance=HALF)
    for name, value in {"_CONTRACTION": 0.01, "_DISTANCE": 0.01, "_ANGLE": 0.05, "_FIRST": 0.05}.items():
        monkeypatch.setattr(curve, name, value)
    careful = solve(signalling(), payoffs, chance=HALF, max_steps=10_000)
    assert np.asarray(careful.status).tolist() == [SOLVED] * 1000
    # limits settle to a regret of 1e-9; what is mixed near a tie is known less well than that
    np.testing.assert_allclose(usual.value, careful.value, rtol=0, atol=1e-5)
