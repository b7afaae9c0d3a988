"""What every model of the gallery must pass; a new file is found and tested by itself.

Golden verdicts are in `golden/<name>.json`. Rewrite them after an intended change, then read the difference::

    RAISON_REWRITE_GOLDEN=1 python -m pytest tests/gallery/test_battery.py
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import raison
from raison.model import reader, writer
from raison.model.records import Decision, Distribution, solved_by
from raison.program.world import World
from raison.run.block import rounds_cells
from raison.solve.game import is_settled
from raison.solve.points import coded_points
from raison.solve.regret import largest_gain

GALLERY = Path(raison.__file__).parent / "gallery"
GOLDEN = Path(__file__).parent / "golden"
DOCS = Path(__file__).parents[2] / "docs" / "gallery.md"
FILES = sorted(GALLERY.glob("*/*.yaml"))
MECHANISMS = sorted((GALLERY.parent / "mechanisms").glob("*.yaml"))

# Golden answers come from the same draws bit for bit. Between machines the compiled code may differ in the
# last digits, which moves a mean by rounding only and a share not at all, since no draw lies within rounding
# of a threshold; ties, which do, are counted as ties.
GOLDEN_TOLERANCE = 1e-9

SLOW = {
    "attrition-with-audience-costs",
    "brinkmanship-private",
    "crisis-private-resolve",
    "crisis-with-opposition",
    "kremlin-2022-monthly",
    "standoff-with-opposition",
}
"""Models that are followed along a branch of many unknowns, or played on a large grid: slow to solve."""

every_model = pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem in SLOW)) for path in FILES],
)


@cache
def small_run(path: Path) -> Any:
    model = raison.load(path)
    # a game whose beliefs depend on what is done is followed along a branch in every draw, which takes long
    program = model.program
    draws = 4096 if is_settled(program) else 64
    is_long = program.model.rounds is not None and rounds_cells(program) > 5_000
    return model.run(draws=min(draws, 256) if is_long else draws, seed=1)


def the_model(path: Path) -> Any:
    reading = reader.read_file(path)
    assert reading.model is not None
    return reading.model


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in (*FILES, *MECHANISMS)])
def test_check_has_neither_error_nor_warning(path: Path) -> None:
    """As text of nobody's, since what ships is trusted with its units and time steps afterwards."""
    assert [str(problem) for problem in reader.read_text(path.read_text("utf-8"), path.name).problems] == []


@every_model
def test_read_from_its_file_it_has_no_problem_either(path: Path) -> None:
    assert reader.read_file(path).problems == ()


@every_model
def test_the_file_says_exact_or_stylised_first(path: Path) -> None:
    about = the_model(path).about
    assert about is not None
    assert about.startswith(("EXACT", "STYLISED"))


@every_model
def test_the_folder_is_a_citation_that_the_file_backs(path: Path) -> None:
    """A source of the same name as the folder, unless the model is the project's own or cites its threads."""
    sources = the_model(path).sources
    assert sources
    assert path.parent.name in sources or path.parent.name.startswith(("raison", "threads"))


@every_model
def test_written_and_read_again_it_is_equal(path: Path) -> None:
    model = the_model(path)
    again = reader.read_text(writer.write(model), path.name)
    assert again.model == model


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.minutes] * (path.stem in SLOW)) for path in FILES],
)
def test_it_solves_at_its_central_point(path: Path) -> None:
    solution = raison.load(path).solve({})
    assert set(solution.status) == {"solved"}


@every_model
def test_a_run_gives_finite_shares_between_those_of_all_and_of_some_equilibria(path: Path) -> None:
    run = small_run(path)
    assert len(run.verdicts) == len(the_model(path).questions)
    for verdict in run.verdicts:
        assert verdict.failed == 0
        if verdict.kind == "amount" and verdict.above is None:
            assert math.isfinite(verdict.mean)
            continue
        assert math.isfinite(verdict.share)
        if verdict.all_equilibria is None:
            program = raison.load(path).program
            assert not is_settled(program) or program.model.rounds is not None
            assert verdict.equilibria_reason
            continue
        # sums of 4096 shares in another order: far below 1e-12
        assert -1e-12 <= verdict.all_equilibria <= verdict.share + 1e-12
        assert verdict.share <= verdict.some_equilibrium + 1e-12 <= 1 + 2e-12


@every_model
def test_it_stays_solvable_without_each_of_its_premises(path: Path) -> None:
    model, run = the_model(path), small_run(path)
    removed = {removal.premises[0]: removal for removal in run.record.removals if len(removal.premises) == 1}
    assert set(model.premises) <= set(removed)
    assert model.premises, "a model without a premise argues nothing"
    for removal in removed.values():
        for change in removal.changes:
            assert change.failed == 0, removal.premises
            assert change.value is not None, removal.premises
            assert math.isfinite(change.value), removal.premises


@every_model
def test_every_premise_moves_some_answer(path: Path) -> None:
    """A premise on which no answer hinges, not even a little, is decoration."""
    for removal in small_run(path).record.removals:
        assert any(change.difference != 0 for change in removal.changes), removal.premises


def drawn(path: Path, count: int) -> tuple[Any, dict[str, Any]]:
    """The model, and `count` independent draws of its uncertain parameters."""
    model = raison.load(path)
    program = model.program
    cube = np.random.default_rng(29).uniform(size=(len(program.coordinates), count))
    values = jax.jit(lambda points: World(program, cube=points).values(count))(cube)
    found: dict[str, Any] = {}
    for name, parameter in model.record.parameters.items():
        if isinstance(parameter.value, Distribution) and not parameter.is_private:
            names = parameter.value.names
            values_here = np.asarray(values[name])
            found[name] = [names[int(code)] for code in values_here] if names else values_here
    return model, found


def available(program: Any, points: dict[str, Any], count: int) -> list[Any]:
    """Per state of the game, whether each move is available, `[moves, count]`; None if it is no decision."""

    def evaluate(chosen: dict[str, Any]) -> list[Any]:
        world = World(program, chosen=chosen)
        return [
            jnp.stack(
                [jnp.broadcast_to(jnp.asarray(a), (count,)) for a in world.available(s.name, s.results)]
            )
            if isinstance(program.model.game.get(s.name), Decision)
            else None
            for s in program.graph.states
        ]

    coded, _ = coded_points(program.model, points)
    return [None if rows is None else np.asarray(rows) for rows in jax.jit(evaluate)(coded)]


@every_model
def test_nobody_gains_by_deviating_from_the_solution(path: Path) -> None:
    """The independent checker, at drawn points: gains relative to the payoff range."""
    followed = not is_settled(raison.load(path).program)
    in_rounds = the_model(path).rounds is not None
    model, points = drawn(path, 64 if followed or in_rounds else 1000)
    solution = model.solve(points)
    solved = np.array([status == "solved" for status in solution.status])
    # a branch that is followed may be lost, which is reported; a recursion cannot fail
    assert solved.mean() >= (0.99 if followed else 1.0)
    graph = model.program.graph
    if graph is None:
        pytest.skip("a model without a game has nobody to deviate")
    if solved_by(model.record) in ("logit", "strategic-choice"):
        pytest.skip("players who err gain by not erring")
    if model.program.form is not None or in_rounds:
        gain = solution.largest_gain()[solved]
    else:
        allowed = available(model.program, points, 1000)
        gain = largest_gain(graph, solution.points.payoffs, solution.points.played, allowed)
    # moves within 1e-9 of the range tie, and the first of them is played: so much may be left to gain
    assert gain.max() <= 1e-9


def answers(run: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is kept of a run: each question's number as it is, and without each premise."""
    for position, verdict in enumerate(run.verdicts):
        amount = verdict.kind == "amount" and verdict.above is None
        record = {"mean": verdict.mean} if amount else {"share": verdict.share, "reached": verdict.reached}
        record["all"], record["some"] = verdict.all_equilibria, verdict.some_equilibrium
        record["without"] = {
            " + ".join(removal.premises): removal.changes[position].value for removal in run.record.removals
        }
        yield verdict.name, record


def differences(found: Any, kept: Any, where: str = "") -> Iterator[str]:
    """Every place at which two records differ."""
    if isinstance(found, dict) and isinstance(kept, dict):
        for key in [*kept, *(key for key in found if key not in kept)]:
            if key in found and key in kept:
                yield from differences(found[key], kept[key], f"{where} / {key}")
            else:
                yield f"{where} / {key}: only in the {'golden file' if key in kept else 'run'}"
    elif found is None or kept is None:
        if found is not kept:
            yield f"{where}: found {found}, kept {kept}"
    elif abs(found - kept) > GOLDEN_TOLERANCE * max(1.0, abs(kept)):
        yield f"{where}: found {found}, kept {kept}"


@every_model
def test_its_verdicts_are_those_of_the_golden_file(path: Path) -> None:
    golden = GOLDEN / f"{path.stem}.json"
    found = {"seed": 1, "questions": dict(answers(small_run(path)))}
    if os.environ.get("RAISON_REWRITE_GOLDEN"):
        golden.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert golden.exists(), f"{path.stem} has no golden file; see the top of this module"
    kept = json.loads(golden.read_text(encoding="utf-8"))
    assert kept["seed"] == 1
    assert list(found["questions"]) == list(kept["questions"])
    assert list(differences(found["questions"], kept["questions"])) == []


def test_every_golden_file_has_a_model() -> None:
    assert {golden.stem for golden in GOLDEN.glob("*.json")} == {path.stem for path in FILES}


def test_names_are_unique_because_they_are_what_one_types() -> None:
    names = [path.stem for path in FILES]
    assert len(set(names)) == len(names)


def test_the_gallery_holds_model_files_and_no_code() -> None:
    assert FILES
    kinds = {
        file.suffix for file in GALLERY.glob("*/**/*") if file.is_file() and "__pycache__" not in file.parts
    }
    assert kinds <= {".yaml", ".json", ".csv", ".md"}


@every_model
def test_the_docs_name_the_model_with_its_title_and_kind(path: Path) -> None:
    model = the_model(path)
    row = next(
        (line for line in DOCS.read_text(encoding="utf-8").splitlines() if f"`{path.stem}`" in line), ""
    )
    assert model.title in row
    assert model.about.split()[0].strip(".:,") in row
