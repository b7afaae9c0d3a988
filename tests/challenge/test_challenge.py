"""A challenge of a whole run: its parts belong to the run, are the same each time, and are shown."""

import json
from pathlib import Path

import pytest

import raison
from raison.api import gallery_files
from raison.show.challenged import sections
from raison.show.report import render_report

CRISIS = "three-step-crisis"
FIRST = Path(__file__).parents[2] / "benchmarks" / "models" / "kremlin-2022-to-m15.yaml"
WHOLE = gallery_files()["kremlin-2022"]


@pytest.fixture(
    scope="module", params=[FIRST, pytest.param(WHOLE, marks=pytest.mark.slow)], ids=lambda p: p.stem
)
def challenged(request):
    run = raison.load(request.param).run(2_048, seed=0, removals=())
    return run, run.challenge()


def test_the_plain_setting_is_the_runs_own_answer(challenged):
    run, found = challenged
    assert found.draws == 2_048
    for levers in found.levers:
        assert levers.plain.number == pytest.approx(run.verdicts[0].share, rel=1e-12)
    assert {levers.player for levers in found.levers} == {"strong", "others"}


def test_it_is_the_same_each_time(challenged):
    run, found = challenged
    assert run.challenge() == found
    assert run.model.run(2_048, seed=1, removals=()).challenge() != found


def test_a_flip_is_where_the_solver_changes_its_mind(challenged):
    run, found = challenged
    (tipping,) = found.tipping
    first = tipping.parameters[0]
    flip = first.nearest
    step = 1e-6  # moves tie that differ by rounding
    values = [min(flip.value, flip.last_value) - step, max(flip.value, flip.last_value) + step]
    choice = run.model.solve({first.parameter: values}).choice["opening"]
    below, above = (move == "strike" for move in choice)
    assert (below, above) == (not flip.yes_above, flip.yes_above)
    assert tipping.yes == (run.model.solve().choice["opening"][0] == "strike")


def test_the_range_of_the_share_holds_the_share_and_says_what_overturns_it(challenged):
    run, found = challenged
    (robust,) = found.robustness
    assert robust.number == pytest.approx(run.verdicts[0].share, rel=1e-12)
    assert all(b.low < robust.number < b.high for b in robust.bounds)
    overturned = [b.high >= 0.5 for b in robust.bounds]
    assert overturned == [b.radius >= robust.overturned_at for b in robust.bounds]
    assert any(overturned)
    assert not all(overturned)


def test_the_nearest_flip_of_the_crisis_is_known():
    """Where the defender fights, challenging pays if p > k; both are 1/2 at the centre."""
    found = raison.gallery(CRISIS).run(256, seed=0).challenge(thorough=True)
    (tipping,) = found.tipping
    assert tipping.nearest.stands
    assert tipping.nearest.distance == pytest.approx(0.0, abs=1e-6)
    assert tipping.nearest.at_medians
    assert (tipping.yes, tipping.margin, tipping.on_boundary) == (True, 0.0, True)
    flips = {f.parameter: f.nearest for f in tipping.parameters if f.nearest}
    assert {name: (flip.value, flip.kind) for name, flip in flips.items()} == {
        "p_win": (pytest.approx(0.5, abs=1e-15), "root"),
        "k_challenger": (pytest.approx(0.5, abs=1e-15), "root"),
    }
    shown = " ".join(s for part in sections(raison.gallery(CRISIS).record, found) for s in part.sentences)
    assert "the centre lies on the boundary" in shown
    assert "medians of all parameters lie on the boundary" in shown
    assert "p_win below k_challenger = 0.5" in shown


def test_a_question_that_is_not_there_is_refused(challenged):
    with pytest.raises(ValueError, match="questions 0 to"):
        challenged[0].challenge([99])


def test_the_report_has_a_section_each_with_a_picture(challenged):
    run, found = challenged
    page = render_report(run.model.record, run.record, found)
    parts = sections(run.model.record, found)
    assert [part.anchor for part in parts] == [
        "where",
        "tipping",
        "levers-0",
        "levers-1",
        "sensitivity-margin",
        "sensitivity-number",
        "information",
        "robustness",
        "robustness-parameters",
    ]
    for part in parts:
        assert part.picture is not None
        assert f'id="{part.anchor}"' in page
        assert part.picture in page
    assert "challenged" not in render_report(run.model.record, run.record)


def test_json_has_the_same(challenged):
    run, found = challenged
    data = json.loads(run.json(found))
    assert data["challenge"] == found.model_dump(mode="json")
    assert data["questions"] == json.loads(run.json())["questions"]


def test_the_centre_of_a_choice_is_its_heaviest_value(tmp_path):
    """`kind` is b in the draws from 0.2 to 0.9: the centre; only c, above 0.9, makes it pay."""
    path = tmp_path / "kinds.yaml"
    path.write_text(
        """\
raison: 1
title: One of three
players: {a: A}
parameters:
  kind: "choice('a', 2, 'b', 7, 'c', 1)"
  gain: "uniform(0, 1)"
game: {opening: {player: a, moves: {go: out, stay: home}}}
outcomes:
  home: {a: 0}
  out: {a: "2 * gain if kind == 'c' else gain - 0.75"}
questions: [{node: opening, move: go}]
""",
        encoding="utf-8",
    )
    (tipping,) = raison.load(path).run(4_096, seed=0, removals=()).challenge().tipping
    found = {flipping.parameter: flipping for flipping in tipping.parameters}
    assert tipping.yes is False
    assert not tipping.on_boundary
    kind, gain = found["kind"], found["gain"]
    assert (kind.centre, gain.centre) == ("b", 0.5)
    assert kind.centre_share == pytest.approx(0.55, abs=1e-3)
    assert (kind.nearest.last_value, kind.nearest.value) == ("b", "c")
    assert kind.share_between == pytest.approx(0.35, abs=1e-3)
    assert gain.nearest.value == pytest.approx(0.75, abs=1e-9)
    assert [f.parameter for f in tipping.parameters] == ["gain", "kind"]
