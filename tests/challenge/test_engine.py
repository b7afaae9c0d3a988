"""A plan's program asked at points: the run's answers, the solver's answers, and players bound to a move."""

import numpy as np
import pytest

import raison
from raison.challenge.engine import Engine
from raison.program.engine import configure
from raison.run.designs import make_design
from raison.run.plan import make_plan

DRAWS = 5_000  # more than one block, and no multiple of it


def engine(name, **options):
    configure()
    model = raison.gallery(name)
    plan = make_plan(model.record, model.sha256, draws=DRAWS, seed=3, design="sobol", removals=(), **options)
    return model, Engine(plan)


def cube(asked, count=DRAWS):
    return make_design("sobol", max(len(asked.coordinates), 1), 3, DRAWS).points(0, count)


@pytest.fixture(scope="module")
def flagship():
    model, asked = engine("kremlin-2022")
    return model, asked, asked.sample(cube(asked))


@pytest.mark.parametrize("without", [(), ("M01-office-first",)], ids=["whole", "without a premise"])
def test_a_sample_gives_the_run(without):
    model, asked = engine("kremlin-2022", without=without)
    found = asked.sample(cube(asked)).answers
    run = model.run(DRAWS, seed=3, without=without, removals=())
    for row, verdict in zip(found.number, run.verdicts, strict=True):
        expected = verdict.mean if verdict.share is None else verdict.share
        assert np.nanmean(row) == pytest.approx(expected, rel=1e-12)
        assert np.isfinite(row).mean() == pytest.approx(verdict.applies)


def test_points_give_the_solver(flagship):
    model, asked, sample = flagship
    some = {name: row[:7] for name, row in sample.values.items()}
    names = {n: p.value.names for n, p in model.record.parameters.items() if getattr(p.value, "names", ())}
    points = {n: [names[n][int(v)] for v in row] if n in names else row for n, row in some.items()}
    solution = model.solve(points)
    answers = asked.solve(some)
    for player, row in zip(model.record.players, answers.value, strict=True):
        np.testing.assert_allclose(row, solution.value[player], rtol=1e-12, atol=1e-12)
    for (node, move), lead in zip(asked.moves, answers.lead, strict=True):
        played = np.array(solution.choice[node]) == move
        np.testing.assert_allclose(lead[played], solution.margin[node][played], rtol=1e-9, atol=1e-12)
        assert (lead[~played] <= 0).all()


def test_the_centre_is_the_solvers(flagship):
    model, asked, _ = flagship
    there, at = model.solve(), asked.solve({})
    assert at.value.shape == (len(model.record.players), 1)
    np.testing.assert_allclose(at.value[:, 0], [v[0] for v in there.value.values()], rtol=1e-12)


def test_a_player_who_is_bound_makes_the_move_and_the_others_know_it(flagship):
    _, asked, sample = flagship
    for place, move in enumerate(asked.model.game["reply"].moves):
        bound = asked.solve(sample.values, sample.cube, {"reply": place})
        free = asked.solve(sample.values, sample.cube, {"reply": -1})
        np.testing.assert_array_equal(free.number, sample.answers.number)
        lead = sample.answers.lead[asked.moves.index(("reply", move))]
        willing = lead > 0  # bound to what he would do anyway
        np.testing.assert_allclose(bound.value[:, willing], free.value[:, willing], rtol=1e-12, atol=1e-12)
        assert not np.allclose(bound.value[:, ~willing], free.value[:, ~willing])


def test_the_centre_without_a_premise_is_that_of_the_model_without_it():
    _, asked = engine("three-step-crisis", without=("audience-punishes",))
    assert asked.centre == {"p_win": 0.5, "audience_cost": 0.0, "k_challenger": 0.5, "k_defender": 0.5}


def test_no_points_have_no_answers(flagship):
    _, asked, sample = flagship
    assert asked.sample(sample.cube[:, :0]).answers.margin.shape == (len(asked.model.questions), 0)


def test_what_cannot_be_set_is_refused(flagship):
    _, asked, _ = flagship
    with pytest.raises(ValueError, match="'nothing' takes no values here"):
        asked.solve({"nothing": 1.0})
    with pytest.raises(ValueError, match="'opening' takes no commitments here"):
        asked.solve({}, committed={"opening": 0})
