"""Symmetric games sit on bifurcations of the branch of logit equilibria, and say so."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import raison
from raison.show.terminal import make_console, print_run

MODEL = """
raison: 1
title: Which side to drive on
players: {a: One, b: Another}
parameters: {better: {value: "uniform(0, 1)", because: [c]}}
game:
  first: {player: a, moves: {left: second, right: second}}
  second: {player: b, hidden: [first], moves: {left: end, right: end}}
outcomes:
  end:
    a: "1 + (better if first == 'left' else 0) if (first == 'left') == (second == 'left') else 0"
    b: "1 + (better if first == 'left' else 0) if (first == 'left') == (second == 'left') else 0"
questions: [{node: first, move: left}]
claims: {c: {says: x, source: s}}
sources: {s: {title: S}}
"""


@pytest.fixture
def model(tmp_path: Path) -> raison.Model:
    path = tmp_path / "sides.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return raison.load(path)


def test_a_symmetric_game_is_forked_and_another_is_not(model: raison.Model) -> None:
    found = model.solve({"better": [0.0, 0.5]})
    assert list(found.status) == ["solved", "solved"]
    assert found.forked.tolist() == [True, False]
    assert found.probability["first"]["left"] == pytest.approx([0.5, 1.0], abs=1e-9)  # as far as it settles


def test_play_with_errors_is_not_held_against_equilibria_without(model: raison.Model) -> None:
    erring = model.solved_by(concept="logit", precision=4.0)
    with pytest.raises(ValueError, match="players who do not err"):
        erring.solve({"better": [0.5]}).against_gambit()


def test_gambit_is_asked_in_words_where_a_game_is_not_solved_here(model: raison.Model) -> None:
    pytest.importorskip("pygambit")
    first, *lines = model.solve({"better": [0.5]}).by_gambit()
    assert "finds 3 equilibria." in first
    gains = [float(line.rsplit(" ", 1)[1]) for line in lines if "largest gain" in line]
    assert len(gains) == 3
    assert max(gains) < 1e-9
    # both mix so that the other gains as much by 1.5 on the left as by 1 on the right
    assert any("left 0.4" in line for line in lines)


@pytest.mark.slow
def test_a_run_counts_the_draws_whose_branch_forks_and_says_so(model: raison.Model, tmp_path: Path) -> None:
    """Three in ten draws are symmetric: left is no better than right."""
    text = MODEL.replace("uniform(0, 1)", "choice(0, 0.3, 0.5, 0.7)")
    (tmp_path / "some.yaml").write_text(text, encoding="utf-8")
    run = raison.load(tmp_path / "some.yaml").run(draws=1024)
    assert run.record.forked == pytest.approx(0.3, abs=1e-3)  # a Sobol grid
    assert run.record.failed == 0
    said = io.StringIO()
    print_run(make_console(said), run.model.record, run.record)
    told = " ".join(said.getvalue().split())
    assert "30% of the 1,024 draws the branch of logit equilibria passes a bifurcation" in told
    page = run.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "draws the branch of logit equilibria passes a bifurcation" in page
    none = model.run(draws=64)
    assert none.record.forked == 0
    assert "bifurcation" not in none.report(tmp_path / "none.html").read_text(encoding="utf-8")
