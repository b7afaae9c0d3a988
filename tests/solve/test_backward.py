"""Backward induction: closed form, recursion, invariants, and another program."""

from __future__ import annotations

import importlib.util
import io
import math
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from game_trees import PLAYERS, Tree, as_model, choice, nodes, points, random_tree, solved, value
from hypothesis import given, settings
from hypothesis import strategies as st

import raison.api
from raison.model.formula import parse
from raison.model.records import Decision, Model, Move, Parameter, Player, Question
from raison.program.graph import expand
from raison.program.program import compile_model
from raison.solve.backward import TIE, solve, tie_tolerance
from raison.solve.points import solve_points
from raison.solve.regret import largest_gain

DRAWS = 40


def played(found: Any, name: str) -> np.ndarray:
    return np.asarray(found.probability[name]).argmax(axis=0)


def one_choice(values: list[list[float]], whens: list[str | None] | None = None) -> Any:
    """One player chooses once among outcomes worth `values[move][draw]`."""
    count = len(values)
    moves = {
        f"m{i}": Move(f"o{i}", None if not whens or whens[i] is None else parse(whens[i]))
        for i in range(count)
    }
    model = Model(
        title="One choice",
        players={"a": Player("A")},
        parameters={f"x{i}": Parameter(parse("0")) for i in range(count)},
        game={"n": Decision("a", moves)},
        outcomes={f"o{i}": {"a": parse(f"x{i}")} for i in range(count)},
        questions=tuple(Question(node="n", move=f"m{i}") for i in range(count)),
    )
    return solved(model, {f"x{i}": row for i, row in enumerate(values)})


@pytest.mark.parametrize("seed", range(2))
def test_random_trees_are_solved_as_by_recursion(seed: int) -> None:
    """Up to four moves a node, chance nodes among them, forty draws each."""
    tree = random_tree(np.random.default_rng(seed), 4, DRAWS)
    program, found = solved(as_model(tree), points(tree))
    assert found.status.tolist() == [0] * DRAWS
    for draw in range(DRAWS):
        expected = value(tree, draw)
        for player, number in zip(PLAYERS, expected, strict=True):
            # a chance node adds at most four products: a few roundings of numbers below 5
            assert found.value[player][draw] == pytest.approx(number, rel=0, abs=1e-14)
    for node in nodes(tree):
        if node.player is not None:
            expected_choice = [choice(node, draw) for draw in range(DRAWS)]
            np.testing.assert_array_equal(played(found, node.name), expected_choice)
    assert largest_gain(program.graph, found.payoffs, found.played).max() <= 0


@pytest.mark.parametrize("length", [2, 4, 6, 10])
def test_the_centipede_ends_at_its_first_node(length: int) -> None:
    """Rosenthal 1981: whoever moves takes, since the other would take next; passing doubles the pot."""
    nodes_of = [f"n{i}" for i in range(length)]
    game = {
        name: Decision(
            "ab"[i % 2], {"take": Move(f"t{i}"), "pass": Move(nodes_of[i + 1] if i + 1 < length else "end")}
        )
        for i, name in enumerate(nodes_of)
    }
    pays = {f"t{i}": (2.0**i * 4, 2.0**i) if i % 2 == 0 else (2.0**i, 2.0**i * 4) for i in range(length)}
    pays["end"] = (2.0**length * 4, 2.0**length) if length % 2 == 0 else (2.0**length, 2.0**length * 4)
    outcomes = {o: {"a": parse(str(x)), "b": parse(str(y))} for o, (x, y) in pays.items()}
    model = Model(title="Centipede", players={p: Player(p) for p in PLAYERS}, game=game, outcomes=outcomes)
    _, found = solved(model, {})
    assert [played(found, name)[0] for name in nodes_of] == [0] * length
    assert found.outcome["t0"][0] == 1
    assert (found.value["a"][0], found.value["b"][0]) == (4, 1)


def test_a_tie_goes_to_the_first_listed_and_is_reported() -> None:
    _, found = one_choice([[1, 0, 2], [1, 3, 2], [0, 3, 2]])
    assert played(found, "n").tolist() == [0, 1, 0]
    assert found.margin["n"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("difference", "tied"),
    [(0.5 * TIE, True), (0.999 * TIE, True), (1.01 * TIE, False), (100 * TIE, False)],
)
def test_values_tie_within_the_tolerance_relative_to_the_range(difference: float, tied: bool) -> None:
    """The range is set by the outcomes at 0 and 1000; the other two differ by a part of it."""
    low, high = 500.0, 500.0 + 1000 * difference
    model = Model(
        title="Near",
        players={"a": Player("A"), "b": Player("B")},
        game={
            "top": Decision("b", {"in": Move("n"), "out": Move("worst"), "best": Move("best")}),
            "n": Decision("a", {"low": Move("low"), "high": Move("high")}),
        },
        outcomes={
            "worst": {"a": parse("0"), "b": parse("0")},
            "best": {"a": parse("1000"), "b": parse("0")},
            "low": {"a": parse(repr(low)), "b": parse("1")},
            "high": {"a": parse(repr(high)), "b": parse("1")},
        },
    )
    _, found = solved(model, {})
    assert played(found, "n")[0] == (0 if tied else 1)
    assert (found.margin["n"][0] == 0) == tied


def test_the_tolerance_covers_rounding_where_all_payoffs_are_large_and_equal() -> None:
    big = 1e12
    tolerance = float(tie_tolerance([jnp.asarray(big), jnp.asarray(big)]))
    assert tolerance >= np.spacing(big)
    assert tolerance < 1e-14 * big * 1000


def test_a_move_that_is_not_available_is_not_chosen_and_does_not_set_the_margin() -> None:
    program, found = one_choice([[1, 1], [5, 5], [3, 0]], [None, "x2 < 1", None])
    assert played(found, "n").tolist() == [2, 1]
    assert found.margin["n"].tolist() == [2, 4]
    assert found.status.tolist() == [0, 0]
    assert program.reasons[0] == "solved"


def test_the_only_available_move_has_an_infinite_margin() -> None:
    _, found = one_choice([[1], [5]], [None, "x1 < 0"])
    assert found.margin["n"].tolist() == [math.inf]


def test_a_reached_node_without_a_move_fails_the_draw_and_one_that_is_avoided_does_not() -> None:
    model = Model(
        title="Dead end",
        players={"a": Player("A")},
        parameters={"x": Parameter(parse("0")), "force": Parameter(parse("0"))},
        game={
            "top": Decision("a", {"in": Move("end"), "out": Move("out", parse("force < 1"))}),
            "end": Decision("a", {"go": Move("there", parse("x > 0"))}),
        },
        outcomes={"out": {"a": parse("-5")}, "there": {"a": parse("x")}},
    )
    program, found = solved(model, {"x": [1.0, -1.0, -1.0, 2.0], "force": [0.0, 0.0, 1.0, 1.0]})
    sentences = [program.reasons[status] for status in found.status]
    assert sentences[:2] == ["solved", "solved"]
    assert "no move is available" in sentences[2]
    assert sentences[3] == "solved"
    assert played(found, "top").tolist()[:2] == [0, 1]  # a dead end is worse than any payoff


def test_a_bad_row_is_marked_and_harms_no_other() -> None:
    tree = random_tree(np.random.default_rng(11), 3, DRAWS)
    model = as_model(tree)
    name = next(node.name for node in nodes(tree) if node.payoffs is not None)
    outcomes = {**model.outcomes, name: {**model.outcomes[name], "a": parse(f"log({name}_a + 1)")}}
    given_points = points(tree)
    good = {**given_points, f"{name}_a": np.abs(given_points[f"{name}_a"])}
    bad = {**good, f"{name}_a": good[f"{name}_a"].copy()}
    bad[f"{name}_a"][7] = -2.0
    _, before = solved(replace(model, outcomes=outcomes), good)
    program, after = solved(replace(model, outcomes=outcomes), bad)
    assert np.flatnonzero(after.status).tolist() == [7]
    assert f"outcome '{name}' pays a" in program.reasons[after.status[7]]
    others = [draw for draw in range(DRAWS) if draw != 7]
    for player in PLAYERS:
        np.testing.assert_array_equal(after.value[player][others], before.value[player][others])


TREE = random_tree(np.random.default_rng(5), 3, 1)
MODEL = as_model(TREE)
PROGRAM = compile_model(MODEL)
WHOLE = [node.name for node in nodes(TREE) if node.payoffs is not None]
DECISIONS = [node.name for node in nodes(TREE) if node.player is not None]
whole_payoffs = st.lists(st.integers(-4, 4), min_size=2 * len(WHOLE), max_size=2 * len(WHOLE))


def with_payoffs(numbers: list[int], scale: float = 1.0, shift: float = 0.0) -> Any:
    rows = {
        f"{name}_{player}": np.array([scale * numbers[2 * i + p] + shift])
        for i, name in enumerate(WHOLE)
        for p, player in enumerate(PLAYERS)
    }
    return solve_points(PROGRAM, rows, 1, "whole payoffs")


@settings(max_examples=25, deadline=None)
@given(whole_payoffs, st.sampled_from([0.25, 4.0, 1024.0]), st.integers(-8, 8))
def test_unit_and_zero_of_payoffs_do_not_matter(numbers: list[int], scale: float, shift: int) -> None:
    """Powers of two and small whole numbers, so that scaling and shifting round nowhere."""
    plain, other = with_payoffs(numbers), with_payoffs(numbers, scale, float(shift))
    for name in DECISIONS:
        np.testing.assert_array_equal(plain.probability[name], other.probability[name])
        np.testing.assert_array_equal(plain.margin[name] * scale, other.margin[name])
    np.testing.assert_array_equal(plain.value["a"] * scale + shift, other.value["a"])


@settings(max_examples=25, deadline=None)
@given(whole_payoffs)
def test_nobody_gains_by_one_deviation_and_ties_go_to_the_first(numbers: list[int]) -> None:
    found = with_payoffs(numbers)
    assert largest_gain(PROGRAM.graph, found.payoffs, found.played).max() <= 0  # type: ignore[arg-type]
    for i, node in enumerate(node for node in nodes(TREE) if node.payoffs is not None):
        node.payoffs = np.array([[numbers[2 * i]], [numbers[2 * i + 1]]], float)
    for node in nodes(TREE):
        if node.player is not None:
            assert played(found, node.name)[0] == choice(node, 0)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=4, max_size=4))
def test_equally_good_moves_count_one_over_their_number(values: list[int]) -> None:
    model = raison.api.Model.of(FOUR)
    run_values = {f"x{i}": float(v) for i, v in enumerate(values)}
    numbers = question_numbers(model, run_values)
    best = [v == max(values) for v in values]
    assert numbers == [pytest.approx(good / sum(best), abs=1e-15) for good in best]


FOUR = Model(
    title="Four moves",
    players={"a": Player("A")},
    parameters={f"x{i}": Parameter(parse("0")) for i in range(4)},
    game={"n": Decision("a", {f"m{i}": Move(f"o{i}") for i in range(4)})},
    outcomes={f"o{i}": {"a": parse(f"x{i}")} for i in range(4)},
    questions=tuple(Question(node="n", move=f"m{i}") for i in range(4)),
)


def question_numbers(model: Any, values: dict[str, float]) -> list[float]:
    from raison.program.world import World
    from raison.solve.questions import ask
    from raison.solve.rounds.played import played as play

    world = World(model.program, chosen={name: jnp.asarray([value]) for name, value in values.items()})
    game = play(world, 1)
    return [
        float(np.asarray(ask(game, world, question).number).ravel()[0]) for question in model.record.questions
    ]


def test_starting_the_tie_break_at_every_move_meets_every_best_move() -> None:
    graph = expand(FOUR, {})
    pays = [1.0, 2.0, 2.0, 2.0]
    found: list[int] = []
    for start in range(4):
        equilibrium = solve(
            graph,
            1,
            lambda s, p: jnp.asarray(pays[int(graph.states[s].name[1])]),
            lambda s: (),
            lambda s: (True,) * 4,
            tie_from=[jnp.int32(start)] * len(graph.states),
        )
        decided = equilibrium.decided[0]
        assert decided is not None
        found.append(int(decided.choice))
    assert found == [1, 1, 2, 3]  # the first best move from the start on, going round


def as_efg(tree: Tree) -> str:
    """The tree in Gambit's text format; payoffs by their shortest decimals, which are the same floats."""
    lines = ['EFG 2 R "tree" { "a" "b" }', '""']
    sets = iter(range(1, 10_000))
    ends = iter(range(1, 10_000))

    def write(part: Tree) -> None:
        if part.payoffs is not None:
            pays = ", ".join(f"{x:.17f}" for x in part.payoffs[:, 0])
            lines.append(f't "" {next(ends)} "{part.name}" {{ {pays} }}')
            return
        labels = [f'"m{i}"' for i in range(len(part.branches))]
        if part.player is None:
            labels = [f"{label} {int(8 * c)}/8" for label, c in zip(labels, part.chances, strict=True)]
            head = f'c "" {next(sets)}'
        else:
            head = f'p "" {part.player + 1} {next(sets)}'
        lines.append(f'{head} "{part.name}" {{ {" ".join(labels)} }} 0')
        for branch in part.branches:
            write(branch)

    write(tree)
    return "\n".join(lines)


def depth(tree: Tree) -> int:
    return 1 + max(map(depth, tree.branches)) if tree.branches else 0


@pytest.mark.skipif(
    importlib.util.find_spec("pygambit") is None, reason="pygambit is not installed (extra peers)"
)
@pytest.mark.parametrize("seed", [1, 2])
def test_values_in_every_subgame_are_among_gambits_equilibria(seed: int) -> None:
    """Subgame perfect is Nash in every subgame: Gambit 17 lists the pure ones of each by brute force."""
    gambit = pytest.importorskip("pygambit")
    tree = random_tree(np.random.default_rng(100 + seed), 3, 1)
    subgames = [node for node in nodes(tree) if depth(node) >= 2]
    assert len(subgames) >= 2
    for subgame in subgames:
        _, found = solved(as_model(subgame), points(subgame))
        game = gambit.read_efg(io.BytesIO(as_efg(subgame).encode()))
        profiles = gambit.nash.enumpure_agent_solve(game).equilibria
        expected = [tuple(float(profile.payoffs[player]) for player in PLAYERS) for profile in profiles]
        ours = (float(found.value["a"][0]), float(found.value["b"][0]))
        # printed to 1e-17 and mixed by chance in another order: a few roundings of numbers below 5
        assert any(ours == pytest.approx(theirs, rel=0, abs=1e-14) for theirs in expected)
