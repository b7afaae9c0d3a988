"""Crises with private resolve, in which beliefs depend on what is done, against their closed forms.

The files in `crises/` are in the gallery's manner. They are not in the gallery, because a run of thousands of
draws follows the logit branch in each and takes too long.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import raison
from raison.model import reader

HERE = Path(__file__).parent
FILES = sorted((HERE / "crises").glob("*.yaml"))
VECTORS: list[dict[str, Any]] = json.loads((HERE / "hidden-vectors.json").read_text(encoding="utf-8"))[
    "C3_crisis_audience_opposition"
]
CELL = 1 / 16  # of the types' probability


def points(cases: list[dict[str, Any]]) -> dict[str, list[float]]:
    names = {
        "p": "p_win",
        "a": "audience_cost",
        "kA": "largest_k_challenger",
        "kB": "largest_k_defender",
    }
    return {ours: [case["params"][name] for case in cases] for name, ours in names.items()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_check_has_neither_error_nor_warning(path: Path) -> None:
    assert [str(problem) for problem in reader.read_file(path).problems] == []


def test_a_crisis_with_private_resolve_has_the_closed_form_of_the_continuum() -> None:
    """After Fearon (1994): pooling is not among the vectors; semi-separating twice, no bluff twice."""
    found = raison.load(HERE / "crises" / "crisis-private-resolve.yaml").solve(points(VECTORS))
    assert set(found.status) == {"solved"}
    results = {name: np.array([case["result"][name] for case in VECTORS]) for name in VECTORS[0]["result"]}
    resist = np.asarray(found.probability["reply"]["resist"])
    # each is a sum over cells, of which one is cut where the continuum's threshold runs through it
    np.testing.assert_allclose(found.outcome["war"], results["p_war"], rtol=0, atol=CELL)
    np.testing.assert_allclose(found.outcome["conceded"], results["p_concede"], rtol=0, atol=CELL)
    np.testing.assert_allclose(resist, results["resist"], rtol=0, atol=CELL)
    mixes = np.array([case["result"]["region"] == "semi" for case in VECTORS])
    # where bluffs are mixed, the defender keeps the bluffer indifferent, whatever the cells are
    np.testing.assert_allclose(resist[mixes], 1 / 1.3, rtol=0, atol=1e-6)
