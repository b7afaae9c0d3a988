"""Level by level gives what straight-line code gives, on the same games; and games of thousands of moves."""

import numpy as np
import pytest
from game_trees import as_model, points, random_tree, solved

import raison.solve.levels as levels
from raison.api import Model as Face
from raison.api import gallery
from raison.model.formula import parse
from raison.model.records import Decision, Distribution, Model, Move, Parameter, Player, Question


@pytest.mark.parametrize("whole", [False, True], ids=["generic", "with-ties"])
@pytest.mark.parametrize("seed", range(4))
def test_both_solvers_agree_on_random_trees(seed, whole, monkeypatch):
    """Values copy payoffs and chances are eighths, so the two agree to the last bit, also where moves tie."""
    tree = random_tree(np.random.default_rng(seed), 4, 50, whole)
    model, given = as_model(tree), points(tree)
    _, straight = solved(model, given)
    monkeypatch.setattr(levels, "LARGE", 0)
    _, level = solved(model, given)
    for name in ("value", "margin", "probability", "reached", "outcome"):
        ours, theirs = getattr(level, name), getattr(straight, name)
        assert list(ours) == list(theirs)
        for key in ours:
            np.testing.assert_allclose(ours[key], theirs[key], rtol=0, atol=1e-12, err_msg=f"{name} {key}")
    assert (level.status == straight.status).all()


@pytest.mark.parametrize("name", ["three-step-crisis", "critical-risk", "strike-and-answer"])
def test_a_run_is_the_same_level_by_level(name, monkeypatch):
    """Special functions are compiled alone or with what surrounds them, so the last bits may differ."""
    straight = gallery(name).run(512, 3).record
    monkeypatch.setattr(levels, "LARGE", 0)
    level = gallery(name).run(512, 3).record
    for ours, theirs in zip(level.questions, straight.questions, strict=True):
        assert ours.share == pytest.approx(theirs.share, abs=1e-12)
        assert ours.mean == (None if theirs.mean is None else pytest.approx(theirs.mean, abs=1e-12))
        assert (ours.tied, ours.failed) == (theirs.tied, theirs.failed)
    for ours, theirs in zip(level.removals, straight.removals, strict=True):
        for a, b in zip(ours.changes, theirs.changes, strict=True):
            assert a.value == pytest.approx(b.value, abs=1e-12)


def centipede(moves: int) -> Model:
    """Passing is worth `growth` more to both; taking gives two to the taker (after Rosenthal 1981)."""
    game, outcomes = {}, {}
    for k in range(moves):
        following = f"n{k + 1}" if k + 1 < moves else "end"
        game[f"n{k}"] = Decision("ab"[k % 2], {"pass": Move(following), "take": Move(f"t{k}")})
        gain = (2, 0) if k % 2 == 0 else (0, 2)
        outcomes[f"t{k}"] = {p: parse(f"{k} * growth + {g}") for p, g in zip("ab", gain, strict=True)}
    outcomes["end"] = {p: parse(f"{moves} * growth") for p in "ab"}
    return Model(
        title="Centipede",
        name="centipede",
        players={"a": Player("a"), "b": Player("b")},
        parameters={"growth": Parameter(Distribution("uniform", (parse("0"), parse("4"))))},
        game=game,
        outcomes=outcomes,
        questions=(Question(node="n0", move="pass"),),
    )


def test_a_centipede_of_a_thousand_moves_unravels():
    """The last mover takes if and only if growth < 2, and then so does everyone before."""
    face = Face(centipede(1_000), "centipede of the level test")
    solution = face.solve({"growth": [0.5, 1.9, 2.1]})
    assert solution.choice["n0"] == ["take", "take", "pass"]
    assert solution.outcome["t0"].tolist() == [1, 1, 0]
    assert solution.value["a"].tolist() == [2, 2, 2.1 * 1_000]
    assert (solution.largest_gain() <= 1e-9).all()
    # growth is uniform on [0, 4], and a Sobol net puts exactly half of each replicate's points below 2
    assert face.run(256, 1).verdicts[0].share == 0.5
