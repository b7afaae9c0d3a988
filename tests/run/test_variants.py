"""Which program solves a model without some of its premises."""

import numpy as np
import pytest

import raison
from raison.run.variants import Variants

CLOTHES = """\
raison: 1
title: Is it worth going?
players: {{walker: The walker}}
parameters:
  luck: "uniform(0, 1)"
  boots: 1
  coat: 1
game:
  start: {{player: walker, moves: {{go: out, stay: home}}}}
outcomes:
  home: {{walker: 0.5}}
  out: {{walker: luck + 0.25 * boots * coat}}
premises:
  has-boots: {{says: He has boots., without: {{boots: {boots}}}}}
  has-coat: {{says: He has a coat., without: {{coat: boots / 2}}}}
questions: [{{node: start, move: go}}]
"""


def model(tmp_path, boots):
    path = tmp_path / "clothes.yaml"
    path.write_text(CLOTHES.format(boots=boots), encoding="utf-8")
    return raison.load(path)


def test_each_program_is_compiled_once(tmp_path):
    found = model(tmp_path, "0.5")
    variants = Variants(found.record, found.sha256)
    assert variants.without(["has-boots"]) is variants.without(["has-boots", "has-coat"]) is variants.whole
    assert variants.blocks == (variants.whole,)


def test_removing_both_is_both_or_an_error_but_never_one(tmp_path):
    """Each can go alone; together they define each other. It was once one of them that went, in silence."""
    fine = model(tmp_path, "0.5").run(4_096, without=["has-boots", "has-coat"], removals=())
    assert fine.verdicts[0].share == pytest.approx(0.5 + 0.25 * 0.5 * 0.25, abs=1e-3)
    circle = model(tmp_path, "coat / 4")
    for premise in ("has-boots", "has-coat"):
        assert np.isfinite(circle.run(64, without=[premise], removals=()).verdicts[0].share)
    with pytest.raises(raison.ModelError):
        circle.run(64, without=["has-boots", "has-coat"], removals=())


def test_more_programs_than_allowed_are_refused(tmp_path):
    circle = model(tmp_path, "coat / 4")
    variants = Variants(circle.record, circle.sha256, most=1)
    with pytest.raises(raison.ModelError, match="more than 1 programs"):
        variants.without(["has-boots", "has-coat"])
    assert variants.refused == {}
