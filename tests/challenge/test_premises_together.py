"""Subsets of a model's premises through the engine: a model done by hand, runs, failures, structure."""

import numpy as np
import pytest

import raison
from raison.challenge import premises as module
from raison.challenge.methods.coalitions import masks_of, rows_of
from raison.challenge.premises import Subsets, challenge_premises
from raison.model.reader import read_text
from raison.run import block

HAND = """\
raison: 1
title: Is it worth going?
players: {{walker: The walker}}
parameters:
  luck: {{value: "uniform(0, 1)", because: [guess]}}
  boots: {{value: 1, because: [guess]}}
  coat: {{value: 1, because: [guess]}}
game:
  start:
    player: walker
    moves: {{go: out, stay: home}}
outcomes:
  home: {{walker: 0.5}}
  out: {{walker: "luck + {gain}"}}
premises:
  has-boots: {{says: The walker has boots., claims: [guess], without: {{boots: 0}}}}
  has-coat: {{says: The walker has a coat., claims: [guess], without: {{coat: {coat}}}}}
claims:
  guess: {{says: It could be anything., source: nobody}}
sources:
  nobody: {{title: A guess}}
questions:
  - {{name: goes, node: start, move: go}}
  - {{name: lucky, amount: luck, given: boots == 0}}
"""

ROUTE = """\
raison: 1
title: Is it worth going by this road?
players: {walker: The walker}
parameters:
  gain: {value: "uniform(0, 1)", because: [guess]}
  cost: {value: "uniform(0, 1)", because: [guess]}
game:
  start:
    player: walker
    moves: {go: weather, stay: home}
  weather:
    cases: {dry: {probability: 0.5, then: out}, wet: {probability: otherwise, then: soaked}}
outcomes:
  home: {walker: 0}
  out: {walker: gain - cost}
  soaked: {walker: gain - 2 * cost}
premises:
  rain-hurts:
    says: Rain makes it worse.
    claims: [guess]
    without: {game.weather.cases.wet.then: out}
  costs: {says: Going costs something., claims: [guess], without: {cost: "uniform(0, 0.25)"}}
  pays: {says: Going pays., claims: [guess], without: {gain: gain / 2}}
claims:
  guess: {says: It could be anything., source: nobody}
sources:
  nobody: {title: A guess}
questions:
  - {name: goes, node: start, move: go}
  - {name: gets wet, event: outcome == 'soaked', given: start == 'go'}
"""


def read(text):
    reading = read_text(text, "walk.yaml")
    assert reading.model is not None, [str(problem) for problem in reading.problems]
    return raison.Model(reading.model, reading.sha256)


def challenge(model, seed=0, **options):
    return challenge_premises(model.record, model.sha256, seed, **options)


def subsets_of(model, premises=None, without=(), draws=4_096, seed=0, workers=None):
    premises = tuple(model.record.premises) if premises is None else premises
    return Subsets(model.record, model.sha256, premises, without, seed, draws, workers)


@pytest.mark.parametrize(
    ("gain", "worths", "shares", "interaction", "kind"),
    [
        # goes if luck > 1/2 - gain: shares of draws by what holds (none, boots, coat, both)
        pytest.param(
            "0.25 * boots * coat", (0.5, 0.5, 0.5, 0.75), (0.125, 0.125), 0.25, "together", id="and"
        ),
        pytest.param(
            "0.25 * max(boots, coat)", (0.5, 0.75, 0.75, 0.75), (0.125, 0.125), -0.25, "either", id="or"
        ),
        pytest.param(
            "0.25 * boots + 0.125 * coat", (0.5, 0.75, 0.625, 0.875), (0.25, 0.125), 0, None, id="sum"
        ),
        pytest.param(
            "0.25 * boots - 0.25 * coat", (0.5, 0.75, 0.25, 0.5), (0.25, -0.25), 0, None, id="against"
        ),
    ],
)
def test_two_premises_by_hand(gain, worths, shares, interaction, kind):
    found = challenge(read(HAND.format(gain=gain, coat=0)), questions=[0])
    goes = found.conclusions[0]
    # 256 points of each scrambling fill 256 intervals evenly, so quarters and eighths are met exactly
    np.testing.assert_allclose(goes.table.verdict[::-1], worths, atol=1e-12)
    np.testing.assert_allclose(goes.attribution.shapley.value, shares, atol=1e-12)
    assert goes.attribution.interaction.value[0, 1] == pytest.approx(interaction, abs=1e-12)
    assert [pair.kind for pair in goes.pairs] == ([] if kind is None else [kind])
    assert found.premises == ("has-boots", "has-coat")
    assert found.draws == 4_096
    assert found.subsets == 4
    assert goes.error == 0


def test_what_overturns_two_premises_by_hand():
    model = read(HAND.format(gain="0.25 * max(boots, coat)", coat=0))
    found = challenge(model, questions=[0], thresholds=[0.6])
    sets = found.conclusions[0].overturned.sets
    assert [(one.premises, one.verdict, one.is_sure) for one in sets] == [((0, 1), 0.5, True)]
    assert found.conclusions[0].overturned.holds


def test_a_question_that_never_applies_without_some_premises_has_no_verdict_there():
    model = read(HAND.format(gain="0.25 * boots * coat", coat=0))
    lucky = challenge(model).conclusions[1]
    assert np.isnan(lucky.table.verdict[[0, 2]]).all()  # its `given` needs boots gone
    assert lucky.table.verdict[[1, 3]] == pytest.approx(0.5, abs=1e-3)
    assert np.isnan(lucky.attribution.shapley.value).all()


def test_failing_draws_are_counted_and_told_with_their_subset():
    # without the coat: the root of luck - 1/4, which a quarter of the draws do not have
    model = read(HAND.format(gain="0.25 * sqrt(coat)", coat='"luck - 0.25"'))
    found = challenge(model, questions=[0])
    assert set(found.failing) == {("has-coat",), ("has-boots", "has-coat")}
    assert list(found.failing.values()) == pytest.approx([0.25, 0.25], abs=1e-12)
    run = model.run(4_096, 0, without=["has-coat"], removals=())
    assert run.verdicts[0].failed == pytest.approx(0.25, abs=1e-12)
    assert found.conclusions[0].table.verdict[2] == pytest.approx(run.verdicts[0].share, abs=1e-12)


# --- the same as a run ---


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("draws", [4_096, 5_000], ids=["whole blocks", "a last block not full"])
def test_verdicts_of_subsets_are_those_of_runs_without_them(draws):
    model = read(ROUTE)
    subsets = subsets_of(model, draws=draws)
    rows = rows_of(np.arange(8), 3)
    for q in range(2):
        shares, replicates = subsets.verdicts(q)(rows)
        for mask in range(8):
            run = model.run(draws, 0, without=subsets.named(mask), removals=())
            assert shares[mask] == pytest.approx(run.verdicts[q].share, abs=1e-12), subsets.named(mask)
            error = replicates[mask].std(ddof=1) / 4
            if run.verdicts[q].interval.method == "replicates":
                assert error == pytest.approx(run.verdicts[q].standard_error, abs=1e-12)


@pytest.mark.minutes
def test_the_flagships_subsets_are_those_of_its_runs():
    model = raison.gallery("kremlin-2022")
    subsets = subsets_of(model, seed=3)
    sets = [(), ("directions",), model.record.sets["neutrality"].premises, tuple(model.record.premises)]
    rows = np.array([[premise in gone for premise in subsets.premises] for gone in sets])
    run = model.run(4_096, 3, removals=[gone for gone in sets if gone])
    for q in (0, 5, 11):
        shares, _ = subsets.verdicts(q)(rows)
        changes = [removal.changes[q].value for removal in run.record.removals]
        expected = [run.verdicts[q].share, *changes]
        np.testing.assert_allclose(shares, np.array(expected, float), atol=1e-12)


def test_games_with_hidden_information_have_subsets_too():
    model = raison.gallery("private-floor")
    premises = tuple(model.record.premises)[:1]
    shares, _ = subsets_of(model, premises=premises, draws=64).verdicts(0)(np.array([[False], [True]]))
    for gone, share in zip(((), premises), shares, strict=True):
        verdict = model.run(64, 0, without=gone, removals=()).verdicts[0]
        assert share == pytest.approx(verdict.mean if verdict.share is None else verdict.share, abs=1e-9)


def test_games_that_are_solved_step_by_step_have_subsets_too(monkeypatch):
    rows = rows_of(np.arange(8), 3)
    compiled = subsets_of(read(ROUTE), draws=100).sums(rows)
    monkeypatch.setattr(block, "is_large", lambda graph: True)
    for part, same in zip(compiled, subsets_of(read(ROUTE), draws=100).sums(rows), strict=True):
        np.testing.assert_allclose(part, same, rtol=1e-12)


def test_premises_removed_throughout_are_gone_from_every_subset():
    model = read(ROUTE)
    found = challenge(model, without=["costs"], questions=[0], most_draws=4_096)
    assert found.premises == ("rain-hurts", "pays")
    expected = [
        model.run(4_096, 0, without=["costs", *gone], removals=()).verdicts[0].share
        for gone in ((), ("rain-hurts",), ("pays",), ("rain-hurts", "pays"))
    ]
    np.testing.assert_allclose(found.conclusions[0].table.verdict, expected, atol=1e-12)


def test_the_numbers_do_not_depend_on_workers_or_on_what_was_asked_before():
    model = read(ROUTE)
    rows = rows_of(np.arange(8), 3)
    whole = subsets_of(model, workers=1).sums(rows)
    other = subsets_of(model, workers=3)
    other.sums(rows[[5, 2]])
    for part, same in zip(whole, other.sums(rows), strict=True):
        np.testing.assert_array_equal(part, same)
    assert other.solved == 8
    assert sorted(masks_of(other.rows())) == list(range(8))


# --- how many draws ---


def test_draws_are_doubled_until_the_error_is_met_or_most_are_taken():
    model = read(ROUTE)
    loose = challenge(model, error=0.05)
    tight = challenge(model, error=1e-6, most_draws=20_000)
    met = challenge(model, error=0.0008, most_draws=1 << 17)
    assert loose.draws == 4_096
    assert tight.draws == 20_000
    assert met.draws > 4_096
    errors = met.conclusions[0].table.error
    assert np.sqrt((errors**2).mean()) < 1.5 * 0.0008  # an error from 16 replicates is good to a fifth


# --- structure ---


def test_too_many_structural_premises_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_PROGRAMS", 1)
    with pytest.raises(ValueError, match=r"1 of the challenged premises .*\(rain-hurts\); 1 programs"):
        challenge(read(ROUTE))


def test_premises_that_cannot_go_together_leave_no_model_there():
    # each removal is a model; both together leave a cycle of definitions
    text = HAND.format(gain="0.25 * boots * coat", coat="boots").replace("{boots: 0}", "{boots: coat}")
    model = read(text)
    found = challenge(model, questions=[0])
    table = found.conclusions[0].table
    assert np.isfinite(table.verdict[:3]).all()
    assert np.isnan(table.verdict[3])
    assert list(found.refused) == [("has-boots", "has-coat")]
    assert found.failing == {("has-boots", "has-coat"): 1.0}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"premises": ["has-hat"]}, "no premise 'has-hat'; it has has-boots, has-coat"),
        ({"premises": ["has-coat", "has-coat"]}, "challenged once"),
        ({"premises": ["has-coat"], "without": ["has-coat"]}, "removed throughout"),
        ({"premises": []}, "1 to 62 premises"),
    ],
    ids=["unknown", "twice", "removed", "none"],
)
def test_premises_that_cannot_be_challenged_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        challenge(read(HAND.format(gain="0.25 * boots * coat", coat=0)), **options)


# --- beyond twelve ---


def test_beyond_twelve_premises_orders_are_sampled():
    model = raison.gallery("kremlin-2022")
    premises = tuple(model.record.premises)[:13]
    found = challenge(model, premises=premises, questions=[0], budget=400, most_draws=4_096)
    strike = found.conclusions[0]
    assert strike.table is None
    assert strike.attribution.orders > 0
    difference = strike.attribution.whole.value - strike.attribution.bare.value
    assert strike.attribution.shapley.value.sum() == pytest.approx(difference, abs=1e-12)
    assert strike.overturned.searched >= 2
