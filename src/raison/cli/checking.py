"""`raison check`: what is wrong with a model."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from raison.cli.failing import EXIT_WRONG
from raison.cli.files import file_of
from raison.cli.options import AsJson

_COUNTED = {
    "parameters": "parameter",
    "processes": "process",
    "nodes": "node",
    "outcomes": "outcome",
    "premises": "premise",
    "questions": "question",
}


def check(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Model files or names of the gallery.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with a model, each with file, line and what to do."""
    from raison.api import read

    failed = False
    records: list[dict[str, Any]] = []
    for name in models:
        reading = read(file_of(name))
        failed |= reading.model is None
        for problem in reading.problems:
            print(problem, file=sys.stderr)
        records.append(
            {
                "model": name,
                "sha256": reading.sha256,
                "ok": reading.model is not None,
                "problems": [
                    {"line": p.line, "severity": p.severity, "message": p.message} for p in reading.problems
                ],
            }
        )
        if reading.model is not None and not as_json:
            model = reading.model
            counted = ", ".join(
                f"{number} {words if number != 1 else word}"
                for words, word in _COUNTED.items()
                if (number := len(getattr(model, "game" if word == "node" else words)))
            )
            print(f"{name}: fine. {counted}.")
    if as_json:
        print(json.dumps(records, indent=2))
    if failed:
        raise typer.Exit(EXIT_WRONG)
