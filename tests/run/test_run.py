"""Runs: the same bits however the work is cut, stopped or watched; failed draws; kept draws."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import raison
from raison.model.reader import read_text
from raison.run.block import BLOCK
from raison.run.checkpoint import ResumeError
from raison.run.fold import Fold
from raison.run.run import InterruptedRunError

TEXT = """\
raison: 1
title: Is it worth going?
players: {{walker: The walker}}
parameters:
  gain: {{value: "uniform(-1, 1)", because: [guess]}}
  cost: {{value: "uniform(0, 1)", because: [guess]}}
  mood: {{value: "choice('low', 1, 'high', 3)", because: [guess]}}
quantities:
  worth: {worth}
game:
  start:
    player: walker
    moves: {{go: weather, stay: home}}
  weather:
    cases: {{dry: {{probability: 0.5, then: out}}, wet: {{probability: otherwise, then: out}}}}
outcomes:
  home: {{walker: 0}}
  out: {{walker: "worth - (cost if mood == 'high' else 0)"}}
premises:
  going-costs: {{says: Going costs something., claims: [guess], without: {{cost: 0}}}}
claims:
  guess: {{says: It could be anything., source: nobody}}
sources:
  nobody: {{title: A guess}}
questions:
  - {{name: goes, node: start, move: go}}
  - {{name: goes when low, node: start, move: go, given: mood == 'low'}}
  - {{name: surplus, amount: worth}}
"""


def model(worth="gain"):
    reading = read_text(TEXT.format(worth=worth), "walk.yaml")
    assert reading.model is not None, [str(problem) for problem in reading.problems]
    return raison.Model(reading.model, reading.sha256)


@pytest.fixture(scope="module")
def walk():
    return model()


def bits(fold):
    return {name: array.tobytes() for name, array in fold.to_arrays().items()}


def stopping_after(blocks):
    """A progress callback that is Ctrl-C after some blocks."""

    def progress(done):
        if done >= blocks * BLOCK:
            raise KeyboardInterrupt

    return progress


DRAWS = 3 * BLOCK + 1_000


@pytest.fixture(scope="module")
def whole(walk, tmp_path_factory):
    """A run that nobody disturbed."""
    return walk.run(DRAWS, 5, workers=1, keep=tmp_path_factory.mktemp("whole") / "draws.parquet")


def test_one_and_two_workers_give_the_same_bits(walk, whole):
    assert bits(walk.run(DRAWS, 5, workers=2).fold) == bits(whole.fold)


def test_another_seed_gives_other_numbers(walk, whole):
    assert bits(walk.run(DRAWS, 6).fold) != bits(whole.fold)


def test_seed_zero_is_a_seed_like_any_other(walk):
    assert walk.run(64, 0).record.seed == 0
    assert bits(walk.run(64, 0).fold) != bits(walk.run(64, 1).fold)


@pytest.mark.parametrize("design", ["sobol", "random"])
def test_a_longer_run_begins_with_the_draws_of_a_shorter_one(walk, tmp_path, design):
    short = walk.run(1_000, 3, design=design, removals=(), keep=tmp_path / "short.parquet").frame()
    long = walk.run(BLOCK + 500, 3, design=design, removals=(), keep=tmp_path / "long.parquet").frame()
    assert long.iloc[:1_000].equals(short)


def test_the_share_is_near_the_closed_form(whole):
    # P(gain > cost) = 1/4 where the mood is high (3 in 4), P(gain > 0) = 1/2 where it is low
    goes, low, surplus = whole.verdicts
    assert goes.share == pytest.approx(0.75 * 0.25 + 0.25 * 0.5, abs=5 * goes.standard_error)
    assert low.share == pytest.approx(0.5, abs=5 * low.standard_error)
    assert low.applies == pytest.approx(0.25, abs=0.01)
    assert surplus.mean == pytest.approx(0, abs=5 * surplus.mean_standard_error)
    removed = whole.record.removals[0].changes[0]
    assert removed.value == pytest.approx(0.5, abs=5 * removed.standard_error)


def test_folded_sums_are_those_of_the_kept_draws(whole):
    frame = whole.frame()
    goes, low, surplus = whole.verdicts
    # sums of 50,000 numbers in another order differ by a few roundings of their size
    assert goes.share == pytest.approx(frame["goes"].mean(), rel=1e-12)
    assert low.share == pytest.approx(frame["goes when low"].mean(), rel=1e-12)
    assert surplus.mean == pytest.approx(frame["surplus"].mean(), rel=0, abs=1e-12)
    # the sketch's accuracy
    assert goes.margin.median == pytest.approx(frame["margin: goes"].median(), rel=2e-3)
    assert surplus.quantiles.q95 == pytest.approx(frame["surplus"].quantile(0.95), rel=2e-3)


def test_a_kept_file_has_a_row_for_each_draw_and_a_column_for_each_name(whole):
    frame = whole.frame()
    names = ["draw", "status", "gain", "cost", "mood", "worth"]
    answers = ["goes", "margin: goes", "goes when low", "margin: goes when low", "surplus"]
    assert list(frame.columns) == names + answers
    assert (frame["draw"] == np.arange(DRAWS)).all()
    assert set(frame["status"]) == {"solved"}
    assert set(frame["mood"]) == {"low", "high"}
    worth = frame["gain"] - frame["cost"].where(frame["mood"] == "high", 0)
    assert (frame["goes"] == (worth > 0)).all()
    assert np.allclose(frame["margin: goes"], worth, rtol=0, atol=1e-15)


def test_a_question_that_does_not_apply_to_a_draw_is_null_there(whole):
    frame = whole.frame()
    assert (frame["goes when low"].isna() == (frame["mood"] == "high")).all()


def test_failed_draws_are_counted_and_harm_no_other(tmp_path):
    failing = model("sqrt(gain)").run(BLOCK + 800, 2, keep=tmp_path / "failing.parquet")
    sound = model("sqrt(max(gain, 0))").run(BLOCK + 800, 2, keep=tmp_path / "sound.parquet")
    there, here = failing.frame(), sound.frame()
    failed = there["gain"] < 0
    assert failing.record.failed == pytest.approx(failed.mean(), abs=1e-15)
    assert sum(failure.share for failure in failing.record.failures) == pytest.approx(
        failed.mean(), abs=1e-15
    )
    assert ((there["status"] != "solved") == failed).all()
    assert "worth" in there["status"][failed].iloc[0]
    answers = ["goes", "margin: goes", "goes when low", "surplus"]
    assert there[~failed][answers].equals(here[~failed][answers])
    assert there[failed][answers].isna().all(axis=None)
    assert failing.verdicts[0].share == pytest.approx(here[~failed]["goes"].mean(), rel=1e-12)


def test_a_run_whose_every_draw_fails_says_so_and_gives_no_share():
    record = model("sqrt(gain - 2)").run(64).record
    assert record.failed == 1
    assert record.questions[0].share is None
    assert record.questions[0].interval is None
    json.loads(record.model_dump_json(), parse_constant=pytest.fail)


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_an_interrupted_run_goes_on_to_the_same_bits(walk, whole, tmp_path, stop):
    stored = tmp_path / "walk.partial"
    with pytest.raises(InterruptedRunError, match="of 50,152 draws") as interrupt:
        walk.run(DRAWS, 5, progress=stopping_after(stop), store_at=stored)
    assert interrupt.value.path == stored
    assert interrupt.value.done == stop * BLOCK
    done = []
    resumed = walk.run(DRAWS, 5, resume_from=stored, progress=done.append)
    assert done[0] == min((stop + 1) * BLOCK, DRAWS)  # nothing is solved twice
    assert bits(resumed.fold) == bits(whole.fold)
    assert resumed.record == whole.record


def test_kept_draws_are_the_same_after_an_interruption(walk, whole, tmp_path):
    stored, keep = tmp_path / "walk.partial", tmp_path / "draws.parquet"
    with pytest.raises(InterruptedRunError):
        walk.run(DRAWS, 5, progress=stopping_after(2), store_at=stored, keep=keep)
    assert not keep.exists()
    resumed = walk.run(DRAWS, 5, resume_from=stored, keep=keep)
    assert resumed.frame().equals(whole.frame())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["draws.parquet", "walk.partial"]


def test_an_interruption_while_a_block_is_folded_waits_for_its_end(walk, whole, tmp_path, monkeypatch):
    stored = tmp_path / "walk.partial"
    count, calls = Fold.count, []

    def interrupting(fold, name, term):
        calls.append(name)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
        count(fold, name, term)

    with monkeypatch.context() as patch:
        patch.setattr(Fold, "count", interrupting)
        with pytest.raises(InterruptedRunError):
            walk.run(DRAWS, 5, workers=1, store_at=stored)
    assert len(calls) > 4
    assert bits(walk.run(DRAWS, 5, resume_from=stored).fold) == bits(whole.fold)


def test_an_interruption_before_the_first_block_stores_nothing(walk, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("raison.run.run._fold_next", interrupt)
    with pytest.raises(InterruptedRunError, match="after 0 of") as stopped:
        walk.run(DRAWS, 5, store_at=tmp_path / "walk.partial")
    assert stopped.value.path is None
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def stored(walk, tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "walk.partial"
    with pytest.raises(InterruptedRunError):
        walk.run(DRAWS, 5, progress=stopping_after(1), store_at=path)
    return path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"seed": 6}, r"the seed differs \(5 then, 6 now\)", id="seed"),
        pytest.param({"draws": DRAWS + 1}, "the number of draws differs", id="draws"),
        pytest.param({"design": "random"}, r"the design differs \('sobol' then, 'random' now\)", id="design"),
        pytest.param({"without": ["going-costs"]}, "other premises are removed throughout", id="without"),
        pytest.param({"removals": ()}, "other premises are removed in turn", id="removals"),
    ],
)
def test_a_run_with_other_numbers_is_not_gone_on_with(walk, stored, change, reason):
    with pytest.raises(ResumeError, match=reason):
        walk.run(**{"draws": DRAWS, "seed": 5, **change}, resume_from=stored)


def test_a_run_of_another_text_is_not_gone_on_with(stored):
    with pytest.raises(ResumeError, match="the model file has changed"):
        model("gain + 0").run(DRAWS, 5, resume_from=stored)


def test_a_run_of_another_version_is_not_gone_on_with(walk, stored, monkeypatch):
    monkeypatch.setattr(raison, "__version__", "0.0.9")
    with pytest.raises(ResumeError, match=r"version differs \('0.1.0' then, '0.0.9' now\)"):
        walk.run(DRAWS, 5, resume_from=stored)


@pytest.mark.parametrize(
    "content",
    [pytest.param(None, id="missing"), pytest.param(b"", id="empty"), pytest.param(b"PK\x03\x04", id="cut")],
)
def test_a_file_that_is_no_stored_run_is_refused(walk, tmp_path, content):
    path = tmp_path / "walk.partial"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ResumeError, match=r"start .*without --resume"):
        walk.run(DRAWS, 5, resume_from=path)


def test_draws_that_were_set_aside_by_another_run_are_refused(walk, tmp_path):
    keep, stored = tmp_path / "draws.parquet", tmp_path / "walk.partial"
    with pytest.raises(InterruptedRunError):
        walk.run(DRAWS, 6, progress=stopping_after(2), store_at=stored, keep=keep)
    with pytest.raises(InterruptedRunError):
        walk.run(DRAWS, 5, progress=stopping_after(2), store_at=stored)
    with pytest.raises(ValueError, match="has others"):
        walk.run(DRAWS, 5, resume_from=stored, keep=keep)


def test_draws_that_were_not_kept_from_the_start_are_refused(walk, stored, tmp_path):
    with pytest.raises(FileNotFoundError, match="resume without --keep"):
        walk.run(DRAWS, 5, resume_from=stored, keep=tmp_path / "draws.parquet")


def test_kept_draws_are_overwritten_only_for_the_same_model_or_by_force(walk, tmp_path):
    keep = tmp_path / "draws.parquet"
    keep.write_text("somebody's notes")
    with pytest.raises(FileExistsError, match="--force"):
        walk.run(64, keep=keep)
    assert keep.read_text() == "somebody's notes"
    walk.run(64, keep=keep, force=True)
    walk.run(80, keep=keep)
    assert pq.read_metadata(keep).num_rows == 80
    with pytest.raises(FileExistsError, match="does not keep draws of 'three-step-crisis'"):
        raison.gallery("three-step-crisis").run(64, keep=keep)


def test_a_run_that_was_not_kept_has_no_frame(walk):
    with pytest.raises(ValueError, match="run with keep="):
        walk.run(64).frame()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"draws": 15}, "at least 16 draws.*got 15", id="draws"),
        pytest.param({"seed": -1}, "'seed'.*got -1", id="seed"),
        pytest.param({"design": "grid"}, "one of sobol, latin, random; got 'grid'", id="design"),
        pytest.param({"without": ["nothing"]}, "no premise 'nothing'; it has going-costs", id="premise"),
    ],
)
def test_wrong_arguments_are_refused_in_a_sentence(walk, arguments, message):
    with pytest.raises(ValueError, match=message):
        walk.run(**{"draws": 64, **arguments})


def test_removing_a_premise_throughout_is_the_same_as_removing_it_in_turn(walk, whole):
    without = walk.run(DRAWS, 5, without=["going-costs"])
    turned = whole.record.removals[0].changes[0]
    assert without.verdicts[0].share == turned.value
    assert without.record.removals == ()


def peak(draws):
    """Peak memory of a run in a process of its own, in bytes."""
    code = (
        "import resource, raison;"
        f"raison.gallery('three-step-crisis').run({draws}, removals=());"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(found.stdout) * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_draws():
    assert peak(4_000_000) <= 1.1 * peak(1_000_000)


@pytest.mark.slow
def test_the_cache_of_compiled_programs_changes_only_time(tmp_path):
    code = "import raison; print(raison.gallery('critical-risk').run(64).json())"

    def answer(cache):
        found = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "RAISON_CACHE": cache},
        )
        return found.stdout

    folder = tmp_path / "cache"
    fresh = answer(str(folder))
    entries = [path for path in folder.rglob("*") if path.is_file()]
    assert entries
    for entry in entries:
        Path(entry).write_bytes(b"spoiled")
    assert answer(str(folder)) == fresh
    assert answer("off") == fresh
