"""Batches of payoffs and parameters against the point solver, and their independence of how they are cut."""

import numpy as np
import pytest

from raison.api import Model, gallery
from raison.model.reader import read_text
from raison.solve.batch import CHUNK, LARGE_CHUNK, BatchSolution, compile_parameters, compile_payoffs


def uniform_points(model: Model, names: tuple[str, ...], count: int) -> np.ndarray:
    """Any values within the ranges of uniform distributions."""
    random = np.random.default_rng(7)
    rows = []
    for name in names:
        low, high = (float(argument.text) for argument in model.record.parameters[name].value.arguments)
        rows.append(random.uniform(low, high, count))
    return np.array(rows)


def same_bits(one: BatchSolution, other: BatchSolution) -> bool:
    pairs = zip(
        (*one.choice, *one.margin, *one.value, one.status),
        (*other.choice, *other.margin, *other.value, other.status),
        strict=True,
    )
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in pairs)


def joined(parts: list[BatchSolution]) -> BatchSolution:
    return BatchSolution(
        *(
            tuple(np.concatenate(arrays) for arrays in zip(*field, strict=True))
            if isinstance(field[0], tuple)
            else np.concatenate(field)
            for field in zip(*parts, strict=True)
        )
    )


@pytest.mark.parametrize("name", ["three-step-crisis", "strike-and-answer", "face"])
def test_parameters_in_a_batch_give_what_the_point_solver_gives(name):
    model = gallery(name)
    solver = compile_parameters(model.program)
    points = uniform_points(model, solver.rows, 300)
    batch = solver(points)
    solution = model.solve(dict(zip(solver.rows, points, strict=True)))
    states = model.program.graph.states
    for position, state in enumerate(solver.decisions):
        node, labels = states[state].name, states[state].labels
        assert [labels[index] for index in batch.choice[position]] == solution.choice[node]
        # the same operations, fused otherwise: each may round once more or less
        np.testing.assert_allclose(batch.margin[position], solution.margin[node], rtol=0, atol=1e-13)
    for value, player in zip(batch.value, model.record.players, strict=True):
        np.testing.assert_allclose(value, solution.value[player], rtol=0, atol=1e-13)
    assert [solver.reasons[index] for index in batch.status] == solution.status


def test_payoffs_in_a_batch_give_what_recursion_gives():
    """Multiples of 1/64 make differences exact, so ties are ties and nothing needs a tolerance."""
    graph = gallery("three-step-crisis").program.graph
    payoffs = np.random.default_rng(3).integers(-3, 4, (4, 2, 500)) / 64
    solver = compile_payoffs(graph, 2)
    batch = solver(payoffs)
    for draw in range(500):
        value, tied = {}, False
        for s in reversed(range(len(graph.states))):
            state = graph.states[s]
            if s in graph.outcomes:
                value[s] = payoffs[graph.outcomes.index(s), :, draw]
                continue
            found = [value[child][state.mover] for child in state.children]
            best = max(found)
            pick = found.index(best)
            value[s] = value[state.children[pick]]
            position = solver.decisions.index(s)
            assert batch.choice[position][draw] == pick
            assert batch.margin[position][draw] == best - max(v for i, v in enumerate(found) if i != pick)
            tied |= found.count(best) > 1
        assert [v[draw] for v in batch.value] == list(value[0])
        assert batch.tied[draw] == tied
    assert batch.tied.any()
    assert not batch.status.any()


@pytest.mark.parametrize("cut", [1, 7, 64, 1_001, 2_999])
def test_payoffs_have_the_same_bits_however_they_are_cut(cut):
    solver = compile_payoffs(gallery("three-step-crisis").program.graph, 2)
    payoffs = np.random.default_rng(5).normal(size=(4, 2, 3_000))
    parts = [payoffs[..., :cut], payoffs[..., cut:]]
    assert same_bits(solver(payoffs), joined([solver(part) for part in parts]))


@pytest.mark.parametrize("cut", [1, 13, 8_192, CHUNK])
def test_parameters_have_the_same_bits_however_they_are_cut(cut):
    model = gallery("face")
    solver = compile_parameters(model.program)
    points = uniform_points(model, solver.rows, CHUNK + 1_234)  # one chunk and part of another
    parts = [points[:, :cut], points[:, cut:]]
    assert same_bits(solver(points), joined([solver(part) for part in parts]))


def test_a_payoff_that_is_not_finite_is_marked_and_harms_no_other_draw():
    solver = compile_payoffs(gallery("three-step-crisis").program.graph, 2)
    payoffs = np.random.default_rng(9).normal(size=(4, 2, 90))
    spoiled = payoffs.copy()
    bad = {4: np.nan, 20: np.inf, 61: -np.inf}
    for place, (draw, number) in enumerate(bad.items()):
        spoiled[place, place % 2, draw] = number
    clean, found = solver(payoffs), solver(spoiled)
    assert np.flatnonzero(found.status).tolist() == list(bad)
    assert "not finite" in solver.reasons[1]
    kept = found.status == 0
    for one, other in zip((*clean.margin, *clean.value), (*found.margin, *found.value), strict=True):
        np.testing.assert_array_equal(one[kept], other[kept])


def test_parameters_that_are_not_named_have_their_central_value():
    model = gallery("three-step-crisis")
    solver = compile_parameters(model.program, ["p_win"])
    chances = np.linspace(0.1, 0.9, 9)
    solution = model.solve({"p_win": chances})
    np.testing.assert_array_equal(solver(chances[None]).value[0], solution.value["challenger"])


GAME_WITH_CHANCE = """
raison: 1
title: Is the gamble taken?
players: {one: One}
parameters: {p: "uniform(0, 1)"}
game:
  opening: {player: one, moves: {gamble: toss, keep: kept}}
  toss: {cases: {heads: {probability: p, then: won}, tails: {probability: otherwise, then: lost}}}
outcomes: {kept: {one: 0.25}, won: {one: 1}, lost: {one: 0}}
questions: [{node: opening, move: gamble}]
"""


def test_payoffs_alone_do_not_solve_a_game_with_chance():
    model = Model.of(read_text(GAME_WITH_CHANCE, "gamble").model)
    with pytest.raises(ValueError, match="'toss' is a chance node; use compile_parameters"):
        compile_payoffs(model.program.graph, 1)
    solved = compile_parameters(model.program)(np.array([[0.2, 0.3]]))
    assert solved.choice[0].tolist() == [1, 0]
    np.testing.assert_array_equal(solved.value[0], [0.25, 0.3])


@pytest.mark.parametrize(
    ("numbers", "error", "says"),
    [
        pytest.param(np.zeros((4, 2, 3), np.float32), TypeError, "float64", id="single-precision"),
        pytest.param(np.zeros((3, 2, 3)), ValueError, r"\[4, 2, B\].*got \[3, 2, 3\]", id="too-few-outcomes"),
        pytest.param(np.zeros((4, 2)), ValueError, r"\[4, 2, B\]", id="no-batch-axis"),
        pytest.param(np.zeros((4, 2, 0)), ValueError, "at least 1", id="no-draw"),
    ],
)
def test_refuses_numbers_that_it_cannot_solve(numbers, error, says):
    solver = compile_payoffs(gallery("three-step-crisis").program.graph, 2)
    with pytest.raises(error, match=says):
        solver(numbers)


def test_names_a_parameter_that_is_not_there():
    program = gallery("three-step-crisis").program
    with pytest.raises(KeyError, match="no parameter 'p_lose'"):
        compile_parameters(program, ["p_lose"])
    with pytest.raises(ValueError, match="at least one parameter"):
        compile_parameters(program, [])


def test_a_large_game_gives_what_recursion_gives_in_every_chunk():
    """A centipede of 250 moves is solved level by level; payoffs are multiples of 1/64, so all is exact."""
    steps, draws = 250, LARGE_CHUNK + 3
    after = [*(f"n{i}" for i in range(1, steps)), "end"]
    lines = [
        f"  n{i}: {{player: {'ab'[i % 2]}, moves: {{on: {then}, stop: s{i}}}}}"
        for i, then in enumerate(after)
    ]
    ends = [f"  {end}: {{a: x, b: x}}" for end in (*(f"s{i}" for i in range(steps)), "end")]
    text = "\n".join(
        [
            "raison: 1\ntitle: Who stops?\nplayers: {a: A, b: B}\nparameters: {x: 'uniform(0, 1)'}\ngame:",
            *lines,
            "outcomes:",
            *ends,
            "questions: [{node: n0, move: on}]",
        ]
    )
    graph = Model.of(read_text(text, "centipede").model).program.graph
    payoffs = np.random.default_rng(11).integers(-64, 65, (steps + 1, 2, draws)) / 64
    solver = compile_payoffs(graph, 2)
    batch = solver(payoffs)
    named = {graph.states[s].name: payoffs[row] for row, s in enumerate(graph.outcomes)}
    value = named["end"]
    position = {graph.states[s].name: place for place, s in enumerate(solver.decisions)}
    for i in reversed(range(steps)):
        stop = named[f"s{i}"]
        stops = stop[i % 2] > value[i % 2]
        np.testing.assert_array_equal(batch.choice[position[f"n{i}"]], stops)
        np.testing.assert_array_equal(batch.margin[position[f"n{i}"]], abs(stop[i % 2] - value[i % 2]))
        value = np.where(stops, stop, value)
    np.testing.assert_array_equal(np.array(batch.value), value)
    assert not batch.status.any()
