"""All Nash equilibria of two-player games, against closed forms and two other programs."""

from __future__ import annotations

import io

import numpy as np
import pytest

from raison.solve.bimatrix import solve_bimatrix

# Peers solve linear systems of at most five equations with payoffs from 0 to 1.
NEAR = 1e-8


def largest_regret(a, b, x, y):
    """The gain of the best pure reply over what is played, relative to the payoff range; written apart."""
    row, column = a @ y, x @ b
    first = (row.max() - x @ row) / (np.ptp(a) or 1.0)
    return max(first, (column.max() - column @ y) / (np.ptp(b) or 1.0))


def equilibria(solution, draw):
    return [(solution.x[k, :, draw], solution.y[k, :, draw]) for k in range(solution.count[draw])]


def same(ours, theirs):
    """Whether two lists hold the same profiles; a peer may list one twice."""
    theirs = [t for k, t in enumerate(theirs) if all(np.abs(t - o).max() >= NEAR for o in theirs[:k])]
    if len(ours) != len(theirs):
        return False
    return all(min(np.abs(t - o).max() for o in ours) < NEAR for t in theirs)


def table(rows):
    return np.array(rows, float)[..., None]


def test_matching_pennies_is_mixed_evenly():
    a = table([[1, -1], [-1, 1]])
    found = solve_bimatrix(a, -a)
    assert found.count[0] == 1
    assert (found.x[0, :, 0] == 0.5).all()
    assert (found.y[0, :, 0] == 0.5).all()


def test_the_battle_of_the_sexes_has_two_pure_and_one_mixed_equilibrium():
    found = solve_bimatrix(table([[2, 0], [0, 1]]), table([[1, 0], [0, 2]]))
    mixed = [(x, y) for x, y in equilibria(found, 0) if 0 < x[0] < 1]
    assert found.count[0] == 3
    np.testing.assert_allclose(mixed[0][0], [2 / 3, 1 / 3], rtol=1e-15)
    np.testing.assert_allclose(mixed[0][1], [1 / 3, 2 / 3], rtol=1e-15)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_random_games_have_the_equilibria_that_quantecon_finds(size):
    game_theory = pytest.importorskip("quantecon.game_theory")
    random = np.random.default_rng(size)
    a, b = random.random((2, size, size, 300))
    found = solve_bimatrix(a, b)
    for draw in range(300):
        first, second = a[..., draw].copy(), b[..., draw].copy()
        game = game_theory.NormalFormGame((game_theory.Player(first), game_theory.Player(second.T.copy())))
        theirs = [np.concatenate(pair) for pair in game_theory.support_enumeration(game)]
        ours = [np.concatenate(pair) for pair in equilibria(found, draw)]
        assert same(ours, theirs), draw
        assert max(largest_regret(first, second, x, y) for x, y in equilibria(found, draw)) < 1e-9


def test_games_full_of_ties_have_the_extreme_equilibria_that_gambit_finds():
    gambit = pytest.importorskip("pygambit")
    random = np.random.default_rng(0)
    a, b = random.integers(0, 3, (2, 3, 3, 120)).astype(float)
    found = solve_bimatrix(a, b, exact="degenerate")
    for draw in range(120):
        pairs = [f"{a[i, j, draw]:g} {b[i, j, draw]:g}" for j in range(3) for i in range(3)]
        text = 'NFG 1 R "" { "1" "2" } { 3 3 }\n' + " ".join(pairs)
        game = gambit.read_nfg(io.BytesIO(text.encode()))
        theirs = [
            np.array([float(share) for player in game.players for _, share in p[player]])
            for p in gambit.nash.enummixed_solve(game, rational=True).equilibria
        ]
        theirs = [t for t in theirs if largest_regret(a[..., draw], b[..., draw], t[:3], t[3:]) < 1e-9]
        assert same([np.concatenate(pair) for pair in equilibria(found, draw)], theirs), draw


def test_a_draw_that_is_not_finite_harms_no_other():
    random = np.random.default_rng(1)
    a, b = random.random((2, 3, 3, 20))
    alone = solve_bimatrix(a.copy(), b.copy())
    a[0, 0, 7] = np.nan
    found = solve_bimatrix(a, b)
    assert found.status[7] == 2
    assert found.count[7] == 0
    others = np.arange(20) != 7
    assert (found.count[others] == alone.count[others]).all()
