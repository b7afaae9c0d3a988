"""What the live part of a report is made of: one script, and data that it reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raison.answer.records import RunRecord
from raison.model.records import Model
from raison.program.drawn import undrawn
from raison.program.engine import configure
from raison.program.javascript.tape import NotPrintableError
from raison.program.program import Program, compile_model
from raison.program.world import World
from raison.show.live import controls, draws
from raison.show.live.program import data_of, functions_of
from raison.show.text import clean, one_line, quoted
from raison.solve.javascript.printed import Printed, print_model

_SCRIPTS = Path(__file__).parents[1] / "templates" / "live"
ENGINE = ("numbers.js", "engine.js", "grid.js", "worker.js")
"""What a worker needs beside the printed functions."""
PAGE = ("state.js", "tree.js", "map.js", "save.js", "controls.js", "page.js")
"""What only the page needs."""


@dataclass(frozen=True, slots=True)
class Live:
    """The live part of a report.

    Attributes:
        script: The page's script; None where it cannot be played with.
        data: JSON that may stand inside of a page; None without a script.
        reason: Why it cannot be played with, as the end of a sentence; None where it can.
    """

    script: str | None
    data: str | None
    reason: str | None = None


def make_live(model: Model, record: RunRecord) -> Live:
    """The live part of a report on a run.

    Args:
        model: The model that was run.
        record: What the run answers.
    """
    configure()
    program = compile_model(model)
    gone = [name for name in record.without if name in program.switches.structural]
    if gone:
        return Live(None, None, f"the run removes {quoted(gone[0])}, which makes another model")
    try:
        printed = print_model(program)
    except NotPrintableError as error:
        return Live(None, None, one_line(str(error)))
    return Live(script_of(printed), as_json(_data(program, printed, record)))


def script_of(printed: Printed) -> str:
    """One script for the page and its workers."""
    parts = [*map(_source, ENGINE), functions_of(printed), *map(_source, PAGE)]
    return '"use strict";\n' + "\n".join(parts)


def engine_script(printed: Printed) -> str:
    """The script without the page: what computes."""
    return '"use strict";\n' + "\n".join([*map(_source, ENGINE), functions_of(printed)])


def _source(name: str) -> str:
    return (_SCRIPTS / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def as_json(data: Any) -> str:
    """JSON that a parser of HTML reads as text up to the end of its element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _data(program: Program, printed: Printed, record: RunRecord) -> dict[str, Any]:
    model = program.model
    count = draws.how_many(len(program.coordinates), record.draws)
    world = draws.world_of(program, seed=record.seed, design=record.design, draws=record.draws, count=count)
    columns = draws.columns_of(printed, world)
    central = draws.central_of(printed)
    values, middle = _values(program, world)
    fixed = {f"value {name}": number for name, number in middle.items()}
    premises = list(model.premises)
    return {
        "model": one_line(record.model.name),
        "program": _cleaned(data_of(program, printed)),
        "given": [_input(model, name, fixed | central, columns) for name in printed.inputs],
        "columns": draws.packed(columns),
        "draws": count,
        "run": {
            "draws": record.draws,
            "answers": [q.mean if q.share is None else q.share for q in record.questions],
        },
        "titles": [one_line(player.title) for player in model.players.values()],
        "parameters": controls.parameter_controls(model, values, middle, undrawn(model)),
        "premises": controls.premise_controls(program),
        "sets": controls.set_controls(model),
        "without": [premises.index(name) for name in record.without if name in premises],
        "commitments": controls.commitments(model),
    }


def _values(program: Program, world: World) -> tuple[dict[str, Any], dict[str, float]]:
    """The values of each parameter over draws where they differ, and its central value."""
    still = World(program)
    values: dict[str, Any] = {}
    central: dict[str, float] = {}
    for name in program.model.parameters:
        row = np.asarray(world.codes(name), np.float64)
        central[name] = float(np.asarray(still.codes(name), np.float64).reshape(-1)[0])
        if row.size > 1:
            values[name] = row
    return values, central


def _input(model: Model, name: str, central: dict[str, float], columns: dict[str, Any]) -> dict[str, Any]:
    """Where an input's value comes from: a control, and else the draws or their middle."""
    kind, _, rest = name.partition(" ")
    found: dict[str, Any] = {"kind": kind, "column": name if name in columns else None}
    if kind == "removed":
        return {**found, "of": int(rest), "value": 0.0}
    if kind == "bound":
        return {**found, "of": list(model.game).index(rest), "value": -1.0}
    parameter = rest.rpartition(" ")[0] if kind == "drawn" else rest
    place = list(model.parameters).index(parameter) if parameter in model.parameters else -1
    return {**found, "of": place, "value": central.get(name, 0.0)}


def _cleaned(value: Any) -> Any:
    """Plain data whose texts are safe to show."""
    if isinstance(value, str):
        return one_line(clean(value))
    if isinstance(value, dict):
        return {key: _cleaned(inner) for key, inner in value.items()}
    return [_cleaned(inner) for inner in value] if isinstance(value, list) else value
