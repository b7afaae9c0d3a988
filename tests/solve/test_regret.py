"""The checker finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from game_trees import as_model, points, random_tree, solved

from raison.model.formula import parse
from raison.model.records import Case, Chance, Decision, Model, Move, Player
from raison.program.graph import Graph, expand
from raison.solve.regret import largest_gain

# a moves first: out for (2, 0), or in; then b: left for (0, 1) or right for (3, 0)
ENTRY = Model(
    title="Entry",
    players={"a": Player("A"), "b": Player("B")},
    game={
        "first": Decision("a", {"out": Move("out"), "in": Move("second")}),
        "second": Decision("b", {"left": Move("left"), "right": Move("right")}),
    },
    outcomes={
        name: {"a": parse(str(a)), "b": parse(str(b))}
        for name, (a, b) in {"out": (2, 0), "left": (0, 1), "right": (3, 0)}.items()
    },
)
GRAPH = expand(ENTRY, {})
PAYOFFS = {"out": (2.0, 0.0), "left": (0.0, 1.0), "right": (3.0, 0.0)}


def payoffs(graph: Graph) -> np.ndarray:
    """`[outcomes, players, 1]` in the order of the graph."""
    return np.array([[[x] for x in PAYOFFS[graph.states[s].name]] for s in graph.outcomes])


def strategy(graph: Graph, **moves: list[float]) -> list[np.ndarray]:
    return [np.array([[x] for x in moves.get(state.name, [])]).reshape(-1, 1) for state in graph.states]


@pytest.mark.parametrize(
    ("first", "second", "gain"),
    [
        pytest.param([1, 0], [1, 0], 0, id="the-equilibrium"),
        pytest.param([1, 0], [0, 1], 1, id="a-threat-that-would-not-be-carried-out-off-the-path"),
        pytest.param([0, 1], [1, 0], 2 / 3, id="entering-though-left-follows"),
        pytest.param([0, 1], [0.5, 0.5], 0.5, id="mixing-where-left-is-better"),
    ],
)
def test_the_gain_is_the_best_deviation_over_the_deviators_payoff_range(
    first: list[float], second: list[float], gain: float
) -> None:
    """Ranges are 3 for a and 1 for b.

    Against left, out beats in by 2 of 3. Where b plays right, his left gains 1 of 1, which is more than what
    a gains. Mixing costs b one half of 1, and a gets 1.5 by entering, which out beats by 0.5 of 3.
    """
    found = largest_gain(GRAPH, payoffs(GRAPH), strategy(GRAPH, first=first, second=second))
    assert found.tolist() == [pytest.approx(gain, abs=1e-15)]


def test_unavailable_moves_are_no_deviation() -> None:
    available = [
        np.array([[True], [False]])
        if state.name == "first"
        else np.array([[True], [True]])
        if state.children
        else None
        for state in GRAPH.states
    ]
    played = strategy(GRAPH, first=[1, 0], second=[1, 0])
    raised = payoffs(GRAPH)
    names = [GRAPH.states[s].name for s in GRAPH.outcomes]
    raised[names.index("left"), 0] = 9.0  # entering would now be better, if it could be done
    assert largest_gain(GRAPH, raised, played).tolist() == [pytest.approx(7 / 7)]
    assert largest_gain(GRAPH, raised, played, available).tolist() == [0]


def test_chance_is_nobody_who_could_deviate() -> None:
    model = Model(
        title="Toss",
        players={"a": Player("A")},
        game={"toss": Chance({"h": Case("out", parse("0.5")), "t": Case("in", None)})},
        outcomes={"out": {"a": parse("0")}, "in": {"a": parse("1")}},
    )
    graph = expand(model, {})
    pays = np.array([[[0.0]], [[1.0]]])
    played = [np.array([[0.5], [0.5]]) if state.children else np.zeros((0, 1)) for state in graph.states]
    assert largest_gain(graph, pays, played).tolist() == [0]


@pytest.mark.parametrize("seed", range(3))
def test_a_solution_with_one_move_changed_is_found_out(seed: int) -> None:
    """In draws with continuous payoffs no two moves are equal, so that any other move loses something."""
    tree = random_tree(np.random.default_rng(seed), 3, 20)
    program, found = solved(as_model(tree), points(tree))
    graph = program.graph
    assert graph is not None
    assert largest_gain(graph, found.payoffs, found.played).max() <= 0
    changed = 0
    for s, state in enumerate(graph.states):
        if state.mover >= 0 and len(state.children) > 1:
            played = list(found.played)
            played[s] = np.roll(played[s], 1, axis=0)
            assert largest_gain(graph, found.payoffs, played).min() > 0
            changed += 1
    assert changed
