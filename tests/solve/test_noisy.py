"""Strategic choice: published closed forms, simulation, quadrature, and limits."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from game_trees import PLAYERS, as_model, nodes, random_tree
from scipy import integrate, stats

from raison.model.formula import parse
from raison.model.records import Case as ChanceCase
from raison.model.records import Chance, Decision, Model, Move, Node, Player
from raison.program.graph import Graph, expand
from raison.solve.backward import solve
from raison.solve.noisy import Noisy, repeats, solve_noisy
from raison.solve.probit import both_below

VECTORS = json.loads((Path(__file__).parents[1] / "gallery" / "hidden-vectors.json").read_text())


def phi(x: Any) -> Any:
    return stats.norm.cdf(x)


def decide(player: str, **moves: str) -> Decision:
    return Decision(player, {label: Move(then) for label, then in moves.items()})


def draw(**cases: tuple[str, float]) -> Chance:
    return Chance({label: ChanceCase(then, parse(repr(p))) for label, (then, p) in cases.items()})


class Game:
    """Nodes, and payoffs of both players at each outcome: numbers or `[B]`."""

    def __init__(self, game: Mapping[str, Node], pays: Mapping[str, tuple[Any, Any]]) -> None:
        model = Model(
            title="A game",
            players={name: Player(name) for name in PLAYERS},
            game=game,
            outcomes={name: {p: parse("0") for p in PLAYERS} for name in pays},
        )
        self.graph: Graph = expand(model, {})
        self.nodes, self.pays = game, pays

    def chance(self, s: int) -> tuple[Any, ...]:
        node = self.nodes[self.graph.states[s].name]
        assert isinstance(node, Chance)
        return tuple(float(case.probability.text) for case in node.cases.values() if case.probability)

    def payoff(self, s: int, player: int) -> Any:
        return jnp.asarray(self.pays[self.graph.states[s].name][player], jnp.float64)

    def all_available(self, s: int) -> tuple[Any, ...]:
        return (True,) * len(self.graph.states[s].children)

    def solve(
        self, link: Any, error: Any, scale: Any = 1.0, available: Callable[..., Any] | None = None
    ) -> Noisy:
        allowed = available or self.all_available
        return solve_noisy(
            self.graph, 2, self.payoff, self.chance, allowed, link=link, error=error, scale=scale
        )

    def moves(self, found: Noisy, node: str) -> np.ndarray:
        probabilities = found.probability[self.graph.of_node[node][0]]
        assert probabilities is not None
        return np.stack([np.asarray(p) for p in probabilities])


def signorino(u11: Any, u13: Any, u14: Any, u24: Any) -> Game:
    """Status quo or a challenge; then capitulation or war."""
    return Game(
        {
            "first": decide("a", stay="sq", challenge="second"),
            "second": decide("b", yield_="cap", fight="war"),
        },
        {"sq": (u11, 0.0), "cap": (u13, 0.0), "war": (u14, u24)},
    )


# --- closed forms --------------------------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS["C15_signorino_egame12"])
def test_the_published_closed_forms(case: dict[str, Any]) -> None:
    """Signorino (1999, 2003)."""
    given = dict(case["params"])
    error = {"agent_probit": "agent", "private_probit": "private"}[given.pop("kind")]
    game = signorino(**given)
    found = game.solve("probit", error)
    stay, challenge = game.moves(found, "first")
    concede, fight = game.moves(found, "second")
    got = {"p_sq": stay, "p_cap": challenge * concede, "p_war": challenge * fight}
    for name, number in case["result"].items():
        assert got[name] == pytest.approx(number, rel=0, abs=1e-12)  # the vectors have sixteen digits
    # the value is the expected payoff without errors
    expected = stay * given["u11"] + challenge * (concede * given["u13"] + fight * given["u14"])
    assert found.value[0][0] == pytest.approx(expected, rel=0, abs=1e-15)


def test_agent_logit_is_softmax_and_private_logit_takes_the_place_of_probit() -> None:
    game = signorino(0.0, 1.0, -0.5, 0.3)
    agent, private = (game.solve("logit", error, 0.5) for error in ("agent", "private"))
    p4 = 1 / (1 + math.exp(-0.3 / 0.5))
    gap = p4 * -0.5 + (1 - p4) * 1.0
    # roundings of a few operations
    assert game.moves(agent, "second")[1] == pytest.approx(p4, rel=1e-15)
    assert game.moves(private, "second")[1] == pytest.approx(p4, rel=1e-15)
    assert game.moves(agent, "first")[1] == pytest.approx(1 / (1 + math.exp(-gap / 0.5)), rel=1e-15)
    spread = math.sqrt(1 + p4**2 + (1 - p4) ** 2)
    score = math.sqrt(2) * gap / (0.5 * spread)
    assert game.moves(private, "first")[1] == pytest.approx(1 / (1 + math.exp(-score)), rel=1e-15)


def test_an_outcome_in_common_weighs_with_the_difference_only() -> None:
    game = Game(
        {"first": decide("a", war="war", talk="luck"), "luck": draw(fails=("war", 0.3), holds=("deal", 0.7))},
        {"war": (0.2, 0.0), "deal": (0.5, 0.0)},
    )
    found = game.moves(game.solve("probit", "private"), "first")
    gap = 0.2 - (0.3 * 0.2 + 0.7 * 0.5)
    assert found[0] == pytest.approx(phi(gap / math.sqrt(0.7**2 + 0.7**2)), rel=0, abs=1e-15)


def test_two_moves_to_the_same_outcome_are_a_coin() -> None:
    game = Game({"first": decide("a", left="o", right="o")}, {"o": (0.2, 0.0)})
    for link in ("probit", "logit"):
        assert game.moves(game.solve(link, "private"), "first").tolist() == [0.5, 0.5]


# --- second implementations ------------------------------------------------------------------


def by_quadrature(values: Sequence[float], spreads: Sequence[float]) -> list[float]:
    """The largest of independent normal numbers, by SciPy."""

    def one(a: int) -> float:
        def integrand(x: float) -> float:
            others = [
                phi((x - v) / s) for b, (v, s) in enumerate(zip(values, spreads, strict=True)) if b != a
            ]
            return float(stats.norm.pdf(x, values[a], spreads[a])) * math.prod(others)

        low, high = values[a] - 9 * spreads[a], values[a] + 9 * spreads[a]
        return integrate.quad(integrand, low, high, epsabs=1e-13, limit=400, points=[values[a]])[0]

    return [one(a) for a in range(len(values))]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((0.0, 0.5, -1.0), 1.0),
        ((0.0, 0.01, 5.0), 0.7),
        ((1.0, 1.0, 1.0, 1.0), 2.0),
        ((0, 1, 2, 3, 4, 5, 6.0), 1.3),
    ],
    ids=["three", "one far ahead", "four equal", "seven"],
)
def test_agent_probit_with_several_moves_is_the_integral(values: tuple[float, ...], scale: float) -> None:
    names = [f"o{k}" for k in range(len(values))]
    game = Game(
        {"first": decide("a", **{f"m{k}": name for k, name in enumerate(names)})},
        {name: (value, 0.0) for name, value in zip(names, values, strict=True)},
    )
    found = game.moves(game.solve("probit", "agent", scale), "first")
    # 1e-12 is promised; SciPy is asked for 1e-13
    np.testing.assert_allclose(found, by_quadrature(values, [scale] * len(values)), rtol=0, atol=2e-12)
    assert sum(found) == pytest.approx(1, rel=0, abs=1e-12)


def offers(shared: float) -> Game:
    """Three lotteries, of 1, 2 and 3 outcomes; with `shared` some of the first's lies in the second too."""
    parts = {"x": ("x", 0.4), "y": ("y", 0.6 - shared), "s": ("s", shared)}
    return Game(
        {
            "first": decide("a", one="s", two="luck", three="fate"),
            "luck": draw(**parts),
            "fate": draw(u=("u", 0.2), v=("v", 0.5), w=("w", 0.3)),
        },
        {name: (value, 0.0) for name, value in zip("sxyuvw", (0.1, 0.5, -0.2, 1.0, -0.6, 0.3), strict=True)},
    )


def test_private_probit_with_several_moves_is_the_integral() -> None:
    """An outcome that two moves share with probability 0 is counted as shared, and must change nothing."""
    game = offers(0.0)
    found = game.moves(game.solve("probit", "private"), "first")
    values = [0.1, 0.4 * 0.5 - 0.6 * 0.2, 0.2 * 1.0 - 0.5 * 0.6 + 0.3 * 0.3]
    spreads = [1.0, math.hypot(0.4, 0.6), math.sqrt(0.04 + 0.25 + 0.09)]
    np.testing.assert_allclose(found, by_quadrature(values, spreads), rtol=0, atol=2e-12)
    apart = Game(
        {**game.nodes, "luck": draw(x=("x", 0.4), y=("y", 0.6))}, {name: game.pays[name] for name in "sxyuvw"}
    )
    np.testing.assert_allclose(
        apart.moves(apart.solve("probit", "private"), "first"), found, rtol=0, atol=2e-12
    )


@pytest.mark.parametrize("correlation", [-1.0, -0.999999, -0.6, 0.0, 0.3, 0.95, 1 - 1e-9, 1.0])
def test_two_dependent_normals_are_those_of_an_integral(correlation: float) -> None:
    pairs = [(0.0, 0.0), (0.5, -1.0), (0.7, 0.7), (-0.4, 0.4), (-2.0, -2.1), (0.0, -1.0), (9.0, 0.3)]
    h, k = (np.array(row) for row in zip(*pairs, strict=True))
    found = both_below(h, k, np.full(len(pairs), correlation))

    def exact(x: float, y: float) -> float:
        if abs(correlation) == 1.0:
            return phi(min(x, y)) if correlation > 0 else max(0.0, phi(x) + phi(y) - 1.0)
        width = math.sqrt((1 - correlation) * (1 + correlation))
        turn = [y / correlation + width * d for d in (-9, -3, 0, 3, 9)] if correlation else []
        ends = sorted({-9.0, min(x, 9.0), *(t for t in turn if -9 < t < min(x, 9.0))})
        nodes, weights = np.polynomial.legendre.leggauss(60)
        total = 0.0
        for low, high in pairwise(ends):
            z = low + (high - low) * (1 + nodes) / 2
            heights = stats.norm.pdf(z) * phi((y - correlation * z) / width)
            total += float(np.sum(weights * heights)) * (high - low) / 2
        return total

    # Gauss's rule on at most six pieces of a smooth integrand: a few roundings
    np.testing.assert_allclose(found, [exact(x, y) for x, y in pairs], rtol=0, atol=3e-13)


@pytest.mark.parametrize("shared", [0.0, 0.35])
def test_private_information_is_what_happens_when_errors_are_drawn(shared: float) -> None:
    """Errors of payoffs, drawn for both players; each knows his own and the probabilities of the other."""
    game = Game(
        {
            "first": decide("a", war="war", demand="reply", wait="luck"),
            "reply": decide("b", yield_="cap", fight="war"),
            "luck": draw(calm=("sq", 1 - shared), storm=("war", shared)),
        },
        {"sq": (0.0, 0.1), "cap": (0.8, -0.4), "war": (-0.3, -0.2)},
    )
    found = game.solve("probit", "private", 0.8)
    rng, count = np.random.default_rng(3), 400_000
    errors = {o: rng.normal(scale=0.8, size=(2, count)) for o in game.pays}
    worth = {o: [game.pays[o][p] + errors[o][p] for p in (0, 1)] for o in game.pays}
    fights = worth["war"][1] > worth["cap"][1]
    fight = game.moves(found, "reply")[1]
    assert abs(fights.mean() - fight) < 4 * math.sqrt(fight * (1 - fight) / count)
    options = np.stack(
        [
            worth["war"][0],
            (1 - fight) * worth["cap"][0] + fight * worth["war"][0],
            (1 - shared) * worth["sq"][0] + shared * worth["war"][0],
        ]
    )
    counted = np.bincount(options.argmax(axis=0), minlength=3) / count
    first = game.moves(found, "first")
    assert np.all(np.abs(counted - first) < 4 * np.sqrt(first * (1 - first) / count))
    # 1e-10 is promised
    assert first.sum() == pytest.approx(1, rel=0, abs=1e-10)


# --- limits and invariants --------------------------------------------------------------------


@pytest.mark.parametrize(("link", "error"), [("probit", "agent"), ("logit", "agent"), ("probit", "private")])
def test_small_errors_give_the_subgame_perfect_equilibrium(link: str, error: str) -> None:
    tree = random_tree(np.random.default_rng(5), 2, 30)
    ended = {node.name: node.payoffs for node in nodes(tree) if node.payoffs is not None}
    game = Game(as_model(tree).game, {name: (p[0], p[1]) for name, p in ended.items()})
    exact = solve(game.graph, 2, game.payoff, game.chance, game.all_available)
    found = game.solve(link, error, 1e-7)
    clear = np.ones(30, bool)
    for decision in exact.decided:
        if decision is not None:
            clear &= np.broadcast_to(np.asarray(decision.margin) > 1e-5, 30)  # a hundred times the errors
    assert clear.sum() >= 25
    for s in range(len(game.graph.states)):
        for p in range(2):
            # a hundred standard deviations make every probability 0 or 1
            both = [np.broadcast_to(np.asarray(v[s][p]), 30)[clear] for v in (found.value, exact.value)]
            np.testing.assert_allclose(both[0], both[1], rtol=0, atol=1e-12)


def test_large_errors_make_all_moves_alike() -> None:
    game = offers(0.3)
    found = game.moves(game.solve("probit", "agent", 1e9), "first")
    np.testing.assert_allclose(found, 1 / 3, rtol=0, atol=1e-9)  # payoffs are a 1e-9th of the errors


def test_the_scale_is_a_unit_of_payoffs() -> None:
    """Payoffs and scale ten times as large change nothing, in every draw for itself."""
    scale = jnp.asarray([0.5, 5.0])
    payoffs = {"u11": 0.0, "u13": 1.0, "u14": -0.5, "u24": 0.3}
    rows = {name: jnp.asarray([u, 10 * u]) for name, u in payoffs.items()}
    for link, error in (("probit", "agent"), ("probit", "private"), ("logit", "agent"), ("logit", "private")):
        game = signorino(**rows)
        first = game.moves(game.solve(link, error, scale), "first")
        np.testing.assert_allclose(first[:, 0], first[:, 1], rtol=1e-14)


@pytest.mark.parametrize("error", ["agent", "private"])
@pytest.mark.parametrize("link", ["probit", "logit"])
def test_a_move_that_is_not_there_is_never_made(link: str, error: str) -> None:
    """Draw 0 has both replies, 1 has one, and 2 none, so that nobody goes there."""
    game = signorino(0.0, 1.0, -0.5, 0.3)
    masks = (jnp.asarray([True, True, False]), jnp.asarray([True, False, False]))
    reply = game.graph.of_node["second"][0]
    found = game.solve(link, error, 1.0, lambda s: masks if s == reply else (True, True))
    second, first = game.moves(found, "second"), game.moves(found, "first")
    free = game.solve(link, error)
    np.testing.assert_allclose(second[:, 0], game.moves(free, "second"), rtol=1e-15)
    assert second[:, 1].tolist() == [1, 0]
    assert second[:, 2].tolist() == [0, 0]
    assert first[:, 2].tolist() == [1, 0]
    assert np.asarray(found.stuck[reply]).tolist() == [False, False, True]
    assert np.asarray(found.value[0][0])[2] == 0.0


@pytest.mark.parametrize("error", ["agent", "private"])
def test_of_three_moves_one_may_be_missing(error: str) -> None:
    """Then the others are as in the game without it."""
    game = offers(0.25)
    pair = Game({**game.nodes, "first": decide("a", one="s", two="luck")}, {n: game.pays[n] for n in "sxy"})
    expected = pair.moves(pair.solve("probit", error), "first")
    root = (True, jnp.asarray([True]), jnp.asarray([False]))
    found = game.solve("probit", error, 1.0, lambda s: root if s == 0 else (True,) * 3)
    # 1e-12 is promised
    np.testing.assert_allclose(game.moves(found, "first")[:, 0], [*expected, 0.0], rtol=0, atol=1e-12)


def test_what_cannot_be_computed_is_refused() -> None:
    with pytest.raises(ValueError, match="at most two moves; 'first' has 3: use the link probit"):
        offers(0.2).solve("logit", "private")
    four = Game({"first": decide("a", a="o", b="o", c="p", d="q")}, {"o": (0, 0), "p": (0, 0), "q": (0, 0)})
    with pytest.raises(ValueError, match=r"at most three moves .* 'first' has 4: use agent error"):
        four.solve("probit", "private")


def test_players_who_move_twice_on_a_way_are_named() -> None:
    assert repeats(signorino(0, 1, 2, 3).graph) == ()
    twice = Game(
        {
            "one": decide("a", x="two", y="o"),
            "two": decide("b", x="three", y="four"),
            "three": decide("a", x="o"),
            "four": decide("b", x="o"),
        },
        {"o": (0, 0)},
    )
    assert repeats(twice.graph) == (0, 1)
