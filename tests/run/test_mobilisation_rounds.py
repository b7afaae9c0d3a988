"""A mechanism, a process with an exact delay, rival premises and rounds in one file."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import raison

FILE = Path(__file__).parent / "mobilisation-rounds.yaml"


def test_it_checks_without_an_error() -> None:
    model = raison.load(FILE)
    assert {problem.severity for problem in model.problems} <= {"warning"}
    assert "face.noise" not in model.program.coordinates  # overridden, but no formula asks for it


@pytest.mark.slow
def test_it_answers_every_question_over_the_periods_and_the_whole_of_play() -> None:
    record = raison.load(FILE).run(draws=64, seed=1).record
    answers = {question.name: question for question in record.questions}
    assert all(question.failed == 0 for question in record.questions)
    assert len(answers) == 8
    assert record.rounds is not None
    assert len(record.rounds.alive) == 24
    first = next(q for q in record.rounds.questions if q.question == "opening: mobilise")
    assert first.policy is not None
    assert first.once is not None
    assert 0 < answers["pipeline"].mean < 1
    assert math.isfinite(answers["how long"].mean)
    # whoever takes all without training has more men at the front than whoever trains them first
    assert answers["skipping training gives more"].share > 0.8
